"""The prober: asks the platforms of paused channels whether they would take posts again.

Only channels that their platform made pause; what a person paused, a person resumes.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from newsbot.delivery.reports import Reports
from newsbot.errors import LedgerError
from newsbot.ports import Channel, Clock, Ledger, LedgerRunner

__all__ = ["Prober"]

_GRACE = 1.0  # seconds that a channel may pass its own deadline by before the look is given up
_LEDGER_AGAIN = 5.0  # seconds until a look that met no database is made again

log = structlog.get_logger(__name__)


class Prober:
    """Looks at channels when the ledger says so; ``recovered`` is called when one sends again."""

    def __init__(
        self,
        ledger: Ledger,
        on_ledger: LedgerRunner,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        recovered: Callable[[], None] = lambda: None,
        reports: Reports | None = None,
    ) -> None:
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._channels = channels
        self._clock = clock
        self._recovered = recovered
        self._reports = reports or Reports()
        self._probes: dict[str, asyncio.Task[None]] = {}
        self._unsure: set[str] = set()  # channels whose look is claimed, perhaps, and not made
        self._finishing = False

    async def drain(self) -> datetime | None:
        """Start every look that is due; returns when the next one will be."""
        now = self._clock.now()
        probed = await self._on_ledger(self._ledger.probed)
        self._reports.report_success("probing")
        paused = [one for one in probed if one.name in self._channels and one.name not in self._probes]
        ahead = []
        for one in paused:
            if one.probe_at is None or one.probe_at <= now:
                self._probes[one.name] = asyncio.create_task(
                    self._probe_channel(one.name), name=f"probe {one.name}"
                )
            else:
                ahead.append(one.probe_at)
        return min(ahead, default=None)

    async def finish(self) -> None:
        """Until every look that runs now has ended; one that meets no database is not made again."""
        self._finishing = True
        while self._probes:
            await asyncio.wait(tuple(self._probes.values()))

    async def stop(self) -> None:
        """A look changes nothing on the platform, so it is simply dropped."""
        looks = tuple(self._probes.values())
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)

    async def _probe_channel(self, name: str) -> None:
        try:
            while not await self._try_probe(name):  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(_LEDGER_AGAIN)
        except Exception as error:  # noqa: BLE001  the channel stays paused, whatever it raised
            # A stranger's message may hold a token: its type is all that is kept.
            log.debug("still paused", channel=name, error=type(error).__name__)
        finally:
            self._unsure.discard(name)
            del self._probes[name]

    async def _try_probe(self, name: str) -> bool:
        """Make the look that is due; False where the database went, and it is to be made again.

        A claim may be stored while its answer is lost, and the next look is minutes away: so this one is made
        without a claim then, as a look may be made twice.
        """
        try:
            if name in self._unsure or await self._claim_probe(name):
                await self._ask_platform(name)
        except LedgerError as error:
            self._unsure.add(name)
            self._reports.waits("probing", error)
            return self._finishing
        return True

    async def _claim_probe(self, name: str) -> bool:
        return await self._on_ledger(self._ledger.claim_probe, name, now=self._clock.now()) is not None

    async def _ask_platform(self, name: str) -> None:
        channel = self._channels[name]
        async with asyncio.timeout(channel.deadline + _GRACE):
            await channel.identify()
        if await self._on_ledger(self._ledger.recover, name, now=self._clock.now()):
            log.info("channel resumed: its platform takes posts again", channel=name)
        self._recovered()
