"""Functions that make text from outside harmless; what a person of the newsroom typed stays as it is.

A source's text must not mention, tag, link or command anything on any platform, nor change the text's
direction. So U+200B is put where a mark would begin something: both platforms end a domain, a tag and a
mention there, and X weighs it 1 (U+2060 would be 2). Without the U+200B, the text is as it was.

The caller of `defuse` knows whose text it is, and names the tags, mentions and addresses that a person typed.
A person who copies a broken mark copies its U+200B, too, so that it stays broken.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from urllib.parse import quote, urlsplit

import regex

from newsbot.composing.iri import find_addresses
from newsbot.composing.urls import Url, find_urls

__all__ = [
    "BREAK",
    "clean",
    "clean_line",
    "defuse",
    "escape_html",
    "find_live",
    "find_tags",
    "live_spans",
    "make_hashtag",
    "safe_url",
]

BREAK = "\u200b"

_RECENT = 64  # addresses

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters
    "\u202a-\u202e\u2066-\u2069"  # bidi embeddings, overrides, isolates, but not the marks U+200E, U+200F
    "\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff"  # X refuses U+FEFF, U+FFFE and U+FFFF
    "\ud800-\udfff]"  # lone surrogates, which can't be sent
)
_MARKS = re.compile(
    "[.@\uff20\ufe6b#\uff03\ufe5f$\uff04\ufe69:/](?:"  # Full-width marks count, too.
    # A dot before anything like a top-level domain, as no list of these is complete.
    r"(?<=\.)(?=[^\W\d_]{2}|(?![A-Za-z])[^\W\d_])"
    r"|(?<=\d\.)(?=\d{1,3}\.\d{1,3}\.\d)"  # an IPv4 address
    "|(?<=[@\uff20\ufe6b])(?=\\w|$)"
    "|(?<=[#\uff03\ufe5f])(?![\\s\ufe0f\u20e3\u200b])"  # but not a keycap's
    "|(?<=[$\uff04\ufe69])(?=[A-Za-z]|1INCH|$)"
    "|(?<=:)(?=//)"
    r"|(?<![\w/<>]/)(?<=/)(?=[A-Za-z0-9_]))"  # a bot command
)
_NOT_IN_TAG = regex.compile(r"[^\p{L}\p{M}\p{Nd}_\u200c\u200d]+")
_LIVE = regex.compile(
    r"https?://[^\s<>\"\u200b]+"
    r"|(?<![\p{L}\p{M}\p{Nd}_&/])(?:"
    "[#\uff03@\uff20][\\p{L}\\p{M}\\p{Nd}_\u200c\u200d]+"  # a tag or a mention
    "|[$\uff04](?:[A-Za-z][A-Za-z0-9]*))",  # a cashtag
    regex.IGNORECASE,
)
_AFTER_URL = re.compile(r"[.,;:!?'\u2019\u201d\u00bb\u060c\u061b\u061f\u06d4)\]}]+\Z")
_URL_SAFE = "-._~/?&=+:,;%#"
_TAIL = re.compile("[^A-Za-z0-9=_#/-]$")


def clean(text: str) -> str:
    r"""Remove control characters, bidi overrides and what can't be encoded; lines end in ``\n``."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))


def clean_line(text: str) -> str:
    """Clean a text (`clean`) and put it on one line."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return re.sub("[\t\n ]+", " ", clean(text)).strip()


def defuse(text: str, live: Collection[str] = ()) -> str:
    """Break whatever Telegram or X would turn into a link, a mention, a tag or a command, by U+200B.

    ``live`` are the tags, mentions and addresses (`find_live`) that are intended and stay as they are.

    Sources: twitter-text v3 for X; tdlib's MessageEntity.cpp for Telegram, which also links any
    ``http://host.word``, ``tg://`` and ``/command``.
    """
    if not live:
        return _MARKS.sub(lambda match: match[0] + BREAK, text)
    pieces, done = [], 0
    for start, end in live_spans(text):
        if text[start:end] in live:
            pieces += [defuse(text[done:start]), text[start:end]]
            done = end
    return "".join([*pieces, defuse(text[done:])])


def live_spans(text: str) -> Iterator[Url]:
    """Yield where a tag, a mention, a cashtag or an address with its ``http(s)://`` stands unbroken."""
    ends = {url.start: url.end for url in find_addresses(text)}
    for found in _LIVE.finditer(text):
        start, end = found.span()
        if "://" in found[0]:
            end = min(end, ends.get(start, end))
            end -= len(_trailing_punctuation(text[start:end]))
        yield Url(start, end)


def find_live(text: str) -> tuple[str, ...]:
    """Return the tags, mentions, cashtags and addresses that stand unbroken in ``text``."""
    return tuple(dict.fromkeys(text[start:end] for start, end in live_spans(text)))


def find_tags(text: str) -> tuple[str, ...]:
    """Return the marks of `find_live` that a platform shows as tags and mentions, but no addresses."""
    return tuple(mark for mark in find_live(text) if "://" not in mark)


def _trailing_punctuation(url: str) -> str:
    """Return the punctuation behind an address that is not part of it."""
    found = _AFTER_URL.search(url)
    if not found or ("(" in url and found[0].startswith(")")):
        return ""
    return found[0]


_LOST_IN_TAG = re.compile(r"[+#*]")  # Without the sign, C++ and C# would be another word.


def make_hashtag(text: str) -> str:
    """Return ``#FishChips`` for ``Fish & Chips``; nothing if no letter is left, or only the ``C`` of ``C++``.

    Words of a script without capitals are joined by ``_``, as nothing else would separate them.
    """
    words = text.replace(BREAK, "").split()
    cased = text.upper() != text.lower()
    joined = "".join(w[:1].upper() + w[1:] for w in words) if cased else "_".join(words)
    word = _NOT_IN_TAG.sub("", joined)
    lost = _LOST_IN_TAG.search(text) is not None and len(word) == 1
    return f"#{word}" if any(map(str.isalpha, word)) and not lost else ""


def escape_html(text: str) -> str:
    """Escape a text by the four entities that Telegram knows by name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


@lru_cache(maxsize=_RECENT)  # Each channel of an article needs the same URL.
def safe_url(url: str | None) -> str | None:
    """Return the URL as it can stand in a post: unchanged if X takes all of it, else percent-encoded.

    Return None if it is not http(s) or has no host.
    """
    url = unicodedata.normalize("NFC", (url or "").strip())
    try:
        split = urlsplit(url)
        host = split.hostname
    except ValueError:
        return None
    if split.scheme not in {"http", "https"} or not host:
        return None
    if find_urls(url) == [Url(0, len(url))] and clean(url) == url:
        return url
    start = len(split.scheme) + len("://")
    end = start + len(split.netloc)
    if clean_line(split.netloc) != split.netloc or re.search(r"[\s<>\"]", split.netloc):
        return None
    rest = quote(url[end:], safe=_URL_SAFE, errors="replace")
    return url[:end] + _TAIL.sub(lambda match: f"%{ord(match[0]):02X}", rest)
