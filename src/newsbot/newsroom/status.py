"""The current state of newsbot, the budgets, and everything that needs a person: the output of `status`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from newsbot import __version__
from newsbot.model import SENDER, WAITING, Failure, Post, PostState
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.json_views import pick_fields, serialize_failure
from newsbot.newsroom.stranded import StrandedPosts, find_stranded, say_stranded, say_stranded_sources
from newsbot.newsroom.wording import format_time_briefly, say_reason
from newsbot.ports import (
    ARTICLE_GONE,
    SUMMARIZER_ACCOUNT,
    AccountSpending,
    ChannelState,
    ChannelTargets,
    Clock,
    DetectedRestore,
    FlaggedPost,
    SourceState,
    StoredArticle,
    UnsettledAmendment,
)
from newsbot.ports.alerts import RunningService
from newsbot.reasons import Code, Reason, from_json

if TYPE_CHECKING:
    from newsbot.ledger.alerts import AlertsStore
    from newsbot.ledger.channels import ChannelsStore
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "FAILED_WITHIN",
    "FLAGGED_WITHIN",
    "AccountBudget",
    "Needs",
    "describe_restore",
    "find_needs",
    "list_account_budgets",
    "list_needs",
    "status",
]


class AccountBudget(NamedTuple):
    """The month's spending and budget, in USD, of the channels that share one platform account."""

    channels: tuple[str, ...]
    spent: Decimal
    limit: Decimal

    @property
    def name(self) -> str:
        """Return the names of the account's channels, separated by commas; editors know a platform account by
        its channels.
        """
        return ", ".join(self.channels)


def list_account_budgets(
    store: "ChannelsStore", limits: Mapping[str, Decimal | None], *, now: datetime
) -> list[AccountBudget]:
    """Return the present month's spending and budget of each platform account that has a budget.

    ``limits`` are the channels' monthly limits in USD, or None for a channel without one.

    Raises:
        LedgerError: the ledger can't be read.
    """
    if not any(limit is not None for limit in limits.values()):
        return []
    spending = store.list_spending(now=now)
    accounts: dict[AccountSpending, dict[str, Decimal]] = {}
    for name, limit in limits.items():
        if limit is not None:
            accounts.setdefault(spending.get(name, AccountSpending(name)), {})[name] = limit
    return [AccountBudget(tuple(has), spent.usd, min(has.values())) for spent, has in accounts.items()]


def describe_restore(store: "AlertsStore", now: datetime, zone: tzinfo = UTC) -> Iterator[str]:
    """Yield one line for editors if some posts are of unknown outcome because the ledger
    was restored from a backup.

    Times in the line are in ``zone``. Yield nothing if there are no such posts.
    """
    if (found := store.get_pending_restore()) is not None:
        yield _format_restore(found, now, zone)


def _format_restore(found: DetectedRestore, now: datetime, zone: tzinfo) -> str:
    if not found.handled or found.since is None or found.until is None:
        return (
            f"the ledger is older than what was sent from it ({found.why}): it was restored from a backup. "
            "With the next newsbot run all that may be out waits for evidence, and none of it is sent again"
        )
    since, until = (format_time_briefly(at, zone, now) for at in (found.since, found.until))
    posts = "1 post" if found.waiting == 1 else f"{found.waiting} posts"
    return (
        f"newsbot's database was restored from a backup ({found.why}). It knows nothing of what happened "
        f"from {since} to {until}: pauses and takedowns of that time are lost too. An article of that time "
        f"that comes again gets a new id. {posts} may be out already, and none is sent before somebody has "
        "looked: "
        "newsbot resolve ID sent|not-sent, or newsbot skip ID (newsbot posts --state unknown lists them)"
    )


def _serialize_restore(found: DetectedRestore) -> dict[str, Any]:
    """Return what is known of the ledger's restore from a backup as a JSON object."""
    return {
        "why": str(found.why),
        **pick_fields(found, "since", "until", "waiting", "handled"),
    }


FAILED_WITHIN = timedelta(hours=24)
"""newsbot reports a failed post until this time after the post's due time has passed."""
# The most lines of each kind that the overview prints; one more line tells how many others there are.
_NAMED = 5
_LOOKED_AT = 200  # The most posts waiting for an editor that the overview reads to find out why each waits.
FLAGGED_WITHIN = timedelta(days=2)
"""newsbot reports a change of a sent post's article until this time after the post was sent."""


