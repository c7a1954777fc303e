"""The kinds of sources, channels and summarizers, and the Settings that declare the keys of each."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from newsbot import channels, sources, summarizers
from newsbot.channels.settings import ChannelSettings
from newsbot.config.document import Document, Location
from newsbot.config.error_text import nearest
from newsbot.sources.settings import SourceSettings

__all__ = ["LATER_KINDS", "NOT_YET", "PARTS", "Part", "refuse_unsupported", "settings_class"]

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
"""Kinds of later versions, by the part of the file, each with what to write instead."""

_TOP = {
    "engine": "newsbot run picks its own.",
    "roles": "newsbot run does everything.",
}

_EDITS_ON_X = {
    "on_correct": "Write reply or repost: this version edits on Telegram alone.",
    "on_edit": "Write ignore or flag: this version edits on Telegram alone.",
}


def refuse_unsupported(document: Document) -> None:
    """Note and remove each key and value of later versions, so that it gets no second mistake."""
    _refuse_keys(document, document.value, (), _TOP)
    for where, source in _list_entries(document.value, "sources"):
        _refuse_keys(document, source, where, {"websub": "Take it out."})
    for where, channel in _list_entries(document.value, "channels"):
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


def _list_entries(top: dict[str, Any], part: str) -> list[tuple[Location, dict[str, Any]]]:
    entries = top.get(part)
    if not isinstance(entries, dict):
        return []
    return [((part, name), entry) for name, entry in entries.items() if isinstance(entry, dict)]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of config.yaml whose entries have kinds. ``base`` is what every kind's Settings extend."""

    noun: str
    kinds: Collection[str]
    find: Callable[[str], Any]
    base: type[BaseModel]


PARTS: Mapping[str, Part] = {
    "sources": Part("source", sources.KINDS, sources.source_class, SourceSettings),
    "channels": Part("channel", channels.KINDS, channels.channel_class, ChannelSettings),
    "summarizer": Part("summarizer", summarizers.KINDS, summarizers.summarizer_class, BaseModel),
}


def settings_class(document: Document, name: str, kind: Any, where: Location) -> type[BaseModel] | None:
    """Return the Settings of a kind; if it is wrong, note a mistake at ``where`` (its place), return None."""
    part = PARTS[name]
    if not isinstance(kind, str):
        message = "has no value." if kind is None else "must be a word."
        document.note(where, message, f"Write one of: {', '.join(part.kinds)}.")
    elif kind in LATER_KINDS[name]:
        document.note(where, f"{kind} {NOT_YET}", LATER_KINDS[name][kind])
    elif kind in part.kinds:
        settings: type[BaseModel] = part.find(kind).Settings
        return settings
    elif ":" in kind:
        return _load_own_kind(document, part, kind, where)
    else:
        document.note(where, f"is no kind of {part.noun}.", nearest(kind, part.kinds, _describe_kinds))
    return None


def _describe_kinds(kinds: list[str]) -> str:
    return f"There are {', '.join(kinds)}, and your own as package.module:Class."


def _load_own_kind(document: Document, part: Part, kind: str, where: Location) -> type[BaseModel] | None:
    """Return the Settings of a third-party kind like ``their_package.module:Class``, or note a mistake."""
    try:
        settings = part.find(kind).Settings
    except Exception as error:  # noqa: BLE001  The import of a third-party module may raise anything.
        document.note(
            where,
            f"could not be imported ({type(error).__name__}).",
            "Write package.module:Class, of a package installed beside newsbot, with Settings in the class.",
        )
        return None
    if isinstance(settings, type) and issubclass(settings, part.base):
        return settings
    base = f"{part.base.__module__}.{part.base.__name__}"
    document.note(where, f"has no usable Settings for a {part.noun}.", f"Derive them from {base}.")
    return None
