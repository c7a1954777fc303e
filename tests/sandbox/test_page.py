"""The sandbox's page over HTTP: what it shows, how soon, what can be done on it, and what is kept out."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import aiohttp
import pytest

from newsbot.sandbox import Sandbox, SandboxChat
from newsbot.sandbox.page import SandboxPage, attach_page
from newsbot.sandbox.page.rendering import detect_script_language, render_telegram_html, render_x_html
from newsbot.sandbox.samples import load_folder_samples, samples
from newsbot.sandbox.site import SampleSite
from newsbot.sandbox.x.posts import entities

from .conftest import Http, png, tweepy_client

SOON = 0.3


class Watcher:
    """A page's event stream; ``html`` by key, ``lists`` as they stand."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.html: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}

    async def until(self, found: Any, within: float = 60.0) -> None:
        async with asyncio.timeout(within):
            while not found():
                line = (await self._response.content.readline()).decode()
                assert line, "the stream ended"
                if line.startswith("data: "):
                    self._take(json.loads(line[6:]))

    def _take(self, event: Any) -> None:
        self.lists[event["list"]] = [piece["key"] for piece in event["pieces"]]
        self.html |= {piece["key"]: piece["html"] for piece in event["pieces"] if "html" in piece}

    def has(self, name: str, words: str) -> bool:
        return any(words in self.html[key] for key in self.lists.get(name, ()))


class PageHttp(Http):
    """A sandbox with its page."""

    @property
    def url(self) -> str:
        return self.sandbox.admin_url.removesuffix("/_sandbox")

    async def get(self, path: str, **headers: str) -> tuple[int, Any, str]:
        async with self.session.get(self.url + path, headers=headers) as response:
            return response.status, response.headers, await response.text(errors="replace")

    async def do(self, name: str, /, **given: Any) -> int:
        async with self.session.post(f"{self.url}/do/{name}", json=given) as response:
            return response.status

    async def soon(self) -> float:
        """The seconds within which an event is on the page: 0.3, or ten answers' time on a busy machine."""
        start = monotonic()
        await self.get("/")
        return max(SOON, 10 * (monotonic() - start))

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Watcher]:
        async with self.session.get(f"{self.url}/events") as response:
            assert response.content_type == "text/event-stream"
            watcher = Watcher(response)
            await watcher.until(lambda: "tally" in watcher.lists)
            yield watcher


@pytest.fixture
async def page() -> AsyncIterator[PageHttp]:
    sandbox = Sandbox()
    attach_page(SandboxPage(sandbox), sandbox.admin)
    pace = sandbox.telegram.pace
    pace.overall = pace.per_chat = pace.per_group = None
    async with sandbox, aiohttp.ClientSession() as session:
        yield PageHttp(sandbox, session)


async def test_a_message_reaches_the_page_at_once(page: PageHttp) -> None:
    async with page.watch() as watcher:
        for n in range(5):
            await page.send(f"message number {n}")
            start = monotonic()
            await watcher.until(lambda n=n: watcher.has("chat111", f"message number {n}"))
            assert monotonic() - start <= await page.soon()


async def test_a_post_on_x_and_its_deletion_reach_the_page_at_once(page: PageHttp) -> None:
    client = tweepy_client(page.sandbox)
    async with page.watch() as watcher:
        posted: Any = await asyncio.to_thread(client.create_tweet, text="Hello from the bay")
        start = monotonic()
        await watcher.until(lambda: watcher.has("x", "Hello from the bay"))
        assert monotonic() - start <= await page.soon()
        await asyncio.to_thread(client.delete_tweet, posted.data["id"])
        start = monotonic()
        await watcher.until(lambda: watcher.lists["x"] == [])
        assert monotonic() - start <= await page.soon()
    client.session.close()


async def test_only_what_changed_is_sent_again(page: PageHttp) -> None:
    await page.send("first")
    async with page.watch() as watcher:
        first = watcher.html.copy()
        await page.send("second")
        await watcher.until(lambda: watcher.has("chat111", "second"))
    assert watcher.html.keys() - first.keys() == {"chat111-m2"}
    assert all(watcher.html[key] == first[key] for key in first if key.startswith("chat111-"))


