"""What one message holds: 4096 characters after markup, counted as UTF-16 does, and 100 elements."""

import re
from html import unescape

from markupsafe import Markup, escape

__all__ = ["one_message", "pieces"]

_LONGEST = 4096  # https://core.telegram.org/bots/api#sendmessage
_ELEMENTS = 100  # more are refused: PLATFORMS, Telegram
_TAG = re.compile(r"<(/?)[^<>]*>")
_MORE = "\n…"


def pieces(text: str, longest: int = _LONGEST) -> list[Markup]:
    """HTML in as few messages as hold it, parted where a line ends and no element is open."""
    found = [""]
    for block in _blocks(text):
        joined = f"{found[-1]}\n{block}" if found[-1] else block
        if _fits(joined, longest):
            found[-1] = joined
        else:
            found.append(block if _fits(block, longest) else _cut(block, longest))
    return [Markup(piece) for piece in found if piece]


def one_message(text: str) -> Markup:
    """HTML, without its end where that is too much for one message."""
    first, *more = pieces(text, _LONGEST - len(_MORE)) or [Markup("")]
    return first + _MORE if more else first


def _blocks(text: str) -> list[str]:
    """Lines, but those that an element holds together are one."""
    found, depth = [""], 0
    for number, line in enumerate(text.split("\n")):
        if number and not depth:
            found.append(line)
        else:
            found[-1] += ("\n" if number else "") + line
        depth += sum(-1 if closes else 1 for closes in _TAG.findall(line))
    return found


def _plain(html: str) -> str:
    return unescape(_TAG.sub("", html))


def _fits(html: str, longest: int) -> bool:
    elements = sum(not closes for closes in _TAG.findall(html))
    return elements <= _ELEMENTS and len(_plain(html).encode("utf-16-le")) // 2 <= longest


def _cut(html: str, longest: int) -> str:
    """Without its markup, as an element may be open where it ends."""
    units = _plain(html).encode("utf-16-le")[: 2 * (longest - 1)]
    return str(escape(units.decode("utf-16-le", "ignore").rstrip() + "…"))
