"""A PostgreSQL server of the scenario's own, that can be killed: Debian's binaries, or those on the path."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from time import sleep
from types import TracebackType
from typing import Self

import psutil
import psycopg

from tests.bench.rows import Row

__all__ = ["SKIPPED", "Server", "binaries", "list_unprivileged"]

SKIPPED = [Row("skipped: PostgreSQL's own programs (initdb, postgres) are not here", "")]

DEBIAN = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """The newest PostgreSQL's folder of programs; None where there is none."""
    installed = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return installed[-1].parent if installed else Path(on_path).resolve().parent if on_path else None


def list_unprivileged() -> list[str]:
    """PostgreSQL and PgBouncer refuse to be root: then they run as Debian's user for them, or as nobody."""
    if os.geteuid() != 0:
        return []
    names = {user.pw_name for user in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    user = pwd.getpwnam(name)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


class Server:
    """Durable as it comes (fsync on), on a free port of loopback and ``address``, in a folder of its own."""

    def __init__(self, programs: Path, address: str | None = None) -> None:
        self._address = address
        self._programs = programs
        self._as = list_unprivileged()
        self.folder = Path(mkdtemp(prefix="newsbot-pg-"))
        self._process: asyncio.subprocess.Process | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    async def __aenter__(self) -> Self:
        if self._as:
            owner = int(self._as[1].partition("=")[2])
            os.chown(self.folder, owner, -1)
        self._program("initdb", "-D", str(self.folder), "-U", "postgres", "--auth=trust", "--no-sync")
        addresses = ",".join(filter(None, ("127.0.0.1", self._address)))
        if self._address:
            with (self.folder / "pg_hba.conf").open("a") as rights:
                rights.write(f"host all all {self._address}/24 trust\n")
        with (self.folder / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '{addresses}'\nunix_socket_directories = ''\n"
                "shared_buffers = 16MB\nmax_connections = 100\ntrack_commit_timestamp = on\n"
            )
        await self.start()
        return self

    async def copy(self, primary: Self, *, waits: bool = True) -> None:
        """Become a replica of ``primary``, which waits for it at each commit if it ``waits``, and start."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        if self._as:
            os.chown(self.folder, int(self._as[1].partition("=")[2]), -1)
        self._program("pg_basebackup", "-D", str(self.folder), "-R", "-c", "fast", "-d", primary.url)
        with (self.folder / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"port = {self.port}\n")
        await self.start()
        primary.set_synchronous("*" if waits else "")
        state = "sync_state = 'sync'" if waits else "state = 'streaming'"
        with psycopg.connect(primary.url, autocommit=True) as session:
            while not session.execute(f"SELECT 1 FROM pg_stat_replication WHERE {state}".encode()).fetchone():
                await asyncio.sleep(0.05)

    def lag(self, primary: Self) -> None:
        """Get nothing more of ``primary``, but all that it has committed until now; returns once it is so."""
        with psycopg.connect(primary.url, autocommit=True) as session:
            [end] = session.execute("SELECT pg_current_wal_flush_lsn()").fetchone() or ("",)
        with psycopg.connect(self.url, autocommit=True) as session:
            while session.execute("SELECT pg_last_wal_replay_lsn() >= %s", (end,)).fetchone() != (True,):
                sleep(0.02)
            session.execute("ALTER SYSTEM SET primary_conninfo = ''")
            session.execute("SELECT pg_reload_conf()")
            while session.execute("SELECT 1 FROM pg_stat_wal_receiver").fetchone():
                sleep(0.02)

    def set_synchronous(self, standbys: str) -> None:
        """Which replicas a commit waits for."""
        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{standbys}'".encode())
            session.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Become the primary; returns once it is."""
        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute("SELECT pg_promote()")
        self.set_synchronous("")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _program(self, name: str, *arguments: str) -> None:
        command = [*self._as, str(self._programs / name), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def start(self) -> None:
        """Returns once it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*self._as, str(self._programs / "postgres"), "-D", str(self.folder)),
                cwd="/",
                stdout=log,
                stderr=log,
            )
        for _ in range(600):
            with suppress(psycopg.Error):
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            await asyncio.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    async def stop(self, mode: signal.Signals) -> None:
        """SIGINT: fast, SIGQUIT: immediate (as `pg_ctl stop -m` does it)."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(mode)
            await asyncio.wait_for(self._process.wait(), 60)

    async def kill(self) -> None:
        """The postmaster and all its children, as when the power fails."""
        if self._process is None or self._process.returncode is not None:
            return
        postmaster = psutil.Process(self._process.pid)
        doomed = [postmaster, *postmaster.children(recursive=True)]
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        await self._process.wait()
        while any(_lives(process) for process in doomed):
            await asyncio.sleep(0.01)
        self._process = None


def _lives(process: psutil.Process) -> bool:
    """A zombie that nobody buries holds nothing any more."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
