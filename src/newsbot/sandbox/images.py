"""Detection of an uploaded picture's kind and size from its first bytes, without a decoder."""

from typing import NamedTuple

__all__ = ["ImageInfo", "read_image_info"]

# The start-of-frame markers of JPEG: C0 to CF except C4 (DHT), C8 (JPG) and CC (DAC) (ITU T.81, table B.1).
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKERS_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


class ImageInfo(NamedTuple):
    """The kind (a MIME type) of a picture, and its size in pixels."""

    kind: str
    width: int
    height: int


def read_image_info(data: bytes) -> ImageInfo | None:
    """Return a picture's kind and size; None for anything but PNG, JPEG, GIF or WebP."""
    try:
        found = _read_png(data) or _read_gif(data) or _read_webp(data) or _read_jpeg(data)
    except IndexError:
        return None
    return found if found and found.width and found.height else None


def _read_png(data: bytes) -> ImageInfo | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or b"IDAT" not in data:
        return None
    return ImageInfo("image/png", int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))


def _read_gif(data: bytes) -> ImageInfo | None:
    if data[:6] not in {b"GIF87a", b"GIF89a"}:
        return None
    return ImageInfo("image/gif", int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))


def _read_webp(data: bytes) -> ImageInfo | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    return ImageInfo("image/webp", *_read_webp_size(data[12:16], data))


def _read_webp_size(chunk: bytes, data: bytes) -> tuple[int, int]:
    """Return the width and height of a WebP, as the format of its first chunk stores them.

    The formats are VP8 (RFC 6386, 9.1), VP8L (14 bits for each side) and VP8X (24 bits for each side); VP8L
    and VP8X store each side less one.
    """
    if chunk == b"VP8 ":
        sizes = int.from_bytes(data[26:28], "little"), int.from_bytes(data[28:30], "little")
        return sizes[0] & 0x3FFF, sizes[1] & 0x3FFF
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return 0, 0


def _read_jpeg(data: bytes) -> ImageInfo | None:
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while data[at] == 0xFF:  # noqa: PLR2004  Every marker begins with this byte.
        marker = data[at + 1]
        if marker in _SOF:
            return ImageInfo(
                "image/jpeg", int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
            )
        at += 2 if marker in _MARKERS_WITHOUT_LENGTH else 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
