"""The ports for posts before they are sent: due times, votes, edits, embargoes, and their history."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsbot.model import Post
from newsbot.reasons import Reason

__all__ = [
    "SILENCE_PRECISION",
    "ChannelCalendar",
    "EmbargoLift",
    "LatePost",
    "NewDueTime",
]


@dataclass(frozen=True, slots=True)
class ChannelCalendar:
    """The taken times of a channel.

    ``times`` are when posts go or went, ascending; ``slots`` are the slots that have a post.
    """

    times: tuple[datetime, ...] = ()
    slots: frozenset[datetime] = frozenset()


@dataclass(frozen=True, slots=True)
class NewDueTime:
    """A post's new due time by the rules. With ``expires_at`` None the expiry time stays as it is."""

    post_id: str
    due_at: datetime
    reason: Reason | None
    slot_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LatePost:
    """A post that is past its slot.

    ``goes``: it may be sent now nevertheless, as the first of its channel.
    """

    post: Post
    goes: bool


@dataclass(frozen=True, slots=True)
class EmbargoLift:
    """The result of a request to lift an embargo.

    ``done``: the embargo is over. Otherwise ``first_by`` asked to lift it, and a second person has to agree.
    """

    first_by: str
    embargo_until: datetime
    done: bool = False


SILENCE_PRECISION = timedelta(hours=4)
"""The longest gap that is no silence: `SourcesStore.list_found_times` may leave out times within it."""
