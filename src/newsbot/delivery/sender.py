"""The sender: one task per channel that has something due, each call behind a committed claim.

Order is everything here: `claim` has committed the `sending` row and the attempt before the call leaves,
and only what the call proves takes the post out of `sending` again. A crash anywhere in between leaves a row
that `rescue` turns into `unknown`, never one that is sent again.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from newsbot.delivery.outcomes import classify
from newsbot.errors import LedgerError, NotSent, OutcomeUnknown
from newsbot.model import Failure, Post, PostEvent, PostState, Receipt
from newsbot.ports import Channel, Claim, Clock, Ledger, OnLedger, Outcome, Terms, Wait

__all__ = ["Sender"]

_GRACE = 1.0  # seconds that a channel may pass its own deadline by before it is given up
_NAP = 30.0  # the longest a task sleeps before it asks the ledger again
_STORE_TRIES = 40  # with half a second between them: as long as a locked database is worth waiting for

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Sender:
    """Sends what is due.

    ``terms(name)`` gives the terms of a channel's claims as they are now; ``patience`` bounds in seconds how
    long one drain waits out pace and retry-after (None: for ever), and a wait for anything else ends it.
    ``settled`` hears of every post whose call has ended.
    """

    def __init__(
        self,
        ledger: Ledger,
        on_ledger: OnLedger,
        channels: Mapping[str, Channel],
        terms: Callable[[str], Terms],
        clock: Clock,
        *,
        patience: float | None = None,
        settled: Callable[[Post], None] = lambda _: None,
    ) -> None:
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._channels = channels
        self._terms = terms
        self._clock = clock
        self._patience = patience
        self._settled = settled
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    async def drain(self) -> datetime | None:
        """Start a task for each channel that has something due; returns when the next post will be."""
        now = self._clock.now()
        for name in await self._on_ledger(self._ledger.due_channels, now=now):
            if name in self._channels and name not in self._tasks and not self._stopping:
                self._tasks[name] = asyncio.create_task(self._channel(name), name=f"send {name}")
        return await self._on_ledger(self._ledger.next_due, after=now)

    async def finish(self) -> None:
        """Until every task that runs now has ended."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))

    async def stop(self, within: float) -> None:
        """Take no new claim; give calls in flight ``within`` seconds, then mark them as unknown."""
        self._stopping = True
        tasks = tuple(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=within)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _channel(self, name: str) -> None:
        try:
            await self._claims(name)
        except LedgerError as error:
            log.warning("sending waits for the ledger", channel=name, error=str(error))
        except Exception:
            log.exception("sending stopped", channel=name)
        finally:
            del self._tasks[name]

    async def _claims(self, name: str) -> None:
        channel = self._channels[name]
        lease = timedelta(seconds=2 * (channel.deadline + _GRACE) + _NAP)
        await channel.open()
        started = self._clock.now()
        while not self._stopping:
            claim = await self._on_ledger(
                self._ledger.claim, name, self._terms(name), now=self._clock.now(), lease=lease
            )
            if claim is None:
                return
            if isinstance(claim, Wait):
                if not await self._wait(name, claim, started):
                    return
                continue
            while claim is not None:
                claim = await self._send(name, claim, lease)

    async def _wait(self, name: str, wait: Wait, started: datetime) -> bool:
        """Sleep until ``wait`` is over; False where this drain shall not wait for it."""
        now = self._clock.now()
        until = wait.until or now + timedelta(seconds=_NAP)
        if self._patience is not None:
            last = started + timedelta(seconds=self._patience)
            if not wait.pace or until > last:
                log.info("left for a later run", channel=name, why=wait.why)
                return False
        await self._sleep(min((until - now).total_seconds(), _NAP))
        return True

    async def _sleep(self, seconds: float) -> None:
        """In steps, so that a stop is noticed."""
        left = seconds
        while left > 0 and not self._stopping:
            await asyncio.sleep(min(left, 0.25))
            left -= 0.25

    async def _send(self, name: str, claim: Claim, lease: timedelta) -> Claim | None:
        """Make the call of ``claim`` and settle it; returns the claim on the thread's next part."""
        channel = self._channels[name]
        try:
            await self._slot(channel, claim)
            receipt = await self._call(channel, claim)
        except asyncio.CancelledError:
            await asyncio.shield(self._lose(claim))
            raise
        except Exception as error:  # noqa: BLE001  whatever a channel raises has to be settled
            outcome = classify(
                error, attempts=claim.post.attempts, now=self._clock.now(), doubted=claim.doubted
            )
            await self._settle(claim, outcome)
            return None
        return await self._accept(claim, receipt, lease)

    async def _slot(self, channel: Channel, claim: Claim) -> None:
        """Until the reserved slot, and only while the lease outlives the call that starts then."""
        await self._sleep((claim.send_at - self._clock.now()).total_seconds())
        if self._stopping:
            raise NotSent("newsbot was stopped before the call left")
        left = (claim.lease_until - self._clock.now()).total_seconds()
        if left < channel.deadline + _GRACE:
            raise NotSent("the claim was too old to make a call with: it will be claimed again")

    async def _call(self, channel: Channel, claim: Claim) -> Receipt:
        before = next((r for r in claim.post.receipts if r.part == claim.part - 1), None)
        try:
            async with asyncio.timeout(channel.deadline + _GRACE):
                receipt = await channel.send(claim.post.parts[claim.part], after=before)
        except TimeoutError:
            raise OutcomeUnknown(f"no answer within {channel.deadline:g} s") from None
        return Receipt(claim.part, receipt.remote_id, receipt.url, receipt.note)

    async def _accept(self, claim: Claim, receipt: Receipt, lease: timedelta) -> Claim | None:
        terms = self._terms(claim.post.channel)

        def store() -> Claim | None:
            return self._ledger.next_part(claim.post.id, receipt, terms, now=self._clock.now(), lease=lease)

        following = await self._store(store)
        if following is None:
            await self._report(claim)
        return following

    async def _settle(self, claim: Claim, outcome: Outcome) -> None:
        def store() -> Post:
            return self._ledger.settle(
                claim.post.id,
                outcome.event,
                outcome.failure,
                now=self._clock.now(),
                due_at=outcome.due_at,
                drop_media=outcome.drop_media,
                pause=outcome.pause,
                rate_key=outcome.rate_key,
            )

        await self._store(store)
        if outcome.pause:
            name, why = claim.post.channel, outcome.failure.message
            log.error("channel paused", channel=name, why=why, after_the_mend=f"newsbot resume {name}")
        await self._report(claim)

    async def _lose(self, claim: Claim) -> None:
        failure = Failure(
            "unknown", "newsbot was stopped before the platform answered: look before you send it again"
        )
        await self._settle(claim, Outcome(PostEvent.LOSE, failure))

    async def _store(self, call: Callable[[], T]) -> T:
        """What a call proved has to be stored: try for as long as a locked database may take.

        Where even that fails the row stays `sending` with its attempt open, and `rescue` makes it `unknown`.
        """
        for _ in range(_STORE_TRIES - 1):
            try:
                return await self._on_ledger(call)
            except LedgerError as error:
                log.warning("storing an outcome failed, trying again", error=str(error))
                await asyncio.sleep(0.5)
        return await self._on_ledger(call)

    async def _report(self, claim: Claim) -> None:
        post = await self._on_ledger(self._ledger.post, claim.post.id)
        level = "info" if post.state is PostState.SENT else "warning"
        error = post.error.message if post.error else None
        links = [receipt.url for receipt in post.receipts if receipt.url]
        getattr(log, level)(
            str(post.state),
            post=post.id,
            channel=post.channel,
            article=post.article_id,
            links=links,
            error=error,
        )
        self._settled(post)
