"""The history of a post: why and when newsbot sent it, what happened to it,
and each version that readers saw.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsbot.channels import list_kinds
from newsbot.errors import UsageError
from newsbot.model import SENDER, SYSTEM, Attempt, Event, Part, Post, PostEvent, TimelineEvent
from newsbot.ports import Amendment, MessageLink, StoredArticle
from newsbot.reasons import N_, Code, Reason, UsageCode

if TYPE_CHECKING:
    from newsbot.ledger.actions import ActionsStore
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "SOURCE",
    "HistoryReader",
    "PostHistory",
    "PublicVersion",
    "describe_event",
    "find_pending",
    "list_receipt_notes",
    "list_versions",
]


@dataclass(frozen=True, slots=True)
class PublicVersion:
    """The text of one part (platform message) of a post while readers saw it: from ``since`` until ``until``.

    ``until`` is None if readers still see this text.
    """

    part: int
    text: Part
    since: datetime
    until: datetime | None = None
    # The event that ended the version: "edited", "deleted" or "deleted by hand"; "" if readers still see it.
    end: str = ""


def list_versions(store: "ActionsStore", post: Post) -> list[PublicVersion]:
    """Return the versions of a post that readers saw, ordered by part (message) and time.

    They are known from newsbot's own calls to the platform, and from deletions that people reported.
    """
    out = store.list_receipt_times(post.id)
    done = sorted(
        (each for each in store.list_amendments(post_id=post.id) if each.state == "done" and each.done_at),
        key=lambda each: (each.part, each.done_at, each.id),
    )
    found: list[PublicVersion] = []
    for part, since in sorted(out.items()):
        begins, gone = since, False
        for each in (one for one in done if one.part == part):
            assert each.done_at  # noqa: S101  The filter above leaves out edits and deletions without a time.
            text = each.before or post.parts[part]
            end = "deleted by hand" if each.done_by else "edited" if each.what == "edit" else "deleted"
            found.append(PublicVersion(part, text, begins, each.done_at, end))
            begins, gone = each.done_at, end != "edited"
        if not gone:
            found.append(PublicVersion(part, post.parts[part], begins))
    return found


SOURCE = N_("by hand")
"""The name that the ledger stores as the source of an article that a person submitted."""

_NOT_DONE = frozenset({"due", "calling", "failed", "manual"})
_ENDS = {
    "sent": Code.CALL_ACCEPTED,
    "not sent": Code.CALL_NOT_SENT,
    "refused": Code.CALL_REFUSED,
    "unknown": Code.CALL_WITHOUT_PROOF,
}


@dataclass(frozen=True, slots=True)
class PostHistory:
    """A post with all its events, the earliest first, for an editor who asks about the post.

    ``timeline`` has only the events of the post itself (INTERFACE, JSON); ``lines`` also has those of its
    article and of the calls to the platform. ``sentences`` are the sentences of the article that the post
    shows, each with the name of its origin. ``pending`` are ordered edits and deletions that are not done, so
    that readers still see the old text.
    """

    post: Post
    article: StoredArticle
    timeline: tuple[Event, ...]
    lines: tuple[Event, ...]
    sentences: tuple[tuple[str, str], ...]
    pending: tuple[Amendment, ...] = ()


@dataclass(eq=False)
class HistoryReader:
    """The component that finds the post or article that an editor asks about, and reads a post's history."""

    ledger: "Ledger"

    def find(self, asked: str) -> str:
        """Return the id of the post or article that ``asked`` names.

        ``asked`` is an id (which is returned unchanged), the link of a published post, or an article's
        address.

        Raises:
            UsageError: ``asked`` is an address of no known article, and newsbot posted nothing there.
        """
        asked = asked.strip().strip("<>")
        if "://" not in asked:
            return asked
        if post := self._find_by_link(asked):
            return post.id
        if found := self.ledger.articles.find_article(url=asked):
            return found[0]
        raise UsageError(UsageCode.NEVER_POSTED(link=asked))

    def get_history(self, post_id: str) -> PostHistory:
        """Return the whole history of one post: its article, its events and the calls to the platform for it.

        Raises:
            UsageError: no post has that id.
        """
        post = self.ledger.posts.get_post(post_id)
        kept = self.ledger.articles.get_article(post.article_id)
        sentences = tuple(self.ledger.posts.list_sentences(post_id))
        timeline = tuple(self.ledger.posts.list_events(post_id))
        lines = [*_list_earlier_events(kept, post, sentences), *timeline]
        lines += map(_make_call_event, self.ledger.posts.list_calls(post_id))
        lines.sort(key=lambda line: line.at)
        pending = find_pending(self.ledger.actions, post)
        return PostHistory(post, kept, timeline, tuple(lines), sentences, pending)

    def _find_by_link(self, link: str) -> Post | None:
        for read in (*(kind.read_link for kind in list_kinds()), _read_link):
            if wanted := read(link):
                for post in self.ledger.posts.find_posts_by_remote_id([wanted.remote_id]):
                    if any(read(receipt.url) == wanted for receipt in post.receipts if receipt.url):
                        return post
                return None
        return None


