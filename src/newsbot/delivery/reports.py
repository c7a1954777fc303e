"""A record of which components of a service (such as sending or polling) wait for the database or fail.

Each outage of the database and each failure is logged once when it begins and once when it ends, however many
components and attempts meet it. An outage whose cause becomes another is logged once for each cause.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from newsbot.errors import LedgerError, LedgerGone, NewsbotError
from newsbot.reasons import Reason, UsageCode, to_json

__all__ = ["FailedPart", "Reports"]

# The most characters of an error's text in the report about a failing component of the service.
_LONGEST = 300

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FailedPart:
    """A component of the service (such as the sending to a channel) that fails at present.

    ``why`` is the reason of its last failure. ``since`` is when its failures began, in seconds of the
    monotonic clock; ``times`` is the number of its failures.
    """

    name: str
    why: Reason
    since: float
    times: int = 1


class Reports:
    """A record of which components (tasks) of a service wait for the database or fail.

    With ``quiet``, outages of the database are not logged here, but by the caller. ``changed`` is called
    whenever a component begins to fail, fails for another reason, or works again.
    """

    def __init__(self, *, quiet: bool = False, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._monotonic = monotonic
        self._waiting: set[str] = set()
        self._away_since: float | None = None
        # The kinds of error that the present outage of the database has had.
        self._causes: set[object] = set()
        # The components of the service that found the database deleted or damaged: by the component's name,
        # the first and the last time of that error, and the error.
        self._gone: dict[str, tuple[float, float, LedgerGone]] = {}
        self._failed: dict[str, FailedPart] = {}
        self.changed: Callable[[], None] = lambda: None

    @property
    def seconds_away(self) -> float:
        """Return the seconds since a component of the service began to wait for the database; 0 if no
        component waits.
        """
        return 0.0 if self._away_since is None else self._monotonic() - self._away_since

    def find_gone(self, longer: float) -> LedgerGone | None:
        """Return the error which says that the database is deleted or damaged, if it lasts for over
        ``longer`` seconds.

        A component of the service must have met the error both at the start and at the end of such a time.
        Returns None if no component has.
        """
        return next((error for first, last, error in self._gone.values() if last - first > longer), None)

    @property
    def failed_parts(self) -> Sequence[FailedPart]:
        """Return the components of the service that fail at present, the oldest failure first."""
        return sorted(self._failed.values(), key=lambda part: part.since)

    def say_failed(self) -> list[str]:
        """Return one line of text for each component of the service that fails at present."""
        return [f"{part.name} does not work: {part.why}" for part in self.failed_parts]

    def view_failed(self, now: datetime) -> list[dict[str, Any]]:
        """Return the failing components of the service as JSON objects with ``name``, ``error``, ``reason``
        and ``since``.

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
        """Record that the component ``name`` of the service waits for the database, and retries by itself.

        ``since`` is when its first failed call to the database began, in seconds of the monotonic clock
        (None: just now).
        """
        now = self._monotonic()
        if isinstance(error, LedgerGone):
            first, _, _ = self._gone.get(name, (now, now, error))
            self._gone[name] = (first, now, error)
        cause = error.reason.code if isinstance(error, LedgerError) else type(error)
        if self._away_since is None:
            self._away_since, self._causes = now if since is None else since, set()
            if not self._quiet:
                log.warning("the database is away: newsbot waits and tries again by itself", error=str(error))
        elif cause not in self._causes and not self._quiet:
            log.warning("the database is still away", error=str(error))
        self._causes.add(cause)
        self._waiting.add(name)

    def report_failure(self, name: str, error: BaseException, *, then: str = "it is tried again") -> Reason:
        """Record that the component ``name`` of the service failed; return the reason.

        ``then`` says in the log what newsbot does next.
        """
        # The message of an error from another library may contain a secret, so the report has only the type
        # of the error; the log has the message.
        why = UsageCode.SEE_LOG(name=type(error).__name__)
        if isinstance(error, NewsbotError):
            why = error.reason
        before = self._failed.get(name)
        since, times = (before.since, before.times + 1) if before else (self._monotonic(), 1)
        self._failed[name] = FailedPart(name, why, since, times)
        if before is None or before.why != why:
            trace = None if isinstance(error, NewsbotError) else error
            log.error("a part failed", part=name, why=str(why), then=then, exc_info=trace)
            self.changed()
        return why

    def report_contact(self, name: str) -> None:
        """Record that the database answered the component ``name`` of the service, which no longer waits."""
        self._waiting.discard(name)
        self._gone.pop(name, None)
        if self._away_since is not None and not self._waiting:
            if not self._quiet:
                log.info("the database is back", away_for=f"{self.seconds_away:.0f} s")
            self._away_since = None

    def report_success(self, name: str) -> None:
        """Record that the component ``name`` of the service did its work, so that it no longer waits or
        fails.
        """
        self.report_contact(name)
        if name in self._failed:
            del self._failed[name]
            log.info("a part works again", part=name)
            self.changed()
