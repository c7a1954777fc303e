"""Supervise a service's parts, and end it in order on SIGTERM and SIGINT.

No part ends unseen. One that is critical (the engine, which polls and sends, and the reconciler) ends the
service, so that whatever started newsbot starts it again on what the ledger says. Any other part (the desk,
the web pages, the watch over the clock) is started again by itself, after a pause that grows.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from newsbot.delivery.reports import Reports
from newsbot.errors import NewsbotError

__all__ = ["PartEnded", "Supervisor", "end_in_time", "stop_signal"]

_AT_THE_LATEST = 28.5  # seconds after the signal: inside the 30 s that a stop may take

log = structlog.get_logger(__name__)


def stop_signal() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT, from which on the process ends in time, whatever hangs."""
    stop = asyncio.Event()

    def heard() -> None:
        if not stop.is_set():
            stop.set()
            end_in_time(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, heard)
    return stop


def end_in_time(status: int, *, within: float = _AT_THE_LATEST) -> None:
    """Whatever hangs, the process ends with ``status`` within so many seconds from now.

    By a thread, as what hangs may be the loop: a name that does not resolve, a disk that does not answer.
    """
    timer = threading.Timer(within, _exit_process, (status,))
    timer.daemon = True
    timer.start()


def _exit_process(status: int) -> None:
    """A call whose end could not be stored is `sending` in the ledger: the next start settles it."""
    log.warning("stopped without waiting longer: what was in flight is settled at the next start")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


_SHORTEST, _LONGEST = 1.0, 60.0  # seconds until a part is started again
_FINE = 10.0  # seconds after which a part that was started again is taken to work
_ENDS_WITHIN = 5.0  # seconds that parts have for their end


class PartEnded(NewsbotError):  # noqa: N818  says what happened
    """A part ended without which the service does no good."""

    code = "part-ended"


class Supervisor:
    """Runs parts as tasks; ``shortest`` and ``longest`` bound the pause before one is started again."""

    def __init__(
        self, reports: Reports, *, shortest: float = _SHORTEST, longest: float = _LONGEST, fine: float = _FINE
    ) -> None:
        self._reports = reports
        self._shortest = shortest
        self._longest = longest
        self._fine = fine
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: asyncio.Future[tuple[str, Exception | None]] = asyncio.get_running_loop().create_future()

    def start_critical(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Start it once; its end is what `wait` waits for."""
        self._tasks[name] = asyncio.create_task(self._run_once(name, work), name=name)

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start it, and again whenever it ends."""
        self._tasks[name] = asyncio.create_task(self._run_repeatedly(name, work), name=name)

    async def wait(self, stop: asyncio.Event) -> None:
        """Until a critical part has come to its end, as it should once ``stop`` is set.

        Raises:
            PartEnded: it failed, or ended although nobody asked it to.
        """
        name, error = await self._ended
        if error is None and stop.is_set():
            return
        error = error or RuntimeError("it came to an end")
        self._reports.report_failure(
            name, error, then="newsbot ends, so that whatever started it starts it again"
        )
        why = str(error) if isinstance(error, NewsbotError) else f"{type(error).__name__}, see the log"
        raise PartEnded(
            f"{name} failed ({why}), and newsbot has ended with what was in flight settled or marked: "
            "start it again, as systemd and Docker do by themselves"
        ) from error

    async def end(self, *names: str) -> None:
        """Cancel these parts, or all, and wait until they have ended, but not for ever."""
        tasks = [task for name, task in self._tasks.items() if not names or name in names]
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=_ENDS_WITHIN)
        for task in late:
            log.warning("a part does not end, and is left alone", part=task.get_name())

    async def _run_once(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        error: Exception | None = None
        try:
            await work
        except Exception as raised:  # noqa: BLE001  `wait` tells it
            error = raised
        if not self._ended.done():
            self._ended.set_result((name, error))

    async def _run_repeatedly(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        loop, pause = asyncio.get_running_loop(), self._shortest
        while True:
            began = loop.time()
            mended = loop.call_later(self._fine, self._reports.report_success, name)
            try:
                await work()
                raise RuntimeError("it came to an end")  # noqa: TRY301  a part must not end
            except Exception as error:  # noqa: BLE001  it is told, and the part starts again
                if loop.time() - began > self._longest:
                    pause = self._shortest
                self._reports.report_failure(name, error, then=f"it starts again in {pause:g} s")
            finally:
                mended.cancel()
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._longest)
