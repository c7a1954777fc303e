"""Delete a published post, take an article down on all channels, and block a source, as editors order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from newsbot.composing.rewriting import escape_for, isolate_part
from newsbot.errors import InvalidTransition, UsageError
from newsbot.model import FINAL, IN_FLIGHT, PENDING, Article, Part, Post, PostState
from newsbot.newsroom.digests import DigestRemovalPlanner
from newsbot.newsroom.history import SOURCE, HistoryReader
from newsbot.newsroom.names import find_name
from newsbot.newsroom.people import Permissions, UseCases
from newsbot.newsroom.planning import retry_while_changed
from newsbot.newsroom.revisions import CorrectionTerms
from newsbot.ports import Action, Amendment, Blocked, Clock, NewAction, NewAmendment, TakedownBlock
from newsbot.reasons import Code, Reason, UsageCode

if TYPE_CHECKING:
    from newsbot.ledger.posts import PostsStore
    from newsbot.ledger.sources import SourcesStore

__all__ = ["ReportLine", "SourceBlocks", "TakedownPlan", "TakedownReport", "Withdrawals"]

_INSTEAD = {
    **dict.fromkeys(PENDING, UsageCode.CANCEL_INSTEAD),
    PostState.SENDING: UsageCode.TAKE_DOWN_SENDING,
    PostState.UNKNOWN: UsageCode.TAKE_DOWN_UNKNOWN,
    PostState.FAILED: UsageCode.NOTHING_IS_OUT,
    PostState.CANCELLED: UsageCode.NEVER_OUT,
    PostState.WITHDRAWN: UsageCode.SHOW_INSTEAD,
}

_EDITED = frozenset({"deleted", "notice"})
LineState = Literal[
    "cancelled",
    "deleted",
    "notice",
    "by hand",
    "waiting",
    "manual",
    "failed",
    "not out",
    "edited",
    "recomposed",
]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """The state of one part (platform message) of one post in a takedown, as one line of a `TakedownReport`.

    ``at`` is the time of the state; for ``waiting``, it is the time of the next attempt to delete the
    message.

    In the state ``waiting``, newsbot is trying to delete the message, and ``why`` says what it waits for. In
    ``manual``, a person has to delete the message at ``url``. In ``failed``, the platform refused the
    deletion, and the message stays as it is. In ``notice``, the message could not be deleted, so a notice of
    withdrawal replaced its text. A digest from which the article was removed is ``edited`` if it was
    published, and ``recomposed`` if it was still unsent.
    """

    channel: str
    post_id: str
    part: int
    state: LineState
    at: datetime | None
    url: str | None = None
    why: Reason | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class TakedownReport:
    """The results so far of a withdrawal (deletion of one post) or a takedown (deletion of all posts of an
    article).

    ``digests`` are the posts that listed the article among others, if they are published or still unsent.
    """

    action: Action
    lines: tuple[ReportLine, ...]
    digests: tuple[Post, ...] = ()
    title: str | None = None
    url: str | None = None

    @property
    def done(self) -> bool:
        """Return whether every deletion or edit has succeeded, so that readers no longer see the article on
        any channel.
        """
        return all(line.state not in {"waiting", "manual", "failed"} for line in self.lines)


@dataclass(frozen=True, slots=True)
class TakedownPlan:
    """The plan of a takedown (the removal of an article from all channels): the article's unsent and possibly
    published ``posts``, including digests.

    ``article_id`` is None if newsbot does not know the article's address; ``block`` is the existing block if
    the article was removed before.
    """

    article_id: str | None
    title: str | None
    posts: tuple[Post, ...]
    block: TakedownBlock | None = None


@dataclass(eq=False, repr=False)
class Withdrawals(UseCases):
    """What an editor can order to remove published posts: withdraw one post,
    or take an article down everywhere.
    """

    terms: Mapping[str, CorrectionTerms]
    digest_templates: Mapping[str, str]

    def __post_init__(self) -> None:
        self._digest_planner = DigestRemovalPlanner(
            self.ledger, self.composition, self.clock, self.digest_templates
        )

    def withdraw(self, post_id: str, by: str) -> TakedownReport:
        """Order the deletion of one post's published messages in the name of ``by``;
        return the report so far.

        Raises:
            InvalidTransition: no message of the post is published; the error says what to do instead.
        """
        self._require("withdraw", by, post_id)
        post = self.propose_withdrawal(post_id)
        amendments = self._make_removals(post)
        detail = Code.ONE_POST(ref=post.id)
        new = NewAction("withdraw", post.article_id, by, detail, (post,), alone=True, amendments=amendments)
        return self.report(self.ledger.actions.perform_action(new, now=self.clock.now()))

    def propose_withdrawal(self, post_id: str) -> Post:
        """Return the post that `withdraw` would remove, and change nothing.

        Raises:
            InvalidTransition: No message of the post is published; the error says what to do instead.
        """
        post = self.ledger.posts.get_post(post_id)
        if not post.may_be_withdrawn:
            raise InvalidTransition(_explain_no_withdrawal(post))
        return post

    def takedown(self, article_ref: str, by: str, *, redact: bool = False) -> TakedownReport:
        """Remove an article from every channel and digest (list of articles), cancel its pending posts, and
        block the article for good.

        ``article_ref`` is the article's id or address; newsbot blocks an address that it does not know, too.
        With ``redact``, the article's text is removed from the ledger.
        """
        self.permissions.require("takedown", by)
        article_id = self._find_article(article_ref) or self.ledger.articles.add_article(
            SOURCE, Article(article_ref, "", article_ref), now=self.clock.now()
        )

        def plan_and_store() -> Action:
            every = [
                *self._make_digest_actions(article_id, by, redact=redact),
                self._make_takedown(article_id, self._list_posts(article_id), by, redact),
            ]
            return self.ledger.actions.perform_actions(every, now=self.clock.now())[-1]

        return self.report(retry_while_changed(plan_and_store))

    def _make_takedown(self, article_id: str, posts: list[Post], by: str, redact: bool) -> NewAction:  # noqa: FBT001
        amendments = [each for post in posts for each in self._make_removals(post)]
        detail = Code.REDACTED() if redact else None
        return NewAction(
            "takedown", article_id, by, detail, posts, amendments=amendments, block=True, redact=redact
        )

    def _make_digest_actions(self, article_id: str, by: str, *, redact: bool) -> list[NewAction]:
        """Return the orders that remove the article from each digest (a post that lists several articles).

        If newsbot can't edit a digest, the order removes the whole digest.
        """
        every = self._digest_planner.plan_removals(self.ledger.actions.list_same_articles(article_id), by)
        return [
            action or self._make_takedown(post.article_id, [post], by, redact)
            for post, action in every
            if action is None or action.amendments or action.recompose
        ]

    def report(self, action: Action) -> TakedownReport:
        """Return the results so far of ``action``, the deletion of one post or of all posts of an article,
        ordered by channel.
        """
        posts = self._list_posts(action.article_id)
        if action.what == "withdraw":
            posts = [post for post in posts if action.detail == Code.ONE_POST(ref=post.id)]
        lines = [line for post in posts for line in self._report_post(post)]
        same, digests = list[str](), list[Post]()
        if action.what == "takedown":
            same = self.ledger.actions.list_same_articles(action.article_id)
            digests = self.ledger.digests.list_digests(same)
        shown = [post for post in digests if post.waits or post.receipts]
        lines += [line for post in digests for line in self._report_digest(post, same)]
        kept = self.ledger.articles.get_article(action.article_id)
        ordered = sorted(lines, key=lambda line: (line.channel, line.post_id, line.part))
        return TakedownReport(action, tuple(ordered), tuple(shown), kept.title, kept.url)

    def record_deletion(self, post_id: str, by: str) -> TakedownReport:
        """Record that the person ``by`` deleted a post on its platform because
        newsbot could not delete the post.

        Raises:
            UsageError: no message of the post waits for a person to delete it.
        """
        self._require("deleted", by, post_id)
        done = self.ledger.actions.record_manual_removal(post_id, by=by, now=self.clock.now())
        return self.report(self.ledger.actions.get_action(done[-1].action_id))

    def propose_takedown(self, article_ref: str) -> TakedownPlan:
        """Return the posts that `takedown` would remove, for an editor to confirm, and change nothing."""
        article_id = self._find_article(article_ref)
        if article_id is None:
            return TakedownPlan(None, None, ())
        kept = self.ledger.articles.get_article(article_id)
        posts = [
            *self._list_posts(article_id),
            *self.ledger.digests.list_digests(self.ledger.actions.list_same_articles(article_id)),
        ]
        block = self.ledger.actions.is_blocked(article_id=article_id)
        going = tuple(post for post in posts if post.state not in FINAL)
        return TakedownPlan(article_id, kept.article.title if kept.article else None, going, block)

    def _find_article(self, ref: str) -> str | None:
        """Return the id of the article that ``ref`` names: an article's id or address,
        or the link of a published post.

        Return None for an address that newsbot does not know.
        """
        if "://" not in ref:
            return self.ledger.articles.get_article(ref).id
        if blocked := self.ledger.actions.is_blocked(url=ref):
            return blocked.article_id
        try:
            found = HistoryReader(self.ledger).find(ref)
        except UsageError:
            return None
        return found if found.startswith("a-") else self.ledger.posts.get_post(found).article_id

    def _make_removals(self, post: Post) -> list[NewAmendment]:
        """Return a deletion for each message of the post that is or may be published
        and was not deleted before.
        """
        done = {each.part for each in self._find_latest_removals(post).values() if each.state == "done"}
        known = {receipt.part for receipt in post.receipts}
        # A post that an editor skipped while its outcome was unknown is cancelled with the error "unknown".
        # Its messages are deleted too, because they may be published.
        skipped = post.state is PostState.CANCELLED and post.error and post.error.code == "unknown"
        every = post.waits or skipped
        return [
            NewAmendment(post.id, n, "delete", part, self._make_notice(post, part))
            for n, part in enumerate(post.parts)
            if (every or n in known) and n not in done
        ]

    def _find_latest_removals(self, post: Post) -> dict[int, Amendment]:
        """Return the latest order to delete each part (message) of the post, by the part's number."""
        found = self.ledger.actions.list_amendments(post_id=post.id)
        return {each.part: each for each in found if each.is_removal and each.state != "over"}

    def _make_notice(self, post: Post, part: Part) -> Part | None:
        """Return the notice of withdrawal that replaces a message's text if the
        platform can't delete the message.

        Return None if the platform can't edit the message either.
        """
        capabilities = self.composition.capabilities(post.channel)
        if capabilities is None or not capabilities.edits or post.channel not in self.terms:
            return None
        said = self.terms[post.channel].wording.say_withdrawn(post.language)
        notice = replace(part, text=escape_for(part, capabilities, said), link_preview=None)
        return isolate_part(notice, capabilities, post.language)

    def _report_digest(self, post: Post, gone: list[str]) -> list[ReportLine]:
        done = self._digest_planner.find_removal(post, gone)
        if done is None or post.state in FINAL:
            return self._report_post(post)
        found = self.ledger.actions.list_amendments(action_id=done.id)
        if not [each for each in found if each.state != "over"]:
            return [ReportLine(post.channel, post.id, 0, "recomposed", done.at)]
        lines = [self._report_amendment(post, each) for each in found]
        return [replace(line, state="edited") if line.state in _EDITED else line for line in lines]

    def _report_post(self, post: Post) -> list[ReportLine]:
        found = self._find_latest_removals(post)
        if found:
            return [self._report_amendment(post, each) for each in found.values()]
        if post.state is PostState.CANCELLED:
            at = self.ledger.posts.list_events(post.id)[-1].at
            return [ReportLine(post.channel, post.id, 0, "cancelled", at)]
        return [ReportLine(post.channel, post.id, 0, "not out", None)] if not post.receipts else []

    def _report_amendment(self, post: Post, each: Amendment) -> ReportLine:
        line = ReportLine(
            post.channel,
            post.id,
            each.part,
            "waiting",
            each.due_at,
            each.receipt.url if each.receipt else None,
            each.error.reason if each.error else None,
        )
        if each.state == "done":
            state: LineState = "deleted" if each.what == "delete" else "notice"
            state = "by hand" if each.done_by else state
            return replace(line, state=state, at=each.done_at, why=None, by=each.done_by)
        if each.state in {"manual", "failed"}:
            return replace(line, state=each.state, at=None)
        if stranded := self.composition.explain_stranding(post):
            if self.composition.is_renamed(post):
                return replace(line, why=stranded)
            return replace(line, state="manual", at=None, why=UsageCode.DELETE_BY_HAND(why=stranded))
        if post.state in IN_FLIGHT and not line.why:
            return replace(line, why=UsageCode.DELETED_ONCE_KNOWN(state=str(post.state)))
        return line


