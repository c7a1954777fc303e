"""The database is there and refuses: a disk that fails or is read-only, a server that reads only, is full,
restarts or recovers. The service comes back by itself once that is over, or ends for its supervisor.
"""

import asyncio
import errno
import os
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import psycopg

from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.claims import claims_row
from tests.chaos.server import Server, binaries
from tests.chaos.stage import UNDER_WAY, Service, Stage, until

__all__ = ["DISKS", "SERVERS", "damaged", "disks", "servers"]

WITHIN = 30.0  # seconds after the fault is over, or (where it is not) after it began
DISKS = {
    "an I/O error at each write": errno.EIO,
    "an I/O error at each write and read": -errno.EIO,
    "read-only": errno.EROFS,
    "full": errno.ENOSPC,
}
_C = Path(__file__).with_name("failing_disk.c")
_ROLE = "newsbot_small"


async def disks(seconds: float = 12.0, which: tuple[str, ...] = tuple(DISKS)) -> list[Row]:
    """SQLite on a disk that fails for so long, by a library that a service's own system calls go through."""
    compiler = shutil.which("cc")
    if compiler is None:
        return [Row("skipped: without a C compiler no disk can be made to fail", "")]
    rows = list[Row]()
    with TemporaryDirectory() as built:
        library = Path(built, "failing_disk.so")
        _compile(compiler, library)
        for name in which:
            rows += await _disk(name, library, seconds)
    return rows


def _compile(compiler: str, library: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}  # the real clock
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, _C, "-ldl"], check=True, env=environ)


async def _disk(name: str, library: Path, seconds: float) -> list[Row]:
    with TemporaryDirectory() as folder:
        switch = Path(folder, "disk")
        # The tests' own clock (`tests.dates`) is such a library too: the service needs both.
        preloaded = os.pathsep.join(filter(None, (str(library), os.environ.get("LD_PRELOAD"))))
        environ = {"LD_PRELOAD": preloaded, "NEWSBOT_DISK": str(switch)}

        async def fails() -> None:
            switch.write_text(str(DISKS[name]))

        async def works() -> None:
            switch.unlink()

        async with Stage(Path(folder), latency=0.05, environ=environ) as stage:
            return await _refused(stage, f"SQLite's disk is {name}", fails, works, seconds)


async def damaged() -> list[Row]:
    """SQLite's pages are overwritten: that heals by no waiting."""
    with TemporaryDirectory() as folder:
        async with Stage(Path(folder), latency=0.05) as stage:
            service = await _busy(stage)
            path = stage.folder / "newsbot.db"
            stage.ledger.close()  # what it has open would be written over the damage
            with path.open("r+b") as file:
                file.seek(4096)
                file.write(random.Random(1).randbytes(path.stat().st_size - 4096))
            path.with_name("newsbot.db-wal").open("r+b").truncate(0)
            began = monotonic()
            status = await service.ended(WITHIN + 10)
            took, arrivals = monotonic() - began, stage.arrivals
            calm, said = "Traceback" not in stage.log, stage.log.strip().splitlines()[-1][-120:]
    doubled = len(arrivals) - len(set(arrivals))
    return [
        Row("SQLite's file is damaged: ended after", f"{took:.1f} s", f"<= {WITHIN:g} s", took <= WITHIN),
        Row("exit status", str(status), "1", status == 1),
        Row(f"  {said}", ""),
        Row("messages doubled", str(doubled), "0", not doubled),
        Row("tracebacks", "0" if calm else "some", "0", calm),
    ]


async def servers(seconds: float = 12.0, which: tuple[str, ...] = ()) -> list[Row]:
    """PostgreSQL, a server of its own: each way in which it refuses, for so long."""
    programs = binaries()
    if programs is None:
        return [Row("skipped: PostgreSQL's own programs (initdb, postgres) are not here", "")]
    rows = list[Row]()
    async with Server(programs) as server:
        await _ask(server, f"CREATE ROLE {_ROLE} LOGIN")
        for number, name in enumerate(which or SERVERS):
            begin, end = SERVERS[name]
            await _ask(server, f"CREATE DATABASE d{number} OWNER {_ROLE}")
            url = f"postgresql://{_ROLE}@127.0.0.1:{server.port}/d{number}"
            with TemporaryDirectory() as folder:
                async with Stage(Path(folder), url, latency=0.05) as stage:
                    begins, ends = _bound(begin, server, number), _bound(end, server, number)
                    lasts = end is not _answers
                    rows += await _refused(stage, f"PostgreSQL {name}", begins, ends, seconds, lasts=lasts)
                    rows.append(await claims_row(stage, url))
    return rows


def _bound(
    do: Callable[[Server, str], Awaitable[None]], server: Server, number: int
) -> Callable[[], Awaitable[None]]:
    return lambda: do(server, f"d{number}")


