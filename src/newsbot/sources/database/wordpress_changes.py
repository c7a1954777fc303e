"""Detection of WordPress posts that may have changed since the last scan, at little cost to its database.

A digest that the database computes first shows whether anything changed; only then are rows fetched. With an
index on the time of modification (docs/wordpress.md), these are all rows modified in the last hour. Without
one, no scan reads the whole table, as that takes half a second at 100 000 posts: a scan reads the newest ids,
where nearly all edits are, and one part of the others, so that an edit of an old post is found some scans
later.
"""

# ruff: noqa: S608 Statements contain only this file's constants and the tables' prefix, a checked word.
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from newsbot.sources.database.connection import ReadTransaction, Row
from newsbot.sources.database.cursor import CursorState, RowId

__all__ = ["KEYS", "LATELY", "WAITING", "ChangeSet", "RecentChanges"]

WAITING = ("future", "draft", "pending", "private")
KEYS = "ID, guid, post_name, post_status, post_password, post_date_gmt, post_modified_gmt"
# CONCAT keeps MySQL from using the index type_status_date, with which it would read most posts one by one.
LATELY = "CONCAT(post_type) IN :types AND post_modified_gmt >= :low"

_DIGEST = (
    "CONCAT(COUNT(*), '-', COALESCE(SUM(CRC32("
    "CONCAT_WS(' ', ID, post_status, post_modified_gmt, post_name, post_password))), 0))"
)
_IDS = "CONCAT(COUNT(*), '-', COALESCE(SUM(CRC32(ID)), 0))"
_WAITS = "post_type IN :types AND post_status IN :states"
_NEAR = 50  # ids below the highest: a lower id may be committed later than a higher one
_IMPORT = 500  # More new ids between two scans are an import; of these only recently modified posts are news.
_NEWEST = 5_000  # ids that every scan without an index reads
_PART = 10_000  # the least number of older ids that one scan reads
_SWEEP = timedelta(minutes=5)  # the time in which scans read all parts once, if polls are rare enough
_INDEX_AGAIN = 60.0  # seconds after which to look for an index again
_KEPT = 500  # marks kept from one sweep to the next; rows without a mark are only read once more


class ChangeSet(NamedTuple):
    """The posts that may have changed.

    ``rows``: changed rows, with the columns `KEYS`. ``left``: ids of posts that no longer wait for
    publication. ``come``: new ids. ``whole`` as in `row_source.MovedRows`. ``calm``: nothing changed, except
    perhaps among the older posts in ``rows``.
    """

    rows: list[Row]
    left: set[int]
    come: set[int]
    whole: bool
    calm: bool = False


