"""Isolation of text that runs against the direction of the line around it.

A platform orders the characters of a line by the Unicode Bidirectional Algorithm (UAX 9). In a right-to-left
line, the algorithm moves the signs of a number or a Latin name ("$5", "5%", "C++", "(PTI)") to its other
side, and a line that begins with a Latin name is taken for a left-to-right one. The same happens to Arabic or
Hebrew names in a left-to-right line. So newsbot puts such a name, number or address between U+2066 or U+2067
and U+2069, as UAX 9 advises (https://www.w3.org/International/questions/qa-bidi-unicode-controls).

The invisible characters count for a text's length: X counts each as 2, Telegram as 1. A name or number that
looks the same without them gets none.
"""

import re
from html import unescape
from typing import Literal

import regex

from newsbot.composing.markup import PLAIN
from newsbot.composing.safety import live_spans
from newsbot.ports import Markup

__all__ = ["Direction", "get_direction", "isolate", "isolate_in", "strip_isolates"]

Direction = Literal["ltr", "rtl"]

# The languages whose usual script runs from right to left, by Unicode's CLDR.
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
# Languages in which the first number of a range ("10-15") stands on the left, unlike in Arabic and Urdu.
_RANGES_FROM_LEFT = frozenset({"fa", "he", "yi"})

_LRI, _RLI, _PDI = "\u2066", "\u2067", "\u2069"
_ISOLATES = re.compile("[\u2066-\u2069]")
_TAG = re.compile("(<[^<>]*>)")
_RTL_LETTERS = r"\p{bc=R}\p{bc=AL}"
# All right-to-left letters are in these blocks. Most texts have no character of them, and a search by blocks
# is faster than one by the property of each character.
_RTL_BLOCK = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
_RTL_LETTER = regex.compile(f"[{_RTL_LETTERS}]")
_LTR_LETTER = regex.compile(r"\p{bc=L}")
# A space ends a name if a sign before it ends a phrase, so that the items of a list keep their order. The dot
# of an abbreviation such as "Dr." ends no phrase.
_SPACE = r"(?:(?<=\b\p{L}{1,3})\. |(?<![,;:.!?\u060c\u061b\u061f\u06d4]) )"
# Punctuation that may stand within a name without ending it, as in "AT&T". A bracket is left out, because its
# other half may be outside of the name.
_INNER = r"[^\p{L}\p{N}\s()\[\]{}<>«»\u2066-\u2069\u060c\u061b\u061f\u06d4]{1,3}"
_LTR_NEXT = r"(?=[\p{bc=L}\p{bc=EN}])"
_LATIN_RUN = regex.compile(
    # A number before a name or a unit belongs to it ("5 km"), and so does the # of a tag.
    rf"(?:[$€£¥₹]?\p{{bc=EN}}[\p{{bc=EN}}.,]*°?[ ]?)?(?:[@#]\u200b?)?\p{{bc=L}}"
    rf"(?:[\p{{bc=L}}\p{{M}}\p{{bc=EN}}]|{_INNER}{_LTR_NEXT}|{_SPACE}(?:&[ ])?{_LTR_NEXT})*"
    # Signs that end a name: "C++", "A+", the last dot of "U.S.".
    r"(?:[%+#]+(?![\p{L}\p{N}])|(?<=\.\p{L})\.)?"
)
_BEFORE_SIGN = r"(?<![^\s(\[«\"'\u201c\u2018])"
_SIGNED_NUMBER = regex.compile(
    # A number with a sign in front ("$5", "-4.2", "+92 300 1234567").
    rf"(?<![\p{{bc=L}}\p{{N}}])[$€£¥₹][ ]?\p{{bc=EN}}[\p{{bc=EN}}.,]*(?<=\p{{bc=EN}})%?"
    rf"|{_BEFORE_SIGN}\+[ ]?\p{{bc=EN}}[\p{{bc=EN}} \-.()]*(?<=\p{{bc=EN}})%?"
    rf"|{_BEFORE_SIGN}[\-\u2212][$€£¥₹]?\p{{bc=EN}}[\p{{bc=EN}}.,]*(?<=\p{{bc=EN}})%?"
    # A number with a sign behind it ("5%", "90°"), and a date like 2026-05-06.
    r"|(?<![\p{bc=L}\p{N}])\p{bc=EN}[\p{bc=EN}.,]*(?<=\p{bc=EN})[%‰°$€£¥₹]+"
    r"|(?<![\p{bc=L}\p{N}])\p{bc=EN}{4}-\p{bc=EN}{2}-\p{bc=EN}{2}(?!\p{N})"
)
_RANGE = regex.compile(
    r"(?<![\p{bc=L}\p{N}])\p{bc=EN}[\p{bc=EN}.,:]*[\-\u2013\u2014]\p{bc=EN}[\p{bc=EN}.,:]*(?<=\p{bc=EN})%?"
)
_LTR_PATTERNS = (_LATIN_RUN, _SIGNED_NUMBER)
_RTL_NEXT = f"(?=[{_RTL_LETTERS}])"
_RTL_RUN = regex.compile(
    rf"(?:[#@]\u200b?)?[{_RTL_LETTERS}](?:[{_RTL_LETTERS}\p{{M}}\u200c\u200d]|{_INNER}{_RTL_NEXT}"
    rf"|{_SPACE}(?:[\p{{bc=EN}}\p{{bc=AN}}]+[ ])?{_RTL_NEXT})*"
)


