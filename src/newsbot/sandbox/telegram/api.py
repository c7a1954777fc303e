"""The Bot API over HTTP: ``/bot<token>/<method>``, and the public preview page ``/s/NAME``."""

from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from newsbot.ports import Clock
from newsbot.sandbox.journal import Journal, PlatformError, PlatformResponse, RecordedCall
from newsbot.sandbox.telegram.chats import ChatMethods
from newsbot.sandbox.telegram.menus import MenuMethods
from newsbot.sandbox.telegram.messages import CopyMethods, MessageMethods
from newsbot.sandbox.telegram.page import render_channel_page
from newsbot.sandbox.telegram.parameters import METHODS, UploadedFile, parse_parameters
from newsbot.sandbox.telegram.posting import Method
from newsbot.sandbox.telegram.state import TelegramState
from newsbot.sandbox.telegram.updates import UpdateMethods
from newsbot.sandbox.wire import build_json_response

__all__ = ["TelegramApi", "TelegramMethods"]


class TelegramMethods:
    """All methods of the simulated Bot API; `parameters.METHODS` has the same names."""

    def __init__(self, state: TelegramState, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        parts = (
            ChatMethods(state, clock),
            MessageMethods(state, clock),
            CopyMethods(state, clock),
            UpdateMethods(state),
            MenuMethods(state),
        )
        self._methods = {name: method for part in parts for name, method in part.methods().items()}

    def find(self, method: str) -> Method:
        """Return the method with this name. Raises KeyError if the sandbox does not have it."""
        return self._methods[method]


Json = dict[str, Any]

_BY_LOWER = {name.lower(): name for name in METHODS}


class TelegramApi:
    """The Bot API over its methods; with ``open_`` it accepts any token."""

    platform = "telegram"

    def __init__(self, methods: TelegramMethods, journal: Journal, *, open_: bool) -> None:
        self.methods = methods
        self.journal = journal
        self.open = open_

    def method(self, request: web.BaseRequest) -> str:
        """Return the Bot API's name of the method (in any case), or the page's path."""
        if request.path.startswith("/s/"):
            return request.path
        name = request.path.rpartition("/")[2]
        return _BY_LOWER.get(name.lower(), name)

    def build_failure(self, status: int, retry_after: int | None) -> PlatformResponse:
        """Build the response of a platform, or of its proxy, that is out of order."""
        if status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}:
            title = f"{status} {HTTPStatus(status).phrase}"
            page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
            return PlatformResponse(status, page.encode(), "text/html")
        extra = {"retry_after": retry_after} if retry_after is not None else {}
        what = f"Too Many Requests: retry after {retry_after}" if extra else HTTPStatus(status).phrase
        return _build_error(status, what, extra)

    async def answer(self, request: web.BaseRequest, call: RecordedCall) -> PlatformResponse:
        """Execute the request, and record it in ``call``."""
        if call.method.startswith("/s/"):
            return self._answer_page(request, call)
        try:
            return build_json_response(200, {"ok": True, "result": await self._call_method(request, call)})
        except PlatformError as no:
            if no.violation:
                self.journal.add_violation(call, no.description)
            call.outcome = no.description
            return _build_error(no.status, no.description, no.extra)

    def _answer_page(self, request: web.BaseRequest, call: RecordedCall) -> PlatformResponse:
        name, now = call.method.removeprefix("/s/"), self.methods.clock.now()
        before = request.query.get("before", "")
        asked = int(before) if before.isdecimal() else None
        page = render_channel_page(self.methods.state, name, now=now, before=asked)
        html, date = "text/html; charset=utf-8", {"Date": format_datetime(now, usegmt=True)}
        return (
            PlatformResponse(200, page.encode(), html, date)
            if page
            else PlatformResponse(302, b"", html, {"Location": "/"})
        )

    async def _call_method(self, request: web.BaseRequest, call: RecordedCall) -> Any:
        self._authorize(request)
        if call.method not in METHODS:
            raise PlatformError(404, "Not Found: method not found", violation=True)
        try:
            given, files, text = await _read_body(request)
        except (ValueError, HttpProcessingError):
            raise PlatformError(400, "Bad Request: can't parse the body", violation=True) from None
        call.params = given | {name: f"<{len(data)} bytes>" for name, data in files.items()}
        params = parse_parameters(call.method, given, files, text=text)
        if text:
            call.params |= {name: value for name, value in params.items() if not isinstance(value, bytes)}
        return await self.methods.find(call.method)(params, files)

    def _authorize(self, request: web.BaseRequest) -> None:
        token, slash, _ = request.path.removeprefix("/bot").partition("/")
        number, colon, _ = token.partition(":")
        if not (request.path.startswith("/bot") and slash and number.isdigit() and colon):
            raise PlatformError(404, "Not Found")
        state = self.methods.state
        if not self.open and token != state.bot.token and token not in state.other_tokens:
            raise PlatformError(401, "Unauthorized")


def _build_error(status: int, description: str, extra: Json) -> PlatformResponse:
    body: Json = {"ok": False, "error_code": status, "description": description}
    return build_json_response(status, body | ({"parameters": extra} if extra else {}))


async def _read_body(request: web.BaseRequest) -> tuple[Json, dict[str, UploadedFile], bool]:
    """Return parameters, files, and whether all values are strings; the query string is included."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        return given | await _read_json(request), {}, False
    if request.content_type.startswith("multipart/"):
        fields, files = await _read_multipart(request)
        return given | fields, files, True
    return given | dict(await request.post()), {}, True


async def _read_json(request: web.BaseRequest) -> Json:
    try:
        value = await request.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise PlatformError(400, "Bad Request: can't parse JSON object", violation=True)
    return {name: item for name, item in value.items() if item is not None}


async def _read_multipart(request: web.BaseRequest) -> tuple[Json, dict[str, UploadedFile]]:
    fields: Json = {}
    files: dict[str, UploadedFile] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            raise PlatformError(400, "Bad Request: can't parse multipart body", violation=True)
        data = bytes(await part.read())
        if part.filename is not None:
            files[part.name] = UploadedFile(data)
        else:
            fields[part.name] = data.decode(errors="replace")
    return fields, files
