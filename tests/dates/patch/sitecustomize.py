"""Loaded by each Python process of a run at another date: a sleep that libfaketime leaves alone.

libfaketime 0.9.10 moves the end of `clock_nanosleep` on the monotonic clock also where that clock is real, so
that `time.sleep` fails with EINVAL.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: SupportsIndex | float) -> None:
    """Sleep by a wait for nothing that ends after ``seconds``."""
    seconds = float(seconds)
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        select.select((), (), (), left)


time.sleep = _sleep
