"""The store of problems that need a person, and of the notices that people got about them in the editors'
chat.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    union_all,
    update,
)

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.channels import has_other_target
from newsbot.ledger.dialects import ensure_row, in_list
from newsbot.ledger.schema import notice
from newsbot.ledger.store import LedgerStore
from newsbot.model import PostState
from newsbot.ports import ChannelTargets, PostOutline, UnsettledAmendment
from newsbot.ports.alerts import RESTORED_CODE, DetectedRestore, Notice
from newsbot.reasons import Code

__all__ = ["AlertsStore", "has_kind"]

_POST, _AMENDMENT, _RECEIPT = tables.post.c, tables.amendment.c, tables.receipt.c
# The alerts' SQL statements contain this time, their limit and several conditions as literals instead of
# parameters, because PostgreSQL plans a statement without parameters only once in a session, but a statement
# with parameters at each execution.
_SINCE = bindparam("since", type_=_POST.due_at.type, literal_execute=True)
_OUTLINE_COLUMNS = tuple(_POST[name] for name in PostOutline._fields if name != "told_at")
_LAST_EVENT_AT = (
    select(tables.event.c.at)
    .where(tables.event.c.post_id == _POST.id)
    .order_by(tables.event.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_IS_UNKNOWN = tables.in_queue(_POST.state, PostState.UNKNOWN)
_IS_QUESTION = tables.in_queue(_POST.state, PostState.HELD) & (
    _POST.held_for != bindparam(None, Code.APPROVAL(), type_=_POST.held_for.type, literal_execute=True)
)
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
    .limit(bindparam("most", type_=Integer, literal_execute=True))
)
_SELECT_RESTORE = select(tables.fence.c.why, tables.fence.c.since, tables.fence.c.until)


_AMENDMENT_COLUMNS = tuple(
    _AMENDMENT[name] for name in ("id", "post_id", "part", "action_id", "state", "error")
)
# Three queries select the edits and deletes that are open, that are a person's task, and that failed, because
# the table has an index for each of these three conditions and one combined condition would use no index. The
# three results are joined with the posts once, because PostgreSQL takes longer to plan three joins than to
# run them.
_RECENTLY_FAILED_AMENDMENT = tables.FAILED_AMENDMENT & (_AMENDMENT.due_at >= _SINCE)
_UNSETTLED = union_all(
    *(
        select(*_AMENDMENT_COLUMNS).where(which)
        for which in (tables.OPEN_AMENDMENT, tables.MANUAL_AMENDMENT, _RECENTLY_FAILED_AMENDMENT)
    )
).subquery()
_SELECT_UNSETTLED = (
    select(_UNSETTLED, _POST.channel, _POST.target, _RECEIPT.remote_id, _RECEIPT.url)
    .join_from(_UNSETTLED, tables.post, _POST.id == _UNSETTLED.c.post_id)
    .outerjoin(
        tables.receipt, (_RECEIPT.post_id == _UNSETTLED.c.post_id) & (_RECEIPT.part == _UNSETTLED.c.part)
    )
)
_KEYS = select(notice.c.key).where(in_list(notice.c.key, "keys"), notice.c.over_at.is_(None))


class AlertsStore(LedgerStore):
    """The ledger's store of problems that need a person, and of the notices that people got about them."""

    def list_urgent_posts(self, targets: ChannelTargets) -> list[PostOutline]:
        """Return outlines (without texts) of the posts that need a person's attention, by due time.

        These are posts of which nobody knows whether they are published, posts held for another reason than
        an approval, and unfinished posts whose channel was removed from config.yaml or has another target
        there. ``targets`` are the chats or accounts of the channels in config.yaml.
        """
        return _build_outlines(self._fetch(_select_pressing(tuple(targets.items()))))

    def list_recent_failures(self, *, since: datetime, limit: int) -> tuple[list[PostOutline], int]:
        """Return outlines of the latest ``limit`` posts that failed since ``since``, and how many failed.

        ``since`` is rounded down to the minute, so that the statement's text stays the same within a minute.
        """
        rows = self._fetch(_SELECT_FAILED, {"since": _floor_to_minute(since), "most": limit})
        return _build_outlines(row[:-1] for row in rows), rows[0][-1] if rows else 0

    def list_unsettled_amendments(self, *, failed_since: datetime | None = None) -> list[UnsettledAmendment]:
        """Return the edits and deletes of messages that are due, being called or a person's task, in the
        order of their numbers.

        With ``failed_since``, the result includes those that failed and were due then or later. This time is
        rounded down to the minute, so that the statement's text stays the same within a minute.
        """
        since = failed_since and _floor_to_minute(failed_since)
        rows = self._fetch(_SELECT_UNSETTLED, {"since": since})
        return [
            UnsettledAmendment(
                ids.post_id(post), channel, target, action, state, error, out is not None, link
            )
            for _, post, _, action, state, error, channel, target, out, link in sorted(
                rows, key=itemgetter(0)
            )
        ]

    def get_last_restore(self) -> DetectedRestore | None:
        """Return the last restore of the ledger (from a backup) that a service has handled; None if none.

        The count ``waiting`` of the result is always 0; `get_pending_restore` counts the posts that wait for
        a person's decision because of the restore.
        """
        row = self._fetch_first(_SELECT_RESTORE)
        return DetectedRestore(row.why, 0, row.since, row.until) if row and row.until else None

    def record_notices(self, details: Mapping[str, str], now: datetime) -> list[str]:
        """Store the notices that tell people of problems, and return the keys of the new notices.

        ``details`` maps the key of each notice (of one problem) to its text. A notice is new if its key was
        not stored before, or if its problem was recorded as over. A caller that can't deliver a notice calls
        `end_notice`, so that the key counts as new the next time.
        """
        if not details:
            return []
        with self._database.write(notify=False) as tx:
            # The keys are sorted, so that two services that record the same notices at once never deadlock.
            return [key for key, detail in sorted(details.items()) if self._is_news(tx, key, detail, now)]

    def end_notice(self, key: str, now: datetime) -> bool:
        """Mark the notice of a problem with this ``key`` as over, and return whether the notice was open."""
        still = update(notice).where(notice.c.key == key, notice.c.over_at.is_(None))
        return bool(self._write(still.values(over_at=now)))

    def filter_new_notices(self, keys: Collection[str]) -> list[str]:
        """Return those ``keys`` under which no open notice of a problem is stored, in the given order."""
        known = {row.key for row in self._fetch(_KEYS, {"keys": list(keys)})} if keys else ()
        return [key for key in keys if key not in known]

    def list_notices(self, kind: str = "") -> list[Notice]:
        """Return the open notices, oldest first: all, or those whose key begins with ``kind`` and a colon."""
        column = notice.c
        still = select(column.key, column.at, column.detail).where(column.over_at.is_(None))
        if kind:
            still = still.where(has_kind(kind, sqlite=self._database.sqlite))
        return [Notice(*row) for row in self._fetch(still.order_by(column.at, column.key))]

    def get_pending_restore(self) -> DetectedRestore | None:
        """Return the last restore of the ledger from a backup while posts wait for a decision because of it.

        A restore that no service has handled yet is returned with ``handled`` false. Returns None if there
        was no restore, or if no post waits any more.
        """
        if (fault := self._fence.find_restore()) is not None:
            return DetectedRestore(fault, handled=False)
        last = self.get_last_restore()
        if last is None:
            return None
        errors = self._fetch(select(_POST.error).where(tables.UNKNOWN))
        waiting = sum(error is not None and error.code == RESTORED_CODE for (error,) in errors)
        return replace(last, waiting=waiting) if waiting else None

    def _is_news(self, tx: Connection, key: str, detail: str, now: datetime) -> bool:
        if ensure_row(tx, notice, key=key, at=now, detail=detail):
            return True
        again = update(notice).where(notice.c.key == key, notice.c.over_at.is_not(None))
        return bool(tx.execute(again.values(at=now, detail=detail, over_at=None)).rowcount)


