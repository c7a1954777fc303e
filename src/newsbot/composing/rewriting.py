"""Replacement of a post's text by the plain text that a person typed, in the channel's format.

Platforms link the hashtags, mentions and addresses (with ``http(s)://``) that the person typed. Into every
other word that a platform would link, newsbot puts U+200B (a zero-width space), so that the platform does not
link the word. A hashtag or mention that the person copied with its U+200B keeps it. Words that were bold or
linked before are bold or linked again if the new text has them.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import NamedTuple

from newsbot.composing.direction import isolate_in, strip_isolates
from newsbot.composing.fitting import measure_for, strip_blank_lines
from newsbot.composing.markup import choose_markup, show_html
from newsbot.composing.safety import BREAK, clean, defuse, escape_html, live_spans, make_readable, safe_url
from newsbot.errors import ComposeError
from newsbot.model import Image, Part
from newsbot.ports import Capabilities, Markup, Measure
from newsbot.reasons import PlatformCode

__all__ = [
    "LengthExcess",
    "escape_for",
    "isolate_part",
    "measure_part",
    "remove_words",
    "rewrite",
    "strip_markup",
]

_BOUNDARIES = tuple(map(re.compile, (r"\n\n", r"\n", r"[.!?\u061f\u06d4]\s|[\u3002\uff01\uff1f]", r"\s")))
# A text that a person typed may have at most this many characters; no platform accepts more, and measuring a
# text takes time.
_LONGEST = 100_000
# A text may have this many characters more than X's limit, because X counts a long URL as only 23 characters.
_LONGEST_URL = 4096


class LengthExcess(NamedTuple):
    """The length and the limit of a post's part (message) that is too long, in the platform's own measure."""

    length: int
    limit: int

    @property
    def over(self) -> int:
        """Return by how much the post's part (message) is longer than its limit, in the platform's own
        measure.
        """
        return self.length - self.limit


class _TaggedSpan(NamedTuple):
    """The words inside an HTML tag of the post's original text, with the opening and the closing tag."""

    words: str
    opens: str
    closes: str


def strip_markup(part: Part) -> str:
    """Return the text of a post's part (message) as readers see it, without HTML tags."""
    text = strip_isolates(part.text)
    return show_html(text) if part.parse_mode == "HTML" else text


def escape_for(part: Part, capabilities: Capabilities, text: str) -> str:
    """Return the plain text ``text`` escaped for the format (HTML or plain text) of the post's ``part``."""
    return choose_markup(capabilities.markup, part.parse_mode).escape(text)


def measure_part(part: Part, capabilities: Capabilities) -> Part:
    """Return a post's part (message) with its length set to what the platform would count for its text."""
    markup = choose_markup(capabilities.markup, part.parse_mode)
    return replace(part, length=measure_for(capabilities, markup)(part.text))


def isolate_part(part: Part, capabilities: Capabilities, language: str | None) -> Part:
    """Return a post's part (message), measured, with what runs against its language's direction isolated.

    The part stays without isolates if it would be too long with them.
    """
    markup = choose_markup(capabilities.markup, part.parse_mode)
    plain = measure_part(replace(part, text=strip_isolates(part.text)), capabilities)
    isolated = measure_part(replace(plain, text=isolate_in(plain.text, language, markup)), capabilities)
    return isolated if isolated.length <= isolated.limit else plain


def rewrite(
    before: Sequence[Part], text: str, capabilities: Capabilities, language: str | None = None
) -> tuple[tuple[Part, ...], LengthExcess | None]:
    """Return the post's parts (messages) with the new ``text``, which is in ``language``, and the length of a
    part that is too long.

    The length is None if no part is too long. The photo and the link's card stay. A post of one part stays
    one part. A thread is filled part by part, and never gets more parts than it had.

    Raises:
        ComposeError: The text has no words, or far too many.
    """
    if len(text) > _LONGEST:
        raise ComposeError(PlatformCode.TOO_LONG_FOR_ANY(n=len(text)))
    text = strip_blank_lines(clean(text))
    if not text:
        raise ComposeError(PlatformCode.NO_WORDS())
    form = _TextFormat.from_parts(before, capabilities, language)
    photo = before[0].media
    room = [capabilities.caption_limit if photo and n == 0 else capabilities.text for n in range(len(before))]
    pieces = list(_split_text(text, room, lambda piece: form.measure(form.render_piece(piece))))
    cards = [part.link_preview for part in before if part.link_preview]
    parts = tuple(
        form.part(piece, room[n], media=photo if n == 0 else (), card=cards[0] if cards and n == 0 else None)
        for n, piece in enumerate(pieces)
    )
    long = next((LengthExcess(part.length, part.limit) for part in parts if part.length > part.limit), None)
    return parts, long


def remove_words(part: Part, words: str) -> str | None:
    """Return the text of ``part`` without the last occurrence of ``words``; U+200B and isolates inside the
    words are ignored, and the returned text has no isolates.

    Return None if the part does not have ``words``, or has no other text.
    """
    pattern = _words_pattern(escape_html(words) if part.parse_mode == "HTML" else words)
    text = strip_isolates(part.text)
    found = [match.span() for match in pattern.finditer(text)]
    if not found:
        return None
    start, end = found[-1]
    return strip_blank_lines(text[:start] + text[end:]) or None


