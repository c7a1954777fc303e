"""The channel that posts to a Telegram channel, group or private chat, through python-telegram-bot."""

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import structlog
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from newsbot.channels.http_api import ErrorResponse, LostCallError, classify_failed_call, load_route
from newsbot.channels.images import Photo, PhotoLimits, load_photo
from newsbot.channels.read_back import find_reply_target
from newsbot.channels.redaction import limit_logging
from newsbot.channels.settings import (
    ApiUrl,
    BotToken,
    CorrectionSettings,
    PaceText,
    StrictModel,
    is_loopback,
    parse_api,
)
from newsbot.channels.telegram_responses import (
    RESPONSE_TYPES,
    ChatMoved,
    MemberDetails,
    MessageUnchanged,
    TargetChat,
    TelegramCall,
    WrongMessageKind,
    classify_telegram_response,
)
from newsbot.channels.telegram_web_preview import find_preview_page, search_preview_page
from newsbot.composing.markup import HtmlSubset
from newsbot.composing.measures import count_utf16_units
from newsbot.errors import ChannelRefused, MessageGone, Refused, SendError
from newsbot.imports import IMPORT_LOCK
from newsbot.model import Part, Receipt
from newsbot.ports import (
    Capabilities,
    Channel,
    FetchImage,
    Identity,
    MessageLink,
    PageFetcher,
    Rate,
    ReadAllowance,
    SearchResult,
    SoughtPart,
)
from newsbot.reasons import Code, PlatformCode, Reason, join_sentences
from newsbot.threads import run_in_thread

if TYPE_CHECKING:
    from telegram import Bot, LinkPreviewOptions, Message

    from newsbot.channels.http_connection import Route
    from newsbot.channels.telegram_connection import TelegramConnection

__all__ = ["TELEGRAM_HTML", "TelegramChannel", "TelegramPace", "TelegramSettings"]

PHOTO_SHARE = 0.4
"""The share of a send's time limit that fetching a photo may take; the call to Telegram has the rest."""

CONNECT_SHARE = 0.5
"""The share of a call's remaining time that connecting may take, before the request is sent."""

OPEN_WITHIN = 5.0
"""The seconds that looking up the id of a chat known by name may take, before the first post is sent."""

PHOTO_LIMITS = PhotoLimits(megabytes=10, side_sum=10_000, ratio=20)
"""Telegram's limits for photos, https://core.telegram.org/bots/api#sendphoto"""

_MESSAGE_LINK = re.compile(
    r"https?://(?:www\.)?(?:t|telegram)\.me/(?:s/)?(?P<chat>c/\d+|\w+)/(?:\d+/)?(?P<number>\d+)/?(?:[?#].*)?",
    re.IGNORECASE | re.ASCII,
)

TELEGRAM_HTML = HtmlSubset(
    "Telegram",
    {
        **dict.fromkeys(
            ("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler"), frozenset[str]()
        ),
        "span": frozenset({"class"}),
        "a": frozenset({"href"}),
        "tg-emoji": frozenset({"emoji-id"}),
        "tg-time": frozenset({"unix", "format"}),
        "code": frozenset({"class"}),
        "pre": frozenset(),
        "blockquote": frozenset({"expandable"}),
    },
    classes={"span": "tg-spoiler"},
)
"""The HTML tags and attributes that Telegram accepts, https://core.telegram.org/bots/api#html-style"""

log = structlog.get_logger(__name__)


def _parse_chat(value: object) -> object:
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"-?\d+", text):
            return int(text)
        if not re.fullmatch(r"@[A-Za-z]\w{2,31}", text, re.ASCII):
            raise ValueError(f"{text!r} is no chat: write it like @example or -1001234567890")
        return text
    return value


def _check_read_back(value: str) -> str:
    word = value.strip().lower()
    return word if word in {"auto", "off"} else parse_api(value)


