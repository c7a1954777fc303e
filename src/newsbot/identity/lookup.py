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
    return any(normalize_address(address) == wanted for address in _addresses(item))


def find_nearest(url: str, items: Sequence[Item]) -> Item | None:
    """Return the item at ``url``, else one at its place on another host, else one of its name there."""
    if exact := next((item for item in items if is_at(item, url)), None):
        return exact
    for part in (_place, _name):
        wanted = part(url)
        found = (
            next((item for item in items if wanted in map(part, _addresses(item))), None) if wanted else None
        )
        if found:
            return found
    return None


def _addresses(item: Item) -> list[str]:
    return [each for each in (item.url, item.guid if "#" not in item.guid else None) if each]


def _place(url: str) -> str:
    """Return path and query, empty for a front page."""
    return normalize_address(url).removeprefix(site_of(url))


def _name(url: str) -> str:
    name = _place(url).rpartition("/")[2]
    return name if len(name) >= _NAME and "?" not in name and not name.isdigit() else ""
