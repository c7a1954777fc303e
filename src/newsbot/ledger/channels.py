"""The store of channels: pauses, probes, spending, and posts whose channel posts to another target now.

A channel's target is the chat or account to which it posts. A probe is a check whether the platform accepts
posts again on a channel that newsbot paused because the platform refused its posts.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from newsbot.errors import InvalidTransition
from newsbot.ledger import budget, ids
from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.post_creation import add_posts, refuse_repeats
from newsbot.ledger.rate_limits import channel_key, postpone_key
from newsbot.ledger.same_article import root_column
from newsbot.ledger.schedule import replan
from newsbot.ledger.serialization import (
    build_from_row,
    decode_article,
    encode_article,
    find_post,
    fingerprint,
    get_post,
    select_posts,
    to_posts,
)
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedowns import describe_block, find_block
from newsbot.ledger.transitions import note, refusal, shift
from newsbot.model import (
    PROBER,
    SENDER,
    SYSTEM,
    WAITING,
    Failure,
    Post,
    PostEvent,
    PostState,
    TimelineEvent,
    content_hash,
)
from newsbot.ports import AccountSpending, ChannelState, ChannelTargets, NewDueTime, NewPost, find_new_name
from newsbot.reasons import Code, Reason, UsageCode
from newsbot.scheduling.pace import find_probe_delay

__all__ = [
    "ChannelsStore",
    "RenamedChannel",
    "has_other_target",
    "hold_stranded_post",
    "pause_refused_channel",
]

_ACTIVE_VALUES = {"state": "active", "paused_by": None, "paused_at": None, "probe_at": None}
_CLEARED_VALUES = {"reason": None, "code": None, "probes": 0, "resumed_at": None}
_POST, _CHANNEL, _ARTICLE, _PACE = tables.post.c, tables.channel.c, tables.article.c, tables.pace.c
_OTHER = tables.post.alias("other")
_OTHER_ROOT = func.coalesce(_OTHER.c.root, _OTHER.c.article_id)
_IS_SLOTTED = tables.in_queue(_OTHER.c.state, *sorted(WAITING | {PostState.SENT}))
_IS_OVER = ~tables.in_queue(_POST.state, *sorted(WAITING))
_PAUSE = ("state", "reason", "paused_by", "paused_at", "code", "probes", "probe_at", "resumed_at")
_NO_PAUSE: dict[str, Any] = dict.fromkeys(_PAUSE) | {"state": "active", "probes": 0}
_IS_PROBED = (_CHANNEL.state == "paused", _CHANNEL.paused_by == SENDER)


class RenamedChannel(NamedTuple):
    """A channel that was renamed from ``old`` to ``new`` in config.yaml.

    ``posts`` are the channel's waiting posts, which have the new name now.
    """

    old: str
    new: str
    posts: Sequence[Post]


class ChannelsStore(LedgerStore):
    """The ledger's store of channels: pauses, probes (checks of paused channels), spending, and posts for a
    former target.
    """

    def get_channel(self, name: str) -> ChannelState:
        """Return the stored state of the channel ``name``.

        If the ledger does not know the channel, the returned state says that the channel is active.
        """
        row = self._fetch_first(select(tables.channel).where(_CHANNEL.name == name))
        return _build_channel_state(row) if row else ChannelState(name)

    def list_channels(self) -> dict[str, ChannelState]:
        """Return the states of all channels that the ledger knows, by the channel's name."""
        return {row.name: _build_channel_state(row) for row in self._fetch(select(tables.channel))}

    def pause(self, name: str, *, by: str, reason: Reason, now: datetime) -> list[Post]:
        """Pause a channel for the person ``by``, so that newsbot sends no further posts on the channel.

        Returns the channel's posts that are being sent already.
        """
        in_flight = select_posts().where(tables.SENDING, _POST.channel == name)
        with self._database.write() as tx:
            ensure_row(tx, tables.channel, name=name, state="active")
            paused = {"state": "paused", "paused_by": by, "paused_at": now, "probe_at": None}
            _update_channel(tx, name, **(_CLEARED_VALUES | paused | {"reason": reason}))
            return to_posts(tx, tx.execute(in_flight))

    def resume(
        self,
        name: str,
        *,
        by: str,
        now: datetime,
        times: Sequence[NewDueTime] = (),
        drop: Collection[str] = (),
    ) -> int:
        """Resume a paused channel for the person ``by``, and delete the reason of the pause.

        The waiting posts in ``drop`` are cancelled and the waiting posts in ``times`` get another time, all
        in one transaction. Returns the number of these posts.

        Raises:
            SlotTaken: another post has taken one of the new time slots meanwhile.
        """
        with self._database.write() as tx:
            moved = replan(tx, times, by=by, now=now)
            dropped = [was for was in (find_post(tx, each, lock=True) for each in drop) if was.is_pending]
            for was in dropped:
                shift(tx, was, PostEvent.CANCEL, by=by, now=now, detail=Code.DROPPED_AT_RESUME())
            _update_channel(tx, name, **_ACTIVE_VALUES, **_CLEARED_VALUES)
            _note_resumption(tx, name, by=by, now=now, detail=Code.CHANNEL_SENDS())
            return len(moved) + len(dropped)

    def list_probed_channels(self) -> list[ChannelState]:
        """Return the states of the channels that newsbot paused because of their platform, ordered by name.

        Each state has the time of the channel's next probe, a check whether the platform accepts posts again.
        """
        with self._database.read() as tx:
            found = tx.execute(select(tables.channel).where(*_IS_PROBED).order_by(_CHANNEL.name))
            return [_build_channel_state(row) for row in found]

    def claim_probe(self, name: str, *, now: datetime) -> ChannelState | None:
        """Claim the right to probe a channel that its platform refused; return its state as it was before.

        A probe is a check whether the platform accepts posts again. Returns None if the probe is not due or
        another service makes it. The time of the following probe is set at once, with a longer interval.
        """
        due = select(tables.channel).where(_CHANNEL.name == name, *_IS_PROBED, _CHANNEL.probe_at <= now)
        with self._database.write(notify=False) as tx:
            row = tx.execute(due.with_for_update()).one_or_none()
            if row is None:
                return None
            probes = row.probes + 1
            _update_channel(tx, name, probes=probes, probe_at=now + find_probe_delay(row.code, probes))
            return _build_channel_state(row)

    def recover(self, name: str, *, now: datetime) -> bool:
        """Resume a channel after a probe has shown that the platform accepts posts again; each of its posts
        in the state `retrying` gets an event.

        The reason of the pause is stored until a post was sent, so that another refusal for the same reason
        continues the series of probes. Returns whether people should be told: False if the channel recovered
        from this reason before, or is not paused by newsbot any more.
        """
        waits = select(tables.channel).where(_CHANNEL.name == name, *_IS_PROBED)
        with self._database.write() as tx:
            row = tx.execute(waits.with_for_update()).one_or_none()
            if row is None:
                return False
            _update_channel(tx, name, **_ACTIVE_VALUES, resumed_at=now)
            _note_resumption(tx, name, by=PROBER, now=now, detail=Code.PLATFORM_TAKES_POSTS())
            return row.resumed_at is None

    def count_posts(self, *, since: datetime) -> dict[tuple[str, PostState], int]:
        """Count the posts by pairs of channel and state, without cancelled and withdrawn posts.

        Sent posts only count if they were sent since ``since``, failed ones only if they failed since then.
        """
        counted = select(_POST.channel, _POST.state, func.count()).group_by(_POST.state, _POST.channel)
        # The query for sent posts names the channels, because the index of sent posts is ordered by channel
        # and the database uses it only then.
        known = _POST.channel.in_(select(_CHANNEL.name))
        lately = (known, _POST.sent_at.is_not(None), _POST.sent_at >= since)
        groups = (
            counted.where(tables.WAITS),
            counted.where(tables.FAILED, since <= tables.FAILED_FROM),
            counted.where(*lately, _POST.state == str(PostState.SENT)),
        )
        with self._database.read() as tx:
            rows = [row for group in groups for row in tx.execute(group)]
        return {(row[0], PostState(row[1])): row[2] for row in rows}

    def get_spending(self, channel: str, *, now: datetime) -> Decimal:
        """Return how many US dollars a channel's account has reserved or spent in this UTC month."""
        with self._database.read() as tx:
            return budget.get_spending(tx, channel, now=now)

    def list_spending(self, *, now: datetime) -> dict[str, AccountSpending]:
        """Return how many US dollars each channel's account has reserved or spent in this UTC month.

        The keys are the names of the channels.
        """
        with self._database.read() as tx:
            return budget.list_spending(tx, now=now)

    def get_committed_cost(self, channel: str) -> Decimal:
        """Return how many US dollars the waiting posts of all channels of the channel's account will cost.

        Posts whose cost is reserved already don't count.
        """
        reserved = exists().where(tables.reservation.c.post_id == _POST.id)
        costs = select(func.sum(_POST.cost_usd, type_=_POST.cost_usd.type)).where(
            tables.WAITS, tables.EXPIRABLE, ~reserved
        )
        with self._database.read() as tx:
            names = budget.list_account_channels(tx, channel)
            return tx.execute(costs.where(_POST.channel.in_(names))).scalar() or Decimal(0)

    def follow_renames(self, targets: ChannelTargets, *, now: datetime) -> list[RenamedChannel]:
        """Give the posts of renamed channels the new channel names, and return the renamed channels.

        A channel that is missing from config.yaml was renamed if exactly one channel there posts to the same
        chat or account.
        """
        # Usually no channel was renamed, so a read checks that first: unlike a write, it takes no lock.
        with self._database.read() as tx:
            if not _find_renames(tx, targets):
                return []
        with self._database.write() as tx:
            renames = _find_renames(tx, targets)
            return [_rename_channel(tx, old, place, new, now=now) for (old, place), new in renames.items()]

    def hold_stranded_posts(self, targets: ChannelTargets, *, now: datetime) -> list[Post]:
        """Hold the waiting posts that were composed for another target than their channel posts to now.

        Returns these posts. ``targets`` maps the channels in config.yaml to their targets (chats or
        accounts). Posts that an older version of newsbot queued have no target; the first call stores the
        channel's.
        """
        known = {name: target for name, target in targets.items() if target}
        with self._database.read() as tx:
            stored = dict(map(tuple, tx.execute(select(_CHANNEL.name, _CHANNEL.target))))
            new = {name: target for name, target in known.items() if stored.get(name) != target}
            waits = tx.execute(_select_stranded_posts(known).limit(1)).first() if known else None
        if not new and waits is None:
            return []
        with self._database.write() as tx:
            _store_targets(tx, new)
            found = to_posts(tx, tx.execute(_select_stranded_posts(known).with_for_update(of=tables.post)))
            return [hold_stranded_post(tx, was, known[was.channel], by=SYSTEM, now=now) for was in found]

    def move_channel(self, post_id: str, new: NewPost, *, by: str, now: datetime) -> Post:
        """Cancel a waiting post and queue ``new`` on another channel, with an event in the history of both.

        Returns the queued post.

        Raises:
            AlreadyPosted: the article is published or waiting on that channel.
            InvalidTransition: the post does not wait, or a part of it is published.
            SlotTaken: another post has taken the time slot of ``new`` meanwhile.
        """
        name = new.draft.channel
        with self._database.write() as tx:
            was = find_post(tx, post_id, lock=True)
            article = ids.article_number(was.article_id)
            if not was.may_be_changed:
                raise refusal(was, UsageCode.CANNOT_CHANGE_CHANNEL())
            if found := find_block(tx, article):
                raise InvalidTransition(UsageCode.MOVE_REFUSED(ref=was.id, why=describe_block(found)))
            refuse_repeats(tx, article, [new], but=was.id)
            moved = Failure("moved", Code.MOVED_TO(name=name))
            shift(tx, was, PostEvent.CANCEL, by=by, now=now, detail=moved.reason, error=moved)
            [post] = add_posts(tx, article, [new], now=now)
            left, came = ids.post_number(was.id), ids.post_number(post.id)
            to = Code.MOVED_TO_POST(name=name, ref=post.id)
            note(tx, left, TimelineEvent.MOVED, by=by, now=now, detail=to)
            since = Code.MOVED_FROM_POST(name=was.channel, ref=was.id)
            note(tx, came, TimelineEvent.MOVED, by=by, now=now, detail=since)
            return get_post(tx, came)


