"""Notices that people get once, reports of running services, and restores."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update

from newsbot.ledger import schema as tables
from newsbot.ledger.bulk_statements import in_list
from newsbot.ledger.database import Database
from newsbot.ledger.schema import instance, notice
from newsbot.ledger.serialization import decode_failure
from newsbot.ledger.store import LedgerStore
from newsbot.model import PostState
from newsbot.ports.alerts import RESTORED_CODE, DetectedRestore
from newsbot.ports.services import Notice, RunningService

__all__ = ["NoticesStore", "RestoresStore", "ServicesStore", "has_kind"]

_KEYS = select(notice.c.key).where(in_list(notice.c.key, "keys"), notice.c.over_at.is_(None))


class NoticesStore(LedgerStore):
    """The Ledger port's part for notices: if two ask at once, only one learns that a notice is new."""

    def record_notice(self, key: str, now: datetime, detail: str = "") -> bool:
        return bool(self.record_notices({key: detail}, now))

    def record_notices(self, details: Mapping[str, str], now: datetime) -> list[str]:
        if not details:
            return []
        with self._database.write(notify=False) as tx:
            # One order of keys, so that two services with the same notices never deadlock.
            return [key for key, detail in sorted(details.items()) if self._is_news(tx, key, detail, now)]

    def _is_news(self, tx: Connection, key: str, detail: str, now: datetime) -> bool:
        first = self._database.insert(notice).values(key=key, at=now, detail=detail)
        if tx.execute(first.on_conflict_do_nothing().returning(notice.c.key)).scalar() is not None:
            return True
        again = update(notice).where(notice.c.key == key, notice.c.over_at.is_not(None))
        return bool(tx.execute(again.values(at=now, detail=detail, over_at=None)).rowcount)

    def end_notice(self, key: str, now: datetime) -> bool:
        still = update(notice).where(notice.c.key == key, notice.c.over_at.is_(None))
        with self._database.write(notify=False) as tx:
            return bool(tx.execute(still.values(over_at=now)).rowcount)

    def filter_new_notices(self, keys: Collection[str]) -> list[str]:
        if not keys:
            return []
        with self._database.read() as tx:
            known = set(tx.execute(_KEYS, {"keys": list(keys)}).scalars())
        return [key for key in keys if key not in known]

    def notices(self, kind: str = "") -> list[Notice]:
        column = notice.c
        still = select(column.key, column.at, column.detail).where(column.over_at.is_(None))
        if kind:
            still = still.where(has_kind(kind, self._database))
        with self._database.read() as tx:
            return [Notice(*row) for row in tx.execute(still.order_by(column.at, column.key))]


def has_kind(kind: str, database: Database) -> ColumnElement[bool]:
    """Build the condition for open notices with keys ``KIND:...``.

    It compares by character codes, as the index does. PostgreSQL's plain operators use the database's
    collation, which ignores punctuation.
    """
    key, first, last = notice.c.key, f"{kind}:", f"{kind};"  # The character `;` follows `:`.
    if database.sqlite:
        within = (key >= first) & (key < last)
    else:
        within = key.bool_op("~>=~")(first) & key.bool_op("~<~")(last)
    return notice.c.over_at.is_(None) & within


_KIND = "service"


class ServicesStore(LedgerStore):
    """The Ledger port's part for services.

    A service's report is a notice of its instance, kept while it runs.
    """

    def report_failed_parts(self, failed: list[dict[str, Any]], *, now: datetime) -> None:
        me = self._presence.me
        if me is None:
            return
        said = {"at": now, "detail": json.dumps(failed, ensure_ascii=False)}
        new = self._database.insert(notice).values(key=f"{_KIND}:{me}", **said)
        numbers = select(instance.c.id)
        with self._database.write(notify=False) as tx:
            living = {f"{_KIND}:{number}" for number in tx.execute(numbers).scalars()}
            gone = has_kind(_KIND, self._database) & notice.c.key.not_in(living)
            tx.execute(delete(notice).where(gone))
            tx.execute(new.on_conflict_do_update(index_elements=["key"], set_=said))

    def services(self) -> list[RunningService]:
        with self._database.read() as tx:
            living = set(self._presence.living(tx))
            rows = [row for row in tx.execute(select(instance).order_by(instance.c.id)) if row.id in living]
            keys = [f"{_KIND}:{row.id}" for row in rows]
            said = dict(
                map(tuple, tx.execute(select(notice.c.key, notice.c.detail).where(notice.c.key.in_(keys))))
            )
        return [
            RunningService(row.host, row.pid, tuple(json.loads(said.get(key, "[]"))))
            for key, row in zip(keys, rows, strict=True)
        ]


class RestoresStore(LedgerStore):
    """The Ledger port's part for restores."""

    def get_pending_restore(self) -> DetectedRestore | None:
        if (fault := self._fence.peek()) is not None:
            return DetectedRestore(fault, handled=False)
        post, fence = tables.post.c, tables.fence.c
        unknown = tables.in_queue(post.state, PostState.UNKNOWN)
        with self._database.read() as tx:
            row = tx.execute(select(fence.why, fence.since, fence.until)).first()
            if row is None or row.until is None:
                return None
            errors = [
                decode_failure(error) for error in tx.execute(select(post.error).where(unknown)).scalars()
            ]
        waiting = sum(error is not None and error.code == RESTORED_CODE for error in errors)
        return DetectedRestore(row.why or "", waiting, row.since, row.until) if waiting else None
