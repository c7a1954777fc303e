"""A parser for ``parse_mode=HTML`` that works like Telegram's server: same tags, errors and entities.

The parser follows the Bot API's "HTML style" and TDLib's ``parse_html`` and ``fix_entities``
(MessageEntity.cpp). It is stricter with a named character reference other than lt, gt, amp and quot: it
refuses the reference, while TDLib would show the reference unchanged.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from newsbot.sandbox.calls import PlatformError

__all__ = ["clean_text", "parse_html", "trim_text", "utf16_length"]

Entity = dict[str, Any]

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
_TAGS = {*_TYPES, "a"}
_SPLITTABLE = {"bold", "italic", "underline", "strikethrough", "spoiler"}
_QUOTES = {"blockquote", "expandable_blockquote"}
_NAMED_REFERENCES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}))|([A-Za-z][A-Za-z0-9]*));")
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE_NAME = re.compile(r"""[^\s=>/"']*""")
_TOKEN = re.compile(r"[A-Za-z0-9.\-]*")
_SPACE = re.compile(r"\s*")
_CONTROLS = re.compile("[\x00-\x09\x0b\x0c\x0e-\x20]")
_REMOVED_CHARACTERS = re.compile("[\r\u2028-\u202e]")


def utf16_length(text: str) -> int:
    """Return a text's length in UTF-16 units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean_text(text: str) -> str:
    """Replace control characters by spaces; remove carriage returns and bidi overrides, as TDLib does."""
    return _CONTROLS.sub(" ", _REMOVED_CHARACTERS.sub("", text))


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Parse HTML into untrimmed text and entities, with offsets and lengths in UTF-16 units.

    Raises:
        PlatformError: The HTML is wrong: status 400 "can't parse entities: ...", recorded as a violation.
    """
    parser = _Parser(source)
    parser.run()
    return "".join(parser.out), _normalize_entities(parser.entities)


def trim_text(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Remove white space at a text's ends; return the text, and its entities moved and cut to fit."""
    lead = utf16_length(text) - utf16_length(text.lstrip())
    trimmed = text.strip()
    end = utf16_length(trimmed)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] + entity["length"] - lead, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return trimmed, kept


@dataclass(slots=True)
class _OpenTag:
    """A start tag whose end tag has not been parsed yet, and where its content begins.

    ``offset`` is in UTF-16 units of the text, ``piece`` is an index in the parser's list of output.
    """

    tag: str
    attributes: dict[str, str]
    offset: int
    piece: int


