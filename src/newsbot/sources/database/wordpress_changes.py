"""Which of WordPress's posts may have moved since the last look, at little cost to its database.

A digest that the database makes tells first whether anything did; only then are rows fetched. With an index
on the time of modification (docs/wordpress.md), these are all of the last hour. Without one no look reads
the whole table, as that takes half a second at 100 000 posts: it reads the newest ids, where nearly all
edits are, and one part of the others, so that an edit of an old post is found some looks later.
"""

# ruff: noqa: S608 into a statement come only the tables' prefix, checked to be a word, and this file's words
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from newsbot.sources.database.connection import ReadTransaction, Row
from newsbot.sources.database.cursor import CursorState
from newsbot.sources.database.row_source import RowId

__all__ = ["KEYS", "LATELY", "WAITING", "ChangeSet", "RecentChanges"]

WAITING = ("future", "draft", "pending", "private")
KEYS = "ID, guid, post_name, post_status, post_password, post_date_gmt, post_modified_gmt"
# As an expression, the type keeps MySQL from type_status_date, by which it would read most posts one by one.
LATELY = "CONCAT(post_type) IN :types AND post_modified_gmt >= :low"

_DIGEST = (
    "CONCAT(COUNT(*), '-', COALESCE(SUM(CRC32("
    "CONCAT_WS(' ', ID, post_status, post_modified_gmt, post_name, post_password))), 0))"
)
_IDS = "CONCAT(COUNT(*), '-', COALESCE(SUM(CRC32(ID)), 0))"
_WAITS = "post_type IN :types AND post_status IN :states"
_NEAR = 50  # ids behind the highest: one that was taken earlier may be committed later
_IMPORT = 500  # more new ids between two looks are an import, of which what was modified lately is news
_NEWEST = 5_000  # ids that every look without an index reads
_PART = 10_000  # ids of the others that one look reads at the least
_SWEEP = timedelta(minutes=5)  # in which all parts have their turn, where looks are rarer
_INDEX_AGAIN = 60.0  # seconds until it is asked again whether there is an index
_KEPT = 500  # marks of rows that are kept from one sweep to the next; others are only read once more


class ChangeSet(NamedTuple):
    """``rows`` (of `KEYS`) moved; ``left`` waited and wait no more, ``come`` are new: ids. ``whole`` as in
    `rows.Moved`; ``calm``: nothing did, but for what a part of the old has.
    """

    rows: list[Row]
    left: set[int]
    come: set[int]
    whole: bool
    calm: bool = False


