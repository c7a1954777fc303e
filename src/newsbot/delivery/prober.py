"""The prober, which asks the platforms of paused channels at intervals whether they accept posts again.

It probes (asks) only for channels that newsbot paused because of their platform. A channel that a person
paused is resumed by a person.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from newsbot.delivery.channel_tasks import GRACE, ChannelTasks, DeliveryContext
from newsbot.errors import LedgerError
from newsbot.tasks import cancel_tasks

__all__ = ["Prober"]

# The seconds after which newsbot repeats a probe (the question to a platform whether it accepts the posts of
# a paused channel again) that ended because the database failed.
_LEDGER_AGAIN = 5.0

log = structlog.get_logger(__name__)


class Prober(ChannelTasks):
    """The prober, which asks the platforms of paused channels whether they accept posts again (probes).

    The ledger has the time of each channel's next probe. ``recovered`` is called when a channel is resumed.
    """

    def __init__(self, context: DeliveryContext, recovered: Callable[[], None]) -> None:
        super().__init__(context)
        self._store = context.ledger.channels
        self._recovered = recovered
        # The names of the channels whose probes have to be repeated: the ledger may have stored that this
        # process probes them (asks their platforms), although it does not.
        self._unsure: set[str] = set()
        self._finishing = False

    async def drain(self) -> datetime | None:
        """Start every due probe of a paused channel (the question whether its platform accepts posts again).

        Returns when the next probe is due; None if no further probe is known.
        """
        now = self._clock.now()
        probed = await self._on_ledger(self._store.list_probed_channels)
        self._reports.report_success("probing")
        ahead = []
        for name, at in [(one.name, one.probe_at) for one in probed if one.name in self._channels]:
            if name in self._tasks:
                continue
            if at is None or at <= now:
                self._tasks[name] = asyncio.create_task(self._probe_channel(name), name=f"probe {name}")
            else:
                ahead.append(at)
        return min(ahead, default=None)

    async def finish(self) -> None:
        """Wait until every running probe of a channel (a question to its platform) has ended.

        From now on, a probe that fails because of the database is not repeated.
        """
        self._finishing = True
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))

    async def stop(self) -> None:
        """Cancel all running probes of platforms. This is safe, because a probe only asks and changes nothing
        there.
        """
        await cancel_tasks(self._tasks.values())

    async def _probe_channel(self, name: str) -> None:
        try:
            while not await self._try_probe(name):  # noqa: ASYNC110  The database does not tell when it can be reached again.
                await asyncio.sleep(_LEDGER_AGAIN)
        except Exception as error:  # noqa: BLE001  The channel stays paused, whatever the error is.
            # The message of an error from another library may contain a token, so only the type of the error
            # is logged.
            log.debug("still paused", channel=name, error=type(error).__name__)
        finally:
            self._unsure.discard(name)
            del self._tasks[name]

    async def _try_probe(self, name: str) -> bool:
        """Probe a paused channel; return False if the database failed and the probe has to be repeated.

        The database may have stored that this process makes the probe although the database's answer was
        lost; the ledger then allows the next probe only minutes later. So the repeated probe does not ask the
        ledger first. A probe may be made twice.
        """
        try:
            claim, now = self._store.claim_probe, self._clock.now()
            if name in self._unsure or await self._on_ledger(claim, name, now=now) is not None:
                await self._ask_platform(name)
        except LedgerError as error:
            self._unsure.add(name)
            self._reports.waits("probing", error)
            return self._finishing
        return True

    async def _ask_platform(self, name: str) -> None:
        channel = self._channels[name]
        async with asyncio.timeout(channel.deadline + GRACE):
            await channel.identify()
        if await self._on_ledger(self._store.recover, name, now=self._clock.now()):
            if channel.capabilities.account:
                log.info("channel resumed: its platform takes posts again", channel=name)
            else:
                log.info("channel resumed: its next post is a trial", channel=name)
        self._recovered()
