"""The posts and amendments that need a person, with few columns, so that they can be read each second."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, null, or_, select, union_all

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.serialization import decode_failure
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.stranded import has_other_target
from newsbot.model import PostState
from newsbot.ports import ChannelTargets, DetectedRestore, PostOutline, UnsettledAmendment

__all__ = ["AlertsStore"]

_POST, _AMENDMENT, _RECEIPT = tables.post.c, tables.amendment.c, tables.receipt.c
_STATES = {str(state): state for state in PostState}
_SINCE = bindparam("since", type_=_POST.due_at.type)
_OUTLINE_COLUMNS = (
    _POST.id,
    _POST.article_id,
    _POST.channel,
    _POST.state,
    _POST.attempts,
    _POST.created_at,
    _POST.target,
    _POST.held_for,
    _POST.error,
)
_LAST_EVENT_AT = (
    select(tables.event.c.at)
    .where(tables.event.c.post_id == _POST.id)
    .order_by(tables.event.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_IS_UNKNOWN = _POST.state == str(PostState.UNKNOWN)
_IS_QUESTION = (_POST.state == str(PostState.HELD)) & (_POST.held_for != "approval")
_SELECT_WAITING = (
    select(*_OUTLINE_COLUMNS, case((_IS_UNKNOWN, _LAST_EVENT_AT), else_=null()))
    .where(tables.WAITS)
    .order_by(_POST.due_at, _POST.id)
)
_RECENTLY_FAILED = tables.FAILED & (tables.FAILED_FROM >= _SINCE)
_COUNT_FAILED = select(func.count()).select_from(tables.post).where(_RECENTLY_FAILED).scalar_subquery()
_SELECT_FAILED = (
    select(*_OUTLINE_COLUMNS, null(), _COUNT_FAILED)
    .where(_RECENTLY_FAILED)
    .order_by(tables.FAILED_FROM.desc(), _POST.id.desc())
    .limit(bindparam("most"))
)
_SELECT_RESTORE = select(tables.fence.c.why, tables.fence.c.since, tables.fence.c.until)


def _select_amendments(which: ColumnElement[bool]) -> Select[Any]:
    same = (_RECEIPT.post_id == _AMENDMENT.post_id) & (_RECEIPT.part == _AMENDMENT.part)
    found = select(
        _AMENDMENT.id,
        _AMENDMENT.post_id,
        _POST.channel,
        _POST.target,
        _AMENDMENT.action_id,
        _AMENDMENT.state,
        _AMENDMENT.error,
        _RECEIPT.remote_id,
        _RECEIPT.url,
    )
    found = found.select_from(tables.amendment).join(tables.post, _POST.id == _AMENDMENT.post_id)
    return found.outerjoin(tables.receipt, same).where(which)


# Each of these queries uses an index of its own; one combined condition would use none.
_SELECT_UNSETTLED = union_all(
    *map(_select_amendments, (tables.OPEN_AMENDMENT, tables.MANUAL_AMENDMENT)),
    _select_amendments(tables.FAILED_AMENDMENT & (_AMENDMENT.due_at >= _SINCE)),
)


class AlertsStore(LedgerStore):
    """The methods of the Ledger port for alerts.

    Their statements are built once, as building them takes longer than running them.
    """

    def list_urgent_posts(self, targets: ChannelTargets) -> list[PostOutline]:
        with self._database.read() as tx:
            return _build_outlines(tx.execute(_select_pressing(tuple(targets.items()))))

    def list_recent_failures(self, *, since: datetime, limit: int) -> tuple[list[PostOutline], int]:
        with self._database.read() as tx:
            rows = tx.execute(_SELECT_FAILED, {"since": since, "most": limit}).all()
        return _build_outlines(row[:-1] for row in rows), rows[0][-1] if rows else 0

    def list_unsettled_amendments(self, *, failed_since: datetime | None = None) -> list[UnsettledAmendment]:
        with self._database.read() as tx:
            rows = tx.execute(_SELECT_UNSETTLED, {"since": failed_since}).all()
        return [_build_unsettled_amendment(*row) for row in sorted(rows, key=lambda row: row[0])]

    def get_last_restore(self) -> DetectedRestore | None:
        with self._database.read() as tx:
            row = tx.execute(_SELECT_RESTORE).first()
        return DetectedRestore(row.why or "", 0, row.since, row.until) if row and row.until else None


@lru_cache(maxsize=8)
def _select_pressing(targets: tuple[tuple[str, str | None], ...]) -> Select[Any]:
    return _SELECT_WAITING.where(or_(_IS_UNKNOWN, _IS_QUESTION, has_other_target(dict(targets))))


def _build_outlines(rows: Iterable[Any]) -> list[PostOutline]:
    return [
        PostOutline(
            ids.post_id(number),
            ids.article_id(article),
            channel,
            _STATES[state],
            attempts,
            created_at,
            target,
            held_for,
            decode_failure(error),
            told_at,
        )
        for number, article, channel, state, attempts, created_at, target, held_for, error, told_at in rows
    ]


def _build_unsettled_amendment(
    _number: int,
    post: int,
    channel: str,
    target: str | None,
    action: int,
    state: Any,
    error: list[str] | None,
    remote_id: str | None,
    link: str | None,
) -> UnsettledAmendment:
    is_out = remote_id is not None
    return UnsettledAmendment(
        ids.post_id(post), channel, target, action, state, decode_failure(error), is_out, link
    )
