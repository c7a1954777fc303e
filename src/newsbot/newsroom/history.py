"""What happened to a post: why it went out, when it did, what became of it, and each public version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from newsbot.errors import UsageError
from newsbot.model import Attempt, Event, Part, Post, Receipt
from newsbot.ports import Amendment, Ledger, StoredArticle

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
    """One part as it stood from ``since`` on, and until when; ``until`` None: it still does."""

    part: int
    text: Part
    since: datetime
    until: datetime | None = None
    end: str = ""  # edited, deleted, deleted by hand


def list_versions(ledger: Ledger, post: Post) -> list[PublicVersion]:
    """By part and time. What the platform shows is known by our own calls alone."""
    out = ledger.list_receipt_times(post.id)
    done = sorted(
        (each for each in ledger.amendments(post_id=post.id) if each.state == "done" and each.done_at),
        key=lambda each: (each.part, each.done_at, each.id),
    )
    found: list[PublicVersion] = []
    for part, since in sorted(out.items()):
        begins, gone = since, False
        for each in (one for one in done if one.part == part):
            assert each.done_at  # noqa: S101  what is done has a time
            text = each.before or post.parts[part]
            end = "deleted by hand" if each.done_by else "edited" if each.what == "edit" else "deleted"
            found.append(PublicVersion(part, text, begins, each.done_at, end))
            begins, gone = each.done_at, end != "edited"
        if not gone:
            found.append(PublicVersion(part, post.parts[part], begins))
    return found


SOURCE = "by hand"
"""The source, in the ledger, of what people bring."""

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
    """A post with all that happened, earliest first. ``sentences`` are shown ones, each with its source.

    ``timeline`` is what happened to the post itself (INTERFACE, JSON). ``pending`` are the edits and deletes
    that were asked for and are not done: what is public is still as it was.
    """

    post: Post
    article: StoredArticle
    timeline: tuple[Event, ...]
    lines: tuple[Event, ...]
    sentences: tuple[tuple[str, str], ...]
    pending: tuple[Amendment, ...] = ()


class HistoryReader:
    """Finds what somebody asks about, and tells it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find(self, asked: str) -> str:
        """The id of the post or article that ``asked`` names: by id, a post's link or an article's address.

        Raises:
            UsageError: nothing of the kind; for a link, that we never posted it.
        """
        asked = asked.strip().strip("<>")
        if "://" not in asked:
            return asked
        if post := self._find_by_link(asked):
            return post.id
        if found := self._ledger.find_article(url=asked):
            return found[0]
        raise UsageError(f"we never posted this, nor took in an article of this address: {asked}")

    def find_by_message(self, chat: str, message_id: int) -> Post | None:
        """Whose a message of Telegram is; ``chat`` is its chat's public name, or its id where it has none."""
        name = chat.lower().removeprefix("-100")
        wanted = {f"t.me/{name}/{message_id}", f"t.me/c/{name}/{message_id}"}
        posts = self._ledger.find_posts_by_remote_id([str(message_id)])
        return next(
            (post for post in posts if any(_normalize_link(r) in wanted for r in post.receipts)), None
        )

    def get_history(self, post_id: str) -> PostHistory:
        """Everything about one post.

        Raises:
            UsageError: there is none with that id.
        """
        post = self._ledger.post(post_id)
        kept = self._ledger.kept(post.article_id)
        sentences = tuple(self._ledger.sentences(post_id))
        timeline = tuple(self._ledger.timeline(post_id))
        lines = [*_list_earlier_events(kept, post, sentences), *timeline]
        lines += map(_make_call_event, self._ledger.calls(post_id))
        lines.sort(key=lambda line: line.at)
        return PostHistory(post, kept, timeline, tuple(lines), sentences, find_pending(self._ledger, post))

    def _find_by_link(self, link: str) -> Post | None:
        numbers = _ID.findall(urlsplit(link).path)
        posts = self._ledger.find_posts_by_remote_id(numbers[-1:]) if numbers else []
        return next((post for post in posts if any(_is_link_to(link, r) for r in post.receipts)), None)


def find_pending(ledger: Ledger, post: Post) -> tuple[Amendment, ...]:
    """The edits and deletes of a post that were asked for and are not done, by number."""
    return tuple(each for each in ledger.amendments(post_id=post.id) if each.state in _NOT_DONE)


def list_receipt_notes(post: Post) -> list[str]:
    """What was left out on the way to the platform, like a photo; each once."""
    return list(dict.fromkeys(receipt.note for receipt in post.receipts if receipt.note))


def _list_earlier_events(
    kept: StoredArticle, post: Post, sentences: tuple[tuple[str, str], ...]
) -> Iterator[Event]:
    """What came before the post's own story begins."""
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
    """X's ids are of all accounts, Telegram's of one chat."""
    parts = urlsplit(link)
    if (parts.hostname or "").removeprefix("www.") in _X_HOSTS:
        return _ID.findall(parts.path)[-1:] == [receipt.remote_id] and "status" in (receipt.url or "")
    return _normalize_link(Receipt(0, "", link)) == _normalize_link(receipt)


def _normalize_link(receipt: Receipt) -> str:
    """A link without what does not tell messages apart."""
    parts = urlsplit(receipt.url or "")
    path = parts.path.lower().rstrip("/").replace("/s/", "/", 1)
    return f"{(parts.hostname or '').removeprefix('www.').replace('telegram.me', 't.me')}{path}"
