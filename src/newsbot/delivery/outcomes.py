"""The rules which decide by the error of a failed call to a platform whether its post is retried, failed or
of unknown outcome.

Every class of SendError stands for one decision. Any other error proves nothing about the post, so the post
gets the state `unknown`.
"""

import random
from datetime import datetime, timedelta

from newsbot.errors import ChannelRefused, Duplicate, MediaRefused, NotSent, RateLimited, Refused, SendError
from newsbot.model import Failure, PostEvent
from newsbot.ports import CallFailure
from newsbot.reasons import PlatformCode
from newsbot.tasks import compute_pause

__all__ = ["classify", "find_back_off"]

_FIRST_RETRY = timedelta(seconds=5)
_LAST_RETRY = timedelta(minutes=15)


def classify(error: BaseException, *, attempts: int, now: datetime, doubted: bool = False) -> CallFailure:
    """Return what the ledger should do with a post for which a call to the platform ended with ``error``.

    ``attempts`` counts the post's calls so far, including this call. ``doubted`` says that the outcome of an
    earlier call is unknown, so a platform that reports a duplicate may have received the post by that call.
    """
    failure = _make_failure(error)
    match error:
        case RateLimited():
            due = now + timedelta(seconds=error.retry_after)
            return CallFailure(PostEvent.NOT_SENT, failure, due, rate_key=error.key)
        case MediaRefused():
            return CallFailure(PostEvent.NOT_SENT, failure, now, drop_media=True)
        case ChannelRefused():
            return CallFailure(PostEvent.NOT_SENT, failure, pause=True)
        case NotSent():
            return CallFailure(PostEvent.NOT_SENT, failure, now + find_back_off(attempts))
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


def _make_failure(error: BaseException) -> Failure:
    if isinstance(error, SendError):
        return Failure(error.code, error.reason)
    # The message of another library's error may contain a token, so only the type of the error is stored.
    ended = PlatformCode.ENDED_WITHOUT_ANSWER(name=type(error).__name__)
    return Failure("unknown", PlatformCode.LOOK_FIRST(what=ended))
