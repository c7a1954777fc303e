"""The votes that count for a post as it is now. Its story keeps all that ever were."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from newsbot.ledger import ids
from newsbot.ledger.schema import approval, notice
from newsbot.model import Approval

__all__ = ["STAGES", "forget", "reminder_key", "reminders_over", "votes_of"]

STAGES = ("soon", "due", "dying")
"""When a held post reminds."""


def votes_of(tx: Connection, number: int, content: str) -> list[Approval]:
    """The first of each person first."""
    column = approval.c
    of_it = select(column.by, column.at, column.content)
    of_it = of_it.where(column.post_id == number, column.content == content).order_by(column.id)
    return [Approval(*row) for row in tx.execute(of_it)]


def forget(tx: Connection, number: int) -> bool:
    """None counts any more, not even where the post becomes again what it was; returns whether any did."""
    return bool(tx.execute(delete(approval).where(approval.c.post_id == number)).rowcount)


def reminder_key(post_id: str, stage: str) -> str:
    """The notice of a reminder."""
    return f"remind:{post_id}:{stage}"


def reminders_over(tx: Connection, number: int, *, now: datetime) -> None:
    """Should it be held again, or to another time, it reminds anew."""
    keys = [reminder_key(ids.post_id(number), stage) for stage in STAGES]
    open_ones = update(notice).where(notice.c.key.in_(keys), notice.c.over_at.is_(None))
    tx.execute(open_ones.values(over_at=now))
