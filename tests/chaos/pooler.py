"""PgBouncer between newsbot and PostgreSQL, in transaction mode: Debian's package, or what is on the path."""

import asyncio
import os
import shutil
import signal
import socket
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

import psycopg
from sqlalchemy import make_url

from tests.chaos.server import list_unprivileged

__all__ = ["Pooler", "find_pgbouncer"]

_SETTINGS = """
[databases]
* = host={host} port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
"""


def find_pgbouncer() -> str | None:
    """The program; None where it is not installed."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Pooler:
    """A pooler on a free port of loopback, with at most ``size`` connections to the server of ``url``."""

    def __init__(self, program: str, url: str, *, size: int = 4) -> None:
        self._program = program
        self._target = make_url(url)
        self._as = list_unprivileged()
        self._size = size
        self._folder = Path(mkdtemp(prefix="newsbot-pooler-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])

    @property
    def url(self) -> str:
        """The database's URL by way of the pooler."""
        by_pooler = self._target.set(host="127.0.0.1", port=self._port)
        return by_pooler.render_as_string(hide_password=False)

    async def __aenter__(self) -> Self:
        settings = self._folder / "settings.ini"
        (self._folder / "users").write_text(f'"{self._target.username}" ""\n')
        settings.write_text(
            _SETTINGS.format(
                host=self._target.host,
                server=self._target.port or 5432,
                port=self._port,
                folder=self._folder,
                size=self._size,
            )
        )
        self._folder.chmod(0o755)
        with (self._folder / "log").open("ab") as log:
            command = [*self._as, self._program, str(settings)]
            self._process = await asyncio.create_subprocess_exec(*command, cwd="/", stdout=log, stderr=log)
        for _ in range(600):
            with suppress(psycopg.Error):
                psycopg.connect(self.url, connect_timeout=2).close()
                return self
            await asyncio.sleep(0.05)
        raise RuntimeError((self._folder / "log").read_text()[-2000:])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
