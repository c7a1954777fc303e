"""Remove from a headline a quotation whose speaker the headline does not name, for the text of a post."""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re

__all__ = ["drop_quotation"]

_QUOTED = (
    r"(?:‘[^‘’]*(?:’[^\W\d_][^‘’]*)*’|'[^']*(?:(?<=\w)'\w[^']*)*'|“[^“”]*”|\"[^\"]*\"|„[^“”]*[“”]"
    r"|«[^«»]*»|»[^«»]*«|「[^「」]*」|『[^『』]*』)"
)
_MARK = r"\s*(?:[:：|｜]|\s[–—-]+\s|——)\s*"
_BEFORE = re.compile(rf"{_QUOTED}{_MARK}(?P<rest>.+)")
_BEHIND = re.compile(rf"(?P<rest>.+?){_MARK}{_QUOTED}[.!]?")
_LEAST_WORDS, _LEAST_CHARACTERS = 4, 10
# From this character on, scripts have no spaces between words, so characters are counted instead of words.
_DENSE = "\u2e80"


def drop_quotation(title: str) -> str:
    """Return a headline without the quotation before a colon or dash at its start, or after one at its end.

    Return the headline unchanged if the rest would be too short for a headline of its own.
    """
    found = _BEFORE.fullmatch(title) or _BEHIND.fullmatch(title)
    if found is None:
        return title
    rest = found["rest"].strip()
    dense = rest[:1] >= _DENSE
    if len(rest) < _LEAST_CHARACTERS if dense else len(rest.split()) < _LEAST_WORDS:
        return title
    return rest[0].upper() + rest[1:]
