"""Claims of posts for many channels in one transaction, with few statements.

A claim is the right of one newsbot process to make one call that sends a part (platform message) of a post.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, or_, select, update
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from newsbot.errors import InvalidTransition
from newsbot.ledger import budget, ids, rate_limits
from newsbot.ledger import schema as tables
from newsbot.ledger.channels import hold_stranded_post
from newsbot.ledger.dialects import in_list, insert_all, insert_new
from newsbot.ledger.outcomes import EndedCall, complete_post
from newsbot.ledger.schedule import OUT, is_slot_used
from newsbot.ledger.serialization import get_post, select_posts, to_posts
from newsbot.ledger.transitions import note, shift, update_post
from newsbot.model import READY, SENDER, Failure, Post, PostEvent, PostState, TimelineEvent
from newsbot.ports import ChannelTargets, Claim, ClaimRequest, ClaimWait, Rate, is_other_target
from newsbot.reasons import Code, Reason, UsageCode

__all__ = ["claim_channels", "claim_next_part", "lock_channels"]

_BUDGET = "budget"
_LONGEST_CALL = timedelta(minutes=10)
# The most other posts of a channel that are checked if the channel's first due post may not be sent.
_MAX_POSTS_AHEAD = 5
_VOID = Code.TITLED(what=Code.APPROVAL_VOID(), why=Code.CONTENT_CHANGED())
# While a post of a channel is being sent, newsbot tries at this interval to get the right to send another
# post of the channel.
_RETRY_INTERVAL = timedelta(seconds=2)
_POST, _CHANNEL = tables.post.c, tables.channel.c
_IS_NAMED = in_list(_CHANNEL.name, "names")
_NOW = bindparam("now", type_=_POST.due_at.type)
_LOCK_CHANNELS = select(tables.channel).where(_IS_NAMED).order_by(_CHANNEL.name).with_for_update()
_SELECT_IN_FLIGHT = select(_POST.channel, _POST.lease_until).where(
    tables.SENDING, in_list(_POST.channel, "names")
)


def _may_go_now(post: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Build the SQL condition that a post may be sent now, apart from its channel's rules and limits.

    The post is due, not expired, under no embargo, and no person's action on it is pending.
    """
    unexpired = or_(post.expires_at.is_(None), post.expires_at > _NOW)
    free = or_(post.embargo_until.is_(None), post.embargo_until <= _NOW)
    return and_(post.due_at <= _NOW, unexpired, post.pending_action.is_(None), free)


