"""The two kinds of markup of a post's text: none, or the subset of HTML that a platform accepts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from newsbot.composing.safety import escape_html
from newsbot.ports import Markup, MarkupFault

__all__ = ["PLAIN", "HtmlSubset", "NoMarkup", "choose_markup", "show_html"]

_PIECE = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?P<attributes>[^<>]*)>|<|&(?P<entity>[^;\s&<]*;?)"
)
_ATTRIBUTE = re.compile(r"""\s+([\w-]+)(?:\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+))?""")
_ENTITY = re.compile(r"(?:lt|gt|amp|quot|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_TAG = re.compile("<[^<>]*>")
_REFERENCE = re.compile("&(?:#(?:[xX]([0-9a-fA-F]+)|([0-9]+))|(lt|gt|amp|quot)(?![a-zA-Z0-9]));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_LAST_CODE = 0x10FFFF


@dataclass(frozen=True, slots=True)
class NoMarkup:
    """The markup of plain text, which has no tags and needs no escapes."""

    suffix: str = ".txt.j2"
    parse_mode: Literal["HTML"] | None = None

    def escape(self, text: str) -> str:
        """Return the text unchanged, because plain text needs no escapes."""
        return text

    def show(self, text: str) -> str:
        """Return the text unchanged, because readers see plain text as it is sent."""
        return text

    def find_fault(self, text: str) -> MarkupFault | None:  # noqa: ARG002  The port `Markup` has this parameter.
        """Return None, because plain text has no markup that could be wrong."""
        return None


PLAIN = NoMarkup()


@dataclass(frozen=True, slots=True)
class HtmlSubset:
    """The subset of HTML that a platform accepts in messages.

    ``tags`` has the accepted tags' names, each with the attributes that the tag may have, and ``classes`` the
    names of tags that must have a certain class, each with this class. The platform does not show white space
    around a message.
    """

    platform: str
    tags: Mapping[str, frozenset[str]]
    classes: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ".html.j2"
    parse_mode: Literal["HTML"] | None = "HTML"

    def escape(self, text: str) -> str:
        """Return the text with ``&``, ``<``, ``>`` and the double quotation mark escaped for HTML."""
        return escape_html(text)

    def show(self, text: str) -> str:
        """Return the text as readers see it: without tags and outer white space, with entities decoded."""
        return show_html(text).strip()

    def find_fault(self, text: str) -> MarkupFault | None:
        """Return the first fault for which the platform would refuse the text's HTML, or None."""
        stack: list[str] = []
        for piece in _PIECE.finditer(text):
            fault = self._check_piece(piece, stack)
            if fault:
                return fault
        return MarkupFault(f"<{stack[-1]}> is never closed.", f"<{stack[-1]}") if stack else None

    def _check_piece(self, piece: re.Match[str], stack: list[str]) -> MarkupFault | None:
        if piece["entity"] is not None:
            known = _ENTITY.fullmatch(piece["entity"])
            return (
                None if known else MarkupFault(f"{piece[0]} is not one of &lt; &gt; &amp; &quot;.", piece[0])
            )
        if piece["name"] is None:
            return MarkupFault("a bare < has to be written &lt;.", "<")
        name = piece["name"].lower()
        if name not in self.tags:
            return MarkupFault(
                f"{self.platform} does not take <{name}>; it takes {', '.join(sorted(self.tags))}.",
                f"<{piece['close']}{name}",
            )
        return (
            _check_close(name, stack)
            if piece["close"]
            else self._check_open(name, piece["attributes"], stack)
        )

    def _check_open(self, name: str, attributes: str, stack: list[str]) -> MarkupFault | None:
        stack.append(name)
        end = 0
        for attribute in _ATTRIBUTE.finditer(attributes):
            if attribute[1].lower() not in self.tags[name]:
                return MarkupFault(f"{self.platform} does not take {attribute[1]} on <{name}>.", f"<{name}")
            end = attribute.end()
        if attributes[end:].strip():
            return MarkupFault(f"the attributes of <{name}> can't be read: {attributes.strip()}.", f"<{name}")
        if (needed := self.classes.get(name)) and needed not in attributes:
            return MarkupFault(f'{self.platform} takes <{name}> only with class="{needed}".', f"<{name}")
        return None


def _check_close(name: str, stack: list[str]) -> MarkupFault | None:
    if not stack or stack.pop() != name:
        return MarkupFault(f"</{name}> closes nothing that is open there.", f"</{name}")
    return None


def show_html(text: str) -> str:
    """Return a message's text without its HTML tags, and with its entities decoded as platforms do."""
    return _REFERENCE.sub(_decode_reference, _TAG.sub("", text))


def _decode_reference(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal[:9])
    return chr(code) if 0 < code <= _LAST_CODE else match[0]


def choose_markup(markup: Markup, parse_mode: str | None) -> Markup:
    """Return the markup in which the platform reads a text that is sent with ``parse_mode``: ``markup`` if
    that has this ``parse_mode``, else plain text.
    """
    return markup if parse_mode is not None and parse_mode == markup.parse_mode else PLAIN
