"""Find what needs a person now, as alerts; each has a key that stays the same as long as its cause lasts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from newsbot.model import SENDER, WAITING, Post, PostState
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.budgets import AccountBudget, list_account_budgets
from newsbot.newsroom.fixes import is_question
from newsbot.newsroom.status import FAILED_WITHIN, FLAGGED_WITHIN
from newsbot.newsroom.stranded import StrandedPosts, find_stranded, group_stranded
from newsbot.ports import (
    ARTICLE_GONE,
    RESTORED_CODE,
    ChannelTargets,
    Clock,
    FlaggedPost,
    PostOutline,
    UnsettledAmendment,
)
from newsbot.reasons import Code, Reason

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger
    from newsbot.ledger.sources import SourcesStore

__all__ = [
    "Alert",
    "AlertFinder",
    "AlertKind",
    "DailyBrief",
    "exhausted_at",
    "find_last_brief_time",
    "find_silence_bounds",
    "make_brief",
]

_MOST_FAILED = 50
_STEPS = (50, 80, 100)  # An alert is raised once this many per cent of a month's budget are spent.
_FAILURES = 3  # A source that failed this many times in a row raises an alert.
# A source's usual silences are those of this time, which contains nights and weekends.
_HISTORY = timedelta(days=14)
_LEAST_KNOWN = 10  # The fewest articles of a source from which its usual silences are computed.
_LONGER = 1.5  # A silence is unusual above this multiple of the source's longest known silence.
_LEAST_SILENCE = timedelta(hours=6)
_LOOK_EVERY = timedelta(seconds=10)  # The interval between two searches for silent sources.
# The limits of a source's usual silence are computed again after this time, as older articles drop out.
_LOOK_AGAIN = timedelta(hours=1)
_AT_ONCE = 20  # The most sources whose limits are computed again in one search.
_SELDOM = timedelta(seconds=20)


AlertKind = Literal[
    "restored",
    "unknown",
    "failed",
    "failed too",
    "paused",
    "budget",
    "failing",
    "readable",
    "silent",
    "flood",
    "redesign",
    "alike",
    "amendment",
    "refix",
    "gone",
    "stranded",
    "unread",
]


class Alert(NamedTuple):
    """One matter that needs a person. ``post_ids`` are the posts concerned, ``name`` is a channel or source.

    ``post`` is the first of the posts, filled in by `AlertFinder.read_posts` and None before. ``why`` is the
    reason that the platform, site or rule gave. ``percent`` and ``exhausted_at`` belong to a budget.
    ``since`` is when the cause began (for an unknown post: when its last event was recorded; for a source
    that fails: when it was last read), ``until`` when it ended. For an edit or deletion that can't be made,
    ``link`` is the published message and ``action`` the id of the action; ``by_hand`` says that a person has
    to make it. ``others`` counts posts or articles without an alert of their own. ``channels`` are those of
    an alert about several channels. ``chats`` are the only chats that get the alert, or None for all.
    """

    key: str
    kind: AlertKind
    post_ids: tuple[str, ...] = ()
    name: str = ""
    why: Reason | None = None
    percent: int = 0
    exhausted_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    link: str = ""
    by_hand: bool = False
    action: int = 0
    others: int = 0
    post: Post | None = None
    channels: tuple[str, ...] = ()
    chats: Collection[int] | None = None


class AlertFinder:
    """The finder of all alerts in the ledger; ``budgets`` are the channels' monthly limits in USD."""

    def __init__(
        self,
        ledger: "Ledger",
        clock: Clock,
        *,
        sources: Collection[str],
        channels: Collection[str],
        budgets: Mapping[str, Decimal],
        targets: ChannelTargets | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sources = sources
        self._channels = channels
        self._budgets = budgets
        self._targets = dict.fromkeys(channels) | dict(targets or {})
        self._slow: tuple[datetime, list[Alert]] | None = None
        self._silence_detector = _SilenceDetector(ledger.sources)

    def now(self) -> list[Alert]:
        """Return the current alerts, the most urgent first, without the full posts (see `read_posts`)."""
        now = self._clock.now()
        with self._ledger.view():
            pressing = self._ledger.alerts.list_urgent_posts(self._targets)
            unsettled = self._ledger.alerts.list_unsettled_amendments(failed_since=now - FAILED_WITHIN)
            stranded = _drop_renamed(group_stranded(pressing, unsettled, self._targets))
            return [
                *self._list_restored(pressing),
                *_list_unknown(pressing),
                *map(_make_stranded_alert, stranded),
                *self._list_paused(),
                *_list_amendments(unsettled),
                *self._list_failed(now),
                *self._list_slow(now),
                *_list_questions(pressing),
                *self._list_budget_alerts(now),
                *self._list_source_alerts(now),
            ]

    def read_posts(self, found: Collection[Alert]) -> list[Alert]:
        """Return the alerts with the current version of the post that each of them shows."""
        posts = self._ledger.posts.get_posts({each.post_ids[0] for each in found if each.post_ids})
        return [each._replace(post=posts[each.post_ids[0]]) if each.post_ids else each for each in found]

    def follow_failing_sources(self, told: Collection[str]) -> list[Alert]:
        """Return alerts on what became of failing sources; ``told`` are keys of alerts that have ended.

        Such a source is ``readable`` again, or it fails again (kind ``failing``), but not often enough for a
        new alert. A source that was blocked or removed is left out.
        """
        names = [name for name in self._sources if _failing_key(name) in told]
        known = self._ledger.sources.list_sources() if names else {}
        states = {name: known[name].state for name in names if name in known}
        kinds: dict[str, AlertKind] = {"ok": "readable", "failing": "failing"}
        return [
            Alert(_failing_key(name), kinds[state], (), name)
            for name, state in states.items()
            if state in kinds
        ]

    def list_stranded(self) -> list[Alert]:
        """Return alerts for posts and articles whose channel or source was removed from config.yaml.

        A channel that posts to another place now counts as removed for its earlier posts.
        """
        return [
            *map(_make_stranded_alert, _drop_renamed(find_stranded(self._ledger.alerts, self._targets))),
            *self._list_unread_sources(),
        ]

    def _list_unread_sources(self) -> Iterator[Alert]:
        for name, count in self._ledger.sources.count_stranded_articles(self._sources).items():
            yield Alert(f"unread:{name}", "unread", (), name, others=count)

    def _list_restored(self, pressing: Collection[PostOutline]) -> Iterator[Alert]:
        """Yield one alert for all posts that may be published although a restored ledger does not know it."""
        posts = tuple(post.id for post in pressing if _is_restored(post))
        found = self._ledger.alerts.get_last_restore() if posts else None
        if found and found.until:
            key = f"restored:{found.until:%Y%m%d%H%M%S}"
            yield Alert(key, "restored", posts, why=found.why, since=found.since, until=found.until)

    def _list_failed(self, now: datetime) -> Iterator[Alert]:
        """Yield an alert for each of the latest failed posts, and an alert with the number of the others."""
        found, count = self._ledger.alerts.list_recent_failures(since=now - FAILED_WITHIN, limit=_MOST_FAILED)
        for post in found:
            why = post.error.reason if post.error else None
            yield Alert(f"failed:{post.id}:{post.attempts}", "failed", (post.id,), post.channel, why)
        if count > len(found):
            yield Alert("failed-too", "failed too", others=count - len(found))

    def _list_paused(self) -> Iterator[Alert]:
        """Yield an alert for each channel that newsbot paused by its platform's answer, not a person."""
        states = self._ledger.channels.list_channels()
        for name in self._channels:
            one = states.get(name)
            if one and one.state == "paused" and one.paused_by == SENDER:
                key = f"paused:{name}:{one.code}"
                yield Alert(key, "paused", (), name, one.reason, since=one.paused_at)

    def _list_slow(self, now: datetime) -> list[Alert]:
        """Return alerts for articles of removed sources, and for sent posts that their source contradicts.

        Such a source rewrote a fixed passage or removed the article. The alerts are cached for `_SELDOM`:
        their causes change seldom, and one of the queries reads all recently sent posts.
        """
        if self._slow is None or abs(now - self._slow[0]) >= _SELDOM:
            flagged = self._ledger.changes.list_flagged_posts(
                list(self._channels), since=now - FLAGGED_WITHIN
            )
            self._slow = (
                now,
                [
                    *self._list_unread_sources(),
                    *_list_fixes_in_question(flagged),
                    *_list_gone_articles(flagged),
                ],
            )
        return self._slow[1]

    def _list_budget_alerts(self, now: datetime) -> Iterator[Alert]:
        for one in list_account_budgets(self._ledger.channels, self._budgets, now=now):
            percent = int(100 * one.spent / one.limit) if one.limit else 0
            if step := max((step for step in _STEPS if percent >= step), default=0):
                out = exhausted_at(one.spent, one.limit, now)
                key = f"budget:{one.name}:{now:%Y-%m}:{step}"
                why = Code.SPENT_OF(spent=one.spent, limit=one.limit)
                yield Alert(key, "budget", (), one.name, why, step, out)

    def _list_source_alerts(self, now: datetime) -> Iterator[Alert]:
        failing = {one.name: one for one in self._ledger.sources.list_failing_sources(_FAILURES) if one.error}
        silent = self._silence_detector.silent(now)
        for name in self._sources:
            if (one := failing.get(name)) and one.error:
                yield Alert(_failing_key(name), "failing", (), name, why=one.error.reason, since=one.read_at)
            elif since := silent.get(name):
                yield Alert(f"silent:{name}:{since:%Y%m%d%H%M}", "silent", (), name, since=since)


def _failing_key(source: str) -> str:
    return f"failing:{source}"


@dataclass(frozen=True, slots=True)
class _QuietSource:
    """A source without recent articles, as seen at ``looked_at``.

    ``ends`` are its last article's time and when the silence becomes unusual (`find_silence_bounds`).
    """

    last_new_at: datetime | None
    ends: tuple[datetime, datetime] | None
    looked_at: datetime


class _SilenceDetector:
    """The finder of sources that have been silent for unusually long.

    It is asked every second, so it caches the sources' articles for a while.
    """

    def __init__(self, store: "SourcesStore") -> None:
        self._store = store
        # The cached sources by name; only sources without recent articles are cached.
        self._known: dict[str, _QuietSource] = {}
        self._looked_at: datetime | None = None

    def silent(self, now: datetime) -> dict[str, datetime]:
        """Return the names of the silent sources, each with the time of its last article."""
        if self._looked_at is None or abs(now - self._looked_at) >= _LOOK_EVERY:
            self._refresh(now)
            self._looked_at = now
        found = ((name, rhythm.ends) for name, rhythm in self._known.items())
        return {name: ends[0] for name, ends in found if ends and now > ends[1]}

    def _refresh(self, now: datetime) -> None:
        """Reload the cached sources whose latest article changed, and some of those loaded long ago."""
        quiet = self._store.list_quiet_sources(since=now - _LEAST_SILENCE)
        kept = {
            name: rhythm
            for name, rhythm in self._known.items()
            if name in quiet and quiet[name] == rhythm.last_new_at
        }
        old = [name for name, rhythm in kept.items() if abs(now - rhythm.looked_at) >= _LOOK_AGAIN]
        for name in {*quiet.keys() - kept.keys(), *old[:_AT_ONCE]}:
            times = self._store.list_found_times(name, since=now - _HISTORY)
            kept[name] = _QuietSource(quiet[name], find_silence_bounds(times), now)
        self._known = kept


def _is_restored(post: PostOutline) -> bool:
    """Return whether a post is unknown because the ledger was restored from a backup.

    Any other unknown post is unknown because of its own call to the platform.
    """
    return post.state is PostState.UNKNOWN and post.error is not None and post.error.code == RESTORED_CODE


def _list_unknown(pressing: Collection[PostOutline]) -> Iterator[Alert]:
    for post in pressing:
        if post.state is PostState.UNKNOWN and not _is_restored(post):
            key, why = f"unknown:{post.id}:{post.attempts}", post.error.reason if post.error else None
            yield Alert(key, "unknown", (post.id,), post.channel, why, since=post.told_at)


def _drop_renamed(found: Collection[StrandedPosts]) -> list[StrandedPosts]:
    """Return the groups of stranded posts without those of renamed channels, which need no person.

    The posts of a renamed channel move to its new name at the next start.
    """
    return [each for each in found if not each.new_name]


def _make_stranded_alert(found: StrandedPosts) -> Alert:
    key = f"stranded:{found.channel}:{found.then or ''}:{found.now or ''}"
    posts = tuple(post.id for post in (*found.waiting, *found.maybe_out))
    return Alert(key, "stranded", posts, found.channel, found.why)


def _list_amendments(unsettled: Collection[UnsettledAmendment]) -> Iterator[Alert]:
    """Yield one alert for each post that could not be edited or deleted, whatever the number of its parts."""
    first: dict[str, UnsettledAmendment] = {}
    for each in unsettled:
        if each.state in {"manual", "failed"}:
            first.setdefault(f"amendment:{each.post_id}:{each.action_id}:{each.state}", each)
    for key, each in first.items():
        yield Alert(
            key,
            "amendment",
            (each.post_id,),
            each.channel,
            each.error.reason if each.error else None,
            link=each.link or "",
            by_hand=each.state == "manual",
            action=each.action_id,
        )


def _list_fixes_in_question(flagged: Collection[FlaggedPost]) -> Iterator[Alert]:
    for post_id, channel, told, _ in flagged:
        if told.detail and is_question(told.detail):
            key = f"refix:{post_id}:{told.at:%Y%m%d%H%M%S}"
            yield Alert(key, "refix", (post_id,), channel, told.detail)


def _list_gone_articles(flagged: Sequence[FlaggedPost]) -> Iterator[Alert]:
    """Yield one alert for all published posts of an article that its source no longer publishes."""
    posts: dict[str, list[FlaggedPost]] = {}
    for flag in reversed(flagged):
        if flag.told.event == ARTICLE_GONE:
            posts.setdefault(flag.article_id, []).append(flag)
    for article_id, flags in posts.items():
        key = f"gone:{article_id}:{max(flag.told.at for flag in flags):%Y%m%d%H%M%S}"
        channels = tuple(dict.fromkeys(flag.channel for flag in flags))
        yield Alert(key, "gone", tuple(flag.post_id for flag in flags), channels=channels)


def _list_questions(pressing: Collection[PostOutline]) -> Iterator[Alert]:
    """Yield one alert for all posts that are held for the same irregularity."""
    asked: dict[Reason, list[PostOutline]] = {}
    for post in pressing:
        if post.state is PostState.HELD and post.held_for and find_anomaly_kind(post.held_for):
            asked.setdefault(post.held_for, []).append(post)
    for why, posts in asked.items():
        kind = find_anomaly_kind(why) or "flood"
        first = min(posts, key=lambda post: (post.created_at, post.id))
        yield Alert(f"{kind}:{first.article_id}", kind, tuple(post.id for post in posts), why=why)


def exhausted_at(spent: Decimal, limit: Decimal, now: datetime) -> datetime | None:
    """Return when the month's budget will be used up at the present rate; None if it lasts for the month.

    The month is a UTC month, as a budget's is.
    """
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    if not spent:
        return None
    out = first + (now - first) * float(limit / spent)
    return max(out, now) if out < following else None


def find_silence_bounds(found: Collection[datetime]) -> tuple[datetime, datetime] | None:
    """Return when a source's last article was found, and from when on the silence after it is unusual.

    ``found`` are the times when the source's articles of the last fourteen days were found. A silence is
    unusual if it is clearly longer than any between these times. Return None if there are too few times.
    """
    times = sorted(found)
    if len(times) < _LEAST_KNOWN:
        return None
    longest = max(after - before for before, after in pairwise(times))
    return times[-1], times[-1] + max(_LONGER * longest, _LEAST_SILENCE)


_AHEAD = timedelta(hours=24)
_MOST = 200  # The most cancelled posts that a daily brief looks at, from the newest on.


@dataclass(frozen=True, slots=True)
class DailyBrief:
    """The data of the editors' daily message: what happened from ``since`` until ``at``, and what comes next.

    ``out`` are the posts sent, ``breaking`` those of them sent by the breaking lane. ``ended`` were cancelled
    or failed without a person's doing. ``waiting`` are due within a day, in the order of time; ``held`` wait
    for a person. ``budgets`` are the budgets of the accounts that have any. ``troubles`` are the current
    alerts.
    """

    since: datetime
    at: datetime
    out: tuple[Post, ...]
    breaking: tuple[Post, ...]
    ended: tuple[Post, ...]
    waiting: tuple[Post, ...]
    held: tuple[Post, ...]
    budgets: tuple[AccountBudget, ...]
    troubles: tuple[Alert, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the brief has nothing to report."""
        return not any((self.out, self.ended, self.waiting, self.held, self.troubles))


def make_brief(
    ledger: "Ledger",
    clock: Clock,
    *,
    since: datetime,
    channels: Collection[str],
    budgets: Mapping[str, Decimal],
    troubles: Collection[Alert],
) -> DailyBrief:
    """Make the daily brief of the time since ``since``; ``troubles`` are the current alerts."""
    now = clock.now()
    out = ledger.posts.list_sent_posts(channels, since=since)
    queue = ledger.posts.list_posts(states=WAITING, limit=None, oldest_first=True)
    over = [
        *ledger.posts.list_failed_posts(since=since),
        *ledger.posts.list_posts(states=(PostState.CANCELLED,), limit=_MOST),
    ]
    over.sort(key=lambda post: post.created_at, reverse=True)
    return DailyBrief(
        since,
        now,
        tuple(out),
        tuple(post for post in out if post.breaking),
        tuple(post for post in over if post.error and (post.expires_at or post.due_at) >= since),
        tuple(post for post in queue if post.state is not PostState.HELD and post.due_at <= now + _AHEAD),
        tuple(post for post in queue if post.state is PostState.HELD),
        tuple(list_account_budgets(ledger.channels, budgets, now=now)),
        tuple(troubles),
    )


def find_last_brief_time(at: time, zone: tzinfo, now: datetime) -> datetime:
    """Return when the latest brief was or is due: ``at`` local time in ``zone``, today or the day before.

    On a day whose clock change skips ``at``, the brief is due later by the length of the change.
    """
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), at, zone)
    if today.astimezone(now.tzinfo) > now:
        today = datetime.combine(local.date() - timedelta(days=1), at, zone)
    return today.astimezone(now.tzinfo)
