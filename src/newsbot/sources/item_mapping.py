"""An entry, with the field names of feedparser, into an Item."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256
from html import escape, unescape
from typing import Any

from newsbot.fetching.pictures import parse_length, photo, size_in_address, widest
from newsbot.fetching.urls import web_address
from newsbot.model import Image, Item
from newsbot.timestamps import day_comes_first, parse_timestamp

__all__ = ["Context", "fingerprint", "items_of", "with_own_guids"]

_PLACEHOLDERS = {"n/a", "nan", "nil", "none", "null", "undefined", "[object object]", "array"}
_TITLES = 3  # one address with as many titles is not an article's; with two it may have been edited


def fingerprint(title: str | None, html: str | None, published: datetime | None) -> str:
    """For an item with neither id nor address. Bodies are edited, so a title is preferred."""
    return "sha256:" + sha256(f"{title or html}\n{published}".encode("utf-8", "replace")).hexdigest()


def with_own_guids(items: Iterable[Item]) -> list[Item]:
    """Give items that share a guid without being one article their address for it, else a fingerprint."""
    found = [_without_placeholder(item) for item in items]
    for own in (lambda item: item.url or _fingerprint(item), _fingerprint):
        sharing = defaultdict(list)
        for item in found:
            sharing[item.guid].append(item)
        wrong = {guid for guid, each in sharing.items() if _are_several(each)}
        found = [replace(item, guid=own(item)) if item.guid in wrong else item for item in found]
    return found


def _without_placeholder(item: Item) -> Item:
    if item.guid.strip().casefold() not in _PLACEHOLDERS:
        return item
    return replace(item, guid=item.url or _fingerprint(item))


def _fingerprint(item: Item) -> str:
    return fingerprint(item.title, item.html, item.published_at)


def _are_several(items: list[Item]) -> bool:
    """Whether these are different articles: neither a title nor an address in common, or too many titles."""
    first, *others = items
    titles = {item.title or item.html for item in items}
    apart = any(
        (item.title or item.html) != (first.title or first.html)
        and (item.url != first.url or item.url is None)
        for item in others
    )
    return apart or len(titles) >= _TITLES


Entry = Mapping[str, Any]

_MOST_ITEMS = 5000
_MOST_TAGS = 50
_MOST_AUTHORS = 8
_PAGES = {"text/html", "application/xhtml+xml"}
_MARKUP = re.compile(r"</[a-z][a-z0-9]*\s*>|<(?:br|p|img|hr)\b[^<>]*>", re.IGNORECASE)
_AHEAD = timedelta(days=1)  # a clock that is wrong by its zone is less ahead
_DATES = ("published", "updated", "created")
_MEDIA = re.compile(r"(?:image|audio|video)/")
_BINARY = re.compile(r"[A-Za-z0-9+/=]{60}|[\x00-\x08\x0e-\x1f\ufffd]")  # base64 by its lines, or what it held
_TAG = re.compile(r"<[^<>]*>")
_MAIL_AND_NAME = re.compile(r"\S+@\S+\s*\(([^()]*)\)|([^<>()]*)[<(]\S+@\S+[>)]")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_IMAGE_PATH = re.compile(r"\.(?:jpe?g|png|webp)(?:$|[?#])", re.IGNORECASE)
_FILE_PATH = re.compile(r"\.\w{2,5}(?:$|[?#])")
_IMAGE_WORDS = frozenset({"image", "img", "photo", "picture", "jpg", "jpeg", "png", "webp"})
_SECTION = re.compile(  # of a category's domain: "section", "https://example.org/category/sport"
    r"(?:^|/)(?:categor(?:y|ies|ia|ias|ie|ien)|sections?|rubri\w+|ressort|secci[oó]n(?:es)?)(?:[/?#]|$)",
    re.IGNORECASE,
)
_THUMBNAIL = 200  # pixels: what a media:thumbnail counts as that says nothing of its width


@dataclass(frozen=True, slots=True)
class Context:
    """What an entry is read by: the feed's ``url``, ``language`` and format, and how it writes times.

    ``zone`` is that of times without one (UTC unless given), ``day_first`` tells what 05/11/2026 means. A
    time more than a day after ``now`` is none.
    """

    url: str
    language: str | None = None
    is_atom: bool = False
    zone: tzinfo | None = None
    now: datetime | None = None
    day_first: bool | None = None


def items_of(entries: Sequence[Entry], context: Context) -> tuple[Item, ...]:
    """Newest first, each guid once, without entries that hold nothing."""
    dates = (entry.get(name) for entry in entries for name in _DATES)
    context = replace(context, day_first=day_comes_first(dates))
    found = [item for entry in entries if (item := _item(entry, context))]
    unique: dict[str, Item] = {}
    for item in _newest_first(with_own_guids(found)):
        unique.setdefault(item.guid, item)
    return tuple(unique.values())[:_MOST_ITEMS]


def _newest_first(items: list[Item]) -> list[Item]:
    """By date; an item without one stays behind the item before it."""
    last = max((item.published_at for item in items if item.published_at), default=None)
    dated: list[tuple[float, Item]] = []
    for item in items:
        last = item.published_at or last
        dated.append((last.timestamp() if last else 0.0, item))
    return [item for _, item in sorted(dated, key=lambda pair: pair[0], reverse=True)]


def _item(entry: Entry, context: Context) -> Item | None:
    title, html = _title(entry), _html(entry)
    link = _link(entry, is_atom=context.is_atom)
    url = web_address(link, context.url)
    if not (title or html or url):
        return None
    updated = _time(entry.get("updated"), context)
    published = _time(entry.get("published"), context) or _time(entry.get("created"), context)
    given = _text(entry.get("id"))
    return Item(
        guid=(url if url and given == link else given) or url or fingerprint(title, html, published),
        url=url,
        title=title,
        html=html,
        summary=_summary(entry, html),
        published_at=published or updated,
        updated_at=updated,
        author=_author(entry),
        language=_language(entry) or _text(context.language),
        image=_image(entry, context.url),
        tags=tuple(dict.fromkeys(_tags(entry)))[:_MOST_TAGS],
        categories=tuple(dict.fromkeys(_tags(entry, of=_SECTION)))[:_MOST_TAGS],
    )


def _text(value: object) -> str | None:
    """A plain str (parsers give subclasses of it), stripped; None for nothing."""
    return str(str.strip(value)) or None if isinstance(value, str) else None


def _link(entry: Entry, *, is_atom: bool) -> str | None:
    """The article's own address: in Atom the first alternate that is a page."""
    if is_atom and (links := entry.get("links")):
        alternates = [link for link in links if _rel(link) == "alternate" and link.get("href")]
        alternates = [link for link in alternates if not _is_data(link)]
        if alternates:
            return _text(min(alternates, key=lambda link: link.get("type") not in _PAGES)["href"])
        own = {link.get("href") for link in links}
        return None if entry.get("link") in own else _text(entry.get("link"))
    link, given = _text(entry.get("link")), _text(entry.get("id"))
    direct = _text(entry.get("feedburner_origlink"))  # the article's address, where the link counts readers
    if direct and _WEB.match(direct):
        return direct
    if link in {None, given}:  # a guid is an address only if it looks like one, whatever isPermaLink says
        return given if given and (_WEB.match(given) or given.startswith("/")) else None
    return link


