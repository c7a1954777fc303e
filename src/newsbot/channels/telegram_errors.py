"""What an answer of the Bot API other than 2xx means for the post and its channel."""

import json
import re
from dataclasses import dataclass
from typing import Any

from newsbot.channels.redaction import format_one_line
from newsbot.errors import (
    ChannelRefused,
    MediaRefused,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SendError,
    TooLate,
)

__all__ = ["ChatMoved", "MessageUnchanged", "TelegramCall", "WrongMessageKind", "classify_telegram_response"]

WAIT = 30.0
"""Seconds after a 429 that does not say how long."""

_TOPIC = re.compile(r"thread not found|topic_(?:closed|deleted)|topic (?:is )?closed", re.IGNORECASE)
_CHAT = re.compile(
    r"chat not found|rights|administrator|not a member|forbidden|admin_required|peer_id_invalid|"
    r"chat_id is empty|chat_restricted|channel_private|deactivated|kicked|blocked|upgraded",
    re.IGNORECASE,
)
_GONE = re.compile(r"message to (?:edit|delete) not found|message_id_invalid", re.IGNORECASE)
_KIND = re.compile(r"there is no (?:text|caption) in the message to edit", re.IGNORECASE)
_LATE = re.compile(r"message can't be (?:edited|deleted)|message_(?:edit|delete)_\w+", re.IGNORECASE)
_SAME = re.compile(r"message is not modified|message_not_modified", re.IGNORECASE)
_PHOTO = re.compile(
    r"photo|image|media|caption|webpage|file (?:is too big|must be)|wrong (?:remote )?file", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TelegramCall:
    """What a call was for: ``post`` in ``chat`` (with a photo), or something that shows nowhere.

    ``out``: it was to change a message that is out.
    """

    chat: int | str
    post: bool = False
    photo: bool = False
    out: bool = False

    @property
    def doubt(self) -> str:
        """How a sentence on a lost call ends."""
        return f"; the post may or may not be out: look at {self.chat}" if self.post else ""


class ChatMoved(ChannelRefused):
    """A group became a supergroup, whose id is ``to``. Surely not sent: the adapter follows, once a call."""

    def __init__(self, message: str, *, to: int) -> None:
        super().__init__(message)
        self.to = to


class WrongMessageKind(Refused):
    """The message has a caption where its text was to be edited, or the other way round."""


class MessageUnchanged(Refused):
    """The message reads as the edit would make it."""


def classify_telegram_response(
    status: int, body: bytes, asked: TelegramCall, *, key: str, secrets: tuple[str, ...]
) -> SendError:
    """The error that a status and body prove; ``key`` is the pace key that a 429 is about.

    A 4xx proves that nothing was sent (the Bot API answers it before it acts), but for 408, which a proxy
    sends; a 5xx or a redirect proves nothing.
    """
    answer = _parse_json_object(body)
    words = format_one_line(answer.get("description") or "", secrets)
    said = f"Telegram answered {words!r}" if words else f"Telegram answered HTTP {status}"
    if not 400 <= status < 500 or status == 408:  # noqa: PLR2004  RFC 9110's classes
        return OutcomeUnknown(said + asked.doubt)
    parameters = answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if status == 429:  # noqa: PLR2004
        return RateLimited(said, retry_after=_retry_seconds(parameters.get("retry_after")), key=key)
    moved = parameters.get("migrate_to_chat_id")
    if type(moved) is int:
        mend = f"set chat to {moved} in config.yaml"
        return ChatMoved(f"{said}: the group {asked.chat} became a supergroup; {mend}", to=moved)
    if status in {401, 404}:
        mend = "check token (as @BotFather gives it) and api"
        return ChannelRefused(f"{said}: the bot's token is wrong or revoked; {mend}")
    return _classify_refusal(status, said, words, asked)


def _classify_refusal(status: int, said: str, words: str, asked: TelegramCall) -> SendError:
    """A 400, 403 or 413 is about the photo, the chat, the message or the text; mostly only its words tell."""
    for pattern, error in (
        (_SAME, MessageUnchanged),
        (_GONE, MessageGone),
        (_KIND, WrongMessageKind),
        (_LATE, TooLate),
    ):
        if asked.out and pattern.search(words):
            return error(said)
    if asked.photo and (status == 413 or _PHOTO.search(words)):  # noqa: PLR2004
        return MediaRefused(said)
    if _TOPIC.search(words):
        return ChannelRefused(f"{said}: check topic in config.yaml")
    if status == 403 or _CHAT.search(words):  # noqa: PLR2004
        mend = f"check chat, and make the bot an administrator of {asked.chat} with the right to post"
        return ChannelRefused(f"{said}: {mend}")
    if not words:  # not the Bot API's own answer but one on the way to it
        return NotSent(f"{said}, and no reason: check api and the proxies on the way")
    return Refused(said)


def _parse_json_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _retry_seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else WAIT
