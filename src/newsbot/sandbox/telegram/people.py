"""What people do in the simulated Telegram's chats: they write, edit, forward and press buttons.

The bot receives the same updates about these actions as from Telegram.
"""

import re
from datetime import datetime
from typing import Any

from newsbot.sandbox.telegram.markup import clean_text, trim_text
from newsbot.sandbox.telegram.posting import detect_entities
from newsbot.sandbox.telegram.serializers import (
    UPDATE_FIELDS,
    build_origin,
    encode_inline_id,
    serialize_member,
    serialize_message,
    serialize_origin,
    serialize_sender,
)
from newsbot.sandbox.telegram.state import BotStatus, Message, SandboxChat, TelegramState

__all__ = ["age", "edit", "forward", "is_visible_to_bot", "join", "press", "replay", "say", "set_bot_status"]

_COMMAND = re.compile(r"/\w+(?:@(?P<bot>\w+))?")


def is_visible_to_bot(state: TelegramState, chat: SandboxChat, message: Message) -> bool:
    """Return whether the bot receives an update about a message that somebody else wrote in a chat.

    A bot that is an administrator receives all messages. Other bots receive commands (except those for
    another bot), mentions, replies to the bot and messages sent via the bot. Source:
    core.telegram.org/bots/features#privacy-mode.
    """
    if chat.bot in {"left", "kicked"}:
        return False
    if chat.type in {"private", "channel"} or chat.bot == "administrator" or state.bot.reads_groups:
        return True
    return _is_command(state, message) or _is_addressed_to_bot(state, chat, message)


def _is_command(state: TelegramState, message: Message) -> bool:
    found = _COMMAND.match(message.text)
    name = state.bot.username
    return found is not None and (found["bot"] or name).casefold() == name.casefold()


def _is_addressed_to_bot(state: TelegramState, chat: SandboxChat, message: Message) -> bool:
    answered = chat.message(message.reply_to) if message.reply_to else None
    if answered is not None and answered.sender and answered.sender["id"] == state.bot.id:
        return True
    named = re.search(rf"(?<!\w)@{re.escape(state.bot.username)}(?!\w)", message.text, re.IGNORECASE)
    return named is not None or message.more.get("via_bot", {}).get("id") == state.bot.id


Json = dict[str, Any]


def say(
    state: TelegramState,
    chat_ref: int | str,
    user_id: int,
    text: str,
    *,
    at: datetime,
    kind: str = "message",
    ago: float = 0.0,
    reply_to: int | None = None,
    thread: int | None = None,
    origin: str | Json | None = None,
) -> Message:
    """Write a message to a simulated chat as one of its members, ``ago`` seconds before it arrives at ``at``.

    ``kind`` is a key of `serializers.SENDER_KINDS`. With ``origin``, the message is a forwarded message: the
    value of ``origin`` is a ``MessageOrigin``, or the kind of a ``MessageOrigin`` (user, hidden_user, chat,
    channel).

    Raises:
        KeyError: there is no such chat, member, kind or message to reply to.
    """
    chat = state.chat(chat_ref)
    kind = "channel_post" if chat.type == "channel" else kind
    more = serialize_sender(state, chat, user_id, kind)
    plain, entities = _parse_text(text, commands=chat.type != "channel")
    message = Message(0, int(at.timestamp() - ago), plain, entities, sender=more.pop("from", None))
    message.reply_to, message.thread_id, message.more = reply_to, thread, more
    if reply_to is not None and chat.message(reply_to) is None:
        raise KeyError(f"no message {reply_to} to reply to")
    if origin is not None or kind == "forwarded":
        more["forward_origin"] = build_origin(state, chat, origin or "user", message.date)
    return _add_message(state, chat, message, UPDATE_FIELDS.get(kind, "message"))


def _parse_text(text: str, *, commands: bool) -> tuple[str, list[Json]]:
    """Return a typed text as Telegram stores it, with the entities (links, mentions ...) in it."""
    plain, _ = trim_text(clean_text(text), [])
    return plain, detect_entities(plain, [], commands=commands)


def _add_message(state: TelegramState, chat: SandboxChat, message: Message, update: str) -> Message:
    """Store a person's message in its chat, and queue an update about it for the bot.

    The bot is no member of a business account's chats, so a customer's message to the account is stored in
    none of the sandbox's chats.
    """
    message.message_id = chat.next_id()
    chat.started = True
    if update != "business_message":
        chat.messages.append(message)
    if is_visible_to_bot(state, chat, message):
        state.update(update, serialize_message(chat, message))
    return message


def edit(
    state: TelegramState, chat_ref: int | str, user_id: int, message_id: int, text: str, *, at: datetime
) -> Message:
    """Edit a message in a simulated chat as its author.

    Raises:
        KeyError: There is no such chat or message.
        ValueError: The message is somebody else's, or a forwarded message.
    """
    chat = state.chat(chat_ref)
    message = chat.message(message_id)
    if message is None:
        raise KeyError(message_id)
    signed = "sender_chat" in message.more or chat.type == "channel"
    author = message.sender["id"] if message.sender else None
    if "forward_origin" in message.more or author == state.bot.id or not (signed or author == user_id):
        raise ValueError(f"{user_id} can't edit message {message_id}")
    message.text, message.entities = _parse_text(text, commands=chat.type != "channel")
    message.edit_date = int(at.timestamp())
    if is_visible_to_bot(state, chat, message):
        kind = "edited_channel_post" if chat.type == "channel" else "edited_message"
        state.update(kind, serialize_message(chat, message))
    return message


