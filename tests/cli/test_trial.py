"""What `sandbox` prints to put into config.yaml, with the two mistakes that a newcomer makes, to be tried."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from .conftest import Desk

ARTICLE = "Night ferry returns\n\nThe night ferry sails again from Monday, after four winters.\n"


@pytest.fixture(scope="module")
def printed() -> Iterator[str]:
    """All that `sandbox` says, while it runs."""
    command = [sys.executable, "-u", "-m", "newsbot", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines: list[str] = []
        while "Ctrl-C" not in "".join(lines[-1:]):
            lines.append(running.stdout.readline())
            assert lines[-1], lines
        yield "".join(lines)
        running.send_signal(signal.SIGTERM)


def uncommented(printed: str, *keys: str) -> str:
    """The channels as printed, ``keys`` with the values that stand there as comments."""
    channels = "channels:" + printed.partition("\nchannels:")[2].partition("\n\n")[0]
    for key in keys:
        channels = re.sub(rf"^    {key}: .*\n", "", channels, flags=re.MULTILINE)
        channels = re.sub(rf"^    # ({key}: )", r"    \1", channels, flags=re.MULTILINE)
    channels = re.sub(r"^    kind: .*", r"\g<0>\n    approval: none", channels, flags=re.MULTILINE)
    return f"sources:\n  drop: {{kind: folder, path: articles/}}\n{channels}\n"


def test_what_is_printed_is_fine_as_it_stands(desk: Desk, printed: str) -> None:
    (desk.folder / "config.yaml").write_text(uncommented(printed))
    ran = desk.run("check", "--online")
    assert ran.returncode == 0, ran.stderr


def test_the_desk_that_is_printed_is_fine_too(desk: Desk, printed: str) -> None:
    more = "desk:" + printed.partition("\ndesk:")[2].partition("\n\n")[0]
    (desk.folder / "config.yaml").write_text(uncommented(printed) + more + "\n")
    ran = desk.run("check", "--online")
    assert ran.returncode == 0, ran.stderr
    assert "desk" in ran.stdout


@pytest.mark.parametrize(
    ("keys", "channel", "mend"),
    [
        (("chat",), "telegram-main", "an administrator of @noadmin with the right to post"),
        (("access_token", "access_token_secret"), "x-main", "set the app to Read and Write"),
    ],
)
def test_each_mistake_says_what_to_do(
    desk: Desk, printed: str, keys: tuple[str, ...], channel: str, mend: str
) -> None:
    (desk.folder / "config.yaml").write_text(uncommented(printed, *keys))
    checked = desk.run("check", "--online")
    assert checked.returncode == 1
    assert mend in checked.stderr
    assert "resume" not in checked.stderr  # nothing is paused here

    (desk.folder / "ferry.txt").write_text(ARTICLE)
    posted = desk.run("post", "ferry.txt", "--channel", channel)
    assert posted.returncode == 0, posted.stderr
    desk.run("run", "--once")
    told = " ".join(desk.run("status").stdout.split())
    assert re.search(r"the right to post|set the app to Read and Write", told)
    assert told.count(f"newsbot resume {channel}") == 1
    assert "then resume the channel" not in told
