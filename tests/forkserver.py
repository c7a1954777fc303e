"""``python -m newsbot`` out of a process that has imported newsbot and its libraries already.

From the fork on it is the command, and it ends as an interpreter does (see `_end`). A short command takes a
fiftieth of a second of CPU so instead of a whole one, and the tests run hundreds. What is seen of a process
from outside (its command line, its environment in ``/proc``) is the server's: tests of these start one by
themselves. No test depends on the order of imports, because no modules import each other in a circle
(`tests.test_imports`).
"""

import asyncio
import atexit
import gc
import json
import os
import runpy
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import Any

__all__ = [
    "LIBRARIES",
    "MODULES",
    "ForkedProcess",
    "run_forked",
    "set_server",
    "start_forked",
    "start_server",
]

LIBRARIES = (
    "aiohttp",
    "alembic.command",
    "apscheduler.schedulers.asyncio",
    "asyncio.runners",
    "jinja2.sandbox",
    "psycopg",
    "pydantic",
    "pydantic.types",
    "regex",
    "rich.console",
    "rich.progress",
    "rich.table",
    "sentencex",
    "sqlalchemy",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "structlog",
    "telegram",
    "telegram.request",
    "tweepy",
    "typer.main",
    "yaml",
)
MODULES = (
    "newsbot.app.checking",
    "newsbot.app.container",
    "newsbot.app.service",
    "newsbot.channels.console",
    "newsbot.channels.telegram",
    "newsbot.channels.x",
    "newsbot.cli",
    "newsbot.cli.service",
    "newsbot.config.schema",
    "newsbot.config.starter",
    "newsbot.delivery",
    "newsbot.desk",
    "newsbot.fetching.fetcher",
    "newsbot.ledger.ledger",
    "newsbot.ledger.migrations.prose",
    "newsbot.reading.reader",
    "newsbot.sources.database.source",
    "newsbot.sources.feed",
    "newsbot.sources.folder",
    "newsbot.summarizers.extract",
)
_LENGTH = struct.Struct("!I")
_asking = threading.Lock()

# ---------------------------------------------------------------- the server


def main() -> None:
    """Serve until the process that started this one ends. A child returns from here, and is newsbot."""
    owner, listener = (socket.socket(fileno=int(each)) for each in sys.argv[1:3])
    awake, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    ends: dict[int, int] = {}  # by process, where its end is told
    asking: list[socket.socket] = []
    while True:
        waited: list[socket.socket | int] = [owner, listener, awake, *asking]
        ready, _, _ = select.select(waited, [], [])
        if awake in ready:
            os.read(awake, 4096)
            _tell_ends(ends)
        if owner in ready:
            shutil.rmtree(sys.argv[3])
            return
        if listener in ready:
            _load_modules()
            asking.append(listener.accept()[0])
        for control in [each for each in asking if each in ready]:
            data, files, _, _ = socket.recv_fds(control, _LENGTH.size, 4)
            if not data:
                asking.remove(control)
                control.close()
                continue
            request = json.loads(_exactly(control, *_LENGTH.unpack(data)))
            *standard, told = files
            child = os.fork()
            if not child:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _close(owner, listener, *asking, awake, wakes, told, *ends.values())
                _be_newsbot(standard, request)
                return
            os.write(told, f"{child}\n".encode())
            ends[child] = told
            _close(*standard)


def _close(*files: socket.socket | int) -> None:
    for each in files:
        os.close(each.detach() if isinstance(each, socket.socket) else each)


def _be_newsbot(standard: Sequence[int], request: dict[str, Any]) -> None:
    _become(standard, **request)
    if request["arguments"][:1] in _READ_PAGES:
        _prepare_workers()
    _run_newsbot()


@cache
def _load_modules() -> None:
    for name in (*LIBRARIES, *MODULES):
        import_module(name)
    _parse_once()
    gc.freeze()  # no collection of a child's visits what is here, which would copy its pages


