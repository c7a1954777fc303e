"""Calls that leave a ledger which several services share: none does before that is written down.

A call's entry under its pace keys is its slot; here it moves to when the call leaves, and later to its end.
So under the keys' locks all see what has left, whoever sent it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, true, union_all, update

from newsbot.ledger import ids, paces
from newsbot.ledger import schema as tables
from newsbot.ledger.among import among
from newsbot.ledger.database import Database
from newsbot.ports import Claim, Rate
from newsbot.scheduling.pace import window

__all__ = ["leave"]

_ATTEMPT, _LOG, _POST = tables.attempt.c, tables.pace_log.c, tables.post.c
_KEYED = among(_LOG.key, "keys")
_SINCE = bindparam("since", type_=_LOG.at.type)
_CALLS = select(_LOG.key, _LOG.at, _ATTEMPT.started_at, _ATTEMPT.ended_at)
_OTHER = or_(_ATTEMPT.ended_at.is_not(None), _ATTEMPT.post_id != bindparam("number"))
_LATELY = (
    _CALLS.select_from(tables.pace_log)
    .join(tables.attempt, _ATTEMPT.id == _LOG.attempt_id)
    .where(_KEYED, _OTHER, _LOG.at > _SINCE, _LOG.at > _ATTEMPT.started_at)
)
_HANGING = (  # by way of the posts that are `sending`, which are few
    _CALLS.select_from(tables.post)
    .join(tables.attempt, _ATTEMPT.post_id == _POST.id)
    .join(tables.pace_log, _LOG.attempt_id == _ATTEMPT.id)
    .where(tables.SENDING, _ATTEMPT.ended_at.is_(None), _OTHER)
    .where(_KEYED, _LOG.at <= _SINCE, _LOG.at > _ATTEMPT.started_at)
)
_LEFT = union_all(_LATELY, _HANGING)
_OWN = select(_ATTEMPT.id).where(_ATTEMPT.post_id == bindparam("number"), _ATTEMPT.ended_at.is_(None))
_LEAVE = (
    update(tables.pace_log).where(_LOG.attempt_id.in_(_OWN)).values(at=bindparam("left", type_=_LOG.at.type))
)
# The commit need not wait for the disk: what the database's crash forgets of the last second, it takes longer
# to come back than a window lasts.
_LEAVE_UNWAITED = _LEAVE.returning(func.set_config("synchronous_commit", "off", true()))
_AFTER = timedelta(microseconds=1)  # its slot, so that it is seen to have left


def leave(
    database: Database,
    tx: Connection,
    claim: Claim,
    ahead: Mapping[Rate, int],
    *,
    quickest: float,
    now: datetime,
) -> float:
    """As `Ledger.leave`."""
    keys = sorted({rate.key for rate in ahead})
    number = ids.post_number(claim.post.id)
    paces.lock(tx, keys)
    before = {"keys": keys, "since": now - max(map(window, ahead)), "number": number}
    arrivals = _arrivals(tx, before, quickest, now)
    delay = max(
        rate.room(arrivals.get(rate.key, ()), now.timestamp(), ahead=before_it)
        for rate, before_it in ahead.items()
    )
    if not delay:
        leaving = _LEAVE if database.sqlite else _LEAVE_UNWAITED
        tx.execute(leaving, {"number": number, "left": max(now, claim.send_at + _AFTER)})
    return delay


def _arrivals(
    tx: Connection, before: dict[str, Any], quickest: float, now: datetime
) -> dict[str, list[float]]:
    """The latest at which each call that has left can have arrived, by its keys, in epoch seconds."""
    found: dict[str, list[float]] = {}
    for key, at, slot, ended in tx.execute(_LEFT, before):
        left = slot if ended else at  # at its end, its entry has moved there
        arrived = max(left.timestamp(), (ended or now).timestamp() - quickest)
        found.setdefault(key, []).append(arrived)
    return found
