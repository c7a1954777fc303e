"""Functions that decide what newsbot does with a post, or with an edit or deletion, after a call to its
platform failed with an error.

Every class of SendError stands for one decision. Any other error proves nothing about the call.
"""

import random
from datetime import datetime, timedelta

from newsbot.errors import (
    ChannelRefused,
    Duplicate,
    MediaRefused,
    MessageGone,
    NotCalled,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SendError,
)
from newsbot.model import Failure, PostEvent
from newsbot.ports import Amendment, AmendmentResult, CallFailure
from newsbot.reasons import PlatformCode
from newsbot.tasks import compute_pause

__all__ = ["classify", "classify_amendment_error", "find_back_off"]

_FIRST_RETRY = timedelta(seconds=5)
_LAST_RETRY = timedelta(minutes=15)
_SOON = timedelta(seconds=20)  # The longest pause between two attempts to delete the same published message.
# The time for which newsbot tries to edit a published message before it leaves the edit to a person.
_GIVES_UP = timedelta(hours=24)


def classify(error: BaseException, *, attempts: int, now: datetime, doubted: bool = False) -> CallFailure:
    """Return what the ledger should do with a post for which a call to the platform ended with ``error``.

    ``attempts`` counts the post's calls so far, including this call. ``doubted`` says that the outcome of an
    earlier call is unknown, so a platform that reports a duplicate may have received the post by that call.
    """
    failure = _make_failure(error)
    if not isinstance(error, SendError):
        failure = Failure(failure.code, PlatformCode.LOOK_FIRST(what=failure.reason))
    match error:
        case RateLimited():
            due = now + timedelta(seconds=error.retry_after)
            return CallFailure(PostEvent.NOT_SENT, failure, due, rate_key=error.key)
        case MediaRefused():
            return CallFailure(PostEvent.NOT_SENT, failure, now, drop_media=True)
        case ChannelRefused():
            return CallFailure(PostEvent.NOT_SENT, failure, pause=True)
        case NotSent():
            due_at = None if isinstance(error, NotCalled) else now + find_back_off(attempts)
            return CallFailure(PostEvent.NOT_SENT, failure, due_at)
        case Refused() if not (doubted and isinstance(error, Duplicate)):
            return CallFailure(PostEvent.REFUSE, failure)
        case _:
            return CallFailure(PostEvent.LOSE, failure)


def find_back_off(attempts: int) -> timedelta:
    """Return how long newsbot waits before it calls a platform again after a failed call.

    The time is about 5 s, 10 s, 20 s ... up to 15 min; ``attempts`` is the number of calls so far. The time
    varies at random by up to a quarter, so that retries of several posts don't coincide.
    """
    longest = compute_pause(_FIRST_RETRY, _LAST_RETRY, attempts - 1)
    return longest * random.uniform(0.75, 1.0)  # noqa: S311  The random number only spreads attempts over time and is no secret.


def classify_amendment_error(
    error: Exception, amendment: Amendment, *, editable: bool, now: datetime
) -> AmendmentResult:
    """Return what the ledger should do with an edit or deletion whose call ended with ``error``.

    ``editable`` says that the platform edits messages, so a text that says that the message was withdrawn can
    replace a message which the platform does not delete.
    """
    failure = _make_failure(error)
    match error:
        case MessageGone() if amendment.is_removal:
            return AmendmentResult(done=True)
        case RateLimited():
            due = now + timedelta(seconds=error.retry_after)
            return AmendmentResult(failure=failure, due_at=due, rate_key=error.key, free=True)
        case Refused() if amendment.what == "delete" and editable and amendment.after:
            return AmendmentResult(failure=failure, notice=True, free=True)
        case Refused():
            return AmendmentResult(failure=failure, by_hand=amendment.is_removal, free=True)
    surely_not = isinstance(error, NotSent)
    return AmendmentResult(failure=failure, due_at=_find_retry_time(amendment, now), free=surely_not)


def _find_retry_time(amendment: Amendment, now: datetime) -> datetime | None:
    """Return when to try a failed edit or deletion again; None for an edit that has failed for a day.

    A deletion is tried until it succeeds, however long that takes.
    """
    wait = find_back_off(amendment.attempts)
    if amendment.is_removal:
        return now + min(wait, _SOON)
    return None if now - amendment.since > _GIVES_UP else now + wait


def _make_failure(error: BaseException) -> Failure:
    if isinstance(error, SendError):
        return Failure(error.code, error.reason)
    # The message of another library's error may contain a token, so only the type of the error is stored.
    return Failure(OutcomeUnknown.code, PlatformCode.ENDED_WITHOUT_ANSWER(name=type(error).__name__))
