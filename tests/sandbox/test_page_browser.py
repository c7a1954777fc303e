"""The sandbox's page in Chromium: clicked through as a person would."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from newsbot.sandbox import Sandbox
from newsbot.sandbox.page import Page, attach
from newsbot.sandbox.page.__main__ import demo_sandbox

from .chromium import Browser, missing
from .conftest import Http

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=missing() or "it is there"),
    pytest.mark.slow,
]

MAIN, URDU, NEWSROOM = -1001000000011, -1001000000012, -1001000000013
AXE = os.environ.get("AXE_CORE")
"""Where axe.min.js of the npm package axe-core is."""


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    sandbox = demo_sandbox()
    attach(Page(sandbox), sandbox.admin)
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
        await browser.type(f"#chat{NEWSROOM} input", "/queue\n")
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


@pytest.mark.skipif(AXE is None, reason="AXE_CORE does not say where axe.min.js (npm: axe-core) is")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("phone", [False, True])
async def test_axe_finds_nothing_serious(http: Http, tmp_path: Path, *, dark: bool, phone: bool) -> None:
    for chat in (MAIN, URDU, NEWSROOM):
        text = '<b>بولڈ</b> <i>a</i> <a href="https://example.org">b</a> <tg-spoiler>c</tg-spoiler>'
        await http.send(text, chat=chat, parse_mode="HTML")
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
    assert found == []
