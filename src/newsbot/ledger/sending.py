"""The ledger's part for senders: which posts are due, which calls may leave, and how they ended.

A call's entry under its rate-limit keys starts as its reserved slot. It moves to the time at which the call
leaves, and later to its end. So whoever holds the keys' locks sees every call that has left, from any
service.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    func,
    or_,
    select,
    true,
    union_all,
    update,
)

from newsbot.errors import LedgerBusy, LedgerError
from newsbot.ledger import ids, rate_limits
from newsbot.ledger import schema as tables
from newsbot.ledger.bulk_statements import in_list
from newsbot.ledger.claims import claim_channels, claim_next_part, lock_channels
from newsbot.ledger.database import Database
from newsbot.ledger.fence import LedgerBehind
from newsbot.ledger.outcomes import (
    EndedCall,
    load_ended_calls,
    settle_failed_call,
    store_completed,
    store_receipt,
)
from newsbot.ledger.progress_marks import ProgressMark
from newsbot.ledger.serialization import select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import rescue
from newsbot.model import Failure, Post, PostEvent, Receipt
from newsbot.ports import (
    CallEnding,
    CallFailure,
    Claim,
    ClaimRequest,
    ClaimTerms,
    ClaimWait,
    IllustratedPost,
    Rate,
)
from newsbot.scheduling.pace import window

__all__ = ["SendingStore", "leave"]

_ATTEMPT, _LOG, _POSTS = tables.attempt.c, tables.pace_log.c, tables.post.c
_HAS_KEY = in_list(_LOG.key, "keys")
_SINCE = bindparam("since", type_=_LOG.at.type)
_SELECT_CALLS = select(_LOG.key, _LOG.at, _ATTEMPT.started_at, _ATTEMPT.ended_at)
_IS_OTHER_CALL = or_(_ATTEMPT.ended_at.is_not(None), _ATTEMPT.post_id != bindparam("number"))
_SELECT_RECENT_CALLS = (
    _SELECT_CALLS.select_from(tables.pace_log)
    .join(tables.attempt, _ATTEMPT.id == _LOG.attempt_id)
    .where(_HAS_KEY, _IS_OTHER_CALL, _LOG.at > _SINCE, _LOG.at > _ATTEMPT.started_at)
)
_SELECT_HANGING_CALLS = (  # The query starts from the `sending` posts, which are few.
    _SELECT_CALLS.select_from(tables.post)
    .join(tables.attempt, _ATTEMPT.post_id == _POSTS.id)
    .join(tables.pace_log, _LOG.attempt_id == _ATTEMPT.id)
    .where(tables.SENDING, _ATTEMPT.ended_at.is_(None), _IS_OTHER_CALL)
    .where(_HAS_KEY, _LOG.at <= _SINCE, _LOG.at > _ATTEMPT.started_at)
)
_SELECT_LEFT_CALLS = union_all(_SELECT_RECENT_CALLS, _SELECT_HANGING_CALLS)
_OWN_ATTEMPTS = select(_ATTEMPT.id).where(
    _ATTEMPT.post_id == bindparam("number"), _ATTEMPT.ended_at.is_(None)
)
_UPDATE_LEFT = (
    update(tables.pace_log)
    .where(_LOG.attempt_id.in_(_OWN_ATTEMPTS))
    .values(at=bindparam("left", type_=_LOG.at.type))
)
# The commit need not wait for the disk. A crash of the database may lose the last second of these entries,
# but its restart takes longer than a rate limit's window.
_UPDATE_LEFT_ASYNC = _UPDATE_LEFT.returning(func.set_config("synchronous_commit", "off", true()))
_LEFT_OFFSET = timedelta(microseconds=1)  # An entry later than its slot shows that the call has left.


def leave(
    database: Database,
    tx: Connection,
    claim: Claim,
    ahead: Mapping[Rate, int],
    *,
    quickest: float,
    now: datetime,
) -> float:
    """Record that a claim's call leaves now, or return the seconds to wait, as `Ledger.leave` does."""
    keys = sorted({rate.key for rate in ahead})
    number = ids.post_number(claim.post.id)
    rate_limits.lock(tx, keys)
    before = {"keys": keys, "since": now - max(map(window, ahead)), "number": number}
    arrivals = _load_arrivals(tx, before, quickest, now)
    delay = max(
        rate.room(arrivals.get(rate.key, ()), now.timestamp(), ahead=before_it)
        for rate, before_it in ahead.items()
    )
    if not delay:
        leaving = _UPDATE_LEFT if database.sqlite else _UPDATE_LEFT_ASYNC
        tx.execute(leaving, {"number": number, "left": max(now, claim.send_at + _LEFT_OFFSET)})
    return delay


