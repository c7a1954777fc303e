"""Posts on the simulated X: creation, deletion, reading, and the reasons for which X refuses a post.

Request bodies are checked against a schema, with X's own errors. Links, mentions and hashtags are found as
X's library twitter-text (v3) does. Their indices are in code points.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import urlsplit

from newsbot.composing.measures import count_weighted
from newsbot.composing.urls import find_urls
from newsbot.ports import Clock
from newsbot.sandbox.calls import PlatformError
from newsbot.sandbox.x.state import Media, Tweet, XState

__all__ = [
    "POST_TWEET",
    "Schema",
    "TweetEndpoints",
    "check_body",
    "entities",
    "forbidden_error",
    "invalid_request",
    "render_text",
    "shorten_url",
]

# ---------------------------------------------------------------- checks of the bodies of requests to X

Json = dict[str, Any]
Schema = dict[str, Any]
"""A schema of a JSON value: a type, a list with its items' type, or a dict; ``!`` ends a required name."""

POST_TWEET: Schema = {
    "text": str,
    "media": {"media_ids!": [str], "tagged_user_ids": [str]},
    "reply": {
        "in_reply_to_tweet_id!": str,
        "exclude_reply_user_ids": [str],
        "auto_populate_reply_metadata": bool,
    },
    "reply_settings": str,
    "edit_options": {"previous_post_id!": str},
    "nullcast": bool,
    "made_with_ai": bool,
    "paid_partnership": bool,
}


def check_body(body: Any, schema: Schema, where: str = "$") -> Json:
    """Return a request's body if it fits the schema.

    Raises:
        PlatformError: A name is unknown or missing, or a value is of a wrong type: status 400 with every
            error, recorded as a violation.
    """
    if errors := list(_find_errors(body, schema, where)):
        raise invalid_request(*errors)
    return dict(body)


def invalid_request(*messages: str) -> PlatformError:
    """Return X's error 400 "Invalid Request" with ``messages`` as its details."""
    extra = {
        "errors": [{"parameters": {}, "message": message} for message in messages],
        "title": "Invalid Request",
        "type": "https://api.twitter.com/2/problems/invalid-request",
    }
    detail = "One or more parameters to your request was invalid."
    return PlatformError(400, detail, violation=True, extra=extra)


def _find_errors(value: Any, kind: Any, where: str) -> list[str]:
    if isinstance(kind, dict):
        return _find_object_errors(value, kind, where)
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{where}: {type(value).__name__} found, array expected"]
        return [
            error for n, item in enumerate(value) for error in _find_errors(item, kind[0], f"{where}[{n}]")
        ]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return [f"{where}: {type(value).__name__} found, {kind.__name__} expected"]
    return []


