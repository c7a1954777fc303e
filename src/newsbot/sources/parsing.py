"""Parsing of feeds and files into items, in a worker process.

Parsers get text only, never an address to fetch. Libraries are imported inside the functions, because the
newsbot service imports this module too, but calls its functions only in workers. Entries of a JSON Feed
(https://www.jsonfeed.org/version/1.1/) get the field names of the library feedparser, and then the entries of
all kinds of feed become Items in the same way.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256
from html import escape, unescape
from typing import Any

from newsbot.errors import ParseError
from newsbot.fetching.addresses import make_web_address
from newsbot.fetching.decoding import decode, has_password_form, remove_comments
from newsbot.fetching.pictures import choose_widest, find_size_in_address, make_photo, parse_length
from newsbot.model import Image, Item
from newsbot.reasons import SourceCode
from newsbot.timestamps import is_day_first, parse_timestamp

__all__ = ["FeedContext", "ParsedAnswer", "map_entries", "parse_bytes"]

# The following functions convert the entries of a feed into items.

_PLACEHOLDERS = {"n/a", "nan", "nil", "none", "null", "undefined", "[object object]", "array"}
# If the items with one address have at least this many different titles in a feed, the address is not that of
# a single article; two titles may be due to an edit.
_TITLES = 3


def _fingerprint(title: str | None, html: str | None, published: datetime | None) -> str:
    """Return a guid for an item that has neither an id nor an address: a hash of its title and date.

    The body is hashed only if there is no title, because bodies are edited more often.
    """
    return "sha256:" + sha256(f"{title or html}\n{published}".encode("utf-8", "replace")).hexdigest()


def _item_fingerprint(item: Item) -> str:
    return _fingerprint(item.title, item.html, item.published_at)


def _make_guids_unique(items: Iterable[Item]) -> list[Item]:
    """Return the items with guids that no two different articles share, and without placeholders as guids.

    Such a guid is replaced by the article's address, or else by a hash (`_fingerprint`).
    """
    found = [
        replace(item, guid=item.url or _item_fingerprint(item))
        if item.guid.strip().casefold() in _PLACEHOLDERS
        else item
        for item in items
    ]
    for own in (lambda item: item.url or _item_fingerprint(item), _item_fingerprint):
        sharing = defaultdict(list)
        for item in found:
            sharing[item.guid].append(item)
        wrong = {guid for guid, each in sharing.items() if _are_different_articles(each)}
        found = [replace(item, guid=own(item)) if item.guid in wrong else item for item in found]
    return found


def _are_different_articles(items: list[Item]) -> bool:
    """Return whether items that have the same guid are different articles.

    They are different if two share neither title nor address, or if there are three or more titles.
    """
    titles = [item.title or item.html for item in items]
    apart = any(
        title != titles[0] and (item.url != items[0].url or item.url is None)
        for item, title in zip(items, titles, strict=True)
    )
    return apart or len(set(titles)) >= _TITLES


Entry = Mapping[str, Any]

_MOST_ITEMS = 5000
_MOST_TAGS = 50
_MOST_AUTHORS = 8
_PAGES = {"text/html", "application/xhtml+xml"}
_MARKUP = re.compile(r"</[a-z][a-z0-9]*\s*>|<(?:br|p|img|hr)\b[^<>]*>", re.IGNORECASE)
# The most by which a time in a feed may be in the future; a clock that is set to a wrong time zone is ahead
# by less.
_AHEAD = timedelta(days=1)
_DATES = ("published", "updated", "created")
_MEDIA = re.compile(r"(?:image|audio|video)/")
# This regular expression finds base64 or binary data in a text of a feed, which newsbot then does not use as
# the article's text.
_BINARY = re.compile(r"[A-Za-z0-9+/=]{60}|[\x00-\x08\x0e-\x1f\ufffd]")
_TAG = re.compile(r"<[^<>]*>")
_MAIL_AND_NAME = re.compile(r"\S+@\S+\s*\(([^()]*)\)|([^<>()]*)[<(]\S+@\S+[>)]")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_IMAGE_PATH = re.compile(r"\.(?:jpe?g|png|webp)(?:$|[?#])", re.IGNORECASE)
_FILE_PATH = re.compile(r"\.\w{2,5}(?:$|[?#])")
_IMAGE_WORDS = frozenset({"image", "img", "photo", "picture", "jpg", "jpeg", "png", "webp"})
# This regular expression matches the domain attribute of a feed's category if the attribute declares a
# section of the site, like "section" or "https://example.org/category/sport".
_SECTION = re.compile(
    r"(?:^|/)(?:categor(?:y|ies|ia|ias|ie|ien)|sections?|rubri\w+|ressort|secci[oó]n(?:es)?)(?:[/?#]|$)",
    re.IGNORECASE,
)
# A picture that a feed names as media:thumbnail without a width is assumed to have this width in pixels.
_THUMBNAIL = 200


@dataclass(frozen=True, slots=True)
class FeedContext:
    """The values of a feed that are needed to read its entries: address, language, format and date rules.

    ``zone`` is the time zone of times without one (UTC if None). ``day_first`` says whether 05/11/2026 is in
    November; it is None if no date in the feed shows that. A time more than a day after ``now`` is ignored.
    """

    url: str
    language: str | None = None
    is_atom: bool = False
    zone: tzinfo | None = None
    now: datetime | None = None
    day_first: bool | None = None


def map_entries(entries: Sequence[Entry], context: FeedContext) -> tuple[Item, ...]:
    """Convert a feed's entries that have content into items; return the items, newest first, with each guid
    only once.
    """
    dates = (entry.get(name) for entry in entries for name in _DATES)
    context = replace(context, day_first=is_day_first(dates))
    found = [item for entry in entries if (item := _map_entry(entry, context))]
    unique: dict[str, Item] = {}
    for item in _sort_newest_first(_make_guids_unique(found)):
        unique.setdefault(item.guid, item)
    return tuple(unique.values())[:_MOST_ITEMS]


def _sort_newest_first(items: list[Item]) -> list[Item]:
    """Sort items by date, newest first; an item without a date stays behind the item that it follows in the
    feed.
    """
    last = max((item.published_at for item in items if item.published_at), default=None)
    dated: list[tuple[float, Item]] = []
    for item in items:
        last = item.published_at or last
        dated.append((last.timestamp() if last else 0.0, item))
    return [item for _, item in sorted(dated, key=lambda pair: pair[0], reverse=True)]


def _map_entry(entry: Entry, context: FeedContext) -> Item | None:
    title, html = _entry_title(entry), _entry_html(entry)
    link = _article_link(entry, is_atom=context.is_atom)
    url = make_web_address(link, context.url)
    if not (title or html or url):
        return None
    updated = _parse_time(entry.get("updated"), context)
    published = _parse_time(entry.get("published"), context) or _parse_time(entry.get("created"), context)
    given = _clean_text(entry.get("id"))
    return Item(
        guid=(url if url and given == link else given) or url or _fingerprint(title, html, published),
        url=url,
        title=title,
        html=html,
        summary=_entry_summary(entry, html),
        published_at=published or updated,
        updated_at=updated,
        author=_author_names(entry),
        language=_entry_language(entry) or _clean_text(context.language),
        image=_widest_image(entry, context.url),
        tags=tuple(dict.fromkeys(_tag_names(entry)))[:_MOST_TAGS],
        categories=tuple(dict.fromkeys(_tag_names(entry, of=_SECTION)))[:_MOST_TAGS],
    )


def _clean_text(value: object) -> str | None:
    """Return a text without white space at its ends, as a plain str; None if it is empty or no text."""
    return str(str.strip(value)) or None if isinstance(value, str) else None


def _article_link(entry: Entry, *, is_atom: bool) -> str | None:
    """Return the address of the article of a feed's entry; in Atom, that is the first alternate link to a
    page.
    """
    if is_atom and (links := entry.get("links")):
        if alternates := [link for link in links if _is_page_link(link)]:
            return _clean_text(min(alternates, key=lambda link: link.get("type") not in _PAGES)["href"])
        own = {link.get("href") for link in links}
        return None if entry.get("link") in own else _clean_text(entry.get("link"))
    link, given = _clean_text(entry.get("link")), _clean_text(entry.get("id"))
    # The address in FeedBurner's element is preferred, because it is the article's own if the link leads
    # through a click counter.
    direct = _clean_text(entry.get("feedburner_origlink"))
    if direct and _WEB.match(direct):
        return direct
    # An entry's id is used as its article's address only if the id looks like an address.
    if link in {None, given}:
        return given if given and (_WEB.match(given) or given.startswith("/")) else None
    return link


def _is_page_link(link: Mapping[str, Any]) -> bool:
    """Return whether an entry's link leads to the article's page, and not to XML or JSON for programs.

    Some feeds write a link's relation as the URL of the relation's registration.
    """
    relation, kind = str(link.get("rel") or "alternate").rpartition("/")[2], str(link.get("type") or "")
    is_data = kind not in _PAGES and kind.endswith(("xml", "json"))
    return relation == "alternate" and bool(link.get("href")) and not is_data


def _entry_title(entry: Entry) -> str | None:
    names = ("title", "dc_title", "media_title", "itunes_title")
    return next((title for name in names if (title := _clean_text(entry.get(name)))), None)


def _entry_html(entry: Entry) -> str | None:
    """Return the longest content of a feed's entry (content:encoded), or its description if it has none."""
    bodies = [body for part in entry.get("content") or () if (body := _content_markup(part))]
    return max(bodies, key=len, default=None) or _entry_teaser(entry)


