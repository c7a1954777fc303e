"""The desk's client for Telegram's Bot API. It uses the same connection class as newsbot's Telegram channels
do.
"""

import asyncio
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsbot.channels.http_api import ErrorResponse, LostCallError, load_route
from newsbot.channels.redaction import format_one_line, limit_logging
from newsbot.desk.replies import Button
from newsbot.desk.updates import read_json, read_updates
from newsbot.imports import IMPORT_LOCK
from newsbot.threads import run_in_thread

if TYPE_CHECKING:
    from newsbot.channels.telegram_connection import TelegramConnection

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
"""The largest number of updates (messages and button presses) in one response to the method getUpdates."""

# Seconds that a call of Telegram's Bot API may take, except calls of the methods getUpdates and sendMessage.
_DEADLINE = 15.0
# Seconds that a call of the Bot API's method sendMessage may take. With a shorter time, newsbot might stop
# waiting for a message that Telegram does send, and send it a second time.
_SEND_DEADLINE = 60.0
_CONNECT = 8.0
_OK = 200
_REFUSED = 400
_AWAY = 500  # An HTTP status of this number or above means that Telegram's own server failed.
# The most seconds that newsbot waits because of the field ``retry_after`` in a response from Telegram. The
# limit keeps a damaged value from stopping the desk for days.
_LONGEST_WAIT = 3600.0
_NONSENSE = "an answer that makes no sense"


class ApiError(Exception):
    """The error that a call of a method of Telegram's Bot API failed.

    ``status`` is the response's HTTP status, or 0 if there was no usable response. ``retry_after`` is the
    number of seconds that Telegram demands to wait, or 0.
    """

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    @property
    def away(self) -> bool:
        """Return whether Telegram can't be reached or has an internal error, so that the same call may work
        later.
        """
        return not self.status or self.status >= _AWAY


@dataclass(frozen=True, slots=True)
class BotProfile:
    """The identity and settings of the desk's bot, as the Bot API's method getMe reports them.

    ``hears_all`` says that the bot's privacy mode is off, so that the bot receives every message of its
    groups. ``callback_mode`` says how Telegram reports button presses (default, auto or inline; Bot API
    10.5), or is None if getMe does not report it.
    """

    id: int
    name: str
    hears_all: bool
    joins_groups: bool = True
    callback_mode: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """The state of the webhook of the desk's bot, as the Bot API's method getWebhookInfo reports it.

    ``url`` is empty if no webhook is set, ``waiting`` is the number of updates that Telegram has not
    delivered yet, and ``error`` is the text of Telegram's last failure to call the webhook.
    """

    url: str
    waiting: int
    error: str


