"""A client of a platform's HTTP API with JSON, which raises the errors that all channels raise.

A kind of channel makes its calls by `HttpApi` if its platform has no library of its own, or needs none.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from newsbot import __version__
from newsbot.channels.redaction import format_one_line, limit_logging
from newsbot.errors import (
    ChannelRefused,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SendError,
)
from newsbot.imports import IMPORT_LOCK
from newsbot.reasons import Code, PlatformCode, Reason
from newsbot.threads import run_in_thread

if TYPE_CHECKING:
    from newsbot.channels.http_connection import HttpConnection, Route

__all__ = [
    "ApiCall",
    "ConnectionNotMadeError",
    "ErrorResponse",
    "HttpApi",
    "LazyConnection",
    "LostCallError",
    "ResponseLostError",
    "classify_failed_call",
    "is_inconclusive",
    "load_route",
    "parse_json_object",
]

T = TypeVar("T")

CONNECT_SHARE = 0.5
"""The share of a call's time limit that connecting may take, before the request is sent."""

WAIT = 30.0
"""The seconds to wait after an answer 429 (too many calls) that does not say how long to wait."""

_WORDS = ("error_description", "message", "detail", "description", "error", "title")
"""The keys under which platforms describe an error, those with whole sentences first."""


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


class ErrorResponse(Exception):  # noqa: N818  The name says what the platform sent.
    """The error that the status of an answer is a failure; names in ``headers`` are in lower case."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers
        self.body = body


def is_inconclusive(status: int) -> bool:
    """Return whether an answer with this HTTP failure status proves nothing about the call's effect.

    After a 5xx or a redirect, the call may have taken effect or not. A 4xx proves that the call did nothing,
    except 408, which a proxy may send.
    """
    return not 400 <= status < 500 or status == 408  # noqa: PLR2004  These are the classes of RFC 9110.


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
    if isinstance(error, ConnectionNotMadeError):
        return NotSent(PlatformCode.NOT_REACHED(url=api, why=why))
    return OutcomeUnknown(express_doubt(Code.TITLED(what=Code.TEXT(words=api), why=why)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """The purpose of a call to a platform's API, by which an error of the call is explained.

    ``rate`` is the key of the rate limit that a 429 (too many calls) is about. ``place`` is where a person
    can see whether the call took effect ("" for a call that publishes nothing). ``message`` says that the
    call's address is that of a published message, so that a 404 means that the message is gone.
    """

    rate: str
    place: str = ""
    message: bool = False

    def express_doubt(self, what: Reason) -> Reason:
        """Add to the reason ``what`` that the effect of the call is not known, and where a person can look.

        ``what`` is the platform's answer or the failure. If the call publishes nothing, return ``what``
        unchanged.
        """
        return PlatformCode.MAYBE_OUT(what=what, place=self.place) if self.place else what


class LazyConnection:
    """The connection to a platform's ``api``, made at its first use, in the event loop of that use.

    ``libraries`` are imported before, and ``headers`` are sent with every call. Without ``reuse``, each call
    has a connection of its own.
    """

    def __init__(self, api: str, *libraries: str, headers: Mapping[str, str], reuse: bool = True) -> None:
        self._api = api
        self._libraries = libraries
        self._headers = {"User-Agent": f"newsbot/{__version__}", **headers}
        self._reuse = reuse
        self._lock = asyncio.Lock()
        self._made: HttpConnection | None = None

    async def get(self) -> "HttpConnection":
        """Return the connection to the platform's API, which the first call makes.

        A thread imports the libraries and loads the certificates for it.
        """
        async with self._lock:
            if self._made is None:
                route = await run_in_thread(lambda: load_route(self._api, *self._libraries))
                from newsbot.channels.http_connection import HttpConnection  # noqa: PLC0415  The thread has loaded the module already.

                self._made = HttpConnection(route, headers=self._headers, reuse=self._reuse)
        return self._made

    async def close(self) -> None:
        """Close the connection if it was made; the next call of `get` makes another one."""
        if self._made:
            made, self._made = self._made, None
            await made.close()


class HttpApi:
    """A client of a platform's API at ``url``, which connects at its first call, in that call's event loop.

    ``name`` is the platform's name in messages to people, ``headers`` are sent with every call, and no error
    contains one of the ``secrets``. A channel whose platform uses HTTP statuses in its own way overrides
    `classify`.
    """

    def __init__(self, name: str, url: str, *, headers: Mapping[str, str], secrets: tuple[str, ...]) -> None:
        self.name = name
        self.url = url
        self.secrets = secrets
        self._connection = LazyConnection(url, headers=headers)

    async def open(self) -> None:
        """Import aiohttp and load the certificates in a thread, because both take long."""
        await self._connection.get()

    async def call(
        self,
        method: str,
        path: str,
        asked: ApiCall,
        *,
        within: float,
        parse: Callable[[Any], T],
        content: Any = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> T:
        """Make one call within ``within`` seconds, and return the result of ``parse`` for the answer.

        The body is ``content`` as JSON, or else a form with ``files`` (each its name, content and media
        type). ``parse`` gets the answer's JSON, None for a 204, and may raise any error: an answer without
        the expected values proves nothing.

        Raises:
            SendError: The call failed. The error's class says what that proves about the post. It carries no
                error of the library aiohttp.
        """
        connection = await self._connection.get()
        connect = CONNECT_SHARE * within
        try:
            async with asyncio.timeout(within):
                answer = await connection.exchange(
                    method, self.url + path, connect_seconds=connect, content=content, form=form, files=files
                )
            return parse(None if answer.status == 204 else json.loads(answer.body))  # noqa: PLR2004  The status 204 means "No Content".
        except SendError as error:
            failure = error
        except ErrorResponse as refusal:
            failure = self.classify(refusal, asked)
        except Exception as error:  # noqa: BLE001  An unexpected error proves nothing about the call.
            failure = classify_failed_call(
                error, api=self.url, seconds=within, secrets=self.secrets, express_doubt=asked.express_doubt
            )
        raise failure

    def classify(self, answer: ErrorResponse, asked: ApiCall) -> SendError:
        """Return the error for an answer with a failure status, by the meaning that HTTP gives the status."""
        words, status = self._find_words(answer.body), answer.status
        text = f"{words!r} (HTTP {status})" if words else f"HTTP {status}"
        said = PlatformCode.PLATFORM_ANSWERED(name=self.name, words=text)
        if is_inconclusive(status):
            return OutcomeUnknown(asked.express_doubt(said))
        if status == 429:  # noqa: PLR2004
            wait = parse_retry_after(answer.headers, unsaid=WAIT)
            return RateLimited(said, retry_after=wait, key=asked.rate)
        if status in {401, 403}:
            return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.CHECK_KEY()))
        if status in {404, 410} and not (asked.message and words):
            return ChannelRefused(Code.TITLED(what=said, why=PlatformCode.NOTHING_THERE()))
        # An error answer without a reason counts as one of a proxy, which did not pass the call on, because
        # the platform's API always gives a reason.
        if not words:
            return NotSent(PlatformCode.NO_REASON_GIVEN(what=said))
        return MessageGone(said) if status in {404, 410} else Refused(said)

    async def close(self) -> None:
        """Close the connections to the platform's API; the next call connects again."""
        await self._connection.close()

    def _find_words(self, body: bytes) -> str:
        """Return the platform's description of a failure in an answer; "" if the answer's JSON has none."""
        answer = parse_json_object(body)
        # The description is looked for below the key ``error`` first, because some platforms put all of it
        # there.
        inner = answer.get("error")
        answer = inner if isinstance(inner, dict) else answer
        found = (answer[key] for key in _WORDS if isinstance(answer.get(key), str))
        return format_one_line(next(found, ""), self.secrets)


def load_route(api: str, *libraries: str) -> "Route":
    """Import aiohttp and ``libraries``, and return the proxy and the certificates for calls to ``api``.

    All of this takes long, so the function must be called in a thread.
    """
    with IMPORT_LOCK:
        for library in libraries:
            import_module(library)
        from newsbot.channels.http_connection import find_route  # noqa: PLC0415  The module takes long to import.

    limit_logging("aiohttp", *libraries)
    return find_route(api)
