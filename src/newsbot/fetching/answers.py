"""A worker's answers, read without trusting it.

A worker may have been taken over by what it parsed (lxml is C), and a pickle can call anything. So only
values are let in: plain ones, times, decimals, and dataclasses, enums, named tuples and errors of newsbot's
modules that this process has imported itself.
"""

import io
import pickle
import sys
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from newsbot.errors import NewsbotError

__all__ = ["decode"]

_PLAIN = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("decimal", "Decimal"),
}


def decode(data: bytes) -> Any:
    """The value; raises pickle.UnpicklingError for anything that is not a mere value."""
    return _Values(io.BytesIO(data)).load()


class _Values(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        found = getattr(sys.modules.get(module), name, None)
        if (module, name) in _PLAIN or (module.startswith("newsbot.") and _is_value_class(found)):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is not a plain value")


def _is_value_class(found: object) -> bool:
    return isinstance(found, type) and (
        is_dataclass(found)
        or issubclass(found, (Enum, NewsbotError))
        or (issubclass(found, tuple) and hasattr(found, "_fields"))
    )
