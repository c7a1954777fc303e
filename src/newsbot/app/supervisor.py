"""Supervise a service's components and its clock, and end the process in time on SIGTERM and SIGINT.

If one of the critical components (the engine, the sender of posts, the reconciler, which searches platforms
for unknown posts, the ledger's thread) ends, the whole service ends, so that systemd or Docker starts it
again from the ledger's state. Any other component (the desk, the web pages, the clock monitor) is started
again by itself, after a pause that grows.
"""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from newsbot.delivery.reports import Reports
from newsbot.errors import LedgerError, NewsbotError
from newsbot.ports import Clock, LedgerRunner
from newsbot.reasons import UsageCode
from newsbot.scheduling.clock import SharedClock
from newsbot.tasks import compute_pause

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "ClockMonitor",
    "PartEnded",
    "Supervisor",
    "end_in_time",
    "log_clock_difference",
    "report_failed_parts",
    "run_critical",
    "stop_signal",
    "synchronize",
]

# Seconds after SIGTERM or SIGINT at which newsbot ends its process, within the 30 seconds that a stop of the
# service may take.
_AT_THE_LATEST = 28.5

log = structlog.get_logger(__name__)


def stop_signal() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets; the process then has 28.5 seconds to end."""
    stop = asyncio.Event()

    def handle_signal() -> None:
        if not stop.is_set():
            stop.set()
            end_in_time(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, handle_signal)
    return stop


def end_in_time(status: int, *, within: float = _AT_THE_LATEST) -> None:
    """Make sure that this process ends with the exit ``status`` within ``within`` seconds, even if a call
    hangs.

    A thread ends the process, because the event loop may hang too, on a host name that does not resolve or a
    disk that does not answer.
    """
    timer = threading.Timer(within, _exit_process, (status,))
    timer.daemon = True
    timer.start()


def _exit_process(status: int) -> None:
    """End the process at once; the next process that starts recovers the posts that were being sent."""
    log.warning("stopped without waiting longer: what was in flight is settled at the next start")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


# The shortest and the longest pause, in seconds, before a component of the service is started again.
_SHORTEST, _LONGEST = 1.0, 60.0
# The seconds since its start after which a component of the service counts as working.
_FINE = 10.0
_ENDS_WITHIN = 5.0  # Seconds that the components of the service get to end once they are cancelled.


class PartEnded(NewsbotError):  # noqa: N818  The name says what happened, so it does not end in "Error".
    """The error that a critical component of the service ended, so that the service can't go on."""

    code = "part-ended"


class _Stopped(Exception):  # noqa: N818  It is no error: a part raises it to end the task group.
    """The exception that a critical component raises to end the task group of all critical components, once
    the service stops.
    """


async def run_critical(
    parts: Mapping[str, Coroutine[Any, Any, None]],
    stop: asyncio.Event,
    reports: Reports,
    failed: Callable[[], None] = lambda: None,
) -> None:
    """Run the components without which the service can't work until one of them ends; then cancel the others.

    A component may end by itself only after the event ``stop`` is set. When a component fails, newsbot calls
    ``failed`` before it cancels the other components.

    Raises:
        PartEnded: a component failed, or it ended before ``stop`` was set.
    """

    async def run(name: str, work: Coroutine[Any, Any, None]) -> None:
        error: Exception | None = None
        try:
            await work
        except Exception as raised:  # noqa: BLE001  The failure is reported, and ends all critical parts.
            error = raised
        if error is None and stop.is_set():
            raise _Stopped
        error = error or RuntimeError("it came to an end")
        failed()
        then = "newsbot ends, so that its supervisor starts it again"
        why = reports.report_failure(name, error, then=then)
        raise PartEnded(UsageCode.PART_ENDED(name=name, why=why)) from error

    try:
        async with asyncio.TaskGroup() as group:
            for name, work in parts.items():
                group.create_task(run(name, work), name=name)
    except ExceptionGroup as ended:
        _, failures = ended.split(_Stopped)
        if failures is not None:
            raise failures.exceptions[0] from failures.exceptions[0].__cause__


