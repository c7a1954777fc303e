"""What the Bot API tells of a bot, a chat and a member: as much as is asked for, of any server's age."""

from dataclasses import dataclass
from typing import Any

__all__ = ["ASKED", "Bot", "Chat", "Member"]


@dataclass(frozen=True, slots=True)
class Bot:
    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Chat:
    id: int
    type: str
    username: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """The rights are None where the answer names none."""

    status: str
    can_post_messages: bool | None
    can_send_messages: bool | None


def _bot(told: Any) -> Bot:
    return Bot(_id(told), str(told["username"]))


def _chat(told: Any) -> Chat:
    return Chat(_id(told), str(told["type"]), told.get("username"), told.get("title"))


def _member(told: Any) -> Member:
    return Member(str(told["status"]), told.get("can_post_messages"), told.get("can_send_messages"))


def _id(told: Any) -> int:
    if type(told["id"]) is not int:
        raise ValueError("the answer has no id")
    return int(told["id"])


ASKED = {"getMe": _bot, "getChat": _chat, "getChatMember": _member}
"""What is asked, and how the answer is read; anything is raised where it is none."""
