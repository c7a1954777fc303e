"""What an editor does with a post; the command line and the desk call the same use cases.

Each is synchronous, one or two ledger calls, and returns the post as it is afterwards. All may raise
UsageError (no such post), InvalidTransition (not in its state) and LedgerError.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from newsbot.composing.rewriting import LengthExcess, rewrite, strip_markup
from newsbot.errors import ComposeError, InvalidTransition, UsageError
from newsbot.model import Part, Post, PostEvent, PostState, Receipt
from newsbot.newsroom.anomalies import find_anomaly_kind, find_similar_article
from newsbot.newsroom.approvals import Approvals
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.diff import describe_text_change
from newsbot.newsroom.fixes import TO_DECIDE
from newsbot.newsroom.planning import retry_until_free
from newsbot.newsroom.stranded import suggest_remedy
from newsbot.ports import Channel, Clock, Ledger, NewDueTime

__all__ = [
    "EditPreview",
    "EditResult",
    "LengthProblem",
    "Moved",
    "PostEditor",
    "Posts",
    "Questions",
    "ResumeMode",
    "ResumeResult",
]


@dataclass(frozen=True, slots=True)
class LengthProblem:
    """Words that don't fit; ``photo``: as a caption, while they would without it."""

    channel: str
    length: int
    limit: int
    photo: bool = False

    @property
    def excess(self) -> int:
        return self.length - self.limit

    def __str__(self) -> str:
        photo = ", with its photo" if self.photo else ""
        return f"{self.channel}: {self.excess} too long: {self.length} of {self.limit}{photo}"


@dataclass(frozen=True, slots=True)
class EditPreview:
    """What the words would become; ``problem`` says why they can't."""

    parts: tuple[Part, ...]
    problem: LengthProblem | None
    cost_usd: Decimal | None
    change: str


@dataclass(frozen=True, slots=True)
class EditResult:
    """``change`` is what is otherwise, in a line; empty where nothing is."""

    before: Post
    after: Post
    change: str


class PostEditor:
    """The use cases."""

    def __init__(self, ledger: Ledger, channels: Mapping[str, Channel], clock: Clock) -> None:
        self._ledger = ledger
        self._channels = channels
        self._clock = clock

    def words(self, post_id: str) -> str:
        """The post's words as a reader sees them, to be edited."""
        return _join_words(self._ledger.post(post_id).parts)

    def preview(self, post_id: str, text: str) -> EditPreview:
        """What ``text`` would look like, changing nothing.

        Raises:
            UsageError: there are no words in it; no such post; no such channel any more.
        """
        return self._preview(self._ledger.post(post_id), text)

    def edit(self, post_id: str, text: str, by: str, content: str | None = None) -> EditResult:
        """The post says ``text``. No approval counts any more, and no edit at the source overwrites it.

        ``content`` is the `Post.content` that the person was shown.

        Raises:
            UsageError: it doesn't fit (by how much).
            InvalidTransition: it doesn't wait, or was changed since.
        """
        before = self._ledger.post(post_id)
        if content not in {None, before.content}:
            raise InvalidTransition(f"post {before.id} was changed since: look at it again")
        new = self._preview(before, text)
        if new.problem:
            raise UsageError(str(new.problem))
        if new.parts == before.parts:
            return EditResult(before, before, "")
        after = self._ledger.edit(
            before.id,
            new.parts,
            cost_usd=new.cost_usd,
            content=before.content,
            by=by,
            now=self._clock.now(),
            detail=new.change or "its form alone",
        )
        return EditResult(before, after, new.change)

    def _preview(self, post: Post, text: str) -> EditPreview:
        channel = self._channels.get(post.channel)
        if channel is None:
            raise UsageError(
                f"config.yaml has no channel {post.channel} any more: post {post.id} stays as it is"
            )
        try:
            parts, long = rewrite(post.parts, text, channel.limits)
        except ComposeError as error:
            raise UsageError(f"post {post.id} can't say that: {error}") from None
        problem = _make_problem(post, long, channel.limits.text) if long else None
        return EditPreview(
            parts,
            problem,
            channel.price(parts),
            describe_text_change(_join_words(post.parts), _join_words(parts)),
        )


def _make_problem(post: Post, long: LengthExcess, most: int) -> LengthProblem:
    return LengthProblem(
        post.channel, long.length, long.limit, photo=long.limit < most and long.length <= most
    )


def _join_words(parts: tuple[Part, ...]) -> str:
    return "\n\n".join(map(strip_markup, parts))


