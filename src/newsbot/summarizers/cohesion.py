"""Which sentences can't stand without a neighbour: dangling openers, and quotes with their speaker."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import Literal, NamedTuple

from newsbot.identity.texts import announces_more
from newsbot.summarizers.anaphora import Openers
from newsbot.summarizers.datelines import drop_dateline
from newsbot.summarizers.quotations import Quotations, find, stretches

__all__ = ["Bond", "bonds", "dangles", "ranges"]

RECENT = 300  # sentences; those of one article are asked about again
LONGEST = 8  # sentences that may hang together; a longer quotation is not for a summary

# What stands before an article's first words: "KARACHI: ", "Mogadishu, Somalia (CNN)", "LONDON (Reuters) - ".
DATELINE = re.compile(
    r"(?:[^\W\d_][\w.,' ]{0,40})?[(\[][^()\[\]]{1,30}[)\]]\s*[-–—:]*|[^\W\d_a-z][^:.!?\"“”]{1,25}:(?=\s)"  # noqa: RUF001
)
MARKED = re.compile(r"[(\[:—–]| --? |【")  # noqa: RUF001  no dateline is without one of these
MARKS_FIRST = re.compile(r"[^\w]*")
TRIM = " .,;:!?…،؛؟۔।、。()[]«»“”\"'‘’–—-"  # noqa: RUF001  other scripts' marks
PHRASE = 4  # words in the longest phrase of the tables
SAYS = 12  # words within which an attribution tells who speaks
SHORTEST = 3  # letters; below, the letter of a conjunction belongs to its word
SHORT = 6  # words; an attribution of no more ("Smith said.") is nothing without its quote


class Bond(NamedTuple):
    """``previous``: it needs the sentence before; ``next``: the one after.

    ``stray``: it opens a quotation that never closes.
    """

    previous: bool = False
    next: bool = False
    stray: bool = False


FREE = Bond()


def bonds(sentences: Sequence[str], tables: tuple[Openers, ...]) -> list[Bond]:
    """One Bond a sentence. Index 0 may have ``previous``: nothing can stand before it then."""
    quotations = find(sentences)
    previous = {i for i, sentence in enumerate(sentences) if dangles(sentence, tables)}
    previous |= {i + 1 for i in quotations.joined}
    following = quotations.joined | {i for i, s in enumerate(sentences) if announces_more(s)}
    for first, last in stretches(quotations):
        side = _speaker(sentences, tables, quotations, first, last)
        if side == "before" or (side == "after" and last + 1 in previous):
            previous.add(first)
        if side == "after":
            following.add(last)
        if side == "after" and _is_short(sentences[last + 1]):
            previous.add(last + 1)
    bound = previous | following | quotations.strays
    return [
        Bond(i in previous, i in following, i in quotations.strays) if i in bound else FREE
        for i in range(len(sentences))
    ]


def _speaker(
    sentences: Sequence[str], tables: Sequence[Openers], quotations: Quotations, first: int, last: int
) -> Literal["before", "after"] | None:
    """Where the speaker of a stretch that opens with a quotation stands; None: within it."""
    start = min(start for start, _ in quotations.spans[first])
    if start and any(map(str.isalnum, _undated(sentences[first][:start]))):
        return None
    outside = " ".join(quotations.outside(i, sentences[i]) for i in range(first, last + 1))
    if _names_speaker(outside, tables):
        return None
    after = sentences[last + 1] if last + 1 < len(sentences) else ""
    if after and last + 1 not in quotations.spans and _attributes(after, tables):
        return "after" if first == 0 or not _attributes(sentences[first - 1], tables) else "before"
    return "before"


@lru_cache(maxsize=RECENT)
def dangles(sentence: str, tables: tuple[Openers, ...]) -> bool:
    """It opens with a pronoun or a connective, with or without a dateline or a quotation mark before it."""
    opening = sentence[:200]
    if _opens_dangling(opening, tables):
        return True
    undated = _undated(opening)
    return len(undated) < len(opening) and _opens_dangling(undated, tables)


def _opens_dangling(opening: str, tables: Sequence[Openers]) -> bool:
    if not opening[:1].isalnum():
        opening = MARKS_FIRST.sub("", opening, count=1)
    if not opening:
        return False
    heads = _heads(opening)
    for table in tables:  # noqa: SIM110  a generator takes half as long again
        if not table.heads.isdisjoint(heads) and _hangs(opening, table):
            return True
    return False


def _heads(opening: str) -> tuple[str, ...]:
    """Whatever of it a table's `heads` may hold."""
    first, _, second = _folded(opening, 2).partition(" ")
    first, second = first.strip(TRIM), second.strip(TRIM)
    return first, first.partition("'")[0], f"{first} {second}", f"* {second}", first[:1]


def _folded(opening: str, words: int) -> str:
    """The first words of it, in lower case."""
    return " ".join(opening.split(maxsplit=words)[:words]).lower().replace("’", "'")  # noqa: RUF001


def _hangs(opening: str, table: Openers) -> bool:
    """It opens with a phrase of the table; "this" does, "this week" is fine."""
    if not table.spaced:
        opening = opening.lower()
        return opening.startswith(tuple(table.dangling)) and not opening.startswith(tuple(table.fine))
    first, *others = [word.strip(TRIM) for word in _folded(opening, PHRASE).split(" ")]
    phrases = [first.partition("'")[0], *accumulate([first, *others], "{} {}".format)]
    if not table.fine.isdisjoint(phrases):
        return False
    if not table.dangling.isdisjoint(phrases):
        return True
    wild = accumulate(["*", *others], "{} {}".format)
    conjoined = bool(table.conjunction) and _conjoined(first, table.conjunction)
    return conjoined or not table.dangling.isdisjoint(wild)


def _conjoined(word: str, conjunction: str) -> bool:
    return word.startswith(conjunction) and len(word) > SHORTEST


def _undated(text: str) -> str:
    if not MARKED.search(text):
        return text
    dateline = DATELINE.match(text)
    return text[dateline.end() :] if dateline else drop_dateline(text)


def _names_speaker(outside: str, tables: Sequence[Openers]) -> bool:
    """There are words around the quotation, and they don't leave the speaker to a pronoun."""
    if not all(table.spaced for table in tables[:1]):
        return _names_speaker_unspaced(outside.strip(TRIM), tables[0])
    words = list(islice(filter(None, (word.strip(TRIM) for word in outside.lower().split())), 2))
    return len(words) > 1 and all(table.pronouns.isdisjoint(words) for table in tables)


def _names_speaker_unspaced(outside: str, table: Openers) -> bool:
    return (
        len(outside) > SHORT
        and not any(pronoun in outside[:SAYS] for pronoun in table.pronouns)
        and not outside.startswith(tuple(table.dangling))
    )


def _attributes(sentence: str, tables: Sequence[Openers]) -> bool:
    """It says early on who says something."""
    words = [word.strip(TRIM) for word in sentence.lower().split(maxsplit=SAYS)[:SAYS]]
    return any(
        not table.said.isdisjoint(words)
        if table.spaced
        else any(said in sentence[:40] for said in table.said)
        for table in tables
    )


def _is_short(sentence: str) -> bool:
    return len(sentence.split()) <= SHORT and len(sentence) <= SHORT * 8


def ranges(bound: Sequence[Bond]) -> list[range | None]:
    """For each sentence the run of sentences that it can be shown in, itself included; None for nowhere."""
    return [_range(bound, index) for index in range(len(bound))]


def _range(bound: Sequence[Bond], index: int) -> range | None:
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
