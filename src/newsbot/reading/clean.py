"""Strings from outside, made safe and plain: NFC, no control or bidi-override characters, no tags.

Bidi overrides let a title show another order than it has ("Trojan Source", CVE-2021-42574); tag characters
and zero-width ones hide text from the reader. Marks and joiners that shape words stay.
"""

import re
from collections.abc import Iterable
from html import unescape
from unicodedata import category, is_normalized, normalize

__all__ = ["clean_line", "clean_paragraphs", "clean_text", "plain_line"]

_BANNED = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls; tab, line ends and separators become white space
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u206f\ufeff\u3164\uffa0\ufff9-\ufffb"
    "\u202a-\u202e"  # bidi embeddings and overrides (their isolates are in 2066-2069)
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # surrogates and noncharacters
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
_HIDDEN = re.compile(  # tag characters, but for the flags of England, Scotland and Wales
    "(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0000-\U000e007f]"
)
_JOINER = re.compile("[\u200c\u200d]+")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANK = re.compile(r"\n\s*\n")

_SCRIPT = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<!--.*?-->|<[a-zA-Z/!?][^<>]*>", re.DOTALL)
_BROKEN_TAG = re.compile(r"<[a-zA-Z][^<>\s]*[\s/][^<>]*=[^<>]*$|<[a-zA-Z][^\s>]*[\s/][^>]*>|</[a-zA-Z][^>]*>")
_BREAK = re.compile(r"<(?:br|p|/p|div|/div|li|/li)\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_LONGEST = 20_000  # characters: no line of an article is, and matching tags takes its time
_ROUNDS = 4  # feeds escape titles up to three times


def clean_text(text: str) -> str:
    """NFC, without forbidden characters, line ends as newlines; other white space as it was."""
    text = _LINE_END.sub("\n", text)
    text = _BANNED.sub("", text)
    if not text.isascii():
        text = _HIDDEN.sub(lambda match: match[1] or "", text)
    if not is_normalized("NFC", text):
        text = normalize("NFC", text)
    if "\u200c" in text or "\u200d" in text:
        text = _JOINER.sub(_joiner, text)
    return text


def clean_line(text: str) -> str:
    """`clean_text` on one line, runs of white space collapsed. Plain text in, nothing is unescaped."""
    return " ".join(clean_text(text).split())


def plain_line(markup: str) -> str:
    """One line of plain text from a string that may hold HTML, escaped or not, once or several times.

    ``AT&amp;T``, ``<b>x</b>``, ``&lt;b&gt;x`` and ``&amp;amp;`` come out as a person means them;
    ``a < b`` stays.
    """
    markup = markup[:_LONGEST]
    for _ in range(_ROUNDS):
        plain = _ENTITY.sub(lambda match: unescape(match[0]), _without_tags(markup))
        if plain == markup:
            break
        markup = plain
    return clean_line(_BROKEN_TAG.sub("", _without_tags(clean_text(markup))))


def clean_paragraphs(paragraphs: Iterable[str]) -> str:
    """Paragraphs of plain text, each on one line, one blank line between them, empty ones left out."""
    return "\n\n".join(line for line in map(clean_line, paragraphs) if line)


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    return _TAG.sub("", _BREAK.sub(" ", _SCRIPT.sub(" ", text)))


def _joiner(match: re.Match[str]) -> str:
    """A joiner stays behind a letter, mark or emoji of a script that it can shape; there is one at a time."""
    before = match.string[match.start() - 1 : match.start()]
    shapes = before > "\x7f" and category(before)[0] in "LMS"
    return match[0][0] if shapes else ""
