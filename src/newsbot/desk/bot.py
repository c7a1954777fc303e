"""The desk's bot, through python-telegram-bot's requests on the wire that channels send through."""

import asyncio
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from newsbot.channels.offload import run_in_thread
from newsbot.channels.redaction import format_one_line, limit_logging
from newsbot.desk.replies import Button
from newsbot.desk.updates import read_json, read_updates

if TYPE_CHECKING:
    from newsbot.channels.telegram_connection import Route, TelegramConnection

__all__ = ["ALLOWED", "LIMIT", "ApiError", "BotApi", "BotProfile", "WebhookInfo"]

Json = dict[str, Any]

ALLOWED = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
)
LIMIT = 100
"""Updates that one answer holds at most."""

_DEADLINE = 15.0  # seconds for any call but a long poll
_CONNECT = 8.0
_OK = 200
_REFUSED = 400
_AWAY = 500  # a status from here on is the server's own trouble
_LONGEST_WAIT = 3600.0  # seconds that a retry_after counts for: a damaged one must not silence the desk
_NONSENSE = "an answer that makes no sense"


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
class BotProfile:
    """Who the bot is and how it is set. ``hears_all``: its privacy mode is off, so that it sees groups whole.

    ``callback_mode`` is how presses come (default, auto or inline; Bot API 10.5), None where Telegram does
    not say it.
    """

    id: int
    name: str
    hears_all: bool
    joins_groups: bool = True
    callback_mode: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """How Telegram calls the bot: ``url`` is empty where it does not, ``error`` what it last met there."""

    url: str
    waiting: int
    error: str


