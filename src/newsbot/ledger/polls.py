"""Polls of many sources in one transaction: claimed, compared with what is known, and stored."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, or_, select, update

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.articles import insert_articles, insert_past, known_articles
from newsbot.ledger.bulk_statements import among
from newsbot.ledger.changes import record_changes
from newsbot.ledger.restored_posts import Window, window
from newsbot.ledger.serialization import failure_from, fingerprint, version_of
from newsbot.ledger.store import Store
from newsbot.model import Item
from newsbot.ports import Compared, PollAnswers, PollClaim, PollRequest, PollResult, RecordedPoll, SourceState

__all__ = ["Polls", "source_state"]

_WEIGHT = 0.2  # of the latest poll in the running mean: it follows a source's habits within about five polls
_STRANGE = timedelta(days=1)  # so long a source may be one that a lost ledger knew
_AHEAD = timedelta(seconds=5)  # more than the clocks of two services may differ by
_SOURCE, _ARTICLE = tables.source.c, tables.article.c
_NEW = {"state": "new", "cursor": {}, "failures": 0, "usual_new": 0.0}

_THESE = select(tables.source).where(among(_SOURCE.name, "names"))
_CLAIM = update(tables.source).where(among(_SOURCE.name, "names"))
_CLAIM = _CLAIM.values(lease_until=bindparam("until"), holder=bindparam("me"))
_AFTER = (
    "state",
    "cursor",
    "first_poll_at",
    "last_polled_at",
    "last_new_at",
    "next_poll_at",
    "failures",
    "error",
    "usual_new",
    "read_at",
)
_RECORD = update(tables.source).where(_SOURCE.name == bindparam("source_name"))
_DOUBT = update(tables.article).where(among(_ARTICLE.id, "numbers")).values(doubted=True)
_UNREAD = exists().where(tables.UNREAD, _ARTICLE.source == _SOURCE.name)
_CHANGED = exists(select(tables.change.c.article_id))  # of any source: they are few, and soon over
_WITH_WORK = select(_SOURCE.name).where(among(_SOURCE.name, "names"), or_(_CHANGED, _UNREAD))


class Polls(Store):
    """The Ledger port's part for polls."""

    def exchange_polls(
        self,
        requests: Sequence[PollRequest],
        comparisons: Sequence[tuple[str, Collection[Item]]],
        results: Sequence[tuple[str, PollResult]],
        *,
        now: datetime,
        lease: timedelta,
    ) -> PollAnswers:
        writes = results or (requests and not self._is_alone)
        with self._database.write(notify=False) if writes else self._database.read() as tx:
            claims = self._claim(tx, requests, now=now, lease=lease) if requests else []
            compared = _compare(tx, comparisons) if comparisons else []
            recorded = self._record(tx, results, now=now) if results else []
            refused = [claim.state.name for claim in claims if not claim.granted]
            waits = _unfinished(tx, [*refused, *(name for name, _ in results)])
        return PollAnswers(
            [PollClaim(claim.granted, claim.state, claim.state.name in waits) for claim in claims],
            compared,
            [RecordedPoll(taken, name in waits) for (name, _), taken in zip(results, recorded, strict=True)],
        )

    def claim_poll(
        self, name: str, *, now: datetime, lease: timedelta, least: timedelta | None = None
    ) -> SourceState | None:
        request = PollRequest(name, least)
        [claim] = self.exchange_polls([request], [], [], now=now, lease=lease).claims
        return claim.state if claim.granted else None

    def compare(self, source: str, items: Collection[Item]) -> Compared:
        with self._database.read() as tx:
            return _compare(tx, [(source, items)])[0]

    def record_poll(self, name: str, result: PollResult, *, now: datetime) -> tuple[str, ...]:
        with self._database.write(notify=False) as tx:
            return self._record(tx, [(name, result)], now=now)[0]

    def unfinished(self, source: str) -> bool:
        with self._database.read() as tx:
            return bool(_unfinished(tx, [source]))

    @property
    def _is_alone(self) -> bool:
        """Does nobody else poll by this database? Then claims are kept in memory, and cost no commit."""
        return self._database.sqlite and self._presence.me is not None

    @cached_property
    def _own_claims(self) -> dict[str, datetime]:
        """Until when this process has claimed which sources, where it is alone."""
        return {}

    def _claim(
        self, tx: Connection, requests: Sequence[PollRequest], *, now: datetime, lease: timedelta
    ) -> list[PollClaim]:
        names, alone = [request.source for request in requests], self._is_alone
        rows = _read_rows(tx, _THESE, names) if alone else self._source_rows(tx, names, skip_locked=True)
        due = {each.source: each for each in requests if _is_due(rows.get(each.source), each, now)}
        if alone:
            granted = self._claim_in_memory(due, now, now + lease)
        else:
            granted = self._claim_in_database(tx, due, rows, now, now + lease)
        return [PollClaim(name in granted, source_state(rows.get(name), name)) for name in names]

    def _claim_in_memory(self, due: Mapping[str, PollRequest], now: datetime, until: datetime) -> set[str]:
        held = self._own_claims
        granted = {name for name, each in due.items() if each.resumed or held.get(name, now) <= now}
        held |= dict.fromkeys(granted, until)
        return granted

    def _claim_in_database(
        self,
        tx: Connection,
        due: Mapping[str, PollRequest],
        rows: Mapping[str, Row[Any]],
        now: datetime,
        until: datetime,
    ) -> set[str]:
        """A row that another service has locked is being claimed or written there: it is refused here."""
        there = [rows[name] for name in due if name in rows]
        abandoned = self._abandoned(tx, there, now)
        granted = {
            row.name
            for row in there
            if not _is_leased(row, now) or row.name in abandoned or self._resumes(row, due[row.name])
        }
        if granted:
            tx.execute(_CLAIM, {"names": granted, "until": until, "me": self._presence.me})
        return granted

    def _source_rows(
        self, tx: Connection, names: Collection[str], *, skip_locked: bool
    ) -> dict[str, Row[Any]]:
        """By name, locked until the transaction ends; sources that are not there yet are made."""
        statement = _locked(skip_locked)
        rows = _read_rows(tx, statement, names)
        if missing := [name for name in names if name not in rows]:
            new = self._database.insert(tables.source).on_conflict_do_nothing()
            tx.execute(new, [{"name": name, **_NEW} for name in sorted(missing)])
            rows |= _read_rows(tx, statement, missing)
        return rows

    def _abandoned(self, tx: Connection, rows: Iterable[Row[Any]], now: datetime) -> set[str]:
        """Sources with a lease whose holder runs no more; asked only where there is a lease."""
        leased = [row.name for row in rows if row.holder is not None and _is_leased(row, now)]
        if not leased:
            return set()
        names = select(_SOURCE.name).where(among(_SOURCE.name, "names"))
        dead = names.where(self._presence.dead(tx, _SOURCE.holder))
        return set(tx.execute(dead, {"names": leased}).scalars())

    def _resumes(self, row: Row[Any], request: PollRequest) -> bool:
        return request.resumed and row.holder is not None and row.holder == self._presence.me

    def _record(
        self, tx: Connection, results: Sequence[tuple[str, PollResult]], *, now: datetime
    ) -> list[tuple[str, ...]]:
        """The ids of the articles to be read, of each poll."""
        rows = self._source_rows(tx, [name for name, _ in results], skip_locked=False)
        for name, result in results:
            insert_past(tx, name, result.past, now=now)
        taken = insert_articles(tx, results, now=now)
        _doubt(tx, rows, taken, now)
        record_changes(self._database, tx, results, now=now)
        after = [_after(rows[name], result, len(taken[name]), now) for name, result in results]
        tx.execute(_RECORD, after)
        for name, _ in results:
            self._own_claims.pop(name, None)
        return [tuple(map(ids.article_id, taken[name])) for name, _ in results]


