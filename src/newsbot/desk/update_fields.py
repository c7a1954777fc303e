"""Strict reading of an update's fields: what has another type than the Bot API gives is never guessed at.

A field that says who wrote, where, when or in whose name decides what an update may do. So each of them
either has its documented type and range, or the whole update is refused. Text is cleaned for every database.
"""

import re
from typing import Any

__all__ = [
    "MalformedUpdate",
    "clean_text",
    "read_id",
    "read_integer",
    "read_object",
    "read_optional_text",
    "read_text",
]

Json = dict[str, Any]

LARGEST_ID = 2**52 - 1
"""Of a person or chat: https://core.telegram.org/bots/api#user"""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no NUL, no encoding a lone surrogate
_SHOWN = 40  # characters of a field's name in a message


class MalformedUpdate(ValueError):  # noqa: N818  it says what the update is
    """A field is not what the Bot API documents; the text names the field and its type, never its value."""

    def __init__(self, field: str, value: object) -> None:
        super().__init__(f"{field[:_SHOWN]} is of type {type(value).__name__} or out of range")


def read_object(holder: Json, field: str) -> Json:
    """A field that has to be there, and an object. Raises MalformedUpdate."""
    value = holder.get(field)
    if not isinstance(value, dict):
        raise MalformedUpdate(field, value)
    return value


def read_integer(holder: Json, field: str, lowest: int, highest: int) -> int:
    """A field that has to be there, and an integer in that range. Raises MalformedUpdate."""
    value = holder.get(field)
    if type(value) is not int or not lowest <= value <= highest:  # a bool is an int to isinstance
        raise MalformedUpdate(field, value)
    return value


def read_id(holder: Json) -> int:
    """The ``id`` of a person or chat. Raises MalformedUpdate."""
    return read_integer(holder, "id", -LARGEST_ID, LARGEST_ID)


def read_text(holder: Json, field: str, longest: int) -> str:
    """A text of at most ``longest`` characters, empty where the field is absent. Raises MalformedUpdate."""
    value = holder.get(field, "")
    if not isinstance(value, str) or len(value) > longest:
        raise MalformedUpdate(field, value)
    return clean_text(value)


def read_optional_text(holder: Json, field: str, longest: int) -> str | None:
    """A text that decides nothing, such as a name: None where it is no text; cut where it is too long."""
    value = holder.get(field)
    return clean_text(value[:longest]) if isinstance(value, str) else None


def clean_text(text: str) -> str:
    """``text`` with a replacement character for what a database or an encoding refuses."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
