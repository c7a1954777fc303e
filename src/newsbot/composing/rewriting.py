"""A person's plain words in place of a post's own, in its channel's form.

The tags, mentions and addresses (with their ``http(s)://``) that the person typed are live; what else a
platform would make something of is broken, and what was copied broken stays so. Words that were bold or
linked and still stand there stay so.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple

from newsbot.composing.fitting import measure_for, strip_blank_lines
from newsbot.composing.iri import make_readable
from newsbot.composing.safety import BREAK, clean, defuse, escape_html, live_spans, safe_url
from newsbot.errors import ComposeError
from newsbot.model import Image, Limits, Part

__all__ = ["LengthExcess", "remove_words", "rewrite", "strip_markup"]

_BOUNDARIES = tuple(map(re.compile, (r"\n\n", r"\n", r"[.!?\u061f\u06d4]\s|[\u3002\uff01\uff1f]", r"\s")))
_LONGEST = 100_000  # characters: no platform takes more, and measuring costs time
_LONGEST_URL = 4096  # characters, which weigh little on X: how much longer than its limit a piece may be


class LengthExcess(NamedTuple):
    """Of one part, in the platform's own measure."""

    length: int
    limit: int

    @property
    def over(self) -> int:
        return self.length - self.limit


class _TaggedSpan(NamedTuple):
    """Words that the post has inside a tag."""

    words: str
    opens: str
    closes: str


def strip_markup(part: Part) -> str:
    """What a reader sees of it."""
    return _read_markup(part)[0] if part.parse_mode == "HTML" else part.text


def rewrite(
    before: Sequence[Part], text: str, limits: Limits
) -> tuple[tuple[Part, ...], LengthExcess | None]:
    """The parts of the post with ``text`` for words; what is too long in the last of them, if anything is.

    Its photo and its link's card stay. A post of one part stays one; a thread is filled anew, part by part,
    and gets no longer than it was.

    Raises:
        ComposeError: there are no words in it, or far too many.
    """
    if len(text) > _LONGEST:
        raise ComposeError(f"it has {len(text)} characters: no channel takes so many")
    text = strip_blank_lines(clean(text))
    if not text:
        raise ComposeError("there are no words in it")
    form = _TextFormat.of(before, limits)
    photo = before[0].media
    room = [
        limits.text if n or not photo or limits.caption is None else limits.caption
        for n in range(len(before))
    ]
    pieces = list(_split_text(text, room, lambda piece: form.measure(form.written(piece))))
    cards = [part.link_preview for part in before if part.link_preview]
    parts = tuple(
        form.part(piece, room[n], media=photo if n == 0 else (), card=cards[0] if cards and n == 0 else None)
        for n, piece in enumerate(pieces)
    )
    long = next((LengthExcess(part.length, part.limit) for part in parts if part.length > part.limit), None)
    return parts, long


def remove_words(part: Part, words: str) -> str | None:
    """Return the text of ``part`` without the last place that has ``words``, wherever their marks are broken.

    None where they don't stand there, or nothing else does.
    """
    pattern = _words_pattern(escape_html(words) if part.parse_mode == "HTML" else words)
    found = [match.span() for match in pattern.finditer(part.text)]
    if not found:
        return None
    start, end = found[-1]
    return strip_blank_lines(part.text[:start] + part.text[end:]) or None


@dataclass(frozen=True, slots=True)
class _TextFormat:
    """How words are written on the channel; ``spans`` are what the post has inside tags already."""

    html: bool
    measure: Callable[[str], int]
    spans: tuple[_TaggedSpan, ...]

    @classmethod
    def of(cls, before: Sequence[Part], limits: Limits) -> "_TextFormat":
        html = before[0].parse_mode == "HTML"
        spans = tuple(span for part in before for span in _read_markup(part)[1]) if html else ()
        return cls(html, measure_for(limits, html=html), spans)

    def part(self, piece: str, limit: int, *, media: tuple[Image, ...], card: str | None) -> Part:
        text = self.written(piece)
        return Part(
            text=text,
            length=self.measure(text),
            limit=limit,
            parse_mode="HTML" if self.html else None,
            media=media,
            link_preview=None if media else card,
        )

    def written(self, piece: str) -> str:
        safe = "".join(self._defuse_piece(piece))
        return "".join(self._restore_tags(safe)) if self.html else safe

    def _defuse_piece(self, piece: str) -> Iterator[str]:
        """Defused, but for what is meant to be live."""
        done = 0
        for start, end in live_spans(piece):
            live = piece[start:end]
            if "://" in live:
                url = safe_url(live) or ""
                live = make_readable(url) if self.html else url
            if live:
                yield from (defuse(piece[done:start]), live)
                done = end
        yield defuse(piece[done:])

    def _restore_tags(self, safe: str) -> Iterator[str]:
        """Escaped, with the tags of the words that had them, where these stand once more."""
        places = sorted(
            (found.span(), span) for span in self.spans if (found := _words_pattern(span.words).search(safe))
        )
        done = 0
        for (start, end), span in places:
            if start >= done:
                yield escape_html(safe[done:start])
                yield f"{span.opens}{escape_html(safe[start:end])}{span.closes}"
                done = end
        yield escape_html(safe[done:])


def _words_pattern(words: str) -> re.Pattern[str]:
    """Find words wherever their marks are broken."""
    return re.compile(f"{BREAK}?".join(map(re.escape, words.replace(BREAK, ""))))


def _split_text(text: str, room: Sequence[int], length: Callable[[str], int]) -> Iterator[str]:
    """As many pieces as there is room for at most; what is too much stays in the last."""
    for limit in room[:-1]:
        if len(text) <= limit + _LONGEST_URL and length(text) <= limit:
            break
        end = _find_piece_end(text, limit, length)
        yield text[:end].strip()
        text = text[end:].strip()
    if text:
        yield text


def _find_piece_end(text: str, limit: int, length: Callable[[str], int]) -> int:
    """Where the first piece ends: between paragraphs, lines, sentences or words, as far as is well filled."""
    words, *coarser = (
        _last_fitting_boundary(text, boundary, limit, length) for boundary in reversed(_BOUNDARIES)
    )
    filled = [end for end in coarser if end and end * 2 >= words]
    return (filled[-1] if filled else words) or 1


def _last_fitting_boundary(
    text: str, boundary: re.Pattern[str], limit: int, length: Callable[[str], int]
) -> int:
    """The last such place that what stands before it has room; 0 where none has."""
    ends = [found.end() for found in boundary.finditer(text[: limit + _LONGEST_URL])]
    fits = bisect_right(ends, limit, key=lambda end: length(text[:end].strip()))
    return ends[fits - 1] if fits else 0


class _MarkupReader(HTMLParser):
    """The words of a post, and which of them stand inside an outermost tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.spans: list[_TaggedSpan] = []
        self._open: list[tuple[str, str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  as it stands there
        self._open.append((tag, self.get_starttag_text() or "", len(self.words)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            return
        _, opens, start = self._open.pop()
        if not self._open and start < len(self.words):
            self.spans.append(_TaggedSpan(self.words[start:], opens, f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        self.words += data


def _read_markup(part: Part) -> tuple[str, list[_TaggedSpan]]:
    reader = _MarkupReader()
    reader.feed(part.text)
    reader.close()
    return reader.words, reader.spans