def hold_stranded_post(tx: Connection, was: Post, target: str | None, *, by: str, now: datetime) -> Post:
    """Hold (for an editor's decision) a post that was composed for another target (chat or account) than its
    channel has now.

    ``target`` is the target to which the channel posts now. Returns the held post.
    """
    why = Code.OTHER_PLACE(name=was.channel, then=was.target, place=target)
    return shift(tx, was, PostEvent.HOLD, by=by, now=now, detail=why, held_for=why)


def _store_targets(tx: Connection, targets: dict[str, str]) -> None:
    """Store each channel's target (chat or account) in the ledger.

    The first time, the target is also stored in those posts of the channel that an older version queued.
    """
    for name, target in sorted(targets.items()):
        ensure_row(tx, tables.channel, name=name, state="active")
        if tx.execute(select(_CHANNEL.target).where(_CHANNEL.name == name)).scalar() is None:
            bare = (_POST.channel == name, _POST.target.is_(None))
            tx.execute(update(tables.post).where(*bare).values(target=target))
        _update_channel(tx, name, target=target)


def pause_refused_channel(tx: Connection, name: str, failure: Failure, *, now: datetime) -> None:
    """Pause a channel because its platform refuses its posts, unless a person paused the channel already.

    The time of the channel's first probe (a check whether the platform accepts posts again) is stored as
    well.
    """
    ensure_row(tx, tables.channel, name=name, state="active")
    row = tx.execute(select(tables.channel).where(_CHANNEL.name == name).with_for_update()).one()
    if row.state == "paused" and row.paused_by != SENDER:
        return
    before = {} if _is_repeated_refusal(tx, row, failure) else _CLEARED_VALUES
    probe_at = now + find_probe_delay(failure.code, 0 if before else row.probes)
    paused = {"state": "paused", "paused_by": SENDER, "paused_at": now, "probe_at": probe_at}
    _update_channel(tx, name, **(before | paused | {"reason": failure.reason, "code": failure.code}))


