"""Texts, captions, keyboards and photos, checked as Telegram checks them."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from newsbot.sandbox.images import picture
from newsbot.sandbox.journal import Refusal
from newsbot.sandbox.telegram.detection import detect
from newsbot.sandbox.telegram.markup import clean, parse_html, trim, utf16_length
from newsbot.sandbox.telegram.state import TelegramState, Upload

__all__ = ["CAPTION_LIMIT", "DELETE_WITHIN", "TEXT_LIMIT", "check_keyboard", "formatted", "take_photo"]

Json = dict[str, Any]

TEXT_LIMIT, CAPTION_LIMIT, ENTITY_LIMIT = 4096, 1024, 100
DELETE_WITHIN = timedelta(hours=48)
_UPLOAD_BYTES, _URL_BYTES = 10 * 1024 * 1024, 5 * 1024 * 1024
_SIDES_SUM, _RATIO = 10_000, 20
_CALLBACK_BYTES = 64
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_FETCH_TIMEOUT = aiohttp.ClientTimeout(total=5)


def formatted(
    text: str, mode: str | None, given: list[Json] | None, *, limit: int, commands: bool
) -> tuple[str, list[Json]]:
    """The text as Telegram stores it, with its entities; trimmed, measured after parsing.

    Raises:
        Refusal: 400: can't be parsed, or too long.
    """
    if mode and mode.upper() != "HTML":
        raise Refusal(400, f"Bad Request: unsupported parse_mode {mode!r} (here only HTML)", violation=True)
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Refusal(400, "Bad Request: strings must be encoded in UTF-8", violation=True)
    parsed, entities = parse_html(text) if mode else (clean(text), given or [])
    units = utf16_length(parsed)
    if any(e["offset"] < 0 or e["length"] < 1 or e["offset"] + e["length"] > units for e in entities):
        raise Refusal(400, "Bad Request: ENTITY_BOUNDS_INVALID", violation=True)
    parsed, entities = trim(parsed, entities)
    if utf16_length(parsed) > limit:
        what = "message" if limit == TEXT_LIMIT else "message caption"
        raise Refusal(400, f"Bad Request: {what} is too long", violation=True)
    if len(entities) > ENTITY_LIMIT:
        raise Refusal(400, f"Bad Request: more than {ENTITY_LIMIT} entities", violation=True)
    return parsed, detect(parsed, entities, commands=commands)[:ENTITY_LIMIT]


def check_keyboard(markup: Json | None) -> None:
    """Each inline button does exactly one thing, with at most 64 bytes of callback data."""
    for row in (markup or {}).get("inline_keyboard", []):
        for button in row:
            if len(button.keys() - {"text", "style", "icon_custom_emoji_id"}) != 1:
                why = "Text buttons are unallowed in the inline keyboard"
                raise Refusal(400, f"Bad Request: can't parse inline keyboard button: {why}", violation=True)
            data = button.get("callback_data")
            if data is not None and not 1 <= len(data.encode()) <= _CALLBACK_BYTES:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID", violation=True)


async def take_photo(state: TelegramState, photo: Any) -> Upload:
    """A photo that was uploaded, named by URL (loopback only) or by the ``file_id`` of an earlier one."""
    if isinstance(photo, bytes):
        return _checked(state, photo, None)
    if photo in state.uploads:
        return state.uploads[photo]
    if photo.startswith(("http://", "https://")):
        return _checked(state, await _fetch(photo), photo)
    raise Refusal(400, "Bad Request: wrong remote file identifier specified: Wrong string length")


async def _fetch(url: str) -> bytes:
    failed = Refusal(400, "Bad Request: failed to get HTTP URL content")
    try:
        host = urlsplit(url).hostname
    except ValueError:
        raise failed from None
    if host not in _LOOPBACK:
        raise failed
    try:
        async with aiohttp.ClientSession(timeout=_FETCH_TIMEOUT) as session, session.get(url) as response:
            if response.status != 200:  # noqa: PLR2004  HTTP's OK
                raise failed
            if not response.content_type.startswith("image/"):
                raise Refusal(400, "Bad Request: wrong type of the web page content")
            return await _bounded(response)
    except (aiohttp.ClientError, TimeoutError):
        raise failed from None


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > _URL_BYTES:
            raise Refusal(400, "Bad Request: failed to get HTTP URL content")
    return bytes(data)


def _checked(state: TelegramState, data: bytes, url: str | None) -> Upload:
    if not data:
        raise Refusal(400, "Bad Request: file must be non-empty", violation=True)
    if len(data) > _UPLOAD_BYTES:
        size = f"file of size {len(data)} bytes is too big for a photo"
        raise Refusal(400, f"Bad Request: {size}; the maximum size is {_UPLOAD_BYTES} bytes")
    found = picture(data)
    if found is None:
        raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
    long, short = max(found.width, found.height), min(found.width, found.height)
    if long + short > _SIDES_SUM or long > _RATIO * short:
        raise Refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    upload = Upload(
        f"AgACAgQAAxkBAAI{len(state.uploads):08d}", found.kind, found.width, found.height, data, url
    )
    state.uploads[upload.file_id] = upload
    return upload
