"""The common steps of Bot API methods that write: finding the chat, checking rights and rates, storing.

Texts, captions, keyboards and photos are checked as Telegram checks them. Links, mentions and hashtags are
found as in TDLib (find_urls and find_mentions in MessageEntity.cpp), with all existing top-level domains.
"""

import math
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from newsbot.composing.urls import ALL
from newsbot.ports import Clock
from newsbot.sandbox.calls import PlatformError
from newsbot.sandbox.images import read_image_info
from newsbot.sandbox.telegram.markup import clean_text, parse_html, trim_text, utf16_length
from newsbot.sandbox.telegram.parameters import OBJECTS, UploadedFile
from newsbot.sandbox.telegram.serializers import decode_inline_id, serialize_message
from newsbot.sandbox.telegram.state import Message, SandboxChat, StoredPhoto, TelegramState

__all__ = [
    "CAPTION_LIMIT",
    "DELETE_WINDOW",
    "TEXT_LIMIT",
    "Method",
    "MethodGroup",
    "bad",
    "check_keyboard",
    "detect_entities",
    "parse_formatted_text",
    "resolve_photo",
]

# ---------------------------------------------------------------- checks of a message's content

Entity = dict[str, Any]

_ADDRESS = re.compile(
    r"(?<![\w@.\-/])(?:(?P<scheme>https?|ftp|tonsite)://)?(?P<login>[\w.\-+]+@)?"
    r"(?P<host>(?:\d{1,3}(?:\.\d{1,3}){3}|localhost|(?:\w(?:[\w\-]*\w)?\.)+(?P<tld>[^\W\d_][\w\-]*)))"
    r"(?P<port>:\d{1,5})?(?P<rest>[/?#][^\s<>\"«»“”]*)?",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9_]{3,32})(?![\w@])")
_HASHTAG = re.compile(r"(?<![\w\u200c#·])#([\w\u200c·]{1,256})(?![\w\u200c·#])")
_CASHTAG = re.compile(r"(?<![$\w\u200c])\$(?:1INCH|[A-Z]{1,8})(?![$\w\u200c])")
_COMMAND = re.compile(r"(?<![\w/<>])/([A-Za-z0-9_]{1,64})(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")


def detect_entities(text: str, entities: list[Entity], *, commands: bool) -> list[Entity]:
    """Return ``entities`` and the links, mentions and hashtags that Telegram detects in a message's text.

    ``commands`` says whether /commands are detected too: Telegram detects none in channels.
    """
    found = _find_addresses(text) + _find_all("mention", _MENTION, text) + _find_hashtags(text)
    found += _find_all("cashtag", _CASHTAG, text)
    if commands:
        found += _find_all("bot_command", _COMMAND, text)
    out = list(entities)
    taken = [e for e in entities if e["type"] in {"text_link", "code", "pre", "custom_emoji", "text_mention"}]
    for kind, start, end in sorted(found, key=lambda each: each[1]):
        offset, length = utf16_length(text[:start]), utf16_length(text[start:end])
        if not any(_is_overlapping(offset, length, each) for each in taken):
            entity = {"type": kind, "offset": offset, "length": length}
            out.append(entity)
            taken.append(entity)
    return sorted(out, key=lambda e: (e["offset"], -e["length"]))


def _is_overlapping(offset: int, length: int, other: Entity) -> bool:
    return bool(offset < other["offset"] + other["length"] and other["offset"] < offset + length)


def _find_all(kind: str, pattern: re.Pattern[str], text: str) -> list[tuple[str, int, int]]:
    return [(kind, found.start(), found.end()) for found in pattern.finditer(text)]


def _find_hashtags(text: str) -> list[tuple[str, int, int]]:
    """Return the kind, start and end of each hashtag in a text; a hashtag has at least one letter."""
    found = _HASHTAG.finditer(text)
    return [("hashtag", tag.start(), tag.end()) for tag in found if re.search(r"[^\W\d_]", tag[1])]


def _find_addresses(text: str) -> list[tuple[str, int, int]]:
    out = []
    for found in _ADDRESS.finditer(text):
        scheme, tld = found["scheme"], (found["tld"] or "").lower()
        kind = "email" if found["login"] and not scheme else "url"
        plain = tld in ALL or tld.startswith("xn--")
        if not (scheme or plain) or (kind == "email" and not plain):
            continue
        end = found.end() - _count_trailing_punctuation(found[0], found["rest"])
        out.append((kind, found.start(), end))
    return out