class Supervisor:
    """The supervisor of those components of a service that are started again whenever they end.

    ``shortest`` and ``longest`` limit the pause in seconds before a component is started again. ``fine`` is
    the number of seconds after which a component counts as working.
    """

    def __init__(
        self, reports: Reports, *, shortest: float = _SHORTEST, longest: float = _LONGEST, fine: float = _FINE
    ) -> None:
        self._reports = reports
        self._shortest = shortest
        self._longest = longest
        self._fine = fine
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a component of the service in the background, and start it again whenever it ends."""
        self._tasks.add(asyncio.create_task(self._run_repeatedly(name, work), name=name))

    async def end(self) -> None:
        """Cancel all supervised components of the service, and wait at most five seconds until they have
        ended.
        """
        for task in self._tasks:
            task.cancel()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=_ENDS_WITHIN)
        for task in late:
            log.warning("a part does not end, and is left alone", part=task.get_name())

    async def _run_repeatedly(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            mended = loop.call_later(self._fine, self._reports.report_success, name)
            try:
                await work()
                raise RuntimeError("it came to an end")  # noqa: TRY301  A supervised part must never end.
            # The supervisor reports the component's failure, and starts the component again.
            except Exception as error:  # noqa: BLE001
                if loop.time() - began > self._longest:
                    failures = 0
                pause = compute_pause(self._shortest, self._longest, failures)
                self._reports.report_failure(name, error, then=f"it starts again in {pause:g} s")
            finally:
                mended.cancel()
            await asyncio.sleep(pause)
            failures += 1


_LOOK = 1.0  # Seconds between two checks whether the machine's clock has jumped.
# The clock has jumped if its difference from the machine's monotonic clock changed by more than this many
# seconds since the last check, a second before; NTP corrects a clock far more slowly.
_JUMP = 3.0
_SHOWN = 120.0  # The seconds after a jump of the clock for which the health pages report the jump.
_REFRESH = 30.0  # Seconds between two times at which newsbot reads the time from the database.
# The difference between this machine's clock and the database's above which newsbot logs a warning.
_APART = timedelta(seconds=5)


async def synchronize(clock: Clock, ledger: "Ledger", on_ledger: LedgerRunner) -> None:
    """Set a clock that several machines share to the database's time;
    leave any other kind of clock unchanged.

    Raises:
        LedgerError: the database does not answer.
    """
    if isinstance(clock, SharedClock) and (told := await on_ledger(ledger.get_time)):
        clock.set_time(*told)


class ClockMonitor:
    """The monitor of a service's clock; it calls the function ``handle_clock_jump`` when the clock jumps."""

    def __init__(
        self,
        clock: Clock,
        ledger: "Ledger",
        on_ledger: LedgerRunner,
        *,
        handle_clock_jump: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._jumped = handle_clock_jump
        self._monotonic = monotonic
        self._apart = self._measure_difference()
        # The seconds by which the clock last jumped, and the monotonic time at which newsbot noticed that
        # jump.
        self._jump: tuple[float, float] | None = None
        self._beat = monotonic()

    async def run(self) -> None:
        """Check every second, until cancelled, whether the clock jumped, and set it to the database's time
        every 30 seconds.
        """
        refreshed = self._monotonic()
        while True:
            await asyncio.sleep(_LOOK)
            if self._monotonic() - refreshed >= _REFRESH:
                refreshed = self._monotonic()
                try:
                    await synchronize(self._clock, self._ledger, self._on_ledger)
                except LedgerError as error:
                    log.debug("the database's time can't be asked", error=str(error))
            self.check_clock()

    def check_clock(self) -> None:
        """Check whether the clock has jumped since the last check,
        compared with the machine's monotonic clock.
        """
        before, self._apart = self._apart, self._measure_difference()
        step = self._apart - before
        if abs(step) > _JUMP:
            self._jump = (step, self._monotonic())
            log.warning("the clock jumped", seconds=round(step, 1))
            self._jumped()

    def record_answer(self) -> None:
        """Record that the thread of the ledger's calls has answered just now."""
        self._beat = self._monotonic()

    @property
    def silent(self) -> float:
        """Return the seconds since the thread of the ledger's calls last answered."""
        return self._monotonic() - self._beat

    @property
    def trouble(self) -> str | None:
        """Return a message about a jump of the clock in the last two minutes; None if the clock did not jump
        then.
        """
        if self._jump is None or self._monotonic() - self._jump[1] > _SHOWN:
            return None
        step = self._jump[0]
        way = "forward" if step > 0 else "back"
        return f"the clock jumped {way} by {abs(step):.0f} s: look whether it is right now"

    def _measure_difference(self) -> float:
        return self._clock.now().timestamp() - self._monotonic()


def log_clock_difference(clock: Clock) -> None:
    """Log a warning if this machine's clock differs by over five seconds from the database's clock.

    newsbot uses the database's time if several machines share the database.
    """
    if isinstance(clock, SharedClock) and abs(clock.offset) > _APART:
        log.warning(
            "this machine's clock is not the database's, whose time counts",
            seconds=round(-clock.offset.total_seconds(), 1),
        )


# Seconds until newsbot tries again to store which of its components fail, after the database failed.
_LEDGER_AGAIN = 5.0


async def report_failed_parts(
    reports: Reports, ledger: "Ledger", on_ledger: LedgerRunner, clock: Clock
) -> None:
    """Store in the ledger which components of this service fail now, for `newsbot status` to show."""
    changed = asyncio.Event()
    # The service stores at its start that no component fails, because the ledger may still have the failures
    # of the last run.
    changed.set()
    reports.changed = changed.set
    while True:
        await changed.wait()
        changed.clear()
        try:
            failed = reports.view_failed(clock.now())
            await on_ledger(ledger.report_failed_parts, failed, now=clock.now())
        except LedgerError:
            changed.set()
            await asyncio.sleep(_LEDGER_AGAIN)