def _read_rows(tx: Connection, statement: Select[Any], names: Collection[str]) -> dict[str, Row[Any]]:
    return {row.name: row for row in tx.execute(statement, {"names": names})}


def _doubt(
    tx: Connection, before: Mapping[str, Row[Any]], taken: Mapping[str, Collection[int]], now: datetime
) -> None:
    """What the first look since a restore finds may have been found, and posted, by the lost ledger."""
    found = {name: numbers for name, numbers in taken.items() if numbers}
    gone = window(tx) if found else None
    if gone is None:
        return
    numbers = [each for name in found if _is_first_look(before[name], gone, now) for each in found[name]]
    tx.execute(_DOUBT, {"numbers": numbers})


def _is_first_look(before: Row[Any], gone: Window, now: datetime) -> bool:
    """A source that the ledger does not know may be one that it knew, for a day."""
    if before.read_at is not None and before.read_at >= gone.until:
        return False
    return before.first_poll_at is not None or now < gone.until + _STRANGE


@cache
def _locked(skip_locked: bool) -> Select[Any]:  # noqa: FBT001  a key of the cache
    """Two that lock several do so in the same order."""
    return _THESE.order_by(_SOURCE.name).with_for_update(skip_locked=skip_locked)


def _unfinished(tx: Connection, names: Collection[str]) -> set[str]:
    """Of which something waits to be read, or perhaps to be followed."""
    return set(tx.execute(_WITH_WORK, {"names": names}).scalars()) if names else set()


