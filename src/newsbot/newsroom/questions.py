"""One answer for all posts that are held for the same suspicion."""

from collections.abc import Sequence
from dataclasses import replace

from newsbot.model import Post, PostState
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.planning import until_free
from newsbot.newsroom.suspicions import kind_of, likened
from newsbot.ports import Clock, Ledger, Replanned

__all__ = ["Questions"]


class Questions:
    """``by`` is the person who answers. All may raise UsageError and LedgerError."""

    def __init__(self, ledger: Ledger, composition: Composition, clock: Clock) -> None:
        self._ledger = ledger
        self._composition = composition
        self._clock = clock

    def alike(self, post_id: str) -> list[Post]:
        """The posts that are held for the same reason as this one, where that is a suspicion."""
        asked = self._ledger.post(post_id)
        if asked.state is not PostState.HELD or kind_of(asked.held_for) is None:
            return []
        held = self._ledger.posts(states=(PostState.HELD,), limit=None, oldest_first=True)
        return [post for post in held if post.held_for == asked.held_for]

    def instead(self, post_id: str) -> tuple[str, str] | None:
        """The article that is out and that this post's looks like, and this one's text for it."""
        asked = self._ledger.post(post_id)
        out, article = likened(asked.held_for), self._ledger.kept(asked.article_id).article
        if asked.state is not PostState.HELD or out is None or article is None:
            return None
        return out, article.text

    def post(self, posts: Sequence[Post], *, by: str) -> list[Post]:
        """They are fine: each goes by its channel's rules, or waits for the approval that it needs anyway."""
        return until_free(lambda: self._post(posts, by))

    def _post(self, posts: Sequence[Post], by: str) -> list[Post]:
        free = [post for post in posts if not post.approval]
        names = sorted({post.channel for post in free})
        times = [new for name in names for new in self._times(name, [p for p in free if p.channel == name])]
        ids = [post.id for post in posts]
        return self._ledger.release(ids, {new.post_id: new for new in times}, by=by, now=self._clock.now())

    def _times(self, name: str, posts: Sequence[Post]) -> list[Replanned]:
        times = self._composition.planner.in_turn(name, posts)
        if not self._composition.knows(name):
            return times
        return [replace(new, expires_at=self._composition.expiry(name, new.due_at)) for new in times]

    def drop(self, posts: Sequence[Post], *, by: str) -> list[Post]:
        """They are not: cancelled, all at once."""
        ids = [post.id for post in posts]
        return self._ledger.cancel_all(ids, by=by, now=self._clock.now(), detail="not new, as answered")
