"""What the desk asks of the ledger: what it was told, whom it knows, what it shows."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["ASKED_OUTCOME", "Card", "DeskPerson", "DeskPort", "DeskUpdate", "RunningCommand"]


ASKED_OUTCOME = "?"
"""The outcome of an update that was answered by a question."""


@dataclass(frozen=True, slots=True)
class DeskUpdate:
    """An update that asked for something. ``outcome`` is None until its effect is in the ledger.

    ``asked``: it was to be answered by a question.
    """

    bot_id: int
    update_id: int
    at: datetime
    chat_id: int
    user_id: int
    said: str
    outcome: str | None = None
    asked: bool = False

    @property
    def cause(self) -> str:
        """What events that it caused name."""
        return f"{self.bot_id}:{self.update_id}"


@dataclass(slots=True)
class RunningCommand:
    """A command at work in one transaction; ``outcome`` is stored with its effects."""

    outcome: str


@dataclass(frozen=True, slots=True)
class DeskPerson:
    """A person whom the desk has met or who was invited; ``role`` is None where config.yaml says it."""

    user_id: int
    name: str
    role: str | None = None
    language: str | None = None
    invited_by: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A message of the desk that follows what it shows, opened ``at``. ``message_id`` is None while it is on
    its way.
    """

    id: int
    chat_id: int
    message_id: int | None
    kind: str
    subject: str
    shown: str | None
    at: datetime


class DeskPort(Protocol):
    """The part of the Ledger that only the desk asks for."""

    # -- what it was told

    def acquire_desk_lock(self, bot_id: int) -> bool:
        """Become the one poller of this bot among all services of the database; False: another one is."""
        ...

    def store_update(self, told: DeskUpdate) -> bool:
        """Store an update before anything is done; False where it was stored before."""
        ...

    def store_ignored_updates(self, every: Sequence[DeskUpdate], why: str) -> set[int]:
        """Store updates of one bot of which nothing comes, as done; the numbers of those that are new."""
        ...

    def begin_command(self, told: DeskUpdate, outcome: str) -> AbstractContextManager[RunningCommand]:
        """All that this thread does in the block, and that the update has its outcome, is one transaction.

        What is noted in stories names the update as its cause.
        """
        ...

    def finish_update(self, told: DeskUpdate, outcome: str | None = None) -> None:
        """It was answered, and nothing more is to be said; without ``outcome`` that stays as it is."""
        ...

    def list_open_updates(self, bot_id: int) -> list[DeskUpdate]:
        """Taken and not answered, oldest first: what a service that ended left."""
        ...

    def update(self, bot_id: int, update_id: int) -> DeskUpdate | None:
        """What was told then."""
        ...

    def mark_as_question(self, told: DeskUpdate) -> None:
        """It is answered by a question, which one press may answer; to be finished once that was said."""
        ...

    def consume_question(self, told: DeskUpdate, answer: str) -> bool:
        """The question's one answer: False where it has one already, or none was asked."""
        ...

    def delete_old_updates(self, *, before: datetime, limit: int) -> int:
        """Delete updates that are older and done, at most ``limit`` of them; returns how many those were."""
        ...

    # -- whom it knows

    def people(self) -> list[DeskPerson]: ...

    def save_person(self, known: DeskPerson, *, now: datetime) -> None:
        """A person by the name that they have now; their role and language stay."""
        ...

    def save_language(self, user_id: int, language: str) -> None:
        """The language that a person chose."""
        ...

    def invite(self, key: str, role: str, *, by: str, now: datetime, expires_at: datetime) -> None:
        """Keep an invitation by the hash of its secret."""
        ...

    def join(self, key: str, known: DeskPerson, *, now: datetime) -> DeskPerson | None:
        """Take up an invitation, once, in time: the person with their role; None where there is none."""
        ...

    # -- what it shows

    def cards(self, *, subject: str | None = None) -> list[Card]:
        """Those that still follow what they show, all or those of one subject."""
        ...

    def find_card(self, chat_id: int, message_id: int) -> Card | None:
        """What a message shows."""
        ...

    def add_card(self, chat_id: int, kind: str, subject: str, *, now: datetime) -> Card:
        """It is on its way: stored before the message leaves, so that it is sent once."""
        ...

    def update_card(self, card_id: int, *, message_id: int, shown: str, closed_at: datetime | None) -> None:
        """What the message shows now; with ``closed_at`` it follows no more."""
        ...

    def close_card(self, card_id: int, *, now: datetime) -> None:
        """Its message is gone."""
        ...

    def list_changed_articles(self, *, after: int, limit: int = 500) -> tuple[int, list[str]]:
        """The articles whose posts have new lines in their stories, and the last line's number."""
        ...

    def get_last_event_number(self) -> int:
        """The number of the newest line in all stories."""
        ...

    def save_memo(self, key: str, detail: str, *, now: datetime) -> None:
        """A word of the desk's own memory."""
        ...

    def get_memo(self, key: str) -> str | None: ...
