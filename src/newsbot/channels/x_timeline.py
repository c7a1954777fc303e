"""Reading of an account's own posts on X, to learn whether a post was published, and its latest version.

X does not return a post's text as it was sent: the text is HTML-escaped, links are shortened to t.co, and one
more t.co link is at the end for media.
"""

import json
import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from newsbot.channels.http_api import ErrorResponse
from newsbot.channels.read_back import find_reply_target, is_similar, normalize_for_match
from newsbot.composing.urls import find_urls
from newsbot.fetching.decoding import parse_http_date
from newsbot.model import Part, Receipt
from newsbot.ports import ReadAllowance, SearchResult, Sighting, SoughtPart
from newsbot.reasons import PlatformCode, Reason

__all__ = [
    "LEAST_READ",
    "X_LINK",
    "AccountTimeline",
    "TweetVersion",
    "find_sightings_in",
    "read_latest_version",
    "read_timeline",
]

X_LINK = "https://x.com/i/status/{}"

_PAGES = (25, 100, 100)
"""The numbers of posts to request with each page of a timeline.

The first page is small, because X may charge for a page whose answer is lost.
"""

LEAST_READ = 5
"""The fewest posts that X gives with each page of a timeline."""

# If no earlier post is known, a search begins an hour before the call that may have sent the post, because
# clocks may be wrong.
_MARGIN = timedelta(hours=1)

_ESCAPED = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ESCAPE = re.compile("|".join(_ESCAPED))
_SHORT = re.compile(r"https?://t\.co/\w+")
_LINK = re.compile(r"https?://\S+")
_MEDIA = re.compile(r"https?://(?:www\.)?(?:x|twitter)\.com/[^/]+/status/\d+/(?:photo|video)/\d+/?")

Ask = Callable[..., Awaitable[Any]]
"""An async function that sends a GET request to X and returns the answer, an `HttpAnswer`.

Its arguments are the path, and the parameters as ``params``. It raises an error if the status is not 2xx.
"""


class _TimelinePost(NamedTuple):
    """A post in an account's timeline on X.

    ``short`` maps the post's t.co links to their targets, "" for media.
    """

    id: str
    text: str
    at: datetime
    reply_to: str | None
    short: dict[str, str]


@dataclass(frozen=True, slots=True)
class AccountTimeline:
    """An account's posts, newest first, as X returned them at the time ``at``.

    ``whole`` says that the timeline lacks no post since the time, or the post, from which it was requested.
    """

    posts: tuple[_TimelinePost, ...]
    at: datetime | None
    whole: bool


async def read_timeline(
    ask: Ask, user_id: str, allowance: ReadAllowance, *, since: datetime, mark: str | None
) -> AccountTimeline:
    """Read at most 225 of an account's posts, beginning at the post ``mark`` or an hour before ``since``.

    A timeline without the post ``mark`` is not whole: it may be old, or another account's. Each post that is
    read costs money, so no older post is requested.

    Raises:
        Exception: Any error that ``ask`` raises, or that results from an answer that is not a timeline.
    """
    query = _build_query(since, mark)
    posts: list[_TimelinePost] = []
    whole, at = True, None
    for wanted in _PAGES:
        size = allowance.take(wanted)
        if size < LEAST_READ:
            allowance.give_back(size)
            whole = False
            break
        answer = await _request_page(ask, user_id, query, size, allowance)
        page, body = _parse_page(json.loads(answer.body))
        allowance.give_back(size - len(page))
        allowance.ids += [post.id for post in page]
        posts += page
        # The timeline's time is that of its first page, because all pages may lack posts that are newer than
        # the first page.
        at = at or parse_http_date(answer.headers.get("date"))
        whole = whole and "errors" not in body
        following = body["meta"].get("next_token")
        if not following:
            break
        query = {**query, "pagination_token": str(following)}
    else:
        whole = False
    seen = "since_id" not in query or any(post.id == mark for post in posts)
    return AccountTimeline(tuple(posts), at, whole and seen)


