"""One scan of a CMS's database, which finds the rows that are new, changed or gone, and the state that a
source has between scans.

A scan reads rows through a `RowSource`: `QueryRowSource` reads an operator's own query, `WordPressRowSource`
reads WordPress's tables. An article's body is read only if the row's version token (`RowKey.mark`) changed,
so a poll without news costs little. A row is reported only when it is complete.

WordPress publishes without a transaction: it writes the terms (tags and categories) after the status, and the
photo after them, tens of milliseconds later on a small site and seconds later on one with 100 000 posts,
whose categories it counts each time. Other entries in its tables show how much it has written
(`PublishProgress`). If there are none, newsbot waits until the row has not changed for a while.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, TypeAlias

from pydantic import ConfigDict, PlainSerializer, PlainValidator, TypeAdapter

from newsbot.identity.addresses import find_nearest
from newsbot.model import Item
from newsbot.sources.database.connection import DatabaseConnection, ReadTransaction
from newsbot.sources.database.source import DatabaseSettings

if TYPE_CHECKING:
    from newsbot.sources.database.query import QueryRowSource
    from newsbot.sources.database.wordpress import WordPressRowSource

    RowSource: TypeAlias = QueryRowSource | WordPressRowSource

__all__ = [
    "CursorState",
    "DatabaseScan",
    "MovedRows",
    "Position",
    "PublishProgress",
    "RowId",
    "RowKey",
    "RowVerdict",
    "ScanResult",
    "judge_row",
    "parse_row_id",
]

# The following types describe the rows of a CMS's article table.

Position: TypeAlias = datetime | date | int | Decimal | str | None
RowId: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class RowKey:
    """A row of a CMS's article table without its body: enough to see whether the article must be read again.

    ``guid`` is the guid of the row's article. ``mark`` is a version token that changes whenever the row may
    have changed. ``live`` says that the row is published. ``at`` has the row's value in each cursor column.
    ``until`` is the end of the article's embargo, or None. ``fresh`` is the time when the row was published
    or edited, if that was so recently that the CMS may still add a photo or tags, else None. All times have a
    time zone.
    """

    id: RowId
    guid: str
    mark: str
    live: bool
    at: tuple[Position, ...]
    published_at: datetime | None = None
    until: datetime | None = None
    fresh: datetime | None = None

    @property
    def name(self) -> str:
        """Return the row's id as a key of a JSON object: a text id gets an apostrophe in front."""
        return str(self.id) if isinstance(self.id, int) else f"'{self.id}"


def parse_row_id(name: str) -> RowId:
    """Convert the key `RowKey.name` of a row back to the row's id: a number or a text, like the database's
    values.
    """
    return name[1:] if name.startswith("'") else int(name)


class PublishProgress(Enum):
    """The progress of a CMS in publishing an article: how much of the article its tables have already."""

    DONE = "done"
    """The CMS has written all values of the article."""
    TERMS = "terms"
    """The CMS has written all values of the article but a photo, which may still follow."""
    COMING = "coming"
    """The CMS will certainly write more values of the article."""
    UNKNOWN = "unknown"
    """The CMS's tables don't show yet how much of the article the CMS has written."""
    MUTE = "mute"
    """The CMS's tables never show how much the CMS has written of this kind of article."""


class MovedRows(NamedTuple):
    """The rows that may have changed since the last scan: those at or after a position in the cursor columns.

    ``whole`` says that ``keys`` has all rows after the position. If not, the missing rows are unchanged.
    """

    keys: list[RowKey]
    whole: bool


# The following definitions keep the state of a database source between two scans.

# The number of the articles reported last that a scan looks up again, to notice whether one was unpublished.
_GIVEN = 200