async def _refused(
    stage: Stage,
    name: str,
    begin: Callable[[], Awaitable[None]],
    end: Callable[[], Awaitable[None]],
    seconds: float,
    *,
    lasts: bool = True,
) -> list[Row]:
    """One fault of so many seconds in mid-run, and what the service makes of it.

    One that does not last is over by itself at once, and the ledger is written meanwhile.
    """
    service = await _busy(stage)
    began = monotonic()
    await begin()
    await asyncio.sleep(2.0)
    calls = stage.calls
    await until(lambda: not service.alive, seconds - 2.0, 0.05)
    meanwhile, ended, took = stage.calls - calls, not service.alive, monotonic() - began
    await end()
    over = monotonic()
    stage.reopen()
    if not ended:
        stage.publish(1)
        await until(_goes_on(stage, service), WITHIN + 5, 0.05)
        took = monotonic() - over
        await until(lambda: stage._done() or not service.alive, 4 * WITHIN, 0.05)
        ended = not service.alive
    status = await service.ended(1.0) if ended else None
    if not ended:
        service.signal(15)
        status = await service.ended()
    in_flight = len(stage.channels) if ended else 0
    stage.queue(1)
    last = await stage.finish()
    verdict = await audit(stage)
    how = f"ended with {status}" if ended else "the same service takes in and sends on each channel"
    return [
        Row(f"{name}, {seconds:g} s: {how} after", f"{took:.1f} s", f"<= {WITHIN:g} s", took <= WITHIN),
        Row("exit status", str(status), "1" if ended else "0", status == (1 if ended else 0)),
        *([Row("calls on a ledger that could not be written", str(meanwhile), "0", not meanwhile)] * lasts),
        Row("unknowns", str(len(verdict.unknown)), f"<= {in_flight}", len(verdict.unknown) <= in_flight),
        Row("the next service's exit status", str(last), "0", last == 0),
        *verdict.rows(),
        Row("tracebacks", "some" if "Traceback" in stage.log else "0", "0", "Traceback" not in stage.log),
    ]


def _goes_on(stage: Stage, service: Service) -> Callable[[], bool]:
    """Has each channel sent again, and is what is new taken in? The rest may take long on a busy machine."""
    before = _sent(stage)

    def goes_on() -> bool:
        now, waits = _sent(stage), {post.channel for post in stage.posts(*UNDER_WAY)}
        return not service.alive or (
            stage._taken_in()
            and all(now[name] > before[name] or name not in waits for name in stage.channels)
        )

    return goes_on


def _sent(stage: Stage) -> Counter[str]:
    """By channel, whose name each text begins with."""
    return Counter(arrival.text.partition(" ")[0] for arrival in stage.arrivals)


async def _busy(stage: Stage) -> Service:
    """A service that is making calls, with many to make."""
    stage.publish(2)
    stage.queue(10)
    service = await stage.start()
    await until(lambda: stage.calls >= 10, 60, 0.001)
    return service


async def _ask(server: Server, *statements: str) -> None:
    async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
        for statement in statements:
            await connection.execute(statement.encode())


_END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"


async def _read_only(server: Server, name: str) -> None:
    await _ask(server, f"ALTER DATABASE {name} SET default_transaction_read_only = on", _END_ALL.format(name))


async def _writable(server: Server, name: str) -> None:
    """The sessions of before read on: they are not ended here."""
    await _ask(server, f"ALTER DATABASE {name} RESET default_transaction_read_only")


async def _too_many(server: Server, name: str) -> None:
    await _ask(server, f"ALTER ROLE {_ROLE} CONNECTION LIMIT 0", _END_ALL.format(name))


async def _room(server: Server, _name: str) -> None:
    await _ask(server, f"ALTER ROLE {_ROLE} CONNECTION LIMIT -1")


async def _closed(server: Server, name: str) -> None:
    await _ask(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", _END_ALL.format(name))


async def _opened(server: Server, name: str) -> None:
    await _ask(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def _sessions_end(server: Server, name: str) -> None:
    """As an administrator does it, six times."""
    for _ in range(6):
        await _ask(server, _END_ALL.format(name))
        await asyncio.sleep(0.2)


async def _recovers(server: Server, name: str) -> None:
    """A server process is killed: the others are ended, and all is recovered from the log."""
    async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
        found = await connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", (name,))
        for (pid,) in await found.fetchall():
            os.kill(pid, 9)
            return


async def _answers(server: Server, name: str) -> None:
    """It is over by itself, once the server answers."""
    for _ in range(600):
        with suppress(psycopg.OperationalError):
            await _ask(server, f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
            return
        await asyncio.sleep(0.1)


Do = Callable[[Server, str], Awaitable[None]]
SERVERS: dict[str, tuple[Do, Do]] = {
    "reads only": (_read_only, _writable),
    "takes no more connections": (_too_many, _room),
    "takes no connection to this database": (_closed, _opened),
    "ends our sessions": (_sessions_end, _answers),
    "crashes and recovers": (_recovers, _answers),
}
