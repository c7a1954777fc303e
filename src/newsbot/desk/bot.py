"""The desk's bot, through python-telegram-bot's requests on the wire that channels send through."""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from newsbot.channels.aside import aside
from newsbot.channels.redaction import one_line, quiet
from newsbot.desk.answers import Button

if TYPE_CHECKING:
    from newsbot.channels.telegram_wire import Route, Wire

__all__ = ["ALLOWED", "Api", "ApiError", "Me"]

Json = dict[str, Any]

ALLOWED = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
)
_DEADLINE = 15.0  # seconds for any call but a long poll
_CONNECT = 8.0
_AWAY = 500  # a status from here on is the server's own trouble


class ApiError(Exception):
    """Telegram said no, or nothing. ``status`` is 0 where no answer came."""

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    @property
    def away(self) -> bool:
        """Telegram can't be reached, or is in trouble itself: the same call may work later."""
        return not self.status or self.status >= _AWAY


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is. ``hears_all``: its privacy mode is off, so that it sees groups whole."""

    id: int
    name: str
    hears_all: bool


class Api:
    """The few methods that the desk calls. Raises ApiError alone."""

    def __init__(self, api: str, token: str) -> None:
        self._api = api
        self._token = token
        self._wire: Wire | None = None
        self._making = asyncio.Lock()

    @property
    def bot_id(self) -> int:
        return int(self._token.partition(":")[0])

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.shutdown()
            self._wire = None

    async def me(self) -> Me:
        found = await self._call("getMe", {})
        hears = bool(found.get("can_read_all_group_messages"))
        return Me(int(found["id"]), str(found.get("username") or found["id"]), hears)

    async def updates(self, offset: int, *, within: float) -> list[Json]:
        """What there is from ``offset`` on, at once or within so many seconds."""
        asked = {"offset": offset, "timeout": int(within), "allowed_updates": list(ALLOWED), "limit": 100}
        found = await self._call("getUpdates", asked, deadline=within + _DEADLINE)
        return [each for each in found if isinstance(each, dict) and type(each.get("update_id")) is int]

    async def send(
        self,
        chat_id: int,
        text: str,
        buttons: Sequence[Sequence[Button]] = (),
        *,
        reply_to: int | None = None,
        thread_id: int | None = None,
        silent: bool = False,
    ) -> int:
        """Returns the message's id."""
        asked: Json = {"chat_id": chat_id, "text": text, "parse_mode": "HTML", "disable_notification": silent}
        asked["link_preview_options"] = {"is_disabled": True}
        if buttons:
            asked["reply_markup"] = keyboard(buttons)
        if reply_to:
            asked["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
        if thread_id:
            asked["message_thread_id"] = thread_id
        return int((await self._call("sendMessage", asked))["message_id"])

    async def edit(
        self, chat_id: int, message_id: int, text: str, buttons: Sequence[Sequence[Button]]
    ) -> None:
        asked: Json = {"chat_id": chat_id, "message_id": message_id, "text": text, "parse_mode": "HTML"}
        asked |= {"link_preview_options": {"is_disabled": True}, "reply_markup": keyboard(buttons)}
        await self._unless_same("editMessageText", asked)

    async def edit_buttons(self, chat_id: int, message_id: int, buttons: Sequence[Sequence[Button]]) -> None:
        asked = {"chat_id": chat_id, "message_id": message_id, "reply_markup": keyboard(buttons)}
        await self._unless_same("editMessageReplyMarkup", asked)

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        asked: Json = {"callback_query_id": query_id}
        if text:
            asked |= {"text": text[:200], "show_alert": alert}
        await self._call("answerCallbackQuery", asked)

    async def commands(self, rows: Sequence[tuple[str, str]], scope: Json, language: str | None) -> None:
        asked: Json = {"commands": [{"command": name, "description": about} for name, about in rows]}
        asked["scope"] = scope
        if language:
            asked["language_code"] = language
        await self._call("setMyCommands", asked)

    async def set_webhook(self, url: str, secret: str) -> None:
        await self._call("setWebhook", {"url": url, "secret_token": secret, "allowed_updates": list(ALLOWED)})

    async def webhook(self) -> str:
        """The address that Telegram calls; empty for none."""
        return str((await self._call("getWebhookInfo", {})).get("url") or "")

    async def delete_webhook(self) -> None:
        await self._call("deleteWebhook", {})

    async def _unless_same(self, method: str, asked: Json) -> None:
        try:
            await self._call(method, asked)
        except ApiError as error:
            if "not modified" not in str(error):
                raise

    async def _call(self, method: str, asked: Json, *, deadline: float = _DEADLINE) -> Any:
        """One call. Its parameters go as JSON does in a form: python-telegram-bot's own encoding."""
        wire = await self._connect()
        from telegram.error import TelegramError  # noqa: PLC0415  heavy; loaded by now
        from telegram.request import RequestData  # noqa: PLC0415
        from telegram.request._requestparameter import RequestParameter  # noqa: PLC0415  no public one

        given = [RequestParameter.from_input(key, value) for key, value in asked.items()]
        url = f"{self._api}/bot{self._token}/{method}"
        try:
            async with asyncio.timeout(deadline):
                return await wire.post(url, RequestData(given), connect_timeout=_CONNECT)
        except TelegramError as error:
            raise self._explained(error) from None
        except TimeoutError:
            raise ApiError("no whole answer in time") from None
        except ValueError:
            raise ApiError("an answer that makes no sense") from None

    def _explained(self, error: BaseException) -> ApiError:
        from newsbot.channels.telegram_wire import AnswerError  # noqa: PLC0415

        cause = error.__cause__
        if not isinstance(cause, AnswerError):
            return ApiError(one_line(cause or error, (self._token,)))
        said = _parsed(cause.body)
        parameters = said.get("parameters") if isinstance(said.get("parameters"), dict) else {}
        wait = parameters.get("retry_after", 0) if parameters else 0
        words = one_line(said.get("description") or f"HTTP {cause.status}", (self._token,))
        if moved := (parameters or {}).get("migrate_to_chat_id"):
            words += f": its id is {moved} now, put that into desk.chats"
        return ApiError(words, status=cause.status, retry_after=float(wait))

    async def _connect(self) -> "Wire":
        async with self._making:
            if self._wire is None:
                way = await aside(self._prepare)
                from newsbot.channels.telegram_wire import Wire  # noqa: PLC0415  heavy; loaded by now

                self._wire = Wire(way)
        return self._wire

    def _prepare(self) -> "Route":
        """All that blocks. The whole package first: a part of it does not wait for a thread that is at it."""
        import_module("telegram")
        from newsbot.channels.telegram_wire import route  # noqa: PLC0415

        quiet("aiohttp", "telegram")
        quiet("telegram.request", below=logging.CRITICAL)  # shows whole bodies; what they mean is raised too
        return route(self._api)


def keyboard(buttons: Sequence[Sequence[Button]]) -> Json:
    """An InlineKeyboardMarkup."""
    rows = [[{"text": each.label, "callback_data": each.data} for each in row] for row in buttons]
    return {"inline_keyboard": rows}


def _parsed(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
