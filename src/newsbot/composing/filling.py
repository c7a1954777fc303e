"""A rendered part with its places to fit, filled: titles first, then the summary with what they leave."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from newsbot.composing.environment import TOKEN, Printed
from newsbot.composing.fit import choose, cut, join_sentences
from newsbot.composing.safety import clean_line, defuse, escape_html
from newsbot.composing.weight import measure
from newsbot.model import Limits, Sentence, Summary

__all__ = ["Filled", "fill", "length_of", "tidy", "without"]

_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(slots=True)
class Filled:
    """``text`` in the channel's format. ``cut``: a title lost words. ``asked``: it has room for a summary.
    ``printed`` is what stands there as it is, unfitted.
    """

    text: str
    shown: tuple[Sentence, ...] = ()
    cut: bool = False
    asked: bool = False
    printed: tuple[Printed, ...] = ()


def tidy(text: str) -> str:
    """No white space at the ends of text and lines, and no two blank lines: where a value is missing."""
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("", text)).strip()


@dataclass(slots=True)
class _Part:
    """The fixed pieces of a part, and between them what its places hold by now."""

    fixed: list[str]
    held: list[str]
    measure: Callable[[str], int]
    limit: int
    html: bool
    shown: list[Sentence] = field(default_factory=list)
    cut: bool = False

    def text(self, place: int | None = None, held: str = "") -> str:
        values = [held if n == place else value for n, value in enumerate(self.held)]
        pieces = [piece for pair in zip(self.fixed, [*values, ""], strict=True) for piece in pair]
        return tidy("".join(pieces))

    def escape(self, text: str) -> str:
        return escape_html(text) if self.html else text

    def length(self, text: str) -> int:
        return self.measure(self.escape(text))

    def fits(self, place: int, held: str) -> bool:
        return self.measure(self.text(place, self.escape(held))) <= self.limit

    def room(self, place: int) -> int:
        """What is left for one place: with one letter in it, so that the lines around it count."""
        return self.limit - self.measure(self.text(place, "x")) + 1


def length_of(limits: Limits, *, html: bool) -> Callable[[str], int]:
    """The platform's measure for what a template makes: a channel of HTML can be sent plain text too."""
    count = measure(limits.measure)
    return count if html or limits.format == "text" else lambda text: count(escape_html(text))


def fill(text: str, summary: Summary, limits: Limits, *, html: bool, live: Collection[str] = ()) -> Filled:
    """Fill the tokens of one part, so that all of it is within ``limits.text`` where that can be.

    ``live`` are the marks that the summary keeps (`defuse`).
    """
    places = list(TOKEN.finditer(text))
    fixed = TOKEN.sub("\x02", text).split("\x02")
    part = _Part(fixed, [""] * len(places), length_of(limits, html=html), limits.text, html)
    for place, token in enumerate(places):
        if token["kind"] == "t":
            _fill_words(part, place, token)
    for place, token in enumerate(places):
        if token["kind"] == "s":
            left = without(summary, part.shown)
            texts = [defuse(clean_line(sentence.text), live) for sentence in left.sentences]
            _fill_sentences(part, place, _budget(token["budget"], limits.summary), left, texts)
    asked = any(token["kind"] == "s" for token in places)
    return Filled(part.text(), tuple(part.shown), part.cut, asked)


def without(summary: Summary, shown: Sequence[Sentence]) -> Summary:
    """What a later place or part can still show."""
    if not shown:
        return summary
    return Summary(tuple(s for s in summary.sentences if s not in shown), summary.abstract)


def _budget(asked: str, default: int | None) -> int | None:
    return int(asked) if asked else default


def _fill_words(part: _Part, place: int, token: re.Match[str]) -> None:
    budget = _budget(token["budget"], None)
    words = cut(
        token["text"],
        lambda text: (budget is None or part.length(text) <= budget) and part.fits(place, text),
    )
    part.cut = part.cut or words != token["text"]
    part.held[place] = part.escape(words)


def _fill_sentences(
    part: _Part, place: int, budget: int | None, summary: Summary, texts: Sequence[str]
) -> None:
    room = part.room(place)
    chosen = choose(
        summary,
        texts,
        room if budget is None else min(budget, room),
        part.length,
        lambda text: part.fits(place, text),
    )
    part.held[place] = part.escape(join_sentences(texts[n] for n in chosen))
    part.shown += [summary.sentences[n] for n in chosen]
