"""What is called from outside: by who shows the secret, and not confirmed before it is stored."""

import asyncio
import logging
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from newsbot.errors import LedgerError
from newsbot.reasons import Code
from newsbot.web.server import LARGEST, Hook, build_handler, build_runner, expect

HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Called:
    """Takes what it is given, unless it is ``away``."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.away = False

    async def take(self, update: dict[str, Any]) -> None:
        if self.away:
            raise LedgerError(Code.TEXT(words="the database is away"))
        self.given.append(update)


@pytest.fixture
async def called() -> AsyncIterator[tuple[Called, str]]:
    taker, app = Called(), web.Application()
    app.router.add_post(
        "/tg", build_handler(Hook("/tg", HEADER, "s3cret", taker.take)), expect_handler=expect
    )
    runner = build_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield taker, f"http://127.0.0.1:{runner.addresses[0][1]}/tg"
    await runner.cleanup()


async def status(url: str, secret: str | None, body: Any = None, data: bytes | None = None) -> int:
    headers = {HEADER: secret} if secret is not None else {}
    given: dict[str, Any] = {"data": BytesIO(data)} if data is not None else {"json": body}
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, **given) as answer:
        return answer.status


async def test_only_who_shows_the_secret_is_heard(called: tuple[Called, str]) -> None:
    taker, url = called
    for wrong in (None, "", "s3cre", "s3crett", "S3CRET"):
        assert await status(url, wrong, {"update_id": 1}) == 403
    assert taker.given == []
    assert await status(url, "s3cret", {"update_id": 1}) == 200
    assert taker.given == [{"update_id": 1}]


async def test_what_could_not_be_stored_shall_be_sent_again(called: tuple[Called, str]) -> None:
    taker, url = called
    taker.away = True
    assert await status(url, "s3cret", {"update_id": 1}) == 503


UNUSABLE = (b'{"a":' * 100_000, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"[" * 100_000,
            b'{"a":' + b"9" * 5000 + b"}", b" " * (LARGEST + 1))  # fmt: skip
FOREIGN = (b"", b"{", b"null", b"[1]", b"1", b'"x"', b"NaN", b"\xff\xfe", b"\x00", b'["no update"]')


async def test_what_can_never_be_used_is_taken_so_that_it_does_not_come_again(
    called: tuple[Called, str],
) -> None:
    """A caller such as Telegram repeats whatever is not answered with 200, and holds back the rest."""
    taker, url = called
    with capture_logs() as told:
        for body in UNUSABLE:
            assert await status(url, "s3cret", data=body) == 200, body[:20]
    assert taker.given == []
    assert [each["event"] for each in told] == ["a call that makes no sense was passed over"] * len(UNUSABLE)


async def test_what_is_no_object_is_a_bad_request(called: tuple[Called, str]) -> None:
    taker, url = called
    for body in FOREIGN:
        assert await status(url, "s3cret", data=body) == 400, body
    assert taker.given == []
    assert await status(url, "s3cret", data='{"update_id":1}'.encode("utf-16")) == 200
    assert await status(url, "s3cret", data=b'{"update_id":2,"a":"\xff"}') == 200
    assert [each["update_id"] for each in taker.given] == [1, 2]


WRONG = (b"", b"s3cre", b"s3crett", b"S3CRET", b"s3cret\xff", b"\xff\xfe", "s3crét".encode(),
         "секрет".encode(), b"\x80" * 8000)  # fmt: skip
REQUESTS = (
    b"POST /tg HTTP/1.1\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{}",
    b"POST /tg HTTP/1.1\r\nContent-Length: 2\r\nContent-Encoding: \xff\r\n\r\n{}",
    b"POST /tg HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: application/json; charset=nonsense\r\n\r\n{}",
    b"POST /tg HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: \xff\xfe; charset=\xff\r\n\r\n{}",
    b"POST /tg HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /tg HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"POST /tg HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST /tg HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /tg?\xff=%00%ff HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /%00%ff\xff HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    b"GET /tg HTTP/1.1\r\n\r\n", b"\xff\xff\xff\r\n\r\n", b"POST /tg HTTP/9.9\r\n\r\n",
    b"POST /tg HTTP/1.1\r\nCookie: \xff=\xfe\r\nExpect: \xff\r\nContent-Length: 0\r\n\r\n",
)  # fmt: skip


async def raw(url: str, request: bytes) -> int:
    """The status of an answer to bytes as they are; 0 where the connection was closed without one."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request.replace(b"\r\n", b"\r\nHost: x\r\nConnection: close\r\n", 1))
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0


async def test_a_secret_of_any_bytes_is_compared_and_refused_with_a_line(
    called: tuple[Called, str], caplog: pytest.LogCaptureFixture
) -> None:
    taker, url = called
    for secret in WRONG:
        head = (
            b"POST /tg HTTP/1.1\r\n" + HEADER.encode() + b": " + secret + b"\r\nContent-Length: 2\r\n\r\n{}"
        )
        with capture_logs() as told:
            assert await raw(url, head) == 403, secret
        assert [each["event"] for each in told] == ["a call without the right secret was refused"]
        assert "s3cr" not in str(told)
    twice = HEADER.encode() + b": s3cret\r\n" + HEADER.encode() + b": x\r\n"
    assert await raw(url, b"POST /tg HTTP/1.1\r\n" + twice + b"Content-Length: 2\r\n\r\n{}") == 403
    assert taker.given == []
    assert caplog.records == []


async def test_no_request_of_any_bytes_is_the_servers_fault(
    called: tuple[Called, str], caplog: pytest.LogCaptureFixture
) -> None:
    """With the secret and without it: no 500, and no traceback."""
    _, url = called
    for request in REQUESTS:
        shown = request.replace(b"\r\n", b"\r\n" + HEADER.encode() + b": s3cret\r\n", 1)
        for given in (request, shown):
            with capture_logs() as told:
                assert await raw(url, given) < 500, given
            assert all("exc_info" not in each for each in told)
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
    assert await status(url, "s3cret", {"update_id": 1}) == 200


async def test_the_secret_counts_in_any_alphabet() -> None:
    taker, app = Called(), web.Application()
    app.router.add_post("/tg", build_handler(Hook("/tg", HEADER, "clé", taker.take)))
    runner = build_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/tg"
    head = b"POST /tg HTTP/1.1\r\n" + HEADER.encode() + b": %b\r\nContent-Length: 2\r\n\r\n{}"
    assert await raw(url, head % "clé".encode()) == 200
    assert await raw(url, head % b"cle") == 403
    assert await raw(url, head % "clé".encode("latin-1")) == 403
    await runner.cleanup()
