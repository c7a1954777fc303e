"""The ledger's store for the times of posts: due times, time slots and embargoes.

A slot is a time of day at which a channel sends one post.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.same_article import find_same_articles
from newsbot.ledger.serialization import (
    address_key,
    decode_article,
    find_post,
    get_post,
    select_posts,
    to_posts,
)
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import load_votes, note, refusal, shift, update_post, void_approval
from newsbot.model import SYSTEM, Article, Post, PostEvent, TimelineEvent
from newsbot.ports import ChannelCalendar, EmbargoLift, LatePost, NewDueTime
from newsbot.reasons import Code, Reason, UsageCode

__all__ = [
    "OUT",
    "ScheduleStore",
    "follow_embargo",
    "get_embargo_until",
    "is_slot_used",
    "replan",
    "respect_embargo",
]

_LIFTING, _POST, _ARTICLE = tables.lifting.c, tables.post.c, tables.article.c
OUT = (str(PostEvent.ACCEPT), str(PostEvent.LOSE))
"""The outcomes of calls to platforms after which a post is or may be published."""
_LONGEST_CALL = timedelta(minutes=10)
_HAS_SLOT = _POST.slot_at.is_not(None)
_ACTION_KIND = TimelineEvent.EMBARGO


class ScheduleStore(LedgerStore):
    """The ledger's store for the times of posts: due times, time slots and embargoes."""

    def get_calendar(
        self, channel: str, *, since: datetime, without: Collection[str] = (), slots: bool = True
    ) -> ChannelCalendar:
        """Return the times of the channel's posts since ``since``, and the channel's taken time slots.

        The posts in ``without`` don't count. Posts that wait, may be published or are published count; a post
        that waits for an editor counts if it has a slot. If ``slots`` is false, the slots are not read.
        """
        left_out = {ids.post_number(post_id) for post_id in without}
        own = _POST.channel == channel
        lists = [
            select(_POST.id, _POST.due_at).where(tables.READY, own, _POST.due_at >= since),
            select(_POST.id, _POST.due_at).where(tables.SENDING, own),
            select(_POST.id, _POST.due_at).where(tables.UNKNOWN, own, _POST.due_at >= since),
            select(_POST.id, _POST.sent_at).where(_POST.sent_at.is_not(None), own, _POST.sent_at >= since),
        ]
        slotted = select(_POST.id, _POST.slot_at).where(
            _HAS_SLOT, tables.SLOTTED, own, _POST.slot_at >= since
        )
        with self._database.read() as tx:
            times = dict(map(tuple, (row for found in lists for row in tx.execute(found))))
            held = dict(map(tuple, tx.execute(slotted))) if slots else {}
        times = {number: at for number, at in (held | times).items() if number not in left_out}
        return ChannelCalendar(
            tuple(sorted(times.values())),
            frozenset(at for number, at in held.items() if number not in left_out),
        )

    def reschedule(
        self,
        post_id: str,
        *,
        due_at: datetime,
        expires_at: datetime | None,
        reason: Reason | None,
        by: str,
        now: datetime,
        set_at: datetime | None = None,
        asked_at: datetime | None = None,
    ) -> Post:
        """Give a held, scheduled or retrying post another time, chosen by a person, and return the post.

        The post loses its time slot. ``set_at`` is the time that the person set; ``asked_at`` is when the
        person asked to send the post at once. The post is never sent before its embargo ends. If the post
        was approved for another time, it is held again.

        Raises:
            InvalidTransition: the post is in another state.
        """
        with self._database.write() as tx:
            was = _lock_pending_post(tx, post_id)
            due_at, reason = respect_embargo(was.embargo_until, due_at, reason)
            values = {"expires_at": expires_at, "set_at": set_at, "asked_at": asked_at, "slot_at": None}
            _set_due_time(tx, was, due_at, reason, TimelineEvent.RESCHEDULED, by=by, now=now, **values)
            return void_approval(tx, was, Code.OTHER_TIME(), by=by, now=now)

    def move_to_breaking_lane(
        self,
        post_id: str,
        *,
        due_at: datetime,
        expires_at: datetime | None,
        reason: Reason | None,
        approval: int,
        silent: bool,
        by: str,
        now: datetime,
    ) -> Post:
        """Give a post the priority of breaking news, as a person asked, and return the post.

        The post loses its time slot and any time that was set. ``approval`` is how many approvals a breaking
        post needs at most; approvals that the post has already count. A post that a rule holds stays held,
        and no post goes before its embargo ends.

        Raises:
            InvalidTransition: the post is neither held nor scheduled nor retrying.
        """
        with self._database.write() as tx:
            was = _lock_pending_post(tx, post_id)
            due_at, reason = respect_embargo(was.embargo_until, due_at, reason)
            needed = min(was.approval, approval)
            values: dict[str, Any] = {"set_at": None, "slot_at": None, "breaking": True, "silent": silent}
            values |= {"expires_at": expires_at, "approval": needed}
            _set_due_time(tx, was, due_at, reason, TimelineEvent.BREAKING, by=by, now=now, **values)
            has = void_approval(tx, was, Code.OTHER_TIME(), by=by, now=now)
            votes = load_votes(tx, ids.post_number(post_id), has.content)
            if has.held_for != Code.APPROVAL() or len(votes) < needed:
                return has
            values = {"held_for": None, "approved": has.content}
            return shift(tx, has, PostEvent.APPROVE, by=by, now=now, detail=reason, **values)

    def replan(self, times: Sequence[NewDueTime], *, by: str, now: datetime) -> list[Post]:
        """Give posts new due times, as their channels' rules compute them, and return the posts.

        All is one transaction. Posts that do not wait any more are skipped.

        Raises:
            SlotTaken: another post took one of the time slots in the meantime; nothing is changed.
        """
        with self._database.write() as tx:
            return replan(tx, times, by=by, now=now)

    def list_late_posts(self, channels: Mapping[str, datetime], *, now: datetime) -> list[LatePost]:
        """Return the posts that are past their time slot, in the order of the slots.

        Posts of paused channels are left out.

        ``channels`` maps each channel to the time of its latest slot. One post of a channel, which has missed
        its own slot, may be sent between the latest slot and the next one: each `LatePost` says whether its
        post is that post.
        """
        late = select_posts().join(tables.channel, tables.channel.c.name == _POST.channel)
        late = late.where(tables.READY, _HAS_SLOT, _POST.due_at <= now, _POST.channel.in_(channels))
        late = late.where(tables.channel.c.state == "active").order_by(_POST.slot_at, _POST.id)
        with self._database.read() as tx:
            found = to_posts(tx, tx.execute(late))
            names = {post.channel for post in found}
            used = {name for name in names if is_slot_used(tx, name, channels[name], now=now)}
        first = {post.channel: post.id for post in reversed(found) if post.channel not in used}
        past = [post for post in found if post.channel in used or post.slot_at != channels[post.channel]]
        return [LatePost(post, first.get(post.channel) == post.id) for post in past]

    def get_embargo(self, article_id: str) -> datetime | None:
        """Return the end of the article's embargo, which may have passed; None if there is no embargo.

        Raises:
            UsageError: there is no such article.
        """
        with self._database.read() as tx:
            return get_embargo_until(tx, ids.article_number(article_id))

    def get_embargo_of_url(self, url: str) -> datetime | None:
        """Return the end of the embargo of the article with the address ``url``; None without embargo."""
        found = select(func.max(_ARTICLE.embargo_until, type_=_ARTICLE.embargo_until.type))
        with self._database.read() as tx:
            until: datetime | None = tx.execute(found.where(_ARTICLE.url_key == address_key(url))).scalar()
        return until

    def list_unsent_posts(self, article_id: str) -> list[Post]:
        """Return the unsent (held, scheduled and retrying) posts of the article and its duplicates, by due
        time.
        """
        with self._database.read() as tx:
            return _load_unsent_posts(tx, find_same_articles(tx, ids.article_number(article_id)))

    def set_embargo(
        self, article_id: str, until: datetime, times: Sequence[NewDueTime], *, by: str, now: datetime
    ) -> list[Post]:
        """Embargo an article until ``until``, and return its unsent posts with their new times.

        ``times`` are new due times for some of the posts. The other posts that are due earlier are postponed
        to the embargo's end.

        Raises:
            UsageError: the article has an embargo that lasts longer.
            SlotTaken: another post took one of the time slots in the meantime; nothing is changed.
        """
        number = ids.article_number(article_id)
        with self._database.write() as tx:
            same = _lock_same_articles(tx, number)
            holds = _find_longest_embargo(tx, same)
            if holds and holds > max(until, now):
                raise UsageError(UsageCode.LONGER_EMBARGO(id=article_id, ref=article_id, until=holds))
            _update_embargo(tx, same, until, by=by, now=now)
            replan(tx, times, by=by, now=now)
            _postpone_posts(tx, same, until, by=by, now=now)
            _insert_embargo_action(tx, number, Code.EMBARGO_UNTIL(until=until), by=by, now=now)
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
        """Record a person's request to lift an article's embargo; a second person's request lifts it.

        ``times`` are the due times that the article's posts get when the embargo is lifted. ``person`` maps
        the different names of a person to one name.

        Raises:
            UsageError: there is no embargo, or it is over.
            SlotTaken: another post took one of the slots in the meantime; nothing is changed.
        """
        number = ids.article_number(article_id)
        with self._database.write() as tx:
            same = _lock_same_articles(tx, number)
            until = _find_longest_embargo(tx, same)
            if until is None or until <= now:
                raise UsageError(UsageCode.NO_EMBARGO(id=article_id))
            asked = select(_LIFTING.by).where(_LIFTING.article_id.in_(same), _LIFTING.embargo_until == until)
            first: str | None = tx.execute(asked.order_by(_LIFTING.at).limit(1)).scalar()
            if first is None or person(first) == person(by):
                wish = {"by": first or by, "at": now, "embargo_until": until}
                tx.execute(delete(tables.lifting).where(_LIFTING.article_id == number))
                tx.execute(insert(tables.lifting).values(article_id=number, **wish))
                return EmbargoLift(first_by=first or by, embargo_until=until)
            tx.execute(delete(tables.lifting).where(_LIFTING.article_id.in_(same)))
            lifted = Code.EMBARGO_LIFTED_BY(by=first, who=by)
            _update_embargo(tx, same, None, by=by, now=now, said=lifted)
            replan(tx, times, by=by, now=now)
            _insert_embargo_action(tx, number, lifted, by=by, now=now)
            return EmbargoLift(first_by=first, embargo_until=until, done=True)


