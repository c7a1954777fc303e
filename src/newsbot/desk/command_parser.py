"""Parse typed chat commands, with digits of any script, brackets, commas, upper or lower case, and links."""

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
_PUNCTUATION = "[](){}<>«»\"'`“”‘’،,;؛.!?؟。、:#"  # noqa: RUF001  People type these signs around words.


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A typed command: its name in lower case, the bot that it is addressed to, and its arguments.

    ``rest`` is the text of the arguments without invisible characters. ``typed`` is the same text unchanged:
    it still has the joiners that words and emoji need, direction marks, and the zero-width spaces of copied
    text.
    """

    name: str
    bot: str | None
    rest: str
    typed: str = ""

    @property
    def words(self) -> list[str]:
        """Return the words of the command's arguments, without brackets and punctuation around them."""
        found = [
            word.strip(_PUNCTUATION) if "://" not in word else word.strip("[]()<>,")
            for word in self.rest.split()
        ]
        return [word for word in found if word]


def drop_first_word(rest: str) -> str:
    """Return a text without its first word; "" if the text has only one word."""
    return rest.split(None, 1)[1] if len(rest.split(None, 1)) > 1 else ""


def strip_invisible(text: str) -> str:
    """Return a text without invisible characters (zero-width characters and direction marks)."""
    return _MARKS.sub("", text)


def plain(text: str) -> str:
    """Return a text with the digits of any script replaced by 0 to 9, and without invisible characters."""
    text = strip_invisible(text).replace("\N{NO-BREAK SPACE}", " ")
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in text)


def parse_line(text: str) -> CommandLine | None:
    """Parse a typed line like ``/approve@bot K7M4``, keeping its digits; None if the line is no command."""
    found = _COMMAND.match(text)
    if not found:
        return None
    return CommandLine(found[1].lower(), found[2], strip_invisible(found[3]).strip(), found[3].strip())


def is_post_id(text: str) -> bool:
    """Return whether a text has the form of a post's id, including the right check character at its end."""
    return _is_parsable(post_number, text)


def is_article(text: str) -> bool:
    """Return whether a text has the form of an article's id, like ``a-k7mq``."""
    return _is_parsable(article_number, text)


def _is_parsable(parse: Callable[[str], int], text: str) -> bool:
    try:
        parse(text)
    except UsageError:
        return False
    return True


def find_nearest_command(name: str, known: Collection[str]) -> str | None:
    """Return the known command with the most similar name (``approve`` for ``aprove``).

    Return None if no command's name is similar.
    """
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return near[0] if near else None
