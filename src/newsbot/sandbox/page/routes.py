"""The routes of the sandbox's page: its HTML document, events and pictures, and what people do on it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from typing import Any

from aiohttp import web

from newsbot.sandbox.page.panel import Comparison, FaultSwitches, LedgerView, Panel
from newsbot.sandbox.page.rendering import PageTemplates, Piece, stream_changes
from newsbot.sandbox.page.timelines import LinkCards, TelegramChatsView, XTimelineView, name_chat_list
from newsbot.sandbox.server import Sandbox
from newsbot.sandbox.site import PUBLIC_URL
from newsbot.sandbox.telegram.methods import find_menu
from newsbot.sandbox.telegram.people import edit, forward, press, say

__all__ = ["SandboxPage", "attach_page"]

Json = dict[str, Any]

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STATIC = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class SandboxPage:
    """The sandbox's page.

    In the demo, the page has a ``newsroom`` (the posts in newsbot's ledger) and a sample ``site``.
    """

    def __init__(
        self, sandbox: Sandbox, *, newsroom: LedgerView | None = None, site: str | None = None
    ) -> None:
        self._sandbox = sandbox
        self._newsroom = newsroom
        self._site = site
        self._templates = PageTemplates()
        self._cards = LinkCards({PUBLIC_URL: site} if site else {})
        self._switchboard = FaultSwitches(sandbox.faults)
        self._comparison = Comparison(sandbox, site)
        self._comparing: set[asyncio.Task[None]] = set()
        self._parts = (
            TelegramChatsView(sandbox.telegram, self._templates, self._cards),
            XTimelineView(sandbox.x, self._templates, self._cards),
            Panel(self._switchboard, self._comparison, newsroom, self._templates),
        )

    def lists(self) -> Mapping[str, Sequence[Piece]]:
        """Return all pieces of the page that can change; each key is the name of the list with the pieces."""
        return {name: pieces for part in self._parts for name, pieces in part.lists().items()}

    async def start(self, _app: web.Application) -> None:
        """Start to watch newsbot's ledger, if the page has one."""
        if self._newsroom:
            await self._newsroom.start()

    async def stop(self, _app: web.Application) -> None:
        """Stop all background work of the page."""
        for task in self._comparing:
            task.cancel()
        await asyncio.gather(*self._comparing, return_exceptions=True)
        await self._cards.close()
        if self._newsroom:
            await self._newsroom.stop()

    # ------------------------------------------------------------ the page's answers to GET requests

    async def get_document(self, _request: web.Request) -> web.Response:
        """Return the page's HTML document with its current contents."""
        chats = list(self._sandbox.telegram.chats.values())
        html = self._templates.render(
            "page.html.j2",
            chats=[(name_chat_list(chat), chat) for chat in chats],
            lists=self.lists(),
            people=list(self._sandbox.telegram.people.values()),
            account=self._sandbox.x,
            newsroom=self._newsroom is not None,
            site=self._site,
            public=PUBLIC_URL,
        )
        return web.Response(text=html, content_type="text/html", charset="utf-8")

    async def get_events(self, request: web.Request) -> web.StreamResponse:
        """Send the page's changes as server-sent events until the page is closed."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        # This error is ignored, because a browser that closes the page ends the stream.
        with suppress(ConnectionResetError):
            async for event in stream_changes(self.lists):
                await response.write(event.encode())
        return response

    async def get_static(self, request: web.Request) -> web.Response:
        """Return a style sheet, script or icon of the page."""
        name = request.match_info["name"]
        if name not in _STATIC:
            raise web.HTTPNotFound
        body = files("newsbot.sandbox.page").joinpath("static", name).read_bytes()
        return web.Response(body=body, content_type=_STATIC[name], charset="utf-8")

    async def photo(self, request: web.Request) -> web.Response:
        """Return a photo of the simulated Telegram by its file_id."""
        upload = self._sandbox.telegram.uploads.get(request.match_info["id"])
        return _build_picture_response((upload.data, upload.kind) if upload else None)

    async def media(self, request: web.Request) -> web.Response:
        """Return a picture of the simulated X by its media id."""
        media = self._sandbox.x.media.get(request.match_info["id"])
        kind = media.kind if media and media.kind.startswith("image/") else "image/jpeg"
        return _build_picture_response((media.data, kind) if media else None)

    async def get_card(self, request: web.Request) -> web.Response:
        """Return the picture of a link's preview card by the picture's key."""
        return _build_picture_response(self._cards.image(request.match_info["id"]))

    async def get_menu(self, request: web.Request) -> web.Response:
        """Return the commands that ``?user`` sees in ``?chat``, each with the text that it sends."""
        telegram = self._sandbox.telegram
        try:
            chat, user = telegram.chat(request.query["chat"]), int(request.query["user"])
        except (KeyError, ValueError):
            raise web.HTTPNotFound from None
        name = "" if chat.type == "private" else f"@{telegram.bot.username}"
        commands = [each | {"sent": f"/{each['command']}{name}"} for each in find_menu(telegram, chat, user)]
        return web.json_response(commands)

    # ------------------------------------------------------------ requests for what people do on the page

    async def say(self, given: Json) -> None:
        """Write a message as a person; ``given`` is ``{chat, user, text, reply_to?}``."""
        now, reply_to = self._sandbox.clock.now(), given.get("reply_to")
        telegram = self._sandbox.telegram
        say(telegram, given["chat"], given["user"], given["text"], at=now, reply_to=reply_to)

    async def edit(self, given: Json) -> None:
        """Edit a message as its author; ``given`` is ``{chat, user, message, text}``."""
        where = (given["chat"], given["user"], given["message"], given["text"])
        edit(self._sandbox.telegram, *where, at=self._sandbox.clock.now())

    async def forward(self, given: Json) -> None:
        """Forward a message into another chat as a person; ``given`` is ``{chat, message, to, user}``."""
        where = (given["chat"], given["message"], given["to"], given["user"])
        forward(self._sandbox.telegram, *where, at=self._sandbox.clock.now())

    async def press(self, given: Json) -> None:
        """Press a message's button as a person; ``given`` is ``{chat, user, message, label, data?}``."""
        where = (given["chat"], given["user"], given["message"], given["label"])
        press(self._sandbox.telegram, *where, data=given.get("data") or None)

    async def switch(self, given: Json) -> None:
        """Turn the switch of a fault on or off; ``given`` is ``{platform, name, on}``."""
        self._switchboard.set(given["platform"], given["name"], on=bool(given["on"]))

    async def cut(self, _given: Json) -> None:
        """Start to compare newsbot with a simple script that sends posts, when a response is lost; respond to
        the page before the comparison ends.
        """
        task = asyncio.create_task(self._comparison.run())
        self._comparing.add(task)
        task.add_done_callback(self._comparing.discard)

    async def publish(self, _given: Json) -> None:
        """Publish the sample site's next article; raise ValueError if the page has no site."""
        if await self._comparison.publish() is None:
            raise ValueError("there is no sample site here")


def attach_page(page: SandboxPage, app: web.Application) -> None:
    """Add the page's routes to the sandbox's admin application, which must not have started."""
    for path, look in (
        ("/", page.get_document),
        ("/events", page.get_events),
        ("/static/{name}", page.get_static),
        ("/photo/{id}", page.photo),
        ("/media/{id}", page.media),
        ("/card/{id}", page.get_card),
        ("/menu", page.get_menu),
    ):
        app.router.add_get(path, _allow_local_only(look))
    for name in ("say", "edit", "forward", "press", "switch", "cut", "publish"):
        app.router.add_post(f"/do/{name}", _allow_local_only(_json_handler(getattr(page, name))))
    app.on_response_prepare.append(_add_headers)
    app.on_startup.append(page.start)
    app.on_cleanup.append(page.stop)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _allow_local_only(handler: Handler) -> Handler:
    """Return ``handler`` changed to refuse requests whose Host header names another machine.

    If such requests were accepted, any web page could reach the sandbox by a DNS name that resolves to this
    machine.
    """

    async def check_host(request: web.Request) -> web.StreamResponse:
        if request.host.rpartition(":")[0] not in _LOCAL_NAMES and request.host not in _LOCAL_NAMES:
            raise web.HTTPForbidden(text="Open the sandbox by its address on 127.0.0.1.")
        return await handler(request)

    return check_host


def _json_handler(act: Callable[[Json], Awaitable[None]]) -> Handler:
    """Return a request handler that carries out an action of a person, given as JSON by the page.

    The media type application/json is required, so that no other website's page can send such a request.
    """

    async def handle(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="send application/json")
        try:
            given = await request.json()
            await act(given)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}") from None
        return web.json_response({"ok": True})

    return handle


def _build_picture_response(found: tuple[bytes, str] | None) -> web.Response:
    if found is None:
        raise web.HTTPNotFound
    return web.Response(body=found[0], content_type=found[1])


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
