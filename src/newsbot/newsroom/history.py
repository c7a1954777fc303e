"""The history of a post: why and when newsbot sent it, what happened to it, which versions readers saw.

This module also describes what changed in a text, in one short line for an editor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsbot.channels import list_kinds
from newsbot.errors import UsageError
from newsbot.model import SENDER, SYSTEM, Article, Attempt, Event, Part, Post, PostEvent, TimelineEvent
from newsbot.ports import Amendment, MessageLink, StoredArticle
from newsbot.reasons import N_, Code, Reason, UsageCode, join_sentences

if TYPE_CHECKING:
    from newsbot.ledger.actions import ActionsStore
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "SOURCE",
    "HistoryReader",
    "PostHistory",
    "PublicVersion",
    "describe_difference",
    "describe_event",
    "describe_text_change",
    "find_pending",
    "list_changes",
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
    # How the time ended in which readers saw this text: "edited", "deleted" or "deleted by hand"; "" if they
    # still see it.
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

    ``timeline`` has only the events of the post itself (those in the JSON of a post); ``lines`` also has
    those of its article and of the calls to the platform. ``sentences`` are the sentences of the article that
    the post shows, each with the name of its origin. ``pending`` are ordered edits and deletions that are not
    done, so that readers still see the old text.
    """

    post: Post
    article: StoredArticle
    timeline: tuple[Event, ...]
    lines: tuple[Event, ...]
    sentences: tuple[tuple[str, str], ...]
    pending: tuple[Amendment, ...] = ()


