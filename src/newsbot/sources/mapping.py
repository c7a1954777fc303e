"""An entry of either feed parser into an Item: the same entry gives the same item from both."""

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from time import struct_time
from typing import Any
from urllib.parse import urljoin

from newsbot.model import Image, Item

__all__ = ["items_of", "web_address"]

Entry = Mapping[str, Any]

_MOST_ITEMS = 5000
_MOST_TAGS = 50
_YEARS = range(1970, 2101)  # beyond lie only slips and sentinels
_TAG = re.compile(r"<[^<>]*>")
_MAIL_AND_NAME = re.compile(r"\S+@\S+\s*\(([^()]*)\)|([^<>()]*)[<(]\S+@\S+[>)]")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_NO_HOST = re.compile(r"https?:(?!//[^/?#])", re.IGNORECASE)
_IMAGE_PATH = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|[?#])", re.IGNORECASE)


def items_of(entries: Iterable[Entry], url: str, language: str | None, *, is_atom: bool) -> tuple[Item, ...]:
    """Newest first, each guid once, without entries that hold nothing. ``url`` is the feed's."""
    found = [item for entry in entries if (item := _item(entry, url, language, is_atom=is_atom))]
    unique: dict[str, Item] = {}
    for item in _newest_first(found):
        unique.setdefault(item.guid, item)
    return tuple(unique.values())[:_MOST_ITEMS]


def web_address(url: object, base: str) -> str | None:
    """``url`` made absolute against ``base``; None unless that is http or https."""
    try:
        address = "".join(str(url or "").split())
        absolute = urljoin(base, address)
    except ValueError:
        return None
    lost = not address or _NO_HOST.match(address) or not _WEB.match(absolute)
    return None if lost else absolute


def _newest_first(items: list[Item]) -> list[Item]:
    """By date; an item without one stays behind the item before it."""
    last = max((item.published_at for item in items if item.published_at), default=None)
    dated: list[tuple[float, Item]] = []
    for item in items:
        last = item.published_at or last
        dated.append((last.timestamp() if last else 0.0, item))
    return [item for _, item in sorted(dated, key=lambda pair: pair[0], reverse=True)]


def _item(entry: Entry, base: str, language: str | None, *, is_atom: bool) -> Item | None:
    title, html = _text(entry.get("title")), _html(entry)
    link = _link(entry, is_atom=is_atom)
    url = web_address(link, base)
    if not (title or html or url):
        return None
    published, updated = _time(entry, "published"), _time(entry, "updated")
    given = _text(entry.get("id"))
    return Item(
        guid=(url if given == link else given) or url or _fingerprint(title, html, published),
        url=url,
        title=title,
        html=html,
        summary=_summary(entry, html),
        published_at=published or updated,
        updated_at=updated,
        author=_author(entry),
        language=_language(entry) or _text(language),
        image=_image(entry, base),
        tags=tuple(dict.fromkeys(_tags(entry)))[:_MOST_TAGS],
    )


def _text(value: object) -> str | None:
    """A plain str (parsers give subclasses of it), stripped; None for nothing."""
    return str(str.strip(value)) or None if isinstance(value, str) else None


def _fingerprint(title: str | None, html: str | None, published: datetime | None) -> str:
    """For an item with neither id nor address. Bodies are edited, so a title is preferred."""
    return "sha256:" + sha256(f"{title or html}\n{published}".encode("utf-8", "replace")).hexdigest()


def _link(entry: Entry, *, is_atom: bool) -> str | None:
    """The article's own address: in Atom the first alternate link, not whatever link stands first."""
    if is_atom:
        for link in entry.get("links") or ():
            if (link.get("rel") or "alternate") == "alternate" and link.get("href"):
                return _text(link["href"])
        if entry.get("links"):
            own = {link.get("href") for link in entry["links"]}
            return None if entry.get("link") in own else _text(entry.get("link"))
    link, given = _text(entry.get("link")), _text(entry.get("id"))
    if link in {None, given}:  # a guid is an address only if it looks like one, whatever isPermaLink says
        return given if given and (_WEB.match(given) or given.startswith("/")) else None
    return link


def _html(entry: Entry) -> str | None:
    """The longest content (content:encoded), or the description where there is none."""
    bodies = [body for part in entry.get("content") or () if (body := _text(part.get("value")))]
    return max(bodies, key=len, default=None) or _teaser(entry)


def _teaser(entry: Entry) -> str | None:
    return _text(entry.get("summary")) or _text(entry.get("description"))


def _summary(entry: Entry, html: str | None) -> str | None:
    """The teaser, unless it is only the beginning of the body (parsers make one up from it)."""
    teaser = _teaser(entry)
    if teaser is None or html is None or teaser == html:
        return None
    start = _words(teaser).rstrip(" .…[]")
    return None if _words(html[: 4 * len(teaser) + 4000]).startswith(start) else teaser


def _words(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def _time(entry: Entry, name: str) -> datetime | None:
    """ISO text from fastfeedparser, a struct_time in UTC from feedparser."""
    parsed, text = entry.get(f"{name}_parsed"), entry.get(name)
    try:
        if isinstance(parsed, struct_time):
            found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=calendar.timegm(parsed))
        else:
            found = datetime.fromisoformat(str(text or "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.replace(microsecond=0) if found.year in _YEARS else None


def _author(entry: Entry) -> str | None:
    """A name, never a mail address: RSS has ``ann@example.org (Ann)``."""
    name = _text(entry.get("author"))
    if name and (match := _MAIL_AND_NAME.fullmatch(name)):
        name = _text(match[1] or match[2])
    return None if name and "@" in name and " " not in name and not name.startswith("@") else name


def _language(entry: Entry) -> str | None:
    """The entry's own, where it says one."""
    details = [*(entry.get("content") or ()), entry.get("title_detail") or {}]
    return next((found for detail in details if (found := _text(detail.get("language")))), None)


def _tags(entry: Entry) -> Iterator[str]:
    for tag in entry.get("tags") or ():
        name = _text(tag.get("label")) or _text(tag.get("term"))
        if name:
            yield name


def _image(entry: Entry, base: str) -> Image | None:
    """The first of media:content, media:thumbnail and enclosures that is an image."""
    for media in _media(entry):
        kind, address = str(media.get("type") or ""), str(media.get("url") or media.get("href") or "")
        is_image = (
            media.get("medium") == "image"
            or kind.startswith("image/")
            or (not kind and not media.get("medium") and _IMAGE_PATH.search(address))
        )
        if is_image and (url := web_address(address, base)):
            return Image(url, _text(media.get("description")) or _text(media.get("title")))
    return None


def _media(entry: Entry) -> Iterator[Mapping[str, Any]]:
    yield from entry.get("media_content") or ()
    yield from ({"medium": "image", **thumbnail} for thumbnail in entry.get("media_thumbnail") or ())
    yield from entry.get("enclosures") or ()
    yield from (link for link in entry.get("links") or () if link.get("rel") == "enclosure")
