"""One claim, one call's end, one poll: each is an exchange of one; the program exchanges many at once."""

from collections.abc import Collection
from datetime import datetime, timedelta

from newsbot.ledger.delivery import DeliveryStore
from newsbot.ledger.sources import SourcesStore
from newsbot.model import Failure, Item, Post, PostEvent, Receipt
from newsbot.ports import (
    CallEnding,
    CallFailure,
    Claim,
    ClaimRequest,
    ClaimTerms,
    ClaimWait,
    ItemComparison,
    PollRequest,
    PollResult,
    SourceState,
)

__all__ = [
    "claim_next",
    "claim_poll",
    "compare_items",
    "get_source",
    "record_poll",
    "settle_call",
    "store_part",
]

_LEASE = timedelta(minutes=1)
_ANY_TIME = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


def claim_next(
    delivery: DeliveryStore, channel: str, terms: ClaimTerms, *, now: datetime, lease: timedelta
) -> Claim | ClaimWait | None:
    _, [claim] = delivery.exchange((), (ClaimRequest(channel, terms, lease),), now=now)
    return claim


def store_part(
    delivery: DeliveryStore,
    post_id: str,
    receipt: Receipt,
    terms: ClaimTerms,
    *,
    now: datetime,
    lease: timedelta,
) -> Claim | None:
    """Store the receipt of one part; return the claim of the next part, None if there is none."""
    [[after], _] = delivery.exchange((CallEnding(post_id, receipt, terms, lease),), (), now=now)
    return after if isinstance(after, Claim) else None


def settle_call(
    delivery: DeliveryStore,
    post_id: str,
    event: PostEvent,
    failure: Failure,
    *,
    now: datetime,
    due_at: datetime | None = None,
    drop_media: bool = False,
    pause: bool = False,
    rate_key: str | None = None,
) -> Post:
    """Store that a call ended without a receipt."""
    outcome = CallFailure(event, failure, due_at, drop_media, pause, rate_key)
    [[post], _] = delivery.exchange((CallEnding(post_id, outcome),), (), now=now)
    assert isinstance(post, Post)
    return post


def get_source(sources: SourcesStore, name: str) -> SourceState:
    """A source's state, without its cursor."""
    return sources.list_sources().get(name, SourceState(name))


def claim_poll(
    sources: SourcesStore, name: str, *, now: datetime, lease: timedelta, least: timedelta | None = None
) -> SourceState | None:
    [claim] = sources.exchange_polls([PollRequest(name, least)], [], [], now=now, lease=lease).claims
    return claim.state if claim.granted else None


def compare_items(sources: SourcesStore, source: str, items: Collection[Item]) -> ItemComparison:
    [found] = sources.exchange_polls([], [(source, items)], [], now=_ANY_TIME, lease=_LEASE).compared
    return found


def record_poll(sources: SourcesStore, name: str, result: PollResult, *, now: datetime) -> tuple[str, ...]:
    [recorded] = sources.exchange_polls([], [], [(name, result)], now=now, lease=_LEASE).recorded
    return recorded.taken
