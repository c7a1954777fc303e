"""The notices about a restored ledger."""

from sqlalchemy import select

from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ledger.codec import failure_from
from newsbot.model import PostState
from newsbot.ports.fence import RESTORED, Restored

__all__ = ["Restores"]


class Restores(Store):
    """The Ledger port's part for restores."""

    def restored(self) -> Restored | None:
        if (fault := self._fence.peek()) is not None:
            return Restored(fault, handled=False)
        post, fence = tables.post.c, tables.fence.c
        unknown = tables.in_queue(post.state, PostState.UNKNOWN)
        with self._database.read() as tx:
            row = tx.execute(select(fence.why, fence.since, fence.until)).first()
            if row is None or row.until is None:
                return None
            errors = [
                failure_from(error) for error in tx.execute(select(post.error).where(unknown)).scalars()
            ]
        waiting = sum(error is not None and error.code == RESTORED for error in errors)
        return Restored(row.why or "", waiting, row.since, row.until) if waiting else None
