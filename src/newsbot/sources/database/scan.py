"""Scan a CMS's database once: which rows are new, changed or gone, and which are complete.

Bodies are read only of rows whose mark moved, so that a poll with nothing new costs the CMS next to nothing.

WordPress knows no transactions: the terms come after the status, and the photo after them, tens of
milliseconds later on a small site and seconds on one with 100 000 posts, whose categories it counts each
time. What it leaves in its tables by the way tells how far it is (`row_source.PublishProgress`); where
nothing does, the row has to be calm.
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
from newsbot.sources.database.cursor import CursorState, RecentRow, lower_bound
from newsbot.sources.database.row_source import Position, PublishProgress, RowId, RowKey, RowSource

__all__ = ["DatabaseScan", "RowVerdict", "ScanResult", "TransactionFactory", "forget", "judge_row"]

_LONGEST = timedelta(seconds=20)  # that a row is waited for, whatever becomes of it meanwhile
_EDIT = timedelta(seconds=2)  # without a change, of what is out already: nobody waits for it
_PHOTO = timedelta(seconds=0.5)  # in which a photo would begin to come, after all else
_MARK = timedelta(
    seconds=3
)  # without a change, where a mark should tell: it was taken off before it was seen
_CALM = timedelta(seconds=0.75)  # without a change, where nothing tells
_DOUBT = timedelta(seconds=3)  # the same, where the polls are far enough apart for it
_KEPT = timedelta(minutes=1)


class RowVerdict(Enum):
    """Hand it over; it is as it was handed over; look again soon."""

    WHOLE = "whole"
    SAME = "same"
    COMING = "coming"


def judge_row(
    memory: CursorState,
    key: RowKey,
    item: Item | None,
    progress: PublishProgress,
    *,
    now: datetime,
    every: timedelta,
) -> RowVerdict:
    """Of a row just read; notes in the memory how it looks. ``every`` is the time between two polls."""
    look = blake2b(repr(item).encode("utf-8", "replace"), digest_size=8).hexdigest()
    young = memory.young.get(key.name) or RecentRow(now, now, look, progress.value)
    progress = _merge_progress(PublishProgress(young.progress), progress, item)
    if (young.look, young.progress) != (look, progress.value):
        first = now if young.given == young.look else young.first  # an edit of its own
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
    """Rows that are young no more."""
    memory.young = {name: young for name, young in memory.young.items() if now - young.first < _KEPT}


def _merge_progress(before: PublishProgress, progress: PublishProgress, item: Item | None) -> PublishProgress:
    """What a mark told still holds when it was taken off."""
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
    if young.given or key.name in memory.given:  # its marks are from when it was published
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
    # It may have been published right after the last poll, whose next one it is to be noticed by.
    until = min(young.first + _DOUBT, (key.fresh or young.first) + every + _CALM)
    return calm >= _CALM and now >= until


def _learn_publishing_habits(
    memory: CursorState, young: RecentRow, progress: PublishProgress, now: datetime
) -> None:
    """How this site publishes: whether it leaves marks that can be seen, and how long it takes."""
    if not young.given and progress is not PublishProgress.MUTE:
        memory.marked = progress is not PublishProgress.UNKNOWN
        memory.slow = max(now - young.first, memory.slow / 2)


_NEWEST = 20  # articles that first sight reads whole, for `fetch` and for edits soon after
_MOST_WHOLE = 300  # articles read whole in one poll; the rest follow with the next
_CHECK = timedelta(minutes=1)  # how often what was handed over is looked up again: is it still published?


class TransactionFactory(Protocol):
    """`Link.view`."""

    def __call__(self) -> AbstractContextManager[ReadTransaction]: ...


@dataclass
class ScanResult:
    """``items`` newest first; ``gone``, ``past`` and ``soon`` as in `ports.Poll`."""

    memory: CursorState
    items: list[Item] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    past: list[str] = field(default_factory=list)
    soon: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseScan:
    """How a source looks, and how often. ``newest``: how many articles first sight has to give whole."""

    rows: RowSource
    overlap: timedelta | int
    zone: tzinfo
    newest: int = 0
    every: timedelta = timedelta(minutes=5)

    def first(self, view: TransactionFactory) -> ScanResult:
        """First sight: what is there is past, but for what is published later."""
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

    def again(self, view: TransactionFactory, memory: CursorState) -> ScanResult:
        """Every later look. ``memory`` becomes that after it."""
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

    def at(self, view: TransactionFactory, url: str) -> Item | None:
        """The article that is published at this address, or at its place on the CMS's own site."""
        with view() as ask:
            now = ask.now()
            keys = [key for key in self.rows.at(ask, url) if key.live and not _is_embargoed(key, now)]
            items = [item for _, item in self.rows.items(ask, keys) if item] if keys else []
        return find_nearest(url, items)

    def _judge_rows(
        self,
        ask: ReadTransaction,
        memory: CursorState,
        keys: Sequence[RowKey],
        found: Mapping[RowId, Item | None],
    ) -> dict[str, RowVerdict]:
        """Which of the rows that were read are whole."""
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
        """The rows that moved, those whose embargo is over, and now and then those handed over.

        And: are these all that moved lately?
        """
        memory = look.memory
        moved, whole = self.rows.moved(ask, memory, self._lower_bounds(memory, now))
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
        """The rows to be read whole; notes what is gone."""
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
        """What isn't wanted (any more) is gone, if it was ever handed over."""
        memory = look.memory
        for key in reversed(chosen):
            if item := found.get(key.id):
                memory.give(key)
                look.items.insert(0, item)
                look.past += [key.guid] if self.rows.past(key, memory) else []
            elif key.id in found:
                memory.given.pop(key.name, None)
                look.gone.append(key.guid)

    def _lower_bounds(self, memory: CursorState, now: datetime) -> list[Position]:
        highs = [memory.high.get(column) for column in self.rows.columns]
        return [lower_bound(high, self.overlap, now, self.zone) for high in highs]

    def _store_marks(
        self, memory: CursorState, keys: Iterable[RowKey], now: datetime, *, whole: bool = True
    ) -> None:
        """The marks of the rows that the next look will find again."""
        lows = self._lower_bounds(memory, now)
        memory.see({key.name: key.mark for key in keys if _is_in_next_scan(key, lows)}, whole=whole)


def _is_in_next_scan(key: RowKey, lows: list[Position]) -> bool:
    """Will the row be among the next poll's? Where types differ, it may be."""
    placed = [(value, least) for value, least in zip(key.at, lows, strict=True) if value is not None]
    try:
        return not placed or any(least is None or value >= least for value, least in placed)  # type: ignore[operator]  # of one type, mostly
    except TypeError:
        return True


def _is_embargoed(key: RowKey, now: datetime) -> bool:
    return key.until is not None and key.until > now


def _is_waiting_for_embargo(memory: CursorState, key: RowKey, now: datetime) -> bool:
    """Is the row under embargo? Then it is looked up when that is over."""
    if key.live and key.until is not None and key.until > now:
        memory.later[key.name] = key.until.isoformat()
        return True
    return False


def _sort_newest_first(keys: Iterable[RowKey]) -> list[RowKey]:
    """By publication, rows that don't tell it last and by their id."""
    return sorted(keys, key=_age_sort_key, reverse=True)


def _age_sort_key(key: RowKey) -> tuple[float, int, str]:
    published = key.published_at.timestamp() if key.published_at else 0.0
    return (published, key.id if isinstance(key.id, int) else 0, key.name)