@dataclass(slots=True)
class _Parser:
    source: str
    at: int = 0
    offset: int = 0
    out: list[str] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    stack: list[_OpenTag] = field(default_factory=list)

    def run(self) -> None:
        """Parse a message's HTML into ``out`` (its text) and ``entities``; raise PlatformError if the HTML is
        wrong.
        """
        while self.at < len(self.source):
            if self.source[self.at] == "<":
                self._parse_tag()
            elif self.source[self.at] == "&":
                self._emit(self._parse_reference())
            else:
                stop = re.compile("[<&]").search(self.source, self.at)
                end = stop.start() if stop else len(self.source)
                self._emit(self.source[self.at : end])
                self.at = end
        if self.stack:
            raise _parse_error(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')

    def _emit(self, text: str) -> None:
        text = clean_text(text)
        self.out.append(text)
        self.offset += utf16_length(text)

    def _parse_reference(self) -> str:
        found = _REFERENCE.match(self.source, self.at)
        if not found:
            self.at += 1
            return "&"
        where, self.at = self._byte_offset(), found.end()
        hexadecimal, decimal, name = found.groups()
        if name is not None:
            if name not in _NAMED_REFERENCES:
                raise _parse_error(f'Unsupported character reference "{found[0]}" at byte offset {where}')
            return _NAMED_REFERENCES[name]
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else found[0]  # noqa: PLR2004

    def _byte_offset(self, at: int | None = None) -> int:
        return len(self.source[: self.at if at is None else at].encode("utf-8", "surrogatepass"))

    def _parse_tag(self) -> None:
        begin = self.at
        self.at += 1
        if self.source[self.at : self.at + 1] == "/":
            self.at += 1
            self._parse_end_tag(begin)
        else:
            self._parse_start_tag(begin)

    def _consume(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.source, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def _peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def _parse_start_tag(self, begin: int) -> None:
        tag = self._consume(_TAG_NAME).lower()
        if not self._peek():
            raise _parse_error(f"Unclosed start tag at byte offset {self._byte_offset(begin)}")
        if tag not in _TAGS:
            raise _parse_error(f'Unsupported start tag "{tag}" at byte offset {self._byte_offset(begin)}')
        attributes = self._parse_attributes(tag, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise _parse_error(
                f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte_offset(begin)}'
            )
        self.stack.append(_OpenTag(tag, attributes, self.offset, len(self.out)))

    def _parse_attributes(self, tag: str, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while True:
            self._consume(_SPACE)
            if self._peek() == ">":
                self.at += 1
                return attributes
            name = self._consume(_ATTRIBUTE_NAME)
            if not name and self._peek():
                raise _parse_error(
                    f'Empty attribute name in the tag "{tag}" at byte offset {self._byte_offset(begin)}'
                )
            self._consume(_SPACE)
            attributes[name] = self._parse_attribute_value() if self._peek() == "=" else ""
            if not self._peek():
                raise _parse_error(f"Unclosed start tag at byte offset {self._byte_offset(begin)}")

    def _parse_attribute_value(self) -> str:
        self.at += 1
        self._consume(_SPACE)
        quote = self._peek()
        if quote not in {'"', "'"}:
            begin, value = self._byte_offset(), self._consume(_TOKEN).lower()
            if self._peek() not in {">", ""} and not self._peek().isspace():
                raise _parse_error(f"Unexpected end of name token at byte offset {begin}")
            return value
        self.at += 1
        pieces = []
        while self._peek() not in {quote, ""}:
            if self._peek() == "&":
                pieces.append(self._parse_reference())
            else:
                pieces.append(self._consume(re.compile(f"[^&{quote}]+")))
        self.at += 1
        return "".join(pieces)

    def _parse_end_tag(self, begin: int) -> None:
        if not self.stack:
            raise _parse_error(f"Unexpected end tag at byte offset {self._byte_offset(begin)}")
        name = self._consume(_TAG_NAME)
        self._consume(_SPACE)
        if self._peek() != ">":
            raise _parse_error(f"Unclosed end tag at byte offset {self._byte_offset(begin)}")
        self.at += 1
        opened = self.stack.pop()
        if name and name != opened.tag:
            where = self._byte_offset(begin)
            raise _parse_error(
                f'Unmatched end tag at byte offset {where}, expected "</{opened.tag}>", found "</{name}>"'
            )
        if self.offset > opened.offset:
            self._close_tag(opened)

    def _close_tag(self, opened: _OpenTag) -> None:
        kind = self._build_entity(opened, "".join(self.out[opened.piece :]))
        if kind is None:
            return
        entity = {"offset": opened.offset, "length": self.offset - opened.offset, **kind}
        last = self.entities[-1] if self.entities else {}
        is_code_in_pre = {entity["type"], last.get("type")} == {"pre", "code"}
        if is_code_in_pre and all(last[key] == entity[key] for key in ("offset", "length")):
            language = entity.pop("language", None) or last.get("language")
            self.entities[-1] = {**entity, "type": "pre"} | ({"language": language} if language else {})
        else:
            self.entities.append(entity)

    @staticmethod
    def _build_entity(opened: _OpenTag, shown: str) -> Entity | None:
        tag, attributes = opened.tag, opened.attributes
        if tag == "a":
            return _build_link(attributes.get("href") or shown)
        entity: Entity = {"type": _TYPES[tag]}
        if tag == "tg-emoji":
            entity["custom_emoji_id"] = attributes.get("emoji-id", "")
        elif tag == "tg-time":
            unix = attributes.get("unix", "")
            if not (unix.isascii() and unix.isdigit()):
                raise _parse_error('Tag "tg-time" must have a Unix time in "unix"')
            entity["unix_time"] = int(unix)
        elif tag == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        elif tag == "code" and attributes.get("class", "").startswith("language-"):
            entity["language"] = attributes["class"].removeprefix("language-")
        return entity


def _build_link(url: str) -> Entity | None:
    """Return the entity of a link to ``url``; None if the message gets only the link's text.

    As in TDLib, there is no link if the URL's host has no dot or its scheme is unsupported.
    """
    url = url.strip()
    if url.startswith("tg://"):
        return {"type": "text_link", "url": url}
    scheme, found, rest = url.partition("://")
    if not found:
        if re.match(r"[a-zA-Z][a-zA-Z+.-]*:(?!\d)", url):
            return None
        scheme, rest = "http", url
    host = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    dotted = "." in host.strip(".") or host.partition(":")[0] == "localhost"
    if scheme.lower() not in {"http", "https", "ton", "tonsite"} or not dotted or re.search(r"\s", host):
        return None
    tail = "" if len(rest) > len(host) else "/"
    return {"type": "text_link", "url": f"{scheme.lower()}://{rest}{tail}"}


def _normalize_entities(entities: list[Entity]) -> list[Entity]:
    """Return the entities of a text, split or dropped where Telegram does not allow them to be nested.

    No entity may be inside code, and no quotation inside another quotation, and no link inside another link.
    """
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    ordered = sorted(entities, key=lambda e: (e["offset"], -e["length"]))
    quotes = _drop_overlapping([e for e in ordered if e["type"] in _QUOTES])
    solid = _drop_overlapping([e for e in ordered if e["type"] not in _SPLITTABLE | _QUOTES])
    blocks = [(e["offset"], e["offset"] + e["length"]) for e in solid if e["type"] in {"code", "pre"}]
    styles = [piece for e in ordered if e["type"] in _SPLITTABLE for piece in _split_around(e, blocks)]
    return sorted(quotes + solid + styles, key=lambda e: (e["offset"], -e["length"]))


def _drop_overlapping(ordered: list[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in ordered:
        if not kept or entity["offset"] >= kept[-1]["offset"] + kept[-1]["length"]:
            kept.append(entity)
    return kept


def _split_around(entity: Entity, blocks: list[tuple[int, int]]) -> list[Entity]:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    edges = [start, *(min(max(edge, start), end) for block in blocks for edge in block), end]
    spans = [(a, b) for n, (a, b) in enumerate(pairwise(edges)) if n % 2 == 0 and b > a]
    return [{**entity, "offset": a, "length": b - a} for a, b in spans]


def _parse_error(what: str) -> PlatformError:
    return PlatformError(400, f"Bad Request: can't parse entities: {what}", violation=True)
