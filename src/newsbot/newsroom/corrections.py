"""A wrong number or text, put right everywhere: in the article, in posts that wait and in those that are out.

What is out is corrected as its channel's ``on_correct`` says: edited, answered, or deleted and posted anew;
the correction is noted in it. What is in a call or unknown is corrected once it is known whether it is out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from newsbot.composing.safety import clean, defuse, find_live
from newsbot.errors import InvalidTransition, UsageError
from newsbot.model import Article, Draft, Part, Post, PostState
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.fixes import ARROW, Fixes, fix_article, fixed_sentences
from newsbot.newsroom.revisions import AfterTerms, Proposed, Rewording, Versions, is_out
from newsbot.newsroom.text_replacement import Replacement
from newsbot.ports import (
    ARTICLE_GONE,
    Action,
    ActionKind,
    Clock,
    FixedSentence,
    Ledger,
    NewAction,
    NewAmendment,
)

__all__ = ["Corrected", "Corrections"]

_AMENDS: Mapping[str, Literal["edit", "reply", "repost"]] = {
    "edit": "edit",
    "reply": "reply",
    "repost": "repost",
}
_TRIES = 5
_OVER = frozenset({PostState.CANCELLED, PostState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Corrected:
    """``action`` is the command, as the ledger has it; ``in_article``: its own text is otherwise now."""

    action: Action
    proposed: tuple[Proposed, ...]
    in_article: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    proposed: tuple[Proposed, ...]
    articles: Mapping[str, Article]
    posts: tuple[Post, ...]
    fixed: tuple[FixedSentence, ...] = ()
    settled: tuple[str, ...] = ()


class Corrections:
    """``terms`` are of every channel in config.yaml. All may raise UsageError and LedgerError."""

    def __init__(
        self, ledger: Ledger, composition: Composition, terms: Mapping[str, AfterTerms], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._composition = composition
        self._rewording = Rewording(ledger, composition, terms, clock)
        self._clock = clock
        self._fixes = Fixes(ledger)

    def propose_fix(self, article_id: str, old: str, new: str) -> list[Proposed]:
        """What `fix` would do, post by post."""
        return list(self._plan_fix(article_id, old, new).proposed)

    def fix(self, article_id: str, old: str, new: str, by: str) -> Corrected:
        """Write ``new`` for ``old`` in the article and in every post of it.

        Raises:
            UsageError: it stands nowhere; or a post can't be put right, and why.
        """
        detail = f"{old.strip()}{ARROW}{new.strip()}"
        return self._do("fix", article_id, by, detail, lambda: self._plan_fix(article_id, old, new))

    def propose_correct(self, article_id: str, text: str, *, typed: bool = True) -> list[Proposed]:
        """What `correct` would do, post by post."""
        return list(self._plan_text(article_id, text, typed=typed).proposed)

    def correct(self, article_id: str, text: str, by: str, *, typed: bool = True) -> Corrected:
        """Give the article the text ``text``, and every post of it the words that follow from that.

        ``typed``: they are the person's own words, whose tags, mentions and addresses are live.

        Raises:
            UsageError: a post can't be put right, and why.
        """
        return self._do(
            "correct", article_id, by, "new text", lambda: self._plan_text(article_id, text, typed=typed)
        )

    def follow(
        self, article_id: str, article: Article, channels: Sequence[str], detail: str = ""
    ) -> list[str]:
        """The article was edited at its source: posts on ``channels`` that are out are edited too.

        Returns the posts that are; one that can't be is left as it is. No correction is noted in them.
        """

        def plan() -> _Plan:
            posts = self._posts(article_id)
            out = [post for post in posts if post.channel in channels and is_out(post)]
            summary = self._composition.summarize(article)
            proposed = [
                self._rewording.recomposed(post, self._parts(post), article, summary, noting=False)
                for post in out
            ]
            fine = [each for each in proposed if each and not each.problem and each.how == "edit"]
            return _Plan(tuple(fine), {}, tuple(posts), settled=tuple(each.post.id for each in fine))

        if not plan().proposed:
            return []
        return [each.post.id for each in self._do("edit", article_id, "system", detail, plan).proposed]

    # ---- one command

    def _do(
        self, what: ActionKind, article_id: str, by: str, detail: str, work_out: Callable[[], _Plan]
    ) -> Corrected:
        """Worked out anew where something moved meanwhile."""
        for left in reversed(range(_TRIES)):
            plan = work_out()
            _refuse(plan.proposed)
            try:
                action = self._ledger.act(_new(what, article_id, by, detail, plan), now=self._clock.now())
            except InvalidTransition:
                if not left:
                    raise
            else:
                return Corrected(action, plan.proposed, bool(plan.articles))
        raise AssertionError  # the loop returns or raises

    def _plan_fix(self, article_id: str, old: str, new: str) -> _Plan:
        old, new = _checked(old, new)
        articles = self._articles(article_id)
        fixed = {name: fix_article(article, old, new) for name, article in articles.items()}
        versions = {name: Versions(article, fixed[name]) for name, article in articles.items()}
        posts, written = self._posts(article_id), defuse(new, find_live(new))
        proposed = [
            self._rewording.replaced(
                post,
                self._parts(post),
                Replacement(old, written, _language(post, articles)),
                versions.get(post.article_id),
            )
            for post in posts
            if post.state not in _OVER
        ]
        found = [each for each in proposed if each]
        plan = _Plan(
            tuple(found),
            {name: article for name, article in fixed.items() if article != articles[name]},
            tuple(posts),
            tuple(one for article in articles.values() for one in fixed_sentences(article, old, new)),
            self._settled(posts, found, fixed, asks=self._asks),
        )
        if not plan.proposed and not plan.articles:
            raise UsageError(
                f"{old!r} stands neither in article {article_id} nor in any of its posts: "
                f"newsbot show {article_id} shows them"
            )
        return plan

    def _plan_text(self, article_id: str, text: str, *, typed: bool) -> _Plan:
        if not text.strip():
            raise UsageError("the new text is empty: newsbot takedown takes an article away")
        live = find_live(text) if typed else ()
        known = self._articles(article_id)
        articles = {name: _retold(article, text, live) for name, article in known.items()}
        posts = self._posts(article_id)
        proposed: list[Proposed] = []
        for post in posts:
            article = articles.get(post.article_id)
            if article and post.state not in _OVER:
                summary = self._composition.summarize(article)
                each = self._rewording.recomposed(post, self._parts(post), article, summary)
                proposed += [each] if each else []
        settled = self._settled(posts, proposed, articles)
        return _Plan(tuple(proposed), articles, tuple(posts), settled=settled)

    def matches(self, post: Post, article: Article) -> bool:
        """Tell whether a post says what ``article`` gives now, once what was asked before is done."""
        return self._rewording.matches(post, self._parts(post), article)

    def _settled(
        self,
        posts: Sequence[Post],
        proposed: Sequence[Proposed],
        articles: Mapping[str, Article],
        asks: Callable[[str, Article], bool] = lambda *_: False,
    ) -> tuple[str, ...]:
        """Return the posts whose source edited their article, and that say what it gives once this is done.

        ``asks`` tells of an article that another fix is in question in it.
        """
        after = {each.post.id: each.parts_after for each in proposed if not each.problem}
        asking = [post for post in posts if is_out(post) and self._is_edited_since(post)]
        return tuple(
            post.id
            for post in asking
            if (article := articles.get(post.article_id))
            and self._rewording.matches(post, after.get(post.id) or self._parts(post), article)
            and not asks(post.article_id, article)
        )

    def _is_edited_since(self, post: Post) -> bool:
        flag = self._ledger.open_flag(post.id)
        return flag is not None and flag.event != ARTICLE_GONE

    def _asks(self, article_id: str, article: Article) -> bool:
        return bool(self._fixes.reapply(article_id, article).questions)

    def _articles(self, article_id: str) -> dict[str, Article]:
        """The article, and those that are the same, as far as they were read."""
        found = {name: self._ledger.kept(name).article for name in self._ledger.twins(article_id)}
        return {name: article for name, article in found.items() if article}

    def _posts(self, article_id: str) -> list[Post]:
        return [
            post
            for name in self._ledger.twins(article_id)
            for post in self._ledger.posts(article_id=name, limit=None)
        ]

    def _parts(self, post: Post) -> tuple[Part, ...]:
        """As they are, or will be once what was asked before is done."""
        parts = list(post.parts)
        for each in self._ledger.amendments(post_id=post.id):
            if each.state in {"due", "calling"} and each.what != "delete" and each.after:
                parts[each.part : each.part + 1] = [each.after]
        return tuple(parts)


# ---------------------------------------------------------------- of articles and actions


def _retold(article: Article, text: str, live: tuple[str, ...]) -> Article:
    paragraphs = [" ".join(line.split()) for line in text.strip().split("\n\n")]
    live = tuple(dict.fromkeys([*article.live, *live]))
    return replace(article, text="\n\n".join(filter(None, paragraphs)), summary=None, live=live)


def _language(post: Post, articles: Mapping[str, Article]) -> str | None:
    article = articles.get(post.article_id)
    return post.language or (article.language if article else None)


def _checked(old: str, new: str) -> tuple[str, str]:
    old, new = old.strip(), clean(new).strip()
    if not old or not new:
        raise UsageError("say what is wrong and what is right, like: 4.2 2.4")
    if ARROW.strip() in old or "\n" in old + new:
        raise UsageError("what is wrong may hold neither > nor a line break: name a shorter piece of it")
    if old == new:
        raise UsageError(f"{old!r} would stay as it is")
    return old, new


def _refuse(proposed: Sequence[Proposed]) -> None:
    wrong = [f"{each.post.id} on {each.post.channel}: {each.problem}" for each in proposed if each.problem]
    if wrong:
        raise UsageError(f"nothing was changed. {'; '.join(wrong)}")


def _new(what: ActionKind, article_id: str, by: str, detail: str, plan: _Plan) -> NewAction:
    out = [each for each in plan.proposed if each.how in _AMENDS]
    return NewAction(
        what,
        article_id,
        by,
        detail,
        seen=plan.posts,
        articles=plan.articles,
        amendments=[amendment for each in out for amendment in _amendments(each)],
        recompose={each.post.id: _draft(each) for each in plan.proposed if each.how == "recompose"},
        fixed=tuple(dict.fromkeys(plan.fixed)),
        settled=plan.settled,
    )


def _draft(each: Proposed) -> Draft:
    post, draft = each.post, each.draft
    if draft:
        return replace(draft, parts=each.parts_after)
    parts, cost = each.parts_after, post.cost_usd
    return Draft(post.channel, post.kind, parts, cost, post.language, post.warnings)


def _amendments(each: Proposed) -> list[NewAmendment]:
    """Of every part where a new post has them all; else of those that are otherwise."""
    what = _AMENDS[each.how]
    before, after = each.parts_before, each.parts_after
    whole = each.how != "edit"
    found = []
    for n in range(max(len(before), len(after))):
        old, new = before[n] if n < len(before) else None, after[n] if n < len(after) else None
        if whole or old != new:
            found.append(NewAmendment(each.post.id, n, what, old, new))
    return found
