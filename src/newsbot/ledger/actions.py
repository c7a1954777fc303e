"""The store of people's actions on published posts, and of the edits and deletes that the actions lead to.

An edit or delete of one part (one platform message) of a post is called an amendment. It asks for a final
state, so a call of unknown outcome is simply repeated (ADR 9). Nothing in this module sends a post.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select, true, update

from newsbot.errors import UsageError
from newsbot.ledger import budget, ids, rate_limits
from newsbot.ledger import schema as tables
from newsbot.ledger.action_steps import act, build_action, start_action, update_amendments
from newsbot.ledger.changes import repeat_flag
from newsbot.ledger.restored_posts import LostPeriod, window
from newsbot.ledger.same_article import find_same_articles
from newsbot.ledger.serialization import (
    build_from_row,
    decode_part,
    encode_part,
    find_post,
    get_post,
    select_posts,
    to_posts,
)
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedowns import find_block
from newsbot.ledger.transitions import note, update_post
from newsbot.model import IN_FLIGHT, SENDER, SYSTEM, Failure, Post, Receipt, TimelineEvent
from newsbot.ports import (
    REMOVALS,
    Action,
    Amendment,
    AmendmentResult,
    AmendmentTerms,
    AmendmentWait,
    ChannelTargets,
    NewAction,
    TakedownBlock,
    explain_other_place,
    find_new_name,
)
from newsbot.ports.alerts import MAYBE_CORRECTED, RESTORED_CODE
from newsbot.reasons import Code, Reason, UsageCode

__all__ = ["ActionsStore"]

_AMENDMENT, _ACTION = tables.amendment.c, tables.action.c
_POST, _RECEIPT = tables.post.c, tables.receipt.c
# The interval at which newsbot checks a post with a pending action of a person: the action is applied once it
# is known whether the post is published.
_PENDING_INTERVAL = timedelta(seconds=1)
# While the delete of a published post waits for the post that replaces it, newsbot checks at this interval
# whether the replacing post is published. That may take long.
_REPLACEMENT_INTERVAL = timedelta(seconds=5)
_UNFINISHED_STATES = ("due", "calling", "failed", "manual")
_EARLIER = tables.amendment.alias("earlier")
_IS_FIRST = ~exists().where(
    tables.in_queue(_EARLIER.c.state, "calling", "due"),
    _EARLIER.c.post_id == _AMENDMENT.post_id,
    _EARLIER.c.part == _AMENDMENT.part,
    _EARLIER.c.id < _AMENDMENT.id,
)


def _find_outdated_edits(tx: Connection, gone: LostPeriod) -> Sequence[Row[Any]]:
    """Return the open edits of published messages that were requested before the ledger was restored from a
    backup, and so may be outdated.

    Open deletions are left out: a deletion is still wanted, whatever happened since it was requested.
    """
    found = _select_amendments().where(tables.OPEN_AMENDMENT, _AMENDMENT.what == "edit", ~_match_removals())
    return tx.execute(found.where(_ACTION.at <= gone.until, _IS_KNOWN, _IS_OUT)).all()


def _has_replacement_in(*states: str) -> ColumnElement[bool]:
    """Build the SQL condition on a stored deletion that the post which replaces the deleted post is in one of
    ``states``.
    """
    other = tables.post.alias("other")
    return exists().where(other.c.id == _AMENDMENT.follows, other.c.state.in_(states))


_IS_OUT = _RECEIPT.remote_id.is_not(None)
_IS_KNOWN = _AMENDMENT.post_id.not_in(select(_POST.id).where(tables.PENDING))
_IS_REPLACED = or_(_AMENDMENT.follows.is_(None), _has_replacement_in("sent", "withdrawn"))
_DONE = {"edit": TimelineEvent.EDITED, "delete": TimelineEvent.DELETED}
_FAILED = {"edit": TimelineEvent.NOT_EDITED, "delete": TimelineEvent.NOT_DELETED}


class ActionsStore(LedgerStore):
    """The ledger's store of people's actions on articles and published posts.

    The actions are fixes, corrections, withdrawals (the deletion of one post) and takedowns (the deletion of
    all posts of an article).
    """

    def perform_action(self, new: NewAction, *, now: datetime) -> Action:
        """Perform the action ``new`` on its article and posts in one transaction; return the stored action.

        Raises:
            InvalidTransition: a post differs from ``new.seen``, or a post was added: the caller has to
                prepare the action again.
            UsageError: there is no article with that id.
        """
        return self.perform_actions([new], now=now)[0]

    def perform_actions(self, every: Sequence[NewAction], *, now: datetime) -> list[Action]:
        """Perform several actions in their order, in one transaction; return the stored actions.

        Raises:
            InvalidTransition, UsageError: one of the actions is impossible (see `perform_action`), so none is
                done.
        """
        with self._database.write() as tx:
            return [act(tx, new, now=now) for new in every]

    def get_action(self, action_id: int) -> Action:
        """Return the person's action that is stored under the number ``action_id``.

        Raises:
            UsageError: there is no action with that number.
        """
        row = self._fetch_first(select(tables.action).where(_ACTION.id == action_id))
        if row is None:
            raise UsageError(UsageCode.NO_ACTION(ref=action_id))
        return build_action(row)

    def list_actions(self, article_id: str) -> list[Action]:
        """Return every action that people performed on an article, oldest first."""
        mine = select(tables.action).where(_ACTION.article_id == ids.article_number(article_id))
        return [build_action(row) for row in self._fetch(mine.order_by(_ACTION.id))]

    def list_amendments(self, *, action_id: int | None = None, post_id: str | None = None) -> list[Amendment]:
        """Return the edits and deletes that belong to the given action or post, ordered by number.

        Without arguments, all edits and deletes in the ledger are returned.
        """
        which = [] if action_id is None else [_AMENDMENT.action_id == action_id]
        which += [] if post_id is None else [_AMENDMENT.post_id == ids.post_number(post_id)]
        with self._database.read() as tx:
            return _load_amendments(tx, *which)

    def settle_pending(self, *, now: datetime) -> list[Post]:
        """Apply people's pending actions to the posts whose outcome (published or not) has become known.

        Returns the posts to which an action was applied.
        """
        self._give_up_replacements()
        known = _POST.state.not_in(sorted(map(str, IN_FLIGHT)))
        waits = select_posts().where(tables.PENDING, known).order_by(_POST.id)
        # Usually no person's action waits that could be applied now, so a read checks that first: unlike a
        # write, it notifies no other process.
        with self._database.read() as tx:
            if tx.execute(waits.limit(1)).first() is None:
                return []
        with self._database.write() as tx:
            found = tx.execute(waits.with_for_update(of=tables.post, skip_locked=True))
            return [start_action(tx, was, now=now) for was in to_posts(tx, found)]

    def get_next_amendment_time(self, *, after: datetime) -> datetime | None:
        """Return the next time later than ``after`` at which an edit or delete of a message may be due.

        Returns None if no edit or delete is open and no post has a pending action.
        """
        times = (
            select(func.min(_AMENDMENT.due_at)).where(_AMENDMENT.state == "due", _AMENDMENT.due_at > after),
            select(func.min(_AMENDMENT.lease_until)).where(_AMENDMENT.lease_until > after),
        )
        with self._database.read() as tx:
            found = [tx.execute(time.where(tables.OPEN_AMENDMENT)).scalar() for time in times]
            waits = tx.execute(select(_POST.id).where(tables.PENDING).limit(1)).first()
            follows = select(_AMENDMENT.id).where(tables.OPEN_AMENDMENT, _AMENDMENT.follows.is_not(None))
            later = tx.execute(follows.limit(1)).first()
        if waits or later:
            found.append(after + (_PENDING_INTERVAL if waits else _REPLACEMENT_INTERVAL))
        return min((time for time in found if time), default=None)

    def has_amendments_to_make(self) -> bool:
        """Return whether any edit or delete of a message is unfinished, or any post has a pending action."""
        one_of = select(_AMENDMENT.id).where(tables.OPEN_AMENDMENT).limit(1).scalar_subquery()
        waits = select(_POST.id).where(tables.PENDING).limit(1).scalar_subquery()
        with self._database.read_for_one_select() as tx:
            return any(found is not None for found in tx.execute(select(one_of, waits)).one())

    def list_amendable_channels(self, *, now: datetime) -> list[str]:
        """Return the names of the channels on which an edit or delete of a message may be made now."""
        with self._database.read() as tx:
            free = _join_tables(select(_POST.channel)).where(*self._lock_free_amendments(tx, now)).distinct()
            return sorted(tx.execute(free).scalars())

    def claim_amendment(
        self, channel: str, terms: AmendmentTerms, *, now: datetime, lease: timedelta
    ) -> tuple[Amendment, datetime] | AmendmentWait | None:
        """Claim the channel's next due edit or delete of a message, so that no other service calls the
        platform for it.

        The time of the call (by the rate limits) and the money that the call costs are reserved. Returns the
        edit or delete with the reserved time of its call; an `AmendmentWait` if the rate limits forbid a call
        for more than a quarter of ``lease``; or None if nothing is due.
        """
        with self._database.write(notify=False) as tx:
            mine = _select_amendments().where(*self._lock_free_amendments(tx, now), _POST.channel == channel)
            mine = mine.where(_is_at_target(terms.target))
            mine = mine.order_by(_AMENDMENT.due_at, _AMENDMENT.id).limit(1)
            row = tx.execute(mine.with_for_update(of=tables.amendment, skip_locked=True)).one_or_none()
            if row is None:
                return None
            rates = terms.rates.get(row.what, ())
            slot = rate_limits.load(tx, [(channel, rates)], now).find(channel, rates, now)
            if slot.at - now > lease / 4:
                return AmendmentWait(slot.at)
            rate_limits.log(tx, [(rates, slot.at, -row.id)])
            cost = terms.price.get(row.what)
            if cost and row.cost_usd is None:
                budget.add(tx, channel, cost, now=now)
            claim = {"state": "calling", "lease_until": slot.at + lease, "holder": self._instances.me}
            update_amendments(tx, [row], **claim, attempts=row.attempts + 1, cost_usd=cost or row.cost_usd)
            [claimed] = _load_amendments(tx, _AMENDMENT.id == row.id)
        self._fence.pass_amendment(row.id)
        return claimed, slot.at

    def settle_amendment(self, amendment: Amendment, end: AmendmentResult, *, now: datetime) -> Amendment:
        """Store how the platform's call for an edit or delete ended, and return the edit or delete as stored.

        Nothing is stored if another process or a person has recorded the end of the edit or delete since the
        call began.
        """
        with self._database.write() as tx:
            find_post(tx, amendment.post_id, lock=True)
            rate_limits.record_arrival(tx, -amendment.id, now)
            row = tx.execute(_select_amendments().where(_AMENDMENT.id == amendment.id)).one()
            if row.state == "calling" and row.attempts == amendment.attempts:
                _end_amendment(tx, row, end, now)
            [after] = _load_amendments(tx, _AMENDMENT.id == amendment.id)
        return after

    def release_amendments(self, calling: Mapping[int, int]) -> None:
        """Make edits and deletes of published messages due again that this service has claimed but does not
        carry out.

        A claim keeps other services from making the call. This service may have lost sight of a claim when
        its database connection broke. ``calling`` maps the numbers of the edits and deletes whose calls run
        now to their number of attempts; these stay claimed.
        """
        if (me := self._instances.me) is None:
            return
        mine = (tables.OPEN_AMENDMENT, _AMENDMENT.state == "calling", _AMENDMENT.holder == me)
        with self._database.write(notify=False) as tx:
            rows = tx.execute(select(_AMENDMENT.id, _AMENDMENT.attempts).where(*mine)).all()
            lost = [row for row in rows if calling.get(row.id) != row.attempts]
            update_amendments(tx, lost, state="due", lease_until=None, holder=None)

    def end_outdated_edits(self, *, now: datetime) -> list[Amendment]:
        """End as failed the due edits that were requested before the ledger was restored, and return them.

        The service that used the lost ledger may have made these edits already, and newer edits after them.
        """
        failure = Failure(RESTORED_CODE, MAYBE_CORRECTED)
        with self._database.read() as tx:
            gone = window(tx)
            if gone is None or not _find_outdated_edits(tx, gone):
                return []
        with self._database.write() as tx:
            rows = _find_outdated_edits(tx, gone)
            for row in rows:
                _end_amendment(tx, row, AmendmentResult(failure=failure, free=True), now)
            return _load_amendments(tx, _AMENDMENT.id.in_([row.id for row in rows]))

    def end_stranded_amendments(self, targets: ChannelTargets, *, now: datetime) -> list[Amendment]:
        """End the due edits and deletes of messages in a chat or account to which no channel posts any more.

        A deletion becomes a task for a person, an edit fails. Returns the ended edits and deletes.
        """
        # Usually no channel has changed its chat or account, so a read checks that first: unlike a write, it
        # takes no lock.
        with self._database.read() as tx:
            if not _find_stranded_amendments(tx, targets):
                return []
        with self._database.write() as tx:
            stranded = _find_stranded_amendments(tx, targets)
            rows = [row for row in stranded if _end_stranded_amendment(tx, row, targets, now)]
            return _load_amendments(tx, _AMENDMENT.id.in_([row.id for row in rows]))

    def may_differ_in_public(self, post_id: str) -> bool:
        """Return whether the text of the published post may differ from its text in a restored ledger.

        This is possible if the post was queued or sent before the restore from a backup, so that the ledger
        may lack a correction, and no person has corrected the post's article since.
        """
        number = ids.post_number(post_id)
        with self._database.read() as tx:
            gone = window(tx)
            if gone is None:
                return False
            before = (_POST.id == number, or_(_POST.created_at <= gone.until, _POST.sent_at <= gone.until))
            article = tx.execute(select(_POST.article_id).where(*before)).scalar()
            if article is None:
                return False
            same = _ACTION.article_id.in_(find_same_articles(tx, article))
            corrected = exists().where(same, _ACTION.at > gone.until, _ACTION.by != SYSTEM)
            return not tx.execute(select(corrected)).scalar_one()

    def record_manual_removal(self, post_id: str, *, by: str, now: datetime) -> list[Amendment]:
        """Record that a person deleted a post's messages on the platform by hand.

        Returns the stored deletions of the post, which are marked as done.

        Raises:
            UsageError: no deletion of the post is unfinished.
        """
        with self._database.write() as tx:
            was, number = find_post(tx, post_id, lock=True), ids.post_number(post_id)
            mine = (_AMENDMENT.post_id == number, _AMENDMENT.state.in_(_UNFINISHED_STATES))
            rows = tx.execute(_select_amendments().where(*mine, _match_removals())).all()
            if not rows:
                raise UsageError(UsageCode.NOTHING_BY_HAND(ref=was.id))
            done = {"state": "done", "done_at": now, "done_by": by, "error": None, "holder": None}
            update_amendments(tx, rows, **done)
            detail = Code.SOME_OF(n=len(rows), count=len(was.parts))
            note(tx, number, TimelineEvent.DELETED_BY_HAND, by=by, now=now, detail=detail)
            return _load_amendments(tx, _AMENDMENT.id.in_([row.id for row in rows]))

    def list_receipt_times(self, post_id: str) -> dict[int, datetime]:
        """Return the times at which the receipts of a post's parts were stored, by the part's index from 0.

        A receipt is the platform's answer with the id of the published message.
        """
        found = select(_RECEIPT.part, _RECEIPT.at).where(_RECEIPT.post_id == ids.post_number(post_id))
        return {row.part: row.at for row in self._fetch(found)}

    def is_blocked(self, *, url: str | None = None, article_id: str | None = None) -> TakedownBlock | None:
        """Return the block that a takedown put on the article ``article_id`` or the address ``url``; None if
        there is none. Nothing of a blocked article is posted any more.
        """
        number = ids.article_number(article_id) if article_id else None
        with self._database.read() as tx:
            return find_block(tx, number, url=url)

    def list_same_articles(self, article_id: str) -> list[str]:
        """Return the ids of an article and of all its duplicates, the article's own id first.

        Articles are duplicates if they have the same address, or if one is another source's copy of the
        other.
        """
        number = ids.article_number(article_id)
        with self._database.read() as tx:
            return [ids.article_id(each) for each in find_same_articles(tx, number)]

    def _give_up_replacements(self) -> None:
        """Mark the deletes of replaced posts as failed if the replacing post was cancelled.

        The alerts show failed deletes to people.
        """
        mine = (tables.OPEN_AMENDMENT, _has_replacement_in("cancelled"))
        rows = self._fetch(select(_AMENDMENT.id, _AMENDMENT.follows).where(*mine))
        for row in rows:
            error = Failure("not-replaced", UsageCode.CORRECTION_DROPPED(ref=ids.post_id(row.follows)))
            stays = update(tables.amendment).where(_AMENDMENT.id == row.id, *mine)
            with self._database.write() as tx:
                tx.execute(stays.values(state="failed", error=error))

    def _lock_free_amendments(self, tx: Connection, now: datetime) -> tuple[ColumnElement[bool], ...]:
        """Build the SQL conditions for an edit or delete (of a message, a part of a post) that this process
        may claim.

        The edit or delete is due, or another process claimed it but has ended or exceeded the time of its
        claim. No earlier edit or delete of the same part is unfinished. The part is published, and so is the
        post that replaces its post, if the delete waits for one.
        """
        due = and_(_AMENDMENT.state == "due", _AMENDMENT.due_at <= now)
        left = or_(_AMENDMENT.lease_until <= now, self._instances.is_dead(tx, _AMENDMENT.holder))
        free = or_(due, and_(_AMENDMENT.state == "calling", left))
        return (tables.OPEN_AMENDMENT, free, _IS_FIRST, _IS_KNOWN, _IS_REPLACED, _IS_OUT)


def _find_stranded_amendments(tx: Connection, targets: ChannelTargets) -> list[Row[Any]]:
    """Return the due edits and deletes of messages in a chat or account to which no channel posts any more.

    All open edits and deletes are read by an index and filtered here, because few are open at a time.
    """
    return [
        row
        for row in tx.execute(_select_amendments().where(tables.OPEN_AMENDMENT).order_by(_AMENDMENT.id))
        if row.state == "due" and row.remote_id is not None
        if explain_other_place(row.channel, row.target, targets, out=True)
        if not find_new_name(row.channel, row.target, targets)
    ]


def _end_stranded_amendment(tx: Connection, row: Row[Any], targets: ChannelTargets, now: datetime) -> bool:
    """End a due edit or delete without a call, because its message is not in a channel's chat or account.

    In the chat or account to which the channel posts now, the message's id would mean another message.
    Returns False, and changes nothing, if the call has begun already.
    """
    why = explain_other_place(row.channel, row.target, targets, out=True) or UsageCode.CHANNEL_GONE(
        name=row.channel
    )
    removes = row.what == "delete" or row.action in REMOVALS
    state = "manual" if removes else "failed"
    mine = update(tables.amendment).where(_AMENDMENT.id == row.id, _AMENDMENT.state == "due")
    if not tx.execute(mine.values(state=state, error=Failure("elsewhere", why), holder=None)).rowcount:
        return False
    what = TimelineEvent.NOT_DELETED if removes else TimelineEvent.NOT_EDITED
    note(tx, row.post_id, what, by=SYSTEM, now=now, detail=why)
    return True


def _is_at_target(target: str | None) -> ColumnElement[bool]:
    """Build the SQL condition that a post was sent to the chat or account ``target``.

    An edit or delete must go to the chat or account of the message, because a message's id is only valid
    there. What follows a ``#`` in ``target`` (a topic of a chat) is ignored: all topics of a chat share its
    message ids.
    """
    if target is None:
        return true()
    place = target.partition("#")[0]
    own = or_(_POST.target == place, _POST.target.startswith(f"{place}#", autoescape=True))
    return or_(_POST.target.is_(None), own)


def _end_amendment(tx: Connection, row: Row[Any], end: AmendmentResult, now: datetime) -> None:
    values = _build_end_values(row, end, now)
    if end.free and row.cost_usd:
        budget.refund(tx, row.channel, row.cost_usd, now=now)
        values["cost_usd"] = None
    update_amendments(tx, [row], **values)
    if end.done:
        _record_done(tx, row, end.receipt, now)
    elif end.failure and end.failure != row.error:
        what = TimelineEvent.CANNOT_BE_DELETED if end.notice else _FAILED[row.what]
        note(tx, row.post_id, what, by=SENDER, now=now, detail=_name_part(tx, row, end.failure.reason))
    if row.what == "edit" and values["state"] in {"failed", "manual"}:
        repeat_flag(tx, row.post_id, now)
    if end.due_at and end.rate_key:
        rate_limits.postpone_key(tx, end.rate_key, end.due_at, now=now)


def _build_end_values(row: Row[Any], end: AmendmentResult, now: datetime) -> dict[str, Any]:
    """Build the column values to store for an edit or delete whose platform call ended with ``end``."""
    values: dict[str, Any] = {"lease_until": None, "holder": None, "error": end.failure}
    if end.done:
        return {**values, "state": "done", "done_at": now, "error": None}
    if end.notice:
        return {**values, "state": "due", "what": "edit", "due_at": now, "attempts": row.attempts}
    if end.due_at:
        return {**values, "state": "due", "due_at": end.due_at}
    return {**values, "state": "manual" if end.by_hand else "failed"}


def _record_done(tx: Connection, row: Row[Any], receipt: Receipt | None, now: datetime) -> None:
    """Record in the post's history that the edit or delete of one of its parts (messages) is done.

    After an edit, the part's new text is stored in the post, so that the ledger has the published text. If
    the platform gave the edited message a new id, ``receipt`` has it: the new id replaces the old one, and
    the old one stays with the edit, so that links to the old version still lead to the post.
    """
    url = receipt.url if receipt else row.url
    if receipt and receipt.remote_id != row.remote_id:
        which = (_RECEIPT.post_id == row.post_id, _RECEIPT.part == row.part)
        tx.execute(update(tables.receipt).where(*which).values(remote_id=receipt.remote_id, url=url))
        update_amendments(tx, [row], replaced_id=row.remote_id)
    if row.what == "edit":
        was = get_post(tx, row.post_id)
        parts = [encode_part(part) for part in was.parts]
        parts[row.part] = row.after
        update_post(tx, row.post_id, parts=parts)
    link = _name_part(tx, row, Code.TEXT(words=url) if url else None)
    note(tx, row.post_id, _DONE[row.what], by=SENDER, now=now, detail=link)


def _name_part(tx: Connection, row: Row[Any], said: Reason | None) -> Reason | None:
    parts = len(get_post(tx, row.post_id).parts)
    if parts == 1:
        return said
    part = Code.PART(n=row.part + 1, count=parts)
    return Code.TITLED(what=part, why=said) if said else part


def _match_removals() -> ColumnElement[bool]:
    return (_AMENDMENT.what == "delete") | _ACTION.what.in_(sorted(REMOVALS))


def _join_tables(found: Select[Any]) -> Select[Any]:
    same = (_RECEIPT.post_id == _AMENDMENT.post_id) & (_RECEIPT.part == _AMENDMENT.part)
    found = found.select_from(tables.amendment).join(tables.post, _POST.id == _AMENDMENT.post_id)
    return found.join(tables.action, _ACTION.id == _AMENDMENT.action_id).outerjoin(tables.receipt, same)


def _select_amendments() -> Select[Any]:
    """Build the query for edits and deletes of a post's parts (messages).

    Each row also has the post's channel, its target (chat or account), the action that demands the edit or
    delete, and the part's receipt (the platform's answer with the message's id).
    """
    action = (_ACTION.what.label("action"), _ACTION.at.label("since"))
    receipt = (_RECEIPT.remote_id, _RECEIPT.url, _RECEIPT.note)
    return _join_tables(select(tables.amendment, _POST.channel, _POST.target, *action, *receipt))


def _load_amendments(tx: Connection, *which: ColumnElement[bool]) -> list[Amendment]:
    """Load the edits and deletes of published messages that meet the SQL conditions ``which``, ordered by
    number.
    """
    found = _select_amendments().where(*which).order_by(_AMENDMENT.id)
    return [_build_amendment(row) for row in tx.execute(found)]


def _build_amendment(row: Row[Any]) -> Amendment:
    is_out = row.remote_id is not None
    receipt = Receipt(row.part, row.remote_id, row.url, row.note) if is_out else None
    return build_from_row(
        Amendment,
        row,
        post_id=ids.post_id(row.post_id),
        before=decode_part(row.before) if row.before else None,
        after=decode_part(row.after) if row.after else None,
        receipt=receipt,
    )