class TelegramPace(StrictModel):
    """The rate limits for a bot's messages that config.yaml can set; Telegram's own limits are in
    https://core.telegram.org/bots/faq.
    """

    overall: PaceText = Field(
        default="30/s",
        validate_default=True,
        description="The most messages of the bot in all its chats together.",
    )
    per_chat: PaceText = Field(
        default="1/s", validate_default=True, description="The most messages in one chat."
    )
    per_group: PaceText = Field(
        default="20/min", validate_default=True, description="The most messages in one group."
    )


class TelegramSettings(CorrectionSettings):
    model_config = ConfigDict(hide_input_in_errors=True)
    example: ClassVar = {"token": "0:nobody", "chat": "@preview"}

    api: ApiUrl = Field(
        default="https://api.telegram.org",
        description="The address of the Bot API: Telegram's, a local Bot API server's or the sandbox's.",
    )
    token: BotToken = Field(description="The bot's token, as @BotFather gives it.")
    chat: Annotated[int | str, BeforeValidator(_parse_chat)] = Field(
        description="The chat to post to, like @example or -1001234567890."
    )
    topic: Annotated[int, Field(ge=1)] | None = Field(default=None, description="The id of a forum's topic.")
    pace: TelegramPace = Field(
        default_factory=TelegramPace, description="Telegram's rate limits; paid broadcasts allow more."
    )
    read_back: Annotated[str, AfterValidator(_check_read_back)] = Field(
        default="auto",
        description="Where a post of unknown outcome is looked for: auto (t.me/s/NAME), a URL, or off.",
    )
    on_correct: Literal["edit", "reply", "repost"] = Field(
        default="edit", description="How a correction changes a published post."
    )

    @property
    def target(self) -> str:
        """Return the place that posts go to: the chat and its topic, like ``telegram:@example#7``."""
        topic = f"#{self.topic}" if self.topic else ""
        return f"telegram:{str(self.chat).lower()}{topic}"


