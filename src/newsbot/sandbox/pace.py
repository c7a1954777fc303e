"""Sliding windows: how often something may arrive."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

__all__ = ["RateWindow", "RateWindows"]


@dataclass(frozen=True, slots=True)
class RateWindow:
    """At most ``count`` arrivals in any ``seconds``."""

    count: int
    seconds: float


@dataclass(slots=True)
class RateWindows:
    """Arrivals by key. ``slack`` seconds are forgiven, since a network bunches what left in good time."""

    slack: float = 0.05
    _arrivals: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait_seconds(self, key: str, window: RateWindow, now: float) -> float:
        """Seconds until one more fits; 0 where it fits now."""
        seen = self._list_recent(key, window, now)
        if len(seen) < window.count:
            return 0.0
        return max(seen[-window.count] + window.seconds - self.slack - now, 0.001)

    def count(self, key: str, now: float) -> None:
        self._arrivals[key].append(now)

    def remaining(self, key: str, window: RateWindow, now: float) -> int:
        return max(window.count - len(self._list_recent(key, window, now)), 0)

    def reset_at(self, key: str, window: RateWindow, now: float) -> int:
        """When the oldest arrival leaves the window, in whole epoch seconds."""
        seen = self._list_recent(key, window, now)
        return math.ceil((seen[0] if seen else now) + window.seconds)

    def clear(self) -> None:
        self._arrivals.clear()

    def _list_recent(self, key: str, window: RateWindow, now: float) -> deque[float]:
        seen = self._arrivals[key]
        while seen and seen[0] <= now - window.seconds + self.slack:
            seen.popleft()
        return seen
