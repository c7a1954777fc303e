"""Posts, the newsroom's side: queue, look, and what an editor or the clock does."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from newsbot.errors import InvalidTransition, UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.among import among
from newsbot.ledger.base import Store
from newsbot.ledger.blocked import blocked_by, tell_block
from newsbot.ledger.codec import failure_from
from newsbot.ledger.fencing import doubt_next_part
from newsbot.ledger.moves import end_attempt, keep_receipts, shift
from newsbot.ledger.queueing import add_posts, refuse_repeats
from newsbot.ledger.refusals import refusal
from newsbot.ledger.rows import locked, select_posts, to_posts
from newsbot.ledger.same_article import one_at_a_time
from newsbot.model import WAITING, Event, Failure, Post, PostEvent, PostState, Receipt
from newsbot.ports import NewPost

__all__ = ["Posts"]

_OVER = frozenset({PostState.CANCELLED, PostState.FAILED, PostState.WITHDRAWN})
_NUMBERED = select_posts().where(among(tables.post.c.id, "numbers"))
_GOES_ON = frozenset({PostEvent.RETRY, PostEvent.HOLD})


class Posts(Store):
    """The Ledger port's part for posts, without sending."""

    def queue(self, article_id: str, posts: Sequence[NewPost], *, now: datetime, again: bool) -> list[Post]:
        number = ids.article_number(article_id)
        with self._database.write() as tx:
            one_at_a_time(tx)
            there = select(tables.article.c.id).where(tables.article.c.id == number).with_for_update()
            if tx.execute(there).scalar() is None:
                raise UsageError(f"there is no article {article_id}")
            if found := blocked_by(tx, number):
                raise UsageError(tell_block(found))
            if not again:
                refuse_repeats(tx, number, posts)
            mended = update(tables.article).where(tables.article.c.id == number, tables.TROUBLED)
            tx.execute(mended.values(error=None))
            return add_posts(self._database, tx, number, posts, now=now, again=again)

    def post(self, post_id: str) -> Post:
        with self._database.read() as tx:
            return found_or_refused(to_posts(tx, tx.execute(by_id(post_id))), post_id)

    def posts(
        self,
        *,
        states: Collection[PostState] = (),
        channel: str | None = None,
        article_id: str | None = None,
        since: datetime | None = None,
        source: str | None = None,
        limit: int | None = 50,
        oldest_first: bool = False,
    ) -> list[Post]:
        column = tables.post.c
        found = select_posts().limit(limit).order_by(*_order(states, oldest_first=oldest_first))
        if states and WAITING.issuperset(states):
            found = found.where(tables.WAITS)  # names the index that has only these
        elif states and _OVER.issuperset(states):
            found = found.where(tables.OVER)  # likewise
        if states:
            found = found.where(tables.in_queue(column.state, *sorted(states)))
        if channel is not None:
            found = found.where(column.channel == channel)
        if article_id is not None:
            found = found.where(column.article_id == ids.article_number(article_id))
        if since is not None:
            found = found.where(func.coalesce(column.sent_at, column.due_at) >= since)
        if source is not None:
            found = found.where(tables.article.c.source == source)
        with self._database.read() as tx:
            return to_posts(tx, tx.execute(found))

    def posts_by_id(self, post_ids: Collection[str]) -> dict[str, Post]:
        if not post_ids:
            return {}
        with self._database.read() as tx:
            found = tx.execute(_NUMBERED, {"numbers": sorted(map(ids.post_number, post_ids))})
            return {post.id: post for post in to_posts(tx, found)}

    def failed(self, *, since: datetime, limit: int | None = None) -> list[Post]:
        lately = select_posts().where(tables.FAILED, since <= tables.FAILED_FROM)
        latest = (tables.FAILED_FROM.desc(), tables.post.c.id.desc())
        with self._database.read() as tx:
            return to_posts(tx, tx.execute(lately.order_by(*latest).limit(limit)))

    def timeline(self, post_id: str) -> list[Event]:
        number, column = ids.post_number(post_id), tables.event.c
        story = select(column.at, column.event, column.by, column.detail)
        with self._database.read() as tx:
            found = tx.execute(story.where(column.post_id == number).order_by(column.id)).all()
        return [Event(*row) for row in found]

    def move(
        self,
        post_id: str,
        event: PostEvent,
        *,
        by: str,
        now: datetime,
        detail: str = "",
        due_at: datetime | None = None,
        expires_at: datetime | None = None,
        reason: str | None = None,
        slot_at: datetime | None = None,
        receipts: Sequence[Receipt] = (),
    ) -> Post:
        times = {"due_at": due_at, "expires_at": expires_at, "reason": reason, "slot_at": slot_at}
        values = {name: value for name, value in times.items() if value is not None}
        with self._database.write() as tx:
            was = locked(tx, post_id)
            _check(was, event)
            if event in _GOES_ON and (taken := blocked_by(tx, ids.article_number(was.article_id))):
                raise InvalidTransition(f"post {was.id} can't be retried: {tell_block(taken)}")
            if was.state is PostState.SENDING:
                end_attempt(tx, ids.post_number(post_id), str(event), now=now)
            keep_receipts(self._database, tx, ids.post_number(post_id), receipts, now=now)
            effects = _effects(was, event, detail, now)
            if event is PostEvent.FIND:
                effects["sent_at"] = min(now, _called(tx, was) or now)
            has = shift(tx, was, event, by=by, now=now, detail=detail, **effects | values)
            return doubt_next_part(tx, has, now=now) if event is PostEvent.MISS and receipts else has

    def expire(self, *, now: datetime) -> list[Post]:
        late = select_posts().where(tables.EXPIRABLE, tables.post.c.expires_at <= now)
        late = late.order_by(tables.post.c.expires_at)
        with self._database.read() as tx:  # most often there are none, and nobody has to wait for a lock
            if tx.execute(late.limit(1)).first() is None:
                return []
        with self._database.write() as tx:
            free = late.with_for_update(of=tables.post, skip_locked=True)
            posts = to_posts(tx, tx.execute(free))
            held_up = {name: _held_up(tx, name, now) for name in {post.channel for post in posts}}
            return [_expired(tx, was, held_up[was.channel], now) for was in posts]


