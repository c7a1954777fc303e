"""Finding of the feed for an address: the feed itself, one that the page names, or one at a usual place."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from newsbot.errors import FetchError, ForbiddenAddress, ParseError, SourceError
from newsbot.sources.feed_links import find_header_feeds
from newsbot.sources.parsing import ParsedAnswer, parse_bytes

if TYPE_CHECKING:  # feed.py may be imported for its Settings alone, and aiohttp would slow that down.
    from newsbot.fetching.fetcher import HttpResponse
    from newsbot.fetching.workers import Workers

__all__ = ["FEED_BYTES", "FEED_HEADERS", "find_feed", "parse_answer"]

FEED_BYTES = 8_000_000
FEED_HEADERS = {
    "Accept": "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
}
_USUAL_PLACES = ("feed/", "rss.xml", "feed.xml", "atom.xml", "rss", "index.xml")
_LINKS_TRIED = 3


async def parse_answer(
    answer: "HttpResponse", workers: "Workers", zone: tzinfo | None = None
) -> ParsedAnswer:
    """Parse an HTTP response; ``zone`` is the time zone of times without one.

    Raises:
        ParseError: It is neither a feed nor a page, or it can't be parsed within the limits.
    """
    from newsbot.fetching.urls import shown  # noqa: PLC0415  It imports yarl, see above.

    try:
        now = datetime.now(UTC)
        looked = await workers.run(parse_bytes, answer.body, answer.url, answer.charset, zone, now, what="it")
    except ParseError as error:
        raise ParseError(f"{shown(answer.url)}: {error}") from None
    named = find_header_feeds(answer.headers.get("link", ""), answer.url) if looked.page else []
    return replace(looked, feeds=tuple(dict.fromkeys([*named, *looked.feeds]))) if named else looked


async def find_feed(
    url: str,
    page: ParsedAnswer,
    get: "Callable[[str], Awaitable[HttpResponse]]",
    workers: "Workers",
    zone: tzinfo | None = None,
) -> tuple["HttpResponse", ParsedAnswer]:
    """Fetch the first feed that works of those that the ``page`` at ``url`` names, or at the usual places.

    Raises:
        SourceError: There is none.
    """
    from newsbot.fetching.urls import shown  # noqa: PLC0415

    usual = (urljoin(url, f"/{place}") for place in _USUAL_PLACES)
    places = dict.fromkeys([*page.feeds[:_LINKS_TRIED], *usual])
    failure: SourceError | None = None
    for place in places:
        try:
            answer = await get(place)
            looked = await parse_answer(answer, workers, zone)
        except ForbiddenAddress:
            raise
        except (FetchError, ParseError) as error:
            failure = failure or error
        else:
            if not looked.page:
                return answer, looked
    if page.feeds and failure:
        raise SourceError(f"{shown(url)} names a feed that can't be had: {failure}")
    raise SourceError(
        f"{shown(url)} is a web page that names no feed; give the address of its RSS, Atom or JSON feed"
    )
