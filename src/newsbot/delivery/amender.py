"""The amender, the component that edits and deletes published messages, and repeats each call to the platform
until its outcome is known.

An edit or deletion (an amendment) says what the message has to be in the end, so a call of unknown outcome is
simply repeated (ADR 9). The component that sends posts, in contrast, never repeats a call of unknown outcome.
The messages of a paused channel are edited and deleted too, because removals can't wait.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from newsbot.delivery.channel_tasks import GRACE, ClaimingTasks, DeliveryContext
from newsbot.delivery.outcomes import classify_amendment_error
from newsbot.errors import LedgerError
from newsbot.model import Receipt
from newsbot.ports import Amendment, AmendmentCall, AmendmentResult, AmendmentTerms, AmendmentWait, Channel
from newsbot.tasks import wait_for_event

__all__ = ["Amender"]

# The most seconds that the task of a channel sleeps before it looks again for an edit or deletion that is
# due.
_NAP = 30.0

log = structlog.get_logger(__name__)


class Amender(ClaimingTasks):
    """The amender, which makes the due edits and deletions of published messages, with one task per channel.

    A message in a chat or account to which no channel posts any more is left to a person. ``ended`` is called
    with the edit or deletion after each call to a platform.
    """

    work = "amending"
    preposition = "on"
    pause = 5.0

    def __init__(
        self,
        context: DeliveryContext,
        *,
        patience: float | None = None,
        ended: Callable[[Amendment], None] = lambda _: None,
    ) -> None:
        super().__init__(context, patience)
        self._actions = context.ledger.actions
        self._ended = ended
        # True if the ledger may say that this process is making an edit or deletion which no task of this
        # process makes, because a database error hid the ledger's answer.
        self._unsure = False
        # The calls in progress: by the number of each edit or deletion, how many calls were made for it up to
        # the present one.
        self._calling: dict[int, int] = {}

    async def drain(self) -> datetime | None:
        """Start a task for each channel with a due edit or deletion of a message.

        Returns when the next edit or deletion is due; None if the ledger has no further edit or deletion.
        """
        if not await self.settle():
            return None
        now = self._clock.now()
        for name in await self._on_ledger(self._actions.list_amendable_channels, now=now):
            self.start(name)
        return await self._on_ledger(self._actions.get_next_amendment_time, after=now)

    def start(self, name: str) -> None:
        """Start the task that makes the due edits and deletions of messages on a channel, unless it runs."""
        self._start_task(name)

    async def settle(self) -> bool:
        """Apply people's pending actions whose posts are known to be published or not, and end the edits and
        deletions that can't be made.

        Returns whether any edit or deletion in the ledger is not finished.
        """
        some = await self._on_ledger(self._actions.has_amendments_to_make)
        self._reports.report_success(self.work)
        if not some:
            return False
        now = self._clock.now()
        await self._on_ledger(self._actions.settle_pending, now=now)
        give_up = self._actions.end_stranded_amendments
        for amendment in await self._on_ledger(give_up, self._targets, now=now):
            self._report_end(amendment)
        for amendment in await self._on_ledger(self._actions.end_outdated_edits, now=now):
            self._report_end(amendment)
        return True

    async def _process_claims(self, name: str) -> None:
        try:
            if self._unsure:
                await self._on_ledger(self._actions.release_amendments, dict(self._calling))
                self._unsure = False
            await self._amend_channel(name)
        except LedgerError:
            # After an error of the ledger, this service's claims (rights to edit or delete a message) are
            # checked before the next call, because the ledger may have granted the right to make a call
            # although its answer was lost, or may have failed to store the outcome of a call.
            self._unsure = True
            raise
        self._reports.report_contact(self.work)

    async def _amend_channel(self, name: str) -> None:
        channel = self._channels[name]
        lease = timedelta(seconds=2 * (channel.deadline + GRACE) + _NAP)
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
        """Make the call for one edit or deletion that only this process may make now, and record the outcome
        of the call.

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
            async with asyncio.timeout(channel.deadline + GRACE):
                receipt = await _amend(channel, amendment)
        except Exception as error:  # noqa: BLE001  The outcome of every call has to be recorded, whatever error a channel raises.
            can_edit = channel.capabilities.edits
            return classify_amendment_error(error, amendment, editable=can_edit, now=self._clock.now())
        return AmendmentResult(done=True, receipt=receipt)


def _make_terms(channel: Channel, target: str | None) -> AmendmentTerms:
    kinds: tuple[AmendmentCall, ...] = ("edit", "delete")
    rates = {what: channel.get_call_rates(what) for what in kinds}
    return AmendmentTerms(rates, {what: channel.get_call_price(what) for what in kinds}, target=target)


async def _amend(channel: Channel, amendment: Amendment) -> Receipt | None:
    """Edit or delete a published message; return the receipt that is valid after an edit."""
    receipt = amendment.receipt
    assert receipt  # noqa: S101  The ledger grants the edit or deletion only of a published message, which has a receipt (confirmation).
    if amendment.what == "delete":
        await channel.delete(receipt)
        return None
    assert amendment.after  # noqa: S101  An edit always has a new text for its part.
    return await channel.edit(amendment.after, receipt)
