"""The history of a post: why and when it was sent, what happened to it, and each public version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsbot.errors import UsageError
from newsbot.model import Attempt, Event, Part, Post, Receipt
from newsbot.ports import Amendment, StoredArticle

if TYPE_CHECKING:
    from newsbot.ledger.actions import ActionsStore
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "SOURCE",
    "HistoryReader",
    "PostHistory",
    "PublicVersion",
    "find_pending",
    "list_receipt_notes",
    "list_versions",
]


@dataclass(frozen=True, slots=True)
class PublicVersion:
    """One part as it was public from ``since`` until ``until`` (None: it still is)."""

    part: int
    text: Part
    since: datetime
    until: datetime | None = None
    end: str = ""  # edited, deleted or deleted by hand


def list_versions(store: "ActionsStore", post: Post) -> list[PublicVersion]:
    """Return the public versions by part and time, as far as newsbot's own calls show them."""
    out = store.list_receipt_times(post.id)
    done = sorted(
        (each for each in store.list_amendments(post_id=post.id) if each.state == "done" and each.done_at),
        key=lambda each: (each.part, each.done_at, each.id),
    )
    found: list[PublicVersion] = []
    for part, since in sorted(out.items()):
        begins, gone = since, False
        for each in (one for one in done if one.part == part):
            assert each.done_at  # noqa: S101  A finished amendment has a time.
            text = each.before or post.parts[part]
            end = "deleted by hand" if each.done_by else "edited" if each.what == "edit" else "deleted"
            found.append(PublicVersion(part, text, begins, each.done_at, end))
            begins, gone = each.done_at, end != "edited"
        if not gone:
            found.append(PublicVersion(part, post.parts[part], begins))
    return found


SOURCE = "by hand"
"""The ledger's source name for articles that people submit."""

_ID = re.compile(r"\d+")
_X_HOSTS = frozenset({"x.com", "twitter.com", "mobile.twitter.com"})
_NOT_DONE = frozenset({"due", "calling", "failed", "manual"})
_ENDS = {
    "sent": "accepted",
    "not sent": "surely not sent",
    "refused": "refused",
    "unknown": "no answer that proves anything",
}


@dataclass(frozen=True, slots=True)
class PostHistory:
    """A post with all its events, earliest first. ``sentences`` are those shown, each with its source.

    ``timeline`` has the events of the post itself (INTERFACE, JSON). ``pending`` are the requested edits and
    deletions that are not done, so that the public text is still the old one.
    """

    post: Post
    article: StoredArticle
    timeline: tuple[Event, ...]
    lines: tuple[Event, ...]
    sentences: tuple[tuple[str, str], ...]
    pending: tuple[Amendment, ...] = ()


class HistoryReader:
    """Finds the post or article that a person asks about, and its history."""

    def __init__(self, ledger: "Ledger") -> None:
        self._ledger = ledger

    def find(self, asked: str) -> str:
        """Return the id of the post or article that ``asked`` names: an id, a post's link or an article URL.

        Raises:
            UsageError: nothing has that name; for a link, newsbot never posted it.
        """
        asked = asked.strip().strip("<>")
        if "://" not in asked:
            return asked
        if post := self._find_by_link(asked):
            return post.id
        if found := self._ledger.articles.find_article(url=asked):
            return found[0]
        raise UsageError(f"we never posted this, nor took in an article of this address: {asked}")

    def find_by_message(self, chat: str, message_id: int) -> Post | None:
        """Return the post of a Telegram message; ``chat`` is the chat's public name, or else its id."""
        name = chat.lower().removeprefix("-100")
        wanted = {f"t.me/{name}/{message_id}", f"t.me/c/{name}/{message_id}"}
        posts = self._ledger.posts.find_posts_by_remote_id([str(message_id)])
        return next(
            (post for post in posts if any(_normalize_link(r) in wanted for r in post.receipts)), None
        )

    def get_history(self, post_id: str) -> PostHistory:
        """Return the whole history of one post.

        Raises:
            UsageError: no post has that id.
        """
        post = self._ledger.posts.get_post(post_id)
        kept = self._ledger.articles.get_article(post.article_id)
        sentences = tuple(self._ledger.posts.list_sentences(post_id))
        timeline = tuple(self._ledger.posts.list_events(post_id))
        lines = [*_list_earlier_events(kept, post, sentences), *timeline]
        lines += map(_make_call_event, self._ledger.posts.list_calls(post_id))
        lines.sort(key=lambda line: line.at)
        return PostHistory(
            post, kept, timeline, tuple(lines), sentences, find_pending(self._ledger.actions, post)
        )

    def _find_by_link(self, link: str) -> Post | None:
        numbers = _ID.findall(urlsplit(link).path)
        posts = self._ledger.posts.find_posts_by_remote_id(numbers[-1:]) if numbers else []
        return next((post for post in posts if any(_is_link_to(link, r) for r in post.receipts)), None)


def find_pending(store: "ActionsStore", post: Post) -> tuple[Amendment, ...]:
    """Return the requested edits and deletions of a post that are not done, by number."""
    return tuple(each for each in store.list_amendments(post_id=post.id) if each.state in _NOT_DONE)


def list_receipt_notes(post: Post) -> list[str]:
    """Return what was omitted on the way to the platform, like a photo, without repetitions."""
    return list(dict.fromkeys(receipt.note for receipt in post.receipts if receipt.note))


def _list_earlier_events(
    kept: StoredArticle, post: Post, sentences: tuple[tuple[str, str], ...]
) -> Iterator[Event]:
    """Yield the events before the post's own history begins."""
    published = kept.article.published_at if kept.article else None
    told = f"published {published:%Y-%m-%d %H:%M:%SZ}" if published else ""
    yield Event(kept.found_at, "noticed", kept.source, told)
    if post.template:
        count = f"{len(sentences)} of the article's sentences, " if sentences else ""
        detail = f"{count}template {post.template}, revision {post.revision}"
        yield Event(post.created_at, "written", "system", detail)


def _make_call_event(call: Attempt) -> Event:
    ended = _ENDS.get(call.outcome or "", call.outcome or "under way")
    took = f" after {(call.ended_at - call.started_at).total_seconds():.1f} s" if call.ended_at else ""
    return Event(call.started_at, "call", "sender", f"part {call.part + 1}: {ended}{took}")


def _is_link_to(link: str, receipt: Receipt) -> bool:
    """Tell whether a link leads to a receipt's message. X's ids are global, Telegram's belong to one chat."""
    parts = urlsplit(link)
    if (parts.hostname or "").removeprefix("www.") in _X_HOSTS:
        return _ID.findall(parts.path)[-1:] == [receipt.remote_id] and "status" in (receipt.url or "")
    return _normalize_link(Receipt(0, "", link)) == _normalize_link(receipt)


def _normalize_link(receipt: Receipt) -> str:
    """Return a link without the parts that do not distinguish messages."""
    parts = urlsplit(receipt.url or "")
    path = parts.path.lower().rstrip("/").replace("/s/", "/", 1)
    return f"{(parts.hostname or '').removeprefix('www.').replace('telegram.me', 't.me')}{path}"
