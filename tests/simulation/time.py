"""Virtual time: an event loop that never sleeps, and a wall clock that jumps."""

import asyncio
import selectors
from datetime import datetime, timedelta

__all__ = ["Stalled", "VirtualClock", "VirtualLoop"]


class Stalled(RuntimeError):  # noqa: N818  says what happened
    """Every task waits, and nothing that is planned could wake one."""


class _Leap(selectors.SelectSelector):
    """Where a real loop would sleep until its next timer, the time is that timer's at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stalled(
                f"no timer is left for any of {[str(task) for task in asyncio.all_tasks(self.loop)]}"
            )
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Single-threaded, without sockets, and the same for the same seed."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)
        self._leap.loop = self

    def time(self) -> float:
        return self._leap.now


class VirtualClock:
    """The Clock port: virtual time from ``start`` on, off by ``offset`` since the last jump."""

    def __init__(self, loop: VirtualLoop, start: datetime) -> None:
        self._loop = loop
        self.since = start
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return self.true() + self.offset

    def true(self) -> datetime:
        """What a clock that is right would say."""
        return self.since + timedelta(seconds=self._loop.time())
