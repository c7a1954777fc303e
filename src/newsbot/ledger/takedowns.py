"""The takedown of articles: the block of what was taken down, and the removal of its texts from the ledger.

newsbot posts nothing of a blocked article any more. An article is blocked by its address, by its guid in the
source, and by its root article (the earlier article that it duplicates). Facts, times and fingerprints of
removed texts stay in the ledger.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from html import unescape
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.serialization import address_key, fingerprint, legacy_address_key
from newsbot.ledger.stage_results import delete_stage_results
from newsbot.ledger.transitions import update_post
from newsbot.model import IN_FLIGHT, Article, Failure, TimelineEvent
from newsbot.ports import TakedownBlock
from newsbot.reasons import Code, Reason, UsageCode

__all__ = ["QuotedTexts", "block", "describe_block", "find_block", "find_blocked", "redact", "redact_post"]

_POST, _ARTICLE, _EVENT, _AMENDMENT = tables.post.c, tables.article.c, tables.event.c, tables.amendment.c
# The kinds of events in a post's history whose details may quote the post's article, so that a takedown of
# the article has to remove the quotations.
_EVENTS_WITH_TEXT = (
    TimelineEvent.ARTICLE_EDITED,
    TimelineEvent.EDITED_AT_SOURCE,
    TimelineEvent.EDITED,
    TimelineEvent.FIX,
    TimelineEvent.CORRECT,
    TimelineEvent.EDIT,
)
_REDACTED = "redacted"
# A text that has this many consecutive characters in common with the article quotes the article.
_WINDOW = 16
# A title with fewer characters than this is too common to identify the article.
_MIN_TITLE_LENGTH = 6
_TAG = re.compile(r"<[^<>]*>")
_ADDRESS = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


def block(tx: Connection, numbers: Collection[int], article: int, *, by: str, now: datetime) -> None:
    """Block the articles with these row ``numbers``, so that nothing of them is posted any more.

    ``article`` is the row number of the article whose takedown (removal from all channels) was ordered.
    """
    rows = tx.execute(select(tables.article).where(_ARTICLE.id.in_(numbers))).all()
    for key in sorted({key for row in rows for key in _list_block_keys(row)}):
        ensure_row(tx, tables.blocked, url_key=key, article_id=article, by=by, at=now)


def find_block(
    tx: Connection, number: int | None, *, url: str | None = None, article: Article | None = None
) -> TakedownBlock | None:
    """Return the block that a takedown put on a stored article, on an address, or on an article that is about
    to be stored.

    Returns None if none of these is blocked.
    """
    keys = {
        key(each)
        for each in (url, article.url if article else None)
        if each
        for key in (address_key, legacy_address_key)
    }
    if number is not None:
        keys |= _load_block_keys(tx, [number]).get(number, set())
    column = tables.blocked.c
    row = tx.execute(select(tables.blocked).where(column.url_key.in_(keys)).limit(1)).one_or_none()
    return TakedownBlock(ids.article_id(row.article_id), row.by, row.at) if row else None


def find_blocked(tx: Connection, numbers: Collection[int]) -> set[int]:
    """Return those of the row ``numbers`` whose articles are blocked, because people removed them for good.

    The number of SQL statements does not grow with the number of articles.
    """
    keys, column = _load_block_keys(tx, numbers), tables.blocked.c.url_key
    every = {key for own in keys.values() for key in own}
    blocked = set(tx.execute(select(column).where(column.in_(every))).scalars())
    return {number for number, own in keys.items() if own & blocked}


def describe_block(found: TakedownBlock) -> Reason:
    """Return the reason that tells a person why an article that was removed from all channels for good can't
    be posted.
    """
    return UsageCode.TAKEDOWN_BLOCK(id=found.article_id, by=found.by, date=f"{found.at:%Y-%m-%d}")


def _load_block_keys(tx: Connection, numbers: Collection[int]) -> dict[int, set[str]]:
    """Return the keys by which each article, or the root article that it duplicates, may be blocked.

    The result maps the articles' row numbers to the sets of keys.
    """
    columns = (_ARTICLE.id, _ARTICLE.source, _ARTICLE.guid_key, _ARTICLE.url_key, _ARTICLE.same_as)
    rows = tx.execute(select(*columns).where(_ARTICLE.id.in_(numbers))).all()
    twins = {row.same_as for row in rows if row.same_as}
    others = tx.execute(select(*columns).where(_ARTICLE.id.in_(twins))).all() if twins else []
    every: list[Row[Any]] = [*others, *rows]  # type: ignore[list-item]  # Rows with named columns are rows too.
    own = {row.id: set(_list_block_keys(row)) for row in every}
    return {row.id: own[row.id] | own.get(row.same_as, set()) for row in rows}


def _list_block_keys(row: Row[Any]) -> Iterable[str]:
    """Yield the keys by which the article in ``row`` may be blocked: of its address, and of its guid.

    The guid is needed because addresses change, and because articles from files have no address.
    """
    if row.url_key:
        yield row.url_key
    yield fingerprint(f"{row.source}\n{row.guid_key}")


class QuotedTexts:
    """A recognizer of texts that quote an article or contain its id.

    ``texts`` and ``titles`` are all texts and titles of the article that the ledger has. ``names`` are the
    ids of the article and its posts, ``urls`` its addresses.
    """

    def __init__(
        self,
        texts: Iterable[str],
        *,
        titles: Iterable[str] = (),
        names: Iterable[str] = (),
        urls: Iterable[str] = (),
    ) -> None:
        heads = [_normalize_text(title) for title in titles]
        pieces = {*heads, *(_normalize_text(_LINK.sub(" ", text)) for text in texts)}
        self._iterate_windows = {window for piece in pieces for window in _iterate_windows(piece)}
        self._short = {head for head in heads if _MIN_TITLE_LENGTH <= len(head) < _WINDOW}
        self._urls = {_ADDRESS.sub("", url).rstrip("/").casefold() for url in urls}
        named = "|".join(map(re.escape, names))
        self._named = re.compile(rf"(?<![\w-])(?:{named})(?!\w)", re.IGNORECASE) if named else None

    def quotes(self, text: str | None) -> bool:
        """Return whether ``text`` quotes the removed article or contains one of its addresses."""
        said = _normalize_text(text or "")
        if any(url in _ADDRESS.sub("", said) for url in self._urls if url):
            return True
        if any(piece in said for piece in self._short):
            return True
        return any(window in self._iterate_windows for window in _iterate_windows(said))

    def mentions(self, text: str | None) -> bool:
        """Return whether ``text`` contains an id of the removed article or its posts, or quotes the
        article.
        """
        return bool(text and self._named and self._named.search(text)) or self.quotes(text)


def _iterate_windows(text: str) -> Iterator[str]:
    return (text[end - _WINDOW : end] for end in range(_WINDOW, len(text) + 1))


def _normalize_text(text: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", text)).casefold().split())


def redact(tx: Connection, articles: Sequence[int], *, now: datetime) -> None:
    """Remove from the ledger all texts of articles that people removed, of their posts and digests (lists of
    articles), and all quotations.

    A post of which it is not known whether it is published keeps its text until that is known, because
    newsbot searches for the post on its platform by the text.
    """
    quoted = _collect_quoted(tx, articles)
    for row in tx.execute(select(tables.article).where(_ARTICLE.id.in_(articles))).all():
        _redact_article(tx, row, quoted, now)
    what, article = tables.action.c.what, tables.action.c.article_id
    quoting = update(tables.action).where(article.in_(articles), what.in_(("fix", "correct", "edit")))
    tx.execute(quoting.values(detail=None, fixed=[]))
    for number in tx.execute(select(_POST.id).where(_POST.article_id.in_(articles))).scalars().all():
        redact_post(tx, number, quoted)
    _redact_digests(tx, articles, quoted)
    _redact_others(tx, quoted)
    _redact_desk(tx, articles, quoted)


def redact_post(tx: Connection, number: int, quoted: QuotedTexts | None = None) -> None:
    """Remove the text of one post, if its article's texts were removed and it is known whether the post is
    published.

    If the article still has its texts, or the call of the post has no known outcome yet, change nothing.
    """
    post = select(_POST.parts, _POST.state, _ARTICLE.redacted_at).where(_POST.id == number)
    row = tx.execute(post.join(tables.article, _ARTICLE.id == _POST.article_id)).one()
    if row.redacted_at is None or row.state in IN_FLIGHT:
        return
    quoted = quoted or QuotedTexts(_collect_post_texts(tx, [number]))
    values = {"parts": [_redact_part(part) for part in row.parts], "warnings": [], "summary": None}
    update_post(tx, number, **values)
    _redact_reasons(tx, number, quoted)
    for each in tx.execute(select(tables.amendment).where(_AMENDMENT.post_id == number)).all():
        # The notice that replaces a deleted message keeps its text, because the newsroom wrote the text and
        # it may still have to be published.
        is_notice = each.after and (each.what == "delete" or each.state == "due")
        bare = is_notice and {**each.after, "media": _redact_media(each.after), "link_preview": None}
        kept = {"before": _redact_part(each.before), "error": _redact_failure(each.error, quoted)}
        kept["after"] = bare or _redact_part(each.after)
        tx.execute(update(tables.amendment).where(_AMENDMENT.id == each.id).values(**kept))


def _collect_quoted(tx: Connection, articles: Sequence[int]) -> QuotedTexts:
    """Collect all texts, titles, ids and addresses of the articles, before these are deleted from the
    ledger.
    """
    texts, titles, urls = list[str](), list[str](), list[str]()
    for row in tx.execute(select(tables.article).where(_ARTICLE.id.in_(articles))).all():
        read = row.article or {}
        texts += [*_iterate_strings(read), *_iterate_strings(row.item)]
        titles += [title for title in (row.title, read.get("title"), read.get("author")) if title]
        urls += [url for url in (row.url, read.get("url"), read.get("guid")) if url and "://" in url]
    change = select(tables.change.c.item).where(tables.change.c.article_id.in_(articles))
    texts += [text for item in tx.execute(change).scalars() for text in _iterate_strings(item)]
    posts = list(tx.execute(select(_POST.id).where(_POST.article_id.in_(articles))).scalars())
    names = [*map(ids.article_id, articles), *map(ids.post_id, posts)]
    return QuotedTexts([*texts, *_collect_post_texts(tx, posts)], titles=titles, names=names, urls=urls)


def _collect_post_texts(tx: Connection, posts: Sequence[int]) -> list[str]:
    """Return the present texts of posts, and their texts before and after edits.

    Notices that replace a published part (message) of a post are left out, because the newsroom wrote their
    text.
    """
    rows = tx.execute(select(_POST.parts, _POST.summary).where(_POST.id.in_(posts))).all()
    texts = [text for row in rows for text in (*_iterate_strings(row.parts), *_iterate_strings(row.summary))]
    found = select(_AMENDMENT.before, _AMENDMENT.after, tables.action.c.what)
    found = found.join(tables.action, tables.action.c.id == _AMENDMENT.action_id)
    for row in tx.execute(found.where(_AMENDMENT.post_id.in_(posts))).all():
        texts += _iterate_strings(row.before)
        texts += _iterate_strings(row.after) if row.what in {"fix", "correct", "edit"} else []
    return texts


def _iterate_strings(data: Any) -> list[str]:
    """Return every string inside a JSON value, to collect all texts of an article or post."""
    if isinstance(data, str):
        return [data]
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [text for each in inner for text in _iterate_strings(each)]


def _redact_article(tx: Connection, row: Row[Any], quoted: QuotedTexts, now: datetime) -> None:
    """Remove an article's text and address from its row; the address's key stays, by which it is found."""
    values: dict[str, Any] = {"title": None, "url": None, "item": None, "sketch": None, "redacted_at": now}
    values |= {"error": _redact_failure(row.error, quoted), "hold": _redact_reason(row.hold, quoted)}
    values["note"] = _redact_reason(row.note, quoted)
    if row.article and row.redacted_at is None:
        values["article"] = _redact_article_data(row.article)
    if row.state in {"found", "leased"}:
        values["state"] = "recorded"
    tx.execute(update(tables.article).where(_ARTICLE.id == row.id).values(**values))
    tx.execute(delete(tables.change).where(tables.change.c.article_id == row.id))
    delete_stage_results(tx, row.guid_key, row.url_key)


def _redact_reasons(tx: Connection, number: int, quoted: QuotedTexts) -> None:
    """Remove from a post's history and from its reasons (for hold, due time, failure) what quotes the
    article.
    """
    row = tx.execute(select(_POST.held_for, _POST.reason, _POST.error).where(_POST.id == number)).one()
    held_for, reason = _redact_reason(row.held_for, quoted), _redact_reason(row.reason, quoted)
    update_post(tx, number, held_for=held_for, reason=reason, error=_redact_failure(row.error, quoted))
    story = select(_EVENT.id, _EVENT.event, _EVENT.detail).where(_EVENT.post_id == number)
    for event in tx.execute(story).all():
        detail = _redact_reason(event.detail, quoted)
        if event.event in _EVENTS_WITH_TEXT:
            detail = Code.REDACTED()
        if detail != event.detail:
            tx.execute(update(tables.event).where(_EVENT.id == event.id).values(detail=detail))


def _redact_digests(tx: Connection, articles: Sequence[int], quoted: QuotedTexts) -> None:
    """Remove the quotations of the articles from digests (posts that list several articles).

    If an edit of the digest is pending, its stored parts become those of the edit, which list only the
    remaining articles.
    """
    gathered = tables.gathered.c
    with_it = select(gathered.digest_id).where(gathered.article_id.in_(articles))
    for number in tx.execute(select(_POST.id).where(_POST.article_id.in_(with_it))).scalars().all():
        found = tx.execute(select(tables.amendment).where(_AMENDMENT.post_id == number)).all()
        parts = list(tx.execute(select(_POST.parts).where(_POST.id == number)).scalar_one())
        for each in found:
            if each.what == "edit" and each.state in {"due", "calling"} and each.after:
                parts[each.part] = each.after
            mine = update(tables.amendment).where(_AMENDMENT.id == each.id)
            tx.execute(mine.values(before=_redact_part(each.before)))
        state = tx.execute(select(_POST.state).where(_POST.id == number)).scalar_one()
        if state in {"cancelled", "withdrawn"}:
            parts = [_redact_part(part) for part in parts]
        if state not in IN_FLIGHT:
            update_post(tx, number, parts=parts)
        _redact_reasons(tx, number, quoted)


def _redact_others(tx: Connection, quoted: QuotedTexts) -> None:
    """Redact the reasons for which posts of other articles wait for an editor, if the reasons quote the
    removed articles.
    """
    held = select(_POST.id, _POST.held_for).where(_POST.held_for.is_not(None))
    for row in tx.execute(held).all():
        if _redact_reason(row.held_for, quoted) != row.held_for:
            _redact_reasons(tx, row.id, quoted)


def _redact_desk(tx: Connection, articles: Sequence[int], quoted: QuotedTexts) -> None:
    """Redact the desk's commands, answers and notices that quote the articles; refresh the articles' cards.

    A card is a chat message that shows an article's state; the desk edits the message. Cards that were closed
    are refreshed too.
    """
    told = tables.desk_update
    for row in tx.execute(select(told)).all():
        mine = (told.c.bot_id == row.bot_id, told.c.update_id == row.update_id)
        if quoted.mentions(row.said) and not row.said.startswith("["):
            tx.execute(update(told).where(*mine).values(said=f"{row.said.split(None, 1)[0]} {_REDACTED}"))
        if quoted.mentions(row.outcome):
            tx.execute(update(told).where(*mine).values(outcome=_REDACTED))
    notice = tables.notice
    for row in tx.execute(select(notice.c.key, notice.c.detail)).all():
        if quoted.quotes(row.detail):
            tx.execute(update(notice).where(notice.c.key == row.key).values(detail=_REDACTED))
    card = tables.card.c
    subjects = [ids.article_id(number) for number in articles]
    shown = (card.kind == "article", card.subject.in_(subjects), card.message_id.is_not(None))
    tx.execute(update(tables.card).where(*shown).values(shown=""))
    newest = select(func.max(card.id)).where(*shown).group_by(card.chat_id, card.subject)
    tx.execute(update(tables.card).where(card.id.in_(newest)).values(closed_at=None))


def _redact_reason(reason: Reason | None, quoted: QuotedTexts) -> Reason | None:
    """Replace each text in a reason (a code with parameters) that quotes a removed article.

    The reason's code and its other parameters stay.
    """
    return reason.map_texts(lambda text: _REDACTED if quoted.quotes(text) else text) if reason else None


def _redact_failure(error: Failure | None, quoted: QuotedTexts) -> Failure | None:
    return Failure(error.code, Code.REDACTED()) if error and quoted.quotes(error.message) else error


def _redact_article_data(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data that is stored in place of a removed article: only its times and the fingerprints of
    its text and guid.
    """
    gone: dict[str, Any] = {"title": None, "summary": None, "author": None, "image": None, "url": None}
    gone |= {"tags": [], "categories": [], "live": []}
    return {**data, **gone, "text": _fingerprint_text(data["text"]), "guid": _fingerprint_text(data["guid"])}


def _redact_part(data: dict[str, Any] | None) -> dict[str, Any] | None:
    if data is None or data.get("redacted"):
        return data
    bare = {"media": _redact_media(data), "link_preview": None}
    return {**data, **bare, "redacted": True, "text": _fingerprint_text(data["text"])}


def _redact_media(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"url": "redacted", "alt": None} for _ in data["media"]]


def _fingerprint_text(text: str) -> str:
    return f"redacted {fingerprint(text)}"
