"""A newsroom's site, looked at once: what `init --site` fills into the starter configuration."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from newsbot.app.wiring import App
from newsbot.errors import NewsbotError, UsageError
from newsbot.sources import source_class

__all__ = ["Site", "look_at"]

_WORDPRESS = re.compile(
    rb"/wp-(?:content|includes|json)/|https://api\.w\.org/|<generator>\s*https?://wordpress\.(?:org|com)/"
    rb"|<meta\s[^>]*\bcontent=[\"']WordPress\b",
    re.IGNORECASE,
)


class Site(NamedTuple):
    """``feed_url`` is the feed that ``url`` is or names; ``language`` None where no article tells it.

    ``is_wordpress``: the site shows that it is one.
    """

    feed_url: str
    name: str
    language: str | None
    is_wordpress: bool = False


async def look_at(app: App, url: str) -> Site:
    """Find the site's feed, and the language of its newest article.

    Raises:
        SourceError: there is no feed to be had.
        UsageError: ``url`` is no web address.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise UsageError(f"{url!r} is no web address: write it whole, like https://your.site/")
    feed = source_class("feed")
    source = feed("site", feed.Settings(kind="feed", url=url), app.fetcher, app.workers)
    poll = await source.poll({})
    language = None
    if poll.items:
        try:
            language = (await app.reader.read(poll.items[0])).language
        except NewsbotError:
            language = poll.items[0].language
    host, feed_url = urlsplit(url).hostname or "site", poll.cursor.get("feed", url)
    is_wordpress = any([await _is_wordpress(app, each) for each in dict.fromkeys((url, feed_url))])
    return Site(feed_url, host.removeprefix("www."), language, is_wordpress)


async def _is_wordpress(app: App, url: str) -> bool:
    """By the folders that its pages load from, its interface, or what its feed says that made it."""
    try:
        answer = await app.fetcher.get(url)
    except NewsbotError:  # it was there a moment ago, and the feed is known
        return False
    return "api.w.org" in answer.headers.get("link", "") or bool(_WORDPRESS.search(answer.body))
