"""PostgreSQL takes no more connections of newsbot's role, while workers run and when one starts."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from newsbot.engines import prepare_engine
from tests.bench.rows import Row
from tests.chaos.clusters import back, feeding
from tests.chaos.fleet import Fleet, read_time
from tests.chaos.server import SKIPPED, Server, binaries
from tests.chaos.stage import MANY_CHANNELS, Stage

__all__ = ["exhausted"]

_BACK_WITHIN = 15.0  # seconds
_TOLD = "takes no more connections"
_ROLE = "CREATE ROLE worker LOGIN"
_GRANTS = (
    "GRANT ALL ON ALL TABLES IN SCHEMA public TO worker",
    "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO worker",
)
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'worker'"


async def exhausted(count: int, *, workers: int = 2, seconds: float = 12.0) -> list[Row]:
    """The workers lose their connections and get none for so long, ``count`` times; one starts then."""
    if (programs := binaries()) is None:
        return SKIPPED
    found, starts = list[float | None](), list[tuple[int | None, str]]()
    with TemporaryDirectory() as folder:
        async with (
            Server(programs) as server,
            Stage(Path(folder), server.url, feed=False, channels=MANY_CHANNELS[:8]) as stage,
        ):
            prepare_engine("cluster", server.url)
            _run(server, _ROLE, *_GRANTS)
            url, fleet = server.url.replace("postgres@", "worker@"), Fleet(stage)
            for _ in range(workers):
                await fleet.add(url)
            async with feeding(stage):
                for _ in range(count):
                    with _no_connections(server):
                        await asyncio.sleep(seconds)
                        starts.append(await _start(fleet, url))
                    since = read_time(server.url)
                    found.append(await fleet.back(server.url, since, 8 * _BACK_WITHIN))
            logs = [fleet.log(number) for number in range(workers)]
            rows = await fleet.finish()
    told = [log.count(_TOLD) for log in logs]
    clear = all(status and said.count("\n") == 1 and _TOLD in said for status, said in starts)
    return [
        Row(f"times that {workers} workers had no connections for {seconds:g} s", str(count)),
        Row("lines in which each says so", ", ".join(map(str, told)), f"{count}", told == [count] * workers),
        Row("one that starts ends with one such line", "yes" if clear else str(starts), "yes", clear),
        back(found),
        *rows,
    ]


@contextmanager
def _no_connections(server: Server) -> Iterator[None]:
    """The workers' sessions are ended, and their role gets no others."""
    _run(server, "ALTER ROLE worker CONNECTION LIMIT 0", _END)
    try:
        yield
    finally:
        _run(server, "ALTER ROLE worker CONNECTION LIMIT -1")


def _run(server: Server, *statements: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as session:
        for statement in statements:
            session.execute(statement.encode())


async def _start(fleet: Fleet, url: str) -> tuple[int | None, str]:
    """The exit status and the words of a worker that starts now; it is none of the fleet."""
    folder = fleet.stage.folder / "late"
    fleet.stage.configure(folder, engine="cluster", database=url)
    log = folder / "log"
    log.unlink(missing_ok=True)
    late = await fleet.stage.start(folder=folder, log=log)
    return await late.ended(60), log.read_text(errors="replace")
