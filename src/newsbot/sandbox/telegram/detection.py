"""What Telegram makes a link by itself: addresses, mentions, hashtags, cashtags, bot commands.

After TDLib's find_urls, find_mentions and so on (MessageEntity.cpp), with every top-level domain there is.
"""

import re
from typing import Any

from newsbot.composing.tlds import ALL
from newsbot.sandbox.telegram.markup import utf16_length

__all__ = ["detect"]

Entity = dict[str, Any]

_ADDRESS = re.compile(
    r"(?<![\w@.\-/])(?:(?P<scheme>https?|ftp|tonsite)://)?(?P<login>[\w.\-+]+@)?"
    r"(?P<host>(?:\d{1,3}(?:\.\d{1,3}){3}|localhost|(?:\w(?:[\w\-]*\w)?\.)+(?P<tld>[^\W\d_][\w\-]*)))"
    r"(?P<port>:\d{1,5})?(?P<rest>[/?#][^\s<>\"«»“”]*)?",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9_]{3,32})(?![\w@])")
_HASHTAG = re.compile(r"(?<![\w\u200c#·])#([\w\u200c·]{1,256})(?![\w\u200c·#])")
_CASHTAG = re.compile(r"(?<![$\w\u200c])\$(?:1INCH|[A-Z]{1,8})(?![$\w\u200c])")
_COMMAND = re.compile(r"(?<![\w/<>])/([A-Za-z0-9_]{1,64})(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")


def detect(text: str, entities: list[Entity], *, commands: bool) -> list[Entity]:
    """``entities`` and those that Telegram finds beside them. ``commands``: not in channels."""
    found = _addresses(text) + _all("mention", _MENTION, text) + _hashtags(text)
    found += _all("cashtag", _CASHTAG, text)
    if commands:
        found += _all("bot_command", _COMMAND, text)
    out = list(entities)
    taken = [e for e in entities if e["type"] in {"text_link", "code", "pre", "custom_emoji", "text_mention"}]
    for kind, start, end in sorted(found, key=lambda each: each[1]):
        offset, length = utf16_length(text[:start]), utf16_length(text[start:end])
        if not any(_touch(offset, length, each) for each in taken):
            entity = {"type": kind, "offset": offset, "length": length}
            out.append(entity)
            taken.append(entity)
    return sorted(out, key=lambda e: (e["offset"], -e["length"]))


def _touch(offset: int, length: int, other: Entity) -> bool:
    return bool(offset < other["offset"] + other["length"] and other["offset"] < offset + length)


def _all(kind: str, pattern: re.Pattern[str], text: str) -> list[tuple[str, int, int]]:
    return [(kind, found.start(), found.end()) for found in pattern.finditer(text)]


def _hashtags(text: str) -> list[tuple[str, int, int]]:
    """A hashtag has at least one letter."""
    found = _HASHTAG.finditer(text)
    return [("hashtag", tag.start(), tag.end()) for tag in found if re.search(r"[^\W\d_]", tag[1])]


def _addresses(text: str) -> list[tuple[str, int, int]]:
    out = []
    for found in _ADDRESS.finditer(text):
        scheme, tld = found["scheme"], (found["tld"] or "").lower()
        kind = "email" if found["login"] and not scheme else "url"
        plain = tld in ALL or tld.startswith("xn--")
        if not (scheme or plain) or (kind == "email" and not plain):
            continue
        end = found.end() - _loose_end(found[0], found["rest"])
        out.append((kind, found.start(), end))
    return out


def _loose_end(address: str, rest: str | None) -> int:
    """How many characters of punctuation behind the address belong to the sentence."""
    if not rest:
        return 0
    kept = address
    while kept and (kept[-1] in ".:;,('?!`" or (kept[-1] == ")" and kept.count(")") > kept.count("("))):
        kept = kept[:-1]
    return len(address) - len(kept)
