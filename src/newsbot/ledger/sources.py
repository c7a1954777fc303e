"""The ledger's store for sources: their polls, their states, and the blocks that people put on them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.articles import find_known_articles, insert_articles, insert_past_articles
from newsbot.ledger.changes import record_changes
from newsbot.ledger.dialects import in_list, insert_new
from newsbot.ledger.restored_posts import LostPeriod, window
from newsbot.ledger.serialization import build_from_row, compute_version, fingerprint, select_posts, to_posts
from newsbot.ledger.store import LedgerParts, LedgerStore
from newsbot.ledger.transitions import shift
from newsbot.model import IN_FLIGHT, Item, PostEvent, PostState
from newsbot.ports import (
    Blocked,
    ItemComparison,
    PollAnswers,
    PollClaim,
    PollRequest,
    PollResult,
    RecordedPoll,
    SourceState,
)
from newsbot.ports.articles import SILENCE_PRECISION
from newsbot.reasons import Code, UsageCode

__all__ = ["MAX_CLOCK_DIFFERENCE", "SourcesStore"]

_SOURCE, _ARTICLE, _POST = tables.source.c, tables.article.c, tables.post.c
_WITHOUT_CURSOR = tuple(column for column in _SOURCE if column.name != "cursor")
_SELECT_FAILING = select(*_WITHOUT_CURSOR).where(
    _SOURCE.failures >= bindparam("failures"), _SOURCE.state != "blocked"
)
# The number of the newest times that are returned in any case, of those at which polls found a source's
# articles. They show whether the source has had at least this many articles.
_NEWEST_COUNT = 20
_COUNT_UNREAD = (
    select(_ARTICLE.source, func.count())
    .where(tables.UNREAD, ~in_list(_ARTICLE.source, "sources"))
    .group_by(_ARTICLE.source)
    .order_by(_ARTICLE.source)
)
_OUT_STATES = sorted(map(str, {PostState.SENT, PostState.FAILED} | IN_FLIGHT))
# The weight of the latest poll in the mean number of new items per poll: the mean follows a source's habits
# within about five polls.
_MEAN_WEIGHT = 0.2
# For this long after the ledger was restored from a backup, a source that the ledger does not know may be one
# that newsbot polled before the restore.
_UNKNOWN_SOURCE_AGE = timedelta(days=1)
MAX_CLOCK_DIFFERENCE = timedelta(seconds=5)
"""The most by which the clocks of two services differ."""
_NEW_SOURCE_VALUES = {"state": "new", "cursor": {}, "failures": 0, "usual_new": 0.0}
_SELECT_SOURCES = select(tables.source).where(in_list(_SOURCE.name, "names"))
_CLAIM_SOURCES = (
    update(tables.source)
    .where(in_list(_SOURCE.name, "names"))
    .values(lease_until=bindparam("until"), holder=bindparam("me"))
)
_POSTPONE = (
    update(tables.source)
    .where(
        in_list(_SOURCE.name, "names"),
        or_(_SOURCE.next_poll_at.is_(None), _SOURCE.next_poll_at < bindparam("until")),
    )
    .values(next_poll_at=bindparam("until"))
)
_STATE_FIELDS = tuple(each.name for each in fields(SourceState) if each.name != "name")
_UPDATE_SOURCE = update(tables.source).where(_SOURCE.name == bindparam("source_name"))
_MARK_DOUBTED = update(tables.article).where(in_list(_ARTICLE.id, "numbers")).values(doubted=True)
_HAS_UNREAD = exists().where(tables.UNREAD, _ARTICLE.source == _SOURCE.name)
# This SQL condition, that a source's change of an article waits to be processed, is true for every source if
# it is true for one. So a source may be looked at without need, which is rare, because few changes wait.
_HAS_CHANGES = exists(select(tables.change.c.article_id))
_SELECT_UNFINISHED = select(_SOURCE.name).where(
    in_list(_SOURCE.name, "names"), or_(_HAS_CHANGES, _HAS_UNREAD)
)


class SourcesStore(LedgerStore):
    """The ledger's store for sources: their polls, their states, and the blocks that people put on them."""

    def __init__(self, parts: LedgerParts) -> None:
        super().__init__(parts)
        # By a source's name, the end of this process's claim (right) to poll it, if the claim is only in
        # memory.
        self._own_claims: dict[str, datetime] = {}

    def list_sources(self) -> dict[str, SourceState]:
        """Return the state of every source that was ever polled, by name, without the state's cursor."""
        return {row.name: build_from_row(SourceState, row) for row in self._fetch(select(*_WITHOUT_CURSOR))}

    def list_failing_sources(self, failures: int) -> list[SourceState]:
        """Return the sources whose last ``failures`` polls, or more, all failed.

        Their cursors (stored states of polls) are not read. Sources that a person blocked are left out.
        """
        return [
            build_from_row(SourceState, row) for row in self._fetch(_SELECT_FAILING, {"failures": failures})
        ]

    def list_quiet_sources(self, *, since: datetime) -> dict[str, datetime | None]:
        """Return the sources without a new article since ``since``, each with the time of its latest article.

        Sources that a person blocked are left out.
        """
        quiet = or_(_SOURCE.last_new_at.is_(None), _SOURCE.last_new_at <= since)
        found = select(_SOURCE.name, _SOURCE.last_new_at).where(quiet, _SOURCE.state != "blocked")
        return dict(map(tuple, self._fetch(found)))

    def list_found_times(self, source: str, *, since: datetime) -> list[datetime]:
        """Return times since ``since`` at which polls found articles of a source, earliest first.

        Articles that the source's first poll listed are left out. If many articles were found within
        `SILENCE_PRECISION` (a time span) of each other, only some of their times are returned, and always the
        newest ones. So each pause between articles that is longer than the time span is also a pause between
        two of the returned times.
        """
        at = _ARTICLE.found_at
        newest = select(at).where(_ARTICLE.source == source, ~_ARTICLE.first_sight, at >= since)
        newest = newest.order_by(at.desc()).limit(_NEWEST_COUNT)
        with self._database.read() as tx:
            times = list(tx.execute(newest).scalars())
            if len(times) == _NEWEST_COUNT:
                times += set(tx.execute(_select_found_times(source, since)).scalars()).difference(times)
        return sorted(times)

    def count_stranded_articles(self, sources: Collection[str]) -> dict[str, int]:
        """Count the unread articles of each source whose name is not in ``sources``, by the source's name."""
        return dict(map(tuple, self._fetch(_COUNT_UNREAD, {"sources": list(sources)})))

    def list_unfinished_sources(self, names: Collection[str]) -> list[str]:
        """Return those of the sources ``names`` of which articles or changes may wait to be processed."""
        return sorted(row.name for row in self._fetch(_SELECT_UNFINISHED, {"names": list(names)}))

    def exchange_polls(
        self,
        requests: Sequence[PollRequest],
        comparisons: Sequence[tuple[str, Collection[Item]]],
        results: Sequence[tuple[str, PollResult]],
        *,
        now: datetime,
        lease: timedelta,
    ) -> PollAnswers:
        """Grant claims (rights) to poll sources, compare items with the ledger, and store results of polls.

        All is one transaction. Returns the answers to the three arguments. A source may be in only one of the
        three arguments, and only once. Each of ``requests`` asks to poll a source. Each of ``comparisons``
        asks which items are new, and which differ from the version that the ledger has of them. Each of
        ``results`` is stored whole, and ends the claim to poll its source; items that the ledger has already
        are skipped.
        """
        writes = results or (requests and not self._is_alone)
        # If the polls found articles or changes, other processes are notified of the commit, because a
        # process that only processes articles learns of them in no other way.
        found = any(it.take or it.changed or it.gone or it.protected for _, it in results)
        with self._database.write(notify=found) if writes else self._database.read() as tx:
            claims = self._claim_sources(tx, requests, now=now, lease=lease) if requests else []
            compared = _compare_all(tx, comparisons) if comparisons else []
            recorded = self._record_polls(tx, results, now=now) if results else []
            refused = [claim.state.name for claim in claims if not claim.granted]
            asked = {"names": [*refused, *(name for name, _ in results)]}
            waits = set(tx.execute(_SELECT_UNFINISHED, asked).scalars()) if asked["names"] else set()
        return PollAnswers(
            [PollClaim(claim.granted, claim.state, claim.state.name in waits) for claim in claims],
            compared,
            [RecordedPoll(taken, name in waits) for (name, _), taken in zip(results, recorded, strict=True)],
        )

    def release_polls(self, names: Collection[str]) -> None:
        """Give up this service's claims to poll the sources ``names``, so that any service may claim them."""
        mine = update(tables.source).where(
            in_list(_SOURCE.name, "names"), _SOURCE.holder == self._instances.me
        )
        with self._database.write(notify=False) as tx:
            tx.execute(mine.values(lease_until=None, holder=None), {"names": list(names)})

    def block_source(self, source: str, *, by: str, now: datetime) -> Blocked:
        """Block a source for the person ``by``: stop polling it, and cancel its waiting posts.

        Returns the cancelled posts, and the source's published posts.

        Raises:
            UsageError: the source was never polled.
        """
        with self._database.write() as tx:
            mine = update(tables.source).where(_SOURCE.name == source)
            if not tx.execute(mine.values(state="blocked")).rowcount:
                raise UsageError(UsageCode.NEVER_POLLED(name=repr(source)))
            own = _ARTICLE.source == source
            why = UsageCode.SOURCE_BLOCKED_BY(by=by)
            unread = {"state": "recorded", "item": None, "holder": None, "note": why}
            tx.execute(update(tables.article).where(own, tables.UNREAD).values(**unread))
            changed = tables.change.c.article_id.in_(select(_ARTICLE.id).where(own))
            tx.execute(delete(tables.change).where(changed))
            posts = select_posts().where(own).order_by(_POST.id)
            waiting = tx.execute(posts.where(tables.WAITS).with_for_update(of=tables.post))
            cancelled = [
                shift(tx, post, PostEvent.CANCEL, by=by, now=now, detail=Code.SOURCE_BLOCKED())
                for post in to_posts(tx, waiting)
                if post.is_pending
            ]
            out = to_posts(tx, tx.execute(posts.where(_POST.state.in_(_OUT_STATES))))
        return Blocked(source, tuple(cancelled), tuple(post for post in out if post.is_out))

    def unblock_source(self, source: str, *, now: datetime) -> bool:
        """Let newsbot poll a blocked source again; return False if the source was not blocked."""
        blocked = update(tables.source).where(_SOURCE.name == source, _SOURCE.state == "blocked")
        with self._database.write() as tx:
            return bool(tx.execute(blocked.values(state="ok", next_poll_at=now)).rowcount)

    @property
    def _is_alone(self) -> bool:
        """Return whether no other process polls sources with this database.

        If no other process does, the right to poll a source is kept in memory only, which saves a commit.
        """
        return self._database.sqlite and self._instances.me is not None

    def _claim_sources(
        self, tx: Connection, requests: Sequence[PollRequest], *, now: datetime, lease: timedelta
    ) -> list[PollClaim]:
        names, alone = [request.source for request in requests], self._is_alone
        rows = _load_rows(tx, _SELECT_SOURCES, names) if alone else _lock_sources(tx, names, skip_locked=True)
        due = {each.source: each for each in requests if _is_due(rows.get(each.source), each, now)}
        if alone:
            held = self._own_claims
            granted = {name for name, each in due.items() if each.resumed or held.get(name, now) <= now}
            held |= dict.fromkeys(granted, now + lease)
        else:
            granted = self._claim_in_database(tx, due, rows, now, now + lease)
        states = {name: build_from_row(SourceState, row) for name, row in rows.items()}
        return [PollClaim(name in granted, states.get(name) or SourceState(name)) for name in names]

    def _claim_in_database(
        self,
        tx: Connection,
        due: Mapping[str, PollRequest],
        rows: Mapping[str, Row[Any]],
        now: datetime,
        until: datetime,
    ) -> set[str]:
        """Claim (reserve for this process) due sources in the database; return the names of the sources which
        this process may poll.

        If another service has locked a source's row, the source is being claimed or stored there, so this
        process may not poll it.
        """
        there = [rows[name] for name in due if name in rows]
        abandoned = self._find_abandoned_leases(tx, there, now)
        granted = {
            row.name
            for row in there
            if not _is_leased(row, now)
            or row.name in abandoned
            or (due[row.name].resumed and row.holder is not None and row.holder == self._instances.me)
        }
        if granted:
            tx.execute(_CLAIM_SOURCES, {"names": granted, "until": until, "me": self._instances.me})
        return granted

    def _find_abandoned_leases(self, tx: Connection, rows: Iterable[Row[Any]], now: datetime) -> set[str]:
        """Return the names of the sources that a service which has ended has claimed for its polls. If no
        source is claimed, no query is made.
        """
        leased = [row.name for row in rows if row.holder is not None and _is_leased(row, now)]
        if not leased:
            return set()
        names = select(_SOURCE.name).where(in_list(_SOURCE.name, "names"))
        dead = names.where(self._instances.is_dead(tx, _SOURCE.holder))
        return set(tx.execute(dead, {"names": leased}).scalars())

    def _record_polls(
        self, tx: Connection, results: Sequence[tuple[str, PollResult]], *, now: datetime
    ) -> list[tuple[str, ...]]:
        """Store the results of polls; return for each poll the ids of the articles that are to be read."""
        names = {each for name, result in results for each in (name, *result.same_host)}
        rows = _lock_sources(tx, sorted(names), skip_locked=False)
        for name, result in results:
            insert_past_articles(tx, name, result.past, now=now)
        taken = insert_articles(tx, results, now=now)
        _mark_doubted_articles(tx, rows, taken, now)
        record_changes(tx, results, now=now)
        after = [_build_source_values(rows[name], result, len(taken[name]), now) for name, result in results]
        tx.execute(_UPDATE_SOURCE, after)
        for _, result in results:
            if result.same_host:
                tx.execute(_POSTPONE, {"names": result.same_host, "until": result.next_poll_at})
        for name, _ in results:
            self._own_claims.pop(name, None)
        return [tuple(map(ids.article_id, taken[name])) for name, _ in results]


