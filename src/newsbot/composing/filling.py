"""A rendered part with its places to fit, filled: titles first, then the summary with what they leave."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

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
            if left.stories is not None and not token["budget"]:
                _fill_story(part, place, limits, left.stories, live)
                continue
            texts = [defuse(clean_line(sentence.text), live) for sentence in left.sentences]
            _fill_sentences(part, place, _budget(token["budget"], limits.summary), left, texts)
    asked = any(token["kind"] == "s" for token in places)
    return Filled(part.text(), tuple(part.shown), part.cut, asked)


def without(summary: Summary, shown: Sequence[Sentence]) -> Summary:
    """What a later place or part can still show: of stories, the one that was begun."""
    if not shown:
        return summary
    texts = {text for sentence in shown for text in (sentence.text, sentence.source)}

    def drop_shown(sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
        return tuple(sentence for sentence in sentences if sentence.text not in texts)

    stories = summary.stories
    if stories is not None:
        begun = [story for story in stories if story[:1] and story[0].text in texts]
        stories = tuple(drop_shown(story) for story in begun[:1] or stories)
    return replace(summary, sentences=drop_shown(summary.sentences), stories=stories)


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


def _fill_story(
    part: _Part, place: int, limits: Limits, stories: Sequence[Sequence[Sentence]], live: Collection[str]
) -> None:
    """Show the first story of which a sentence has room, from its start on."""
    room = min(part.room(place), limits.summary or part.limit)
    for story in stories:
        told = story[: _enough(part, story, limits, live)]
        for count in range(len(told), 0, -1):
            text = _join_story(told[:count], live)
            if part.length(text) <= room and part.fits(place, text):
                part.held[place] = part.escape(text)
                part.shown += told[:count]
                return


def _enough(part: _Part, story: Sequence[Sentence], limits: Limits, live: Collection[str]) -> int | None:
    """Return how many sentences of a story a post needs: each further one may be one too many."""
    if limits.enough is None:
        return limits.sentences
    counts = range(1, len(story) + 1)
    full = (count for count in counts if part.length(_join_story(story[:count], live)) >= limits.enough)
    return min(next(full, len(story)), limits.sentences or len(story))


def _join_story(told: Sequence[Sentence], live: Collection[str]) -> str:
    """Join sentences; a standfirst is a paragraph of its own, as it may have no stop."""
    texts = [defuse(clean_line(sentence.text), live) for sentence in told]
    if told[0].index >= 0 or len(told) == 1:
        return join_sentences(texts)
    return f"{texts[0]}\n\n{join_sentences(texts[1:])}"


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
