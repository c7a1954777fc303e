"""A wrong number or text, put right everywhere: in the article, in posts that wait and in those that are out.

What is out is corrected as its channel's ``on_correct`` says: edited, answered, or deleted and posted anew;
the correction is noted in it. What is in a call or unknown is corrected once it is known whether it is out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from newsbot.composing.safety import escape_html
from newsbot.composing.urls import find_urls
from newsbot.composing.weight import measure
from newsbot.errors import ComposeError, InvalidTransition, UsageError
from newsbot.model import Article, Draft, Image, Limits, Part, Post, PostState, Summary
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.replacing import Replacement
from newsbot.newsroom.wordings import Wording
from newsbot.ports import Action, ActionKind, Clock, Ledger, NewAction, NewAmendment

__all__ = ["AfterTerms", "Corrected", "Corrections", "How", "Proposed", "fixes", "refixed"]

How = Literal["edit", "reply", "repost", "recompose", "manual"]

_AMENDS: Mapping[str, Literal["edit", "reply", "repost"]] = {
    "edit": "edit",
    "reply": "reply",
    "repost": "repost",
}
_TRIES = 5
_WAITS = frozenset({PostState.HELD, PostState.SCHEDULED, PostState.RETRYING})
_IN_FLIGHT = frozenset({PostState.SENDING, PostState.UNKNOWN})
_OVER = frozenset({PostState.CANCELLED, PostState.WITHDRAWN})
_ARROW = " > "


@dataclass(frozen=True, slots=True)
class AfterTerms:
    """A channel's keys for what is out. ``on_correct`` is edit, reply or repost."""

    on_correct: str
    wording: Wording


@dataclass(frozen=True, slots=True)
class Proposed:
    """What becomes of one post. ``pending``: once it is known whether it is out; ``manual``: nothing does, as
    config.yaml does not name its channel any more.

    ``problem`` is why it can't be, in words; ``over`` by how much it is too long, where that is why.
    """

    post: Post
    parts_before: tuple[Part, ...]
    parts_after: tuple[Part, ...]
    how: How
    pending: bool = False
    problem: str | None = None
    over: int = 0
    draft: Draft | None = None


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


