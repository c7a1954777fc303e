"""Functions that build the Bot API's JSON objects, as responses and updates contain them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from newsbot.sandbox.telegram.state import Message, SandboxBot, SandboxChat, StoredPhoto, TelegramState

__all__ = [
    "OTHER_BOT",
    "SENDER_KINDS",
    "UPDATE_FIELDS",
    "build_origin",
    "decode_inline_id",
    "encode_inline_id",
    "serialize_full_chat",
    "serialize_member",
    "serialize_message",
    "serialize_origin",
    "serialize_photo_sizes",
    "serialize_sender",
]

Json = dict[str, Any]

# The names of Telegram's thumbnail sizes, each with the most pixels of a thumbnail's side.
_SIDES = (("s", 90), ("m", 320), ("x", 800), ("y", 1280))
_RIGHTS = [
    "can_manage_chat",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
]


def serialize_message(chat: SandboxChat, message: Message) -> Json:
    """Return a message as the Bot API's ``Message`` object."""
    out: Json = {"message_id": message.message_id, "date": message.date, "chat": chat.as_json()}
    out |= {"from": message.sender} if message.sender else {"sender_chat": chat.as_json()}
    out |= message.more
    body = "caption" if message.photo else "text"
    if message.photo:
        out["photo"] = serialize_photo_sizes(message.photo)
    if message.text:
        out[body] = message.text
    if message.entities:
        out["entities" if body == "text" else "caption_entities"] = message.entities
    if message.thread_id:
        out |= {"message_thread_id": message.thread_id, "is_topic_message": True}
    optional = ("edit_date", "link_preview_options", "reply_markup", "media_group_id")
    out |= {name: getattr(message, name) for name in optional if getattr(message, name)}
    if message.reply_to and (answered := chat.message(message.reply_to)):
        shown = serialize_message(chat, answered)
        out["reply_to_message"] = {k: v for k, v in shown.items() if k != "reply_to_message"}
    return out


def encode_inline_id(chat: SandboxChat, message_id: int) -> str:
    """Return a message's ``inline_message_id``, which bots can't interpret, as with Telegram's own ids."""
    return urlsafe_b64encode(f"{chat.id}:{message_id}".encode()).decode()


def decode_inline_id(inline: str) -> tuple[int, int]:
    """Return the chat id and message id in an ``inline_message_id``; raise ValueError if it is invalid."""
    chat, _, message = urlsafe_b64decode(inline.encode()).decode().partition(":")
    return int(chat), int(message)


def serialize_photo_sizes(photo: StoredPhoto) -> list[Json]:
    """Return a photo's sizes as the Bot API's ``PhotoSize`` objects, smallest first."""
    longest, sizes = max(photo.width, photo.height), list[Json]()
    for suffix, side in _SIDES:
        scale = min(side / longest, 1)
        width, height = max(round(photo.width * scale), 1), max(round(photo.height * scale), 1)
        if not sizes or (sizes[-1]["width"], sizes[-1]["height"]) != (width, height):
            unique = f"{photo.file_id}{suffix}"
            sizes.append(
                {"file_id": unique, "file_unique_id": unique[-12:], "width": width, "height": height}
            )
    sizes[-1] |= {"file_id": photo.file_id, "file_size": len(photo.data)}
    return sizes


def serialize_full_chat(chat: SandboxChat) -> Json:
    """Return a chat as the Bot API's ``ChatFullInfo``, with required fields and those that newsbot uses."""
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    out = chat.as_json() | {"accent_color_id": 0, "max_reaction_count": 11}
    out["accepted_gift_types"] = dict.fromkeys(gifts, False)
    if chat.username:
        out["active_usernames"] = [chat.username]
    if chat.type in {"group", "supergroup"}:
        rights = (
            "can_send_messages",
            "can_send_photos",
            "can_send_other_messages",
            "can_add_web_page_previews",
        )
        out["permissions"] = dict.fromkeys(rights, chat.can_post_messages)
    return out


def serialize_member(chat: SandboxChat, user: Json, bot: SandboxBot) -> Json:
    """Return a chat member (the bot with its status, or a person) as the Bot API's ``ChatMember``."""
    if user["id"] != bot.id:
        if user["id"] in chat.admins:
            return {"status": "administrator", "user": user, **_administrator_rights(chat)}
        return {"status": "member", "user": user}
    if chat.bot == "administrator":
        return {"status": "administrator", "user": user, **_administrator_rights(chat)}
    if chat.bot == "kicked":
        return {"status": "kicked", "user": user, "until_date": 0}
    if chat.bot == "restricted":
        return {"status": "restricted", "user": user, **_restricted_rights(chat)}
    return {"status": chat.bot, "user": user}


def _administrator_rights(chat: SandboxChat) -> Json:
    out: Json = {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(_RIGHTS, True)}
    out["can_delete_messages"] = chat.can_delete_messages
    if chat.type == "channel":
        out |= {"can_post_messages": chat.can_post_messages, "can_edit_messages": chat.can_post_messages}
    return out


def _restricted_rights(chat: SandboxChat) -> Json:
    rights = [
        "can_send_audios",
        "can_send_documents",
        "can_send_videos",
        "can_send_video_notes",
        "can_send_voice_notes",
        "can_send_polls",
        "can_send_other_messages",
        "can_add_web_page_previews",
        "can_change_info",
        "can_invite_users",
        "can_pin_messages",
        "can_manage_topics",
        "can_edit_tag",
        "can_react_to_messages",
    ]
    out: Json = {"is_member": True, "until_date": 0, **dict.fromkeys(rights, False)}
    return out | {"can_send_messages": chat.can_post_messages, "can_send_photos": chat.can_send_photos}


ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
SERVICE = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
OTHER_BOT = {"id": 987654321, "is_bot": True, "first_name": "Other bot", "username": "other_bot"}
OTHER_CHANNEL = {"id": -1001999999999, "type": "channel", "title": "Elsewhere", "username": "elsewhere"}
"""A channel that the sandbox knows only as the sender of messages."""


