"""The kinds of channel. A new one is a new file here and one line below."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "channel_class"]

KINDS = {
    "telegram": "newsbot.channels.telegram:TelegramChannel",
    "x": "newsbot.channels.x:XChannel",
    "console": "newsbot.channels.console:ConsoleChannel",
}


def channel_class(kind: str) -> Any:
    """The class of a kind, or of ``their_package.module:Class``; raises KeyError for an unknown kind.

    A class has ``kind``, ``limits``, ``template`` (its default template) and ``Settings``, and is made by
    ``cls(name, settings, fetch_image)``.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
