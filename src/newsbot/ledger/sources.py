"""Sources: who polls, and what a poll leaves."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, update

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.articles import insert_article
from newsbot.ledger.base import Store
from newsbot.ledger.changes import record_changes
from newsbot.ledger.codec import failure_from, fingerprint, item_json, version_of
from newsbot.model import Item
from newsbot.ports import Compared, PollResult, SourceState

__all__ = ["Sources"]

_WEIGHT = 0.2  # of the latest poll in the running mean: it follows a source's habits within about five polls
_AHEAD = timedelta(seconds=5)  # more than the clocks of two services may differ by
_AT_ONCE = 500  # guids per IN list
_WITHOUT_CURSOR = tuple(column for column in tables.source.c if column.name != "cursor")
_CHANGES = select(tables.change.c.article_id).limit(1)  # of any source: they are few, and soon over


class Sources(Store):
    """The Ledger port's part for sources."""

    def source(self, name: str) -> SourceState:
        with self._database.read() as tx:
            row = tx.execute(select(tables.source).where(tables.source.c.name == name)).one_or_none()
        return _state(row) if row else SourceState(name)

    def sources(self) -> dict[str, SourceState]:
        with self._database.read() as tx:
            return {row.name: _state(row) for row in tx.execute(select(*_WITHOUT_CURSOR))}

    def failing_sources(self, failures: int) -> list[SourceState]:
        column = tables.source.c
        found = select(*_WITHOUT_CURSOR).where(column.failures >= failures, column.state != "blocked")
        with self._database.read() as tx:
            return [_state(row) for row in tx.execute(found)]

    def quiet_sources(self, *, since: datetime) -> dict[str, datetime | None]:
        column = tables.source.c
        quiet = or_(column.last_new_at.is_(None), column.last_new_at <= since)
        found = select(column.name, column.last_new_at).where(quiet, column.state != "blocked")
        with self._database.read() as tx:
            return dict(map(tuple, tx.execute(found)))

    def unfinished(self, source: str) -> bool:
        article = tables.article.c
        unread = select(article.id).where(tables.UNREAD, article.source == source).limit(1)
        with self._database.read() as tx:
            return tx.execute(_CHANGES).first() is not None or tx.execute(unread).first() is not None

    def claim_poll(
        self, name: str, *, now: datetime, lease: timedelta, least: timedelta | None = None
    ) -> SourceState | None:
        column = tables.source.c
        with self._database.write(notify=False) as tx:
            dead = self._presence.dead(tx, column.holder)
            free = or_(column.lease_until.is_(None), column.lease_until <= now, dead)
            claim = update(tables.source).where(
                column.name == name, column.state != "blocked", free, _is_due(now, least)
            )
            claim = claim.values(lease_until=now + lease, holder=self._presence.me)
            claim = claim.returning(tables.source)
            row = tx.execute(claim).one_or_none()
            if row is None and self._ensure_source(tx, name):
                row = tx.execute(claim).one_or_none()
        return _state(row) if row else None

    def compare(self, source: str, items: Collection[Item]) -> Compared:
        keys, column = {fingerprint(item.guid): item for item in items}, tables.article.c
        some, known = list(keys), select(column.guid_key, column.version, column.gone_at)
        known, changed = known.where(column.source == source), set()
        with self._database.read() as tx:
            for start in range(0, len(some), _AT_ONCE):
                these = column.guid_key.in_(some[start : start + _AT_ONCE])
                for row in tx.execute(known.where(these)):
                    item = keys.pop(row.guid_key)
                    version = version_of(item)
                    if version and (version != row.version or row.gone_at):
                        changed.add(item.guid)
        return Compared(frozenset(item.guid for item in keys.values()), frozenset(changed))

    def record_poll(self, name: str, result: PollResult, *, now: datetime) -> tuple[str, ...]:
        mine = tables.source.c.name == name
        with self._database.write(notify=False) as tx:
            there = select(tables.source).where(mine).with_for_update()
            before = tx.execute(there).one_or_none()
            if before is None:
                self._ensure_source(tx, name)
                before = tx.execute(there).one()
            self._add_past(tx, name, result.past, now=now)
            self._add_items(tx, name, result.record, result, now=now, state="recorded")
            new = self._add_items(tx, name, result.take, result, now=now, state="found")
            record_changes(self._database, tx, name, result, now=now)
            tx.execute(update(tables.source).where(mine).values(**_after(before, result, len(new), now)))
        return tuple(ids.article_id(number) for number in new)

    def _ensure_source(self, tx: Connection, name: str) -> bool:
        """Is it a new one?"""
        new = {"state": "new", "cursor": {}, "failures": 0, "usual_new": 0.0}
        return self._database.ensure(tx, tables.source, name=name, **new)

    def _add_past(self, tx: Connection, name: str, guids: Collection[str], *, now: datetime) -> None:
        """Perhaps very many, of which nothing more is known."""
        same = {"source": name, "state": "recorded", "first_sight": True, "tries": 0}
        rows = [
            {**same, "guid_key": fingerprint(guid), "found_at": now, "wake_at": now} for guid in sorted(guids)
        ]
        for start in range(0, len(rows), _AT_ONCE):
            some = self._database.insert(tables.article).values(rows[start : start + _AT_ONCE])
            tx.execute(some.on_conflict_do_nothing())

    def _add_items(
        self,
        tx: Connection,
        name: str,
        items: Sequence[Item],
        result: PollResult,
        *,
        now: datetime,
        state: str,
    ) -> list[int]:
        """The numbers of those that were new. What is only recorded keeps no item."""
        numbers = [
            insert_article(
                self._database,
                tx,
                source=name,
                guid=item.guid,
                url=item.url,
                state=state,
                now=now,
                item=item_json(item) if state == "found" else None,
                version=version_of(item),
                hold=result.hold,
                first_sight=result.first_sight,
            )
            for item in items
        ]
        return [number for number in numbers if number is not None]


