"""The ledger's store for posts as editors see them: the queue, approvals, edits and history."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, or_, select, union, update

from newsbot.errors import InvalidTransition, UsageError, VoteRefused
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import in_list
from newsbot.ledger.post_creation import add_posts, refuse_repeats
from newsbot.ledger.restored_posts import doubt_next_part
from newsbot.ledger.same_article import lock_article_intake
from newsbot.ledger.serialization import (
    encode_draft,
    encode_warning,
    find_post,
    get_post,
    select_posts,
    to_posts,
)
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedowns import describe_block, find_block
from newsbot.ledger.transitions import (
    end_attempt,
    keep_receipts,
    load_votes,
    note,
    refusal,
    shift,
    update_post,
    void_approval,
)
from newsbot.model import (
    CLOCK,
    FINAL,
    PENDING,
    READY,
    SYSTEM,
    WAITING,
    Approval,
    Attempt,
    Draft,
    Event,
    Failure,
    Part,
    Post,
    PostEvent,
    PostState,
    PostWarning,
    Receipt,
    TimelineEvent,
)
from newsbot.ports import DuePost, NewDueTime, NewPost
from newsbot.reasons import Code, Reason, UsageCode, join_reasons, join_sentences

__all__ = ["PostsStore"]

_ATTEMPT, _POST = tables.attempt.c, tables.post.c
_OVER = FINAL | {PostState.FAILED}
_SELECT_NUMBERED = select_posts().where(in_list(_POST.id, "numbers"))
_SELECT_DUE_SOON = (
    select(_POST.article_id, _POST.due_at)
    .where(tables.WAITS, tables.in_queue(_POST.state, *sorted(PENDING)))
    .where(_POST.due_at <= bindparam("until", type_=_POST.due_at.type))
    .order_by(_POST.due_at.desc(), _POST.id)
    .limit(200)
)
_CONTINUING_EVENTS = frozenset({PostEvent.RETRY, PostEvent.HOLD})
_TWO_VOTES = 2


class PostsStore(LedgerStore):
    """The ledger's store for posts as editors see them: the queue, approvals, edits and history."""

    def queue_posts(
        self, article_id: str, posts: Sequence[NewPost], *, now: datetime, again: bool
    ) -> list[Post]:
        """Queue posts for an article that is in the ledger, and return the new posts.

        Raises:
            UsageError: the article is unknown or was removed from all channels for good, or it has a sent or
                waiting post on one of the channels and ``again`` is false; the message names the post.
        """
        number = ids.article_number(article_id)
        with self._database.write() as tx:
            lock_article_intake(tx)
            there = select(tables.article.c.id).where(tables.article.c.id == number).with_for_update()
            if tx.execute(there).scalar() is None:
                raise UsageError(UsageCode.NO_ARTICLE(ref=article_id))
            if found := find_block(tx, number):
                raise UsageError(describe_block(found))
            if not again:
                refuse_repeats(tx, number, posts)
            mended = update(tables.article).where(tables.article.c.id == number, tables.TROUBLED)
            tx.execute(mended.values(error=None))
            return add_posts(tx, number, posts, now=now, again=again, by_person=True)

    def get_post(self, post_id: str) -> Post:
        """Return the post with this id.

        Raises:
            UsageError: there is no post with this id.
        """
        with self._database.read() as tx:
            return find_post(tx, post_id)

    def list_posts(
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
        """Return posts, newest first by creation or, with ``oldest_first``, earliest due time first.

        ``states``, ``channel``, ``article_id``, ``since`` and ``source`` restrict the posts. ``since`` leaves
        out posts that were sent before that time, and unsent posts that were due before it.
        """
        found = select_posts().limit(limit).order_by(*_build_order(states, oldest_first=oldest_first))
        # A query that asks only for waiting posts, or only for cancelled, failed and withdrawn posts, also
        # gets the condition WAITS or OVER, because the database uses its indices of these posts only for
        # queries with these conditions.
        for every, condition in ((WAITING, tables.WAITS), (_OVER, tables.OVER)):
            if states and every.issuperset(states):
                found = found.where(condition)
        if states:
            found = found.where(tables.in_queue(_POST.state, *sorted(states)))
        if channel is not None:
            found = found.where(_POST.channel == channel)
        if article_id is not None:
            found = found.where(_POST.article_id == ids.article_number(article_id))
        if since is not None:
            found = found.where(func.coalesce(_POST.sent_at, _POST.due_at) >= since)
        if source is not None:
            found = found.where(tables.article.c.source == source)
        return self._fetch_posts(found)

    def get_posts(self, post_ids: Collection[str]) -> dict[str, Post]:
        """Return the posts with these ids, by id; an id without a post is left out."""
        if not post_ids:
            return {}
        with self._database.read() as tx:
            found = tx.execute(_SELECT_NUMBERED, {"numbers": sorted(map(ids.post_number, post_ids))})
            return {post.id: post for post in to_posts(tx, found)}

    def list_failed_posts(self, *, since: datetime, limit: int | None = None) -> list[Post]:
        """Return the failed posts that were due or queued at ``since`` or later, the latest first."""
        lately = select_posts().where(tables.FAILED, since <= tables.FAILED_FROM)
        latest = (tables.FAILED_FROM.desc(), _POST.id.desc())
        return self._fetch_posts(lately.order_by(*latest).limit(limit))

    def list_events(self, post_id: str) -> list[Event]:
        """Return the events of a post, oldest first."""
        column = tables.event.c
        story = select(column.at, column.event, column.by, column.detail)
        story = story.where(column.post_id == ids.post_number(post_id)).order_by(column.id)
        return [Event(*row) for row in self._fetch(story)]

    def apply_event(
        self,
        post_id: str,
        event: PostEvent,
        *,
        by: str,
        now: datetime,
        detail: Reason | None = None,
        due_at: datetime | None = None,
        expires_at: datetime | None = None,
        reason: Reason | None = None,
        slot_at: datetime | None = None,
        receipts: Sequence[Receipt] = (),
    ) -> Post:
        """Change the state of a post by ``event``, one of the model's TRANSITIONS; return the post.

        The history of the post gets an event. The arguments that are not None replace the post's values;
        ``receipts`` (of published parts) are added to the post.

        Raises:
            InvalidTransition: the post's state allows no such event, or changed in the meantime; the message
                names the state.
        """
        times = {"due_at": due_at, "expires_at": expires_at, "reason": reason, "slot_at": slot_at}
        values = {name: value for name, value in times.items() if value is not None}
        with self._database.write() as tx:
            was = find_post(tx, post_id, lock=True)
            _check_event(was, event)
            if event in _CONTINUING_EVENTS and (taken := find_block(tx, ids.article_number(was.article_id))):
                raise InvalidTransition(UsageCode.RETRY_REFUSED(ref=was.id, why=describe_block(taken)))
            if was.state is PostState.SENDING:
                end_attempt(tx, ids.post_number(post_id), str(event), now=now)
            keep_receipts(tx, ids.post_number(post_id), receipts, now=now)
            effects = _build_event_values(was, event, detail, now)
            if event is PostEvent.FIND:
                effects |= _estimate_time_sent(tx, was, now)
            has = shift(tx, was, event, by=by, now=now, detail=detail, **effects | values)
            return doubt_next_part(tx, has, now=now) if event is PostEvent.MISS and receipts else has

    def expire_posts(self, *, now: datetime) -> list[Post]:
        """End the waiting posts that are past their ``expires_at``, and return the ended posts.

        Posts that newsbot never tried to send become `cancelled`, the others `failed`.
        """
        late = select_posts().where(tables.EXPIRABLE, _POST.expires_at <= now)
        late = late.order_by(_POST.expires_at)
        # Usually no post has expired, so a read checks that first: unlike a write, it takes no lock.
        with self._database.read() as tx:
            if tx.execute(late.limit(1)).first() is None:
                return []
        with self._database.write() as tx:
            free = late.with_for_update(of=tables.post, skip_locked=True)
            posts = to_posts(tx, tx.execute(free))
            holds = {name: _describe_channel_hold(tx, name, now) for name in {post.channel for post in posts}}
            why = [(was, _describe_expiry(was, holds[was.channel])) for was in posts]
            return [
                shift(tx, was, PostEvent.EXPIRE, by=CLOCK, now=now, detail=end.reason, error=end)
                for was, end in why
            ]

    def list_calls(self, post_id: str) -> list[Attempt]:
        """Return every call to a platform that was made for the post, earliest first.

        An attempt is left out if it only stands for calls which may have been made, before the ledger was
        restored from a backup, without a record in that backup.
        """
        made = select(_ATTEMPT.part, _ATTEMPT.started_at, _ATTEMPT.ended_at, _ATTEMPT.outcome)
        made = made.where(_ATTEMPT.post_id == ids.post_number(post_id), _ATTEMPT.until.is_(None))
        made = made.order_by(_ATTEMPT.id)
        return [Attempt(*row) for row in self._fetch(made)]

    def list_sentences(self, post_id: str) -> list[tuple[str, str]]:
        """Return the sentences that the post shows, each with the article's sentence that it is based on."""
        shown = select(_POST.summary).where(_POST.id == ids.post_number(post_id))
        row = self._fetch_first(shown)
        return [(text, source) for text, source in row.summary or ()] if row else []

    def list_sent_posts(self, channels: Collection[str], *, since: datetime) -> list[Post]:
        """Return the posts that were sent on these channels at ``since`` or later, earliest first."""
        found = select_posts().where(_POST.channel.in_(channels), _POST.sent_at.is_not(None))
        found = found.where(_POST.sent_at >= since).order_by(_POST.sent_at, _POST.id)
        return self._fetch_posts(found)

    def find_posts_by_remote_id(self, remote_ids: Sequence[str]) -> list[Post]:
        """Return the posts that have one of these message ids on their platform, newest first.

        A post of several messages has several ids; ``remote_ids`` need only have one of them. The ids that a
        message had before it was edited count as well.
        """
        receipt, edit = tables.receipt.c, tables.amendment.c
        known = union(
            select(receipt.post_id).where(receipt.remote_id.in_(remote_ids)),
            select(edit.post_id).where(edit.replaced_id.in_(remote_ids)),
        )
        found = select_posts().where(_POST.id.in_(known)).order_by(_POST.id.desc())
        return self._fetch_posts(found)

    def release(
        self, post_ids: Sequence[str], times: Mapping[str, NewDueTime], *, by: str, now: datetime
    ) -> list[Post]:
        """Release held posts, all in one transaction, and return the released posts.

        A post that needs approval then waits for its approval. The others are scheduled at their ``times``,
        which are given by post id. Posts that are not held any more are skipped.
        """
        with self._database.write() as tx:
            held = [post for post in _lock_posts(tx, post_ids) if post.state is PostState.HELD]
            own = [ids.post_number(post.id) for post in held if post.id in times]
            tx.execute(update(tables.post).where(_POST.id.in_(own)).values(slot_at=None))
            return [_release_post(tx, post, times.get(post.id), by=by, now=now) for post in held]

    def cancel_all(self, post_ids: Sequence[str], *, by: str, now: datetime, detail: Reason) -> list[Post]:
        """Cancel the posts that still wait, all in one transaction, and return the cancelled posts.

        The other posts stay as they are.
        """
        with self._database.write() as tx:
            waiting = [post for post in _lock_posts(tx, post_ids) if post.may_be_changed]
            return [shift(tx, post, PostEvent.CANCEL, by=by, now=now, detail=detail) for post in waiting]

    def edit(
        self,
        post_id: str,
        parts: Sequence[Part],
        *,
        cost_usd: Decimal | None,
        content: str,
        by: str,
        now: datetime,
        detail: Reason,
        warnings: Sequence[PostWarning] = (),
    ) -> Post:
        """Replace the text and the warnings of a waiting post by those of a person, and return the post.

        Earlier approvals become void, and no automatic update overwrites the text. ``content`` is the hash
        `Post.content` of the post that the person edited.

        Raises:
            InvalidTransition: the post does not wait, is published in part, or has another content now.
        """
        with self._database.write() as tx:
            was, number = find_post(tx, post_id, lock=True), ids.post_number(post_id)
            _check_edit(was, content)
            draft = Draft(was.channel, was.kind, tuple(parts), cost_usd, warnings=tuple(warnings))
            update_post(tx, number, **encode_draft(draft), edited_by=by)
            note(tx, number, TimelineEvent.EDITED, by=by, now=now, detail=detail)
            return void_approval(tx, was, Code.WORDS_EDITED(), by=by, now=now)

    def list_posts_due_soon(self, *, until: datetime) -> list[DuePost]:
        """Return the posts that wait for their time or an editor and are due by ``until``, the 200 latest
        ones.
        """
        with self._database.read_for_one_select() as tx:
            rows = tx.execute(_SELECT_DUE_SOON, {"until": until})
            return [DuePost(ids.article_id(row.article_id), row.due_at) for row in rows]

    def revise_warnings(
        self,
        post_id: str,
        revise: Callable[[Post], tuple[Sequence[PostWarning], Reason | None]],
        *,
        now: datetime,
    ) -> Post:
        """Replace the warnings of a post by those that ``revise`` returns for it, and return the post.

        ``revise`` also returns why the post is to be held, or None. The post is held only if it waits to be
        sent and no part of it is published. Its history gets an event only while the post waits for its time
        or for an editor.
        """
        with self._database.write() as tx:
            was, number = find_post(tx, post_id, lock=True), ids.post_number(post_id)
            warnings, hold = revise(was)
            if tuple(warnings) != was.warnings:
                update_post(tx, number, warnings=list(map(encode_warning, warnings)))
            if hold and was.state in READY and not was.receipts:
                return shift(tx, was, PostEvent.HOLD, by=SYSTEM, now=now, detail=hold, held_for=hold)
            waits = was.state is PostState.HELD or (was.state in READY and was.due_at > now)
            if waits and tuple(warnings) != was.warnings:
                new = [warning.reason for warning in warnings if warning not in was.warnings]
                detail = join_sentences(new) or Code.WARNINGS_OVER()
                note(tx, number, TimelineEvent.CHECKED, by=SYSTEM, now=now, detail=detail)
            return get_post(tx, number)

    def approve(
        self,
        post_id: str,
        *,
        by: str,
        now: datetime,
        due_at: datetime,
        reason: Reason | None,
        slot_at: datetime | None = None,
        content: str | None = None,
        person: Callable[[str], str] = str,
    ) -> Post:
        """Record a person's approval of a held post; schedule the post if it needs no further approval.

        Returns the post. ``content`` is the hash `Post.content` of the post that the person saw. ``person``
        maps the different names of a person to one name.

        Raises:
            VoteRefused: the post is approved already; its content has changed; or, if two approvals are
                required, the approval is from the person who edited the post, or a second one of the same
                person.
            SlotTaken: another post has taken the time slot ``slot_at``.
            InvalidTransition: the post is not held.
        """
        with self._database.write() as tx:
            was, number = find_post(tx, post_id, lock=True), ids.post_number(post_id)
            votes = load_votes(tx, number, was.content)
            _check_vote(was, votes, by, content, person)
            tx.execute(insert(tables.approval).values(post_id=number, by=by, at=now, content=was.content))
            count, needed = len({person(each.by) for each in votes} | {person(by)}), max(1, was.approval)
            which = Code.SOME_OF(n=count, count=needed)
            if count < needed:
                note(tx, number, TimelineEvent.APPROVAL, by=by, now=now, detail=which)
                return get_post(tx, number)
            detail = reason if needed == 1 else join_sentences([which, reason])
            values: dict[str, Any] = {"due_at": due_at, "reason": reason, "slot_at": slot_at}
            values |= {"held_for": None, "approved": was.content}
            return shift(tx, was, PostEvent.APPROVE, by=by, now=now, detail=detail, **values)

    def list_votes(self, post_id: str) -> list[Approval]:
        """Return the approvals that people gave to the present content of the post, earliest first."""
        number = ids.post_number(post_id)
        with self._database.read() as tx:
            found = to_posts(tx, tx.execute(select_posts().where(_POST.id == number)))
            return load_votes(tx, number, found[0].content) if found else []

    def refuse(self, post_id: str, *, by: str, why: str, now: datetime) -> Post:
        """Cancel a waiting post that a person rejected, store the reason ``why``, and return the post.

        Raises:
            InvalidTransition: the post does not wait.
        """
        with self._database.write() as tx:
            was = find_post(tx, post_id, lock=True)
            refused = Code.REFUSED()
            detail = Code.TITLED(what=refused, why=Code.TEXT(words=why)) if why else refused
            failure = Failure("not-approved", detail)
            return shift(tx, was, PostEvent.CANCEL, by=by, now=now, detail=detail, error=failure)

    def list_held_posts_due(self, before: datetime) -> list[Post]:
        """Return the held posts (which wait for an editor) that are due or expire by ``before``, in the order
        of their due times.
        """
        held = select_posts().where(tables.WAITS, tables.in_queue(_POST.state, PostState.HELD))
        late = held.where(or_(_POST.due_at <= before, _POST.expires_at <= before))
        return self._fetch_posts(late.order_by(_POST.due_at, _POST.id))


def _lock_posts(tx: Connection, post_ids: Sequence[str]) -> list[Post]:
    """Lock and return the posts, in the order of their numbers, so that two transactions can't deadlock."""
    return [find_post(tx, post_id, lock=True) for post_id in sorted(set(post_ids), key=ids.post_number)]


def _release_post(tx: Connection, was: Post, new: NewDueTime | None, *, by: str, now: datetime) -> Post:
    if new and not was.approval:
        values: dict[str, Any] = {"due_at": new.due_at, "reason": new.reason, "slot_at": new.slot_at}
        values |= {"expires_at": new.expires_at or was.expires_at, "held_for": None, "approved": was.content}
        return shift(tx, was, PostEvent.APPROVE, by=by, now=now, detail=new.reason, **values)
    number = ids.post_number(was.id)
    update_post(tx, number, held_for=Code.APPROVAL())
    before = Code.WAS_HELD_FOR(why=was.held_for) if was.held_for else None
    note(tx, number, TimelineEvent.RELEASED, by=by, now=now, detail=before)
    return get_post(tx, number)


def _check_edit(was: Post, content: str) -> None:
    if not was.is_pending:
        raise refusal(was, UsageCode.CANNOT_EDIT())
    if was.receipts:
        raise InvalidTransition(UsageCode.POST_OUT_IN_PART(ref=was.id, what=UsageCode.CANNOT_EDIT()))
    if was.content != content:
        raise InvalidTransition(UsageCode.CHANGED_SINCE(ref=was.id))


def _build_order(states: Collection[PostState], *, oldest_first: bool) -> tuple[ColumnElement[Any], ...]:
    """Return the columns by which a query for posts in ``states`` orders them.

    Waiting posts are ordered by the time of creation, for which there is no index, because only few of all
    posts wait: if databases ordered them by the index of all posts, they would read all posts.
    """
    if oldest_first:
        return (_POST.due_at, _POST.id)
    if states and WAITING.issuperset(states):
        return (_POST.created_at.desc(), _POST.id.desc())
    return (_POST.id.desc(),)


def _check_event(was: Post, event: PostEvent) -> None:
    """Check that ``event`` may be applied to the post, beyond what TRANSITIONS says about the post's state.

    Raises:
        InvalidTransition: ``event`` is the claim of a post for sending, which needs a stored call and an end
            of the claim; a withdrawal of a post of which no part was published; or the event of a restore,
            which concerns the whole ledger.
    """
    if event is PostEvent.FENCE:
        raise refusal(was, event)
    if event is PostEvent.CLAIM:
        raise InvalidTransition(UsageCode.ONLY_SENDER_CLAIMS(ref=was.id, state=str(was.state)))
    if event is PostEvent.WITHDRAW and was.state is PostState.FAILED and not was.receipts:
        raise refusal(was, event)


def _estimate_time_sent(tx: Connection, was: Post, now: datetime) -> dict[str, Any]:
    """Estimate when a post that a person found on the platform was sent: at the start of its last call.

    Returns the new values of the post's columns. If that call may have been made before the ledger was
    restored from a backup, the post's reason says that the time is not known.
    """
    calls = select(_ATTEMPT.started_at, _ATTEMPT.until).where(_ATTEMPT.post_id == ids.post_number(was.id))
    last = tx.execute(calls.order_by(_ATTEMPT.id.desc()).limit(1)).first()
    if last is None:
        return {"sent_at": now}
    sent: dict[str, Any] = {"sent_at": min(now, last.started_at)}
    if last.until:
        sent["reason"] = Code.OUT_IN_LOST_TIME(since=last.started_at, until=last.until)
    return sent


def _build_event_values(was: Post, event: PostEvent, detail: Reason | None, now: datetime) -> dict[str, Any]:
    """Return the values of the post's columns that ``event`` changes besides the state."""
    # A failed post that is held again gives up its time slot, so that another post may take the slot.
    freed = {"slot_at": None} if was.state is PostState.FAILED else {}
    effects: dict[PostEvent, dict[str, Any]] = {
        PostEvent.HOLD: {"held_for": detail or Code.AN_EDITOR(), "error": None} | freed,
        PostEvent.APPROVE: {"held_for": None},
        PostEvent.RETRY: {"error": None, "due_at": now, "expires_at": None, "slot_at": None},
        PostEvent.MISS: {"error": None, "due_at": max(now, was.due_at)},
        PostEvent.NOT_SENT: {"due_at": now},
        PostEvent.FIND: {"error": None},
        PostEvent.ACCEPT: {"error": None, "sent_at": now},
        PostEvent.EXPIRE: {"error": _describe_expiry(was)},
        PostEvent.SKIP: {"error": _clear_error(was)},
    }
    return effects.get(event, {})


def _describe_expiry(was: Post, held_up: Reason | None = None) -> Failure:
    """Build the failure of an expired post; ``held_up`` is what kept its whole channel from sending."""
    if was.was_created_expired:
        return Failure("expired", UsageCode.TOO_OLD())
    held = UsageCode.HELD_AT_END(why=was.held_for) if was.held_for else None
    what = join_reasons([UsageCode.NOT_IN_TIME(), held])
    return Failure("expired", _add_cause(what, was.error.reason if was.error else None if held else held_up))


def _add_cause(what: Reason, why: Reason | None) -> Reason:
    return Code.WITH_CAUSE(what=what, why=why) if why else what


def _clear_error(was: Post) -> Failure:
    """Build the failure of a post of unknown outcome that an editor left as it is.

    The post needs no action any more, but nobody knows whether it is published. The error of its call is kept
    as the cause.
    """
    what = Code.TITLED(what=UsageCode.LEFT_AS_IT_IS(), why=UsageCode.OUTCOME_NOT_KNOWN())
    return Failure("skipped", _add_cause(what, was.error.reason if was.error else None))


def _describe_channel_hold(tx: Connection, name: str, now: datetime) -> Reason | None:
    """Return why a channel sends nothing: it is paused, or its next due post has an error; None if neither.

    Only the channel's next post has the error of a failed call, so this error is also the cause why later
    posts of the channel expire.
    """
    channel = tables.channel.c
    paused = select(channel.reason).where(channel.name == name, channel.state == "paused")
    if (row := tx.execute(paused).one_or_none()) is not None:
        what = UsageCode.CHANNEL_PAUSED()
        return Code.TITLED(what=what, why=row.reason) if row.reason else what
    errors = select(_POST.error).where(tables.READY, _POST.channel == name, _POST.due_at <= now)
    first = errors.where(_POST.error.is_not(None)).order_by(_POST.due_at).limit(1)
    failure: Failure | None = tx.execute(first).scalar()
    if not failure:
        return None
    return Code.TITLED(what=UsageCode.OTHER_POST_WAITED(), why=failure.reason)


def _check_vote(
    was: Post, votes: Sequence[Approval], by: str, content: str | None, person: Callable[[str], str]
) -> None:
    """Check that a person's approval of a post counts.

    Raises:
        VoteRefused: the post was changed or approved already, or this person may not approve it.
        InvalidTransition: the post is not held.
    """
    if content is not None and content != was.content:
        raise VoteRefused(UsageCode.CHANGED_SINCE(ref=was.id), "changed")
    if was.state is not PostState.HELD:
        if was.approved == was.content and votes:
            raise VoteRefused(UsageCode.APPROVED_ALREADY(ref=was.id), "done", *_list_voters(votes))
        raise refusal(was, PostEvent.APPROVE)
    if was.approval < _TWO_VOTES:
        return
    if was.edited_by and person(was.edited_by) == person(by):
        raise VoteRefused(UsageCode.OWN_WORDS(ref=was.id), "own edit")
    own = [each for each in votes if person(each.by) == person(by)]
    if own:
        raise VoteRefused(UsageCode.SAME_APPROVER(ref=was.id), "again", *_list_voters(own))


def _list_voters(votes: Sequence[Approval]) -> tuple[tuple[str, ...], datetime]:
    return tuple(each.by for each in votes), votes[-1].at
