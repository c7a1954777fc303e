"""The tools of the simulated platforms: the record of calls, rate limits, injected faults and responses.

The record contains the requests that the sandbox received, their results, and the violations of good
practice. A fault that a test injects says which calls are damaged, and how their responses are damaged on the
socket.
"""

import asyncio
import json
import math
import socket
import struct
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any, Literal, get_args

from aiohttp import web

__all__ = [
    "KINDS",
    "KINDS_AFTER_PROCESSING",
    "KINDS_BEFORE_PROCESSING",
    "FaultInjector",
    "FaultKind",
    "InjectedFault",
    "Journal",
    "PlatformError",
    "PlatformResponse",
    "RateWindow",
    "RateWindows",
    "RecordedCall",
    "Violation",
    "abort",
    "build_json_response",
    "build_web_response",
    "send_faulty",
]

# ---------------------------------------------------------------- the record of calls to the platforms


@dataclass(frozen=True, slots=True)
class PlatformResponse:
    """One HTTP response of a simulated platform, before an injected fault damages it."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class PlatformError(Exception):
    """The error by which a simulated platform refuses a request.

    ``violation`` says that a well-built client never gets this error, so that the call is recorded as a
    violation.
    """

    def __init__(
        self, status: int, description: str, *, violation: bool = False, extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.violation = violation
        self.extra = extra or {}


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a request broke; ``method`` is as in `RecordedCall`, and ``message`` names the rule."""

    platform: str
    method: str
    message: str


@dataclass(slots=True)
class RecordedCall:
    """One request to a simulated platform.

    ``method`` is Telegram's method (``sendMessage``) or X's route (``POST /2/tweets``). ``params`` contain
    neither tokens nor file contents. ``status`` is the HTTP status of the platform's response, None if a
    fault kept the call from being processed. ``fault`` is the kind of fault that damaged the call.
    """

    at: datetime
    platform: str
    method: str
    params: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
    outcome: str = ""
    fault: str | None = None

    @property
    def ok(self) -> bool:
        """Return whether the simulated platform accepted the call."""
        return self.status is not None and self.status < 400  # noqa: PLR2004  From 400 on, HTTP's statuses are errors.


@dataclass(slots=True)
class Journal:
    """The record of the sandbox's requests and violations, which tests and the admin interface read."""

    calls: list[RecordedCall] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def add_violation(self, call: RecordedCall, message: str) -> None:
        """Record that ``call`` broke the rule that ``message`` names."""
        self.violations.append(Violation(call.platform, call.method, message))

    def clear(self) -> None:
        """Delete all recorded requests and violations."""
        self.calls.clear()
        self.violations.clear()


# ---------------------------------------------------------------- rate limits of the platforms


@dataclass(frozen=True, slots=True)
class RateWindow:
    """A rate limit: at most ``count`` calls in any period of ``seconds``."""

    count: int
    seconds: float


@dataclass(slots=True)
class RateWindows:
    """The times of calls, to check rate limits; a call may come ``slack`` seconds too early."""

    slack: float = 0.05
    _arrivals: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait_seconds(self, key: str, window: RateWindow, now: float) -> float:
        """Return the seconds until the limit ``window`` allows one more call; 0 if one is allowed now."""
        seen = self._list_recent(key, window, now)
        if len(seen) < window.count:
            return 0.0
        return max(seen[-window.count] + window.seconds - self.slack - now, 0.001)

    def count(self, key: str, now: float) -> None:
        """Record a call at the time ``now`` for the rate limit ``key``, such as that of one chat."""
        self._arrivals[key].append(now)

    def count_remaining(self, key: str, window: RateWindow, now: float) -> int:
        """Return how many more calls the rate limit ``window`` allows now."""
        return max(window.count - len(self._list_recent(key, window, now)), 0)

    def reset_at(self, key: str, window: RateWindow, now: float) -> int:
        """Return the Unix time at which the oldest recorded call stops counting for the limit ``window``."""
        seen = self._list_recent(key, window, now)
        return math.ceil((seen[0] if seen else now) + window.seconds)

    def clear(self) -> None:
        """Delete the recorded times of all calls, so that no rate limit is used up."""
        self._arrivals.clear()

    def _list_recent(self, key: str, window: RateWindow, now: float) -> deque[float]:
        seen = self._arrivals[key]
        while seen and seen[0] <= now - window.seconds + self.slack:
            seen.popleft()
        return seen


