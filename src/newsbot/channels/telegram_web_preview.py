"""Reading of a public channel's page at t.me/s/NAME, to learn whether a message was published.

A message on the page is published. A message that is missing there proves nothing: the page may show messages
with a delay, or be turned off.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from newsbot.channels.read_back import find_reply_target, normalize_for_match
from newsbot.channels.settings import is_loopback
from newsbot.composing.rewriting import strip_markup
from newsbot.errors import ParseError
from newsbot.imports import IMPORT_LOCK
from newsbot.model import Receipt
from newsbot.ports import PageFetcher, SearchResult, Sighting, SoughtPart
from newsbot.reasons import PlatformCode

__all__ = ["PreviewMessage", "PreviewPage", "find_preview_page", "parse_preview_page", "search_preview_page"]

_SITE = "https://t.me"
_PAGES = 10  # The most pages, of about 20 messages each, that one search of a public page reads.
# A search covers one minute more than the caller requests, because the clocks of Telegram and newsbot may
# differ.
_MARGIN = timedelta(minutes=1)
# The fewest characters by which a text that the page cuts off can be recognized.
_CUT = 200


class PreviewMessage(NamedTuple):
    """A message on a channel's public page.

    ``time`` is as written on the page (ISO 8601), ``reply_to`` is the number of the message that it replies
    to.
    """

    name: str
    number: int
    text: str
    time: str
    reply_to: int | None


class PreviewPage(NamedTuple):
    """The address of a channel's public page.

    ``guarded`` says that the operator did not write the address, so newsbot refuses private network
    addresses.
    """

    url: str
    guarded: bool


def find_preview_page(read_back: str, api: str, name: str | None) -> PreviewPage | None:
    """Return the address of the public page with the messages of the chat ``name``; None without such a page.

    A URL in ``read_back`` is the page itself, or the site that has the page at ``/s/NAME``. Messages sent
    through an API on this machine are never at t.me.
    """
    if read_back == "off" or (read_back == "auto" and (not name or is_loopback(api))):
        return None
    if read_back != "auto" and urlsplit(read_back).path.strip("/"):
        return PreviewPage(read_back, guarded=False)
    site = _SITE if read_back == "auto" else read_back
    return PreviewPage(f"{site}/s/{name}", guarded=read_back == "auto") if name else None


async def search_preview_page(
    page: PreviewPage, sought: Sequence[SoughtPart], *, since: datetime, pages: PageFetcher
) -> SearchResult:
    """Search a channel's public page and its earlier pages for the messages ``sought``, sent since ``since``.

    Raises:
        SourceError: A page can't be fetched or parsed.
    """
    shown, at = await pages(page.url, parse_preview_page, guarded=page.guarded)
    found = list(shown)
    for _ in range(_PAGES - 1):
        if not shown or shown[0].number <= 1 or _parse_posted_time(shown[0]) < since - _MARGIN:
            break
        before = f"{page.url}?before={shown[0].number}"
        shown, _ = await pages(before, parse_preview_page, guarded=page.guarded)
        found = [*shown, *found]
    return SearchResult(tuple(tuple(_find_sightings(one, found)) for one in sought), at)


def parse_preview_page(html: bytes) -> tuple[PreviewMessage, ...]:
    """Return the messages with a text on a channel's public page, oldest first, in a worker process.

    Raises:
        ParseError: The page is not HTML.
    """
    with IMPORT_LOCK:
        from lxml import etree  # noqa: PLC0415  Only a worker process needs the module.
        from lxml.html import HTMLParser, document_fromstring  # noqa: PLC0415

    try:
        root: Any = document_fromstring(html, parser=HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError) as error:
        raise ParseError(PlatformCode.PREVIEW_NOT_HTML(words=error)) from None
    found = [_parse_message(message) for message in root.xpath("//*[@data-post]")]
    unique = {one.number: one for one in found if one}
    return tuple(unique[number] for number in sorted(unique))


def _parse_message(message: Any) -> PreviewMessage | None:
    """Return the message in an HTML element; None for a forwarded message, or one without text or number."""
    name, _, number = message.get("data-post").partition("/")
    text = message.xpath(".//*[contains(concat(' ', @class, ' '), ' js-message_text ')]")
    times = message.xpath(".//time/@datetime")
    forwarded = message.xpath(".//*[contains(@class, 'tgme_widget_message_forwarded_from')]")
    if not (number.isdecimal() and text and times) or forwarded:
        return None
    answered = message.xpath(".//a[contains(@class, 'tgme_widget_message_reply')]/@href")
    reply = answered[0].partition("?")[0].rpartition("/")[2] if answered else ""
    reply_to = int(reply) if reply.isdecimal() else None
    return PreviewMessage(name, int(number), str(text[0].text_content()), str(times[-1]), reply_to)


def _find_sightings(one: SoughtPart, found: Sequence[PreviewMessage]) -> list[Sighting]:
    wanted, (reply_to, _) = normalize_for_match(strip_markup(one.part)), find_reply_target(one.after)
    return [
        Sighting(
            Receipt(0, str(shown.number), f"{_SITE}/{shown.name}/{shown.number}"), _parse_posted_time(shown)
        )
        for shown in found
        if _is_same_text(shown.text, wanted) and (reply_to is None or shown.reply_to in {None, int(reply_to)})
    ]


def _is_same_text(text: str, wanted: str) -> bool:
    """Return whether a message's text, which the page may have cut off, is the normalized text ``wanted``."""
    has = normalize_for_match(text)
    cut = has.removesuffix("…")
    return has == wanted or (cut != has and len(cut) >= _CUT and wanted.startswith(cut))


def _parse_posted_time(shown: PreviewMessage) -> datetime:
    """Return when a message was posted; raise ParseError if the page gives no time with a time zone."""
    try:
        found = datetime.fromisoformat(shown.time)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ParseError(PlatformCode.PREVIEW_TIME_ODD(words=repr(shown.time[:40])))
    return found