_AHEAD = tables.post.alias("ahead")
_FIRST = (
    select(_AHEAD.c.id)
    .where(
        tables.in_queue(_AHEAD.c.state, PostState.SCHEDULED, PostState.RETRYING),
        _AHEAD.c.channel == _CHANNEL.name,
        _may_go_now(_AHEAD.c),
        ~in_list(_AHEAD.c.id, "late"),
    )
    .order_by(_AHEAD.c.due_at, _AHEAD.c.id)
    .limit(1)
    .correlate(tables.channel)
    .scalar_subquery()
)
# This query finds the earliest due post of each channel, then reads that post by its number. The conditions
# on the post are checked once more when the post is locked, because another process may have changed it
# meanwhile. They are written in a form that no index supports: with statistics from before a queue was
# filled, PostgreSQL would use such an index to read all due posts of all channels.
_EACH = (
    select(_FIRST.label("id")).where(_IS_NAMED).cte("each").prefix_with("MATERIALIZED", dialect="postgresql")
)
_IS_STILL_READY = ~tables.in_queue(_POST.state, *(state for state in PostState if state not in READY))
_SELECT_HEADS = (
    select_posts()
    .join(_EACH, _EACH.c.id == _POST.id)
    .where(_IS_STILL_READY, _may_go_now(_POST))
    .order_by(_POST.id)
    .with_for_update(of=tables.post)
)
_SINCE = bindparam("since", type_=_NOW.type)
_ATTEMPTS, _CALLS = tables.attempt.c, tables.attempt.alias("call")
# This query selects the posts that newsbot may send before the channel's earliest due post: breaking posts,
# and posts for which a person set a time in the present quiet hours or asked to send them at once.
_SELECT_POSTS_AHEAD = (
    select_posts()
    .where(tables.READY, _POST.channel == bindparam("name"), _may_go_now(_POST))
    .where(or_(_POST.breaking, _POST.set_at >= _SINCE, _POST.asked_at >= _SINCE))
    .where(~in_list(_POST.id, "late"))
    .order_by(_POST.breaking.desc(), _POST.due_at, _POST.id)
    .limit(_MAX_POSTS_AHEAD)
    .with_for_update(of=tables.post)
)
_OUT_AT = func.coalesce(_ATTEMPTS.ended_at, _ATTEMPTS.started_at, type_=_NOW.type)
_SELECT_LAST_OUT = select(_OUT_AT).where(
    _ATTEMPTS.id
    # The channel's last call is the call that was stored last, and not the call with the latest time, because
    # the stored times are wrong if the machine's clock was wrong.
    == select(func.max(_CALLS.c.id + 0))
    .join(tables.post, _POST.id == _CALLS.c.post_id)
    .where(
        _CALLS.c.started_at > _SINCE,
        _CALLS.c.outcome.in_(OUT),
        _POST.channel == bindparam("name"),
        _POST.id != bindparam("number"),
    )
    .scalar_subquery()
)
_COUNT_OUT_TODAY = (
    select(func.count(_ATTEMPTS.post_id.distinct()))
    .join(tables.post, _POST.id == _ATTEMPTS.post_id)
    .where(
        _ATTEMPTS.started_at >= _SINCE,
        _ATTEMPTS.started_at < bindparam("until", type_=_NOW.type),
        _ATTEMPTS.outcome.in_(OUT),
        _POST.channel == bindparam("name"),
        _POST.id != bindparam("number"),
    )
)
_SELECT_DOUBTED = select(tables.attempt.c.post_id, tables.attempt.c.part).where(
    in_list(tables.attempt.c.post_id, "numbers"), tables.attempt.c.outcome == str(PostEvent.LOSE)
)
_UPDATE_CLAIMED = (
    update(tables.post)
    .where(in_list(_POST.id, "numbers"), _IS_STILL_READY)
    .values(
        state=str(PostState.SENDING),
        attempts=_POST.attempts + 1,
        error=None,
        lease_until=bindparam("until", type_=_POST.lease_until.type),
        holder=bindparam("me"),
    )
)


def lock_channels(tx: Connection, names: Sequence[str]) -> dict[str, Row[Any]]:
    """Lock the rows of the channels with these ``names`` until the transaction ends; return them by name.

    Until then no other process gets the right to send a post on these channels.
    """
    return {row.name: row for row in tx.execute(_LOCK_CHANNELS, {"names": names})} if names else {}


def claim_channels(
    tx: Connection,
    asks: Sequence[ClaimRequest],
    channels: dict[str, Row[Any]],
    *,
    now: datetime,
    me: int | None,
    shared: bool = False,
) -> list[Claim | ClaimWait | None]:
    """Answer each request for a claim (the right to make one call) with a claim on a due post of the
    request's channel.

    The answer is a ClaimWait if a rule, a limit or a pause forbids sending now, and None if no post of the
    channel is due. The answers are in the order of the requests ``asks``. ``channels`` are the locked rows of
    the channels. ``shared`` says that other newsbot services claim posts from this ledger too.
    """
    asks_for = [ask.channel for ask in asks if ask.channel in channels]
    targets = {ask.channel: ask.terms.target for ask in asks}
    late = [ids.post_number(post) for ask in asks for post in ask.late]
    until = max([now, *(ask.at for ask in asks if ask.at)])
    heads = _load_heads(tx, asks_for, targets, late, now=now, until=until)
    waits = _ChannelWaits(tx, channels, list(heads), now)
    if not heads:
        return [None] * len(asks)
    with_heads = [(ask.channel, ask.terms.rates) for ask in asks if ask.channel in heads]
    book = rate_limits.load(tx, with_heads, now, shared=shared)
    found = [
        _claim_head(tx, ask, heads[ask.channel], waits, book, now) if ask.channel in heads else None
        for ask in asks
    ]
    taken = [(ask, claim) for ask, claim in zip(asks, found, strict=True) if isinstance(claim, Claim)]
    _store_claims(tx, taken, now=now, me=me)
    claims = iter(_mark_doubted(tx, [claim for _, claim in taken]))
    return [next(claims) if isinstance(each, Claim) else each for each in found]


