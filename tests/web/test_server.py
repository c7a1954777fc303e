"""The health pages over HTTP, on a real ledger that is locked, taken away and mended."""

import asyncio
import json
import logging
import socket
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from newsbot import __version__
from newsbot.errors import ListenError
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, PostEvent, PostState
from newsbot.ports import PollResult, ServiceRole
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from newsbot.threads import SerialThread
from newsbot.web.health import Facts, Health, Metrics
from newsbot.web.server import Server
from tests.ledger.exchanges import claim_poll, record_poll, settle_call
from tests.ledger.making import add, claimed, new_post

WITHIN = 2.0  # seconds that a page may take while the database is away; the test allows a busy machine more
SECRET = "s3cret-token"


@dataclass
class Pages:
    """The pages, the ledger behind them as its service has it, and what the service tells."""

    ledger: Ledger
    metrics: Metrics
    file: Path
    trouble: str | None = None
    silent: float = 0.0
    url: str = ""

    async def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.request(method, self.url + path) as answer:
            return answer.status, await answer.text()

    async def reasons(self) -> list[str]:
        status, text = await self.get("/readyz")
        said = json.loads(text)
        assert said["ok"] == (status == 200) == (not said["reasons"])
        assert status in {200, 503}
        reasons: list[str] = said["reasons"]
        return reasons

    async def figures(self) -> dict[tuple[str, ...], float]:
        status, text = await self.get("/metrics")
        assert status == 200
        families = text_string_to_metric_families(text)
        return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    file = tmp_path / "ledger.db"
    service, mine = open_ledger(f"sqlite:///{file}"), open_ledger(f"sqlite:///{file}", busy=0.3)
    service.prepare(upgrade=True)
    pages = Pages(service, Metrics(["site"], ["tg", "x"]), file)
    on_ledger = SerialThread("ledger")
    facts = Facts(lambda: pages.trouble, lambda: pages.silent)
    health = Health(
        mine,
        on_ledger,
        SystemClock(),
        facts,
        sources=["site"],
        channels=["tg", "x"],
        budgets={"x": Decimal(50)},
        fresh=0.0,
        counted=0.0,
    )
    server = Server(health, pages.metrics, clean=lambda text: text.replace(SECRET, "[secret]"))
    pages.url = await server.start("127.0.0.1", 0)
    yield pages
    await server.stop()
    on_ledger.close()
    mine.close()
    service.close()


async def test_all_is_well(pages: Pages) -> None:
    assert (await pages.get("/healthz"))[0] == 200
    assert await pages.reasons() == []


async def test_other_pages_are_not_there_and_nothing_can_be_changed(pages: Pages) -> None:
    assert (await pages.get("/healthz/x"))[0] == 404
    _, index = await pages.get("/")
    listed = [line.split()[0] for line in index.splitlines() if line.startswith("/")]
    assert listed == ["/healthz", "/readyz", "/metrics"]
    for path in ("/", *listed):
        assert await pages.get(path, "HEAD") == (200, "")
        assert (await pages.get(path, "POST"))[0] == 405