def _is_repeated_refusal(tx: Connection, row: Row[Any], failure: Failure) -> bool:
    """Return whether the platform refuses the channel again for the same reason as before the last probe
    (check of the platform).

    It is the same refusal if no post was sent on the channel since that probe resumed the channel.
    """
    if row.resumed_at is None or row.reason != failure.reason:
        return False
    out = exists().where(
        _POST.sent_at.is_not(None), _POST.channel == row.name, _POST.sent_at >= row.resumed_at
    )
    return not tx.execute(select(out)).scalar()


def _update_channel(tx: Connection, name: str, **values: Any) -> None:
    tx.execute(update(tables.channel).where(_CHANNEL.name == name).values(**values))


def _note_resumption(tx: Connection, name: str, *, by: str, now: datetime, detail: Reason) -> None:
    """Add the event that a channel was resumed to the history of each of its posts that is being retried.

    Other posts need no explanation why they were not sent earlier.
    """
    tried = select(_POST.id).where(
        tables.READY, _POST.channel == name, _POST.state == str(PostState.RETRYING)
    )
    for number in tx.execute(tried).scalars().all():
        note(tx, number, TimelineEvent.RESUMED, by=by, now=now, detail=detail)


def _build_channel_state(row: Row[Any]) -> ChannelState:
    paused = row.state == "paused"
    past = {} if paused else {"reason": None, "code": None}
    return build_from_row(ChannelState, row, **past)