class RecentRow(NamedTuple):
    """A row that was published or edited recently, and so may still be incomplete.

    ``first`` is the time when a scan first saw the row in this edit, and ``changed`` the time when the row
    last changed. ``look`` is a hash of the row's article as the last scan read it. ``given`` is the hash of
    the article that the source last reported for this row, or "".
    """

    first: datetime
    changed: datetime
    look: str
    progress: PublishProgress
    given: str = ""


_KINDS = {"time": datetime, "day": date, "whole": int, "number": Decimal}
_PARSERS: Mapping[str, Callable[[str], Position]] = {
    "time": datetime.fromisoformat,
    "day": date.fromisoformat,
    "whole": int,
    "number": Decimal,
}


def _dump_position(value: Position) -> list[str]:
    return [next((name for name, kind in _KINDS.items() if isinstance(value, kind)), "text"), str(value)]


def _load_position(pair: Sequence[str]) -> Position:
    found = _PARSERS.get(pair[0], str)(pair[1])
    return found.astimezone(UTC) if isinstance(found, datetime) and found.tzinfo else found


StoredPosition = Annotated[Position, PlainValidator(_load_position), PlainSerializer(_dump_position)]


@dataclass
class CursorState:
    """The state of a database source, which is stored as JSON between polls. Rows are keyed by `RowKey.name`.

    ``high`` is the furthest value seen in each cursor column. ``seen`` are the marks (`RowKey.mark`) of the
    rows within the overlap before ``high``. ``given`` has guid and mark of the articles reported last.
    ``later`` are rows to read again, each with the time to do so (ISO 8601), such as the end of an embargo.
    ``young`` are rows that were published or edited recently and may be incomplete. ``own`` is data that only
    the `RowSource` reads and writes. ``checked_at`` is the time when the reported articles were last looked
    up again (ISO 8601). ``marked`` says whether the site's tables show how much of an article is written
    (`PublishProgress`), and ``slow`` is the time that publishing an article takes at this site.
    """

    __pydantic_config__: ClassVar = ConfigDict(ser_json_timedelta="float")

    high: dict[str, StoredPosition] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    given: dict[str, tuple[str, str]] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    young: dict[str, RecentRow] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    checked_at: str = ""
    marked: bool = True
    slow: timedelta = timedelta(0)

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> "CursorState":
        """Restore the state of a database source from the JSON object that `dump` returned."""
        return _STORED_STATE.validate_python(data)

    def dump(self) -> dict[str, Any]:
        """Return the state of the database source as a JSON object, from which `load` restores it."""
        stored: dict[str, Any] = _STORED_STATE.dump_python(self, mode="json")
        return stored

    def mark(self, name: str) -> str | None:
        """Return the version token (`RowKey.mark`) that a row had at the last scan that saw it; None for a
        new row.
        """
        return self.seen.get(name) or self.given.get(name, ("", None))[1]

    def record_reported(self, key: RowKey) -> None:
        """Record that a row's article was reported to newsbot; forget all but the last 200 reported rows."""
        self.given.pop(key.name, None)
        self.given[key.name] = (key.guid, key.mark)
        for name in list(self.given)[:-_GIVEN]:
            del self.given[name]

    def store_marks(self, marks: dict[str, str], *, whole: bool) -> None:
        """Store rows' version tokens (`RowKey.mark`); with ``whole``, forget the tokens of all other rows."""
        self.seen = marks if whole else {**self.seen, **marks}

    def advance(self, columns: Iterable[str], keys: Iterable[RowKey]) -> None:
        """Raise ``high`` to the furthest value that each cursor column has in the rows that a scan read."""
        for key in keys:
            for column, value in zip(columns, key.at, strict=True):
                if value is not None and _is_further(value, self.high.get(column)):
                    self.high[column] = value


_STORED_STATE = TypeAdapter(CursorState)


