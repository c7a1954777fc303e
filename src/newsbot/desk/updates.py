"""Strict parsing of Telegram's updates, one by one, so that a malformed one does not hide the others.

The fields that say who wrote, where, when and in whose name decide what an update may do. So each of them has
its documented type and range, or the whole update is refused. Characters that a database can't store are
replaced.
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
"""The largest id of a person or chat: https://core.telegram.org/bots/api#user"""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses NUL; no encoding has lone surrogates
_SHOWN = 40  # characters of a field's name in an error message


class MalformedUpdate(ValueError):  # noqa: N818  the name describes the update
    """A field is not as the Bot API documents it. The text names the field and its type, never its value."""

    def __init__(self, field: str, value: object) -> None:
        super().__init__(f"{field[:_SHOWN]} is of type {type(value).__name__} or out of range")


def read_object(holder: Json, field: str) -> Json:
    """Return a required field that is an object. Raises MalformedUpdate."""
    value = holder.get(field)
    if not isinstance(value, dict):
        raise MalformedUpdate(field, value)
    return value


def read_integer(holder: Json, field: str, lowest: int, highest: int) -> int:
    """Return a required field that is an integer in that range. Raises MalformedUpdate."""
    value = holder.get(field)
    if type(value) is not int or not lowest <= value <= highest:  # isinstance accepts a bool as int.
        raise MalformedUpdate(field, value)
    return value


def read_id(holder: Json) -> int:
    """Return the ``id`` of a person or chat. Raises MalformedUpdate."""
    return read_integer(holder, "id", -LARGEST_ID, LARGEST_ID)


def read_text(holder: Json, field: str, longest: int) -> str:
    """Return a text of at most ``longest`` characters, empty where absent. Raises MalformedUpdate."""
    value = holder.get(field, "")
    if not isinstance(value, str) or len(value) > longest:
        raise MalformedUpdate(field, value)
    return clean_text(value)


def read_optional_text(holder: Json, field: str, longest: int) -> str | None:
    """Return a text that grants no right, such as a name: cut if too long, None where it is no text."""
    value = holder.get(field)
    return clean_text(value[:longest]) if isinstance(value, str) else None


def clean_text(text: str) -> str:
    """Replace the characters that a database or an encoding refuses."""
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
    """Parse ``body`` as JSON. Raises ValueError, also where it is nested too deeply for the parser."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def read_updates(body: bytes) -> list[object]:
    """Return the updates of a response to getUpdates, with `UnreadableUpdate` for each unparsable one.

    Raises:
        ValueError: the body is no such response.
    """
    try:
        answer = read_json(body)
    except ValueError:
        return [_read_update(each) for each in _split_elements(body.decode(errors="replace"))]
    found = answer.get("result") if isinstance(answer, dict) and answer.get("ok") is True else None
    if not isinstance(found, list):
        raise ValueError("the answer is none of the Bot API's")  # noqa: TRY004  one error for all bad answers
    return found


def _read_update(text: str) -> object:
    try:
        return read_json(text)
    except ValueError:
        found = _NUMBER.search(text)
        return UnreadableUpdate(int(found[1]) if found else None)


def _split_elements(text: str) -> Iterator[str]:
    """Yield the raw text of each element of the response's list. Raises ValueError where it is cut off."""
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
    """Return the update's id; None where it has none that Telegram could have assigned."""
    if isinstance(update, UnreadableUpdate):
        number: object = update.update_id
    else:
        number = update.get("update_id") if isinstance(update, dict) else None
    return number if type(number) is int and 0 < number <= _LARGEST else None
