"""Which of a source's items an address is of.

A site answers to more addresses than its own: by localhost, behind a proxy that changes host or folders, by a
short link that is the item's guid.
"""

from collections.abc import Sequence

from newsbot.identity.addresses import normalize_address, site_of
from newsbot.model import Item

__all__ = ["find_nearest", "is_at"]

_NAME = 5  # characters of a path's last part: a shorter one, or a number, names no article


def is_at(item: Item, url: str) -> bool:
    """Tell whether ``url`` is the item's own address, or the guid that leads there."""
    wanted = normalize_address(url)
    own = [item.url or "", "" if "#" in item.guid else item.guid]
    return any(address and normalize_address(address) == wanted for address in own)


def find_nearest(url: str, items: Sequence[Item]) -> Item | None:
    """Return the item at ``url``, else one at its place on another host, else one of its name there."""
    if exact := next((item for item in items if is_at(item, url)), None):
        return exact
    for part in (_place, _name):
        wanted = part(url)
        found = next((item for item in items if item.url and wanted and part(item.url) == wanted), None)
        if found:
            return found
    return None


def _place(url: str) -> str:
    """Return path and query, empty for a front page."""
    return normalize_address(url).removeprefix(site_of(url))


def _name(url: str) -> str:
    name = _place(url).rpartition("/")[2]
    return name if len(name) >= _NAME and "?" not in name and not name.isdigit() else ""
