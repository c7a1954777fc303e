"""Polls of many sources in one transaction: they are claimed, compared with known items, and stored."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, or_, select, update

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.articles import find_known_articles, insert_articles, insert_past_articles
from newsbot.ledger.bulk_statements import in_list
from newsbot.ledger.changes import record_changes
from newsbot.ledger.restored_posts import LostPeriod, window
from newsbot.ledger.serialization import compute_version, decode_failure, fingerprint
from newsbot.ledger.store import LedgerStore
from newsbot.model import Item
from newsbot.ports import (
    ItemComparison,
    PollAnswers,
    PollClaim,
    PollRequest,
    PollResult,
    RecordedPoll,
    SourceState,
)

__all__ = ["PollsStore", "build_source_state"]

_MEAN_WEIGHT = (
    0.2  # The latest poll's weight in the mean, which follows a source's habits within about five polls.
)
_UNKNOWN_SOURCE_AGE = timedelta(days=1)  # For this long, a lost ledger may have known a new source.
_MAX_CLOCK_DIFFERENCE = timedelta(seconds=5)  # Two services' clocks differ by less.
_SOURCE, _ARTICLE = tables.source.c, tables.article.c
_NEW_SOURCE_VALUES = {"state": "new", "cursor": {}, "failures": 0, "usual_new": 0.0}

_SELECT_SOURCES = select(tables.source).where(in_list(_SOURCE.name, "names"))
_CLAIM_SOURCES = update(tables.source).where(in_list(_SOURCE.name, "names"))
_CLAIM_SOURCES = _CLAIM_SOURCES.values(lease_until=bindparam("until"), holder=bindparam("me"))
_SOURCE_COLUMNS = (
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
_UPDATE_SOURCE = update(tables.source).where(_SOURCE.name == bindparam("source_name"))
_MARK_DOUBTED = update(tables.article).where(in_list(_ARTICLE.id, "numbers")).values(doubted=True)
_HAS_UNREAD = exists().where(tables.UNREAD, _ARTICLE.source == _SOURCE.name)
_HAS_CHANGES = exists(select(tables.change.c.article_id))  # Changes of any source count, as they are few.
_SELECT_UNFINISHED = select(_SOURCE.name).where(
    in_list(_SOURCE.name, "names"), or_(_HAS_CHANGES, _HAS_UNREAD)
)


class PollsStore(LedgerStore):
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
            claims = self._claim_sources(tx, requests, now=now, lease=lease) if requests else []
            compared = _compare_all(tx, comparisons) if comparisons else []
            recorded = self._record_polls(tx, results, now=now) if results else []
            refused = [claim.state.name for claim in claims if not claim.granted]
            waits = _find_unfinished_sources(tx, [*refused, *(name for name, _ in results)])
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

    def compare_items(self, source: str, items: Collection[Item]) -> ItemComparison:
        with self._database.read() as tx:
            return _compare_all(tx, [(source, items)])[0]

    def record_poll(self, name: str, result: PollResult, *, now: datetime) -> tuple[str, ...]:
        with self._database.write(notify=False) as tx:
            return self._record_polls(tx, [(name, result)], now=now)[0]

    def has_unfinished_work(self, source: str) -> bool:
        with self._database.read() as tx:
            return bool(_find_unfinished_sources(tx, [source]))

    @property
    def _is_alone(self) -> bool:
        """Whether no other process polls with this database.

        If so, claims stay in memory and cost no commit.
        """
        return self._database.sqlite and self._presence.me is not None

    @cached_property
    def _get_own_claims(self) -> dict[str, datetime]:
        """The end of each claim on a source that this process holds in memory."""
        return {}

    def _claim_sources(
        self, tx: Connection, requests: Sequence[PollRequest], *, now: datetime, lease: timedelta
    ) -> list[PollClaim]:
        names, alone = [request.source for request in requests], self._is_alone
        rows = (
            _load_rows_by_name(tx, _SELECT_SOURCES, names)
            if alone
            else self._lock_sources(tx, names, skip_locked=True)
        )
        due = {each.source: each for each in requests if _is_due(rows.get(each.source), each, now)}
        if alone:
            granted = self._claim_in_memory(due, now, now + lease)
        else:
            granted = self._claim_in_database(tx, due, rows, now, now + lease)
        return [PollClaim(name in granted, build_source_state(rows.get(name), name)) for name in names]

    def _claim_in_memory(self, due: Mapping[str, PollRequest], now: datetime, until: datetime) -> set[str]:
        held = self._get_own_claims
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
        """Claim due sources; return the names of those that are granted.

        A row that another service has locked is being claimed or written there, so it is refused here.
        """
        there = [rows[name] for name in due if name in rows]
        abandoned = self._find_abandoned_leases(tx, there, now)
        granted = {
            row.name
            for row in there
            if not _is_leased(row, now) or row.name in abandoned or self._is_resumed(row, due[row.name])
        }
        if granted:
            tx.execute(_CLAIM_SOURCES, {"names": granted, "until": until, "me": self._presence.me})
        return granted

    def _lock_sources(
        self, tx: Connection, names: Collection[str], *, skip_locked: bool
    ) -> dict[str, Row[Any]]:
        """Return the sources' rows by name, locked until the transaction ends.

        Rows of new sources are inserted.
        """
        statement = _build_locking_select(skip_locked)
        rows = _load_rows_by_name(tx, statement, names)
        if missing := [name for name in names if name not in rows]:
            new = self._database.insert(tables.source).on_conflict_do_nothing()
            tx.execute(new, [{"name": name, **_NEW_SOURCE_VALUES} for name in sorted(missing)])
            rows |= _load_rows_by_name(tx, statement, missing)
        return rows

    def _find_abandoned_leases(self, tx: Connection, rows: Iterable[Row[Any]], now: datetime) -> set[str]:
        """Return the sources whose lease is held by an instance that no longer runs.

        Where there is no lease, this asks nothing of the database.
        """
        leased = [row.name for row in rows if row.holder is not None and _is_leased(row, now)]
        if not leased:
            return set()
        names = select(_SOURCE.name).where(in_list(_SOURCE.name, "names"))
        dead = names.where(self._presence.dead(tx, _SOURCE.holder))
        return set(tx.execute(dead, {"names": leased}).scalars())

    def _is_resumed(self, row: Row[Any], request: PollRequest) -> bool:
        return request.resumed and row.holder is not None and row.holder == self._presence.me

    def _record_polls(
        self, tx: Connection, results: Sequence[tuple[str, PollResult]], *, now: datetime
    ) -> list[tuple[str, ...]]:
        """Store polls; return the ids of the articles to be read, per poll."""
        rows = self._lock_sources(tx, [name for name, _ in results], skip_locked=False)
        for name, result in results:
            insert_past_articles(tx, name, result.past, now=now)
        taken = insert_articles(tx, results, now=now)
        _mark_doubted_articles(tx, rows, taken, now)
        record_changes(self._database, tx, results, now=now)
        after = [_build_source_values(rows[name], result, len(taken[name]), now) for name, result in results]
        tx.execute(_UPDATE_SOURCE, after)
        for name, _ in results:
            self._get_own_claims.pop(name, None)
        return [tuple(map(ids.article_id, taken[name])) for name, _ in results]


def _load_rows_by_name(tx: Connection, statement: Select[Any], names: Collection[str]) -> dict[str, Row[Any]]:
    return {row.name: row for row in tx.execute(statement, {"names": names})}


def _mark_doubted_articles(
    tx: Connection, before: Mapping[str, Row[Any]], taken: Mapping[str, Collection[int]], now: datetime
) -> None:
    """Mark articles that the first poll since a restore found: the lost ledger may have posted them."""
    found = {name: numbers for name, numbers in taken.items() if numbers}
    gone = window(tx) if found else None
    if gone is None:
        return
    numbers = [each for name in found if _is_first_look(before[name], gone, now) for each in found[name]]
    tx.execute(_MARK_DOUBTED, {"numbers": numbers})


def _is_first_look(before: Row[Any], gone: LostPeriod, now: datetime) -> bool:
    """Return whether this is a source's first poll since a restore.

    For a day, a source that the ledger does not know may be one that the lost ledger knew.
    """
    if before.read_at is not None and before.read_at >= gone.until:
        return False
    return before.first_poll_at is not None or now < gone.until + _UNKNOWN_SOURCE_AGE


@cache
def _build_locking_select(skip_locked: bool) -> Select[Any]:  # noqa: FBT001  It is the cache's key.
    """Build the query that locks sources in the order of their names, which prevents deadlocks."""
    return _SELECT_SOURCES.order_by(_SOURCE.name).with_for_update(skip_locked=skip_locked)


def _find_unfinished_sources(tx: Connection, names: Collection[str]) -> set[str]:
    """Return the sources with items to be read, or perhaps changes to be processed."""
    return set(tx.execute(_SELECT_UNFINISHED, {"names": names}).scalars()) if names else set()


def _compare_all(tx: Connection, comparisons: Sequence[tuple[str, Collection[Item]]]) -> list[ItemComparison]:
    asked = [{fingerprint(item.guid): item for item in items} for _, items in comparisons]
    known = find_known_articles(
        tx, [(name, key) for (name, _), keys in zip(comparisons, asked, strict=True) for key in keys]
    )
    return [
        _compare_items(items, known.get(name, {}))
        for (name, _), items in zip(comparisons, asked, strict=True)
    ]


def _compare_items(items: Mapping[str, Item], known: Mapping[str, Row[Any]]) -> ItemComparison:
    new = frozenset(item.guid for key, item in items.items() if key not in known)
    changed = frozenset(
        item.guid for key, item in items.items() if key in known and _is_changed(item, known[key])
    )
    return ItemComparison(new, changed)


def _is_changed(item: Item, row: Row[Any]) -> bool:
    version = compute_version(item)
    return version is not None and (version != row.version or row.gone_at is not None)


def _is_leased(row: Row[Any], now: datetime) -> bool:
    return row.lease_until is not None and row.lease_until > now


def _is_due(row: Row[Any] | None, request: PollRequest, now: datetime) -> bool:
    if row is None:
        return True
    if row.state == "blocked":
        return False
    last = row.last_polled_at
    if last is not None and last > now + _MAX_CLOCK_DIFFERENCE:
        return True  # The clock was set back: waiting for `next_poll_at` would take too long.
    if request.eager and row.state == "failing":
        return True
    if request.least is not None:
        return last is None or last <= now - request.least
    return row.next_poll_at is None or row.next_poll_at <= now


def _build_source_values(before: Row[Any], result: PollResult, new: int, now: datetime) -> dict[str, Any]:
    """Return the source's columns after a poll; a failed poll keeps the cursor."""
    values: dict[str, Any] = {name: getattr(before, name) for name in _SOURCE_COLUMNS}
    values |= {
        "source_name": before.name,
        "lease_until": None,
        "holder": None,
        "last_polled_at": now,
        "next_poll_at": result.next_poll_at,
        "error": list(result.error) if result.error else None,
    }
    if result.error:
        return values | {"failures": before.failures + 1, "state": _keep_blocked_state(before, "failing")}
    return values | {
        "failures": 0,
        "read_at": now,
        "state": _keep_blocked_state(before, "ok"),
        "cursor": result.cursor,
        "first_poll_at": before.first_poll_at or now,
        "last_new_at": now if new or (result.record and not result.first_sight) else before.last_new_at,
        "usual_new": _compute_usual_new(before.usual_new, result, new),
    }


def _keep_blocked_state(before: Row[Any], state: str) -> str:
    return "blocked" if before.state == "blocked" else state


def _compute_usual_new(before: float, result: PollResult, new: int) -> float:
    """Update the running mean of new items over polls that had any; first sight and floods don't count."""
    if not new or result.first_sight or result.hold:
        return before
    return before + _MEAN_WEIGHT * (new - before) if before else float(new)


def build_source_state(row: Row[Any] | None, name: str) -> SourceState:
    """Build a source's state from its row; the state of a new source where ``row`` is None."""
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
        error=decode_failure(row.error),
        usual_new=row.usual_new,
    )
