"""The types of settings that several parts of config.yaml share: strict models, durations, time zones,
languages, addresses of APIs.
"""

import re
from datetime import timedelta, tzinfo
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)

from newsbot.imports import IMPORT_LOCK
from newsbot.scheduling.rules import format_duration, parse_duration, parse_zone

__all__ = [
    "AnyDuration",
    "ApiUrl",
    "Duration",
    "Language",
    "StrictModel",
    "StyleSettings",
    "Zone",
    "is_loopback",
    "limit_duration",
    "parse_api",
]

AnyDuration = Annotated[
    timedelta,
    BeforeValidator(lambda v: v if isinstance(v, timedelta) else parse_duration(str(v))),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(s|min|m|h|d)\s*$"}),
]
"""A duration of any length, which stands in config.yaml as a text like ``5m``."""


_LONGEST = timedelta(days=3650)


def limit_duration(least: timedelta = timedelta(0)) -> AfterValidator:
    """Return the check that a duration in config.yaml is at least ``least``, and at most ten years."""

    def check(length: timedelta) -> timedelta:
        if not least <= length <= _LONGEST:
            raise ValueError(f"must be from {format_duration(least)} to {format_duration(_LONGEST)}")
        return length

    return AfterValidator(check)


Duration = Annotated[AnyDuration, limit_duration()]
"""A duration of at most ten years, which stands in config.yaml as a text like ``5m``."""

Zone = Annotated[
    tzinfo,
    PlainValidator(lambda v: v if isinstance(v, tzinfo) else parse_zone(str(v))),
    WithJsonSchema({"type": "string", "examples": ["UTC", "Asia/Karachi"]}),
]


def is_loopback(api: str) -> bool:
    """Return whether an API's address is on this machine; newsbot uses no proxy for such an address."""
    host = urlsplit(api).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_api(text: str) -> str:
    """Return the http(s) address of a platform's API without its last slash.

    Raises:
        ValueError: The text is no such address. The message never quotes the text, which may contain a
            secret.
    """
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # The port is no number, or a bracket is missing.
        usable = False
    if not usable or re.search(r"[\s\x00-\x1f]", text) or parts.query or parts.fragment:
        raise ValueError("is no address of an API: write it like https://api.example.org")
    return text.rstrip("/")


def _check_language(code: str) -> str:
    code = code.strip().lower()
    if not re.fullmatch(r"[a-z]{2}", code):
        near = _suggest_language_code(code)
        mend = f"did you mean {near}?" if near else "write the two letters of ISO 639-1, like en or ur"
        raise ValueError(f"is no language code: {mend}")
    return code


def _suggest_language_code(text: str) -> str | None:
    """Return the right language code for a wrong one (``en-GB``, ``EN``, ``English``); None if unknown."""
    if found := re.fullmatch(r"([a-z]{2})(?:[-_].*)?", text.strip().lower()):
        return found[1]
    with IMPORT_LOCK:
        from babel import Locale  # noqa: PLC0415  The module is only needed for an error.

    names = Locale("en").languages
    codes = (code for code, name in names.items() if name.lower() == text.strip().lower())
    return next((code for code in codes if re.fullmatch(r"[a-z]{2}", code)), None)


ApiUrl = Annotated[
    str, AfterValidator(parse_api), WithJsonSchema({"type": "string", "pattern": "^https?://"})
]
Language = Annotated[
    str, AfterValidator(_check_language), WithJsonSchema({"type": "string", "pattern": "^[a-z]{2}$"})
]


class StrictModel(BaseModel):
    """A settings model whose instances can't be changed, and that rejects unknown keys as mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class StyleSettings(StrictModel):
    """The keys of config.yaml that say how a model writes summaries, for all channels or for one."""

    prompt: str | None = Field(
        default=None, description="The prompt's file in templates/. Default: newsbot's summary.prompt.j2."
    )
    language: Language | None = Field(
        default=None, description="The language of summaries. Default: the article's."
    )
    tone: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="The tone of summaries, in words for the model."
    )
    rules: tuple[Annotated[str, Field(max_length=300)], ...] = Field(
        default=(), max_length=20, description="The newsroom's rules of style, each a sentence for the model."
    )
    length: Annotated[int, Field(ge=40)] | None = Field(
        default=None, description="The length of a summary. Default: what suits the kind of channel."
    )
