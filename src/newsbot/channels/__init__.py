"""The kinds of channel. A new kind is a new file in this folder and one line in `KINDS`."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "channel_class"]

KINDS = {
    "telegram": "newsbot.channels.telegram:TelegramChannel",
    "x": "newsbot.channels.x:XChannel",
    "console": "newsbot.channels.console:ConsoleChannel",
}


def channel_class(kind: str) -> Any:
    """Return the class of a kind, or of ``their_package.module:Class``; raise KeyError for an unknown kind.

    A class has ``kind``, ``limits``, ``template`` (its default template) and ``Settings``, and is made by
    ``cls(name, settings, fetch_image)``.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
