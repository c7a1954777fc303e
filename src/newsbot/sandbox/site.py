"""The sample site: a feed with article pages, and a folder with articles, published one after another.

``python -m newsbot.sandbox.site --every 5 --folder DIR`` runs the site as a separate process.
"""

import argparse
import asyncio
import json
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader

from newsbot.composing.direction import get_direction
from newsbot.sandbox.samples import Sample, load_folder_samples, read_picture, samples

__all__ = ["PUBLIC_URL", "SITE_NAME", "SampleSite", "main"]

SITE_NAME = "The Ellery Tide"
PUBLIC_URL = "https://tide.example.org"
"""The site's public URL, used in the feed's links, because platforms make no links of local addresses."""

_TIDE_INTERVAL = timedelta(hours=12, minutes=25)
_FOLDER_AFTER = 3
"""The number of articles that the site publishes before it writes articles as files to the folder."""


class SampleSite:
    """A simulated news site that publishes sample articles, some of them as files if it has a ``folder``."""

    def __init__(self, folder: Path | None = None) -> None:
        self.url = ""
        self._folder = folder
        self._published: dict[str, tuple[Sample, datetime]] = {}
        self._unpublished = _order_samples(with_folder=folder is not None)
        self._bulletins = 0
        self._pages = Environment(
            loader=PackageLoader("newsbot.sandbox.samples", "pages"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        app = web.Application()
        app.router.add_get("/", self._serve_front)
        app.router.add_get("/feed.xml", self._serve_feed)
        app.router.add_get("/images/{name}", self._serve_image)
        app.router.add_post("/_publish", self._serve_publish)
        app.router.add_get("/{slug}", self._serve_article)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def start(self, port: int = 0) -> None:
        """Start to serve the sample site on 127.0.0.1; port 0 means any free port."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop serving the sample site."""
        await self._runner.cleanup()

    @property
    def remaining(self) -> int:
        """Return the number of sample articles that are not published yet."""
        return len(self._unpublished)

    def publish(self) -> dict[str, Any]:
        """Publish the next sample article, or a bulletin about tides after the last; return ``{title, url}``.

        An article that is a file in the folder has no URL (None).
        """
        what = self._unpublished.pop(0) if self._unpublished else self._create_bulletin()
        if isinstance(what, Sample):
            self._published[what.slug] = (what, datetime.now(UTC))
            return {"title": what.title, "url": f"{self.url}/{what.slug}"}
        return self._write_to_folder(what)

    def _write_to_folder(self, name: str) -> dict[str, Any]:
        """Write a sample article as a file to the folder; return the article's title.

        While the article is being written, the file has a name that newsbot's sources ignore, so that no
        source reads half a file.
        """
        data = load_folder_samples()[name]
        if self._folder:
            partial = self._folder / f".{name}"
            partial.write_bytes(data)
            partial.replace(self._folder / name)
        return {"title": data.decode().partition("\n")[0], "url": None}

    def _create_bulletin(self) -> Sample:
        """Create a bulletin about the tides of an invented coast.

        The site publishes such bulletins when it has no more sample articles.
        """
        self._bulletins += 1
        high = datetime(2026, 1, 1, 4, 40, tzinfo=UTC) + self._bulletins * _TIDE_INTERVAL
        level = 3.1 + 0.1 * (self._bulletins * 7 % 9)
        tides = (
            f"High water at Port Ellery is at {high:%H:%M}, with {level:.1f} metres at the customs quay. "
            f"Low water follows at {high + _TIDE_INTERVAL / 2:%H:%M}."
        )
        following = (
            "The night ferry leaves from the eastern pier as long as the quay is being rebuilt. "
            f"The next bulletin, number {self._bulletins + 1}, follows with the next tide."
        )
        title = f"Tide bulletin {self._bulletins}: high water at Port Ellery at {high:%H:%M}"
        slug = f"tides-{self._bulletins}"
        return Sample(slug, title, "en", "Harbour office", "Harbour", (tides, following))

    async def publish_all(self, every: float) -> None:
        """Publish one sample article every ``every`` seconds; if ``every`` is 0, publish all at once."""
        while self._unpublished:
            self.publish()
            if every:
                await asyncio.sleep(every)

    async def _serve_front(self, _request: web.Request) -> web.Response:
        return self._render_page(
            "front.html.j2", "text/html", published=[s for s, _ in self._list_newest_first()]
        )

    async def _serve_feed(self, _request: web.Request) -> web.Response:
        published = [(sample, format_datetime(at)) for sample, at in self._list_newest_first()]
        bodies = {
            sample.slug: self._render("body.html.j2", article=sample)
            for sample, _ in self._list_newest_first()
        }
        return self._render_page("feed.xml.j2", "application/rss+xml", published=published, bodies=bodies)

    async def _serve_article(self, request: web.Request) -> web.Response:
        if request.match_info["slug"] not in self._published:
            raise web.HTTPNotFound(text="There is no such article here.")
        sample, at = self._published[request.match_info["slug"]]
        direction = get_direction(sample.language)
        return self._render_page(
            "article.html.j2", "text/html", article=sample, published=at, direction=direction
        )

    async def _serve_image(self, request: web.Request) -> web.Response:
        data = read_picture(request.match_info["name"])
        if data is None:
            raise web.HTTPNotFound(text="There is no such picture here.")
        return web.Response(body=data, content_type="image/jpeg")

    async def _serve_publish(self, _request: web.Request) -> web.Response:
        return web.json_response({"published": self.publish(), "left": self.remaining})

    def _list_newest_first(self) -> list[tuple[Sample, datetime]]:
        return list(reversed(self._published.values()))

    def _render_page(self, template: str, kind: str, **values: Any) -> web.Response:
        return web.Response(text=self._render(template, **values), content_type=kind, charset="utf-8")

    def _render(self, template: str, **values: Any) -> str:
        names = {"name": SITE_NAME, "site": self.url, "public": PUBLIC_URL}
        return self._pages.get_template(template).render(**names, **values)


def _order_samples(*, with_folder: bool) -> list[Sample | str]:
    out: list[Sample | str] = [*samples()]
    if with_folder:
        out[_FOLDER_AFTER:_FOLDER_AFTER] = list(load_folder_samples())
    return out


def main() -> None:
    """Start the sample site, print its addresses as one line of JSON, and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m newsbot.sandbox.site", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--every", type=float, default=5.0, help="seconds between two articles; 0: all at once"
    )
    parser.add_argument("--folder", type=Path, help="where articles are put as files")
    asked = parser.parse_args()
    asyncio.run(_serve(SampleSite(asked.folder), asked.port, asked.every))


async def _serve(site: SampleSite, port: int, every: float) -> None:
    over = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    await site.start(port)
    publishing = asyncio.create_task(site.publish_all(every))
    # If all articles are published at once, they must exist before the site's address is printed.
    await asyncio.sleep(0)
    sys.stdout.write(json.dumps({"site": site.url, "feed": f"{site.url}/feed.xml"}) + "\n")
    sys.stdout.flush()
    await over.wait()
    publishing.cancel()
    with suppress(asyncio.CancelledError):
        await publishing
    await site.stop()


if __name__ == "__main__":
    main()