def replan(tx: Connection, times: Iterable[NewDueTime], *, by: str, now: datetime) -> list[Post]:
    """Give posts new due times in the caller's transaction, and return the posts.

    All present time slots of these posts are freed before the first of the posts gets its new slot.
    """
    found = [(new, find_post(tx, new.post_id, lock=True)) for new in times]
    moved = [(new, was) for new, was in found if was.is_pending]
    numbers = [ids.post_number(was.id) for _, was in moved]
    tx.execute(update(tables.post).where(_POST.id.in_(numbers)).values(slot_at=None))
    return [_replan_post(tx, was, new, by=by, now=now) for new, was in moved]


def _replan_post(tx: Connection, was: Post, new: NewDueTime, *, by: str, now: datetime) -> Post:
    due_at, reason = respect_embargo(was.embargo_until, new.due_at, new.reason)
    values = {"slot_at": new.slot_at if due_at == new.due_at else None}
    if new.expires_at is not None:
        values["expires_at"] = max(new.expires_at, due_at)
    _set_due_time(tx, was, due_at, reason, TimelineEvent.RESCHEDULED, by=by, now=now, **values)
    return get_post(tx, ids.post_number(was.id))


def _lock_pending_post(tx: Connection, post_id: str) -> Post:
    was = find_post(tx, post_id, lock=True)
    if not was.is_pending:
        raise refusal(was, UsageCode.CANNOT_CHANGE_TIME())
    return was


