"""The JSON that programs see, for the command line and the pages alike (INTERFACE, JSON)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from newsbot.model import Article, Draft, Event, Failure, Part, Post
from newsbot.ports import Kept

__all__ = ["article_view", "draft_view", "failure_view", "kept_view", "post_view", "stamp"]


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, ``2026-12-01T08:00:00Z``; None stays None."""
    if at is None:
        return None
    return (
        at.astimezone(UTC)
        .isoformat(timespec="milliseconds" if at.microsecond else "seconds")
        .replace("+00:00", "Z")
    )


def failure_view(failure: Failure | None) -> dict[str, str] | None:
    """``{code, message}``, or None."""
    return {"code": failure.code, "message": failure.message} if failure else None


def article_view(article: Article) -> dict[str, Any]:
    """An article as `fetch` lists it."""
    image = article.image
    return {
        "guid": article.guid,
        "url": article.url,
        "title": article.title,
        "published_at": stamp(article.published_at),
        "updated_at": stamp(article.updated_at),
        "author": article.author,
        "language": article.language,
        "summary": article.summary,
        "text": article.text,
        "image": {"url": image.url, "alt": image.alt} if image else None,
        "tags": list(article.tags),
    }


def draft_view(draft: Draft) -> dict[str, Any]:
    """A draft as `preview` shows it."""
    return {
        "channel": draft.channel,
        "kind": draft.kind,
        "parts": [_part_view(part) for part in draft.parts],
        "warnings": [{"code": warning.code, "message": warning.message} for warning in draft.warnings],
        "cost_usd": float(draft.cost_usd) if draft.cost_usd is not None else None,
        "language": draft.language,
        "summary": [{"text": s.text, "source_sentence": s.source} for s in draft.summary],
    }


def _part_view(part: Part) -> dict[str, Any]:
    return {
        "text": part.text,
        "parse_mode": part.parse_mode,
        "length": part.length,
        "limit": part.limit,
        "media": [{"url": image.url, "alt": image.alt} for image in part.media],
        "link_preview": part.link_preview,
    }


def kept_view(kept: Kept, posts: Sequence[Post]) -> dict[str, Any]:
    """An article of the ledger: what became of it."""
    return {
        "id": kept.id,
        "source": kept.source,
        "state": kept.state,
        "title": kept.title,
        "url": kept.url,
        "found_at": stamp(kept.found_at),
        "error": failure_view(kept.error),
        "note": kept.note,
        "posts": [post_view(post) for post in posts],
    }


def post_view(post: Post, timeline: Sequence[Event] | None = None) -> dict[str, Any]:
    """One post; with its ``timeline`` where that is given."""
    view: dict[str, Any] = {
        "id": post.id,
        "article": {"id": post.article_id, "title": post.article_title, "url": post.article_url},
        "channel": post.channel,
        "state": str(post.state),
        "due_at": stamp(post.due_at),
        "sent_at": stamp(post.sent_at),
        "attempts": post.attempts,
        "receipts": [{"part": r.part, "remote_id": r.remote_id or None, "url": r.url} for r in post.receipts],
        "error": failure_view(post.error),
    }
    if timeline is not None:
        view["timeline"] = [{**event._asdict(), "at": stamp(event.at)} for event in timeline]
    return view
