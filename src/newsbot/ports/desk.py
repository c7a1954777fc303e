"""The ledger's records for the desk (newsbot's chat interface): its updates, people and cards."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["ASKED_OUTCOME", "Card", "DeskPerson", "DeskUpdate", "RunningCommand"]


ASKED_OUTCOME = "?"
"""The outcome of a Telegram update that the desk answered with a question."""


@dataclass(frozen=True, slots=True)
class DeskUpdate:
    """A Telegram update in which a person asked for something.

    ``said`` is what the person wrote. ``outcome`` is None until the effect of the update is in the ledger.
    ``asked``: the desk was to answer with a question.
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
        """Return the name of this update that is stored in the events that it caused."""
        return f"{self.bot_id}:{self.update_id}"


@dataclass(slots=True)
class RunningCommand:
    """A desk command that runs in one transaction; ``outcome`` is stored with the command's effects."""

    outcome: str


@dataclass(frozen=True, slots=True)
class DeskPerson:
    """A person who wrote to the desk or was invited; ``role`` is None if config.yaml sets it."""

    user_id: int
    name: str
    role: str | None = None
    language: str | None = None
    invited_by: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A message of the desk that is edited whenever its subject (like a post) changes; created ``at``.

    ``message_id`` is None until the message is sent, and again once it is deleted. ``shown`` is what it
    shows. ``closed``: it is complete, so that only an event of its subject changes it.
    """

    id: int
    chat_id: int
    message_id: int | None
    kind: str
    subject: str
    shown: str | None
    at: datetime
    closed: bool = False