class TelegramChannel(Channel):
    """A channel that posts to one Telegram chat and connects at its first call, in that call's event loop."""

    kind = "telegram"
    capabilities = Capabilities(
        measure=count_utf16_units,
        markup=TELEGRAM_HTML,
        text=4096,
        caption=1024,
        readable_links=True,
        link_preview=True,
        photos=1,
        edits=True,
        # Telegram lets a bot delete a message for 48 hours: https://core.telegram.org/bots/api#deletemessage.
        deletes_within=timedelta(hours=48),
        replies=True,
        threads=True,
        account=True,
        silent=True,
        summary=700,
        sentences=4,
        enough=80,
    )
    template = "telegram.html.j2"
    Settings = TelegramSettings

    def __init__(self, name: str, settings: TelegramSettings, fetch_image: FetchImage) -> None:
        self.name = name
        self.settings = settings
        self._fetch_image = fetch_image
        self._token = settings.token.get_secret_value()
        self._bot_id = int(self._token.partition(":")[0])
        self._chat = TargetChat(self._bot_id, settings.chat)
        self._connecting = asyncio.Lock()
        self._client: tuple[Bot, TelegramConnection] | None = None

    def rates(self) -> tuple[Rate, ...]:
        """Return the rate limits that each message counts against: the bot's, the chat's and the group's."""
        pace, chat = self.settings.pace, self._chat
        rates = [
            Rate(f"telegram:{self._bot_id}", *pace.overall, precise=True),
            Rate(chat.key, *pace.per_chat, precise=True),
        ]
        if chat.is_group:
            rates.append(Rate(f"{chat.key}:group", *pace.per_group, precise=False))
        return tuple(rates)

    async def open(self) -> None:
        """Connect to the Bot API, and look up the id and type of a chat known by name, for the rate limits.

        If the look-up fails, the rate limits use the name, and the next `open` asks again.
        """
        await self._connect()
        if self._chat.id is None:
            ends = asyncio.get_running_loop().time() + min(OPEN_WITHIN, self.deadline)
            with suppress(SendError):
                self._chat.update_from_response(
                    await self._call_api("getChat", ends=ends, chat_id=self._chat.address)
                )

    async def send(
        self,
        part: Part,
        *,
        after: Receipt | None,
        silent: bool = False,
        key: str = "",  # noqa: ARG002  Telegram takes no idempotency key.
    ) -> Receipt:
        """Send one message of a post with its photo; return Telegram's receipt, which has the message's
        number.

        If ``after`` is given, the message is a reply to the message of that receipt.
        """
        ends = asyncio.get_running_loop().time() + self.deadline
        await self._connect()
        photo, note = await self._load_photo(part)
        reply_to, untied = find_reply_target(after)
        method, params = self._build_message(part, photo, reply_to)
        if silent:
            params["disable_notification"] = True
        message: Message = await self._call_api(method, ends=ends, **params)
        self._chat.update_from_response(message.chat)
        moved = self._chat.describe_move()
        if moved and reply_to:
            untied = PlatformCode.REPLY_LOST()
        url = self._chat.link(str(message.message_id))
        return Receipt(0, str(message.message_id), url, join_sentences([note, untied, moved]))

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:
        """Edit a published message: its text, or its caption if it has a photo.

        Whether the message has a text or a caption is not certain, because a photo may have been left out
        when the message was sent.
        """
        ends = asyncio.get_running_loop().time() + self.deadline
        await self._connect()
        first, second = (_caption_edit, _text_edit) if part.media else (_text_edit, _caption_edit)
        try:
            await self._change_message(*first(part), receipt, ends)
        except WrongMessageKind:
            await self._change_message(*second(part), receipt, ends)
        return receipt

    async def delete(self, receipt: Receipt) -> None:
        """Delete the message of ``receipt``; do nothing if the message is already gone."""
        ends = asyncio.get_running_loop().time() + self.deadline
        with suppress(MessageGone):
            await self._change_message("delete_message", {}, receipt, ends)

    async def _change_message(
        self, method: str, params: dict[str, Any], receipt: Receipt, ends: float
    ) -> None:
        """Call the Bot API's ``method`` for the message of ``receipt``, until the event loop's time ``ends``.

        If the chat was a group that became a supergroup, raise Refused: the supergroup numbers its messages
        from 1 again, so the receipt's number would name another message.
        """
        where = {"chat_id": self._chat.address, "message_id": self._require_message_number(receipt)}
        failure = None
        try:
            with suppress(MessageUnchanged):
                await self._call_api_once(method, ends, where | params)
        except ChatMoved as moved:
            failure = Refused(Code.WITH_CAUSE(what=_explain_place(receipt), why=moved.reason))
        if failure:
            raise failure

    async def search(
        self,
        sought: Sequence[SoughtPart],
        *,
        since: datetime,
        mark: str | None,  # noqa: ARG002  The public page is searched by text and time.
        pages: PageFetcher,
        allowance: ReadAllowance,  # noqa: ARG002  Reading the public page costs nothing.
    ) -> SearchResult | None:
        """Search the chat's public web page for the messages in ``sought``; return None without a page."""
        read_back, api = self.settings.read_back, self.settings.api
        if self._chat.name is None and read_back != "off" and not (read_back == "auto" and is_loopback(api)):
            ends = asyncio.get_running_loop().time() + self.deadline
            self._chat.update_from_response(
                await self._call_api("getChat", ends=ends, chat_id=self._chat.address)
            )
        page = find_preview_page(read_back, api, self._chat.name) if self._chat.may_be_channel else None
        return await search_preview_page(page, sought, since=since, pages=pages) if page else None

    def permalink(self, remote_id: str) -> str | None:
        """Return the address of a message; None if ``remote_id`` is not a number or the chat has no links."""
        return self._chat.link(remote_id) if remote_id.isascii() and remote_id.isdigit() else None

    @staticmethod
    def read_link(link: str) -> MessageLink | None:
        """Return the message at ``t.me/NAME/NUMBER`` or ``t.me/c/ID/NUMBER``; None for another address."""
        found = _MESSAGE_LINK.fullmatch(link)
        return MessageLink(found["number"], found["chat"].lower()) if found else None

    async def identify(self) -> Identity:
        """Return the names of the bot and its chat, after checking that the bot may post in the chat.

        Raises:
            ChannelRefused: The bot may not post in the chat.
            SendError: A call to the Bot API failed.
        """
        ends = asyncio.get_running_loop().time() + self.deadline
        await self._connect()
        me = await self._call_api("getMe", ends=ends)
        chat = await self._call_api("getChat", ends=ends, chat_id=self._chat.address)
        member = await self._call_api("getChatMember", ends=ends, chat_id=chat.id, user_id=me.id)
        self._chat.update_from_response(chat)
        if missing := _find_missing_right(chat.type, member):
            name = f"@{me.username}"
            mend = PlatformCode.MAKE_ADMINISTRATOR(name=name, place=self.settings.chat)
            raise ChannelRefused(Code.TITLED(what=missing(name=name), why=mend))
        place = f"@{chat.username}" if chat.username else chat.title or str(chat.id)
        moved = self._chat.describe_move()
        return Identity(f"@{me.username}", place, (str(moved),) if moved else ())

    async def close(self) -> None:
        """Close the connections to the Bot API."""
        if self._client:
            _, wire = self._client
            self._client = None
            await wire.shutdown()

    def _require_message_number(self, receipt: Receipt) -> int:
        """Return the number in the chat of the message that a receipt (Telegram's confirmation) is about.

        Raises:
            Refused: The number is not known, or it may be the number of another message in this chat.
        """
        number, _ = find_reply_target(receipt)
        if number is None:
            raise Refused(PlatformCode.ID_NOT_KNOWN())
        if not self._chat.may_contain(receipt.url):
            raise Refused(_explain_place(receipt))
        return int(number)

    async def _load_photo(self, part: Part) -> tuple[Photo | None, Reason | None]:
        if not part.media:
            return None, None
        seconds = PHOTO_SHARE * self.deadline
        return await load_photo(self._fetch_image, part.media[0].url, PHOTO_LIMITS, seconds=seconds)

    def _build_message(
        self, part: Part, photo: Photo | None, reply_to: str | None
    ) -> tuple[str, dict[str, Any]]:
        """Return the name of the Bot API method that sends a part (message) of a post, and the method's
        parameters.
        """
        with IMPORT_LOCK:
            from telegram import InputFile, ReplyParameters  # noqa: PLC0415  The module takes long to import.

        params: dict[str, Any] = {
            "chat_id": self._chat.address,
            "message_thread_id": self.settings.topic,
            "parse_mode": part.parse_mode,
            "reply_parameters": ReplyParameters(int(reply_to)) if reply_to else None,
        }
        if photo:
            upload = InputFile(photo.data, filename=f"photo.{photo.format}")
            return "send_photo", params | {"photo": upload, "caption": part.text}
        return "send_message", params | {
            "text": part.text,
            "link_preview_options": _link_preview_options(part),
        }

    async def _call_api(self, method: str, *, ends: float, **params: Any) -> Any:
        """Call the Bot API until the event loop's time ``ends``.

        If the chat is a group that became a supergroup, call the Bot API once more, with the supergroup as
        the chat.

        Raises:
            SendError: The call failed. The error's class says whether the message may have been sent.
        """
        try:
            return await self._call_api_once(method, ends, params)
        # The first call sent nothing, because the Bot API sends nothing to a former group. So the call is
        # repeated with the supergroup.
        except ChatMoved as moved:
            log.warning("the chat moved", channel=self.name, mend=str(self._chat.move(moved.to)))
        params["chat_id"] = self._chat.address
        # The message is sent as no reply, because the supergroup numbers its messages from 1 again: the
        # number of a message in the former group names another message there, or none.
        if "reply_parameters" in params:
            params["reply_parameters"] = None
        return await self._call_api_once(method, ends, params)

    async def _call_api_once(self, method: str, ends: float, params: dict[str, Any]) -> Any:
        """Call the Bot API once, until the event loop's time ``ends``.

        The error is raised outside of the ``except`` block, so that it carries neither the library's error
        nor an address with the token.
        """
        bot, wire = await self._connect()
        connect = max(0.001, CONNECT_SHARE * (ends - asyncio.get_running_loop().time()))
        post = method.startswith("send_")
        try:
            async with asyncio.timeout_at(ends):
                if kind := RESPONSE_TYPES.get(method):
                    answer = await wire.ask(f"{bot.base_url}/{method}", params, connect)
                    return kind.model_validate(answer)
                result = await getattr(bot, method)(**params, connect_timeout=connect)
            return _require_message_id(result) if post else result
        except Exception as error:  # noqa: BLE001  An unexpected error proves nothing about the call.
            out = method.startswith(("edit_", "delete_"))
            asked = TelegramCall(self._chat.address, post=post, photo="photo" in params, out=out)
            failure = self._classify_error(error, asked)
        raise failure

    def _classify_error(self, error: Exception, asked: TelegramCall) -> SendError:
        secrets = (self._token,)
        # newsbot classifies the connection's own error, which the library python-telegram-bot keeps as the
        # cause of its error.
        cause = error.__cause__
        if isinstance(cause, ErrorResponse | LostCallError):
            error = cause
        if isinstance(error, ErrorResponse):
            return classify_telegram_response(
                error.status, error.body, asked, key=self._chat.key, secrets=secrets
            )
        return classify_failed_call(
            error,
            api=self.settings.api,
            seconds=self.deadline,
            secrets=secrets,
            express_doubt=asked.express_doubt,
        )

    async def _connect(self) -> "tuple[Bot, TelegramConnection]":
        """Return python-telegram-bot's client and its connection; make both at the first call.

        A thread imports the library and loads the certificates, because both take long.
        """
        async with self._connecting:
            if self._client is None:
                api = self.settings.api
                self._client = self._make_client(await run_in_thread(lambda: load_route(api, "telegram")))
        return self._client

    def _make_client(self, way: "Route") -> "tuple[Bot, TelegramConnection]":
        """Make python-telegram-bot's client; do not initialize it, because that calls getMe each time."""
        with IMPORT_LOCK:
            from telegram import Bot  # noqa: PLC0415  A thread has loaded the module already.

            from newsbot.channels.telegram_connection import TelegramConnection  # noqa: PLC0415

        # The logger `telegram.request` is silenced, because it would log whole bodies of the Bot API's
        # answers.
        limit_logging("telegram.request", below=logging.CRITICAL)
        api, wire = self.settings.api, TelegramConnection(way)
        files = f"{api}/file/bot"
        bot = Bot(self._token, f"{api}/bot", base_file_url=files, request=wire, get_updates_request=wire)
        return bot, wire


