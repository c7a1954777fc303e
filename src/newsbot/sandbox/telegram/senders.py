"""In whose name a message comes, as the Bot API says it: people, anonymous admins, channels, other bots."""

from collections.abc import Callable
from typing import Any

from newsbot.sandbox.telegram.state import Chat, Message, TelegramState

__all__ = ["KINDS", "OTHER_BOT", "UPDATES", "fields", "origin_named", "origin_of"]

Json = dict[str, Any]

ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
SERVICE = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
OTHER_BOT = {"id": 987654321, "is_bot": True, "first_name": "Other bot", "username": "other_bot"}
ELSEWHERE = {"id": -1001999999999, "type": "channel", "title": "Elsewhere", "username": "elsewhere"}
"""A channel that the sandbox knows only as a sender."""


def _person(state: TelegramState, chat: Chat, user_id: int) -> Json:
    known = state.people if chat.type == "channel" else chat.members
    return {"from": known[user_id]}


def _via_bot(state: TelegramState, chat: Chat, user_id: int) -> Json:
    return _person(state, chat, user_id) | {"via_bot": OTHER_BOT}


def _anonymous(_state: TelegramState, chat: Chat, _user_id: int) -> Json:
    return {"from": ANONYMOUS, "sender_chat": chat.as_json(), "author_signature": "admin"}


def _as_channel(_state: TelegramState, _chat: Chat, _user_id: int) -> Json:
    return {"from": CHANNEL, "sender_chat": ELSEWHERE}


def _linked_channel(_state: TelegramState, chat: Chat, _user_id: int) -> Json:
    origin = {"type": "channel", "date": 1, "chat": ELSEWHERE, "message_id": chat.last_id + 1}
    sent = {"from": SERVICE, "sender_chat": ELSEWHERE, "is_automatic_forward": True}
    return sent | {"forward_origin": origin}


def _channel_post(state: TelegramState, chat: Chat, user_id: int) -> Json:
    name = state.people.get(user_id, {}).get("first_name", "")
    return {"sender_chat": chat.as_json()} | ({"author_signature": name} if name else {})


def _business(state: TelegramState, chat: Chat, user_id: int) -> Json:
    return _person(state, chat, user_id) | {"business_connection_id": "sandbox-business"}


def _bot(_state: TelegramState, _chat: Chat, _user_id: int) -> Json:
    return {"from": OTHER_BOT}


KINDS: dict[str, Callable[[TelegramState, Chat, int], Json]] = {
    "message": _person,
    "forwarded": _person,
    "via_bot": _via_bot,
    "anonymous": _anonymous,
    "as_channel": _as_channel,
    "linked_channel": _linked_channel,
    "channel_post": _channel_post,
    "business": _business,
    "bot": _bot,
}
"""``message``: a person in their own name; ``forwarded``; ``via_bot``: through another bot's inline mode;
``anonymous``: an administrator as the group; ``as_channel``: somebody as a channel of theirs;
``linked_channel``: a channel's post, put into its group by Telegram; ``channel_post``; ``business``: a
customer writes to an account that the bot is connected to; ``bot``: another bot (Telegram shows those only
to bots that ask for it)."""

UPDATES = {"channel_post": "channel_post", "business": "business_message"}
"""The fields of ``Update`` that kinds come in; ``message`` for all others."""


def fields(state: TelegramState, chat: Chat, user_id: int, kind: str) -> Json:
    """What a ``Message`` says of its sender. Raises KeyError for no such kind or member."""
    if kind == "channel_post" and chat.type != "channel":
        raise KeyError(f"{chat.title} is no channel")
    return KINDS[kind](state, chat, user_id)


def origin_of(chat: Chat, message: Message, *, hidden: bool) -> Json:
    """The ``MessageOrigin`` of a message that is forwarded; a forwarded one keeps its own."""
    if known := message.more.get("forward_origin"):
        return dict(known)
    more = message.more
    signed = {name: more[name] for name in ("author_signature",) if name in more}
    if chat.type == "channel":
        where = {"chat": chat.as_json(), "message_id": message.message_id}
        return {"type": "channel", "date": message.date} | where | signed
    if "sender_chat" in more:
        return {"type": "chat", "date": message.date, "sender_chat": more["sender_chat"]} | signed
    return _user_origin(message.sender or SERVICE, message.date, hidden=hidden)


def _user_origin(user: Json, date: int, *, hidden: bool) -> Json:
    if hidden:
        return {"type": "hidden_user", "date": date, "sender_user_name": user["first_name"]}
    return {"type": "user", "date": date, "sender_user": user}


def origin_named(state: TelegramState, chat: Chat, origin: str | Json, date: int) -> Json:
    """One that is given, or an example of its kind: an hour before. Raises KeyError for no such kind."""
    if not isinstance(origin, str):
        return {"date": date} | origin
    before = {"date": date - 3600}
    somebody = next(iter(state.people.values()), OTHER_BOT)
    examples: dict[str, Json] = {
        "user": {"type": "user", "sender_user": somebody},
        "hidden_user": {"type": "hidden_user", "sender_user_name": somebody["first_name"]},
        "chat": {"type": "chat", "sender_chat": chat.as_json()},
        "channel": {"type": "channel", "chat": ELSEWHERE, "message_id": 7},
    }
    return examples[origin] | before
