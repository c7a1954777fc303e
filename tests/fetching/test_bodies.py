import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.fetching.bodies import BodyTooLarge, BrokenBody, read_body


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


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


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("br", b"x", "'br'"),
        ("gzip, br", b"x", "not asked for"),
        ("deflate", zlib.compress(b"x"), "not asked for"),
        ("gzip", b"not gzip", "damaged"),
        ("gzip", gzip.compress(b"a whole page")[:-6], "ends early"),
        ("gzip", gzip.compress(b"page") + b"rubbish", "damaged"),
    ],
    ids=["brotli", "several", "deflate", "not gzip", "cut", "rubbish"],  # gzip's bytes hold the time
)
async def test_what_can_not_be_inflated_says_why(encoding: str, body: bytes, words: str) -> None:
    with pytest.raises(BrokenBody, match=words):
        await read_body(pieces(body, 5), encoding, 1000)


async def test_padding_behind_gzip_is_let_pass() -> None:
    assert await read_body(pieces(gzip.compress(b"page") + bytes(512), 9), "gzip", 1000) == b"page"
