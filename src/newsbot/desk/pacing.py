"""How fast the desk may write: one call a second in a chat, twenty a minute in a group.

Answers go first, then alerts, then cards.

Shared by nothing: the desk's chats are its own, and there is one desk a bot.
"""

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal, TypeAlias

__all__ = ["Pace", "Rank"]

Rank: TypeAlias = Literal["answer", "alert", "card"]
"""What a call is, the most urgent first."""

_BETWEEN = 1.01  # seconds from one call's end to the next in a chat
_WINDOW = 60.0
_GROUP: Mapping[Rank, int] = {
    "answer": 20,
    "alert": 17,
    "card": 14,
}  # in a window, calls of all ranks counted
_MANY = 100  # chats; above it those are forgotten that nothing waits for


@dataclass(slots=True)
class _Lane:
    """One chat. ``free_at`` is when the next call may leave."""

    busy: bool = False
    free_at: float = 0.0
    waiting: Counter[Rank] = field(default_factory=Counter)
    users: int = 0
    ended: deque[float] = field(default_factory=deque)


class Pace:
    """Turns in a chat. A group's id is below 0."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._lanes: dict[int, _Lane] = {}
        """Of the chats that were written to lately."""
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def turn(self, chat_id: int, rank: Rank) -> AsyncIterator[None]:
        """The block is one call; it begins when the chat has room for it."""
        self._forget_idle()
        lane = self.lane(chat_id)
        lane.users += 1
        try:
            await self._wait(lane, chat_id, rank)
            try:
                yield
            finally:
                lane.busy = False
                lane.free_at = max(lane.free_at, self._now() + _BETWEEN)
                if chat_id < 0:
                    lane.ended.append(self._now())
                async with self._changed:
                    self._changed.notify_all()
        finally:
            lane.users -= 1

    def _forget_idle(self) -> None:
        """A chat whose pace allows everything is as good as one that was never written to."""
        if len(self._lanes) <= _MANY:
            return
        now = self._now()
        for chat_id, lane in list(self._lanes.items()):
            recent = lane.ended and lane.ended[-1] > now - _WINDOW
            if not lane.users and lane.free_at <= now and not recent:
                del self._lanes[chat_id]

    def __len__(self) -> int:
        return len(self._lanes)

    def hold(self, chat_id: int, seconds: float) -> None:
        """Telegram asked for it, by a 429."""
        lane = self.lane(chat_id)
        lane.free_at = max(lane.free_at, self._now() + seconds)

    async def _wait(self, lane: _Lane, chat_id: int, rank: Rank) -> None:
        lane.waiting[rank] += 1
        try:
            while True:
                wait = self.until(chat_id, rank)
                if wait <= 0:
                    lane.busy = True
                    return
                async with self._changed:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):  # not wait_for, which may forget a stop
                            await self._changed.wait()
        finally:
            lane.waiting[rank] -= 1

    def lane(self, chat_id: int) -> _Lane:
        """What is known of a chat."""
        return self._lanes.setdefault(chat_id, _Lane())

    def until(self, chat_id: int, rank: Rank) -> float:
        """Seconds until it may be somebody's turn there."""
        lane = self.lane(chat_id)
        before = itertools.takewhile(lambda other: other != rank, _GROUP)
        if lane.busy or any(lane.waiting[other] for other in before):  # told when that changes
            return _WINDOW
        now = self._now()
        while lane.ended and lane.ended[0] <= now - _WINDOW:
            lane.ended.popleft()
        most = _GROUP[rank]
        full = lane.ended[-most] + _WINDOW + 0.05 - now if chat_id < 0 and len(lane.ended) >= most else 0.0
        return max(lane.free_at - now, full)
