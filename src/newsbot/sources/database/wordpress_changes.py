"""Detection of WordPress posts that may have changed since the last scan, at little cost to the database.

First the database computes a hash that shows whether anything changed; only then newsbot reads rows. With an
index on the time of modification (docs/wordpress.md), the rows are all that were modified in the last hour.
Without an index, no scan reads the whole table, because that takes half a second at 100 000 posts: a scan
reads the newest ids, where nearly all edits are, and one part of the older ids, so that an edit of an old
post is found some scans later.
"""

# ruff: noqa: S608  The SQL has only this file's constants and the tables' prefix, which is a checked word.
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from newsbot.sources.database.connection import ReadTransaction, Row
from newsbot.sources.database.scan import CursorState, RowId

__all__ = ["KEYS", "LATELY", "WAITING", "ChangeSet", "RecentChanges"]

WAITING = ("future", "draft", "pending", "private")
KEYS = "ID, guid, post_name, post_status, post_password, post_date_gmt, post_modified_gmt"
# The function CONCAT in this condition keeps MySQL from using the index type_status_date, by which MySQL
# would read most posts one by one.
LATELY = "CONCAT(post_type) IN :types AND post_modified_gmt >= :low"

_DIGEST = (
    "CONCAT(COUNT(*), '-', COALESCE(SUM(CRC32("
    "CONCAT_WS(' ', ID, post_status, post_modified_gmt, post_name, post_password))), 0))"
)
_IDS = "CONCAT(COUNT(*), '-', COALESCE(SUM(CRC32(ID)), 0))"
_WAITS = "post_type IN :types AND post_status IN :states"
# The number of post ids below the highest one among which scans look for new posts: a database may commit a
# lower id after a higher one.
_NEAR = 50
# If there are more new post ids than this between two scans of WordPress's tables, they are an import of old
# posts, of which only recently modified ones are news.
_IMPORT = 500
# If the database has no index on the time of modification, every scan reads the posts with this many of the
# newest ids.
_NEWEST = 5_000
# If the database has no index on the time of modification, one scan also reads posts with at least this many
# older ids.
_PART = 10_000
# The time in which successive scans read all older posts once by their ids (a sweep), if polls are frequent
# enough.
_SWEEP = timedelta(minutes=5)
# The seconds after which a scan checks again whether the database has an index on the time of modification.
_INDEX_AGAIN = 60.0
# The number of posts whose version tokens (`RowKey.mark`) are kept when a new sweep (reading of all posts
# with older ids) begins. A post without a stored token is read again.
_KEPT = 500


class ChangeSet(NamedTuple):
    """The WordPress posts that may have changed since the last scan.

    ``rows`` are the changed rows, with the columns `KEYS`. ``left`` are the ids of posts that no longer wait
    for publication, and ``come`` the ids that are new. ``whole`` says that ``rows`` has all rows that changed
    (see `MovedRows`). ``calm`` says that nothing changed, except perhaps older posts.
    """

    rows: list[Row]
    left: set[int]
    come: set[int]
    whole: bool
    calm: bool = False


class RecentChanges:
    """The search for recently changed WordPress posts, with its state in ``CursorState.own``.

    ``pulse`` is a hash of the posts at the last scan. ``waiting`` are the ids of posts that wait for
    publication. ``top`` is the highest id, and ``near`` are the ids just below it. ``fresh`` are the ids that
    `watch` stored, and ``until`` is the time when the first of these posts is no longer fresh. ``sweep`` is
    the progress of the scans through the older ids: ``next`` is the id to continue after, ``low`` the time of
    modification from which this sweep reads, and ``begun`` the time from which the next sweep will read.
    """

    def __init__(self, prefix: str, types: Sequence[str], every: timedelta) -> None:
        self._posts = f"{prefix}posts"
        self._types = list(types)
        columns = ("post_title", "post_content", "post_excerpt", "post_author", "post_parent")
        told = ", ".join(f"CRC32({column})" for column in columns)
        terms = f"SELECT SUM(CRC32(term_taxonomy_id)) FROM {prefix}term_relationships WHERE object_id = ID"
        meta = f"SELECT SUM(CRC32(CONCAT(meta_key, meta_value))) FROM {prefix}postmeta WHERE post_id = ID"
        self._look = f"CONCAT_WS('-', {told}, ({terms}), ({meta}))"
        # The number of scans over which newsbot spreads one reading of all posts with older ids (a sweep).
        self._in_a_sweep = max(1, int(_SWEEP / every))
        self._indexed = False
        self._asked_at: float | None = None

    def find_changes(self, ask: ReadTransaction, memory: CursorState, low: Any) -> ChangeSet:
        """Return the WordPress posts that may have been modified since the time ``low``; update the scan's
        ``memory``.
        """
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
        """Store in ``memory`` which recently modified posts the next scans must read again.

        ``fresh`` has pairs of a post's id and the time from which the post is no longer fresh. A post is read
        again when one of these posts changes or this time has come.
        """
        memory.own["fresh"] = [number for number, _ in fresh]
        memory.own["until"] = min(until for _, until in fresh).isoformat() if fresh else None

    def compute_checksums(self, ask: ReadTransaction, ids: Sequence[RowId]) -> dict[RowId, str]:
        """Return a checksum of each post's content, terms and metadata, by the post's id.

        The checksum reveals a second edit in the same second, and terms that WordPress writes after the
        post's row.
        """
        asked = f"SELECT ID, {self._look} AS look FROM {self._posts} WHERE ID IN :ids"
        return {row["ID"]: row["look"] for row in ask.fetch_all(asked, ids=ids)} if ids else {}

    def list_waiting(self, ask: ReadTransaction, states: Sequence[str] = WAITING) -> list[int]:
        """Return the ids of the posts in ``states``, by default the states before publication."""
        asked = f"SELECT ID FROM {self._posts} WHERE {_WAITS}"
        return sorted(row["ID"] for row in ask.fetch_all(asked, types=self._types, states=list(states)))

    def _change_digest(
        self, ask: ReadTransaction, own: dict[str, Any], window: str, values: dict[str, Any]
    ) -> str:
        """Return a hash of the site's posts, which the database computes. The hash changes when a row in
        ``window`` (an SQL condition) or a fresh (recently modified) row changes, when a post starts or stops
        waiting for publication, and when there is a new id.
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
        """Return the ids of posts that waited for publication at the last scan and no longer do.

        The time of modification would not reveal these posts, because a scheduled post keeps its time of
        modification when it is published.
        """
        before, own["waiting"] = own["waiting"], self.list_waiting(ask)
        return set(before) - set(own["waiting"])

    def _new_ids(self, ask: ReadTransaction, own: dict[str, Any]) -> set[int]:
        """Return the ids of posts that are new since the last scan, or none if so many are new in an import.

        The time of modification would not reveal these posts: a post inserted with an old date has that time.
        """
        asked = f"SELECT ID FROM {self._posts} WHERE ID > :near"
        ids = [row["ID"] for row in ask.fetch_all(asked, near=own["top"] - _NEAR)]
        known = own.get("near", ids)
        own["top"] = max(ids, default=own["top"])
        own["near"] = [number for number in ids if number > own["top"] - _NEAR]
        come = set(ids) - set(known)
        return come if len(come) <= _IMPORT else set()

    def _read_history_part(self, ask: ReadTransaction, memory: CursorState, low: Any) -> list[Row]:
        """Return the changed rows among the posts in one part of the older ids.

        Successive scans read all parts (a sweep). A sweep looks for changes since the previous sweep began.
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