def _is_further(value: Position, other: Position) -> bool:
    """Return whether the ``value`` of a cursor column is after ``other``; True if their types differ.

    The types differ if config.yaml names another column than before.
    """
    if other is None or value is None or type(value) is not type(other):
        return True
    try:
        return bool(value > other)  # type: ignore[operator]  # both are of one type
    # Python can't compare a time that has a zone with one that has none. Then the value counts as after the
    # other one, so that the scan skips no row.
    except TypeError:
        return True


def _lower_bound(high: Position, overlap: timedelta | int, now: datetime, zone: tzinfo) -> Position:
    """Return the value of a cursor column at which the next scan begins: the furthest value less the overlap.

    The value is never after the database's own time ``now``: if it were, a row from a writer whose clock is
    ahead would hide the rows of other writers. ``zone`` is the time zone of times without one.
    """
    span = overlap if isinstance(overlap, timedelta) else timedelta(hours=1)
    match high:
        case datetime():
            return min(high, _convert_like(now, high, zone)) - span
        case date():
            return min(high, now.astimezone(zone).date()) - max(span, timedelta(days=1))
        case int() | Decimal():
            return high - (overlap if isinstance(overlap, int) else _NUMBERS)
        case str():
            try:
                furthest = datetime.fromisoformat(high)
            except ValueError:
                return high
            # The lower bound has a blank between day and time, because SQLite stores times as text and a
            # blank sorts before a T. So the scan finds times that are written with a blank and times that are
            # written with a T.
            low = min(furthest, _convert_like(now, furthest, zone)) - span
            return low.strftime("%Y-%m-%d %H:%M:%S")
    return high


# The amount by which a scan goes back in a numeric cursor column, such as an id, if the setting ``overlap``
# is a duration.
_NUMBERS = 1000


def _convert_like(now: datetime, other: datetime, zone: tzinfo) -> datetime:
    """Return the time ``now`` in a form that can be compared with ``other``.

    If ``other`` has no time zone, the result has none either, and is by the clock of ``zone``.
    """
    return now if other.tzinfo else now.astimezone(zone).replace(tzinfo=None)


# The following definitions decide when a row of the CMS's table is complete.

# newsbot waits at most this long for a row to become complete; then it reports the row even if the row keeps
# changing.
_LONGEST = timedelta(seconds=20)
# A scan reports an edit of a row that was reported before when the row has not changed for this time.
_EDIT = timedelta(seconds=2)
# newsbot waits this long for an article's photo after the CMS has written everything else of the article.
_PHOTO = timedelta(seconds=0.5)
# A row counts as complete after this time without a change if the CMS usually shows in its tables how much of
# an article it has written, but does not for this row: it may have removed the entry before the poll.
_MARK = timedelta(seconds=3)
# A row counts as complete only after this time without a change if the CMS never shows in its tables how much
# of an article it has written.
_CALM = timedelta(seconds=0.75)
# newsbot waits at most this long after it first saw a row if the CMS never shows how much of an article it
# has written.
_DOUBT = timedelta(seconds=3)
_KEPT = timedelta(minutes=1)


class RowVerdict(Enum):
    """The decision of a scan of a CMS's database whether to report the article of a row that it has just
    read.
    """

    WHOLE = "whole"
    """The row is complete, so its article is reported."""
    SAME = "same"
    """The row is unchanged since its article was reported, so nothing is done."""
    COMING = "coming"
    """The row may be incomplete, so it is read again soon."""