class BotApi:
    """The few methods that the desk calls. Raises ApiError alone."""

    def __init__(self, api: str, token: str) -> None:
        self._api = api
        self._token = token
        self._wire: TelegramConnection | None = None
        self._connect_lock = asyncio.Lock()

    @property
    def bot_id(self) -> int:
        return int(self._token.partition(":")[0])

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.shutdown()
            self._wire = None

    async def me(self) -> BotProfile:
        found = _require_object(await self._call("getMe", {}))
        return BotProfile(
            _require_integer(found, "id"),
            _get_text(found, "username") or str(found["id"]),
            found.get("can_read_all_group_messages") is True,
            found.get("can_join_groups") is not False,
            _get_text(found, "callback_query_mode") or None,
        )

    async def standing(self, chat_id: int) -> str:
        """What the bot is in a chat: administrator, member, restricted, left or kicked."""
        asked = {"chat_id": chat_id, "user_id": self.bot_id}
        return _get_text(_require_object(await self._call("getChatMember", asked)), "status")

    async def updates(self, offset: int, *, within: float, limit: int = LIMIT) -> list[object]:
        """What there is from ``offset`` on, at once or within so many seconds: each as it came, unchecked."""
        asked = {"offset": offset, "timeout": int(within), "allowed_updates": list(ALLOWED), "limit": limit}
        body = await self._request("getUpdates", asked, deadline=within + _DEADLINE)
        try:
            return read_updates(body)
        except ValueError:
            raise ApiError(_NONSENSE, status=_OK) from None

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
        return _require_integer(_require_object(await self._call("sendMessage", asked)), "message_id")

    async def edit(
        self,
        chat_id: int,
        message_id: int,
        text: str,
        buttons: Sequence[Sequence[Button]],
        *,
        inline_id: str | None = None,
    ) -> None:
        asked = _build_message_reference(chat_id, message_id, inline_id) | {
            "text": text,
            "parse_mode": "HTML",
        }
        asked |= {"link_preview_options": {"is_disabled": True}, "reply_markup": keyboard(buttons)}
        await self._call_unless_unmodified("editMessageText", asked)

    async def edit_buttons(
        self,
        chat_id: int,
        message_id: int,
        buttons: Sequence[Sequence[Button]],
        *,
        inline_id: str | None = None,
    ) -> None:
        asked = _build_message_reference(chat_id, message_id, inline_id) | {"reply_markup": keyboard(buttons)}
        await self._call_unless_unmodified("editMessageReplyMarkup", asked)

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

    async def webhook(self) -> WebhookInfo:
        found = _require_object(await self._call("getWebhookInfo", {}))
        waiting = found.get("pending_update_count")
        return WebhookInfo(
            _get_text(found, "url"),
            waiting if type(waiting) is int else 0,
            format_one_line(_get_text(found, "last_error_message"), (self._token,)),
        )

    async def delete_webhook(self) -> None:
        await self._call("deleteWebhook", {})

    async def _call_unless_unmodified(self, method: str, asked: Json) -> None:
        try:
            await self._call(method, asked)
        except ApiError as error:
            if "not modified" not in str(error):
                raise

    async def _call(self, method: str, asked: Json) -> Any:
        """One call's result. What answers with 200 and makes no sense may have been done all the same."""
        body = await self._request(method, asked)
        try:
            answer = read_json(body)
        except ValueError:
            raise ApiError(_NONSENSE) from None
        if not isinstance(answer, dict) or answer.get("ok") is not True or "result" not in answer:
            raise ApiError(_NONSENSE)
        return answer["result"]

    async def _request(self, method: str, asked: Json, *, deadline: float = _DEADLINE) -> bytes:
        """The body of an answer with 2xx. Parameters go as JSON does in a form: python-telegram-bot's way."""
        wire = await self._connect()
        from telegram.request import RequestData  # noqa: PLC0415  heavy, and loaded already
        from telegram.request._requestparameter import RequestParameter  # noqa: PLC0415  no public one

        from newsbot.channels.telegram_connection import (  # noqa: PLC0415
            ConnectionNotMadeError,
            ErrorResponse,
            ResponseLostError,
        )

        url = f"{self._api}/bot{self._token}/{method}"
        try:
            given = RequestData([RequestParameter.from_input(key, value) for key, value in asked.items()])
            async with asyncio.timeout(deadline):
                _, body = await wire.do_request(url, "POST", given, connect_timeout=_CONNECT)
        except ErrorResponse as error:
            raise self._build_error(error.status, error.body) from None
        except (ConnectionNotMadeError, ResponseLostError) as error:
            raise ApiError(format_one_line(error, (self._token,))) from None
        except TimeoutError:
            raise ApiError("no whole answer in time") from None
        except ValueError as error:  # a text that no encoding takes
            raise ApiError(f"{method} can't be asked for: {type(error).__name__}", status=_REFUSED) from None
        return body

    def _build_error(self, status: int, body: bytes) -> ApiError:
        said = _parse_object(body)
        given = said.get("parameters")
        parameters = given if isinstance(given, dict) else {}
        words = format_one_line(_get_text(said, "description") or f"HTTP {status}", (self._token,))
        if type(moved := parameters.get("migrate_to_chat_id")) is int:
            words += f": its id is {moved} now, put that into desk.chats"
        return ApiError(words, status=status, retry_after=_parse_retry_after(parameters.get("retry_after")))

    async def _connect(self) -> "TelegramConnection":
        async with self._connect_lock:
            if self._wire is None:
                way = await run_in_thread(self._load_route)
                from newsbot.channels.telegram_connection import TelegramConnection  # noqa: PLC0415  heavy; loaded by now

                self._wire = TelegramConnection(way)
        return self._wire

    def _load_route(self) -> "Route":
        """All that blocks. The whole package first: a part of it does not wait for a thread that is at it."""
        import_module("telegram")
        from newsbot.channels.telegram_connection import find_route  # noqa: PLC0415

        limit_logging("aiohttp", "telegram")
        limit_logging(
            "telegram.request", below=logging.CRITICAL
        )  # shows whole bodies; what they mean is raised too
        return find_route(self._api)


def keyboard(buttons: Sequence[Sequence[Button]]) -> Json:
    """An InlineKeyboardMarkup."""
    rows = [[{"text": each.label, "callback_data": each.data} for each in row] for row in buttons]
    return {"inline_keyboard": rows}


def _build_message_reference(chat_id: int, message_id: int, inline_id: str | None) -> Json:
    """How an edit names its message: by Telegram's inline id where only that is known."""
    return {"inline_message_id": inline_id} if inline_id else {"chat_id": chat_id, "message_id": message_id}


def _parse_object(body: bytes) -> Json:
    try:
        found = read_json(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _require_object(result: Any) -> Json:
    """A result that has to be an object. Raises ApiError."""
    if not isinstance(result, dict):
        raise ApiError(_NONSENSE, status=_OK)
    return result


def _require_integer(result: Json, name: str) -> int:
    """A field that has to be an integer. Raises ApiError."""
    value = result.get(name)
    if type(value) is not int:
        raise ApiError(_NONSENSE, status=_OK)
    return value


def _get_text(result: Json, name: str) -> str:
    """A field that may be a text; empty where it is none."""
    value = result.get(name)
    return value if isinstance(value, str) else ""


def _parse_retry_after(value: Any) -> float:
    """A ``retry_after`` as far as it is one."""
    if type(value) is float and not math.isfinite(value):
        return 0.0
    return float(min(max(value, 0), _LONGEST_WAIT)) if type(value) in {int, float} else 0.0
