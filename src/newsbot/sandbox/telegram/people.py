"""What people do in the chats: they write, and press buttons. The bot sees both as updates."""

import re
from datetime import datetime
from typing import Any

from newsbot.sandbox.telegram.detection import detect
from newsbot.sandbox.telegram.markup import clean, trim
from newsbot.sandbox.telegram.present import message_json
from newsbot.sandbox.telegram.state import Message, TelegramState

__all__ = ["press", "say"]

Json = dict[str, Any]


def say(state: TelegramState, chat_ref: int | str, user_id: int, text: str, *, at: datetime) -> Message:
    """A member of a chat writes a message. Raises KeyError for a chat or a member that is not there."""
    chat = state.chat(chat_ref)
    plain, _ = trim(clean(text), [])
    entities = detect(plain, [], commands=True)
    message = Message(chat.next_id(), int(at.timestamp()), plain, entities, sender=chat.members[user_id])
    chat.messages.append(message)
    state.update("message", message_json(chat, message))
    return message


def press(state: TelegramState, chat_ref: int | str, user_id: int, message_id: int, label: str) -> str:
    """A member presses the button whose text begins with ``label``; returns the callback query's id.

    Raises:
        KeyError: no such chat, member, message or button.
    """
    chat = state.chat(chat_ref)
    message = chat.message(message_id)
    rows = (message.reply_markup or {}).get("inline_keyboard", []) if message else []
    buttons = [b for row in rows for b in row if re.match(re.escape(label), b["text"])]
    if message is None or not buttons:
        raise KeyError(label)
    query_id = str(4_000_000_000 + len(state.pressed))
    state.pressed.add(query_id)
    query = {"id": query_id, "from": chat.members[user_id], "chat_instance": str(chat.id)}
    query |= {"message": message_json(chat, message), "data": buttons[0].get("callback_data", "")}
    state.update("callback_query", query)
    return query_id
