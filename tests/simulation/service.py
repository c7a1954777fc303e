"""The real service over simulated ends, which can be stopped, and killed between any two ledger calls."""

import asyncio
from collections.abc import Callable
from functools import partial
from random import Random
from typing import ParamSpec, TypeVar

from newsbot.app.container import App
from newsbot.app.service import Service
from newsbot.app.supervisor import ClockMonitor
from newsbot.config.models import Config
from newsbot.delivery.photos import PhotoPrefetcher
from newsbot.errors import FetchError, LedgerBusy, LedgerError
from newsbot.ledger import open_ledger
from newsbot.model import Article, PostWarning
from newsbot.ports import Channel, Source
from newsbot.reasons import Code, WarningCode
from newsbot.tasks import cancel_tasks
from newsbot.threads import run_inline
from tests.simulation.engine import VirtualEngine
from tests.simulation.site import SiteReader
from tests.simulation.time import VirtualClock

__all__ = ["Incarnation", "InlineLedger", "Killed"]

P = ParamSpec("P")
T = TypeVar("T")

_ANSWERED = 0.9985  # of the calls; the answer of the others is lost, and nobody knows whether they are stored
_LONGEST = 1800.0  # seconds between two drains where nothing is due; real engines take 30
_STOP_WITHIN = 27.0


class Killed(BaseException):
    """What the code of a process that is dead finds at its next step."""


class InlineLedger:
    """The OnLedger port without a thread: one call after another, each whole or not at all.

    With ``fuse`` at n, the process dies around its n-th call from now: before it, or after its commit.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._turn = asyncio.Lock()
        self.fuse: int | None = None
        self.dead = asyncio.Event()

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._turn:
            await self._disk()
            if self._burns() and self._chance.random() < 0.5:
                self._die()
            result = call(*args, **kwargs)
            if self.fuse == 0:
                self._die()
            if self._chance.random() > _ANSWERED:
                raise LedgerError(Code.TEXT(words="the connection was lost after the commit"))
            return result

    async def _disk(self) -> None:
        """Mostly quick, now and then slow, seldom locked by another process for too long."""
        luck = self._chance.random()
        if luck < 0.01:
            await asyncio.sleep(self._chance.uniform(0, 3))
        if self.dead.is_set():
            raise Killed
        if luck > 0.9995:
            raise LedgerBusy(Code.TEXT(words="the database is locked"))

    def _burns(self) -> bool:
        if self.fuse is not None:
            self.fuse -= 1
        return self.fuse == 0

    def _die(self) -> None:
        self.dead.set()
        raise Killed

    def close(self) -> bool:
        """No thread to end."""
        return True


async def _photo(chance: Random, url: str) -> bytes:
    """Answer as an image host does: soon, late or not at all."""
    await asyncio.sleep(chance.choice((0.1, 0.5, 2.0, 12.0)))
    if chance.random() < 0.1:
        raise FetchError(f"{url} answered HTTP 404")
    return b"an image"


class SimulatedPages:
    """The PageChecks port over pages that are fine, slow, or taken down now and then."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    async def check(self, article: Article) -> tuple[PostWarning, ...]:
        await asyncio.sleep(self._chance.choice((0.1, 0.5, 2.0, 40.0)))
        if article.title and self._chance.random() < 0.1:
            return (PostWarning("page_status", WarningCode.PAGE_STATUS(status="404 Not Found")),)
        return ()


class Incarnation:
    """One life of the service, on a database that outlives it."""

    def __init__(
        self,
        config: Config,
        clock: VirtualClock,
        sources: dict[str, Source],
        channels: dict[str, Channel],
        chance: Random,
    ) -> None:
        self.on_ledger = InlineLedger(chance)
        self.app = App(config, clock=clock)
        self.app.sources = sources
        self.app.channels = channels
        self.app.reader = SiteReader(chance)  # type: ignore[assignment]  # what Intake asks for, and no more
        self.app.photos = PhotoPrefetcher(partial(_photo, chance))
        self.app.page_checker = SimulatedPages(chance)
        self.app.on_ledger = self.on_ledger  # type: ignore[assignment]  # the OnLedger port all the same
        self.app.composing_thread = run_inline  # type: ignore[assignment]  # virtual time waits for no thread
        self.app.ledger = self.ledger = open_ledger(config.database)
        self.engine = VirtualEngine(clock, _LONGEST)
        self._stop = asyncio.Event()

    def start(self) -> None:
        self.ledger.prepare(upgrade=True)
        with self.ledger._database.open_raw_connection() as raw:
            raw.execute("PRAGMA synchronous = OFF")  # no power fails here
        self.ledger.acquire_instance_lock()
        watch = ClockMonitor(
            self.app.clock, self.ledger, self.on_ledger, handle_clock_jump=self.engine.handle_clock_jump
        )
        self._service = Service(self.app, self.engine, watch)
        work = self.engine.run(self.app.config.sources, self._service, self._stop)
        self._task = asyncio.create_task(work, name="engine")
        self._looking = asyncio.create_task(self._service.reconciler.run(), name="reconciler")
        self._checking = asyncio.create_task(self.app.preflight.run(), name="preflight")

    async def stop(self) -> None:
        """SIGTERM."""
        self._stop.set()
        try:
            await self._task
            await cancel_tasks([self._looking, self._checking])
            await self.app.preflight.close()
            await self._service.prober.stop()
            await self._service.sender.stop(_STOP_WITHIN)
        finally:
            self.ledger.close()

    async def kill(self, living: set[asyncio.Task[None]]) -> None:
        """SIGKILL: nobody but ``living`` goes on, and nothing is written any more."""
        self.on_ledger.dead.set()
        while gone := asyncio.all_tasks() - living:
            for task in gone:
                task.cancel()
            await asyncio.wait(gone, timeout=0.01)  # one that waits for another that is dead is ended twice
        self.ledger.close()
