"""Correct a wrong number or text everywhere: in the article, in unsent and in published posts.

A published post is corrected as its channel's setting ``on_correct`` says: by an edit, by a reply, or by
deletion and a new post; a note in the post says that it was corrected. A post that is being sent, or of which
newsbot does not know whether it was sent, is corrected once newsbot knows that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from newsbot.composing.safety import clean, defuse, find_live
from newsbot.errors import UsageError
from newsbot.model import FINAL, SYSTEM, Article, Part, Post
from newsbot.newsroom.contradictions.warnings import drop_settled_contradictions
from newsbot.newsroom.fixes import (
    ARROW,
    Replacement,
    add_live_marks,
    find_fixed_sentences,
    fix_article,
    list_all_actions,
    reapply_fixes,
)
from newsbot.newsroom.people import UseCases
from newsbot.newsroom.planning import retry_while_changed
from newsbot.newsroom.revisions import RECOMPOSE, CorrectionTerms, PostReviser, Proposal, Versions
from newsbot.ports import ARTICLE_GONE, Action, ActionKind, FixedSentence, NewAction
from newsbot.reasons import Code, Reason, UsageCode, join_sentences

__all__ = ["CorrectionResult", "Corrections"]


@dataclass(frozen=True, slots=True)
class CorrectionResult:
    """The result of a correction: the ``action`` (the order as the ledger recorded it) and the changes.

    ``proposed`` are the corrections of the article's posts; ``in_article`` says whether the article changed
    too.
    """

    action: Action
    proposed: tuple[Proposal, ...]
    in_article: bool


@dataclass(frozen=True, slots=True)
class _CorrectionPlan:
    proposed: tuple[Proposal, ...]
    articles: Mapping[str, Article]
    posts: tuple[Post, ...]
    fixed: tuple[FixedSentence, ...] = ()
    settled: tuple[str, ...] = ()


@dataclass(eq=False, repr=False)
class Corrections(UseCases):
    """What an editor can order to correct an article and its posts,
    and what a source's edit changes in posts.

    ``terms`` are the settings of every channel in config.yaml.
    """

    terms: Mapping[str, CorrectionTerms]

    def __post_init__(self) -> None:
        self._reviser = PostReviser(self.ledger, self.composition, self.terms, self.clock)

    def propose_fix(self, article_id: str, old: str, new: str) -> list[Proposal]:
        """Return the corrections that `fix` would make, one for each post of the article,
        and store nothing.
        """
        return list(self._plan_fix(article_id, old, new).proposed)

    def fix(self, article_id: str, old: str, new: str, by: str) -> CorrectionResult:
        """Replace ``old`` by ``new`` in the article and in every post of the article.

        Raises:
            UsageError: ``old`` occurs nowhere, or a post can't be corrected (the message says why).
        """
        self.permissions.require("fix", by, lambda: self._list_posts(article_id))
        detail = Code.FIX(old=old.strip(), new=new.strip())
        return self._execute("fix", article_id, by, detail, lambda: self._plan_fix(article_id, old, new))

    def propose_correction(self, article_id: str, text: str) -> list[Proposal]:
        """Return the corrections that `correct` would make, one for each post of the article,
        and store nothing.
        """
        return list(self._plan_text(article_id, text).proposed)

    def correct(self, article_id: str, text: str, by: str) -> CorrectionResult:
        """Replace the article's text by ``text``, and recompose every post of the article from the new text.

        A person typed the text, so its hashtags, mentions and addresses work as links.

        Raises:
            UsageError: A post can't be corrected (the message says why).
        """
        self.permissions.require("correct", by, lambda: self._list_posts(article_id))
        return self._execute(
            "correct", article_id, by, Code.NEW_TEXT(), lambda: self._plan_text(article_id, text)
        )

    def propose_replacement(self, article_id: str, version: Article) -> list[Proposal]:
        """Return the corrections that `replace` would make, one for each post of the article,
        and store nothing.
        """
        return list(self._plan_replacement(article_id, version).proposed)

    def replace(self, article_id: str, version: Article, by: str) -> CorrectionResult:
        """Replace the article's content by that of ``version``, and recompose every post of the article.

        ``version`` is the same article as a source published it once more, perhaps at another address. The
        posts keep their link.

        Raises:
            UsageError: A post can't be corrected (the message says why).
        """
        self.permissions.require("correct", by, lambda: self._list_posts(article_id))
        return self._execute(
            "correct", article_id, by, Code.NEW_TEXT(), lambda: self._plan_replacement(article_id, version)
        )

    def follow_source_edit(
        self, article_id: str, article: Article, channels: Sequence[str], detail: Reason | None = None
    ) -> list[str]:
        """Order edits of the published posts on ``channels`` after the source edited the article;
        return the posts' ids.

        A post that can't be edited stays as it is. A post also stays as it is if it may have been corrected
        before the ledger was restored from an older backup. The edited posts get no note that they were
        corrected.
        """

        def plan() -> _CorrectionPlan:
            posts = self._list_posts(article_id)
            out = [post for post in posts if post.channel in channels and post.is_out]
            out = [post for post in out if not self.ledger.actions.may_differ_in_public(post.id)]
            summaries = self.composition.summarize(article)
            proposed = [
                self._reviser.recompose_post(
                    post, self._predict_parts(post), article, summaries, noting=False
                )
                for post in out
            ]
            fine = [each for each in proposed if each and not each.problem and each.method.in_place]
            return _CorrectionPlan(
                tuple(fine), {}, tuple(posts), settled=tuple(each.post.id for each in fine)
            )

        if not plan().proposed:
            return []
        return [each.post.id for each in self._execute("edit", article_id, SYSTEM, detail, plan).proposed]

    def _execute(
        self,
        what: ActionKind,
        article_id: str,
        by: str,
        detail: Reason | None,
        work_out: Callable[[], _CorrectionPlan],
    ) -> CorrectionResult:
        """Plan a correction by the function ``work_out`` and store it;
        plan it again if the ledger changed in between.
        """

        def plan_and_store() -> CorrectionResult:
            plan = work_out()
            _refuse_problems(plan.proposed)
            new = _make_action(what, article_id, by, detail, plan)
            action = self.ledger.actions.perform_action(new, now=self.clock.now())
            return CorrectionResult(action, plan.proposed, bool(plan.articles))

        return retry_while_changed(plan_and_store)

    def _plan_fix(self, article_id: str, old: str, new: str) -> _CorrectionPlan:
        old, new = _check_wording(old, new)
        articles = self._load_articles(article_id)
        fixed = {name: fix_article(article, old, new) for name, article in articles.items()}
        versions = {name: Versions(article, fixed[name]) for name, article in articles.items()}
        posts, written = self._list_posts(article_id), defuse(new, find_live(new))
        found: list[Proposal] = []
        for post in posts:
            if post.state not in FINAL:
                article = articles.get(post.article_id)
                change = Replacement(old, written, post.language or (article.language if article else None))
                known = versions.get(post.article_id)
                each = self._reviser.replace_words(post, self._predict_parts(post), change, known)
                found += [each] if each else []
        plan = _CorrectionPlan(
            tuple(found),
            {name: article for name, article in fixed.items() if article != articles[name]},
            tuple(posts),
            tuple(one for article in articles.values() for one in find_fixed_sentences(article, old, new)),
            self._list_agreeing_posts(posts, found, fixed, fixing=True),
        )
        if not plan.proposed and not plan.articles:
            raise UsageError(UsageCode.WORDS_NOT_FOUND(words=repr(old), ref=article_id, id=article_id))
        return plan

    def _plan_text(self, article_id: str, text: str) -> _CorrectionPlan:
        if not text.strip():
            raise UsageError(UsageCode.NEW_TEXT_EMPTY())
        return self._plan_articles(article_id, lambda article: _replace_text(article, text))

    def _plan_replacement(self, article_id: str, version: Article) -> _CorrectionPlan:
        return self._plan_articles(article_id, lambda article: _replace_content(article, version))

    def _plan_articles(self, article_id: str, change: Callable[[Article], Article]) -> _CorrectionPlan:
        articles = {name: change(article) for name, article in self._load_articles(article_id).items()}
        posts = self._list_posts(article_id)
        proposed: list[Proposal] = []
        for post in posts:
            article = articles.get(post.article_id)
            if article and post.state not in FINAL:
                summaries = self.composition.summarize(article)
                each = self._reviser.recompose_post(post, self._predict_parts(post), article, summaries)
                proposed += [each] if each else []
        settled = self._list_agreeing_posts(posts, proposed, articles)
        return _CorrectionPlan(tuple(proposed), articles, tuple(posts), settled=settled)

    def matches(self, post: Post, article: Article) -> bool:
        """Return whether a post has the text that newsbot would compose from ``article`` now.

        Corrections that are ordered but not made yet count as made.
        """
        return self._reviser.matches(post, self._predict_parts(post), article)

    def _list_agreeing_posts(
        self,
        posts: Sequence[Post],
        proposed: Sequence[Proposal],
        articles: Mapping[str, Article],
        *,
        fixing: bool = False,
    ) -> tuple[str, ...]:
        """Return the ids of published posts that a correction makes agree with an
        article that its source edited.

        The open questions to an editor about the source's edit are then closed. After a fix (``fixing``), the
        posts of an article stay in question if another fix of it needs an editor's decision.
        """
        after = {each.post.id: each.parts_after for each in proposed if not each.problem}
        return tuple(
            post.id
            for post in posts
            if post.is_out
            and (flag := self.ledger.changes.get_open_flag(post.id))
            and flag.event != ARTICLE_GONE
            and (article := articles.get(post.article_id))
            and self._reviser.matches(post, after.get(post.id) or self._predict_parts(post), article)
            and not (fixing and self._has_open_question(post.article_id, article))
        )

    def _has_open_question(self, article_id: str, article: Article) -> bool:
        actions = list_all_actions(self.ledger.actions, article_id)
        return bool(reapply_fixes(article, actions).questions)

    def _load_articles(self, article_id: str) -> dict[str, Article]:
        """Return the article and its duplicates from other sources, by id,
        except those that newsbot never read.
        """
        found = {
            name: self.ledger.articles.get_article(name).article
            for name in self.ledger.actions.list_same_articles(article_id)
        }
        return {name: article for name, article in found.items() if article}

    def _predict_parts(self, post: Post) -> tuple[Part, ...]:
        """Return the parts (platform messages) that a post will have once all
        ordered corrections are made.
        """
        parts = list(post.parts)
        for each in self.ledger.actions.list_amendments(post_id=post.id):
            if each.state in {"due", "calling"} and each.what != "delete" and each.after:
                parts[each.part : each.part + 1] = [each.after]
        return tuple(parts)


def _replace_text(article: Article, text: str) -> Article:
    paragraphs = filter(None, (" ".join(line.split()) for line in text.strip().split("\n\n")))
    replaced = replace(article, text="\n\n".join(paragraphs), summary=None)
    return add_live_marks(drop_settled_contradictions(replaced), text)


def _replace_content(article: Article, version: Article) -> Article:
    """Return the article with the headline, texts and photo of ``version``,
    but at the article's own address.
    """
    return replace(
        article,
        title=version.title or article.title,
        summary=version.summary,
        text=version.text,
        aside=version.aside,
        image=version.image or article.image,
        live=tuple(dict.fromkeys([*article.live, *version.live])),
        warnings=version.warnings,
    )


def _check_wording(old: str, new: str) -> tuple[str, str]:
    old, new = old.strip(), clean(new).strip()
    if not old or not new:
        raise UsageError(UsageCode.FIX_NOT_GIVEN())
    if ARROW.strip() in old or "\n" in old + new:
        raise UsageError(UsageCode.FIX_WITH_ARROW())
    if old == new:
        raise UsageError(UsageCode.WOULD_STAY(words=repr(old)))
    return old, new


def _refuse_problems(proposed: Sequence[Proposal]) -> None:
    wrong = join_sentences(
        UsageCode.OF_POST(id=each.post.id, channel=each.post.channel, why=each.problem)
        for each in proposed
        if each.problem
    )
    if wrong:
        raise UsageError(UsageCode.NOTHING_CHANGED(why=wrong))


def _make_action(
    what: ActionKind, article_id: str, by: str, detail: Reason | None, plan: _CorrectionPlan
) -> NewAction:
    return NewAction(
        what,
        article_id,
        by,
        detail,
        seen=plan.posts,
        articles=plan.articles,
        amendments=[
            amendment
            for each in plan.proposed
            for amendment in each.method.list_amendments(each.post.id, each.parts_before, each.parts_after)
        ],
        recompose={each.post.id: each.make_draft() for each in plan.proposed if each.method is RECOMPOSE},
        fixed=tuple(dict.fromkeys(plan.fixed)),
        settled=plan.settled,
    )
