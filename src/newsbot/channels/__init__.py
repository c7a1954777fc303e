"""The kinds of channel in config.yaml. A new kind needs a module in this package and a line in `KINDS`."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Protocol

from newsbot.ports import Capabilities, Channel, FetchImage, MessageLink

if TYPE_CHECKING:
    from newsbot.channels.settings import ChannelSettings

__all__ = ["KINDS", "ChannelKind", "channel_class", "list_kinds"]

KINDS = {
    "telegram": "newsbot.channels.telegram:TelegramChannel",
    "x": "newsbot.channels.x:XChannel",
    "console": "newsbot.channels.console:ConsoleChannel",
}


class ChannelKind(Protocol):
    """The class of one kind of channel; calling the class makes a channel of this kind.

    ``template`` is the name of the kind's default template, and ``Settings`` declares the keys of a channel
    of this kind in config.yaml.
    """

    kind: str
    capabilities: Capabilities
    template: str

    @property
    def Settings(self) -> "type[ChannelSettings]":  # noqa: N802  The property returns a class, so its name is written like a class's.
        """Return the settings class of this kind of channel, which validates the channel's keys in
        config.yaml.
        """
        ...

    def __call__(self, name: str, settings: Any, fetch_image: FetchImage) -> Channel:
        """Make a channel of this kind, with the name ``name`` and ``settings``; ``fetch_image`` loads the
        photos of its posts.
        """
        ...

    def read_link(self, link: str) -> MessageLink | None:
        """Return the message that a web address leads to; None if the address is on another platform."""
        ...


def channel_class(kind: str) -> ChannelKind:
    """Return the channel class for the value of ``kind`` in config.yaml.

    ``kind`` may also name a class of another package: ``their_package.module:Class``.

    Raises:
        KeyError: ``kind`` is neither in `KINDS` nor has a colon.
    """
    found: ChannelKind = resolve_name(kind if ":" in kind else KINDS[kind])
    return found


def list_kinds() -> list[ChannelKind]:
    """Return the classes of all kinds of channel in `KINDS`."""
    return [channel_class(kind) for kind in KINDS]
