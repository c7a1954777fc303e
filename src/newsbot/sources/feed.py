"""The kind of source ``feed``, which reads RSS, Atom and JSON Feed over HTTP.

The configured address may be a feed, a page that names its feed, or a site with a feed at a usual address.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b, sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urljoin, urlsplit, urlunsplit

from pydantic import AfterValidator, Field

from newsbot import __version__
from newsbot.errors import FetchError, ForbiddenAddress, ParseError, SourceError
from newsbot.fetching.addresses import find_host_refusal, find_link_refusal, redact_url
from newsbot.fetching.decoding import parse_http_date
from newsbot.identity.addresses import find_nearest, get_site
from newsbot.model import Item
from newsbot.ports import Poll
from newsbot.reasons import SourceCode
from newsbot.scheduling.rules import parse_zone
from newsbot.scheduling.settings import Zone
from newsbot.sources.feed_links import find_header_feeds
from newsbot.sources.parsing import ParsedAnswer, parse_bytes
from newsbot.sources.settings import SourceSettings

if TYPE_CHECKING:
    from newsbot.fetching.fetcher import Fetcher, HttpResponse
    from newsbot.fetching.workers import Workers

__all__ = ["FEED_BYTES", "FEED_HEADERS", "FeedSettings", "FeedSource", "find_feed", "parse_answer", "wait"]

_TRUSTED = timedelta(hours=1)
_TRUSTED_TIMES = 6
_LONGEST_WAIT = timedelta(hours=24)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})", re.IGNORECASE)
_UNCACHED = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.IGNORECASE)


def _cursor_from_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the ETag and the dates in a site's full response, under the names that the source's stored
    cursor uses.

    The next request sends them, so that the site can answer that nothing changed.
    """
    kept = {"etag": "etag", "modified": "last-modified", "whole_at": "date"}
    return {key: headers[name] for key, name in kept.items() if headers.get(name)}


def _conditional_headers(cursor: Mapping[str, Any]) -> dict[str, str]:
    """Return the request headers that ask for the feed only if the feed has changed since the cursor was
    stored.

    ETag and date are both sent if both are known: WordPress answers with 304 (not modified) only if each
    value that is sent matches.
    """
    named = {"If-None-Match": cursor.get("etag"), "If-Modified-Since": cursor.get("modified")}
    return {name: str(value) for name, value in named.items() if value}