def forward(
    state: TelegramState,
    from_ref: int | str,
    message_id: int,
    to_ref: int | str,
    user_id: int,
    *,
    at: datetime,
    hidden: bool = False,
) -> Message:
    """Forward a message into a simulated chat as one of its members.

    ``hidden`` means that the message's author forbids links to their account.

    Raises:
        KeyError: there is no such chat, message or member.
    """
    source, chat = state.chat(from_ref), state.chat(to_ref)
    original = source.message(message_id)
    if original is None:
        raise KeyError(message_id)
    kind = "channel_post" if chat.type == "channel" else "message"
    more = serialize_sender(state, chat, user_id, kind)
    message = Message(0, int(at.timestamp()), original.text, original.entities, original.photo)
    message.sender, message.link_preview_options = more.pop("from", None), original.link_preview_options
    message.more = more | {"forward_origin": serialize_origin(source, original, hidden=hidden)}
    return _add_message(state, chat, message, kind)


def press(
    state: TelegramState,
    chat_ref: int | str,
    user_id: int,
    message_id: int,
    label: str = "",
    *,
    data: str | None = None,
) -> str:
    """Press a message's button as a person; return the id of the callback query that the bot gets.

    The button has the ``label``, or else is the first whose label begins with ``label``. ``data`` identifies
    the button by its callback data instead. The button need not be on the message any more, because a phone
    can show an outdated keyboard or message. Whether the bot's update contains the message depends on the
    bot's ``callback_query_mode``.

    Raises:
        KeyError: there is no such chat, member, message or button.
    """
    chat = state.chat(chat_ref)
    message = chat.message(message_id)
    if message is None and data is None:
        raise KeyError(message_id)
    data = _find_button_data(message, label) if message and data is None else data
    state.last_query += 1
    query_id = str(state.last_query)
    who = state.people[user_id] if chat.type == "channel" else chat.members[user_id]
    gone = {"chat": chat.as_json(), "message_id": message_id, "date": 0}
    query = {"id": query_id, "from": who, "chat_instance": str(chat.id), "data": data}
    mode = state.bot.callback_query_mode
    if mode == "inline" or (mode == "auto" and message is None):
        query["inline_message_id"] = encode_inline_id(chat, message_id)
    else:
        query["message"] = serialize_message(chat, message) if message else gone
    state.pressed.add(query_id)
    state.queries[query_id] = query
    state.update("callback_query", query)
    return query_id


def _find_button_data(message: Message, label: str) -> str:
    rows = (message.reply_markup or {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    exact = [each for each in buttons if each["text"] == label]
    found = exact or [each for each in buttons if each["text"].startswith(label)]
    if not found:
        raise KeyError(label)
    return str(found[0].get("callback_data", ""))


def set_bot_status(
    state: TelegramState, chat_ref: int | str, user_id: int, status: BotStatus, *, at: datetime
) -> None:
    """Make the bot a chat's administrator or member, or remove the bot from the chat.

    In a private chat, the person blocks or unblocks the bot.

    Raises:
        KeyError: There is no such chat or person.
    """
    chat = state.chat(chat_ref)
    change: Json = {"chat": chat.as_json(), "from": state.people[user_id], "date": int(at.timestamp())}
    change["old_chat_member"] = serialize_member(chat, state.bot.as_json(), state.bot)
    chat.bot = status
    change["new_chat_member"] = serialize_member(chat, state.bot.as_json(), state.bot)
    state.update("my_chat_member", change)


def join(state: TelegramState, user: Json, chats: list[int | str], *, started: bool = True) -> Json:
    """Add or change a person of the simulated Telegram, with a private chat, as a member of ``chats``.

    Raises:
        KeyError: there is no such chat, or ``user`` has no id or first name.
    """
    known = {"is_bot": False, "language_code": "en"} | user
    id_, name = int(user["id"]), str(user["first_name"])
    for chat in [state.chat(ref) for ref in chats]:
        chat.members[id_] = known
    if id_ not in state.chats:
        state.add([SandboxChat(id_, "private", name, bot="member", started=started)])
    state.chats[id_].members[id_] = known
    state.people[id_] = known
    return known


def replay(state: TelegramState, update_id: int | None = None, *, fresh: bool = False) -> Json:
    """Deliver an update to the bot again; with ``fresh``, the update gets a new id.

    By default the newest update is delivered.

    Raises:
        KeyError: There is no such update.
    """
    found = [each for each in state.history if update_id in {None, each["update_id"]}]
    if not found:
        raise KeyError(update_id)
    update = found[-1]
    if fresh:
        ((kind, value),) = [item for item in update.items() if item[0] != "update_id"]
        return state.update(kind, value)
    state.replays.append(update)
    return update


def age(
    state: TelegramState, seconds: float, chat_ref: int | str | None = None, message_id: int | None = None
) -> int:
    """Make messages older by ``seconds``: all messages, those of a chat, or one; return how many.

    Raises:
        KeyError: There is no such chat.
    """
    chats = state.chats.values() if chat_ref is None else [state.chat(chat_ref)]
    messages = [m for chat in chats for m in chat.messages if message_id in {None, m.message_id}]
    for message in messages:
        message.date -= int(seconds)
    return len(messages)
