"""What needs a person now, each with a key that stays the same as long as it is the same trouble."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from newsbot.model import Post, PostState
from newsbot.newsroom.fixes import TO_DECIDE
from newsbot.newsroom.stranded import find_stranded, why_stranded
from newsbot.newsroom.suspicions import kind_of
from newsbot.ports import RESTORED, Amendment, Clock, Ledger, Targets

__all__ = ["Kind", "Trouble", "Troubles", "runs_out", "silent_for"]

_FAILED_WITHIN = timedelta(hours=24)
_STEPS = (50, 80, 100)  # per cent of a month's budget
_FAILURES = 3  # in a row, before a source's failing is trouble
_HISTORY = timedelta(days=14)  # nights and weekends are in it
_LEAST_KNOWN = 10  # articles, before a source has a rhythm
_LONGER = 1.5  # times the longest silence that was
_LEAST_SILENCE = timedelta(hours=6)
_LOOK_EVERY = timedelta(seconds=10)  # for sources that have become quiet, or are no more
_LOOK_AGAIN = timedelta(hours=1)  # at a silent source's rhythm: the fortnight that it is of has moved on
_AT_ONCE = 20  # sources whose rhythm is looked at again in one go
_SENDER = "sender"
_SELDOM = timedelta(seconds=20)
_FLAGGED_WITHIN = timedelta(days=2)  # later, nobody mends a post


Kind = Literal[
    "restored",
    "unknown",
    "failed",
    "paused",
    "budget",
    "failing",
    "silent",
    "flood",
    "redesign",
    "alike",
    "amendment",
    "refix",
    "stranded",
    "unread",
]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that needs a person. ``posts`` are those that it is about, ``name`` a channel or source.

    ``why`` is what the platform, site or rule said; ``percent`` and ``runs_out`` are a budget's; ``since``
    when it began, ``until`` when it was over. Of an amendment that won't be made, ``link`` is where it would
    have been, ``action`` whose it is; ``by_hand``: a person has to.
    """

    key: str
    kind: Kind
    posts: tuple[Post, ...] = ()
    name: str = ""
    why: str = ""
    percent: int = 0
    runs_out: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    link: str = ""
    by_hand: bool = False
    action: int = 0


class Troubles:
    """Looks for all of them in the ledger. ``budgets`` are the months' limits in USD, by channel."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        sources: Collection[str],
        channels: Collection[str],
        budgets: Mapping[str, Decimal],
        targets: Targets | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sources = sources
        self._channels = channels
        self._budgets = budgets
        self._targets = dict.fromkeys(channels) | dict(targets or {})
        self._refixes: tuple[datetime, list[Trouble]] | None = None
        self._rhythms = _Rhythms(ledger)

    def now(self) -> list[Trouble]:
        """The most pressing first."""
        now = self._clock.now()
        restored = list(self._restored())  # not in the view, which may be of before what the mark has
        with self._ledger.view():
            return [
                *restored,
                *self._unknown(),
                *self.stranded(),
                *self._paused(),
                *self._amendments(now),
                *self._failed(now),
                *self._fixes_in_question(now),
                *self._questions(),
                *self._budget(now),
                *self._of_sources(now),
            ]

    def stranded(self) -> list[Trouble]:
        """What no channel, or no source, of config.yaml brings on any more."""
        posts = [
            Trouble(
                f"stranded:{each.channel}:{each.then or ''}:{each.now or ''}",
                "stranded",
                (*each.waiting, *each.maybe_out),
                each.channel,
                why_stranded(each),
            )
            for each in find_stranded(self._ledger, self._targets)
        ]
        unread = self._ledger.stranded_articles(self._sources)
        return [
            *posts,
            *(Trouble(f"unread:{name}", "unread", (), name, str(n)) for name, n in unread.items()),
        ]

    def _restored(self) -> Iterator[Trouble]:
        """One for all posts that may be out since the ledger was restored."""
        found = self._ledger.restored()
        if found is None or found.until is None:
            return
        posts = [post for post in self._unknowns() if is_restored(post)]
        told = Trouble(f"restored:{found.until:%Y%m%d%H%M%S}", "restored", tuple(posts), since=found.since)
        yield replace(told, until=found.until, why=found.why)

    def _unknowns(self) -> list[Post]:
        return self._ledger.posts(states=(PostState.UNKNOWN,), limit=None, oldest_first=True)

    def _unknown(self) -> Iterator[Trouble]:
        for post in self._unknowns():
            if is_restored(post):
                continue
            why = post.error.message if post.error else ""
            yield Trouble(f"unknown:{post.id}:{post.attempts}", "unknown", (post,), post.channel, why)

    def _failed(self, now: datetime) -> Iterator[Trouble]:
        for post in self._ledger.failed(since=now - _FAILED_WITHIN, limit=50):
            why = post.error.message if post.error else ""
            yield Trouble(f"failed:{post.id}:{post.attempts}", "failed", (post,), post.channel, why)

    def _amendments(self, now: datetime) -> Iterator[Trouble]:
        """What could not be edited or deleted: one for all parts of a post."""
        first: dict[str, Amendment] = {}
        for each in self._ledger.amendments(unsettled=True, failed_since=now - _FAILED_WITHIN):
            if each.state in {"manual", "failed"}:
                first.setdefault(f"amendment:{each.post_id}:{each.action_id}:{each.state}", each)
        posts = self._ledger.posts_by_id({each.post_id for each in first.values()})
        for key, each in first.items():
            why = each.error.message if each.error else ""
            link = (each.receipt.url if each.receipt else None) or ""
            trouble = Trouble(key, "amendment", (posts[each.post_id],), each.channel, why, since=each.since)
            yield replace(trouble, link=link, by_hand=each.state == "manual", action=each.action_id)

    def _paused(self) -> Iterator[Trouble]:
        """By their platforms: whoever paused one knows it."""
        states = self._ledger.channels()
        for name in self._channels:
            one = states.get(name)
            if one and one.state == "paused" and one.paused_by == _SENDER:
                key = f"paused:{name}:{one.code}"
                yield Trouble(key, "paused", (), name, one.reason or "", since=one.paused_at)

    def _fixes_in_question(self, now: datetime) -> list[Trouble]:
        """Posts that are out, and whose source has since written what a fix had changed.

        They are looked for now and then, as it takes a walk over what went out lately.
        """
        if self._refixes is None or abs(now - self._refixes[0]) >= _SELDOM:
            flagged = self._ledger.flagged(list(self._channels), since=now - _FLAGGED_WITHIN)
            found = [
                Trouble(
                    f"refix:{post.id}:{event.at:%Y%m%d%H%M%S}", "refix", (post,), post.channel, event.detail
                )
                for post, event in flagged
                if event.detail.endswith(TO_DECIDE)
            ]
            self._refixes = now, found
        return self._refixes[1]

    def _questions(self) -> Iterator[Trouble]:
        """One for all posts that are held for the same reason."""
        asked: dict[str, list[Post]] = {}
        for post in self._ledger.posts(states=(PostState.HELD,), limit=None, oldest_first=True):
            if kind_of(post.held_for):
                asked.setdefault(str(post.held_for), []).append(post)
        for why, posts in asked.items():
            kind = kind_of(why) or "flood"
            first = min(posts, key=lambda post: (post.created_at, post.id))
            yield Trouble(f"{kind}:{first.article_id}", kind, tuple(posts), why=why)

    def _budget(self, now: datetime) -> Iterator[Trouble]:
        spending = self._ledger.spending(now=now) if self._budgets else {}
        for name, limit in self._budgets.items():
            spent = spending.get(name, Decimal(0))
            percent = int(100 * spent / limit) if limit else 0
            if step := max((step for step in _STEPS if percent >= step), default=0):
                out = runs_out(spent, limit, now)
                key = f"budget:{name}:{now:%Y-%m}:{step}"
                yield Trouble(key, "budget", (), name, f"${spent} of ${limit}", step, out)

    def _of_sources(self, now: datetime) -> Iterator[Trouble]:
        failing = {one.name: one for one in self._ledger.failing_sources(_FAILURES) if one.error}
        silent = self._rhythms.silent(now)
        for name in self._sources:
            if (one := failing.get(name)) and one.error:
                yield Trouble(f"failing:{name}", "failing", (), name, one.error.message)
            elif since := silent.get(name):
                yield Trouble(f"silent:{name}:{since:%Y%m%d%H%M}", "silent", (), name, since=since)


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """When a quiet source's articles of the last fortnight were found, as it was known at ``looked_at``."""

    last_new_at: datetime | None
    times: Sequence[datetime]
    looked_at: datetime


