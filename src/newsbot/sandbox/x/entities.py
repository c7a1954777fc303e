"""What X makes a link by itself in a post: URLs with and without a protocol, mentions, hashtags, cashtags.

After twitter-text's extractors (v3); indices in code points.
"""

import re
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from newsbot.composing.urls import find_urls

__all__ = ["entities", "short_link", "shown_text"]

Json = dict[str, Any]

# The full-width signs count as well.
_MENTION = re.compile(r"(?<![\w!#$%&*@\uff20/])[@\uff20]([A-Za-z0-9_]{1,20})(?![\w@\uff20])")
_HASHTAG = re.compile(r"(?<![\w&/])[#\uff03]((?=\w*[^\W\d_])\w+)(?!\w*[#\uff03])")
_CASHTAG = re.compile(r"(?<![\w$/])\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?![\w$])")


def entities(text: str) -> dict[str, list[Json]]:
    """By kind, as the API's ``entities`` has them, empty kinds left out. ``text`` in NFC."""
    urls = [(url.start, url.end) for url in find_urls(text)]
    found = {"urls": [_url(text, start, end) for start, end in urls]}
    found["mentions"] = _tags(_MENTION, "username", text, urls)
    found["hashtags"] = _tags(_HASHTAG, "tag", text, urls)
    found["cashtags"] = _tags(_CASHTAG, "tag", text, urls)
    return {kind: each for kind, each in found.items() if each}


def _tags(pattern: re.Pattern[str], key: str, text: str, urls: list[tuple[int, int]]) -> list[Json]:
    return [
        {"start": found.start(), "end": found.end(), key: found[1]}
        for found in pattern.finditer(text)
        if not any(start <= found.start() < end for start, end in urls)
    ]


def _url(text: str, start: int, end: int) -> Json:
    shown = text[start:end]
    expanded = shown if "://" in shown else f"http://{shown}"
    parts = urlsplit(expanded)
    tail = f"{parts.netloc.removeprefix('www.')}{parts.path if parts.path != '/' else ''}"
    display = tail if len(tail) <= 26 else f"{tail[:26]}…"  # noqa: PLR2004  as X shortens it
    return {
        "start": start,
        "end": end,
        "url": short_link(expanded),
        "expanded_url": expanded,
        "display_url": display,
    }


def short_link(url: str) -> str:
    """A t.co link: 23 characters, the same for the same URL."""
    return f"https://t.co/{sha256(url.encode()).hexdigest()[:10]}"


def shown_text(text: str, found: dict[str, list[Json]]) -> tuple[str, dict[str, list[Json]]]:
    """The text with its links as t.co, and the entities where they stand then."""
    urls = found.get("urls", [])
    out, done = [], 0
    for url in urls:
        out += [text[done : url["start"]], url["url"]]
        done = url["end"]
    moved = {kind: [_moved(each, urls) for each in many] for kind, many in found.items()}
    return "".join([*out, text[done:]]), moved


def _moved(entity: Json, urls: list[Json]) -> Json:
    shift = sum(len(u["url"]) - (u["end"] - u["start"]) for u in urls if u["end"] <= entity["start"])
    start = entity["start"] + shift
    length = len(entity["url"]) if "expanded_url" in entity else entity["end"] - entity["start"]
    return {**entity, "start": start, "end": start + length}
