"""Rendering of the sandbox's page: templates, texts with links and hashtags, and changes as server-sent
events.

The page's contents are lists of small pieces of HTML.
"""

import asyncio
import json
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

__all__ = [
    "MarkupSpan",
    "PageTemplates",
    "Piece",
    "detect_script_language",
    "render_telegram_html",
    "render_x_html",
    "stream_changes",
]

# ---------------------------------------------------------------- the lists of the page's pieces that change

_POLL_SECONDS = 0.05
"""The seconds between two checks whether pieces of the page changed; only changed pieces are rendered."""

_KEEPALIVE_SECONDS = 15.0
"""The seconds after which a line is sent to the page in any case, so that the server notices a closed page.
"""


class Piece(NamedTuple):
    """A piece of the page, such as a chat bubble; the value ``mark`` changes if the piece's HTML does."""

    key: str
    mark: Hashable
    html: Callable[[], str]


Lists = Callable[[], Mapping[str, Sequence[Piece]]]


async def stream_changes(lists: Lists) -> AsyncIterator[str]:
    """Yield the page's contents, then each list of pieces that changed, as server-sent events without end.

    An event is ``{list, pieces: [{key, html?}]}`` with the keys of all pieces in their order, and the HTML of
    new or changed pieces.
    """
    known: dict[str, list[tuple[str, Hashable]]] = {}
    quiet = 0.0
    while True:
        found = lists()
        for name, pieces in found.items():
            marks = [(piece.key, piece.mark) for piece in pieces]
            if known.get(name) != marks:
                yield _build_event(name, pieces, dict(known.get(name, ())))
                known[name] = marks
                quiet = 0.0
        if quiet >= _KEEPALIVE_SECONDS:
            yield ": still here\n\n"
            quiet = 0.0
        await asyncio.sleep(_POLL_SECONDS)
        quiet += _POLL_SECONDS


def _build_event(name: str, pieces: Sequence[Piece], known: dict[str, Hashable]) -> str:
    out: list[dict[str, Any]] = []
    for piece in pieces:
        fresh = piece.key not in known or known[piece.key] != piece.mark
        out.append({"key": piece.key} | ({"html": piece.html()} if fresh else {}))
    return f"data: {json.dumps({'list': name, 'pieces': out}, ensure_ascii=False)}\n\n"


# ---------------------------------------------------------------- templates of the page's pieces

_COLOURS = 6