# ---------------------------------------------------------------- faults that tests inject into calls

FaultKind = Literal[
    "refused",
    "reset_before_read",
    "hang_before_processing",
    "garbage",
    "400",
    "401",
    "404",
    "500",
    "502",
    "503",
    "429",
    "429_without_retry_after",
    "reset_after_processing",
    "hang_after_processing",
    "500_after_processing",
    "502_after_processing",
    "503_after_processing",
    "slow_headers",
    "dripping_body",
    "cut_body",
    "wrong_length",
    "not_json",
    "empty",
    "latency",
    "none",
]
KINDS = frozenset(get_args(FaultKind))
KINDS_BEFORE_PROCESSING = frozenset(
    {"reset_before_read", "hang_before_processing", "garbage", "400", "401", "404", "500", "502", "503"}
    | {"429", "429_without_retry_after"}
)
"""The kinds of faults with which the simulated platform never processes the call."""
KINDS_AFTER_PROCESSING = KINDS - KINDS_BEFORE_PROCESSING - {"refused", "latency", "none"}
"""The kinds of faults with which the platform processes the call, and only its response is damaged."""


@dataclass(slots=True)
class InjectedFault:
    """A fault that a test injects into the calls whose method matches the glob ``match``.

    The first ``after`` matching calls succeed, the next ``times`` fail. ``seconds`` is the duration of a
    fault (latency, refused; 0 for refused means until the fault is removed), or the pause between two bytes
    (slow_headers, dripping_body). ``at`` is the share of the body at which cut_body ends and which
    wrong_length declares; above 1, more bytes are declared than sent. An answer without a body (204) is cut
    in its headers. The kind ``refused`` closes the platform's socket, so ``times`` has no effect on it. The
    kind ``none`` damages no call; it leaves calls undamaged between other faults. ``path`` is a glob for the
    request's path, to affect the calls of one bot only (``/bot123456:*``).
    """

    platform: str
    match: str
    kind: FaultKind
    times: int = 1
    after: int = 0
    seconds: float = 0.0
    retry_after: int = 1
    path: str = "*"
    at: float = 0.5

    def matches(self, platform: str, method: str, path: str = "") -> bool:
        """Return whether the fault applies to a call of ``method`` at the request path ``path``."""
        return platform == self.platform and fnmatchcase(method, self.match) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class FaultInjector:
    """The injected faults that still affect calls, in the order in which they were added."""

    platforms: frozenset[str] = frozenset({"telegram", "x"})
    waiting: list[InjectedFault] = field(default_factory=list)
    on_change: Callable[[], None] = lambda: None

    def add(
        self,
        platform: str,
        match: str,
        kind: FaultKind,
        times: int = 1,
        *,
        after: int = 0,
        seconds: float = 0.0,
        retry_after: int = 1,
        path: str = "*",
        at: float = 0.5,
    ) -> InjectedFault:
        """Add an `InjectedFault` and return it; raise ValueError for an unknown platform or kind."""
        if platform not in self.platforms or kind not in KINDS:
            raise ValueError(f"no fault {kind!r} on {platform!r}: the kinds are {', '.join(sorted(KINDS))}")
        fault = InjectedFault(platform, match, kind, times, after, seconds, retry_after, path, at)
        self.waiting.append(fault)
        self.on_change()
        return fault

    def take(self, platform: str, method: str, path: str = "") -> InjectedFault | None:
        """Return the fault that damages this call, and subtract the call from the fault's ``times``.

        Return None if no fault applies to the call.
        """
        for fault in [f for f in self.waiting if f.matches(platform, method, path)]:
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.kind == "refused":
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
            return fault
        return None

    def find_outage(self, platform: str) -> InjectedFault | None:
        """Return the fault that now keeps the platform from listening; None if the platform listens."""
        due = (f for f in self.waiting if f.kind == "refused" and f.platform == platform and f.after <= 0)
        return next(due, None)

    def remove(self, fault: InjectedFault) -> None:
        """Remove a fault; do nothing if the fault is already used up or removed."""
        if fault in self.waiting:
            self.waiting.remove(fault)
        self.on_change()

    def clear(self) -> None:
        """Remove all injected faults."""
        self.waiting.clear()
        self.on_change()


# ---------------------------------------------------------------- sending responses, damaged by faults or not

