"""The creation of posts in the ledger, when an article is queued for channels."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from newsbot.errors import AlreadyPosted
from newsbot.ledger import ids
from newsbot.ledger.database import request_job
from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.restored_posts import doubt_new_posts
from newsbot.ledger.same_article import get_root, root_column
from newsbot.ledger.schedule import get_embargo_until, respect_embargo
from newsbot.ledger.schema import article as articles
from newsbot.ledger.schema import channel, post
from newsbot.ledger.serialization import encode_draft, get_post, select_posts, to_posts
from newsbot.ledger.takedowns import find_block
from newsbot.ledger.transitions import note, note_summary
from newsbot.model import SYSTEM, Post, PostState, TimelineEvent
from newsbot.ports import Job, NewPost
from newsbot.reasons import Code, UsageCode

__all__ = ["add_first_posts", "add_posts", "list_posts_of", "list_posts_of_root", "refuse_repeats"]

# The columns of a new post that have the same names and values as fields of `Draft` and `NewPost`.
_DRAFT_COLUMNS = ("channel", "kind", "language", "target", "template")
_TERMS_COLUMNS = tuple(
    each.name for each in fields(NewPost) if each.name not in {"answers", "by", "draft", "said"}
)


def list_posts_of(tx: Connection, article: int) -> list[Post]:
    """Return every post of the article with the row number ``article``, oldest first."""
    return to_posts(tx, tx.execute(select_posts().where(post.c.article_id == article).order_by(post.c.id)))


def list_posts_of_root(tx: Connection, root: int) -> list[Post]:
    """Return every post of a root article and of its duplicates from all sources, oldest first.

    The root is the first of several articles that are the same; ``root`` is its row number.
    """
    return to_posts(tx, tx.execute(select_posts().where(root_column == root).order_by(post.c.id)))


def add_posts(
    tx: Connection,
    article: int,
    posts: Sequence[NewPost],
    *,
    now: datetime,
    again: bool = False,
    by_person: bool = False,
) -> list[Post]:
    """Queue each post as the next post (revision) of its article on its channel; add its first history event.

    Returns the new posts; none if the article was taken down (removed from all channels for good). Posts that
    may have been sent before the ledger was restored from a backup become `unknown`, unless ``again`` says
    that a person asked to post the article again. ``by_person`` says that a person submitted the article.
    """
    root = get_root(tx, article)
    ready = _prepare_posts(tx, article, posts)
    made = [
        _insert_post(tx, article, root, _compute_next_revision(tx, root, new.draft.channel), new, now=now)
        for new in ready
    ]
    return made if again else doubt_new_posts(tx, article, made, now=now, by_person=by_person)


def add_first_posts(tx: Connection, article: int, posts: Sequence[NewPost], *, now: datetime) -> list[Post]:
    """Queue each post as its article's first post on its channel, and return the new posts.

    If another transaction has queued a first post on the channel in the meantime, for the same article from
    any source, that post stays, and the new post is not queued.
    """
    root = get_root(tx, article)
    added = []
    for new in _prepare_posts(tx, article, posts):
        try:
            with tx.begin_nested():
                added.append(_insert_post(tx, article, root, 1, new, now=now))
        except IntegrityError as error:
            # The error is ignored only if it names the index of posts' revisions: then another transaction
            # has queued the post. SQLite names an index by its columns or, if it is over an expression as
            # this one is, by its name.
            if "uq_post_revision" not in str(error.orig):
                raise
    return doubt_new_posts(tx, article, added, now=now)


def _prepare_posts(tx: Connection, article: int, posts: Sequence[NewPost]) -> list[NewPost]:
    """Return the posts that may be queued, with the article's embargo applied; none for a blocked article.

    An article is blocked if a person has removed it from all channels for good. Channels that have no row in
    the ledger yet get one.
    """
    if not posts or find_block(tx, article):
        return []
    for name in sorted({new.draft.channel for new in posts}):
        ensure_row(tx, channel, name=name, state="active")
    until = get_embargo_until(tx, article)
    return [_apply_embargo(new, until) for new in posts]


def _apply_embargo(new: NewPost, until: datetime | None) -> NewPost:
    """Postpone a post to the end of its article's embargo, if the post was planned without that embargo.

    ``until`` is the embargo's end, None for no embargo.
    """
    if until is None or (new.embargo_until and new.embargo_until >= until):
        return new
    due, reason = respect_embargo(until, new.due_at, new.reason)
    later = due > new.due_at
    expires = new.expires_at and new.expires_at + (due - new.due_at)
    slot = None if later else new.slot_at
    return replace(new, embargo_until=until, due_at=due, reason=reason, expires_at=expires, slot_at=slot)


def refuse_repeats(tx: Connection, article: int, posts: Sequence[NewPost], *, but: str = "") -> None:
    """Raise an error if one of the channels of ``posts`` has a sent or waiting post of the article already.

    A post of which only some parts are published counts too. The post with the id ``but`` does not count.

    Raises:
        AlreadyPosted: the article has a sent or waiting post on one of the channels of ``posts``; the error
            names the first one.
    """
    wanted = {new.draft.channel for new in posts}
    there = [
        old
        for old in _list_posts_of_same_articles(tx, article)
        if old.channel in wanted and old.id != but and (old.waits or old.is_out)
    ]
    if there:
        first, state = there[0], str(there[0].state)
        why = UsageCode.OUT_ON_CHANNEL(channel=first.channel, ref=first.id)
        if first.waits:
            why = UsageCode.WAITING_ON_CHANNEL(state=state, channel=first.channel, ref=first.id)
        raise AlreadyPosted(why, tuple(old.id for old in there))


def _list_posts_of_same_articles(tx: Connection, number: int) -> list[Post]:
    """Return the posts of an article and of all its duplicates, oldest first.

    Duplicates may be from other sources, or articles that the first poll of their source only recorded.
    """
    column = articles.c
    mine = tx.execute(select(column.url_key, column.same_as).where(column.id == number)).one()
    found = {each.id: each for each in list_posts_of_root(tx, mine.same_as or number)}
    if mine.url_key is not None:
        there = select(column.id).where(column.url_key == mine.url_key)
        others = select_posts().where(post.c.article_id.in_(there))
        found |= {each.id: each for each in to_posts(tx, tx.execute(others))}
    return sorted(found.values(), key=lambda each: ids.post_number(each.id))


def _insert_post(
    tx: Connection, article: int, root: int, revision: int, new: NewPost, *, now: datetime
) -> Post:
    draft = new.draft
    state = PostState.HELD if new.held_for is not None else PostState.SCHEDULED
    row = insert(post).values(
        article_id=article,
        root=root if root != article else None,
        revision=revision,
        state=str(state),
        created_at=now,
        attempts=0,
        answers=ids.post_number(new.answers) if new.answers else None,
        **encode_draft(draft),
        **{name: getattr(draft, name) for name in _DRAFT_COLUMNS},
        **{name: getattr(new, name) for name in _TERMS_COLUMNS},
    )
    number = tx.execute(row.returning(post.c.id)).scalar_one()
    if state is PostState.SCHEDULED and new.due_at <= now:
        request_job(tx, Job("drain", draft.channel, priority=int(new.breaking)))
    detail = Code.HELD_FOR(why=new.held_for) if new.held_for is not None else new.reason
    note(tx, number, TimelineEvent.COMPOSED, by=new.by, now=now, detail=detail)
    for said in new.said:
        note(tx, number, TimelineEvent.RULE, by=SYSTEM, now=now, detail=said)
    note_summary(tx, number, draft.notes, now)
    return get_post(tx, number)


def _compute_next_revision(tx: Connection, root: int, name: str) -> int:
    last = select(func.max(post.c.revision)).where(root_column == root, post.c.channel == name)
    return int(tx.execute(last).scalar() or 0) + 1
