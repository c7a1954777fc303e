"""A MariaDB server of the scenario's own, that can be killed."""

import asyncio
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

import pymysql

__all__ = ["MariaDB", "missing"]

DAEMON, INSTALL = "mariadbd", "mariadb-install-db"


def _program(name: str) -> str | None:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")


def missing() -> str | None:
    """Why there can be none here; None where there can."""
    if not (_program(DAEMON) and _program(INSTALL)):
        return f"MariaDB's programs {DAEMON} and {INSTALL} are not installed"
    return None


class MariaDB:
    """On a free port of loopback, in a folder of its own; root has no password."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="newsbot-mariadb-"))
        self._process: asyncio.subprocess.Process | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])

    @property
    def url(self) -> str:
        return f"mysql://root@127.0.0.1:{self.port}/cms"

    async def __aenter__(self) -> Self:
        own = ["--no-defaults", f"--datadir={self.folder / 'data'}", "--user=root"]
        self._install(own)
        self._daemon = [
            *(str(_program(DAEMON)), *own, f"--port={self.port}", "--bind-address=127.0.0.1"),
            *(f"--socket={self.folder / 'socket'}", f"--log-error={self.folder / 'log'}"),
            "--innodb-buffer-pool-size=16M",
        ]
        await self.start()
        with self._connected() as connection:
            connection.cursor().execute("CREATE DATABASE cms CHARACTER SET utf8mb4")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def start(self) -> None:
        """Returns once it answers."""
        self._process = await asyncio.create_subprocess_exec(*self._daemon, stderr=asyncio.subprocess.DEVNULL)
        for _ in range(600):
            with suppress(pymysql.Error), self._connected():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"MariaDB does not answer: {(self.folder / 'log').read_text()[-2000:]}")

    def _install(self, own: list[str]) -> None:
        install = [str(_program(INSTALL)), *own, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(install, check=True, capture_output=True)

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _connected(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", connect_timeout=2)