def _explain_no_withdrawal(post: Post) -> Reason:
    code = _INSTEAD[post.state]
    ids = {"ref": post.id, "id": post.article_id}
    return UsageCode.POST_IN_STATE(
        ref=post.id,
        state=str(post.state),
        what=UsageCode.CANNOT_WITHDRAW(),
        why=code(**{name: ids[name] for name in code.parameters}),
    )


@dataclass(eq=False, repr=False)
class SourceBlocks:
    """What an editor can order about a source: block it, so that nothing is read from it, and unblock it.

    Each method takes the source's name or a part of the name, and raises UnknownName if none or several of
    the ``sources`` in config.yaml match.
    """

    store: "SourcesStore"
    posts: "PostsStore"
    sources: Collection[str]
    clock: Clock
    permissions: Permissions = field(kw_only=True)

    def block(self, source: str, by: str) -> Blocked:
        """Stop polling a source and cancel its unsent posts; return the block,
        which lists the source's published posts.
        """
        self.permissions.require("block", by)
        name = find_name(source, self.sources, "source")
        return self.store.block_source(name, by=by, now=self.clock.now())

    def list_waiting_posts(self, source: str) -> tuple[str, list[Post]]:
        """Return the full name of the source, and its unsent posts, which `block` would cancel;
        change nothing.
        """
        name = find_name(source, self.sources, "source")
        return name, self.posts.list_posts(states=PENDING, source=name, limit=None)

    def unblock(self, source: str, by: str) -> bool:
        """Let newsbot poll a blocked source again; return False if the source was not blocked."""
        self.permissions.require("unblock", by)
        name = find_name(source, self.sources, "source")
        return self.store.unblock_source(name, now=self.clock.now())