def claim_next_part(tx: Connection, ended: EndedCall, has: Post, *, now: datetime, me: int | None) -> Claim:
    """Claim (reserve for a call) the next message of a thread, a post of several messages, after the earlier
    ones were sent.

    The message is claimed even if the rate limits allow its call only much later, so that the thread is
    completed.
    """
    part, rates, number = has.next_part, ended.ending.terms.rates, ended.number
    send_at = rate_limits.load(tx, [(has.channel, rates)], now).find(has.channel, rates, now).at
    until = send_at + ended.ending.lease
    update_post(tx, number, attempts=has.attempts + 1, lease_until=until, holder=me)
    claim = Claim(get_post(tx, number), part, send_at, until)
    _insert_attempts(tx, [(number, claim, rates)])
    return claim


def _load_heads(
    tx: Connection,
    names: Sequence[str],
    targets: ChannelTargets,
    late: Sequence[int],
    *,
    now: datetime,
    until: datetime,
) -> dict[str, Post]:
    """Return, by channel name, the earliest post of each channel in ``names`` that is due at ``until`` or
    before.

    ``late`` are the row numbers of posts whose photos are still being fetched; these posts are left out. A
    post whose parts are all published (after a late answer of the platform) is only marked as sent. A post is
    held if its content is not what was approved, or if it was composed for another target (chat or account)
    than its channel posts to.
    """
    if not names:
        return {}
    ready: dict[str, Post] = {}
    heads = to_posts(tx, tx.execute(_SELECT_HEADS, {"names": names, "now": until, "late": late}))
    for post in heads:
        target = targets.get(post.channel)
        if _is_void(post):
            shift(tx, post, PostEvent.HOLD, by=SENDER, now=now, detail=_VOID, held_for=_VOID)
        elif post.next_part == len(post.parts):
            claimed = shift(tx, post, PostEvent.CLAIM, by=SENDER, now=now, detail=Code.NOTHING_LEFT())
            complete_post(tx, claimed, now=now)
        elif is_other_target(post.target, target):
            hold_stranded_post(tx, post, target, by=SENDER, now=now)
        else:
            ready[post.channel] = post
    others = [post.channel for post in heads if post.channel not in ready]
    return ready | _load_heads(tx, others, targets, late, now=now, until=until)


def _is_void(post: Post) -> bool:
    """Return whether a post needs people's approval, but its content differs from the approved content."""
    return post.approval > 0 and post.approved != post.content