async def test_a_locked_database_is_said_in_time_and_the_figures_still_come(pages: Pages) -> None:
    before = await pages.figures()
    holder = sqlite3.connect(pages.file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    start = monotonic()
    (reason,) = await pages.reasons()
    assert "locked" in reason
    assert (await pages.figures()).keys() == before.keys()
    assert monotonic() - start < 10 * WITHIN
    assert (await pages.get("/healthz"))[0] == 200
    holder.execute("ROLLBACK")
    holder.close()
    assert await pages.reasons() == []


async def test_a_database_that_is_gone_is_said_and_the_figures_still_come(pages: Pages) -> None:
    pages.file.rename(pages.file.with_suffix(".away"))
    (reason,) = await pages.reasons()
    assert "gone" in reason
    assert await pages.figures()


async def test_a_database_of_another_version_is_said(pages: Pages) -> None:
    with pages.ledger._database.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999', oldest = '9999'")
    (reason,) = await pages.reasons()
    assert "newer" in reason


async def test_a_service_that_waits_for_its_database_is_not_ready_and_one_that_waits_for_ever_is_dead(
    pages: Pages,
) -> None:
    pages.silent = 10
    (reason,) = await pages.reasons()
    assert "10 s" in reason
    assert (await pages.get("/healthz"))[0] == 200
    pages.silent = 1000
    assert (await pages.get("/healthz"))[0] == 503
    assert (await pages.get("/readyz"))[0] == 503


async def test_a_clock_that_jumped_is_said(pages: Pages) -> None:
    pages.trouble = "the clock jumped back by 3600 s"
    assert await pages.reasons() == [pages.trouble]


async def test_a_channel_that_its_platform_paused_is_said_without_secrets_and_one_a_person_paused_is_fine(
    pages: Pages,
) -> None:
    now = SystemClock().now()
    pages.ledger.channels.pause("x", by="cli:ana", reason=Code.PAUSED_BY_PERSON(), now=now)
    assert await pages.reasons() == []
    add(pages.ledger, new_post("tg", due_at=now), now=now)
    post = claimed(pages.ledger, now=now).post
    why = Failure("channel-refused", Code.TEXT(words=f"the token {SECRET} is wrong"))
    settle_call(pages.ledger.delivery, post.id, PostEvent.NOT_SENT, why, now=now, pause=True)
    assert await pages.reasons() == ["channel tg is paused: the token [secret] is wrong"]
    figures = await pages.figures()
    assert figures["newsbot_channel_paused", "tg"] == figures["newsbot_channel_paused", "x"] == 1


async def test_the_figures_have_the_names_and_labels_that_dashboards_rest_on(pages: Pages) -> None:
    now = SystemClock().now()
    add(pages.ledger, new_post("tg", due_at=now), new_post("x", due_at=now, cost="0.20"), now=now)
    claimed(pages.ledger, "x", now=now)
    pages.metrics.count_ended_call("tg", PostState.SENT)
    pages.metrics.record_lag(0.004)
    pages.metrics.count_poll("site", ok=True)
    figures = await pages.figures()
    assert figures["newsbot_posts_total", "tg", "sent"] == 1
    assert figures["newsbot_posts_total", "x", "failed"] == 0
    assert figures["newsbot_post_lag_seconds_bucket", "0.0025"] == 0
    assert figures["newsbot_post_lag_seconds_bucket", "0.005"] == 1
    assert figures["newsbot_post_lag_seconds_count",] == 1
    assert figures["newsbot_polls_total", "ok", "site"] == 1
    assert figures["newsbot_queue_depth", "tg", "scheduled"] == 1
    assert figures["newsbot_queue_depth", "x", "sending"] == 1
    assert figures["newsbot_queue_depth", "x", "scheduled"] == 0
    assert figures["newsbot_budget_usd", "x"] == pytest.approx(0.2)
    assert figures["newsbot_budget_limit_usd", "x"] == 50
    assert ("newsbot_budget_usd", "tg") not in figures


async def test_the_figures_say_how_late_posts_and_polls_are_and_which_services_run(pages: Pages) -> None:
    now, hour = SystemClock().now(), timedelta(hours=1)
    add(pages.ledger, new_post("tg", due_at=now - hour), new_post("x", due_at=now + hour), now=now - hour)
    assert claim_poll(pages.ledger.sources, "site", now=now - 3 * hour, lease=hour)
    record_poll(pages.ledger.sources, "site", PollResult(now - 2 * hour, {}), now=now - 3 * hour)
    before = await pages.figures()
    pages.ledger.acquire_instance_lock(roles=[ServiceRole.POLL])
    figures = await pages.figures()
    assert 3600 <= figures["newsbot_ledger_post_overdue_seconds", "tg"] < 7200
    assert figures["newsbot_ledger_post_overdue_seconds", "x"] == 0
    assert 7200 <= figures["newsbot_ledger_poll_overdue_seconds",] < 10_800
    assert figures["newsbot_ledger_instances", "poll", __version__] == 1
    assert ("newsbot_ledger_instances", "poll", __version__) not in before


async def test_a_taken_port_is_one_line_that_names_it(pages: Pages) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = Server(None, pages.metrics, clean=str)  # type: ignore[arg-type]  # it never answers
        with pytest.raises(ListenError, match=f"127.0.0.1:{port} .*in use") as caught:
            await server.start("127.0.0.1", port)
    assert "\n" not in str(caught.value)


async def test_an_address_that_is_not_this_machines_is_one_line_too(pages: Pages) -> None:
    server = Server(None, pages.metrics, clean=str)  # type: ignore[arg-type]  # it never answers
    with pytest.raises(ListenError, match=r"192\.0\.2\.1:8080"):
        await server.start("192.0.2.1", 8080)


ODD = (b"\xff\xfe", b"a" * 7000, b"\x80", b"gzip, br, \xff", b"-1", b"bytes=0-", b"100-continue")


async def test_no_header_or_body_breaks_a_page(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    """Any bytes: an answer below 500 (or a page's own 503), and no traceback, which would quote them."""
    names = (b"X-Any", b"Accept", b"Accept-Encoding", b"Content-Encoding", b"Content-Type", b"Cookie",
             b"Expect", b"If-None-Match", b"Range", b"Content-Length", b"Transfer-Encoding")  # fmt: skip
    where = urlsplit(pages.url)
    for path in (b"/", b"/healthz", b"/readyz", b"/metrics", b"/none", b"/healthz?%ff=%00", b"/../%2e%2e"):
        for name, value in zip(names, (*ODD, *ODD), strict=False):
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            head = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + name + b": " + value
            writer.write(head + b"\r\n\r\n\xff{")
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), 20)
            writer.close()
            assert not answer or int(answer.split()[1]) not in {500, 501, 502}, (path, name)
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
    assert (await pages.get("/healthz"))[0] == 200
