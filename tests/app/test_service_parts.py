"""A service whose parts fail: what is critical ends it with a word, the rest starts again and is named."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import Any

import aiohttp
import pytest
import yaml
from structlog.testing import capture_logs

from newsbot.app import health_server, service
from newsbot.app.container import App
from newsbot.app.desk import Desks
from newsbot.app.supervisor import ClockMonitor, PartEnded
from newsbot.config.loading import load
from newsbot.delivery.prober import Prober
from newsbot.delivery.reconciler import Reconciler
from newsbot.ledger import open_ledger
from newsbot.newsroom.polling import SourcePoller
from newsbot.web.server import Server

SOON = 60.0


async def fails(*_: Any, **_more: Any) -> Any:
    raise ZeroDivisionError


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """A service on SQLite, with a page and an empty folder for its source."""
    monkeypatch.setattr(service, "end_in_time", lambda _status, **_within: None)  # or it would end the tests
    (tmp_path / "in").mkdir()
    config = {
        "sources": {"drop": {"kind": "folder", "path": "in", "every": "1s"}},
        "channels": {"out": {"kind": "console", "approval": "none"}},
        "web": {"listen": "127.0.0.1:0"},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    app = App(load(tmp_path / "config.yaml", environ={}, secrets=True, places=False))
    yield app
    await app.close()


async def ended(app: App) -> str:
    """What it ended with, by itself."""
    with pytest.raises(PartEnded) as end:
        async with asyncio.timeout(SOON):
            await service.run(app)
    return str(end.value)


async def test_a_reconciler_that_crashes_ends_the_service(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reconciler, "_round", fails)
    assert "the reconciler failed (ZeroDivisionError" in await ended(app)


async def test_a_sender_that_fails_again_and_again_ends_the_service(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Prober, "drain", fails)
    monkeypatch.setattr(service, "_LEDGER_AGAIN", timedelta(seconds=0.05))
    assert "the engine failed (ZeroDivisionError" in await ended(app)


async def test_a_database_whose_file_is_taken_away_ends_the_service(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_GONE_FOR", 0.5)
    file = Path(str(app.config.folder)) / "newsbot.db"

    async def take_away() -> None:
        while not file.exists():
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.0)
        file.rename(file.with_suffix(".gone"))

    taking = asyncio.create_task(take_away())
    assert "is gone: put it back" in await ended(app)
    await taking


async def test_a_call_that_hangs_ends_the_service(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_HANGS_AFTER", 0.5)
    monkeypatch.setattr(service, "_LOOK", 0.05)

    def hang() -> bool:
        sleep(1.5)
        return False

    monkeypatch.setattr(app.ledger, "has_changed", hang)
    assert "has not come back" in await ended(app)


async def reasons(url: str) -> tuple[int, list[str]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as answer:
        told: dict[str, Any] = await answer.json()
        return answer.status, told["reasons"]


async def test_what_starts_again_is_named_until_it_works_and_nothing_else_stops(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClockMonitor, "run", fails)
    monkeypatch.setattr(Desks, "is_wanted", property(lambda _: True))
    monkeypatch.setattr(Desks, "run", fails)
    monkeypatch.setattr(SourcePoller, "visit", fails)
    stop = asyncio.Event()
    monkeypatch.setattr(service, "stop_signal", lambda: stop)
    with capture_logs() as logs:
        running = asyncio.create_task(service.run(app))
        async with asyncio.timeout(SOON):
            while len(app.reports.failed_parts) < 3:
                await asyncio.sleep(0.05)
            address = next(line["address"] for line in logs if line["event"] == "health and metrics")
            status, why = await reasons(address)
            other = open_ledger(app.config.database, base=app.config.folder)
            while len(other.list_running_services()[0].failed) < 3:
                await asyncio.sleep(0.05)
            stop.set()
            await running
    other.close()
    names = {"the desk", "the watch over the clock", "polling drop"}
    assert status == 503
    assert {reason.partition(" does not work: ")[0] for reason in why} == names
    assert not any(line["event"] == "sending failed" for line in logs)


async def test_a_page_that_listens_no_more_listens_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_server, "_LOOK", 0.05)
    stop = asyncio.Event()
    monkeypatch.setattr(service, "stop_signal", lambda: stop)
    first = list[Server]()
    start = Server.start

    async def started(self: Server, host: str, port: int) -> str:
        first.append(self)
        return await start(self, host, port)

    monkeypatch.setattr(Server, "start", started)
    with capture_logs() as logs:
        running = asyncio.create_task(service.run(app))
        async with asyncio.timeout(SOON):
            while not first:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            await first[0].stop()
            while len(first) < 2:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.2)
            address = [line["address"] for line in logs if line["event"] == "health and metrics"][-1]
            async with aiohttp.ClientSession() as session, session.get(f"{address}/healthz") as answer:
                assert answer.status == 200
            stop.set()
            await running