class _ChannelWaits:
    """An object that finds out why a post of a channel has to wait, apart from rate limits and budgets."""

    def __init__(
        self, tx: Connection, channels: dict[str, Row[Any]], names: Sequence[str], now: datetime
    ) -> None:
        self._tx = tx
        self._channels = channels
        self._now = now
        flying = tx.execute(_SELECT_IN_FLIGHT, {"names": names}).all() if names else ()
        self._in_flight = dict(map(tuple, flying))

    def find_channel_wait(self, ask: ClaimRequest, post: Post) -> ClaimWait | None:
        """Return why no post of the channel may be sent now: the channel is paused, or sends another post.

        Returns None if a post may be sent. ``post`` is the channel's first due post. While another post is
        being sent, the wait lasts until ``post`` is due or, if it is due already, for at most two seconds.
        Usually the wait is not needed: the process that sends the other post claims ``post`` as soon as it
        can, if it is due by then.
        """
        state = self._channels[ask.channel]
        if state.state != "active":
            return ClaimWait(None, f"paused: {state.reason}")
        if until := self._in_flight.get(ask.channel):
            soon = post.due_at if post.due_at > self._now else min(until, self._now + _RETRY_INTERVAL)
            return ClaimWait(soon, "another post of the channel is in flight", pace=True)
        return None

    def find_rule_wait(self, ask: ClaimRequest, post: Post) -> ClaimWait | None:
        """Return the first wait that a rule of the post's channel (such as quiet hours) demands for the post.

        Returns None if no rule demands a wait.
        """
        return next((wait for wait in self._check_rules(ask, post) if wait), None)

    def _check_rules(self, ask: ClaimRequest, post: Post) -> Iterator[ClaimWait | None]:
        now = _find_send_time(post, self._now)
        terms, passed = ask.terms, ask.terms.passed if post.breaking else frozenset[str]()
        # A post is sent within quiet hours if a person, during these hours, set its time or asked to send it.
        set_in = terms.quiet and any(at and at >= terms.quiet[0] for at in (post.set_at, post.asked_at))
        if terms.quiet and "quiet" not in passed and not set_in:
            yield ClaimWait(terms.quiet[1], "quiet hours")
        if terms.gap and "gap" not in passed:
            yield self._check_gap(ask, post, now)
        if terms.day and "per_day" not in passed:
            yield self._check_day(ask, post, *terms.day)
        if terms.slot and post.slot_at and "slots" not in passed:
            since, until = terms.slot
            if is_slot_used(self._tx, ask.channel, since, now=now, but=ids.post_number(post.id)):
                yield ClaimWait(until, "another post has gone in this slot")

    def _check_day(
        self, ask: ClaimRequest, post: Post, since: datetime, until: datetime, most: int
    ) -> ClaimWait | None:
        values = {"since": since, "until": until, "name": ask.channel, "number": ids.post_number(post.id)}
        if self._tx.execute(_COUNT_OUT_TODAY, values).scalar_one() < most:
            return None
        return ClaimWait(until, f"per_day: {most} are out today")

    def _check_gap(self, ask: ClaimRequest, post: Post, now: datetime) -> ClaimWait | None:
        """Return the wait until the minimum time (gap) after the channel's previous post has passed.

        Returns None if no wait is needed. Only a previous post of which a part is or may be published counts.
        A previous post whose time lies further in the future than the length of the gap is ignored, because
        the clock has been set back since.
        """
        gap = ask.terms.gap
        values = {"since": now - gap - _LONGEST_CALL, "number": ids.post_number(post.id)}
        last: datetime | None = self._tx.execute(_SELECT_LAST_OUT, values | {"name": ask.channel}).scalar()
        if last is None or not last - gap <= now < last + gap:
            return None
        return ClaimWait(last + gap, f"gap of {gap}")


def _claim_head(
    tx: Connection,
    ask: ClaimRequest,
    post: Post,
    waits: _ChannelWaits,
    book: rate_limits.SlotBook,
    now: datetime,
) -> Claim | ClaimWait:
    """Claim (reserve for a call) the channel's first due post or, if a rule forbids sending it now, a later
    post that may be sent.

    Returns the claim, or the wait that prevents it. The money for the post is reserved after all other
    checks.
    """
    if wait := waits.find_channel_wait(ask, post):
        return wait
    if wait := waits.find_rule_wait(ask, post):
        ahead = _find_posts_ahead(tx, ask, now)
        free = next((other for other in ahead if not waits.find_rule_wait(ask, other)), None)
        if free is None:
            return wait
        post = free
    send_at = _find_send_time(post, now)
    slot = book.find(ask.channel, ask.terms.rates, send_at)
    if slot.at - send_at > ask.lease / 4:
        return ClaimWait(slot.at, "the platform asked to wait" if slot.asked else "pace", pace=True)
    if wait := _reserve_money(tx, post, ask, now):
        return wait
    counted = book.may_count(ask.terms.rates, slot, now)
    book.take(ask.terms.rates, slot.at)
    post = replace(post, state=PostState.SENDING, attempts=post.attempts + 1, error=None)
    if post.silent and post.breaking and not ask.terms.quiet:
        post = replace(post, silent=False)
    return Claim(post, post.next_part, slot.at, send_at + ask.lease, counted=counted)


def _find_send_time(post: Post, now: datetime) -> datetime:
    """Return when a claimed post may be sent: now or, if the post was claimed shortly before it may be sent,
    at its due time or at the end of its embargo.
    """
    return max(now, post.due_at, post.embargo_until or now)


