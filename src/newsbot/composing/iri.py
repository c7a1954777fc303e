"""The readable spelling of a web address (an IRI, RFC 3987), used if it stays one link to the same place.

A slug that is not Latin is a long row of ``%D9%86`` in a post. Telegram links everything up to a space, a
quotation mark or an invisible sign (``is_url_path_symbol`` in tdlib's MessageEntity.cpp), so that letters can
stand there as they are. X ends an address before the first letter that is neither Latin nor Cyrillic
(`urls`), so for X the address stays escaped.

Only letters and their marks are shown, and none that could be taken for another character. Scripts that write
without spaces stay escaped, because nobody can see where an address ends in their texts. An address that
would be half letters and half escapes (of an Arabic question mark, a comma or a digit) stays escaped as a
whole.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import unquote_to_bytes

import regex

from newsbot.composing.urls import Url, find_urls

__all__ = ["find_addresses", "list_spellings", "make_readable", "show_readable"]

_SCRIPTS = frozenset(
    {
        *("ARABIC", "BENGALI", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GREEK", "GUJARATI"),
        *("GURMUKHI", "HANGUL", "HEBREW", "KANNADA", "MALAYALAM", "SINHALA", "TAMIL", "TELUGU"),
    }
)
_RIGHT_TO_LEFT = frozenset({"ARABIC", "HEBREW"})
_LOOK_ALIKES = {  # letters that look like Latin ones; a word of only these looks Latin
    "CYRILLIC": frozenset("авекмнорстухгпшьѕіјһѵԁԛԝӏ"),
    "GREEK": frozenset("αβγεζηικνορτυχω"),
}
_TATWEEL = "\u0640"  # This letter looks like a hyphen.
_BEGINS_BEHIND = frozenset("/-_=")  # X's grammar may end an address here, and a shown word begins behind it.
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")
_FOREIGN_ESCAPE = re.compile("%[89A-Fa-f][0-9A-Fa-f]")
_PIECES = regex.compile(r"\p{L}[\p{L}\p{M}]*|.", regex.DOTALL)
_TOKEN = re.compile('https?://[^\\s<>"«»\u200b]+', re.IGNORECASE)
_GOES_ON = regex.compile(r"[\p{L}\p{M}\p{Nd}_%/~=&?+.#-]+")
_LOOSE_END = ".,;:!?'()[]{}\u2019\u201d\u060c\u061b\u061f\u06d4"
_TAG = re.compile("(<[^<>]*>)")


def make_readable(url: str) -> str:
    """Return the address with its letters unescaped; unchanged if that is not safe."""
    start = url.find("/", url.find("//") + 2)
    if start < 0 or not _ESCAPES.search(url, start):
        return url
    path = url[start:]
    shown = url[:start] + _ESCAPES.sub(lambda found: _unescape_readable(found, path), path)
    if _FOREIGN_ESCAPE.search(shown, start):
        return url
    turns = next((n for n, each in enumerate(shown) if _script_name(each) in _RIGHT_TO_LEFT), len(shown))
    whole = find_addresses(shown) == [Url(0, len(shown))] and unicodedata.is_normalized("NFC", shown)
    return shown if whole and "." not in shown[turns:] else url  # "x.org" in it could look like the host.


def show_readable(text: str, urls: Iterable[str], *, html: bool) -> str:
    """Return ``text`` with these addresses made readable, except inside Telegram's tags."""
    pieces = _TAG.split(text) if html else [text]
    for url in urls:
        was, shown = (each.replace("&", "&amp;") if html else each for each in (url, make_readable(url)))
        if was != shown:
            pieces = [each if html and each.startswith("<") else each.replace(was, shown) for each in pieces]
    return "".join(pieces)


def list_spellings(url: str) -> tuple[str, ...]:
    """Return all spellings of an address in posts: as it is and readable, each escaped for HTML and not."""
    return tuple(each for one in (url, make_readable(url)) for each in (one, one.replace("&", "&amp;")))


def find_addresses(text: str) -> list[Url]:
    """Return the places of addresses as readers see them: X's URLs, each to the end of its last word.

    The result also has addresses that X does not count, because it does not know their host
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
    """Return the end of an address that X ends before a letter of its path."""
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
    """Return a row of escapes with those words unescaped that may be shown."""
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
    """Return whether a word can be shown: it is of one script, and nobody takes it for another word."""
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
    """Return the first word of a character's name, which is its script's; empty for an invisible filler."""
    name = unicodedata.name(character, "") if len(character) == 1 else ""
    return "" if "FILLER" in name or not name else name.split()[0]