class PageTemplates:
    """The Jinja templates of the sandbox's page, with the filters that the templates use."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("newsbot.sandbox.page"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._environment.filters |= {
            "colour": _choose_colour,
            "initial": _get_initial,
            "clock": _format_clock,
            "day": _format_day,
        }

    def render(self, name: str, /, **values: Any) -> str:
        """Render the template file ``name`` with ``values``."""
        return self._environment.get_template(name).render(**values)


def _choose_colour(text: object) -> int:
    """Return the number of a person's or chat's avatar colour, always the same for the same name."""
    return sum(map(ord, str(text))) % _COLOURS


def _get_initial(name: str) -> str:
    return name.strip()[:1].upper() or "?"


def _format_clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def _format_day(at: datetime) -> str:
    return f"{at:%b} {at.day}"


Json = dict[str, Any]
Address = Callable[[str], str]

_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
_HIGHLIGHTED_KINDS = frozenset({"mention", "hashtag", "cashtag", "bot_command", "text_mention"})
_BMP = 0xFFFF
_URDU = frozenset("ٹڈڑںےہھگچپ")
_SCRIPTS = (("ar", 0x0600, 0x06FF), ("hi", 0x0900, 0x097F), ("ja", 0x3040, 0x30FF))


class MarkupSpan(NamedTuple):
    """A stretch of a text, from ``start`` to ``end`` in code points, with the HTML tags around it.

    ``shown``, if given, replaces the text of the stretch.
    """

    start: int
    end: int
    before: Markup
    after: Markup
    shown: str | None = None


def render_telegram_html(text: str, entities: list[Json], address: Address = str) -> Markup:
    """Return a Telegram message's text as HTML; only http(s) URLs become links, which open a new tab.

    ``address`` returns the URL to which a link's URL leads on this machine.
    """
    # An entity's place is given in UTF-16 units. This list has for each character of the text the number of
    # UTF-16 units from the text's start to the character's end.
    ends = list(accumulate(1 + (ord(char) > _BMP) for char in text))
    spans = []
    for entity in entities:
        start = bisect_left(ends, entity["offset"] + 1)
        end = bisect_left(ends, entity["offset"] + entity["length"]) + 1
        spans += _build_telegram_spans(entity, start, min(end, len(text)), text, address)
    return _join_spans(text, spans)


def _build_telegram_spans(
    entity: Json, start: int, end: int, text: str, address: Address
) -> list[MarkupSpan]:
    kind = entity["type"]
    if kind in {"url", "text_link"}:
        url = entity.get("url") or text[start:end]
        return [MarkupSpan(start, end, *_build_link_tags(address(url if "://" in url else f"http://{url}")))]
    if kind in _HIGHLIGHTED_KINDS or kind == "email":
        return [MarkupSpan(start, end, Markup('<span class="tag">'), Markup("</span>"))]
    if kind == "spoiler":
        before = Markup('<span class="spoiler" tabindex="0" role="button" aria-label="Hidden text">')
        return [MarkupSpan(start, end, before, Markup("</span>"))]
    if tag := _TAGS.get(kind):
        return [MarkupSpan(start, end, Markup("<{}>").format(tag), Markup("</{}>").format(tag))]
    return []


def render_x_html(text: str, entities: dict[str, list[Json]], address: Address = str) -> Markup:
    """Return an X post's text as HTML, with URLs in X's short form, and with hashtags and names in colour."""
    spans = [
        MarkupSpan(
            url["start"],
            url["end"],
            *_build_link_tags(address(url["expanded_url"])),
            shown=url["display_url"],
        )
        for url in entities.get("urls", [])
    ]
    for kind in ("mentions", "hashtags", "cashtags"):
        spans += [
            MarkupSpan(each["start"], each["end"], Markup('<span class="tag">'), Markup("</span>"))
            for each in entities.get(kind, [])
        ]
    return _join_spans(text, spans)


def _build_link_tags(url: str) -> tuple[Markup, Markup]:
    if not url.startswith(("http://", "https://")):
        return Markup('<span class="tag">'), Markup("</span>")
    return Markup('<a href="{}" dir="ltr" target="_blank" rel="noopener noreferrer">').format(url), Markup(
        "</a>"
    )


def _join_spans(text: str, spans: list[MarkupSpan]) -> Markup:
    """Return a text as HTML with the HTML tags of ``spans``, nested so that each tag is closed in order."""
    out, done = Markup(), 0
    open_: list[MarkupSpan] = []
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        while open_ and open_[-1].end <= span.start:
            out, done = _close_span(out, text, done, open_.pop())
        out, done = out + escape(text[done : span.start]) + span.before, max(done, span.start)
        open_.append(span)
    while open_:
        out, done = _close_span(out, text, done, open_.pop())
    return out + escape(text[done:])


def _close_span(out: Markup, text: str, done: int, span: MarkupSpan) -> tuple[Markup, int]:
    rest = span.shown if span.shown is not None and done <= span.start else text[done : span.end]
    return out + escape(rest) + span.after, max(done, span.end)


def detect_script_language(text: str) -> str | None:
    """Return a text's likely language by its letters, to choose fonts and voices; None for Latin letters."""
    for language, first, last in _SCRIPTS:
        if sum(first <= ord(char) <= last for char in text) > len(text) // 4:
            return "ur" if language == "ar" and _URDU & set(text) else language
    return None
