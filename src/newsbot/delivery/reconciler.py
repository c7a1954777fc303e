"""The reconciler, which searches the platforms for posts of which newsbot does not know if they were sent.

Such a post has the state `unknown`. A post that is found was sent. A post that is missing was surely not sent
only if the platform shows all messages, and if the post is missing in two searches, two minutes apart by the
platform's own clock: a post may appear a minute late. Anything less than proof changes nothing.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

import structlog

from newsbot.delivery.channel_tasks import ChannelTasks, DeliveryContext
from newsbot.errors import Duplicate, LedgerError, RateLimited, SendError, SourceError
from newsbot.model import Post, Receipt
from newsbot.ports import (
    PageFetcher,
    ReadAllowance,
    SearchResult,
    Sighting,
    SoughtPart,
    UnknownPost,
    is_other_target,
)
from newsbot.reasons import Code
from newsbot.tasks import cancel_tasks, wait_for_event

__all__ = ["DELAYS", "Reconciler"]

DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (3, 6, 12, 24, 48, 60, 300, 900, 3600, 4 * 3600, 8 * 3600, 12 * 3600)
)
"""The delays before each search of a platform for a post of unknown outcome; the first counts from the end of
the post's call.
"""

# The least time, by the platform's clock, from the first to the last complete search that did not find a
# post, so that the post counts as not sent.
_ABSENT = timedelta(minutes=2)
# The time by which a message on a platform may seem older than the call that published it, because platforms
# give times in whole seconds.
_EARLY = timedelta(seconds=3)
# The time after the deadline of a call in which a platform may still process the call.
_LATE = timedelta(minutes=1)
# If the platform's clock and this machine's clock differ by less than this, they count as equal. A search
# begins with messages from even longer before the call, so the difference hides no message.
_APART = timedelta(minutes=30)
# If the platform's clock and this machine's clock differed, the ledger stores this time as the time of the
# first search that did not find the post (`absent_since`). It is so late that the missing post never counts
# as not sent.
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_READS = 250  # The most messages that one search reads on a platform where reading costs money.
_LOOK = 45.0  # Seconds that one search of a platform for posts of unknown outcome may take.
# The most seconds between two checks whether a service ended during a call to a platform, so that the post of
# the call has to be recovered.
_NAP = 3.0
_LEDGER_AGAIN = timedelta(seconds=5)
_PART = "looking for unknowns"
_BLIND = "it can't be read back: a private chat, an api on this machine, or read_back: off"
_PERSON = "look there, then newsbot resolve ID sent|not-sent, or newsbot skip ID"

log = structlog.get_logger(__name__)


class Reconciler(ChannelTasks):
    """The reconciler, which searches the platforms for every post of unknown outcome on the channels.

    Each channel is searched by its own task. ``limits`` are the channels' monthly budgets in USD. Posts for a
    chat or account to which no channel posts any more are not searched for. ``settled`` is called for every
    post to which a search gave a new state.
    """

    def __init__(
        self,
        context: DeliveryContext,
        pages: PageFetcher,
        *,
        limits: Mapping[str, Decimal | None] = MappingProxyType({}),
        settled: Callable[[Post], None] = lambda _: None,
    ) -> None:
        super().__init__(context)
        self._store = context.ledger.delivery
        self._pages = pages
        self._limits = limits
        self._settled = settled
        self._woken = asyncio.Event()
        # The numbers of the calls of unknown outcome whose messages newsbot can't search for, because the
        # channel's platform allows no search.
        self._blind: set[int] = set()
        # The names of the channels on whose platforms the last search for posts failed.
        self._failed: set[str] = set()
        # The numbers of the calls whose search a database error interrupted: the ledger may still have stored
        # that this process searches for their messages.
        self._cut_off: set[int] = set()

    def wake(self) -> None:
        """Start to search the platforms now, because the outcome of a post has become unknown."""
        self._woken.set()

    async def run(self) -> None:
        """Recover posts of newsbot services that ended during a call, and search platforms for posts of
        unknown outcome, without end.
        """
        try:
            while True:
                self._woken.clear()
                soonest = await self._round()
                await wait_for_event(self._woken, min(self._seconds_until(soonest), _NAP))
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Cancel all running searches of platforms for posts of unknown outcome.

        Another process repeats the searches, or this one when it is started again.
        """
        await cancel_tasks(self._tasks.values())

    async def list_due_channels(self) -> list[str]:
        """Return the channels on which a search for a post of unknown outcome is due."""
        now, doubts = self._clock.now(), await self._load_doubts()
        return list(
            dict.fromkeys(doubt.post.channel for doubt in doubts if self._find_due_time(doubt) <= now)
        )

    async def start_search(self, name: str) -> None:
        """Start the search for posts of unknown outcome on one channel, if it is due."""
        self._start_searches([doubt for doubt in await self._load_doubts() if doubt.post.channel == name])

    async def search_due(self) -> datetime | None:
        """Make every search of a platform for a post of unknown outcome that is due; return when the next
        search is due.
        """
        while True:
            soonest = await self._round()
            if not self._tasks:
                return soonest
            await asyncio.wait(self._tasks.values())

    async def settle(self, within: float) -> None:
        """Search for unknown posts for at most ``within`` seconds, or until no search is due in that time.

        A channel whose platform could not be read is left for a later run.
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
            await cancel_tasks(self._tasks.values())

    def _seconds_until(self, until: datetime | None) -> float:
        left = (until - self._clock.now()).total_seconds() if until else _NAP
        return max(0.05, left)

    async def _round(self, spare: Collection[str] = ()) -> datetime | None:
        """Recover posts of newsbot services that ended during a call, and start the searches that are due.

        Returns when the next search is due. The channels ``spare`` are not searched.
        """
        try:
            for post in await self._on_ledger(self._store.recover_posts, now=self._clock.now()):
                log.warning("left in mid-call", post=post.id, channel=post.channel, state=str(post.state))
                self._settled(post)
            doubts = await self._load_doubts(spare)
        except LedgerError as error:
            self._reports.waits(_PART, error)
            return self._clock.now() + _LEDGER_AGAIN
        self._reports.report_success(_PART)
        return self._start_searches(doubts)

    async def _load_doubts(self, spare: Collection[str] = ()) -> list[UnknownPost]:
        """Return the posts of unknown outcome for which this process may search, except those on the channels
        ``spare``.
        """
        doubts = await self._on_ledger(self._store.list_unknown_posts)
        self._blind.intersection_update(doubt.attempt for doubt in doubts)
        self._cut_off.intersection_update(doubt.attempt for doubt in doubts)
        return [doubt for doubt in doubts if self._can_look(doubt, spare)]

    def _start_searches(self, doubts: Sequence[UnknownPost]) -> datetime | None:
        """Start the due searches for posts of unknown outcome, one on each channel's platform; return when
        the next search is due.
        """
        now = self._clock.now()
        ripe = [doubt for doubt in doubts if self._find_due_time(doubt) <= now]
        for name in dict.fromkeys(doubt.post.channel for doubt in ripe):
            here = [doubt for doubt in doubts if doubt.post.channel == name]
            self._tasks[name] = asyncio.create_task(self._search_channel(name, here), name=f"look at {name}")
        return min((due for doubt in doubts if (due := self._find_due_time(doubt)) > now), default=None)

    def _can_look(self, doubt: UnknownPost, spare: Collection[str]) -> bool:
        name = doubt.post.channel
        known = name in self._channels and name not in self._tasks and name not in spare
        known = known and not is_other_target(doubt.post.target, self._targets.get(name), out=True)
        return known and doubt.attempt not in self._blind

    def _find_due_time(self, doubt: UnknownPost) -> datetime:
        if doubt.attempt in self._cut_off:
            return doubt.ended_at
        return doubt.look_at or doubt.ended_at + DELAYS[0]

    async def _search_channel(self, name: str, doubts: Sequence[UnknownPost]) -> None:
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
        except Exception as error:  # noqa: BLE001  The error is reported, and the search is repeated.
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
        """Search a channel's platform once for all due posts of unknown outcome.

        The found messages are also compared with the channel's other posts of unknown outcome, as a message
        may belong to one of these posts.
        """
        now = self._clock.now()
        until = now + timedelta(seconds=2 * _LOOK)
        found = await self._on_ledger(self._store.claim_looks, due, until=until)
        claimed = {doubt.attempt: doubt for doubt in found}
        if not claimed:
            return
        everyone = [claimed.get(doubt.attempt, doubt) for doubt in doubts]
        try:
            look = await self._search_platform(name, list(claimed.values()), everyone)
        except (SendError, SourceError, TimeoutError) as error:
            await self._postpone_all(name, claimed.values(), error)
            return
        if look is None:
            posts = [doubt.post.id for doubt in doubts]
            log.warning("a person has to look for posts", channel=name, posts=posts, why=_BLIND, how=_PERSON)
            self._blind.update(doubt.attempt for doubt in everyone)
            return
        clocks = _ClockComparison(now, self._clock.now(), look.at)
        for doubt, seen, near in zip(everyone, look.seen, look.near or [()] * len(everyone), strict=True):
            if not await self._settle_found(doubt, seen, clocks) and doubt.attempt in claimed:
                maybe = [one for one in near if self._is_timely(doubt, one.at, clocks)]
                await self._handle_absence(doubt, look, [*seen, *maybe], clocks)

    async def _search_platform(
        self, name: str, claimed: Sequence[UnknownPost], everyone: Sequence[UnknownPost]
    ) -> SearchResult | None:
        """Search a channel's platform for the posts ``everyone``; return None if the platform allows no
        search.

        The cost of reading messages is reserved in the channel's budget before the search. What the search
        did not spend is released after it.
        """
        channel, store, most = self._channels[name], self._store, _READS
        price, now = channel.get_call_price("read"), self._clock.now()
        if price:
            limit = self._limits.get(name)
            most = await self._on_ledger(store.set_aside, name, price, _READS, limit, now=now)
        pages, allowance = self._pages, ReadAllowance(most)
        first = min(claimed, key=lambda doubt: (doubt.began[0], doubt.attempt))
        # The search for the message of a call of unknown outcome begins at the present time at the latest: if
        # this machine's clock was set back, the recorded time of the call may lie in the future.
        since = min(first.began[0], now)
        sought = []
        for post in (doubt.post for doubt in everyone):
            before = next((receipt for receipt in post.receipts if receipt.part == post.next_part - 1), None)
            sought.append(SoughtPart(post.parts[post.next_part], before))
        try:
            async with asyncio.timeout(_LOOK):
                return await channel.search(
                    sought, since=since, mark=first.mark, pages=pages, allowance=allowance
                )
        finally:
            if price:
                ended = self._clock.now()
                await self._on_ledger(store.settle_reads, name, price, allowance, began=now, now=ended)

    async def _postpone_all(self, name: str, claimed: Collection[UnknownPost], error: Exception) -> None:
        """Schedule the next searches for these posts of unknown outcome after a search failed, which proves
        nothing.
        """
        log.info("looking for unknown posts failed", channel=name, error=str(error) or type(error).__name__)
        self._failed.add(name)
        wait = timedelta(seconds=error.retry_after if isinstance(error, RateLimited) else 0)
        for doubt in claimed:
            await self._schedule_next_look(doubt, absent_since=doubt.absent_since, at_least=wait)

    async def _schedule_next_look(
        self, doubt: UnknownPost, *, absent_since: datetime | None, at_least: timedelta = timedelta(0)
    ) -> None:
        """Schedule the next search for a post of unknown outcome; schedule none after the last planned
        search.

        ``absent_since`` is the platform's time of the first complete search that did not find the post.
        """
        more = doubt.looks < len(DELAYS)
        now = self._clock.now()
        look_at = now + max(DELAYS[doubt.looks], at_least) if more else None
        if not more:
            log.warning("unknown, and not found", post=doubt.post.id, channel=doubt.post.channel)
        await self._on_ledger(
            self._store.record_search, doubt, look_at=look_at, absent_since=absent_since, now=now
        )

    async def _settle_found(
        self, doubt: UnknownPost, seen: Sequence[Sighting], clocks: "_ClockComparison"
    ) -> bool:
        """Record the post as sent if the call that was to send it published one of the messages ``seen``,
        which the search found.

        Returns whether the post was recorded as sent.
        """
        ours = [sighting for sighting in seen if self._is_timely(doubt, sighting.at, clocks)]
        if not ours:
            return False
        receipts, settle = [sighting.receipt for sighting in ours], self._store.settle_found
        _, sent_at = clocks.to_local_time(ours[0].at)
        now = self._clock.now()
        return self._report_settled(await self._on_ledger(settle, doubt, receipts, sent_at=sent_at, now=now))

    def _is_timely(self, doubt: UnknownPost, at: datetime, clocks: "_ClockComparison") -> bool:
        """Return whether a message was posted while a call that was to send the post may have been running.

        ``at`` is the time of the message by the platform's clock. The outcome of the call is unknown.
        """
        longest = timedelta(seconds=self._channels[doubt.post.channel].deadline) + _LATE
        earliest, latest = clocks.to_local_time(at)
        if doubt.until and doubt.began[0] - _EARLY <= latest and earliest <= doubt.until + longest:
            return True
        return any(began - _EARLY <= latest and earliest <= began + longest for began in doubt.began)

    async def _handle_absence(
        self, doubt: UnknownPost, look: SearchResult, maybe: Sequence[Sighting], clocks: "_ClockComparison"
    ) -> None:
        """Record that a post which a search did not find was not sent, if that is proven; else schedule the
        next search.

        ``maybe`` are messages with the post's text, or similar messages posted at about its time.
        """
        receipts: list[Receipt] = [sighting.receipt for sighting in maybe]
        stray = await self._on_ledger(self._store.filter_unclaimed_receipts, doubt.post.channel, receipts)
        if not clocks.is_consistent or doubt.began[0] > clocks.after:
            await self._schedule_next_look(doubt, absent_since=_NEVER)
            return
        if not look.whole or look.at is None or doubt.absent_since == _NEVER:
            await self._schedule_next_look(doubt, absent_since=doubt.absent_since)
            return
        if stray or (doubt.post.error and doubt.post.error.code == Duplicate.code):
            # A message with the same text as the post may be the post; or the platform said that the post is
            # a duplicate. So the post does not count as missing.
            await self._schedule_next_look(doubt, absent_since=None)
            return
        since = doubt.absent_since or look.at
        if look.at - since < _ABSENT or not await self._settle_absent(doubt, since, look.at):
            await self._schedule_next_look(doubt, absent_since=since)

    async def _settle_absent(self, doubt: UnknownPost, since: datetime, until: datetime) -> bool:
        detail, settle = Code.NOT_ON_PLATFORM(since=since, until=until), self._store.settle_absent
        return self._report_settled(
            await self._on_ledger(settle, doubt, now=self._clock.now(), detail=detail)
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
    """A comparison of the platform's clock with this machine's clock during one search of the platform.

    ``before`` and ``after`` are the times of this machine's clock when the search began and ended; ``at`` is
    the time that the platform's clock showed in between, None if unknown.
    """

    before: datetime
    after: datetime
    at: datetime | None

    @property
    def is_consistent(self) -> bool:
        """Return whether the platform's clock and this machine's clock agree well enough that a missing post
        can count as not sent.

        If this machine's clock was ahead when the post was sent, the searched period may begin after the post
        was published.
        """
        return self.at is None or abs(self.before - self.at) < _APART

    def to_local_time(self, theirs: datetime) -> tuple[datetime, datetime]:
        """Convert a time of the platform's clock to the earliest and the latest time that this machine's
        clock may have shown then.
        """
        if self.at is None:
            return theirs, theirs
        return theirs + (self.before - self.at), theirs + (self.after - self.at)