class BotApi:
    """The client for those methods of Telegram's Bot API that the desk calls.

    Each method of this class that calls the Bot API raises ApiError if the call fails.
    """

    def __init__(self, api: str, token: str) -> None:
        self._api = api
        self._token = token
        self._wire: TelegramConnection | None = None
        self._connect_lock = asyncio.Lock()

    @property
    def bot_id(self) -> int:
        """Return the numeric id of the bot, which is the text before the colon in the bot's token."""
        return int(self._token.partition(":")[0])

    async def close(self) -> None:
        """Close the HTTP connection to the Bot API, if one was opened."""
        if self._wire is not None:
            await self._wire.shutdown()
            self._wire = None

    async def get_me(self) -> BotProfile:
        """Call the Bot API's method getMe and return the bot's identity and settings."""
        found = _require_object(await self._call("getMe", {}))
        return BotProfile(
            _require_integer(found, "id"),
            _get_text(found, "username") or str(found["id"]),
            found.get("can_read_all_group_messages") is True,
            found.get("can_join_groups") is not False,
            _get_text(found, "callback_query_mode") or None,
        )

    async def get_status(self, chat_id: int) -> str:
        """Return the bot's membership in a chat: administrator, member, restricted, left, kicked or ""."""
        asked = {"chat_id": chat_id, "user_id": self.bot_id}
        return _get_text(_require_object(await self._call("getChatMember", asked)), "status")

    async def updates(self, offset: int, *, within: float, limit: int = LIMIT) -> list[object]:
        """Return at most ``limit`` updates with the id ``offset`` or a higher id, as Telegram sent them.

        If there is no such update, let Telegram wait up to ``within`` seconds for the first one.
        """
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
        """Send an HTML message to a chat and return the message's id.

        Wait up to a minute for Telegram's response, because the caller sends the message again if the
        message's id never arrives.
        """
        asked: Json = {"chat_id": chat_id, "text": text, "parse_mode": "HTML", "disable_notification": silent}
        asked["link_preview_options"] = {"is_disabled": True}
        if buttons:
            asked["reply_markup"] = keyboard(buttons)
        if reply_to:
            asked["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
        if thread_id:
            asked["message_thread_id"] = thread_id
        result = await self._call("sendMessage", asked, deadline=_SEND_DEADLINE)
        return _require_integer(_require_object(result), "message_id")

    async def edit(
        self,
        chat_id: int,
        message_id: int,
        text: str,
        buttons: Sequence[Sequence[Button]],
        *,
        inline_id: str | None = None,
    ) -> None:
        """Replace the text and buttons of a message; if the message's chat is unknown, ``inline_id`` says
        which message it is.
        """
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
        """Replace the buttons of a message; if the message's chat is unknown, ``inline_id`` says which
        message it is.
        """
        asked = _build_message_reference(chat_id, message_id, inline_id) | {"reply_markup": keyboard(buttons)}
        await self._call_unless_unmodified("editMessageReplyMarkup", asked)

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """Answer a button press with a short text for the person who pressed the button.

        With ``alert``, Telegram shows the text until the person closes it.
        """
        asked: Json = {"callback_query_id": query_id}
        if text:
            asked |= {"text": text[:200], "show_alert": alert}
        await self._call("answerCallbackQuery", asked)

    async def commands(self, rows: Sequence[tuple[str, str]], scope: Json, language: str | None) -> None:
        """Set the bot's menu of commands for the chats of ``scope``, in one language.

        ``rows`` are the commands with their descriptions. Telegram shows the menu for the language None in
        all languages without a menu of their own.
        """
        asked: Json = {"commands": [{"command": name, "description": about} for name, about in rows]}
        asked["scope"] = scope
        if language:
            asked["language_code"] = language
        await self._call("setMyCommands", asked)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Make Telegram send the bot's updates to ``url``, with ``secret`` in a header of each request."""
        await self._call("setWebhook", {"url": url, "secret_token": secret, "allowed_updates": list(ALLOWED)})

    async def webhook(self) -> WebhookInfo:
        """Call the Bot API's method getWebhookInfo and return the state of the bot's webhook."""
        found = _require_object(await self._call("getWebhookInfo", {}))
        waiting = found.get("pending_update_count")
        return WebhookInfo(
            _get_text(found, "url"),
            waiting if type(waiting) is int else 0,
            format_one_line(_get_text(found, "last_error_message"), (self._token,)),
        )

    async def delete_webhook(self) -> None:
        """Delete the bot's webhook, because Telegram refuses getUpdates as long as one is set."""
        await self._call("deleteWebhook", {})

    async def _call_unless_unmodified(self, method: str, asked: Json) -> None:
        try:
            await self._call(method, asked)
        except ApiError as error:
            if "not modified" not in str(error):
                raise

    async def _call(self, method: str, asked: Json, *, deadline: float = _DEADLINE) -> Any:
        """Call a method of the Bot API and return the ``result`` field of its response.

        Raises:
            ApiError: The call failed or its response is not valid; Telegram may have carried it out anyway.
        """
        body = await self._request(method, asked, deadline=deadline)
        try:
            answer = read_json(body)
        except ValueError:
            raise ApiError(_NONSENSE) from None
        if not isinstance(answer, dict) or answer.get("ok") is not True or "result" not in answer:
            raise ApiError(_NONSENSE)
        return answer["result"]

    async def _request(self, method: str, asked: Json, *, deadline: float = _DEADLINE) -> bytes:
        """Call a method of the Bot API and return the body of its response.

        Raises:
            ApiError: The call failed, or the response's HTTP status is no 2xx.
        """
        wire = await self._connect()
        with IMPORT_LOCK:
            # python-telegram-bot takes long to import, so it is imported only when newsbot calls the Bot API.
            from telegram.request import RequestData  # noqa: PLC0415

            # python-telegram-bot has no public class for the parameters of a request.
            from telegram.request._requestparameter import RequestParameter  # noqa: PLC0415

        url = f"{self._api}/bot{self._token}/{method}"
        try:
            given = RequestData([RequestParameter.from_input(key, value) for key, value in asked.items()])
            async with asyncio.timeout(deadline):
                _, body = await wire.do_request(url, "POST", given, connect_timeout=_CONNECT)
        except ErrorResponse as error:
            raise self._build_error(error.status, error.body) from None
        except LostCallError as error:
            raise ApiError(format_one_line(error, (self._token,))) from None
        except TimeoutError:
            raise ApiError("no whole answer in time") from None
        # The text of the message has characters that can't be encoded, so nothing was sent.
        except ValueError as error:
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
                way = await run_in_thread(lambda: load_route(self._api, "telegram"))
                # The logger telegram.request would log whole response bodies. newsbot does not need its
                # records, because failed calls are raised as errors.
                limit_logging("telegram.request", below=logging.CRITICAL)
                # This import loads python-telegram-bot, which takes long.
                from newsbot.channels.telegram_connection import TelegramConnection  # noqa: PLC0415

                self._wire = TelegramConnection(way)
        return self._wire


def keyboard(buttons: Sequence[Sequence[Button]]) -> Json:
    """Return rows of buttons as the Bot API's JSON object InlineKeyboardMarkup."""
    rows = [[{"text": each.label, "callback_data": each.data} for each in row] for row in buttons]
    return {"inline_keyboard": rows}


def _build_message_reference(chat_id: int, message_id: int, inline_id: str | None) -> Json:
    """Return those parameters of a Bot API call that say which message to edit.

    They are ``inline_id`` if it is given, else the ids of the chat and the message.
    """
    return {"inline_message_id": inline_id} if inline_id else {"chat_id": chat_id, "message_id": message_id}


def _parse_object(body: bytes) -> Json:
    try:
        found = read_json(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _require_object(result: Any) -> Json:
    """Return the result of a Bot API call if it is a JSON object.

    Raises:
        ApiError: The result is anything else.
    """
    if not isinstance(result, dict):
        raise ApiError(_NONSENSE, status=_OK)
    return result


def _require_integer(result: Json, name: str) -> int:
    """Return the integer in the field ``name`` of the result of a Bot API call.

    Raises:
        ApiError: The field has no integer.
    """
    value = result.get(name)
    if type(value) is not int:
        raise ApiError(_NONSENSE, status=_OK)
    return value


def _get_text(result: Json, name: str) -> str:
    """Return the string in the field ``name`` of the result of a Bot API call;
    "" if the field has no string.
    """
    value = result.get(name)
    return value if isinstance(value, str) else ""


def _parse_retry_after(value: Any) -> float:
    """Return Telegram's ``retry_after`` in seconds, at most an hour; 0 if ``value`` is no finite number."""
    if type(value) is float and not math.isfinite(value):
        return 0.0
    return float(min(max(value, 0), _LONGEST_WAIT)) if type(value) in {int, float} else 0.0
