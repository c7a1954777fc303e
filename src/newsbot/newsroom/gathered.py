"""Digests that have an article in them which is taken down: they go without it, or not at all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from newsbot.errors import ComposeError
from newsbot.model import Article, Draft, Part, Post, PostState
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.regulars import said
from newsbot.ports import Action, Ledger, NewAction, NewAmendment

__all__ = ["Gathered", "Without"]

_WAITS = frozenset({PostState.HELD, PostState.SCHEDULED, PostState.RETRYING})
_OVER = frozenset({PostState.CANCELLED, PostState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Without:
    """A digest's post; ``action`` has it say the rest, None where it has to be taken away whole."""

    post: Post
    action: NewAction | None


class Gathered:
    """``templates`` are those of the channels that have digests by config.yaml."""

    def __init__(self, ledger: Ledger, composition: Composition, templates: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._composition = composition
        self._templates = templates

    def without(self, gone: Collection[str], by: str) -> list[Without]:
        """What becomes of each digest that has one of the articles ``gone`` and is not over."""
        live = [post for post in self._ledger.digests(tuple(gone)) if post.state not in _OVER]
        return [Without(post, self._action(post, gone, by)) for post in live]

    def done(self, post: Post, gone: Collection[str]) -> Action | None:
        """The last action that had it say the rest."""
        named = {_detail(each) for each in gone}
        found = [each for each in self._ledger.actions(post.article_id) if each.detail in named]
        return found[-1] if found else None

    def _action(self, post: Post, gone: Collection[str], by: str) -> NewAction | None:
        members = self._left(post, gone)
        draft = self._draft(post, members)
        amendments = self._edits(post, draft.parts) if draft else None
        if draft is None or amendments is None:
            return None
        kept = self._ledger.kept(post.article_id).article
        assert kept  # noqa: S101  a draft was made of it
        digest = replace(kept, text="\n\n".join(said(one) for one in members))
        waits = {post.id: draft} if _is_free(post) else {}
        detail = _detail(next(iter(gone)))
        return NewAction(
            "correct",
            post.article_id,
            by,
            detail,
            (post,),
            alone=True,
            articles={post.article_id: digest},
            amendments=() if waits else amendments,
            recompose=waits,
        )

    def _left(self, post: Post, gone: Collection[str]) -> list[Article]:
        """What it had and still may have, as it had it."""
        kept = self._ledger.kept(post.article_id).article
        text = kept.text if kept else ""
        found = [
            article
            for each in self._ledger.gathered(post.article_id)
            if each not in gone
            and not self._ledger.is_blocked(article_id=each)
            and (article := self._ledger.kept(each).article)
            and said(article) in text
        ]
        return sorted(found, key=lambda one: text.find(said(one)))

    def _draft(self, post: Post, members: list[Article]) -> Draft | None:
        template, kept = self._templates.get(post.channel), self._ledger.kept(post.article_id).article
        if not members or template is None or kept is None:
            return None
        try:
            return self._composition.digest(post.channel, kept, members, template).draft
        except ComposeError:
            return None

    def _edits(self, post: Post, parts: tuple[Part, ...]) -> list[NewAmendment] | None:
        """None where what is out can't become that."""
        limits = self._composition.limits(post.channel)
        if _is_free(post):
            return []
        if limits is None or not limits.edits or len(parts) != len(post.parts):
            return None
        both = enumerate(zip(post.parts, parts, strict=True))
        return [NewAmendment(post.id, n, "edit", old, new) for n, (old, new) in both if old != new]


def _is_free(post: Post) -> bool:
    return (post.state in _WAITS or post.state is PostState.FAILED) and not post.receipts


def _detail(article_id: str) -> str:
    return f"without {article_id}"