@lru_cache(maxsize=8)
def _select_pressing(targets: tuple[tuple[str, str | None], ...]) -> Select[Any]:
    return _SELECT_WAITING.where(or_(_IS_UNKNOWN, _IS_QUESTION, has_other_target(dict(targets))))


def _floor_to_minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def _build_outlines(rows: Iterable[Any]) -> list[PostOutline]:
    return [
        PostOutline(ids.post_id(number), ids.article_id(article), channel, PostState(state), *rest)
        for number, article, channel, state, *rest in rows
    ]


def has_kind(kind: str, *, sqlite: bool) -> ColumnElement[bool]:
    """Build the SQL condition for open notices whose key is ``KIND:...``, with the given ``kind``.

    Keys are compared by character codes, as the index of keys does. The plain operators of PostgreSQL use the
    database's collation, which may ignore punctuation.
    """
    # The condition is a range: the keys that begin with ``KIND:`` are those from ``KIND:`` up to ``KIND;``,
    # because the character `;` follows `:`.
    key, first, last = notice.c.key, f"{kind}:", f"{kind};"
    if sqlite:
        within = (key >= first) & (key < last)
    else:
        within = key.bool_op("~>=~")(first) & key.bool_op("~<~")(last)
    return notice.c.over_at.is_(None) & within
