"""Parsing of RSS, RDF and Atom into entries with feedparser's field names, in a worker process.

The library feedparser has a strict parser for well-formed feeds and a loose parser for the rest. newsbot
gives both parsers the same `_FeedHandlers`, which correct what feedparser reads wrong for news. newsbot
itself decodes bytes, cleans HTML and reads dates, in the same way for every kind of input.
"""

import io
import re
import sys
import xml.sax
import xml.sax.saxutils
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partialmethod
from html import unescape
from html.entities import html5
from typing import Any
from xml.sax.handler import feature_external_ges, feature_namespaces
from xml.sax.xmlreader import InputSource

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.sanitizer import replace_doctype

__all__ = ["XmlFeed", "parse_xml"]


_LEFT_ENCODED = re.compile(r"&(?:lt|gt|amp|quot|apos|#\d{1,7}|#x[\da-f]{1,6});", re.IGNORECASE)
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)  # The pattern matches the characters that XML forbids: https://www.w3.org/TR/xml/#charsets
_FAULT = re.compile(rf"&(?:(?P<name>#\d{{1,9}}|#x[\da-f]{{1,8}}|\w+);)?|{_FORBIDDEN.pattern}", re.IGNORECASE)
_CDATA, _CDATA_ENDS = "<![CDATA[", "]]>"


@dataclass(frozen=True, slots=True)
class XmlFeed:
    """A parsed XML feed.

    ``feed`` and ``entries`` have feedparser's field names. ``known`` says that the document is a feed.
    """

    feed: Mapping[str, Any]
    entries: list[Mapping[str, Any]]
    known: bool


class _FeedHandlers:
    """The handlers of a feed's XML elements that replace feedparser's handlers of the same names.

    - The description or title from an extension (of a photo, of a podcast) gets a field of its own:
      feedparser takes this description for the item's, and the item's own description for the item's content.
    - A photo or video keeps its title and description: feedparser loses which medium they belong to.
    - A date is kept as written: feedparser completes "12:30" with today's date, and reads a time zone that it
      does not know as UTC.
    - An author's text is kept whole: feedparser cuts a mail address out of it, and splits a long domain.
    """

    sanitize_html = False
    # Whether feedparser resolves relative addresses in markup against the feed's xml:base; this is switched
    # on only for feeds that have an xml:base.
    resolve_relative_uris = False

    # The attributes that have no value here, such as `push`, are defined by feedparser's own parser class.
    push: Callable[..., None]
    pop: Callable[..., str]
    push_content: Callable[..., None]
    pop_content: Callable[..., str]
    _get_context: Callable[[], dict[str, Any]]
    contentparams: dict[str, Any]

    @staticmethod
    def strattrs(attributes: Iterable[tuple[str, str]]) -> str:
        """Return an XML element's attributes as XML text, without declarations of namespaces."""
        kept = [each for each in attributes if not each[0].startswith("xmlns")]
        return str(StrictFeedParser.strattrs(kept))

    def _end_media_description(self) -> None:
        self._name_medium("description", self.pop_content("media_description"))

    def _end_media_title(self) -> None:
        self._name_medium("title", self.pop_content("media_title"))

    def _name_medium(self, key: str, words: str) -> None:
        media = self._get_context().get("media_content")
        if media and words:
            media[-1].setdefault(key, words)

    def _pop_text(self, name: str) -> None:
        self.pop(name)

    _end_created = partialmethod(_pop_text, "created")
    _end_published = partialmethod(_pop_text, "published")
    _end_updated = partialmethod(_pop_text, "updated")
    _end_issued = _end_pubdate = _end_published
    _end_modified = _end_lastbuilddate = _end_updated

    def _end_author(self) -> None:
        words = self.pop("author")
        self.inauthor = 0
        author = self._get_context()["authors"][-1]
        if words and not author.get("name"):
            author["name"] = words

    def _start_name(self, attributes: Mapping[str, str]) -> None:
        del attributes
        # The author's name is passed to feedparser as plain text, so that feedparser decodes its entities.
        self.push("name", 1)

    def _push_content(self, name: str, kind: str, attributes: Mapping[str, str]) -> None:
        self.push_content(name, attributes, kind, 1)

    def _pop_content(self, name: str) -> None:
        self.pop_content(name)

    _start_media_description = partialmethod(_push_content, "media_description", "text/plain")
    _start_media_title = partialmethod(_push_content, "media_title", "text/plain")
    _start_itunes_summary = partialmethod(_push_content, "itunes_summary", "text/plain")
    _end_itunes_summary = partialmethod(_pop_content, "itunes_summary")
    _start_dc_description = partialmethod(_push_content, "dc_description", "text/html")
    _end_dc_description = partialmethod(_pop_content, "dc_description")
    _start_dc_title = partialmethod(_push_content, "dc_title", "text/plain")
    _end_dc_title = partialmethod(_pop_content, "dc_title")


