"""The Bot API over HTTP: ``/bot<token>/<method>``, and the public preview page ``/s/NAME``."""

from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from newsbot.ports import Clock
from newsbot.sandbox.journal import Answer, Call, Journal, Refusal
from newsbot.sandbox.telegram.chats import Rooms
from newsbot.sandbox.telegram.menus import Menus
from newsbot.sandbox.telegram.messages import Copies, Messages
from newsbot.sandbox.telegram.page import channel_page
from newsbot.sandbox.telegram.parameters import METHODS, Upload, parse_parameters
from newsbot.sandbox.telegram.posting import Method
from newsbot.sandbox.telegram.state import TelegramState
from newsbot.sandbox.telegram.updates import Updates
from newsbot.sandbox.wire import json_answer

__all__ = ["Methods", "TelegramApi"]


class Methods:
    """All that the stand-in has; `parameters.METHODS` names the same."""

    def __init__(self, state: TelegramState, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        parts = (
            Rooms(state, clock),
            Messages(state, clock),
            Copies(state, clock),
            Updates(state),
            Menus(state),
        )
        self._methods = {name: method for part in parts for name, method in part.methods().items()}

    def find(self, method: str) -> Method:
        """Raises KeyError for what the stand-in does not have."""
        return self._methods[method]


Json = dict[str, Any]

_BY_LOWER = {name.lower(): name for name in METHODS}


class TelegramApi:
    """``open_`` takes any token."""

    platform = "telegram"

    def __init__(self, methods: Methods, journal: Journal, *, open_: bool) -> None:
        self.methods = methods
        self.journal = journal
        self.open = open_

    def method(self, request: web.BaseRequest) -> str:
        """The Bot API's name of the method (any case will do), or the page's path."""
        if request.path.startswith("/s/"):
            return request.path
        name = request.path.rpartition("/")[2]
        return _BY_LOWER.get(name.lower(), name)

    def failure(self, status: int, retry_after: int | None) -> Answer:
        """The platform out of order, as it or its front end would say so."""
        if status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}:
            title = f"{status} {HTTPStatus(status).phrase}"
            page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
            return Answer(status, page.encode(), "text/html")
        extra = {"retry_after": retry_after} if retry_after is not None else {}
        what = f"Too Many Requests: retry after {retry_after}" if extra else HTTPStatus(status).phrase
        return _error(status, what, extra)

    async def answer(self, request: web.BaseRequest, call: Call) -> Answer:
        """Do what is asked, and note it in ``call``."""
        if call.method.startswith("/s/"):
            return self._page(request, call)
        try:
            return json_answer(200, {"ok": True, "result": await self._result(request, call)})
        except Refusal as no:
            if no.violation:
                self.journal.violate(call, no.description)
            call.outcome = no.description
            return _error(no.status, no.description, no.extra)

    def _page(self, request: web.BaseRequest, call: Call) -> Answer:
        name, now = call.method.removeprefix("/s/"), self.methods.clock.now()
        before = request.query.get("before", "")
        asked = int(before) if before.isdecimal() else None
        page = channel_page(self.methods.state, name, now=now, before=asked)
        html, date = "text/html; charset=utf-8", {"Date": format_datetime(now, usegmt=True)}
        return Answer(200, page.encode(), html, date) if page else Answer(302, b"", html, {"Location": "/"})

    async def _result(self, request: web.BaseRequest, call: Call) -> Any:
        self._authorize(request)
        if call.method not in METHODS:
            raise Refusal(404, "Not Found: method not found", violation=True)
        try:
            given, files, text = await _body(request)
        except (ValueError, HttpProcessingError):
            raise Refusal(400, "Bad Request: can't parse the body", violation=True) from None
        call.params = given | {name: f"<{len(data)} bytes>" for name, data in files.items()}
        params = parse_parameters(call.method, given, files, text=text)
        if text:
            call.params |= {name: value for name, value in params.items() if not isinstance(value, bytes)}
        return await self.methods.find(call.method)(params, files)

    def _authorize(self, request: web.BaseRequest) -> None:
        token, slash, _ = request.path.removeprefix("/bot").partition("/")
        number, colon, _ = token.partition(":")
        if not (request.path.startswith("/bot") and slash and number.isdigit() and colon):
            raise Refusal(404, "Not Found")
        state = self.methods.state
        if not self.open and token != state.bot.token and token not in state.other_tokens:
            raise Refusal(401, "Unauthorized")


def _error(status: int, description: str, extra: Json) -> Answer:
    body: Json = {"ok": False, "error_code": status, "description": description}
    return json_answer(status, body | ({"parameters": extra} if extra else {}))


async def _body(request: web.BaseRequest) -> tuple[Json, dict[str, Upload], bool]:
    """Parameters, files, and whether all values came as strings. The query string counts too."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        return given | await _json(request), {}, False
    if request.content_type.startswith("multipart/"):
        fields, files = await _multipart(request)
        return given | fields, files, True
    return given | dict(await request.post()), {}, True


async def _json(request: web.BaseRequest) -> Json:
    try:
        value = await request.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "Bad Request: can't parse JSON object", violation=True)
    return {name: item for name, item in value.items() if item is not None}


async def _multipart(request: web.BaseRequest) -> tuple[Json, dict[str, Upload]]:
    fields: Json = {}
    files: dict[str, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            raise Refusal(400, "Bad Request: can't parse multipart body", violation=True)
        data = bytes(await part.read())
        if part.filename is not None:
            files[part.name] = Upload(data)
        else:
            fields[part.name] = data.decode(errors="replace")
    return fields, files
