"""What polls ask of the ledger, many at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from newsbot.model import Item
from newsbot.ports.finding import Compared, PollResult, SourceState

__all__ = ["PollAnswers", "PollClaim", "PollRequest", "Polling", "RecordedPoll"]


@dataclass(frozen=True, slots=True)
class PollRequest:
    """Asks for the right to poll ``source``, if it is due and nobody else polls it.

    With ``least`` it is due as soon as its last poll is that old, whatever its interval says. ``eager``: a
    source that failed is due at once. ``resumed``: this process still has the claim of an earlier poll whose
    result could not be stored, and that poll is over.
    """

    source: str
    least: timedelta | None = None
    eager: bool = False
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class PollClaim:
    """The answer to a `PollRequest`. ``unfinished`` as in `RecordedPoll`, where it is not ``granted``."""

    granted: bool
    state: SourceState
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class RecordedPoll:
    """A poll that is stored. ``taken`` are the ids of the articles that are to be read.

    ``unfinished``: something of the source waits to be read or followed, from this poll or an earlier one.
    """

    taken: tuple[str, ...]
    unfinished: bool


@dataclass(frozen=True, slots=True)
class PollAnswers:
    """Answers in the order of what was asked."""

    claims: Sequence[PollClaim] = ()
    compared: Sequence[Compared] = ()
    recorded: Sequence[RecordedPoll] = ()


class Polling(Protocol):
    """The Ledger port's part for polls."""

    def exchange_polls(
        self,
        requests: Sequence[PollRequest],
        comparisons: Sequence[tuple[str, Collection[Item]]],
        results: Sequence[tuple[str, PollResult]],
        *,
        now: datetime,
        lease: timedelta,
    ) -> PollAnswers:
        """Claim, compare and store polls of any sources in one transaction: all of it, or nothing.

        A source stands in one of the three at the most, and there once. Each does what `claim_poll`,
        `compare` and `record_poll` do for one source.
        """
        ...
