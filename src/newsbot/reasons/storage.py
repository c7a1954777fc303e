"""The storage of reasons as JSON, ``{"code": ..., "params": {...}}``.

A reason is a code with parameters, from which newsbot makes a message to editors.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from newsbot.reasons.adapter_codes import PlatformCode, SourceCode
from newsbot.reasons.codes import Code, WarningCode
from newsbot.reasons.reason import Parameter, ParameterType, Reason, ReasonCode, find_parameter_type
from newsbot.reasons.usage_codes import LedgerCode, UsageCode

__all__ = ["TABLES", "decode_reason", "encode_reason", "from_json", "to_json"]

TABLES: tuple[type[ReasonCode], ...] = (Code, SourceCode, PlatformCode, UsageCode, LedgerCode, WarningCode)
"""All tables of reasons' codes; a code's name occurs in only one of them."""

_CODES = {str(code): code for table in TABLES for code in table}


def to_json(value: Any) -> Any:
    """Convert a reason (a code with parameters, from which a message to editors is made), or the value of one
    of its parameters, to a value that JSON can represent.

    Raises:
        TypeError: ``value`` is neither a reason nor the value of a parameter.
    """
    if isinstance(value, Reason):
        return {
            "code": str(value.code),
            "params": {name: to_json(each) for name, each in value.params.items()},
        }
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} is no part of a reason")


def from_json(data: Any) -> Reason:
    """Convert ``data``, which `to_json` made of a reason, back to the reason; other data becomes a reason
    that quotes it.

    A reason is shown to people and never needed to send a post, so a damaged reason must not stop anything.
    """
    try:
        return _build_reason(data)
    except (AttributeError, KeyError, TypeError, ValueError):
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        return Reason(Code.LEGACY, {"words": text})


def encode_reason(reason: Reason) -> str:
    """Encode a reason (a code with parameters, which stands for a message) as JSON for the ledger."""
    return json.dumps(to_json(reason), separators=(",", ":"))


# The decoded reasons are cached, because most posts have the same few reasons.
@lru_cache(maxsize=4096)
def decode_reason(text: str) -> Reason:
    """Decode the reason (a code with parameters) that `encode_reason` encoded as ``text``.

    Any other text becomes a reason whose message is that text.
    """
    try:
        return from_json(json.loads(text)) if text.startswith("{") else from_json(text)
    except ValueError:
        return from_json(text)


def _build_reason(data: Mapping[str, Any]) -> Reason:
    params = {name: _build_value(name, value) for name, value in data["params"].items()}
    return Reason(_CODES[data["code"]], params)


def _build_value(name: str, value: Any) -> Parameter:
    match find_parameter_type(name):
        case ParameterType.TIME:
            return datetime.fromisoformat(value)
        case ParameterType.DAY:
            return date.fromisoformat(value)
        case ParameterType.REASON:
            return _build_reason(value)
        case ParameterType.REASONS | ParameterType.SENTENCES | ParameterType.CHOICES:
            return tuple(_build_reason(each) for each in value)
    found: Parameter = value
    return found
