"""Worker processes that parse untrusted bytes under a time limit and a memory limit.

A worker starts when it is needed and ends after a minute without work. It receives no secret: its environment
has only what Python and the locale need, and its command line the memory limit.

What a worker parsed may have taken it over (lxml is written in C), and a pickle can call anything. So the
service accepts only values from a worker: plain ones, times, decimals, and dataclasses, enums, named tuples
and errors of newsbot's modules that the service has imported itself.
"""

import asyncio
import io
import os
import pickle
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from newsbot.errors import NewsbotError, ParseError
from newsbot.fetching.worker import LENGTH, STRETCH
from newsbot.reasons import Code, Reason, SourceCode

__all__ = ["Workers", "decode"]

_PLAIN = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("decimal", "Decimal"),
}


def decode(data: bytes) -> Any:
    """Return the value that a worker process pickled.

    Raises:
        pickle.UnpicklingError: The pickle has a class or function that a worker may not send.
    """
    return _ValueUnpickler(io.BytesIO(data)).load()


class _ValueUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        """Return a class that a worker's pickle names, if a worker may send values of this class.

        Raises:
            pickle.UnpicklingError: The name is no class whose values a worker may send.
        """
        found = getattr(sys.modules.get(module), name, None)
        if (module, name) in _PLAIN or (module.startswith("newsbot.") and _is_value_class(found)):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is not a plain value")


def _is_value_class(found: object) -> bool:
    return isinstance(found, type) and (
        is_dataclass(found)
        or issubclass(found, (Enum, NewsbotError))
        or (issubclass(found, tuple) and hasattr(found, "_fields"))
    )


T = TypeVar("T")

