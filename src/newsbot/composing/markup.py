"""The check for the HTML that Telegram accepts."""

import re
from typing import NamedTuple

__all__ = ["MarkupFault", "find_fault"]

_TAGS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler"), frozenset()),
    "span": frozenset({"class"}),
    "a": frozenset({"href"}),
    "tg-emoji": frozenset({"emoji-id"}),
    "tg-time": frozenset({"unix", "format"}),
    "code": frozenset({"class"}),
    "pre": frozenset(),
    "blockquote": frozenset({"expandable"}),
}
"""The attributes of each tag, by the Bot API's formatting options."""

_PIECE = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?P<attributes>[^<>]*)>|<|&(?P<entity>[^;\s&<]*;?)"
)
_ATTRIBUTE = re.compile(r"""\s+([\w-]+)(?:\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+))?""")
_ENTITY = re.compile(r"(?:lt|gt|amp|quot|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")


class MarkupFault(NamedTuple):
    """A fault in the HTML. ``tag`` is the text to look for in the template; empty for no single place."""

    message: str
    tag: str = ""


def find_fault(html: str) -> MarkupFault | None:
    """Return the first reason why Telegram would answer "can't parse entities"; None if it would not."""
    stack: list[str] = []
    for piece in _PIECE.finditer(html):
        fault = _check_piece(piece, stack)
        if fault:
            return fault
    return MarkupFault(f"<{stack[-1]}> is never closed.", f"<{stack[-1]}") if stack else None


def _check_piece(piece: re.Match[str], stack: list[str]) -> MarkupFault | None:
    if piece["entity"] is not None:
        known = _ENTITY.fullmatch(piece["entity"])
        return None if known else MarkupFault(f"{piece[0]} is not one of &lt; &gt; &amp; &quot;.", piece[0])
    if piece["name"] is None:
        return MarkupFault("a bare < has to be written &lt;.", "<")
    name = piece["name"].lower()
    if name not in _TAGS:
        return MarkupFault(
            f"Telegram does not take <{name}>; it takes {', '.join(sorted(_TAGS))}.",
            f"<{piece['close']}{name}",
        )
    return _check_close(name, stack) if piece["close"] else _check_open(name, piece["attributes"], stack)


def _check_close(name: str, stack: list[str]) -> MarkupFault | None:
    if not stack or stack.pop() != name:
        return MarkupFault(f"</{name}> closes nothing that is open there.", f"</{name}")
    return None


def _check_open(name: str, attributes: str, stack: list[str]) -> MarkupFault | None:
    stack.append(name)
    end = 0
    for attribute in _ATTRIBUTE.finditer(attributes):
        if attribute[1].lower() not in _TAGS[name]:
            return MarkupFault(f"Telegram does not take {attribute[1]} on <{name}>.", f"<{name}")
        end = attribute.end()
    if attributes[end:].strip():
        return MarkupFault(f"the attributes of <{name}> can't be read: {attributes.strip()}.", f"<{name}")
    if name == "span" and "tg-spoiler" not in attributes:
        return MarkupFault('Telegram takes <span> only with class="tg-spoiler".', "<span")
    return None
