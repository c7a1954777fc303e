"""A site of very many feeds, which notes when each was asked for."""

from collections import defaultdict
from itertools import pairwise
from time import monotonic

from aiohttp import web

__all__ = ["Feeds"]

ITEMS = 20
_LOREM = (
    "The council met on Tuesday and decided on the plan for the street, its speaker said. "
    "Work begins in spring and takes about four months; buses go another way until then. "
)


class Feeds:
    """``/feed/N``: a 304 where the reader knows the ETag, else ``items``; each ``edition`` has new ones."""

    def __init__(self, items: int = ITEMS) -> None:
        self.items = items
        self.edition = 0
        self.asked: defaultdict[str, list[float]] = defaultdict(list)
        self.unchanged = 0
        self.url = ""

    async def start(self) -> None:
        server = web.Server(self._answer, access_log=None)
        self._runner = web.ServerRunner(server)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def polls(self) -> int:
        return sum(map(len, self.asked.values()))

    def first(self) -> float:
        """When the first of all polls came, by the monotonic clock."""
        return min(times[0] for times in self.asked.values())

    def longest_gap(self, since: float) -> float:
        """Seconds between two polls of one feed, of those after ``since``."""
        gaps = [0.0]
        for times in self.asked.values():
            late = [at for at in times if at >= since]
            gaps += [after - before for before, after in pairwise(late)]
        return max(gaps)

    def longest_silence(self) -> float:
        """Seconds between two polls of any feeds."""
        times = sorted(at for each in self.asked.values() for at in each)
        return max((after - before for before, after in pairwise(times)), default=0.0)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked[request.path].append(monotonic())
        number, etag = request.path.rpartition("/")[2], f'"{self.edition}"'
        if request.headers.get("If-None-Match") == etag:
            self.unchanged += 1
            return web.Response(status=304, headers={"ETag": etag})
        text = _rss(self.url, number, self.edition, self.items)
        return web.Response(text=text, content_type="application/rss+xml", headers={"ETag": etag})


def _rss(url: str, feed: str, edition: int, count: int) -> str:
    items = "".join(_item(url, feed, edition, n) for n in range(count))
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        f"<channel><title>Paper {feed}</title><link>{url}/{feed}</link><description>News of district {feed}"
        f"</description><language>en</language>{items}</channel></rss>"
    )


def _item(url: str, feed: str, edition: int, n: int) -> str:
    name = f"{feed}-{edition}-{n}"
    return (
        f"<item><title>District {feed} decides on plan {n} of year {edition}</title>"
        f"<link>{url}/story/{name}</link>"
        f"<guid isPermaLink='false'>{name}</guid><pubDate>Wed, 25 Nov 2026 12:{n:02}:00 GMT</pubDate>"
        f"<dc:creator>Ann Reporter</dc:creator><category>Council</category><category>Streets</category>"
        f"<description>&lt;p&gt;{_LOREM * 3}Item {name}.&lt;/p&gt;</description>"
        f"<enclosure url='{url}/photo/{name}.jpg' type='image/jpeg' length='12345'/></item>"
    )
