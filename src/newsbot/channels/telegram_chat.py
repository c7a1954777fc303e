"""The chat that a channel posts to, and the Bot API's answers about it, its members and the bot."""

from dataclasses import dataclass
from typing import Any, Protocol

from newsbot.reasons import PlatformCode, Reason

__all__ = ["RESPONSE_PARSERS", "BotDetails", "ChatDetails", "MemberDetails", "TargetChat"]


@dataclass(frozen=True, slots=True)
class BotDetails:
    """The bot, as `getMe` describes it."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class ChatDetails:
    """A chat, as `getChat` describes it."""

    id: int
    type: str
    username: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class MemberDetails:
    """A member of a chat. A right is None if the answer does not name it."""

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
"""The parser of each method's result. It raises any error if the result is not as expected."""


class ChatResponse(Protocol):
    """A chat in an answer: PTB's own class, or `ChatDetails`."""

    @property
    def id(self) -> int: ...

    @property
    def type(self) -> str: ...

    @property
    def username(self) -> str | None: ...


class TargetChat:
    """The chat of a channel. ``address`` names it in calls; ``id`` is None until an answer has it.

    ``name`` is the public name without its @; None if the chat has none or the name is not known.
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
        """The rate limit's key, the same for any spelling of the chat's name, its id and all its topics."""
        return f"telegram:{self._bot_id}:{self.id if self.id is not None else str(self.address).lower()}"

    @property
    def is_group(self) -> bool:
        """Whether the chat is a group. Until an answer says so, a negative id counts as a group's."""
        if self._type:
            return self._type in {"group", "supergroup"}
        return self.id is not None and self.id < 0

    def update_from_response(self, response: ChatResponse) -> None:
        """Take the chat's id, type and name from an answer."""
        self.id, self._type = response.id, response.type
        self.name = response.username or self.name

    def move(self, to: int) -> Reason:
        """Record that the group became a supergroup with another id; return what the operator must do."""
        self.address = self.id = to
        self._type = "supergroup"
        self._news = PlatformCode.GROUP_FOLLOWED(name=self.asked, n=to)
        return self._news

    def news(self) -> Reason | None:
        """Return the message about such a move for the next receipt, only once."""
        news, self._news = self._news, None
        return news

    @property
    def may_be_channel(self) -> bool:
        """Whether the chat may be a channel. Until an answer has its type, it may; a group has no page."""
        return self._type in {None, "channel"}

    def link(self, message_id: str) -> str | None:
        """Return a message's permalink by its number, as far as the chat is known; None if it is not."""
        if self.name:
            return f"https://t.me/{self.name}/{message_id}"
        number = str(self.id)
        return f"https://t.me/c/{number[4:]}/{message_id}" if number.startswith("-100") else None

    def holds(self, url: str | None) -> bool:
        """Return whether the message at a receipt's ``url`` may be in this chat, by all that is known.

        Messages are numbered from 1 in every chat, so the number of another chat names another message here.
        """
        if url is None or "t.me/" not in url:
            return not self._has_links
        place = url.partition("t.me/")[2].rpartition("/")[0].partition("?")[0]
        if place.startswith("c/"):
            return self.id is None or str(self.id) == f"-100{place[2:].partition('/')[0]}"
        return self.name is None or self.name.lower() == place.partition("/")[0].lower()

    @property
    def _has_links(self) -> bool:
        """Whether receipts for the chat's messages have links."""
        return self._type in {"channel", "supergroup"} or str(self.id).startswith("-100")

    def permalink(self, told: ChatResponse, message_id: int) -> str | None:
        """Return a message's permalink; None for private chats and basic groups, which have no such links."""
        if told.type not in {"channel", "supergroup"}:
            return None
        asked = str(self.address)
        name = told.username or (asked.removeprefix("@") if asked.startswith("@") else None)
        return f"https://t.me/{name or 'c/' + str(told.id).removeprefix('-100')}/{message_id}"
