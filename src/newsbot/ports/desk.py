"""The ledger's records for the desk (newsbot's chat interface): Telegram's updates, people, and cards
(messages that show an article's state).
"""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["ASKED_OUTCOME", "Card", "DeskPerson", "DeskUpdate", "RunningCommand"]


ASKED_OUTCOME = "?"
"""The outcome of a Telegram update that the desk (the editors' chat) answered with a question."""


@dataclass(frozen=True, slots=True)
class DeskUpdate:
    """A Telegram update in which a person asked the desk (newsbot's chat interface) for something.

    ``said`` is the command that the person wrote, or the data of the pressed button in brackets. ``outcome``
    is the desk's answer as text; it is None until the effect of the update is in the ledger. ``asked`` says
    that the desk answers the update with a question.
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
        """Return the id of this Telegram update; the events that the update caused have this id as their
        cause.
        """
        return f"{self.bot_id}:{self.update_id}"


@dataclass(slots=True)
class RunningCommand:
    """A desk command that runs in a transaction, which also stores the command's ``outcome`` (the answer)."""

    outcome: str


@dataclass(frozen=True, slots=True)
class DeskPerson:
    """A person who wrote to the desk (the editors' chat) or was invited to it; ``role`` is None if
    config.yaml sets the role.
    """

    user_id: int
    name: str
    role: str | None = None
    language: str | None = None
    invited_by: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card: a chat message of the desk, which the desk edits whenever the card's subject changes.

    ``subject`` is the id of an article, or the number of a takedown (the removal of an article). ``at`` is
    when the card was stored. ``message_id`` is None until the message is sent, and again once the message is
    deleted. ``shown`` is a hash of the text and buttons that the message shows: None until the message is
    sent, and empty if the message is out of date. ``closed`` says that the card is complete, so that only a
    new event of its subject changes it.
    """

    id: int
    chat_id: int
    message_id: int | None
    kind: str
    subject: str
    shown: str | None
    at: datetime
    closed: bool = False
