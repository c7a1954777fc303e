"""One look at a CMS's database: which rows are new, changed or gone, and the whole of the first two.

Bodies are read only of rows whose mark moved, so that a poll with nothing new costs the CMS next to nothing.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from newsbot.model import Item
from newsbot.sources.database.link import Ask
from newsbot.sources.database.memory import Memory, low
from newsbot.sources.database.rows import Key, Position, RowId, Rows

__all__ = ["Look", "Looking", "View"]

_NEWEST = 20  # articles that first sight reads whole, for `fetch` and for edits soon after
_MOST_WHOLE = 300  # articles read whole in one poll; the rest follow with the next
_CHECK = timedelta(minutes=1)  # how often what was handed over is looked up again: is it still published?
_SETTLING = 0.4  # seconds; WordPress sets the status some 40 ms before the terms and the photo (PLATFORMS)
_ROUNDS = 3


class View(Protocol):
    """`Link.view`."""

    def __call__(self) -> AbstractContextManager[Ask]: ...


@dataclass
class Look:
    """``items`` newest first; ``gone`` and ``past`` are guids, as in `ports.Poll`."""

    memory: Memory
    items: list[Item] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    past: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Looking:
    """How a source looks. ``newest``: how many articles first sight has to give whole."""

    rows: Rows
    overlap: timedelta | int
    zone: tzinfo
    newest: int = 0

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
            keys = self._keys(ask, look, now)
            wanted = _newest_first(self._wanted(look, keys.values(), now))
            chosen = wanted[:_MOST_WHOLE]
            found = dict(self.rows.items(ask, chosen)) if chosen else {}
        if any(key.fresh for key in chosen):
            found = self._settled(view, chosen, found)
        self._hand_over(look, chosen, found)
        left = {key.name for key in wanted if key.id not in found}
        memory.later |= dict.fromkeys(left, now.isoformat())
        memory.advance(self.rows.columns, keys.values())
        self._remember(memory, keys.values(), now)
        return look

    def _keys(self, ask: Ask, look: Look, now: datetime) -> dict[str, Key]:
        """The rows that moved, those whose embargo is over, and now and then those handed over."""
        memory = look.memory
        keys = {key.name: key for key in self.rows.moved(ask, memory, self._low(memory, now))}
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
        return keys

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
            elif not waited:
                memory.given.pop(key.name, None)
                look.gone.append(key.guid)
            elif not key.live:
                del memory.later[key.name]
        return wanted

    def _settled(
        self, view: View, chosen: list[Key], found: Mapping[RowId, Item | None]
    ) -> dict[RowId, Item | None]:
        """Read again until it stays the same; where there is no photo, once more."""
        settled, calm = dict(found), 0
        for _ in range(_ROUNDS):
            time.sleep(_SETTLING)
            with view() as ask:
                again = dict(self.rows.items(ask, [key for key in chosen if key.fresh]))
            fresh = {key.id: settled[key.id] for key in chosen if key.fresh and key.id in settled}
            calm = calm + 1 if fresh == again else 0
            settled = {row: item for row, item in settled.items() if row not in fresh} | again
            if calm > any(item and not item.image for item in again.values()):
                break
        return settled

    def _hand_over(self, look: Look, chosen: list[Key], found: Mapping[RowId, Item | None]) -> None:
        """What isn't wanted (any more) is gone, if it was ever handed over."""
        memory = look.memory
        for key in reversed(chosen):
            if key.id in found:
                memory.later.pop(key.name, None)
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

    def _remember(self, memory: Memory, keys: Iterable[Key], now: datetime) -> None:
        """The marks of the rows that the next look will find again."""
        lows = self._low(memory, now)
        memory.seen = {key.name: key.mark for key in keys if _again(key, lows)}


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
