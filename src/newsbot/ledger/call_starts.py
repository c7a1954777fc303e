"""The start of calls under their rate limits.

A call's entry under its rate-limit keys starts as its reserved slot. It moves to the time at which the call
leaves, and later to its end. So a caller with the keys' locks sees every call that has left, from any
service.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    func,
    or_,
    select,
    true,
    union_all,
    update,
)

from newsbot.ledger import ids, rate_limits
from newsbot.ledger import schema as tables
from newsbot.ledger.statements import in_list
from newsbot.ports import (
    Claim,
    Rate,
)
from newsbot.scheduling.pace import window

__all__ = ["leave"]

_ATTEMPT, _LOG, _POSTS = tables.attempt.c, tables.pace_log.c, tables.post.c
_HAS_KEY = in_list(_LOG.key, "keys")
_SINCE = bindparam("since", type_=_LOG.at.type)
_SELECT_CALLS = select(_LOG.key, _LOG.at, _ATTEMPT.started_at, _ATTEMPT.ended_at)
_IS_OTHER_CALL = or_(_ATTEMPT.ended_at.is_not(None), _ATTEMPT.post_id != bindparam("number"))
_SELECT_RECENT_CALLS = (
    _SELECT_CALLS.select_from(tables.pace_log)
    .join(tables.attempt, _ATTEMPT.id == _LOG.attempt_id)
    .where(_HAS_KEY, _IS_OTHER_CALL, _LOG.at > _SINCE, _LOG.at > _ATTEMPT.started_at)
)
_SELECT_HANGING_CALLS = (  # The query starts from the `sending` posts, which are few.
    _SELECT_CALLS.select_from(tables.post)
    .join(tables.attempt, _ATTEMPT.post_id == _POSTS.id)
    .join(tables.pace_log, _LOG.attempt_id == _ATTEMPT.id)
    .where(tables.SENDING, _ATTEMPT.ended_at.is_(None), _IS_OTHER_CALL)
    .where(_HAS_KEY, _LOG.at <= _SINCE, _LOG.at > _ATTEMPT.started_at)
)
_SELECT_LEFT_CALLS = union_all(_SELECT_RECENT_CALLS, _SELECT_HANGING_CALLS)
_OWN_ATTEMPTS = select(_ATTEMPT.id).where(
    _ATTEMPT.post_id == bindparam("number"), _ATTEMPT.ended_at.is_(None)
)
_UPDATE_LEFT = (
    update(tables.pace_log)
    .where(_LOG.attempt_id.in_(_OWN_ATTEMPTS))
    .values(at=bindparam("left", type_=_LOG.at.type))
)
# The commit need not wait for the disk. A crash of the database may lose the last second of these entries,
# but its restart takes longer than a rate limit's window.
_UPDATE_LEFT_ASYNC = _UPDATE_LEFT.returning(func.set_config("synchronous_commit", "off", true()))
_LEFT_OFFSET = timedelta(microseconds=1)  # An entry later than its slot shows that the call has left.


def leave(
    tx: Connection,
    claim: Claim,
    ahead: Mapping[Rate, int],
    *,
    quickest: float,
    now: datetime,
) -> float:
    """Record that a claim's call leaves now, or return the seconds to wait (see `DeliveryStore`)."""
    keys = sorted({rate.key for rate in ahead})
    number = ids.post_number(claim.post.id)
    rate_limits.lock(tx, keys)
    before = {"keys": keys, "since": now - max(map(window, ahead)), "number": number}
    arrivals = _load_arrivals(tx, before, quickest, now)
    delay = max(
        rate.room(arrivals.get(rate.key, ()), now.timestamp(), ahead=before_it)
        for rate, before_it in ahead.items()
    )
    if not delay:
        leaving = _UPDATE_LEFT if tx.dialect.name == "sqlite" else _UPDATE_LEFT_ASYNC
        tx.execute(leaving, {"number": number, "left": max(now, claim.send_at + _LEFT_OFFSET)})
    return delay


def _load_arrivals(
    tx: Connection, before: dict[str, Any], quickest: float, now: datetime
) -> dict[str, list[float]]:
    """Return the latest possible arrival of each call that has left, by its keys, in epoch seconds."""
    found: dict[str, list[float]] = {}
    for key, at, slot, ended in tx.execute(_SELECT_LEFT_CALLS, before):
        left = slot if ended else at  # When a call ends, its entry moves to the end.
        arrived = max(left.timestamp(), (ended or now).timestamp() - quickest)
        found.setdefault(key, []).append(arrived)
    return found
