"""SIGTERM and SIGINT: an orderly end, and a sure one."""

import asyncio
import os
import signal
import sys
import threading

import structlog

__all__ = ["end_in_time", "stop_signal"]

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
    timer = threading.Timer(within, _end, (status,))
    timer.daemon = True
    timer.start()


def _end(status: int) -> None:
    """A call whose end could not be stored is `sending` in the ledger: the next start settles it."""
    log.warning("stopped without waiting longer: what was in flight is settled at the next start")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