class _Rhythms:
    """Which sources are silent. It is asked each second: what it is answered from is kept for a while."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, _Rhythm] = {}  # of sources that are quiet now
        self._looked_at: datetime | None = None

    def silent(self, now: datetime) -> dict[str, datetime]:
        """Since when each is."""
        if self._looked_at is None or abs(now - self._looked_at) >= _LOOK_EVERY:
            self._look(now)
            self._looked_at = now
        found = ((name, silent_for(rhythm.times, now)) for name, rhythm in self._known.items())
        return {name: since for name, since in found if since}

    def _look(self, now: datetime) -> None:
        """At those whose latest article is another one than it was, and at some of the others."""
        quiet = self._ledger.quiet_sources(since=now - _LEAST_SILENCE)
        kept = {
            name: rhythm
            for name, rhythm in self._known.items()
            if name in quiet and quiet[name] == rhythm.last_new_at
        }
        old = [name for name, rhythm in kept.items() if abs(now - rhythm.looked_at) >= _LOOK_AGAIN]
        for name in {*quiet.keys() - kept.keys(), *old[:_AT_ONCE]}:
            times = self._ledger.found_times(name, since=now - _HISTORY)
            kept[name] = _Rhythm(quiet[name], times, now)
        self._known = kept


def is_restored(post: Post) -> bool:
    """Is it unknown because the ledger was restored, and not because of a call?"""
    return post.error is not None and post.error.code == RESTORED


def runs_out(spent: Decimal, limit: Decimal, now: datetime) -> datetime | None:
    """When a month's money is gone if it goes on like this; None where it lasts.

    The month is UTC's, as a budget's is.
    """
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    if not spent:
        return None
    out = first + (now - first) * float(limit / spent)
    return max(out, now) if out < following else None


def silent_for(found: Collection[datetime], now: datetime) -> datetime | None:
    """Since when a source has been silent, if that is longer than it ever was lately.

    ``found`` are when its articles of the last fortnight were found.
    """
    times = sorted(found)
    if len(times) < _LEAST_KNOWN:
        return None
    longest = max(after - before for before, after in pairwise(times))
    quiet = now - times[-1]
    return times[-1] if quiet > max(_LONGER * longest, _LEAST_SILENCE) else None
