"""Which chat a channel posts to, and what the Bot API says of it, its members and the bot."""

from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["RESPONSE_PARSERS", "BotDetails", "ChatDetails", "MemberDetails", "TargetChat"]


@dataclass(frozen=True, slots=True)
class BotDetails:
    id: int
    username: str


@dataclass(frozen=True, slots=True)
class ChatDetails:
    id: int
    type: str
    username: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class MemberDetails:
    """The rights are None where the answer names none."""

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
"""What is asked, and how the answer is read; anything is raised where it is none."""


class ChatResponse(Protocol):
    """A chat by an answer: the vendor's, or as `getChat` was read."""

    @property
    def id(self) -> int: ...

    @property
    def type(self) -> str: ...

    @property
    def username(self) -> str | None: ...


class TargetChat:
    """``address`` is what calls name it by; ``id`` is None until an answer tells a name's.

    ``name`` is the public one, without its @; None where there is none, or none is known.
    """

    def __init__(self, bot_id: int, asked: int | str) -> None:
        self.asked = asked
        self.address = asked
        self.id = asked if isinstance(asked, int) else None
        self.name = asked.removeprefix("@") if isinstance(asked, str) else None
        self._bot_id = bot_id
        self._type: str | None = None
        self._news: str | None = None

    @property
    def key(self) -> str:
        """Of its pace: the same for its name in any spelling, its id and all its topics."""
        return f"telegram:{self._bot_id}:{self.id if self.id is not None else str(self.address).lower()}"

    @property
    def is_group(self) -> bool:
        """A negative id may be a group's or a channel's: it counts as a group's until an answer tells."""
        if self._type:
            return self._type in {"group", "supergroup"}
        return self.id is not None and self.id < 0

    def learn(self, told: ChatResponse) -> None:
        self.id, self._type = told.id, told.type
        self.name = told.username or self.name

    def move(self, to: int) -> str:
        """A group has become a supergroup, with an id of its own; returns what to do about it."""
        self.address = self.id = to
        self._type = "supergroup"
        self._news = f"the group {self.asked} became a supergroup: write chat: {to} in config.yaml"
        return self._news

    def news(self) -> str | None:
        """What the next receipt has to say of a move, once."""
        news, self._news = self._news, None
        return news

    @property
    def may_be_channel(self) -> bool:
        """Until an answer tells otherwise: a group has no public page."""
        return self._type in {None, "channel"}

    def link(self, message_id: str) -> str | None:
        """A message's permalink by its number, as far as the chat is known."""
        if self.name:
            return f"https://t.me/{self.name}/{message_id}"
        number = str(self.id)
        return f"https://t.me/c/{number[4:]}/{message_id}" if number.startswith("-100") else None

    def holds(self, url: str | None) -> bool:
        """May the message that a receipt's ``url`` leads to be one of this chat, by all that is known?

        Numbers count from 1 in every chat, so that one from elsewhere names another message here.
        """
        if url is None or "t.me/" not in url:
            return not self._has_links
        place = url.partition("t.me/")[2].rpartition("/")[0].partition("?")[0]
        if place.startswith("c/"):
            return self.id is None or str(self.id) == f"-100{place[2:].partition('/')[0]}"
        return self.name is None or self.name.lower() == place.partition("/")[0].lower()

    @property
    def _has_links(self) -> bool:
        """Its messages' receipts have them."""
        return self._type in {"channel", "supergroup"} or str(self.id).startswith("-100")

    def permalink(self, told: ChatResponse, message_id: int) -> str | None:
        """None for private chats and basic groups, which have no links to messages."""
        if told.type not in {"channel", "supergroup"}:
            return None
        asked = str(self.address)
        name = told.username or (asked.removeprefix("@") if asked.startswith("@") else None)
        return f"https://t.me/{name or 'c/' + str(told.id).removeprefix('-100')}/{message_id}"