def _load_arrivals(
    tx: Connection, before: dict[str, Any], quickest: float, now: datetime
) -> dict[str, list[float]]:
    """Return the latest possible arrival of each call that has left, by its keys, in epoch seconds."""
    found: dict[str, list[float]] = {}
    for key, at, slot, ended in tx.execute(_SELECT_LEFT_CALLS, before):
        left = slot if ended else at  # When a call ends, its entry moves to the end.
        arrived = max(left.timestamp(), (ended or now).timestamp() - quickest)
        found.setdefault(key, []).append(arrived)
    return found


R = TypeVar("R")

_UNDELIVERED_CLAIM = Failure(
    "not-sent", "the database went before its sender had the claim: no call was made"
)
_PURGE_INTERVAL = timedelta(seconds=10)
_SHARED_CHECK_INTERVAL = (
    2.0  # seconds. A service that starts in between has claimed nothing yet, or has slots of its own.
)
_POST, _CHANNEL = tables.post.c, tables.channel.c
_DUE_AT = _POST.due_at.type
# One index look-up per channel: a query over all posts would scan the posts of paused channels.
_IS_OWN_CHANNEL = _POST.channel == _CHANNEL.name
_FIRST_DUE_AT = select(func.min(_POST.due_at)).where(tables.READY, _IS_OWN_CHANNEL).correlate(tables.channel)
_FIRST_DUE_AFTER = _FIRST_DUE_AT.where(_POST.due_at > bindparam("after", type_=_DUE_AT))
_IS_ACTIVE = _CHANNEL.state == "active"
_SELECT_NEXT_DUE = select(_CHANNEL.name, _FIRST_DUE_AFTER.scalar_subquery()).where(_IS_ACTIVE)
_NEXT, _NEXT_AFTER = (
    select(func.min(select(first.scalar_subquery().label("due")).where(_IS_ACTIVE).subquery().c.due))
    for first in (_FIRST_DUE_AT, _FIRST_DUE_AFTER)
)
# With LIMIT instead of EXISTS: PostgreSQL turns EXISTS into a join and, by statistics from before a queue was
# filled, chooses a slow plan for it.
_SELECT_DUE = (
    select(_POST.id)
    .where(tables.READY, _IS_OWN_CHANNEL, _POST.due_at <= bindparam("now", type_=_DUE_AT))
    .limit(1)
)
_SELECT_IN_FLIGHT = select(_POST.id).where(tables.SENDING, _IS_OWN_CHANNEL).limit(1)
_SELECT_DUE_CHANNELS = (
    select(_CHANNEL.name)
    .where(_IS_ACTIVE, _SELECT_DUE.correlate(tables.channel).scalar_subquery().is_not(None))
    .where(_SELECT_IN_FLIGHT.correlate(tables.channel).scalar_subquery().is_(None))
    .order_by(_CHANNEL.name)
)


_SELECT_NEXT_FEW = (
    select(_POST.id)
    .where(tables.READY, _POST.channel == bindparam("name"))
    .where(_POST.due_at <= bindparam("until", type_=_DUE_AT))
    .order_by(_POST.due_at, _POST.id)
    .limit(40)
)
_SELECT_ILLUSTRATED = select(_POST.id, _POST.channel, _POST.due_at, _POST.breaking, _POST.parts).where(
    _POST.id.in_(_SELECT_NEXT_FEW),
    cast(_POST.parts, Text).like('%"media":[{%'),  # This avoids decoding the other posts.
)