class _StrictFeed(_FeedHandlers, StrictFeedParser):  # type: ignore[misc]  # feedparser has no types
    """A faster version of the library feedparser's strict parser, which reads nearly all feeds."""

    def push_content(self, *arguments: Any) -> None:
        """Begin a content element with its parameters in a plain dict; feedparser's own dict is slow."""
        super().push_content(*arguments)
        self.contentparams = dict(self.contentparams)


class _LooseFeed(_FeedHandlers, LooseFeedParser):  # type: ignore[misc]  # feedparser has no types
    """A version of the library feedparser's loose parser that returns the same texts as the strict parser."""

    def unknown_starttag(self, tag: str, attributes: list[tuple[str, str]]) -> None:
        """Begin an XML element: read its namespace declarations first, and then its other attributes."""
        for name, value in attributes:
            if name.startswith("xmlns"):
                self.track_namespace(name[6:] or None, value)
        super().unknown_starttag(tag, [each for each in attributes if not each[0].startswith("xmlns")])

    def decode_entities(self, element: str, data: str) -> str:
        """Decode the character references that the loose parser left in a text.

        In markup, escape the decoded characters as the strict parser does.
        """
        del element
        decode = (
            _encode_character if self.contentparams.get("type", "").endswith("xml") else _decode_reference
        )
        return _LEFT_ENCODED.sub(decode, data)

    @staticmethod
    def _normalize_attributes(attribute: tuple[str, str]) -> tuple[str, str]:
        name, value = attribute[0].lower(), _LEFT_ENCODED.sub(_decode_reference, attribute[1])
        return name, value.lower() if name in {"rel", "type"} else value


def _decode_reference(match: re.Match[str]) -> str:
    return unescape(match[0])


def _encode_character(match: re.Match[str]) -> str:
    return xml.sax.saxutils.escape(unescape(match[0]))


def parse_xml(text: str) -> XmlFeed:
    """Parse an XML feed, however broken it is.

    If the feed is not well-formed, wrong characters are repaired first, so that the strict parser can read
    the feed; the loose parser is used only if the tags are wrong. Of the entities that the feed declares,
    only those that stand for plain text are used.
    """
    version, data, entities = replace_doctype(text.strip().encode("utf-8", "replace"))
    has_base = "xml:base" in text
    try:
        parser = _parse_strictly(data, has_base=has_base)
    except xml.sax.SAXException:
        mended = _repair_xml(data.decode("utf-8", "replace"), entities)
        try:
            parser = _parse_strictly(mended.encode(), has_base=has_base)
        except xml.sax.SAXException:
            parser = _parse_loosely(mended, entities, has_base=has_base)
    known = bool(version or parser.version)
    return XmlFeed(parser.feeddata, [dict(entry) for entry in parser.entries], known)


def _repair_xml(text: str, entities: Mapping[str, str]) -> str:
    """Return an XML feed's text with forbidden characters and references repaired.

    In CDATA sections, forbidden characters are only removed.
    """

    def mend(match: re.Match[str]) -> str:
        return _repair_character(match[0], match["name"], entities)

    first, *others = text.split(_CDATA)
    mended = [_FAULT.sub(mend, first)]
    for part in others:
        inside, ends, after = part.partition(_CDATA_ENDS)
        mended += [_CDATA, _FORBIDDEN.sub("", inside), ends, _FAULT.sub(mend, after)]
    return "".join(mended)


def _repair_character(found: str, name: str | None, entities: Mapping[str, str]) -> str:
    """Return valid XML to replace a forbidden character, a lone ampersand or an HTML entity (whose name is
    ``name``).
    """
    if name is None:
        return "&amp;" if found == "&" else ""
    if name.startswith("#"):
        code = int(f"0{name[1:]}", 0) if name[1] in "xX" else int(name[1:])
        return found if code <= sys.maxunicode and not _FORBIDDEN.match(chr(code)) else ""
    if name in {"lt", "gt", "amp", "quot", "apos", *entities}:
        return found
    return xml.sax.saxutils.escape(unescape(found) if f"{name};" in html5 else found)


def _parse_loosely(text: str, entities: Mapping[str, str], *, has_base: bool) -> Any:
    parser = _LooseFeed(entities=entities)
    parser.resolve_relative_uris = has_base
    parser.feed(text.replace("\r\n", "\n"))
    return parser


def _parse_strictly(data: bytes, *, has_base: bool) -> Any:
    """Parse a well-formed feed with feedparser's strict parser, and return that parser with its results.

    Raises:
        SAXException: ``data`` is not well-formed XML.
    """
    parser = _StrictFeed("", None, "utf-8")
    parser.resolve_relative_uris = has_base
    reader = xml.sax.make_parser()  # noqa: S317  Entity declarations are removed; external ones are not read.
    reader.setFeature(feature_namespaces, 1)
    reader.setFeature(feature_external_ges, 0)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    source = InputSource()
    source.setByteStream(io.BytesIO(data))
    # newsbot passes every feed to feedparser as UTF-8, even if the feed's XML declaration still names the
    # encoding that the site sent.
    source.setEncoding("utf-8")
    reader.parse(source)
    return parser