def _select_found_times(source: str, since: datetime) -> Select[tuple[datetime]]:
    """Build the query for some of the times at which a source's articles were found, which are enough to find
    every pause between two articles that is longer than the time span `SILENCE_PRECISION`.

    From each time, the query steps to the last time within that time span or, if there is none, to the next
    time. It makes one look-up for each step, however many articles were found.
    """
    at = type_coerce(_ARTICLE.found_at, BigInteger())
    own = (_ARTICLE.source == source, ~_ARTICLE.first_sight)
    first = select(func.min(at).label("at")).where(*own, _ARTICLE.found_at >= since)
    steps = first.cte("steps", recursive=True)
    near = at <= steps.c.at + SILENCE_PRECISION // timedelta(microseconds=1)
    last_near = select(func.max(at)).where(*own, near)
    next_far = select(func.min(at)).where(*own, at > steps.c.at)
    following = func.coalesce(
        func.nullif(last_near.correlate(steps).scalar_subquery(), steps.c.at),
        next_far.correlate(steps).scalar_subquery(),
    )
    steps = steps.union_all(select(following).where(steps.c.at.is_not(None)))
    return select(type_coerce(steps.c.at, _ARTICLE.found_at.type)).where(steps.c.at.is_not(None))


def _load_rows(tx: Connection, statement: Select[Any], names: Collection[str]) -> dict[str, Row[Any]]:
    return {row.name: row for row in tx.execute(statement, {"names": names})}