def has_other_target(targets: ChannelTargets) -> ColumnElement[bool]:
    """Build the SQL condition that a post's channel was removed, or posts to another chat or account than the
    post's.
    """
    known = bindparam(None, list(targets), type_=_POST.channel.type, expanding=True, literal_execute=True)
    return or_(_POST.channel.not_in(known), *_build_other_target_conditions(targets))


def _build_other_target_conditions(targets: ChannelTargets) -> list[ColumnElement[bool]]:
    return [
        and_(_POST.channel == _bind_literal(name), _POST.target != _bind_literal(target))
        for name, target in targets.items()
        if target
    ]


def _bind_literal(value: str) -> BindParameter[str]:
    """Bind a string as a parameter that SQLAlchemy writes as a literal into the text of the SQL statement.

    PostgreSQL plans a statement without parameters only once in a session.
    """
    return bindparam(None, value, type_=_POST.channel.type, literal_execute=True)


def _select_stranded_posts(known: dict[str, str]) -> Any:
    elsewhere = or_(*_build_other_target_conditions(known))
    found = select_posts().where(tables.READY, _POST.pending_action.is_(None), elsewhere)
    return found.order_by(_POST.id)


def _find_renames(tx: Connection, targets: ChannelTargets) -> dict[tuple[str, str], str]:
    """Return the new name of each channel that was renamed in config.yaml.

    The keys are pairs of the channel's old name and its target (chat or account), which renaming does not
    change. ``targets`` maps the channels in config.yaml to their targets.
    """
    gone = select(_CHANNEL.name, _CHANNEL.target).where(_CHANNEL.target.is_not(None))
    late = select(_POST.channel, _POST.target).where(tables.WAITS, _POST.target.is_not(None)).distinct()
    rows = {(name, place) for each in (gone, late) for name, place in tx.execute(each)}
    found = {(name, place): find_new_name(name, place, targets) for name, place in sorted(rows)}
    return {key: new for key, new in found.items() if new is not None}


