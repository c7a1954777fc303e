"""A record of which parts of a service (its tasks, such as sending) wait for the database or fail.

Each condition is logged once when it begins and once when it ends, however many parts and attempts it
affects.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from newsbot.errors import LedgerGone, NewsbotError
from newsbot.reasons import Reason, UsageCode, to_json

__all__ = ["FailedPart", "Reports"]

# The most characters of an error's text in the report of a part of the service that fails.
_LONGEST = 300

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FailedPart:
    """A part of the service (such as the sending to a channel) that fails at present.

    ``why`` is the reason of its last failure. ``since`` is when its failures began, in monotonic time;
    ``times`` is their number.
    """

    name: str
    why: Reason
    since: float
    times: int = 1


class Reports:
    """A record of which parts (tasks) of a service wait for the database or fail.

    With ``quiet``, outages of the database are not logged here, but by the caller. ``changed`` is called
    whenever `failed_parts` changes.
    """

    def __init__(self, *, quiet: bool = False, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._monotonic = monotonic
        self._waiting: set[str] = set()
        self._away_since: float | None = None
        # The parts of the service that met the error of a lost database: by part, the first and last time,
        # and the error.
        self._gone: dict[str, tuple[float, float, LedgerGone]] = {}
        self._failed: dict[str, FailedPart] = {}
        self.changed: Callable[[], None] = lambda: None

    @property
    def seconds_away(self) -> float:
        """The seconds since a part of the service began to wait for the database; 0 if no part waits."""
        return 0.0 if self._away_since is None else self._monotonic() - self._away_since

    def find_gone(self, longer: float) -> LedgerGone | None:
        """Return the error of a deleted or damaged database that lasts for over ``longer`` seconds.

        A part of the service has met the error from the first to the last of these seconds. Returns None if
        there is no such error.
        """
        return next((error for first, last, error in self._gone.values() if last - first > longer), None)

    @property
    def failed_parts(self) -> Sequence[FailedPart]:
        """The parts of the service that fail at present, the oldest failure first."""
        return sorted(self._failed.values(), key=lambda part: part.since)

    def say_failed(self) -> list[str]:
        """Return one line for each part of the service that fails at present."""
        return [f"{part.name} does not work: {part.why}" for part in self.failed_parts]

    def view_failed(self, now: datetime) -> list[dict[str, Any]]:
        """Return the parts that fail as JSON objects with ``name``, ``error``, ``reason`` and ``since``.

        ``now`` is the present time in UTC.
        """
        passed = self._monotonic()
        return [
            {
                "name": part.name,
                "error": str(part.why)[:_LONGEST],
                "reason": to_json(part.why),
                "since": f"{now - timedelta(seconds=passed - part.since):%Y-%m-%dT%H:%M:%SZ}",
            }
            for part in self.failed_parts
        ]

    def waits(self, name: str, error: Exception, *, since: float | None = None) -> None:
        """Report that the part ``name`` of the service waits for the database, and retries by itself.

        ``since`` is when the first failed call began, in monotonic time (None: just now).
        """
        now = self._monotonic()
        if isinstance(error, LedgerGone):
            first, _, _ = self._gone.get(name, (now, now, error))
            self._gone[name] = (first, now, error)
        if self._away_since is None:
            self._away_since = now if since is None else since
            if not self._quiet:
                log.warning("the database is away: newsbot waits and tries again by itself", error=str(error))
        self._waiting.add(name)

    def report_failure(self, name: str, error: BaseException, *, then: str = "") -> None:
        """Report that the part ``name`` of the service failed; ``then`` says what happens next."""
        # The message of another library's error may contain a secret, so only the type of the error is
        # reported; the log has the rest.
        why = UsageCode.SEE_LOG(name=type(error).__name__)
        if isinstance(error, NewsbotError):
            why = error.reason
        before = self._failed.get(name)
        since, times = (before.since, before.times + 1) if before else (self._monotonic(), 1)
        self._failed[name] = FailedPart(name, why, since, times)
        if before is None or before.why != why:
            then = then or "it is tried again"
            trace = None if isinstance(error, NewsbotError) else error
            log.error("a part failed", part=name, why=str(why), then=then, exc_info=trace)
            self.changed()

    def report_contact(self, name: str) -> None:
        """Report that the database has answered the part ``name`` of the service, which no longer waits."""
        self._waiting.discard(name)
        self._gone.pop(name, None)
        if self._away_since is not None and not self._waiting:
            if not self._quiet:
                log.info("the database is back", away_for=f"{self.seconds_away:.0f} s")
            self._away_since = None

    def report_success(self, name: str) -> None:
        """Report that the part ``name`` of the service did its work, so that it no longer waits or fails."""
        self.report_contact(name)
        if name in self._failed:
            del self._failed[name]
            log.info("a part works again", part=name)
            self.changed()
