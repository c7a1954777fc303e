"""The desk's port to the ledger: its updates, its people and its cards."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["ASKED_OUTCOME", "Card", "DeskPerson", "DeskPort", "DeskUpdate", "RunningCommand"]


ASKED_OUTCOME = "?"
"""The outcome of an update that was answered with a question."""


@dataclass(frozen=True, slots=True)
class DeskUpdate:
    """A Telegram update that asked for something. ``outcome`` is None until its effect is in the ledger.

    ``asked``: it was to be answered with a question.
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
        """The name of this update in the events that it caused."""
        return f"{self.bot_id}:{self.update_id}"


@dataclass(slots=True)
class RunningCommand:
    """A command that runs in one transaction; ``outcome`` is stored with its effects."""

    outcome: str


@dataclass(frozen=True, slots=True)
class DeskPerson:
    """A person who wrote to the desk or was invited; ``role`` is None where config.yaml sets it."""

    user_id: int
    name: str
    role: str | None = None
    language: str | None = None
    invited_by: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A message of the desk that is kept up to date with its subject, opened ``at``.

    ``message_id`` is None until the message is sent.
    """

    id: int
    chat_id: int
    message_id: int | None
    kind: str
    subject: str
    shown: str | None
    at: datetime


class DeskPort(Protocol):
    """The part of the Ledger that only the desk uses."""

    # -- updates

    def acquire_desk_lock(self, bot_id: int) -> bool:
        """Become the only poller of this bot among all services of the database; False if another one is."""
        ...

    def store_update(self, told: DeskUpdate) -> bool:
        """Store an update before acting on it; False if it was stored before."""
        ...

    def store_ignored_updates(self, every: Sequence[DeskUpdate], why: str) -> set[int]:
        """Store updates of one bot that need no action, as done; return the numbers of those that are new."""
        ...

    def begin_command(self, told: DeskUpdate, outcome: str) -> AbstractContextManager[RunningCommand]:
        """Run the block in one transaction, together with the update's outcome.

        Events that this thread writes in the block name the update as their cause.
        """
        ...

    def finish_update(self, told: DeskUpdate, outcome: str | None = None) -> None:
        """Mark an update as answered; without ``outcome`` its outcome stays as it is."""
        ...

    def list_open_updates(self, bot_id: int) -> list[DeskUpdate]:
        """Return the updates that a service stored and did not answer before it ended, oldest first."""
        ...

    def update(self, bot_id: int, update_id: int) -> DeskUpdate | None:
        """Return one update; None if it is not stored."""
        ...

    def mark_as_question(self, told: DeskUpdate) -> None:
        """Record that an update is answered with a question, which one button press may answer.

        The caller finishes the update once the question was sent.
        """
        ...

    def consume_question(self, told: DeskUpdate, answer: str) -> bool:
        """Record the question's one answer; False if it has one already, or no question was asked."""
        ...

    def delete_old_updates(self, *, before: datetime, limit: int) -> int:
        """Delete finished updates older than ``before``, at most ``limit``; return how many were deleted."""
        ...

    # -- people

    def people(self) -> list[DeskPerson]:
        """Return every person that the desk knows."""
        ...

    def save_person(self, known: DeskPerson, *, now: datetime) -> None:
        """Store a person with their current name; their role and language stay."""
        ...

    def save_language(self, user_id: int, language: str) -> None:
        """Store the language that a person chose."""
        ...

    def invite(self, key: str, role: str, *, by: str, now: datetime, expires_at: datetime) -> None:
        """Store an invitation under the hash of its secret."""
        ...

    def join(self, key: str, known: DeskPerson, *, now: datetime) -> DeskPerson | None:
        """Use an invitation, once and before it expires.

        Returns the person with their role; None where there is no such invitation.
        """
        ...

    # -- cards

    def cards(self, *, subject: str | None = None) -> list[Card]:
        """Return the open cards, all or those of one subject."""
        ...

    def find_card(self, chat_id: int, message_id: int) -> Card | None:
        """Return the card of a message; None where it has none."""
        ...

    def add_card(self, chat_id: int, kind: str, subject: str, *, now: datetime) -> Card:
        """Store a card before its message leaves, so that the message is sent only once."""
        ...

    def update_card(self, card_id: int, *, message_id: int, shown: str, closed_at: datetime | None) -> None:
        """Store what the message shows now; with ``closed_at`` the card is closed."""
        ...

    def close_card(self, card_id: int, *, now: datetime) -> None:
        """Close a card whose message is gone."""
        ...

    def list_changed_articles(self, *, after: int, limit: int = 500) -> tuple[int, list[str]]:
        """Return the articles whose posts have new events, and the number of the last event."""
        ...

    def get_last_event_number(self) -> int:
        """Return the number of the newest event of all posts."""
        ...

    def save_memo(self, key: str, detail: str, *, now: datetime) -> None:
        """Store a value of the desk's own under a key."""
        ...

    def get_memo(self, key: str) -> str | None:
        """Return the value that the desk stored under a key; None for none."""
        ...
