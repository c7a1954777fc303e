"""Choose the messages that newsbot sends without being asked: reminders, alerts and the daily brief.

The desk (the editors' chat) renders and sends these messages. The ledger records a message as sent once
somebody has received it; if nobody could be reached, the desk sends it later.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from newsbot.model import Post, PostState
from newsbot.newsroom.alerts import Alert, AlertFinder, DailyBrief, find_last_brief_time, make_brief
from newsbot.ports import Clock
from newsbot.ports.alerts import Notice
from newsbot.scheduling.duty import DutyRoster

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["REPORT_CARD", "AlertNotices", "DailyBriefs", "Reminder", "Reminders", "Stage", "is_asked_once"]


Stage = Literal["soon", "due", "dying", "dead"]
_SOON = timedelta(minutes=30)
_PATIENCE = timedelta(minutes=15)  # A post that was queued less than this time ago needs no reminder yet.
_DYING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder to editors of a post that waits for approval; ``stage`` says how urgent the reminder is.

    The post is due ``soon`` (within half an hour), it is ``due``, or it is ``dying``: in the last hour before
    it expires, or in the last quarter of its time if that is shorter. A ``dead`` post expired while nobody
    could be reached. ``who`` are the Telegram ids of the people to ask, by the duty roster: first the person
    on duty, then the next person too, then everybody. ``key`` identifies the reminder in the ledger's list of
    sent messages.
    """

    post: Post
    stage: Stage
    who: list[int]

    @property
    def key(self) -> str:
        return f"remind:{self.post.id}:{'dying' if self.stage == 'dead' else self.stage}"

    @property
    def mentioned(self) -> list[int]:
        """Return the Telegram ids of the people whom the reminder mentions, so that Telegram notifies them in
        a muted group too.
        """
        return self.who[-1:] if self.stage == "due" else self.who

    def list_audiences(self, groups: Sequence[int], approvers: Sequence[int]) -> list[list[int]]:
        """Return lists of chats to send the reminder to; a list is used only if no chat of the list before
        got the reminder.

        ``groups`` are the newsroom's group chats, and ``approvers`` the people who may approve the post.
        """
        match self.stage:
            case "soon":
                return [list(groups), self.who, list(approvers)]
            case "due":
                return [self.who[-1:], list(groups), list(approvers)]
            case "dying":
                return [[*groups, *approvers]]
            case "dead":
                return [list(groups), list(approvers)]


@dataclass(eq=False, repr=False)
class Reminders:
    """The component that finds posts which wait for approval and need a reminder, so that no post expires
    unnoticed.

    ``duty`` is the roster of the people whom reminders go to first. ``may`` tells whether a person may decide
    on a post.
    """

    ledger: "Ledger"
    clock: Clock
    _: KW_ONLY
    duty: DutyRoster = field(default_factory=DutyRoster)
    may: Callable[[int, Post], bool] = lambda _who, _post: True

    def list_due(self) -> list[Reminder]:
        """Return the reminders that should be sent now, except those that `record_sent` recorded as sent.

        A post that was approved, moved or changed, and that waits for approval again, gets its reminders
        again.
        """
        found = {each.key: each for each in self._list_reminders(self.clock.now())}
        return [found[key] for key in self.ledger.alerts.filter_new_notices(list(found))]

    def list_dead(self, articles: Iterable[str]) -> list[Reminder]:
        """Return reminders of posts of the ``articles`` that expired unapproved although
        no reminder of them was sent.
        """
        posts = (
            post
            for article in articles
            for post in self.ledger.posts.list_posts(article_id=article, limit=None)
        )
        found = {each.key: each for post in posts if _has_died(post) for each in [Reminder(post, "dead", [])]}
        return [found[key] for key in self.ledger.alerts.filter_new_notices(list(found))]

    def record_sent(self, reminders: Iterable[Reminder]) -> None:
        """Record in the ledger that the reminders were sent, so that they are not sent again."""
        self.ledger.alerts.record_notices({each.key: "" for each in reminders}, self.clock.now())

    def _list_reminders(self, now: datetime) -> Iterator[Reminder]:
        roster = self.duty.list_in_order(now)
        for post in self.ledger.posts.list_held_posts_due(now + max(_SOON, _DYING)):
            if stage := _find_stage(post, now):
                line = [who for who in roster if self.may(who, post)]
                yield Reminder(post, stage, {"soon": line[:1], "due": line[:2], "dying": line}[stage])


