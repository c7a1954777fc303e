"""The editors' side of Telegram for a driver in any language: ``/_sandbox/...``, JSON both ways.

``POST`` takes an object and returns 200, or 400 with one line that describes the mistake:

- ``say`` ``{chat, user, text, kind?, ago?, reply_to?, thread?, origin?}`` -> ``{message_id}``: somebody
  writes. ``kind`` is message (the default), forwarded, via_bot, anonymous, as_channel, linked_channel,
  channel_post, business or bot; ``ago`` is the seconds since it was written; ``origin`` makes it a
  forwarded one: user, hidden_user, chat, channel, or a whole ``MessageOrigin``
- ``edit`` ``{chat, user, message_id, text}`` -> ``{message_id}``: they edit a message of theirs
- ``forward`` ``{from_chat, message_id, chat, user, hidden?}`` -> ``{message_id}``: they forward one into
  ``chat``
- ``press`` ``{chat, user, message_id, label | data}`` -> ``{callback_query_id}``: they press a button; by
  ``data`` also one that is no longer there
- ``replay`` ``{update_id?, fresh?}`` -> the update: it (by default the newest) reaches the bot once more,
  under its own or a new id
- ``standing`` ``{chat, user, status}``: they make the bot an administrator or member, or remove it
  (left, kicked; in a private chat: block it), which it receives as my_chat_member
- ``people`` ``{id, first_name, language_code?, username?, chats?, started?}``: a person with a private chat,
  who is a member of ``chats``; ``started`` false: who has not written to the bot yet
- ``age`` ``{seconds, chat?, message_id?}`` -> ``{messages}``: messages become older
- ``clock`` ``{forward}`` -> ``{now}``: the sandbox's clock moves forward by seconds
- ``webhook`` ``{retry}``: seconds before an update that was not accepted is sent again (1)

``GET``: ``people``; ``chats`` (``?chat=ID&after=MESSAGE_ID`` for a part of one); ``updates`` (those that wait
for the bot); ``answers`` (to pressed buttons); ``menu?chat=ID&user=ID`` (the commands this person sees
there).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from newsbot.sandbox.telegram import people
from newsbot.sandbox.telegram.menus import find_menu
from newsbot.sandbox.telegram.serializers import serialize_message

if TYPE_CHECKING:
    from newsbot.sandbox.server import Sandbox

__all__ = ["EditorApi", "add_editor_routes", "bad_request", "ok", "read_json_object"]

Json = dict[str, Any]


async def read_json_object(request: web.Request) -> Json:
    """Return the request's JSON object.

    The media type is required, so that no web page can send such a request unasked.
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
    """Build an error 400 that describes the mistake."""
    return web.HTTPBadRequest(text=f"{type(error).__name__}: {error}")


def ok() -> web.Response:
    """Build the response for a success without a result."""
    return web.json_response({"ok": True})


def add_editor_routes(app: web.Application, sandbox: Sandbox) -> None:
    """Add the routes of `EditorApi` to an application that has not started."""
    play = EditorApi(sandbox)
    for name in ("people", "chats", "updates", "answers", "menu"):
        app.router.add_get(f"/_sandbox/{name}", getattr(play, f"get_{name}"))
    acts: tuple[Callable[..., Any], ...] = (
        *(play.say, play.edit, play.forward, play.press, play.replay),
        *(play.standing, play.people, play.age, play.clock, play.webhook),
    )
    for act in acts:
        app.router.add_post(f"/_sandbox/{act.__name__}", _json_handler(act))


def _json_handler(act: Callable[..., Json]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        given = await read_json_object(request)
        try:
            return web.json_response(act(**given))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise bad_request(error) from None

    return handle


class EditorApi:
    """Actions in the chats, by keyword; a mistake raises KeyError, TypeError or ValueError."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._state = sandbox.telegram

    def say(self, chat: int | str, user: int, text: str, **how: Any) -> Json:
        """Write a message."""
        message = people.say(self._state, chat, user, text, at=self._sandbox.clock.now(), **how)
        return {"message_id": message.message_id}

    def edit(self, chat: int | str, user: int, message_id: int, text: str) -> Json:
        """Edit a message."""
        people.edit(self._state, chat, user, message_id, text, at=self._sandbox.clock.now())
        return {"message_id": message_id}

    def forward(
        self, from_chat: int | str, message_id: int, chat: int | str, user: int, *, hidden: bool = False
    ) -> Json:
        """Forward a message."""
        at = self._sandbox.clock.now()
        message = people.forward(self._state, from_chat, message_id, chat, user, at=at, hidden=hidden)
        return {"message_id": message.message_id}

    def press(
        self, chat: int | str, user: int, message_id: int, label: str = "", data: str | None = None
    ) -> Json:
        """Press a button."""
        query = people.press(self._state, chat, user, message_id, label, data=data)
        return {"callback_query_id": query}

    def replay(self, update_id: int | None = None, *, fresh: bool = False) -> Json:
        """Deliver an update again."""
        return people.replay(self._state, update_id, fresh=fresh)

    def standing(self, chat: int | str, user: int, status: Any) -> Json:
        """Change the bot's status in a chat."""
        people.set_bot_status(self._state, chat, user, status, at=self._sandbox.clock.now())
        return {"ok": True}

    def people(self, *, chats: tuple[int | str, ...] = (), started: bool = True, **user: Any) -> Json:
        """Add or change a person."""
        return people.join(self._state, user, list(chats), started=started)

    def age(self, seconds: float, chat: int | str | None = None, message_id: int | None = None) -> Json:
        """Make messages older."""
        return {"messages": people.age(self._state, seconds, chat, message_id)}

    def clock(self, forward: float) -> Json:
        """Move the clock forward."""
        self._sandbox.clock.ahead += timedelta(seconds=forward)
        return {"now": self._sandbox.clock.now().isoformat()}

    def webhook(self, retry: float) -> Json:
        """Set the delay before an update is sent again."""
        self._state.hook.retry = float(retry)
        return {"ok": True}

    # ------------------------------------------------------------ reading

    async def get_people(self, _request: web.Request) -> web.Response:
        """Return the people."""
        return web.json_response(list(self._state.people.values()))

    async def get_chats(self, request: web.Request) -> web.Response:
        """Return the chats with their messages."""
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
        """Return the updates that wait for the bot."""
        return web.json_response([*self._state.replays, *self._state.updates])

    async def get_answers(self, _request: web.Request) -> web.Response:
        """Return the answers to pressed buttons."""
        return web.json_response(self._state.callback_answers)

    async def get_menu(self, request: web.Request) -> web.Response:
        """Return the commands that a person sees in a chat."""
        try:
            chat, user = self._state.chat(request.query["chat"]), int(request.query["user"])
        except (KeyError, ValueError) as error:
            raise bad_request(error) from None
        return web.json_response(find_menu(self._state, chat, user))
