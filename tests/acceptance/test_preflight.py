"""What is wrong with an article's page or its post is named before the post goes out, and holds it only where
config.yaml says so.
"""

import asyncio
import sqlite3
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from tests.reading.wall_pages import wall_page

from .newsroom import Newsroom, Story

TITLE = "Council closes the old library at the square"
BODY = (
    "<p>The council voted on Monday evening to close the old library at the square after a long debate.</p>"
    + "<p>The town paints two rooms of the school in the north for 30,000 books this month, he said.</p>" * 6
)
IMAGE = "/photo.jpg"
HEAD = (
    "<meta property='og:title' content='{title}'>"
    "<meta property='og:image' content='{image}'><meta property='og:image:alt' content='Shelves'>"
)


def page(head: str = HEAD, *, title: str = TITLE, body: str = BODY) -> Callable[[], web.Response]:
    """An article's page; ``head`` is what it says about itself."""
    filled = head.format(title=title, image=IMAGE)
    article = f"<article><h1>{title}</h1>{body}</article>"
    text = f"<html lang='en'><head><title>{title}</title>{filled}</head><body>{article}</body></html>"
    return lambda: web.Response(text=text, content_type="text/html")


def status(number: int) -> Callable[[], web.Response]:
    return lambda: web.Response(status=number, text="no", content_type="text/html")


def redirect(path: str) -> Callable[[], web.Response]:
    return lambda: web.Response(status=302, headers={"Location": path})


def html(text: str) -> Callable[[], web.Response]:
    return lambda: web.Response(text=text, content_type="text/html")


def photo() -> web.Response:
    return web.Response(body=make_png(640, 360), content_type="image/png")