def _set_due_time(
    tx: Connection,
    was: Post,
    due_at: datetime,
    reason: Reason | None,
    event: TimelineEvent,
    *,
    by: str,
    now: datetime,
    **values: Any,
) -> None:
    """Set the due time and further columns of a post, and add an event with the new time to its history."""
    time = Code.AT(at=due_at)
    detail = Code.TITLED(what=time, why=reason) if reason else time
    update_post(tx, ids.post_number(was.id), due_at=due_at, reason=reason, **values)
    note(tx, ids.post_number(was.id), event, by=by, now=now, detail=detail)


def respect_embargo(
    embargo: datetime | None, due: datetime, reason: Reason | None
) -> tuple[datetime, Reason | None]:
    """Return a due time and its reason or, if the article's embargo ends later, its end and a reason that
    says so.
    """
    return (embargo, Code.EMBARGO_ENDS()) if embargo and embargo > due else (due, reason)


def is_slot_used(tx: Connection, name: str, since: datetime, *, now: datetime, but: int = 0) -> bool:
    """Return whether a post has used, or may still use, the channel's time slot that begins at ``since``.

    A post has used the slot if it was published, or may have been published, since then. A post that is being
    sent may still use the slot. Only posts that have a slot count, and not the post with the row number
    ``but``. A call that seems to start much later than now is ignored, because the clock was set back.
    """
    column = tables.attempt.c
    ended = func.coalesce(column.ended_at, column.started_at, type_=_POST.due_at.type)
    used = select(column.id).join(tables.post, _POST.id == column.post_id)
    used = used.where(column.started_at.between(since - _LONGEST_CALL, now + _LONGEST_CALL))
    used = used.where(ended >= since, _POST.channel == name)
    used = used.where(_HAS_SLOT, _POST.id != but, or_(column.ended_at.is_(None), column.outcome.in_(OUT)))
    return tx.execute(used.limit(1)).first() is not None


