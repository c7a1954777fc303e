"""What a bot gets to hear: everything, or in a group's privacy mode only what is meant for it."""

import re

from newsbot.sandbox.telegram.state import Chat, Message, TelegramState

__all__ = ["hears"]

_COMMAND = re.compile(r"/\w+(?:@(?P<bot>\w+))?")


def hears(state: TelegramState, chat: Chat, message: Message) -> bool:
    """Whether the bot gets an update of a message that somebody else wrote.

    core.telegram.org/bots/features#privacy-mode: administrators hear all; others commands (not those for
    another bot), mentions, answers to the bot and what was sent via it.
    """
    if chat.bot in {"left", "kicked"}:
        return False
    if chat.type in {"private", "channel"} or chat.bot == "administrator" or state.bot.reads_groups:
        return True
    return _is_command(state, message) or _is_meant(state, chat, message)


def _is_command(state: TelegramState, message: Message) -> bool:
    found = _COMMAND.match(message.text)
    name = state.bot.username
    return found is not None and (found["bot"] or name).casefold() == name.casefold()


def _is_meant(state: TelegramState, chat: Chat, message: Message) -> bool:
    answered = chat.message(message.reply_to) if message.reply_to else None
    if answered is not None and answered.sender and answered.sender["id"] == state.bot.id:
        return True
    named = re.search(rf"(?<!\w)@{re.escape(state.bot.username)}(?!\w)", message.text, re.IGNORECASE)
    return named is not None or message.more.get("via_bot", {}).get("id") == state.bot.id
