"""The kinds of channel in config.yaml. A new kind needs a module in this folder and one line in `KINDS`."""

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
    """The class of one kind of channel; calling it makes the channel of one entry under ``channels``.

    ``template`` is the name of the kind's default template, and ``Settings`` declares the keys of its
    entries.
    """

    kind: str
    capabilities: Capabilities
    template: str

    @property
    def Settings(self) -> "type[ChannelSettings]":  # noqa: N802  It is a class.
        """The class of this kind's settings, by which an entry of config.yaml is checked."""
        ...

    def __call__(self, name: str, settings: Any, fetch_image: FetchImage) -> Channel:
        """Make the channel ``name`` with an instance of ``Settings``; ``fetch_image`` loads photos."""
        ...

    def read_link(self, link: str) -> MessageLink | None:
        """Return the message on this kind's platform at a web address; None if the address is of none."""
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
