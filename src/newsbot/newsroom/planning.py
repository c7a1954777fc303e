"""Plan when posts are sent, by their channels' rules and the times that the ledger's posts take."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from newsbot.errors import InvalidTransition, NewsbotError, SlotTaken
from newsbot.model import CLOCK, Post
from newsbot.ports import ChannelCalendar, Clock, LatePost, NewDueTime
from newsbot.reasons import Code, Reason, join_reasons
from newsbot.scheduling.rules import FREE, Plan, Rules, add_plan, find_slot_interval, plan, spread

if TYPE_CHECKING:
    from newsbot.ledger.schedule import ScheduleStore

__all__ = [
    "BreakingLane",
    "Planner",
    "explain_embargo_end",
    "find_age_start",
    "retry_until_free",
    "retry_while_changed",
]

T = TypeVar("T")

# The longest time since the start of the present day: a day with a clock put back is longer than 24 hours.
_DAY = timedelta(hours=27)
_SOON = timedelta(minutes=2)  # A post sent this soon after its slot's time counts as sent in its slot.
_TRIES = 20
_TRIES_OF_CHANGES = 5
_DAY_EVERYWHERE = timedelta(hours=36)  # The time from midnight UTC until the day is over in all time zones.


@dataclass(frozen=True, slots=True)
class BreakingLane:
    """The settings for breaking news.

    ``passes`` are the limits that breaking posts skip: some of gap, slots, quiet and per_day. ``approval`` is
    the number of people who must approve. ``silent`` posts make no sound.
    """

    passes: frozenset[str] = frozenset({"gap", "slots", "quiet", "per_day"})
    approval: int = 1
    silent: bool = True

    def rules(self, rules: Rules) -> Rules:
        """Return a channel's rules without the limits that breaking news skips."""
        free = Rules()
        return replace(rules, **{name: getattr(free, name) for name in self.passes})


def retry_until_free(work: Callable[[], T]) -> T:
    """Run ``work``, which plans and stores posts; run it again if another process took the slot in between.

    Raises:
        SlotTaken: the slots were taken again and again.
    """
    return _retry(work, SlotTaken, _TRIES)


def retry_while_changed(work: Callable[[], T]) -> T:
    """Run ``work``, which plans and stores a change; run it again if a post's state changed in between.

    Raises:
        InvalidTransition: the state changed again and again, or does not allow the work.
    """
    return _retry(work, InvalidTransition, _TRIES_OF_CHANGES)


def _retry(work: Callable[[], T], error: type[NewsbotError], times: int) -> T:
    for _ in range(times - 1):
        with suppress(error):
            return work()
    return work()


def explain_embargo_end(reason: Reason) -> Reason:
    """Return the reason for the due time of a post that has to wait for the end of its embargo.

    ``reason`` is why it is sent at that time after the embargo.
    """
    if reason.code is Code.AS_SOON_AS_THERE:
        return Code.EMBARGO_ENDS()
    return join_reasons([Code.AFTER_EMBARGO(), reason])


