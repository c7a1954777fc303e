"""The desk's client for Telegram's Bot API. It uses the same connection class as newsbot's Telegram channels
do.
"""

import asyncio
import logging
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from newsbot.channels.http_api import ErrorResponse, LostCallError, load_route
from newsbot.channels.redaction import format_one_line, limit_logging
from newsbot.desk.replies import Button
from newsbot.desk.updates import read_json, read_updates
from newsbot.imports import IMPORT_LOCK
from newsbot.threads import run_in_thread

if TYPE_CHECKING:
    from newsbot.channels.telegram_connection import TelegramConnection

__all__ = ["ALLOWED", "LIMIT", "ApiError", "BotApi", "BotProfile", "WebhookInfo", "examine"]

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
    def is_unavailable(self) -> bool:
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
        found = await self._call_object("getMe", {})
        return BotProfile(
            _require_integer(found, "id"),
            _get_text(found, "username") or str(found["id"]),
            found.get("can_read_all_group_messages") is True,
            found.get("can_join_groups") is not False,
            _get_text(found, "callback_query_mode") or None,
        )

    async def get_status(self, chat_id: int) -> str:
        """Return the bot's membership in a chat: administrator, member, restricted, left or kicked; "" if
        Telegram's response names none.
        """
        asked = {"chat_id": chat_id, "user_id": self.bot_id}
        return _get_text(await self._call_object("getChatMember", asked), "status")

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
        result = await self._call_object("sendMessage", asked, deadline=_SEND_DEADLINE)
        return _require_integer(result, "message_id")

    async def edit(
        self,
        chat_id: int,
        message_id: int,
        text: str | None,
        buttons: Sequence[Sequence[Button]],
        *,
        inline_id: str | None = None,
    ) -> None:
        """Replace the text and buttons of a message, or only the buttons if ``text`` is None.

        If the message's chat is unknown, ``inline_id`` says which message it is.
        """
        asked: Json = {"chat_id": chat_id, "message_id": message_id}
        if inline_id:
            asked = {"inline_message_id": inline_id}
        asked["reply_markup"] = keyboard(buttons)
        if text is not None:
            asked |= {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
        try:
            await self._call("editMessageReplyMarkup" if text is None else "editMessageText", asked)
        except ApiError as error:
            if "not modified" not in str(error):
                raise

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
        found = await self._call_object("getWebhookInfo", {})
        waiting = found.get("pending_update_count")
        return WebhookInfo(
            _get_text(found, "url"),
            waiting if type(waiting) is int else 0,
            format_one_line(_get_text(found, "last_error_message"), (self._token,)),
        )

    async def delete_webhook(self) -> None:
        """Delete the bot's webhook, because Telegram refuses getUpdates as long as one is set."""
        await self._call("deleteWebhook", {})

    async def _call_object(self, method: str, asked: Json, *, deadline: float = _DEADLINE) -> Json:
        result = await self._call(method, asked, deadline=deadline)
        if not isinstance(result, dict):
            raise ApiError(_NONSENSE, status=_OK)
        return result

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

            # This private class of python-telegram-bot is used, because the library has no public class for
            # the parameters of a request.
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
        # A message's text with characters that can't be encoded raises a ValueError before anything is sent,
        # so the error raised here says that Telegram did not carry out the call.
        except ValueError as error:
            raise ApiError(f"{method} can't be asked for: {type(error).__name__}", status=_REFUSED) from None
        return body

    def _build_error(self, status: int, body: bytes) -> ApiError:
        try:
            said = read_json(body)
        except ValueError:
            said = None
        said = said if isinstance(said, dict) else {}
        parameters = said.get("parameters")
        parameters = parameters if isinstance(parameters, dict) else {}
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
                # This import loads python-telegram-bot, which takes long, so it runs only before the first
                # call of the Bot API.
                from newsbot.channels.telegram_connection import TelegramConnection  # noqa: PLC0415

                self._wire = TelegramConnection(way)
        return self._wire


def keyboard(buttons: Sequence[Sequence[Button]]) -> Json:
    """Return rows of buttons as the Bot API's JSON object InlineKeyboardMarkup."""
    rows = [[{"text": each.label, "callback_data": each.data} for each in row] for row in buttons]
    return {"inline_keyboard": rows}


def _require_integer(result: Json, name: str) -> int:
    value = result.get(name)
    if type(value) is not int:
        raise ApiError(_NONSENSE, status=_OK)
    return value


def _get_text(result: Json, name: str) -> str:
    value = result.get(name)
    return value if isinstance(value, str) else ""


def _parse_retry_after(value: Any) -> float:
    """Return Telegram's ``retry_after`` in seconds, at most an hour; 0 if ``value`` is no finite number."""
    if type(value) is float and not math.isfinite(value):
        return 0.0
    return float(min(max(value, 0), _LONGEST_WAIT)) if type(value) in {int, float} else 0.0


log = structlog.get_logger(__name__)


_PRIVACY_REMARKS = {
    True: "privacy mode is off: it hears all messages of its groups",
    False: "privacy mode is on: in a group where it is no administrator it hears commands, and replies to it",
}
_PRESS_REMARKS = {
    None: "Telegram does not say how presses come: the desk takes them with their message and without",
    "default": "presses come with their message (callback_query_mode default)",
}
_DETACHED_PRESS_REMARK = (
    "presses may come without their message (callback_query_mode {mode}): such an answer goes to the "
    "presser's own chat. setMySettings with callback_query_mode=default keeps it in the group"
)
_WEBHOOK_PROBLEM = (
    "a webhook is set ({url}), so that polling is answered with 409: end the program that set it; "
    "a service that starts takes it off"
)
_ABSENT = frozenset({"left", "kicked", ""})


async def examine(api: BotApi, chats: Collection[int], *, webhook: str | None) -> tuple[list[str], list[str]]:
    """Check the bot's settings at Telegram, and whether the bot is a member of each of the desk's ``chats``.

    Return the lines that say what is right and those that say what is wrong. ``webhook`` is the webhook's
    address in config.yaml, or None if newsbot polls Telegram for the desk's updates.

    Raises:
        ApiError: Telegram can't be reached.
    """
    me, hook = await api.get_me(), await api.webhook()
    mode = me.callback_mode
    presses = _PRESS_REMARKS.get(mode) or _DETACHED_PRESS_REMARK.format(mode=mode)
    fine, wrong = [f"@{me.name}: {_PRIVACY_REMARKS[me.hears_all]}", presses], []
    if problem := _find_webhook_problem(hook, webhook):
        wrong.append(problem)
    for chat_id in chats:
        remark, is_fine = await _check_chat(api, me, chat_id)
        (fine if is_fine else wrong).append(f"chat {chat_id}: {remark}")
    return fine, wrong


def _find_webhook_problem(hook: WebhookInfo, wanted: str | None) -> str | None:
    if wanted is None:
        return _WEBHOOK_PROBLEM.format(url=hook.url) if hook.url else None
    if hook.url != wanted:
        now = f"Telegram calls {hook.url}" if hook.url else "Telegram calls no address"
        return f"{now}, config.yaml says {wanted}: a service that starts sets that"
    if hook.error and hook.waiting:
        return f"updates wait ({hook.waiting}), as Telegram's last call to {hook.url} failed: {hook.error}"
    return None


async def _check_chat(api: BotApi, me: BotProfile, chat_id: int) -> tuple[str, bool]:
    """Check whether the bot is a member of the desk's chat ``chat_id`` and receives commands there.

    Return a remark about the chat, and whether all is right there.
    """
    try:
        status = await api.get_status(chat_id)
    except ApiError as error:
        if error.is_unavailable or error.retry_after:
            raise
        return f"{error}: add @{me.name} to it, and check the id in desk.chats", False
    if status in _ABSENT:
        closed = "" if me.joins_groups else ", and let it join groups (BotFather, /setjoingroups)"
        return f"the bot is not in it: add @{me.name}{closed}", False
    hears = "all messages" if me.hears_all else "commands, and replies to it"
    if status == "administrator":
        hears = "all messages, as an administrator does"
    return f"it is {status} there and hears {hears}", True