def judge_row(
    memory: CursorState,
    key: RowKey,
    item: Item | None,
    progress: PublishProgress,
    *,
    now: datetime,
    every: timedelta,
) -> RowVerdict:
    """Decide whether a row of the CMS's table that was just read is complete, and store its state in
    ``memory``.

    ``item`` is the row's article, ``every`` the time between two polls.
    """
    look = blake2b(repr(item).encode("utf-8", "replace"), digest_size=8).hexdigest()
    young = memory.young.get(key.name) or RecentRow(now, now, look, progress)
    progress = _merge_progress(young.progress, progress, item)
    if (young.look, young.progress) != (look, progress):
        # If the row's article was reported before this change, the change begins another edit, so the time
        # that the scan waits for the row to be complete begins now.
        first = now if young.given == young.look else young.first
        young = RecentRow(first, now, look, progress, young.given)
    memory.young[key.name] = young
    if young.given == look:
        return RowVerdict.SAME
    if now - young.first < _LONGEST and not _is_complete(memory, key, young, now=now, every=every):
        return RowVerdict.COMING
    if not young.given and progress is not PublishProgress.MUTE:
        # From the first report of each row, the scan learns whether the site's tables show how much of an
        # article is written, and how long publishing an article takes there.
        memory.marked = progress is not PublishProgress.UNKNOWN
        memory.slow = max(now - young.first, memory.slow / 2)
    memory.young[key.name] = young._replace(given=look)
    return RowVerdict.WHOLE


def _merge_progress(before: PublishProgress, progress: PublishProgress, item: Item | None) -> PublishProgress:
    """Return how much of an article the CMS has written to its tables.

    If the CMS's tables don't show this any more, return what the tables showed at an earlier scan.
    """
    shown = before in {PublishProgress.TERMS, PublishProgress.COMING}
    if progress is not PublishProgress.UNKNOWN or not shown:
        return progress
    return PublishProgress.DONE if item and item.image else PublishProgress.TERMS


def _is_complete(
    memory: CursorState, key: RowKey, young: RecentRow, *, now: datetime, every: timedelta
) -> bool:
    calm = now - young.changed
    # An edit counts as complete when the row has not changed for some time, because the CMS shows only for
    # publications, and not for edits, how much it has written.
    if young.given or key.name in memory.given:
        return young.progress is not PublishProgress.COMING and calm >= max(_EDIT, memory.slow)
    match young.progress:
        case PublishProgress.COMING:
            return False
        case PublishProgress.DONE:
            return True
        case PublishProgress.TERMS:
            return calm >= max(_PHOTO, (young.changed - young.first) / 2)
        case PublishProgress.UNKNOWN if memory.marked:
            return calm >= max(_MARK, memory.slow)
    # The row may have been published right after the previous poll. So newsbot waits until the time between
    # two polls has passed since the publication, but at most 3 seconds from when it first saw the row.
    until = min(young.first + _DOUBT, (key.fresh or young.first) + every + _CALM)
    return calm >= _CALM and now >= until


# The following definitions carry out one scan (reading of new and changed rows) of a CMS's database.

# The first poll reads the whole text of this many of the newest articles: the command `fetch` shows them, and
# later polls notice by these texts that an article was edited.
_NEWEST = 20
_MOST_WHOLE = 300  # The most articles that one poll reads whole; the next polls read the rest.
# The time after which a scan checks again whether the articles reported before are still published.
_CHECK = timedelta(minutes=1)