def _compare(tx: Connection, comparisons: Sequence[tuple[str, Collection[Item]]]) -> list[Compared]:
    asked = [{fingerprint(item.guid): item for item in items} for _, items in comparisons]
    known = known_articles(
        tx, [(name, key) for (name, _), keys in zip(comparisons, asked, strict=True) for key in keys]
    )
    return [
        _compared(items, known.get(name, {})) for (name, _), items in zip(comparisons, asked, strict=True)
    ]


def _compared(items: Mapping[str, Item], known: Mapping[str, Row[Any]]) -> Compared:
    new = frozenset(item.guid for key, item in items.items() if key not in known)
    changed = frozenset(
        item.guid for key, item in items.items() if key in known and _is_changed(item, known[key])
    )
    return Compared(new, changed)


def _is_changed(item: Item, row: Row[Any]) -> bool:
    version = version_of(item)
    return version is not None and (version != row.version or row.gone_at is not None)


def _is_leased(row: Row[Any], now: datetime) -> bool:
    return row.lease_until is not None and row.lease_until > now


def _is_due(row: Row[Any] | None, request: PollRequest, now: datetime) -> bool:
    if row is None:
        return True  # it is new
    if row.state == "blocked":
        return False
    last = row.last_polled_at
    if last is not None and last > now + _AHEAD:
        return True  # the clock was put back: it would be long until then
    if request.eager and row.state == "failing":
        return True
    if request.least is not None:
        return last is None or last <= now - request.least
    return row.next_poll_at is None or row.next_poll_at <= now


def _after(before: Row[Any], result: PollResult, new: int, now: datetime) -> dict[str, Any]:
    """The source's columns after a poll; a failed one leaves its memory alone."""
    values: dict[str, Any] = {name: getattr(before, name) for name in _AFTER}
    values |= {
        "source_name": before.name,
        "lease_until": None,
        "holder": None,
        "last_polled_at": now,
        "next_poll_at": result.next_poll_at,
        "error": list(result.error) if result.error else None,
    }
    if result.error:
        return values | {"failures": before.failures + 1, "state": _unless_blocked(before, "failing")}
    return values | {
        "failures": 0,
        "read_at": now,
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


def source_state(row: Row[Any] | None, name: str) -> SourceState:
    """A source as the ledger has it; a new one where there is no ``row``."""
    if row is None:
        return SourceState(name)
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
