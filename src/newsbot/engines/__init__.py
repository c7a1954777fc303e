"""The kinds of engine. An engine calls the service's functions that poll sources and send posts when these
are due.

A new kind needs a new module in this package and one entry in `KINDS`.
"""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "engine_class"]

KINDS = {"local": "newsbot.engines.local:LocalEngine"}


def engine_class(kind: str) -> Any:
    """Return the engine class of the kind that config.yaml names; the class's constructor takes a clock.

    Raises:
        KeyError: no engine has that kind.
    """
    return resolve_name(KINDS[kind])