async def test_an_edit_shows_as_edited_and_a_deleted_message_goes(page: PageHttp) -> None:
    _, sent = await page.send("before")
    message = sent["result"]["message_id"]
    async with page.watch() as watcher:
        await page.telegram("editMessageText", chat_id=111, message_id=message, text="after")
        await watcher.until(lambda: watcher.has("chat111", "after"))
        assert "edited" in watcher.html["chat111-m1"]
        await page.telegram("deleteMessage", chat_id=111, message_id=message)
        await watcher.until(lambda: "chat111-m1" not in watcher.lists["chat111"])


async def test_replies_buttons_and_people_are_shown(page: PageHttp) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Approve", "callback_data": "ok"}]]}
    await page.send("Is this fine?", chat=-1001000000002, reply_markup=keyboard)
    assert await page.do("say", chat=-1001000000002, user=111, text="/approve <b>x</b>") == 200
    await page.send("Done", chat=-1001000000002, reply_parameters={"message_id": 2})
    assert await page.do("press", chat=-1001000000002, user=111, message=1, label="Approve") == 200
    _, _, html = await page.get("/")
    assert 'data-press="Approve"' in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert '<a class="reply"' in html
    _, updates = await page.telegram("getUpdates")
    assert [min(update) for update in updates["result"]] == ["message", "callback_query"]
    query = updates["result"][1]["callback_query"]["id"]
    async with page.watch() as watcher:
        await page.telegram("answerCallbackQuery", callback_query_id=query, text="Approved by Ada")
        await watcher.until(lambda: watcher.has("answers", "Approved by Ada"))


async def test_photos_and_alt_text_are_shown(page: PageHttp) -> None:
    form = aiohttp.FormData({"chat_id": "111", "caption": "The bay"})
    form.add_field("photo", png(), filename="bay.png", content_type="image/png")
    url = f"{page.sandbox.telegram_url}/bot{page.sandbox.telegram.bot.token}/sendPhoto"
    async with page.session.post(url, data=form) as answer:
        assert answer.status == 200
    _, _, html = await page.get("/")
    path = html.partition('class="shot" src="')[2].partition('"')[0]
    status, headers, _ = await page.get(path)
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert (await page.get("/photo/none"))[0] == 404


def test_entities_are_counted_in_utf_16_and_text_is_escaped() -> None:
    text = "😀 <b> wow & نیا"
    bold = {"type": "bold", "offset": 3, "length": 3}
    link = {"type": "text_link", "offset": 13, "length": 3, "url": "https://example.org/?a=1&b=2"}
    html = render_telegram_html(text, [bold, link])
    assert html == (
        '😀 <b>&lt;b&gt;</b> wow &amp; <a href="https://example.org/?a=1&amp;b=2" dir="ltr" target="_blank" '
        'rel="noopener noreferrer">نیا</a>'
    )


def test_nested_entities_close_in_order_and_no_link_runs_a_script() -> None:
    outer = {"type": "bold", "offset": 0, "length": 6}
    inner = {"type": "italic", "offset": 2, "length": 2}
    assert render_telegram_html("abcdef", [inner, outer]) == "<b>ab<i>cd</i>ef</b>"
    bad = {"type": "text_link", "offset": 0, "length": 3, "url": "javascript:alert(1)//://"}
    assert "javascript" not in render_telegram_html("abc", [bad])


def test_x_shows_links_in_their_short_form() -> None:
    text = "Read https://www.example.org/a-long-path/that-goes-on now #news"
    html = render_x_html(text, entities(text))
    assert '<a href="https://www.example.org/a-long-path/that-goes-on"' in html
    assert ">example.org/a-long-path/th…</a> now " in html
    assert '<span class="tag">#news</span>' in html


def test_letters_tell_the_language_that_fonts_need() -> None:
    texts = ("ساحلی پل کا معائنہ", "موسم الزيتون في الوادي", "नदी किनारे", "灯台が見える", "The bay")
    assert [detect_script_language(text) for text in texts] == ["ur", "ar", "hi", "ja", None]


async def test_a_switch_hits_the_next_post_once_and_goes_off_by_itself(page: PageHttp) -> None:
    async with page.watch() as watcher:
        assert await page.do("switch", platform="telegram", name="429", on=True) == 200
        await watcher.until(lambda: 'aria-checked="true"' in watcher.html["switch-429"])
        status, answer = await page.send("one")
        assert (status, answer["parameters"]) == (429, {"retry_after": 5})
        await watcher.until(lambda: 'aria-checked="true"' not in watcher.html["switch-429"])
    assert (await page.send("two"))[0] == 200
    assert await page.do("switch", platform="x", name="400", on=True) == 200
    assert await page.do("switch", platform="x", name="400", on=False) == 200
    assert page.sandbox.faults.waiting == []


