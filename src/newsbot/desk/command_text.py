"""Convert Telegram updates to command lines, which the ledger stores so that a command survives a crash."""

from typing import TYPE_CHECKING

from newsbot.desk.command_parser import CommandLine, is_article, is_post_id, parse_line
from newsbot.desk.context import DeskContext
from newsbot.desk.updates import UserInput
from newsbot.newsroom.people import Person, allows
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskUpdate

if TYPE_CHECKING:
    from newsbot.ledger.desk import DeskStore

__all__ = ["CommandReader", "format_stored_command", "list_confirmed_updates", "parse_stored_command"]


class CommandReader:
    """The converter of the desk's Telegram updates to command lines;
    it looks up replied messages in the ledger.
    """

    def __init__(self, room: DeskContext, on_ledger: LedgerRunner) -> None:
        self._room = room
        self._on_ledger = on_ledger

    async def get_command_line(self, heard: UserInput, person: Person) -> str | None:
        """Return the command line that a message or button press means;
        None if it is no command for this bot.
        """
        if heard.kind == "pressed":
            return f"[{heard.text}]"
        if heard.origin:
            chat, message = heard.origin
            place = chat if isinstance(chat, str) else f"c/{str(chat).removeprefix('-100')}"
            return f"/why https://t.me/{place}/{message}"
        line = parse_line(heard.text)
        if line is None:
            return await self._build_edit_command(heard, person)
        return None if self._is_for_other_bot(line) else await self._complete_command(heard, line)

    def _is_for_other_bot(self, line: CommandLine) -> bool:
        mine = self._room.bot.casefold()
        return bool(line.bot and mine and line.bot.casefold() != mine)

    async def _complete_command(self, heard: UserInput, line: CommandLine) -> str:
        if line.name == "start":
            return "/start"  # The argument of /start is not stored, because it may be an invitation's secret.
        about = await self._find_replied_article(heard) if _has_no_reference(line) else None
        return f"/{line.name} {about} {line.rest}".strip() if about else heard.text.strip()

    async def _build_edit_command(self, heard: UserInput, person: Person) -> str | None:
        """Return an /edit command if an editor replied to an article's card with new text;
        None for other messages.
        """
        about = await self._find_replied_article(heard) if allows(person.role, "edit") else None
        return f"/edit {about} {heard.text}" if about and heard.text.strip() else None

    async def _find_replied_article(self, heard: UserInput) -> str | None:
        """Return the id of the article whose card a message replies to;
        None if the message replies to no card.
        """
        if heard.reply_to is None:
            return None
        card = await self._on_ledger(self._room.ledger.desk.find_card, heard.chat_id, heard.reply_to)
        return card.subject if card and card.kind == "article" else None


def _has_no_reference(line: CommandLine) -> bool:
    """Return whether a command names no post or article, so that it is about the card that it replies to.

    In a reply to a card, ``/move 18:30`` is about the card's article.
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
    """Return an update and, if it is a press of the button Yes, the updates that it confirms,
    back to the command.

    If newsbot was interrupted after a Yes, it asks the person again, who answers by another Yes to the same
    command, so there may be several. The list is empty if the ledger does not have the update.
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
