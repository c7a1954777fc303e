"""How many polls are under way at once, so that those which hang delay no other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["PollTurns"]


class PollTurns:
    """At most ``most`` polls have a turn, and ``failing`` of sources that failed the last time.

    A poll that takes longer than ``patience`` seconds gives its turn to the next one and goes on. At most
    ``slow`` do that: each has a connection, and an answer in memory.
    """

    def __init__(self, *, most: int = 200, failing: int = 50, slow: int = 400, patience: float = 3.0) -> None:
        self._turns = asyncio.Semaphore(most)
        self._failing_turns = asyncio.Semaphore(failing)
        self._most_slow = slow
        self._slow: set[object] = set()
        self._patience = patience

    @asynccontextmanager
    async def take(self, *, failing: bool) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends."""
        turns, poll = self._failing_turns if failing else self._turns, object()
        await turns.acquire()
        timer = asyncio.get_running_loop().call_later(self._patience, self._pass_on, turns, poll)
        try:
            yield
        finally:
            timer.cancel()
            if poll in self._slow:
                self._slow.discard(poll)
            else:
                turns.release()

    def _pass_on(self, turns: asyncio.Semaphore, poll: object) -> None:
        if len(self._slow) < self._most_slow:
            self._slow.add(poll)
            turns.release()