async def test_cut_in_mid_send_a_plain_retrying_sender_posts_twice(page: PageHttp) -> None:
    assert await page.do("cut") == 200
    async with page.watch() as watcher:
        with pytest.raises(aiohttp.ClientError):  # a sender that does not try again
            await page.send("Night ferry returns")
        await watcher.until(lambda: "posted 2 times" in watcher.html["tally-both"], within=10)
    html = watcher.html["tally-both"]
    assert "try 1: no answer, so it tries again" in html
    assert html.index("posted once") < html.index("plain sender") < html.index("posted 2 times")
    assert len(page.sandbox.telegram.chats[111].messages) == 1
    assert len(page.sandbox.telegram.chat("@plain_sender").messages) == 2


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("say", {"chat": 111, "user": 999, "text": "hi"}),
        ("say", {"chat": 111}),
        ("say", {"chat": 111, "user": 111, "text": "hi", "reply_to": 7}),
        ("edit", {"chat": 111, "user": 111, "message": 7, "text": "x"}),
        ("forward", {"chat": 111, "user": 111, "message": 7, "to": 111}),
        ("press", {"chat": 111, "user": 111, "message": 7, "label": "x"}),
        ("switch", {"platform": "mastodon", "name": "429", "on": True}),
        ("switch", {"platform": "x", "name": "fire", "on": True}),
        ("publish", {}),
    ],
)
async def test_what_can_not_be_done_is_a_400(page: PageHttp, name: str, given: Any) -> None:
    assert await page.do(name, **given) == 400


async def test_other_sites_can_neither_act_nor_look(page: PageHttp) -> None:
    async with page.session.post(
        f"{page.url}/do/cut", data="{}", headers={"Content-Type": "text/plain"}
    ) as no:
        assert no.status == 415
    assert (await page.get("/", Host="evil.example:80"))[0] == 403


async def test_nothing_comes_from_outside_and_nothing_is_inline(page: PageHttp) -> None:
    status, headers, html = await page.get("/")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in html
    assert "<script>" not in html
    for path in ("/static/page.css", "/static/page.js", "/static/icon.svg"):
        status, _, text = await page.get(path)
        assert status == 200
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert (await page.get("/static/routes.py"))[0] == 404
    assert (await page.get("/menu?chat=5&user=111"))[0] == 404


async def test_a_link_to_the_sample_site_gets_its_card_and_leads_there() -> None:
    site = SampleSite()
    await site.start()
    published = site.publish()
    slug = published["url"].rpartition("/")[2]
    chats = [
        SandboxChat(111, "private", "Ada", members={111: {"id": 111, "is_bot": False, "first_name": "Ada"}})
    ]
    sandbox = Sandbox(chats=chats)
    attach_page(SandboxPage(sandbox, site=site.url), sandbox.admin)
    async with sandbox, aiohttp.ClientSession() as session:
        page = PageHttp(sandbox, session)
        async with page.watch() as watcher:
            await page.send(f"https://tide.example.org/{slug}")
            await watcher.until(lambda: watcher.has("chat111", 'class="card-title"'))
            assert watcher.has("chat111", f'href="{site.url}/{slug}"')
            image = watcher.html["chat111-m1"].partition('<img src="')[2].partition('"')[0]
        assert (await page.get(image))[1]["Content-Type"] == "image/jpeg"
        assert await page.do("publish") == 200
        assert (await page.get("/"))[0] == 200
    assert site.remaining == len(samples()) - 2
    await site.stop()


def test_the_samples_are_many_and_of_many_kinds() -> None:
    found = samples()
    assert len(found) + len(load_folder_samples()) >= 10
    assert {sample.language for sample in found} >= {"en", "ur", "ar", "es", "ja", "hi"}
    assert sum(sample.picture is not None for sample in found) >= 2
    assert max(len(sample.title) for sample in found) > 300
    assert any("newsletter" in data.decode() for data in load_folder_samples().values())


async def test_the_sample_site_never_runs_out_of_articles() -> None:
    site = SampleSite()
    await site.start()
    await site.publish_all(0)
    urls = {site.publish()["url"] for _ in range(3)}
    async with aiohttp.ClientSession() as session:
        for url in urls:
            async with session.get(url) as answer:
                assert answer.status == 200
        async with session.get(f"{site.url}/feed.xml") as feed:
            assert (await feed.text()).count("<item>") == len(samples()) + 3
    await site.stop()
