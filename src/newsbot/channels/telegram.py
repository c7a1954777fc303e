"""A Telegram channel, group or private chat, through python-telegram-bot."""

import asyncio
import logging
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, SecretStr

from newsbot.channels.addresses import is_loopback
from newsbot.channels.images import FetchImage, Photo, PhotoLimits, load_photo
from newsbot.channels.redaction import quiet, reason
from newsbot.channels.settings import ApiUrl, ChannelSettings, PaceText, Strict, parse_api
from newsbot.channels.telegram_errors import Asked, rejection
from newsbot.channels.threads import join_notes, tie
from newsbot.errors import ChannelRefused, NotSent, OutcomeUnknown, SendError
from newsbot.model import Limits, Part, Receipt
from newsbot.ports import Identity, Rate

if TYPE_CHECKING:
    import httpx
    from telegram import Bot, ChatMember, Message
    from telegram.request import HTTPXRequest

__all__ = ["TelegramChannel", "TelegramPace", "TelegramSettings"]

DEADLINE = 25.0
"""Seconds: under the 30 s in which a stopping service has settled what is in flight."""

PHOTO_SHARE = 0.4
"""How much of the deadline a photo may take to arrive; the rest is the call's."""

CONNECT_SHARE = 0.3
"""How much of the deadline each of the three waits for a connection may take."""

PHOTO_LIMITS = PhotoLimits(megabytes=10, side_sum=10_000, ratio=20)
"""https://core.telegram.org/bots/api#sendphoto"""


def _check_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:\S+", token.get_secret_value()):
        raise ValueError("is no bot token: write it as @BotFather gives it, like 123456789:AAE...")
    return token


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
    return value if value in {"auto", "off"} else parse_api(value)


class TelegramPace(Strict):
    """https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"""

    overall: PaceText = Field(
        default="30/s", validate_default=True, description="The bot's messages, over all its chats."
    )
    per_chat: PaceText = Field(default="1/s", validate_default=True, description="Messages in one chat.")
    per_group: PaceText = Field(default="20/min", validate_default=True, description="Messages in one group.")


class TelegramSettings(ChannelSettings):
    model_config = ConfigDict(hide_input_in_errors=True)

    api: ApiUrl = Field(
        default="https://api.telegram.org",
        description="Where the Bot API is: Telegram's, a local Bot API server's or the sandbox's.",
    )
    token: Annotated[SecretStr, AfterValidator(_check_token)] = Field(
        description="The bot's token, as @BotFather gives it."
    )
    chat: Annotated[int | str, BeforeValidator(_parse_chat)] = Field(
        description="Where posts go, like @example or -1001234567890."
    )
    topic: Annotated[int, Field(ge=1)] | None = Field(default=None, description="A forum's topic.")
    pace: TelegramPace = Field(
        default_factory=TelegramPace, description="How fast; paid broadcasts allow more."
    )
    read_back: Annotated[str, AfterValidator(_check_read_back)] = Field(
        default="auto",
        description="Where a post is looked for whose outcome is unknown: auto (t.me/s/NAME), a URL, or off.",
    )
    on_correct: Literal["edit", "reply", "repost"] = Field(
        default="edit", description="What a correction does to a post that is out."
    )
    on_edit: Literal["ignore", "flag", "edit"] = Field(
        default="flag", description="What an edit of the article at its source does."
    )


