"""What of all that reaches the bot is a person's own word, said now; the rest is refused or passed over.

A plain handler of python-telegram-bot would also act on edited and forwarded messages, on what anonymous
admins, channels and other bots write, and on messages that are weeks old (PLATFORMS, seen).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from newsbot.desk.words import N_

__all__ = ["STALE", "Heard", "Ignored", "Rejected", "classify", "is_stale"]

Json = dict[str, Any]

STALE = timedelta(minutes=10)

_ANONYMOUS = 1087968824  # @GroupAnonymousBot
_CHANNEL = 136817688  # @Channel_Bot, who stands for a channel that signs
_TELEGRAM = 777000  # forwards a channel's posts into its discussion group

EDITED = N_("I don't act on edited messages: send the command anew.")
FORWARDED = N_("I don't act on forwarded commands: type it yourself.")
VIA_BOT = N_("I don't act on what another bot wrote for you: type it yourself.")
ANONYMOUS = N_(
    "You write anonymously here, so I can't tell who you are: switch that off, or write to me in private."
)
SIGNED = N_("You write as a channel here, so I can't tell who you are: write as yourself.")


@dataclass(frozen=True, slots=True)
class Heard:
    """A person's own word, or the press of a button. ``at`` is when they did it."""

    update_id: int
    kind: Literal["said", "pressed"]
    user_id: int
    name: str
    language: str | None
    chat_id: int
    private: bool
    text: str
    at: datetime
    message_id: int
    reply_to: int | None = None
    query_id: str | None = None
    thread_id: int | None = None
    origin: tuple[int | str | None, int] | None = (
        None  # the channel's post that was forwarded: chat and message
    )


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not to be acted on; ``word`` says why, to people of the desk and in its chats only."""

    update_id: int
    why: str
    word: str | None
    user_id: int
    chat_id: int
    reply_to: int
    query_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nobody's business here."""

    update_id: int
    why: str


def classify(update: Json, *, chats: Collection[int]) -> Heard | Rejected | Ignored:
    """One update of the Bot API. ``chats`` are the groups where commands are heard."""
    number = int(update["update_id"])
    if query := update.get("callback_query"):
        return _pressed(number, query, chats)
    if edited := update.get("edited_message"):
        return _rejected(number, edited, "edited", EDITED, chats)
    if "channel_post" in update or "edited_channel_post" in update:
        return Ignored(number, "channel post")
    if any(name.startswith(("business", "edited_business")) for name in update):
        return Ignored(number, "business")
    message = update.get("message")
    if not message or "from" not in message:
        return Ignored(number, "no message")
    return _said(number, message, chats)


def is_stale(heard: Heard, now: datetime) -> bool:
    """A message says when it was written; a press of a button does not."""
    return heard.kind == "said" and now - heard.at > STALE


def _said(  # noqa: PLR0911  one a kind
    number: int, message: Json, chats: Collection[int]
) -> Heard | Rejected | Ignored:
    sender, chat = message["from"], message["chat"]
    if sender["id"] == _ANONYMOUS:
        return _rejected(number, message, "anonymous admin", ANONYMOUS, chats)
    if sender["id"] == _TELEGRAM or message.get("is_automatic_forward"):
        return Ignored(number, "automatic forward")
    if sender["id"] == _CHANNEL or "sender_chat" in message:
        return _rejected(number, message, "channel-signed", SIGNED, chats)
    if sender.get("is_bot"):
        return Ignored(number, "another bot")
    if "via_bot" in message:
        return _rejected(number, message, "via bot", VIA_BOT, chats)
    text = message.get("text") or message.get("caption") or ""
    origin = _origin(message)
    if (origin or "forward_origin" in message or "forward_date" in message) and (
        text.startswith("/") or origin is None
    ):
        return _rejected(number, message, "forwarded", FORWARDED, chats)
    return Heard(
        number,
        "said",
        sender["id"],
        _name(sender),
        sender.get("language_code"),
        chat["id"],
        chat["type"] == "private",
        text,
        datetime.fromtimestamp(message["date"], UTC),
        message["message_id"],
        (message.get("reply_to_message") or {}).get("message_id"),
        None,
        message.get("message_thread_id") if message.get("is_topic_message") else None,
        origin,
    )


def _pressed(number: int, query: Json, chats: Collection[int]) -> Heard | Ignored:
    message, sender = query.get("message"), query["from"]
    if not message or sender.get("is_bot"):
        return Ignored(number, "a button of no message")
    chat = message["chat"]
    if chat["type"] != "private" and chat["id"] not in chats:
        return Ignored(number, "a button in a chat that is none of the desk's")
    return Heard(
        number,
        "pressed",
        sender["id"],
        _name(sender),
        sender.get("language_code"),
        chat["id"],
        chat["type"] == "private",
        query.get("data") or "",
        datetime.fromtimestamp(message.get("date") or 0, UTC),
        message["message_id"],
        (message.get("reply_to_message") or {}).get("message_id"),
        query["id"],
        message.get("message_thread_id") if message.get("is_topic_message") else None,
    )


def _rejected(number: int, message: Json, why: str, word: str, chats: Collection[int]) -> Rejected | Ignored:
    """Only what would have been a command is answered at all, and only where the desk is."""
    text = message.get("text") or message.get("caption") or ""
    chat = message["chat"]
    if not text.startswith("/"):
        return Ignored(number, why)
    if chat["type"] != "private" and chat["id"] not in chats:
        return Ignored(number, why)
    sender = message.get("from") or {}
    return Rejected(number, why, word, sender.get("id", 0), chat["id"], message["message_id"])


def _origin(message: Json) -> tuple[int | str | None, int] | None:
    origin = message.get("forward_origin") or {}
    if origin.get("type") != "channel":
        return None
    chat = origin.get("chat") or {}
    return chat.get("username") or chat.get("id"), int(origin.get("message_id", 0))


def _name(user: Json) -> str:
    return " ".join(part for part in (user.get("first_name"), user.get("last_name")) if part) or str(
        user["id"]
    )
