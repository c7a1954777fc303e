"""A newsroom's site, looked at once: what `init --site` fills into the starter configuration."""

from typing import NamedTuple
from urllib.parse import urlsplit

from newsbot.app.wiring import App
from newsbot.errors import NewsbotError, UsageError
from newsbot.sources import source_class

__all__ = ["Site", "look_at"]


class Site(NamedTuple):
    """``feed_url`` is the feed that ``url`` is or names; ``language`` None where no article tells it."""

    feed_url: str
    name: str
    language: str | None


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
    host = urlsplit(url).hostname or "site"
    return Site(poll.cursor.get("feed", url), host.removeprefix("www."), language)
