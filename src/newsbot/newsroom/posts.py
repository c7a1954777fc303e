"""What an editor can do with posts: queue, move, stop or retry a post, pause a channel, set an embargo.

The command line and the desk (the editors' chat) call the same methods. Each is synchronous, makes a few
ledger calls and mostly returns the post in its new state. All may raise UsageError (no such post),
InvalidTransition (the post's state does not allow the change) and LedgerError.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from newsbot.errors import AlreadyPosted, ComposeError, InvalidTransition, UsageError
from newsbot.model import (
    OF_ONE_CHANNEL,
    READY,
    Article,
    Post,
    PostEvent,
    PostState,
    Receipt,
)
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.composition import PostRequest
from newsbot.newsroom.fixes import is_question, list_all_actions, reapply_fixes
from newsbot.newsroom.history import SOURCE
from newsbot.newsroom.people import UseCases
from newsbot.newsroom.planning import explain_embargo_end, retry_until_free
from newsbot.newsroom.stranded import suggest_remedy
from newsbot.newsroom.submission import find_source
from newsbot.ports import EmbargoLift, NewDueTime
from newsbot.reasons import Code, Reason, UsageCode, join_reasons, join_sentences

__all__ = ["FEW_OVERDUE", "Embargoes", "Moved", "Posts", "ResumeMode"]


ResumeMode = Literal["at once", "spread", "drop"]
FEW_OVERDUE = 3
"""If a resumed channel has at most this many overdue posts, they are sent at once; if it has more, an editor
chooses what happens to them.
"""


@dataclass(frozen=True, slots=True)
class ResumeResult:
    """The result of resuming a channel: how many of its posts wait, and how many were cancelled or moved."""

    channel: str
    waiting: int
    changed: int


class Moved(NamedTuple):
    """A post after a move to a new time or channel; ``voided`` says that its approvals are void."""

    post: Post
    voided: bool


class Posts(UseCases):
    """What an editor can do with posts and channels, such as queue a post or pause a channel."""

    def queue(
        self,
        article: Article,
        names: Sequence[str],
        *,
        by: str,
        at: datetime | None = None,
        again: bool = False,
        named: bool = False,
        breaking: bool = False,
    ) -> list[Post]:
        """Queue posts of ``article`` on the channels ``names``; return the posts.

        ``named`` says that a person named the channels: then the channels' languages don't matter.
        ``breaking`` queues posts of breaking news, which skip the limits that `desk.breaking` in config.yaml
        lists; a pending post of the article becomes breaking news too, unless ``again`` (post the article
        once more) is set.

        Raises:
            NotPermitted: the person ``by`` may not post.
            AlreadyPosted: the article is published or pending on a channel, and ``again`` is not set.
            UsageError: the article was taken down, or no channel accepts it.
            ComposeError: a template failed, or no text fits the platform's limit.
        """
        self.permissions.require("breaking" if breaking else "post", by, channels=names)
        known = self.ledger.articles.find_article(url=article.url) if article.url else None
        # If the ledger already has the article, the fixes that editors made in it apply to its new posts.
        actions = list_all_actions(self.ledger.actions, known[0]) if known else ()
        version = reapply_fixes(article, actions, known[1] if known else None)
        request = PostRequest(
            names,
            source=SOURCE,
            at=at,
            by=by,
            every_language=named,
            breaking=breaking,
            embargo_until=self.ledger.schedule.get_embargo_of_url(article.url) if article.url else None,
            hold=join_sentences(version.questions),
        )
        return retry_until_free(lambda: self._queue(version.article, request, again=again))

    def _queue(self, article: Article, request: PostRequest, *, again: bool) -> list[Post]:
        source, now = find_source(self.ledger.articles, article), self.clock.now()
        planned = self.composition.plan(article, replace(request, reviewed_as=source))
        if planned.failure:
            raise ComposeError(planned.failure.reason)
        if not planned.posts:
            raise UsageError(UsageCode.NO_CHANNEL_TAKES(why=planned.why_without_posts))
        article_id = self.ledger.articles.add_article(SOURCE, article, now=now)
        try:
            return self.ledger.posts.queue_posts(article_id, planned.posts, now=now, again=again)
        except AlreadyPosted as there:
            known = [self.ledger.posts.get_post(post_id) for post_id in there.post_ids]
            waiting = [post for post in known if post.is_pending]
            if not request.breaking or not waiting:
                raise
            taken = {post.channel for post in known}
            others = [new for new in planned.posts if new.draft.channel not in taken]
            return [
                *(self._hasten_post(post, request.by) for post in waiting),
                *self.ledger.posts.queue_posts(article_id, others, now=now, again=False),
            ]

    def _hasten_post(self, post: Post, by: str) -> Post:
        """Make a pending post breaking news, so that it is sent as soon as the rules for that allow."""
        planner = self.composition.planner
        found = planner.plan(post.channel, wanted=post.embargo_until, breaking=True, without=[post.id])
        return self.ledger.schedule.move_to_breaking_lane(
            post.id,
            due_at=found.due_at,
            expires_at=self.composition.find_expiry_time(post.channel, found.due_at),
            reason=found.reason,
            approval=planner.breaking.approval,
            silent=planner.breaking.silent,
            by=by,
            now=self.clock.now(),
        )

    def cancel(self, post_id: str, *, by: str) -> Post:
        """Cancel a pending post in the name of ``by``, so that it is never sent; return the post."""
        self._require("cancel", by, post_id)
        return self.ledger.posts.apply_event(post_id, PostEvent.CANCEL, by=by, now=self.clock.now())

    def stop(self, post_id: str, by: str) -> Post:
        """Make sure that a post is not sent: cancel it if it is pending, or leave it as it is if nobody knows
        whether it is published.

        Raises:
            InvalidTransition: the post is neither pending nor of unknown outcome.
        """
        unknown = self.ledger.posts.get_post(post_id).state is PostState.UNKNOWN
        return self.skip(post_id, by=by) if unknown else self.cancel(post_id, by=by)

    def send_now(self, post_id: str, by: str) -> Moved:
        """Make the post due now; it still waits for the approvals that it needs.

        If a person had set the time, the approval covered that time, so skipping it voids the approval.

        Raises:
            InvalidTransition: the article's embargo has not ended.
        """
        self._require("now", by, post_id)
        post, now = self._get_reachable_post(post_id), self.clock.now()
        if post.embargo_until and post.embargo_until > now:
            raise InvalidTransition(UsageCode.UNDER_EMBARGO(id=post.id, until=post.embargo_until))
        reason = Code.AT_ONCE_ASKED()
        return self._run_move(post, lambda: self._reschedule(post, now, reason, by, asked_at=now))

    def move_channel(self, post_id: str, name: str, by: str) -> Moved:
        """Compose the post's article for the channel ``name``,
        and replace the post by the new post on that channel.

        The new post keeps the embargo, the time that a person set, and whether it is breaking news. It waits
        for an approval if the new channel requires one, if a person edited the old post's text, or if a
        question about the old post is open.

        Raises:
            AlreadyPosted: the article is already published or waiting on the channel ``name``.
            ComposeError: the article can't be composed for that channel.
            UsageError: config.yaml has no such channel, or the post is a digest or a correction.
        """
        self._require("move", by, post_id)
        post = self.ledger.posts.get_post(post_id)
        return self._run_move(post, lambda: retry_until_free(lambda: self._move_channel(post_id, name, by)))

    def _move_channel(self, post_id: str, name: str, by: str) -> Post:
        post = self.ledger.posts.get_post(post_id)
        if not self.composition.has_channel(name):
            raise UsageError(UsageCode.NO_CHANNEL_IN_CONFIG(name=repr(name)))
        if name == post.channel and not self.composition.explain_stranding(post):
            raise UsageError(UsageCode.ON_CHANNEL_ALREADY(ref=post.id, name=name))
        if post.role in OF_ONE_CHANNEL:
            raise UsageError(
                UsageCode.OF_ONE_CHANNEL(ref=post.id, role=post.role, name=post.channel, id=post.id)
            )
        kept, now = self.ledger.articles.get_article(post.article_id), self.clock.now()
        if kept.article is None:
            raise UsageError(UsageCode.NEVER_READ_FOR_COMPOSING(ref=kept.id))
        request = PostRequest(
            [name],
            source=kept.source,
            hold=_find_open_question(post, name),
            at=post.set_at if post.set_at and post.set_at > now else None,
            by=by,
            every_language=True,
            breaking=post.breaking,
            embargo_until=post.embargo_until,
        )
        planned = self.composition.plan(kept.article, request)
        if not planned.posts:
            raise ComposeError(planned.why_without_posts)
        new = replace(planned.posts[0], role=post.role, silent=post.silent)
        return self.ledger.channels.move_channel(post.id, new, by=by, now=now)

    def move(self, post_id: str, at: datetime, by: str) -> Moved:
        """Set the post's due time to ``at``, from which its time until expiry counts; void its approvals."""
        self._require("move", by, post_id)
        post = self._get_reachable_post(post_id)
        return self._run_move(post, lambda: self._reschedule(post, at, Code.TIME_SET(), by, set_at=at))

    def _run_move(self, post: Post, move: Callable[[], Post]) -> Moved:
        """Run the function ``move``, which gives the post another time or channel; return the new post, and
        whether its approvals are void.
        """
        votes = self.ledger.posts.list_votes(post.id)
        after = move()
        voided = after.state is PostState.HELD and not self.ledger.posts.list_votes(after.id)
        return Moved(after, bool(votes) and voided)

    def retry(self, post_id: str, *, by: str) -> Post:
        """Queue a failed post again, from its first unsent message; it waits for an editor if its channel
        requires that.
        """
        self._require("retry", by, post_id)
        return retry_until_free(lambda: self._retry(self._get_reachable_post(post_id), by))

    def _get_reachable_post(self, post_id: str) -> Post:
        """Return the post if its channel still posts to the chat or account that the post was composed for.

        Raises:
            InvalidTransition: the channel posts elsewhere or is gone; the message says what to do
                instead.
        """
        post = self.ledger.posts.get_post(post_id)
        if why := self.composition.explain_stranding(post):
            raise InvalidTransition(UsageCode.CANNOT_GO(ref=post.id, why=why, mend=suggest_remedy(post)))
        return post

    def _retry(self, post: Post, by: str) -> Post:
        needed = post.approval or self.composition.approval(post.channel)
        event = PostEvent.HOLD if needed else PostEvent.RETRY
        found = self.composition.planner.plan(post.channel, wanted=post.embargo_until, breaking=post.breaking)
        return self.ledger.posts.apply_event(
            post.id,
            event,
            by=by,
            now=self.clock.now(),
            due_at=found.due_at,
            expires_at=self.composition.find_expiry_time(post.channel, found.due_at),
            reason=found.reason,
            slot_at=found.slot_at,
            detail=Code.TRIED_AGAIN(),
        )

    def skip(self, post_id: str, *, by: str) -> Post:
        """Decide that a post stays as it is, and close the open question about it; return the post.

        A post of unknown outcome is then never sent; a sent post keeps its text although its article changed.
        """
        return self.dismiss_change(post_id, by=by) or self.ledger.posts.apply_event(
            post_id, PostEvent.SKIP, by=by, now=self.clock.now()
        )

    def dismiss_change(self, post_id: str, *, by: str) -> Post | None:
        """Decide that a sent post stays as it is although its article changed at the source; return the post.

        Return None if the article did not change, or if an editor has already decided about the change.
        """
        self._require("skip", by, post_id)
        left = self.ledger.changes.dismiss_flag(post_id, by=by, now=self.clock.now())
        return self.ledger.posts.get_post(post_id) if left else None

    def resolve_sent(self, post_id: str, *, by: str, remote_id: str | None = None) -> Post:
        """Record that an editor saw a post of unknown outcome, or the message of it that is in question, on
        its platform.

        ``remote_id`` is the platform's id of the message, or a link that ends in that id.

        Raises:
            UsageError: the post has more messages to send, which can't join its thread without
                ``remote_id``.
        """
        self._require("resolve", by, post_id)
        post = self._get_unknown(post_id)
        part, more = post.next_part, post.next_part < len(post.parts) - 1
        if more and not remote_id:
            raise UsageError(UsageCode.GOES_ON_AFTER_PART(id=post.id, n=part + 1))
        now = self.clock.now()
        return self.ledger.posts.apply_event(
            post.id,
            PostEvent.MISS if more else PostEvent.FIND,
            by=by,
            now=now,
            detail=Code.PART_OUT(n=part + 1, count=len(post.parts)),
            receipts=(self._make_receipt(post, part, remote_id or ""),),
            due_at=now,
        )

    def resolve_not_sent(self, post_id: str, *, by: str) -> Post:
        """Record that an editor did not find a post of unknown outcome on its platform, so that it may be
        sent.
        """
        self._require("resolve", by, post_id)
        post, now = self._get_unknown(post_id), self.clock.now()
        # If the ledger was restored from an older backup, a post of unknown outcome may be due in the future,
        # and then keeps its due time.
        due = max(now, post.due_at)
        expires = self.composition.find_expiry_time(post.channel, due)
        return self.ledger.posts.apply_event(
            post.id, PostEvent.MISS, by=by, now=now, due_at=due, expires_at=expires, detail=Code.NOT_THERE()
        )

    def explain_resolution(self, post: Post) -> str | None:
        """Return a note for an editor who has just said whether a post of unknown outcome was published; None
        if no note is needed.

        The note says when the post is sent now, or that the ledger has no link to the post.
        """
        if post.state is PostState.RETRYING:
            if post.due_at > self.clock.now():
                return "It goes out at its time."
            paused = self.ledger.channels.get_channel(post.channel).state == "paused"
            when = "now" if self.ledger.list_running_services() else "by newsbot run: no service runs now"
            return f"It goes out again {f'after newsbot resume {post.channel}' if paused else when}."
        if post.state is PostState.SENT and not post.receipts[-1].url:
            return "It is kept without a link: --remote-id ID, or the post's address, would have kept one."
        return None

    def pause(self, channel: str, *, by: str) -> list[Post]:
        """Pause sending on a channel; return those of its posts that are just being sent to the platform."""
        self.permissions.require("pause", by, channels=[channel])
        why = Code.PAUSED_BY_PERSON()
        return self.ledger.channels.pause(channel, by=by, reason=why, now=self.clock.now())

    def list_due_posts(self, channel: str) -> list[Post]:
        """Return the posts of a channel that are due now; they are sent once the channel is resumed."""
        now = self.clock.now()
        return [post for post in self._list_ready(channel) if post.due_at <= now]

    def resume(self, channel: str, by: str, how: ResumeMode = "at once") -> ResumeResult:
        """Resume sending on a paused channel; return how many of its posts wait, and how many were changed.

        ``how`` says what happens to the posts that became due during the pause: they are sent ``at once`` (as
        fast as the channel's rate limit allows), sent one after another by the channel's rules (``spread``)
        or cancelled (``drop``).
        """
        self.permissions.require("resume", by, channels=[channel])
        return retry_until_free(lambda: self._resume(channel, by, how))

    def _resume(self, channel: str, by: str, how: ResumeMode) -> ResumeResult:
        late, times, drop = list[Post](), list[NewDueTime](), set[str]()
        if self.ledger.channels.get_channel(channel).state == "paused":
            # Due posts are late only if the channel is paused, because any other channel sends them anyway.
            late = self.list_due_posts(channel)
        if how == "drop":
            drop = {post.id for post in late}
        elif how == "spread":
            for new in self.composition.planner.spread(channel, late):
                spread = Code.SPREAD_AT_RESUME()
                reason = Code.TITLED(what=spread, why=new.reason) if new.reason else spread
                expires = self.composition.find_expiry_time(channel, new.due_at)
                times.append(replace(new, reason=reason, expires_at=expires))
        # A person wants the due posts sent at once, so they no longer keep their slots (times
        # by the channel's schedule).
        else:
            why = Code.AT_ONCE_AT_RESUME()
            times = [NewDueTime(post.id, post.due_at, why) for post in late if post.slot_at]
        now = self.clock.now()
        changed = self.ledger.channels.resume(channel, by=by, now=now, times=times, drop=drop)
        left = len(self._list_ready(channel))
        return ResumeResult(channel, left, 0 if how == "at once" else changed)

    def _list_ready(self, channel: str) -> list[Post]:
        return self.ledger.posts.list_posts(states=READY, channel=channel, limit=None, oldest_first=True)

    def _make_receipt(self, post: Post, part: int, said: str) -> Receipt:
        remote_id = said.partition("?")[0].rstrip("/").rpartition("/")[2]
        link = said if said.startswith("https://") else None
        channel = self.composition.get_channel(post.channel)
        if channel and not self.composition.explain_stranding(post):
            link = channel.permalink(remote_id) or link
        return Receipt(part, remote_id, link)

    def _get_unknown(self, post_id: str) -> Post:
        post = self.ledger.posts.get_post(post_id)
        if post.state is not PostState.UNKNOWN:
            raise InvalidTransition(UsageCode.NO_DOUBT(id=post.id, state=str(post.state)))
        return post

    def _reschedule(self, post: Post, at: datetime, reason: Reason, by: str, **asked: datetime) -> Post:
        from_then = max(at, post.embargo_until or at)
        return self.ledger.schedule.reschedule(
            post.id,
            due_at=at,
            expires_at=self.composition.find_expiry_time(post.channel, from_then),
            reason=reason,
            by=by,
            now=self.clock.now(),
            **asked,
        )