def _count_trailing_punctuation(address: str, rest: str | None) -> int:
    """Return how many characters at the end of a URL that was found in a text are punctuation of the
    sentence, and so no part of the URL.
    """
    if not rest:
        return 0
    kept = address
    while kept and (kept[-1] in ".:;,('?!`" or (kept[-1] == ")" and kept.count(")") > kept.count("("))):
        kept = kept[:-1]
    return len(address) - len(kept)


Json = dict[str, Any]

TEXT_LIMIT, CAPTION_LIMIT, ENTITY_LIMIT = 4096, 1024, 100
DELETE_WINDOW = timedelta(hours=48)
_UPLOAD_BYTES, _URL_BYTES = 10 * 1024 * 1024, 5 * 1024 * 1024
_SIDES_SUM, _RATIO = 10_000, 20
_CALLBACK_BYTES = 64
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_FETCH_TIMEOUT = aiohttp.ClientTimeout(total=5)


def parse_formatted_text(
    text: str, mode: str | None, given: list[Json] | None, *, limit: int, commands: bool
) -> tuple[str, list[Json]]:
    """Return a message's text as Telegram stores it, trimmed, with its entities.

    Raises:
        PlatformError: The text can't be parsed or is too long: status 400.
    """
    if mode and mode.upper() != "HTML":
        raise PlatformError(
            400, f"Bad Request: unsupported parse_mode {mode!r} (here only HTML)", violation=True
        )
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise PlatformError(400, "Bad Request: strings must be encoded in UTF-8", violation=True)
    parsed, entities = parse_html(text) if mode else (clean_text(text), given or [])
    units = utf16_length(parsed)
    if any(e["offset"] < 0 or e["length"] < 1 or e["offset"] + e["length"] > units for e in entities):
        raise PlatformError(400, "Bad Request: ENTITY_BOUNDS_INVALID", violation=True)
    parsed, entities = trim_text(parsed, entities)
    if utf16_length(parsed) > limit:
        what = "message" if limit == TEXT_LIMIT else "message caption"
        raise PlatformError(400, f"Bad Request: {what} is too long", violation=True)
    if len(entities) > ENTITY_LIMIT:
        raise PlatformError(400, f"Bad Request: more than {ENTITY_LIMIT} entities", violation=True)
    return parsed, detect_entities(parsed, entities, commands=commands)[:ENTITY_LIMIT]


def check_keyboard(markup: Json | None) -> None:
    """Refuse an inline keyboard unless each button has exactly one action, and at most 64 bytes of data."""
    for row in (markup or {}).get("inline_keyboard", []):
        for button in row:
            if len(button.keys() - {"text", "style", "icon_custom_emoji_id"}) != 1:
                why = "Text buttons are unallowed in the inline keyboard"
                raise PlatformError(
                    400, f"Bad Request: can't parse inline keyboard button: {why}", violation=True
                )
            data = button.get("callback_data")
            if data is not None and not 1 <= len(data.encode()) <= _CALLBACK_BYTES:
                raise PlatformError(400, "Bad Request: BUTTON_DATA_INVALID", violation=True)


async def resolve_photo(state: TelegramState, photo: Any) -> StoredPhoto:
    """Return the photo that a call names: an uploaded file, a URL (on this machine only) or a ``file_id``."""
    if isinstance(photo, bytes):
        return _check_and_store(state, photo, None)
    if photo in state.uploads:
        return state.uploads[photo]
    if photo.startswith(("http://", "https://")):
        return _check_and_store(state, await _fetch(photo), photo)
    raise PlatformError(400, "Bad Request: wrong remote file identifier specified: Wrong string length")


async def _fetch(url: str) -> bytes:
    failed = PlatformError(400, "Bad Request: failed to get HTTP URL content")
    try:
        host = urlsplit(url).hostname
    except ValueError:
        raise failed from None
    if host not in _LOOPBACK:
        raise failed
    try:
        async with aiohttp.ClientSession(timeout=_FETCH_TIMEOUT) as session, session.get(url) as response:
            if response.status != 200:  # noqa: PLR2004  HTTP's status 200 means "OK".
                raise failed
            if not response.content_type.startswith("image/"):
                raise PlatformError(400, "Bad Request: wrong type of the web page content")
            return await _read_limited(response)
    except (aiohttp.ClientError, TimeoutError):
        raise failed from None


