import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsbot.fetching.fetcher import BodyTooLarge, BrokenBody, read_body


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@example([b"\x1f\x8b"], 1)  # a text that begins like gzip
@example([b"\x1f\x8b", b"\0\0"], 1)
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(1, 50))
async def test_gzip_comes_out_as_it_went_in_however_it_is_cut(members: list[bytes], size: int) -> None:
    """Several members, as some servers send, count as one body."""
    packed = b"".join(gzip.compress(member) for member in members)
    assert await read_body(pieces(packed, size), "gzip", 10_000) == b"".join(members)


async def test_a_bomb_is_stopped_at_the_cap() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    with pytest.raises(BodyTooLarge):
        await read_body(pieces(bomb, 65_536), "gzip", 100_000)


async def test_empty_members_for_ever_are_stopped_on_the_wire() -> None:
    with pytest.raises(BodyTooLarge):
        await read_body(pieces(gzip.compress(b"") * 10_000, 1000), "gzip", 100_000)


async def test_exactly_the_cap_passes_and_one_more_does_not() -> None:
    assert len(await read_body(pieces(b"x" * 100, 7), "", 100)) == 100
    assert len(await read_body(pieces(gzip.compress(b"x" * 100), 7), "gzip", 100)) == 100
    for encoding, body in (("", b"x" * 101), ("gzip", gzip.compress(b"x" * 101))):
        with pytest.raises(BodyTooLarge):
            await read_body(pieces(body, 7), encoding, 100)


PAGE = b"<p>The quay is closed.</p>" * 40
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
DEFLATED = RAW.compress(PAGE) + RAW.flush()
ZIPPED = gzip.compress(PAGE, mtime=0)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        *(
            (encoding, PAGE)
            for encoding in ("", "identity", "none", "utf-8", "UTF8", "aws-chunked", "binary")
        ),
        *(
            (encoding, PAGE)
            for encoding in ("windows-1252", "identity, none", ",", "*", "gzip", "deflate", "x")
        ),
        *((encoding, ZIPPED) for encoding in ("gzip", "x-gzip", "GZIP", "identity, gzip", "gzip, utf-8", "")),
        *(
            (encoding, ZIPPED)
            for encoding in ("none", "utf-8", "deflate", "application/gzip", "aws-chunked,gzip")
        ),
        ("gzip", gzip.compress(ZIPPED, mtime=0)),
        ("gzip, gzip", gzip.compress(ZIPPED, mtime=0)),
        ("gzip", ZIPPED + b"rubbish"),
        ("gzip", ZIPPED + bytes(512)),
        ("gzip", ZIPPED + b"\n"),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", DEFLATED),
        ("identity,deflate", DEFLATED),
        ("", zlib.compress(PAGE)),
        ("gzip", zlib.compress(PAGE)),
    ],
)
async def test_the_bytes_say_how_they_are_packed_where_the_header_errs(encoding: str, body: bytes) -> None:
    assert await read_body(pieces(body, 5), encoding, 5000) == PAGE


@pytest.mark.parametrize(
    "photo", [b"\xff\xd8\xff\xe0 JPEG", b"\x89PNG\r\n\x1a\n", b"RIFF....WEBP", b"\0\0\0\x1cftyp"]
)
@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "utf-8"])
async def test_a_photo_stays_as_it_is(encoding: str, photo: bytes) -> None:
    assert await read_body(pieces(photo, 5), encoding, 1000) == photo


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("br", b"x", "'br'"),
        ("gzip, br", b"x", "'br', which was not asked for"),
        ("zstd", b"x", "'zstd'"),
        ("gzip", ZIPPED[:10] + b"\xff\xff\xff\xff", "damaged"),
        ("gzip", ZIPPED[:-6], "ends early"),
        ("", ZIPPED[:-6], "ends early"),
        ("", ZIPPED[:10], "ends early"),
    ],
    ids=["brotli", "several", "zstandard", "damaged", "cut", "cut without a header", "a head alone"],
)
async def test_what_can_not_be_inflated_says_why(encoding: str, body: bytes, words: str) -> None:
    with pytest.raises(BrokenBody, match=words):
        await read_body(pieces(body, 5), encoding, 5000)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "zlib"])
async def test_a_bomb_within_a_bomb_is_stopped_too(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BodyTooLarge):
        await read_body(pieces(pack(pack(bytes(50_000_000))), 65_536), "", 100_000)


async def test_the_event_loop_goes_on_while_much_is_inflated() -> None:
    """A turn of the loop is at most a few hundred kilobytes of work."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    packed = gzip.compress(bytes(8_000_000), mtime=0)
    await read_body(pieces(packed, len(packed)), "gzip", 10_000_000)
    counting.cancel()
    assert turns > 8_000_000 / 500_000
