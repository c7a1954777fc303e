"""Plays tests/acceptance's editorial day with a phone beside it: what it shows goes into docs/pictures/."""

import asyncio
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.day import Day, day_in
from tests.acceptance.test_editorial_day import SCENES
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


async def main() -> None:
    """All of them."""
    with TemporaryDirectory() as profile, TemporaryDirectory() as folder:
        phone = Browser(Path(profile), width=_WIDTH, height=_HEIGHT)
        async with day_in(Path(folder)) as day, phone as browser:
            screen = {"width": _WIDTH, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": True}
            await browser.devtools("Emulation.setDeviceMetricsOverride", **screen)
            day.phone = Phone(browser, day)
            for scene in SCENES:
                await scene(day)


if __name__ == "__main__":
    asyncio.run(main())