def _find_stage(post: Post, now: datetime) -> Stage | None:
    """Return how urgent the reminder of a post is at ``now``; None if the post needs no reminder yet."""
    if post.expires_at is not None:
        life = post.expires_at - post.created_at
        if now >= post.expires_at - min(_DYING, life / 4):
            return "dying"
    if now >= max(post.due_at, post.created_at + _PATIENCE):
        return "due"
    soon = post.due_at - _SOON
    return "soon" if max(soon, post.created_at + _PATIENCE) <= now < post.due_at else None


def _has_died(post: Post) -> bool:
    expired = post.error is not None and post.error.code == "expired"
    return post.state is PostState.CANCELLED and expired and bool(post.held_for)


REPORT_CARD = "report"
"""The kind of the chat messages that show the progress of a takedown (an article's
removal from all channels).
"""

# A post of unknown outcome is reported only after this time,
# because newsbot finds most such posts on their platform before.
_LANDING = timedelta(minutes=3)
_GATHER = timedelta(seconds=5)
_KIND = "trouble"


def is_asked_once(kind: str | None) -> bool:
    """Return whether one alert of this kind asks editors about many posts,
    which then have no chat messages of their own.
    """
    return kind in {"flood", "redesign"}


@dataclass(eq=False, repr=False)
class AlertNotices:
    """The component that finds the alerts that the desk (the editors' chat) has not sent yet, and records
    those that it sent.
    """

    ledger: "Ledger"
    clock: Clock
    finder: AlertFinder
    _since: datetime | None = field(default=None, init=False)

    def list_new(self) -> list[Alert]:
        """Return the alerts to send now: those not sent yet, once five seconds have passed since the first of
        them appeared.

        If a source whose failure was reported can be read again, there is an alert for that too. Call this
        method on the thread of the ledger's transactions.
        """
        ledger, now = self.ledger, self.clock.now()
        with ledger.view():
            every = self.finder.now()
            reported = (
                self._list_reported_actions() if any(each.kind == "amendment" for each in every) else set()
            )
            found = {_build_key(each): each for each in every if _is_ripe(each, reported, now)}
            over = {each.key: each for each in ledger.alerts.list_notices(_KIND) if each.key not in found}
            followed = self._follow_failing_sources(over)
            new = ledger.alerts.filter_new_notices(list(found))
        readable = [each for each in followed if each.kind == "readable"]
        for key in over.keys() - {_build_key(each) for each in followed}:
            # When the cause of a sent alert is over, the ledger forgets the alert, so that newsbot sends it
            # again if the cause comes back.
            ledger.alerts.end_notice(key, now)
        if not new and not readable:
            self._since = None
            return []
        self._since = self._since or now
        if now - self._since < _GATHER:
            return []
        return self.finder.read_posts([*(found[key] for key in new), *readable])

    def record_sent(self, alerts: Sequence[Alert], chats: Collection[int] = ()) -> None:
        """Record in the ledger that the alerts were sent to the ``chats``.

        An alert which says that a source can be read again ends the record of the source's failure.
        """
        self._since, now = None, self.clock.now()
        self.ledger.alerts.record_notices(
            {_build_key(each): _encode_detail(each, chats) for each in alerts if each.kind != "readable"}, now
        )
        for each in alerts:
            if each.kind == "readable":
                self.ledger.alerts.end_notice(_build_key(each), now)

    def _follow_failing_sources(self, over: Mapping[str, Notice]) -> list[Alert]:
        """Return an alert on each source whose failure was reported, for the chats that got the report.

        ``over`` has, by key, the sent alerts that have no cause any more.
        """
        found = []
        for each in self.finder.follow_failing_sources([key.removeprefix(f"{_KIND}:") for key in over]):
            told = over[_build_key(each)]
            since, chats = _decode_detail(told.detail)
            found.append(each._replace(since=since or told.at, chats=chats))
        return found

    def _list_reported_actions(self) -> set[str]:
        """Return the ids of the takedowns (removals of articles) whose progress a message in a chat still
        shows.
        """
        return {card.subject for card in self.ledger.desk.list_cards() if card.kind == REPORT_CARD}


