"""Make the posts of a ledger that was restored from a backup unknown if they may be published already.

Such a ledger does not know what was sent after the backup was made. No record in it is wrong, but every post
that waited at the time of the backup may be published now. So every such post becomes `unknown`, as after a
call without an answer: the reconciler searches for it on its platform, and a person decides about posts that
are not found. An article that is found after the restore may have been posted before it, so its posts become
`unknown` too. The lost ledger is the database that newsbot used between the backup and the restore.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, func, insert, literal, select, text, update

from newsbot.ledger import budget, ids
from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import ensure_row, in_list
from newsbot.ledger.serialization import decode_article, select_posts, to_posts
from newsbot.ledger.transitions import note, recover_post, shift, update_post
from newsbot.model import FENCE, PENDING, Failure, Post, PostEvent, PostState, TimelineEvent
from newsbot.ports.alerts import RESTORED_CODE
from newsbot.reasons import Code, Reason, UsageCode

__all__ = [
    "LostPeriod",
    "ReplacedPosts",
    "doubt_new_posts",
    "doubt_next_part",
    "fence_ledger",
    "generate_identity",
    "load_replaced_posts",
    "window",
]

_FENCE, _POST, _ARTICLE, _ATTEMPT = tables.fence.c, tables.post.c, tables.article.c, tables.attempt.c
# The most by which a site's clock may be ahead of this machine's clock. An article that is dated later than
# this after the restore was not posted before the restore.
_MAX_CLOCK_DIFFERENCE = timedelta(minutes=1)
# If a site shows an article for the first time later than this after the restore, no post of the article was
# made before the restore.
_MAX_NEWS_DELAY = timedelta(days=1)
# A person may have posted an article in the period of which the restored ledger has no records, if newsbot
# found the article at most this long before the period.
_POSTED_WITHIN = timedelta(days=30)
# The assumed length of the period of which a restored ledger has no records, if no record has a time.
_UNKNOWN_PERIOD = timedelta(days=7)
# This value is stored as the time since which a post is missing on its platform. It is so far in the future
# that a search which does not find the post never proves that the post is not published.
_NEVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
# The number of the reconciler's twelve searches that a new post, which may have been published before the
# restore, skips. Two searches are enough: if the post was published, the first of them finds it.
_LOOK_COUNT = 10
_FIRST_LOOK = timedelta(seconds=3)
# The most updates in one answer to Telegram's getUpdates; Telegram may deliver all of them again.
_UPDATE_COUNT = 100
# The row numbers that are skipped in each table, because rows that the restore lost may have had them.
_SKIPPED_NUMBERS = 1000
_NUMBERED_TABLES = ("post", "article", "action", "amendment", "card")
_MOST_ANCESTORS = 50


class LostPeriod(NamedTuple):
    """The period of which the restored ledger has no records, from ``since`` to ``until``."""

    since: datetime
    until: datetime


def generate_identity() -> str:
    """Generate an identity (a random hexadecimal text) for a ledger, which no other ledger has."""
    return uuid4().hex


def window(tx: Connection) -> LostPeriod | None:
    """Return the period of which the ledger has no records since its last restore from a backup.

    Returns None if the ledger was never restored.
    """
    row = tx.execute(select(_FENCE.since, _FENCE.until)).first()
    return LostPeriod(row.since, row.until) if row and row.until else None


class LostLedger(NamedTuple):
    """What the progress marks (counts of the ledger's calls) say about the ledger that newsbot used until the
    restore of a backup.

    ``why`` says how the restore was detected. ``spent`` and ``updates`` are as in
    `progress_marks.ProgressMark`. ``calls`` is how many calls are known to be missing. ``counted`` says that
    a mark was found, so that ``spent`` is known.
    """

    why: Reason
    spent: Mapping[str, int]
    updates: Mapping[str, int]
    calls: int
    counted: bool


class WaitingPost(NamedTuple):
    """A waiting post's stored values with its channel's state, and how many of its parts are published."""

    row: tuple[Any, ...]
    state: str
    published: int


class ReplacedPosts(NamedTuple):
    """The posts of a complete ledger that a backup replaced.

    ``waiting`` maps the row number of each post that waited in that ledger to the post's stored values.
    ``cancelled`` maps the row number of each cancelled post to the number of calls made for the post.
    ``called`` maps each article's row number to that of its last post for which a call was made.
    """

    waiting: Mapping[int, WaitingPost]
    cancelled: Mapping[int, int]
    called: Mapping[int, int]


def load_replaced_posts(tx: Connection) -> ReplacedPosts:
    """Load the posts of the ledger that a backup is about to replace, as far as the restore needs them."""
    cancelled = select(_POST.id, _POST.attempts).where(_POST.state == str(PostState.CANCELLED))
    called = select(_POST.article_id, func.max(_POST.id)).where(_POST.attempts > 0)
    return ReplacedPosts(
        _load_waiting_posts(tx),
        dict(map(tuple, tx.execute(cancelled))),
        dict(map(tuple, tx.execute(called.group_by(_POST.article_id)))),
    )


def _load_waiting_posts(tx: Connection) -> dict[int, WaitingPost]:
    receipt = tables.receipt.c
    published = select(func.count()).where(receipt.post_id == _POST.id).scalar_subquery().label("published")
    found = select(published, tables.channel.c.state.label("channel_state"), *_POST)
    found = found.outerjoin(tables.channel, tables.channel.c.name == _POST.channel).where(tables.WAITS)
    rows = tx.execute(found)
    return {row.id: WaitingPost(tuple(row)[1:], row.state, row.published) for row in rows}


def fence_ledger(
    tx: Connection, lost: LostLedger, *, now: datetime, replaced: ReplacedPosts | None = None
) -> None:
    """Make every post that may have been sent before the restore `unknown`, so that newsbot never sends it.

    ``replaced`` are the posts in the database that the backup replaced, if they are known: a post that waited
    there, or was cancelled without a call, is not published.
    """
    waiting = _load_waiting_posts(tx) if replaced else {}
    there = tx.execute(select(tables.fence).with_for_update()).one()
    gone = LostPeriod(min(_load_last_known_time(tx) or now - _UNKNOWN_PERIOD, now), now)
    for was in _lock_posts(tx, (PostState.SENDING,)):
        recover_post(tx, was, now=now, by=FENCE)
    _raise_budgets(tx, lost.spent)
    for was in _lock_posts(tx, (PostState.UNKNOWN, *PENDING)):
        if replaced and _is_unsent(was, replaced, waiting):
            _keep_unsent_post(tx, was, replaced, waiting, now=now)
        elif was.state is not PostState.UNKNOWN:
            _doubt_post(tx, was, gone, reserves=not lost.counted, now=now)
        elif not (replaced and _is_unchanged(was, replaced, waiting)):
            _doubt_unknown_post(tx, was, gone, now=now)
    _doubt_articles(tx, gone, replaced)
    _skip_updates(tx, lost.updates, now=now)
    for name in _NUMBERED_TABLES:
        _skip_numbers(tx, name, _SKIPPED_NUMBERS + 10 * lost.calls)
    ancestors = [*there.ancestors, there.identity][-_MOST_ANCESTORS:]
    values = {"identity": generate_identity(), "ancestors": ancestors, "why": lost.why}
    tx.execute(update(tables.fence).values(**values, since=gone.since, until=gone.until, marked=True))


def _is_unchanged(was: Post, replaced: ReplacedPosts, waiting: Mapping[int, WaitingPost]) -> bool:
    """Return whether the post waits in the restored ledger just as it waited in the replaced database."""
    number = ids.post_number(was.id)
    return number in waiting and replaced.waiting.get(number) == waiting[number]


def _is_unsent(was: Post, replaced: ReplacedPosts, waiting: Mapping[int, WaitingPost]) -> bool:
    """Return whether the database that the backup replaced proves that the post was not published.

    Parts of the post that were published before the backup was made do not count.
    """
    number = ids.post_number(was.id)
    there, here = replaced.waiting.get(number), waiting.get(number)
    if there is None or here is None:
        return was.state in PENDING and replaced.cancelled.get(number) == was.attempts
    return there.state in PENDING and there.published == here.published


def _keep_unsent_post(
    tx: Connection, was: Post, replaced: ReplacedPosts, waiting: Mapping[int, WaitingPost], *, now: datetime
) -> None:
    """Keep a post that is surely not published; hold it for an editor if it did not wait in the same way in
    the replaced database.

    In that case a person may have decided about the post after the backup was made, and the restored ledger
    lacks the decision.
    """
    if was.state is PostState.HELD or _is_unchanged(was, replaced, waiting):
        return
    why = Code.DECISION_LOST()
    if was.state is PostState.UNKNOWN:
        due_at, held_for = max(now, was.due_at), was.held_for or why
        shift(tx, was, PostEvent.MISS, by=FENCE, now=now, error=None, due_at=due_at, held_for=held_for)
    else:
        shift(tx, was, PostEvent.HOLD, by=FENCE, now=now, detail=why, held_for=why)


def _doubt_articles(tx: Connection, gone: LostPeriod, replaced: ReplacedPosts | None) -> None:
    """Mark each article that may have published posts which are missing in the restored ledger."""
    doubted = update(tables.article).values(doubted=True)
    if replaced is None:
        # Any article that was unread, had failed or was found lately when the backup was made is marked,
        # because a person may have posted it afterwards.
        since = gone.since - _POSTED_WITHIN
        tx.execute(doubted.where(tables.UNREAD | tables.TROUBLED | (_ARTICLE.found_at >= since)))
        return
    tx.execute(doubted.where(tables.UNREAD | tables.TROUBLED))
    last = select(_POST.article_id, func.max(_POST.id)).group_by(_POST.article_id)
    known = dict(map(tuple, tx.execute(last)))
    numbers = [article for article, post in replaced.called.items() if post > known.get(article, 0)]
    roots = select(_ARTICLE.same_as).where(in_list(_ARTICLE.id, "numbers"), _ARTICLE.same_as.is_not(None))
    numbers += tx.execute(roots, {"numbers": numbers}).scalars()
    tx.execute(doubted.where(in_list(_ARTICLE.id, "numbers")), {"numbers": numbers})


def doubt_new_posts(
    tx: Connection, article: int, posts: Sequence[Post], *, now: datetime, by_person: bool = False
) -> list[Post]:
    """Make new posts unknown at once if their article may have been posted before the restore.

    Returns the posts. The article's posts from before the restore may have had another text, so a search that
    does not find the new text on the platform proves nothing. ``by_person`` says that a person, not a source,
    submitted the article.
    """
    gone = window(tx) if posts else None
    if gone is None or not _may_have_been_sent(tx, article, gone, now, by_person=by_person):
        return list(posts)
    return [
        # A correction stays as it is, because a person asked for it after the restore, so that it was not
        # sent before.
        was if was.role == "correction" else _doubt_post(tx, was, gone, reserves=False, now=now, proves=False)
        for was in posts
    ]


def doubt_next_part(tx: Connection, has: Post, *, now: datetime) -> Post:
    """Make a post unknown again, because its next part may have been sent before the restore, and return it.

    ``has`` is the post, which is `retrying` because a search has found one of its parts on the platform. If
    the found part was sent by a call that the ledger has on record, ``has`` is returned unchanged.
    """
    number = ids.post_number(has.id)
    calls = select(_ATTEMPT.started_at, _ATTEMPT.until).where(_ATTEMPT.post_id == number)
    last = tx.execute(calls.order_by(_ATTEMPT.id.desc()).limit(1)).first()
    if last is None or last.until is None or has.state is not PostState.RETRYING:
        return has
    # A message of the post was sent, so the post waits for no editor's decision any more.
    update_post(tx, number, held_for=None)
    gone = LostPeriod(last.started_at, last.until)
    values = {"error": _build_failure(gone), "attempts": has.attempts + 1}
    detail = Code.NEXT_PART_IN_DOUBT(n=has.next_part + 1, count=len(has.parts))
    _insert_lost_attempt(tx, number, has.next_part, gone, now=now)
    return shift(tx, has, PostEvent.FENCE, by=FENCE, now=now, detail=detail, **values)


def _may_have_been_sent(
    tx: Connection, article: int, gone: LostPeriod, now: datetime, *, by_person: bool
) -> bool:
    """Return whether the article may have been posted before the restore.

    This is judged by the article's date and by the time at which newsbot found the article. An article
    without a date counts if a person submitted it: a source shows such an article once, but a person may
    submit a page twice.
    """
    columns = (_ARTICLE.doubted, _ARTICLE.found_at, _ARTICLE.article, _ARTICLE.url_key)
    row = tx.execute(select(*columns).where(_ARTICLE.id == article)).one()
    if row.doubted and row.found_at <= gone.until:
        return True
    dated = decode_article(row.article).published_at if row.article else None
    lately = gone.until <= row.found_at and now < gone.until + _MAX_NEWS_DELAY
    if dated is None:
        return row.doubted or (by_person and lately and row.url_key is not None)
    return (row.doubted or lately) and dated <= gone.until + _MAX_CLOCK_DIFFERENCE


def _load_last_known_time(tx: Connection) -> datetime | None:
    """Return the latest time of any record in the ledger; None if the ledger has no records."""
    event, source = tables.event.c, tables.source.c
    newest = (
        select(event.at).order_by(event.id.desc()).limit(1),
        select(func.max(source.last_polled_at, type_=source.last_polled_at.type)),
        select(_ATTEMPT.started_at).order_by(_ATTEMPT.id.desc()).limit(1),
    )
    times = [tx.execute(each).scalar() for each in newest]
    return max((time for time in times if time is not None), default=None)


def _lock_posts(tx: Connection, states: Iterable[PostState]) -> list[Post]:
    found = select_posts().where(tables.WAITS, tables.in_queue(_POST.state, *sorted(states)))
    return to_posts(tx, tx.execute(found.order_by(_POST.id).with_for_update(of=tables.post)))


def _build_failure(gone: LostPeriod) -> Failure:
    return Failure(RESTORED_CODE, UsageCode.RESTORED(since=gone.since, until=gone.until))


def _doubt_post(
    tx: Connection, was: Post, gone: LostPeriod, *, reserves: bool, now: datetime, proves: bool = True
) -> Post:
    """Make a waiting post unknown, because it may have been sent before the restore, and return the post.

    If ``reserves`` is true, the cost of the call that may have sent the post is added to the month's
    spending. If ``proves`` is true, a search which does not find the post proves that the post is not
    published.
    """
    number, failure = ids.post_number(was.id), _build_failure(gone)
    if was.next_part == len(was.parts):
        # A search has found all messages of the post on the platform, so nothing of it can be sent twice.
        return was
    if reserves and was.cost_usd:
        wanted = budget.Reservation(was.channel, budget.format_month(now), was.cost_usd)
        budget.reserve(tx, number, wanted, None)
    call = _insert_lost_attempt(tx, number, was.next_part, gone, now=now)
    if not proves:
        # A digest (a post that lists several articles) that is made now has another text than one made before
        # the restore, so no search can find the digest that was made before the restore.
        look_at = None if was.role == "digest" else now + _FIRST_LOOK
        first = {"attempt_id": call, "looks": _LOOK_COUNT, "look_at": look_at, "absent_since": _NEVER}
        tx.execute(insert(tables.look).values(**first))
    # A post that waited for an editor keeps the reason for that, because it waits for an editor again if a
    # search proves that it is not published.
    values: dict[str, Any] = {"error": failure, "attempts": was.attempts + 1, "holder": None}
    return shift(tx, was, PostEvent.FENCE, by=FENCE, now=now, detail=failure.reason, **values)


def _doubt_unknown_post(tx: Connection, was: Post, gone: LostPeriod, *, now: datetime) -> None:
    """Record that the next message of an `unknown` post may have been sent before the ledger was restored."""
    number, failure = ids.post_number(was.id), _build_failure(gone)
    _insert_lost_attempt(tx, number, was.next_part, gone, now=now)
    update_post(tx, number, error=failure, attempts=was.attempts + 1, holder=None)
    note(tx, number, TimelineEvent.IN_DOUBT_AGAIN, by=FENCE, now=now, detail=failure.reason)


def _insert_lost_attempt(tx: Connection, number: int, part: int, gone: LostPeriod, *, now: datetime) -> int:
    """Store one attempt that stands for all calls which may have been made before the restore.

    The attempt counts as ended without an answer. Returns the attempt's number.
    """
    values = {"post_id": number, "part": part, "started_at": gone.since, "until": gone.until}
    row = insert(tables.attempt).values(**values, ended_at=now, outcome=str(PostEvent.LOSE))
    return int(tx.execute(row.returning(_ATTEMPT.id)).scalar_one())


def _raise_budgets(tx: Connection, spent: Mapping[str, int]) -> None:
    """Raise each account's spending in a month to the amount in the progress mark (record of calls and
    spending), if that is higher.
    """
    column = tables.month.c
    for key, micros in spent.items():
        name, _, month = key.rpartition(" ")
        # A progress mark (a file that counts calls and spending) that an older version of newsbot wrote names
        # channels, so the channel's account is looked up here.
        account = budget.find_account(tx, name)
        amount = Decimal(micros) / budget.MICROS_PER_USD
        ensure_row(tx, tables.month, account=account, month=month, amount_usd=amount)
        less = update(tables.month).where(column.account == account, column.month == month)
        less = less.where(column.amount_usd < literal(amount, column.amount_usd.type))
        tx.execute(less.values(amount_usd=amount))


def _skip_updates(tx: Connection, updates: Mapping[str, int], *, now: datetime) -> None:
    """Mark as done the Telegram updates that the desk received before the restore and may receive again.

    ``updates`` maps each bot to the number of its last update.
    """
    for bot, last in updates.items():
        for number in range(max(0, last - _UPDATE_COUNT + 1), last + 1):
            told = {"bot_id": int(bot), "update_id": number, "at": now, "said": "", "state": "done"}
            ensure_row(tx, tables.desk_update, **told)


def _skip_numbers(tx: Connection, name: str, count: int) -> None:
    """Skip row numbers of a table, so that no new row gets a number that a row had before the restore.

    People's messages and old buttons may still name the former rows.
    """
    if tx.dialect.name != "sqlite":
        sequence = {"name": name}
        last = text("SELECT nextval(pg_get_serial_sequence(:name, 'id'))")
        at = tx.execute(last, sequence).scalar_one() + count
        tx.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :at)"), sequence | {"at": at})
        return
    moved = text("UPDATE sqlite_sequence SET seq = seq + :count WHERE name = :name")
    if not tx.execute(moved, {"name": name, "count": count}).rowcount:
        first = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :count)")
        tx.execute(first, {"name": name, "count": count})
