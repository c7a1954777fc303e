"""What was asked of the stand-ins, what came of it, and what no well-built client would have asked."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Journal", "PlatformError", "PlatformResponse", "RecordedCall", "Violation"]


@dataclass(frozen=True, slots=True)
class PlatformResponse:
    """One HTTP answer, before any fault spoils it."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class PlatformError(Exception):
    """A platform says no. ``violation`` marks what a well-built client never asks."""

    def __init__(
        self, status: int, description: str, *, violation: bool = False, extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.violation = violation
        self.extra = extra or {}


@dataclass(frozen=True, slots=True)
class Violation:
    """``method`` as in `RecordedCall`; ``message`` says which rule was broken."""

    platform: str
    method: str
    message: str


@dataclass(slots=True)
class RecordedCall:
    """One request. ``method`` is Telegram's (``sendMessage``) or X's route (``POST /2/tweets``).

    ``params`` hold neither tokens nor file contents. ``status`` is what the platform answered, None where a
    fault kept the call from being processed; ``fault`` the kind that spoiled it.
    """

    at: datetime
    platform: str
    method: str
    params: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
    outcome: str = ""
    fault: str | None = None

    @property
    def ok(self) -> bool:
        return self.status is not None and self.status < 400  # noqa: PLR2004  HTTP's line


@dataclass(slots=True)
class Journal:
    calls: list[RecordedCall] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def add_violation(self, call: RecordedCall, message: str) -> None:
        self.violations.append(Violation(call.platform, call.method, message))

    def clear(self) -> None:
        self.calls.clear()
        self.violations.clear()
