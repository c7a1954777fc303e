"""Sources that nothing is taken from any more, until a person says otherwise."""

from collections.abc import Collection

from newsbot.model import Post, PostState
from newsbot.newsroom.names import find_name
from newsbot.ports import Blocked, Clock, Ledger

__all__ = ["SourceBlockList"]

_WAITS = (PostState.HELD, PostState.SCHEDULED, PostState.RETRYING)


class SourceBlockList:
    """``sources`` are config.yaml's. ``by`` is the person."""

    def __init__(self, ledger: Ledger, sources: Collection[str], clock: Clock) -> None:
        self._ledger = ledger
        self._sources = sources
        self._clock = clock

    def block(self, source: str, by: str) -> Blocked:
        """Poll it no more and cancel what waits from it; what is out stays, and is named.

        Raises:
            UnknownName: there is no such source, or several have that in their names.
        """
        return self._ledger.block_source(self._find_source(source), by=by, now=self._clock.now())

    def waiting(self, source: str) -> tuple[str, list[Post]]:
        """Return the source that is meant, and the posts that `block` would cancel.

        Raises:
            UnknownName: there is no such source, or several have that in their names.
        """
        name = self._find_source(source)
        return name, self._ledger.posts(states=_WAITS, source=name, limit=None)

    def unblock(self, source: str, by: str) -> bool:
        """Poll it again; False where it was not blocked.

        Raises:
            UnknownName: there is no such source, or several have that in their names.
        """
        return self._ledger.unblock_source(self._find_source(source), by=by, now=self._clock.now())

    def _find_source(self, source: str) -> str:
        return find_name(source, self._sources, "source")
