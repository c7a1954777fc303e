"""The desk's port to the ledger: its updates, its people and its cards."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["ASKED_OUTCOME", "Card", "DeskPerson", "DeskUpdate", "RunningCommand"]


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

    ``message_id`` is None until the message is sent, and again once it is gone. ``closed``: it is complete,
    so that only an event of its subject changes it.
    """

    id: int
    chat_id: int
    message_id: int | None
    kind: str
    subject: str
    shown: str | None
    at: datetime
    closed: bool = False
