"""Classification of the X API's error answers: what they mean for the post and for its channel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from newsbot.channels.http_api import is_inconclusive, parse_json_object
from newsbot.channels.redaction import format_one_line
from newsbot.errors import (
    ChannelRefused,
    Duplicate,
    MediaRefused,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    Refused,
    SendError,
)
from newsbot.reasons import Code, PlatformCode, Reason

__all__ = ["XCall", "classify_x_response"]

WAIT = 60.0
"""The seconds to wait after an answer 429 (too many calls) that does not say how long to wait."""

DAILY_WAIT = 1800.0
"""The seconds to wait after X's error "over daily status update limit", which X counts in half hours."""

_DUPLICATE = re.compile(r"duplicate", re.IGNORECASE)
_CAP = re.compile(r"usage.?cap|cap exceeded|spend.?cap|credits", re.IGNORECASE)
_ACCOUNT = re.compile(r"suspend|locked|deactivated", re.IGNORECASE)
_APP = re.compile(
    r"oauth1|app permission|unsupported.authentication|client.not.enrolled|client-forbidden|project|"
    r"access level|not permitted to perform|not permitted to access|write permission|write actions|read-only",
    re.IGNORECASE,
)
_MEDIA = re.compile(r"media", re.IGNORECASE)
_DAILY = re.compile(r"over (?:the )?daily (?:status update )?limit", re.IGNORECASE)
_LATER = re.compile(r"try again later|might be automated", re.IGNORECASE)
_APP_PROBLEMS = frozenset({"client-forbidden", "oauth1-permissions", "unsupported-authentication"})
"""X's names for problems of the app, from https://docs.x.com/x-api/fundamentals/response-codes-and-errors"""

_NO_POST = "resource-not-found"
_UNSAID = frozenset({"", "Forbidden"})


@dataclass(frozen=True, slots=True)
class XCall:
    """The purpose of a call to X, by which an error of the call is explained.

    ``post`` says that the call publishes a post, ``photo`` that the post has a photo, and ``reply`` that it
    is a reply. ``out`` says that the call reads or deletes a published post, and ``edit`` that it edits one.
    """

    post: bool = False
    photo: bool = False
    reply: bool = False
    out: bool = False
    edit: bool = False

    def express_doubt(self, what: Reason) -> Reason:
        """Add to the reason ``what`` that the effect of the call is not known, and where a person can look.

        ``what`` is X's answer or the failure. If the call posts nothing, return ``what`` unchanged.
        """
        return PlatformCode.MAYBE_OUT_ON_X(what=what) if self.post else what


def classify_x_response(  # noqa: PLR0911  The function has one return for each status.
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    asked: XCall,
    *,
    posts_key: str,
    daily_key: str,
    secrets: tuple[str, ...],
) -> SendError:
    """Return the error for the status, headers and body of an answer of X.

    ``posts_key`` and ``daily_key`` name the rate limits that a 429 (too many calls) is about.
    """
    answer = parse_json_object(body)
    words, kind = _error_text(answer, secrets), _problem_name(answer)
    said = PlatformCode.X_ANSWERED(words=f"{words!r} (HTTP {status})" if words else f"HTTP {status}")
    if is_inconclusive(status):
        return OutcomeUnknown(asked.express_doubt(said))
    if status == 429 and not _CAP.search(f"{words} {kind}"):  # noqa: PLR2004
        daily = any(headers.get(f"x-{who}-limit-24hour-remaining") == "0" for who in ("app", "user"))
        seconds = _retry_after(headers, daily=daily)
        return RateLimited(said, retry_after=seconds, key=daily_key if daily else posts_key)
    match status:
        case 401:
            return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.WRONG_KEYS()))
        case 402 | 429:
            return OutOfCredits(Code.TITLED(what=said, why=PlatformCode.NO_CREDITS()))
        case 403:
            return _classify_forbidden(said, words, kind, asked, posts_key)
        case 404 if asked.out and kind == _NO_POST:
            return MessageGone(said)
        case 404:
            return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.CHECK_API()))
    if not words:  # An answer without a reason counts as one of a proxy, because X always gives a reason.
        return NotSent(PlatformCode.NO_REASON_GIVEN(what=said))
    return MediaRefused(said) if asked.photo and _MEDIA.search(words) else Refused(said)


def _classify_forbidden(said: Reason, words: str, kind: str, asked: XCall, posts_key: str) -> SendError:  # noqa: PLR0911  The function has one return for each case.
    """Return the error for an answer 403 of X, by the answer's text and the name of the problem.

    The text and the name show whether the post, the account or the app was refused.
    """
    if _DUPLICATE.search(words):
        return Duplicate(Code.TITLED(what=said, why=PlatformCode.OUT_ALREADY()))
    if _CAP.search(f"{words} {kind}"):
        return OutOfCredits(Code.TITLED(what=said, why=PlatformCode.NO_CREDITS()))
    if _ACCOUNT.search(words):
        return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.SETTLE_WITH_X()))
    if _DAILY.search(words):
        return RateLimited(said, retry_after=DAILY_WAIT, key=posts_key)
    if _LATER.search(words):
        return NotSent(said)
    if asked.photo and _MEDIA.search(words):
        return MediaRefused(said)
    if words in _UNSAID or kind in _APP_PROBLEMS or (_APP.search(words) and not asked.reply):
        return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.READ_AND_WRITE()))
    return Refused(said)


def _problem_name(answer: dict[str, Any]) -> str:
    """Return the name of the problem that an answer of X reports; "" if the answer reports none.

    The name is the end of the problem's address: ``client-forbidden`` for
    ``https://api.twitter.com/2/problems/client-forbidden``.
    """
    kind = answer.get("type")
    return kind.rpartition("/")[2] if isinstance(kind, str) else ""


def _error_text(answer: dict[str, Any], secrets: tuple[str, ...]) -> str:
    """Return the text of X's error: a problem's ``title``, ``detail`` and ``reason``, or other messages."""
    found = [
        answer.get("title"),
        answer.get("detail"),
        answer.get("reason"),
        *_error_messages(answer.get("errors")),
    ]
    words = [word.strip(" .") for word in found if isinstance(word, str) and word.strip(" .")]
    return format_one_line(". ".join(dict.fromkeys(words)), secrets)


def _error_messages(errors: Any) -> list[Any]:
    if not isinstance(errors, list):
        return []
    return [error.get("message") or error.get("detail") for error in errors if isinstance(error, dict)]


def _retry_after(headers: Mapping[str, str], *, daily: bool) -> float:
    """Return the seconds until X resets the rate limit, by X's own clock (the Date header)."""
    names = ("x-app-limit-24hour-reset", "x-user-limit-24hour-reset") if daily else ("x-rate-limit-reset",)
    try:
        reset = max(int(headers[name]) for name in names if name in headers)
        return max(1.0, reset - parsedate_to_datetime(headers["date"]).timestamp())
    except (KeyError, ValueError, TypeError):
        return WAIT
