"""The reconciler: unknown posts are looked for on their platform, and what is seen there settles them.

Found is proof. Absence is proof only on a platform that shows everything, seen twice, two minutes apart by
the platform's own clock: a post may appear a minute late. Whatever is less than proof changes nothing.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

import structlog

from newsbot.delivery.reports import Reports
from newsbot.errors import Duplicate, LedgerError, RateLimited, SendError, SourceError
from newsbot.model import Post, Receipt
from newsbot.ports import (
    Channel,
    ChannelTargets,
    Clock,
    Ledger,
    LedgerRunner,
    PageFetcher,
    ReadAllowance,
    SearchResult,
    Sighting,
    SoughtPart,
    UnknownPost,
    is_other_target,
)

__all__ = ["DELAYS", "Reconciler"]

DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (3, 6, 12, 24, 48, 60, 300, 900, 3600, 4 * 3600, 8 * 3600, 12 * 3600)
)
"""Before each look: the first counts from the end of the call, and six are within two minutes and a half."""

_ABSENT = timedelta(minutes=2)  # between two whole looks that prove it, by the platform's clock
_EARLY = timedelta(seconds=3)  # times are told in whole seconds
_LATE = timedelta(minutes=1)  # a platform may take a call in hand that it has kept waiting
_APART = timedelta(minutes=30)  # less than the margin that a look takes before the time asked for
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # clocks were apart once: when the call began is not known
_READS = 250  # messages in one look, at the most, where reading costs
_LOOK = 45.0  # seconds that one look may take
_NAP = 3.0  # the longest between two looks at the ledger: so late is a dead service's call noticed
_LEDGER_AGAIN = timedelta(seconds=5)
_PART = "looking for unknowns"
_BLIND = "it can't be read back: a private chat, an api on this machine, or read_back: off"
_PERSON = "look there, then newsbot resolve ID sent|not-sent, or newsbot skip ID"

log = structlog.get_logger(__name__)


class Reconciler:
    """Looks for every unknown post of ``channels``; one task per channel that is looked at.

    ``limits`` are the channels' budgets, ``targets`` the places that they post to: what may be out in another
    place is not looked for. ``settled`` hears of every post that this moved on. ``delays`` and
    ``absent`` are for tests.
    """

    def __init__(
        self,
        ledger: Ledger,
        on_ledger: LedgerRunner,
        channels: Mapping[str, Channel],
        pages: PageFetcher,
        clock: Clock,
        *,
        limits: Mapping[str, Decimal | None] = MappingProxyType({}),
        targets: ChannelTargets = MappingProxyType({}),
        settled: Callable[[Post], None] = lambda _: None,
        delays: Sequence[timedelta] = DELAYS,
        absent: timedelta = _ABSENT,
        reports: Reports | None = None,
    ) -> None:
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._channels = channels
        self._pages = pages
        self._clock = clock
        self._limits = limits
        self._targets = targets
        self._settled = settled
        self._delays = tuple(delays)
        self._absent = absent
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._blind: set[int] = set()  # calls that can't be looked for, while this process runs
        self._failed: set[str] = set()  # channels whose last look failed
        self._cut_off: set[int] = (
            set()
        )  # calls whose look the database ended: it may be claimed, and nobody's
        self._reports = reports or Reports()

    def wake(self) -> None:
        """A post became unknown."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled: rescue what a dead service left in mid-call, and look for what is unknown."""
        try:
            while True:
                self._woken.clear()
                soonest = await self._round()
                with suppress(TimeoutError):
                    # Not wait_for: before Python 3.12 it forgets that it is cancelled where what it waits for
                    # comes in the same moment, and whoever stops this waits for ever.
                    async with asyncio.timeout(min(self._seconds_until(soonest), _NAP)):
                        await self._woken.wait()
        finally:
            await self._stop()

    async def look(self) -> datetime | None:
        """Every look that is due, to its end; returns when the next one is."""
        while True:
            soonest = await self._round()
            if not self._tasks:
                return soonest
            await asyncio.wait(self._tasks.values())

    async def settle(self, within: float) -> None:
        """Look for so many seconds at the most; over as soon as no further look is to come in that time.

        A channel that could not be read is left for later.
        """
        last = self._clock.now() + timedelta(seconds=within)
        try:
            while (left := (last - self._clock.now()).total_seconds()) > 0:
                soonest = await self._round(spare=self._failed)
                if self._tasks:
                    await asyncio.wait(self._tasks.values(), timeout=left)
                elif soonest is None or soonest > last:
                    return
                else:
                    await asyncio.sleep(min(self._seconds_until(soonest), _NAP))
        finally:
            await self._stop()

    async def _stop(self) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _seconds_until(self, until: datetime | None) -> float:
        left = (until - self._clock.now()).total_seconds() if until else _NAP
        return max(0.05, left)

    async def _round(self, spare: Collection[str] = ()) -> datetime | None:
        """Rescue, start the looks that are due, and say when the next one is."""
        try:
            await self._rescue()
            doubts = await self._on_ledger(self._ledger.doubts)
        except LedgerError as error:
            self._reports.waits(_PART, error)
            return self._clock.now() + _LEDGER_AGAIN
        self._reports.report_success(_PART)
        self._blind.intersection_update(doubt.attempt for doubt in doubts)
        self._cut_off.intersection_update(doubt.attempt for doubt in doubts)
        doubts = [doubt for doubt in doubts if self._can_look(doubt, spare)]
        now = self._clock.now()
        for name in dict.fromkeys(
            doubt.post.channel for doubt in doubts if self._find_due_time(doubt) <= now
        ):
            here = [doubt for doubt in doubts if doubt.post.channel == name]
            self._tasks[name] = asyncio.create_task(self._look_on_channel(name, here), name=f"look at {name}")
        return min((due for doubt in doubts if (due := self._find_due_time(doubt)) > now), default=None)

    async def _rescue(self) -> None:
        for post in await self._on_ledger(self._ledger.rescue, now=self._clock.now()):
            log.warning("left in mid-call", post=post.id, channel=post.channel, state=str(post.state))
            self._settled(post)

    def _can_look(self, doubt: UnknownPost, spare: Collection[str]) -> bool:
        name = doubt.post.channel
        known = name in self._channels and name not in self._tasks and name not in spare
        known = known and not is_other_target(doubt.post.target, self._targets.get(name), out=True)
        return known and doubt.attempt not in self._blind

    def _find_due_time(self, doubt: UnknownPost) -> datetime:
        if doubt.attempt in self._cut_off:
            return doubt.ended_at
        return doubt.look_at or doubt.ended_at + self._delays[0]

    async def _look_on_channel(self, name: str, doubts: Sequence[UnknownPost]) -> None:
        self._failed.discard(name)
        now = self._clock.now()
        due = [doubt for doubt in doubts if self._find_due_time(doubt) <= now]
        self._cut_off.difference_update(doubt.attempt for doubt in due)
        try:
            await self._look_for_due(name, due, doubts)
        except LedgerError as error:
            self._cut_off.update(doubt.attempt for doubt in due)
            self._failed.add(name)
            self._reports.waits(_PART, error)
            await asyncio.sleep(_NAP)
        except Exception as error:  # noqa: BLE001  it is reported, and looked for again
            self._failed.add(name)
            self._reports.report_failure(f"{_PART} on {name}", error)
            await asyncio.sleep(_NAP)
        else:
            self._reports.report_success(f"{_PART} on {name}")
        finally:
            del self._tasks[name]
            self._woken.set()

    async def _look_for_due(
        self, name: str, due: Sequence[UnknownPost], doubts: Sequence[UnknownPost]
    ) -> None:
        """One look for all that are due; those that are not take part, as what is seen may be theirs."""
        now = self._clock.now()
        until = now + timedelta(seconds=2 * _LOOK)
        claimed = {doubt.attempt: doubt for doubt in await self._claim_looks(due, until)}
        if not claimed:
            return
        everyone = [claimed.get(doubt.attempt, doubt) for doubt in doubts]
        try:
            look = await self._look_within_budget(name, list(claimed.values()), everyone)
        except (SendError, SourceError, TimeoutError) as error:
            await self._postpone_all(name, claimed.values(), error)
            return
        if look is None:
            posts = [doubt.post.id for doubt in doubts]
            log.warning(
                "unknown posts can't be looked for", channel=name, posts=posts, why=_BLIND, mend=_PERSON
            )
            self._blind.update(doubt.attempt for doubt in everyone)
            return
        clocks = _ClockComparison(now, self._clock.now(), look.at)
        for doubt, seen, near in zip(everyone, look.seen, look.near or [()] * len(everyone), strict=True):
            if not await self._settle_found(doubt, seen, clocks) and doubt.attempt in claimed:
                maybe = [one for one in near if self._is_timely(doubt, one.at, clocks)]
                await self._handle_absence(doubt, look, [*seen, *maybe], clocks)

    async def _claim_looks(self, due: Sequence[UnknownPost], until: datetime) -> list[UnknownPost]:
        return await self._on_ledger(self._ledger.claim_looks, due, until=until)

    async def _look_within_budget(
        self, name: str, claimed: Sequence[UnknownPost], everyone: Sequence[UnknownPost]
    ) -> SearchResult | None:
        """A look, its money set aside before it; what it did not cost is given back."""
        price, now = self._channels[name].price_of("read"), self._clock.now()
        if not price:
            return await self._look_at_platform(name, claimed, everyone, ReadAllowance(_READS))
        limit, ledger = self._limits.get(name), self._ledger
        allowance = ReadAllowance(
            await self._on_ledger(ledger.set_aside, name, price, _READS, limit, now=now)
        )
        try:
            return await self._look_at_platform(name, claimed, everyone, allowance)
        finally:
            ended = self._clock.now()
            await self._on_ledger(ledger.settle_reads, name, price, allowance, began=now, now=ended)

    async def _look_at_platform(
        self,
        name: str,
        claimed: Sequence[UnknownPost],
        everyone: Sequence[UnknownPost],
        allowance: ReadAllowance,
    ) -> SearchResult | None:
        first = min(claimed, key=lambda doubt: (doubt.began[0], doubt.attempt))
        sought = [_make_sought(doubt.post) for doubt in everyone]
        channel = self._channels[name]
        since = min(first.began[0], self._clock.now())  # a clock that went back has calls in its future
        async with asyncio.timeout(_LOOK):
            return await channel.look(
                sought, since=since, mark=first.mark, pages=self._pages, allowance=allowance
            )

    async def _postpone_all(self, name: str, claimed: Collection[UnknownPost], error: Exception) -> None:
        """The look failed, which proves nothing."""
        log.info("looking for unknown posts failed", channel=name, error=str(error) or type(error).__name__)
        self._failed.add(name)
        wait = timedelta(seconds=error.retry_after if isinstance(error, RateLimited) else 0)
        for doubt in claimed:
            await self._schedule_next_look(doubt, absent_since=doubt.absent_since, at_least=wait)

    async def _schedule_next_look(
        self, doubt: UnknownPost, *, absent_since: datetime | None, at_least: timedelta = timedelta(0)
    ) -> None:
        """The next look, or none where there were enough."""
        more = doubt.looks < len(self._delays)
        now = self._clock.now()
        look_at = now + max(self._delays[doubt.looks], at_least) if more else None
        if not more:
            log.warning("unknown, and not found", post=doubt.post.id, channel=doubt.post.channel)
        await self._on_ledger(self._ledger.looked, doubt, look_at=look_at, absent_since=absent_since, now=now)

    async def _settle_found(
        self, doubt: UnknownPost, seen: Sequence[Sighting], clocks: "_ClockComparison"
    ) -> bool:
        """Is one of ``seen`` this call's own work? Then the post moves on."""
        ours = [sighting for sighting in seen if self._is_timely(doubt, sighting.at, clocks)]
        if not ours:
            return False
        receipts = [sighting.receipt for sighting in ours]
        settle = self._ledger.settle_found
        _, sent_at = clocks.ours(ours[0].at)
        now = self._clock.now()
        return self._report_settled(await self._on_ledger(settle, doubt, receipts, sent_at=sent_at, now=now))

    def _is_timely(self, doubt: UnknownPost, at: datetime, clocks: "_ClockComparison") -> bool:
        """Posted while one of the calls in doubt can have been at work."""
        longest = timedelta(seconds=self._channels[doubt.post.channel].deadline) + _LATE
        earliest, latest = clocks.ours(at)
        if doubt.until and doubt.began[0] - _EARLY <= latest and earliest <= doubt.until + longest:
            return True
        return any(began - _EARLY <= latest and earliest <= began + longest for began in doubt.began)

    async def _handle_absence(
        self, doubt: UnknownPost, look: SearchResult, maybe: Sequence[Sighting], clocks: "_ClockComparison"
    ) -> None:
        """``maybe``: with its words, or much like it and from its time."""
        receipts: list[Receipt] = [sighting.receipt for sighting in maybe]
        stray = await self._on_ledger(self._ledger.filter_unclaimed_receipts, doubt.post.channel, receipts)
        if not clocks.is_consistent or doubt.began[0] > clocks.after:
            await self._schedule_next_look(doubt, absent_since=_NEVER)
            return
        if not look.whole or look.at is None or doubt.absent_since == _NEVER:
            await self._schedule_next_look(doubt, absent_since=doubt.absent_since)
            return
        if stray or (doubt.post.error and doubt.post.error.code == Duplicate.code):
            # Such words by nobody that is known, or the platform's own word that they are out.
            await self._schedule_next_look(doubt, absent_since=None)
            return
        since = doubt.absent_since or look.at
        if look.at - since < self._absent or not await self._settle_absent(doubt, since, look.at):
            await self._schedule_next_look(doubt, absent_since=since)

    async def _settle_absent(self, doubt: UnknownPost, since: datetime, until: datetime) -> bool:
        span = f"from {since:%Y-%m-%d %H:%M:%SZ} to {until:%Y-%m-%d %H:%M:%SZ}"
        detail = f"not on the platform, {span} by its clock"
        now = self._clock.now()
        return self._report_settled(
            await self._on_ledger(self._ledger.settle_absent, doubt, now=now, detail=detail)
        )

    def _report_settled(self, post: Post | None) -> bool:
        if post is None:
            return False
        links = [receipt.url for receipt in post.receipts if receipt.url]
        log.info(
            "an unknown was settled", post=post.id, channel=post.channel, state=str(post.state), links=links
        )
        self._settled(post)
        return True


class _ClockComparison(NamedTuple):
    """The platform read ``at``, if it told, somewhen between ``before`` and ``after`` by ours."""

    before: datetime
    after: datetime
    at: datetime | None

    @property
    def is_consistent(self) -> bool:
        """Otherwise what was asked for may begin after the call: ours was ahead when the call left."""
        return self.at is None or abs(self.before - self.at) < _APART

    def ours(self, theirs: datetime) -> tuple[datetime, datetime]:
        """A time by the platform's clock, by ours: not before the first, not after the second."""
        if self.at is None:
            return theirs, theirs
        return theirs + (self.before - self.at), theirs + (self.after - self.at)


def _make_sought(post: Post) -> SoughtPart:
    before = next((receipt for receipt in post.receipts if receipt.part == post.next_part - 1), None)
    return SoughtPart(post.parts[post.next_part], before)
