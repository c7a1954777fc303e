"""What people type, read with patience: digits of any script, brackets, commas, any case, links, prefixes."""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches

from newsbot.errors import UsageError
from newsbot.ledger.ids import article_number, post_number

__all__ = [
    "CommandLine",
    "drop_first_word",
    "find_nearest_command",
    "is_article",
    "is_post_id",
    "parse_line",
    "plain",
    "strip_invisible",
]

_INVISIBLE = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c"
_MARKS = re.compile(f"[{_INVISIBLE}]")
_COMMAND = re.compile(rf"[{_INVISIBLE}\s]*/([A-Za-z_]+)(?:@(\w+))?[{_INVISIBLE}]*(?:\s+|$)(.*)", re.DOTALL)
_PUNCTUATION = "[](){}<>«»\"'`“”‘’،,;؛.!?؟。、:#"  # noqa: RUF001  as people type


@dataclass(frozen=True, slots=True)
class CommandLine:
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
            word.strip(_PUNCTUATION) if "://" not in word else word.strip("[]()<>,")
            for word in self.rest.split()
        ]
        return [word for word in found if word]


def drop_first_word(rest: str) -> str:
    """What stands behind the first word."""
    return rest.split(None, 1)[1] if len(rest.split(None, 1)) > 1 else ""


def strip_invisible(text: str) -> str:
    """Return the text without its invisible characters."""
    return _MARKS.sub("", text)


def plain(text: str) -> str:
    """Digits of every script as 0 to 9, without marks of direction, with plain spaces."""
    text = strip_invisible(text).replace("\N{NO-BREAK SPACE}", " ")
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in text)


def parse_line(text: str) -> CommandLine | None:
    """``/approve@bot K7M4`` and such; None where it is no command. The rest keeps its own script."""
    found = _COMMAND.match(text)
    if not found:
        return None
    return CommandLine(found[1].lower(), found[2], strip_invisible(found[3]).strip(), found[3].strip())


def is_post_id(text: str) -> bool:
    """Could it be a post's id, by its check character?"""
    return _is_parsable(post_number, text)


def is_article(text: str) -> bool:
    """Could it be an article's id?"""
    return _is_parsable(article_number, text)


def _is_parsable(parse: Callable[[str], int], text: str) -> bool:
    try:
        parse(text)
    except UsageError:
        return False
    return True


def find_nearest_command(name: str, known: Collection[str]) -> str | None:
    """``aprove`` is near ``approve``."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return near[0] if near else None
