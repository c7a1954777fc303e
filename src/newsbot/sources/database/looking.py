"""One look at a CMS's database: which rows are new, changed or gone, and the whole of the first two.

Bodies are read only of rows whose mark moved, so that a poll with nothing new costs the CMS next to nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from newsbot.identity.lookup import find_nearest
from newsbot.model import Item
from newsbot.sources.database.link import Ask
from newsbot.sources.database.memory import Memory, low
from newsbot.sources.database.rows import Key, Position, Progress, RowId, Rows
from newsbot.sources.database.settling import Verdict, forget, judge

__all__ = ["Look", "Looking", "View"]

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