@dataclass(frozen=True, slots=True)
class _TextFormat:
    """The format (plain text or HTML) of a post's original parts, in which newsbot also writes the new text
    of a person.

    ``spans`` are the words that the original text has inside HTML tags.
    """

    markup: Markup
    measure: Measure
    readable_links: bool
    spans: tuple[_TaggedSpan, ...]
    language: str | None

    @classmethod
    def from_parts(
        cls, before: Sequence[Part], capabilities: Capabilities, language: str | None
    ) -> "_TextFormat":
        """Return the format (plain text or HTML) in which the original parts ``before`` of a post are
        written.
        """
        markup = choose_markup(capabilities.markup, before[0].parse_mode)
        marked = before if markup.parse_mode else ()
        spans = tuple(span for part in marked for span in _read_markup(part)[1])
        return cls(markup, measure_for(capabilities, markup), capabilities.readable_links, spans, language)

    def part(self, piece: str, limit: int, *, media: tuple[Image, ...], card: str | None) -> Part:
        """Return a part (message) of a post: the text ``piece`` with the photos ``media`` and the link's
        ``card``.
        """
        text = self.render_piece(piece)
        return Part(
            text=text,
            length=self.measure(text),
            limit=limit,
            parse_mode=self.markup.parse_mode,
            media=media,
            link_preview=None if media else card,
        )

    def render_piece(self, piece: str) -> str:
        """Return a person's plain text as the platform gets it: safe, escaped, and with the HTML tags of the
        original post's text.
        """
        safe = "".join(self._defuse_piece(piece))
        return isolate_in("".join(self._restore_tags(safe)), self.language, self.markup)

    def _defuse_piece(self, piece: str) -> Iterator[str]:
        """Yield the pieces of a person's text, with U+200B put into words that the person did not type as
        links but that a platform would link.
        """
        done = 0
        for start, end in live_spans(piece):
            live = piece[start:end]
            if "://" in live:
                url = safe_url(live) or ""
                live = make_readable(url) if self.readable_links else url
            if live:
                yield from (defuse(piece[done:start]), live)
                done = end
        yield defuse(piece[done:])

    def _restore_tags(self, safe: str) -> Iterator[str]:
        """Yield the pieces of the new text, escaped, with HTML tags around words that had these tags in the
        original.
        """
        places = sorted(
            (found.span(), span) for span in self.spans if (found := _words_pattern(span.words).search(safe))
        )
        done = 0
        for (start, end), span in places:
            if start >= done:
                yield self.markup.escape(safe[done:start])
                yield f"{span.opens}{self.markup.escape(safe[start:end])}{span.closes}"
                done = end
        yield self.markup.escape(safe[done:])


def _words_pattern(words: str) -> re.Pattern[str]:
    """Return a regular expression that finds ``words`` even if U+200B is inside them."""
    return re.compile(f"{BREAK}?".join(map(re.escape, words.replace(BREAK, ""))))


def _split_text(text: str, room: Sequence[int], length: Callable[[str], int]) -> Iterator[str]:
    """Split a text into one piece for each limit in ``room``; the last piece has the rest at any length."""
    for limit in room[:-1]:
        if len(text) <= limit + _LONGEST_URL and length(text) <= limit:
            break
        end = _find_piece_end(text, limit, length)
        yield text[:end].strip()
        text = text[end:].strip()
    if text:
        yield text


def _find_piece_end(text: str, limit: int, length: Callable[[str], int]) -> int:
    """Return the index where the first piece of a text ends, so that the piece is within ``limit``.

    The piece ends between paragraphs, lines or sentences if it is then at least half as long as a piece that
    ends between words.
    """
    words, *coarser = (
        _last_fitting_boundary(text, boundary, limit, length) for boundary in reversed(_BOUNDARIES)
    )
    filled = [end for end in coarser if end and end * 2 >= words]
    return (filled[-1] if filled else words) or 1


def _last_fitting_boundary(
    text: str, boundary: re.Pattern[str], limit: int, length: Callable[[str], int]
) -> int:
    """Return the end of the longest beginning of a text that is within ``limit``.

    The beginning must end where the pattern ``boundary`` matches. Return 0 if no such beginning exists.
    """
    ends = [found.end() for found in boundary.finditer(text[: limit + _LONGEST_URL])]
    fits = bisect_right(ends, limit, key=lambda end: length(text[:end].strip()))
    return ends[fits - 1] if fits else 0


class _MarkupReader(HTMLParser):
    """An HTML parser that collects the words of a post's text, and those of the words that are inside an
    outermost HTML tag.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.spans: list[_TaggedSpan] = []
        self._open: list[tuple[str, str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  The base class has this parameter.
        """Record the text of an opening HTML tag and its place in the post's text."""
        self._open.append((tag, self.get_starttag_text() or "", len(self.words)))

    def handle_endtag(self, tag: str) -> None:
        """Record the words inside an outermost HTML tag of a post when the tag closes."""
        if not self._open or self._open[-1][0] != tag:
            return
        _, opens, start = self._open.pop()
        if not self._open and start < len(self.words):
            self.spans.append(_TaggedSpan(self.words[start:], opens, f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        """Add a text that stands between HTML tags to the post's plain text."""
        self.words += data


def _read_markup(part: Part) -> tuple[str, list[_TaggedSpan]]:
    reader = _MarkupReader()
    reader.feed(strip_isolates(part.text))
    reader.close()
    return reader.words, reader.spans
