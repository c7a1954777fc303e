"""What bytes are an image, and which images a platform takes."""

import pytest

from newsbot.channels.images import PhotoLimits, find_photo_refusal, read_photo_header

from .servers import photograph

FORMATS = ["png", "jpeg", "gif", "webp"]


@pytest.mark.parametrize("form", FORMATS)
def test_an_image_tells_its_format_and_size(form: str) -> None:
    photo = read_photo_header(photograph(form, 1200, 630))
    assert photo
    assert photo[:3] == (form, 1200, 630)


def test_the_other_kinds_of_webp_tell_their_size() -> None:
    lossy = b"RIFF....WEBPVP8 ....\x00\x00\x00\x9d\x01\x2a" + (1200).to_bytes(2, "little") + b"\x76\x02"
    extended = b"RIFF....WEBPVP8X....\x00\x00\x00\x00" + (1199).to_bytes(3, "little") + b"\x75\x02\x00"
    for data in (lossy, extended):
        photo = read_photo_header(data)
        assert photo
        assert photo[1:3] == (1200, 630)


def test_a_jpeg_may_have_fill_bytes_and_long_metadata_before_its_size() -> None:
    jpeg = photograph("jpeg", 800, 600)
    exif = b"\xff\xe1\xff\xff" + b"\xff\xc0" * 32_766 + b"\x00"
    photo = read_photo_header(jpeg[:2] + exif + b"\xff\xff" + jpeg[2:])
    assert photo
    assert photo[1:3] == (800, 600)


@pytest.mark.parametrize("form", FORMATS)
def test_an_image_cut_at_any_byte_never_raises(form: str) -> None:
    whole = photograph(form)
    for length in range(len(whole)):
        photo = read_photo_header(whole[:length])
        assert photo is None or photo[:3] == (form, 640, 480)


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"%PDF-1.7", b"\xff\xd8\xff", b"\xff\xd8\xff" + b"\0" * 99, b"RIFF" * 9, b"BM" * 40],
)
def test_what_is_no_image_is_none(data: bytes) -> None:
    assert read_photo_header(data) is None
    assert (
        str(find_photo_refusal(None, PhotoLimits(5), URL)) == f"{URL} is not a JPEG, PNG, WebP or GIF image"
    )


def test_a_jpeg_of_markers_alone_is_looked_through_quickly() -> None:
    """Segments of no length at all are the slowest there is: four bytes a step."""
    assert read_photo_header(b"\xff\xd8" + b"\xff\xe0\x00\x02" * 250_000) is None


LIMITS = PhotoLimits(megabytes=10, side_sum=10_000, ratio=20)
URL = "https://example.org/a.png"


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (5000, 5000, None),
        (5001, 5000, "over 10000"),
        (2000, 100, None),
        (2001, 100, "narrower"),
        (0, 9, "empty"),
    ],
)
def test_an_image_has_to_fit_the_platform(width: int, height: int, words: str | None) -> None:
    found = find_photo_refusal(read_photo_header(photograph("png", width, height)), LIMITS, URL)
    assert found is None if words is None else words in str(found)


def test_a_file_may_be_as_large_as_the_platform_says() -> None:
    data = photograph()
    padded = data + bytes(10_000_000 - len(data))
    assert find_photo_refusal(read_photo_header(padded), LIMITS, URL) is None
    refused = find_photo_refusal(read_photo_header(padded + b"\0"), LIMITS, URL)
    assert str(refused) == f"{URL} has 10.0 MB, more than 10"
    refused = find_photo_refusal(read_photo_header(padded), PhotoLimits(megabytes=5), URL)
    assert str(refused) == f"{URL} has 10.0 MB, more than 5"
