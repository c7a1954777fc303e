"""Sliding windows that limit how often something may arrive."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

__all__ = ["RateWindow", "RateWindows"]


@dataclass(frozen=True, slots=True)
class RateWindow:
    """A limit of ``count`` arrivals in any ``seconds``."""

    count: int
    seconds: float


@dataclass(slots=True)
class RateWindows:
    """Arrivals by key; one may be ``slack`` seconds early, as a network may delay earlier ones more."""

    slack: float = 0.05
    _arrivals: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait_seconds(self, key: str, window: RateWindow, now: float) -> float:
        """Return the seconds until one more arrival fits; 0 if it fits now."""
        seen = self._list_recent(key, window, now)
        if len(seen) < window.count:
            return 0.0
        return max(seen[-window.count] + window.seconds - self.slack - now, 0.001)

    def count(self, key: str, now: float) -> None:
        """Record an arrival."""
        self._arrivals[key].append(now)

    def remaining(self, key: str, window: RateWindow, now: float) -> int:
        """Return how many more arrivals fit now."""
        return max(window.count - len(self._list_recent(key, window, now)), 0)

    def reset_at(self, key: str, window: RateWindow, now: float) -> int:
        """Return when the oldest arrival leaves the window, in whole epoch seconds."""
        seen = self._list_recent(key, window, now)
        return math.ceil((seen[0] if seen else now) + window.seconds)

    def clear(self) -> None:
        """Delete all arrivals."""
        self._arrivals.clear()

    def _list_recent(self, key: str, window: RateWindow, now: float) -> deque[float]:
        seen = self._arrivals[key]
        while seen and seen[0] <= now - window.seconds + self.slack:
            seen.popleft()
        return seen