def _parse_once() -> None:
    """Parse a page and a feed, so that no process that is forked loads what parsers load when first used.

    The model of languages alone takes 0.7 s of CPU, and a service parses in two processes.
    """
    from newsbot.reading.parse import ArticleHint, parse_article_page
    from newsbot.sources.parsing import parse_bytes

    text = "The council approved the ferry on Tuesday. The first ship sails in March. " * 4
    page = f"<html><body><article><h1>Ferry approved</h1><p>{text}</p></article></body></html>"
    read = parse_article_page(page.encode(), "https://example.org/ferry", None, None, ArticleHint("", ""))
    assert read.language == "en"
    item = f"<title>Ferry approved</title><pubDate>1 Dec 2026</pubDate><description>{text}</description>"
    feed = f"<rss version='2.0'><channel><item>{item}</item></channel></rss>"
    assert parse_bytes(feed.encode(), "https://example.org/feed", None, None, datetime.now(UTC)).items


def _exactly(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += control.recv(size - len(data))
    return data


def _tell_ends(ends: dict[int, int]) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            told = ends.pop(ended[0])
            with suppress(BrokenPipeError):
                os.write(told, f"{os.waitstatus_to_exitcode(ended[1])}\n".encode())
            os.close(told)


def _become(standard: Sequence[int], arguments: Sequence[str], cwd: str, environ: Mapping[str, str]) -> None:
    """Take over what an interpreter is given when it starts."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    for number, each in enumerate(standard):
        os.dup2(each, number)
        os.close(each)
    sys.argv[:] = ["newsbot", *arguments]
    sys.path[0] = cwd
    through = "PYTHONUNBUFFERED" in environ
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    for number, name, errors in ((1, "stdout", "strict"), (2, "stderr", "backslashreplace")):
        lines = 1 if number == 2 or through or os.isatty(number) else -1
        stream = open(number, "w", lines, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    if "PYTHONWARNINGS" in environ:
        warnings.simplefilter("default")


def _run_newsbot() -> None:
    """Run the command, and end as it ends; an exception that it lets through is Python's to tell."""
    status: object = None
    try:
        runpy.run_module("newsbot", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code
    if isinstance(status, str):
        print(status, file=sys.stderr)  # noqa: T201  as Python does
        status = 1
    assert status is None or isinstance(status, int)
    _end(status or 0)


def _end(status: int) -> None:
    """End as an interpreter does, but without taking apart what the server has imported.

    That takes 70 ms of CPU, most of what a short command takes. Destructors of what the command itself made
    are run by the collection, which leaves alone what the server froze.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(status)  # Python tells of it, and ends with a status of its own.
    os._exit(status)


# ---------------------------------------------------------------- its processes that parse

_READ_PAGES = (["run"], ["post"], ["fetch"], ["preview"])
_MEMORY_MB = 768


def _prepare_workers() -> None:
    """Fork the two first processes that this one will start to parse in, before it has threads.

    What reads pages and feeds takes an interpreter more than a second of CPU to load, and these nothing. Any
    further process is started by newsbot itself.
    """
    from newsbot.fetching import workers

    start = workers._Worker._start_process
    prepared = [_fork_worker(workers._worker_environment()) for _ in range(2)]

    async def take(worker: workers._Worker) -> Any:
        if not prepared or worker._memory_mb != _MEMORY_MB:
            return await start(worker)
        pid, into, out = prepared.pop()
        protocol_of = asyncio.streams.FlowControlMixin
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.connect_write_pipe(protocol_of, os.fdopen(into, "wb", buffering=0))
        process = ForkedProcess(pid, asyncio.to_thread(_reap, pid), await _read_pipe(out), None)
        process.stdin = asyncio.StreamWriter(transport, protocol, None, loop)
        return process

    workers._Worker._start_process = take  # type: ignore[method-assign,assignment]


def _fork_worker(environ: Mapping[str, str]) -> tuple[int, int, int]:
    """Fork one; returns its process, and the pipes to its standard input and from its standard output."""
    takes, into = os.pipe()
    out, tells = os.pipe()
    child = os.fork()
    if child:
        os.close(takes)
        os.close(tells)
        return child, into, out
    os.setsid()
    nothing = os.open(os.devnull, os.O_WRONLY)
    for number, each in enumerate((takes, tells, nothing)):
        os.dup2(each, number)
    os.closerange(3, 1 << 10)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv[1:] = [str(_MEMORY_MB)]
    try:
        import_module("newsbot.fetching.worker").main()
    finally:
        os._exit(0)


def _reap(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


_place: str | None = None


def set_server(place: str) -> None:
    """Let this process ask the server that another one has started, which returned ``place``."""
    global _place  # noqa: PLW0603  it is the process's one server
    _place = place


@cache
def start_server() -> str:
    """Start a server; returns where it listens. It ends when this process does.

    It loads newsbot only when a process asks for a command.
    """
    from tests.conftest import build_minimal_environment

    folder = mkdtemp(prefix="newsbot-fork-")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place := f"{folder}/server")
    listener.listen(64)
    mine, its = socket.socketpair()
    given = [its.fileno(), listener.fileno()]
    subprocess.Popen(
        [sys.executable, "-m", "tests.forkserver", *map(str, given), folder],
        cwd=Path(__file__).parents[1],
        env={**build_minimal_environment(), "OPENBLAS_NUM_THREADS": "1"},  # a process with threads can't fork
        stdin=subprocess.DEVNULL,
        pass_fds=given,
    )
    its.close()
    listener.close()
    mine.detach()  # it is closed when this process ends, however it does
    return place


@cache
def _server() -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.connect(_place or start_server())
    return server


def _ask(arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], standard: Sequence[int]) -> int:
    """Let the server fork; returns where it tells the process and its end."""
    told, tells = os.pipe()
    request = {"arguments": arguments, "cwd": str(cwd), "environ": dict(environ)}
    data = json.dumps(request).encode()
    with _asking:
        server = _server()
        socket.send_fds(server, [_LENGTH.pack(len(data))], [*standard, tells])
        server.sendall(data)
    os.close(tells)
    return told


def run_forked(
    arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], *, typed: str = "", timeout: float
) -> "subprocess.CompletedProcess[str]":
    """The command to its end, as `subprocess.run` does it."""
    with TemporaryFile() as into, TemporaryFile() as out, TemporaryFile() as err:
        into.write(typed.encode())
        into.seek(0)
        told = os.fdopen(_ask(arguments, cwd, environ, [each.fileno() for each in (into, out, err)]))
        with told:
            process = int(told.readline())
            ends = select.poll()  # select.select takes no file descriptor from 1024 on.
            ends.register(told, select.POLLIN)
            if not ends.poll(timeout * 1000):
                os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["newsbot", *arguments], timeout)
            code = int(told.readline())
        for each in (out, err):
            each.seek(0)
        return subprocess.CompletedProcess(
            ["newsbot", *arguments], code, out.read().decode(), err.read().decode()
        )


class ForkedProcess:
    """A command that runs, with what tests use of `asyncio.subprocess.Process`."""

    def __init__(
        self,
        pid: int,
        ends: Awaitable[int],
        stdout: asyncio.StreamReader | None,
        stderr: asyncio.StreamReader | None,
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout, self.stderr = stdout, stderr
        self._ends = asyncio.create_task(self._await_end(ends))

    async def _await_end(self, ends: Awaitable[int]) -> int:
        self.returncode = await ends
        return self.returncode

    async def wait(self) -> int:
        """Wait for its end; return its exit status."""
        return await asyncio.shield(self._ends)

    async def communicate(self) -> tuple[bytes, bytes]:
        """Read what it says to its end."""
        assert self.stdout
        assert self.stderr
        out, err, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return out, err

    def send_signal(self, number: int) -> None:
        """Send the signal, unless the process has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


async def start_forked(
    arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], *, log: int | None = None
) -> ForkedProcess:
    """The command as a process. What it says goes to the file ``log``, or into its two pipes."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    if log is not None:
        pipes, written = [], [nothing, os.dup(log), os.dup(log)]
    else:
        pipes = [os.pipe(), os.pipe()]
        written = [nothing, *(tells for _, tells in pipes)]
    ends = await _read_pipe(_ask(arguments, cwd, environ, written))
    for each in written:
        os.close(each)
    pid = int(await ends.readline())
    end = _read_status(ends)
    if log is not None:
        return ForkedProcess(pid, end, None, None)
    return ForkedProcess(pid, end, *[await _read_pipe(reads) for reads, _ in pipes])


async def _read_status(ends: asyncio.StreamReader) -> int:
    return int(await ends.readline())


async def _read_pipe(number: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(number, "rb", buffering=0))
    return reader


if __name__ == "__main__":
    main()
