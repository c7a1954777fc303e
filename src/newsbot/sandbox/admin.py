"""The interface for programs that drive the sandbox from outside: ``/_sandbox/...``, JSON both ways.

Programs act as the editors in Telegram's chats by these calls:

A ``POST`` request has a JSON object as its body. The response is 200, or 400 with one line about the mistake:

- ``say`` ``{chat, user, text, kind?, ago?, reply_to?, thread?, origin?}`` -> ``{message_id}``: a person
  writes a message. ``kind`` is message (the default), forwarded, via_bot, anonymous, as_channel,
  linked_channel, channel_post, business or bot; ``ago`` is the seconds since it was written; ``origin`` makes
  it a forwarded message: user, hidden_user, chat, channel, or a whole ``MessageOrigin``
- ``edit`` ``{chat, user, message_id, text}`` -> ``{message_id}``: a person edits their own message
- ``forward`` ``{from_chat, message_id, chat, user, hidden?}`` -> ``{message_id}``: a person forwards a
  message into ``chat``
- ``press`` ``{chat, user, message_id, label | data}`` -> ``{callback_query_id}``: a person presses a button;
  ``data`` may be that of a button that is no longer there
- ``replay`` ``{update_id?, fresh?}`` -> the update: an update (by default the newest) reaches the bot once
  more, under its own or a new id
- ``standing`` ``{chat, user, status}``: a person makes the bot an administrator or member, or removes it
  (left, kicked; in a private chat: blocks it), which the bot receives as my_chat_member
- ``people`` ``{id, first_name, language_code?, username?, chats?, started?}``: adds a person with a private
  chat, who is a member of ``chats``; with ``started`` false, the person has not written to the bot yet
- ``age`` ``{seconds, chat?, message_id?}`` -> ``{messages}``: makes messages older
- ``clock`` ``{forward}`` -> ``{now}``: moves the sandbox's clock forward by seconds
- ``webhook`` ``{retry}``: sets the seconds before an update that was not accepted is sent again (1)

``GET``: ``people``; ``chats`` (with ``?chat=ID&after=MESSAGE_ID``, a part of one chat); ``updates`` (those
that wait for the bot); ``answers`` (the bot's answers to pressed buttons); ``menu?chat=ID&user=ID`` (the
commands that a person sees in a chat).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from newsbot.sandbox.calls import RateWindow
from newsbot.sandbox.model import BEHAVIOURS
from newsbot.sandbox.telegram import people
from newsbot.sandbox.telegram.methods import find_menu
from newsbot.sandbox.telegram.serializers import serialize_message
from newsbot.sandbox.telegram.state import SandboxChat

if TYPE_CHECKING:
    from newsbot.sandbox.server import Sandbox

__all__ = ["EditorApi", "add_editor_routes", "bad_request", "create_admin_app", "ok", "read_json_object"]

# ---------------------------------------------------------------- what people do in the simulated chats

Json = dict[str, Any]


async def read_json_object(request: web.Request) -> Json:
    """Return the JSON object in the body of a request to the sandbox.

    The media type application/json is required, because other websites' pages can't send it here from a
    browser.
    """
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    try:
        value = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="the body is not JSON") from None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text="the body is not a JSON object")
    return value


def bad_request(error: Exception) -> web.HTTPBadRequest:
    """Return the error 400 whose body describes the mistake in a request to the sandbox."""
    return web.HTTPBadRequest(text=f"{type(error).__name__}: {error}")


def ok() -> web.Response:
    """Return the response to a successful request that has no result."""
    return web.json_response({"ok": True})


def add_editor_routes(app: web.Application, sandbox: Sandbox) -> None:
    """Add the routes for what people do in chats to the sandbox's admin application, which must not have
    started.
    """
    play = EditorApi(sandbox)
    for name in ("people", "chats", "updates", "answers", "menu"):
        app.router.add_get(f"/_sandbox/{name}", getattr(play, f"get_{name}"))
    for name in ("say", "edit", "forward", "press", "replay", "people", "age", "clock", "webhook"):
        app.router.add_post(f"/_sandbox/{name}", _json_handler(getattr(play, name)))
    app.router.add_post("/_sandbox/standing", _json_handler(play.set_status))


def _json_handler(act: Callable[..., Json]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        given = await read_json_object(request)
        try:
            return web.json_response(act(**given))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise bad_request(error) from None

    return handle


class EditorApi:
    """The admin interface's functions for what people do in the simulated Telegram's chats.

    Each function gets the fields of the request's JSON object as keywords. The function raises KeyError,
    TypeError or ValueError if the request has a mistake.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._state = sandbox.telegram

    def say(self, chat: int | str, user: int, text: str, **how: Any) -> Json:
        """Write a message as a member of a chat; return the message's id."""
        message = people.say(self._state, chat, user, text, at=self._sandbox.clock.now(), **how)
        return {"message_id": message.message_id}

    def edit(self, chat: int | str, user: int, message_id: int, text: str) -> Json:
        """Edit a message as its author; return the message's id."""
        people.edit(self._state, chat, user, message_id, text, at=self._sandbox.clock.now())
        return {"message_id": message_id}

    def forward(
        self, from_chat: int | str, message_id: int, chat: int | str, user: int, *, hidden: bool = False
    ) -> Json:
        """Let a simulated person forward a message into another chat, of which the person is a member; return
        the new message's id.
        """
        at = self._sandbox.clock.now()
        message = people.forward(self._state, from_chat, message_id, chat, user, at=at, hidden=hidden)
        return {"message_id": message.message_id}

    def press(
        self, chat: int | str, user: int, message_id: int, label: str = "", data: str | None = None
    ) -> Json:
        """Press a message's button as a person; return the callback query's id."""
        query = people.press(self._state, chat, user, message_id, label, data=data)
        return {"callback_query_id": query}

    def replay(self, update_id: int | None = None, *, fresh: bool = False) -> Json:
        """Deliver an update (a message to the bot) to the bot again; return the update."""
        return people.replay(self._state, update_id, fresh=fresh)

    def set_status(self, chat: int | str, user: int, status: Any) -> Json:
        """Make the bot an administrator or member of a chat, or remove the bot from the chat."""
        people.set_bot_status(self._state, chat, user, status, at=self._sandbox.clock.now())
        return {"ok": True}

    def people(self, *, chats: tuple[int | str, ...] = (), started: bool = True, **user: Any) -> Json:
        """Add or change a person of the simulated Telegram; return the person as ``User`` object."""
        return people.join(self._state, user, list(chats), started=started)

    def age(self, seconds: float, chat: int | str | None = None, message_id: int | None = None) -> Json:
        """Make messages older by ``seconds``; return the number of messages that were changed."""
        return {"messages": people.age(self._state, seconds, chat, message_id)}

    def clock(self, forward: float) -> Json:
        """Move the sandbox's clock forward by ``forward`` seconds; return the new time."""
        self._sandbox.clock.ahead += timedelta(seconds=forward)
        return {"now": self._sandbox.clock.now().isoformat()}

    def webhook(self, retry: float) -> Json:
        """Set the seconds after which an update that the bot's webhook did not accept is sent again."""
        self._state.hook.retry = float(retry)
        return {"ok": True}

    # ------------------------------------------------------------ the admin interface's answers to GET

    async def get_people(self, _request: web.Request) -> web.Response:
        """Answer the request GET people with all people of the simulated Telegram."""
        return web.json_response(list(self._state.people.values()))

    async def get_chats(self, request: web.Request) -> web.Response:
        """Answer GET chats with the chats and their messages, or with one chat's messages after an id."""
        after = int(request.query.get("after", "0"))
        try:
            ref = request.query.get("chat")
            chats = [self._state.chat(ref)] if ref else list(self._state.chats.values())
        except (KeyError, ValueError) as error:
            raise bad_request(error) from None
        shown = [
            chat.as_json()
            | {"messages": [serialize_message(chat, m) for m in chat.messages if m.message_id > after]}
            | {"members": list(chat.members), "pinned": chat.pinned, "bot": chat.bot}
            for chat in chats
        ]
        return web.json_response(shown)

    async def get_updates(self, _request: web.Request) -> web.Response:
        """Answer the request GET updates with the updates that wait for the bot."""
        return web.json_response([*self._state.replays, *self._state.updates])

    async def get_answers(self, _request: web.Request) -> web.Response:
        """Answer the request GET answers with the bot's answers to pressed buttons."""
        return web.json_response(self._state.callback_answers)

    async def get_menu(self, request: web.Request) -> web.Response:
        """Answer the request GET menu with the commands that a person sees in a chat."""
        try:
            chat, user = self._state.chat(request.query["chat"]), int(request.query["user"])
        except (KeyError, ValueError) as error:
            raise bad_request(error) from None
        return web.json_response(find_menu(self._state, chat, user))


