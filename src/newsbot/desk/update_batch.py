"""The answer to getUpdates, update by update: one that can't be parsed keeps none of the others back."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Unreadable", "read_json", "read_updates", "update_number"]

_LARGEST = 2**31 - 1  # the Bot API server keeps an update's number in 32 bits
_BEGIN = re.compile(r'"result"\s*:\s*\[')
_FINE = re.compile(r'"ok"\s*:\s*true\b')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},]', re.DOTALL)
_NUMBER = re.compile(r'"update_id"\s*:\s*(\d{1,10})(?![\d.eE])')


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An update whose JSON can't be parsed: it is nested too deeply, or a number is too long."""

    update_id: int | None


def read_json(body: bytes | str) -> Any:
    """``body`` as JSON. Raises ValueError, also for what is nested too deeply for the parser."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def read_updates(body: bytes) -> list[object]:
    """The updates of an answer to getUpdates, `Unreadable` in place of those that can't be parsed.

    Raises:
        ValueError: it is no such answer.
    """
    try:
        answer = read_json(body)
    except ValueError:
        return [_read_one(each) for each in _split(body.decode(errors="replace"))]
    found = answer.get("result") if isinstance(answer, dict) and answer.get("ok") is True else None
    if not isinstance(found, list):
        raise ValueError("the answer is none of the Bot API's")  # noqa: TRY004  one error for every bad answer
    return found


def _read_one(text: str) -> object:
    try:
        return read_json(text)
    except ValueError:
        found = _NUMBER.search(text)
        return Unreadable(int(found[1]) if found else None)


def _split(text: str) -> Iterator[str]:
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


def update_number(update: object) -> int | None:
    """The update's number; None where it has none that Telegram could have given."""
    if isinstance(update, Unreadable):
        number: object = update.update_id
    else:
        number = update.get("update_id") if isinstance(update, dict) else None
    return number if type(number) is int and 0 < number <= _LARGEST else None
