"""Flags on published posts whose articles changed at their source, until they are answered.

A flag is an event of the post. It is answered by a person who leaves the post as it is, by a correction or
another change at the source that makes post and article match again, or by the return of an article that was
gone.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, exists, select

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.serialization import locked
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import note
from newsbot.model import Event, PostState
from newsbot.ports import ARTICLE_GONE, FlaggedPost

__all__ = ["Flags", "carry_flag", "raise_again", "raise_flags", "settle_flags", "withdraw_gone_flags"]

_BY = "system"
_LEFT_AS_IT_IS = "left as it is"
_MATCHES = "matches its article"
_BACK = "article back"
_EVENT = tables.event.c
_LATER = tables.event.alias("later")
_ANSWERED = exists().where(
    _LATER.c.post_id == _EVENT.post_id,
    _LATER.c.id > _EVENT.id,
    _LATER.c.event.in_((_LEFT_AS_IT_IS, _MATCHES, _BACK)),
)


class Flags(LedgerStore):
    """The methods of the Ledger port for published posts whose articles changed since."""

    def list_flagged_posts(self, channels: Collection[str], *, since: datetime) -> list[FlaggedPost]:
        sent = tables.post.c
        found = select(_EVENT.post_id, sent.article_id, sent.channel, *_LINE)
        found = found.join(tables.post, sent.id == _EVENT.post_id)
        found = found.where(sent.channel.in_(channels), sent.sent_at >= since, sent.state == "sent")
        found = found.where(_EVENT.at >= since, tables.FLAGGED, ~_ANSWERED).order_by(_EVENT.id.desc())
        with self._database.read() as tx:
            latest = {number: rest for number, *rest in reversed(tx.execute(found).all())}
        return [
            FlaggedPost(ids.post_id(number), channel, Event(*line), ids.article_id(article))
            for number, (article, channel, *line) in sorted(latest.items(), reverse=True)
        ]

    def open_flag(self, post_id: str) -> Event | None:
        with self._database.read() as tx:
            return _open_flag(tx, ids.post_number(post_id))

    def dismiss_flag(self, post_id: str, *, by: str, now: datetime) -> bool:
        number = ids.post_number(post_id)
        with self._database.write() as tx:
            was = locked(tx, post_id)
            asks = was.state is PostState.SENT and _open_flag(tx, number) is not None
            if asks:
                note(tx, number, _LEFT_AS_IT_IS, by=by, now=now)
        return asks


_LINE = (_EVENT.at, _EVENT.event, _EVENT.by, _EVENT.detail)


def raise_flags(tx: Connection, flags: Mapping[str, str], event: str, now: datetime) -> None:
    """Add an event to each post that says what its source did to its article."""
    for post_id, said in flags.items():
        note(tx, ids.post_number(post_id), event, by=_BY, now=now, detail=said)


def settle_flags(tx: Connection, post_ids: Iterable[str], *, by: str, now: datetime) -> None:
    """Answer the open flags of the posts, as they match their articles again."""
    for number in map(ids.post_number, post_ids):
        if _open_flag(tx, number):
            note(tx, number, _MATCHES, by=by, now=now)


def withdraw_gone_flags(tx: Connection, post_ids: Iterable[str], *, now: datetime) -> None:
    """Answer the open flags that say that an article is gone: its source publishes it again.

    A flag about an earlier edit stays open: its event is repeated after the answer.
    """
    for number in map(ids.post_number, post_ids):
        flags = _list_open_flags(tx, number)
        if flags and flags[0].event == ARTICLE_GONE:
            note(tx, number, _BACK, by=_BY, now=now)
            if edit := next((flag for flag in flags if flag.event != ARTICLE_GONE), None):
                note(tx, number, edit.event, by=_BY, now=now, detail=edit.detail)


def carry_flag(tx: Connection, number: int, to: int, now: datetime) -> None:
    """Copy the open flag of a post, if any, to the post ``to`` that replaces it."""
    if flag := _open_flag(tx, number):
        note(tx, to, flag.event, by=_BY, now=now, detail=flag.detail)


def raise_again(tx: Connection, number: int, now: datetime) -> None:
    """Raise a post's flag again after the correction that had answered it failed."""
    told = select(*_LINE).where(_EVENT.post_id == number).order_by(_EVENT.id.desc())
    flag = tx.execute(told.where(tables.FLAGGED).limit(1)).one_or_none()
    answer = tx.execute(told.where(_EVENT.event.in_((_LEFT_AS_IT_IS, _MATCHES))).limit(1)).one_or_none()
    if flag and answer and answer.event == _MATCHES and not _open_flag(tx, number):
        note(tx, number, flag.event, by=_BY, now=now, detail=flag.detail)


def _open_flag(tx: Connection, number: int) -> Event | None:
    """Return the post's latest flag without an answer, or None."""
    return next(iter(_list_open_flags(tx, number)), None)


def _list_open_flags(tx: Connection, number: int) -> list[Event]:
    """Return the post's flags without an answer, the latest first."""
    told = select(*_LINE).where(_EVENT.post_id == number, tables.FLAGGED, ~_ANSWERED)
    return [Event(*row) for row in tx.execute(told.order_by(_EVENT.id.desc()))]
