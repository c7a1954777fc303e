"""``python -m tests.bench.pollers KIND FOLDER URL COUNT [DATABASE]``: polls feeds when a line comes in.

All of them, at URL/feed/0 and so on. A line says what that took: processor seconds, those of worker processes
included, and the longest that the event loop did not come round (seconds).
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import psutil

__all__ = ["config_of", "processor_seconds"]

BEAT = 0.005  # seconds between two looks whether the loop comes round
WORKERS = 10  # reader's threads; one takes as much of the processor


def config_of(url: str, count: int, *, every: str = "1h", database: str = "sqlite:///newsbot.db") -> str:
    """A config.yaml with ``count`` feeds, and a channel that prints."""
    lines = [f"  s{n}: {{kind: feed, url: '{url}/feed/{n}', every: {every}}}" for n in range(count)]
    sources = "\n".join(lines)
    return (
        f"database: {database}\n"
        f"sources:\n{sources}\n"
        "channels:\n  out: {kind: console}\n"
        "network: {allow_private: true}\n"
    )


def processor_seconds(process: psutil.Process) -> float:
    """Of a process and all below it, also those that have ended."""
    spent = process.cpu_times()
    own = spent.user + spent.system + spent.children_user + spent.children_system
    return float(own + sum(processor_seconds(child) for child in process.children()))


def _reader(folder: Path, url: str, count: int) -> Callable[[], float]:
    """As its documentation has it: storage on disk, all feeds updated with workers; it has no event loop."""
    from reader import make_reader

    found = make_reader(str(folder / "reader.db"))
    for n in range(count):
        found.add_feed(f"{url}/feed/{n}")

    def poll() -> float:
        found.update_feeds(scheduled=False, workers=WORKERS)
        return 0.0

    return poll


def _newsbot(folder: Path, url: str, count: int, database: str) -> Callable[[], Coroutine[Any, Any, float]]:
    """The service's own detection, without what follows once an article is stored."""
    from newsbot.app.container import App
    from newsbot.app.logs import Redactor, configure
    from newsbot.config import load

    configure(Redactor(()))
    (folder / "config.yaml").write_text(config_of(url, count, database=database))
    app = App(load(folder / "config.yaml", environ={}))
    app.ledger.prepare(upgrade=True)
    app.ledger.acquire_instance_lock()

    async def poll() -> float:
        stalls = [0.0]
        watching = asyncio.create_task(_watch(stalls))
        await asyncio.gather(*(app.detector.poll(name, least=timedelta(0)) for name in app.config.sources))
        watching.cancel()
        return max(stalls)

    return poll


async def _watch(stalls: list[float]) -> None:
    while True:
        began = monotonic()
        await asyncio.sleep(BEAT)
        stalls.append(monotonic() - began - BEAT)


def main() -> None:
    kind, folder, url, count, database = sys.argv[1:]
    own = psutil.Process()
    with asyncio.Runner() as runner:
        if kind == "reader":
            poll = _reader(Path(folder), url, int(count))
        else:
            work = _newsbot(Path(folder), url, int(count), database)

            def poll() -> float:
                return runner.run(work())

        print("ready", flush=True)
        for _ in sys.stdin:
            before = processor_seconds(own)
            stalled = poll()
            print("spent", processor_seconds(own) - before, stalled, flush=True)


if __name__ == "__main__":
    main()
