"""The kinds of engine, which call the service's handlers at the right times.

A new kind needs a new file here and one line in `KINDS`.
"""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "engine_class"]

KINDS = {"local": "newsbot.engines.local:LocalEngine"}


def engine_class(kind: str) -> Any:
    """Return the class of a kind of engine, which is made by ``cls(clock)``.

    Raises:
        KeyError: The kind is unknown.
    """
    return resolve_name(KINDS[kind])
