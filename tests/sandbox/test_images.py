"""Pictures by their first bytes."""

import pytest

from newsbot.sandbox.images import read_image_info
from tests.sandbox.conftest import png

JPEG = b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc2\x00\x11\x08\x00\x1e\x00\x28\x03"
GIF = b"GIF89a\x28\x00\x1e\x00"
VP8 = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x28\x00\x1e\x00"
VP8L = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + (39 | 29 << 14).to_bytes(4, "little")
VP8X = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + (39).to_bytes(3, "little") + (29).to_bytes(3, "little")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(), "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (VP8, "image/webp"),
        (VP8L, "image/webp"),
        (VP8X, "image/webp"),
    ],
)
def test_kind_and_size_are_read(data: bytes, kind: str) -> None:
    assert read_image_info(data) == (kind, 40, 30)


@pytest.mark.parametrize(
    "data", [b"", b"<svg/>", JPEG[:8], png(0, 5), b"\xff\xd8\xff\xd9\x00", b"RIFF\0\0\0\0WEBPxxxx"]
)
def test_what_is_none_is_none(data: bytes) -> None:
    assert read_image_info(data) is None
