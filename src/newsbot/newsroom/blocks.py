"""Sources that nothing is taken from any more, until a person says otherwise."""

from collections.abc import Collection

from newsbot.errors import UsageError
from newsbot.ports import Blocked, Clock, Ledger

__all__ = ["Blocks"]


class Blocks:
    """``sources`` are config.yaml's. ``by`` is the person."""

    def __init__(self, ledger: Ledger, sources: Collection[str], clock: Clock) -> None:
        self._ledger = ledger
        self._sources = sources
        self._clock = clock

    def block(self, source: str, by: str) -> Blocked:
        """Poll it no more and cancel what waits from it; what is out stays, and is named.

        Raises:
            UsageError: there is no such source.
        """
        return self._ledger.block_source(self._known(source), by=by, now=self._clock.now())

    def unblock(self, source: str, by: str) -> bool:
        """Poll it again; False where it was not blocked.

        Raises:
            UsageError: there is no such source.
        """
        return self._ledger.unblock_source(self._known(source), by=by, now=self._clock.now())

    def _known(self, source: str) -> str:
        if source not in self._sources:
            raise UsageError(f"there is no source {source!r}: config.yaml has {', '.join(self._sources)}")
        return source
