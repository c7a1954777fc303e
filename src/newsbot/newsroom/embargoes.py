"""Embargoes that editors set: no post of an article is sent before its embargo ends, on any channel."""

from dataclasses import dataclass
from datetime import datetime

from newsbot.errors import UsageError
from newsbot.model import Post
from newsbot.newsroom.planning import explain_embargo_end, retry_until_free
from newsbot.newsroom.use_cases import UseCases
from newsbot.ports import NewDueTime
from newsbot.reasons import Code, UsageCode, join_reasons

__all__ = ["Embargoes", "LiftResult"]


@dataclass(frozen=True, slots=True)
class LiftResult:
    """The result of a person's request to lift (end early) an article's embargo.

    ``done`` says that the embargo is lifted, and that ``posts`` have their new times. If ``done`` is false, a
    second person has to request the lifting too. ``first_by`` is the person who requested it first.
    """

    done: bool
    first_by: str
    embargo_until: datetime
    posts: list[Post]


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
        article, now = self._find_article_id(ref), self._clock.now()
        self._require_article("embargo", by, article)
        if until <= now:
            raise UsageError(UsageCode.EMBARGO_IN_PAST())

        def replan_posts() -> list[Post]:
            times = self._replan_posts(article, until)
            return self._ledger.schedule.set_embargo(article, until, times, by=by, now=now)

        return retry_until_free(replan_posts)

    def lift(self, ref: str, by: str) -> LiftResult:
        """Record one person's request to lift an article's embargo;
        the second person's request lifts the embargo.

        Raises:
            UsageError: there is no such article, or the article has no embargo.
        """
        article = self._find_article_id(ref)
        self._require_article("lift", by, article)

        def replan_posts() -> LiftResult:
            times = self._replan_posts(article, None)
            now = self._clock.now()
            same_person = self._permissions.people.same_person
            lifted = self._ledger.schedule.lift_embargo(article, times, by=by, now=now, person=same_person)
            posts = self._ledger.schedule.list_unsent_posts(article)
            return LiftResult(lifted.done, lifted.first_by, lifted.embargo_until, posts)

        return retry_until_free(replan_posts)

    def _require_article(self, task: str, by: str, article_id: str) -> None:
        self._permissions.require(
            task, by, lambda: self._ledger.posts.list_posts(article_id=article_id, limit=None)
        )

    def _find_article_id(self, ref: str) -> str:
        return ref if ref.startswith("a-") else self._ledger.posts.get_post(ref).article_id

    def _replan_posts(self, article: str, until: datetime | None) -> list[NewDueTime]:
        """Return new due times for those of the article's unsent posts that an
        embargo until ``until`` delays.

        If ``until`` is None, the embargo is being lifted, and the times are for the posts that it has
        delayed.
        """
        holds = self._ledger.schedule.get_embargo(article)
        unsent = self._ledger.schedule.list_unsent_posts(article)
        if until is not None:
            return [self._plan_after_embargo(post, until) for post in unsent if post.due_at < until]
        return [self._plan_after_lifting(post) for post in unsent if holds and post.due_at >= holds]

    def _plan_after_embargo(self, post: Post, until: datetime) -> NewDueTime:
        found = self._composition.planner.plan(
            post.channel, wanted=until, breaking=post.breaking, without=[post.id]
        )
        reason, expires = explain_embargo_end(found.reason), self._find_expiry(post, found.due_at)
        return NewDueTime(post.id, found.due_at, reason, found.slot_at, expires)

    def _plan_after_lifting(self, post: Post) -> NewDueTime:
        """Return a post's due time once its article's embargo is lifted.

        It is the time that a person set if that is in the future, else a new time by the channel's rules.
        """
        if post.set_at and post.set_at > self._clock.now():
            expires = self._find_expiry(post, post.set_at)
            return NewDueTime(post.id, post.set_at, Code.TIME_SET(), None, expires)
        found = self._composition.planner.plan(post.channel, breaking=post.breaking, without=[post.id])
        reason = join_reasons([found.reason, Code.EMBARGO_LIFTED()])
        return NewDueTime(post.id, found.due_at, reason, found.slot_at, self._find_expiry(post, found.due_at))

    def _find_expiry(self, post: Post, due: datetime) -> datetime | None:
        known = self._composition.has_channel(post.channel)
        return self._composition.find_expiry_time(post.channel, due) if known else None
