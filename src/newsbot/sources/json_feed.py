"""JSON Feed (https://www.jsonfeed.org/version/1.1/) into entries with the field names of feedparser."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from newsbot.errors import ParseError

__all__ = ["parse_json"]


def parse_json(text: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Parse a JSON Feed into the feed's own fields and its entries.

    Raises:
        ParseError: The text is no JSON Feed. The message is to be written after the feed's address.
    """
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        feed = None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError("it is JSON, but no JSON Feed: give the address of a feed")
    return feed, [_make_entry(item) for item in feed["items"] if isinstance(item, dict)]


def _make_entry(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "id": _as_string(item.get("id")),
        "title": item.get("title"),
        "link": item.get("url") or item.get("external_url"),
        "content": list(_json_contents(item)),
        "summary": item.get("summary"),
        "published": item.get("date_published"),
        "updated": item.get("date_modified"),
        "authors": list(_as_objects(item.get("authors"))) or list(_as_objects([item.get("author")])),
        "tags": [{"term": tag} for tag in _as_list(item.get("tags"))],
        "language": item.get("language"),
        "media_content": [
            {"url": url, "medium": "image"} for key in ("image", "banner_image") if (url := item.get(key))
        ],
        "enclosures": [
            {"href": one.get("url"), "type": one.get("mime_type")}
            for one in _as_objects(item.get("attachments"))
        ],
    }


def _json_contents(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield an item's HTML, or else its plain text."""
    for key, kind in (("content_html", "text/html"), ("content_text", "text/plain")):
        if isinstance(value := item.get(key), str) and value.strip():
            yield {"type": kind, "value": value}
            return


def _as_string(value: object) -> str | None:
    """Return an id as text: a number becomes its digits, as the JSON Feed standard asks."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (one for one in _as_list(value) if isinstance(one, dict))