def _serialize_person(state: TelegramState, chat: SandboxChat, user_id: int) -> Json:
    known = state.people if chat.type == "channel" else chat.members
    return {"from": known[user_id]}


def _serialize_via_bot(state: TelegramState, chat: SandboxChat, user_id: int) -> Json:
    return _serialize_person(state, chat, user_id) | {"via_bot": OTHER_BOT}


def _serialize_anonymous(_state: TelegramState, chat: SandboxChat, _user_id: int) -> Json:
    return {"from": ANONYMOUS, "sender_chat": chat.as_json(), "author_signature": "admin"}


def _serialize_as_channel(_state: TelegramState, _chat: SandboxChat, _user_id: int) -> Json:
    return {"from": CHANNEL, "sender_chat": OTHER_CHANNEL}


def _serialize_linked_channel(_state: TelegramState, chat: SandboxChat, _user_id: int) -> Json:
    origin = {"type": "channel", "date": 1, "chat": OTHER_CHANNEL, "message_id": chat.last_id + 1}
    sent = {"from": SERVICE, "sender_chat": OTHER_CHANNEL, "is_automatic_forward": True}
    return sent | {"forward_origin": origin}


def _serialize_channel_post(state: TelegramState, chat: SandboxChat, user_id: int) -> Json:
    name = state.people.get(user_id, {}).get("first_name", "")
    return {"sender_chat": chat.as_json()} | ({"author_signature": name} if name else {})


def _serialize_business(state: TelegramState, chat: SandboxChat, user_id: int) -> Json:
    return _serialize_person(state, chat, user_id) | {"business_connection_id": "sandbox-business"}


def _serialize_other_bot(_state: TelegramState, _chat: SandboxChat, _user_id: int) -> Json:
    return {"from": OTHER_BOT}


SENDER_KINDS: dict[str, Callable[[TelegramState, SandboxChat, int], Json]] = {
    "message": _serialize_person,
    "forwarded": _serialize_person,
    "via_bot": _serialize_via_bot,
    "anonymous": _serialize_anonymous,
    "as_channel": _serialize_as_channel,
    "linked_channel": _serialize_linked_channel,
    "channel_post": _serialize_channel_post,
    "business": _serialize_business,
    "bot": _serialize_other_bot,
}
"""The builders of a message's sender fields, by kind of sender.

``message``: a person writes in their own name; ``forwarded``: a person who forwards a message; ``via_bot``: a
person writes through another bot's inline mode; ``anonymous``: an administrator writes in the group's name;
``as_channel``: a person writes in their channel's name; ``linked_channel``: Telegram puts a channel's post
into the channel's group; ``channel_post``: a post appears in a channel; ``business``: a customer writes to an
account to which the bot is connected; ``bot``: another bot writes (Telegram shows these messages only to bots
that ask for it).
"""

UPDATE_FIELDS = {"channel_post": "channel_post", "business": "business_message"}
"""The fields of ``Update`` that have a message, by kind of sender; other kinds use ``message``."""


def serialize_sender(state: TelegramState, chat: SandboxChat, user_id: int, kind: str) -> Json:
    """Return the fields of the Bot API's ``Message`` that describe a message's sender.

    Raises:
        KeyError: there is no such kind of sender, or the person is no member of the chat.
    """
    if kind == "channel_post" and chat.type != "channel":
        raise KeyError(f"{chat.title} is no channel")
    return SENDER_KINDS[kind](state, chat, user_id)


def serialize_origin(chat: SandboxChat, message: Message, *, hidden: bool) -> Json:
    """Return the ``MessageOrigin`` of a message that is forwarded; one forwarded before keeps its origin."""
    if known := message.more.get("forward_origin"):
        return dict(known)
    more = message.more
    signed = {name: more[name] for name in ("author_signature",) if name in more}
    if chat.type == "channel":
        where = {"chat": chat.as_json(), "message_id": message.message_id}
        return {"type": "channel", "date": message.date} | where | signed
    if "sender_chat" in more:
        return {"type": "chat", "date": message.date, "sender_chat": more["sender_chat"]} | signed
    return _serialize_user_origin(message.sender or SERVICE, message.date, hidden=hidden)


def _serialize_user_origin(user: Json, date: int, *, hidden: bool) -> Json:
    if hidden:
        return {"type": "hidden_user", "date": date, "sender_user_name": user["first_name"]}
    return {"type": "user", "date": date, "sender_user": user}


def build_origin(state: TelegramState, chat: SandboxChat, origin: str | Json, date: int) -> Json:
    """Return the given ``MessageOrigin``, or an example of the named kind, dated one hour before ``date``.

    Raises:
        KeyError: there is no such kind.
    """
    if not isinstance(origin, str):
        return {"date": date} | origin
    before = {"date": date - 3600}
    somebody = next(iter(state.people.values()), OTHER_BOT)
    examples: dict[str, Json] = {
        "user": {"type": "user", "sender_user": somebody},
        "hidden_user": {"type": "hidden_user", "sender_user_name": somebody["first_name"]},
        "chat": {"type": "chat", "sender_chat": chat.as_json()},
        "channel": {"type": "channel", "chat": OTHER_CHANNEL, "message_id": 7},
    }
    return examples[origin] | before
