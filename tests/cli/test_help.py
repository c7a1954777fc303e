"""What `--help` says, and what a shell completes."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from newsbot.cli import app

from .conftest import Desk

COMMANDS = [str(each.name or each.callback.__name__) for each in app.registered_commands if each.callback]


def listed(shown: str) -> dict[str, str]:
    """Each command with what is said of it, on however many lines."""
    lines = shown.partition("Commands:\n")[2]
    rows = re.split(r"^  (?=\S)", lines, flags=re.MULTILINE)[1:]
    return {name: " ".join(said.split()) for name, _, said in (row.partition(" ") for row in rows)}


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_command_is_cut_at_any_width(desk: Desk, columns: int) -> None:
    desk.environ["COLUMNS"] = str(columns)
    shown = desk.run("--help").stdout
    assert listed(shown).keys() == {*COMMANDS, "db"}
    for name, said in listed(shown).items():
        assert said.endswith("."), name
        assert not said.endswith("..."), name
    assert max(map(len, shown.splitlines())) <= max(columns, 50)  # the library's own least


def test_nor_when_it_is_piped(desk: Desk) -> None:
    desk.environ.pop("COLUMNS", None)
    whole = listed(desk.run("--help").stdout)
    assert whole["takedown"].endswith("If the article was taken down before, only show the result.")
    databases = desk.run("db", "--help").stdout
    assert listed(databases)["restore"].endswith("nothing is sent twice.")


class Bash:
    """An interactive bash with the command in its PATH and a home of its own."""

    def __init__(self, desk: Desk) -> None:
        self._mine, theirs = pty.openpty()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        around = {"HOME": str(desk.folder), "PATH": path, "TERM": "dumb", "PS1": "$ ", "COLUMNS": "200"}
        self._shell = subprocess.Popen(
            ["bash", "-i"], cwd=desk.folder, env=around, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.reads("$ ")

    def types(self, keys: str) -> None:
        os.write(self._mine, keys.encode())

    def reads(self, wanted: str, within: float = 60) -> str:
        """What it writes until ``wanted`` is in it."""
        seen, until = "", monotonic() + within
        while wanted not in seen and select.select([self._mine], [], [], max(0, until - monotonic()))[0]:
            seen += os.read(self._mine, 65536).decode()
        assert wanted in seen, seen
        return seen

    def close(self) -> None:
        self._shell.kill()
        self._shell.wait()
        os.close(self._mine)


@pytest.fixture
def bash(desk: Desk) -> Iterator[Bash]:
    (desk.folder / ".bashrc").write_text("PS1='$ '\nbind 'set bell-style none'\n")
    shells = [Bash(desk)]
    shells[0].types("newsbot --install-completion; exit\n")
    shells[0].reads("bash completion installed")
    shells.append(Bash(desk))
    yield shells[-1]
    for shell in shells:
        with suppress(OSError):
            shell.close()


def test_bash_completes_commands_options_channels_and_posts(desk: Desk, bash: Bash) -> None:
    [post] = desk.held(1)
    for typed, completed in (
        ("newsbot appr", "newsbot approve "),
        ("newsbot posts --ch", "newsbot posts --channel "),
        ("newsbot posts --channel te", "newsbot posts --channel telegram-main "),
        ("newsbot posts --state hel", "newsbot posts --state held "),
        ("newsbot block dr", "newsbot block drop "),
        (f"newsbot approve {post.id[0]}", f"newsbot approve {post.id} "),
        ("newsbot --config config.yaml resume tele", "newsbot --config config.yaml resume telegram-main "),
    ):
        bash.types(f"{typed}\t")
        bash.reads(completed)
        bash.types("\x15")  # the line is cleared


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_is_printed(desk: Desk, shell: str) -> None:
    desk.environ["_NEWSBOT_COMPLETE"] = f"source_{shell}"
    ran = subprocess.run(
        [Path(sys.executable).with_name("newsbot")],
        env={**os.environ, **desk.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"_NEWSBOT_COMPLETE=complete_{shell}" in ran.stdout


def test_a_wrong_configuration_completes_nothing_and_says_nothing(desk: Desk) -> None:
    (desk.folder / "config.yaml").write_text("channels: [\n")
    line = {"COMP_WORDS": "newsbot\nposts\n--channel\n", "COMP_CWORD": "3"}
    around = {"_NEWSBOT_COMPLETE": "complete_bash", **line}
    ran = subprocess.run(
        [Path(sys.executable).with_name("newsbot")],
        cwd=desk.folder,
        env={**os.environ, **around},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout.strip(), ran.stderr) == ("", "")
