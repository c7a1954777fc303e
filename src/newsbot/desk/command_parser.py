"""What people type, read with patience: digits of any script, brackets, commas, any case, links, prefixes."""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches

from newsbot.errors import UsageError
from newsbot.ledger.ids import article_number, post_number

__all__ = [
    "Line",
    "after_first",
    "is_article",
    "is_post",
    "nearest_command",
    "parse_line",
    "plain",
    "without_marks",
]

_UNSEEN = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c"
_MARKS = re.compile(f"[{_UNSEEN}]")
_COMMAND = re.compile(rf"[{_UNSEEN}\s]*/([A-Za-z_]+)(?:@(\w+))?[{_UNSEEN}]*(?:\s+|$)(.*)", re.DOTALL)
_ROUND = "[](){}<>«»\"'`“”‘’،,;؛.!?؟。、:#"  # noqa: RUF001  as people type


@dataclass(frozen=True, slots=True)
class Line:
    """A command as it was typed: its name in small letters, whom it was meant for, and the rest.

    ``typed`` is the rest with its invisible characters: joiners that words and emoji need, marks of
    direction, and the U+200B of what was copied broken.
    """

    name: str
    bot: str | None
    rest: str
    typed: str = ""

    @property
    def words(self) -> list[str]:
        """The rest, word by word, each bare of brackets and punctuation."""
        found = [
            word.strip(_ROUND) if "://" not in word else word.strip("[]()<>,") for word in self.rest.split()
        ]
        return [word for word in found if word]


def after_first(rest: str) -> str:
    """What stands behind the first word."""
    return rest.split(None, 1)[1] if len(rest.split(None, 1)) > 1 else ""


def without_marks(text: str) -> str:
    """Return the text without its invisible characters."""
    return _MARKS.sub("", text)


def plain(text: str) -> str:
    """Digits of every script as 0 to 9, without marks of direction, with plain spaces."""
    text = without_marks(text).replace("\N{NO-BREAK SPACE}", " ")
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in text)


def parse_line(text: str) -> Line | None:
    """``/approve@bot K7M4`` and such; None where it is no command. The rest keeps its own script."""
    found = _COMMAND.match(text)
    if not found:
        return None
    return Line(found[1].lower(), found[2], without_marks(found[3]).strip(), found[3].strip())


def is_post(text: str) -> bool:
    """Could it be a post's id, by its check character?"""
    return _fits(post_number, text)


def is_article(text: str) -> bool:
    """Could it be an article's id?"""
    return _fits(article_number, text)


def _fits(parse: Callable[[str], int], text: str) -> bool:
    try:
        parse(text)
    except UsageError:
        return False
    return True


def nearest_command(name: str, known: Collection[str]) -> str | None:
    """``aprove`` is near ``approve``."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return near[0] if near else None