def _rename_channel(tx: Connection, old: str, place: str, new: str, *, now: datetime) -> RenamedChannel:
    """Give the posts, the pause and the digests (lists of articles) of the channel ``old`` the channel name
    ``new``.

    ``place`` is the target (chat or account) of both; posts with another target keep the old name.

    A waiting post keeps the old name if its article has another post on ``new``, where it would be the second
    one. A post that is being sent keeps the old name until its call has ended.
    """
    ensure_row(tx, tables.channel, name=new, state="active")
    names = select(tables.channel).where(_CHANNEL.name.in_([old, new])).order_by(_CHANNEL.name)
    rows = {row.name: row for row in tx.execute(names.with_for_update())}
    posts = [_rename_waiting_post(tx, post, new, now) for post in _list_movable_posts(tx, old, place, new)]
    _rename_past_posts(tx, old, place, new)
    if old in rows:
        _move_pause(tx, rows[old], rows[new])
    # If a platform asked to make no call on the channel under its old name for some time, the channel waits
    # as long under its new name.
    until = tx.execute(select(_PACE.not_before).where(_PACE.key == channel_key(old))).scalar()
    if until and until > now:
        postpone_key(tx, channel_key(new), until, now=now)
    _rename_digests(tx, old, new)
    return RenamedChannel(old, new, posts)


def _list_movable_posts(tx: Connection, old: str, place: str, new: str) -> list[Post]:
    """Lock and return those waiting posts of the channel ``old`` whose article has no post on ``new``."""
    there = exists().where(
        root_column == _OTHER_ROOT,
        _OTHER.c.channel == new,
        tables.in_queue(_OTHER.c.state, *sorted(WAITING | {PostState.SENT, PostState.FAILED})),
    )
    mine = (tables.WAITS, _POST.channel == old, _POST.target == place, _POST.state != str(PostState.SENDING))
    found = select_posts().where(*mine, ~there).order_by(_POST.id)
    return to_posts(tx, tx.execute(found.with_for_update(of=tables.post)))


def _rename_waiting_post(tx: Connection, post: Post, new: str, now: datetime) -> Post:
    """Give a waiting post's channel its new name, and return the post.

    Approvals of the post stay valid, because its text and its chat or account are the same.
    """
    number = ids.post_number(post.id)
    content = content_hash(new, post.parts, post.set_at)
    votes = update(tables.approval).where(
        tables.approval.c.post_id == number, tables.approval.c.content == post.content
    )
    tx.execute(votes.values(content=content))
    values: dict[str, Any] = {"approved": content} if post.approved == post.content else {}
    _rename_posts_one_by_one(tx, [number], new, **values)
    note(tx, number, TimelineEvent.CHANNEL_RENAMED, by=SYSTEM, now=now, detail=Code.CHANNEL_RENAMED(name=new))
    return get_post(tx, number)


