"""A newsroom on one machine, without a network: a folder of articles, and terminals to post to."""

import gc
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from newsbot.app import logs
from newsbot.cli import main
from newsbot.ledger import open_ledger
from newsbot.model import Article, Draft, Part, Post, PostWarning
from newsbot.ports import NewPost
from newsbot.reasons import Code, Reason
from newsbot.scheduling.clock import SystemClock
from tests.conftest import build_minimal_environment
from tests.forkserver import run_forked

CONFIG = """\
sources:
  drop: {kind: folder, path: articles/}
channels:
  telegram-main: {kind: telegram, token: "${TELEGRAM_TOKEN}", chat: "@example"}
"""


@dataclass
class Desk:
    """The command, in a folder of its own; ``environ`` is what it has besides the usual."""

    folder: Path
    environ: dict[str, str] = field(default_factory=lambda: {"TELEGRAM_TOKEN": "1:secret-token"})
    brought: int = 0

    def held(
        self,
        count: int,
        approval: int = 1,
        held_for: Reason | None = None,
        due_at: datetime | None = None,
        notes: tuple[str, ...] = (),
        titles: tuple[str, ...] = (),
    ) -> list[Post]:
        """So many posts that wait for ``approval`` people, in the ledger; due now unless told.

        ``titles`` has one for each, where given.
        """
        ledger, now = open_ledger(f"sqlite:///{self.folder / 'newsbot.db'}"), SystemClock().now()
        ledger.prepare(upgrade=True)
        warnings = tuple(PostWarning("number", Code.TEXT(words=note)) for note in notes)
        draft = Draft("telegram-main", "telegram", (Part("text", 4, 4096),), warnings=warnings)
        new = NewPost(
            draft, due_at or now, None, Code.AS_SOON_AS_THERE(), approval, held_for or Code.APPROVAL()
        )
        found = [
            ledger.articles.add_article("cli", Article(f"g{n}", f"Text {n}.", title=title), now=now)
            for n, title in enumerate(titles or ["Ferry"] * count, self.brought)
        ]
        posts = [
            post
            for article in found
            for post in ledger.posts.queue_posts(article, [new], now=now, again=False)
        ]
        ledger.close()
        self.brought += count
        return posts

    def around(self) -> dict[str, str]:
        """Return the environment of its commands."""
        return {**build_minimal_environment(), "TERM": "xterm", "COLUMNS": "80", **self.environ}

    def run(self, *arguments: str, typed: str | None = None) -> "subprocess.CompletedProcess[str]":
        return run_forked(arguments, self.folder, self.around(), typed=typed or "", timeout=100)

    def see(self, *arguments: str) -> str:
        """What a terminal is sent."""
        mine, theirs = pty.openpty()
        command = subprocess.Popen(
            [sys.executable, "-m", "newsbot", *arguments],
            cwd=self.folder,
            env=self.around(),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        sent = b""
        try:
            while some := os.read(mine, 65536):
                sent += some
        except OSError:  # Linux says so where the other end is closed
            pass
        finally:
            os.close(mine)
            command.wait(100)
        return sent.decode()


Run = Callable[..., tuple[int, str, str]]
"""The command in this process: its exit status, standard output and standard error."""


def build_in_process_runner(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Commands of ``desk`` without a process of their own, and without a terminal."""
    monkeypatch.chdir(desk.folder)
    for name, value in desk.environ.items():
        monkeypatch.setenv(name, value)

    def ran(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["newsbot", *arguments])
        capsys.readouterr()
        gc.disable()  # The command reports what fails in a destructor, and other tests leave sockets behind.
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            gc.enable()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran


@pytest.fixture(autouse=True)
def logs_of_this_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep what a command in this process does to the logs from the tests behind it.

    A logger that was cached as the command configured it would write past `capture_logs` for good.
    """
    before, configure = structlog.get_config(), logs.configure

    def configure_uncached(redactor: logs.Redactor, *, level: int = logging.INFO) -> None:
        configure(redactor, level=level)
        structlog.configure(**{**structlog.get_config(), "cache_logger_on_first_use": False})

    monkeypatch.setattr(logs, "configure", configure_uncached)
    yield
    structlog.configure(**before)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "articles").mkdir()
    return Desk(tmp_path)
