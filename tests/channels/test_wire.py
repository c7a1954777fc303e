"""What the end of a call proves, on every platform, down to the bytes."""

import asyncio
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from newsbot.errors import NotSent, OutcomeUnknown, SendError

from .servers import (
    Behaviour,
    Request,
    answer,
    assert_no_secret,
    hang,
    make,
    part,
    raw,
    relay,
    reset,
    serving,
    start_sandbox,
)
from .stand_ins import PlatformView, view_class

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n"

AMBIGUOUS: dict[str, Behaviour] = {
    "reset after the request was read": reset,
    "closed without an answer": raw(b""),
    "not HTTP": raw(b"\x15\x03\x01\x00\x02\x02\x28"),
    "cut in its headers": raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "cut in its body": raw(HEAD + b'\r\n{"ok": true, "resu'),
    "empty": answer(b""),
    "HTML": answer(b"<html>It works!</html>"),
    "JSON, but no object": answer([1, 2]),
    "JSON null": answer(None),
    "an object without what it should hold": answer({"ok": True}),
    "data without an id": answer({"data": {}, "result": {}}),
    "an id that is none": answer({"data": {"id": None}, "result": {"message_id": None}}),
    "500": answer({"ok": False}, "500 Internal Server Error"),
    "502 in HTML": answer(b"<html>Bad gateway</html>", "502 Bad Gateway"),
    "503": answer({"title": "Service Unavailable"}, "503 Service Unavailable"),
    "504": answer(b"", "504 Gateway Timeout"),
    "408 from a proxy": answer(b"", "408 Request Timeout"),
    "a redirect": answer(b"", "307 Temporary Redirect", {"Location": "/elsewhere"}),
}


async def failure(channel: Any) -> SendError:
    """How sending ends; it has to end at the deadline (a slow machine needs some seconds more)."""
    start = time.monotonic()
    with pytest.raises(SendError) as caught:
        await channel.send(part(), after=None)
    assert time.monotonic() - start < channel.deadline + 10
    await channel.close()
    return caught.value


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_an_answer_that_proves_nothing_leaves_the_outcome_unknown(kind: str, name: str) -> None:
    async with serving(AMBIGUOUS[name]) as server:
        assert type(await failure(make(kind, server.url))) is OutcomeUnknown
        assert len(server.requests) == 1


@dataclass
class StandInServer:
    """A stand-in, and the behaviour of a server that passes each request on to it."""

    behaviour: Behaviour
    platform: PlatformView

    def posts(self) -> list[str]:
        return [message.remote_id for message in self.platform.messages()]


@pytest.fixture
async def stand_in(kind: str) -> AsyncIterator[StandInServer]:
    async with start_sandbox() as sandbox:
        yield StandInServer(relay(sandbox.url(kind)), view_class(kind)(sandbox))


async def test_a_redirect_is_not_followed(kind: str, stand_in: StandInServer) -> None:
    async with serving(stand_in.behaviour) as other:
        away = answer(b"", "307 Temporary Redirect", {"Location": f"{other.url}/elsewhere"})
        async with serving(away) as server:
            assert type(await failure(make(kind, server.url))) is OutcomeUnknown
        assert not other.requests
        assert stand_in.posts() == []


DRIPS = {
    "hanging": hang,
    "headers dripping": raw(HEAD, pause=0.05),
    "body dripping": raw(HEAD + b"\r\n" + b" " * 400, pause=0.05),
}


@pytest.mark.parametrize("name", DRIPS)
async def test_the_deadline_ends_a_call_that_hangs_or_drips(kind: str, name: str) -> None:
    async with serving(DRIPS[name]) as server:
        channel = make(kind, server.url)
        channel.deadline = 1.5
        assert type(await failure(channel)) is OutcomeUnknown
        assert len(server.requests) == 1


async def test_a_call_that_is_over_is_cut(kind: str) -> None:
    cut = asyncio.Event()

    async def drip(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.05)
        cut.set()

    async with serving(drip) as server:
        channel = make(kind, server.url)
        channel.deadline = 1.0
        with pytest.raises(OutcomeUnknown):
            await channel.send(part(), after=None)
        await asyncio.wait_for(cut.wait(), 10)
        await channel.close()


