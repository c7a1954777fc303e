"""How answers are shown: JSON for programs, tables and words for people."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from newsbot.model import Draft, Event, Post
from newsbot.newsroom.times import say_time

__all__ = ["complain", "say", "show_drafts", "show_post", "show_posts", "show_status", "write_json"]


def write_json(value: Any, *, line: bool = False) -> None:
    """Standard output, indented, or on one ``line``."""
    print(json.dumps(value, ensure_ascii=False, indent=None if line else 2), flush=True)


def complain(problem: object) -> None:
    """One line on standard error."""
    print(f"newsbot: {problem}", file=sys.stderr, flush=True)


def say(words: str) -> None:
    """One line on standard output."""
    print(words, flush=True)


def _when(at: datetime | None, zone: tzinfo) -> str:
    return say_time(at, zone) if at else "-"


def _table(*columns: str) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print(thing: Any) -> None:
    from rich.console import Console

    Console(soft_wrap=not sys.stdout.isatty(), highlight=False).print(thing)


def show_posts(posts: Sequence[Post], zone: tzinfo) -> None:
    """A table, one post a row."""
    if not posts:
        say("No posts.")
        return
    table = _table("id", "state", "channel", "due", "headline", "why")
    for post in posts:
        why = post.held_for or (post.error.message if post.error else post.reason)
        title = post.article_title or post.article_url or "(no title)"
        table.add_row(
            post.id, str(post.state), post.channel, _when(post.due_at, zone), _plain(title), _plain(why)
        )
    _print(table)


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(text)


def show_post(post: Post, timeline: Sequence[Event], zone: tzinfo) -> None:
    """One post's whole story."""
    say(f"{post.id}  {post.state}  on {post.channel}  (article {post.article_id})")
    say(f"{post.article_title or '(no title)'}\n{post.article_url or '(no link)'}\n")
    for n, part in enumerate(post.parts, 1):
        say(f"-- part {n} of {len(post.parts)}: {part.length} of {part.limit}\n{part.text}\n")
    for receipt in post.receipts:
        say(f"out: {receipt.url or receipt.remote_id or 'without a link'} {receipt.note or ''}".rstrip())
    for event in timeline:
        say(f"{_when(event.at, zone)}  {event.event}  by {event.by}  {event.detail}".rstrip())


def show_drafts(drafts: Sequence[Draft]) -> None:
    """Each channel's post as it would go out, with its length and price."""
    for draft in drafts:
        price = f", ${draft.cost_usd}" if draft.cost_usd is not None else ""
        for n, part in enumerate(draft.parts, 1):
            which = f" {n} of {len(draft.parts)}" if len(draft.parts) > 1 else ""
            say(f"== {draft.channel}{which}: {part.length} of {part.limit}{price}")
            say(part.text)
            for image in part.media:
                say(f"[photo {image.url}: {image.alt or 'no alt text'}]")
            say("")
        for warning in draft.warnings:
            say(f"note: {warning.message}")


def show_status(status: dict[str, Any], zone: tzinfo) -> None:
    """Two tables, and what needs a person."""
    say(f"newsbot {status['version']} on {status['database']}")
    sources = _table("source", "state", "last poll", "last new", "next poll", "trouble")
    for one in status["sources"]:
        stamps = (one["last_polled_at"], one["last_new_at"], one["next_poll_at"])
        times = (_when(datetime.fromisoformat(at) if at else None, zone) for at in stamps)
        trouble = one["error"]["message"] if one["error"] else ""
        sources.add_row(one["name"], one["state"], *times, _plain(trouble))
    _print(sources)
    channels = _table("channel", "kind", "state", "queued", "sent in 24 h", "failed", "unknown", "budget")
    for one in status["channels"]:
        budget = one["budget"]
        money = f"${budget['month_to_date_usd']:.3f} of ${budget['limit_usd']:.2f}" if budget else ""
        counts = (str(one[key]) for key in ("queued", "sent_24h", "failed", "unknown"))
        channels.add_row(one["name"], one["kind"], one["state"], *counts, money)
    _print(channels)
