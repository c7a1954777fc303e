"""The simulated X API v2 over HTTP: routes, signatures, rate limits, prices, and media uploads.

Media are uploaded in one request or by initialize, append and finalize, and may get an alt text.
"""

import re
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from newsbot.ports import Clock
from newsbot.sandbox.calls import Journal, PlatformError, PlatformResponse, RecordedCall, build_json_response
from newsbot.sandbox.images import read_image_info
from newsbot.sandbox.x.posts import TweetEndpoints, check_body, invalid_request
from newsbot.sandbox.x.state import (
    CreditsDepleted,
    InvalidSignature,
    Media,
    XState,
    parse_header,
    verify_signature,
)

__all__ = ["MediaEndpoints", "XApi"]

# ---------------------------------------------------------------- X's endpoints for media uploads

Json = dict[str, Any]

_MB = 1024 * 1024
_LIMITS = {"tweet_image": 5 * _MB, "tweet_gif": 15 * _MB, "tweet_video": 512 * _MB}
_KINDS = {
    "tweet_image": {"image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff"},
    "tweet_gif": {"image/gif"},
    "tweet_video": {"video/mp4", "video/quicktime", "video/webm"},
}
_ALT_LIMIT, _EXPIRES = 1000, 86_400
_INITIALIZE = {
    "media_type": str,
    "total_bytes": int,
    "media_category": str,
    "shared": bool,
    "additional_owners": [str],
}
_METADATA = {"id!": str, "metadata!": {"alt_text!": {"text!": str}}}
_FORM = frozenset({"media", "media_category", "media_type", "shared", "additional_owners"})


class MediaEndpoints:
    """The simulated X API's endpoints for media uploads."""

    def __init__(self, state: XState, clock: Clock) -> None:
        self.state = state
        self.clock = clock

    def upload_whole(self, form: dict[str, Any]) -> Json:
        """Answer X's POST /2/media/upload, which uploads a whole file; ``form`` are its form fields."""
        for name in form.keys() - _FORM:
            raise invalid_request(f"The form field [{name}] is not one of [{','.join(sorted(_FORM))}]")
        data, category = form.get("media"), form.get("media_category")
        if not isinstance(data, bytes) or not isinstance(category, str):
            raise invalid_request("The form fields [media] and [media_category] are required")
        media = self._create_media(category, str(form.get("media_type") or ""))
        media.data = data
        return self._finish_upload(media)

    def initialize(self, body: Any) -> Json:
        """Answer X's POST /2/media/upload/initialize, which begins an upload in segments."""
        asked = check_body(body, _INITIALIZE)
        media = self._create_media(asked.get("media_category", "tweet_image"), asked.get("media_type", ""))
        media.total = asked.get("total_bytes", 0)
        if not 0 < media.total <= _LIMITS[media.category]:
            raise invalid_request(f"$.total_bytes: must be 1 to {_LIMITS[media.category]}")
        return {"id": media.id, "media_key": media.key, "expires_after_secs": _EXPIRES}

    def append(self, media_id: str, form: dict[str, Any]) -> None:
        """Answer X's POST /2/media/upload/:id/append, which stores one segment of an upload."""
        media = self._get_open_media(media_id)
        data, index = form.get("media"), str(form.get("segment_index", ""))
        if not isinstance(data, bytes) or not index.isdigit() or form.keys() - {"media", "segment_index"}:
            raise invalid_request("The form fields are [media] and [segment_index]")
        media.segments[int(index)] = data

    def finalize(self, media_id: str) -> Json:
        """Answer X's POST /2/media/upload/:id/finalize, which joins an upload's segments to a file."""
        media = self._get_open_media(media_id)
        if sorted(media.segments) != list(range(len(media.segments))):
            raise invalid_request("Segments do not add up to provided total file size.")
        media.data = b"".join(media.segments[n] for n in sorted(media.segments))
        if len(media.data) != media.total:
            raise invalid_request("Segments do not add up to provided total file size.")
        return self._finish_upload(media)

    def set_metadata(self, body: Any) -> Json:
        """Answer X's POST /2/media/metadata, which sets the alt text of an uploaded file."""
        asked = check_body(body, _METADATA)
        media = self.state.media.get(asked["id"])
        text = asked["metadata"]["alt_text"]["text"]
        if media is None or not media.complete:
            raise invalid_request("$.id: Your media IDs are invalid.")
        if not 0 < len(text) <= _ALT_LIMIT:
            raise invalid_request(f"$.metadata.alt_text.text: must be 1 to {_ALT_LIMIT} characters")
        self.state.charge("metadata")
        media.alt = text
        return {"id": media.id, "associated_metadata": {"alt_text": {"text": text}}}

    def _create_media(self, category: str, kind: str) -> Media:
        if category not in _LIMITS:
            raise invalid_request(f"media_category [{category}] is not one of [{','.join(_LIMITS)}]")
        if kind and kind not in _KINDS[category]:
            raise invalid_request(f"media_type [{kind}] does not fit media_category [{category}]")
        media = Media(self.state.next_id(self.clock.now()), category, kind)
        self.state.media[media.id] = media
        return media

    def _get_open_media(self, media_id: str) -> Media:
        media = self.state.media.get(media_id)
        if media is None or media.complete:
            raise invalid_request("The media id is invalid.")
        return media

    def _finish_upload(self, media: Media) -> Json:
        if not 0 < len(media.data) <= _LIMITS[media.category]:
            raise PlatformError(
                400, "File size exceeds the limit.", extra={"title": "Bad Request", "status": 400}
            )
        out: Json = {"id": media.id, "media_key": media.key, "size": len(media.data)}
        if media.category != "tweet_video":
            out["image"] = self._describe_image(media)
        media.complete = True
        return out | {"expires_after_secs": _EXPIRES}

    @staticmethod
    def _describe_image(media: Media) -> Json:
        found = read_image_info(media.data)
        if found is None or found.kind not in _KINDS[media.category]:
            raise PlatformError(
                400, "media type unrecognized.", extra={"title": "Bad Request", "status": 400}
            )
        if media.kind and media.kind != found.kind:
            raise invalid_request(f"media_type [{media.kind}] is not what the file is [{found.kind}]")
        return {"image_type": found.kind, "w": found.width, "h": found.height}