class RecentChanges:
    """The search for recently changed posts. Its state is in these keys of ``CursorState.own``:

    ``pulse``: the digest of the last scan.
    ``waiting``: the ids of posts that wait for publication.
    ``top``: the highest id. ``near``: the ids just below it.
    ``fresh``: the ids given to `watch`. ``until``: when the first of them stops being fresh.
    ``sweep``: the progress through the older ids: ``next`` is the id to continue after, ``low`` the time of
    modification from which this sweep reads, ``begun`` that from which the next one will.
    """

    def __init__(self, prefix: str, types: Sequence[str], every: timedelta) -> None:
        self._posts = f"{prefix}posts"
        self._types = list(types)
        columns = ("post_title", "post_content", "post_excerpt", "post_author", "post_parent")
        told = ", ".join(f"CRC32({column})" for column in columns)
        terms = f"SELECT SUM(CRC32(term_taxonomy_id)) FROM {prefix}term_relationships WHERE object_id = ID"
        meta = f"SELECT SUM(CRC32(CONCAT(meta_key, meta_value))) FROM {prefix}postmeta WHERE post_id = ID"
        self._look = f"CONCAT_WS('-', {told}, ({terms}), ({meta}))"
        self._in_a_sweep = max(1, int(_SWEEP / every))  # scans
        self._indexed = False
        self._asked_at: float | None = None

    def look(self, ask: ReadTransaction, memory: CursorState, low: Any) -> ChangeSet:
        """Return the posts that may have changed since ``low``."""
        indexed, own = self._is_indexed(ask), memory.own
        own.setdefault("top", own["last"])
        window, values = LATELY, {"low": low}
        if not indexed:
            window, values["newest"] = f"ID > :newest AND {LATELY}", own["top"] - _NEWEST
        pulse = self._change_digest(ask, own, window, values)
        parts = [] if indexed else self._read_history_part(ask, memory, low)
        until = own.get("until")
        if pulse == own.get("pulse") and not (until and datetime.fromisoformat(until) < ask.now()):
            return ChangeSet(parts, set(), set(), whole=False, calm=True)
        own["pulse"] = pulse
        rows = [*parts, *self._read_rows(ask, window, values)]
        return ChangeSet(rows, self._ids_that_left(ask, own), self._new_ids(ask, own), whole=indexed)

    def watch(self, memory: CursorState, fresh: Sequence[tuple[RowId, datetime]]) -> None:
        """Remember posts to read again when one of them changes, or when its time is over.

        ``fresh``: pairs of a post's id and the time when it stops being fresh.
        """
        memory.own["fresh"] = [number for number, _ in fresh]
        memory.own["until"] = min(until for _, until in fresh).isoformat() if fresh else None

    def looks(self, ask: ReadTransaction, ids: Sequence[RowId]) -> dict[RowId, str]:
        """Return a checksum of each post's content, terms and metadata, by id.

        It shows a second edit in the same second, and terms that are written after their row.
        """
        asked = f"SELECT ID, {self._look} AS look FROM {self._posts} WHERE ID IN :ids"
        return {row["ID"]: row["look"] for row in ask.fetch_all(asked, ids=ids)} if ids else {}

    def list_waiting(self, ask: ReadTransaction, states: Sequence[str] = WAITING) -> list[int]:
        """Return the ids of posts in these states, by default those that may be published later."""
        asked = f"SELECT ID FROM {self._posts} WHERE {_WAITS}"
        return sorted(row["ID"] for row in ask.fetch_all(asked, types=self._types, states=list(states)))

    def _change_digest(
        self, ask: ReadTransaction, own: dict[str, Any], window: str, values: dict[str, Any]
    ) -> str:
        """Return a digest of the posts that the database computes.

        It changes when a row in ``window`` or a fresh row changes, when a post starts or stops waiting for
        publication, and when there is a new id.
        """
        looked = {_DIGEST: window, f"{_IDS} ": _WAITS, _IDS: "ID > :near"}
        if fresh := own.get("fresh"):
            looked[f"SUM(CRC32({self._look}))"] = "ID IN :fresh"
            values = values | {"fresh": fresh}
        told = ", ".join(
            f"(SELECT {digest} FROM {self._posts} WHERE {where})" for digest, where in looked.items()
        )
        near = own["top"] - _NEAR
        states = list(WAITING)
        asked = ask.fetch_all(
            f"SELECT CONCAT_WS(' ', {told}) AS pulse", types=self._types, states=states, near=near, **values
        )
        return str(asked[0]["pulse"])

    def _ids_that_left(self, ask: ReadTransaction, own: dict[str, Any]) -> set[int]:
        """Return the ids that waited for publication in the last scan and no longer do.

        They are needed because a scheduled post keeps its time of modification when it is published.
        """
        before, own["waiting"] = own["waiting"], self.list_waiting(ask)
        return set(before) - set(own["waiting"])

    def _new_ids(self, ask: ReadTransaction, own: dict[str, Any]) -> set[int]:
        """Return the new ids; none if there are so many that they are an import.

        They are needed because a post that is inserted with an old date has that as its time of modification.
        """
        asked = f"SELECT ID FROM {self._posts} WHERE ID > :near"
        ids = [row["ID"] for row in ask.fetch_all(asked, near=own["top"] - _NEAR)]
        known = own.get("near", ids)
        own["top"] = max(ids, default=own["top"])
        own["near"] = [number for number in ids if number > own["top"] - _NEAR]
        come = set(ids) - set(known)
        return come if len(come) <= _IMPORT else set()

    # ---- without an index

    def _read_history_part(self, ask: ReadTransaction, memory: CursorState, low: Any) -> list[Row]:
        """Read the changed rows of one part of the ids below the newest.

        A sweep through all parts looks for changes since the sweep before it began.
        """
        end = memory.own["top"] - _NEWEST
        sweep = memory.own.setdefault("sweep", {"next": 0, "low": str(low), "begun": str(low)})
        if sweep["next"] >= end:
            sweep |= {"next": 0, "low": sweep["begun"], "begun": str(low)}
            memory.seen = dict(list(memory.seen.items())[-_KEPT:])
        after = sweep["next"]
        sweep["next"] = min(end, after + max(_PART, -(-end // self._in_a_sweep)))
        values = {"low": datetime.fromisoformat(sweep["low"]), "after": after, "last": sweep["next"]}
        return self._read_rows(ask, f"ID > :after AND ID <= :last AND {LATELY}", values) if end > 0 else []

    def _read_rows(self, ask: ReadTransaction, where: str, values: dict[str, Any]) -> list[Row]:
        asked = f"SELECT {KEYS} FROM {self._posts} WHERE {where}"
        return ask.fetch_all(asked, types=self._types, **values)

    def _is_indexed(self, ask: ReadTransaction) -> bool:
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at > _INDEX_AGAIN:
            here = "FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = :name"
            one = f"SELECT 1 {here} AND column_name = 'post_modified_gmt' AND seq_in_index = 1"
            self._indexed, self._asked_at = bool(ask.fetch_all(one, name=self._posts)), now
        return self._indexed
