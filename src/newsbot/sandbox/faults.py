"""Faults that a test orders beforehand: which calls they hit, and what goes wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

__all__ = [
    "KINDS",
    "KINDS_AFTER_PROCESSING",
    "KINDS_BEFORE_PROCESSING",
    "FaultInjector",
    "FaultKind",
    "InjectedFault",
]

FaultKind = Literal[
    "refused",
    "reset_before_read",
    "hang_before_processing",
    "garbage",
    "400",
    "500",
    "502",
    "503",
    "429",
    "429_without_retry_after",
    "reset_after_processing",
    "hang_after_processing",
    "500_after_processing",
    "502_after_processing",
    "503_after_processing",
    "slow_headers",
    "dripping_body",
    "cut_body",
    "wrong_length",
    "not_json",
    "empty",
    "latency",
    "none",
]
KINDS = frozenset(get_args(FaultKind))
KINDS_BEFORE_PROCESSING = frozenset(
    {"reset_before_read", "hang_before_processing", "garbage", "400", "500", "502", "503", "429"}
    | {"429_without_retry_after"}
)
"""The platform never sees the call."""
KINDS_AFTER_PROCESSING = KINDS - KINDS_BEFORE_PROCESSING - {"refused", "latency", "none"}
"""The platform has done what was asked; only the answer is spoiled."""


@dataclass(slots=True)
class InjectedFault:
    """``match`` is a glob over `Call.method`. The first ``after`` that match pass, the next ``times``
    fail.

    ``seconds`` means: how long (latency, refused; 0 for refused: until taken away), or between two bytes
    (slow_headers, dripping_body). ``at`` is where cut_body ends and what wrong_length says, as a share of
    the body; over 1, it says more than it sends. ``refused`` closes the platform's socket, so ``times``
    says nothing there.
    ``none`` lets calls pass, to space a sequence. ``path`` is a glob over the request's path, to hit the
    calls of one bot only (``/bot123456:*``).
    """

    platform: str
    match: str
    kind: FaultKind
    times: int = 1
    after: int = 0
    seconds: float = 0.0
    retry_after: int = 1
    path: str = "*"
    at: float = 0.5

    def matches(self, platform: str, method: str, path: str = "") -> bool:
        return platform == self.platform and fnmatchcase(method, self.match) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class FaultInjector:
    """Waiting faults, in the order they were added; one call takes at most one."""

    waiting: list[InjectedFault] = field(default_factory=list)
    on_change: Callable[[], None] = lambda: None

    def add(
        self,
        platform: str,
        match: str,
        kind: FaultKind,
        times: int = 1,
        *,
        after: int = 0,
        seconds: float = 0.0,
        retry_after: int = 1,
        path: str = "*",
        at: float = 0.5,
    ) -> InjectedFault:
        """Order a fault; see `InjectedFault`. Raises ValueError for a platform or kind that is not there."""
        if platform not in {"telegram", "x"} or kind not in KINDS:
            raise ValueError(f"no fault {kind!r} on {platform!r}: the kinds are {', '.join(sorted(KINDS))}")
        fault = InjectedFault(platform, match, kind, times, after, seconds, retry_after, path, at)
        self.waiting.append(fault)
        self.on_change()
        return fault

    def take(self, platform: str, method: str, path: str = "") -> InjectedFault | None:
        """The fault that hits this call; it has one time less then."""
        for fault in [f for f in self.waiting if f.matches(platform, method, path)]:
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.kind == "refused":
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
            return fault
        return None

    def find_outage(self, platform: str) -> InjectedFault | None:
        """The fault that keeps the platform from listening right now."""
        due = (f for f in self.waiting if f.kind == "refused" and f.platform == platform and f.after <= 0)
        return next(due, None)

    def remove(self, fault: InjectedFault) -> None:
        """Take one away; nothing if it is over already."""
        if fault in self.waiting:
            self.waiting.remove(fault)
        self.on_change()

    def clear(self) -> None:
        self.waiting.clear()
        self.on_change()