def _link_preview_options(part: Part) -> "LinkPreviewOptions":
    with IMPORT_LOCK:
        from telegram import LinkPreviewOptions  # noqa: PLC0415  The module takes long to import.

    return LinkPreviewOptions(is_disabled=not part.link_preview, url=part.link_preview)


def _text_edit(part: Part) -> tuple[str, dict[str, Any]]:
    params = {
        "text": part.text,
        "parse_mode": part.parse_mode,
        "link_preview_options": _link_preview_options(part),
    }
    return "edit_message_text", params


def _caption_edit(part: Part) -> tuple[str, dict[str, Any]]:
    return "edit_message_caption", {"caption": part.text, "parse_mode": part.parse_mode}


def _require_message_id(message: "Message") -> "Message":
    """Return ``message``; raise ValueError if it has no id, because only an id proves that it was sent."""
    if type(message.message_id) is not int or message.message_id <= 0:
        raise ValueError("the answer has no message_id")
    return message


def _find_missing_right(chat_type: str, member: MemberDetails) -> PlatformCode | None:
    """Return the code of the reason why the bot ``member`` may not post in the chat; None if it may."""
    if member.status in {"left", "kicked"}:
        return PlatformCode.NOT_IN_CHAT
    if chat_type == "channel":
        return None if member.can_post_messages else PlatformCode.MAY_NOT_POST
    return PlatformCode.MAY_NOT_SEND if member.can_send_messages is False else None


def _explain_place(receipt: Receipt) -> Reason:
    """Return the reason why a published message can't be changed: it is in the channel's former chat."""
    if receipt.url is None:
        return PlatformCode.IT_IN_OTHER_CHAT()
    return PlatformCode.IN_OTHER_CHAT(name=receipt.url)