# ---------------------------------------------------------------- the control of the whole sandbox by
# programs


def create_admin_app(sandbox: Sandbox) -> web.Application:
    """Create the web application of the sandbox's admin interface.

    The application's requests read the platforms' state, the recorded calls, violations and faults. They
    change faults, chats, rate limits, the X account and the model, and reset the sandbox. The application
    includes the routes of `EditorApi`.
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
        ("GET", "model"),
        ("POST", "model"),
        ("POST", "reset"),
    ):
        app.router.add_route(verb, f"/_sandbox/{name}", getattr(admin, f"{verb.lower()}_{name}"))
    add_editor_routes(app, sandbox)
    return app


def _parse_window(rate: list[float] | None) -> RateWindow | None:
    """Return the rate limit for a request's value ``[count, seconds]``; return None (no limit) for null."""
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
        """Inject the fault that the request's body describes: ``{platform, match, kind, times?, after?,
        seconds?, retry_after?, path?, at?}``.
        """
        try:
            self.sandbox.faults.add(**await read_json_object(request))
        except (TypeError, ValueError) as error:
            raise bad_request(error) from None
        return ok()

    async def delete_faults(self, _request: web.Request) -> web.Response:
        self.sandbox.faults.clear()
        return ok()

    async def post_chats(self, request: web.Request) -> web.Response:
        """Change or add a chat by fields of `SandboxChat` in the request; ``members`` are ids of people."""
        given = await read_json_object(request)
        try:
            if isinstance(ids := given.get("members"), list):
                given["members"] = {int(id_): self.sandbox.telegram.people[int(id_)] for id_ in ids}
            known = self.sandbox.telegram.chats.get(int(given["id"]))
            if known is None:
                self.sandbox.telegram.add([SandboxChat(**given)])
                return ok()
            for name, value in given.items():
                # An unknown field is a mistake in the request: setting it raises AttributeError, because
                # `SandboxChat` has slots.
                setattr(known, name, value)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise bad_request(error) from None
        return ok()

    async def post_rates(self, request: web.Request) -> web.Response:
        """Set the rate limits of the simulated platforms.

        The request's body is ``{telegram: {per_chat: [1, 1.0] | null, ...}, x: {ROUTE: [100, 900] | null,
        ...}}``. A route is, for example, ``POST /2/tweets``. ``telegram.slack`` is the number of seconds by
        which a message may arrive too early.
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
        """Change the simulated X account: ``{username?, write_access?, premium?, credits_usd?,
        length_limit?}``.
        """
        given = await read_json_object(request)
        if unknown := given.keys() - {"username", "write_access", "premium", "credits_usd", "length_limit"}:
            raise web.HTTPBadRequest(text=f"unknown: {', '.join(sorted(unknown))}")
        if given.get("credits_usd") is not None:
            try:
                given["credits_usd"] = Decimal(str(given["credits_usd"]))
            except ArithmeticError as error:
                raise bad_request(error) from None
        for name, value in given.items():
            setattr(self.sandbox.x, name, value)
        return ok()

    async def get_model(self, _request: web.Request) -> web.Response:
        """Return the simulated model's behaviour, all behaviours, and how many calls were paid for."""
        model = self.sandbox.model
        twice = sum(count > 1 for count in model.paid.values())
        paid = {"paid": model.paid.total(), "paid_twice": twice}
        return web.json_response({"behaviour": model.behaviour, "behaviours": sorted(BEHAVIOURS), **paid})

    async def post_model(self, request: web.Request) -> web.Response:
        """Change how the simulated model answers: ``{behaviour?, refused?, vetoed?}``."""
        given = await read_json_object(request)
        unknown = given.keys() - {"behaviour", "refused", "vetoed"}
        if unknown or given.get("behaviour", "right") not in BEHAVIOURS:
            told = f"behaviour is one of {', '.join(sorted(BEHAVIOURS))}; refused and vetoed are lists"
            raise web.HTTPBadRequest(text=told)
        model = self.sandbox.model
        model.behaviour = given.get("behaviour", model.behaviour)
        model.refused = set(given.get("refused", model.refused))
        model.vetoed = list(given.get("vetoed", model.vetoed))
        return ok()

    async def post_reset(self, _request: web.Request) -> web.Response:
        self.sandbox.reset()
        return ok()