async def _request_page(
    ask: Ask, user_id: str, query: dict[str, str], size: int, allowance: ReadAllowance
) -> Any:
    """Request a page of a timeline; if X refuses the request, add its posts to ``allowance`` again.

    ``allowance`` counts the posts that may still be read for money. X charges nothing for a refused request,
    but it may charge for a request whose answer is lost, so the posts of a lost answer are not added again.
    """
    try:
        return await ask(f"/2/users/{user_id}/tweets", params={**query, "max_results": str(size)})
    except ErrorResponse:
        allowance.give_back(size)
        raise


def _build_query(since: datetime, mark: str | None) -> dict[str, str]:
    query = {"exclude": "retweets", "tweet.fields": "created_at,entities,referenced_tweets"}
    if mark and mark.isascii() and mark.isdigit():
        return {**query, "since_id": str(int(mark) - 1)}
    start = (since - _MARGIN).astimezone(UTC)
    return {**query, "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}"}


def _parse_page(body: Any) -> tuple[list[_TimelinePost], dict[str, Any]]:
    """Return the posts of a page of a timeline, and the page's JSON object.

    Raises:
        ValueError, KeyError, TypeError: ``body`` is no page of a timeline.
    """
    posts = [_parse_post(post) for post in body.get("data", [])]
    if body["meta"]["result_count"] != len(posts):
        raise ValueError("the timeline's count is not that of its posts")
    return posts, body


def _parse_post(post: dict[str, Any]) -> _TimelinePost:
    replied = (r["id"] for r in post.get("referenced_tweets", ()) if r["type"] == "replied_to")
    urls = post.get("entities", {}).get("urls", ())
    return _TimelinePost(
        str(int(post["id"])),
        post["text"],
        datetime.fromisoformat(post["created_at"]),
        next(replied, None),
        {url["url"]: _expand_link(url) for url in urls},
    )


def _expand_link(url: Mapping[str, str]) -> str:
    expanded = url.get("expanded_url", url["url"])
    return "" if "media_key" in url or _MEDIA.fullmatch(expanded) else _normalize_link(expanded)


@dataclass(frozen=True, slots=True)
class TweetVersion:
    """The latest version of a post of the account on X.

    ``media_ids`` are the ids of its photos. ``eligible`` says that X edits such a post at all, ``remaining``
    how many more edits X allows, and ``until`` until when; ``at`` is X's own time.
    """

    post: _TimelinePost
    media_ids: tuple[str, ...]
    eligible: bool
    remaining: int
    until: datetime | None
    at: datetime | None

    @property
    def id(self) -> str:
        """Return the id of this version, because X gives each version an id of its own."""
        return self.post.id

    def has_text(self, part: Part) -> bool:
        """Return whether this version of a post has the text of ``part`` (a message of one of newsbot's
        posts).
        """
        return _normalize_sent_text(part.text) in _possible_sent_texts(self.post)

    def explain_refusal(self) -> Reason | None:
        """Return why X would not edit the post any more; None if it would."""
        if not self.eligible:
            return PlatformCode.X_NOT_EDITABLE()
        over = self.until is not None and self.at is not None and self.at >= self.until
        return PlatformCode.X_EDITS_OVER() if over or self.remaining < 1 else None


async def read_latest_version(ask: Ask, tweet_id: str) -> TweetVersion:
    """Read the latest version of a post; ``tweet_id`` is the id of any of its versions.

    Raises:
        Exception: Any error that ``ask`` raises, or that results from an answer that is not a post.
    """
    query = {"tweet.fields": "attachments,created_at,edit_controls,entities,referenced_tweets"}
    while True:
        answer = await ask(f"/2/tweets/{tweet_id}", params=query)
        data = json.loads(answer.body)["data"]
        latest = max((str(int(each)) for each in data["edit_history_tweet_ids"]), key=int)
        if int(latest) <= int(tweet_id):
            break
        tweet_id = latest
    control = data.get("edit_controls", {})
    until = control.get("editable_until")
    return TweetVersion(
        _parse_post(data),
        tuple(key.partition("_")[2] for key in data.get("attachments", {}).get("media_keys", ())),
        bool(control.get("is_edit_eligible")),
        int(control.get("edits_remaining", 0)),
        datetime.fromisoformat(until) if until else None,
        parse_http_date(answer.headers.get("date")),
    )