class SendingStore(LedgerStore):
    """The Ledger port's part for senders."""

    _forgot: datetime | None = None
    _alone_until = 0.0

    def get_next_due_time(self, *, after: datetime | None = None) -> datetime | None:
        with self._database.read_for_one_select() as tx:
            found = tx.execute(_NEXT_AFTER, {"after": after}) if after else tx.execute(_NEXT)
            due: datetime | None = found.scalar()
            return due

    def list_next_due_times(self, *, after: datetime) -> dict[str, datetime]:
        with self._database.read_for_one_select() as tx:
            rows = tx.execute(_SELECT_NEXT_DUE, {"after": after})
            return {name: due for name, due in rows if due is not None}

    def list_illustrated_posts(self, channels: Sequence[str], *, until: datetime) -> list[IllustratedPost]:
        with self._database.read_for_one_select() as tx:
            each = [tx.execute(_SELECT_ILLUSTRATED, {"name": name, "until": until}) for name in channels]
            found = [_build_illustrated_post(row) for rows in each for row in rows]
        return sorted((post for post in found if post.urls), key=lambda post: post.due_at)

    def due_channels(self, *, now: datetime) -> list[str]:
        return self._run_fenced(lambda: self._due_channels(now), now)

    def _due_channels(self, now: datetime) -> list[str]:
        with self._database.read_for_one_select() as tx:
            self._fence.follow(tx, now)
            self._check_shared(tx)
            return list(tx.execute(_SELECT_DUE_CHANNELS, {"now": now}).scalars())

    def exchange(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], *, now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        return self._run_fenced(lambda: self._settle_and_claim(endings, asks, now), now)

    def _run_fenced(self, work: Callable[[], R], now: datetime) -> R:
        """Run ``work``; if the ledger turns out to be a restored one, fence it and run ``work`` again."""
        try:
            return work()
        except LedgerBehind as behind:
            with self._database.write() as tx:
                self._fence.act(tx, str(behind), now)
            self._fence.write()
            return work()

    def _settle_and_claim(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        if asks:
            self._ballast.keep()
        try:
            return self._settle_and_claim_in_one(endings, asks, now)
        except LedgerError as error:
            if asks or isinstance(error, LedgerBusy):
                raise
            self._ballast.give()  # The disk may be full: free its reserve and retry.
            return self._settle_and_claim_in_one(endings, asks, now)

    def _settle_and_claim_in_one(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        with self._database.write(notify=_is_news(endings)) as tx:
            # Every transaction locks channels, then posts, then rate limits, in this order.
            channels = lock_channels(tx, sorted({ask.channel for ask in asks}))
            ended = self._store_endings(tx, load_ended_calls(tx, endings), now)
            claims = claim_channels(
                self._database, tx, asks, channels, now=now, me=self._presence.me, shared=self.shared
            )
            self._purge_old_slots(tx, asks, now)
            self._check_shared(tx)
            passed = self._fence.pass_calls(tx, [*ended, *claims], now)
        if passed is not None:
            self._mark_calls(passed, [each for each in (*ended, *claims) if isinstance(each, Claim)], now)
        return ended, claims

    def _mark_calls(self, passed: ProgressMark, claims: Sequence[Claim], now: datetime) -> None:
        """Write the progress mark before the calls leave; if that fails, release the claims.

        No call may leave that the mark outside the database does not include.
        """
        try:
            self._fence.mark(passed)
        except LedgerError as error:
            outcome = CallFailure(PostEvent.NOT_SENT, Failure("not-sent", f"the call did not leave: {error}"))
            endings = [CallEnding(claim.post.id, outcome, claim=claim) for claim in claims]
            with self._database.write() as tx:
                self._store_endings(tx, load_ended_calls(tx, endings), now)
            raise

    def claim(
        self, channel: str, terms: ClaimTerms, *, now: datetime, lease: timedelta
    ) -> Claim | ClaimWait | None:
        _, [claim] = self.exchange((), (ClaimRequest(channel, terms, lease),), now=now)
        return claim

    def next_part(
        self, post_id: str, receipt: Receipt, terms: ClaimTerms, *, now: datetime, lease: timedelta
    ) -> Claim | None:
        ending = CallEnding(post_id, receipt, terms, lease)
        [[after], _] = self.exchange((ending,), (), now=now)
        return after if isinstance(after, Claim) else None

    def settle(
        self,
        post_id: str,
        event: PostEvent,
        failure: Failure,
        *,
        now: datetime,
        due_at: datetime | None = None,
        drop_media: bool = False,
        pause: bool = False,
        rate_key: str | None = None,
    ) -> Post:
        outcome = CallFailure(event, failure, due_at, drop_media, pause, rate_key)
        [[post], _] = self.exchange((CallEnding(post_id, outcome),), (), now=now)
        assert isinstance(post, Post)  # noqa: S101  Only a receipt leads to a claim.
        return post

    @property
    def shared(self) -> bool:
        """Whether another service may send from this ledger now.

        On SQLite the lock file allows one service only. On PostgreSQL it is true unless no other service was
        there a moment ago.
        """
        return not self._database.sqlite and self._alone_until < monotonic()

    def record_call_start(
        self, claim: Claim, ahead: Mapping[Rate, int], *, quickest: float, now: datetime
    ) -> float:
        with self._database.write(notify=False) as tx:
            return leave(self._database, tx, claim, ahead, quickest=quickest, now=now)

    def rescue(self, *, now: datetime) -> list[Post]:
        with self._database.read() as tx:  # Most often there are none, and no one is notified.
            if tx.execute(self._find_lost_posts(tx, now).limit(1)).first() is None:
                return []
        with self._database.write() as tx:
            lost = self._find_lost_posts(tx, now).with_for_update(of=tables.post, skip_locked=True)
            return [rescue(tx, was, now=now) for was in to_posts(tx, tx.execute(lost))]

    def return_lost_claims(self, given: Mapping[str, int], *, now: datetime) -> list[Post]:
        me = self._presence.me
        if me is None:
            return []
        mine = select_posts().where(tables.SENDING, _POST.holder == me).order_by(_POST.lease_until)
        with self._database.write() as tx:
            posts = to_posts(tx, tx.execute(mine.with_for_update(of=tables.post)))
            lost = [was for was in posts if given.get(was.id) != was.attempts]
            return [settle_failed_call(self._database, tx, _undo_claim(was), now=now) for was in lost]

    def _find_lost_posts(self, tx: Connection, now: datetime) -> Select[Any]:
        over = or_(_POST.lease_until <= now, self._presence.dead(tx, _POST.holder))
        return select_posts().where(tables.SENDING, over).order_by(_POST.lease_until)

    def _check_shared(self, tx: Connection) -> None:
        if not self._database.sqlite and self._alone_until < monotonic() + _SHARED_CHECK_INTERVAL / 2:
            alone = self._presence.me is not None and self._presence.others(tx) == 0
            self._alone_until = monotonic() + _SHARED_CHECK_INTERVAL if alone else 0.0

    def _purge_old_slots(self, tx: Connection, asks: Sequence[ClaimRequest], now: datetime) -> None:
        """Delete slots that no rate limit's window reaches any more.

        This runs only now and then, as it takes a statement per key.
        """
        if asks and (self._forgot is None or abs(now - self._forgot) >= _PURGE_INTERVAL):
            self._forgot = now
            rate_limits.delete_old_slots(tx, {rate for ask in asks for rate in ask.terms.rates}, now)

    def _store_endings(self, tx: Connection, ended: Sequence[EndedCall], now: datetime) -> list[Claim | Post]:
        """Store how calls ended: those that complete their posts at once, the others one by one."""
        completed = [one_of for one_of in ended if one_of.completes]
        posts = store_completed(tx, completed, now=now)
        sent = dict(zip((one_of.number for one_of in completed), posts, strict=True))
        return [sent.get(one_of.number) or self._settle_ending(tx, one_of, now) for one_of in ended]

    def _settle_ending(self, tx: Connection, ended: EndedCall, now: datetime) -> Claim | Post:
        if isinstance(ended.ending.end, CallFailure):
            return settle_failed_call(self._database, tx, ended, now=now)
        has, more = store_receipt(self._database, tx, ended, now=now)
        if not more:
            return has
        return claim_next_part(self._database, tx, ended, has, now=now, me=self._presence.me)


def _build_illustrated_post(row: Row[*tuple[Any, ...]]) -> IllustratedPost:
    urls = tuple(part["media"][0]["url"] for part in row.parts if part["media"])
    return IllustratedPost(ids.post_id(row.id), row.channel, row.due_at, row.breaking, urls)


def _is_news(endings: Sequence[CallEnding]) -> bool:
    """Return whether other services need to be notified of these endings.

    A claim or a sent post leaves nothing to do for them.
    """
    return any(isinstance(ending.end, CallFailure) for ending in endings)


def _undo_claim(was: Post) -> EndedCall:
    """Build the ending of a claim that no sender received, so that no call was made."""
    return EndedCall(
        ids.post_number(was.id), was, CallEnding(was.id, CallFailure(PostEvent.NOT_SENT, _UNDELIVERED_CLAIM))
    )
