"""The morning's brief: what went out since the last one, what waits today, what needs somebody."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal

from newsbot.model import WAITING, Post, PostState
from newsbot.newsroom.trouble import Trouble
from newsbot.ports import Clock, Ledger

__all__ = ["Brief", "brief", "last_brief"]

_AHEAD = timedelta(hours=24)
_MOST = 200  # of the newest that were cancelled


@dataclass(frozen=True, slots=True)
class Brief:
    """From ``since`` until ``at``. ``out`` are posts that went out, ``breaking`` those of them by that lane.

    ``ended`` were cancelled or failed without a person's doing; ``waiting`` are due within a day, by time;
    ``held`` wait for somebody. ``money`` maps channels to what is spent of what.
    """

    since: datetime
    at: datetime
    out: tuple[Post, ...]
    breaking: tuple[Post, ...]
    ended: tuple[Post, ...]
    waiting: tuple[Post, ...]
    held: tuple[Post, ...]
    money: Mapping[str, tuple[Decimal, Decimal]]
    troubles: tuple[Trouble, ...]

    @property
    def is_empty(self) -> bool:
        """Is there nothing to tell?"""
        return not any((self.out, self.ended, self.waiting, self.held, self.troubles))


def brief(
    ledger: Ledger,
    clock: Clock,
    *,
    since: datetime,
    channels: Collection[str],
    budgets: Mapping[str, Decimal],
    troubles: Collection[Trouble],
) -> Brief:
    """``troubles`` are those of now, with their posts."""
    now = clock.now()
    out = ledger.sent_since(channels, since=since)
    queue = ledger.posts(states=WAITING, limit=None, oldest_first=True)
    over = [*ledger.failed(since=since), *ledger.posts(states=(PostState.CANCELLED,), limit=_MOST)]
    over.sort(key=lambda post: post.created_at, reverse=True)
    return Brief(
        since,
        now,
        tuple(out),
        tuple(post for post in out if post.breaking),
        tuple(post for post in over if post.error and (post.expires_at or post.due_at) >= since),
        tuple(post for post in queue if post.state is not PostState.HELD and post.due_at <= now + _AHEAD),
        tuple(post for post in queue if post.state is PostState.HELD),
        {name: (ledger.spent(name, now=now), limit) for name, limit in budgets.items()},
        tuple(troubles),
    )


def last_brief(at: time, zone: tzinfo, now: datetime) -> datetime:
    """When the latest brief was or is due: ``at`` by the clock in ``zone``, today or the day before.

    On a day that skips ``at`` it is due as much later as the clock is put forward.
    """
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), at, zone)
    if today.astimezone(now.tzinfo) > now:
        today = datetime.combine(local.date() - timedelta(days=1), at, zone)
    return today.astimezone(now.tzinfo)