def _find_open_question(post: Post, name: str) -> Reason | None:
    """Return the reason why ``post`` waits for an editor if it must wait on the other channel ``name`` too;
    else None. The reason is an irregularity (such as a flood of articles), an open question about a fix, or
    that a person edited the text for the old channel.
    """
    if post.edited_by:
        return Code.WORDS_FOR_ANOTHER_CHANNEL(by=post.edited_by, name=name)
    asked = post.held_for if post.state is PostState.HELD else None
    return asked if asked and (find_anomaly_kind(asked) or is_question(asked)) else None


class Embargoes(UseCases):
    """What editors can order about embargoes of articles: set an embargo, or lift it,
    which only admins may.
    """

    def set(self, ref: str, until: datetime, by: str) -> list[Post]:
        """Put an article under an embargo until ``until``;
        return the article's unsent posts with their new times.

        ``ref`` is the id of the article or of one of its posts.

        Raises:
            UsageError: there is no such article, the article has a longer embargo, or ``until`` is past.
        """
        article, now = self._find_article_id(ref), self.clock.now()
        self._require_article("embargo", by, article)
        if until <= now:
            raise UsageError(UsageCode.EMBARGO_IN_PAST())

        def replan_posts() -> list[Post]:
            times = self._replan_posts(article, until)
            return self.ledger.schedule.set_embargo(article, until, times, by=by, now=now)

        return retry_until_free(replan_posts)

    def request_lift(self, ref: str, by: str) -> EmbargoLift:
        """Record one person's request to lift an article's embargo;
        the second person's request lifts the embargo.

        Raises:
            UsageError: there is no such article, or the article has no embargo.
        """
        article = self._find_article_id(ref)
        self._require_article("lift", by, article)

        def replan_posts() -> EmbargoLift:
            times = self._replan_posts(article, None)
            now = self.clock.now()
            same_person = self.permissions.people.same_person
            lifted = self.ledger.schedule.lift_embargo(article, times, by=by, now=now, person=same_person)
            return replace(lifted, posts=self.ledger.schedule.list_unsent_posts(article))

        return retry_until_free(replan_posts)

    def _require_article(self, task: str, by: str, article_id: str) -> None:
        self.permissions.require(
            task, by, lambda: self.ledger.posts.list_posts(article_id=article_id, limit=None)
        )

    def _find_article_id(self, ref: str) -> str:
        return ref if ref.startswith("a-") else self.ledger.posts.get_post(ref).article_id

    def _replan_posts(self, article: str, until: datetime | None) -> list[NewDueTime]:
        """Return new due times for those of the article's unsent posts that an
        embargo until ``until`` delays.

        If ``until`` is None, the embargo is being lifted, and the times are for the posts that it has
        delayed.
        """
        holds = self.ledger.schedule.get_embargo(article)
        unsent = self.ledger.schedule.list_unsent_posts(article)
        if until is not None:
            return [self._plan_after_embargo(post, until) for post in unsent if post.due_at < until]
        return [self._plan_after_lifting(post) for post in unsent if holds and post.due_at >= holds]

    def _plan_after_embargo(self, post: Post, until: datetime) -> NewDueTime:
        found = self.composition.planner.plan(
            post.channel, wanted=until, breaking=post.breaking, without=[post.id]
        )
        reason, expires = explain_embargo_end(found.reason), self._find_expiry(post, found.due_at)
        return NewDueTime(post.id, found.due_at, reason, found.slot_at, expires)

    def _plan_after_lifting(self, post: Post) -> NewDueTime:
        """Return a post's due time once its article's embargo is lifted.

        It is the time that a person set if that is in the future, else a new time by the channel's rules.
        """
        if post.set_at and post.set_at > self.clock.now():
            expires = self._find_expiry(post, post.set_at)
            return NewDueTime(post.id, post.set_at, Code.TIME_SET(), None, expires)
        found = self.composition.planner.plan(post.channel, breaking=post.breaking, without=[post.id])
        reason = join_reasons([found.reason, Code.EMBARGO_LIFTED()])
        return NewDueTime(post.id, found.due_at, reason, found.slot_at, self._find_expiry(post, found.due_at))

    def _find_expiry(self, post: Post, due: datetime) -> datetime | None:
        known = self.composition.has_channel(post.channel)
        return self.composition.find_expiry_time(post.channel, due) if known else None
