"""Who is there and where, unless told otherwise: four people, and a chat of each kind."""

from collections.abc import Iterable
from typing import Any

from newsbot.sandbox.telegram.state import Chat

__all__ = ["ADMIN", "EDITOR", "STRANGER", "VIEWER", "default_chats", "person", "private_chats"]

Json = dict[str, Any]


def person(id_: int, first_name: str, language: str = "en") -> Json:
    """A ``User``."""
    return {"id": id_, "is_bot": False, "first_name": first_name, "language_code": language}


ADMIN = person(111, "Ada")
EDITOR = person(222, "Bilal", "ur")
VIEWER = person(333, "Carmen", "es")
STRANGER = person(444, "Dana")
"""The desk's people as the documents' example has them (111 admin, 222 editor, 333 viewer), and one it does
not know."""


def private_chats(people: Iterable[Json]) -> list[Chat]:
    """Each person's chat with the bot; the stranger has not written to it yet."""
    return [
        Chat(
            each["id"],
            "private",
            each["first_name"],
            bot="member",
            members={each["id"]: each},
            started=each is not STRANGER,
        )
        for each in people
    ]


def default_chats() -> list[Chat]:
    """A public channel, a private supergroup, a group, a forum with two topics, and four people."""
    newsroom = {each["id"]: each for each in (ADMIN, EDITOR, VIEWER)}
    here: Json = {"members": newsroom, "admins": [ADMIN["id"]]}
    return [
        Chat(-1001000000001, "channel", "Sandbox", "sandbox"),
        Chat(-1001000000002, "supergroup", "Newsroom", **here),
        Chat(-1000003, "group", "Night shift", bot="member", **here),
        Chat(-1001000000004, "supergroup", "Forum", topics=(12, 13), **here),
        *private_chats((ADMIN, EDITOR, VIEWER, STRANGER)),
    ]
