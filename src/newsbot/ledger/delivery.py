"""The ledger's store for delivery: due posts, claims on them, outcomes of calls, posts of unknown outcome.

A claim is the right of one newsbot process to make one call to a platform, which sends a part (message) of a
post.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, Text, bindparam, cast, func, or_, select, true

from newsbot.errors import LedgerBusy, LedgerError
from newsbot.ledger import budget, ids, rate_limits
from newsbot.ledger import schema as tables
from newsbot.ledger.claims import claim_channels, claim_next_part, lock_channels
from newsbot.ledger.dialects import in_list
from newsbot.ledger.failovers import find_last_exchange
from newsbot.ledger.fence import LedgerBehind
from newsbot.ledger.instances import INSTANCE_LEASE
from newsbot.ledger.outcomes import (
    EndedCall,
    load_ended_calls,
    settle_failed_call,
    store_completed,
    store_receipt,
)
from newsbot.ledger.progress_marks import ProgressMark
from newsbot.ledger.searches import (
    claim_search,
    filter_unclaimed,
    find_previous_message,
    has_same_text_in_flight,
    load_unknown_posts,
    lock_if_unsettled,
    record_found,
    update_look,
)
from newsbot.ledger.serialization import get_post, select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import keep_receipts, note, recover_post, shift
from newsbot.model import RECONCILER, Failure, Post, PostEvent, Receipt, TimelineEvent
from newsbot.ports import (
    CallEnding,
    CallFailure,
    Claim,
    ClaimRequest,
    ClaimWait,
    IllustratedPost,
    Rate,
    ReadAllowance,
    UnknownPost,
)
from newsbot.reasons import Code, PlatformCode, Reason, UsageCode

__all__ = ["DeliveryStore"]

R = TypeVar("R")
_NO_CALL = Failure("not-sent", UsageCode.CLAIM_LOST())
_PURGE_INTERVAL = timedelta(seconds=10)
# The interval, in seconds, at which this service counts the other newsbot services that use the ledger. A
# service that starts between two counts does no harm: it has claimed no posts yet, or has reserved other
# times for its calls than this service.
_SHARED_CHECK_INTERVAL = 2.0
# After a failover, a service asks for claims again at this interval until all other services have checked
# that the failover has lost nothing of the ledger.
_RETRY_INTERVAL = timedelta(seconds=0.5)
_POST, _CHANNEL, _ATTEMPT = tables.post.c, tables.channel.c, tables.attempt.c
_LOOK, _RECEIPT = tables.look.c, tables.receipt.c
_DUE_AT = _POST.due_at.type
# For each channel that is not paused, the following queries look up the due posts in an index. A single query
# over all posts would also read the posts of paused channels.
_IS_OWN_CHANNEL = _POST.channel == _CHANNEL.name
_IS_LATER = _POST.due_at > bindparam("after", type_=_DUE_AT)
_FIRST_DUE_AFTER = select(func.min(_POST.due_at)).where(tables.READY, _IS_OWN_CHANNEL, _IS_LATER)
_IS_ACTIVE = _CHANNEL.state == "active"
_SELECT_NEXT_DUE = select(_CHANNEL.name, _FIRST_DUE_AFTER.correlate(tables.channel).scalar_subquery()).where(
    _IS_ACTIVE
)
# The following queries find a post with LIMIT 1 instead of EXISTS. PostgreSQL turns EXISTS into a join and,
# if its statistics are older than the queued posts, chooses a slow plan for the join.
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
    .where(tables.READY, _POST.due_at <= bindparam("until", type_=_DUE_AT))
    .order_by(_POST.due_at, _POST.id)
    .limit(40)
)
# This SQL condition selects the posts with photos in the database, so that newsbot need not decode the other
# posts.
_SELECT_WITH_PHOTO = select(_POST.id, _POST.channel, _POST.due_at, _POST.breaking, _POST.parts).where(
    cast(_POST.parts, Text).like('%"media":[{%')
)
_SELECT_ILLUSTRATED_OF_ONE = _SELECT_WITH_PHOTO.where(
    _POST.id.in_(_SELECT_NEXT_FEW.where(_POST.channel == bindparam("name")))
)
# On PostgreSQL, one query selects the posts of several channels. SQLite has no LATERAL, and needs no single
# query, because it has no round trips.
_NEXT_FEW_OF_EACH = _SELECT_NEXT_FEW.where(_IS_OWN_CHANNEL).correlate(tables.channel).lateral("few")
_SELECT_ILLUSTRATED_OF_EACH = (
    _SELECT_WITH_PHOTO.select_from(tables.channel)
    .join(_NEXT_FEW_OF_EACH, true())
    .join(tables.post, _POST.id == _NEXT_FEW_OF_EACH.c.id)
    .where(in_list(_CHANNEL.name, "names"))
)
# This query finds the next posts with photos on all channels by the index of waiting posts, so it is fast
# however many channels there are.
_SELECT_ALL_ILLUSTRATED = (
    _SELECT_WITH_PHOTO.where(tables.WAITS, tables.READY)
    .where(_POST.due_at.between(bindparam("now", type_=_DUE_AT), bindparam("until", type_=_DUE_AT)))
    .order_by(_POST.due_at, _POST.id)
    .limit(200)
)


class DeliveryStore(LedgerStore):
    """The ledger's store for two components of the service: the one that sends posts, and the reconciler.

    The reconciler finds out whether posts of unknown outcome are published. The store claims posts, stores
    the outcomes of calls, and records whether posts of unknown outcome turned out to be published.
    """

    _forgot: datetime | None = None
    # Whether other services use this ledger, and the monotonic time until which this answer may be used.
    _shared, _shared_known_until = True, 0.0

    def list_next_due_times(self, *, after: datetime) -> dict[str, datetime]:
        """Return for each channel that is not paused the earliest due time of a post later than ``after``.

        Channels without such a post are left out.
        """
        with self._database.read_for_one_select() as tx:
            rows = tx.execute(_SELECT_NEXT_DUE, {"after": after})
            return {name: due for name, due in rows if due is not None}

    def list_illustrated_posts(self, channels: Sequence[str], *, until: datetime) -> list[IllustratedPost]:
        """Return the posts with photos among the next 40 posts of each channel that are due by ``until``.

        The earliest post comes first.
        """
        with self._database.read_for_one_select() as tx:
            if self._database.sqlite:
                each = [{"name": name, "until": until} for name in channels]
                results = [tx.execute(_SELECT_ILLUSTRATED_OF_ONE, one) for one in each]
            else:
                results = [tx.execute(_SELECT_ILLUSTRATED_OF_EACH, {"names": channels, "until": until})]
            found = [_build_illustrated_post(row) for rows in results for row in rows]
        return sorted((post for post in found if post.urls), key=lambda post: post.due_at)

    def list_all_illustrated_posts(self, *, now: datetime, until: datetime) -> list[IllustratedPost]:
        """Return the next 200 posts with photos that are due from ``now`` until ``until`` on any channel."""
        with self._database.read_for_one_select() as tx:
            rows = tx.execute(_SELECT_ALL_ILLUSTRATED, {"now": now, "until": until})
            return [post for post in map(_build_illustrated_post, rows) if post.urls]

    def list_due_channels(self, *, now: datetime) -> list[str]:
        """Return the names of the channels that are not paused, have a due post and send no post now."""
        return self._run_fenced(lambda: self._list_due_channels(now), now)

    def exchange(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], *, now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        """Store how calls ended, then claim posts for channels that send no post now, in one transaction.

        The first list has a result for each ending of a call: the claim (right to send) on the next part
        (message) of the post's thread or, if no part follows, the post in its new state. A receipt (the
        platform's answer with the message's id) proves that its part is published, even if the post became
        `unknown` because the answer came too late. The post is then `sent` if all parts have receipts, and
        `retrying` if some have none.

        The second list has a result for each claim request: a claim on the next due post of the request's
        channel, which becomes `sending`, and for which a time (by the channel's rate limits) and money are
        reserved; a ClaimWait, with nothing reserved, if the post must not be sent yet or that time is further
        away than a quarter of the lease; or None if no post is due. A channel has at most one post in
        `sending`. One exchange may name each channel and each post once.
        """
        return self._run_fenced(lambda: self._settle_and_claim(endings, asks, now), now)

    @property
    def is_shared(self) -> bool:
        """Return whether another service may send posts from this ledger; True when in doubt.

        The answer may be two seconds old. On SQLite the answer is False, because a lock on a file beside the
        database allows only one service.
        """
        return not self._database.sqlite and (self._shared or self._shared_known_until < monotonic())

    def record_call_start(
        self, claim: Claim, ahead: Mapping[Rate, int], *, quickest: float, now: datetime
    ) -> float:
        """Record that this process calls the platform now for a claim (the right to make one call), and
        return 0.0.

        If a rate limit that all services share is exhausted, record nothing and return the seconds until the
        rate limit may allow the call. ``ahead`` maps each rate limit of the call to the number of calls that
        go before this call. ``quickest`` is the duration in seconds of the fastest call: a call that took
        longer may have reached the platform later than it left, by up to the difference.
        """
        with self._database.write(notify=False) as tx:
            return rate_limits.record_call_start(tx, claim, ahead, quickest=quickest, now=now)

    def confirm_claim(self, claim: Claim) -> None:
        """Check that a claim (the right to make one call) still holds.

        Raises:
            LedgerError: another service thought that this service had ended, and gave the post another state.
        """
        same = (_POST.id == ids.post_number(claim.post.id), _POST.attempts == claim.post.attempts)
        if self._fetch_first(select(_POST.id).where(tables.SENDING, *same)) is None:
            raise LedgerError(PlatformCode.CLAIM_TOO_OLD())

    def recover_posts(self, *, now: datetime) -> list[Post]:
        """Recover and return the posts in `sending` whose service has ended or whose right to make the call
        has expired.

        A post becomes `unknown` if a call for it may have reached the platform; any other post becomes
        `retrying`.
        """
        # Usually no post has to be recovered, so a read checks that first: unlike a write, it notifies no
        # process.
        with self._database.read() as tx:
            if tx.execute(self._find_lost_posts(tx, now).limit(1)).first() is None:
                return []
        with self._database.write() as tx:
            lost = self._find_lost_posts(tx, now).with_for_update(of=tables.post, skip_locked=True)
            return [recover_post(tx, was, now=now) for was in to_posts(tx, tx.execute(lost))]

    def return_lost_claims(self, given: Mapping[str, int], *, now: datetime) -> list[Post]:
        """Release those claims (rights to make one call) of this service that the service does not know of,
        because a database connection broke before it got them.

        ``given`` maps the ids of the posts on which this service knows its claims to the number of the
        attempt. Returns the released posts, which are `retrying` now.
        """
        me = self._instances.me
        if me is None:
            return []
        mine = select_posts().where(tables.SENDING, _POST.holder == me).order_by(_POST.lease_until)

        def release() -> list[Post]:
            with self._database.write() as tx:
                # A failover may have lost the outcome of a call, so that its post is `sending` again.
                self._failovers.verify(tx, self._fence.current_mark)
                posts = to_posts(tx, tx.execute(mine.with_for_update(of=tables.post)))
                lost = [was for was in posts if given.get(was.id) != was.attempts]
                undone = CallFailure(PostEvent.NOT_SENT, _NO_CALL)
                calls = [EndedCall(ids.post_number(was.id), was, CallEnding(was.id, undone)) for was in lost]
                return [settle_failed_call(tx, ended, now=now) for ended in calls]

        return self._run_fenced(release, now)

    def verify_after_failover(self, *, now: datetime) -> None:
        """Check, if the database has a new primary server, that it lacks nothing that this service stored.

        If the ledger lacks calls or outcomes of calls, every post that may be published is made `unknown`.
        """

        def verify() -> None:
            with self._database.write(notify=False) as tx:
                self._failovers.verify(tx, self._fence.current_mark)

        self._run_fenced(verify, now)

    def list_unknown_posts(self) -> list[UnknownPost]:
        """Return the posts of unknown outcome that are still searched for on their platforms, in the order of
        their calls.
        """
        unknown = select_posts().where(tables.UNKNOWN)
        with self._database.read() as tx:
            posts = {ids.post_number(post.id): post for post in to_posts(tx, tx.execute(unknown))}
            found = list(load_unknown_posts(tx, posts)) if posts else []
        return sorted(found, key=lambda doubt: (doubt.began[0], doubt.attempt))

    def claim_looks(self, doubts: Collection[UnknownPost], *, until: datetime) -> list[UnknownPost]:
        """Claim, for this process only until ``until``, the searches on platforms for posts of unknown
        outcome.

        Returns the posts for which this process has to search now. Posts whose search another process has
        claimed are left out.
        """
        with self._database.write(notify=False) as tx:
            return [
                replace(doubt, looks=doubt.looks + 1, look_at=until, mark=find_previous_message(tx, doubt))
                for doubt in sorted(doubts, key=lambda doubt: doubt.attempt)
                if claim_search(tx, doubt, until)
            ]

    def record_search(
        self, doubt: UnknownPost, *, look_at: datetime | None, absent_since: datetime | None, now: datetime
    ) -> None:
        """Record that a search on the platform did not prove whether a post of unknown outcome is published.

        The next search is at ``look_at``. With ``look_at`` None the search is given up, and the post gets an
        event. ``absent_since`` is the platform's time of the first complete search that did not find the
        post's part, None if no complete search was made.
        """
        with self._database.write(notify=False) as tx:
            kept = update_look(tx, doubt, look_at=look_at, absent_since=absent_since)
            if kept and look_at is None and lock_if_unsettled(tx, doubt):
                number, detail = ids.post_number(doubt.post.id), Code.SEARCH_GIVEN_UP(n=doubt.looks)
                note(tx, number, TimelineEvent.GIVEN_UP, by=RECONCILER, now=now, detail=detail)

    def set_aside(
        self, channel: str, price: Decimal, most: int, limit: Decimal | None, *, now: datetime
    ) -> int:
        """Reserve money for reading messages of a platform; return how many messages the money is enough for.

        The money is taken from the channel's monthly budget, for up to ``most`` messages at ``price`` each,
        as far as ``limit`` allows.
        """
        with self._database.write(notify=False) as tx:
            return budget.set_aside(tx, channel, price, most, limit, now=now)

    def settle_reads(
        self, channel: str, price: Decimal, allowance: ReadAllowance, *, began: datetime, now: datetime
    ) -> None:
        """Release the money reserved for messages that a search did not read or the account paid for before.

        ``began`` is when the money was reserved. The platform charges for a message once per UTC day.
        """
        with self._database.write(notify=False) as tx:
            free = allowance.most - allowance.read
            # No money is released for messages that the account paid for before if a new UTC day has begun
            # since the money was reserved, because nobody knows for which of the two days the platform
            # counted a message.
            if began.date() == now.date():
                free += budget.count_repeats(tx, channel, allowance.ids, now=now)
            budget.refund(tx, channel, free * price, now=began)

    def filter_unclaimed_receipts(self, channel: str, receipts: Sequence[Receipt]) -> list[Receipt]:
        """Return those ``receipts`` (messages found on the platform) that belong to no post's part yet."""
        with self._database.read() as tx:
            return filter_unclaimed(tx, channel, receipts)

    def settle_found(
        self, doubt: UnknownPost, receipts: Sequence[Receipt], *, sent_at: datetime, now: datetime
    ) -> Post | None:
        """Record that a post of unknown outcome is published, because messages with its text were found on
        the platform.

        The first of ``receipts`` (the found messages) that belongs to no other part is stored as the receipt
        of the part of unknown outcome. The post becomes `sent` at ``sent_at``, or continues with its later
        parts. Returns the post; None, with nothing changed, if every receipt belongs to a part already, if
        the outcome became known in the meantime, or if a post with the same text is being sent.
        """
        with self._database.write() as tx:
            was = lock_if_unsettled(tx, doubt)
            if was is None:
                return None
            # All channels are locked until this transaction ends, because two transactions that record the
            # messages of two posts with the same text at the same time could store one message for both
            # posts.
            tx.execute(select(_CHANNEL.name).order_by(_CHANNEL.name).with_for_update())
            free = filter_unclaimed(tx, was.channel, receipts)
            if not free or has_same_text_in_flight(tx, was):
                return None
            receipt = replace(free[0], part=was.next_part)
            number = ids.post_number(was.id)
            keep_receipts(tx, number, (receipt,), now=now)
            return record_found(tx, get_post(tx, number), receipt, sent_at=sent_at, now=now)

    def settle_absent(self, doubt: UnknownPost, *, now: datetime, detail: Reason) -> Post | None:
        """Record that a part of unknown outcome is surely not published; the part's post becomes `retrying`.

        Returns the post; None, with nothing changed, if the outcome became known in the meantime, or if the
        process that made the call may still run.
        """
        with self._database.write() as tx:
            was = lock_if_unsettled(tx, doubt)
            if was is None or self._may_caller_be_alive(tx, was):
                return None
            values = {"due_at": max(now, was.due_at), "error": None}
            return shift(tx, was, PostEvent.MISS, by=RECONCILER, now=now, detail=detail, **values)

    def _list_due_channels(self, now: datetime) -> list[str]:
        with self._database.read_for_one_select() as tx:
            self._fence.add_other_calls(tx, now)
            self._check_shared(tx)
            return list(tx.execute(_SELECT_DUE_CHANNELS, {"now": now}).scalars())

    def _run_fenced(self, work: Callable[[], R], now: datetime) -> R:
        """Return the result of ``work``; if the ledger turns out to be a restored backup, run ``work`` again.

        Before the second run, every post that may be published without the ledger's knowledge is made
        `unknown`.
        """
        try:
            return work()
        except LedgerBehind as behind:
            self._fence.is_marking_posts = True
            try:
                with self._database.write() as tx:
                    self._fence.store_doubt(tx)
                with self._database.write() as tx:
                    self._fence.mark_posts_unknown(tx, behind.reason, now)
            finally:
                self._fence.is_marking_posts = False
            self._fence.write()
            self._failovers.forget()
            return work()

    def _settle_and_claim(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        if asks:
            self._disk_reserve.keep()
        try:
            return self._settle_and_claim_in_one(endings, asks, now)
        except LedgerError as error:
            if asks or isinstance(error, LedgerBusy):
                raise
            # The disk may be full, so the disk space of the reserve file is freed before ``work`` runs again.
            self._disk_reserve.release()
            return self._settle_and_claim_in_one(endings, asks, now)

    def _settle_and_claim_in_one(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        # Other newsbot processes are notified of the commit only if a call failed, because they have nothing
        # to do after a post was claimed for sending or was sent.
        is_news = any(isinstance(ending.end, CallFailure) for ending in endings)
        with self._database.write(notify=is_news) as tx:
            # Every transaction locks channels first, then posts, then rate limits, so that no two
            # transactions wait for each other.
            self._failovers.verify(tx, self._fence.current_mark)
            channels = lock_channels(tx, sorted({ask.channel for ask in asks}))
            calls = load_ended_calls(tx, endings)
            ended = self._store_endings(tx, calls, now)
            claims = self._claim(tx, asks, channels, now)
            self._purge_old_slots(tx, asks, now)
            self._check_shared(tx)
            passed = self._fence.pass_calls(tx, [*ended, *claims], now)
        self._failovers.note(find_last_exchange(calls, [*ended, *claims]))
        if passed is not None:
            self._mark_calls(passed, [each for each in (*ended, *claims) if isinstance(each, Claim)], now)
        return ended, claims

    def _claim(
        self, tx: Connection, asks: Sequence[ClaimRequest], channels: dict[str, Row[Any]], now: datetime
    ) -> list[Claim | ClaimWait | None]:
        """Claim posts for the requests, unless another service may have sent them before a failover."""
        if asks and self._failovers.awaits_others(tx, self._instances.me, INSTANCE_LEASE):
            wait = ClaimWait(now + _RETRY_INTERVAL, "other services check the ledger", pace=True)
            return [wait] * len(asks)
        return claim_channels(tx, asks, channels, now=now, me=self._instances.me, shared=self.is_shared)

    def _mark_calls(self, passed: ProgressMark, claims: Sequence[Claim], now: datetime) -> None:
        """Write the number of the ledger's last call to the progress mark, a file outside the database.

        If the file can't be written, the claims (rights to make one call) are released and the error is
        raised. The file is written before the claims' calls are made, because it proves later that the ledger
        lacks no call: newsbot may make no call that the file does not count.
        """
        try:
            self._fence.mark(passed)
        except LedgerError as error:
            failure = Failure("not-sent", UsageCode.CALL_DID_NOT_LEAVE(why=error.reason))
            outcome = CallFailure(PostEvent.NOT_SENT, failure)
            endings = [CallEnding(claim.post.id, outcome, claim=claim) for claim in claims]
            with self._database.write() as tx:
                self._store_endings(tx, load_ended_calls(tx, endings), now)
            raise

    def _find_lost_posts(self, tx: Connection, now: datetime) -> Select[Any]:
        over = or_(_POST.lease_until <= now, self._instances.is_dead(tx, _POST.holder))
        return select_posts().where(tables.SENDING, over).order_by(_POST.lease_until)

    def _check_shared(self, tx: Connection) -> None:
        """Find out whether other services use this ledger, unless this was done less than a second ago."""
        if not self._database.sqlite and self._shared_known_until < monotonic() + _SHARED_CHECK_INTERVAL / 2:
            self._shared = self._instances.me is None or self._instances.count_others(tx) > 0
            self._shared_known_until = monotonic() + _SHARED_CHECK_INTERVAL

    def _purge_old_slots(self, tx: Connection, asks: Sequence[ClaimRequest], now: datetime) -> None:
        """Delete the logged times of calls that are too old to count for the claim requests' rate limits.

        This runs at most every 10 seconds, because it takes a statement for each rate limit.
        """
        if asks and (self._forgot is None or abs(now - self._forgot) >= _PURGE_INTERVAL):
            self._forgot = now
            rate_limits.delete_old_slots(tx, {rate for ask in asks for rate in ask.terms.rates}, now)

    def _store_endings(self, tx: Connection, ended: Sequence[EndedCall], now: datetime) -> list[Claim | Post]:
        """Store how calls ended, and return for each call the next claim (right to make a call) or the post
        in its new state.

        The next claim is on the next part of the post's thread. The calls that complete their posts are
        stored together by common statements, the other calls one by one.
        """
        completed = [one_of for one_of in ended if one_of.completes]
        posts = store_completed(tx, completed, now=now)
        sent = dict(zip((one_of.number for one_of in completed), posts, strict=True))
        return [sent.get(one_of.number) or self._settle_ending(tx, one_of, now) for one_of in ended]

    def _settle_ending(self, tx: Connection, ended: EndedCall, now: datetime) -> Claim | Post:
        if isinstance(ended.ending.end, CallFailure):
            return settle_failed_call(tx, ended, now=now)
        has, more = store_receipt(tx, ended, now=now)
        if not more:
            return has
        return claim_next_part(tx, ended, has, now=now, me=self._instances.me)

    def _may_caller_be_alive(self, tx: Connection, was: Post) -> bool:
        """Return whether the process that made the post's call of unknown outcome may still run.

        A post that was recovered from a lost process keeps the id of that process: if the process is only
        suspended, it may make the call when it continues.
        """
        holder, mine = _POST.holder, _POST.id == ids.post_number(was.id)
        over = or_(holder.is_(None), holder == self._instances.me, self._instances.is_dead(tx, holder))
        return tx.execute(select(_POST.id).where(mine, over)).scalar() is None


def _build_illustrated_post(row: Row[*tuple[Any, ...]]) -> IllustratedPost:
    urls = tuple(part["media"][0]["url"] for part in row.parts if part["media"])
    return IllustratedPost(ids.post_id(row.id), row.channel, row.due_at, row.breaking, urls)