class Planner:
    """The planner of posts' times by their channels' rules; without a ledger, it knows no other posts."""

    def __init__(
        self, store: "ScheduleStore | None", rules: Mapping[str, Rules], clock: Clock, breaking: BreakingLane
    ) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self.breaking = breaking

    def rules(self, name: str, *, breaking: bool = False) -> Rules:
        """Return the channel's rules; rules without limits if config.yaml has no such channel any more."""
        rules = self._rules.get(name, Rules())
        return self.breaking.rules(rules) if breaking else rules

    def plan(
        self,
        name: str,
        *,
        wanted: datetime | None = None,
        breaking: bool = False,
        without: Collection[str] = (),
    ) -> Plan:
        """Return the first time from ``wanted`` (None: now) on when a post may be sent on the channel.

        ``without`` are the ids of posts that are being replanned, so their times count as free.
        """
        rules, now = self.rules(name, breaking=breaking), self._clock.now()
        wanted = max(wanted or now, now)
        found = plan(rules, wanted, taken=self._find_taken(name, rules, wanted, without))
        return found._replace(reason=join_reasons([Code.BREAKING(), found.reason])) if breaking else found

    def spread(self, name: str, posts: Sequence[Post]) -> list[NewDueTime]:
        """Return new times for ``posts``, one after another by the channel's rules, never many at once."""
        return self.plan_in_order(name, posts, spread(self.rules(name)))

    def plan_in_order(self, name: str, posts: Sequence[Post], rules: Rules | None = None) -> list[NewDueTime]:
        """Return new times for ``posts``, one after another, by ``rules`` or else by the channel's own."""
        rules, now = rules or self.rules(name), self._clock.now()
        taken = self._find_taken(name, rules, now, [post.id for post in posts])
        times = []
        for post in posts:
            own = self.breaking.rules(rules) if post.breaking else rules
            found = plan(own, max(now, post.embargo_until or now), taken=taken)
            taken = add_plan(taken, found)
            times.append(NewDueTime(post.id, found.due_at, found.reason, found.slot_at))
        return times

    def late(self) -> list[Post]:
        """Replan posts that missed their slots: each channel's first goes now, the others in later slots.

        Return the posts that have a new time.
        """
        return retry_until_free(self._replan_late)

    def _replan_late(self) -> list[Post]:
        now = self._clock.now()
        spans = {name: find_slot_interval(rules, now) for name, rules in self._rules.items() if rules.slots}
        if not spans or self._store is None:
            return []
        since = {name: span.since for name, span in spans.items() if span}
        late = self._store.list_late_posts(since, now=now)
        times = [new for one in late if one.goes and (new := self._note_late(one, now))]
        for name in since:
            posts = [one.post for one in late if one.post.channel == name and not one.goes]
            times += [
                replace(new, reason=join_reasons([new.reason, self._explain_slot(Code.SLOT_PASSED, post)]))
                for new, post in zip(self.spread(name, posts) if posts else (), posts, strict=True)
            ]
        return self._store.replan(times, by=CLOCK, now=now) if times else []

    def _note_late(self, late: LatePost, now: datetime) -> NewDueTime | None:
        """Return a post's due time with the reason that it is sent after its slot's time.

        Return None if the post already has that reason.
        """
        post = late.post
        if post.due_at > now - _SOON or (post.reason and post.reason.code is Code.SLOT_MISSED):
            return None
        return NewDueTime(post.id, post.due_at, self._explain_slot(Code.SLOT_MISSED, post), post.slot_at)

    def _explain_slot(self, code: Code, post: Post) -> Reason:
        at = (post.slot_at or post.due_at).astimezone(self.rules(post.channel).zone)
        return code(time=f"{at:%H:%M}", day=at.date())

    def get_taken_times(self, name: str, since: datetime) -> ChannelCalendar:
        """Return the times that other posts take on a channel, as far as its rules need them."""
        return self._find_taken(name, self.rules(name), since, ())

    def _find_taken(
        self, name: str, rules: Rules, since: datetime, without: Collection[str]
    ) -> ChannelCalendar:
        if self._store is None or not (rules.gap or rules.slots or rules.per_day):
            return FREE
        since -= max(rules.gap, _DAY if rules.per_day else timedelta(0))
        return self._store.get_calendar(name, since=since, without=without, slots=bool(rules.slots))


def find_age_start(published: datetime | None, found: datetime) -> datetime:
    """Return the time from which the age of an article's posts counts: when it was published or found.

    The earlier of both counts. A publication at midnight usually means a day without a time of day, so the
    age counts from the end of that day in all time zones.
    """
    if published is None:
        return found
    is_day = published.astimezone(UTC).time() == time.min
    return min(published + _DAY_EVERYWHERE if is_day else published, found)