def _rel(link: Mapping[str, Any]) -> str:
    """The relation's short name, which may be written as the address of its registration."""
    return str(link.get("rel") or "alternate").rpartition("/")[2]


def _is_data(link: Mapping[str, Any]) -> bool:
    """Whether it is the entry for programs: as a feed, as JSON."""
    kind = str(link.get("type") or "")
    return kind not in _PAGES and kind.endswith(("xml", "json"))


def _title(entry: Entry) -> str | None:
    names = ("title", "dc_title", "media_title", "itunes_title")
    return next((title for name in names if (title := _text(entry.get(name)))), None)


def _html(entry: Entry) -> str | None:
    """The longest content (content:encoded), or the description where there is none."""
    bodies = [body for part in entry.get("content") or () if (body := _markup(part))]
    return max(bodies, key=len, default=None) or _teaser(entry)


def _markup(part: Mapping[str, Any]) -> str | None:
    """A content as HTML; None for one that is not for reading, such as a picture in base64."""
    value, kind = _text(part.get("value")), str(part.get("type") or "text/html")
    readable = kind.startswith("text/") or kind.endswith(("html", "xml"))
    if value is None or _MEDIA.match(kind) or not (readable or not _BINARY.search(value)):
        return None
    if kind == "text/plain" and not _MARKUP.search(value):
        return escape(value, quote=False).replace("\n", "<br>\n")
    return value