def _lock_sources(tx: Connection, names: Collection[str], *, skip_locked: bool) -> dict[str, Row[Any]]:
    """Return the rows of the sources with these ``names`` by name, locked until the transaction ends.

    Missing rows of new sources are inserted. Rows are locked in the order of names, which prevents deadlocks.
    With ``skip_locked``, rows that another transaction has locked are left out.
    """
    locked = _SELECT_SOURCES.order_by(_SOURCE.name).with_for_update(skip_locked=skip_locked)
    rows = _load_rows(tx, locked, names)
    if missing := sorted(name for name in names if name not in rows):
        new = [{"name": name, **_NEW_SOURCE_VALUES} for name in missing]
        insert_new(tx, tables.source, new, _SOURCE.name)
        rows |= _load_rows(tx, locked, missing)
    return rows


def _mark_doubted_articles(
    tx: Connection, before: Mapping[str, Row[Any]], taken: Mapping[str, Collection[int]], now: datetime
) -> None:
    """Mark the articles that a source's first poll since the ledger's restore found, if there was a restore.

    Posts of these articles may have been published before the restore.
    """
    found = {name: numbers for name, numbers in taken.items() if numbers}
    gone = window(tx) if found else None
    if gone is None:
        return
    numbers = [each for name in found if _is_first_look(before[name], gone, now) for each in found[name]]
    tx.execute(_MARK_DOUBTED, {"numbers": numbers})


