"""Follow articles that change at their source after newsbot read them, and update their posts.

Unsent posts are recomposed or cancelled. A published post gets an entry in its history, or an edit, as its
channel's setting ``on_edit`` says. No function here calls a platform.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog

from newsbot.errors import ComposeError
from newsbot.model import Article, Draft, Failure, Post, PostState
from newsbot.newsroom.composition import PostRequest
from newsbot.newsroom.fixes import FixedVersion, list_all_actions, reapply_fixes
from newsbot.newsroom.history import describe_difference
from newsbot.newsroom.intake import ArticleStage
from newsbot.newsroom.planning import retry_until_free
from newsbot.ports import ArticleChange
from newsbot.ports.alerts import MAYBE_CORRECTED
from newsbot.reasons import Code, Reason, join_sentences

__all__ = ["Changes"]

_LEASE = timedelta(minutes=3)
_AT_ONCE = 4
_AGAIN = timedelta(minutes=5)
_TRIES = 6
_WITHDRAW = {"gone": Code.WITHDRAW_IT(), "protected": Code.WITHDRAW_PROTECTED()}

log = structlog.get_logger(__name__)


@dataclass(eq=False, repr=False)
class Changes(ArticleStage):
    """The component that processes the changes that sources make to articles, and updates the articles'
    posts.

    ``on_edit`` maps channels to ``ignore``, ``flag`` or ``edit``: what happens to a published post when the
    source edits its article. ``follow_up`` (`corrections.Corrections.follow`) orders edits of the published
    posts of some channels and returns the posts' ids. ``matches`` (`corrections.Corrections.matches`) tells
    whether a post has the text that newsbot would compose from an article now.
    """

    on_edit: Mapping[str, str]
    follow_up: Callable[[str, Article, Sequence[str], Reason | None], list[str]]
    matches: Callable[[Post, Article], bool]

    async def process_changes(self, source: str) -> int:
        """Process every change of the source's articles that the ledger has;
        return how many unsent posts changed.
        """
        claim, moved = partial(self.ledger.changes.claim_changes, source, lease=_LEASE, limit=_AT_ONCE), 0
        while changes := await self.on_ledger(claim, now=self.clock.now()):
            for change in changes:
                moved += await self._process_change(change)
        return moved

    async def _process_change(self, change: ArticleChange) -> int:
        try:
            if change.item is None:
                return await self.on_ledger(self._handle_removal, change)
            full_text = self._find_read_terms(change.source).full_text
            article = await self.reader.read(change.item, full_text=full_text)
            article = _keep_text(article, change.article)
            if self.line:
                # The article is summarized here, because the transaction that stores its new version can't
                # wait for a summarizer's answer.
                version, channels = await self.on_ledger(self._find_version_to_compose, change, article)
                if channels:
                    await self.line.ask_for(version, channels)
            return await self.on_ledger(self._handle_new_version, change, article)
        except Exception as error:  # noqa: BLE001  Any error concerns this change only.
            failure, never = self._explain_failure(error, change.article_id)
            retry_at = None if never or change.tries >= _TRIES else self.clock.now() + _AGAIN
            about = {"article": change.article_id, "error": failure.message}
            log.warning("edited article not read", again=retry_at is not None, **about)
            await self.on_ledger(self.ledger.changes.postpone_change, change, retry_at=retry_at)
            return 0

    def _reapply_fixes(self, change: ArticleChange, article: Article) -> FixedVersion:
        actions = list_all_actions(self.ledger.actions, change.article_id)
        return reapply_fixes(article, actions, change.article)

    def _find_version_to_compose(self, change: ArticleChange, article: Article) -> tuple[Article, set[str]]:
        """Return the new version of an edited article, with editors' fixes made in it, and the channels on
        which newsbot will compose posts from it.
        """
        version = self._reapply_fixes(change, article).article
        if change.what == "back":
            return version, {*self._find_read_terms(change.source).channels}
        if not describe_difference(change.article, version):
            return version, set()
        follows = "edit" in self.on_edit.values()
        posts = self.ledger.changes.list_posts_for_change(change)
        return version, {post.channel for post in posts if follows or not post.receipts}

    def _handle_removal(self, change: ArticleChange) -> int:
        posts = self.ledger.changes.list_posts_for_change(change)
        why = _WITHDRAW[change.what]
        flags = {post.id: why for post in posts if post.is_out}
        cancelled = self.ledger.changes.settle_gone(change, flags, now=self.clock.now())
        _log_change("article gone", change, why, cancelled, flags)
        return len(cancelled)

    def _handle_new_version(self, change: ArticleChange, article: Article) -> int:
        version = self._reapply_fixes(change, article)
        if change.what != "back":
            return self._handle_edit(change, version)
        posts = self.ledger.changes.list_posts_for_change(change)
        returned = [post.id for post in posts if post.is_out]
        return self._handle_return(change, version, posts, returned) or self._handle_edit(
            replace(change, what="edited"), version, returned
        )

    def _handle_return(
        self, change: ArticleChange, version: FixedVersion, before: Sequence[Post], returned: Sequence[str]
    ) -> int:
        """Queue again the posts that were cancelled when the article disappeared from its source, as the
        article is back; return their number.

        ``returned`` are the ids of the article's posts that stayed published meanwhile: their warnings that
        the article is gone are withdrawn.
        """
        cancelled = {post.channel for post in before if post.state is PostState.CANCELLED}
        names = [name for name in cancelled if self.composition.has_channel(name)]
        if not names:
            return 0
        article, hold = version.article, join_sentences(version.questions)
        request = PostRequest(sorted(names), source=change.source, hold=hold)

        def requeue_posts() -> list[Post]:
            new, now = self.composition.plan(article, request).posts, self.clock.now()
            return self.ledger.changes.settle_back(change, article, new, now=now, returned=returned)

        posts = retry_until_free(requeue_posts)
        _log_change("article back", change, Code.PUBLISHED_AGAIN(), posts, {})
        return len(posts)

    def _handle_edit(self, change: ArticleChange, version: FixedVersion, returned: Sequence[str] = ()) -> int:
        article = version.article
        said = describe_difference(change.article, article)
        posts = self.ledger.changes.list_posts_for_change(change) if said else []
        unsent = [post for post in posts if post.may_be_changed]
        known = [post for post in unsent if self.composition.has_channel(post.channel)]
        drafts = self._compose_drafts(change, article, known)
        # The orders to edit published posts are stored before the change is marked as done: after a crash in
        # between, the change is processed once more. If an editor has to decide about a fix of the article,
        # no published post is edited before the decision.
        follows = bool(said) and not version.questions
        edits = [name for name, what in self.on_edit.items() if what == "edit"] if follows else []
        edited = self.follow_up(change.article_id, article, edits, said) if edits else []
        out = [post for post in posts if post.is_out and post.id not in edited]
        settled = self._list_settled_posts(change, version, out)
        out = [post for post in out if post.id not in settled]
        asked, flags = join_sentences([said, *version.questions]), dict[str, Reason]()
        for post in out:
            on_edit = self.on_edit.get(post.channel, "flag")
            # An editor is told if newsbot may have edited the published post after the backup from which the
            # ledger was restored, because readers may then see another text than the ledger has.
            doubt = on_edit == "edit" and self.ledger.actions.may_differ_in_public(post.id)
            why = join_sentences([asked, MAYBE_CORRECTED if doubt else None])
            if why and (version.questions or on_edit != "ignore"):
                flags[post.id] = why
        told = {**flags, **(dict.fromkeys(drafts, said) if said else {})}
        holds = self._find_holds(change, article, known) | self._find_warned(drafts, known)
        if version.fresh:
            asks = {post.id: [*filter(None, [holds.get(post.id)]), *version.fresh] for post in unsent}
            holds |= {name: why for name, found in asks.items() if (why := join_sentences(found))}
        moved = self.ledger.changes.settle_edit(
            change,
            article,
            drafts,
            told,
            now=self.clock.now(),
            holds=holds,
            settled=settled,
            returned=returned,
        )
        if asked and said:
            _log_change("article edited", change, asked, moved, flags)
        return len(moved)

    def _list_settled_posts(
        self, change: ArticleChange, version: FixedVersion, out: Sequence[Post]
    ) -> list[str]:
        """Return the ids of published posts whose text agrees with the article again, because its source took
        back an edit.

        The open question to an editor about that edit is then closed.
        """
        if version.questions:
            return []
        return [
            post.id
            for post in out
            if self.ledger.changes.get_open_flag(post.id)
            and self.matches(post, version.article)
            and not self.matches(post, change.article)
        ]

    def _compose_drafts(
        self, change: ArticleChange, article: Article, posts: list[Post]
    ) -> dict[str, Draft | Failure]:
        """Return, by post id, the new draft of each unsent post whose text the edit of the article changes.

        If the new draft can't be composed, the post's entry is the failure.
        """
        drafts: dict[str, Draft | Failure] = {}
        summaries = self.composition.summarize(article)
        for post in posts:
            try:
                draft = self.composition.draft(
                    post.channel, article, summaries, source=change.source, breaking=post.breaking
                )
            except ComposeError as error:
                drafts[post.id] = Failure(error.code, Code.EDITED_NOT_COMPOSED(why=error.reason))
            else:
                if draft.parts != post.parts:
                    drafts[post.id] = draft
        return drafts

    def _find_holds(self, change: ArticleChange, article: Article, posts: list[Post]) -> dict[str, Reason]:
        """Return, by post id, the reason of a review rule that asks an editor about a post
        only since the article's edit.
        """
        holds: dict[str, Reason] = {}
        for post in posts:
            review = partial(self.composition.review, post.channel, source=change.source)
            was, now = review(change.article), review(article)
            why = now.dropped or now.held
            if why and why not in {was.dropped, was.held}:
                holds[post.id] = why
        return holds

    def _find_warned(self, drafts: Mapping[str, Draft | Failure], posts: list[Post]) -> dict[str, Reason]:
        """Return, by post id, the warning that holds a post only since the article's edit."""
        holds: dict[str, Reason] = {}
        for post in posts:
            draft = drafts.get(post.id)
            if isinstance(draft, Draft) and (
                why := self.composition.checks.find_hold(draft.warnings, post.warnings)
            ):
                holds[post.id] = why
        return holds


def _keep_text(article: Article, before: Article) -> Article:
    """Return the article with its earlier text if newsbot could not read the article's page now,
    else unchanged.

    A page that shows a login, for example, is not an edit of the article.
    """
    if not article.is_incomplete or before.is_incomplete:
        return article
    return replace(article, text=before.text, image=article.image or before.image, warnings=before.warnings)


def _log_change(
    what: str, change: ArticleChange, said: Reason, moved: list[Post], flags: Mapping[str, Reason]
) -> None:
    level = "warning" if flags else "info"
    getattr(log, level)(
        what,
        article=change.article_id,
        source=change.source,
        title=change.article.title,
        what=str(said),
        waiting=[post.id for post in moved],
        out=list(flags),
    )
