"""Functions that make text from outside harmless to post, and web addresses readable.

A source's text must not become a mention, hashtag, link or command on any platform, nor change the direction
of writing. So newsbot puts U+200B behind a character like ``@``, ``#`` or a dot that would begin a mention, a
hashtag or a domain: Telegram and X end mentions, hashtags and domains there, and X counts U+200B as 1 (U+2060
would be 2). Hashtags, mentions and addresses that a person of the newsroom typed are not broken: the caller
of `defuse` names them. A person who copies a broken hashtag copies its U+200B, too, so the hashtag stays
broken.

A web address is shown in letters (an IRI, RFC 3987) if it stays one link to the same page, because an address
with words that are not Latin would be a long row of ``%D9%86`` in a post. Telegram links everything up to a
space, a quotation mark or an invisible sign (``is_url_path_symbol`` in tdlib's MessageEntity.cpp), so an
address may have letters there. X ends an address before the first letter that is neither Latin nor Cyrillic
(see the module `urls`), so for X the address stays escaped.

Only letters and their marks are shown, and none that could be mistaken for another character. Words in
scripts without spaces stay escaped, because nobody can see where an address ends in texts of these scripts.
An address that would be half letters and half escapes (of an Arabic question mark, a comma or a digit) stays
escaped as a whole.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import cache, lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit

import regex

from newsbot.composing.urls import Url, find_urls

__all__ = [
    "BREAK",
    "clean",
    "clean_line",
    "defuse",
    "escape_html",
    "find_addresses",
    "find_live",
    "find_tags",
    "list_spellings",
    "live_spans",
    "make_hashtag",
    "make_readable",
    "safe_url",
    "show_readable",
]

# ------------------------------------ web addresses shown with their letters instead of percent codes

_SCRIPTS = frozenset(
    {
        *("ARABIC", "BENGALI", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GREEK", "GUJARATI"),
        *("GURMUKHI", "HANGUL", "HEBREW", "KANNADA", "MALAYALAM", "SINHALA", "TAMIL", "TELUGU"),
    }
)
_RIGHT_TO_LEFT = frozenset({"ARABIC", "HEBREW"})
# Letters of other scripts that look like Latin letters. A word of only these letters looks like a Latin word,
# so it stays escaped.
_LOOK_ALIKES = {
    "CYRILLIC": frozenset("авекмнорстухгпшьѕіјһѵԁԛԝӏ"),
    "GREEK": frozenset("αβγεζηικνορτυχω"),
}
_TATWEEL = "\u0640"  # The Arabic letter tatweel, which looks like a hyphen, so a word with it stays escaped.
# A percent-escaped word of an address is shown in letters only after one of these characters.
_BEGINS_BEHIND = frozenset("/-_=")
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")
_FOREIGN_ESCAPE = re.compile("%[89A-Fa-f][0-9A-Fa-f]")
_PIECES = regex.compile(r"\p{L}[\p{L}\p{M}]*|.", regex.DOTALL)
_TOKEN = re.compile('https?://[^\\s<>"«»\u200b]+', re.IGNORECASE)
_GOES_ON = regex.compile(r"[\p{L}\p{M}\p{Nd}_%/~=&?+.#-]+")
_LOOSE_END = ".,;:!?'()[]{}\u2019\u201d\u060c\u061b\u061f\u06d4"
_TAG = re.compile("(<[^<>]*>)")


def make_readable(url: str) -> str:
    """Return a web address with its percent-escaped letters as letters.

    Return the address unchanged if platforms would not link the whole address with letters, or if the letters
    could deceive readers.
    """
    start = url.find("/", url.find("//") + 2)
    if start < 0 or not _ESCAPES.search(url, start):
        return url
    path = url[start:]
    shown = url[:start] + _ESCAPES.sub(lambda found: _unescape_readable(found, path), path)
    if _FOREIGN_ESCAPE.search(shown, start):
        return url
    turns = next((n for n, each in enumerate(shown) if _script_name(each) in _RIGHT_TO_LEFT), len(shown))
    whole = find_addresses(shown) == [Url(0, len(shown))] and unicodedata.is_normalized("NFC", shown)
    # After right-to-left letters, a name like "x.org" in a path could look like the host, so the URL is
    # unchanged.
    return shown if whole and "." not in shown[turns:] else url


def show_readable(text: str, urls: Iterable[str], *, html: bool) -> str:
    """Return ``text`` with the escaped letters in its addresses ``urls`` as letters, except in HTML tags."""
    pieces = _TAG.split(text) if html else [text]
    for url in urls:
        was, shown = (each.replace("&", "&amp;") if html else each for each in (url, make_readable(url)))
        if was != shown:
            pieces = [each if html and each.startswith("<") else each.replace(was, shown) for each in pieces]
    return "".join(pieces)


def list_spellings(url: str) -> tuple[str, ...]:
    """Return all spellings of the web address ``url`` that the text of a post may contain.

    The spellings are the address as it is and the address made readable, each with and without HTML escapes.
    """
    return tuple(each for one in (url, make_readable(url)) for each in (one, one.replace("&", "&amp;")))


def find_addresses(text: str) -> list[Url]:
    """Return the places of the web addresses in a text, each to the end that a reader would see.

    The result also has addresses that X does not count as URLs, because X does not know their host
    (``http://127.0.0.1/``).
    """
    found = {url.start: url for url in find_urls(text)}
    for token in _TOKEN.finditer(text):
        start = token.start()
        end = (
            _find_address_end(text, found[start].end)
            if start in found
            else start + len(token[0].rstrip(_LOOSE_END))
        )
        found[start] = Url(start, end)
    return list(_drop_inner_urls(found[start] for start in sorted(found)))


def _find_address_end(text: str, end: int) -> int:
    """Return the end of a web address as readers see it.

    ``end`` is where X's rules end the address, which may be before a letter that X does not accept.
    """
    if text[end - 1] not in _BEGINS_BEHIND or _script_name(text[end : end + 1]) not in _SCRIPTS:
        return end
    following = _GOES_ON.match(text, end)
    rest = following[0] if following else ""
    foreign = (n for n, each in enumerate(rest) if not each.isascii() and _script_name(each) not in _SCRIPTS)
    return end + len(rest[: next(foreign, len(rest))].rstrip(_LOOSE_END))


def _drop_inner_urls(urls: Iterable[Url]) -> Iterator[Url]:
    done = 0
    for url in urls:
        if url.start >= done:
            yield url
            done = url.end


def _unescape_readable(found: re.Match[str], path: str) -> str:
    """Return a row of percent-escaped characters of an address, with those words decoded that may be shown as
    letters.
    """
    try:
        text = unquote_to_bytes(found[0]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]
    around, shown, at = f"{path[: found.start()][-1:]}{text}{path[found.end() :][:1]}", "", 0
    for piece in _PIECES.finditer(text):
        before, after = around[piece.start()], around[piece.end() + 1 : piece.end() + 2]
        size = 3 * len(piece[0].encode())
        shown += piece[0] if _is_unambiguous_word(piece[0], before, after) else found[0][at : at + size]
        at += size
    return shown


def _is_unambiguous_word(word: str, before: str, after: str) -> bool:
    """Return whether a word in a web address may be shown as letters.

    A word may be shown if all its letters are of one script, and if it does not look like a Latin word.
    ``before`` and ``after`` are the characters next to the word.
    """
    scripts = {_script_name(each) for each in word}
    if len(scripts) != 1 or not scripts <= _SCRIPTS or not word[0].isalpha():
        return False
    if before not in _BEGINS_BEHIND:
        return False
    if unicodedata.normalize("NFKC", word) != word or _TATWEEL in word:
        return False
    alike = _LOOK_ALIKES.get(scripts.pop())
    return alike is None or (not after.isalnum() and not set(word.lower()) <= alike)


@cache
def _script_name(character: str) -> str:
    """Return the script of a character (the first word of its Unicode name); "" for an invisible filler."""
    name = unicodedata.name(character, "") if len(character) == 1 else ""
    return "" if "FILLER" in name or not name else name.split()[0]


# ---------------------------------------------------------------- making links and mentions harmless

BREAK = "\u200b"

_RECENT = 64  # The cache has the safe forms of at most this many web addresses.

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNWANTED = re.compile(
    # Control characters are removed from posts, because no platform shows them.
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"
    # Bidi embeddings, overrides and isolates are removed from posts, because they change the direction of
    # writing; the marks U+200E and U+200F stay.
    "\u202a-\u202e\u2066-\u2069"
    # X refuses texts with U+FEFF, U+FFFE or U+FFFF, so these are removed.
    "\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff"
    "\ud800-\udfff]"  # Lone surrogates are removed from posts, because they can't be encoded.
)
_MARKS = re.compile(
    # U+200B is put behind the full-width forms of @, #, $ and the dot too, because they begin links too.
    "[.@\uff20\ufe6b#\uff03\ufe5f$\uff04\ufe69:/](?:"
    # U+200B is put behind each dot before two letters, because the letters could begin a top-level domain,
    # and no list of these domains is complete.
    r"(?<=\.)(?=[^\W\d_]{2}|(?![A-Za-z])[^\W\d_])"
    # This part of the pattern matches the place in an IPv4 address where U+200B is put: behind a dot.
    r"|(?<=\d\.)(?=\d{1,3}\.\d{1,3}\.\d)"
    "|(?<=[@\uff20\ufe6b])(?=\\w|$)"
    # No U+200B is put behind the # of a keycap emoji, because this # begins no hashtag.
    "|(?<=[#\uff03\ufe5f])(?![\\s\ufe0f\u20e3\u200b])"
    "|(?<=[$\uff04\ufe69])(?=[A-Za-z]|1INCH|$)"
    "|(?<=:)(?=//)"
    # This part of the pattern matches the place in a bot's command where U+200B is put: behind the slash.
    r"|(?<![\w/<>]/)(?<=/)(?=[A-Za-z0-9_]))"
)
_NOT_IN_TAG = regex.compile(r"[^\p{L}\p{M}\p{Nd}_\u200c\u200d]+")
_LIVE = regex.compile(
    r"https?://[^\s<>\"\u200b]+"
    r"|(?<![\p{L}\p{M}\p{Nd}_&/])(?:"
    # In the pattern of what platforms link, this part matches a hashtag or a mention.
    "[#\uff03@\uff20][\\p{L}\\p{M}\\p{Nd}_\u200c\u200d]+"
    # In the pattern of what platforms link, this part matches a cashtag, like $TWTR.
    "|[$\uff04](?:[A-Za-z][A-Za-z0-9]*))",
    regex.IGNORECASE,
)
_AFTER_URL = re.compile(r"[.,;:!?'\u2019\u201d\u00bb\u060c\u061b\u061f\u06d4)\]}]+\Z")
_URL_SAFE = "-._~/?&=+:,;%#"
_TAIL = re.compile("[^A-Za-z0-9=_#/-]$")


def clean(text: str) -> str:
    r"""Return a text without control characters, bidi overrides and lone surrogates; lines end in ``\n``."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))


def clean_line(text: str) -> str:
    """Return a text on one line, without control characters and bidi overrides."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return re.sub("[\t\n ]+", " ", clean(text)).strip()


def defuse(text: str, live: Collection[str] = ()) -> str:
    """Put U+200B into each word that a platform would make a link, a mention, a hashtag or a command.

    ``live`` are the hashtags, mentions and addresses in the text that platforms may link; they stay
    unchanged.

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
    """Yield the places of the hashtags, mentions, cashtags and ``http(s)://`` addresses that platforms link
    in a text.
    """
    ends = {url.start: url.end for url in find_addresses(text)} if "://" in text else {}
    for found in _LIVE.finditer(text):
        start, end = found.span()
        if "://" in found[0]:
            end = min(end, ends.get(start, end))
            end -= len(_trailing_punctuation(text[start:end]))
        yield Url(start, end)


def find_live(text: str) -> tuple[str, ...]:
    """Return the hashtags, mentions, cashtags and web addresses in ``text`` that a platform would link."""
    return tuple(dict.fromkeys(text[start:end] for start, end in live_spans(text)))


def find_tags(text: str) -> tuple[str, ...]:
    """Return the hashtags, mentions and cashtags in ``text``, but not the addresses, that a platform would
    link.
    """
    return tuple(mark for mark in find_live(text) if "://" not in mark)


def _trailing_punctuation(url: str) -> str:
    """Return the punctuation at the end of ``url`` that is not part of the address; "" if there is none."""
    found = _AFTER_URL.search(url)
    if not found or ("(" in url and found[0].startswith(")")):
        return ""
    return found[0]


# A hashtag can't have these signs, so no hashtag is made of a name like C++, which would become #C.
_LOST_IN_TAG = re.compile(r"[+#*]")


def make_hashtag(text: str) -> str:
    """Return a name as a hashtag: ``#FishChips`` for ``Fish & Chips``.

    Return "" if the hashtag would have no letter, or only the ``C`` of ``C++``. Words of a script without
    capitals are joined by ``_``, because capitals can't separate them.
    """
    words = text.replace(BREAK, "").split()
    cased = text.upper() != text.lower()
    joined = "".join(w[:1].upper() + w[1:] for w in words) if cased else "_".join(words)
    word = _NOT_IN_TAG.sub("", joined)
    lost = _LOST_IN_TAG.search(text) is not None and len(word) == 1
    return f"#{word}" if any(map(str.isalpha, word)) and not lost else ""


def escape_html(text: str) -> str:
    """Return a text with HTML's special characters as the four entities that Telegram knows by name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


# The result is cached, because the posts of an article on all channels need the same URL.
@lru_cache(maxsize=_RECENT)
def safe_url(url: str | None) -> str | None:
    """Return a URL in a form that platforms link as a whole: unchanged if X links the whole URL, else
    percent-encoded.

    Return None if the URL is not http(s) or has no host.
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
