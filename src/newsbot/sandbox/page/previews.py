"""Link cards: what a page on this machine says of itself in Open Graph tags.

Telegram and X fetch the page of a link for its card. The stand-ins do so for pages on loopback only.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

import aiohttp

from newsbot.sandbox.images import picture

__all__ = ["Card", "Cards"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_MOST = 5 * 1024 * 1024
_AGAIN = 3
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Card:
    """``url`` as it was posted, ``address`` where it leads; ``image`` is a key for `Cards.image`.

    Empty strings where the page says nothing.
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
        return urlsplit(self.url).netloc


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("property") or given.get("name") or ""
        if tag == "meta" and name.startswith("og:"):
            self.found.setdefault(name, given.get("content") or "")


class Cards:
    """Each link's card, fetched once, in the background.

    ``aliases`` are beginnings of addresses that stand for pages on this machine.
    """

    def __init__(self, aliases: Mapping[str, str] = MappingProxyType({})) -> None:
        self._aliases = aliases
        self._cards: dict[str, Card | None] = {}
        self._images: dict[str, tuple[bytes, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def address(self, url: str) -> str:
        """Where a link leads on this machine."""
        for public, local in self._aliases.items():
            if url.startswith(f"{public}/"):
                return local + url.removeprefix(public)
        return url

    def get(self, url: str | None) -> Card | None:
        """The card, None while there is none; asking for it has it fetched."""
        if not url or not _here(self.address(url)):
            return None
        if url not in self._cards:
            self._cards[url] = None
            task = asyncio.get_running_loop().create_task(self._fetch(url))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return self._cards[url]

    def image(self, key: str) -> tuple[bytes, str] | None:
        """Bytes and media type."""
        return self._images.get(key)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch(self, url: str) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            for _ in range(_AGAIN):
                try:
                    self._cards[url] = await self._card(session, url)
                except (aiohttp.ClientError, TimeoutError, ValueError):
                    await asyncio.sleep(_PAUSE)
                else:
                    return

    async def _card(self, session: aiohttp.ClientSession, url: str) -> Card | None:
        tags = _Tags()
        local = self.address(url)
        tags.feed((await _get(session, local)).decode("utf-8", "replace"))
        og = tags.found
        if not og.get("og:title"):
            return None
        site = og.get("og:site_name") or urlsplit(url).netloc
        image = await self._image(session, urljoin(local, og["og:image"])) if og.get("og:image") else ""
        alt = og.get("og:image:alt", "")
        return Card(url, local, site, og["og:title"], og.get("og:description", ""), image, alt)

    async def _image(self, session: aiohttp.ClientSession, url: str) -> str:
        data = await _get(session, url) if _here(url) else b""
        found = picture(data)
        if found is None:
            return ""
        key = sha256(data).hexdigest()[:16]
        self._images[key] = (data, found.kind)
        return key


async def _get(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url, allow_redirects=False, raise_for_status=True) as response:
        data = bytearray()
        async for chunk in response.content.iter_any():
            data += chunk
            if len(data) > _MOST:
                raise ValueError(url)
        return bytes(data)


def _here(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False