class Corrections:
    """``terms`` are of every channel in config.yaml. All may raise UsageError and LedgerError."""

    def __init__(
        self, ledger: Ledger, composition: Composition, terms: Mapping[str, AfterTerms], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._composition = composition
        self._terms = terms
        self._clock = clock

    def propose_fix(self, article_id: str, old: str, new: str) -> list[Proposed]:
        """What `fix` would do, post by post."""
        return list(self._plan_fix(article_id, old, new).proposed)

    def fix(self, article_id: str, old: str, new: str, by: str) -> Corrected:
        """Write ``new`` for ``old`` in the article and in every post of it.

        Raises:
            UsageError: it stands nowhere; or a post can't be put right, and why.
        """
        detail = f"{old.strip()}{_ARROW}{new.strip()}"
        return self._do("fix", article_id, by, detail, lambda: self._plan_fix(article_id, old, new))

    def propose_correct(self, article_id: str, text: str) -> list[Proposed]:
        """What `correct` would do, post by post."""
        return list(self._plan_text(article_id, text).proposed)

    def correct(self, article_id: str, text: str, by: str) -> Corrected:
        """Give the article the text ``text``, and every post of it the words that follow from that.

        Raises:
            UsageError: a post can't be put right, and why.
        """
        return self._do("correct", article_id, by, "new text", lambda: self._plan_text(article_id, text))

    def follow(
        self, article_id: str, article: Article, channels: Sequence[str], detail: str = ""
    ) -> list[str]:
        """The article was edited at its source: posts on ``channels`` that are out are edited too.

        Returns the posts that are; one that can't be is left as it is. No correction is noted in them.
        """

        def plan() -> _Plan:
            posts = self._posts(article_id)
            out = [post for post in posts if post.channel in channels and _is_out(post)]
            summary = self._composition.summarize(article)
            proposed = [
                self._recomposed(post, self._parts(post), article, summary, noting=False) for post in out
            ]
            fine = [each for each in proposed if each and not each.problem and each.how == "edit"]
            return _Plan(tuple(fine), {}, tuple(posts))

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
        fixed = {name: _fixed(article, old, new) for name, article in articles.items()}
        posts = self._posts(article_id)
        proposed = [
            self._fix(post, Replacement(old, new, _language(post, articles)), fixed.get(post.article_id))
            for post in posts
        ]
        plan = _Plan(
            tuple(each for each in proposed if each),
            {name: article for name, article in fixed.items() if article != articles[name]},
            tuple(posts),
        )
        if not plan.proposed and not plan.articles:
            raise UsageError(
                f"{old!r} stands neither in article {article_id} nor in its {len(posts)} posts: "
                f"newsbot show {article_id} shows them"
            )
        return plan

    def _plan_text(self, article_id: str, text: str) -> _Plan:
        if not text.strip():
            raise UsageError("the new text is empty: newsbot takedown takes an article away")
        articles = {name: _retold(article, text) for name, article in self._articles(article_id).items()}
        posts = self._posts(article_id)
        proposed = []
        for post in posts:
            article = articles.get(post.article_id)
            if article and post.state not in _OVER:
                summary = self._composition.summarize(article)
                proposed.append(self._recomposed(post, self._parts(post), article, summary))
        return _Plan(tuple(each for each in proposed if each), articles, tuple(posts))

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

    # ---- one post

    def _fix(self, post: Post, change: Replacement, article: Article | None) -> Proposed | None:
        if post.state in _OVER:
            return None
        before = self._parts(post)
        after = tuple(_replaced(part, change) for part in before)
        if post.channel not in self._terms:
            return Proposed(post, before, after, "manual") if after != before and _is_out(post) else None
        texts = [part.text for part in after] == [part.text for part in before]
        if after == before or (texts and self._how(post) != "recompose"):
            return None
        proposed = self._noted(post, before, after)
        if proposed.over and article and not post.edited_by:
            summary = self._composition.summarize(article)
            shorter = self._recomposed(post, before, article, summary)
            return shorter if shorter and not shorter.problem else proposed
        return proposed

    def _recomposed(
        self,
        post: Post,
        before: tuple[Part, ...],
        article: Article,
        summary: Summary,
        *,
        noting: bool = True,
    ) -> Proposed | None:
        """The post as its template has it now, with room for a note where it is out."""
        if post.channel not in self._terms:
            return None
        how = self._how(post)
        noting = noting and how != "recompose"
        reserve = self._length(post, f"\n\n{self._note(post)}") if noting else 0
        source = self._ledger.kept(post.article_id).source
        link = any(part.link_preview or find_urls(part.text) for part in before)
        try:
            draft = self._composition.draft(
                post.channel, article, summary, source=source, reserve=reserve, link=link
            )
        except ComposeError as error:
            return Proposed(post, before, before, how, problem=f"it can't be composed: {error}")
        limits = self._limits(post)
        parts = draft.parts
        if how in {"edit", "recompose"} and not _is_free(post):
            if len(parts) != len(before):
                why = f"it has {len(parts)} parts now, and {len(before)} are out"
                return Proposed(post, before, parts, how, problem=why)
            parts = tuple(_as_it_was(new, old, limits) for new, old in zip(parts, before, strict=True))
        if how == "recompose":
            return None if parts == before else Proposed(post, before, parts, how, draft=draft)
        bare = tuple(self._bare(part, post) for part in before)
        if tuple(part.text for part in parts) == tuple(part.text for part in bare):
            return None
        return self._noted(post, before, tuple(_within(part, limits) for part in parts), noting=noting)

    def _noted(
        self, post: Post, before: tuple[Part, ...], after: tuple[Part, ...], *, noting: bool = True
    ) -> Proposed:
        """With what tells of the correction, where the post is out or may be; measured."""
        how, limits = self._how(post), self._limits(post)
        parts = [_measured(part, limits) for part in after]
        if how != "recompose" and noting:
            at = max(n for n, part in enumerate(parts) if n >= len(before) or part.text != before[n].text)
            note = escape_html(self._note(post)) if parts[at].parse_mode else self._note(post)
            bare = self._bare(parts[at], post)
            parts[at] = _measured(replace(bare, text=f"{bare.text}\n\n{note}"), limits)
        over = max(part.length - part.limit for part in parts)
        problem = f"it is {over} too long" if over > 0 else None
        pending = post.state in _IN_FLIGHT
        return Proposed(post, before, tuple(parts), how, pending, problem, max(over, 0))

    def _bare(self, part: Part, post: Post) -> Part:
        text = self._terms[post.channel].wording.without_note(part.text, post.language)
        return replace(part, text=text)

    def _how(self, post: Post) -> How:
        if _is_free(post) or (post.state is PostState.FAILED and not post.receipts):
            return "recompose"
        on_correct = self._terms[post.channel].on_correct
        if on_correct == "edit" and self._limits(post).edits:
            return "edit"
        return "repost" if on_correct == "repost" and self._limits(post).deletes else "reply"

    def _note(self, post: Post) -> str:
        return self._terms[post.channel].wording.say_corrected(post.language, self._clock.now())

    def _limits(self, post: Post) -> Limits:
        limits = self._composition.limits(post.channel)
        assert limits  # noqa: S101  config.yaml has the channel, or it has no terms
        return limits

    def _length(self, post: Post, text: str) -> int:
        """Not trimmed, as at the end of a text it is not."""
        return _weigh(self._limits(post), f"x{text}") - 1


# ---------------------------------------------------------------- of articles and actions


def fixes(actions: Sequence[Action]) -> list[tuple[str, str]]:
    """What people wrote for what in an article, in their order."""
    pairs = (action.detail.partition(_ARROW) for action in actions if action.what == "fix" and action.detail)
    return [(old, new) for old, _, new in pairs]


def refixed(article: Article, actions: Sequence[Action]) -> Article:
    """The article as its source has it, with what people put right in it."""
    for old, new in fixes(actions):
        article = _fixed(article, old, new)
    return article


def _fixed(article: Article, old: str, new: str) -> Article:
    change = Replacement(old, new, article.language)
    image = article.image
    return replace(
        article,
        title=change.plain(article.title) if article.title else article.title,
        summary=change.plain(article.summary) if article.summary else article.summary,
        text=change.plain(article.text),
        image=Image(image.url, change.plain(image.alt)) if image and image.alt else image,
    )


def _retold(article: Article, text: str) -> Article:
    paragraphs = [" ".join(line.split()) for line in text.strip().split("\n\n")]
    return replace(article, text="\n\n".join(filter(None, paragraphs)), summary=None)


def _language(post: Post, articles: Mapping[str, Article]) -> str | None:
    article = articles.get(post.article_id)
    return post.language or (article.language if article else None)


def _checked(old: str, new: str) -> tuple[str, str]:
    old, new = old.strip(), new.strip()
    if not old or not new:
        raise UsageError("say what is wrong and what is right, like: 4.2 2.4")
    if _ARROW.strip() in old or "\n" in old + new:
        raise UsageError("what is wrong may hold neither > nor a line break: name a shorter piece of it")
    if old == new:
        raise UsageError(f"{old!r} would stay as it is")
    return old, new


# ---------------------------------------------------------------- of posts and parts


def _is_free(post: Post) -> bool:
    """It waits, and nothing of it is out."""
    return post.state in _WAITS and not post.receipts


def _is_out(post: Post) -> bool:
    return post.state is PostState.SENT or post.state in _IN_FLIGHT or bool(post.receipts)


def _replaced(part: Part, change: Replacement) -> Part:
    text = change.html(part.text) if part.parse_mode else change.plain(part.text)
    media = tuple(Image(image.url, change.plain(image.alt)) if image.alt else image for image in part.media)
    return replace(part, text=text, media=media)


def _as_it_was(new: Part, old: Part, limits: Limits) -> Part:
    """An edit leaves the photo where it is, and where there is none, it brings none."""
    limit = limits.caption if old.media and limits.caption is not None else limits.text
    preview = new.link_preview or old.link_preview if not old.media else None
    return _measured(replace(new, media=old.media, link_preview=preview, limit=limit), limits)


def _within(part: Part, limits: Limits) -> Part:
    """Composed with a reserve, it has its whole room back."""
    caption = limits.text if limits.caption is None else limits.caption
    return replace(part, limit=caption if part.media else limits.text)


def _measured(part: Part, limits: Limits) -> Part:
    return replace(part, length=_weigh(limits, part.text))


def _weigh(limits: Limits, text: str) -> int:
    return measure(limits.measure)(text)


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
