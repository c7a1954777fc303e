"""Quotation marks and dashes of a title as WordPress shows them: it keeps what was typed, and curls it later.

By the rules of `wptexturize` (https://developer.wordpress.org/reference/functions/wptexturize/), its oddities
among them, so that an article has one title, whether its site's feed or its database tells it.
"""

# ruff: noqa: RUF001  typographic punctuation is what is made

import re
from collections.abc import Iterable

__all__ = ["typeset"]

_STATIC = (("...", "…"), (" (tm)", " ™"))
_BEGINS = r"(?:^|(?<=[\s(\[{<-]))"
_ENDS = r"(?=$|[\s.,:;!?)}\]>-])"
_SINGLE = (  # in this order; \x01 opens
    (re.compile(rf"'(\d\d)'{_ENDS}"), r"’\1’"),
    (re.compile(r"'(?=\d\d(?:$|(?![%\d]|[.,]\d)))"), "’"),  # '99, but never '999 or '99%
    (re.compile(rf"{_BEGINS}'(\d[.,\d]*)'"), "\x01\\1’"),
    (re.compile(r"(?:^|(?<=[\s(\[{<\"-]))'"), "\x01"),
    (re.compile(r"(?<=\S)'(?!$|[\s.,:;!?\"'(){}\[\]<>-])"), "’"),
)
_DOUBLE = (
    (re.compile(rf'{_BEGINS}"(\d[.,\d]*)"'), "\x01\\1”"),
    (re.compile(rf'{_BEGINS}"(?=\S)'), "\x01"),
)
_DASHES = (
    (re.compile("---"), "—"),
    (re.compile(r"(?:^|(?<=\s))--(?=$|\s)"), "—"),
    (re.compile("(?<!xn)--"), "–"),
    (re.compile(r"(?:^|(?<=\s))-(?=$|\s)"), "–"),
)
_TIMES = re.compile(r"\b(\d(?:[\d.,]*))x(\d[\d.,]*)\b")


def typeset(title: str, *, english: bool) -> str:
    """Return a title with its dashes and, where its site is in ``english``, its quotation marks as shown.

    Other languages have marks of their own, which only the site's translations tell.
    """
    for typed, shown in _STATIC:
        title = title.replace(typed, shown)
    if english:
        title = _curl(title, "'", _SINGLE, ("‘", "’", "′"))
        title = _curl(title, '"', _DOUBLE, ("“", "”", "″"))
    for pattern, shown in _DASHES:
        title = pattern.sub(shown, title)
    return _TIMES.sub(lambda found: found[0] if found[1].startswith("0") else f"{found[1]}×{found[2]}", title)


def _curl(title: str, mark: str, rules: Iterable[tuple[re.Pattern[str], str]], marks: Iterable[str]) -> str:
    """Replace one kind of mark: what opens by ``rules``, then what closes, and primes behind digits."""
    if mark not in title:
        return title
    opening, closing, prime = marks
    for pattern, shown in rules:
        title = pattern.sub(shown, title)
    first, *others = title.split("\x01")
    closed = [
        _close(first, mark, closing, prime),
        *(_close_quotation(each, mark, closing, prime) for each in others),
    ]
    return opening.join(closed)


def _close(text: str, mark: str, closing: str, prime: str) -> str:
    text = re.sub(rf"(?<=\d){mark}", prime, text)
    return re.sub(rf"{mark}{_ENDS}", closing, text).replace(mark, closing if mark == '"' else mark)


def _close_quotation(text: str, mark: str, closing: str, prime: str) -> str:
    """What was opened is closed by the last mark that can, before digits get their primes."""
    ends = [found.start() for found in re.finditer(f"{mark}{_ENDS}", text)]
    if ends:
        text = f"{text[: ends[-1]]}{closing}{text[ends[-1] + 1 :]}"
    return _close(text, mark, closing, prime)