def _rename_past_posts(tx: Connection, old: str, place: str, new: str) -> None:
    """Give the published, failed and cancelled posts of the channel ``old`` the channel name ``new``."""
    mine = (_POST.channel == old, _POST.target == place, _IS_OVER)
    there = _OTHER.c.channel == new
    # The query has two conditions for posts of the new name: the first finds a post with the same revision
    # number, the second finds a post with the same slot (time reserved on the channel). Each condition uses
    # its own unique index; a combined condition would use neither index.
    revision = exists().where(there, root_column == _OTHER_ROOT, _OTHER.c.revision == _POST.revision)
    slot = exists().where(there, _OTHER.c.slot_at == _POST.slot_at, _IS_SLOTTED)
    taken = select(_POST.id).where(*mine, or_(revision, _POST.slot_at.is_not(None) & slot)).order_by(_POST.id)
    _rename_posts_one_by_one(tx, tx.execute(taken).scalars().all(), new)
    tx.execute(update(tables.post).where(*mine).values(channel=new))


def _rename_posts_one_by_one(tx: Connection, numbers: Iterable[int], new: str, **values: Any) -> None:
    """Give the posts with these ``numbers`` the channel name ``new``, and set the columns in ``values``.

    If another post on ``new`` has the post's revision or slot, the post gets another revision, or no slot. A
    revision is the number of a post among those of its article on the channel; a slot is a time at which the
    channel sends one post.
    """
    for number in numbers:
        row = tx.execute(select(tables.post, root_column.label("whose")).where(_POST.id == number)).one()
        there = select(_POST.revision).where(root_column == row.whose, _POST.channel == new)
        taken = set(tx.execute(there).scalars())
        revision = max(taken) + 1 if row.revision in taken else row.revision
        slot = select(_POST.id).where(_POST.channel == new, _POST.slot_at == row.slot_at, tables.SLOTTED)
        slot_at = None if row.slot_at and tx.execute(slot).first() else row.slot_at
        values |= {"channel": new, "revision": revision, "slot_at": slot_at}
        tx.execute(update(tables.post).where(_POST.id == number).values(**values))


def _move_pause(tx: Connection, old: Row[Any], new: Row[Any]) -> None:
    """Pause the channel's new name if the old name is paused, unless a person has paused the new name.

    The new name gets all stored values of the old name's pause. The old name's pause and target (chat or
    account) are deleted.
    """
    by_person = new.state == "paused" and new.paused_by != SENDER
    if old.state == "paused" and not by_person:
        mine = update(tables.channel).where(_CHANNEL.name == new.name)
        tx.execute(mine.values({name: getattr(old, name) for name in _PAUSE}))
    gone = update(tables.channel).where(_CHANNEL.name == old.name)
    tx.execute(gone.values(target=None, **_NO_PAUSE))


def _rename_digests(tx: Connection, old: str, new: str) -> None:
    """Replace the old channel name in the guids of the channel's digests, so that no digest (a post that
    lists several articles) is made twice.

    A digest's guid consists of the channel's name and the digest's time. A digest keeps the old name if a
    digest of the new name and the same time exists.
    """
    mine = select(_ARTICLE.id, _ARTICLE.article).where(_ARTICLE.source == "digest")
    for number, stored in tx.execute(mine.where(_ARTICLE.article.is_not(None))).all():
        digest = decode_article(stored)
        name, _, at = digest.guid.rpartition(" ")
        key = fingerprint(f"{new} {at}")
        there = select(_ARTICLE.id).where(_ARTICLE.source == "digest", _ARTICLE.guid_key == key)
        if name == old and tx.execute(there).first() is None:
            values = {"guid_key": key, "article": encode_article(digest) | {"guid": f"{new} {at}"}}
            tx.execute(update(tables.article).where(_ARTICLE.id == number).values(**values))