def _find_object_errors(value: Any, schema: Schema, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {type(value).__name__} found, object expected"]
    known = {name.rstrip("!"): kind for name, kind in schema.items()}
    missing = [name[:-1] for name in schema if name.endswith("!") and name[:-1] not in value]
    extra = "is not defined in the schema and the schema does not allow additional properties"
    found = [f"{where}.{name}: is missing but it is required" for name in missing]
    found += [f"{where}.{name}: {extra}" for name in value if name not in known]
    for name in value.keys() & known.keys():
        found += _find_errors(value[name], known[name], f"{where}.{name}")
    return found


# ---------------------------------------------------------------- posts on X and their entities


# The full-width @ begins a mention too, because X accepts it like the ASCII one.
_MENTION = re.compile(r"(?<![\w!#$%&*@\uff20/])[@\uff20]([A-Za-z0-9_]{1,20})(?![\w@\uff20])")
_HASHTAG = re.compile(r"(?<![\w&/])[#\uff03]((?=\w*[^\W\d_])\w+)(?!\w*[#\uff03])")
_CASHTAG = re.compile(r"(?<![\w$/])\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?![\w$])")


def entities(text: str) -> dict[str, list[Json]]:
    """Return a post text's links, mentions and hashtags as the API's ``entities`` object, without empty
    kinds.

    ``text`` is in Unicode's form NFC.
    """
    urls = [(url.start, url.end) for url in find_urls(text)]
    found = {"urls": [_build_url_entity(text, start, end) for start, end in urls]}
    found["mentions"] = _find_tags(_MENTION, "username", text, urls)
    found["hashtags"] = _find_tags(_HASHTAG, "tag", text, urls)
    found["cashtags"] = _find_tags(_CASHTAG, "tag", text, urls)
    return {kind: each for kind, each in found.items() if each}


def _find_tags(pattern: re.Pattern[str], key: str, text: str, urls: list[tuple[int, int]]) -> list[Json]:
    return [
        {"start": found.start(), "end": found.end(), key: found[1]}
        for found in pattern.finditer(text)
        if not any(start <= found.start() < end for start, end in urls)
    ]


def _build_url_entity(text: str, start: int, end: int) -> Json:
    shown = text[start:end]
    expanded = shown if "://" in shown else f"http://{shown}"
    parts = urlsplit(expanded)
    tail = f"{parts.netloc.removeprefix('www.')}{parts.path if parts.path != '/' else ''}"
    display = tail if len(tail) <= 26 else f"{tail[:26]}…"  # noqa: PLR2004  This is X's own limit.
    return {
        "start": start,
        "end": end,
        "url": shorten_url(expanded),
        "expanded_url": expanded,
        "display_url": display,
    }


def shorten_url(url: str) -> str:
    """Return the t.co link for a URL: 23 characters, always the same for the same URL."""
    return f"https://t.co/{sha256(url.encode()).hexdigest()[:10]}"


def render_text(text: str, found: dict[str, list[Json]]) -> tuple[str, dict[str, list[Json]]]:
    """Return a post's text with t.co links in place of its URLs, and the entities with their new indices."""
    urls = found.get("urls", [])
    out, done = [], 0
    for url in urls:
        out += [text[done : url["start"]], url["url"]]
        done = url["end"]
    moved = {kind: [_shift_entity(each, urls) for each in many] for kind, many in found.items()}
    return "".join([*out, text[done:]]), moved


def _shift_entity(entity: Json, urls: list[Json]) -> Json:
    shift = sum(len(u["url"]) - (u["end"] - u["start"]) for u in urls if u["end"] <= entity["start"])
    start = entity["start"] + shift
    length = len(entity["url"]) if "expanded_url" in entity else entity["end"] - entity["start"]
    return {**entity, "start": start, "end": start + length}


_DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
_TOO_LONG = (
    "Your Tweet text is too long. For more information on how Twitter determines text length see "
    "https://github.com/twitter/twitter-text."
)
_PHOTOS = 4
_EDITS = 5  # The most edits of a post that X allows, https://docs.x.com/x-api/fundamentals/edit-posts
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_TWEET_FIELDS = frozenset(
    [
        "article",
        "attachments",
        "author_id",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "edit_history_tweet_ids",
        "entities",
        "geo",
        "id",
        "in_reply_to_user_id",
        "lang",
        "media_metadata",
        "non_public_metrics",
        "note_tweet",
        "organic_metrics",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "text",
        "withheld",
    ]
)
_TIMELINE = frozenset(
    [
        "max_results",
        "pagination_token",
        "since_id",
        "until_id",
        "start_time",
        "end_time",
        "exclude",
        "tweet.fields",
        "expansions",
        "media.fields",
        "user.fields",
        "place.fields",
        "poll.fields",
    ]
)
_USER_FIELDS = frozenset({"tweet.fields", "user.fields", "expansions"})


def forbidden_error(detail: str, *, violation: bool = True) -> PlatformError:
    """Return X's error 403 without an error code, with ``detail`` as its text."""
    extra = {"title": "Forbidden", "type": "about:blank", "status": 403}
    return PlatformError(403, detail, violation=violation, extra=extra)


class TweetEndpoints:
    """The simulated X API's endpoints for posts and the account."""

    def __init__(self, state: XState, clock: Clock) -> None:
        self.state = state
        self.clock = clock

    def create(self, body: Any) -> Json:
        """Answer X's POST /2/tweets: store a new post, and return the response's ``data``."""
        asked = check_body(body, POST_TWEET)
        text = unicodedata.normalize("NFC", asked.get("text", ""))
        media = self._find_media(asked.get("media", {}).get("media_ids", []))
        if not text.isprintable() and any("\ud800" <= char <= "\udfff" for char in text):
            raise invalid_request("$.text: is not valid Unicode")
        if not text.strip() and not media:
            raise invalid_request("$.text: must not be empty")
        found = entities(text)
        previous = self._find_editable(asked.get("edit_options", {}).get("previous_post_id"))
        self._check_allowed(text, found, asked)
        price = self.state.charge("post with url" if "urls" in found else "post")
        now = self.clock.now()
        tweet = Tweet(self.state.next_id(now), text, now, found, media=media, price=price)
        tweet.reply_to = asked.get("reply", {}).get("in_reply_to_tweet_id")
        tweet.reply_settings = asked.get("reply_settings", "everyone")
        if previous is None:
            self.state.tweets.append(tweet)
        else:
            tweet.reply_to, tweet.previous = previous.reply_to, previous
            self.state.tweets[self.state.tweets.index(previous)] = tweet
        return {"id": tweet.id, "text": _render_tweet(tweet), "edit_history_tweet_ids": tweet.history}

    def _find_editable(self, tweet_id: str | None) -> Tweet | None:
        """Return the post that a request edits; None if the request edits no post.

        X's own texts for edits that it refuses are not known, so these texts are guesses.
        """
        if tweet_id is None:
            return None
        previous = self._get_own_tweet(tweet_id)
        if not self.state.premium:
            raise forbidden_error("You are not permitted to edit this Post.", violation=False)
        if previous.id != tweet_id:
            raise invalid_request("$.edit_options.previous_post_id: is not the latest version of the Post")
        if self._count_edits_left(previous) < 1 or self.clock.now() >= previous.editable_until:
            raise forbidden_error("This Post can no longer be edited.", violation=False)
        return previous

    @staticmethod
    def _count_edits_left(tweet: Tweet) -> int:
        return _EDITS - len(tweet.history) + 1

    def delete(self, tweet_id: str) -> Json:
        """Answer X's DELETE /2/tweets/:id: delete one of the account's posts."""
        tweet = self._get_own_tweet(tweet_id)
        self.state.charge("delete")
        self.state.tweets.remove(tweet)
        self.state.deleted.append(tweet)
        return {"deleted": True}

    def read(self, tweet_id: str, query: Json) -> Json:
        """Answer X's GET /2/tweets/:id with one of the account's posts."""
        fields = _parse_fields(query, {"tweet.fields", "expansions", "media.fields", "user.fields"})
        tweet = self._get_own_tweet(tweet_id)
        self.state.charge_reads([tweet_id], self.clock.now())
        return {"data": self._serialize_tweet(tweet, fields)}

    def read_me(self, query: Json) -> Json:
        """Answer X's GET /2/users/me with the account's id and names."""
        _check_parameters(query, _USER_FIELDS)
        return {"id": self.state.user_id, "name": self.state.name, "username": self.state.username}

    def timeline(self, user_id: str, query: Json) -> Json:
        """Answer X's GET /2/users/:id/tweets with posts, newest first: HTML-escaped text with t.co links."""
        fields = _parse_fields(query, _TIMELINE)
        if user_id != self.state.user_id:
            raise _not_found_error("user", "id", user_id)
        for name in ("since_id", "until_id"):
            if not query.get(name, "0").isdecimal():
                raise invalid_request(f"The `{name}` query parameter value [{query[name]}] is not valid")
        for name in ("start_time", "end_time"):
            if not _TIME.fullmatch(query.get(name, "2026-01-01T00:00:00Z")):
                raise invalid_request(
                    f"The `{name}` query parameter value [{query[name]}] is not a valid time"
                )
        latest = self.clock.now() - timedelta(seconds=self.state.timeline_lag)
        if query.get("start_time", "") > _format_time(self.clock.now()):
            raise invalid_request("Invalid 'start_time'. 'start_time' must be in the past")
        there = [tweet for tweet in reversed(self.state.tweets) if tweet.created_at <= latest]
        chosen = [tweet for tweet in there if _is_in_range(tweet, query)]
        start, size = self._page(query)
        page = chosen[start : start + size]
        self.state.charge_reads([tweet.id for tweet in page], self.clock.now())
        meta: Json = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if start + size < len(chosen):
            meta["next_token"] = f"p{start + size}"
        data = {"data": [self._serialize_tweet(tweet, fields) for tweet in page]} if page else {}
        return data | {"meta": meta}

    @staticmethod
    def _page(query: Json) -> tuple[int, int]:
        size, token = query.get("max_results", "10"), query.get("pagination_token", "p0")
        if not size.isdigit() or not 5 <= int(size) <= 100:  # noqa: PLR2004  These are the limits of X's endpoint.
            why = f"The `max_results` query parameter value [{size}] is not between 5 and 100"
            raise invalid_request(why)
        if not token[1:].isdigit():
            raise invalid_request("The `pagination_token` query parameter is not valid")
        return int(token[1:]), int(size)

    def _check_allowed(self, text: str, found: dict[str, list[Json]], asked: Json) -> None:
        if count_weighted(text) > self.state.length_limit:
            extra = {"title": "Bad Request", "type": "about:blank", "status": 400}
            raise PlatformError(400, _TOO_LONG, violation=True, extra=extra)
        if len({tag["tag"].upper() for tag in found.get("cashtags", [])}) > 1:
            # X's own text for a post with several cashtags is not known, so this text is a guess.
            raise forbidden_error("You are not permitted to post more than one cashtag.")
        strict = not self.state.accept_duplicates
        edited = asked.get("edit_options", {}).get("previous_post_id")
        if strict and any(tweet.text == text for tweet in self.state.tweets if text and tweet.id != edited):
            raise forbidden_error(_DUPLICATE, violation=False)
        target = asked.get("reply", {}).get("in_reply_to_tweet_id")
        if target is not None and self.state.tweet(target) is None:
            why = "You attempted to reply to a Tweet that is deleted or not visible to you."
            raise forbidden_error(why, violation=False)

    def _find_media(self, ids: list[str]) -> tuple[Media, ...]:
        media = tuple(self.state.media[each] for each in ids if each in self.state.media)
        if len(media) != len(ids) or not all(each.complete for each in media):
            raise invalid_request("$.media.media_ids: Your media IDs are invalid.")
        photos = all(each.category == "tweet_image" for each in media)
        if len(media) > (_PHOTOS if photos else 1):
            raise invalid_request("$.media.media_ids: at most 4 photos, or one GIF or video")
        return media

    def _get_own_tweet(self, tweet_id: str) -> Tweet:
        if not (tweet_id.isascii() and tweet_id.isdigit()):
            raise invalid_request(f"The `id` query parameter value [{tweet_id}] is not valid")
        tweet = self.state.tweet(tweet_id)
        if tweet is None:
            raise _not_found_error("tweet", "id", tweet_id)
        return tweet

    def _serialize_tweet(self, tweet: Tweet, fields: frozenset[str]) -> Json:
        text, moved = render_text(tweet.text, tweet.entities)
        if tweet.media:
            moved = {**moved, "urls": [*moved.get("urls", []), *self._build_media_links(tweet, len(text))]}
        everything: Json = {
            "id": tweet.id,
            "text": _render_tweet(tweet),
            "edit_history_tweet_ids": tweet.history,
            "edit_controls": {
                "is_edit_eligible": self.state.premium,
                "editable_until": _format_time(tweet.editable_until),
                "edits_remaining": self._count_edits_left(tweet),
            },
            "created_at": _format_time(tweet.created_at),
            "author_id": self.state.user_id,
            "reply_settings": tweet.reply_settings,
        }
        everything |= {"entities": moved} if moved else {}
        if tweet.media:
            everything["attachments"] = {"media_keys": [each.key for each in tweet.media]}
        if tweet.reply_to:
            everything["referenced_tweets"] = [{"type": "replied_to", "id": tweet.reply_to}]
        wanted = fields | {"id", "text", "edit_history_tweet_ids"}
        return {name: value for name, value in everything.items() if name in wanted}

    def _build_media_links(self, tweet: Tweet, at: int) -> list[Json]:
        """Return an entity for each picture of a post, at the t.co link that X appends to the text."""
        start, short = at + 1 if at else 0, _build_media_link(tweet)
        return [
            {
                "start": start,
                "end": start + len(short),
                "url": short,
                "expanded_url": f"https://x.com/{self.state.username}/status/{tweet.id}/photo/{number}",
                "display_url": f"pic.x.com/{short.rpartition('/')[2]}",
                "media_key": media.key,
            }
            for number, media in enumerate(tweet.media, 1)
        ]


def _build_media_link(tweet: Tweet) -> str:
    return f"https://t.co/{tweet.id[-10:]}"


def _render_tweet(tweet: Tweet) -> str:
    """Return a post's text as X's timelines have it: HTML-escaped, with t.co links in place of URLs.

    If the post has pictures, one more t.co link is at the end.
    """
    text, _ = render_text(tweet.text, tweet.entities)
    pictures = [_build_media_link(tweet)] if tweet.media else []
    return escape(" ".join([text, *pictures] if text else pictures), quote=False)


def _format_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _is_in_range(tweet: Tweet, query: Json) -> bool:
    number, at = int(tweet.id), _format_time(tweet.created_at)
    return (
        int(query.get("since_id", 0)) < number <= int(query.get("until_id", number + 1)) - 1
        and query.get("start_time", "") <= at
        and ("end_time" not in query or at < query["end_time"])
        and not (tweet.reply_to and "replies" in query.get("exclude", "").split(","))
    )


def _check_parameters(query: Json, names: frozenset[str] | set[str]) -> None:
    for name in query.keys() - names:
        known = ",".join(sorted(names))
        raise invalid_request(f"The query parameter [{name}] is not one of [{known}]")


def _parse_fields(query: Json, names: frozenset[str] | set[str]) -> frozenset[str]:
    _check_parameters(query, names)
    fields = frozenset(query.get("tweet.fields", "").split(",")) - {""}
    for field in fields - _TWEET_FIELDS:
        raise invalid_request(
            f"The `tweet.fields` query parameter value [{field}] is not one of the known fields"
        )
    return fields


def _not_found_error(kind: str, name: str, value: str) -> PlatformError:
    extra = {
        "title": "Not Found Error",
        "type": "https://api.twitter.com/2/problems/resource-not-found",
        "resource_type": kind,
        "parameter": name,
        "value": value,
        "resource_id": value,
    }
    return PlatformError(404, f"Could not find {kind} with {name}: [{value}].", extra=extra)
