"""Several workers of one newsroom on PostgreSQL, each with a folder, and so a log, of its own."""

import signal
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import psycopg

from newsbot.errors import LedgerError
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.stage import Service, Stage, until

__all__ = ["Fleet", "read_time"]

# The instances, and the workers for jobs, that have told since then that they live.
_INSTANCES = "SELECT pid FROM instance WHERE to_timestamp(until / 1000000.0) - interval '15 s' > %s"
_WORKERS = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > %s"
_ROLES = 3  # that have a worker of their own in each process


@dataclass
class Fleet:
    """Workers on ``stage`` with the engine `cluster`."""

    stage: Stage
    workers: list[Service] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    async def add(self, url: str | None = None, *arguments: str) -> Service:
        """A worker whose database is at ``url``, and that takes part once this returns."""
        folder = self.stage.folder / f"worker{len(self.folders)}"
        self.stage.configure(folder, engine="cluster", database=url or self.stage.database)
        self.folders.append(folder)
        worker = await self.stage.start(*arguments, folder=folder, log=folder / "log")
        self.workers.append(worker)
        await until(lambda: " ready" in self.log(len(self.folders) - 1) or not worker.alive, 60)
        return worker

    def log(self, number: int) -> str:
        path = self.folders[number] / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def sent_by(self, number: int) -> int:
        return self.log(number).count("] sent ")

    async def back(self, url: str, since: datetime, within: float) -> float | None:
        """The seconds until all workers use the database again, and posts go out; None where it takes longer.

        ``since`` is a time of the database's clock.
        """
        began, calls, pids = monotonic(), len(self.stage.sandbox.calls), {each.pid for each in self.workers}

        def is_back() -> bool:
            with suppress(psycopg.Error), closing(psycopg.connect(url, connect_timeout=2)) as session:
                living = {pid for (pid,) in session.execute(_INSTANCES, (since,))}
                row = session.execute(_WORKERS, (since,)).fetchone()
                heard = row is not None and row[0] >= _ROLES * len(self.workers)
                return pids <= living and heard and len(self.stage.sandbox.calls) > calls + 10
            return False

        return monotonic() - began if await until(is_back, within, 0.1) else None

    async def finish(self) -> list[Row]:
        """What is left is sent, the workers stop, and the ledger is held against what is out."""
        await until(lambda: not self._waits(), 300, 0.2)
        for worker in self.workers:
            worker.signal(signal.SIGTERM)
        statuses = [await worker.ended() for worker in self.workers]
        verdict = await audit(self.stage)
        logs = [self.log(number) for number in range(len(self.folders))]
        traces = [part.strip().splitlines()[-1][:120] for log in logs for part in log.split("Traceback")[1:]]
        sent = [self.sent_by(number) for number in range(len(self.folders))]
        return [
            *verdict.rows(),
            Row("unknowns", str(len(verdict.unknown))),
            Row("posts sent by each worker", ", ".join(map(str, sent))),
            Row("exit statuses", ", ".join(map(str, statuses)), "0", not any(statuses)),
            Row(
                "tracebacks" + "".join(f"; {each}" for each in traces[:3]), str(len(traces)), "0", not traces
            ),
        ]

    def _waits(self) -> bool:
        with suppress(LedgerError):
            return bool(self.stage.waiting())
        return True


def read_time(url: str) -> datetime:
    """The database's time."""
    with closing(psycopg.connect(url, connect_timeout=5)) as session:
        row = session.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    return row[0].astimezone(UTC)  # type: ignore[no-any-return]
