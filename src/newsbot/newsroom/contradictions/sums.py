"""Sums that are not the sum of their parts, and shares of a whole that are over 100 % together."""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

from collections.abc import Iterator, Sequence

import regex

from newsbot.newsroom.contradictions.counts import EAST, Count
from newsbot.newsroom.contradictions.passages import Contradiction, ExaminedSentence, compile_words, shorten

__all__ = ["find_wrong_sums"]

_HUNDRED = 100
# Rounded shares may add up to a little more than 100; more than the second figure is no list of shares.
_MOST_SHARES, _ALL_SHARES = 101.5, 160
# What stands between two numbers that are added: a few words, then a comma or "and".
_LINK = regex.compile(
    r"(?:\s?[^\d.;:!?()，。۔،,、–—-]{1,40})?"
    r"(?:[,،，、]\s?(?:and|y|et|und|e|اور|و)?\s?|\s?(?:and|y|e|et|und|اور|و|と|及び|और|и)\s?)"
    r"(?:the\s(?:other|remaining)\s)?[\p{Han}\p{Hiragana}\p{Katakana}]{0,6}"
)
# What stands between a total and its first part.
_OPENS = regex.compile(
    r"[,،，、:：(（–—-]|\s-\s|\b(?:including|were|waren|darunter|eran|eram|erano|étaient|dont|entre\sellos)\b"
    r"|جن\sمیں|بينهم"
)
_OPENS_LIST = regex.compile(r"[:：(（–—]|\s-\s")
_SENTENCE_END = regex.compile(r"[.;!?۔।。]")
_REST = regex.compile(r"[^.;:!?,()۔।。،、)）–—]{0,40}")
_IN_PLACE = regex.compile(r"\s?(?:\p{L}+\s){0,2}(?:in|from|at|near|en|aus|bei|à|au|de|میں|في|من|で)\s")
_BEFORE = 25  # So many characters before a total say whether it is exact.
_OPENING = 14  # The first part stands in the first characters of a sentence that lists the parts.


def find_wrong_sums(
    passages: Sequence[ExaminedSentence], counts: Sequence[Sequence[Count]]
) -> Iterator[Contradiction]:
    """Yield totals that are not the sum of their parts, and shares over 100 %.

    ``counts`` has the numbers of each passage.
    """
    for place, passage in enumerate(passages):
        mine = counts[place]
        found = _find_wrong_sum(passage, mine)
        if found is None and place + 1 < len(passages):
            found = _find_sum_in_next(passage, mine, passages[place + 1], counts[place + 1])
        yield from filter(None, (found, _find_too_many_shares(passage, mine)))


def _find_wrong_sum(passage: ExaminedSentence, counts: Sequence[Count]) -> Contradiction | None:
    """Return a total whose parts, listed right after it, have another sum: "12 people, 7 men and 4 women"."""
    for place, total in enumerate(counts[:-2]):
        parts = _list_parts(passage, total, counts[place + 1 :]) if _is_whole(total) else []
        if len(parts) > 1 and (found := _judge_sum(passage, total, parts)):
            return found
    return None


def _is_whole(count: Count) -> bool:
    return len(count.values) == 1 and not count.is_share and count.value > 1 and count.value.is_integer()


def _is_part(count: Count) -> bool:
    return len(count.values) == 1 and not count.is_share


def _list_parts(passage: ExaminedSentence, total: Count, others: Sequence[Count]) -> list[Count]:
    parts: list[Count] = []
    for each in others:
        between = passage.text[(parts[-1] if parts else total).end : each.start]
        joins = _LINK.fullmatch(between) if parts else _OPENS.search(between)
        if not joins or _SENTENCE_END.search(between) or not _is_part(each) or each.value >= total.value:
            break
        parts.append(each)
    return parts


def _judge_sum(passage: ExaminedSentence, total: Count, parts: Sequence[Count]) -> Contradiction | None:
    """Return the finding that listed parts of a total have another sum; None if they may be fewer or none."""
    text, language = passage.text, passage.language
    rest = _REST.match(text, parts[-1].end)
    end = rest.end() if rest else parts[-1].end
    pieces = _cut_pieces(passage, total.end, parts, end)
    opens = _OPENS_LIST.search(text[total.end : parts[0].start])
    if not _are_kinds(pieces, language) and not (opens and _are_parts(pieces, language)):
        return None
    added = sum(part.value for part in parts)
    about = compile_words("approximate", language).search(text[max(0, total.start - _BEFORE) : total.start])
    some = added < total.value and compile_words("not_all", language).search(text[total.end : end])
    if about or some or not _may_be_sum(added, total.value):
        return None
    return Contradiction("sum", shorten(text, total.start, end), fact=f"{added:g}")


def _cut_pieces(passage: ExaminedSentence, start: int, parts: Sequence[Count], end: int) -> list[str]:
    """Return the words that say what each part counts: behind its number, in Japanese before it."""
    if EAST.search(passage.text):
        starts = [start, *(part.end for part in parts)]
        return [passage.text[begin : part.start] for begin, part in zip(starts, parts, strict=False)]
    ends = [*(part.start for part in parts[1:]), end]
    return [passage.text[part.end : stop] for part, stop in zip(parts, ends, strict=True)]


def _are_kinds(pieces: Sequence[str], language: str) -> bool:
    """Return whether each part is a group into which people are divided, like men and women."""
    kinds = compile_words("kinds", language)
    return all(kinds.search(piece) for piece in pieces)


def _are_parts(pieces: Sequence[str], language: str) -> bool:
    """Return whether what follows a colon or bracket may be parts of a total: places, or people."""
    kinds = compile_words("kinds", language)
    return all(map(_IN_PLACE.match, pieces)) or any(map(kinds.search, pieces))


def _may_be_sum(added: float, whole: float) -> bool:
    """Return whether a wrong sum is near enough to the total to be meant as its sum."""
    return added != whole and whole <= 2 * added and added <= 2 * whole


def _find_sum_in_next(
    passage: ExaminedSentence, counts: Sequence[Count], following: ExaminedSentence, parts: Sequence[Count]
) -> Contradiction | None:
    """Return a total whose parts, in the next sentence, have another sum: "Seven were men, four women"."""
    totals = [each for each in counts if _is_whole(each)]
    if len(totals) != 1 or len(parts) < 2 or parts[0].start > _OPENING or not all(map(_is_part, parts)):  # noqa: PLR2004
        return None
    pieces = _cut_pieces(following, 0, parts, len(following.text))
    if not _are_kinds(pieces, following.language) or following.has("not_all"):
        return None
    total, added = totals[0], sum(part.value for part in parts)
    if passage.has("approximate") or not _may_be_sum(added, total.value):
        return None
    first = shorten(passage.text, total.start, total.end)
    return Contradiction("sum", first, shorten(following.text), f"{added:g}")


def _find_too_many_shares(passage: ExaminedSentence, counts: Sequence[Count]) -> Contradiction | None:
    """Return a sentence whose shares of one whole add up to over 100 %."""
    shares = [each.value for each in counts if each.is_share and len(each.values) == 1]
    if len(shares) < 2 or not _MOST_SHARES < sum(shares) <= _ALL_SHARES or max(shares) > _HUNDRED:  # noqa: PLR2004
        return None
    if not passage.has("shares") or passage.has("compared"):
        return None
    return Contradiction("shares", shorten(passage.text), fact=f"{sum(shares):g}")
