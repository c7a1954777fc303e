"""Words taken out of the ledger: the facts, times and fingerprints of what they were stay."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from newsbot.ledger import schema as tables
from newsbot.ledger.codec import fingerprint
from newsbot.model import PostState

__all__ = ["redact", "redact_post"]

_POST, _ARTICLE, _EVENT, _AMENDMENT = tables.post.c, tables.article.c, tables.event.c, tables.amendment.c
_TELLS_WORDS = (
    "article edited",
    "edited",
    "fix",
    "correct",
    "edit",
)  # events whose detail quotes the article
_UNSETTLED = (str(PostState.SENDING), str(PostState.UNKNOWN))


def redact(tx: Connection, articles: Sequence[int], *, now: datetime) -> None:
    """The articles' and their posts'. A post that may still be found by its words keeps them until then."""
    for row in tx.execute(select(tables.article).where(_ARTICLE.id.in_(articles))).all():
        values: dict[str, Any] = {"title": None, "item": None, "redacted_at": now}
        if row.article:
            values["article"] = _article(row.article)
        if row.state in {"found", "leased"}:
            values["state"] = "recorded"
        tx.execute(update(tables.article).where(_ARTICLE.id == row.id).values(**values))
    action = update(tables.action).where(tables.action.c.article_id.in_(articles))
    tx.execute(action.where(tables.action.c.what.in_(("fix", "correct", "edit"))).values(detail=""))
    for number in tx.execute(select(_POST.id).where(_POST.article_id.in_(articles))).scalars().all():
        redact_post(tx, number)


def redact_post(tx: Connection, number: int) -> None:
    """Nothing where its article was not redacted, or nobody knows yet whether it is out."""
    post = select(_POST.parts, _POST.state, _ARTICLE.redacted_at)
    row = tx.execute(
        post.join(tables.article, _ARTICLE.id == _POST.article_id).where(_POST.id == number)
    ).one()
    if row.redacted_at is None or row.state in _UNSETTLED:
        return
    values = {"parts": [_part(part) for part in row.parts], "warnings": [], "summary": None}
    tx.execute(update(tables.post).where(_POST.id == number).values(**values))
    told = (_EVENT.post_id == number, _EVENT.event.in_(_TELLS_WORDS))
    tx.execute(update(tables.event).where(*told).values(detail="redacted"))
    for each in tx.execute(select(tables.amendment).where(_AMENDMENT.post_id == number)).all():
        after = _notice(each.after) if each.what == "delete" or each.state == "due" else _part(each.after)
        kept: dict[str, Any] = {"before": _part(each.before), "after": after}
        tx.execute(update(tables.amendment).where(_AMENDMENT.id == each.id).values(**kept))


def _article(data: dict[str, Any]) -> dict[str, Any]:
    """Its address and times; and what its text was, as a fingerprint."""
    gone: dict[str, Any] = {"title": None, "summary": None, "author": None, "image": None, "tags": []}
    return {**data, **gone, "text": _mark(data["text"])}


def _part(data: dict[str, Any] | None) -> dict[str, Any] | None:
    if data is None or data["text"].startswith("redacted "):
        return data
    return {**data, "text": _mark(data["text"]), "media": _media(data), "link_preview": None}


def _notice(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """Words of our own, which are still to be shown; that there is a photo matters, not which."""
    return None if data is None else {**data, "media": _media(data), "link_preview": None}


def _media(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"url": "redacted", "alt": None} for _ in data["media"]]


def _mark(text: str) -> str:
    return text if text.startswith("redacted ") else f"redacted {fingerprint(text)}"
