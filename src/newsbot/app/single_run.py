"""Run newsbot once (`newsbot run --once`): poll each source, send the posts that are due, and end."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsbot.app.container import App
from newsbot.app.service import (
    STOP_WITHIN,
    expire_posts,
    make_digests,
    open_ledger,
    recover_posts,
    settle_channels,
    settle_late_posts,
    tidy_ledger,
)
from newsbot.app.supervisor import stop_signal
from newsbot.delivery.reports import Reports
from newsbot.errors import ComposeError
from newsbot.model import Failure, Post, PostState
from newsbot.newsroom.intake import Intake
from newsbot.newsroom.status import describe_restore
from newsbot.ports import Amendment, PollRequest
from newsbot.tasks import run_unless_stopped

__all__ = ["RunOutcome", "run_once"]

# The most seconds that `run --once` waits until rate limits and the platforms allow it to send posts.
_PATIENCE = 120.0
# Seconds for which `run --once` searches platforms for posts of unknown outcome: enough for two searches.
_LOOKS = 12.0
_SOON = 0.1  # Seconds between two polls of a source whose newest article is not complete yet.


@dataclass
class RunOutcome:
    """The lines that `run --once` prints to standard error; with ``problems``,
    newsbot exits with status 1.
    """

    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


async def run_once(app: App) -> RunOutcome:
    """Poll each source once, send the posts that are due,
    and return when no call to a platform is in progress.

    SIGTERM or SIGINT ends the polls; then no new call to a platform starts.
    """
    outcome = RunOutcome()
    # If the database fails, the error that ends `run --once` says so, so the components do not log that too.
    app.reports = Reports(quiet=True)
    await open_ledger(app)
    outcome.remarks += describe_restore(app.ledger.alerts, app.clock.now(), app.config.timezone)
    left = await app.on_ledger(recover_posts, app)
    outcome.remarks += await app.on_ledger(settle_channels, app)
    stop = stop_signal()
    prober = app.prober(lambda: None)
    await prober.drain()
    await run_unless_stopped(stop, prober.finish())
    left += await tidy_ledger(app)
    paused = await app.on_ledger(_list_paused, app)

    def note_failure(article_id: str, why: Failure) -> None:
        """Note an article on which a template failed; only log an article that can't be read."""
        if why.code == ComposeError.code:
            outcome.problems.append(f"article {article_id}: {why.message}")

    intake = app.intake(lambda: None, note_failure)
    await run_unless_stopped(stop, _poll_all_once(app, intake, outcome))
    # Posts are expired again, because a poll may just have found an article so old that its posts have
    # expired already.
    await expire_posts(app)
    await settle_late_posts(app)
    outcome.problems += await make_digests(app)
    await _check_pages(app, stop)
    await _send_once(app, outcome, stop)
    await run_unless_stopped(stop, app.preflight.finish())
    for post in left:
        told = _describe_state(await app.on_ledger(app.ledger.posts.get_post, post.id))
        outcome.remarks.append(f"{post.id} on {post.channel} was left in mid-call by a crash: {told}")
    for name in await app.on_ledger(_list_paused, app) - paused:
        state = await app.on_ledger(app.ledger.channels.get_channel, name)
        outcome.problems.append(f"{name} is paused: {state.reason}")
    return outcome


def _describe_state(post: Post) -> str:
    if post.state is PostState.UNKNOWN:
        return f"look whether it is out, then `newsbot resolve {post.id} sent` or `not-sent`"
    return "it is out" if post.state is PostState.SENT else f"it is {post.state} now"


def _list_paused(app: App) -> set[str]:
    return {name for name in app.config.channels if app.ledger.channels.get_channel(name).state == "paused"}


async def _poll_all_once(app: App, intake: Intake, outcome: RunOutcome) -> None:
    """Poll every source once, all at the same time, and process their articles.

    Raises:
        LedgerError: the database can't be used; the other polls are then cancelled.
    """
    await intake.recompose_failed(app.config.sources)
    try:
        async with asyncio.TaskGroup() as polls:
            for name in app.config.sources:
                polls.create_task(_poll_once(app, intake, name, outcome))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed


async def _poll_once(app: App, intake: Intake, name: str, outcome: RunOutcome) -> None:
    request = PollRequest(name, timedelta(0))
    visit = await app.detector.visit(request)
    while visit.result is not None and visit.result.soon:
        # The source is polled again some seconds later, because its newest article was published a moment ago
        # and may not be complete yet.
        await asyncio.sleep(_SOON)
        visit = await app.detector.visit(request)
    if visit.result is not None and visit.result.error:
        outcome.problems.append(f"{name}: {visit.result.error.message}")
    if visit.unfinished:
        await app.changes.process_changes(name)
        await intake.process_items(name)


async def _send_once(app: App, outcome: RunOutcome, stop: asyncio.Event) -> None:
    """Send due posts, make due edits and deletions, and search for posts of unknown outcome, once.

    Wait at most two minutes for posts that are sent again after a failure.
    """

    def note_failed_post(post: Post) -> None:
        if post.state is PostState.FAILED and post.error:
            outcome.problems.append(f"{post.id} on {post.channel} failed: {post.error.message}")

    last = app.clock.now() + timedelta(seconds=_PATIENCE)
    while not stop.is_set():
        sender = app.sender(patience=(last - app.clock.now()).total_seconds(), settled=note_failed_post)
        await sender.drain()
        if not await run_unless_stopped(stop, sender.finish()):
            await sender.stop(STOP_WITHIN)
            return
        await _amend_once(app, outcome, stop)
        within = min(_LOOKS, (last - app.clock.now()).total_seconds())
        await run_unless_stopped(stop, app.reconciler().settle(within))
        again = await app.on_ledger(_find_next_retry, app)
        if again is None or again > last:
            return
        await run_unless_stopped(stop, asyncio.sleep(max(0.05, (again - app.clock.now()).total_seconds())))


async def _amend_once(app: App, outcome: RunOutcome, stop: asyncio.Event) -> None:
    """Make the due edits and deletions of posts once; a later run makes those that a platform defers."""

    def note_failed_amendment(amendment: Amendment) -> None:
        if amendment.state != "done" and amendment.error:
            why = f"{amendment.what} of {amendment.post_id} on {amendment.channel}"
            outcome.remarks.append(f"{why} is {amendment.state}: {amendment.error.message}")

    amender = app.amender(patience=_LOOKS, ended=note_failed_amendment)
    await amender.drain()
    if not await run_unless_stopped(stop, amender.finish()):
        await amender.stop(STOP_WITHIN)


async def _check_pages(app: App, stop: asyncio.Event) -> None:
    """Check the pages of posts that are due again, if a warning may hold posts; without that, no post waits
    for the check.
    """
    if app.preflight.holds:
        await run_unless_stopped(stop, app.preflight.check_due_posts())


def _find_next_retry(app: App) -> datetime | None:
    """Return when the first post that waits for a retry may be sent; None if no post waits for one."""
    retrying = (PostState.RETRYING,)
    waiting = app.ledger.posts.list_posts(states=retrying, limit=None, oldest_first=True)
    active = set(app.config.channels) - _list_paused(app)
    return next((post.due_at for post in waiting if post.channel in active), None)