# A TLS alert (handshake_failure), which is sent in place of an HTTP response.
_GARBAGE = b"\x15\x03\x01\x00\x02\x02\x28"
_MAX_HANG_SECONDS = 3600.0


def build_web_response(answer: PlatformResponse) -> web.Response:
    """Convert a platform's undamaged response into a response of aiohttp."""
    headers = dict(answer.headers)
    if answer.status != HTTPStatus.NO_CONTENT:
        headers["Content-Type"] = answer.content_type
    return web.Response(status=answer.status, body=answer.body or None, headers=headers)


def abort(request: web.BaseRequest) -> None:
    """Reset the TCP connection of a request, so that its client gets no response."""
    if request.transport is not None:
        sock = request.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()


async def send_faulty(
    request: web.BaseRequest, fault: InjectedFault, answer: PlatformResponse
) -> web.Response:
    """Send the response ``answer`` to a request, damaged by ``fault``.

    The returned response is sent only if the client is still connected.
    """
    kind = fault.kind
    if kind in {"not_json", "empty"}:
        return build_web_response(
            _replace_body(answer, b"" if kind == "empty" else b"<html>It works!</html>")
        )
    if kind.startswith("hang"):
        await _wait_for_client(request)
    elif kind.startswith("reset"):
        abort(request)
    else:
        await _send_damaged(request, fault, answer)
    return build_web_response(answer)


def _replace_body(answer: PlatformResponse, body: bytes) -> PlatformResponse:
    return PlatformResponse(answer.status, body, answer.content_type, answer.headers)


async def _wait_for_client(request: web.BaseRequest) -> None:
    """Leave a request without a response until its client disconnects or the sandbox stops, for at most an
    hour.
    """
    for _ in range(int(_MAX_HANG_SECONDS / 0.05)):
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(0.05)


async def _send_damaged(request: web.BaseRequest, fault: InjectedFault, answer: PlatformResponse) -> None:
    if answer.status == HTTPStatus.NO_CONTENT and fault.kind in {"cut_body", "wrong_length"}:
        # The faults `cut_body` and `wrong_length` cut a response without a body in its headers.
        head = _build_head(answer, 0)
        await _send_bytes(request, head[: _cut_length(head, min(fault.at, 0.9))])
    else:
        await _send_damaged_body(request, fault, answer)
    if request.transport is not None:
        request.transport.close()


async def _send_damaged_body(
    request: web.BaseRequest, fault: InjectedFault, answer: PlatformResponse
) -> None:
    body = answer.body or b"{}"
    pause = fault.seconds or 0.5
    if fault.kind == "garbage":
        await _send_bytes(request, _GARBAGE)
    elif fault.kind == "slow_headers":
        await _send_slowly(request, _build_head(answer, len(body)), pause)
        await _send_bytes(request, body)
    elif fault.kind == "dripping_body":
        await _send_bytes(request, _build_head(answer, len(body)))
        await _send_slowly(request, body, pause)
    elif fault.kind == "cut_body":
        await _send_bytes(request, _build_head(answer, len(body)) + body[: _cut_length(body, fault.at)])
    else:  # The fault `wrong_length` declares another length of the body than is sent.
        await _send_bytes(request, _build_head(answer, _cut_length(body, fault.at)) + body)


def _cut_length(body: bytes, at: float) -> int:
    """Return how many bytes of a body are sent or declared, by the share ``at`` of the body's length.

    If that is the body's whole length, return one byte less.
    """
    share = round(len(body) * at)
    return share if share != len(body) else share - 1


def _build_head(answer: PlatformResponse, length: int) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _send_bytes(request: web.BaseRequest, data: bytes) -> None:
    if request.transport is not None and not request.transport.is_closing():
        request.transport.write(data)
        await asyncio.sleep(0)


async def _send_slowly(request: web.BaseRequest, data: bytes, pause: float) -> None:
    for at in range(len(data)):
        if request.transport is None or request.transport.is_closing():
            return
        await _send_bytes(request, data[at : at + 1])
        await asyncio.sleep(pause)


def build_json_response(
    status: int, value: object, headers: dict[str, str] | None = None
) -> PlatformResponse:
    """Return a platform's response whose body is ``value`` as JSON in UTF-8."""
    return PlatformResponse(status, json.dumps(value, ensure_ascii=False).encode(), headers=headers or {})
