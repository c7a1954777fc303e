"""The people of the newsroom, from config.yaml and from accepted invitations, and what each of them may do.

Everything that an editor can order is checked by the table `ROLES`, so the command line and the desk (the
editors' chat) allow the same. The table names tasks by the desk's commands.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from newsbot.config.models import PersonSettings
from newsbot.errors import NotPermitted
from newsbot.model import PARTS_OF_NEWSBOT, Post
from newsbot.ports import Clock
from newsbot.ports.desk import DeskPerson
from newsbot.reasons import UsageCode, list_names

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

    # This import serves only type checking: at run time, the command line's help would wait for it.
    from newsbot.newsroom.composition import Composition

__all__ = [
    "GROUP_ROLE",
    "ROLES",
    "Invitations",
    "People",
    "Permissions",
    "Person",
    "Role",
    "UseCases",
    "allows",
    "hash_invitation",
]


_INVITATION_LASTS = timedelta(hours=24)


class Role(IntEnum):
    """The role of a person, which says what the person may do;
    each role has the rights of the roles that are listed before it.
    """

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3


ROLES = {
    **dict.fromkeys(("queue", "show", "why", "status", "preview", "help", "lang", "web"), Role.VIEWER),
    **dict.fromkeys(("post", "breaking", "approve", "cancel", "now", "move", "retry", "stop"), Role.EDITOR),
    **dict.fromkeys(("edit", "fix", "correct", "skip", "resolve", "embargo"), Role.EDITOR),
    **dict.fromkeys(("pause", "resume"), Role.EDITOR),
    **dict.fromkeys(("withdraw", "takedown", "block", "unblock", "lift", "invite"), Role.ADMIN),
    # The desk starts the next tasks by buttons only, not by commands: to answer a question about held
    # posts ("held"), to update the published article that a held post's article resembles
    # ("instead"), to update a published article that its source edited ("update"), to choose the channel
    # whose post is edited ("pick"), and to say that a person has deleted a post by hand ("deleted").
    **dict.fromkeys(("held", "instead", "update", "pick", "deleted"), Role.EDITOR),
    **dict.fromkeys(("start", "each", "back"), Role.VIEWER),
}
"""The lowest role that may do each task. The task ``lift`` ends an embargo early."""


GROUP_ROLE = Role.EDITOR
"""The role whose commands Telegram's menu shows in a group, where everybody sees the same menu."""


def allows(role: Role, task: str) -> bool:
    """Return whether people with the role ``role`` may do ``task``, which is a key of `ROLES`."""
    return role >= ROLES[task]


@dataclass(frozen=True, slots=True)
class Person:
    """A person who uses the desk; ``languages`` and ``channels`` limit the posts that
    the person may see and act on.

    Empty ``languages`` or ``channels`` mean no limit. ``by`` is the name that the ledger stores for the
    person, such as ``tg:111``; ``language`` is the language that the person chose for the desk's messages.
    """

    id: int
    name: str
    role: Role
    by: str
    language: str | None = None
    languages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def may_see(self, post: Post) -> bool:
        """Return whether the post's channel and language are among those that
        the person may see and act on.
        """
        if self.channels and post.channel not in self.channels:
            return False
        return not self.languages or post.language in {None, *self.languages}


class People:
    """All people that newsbot knows: those in config.yaml,
    and those that the ledger had when they were last loaded.
    """

    def __init__(self, configured: Mapping[int, PersonSettings]) -> None:
        self._configured = configured
        self._known: dict[int, DeskPerson] = {}
        self._accounts = {given.cli: number for number, given in configured.items() if given.cli}

    def replace_known(self, known: list[DeskPerson]) -> None:
        """Replace the people that were loaded from the ledger earlier by ``known``,
        who are in the ledger now.
        """
        self._known = {one.user_id: one for one in known}

    def find(self, user_id: int) -> Person | None:
        """Return the person with the Telegram id ``user_id``;
        None if neither config.yaml nor the ledger has the person.
        """
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
        """Return the name that the ledger stores for the person with the Telegram id ``user_id``;
        None if it has none.
        """
        found = self._known.get(user_id)
        return found.name if found else None

    def same_person(self, by: str) -> str:
        """Return the Telegram name (``tg:111``) of the person ``by`` if config.yaml links it
        to ``cli:ana``, else ``by``.

        So two accounts of one person compare as equal.
        """
        kind, _, who = by.partition(":")
        number = self._accounts.get(who) if kind == "cli" else None
        return by if number is None else f"tg:{number}"

    def name(self, by: str) -> str:
        """Return the name to show people for the person ``by``,
        whom the ledger calls ``tg:111`` or ``cli:ana``.
        """
        kind, _, who = self.same_person(by).partition(":")
        if kind == "tg" and who.isdecimal():
            found = self.find(int(who))
            return found.name if found else self.get_stored_name(int(who)) or who
        return who if kind == "cli" else by

    def describe_actor(self, by: str) -> str | None:
        """Return who caused an event of the history: a person's name, or ``newsbot`` for one of newsbot's
        components.

        Return None for anything else, such as a source.
        """
        if by in PARTS_OF_NEWSBOT:
            return "newsbot"
        return self.name(by) if ":" in by else None

    def list_people(self) -> list[Person]:
        """Return all people of the newsroom, those in config.yaml first."""
        ids = dict.fromkeys([*self._configured, *self._known])
        return [found for each in ids if (found := self.find(each))]


