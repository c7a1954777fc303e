"""Plays tests/acceptance's editorial day with a phone beside it, and the demo, into docs/pictures/."""

import argparse
import asyncio
import os
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.day import Day, day_in
from tests.acceptance.test_editorial_day import SCENES
from tests.pictures.posts import take_posts
from tests.sandbox.chromium import Browser

_HERE = Path(__file__).parents[2] / "docs" / "pictures"
_WIDTH, _HEIGHT = 390, 720


class Phone:
    """Shows a chat of the day's on the sandbox's page."""

    def __init__(self, browser: Browser, day: Day) -> None:
        self._browser, self._day = browser, day

    async def show(self, chat: int, me: int) -> None:
        os.environ["TZ"] = self._day.zone
        time.tzset()  # messages say the time of this process
        page = self._day.sandbox.admin_url.removesuffix("_sandbox")
        await self._browser.open("about:blank")
        await self._browser.open(f"{page}#chat{chat}")
        await self._browser.until("return document.getElementById('live').textContent === 'live'")
        script = "const me = document.getElementById('me'); me.value = arguments[0];"
        await self._browser.run(script + "me.dispatchEvent(new Event('change', {bubbles: true}))", str(me))
        await asyncio.sleep(1.2)  # what pops up from here on is news

    async def take(self, name: str) -> None:
        await asyncio.sleep(0.5)
        await self._browser.picture(_HERE / f"{name}.png")


async def take_day() -> None:
    """Take the pictures of docs/desk.md."""
    with TemporaryDirectory() as profile, TemporaryDirectory() as folder:
        phone = Browser(Path(profile), width=_WIDTH, height=_HEIGHT)
        async with day_in(Path(folder)) as day, phone as browser:
            screen = {"width": _WIDTH, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": True}
            await browser.devtools("Emulation.setDeviceMetricsOverride", **screen)
            day.phone = Phone(browser, day)
            for scene in SCENES:
                await scene(day)


def shrink() -> None:
    """Give the pictures a palette: a third of the bytes, and hardly a difference to see."""
    if shutil.which("pngquant"):
        command = [
            "pngquant",
            "--force",
            "--ext",
            ".png",
            "--strip",
            "--skip-if-larger",
            "--quality",
            "60-95",
        ]
        subprocess.run([*command, *_HERE.glob("*.png")], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("--only", choices=("day", "posts"))
    only = parser.parse_args().only
    if only != "posts":
        asyncio.run(take_day())
    if only != "day":
        asyncio.run(take_posts(_HERE))
    shrink()


if __name__ == "__main__":
    main()
