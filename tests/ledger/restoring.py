"""Backups of a ledger, and restores as people make them: with `cp`, and with PostgreSQL's own programs."""

import subprocess
from pathlib import Path
from shutil import copyfile, which

import pytest

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from tests.ledger.conftest import drop_tables

__all__ = ["Place"]


class Place:
    """A ledger in ``folder``, or on PostgreSQL with its mark there; each `open` is another process."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.opened: list[Ledger] = []
        if not self.is_file and which("pg_dump") is None:
            pytest.skip("PostgreSQL's own programs are not here")

    @property
    def is_file(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def marks(self) -> list[Path]:
        """Those beside the ledger."""
        return list(self.folder.glob("*.fence"))

    def open(self, *, folder: Path | None = None) -> Ledger:
        ledger = open_ledger(self.url, base=folder or self.folder)
        self.opened.append(ledger)
        ledger.prepare(upgrade=True)
        return ledger

    def close(self) -> None:
        for ledger in self.opened:
            ledger.close()
        self.opened.clear()

    def backup(self, name: str = "backup") -> Path:
        path = self.folder / name
        if self.is_file:
            ledger = open_ledger(self.url)
            ledger.backup(str(path))
            ledger.close()
        else:
            run("pg_dump", "--format=custom", f"--file={path}", f"--dbname={self.url}")
        return path

    def restore(self, path: Path) -> None:
        """By hand: nothing of newsbot has a part in it."""
        if self.is_file:
            copyfile(path, self.file)
            return
        drop_tables(self.url)
        run("pg_restore", "--no-owner", f"--dbname={self.url}", str(path))


def run(*command: str) -> None:
    """Raises CalledProcessError."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or 'schema "public" already exists' in done.stderr, done.stderr