class Questions:
    """``by`` is the person who answers. All may raise UsageError and LedgerError."""

    def __init__(self, ledger: Ledger, composition: Composition, clock: Clock) -> None:
        self._ledger = ledger
        self._composition = composition
        self._clock = clock

    def alike(self, post_id: str) -> list[Post]:
        """The posts that are held for the same reason as this one, where that is a suspicion."""
        asked = self._ledger.post(post_id)
        if asked.state is not PostState.HELD or find_anomaly_kind(asked.held_for) is None:
            return []
        held = self._ledger.posts(states=(PostState.HELD,), limit=None, oldest_first=True)
        return [post for post in held if post.held_for == asked.held_for]

    def instead(self, post_id: str) -> tuple[str, str] | None:
        """The article that is out and that this post's looks like, and this one's text for it."""
        asked = self._ledger.post(post_id)
        out, article = find_similar_article(asked.held_for), self._ledger.kept(asked.article_id).article
        if asked.state is not PostState.HELD or out is None or article is None:
            return None
        return out, article.text

    def post(self, posts: Sequence[Post], *, by: str) -> list[Post]:
        """They are fine: each goes by its channel's rules, or waits for the approval that it needs anyway."""
        return retry_until_free(lambda: self._release_posts(posts, by))

    def _release_posts(self, posts: Sequence[Post], by: str) -> list[Post]:
        free = [post for post in posts if not post.approval]
        names = sorted({post.channel for post in free})
        times = [
            new for name in names for new in self._plan_times(name, [p for p in free if p.channel == name])
        ]
        ids = [post.id for post in posts]
        return self._ledger.release(ids, {new.post_id: new for new in times}, by=by, now=self._clock.now())

    def _plan_times(self, name: str, posts: Sequence[Post]) -> list[NewDueTime]:
        times = self._composition.planner.plan_in_order(name, posts)
        if not self._composition.has_channel(name):
            return times
        return [
            replace(new, expires_at=self._composition.find_expiry_time(name, new.due_at)) for new in times
        ]

    def drop(self, posts: Sequence[Post], *, by: str) -> list[Post]:
        """They are not: cancelled, all at once."""
        ids = [post.id for post in posts]
        return self._ledger.cancel_all(ids, by=by, now=self._clock.now(), detail="not new, as answered")


ResumeMode = Literal["at once", "spread", "drop"]


@dataclass(frozen=True, slots=True)
class ResumeResult:
    """A channel that sends again: how many wait there, and how many were dropped or spread out."""

    channel: str
    waiting: int
    changed: int


class Moved(NamedTuple):
    """A post at its new time or on its new channel; ``voided``: it had been approved, and asks once more."""

    post: Post
    voided: bool


