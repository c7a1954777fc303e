"""Parse chat commands: lines that people type, the data of pressed buttons, and the lines that the ledger
stores.
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from newsbot.desk.updates import UserInput
from newsbot.errors import UsageError
from newsbot.ledger.ids import article_number, post_number
from newsbot.newsroom.people import Person, allows
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskUpdate

if TYPE_CHECKING:
    from newsbot.desk.context import DeskContext
    from newsbot.ledger.desk import DeskStore

__all__ = [
    "CommandLine",
    "CommandReader",
    "drop_first_word",
    "find_nearest_command",
    "format_stored_command",
    "is_article",
    "is_post_id",
    "list_confirmed_updates",
    "normalize_text",
    "parse_line",
    "parse_stored_command",
    "strip_invisible",
]

_INVISIBLE = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c"
_MARKS = re.compile(f"[{_INVISIBLE}]")
_COMMAND = re.compile(rf"[{_INVISIBLE}\s]*/([A-Za-z_]+)(?:@(\w+))?[{_INVISIBLE}]*(?:\s+|$)(.*)", re.DOTALL)
_PUNCTUATION = "[](){}<>«»\"'`“”‘’،,;؛.!?؟。、…:#"  # noqa: RUF001  People type these signs around words.


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


def normalize_text(text: str) -> str:
    """Return a text with the digits of any script replaced by 0 to 9, and without invisible characters."""
    text = strip_invisible(text).replace("\N{NO-BREAK SPACE}", " ")
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in text)


def parse_line(text: str) -> CommandLine | None:
    """Parse a typed line like ``/approve@bot K7M4``, keeping its digits; None if the line is no command.

    Arguments that are only punctuation count as none.
    """
    found = _COMMAND.match(text)
    if not found:
        return None
    line = CommandLine(found[1].lower(), found[2], strip_invisible(found[3]).strip(), found[3].strip())
    return line if line.words else replace(line, rest="", typed="")


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


@dataclass(eq=False, repr=False)
class CommandReader:
    """The converter of the desk's Telegram updates to command lines (texts like ``/move k7mq 18:30``).

    If a message replies to a card (message about an article), the converter looks the article up in the
    ledger.
    """

    room: "DeskContext"
    on_ledger: LedgerRunner

    async def get_command_line(self, heard: UserInput, person: Person) -> str | None:
        """Return the command line that a message or button press stands for; None if the update is no command
        for this bot.
        """
        if heard.kind == "pressed":
            return f"[{heard.text}]"
        if heard.origin:
            chat, message = heard.origin
            place = chat if isinstance(chat, str) else f"c/{str(chat).removeprefix('-100')}"
            return f"/why https://t.me/{place}/{message}"
        line = parse_line(heard.text)
        if line is None:
            # An editor's text in reply to an article's card (the message about it) is the new text of the
            # article's post.
            about = await self._find_replied_article(heard) if allows(person.role, "edit") else None
            return f"/edit {about} {heard.text}" if about and heard.text.strip() else None
        mine = self.room.bot.casefold()
        if line.bot and mine and line.bot.casefold() != mine:
            return None
        if line.name == "start":
            # newsbot does not store the argument of /start, because the argument may be the secret of an
            # invitation.
            return "/start"
        about = await self._find_replied_article(heard) if _has_no_reference(line) else None
        return f"/{line.name} {about} {line.rest}".strip() if about else heard.text.strip()

    async def _find_replied_article(self, heard: UserInput) -> str | None:
        """Return the id of the article to whose card (the message about it) a message replies; None without a
        card.
        """
        if heard.reply_to is None:
            return None
        card = await self.on_ledger(self.room.ledger.desk.find_card, heard.chat_id, heard.reply_to)
        return card.subject if card and card.kind == "article" else None


def _has_no_reference(line: CommandLine) -> bool:
    """Return whether the arguments of a command name no post or article; in a reply to a card (message about
    an article), the command is then about that article.

    An example is ``/move 18:30``, whose only argument is a time.
    """
    if line.name not in _TAKE_A_TIME or not line.words:
        return not line.rest
    first = line.words[0]
    return not (is_post_id(first) or is_article(first) or "://" in first)


_TAKE_A_TIME = frozenset({"embargo", "move"})


def parse_stored_command(said: str) -> tuple[CommandLine, str | None]:
    """Parse a stored command line: a typed command, or the data of a pressed button in brackets.

    Return the command, and the hash of the posts' content that the button was made for (None for a typed
    command).
    """
    if said.startswith("[") and said.endswith("]"):
        verb, _, rest = said[1:-1].partition(":")
        argument, _, content = rest.partition(":")
        return CommandLine(verb, None, argument), content or None
    return parse_line(said) or CommandLine("", None, said), None


def list_confirmed_updates(store: "DeskStore", bot_id: int, update_id: int) -> list[DeskUpdate]:
    """Return an update and, if the update is a press of the button Yes, also the updates that the press
    confirms.

    These are the command and, if newsbot was interrupted after a press of Yes and asked the person again,
    earlier presses of Yes to the same command. The newest update is first. The list is empty if the ledger
    does not have the update.
    """
    found = list[DeskUpdate]()
    told = store.get_update(bot_id, update_id)
    while told is not None:
        found.append(told)
        line, _ = parse_stored_command(told.said)
        number = int(line.rest) if line.name == "yes" and line.rest.isdecimal() else told.update_id
        told = store.get_update(bot_id, number) if number < told.update_id else None
    return found


def format_stored_command(said: str) -> str:
    """Return a stored command line or button press as a person would type it, cut to 300 characters."""
    line, _ = parse_stored_command(said)
    return f"/{line.name} {line.rest}".strip()[:300]