# ---------------------------------------------------------------- the routing of requests to X's endpoints

Reply = tuple[int, Any]

_ROUTES = (
    ("POST /2/tweets", re.compile("/2/tweets")),
    ("DELETE /2/tweets/:id", re.compile("/2/tweets/([^/]+)")),
    ("GET /2/tweets/:id", re.compile("/2/tweets/([^/]+)")),
    ("GET /2/users/me", re.compile("/2/users/me")),
    ("GET /2/users/:id/tweets", re.compile("/2/users/([^/]+)/tweets")),
    ("POST /2/media/upload", re.compile("/2/media/upload")),
    ("POST /2/media/upload/initialize", re.compile("/2/media/upload/initialize")),
    ("POST /2/media/upload/:id/append", re.compile("/2/media/upload/([^/]+)/append")),
    ("POST /2/media/upload/:id/finalize", re.compile("/2/media/upload/([^/]+)/finalize")),
    ("POST /2/media/metadata", re.compile("/2/media/metadata")),
)
_OAUTH_1 = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
_APP_ONLY = (
    "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  "
    "Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
)
_PROBLEMS = "https://api.twitter.com/2/problems"


class XApi:
    """The simulated X API, which calls the endpoint for a request; with ``open_`` it accepts any keys."""

    platform = "x"

    def __init__(self, state: XState, clock: Clock, journal: Journal, *, open_: bool) -> None:
        self.state = state
        self.clock = clock
        self.journal = journal
        self.open = open_
        self.posts = TweetEndpoints(state, clock)
        self.uploads = MediaEndpoints(state, clock)

    def method(self, request: web.BaseRequest) -> str:
        """Return a request's API route, such as ``DELETE /2/tweets/:id``, or else its method and path."""
        for name, path in _ROUTES:
            if name.startswith(f"{request.method} ") and path.fullmatch(request.path):
                return name
        return f"{request.method} {request.path}"

    def build_failure(self, status: int, retry_after: int | None) -> PlatformResponse:
        """Return X's error response with the HTTP status that an injected fault demands."""
        title = HTTPStatus(status).phrase
        headers = {}
        if status == HTTPStatus.TOO_MANY_REQUESTS and retry_after is not None:
            reset = int(self.clock.now().timestamp()) + retry_after
            headers = {
                "x-rate-limit-limit": "100",
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": str(reset),
            }
        body = {"title": title, "detail": title, "type": "about:blank", "status": status}
        return build_json_response(status, body, headers)

    async def answer(self, request: web.BaseRequest, call: RecordedCall) -> PlatformResponse:
        """Execute an API request, add its parameters and outcome to ``call``, and return the response."""
        headers = {"Date": format_datetime(self.clock.now(), usegmt=True)}
        try:
            status, value = await self._call_route(request, call, headers)
        except PlatformError as no:
            if no.violation:
                self.journal.add_violation(call, no.description)
            call.outcome = no.description
            return build_json_response(no.status, {"detail": no.description, **no.extra}, headers)
        except CreditsDepleted:
            call.outcome = "CreditsDepleted"
            return build_json_response(402, self._credits_error(), headers)
        return (
            build_json_response(status, value, headers)
            if value is not None
            else PlatformResponse(status, headers=headers)
        )

    async def _call_route(
        self, request: web.BaseRequest, call: RecordedCall, headers: dict[str, str]
    ) -> Reply:
        handler = self._list_handlers().get(call.method)
        if handler is None:
            why = {"title": "Not Found", "type": "about:blank", "status": 404}
            raise PlatformError(404, "Not Found", violation=True, extra=why)
        try:
            form = await _form(request)
        except (ValueError, HttpProcessingError):
            raise invalid_request("The form can't be parsed") from None
        can_write = self.state.can_write(self._authenticate(request, call, form))
        headers["x-access-level"] = "read-write" if can_write else "read"
        self._check_rate(call.method, headers)
        if request.method != "GET" and not can_write:
            extra = {"title": "Forbidden", "type": f"{_PROBLEMS}/oauth1-permissions", "status": 403}
            raise PlatformError(403, _OAUTH_1, extra=extra)
        return await handler(request, call, form)

    # ------------------------------------------------------------ one function for each of X's endpoints

    def _list_handlers(self) -> dict[str, Callable[[web.BaseRequest, RecordedCall, Json], Awaitable[Reply]]]:
        return {
            "POST /2/tweets": self._create,
            "DELETE /2/tweets/:id": self._delete,
            "GET /2/tweets/:id": self._read,
            "GET /2/users/me": self._read_me,
            "GET /2/users/:id/tweets": self._read_timeline,
            "POST /2/media/upload": self._upload_whole,
            "POST /2/media/upload/initialize": self._initialize,
            "POST /2/media/upload/:id/append": self._append,
            "POST /2/media/upload/:id/finalize": self._finalize,
            "POST /2/media/metadata": self._set_metadata,
        }

    async def _create(self, request: web.BaseRequest, call: RecordedCall, _form: Json) -> Reply:
        return 201, {"data": self.posts.create(await _read_json(request, call))}

    async def _delete(self, request: web.BaseRequest, _call: RecordedCall, _form: Json) -> Reply:
        return 200, {"data": self.posts.delete(_get_path_id(request, 3))}

    async def _read(self, request: web.BaseRequest, _call: RecordedCall, _form: Json) -> Reply:
        return 200, self.posts.read(_get_path_id(request, 3), dict(request.query))

    async def _read_me(self, request: web.BaseRequest, _call: RecordedCall, _form: Json) -> Reply:
        return 200, {"data": self.posts.read_me(dict(request.query))}

    async def _read_timeline(self, request: web.BaseRequest, _call: RecordedCall, _form: Json) -> Reply:
        return 200, self.posts.timeline(_get_path_id(request, 3), dict(request.query))

    async def _upload_whole(self, _request: web.BaseRequest, _call: RecordedCall, form: Json) -> Reply:
        return 200, {"data": self.uploads.upload_whole(form)}

    async def _initialize(self, request: web.BaseRequest, call: RecordedCall, _form: Json) -> Reply:
        return 200, {"data": self.uploads.initialize(await _read_json(request, call))}

    async def _append(self, request: web.BaseRequest, _call: RecordedCall, form: Json) -> Reply:
        self.uploads.append(_get_path_id(request, 4), form)
        return 204, None

    async def _finalize(self, request: web.BaseRequest, _call: RecordedCall, _form: Json) -> Reply:
        return 200, {"data": self.uploads.finalize(_get_path_id(request, 4))}

    async def _set_metadata(self, request: web.BaseRequest, call: RecordedCall, _form: Json) -> Reply:
        return 200, {"data": self.uploads.set_metadata(await _read_json(request, call))}

    # ------------------------------------------------------------ authentication, rate limits, prices of X

    def _authenticate(self, request: web.BaseRequest, call: RecordedCall, form: Json) -> str | None:
        """Return the access token by which the request is signed; None if the sandbox accepts any keys."""
        header = request.headers.get("Authorization", "")
        call.params = dict(request.query) | _describe_form(form)
        if self.open:
            return None
        if header.lower().startswith("bearer "):
            extra = {"title": "Unsupported Authentication", "status": 403}
            extra["type"] = f"{_PROBLEMS}/unsupported-authentication"
            raise PlatformError(403, _APP_ONLY, extra=extra)
        signed = [*request.query.items()]
        if request.content_type == "application/x-www-form-urlencoded":
            signed += [(name, str(value)) for name, value in form.items()]
        try:
            oauth = parse_header(header)
            verify_signature(
                request.method,
                f"http://{request.host}{request.rel_url.raw_path}",
                signed,
                oauth,
                self.state.find_credentials(oauth.get("oauth_token")),
                self.state.nonces,
                self.clock.now().timestamp(),
            )
        except InvalidSignature as why:
            extra = {"title": "Unauthorized", "type": "about:blank", "status": 401}
            call.params["unsigned"] = str(why)
            raise PlatformError(401, "Unauthorized", extra=extra) from None
        return oauth["oauth_token"]

    def _check_rate(self, route: str, headers: dict[str, str]) -> None:
        """Count a call, or refuse it with status 429; write the rate limit's state into ``headers``."""
        now, windows = self.clock.now().timestamp(), self.state.windows
        key = "POST /2/media/upload" if route.startswith("POST /2/media/upload") else route
        keyed = [(name, self.state.rates.get(name)) for name in (key, f"{key} per day")]
        over = False
        for name, window in keyed:
            if window is None:
                continue
            over = over or windows.wait_seconds(name, window, now) > 0
            remaining = windows.count_remaining(name, window, now) - (0 if over else 1)
            which = "app-limit-24hour" if name.endswith("per day") else "rate-limit"
            headers |= {
                f"x-{which}-limit": str(window.count),
                f"x-{which}-remaining": str(max(remaining, 0)),
                f"x-{which}-reset": str(windows.reset_at(name, window, now)),
            }
        if over:
            extra = {"title": "Too Many Requests", "type": "about:blank", "status": 429}
            raise PlatformError(429, "Too Many Requests", violation=True, extra=extra)
        for name, window in keyed:
            if window is not None:
                windows.count(name, now)

    def _credits_error(self) -> Json:
        account = self.state.user_id
        why = f"Your enrolled account [{account}] does not have any credits to fulfill this request."
        kind = "https://api.twitter.com/2/problems/credits"
        return {"account_id": int(account), "title": "CreditsDepleted", "detail": why, "type": kind}


def _get_path_id(request: web.BaseRequest, place: int) -> str:
    return request.path.split("/")[place]


def _describe_form(form: Json) -> Json:
    return {n: f"<{len(v)} bytes>" if isinstance(v, bytes) else v for n, v in form.items()}


async def _read_json(request: web.BaseRequest, call: RecordedCall) -> Any:
    if request.content_type != "application/json":
        extra = {"title": "Unsupported Media Type", "type": "about:blank", "status": 415}
        raise PlatformError(415, "The Content-Type must be application/json.", violation=True, extra=extra)
    try:
        body = await request.json()
    except ValueError:
        extra = {"title": "Bad Request", "type": "about:blank", "status": 400}
        raise PlatformError(400, "The body is not JSON.", violation=True, extra=extra) from None
    call.params |= body if isinstance(body, dict) else {}
    return body


async def _form(request: web.BaseRequest) -> Json:
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post())
    if not request.content_type.startswith("multipart/"):
        return {}
    form: Json = {}
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name:
            data = bytes(await part.read())
            form[part.name] = data if part.name == "media" else data.decode(errors="replace")
    return form
