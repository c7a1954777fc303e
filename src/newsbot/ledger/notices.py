"""What people are told once."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from newsbot.ledger.among import among
from newsbot.ledger.base import Store
from newsbot.ledger.database import Database
from newsbot.ledger.schema import notice
from newsbot.ports.notices import Notice

__all__ = ["Notices", "of_kind"]

_KEYS = select(notice.c.key).where(among(notice.c.key, "keys"), notice.c.over_at.is_(None))


class Notices(Store):
    """The Ledger port's part for notices: of two that ask at once, one is told that it is news."""

    def told(self, key: str, now: datetime, detail: str = "") -> bool:
        return bool(self.told_all({key: detail}, now))

    def told_all(self, details: Mapping[str, str], now: datetime) -> list[str]:
        if not details:
            return []
        with self._database.write(notify=False) as tx:
            # In one order, so that two services that tell the same never wait for each other in a ring.
            return [key for key, detail in sorted(details.items()) if self._is_news(tx, key, detail, now)]

    def _is_news(self, tx: Connection, key: str, detail: str, now: datetime) -> bool:
        first = self._database.insert(notice).values(key=key, at=now, detail=detail)
        if tx.execute(first.on_conflict_do_nothing().returning(notice.c.key)).scalar() is not None:
            return True
        again = update(notice).where(notice.c.key == key, notice.c.over_at.is_not(None))
        return bool(tx.execute(again.values(at=now, detail=detail, over_at=None)).rowcount)

    def mended(self, key: str, now: datetime) -> bool:
        still = update(notice).where(notice.c.key == key, notice.c.over_at.is_(None))
        with self._database.write(notify=False) as tx:
            return bool(tx.execute(still.values(over_at=now)).rowcount)

    def untold(self, keys: Collection[str]) -> list[str]:
        if not keys:
            return []
        with self._database.read() as tx:
            known = set(tx.execute(_KEYS, {"keys": list(keys)}).scalars())
        return [key for key in keys if key not in known]

    def notices(self, kind: str = "") -> list[Notice]:
        column = notice.c
        still = select(column.key, column.at, column.detail).where(column.over_at.is_(None))
        if kind:
            still = still.where(of_kind(kind, self._database))
        with self._database.read() as tx:
            return [Notice(*row) for row in tx.execute(still.order_by(column.at, column.key))]


def of_kind(kind: str, database: Database) -> ColumnElement[bool]:
    """Notices that are not over, with keys ``KIND:...``; by their characters' numbers, as an index has them.

    PostgreSQL's plain operators go by the database's language, which passes over punctuation.
    """
    key, first, last = notice.c.key, f"{kind}:", f"{kind};"  # `;` follows `:`
    if database.sqlite:
        within = (key >= first) & (key < last)
    else:
        within = key.bool_op("~>=~")(first) & key.bool_op("~<~")(last)
    return notice.c.over_at.is_(None) & within
