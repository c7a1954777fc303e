"""Detection of sentences that need a neighbour: dangling openings, and quotes without their speaker."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import Literal, NamedTuple

from newsbot.identity.texts import announces_more
from newsbot.summarizers.anaphora import AnaphoraTable
from newsbot.summarizers.datelines import drop_dateline
from newsbot.summarizers.quotations import Quotations, find_quotations, quotation_stretches

__all__ = ["Cohesion", "find_cohesion", "is_dangling", "sentence_ranges"]

RECENT = 300  # sentences in the cache; the sentences of one article are judged repeatedly
LONGEST = 8  # sentences that may need each other; a longer quotation is too long for a summary

# A dateline before an article's first words: "KARACHI: ", "Mogadishu, Somalia (CNN)", "LONDON (Reuters) - ".
DATELINE = re.compile(
    r"(?:[^\W\d_][\w.,' ]{0,40})?[(\[][^()\[\]]{1,30}[)\]]\s*[-–—:]*|[^\W\d_a-z][^:.!?\"“”]{1,25}:(?=\s)"  # noqa: RUF001
)
MARKED = re.compile(r"[(\[:—–]| --? |【")  # noqa: RUF001  Every dateline has one of these.
MARKS_FIRST = re.compile(r"[^\w]*")
TRIM = " .,;:!?…،؛؟۔।、。()[]«»“”\"'‘’–—-"  # noqa: RUF001  Some marks are of other scripts.
PHRASE = 4  # words in the longest phrase of the tables
SAYS = 12  # words at a sentence's start that are searched for an attribution ("Smith said")
SHORTEST = 3  # letters; in a shorter word the letter of a conjunction is part of the word itself
SHORT = 6  # words; an attribution of so few words ("Smith said.") is useless without its quote


class Cohesion(NamedTuple):
    """The neighbours that a sentence needs.

    ``previous``: it needs the sentence before it; ``next``: it needs the one after it. ``stray``: it opens a
    quotation that never closes.
    """

    previous: bool = False
    next: bool = False
    stray: bool = False


FREE = Cohesion()


def find_cohesion(sentences: Sequence[str], tables: tuple[AnaphoraTable, ...]) -> list[Cohesion]:
    """Return the cohesion of each sentence.

    The first sentence may have ``previous`` too, although there is none before it: it can't be shown then.
    """
    quotations = find_quotations(sentences)
    previous = {i for i, sentence in enumerate(sentences) if is_dangling(sentence, tables)}
    previous |= {i + 1 for i in quotations.joined}
    following = quotations.joined | {i for i, s in enumerate(sentences) if announces_more(s)}
    for first, last in quotation_stretches(quotations):
        side = _locate_speaker(sentences, tables, quotations, first, last)
        if side == "before" or (side == "after" and last + 1 in previous):
            previous.add(first)
        if side == "after":
            following.add(last)
        if side == "after" and _is_short(sentences[last + 1]):
            previous.add(last + 1)
    bound = previous | following | quotations.strays
    return [
        Cohesion(i in previous, i in following, i in quotations.strays) if i in bound else FREE
        for i in range(len(sentences))
    ]


def _locate_speaker(
    sentences: Sequence[str], tables: Sequence[AnaphoraTable], quotations: Quotations, first: int, last: int
) -> Literal["before", "after"] | None:
    """Say on which side of the sentences ``first`` to ``last``, a quotation, the speaker is named.

    None means that the speaker is named within them.
    """
    start = min(start for start, _ in quotations.spans[first])
    if start and any(map(str.isalnum, _drop_dateline_prefix(sentences[first][:start]))):
        return None
    outside = " ".join(quotations.outside(i, sentences[i]) for i in range(first, last + 1))
    if _has_speaker(outside, tables):
        return None
    after = sentences[last + 1] if last + 1 < len(sentences) else ""
    if after and last + 1 not in quotations.spans and _has_attribution(after, tables):
        return "after" if first == 0 or not _has_attribution(sentences[first - 1], tables) else "before"
    return "before"


@lru_cache(maxsize=RECENT)
def is_dangling(sentence: str, tables: tuple[AnaphoraTable, ...]) -> bool:
    """Say whether a sentence opens with a pronoun or connective, after any dateline or quotation mark."""
    opening = sentence[:200]
    if _is_dangling_opening(opening, tables):
        return True
    undated = _drop_dateline_prefix(opening)
    return len(undated) < len(opening) and _is_dangling_opening(undated, tables)


def _is_dangling_opening(opening: str, tables: Sequence[AnaphoraTable]) -> bool:
    if not opening[:1].isalnum():
        opening = MARKS_FIRST.sub("", opening, count=1)
    if not opening:
        return False
    heads = _opening_heads(opening)
    for table in tables:
        if not table.heads.isdisjoint(heads) and _is_anaphoric_opening(opening, table):
            return True
    return False


def _opening_heads(opening: str) -> tuple[str, ...]:
    """Return the forms of an opening that a table's ``heads`` may contain."""
    first, _, second = _first_words(opening, 2).partition(" ")
    first, second = first.strip(TRIM), second.strip(TRIM)
    return first, first.partition("'")[0], f"{first} {second}", f"* {second}", first[:1]