def _is_due(now: datetime, least: timedelta | None) -> ColumnElement[bool]:
    column = tables.source.c
    went_back = column.last_polled_at > now + _AHEAD  # the clock did: it would be long until then
    if least is not None:
        return or_(column.last_polled_at.is_(None), column.last_polled_at <= now - least, went_back)
    return or_(column.next_poll_at.is_(None), column.next_poll_at <= now, went_back)


def _after(before: Row[Any], result: PollResult, new: int, now: datetime) -> dict[str, Any]:
    """The source's columns after a poll; a failed one leaves its memory alone."""
    values: dict[str, Any] = {
        "last_polled_at": now,
        "next_poll_at": result.next_poll_at,
        "lease_until": None,
        "holder": None,
        "error": list(result.error) if result.error else None,
    }
    if result.error:
        return {**values, "failures": before.failures + 1, "state": _unless_blocked(before, "failing")}
    return {
        **values,
        "failures": 0,
        "state": _unless_blocked(before, "ok"),
        "cursor": result.cursor,
        "first_poll_at": before.first_poll_at or now,
        "last_new_at": now if new or (result.record and not result.first_sight) else before.last_new_at,
        "usual_new": _usual(before.usual_new, result, new),
    }


def _unless_blocked(before: Row[Any], state: str) -> str:
    return "blocked" if before.state == "blocked" else state


def _usual(before: float, result: PollResult, new: int) -> float:
    """A running mean over polls that had any; first sight and a flood are not what is usual."""
    if not new or result.first_sight or result.hold:
        return before
    return before + _WEIGHT * (new - before) if before else float(new)


def _state(row: Row[Any]) -> SourceState:
    return SourceState(
        name=row.name,
        state=row.state,
        cursor=getattr(row, "cursor", {}),
        first_poll_at=row.first_poll_at,
        last_polled_at=row.last_polled_at,
        last_new_at=row.last_new_at,
        next_poll_at=row.next_poll_at,
        failures=row.failures,
        error=failure_from(row.error),
        usual_new=row.usual_new,
    )
