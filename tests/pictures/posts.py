"""Plays the demo and takes the README's pictures: its page, and a post in each of the desk's languages."""

import asyncio
import base64
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from newsbot.app.demo import Stage, start_stage
from newsbot.sandbox.samples import load_folder_samples, samples
from tests.sandbox.chromium import Browser

__all__ = ["take_posts"]

_MAIN, _URDU = -1001000000011, -1001000000012
_SHOWN = {
    "en": (_MAIN, "night-ferry"),
    "ur": (_URDU, "bridge-survey"),
    "ar": (_URDU, "olive-harvest"),
    "es": (_MAIN, "bee-corridor"),
    "ja": (_MAIN, "lighthouse"),
}
_PAGE = (1440, 900)
_PHONE = (390, 1800)  # higher than any post
_WITHIN = 120  # seconds
_FIND = """
const posts = [...document.querySelectorAll(arguments[0])];
const post = posts.find((each) => each.innerText.includes(arguments[1]));
post.scrollIntoView();
const {x, y, width, height} = post.getBoundingClientRect();
return {x, y, width, height};
"""


async def take_posts(folder: Path) -> None:
    """Take ``page.png`` and ``post-LANGUAGE.png`` into ``folder``."""
    with TemporaryDirectory() as demo, TemporaryDirectory() as profile:
        async with start_stage(Path(demo), 0, 0) as stage:
            await _all_sent(stage)
            async with Browser(Path(profile, "page"), width=_PAGE[0], height=_PAGE[1]) as browser:
                await _open(browser, stage, _MAIN, _PAGE)
                await _find(browser, f"#chat{_MAIN} .msg", "night-ferry")
                await _find(browser, ".tweet", "lighthouse")
                await browser.picture(folder / "page.png")
            async with Browser(Path(profile, "phone"), width=_PHONE[0], height=_PHONE[1]) as browser:
                for language, (chat, slug) in _SHOWN.items():
                    await _open(browser, stage, chat, _PHONE)
                    await _take(browser, folder / f"post-{language}.png", f"#chat{chat} .bubble", slug)


async def _all_sent(stage: Stage) -> None:
    """Until each article is on X: the service sends there last."""
    articles = len(samples()) + len(load_folder_samples())
    async with aiohttp.ClientSession() as session, asyncio.timeout(_WITHIN):
        while True:
            async with session.get(f"{stage.urls['admin']}/state") as answer:
                state: Any = await answer.json()
            telegram = sum(
                len(chat["messages"]) for chat in state["telegram"]["chats"] if chat.get("username")
            )
            if telegram >= articles and len(state["x"]["tweets"]) > articles:  # one is a thread
                return
            await asyncio.sleep(0.2)


async def _open(browser: Browser, stage: Stage, chat: int, size: tuple[int, int]) -> None:
    screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == _PHONE}
    await browser.devtools("Emulation.setDeviceMetricsOverride", **screen)
    await browser.open("about:blank")
    await browser.open(f"{stage.urls['page'].rstrip('/')}/#chat{chat}")
    await browser.until("return document.getElementById('live').textContent === 'live'")
    await browser.until("return [...document.images].every(each => each.complete)")


async def _find(browser: Browser, posts: str, slug: str) -> Any:
    """Scroll to the post of a sample; return where it stands once what pops up is still."""
    [title] = [each.title for each in samples() if each.slug == slug]
    await browser.run(_FIND, posts, title)
    await asyncio.sleep(0.5)
    return await browser.run(_FIND, posts, title)


async def _take(browser: Browser, path: Path, posts: str, slug: str) -> None:
    place = await _find(browser, posts, slug)
    shot = await browser.devtools("Page.captureScreenshot", format="png", clip={**place, "scale": 1})
    path.write_bytes(base64.b64decode(shot["data"]))