class Posts:
    """The use cases over posts that are in the ledger. ``by`` is the person, ``cli:ana``."""

    def __init__(
        self,
        ledger: Ledger,
        composition: Composition,
        clock: Clock,
        *,
        approvals: Approvals | None = None,
    ) -> None:
        self._ledger = ledger
        self._composition = composition
        self._clock = clock
        self._approvals = approvals or Approvals(ledger, composition, clock)

    def approve(self, post_id: str, *, by: str) -> Post:
        """One person's yes; see `newsroom.approvals`."""
        return self._approvals.approve(post_id, by).post

    def cancel(self, post_id: str, *, by: str) -> Post:
        """It won't go."""
        return self._ledger.move(post_id, PostEvent.CANCEL, by=by, now=self._clock.now())

    def send_now(self, post_id: str, by: str) -> Moved:
        """Skip the time it waits for, not its approval and not its embargo.

        A time that a person had set is what was approved: without it, the approval is void.
        """
        post, now = self._get_reachable_post(post_id), self._clock.now()
        return self._moved(post, lambda: self._reschedule(post, now, "at once, as asked", by, asked_at=now))

    def move_channel(self, post_id: str, name: str, by: str) -> Moved:
        """Compose a post's article for the channel ``name`` and queue that in its place.

        It keeps its embargo, its lane and the time that a person set, and waits for an approval where that
        channel asks for one. What a person worded, or asked about, is asked about there too.

        Raises:
            AlreadyPosted: the article is out or waiting there.
            ComposeError: it can't be composed for that channel.
            UsageError: config.yaml has no such channel, or the post is no article of its own.
        """
        return self._moved(
            self._ledger.post(post_id),
            lambda: retry_until_free(lambda: self._move_channel(self._ledger.post(post_id), name, by)),
        )

    def _move_channel(self, post: Post, name: str, by: str) -> Post:
        if not self._composition.has_channel(name):
            raise UsageError(f"there is no channel {name!r} in config.yaml")
        if name == post.channel and not self._composition.stranded(post):
            raise UsageError(f"post {post.id} is on {name} already")
        if post.role in {"digest", "correction"}:
            raise UsageError(
                f"post {post.id} is a {post.role}, of {post.channel} alone: newsbot cancel {post.id}"
            )
        kept, now = self._ledger.kept(post.article_id), self._clock.now()
        if kept.article is None:
            raise UsageError(f"article {kept.id} was never read, so it can't be composed again")
        planned = self._composition.plan(
            kept.article,
            [name],
            source=kept.source,
            hold=_find_open_question(post, name),
            at=post.set_at if post.set_at and post.set_at > now else None,
            by=by,
            every_language=True,
            breaking=post.breaking,
            embargo_until=post.embargo_until,
        )
        if not planned.posts:
            raise ComposeError("; ".join(planned.notes))
        new = replace(planned.posts[0], role=post.role, silent=post.silent)
        return self._ledger.move_channel(post.id, new, by=by, now=now)

    def move(self, post_id: str, at: datetime, by: str) -> Moved:
        """Another time, which is part of what is approved; expiry counts from there."""
        post = self._get_reachable_post(post_id)
        return self._moved(post, lambda: self._reschedule(post, at, "the time that was set", by, set_at=at))

    def _moved(self, post: Post, move: Callable[[], Post]) -> Moved:
        """Do it, and tell whether it cost the post its approvals."""
        votes = self._ledger.votes(post.id)
        after = move()
        voided = after.state is PostState.HELD and not self._ledger.votes(after.id)
        return Moved(after, bool(votes) and voided)

    def retry(self, post_id: str, *, by: str) -> Post:
        """A failed post waits again, from its first part that is not out; held where approval is asked."""
        return retry_until_free(lambda: self._retry(self._get_reachable_post(post_id), by))

    def _get_reachable_post(self, post_id: str) -> Post:
        """The post, where its channel still posts to the place that it is for.

        Raises:
            InvalidTransition: it does not, and what to do instead.
        """
        post = self._ledger.post(post_id)
        if why := self._composition.stranded(post):
            raise InvalidTransition(f"post {post.id} can't go: {why}. {suggest_remedy(post)}")
        return post

    def _retry(self, post: Post, by: str) -> Post:
        event = PostEvent.HOLD if self._count_approvals(post) else PostEvent.RETRY
        found = self._composition.planner.plan(
            post.channel, wanted=post.embargo_until, breaking=post.breaking
        )
        return self._ledger.move(
            post.id,
            event,
            by=by,
            now=self._clock.now(),
            due_at=found.due_at,
            expires_at=found.due_at + self._find_lifetime(post),
            reason=found.reason,
            slot_at=found.slot_at,
            detail="tried again",
        )

    def skip(self, post_id: str, *, by: str) -> Post:
        """Leave a post as it is: an unknown, never sent; or one whose article changed since it went out."""
        return self.dismiss_change(post_id, by=by) or self._ledger.move(
            post_id, PostEvent.SKIP, by=by, now=self._clock.now()
        )

    def dismiss_change(self, post_id: str, *, by: str) -> Post | None:
        """Leave a post as it is whose article changed since it went out; None where it is no such post."""
        left = self._ledger.dismiss_flag(post_id, by=by, now=self._clock.now())
        return self._ledger.post(post_id) if left else None

    def resolve_sent(self, post_id: str, *, by: str, remote_id: str | None = None) -> Post:
        """An editor saw that an unknown post, or its unknown part, is out.

        ``remote_id`` is the id there, or a link that ends in it.

        Raises:
            UsageError: parts follow, and without ``remote_id`` they could not join the thread.
        """
        post = self._get_unknown(post_id)
        part, more = post.next_part, post.next_part < len(post.parts) - 1
        if more and not remote_id:
            raise UsageError(f"{post.id} goes on after part {part + 1}: give that part's id with --remote-id")
        event = PostEvent.MISS if more else PostEvent.FIND
        detail = f"part {part + 1} of {len(post.parts)} is out"
        receipts = (self._make_receipt(post, part, remote_id or ""),)
        now = self._clock.now()
        return self._ledger.move(post.id, event, by=by, now=now, detail=detail, receipts=receipts, due_at=now)

    def resolve_not_sent(self, post_id: str, *, by: str) -> Post:
        """An editor looked and it is not there: it may be sent."""
        post, now = self._get_unknown(post_id), self._clock.now()
        due = max(now, post.due_at)  # its time may be to come where the ledger was restored
        expires = due + self._find_lifetime(post)
        return self._ledger.move(
            post.id, PostEvent.MISS, by=by, now=now, due_at=due, expires_at=expires, detail="not there"
        )

    def explain_resolution(self, post: Post) -> str | None:
        """What a person who has just resolved ``post`` should know besides its state, if anything."""
        if post.state is PostState.RETRYING:
            if post.due_at > self._clock.now():
                return "It goes out at its time."
            paused = self._ledger.channel(post.channel).state == "paused"
            when = "now" if self._ledger.services() else "by newsbot run: no service runs now"
            return f"It goes out again {f'after newsbot resume {post.channel}' if paused else when}."
        if post.state is PostState.SENT and not post.receipts[-1].url:
            return "It is kept without a link: --remote-id ID, or the post's address, would have kept one."
        return None

    def pause(self, channel: str, *, by: str) -> list[Post]:
        """Hold sending; what was already in flight is returned."""
        return self._ledger.pause(channel, by=by, reason="paused by a person", now=self._clock.now())

    def waiting(self, channel: str) -> list[Post]:
        """What is due there already, and would go as soon as the channel sends again."""
        now = self._clock.now()
        return [post for post in self._list_ready(channel) if post.due_at <= now]

    def resume(self, channel: str, by: str, how: ResumeMode = "at once") -> ResumeResult:
        """Send again; what became due meanwhile goes by its pace, is spread out, or is dropped."""
        return retry_until_free(lambda: self._resume(channel, by, how))

    def _resume(self, channel: str, by: str, how: ResumeMode) -> ResumeResult:
        is_paused = self._ledger.channel(channel).state == "paused"
        late = self.waiting(channel) if is_paused else []  # what an active channel has goes by its pace
        times, drop = (
            self._plan_times(channel, late) if how == "spread" else _free_from_slots(late),
            set[str](),
        )
        if how == "drop":
            times, drop = [], {post.id for post in late}
        now = self._clock.now()
        changed = self._ledger.resume(channel, by=by, now=now, times=times, drop=drop)
        left = len(self._list_ready(channel))
        return ResumeResult(channel, left, 0 if how == "at once" else changed)

    def _plan_times(self, channel: str, late: Sequence[Post]) -> list[NewDueTime]:
        times = self._composition.planner.spread(channel, late)
        return [
            replace(
                new,
                reason=f"spread out at resume: {new.reason}",
                expires_at=new.due_at + self._find_lifetime(post),
            )
            for new, post in zip(times, late, strict=True)
        ]

    def _list_ready(self, channel: str) -> list[Post]:
        states = (PostState.SCHEDULED, PostState.RETRYING)
        return self._ledger.posts(states=states, channel=channel, limit=None, oldest_first=True)

    def _make_receipt(self, post: Post, part: int, said: str) -> Receipt:
        foreign, channel = bool(self._composition.stranded(post)), post.channel
        remote_id = said.partition("?")[0].rstrip("/").rpartition("/")[2]
        link = said if said.startswith("https://") else None
        known = self._composition.permalink(channel, remote_id)
        return Receipt(part, remote_id, link if foreign else known or link)

    def _get_unknown(self, post_id: str) -> Post:
        post = self._ledger.post(post_id)
        if post.state is not PostState.UNKNOWN:
            raise InvalidTransition(f"{post.id} is {post.state}, so nobody need say whether it is out")
        return post

    def _reschedule(
        self,
        post: Post,
        at: datetime,
        reason: str,
        by: str,
        *,
        set_at: datetime | None = None,
        asked_at: datetime | None = None,
    ) -> Post:
        now, expires = self._clock.now(), max(at, post.embargo_until or at) + self._find_lifetime(post)
        times = {"set_at": set_at, "asked_at": asked_at}
        return self._ledger.reschedule(
            post.id, due_at=at, expires_at=expires, reason=reason, by=by, now=now, **times
        )

    def _count_approvals(self, post: Post) -> int:
        known = self._composition.has_channel(post.channel)
        return max(post.approval, self._composition.approval(post.channel) if known else 0)

    def _find_lifetime(self, post: Post) -> timedelta:
        now = self._clock.now()
        if not self._composition.has_channel(post.channel):
            return timedelta(hours=24)
        return self._composition.find_expiry_time(post.channel, now) - now


def _find_open_question(post: Post, name: str) -> str | None:
    """Why a post asks for a person, whatever channel it is on."""
    if post.edited_by:
        return f"the words of {post.edited_by} are not those that were composed for {name}"
    asked = post.held_for if post.state is PostState.HELD else None
    return asked if asked and (find_anomaly_kind(asked) or asked.endswith(TO_DECIDE)) else None


def _free_from_slots(late: Sequence[Post]) -> list[NewDueTime]:
    """A person wants them at once: none waits for a slot any more."""
    why = "at once, as asked at resume"
    return [NewDueTime(post.id, post.due_at, why) for post in late if post.slot_at]
