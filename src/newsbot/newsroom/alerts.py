"""Find what needs an editor's attention now (failed posts, silent sources, spent budgets and more) as alerts.

Each alert has a key that stays the same as long as the alert's cause lasts, so the desk (the editors' chat)
reports a cause only once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from newsbot.model import SENDER, WAITING, Post, PostState
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.fixes import is_question
from newsbot.newsroom.status import FAILED_WITHIN, FLAGGED_WITHIN, AccountBudget, list_account_budgets
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
_MOST_UNPOSTED = 8
# newsbot raises an alert when an account has spent each of these percentages of its monthly budget.
_STEPS = (50, 80, 100)
# newsbot raises an alert about a source if the last polls of the source, at least this many, all failed.
_FAILURES = 3
# newsbot computes a source's usual silences from the articles that the source published in this last period;
# two weeks contain nights and weekends.
_HISTORY = timedelta(days=14)
# The fewest articles of a source from which newsbot computes how long the source is usually silent.
_LEAST_KNOWN = 10
# A source's silence (time without a new article) is unusual if it is longer than the source's longest silence
# of the last two weeks times this factor.
_LONGER = 1.5
_LEAST_SILENCE = timedelta(hours=6)
_LOOK_EVERY = timedelta(seconds=10)  # The interval between two searches of the ledger for silent sources.
# After this time, newsbot computes again how long a silence of a quiet source has to be to be unusual,
# because some articles are now too old to count.
_LOOK_AGAIN = timedelta(hours=1)
# In one search for silent sources, newsbot computes for at most this many sources again
# how long a silence is unusual.
_AT_ONCE = 20
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
    "edited",
    "unposted",
    "stranded",
    "unread",
]


class Alert(NamedTuple):
    """One matter that needs a person, such as a failed post, a paused channel or a source that can't be read.

    ``post_ids`` are the posts concerned, and ``name`` is the channel or source concerned. ``post`` is the
    first of the posts, filled in by `AlertFinder.read_posts` and None before. ``why`` is the reason that the
    platform, site or review rule gave. ``percent`` and ``exhausted_at`` belong to an alert about a budget.
    ``since`` is when the cause began (for a post of unknown outcome: when the post's last event was recorded;
    for a source that can't be read: when newsbot last read it), and ``until`` when the cause ended. For an
    edit or deletion of a published message that failed, ``link`` is the message and ``action`` the id of the
    order in the ledger; ``by_hand`` says that a person has to make the edit or deletion. ``others`` counts
    the posts or articles that have no alert of their own. ``channels`` are the channels concerned if an alert
    is about several channels. ``chats`` are the only chats that get the alert, or None if all get it.
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


@dataclass(eq=False, repr=False)
class AlertFinder:
    """The component that finds everything in the ledger that needs a person.

    ``budgets`` are the channels' monthly budgets in USD.
    """

    ledger: "Ledger"
    clock: Clock
    _: KW_ONLY
    sources: Collection[str]
    channels: Collection[str]
    budgets: Mapping[str, Decimal]
    targets: ChannelTargets = field(default_factory=dict)
    _slow: tuple[datetime, list[Alert]] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.targets = dict.fromkeys(self.channels) | dict(self.targets)
        self._silence_detector = _SilenceDetector(self.ledger.sources)

    def now(self) -> list[Alert]:
        """Return the current alerts, the most urgent first;
        their field ``post`` is still None (see `read_posts`).
        """
        now = self.clock.now()
        with self.ledger.view():
            pressing = self.ledger.alerts.list_urgent_posts(self.targets)
            unsettled = self.ledger.alerts.list_unsettled_amendments(failed_since=now - FAILED_WITHIN)
            stranded = _drop_renamed(group_stranded(pressing, unsettled, self.targets))
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
        """Return the given alerts, each with its field ``post`` set to the first of its
        posts as the ledger has it now.
        """
        posts = self.ledger.posts.get_posts({each.post_ids[0] for each in found if each.post_ids})
        return [each._replace(post=posts[each.post_ids[0]]) if each.post_ids else each for each in found]

    def follow_failing_sources(self, told: Collection[str]) -> list[Alert]:
        """Return an alert about each source whose alert of kind ``failing`` has ended; the new alert says
        whether newsbot can read the source.

        ``told`` are the keys of the alerts that have ended. The new alert has the kind ``readable`` if
        newsbot can read the source again, or ``failing`` if the source failed again, but fewer times in a row
        than an alert of failure requires. There is no alert for a source that was blocked or removed.
        """
        names = [name for name in self.sources if _failing_key(name) in told]
        known = self.ledger.sources.list_sources() if names else {}
        states = {name: known[name].state for name in names if name in known}
        kinds: dict[str, AlertKind] = {"ok": "readable", "failing": "failing"}
        return [
            Alert(_failing_key(name), kinds[state], (), name)
            for name, state in states.items()
            if state in kinds
        ]

    def list_stranded(self) -> list[Alert]:
        """Return an alert for each channel that config.yaml no longer has and that still has posts, and for
        each source that it no longer has and that still has unread articles.

        If a channel now posts to another chat or account, the posts composed for the earlier chat or account
        get an alert too.
        """
        return [
            *map(_make_stranded_alert, _drop_renamed(find_stranded(self.ledger.alerts, self.targets))),
            *self._list_unread_sources(),
        ]

    def _list_unread_sources(self) -> Iterator[Alert]:
        for name, count in self.ledger.sources.count_stranded_articles(self.sources).items():
            yield Alert(f"unread:{name}", "unread", (), name, others=count)

    def _list_restored(self, pressing: Collection[PostOutline]) -> Iterator[Alert]:
        """Yield one alert for all posts that may be published although the ledger, which was restored from a
        backup, does not show that they were sent.
        """
        posts = tuple(post.id for post in pressing if _is_restored(post))
        found = self.ledger.alerts.get_last_restore() if posts else None
        if found and found.until:
            key = f"restored:{found.until:%Y%m%d%H%M%S}"
            yield Alert(key, "restored", posts, why=found.why, since=found.since, until=found.until)

    def _list_failed(self, now: datetime) -> Iterator[Alert]:
        """Yield an alert for each of the 50 latest failed posts,
        and one alert with the number of older failed posts.
        """
        found, count = self.ledger.alerts.list_recent_failures(since=now - FAILED_WITHIN, limit=_MOST_FAILED)
        for post in found:
            why = post.error.reason if post.error else None
            yield Alert(f"failed:{post.id}:{post.attempts}", "failed", (post.id,), post.channel, why)
        if count > len(found):
            yield Alert("failed-too", "failed too", others=count - len(found))

    def _list_paused(self) -> Iterator[Alert]:
        """Yield an alert for each channel that newsbot itself paused,
        because of an answer of the channel's platform.
        """
        states = self.ledger.channels.list_channels()
        for name in self.channels:
            one = states.get(name)
            if one and one.state == "paused" and one.paused_by == SENDER:
                key = f"paused:{name}:{one.code}"
                yield Alert(key, "paused", (), name, one.reason, since=one.paused_at)

    def _list_slow(self, now: datetime) -> list[Alert]:
        """Return alerts for unread articles of removed sources, for articles that can't be posted,
        and for sent posts that disagree with their source.

        A sent post disagrees if its source edited or removed the article. The alerts are cached for 20
        seconds: their causes change seldom, and one of the queries reads all recently sent posts.
        """
        if self._slow is None or abs(now - self._slow[0]) >= _SELDOM:
            flagged = self.ledger.changes.list_flagged_posts(list(self.channels), since=now - FLAGGED_WITHIN)
            self._slow = (
                now,
                [
                    *self._list_unread_sources(),
                    *_list_fixes_in_question(flagged),
                    *_list_changed_articles(flagged, "edited"),
                    *self._list_unposted_articles(now),
                    *_list_changed_articles(flagged, "gone"),
                ],
            )
        return self._slow[1]

    def _list_unposted_articles(self, now: datetime) -> Iterator[Alert]:
        """Yield an alert for each of the latest articles that could not be read or composed."""
        found = self.ledger.articles.list_failed_articles(since=now - FAILED_WITHIN)
        for kept in found[:_MOST_UNPOSTED]:
            why = kept.error.reason if kept.error else None
            yield Alert(f"unposted:{kept.id}", "unposted", (), kept.title or kept.url or kept.source, why)

    def _list_budget_alerts(self, now: datetime) -> Iterator[Alert]:
        for one in list_account_budgets(self.ledger.channels, self.budgets, now=now):
            percent = int(100 * one.spent / one.limit) if one.limit else 0
            if step := max((step for step in _STEPS if percent >= step), default=0):
                out = exhausted_at(one.spent, one.limit, now)
                key = f"budget:{one.name}:{now:%Y-%m}:{step}"
                why = Code.SPENT_OF(spent=one.spent, limit=one.limit)
                yield Alert(key, "budget", (), one.name, why, step, out)

    def _list_source_alerts(self, now: datetime) -> Iterator[Alert]:
        failing = {one.name: one for one in self.ledger.sources.list_failing_sources(_FAILURES) if one.error}
        silent = self._silence_detector.silent(now)
        for name in self.sources:
            if (one := failing.get(name)) and one.error:
                yield Alert(_failing_key(name), "failing", (), name, why=one.error.reason, since=one.read_at)
            elif since := silent.get(name):
                yield Alert(f"silent:{name}:{since:%Y%m%d%H%M}", "silent", (), name, since=since)


def _failing_key(source: str) -> str:
    return f"failing:{source}"


@dataclass(frozen=True, slots=True)
class _QuietSource:
    """A source that has had no new article for six hours, with the times that the ledger had at
    ``looked_at``.

    ``ends`` are the time of the source's last article and the time from which on the source's silence is
    unusual (see `find_silence_bounds`); None if newsbot knows too few articles of the source.
    """

    last_new_at: datetime | None
    ends: tuple[datetime, datetime] | None
    looked_at: datetime


class _SilenceDetector:
    """The component that finds sources which have published nothing for an unusually long time.

    The service asks for these sources every second, so the times of the sources' articles are cached.
    """

    def __init__(self, store: "SourcesStore") -> None:
        self._store = store
        # The cached sources by name; a source that has had a new article within six hours is not cached.
        self._known: dict[str, _QuietSource] = {}
        self._looked_at: datetime | None = None

    def silent(self, now: datetime) -> dict[str, datetime]:
        """Return the sources that have published nothing for an unusually long time: by name, the time of the
        source's last article.
        """
        if self._looked_at is None or abs(now - self._looked_at) >= _LOOK_EVERY:
            self._refresh(now)
            self._looked_at = now
        found = ((name, rhythm.ends) for name, rhythm in self._known.items())
        return {name: ends[0] for name, ends in found if ends and now > ends[1]}

    def _refresh(self, now: datetime) -> None:
        """Load from the ledger when the articles were found of those sources that have become quiet or have a
        new article, and of up to 20 sources whose times were loaded over an hour ago.
        """
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
    """Return whether a post's outcome is unknown because the ledger was restored from a backup.

    The outcome of any other unknown post is unknown because a call to the platform ended without proof.
    """
    return post.state is PostState.UNKNOWN and post.error is not None and post.error.code == RESTORED_CODE


def _list_unknown(pressing: Collection[PostOutline]) -> Iterator[Alert]:
    for post in pressing:
        if post.state is PostState.UNKNOWN and not _is_restored(post):
            key, why = f"unknown:{post.id}:{post.attempts}", post.error.reason if post.error else None
            yield Alert(key, "unknown", (post.id,), post.channel, why, since=post.told_at)


def _drop_renamed(found: Collection[StrandedPosts]) -> list[StrandedPosts]:
    """Return the groups of stranded posts (posts whose channel is gone) except those of renamed channels.

    The posts of a renamed channel need no person: newsbot moves them to the channel's new name when it next
    starts.
    """
    return [each for each in found if not each.new_name]


def _make_stranded_alert(found: StrandedPosts) -> Alert:
    key = f"stranded:{found.channel}:{found.then or ''}:{found.now or ''}"
    posts = tuple(post.id for post in (*found.waiting, *found.maybe_out))
    return Alert(key, "stranded", posts, found.channel, found.why)


def _list_amendments(unsettled: Collection[UnsettledAmendment]) -> Iterator[Alert]:
    """Yield an alert for each order to edit or delete a published post that could not be carried out, however
    many of the post's messages failed.
    """
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


def _list_changed_articles(
    flagged: Sequence[FlaggedPost], kind: Literal["edited", "gone"]
) -> Iterator[Alert]:
    """Yield one alert for all published posts of an article that its source edited or no longer publishes."""
    posts: dict[str, list[FlaggedPost]] = {}
    for flag in reversed(flagged):
        asks = flag.told.detail is not None and is_question(flag.told.detail)
        if kind == ("gone" if flag.told.event == ARTICLE_GONE else "refix" if asks else "edited"):
            posts.setdefault(flag.article_id, []).append(flag)
    for article_id, flags in posts.items():
        last = max(flags, key=lambda flag: flag.told.at)
        key = f"{kind}:{article_id}:{last.told.at:%Y%m%d%H%M%S}"
        ids, channels = (tuple(flag.post_id for flag in flags), dict.fromkeys(flag.channel for flag in flags))
        why = last.told.detail if kind == "edited" else None
        yield Alert(key, kind, ids, why=why, channels=tuple(channels))


def _list_questions(pressing: Collection[PostOutline]) -> Iterator[Alert]:
    """Yield one alert for each irregularity (such as a flood of new articles), with all posts that wait for
    an editor because of it.
    """
    asked: dict[Reason, list[PostOutline]] = {}
    for post in pressing:
        if post.state is PostState.HELD and post.held_for and find_anomaly_kind(post.held_for):
            asked.setdefault(post.held_for, []).append(post)
    for why, posts in asked.items():
        kind = find_anomaly_kind(why) or "flood"
        first = min(posts, key=lambda post: (post.created_at, post.id))
        yield Alert(f"{kind}:{first.article_id}", kind, tuple(post.id for post in posts), why=why)


def exhausted_at(spent: Decimal, limit: Decimal, now: datetime) -> datetime | None:
    """Return when an account's monthly budget will be spent if spending continues at the month's rate so far.

    Return None if the budget lasts until the month's end. The month is a calendar month in UTC. ``spent`` and
    ``limit`` are in USD.
    """
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    if not spent:
        return None
    out = first + (now - first) * float(limit / spent)
    return max(out, now) if out < following else None


def find_silence_bounds(found: Collection[datetime]) -> tuple[datetime, datetime] | None:
    """Return the time of a source's last article, and the time from which on the source's silence is unusual.

    ``found`` are the times when newsbot found the source's articles of the last fourteen days. A silence is
    unusual if it lasts more than one and a half times as long as the longest time between two of these
    articles, and at least six hours. Return None if there are fewer than ten articles.
    """
    times = sorted(found)
    if len(times) < _LEAST_KNOWN:
        return None
    longest = max(after - before for before, after in pairwise(times))
    return times[-1], times[-1] + max(_LONGER * longest, _LEAST_SILENCE)


_AHEAD = timedelta(hours=24)
# The most cancelled posts that the daily brief (the editors' daily message) reads, the newest first.
_MOST = 200


@dataclass(frozen=True, slots=True)
class DailyBrief:
    """The data of the editors' daily message: what happened from ``since`` until ``at``, and what comes next.

    ``out`` are the posts sent in that time, and ``breaking`` those among them that were sent as breaking
    news. ``ended`` are posts that expired or failed, or that newsbot cancelled. ``waiting`` are the posts due
    within a day, in the order of their times; ``held`` are the posts that wait for an editor's approval.
    ``budgets`` are the monthly budgets of the platform accounts that have one. ``troubles`` are the current
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
        """Return whether the editors' daily message has nothing to report: no post was sent, failed or waits,
        and there is no alert.
        """
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
    """Read from the ledger the data of a daily brief that covers the time since ``since``.

    ``troubles`` are the current alerts.
    """
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
    """Return the latest time, up to now, at which a daily brief was due:
    today or yesterday at ``at`` in ``zone``.

    On a day on which the clock change skips the time ``at``, the brief is due later by the length of the
    change.
    """
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), at, zone)
    if today.astimezone(now.tzinfo) > now:
        today = datetime.combine(local.date() - timedelta(days=1), at, zone)
    return today.astimezone(now.tzinfo)