@dataclass(eq=False, repr=False)
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
        lines = [*_list_earlier_events(kept, post, sentences, timeline), *timeline]
        lines += map(_make_call_event, self.ledger.posts.list_calls(post_id))
        lines.sort(key=lambda line: line.at)
        pending = find_pending(self.ledger.actions, post)
        return PostHistory(post, kept, timeline, tuple(lines), sentences, pending)

    def _find_by_link(self, link: str) -> Post | None:
        for read in (*(kind.read_link for kind in list_kinds()), _read_link):
            if wanted := read(link):
                for post in self.ledger.posts.find_posts_by_remote_id([wanted.remote_id]):
                    links = [read(receipt.url) for receipt in post.receipts if receipt.url]
                    ids = {receipt.remote_id for receipt in post.receipts}
                    # If the post no longer has the id in the link, the link may be that of an earlier version
                    # of an edited post. Such a link is recognized by the account or chat that it names.
                    was_edited = wanted.remote_id not in ids
                    if wanted in links or (
                        was_edited and wanted.place in {each.place for each in links if each}
                    ):
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
    """Return the message that the address ``link`` names on a platform of unknown kind: the last piece of the
    address's path is taken for the message's id.

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
    kept: StoredArticle, post: Post, sentences: tuple[tuple[str, str], ...], timeline: Sequence[Event]
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
            code = Code.COMPOSED_WITH if _is_by_model(timeline) else Code.COMPOSED_OF
            detail = code(n=len(sentences), **by_template)
        yield Event(post.created_at, TimelineEvent.WRITTEN, SYSTEM, detail)


def _is_by_model(timeline: Sequence[Event]) -> bool:
    """Return whether a model wrote the summary that a post was composed with."""
    reasons = [event.detail for event in timeline if event.event == TimelineEvent.SUMMARY and event.detail]
    return any(reason.code is Code.SUMMARY_WRITTEN for reason in reasons)


def _make_call_event(call: Attempt) -> Event:
    ended = Code.CALL_UNDER_WAY()
    if call.outcome and call.ended_at:
        took = round((call.ended_at - call.started_at).total_seconds(), 1)
        ended = _ENDS.get(call.outcome, Code.CALL_WITHOUT_PROOF)(n=took)
    return Event(call.started_at, TimelineEvent.CALL, SENDER, Code.CALL_OF_PART(n=call.part + 1, why=ended))


# The number of unchanged words that a description of a change shows before and after the changed words.
_AROUND = 3
# The most characters of the old text, and of the new text, that a description of one change shows.
_LONGEST = 80
# The fewest characters that a description shows before and after a change, even if these cut a long word.
_LEAST_CONTEXT = 12
_MOST = 3  # The most changed places of one text that the description of a change shows.


def describe_difference(before: Article, after: Article) -> Reason | None:
    """Describe in one line how two versions of an article differ; None if nothing visible changed.

    The form is ``title: "A" > "B"; text: "...was 12 dead..." > "...was 14 dead..."``.
    """
    told = [
        code(words=f'"{_shorten(old)}" > "{_shorten(new)}"')
        for code, old, new in (
            (Code.TITLE_CHANGED, before.title or "", after.title or ""),
            (Code.ADDRESS_CHANGED, before.url or "", after.url or ""),
            (Code.PHOTO_CHANGED, _format_photo(before), _format_photo(after)),
            (Code.SUMMARY_CHANGED, before.summary or "", after.summary or ""),
        )
        if old != new
    ]
    return join_sentences([*told, *_describe_places(before.text, after.text, Code.TEXT_CHANGED)])


def describe_text_change(before: str, after: str) -> Reason | None:
    """Describe how a text changed, as ``"...was 12 dead..." > "...was 14 dead..."``;
    return None if it did not change.
    """
    return join_sentences(_describe_places(before, after, Code.TEXT))


def _format_photo(article: Article) -> str:
    return " ".join(filter(None, (article.image.url, article.image.alt))) if article.image else ""


def list_changes(before: str, after: str) -> list[tuple[str, str]]:
    """Return each place where ``before`` and ``after`` differ: the old and the new words,
    with a few words around them.
    """
    if before == after:
        return []
    old, new = before.split(), after.split()
    # Only for texts of up to 2000 words together, difflib compares all words (``autojunk`` is off), because
    # for longer texts that would take seconds.
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > 2000)  # noqa: PLR2004
    places = [place for place in matcher.get_opcodes() if place[0] != "equal"]
    return [_quote_change((old, i, j), (new, k, m)) for _, i, j, k, m in places]


def _describe_places(before: str, after: str, code: Code) -> list[Reason]:
    """Return reasons that quote the first three changed places of a text,
    and a reason that counts the others.

    ``code`` is the code of the reasons that quote.
    """
    found = list_changes(before, after)
    told = [code(words=f'"{old}" > "{new}"') for old, new in found[:_MOST]]
    more = len(found) - _MOST
    if more <= 0:
        return told
    return [*told, Code.MORE_PLACES(n=more) if more > 1 else Code.ONE_MORE_PLACE()]


def _quote_change(before: tuple[list[str], int, int], after: tuple[list[str], int, int]) -> tuple[str, str]:
    """Return the old and the new words of one change, each with the same words around them,
    short enough to show.

    ``before`` and ``after`` are each the words of a text and the range of those that changed. If there is not
    enough room, the words around are shortened, and then the beginning that the old and new words have in
    common, so that the two quotes always differ.
    """
    changed = [" ".join(words[start:end]) for words, start, end in (before, after)]
    if max(map(len, changed)) > _LONGEST:
        changed = _skip_common_beginning(changed)
    room = max((_LONGEST - max(map(len, changed))) // 2, _LEAST_CONTEXT)
    old, new = (
        _quote_context(words, start, end, text, room)
        for (words, start, end), text in zip((before, after), changed, strict=True)
    )
    return old, new


def _skip_common_beginning(texts: list[str]) -> list[str]:
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))
    skipped = common - _LEAST_CONTEXT
    return [f"…{text[skipped:]}" if skipped > 0 and text else text for text in texts]


def _quote_context(words: list[str], start: int, end: int, changed: str, room: int) -> str:
    """Return changed words with the words before and after them, at most ``room`` characters on each side."""
    first, last = max(0, start - _AROUND), end + _AROUND
    before, after = " ".join(words[first:start]), " ".join(words[end:last])
    if len(before) > room:
        before = f"…{before[-room:]}"
    elif first:
        before = f"…{before}"
    after = _shorten(after, room + 1) if last >= len(words) or len(after) > room else f"{after}…"
    return " ".join(filter(None, (before, _shorten(changed), after)))


def _shorten(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
