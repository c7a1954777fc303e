"""Faults that a test injects: which calls they hit, and what goes wrong."""

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
"""The faults with which the platform never processes the call."""
KINDS_AFTER_PROCESSING = KINDS - KINDS_BEFORE_PROCESSING - {"refused", "latency", "none"}
"""The faults with which the platform has processed the call; only its response is damaged."""


@dataclass(slots=True)
class InjectedFault:
    """A fault for the calls whose method matches the glob ``match``.

    The first ``after`` matching calls pass, the next ``times`` fail. ``seconds`` is the duration (latency,
    refused; 0 for refused: until the fault is removed), or the pause between two bytes (slow_headers,
    dripping_body). ``at`` is where cut_body ends and what wrong_length declares, as a share of the body;
    above 1, more is declared than sent. ``refused`` closes the platform's socket, so ``times`` has no effect
    there. ``none`` lets calls pass, to space a sequence. ``path`` is a glob over the request's path, to hit
    the calls of one bot only (``/bot123456:*``).
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
        """Return whether the fault is for this call."""
        return platform == self.platform and fnmatchcase(method, self.match) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class FaultInjector:
    """The waiting faults, in the order in which they were added; a call gets at most one."""

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
        """Add a fault; see `InjectedFault`. Raises ValueError for an unknown platform or kind."""
        if platform not in {"telegram", "x"} or kind not in KINDS:
            raise ValueError(f"no fault {kind!r} on {platform!r}: the kinds are {', '.join(sorted(KINDS))}")
        fault = InjectedFault(platform, match, kind, times, after, seconds, retry_after, path, at)
        self.waiting.append(fault)
        self.on_change()
        return fault

    def take(self, platform: str, method: str, path: str = "") -> InjectedFault | None:
        """Return the fault that hits this call, and use up one of its times."""
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
        """Return the fault that currently keeps the platform from listening."""
        due = (f for f in self.waiting if f.kind == "refused" and f.platform == platform and f.after <= 0)
        return next(due, None)

    def remove(self, fault: InjectedFault) -> None:
        """Remove a fault; no-op if it is already over."""
        if fault in self.waiting:
            self.waiting.remove(fault)
        self.on_change()

    def clear(self) -> None:
        """Remove all faults."""
        self.waiting.clear()
        self.on_change()