def _is_304_doubtful(cursor: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Return whether the site has answered with 304 (not modified) for an hour, by its own clock.

    Such a 304 may be wrong: WordPress makes its ETag from a time in seconds, so a 304 hides a second post in
    the same second, and a scheduled post published after a newer post.
    """
    then, now = parse_http_date(cursor.get("whole_at")), parse_http_date(headers.get("date"))
    return bool(then and now and now - then >= _TRUSTED)


def wait(headers: Mapping[str, str], ttl: int | None) -> timedelta | None:
    """Return the shortest time between two polls that a site asks for, at most a day; None if the site asks
    for none.

    The time is the longer of the HTTP freshness lifetime in ``headers`` and the feed's ``ttl`` (minutes).
    """
    asked = max(_freshness(headers), timedelta(minutes=ttl or 0))
    return min(asked, _LONGEST_WAIT) if asked > timedelta(0) else None


def _freshness(headers: Mapping[str, str]) -> timedelta:
    rules = headers.get("cache-control", "")
    if _UNCACHED.search(rules):
        return timedelta(0)
    if age := _MAX_AGE.search(rules):
        spent = headers.get("age", "").strip()[:9]
        return timedelta(seconds=int(age[1]) - (int(spent) if spent.isascii() and spent.isdigit() else 0))
    expires = parse_http_date(headers.get("expires"))
    now = parse_http_date(headers.get("date")) if expires else None
    return expires - now if expires and now else timedelta(0)


_NOT_MODIFIED = 304
_GONE = {404, 410}


def _check_http_url(url: str) -> str:
    if not re.match(r"https?:///*[^/]", url.strip(), re.IGNORECASE):
        raise ValueError("must be an address that starts with http:// or https://")
    return url.strip()


class FeedSettings(SourceSettings):
    url: Annotated[str, AfterValidator(_check_http_url)] = Field(
        description="A feed, or a page that names one."
    )
    full_text: Literal["feed", "page", "auto"] = Field(
        default="auto",
        description="Where an article's text is read: the feed, its page, or whichever has more.",
    )
    timezone: Zone = Field(default=parse_zone("UTC"), description="The time zone of times that name none.")

    def list_mistakes(self, *, allow_private: bool) -> Iterator[tuple[str, str, str]]:
        """Yield a mistake in config.yaml if newsbot may not connect to the feed's address."""
        why = find_host_refusal(self.url, allow_private=allow_private)
        if why and find_host_refusal(self.url, allow_private=True):
            yield "url", f"is on {why}.", "Name its public one."
        elif why:
            mend = "Where it is your own, write network: {allow_private: true}."
            yield "url", "is on a private or loopback address.", mend


class FeedSource:
    """A source that polls one feed.

    The stored cursor does not have the configured address, which may contain a password, but these keys:
    ``of`` (a hash of ``url``), ``feed`` (the feed's address that was found on the page; absent if ``url`` is
    the feed), ``etag``, ``modified``, ``whole_at`` (the site's Date of the last full response), ``unchanged``
    (the number of 304 responses since then), ``ttl`` (minutes), ``body`` (a hash of the last full response).
    """

    Settings = FeedSettings

    def __init__(self, name: str, settings: FeedSettings, fetcher: "Fetcher", workers: "Workers") -> None:
        self.name = name
        self._url = settings.url
        self._zone = settings.timezone
        self._of = sha256(settings.url.encode()).hexdigest()[:16]
        self._fetcher = fetcher
        self._workers = workers

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        """Poll the feed once, with a conditional request if the site gave an ETag or a date before.

        Raises:
            SourceError: The feed can't be fetched or parsed.
        """
        # The stored cursor (the state of the last poll) is not used if it is for another feed, because the
        # address in config.yaml has changed.
        if cursor.get("of") != self._of:
            cursor = {}
        found = cursor.get("feed")
        try:
            return await self._poll_url(found or self._url, cursor)
        except (FetchError, ParseError) as error:
            if not found or not (isinstance(error, ParseError) or error.status in _GONE):
                raise
        # The feed that the page named is gone, so newsbot reads the page again to find its feed.
        return await self._poll_url(self._url, {})

    def may_have_article(self, url: str) -> bool:
        """Return whether a web address may be an article of this feed, because it is on the feed's site.

        A feed on an internal address may serve any site, because its address doesn't show the site's public
        address.
        """
        own = get_site(self._url)
        return get_site(url) == own or find_link_refusal(f"http://{own}/") is not None

    async def find(self, url: str) -> Item | None:
        """Fetch the feed, and return its item with the web address ``url``; None if the feed has no such
        item.
        """
        items = (await self.poll({})).items
        return find_nearest(url, [item for item in items if item.url])

    async def _poll_url(self, url: str, cursor: dict[str, Any]) -> Poll:
        validators, unchanged = _conditional_headers(cursor), int(cursor.get("unchanged", 0)) + 1
        # Every sixth request for a feed is unconditional, because responses 304 (not modified) may be wrong.
        answer = await self._fetch(url, validators if unchanged < _TRUSTED_TIMES else {})
        found, looked = cursor.get("feed"), ParsedAnswer(ttl=cursor.get("ttl"))
        if answer.status == _NOT_MODIFIED:
            if not _is_304_doubtful(cursor, answer.headers):
                state = {**cursor, "unchanged": unchanged}
                return Poll((), state, unchanged=True, wait=wait(answer.headers, looked.ttl))
            answer = await self._fetch(url)
        if not validators or self._hash_answer(answer) != cursor.get("body"):
            looked = await parse_answer(answer, self._workers, self._zone)
            if looked.page and found:
                raise ParseError(SourceCode.FEED_IS_PAGE_NOW())
            if looked.page:
                answer, looked = await find_feed(answer.url, looked, self._fetch, self._workers, self._zone)
                found = answer.url
        state = {"of": self._of, "feed": found, "ttl": looked.ttl, **_cursor_from_headers(answer.headers)}
        state["body"] = self._hash_answer(answer)
        state = {key: value for key, value in state.items() if value}
        return Poll(looked.items, state, protected=looked.protected, wait=wait(answer.headers, looked.ttl))

    def _hash_answer(self, answer: "HttpResponse") -> str:
        """Return a hash of everything that decides which items newsbot parses from an HTTP response,
        newsbot's version included.
        """
        read_as = f"{__version__} {answer.url} {answer.charset} {self._zone}\n".encode()
        return blake2b(read_as + answer.body, digest_size=16).hexdigest()

    async def _fetch(self, url: str, headers: Mapping[str, str] = MappingProxyType({})) -> "HttpResponse":
        return await self._fetcher.get(
            _with_login(url, self._url), headers={**FEED_HEADERS, **headers}, max_bytes=FEED_BYTES
        )


def _with_login(url: str, configured: str) -> str:
    """Return the feed's address ``url`` with the user and password of the ``configured`` address, if both
    have the same host.
    """
    parts, own = urlsplit(url), urlsplit(configured)
    login, at, place = own.netloc.rpartition("@")
    same = at and (parts.scheme, parts.netloc) == (own.scheme, place)
    return urlunsplit(parts._replace(netloc=f"{login}@{place}")) if same else url


# The following functions find the feed that belongs to a web address.

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
    """Parse the feed or the page in an HTTP response; ``zone`` is the time zone for times that have none.

    Raises:
        ParseError: The response is neither a feed nor a page, or it can't be parsed within the limits.
    """
    try:
        now = datetime.now(UTC)
        looked = await workers.run(
            parse_bytes, answer.body, answer.url, answer.charset, zone, now, what=SourceCode.CONTENT()
        )
    except ParseError as error:
        raise ParseError(SourceCode.LOCATED(url=redact_url(answer.url), why=error.reason)) from None
    named = find_header_feeds(answer.headers.get("link", ""), answer.url) if looked.page else []
    return replace(looked, feeds=tuple(dict.fromkeys([*named, *looked.feeds]))) if named else looked


async def find_feed(
    url: str,
    page: ParsedAnswer,
    get: "Callable[[str], Awaitable[HttpResponse]]",
    workers: "Workers",
    zone: tzinfo | None = None,
) -> tuple["HttpResponse", ParsedAnswer]:
    """Fetch and return the feed of a web page: the first of its named feeds and usual addresses that works.

    ``page`` is the parsed page at ``url``; ``get`` fetches an address.

    Raises:
        SourceError: None of these addresses has a feed.
    """
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
        raise SourceError(SourceCode.NAMED_FEED_FAILS(url=redact_url(url), why=failure.reason))
    raise SourceError(SourceCode.PAGE_WITHOUT_FEED(url=redact_url(url)))
