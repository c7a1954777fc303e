"""The program of a process that parses untrusted bytes: ``python -m newsbot.fetching.worker MEMORY_MB``.

A message is four bytes of length (network order) and a pickle. For each call, the process receives
``(deadline, what, call)``. The process sends ``None`` once it has imported the called function's module, then
the call's outcome: ``("value", value)``, ``("error", error)``, or ``("last", error)`` if the process must not
get another call.

The process ends when its standard input ends, so it never outlives the newsbot service. A timer of its own
ends a call that hangs, even if the service has ended by then.
"""

import os
import pickle
import resource
import signal
import struct
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from newsbot.errors import NewsbotError, ParseError
from newsbot.reasons import Reason, SourceCode

__all__ = ["LENGTH", "STRETCH", "main"]

LENGTH = struct.Struct("!I")
# The factor by which a call may exceed its limit of CPU time by the clock, because other programs use the CPU
# on a busy machine.
STRETCH = 6
# The worker process ends itself this many seconds after the time limit at which the service ends it; only the
# service reports the cause.
_GRACE = 2.0


def main() -> None:
    """Read calls of parsing functions from standard input, make them, and write their outcomes to standard
    output.

    The worker process ends when its standard input ends.
    """
    _limit_memory(int(sys.argv[1]) * 1_000_000)
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # Standard output is redirected to standard error, so that the service does not read what a library prints
    # as an answer.
    os.dup2(2, 1)
    while head := calls.read(LENGTH.size):
        deadline, what, call = pickle.loads(calls.read(*LENGTH.unpack(head)))  # noqa: S301  The pickle comes from the service, which is trusted.
        _send_value(answers, _run_call(call, deadline, what, answers))


def _limit_memory(size: int) -> None:
    """Limit this process's heap and private mappings to ``size`` bytes, and turn core dumps off.

    The process's address space is not limited, because the address space includes files that are only mapped
    into memory.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The error is ignored, because macOS refuses to set this limit of the worker's memory.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _run_call(call: bytes, deadline: float, what: Reason, answers: BinaryIO) -> tuple[str, Any]:
    try:
        function, args = pickle.loads(call)  # noqa: S301  The service sent the call. Loading it imports the function's module.
        _send_value(answers, None)
        # These timers end the process if a call takes too long and the service is gone, which usually ends
        # such a process. The first timer counts clock time, the second CPU time.
        signal.setitimer(signal.ITIMER_REAL, STRETCH * deadline + _GRACE)
        signal.setitimer(signal.ITIMER_PROF, deadline + _GRACE)
        return "value", function(*args)
    except NewsbotError as error:
        return "error", error
    except MemoryError:
        return "last", ParseError(SourceCode.TOO_MUCH_MEMORY(what=what))
    except Exception as error:  # noqa: BLE001  Any error of a parser says something about its input.
        return "error", ParseError(SourceCode.NOT_PARSED(what=what, words=_format_error(error)))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _format_error(error: Exception) -> str:
    words = " ".join(str(error).split())[:120]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _send_value(answers: BinaryIO, value: Any) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    answers.write(LENGTH.pack(len(data)) + data)
    answers.flush()


if __name__ == "__main__":
    main()
