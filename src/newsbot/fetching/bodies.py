"""A response's body within bounds: what came over the wire, and what it inflates to.

Servers name encodings that are none (``utf-8``, ``none``, ``aws-chunked``), send gzip without a word, or say
gzip of what is not. So the body's own first bytes decide, and the header only where these tell nothing.
"""

import asyncio
import zlib
from collections.abc import AsyncIterable

__all__ = ["BodyTooLarge", "BrokenBody", "read_body"]

_GZIP = b"\x1f\x8b"
_ZLIB = (b"\x78\x9c", b"\x78\xda", b"\x78\x01")  # no text begins so
_UNREADABLE = frozenset(  # of https://www.iana.org/assignments/http-parameters, and older names
    "br zstd compress x-compress bzip2 x-bzip2 xz lzma dcb dcz exi pack200-gzip".split()  # noqa: SIM905  reads as the list it is
)
_LAYERS = 2  # a packed file, packed once more by its server
_SLICE, _INFLATED = 4096, 262_144  # bytes taken and made in one go: the event loop is held for a millisecond


class BodyTooLarge(Exception):  # noqa: N818  says what happened; turned into a FetchError with its URL
    pass


class BrokenBody(Exception):  # noqa: N818
    """The message continues a sentence that starts with the URL."""


async def read_body(chunks: AsyncIterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """Read the whole body and inflate it where it is gzip or deflate; ``encoding`` is its Content-Encoding.

    Raises:
        BodyTooLarge: over ``max_bytes``, before or after inflation; nothing beyond was held.
        BrokenBody: damaged gzip, or an encoding that was not asked for.
    """
    named = [coding.strip().lower() for coding in encoding.split(",")]
    if unreadable := next((coding for coding in named if coding in _UNREADABLE), None):
        raise BrokenBody(f"sent its answer in the encoding {unreadable!r}, which was not asked for")
    body = await _read_wire(chunks, max_bytes)
    for _ in range(_LAYERS):
        if body.startswith(_GZIP):
            body = await _inflate_members(body, max_bytes)
        elif body.startswith(_ZLIB) or "deflate" in named:
            body = await _inflate_deflate(body, max_bytes)
    return body


async def _read_wire(chunks: AsyncIterable[bytes], max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLarge
    return bytes(body)


async def _inflate_members(data: bytes, max_bytes: int) -> bytes:
    """Inflate gzip, which may have several members; what is no member behind them is left out."""
    body, start = bytearray(), 0
    while data.startswith(_GZIP, start):
        try:
            start = await _inflate(data, start, body, max_bytes, zlib.MAX_WBITS | 16)
        except zlib.error:
            raise BrokenBody("sent damaged gzip") from None
    return bytes(body)


async def _inflate_deflate(data: bytes, max_bytes: int) -> bytes:
    """Inflate ``deflate`` in zlib's wrapper or, as some servers send it, bare; else return it as it came."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        body = bytearray()
        try:
            await _inflate(data, 0, body, max_bytes, wbits)
        except (zlib.error, BrokenBody):
            continue
        return bytes(body)
    return data


async def _inflate(data: bytes, start: int, body: bytearray, max_bytes: int, wbits: int) -> int:
    """Add to ``body`` what the stream at ``start`` inflates to; return where it ends.

    Raises:
        zlib.error: it is none, or damaged.
    """
    inflater = zlib.decompressobj(wbits)
    while not inflater.eof:
        piece = inflater.unconsumed_tail or data[start : start + _SLICE]
        start += 0 if inflater.unconsumed_tail else len(piece)
        inflated = inflater.decompress(piece, min(_INFLATED, max_bytes + 1 - len(body)))
        body += inflated
        if len(body) > max_bytes:
            raise BodyTooLarge
        if not piece and not inflated:
            raise BrokenBody("sent a packed answer that ends early")
        await asyncio.sleep(0)
    return start - len(inflater.unused_data)
