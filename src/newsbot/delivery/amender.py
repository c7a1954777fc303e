"""The amender, the component that edits and deletes published messages, and repeats each call to the platform
until its outcome is known.

An edit or deletion (an amendment) says what the message has to be in the end, so a call of unknown outcome is
simply repeated (ADR 9). The component that sends posts, in contrast, never repeats a call of unknown outcome.
The messages of a paused channel are edited and deleted too, because removals can't wait.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from newsbot.delivery.outcomes import find_back_off
from newsbot.delivery.reports import Reports
from newsbot.errors import LedgerError, MessageGone, NotSent, OutcomeUnknown, RateLimited, Refused, SendError
from newsbot.model import Failure
from newsbot.ports import (
    Amendment,
    AmendmentCall,
    AmendmentResult,
    AmendmentTerms,
    AmendmentWait,
    Channel,
    ChannelTargets,
    Clock,
    LedgerRunner,
)
from newsbot.reasons import PlatformCode
from newsbot.tasks import cancel_tasks, wait_for_event

if TYPE_CHECKING:
    from newsbot.ledger.actions import ActionsStore

__all__ = ["Amender"]

# Seconds by which a call may take longer than the deadline of its channel before newsbot cancels the call.
_GRACE = 1.0
_NAP = 30.0  # The most seconds that a channel's task sleeps before it looks again for a due edit or deletion.
_LEDGER_AGAIN = timedelta(seconds=5)
_SOON = timedelta(seconds=20)  # The longest pause between two attempts to delete the same published message.
# If the attempts to edit a published message have failed for this long, newsbot leaves the edit to a person.
_GIVES_UP = timedelta(hours=24)

log = structlog.get_logger(__name__)


class Amender:
    """The amender, which makes the due edits and deletions of published messages, with one task per channel.

    ``ended`` is called with the edit or deletion after each call to a platform. ``targets`` are the places
    (chats or accounts) that the channels post to: a message in another place is left to a person.
    ``patience`` is the most seconds that one run of `drain` waits for rate limits (None: without end).
    """

    def __init__(
        self,
        actions: "ActionsStore",
        on_ledger: LedgerRunner,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        targets: ChannelTargets | None = None,
        patience: float | None = None,
        ended: Callable[[Amendment], None] = lambda _: None,
        reports: Reports | None = None,
    ) -> None:
        self._actions = actions
        self._on_ledger = on_ledger
        self._channels = channels
        self._clock = clock
        self._targets = dict.fromkeys(channels) if targets is None else targets
        self._patience = patience
        self._ended = ended
        self._reports = reports or Reports()
        # The last error of the ledger that ended the task of a channel; the method `finish` raises the error.
        self._refused: LedgerError | None = None
        # True if the ledger may have stored an edit or deletion as claimed although no task of this process
        # makes the edit or deletion.
        self._unsure = False
        # The calls in progress: the number of each edit or deletion, with the number of the present attempt.
        self._calling: dict[int, int] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    async def drain(self) -> datetime | None:
        """Start a task for each channel with a due edit or deletion of a message.

        Returns when the next edit or deletion is due; None if the ledger has no further edit or deletion.
        """
        some = await self._on_ledger(self._actions.has_amendments_to_make)
        self._reports.report_success("amending")
        if not some:
            # Usually, the ledger has no edit or deletion that is still to be made.
            return None
        now = self._clock.now()
        await self._on_ledger(self._actions.settle_pending, now=now)
        give_up = self._actions.end_stranded_amendments
        for amendment in await self._on_ledger(give_up, self._targets, now=now):
            self._report_end(amendment)
        for amendment in await self._on_ledger(self._actions.end_outdated_edits, now=now):
            self._report_end(amendment)
        for name in await self._on_ledger(self._actions.list_amendable_channels, now=now):
            if name in self._channels and name not in self._tasks and not self._stopping.is_set():
                self._tasks[name] = asyncio.create_task(self._amend_channel(name), name=f"amend {name}")
        return await self._on_ledger(self._actions.get_next_amendment_time, after=now)

    async def finish(self) -> None:
        """Wait until every running task that edits or deletes messages has ended.

        Raises:
            LedgerError: the database failed, and this amender was told to wait only for a limited time.
        """
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))
        if self._refused is not None and self._patience is not None:
            raise self._refused

    async def stop(self, within: float) -> None:
        """Start no new call to a platform, and cancel the calls that have not ended after ``within`` seconds.

        The next service that starts repeats the cancelled calls, as every edit and deletion may be repeated.
        """
        self._stopping.set()
        if tasks := tuple(self._tasks.values()):
            _, late = await asyncio.wait(tasks, timeout=within)
            await cancel_tasks(late)

    async def _amend_channel(self, name: str) -> None:
        try:
            while not await self._try_claims(name):
                await wait_for_event(self._stopping, _LEDGER_AGAIN.total_seconds())
        except Exception as error:  # noqa: BLE001  The error is reported, and the channel's edits and deletions are claimed again.
            self._reports.report_failure(f"amending on {name}", error)
        else:
            self._reports.report_success(f"amending on {name}")
        finally:
            del self._tasks[name]

    async def _try_claims(self, name: str) -> bool:
        """Make the due edits and deletions of a channel; return False if the database failed meanwhile.

        After False, the caller calls this method again later.
        """
        try:
            if self._unsure:
                await self._on_ledger(self._actions.release_amendments, dict(self._calling))
                self._unsure = False
            await self._process_claims(name)
        except LedgerError as error:
            # The ledger may have stored a claim (the right to make an edit or deletion) although its answer
            # was lost, or may have failed to store the outcome of a call.
            self._unsure = True
            self._refused = error
            self._reports.waits("amending", error)
            return self._patience is not None or self._stopping.is_set()
        self._reports.report_contact("amending")
        return True

    async def _process_claims(self, name: str) -> None:
        channel = self._channels[name]
        lease = timedelta(seconds=2 * (channel.deadline + _GRACE) + _NAP)
        await channel.open()
        ends = self._clock.now() + timedelta(seconds=self._patience or 0)
        while not self._stopping.is_set():
            claim, terms = self._actions.claim_amendment, _make_terms(channel, self._targets.get(name))
            found = await self._on_ledger(claim, name, terms, now=self._clock.now(), lease=lease)
            if isinstance(found, AmendmentWait):
                if self._patience is not None and found.until > ends:
                    return
                await self._sleep_until(found.until)
            elif found is None:
                return
            else:
                amendment, leaves = found
                self._calling[amendment.id] = amendment.attempts
                try:
                    await self._settle_claim(channel, amendment, leaves)
                finally:
                    del self._calling[amendment.id]

    async def _sleep_until(self, at: datetime) -> None:
        await wait_for_event(self._stopping, min((at - self._clock.now()).total_seconds(), _NAP))

    async def _settle_claim(self, channel: Channel, amendment: Amendment, leaves: datetime) -> None:
        """Make the call for one edit or deletion that this process has claimed, and record the outcome of the
        call.

        If the amender is stopped before the call, the edit or deletion is due again at once.
        """
        await self._sleep_until(leaves)
        end = AmendmentResult(due_at=self._clock.now(), free=True)
        if not self._stopping.is_set():
            end = await self._call_channel(channel, amendment)
        settle = self._actions.settle_amendment
        self._report_end(await self._on_ledger(settle, amendment, end, now=self._clock.now()))

    def _report_end(self, amendment: Amendment) -> None:
        fine = amendment.state in {"done", "due", "over"} and not (amendment.error and amendment.attempts > 1)
        getattr(log, "info" if fine else "warning")(
            f"{amendment.what} {amendment.state}",
            post=amendment.post_id,
            channel=amendment.channel,
            part=amendment.part,
            error=amendment.error.message if amendment.error else None,
        )
        self._ended(amendment)

    async def _call_channel(self, channel: Channel, amendment: Amendment) -> AmendmentResult:
        try:
            async with asyncio.timeout(channel.deadline + _GRACE):
                await _amend(channel, amendment)
        except Exception as error:  # noqa: BLE001  The outcome of every call has to be recorded, whatever error a channel raises.
            return _classify_error(error, amendment, channel, self._clock.now())
        return AmendmentResult(done=True)


def _make_terms(channel: Channel, target: str | None) -> AmendmentTerms:
    kinds: tuple[AmendmentCall, ...] = ("edit", "delete")
    rates = {what: channel.rates_of(what) for what in kinds}
    return AmendmentTerms(rates, {what: channel.price_of(what) for what in kinds}, target=target)


async def _amend(channel: Channel, amendment: Amendment) -> None:
    receipt = amendment.receipt
    assert receipt  # noqa: S101  Only the edit or deletion of a published part, which has a receipt, is claimed.
    if amendment.what == "delete":
        await channel.delete(receipt)
        return
    assert amendment.after  # noqa: S101  An edit always has a new text for its part.
    await channel.edit(amendment.after, receipt)


def _classify_error(
    error: Exception, amendment: Amendment, channel: Channel, now: datetime
) -> AmendmentResult:
    """Decide what the ledger should do with an edit or deletion whose call failed with ``error``."""
    failure = _make_failure(error)
    match error:
        case MessageGone() if amendment.is_removal:
            return AmendmentResult(done=True)
        case RateLimited():
            due = now + timedelta(seconds=error.retry_after)
            return AmendmentResult(failure=failure, due_at=due, rate_key=error.key, free=True)
        case Refused() if amendment.what == "delete" and channel.capabilities.edits and amendment.after:
            return AmendmentResult(failure=failure, notice=True, free=True)
        case Refused():
            return AmendmentResult(failure=failure, by_hand=amendment.is_removal, free=True)
    surely_not = isinstance(error, NotSent)
    return AmendmentResult(failure=failure, due_at=_find_retry_time(amendment, now), free=surely_not)


def _find_retry_time(amendment: Amendment, now: datetime) -> datetime | None:
    """Return when to try a failed edit or deletion again; None for an edit that has failed for a day.

    A deletion is tried until it succeeds, however long that takes.
    """
    wait = find_back_off(amendment.attempts)
    if amendment.is_removal:
        return now + min(wait, _SOON)
    return None if now - amendment.since > _GIVES_UP else now + wait


def _make_failure(error: Exception) -> Failure:
    if isinstance(error, SendError):
        return Failure(error.code, error.reason)
    # The message of another library's error may contain a token, so only the type of the error is stored.
    return Failure(OutcomeUnknown.code, PlatformCode.ENDED_WITHOUT_ANSWER(name=type(error).__name__))
