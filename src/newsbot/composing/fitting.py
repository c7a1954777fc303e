"""Fitting of a part (message) of a post into the platform's limit: by whole words of titles and whole
sentences.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, pairwise
from math import inf

import regex

from newsbot.composing.direction import isolate, isolate_in
from newsbot.composing.environment import TOKEN, PrintedValue
from newsbot.composing.markup import PLAIN
from newsbot.composing.safety import clean_line, defuse
from newsbot.model import Sentence, Summary
from newsbot.ports import Capabilities, Markup, Measure

__all__ = [
    "FilledPart",
    "choose_sentences",
    "cut",
    "fill",
    "join_sentences",
    "measure_for",
    "remaining_summary",
    "strip_blank_lines",
]

_ELLIPSIS = "…"

Fits = Callable[[str], bool]

_UNSPACED_END = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\u3000-\u303f\uff00-\uff65][”\u2019]?\Z"
)
_UNSPACED_START = regex.compile(
    r"[“\u2018]?[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\u3000-\u303f\uff00-\uff65]"
)
# A sentence that begins with a character before this one in Unicode is not Chinese or Japanese, so a space is
# put before the sentence.
_FIRST_UNSPACED = "\u2018"
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
)
_GRAPHEME = regex.compile(r"\X")
_WORD_EDGE = regex.compile(r"(?w)\b")
_LOOSE_END = regex.compile(r"(?r)[\s\p{Pd}\p{Ps}\p{Pi},;:،؛、\uff0c\uff1b\uff1a/|·•&\u200b.]+\Z")


def join_sentences(texts: Iterable[str]) -> str:
    """Join sentences by spaces, but without a space between two Chinese or Japanese sentences."""
    joined: list[str] = []
    for text in texts:
        joined += [" ", text] if joined and _is_space_between(joined[-1], text) else [text]
    return "".join(joined)


def _is_space_between(left: str, right: str) -> bool:
    return right < _FIRST_UNSPACED or not (_UNSPACED_END.search(left) and _UNSPACED_START.match(right))


def choose_sentences(
    summary: Summary, texts: Sequence[str], budget: int, length: Callable[[str], int], fits: Fits
) -> list[int]:
    """Return the indices in ``texts`` of the summary's sentences to show; [] if no whole sentence fits.

    ``texts`` are the summary's sentences as the post prints them. The best ranked sentences are chosen first,
    each with the neighbours that it needs, as long as the ``length`` of all chosen sentences is within
    ``budget`` and their joined text ``fits`` the post's part (message). Sentences are added until no further
    one fits.
    """

    def fit_together(places: Sequence[int]) -> bool:
        text = join_sentences(texts[place] for place in places)
        return length(text) <= budget and fits(text)

    if summary.abstract:
        return _choose_from_start(len(texts), fit_together)
    lengths = [length(text) for text in texts]
    groups = _rank_groups(summary.sentences, lengths, budget)
    quick = _choose_greedily(groups, _SentenceChoice(texts, lengths), budget, lambda _: True)
    if not quick or fit_together(quick):
        return quick
    return _choose_greedily(groups, _SentenceChoice(texts, lengths), budget, fit_together)


def _choose_from_start(count: int, together: Callable[[Sequence[int]], bool]) -> list[int]:
    """Return the positions of the first sentences of an abstract: as many as fit into the post's part
    (message) together.

    An abstract (a summary that was written as a whole) is shown without gaps.
    """
    return next((list(range(end)) for end in range(count, 0, -1) if together(range(end))), [])


class _SentenceChoice:
    """The sentences that were chosen so far for a post, in the article's order, and their joined length.

    A group is a range of neighbouring sentences that are shown together or not at all.
    """

    def __init__(self, texts: Sequence[str], lengths: Sequence[int]) -> None:
        self._texts, self._lengths = texts, lengths
        self.places: list[int] = []
        self.used = 0

    def positions_with_group(self, group: range) -> list[int]:
        """Return the positions of the sentences chosen so far and those of ``group``, in the article's order.

        A group is a range of neighbouring sentences.
        """
        low, high = self._neighbour_span(group)
        return [*self.places[:low], *group, *self.places[high:]]

    def has(self, group: range) -> bool:
        """Return whether all sentences of ``group``, a range of neighbouring sentences, are chosen
        already.
        """
        low, high = self._neighbour_span(group)
        return high - low == len(group)

    def cost(self, group: range) -> int:
        """Return by how much a range of neighbouring sentences would lengthen the chosen text, with the
        spaces.
        """
        low, high = self._neighbour_span(group)
        left, right = self.places[max(low - 1, 0) : low], self.places[high : high + 1]
        return self._joined_size([*left, *group, *right]) - self._joined_size(
            [*left, *self.places[low:high], *right]
        )

    def add(self, group: range) -> None:
        """Add the sentences of ``group``, a range of neighbouring sentences, to the chosen sentences."""
        self.used += self.cost(group)
        self.places = self.positions_with_group(group)

    def _neighbour_span(self, group: range) -> tuple[int, int]:
        return bisect_left(self.places, group.start), bisect_left(self.places, group.stop)

    def _joined_size(self, places: Sequence[int]) -> int:
        joins = sum(
            _is_space_between(self._texts[left], self._texts[right]) for left, right in pairwise(places)
        )
        return sum(self._lengths[place] for place in places) + joins


def _choose_greedily(
    groups: Sequence[range], choice: _SentenceChoice, budget: int, together: Callable[[Sequence[int]], bool]
) -> list[int]:
    """Choose groups of sentences by rank until no further group fits; return the sentences' positions.

    A group that was too long may fit later, when another group with some of its sentences was chosen.
    """
    before = -1
    while len(choice.places) != before:
        before = len(choice.places)
        for group in groups:
            fresh = not choice.has(group) and choice.used + choice.cost(group) <= budget
            if fresh and together(choice.positions_with_group(group)):
                choice.add(group)
    return choice.places


def _rank_groups(sentences: Sequence[Sentence], lengths: Sequence[int], budget: int) -> list[range]:
    """Return the ranges of a summary's sentences to show together, one for each sentence, the best ranked
    first.

    A range that is longer than ``budget``, or lacks a sentence that it needs, is left out.
    """
    by_rank = sorted(range(len(sentences)), key=lambda place: (sentences[place].rank, place))
    groups = (_sentence_group(sentences, lengths, place, budget) for place in by_rank)
    return [group for group in groups if group is not None]


def _sentence_group(
    sentences: Sequence[Sentence], lengths: Sequence[int], place: int, budget: int
) -> range | None:
    """Return the range of positions of a summary's sentence and of the neighbours that this sentence needs to
    be understood.

    Return None if these sentences are together longer than ``budget``, or if the summary lacks one of the
    neighbours.
    """
    first = last = place
    size = lengths[place]
    while size <= budget and sentences[first].needs_previous:
        if first == 0 or sentences[first - 1].index != sentences[first].index - 1:
            return None
        first -= 1
        size += max(lengths[first], 1)
    while size <= budget and sentences[last].needs_next:
        if last + 1 == len(sentences) or sentences[last + 1].index != sentences[last].index + 1:
            return None
        last += 1
        size += max(lengths[last], 1)
    return range(first, last + 1) if size <= budget else None


def cut(text: str, fits: Fits) -> str:
    """Return the text, or as many of the text's first words as fit together with an ellipsis; "" if no
    character fits.

    A grapheme (a letter with its marks, or a whole emoji) is never split. If words are written without
    spaces, or if one word alone is too long, the cut is between graphemes, at the edge of a word if there is
    one.
    """
    if fits(text):
        return text
    edges = [match.end() for match in _GRAPHEME.finditer(text)]
    low, high = 0, len(edges)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[: edges[middle - 1]] + _ELLIPSIS) else (low, middle - 1)
    for count in range(low, 0, -1):
        shown = _trim_cut_end(text, edges[count - 1])
        if shown and fits(shown + _ELLIPSIS):
            return shown + _ELLIPSIS
    return ""


def _trim_cut_end(text: str, end: int) -> str:
    """Return the first ``end`` characters of a text, shortened to the end of a word, without punctuation at
    the end.
    """
    stop = _find_word_end(text, end)
    return _trim_punctuation(text[:stop]) or _trim_punctuation(text[:end])


def _trim_punctuation(text: str) -> str:
    return str(_LOOSE_END.sub("", text, count=1))


def _find_word_end(text: str, end: int) -> int:
    if text[end : end + 1].isspace():
        return end
    spaced = max(text.rfind(" ", 0, end), text.rfind("\u3000", 0, end))
    if spaced > 0 and not _UNSPACED.search(text, spaced, end + 1):
        return spaced
    inside = [match.start() for match in _WORD_EDGE.finditer(text, max(spaced, 0), end + 1)]
    return max((edge for edge in inside if 0 < edge <= end), default=end)


_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(slots=True)
class FilledPart:
    """A part (platform message) of a post in which texts have replaced the tokens of the filter `fit`.

    ``text`` is in the channel's format, and ``shown`` are the summary's sentences in it. ``cut`` says that a
    title was shortened, ``asked`` that the template prints the summary in this part. ``printed`` are the
    values that the template printed without ``fit``.
    """

    text: str
    shown: tuple[Sentence, ...] = ()
    cut: bool = False
    asked: bool = False
    printed: tuple[PrintedValue, ...] = ()


def strip_blank_lines(text: str) -> str:
    """Return a text without blanks at the ends of its lines, and with at most one blank line in a row.

    Templates leave blanks and blank lines where an article lacks a value.
    """
    lines = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()


@dataclass(slots=True)
class _PartLayout:
    """A part (platform message) of a post while texts are fitted into it.

    ``fixed`` are the template's own pieces of text, and ``held`` are the fitted texts between these pieces,
    in order.
    """

    fixed: list[str]
    held: list[str]
    measure: Measure
    limit: int
    markup: Markup
    language: str | None = None
    shown: list[Sentence] = field(default_factory=list)
    cut: bool = False

    def text(self, place: int | None = None, held: str = "") -> str:
        """Return the whole text of the post's part (message).

        If ``place`` is given, the text ``held`` replaces the fitted text with the index ``place``.
        """
        values = [*self.held, ""]
        if place is not None:
            values[place] = held
        return strip_blank_lines("".join(chain.from_iterable(zip(self.fixed, values, strict=True))))

    def isolate_all(self) -> str:
        """Return the whole text with what runs against its direction isolated, also in the template's words.

        The text stays without isolates if it would be too long with them.
        """
        text = self.text()
        isolated = isolate_in(text, self.language, self.markup)
        return isolated if self.measure(isolated) <= self.limit else text

    def escape(self, text: str) -> str:
        """Return ``text`` escaped for the format of the post's part (HTML or plain text), with what runs
        against the direction of its language isolated.
        """
        return self.markup.escape(isolate(text, self.language))

    def length(self, text: str) -> int:
        """Return the length that the plain text ``text`` has in the post's part (message) once it is escaped,
        in the platform's measure.
        """
        return self.measure(self.escape(text))

    def fits(self, place: int, held: str) -> bool:
        """Return whether the post's part (message) is within the platform's limit if ``held`` is its fitted
        text with the index ``place``.
        """
        return self.measure(self.text(place, self.escape(held))) <= self.limit

    def measure_room(self, place: int) -> int:
        """Return how long the fitted text with the index ``place`` may be at most, so that the post's part
        (message) is within its limit.
        """
        return self.limit - self.measure(self.text(place, "x")) + 1


def measure_for(capabilities: Capabilities, markup: Markup) -> Measure:
    """Return the function that counts the length of a text in ``markup`` as the platform does.

    ``markup`` is the markup that the platform accepts, or plain text.
    """
    count, own = capabilities.measure, capabilities.markup
    if own == PLAIN:
        return count
    if markup == own:
        return lambda text: count(own.show(text))
    return lambda text: count(own.show(own.escape(text)))


def fill(
    text: str,
    summary: Summary,
    capabilities: Capabilities,
    markup: Markup,
    live: Collection[str] = (),
    language: str | None = None,
) -> FilledPart:
    """Return a post's part (message) with its `fit` tokens replaced by texts that keep the part within the
    limit.

    The limit is ``capabilities.text``; the template's own text may exceed it. ``live`` are the hashtags,
    mentions and addresses in the summary that the platform may link (see `defuse`). ``language`` is that of
    the post.
    """
    places = list(TOKEN.finditer(text))
    fixed = TOKEN.sub("\x02", text).split("\x02")
    count, limit = measure_for(capabilities, markup), capabilities.text
    part = _PartLayout(fixed, [""] * len(places), count, limit, markup, language)
    for place, token in enumerate(places):
        if token["kind"] == "t":
            _fill_words(part, place, token)
    for place, token in enumerate(places):
        if token["kind"] == "s":
            left = remaining_summary(summary, part.shown)
            if left.stories is not None and not token["budget"]:
                _fill_story(part, place, capabilities, left.stories, live)
                continue
            texts = [defuse(clean_line(sentence.text), live) for sentence in left.sentences]
            _fill_sentences(part, place, _parse_budget(token["budget"], capabilities.summary), left, texts)
    asked = any(token["kind"] == "s" for token in places)
    return FilledPart(part.isolate_all(), tuple(part.shown), part.cut, asked)


def remaining_summary(summary: Summary, shown: Sequence[Sentence]) -> Summary:
    """Return the sentences of a summary that the earlier parts (messages) of a post do not show.

    ``shown`` are the sentences that the earlier parts show. If these are the beginning of a story (a text
    made of the article's first sentences), only the rest of that story is returned.
    """
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


def _parse_budget(asked: str, default: int | None) -> int | None:
    return int(asked) if asked else default


def _fill_words(part: _PartLayout, place: int, token: re.Match[str]) -> None:
    budget = _parse_budget(token["budget"], None)
    words = cut(
        token["text"],
        lambda text: (budget is None or part.length(text) <= budget) and part.fits(place, text),
    )
    part.cut = part.cut or words != token["text"]
    part.held[place] = part.escape(words)


def _fill_story(
    part: _PartLayout,
    place: int,
    capabilities: Capabilities,
    stories: Sequence[Sequence[Sentence]],
    live: Collection[str],
) -> None:
    """Put the first sentences of a story (a text of the article's first sentences) into the post's part
    (message): as many as fit, of the first story of which a sentence fits.

    The last sentence put in is none that needs the next one.
    """
    room = min(part.measure_room(place), capabilities.summary or part.limit)
    for story in stories:
        fitting: list[str] = []
        for text in islice(_join_beginnings(story, live), capabilities.sentences):
            length = part.length(text)
            if length > room or not part.fits(place, text):
                break
            fitting.append(text)
            if length >= (capabilities.enough or inf):
                break
        while fitting and story[len(fitting) - 1].needs_next:
            fitting.pop()
        if fitting:
            part.held[place] = part.escape(fitting[-1])
            part.shown += story[: len(fitting)]
            return


def _join_beginnings(story: Iterable[Sentence], live: Collection[str]) -> Iterator[str]:
    """Yield the texts of a story's first sentence, of its first two sentences, and so on.

    A standfirst (the editor's line below the headline) is a paragraph of its own: it may lack a full stop, so
    no sentence may follow on its line.
    """
    standfirst = ""
    texts: list[str] = []
    for sentence in story:
        text = defuse(clean_line(sentence.text), live)
        if sentence.index < 0 and not texts:
            standfirst = text
        else:
            texts.append(text)
        yield "\n\n".join(filter(None, [standfirst, join_sentences(texts)]))


def _fill_sentences(
    part: _PartLayout, place: int, budget: int | None, summary: Summary, texts: Sequence[str]
) -> None:
    room = part.measure_room(place)
    chosen = choose_sentences(
        summary,
        texts,
        room if budget is None else min(budget, room),
        part.length,
        lambda text: part.fits(place, text),
    )
    part.held[place] = part.escape(join_sentences(texts[n] for n in chosen))
    part.shown += [summary.sentences[n] for n in chosen]
