"""What is known of a ledger that was put back to an earlier state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["RESTORED", "Fencing", "Restored"]

RESTORED = "restored"
"""The failure code of a post that may be out by a ledger that was lost."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore that was noticed.

    What happened between ``since`` and ``until`` is not in the ledger; ``why`` says how that was noticed.
    ``waiting`` counts the posts that may be out and wait for evidence or a person. ``handled`` is False as
    long as no service has run on the ledger since: then nothing is held yet, and the times are not known.
    """

    why: str
    waiting: int = 0
    since: datetime | None = None
    until: datetime | None = None
    handled: bool = True


class Fencing(Protocol):
    """The ledger's part for restores."""

    def restored(self) -> Restored | None:
        """The last restore, as long as something of it waits; only looks."""
        ...
