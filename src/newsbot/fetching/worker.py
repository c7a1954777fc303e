"""The process that parses untrusted bytes: ``python -m newsbot.fetching.worker MEMORY_MB``.

A frame is four bytes of length (network order) and a pickle. For each call, the process receives
``(deadline, what, call)``. It sends ``None`` once the function's module is imported, then the outcome:
``("value", value)``, ``("error", error)``, or ``("last", error)`` if the process is not fit for another call.

The process ends when its standard input does, so it never outlives the service. An alarm of its own ends a
call that hangs, even if the service has ended by then.
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
STRETCH = 6  # The clock may show this many times a call's deadline while other programs have the CPU.
_GRACE = 2.0  # seconds; the parent's limit comes first, because it can report what happened


def main() -> None:
    """Receive calls on standard input and send their outcomes to standard output, until the input ends."""
    _limit_memory(int(sys.argv[1]) * 1_000_000)
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # A library's print must not look like an answer.
    while head := calls.read(LENGTH.size):
        deadline, what, call = pickle.loads(calls.read(*LENGTH.unpack(head)))  # noqa: S301  from the parent
        _send_value(answers, _run_call(call, deadline, what, answers))


def _limit_memory(size: int) -> None:
    """Limit heap and private mappings, and not the address space, which also counts what is merely mapped."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS has the constant, but refuses the limit.
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _run_call(call: bytes, deadline: float, what: Reason, answers: BinaryIO) -> tuple[str, Any]:
    try:
        function, args = pickle.loads(call)  # noqa: S301  from the parent; imports the function's module
        _send_value(answers, None)
        # The service ends a call itself, and these timers do where it is gone. The second counts CPU time.
        signal.setitimer(signal.ITIMER_REAL, STRETCH * deadline + _GRACE)
        signal.setitimer(signal.ITIMER_PROF, deadline + _GRACE)
        return "value", function(*args)
    except NewsbotError as error:
        return "error", error
    except MemoryError:
        return "last", ParseError(SourceCode.TOO_MUCH_MEMORY(what=what))
    except Exception as error:  # noqa: BLE001  any error of a parser is about its input
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
