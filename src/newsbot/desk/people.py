"""Who may do what: numeric ids of config.yaml, and of those who took up an invitation."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from newsbot.config.models import PersonSettings
from newsbot.model import Post
from newsbot.ports.desk import DeskPerson

__all__ = ["People", "Person", "Role"]


class Role(IntEnum):
    """Each may what the one before it may."""

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the desk obeys. ``languages`` and ``channels`` narrow what they see and act on."""

    id: int
    name: str
    role: Role
    by: str
    language: str | None = None
    languages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def sees(self, post: Post) -> bool:
        """Is the post theirs to look at and act on?"""
        if self.channels and post.channel not in self.channels:
            return False
        return not self.languages or post.language in {None, *self.languages}


class People:
    """config.yaml's, and the ledger's as it was last told."""

    def __init__(self, configured: Mapping[int, PersonSettings]) -> None:
        self._configured = configured
        self._known: dict[int, DeskPerson] = {}
        self._accounts = {given.cli: number for number, given in configured.items() if given.cli}

    def learn(self, known: list[DeskPerson]) -> None:
        """What the ledger has."""
        self._known = {one.user_id: one for one in known}

    def find(self, user_id: int) -> Person | None:
        """None for a stranger."""
        given, known = self._configured.get(user_id), self._known.get(user_id)
        role = given.role if given else known.role if known else None
        if role is None:
            return None
        name = (given.name if given else None) or (known.name if known else None) or str(user_id)
        scope = (given.languages, given.channels) if given else ((), ())
        return Person(
            user_id, name, Role[role.upper()], f"tg:{user_id}", known.language if known else None, *scope
        )

    def get_stored_name(self, user_id: int) -> str | None:
        """The name that the ledger has."""
        found = self._known.get(user_id)
        return found.name if found else None

    def same_person(self, by: str) -> str:
        """``cli:ana`` is ``tg:111`` where config.yaml says that both are one; else as it is."""
        kind, _, who = by.partition(":")
        number = self._accounts.get(who) if kind == "cli" else None
        return by if number is None else f"tg:{number}"

    def may_answer(self, user_id: int, post: Post) -> bool:
        """Could they approve it?"""
        found = self.find(user_id)
        return found is not None and found.role >= Role.EDITOR and found.sees(post)

    def name(self, by: str) -> str:
        """Who ``tg:111`` or ``cli:ana`` is, for people."""
        kind, _, who = self.same_person(by).partition(":")
        if kind == "tg" and who.isdecimal():
            found = self.find(int(who))
            return found.name if found else self.get_stored_name(int(who)) or who
        return who if kind == "cli" else by

    def all(self) -> list[Person]:
        """Everybody, config.yaml's first."""
        ids = dict.fromkeys([*self._configured, *self._known])
        return [found for each in ids if (found := self.find(each))]