# The most seconds that a worker process may take to start and to import its modules, even on a busy machine.
_START = 30.0
_LOOK = 0.05  # The least seconds between two measurements of a worker process's CPU time.
_LARGEST_ANSWER = 64_000_000
_ENVIRONMENT = ("PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class Workers:
    """A pool of worker processes that parse untrusted bytes.

    The pool has at most ``count`` processes with ``memory_mb`` of heap each. A process ends after ``idle``
    seconds without a call.
    """

    def __init__(self, *, memory_mb: int = 768, idle: float = 60.0, count: int = 1) -> None:
        self._turn = asyncio.Semaphore(count)
        self._memory_mb = memory_mb
        self._idle = idle
        self._resting: list[_Worker] = []
        self._closed = False

    async def run(
        self, function: Callable[..., T], *args: Any, deadline: float = 10.0, what: Reason | None = None
    ) -> T:
        """Run ``function(*args)`` in a worker and return its result.

        ``deadline`` is in seconds of the worker's own CPU time, after the import of the function's module; on
        a busy machine the clock may show up to six times as many. ``function`` is at the top level of a
        module, and its result is made of plain values and of newsbot's dataclasses, enums or named tuples.
        ``what`` names the input in errors: ``the page at https://...``.

        Raises:
            NewsbotError: The function raised this error.
            ParseError: The function raised another error, crashed, or used too much time or memory.
        """
        name = what or SourceCode.INPUT_OF(name=function.__name__)
        call = pickle.dumps((function, args), pickle.HIGHEST_PROTOCOL)
        async with self._turn:
            worker = self._resting.pop() if self._resting else _Worker(self._memory_mb)
            try:
                kind, value = await worker.call(call, deadline, name)
            # The worker process is ended after any error, so that its late answer can't be taken for that to
            # the next call.
            except BaseException:
                await worker.end()
                raise
            if kind == "last" or self._closed:
                await worker.end()
            else:
                # The worker process that became idle last is used first, so that the other idle ones end
                # after a while.
                self._resting.append(worker)
                worker.end_after(self._idle, self._resting)
        if kind != "value":
            raise value
        return cast("T", value)

    async def close(self) -> None:
        """End all idle worker processes; a process with a call ends after the call."""
        self._closed = True
        while self._resting:
            await self._resting.pop().end()


class _Worker:
    """One worker process, which is started at its first call, and at a later call if it has ended."""

    def __init__(self, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._process: Process | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def call(self, call: bytes, deadline: float, what: Reason) -> tuple[str, Any]:
        """Send a pickled call to the worker process, and return the call's outcome, as ("value", result).

        The module `worker` describes the other outcomes.
        """
        if self._timer:
            self._timer.cancel()
        frame = pickle.dumps((deadline, what, call), pickle.HIGHEST_PROTOCOL)
        try:
            process, outcome = await self._send_call(frame)
            return outcome or cast("tuple[str, Any]", await _read_answer_in_time(process, deadline, what))
        except TimeoutError:
            raise ParseError(SourceCode.NOT_PARSED_IN_TIME(what=what, n=deadline)) from None
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            ended = isinstance(error, (EOFError, OSError))
            why = SourceCode.PROCESS_ENDED() if ended else Code.TEXT(words=str(error))
            raise ParseError(SourceCode.PARSER_CRASHED(what=what, why=why)) from None

    async def _send_call(self, frame: bytes) -> tuple[Process, tuple[str, Any] | None]:
        """Send a pickled call to the worker process, and start the process if it does not run.

        Return the process, and as second item the call's outcome if the call failed before the function was
        run, else None.
        """
        if self._process is not None:
            # If the call can't be sent to the idle worker process, a new process is started, because
            # something outside of newsbot, such as the kernel when memory is short, may have ended the idle
            # one.
            with suppress(EOFError, OSError):
                return self._process, await _hand_over(self._process, frame)
            await self.end()
        self._process = await self._start_process()
        return self._process, await _hand_over(self._process, frame)

    async def _start_process(self) -> Process:
        program = (sys.executable, "-P", "-m", "newsbot.fetching.worker", str(self._memory_mb))
        # The process runs in a session of its own, so that it gets no Ctrl-C from the terminal; the service
        # ends the process.
        return await asyncio.create_subprocess_exec(
            *program,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_worker_environment(),
            start_new_session=True,
        )

    def end_after(self, seconds: float, resting: "list[_Worker]") -> None:
        """End the worker process after ``seconds`` without a call, and remove the worker from the list of
        idle workers.
        """

        def stop() -> None:
            resting.remove(self)
            if self._process and self._process.stdin:
                self._process.stdin.close()

        self._timer = asyncio.get_running_loop().call_later(seconds, stop)

    async def end(self) -> None:
        """Kill the worker process and wait until it is gone."""
        if self._timer:
            self._timer.cancel()
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                # The signal that ends the worker process is not sent by process.kill(), because that would
                # collect the exit status of an ended process before asyncio does.
                os.kill(process.pid, signal.SIGKILL)
        await process.wait()


async def _hand_over(process: Process, frame: bytes) -> tuple[str, Any] | None:
    assert process.stdin  # noqa: S101  The process was started with a pipe.
    async with asyncio.timeout(_START):
        process.stdin.write(LENGTH.pack(len(frame)) + frame)
        await process.stdin.drain()
        return cast("tuple[str, Any] | None", await _read_answer(process))


async def _read_answer(process: Process) -> Any:
    assert process.stdout  # noqa: S101  The process was started with a pipe.
    size = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
    if size > _LARGEST_ANSWER:
        raise pickle.UnpicklingError("its answer is too large")
    return decode(await process.stdout.readexactly(size))


async def _read_answer_in_time(process: Process, deadline: float, what: Reason) -> Any:
    """Read the answer of a worker process that may use ``deadline`` seconds of CPU time.

    Raises:
        TimeoutError: The process used that CPU time, or waits for something other than the CPU.
        ParseError: Other programs used the CPU for so long that the process got too little time.
    """
    before, wait = _measure_use(process.pid), deadline
    reading = asyncio.ensure_future(_read_answer(process))
    try:
        ends = asyncio.get_running_loop().time() + STRETCH * deadline
        while not (await asyncio.wait({reading}, timeout=wait))[0]:
            after = _measure_use(process.pid)
            left = deadline - (after.seconds - before.seconds) if before and after and after.runs else 0
            if left <= 0:
                raise TimeoutError
            if asyncio.get_running_loop().time() >= ends:
                raise ParseError(SourceCode.NOT_PARSED_BUSY(what=what, n=STRETCH * deadline))
            wait = max(left, _LOOK)
        return reading.result()
    finally:
        reading.cancel()


class _CpuUse(NamedTuple):
    """The state of a process: its CPU time in seconds, and whether it runs or waits for the CPU or a disk."""

    seconds: float
    runs: bool


def _measure_use(pid: int) -> _CpuUse | None:
    """Return the CPU time and state of a process; None without /proc or if the process has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks = os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None
    return _CpuUse((int(fields[11]) + int(fields[12])) / ticks, fields[0] in {"R", "D"})


def _worker_environment() -> dict[str, str]:
    """Return the environment of a worker: variables that Python and the locale need, without secrets."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(("LC_", "PYTHON"))
    }
    return {**kept, "PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path)}
