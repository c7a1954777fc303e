"""Is a row that was published or edited a moment ago whole, or is more of it on its way?

WordPress knows no transactions: the terms come after the status, and the photo after them, tens of
milliseconds later on a small site and seconds on one with 100 000 posts, whose categories it counts each
time. What it leaves in its tables by the way tells how far it is (`rows.Progress`); where nothing does, the
row has to be calm.
"""

from datetime import datetime, timedelta
from enum import Enum
from hashlib import blake2b

from newsbot.model import Item
from newsbot.sources.database.memory import Memory, Young
from newsbot.sources.database.rows import Key, Progress

__all__ = ["Verdict", "forget", "judge"]

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