def _first_words(opening: str, words: int) -> str:
    """Return the first words of an opening, in lower case."""
    return " ".join(opening.split(maxsplit=words)[:words]).lower().replace("’", "'")  # noqa: RUF001


def _is_anaphoric_opening(opening: str, table: AnaphoraTable) -> bool:
    """Say whether an opening begins with a dangling phrase of the table ("this", but not "this week")."""
    if not table.spaced:
        opening = opening.lower()
        return opening.startswith(tuple(table.dangling)) and not opening.startswith(tuple(table.fine))
    first, *others = [word.strip(TRIM) for word in _first_words(opening, PHRASE).split(" ")]
    phrases = [first.partition("'")[0], *accumulate([first, *others], "{} {}".format)]
    if not table.fine.isdisjoint(phrases):
        return False
    if not table.dangling.isdisjoint(phrases):
        return True
    wild = accumulate(["*", *others], "{} {}".format)
    conjoined = bool(table.conjunction) and _has_conjunction(first, table.conjunction)
    return conjoined or not table.dangling.isdisjoint(wild)


def _has_conjunction(word: str, conjunction: str) -> bool:
    return word.startswith(conjunction) and len(word) > SHORTEST


def _drop_dateline_prefix(text: str) -> str:
    if not MARKED.search(text):
        return text
    dateline = DATELINE.match(text)
    return text[dateline.end() :] if dateline else drop_dateline(text)


def _has_speaker(outside: str, tables: Sequence[AnaphoraTable]) -> bool:
    """Say whether the words around a quotation name a speaker, and not only by a pronoun."""
    if not all(table.spaced for table in tables[:1]):
        return _has_speaker_unspaced(outside.strip(TRIM), tables[0])
    words = list(islice(filter(None, (word.strip(TRIM) for word in outside.lower().split())), 2))
    return len(words) > 1 and all(table.pronouns.isdisjoint(words) for table in tables)


def _has_speaker_unspaced(outside: str, table: AnaphoraTable) -> bool:
    return (
        len(outside) > SHORT
        and not any(pronoun in outside[:SAYS] for pronoun in table.pronouns)
        and not outside.startswith(tuple(table.dangling))
    )


def _has_attribution(sentence: str, tables: Sequence[AnaphoraTable]) -> bool:
    """Say whether a sentence has a word of attribution ("said") near its start."""
    words = [word.strip(TRIM) for word in sentence.lower().split(maxsplit=SAYS)[:SAYS]]
    return any(
        not table.said.isdisjoint(words)
        if table.spaced
        else any(said in sentence[:40] for said in table.said)
        for table in tables
    )


def _is_short(sentence: str) -> bool:
    return len(sentence.split()) <= SHORT and len(sentence) <= SHORT * 8


def sentence_ranges(bound: Sequence[Cohesion]) -> list[range | None]:
    """Return for each sentence the range of sentences to show with it, itself included.

    It is None for a sentence that can't be shown at all.
    """
    return [_sentence_range(bound, index) for index in range(len(bound))]


def _sentence_range(bound: Sequence[Cohesion], index: int) -> range | None:
    if bound[index] == FREE:
        return range(index, index + 1)
    first = last = index
    while last - first < LONGEST:
        if bound[first].previous and first > 0:
            first -= 1
        elif bound[last].next and last + 1 < len(bound):
            last += 1
        else:
            break
    run = range(first, last + 1)
    loose = bound[first].previous or bound[last].next or any(bound[i].stray for i in run)
    return None if loose else run
