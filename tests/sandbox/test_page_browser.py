"""The sandbox's page in Chromium: clicked through as a person would."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from newsbot.composing.direction import isolate
from newsbot.sandbox import Sandbox
from newsbot.sandbox.page import SandboxPage, attach_page
from newsbot.sandbox.page.__main__ import create_demo_sandbox

from .chromium import Browser, missing
from .conftest import Http

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=missing() or "it is there"),
    pytest.mark.slow,
]

MAIN, URDU, NEWSROOM, BILAL = -1001000000011, -1001000000012, -1001000000013, 222
AXE = os.environ.get("AXE_CORE")
"""Where axe.min.js of the npm package axe-core is."""


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    sandbox = create_demo_sandbox()
    attach_page(SandboxPage(sandbox), sandbox.admin)
    pace = sandbox.telegram.pace
    pace.overall = pace.per_chat = pace.per_group = None
    async with sandbox, aiohttp.ClientSession() as session:
        yield Http(sandbox, session)


def url(sandbox: Sandbox, view: str = "") -> str:
    return sandbox.admin_url.removesuffix("_sandbox") + view


def bubbles(chat: int) -> str:
    return f"#chat{chat} .bubbles"


SHOWS = "return document.querySelector(arguments[0])?.innerText.includes(arguments[1])"


async def test_a_person_reads_writes_presses_and_breaks_things(http: Http, tmp_path: Path) -> None:
    sandbox = http.sandbox
    async with Browser(tmp_path) as browser:
        await browser.open(url(sandbox))
        await browser.until("return document.getElementById('live').textContent === 'live'")
        await http.send("First news", chat=MAIN)
        await browser.until(SHOWS, bubbles(MAIN), "First news")
        await http.send("Second news", chat=MAIN)
        await browser.until(SHOWS, bubbles(MAIN), "Second news")
        keys = {"inline_keyboard": [[{"text": "Approve", "callback_data": "yes"}]]}
        await http.send("Shall this go?", chat=NEWSROOM, reply_markup=keys)
        await browser.click(f'.rows a[href="#chat{NEWSROOM}"]')
        await browser.click(f"#chat{NEWSROOM} .key")
        await browser.run(f"document.querySelector('#chat{NEWSROOM} select').value = '222'")
        await browser.type(f"#chat{NEWSROOM} textarea", "/queue\n")
        await browser.until(SHOWS, bubbles(NEWSROOM), "/queue")
        _, updates = await http.telegram("getUpdates")
        pressed, said = updates["result"]
        assert pressed["callback_query"]["data"] == "yes"
        assert (said["message"]["from"]["first_name"], said["message"]["text"]) == ("Bilal", "/queue")
        await browser.click("#switch-429-telegram")
        await browser.until("return document.getElementById('switch-429-telegram').ariaChecked === 'true'")
        assert (await http.send("Too fast", chat=MAIN))[0] == 429
        await browser.until("return document.getElementById('switch-429-telegram').ariaChecked === 'false'")
        await browser.click("[data-do=cut]")
        await browser.until(SHOWS, ".both", "posted 2 times")
        assert await browser.complaints() == []


async def choose(browser: Browser, chat: int, message: int, act: str) -> None:
    await browser.click(f"#chat{chat}-m{message}-more")
    await browser.click(f"#acts [data-act={act}]")


async def become(browser: Browser, user: int) -> None:
    script = "const me = document.getElementById('me'); me.value = arguments[0];"
    await browser.run(script + "me.dispatchEvent(new Event('change', {bubbles: true}))", str(user))


async def updates(http: Http) -> list[dict[str, Any]]:
    _, found = await http.telegram("getUpdates")
    return list(found["result"])


async def test_a_person_replies_edits_forwards_and_uses_the_menu(http: Http, tmp_path: Path) -> None:
    menu = [{"command": "queue", "description": "کیا انتظار میں ہے"}]
    scope = {"type": "all_group_chats"}
    await http.telegram("setMyCommands", commands=menu, scope=scope, language_code="ur")
    await http.send("A card", chat=NEWSROOM)
    await http.send("A post", chat=MAIN)
    field = f"#chat{NEWSROOM} textarea"
    async with Browser(tmp_path, width=390, height=844, phone=True) as browser:
        await browser.open(url(http.sandbox, f"#chat{NEWSROOM}"))
        await browser.until("return document.getElementById('live').textContent === 'live'")
        await become(browser, BILAL)
        await choose(browser, NEWSROOM, 1, "reply")
        await browser.type(field, "New text\n")
        await browser.until(SHOWS, bubbles(NEWSROOM), "New text")
        await choose(browser, NEWSROOM, 2, "edit")
        await browser.type(field, " for it\n")
        await browser.until(SHOWS, bubbles(NEWSROOM), "New text for it")
        await browser.click(f"#chat{NEWSROOM} .slash")
        await browser.until(SHOWS, f"#chat{NEWSROOM} .menu", "کیا انتظار میں ہے")
        await browser.click(f"#chat{NEWSROOM} .menu button")
        await browser.until(SHOWS, bubbles(NEWSROOM), "/queue")
        await browser.open(url(http.sandbox, f"#chat{MAIN}"))
        await choose(browser, MAIN, 1, "forward")
        await browser.until(SHOWS, bubbles(NEWSROOM).replace(" .bubbles", "") + " .origin", "Ellery Tide")
        assert await browser.complaints() == []
    said, edited, queue, forwarded = await updates(http)
    assert said["message"]["from"]["id"] == BILAL
    assert said["message"]["reply_to_message"]["text"] == "A card"
    assert edited["edited_message"]["text"] == "New text for it"
    assert queue["message"]["text"] == "/queue@ellerytide_bot"
    assert forwarded["message"]["forward_origin"]["chat"]["username"] == "ellerytide"


async def test_each_person_sees_their_own_private_chat_and_side(http: Http, tmp_path: Path) -> None:
    await http.admin("POST", "say", {"chat": NEWSROOM, "user": BILAL, "text": "mine"})
    rows = "[...document.querySelectorAll('[data-owner]')]"
    seen = f"return {rows}.filter(e => e.checkVisibility()).map(e => e.id)"
    side = f"return document.getElementById('chat{NEWSROOM}-m1').matches('.own')"
    async with Browser(tmp_path) as browser:
        await browser.open(url(http.sandbox))
        assert (await browser.run(seen), await browser.run(side)) == (["row-chat111"], False)
        await become(browser, BILAL)
        assert (await browser.run(seen), await browser.run(side)) == ([f"row-chat{BILAL}"], True)


async def test_a_grid_of_buttons_and_a_reply_fit_a_phone(http: Http, tmp_path: Path) -> None:
    labels = [["Approve"] * 4, ["منظور کریں", "Unbreakable" * 12]]
    rows = [[{"text": text, "callback_data": f"{n}"} for n, text in enumerate(row)] for row in labels]
    await http.send("ایک کارڈ " * 60, chat=NEWSROOM, reply_markup={"inline_keyboard": rows})
    script = (
        "return [...document.querySelectorAll('.chat:not([hidden]) *')].filter(e => e.checkVisibility())"
        ".filter(e => e.getBoundingClientRect().right > 390.5).map(e => e.className)"
    )
    async with Browser(tmp_path, width=390, height=844, phone=True) as browser:
        await browser.open(url(http.sandbox, f"#chat{NEWSROOM}"))
        await browser.until(SHOWS, bubbles(NEWSROOM), "Unbreakable")
        await choose(browser, NEWSROOM, 1, "reply")
        assert await browser.run(script) == []
        await browser.click(f"#chat{NEWSROOM}-m1-k1-3")
    (pressed,) = await updates(http)
    assert pressed["callback_query"]["data"] == "2"


async def test_right_to_left_text_stands_right(http: Http, tmp_path: Path) -> None:
    await http.send("ساحلی پل کا معائنہ مکمل", chat=URDU)
    await http.send("The bridge is safe", chat=URDU)
    script = (
        "return [...document.querySelectorAll(arguments[0])].map(each => {"
        " const range = document.createRange(); range.selectNodeContents(each);"
        " const text = range.getBoundingClientRect(), box = each.getBoundingClientRect();"
        " return [getComputedStyle(each).direction, text.right >= box.right - 1] })"
    )
    async with Browser(tmp_path) as browser:
        await browser.open(url(http.sandbox, f"#chat{URDU}"))
        first, second = await browser.run(script, f"#chat{URDU} .text")
    assert first == ["rtl", True]
    assert second[0] == "ltr"


async def test_on_a_phone_one_view_at_a_time_fits_the_width(http: Http, tmp_path: Path) -> None:
    await http.send("Unbreakable" * 60, chat=MAIN)
    async with Browser(tmp_path, width=390, height=844, phone=True) as browser:
        await browser.open(url(http.sandbox))
        for tap, shown in (
            (f'.rows a[href="#chat{MAIN}"]', f"#chat{MAIN}"),
            (f"#chat{MAIN} .back", ".rows"),
            ('.tabs a[href="#x"]', "#x"),
            ('.tabs a[href="#panel"]', "#panel"),
        ):
            await browser.click(tap)
            visible = (
                "const seen = [...document.querySelectorAll('main > section')]"
                ".filter(each => each.checkVisibility());"
                "return seen.length === 1 && seen[0].matches(arguments[0])"
            )
            await browser.until(visible, shown)
            assert await browser.run("return document.documentElement.scrollWidth") <= 390


CONTRAST = """
const light = colour => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = element => {
  const colour = getComputedStyle(element).backgroundColor;
  return /, 0\\)$/.test(colour) ? ground(element.parentElement) : colour;
};
const row = document.querySelector(arguments[0]);
if (!row.matches(':hover')) return [];
return [...row.querySelectorAll('.row-title, time, .row-text, .badge')].map(each => {
  const [high, low] = [light(getComputedStyle(each).color), light(ground(each))].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
});
"""
"""The contrast of each text of a row under the mouse, by WCAG 2.1."""


@pytest.mark.parametrize("dark", [False, True])
async def test_the_chosen_chat_can_be_read_under_the_mouse(http: Http, tmp_path: Path, *, dark: bool) -> None:
    await http.send("A line of news", chat=NEWSROOM)
    row = f'.rows a[href="#chat{NEWSROOM}"]'
    async with Browser(tmp_path, dark=dark) as browser:
        await browser.open(url(http.sandbox))
        await browser.until("return document.getElementById('live').textContent === 'live'")
        await browser.click(row)  # the mouse stays there
        await browser.until("return document.querySelector(arguments[0]).ariaCurrent !== null", row)
        contrasts = await browser.run(CONTRAST, row)
    assert len(contrasts) == 4
    assert min(contrasts) >= 4.5


@pytest.mark.skipif(AXE is None, reason="AXE_CORE does not say where axe.min.js (npm: axe-core) is")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("phone", [False, True])
async def test_axe_finds_nothing_serious(http: Http, tmp_path: Path, *, dark: bool, phone: bool) -> None:
    for chat in (MAIN, URDU, NEWSROOM):
        text = '<b>بولڈ</b> <i>a</i> <a href="https://example.org">b</a> <tg-spoiler>c</tg-spoiler>'
        keys = {"inline_keyboard": [[{"text": "Approve", "callback_data": "y"}]]}
        await http.send(text, chat=chat, parse_mode="HTML", reply_markup=keys)
    source = Path(AXE or "").read_text("utf-8")
    found = []
    width, height = (390, 844) if phone else (1440, 900)
    async with Browser(tmp_path, width=width, height=height, dark=dark, phone=phone) as browser:
        await browser.devtools("Page.setBypassCSP", enabled=True)  # axe is put into the page from outside
        await browser.open(url(http.sandbox))
        await browser.run(source)
        for view in ("chats", f"chat{URDU}", f"chat{NEWSROOM}", "x", "panel"):
            await browser.run("location.hash = arguments[0]", view)
            broken = await browser.run("return axe.run().then(found => found.violations)")
            found += [(view, each["id"]) for each in broken if each["impact"] in {"serious", "critical"}]
        await browser.run("location.hash = arguments[0]", f"chat{NEWSROOM}")
        await choose(browser, NEWSROOM, 1, "reply")
        await browser.click(f"#chat{NEWSROOM} .slash")
        await browser.click(f"#chat{NEWSROOM}-m1-more")
        broken = await browser.run("return axe.run().then(found => found.violations)")
        found += [("acts", each["id"]) for each in broken if each["impact"] in {"serious", "critical"}]
    assert found == []


# The words of a line, and the order in which a reader sees them from left to right, written by hand.
DIRECTIONS = [
    ("ur", "PTI کے رہنما نے 5% اضافہ مانگا", ["مانگا", "اضافہ", "5%", "نے", "رہنما", "کے", "PTI"]),
    ("ur", "قیمت $5.2 سے C++ تک", ["تک", "C++", "سے", "$5.2", "قیمت"]),
    ("ur", "Apple, Google اور Microsoft", ["Microsoft", "اور", "Google", "Apple"]),
    ("ur", "بورڈ (WHO) نے Dr. Smith کو بلایا", ["بلایا", "کو", "Dr. Smith", "نے", "WHO", "بورڈ"]),
    ("ar", "اتصل على +92 300 1234567 اليوم", ["اليوم", "+92 300 1234567", "على", "اتصل"]),
    ("ar", "في 2026-05-06 قال أحمد", ["أحمد", "قال", "2026-05-06", "في"]),
    ("en", "The paper الشرق الأوسط 12 said", ["The", "paper", "الأوسط", "الشرق", "12", "said"]),
]

PLACES = """
const node = document.querySelector(arguments[0]).firstChild, text = node.data;
return arguments[1].map(word => {
    const at = text.indexOf(word), range = document.createRange();
    const lefts = [...word].map((_, n) => {
        range.setStart(node, at + n); range.setEnd(node, at + n + 1);
        return range.getBoundingClientRect().left;
    });
    return [at, Math.min(...lefts), /^[ -~]+$/.test(word) && lefts.some((x, n) => n && x < lefts[n - 1])];
});
"""


async def test_names_and_numbers_stand_where_a_reader_expects_them(http: Http, tmp_path: Path) -> None:
    async with Browser(tmp_path) as browser:
        await browser.open(url(http.sandbox, f"#chat{URDU}"))
        for language, text, expected in DIRECTIONS:
            _, sent = await http.send(isolate(text, language), chat=URDU)
            at = f"#chat{URDU}-m{sent['result']['message_id']} .text"
            await browser.until("return document.querySelector(arguments[0])", at)
            places = await browser.run(PLACES, at, expected)
            assert all(start >= 0 and not is_reversed for start, _, is_reversed in places), text
            lefts = [left for _, left, _ in places]
            assert lefts == sorted(lefts), (text, list(zip(expected, lefts, strict=True)))
