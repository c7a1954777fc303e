"""The interface for programs that drive the sandbox from outside: ``/_sandbox/...``, JSON both ways."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from newsbot.sandbox.editor_api import add_editor_routes, bad_request, ok, read_json_object
from newsbot.sandbox.pace import RateWindow
from newsbot.sandbox.telegram.serializers import serialize_message
from newsbot.sandbox.telegram.state import SandboxChat

if TYPE_CHECKING:
    from newsbot.sandbox.server import Sandbox

__all__ = ["create_admin_app"]

Json = dict[str, Any]


def create_admin_app(sandbox: Sandbox) -> web.Application:
    """Create the admin application.

    It returns state, calls, violations and faults, and sets faults, chats, rates, x and reset. It includes
    the routes of `editor_api`.
    """
    admin = _Admin(sandbox)
    app = web.Application()
    for verb, name in (
        ("GET", "state"),
        ("GET", "calls"),
        ("GET", "violations"),
        ("GET", "faults"),
        ("POST", "faults"),
        ("DELETE", "faults"),
        ("POST", "chats"),
        ("POST", "rates"),
        ("POST", "x"),
        ("POST", "reset"),
    ):
        app.router.add_route(verb, f"/_sandbox/{name}", getattr(admin, f"{verb.lower()}_{name}"))
    add_editor_routes(app, sandbox)
    return app


def _parse_window(rate: list[float] | None) -> RateWindow | None:
    """Parse ``[count, seconds]``. Raises TypeError or ValueError."""
    if rate is None:
        return None
    count, seconds = rate
    return RateWindow(int(count), float(seconds))


class _Admin:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def get_state(self, _request: web.Request) -> web.Response:
        telegram, x = self.sandbox.telegram, self.sandbox.x
        chats = [
            chat.as_json()
            | {
                "messages": [serialize_message(chat, each) for each in chat.messages],
                "deleted": len(chat.deleted),
            }
            for chat in telegram.chats.values()
        ]
        tweets = [
            {
                "id": tweet.id,
                "text": tweet.text,
                "created_at": tweet.created_at.isoformat(),
                "entities": tweet.entities,
                "reply_to": tweet.reply_to,
                "media": [{"id": m.id, "alt": m.alt, "bytes": len(m.data)} for m in tweet.media],
                "price_usd": str(tweet.price),
            }
            for tweet in x.tweets
        ]
        account = {"username": x.username, "user_id": x.user_id, "spend_usd": str(x.spend_usd)}
        return web.json_response({"telegram": {"chats": chats}, "x": account | {"tweets": tweets}})

    async def get_calls(self, _request: web.Request) -> web.Response:
        calls = [asdict(call) | {"at": call.at.isoformat(), "ok": call.ok} for call in self.sandbox.calls]
        return web.json_response(calls)

    async def get_violations(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(each) for each in self.sandbox.violations])

    async def get_faults(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(each) for each in self.sandbox.faults.waiting])

    async def post_faults(self, request: web.Request) -> web.Response:
        """Add a fault: ``{platform, match, kind, times?, after?, seconds?, retry_after?, path?, at?}``."""
        try:
            self.sandbox.faults.add(**await read_json_object(request))
        except (TypeError, ValueError) as error:
            raise bad_request(error) from None
        return ok()

    async def delete_faults(self, _request: web.Request) -> web.Response:
        self.sandbox.faults.clear()
        return ok()

    async def post_chats(self, request: web.Request) -> web.Response:
        """Change or add a chat: the fields of `SandboxChat`, with ``members`` as ids of people."""
        given = await read_json_object(request)
        try:
            if isinstance(ids := given.get("members"), list):
                given["members"] = {int(id_): self.sandbox.telegram.people[int(id_)] for id_ in ids}
            known = self.sandbox.telegram.chats.get(int(given["id"]))
            if known is None:
                self.sandbox.telegram.add([SandboxChat(**given)])
                return ok()
            for name, value in given.items():
                setattr(known, name, value)  # Because of the slots, an unknown name is an AttributeError.
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise bad_request(error) from None
        return ok()

    async def post_rates(self, request: web.Request) -> web.Response:
        """Set rate limits.

        The body is ``{telegram: {per_chat: [1, 1.0] | null, ...}, x: {ROUTE: [100, 900] | null, ...}}``. A
        route is, for example, ``POST /2/tweets``. ``telegram.slack`` is how many seconds early a message may
        arrive.
        """
        given = await read_json_object(request)
        telegram = dict(given.get("telegram", {}))
        try:
            if "slack" in telegram:
                self.sandbox.telegram.windows.slack = float(telegram.pop("slack"))
            for name, rate in telegram.items():
                setattr(self.sandbox.telegram.pace, name, _parse_window(rate))
            for name, rate in given.get("x", {}).items():
                self.sandbox.x.rates[name] = _parse_window(rate)
        except (AttributeError, TypeError, ValueError) as error:
            raise bad_request(error) from None
        return ok()

    async def post_x(self, request: web.Request) -> web.Response:
        """Change X's account: ``{username?, write_access?, credits_usd?, length_limit?}``."""
        given = await read_json_object(request)
        if unknown := given.keys() - {"username", "write_access", "credits_usd", "length_limit"}:
            raise web.HTTPBadRequest(text=f"unknown: {', '.join(sorted(unknown))}")
        if given.get("credits_usd") is not None:
            try:
                given["credits_usd"] = Decimal(str(given["credits_usd"]))
            except ArithmeticError as error:
                raise bad_request(error) from None
        for name, value in given.items():
            setattr(self.sandbox.x, name, value)
        return ok()

    async def post_reset(self, _request: web.Request) -> web.Response:
        self.sandbox.reset()
        return ok()
