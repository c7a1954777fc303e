"""The store of embargoes, each set for an article with all its posts, and lifted early by two people."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.due_times import replan
from newsbot.ledger.serialization import address_key, decode_article, select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedown_blocks import find_same_articles
from newsbot.ledger.transitions import note
from newsbot.model import Article, Post
from newsbot.ports import EmbargoLift, NewDueTime

__all__ = ["EmbargoesStore", "follow_embargo", "get_embargo_until"]

_ARTICLE, _POST = tables.article.c, tables.post.c
_UNTIL_REASON = "when its embargo ends"
_ACTION_KIND = "embargo"


class EmbargoesStore(LedgerStore):
    """The methods of the Ledger port for embargoes."""

    def embargo(self, article_id: str) -> datetime | None:
        number = ids.article_number(article_id)
        with self._database.read() as tx:
            return get_embargo_until(tx, number)

    def get_embargo_of_url(self, url: str) -> datetime | None:
        found = select(func.max(_ARTICLE.embargo_until, type_=_ARTICLE.embargo_until.type))
        with self._database.read() as tx:
            until: datetime | None = tx.execute(found.where(_ARTICLE.url_key == address_key(url))).scalar()
        return until

    def list_unsent_posts(self, article_id: str) -> list[Post]:
        with self._database.read() as tx:
            return _load_unsent_posts(tx, _find_same_articles(tx, ids.article_number(article_id)))

    def set_embargo(
        self, article_id: str, until: datetime, times: Sequence[NewDueTime], *, by: str, now: datetime
    ) -> list[Post]:
        number = ids.article_number(article_id)
        with self._database.write() as tx:
            same = _find_same_articles(tx, number, lock=True)
            holds = _find_longest_embargo(tx, same)
            if holds and holds > max(until, now):
                raise UsageError(_describe_longer_embargo(article_id, holds))
            _update_embargo(tx, same, until, by=by, now=now)
            replan(tx, times, by=by, now=now)
            _postpone_posts(tx, same, until, by=by, now=now)
            _insert_embargo_action(tx, number, f"until {_format_time(until)}", by=by, now=now)
            return _load_unsent_posts(tx, same)

    def lift_embargo(
        self,
        article_id: str,
        times: Sequence[NewDueTime],
        *,
        by: str,
        now: datetime,
        person: Callable[[str], str] = str,
    ) -> EmbargoLift:
        number = ids.article_number(article_id)
        with self._database.write() as tx:
            same = _find_same_articles(tx, number, lock=True)
            until = _find_longest_embargo(tx, same)
            if until is None or until <= now:
                raise UsageError(f"{article_id} is under no embargo")
            first = _find_lift_request(tx, same, until)
            if first is None or person(first) == person(by):
                return EmbargoLift(
                    first_by=_store_lift_request(tx, number, first or by, until, now=now), embargo_until=until
                )
            tx.execute(delete(tables.lifting).where(tables.lifting.c.article_id.in_(same)))
            _update_embargo(tx, same, None, by=by, now=now, said=f"lifted by {first} and {by}")
            replan(tx, times, by=by, now=now)
            _insert_embargo_action(tx, number, f"lifted by {first} and {by}", by=by, now=now)
            return EmbargoLift(first_by=first, embargo_until=until, done=True)


def get_embargo_until(tx: Connection, number: int) -> datetime | None:
    """Return the end of the article's embargo, counting its copies from all sources, or None."""
    return _find_longest_embargo(tx, _find_same_articles(tx, number))


def _find_longest_embargo(tx: Connection, numbers: Sequence[int]) -> datetime | None:
    """Return the latest embargo end of the rows of one article, or None."""
    longest = select(func.max(_ARTICLE.embargo_until, type_=_ARTICLE.embargo_until.type))
    until: datetime | None = tx.execute(longest.where(_ARTICLE.id.in_(numbers))).scalar()
    return until


def follow_embargo(tx: Connection, number: int, article: Article, *, now: datetime) -> None:
    """Apply a new or changed embargo of the article's source, unless a longer one is set already."""
    until = article.embargo_until
    row = tx.execute(select(_ARTICLE.article).where(_ARTICLE.id == number)).one_or_none()
    before = decode_article(row.article).embargo_until if row and row.article else None
    if until is None or until == before or until <= now:
        return
    same = _find_same_articles(tx, number)
    if (holds := _find_longest_embargo(tx, same)) and holds >= until:
        return
    _update_embargo(tx, same, until, by="system", now=now)
    _postpone_posts(tx, same, until, by="system", now=now)


def _find_same_articles(tx: Connection, number: int, *, lock: bool = False) -> list[int]:
    """Find the rows of this article from all sources.

    Raises:
        UsageError: there is no such article.
    """
    same = find_same_articles(tx, number)
    if lock:
        mine = select(_ARTICLE.id).where(_ARTICLE.id.in_(same)).order_by(_ARTICLE.id)
        tx.execute(mine.with_for_update())
    return same


def _load_unsent_posts(tx: Connection, numbers: Sequence[int]) -> list[Post]:
    own = select_posts().where(_POST.article_id.in_(numbers), tables.EXPIRABLE)
    return to_posts(tx, tx.execute(own.order_by(_POST.due_at, _POST.id)))


def _update_embargo(
    tx: Connection, numbers: Sequence[int], until: datetime | None, *, by: str, now: datetime, said: str = ""
) -> None:
    """Set the embargo of the article and all its posts, including those in flight, whose retries obey it."""
    tx.execute(update(tables.article).where(_ARTICLE.id.in_(numbers)).values(embargo_until=until))
    tx.execute(update(tables.post).where(_POST.article_id.in_(numbers)).values(embargo_until=until))
    for post in _load_unsent_posts(tx, numbers):
        detail = said or f"until {_format_time(until)}"
        note(tx, ids.post_number(post.id), _ACTION_KIND, by=by, now=now, detail=detail)


def _postpone_posts(
    tx: Connection, numbers: Sequence[int], until: datetime, *, by: str, now: datetime
) -> None:
    """Move the unsent posts that are due before the embargo's end to that end, with their expiry."""
    times = []
    for post in _load_unsent_posts(tx, numbers):
        if post.due_at < until:
            expires = post.expires_at and until + (post.expires_at - post.due_at)
            times.append(NewDueTime(post.id, until, _UNTIL_REASON, expires_at=expires))
    replan(tx, times, by=by, now=now)


def _find_lift_request(tx: Connection, numbers: Sequence[int], until: datetime) -> str | None:
    """Return who asked first to lift this very embargo, or None."""
    column = tables.lifting.c
    wishes = select(column.by).where(column.article_id.in_(numbers), column.embargo_until == until)
    return tx.execute(wishes.order_by(column.at).limit(1)).scalar()


def _store_lift_request(tx: Connection, number: int, by: str, until: datetime, *, now: datetime) -> str:
    column = tables.lifting.c
    tx.execute(delete(tables.lifting).where(column.article_id == number))
    tx.execute(insert(tables.lifting).values(article_id=number, by=by, at=now, embargo_until=until))
    return by


def _insert_embargo_action(tx: Connection, number: int, detail: str, *, by: str, now: datetime) -> None:
    done = {"what": _ACTION_KIND, "article_id": number, "by": by, "at": now, "detail": detail}
    tx.execute(insert(tables.action).values(**done))


def _describe_longer_embargo(article_id: str, until: datetime) -> str:
    return (
        f"{article_id} is under embargo until {_format_time(until)}: an earlier end lifts it, "
        f"which takes two people: newsbot embargo {article_id} lift"
    )


def _format_time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}" if at else ""
