"""The ports' values for posts before they are sent: due times and embargoes."""

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
    """The times at which a channel's posts were or will be sent, ascending, and its slots that are taken.

    ``slots`` are those of the channel's time slots (times at which it may post) that have a post.
    """

    times: tuple[datetime, ...] = ()
    slots: frozenset[datetime] = frozenset()


@dataclass(frozen=True, slots=True)
class NewDueTime:
    """The new due time of a post by its channel's rules.

    ``slot_at`` is the slot (a time at which the channel may post) that the post takes. If ``expires_at`` is
    None, the time at which the post expires does not change.
    """

    post_id: str
    due_at: datetime
    reason: Reason | None
    slot_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LatePost:
    """A post that was not sent in its time slot, which has passed.

    ``goes`` says that the post may be sent now nevertheless, because it is the first post of its channel that
    missed a slot.
    """

    post: Post
    goes: bool


@dataclass(frozen=True, slots=True)
class EmbargoLift:
    """The result of a person's request to lift an article's embargo.

    If ``done`` is true, the embargo is over. If it is false, ``first_by`` asked to lift the embargo, and a
    second person has to agree.
    """

    first_by: str
    embargo_until: datetime
    done: bool = False


SILENCE_PRECISION = timedelta(hours=4)
"""The longest gap between a source's items that doesn't count as silence.

`SourcesStore.list_found_times` may leave out times within such a gap.
"""
