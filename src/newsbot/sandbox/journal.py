"""The requests that the sandbox received, their results, and the violations of good practice."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Journal", "PlatformError", "PlatformResponse", "RecordedCall", "Violation"]


@dataclass(frozen=True, slots=True)
class PlatformResponse:
    """One HTTP response, before a fault damages it."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class PlatformError(Exception):
    """A platform's refusal; ``violation`` marks a request that a well-built client never makes."""

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
    """A broken rule: ``method`` as in `RecordedCall`, ``message`` names the rule."""

    platform: str
    method: str
    message: str


@dataclass(slots=True)
class RecordedCall:
    """One request; ``method`` is Telegram's (``sendMessage``) or X's route (``POST /2/tweets``).

    ``params`` contain neither tokens nor file contents. ``status`` is the platform's response, None if a
    fault kept the call from being processed. ``fault`` is the kind of fault that damaged it.
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
        """Whether the platform accepted the call."""
        return self.status is not None and self.status < 400  # noqa: PLR2004  HTTP's limit


@dataclass(slots=True)
class Journal:
    """The recorded requests and violations."""

    calls: list[RecordedCall] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def add_violation(self, call: RecordedCall, message: str) -> None:
        """Record a violation by a call."""
        self.violations.append(Violation(call.platform, call.method, message))

    def clear(self) -> None:
        """Delete all records."""
        self.calls.clear()
        self.violations.clear()
