"""What platforms show of a post, in their own shapes, is told from what they show of others."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from newsbot.channels.http_connection import HttpAnswer
from newsbot.channels.read_back import normalize_for_match
from newsbot.channels.telegram_web_preview import (
    PreviewPage,
    find_preview_page,
    parse_preview_page,
    search_preview_page,
)
from newsbot.channels.x_timeline import find_sightings_in, read_timeline
from newsbot.errors import OutcomeUnknown, ParseError, RateLimited
from newsbot.model import Part, Receipt
from newsbot.ports import ReadAllowance, SoughtPart

from .servers import answer, make, serving

T = TypeVar("T")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGE = (Path(__file__).parent / "data" / "public_page.html").read_bytes()


def sought(text: str, *, mode: Any = None, after: str | None = None) -> SoughtPart:
    return SoughtPart(Part(text, 0, 0, mode), Receipt(0, after) if after else None)


# ---------------------------------------------------------------- X


def post(text: str, number: int = 9, *urls: tuple[str, str], **more: Any) -> dict[str, Any]:
    """As GET /2/users/:id/tweets gives it."""
    links = [{"start": 0, "end": 0, "url": short, "expanded_url": long} for short, long in urls]
    links += more.pop("media", [])
    entities = {"entities": {"urls": links}} if links else {}
    return {"id": str(number), "text": text, "created_at": "2026-11-22T12:00:00.000Z", **entities, **more}


def timeline(*pages: list[dict[str, Any]], mark: str | None = None, **more: Any) -> Any:
    queries: list[dict[str, str]] = []

    async def ask(_route: str, *, params: dict[str, str]) -> HttpAnswer:
        queries.append(params)
        shown = pages[len(queries) - 1]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if len(queries) < len(pages):
            meta["next_token"] = "more"
        body = {"meta": meta, **({"data": shown} if shown else {}), **more}
        return HttpAnswer(200, {"date": "Sun, 22 Nov 2026 12:00:30 GMT"}, json.dumps(body).encode())

    read = read_timeline(ask, "1", ReadAllowance(250), since=NOW, mark=mark)
    return asyncio.run(read), queries


PHOTO = {
    "url": "https://t.co/pict0000re",
    "expanded_url": "https://x.com/site/status/9/photo/1",
    "media_key": "3_1",
}


LINK = ("https://t.co/abc", "https://a.org/")


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("Rock & roll <3 &amp; more", post("Rock &amp; roll &lt;3 &amp;amp; more")),
        ("Read https://a.org/x?b=1&c=2", post("Read https://t.co/abc", 9, ("https://t.co/abc", "https://a.org/x?b=1&c=2"))),
        ("At Example.org now", post("At https://t.co/abc now", 9, ("https://t.co/abc", "http://example.org"))),
        ("https://a.org/é", post("https://t.co/abc", 9, ("https://t.co/abc", "https://a.org/%C3%A9/"))),
        ("With a photo", post("With a photo https://t.co/pict0000re", media=[PHOTO])),
        ("With a photo", post("With a photo https://t.co/pict0000re")),
        ("With a photo a.org", post(f"With a photo {LINK[0]} {PHOTO['url']}", 9, LINK, media=[PHOTO])),
        ("Cafe\u0301 \u2066«خبر»\u2069", post("Café «خبر»")),
        ("A\n\n\nB", post("A\n\nB")),
        ("At http://127.0.0.1:8/a/1", post("At https://t.co/abc", 9, ("https://t.co/abc", "http://127.0.0.1:8/a/1"))),
        ("A bracket http://[a", post("A bracket http://[a")),
    ],
)  # fmt: skip
def test_a_post_on_x_is_known_again(wanted: str, shown: dict[str, Any]) -> None:
    read, _ = timeline([shown])
    ((sighting,),) = find_sightings_in([sought(wanted)], read).seen
    assert sighting.receipt == Receipt(0, "9", "https://x.com/i/status/9")
    assert sighting.at == NOW


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("Read https://a.org/x", post("Read https://t.co/abc", 9, ("https://t.co/abc", "https://a.org/y"))),
        ("Two dead in fire", post("Three dead in fire")),
        ("Goal!", post("Goal", 9)),
        ("Goal!", post("Goal!", 9, referenced_tweets=[{"type": "replied_to", "id": "4"}])),
    ],
)
def test_a_post_on_x_is_not_taken_for_another(wanted: str, shown: dict[str, Any]) -> None:
    read, _ = timeline([shown])
    assert find_sightings_in([sought(wanted)], read).seen == ((),)


STORM = "Storm warning for the coast, ferries stay in port until noon"


@pytest.mark.parametrize(
    ("wanted", "shown", "near"),
    [
        (f"{STORM} https://b.org/x", post(f"{STORM} https://t.co/abc", 9, LINK), True),
        (f"{STORM} https://a.org/x", post(STORM), True),
        (f"{STORM} a.org", post(f"{STORM} a.org", 9), True),
        (STORM, post(STORM, 9, referenced_tweets=[{"type": "replied_to", "id": "4"}]), True),
        (STORM, post(f"{STORM[:40]}…"), True),
        (STORM, post(STORM.upper().replace(",", " &amp;")), True),
        (STORM, post("https://t.co/abc", 9, ("https://t.co/abc", "https://a.org/x")), True),
        ("https://a.org/x", post("Any words at all"), True),
        ("وزیراعظم نے کہا کہ فیصلہ کل ہوگا", post("وزیراعظم نے کہا فیصلہ کل ہوگا https://t.co/abc"), True),
        ("港口因暴风雨关闭至中午", post("港口因暴风雨关闭至中午,渡轮停航"), True),
        (f"{STORM} https://a.org/", post("Other words by then https://t.co/abc", 9, LINK), True),
        (STORM, post("Council approves the new tram line to the harbour"), False),
        ("港口因暴风雨关闭至中午", post("市议会批准通往港口的新电车线路"), False),
    ],
)  # fmt: skip
def test_a_post_on_x_that_might_be_it_is_near(wanted: str, shown: dict[str, Any], *, near: bool) -> None:
    read, _ = timeline([shown])
    assert bool(find_sightings_in([sought(wanted)], read).near[0]) == near


def test_a_part_on_x_answers_the_part_before_it() -> None:
    replies = [
        post("two", number, referenced_tweets=[{"type": "replied_to", "id": str(to)}])
        for number, to in ((9, 8), (7, 6))
    ]
    read, _ = timeline([*replies, post("two", 5)])
    (seen,) = find_sightings_in([sought("two", after="6")], read).seen
    assert [one.receipt.remote_id for one in seen] == ["7"]


def test_a_timeline_is_whole_with_all_its_pages_and_the_mark_on_them() -> None:
    whole, queries = timeline([post("b", 9)], [post("a", 5)], mark="5")
    assert whole.whole
    assert [shown.id for shown in whole.posts] == ["9", "5"]
    assert queries[0]["since_id"] == "4"
    assert queries[1]["pagination_token"] == "more"
    assert not timeline([post("b", 9)], mark="5")[0].whole
    assert not timeline([post("b", 9)], errors=[{"title": "Partial"}])[0].whole
    assert not timeline([], [], [], [])[0].whole


def test_without_a_mark_a_timeline_is_read_from_an_hour_before_the_call() -> None:
    read, (query,) = timeline([])
    assert read.whole
    assert query["start_time"] == "2026-11-22T11:00:00Z"
    _, (query,) = timeline([], mark="a link or other words of a person")
    assert "start_time" in query


@pytest.mark.parametrize(
    "body", [{}, [], {"data": []}, {"meta": {"result_count": 3}}, {"meta": {"result_count": 1}, "data": [{}]}]
)
async def test_an_answer_that_is_no_timeline_proves_nothing(body: Any) -> None:
    async with serving(answer(body)) as server:
        channel = make("x", server.url)
        channel._user_id = "1"
        with pytest.raises(OutcomeUnknown):
            await channel.search(
                [sought("text")], since=NOW, mark=None, pages=no_pages, allowance=ReadAllowance(250)
            )


async def test_a_429_on_reading_says_how_long() -> None:
    busy = answer({"title": "Too Many Requests"}, "429 Too Many Requests", {"x-rate-limit-reset": "99"})
    async with serving(busy) as server:
        channel = make("x", server.url)
        with pytest.raises(RateLimited):
            await channel.search(
                [sought("text")], since=NOW, mark=None, pages=no_pages, allowance=ReadAllowance(250)
            )


# ---------------------------------------------------------------- Telegram


async def no_pages(url: str, parse: Callable[[bytes], T], *, guarded: bool) -> tuple[T, datetime | None]:
    raise AssertionError(f"{url} {parse} {guarded}")


async def this_page(url: str, parse: Callable[[bytes], T], *, guarded: bool) -> tuple[T, datetime | None]:
    assert guarded, url
    return parse(PAGE), NOW


def test_a_public_page_is_read_as_people_read_it() -> None:
    first, second, third, *_ = shown = parse_preview_page(PAGE)
    assert [one.number for one in shown] == [41, 42, 44]
    assert (first.name, first.time) == ("durov_example", "2026-11-22T11:58:00+00:00")
    assert normalize_for_match(first.text) == normalize_for_match(
        "Ferry line approved & funded 🎷 5 < 6 https://example.org/a?b=1&c=2"
    )
    assert (second.reply_to, second.text) == (41, "Second of two")
    assert third.text.endswith("…")


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ("<b>Ferry line approved &amp; funded</b> 🎷\n5 &lt; 6 https://example.org/a?b=1&amp;c=2", 41),
        ("Second of two", 42),
        ("A long story " + "and longer, " * 40 + "to its end", 44),
    ],
)
async def test_a_message_on_telegram_is_known_again(wanted: str, number: int) -> None:
    page = PreviewPage("https://t.me/s/durov_example", guarded=True)
    look = await search_preview_page(page, [sought(wanted, mode="HTML")], since=NOW, pages=this_page)
    ((sighting,),) = look.seen
    assert sighting.receipt == Receipt(0, str(number), f"https://t.me/durov_example/{number}")
    assert not look.whole


@pytest.mark.parametrize(
    "wanted",
    ["Ferry line approved", "Forwarded words", "A long story", "Second of two!", "Quoted <b>reply</b>"],
)
async def test_a_message_on_telegram_is_not_taken_for_another(wanted: str) -> None:
    page = PreviewPage("https://t.me/s/durov_example", guarded=True)
    look = await search_preview_page(page, [sought(wanted, mode="HTML")], since=NOW, pages=this_page)
    assert look.seen == ((),)


async def test_a_reply_to_another_message_is_not_the_next_part() -> None:
    page = PreviewPage("https://t.me/s/durov_example", guarded=True)
    for before, seen in (("41", 1), ("40", 0)):
        look = await search_preview_page(
            page, [sought("Second of two", after=before)], since=NOW, pages=this_page
        )
        assert len(look.seen[0]) == seen


def test_a_page_that_is_none_says_so() -> None:
    assert parse_preview_page(b"<html><body>nothing</body></html>") == ()
    with pytest.raises(ParseError):
        parse_preview_page(b"")


@pytest.mark.parametrize(
    ("read_back", "api", "name", "url"),
    [
        ("auto", "https://api.telegram.org", "example", "https://t.me/s/example"),
        ("auto", "https://api.telegram.org", None, None),
        ("auto", "http://127.0.0.1:8081", "example", None),
        ("off", "https://api.telegram.org", "example", None),
        ("http://127.0.0.1:81", "http://127.0.0.1:81", "example", "http://127.0.0.1:81/s/example"),
        ("http://127.0.0.1:81/s/other", "http://127.0.0.1:81", None, "http://127.0.0.1:81/s/other"),
        ("https://t.me", "http://127.0.0.1:8081", None, None),
    ],
)
def test_where_a_channel_is_read_back(read_back: str, api: str, name: str | None, url: str | None) -> None:
    page = find_preview_page(read_back, api, name)
    assert (page and page.url) == url
    assert page is None or page.guarded == (read_back == "auto")


# ---------------------------------------------------------------- permalinks


@pytest.mark.parametrize(
    ("name", "link"),
    [("telegram", "https://t.me/sandbox/12"), ("x", "https://x.com/i/status/12"), ("console", None)],
)
async def test_a_permalink_is_made_of_an_id_and_of_nothing_else(name: str, link: str | None) -> None:
    channel = make(name, "http://127.0.0.1:9")
    assert channel.permalink("12") == link
    assert channel.permalink("javascript:alert(1)") is None
    await channel.close()


@pytest.mark.parametrize(
    ("chat", "link"), [(-1001234567890, "https://t.me/c/1234567890/12"), (-12345, None), (111, None)]
)
def test_a_chat_without_a_name_has_the_links_of_its_kind(chat: int, link: str | None) -> None:
    assert make("telegram", "http://127.0.0.1:9", chat=chat).permalink("12") == link


async def test_what_was_printed_cant_be_looked_for() -> None:
    since = NOW - timedelta(hours=1)
    assert (
        await make("console", "").search(
            [sought("text")], since=since, mark=None, pages=no_pages, allowance=ReadAllowance(250)
        )
        is None
    )
