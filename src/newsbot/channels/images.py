"""Loading of photos for posts: their format and size, and whether a platform accepts them."""

import asyncio
import struct
from dataclasses import dataclass
from typing import NamedTuple

from newsbot.channels.redaction import format_one_line
from newsbot.errors import NewsbotError
from newsbot.ports import FetchImage
from newsbot.reasons import PlatformCode, Reason

__all__ = ["Photo", "PhotoLimits", "find_photo_refusal", "load_photo", "read_photo_header"]


class Photo(NamedTuple):
    """A loaded photo. ``format`` is jpeg, png, webp or gif; ``width`` and ``height`` are in pixels."""

    format: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """A platform's limits for photos.

    ``side_sum`` is the most pixels of width plus height, and ``ratio`` the greatest quotient of the longer
    side and the shorter side.
    """

    megabytes: int
    side_sum: int | None = None
    ratio: int | None = None


async def load_photo(
    fetch: FetchImage, url: str, limits: PhotoLimits, *, seconds: float
) -> tuple[Photo | None, Reason | None]:
    """Return the photo at ``url``, or None and the reason why it can't be sent. Never raise an error."""
    try:
        async with asyncio.timeout(seconds):
            photo = read_photo_header(await fetch(url))
        why = find_photo_refusal(photo, limits, url)
    except TimeoutError:
        why = PlatformCode.PHOTO_LATE(url=url, n=seconds)
    except NewsbotError as error:
        why = error.reason
    except Exception as error:  # noqa: BLE001  No photo may keep its post's text from being sent.
        why = PlatformCode.PHOTO_FAILED(name=type(error).__name__, url=url)
    return (None, PlatformCode.PHOTO_LEFT_OUT(why=why.map_texts(format_one_line))) if why else (photo, None)


def find_photo_refusal(photo: Photo | None, limits: PhotoLimits, url: str) -> Reason | None:
    """Return why a platform would refuse the photo at ``url``; None if the platform accepts it."""
    if photo is None:
        return PlatformCode.PHOTO_NOT_IMAGE(url=url)
    if len(photo.data) > limits.megabytes * 1_000_000:
        return PlatformCode.PHOTO_TOO_BIG(
            url=url, size=f"{len(photo.data) / 1e6:.1f}", limit=limits.megabytes
        )
    short, long = sorted((photo.width, photo.height))
    if not short:
        return PlatformCode.PHOTO_EMPTY(url=url)
    size = f"{photo.width} x {photo.height}"
    if limits.side_sum and short + long > limits.side_sum:
        return PlatformCode.PHOTO_TOO_WIDE(url=url, size=size, n=limits.side_sum)
    if limits.ratio and long > limits.ratio * short:
        return PlatformCode.PHOTO_TOO_NARROW(url=url, size=size, n=limits.ratio)
    return None


def read_photo_header(data: bytes) -> Photo | None:
    """Return a photo with the format and size in its header; None if the bytes are no known image."""
    for name, measure in _FORMATS.items():
        try:
            size = measure(data)
        # A damaged image whose bytes end inside its header counts as no known image, because its size is not
        # known.
        except (struct.error, IndexError):
            return None
        if size:
            return Photo(name, *size, data)
    return None


def _read_png_size(data: bytes) -> tuple[int, int] | None:
    """Return a PNG's size from its first chunk, IHDR (PNG specification 11.2.2); None if it is no PNG."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR":
        return None
    return struct.unpack_from(">II", data, 16)


def _read_gif_size(data: bytes) -> tuple[int, int] | None:
    return struct.unpack_from("<HH", data, 6) if data.startswith((b"GIF87a", b"GIF89a")) else None


def _read_webp_size(data: bytes) -> tuple[int, int] | None:
    """Return the size of a lossy, lossless or extended WebP (RFC 9649); None if it is no WebP."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    chunk = data[12:16]
    if chunk == b"VP8X":
        return 1 + read_little_endian(data[24:27]), 1 + read_little_endian(data[27:30])
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def read_little_endian(data: bytes) -> int:
    """Return the unsigned number that is stored in ``data`` as little-endian bytes."""
    return int.from_bytes(data, "little")


def _read_jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return a JPEG's width and height from its frame header (SOF); None if ``data`` is no JPEG.

    The frame header comes after other segments (ITU T.81, B.2).
    """
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while True:
        if data[at] != _MARK:
            return None
        marker = data[at + 1]
        # A repeated FF byte is skipped, because it is only padding before the JPEG's next marker.
        if marker == _MARK:
            at += 1
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]


_MARK = 0xFF
# The marker bytes with which a JPEG's frame header can begin: C0 to CF, except the three for tables and an
# extension.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_FORMATS = {"jpeg": _read_jpeg_size, "png": _read_png_size, "webp": _read_webp_size, "gif": _read_gif_size}
