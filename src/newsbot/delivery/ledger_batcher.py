"""The queue through which all senders (the components that send posts) read and write the ledger, in shared
transactions.

No call to a platform is made before its claim (the right to make the call) is committed, and no outcome of a
call to a platform counts before the ledger has stored the outcome. An outcome that can't be stored is retried
for as long as the process runs, and until it is stored no claim is made: newsbot begins no call whose result
it could not store.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from newsbot.delivery.channel_tasks import DeliveryContext
from newsbot.errors import LedgerError
from newsbot.model import Post
from newsbot.ports import CallEnding, Claim, ClaimRequest, ClaimWait
from newsbot.tasks import compute_pause

__all__ = ["LedgerBatcher"]

_PAUSE = 0.5  # Seconds between two attempts to write to the ledger while its database fails.
# The most seconds between two attempts to store the outcome of a call if the ledger refuses this outcome but
# accepts others.
_STUCK = 15.0
# The duration of the slowest recent transaction is multiplied by this factor after each further transaction,
# so that an old slow transaction counts less and less.
_FADING = 0.95
# The number of claims that one transaction may make beyond those that follow outcomes of calls, if other
# services share the ledger; so each service gets some of the due channels.
_FRESH = 8
# If the ledger refuses this many outcomes or requests in a row, the ledger itself counts as failing.
_IN_A_ROW = 2
_PART = "sending"

log = structlog.get_logger(__name__)


@dataclass(eq=False, repr=False)
class _Entry:
    """An entry of the queue to the ledger: the request for a claim (the right to make a call to a platform),
    or the outcome of a call; each with the future that gets the ledger's answer.
    """

    what: CallEnding | ClaimRequest
    answer: "asyncio.Future[Any]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    over: bool = False
    # How often the ledger refused this entry (the outcome of a call) while it accepted others.
    stuck: int = 0

    def resolve(self, result: Claim | ClaimWait | Post | None) -> None:
        self.over = True
        # The ledger's answer to a request is dropped if the sender that waits for it was cancelled.
        if not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: Exception) -> None:
        self.over = True
        if not self.answer.done():
            self.answer.set_exception(error)


class LedgerBatcher:
    """The queue of the entries that senders (the components that send posts) have for the ledger; it runs one
    transaction at a time.

    Each transaction has all requests for claims (rights to make one call) and all outcomes of calls that have
    arrived. ``patience`` is the number of seconds for which a ledger that refuses everything is retried
    (None: without end). After that time every entry fails at once, because each attempt could take as long as
    a connection's timeout. ``given_back`` is called for each post whose claim was lost and which therefore
    waits for a new claim.
    """

    def __init__(
        self,
        context: DeliveryContext,
        *,
        patience: float | None = None,
        given_back: Callable[[Post], None] = lambda _: None,
    ) -> None:
        self._store = context.ledger.delivery
        self._on_ledger = context.on_ledger
        self._clock = context.clock
        self._reports = context.reports
        self._given = context.given
        self._patience = patience
        self._given_back = given_back
        # True if the ledger may have granted a claim (the right to make a call) on a post of which no sender
        # of this process knows.
        self._unsure = False
        # The monotonic time since which every transaction with the ledger has failed; None if the last
        # transaction succeeded.
        self._unwell_since: float | None = None
        # The ledger's error, once the ledger has failed for longer than ``patience``; all further entries of
        # the queue then fail with this error.
        self._given_up: LedgerError | None = None
        self._entries: list[_Entry] = []
        self.slowest = 0.0
        """The seconds that the slowest of the recent transactions took, by which the sender chooses how early
        it asks for a claim.
        """
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        self._is_broken = asyncio.Event()
        self._is_processing = False

    def claim(self, ask: ClaimRequest) -> "asyncio.Future[Claim | ClaimWait | None]":
        """Claim the next post of a channel; return a future of the claim (right to send a message of the
        post).

        The future's result is a `ClaimWait` if a post is due but has to wait, and None if no post is due. It
        raises a `LedgerError` if the ledger can't be used now; the log reports that only once.
        """
        return self._enqueue(_Entry(ask))

    def end(self, ending: CallEnding) -> "asyncio.Future[Claim | Post]":
        """Record the outcome of a call to a platform; return a future that is done once the outcome is
        stored.

        The future's result is the claim (right to make a call) on the next part (platform message) of the
        post's thread, or the post in its new state. It raises a `LedgerError` if the outcome can never be
        stored.
        """
        return self._enqueue(_Entry(ending))

    def _enqueue(self, entry: _Entry) -> "asyncio.Future[Any]":
        self._entries.append(entry)
        if not self._is_processing:
            self._is_processing = True
            self._spawn_task(self._process_batches())
        return entry.answer

    def _spawn_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="exchange")
        self._tasks.add(task)
        task.add_done_callback(self._handle_end)

    def _handle_end(self, task: asyncio.Task[None]) -> None:
        """Keep the error that ended the task of the queue to the ledger, for `watch` to raise, because no
        other code waits for the task.
        """
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._broken = error
            self._is_broken.set()

    async def watch(self) -> None:
        """Wait until the task that applies the queue's entries to the ledger fails, and raise its error."""
        await self._is_broken.wait()
        assert self._broken is not None  # noqa: S101  The error is set before the awaited event.
        raise self._broken

    async def _process_batches(self) -> None:
        try:
            while self._entries:
                entries = self._take_entries()
                if self._given_up is not None:
                    for entry in entries:
                        entry.fail(self._given_up)
                    continue
                if await self._store_batch(entries) is not None:
                    await self._store_one_by_one(entries)
                if self._unsure and self._unwell_since is None:
                    await self._disclaim_lost()
        finally:
            self._is_processing = False

    def _take_entries(self) -> list[_Entry]:
        """Take the entries of the next transaction from the queue: all of them or, if other services use the
        ledger, only some of the requests for claims.
        """
        entries, self._entries = self._entries, []
        if not self._store.is_shared:
            return entries
        endings = [entry for entry in entries if isinstance(entry.what, CallEnding)]
        asks = [entry for entry in entries if isinstance(entry.what, ClaimRequest)]
        most = len(endings) + _FRESH
        self._entries = asks[most:]
        return endings + asks[:most]

    async def _store_batch(self, entries: Sequence[_Entry]) -> Exception | None:
        """Store outcomes of calls and claims (rights to make one call) in one transaction; give the waiting
        senders their answers.

        Returns the error if the transaction failed, so that no sender got an answer; else None.
        """
        endings = [(entry, entry.what) for entry in entries if isinstance(entry.what, CallEnding)]
        asks = [(entry, entry.what) for entry in entries if isinstance(entry.what, ClaimRequest)]
        now, began = self._clock.now(), time.monotonic()
        # The duration of a transaction is measured by the event loop's clock. Where tests simulate that
        # clock, a run can then be repeated exactly.
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            ends, claims = await self._on_ledger(
                self._store.exchange, [ending for _, ending in endings], [ask for _, ask in asks], now=now
            )
        except Exception as error:  # noqa: BLE001  One entry causes the error, so each entry is then stored by itself and gets its own error.
            self._unsure |= isinstance(error, LedgerError)
            self._unwell_since = began if self._unwell_since is None else self._unwell_since
            return error
        self._unwell_since = None
        self.slowest = max(loop.time() - asked, _FADING * self.slowest)
        for (entry, ending), end in zip(endings, ends, strict=True):
            self._given.pop(ending.post_id, None)
            self._remember_claim(end)
            entry.resolve(end)
        for (entry, _), claim in zip(asks, claims, strict=True):
            if not entry.answer.done():
                self._remember_claim(claim)
            elif isinstance(claim, Claim):
                # The sender that asked for this claim (right to make a call) was cancelled, so no task makes
                # the call, and the claim is given back later.
                self._unsure = True
            entry.resolve(claim)
        self._reports.report_success(_PART)
        return None

    def _remember_claim(self, answer: Claim | ClaimWait | Post | None) -> None:
        if isinstance(answer, Claim):
            self._given[answer.post.id] = answer.post.attempts

    async def _disclaim_lost(self) -> None:
        """Give back the claims (rights to make one call) that the ledger granted in answers which were lost,
        as no call to a platform was made for them.
        """
        try:
            posts = await self._on_ledger(
                self._store.return_lost_claims, dict(self._given), now=self._clock.now()
            )
        except LedgerError as error:
            log.debug("lost claims can't be given back yet", error=str(error))
            return
        self._unsure = False
        for post in posts:
            why = "its claim was lost with the database's answer: no call was made"
            log.info("waits again", post=post.id, channel=post.channel, why=why)
            self._given_back(post)

    async def _store_one_by_one(self, entries: Sequence[_Entry]) -> None:
        """Store each outcome of a call, and each claim (right to make a call), in its own transaction, so
        that only the entry that causes an error fails.
        """
        endings = [entry for entry in entries if isinstance(entry.what, CallEnding)]
        asks = [entry for entry in entries if isinstance(entry.what, ClaimRequest)]
        refused = await self._store_each(endings)
        left = [entry for entry in endings if not entry.over]
        if refused is None or len(left) < len(endings):
            for entry in left:
                self._spawn_task(self._retry_ending(entry))
            refused = await self._store_each(asks)
            for entry in asks:
                if refused is not None and not entry.over:
                    entry.fail(refused)
            return
        self._entries = [*left, *asks, *self._entries]
        if self._patience is not None and self._reports.seconds_away > self._patience:
            self._given_up = refused
        else:
            await asyncio.sleep(_PAUSE)

    async def _store_each(self, entries: Sequence[_Entry]) -> LedgerError | None:
        """Store each entry of the queue (a request for a claim, or the outcome of a call) by itself, until
        the ledger refuses two entries in a row.

        Returns the ledger's last refusal; None if the ledger refused no entry.
        """
        refused: LedgerError | None = None
        in_a_row = 0
        for entry in entries:
            error = await self._store_batch([entry])
            if isinstance(error, LedgerError):
                refused, in_a_row = error, in_a_row + 1
                self._reports.waits(_PART, error, since=self._unwell_since)
                if in_a_row == _IN_A_ROW:
                    break
            elif error is not None:
                entry.fail(error)
            else:
                in_a_row = 0
        return refused

    async def _retry_ending(self, entry: _Entry) -> None:
        """Store once more an outcome that the ledger refused while it accepted other entries.

        Meanwhile only the channel of that outcome waits. The first pause before the attempt is short, as the
        database may just have come back; each further pause is twice as long.
        """
        await asyncio.sleep(compute_pause(_PAUSE, _STUCK, entry.stuck))
        entry.stuck += 1
        self._enqueue(entry)
