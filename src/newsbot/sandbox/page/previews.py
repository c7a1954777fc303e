"""Link cards, built from a page's Open Graph tags.

Telegram and X fetch the page of a link for its card. The sandbox does so only for pages on loopback.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

import aiohttp

from newsbot.sandbox.images import read_image_info

__all__ = ["LinkCard", "LinkCards"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_MAX_BYTES = 5 * 1024 * 1024
_TRIES = 3
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class LinkCard:
    """The card of a link; strings are empty if the page has no such tag.

    ``url`` is the link as it was posted, ``address`` the one that it leads to, ``image`` a key for
    `LinkCards.image`.
    """

    url: str
    address: str
    site: str
    title: str
    description: str
    image: str = ""
    alt: str = ""

    @property
    def host(self) -> str:
        """The host that the card shows."""
        return urlsplit(self.url).netloc


class _OpenGraphParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("property") or given.get("name") or ""
        if tag == "meta" and name.startswith("og:"):
            self.found.setdefault(name, given.get("content") or "")


class LinkCards:
    """The cards of links; each is fetched once, in the background.

    ``aliases`` map the beginnings of public addresses to pages on this machine.
    """

    def __init__(self, aliases: Mapping[str, str] = MappingProxyType({})) -> None:
        self._aliases = aliases
        self._cards: dict[str, LinkCard | None] = {}
        self._images: dict[str, tuple[bytes, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def address(self, url: str) -> str:
        """Return the address on this machine to which a link leads."""
        for public, local in self._aliases.items():
            if url.startswith(f"{public}/"):
                return local + url.removeprefix(public)
        return url

    def get(self, url: str | None) -> LinkCard | None:
        """Return a link's card, or None and start fetching it if it is not there yet."""
        if not url or not _is_local(self.address(url)):
            return None
        if url not in self._cards:
            self._cards[url] = None
            task = asyncio.get_running_loop().create_task(self._fetch(url))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return self._cards[url]

    def image(self, key: str) -> tuple[bytes, str] | None:
        """Return a picture's bytes and media type, or None."""
        return self._images.get(key)

    async def close(self) -> None:
        """Cancel all fetches."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch(self, url: str) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            for _ in range(_TRIES):
                try:
                    self._cards[url] = await self._fetch_card(session, url)
                except (aiohttp.ClientError, TimeoutError, ValueError):
                    await asyncio.sleep(_PAUSE)
                else:
                    return

    async def _fetch_card(self, session: aiohttp.ClientSession, url: str) -> LinkCard | None:
        tags = _OpenGraphParser()
        local = self.address(url)
        tags.feed((await _download(session, local)).decode("utf-8", "replace"))
        og = tags.found
        if not og.get("og:title"):
            return None
        site = og.get("og:site_name") or urlsplit(url).netloc
        image = await self._fetch_image(session, urljoin(local, og["og:image"])) if og.get("og:image") else ""
        alt = og.get("og:image:alt", "")
        return LinkCard(url, local, site, og["og:title"], og.get("og:description", ""), image, alt)

    async def _fetch_image(self, session: aiohttp.ClientSession, url: str) -> str:
        data = await _download(session, url) if _is_local(url) else b""
        found = read_image_info(data)
        if found is None:
            return ""
        key = sha256(data).hexdigest()[:16]
        self._images[key] = (data, found.kind)
        return key


async def _download(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url, allow_redirects=False, raise_for_status=True) as response:
        data = bytearray()
        async for chunk in response.content.iter_any():
            data += chunk
            if len(data) > _MAX_BYTES:
                raise ValueError(url)
        return bytes(data)


def _is_local(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False
