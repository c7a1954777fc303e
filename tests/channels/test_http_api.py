"""What the client for APIs with JSON makes of answers, for kinds that have no library."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from newsbot.channels.http_api import ApiCall, HttpApi
from newsbot.errors import (
    ChannelRefused,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SendError,
)

from .servers import Behaviour, Server, answer, serving

SECRET = "key-0123456789"
POST = ApiCall(rate="toy", place="the wall")
CHANGE = ApiCall(rate="toy", message=True)


@asynccontextmanager
async def api_at(behaviour: Behaviour) -> AsyncIterator[tuple[HttpApi, Server]]:
    async with serving(behaviour) as server:
        api = HttpApi("The wall", server.url, headers={"Authorization": SECRET}, secrets=(SECRET,))
        yield api, server
        await api.close()


async def call(api: HttpApi, asked: ApiCall = POST, **options: Any) -> Any:
    return await api.call("POST", "/posts", asked, within=10.0, **{"parse": lambda found: found} | options)


async def failure(behaviour: Behaviour, asked: ApiCall = POST, **options: Any) -> SendError:
    async with api_at(behaviour) as (api, _):
        with pytest.raises(SendError) as caught:
            await call(api, asked, **options)
    return caught.value


SAID = {"error": "because"}


@pytest.mark.parametrize(
    ("status", "body", "asked", "error"),
    [
        ("400 Bad Request", SAID, POST, Refused),
        ("422 Unprocessable Entity", SAID, POST, Refused),
        ("413 Content Too Large", b"<html>too large</html>", POST, NotSent),
        ("401 Unauthorized", SAID, POST, ChannelRefused),
        ("403 Forbidden", b"", POST, ChannelRefused),
        ("404 Not Found", SAID, POST, ChannelRefused),
        ("404 Not Found", SAID, CHANGE, MessageGone),
        ("410 Gone", SAID, CHANGE, MessageGone),
        ("404 Not Found", b"<html>no such page</html>", CHANGE, ChannelRefused),
        ("408 Request Timeout", SAID, POST, OutcomeUnknown),
        ("500 Internal Server Error", SAID, POST, OutcomeUnknown),
        ("302 Found", SAID, POST, OutcomeUnknown),
    ],
)
async def test_a_status_proves_what_http_says(
    status: str, body: object, asked: ApiCall, error: type[SendError]
) -> None:
    found = await failure(answer(body, status), asked)
    assert type(found) is error
    assert str(found).startswith("The wall answered ")
    assert ("'because'" in str(found)) == (body is SAID)


async def test_a_post_that_may_be_out_says_where_to_look() -> None:
    found = await failure(answer(SAID, "500 Internal Server Error"))
    assert str(found).endswith("; the post may or may not be out: look at the wall")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "Mon, 02 Nov 2026 10:01:30 GMT", "Date": "Mon, 02 Nov 2026 10:00:00 GMT"}, 90),
        ({"Retry-After": "Mon, 02 Nov 2026 09:00:00 GMT", "Date": "Mon, 02 Nov 2026 10:00:00 GMT"}, 1),
        ({"Retry-After": "Mon, 02 Nov 2026 10:01:30 GMT"}, 30),
        ({"Retry-After": "Mon, 02 Nov 2026 10:01:30 -0000", "Date": "Mon, 02 Nov 2026 10:00:00 GMT"}, 90),
        ({"Retry-After": "soon", "Date": "today"}, 30),
        ({}, 30),
    ],
)
async def test_a_429_says_when_to_come_again(headers: dict[str, str], seconds: float) -> None:
    found = await failure(answer(SAID, "429 Too Many Requests", headers))
    assert isinstance(found, RateLimited)
    assert (found.retry_after, found.key) == (seconds, "toy")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "invalid_text", "message": "The text is too long."}, "The text is too long."),
        ({"error": {"code": 12, "message": "Too long."}}, "Too long."),
        ({"detail": f"no such key: {SECRET}"}, "no such key: [secret]"),
    ],
)
async def test_the_platforms_own_words_are_quoted_without_secrets(body: object, words: str) -> None:
    found = await failure(answer(body, "400 Bad Request"))
    assert str(found) == f"The wall answered '{words}' (HTTP 400)"


async def test_a_refusal_in_a_successful_answer_is_the_kinds_to_raise() -> None:
    def parse(found: Any) -> None:
        raise Refused(found["error"])

    found = await failure(answer({"ok": False, "error": "too long"}), parse=parse)
    assert (type(found), str(found)) == (Refused, "too long")


async def test_a_form_with_a_file_arrives() -> None:
    async with api_at(answer({"id": 1})) as (api, server):
        form, files = {"caption": "日本"}, {"photo": ("a.png", b"\x89PNG", "image/png")}
        assert await call(api, form=form, files=files) == {"id": 1}
        assert await call(api, form=form) == {"id": 1}
    photo, plain = server.requests
    assert b'name="photo"; filename="a.png"' in photo.body
    assert b"\x89PNG" in photo.body
    assert "日本".encode() in photo.body
    assert plain.body == b"caption=%E6%97%A5%E6%9C%AC"
    assert plain.headers["authorization"] == SECRET


async def test_a_closed_client_connects_again() -> None:
    async with api_at(answer({"id": 1})) as (api, server):
        await call(api, content={"text": "one"})
        await api.close()
        await call(api, content={"text": "two"})
    assert [request.json["text"] for request in server.requests] == ["one", "two"]
