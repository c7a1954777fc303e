"""Conversion of the English messages of schema 0015 into the codes and parameters of reasons.

Up to schema 0015, the ledger had failures, warnings, notes, and the reasons of pauses and restores as English
texts if an older version of newsbot had stored them. `convert_message` turns such a text into the JSON of a
reason; an unknown text becomes the parameter of the code ``legacy``, and people still read it as before. Only
the migration uses this module. It has its own copy of the texts (`messages.toml`), because those in
`newsbot.reasons` may change.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from newsbot.files import load_toml
from newsbot.ledger.migrations.prose import convert

__all__ = ["Data", "convert_message", "mend_reason"]

Data = dict[str, Any]

_NUMBER = r"-?\d+(?:\.\d+)?"
_STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?Z"
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"].*?)(?: \(HTTP \d+\))?"""
_PLACES = {
    "at": _STAMP,
    "channel": r"\S+",
    "count": _NUMBER,
    "host": r"\S+",
    "id": r"(?:'[^']*'|[\w-]+)",
    "least": _NUMBER,
    "link": r"\S+",
    "most": _NUMBER,
    "n": _NUMBER,
    "ref": r"(?:'[^']*'|[\w-]+)",
    "since": _STAMP,
    "state": r"[a-z]+",
    "until": _STAMP,
    "url": r"\w+://\S+?",
    "usual": _NUMBER,
    "words": _QUOTED,
}
"""The patterns that the parameters in schema 0015's messages have to match, by the parameters' names. A
parameter not listed here may be any text.
"""

_NUMBERS = frozenset({"count", "least", "most", "n", "usual"})
_TIMES = frozenset({"at", "since", "until"})
_REASONS = frozenset({"mend", "what", "why"})
_LISTS = {"reasons": ", ", "sentences": "; "}
_RENAMED = {"because": "with-cause"}
"""Today's codes of those reasons that had another code in schema 0015, by the code in schema 0015."""

_POST_MOVED = re.compile(r"from (?P<name>\S+), post (?P<ref>[a-z2-9]{4,6})")


@lru_cache(maxsize=4096)
def convert_message(text: str) -> Data:
    """Return the reason that an English message of schema 0015 stood for.

    An unknown message becomes a reason that quotes it.
    """
    if moved := _POST_MOVED.fullmatch(text):
        return {"code": "moved-from-post", "params": moved.groupdict()}
    found = convert(text)
    if found["code"] != "legacy":
        return found
    title = _read_title(text)
    if title and title["params"]["why"]["code"] != "legacy":
        return title
    return next(_iterate_readings(text), None) or title or found


def mend_reason(data: Any) -> Any:
    """Return a stored reason in today's JSON form.

    English texts of older versions in the reason become reasons, and codes that were renamed get today's
    names.
    """
    if isinstance(data, list):
        return [mend_reason(each) for each in data]
    if not isinstance(data, dict) or "code" not in data:
        return data
    params = data.get("params") or {}
    if data["code"] == "legacy" and isinstance(words := params.get("words"), str):
        return convert_message(words)
    code = _RENAMED.get(data["code"], data["code"])
    return {"code": code, "params": {name: mend_reason(value) for name, value in params.items()}}


def _compile(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", text)
    seen: set[str] = set()
    out = []
    for n, piece in enumerate(pieces):
        if not n % 2:
            out.append(re.escape(piece))
        elif piece in seen:
            out.append(f"(?P={piece})")
        else:
            out.append(f"(?P<{piece}>{_PLACES.get(piece, '.+?')})")
            seen.add(piece)
    return re.compile("".join(out), re.DOTALL)


def _count_own_characters(text: str) -> int:
    return len(re.sub(r"\{\w+\}", "", text))


_TEXTS: Mapping[str, str] = load_toml(__package__, "messages.toml")["texts"]
_PATTERNS = tuple(
    (code, _compile(text))
    for code, text in sorted(_TEXTS.items(), key=lambda item: -_count_own_characters(item[1]))
    if code != "titled"
)
"""The patterns of schema 0015's messages, in the order in which a text is compared with them: those with the
most characters of their own first.
"""


def _iterate_readings(text: str) -> Iterator[Data]:
    for code, pattern in _PATTERNS:
        found = pattern.fullmatch(text)
        if found and (params := _read_values(found.groupdict())) is not None:
            yield {"code": code, "params": params}


def _read_values(values: Mapping[str, str]) -> Data | None:
    """Convert the parameters in an English message of schema 0015 from texts to the types of a reason's
    parameters.

    Returns None if the parameter ``what`` is no message of an older version.
    """
    read: Data = {}
    for name, value in values.items():
        if name in _NUMBERS:
            read[name] = float(value) if "." in value else int(value)
        elif name in _TIMES:
            read[name] = datetime.fromisoformat(value).isoformat().replace("+00:00", "Z")
        elif name in _REASONS:
            read[name] = convert_message(value)
            if name == "what" and read[name]["code"] == "legacy":
                return None
        elif name in _LISTS:
            read[name] = [{"code": "text", "params": {"words": each}} for each in value.split(_LISTS[name])]
        else:
            read[name] = value
    return read


def _read_title(text: str) -> Data | None:
    """Convert an English text of schema 0015 into a reason if it is a known message, a colon and a further
    text; else return None.
    """
    for colon in re.finditer(": ", text):
        what = convert_message(text[: colon.start()])
        if what["code"] != "legacy":
            why = convert_message(text[colon.end() :])
            return {"code": "titled", "params": {"what": what, "why": why}}
    return None