def get_direction(language: str | None) -> Direction:
    """Return the direction of a language's script, which is left to right if the language is unknown."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def strip_isolates(text: str) -> str:
    """Return a text without the characters by which `isolate` isolates names and numbers."""
    return text if text.isascii() else _ISOLATES.sub("", text)


def isolate(text: str, language: str | None) -> str:
    """Return a plain text of ``language`` in which what runs the other way is isolated, line by line.

    A line whose letters are mostly right-to-left is taken for one of such a language. A line without a letter
    of the language's direction stays as it is. Isolates that the text has already are replaced.
    """
    if not _RTL_BLOCK.search(text):
        return strip_isolates(text)
    text = strip_isolates(text)
    return "\n".join(_isolate_line(line, language) for line in text.split("\n"))


def isolate_in(text: str, language: str | None, markup: Markup) -> str:
    """Return a text in ``markup`` in which `isolate` has isolated names and numbers of the other direction;
    the text's tags stay as they are.
    """
    if not _RTL_BLOCK.search(text):
        return strip_isolates(text)
    if markup == PLAIN or markup.parse_mode is None:
        return isolate(text, language)
    return "".join(
        piece if piece.startswith("<") else _isolate_node(piece, language, markup)
        for piece in _TAG.split(text)
    )


def _isolate_node(piece: str, language: str | None, markup: Markup) -> str:
    shown = unescape(piece)
    isolated = isolate(shown, language)
    return piece if isolated == shown else markup.escape(isolated)


def _isolate_line(line: str, language: str | None) -> str:
    right = len(_RTL_LETTER.findall(line))
    left = len(_LTR_LETTER.findall(line))
    if right and (right > left or get_direction(language) == "rtl"):
        patterns = (*_LTR_PATTERNS, _RANGE) if language in _RANGES_FROM_LEFT else _LTR_PATTERNS
        return _wrap(line, [found.span() for each in patterns for found in each.finditer(line)], _LRI)
    if right and left:
        return _wrap(line, [found.span() for found in _RTL_RUN.finditer(line)], _RLI)
    return line


def _wrap(line: str, spans: list[tuple[int, int]], opens: str) -> str:
    """Put ``opens`` and U+2069 around the spans of a line; of spans that overlap, around the first longest.

    A tag, mention or address is never broken: an address is isolated as a whole, left to right, and a span
    that ends within one of the others stays as it is.
    """
    whole = [(url.start, url.end) for url in live_spans(line)]
    if whole == [(0, len(line))]:
        return line
    isolates = {span: opens for span in spans if not any(_crosses(span, other) for other in whole)}
    isolates |= {(start, end): _LRI for start, end in whole if "://" in line[start:end]}
    pieces, done = [], 0
    for start, end in sorted(isolates, key=lambda span: (span[0], -span[1])):
        if start >= done:
            pieces += [line[done:start], isolates[start, end], line[start:end], _PDI]
            done = end
    return "".join([*pieces, line[done:]])


def _crosses(span: tuple[int, int], whole: tuple[int, int]) -> bool:
    overlaps = span[0] < whole[1] and whole[0] < span[1]
    return overlaps and not (span[0] <= whole[0] and whole[1] <= span[1])