def _content_markup(part: Mapping[str, Any]) -> str | None:
    """Return one content of a feed's entry as HTML; None if the content is no text but base64, say."""
    value, kind = _clean_text(part.get("value")), str(part.get("type") or "text/html")
    readable = kind.startswith("text/") or kind.endswith(("html", "xml"))
    if value is None or _MEDIA.match(kind) or not (readable or not _BINARY.search(value)):
        return None
    if kind == "text/plain" and not _MARKUP.search(value):
        return escape(value, quote=False).replace("\n", "<br>\n")
    return value


def _entry_teaser(entry: Entry) -> str | None:
    """Return a feed entry's own description, or else that of an extension (such as iTunes)."""
    modules = ("dc_description", "itunes_summary", "googleplay_description", "media_description")
    own = _content_markup(
        {"value": entry.get("summary"), "type": (entry.get("summary_detail") or {}).get("type")}
    )
    return own or next((text for name in modules if (text := _clean_text(entry.get(name)))), None)


def _entry_summary(entry: Entry, html: str | None) -> str | None:
    """Return the teaser of a feed's entry; None if it only repeats the body's beginning, as generated teasers
    do.
    """
    teaser = _entry_teaser(entry)
    if teaser is None or html is None or teaser == html:
        return None
    start = _comparable_text(teaser).rstrip(" .…[]")
    return None if _comparable_text(html[: 4 * len(teaser) + 4000]).startswith(start) else teaser


