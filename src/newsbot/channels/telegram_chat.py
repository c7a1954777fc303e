"""The chat that a Telegram channel posts to, and the Bot API's answers about chats, members and the bot."""

from dataclasses import dataclass
from typing import Any, Protocol

from newsbot.reasons import PlatformCode, Reason

__all__ = ["RESPONSE_PARSERS", "BotDetails", "ChatDetails", "MemberDetails", "TargetChat"]


@dataclass(frozen=True, slots=True)
class BotDetails:
    """The details of the bot that the Bot API's method `getMe` returns."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class ChatDetails:
    """The details of a chat that the Bot API's method `getChat` returns."""

    id: int
    type: str
    username: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class MemberDetails:
    """The details of a member from the Bot API's `getChatMember`; a right is None if the answer omits it."""

    status: str
    can_post_messages: bool | None
    can_send_messages: bool | None


def _parse_bot(told: Any) -> BotDetails:
    return BotDetails(_parse_id(told), str(told["username"]))


def _parse_chat(told: Any) -> ChatDetails:
    return ChatDetails(_parse_id(told), str(told["type"]), told.get("username"), told.get("title"))


def _parse_member(told: Any) -> MemberDetails:
    return MemberDetails(str(told["status"]), told.get("can_post_messages"), told.get("can_send_messages"))


def _parse_id(told: Any) -> int:
    if type(told["id"]) is not int:
        raise ValueError("the answer has no id")
    return int(told["id"])


RESPONSE_PARSERS = {"getMe": _parse_bot, "getChat": _parse_chat, "getChatMember": _parse_member}
"""The parser of each Bot API method's result; it raises some error if the result is malformed."""


class ChatResponse(Protocol):
    """A chat in an answer of the Bot API: a `Chat` of python-telegram-bot, or `ChatDetails`."""

    @property
    def id(self) -> int: ...

    @property
    def type(self) -> str: ...

    @property
    def username(self) -> str | None: ...


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

    def update_from_response(self, response: ChatResponse) -> None:
        """Store the id, type and public name of the chat from an answer of the Bot API."""
        self.id, self._type = response.id, response.type
        self.name = response.username or self.name

    def move(self, to: int) -> Reason:
        """Store that the group became a supergroup with the id ``to``; return a message to the operator."""
        self.address = self.id = to
        self._type = "supergroup"
        self._news = PlatformCode.GROUP_FOLLOWED(name=self.asked, n=to)
        return self._news

    def news(self) -> Reason | None:
        """Return the message, for a receipt's note, that the group became a supergroup.

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
        if self.name:
            return f"https://t.me/{self.name}/{message_id}"
        number = str(self.id)
        return f"https://t.me/c/{number[4:]}/{message_id}" if number.startswith("-100") else None

    def holds(self, url: str | None) -> bool:
        """Return whether the message at a receipt's link ``url`` may be in this chat.

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

    def permalink(self, told: ChatResponse, message_id: int) -> str | None:
        """Return a message's permalink; None in a private chat or basic group, where messages have none."""
        if told.type not in {"channel", "supergroup"}:
            return None
        asked = str(self.address)
        name = told.username or (asked.removeprefix("@") if asked.startswith("@") else None)
        return f"https://t.me/{name or 'c/' + str(told.id).removeprefix('-100')}/{message_id}"