def _is_first_look(before: Row[Any], gone: LostPeriod, now: datetime) -> bool:
    """Return whether this is a source's first poll since the ledger was restored from a backup.

    For a day after the restore, a source that the ledger does not know counts too, because newsbot may have
    polled it before the restore.
    """
    if before.read_at is not None and before.read_at >= gone.until:
        return False
    return before.first_poll_at is not None or now < gone.until + _UNKNOWN_SOURCE_AGE


def _compare_all(tx: Connection, comparisons: Sequence[tuple[str, Collection[Item]]]) -> list[ItemComparison]:
    asked = [{(name, fingerprint(item.guid)): item for item in items} for name, items in comparisons]
    known = find_known_articles(tx, [key for items in asked for key in items])
    return [_compare_items(items, known) for items in asked]


def _compare_items(
    items: Mapping[tuple[str, str], Item], known: Mapping[tuple[str, str], Row[Any]]
) -> ItemComparison:
    new = frozenset(item.guid for key, item in items.items() if key not in known)
    changed = frozenset(
        item.guid
        for key, item in items.items()
        if (row := known.get(key)) and (version := compute_version(item))
        if version != row.version or row.gone_at is not None
    )
    return ItemComparison(new, changed)


def _is_leased(row: Row[Any], now: datetime) -> bool:
    return row.lease_until is not None and row.lease_until > now


