"""Services: which run now, and which of their parts do not work."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from newsbot.ledger.base import Store
from newsbot.ledger.notices import of_kind
from newsbot.ledger.schema import instance, notice
from newsbot.ports.services import RunningService

__all__ = ["Services"]

_KIND = "service"


class Services(Store):
    """The Ledger port's part for services. What one said is a notice of its instance, kept while it runs."""

    def tell_failed(self, failed: list[dict[str, Any]], *, now: datetime) -> None:
        me = self._presence.me
        if me is None:
            return
        said = {"at": now, "detail": json.dumps(failed, ensure_ascii=False)}
        new = self._database.insert(notice).values(key=f"{_KIND}:{me}", **said)
        numbers = select(instance.c.id)
        with self._database.write(notify=False) as tx:
            living = {f"{_KIND}:{number}" for number in tx.execute(numbers).scalars()}
            gone = of_kind(_KIND, self._database) & notice.c.key.not_in(living)
            tx.execute(delete(notice).where(gone))
            tx.execute(new.on_conflict_do_update(index_elements=["key"], set_=said))

    def services(self) -> list[RunningService]:
        with self._database.read() as tx:
            living = set(self._presence.living(tx))
            rows = [row for row in tx.execute(select(instance).order_by(instance.c.id)) if row.id in living]
            keys = [f"{_KIND}:{row.id}" for row in rows]
            said = dict(
                map(tuple, tx.execute(select(notice.c.key, notice.c.detail).where(notice.c.key.in_(keys))))
            )
        return [
            RunningService(row.host, row.pid, tuple(json.loads(said.get(key, "[]"))))
            for key, row in zip(keys, rows, strict=True)
        ]
