"""Run the demo: the sandbox with its page, the sample site and newsbot's service, each as a process.

The sandbox imitates Telegram and X on this machine.
"""

import asyncio
import json
import os
import shlex
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import aiohttp

from newsbot.errors import NewsbotError, UsageError
from newsbot.ledger import open_ledger
from newsbot.model import Post, PostState
from newsbot.reasons import UsageCode
from newsbot.sandbox.samples import load_folder_samples, samples
from newsbot.sandbox.telegram.state import SandboxBot
from newsbot.sandbox.x.state import Credentials
from newsbot.tasks import wait_for_event
from newsbot.threads import SerialThread

__all__ = [
    "CHANNELS",
    "DemoReport",
    "Stage",
    "demo",
    "demo_once",
    "format_own_command",
    "last_line",
    "start_stage",
]

_READY = 30.0  # Seconds that a process of the demo may take, after its start, to print its addresses.
# Seconds that a process of the demo may take to end after SIGTERM. The service among these processes may take
# 30 seconds, because it waits for the posts that it is sending.
_STOP = 31.0

CHANNELS: dict[str, frozenset[str]] = {
    "telegram-main": frozenset({"en", "es", "hi", "ja"}),
    "telegram-urdu": frozenset({"ar", "ur"}),
    "x-main": frozenset(),
}
"""The channels of the demo, with the languages that each accepts; an empty set means all languages."""


@dataclass(slots=True)
class Stage:
    """The running processes of the demo; ``urls`` are the addresses of the sandbox and of the sample site."""

    folder: Path
    urls: dict[str, str]
    processes: dict[str, asyncio.subprocess.Process]

    @property
    def database(self) -> str:
        """Return the URL of the demo's SQLite database."""
        return f"sqlite:///{(self.folder / 'newsbot.db').absolute()}"

    def require_processes(self) -> None:
        """Raise NewsbotError if a process of the demo has ended, with the last line of its log."""
        for name, process in self.processes.items():
            if process.returncode is not None:
                words = last_line(self.folder / f"{name}.log")
                raise NewsbotError(UsageCode.ENDED_BY_ITSELF(name=name, n=process.returncode, words=words))


@asynccontextmanager
async def start_stage(folder: Path, port: int, every: float) -> AsyncIterator[Stage]:
    """Start all processes of the demo; at the end of the ``async with`` block, stop them, newsbot's service
    first.

    Raises:
        UsageError: the folder already has a configuration or a database.
        NewsbotError: a process could not start.
    """
    for name in ("config.yaml", "newsbot.db"):
        if (folder / name).exists():
            raise UsageError(UsageCode.DEMO_IS_THERE(path=folder, name=name))
    (folder / "articles").mkdir(parents=True, exist_ok=True)
    stage = Stage(folder, {}, {})
    await asyncio.to_thread(_create_database, stage.database)
    async with AsyncExitStack() as stack:
        site = ("newsbot.sandbox.site", "--every", str(every), "--folder", str(folder / "articles"))
        stage.urls |= await _start_listener(stack, stage, "site", *site)
        command = format_own_command("--config", str(folder / "config.yaml"))
        page = ["newsbot.sandbox.page", "--demo", "--port", str(port), "--database", stage.database]
        page += ["--site", stage.urls["site"], "--command", command]
        stage.urls |= await _start_listener(stack, stage, "sandbox", *page)
        config = _write_config(folder, stage.urls)
        await _start_process(stack, stage, "service", "newsbot", "--config", str(config), "run")
        yield stage


def format_own_command(*arguments: str) -> str:
    """Return the shell command that runs this installation of newsbot with ``arguments`` from any folder."""
    beside = Path(sys.executable).with_name("newsbot")
    own = [str(beside)] if beside.exists() else [sys.executable, "-m", "newsbot"]
    return shlex.join([*own, *arguments])


def _create_database(database: str) -> None:
    ledger = open_ledger(database)
    ledger.prepare(upgrade=True)
    ledger.close()


def _write_config(folder: Path, urls: dict[str, str]) -> Path:
    """Write the demo's config.yaml, and a template by which X gets long articles as threads of two messages.

    Return the path of config.yaml.
    """
    main, urdu = (", ".join(sorted(CHANNELS[name])) for name in ("telegram-main", "telegram-urdu"))
    values = {**urls, **asdict(Credentials()), "token": SandboxBot().token, "main": main, "urdu": urdu}
    text = files(__package__).joinpath("demo.yaml").read_text("utf-8")
    template = files(__package__).joinpath("demo-x.txt.j2").read_text("utf-8")
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "demo-x.txt.j2").write_text(template, encoding="utf-8")
    config = folder / "config.yaml"
    config.write_text(Template(text).substitute(values), encoding="utf-8")
    return config


async def _start_process(
    stack: AsyncExitStack, stage: Stage, name: str, *module: str, pipe: bool = False
) -> asyncio.subprocess.Process:
    """Start ``python -m`` with the given arguments as a process in its own session, for which Ctrl-C in the
    terminal has no effect.

    On Ctrl-C, the demo stops its processes itself. The new process gets no ``NEWSBOT_CONFIG``, because the
    demo has its own configuration.
    """
    log = stack.enter_context((stage.folder / f"{name}.log").open("ab"))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *module,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if pipe else log,
        stderr=log,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name != "NEWSBOT_CONFIG"},
    )
    stage.processes[name] = process
    stack.push_async_callback(_stop_process, process)
    return process


