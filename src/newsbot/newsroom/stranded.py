"""Find stranded posts, edits, deletions and articles, and tell editors what to do about them.

A post (or an edit or deletion of a published post) is stranded if its channel was removed from config.yaml or
now posts to another chat or account. An article is stranded if its source was removed. newsbot sends nothing
stranded by itself, so every overview for editors lists what is stranded.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from newsbot.model import IN_FLIGHT, Post, PostState
from newsbot.ports import (
    ChannelTargets,
    PostOutline,
    UnsettledAmendment,
    explain_other_place,
    find_new_name,
)
from newsbot.reasons import Reason, UsageCode

if TYPE_CHECKING:
    from newsbot.ledger.alerts import AlertsStore
    from newsbot.ledger.sources import SourcesStore

__all__ = [
    "StrandedPosts",
    "find_stranded",
    "group_stranded",
    "say_stranded",
    "say_stranded_sources",
    "suggest_remedy",
]

_NAMED = 5  # The most post ids that one line for editors lists.


@dataclass(frozen=True, slots=True)
class StrandedPosts:
    """The stranded posts of one channel that were composed for the same chat or account.

    ``then`` is that chat or account. ``now`` is the chat or account that the channel posts to now (None:
    config.yaml has no such channel). ``why`` says what happened to the channel. ``new_name`` is the channel's
    new name if it was renamed: newsbot moves the posts to that name when it starts. ``waiting`` are the
    unsent posts. ``maybe_out`` are posts that may be published, because their call to the platform is in
    progress or had no known outcome. ``amendments`` counts the edits and deletions of published posts that
    can't be made.
    """

    channel: str
    then: str | None
    now: str | None
    why: Reason
    new_name: str | None = None
    waiting: tuple[PostOutline, ...] = ()
    maybe_out: tuple[PostOutline, ...] = ()
    amendments: int = 0


def find_stranded(store: "AlertsStore", targets: ChannelTargets) -> list[StrandedPosts]:
    """Find the posts, edits and deletions in the ledger whose chat or account no
    channel of config.yaml posts to.

    Raises:
        LedgerError: the ledger can't be read.
    """
    return group_stranded(store.list_urgent_posts(targets), store.list_unsettled_amendments(), targets)


def group_stranded(
    posts: Collection[PostOutline], amendments: Collection[UnsettledAmendment], targets: ChannelTargets
) -> list[StrandedPosts]:
    """Return those of the given posts, edits and deletions that can't be sent or made, as their channel is
    gone or posts elsewhere, grouped by channel and by chat or account.
    """
    every: list[PostOutline | UnsettledAmendment] = [post for post in posts if _is_elsewhere(post, targets)]
    due = (each for each in amendments if each.state == "due" and each.is_out)
    every += [each for each in due if _is_elsewhere(each, targets, out=True)]
    every.sort(key=_get_place)
    return [_make_group(place, list(group), targets) for place, group in groupby(every, key=_get_place)]


def _is_elsewhere(
    found: PostOutline | UnsettledAmendment, targets: ChannelTargets, *, out: bool = False
) -> bool:
    return explain_other_place(found.channel, found.target, targets, out=out) is not None


def _get_place(found: PostOutline | UnsettledAmendment) -> tuple[str, str]:
    return found.channel, found.target or ""


def _make_group(
    place: tuple[str, str], group: list[PostOutline | UnsettledAmendment], targets: ChannelTargets
) -> StrandedPosts:
    posts = [each for each in group if isinstance(each, PostOutline)]
    channel, then = place[0], place[1] or None
    return StrandedPosts(
        channel,
        then,
        targets.get(channel),
        explain_other_place(channel, then, targets) or UsageCode.CHANNEL_GONE(name=channel),
        find_new_name(channel, then, targets),
        tuple(post for post in posts if post.state not in IN_FLIGHT),
        tuple(post for post in posts if post.state in IN_FLIGHT),
        len(group) - len(posts),
    )


def say_stranded(found: StrandedPosts) -> str:
    """Return one line for editors that says which posts of the group can't be sent, because their channel is
    gone or posts elsewhere, and what to do.
    """
    return f"{found.why}: {'; '.join(_describe_parts(found))}"


def _describe_parts(found: StrandedPosts) -> Iterator[str]:
    if found.new_name:
        posts = [*found.waiting, *found.maybe_out]
        yield _count_waiting(posts) if posts else "what is out waits to be corrected"
        return
    if found.waiting:
        to = found.channel if found.now else "NAME"
        yield f"{_count_waiting(found.waiting)}: newsbot move ID --channel {to}, or newsbot cancel ID"
    if found.maybe_out:
        at = f" in {found.then}" if found.then else ""
        ids = _format_ids(found.maybe_out)
        yield f"{ids} may be out{at}: look there, then newsbot resolve ID sent|not-sent"
    if found.amendments:
        edits = "1 edit or delete" if found.amendments == 1 else f"{found.amendments} edits or deletes"
        yield f"{edits} of what is out can't be made: do that there by hand"


def say_stranded_sources(store: "SourcesStore", sources: Collection[str]) -> list[str]:
    """Return a line for each source that config.yaml no longer has and whose
    articles still wait to be read.
    """
    return [
        f"{name}: config.yaml has no such source any more, and {count} of its articles "
        f"{'waits' if count == 1 else 'wait'} to be read: write it back, or newsbot post URL"
        for name, count in store.count_stranded_articles(sources).items()
    ]


def suggest_remedy(post: Post) -> Reason:
    """Return what an editor can do about a stranded post (whose channel is gone or posts elsewhere): leave
    it, move it, cancel it or post the article elsewhere.
    """
    if post.receipts:
        return UsageCode.LEAVE_PART(ref=post.id)
    if post.state is PostState.FAILED:
        return UsageCode.QUEUE_ELSEWHERE(link=post.article_url or "URL")
    return UsageCode.MOVE_OR_CANCEL(ref=post.id, id=post.id)


def _count_waiting(posts: Collection[PostOutline]) -> str:
    return f"{len(posts)} {'post waits' if len(posts) == 1 else 'posts wait'} ({_format_ids(posts)})"


def _format_ids(posts: Collection[PostOutline]) -> str:
    named = ", ".join(post.id for post in list(posts)[:_NAMED])
    return named if len(posts) <= _NAMED else f"{named} and {len(posts) - _NAMED} more"
