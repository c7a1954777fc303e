"""Blocked sources, from which nothing is taken until a person unblocks them."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from newsbot.model import PENDING, Post
from newsbot.newsroom.names import find_name
from newsbot.newsroom.people import Permissions
from newsbot.ports import Blocked, Clock

if TYPE_CHECKING:
    from newsbot.ledger.posts import PostsStore
    from newsbot.ledger.sources import SourcesStore

__all__ = ["SourceBlockList"]


class SourceBlockList:
    """Blocks and unblocks sources. ``sources`` are those of config.yaml; ``by`` is the person."""

    def __init__(
        self,
        store: "SourcesStore",
        posts: "PostsStore",
        sources: Collection[str],
        clock: Clock,
        *,
        permissions: Permissions | None = None,
    ) -> None:
        self._permissions = permissions or Permissions()
        self._store = store
        self._posts = posts
        self._sources = sources
        self._clock = clock

    def block(self, source: str, by: str) -> Blocked:
        """Stop polling a source and cancel its pending posts; published posts stay and are returned.

        Raises:
            UnknownName: there is no such source, or several match.
        """
        self._permissions.require("block", by)
        return self._store.block_source(self._find_source(source), by=by, now=self._clock.now())

    def list_waiting_posts(self, source: str) -> tuple[str, list[Post]]:
        """Return the full name of the source, and the posts that `block` would cancel.

        Raises:
            UnknownName: there is no such source, or several match.
        """
        name = self._find_source(source)
        return name, self._posts.list_posts(states=PENDING, source=name, limit=None)

    def unblock(self, source: str, by: str) -> bool:
        """Poll a source again; return False where it was not blocked.

        Raises:
            UnknownName: there is no such source, or several match.
        """
        self._permissions.require("unblock", by)
        return self._store.unblock_source(self._find_source(source), now=self._clock.now())

    def _find_source(self, source: str) -> str:
        return find_name(source, self._sources, "source")