@dataclass
class ScanResult:
    """The result of a scan of a CMS's database.

    ``items`` are the scan's articles, newest first. ``gone`` are the guids of articles that are no longer
    published, and ``past`` the guids of articles that were published before the first poll. ``soon`` says
    that incomplete rows must be scanned again soon.
    """

    memory: CursorState
    items: list[Item] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    past: list[str] = field(default_factory=list)
    soon: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseScan:
    """The procedure by which a database source scans its rows."""

    link: DatabaseConnection
    rows: "RowSource"
    settings: DatabaseSettings

    def scan(self, cursor: Mapping[str, Any]) -> ScanResult:
        """Scan the CMS's database, for the first time if ``cursor`` is empty, else again after the scan whose
        state it has.
        """
        return self._scan_again(CursorState.load(cursor)) if cursor else self.scan_first()

    def scan_first(self) -> ScanResult:
        """Scan the CMS's database for the first time.

        Published articles count as past (no news). Articles under embargo are read when their embargo ends.
        """
        look, newest = ScanResult(CursorState()), max(self.settings.backfill, _NEWEST)
        with self.link.view() as ask:
            now = ask.now()
            keys = self.rows.begin(ask, look.memory, newest=newest)
            live = _sort_newest_first(key for key in keys if key.live and not _is_embargoed(key, now))
            found = dict(self.rows.items(ask, live[:newest]))
        chosen = [key for key in live[:newest] if found.get(key.id)]
        look.items = [item for key in chosen if (item := found[key.id])]
        look.past = [key.guid for key in live]
        for key in keys:
            _is_waiting_for_embargo(look.memory, key, now)
        look.memory.advance(self.rows.columns, keys)
        self._store_marks(look.memory, keys, now)
        for key in reversed(chosen):
            look.memory.record_reported(key)
        return look

    def _scan_again(self, memory: CursorState) -> ScanResult:
        look = ScanResult(memory)
        with self.link.view() as ask:
            now = ask.now()
            keys, whole = self._collect_keys(ask, look, now)
            wanted = _sort_newest_first(self._select_wanted_keys(look, keys.values(), now))
            chosen = wanted[:_MOST_WHOLE]
            found = dict(self.rows.items(ask, chosen)) if chosen else {}
            verdicts = self._judge_rows(ask, memory, [key for key in chosen if key.id in found], found)
        self._hand_over(look, [key for key in chosen if verdicts.get(key.name) is RowVerdict.WHOLE], found)
        look.soon = RowVerdict.COMING in verdicts.values()
        later = {key.name for key in wanted if verdicts.get(key.name, RowVerdict.COMING) is RowVerdict.COMING}
        for name in verdicts:
            memory.later.pop(name, None)
        memory.later |= dict.fromkeys(later, now.isoformat())
        memory.advance(self.rows.columns, keys.values())
        self._store_marks(memory, [key for key in keys.values() if key.name not in later], now, whole=whole)
        memory.young = {name: row for name, row in memory.young.items() if now - row.first < _KEPT}
        return look

    def find_by_url(self, url: str) -> Item | None:
        """Return the published article at a web address, or else at the address's path on another host; None
        if no article is at either.
        """
        with self.link.view() as ask:
            now = ask.now()
            found = self.rows.find_by_url(ask, url)
            keys = [key for key in found if key.live and not _is_embargoed(key, now)]
            items = [item for _, item in self.rows.items(ask, keys) if item] if keys else []
        return find_nearest(url, items)

    def _judge_rows(
        self,
        ask: ReadTransaction,
        memory: CursorState,
        keys: Sequence[RowKey],
        found: Mapping[RowId, Item | None],
    ) -> dict[str, RowVerdict]:
        """Judge each row of the CMS's table that was read: return, by `RowKey.name`, whether the row's
        article is to be reported now.
        """
        young = [key for key in keys if key.fresh or key.name in memory.young]
        progress = self.rows.progress(ask, young) if young else {}
        verdicts = {key.name: RowVerdict.WHOLE for key in keys}
        now, every = ask.now(), self.settings.every
        for key in young:
            far = progress.get(key.id, PublishProgress.UNKNOWN)
            verdicts[key.name] = judge_row(memory, key, found[key.id], far, now=now, every=every)
        return verdicts

    def _collect_keys(
        self, ask: ReadTransaction, look: ScanResult, now: datetime
    ) -> tuple[dict[str, RowKey], bool]:
        """Return the rows that this scan has to examine, by `RowKey.name`, and whether they include all rows
        that changed recently.

        The rows to examine are those that changed, those whose waiting time (an embargo) is over and, once a
        minute, those of articles reported before. Rows that no longer exist are added to ``look.gone``.
        """
        memory = look.memory
        moved, whole = self.rows.find_moved(ask, memory, self._lower_bounds(memory, now))
        keys = {key.name: key for key in moved}
        over = {name for name, until in memory.later.items() if datetime.fromisoformat(until) <= now}
        asked = over - keys.keys()
        if not memory.checked_at or now - datetime.fromisoformat(memory.checked_at) >= _CHECK:
            memory.checked_at = now.isoformat()
            asked |= memory.given.keys() - keys.keys()
        if asked:
            keys |= {key.name: key for key in self.rows.find(ask, asked)}
        for name in asked - keys.keys():
            memory.later.pop(name, None)
            if name in memory.given:
                look.gone.append(memory.given.pop(name)[0])
        return keys, whole

    def _select_wanted_keys(self, look: ScanResult, keys: Iterable[RowKey], now: datetime) -> list[RowKey]:
        """Return the rows whose articles must be read; add rows no longer published to ``look.gone``."""
        wanted, memory = [], look.memory
        for key in keys:
            waited = key.name in memory.later
            published = key.live and not _is_waiting_for_embargo(memory, key, now)
            if memory.mark(key.name) == key.mark and not waited:
                continue
            if published:
                wanted.append(key)
            elif not waited or key.name in memory.young:
                memory.later.pop(key.name, None)
                memory.given.pop(key.name, None)
                look.gone.append(key.guid)
            elif not key.live:
                del memory.later[key.name]
        return wanted

    def _hand_over(self, look: ScanResult, chosen: list[RowKey], found: Mapping[RowId, Item | None]) -> None:
        """Add the articles of the chosen rows to the scan's result; rows that the settings exclude count as
        gone.
        """
        memory = look.memory
        for key in reversed(chosen):
            if item := found.get(key.id):
                memory.record_reported(key)
                look.items.insert(0, item)
                look.past += [key.guid] if self.rows.is_past(key, memory) else []
            elif key.id in found:
                memory.given.pop(key.name, None)
                look.gone.append(key.guid)

    def _lower_bounds(self, memory: CursorState, now: datetime) -> list[Position]:
        highs = [memory.high.get(column) for column in self.rows.columns]
        overlap, zone = self.settings.overlap, self.settings.timezone
        return [_lower_bound(high, overlap, now, zone) for high in highs]

    def _store_marks(
        self, memory: CursorState, keys: Iterable[RowKey], now: datetime, *, whole: bool = True
    ) -> None:
        """Store the version tokens (`RowKey.mark`) of the rows that the next scan will find again, by which
        that scan notices which of these rows have changed.
        """
        lows = self._lower_bounds(memory, now)
        memory.store_marks({key.name: key.mark for key in keys if _is_in_next_scan(key, lows)}, whole=whole)


