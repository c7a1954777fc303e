"""Who lets a post go: none, one or two people, each vote bound to exactly what the person saw."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from newsbot.errors import InvalidTransition, VoteRefused
from newsbot.model import Post, PostState
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.planning import until_free
from newsbot.newsroom.stranded import what_to_do
from newsbot.newsroom.times import say_briefly
from newsbot.ports import Clock, Ledger
from newsbot.scheduling.duty import Duty
from newsbot.scheduling.plans import Plan

__all__ = ["Approvals", "Approved", "Reminder", "people_of", "short_name"]

Stage = Literal["soon", "due", "dying", "dead"]
_SOON = timedelta(minutes=30)
_PATIENCE = timedelta(minutes=15)  # a post that has only just come needs no reminder
_DYING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Approved:
    """A vote that counts. ``by_whom`` are all whose votes count by now; ``needed`` how many more it takes."""

    post: Post
    by_whom: list[str]
    needed: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """A held post asks again: it is due ``soon``, it is ``due``, or it is ``dying``.

    A post dies within the hour, or in the last quarter of a shorter life. ``who`` are the numbers of those to
    ask, by the duty roster: who is on duty; then the next person too; then everybody. One that is ``dead``
    died while nobody could be told. ``key`` is its notice.
    """

    post: Post
    stage: Stage
    who: list[int]

    @property
    def key(self) -> str:
        return f"remind:{self.post.id}:{'dying' if self.stage == 'dead' else self.stage}"


def short_name(by: str) -> str:
    """``cli:ana`` is ana."""
    return by.partition(":")[2] or by


class Approvals:
    """The use cases. ``same_person`` maps each name of a person (``cli:ana``, ``tg:111``) to the same one;
    ``name`` is what others call them; ``may`` says whether somebody on duty could answer for a post. Times
    are said in ``zone``.
    """

    def __init__(
        self,
        ledger: Ledger,
        composition: Composition,
        clock: Clock,
        *,
        zone: tzinfo = UTC,
        duty: Duty | None = None,
        same_person: Callable[[str], str] = str,
        name: Callable[[str], str] = short_name,
        may: Callable[[int, Post], bool] = lambda _who, _post: True,
    ) -> None:
        self._ledger = ledger
        self._composition = composition
        self._clock = clock
        self._zone = zone
        self._duty = duty or Duty()
        self._same_person = same_person
        self._name = name
        self._may = may

    def approve(self, post_id: str, by: str, content: str | None = None) -> Approved:
        """One person's yes: with the last that is asked, it goes at its own time if that is ahead, else as
        soon as its channel's rules allow. ``content`` is the `Post.content` that they were shown.

        Raises:
            VoteRefused: it does not count. Its text says why; ``why``, ``by`` and ``at`` are for other words.
        """
        return until_free(lambda: self._approve(self._ledger.post(post_id), by, content))

    def _approve(self, post: Post, by: str, content: str | None) -> Approved:
        if post.state is PostState.HELD and (why := self._composition.stranded(post)):
            raise InvalidTransition(f"post {post.id} can't go: {why}. {what_to_do(post)}")
        now, time = self._clock.now(), Plan(post.due_at, post.reason, post.slot_at)
        if post.due_at <= now and post.state is PostState.HELD:
            time = self._time(post)
        try:
            after = self._ledger.approve(
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
            raise self._worded(refused, post) from None
        return self._approved(after)

    def refuse(self, post_id: str, by: str, why: str = "") -> Post:
        """A person's no: cancelled, and the reason stands in its story."""
        return self._ledger.refuse(post_id, by=by, why=" ".join(why.split()), now=self._clock.now())

    def so_far(self, post_id: str) -> Approved:
        """As it stands."""
        return self._approved(self._ledger.post(post_id))

    def reminders(self, now: datetime | None = None) -> list[Reminder]:
        """What has to be said now, until `told` says that it was. One that is approved, moved or changed
        starts anew.
        """
        found = {each.key: each for each in self._reminders(now or self._clock.now())}
        return [found[key] for key in self._ledger.untold(list(found))]

    def dropped(self, articles: Iterable[str]) -> list[Reminder]:
        """Of these articles' posts, those that expired while they were held and said nothing before that."""
        posts = (post for article in articles for post in self._ledger.posts(article_id=article, limit=None))
        found = {each.key: each for post in posts if _died(post) for each in [Reminder(post, "dead", [])]}
        return [found[key] for key in self._ledger.untold(list(found))]

    def told(self, reminders: Iterable[Reminder]) -> None:
        """They were said, and are not said again."""
        details = {each.key: each.post.held_for or "" for each in reminders}
        self._ledger.told_all(details, self._clock.now())

    def _reminders(self, now: datetime) -> Iterator[Reminder]:
        roster = self._duty.in_turn(now)
        for post in self._ledger.held_until(now + max(_SOON, _DYING)):
            if stage := _stage(post, now):
                line = [who for who in roster if self._may(who, post)]
                yield Reminder(post, stage, {"soon": line[:1], "due": line[:2], "dying": line}[stage])

    def _approved(self, post: Post) -> Approved:
        votes = self._ledger.votes(post.id)
        by_whom = people_of((vote.by for vote in votes), self._same_person)
        held = post.state is PostState.HELD
        return Approved(post, by_whom, max(0, max(1, post.approval) - len(by_whom)) if held else 0)

    def _time(self, post: Post) -> Plan:
        """Of one whose own has passed; a slot that has passed is not its any more."""
        if not self._composition.knows(post.channel):
            return Plan(self._clock.now(), "as soon as it is there", None)
        return self._composition.planner.plan(post.channel, breaking=post.breaking, without=[post.id])

    def _worded(self, refused: VoteRefused, post: Post) -> VoteRefused:
        who = " and ".join(self._name(each) for each in people_of(refused.by, self._same_person))
        at = say_briefly(refused.at, self._zone, self._clock.now()) if refused.at else ""
        said = {
            "done": f"post {post.id} was approved already by {who} at {at}: newsbot show {post.id}",
            "again": f"{who} approved post {post.id} already at {at}: another person has to",
            "changed": f"post {post.id} was changed since: look at it again, newsbot show {post.id}",
            "own edit": f"these words of post {post.id} are your own: two others have to approve them",
        }
        return VoteRefused(said[refused.why], refused.why, refused.by, refused.at)


def _stage(post: Post, now: datetime) -> Stage | None:
    """The latest that holds."""
    if post.expires_at is not None:
        life = post.expires_at - post.created_at
        if now >= post.expires_at - min(_DYING, life / 4):
            return "dying"
    if now >= max(post.due_at, post.created_at + _PATIENCE):
        return "due"
    soon = post.due_at - _SOON
    return "soon" if max(soon, post.created_at + _PATIENCE) <= now < post.due_at else None


def _died(post: Post) -> bool:
    expired = post.error is not None and post.error.code == "expired"
    return post.state is PostState.CANCELLED and expired and bool(post.held_for)


def people_of(names: Iterable[str], same_person: Callable[[str], str]) -> list[str]:
    """Each person's first of ``names``, in their order."""
    first: dict[str, str] = {}
    for by in names:
        first.setdefault(same_person(by), by)
    return list(first.values())
