"""Bytes from outside into a string, whatever they are. To be run in a worker: guessing is slow."""

import codecs
import re

__all__ = ["decode"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_WITHIN = 4096  # bytes; the standard says 1024, pages do not keep to it

# What browsers decode a label as, https://encoding.spec.whatwg.org/#names-and-labels
_BROWSERS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
    "x-user-defined": "cp1252",
    "utf-16": "utf-8",  # a meta element that could be read is not in UTF-16
    "utf-16le": "utf-8",
    "utf-16be": "utf-8",
}
_DAMAGE = 0.002  # share of characters lost up to which it still is the encoding, with a byte broken


def decode(data: bytes, charset: str | None = None) -> str:
    """A byte order mark decides, then valid UTF-8, then ``charset`` (of the HTTP answer) and the page's own.

    Never raises; what can't be decoded becomes U+FFFD.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name if name == "utf-8" else _ordered(mark), "replace")
    labels = [label for label in (charset, _declared(data)) if label]
    if b"\x1b$" in data and any(label.lower() == "iso-2022-jp" for label in labels):
        return data.decode("iso2022_jp", "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _best(data, [_BROWSERS.get(label.lower(), label) for label in labels])


def _ordered(mark: bytes) -> str:
    width = "utf-16" if len(mark) == 2 else "utf-32"  # noqa: PLR2004  bytes of the mark
    return f"{width}-le" if mark.startswith(b"\xff") else f"{width}-be"


def _declared(data: bytes) -> str | None:
    match = _META.search(data[:_META_WITHIN])
    return match[1].decode("ascii") if match else None


def _best(data: bytes, labels: list[str]) -> str:
    """The first encoding that loses next to nothing; else a guess from the bytes."""
    for label in [*labels, "utf-8"]:
        try:
            text = data.decode(codecs.lookup(label).name, "replace")
        except (LookupError, ValueError, AttributeError):  # unknown, with a NUL, or no text encoding
            continue
        if text.count("\ufffd") <= _DAMAGE * len(text):
            return text
    return _guess(data)


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415  seldom needed; comes with trafilatura

    guess = from_bytes(data[:20_000]).best()
    return data.decode(guess.encoding if guess else "utf-8", "replace")
