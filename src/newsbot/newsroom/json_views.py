"""Turn articles, posts and reports into JSON objects for programs.

The command line prints these objects, and the page of the sandbox (the imitated platforms) uses them.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from newsbot.model import Article, Draft, Event, Failure, Part, Post, PostWarning
from newsbot.newsroom.history import PublicVersion
from newsbot.newsroom.revisions import Proposal
from newsbot.newsroom.takedowns import TakedownReport
from newsbot.ports import Amendment, StoredArticle
from newsbot.reasons import Reason, to_json

__all__ = [
    "format_timestamp",
    "pick_fields",
    "serialize_article",
    "serialize_draft",
    "serialize_failure",
    "serialize_kept",
    "serialize_pending",
    "serialize_post",
    "serialize_proposal",
    "serialize_reason",
    "serialize_report",
    "serialize_version",
]


def format_timestamp(at: datetime | None) -> str | None:
    """Format a time as RFC 3339 in UTC, ``2026-12-01T08:00:00Z``; return None for None."""
    if at is None:
        return None
    return (
        at.astimezone(UTC)
        .isoformat(timespec="milliseconds" if at.microsecond else "seconds")
        .replace("+00:00", "Z")
    )


def pick_fields(source: object, *names: str) -> dict[str, Any]:
    """Return the fields ``names`` of an object as they stand in JSON: times by `format_timestamp`."""
    values = ((name, getattr(source, name)) for name in names)
    return {name: format_timestamp(value) if isinstance(value, datetime) else value for name, value in values}


def serialize_failure(failure: Failure | None) -> dict[str, str] | None:
    """Return a failure as a JSON object ``{code, message}``; None for None."""
    return pick_fields(failure, "code", "message") if failure else None


def serialize_article(article: Article) -> dict[str, Any]:
    """Return the JSON object that the command `fetch` prints for an article as newsbot read it."""
    times, texts = ("published_at", "updated_at"), ("author", "language", "summary", "text")
    image = pick_fields(article.image, "url", "alt") if article.image else None
    fields = pick_fields(article, "guid", "url", "title", *times, *texts)
    return {**fields, "image": image, "tags": list(article.tags)}


def serialize_draft(draft: Draft) -> dict[str, Any]:
    """Return a draft of a post as the JSON object that the command `preview` prints."""
    return {
        **pick_fields(draft, "channel", "kind"),
        "parts": [_serialize_part(part) for part in draft.parts],
        "warnings": _serialize_warnings(draft.warnings),
        "cost_usd": float(draft.cost_usd) if draft.cost_usd is not None else None,
        **pick_fields(draft, "language", "standfirst"),
        "summary": [
            {"text": s.text, "source_sentence": s.source if s.index >= 0 else None} for s in draft.summary
        ],
    }


def _serialize_warnings(warnings: Sequence[PostWarning]) -> list[dict[str, str]]:
    return [pick_fields(warning, "code", "message") for warning in warnings]


def _serialize_part(part: Part) -> dict[str, Any]:
    return {
        **pick_fields(part, "text", "parse_mode", "length", "limit"),
        "media": [pick_fields(image, "url", "alt") for image in part.media],
        "link_preview": part.link_preview,
    }


def serialize_kept(kept: StoredArticle, posts: Sequence[Post]) -> dict[str, Any]:
    """Return an article as the ledger stores it, with its state and its posts, as a JSON object."""
    return {
        **pick_fields(kept, "id", "source", "state", "title", "url", "found_at"),
        "error": serialize_failure(kept.error),
        "note": str(kept.note) if kept.note else None,
        "posts": [serialize_post(post) for post in posts],
    }


def serialize_proposal(proposed: Proposal) -> dict[str, Any]:
    """Return the proposed correction of one post as a JSON object;
    its ``error`` says why the correction is impossible.
    """
    code = "too-long" if proposed.over else "problem"
    return {
        **pick_fields(proposed.post, "id", "channel", "state"),
        **pick_fields(proposed, "how", "pending"),
        "before": [_serialize_part(part) for part in proposed.parts_before],
        "after": [_serialize_part(part) for part in proposed.parts_after],
        "error": serialize_failure(Failure(code, proposed.problem) if proposed.problem else None),
    }


def serialize_report(report: TakedownReport) -> dict[str, Any]:
    """Return the results so far of a withdrawal (of one post) or takedown (of an article) as a JSON object.

    The messages that were to be deleted are listed by channel.
    """
    action = report.action
    return {
        "what": action.what,
        "article": {"id": action.article_id, "title": report.title, "url": report.url},
        **pick_fields(action, "by", "at"),
        "done": report.done,
        "lines": [
            {
                "channel": line.channel,
                "id": line.post_id,
                **pick_fields(line, "part", "state", "at", "url"),
                "why": str(line.why) if line.why else None,
                "by": line.by,
            }
            for line in report.lines
        ],
        "digests": [serialize_post(post) for post in report.digests],
    }


def serialize_version(version: PublicVersion) -> dict[str, Any]:
    """Return one version of a published message that readers saw, with its period, as a JSON object."""
    period = pick_fields(version, "since", "until")
    return {"part": version.part, "text": version.text.text, **period, "end": version.end or None}


def serialize_pending(pending: Amendment) -> dict[str, Any]:
    """Return an ordered edit or deletion of a published message that is not done yet as a JSON object."""
    return {
        **pick_fields(pending, "part", "what", "state"),
        "asked_at": format_timestamp(pending.since),
        "url": pending.receipt.url if pending.receipt else None,
        "error": serialize_failure(pending.error),
    }


def _serialize_event(event: Event, say: Callable[[Reason], str]) -> dict[str, Any]:
    return {
        **pick_fields(event, "at", "event", "by"),
        "detail": str(event.detail or ""),
        "reason": serialize_reason(event.detail, say),
    }


def serialize_reason(reason: Reason | None, say: Callable[[Reason], str] = str) -> dict[str, Any] | None:
    """Return a reason as a JSON object ``{code, params, text}``; None for None.

    ``say`` returns the reason's text in the newsroom's language.
    """
    return {**to_json(reason), "text": say(reason)} if reason else None


def serialize_post(
    post: Post, timeline: Sequence[Event] | None = None, say: Callable[[Reason], str] = str
) -> dict[str, Any]:
    """Return one post as a JSON object; the object has the post's events if ``timeline`` has them."""
    view: dict[str, Any] = {
        "id": post.id,
        "article": {"id": post.article_id, "title": post.article_title, "url": post.article_url},
        **pick_fields(post, "channel", "state", "due_at", "sent_at", "attempts"),
        "receipts": [{"part": r.part, "remote_id": r.remote_id or None, "url": r.url} for r in post.receipts],
        "error": serialize_failure(post.error),
        "warnings": _serialize_warnings(post.warnings),
    }
    if timeline is not None:
        view["timeline"] = [_serialize_event(event, say) for event in timeline]
    return view