def _teaser(entry: Entry) -> str | None:
    """The item's own description, else what a module says of it."""
    modules = ("dc_description", "itunes_summary", "googleplay_description", "media_description")
    own = _markup({"value": entry.get("summary"), "type": (entry.get("summary_detail") or {}).get("type")})
    return own or next((text for name in modules if (text := _text(entry.get(name)))), None)


def _summary(entry: Entry, html: str | None) -> str | None:
    """The teaser, unless it is only the beginning of the body (parsers make one up from it)."""
    teaser = _teaser(entry)
    if teaser is None or html is None or teaser == html:
        return None
    start = _words(teaser).rstrip(" .…[]")
    return None if _words(html[: 4 * len(teaser) + 4000]).startswith(start) else teaser


def _words(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def _time(text: object, context: Context) -> datetime | None:
    found = parse_timestamp(text, zone=context.zone, day_first=context.day_first)
    return None if found and context.now and found > context.now + _AHEAD else found


def _author(entry: Entry) -> str | None:
    """The names of its authors."""
    names = [_text(author.get("name")) for author in entry.get("authors") or ()]
    people = dict.fromkeys(person for name in names if name and (person := _person(name)))
    return ", ".join(tuple(people)[:_MOST_AUTHORS]) or None


def _person(name: str) -> str | None:
    """A name, never a mail address: RSS has ``ann@example.org (Ann)``."""
    found: str | None = name
    if match := _MAIL_AND_NAME.fullmatch(name):
        found = _text(match[1] or match[2])
    return None if found and "@" in found and " " not in found and not found.startswith("@") else found


def _language(entry: Entry) -> str | None:
    """The entry's own, where it says one."""
    details = [entry, *(entry.get("content") or ()), entry.get("title_detail") or {}]
    return next((found for detail in details if (found := _text(detail.get("language")))), None)


def _tags(entry: Entry, *, of: re.Pattern[str] | None = None) -> Iterator[str]:
    """Their names; with ``of`` only those whose domain (RSS) or scheme (Atom) is of that kind."""
    for tag in entry.get("tags") or ():
        name = _text(tag.get("label")) or _text(tag.get("term"))
        scheme = _text(tag.get("scheme")) or ""
        if name and (of is None or of.search(scheme)):
            yield name


def _image(entry: Entry, base: str) -> Image | None:
    """The widest picture that the feed names for the item."""
    return widest(
        photo(
            medium.get("url") or medium.get("href"),
            base,
            alt=_text(medium.get("description")) or _text(medium.get("title")),
            width=parse_length(medium.get("width")),
            height=parse_length(medium.get("height")),
        )
        for medium in _media(entry)
        if _is_image(medium)
    )


def _is_image(medium: Mapping[str, Any]) -> bool:
    """By what the feed says, else by the end of the address; without an end, by a size."""
    kind, said = str(medium.get("type") or "").lower(), str(medium.get("medium") or "").lower()
    if said in _IMAGE_WORDS or kind.startswith("image") or kind in _IMAGE_WORDS:
        return True
    if said or (kind and kind != "application/octet-stream"):
        return False
    address = str(medium.get("url") or medium.get("href") or "")
    return bool(_IMAGE_PATH.search(address)) or (
        parse_length(medium.get("width")) is not None and not _FILE_PATH.search(address)
    )


def _media(entry: Entry) -> Iterator[Mapping[str, Any]]:
    yield from entry.get("media_content") or ()
    yield from entry.get("enclosures") or ()
    yield from (link for link in entry.get("links") or () if link.get("rel") == "enclosure")
    if isinstance(image := entry.get("image"), Mapping):  # itunes:image
        yield {"medium": "image", **image}
    for thumbnail in entry.get("media_thumbnail") or ():
        told = thumbnail.get("width") or size_in_address(str(thumbnail.get("url") or ""))[0]
        yield {"medium": "image", **thumbnail, "width": told or _THUMBNAIL}
