"""The renaming of channels in config.yaml: posts, pauses and digests of the old name get the new name.

A channel that was removed from config.yaml counts as renamed if exactly one channel there posts to the same
target (chat or account). After the renaming, the channel's rules, its repeats and the corrections of its
posts work as if the channel had always had the new name.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, exists, func, or_, select, update

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.rate_limits import channel_key, postpone_key
from newsbot.ledger.same_article import root_column
from newsbot.ledger.serialization import (
    decode_article,
    encode_article,
    fingerprint,
    get_post,
    select_posts,
    to_posts,
)
from newsbot.ledger.statements import ensure_row
from newsbot.ledger.transitions import note
from newsbot.model import SENDER, SYSTEM, WAITING, Post, PostState, TimelineEvent, content_hash
from newsbot.ports import ChannelTargets, find_new_name
from newsbot.reasons import Code

__all__ = ["RenamedChannel", "find_renames", "rename_channel"]

_POST, _CHANNEL, _ARTICLE, _PACE = tables.post.c, tables.channel.c, tables.article.c, tables.pace.c
_OTHER = tables.post.alias("other")
_OTHER_ROOT = func.coalesce(_OTHER.c.root, _OTHER.c.article_id)
_IS_SLOTTED = tables.in_queue(_OTHER.c.state, *sorted(WAITING | {PostState.SENT}))
_IS_OVER = ~tables.in_queue(_POST.state, *sorted(WAITING))
_PAUSE = ("state", "reason", "paused_by", "paused_at", "code", "probes", "probe_at", "resumed_at")
_NO_PAUSE: dict[str, Any] = dict.fromkeys(_PAUSE) | {"state": "active", "probes": 0}


class RenamedChannel(NamedTuple):
    """A channel that was renamed from ``old`` to ``new`` in config.yaml.

    ``posts`` are the channel's waiting posts, which have the new name now.
    """

    old: str
    new: str
    posts: Sequence[Post]


def find_renames(tx: Connection, targets: ChannelTargets) -> dict[tuple[str, str], str]:
    """Return the new name of each channel that was renamed in config.yaml.

    The keys are pairs of the channel's old name and its target (chat or account), which renaming does not
    change. ``targets`` maps the channels in config.yaml to their targets.
    """
    gone = select(_CHANNEL.name, _CHANNEL.target).where(_CHANNEL.target.is_not(None))
    late = select(_POST.channel, _POST.target).where(tables.WAITS, _POST.target.is_not(None)).distinct()
    rows = {(name, place) for each in (gone, late) for name, place in tx.execute(each)}
    found = {(name, place): find_new_name(name, place, targets) for name, place in sorted(rows)}
    return {key: new for key, new in found.items() if new is not None}


def rename_channel(tx: Connection, old: str, place: str, new: str, *, now: datetime) -> RenamedChannel:
    """Give the posts, the pause and the digests of the channel ``old`` the channel name ``new``.

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
    _move_hold(tx, old, new, now)
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

    Approvals of the post stay valid, because its text and target are the same.
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

    The new name gets all stored values of the old name's pause. The old name's pause and target are deleted.
    """
    by_person = new.state == "paused" and new.paused_by != SENDER
    if old.state == "paused" and not by_person:
        mine = update(tables.channel).where(_CHANNEL.name == new.name)
        tx.execute(mine.values({name: getattr(old, name) for name in _PAUSE}))
    gone = update(tables.channel).where(_CHANNEL.name == old.name)
    tx.execute(gone.values(target=None, **_NO_PAUSE))


def _move_hold(tx: Connection, old: str, new: str, now: datetime) -> None:
    """Let a renamed channel, under its new name, wait as long as the platform asked the old name to wait."""
    until = tx.execute(select(_PACE.not_before).where(_PACE.key == channel_key(old))).scalar()
    if until and until > now:
        postpone_key(tx, channel_key(new), until, now=now)


def _rename_digests(tx: Connection, old: str, new: str) -> None:
    """Replace the old channel name in the guids of the channel's digests, so that no digest is made twice.

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
