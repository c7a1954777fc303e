"""The people of the desk and their rights, from config.yaml and from accepted invitations."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from newsbot.config.models import PersonSettings
from newsbot.model import Post
from newsbot.ports.desk import DeskPerson

__all__ = ["People", "Person", "Role"]


class Role(IntEnum):
    """The roles of people. Each role has the rights of the ones before it."""

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the desk. ``languages`` and ``channels`` limit the posts that they see and act on."""

    id: int
    name: str
    role: Role
    by: str
    language: str | None = None
    languages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def sees(self, post: Post) -> bool:
        """Return whether the person may see the post and act on it."""
        if self.channels and post.channel not in self.channels:
            return False
        return not self.languages or post.language in {None, *self.languages}


class People:
    """The people in config.yaml, and those that the ledger had when they were last loaded."""

    def __init__(self, configured: Mapping[int, PersonSettings]) -> None:
        self._configured = configured
        self._known: dict[int, DeskPerson] = {}
        self._accounts = {given.cli: number for number, given in configured.items() if given.cli}

    def learn(self, known: list[DeskPerson]) -> None:
        """Replace the people that were loaded from the ledger."""
        self._known = {one.user_id: one for one in known}

    def find(self, user_id: int) -> Person | None:
        """Return the person with this Telegram id; None where the desk does not know them."""
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
        """Return the person's name in the ledger; None where it has none."""
        found = self._known.get(user_id)
        return found.name if found else None

    def same_person(self, by: str) -> str:
        """Return ``tg:111`` for ``cli:ana`` where config.yaml says both are one person; else ``by``."""
        kind, _, who = by.partition(":")
        number = self._accounts.get(who) if kind == "cli" else None
        return by if number is None else f"tg:{number}"

    def may_answer(self, user_id: int, post: Post) -> bool:
        """Return whether the person with this id may approve the post."""
        found = self.find(user_id)
        return found is not None and found.role >= Role.EDITOR and found.sees(post)

    def name(self, by: str) -> str:
        """Return the name to show for ``tg:111`` or ``cli:ana``."""
        kind, _, who = self.same_person(by).partition(":")
        if kind == "tg" and who.isdecimal():
            found = self.find(int(who))
            return found.name if found else self.get_stored_name(int(who)) or who
        return who if kind == "cli" else by

    def list_people(self) -> list[Person]:
        """Return all people, those in config.yaml first."""
        ids = dict.fromkeys([*self._configured, *self._known])
        return [found for each in ids if (found := self.find(each))]
