"""The answers of Telegram's Bot API: what they say about the chat, and what an error proves about a post."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, StrictInt

from newsbot.channels.http_api import is_inconclusive, parse_json_object
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
from newsbot.reasons import Code, PlatformCode, Reason

if TYPE_CHECKING:
    from telegram import Chat

__all__ = [
    "RESPONSE_TYPES",
    "BotDetails",
    "ChatDetails",
    "ChatMoved",
    "MemberDetails",
    "MessageUnchanged",
    "TargetChat",
    "TelegramCall",
    "WrongMessageKind",
    "classify_telegram_response",
]


class BotDetails(BaseModel):
    """The details of the bot that the Bot API's method `getMe` returns."""

    id: StrictInt
    username: str


class ChatDetails(BaseModel):
    """The details of a chat that the Bot API's method `getChat` returns."""

    id: StrictInt
    type: str
    username: str | None = None
    title: str | None = None


class MemberDetails(BaseModel):
    """The details of a member from the Bot API's `getChatMember`; a right is None if the answer omits it."""

    status: str
    can_post_messages: bool | None = None
    can_send_messages: bool | None = None


RESPONSE_TYPES: dict[str, type[BaseModel]] = {
    "getMe": BotDetails,
    "getChat": ChatDetails,
    "getChatMember": MemberDetails,
}
"""The type of each Bot API method's result; validation raises an error if the result is malformed."""


class TargetChat:
    """The chat of a Telegram channel, with the values that the Bot API's answers gave for it.

    ``address`` names the chat in calls; ``id`` is None until an answer contains it. ``name`` is the public
    name without its @; None if the chat has no name or its name is not known.
    """

    def __init__(self, bot_id: int, asked: int | str) -> None:
        self.asked = asked
        self.address = asked
        self.id = asked if isinstance(asked, int) else None
        self.name = asked.removeprefix("@") if isinstance(asked, str) else None
        self._bot_id = bot_id
        self._type: str | None = None
        self._news: Reason | None = None

    @property
    def key(self) -> str:
        """Return the key of the chat's rate limits in the ledger, the same for all topics of the chat."""
        return f"telegram:{self._bot_id}:{self.id if self.id is not None else str(self.address).lower()}"

    @property
    def is_group(self) -> bool:
        """Return whether the chat is a group; until its type is known, a negative id counts as a group's."""
        if self._type:
            return self._type in {"group", "supergroup"}
        return self.id is not None and self.id < 0

    def update_from_response(self, response: "ChatDetails | Chat") -> None:
        """Store the id, type and public name of the chat from an answer of the Bot API."""
        self.id, self._type = response.id, response.type
        self.name = response.username or self.name

    def move(self, to: int) -> Reason:
        """Store that the group became a supergroup with the id ``to``; return a message to the operator."""
        self.address = self.id = to
        self._type = "supergroup"
        self._news = PlatformCode.GROUP_FOLLOWED(name=self.asked, n=to)
        return self._news

    def describe_move(self) -> Reason | None:
        """Return the message to editors that the group became a supergroup.

        Return None if the group did not become one, or if the message was returned before.
        """
        news, self._news = self._news, None
        return news

    @property
    def may_be_channel(self) -> bool:
        """Return whether the chat may be a channel, which has a public page; True until its type is known."""
        return self._type in {None, "channel"}

    def link(self, message_id: str) -> str | None:
        """Return the permalink of message ``message_id``; None if the chat has no links or is not known."""
        if self._type in {"private", "group"}:
            return None
        if self.name:
            return f"https://t.me/{self.name}/{message_id}"
        number = str(self.id)
        return f"https://t.me/c/{number[4:]}/{message_id}" if number.startswith("-100") else None

    def may_contain(self, url: str | None) -> bool:
        """Return whether the message with the link ``url`` may be in this chat.

        Messages are numbered from 1 in every chat, so a message's number in another chat is also that of
        another message in this chat.
        """
        if url is None or "t.me/" not in url:
            return not self._has_links
        place = url.partition("t.me/")[2].rpartition("/")[0].partition("?")[0]
        if place.startswith("c/"):
            return self.id is None or str(self.id) == f"-100{place[2:].partition('/')[0]}"
        return self.name is None or self.name.lower() == place.partition("/")[0].lower()

    @property
    def _has_links(self) -> bool:
        """Return whether the chat's messages have links, as those of channels and supergroups do."""
        return self._type in {"channel", "supergroup"} or str(self.id).startswith("-100")


WAIT = 30.0
"""The seconds to wait after an answer 429 (too many calls) that does not say how long to wait."""

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
    """The purpose of a call to the Bot API, by which an error of the call is explained.

    ``post`` says that the call publishes a message in ``chat``, and ``photo`` that the message has a photo.
    ``out`` says that the call changes a published message.
    """

    chat: int | str
    post: bool = False
    photo: bool = False
    out: bool = False

    def express_doubt(self, what: Reason) -> Reason:
        """Add to the reason ``what`` that the effect of the call is not known, and where a person can look.

        ``what`` is Telegram's answer or the failure. If the call posts nothing, return ``what`` unchanged.
        """
        return PlatformCode.MAYBE_OUT(what=what, place=self.chat) if self.post else what


class ChatMoved(ChannelRefused):
    """The error that a group became a supergroup with the id ``to``.

    The failed call sent nothing, so it is repeated in the supergroup.
    """

    def __init__(self, reason: Reason, *, to: int) -> None:
        super().__init__(reason)
        self.to = to


class WrongMessageKind(Refused):
    """The error that a call edits a message's text but the message has a caption, or the other way round."""


class MessageUnchanged(Refused):
    """The error that a message already has the text to which an edit would change it."""


def classify_telegram_response(
    status: int, body: bytes, asked: TelegramCall, *, key: str, secrets: tuple[str, ...]
) -> SendError:
    """Return the error for the status and body of an answer of the Bot API.

    ``key`` names the rate limit that a 429 (too many calls) is about. A 4xx proves that nothing was sent,
    because the Bot API answers 4xx only to a call on which it does not act.
    """
    answer = parse_json_object(body)
    words = format_one_line(answer.get("description") or "", secrets)
    said = PlatformCode.TELEGRAM_ANSWERED(words=repr(words) if words else f"HTTP {status}")
    if is_inconclusive(status):
        return OutcomeUnknown(asked.express_doubt(said))
    parameters = answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if status == 429:  # noqa: PLR2004
        return RateLimited(said, retry_after=_retry_seconds(parameters.get("retry_after")), key=key)
    moved = parameters.get("migrate_to_chat_id")
    if type(moved) is int:
        why = PlatformCode.GROUP_MOVED(name=asked.chat, n=moved)
        return ChatMoved(Code.TITLED(what=said, why=why), to=moved)
    if status in {401, 404}:
        return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.WRONG_TOKEN()))
    return _classify_refusal(status, said, words, asked)


def _classify_refusal(status: int, said: Reason, words: str, asked: TelegramCall) -> SendError:
    """Return the error for an answer 400, 403 or 413 of the Bot API, mostly by the answer's text.

    The text shows whether the photo, the chat, the message or the post's text was refused.
    """
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
        return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.CHECK_TOPIC()))
    if status == 403 or _CHAT.search(words):  # noqa: PLR2004
        return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.CHECK_CHAT(name=asked.chat)))
    # An answer without a reason counts as one of a proxy, because the Bot API always gives a reason.
    if not words:
        return NotSent(PlatformCode.NO_REASON_GIVEN(what=said))
    return Refused(said)


def _retry_seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else WAIT