def make_png(width: int, height: int) -> bytes:
    """A black picture."""
    rows = zlib.compress(bytes((width // 8 + 1) * height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", rows),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@dataclass(frozen=True)
class Case:
    """A fault of a page: what the site answers, and the code and words of the warning."""

    code: str
    words: str
    answers: dict[str, Callable[[], web.Response]] = field(default_factory=dict)
    body: str = BODY
    published: timedelta | None = None
    title: str = TITLE


LOGIN = html("<html><body><form><h1>Log in</h1><input name=u><input type='password'></form></body></html>")
CASES = {
    "404": Case("page_status", "answers with the status 404 Not Found", {"/library": status(404)}),
    "403": Case("page_status", "answers with the status 403 Forbidden", {"/library": status(403)}),
    "500 again and again": Case("page_status", "status 500 Internal", {"/library": status(500)}),
    "401": Case("wall", "asked to log in", {"/library": status(401)}),
    "redirect to a login": Case(
        "wall", "asked to log in", {"/library": redirect("/login?next=a"), "/login": LOGIN}
    ),
    "login page": Case("wall", "asked to log in", {"/library": html(wall_page("login", "en"))}),
    "front page": Case(
        "page_status", "leads to the site's front page", {"/library": redirect("/"), "/": page()}
    ),
    "another page": Case(
        "page_status",
        "shows another text",
        {
            "/library": redirect("/tram"),
            "/tram": page(title="Trams run late", body="<p>Trams ran late all day.</p>" * 9),
        },
    ),
    "draft": Case(
        "page_status",
        "looks like a draft or a preview: This is a draft",
        {"/library": page(body="<p>This is a draft.</p>" + BODY)},
    ),
    "draft's address": Case(
        "page_status", "a preview: preview", {"/library": redirect("/a?preview=true"), "/a": page()}
    ),
    "noindex": Case(
        "page_status", "(noindex)", {"/library": page(HEAD + "<meta name=robots content=noindex>")}
    ),
    "og:image missing": Case(
        "no_card_image",
        "no image for the link preview",
        {"/library": page("<meta property='og:title' content='x'>")},
    ),
    "og:image 403": Case("no_card_image", "answered 403 Forbidden", {IMAGE: status(403)}),
    "og:image is HTML": Case("no_card_image", "is no image", {IMAGE: page()}),
    "og:title missing": Case(
        "no_card_title",
        "no title for the link preview",
        {"/library": page("<meta property='og:image' content='{image}'>")},
    ),
    "canonical elsewhere": Case(
        "canonical",
        "https://elsewhere.example/a",
        {"/library": page(HEAD + "<link rel=canonical href='https://elsewhere.example/a'>")},
    ),
    "canonical is the front page": Case(
        "canonical", "names another address", {"/library": page(HEAD + "<link rel=canonical href='/'>")}
    ),
    "tomorrow of yesterday": Case(
        "stale_date",
        '"tomorrow" means another day',
        body="<p>The council votes tomorrow on the old library at the square, the mayor said at night.</p>"
        + BODY,
        published=timedelta(days=1, minutes=1),
    ),
    "markup": Case(
        "markup", "{{ name }}", title="Council of {{ name }} closes the old library at the square"
    ),
}


@pytest.fixture
def library(newsroom: Newsroom) -> Newsroom:
    """A newsroom whose site has one article with a fine page, and one channel."""
    del newsroom.config["channels"]["x"]
    newsroom.config["channels"]["tg"]["schedule"] = {"expire": "7d"}
    newsroom.config["timezone"] = "UTC"
    newsroom.site.stories = [Story("library", TITLE, BODY)]
    newsroom.site.answers = {"/library": page(), IMAGE: photo}
    return newsroom


def publish(newsroom: Newsroom, case: Case) -> None:
    [story] = newsroom.site.stories
    story.html, story.title = case.body, case.title
    if case.published:
        story.published = format_datetime(datetime.now(UTC) - case.published)
    newsroom.site.answers |= case.answers
    if "/library" not in case.answers:
        newsroom.site.answers["/library"] = page(body=case.body, title=case.title)


async def get_post(newsroom: Newsroom) -> dict[str, Any]:
    [post] = (await newsroom.run("posts", "--json")).json
    found: dict[str, Any] = (await newsroom.run("show", post["id"], "--json")).json
    return found


def find_warnings(post: dict[str, Any], code: str) -> list[str]:
    return [warning["message"] for warning in post["warnings"] if warning["code"] == code]


async def test_a_fine_page_is_not_warned_of(library: Newsroom) -> None:
    assert (await library.run("run", "--once")).status == 0
    post = await get_post(library)
    assert (post["state"], post["warnings"]) == ("sent", [])


@pytest.mark.parametrize("name", CASES)
async def test_a_fault_is_named_and_blocks_nothing_that_no_rule_holds(library: Newsroom, name: str) -> None:
    case = CASES[name]
    publish(library, case)
    assert (await library.run("run", "--once")).status == 0
    post = await get_post(library)
    assert post["state"] == "sent"
    assert any(case.words in message for message in find_warnings(post, case.code)), post["warnings"]


@pytest.mark.parametrize("name", CASES)
async def test_a_fault_holds_the_post_until_a_person_approves_it(library: Newsroom, name: str) -> None:
    case = CASES[name]
    publish(library, case)
    library.config["preflight"] = {"hold": [case.code]}
    assert (await library.run("run", "--once")).status == 0
    post = await get_post(library)
    assert (post["state"], library.messages) == ("held", [])
    assert any(case.words in message for message in find_warnings(post, case.code)), post["warnings"]
    status = await library.run("status")
    assert post["id"] in status.out
    assert f"the warning {case.code}: " in status.out
    assert (await library.run("approve", post["id"])).status == 0
    assert (await library.run("run", "--once")).status == 0
    assert (await get_post(library))["state"] == "sent"


async def test_the_second_look_finds_a_page_that_was_taken_down_in_between(library: Newsroom) -> None:
    library.config["preflight"] = {"hold": ["page_status"]}
    library.config["channels"]["tg"]["approval"] = "one"
    assert (await library.run("run", "--once")).status == 0
    post = await get_post(library)
    assert (post["state"], post["warnings"]) == ("held", [])
    assert (await library.run("approve", post["id"])).status == 0
    library.site.answers["/library"] = status(404)
    make_checks_older(library)
    assert (await library.run("run", "--once")).status == 0
    post = await get_post(library)
    assert (post["state"], library.messages) == ("held", [])
    assert post["timeline"][-1]["reason"]["code"] == "held-for-warning"
    assert (await library.run("approve", post["id"])).status == 0
    make_checks_older(library)
    assert (await library.run("run", "--once")).status == 0
    assert ((await get_post(library))["state"], len(library.messages)) == ("sent", 1)


async def test_a_service_holds_a_post_whose_page_is_taken_down_before_its_time(library: Newsroom) -> None:
    library.config["preflight"] = {"hold": ["page_status"]}
    library.config["sources"] = {}
    assert (await library.run("post", f"{library.site.url}/library", "--at", "+1m")).status == 0
    library.site.answers["/library"] = status(410)
    make_checks_older(library)
    service = await library.start("run")
    async with asyncio.timeout(40):
        while (post := await get_post(library))["state"] != "held":
            await asyncio.sleep(0.3)
    await library.stop(service)
    assert find_warnings(post, "page_status") == ["The article's page answers with the status 410 Gone."]


async def test_a_slow_page_delays_no_post_that_nothing_holds(library: Newsroom) -> None:
    library.site.slow = 30.0
    library.site.stories[0].html = BODY + f"<img src='{library.site.url}{IMAGE}' alt='Shelves' width='640'>"
    service = await library.start("run")
    async with asyncio.timeout(25):
        while not library.messages:
            await asyncio.sleep(0.1)
    await library.stop(service)


async def test_preview_names_what_is_wrong_and_what_would_be_held(library: Newsroom) -> None:
    library.site.answers["/library"] = page("<meta property='og:title' content='x'>")
    library.config["preflight"] = {"hold": ["no_card_image"]}
    [draft] = (await library.run("preview", f"{library.site.url}/library", "--json")).json
    codes = {warning["code"]: warning["message"] for warning in draft["warnings"]}
    assert codes["no_card_image"] == "The article's page has no image for the link preview (og:image)."
    assert codes["held"] == "It would be held, as preflight.hold names no_card_image."


async def test_an_article_from_a_folder_asks_nothing(library: Newsroom) -> None:
    folder = library.folder / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "Trams run late\n\nThe trams of the town ran late all day, the council said."
    )
    library.config["sources"] = {"drop": {"kind": "folder", "path": "articles", "backfill": 5}}
    library.config["preflight"] = {"hold": ["page_status"]}
    assert (await library.run("run", "--once")).status == 0
    assert (await get_post(library))["state"] == "sent"
    assert library.site.requests == []


def make_checks_older(newsroom: Newsroom) -> None:
    """Make all checks of pages two minutes older, as if the time had passed."""
    with sqlite3.connect(newsroom.folder / "newsbot.db") as ledger:
        changed = ledger.execute(
            "UPDATE stage_result SET ended_at = ended_at - 120000000 WHERE stage = 'check'"
        )
        assert changed.rowcount
    ledger.close()


async def test_the_role_work_of_a_cluster_looks_and_holds(library: Newsroom, postgres_url: str) -> None:
    """A fault is found where articles are processed, and again by the loop; the sender never looks."""
    library.config |= {"database": postgres_url, "engine": "cluster", "preflight": {"hold": ["wall"]}}
    library.site.answers["/library"] = LOGIN
    sender = await library.start("run", "--roles", "send")
    await asyncio.sleep(2)
    assert library.site.requests == []
    worker = await library.start("run", "--roles", "poll,work")
    async with asyncio.timeout(50):
        while not (posts := (await library.run("posts", "--json")).json):
            await asyncio.sleep(0.5)
    assert [post["state"] for post in posts] == ["held"]
    assert find_warnings(posts[0], "wall")
    library.site.answers["/library"] = page()
    assert (await library.run("approve", posts[0]["id"])).status == 0
    async with asyncio.timeout(50):
        while not library.messages:
            await asyncio.sleep(0.5)
    await library.stop(worker)
    await library.stop(sender)
