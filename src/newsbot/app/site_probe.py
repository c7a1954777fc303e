"""Find a newsroom's feed, name, languages and time zone for its first config.yaml (`newsbot init --site`)."""

import asyncio
import os
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from html import unescape
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal

from newsbot.app.container import App
from newsbot.config.starter import ZoneChoice
from newsbot.errors import NewsbotError, UsageError
from newsbot.fetching.addresses import make_web_address
from newsbot.fetching.fetcher import HttpResponse
from newsbot.model import Item
from newsbot.reading.clean import markup_to_line
from newsbot.reasons import UsageCode
from newsbot.scheduling.rules import parse_zone
from newsbot.sources import source_class

__all__ = [
    "SiteClock",
    "SiteProbe",
    "choose_zone",
    "find_machine_zone",
    "find_name",
    "probe_site",
    "read_site_clock",
]

_WORDPRESS = re.compile(
    rb"/wp-(?:content|includes|json)/|https://api\.w\.org/|<generator>\s*https?://wordpress\.(?:org|com)/"
    rb"|<meta\s[^>]*\bcontent=[\"']WordPress\b",
    re.IGNORECASE,
)

_REST_LINK = "https://api.w.org/"
_REST_HEADER = re.compile(r"<([^<>]{1,2000})>\s*;[^,]*\brel=\"?https://api\.w\.org/")
_REST_TAG = re.compile(r"<link\s[^>]{0,2000}>", re.IGNORECASE)
_HREF = re.compile(r"\bhref=[\"']([^\"']+)")

_SITE_NAMES = (
    re.compile(
        r"<meta\s[^>]*\bproperty=[\"']og:site_name[\"'][^>]*\bcontent=(?P<quote>[\"'])(?P<name>.+?)(?P=quote)"
    ),
    re.compile(
        r"<meta\s[^>]*\bcontent=(?P<quote>[\"'])(?P<name>[^\"']+)(?P=quote)[^>]*\bproperty=[\"']og:site_name"
    ),
)
_FEED_TITLE = re.compile(
    r"<(?:rss|feed|rdf:RDF)\b(?:(?!<item|<entry).)*?<title[^>]*>\s*(?:<!\[CDATA\[)?(?P<name>[^<\]]+)",
    re.DOTALL,
)
# The bytes at the start of a page that are searched for the site's name, and at the start of the index of a
# site's REST API that are searched for its time zone.
_HEAD = 50_000
_LONGEST = 40  # The most characters of a site's name that becomes the source's name in config.yaml.
_SAMPLE = 6  # The most articles that newsbot reads to find the languages of a site.