_POLL_FIELDS = ("name", "state", "last_polled_at", "last_new_at", "next_poll_at")


def status(
    ledger: "Ledger",
    clock: Clock,
    *,
    database: str,
    sources: Collection[str],
    channels: Mapping[str, str],
    budgets: Mapping[str, Decimal | None],
    targets: ChannelTargets | None = None,
) -> dict[str, Any]:
    """Return the state of all sources, channels and running services as a JSON object.

    ``channels`` maps names to kinds of platform, ``budgets`` maps channels to the monthly limit of their
    account in USD (None for no limit), and ``targets`` maps channels to the chat or account that they post
    to, if their settings tell it.

    The key ``restored`` exists while posts are of unknown outcome because the ledger was restored from a
    backup.
    """
    restored = ledger.alerts.get_pending_restore()
    with ledger.view():
        counts = ledger.channels.count_posts(since=clock.now() - FAILED_WITHIN)
        known, states = ledger.sources.list_sources(), ledger.channels.list_channels()
        spending = list_account_budgets(ledger.channels, budgets, now=clock.now())
    return {
        "version": __version__,
        "database": database,
        "sources": [
            {**pick_fields(state, *_POLL_FIELDS), "error": serialize_failure(state.error)}
            for state in (known.get(name, SourceState(name)) for name in sources)
        ],
        "channels": [
            _serialize_channel(states.get(name, ChannelState(name)), kind, counts, spending)
            for name, kind in channels.items()
        ],
        "summarizer": {"budget": _find_budget(SUMMARIZER_ACCOUNT, spending)},
        "services": [
            {
                **pick_fields(one, "host", "pid", "version"),
                "roles": list(one.roles),
                "failed": [{key: part[key] for key in ("name", "error", "since")} for part in one.failed],
            }
            for one in ledger.list_running_services()
        ],
        "stranded": [
            _serialize_stranded(each)
            for each in find_stranded(ledger.alerts, dict.fromkeys(channels) | dict(targets or {}))
        ],
        "stranded_sources": [
            {"name": name, "unread": count}
            for name, count in ledger.sources.count_stranded_articles(sources).items()
        ],
        **({"restored": _serialize_restore(restored)} if restored else {}),
    }


def _serialize_stranded(found: StrandedPosts) -> dict[str, Any]:
    """Return the posts for one chat or account that no channel of config.yaml posts to any more,
    as a JSON object.
    """
    return {
        "channel": found.channel,
        "composed_for": found.then,
        "posts_to": found.now,
        "renamed_to": found.new_name,
        "waiting": [post.id for post in found.waiting],
        "maybe_out": [post.id for post in found.maybe_out],
        "amendments": found.amendments,
        "message": say_stranded(found),
    }


def _serialize_budget(budget: AccountBudget) -> dict[str, Any]:
    """Return the budget of a platform account as a JSON object;
    each channel of the account shows the same object.
    """
    return {
        "month_to_date_usd": float(budget.spent),
        "limit_usd": float(budget.limit),
        "channels": list(budget.channels),
    }


def _find_budget(name: str, spending: Collection[AccountBudget]) -> dict[str, Any] | None:
    budget = next((one for one in spending if name in one.channels), None)
    return _serialize_budget(budget) if budget else None


def _serialize_channel(
    channel: ChannelState,
    kind: str,
    counts: Mapping[tuple[str, PostState], int],
    spending: Collection[AccountBudget],
) -> dict[str, Any]:
    name = channel.name
    return {
        "name": name,
        "kind": kind,
        "state": channel.state,
        "queued": sum(counts.get((name, state), 0) for state in WAITING - {PostState.UNKNOWN}),
        "sent_24h": counts.get((name, PostState.SENT), 0),
        "failed": counts.get((name, PostState.FAILED), 0),
        "unknown": counts.get((name, PostState.UNKNOWN), 0),
        "budget": _find_budget(name, spending),
    }


@dataclass(frozen=True, slots=True)
class Needs:
    """All posts, articles, sources and channels that need a person, as data from which messages are made.

    Not included are stranded posts (whose channel is gone) and a ledger restored from a backup.

    ``amendments`` are edits and deletions of published posts that could not be made; ``failed_articles``
    could not be read or composed; ``flagged`` are sent posts whose articles their source changed or removed;
    ``failing`` are sources that could not be polled.
    """

    unknown: Sequence[Post]
    services: Sequence[RunningService]
    amendments: Sequence[UnsettledAmendment]
    paused: Sequence[ChannelState]
    held: Sequence[Post]
    failed: Sequence[Post]
    failed_articles: Sequence[StoredArticle]
    flagged: Sequence[FlaggedPost]
    failing: Sequence[SourceState]


