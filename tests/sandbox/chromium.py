"""Chromium for tests, headless, through chromedriver's plain WebDriver protocol."""

import asyncio
import base64
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import aiohttp

__all__ = ["Browser", "missing"]

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str | None:
    """What has to be installed, None where all is there."""
    absent = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"no {' and no '.join(absent)}: apt-get install chromium chromium-driver" if absent else None


class Browser:
    """One window. ``dark`` is what the person prefers; ``phone`` gives it a touch screen."""

    def __init__(
        self, profile: Path, *, width: int = 1440, height: int = 900, dark: bool = False, phone: bool = False
    ) -> None:
        self._profile, self._size, self._dark, self._phone = profile, (width, height), dark, phone

    async def __aenter__(self) -> Self:
        self._driver = await asyncio.create_subprocess_exec(
            "chromedriver",
            "--port=0",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40))
        try:
            self._url = f"http://127.0.0.1:{await self._port()}/session"
            session = await self._call("", {"capabilities": {"alwaysMatch": self._wanted()}})
            self._url += f"/{session['sessionId']}"
            scheme = {"name": "prefers-color-scheme", "value": "dark" if self._dark else "light"}
            await self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._http.delete(self._url):
                pass
        await self._end()

    async def _end(self) -> None:
        """Chromedriver and, where it left one, its Chromium: they are a process group of their own."""
        await self._http.close()
        with suppress(ProcessLookupError):
            os.killpg(self._driver.pid, signal.SIGKILL)
        await self._driver.communicate()

    async def _port(self) -> str:
        assert self._driver.stdout is not None
        async with asyncio.timeout(60):
            while line := (await self._driver.stdout.readline()).decode():
                if "started successfully on port" in line:
                    return line.rpartition("port ")[2].strip(" .\n")
        raise AssertionError("chromedriver did not start")

    def _wanted(self) -> dict[str, Any]:
        width, height = self._size
        arguments = [*_ARGUMENTS, f"--user-data-dir={self._profile}", f"--window-size={width},{height}"]
        options: dict[str, Any] = {"args": arguments, "binary": shutil.which("chromium")}
        if self._phone:
            metrics = {"width": width, "height": height, "pixelRatio": 2, "touch": True}
            options["mobileEmulation"] = {"deviceMetrics": metrics}
        return {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }

    async def _call(self, path: str, body: dict[str, Any]) -> Any:
        async with self._http.post(self._url + path, json=body) as answer:
            value = (await answer.json())["value"]
            assert answer.status == 200, value
            return value

    async def devtools(self, command: str, **params: Any) -> Any:
        return await self._call("/goog/cdp/execute", {"cmd": command, "params": params})

    async def open(self, url: str) -> None:
        await self._call("/url", {"url": url})

    async def run(self, script: str, *arguments: Any) -> Any:
        """JavaScript's ``return``; a promise is waited for."""
        return await self._call("/execute/sync", {"script": script, "args": arguments})

    async def click(self, selector: str) -> None:
        """As a person would: it must be there, in view and on top."""
        await self._on(selector, "click", {})

    async def type(self, selector: str, text: str) -> None:
        await self._on(selector, "value", {"text": text})

    async def _on(self, selector: str, act: str, body: dict[str, Any]) -> None:
        """Act on the element; find it again if the page replaced it between finding and acting."""
        for attempt in range(5):
            found = await self._call("/element", {"using": "css selector", "value": selector})
            (element,) = found.values()
            try:
                await self._call(f"/element/{element}/{act}", body)
            except AssertionError as error:
                if "stale element" not in str(error) or attempt == 4:
                    raise
            else:
                return

    async def until(self, script: str, *arguments: Any, within: float = 10) -> None:
        """Until the script returns something true."""
        async with asyncio.timeout(within):
            while not await self.run(script, *arguments):
                await asyncio.sleep(0.05)

    async def complaints(self) -> list[str]:
        """What the page wrote to the console as errors, its policy's refusals among them."""
        entries = await self._call("/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    async def picture(self, path: Path) -> None:
        shot = await self.devtools("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))
