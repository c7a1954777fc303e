"""JSON Feed (https://www.jsonfeed.org/version/1.1/) into entries with the field names of feedparser."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from newsbot.errors import ParseError

__all__ = ["parse_json"]


def parse_json(text: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The feed's own fields, and its entries.

    Raises:
        ParseError: it is no JSON Feed; the message goes on from the address.
    """
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        feed = None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError("it is JSON, but no JSON Feed: give the address of a feed")
    return feed, [_entry(item) for item in feed["items"] if isinstance(item, dict)]


def _entry(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "id": _string(item.get("id")),
        "title": item.get("title"),
        "link": item.get("url") or item.get("external_url"),
        "content": list(_contents(item)),
        "summary": item.get("summary"),
        "published": item.get("date_published"),
        "updated": item.get("date_modified"),
        "authors": list(_objects(item.get("authors"))) or list(_objects([item.get("author")])),
        "tags": [{"term": tag} for tag in _list(item.get("tags"))],
        "language": item.get("language"),
        "media_content": [
            {"url": url, "medium": "image"} for key in ("image", "banner_image") if (url := item.get(key))
        ],
        "enclosures": [
            {"href": one.get("url"), "type": one.get("mime_type")}
            for one in _objects(item.get("attachments"))
        ],
    }


def _contents(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The HTML, else the plain text."""
    for key, kind in (("content_html", "text/html"), ("content_text", "text/plain")):
        if isinstance(value := item.get(key), str) and value.strip():
            yield {"type": kind, "value": value}
            return


def _string(value: object) -> str | None:
    """An id that is a number counts as its digits, as the standard asks."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (one for one in _list(value) if isinstance(one, dict))