def find_needs(
    ledger: "Ledger",
    clock: Clock,
    *,
    sources: Collection[str],
    channels: Collection[str],
    most: int | None = None,
) -> Needs:
    """Read from the ledger everything that needs a person.

    ``most`` is the most held posts to read; then only a few of most other things are read too. Without
    ``most``, everything is read.
    """
    now, few = clock.now(), most and _NAMED + 1
    states = ledger.channels.list_channels()
    failing = {one.name: one for one in ledger.sources.list_failing_sources(1)}
    unsettled = ledger.alerts.list_unsettled_amendments(failed_since=now - FLAGGED_WITHIN)
    return Needs(
        ledger.posts.list_posts(states=(PostState.UNKNOWN,), limit=few),
        ledger.list_running_services(),
        [each for each in unsettled if each.state in {"failed", "manual"}],
        [one for name in channels if (one := states.get(name)) and one.state == "paused"],
        ledger.posts.list_posts(states=(PostState.HELD,), limit=most, oldest_first=True),
        ledger.posts.list_failed_posts(since=now - FAILED_WITHIN, limit=few),
        ledger.articles.list_failed_articles(since=now - FAILED_WITHIN),
        ledger.changes.list_flagged_posts(channels, since=now - FLAGGED_WITHIN),
        [source for name in sources if (source := failing.get(name)) and source.error],
    )


def list_needs(
    ledger: "Ledger",
    clock: Clock,
    *,
    sources: Collection[str],
    channels: Collection[str],
    targets: ChannelTargets | None = None,
    zone: tzinfo = UTC,
) -> list[str]:
    """Return lines of text that say what needs a person and what to do about it, the most urgent first.

    ``zone`` is the time zone of the times in the lines.
    """
    lost = find_stranded(ledger.alerts, dict.fromkeys(channels) | dict(targets or {}))
    out_of_reach = {post.id for each in lost for post in each.waiting}
    found = find_needs(ledger, clock, sources=sources, channels=channels, most=_LOOKED_AT + len(out_of_reach))
    return [
        *describe_restore(ledger.alerts, clock.now(), zone),
        *map(say_stranded, lost),
        *say_stranded_sources(ledger.sources, sources),
        *_limit_lines(_list_unknown(found.unknown), "newsbot posts --state unknown"),
        *_list_failed_parts(found.services, zone),
        *_list_amendments(found.amendments, zone),
        *_list_paused(found, zone, clock.now()),
        *_limit_lines(_list_held(found.held, out_of_reach, zone), "newsbot posts --state held"),
        *_limit_lines(_list_failed(found.failed, zone), "newsbot posts --state failed"),
        *_limit_lines(_list_failed_articles(found.failed_articles, zone), "newsbot show ARTICLE-ID"),
        *_limit_lines(_list_flagged(found.flagged, zone), "newsbot posts --state sent"),
        *_list_failing(found.failing, zone),
    ]


def _limit_lines(lines: Iterator[str], all_of_them: str) -> Iterator[str]:
    for n, line in enumerate(lines):
        if n == _NAMED:
            yield f"... and more: {all_of_them}"
            return
        yield line


def _list_unknown(posts: Iterable[Post]) -> Iterator[str]:
    for post in posts:
        mend = f"look there, then newsbot resolve {post.id} sent|not-sent, or newsbot skip {post.id}"
        yield f"{post.id} on {post.channel} may or may not be out: {mend}"


def _list_failed_parts(services: Iterable[RunningService], zone: tzinfo) -> Iterator[str]:
    """Yield a line for each component of a running service (such as sending or polling) that fails now."""
    for service in services:
        for part in service.failed:
            where = f"the service on {service.host}, process {service.pid}"
            why = say_reason(from_json(part["reason"]), zone) if "reason" in part else part["error"]
            yield f"{part['name']} of {where} does not work: {why}. It starts again by itself"


def _list_amendments(amendments: Iterable[UnsettledAmendment], zone: tzinfo) -> Iterator[str]:
    """Yield a line for each edit or deletion of a published post that could not be made."""
    for each in amendments:
        where = f" ({each.link})" if each.link else ""
        why = _say_failure(each.error, zone)
        if each.state == "manual":
            mend = f"delete it there, then newsbot withdraw {each.post_id} --by-hand"
            yield f"{each.post_id} on {each.channel} is still out{where}: {why}. {mend}"
        else:
            mend = f"newsbot show {each.post_id}"
            yield f"{each.post_id} on {each.channel} is not corrected{where}: {why}. {mend}"