def _encode_detail(alert: Alert, chats: Collection[int]) -> str:
    """Return the data that the ledger stores with a sent alert that a source can't be read, as JSON.

    The later message that the source can be read again needs the time since which the source could not be
    read, and the chats that got the alert. An alert of another kind needs no data, so the text is empty.
    """
    if alert.kind != "failing":
        return ""
    return json.dumps({"since": alert.since.isoformat() if alert.since else None, "chats": sorted(chats)})


def _decode_detail(detail: str) -> tuple[datetime | None, frozenset[int] | None]:
    """Return since when a source failed and which chats got the alert,
    from the text that `_encode_detail` made.

    Return None for both if an older version of newsbot stored the text.
    """
    try:
        kept = json.loads(detail)
        return kept["since"] and datetime.fromisoformat(kept["since"]), frozenset(kept["chats"])
    except (ValueError, TypeError, KeyError):
        return None, None


def _is_ripe(alert: Alert, reported: Collection[str], now: datetime) -> bool:
    if alert.kind == "alike":
        # No alert about a similar article is sent, because the message about the post that waits already asks
        # an editor about that article.
        return False
    if alert.kind == "amendment":
        # If a message in the chat shows how far the removal of the article is, that message already reports
        # the failed edit or deletion.
        return str(alert.action) not in reported
    return alert.kind != "unknown" or alert.since is None or now - alert.since >= _LANDING


def _build_key(alert: Alert) -> str:
    return f"{_KIND}:{alert.key}"


_LATE = timedelta(hours=6)  # A daily brief that could not be sent for this long is skipped.
_BRIEF = "desk: brief"


@dataclass(slots=True)
class DailyBriefs:
    """The component that makes the editors' daily brief, which is due at the time ``at`` in the time zone
    ``zone``.
    """

    ledger: "Ledger"
    clock: Clock
    finder: AlertFinder
    zone: tzinfo
    at: time
    channels: Collection[str]
    budgets: Mapping[str, Decimal]

    def find_due(self) -> DailyBrief | None:
        """Return the latest daily brief if it is due and was not sent yet, else None.

        Call this method on the thread of the ledger's transactions.
        """
        now = self.clock.now()
        when = find_last_brief_time(self.at, self.zone, now)
        known = self.ledger.desk.get_memo(_BRIEF)
        # On a new installation, the first daily brief is sent at the next due time, not at once.
        if known is None:
            self.record_sent(when)
            return None
        if known == when.isoformat() or now - when > _LATE:
            return None
        since = find_last_brief_time(self.at, self.zone, when - timedelta(minutes=1))
        return make_brief(
            self.ledger,
            self.clock,
            since=since,
            channels=list(self.channels),
            budgets=self.budgets,
            troubles=self.finder.read_posts(self.finder.now()),
        )

    def record_sent(self, when: datetime | None = None) -> None:
        """Record that the daily brief due at ``when`` was sent; None means the latest brief that was due."""
        when = when or find_last_brief_time(self.at, self.zone, self.clock.now())
        self.ledger.desk.save_memo(_BRIEF, when.isoformat(), now=self.clock.now())