def _is_due(row: Row[Any] | None, request: PollRequest, now: datetime) -> bool:
    if row is None:
        return True
    if row.state == "blocked":
        return False
    last = row.last_polled_at
    if last is not None and last > now + MAX_CLOCK_DIFFERENCE:
        # The source was polled at a later time than now, so the clock was set back. The stored time of the
        # next poll is then too late, and the source counts as due now.
        return True
    if request.eager and row.state == "failing":
        return True
    if request.least is not None:
        return last is None or last <= now - request.least
    return row.next_poll_at is None or row.next_poll_at <= now


def _build_source_values(before: Row[Any], result: PollResult, new: int, now: datetime) -> dict[str, Any]:
    """Return the new values of a source's columns after a poll; a failed poll keeps the cursor.

    ``new`` is the number of articles to be read that the poll found.
    """
    values: dict[str, Any] = {name: getattr(before, name) for name in _STATE_FIELDS}
    values |= {"source_name": before.name, "lease_until": None, "holder": None}
    values |= {"last_polled_at": now, "next_poll_at": result.next_poll_at, "error": result.error}
    if before.state != "blocked":
        values["state"] = "failing" if result.error else "ok"
    if result.error:
        return values | {"failures": before.failures + 1}
    return values | {
        "failures": 0,
        "read_at": now,
        "cursor": result.cursor,
        "first_poll_at": before.first_poll_at or now,
        "last_new_at": now if new or (result.record and not result.first_sight) else before.last_new_at,
        "usual_new": _compute_usual_new(before.usual_new, result, new),
    }


def _compute_usual_new(before: float, result: PollResult, new: int) -> float:
    """Return the updated mean number of a source's new items per poll.

    Polls without new items, the first poll of a source, and floods of items don't count.
    """
    if not new or result.first_sight or result.hold:
        return before
    return before + _MEAN_WEIGHT * (new - before) if before else float(new)
