"""A response's body within bounds: what came over the wire, and what it inflates to."""

import zlib
from collections.abc import AsyncIterable

__all__ = ["BodyTooLarge", "BrokenBody", "read_body"]


class BodyTooLarge(Exception):  # noqa: N818  says what happened; turned into a FetchError with its URL
    pass


class BrokenBody(Exception):  # noqa: N818
    """The message continues a sentence that starts with the URL."""


async def read_body(chunks: AsyncIterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """The whole body, inflated where ``encoding`` (Content-Encoding) is gzip.

    Raises:
        BodyTooLarge: over ``max_bytes``, before or after inflation; nothing beyond was held.
        BrokenBody: damaged gzip, or an encoding that was not asked for.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return await _plain(chunks, max_bytes)
        case "gzip" | "x-gzip":
            return await _gzip(chunks, max_bytes)
        case other:
            raise BrokenBody(f"sent its answer in the encoding {other[:20]!r}, which was not asked for")


async def _plain(chunks: AsyncIterable[bytes], max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLarge
    return bytes(body)


async def _gzip(chunks: AsyncIterable[bytes], max_bytes: int) -> bytes:
    body, wire = bytearray(), 0
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    async for chunk in chunks:
        wire += len(chunk)
        if wire > max_bytes:  # empty gzip members inflate to nothing, for ever
            raise BodyTooLarge
        inflater = _inflate(inflater, chunk, body, max_bytes)
    if wire and not inflater.eof:
        raise BrokenBody("sent gzip that ends early")
    return bytes(body)


def _inflate(
    inflater: "zlib._Decompress", data: bytes, body: bytearray, max_bytes: int
) -> "zlib._Decompress":
    """Add what ``data`` inflates to; returns the inflater to go on with (gzip may have several members)."""
    while data:
        if inflater.eof:
            if not data.strip(b"\0"):  # padding behind the last member
                return inflater
            inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body += inflater.decompress(data, max_bytes + 1 - len(body))
        except zlib.error:
            raise BrokenBody("sent damaged gzip") from None
        if len(body) > max_bytes:
            raise BodyTooLarge
        data = inflater.unconsumed_tail or inflater.unused_data
    return inflater