def _find_posts_ahead(tx: Connection, ask: ClaimRequest, now: datetime) -> list[Post]:
    """Return a channel's due posts that newsbot may send before its first due post, breaking posts first."""
    since = ask.terms.quiet[0] if ask.terms.quiet else now
    values = {"since": since, "name": ask.channel, "now": now, "late": list(map(ids.post_number, ask.late))}
    return [
        post
        for post in to_posts(tx, tx.execute(_SELECT_POSTS_AHEAD, values))
        if post.next_part < len(post.parts)
        and not _is_void(post)
        and not is_other_target(post.target, ask.terms.target)
    ]


def _reserve_money(tx: Connection, post: Post, ask: ClaimRequest, now: datetime) -> ClaimWait | None:
    number, cost = ids.post_number(post.id), post.cost_usd
    if not cost:
        return None
    wanted = budget.Reservation(post.channel, budget.format_month(now), cost)
    if budget.reserve(tx, number, wanted, ask.terms.limit_usd):
        return None
    spent, limit = budget.get_spending(tx, post.channel, now=now), ask.terms.limit_usd
    why = Code.OVER_BUDGET(spent=spent, limit=limit, date=wanted.month, price=cost)
    if post.error is None or post.error.code != _BUDGET:
        update_post(tx, number, error=Failure(_BUDGET, why))
        note(tx, number, TimelineEvent.WAITS, by=SENDER, now=now, detail=why)
    return ClaimWait(None, str(why))


def _store_claims(
    tx: Connection, taken: Sequence[tuple[ClaimRequest, Claim]], *, now: datetime, me: int | None
) -> None:
    """Store the claims (rights to send one message each) on posts: each post becomes `sending` and gets an
    event that says so.

    The attempt (call to the platform) of each claim is stored with its reserved time.

    Raises:
        InvalidTransition: another process changed a post, so that it can't be claimed.
    """
    if not taken:
        return
    numbers = {claim.post.id: ids.post_number(claim.post.id) for _, claim in taken}
    for until in {claim.lease_until for _, claim in taken}:
        own = [numbers[claim.post.id] for _, claim in taken if claim.lease_until == until]
        if tx.execute(_UPDATE_CLAIMED, {"numbers": own, "until": until, "me": me}).rowcount != len(own):
            raise InvalidTransition(UsageCode.CLAIM_CHANGED())
    told = [{"post_id": numbers[claim.post.id], "detail": _name_part(claim)} for _, claim in taken]
    insert_all(tx, tables.event, told, at=now, event=str(PostEvent.CLAIM), by=SENDER)
    calls = [(numbers[claim.post.id], claim, ask.terms.rates) for ask, claim in taken]
    _insert_attempts(tx, calls)


def _insert_attempts(tx: Connection, calls: Sequence[tuple[int, Claim, Sequence[Rate]]]) -> None:
    """Store the attempts (calls to send one message of a post), and log the calls' times for the rate limits.

    ``calls`` are tuples of the post's number, the claim and the call's rate limits.
    """
    rows = [
        {"post_id": number, "part": claim.part, "started_at": claim.send_at} for number, claim, _ in calls
    ]
    attempts = dict(map(tuple, insert_new(tx, tables.attempt, rows, _ATTEMPTS.post_id, _ATTEMPTS.id)))
    logged = [
        (rates, claim.send_at + rate_limits.LEFT_OFFSET * claim.counted, attempts[number])
        for number, claim, rates in calls
    ]
    rate_limits.log(tx, logged)


def _mark_doubted(tx: Connection, claims: Sequence[Claim]) -> Iterator[Claim]:
    """Yield the claims (rights to send one message each), marked if an earlier call for the same message has
    an unknown outcome.

    If the post is a reply, the claim also gets the receipt (the platform's answer with the message's id) of
    the post to which it replies.
    """
    again = [ids.post_number(claim.post.id) for claim in claims if claim.post.attempts > 1]
    doubted = {tuple(row) for row in tx.execute(_SELECT_DOUBTED, {"numbers": again})} if again else set()
    for claim in claims:
        answered = get_post(tx, ids.post_number(claim.post.answers)).receipts if claim.post.answers else ()
        is_doubted = (ids.post_number(claim.post.id), claim.part) in doubted
        yield replace(claim, doubted=is_doubted, answers=answered[0] if answered else None)


def _name_part(claim: Claim) -> Reason | None:
    parts = len(claim.post.parts)
    return Code.PART(n=claim.part + 1, count=parts) if parts > 1 else None