def get_embargo_until(tx: Connection, number: int) -> datetime | None:
    """Return the latest end of an embargo of the article and its duplicates; None if there is no embargo."""
    return _find_longest_embargo(tx, find_same_articles(tx, number))


def _find_longest_embargo(tx: Connection, numbers: Sequence[int]) -> datetime | None:
    """Return the latest end of the embargoes of the articles with these ``numbers``; None if none has one."""
    longest = select(func.max(_ARTICLE.embargo_until, type_=_ARTICLE.embargo_until.type))
    until: datetime | None = tx.execute(longest.where(_ARTICLE.id.in_(numbers))).scalar()
    return until


def follow_embargo(tx: Connection, number: int, article: Article, *, now: datetime) -> None:
    """Apply a new or changed embargo that the article's source gave, unless a longer one is set already."""
    until = article.embargo_until
    row = tx.execute(select(_ARTICLE.article).where(_ARTICLE.id == number)).one_or_none()
    before = decode_article(row.article).embargo_until if row and row.article else None
    if until is None or until == before or until <= now:
        return
    same = find_same_articles(tx, number)
    if (holds := _find_longest_embargo(tx, same)) and holds >= until:
        return
    _update_embargo(tx, same, until, by=SYSTEM, now=now)
    _postpone_posts(tx, same, until, by=SYSTEM, now=now)


def _lock_same_articles(tx: Connection, number: int) -> list[int]:
    """Lock the rows of an article and of its duplicates from all sources, and return the rows' numbers."""
    same = find_same_articles(tx, number)
    tx.execute(select(_ARTICLE.id).where(_ARTICLE.id.in_(same)).order_by(_ARTICLE.id).with_for_update())
    return same


def _load_unsent_posts(tx: Connection, numbers: Sequence[int]) -> list[Post]:
    own = select_posts().where(_POST.article_id.in_(numbers), tables.EXPIRABLE)
    return to_posts(tx, tx.execute(own.order_by(_POST.due_at, _POST.id)))


def _update_embargo(
    tx: Connection,
    numbers: Sequence[int],
    until: datetime | None,
    *,
    by: str,
    now: datetime,
    said: Reason | None = None,
) -> None:
    """Set the end of the embargo of articles and of all their posts; None ends the embargo.

    Posts that are being sent get the embargo too, because their retries must obey it.
    """
    tx.execute(update(tables.article).where(_ARTICLE.id.in_(numbers)).values(embargo_until=until))
    tx.execute(update(tables.post).where(_POST.article_id.in_(numbers)).values(embargo_until=until))
    for post in _load_unsent_posts(tx, numbers):
        detail = said or (Code.EMBARGO_UNTIL(until=until) if until else None)
        note(tx, ids.post_number(post.id), _ACTION_KIND, by=by, now=now, detail=detail)


def _postpone_posts(
    tx: Connection, numbers: Sequence[int], until: datetime, *, by: str, now: datetime
) -> None:
    """Postpone the articles' unsent posts that are due before the end of the embargo to that end.

    The time at which a post expires moves with its due time.
    """
    times = []
    for post in _load_unsent_posts(tx, numbers):
        if post.due_at < until:
            expires = post.expires_at and until + (post.expires_at - post.due_at)
            times.append(NewDueTime(post.id, until, Code.EMBARGO_ENDS(), expires_at=expires))
    replan(tx, times, by=by, now=now)


def _insert_embargo_action(tx: Connection, number: int, detail: Reason, *, by: str, now: datetime) -> None:
    done = {"what": str(_ACTION_KIND), "article_id": number, "by": by, "at": now, "detail": detail}
    tx.execute(insert(tables.action).values(**done))