async def _read_limited(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > _URL_BYTES:
            raise PlatformError(400, "Bad Request: failed to get HTTP URL content")
    return bytes(data)


def _check_and_store(state: TelegramState, data: bytes, url: str | None) -> StoredPhoto:
    if not data:
        raise PlatformError(400, "Bad Request: file must be non-empty", violation=True)
    if len(data) > _UPLOAD_BYTES:
        size = f"file of size {len(data)} bytes is too big for a photo"
        raise PlatformError(400, f"Bad Request: {size}; the maximum size is {_UPLOAD_BYTES} bytes")
    found = read_image_info(data)
    if found is None:
        raise PlatformError(400, "Bad Request: IMAGE_PROCESS_FAILED")
    long, short = max(found.width, found.height), min(found.width, found.height)
    if long + short > _SIDES_SUM or long > _RATIO * short:
        raise PlatformError(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    upload = StoredPhoto(
        f"AgACAgQAAxkBAAI{len(state.uploads):08d}", found.kind, found.width, found.height, data, url
    )
    state.uploads[upload.file_id] = upload
    return upload


# ---------------------------------------------------------------- storing a message in a simulated chat

Method = Callable[[Json, dict[str, UploadedFile]], Awaitable[Any]]


def bad(what: str, *, violation: bool = False) -> PlatformError:
    """Return the Bot API's error 400 with the text ``what``.

    ``violation`` says that a well-built client never gets this error.
    """
    return PlatformError(400, f"Bad Request: {what}", violation=violation)


class MethodGroup:
    """The base class of the Bot API's method groups, with the common rules for methods that act on a chat."""

    def __init__(self, state: TelegramState, clock: Clock) -> None:
        self.state = state
        self.clock = clock

    # ------------------------------------------------------------ checks of chats and of the bot's rights

    def _get_chat(self, ref: int | str, *, present: bool = False) -> SandboxChat:
        try:
            chat = self.state.chat(ref)
        except (KeyError, ValueError):
            raise bad("chat not found") from None
        if present and chat.bot in {"kicked", "left"}:
            what = "was kicked from" if chat.bot == "kicked" else "is not a member of"
            kind = chat.type if chat.type != "private" else "user"
            if kind == "user":
                raise PlatformError(403, "Forbidden: bot was blocked by the user")
            raise PlatformError(403, f"Forbidden: bot {what} the {kind} chat")
        if present and not chat.started:
            raise PlatformError(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def _require_send_rights(self, params: Json, *, photo: bool = False) -> SandboxChat:
        chat = self._get_chat(params["chat_id"], present=True)
        if chat.migrated_to:
            why = "Bad Request: group chat was upgraded to a supergroup chat"
            raise PlatformError(400, why, extra={"migrate_to_chat_id": chat.migrated_to})
        if chat.type == "channel" and (chat.bot != "administrator" or not chat.can_post_messages):
            raise bad("need administrator rights in the channel chat")
        what = "photos" if photo else "text messages"
        if not chat.can_post_messages or (photo and not chat.can_send_photos):
            raise bad(f"not enough rights to send {what} to the chat")
        if (thread := params.get("message_thread_id")) and thread not in (chat.topics or ()):
            raise bad("message thread not found")
        self._check_rate(chat)
        check_keyboard(params.get("reply_markup"))
        return chat

    def _get_editable_message(self, params: Json) -> tuple[SandboxChat, Message]:
        if "inline_message_id" in params:
            try:
                chat_id, message_id = decode_inline_id(params["inline_message_id"])
            except ValueError:
                raise bad("MESSAGE_ID_INVALID", violation=True) from None
            params |= {"chat_id": chat_id, "message_id": message_id}
        if "chat_id" not in params:
            raise bad("message identifier is not specified", violation=True)
        chat = self._get_chat(params["chat_id"], present=True)
        message = chat.message(params.get("message_id", 0))
        if message is None:
            raise bad("message to edit not found")
        if message.sender is not None and message.sender["id"] != self.state.bot.id:
            raise bad("message can't be edited")
        check_keyboard(params.get("reply_markup"))
        return chat, message

    def _parse_text(self, chat: SandboxChat, params: Json) -> tuple[str, list[Json]]:
        text, mode = params.get("text", ""), params.get("parse_mode")
        if not text:
            raise bad("message text is empty", violation=True)
        commands = chat.type != "channel"
        parsed = parse_formatted_text(text, mode, params.get("entities"), limit=TEXT_LIMIT, commands=commands)
        if not parsed[0]:
            raise bad("text must be non-empty", violation=True)
        return parsed

    def _parse_caption(self, chat: SandboxChat, params: Json) -> tuple[str, list[Json]]:
        caption, mode = params.get("caption", ""), params.get("parse_mode")
        entities = params.get("caption_entities")
        return parse_formatted_text(
            caption, mode, entities, limit=CAPTION_LIMIT, commands=chat.type != "channel"
        )

    # ------------------------------------------------------------ checks of Telegram's rate limits

    def _list_windows(self, chat: SandboxChat) -> list[tuple[str, Any]]:
        pace = self.state.pace
        group = pace.per_group if chat.type in {"group", "supergroup"} else None
        keyed = [("all", pace.overall), (f"chat {chat.id}", pace.per_chat), (f"group {chat.id}", group)]
        return [(key, window) for key, window in keyed if window is not None]

    def _check_rate(self, chat: SandboxChat) -> None:
        """Refuse a message that exceeds a rate limit, with status 429; do not count a refused message."""
        now, windows = self.clock.now().timestamp(), self.state.windows
        wait_seconds = max(
            (windows.wait_seconds(key, window, now) for key, window in self._list_windows(chat)), default=0.0
        )
        if wait_seconds > 0:
            seconds = math.ceil(wait_seconds)
            why = f"Too Many Requests: retry after {seconds}"
            raise PlatformError(429, why, violation=True, extra={"retry_after": seconds})

    def _count_message(self, chat: SandboxChat) -> None:
        now = self.clock.now().timestamp()
        for key, _ in self._list_windows(chat):
            self.state.windows.count(key, now)

    # ------------------------------------------------------------ storing and editing a chat's messages

    def _build_message(self, chat: SandboxChat, params: Json, text: str, entities: list[Json]) -> Message:
        message = Message(0, int(self.clock.now().timestamp()), text, entities)
        message.sender = None if chat.type == "channel" else self.state.bot.as_json()
        message.thread_id = params.get("message_thread_id")
        message.reply_markup = params.get("reply_markup")
        message.silent = params.get("disable_notification", False)
        message.reply_to = self._resolve_reply(chat, params.get("reply_parameters"))
        return message

    @staticmethod
    def _resolve_reply(chat: SandboxChat, reply: Json | None) -> int | None:
        if reply is None:
            return None
        if chat.message(reply["message_id"]):
            return int(reply["message_id"])
        if reply.get("allow_sending_without_reply"):
            return None
        raise bad("message to be replied not found")

    async def _build_album_item(
        self, chat: SandboxChat, params: Json, item: Json, files: dict[str, UploadedFile]
    ) -> Message:
        if item.get("type") != "photo" or not item.keys() <= OBJECTS["InputMediaPhoto"].keys():
            raise bad("can't parse media: only photos are taken here", violation=True)
        text, entities = self._parse_caption(chat, item)
        message = self._build_message(chat, params, text, entities)
        source: Any = item["media"]
        if source.startswith("attach://"):
            source = files.get(source.removeprefix("attach://"), b"")
        message.photo = await resolve_photo(self.state, source)
        return message

    def _post(self, chat: SandboxChat, message: Message) -> Json:
        self._check_rate(chat)  # Fetching a photo takes time, so the rate limit is checked once more.
        self._count_message(chat)
        return self._append(chat, message)

    @staticmethod
    def _append(chat: SandboxChat, message: Message) -> Json:
        message.message_id = chat.next_id()
        chat.messages.append(message)
        return serialize_message(chat, message)

    def _edit(
        self, chat: SandboxChat, message: Message, params: Json, new: Json, *, other: bool = False
    ) -> Json | bool:
        """Change a message as one of the Bot API's edit methods demands.

        ``other`` says that the call replaces the message's photo. Return the message as JSON, or True if the
        call identified the message by its inline id.
        """
        markup = params.get("reply_markup")
        before = (message.text, message.entities, message.reply_markup, message.link_preview_options)
        if not other and before == (new["text"], new["entities"], markup, new["preview"]):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        message.text, message.entities, message.reply_markup = new["text"], new["entities"], markup
        message.link_preview_options = new["preview"]
        message.edit_date = int(self.clock.now().timestamp())
        return True if "inline_message_id" in params else serialize_message(chat, message)
