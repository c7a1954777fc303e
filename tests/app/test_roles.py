"""Processes of one service that share its roles: each does the work of its own roles, and no other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from structlog.testing import capture_logs

from newsbot.app import service
from newsbot.app.container import App
from newsbot.app.desk import Desks
from newsbot.config.loading import load
from newsbot.errors import LedgerError
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.newsroom.intake import Intake
from newsbot.ports import ALL_ROLES, FoundItem, ServiceRole
from newsbot.reasons import LedgerCode
from tests.conftest import create_temporary_database

SOON = 30.0
PAGE = """<!doctype html><html lang="en"><head><title>The bridge opens on Monday</title></head><body><article>
<h1>The bridge opens on Monday</h1><p>The bridge over the river opens on Monday, the city council said today.
It was closed for two years, because its pillars had to be replaced.</p></article></body></html>
"""
POLL, WORK, SEND, DESK, WEB = ServiceRole


@pytest.fixture(params=["local", "cluster"])
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The folder of a newsroom on PostgreSQL, with an article in the folder that is its source."""
    monkeypatch.setattr(service, "end_in_time", lambda _status, **_within: None)  # or it would end the tests
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bridge.html").write_text(PAGE)
    with create_temporary_database(postgres) as url:
        config = {
            "database": url,
            "engine": request.param,
            "sources": {"drop": {"kind": "folder", "path": "in", "every": "1s", "backfill": 1}},
            "channels": {"out": {"kind": "console", "approval": "none"}},
            "web": {"listen": "127.0.0.1:0"},
        }
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
        yield tmp_path


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    stop = asyncio.Event()
    monkeypatch.setattr(service, "stop_signal", lambda: stop)
    return stop


@asynccontextmanager
async def running(
    folder: Path, stop: asyncio.Event, *roles: Collection[ServiceRole]
) -> AsyncIterator[Ledger]:
    """A process of the service for each of ``roles``, and a ledger to look into while they run."""
    apps = [App(load(folder / "config.yaml", environ={}, secrets=True, places=False)) for _ in roles]
    stop.clear()
    async with asyncio.TaskGroup() as group:
        for app, own in zip(apps, roles, strict=True):
            group.create_task(service.run(app, frozenset(own)))
        ledger = open_ledger(apps[0].config.database, base=folder)
        try:
            async with asyncio.timeout(SOON):
                while not _has_started(ledger, len(roles)):
                    await asyncio.sleep(0.05)
                yield ledger
        finally:
            stop.set()
            ledger.close()
    for app in apps:
        await app.close()


def _has_started(ledger: Ledger, count: int) -> bool:
    try:
        return len(ledger.list_running_services()) == count
    except Exception:  # noqa: BLE001  the tables may not be there yet
        return False


async def until(seen: Callable[[], Any]) -> None:
    while not seen():
        await asyncio.sleep(0.05)


def states(ledger: Ledger) -> list[str]:
    return [str(post.state) for post in ledger.posts.list_posts()]


async def test_each_process_does_the_work_of_its_own_roles_alone(folder: Path, stop: asyncio.Event) -> None:
    async with running(folder, stop, {POLL, DESK, WEB}) as ledger:
        await until(lambda: ledger.sources.list_unfinished_sources(["drop"]))
        await asyncio.sleep(1.5)
        assert states(ledger) == []
    async with running(folder, stop, {WORK, POLL}) as ledger:
        await until(lambda: states(ledger))
        await asyncio.sleep(1.0)
        assert states(ledger) == ["scheduled"]
    async with running(folder, stop, {SEND}) as ledger:
        await until(lambda: states(ledger) == ["sent"])


async def test_processes_with_one_role_each_bring_an_article_out(folder: Path, stop: asyncio.Event) -> None:
    async with running(folder, stop, {POLL}, {WORK}, {SEND}, {DESK, WEB}) as ledger:
        await until(lambda: states(ledger) == ["sent"])
        polled = ledger.sources.list_sources()["drop"].last_polled_at
        await until(lambda: ledger.sources.list_sources()["drop"].last_polled_at != polled)


async def test_articles_that_were_claimed_when_the_database_failed_go_out_all_the_same(
    folder: Path, stop: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their process is alive, so that for minutes nobody else would get them."""
    monkeypatch.setattr(service, "_LEDGER_AGAIN", timedelta(seconds=0.2))
    claim, claimed = Intake._claim, list[FoundItem]()

    async def fail_once(self: Intake, source: str) -> list[FoundItem]:
        found = await claim(self, source)
        if found and not claimed:
            claimed.extend(found)
            raise LedgerError(LedgerCode.CALL_HANGS(name="ledger", n=60))
        return found

    monkeypatch.setattr(Intake, "_claim", fail_once)
    async with running(folder, stop, ALL_ROLES) as ledger:
        await until(lambda: states(ledger) == ["sent"])
    assert len(claimed) == 1


async def test_without_the_role_poll_nothing_is_polled(folder: Path, stop: asyncio.Event) -> None:
    async with running(folder, stop, ALL_ROLES - {POLL}) as ledger:
        await asyncio.sleep(1.5)
        assert ledger.sources.list_sources() == {}


@pytest.mark.parametrize(("roles", "runs"), [(ALL_ROLES - {DESK}, False), ({DESK}, True)])
async def test_only_the_role_desk_runs_the_desk(
    folder: Path, stop: asyncio.Event, monkeypatch: pytest.MonkeyPatch, roles: set[ServiceRole], *, runs: bool
) -> None:
    started = asyncio.Event()

    async def run(_: Desks) -> None:
        started.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Desks, "is_wanted", property(lambda _: True))
    monkeypatch.setattr(Desks, "run", run)
    async with running(folder, stop, roles):
        await asyncio.sleep(0.5)
        assert started.is_set() == runs


@pytest.mark.parametrize(("roles", "runs"), [(ALL_ROLES - {WEB}, False), ({WEB}, True)])
async def test_only_the_role_web_listens(
    folder: Path, stop: asyncio.Event, roles: set[ServiceRole], *, runs: bool
) -> None:
    with capture_logs() as logs:
        async with running(folder, stop, roles):
            await asyncio.sleep(0.5)
    assert any(line["event"] == "health and metrics" for line in logs) == runs