async def _start_listener(stack: AsyncExitStack, stage: Stage, name: str, *module: str) -> dict[str, str]:
    """Start a process that listens for requests, and return the addresses that the process prints then.

    Raises:
        NewsbotError: the process has printed nothing after 30 seconds.
    """
    process = await _start_process(stack, stage, name, *module, pipe=True)
    line = b""
    if process.stdout:
        with suppress(TimeoutError):
            line = await asyncio.wait_for(process.stdout.readline(), _READY)
    if not line:
        raise NewsbotError(UsageCode.NOT_STARTED(name=name, words=last_line(stage.folder / f"{name}.log")))
    return dict(json.loads(line))


async def _stop_process(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    _send_signal(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP)
    except TimeoutError:
        _send_signal(process, signal.SIGKILL)
        await process.wait()


def _send_signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Send a signal to a process by the process's id, unless the process has ended.

    ``process.terminate()`` is not used: it would poll the process first and so collect the exit status of a
    process that has just ended, before asyncio does.
    """
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)


def last_line(log: Path) -> str:
    """Return the last line of a log file; "-" if the file is empty or missing."""
    lines = log.read_text("utf-8", "replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "-"


_EVERY = 4.0  # Seconds between two articles that the demo's sample site publishes.
_SENT = 120.0  # The most seconds that `demo --once` waits until the last post is sent.
_LOOK = 0.2
_OVER = frozenset({PostState.SENT, PostState.FAILED, PostState.CANCELLED, PostState.UNKNOWN})

_FOLDER_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The result of `demo_once`: for each channel, how many articles, posts and messages there were, and the
    problems.
    """

    channels: dict[str, dict[str, int]]
    problems: list[str] = field(default_factory=list)


async def demo(folder: Path, port: int, ready: Callable[[str], None]) -> None:
    """Run the demo until SIGINT or SIGTERM; call ``ready`` with the address of the demo's page.

    Raises:
        NewsbotError: a process could not start, or ended by itself.
    """
    over = _watch_signals()
    async with start_stage(folder, port, _EVERY) as stage:
        ready(stage.urls["page"])
        while not over.is_set():
            stage.require_processes()
            await wait_for_event(over, _LOOK)


async def demo_once(folder: Path, port: int = 0, tell: Callable[[str], None] = lambda _: None) -> DemoReport:
    """Publish all sample articles on the sample site, wait until every post is sent, and return a report on
    what arrived in the sandbox.

    newsbot calls ``tell`` with lines about the progress.

    Raises:
        NewsbotError: a process could not start, or ended by itself.
    """
    over = _watch_signals()
    async with start_stage(folder, port, 0) as stage:
        posts = await _wait_until_settled(stage, over, tell)
        async with aiohttp.ClientSession() as session, session.get(f"{stage.urls['admin']}/state") as answer:
            state = await answer.json()
    report = _build_report(posts, state)
    if report.problems and (said := last_line(folder / "service.log")):
        report.problems.append(f"the service's last words{said}")
    return report


def _watch_signals() -> asyncio.Event:
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    return over


async def _wait_until_settled(stage: Stage, over: asyncio.Event, tell: Callable[[str], None]) -> list[Post]:
    """Wait until the demo has posts for all sample articles and every post was sent or has failed; return the
    posts.

    Wait at most two minutes, and stop waiting once ``over`` is set.
    """
    ledger, on_ledger = open_ledger(stage.database), SerialThread("ledger")
    ends = asyncio.get_running_loop().time() + _SENT
    try:
        while True:
            posts = await on_ledger(ledger.posts.list_posts, limit=None)
            sent = sum(post.state is PostState.SENT for post in posts)
            tell(f"{sent} of {sum(_count_expected().values())} posts are out ...")
            ended = sum(post.state in _OVER for post in posts)
            done = len(posts) == ended >= sum(_count_expected().values())
            if done or over.is_set() or asyncio.get_running_loop().time() > ends:
                return posts
            stage.require_processes()
            await asyncio.sleep(_LOOK)
    finally:
        await on_ledger(ledger.close)
        on_ledger.close()


def _count_expected() -> Counter[str]:
    """Return how many posts each channel of the demo should get, by the channel's name."""
    languages = [sample.language for sample in samples()] + [_FOLDER_LANGUAGE] * len(load_folder_samples())
    return Counter(
        name for name, taken in CHANNELS.items() for language in languages if not taken or language in taken
    )


def _build_report(posts: Sequence[Post], state: Any) -> DemoReport:
    problems = [
        f"{post.id} on {post.channel} is {post.state}: {post.error.message if post.error else post.reason}"
        for post in posts
        if post.state is not PostState.SENT
    ]
    chats = {chat.get("username"): len(chat["messages"]) for chat in state["telegram"]["chats"]}
    arrived = {
        "telegram-main": chats["ellerytide"],
        "telegram-urdu": chats["ellerytide_ur"],
        "x-main": len(state["x"]["tweets"]),
    }
    channels = {}
    for name, articles in sorted(_count_expected().items()):
        parts = [len(post.parts) for post in posts if post.state is PostState.SENT and post.channel == name]
        channels[name] = {
            "articles": articles,
            "sent": len(parts),
            "threads": sum(count > 1 for count in parts),
            "messages": sum(parts),
            "arrived": arrived[name],
        }
        if len(parts) != articles:
            problems.append(f"{name}: {len(parts)} of {articles} articles were sent")
        if arrived[name] != sum(parts):
            problems.append(f"{name}: {arrived[name]} messages arrived, {sum(parts)} were sent")
    return DemoReport(channels, problems)
