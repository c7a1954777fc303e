"""What there is and what needs a person: the answer to `status`."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from newsbot import __version__
from newsbot.model import PostState
from newsbot.newsroom.views import failure_view, stamp
from newsbot.ports import Clock, Ledger

__all__ = ["status"]

_QUEUED = (PostState.HELD, PostState.SCHEDULED, PostState.SENDING, PostState.RETRYING)


def status(
    ledger: Ledger,
    clock: Clock,
    *,
    database: str,
    sources: Collection[str],
    channels: Mapping[str, str],
    budgets: Mapping[str, Decimal | None],
) -> dict[str, Any]:
    """``channels`` maps names to kinds, ``budgets`` those with a budget to their month's limit in USD."""
    counts = ledger.counts(since=clock.now() - timedelta(hours=24))
    return {
        "version": __version__,
        "database": database,
        "sources": [_source(ledger, name) for name in sources],
        "channels": [
            _channel(ledger, clock, name, kind, counts, budgets.get(name)) for name, kind in channels.items()
        ],
    }


def _source(ledger: Ledger, name: str) -> dict[str, Any]:
    state = ledger.source(name)
    return {
        "name": name,
        "state": state.state,
        "last_polled_at": stamp(state.last_polled_at),
        "last_new_at": stamp(state.last_new_at),
        "next_poll_at": stamp(state.next_poll_at),
        "error": failure_view(state.error),
    }


def _channel(
    ledger: Ledger,
    clock: Clock,
    name: str,
    kind: str,
    counts: Mapping[tuple[str, PostState], int],
    limit: Decimal | None,
) -> dict[str, Any]:
    spent = float(ledger.spent(name, now=clock.now())) if limit is not None else None
    return {
        "name": name,
        "kind": kind,
        "state": ledger.channel(name).state,
        "queued": sum(counts.get((name, state), 0) for state in _QUEUED),
        "sent_24h": counts.get((name, PostState.SENT), 0),
        "failed": counts.get((name, PostState.FAILED), 0),
        "unknown": counts.get((name, PostState.UNKNOWN), 0),
        "budget": None if limit is None else {"month_to_date_usd": spent, "limit_usd": float(limit)},
    }