def _comparable_text(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def _parse_time(text: object, context: FeedContext) -> datetime | None:
    found = parse_timestamp(text, zone=context.zone, day_first=context.day_first)
    return None if found and context.now and found > context.now + _AHEAD else found


def _author_names(entry: Entry) -> str | None:
    """Return the authors of a feed's entry, separated by commas; None if the entry names no author."""
    names = [_clean_text(author.get("name")) for author in entry.get("authors") or ()]
    people = dict.fromkeys(person for name in names if name and (person := _person_name(name)))
    return ", ".join(tuple(people)[:_MOST_AUTHORS]) or None


def _person_name(name: str) -> str | None:
    """Return the name in an RSS author like ``ann@example.org (Ann)``; None if only the address is given."""
    found: str | None = name
    if match := _MAIL_AND_NAME.fullmatch(name):
        found = _clean_text(match[1] or match[2])
    return None if found and "@" in found and " " not in found and not found.startswith("@") else found


def _entry_language(entry: Entry) -> str | None:
    """Return the language that a feed's entry declares for itself; None if the entry declares no language."""
    details = [entry, *(entry.get("content") or ()), entry.get("title_detail") or {}]
    return next((found for detail in details if (found := _clean_text(detail.get("language")))), None)


def _tag_names(entry: Entry, *, of: re.Pattern[str] | None = None) -> Iterator[str]:
    """Yield the tags (categories) of a feed's entry.

    With ``of``, yield only tags whose domain (RSS) or scheme (Atom) matches the pattern ``of``.
    """
    for tag in entry.get("tags") or ():
        name = _clean_text(tag.get("label")) or _clean_text(tag.get("term"))
        scheme = _clean_text(tag.get("scheme")) or ""
        if name and (of is None or of.search(scheme)):
            yield name


def _widest_image(entry: Entry, base: str) -> Image | None:
    """Return the widest picture that a feed names for an entry; None if the feed names none."""
    return choose_widest(
        make_photo(
            medium.get("url") or medium.get("href"),
            base,
            alt=_clean_text(medium.get("description")) or _clean_text(medium.get("title")),
            width=parse_length(medium.get("width")),
            height=parse_length(medium.get("height")),
        )
        for medium in _entry_media(entry)
        if _is_image(medium)
    )


def _is_image(medium: Mapping[str, Any]) -> bool:
    """Return whether an entry's medium (a photo, video or sound) is a picture.

    The type that the feed declares decides. Without a type, the suffix of the medium's address decides and,
    if there is none, whether the medium has a width.
    """
    kind, said = str(medium.get("type") or "").lower(), str(medium.get("medium") or "").lower()
    if said in _IMAGE_WORDS or kind.startswith("image") or kind in _IMAGE_WORDS:
        return True
    if said or (kind and kind != "application/octet-stream"):
        return False
    address = str(medium.get("url") or medium.get("href") or "")
    return bool(_IMAGE_PATH.search(address)) or (
        parse_length(medium.get("width")) is not None and not _FILE_PATH.search(address)
    )


def _entry_media(entry: Entry) -> Iterator[Mapping[str, Any]]:
    yield from entry.get("media_content") or ()
    yield from entry.get("enclosures") or ()
    yield from (link for link in entry.get("links") or () if link.get("rel") == "enclosure")
    # The picture of the element itunes:image is looked up under "image", because the library feedparser
    # stores it there.
    if isinstance(image := entry.get("image"), Mapping):
        yield {"medium": "image", **image}
    for thumbnail in entry.get("media_thumbnail") or ():
        told = thumbnail.get("width") or find_size_in_address(str(thumbnail.get("url") or ""))[0]
        yield {"medium": "image", **thumbnail, "width": told or _THUMBNAIL}


# The following functions give the entries of a JSON Feed the field names of the library feedparser.


def _parse_json(text: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Parse a JSON Feed; return the feed's own fields, and its entries with feedparser's field names.

    Raises:
        ParseError: The text is no JSON Feed. The error's message is the end of a sentence that begins with
            the feed's address.
    """
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        feed = None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError(SourceCode.NO_JSON_FEED())
    return feed, [_make_entry(item) for item in feed["items"] if isinstance(item, dict)]


def _make_entry(item: Mapping[str, Any]) -> Mapping[str, Any]:
    given = item.get("id")
    bodies = (("text/html", item.get("content_html")), ("text/plain", item.get("content_text")))
    contents = [{"type": kind, "value": value} for kind, value in bodies if _clean_text(value)]
    return {
        "id": str(given) if isinstance(given, str | float) or type(given) is int else None,
        "title": item.get("title"),
        "link": item.get("url") or item.get("external_url"),
        "content": contents[:1],
        "summary": item.get("summary"),
        "published": item.get("date_published"),
        "updated": item.get("date_modified"),
        "authors": _list_objects(item.get("authors")) or _list_objects([item.get("author")]),
        "tags": [{"term": tag} for tag in _as_list(item.get("tags"))],
        "language": item.get("language"),
        "media_content": [
            {"url": url, "medium": "image"} for key in ("image", "banner_image") if (url := item.get(key))
        ],
        "enclosures": [
            {"href": one.get("url"), "type": one.get("mime_type")}
            for one in _list_objects(item.get("attachments"))
        ],
    }


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _list_objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in _as_list(value) if isinstance(one, dict)]


# The following functions parse bytes as a feed or a page.

# The number of a document's first characters, without comments, in which newsbot looks for signs that the
# document is a feed or a page.
_HEAD = 8192
# The number of a document's first characters, comments included, in which newsbot looks for signs that the
# document is a feed or a page.
_FRONT = 262_144
_FEED = re.compile(r"<(?:[\w-]+:)?(rss|feed|rdf|entry(?=\s[^<>]*atom))[\s>]", re.IGNORECASE)
_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]|<(?:head|body)[\s>]", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z][\w:.-]{0,40})")
_LEADING = re.compile(r"(?:[\s\ufeff\0]|<!--(?s:.*?)-->)*+")
# The longest ``ttl`` of a feed in minutes that newsbot obeys; many publishers set a day or a week by mistake.
_LONGEST_TTL = 60


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """The content of an HTTP response or a file: a feed or a web page.

    A feed has ``items``, newest first, and its ``ttl`` in minutes; ``protected`` are the guids of its
    articles for which readers need a password. For a page, ``page`` is true, ``feeds`` has the addresses of
    the feeds that the page names, and ``html`` has its HTML if the page is an article and not a list of
    articles.
    """

    items: tuple[Item, ...] = ()
    ttl: int | None = None
    page: bool = False
    feeds: tuple[str, ...] = ()
    html: str | None = None
    protected: tuple[str, ...] = ()


def parse_bytes(
    data: bytes, url: str, charset: str | None = None, zone: tzinfo | None = None, now: datetime | None = None
) -> ParsedAnswer:
    """Parse bytes as a feed or a web page.

    ``url`` is the address from which the bytes were fetched, ``charset`` the encoding from the HTTP header.
    ``zone`` is the time zone of times without one. A time more than a day after ``now`` is ignored.

    Raises:
        ParseError: The bytes are neither a feed nor a page. The error's message is the end of a sentence that
            begins with the bytes' address.
    """
    text = decode(data, charset)
    text = text[_LEADING.match(text).end() :]  # type: ignore[union-attr]  # It always matches.
    head = remove_comments(text[:_FRONT])[:_HEAD]
    context = FeedContext(url, zone=zone, now=now)
    if head.startswith(("{", "[")):
        return _parse_json_feed(text, context)
    feed, page = _FEED.search(head), _PAGE.search(head)
    if feed and not (page and page.start() < feed.start()):
        is_atom = feed[1].lower() in {"feed", "entry"}
        return _parse_feed(text, replace(context, is_atom=is_atom))
    if page:
        return _parse_page(text, url)
    if not head:
        raise ParseError(SourceCode.EMPTY_FEED())
    root = _ROOT.search(head)
    what = SourceCode.XML_DOCUMENT(name=f"<{root[1]}>") if root else SourceCode.NEITHER_XML_NOR_JSON()
    raise ParseError(SourceCode.NO_FEED(what=what))


def _parse_page(html: str, url: str) -> ParsedAnswer:
    from newsbot.sources.feed_links import find_feeds, is_article, parse_tree  # noqa: PLC0415  The module imports lxml, which takes long.

    tree = parse_tree(html)
    return ParsedAnswer(page=True, feeds=find_feeds(tree, url), html=html if is_article(tree, url) else None)


def _parse_feed(text: str, context: FeedContext) -> ParsedAnswer:
    from newsbot.sources.feed_formats import parse_xml  # noqa: PLC0415  Its import is slow.

    found = parse_xml(text)
    if not found.entries and not found.known:
        raise ParseError(SourceCode.BROKEN_FEED())
    digits = str(found.feed.get("ttl") or "").strip()[:9]
    ttl = min(int(digits), _LONGEST_TTL) if digits.isascii() and digits.isdigit() else None
    return _make_answer(found.entries, replace(context, language=found.feed.get("language")), ttl)


def _parse_json_feed(text: str, context: FeedContext) -> ParsedAnswer:
    feed, entries = _parse_json(text)
    return _make_answer(entries, replace(context, language=feed.get("language")))


def _make_answer(entries: Sequence[Entry], context: FeedContext, ttl: int | None = None) -> ParsedAnswer:
    items = map_entries(entries, context)
    # An article counts as password-protected if its text is the form that asks for the password, because
    # WordPress's feeds list such posts with this form.
    protected = tuple(item.guid for item in items if has_password_form(item.html or ""))
    return ParsedAnswer(tuple(item for item in items if item.guid not in protected), ttl, protected=protected)
