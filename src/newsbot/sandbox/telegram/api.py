"""The simulated Bot API over HTTP: ``/bot<token>/<method>``, and a channel's public page ``/s/NAME``.

The public page shows 20 messages at a time, each with ``data-post="NAME/ID"``.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http import HTTPStatus
from typing import Any

import regex
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from newsbot.ports import Clock
from newsbot.sandbox.calls import Journal, PlatformError, PlatformResponse, RecordedCall, build_json_response
from newsbot.sandbox.telegram.methods import ChatMethods, CopyMethods, MenuMethods, MessageMethods
from newsbot.sandbox.telegram.parameters import METHODS, UploadedFile, parse_parameters
from newsbot.sandbox.telegram.posting import Method
from newsbot.sandbox.telegram.state import Message, SandboxChat, TelegramState
from newsbot.sandbox.telegram.updates import UpdateMethods

__all__ = ["TelegramApi", "TelegramMethods", "render_channel_page", "render_message_html"]

# ---------------------------------------------------------------- a channel's public web page

_SHOWN = 20
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}|\p{Emoji_Presentation}[\p{M}\u200d\p{Extended_Pictographic}]*"
)
_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}


def render_channel_page(state: TelegramState, name: str, *, now: datetime, before: int | None = None) -> str:
    """Return the HTML of a channel's public page; "" if there is no public channel of that name.

    ``before`` selects the messages before that id. Messages younger than ``state.preview_lag`` seconds are
    not shown yet.
    """
    try:
        chat = state.chat(f"@{name}")
    except KeyError:
        return ""
    if chat.type != "channel":
        return ""
    out = [m for m in chat.messages if m.date + state.preview_lag <= now.timestamp()]
    if before is not None:
        out = [m for m in out if m.message_id < before]
    shown = "".join(_render_message(chat, message) for message in out[-_SHOWN:])
    title = f"<title>{escape(chat.title)} - Telegram</title>"
    body = f'<body class="widget_frame_base"><section class="tgme_channel_history">{shown}</section></body>'
    return f'<!DOCTYPE html><html><head><meta charset="utf-8">{title}</head>{body}</html>'


def _render_message(chat: SandboxChat, message: Message) -> str:
    post = f"{chat.username}/{message.message_id}"
    at = datetime.fromtimestamp(message.date, UTC).isoformat()
    photo = '<a class="tgme_widget_message_photo_wrap"></a>' if message.photo else ""
    content = render_message_html(message)
    text = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{content}</div>'
    link = f'<a class="tgme_widget_message_date" href="https://t.me/{post}"><time datetime="{at}"></time></a>'
    inner = _render_reply(chat, message) + photo + (text if message.text else "") + link
    wrap = f'<div class="tgme_widget_message js-widget_message" data-post="{post}">{inner}</div>'
    return f'<div class="tgme_widget_message_wrap js-widget_message_wrap">{wrap}</div>'


def _render_reply(chat: SandboxChat, message: Message) -> str:
    """Return the HTML of the message to which a message replies; "" if the message is no reply."""
    answered = chat.message(message.reply_to) if message.reply_to else None
    if answered is None:
        return ""
    address = f"https://t.me/{chat.username}/{answered.message_id}"
    text = escape(answered.text[:60])
    words = f'<div class="tgme_widget_message_metatext js-message_reply_text">{text}</div>'
    return f'<a class="tgme_widget_message_reply user-color-default" href="{address}">{words}</a>'


def render_message_html(message: Message) -> str:
    """Return a message's text as HTML: its entities as tags, its line breaks as ``<br/>``."""
    units = message.text.encode("utf-16-le")
    opens: dict[int, list[str]] = {}
    closes: dict[int, list[str]] = {}
    for entity in message.entities:
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        before, after = _build_tags(entity, units[start:end].decode("utf-16-le"))
        opens.setdefault(start, []).append(before)
        closes.setdefault(end, []).insert(0, after)
    edges = sorted({0, len(units), *opens, *closes})
    out = []
    for start, end in zip(edges, [*edges[1:], edges[-1]], strict=True):
        out += [*closes.get(start, []), *opens.get(start, [])]
        out.append(_render_text(units[start:end].decode("utf-16-le")))
    return "".join(out)


def _render_text(text: str) -> str:
    """Return plain text as HTML of the public page: emoji as pictures, line breaks as ``<br/>``."""
    pictured = _EMOJI.sub(lambda found: f'<i class="emoji"><b>{found[0]}</b></i>', escape(text))
    return str(pictured).replace("\n", "<br/>")


def _build_tags(entity: dict[str, Any], shown: str) -> tuple[str, str]:
    kind = entity["type"]
    if kind in {"text_link", "url", "mention", "hashtag", "email"}:
        href = {
            "text_link": entity.get("url", ""),
            "url": shown if "://" in shown else f"http://{shown}",
            "mention": f"https://t.me/{shown[1:]}",
            "hashtag": f"?q=%23{shown[1:]}",
            "email": f"mailto:{shown}",
        }[kind]
        return f'<a href="{escape(href)}" target="_blank" rel="noopener">', "</a>"
    tag = _TAGS.get(kind)
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")


# ---------------------------------------------------------------- the Bot API over HTTP


class TelegramMethods:
    """All methods of the simulated Bot API by name; `parameters.METHODS` has the same names."""

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
        """Return the function of a Bot API method; raise KeyError if the sandbox has no such method."""
        return self._methods[method]


Json = dict[str, Any]

_BY_LOWER = {name.lower(): name for name in METHODS}


class TelegramApi:
    """The simulated Bot API, which answers HTTP requests; with ``open_`` it accepts any bot's token."""

    platform = "telegram"

    def __init__(self, methods: TelegramMethods, journal: Journal, *, open_: bool) -> None:
        self.methods = methods
        self.journal = journal
        self.open = open_

    def method(self, request: web.BaseRequest) -> str:
        """Return the Bot API's spelling of the method that a request calls, or the path of a public page."""
        if request.path.startswith("/s/"):
            return request.path
        name = request.path.rpartition("/")[2]
        return _BY_LOWER.get(name.lower(), name)

    def build_failure(self, status: int, retry_after: int | None) -> PlatformResponse:
        """Return the error response of a Bot API server that fails, or of a proxy before that server."""
        if status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}:
            title = f"{status} {HTTPStatus(status).phrase}"
            page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
            return PlatformResponse(status, page.encode(), "text/html")
        extra = {"retry_after": retry_after} if retry_after is not None else {}
        what = f"Too Many Requests: retry after {retry_after}" if extra else HTTPStatus(status).phrase
        return _build_error(status, what, extra)

    async def answer(self, request: web.BaseRequest, call: RecordedCall) -> PlatformResponse:
        """Execute a Bot API request, add its parameters and outcome to ``call``, and return the response."""
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
    """Return a request's parameters (also its query's), its files, and whether all values are strings."""
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
