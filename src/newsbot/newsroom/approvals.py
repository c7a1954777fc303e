"""Approve or refuse posts. A post needs one or two people,
and an approval counts only for the text that the person saw.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from newsbot.errors import InvalidTransition, VoteRefused
from newsbot.model import Post, PostState
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.people import Permissions
from newsbot.newsroom.planning import retry_until_free
from newsbot.newsroom.stranded import suggest_remedy
from newsbot.newsroom.use_cases import UseCases
from newsbot.ports import Clock
from newsbot.reasons import Code, Reason, UsageCode, list_names
from newsbot.scheduling.rules import Plan

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["ApprovalResult", "Approvals", "list_people"]


@dataclass(frozen=True, slots=True)
class ApprovalResult:
    """The result of a person's approval of a post, with the ``post`` in its new state.

    ``by_whom`` are all people who have approved the post so far; ``needed`` is how many people still have to.
    """

    post: Post
    by_whom: list[str]
    needed: int


class Approvals(UseCases):
    """What editors can do with posts that wait for an approval: approve or refuse them."""

    def __init__(
        self,
        ledger: "Ledger",
        composition: Composition,
        clock: Clock,
        *,
        permissions: Permissions | None = None,
    ) -> None:
        super().__init__(ledger, composition, clock, permissions=permissions)
        self._people = self._permissions.people

    def approve(self, post_id: str, by: str, content: str | None = None) -> ApprovalResult:
        """Record one person's approval of a post.

        After the last approval that is needed, newsbot sends the post at its due time; if that time has
        passed or the channel's rules no longer allow it, newsbot sends the post as soon as the rules allow.
        ``content`` is the `Post.content` (the identity of the text) that the person was shown.

        Raises:
            VoteRefused: the approval does not count. The error's text says why, as do its ``why``, ``by`` and
                ``at``.
        """
        self._require("approve", by, post_id)
        return retry_until_free(lambda: self._approve(self._ledger.posts.get_post(post_id), by, content))

    def _approve(self, post: Post, by: str, content: str | None) -> ApprovalResult:
        if post.state is PostState.HELD and (why := self._composition.explain_stranding(post)):
            raise InvalidTransition(UsageCode.CANNOT_GO(ref=post.id, why=why, mend=suggest_remedy(post)))
        now, time = self._clock.now(), Plan(post.due_at, post.reason or Code.AS_SOON_AS_THERE(), post.slot_at)
        if post.state is PostState.HELD:
            time = self._plan_time(post, time, now)
        try:
            after = self._ledger.posts.approve(
                post.id,
                by=by,
                now=now,
                due_at=time.due_at,
                reason=time.reason,
                slot_at=time.slot_at,
                content=content,
                person=self._people.same_person,
            )
        except VoteRefused as refused:
            raise self._reword_refusal(refused, post) from None
        votes = self._ledger.posts.list_votes(after.id)
        by_whom = list_people((vote.by for vote in votes), self._people.same_person)
        missing = max(0, max(1, after.approval) - len(by_whom)) if after.state is PostState.HELD else 0
        return ApprovalResult(after, by_whom, missing)

    def _plan_time(self, post: Post, time: Plan, now: datetime) -> Plan:
        """Return when newsbot sends a held post that now has all its approvals: at ``time``, the post's
        present due time, if that is possible.

        A post whose due time has passed gets another time, and loses its slot (the time by its channel's
        schedule). While a post was held, another post may have got its due time, unless the post has a slot
        or a person set its due time.
        """
        planner = self._composition.planner
        if post.due_at <= now:
            return planner.plan(post.channel, breaking=post.breaking, without=[post.id])
        if post.set_at or post.slot_at:
            return time
        found = planner.plan(post.channel, wanted=post.due_at, breaking=post.breaking, without=[post.id])
        return found if found.due_at > post.due_at else time

    def refuse(self, post_id: str, by: str, why: str = "") -> Post:
        """Record that the person ``by`` refuses a post: cancel the post,
        and keep the reason ``why`` in its history.
        """
        self._require("cancel", by, post_id)
        return self._ledger.posts.refuse(post_id, by=by, why=" ".join(why.split()), now=self._clock.now())

    def _reword_refusal(self, refused: VoteRefused, post: Post) -> VoteRefused:
        return VoteRefused(self._explain_refusal(refused, post), refused.why, refused.by, refused.at)

    def _explain_refusal(self, refused: VoteRefused, post: Post) -> Reason:
        people = list_names(map(self._people.name, list_people(refused.by, self._people.same_person)))
        match refused.why:
            case "done" if refused.at:
                return UsageCode.APPROVED_BY(ref=post.id, reasons=people, at=refused.at, id=post.id)
            case "again" if refused.at:
                return UsageCode.APPROVED_BY_SAME(ref=post.id, reasons=people, at=refused.at)
            case "changed":
                return UsageCode.LOOK_AGAIN(ref=post.id, id=post.id)
            case "own edit":
                return UsageCode.WORDS_OF_APPROVER(ref=post.id)
        return refused.reason


def list_people(names: Iterable[str], same_person: Callable[[str], str]) -> list[str]:
    """Return one name for each person among ``names``,
    since a person may have an account in the chat and on the machine.

    Of a person's several names, the first counts.
    """
    first: dict[str, str] = {}
    for by in names:
        first.setdefault(same_person(by), by)
    return list(first.values())