async def test_names_that_are_looked_up_for_ever_hold_up_nobody_else(
    kind: str, stand_in: StandInServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the channels whose platform answers, nor the loop's own threads."""
    over = threading.Event()
    real = socket.getaddrinfo

    def hang(host: Any, *arguments: Any, **options: Any) -> Any:
        if str(host).endswith(".invalid"):
            over.wait(60)
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    lost = [make(kind, f"http://api{n}.invalid") for n in range(12)]
    for channel in lost:
        channel.deadline = 20.0
    async with serving(stand_in.behaviour) as server:
        hanging = [asyncio.create_task(failure(channel)) for channel in lost]
        await asyncio.sleep(0.2)
        fine = make(kind, server.url)
        await fine.open()
        assert [(await fine.send(part(), after=None)).remote_id] == stand_in.posts()
        assert await asyncio.to_thread(lambda: "free") == "free"
        assert not any(task.done() for task in hanging)
        over.set()
        assert {type(await task) for task in hanging} == {NotSent}
        await fine.close()


async def test_a_refused_connection_proves_that_nothing_was_sent(kind: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        found = await failure(make(kind, f"http://127.0.0.1:{closed.getsockname()[1]}"))
    assert type(found) is NotSent


async def test_an_error_says_where_and_why_in_plain_words(kind: str) -> None:
    found = await failure(make(kind, "http://127.0.0.1:1"))
    assert str(found).startswith("http://127.0.0.1:1 can't be reached: Connection refused")
    async with serving(AMBIGUOUS["HTML"]) as server:
        assert server.url in str(await failure(make(kind, server.url)))


async def test_a_proxy_of_the_environment_is_used_and_not_for_this_machine(
    kind: str, stand_in: StandInServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with serving(stand_in.behaviour) as server:
        monkeypatch.setenv("http_proxy", server.url)
        channel = make(kind, "http://api.invalid")
        await channel.send(part(), after=None)
        await channel.close()
        assert server.requests[0].line.startswith("POST http://api.invalid/")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        channel = make(kind, server.url)
        await channel.send(part("Another headline"), after=None)
        await channel.close()


async def test_a_proxy_that_refuses_proves_that_nothing_was_sent(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with serving(answer(b"", "502 Bad Gateway")) as server:
        monkeypatch.setenv("https_proxy", server.url)
        found = await failure(make(kind, "https://api.invalid"))
        assert type(found) is NotSent
        assert [request.line.split()[:2] for request in server.requests] == [["CONNECT", "api.invalid:443"]]


async def test_a_call_that_is_over_gets_no_connection_any_more(
    kind: str, stand_in: StandInServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is looked up past the deadline must not send a post later."""
    over, real = threading.Event(), socket.getaddrinfo

    def find_late(host: Any, *arguments: Any, **options: Any) -> Any:
        if str(host) == "late.invalid":
            over.wait(60)
        return real("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", find_late)
    async with serving(stand_in.behaviour) as server:
        channel = make(kind, server.url.replace("127.0.0.1", "late.invalid"))
        channel.deadline = 1.0
        with pytest.raises(NotSent):
            await channel.send(part(), after=None)
        over.set()
        await asyncio.sleep(0.5)
        assert (server.connections, stand_in.posts()) == (0, [])
        channel.deadline = 10.0
        await channel.send(part(), after=None)
        assert (server.connections, len(stand_in.posts())) == (1, 1)
        await channel.close()


async def test_an_unknown_host_proves_that_nothing_was_sent(kind: str) -> None:
    assert type(await failure(make(kind, "http://no-such-host.invalid"))) is NotSent


async def test_a_certificate_that_does_not_hold_proves_that_nothing_was_sent(kind: str) -> None:
    """A server that speaks no TLS at all fails in the same place: before the request."""
    async with serving(raw(b"nonsense")) as server:
        channel = make(kind, server.url.replace("http:", "https:"))
        channel.deadline = 1.5
        found = await failure(channel)
        assert type(found) is NotSent
        assert not server.requests


@contextmanager
def full_backlog() -> Iterator[str]:
    """A listener that takes no further connections: the kernel drops their first packet."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003  the socket module's
            one.connect_ex(listener.getsockname())
        # On a busy machine the kernel may take these connections later than the one of the test. So the test
        # waits until the kernel has repeated a first packet, which shows that the listener takes no more.
        while not any(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 3)[2] for one in waiting):
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for one in waiting:
                one.close()


async def test_a_connection_that_never_stands_proves_that_nothing_was_sent(kind: str) -> None:
    with full_backlog() as url:
        channel = make(kind, url)
        channel.deadline = 1.0
        assert type(await failure(channel)) is NotSent


async def test_a_call_goes_through_after_one_that_failed(kind: str, stand_in: StandInServer) -> None:
    async with serving(reset) as server:
        channel = make(kind, server.url)
        with pytest.raises(OutcomeUnknown):
            await channel.send(part(), after=None)
        server.behaviour = stand_in.behaviour
        assert [(await channel.send(part(), after=None)).remote_id] == stand_in.posts()
        await channel.close()


async def test_a_cancelled_send_ends_its_call(kind: str) -> None:
    arrived = asyncio.Event()

    async def arrive(_: Request, __: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.sleep(3600)

    async with serving(arrive) as server:
        channel = make(kind, server.url)
        sending = asyncio.create_task(channel.send(part(), after=None))
        await asyncio.wait_for(arrived.wait(), 5)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.wait_for(channel.close(), 1)


ECHOES: dict[str, str] = {
    "400": "400 Bad Request",
    "401": "401 Unauthorized",
    "403": "403 Forbidden",
    "404": "404 Not Found",
    "429": "429 Too Many Requests",
    "500": "500 Internal Server Error",
}


@pytest.mark.parametrize("name", [*ECHOES, "reset", "hang", "HTML"])
async def test_no_secret_reaches_an_error_or_a_log(
    kind: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where the platform echoes the request back."""
    caplog.set_level(logging.DEBUG)

    async def echo(request: Request, writer: asyncio.StreamWriter) -> None:
        words = request.line + json.dumps(request.headers)
        body = {"ok": False, "description": words, "detail": words, "errors": [{"message": words}]}
        await answer(body, ECHOES[name])(request, writer)

    behaviour = {"reset": reset, "hang": hang, "HTML": AMBIGUOUS["HTML"]}.get(name, echo)
    async with serving(behaviour) as server:
        channel = make(kind, server.url)
        channel.deadline = 1.0 if name == "hang" else 10.0
        found = await failure(channel)
    assert "\n" not in str(found)
    assert_no_secret("".join(traceback.format_exception(found)) + repr(found) + repr(channel.settings))
    assert_no_secret(caplog.text)


async def test_no_secret_reaches_a_log_when_all_is_well(
    kind: str, stand_in: StandInServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(stand_in.behaviour) as server:
        channel = make(kind, server.url)
        await channel.send(part(), after=None)
        await channel.close()
    assert_no_secret(caplog.text)