def find_sightings_in(sought: Sequence[SoughtPart], timeline: AccountTimeline) -> SearchResult:
    """Find each message in ``sought`` in an account's timeline, by its text and the post that it replies to.

    A post is reported as near if its words are similar to the message's, whatever its links and reply target,
    or if it has one of the message's links, whatever its words: an editor may have changed the text before it
    was sent.
    """
    posts = timeline.posts[::-1]
    seen = tuple(tuple(_find_sightings(one, posts)) for one in sought)
    near = tuple(tuple(_find_near_sightings(one, posts)) for one in sought)
    return SearchResult(seen, timeline.at, timeline.whole, near)


def _find_near_sightings(one: SoughtPart, posts: Iterable[_TimelinePost]) -> Iterable[Sighting]:
    text = one.part.text
    wanted, links = (
        _remove_links(text),
        {_normalize_link(text[url.start : url.end]) for url in find_urls(text)},
    )
    for post in posts:
        if links & set(post.short.values()) or is_similar(wanted, _remove_links(_unescape(post.text))):
            yield _make_sighting(post)


def _remove_links(text: str) -> str:
    """Return a text for a comparison, without links and bare host names, because X may turn a host name into
    a link or not.
    """
    return _LINK.sub("", _replace_urls(text, lambda _: ""))


def _replace_urls(text: str, replacement: Callable[[str], str]) -> str:
    out, done = [], 0
    for url in find_urls(text):
        out += [text[done : url.start], replacement(text[url.start : url.end])]
        done = url.end
    return "".join([*out, text[done:]])


def _make_sighting(post: _TimelinePost) -> Sighting:
    return Sighting(Receipt(0, post.id, X_LINK.format(post.id)), post.at)


def _find_sightings(one: SoughtPart, posts: Iterable[_TimelinePost]) -> Iterable[Sighting]:
    wanted = _normalize_sent_text(one.part.text)
    reply_to, _ = find_reply_target(one.after)
    # The reply targets of the posts are compared only if the sought post replies to none, or to a post whose
    # id on X is known.
    tied = one.after is None or reply_to is not None
    for post in posts:
        if (not tied or post.reply_to == reply_to) and wanted in _possible_sent_texts(post):
            yield _make_sighting(post)


def _normalize_sent_text(text: str) -> str:
    """Return the text of a post to be sent, normalized for comparison, without what X changes in links."""
    text = _replace_urls(unicodedata.normalize("NFC", text), _normalize_link)
    return normalize_for_match(_normalize_links(text))


def _possible_sent_texts(post: _TimelinePost) -> set[str]:
    """Return the normalized texts from which X may have made this post.

    There may be two, because the post's last link may stand for media.
    """
    text = _unescape(post.text)
    tail = re.search(rf"\s*{_SHORT.pattern}\s*\Z", text)
    texts = {text, text[: tail.start()]} if tail and tail[0].strip() not in post.short else {text}
    long = (_SHORT.sub(lambda found: post.short.get(found[0], found[0]), each) for each in texts)
    return {normalize_for_match(_normalize_links(each)) for each in long}


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED[found[0]], text)


def _normalize_links(text: str) -> str:
    """Return a text for a comparison, with every address in the same form, whether X made the address a link
    or not.
    """
    return _LINK.sub(lambda found: _normalize_link(found[0]), text)


def _normalize_link(url: str) -> str:
    """Return an address decoded, with a lower-case host, and without scheme and last slash, as X may do."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:  # A ValueError means that the address is invalid, because it has a single bracket.
        return url.partition("://")[2]
    rest = unquote(f"{parts.path}{'?' if parts.query else ''}{parts.query}")
    fragment = f"#{unquote(parts.fragment)}" if parts.fragment else ""
    return f"{parts.netloc.lower()}{rest}{fragment}".rstrip("/")