_EVENT_WORDS: dict[str, str] = {
    PostEvent.FIND: N_("found on the platform"),
    PostEvent.MISS: N_("not on the platform"),
    PostEvent.LOSE: N_("outcome unknown"),
    PostEvent.FENCE: N_("database restored"),
    TimelineEvent.IN_DOUBT_AGAIN: N_("outcome unknown again"),
    TimelineEvent.CALL: N_("sent to the platform"),
    TimelineEvent.MATCHES_ARTICLE: N_("agrees with its article"),
}
"""The words for events whose stored names say little to an editor; people read the other names unchanged."""


def describe_event(event: str) -> str:
    """Return the English words for an event in a post's history, by the name that the ledger stores."""
    return _EVENT_WORDS.get(event, event)


def _read_link(link: str) -> MessageLink | None:
    """Return the message at the address ``link`` of an unknown platform;
    the last piece of its path is the id.

    Return None if ``link`` is no address or has no path.
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    place, _, remote_id = parts.path.rstrip("/").rpartition("/")
    return MessageLink(remote_id, f"{parts.netloc.lower()}{place}") if remote_id else None


def find_pending(store: "ActionsStore", post: Post) -> tuple[Amendment, ...]:
    """Return the ordered edits and deletions of a post that are not done yet,
    in the order in which they were ordered.
    """
    return tuple(each for each in store.list_amendments(post_id=post.id) if each.state in _NOT_DONE)


def list_receipt_notes(post: Post) -> list[Reason]:
    """Return what a post was sent without (such as a photo) and why, as the platform's answers say;
    each note once.
    """
    return list(dict.fromkeys(receipt.note for receipt in post.receipts if receipt.note))


def _list_earlier_events(
    kept: StoredArticle, post: Post, sentences: tuple[tuple[str, str], ...]
) -> Iterator[Event]:
    """Yield the events from before a post was queued: newsbot found its article, and composed the post."""
    published = kept.article.published_at if kept.article else None
    yield Event(
        kept.found_at, TimelineEvent.NOTICED, kept.source, Code.PUBLISHED(at=published) if published else None
    )
    if post.template:
        # An editor sees only the file's name of the template, as the whole path of one of the newsroom's own
        # templates would tell an editor nothing.
        by_template = {"name": PurePath(post.template).name, "count": post.revision}
        detail = Code.COMPOSED_BY(**by_template)
        if sentences:
            detail = Code.COMPOSED_OF(n=len(sentences), **by_template)
        yield Event(post.created_at, TimelineEvent.WRITTEN, SYSTEM, detail)


def _make_call_event(call: Attempt) -> Event:
    ended = Code.CALL_UNDER_WAY()
    if call.outcome and call.ended_at:
        took = round((call.ended_at - call.started_at).total_seconds(), 1)
        ended = _ENDS.get(call.outcome, Code.CALL_WITHOUT_PROOF)(n=took)
    return Event(call.started_at, TimelineEvent.CALL, SENDER, Code.CALL_OF_PART(n=call.part + 1, why=ended))
