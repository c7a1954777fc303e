"""Approving posts by one or two people; each vote counts only for exactly what the person saw."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Literal

from newsbot.errors import InvalidTransition, VoteRefused
from newsbot.model import Post, PostState
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.planning import retry_until_free
from newsbot.newsroom.stranded import suggest_remedy
from newsbot.newsroom.times import say_briefly
from newsbot.ports import Clock
from newsbot.scheduling.duty import DutyRoster
from newsbot.scheduling.rules import Plan

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["ApprovalResult", "Approvals", "Reminder", "list_people", "shorten_name"]

Stage = Literal["soon", "due", "dying", "dead"]
_SOON = timedelta(minutes=30)
_PATIENCE = timedelta(minutes=15)  # A post that has only just arrived needs no reminder.
_DYING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ApprovalResult:
    """An accepted vote.

    ``by_whom`` are all people whose votes count so far; ``needed`` is the number of votes still missing.
    """

    post: Post
    by_whom: list[str]
    needed: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder of a held post: it is due ``soon``, it is ``due``, or it is ``dying``.

    A post is dying in the last hour before it expires, or in the last quarter of a shorter life. ``who`` are
    the numbers of the people to ask, by the duty roster: the person on duty; then the next person too; then
    everybody. A ``dead`` post expired while nobody could be reached. ``key`` identifies the reminder's
    notice.
    """

    post: Post
    stage: Stage
    who: list[int]

    @property
    def key(self) -> str:
        return f"remind:{self.post.id}:{'dying' if self.stage == 'dead' else self.stage}"


def shorten_name(by: str) -> str:
    """Return the name without its prefix: ``cli:ana`` becomes ana."""
    return by.partition(":")[2] or by


class Approvals:
    """The use cases of approval.

    ``same_person`` maps all names of a person (``cli:ana``, ``tg:111``) to the same one. ``name`` returns
    the name that other people use. ``may`` tells whether a person on duty may decide on a post. Times are in
    ``zone``.
    """

    def __init__(
        self,
        ledger: "Ledger",
        composition: Composition,
        clock: Clock,
        *,
        zone: tzinfo = UTC,
        duty: DutyRoster | None = None,
        same_person: Callable[[str], str] = str,
        name: Callable[[str], str] = shorten_name,
        may: Callable[[int, Post], bool] = lambda _who, _post: True,
    ) -> None:
        self._ledger = ledger
        self._composition = composition
        self._clock = clock
        self._zone = zone
        self._duty = duty or DutyRoster()
        self._same_person = same_person
        self._name = name
        self._may = may

    def approve(self, post_id: str, by: str, content: str | None = None) -> ApprovalResult:
        """Record one person's approval.

        After the last approval that is needed, the post goes at its due time if that is ahead, else as soon
        as its channel's rules allow. ``content`` is the `Post.content` that the person was shown.

        Raises:
            VoteRefused: the vote does not count. Its text says why, as do ``why``, ``by`` and ``at``.
        """
        return retry_until_free(lambda: self._approve(self._ledger.posts.get_post(post_id), by, content))

    def _approve(self, post: Post, by: str, content: str | None) -> ApprovalResult:
        if post.state is PostState.HELD and (why := self._composition.explain_stranding(post)):
            raise InvalidTransition(f"post {post.id} can't go: {why}. {suggest_remedy(post)}")
        now, time = self._clock.now(), Plan(post.due_at, post.reason, post.slot_at)
        if post.due_at <= now and post.state is PostState.HELD:
            time = self._plan_time(post)
        try:
            after = self._ledger.posts.approve(
                post.id,
                by=by,
                now=now,
                due_at=time.due_at,
                reason=time.reason,
                slot_at=time.slot_at,
                content=content,
                person=self._same_person,
            )
        except VoteRefused as refused:
            raise self._reword_refusal(refused, post) from None
        return self._make_result(after)

    def refuse(self, post_id: str, by: str, why: str = "") -> Post:
        """Record a person's refusal: cancel the post, and keep the reason in its history."""
        return self._ledger.posts.refuse(post_id, by=by, why=" ".join(why.split()), now=self._clock.now())

    def get_result(self, post_id: str) -> ApprovalResult:
        """Return the present state of a post's approval."""
        return self._make_result(self._ledger.posts.get_post(post_id))

    def reminders(self, now: datetime | None = None) -> list[Reminder]:
        """Return the reminders to send now, until `record_notice` records them.

        A post that is approved, moved or changed starts over.
        """
        found = {each.key: each for each in self._list_reminders(now or self._clock.now())}
        return [found[key] for key in self._ledger.alerts.filter_new_notices(list(found))]

    def list_dead_reminders(self, articles: Iterable[str]) -> list[Reminder]:
        """Return those posts of the articles that expired while held and without a reminder."""
        posts = (
            post
            for article in articles
            for post in self._ledger.posts.list_posts(article_id=article, limit=None)
        )
        found = {each.key: each for post in posts if _has_died(post) for each in [Reminder(post, "dead", [])]}
        return [found[key] for key in self._ledger.alerts.filter_new_notices(list(found))]

    def record_reminders(self, reminders: Iterable[Reminder]) -> None:
        """Record that the reminders were sent, so that they are not sent again."""
        details = {each.key: each.post.held_for or "" for each in reminders}
        self._ledger.alerts.record_notices(details, self._clock.now())

    def _list_reminders(self, now: datetime) -> Iterator[Reminder]:
        roster = self._duty.list_in_order(now)
        for post in self._ledger.posts.list_held_posts_due(now + max(_SOON, _DYING)):
            if stage := _find_stage(post, now):
                line = [who for who in roster if self._may(who, post)]
                yield Reminder(post, stage, {"soon": line[:1], "due": line[:2], "dying": line}[stage])

    def _make_result(self, post: Post) -> ApprovalResult:
        votes = self._ledger.posts.list_votes(post.id)
        by_whom = list_people((vote.by for vote in votes), self._same_person)
        held = post.state is PostState.HELD
        return ApprovalResult(post, by_whom, max(0, max(1, post.approval) - len(by_whom)) if held else 0)

    def _plan_time(self, post: Post) -> Plan:
        """Plan a new time for a post whose due time has passed; it loses a slot that has passed."""
        if not self._composition.has_channel(post.channel):
            return Plan(self._clock.now(), "as soon as it is there", None)
        return self._composition.planner.plan(post.channel, breaking=post.breaking, without=[post.id])

    def _reword_refusal(self, refused: VoteRefused, post: Post) -> VoteRefused:
        who = " and ".join(self._name(each) for each in list_people(refused.by, self._same_person))
        at = say_briefly(refused.at, self._zone, self._clock.now()) if refused.at else ""
        said = {
            "done": f"post {post.id} was approved already by {who} at {at}: newsbot show {post.id}",
            "again": f"{who} approved post {post.id} already at {at}: another person has to",
            "changed": f"post {post.id} was changed since: look at it again, newsbot show {post.id}",
            "own edit": f"these words of post {post.id} are your own: two others have to approve them",
        }
        return VoteRefused(said[refused.why], refused.why, refused.by, refused.at)


def _find_stage(post: Post, now: datetime) -> Stage | None:
    """Return the latest stage that the post has reached, if any."""
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


def list_people(names: Iterable[str], same_person: Callable[[str], str]) -> list[str]:
    """Return the first of each person's ``names``, in their order."""
    first: dict[str, str] = {}
    for by in names:
        first.setdefault(same_person(by), by)
    return list(first.values())
