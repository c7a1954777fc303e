"""One scan of a CMS's database, which finds the rows that are new, changed or gone.

An article's body is read only if the row's version token (`RowKey.mark`) changed, so a poll without news
costs little. A row is reported only when it is complete.

WordPress publishes without a transaction: it writes the terms (tags and categories) after the status, and the
photo after them, tens of milliseconds later on a small site and seconds later on one with 100 000 posts,
whose categories it counts each time. Other entries in its tables show how much it has written
(`PublishProgress`). If there are none, newsbot waits until the row has not changed for a while.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from hashlib import blake2b
from typing import Protocol

from newsbot.identity.addresses import find_nearest
from newsbot.model import Item
from newsbot.sources.database.connection import ReadTransaction
from newsbot.sources.database.cursor import (
    CursorState,
    Position,
    PublishProgress,
    RecentRow,
    RowId,
    RowKey,
    RowSource,
    lower_bound,
)

__all__ = ["DatabaseScan", "RowVerdict", "ScanResult", "TransactionFactory", "forget", "judge_row"]

# newsbot waits at most this long for a row to become complete; then it reports the row even if the row keeps
# changing.
_LONGEST = timedelta(seconds=20)
# An edit of a row that was reported before is reported when the row has been unchanged for this time.
_EDIT = timedelta(seconds=2)
# newsbot waits this long for an article's photo after the CMS has written everything else of the article.
_PHOTO = timedelta(seconds=0.5)
# A row must be unchanged for this time if the CMS usually shows in its tables how much of an article it has
# written, but does not for this row: it may have removed the entry that shows this before the poll.
_MARK = timedelta(seconds=3)
# A row must be unchanged for this time if the CMS never shows in its tables how much of an article it has
# written.
_CALM = timedelta(seconds=0.75)
# newsbot waits at most this long after it first saw a row if the CMS never shows how much of an article it
# has written.
_DOUBT = timedelta(seconds=3)
_KEPT = timedelta(minutes=1)


class RowVerdict(Enum):
    """The decision of a scan about a row of the database that the scan has just read."""

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
    """Decide whether a row that was just read is complete, and store its present state in ``memory``.

    ``item`` is the row's article, ``every`` the time between two polls.
    """
    look = blake2b(repr(item).encode("utf-8", "replace"), digest_size=8).hexdigest()
    young = memory.young.get(key.name) or RecentRow(now, now, look, progress.value)
    progress = _merge_progress(PublishProgress(young.progress), progress, item)
    if (young.look, young.progress) != (look, progress.value):
        # If the row's article was reported before this change, the change begins a new edit.
        first = now if young.given == young.look else young.first
        young = RecentRow(first, now, look, progress.value, young.given)
    memory.young[key.name] = young
    if young.given == look:
        return RowVerdict.SAME
    if now - young.first < _LONGEST and not _is_complete(memory, key, young, now=now, every=every):
        return RowVerdict.COMING
    _learn_publishing_habits(memory, young, progress, now)
    memory.young[key.name] = young._replace(given=look)
    return RowVerdict.WHOLE


def forget(memory: CursorState, now: datetime) -> None:
    """Remove rows first seen over a minute ago from ``memory.young``, the rows that may be incomplete."""
    memory.young = {name: young for name, young in memory.young.items() if now - young.first < _KEPT}


def _merge_progress(before: PublishProgress, progress: PublishProgress, item: Item | None) -> PublishProgress:
    """Return how much of a row the CMS has written.

    If the CMS's tables don't show this any more, return what the tables showed at an earlier scan.
    """
    if progress is not PublishProgress.UNKNOWN or before not in {
        PublishProgress.TERMS,
        PublishProgress.COMING,
    }:
        return progress
    return PublishProgress.DONE if item and item.image else PublishProgress.TERMS


def _is_complete(
    memory: CursorState, key: RowKey, young: RecentRow, *, now: datetime, every: timedelta
) -> bool:
    calm = now - young.changed
    # An edit counts as complete when the row has not changed for some time, because the CMS's entries about
    # its progress are about publications.
    if young.given or key.name in memory.given:
        return PublishProgress(young.progress) is not PublishProgress.COMING and calm >= max(
            _EDIT, memory.slow
        )
    match PublishProgress(young.progress):
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


def _learn_publishing_habits(
    memory: CursorState, young: RecentRow, progress: PublishProgress, now: datetime
) -> None:
    """Record in ``memory`` whether the site's tables show how much of an article is written, and how long
    publishing this row's article took.
    """
    if not young.given and progress is not PublishProgress.MUTE:
        memory.marked = progress is not PublishProgress.UNKNOWN
        memory.slow = max(now - young.first, memory.slow / 2)


# The first poll reads this many articles whole, for the command `fetch` and to notice early edits.
_NEWEST = 20
_MOST_WHOLE = 300  # One poll reads at most this many articles whole; the next polls read the rest.
# A scan checks whether the articles reported before are still published if the last check was this long ago.
_CHECK = timedelta(minutes=1)


class TransactionFactory(Protocol):
    """The type of `DatabaseConnection.view`, which opens a read-only transaction."""

    def __call__(self) -> AbstractContextManager[ReadTransaction]: ...


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
    """The procedure by which a database source scans its rows, with the settings for a scan.

    ``newest`` is the number of articles that the first scan returns whole, ``every`` the time between polls.
    """

    rows: RowSource
    overlap: timedelta | int
    zone: tzinfo
    newest: int = 0
    every: timedelta = timedelta(minutes=5)

    def first(self, view: TransactionFactory) -> ScanResult:
        """Scan the database for the first time.

        Published articles count as past (no news). Articles under embargo are read when their embargo ends.
        """
        look = ScanResult(CursorState())
        with view() as ask:
            now = ask.now()
            keys = self.rows.begin(ask, look.memory, newest=max(self.newest, _NEWEST))
            live = _sort_newest_first(key for key in keys if key.live and not _is_embargoed(key, now))
            chosen = live[: max(self.newest, _NEWEST)]
            found = dict(self.rows.items(ask, chosen))
        look.items = [item for key in chosen if (item := found.get(key.id))]
        look.past = [key.guid for key in live]
        for key in keys:
            _is_waiting_for_embargo(look.memory, key, now)
        look.memory.advance(self.rows.columns, keys)
        self._store_marks(look.memory, keys, now)
        for key in reversed(chosen):
            if found.get(key.id):
                look.memory.give(key)
        return look

    def scan_again(self, view: TransactionFactory, memory: CursorState) -> ScanResult:
        """Scan the database again after an earlier scan, and update the state ``memory`` in place."""
        look = ScanResult(memory)
        with view() as ask:
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
        forget(memory, now)
        return look

    def find_by_url(self, view: TransactionFactory, url: str) -> Item | None:
        """Return the published article at a web address, or else at the address's path on another host; None
        if no article is at either.
        """
        with view() as ask:
            now = ask.now()
            keys = [
                key for key in self.rows.find_by_url(ask, url) if key.live and not _is_embargoed(key, now)
            ]
            items = [item for _, item in self.rows.items(ask, keys) if item] if keys else []
        return find_nearest(url, items)

    def _judge_rows(
        self,
        ask: ReadTransaction,
        memory: CursorState,
        keys: Sequence[RowKey],
        found: Mapping[RowId, Item | None],
    ) -> dict[str, RowVerdict]:
        """Judge each row that was read: return, by `RowKey.name`, whether the row's article is to be reported
        now.
        """
        young = [key for key in keys if key.fresh or key.name in memory.young]
        progress = self.rows.progress(ask, young) if young else {}
        verdicts = {key.name: RowVerdict.WHOLE for key in keys}
        for key in young:
            far = progress.get(key.id, PublishProgress.UNKNOWN)
            verdicts[key.name] = judge_row(memory, key, found[key.id], far, now=ask.now(), every=self.every)
        return verdicts

    def _collect_keys(
        self, ask: ReadTransaction, look: ScanResult, now: datetime
    ) -> tuple[dict[str, RowKey], bool]:
        """Return the rows to examine by `RowKey.name`, and whether they include all rows that changed
        recently.

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
        """Add the chosen rows' articles to the result; rows that the settings exclude count as gone."""
        memory = look.memory
        for key in reversed(chosen):
            if item := found.get(key.id):
                memory.give(key)
                look.items.insert(0, item)
                look.past += [key.guid] if self.rows.is_past(key, memory) else []
            elif key.id in found:
                memory.given.pop(key.name, None)
                look.gone.append(key.guid)

    def _lower_bounds(self, memory: CursorState, now: datetime) -> list[Position]:
        highs = [memory.high.get(column) for column in self.rows.columns]
        return [lower_bound(high, self.overlap, now, self.zone) for high in highs]

    def _store_marks(
        self, memory: CursorState, keys: Iterable[RowKey], now: datetime, *, whole: bool = True
    ) -> None:
        """Store the version tokens (`RowKey.mark`) of the rows that the next scan will find again."""
        lows = self._lower_bounds(memory, now)
        memory.see({key.name: key.mark for key in keys if _is_in_next_scan(key, lows)}, whole=whole)


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
    """Return whether a published row is under embargo; if so, store in ``memory`` when to read the row."""
    if key.live and key.until is not None and key.until > now:
        memory.later[key.name] = key.until.isoformat()
        return True
    return False


def _sort_newest_first(keys: Iterable[RowKey]) -> list[RowKey]:
    """Sort rows by time of publication, newest first; rows without a time come last, the highest id first."""
    return sorted(keys, key=_age_sort_key, reverse=True)


def _age_sort_key(key: RowKey) -> tuple[float, int, str]:
    published = key.published_at.timestamp() if key.published_at else 0.0
    return (published, key.id if isinstance(key.id, int) else 0, key.name)