def _order(states: Collection[PostState], *, oldest_first: bool) -> tuple[ColumnElement[Any], ...]:
    """Few wait among many: there, an order that no index has keeps databases from reading all by number."""
    column = tables.post.c
    if oldest_first:
        return (column.due_at, column.id)
    if states and WAITING.issuperset(states):
        return (column.created_at.desc(), column.id.desc())
    return (column.id.desc(),)


def by_id(post_id: str) -> Any:
    return select_posts().where(tables.post.c.id == ids.post_number(post_id))


def found_or_refused(posts: list[Post], post_id: str) -> Post:
    if not posts:
        raise UsageError(f"there is no post {post_id!r}: `newsbot posts` lists them")
    return posts[0]


def _check(was: Post, event: PostEvent) -> None:
    """What the table of edges can't say.

    Raises:
        InvalidTransition: a claim, which needs its attempt and lease; a withdrawal of what never was out; a
            restore, which is of the whole ledger.
    """
    if event is PostEvent.FENCE:
        raise refusal(was, event)
    if event is PostEvent.CLAIM:
        raise InvalidTransition(
            f"post {was.id} is {was.state}: only the sender's claim takes it to `sending`"
        )
    if event is PostEvent.WITHDRAW and was.state is PostState.FAILED and not was.receipts:
        raise refusal(was, event)


def _called(tx: Connection, was: Post) -> datetime | None:
    """When the last call began: of what a person found nobody knows more."""
    column = tables.attempt.c
    calls = select(column.started_at).where(column.post_id == ids.post_number(was.id))
    began: datetime | None = tx.execute(calls.order_by(column.id.desc()).limit(1)).scalar()
    return began


def _effects(was: Post, event: PostEvent, detail: str, now: datetime) -> dict[str, Any]:
    """What an event changes besides the state."""
    effects: dict[PostEvent, dict[str, Any]] = {
        PostEvent.HOLD: {"held_for": detail or "an editor", "error": None} | _without_slot(was),
        PostEvent.APPROVE: {"held_for": None},
        PostEvent.RETRY: {"error": None, "due_at": now, "expires_at": None, "slot_at": None},
        PostEvent.MISS: {"error": None, "due_at": max(now, was.due_at)},
        PostEvent.NOT_SENT: {"due_at": now},
        PostEvent.FIND: {"error": None},
        PostEvent.ACCEPT: {"error": None, "sent_at": now},
        PostEvent.EXPIRE: {"error": list(_expiry(was))},
        PostEvent.SKIP: {"error": list(_skipped(was))},
    }
    return effects.get(event, {})


def _without_slot(was: Post) -> dict[str, Any]:
    """A post that failed has its slot no more: another may have it."""
    return {"slot_at": None} if was.state is PostState.FAILED else {}


def _expiry(was: Post, held_up: str = "") -> Failure:
    """``held_up`` is what kept all of its channel."""
    if was.came_too_old:
        return Failure(
            "expired", "too old by its date when it was found; `newsbot post` takes it all the same"
        )
    held = f", held for {was.held_for}" if was.held_for else ""
    told = was.error.message if was.error else "" if held else held_up
    why = f" ({told})" if told else ""
    return Failure("expired", f"not sent in time{held}{why}")


def _skipped(was: Post) -> Failure:
    """What it says of the call stays in the story: the post itself has no trouble any more, but a doubt."""
    why = f" ({was.error.message})" if was.error else ""
    return Failure("skipped", f"left as it is: whether it is out was not known{why}")


def _held_up(tx: Connection, name: str, now: datetime) -> str:
    """What keeps a channel from sending, where that is more than its rules: only its next post was told."""
    channel, column = tables.channel.c, tables.post.c
    paused = select(channel.reason).where(channel.name == name, channel.state == "paused")
    if (row := tx.execute(paused).one_or_none()) is not None:
        return f"its channel is paused: {row.reason}"
    ready = tables.in_queue(column.state, PostState.SCHEDULED, PostState.RETRYING)
    errors = select(column.error).where(ready, column.channel == name, column.due_at <= now)
    first = errors.where(column.error.is_not(None)).order_by(column.due_at).limit(1)
    failure = failure_from(tx.execute(first).scalar())
    return f"another post of its channel waited: {failure.message}" if failure else ""


def _expired(tx: Connection, was: Post, held_up: str, now: datetime) -> Post:
    failure = _expiry(was, held_up)
    return shift(tx, was, PostEvent.EXPIRE, by="clock", now=now, detail=failure.message, error=list(failure))
