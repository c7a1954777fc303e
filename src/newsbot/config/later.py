"""What the interface names and a later version brings: refused by name, so that nobody waits in vain."""

from collections.abc import Mapping
from typing import Any

from newsbot.config.document import Document, Location

__all__ = ["LATER_KINDS", "NOT_YET", "refuse_later"]

NOT_YET = "is not in this version."

LATER_KINDS: Mapping[str, Mapping[str, str]] = {
    "sources": {
        "webhook": "Use kind: feed, folder or database.",
        "sitemap": "Use kind: feed.",
    },
    "channels": dict.fromkeys(
        ("bluesky", "mastodon", "discord", "slack", "webhook"), "Use kind: telegram, x or console."
    ),
    "summarizer": {"llm": "Use kind: extract."},
}
"""Kinds to come, by the part of the file they stand in, with what to write instead."""

_TOP = {
    "engine": "newsbot run picks its own.",
    "roles": "newsbot run does everything.",
}

_EDITS_ON_X = {
    "on_correct": "Write reply or repost: this version edits on Telegram alone.",
    "on_edit": "Write ignore or flag: this version edits on Telegram alone.",
}


def refuse_later(document: Document) -> None:
    """Note each key and value of a later version and take it out, so that nothing more is said about it."""
    _refuse_keys(document, document.value, (), _TOP)
    for where, source in _entries(document.value, "sources"):
        _refuse_keys(document, source, where, {"websub": "Take it out."})
    for where, channel in _entries(document.value, "channels"):
        if channel.get("kind") == "x":
            asked = {key for key in _EDITS_ON_X if str(channel.get(key)).lower() == "edit"}
            edits = {key: mend for key, mend in _EDITS_ON_X.items() if key in asked}
            _refuse_keys(document, channel, where, edits)


def _refuse_keys(
    document: Document, holder: dict[str, Any], where: Location, mends: Mapping[str, str]
) -> None:
    for key in [key for key in holder if key in mends]:
        del holder[key]
        document.note((*where, key), NOT_YET, mends[key])


def _entries(top: dict[str, Any], part: str) -> list[tuple[Location, dict[str, Any]]]:
    entries = top.get(part)
    if not isinstance(entries, dict):
        return []
    return [((part, name), entry) for name, entry in entries.items() if isinstance(entry, dict)]