def _list_paused(found: Needs, zone: tzinfo, now: datetime) -> Iterator[str]:
    for one in found.paused:
        probe = _describe_probe(one, zone, now, runs=bool(found.services))
        yield f"{one.name} is {_explain_pause(one, zone)}{probe}newsbot resume {one.name}"


def _explain_pause(one: ChannelState, zone: tzinfo) -> str:
    why = say_reason(one.reason, zone).rstrip(".") if one.reason else ""
    return f"paused: {why or 'by its platform'}" if one.paused_by == SENDER else why


def _describe_probe(one: ChannelState, zone: tzinfo, now: datetime, *, runs: bool) -> str:
    """Return the words after the reason of a channel's pause, which say when newsbot asks the platform again.

    ``runs`` says that a service is running. If newsbot does not ask by itself, the words are only a colon.
    """
    if one.probe_at is None:
        return ": "
    at = f"at {format_time_briefly(one.probe_at, zone, now)}" if one.probe_at > now else "within seconds"
    if not runs:
        at = "by newsbot run (no service runs now)"
    return f". Once that is solved (restart newsbot if its settings changed) it is asked again {at}, or: "


def _list_held(posts: Iterable[Post], but: Collection[str], zone: tzinfo) -> Iterator[str]:
    suspicions = set[Reason]()
    for post in posts:
        if post.id in but or post.held_for is None or post.held_for in suspicions:
            continue
        kind, reason = find_anomaly_kind(post.held_for), say_reason(post.held_for, zone)
        if kind in {"flood", "redesign"}:
            suspicions.add(post.held_for)
            alike = f"{post.id} --alike"
            answers = f"newsbot approve {alike} lets them go on, newsbot cancel {alike} drops them"
            yield f"{post.id} and those like it are held: {reason} {answers}"
        elif kind == "alike":
            answer = f"newsbot approve {post.id} posts it, newsbot cancel {post.id} drops it"
            yield f"{post.id} on {post.channel} is held, as {reason}: {answer}"
        else:
            why = "waits for an approval" if post.held_for == Code.APPROVAL() else f"is held: {reason}"
            yield f"{post.id} on {post.channel} {why}. newsbot approve {post.id}"


def _list_flagged(flagged: Iterable[FlaggedPost], zone: tzinfo) -> Iterator[str]:
    """Yield a line for each sent post whose article its source has changed or
    removed after the post was sent.
    """
    for number, channel, told, article_id in flagged:
        if told.event == ARTICLE_GONE:
            protected = told.detail == Code.WITHDRAW_PROTECTED()
            asks, gone = (
                "asks readers for a password at its source now",
                "is not published at its source any more",
            )
            what = f"{number} on {channel} is out, and its article {asks if protected else gone}"
            mend = f"newsbot takedown {article_id} takes it away everywhere"
            yield f"{what}: {mend}, newsbot skip {number} leaves it up"
            continue
        why = say_reason(told.detail, zone).rstrip(".?") if told.detail else ""
        what = f"{number} on {channel} is out, {told.event} since: {why}"
        yield f"{what}. newsbot show {number}, or newsbot skip {number} leaves it as it is"


def _list_failed(posts: Iterable[Post], zone: tzinfo) -> Iterator[str]:
    for post in posts:
        why = _say_failure(post.error, zone) if post.error else "it was refused"
        yield f"{post.id} on {post.channel} failed: {why}. Once that is solved: newsbot retry {post.id}"


def _list_failed_articles(articles: Iterable[StoredArticle], zone: tzinfo) -> Iterator[str]:
    for kept in articles:
        why = _say_failure(kept.error, zone)
        where = "" if kept.state == "failed" else " everywhere"
        again = f". Once that is solved: newsbot post {kept.url}" if kept.url else ""
        yield f"{kept.id} of {kept.source} was not posted{where}: {why}{again}"


def _list_failing(sources: Iterable[SourceState], zone: tzinfo) -> Iterator[str]:
    for one in sources:
        yield f"{one.name} could not be polled: {_say_failure(one.error, zone)}"


def _say_failure(failure: Failure | None, zone: tzinfo) -> str:
    return say_reason(failure.reason, zone) if failure else "?"
