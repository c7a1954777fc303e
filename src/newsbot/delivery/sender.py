"""The sender, the component that sends due posts, with one task per channel; each call to a platform needs a
claim.

A claim is the right to make one call, stored in the ledger. The order is essential: the ledger commits the
post's state `sending` and the attempt before newsbot makes the call, and only the proven outcome of the call
ends the state `sending`. If newsbot crashes anywhere in between, the next start (`recover_posts`) gives the
post the state `unknown`, so the post is never sent twice.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from newsbot.delivery.channel_tasks import GRACE, ClaimingTasks, DeliveryContext
from newsbot.delivery.ledger_batcher import LedgerBatcher
from newsbot.delivery.outcomes import classify
from newsbot.delivery.photos import PhotoPrefetcher
from newsbot.delivery.rate_gate import RateGate
from newsbot.errors import LedgerError, NotCalled, NotSent, OutcomeUnknown
from newsbot.model import Failure, Post, PostEvent, PostState, Receipt
from newsbot.ports import CallEnding, CallFailure, Channel, Claim, ClaimRequest, ClaimTerms, ClaimWait, Rate
from newsbot.reasons import Code, PlatformCode, Reason
from newsbot.tasks import wait_for_event

__all__ = ["Sender"]

_NAP = 30.0  # The most seconds that a channel's task sleeps before it looks again for a post to send.
# The least and the most time before a post is due at which newsbot asks the ledger for the claim (the right
# to send the post). In between, the time is as long as the slowest recent answer of the ledger took, times
# `_SLOWEST_ANSWERS`. An answer takes about 5 ms, but many times as long on a busy machine.
_LEAST_AHEAD, _MOST_AHEAD = timedelta(milliseconds=20), timedelta(milliseconds=250)
_SLOWEST_ANSWERS = 3
# The longest time before a post is due at which the post's photo is fetched.
_FORESEEN = timedelta(minutes=1)
_MOMENT = 0.05  # Seconds between two checks whether the photo of a due post has arrived.
_LOOK = 1.0  # Seconds between two checks which photos to fetch next.
# After the tasks of channels were started, newsbot waits for this many rounds of asyncio's event loop, in
# which the tasks ask the ledger for their claims (rights to make one call).
_ROUNDS = 3
# If a claim is older than this many seconds, newsbot asks the ledger just before the call whether the claim
# still holds. This process may have been suspended: a service that is silent for 15 s counts as ended.
_CONFIRM_AFTER = 5.0
# The seconds for which a sender waits for a database that fails, if the sender was told to wait only for a
# limited time.
_PATIENCE = 8.0

log = structlog.get_logger(__name__)


class Sender(ClaimingTasks):
    """The sender, the component of the service that sends the due posts.

    ``terms(name)`` returns the current conditions (such as rate limits and budget) under which the ledger
    grants claims (rights to make one call) on the posts of a channel. ``patience`` is the most seconds that
    one run of `drain` waits for rate limits and for platforms that ask to wait (None: without end); the run
    ends if a post has to wait for anything else. ``leaving`` is called just before every call to a platform,
    ``settled`` for every post after its call has ended. ``photos`` fetches photos before their posts are due;
    without it none is fetched early.
    """

    work = "sending"
    preposition = "to"
    pause = 1.0

    def __init__(
        self,
        context: DeliveryContext,
        terms: Callable[[str], ClaimTerms],
        *,
        patience: float | None = None,
        settled: Callable[[Post], None] = lambda _: None,
        leaving: Callable[[Claim], None] = lambda _: None,
        photos: PhotoPrefetcher | None = None,
    ) -> None:
        super().__init__(context, patience)
        self._delivery = context.ledger.delivery
        self._terms = terms
        self._settled = settled
        self._leaving = leaving
        self._photos = photos
        if photos:
            photos.ready = self._start_channel
        self._expecting: asyncio.Task[None] | None = None
        wait = None if patience is None else _PATIENCE
        self._batcher = LedgerBatcher(context, patience=wait, given_back=settled)
        self._gate = RateGate()
        self._nudges: dict[str, asyncio.Event] = {}
        # By channel, the next due time of its posts, as the last call of `drain` read it from the ledger. At
        # that time the channel's task asks for the right to send a post, and does not read the due time again
        # before.
        self._ahead: dict[str, datetime] = {}
        # By channel, the event loop's time at which this sender asked for the channel's last claim (right to
        # make a call), or last checked it. If that is long ago, the claim is checked before the call.
        self._asked_at: dict[str, float] = {}

    async def drain(self) -> datetime | None:
        """Start a task for each channel with a post that is due now or within a moment.

        Returns when to call this method again: a moment before the next post is due; None if no post waits.
        """
        now = self._clock.now()
        soon = now + self._lead
        await self._start_all(self._list_due(soon))
        await self._start_all(await self._on_ledger(self._delivery.list_due_channels, now=now))
        self._ahead = await self._on_ledger(self._delivery.list_next_due_times, after=now)
        if self._photos and self._list_nearly_due() and (self._expecting is None or self._expecting.done()):
            self._expecting = asyncio.create_task(self._look_for_photos(), name="photos")
        # The posts that are due are looked up once more, because further posts may have become due while the
        # channels' tasks were started.
        await self._start_all(self._list_due(soon))
        return min((due - self._lead for due in self._ahead.values() if due > soon), default=None)

    @property
    def _lead(self) -> timedelta:
        """Return the time before a post is due at which newsbot asks for the claim on the post (the right to
        send it).
        """
        answers = timedelta(seconds=_SLOWEST_ANSWERS * self._batcher.slowest)
        return min(max(_LEAST_AHEAD, answers), _MOST_AHEAD)

    async def send_channel(self, name: str, due: datetime | None = None) -> None:
        """Start the task that sends the due posts of one channel.

        With ``due``, the time at which the channel's next post is due, the task is started a moment before
        that time.
        """
        if due is not None:
            self._ahead[name] = due
            await wait_for_event(self._stopping, (due - self._clock.now() - self._lead).total_seconds())
        await self._start_all([name])

    async def prefetch_photos(self) -> None:
        """Start fetching the photos of all posts that come due within a minute, on any channel.

        This is for an engine with several processes, of which any may send the posts.
        """
        if self._photos:
            now, list_posts = self._clock.now(), self._delivery.list_all_illustrated_posts
            self._photos.expect(await self._on_ledger(list_posts, now=now, until=now + _FORESEEN), now=now)

    def _list_due(self, time: datetime) -> list[str]:
        return [name for name, due in self._ahead.items() if due <= time]

    async def watch(self) -> None:
        """Wait until the queue of the channels' requests to the ledger fails, and raise its error."""
        await self._batcher.watch()

    async def finish(self) -> None:
        """Wait until every channel's sending task has ended and no post waits for its photo.

        Raises:
            LedgerError: the database failed and did not come back within this sender's patience.
        """
        while self._tasks or self._list_late_photos():
            await asyncio.wait(tuple(self._tasks.values())) if self._tasks else await asyncio.sleep(_MOMENT)
        await super().finish()

    async def stop(self, within: float) -> None:
        """Begin to send no further post; after ``within`` seconds cancel the running calls to platforms.

        The posts that these calls were sending get the state `unknown`. If the ledger can't be reached, they
        keep the state `sending` until the next start of newsbot.
        """
        if self._expecting:
            self._expecting.cancel()
        self._stopping.set()
        for nudge in self._nudges.values():
            nudge.set()
        await super().stop(within)

    async def _start_all(self, names: Iterable[str]) -> None:
        """Start the tasks of the channels ``names``; return once their requests for claims (rights to make
        one call) are in the queue to the ledger.
        """
        names = list(names)
        await self._prefetch_photos([name for name in names if name not in self._tasks])
        # The channels' tasks start in random order, so that services which share the ledger begin with
        # different channels.
        for name in random.sample(names, len(names)):
            self._start_channel(name)
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)

    def _start_channel(self, name: str) -> None:
        """Start the task of a channel; if that task is waiting, let it look for a due post at once."""
        if name not in self._channels or self._stopping.is_set():
            return
        self._nudges.setdefault(name, asyncio.Event()).set()
        self._start_task(name)

    async def _look_for_photos(self) -> None:
        """Fetch photos before their posts are due, for as long as some channel sends a post or has a post due
        within a minute.
        """
        while names := self._list_nearly_due():
            try:
                await self._prefetch_photos(names)
            except LedgerError as error:
                # The queue to the ledger reports the error of the database, so it is not reported here.
                log.debug("photos wait for the ledger", error=str(error))
            await asyncio.sleep(_LOOK)

    def _list_nearly_due(self) -> list[str]:
        """Return the names of the channels that send a post now or have a post due within a minute, whose
        photo is fetched now.
        """
        return list(dict.fromkeys([*self._tasks, *self._list_due(self._clock.now() + _FORESEEN)]))

    async def _prefetch_photos(self, names: Sequence[str]) -> None:
        """Start fetching the photos of the posts that are due next on these channels."""
        if self._photos and names:
            now, list_posts = self._clock.now(), self._delivery.list_illustrated_posts
            coming = await self._on_ledger(list_posts, names, until=now + _FORESEEN)
            self._photos.expect(coming, now=now)

    def _list_late_photos(self) -> frozenset[str]:
        return self._photos.list_waiting_posts() if self._photos else frozenset()

    async def _process_claims(self, name: str) -> None:
        channel, nudge = self._channels[name], self._nudges[name]
        lease = timedelta(seconds=2 * (channel.deadline + GRACE) + _NAP)
        await channel.open()
        started = self._clock.now()
        asked: asyncio.Future[Claim | ClaimWait | None] | None = None
        while asked or not self._stopping.is_set():
            claim = await (asked or self._ask(name, lease))
            asked = None
            if isinstance(claim, ClaimWait):
                if not await self._wait_for_pace(name, claim, started):
                    return
            elif claim is None:
                if not nudge.is_set():
                    return
            # The messages of a thread are sent one after the other: the outcome of each call is stored before
            # the call for the next message is made.
            else:
                following: Claim | Post = claim
                while isinstance(following, Claim):
                    following, asked = await self._send(name, following, lease)
                self._report_post(following)

    def _ask(self, name: str, lease: timedelta) -> "asyncio.Future[Claim | ClaimWait | None]":
        """Ask the ledger for a claim on the next post of a channel."""
        self._nudges[name].clear()
        self._asked_at[name] = asyncio.get_running_loop().time()
        due, late = self._find_next_due(name), self._list_late_photos()
        return self._batcher.claim(ClaimRequest(name, self._terms(name), lease, due, late))

    def _find_next_due(self, name: str) -> datetime | None:
        due, now = self._ahead.get(name), self._clock.now()
        return due if due and now < due <= now + _MOST_AHEAD else None

    async def _wait_for_pace(self, name: str, wait: ClaimWait, started: datetime) -> bool:
        """Wait until the time that ``wait`` gives or until another post is due.

        Returns False if ``wait`` has no such time, or if this sender was told not to wait that long.
        """
        last = started + timedelta(seconds=self._patience or 0)
        if self._patience is not None and (not wait.pace or wait.until is None or wait.until > last):
            log.info("left for a later run", channel=name, why=wait.why)
            return False
        if wait.until is None:
            return False
        await wait_for_event(self._nudges[name], min((wait.until - self._clock.now()).total_seconds(), _NAP))
        return True

    async def _send(
        self, name: str, claim: Claim, lease: timedelta
    ) -> "tuple[Claim | Post, asyncio.Future[Claim | ClaimWait | None] | None]":
        """Send one part (platform message) of a post, by a claim (the right to make this call), and record
        the outcome of the call to the platform.

        Returns the claim on the next part of the post's thread, or the post in its new state. If the post is
        complete, also returns the coming answer to the request for the channel's next post, which was made
        together with the record so that the ledger stores both in one transaction.
        """
        channel, terms, time = self._channels[name], self._terms(name), asyncio.get_running_loop().time
        try:
            await self._wait_for_slot(channel, claim, terms)
            left = self._gate.leave(terms.rates, time())
            try:
                end: Receipt | CallFailure = await self._call_channel(channel, claim)
            finally:
                self._gate.end(left, time())
        except asyncio.CancelledError:
            await asyncio.shield(self._record_loss(claim))
            raise
        except Exception as error:  # noqa: BLE001  The outcome of every call has to be recorded, whatever error a channel raises.
            attempts, now = claim.post.attempts, self._clock.now()
            end = classify(error, attempts=attempts, now=now, doubted=claim.doubted)
        self._asked_at[name] = time()
        ended = self._batcher.end(CallEnding(claim.post.id, end, terms, lease, claim, self._gate.quickest))
        is_complete = isinstance(end, Receipt) and end.part == len(claim.post.parts) - 1
        asked = self._ask(name, lease) if is_complete and not self._stopping.is_set() else None
        try:
            after = await ended
        except BaseException:
            if asked:
                asked.cancel()
            raise
        if isinstance(end, CallFailure) and end.pause:
            await self._log_pause(name, end.failure.message)
        return after, asked

    async def _log_pause(self, name: str, why: str) -> None:
        """Log that newsbot paused a channel, but not if a probe (check of the platform) had just resumed the
        channel and the next post failed for the same cause.
        """
        try:
            said = (await self._on_ledger(self._ledger.channels.get_channel, name)).probes > 0
        except LedgerError:
            said = False
        if not said:
            mend = f"restart newsbot if its settings changed, then newsbot resume {name}"
            log.error("channel paused", channel=name, why=why, after_the_mend=mend)

    async def _wait_for_slot(self, channel: Channel, claim: Claim, terms: ClaimTerms) -> None:
        """Wait until the time that the ledger reserved for a call, but not if the claim (the right to make
        the call) could expire during it.

        Both the system's clock and the monotonic clock are asked whether the claim expires: the system's
        clock may have jumped, and the process may have been suspended.

        Raises:
            NotCalled: newsbot is stopping.
            NotSent: the claim would expire during the call.
        """
        now, time = self._clock.now(), asyncio.get_running_loop().time
        ends = time() + (claim.lease_until - now).total_seconds()
        await wait_for_event(self._stopping, min((claim.send_at - now).total_seconds(), ends - time()))
        with self._gate.line(terms.rates, claim.send_at) as ahead:
            while delay := await self._find_delay(claim, ahead):
                await wait_for_event(self._stopping, delay)
                if self._stopping.is_set():
                    break
        if self._stopping.is_set():
            raise NotCalled(PlatformCode.STOPPED_BEFORE_CALL())
        await self._confirm_claim(claim)
        left = min((claim.lease_until - self._clock.now()).total_seconds(), ends - time())
        if left < channel.deadline + GRACE:
            raise NotSent(PlatformCode.CLAIM_TOO_OLD())

    async def _confirm_claim(self, claim: Claim) -> None:
        """Check that a claim (the right to make one call) which was given a while ago is still valid.

        Raises:
            NotSent: the claim does not hold any more, or the ledger can't be asked.
        """
        time, channel = asyncio.get_running_loop().time, claim.post.channel
        while time() - self._asked_at[channel] > _CONFIRM_AFTER:
            began = time()
            try:
                await self._on_ledger(self._delivery.confirm_claim, claim)
            except LedgerError as error:
                raise NotSent(PlatformCode.CALL_NOT_RECORDED(why=error.reason)) from error
            self._asked_at[channel] = began

    async def _find_delay(self, claim: Claim, ahead: Callable[[], dict[Rate, int]]) -> float:
        """Return the seconds for which the call of ``claim`` has to wait for its rate limits; 0 for no wait.

        The rate limits count the calls of this process; on a ledger that several services share, they count
        the calls of all these services.
        """
        time, line = asyncio.get_running_loop().time, ahead()
        own = self._gate.delay(line, time(), line)
        if own or claim.counted or not (line and self._delivery.is_shared):
            return own
        leave, quickest = self._delivery.record_call_start, self._gate.quickest
        try:
            shared = await self._on_ledger(leave, claim, line, quickest=quickest, now=self._clock.now())
        except LedgerError as error:
            raise NotSent(PlatformCode.CALL_NOT_RECORDED(why=error.reason)) from error
        return shared or self._gate.delay(line, time())

    async def _call_channel(self, channel: Channel, claim: Claim) -> Receipt:
        before = next((r for r in claim.post.receipts if r.part == claim.part - 1), claim.answers)
        self._leaving(claim)
        try:
            async with asyncio.timeout(channel.deadline + GRACE):
                post, part = claim.post, claim.post.parts[claim.part]
                # The idempotency key, by which a platform recognizes a repeated call, depends only on the
                # post, the number of its message, and the message's text.
                key = sha256(f"{post.id}:{claim.part}:{part.text}".encode()).hexdigest()[:32]
                receipt = await channel.send(part, after=before, silent=post.silent, key=key)
        except TimeoutError:
            raise OutcomeUnknown(PlatformCode.NO_ANSWER_WITHIN(n=channel.deadline)) from None
        return Receipt(claim.part, receipt.remote_id, receipt.url, _make_note(receipt.note))

    async def _record_loss(self, claim: Claim) -> None:
        why = PlatformCode.LOOK_FIRST(what=PlatformCode.STOPPED_BEFORE_ANSWER())
        end = CallFailure(PostEvent.LOSE, Failure("unknown", why))
        self._report_post(await self._batcher.end(CallEnding(claim.post.id, end, claim=claim)))

    def _report_post(self, post: Claim | Post) -> None:
        assert isinstance(post, Post)  # noqa: S101  The ledger grants a claim on the next message only after a message was sent.
        if post.state is PostState.SENDING:
            # If the claim (right) to send the next message of the post's thread was lost, the post's state is
            # logged and told to other components only once that claim is given back to the ledger.
            return
        notes = [receipt.note for receipt in post.receipts if receipt.note]
        level = "info" if post.state is PostState.SENT and not notes else "warning"
        error = post.error.message if post.error else None
        links = [receipt.url for receipt in post.receipts if receipt.url]
        getattr(log, level)(
            str(post.state),
            post=post.id,
            channel=post.channel,
            article=post.article_id,
            links=links,
            error=error,
            **({"but": "; ".join(dict.fromkeys(map(str, notes)))} if notes else {}),
        )
        self._settled(post)


def _make_note(said: Reason | str | None) -> Reason | None:
    """Return the note in a platform's receipt, which says what the post was sent without, as a reason.

    A plugin's channel may give the note as a plain text.
    """
    return Code.TEXT(words=said) if isinstance(said, str) else said
