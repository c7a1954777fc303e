"""What an editor can do with an unsent post: approve or refuse it, edit its text, answer a question about it.

A post needs the approval of one or two people, and an approval counts only for the text that the person saw.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from newsbot.composing.compose import update_warnings
from newsbot.composing.rewriting import rewrite, strip_markup
from newsbot.errors import ComposeError, InvalidTransition, UsageError, VoteRefused
from newsbot.model import Article, Part, Post, PostState, PostWarning
from newsbot.newsroom.anomalies import find_anomaly_kind, find_similar_article
from newsbot.newsroom.history import describe_text_change
from newsbot.newsroom.people import UseCases
from newsbot.newsroom.planning import retry_until_free
from newsbot.newsroom.stranded import suggest_remedy
from newsbot.ports import NewDueTime
from newsbot.reasons import Code, Reason, UsageCode, list_names
from newsbot.scheduling.rules import Plan

__all__ = [
    "ApprovalResult",
    "Approvals",
    "PostEditor",
    "Questions",
    "list_people",
]


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
        return retry_until_free(lambda: self._approve(self.ledger.posts.get_post(post_id), by, content))

    def _approve(self, post: Post, by: str, content: str | None) -> ApprovalResult:
        if post.state is PostState.HELD and (why := self.composition.explain_stranding(post)):
            raise InvalidTransition(UsageCode.CANNOT_GO(ref=post.id, why=why, mend=suggest_remedy(post)))
        now, time = self.clock.now(), Plan(post.due_at, post.reason or Code.AS_SOON_AS_THERE(), post.slot_at)
        if post.state is PostState.HELD:
            time = self._plan_time(post, time, now)
        try:
            after = self.ledger.posts.approve(
                post.id,
                by=by,
                now=now,
                due_at=time.due_at,
                reason=time.reason,
                slot_at=time.slot_at,
                content=content,
                person=self.permissions.people.same_person,
            )
        except VoteRefused as refused:
            why = self._explain_refusal(refused, post)
            raise VoteRefused(why, refused.why, refused.by, refused.at) from None
        votes = self.ledger.posts.list_votes(after.id)
        by_whom = list_people((vote.by for vote in votes), self.permissions.people.same_person)
        missing = max(0, max(1, after.approval) - len(by_whom)) if after.state is PostState.HELD else 0
        return ApprovalResult(after, by_whom, missing)

    def _plan_time(self, post: Post, time: Plan, now: datetime) -> Plan:
        """Return when newsbot sends a held post that now has all its approvals: at ``time``, the post's
        present due time, if that is possible.

        A post whose due time has passed gets another time, and loses its slot (the time by its channel's
        schedule). While a post was held, another post may have got its due time, unless the post has a slot
        or a person set its due time.
        """
        planner = self.composition.planner
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
        return self.ledger.posts.refuse(post_id, by=by, why=" ".join(why.split()), now=self.clock.now())

    def _explain_refusal(self, refused: VoteRefused, post: Post) -> Reason:
        people = list_names(
            map(self.permissions.people.name, list_people(refused.by, self.permissions.people.same_person))
        )
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


@dataclass(frozen=True, slots=True)
class EditPreview:
    """The parts (messages) that a post would have after an edit; ``problem`` says why it is impossible.

    ``problem`` is None for a possible edit. ``change`` describes the difference of the texts in one line.
    ``warnings`` are those about the article and about the new text.
    """

    parts: tuple[Part, ...]
    problem: Reason | None
    cost_usd: Decimal | None
    change: Reason | None
    warnings: tuple[PostWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class EditResult:
    """A post before and after an edit. ``change`` describes the difference of the texts in one line.

    ``change`` is None if they do not differ. ``voided`` says that the post lost its approvals.
    """

    before: Post
    after: Post
    change: Reason | None
    voided: bool = False


class PostEditor(UseCases):
    """The methods by which an editor rewrites the text of an unsent post."""

    def words(self, post_id: str) -> str:
        """Return the text of a post as a reader sees it, without markup, for an editor to rewrite."""
        return _join_words(self.ledger.posts.get_post(post_id).parts)

    def preview(self, post_id: str, text: str) -> EditPreview:
        """Return the parts (messages) that the post would have with ``text`` as its text, and change nothing.

        Raises:
            UsageError: the text is empty, there is no such post, or config.yaml lacks the post's channel.
        """
        return self._preview(self.ledger.posts.get_post(post_id), text)

    def edit(self, post_id: str, text: str, by: str, content: str | None = None) -> EditResult:
        """Replace the text of an unsent post by ``text``.

        The edit voids the post's approvals, and later edits of the article at its source no longer change the
        post. ``content`` is the `Post.content` (the identity of the text) that the person was shown.

        Raises:
            UsageError: the text is too long (the message says by how much).
            InvalidTransition: the post is not waiting, or it was changed since the person saw it.
        """
        self._require("edit", by, post_id)
        before = self.ledger.posts.get_post(post_id)
        if content not in {None, before.content}:
            raise InvalidTransition(UsageCode.CHANGED_SINCE(ref=before.id))
        new = self._preview(before, text)
        if new.problem:
            raise UsageError(new.problem)
        if new.parts == before.parts:
            return EditResult(before, before, None)
        votes = self.ledger.posts.list_votes(before.id)
        after = self.ledger.posts.edit(
            before.id,
            new.parts,
            cost_usd=new.cost_usd,
            content=before.content,
            by=by,
            now=self.clock.now(),
            detail=new.change or Code.FORM_ONLY(),
            warnings=new.warnings,
        )
        voided = bool(votes) and not self.ledger.posts.list_votes(after.id)
        return EditResult(before, after, new.change, voided)

    def _preview(self, post: Post, text: str) -> EditPreview:
        channel = self.composition.get_channel(post.channel)
        if channel is None:
            why = self.composition.explain_stranding(post) or UsageCode.CHANNEL_GONE(name=post.channel)
            raise UsageError(UsageCode.STAYS_AS_IT_IS(why=why, ref=post.id))
        try:
            parts, long = rewrite(post.parts, text, channel.capabilities, post.language)
        except ComposeError as error:
            raise UsageError(UsageCode.CANNOT_SAY(ref=post.id, why=error.reason)) from None
        problem, most = None, channel.capabilities.text
        if long:
            by_photo = long.limit < most and long.length <= most
            code = UsageCode.TEXT_TOO_LONG_WITH_PHOTO if by_photo else UsageCode.TEXT_TOO_LONG
            excess = long.length - long.limit
            problem = code(channel=post.channel, n=excess, count=long.length, most=long.limit)
        return EditPreview(
            parts,
            problem,
            channel.price(parts),
            describe_text_change(_join_words(post.parts), _join_words(parts)),
            update_warnings(post.warnings, post.parts, parts, post.article_url),
        )


def _join_words(parts: tuple[Part, ...]) -> str:
    return "\n\n".join(map(strip_markup, parts))


class Questions(UseCases):
    """What an editor can do with posts that are held for an irregularity, such as a flood of new articles."""

    def list_similar_posts(self, post_id: str) -> list[Post]:
        """Return all posts that are held for the same irregularity (such as a flood of articles) as the post
        ``post_id``, itself included.

        The list is empty if the post is not held for an irregularity of its article.
        """
        asked = self.ledger.posts.get_post(post_id)
        if asked.state is not PostState.HELD or find_anomaly_kind(asked.held_for) is None:
            return []
        held = self.ledger.posts.list_posts(states=(PostState.HELD,), limit=None, oldest_first=True)
        return [post for post in held if post.held_for == asked.held_for]

    def get_replacement(self, post_id: str) -> tuple[str, Article] | None:
        """Return the id of the earlier article that a held post's article resembles, and the post's article.

        An editor may correct the earlier article by the post's article. Return None if the post is not held
        because of an earlier article.
        """
        asked = self.ledger.posts.get_post(post_id)
        out = find_similar_article(asked.held_for)
        article = self.ledger.articles.get_article(asked.article_id).article
        if asked.state is not PostState.HELD or out is None or article is None:
            return None
        return out, article

    def post(self, posts: Sequence[Post], *, by: str) -> list[Post]:
        """Release held posts: each is sent by its channel's rules, or waits for the approval it needs."""
        self.permissions.require("held", by, lambda: posts)
        return retry_until_free(lambda: self._release_posts(posts, by))

    def _release_posts(self, posts: Sequence[Post], by: str) -> list[Post]:
        free, times = [post for post in posts if not post.approval], dict[str, NewDueTime]()
        for name in sorted({post.channel for post in free}):
            here = [post for post in free if post.channel == name]
            for new in self.composition.planner.plan_in_order(name, here):
                expires = self.composition.find_expiry_time(name, new.due_at)
                known = self.composition.has_channel(name)
                times[new.post_id] = replace(new, expires_at=expires) if known else new
        ids = [post.id for post in posts]
        return self.ledger.posts.release(ids, times, by=by, now=self.clock.now())

    def drop(self, posts: Sequence[Post], *, by: str) -> list[Post]:
        """Cancel ``posts``, which wait for an editor, in one transaction, in the name of the person
        ``by``.
        """
        self.permissions.require("held", by, lambda: posts)
        ids = [post.id for post in posts]
        return self.ledger.posts.cancel_all(ids, by=by, now=self.clock.now(), detail=Code.NOT_NEW())