class RecentChanges:
    """What it remembers, in the memory's own: ``pulse`` is the digest, ``waiting`` the ids that wait, ``top``
    the highest id and ``near`` those shortly before it; ``fresh`` are ids of `watch`, the first of them until
    ``until``; ``sweep`` is how far the parts came (``next``), from when on this round looks (``low``) and the
    next one will (``begun``).
    """

    def __init__(self, prefix: str, types: Sequence[str], every: timedelta) -> None:
        self._posts = f"{prefix}posts"
        self._types = list(types)
        columns = ("post_title", "post_content", "post_excerpt", "post_author", "post_parent")
        told = ", ".join(f"CRC32({column})" for column in columns)
        terms = f"SELECT SUM(CRC32(term_taxonomy_id)) FROM {prefix}term_relationships WHERE object_id = ID"
        meta = f"SELECT SUM(CRC32(CONCAT(meta_key, meta_value))) FROM {prefix}postmeta WHERE post_id = ID"
        self._look = f"CONCAT_WS('-', {told}, ({terms}), ({meta}))"
        self._in_a_sweep = max(1, int(_SWEEP / every))  # looks
        self._indexed = False
        self._asked_at: float | None = None

    def look(self, ask: ReadTransaction, memory: CursorState, low: Any) -> ChangeSet:
        """What may have moved since ``low``."""
        indexed, own = self._is_indexed(ask), memory.own
        own.setdefault("top", own["last"])
        window, values = (LATELY, {"low": low}) if indexed else self._newest_window(own, low)
        pulse = self._change_digest(ask, own, window, values)
        parts = [] if indexed else self._read_history_part(ask, memory, low)
        until = own.get("until")
        if pulse == own.get("pulse") and not (until and datetime.fromisoformat(until) < ask.now()):
            return ChangeSet(parts, set(), set(), whole=False, calm=True)
        own["pulse"] = pulse
        rows = [*parts, *self._read_rows(ask, window, values)]
        return ChangeSet(rows, self._ids_that_left(ask, own), self._new_ids(ask, own), whole=indexed)

    def watch(self, memory: CursorState, fresh: Sequence[tuple[RowId, datetime]]) -> None:
        """Look again when one of these looks otherwise, and when its time is over."""
        memory.own["fresh"] = [number for number, _ in fresh]
        memory.own["until"] = min(until for _, until in fresh).isoformat() if fresh else None

    def looks(self, ask: ReadTransaction, ids: Sequence[RowId]) -> dict[RowId, str]:
        """What tells a second edit in the same second, and terms that come after their row."""
        asked = f"SELECT ID, {self._look} AS look FROM {self._posts} WHERE ID IN :ids"
        return {row["ID"]: row["look"] for row in ask.all(asked, ids=ids)} if ids else {}

    def waiting(self, ask: ReadTransaction, states: Sequence[str] = WAITING) -> list[int]:
        """The ids of what is not published, and may be later."""
        asked = f"SELECT ID FROM {self._posts} WHERE {_WAITS}"
        return sorted(row["ID"] for row in ask.all(asked, types=self._types, states=list(states)))

    def _change_digest(
        self, ask: ReadTransaction, own: dict[str, Any], window: str, values: dict[str, Any]
    ) -> str:
        """It is another when a row in ``window`` is or a fresh one looks otherwise, when one waits no more,
        and when there is a new id.
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
        asked = ask.all(
            f"SELECT CONCAT_WS(' ', {told}) AS pulse", types=self._types, states=states, near=near, **values
        )
        return str(asked[0]["pulse"])

    def _ids_that_left(self, ask: ReadTransaction, own: dict[str, Any]) -> set[int]:
        """What waited and does no more: a scheduled post that is out keeps its time of modification."""
        before, own["waiting"] = own["waiting"], self.waiting(ask)
        return set(before) - set(own["waiting"])

    def _new_ids(self, ask: ReadTransaction, own: dict[str, Any]) -> set[int]:
        """New ids: a post that is inserted with a date in the past says that it was modified then."""
        asked = f"SELECT ID FROM {self._posts} WHERE ID > :near"
        ids = [row["ID"] for row in ask.all(asked, near=own["top"] - _NEAR)]
        known = own.get("near", ids)
        own["top"] = max(ids, default=own["top"])
        own["near"] = [number for number in ids if number > own["top"] - _NEAR]
        come = set(ids) - set(known)
        return come if len(come) <= _IMPORT else set()

    # ---- without an index

    def _newest_window(self, own: dict[str, Any], low: Any) -> tuple[str, dict[str, Any]]:
        return f"ID > :newest AND {LATELY}", {"low": low, "newest": own["top"] - _NEWEST}

    def _read_history_part(self, ask: ReadTransaction, memory: CursorState, low: Any) -> list[Row]:
        """One part of the ids below the newest; a round looks from where the one before it began."""
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
        return ask.all(asked, types=self._types, **values)

    def _is_indexed(self, ask: ReadTransaction) -> bool:
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at > _INDEX_AGAIN:
            here = "FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = :name"
            one = f"SELECT 1 {here} AND column_name = 'post_modified_gmt' AND seq_in_index = 1"
            self._indexed, self._asked_at = bool(ask.all(one, name=self._posts)), now
        return self._indexed
