"""Telegram's updates, parsed strictly and one by one: one that can't be parsed hides no other.

A field that says who wrote, where, when or in whose name decides what an update may do. So each of them
either has its documented type and range, or the whole update is refused. Text is cleaned for every database.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = [
    "MalformedUpdate",
    "UnreadableUpdate",
    "clean_text",
    "get_update_id",
    "read_id",
    "read_integer",
    "read_json",
    "read_object",
    "read_optional_text",
    "read_text",
    "read_updates",
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


_LARGEST = 2**31 - 1  # the Bot API server keeps an update's number in 32 bits
_BEGIN = re.compile(r'"result"\s*:\s*\[')
_FINE = re.compile(r'"ok"\s*:\s*true\b')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},]', re.DOTALL)
_NUMBER = re.compile(r'"update_id"\s*:\s*(\d{1,10})(?![\d.eE])')


@dataclass(frozen=True, slots=True)
class UnreadableUpdate:
    """An update whose JSON can't be parsed: it is nested too deeply, or a number is too long."""

    update_id: int | None


def read_json(body: bytes | str) -> Any:
    """``body`` as JSON. Raises ValueError, also for what is nested too deeply for the parser."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def read_updates(body: bytes) -> list[object]:
    """The updates of an answer to getUpdates, `UnreadableUpdate` in place of those that can't be parsed.

    Raises:
        ValueError: it is no such answer.
    """
    try:
        answer = read_json(body)
    except ValueError:
        return [_read_update(each) for each in _split_elements(body.decode(errors="replace"))]
    found = answer.get("result") if isinstance(answer, dict) and answer.get("ok") is True else None
    if not isinstance(found, list):
        raise ValueError("the answer is none of the Bot API's")  # noqa: TRY004  one error for every bad answer
    return found


def _read_update(text: str) -> object:
    try:
        return read_json(text)
    except ValueError:
        found = _NUMBER.search(text)
        return UnreadableUpdate(int(found[1]) if found else None)


def _split_elements(text: str) -> Iterator[str]:
    """The elements of the answer's list as they stand. Raises ValueError where the list has no end."""
    begin = _BEGIN.search(text)
    if begin is None or not _FINE.search(text):
        raise ValueError("the answer is none of the Bot API's")
    depth, start = 0, begin.end()
    for token in _TOKEN.finditer(text, start):
        ends = depth == 0 and token[0] in {",", "]"}
        if ends and text[start : token.start()].strip():
            yield text[start : token.start()]
        if ends and token[0] == "]":
            return
        start = token.end() if ends else start
        depth += (token[0] in {"[", "{"}) - (token[0] in {"]", "}"})
    raise ValueError("the answer ended too early")


def get_update_id(update: object) -> int | None:
    """The update's number; None where it has none that Telegram could have given."""
    if isinstance(update, UnreadableUpdate):
        number: object = update.update_id
    else:
        number = update.get("update_id") if isinstance(update, dict) else None
    return number if type(number) is int and 0 < number <= _LARGEST else None
