"""Plan when posts are sent, by the rules of their channels and the times that
other posts in the ledger take.
"""

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

# To count a channel's posts of the present day, newsbot looks back this long. A day may last over 24 hours,
# because clocks may be put back on it.
_DAY = timedelta(hours=27)
# A post that is sent less than this time after its due time still counts as sent in its slot (the time by its
# channel's schedule).
_SOON = timedelta(minutes=2)
_TRIES = 20
_TRIES_OF_CHANGES = 5
# The time from midnight UTC at the start of a day until the day is over in every time zone.
_DAY_EVERYWHERE = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class BreakingLane:
    """The settings for posts of breaking news.

    ``passes`` are the limits of channels that such posts skip: some of ``gap``, ``slots`` (times to post),
    ``quiet`` (quiet hours) and ``per_day``. ``approval`` is the number of people who must approve a post.
    ``silent`` posts notify readers without a sound.
    """

    passes: frozenset[str] = frozenset({"gap", "slots", "quiet", "per_day"})
    approval: int = 1
    silent: bool = True

    def rules(self, rules: Rules) -> Rules:
        """Return a channel's sending rules without the limits that posts of breaking news skip."""
        free = Rules()
        return replace(rules, **{name: getattr(free, name) for name in self.passes})


def retry_until_free(work: Callable[[], T]) -> T:
    """Run ``work``, which plans and stores posts, again if another process has taken a post's time slot in
    between.

    Raises:
        SlotTaken: another process took the time slots in each of 20 attempts.
    """
    return _retry(work, SlotTaken, _TRIES)


def retry_while_changed(work: Callable[[], T]) -> T:
    """Run ``work``, which plans and stores a change, again if the state of a post has changed in between.

    Raises:
        InvalidTransition: the state changed in each of five attempts, or does not allow the change.
    """
    return _retry(work, InvalidTransition, _TRIES_OF_CHANGES)


def _retry(work: Callable[[], T], error: type[NewsbotError], times: int) -> T:
    for _ in range(times - 1):
        with suppress(error):
            return work()
    return work()


def explain_embargo_end(reason: Reason) -> Reason:
    """Return the reason for the due time of a post that has to wait for the end of its article's embargo.

    ``reason`` says why the post is sent at that time after the embargo.
    """
    if reason.code is Code.AS_SOON_AS_THERE:
        return Code.EMBARGO_ENDS()
    return join_reasons([Code.AFTER_EMBARGO(), reason])


@dataclass(eq=False, repr=False)
class Planner:
    """The component that plans posts' due times by the rules of their channels.

    If ``store`` is None, the planner knows of no times that other posts take.
    """

    store: "ScheduleStore | None"
    channel_rules: Mapping[str, Rules]
    clock: Clock
    breaking: BreakingLane

    def rules(self, name: str, *, breaking: bool = False) -> Rules:
        """Return the rules of the channel ``name``; rules without limits if
        config.yaml no longer has the channel.

        With ``breaking``, return the rules without the limits that posts of breaking news skip.
        """
        rules = self.channel_rules.get(name, Rules())
        return self.breaking.rules(rules) if breaking else rules

    def plan(
        self,
        name: str,
        *,
        wanted: datetime | None = None,
        breaking: bool = False,
        without: Collection[str] = (),
    ) -> Plan:
        """Return the first time, from ``wanted`` on, at which a post may be sent on the channel ``name``.

        If ``wanted`` is None, the search begins now. ``without`` are the ids of posts that are getting new
        times, so their present times count as free.
        """
        rules, now = self.rules(name, breaking=breaking), self.clock.now()
        wanted = max(wanted or now, now)
        found = plan(rules, wanted, taken=self._find_taken(name, rules, wanted, without))
        return found._replace(reason=join_reasons([Code.BREAKING(), found.reason])) if breaking else found

    def spread(self, name: str, posts: Sequence[Post]) -> list[NewDueTime]:
        """Return new times for ``posts``, one after another by the rules of their channel,
        so that few are sent at once.
        """
        return self.plan_in_order(name, posts, spread(self.rules(name)))

    def plan_in_order(self, name: str, posts: Sequence[Post], rules: Rules | None = None) -> list[NewDueTime]:
        """Return new times for ``posts`` of the channel ``name`` in their order,
        by ``rules`` or else the channel's rules.
        """
        rules, now = rules or self.rules(name), self.clock.now()
        taken = self._find_taken(name, rules, now, [post.id for post in posts])
        times = []
        for post in posts:
            own = self.breaking.rules(rules) if post.breaking else rules
            found = plan(own, max(now, post.embargo_until or now), taken=taken)
            taken = add_plan(taken, found)
            times.append(NewDueTime(post.id, found.due_at, found.reason, found.slot_at))
        return times

    def replan_missed(self) -> list[Post]:
        """Give new times to posts whose slots (times by their channels' schedules) have passed unused (while
        no service ran, for example).

        On each channel, the first such post is sent now, and the others in later slots. Return the posts with
        new times.
        """
        return retry_until_free(self._replan_late)

    def _replan_late(self) -> list[Post]:
        now = self.clock.now()
        spans = {
            name: find_slot_interval(rules, now) for name, rules in self.channel_rules.items() if rules.slots
        }
        if not spans or self.store is None:
            return []
        since = {name: span.since for name, span in spans.items() if span}
        late = self.store.list_late_posts(since, now=now)
        times = [new for one in late if one.goes and (new := self._note_late(one, now))]
        for name in since:
            posts = [one.post for one in late if one.post.channel == name and not one.goes]
            times += [
                replace(new, reason=join_reasons([new.reason, self._explain_slot(Code.SLOT_PASSED, post)]))
                for new, post in zip(self.spread(name, posts) if posts else (), posts, strict=True)
            ]
        return self.store.replan(times, by=CLOCK, now=now) if times else []

    def _note_late(self, late: LatePost, now: datetime) -> NewDueTime | None:
        """Return the due time of a post that will be sent after its slot's time, with a reason that says so.

        Return None if the post already has that reason, or if its due time was less than two minutes ago.
        """
        post = late.post
        if post.due_at > now - _SOON or (post.reason and post.reason.code is Code.SLOT_MISSED):
            return None
        return NewDueTime(post.id, post.due_at, self._explain_slot(Code.SLOT_MISSED, post), post.slot_at)

    def _explain_slot(self, code: Code, post: Post) -> Reason:
        at = (post.slot_at or post.due_at).astimezone(self.rules(post.channel).zone)
        return code(time=f"{at:%H:%M}", day=at.date())

    def get_taken_times(self, name: str, since: datetime) -> ChannelCalendar:
        """Return the times from ``since`` on that posts take on the channel ``name``,
        if the channel's rules need them.
        """
        return self._find_taken(name, self.rules(name), since, ())

    def _find_taken(
        self, name: str, rules: Rules, since: datetime, without: Collection[str]
    ) -> ChannelCalendar:
        if self.store is None or not (rules.gap or rules.slots or rules.per_day):
            return FREE
        since -= max(rules.gap, _DAY if rules.per_day else timedelta(0))
        return self.store.get_calendar(name, since=since, without=without, slots=bool(rules.slots))


def find_age_start(published: datetime | None, found: datetime) -> datetime:
    """Return the time from which the age of an article's posts counts:
    when the article was published or found.

    The earlier of both times counts. A publication time of midnight usually means that only the day is known;
    then the end of that day in all time zones counts as the publication time.
    """
    if published is None:
        return found
    is_day = published.astimezone(UTC).time() == time.min
    return min(published + _DAY_EVERYWHERE if is_day else published, found)