def _is_in_next_scan(key: RowKey, lows: list[Position]) -> bool:
    """Return whether the next scan, which begins at the positions ``lows``, will find a row again.

    Return True if a value of the row and its position have different types.
    """
    placed = [(value, least) for value, least in zip(key.at, lows, strict=True) if value is not None]
    try:
        return not placed or any(least is None or value >= least for value, least in placed)  # type: ignore[operator]  # mostly of one type
    except TypeError:
        return True


def _is_embargoed(key: RowKey, now: datetime) -> bool:
    return key.until is not None and key.until > now


def _is_waiting_for_embargo(memory: CursorState, key: RowKey, now: datetime) -> bool:
    """Return whether the embargo of a published row has not ended yet; if so, store in ``memory`` when to
    read the row.
    """
    waiting = key.live and _is_embargoed(key, now)
    if waiting and key.until:
        memory.later[key.name] = key.until.isoformat()
    return waiting


def _sort_newest_first(keys: Iterable[RowKey]) -> list[RowKey]:
    """Sort rows of the CMS's table by time of publication, newest first; rows without a time come last, the
    highest id first.
    """

    def rank(key: RowKey) -> tuple[float, int, str]:
        published = key.published_at.timestamp() if key.published_at else 0.0
        return published, key.id if isinstance(key.id, int) else 0, key.name

    return sorted(keys, key=rank, reverse=True)