_ZONE = re.compile(rb'"timezone_string"\s*:\s*"([^"]{1,80})"')
_OFFSET = re.compile(rb'"gmt_offset"\s*:\s*"?(-?\d{1,2}(?:\.\d{1,2})?)\b')
_DEFAULTS = {"UTC", "UCT", "Universal", "Zulu", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich"}
_FROM_SITE = "from the site's WordPress settings"


class SiteClock(NamedTuple):
    """The time zone that a site states: its IANA ``name``,
    or only by how many ``hours`` it is ahead of UTC today.

    Both are None if the site states no time zone.
    """

    name: str | None = None
    hours: float | None = None


class SiteProbe(NamedTuple):
    """The facts found about a newsroom's site: ``feed_url`` is the address of its feed, ``name`` its name.

    ``name`` is "" if no name was found. ``languages`` are those of the newest articles, as far as they are
    known. ``is_wordpress`` says that the site runs WordPress; then ``clock`` is what its settings say about
    the time zone.
    """

    feed_url: str
    name: str
    languages: tuple[str, ...]
    is_wordpress: bool = False
    clock: SiteClock = SiteClock()


async def probe_site(app: App, url: str) -> SiteProbe:
    """Find a site's feed, name and time zone, and the languages of its newest articles.

    Raises:
        SourceError: no feed was found.
        UsageError: ``url`` is no web address.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise UsageError(UsageCode.NO_SITE_ADDRESS(url=repr(url)))
    feed = source_class("feed")
    source = feed("site", feed.Settings(kind="feed", url=url), app.fetcher, app.workers)
    poll = await source.poll({})
    found = await asyncio.gather(*(_read_language(app, item) for item in poll.items[:_SAMPLE]))
    feed_url = poll.cursor.get("feed", url)
    answers = [await _fetch_or_none(app, each) for each in dict.fromkeys((url, feed_url))]
    known = [answer for answer in answers if answer]
    name = find_name([answer.body for answer in known], url)
    languages = tuple(sorted(set(filter(None, found))))
    if not any(map(_is_wordpress, known)):
        return SiteProbe(feed_url, name, languages)
    rest = next(filter(None, map(_find_rest_index, known)), urljoin(feed_url, "/wp-json/"))
    index = await _fetch_or_none(app, rest)
    clock = read_site_clock(index.body) if index else SiteClock()
    return SiteProbe(feed_url, name, languages, is_wordpress=True, clock=clock)


async def _read_language(app: App, item: Item) -> str | None:
    try:
        return (await app.reader.read(item)).language
    except NewsbotError:
        return item.language


async def _fetch_or_none(app: App, url: str) -> HttpResponse | None:
    try:
        return await app.fetcher.get(url)
    # The error is ignored, because this page is not needed to find the feed, which was polled before.
    except NewsbotError:
        return None


def _find_rest_index(answer: HttpResponse) -> str | None:
    """Return the URL of the index of a WordPress site's REST API, as the response's ``Link`` header or the
    page names it.

    Return None if neither names the URL.
    """
    if found := _REST_HEADER.search(answer.headers.get("link", "")):
        return make_web_address(found[1], answer.url)
    tags = _REST_TAG.findall(answer.body[:_HEAD].decode("utf-8", "replace"))
    hrefs = (_HREF.search(tag) for tag in tags if _REST_LINK in tag)
    return next((make_web_address(unescape(href[1]), answer.url) for href in hrefs if href), None)


def find_name(bodies: Iterable[bytes], url: str) -> str:
    """Return a site's name from its page or feed, or else the host name in ``url``; "" if none of them has a
    name.
    """
    return next(filter(None, map(_find_title, bodies)), None) or _get_host(url)


def _find_title(body: bytes) -> str | None:
    """Return the name in a page or feed; None unless it is short and in Latin letters,
    so that it is easy to type.
    """
    head = body[:_HEAD].decode("utf-8", "replace")
    found = next(filter(None, (pattern.search(head) for pattern in (*_SITE_NAMES, _FEED_TITLE))), None)
    name = markup_to_line(found["name"]) if found else ""
    latin = sum(each.isascii() or "LATIN" in unicodedata.name(each, "") for each in name)
    return name if len(name) == latin <= _LONGEST else None


def _get_host(url: str) -> str:
    """Return the host of a URL without ``www.``; "" for an IP address or a name without a dot,
    like localhost.
    """
    host = urlsplit(url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host.removeprefix("www.") if "." in host else ""
    return ""


def _is_wordpress(answer: HttpResponse) -> bool:
    """Return whether a response is from a WordPress site, by its folders,
    REST link or the feed's generator.
    """
    return "api.w.org" in answer.headers.get("link", "") or bool(_WORDPRESS.search(answer.body))


def read_site_clock(index: bytes) -> SiteClock:
    """Read a site's time zone (``timezone_string`` and ``gmt_offset``) from the
    index of its WordPress REST API.

    A WordPress for which nobody chose a zone has an empty zone and the offset 0; so an empty zone, the offset
    0 and UTC count as unknown.
    """
    zone, offset = _ZONE.search(index, 0, _HEAD), _OFFSET.search(index, 0, _HEAD)
    name = zone[1].decode("utf-8", "replace").replace("\\/", "/") if zone else ""
    return SiteClock(_find_zone_name(name), float(offset[1]) or None if offset else None)


def find_machine_zone() -> ZoneChoice | None:
    """Return this machine's time zone; None if the zone is uncertain, or UTC,
    to which most servers are set.
    """
    try:
        name = _find_zone_name(tzlocal.get_localzone_name() or "")
    # The zone is uncertain, too, if Python raises an error, because the machine's settings of the time zone
    # contradict one another.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    if name is None or _get_hours_ahead(name) != _get_hours_ahead(None):
        return None
    return ZoneChoice(name, f"from this machine's {'TZ' if os.environ.get('TZ') else 'settings'}")


def choose_zone(site: SiteClock, machine: ZoneChoice | None) -> ZoneChoice | None:
    """Return the newsroom's time zone: the site's, else the machine's if the site's is unknown; None if both
    are unknown.

    If the site states only an offset from UTC, which does not say when clocks change, newsbot prefers the
    machine's zone if that zone has the same offset.
    """
    if site.name:
        return ZoneChoice(site.name, _FROM_SITE)
    if site.hours is None or (machine and _get_hours_ahead(machine.name) == site.hours):
        return machine
    if float(site.hours).is_integer() and (fixed := _find_zone_name(f"Etc/GMT{-site.hours:+.0f}")):
        return ZoneChoice(fixed, f"{_FROM_SITE}, which name no place: UTC{site.hours:+.0f}")
    return machine


def _find_zone_name(name: str) -> str | None:
    """Return the IANA name of the time zone ``name``; None if it is no time zone,
    or a default such as UTC.
    """
    try:
        key = parse_zone(name).key
    except ValueError:
        return None
    return None if key.removeprefix("Etc/") in _DEFAULTS else key


def _get_hours_ahead(name: str | None) -> float:
    """Return by how many hours the clocks of a time zone (None: this machine) are ahead of UTC today."""
    offset = datetime.now(UTC).astimezone(ZoneInfo(name) if name else None).utcoffset()
    return offset.total_seconds() / 3600 if offset else 0.0
