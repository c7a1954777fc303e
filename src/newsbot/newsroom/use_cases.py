"""The base class of all classes whose methods editors call: it keeps the objects that these classes need, and
checks permissions.
"""

from typing import TYPE_CHECKING

from newsbot.model import Post
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.people import Permissions
from newsbot.ports import Clock

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["UseCases"]


class UseCases:
    """The base class of everything that editors can order on the command line or at
    the desk (the editors' chat).

    In all methods, ``by`` is the person who orders, such as ``cli:ana``; without ``permissions`` everybody
    may do everything. All methods may raise NotPermitted, UsageError (no such post) and LedgerError.
    """

    def __init__(
        self,
        ledger: "Ledger",
        composition: Composition,
        clock: Clock,
        *,
        permissions: Permissions | None = None,
    ) -> None:
        self._ledger = ledger
        self._composition = composition
        self._clock = clock
        self._permissions = permissions or Permissions()

    def _require(self, task: str, by: str, post_id: str) -> None:
        """Check that the person ``by`` may do the task (a key of `people.ROLES`) to the post ``post_id``.

        Raises:
            NotPermitted: the person may not.
        """
        self._permissions.require(task, by, lambda: [self._ledger.posts.get_post(post_id)])

    def _list_posts(self, article_id: str) -> list[Post]:
        """Return all posts of an article and of the article's duplicates from other sources."""
        return [
            post
            for name in self._ledger.actions.list_same_articles(article_id)
            for post in self._ledger.posts.list_posts(article_id=name, limit=None)
        ]
