"""The lines of an article that are its own running text: no tables, no lists of sentences, no quoted blocks.

A row, a list's entry or somebody's words in a block say something only where they stand; in a post they would
stand elsewhere. So would the words that announce them ("The main points are:"). Of an article that is mostly
made of them they are the text.
"""

# ruff: noqa: RUF001  punctuation of other scripts is meant

import re
from collections.abc import Sequence
from itertools import groupby

from newsbot.identity.texts import announces_more, split_words
from newsbot.reading.furniture import Line, is_sentence
from newsbot.reading.walls import weight

__all__ = ["own_words", "without_repeats"]

_MOST = 0.5  # share of the text from which rows, entries or quotations are the text
_ATTRIBUTES = re.compile(r"[:：]$")
_SPEECH = re.compile(r"[\"“«„「‚‘»]")
_ENDS = re.compile(r"(?<=[.!?؟۔।。！？])[\"'”’»)」』]*\s*(?=[^.!?؟۔।。！？]*$)")
_INNER_END = re.compile(r"[.!?؟۔।…][\"'”’»)\]]*\s|[。！？]")
_SURE_END = re.compile(r"(?:(?<=\w{4}[.!?])|(?<=[؟۔।…]))[\"'”’»)\]]*\s+|[。！？][」』）]*")
_REPEATED = 5  # words of a line that is a repetition where another has it whole
_UNSPACED = 10  # characters of a script without spaces that make as much
_ADDED = 4  # words behind a repeated sentence: "Click to tweet"
_LINES = 400  # that are looked at
_LONG = 400  # characters: a longer line is no pull quote


def own_words(lines: Sequence[Line]) -> list[Line]:
    """Leave out rows, lists with sentences and quoted blocks, what announces them, and empty headings."""
    total = sum(weight(line.text) for line in lines)
    kept: list[Line] = []
    headed = False  # whether what stood last was left out
    for kind, group in groupby(lines, key=lambda line: line.kind):
        block = list(group)
        size = sum(weight(line.text) for line in lines if line.kind == kind)
        if size <= _MOST * total and _is_apart(kind, block, kept):
            headed, kept = True, _without_announcement(kept)
            continue
        if headed and kind == "heading":
            kept = _without_last_heading(kept)
        kept += block
        headed = False
    return _without_last_heading(kept)


def _is_apart(kind: str, block: list[Line], before: list[Line]) -> bool:
    if kind == "quote":
        said = bool(before) and bool(_ATTRIBUTES.search(before[-1].text))
        return not (said and all(_SPEECH.match(line.text) for line in block))
    return kind == "row" or (kind == "item" and any(is_sentence(line.text) for line in block))


def _without_announcement(lines: list[Line]) -> list[Line]:
    """The lines without the last one's last sentence, if that announces what follows.

    If it is not certain where that sentence begins ("Mr. Reid said:"), all of the line stays.
    """
    others = any(line.kind != "heading" for line in lines[:-1])
    if not lines or lines[-1].kind == "heading" or not announces_more(lines[-1].text):
        return lines
    last = lines[-1].text
    if not _INNER_END.search(last[:-1]):
        return lines[:-1] if others else lines  # the article would have no text
    begins = list(_SURE_END.finditer(last[:-1]))
    end = begins[-1].end() if begins else 0
    if not end or _INNER_END.search(last[end:-1]):
        return lines
    return [*lines[:-1], lines[-1]._replace(text=last[:end].rstrip())]


def _without_last_heading(lines: list[Line]) -> list[Line]:
    end = len(lines)
    while end and lines[end - 1].kind == "heading":
        end -= 1
    return lines[:end]


def without_repeats(lines: Sequence[Line]) -> list[Line]:
    """Leave out pull quotes and other lines that another line has whole, and what is said a second time."""
    said = [" ".join(split_words(line.text)) for line in lines[:_LINES]]
    everything = "".join(f"\n {words} \n" for words in said)
    seen: set[str] = set()
    kept = []
    for line, words in zip(lines, said, strict=False):
        again = words in seen or everything.count(f" {words} ") > said.count(words)
        if len(line.text) > _LONG or not (
            (_is_enough(words) and again) or _has_addition(line.text, words, everything)
        ):
            kept.append(line)
        seen.add(words if _is_enough(words) else "")
    return [*kept, *lines[_LINES:]]


def _has_addition(text: str, words: str, everything: str) -> bool:
    """Whether a line is a sentence of the text with a few words behind it."""
    head, *tail = _ENDS.split(text, maxsplit=1)
    said = " ".join(split_words(head))
    few = bool(tail) and 0 < len(tail[0].split()) <= _ADDED
    return few and said != words and _is_enough(said) and everything.count(f" {said} ") > 1


def _is_enough(words: str) -> bool:
    single = sum(1 for word in words.split() if len(word) == 1 and word >= "\u0e00")
    return len(words.split()) - single >= _REPEATED or single >= _UNSPACED
