"""Scan a CMS's database once: which rows are new, changed or gone, and which are complete.

Bodies are read only of rows whose mark moved, so that a poll with nothing new costs the CMS next to nothing.

WordPress knows no transactions: the terms come after the status, and the photo after them, tens of
milliseconds later on a small site and seconds on one with 100 000 posts, whose categories it counts each
time. What it leaves in its tables by the way tells how far it is (`rows.Progress`); where nothing does, the
row has to be calm.
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
from newsbot.sources.database.connection import Ask
from newsbot.sources.database.cursor import Memory, Young, low
from newsbot.sources.database.row_source import Key, Position, Progress, RowId, Rows

__all__ = ["Look", "Looking", "Verdict", "View", "forget", "judge"]

_LONGEST = timedelta(seconds=20)  # that a row is waited for, whatever becomes of it meanwhile
_EDIT = timedelta(seconds=2)  # without a change, of what is out already: nobody waits for it
_PHOTO = timedelta(seconds=0.5)  # in which a photo would begin to come, after all else
_MARK = timedelta(
    seconds=3
)  # without a change, where a mark should tell: it was taken off before it was seen
_CALM = timedelta(seconds=0.75)  # without a change, where nothing tells
_DOUBT = timedelta(seconds=3)  # the same, where the polls are far enough apart for it
_KEPT = timedelta(minutes=1)


class Verdict(Enum):
    """Hand it over; it is as it was handed over; look again soon."""

    WHOLE = "whole"
    SAME = "same"
    COMING = "coming"


def judge(
    memory: Memory, key: Key, item: Item | None, progress: Progress, *, now: datetime, every: timedelta
) -> Verdict:
    """Of a row just read; notes in the memory how it looks. ``every`` is the time between two polls."""
    look = blake2b(repr(item).encode("utf-8", "replace"), digest_size=8).hexdigest()
    young = memory.young.get(key.name) or Young(now, now, look, progress.value)
    progress = _since(Progress(young.progress), progress, item)
    if (young.look, young.progress) != (look, progress.value):
        first = now if young.given == young.look else young.first  # an edit of its own
        young = Young(first, now, look, progress.value, young.given)
    memory.young[key.name] = young
    if young.given == look:
        return Verdict.SAME
    if now - young.first < _LONGEST and not _is_whole(memory, key, young, now=now, every=every):
        return Verdict.COMING
    _learn(memory, young, progress, now)
    memory.young[key.name] = young._replace(given=look)
    return Verdict.WHOLE


def forget(memory: Memory, now: datetime) -> None:
    """Rows that are young no more."""
    memory.young = {name: young for name, young in memory.young.items() if now - young.first < _KEPT}


def _since(before: Progress, progress: Progress, item: Item | None) -> Progress:
    """What a mark told still holds when it was taken off."""
    if progress is not Progress.UNKNOWN or before not in {Progress.TERMS, Progress.COMING}:
        return progress
    return Progress.DONE if item and item.image else Progress.TERMS


def _is_whole(memory: Memory, key: Key, young: Young, *, now: datetime, every: timedelta) -> bool:
    calm = now - young.changed
    if young.given or key.name in memory.given:  # its marks are from when it was published
        return Progress(young.progress) is not Progress.COMING and calm >= max(_EDIT, memory.slow)
    match Progress(young.progress):
        case Progress.COMING:
            return False
        case Progress.DONE:
            return True
        case Progress.TERMS:
            return calm >= max(_PHOTO, (young.changed - young.first) / 2)
        case Progress.UNKNOWN if memory.marked:
            return calm >= max(_MARK, memory.slow)
    # It may have been published right after the last poll, whose next one it is to be noticed by.
    until = min(young.first + _DOUBT, (key.fresh or young.first) + every + _CALM)
    return calm >= _CALM and now >= until


def _learn(memory: Memory, young: Young, progress: Progress, now: datetime) -> None:
    """How this site publishes: whether it leaves marks that can be seen, and how long it takes."""
    if not young.given and progress is not Progress.MUTE:
        memory.marked = progress is not Progress.UNKNOWN
        memory.slow = max(now - young.first, memory.slow / 2)


_NEWEST = 20  # articles that first sight reads whole, for `fetch` and for edits soon after
_MOST_WHOLE = 300  # articles read whole in one poll; the rest follow with the next
_CHECK = timedelta(minutes=1)  # how often what was handed over is looked up again: is it still published?


class View(Protocol):
    """`Link.view`."""

    def __call__(self) -> AbstractContextManager[Ask]: ...


@dataclass
class Look:
    """``items`` newest first; ``gone``, ``past`` and ``soon`` as in `ports.Poll`."""

    memory: Memory
    items: list[Item] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    past: list[str] = field(default_factory=list)
    soon: bool = False


@dataclass(frozen=True, slots=True)
class Looking:
    """How a source looks, and how often. ``newest``: how many articles first sight has to give whole."""

    rows: Rows
    overlap: timedelta | int
    zone: tzinfo
    newest: int = 0
    every: timedelta = timedelta(minutes=5)

    def first(self, view: View) -> Look:
        """First sight: what is there is past, but for what is published later."""
        look = Look(Memory())
        with view() as ask:
            now = ask.now()
            keys = self.rows.begin(ask, look.memory, newest=max(self.newest, _NEWEST))
            live = _newest_first(key for key in keys if key.live and not _embargoed(key, now))
            chosen = live[: max(self.newest, _NEWEST)]
            found = dict(self.rows.items(ask, chosen))
        look.items = [item for key in chosen if (item := found.get(key.id))]
        look.past = [key.guid for key in live]
        for key in keys:
            _wait_for(look.memory, key, now)
        look.memory.advance(self.rows.columns, keys)
        self._remember(look.memory, keys, now)
        for key in reversed(chosen):
            if found.get(key.id):
                look.memory.give(key)
        return look

    def again(self, view: View, memory: Memory) -> Look:
        """Every later look. ``memory`` becomes that after it."""
        look = Look(memory)
        with view() as ask:
            now = ask.now()
            keys, whole = self._keys(ask, look, now)
            wanted = _newest_first(self._wanted(look, keys.values(), now))
            chosen = wanted[:_MOST_WHOLE]
            found = dict(self.rows.items(ask, chosen)) if chosen else {}
            verdicts = self._judged(ask, memory, [key for key in chosen if key.id in found], found)
        self._hand_over(look, [key for key in chosen if verdicts.get(key.name) is Verdict.WHOLE], found)
        look.soon = Verdict.COMING in verdicts.values()
        later = {key.name for key in wanted if verdicts.get(key.name, Verdict.COMING) is Verdict.COMING}
        for name in verdicts:
            memory.later.pop(name, None)
        memory.later |= dict.fromkeys(later, now.isoformat())
        memory.advance(self.rows.columns, keys.values())
        self._remember(memory, [key for key in keys.values() if key.name not in later], now, whole=whole)
        forget(memory, now)
        return look

    def at(self, view: View, url: str) -> Item | None:
        """The article that is published at this address, or at its place on the CMS's own site."""
        with view() as ask:
            now = ask.now()
            keys = [key for key in self.rows.at(ask, url) if key.live and not _embargoed(key, now)]
            items = [item for _, item in self.rows.items(ask, keys) if item] if keys else []
        return find_nearest(url, items)

    def _judged(
        self, ask: Ask, memory: Memory, keys: Sequence[Key], found: Mapping[RowId, Item | None]
    ) -> dict[str, Verdict]:
        """Which of the rows that were read are whole."""
        young = [key for key in keys if key.fresh or key.name in memory.young]
        progress = self.rows.progress(ask, young) if young else {}
        verdicts = {key.name: Verdict.WHOLE for key in keys}
        for key in young:
            far = progress.get(key.id, Progress.UNKNOWN)
            verdicts[key.name] = judge(memory, key, found[key.id], far, now=ask.now(), every=self.every)
        return verdicts

    def _keys(self, ask: Ask, look: Look, now: datetime) -> tuple[dict[str, Key], bool]:
        """The rows that moved, those whose embargo is over, and now and then those handed over.

        And: are these all that moved lately?
        """
        memory = look.memory
        moved, whole = self.rows.moved(ask, memory, self._low(memory, now))
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

    def _wanted(self, look: Look, keys: Iterable[Key], now: datetime) -> list[Key]:
        """The rows to be read whole; notes what is gone."""
        wanted, memory = [], look.memory
        for key in keys:
            waited = key.name in memory.later
            published = key.live and not _wait_for(memory, key, now)
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

    def _hand_over(self, look: Look, chosen: list[Key], found: Mapping[RowId, Item | None]) -> None:
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

    def _low(self, memory: Memory, now: datetime) -> list[Position]:
        highs = [memory.high.get(column) for column in self.rows.columns]
        return [low(high, self.overlap, now, self.zone) for high in highs]

    def _remember(self, memory: Memory, keys: Iterable[Key], now: datetime, *, whole: bool = True) -> None:
        """The marks of the rows that the next look will find again."""
        lows = self._low(memory, now)
        memory.see({key.name: key.mark for key in keys if _again(key, lows)}, whole=whole)


def _again(key: Key, lows: list[Position]) -> bool:
    """Will the row be among the next poll's? Where types differ, it may be."""
    placed = [(value, least) for value, least in zip(key.at, lows, strict=True) if value is not None]
    try:
        return not placed or any(least is None or value >= least for value, least in placed)  # type: ignore[operator]  # of one type, mostly
    except TypeError:
        return True


def _embargoed(key: Key, now: datetime) -> bool:
    return key.until is not None and key.until > now


def _wait_for(memory: Memory, key: Key, now: datetime) -> bool:
    """Is the row under embargo? Then it is looked up when that is over."""
    if key.live and key.until is not None and key.until > now:
        memory.later[key.name] = key.until.isoformat()
        return True
    return False


def _newest_first(keys: Iterable[Key]) -> list[Key]:
    """By publication, rows that don't tell it last and by their id."""
    return sorted(keys, key=_age, reverse=True)


def _age(key: Key) -> tuple[float, int, str]:
    published = key.published_at.timestamp() if key.published_at else 0.0
    return (published, key.id if isinstance(key.id, int) else 0, key.name)
