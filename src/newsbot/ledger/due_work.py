"""The ledger's store of the work that is due, which the timer of the engine `cluster` reads often.

Each query visits only what is due, however many sources, articles and posts the ledger has.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, false, func, or_, select, union

from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import in_list
from newsbot.ledger.sources import MAX_CLOCK_DIFFERENCE
from newsbot.ledger.store import LedgerStore

__all__ = ["DueWorkStore"]

_SOURCE, _ARTICLE, _CHANGE, _POST = tables.source.c, tables.article.c, tables.change.c, tables.post.c
_IS_OURS = tables.POLLABLE & ~in_list(_SOURCE.name, "strangers")
_NOW = bindparam("now", type_=_SOURCE.next_poll_at.type)
_IS_FREE = or_(_SOURCE.lease_until.is_(None), _SOURCE.lease_until <= _NOW)
_SELECT_DUE = (
    select(_SOURCE.name, _SOURCE.next_poll_at)
    .where(_IS_OURS, tables.POLL_AT <= _NOW)
    .order_by(tables.POLL_AT)
    .limit(bindparam("most", type_=BigInteger()))
)
_SELECT_NEXT = select(func.min(tables.POLL_AT)).where(_IS_OURS, tables.POLL_AT > _NOW)
_SELECT_AHEAD = select(_SOURCE.name).where(_IS_OURS, _SOURCE.last_polled_at > _NOW)
_SELECT_KNOWN = select(_SOURCE.name).where(in_list(_SOURCE.name, "names"))
_SELECT_BREAKING = (
    select(_POST.channel).where(tables.BREAKING, _POST.due_at <= bindparam("until", type_=_POST.due_at.type))
).distinct()


class DueWorkStore(LedgerStore):
    """The ledger's store of the work that is due now: polls of sources, articles and changes to process, and
    breaking posts to send.
    """

    def filter_unpolled_sources(self, names: Collection[str]) -> set[str]:
        """Return those of the sources ``names`` that were never polled, and whose first poll is not in
        progress.
        """
        with self._database.read_for_one_select() as tx:
            return set(names).difference(tx.execute(_SELECT_KNOWN, {"names": list(names)}).scalars())

    def list_due_sources(
        self, *, now: datetime, most: int, without: Collection[str] = (), held: bool = True
    ) -> tuple[dict[str, datetime | None], datetime | None]:
        """Return up to ``most`` sources that are due to be polled, and the time at which the next one is due.

        The longest due source comes first. Each source has the time at which it became due, None if its first
        poll was never stored. Sources that somebody blocked, that a service polls now, or that are in
        ``without`` are left out. With ``held``, the sources that a service polled when it ended are included.
        """
        values = {"now": now, "most": most, "strangers": list(without)}
        with self._database.read() as tx:
            lost = self._instances.is_dead(tx, _SOURCE.holder) if held else false()
            due = tx.execute(_SELECT_DUE.where(or_(_IS_FREE, lost)), values).all()
            return dict(map(tuple, due)), tx.execute(_SELECT_NEXT, values).scalar()

    def list_sources_polled_ahead(self, *, now: datetime) -> list[str]:
        """Return the sources that were polled later than ``now``, because the clock was set back since."""
        values = {"now": now + MAX_CLOCK_DIFFERENCE, "strangers": []}
        with self._database.read_for_one_select() as tx:
            return list(tx.execute(_SELECT_AHEAD, values).scalars())

    def list_waiting_sources(self, *, now: datetime) -> list[str]:
        """Return the sources of which an article or a change can be claimed now, to be processed."""
        with self._database.read() as tx:
            free = or_(_ARTICLE.wake_at <= now, self._instances.is_dead(tx, _ARTICLE.holder))
            unread = select(_ARTICLE.source).where(tables.UNREAD, free)
            free = or_(_CHANGE.wake_at <= now, self._instances.is_dead(tx, _CHANGE.holder))
            # A subquery finds the source of each change, because for a join SQLite would first read all
            # articles.
            its = select(_ARTICLE.source).where(_ARTICLE.id == _CHANGE.article_id, _ARTICLE.state == "ready")
            changed = select(its.scalar_subquery()).where(free)
            return sorted(name for name in tx.execute(union(unread, changed)).scalars() if name)

    def list_breaking_channels(self, *, until: datetime) -> list[str]:
        """Return the channels with a post of breaking news that is due by ``until``."""
        with self._database.read_for_one_select() as tx:
            return list(tx.execute(_SELECT_BREAKING, {"until": until}).scalars())