class _RejectedError(Exception):
    """Any answer but 2xx, whole: PTB's own errors keep neither the status nor a plain retry_after."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


class TelegramChannel:
    """One chat. The connections are made at the first call, in the loop that makes it."""

    kind = "telegram"
    limits = Limits("telegram", 4096, 1024, "html", media=1, summary=700)
    template = "telegram.html.j2"
    Settings = TelegramSettings

    def __init__(self, name: str, settings: TelegramSettings, fetch_image: FetchImage) -> None:
        self.name = name
        self.settings = settings
        self.deadline = DEADLINE
        self._fetch_image = fetch_image
        self._token = settings.token.get_secret_value()
        self._bot_id = int(self._token.partition(":")[0])
        self._chat_type: str | None = None
        self._connecting = asyncio.Lock()
        self._client: tuple[Bot, HTTPXRequest] | None = None

    def price(self, parts: Sequence[Part]) -> Decimal | None:  # noqa: ARG002  the port's
        return None

    def rates(self) -> tuple[Rate, ...]:
        """A negative id may be a group's or a channel's: it counts as a group's until an answer tells."""
        pace, bot = self.settings.pace, f"telegram:{self._bot_id}"
        rates = [
            Rate(bot, *pace.overall, spread=True),
            Rate(self._chat_key, *pace.per_chat, spread=True),
        ]
        if self._is_group():
            rates.append(Rate(f"{self._chat_key}:group", *pace.per_group, spread=False))
        return tuple(rates)

    async def open(self) -> None:
        await self._connect()

    async def send(self, part: Part, *, after: Receipt | None) -> Receipt:
        ends = asyncio.get_running_loop().time() + self.deadline
        await self._connect()
        photo, note = await self._photo(part)
        reply_to, untied = tie(after)
        method, params = self._message(part, photo, reply_to)
        message = await self._call(method, ends=ends, **params)
        self._chat_type = message.chat.type
        return Receipt(0, str(message.message_id), self._permalink(message), join_notes(note, untied))

    async def identify(self) -> Identity:
        ends = asyncio.get_running_loop().time() + self.deadline
        await self._connect()
        me = await self._call("get_me", ends=ends)
        chat = await self._call("get_chat", ends=ends, chat_id=self.settings.chat)
        member = await self._call("get_chat_member", ends=ends, chat_id=chat.id, user_id=me.id)
        self._chat_type = chat.type
        if missing := _missing_right(chat.type, member):
            mend = f"make @{me.username} an administrator of {self.settings.chat} with the right to post"
            raise ChannelRefused(f"@{me.username} {missing}: {mend}")
        return Identity(
            f"@{me.username}", f"@{chat.username}" if chat.username else chat.title or str(chat.id)
        )

    async def close(self) -> None:
        if self._client:
            _, request = self._client
            self._client = None
            await request.shutdown()

    def _permalink(self, message: "Message") -> str | None:
        """None for private chats and basic groups, which have no links to messages."""
        chat, asked = message.chat, str(self.settings.chat)
        if chat.type not in {"channel", "supergroup"}:
            return None
        name = chat.username or (asked.removeprefix("@") if asked.startswith("@") else None)
        place = name or f"c/{str(chat.id).removeprefix('-100')}"
        return f"https://t.me/{place}/{message.message_id}"

    @property
    def _chat_key(self) -> str:
        return f"telegram:{self._bot_id}:{str(self.settings.chat).lower()}"

    def _is_group(self) -> bool:
        if self._chat_type:
            return self._chat_type in {"group", "supergroup"}
        return isinstance(self.settings.chat, int) and self.settings.chat < 0

    async def _photo(self, part: Part) -> tuple[Photo | None, str | None]:
        if not part.media:
            return None, None
        seconds = PHOTO_SHARE * self.deadline
        return await load_photo(self._fetch_image, part.media[0].url, PHOTO_LIMITS, seconds=seconds)

    def _message(self, part: Part, photo: Photo | None, reply_to: str | None) -> tuple[str, dict[str, Any]]:
        """The method and its parameters."""
        from telegram import InputFile, LinkPreviewOptions, ReplyParameters  # noqa: PLC0415  heavy

        params: dict[str, Any] = {
            "chat_id": self.settings.chat,
            "message_thread_id": self.settings.topic,
            "parse_mode": part.parse_mode,
            "reply_parameters": ReplyParameters(int(reply_to)) if reply_to else None,
        }
        if photo:
            upload = InputFile(photo.data, filename=f"photo.{photo.format}")
            return "send_photo", params | {"photo": upload, "caption": part.text}
        card = LinkPreviewOptions(is_disabled=not part.link_preview, url=part.link_preview)
        return "send_message", params | {"text": part.text, "link_preview_options": card}

    async def _call(self, method: str, *, ends: float, **params: Any) -> Any:
        """One call of the Bot API, over at the loop's time ``ends`` whatever drips in.

        Raises:
            SendError: by what the end of the call proves. Raised outside of the handler, so that it carries
                no vendor's error, and with it no address that holds the token.
        """
        bot = await self._connect()
        try:
            async with asyncio.timeout_at(ends):
                return await getattr(bot, method)(**params, **self._timeouts())
        except Exception as error:  # noqa: BLE001  a surprise proves nothing either
            asked = Asked(self.settings.chat, post=method.startswith("send_"), photo="photo" in params)
            failure = self._verdict(error, asked)
        raise failure

    def _timeouts(self) -> dict[str, float]:
        """The waits for pool, TCP and TLS end before the deadline, so that its end means: it was sent."""
        early = CONNECT_SHARE * self.deadline
        return {
            "pool_timeout": early,
            "connect_timeout": early,
            "read_timeout": self.deadline,
            "write_timeout": self.deadline,
        }

    def _verdict(self, error: Exception, asked: Asked) -> SendError:
        cause = error.__cause__
        if isinstance(cause, _RejectedError):
            secrets = (self._token,)
            return rejection(cause.status, cause.body, asked, key=self._chat_key, secrets=secrets)
        if isinstance(cause, _proofs()):
            return NotSent(f"{self.settings.api} can't be reached: {reason(error, (self._token,))}")
        return OutcomeUnknown(f"{self.settings.api}: {self._said(error)}{asked.doubt}")

    def _said(self, error: Exception) -> str:
        from telegram.error import TelegramError  # noqa: PLC0415  loaded by then

        if isinstance(error, TelegramError) and not isinstance(error.__cause__, ValueError):
            return reason(error, (self._token,))
        if isinstance(error, TimeoutError):
            return f"no whole answer within {self.deadline:g} s"
        return f"an answer that makes no sense ({type(error).__name__})"

    async def _connect(self) -> "Bot":
        """PTB's bot; made in a thread, as its import and its certificates take a moment."""
        async with self._connecting:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make_client)
        return self._client[0]

    def _make_client(self) -> "tuple[Bot, HTTPXRequest]":
        """Not initialized, as that would call getMe before every first post."""
        from telegram import Bot  # noqa: PLC0415  heavy
        from telegram.request import HTTPXRequest  # noqa: PLC0415

        quiet("httpx", "httpcore", "telegram")
        quiet("telegram.request", below=logging.CRITICAL)  # shows whole bodies; what they mean is raised too
        api = self.settings.api
        options = {"event_hooks": {"response": [_reject]}, "trust_env": not is_loopback(api)}
        request = HTTPXRequest(connection_pool_size=4, httpx_kwargs=options)
        bot = Bot(
            self._token,
            base_url=f"{api}/bot",
            base_file_url=f"{api}/file/bot",
            request=request,
            get_updates_request=request,
        )
        return bot, request


def _proofs() -> tuple[type[Exception], ...]:
    """What httpx raises only before the request: PTB makes NetworkError or TimedOut of all it raises."""
    import httpx  # noqa: PLC0415  loaded by then

    return httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError


async def _reject(response: "httpx.Response") -> None:
    """Stop at any answer but 2xx; a body that ends too early raises httpx's own error instead."""
    if not response.is_success:
        raise _RejectedError(response.status_code, await response.aread())


def _missing_right(chat_type: str, member: "ChatMember") -> str | None:
    """Why ``member`` may not post, as the rest of a sentence; None if it may."""
    if member.status in {"left", "kicked"}:
        return "is not in the chat"
    if chat_type == "channel":
        return None if getattr(member, "can_post_messages", False) else "may not post in the channel"
    return "may not send messages" if getattr(member, "can_send_messages", True) is False else None
