"""The errors of calls to platforms over HTTP, and what each error proves about the post to publish.

This module imports no library, so that a channel's module can use it while a configuration is loaded.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from newsbot.channels.redaction import format_one_line
from newsbot.errors import NotSent, OutcomeUnknown
from newsbot.reasons import Code, PlatformCode, Reason

__all__ = [
    "ConnectionNotMadeError",
    "ErrorResponse",
    "LostCallError",
    "ResponseLostError",
    "classify_failed_call",
    "classify_lost_call",
    "parse_json_object",
    "parse_retry_after",
    "proves_nothing",
]

ExpressDoubt = Callable[[Reason], Reason]
"""A function that adds to the reason of a failure that the effect is unknown, and where to look.

It is `express_doubt` of the call to the platform.
"""


class LostCallError(Exception):
    """The error that a call got no whole answer from the platform; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class ConnectionNotMadeError(LostCallError):
    """The error that no connection was made for a call, so nothing was sent."""


class ResponseLostError(LostCallError):
    """The error that a call had a connection but got no whole answer: the call may have arrived or not."""


class ErrorResponse(Exception):  # noqa: N818  the name says what came
    """The error that the status of an answer is a failure; names in ``headers`` are in lower case."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers
        self.body = body


def proves_nothing(status: int) -> bool:
    """Return whether an answer with this HTTP failure status proves nothing about the call's effect.

    After a 5xx or a redirect, the call may have taken effect or not. A 4xx proves that the call did nothing,
    except 408, which a proxy may send.
    """
    return not 400 <= status < 500 or status == 408  # noqa: PLR2004  the classes of RFC 9110


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in an answer's body; {} if the body is anything else."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def parse_retry_after(headers: Mapping[str, str], *, unsaid: float) -> float:
    """Return the seconds to wait that an answer's Retry-After header gives, or ``unsaid`` without one.

    The header has seconds, or a time by the platform's clock, which the Date header gives (RFC 9110, 10.2.3).
    """
    wait = headers.get("retry-after", "").strip()
    if wait.isascii() and wait.isdigit():
        return max(1.0, float(wait))
    until, now = _parse_date(wait), _parse_date(headers.get("date", ""))
    return max(1.0, (until - now).total_seconds()) if until and now else unsaid


def _parse_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def classify_failed_call(
    error: Exception,
    *,
    api: str,
    seconds: float,
    secrets: tuple[str, ...],
    express_doubt: ExpressDoubt = lambda what: what,
) -> NotSent | OutcomeUnknown:
    """Return the error for a call that failed with ``error``, without an answer that can be understood.

    ``seconds`` is the time limit that the call had. An unexpected error proves nothing about the call.
    """
    if isinstance(error, LostCallError):
        why = error.reason.map_texts(lambda words: format_one_line(words, secrets))
    elif isinstance(error, TimeoutError):
        why = PlatformCode.NO_WHOLE_ANSWER(n=seconds)
    else:
        why = PlatformCode.SENSELESS_ANSWER(name=type(error).__name__)
    connected = not isinstance(error, ConnectionNotMadeError)
    return classify_lost_call(api, why, connected=connected, express_doubt=express_doubt)


def classify_lost_call(
    api: str, why: Reason, *, connected: bool, express_doubt: ExpressDoubt = lambda what: what
) -> NotSent | OutcomeUnknown:
    """Return the error for a call to ``api`` that got no answer, for the reason ``why``.

    The call can have arrived only if a connection had been made (``connected``).
    """
    if not connected:
        return NotSent(PlatformCode.NOT_REACHED(url=api, why=why))
    return OutcomeUnknown(express_doubt(Code.TITLED(what=Code.TEXT(words=api), why=why)))