@dataclass(eq=False, repr=False)
class Permissions:
    """The check whether a person may do a task.

    A person is named as in the ledger: ``tg:111`` in the chat, ``cli:ana`` at the command line. If
    config.yaml says that an account of the command line belongs to one of the ``people``, the account has
    that person's rights. Any other account of the command line may do everything, because it can open the
    database itself.
    """

    people: People = field(default_factory=lambda: People({}))

    def require(
        self,
        task: str,
        by: str,
        posts: Callable[[], Iterable[Post]] = lambda: (),
        channels: Iterable[str] = (),
    ) -> None:
        """Check that the person ``by`` may do ``task`` on all ``channels``,
        and may see at least one of the ``posts``.

        Raises:
            NotPermitted: the person may not.
        """
        kind, _, number = self.people.same_person(by).partition(":")
        if kind != "tg" or not number.isdecimal() or not self.people.list_people():
            return
        person = self.people.find(int(number))
        if person is None or not allows(person.role, task):
            about = {"task": task, "role": ROLES[task].name.lower(), "name": self.people.name(by)}
            why = UsageCode.ROLE_TOO_LOW(**about, own_role=person.role.name.lower()) if person else None
            raise NotPermitted(why or UsageCode.NO_ROLE(**about), about["role"])
        if person.channels or person.languages:
            some = list(posts())
            if some and not any(map(person.may_see, some)):
                ids = list_names(post.id for post in some[:5])
                raise NotPermitted(UsageCode.OTHER_POSTS(name=person.name, reasons=ids))
        if person.channels and (others := [name for name in channels if name not in person.channels]):
            raise NotPermitted(UsageCode.OTHER_CHANNELS(name=person.name, reasons=list_names(others)))

    def list_approvers(self, posts: Iterable[Post]) -> list[int]:
        """Return the Telegram ids of the people who may approve at least one of the posts."""
        some = list(posts)
        ids = [person.id for person in self.people.list_people()]
        return [each for each in ids if any(self.may_approve(each, post) for post in some)]

    def may_approve(self, user_id: int, post: Post) -> bool:
        """Return whether the person with the Telegram id ``user_id`` may approve the post."""
        found = self.people.find(user_id)
        return found is not None and allows(found.role, "approve") and found.may_see(post)


class Invitation(NamedTuple):
    """An invitation to the desk (the editors' chat);
    the first person who opens its link before ``until`` joins.

    The link contains the ``secret``.
    """

    secret: str
    until: datetime


@dataclass(eq=False, repr=False)
class Invitations:
    """The component that makes invitations to the desk (the editors' chat).

    The ledger stores only the hash of an invitation's secret.
    """

    ledger: "Ledger"
    clock: Clock
    permissions: Permissions = field(default_factory=Permissions, kw_only=True)

    def make(self, role: str, by: str) -> Invitation:
        """Make an invitation for one person, who will have the ``role``; the invitation is valid for a day.

        Raises:
            NotPermitted: the person ``by`` may not invite.
        """
        self.permissions.require("invite", by)
        now = self.clock.now()
        made = Invitation(secrets.token_urlsafe(18), now + _INVITATION_LASTS)
        self.ledger.desk.invite(hash_invitation(made.secret), role, by=by, now=now, expires_at=made.until)
        return made

    def accept(self, secret: str, person: DeskPerson) -> DeskPerson | None:
        """Let a person join the desk (the editors' chat) by an invitation's secret, which works once; return
        the person with the new role.

        Return None if the secret is not valid, or was used before.
        """
        return self.ledger.desk.join(hash_invitation(secret), person, now=self.clock.now())


def hash_invitation(secret: str) -> str:
    """Return the hash of an invitation's secret, which the ledger stores instead of the secret."""
    return sha256(secret.encode()).hexdigest()


@dataclass(eq=False, repr=False)
class UseCases:
    """The base class of everything that editors can order on the command line or at
    the desk (the editors' chat).

    In all methods, ``by`` is the person who orders, such as ``cli:ana``; without ``permissions`` everybody
    may do everything. All methods may raise NotPermitted, UsageError (no such post) and LedgerError.
    """

    ledger: "Ledger"
    composition: "Composition"
    clock: Clock
    permissions: Permissions = field(default_factory=Permissions, kw_only=True)

    def _require(self, task: str, by: str, post_id: str) -> None:
        """Check that the person ``by`` may do the task (a key of `people.ROLES`) to the post ``post_id``.

        Raises:
            NotPermitted: the person may not.
        """
        self.permissions.require(task, by, lambda: [self.ledger.posts.get_post(post_id)])

    def _list_posts(self, article_id: str) -> list[Post]:
        """Return all posts of an article and of the article's duplicates from other sources."""
        return [
            post
            for name in self.ledger.actions.list_same_articles(article_id)
            for post in self.ledger.posts.list_posts(article_id=name, limit=None)
        ]
