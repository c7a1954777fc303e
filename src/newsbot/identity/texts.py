"""The rule that decides which items are one article (docs/adr, "What makes two items one article").

Texts are stored, looked up and compared by keys and sketches. A sketch is the smallest hashes of a text's
runs of four words (Broder's bottom-k sketch). The share of hashes that two sketches have in common estimates
the share of runs that the texts have in common. Two similar texts also share most of their very smallest
hashes, so an index of these hashes finds similar texts without reading the texts.

The rule's verdicts are *same* (both items get one set of posts) and *alike* (the item is held, and a person
is asked). The rule prefers asking a person, and decides alone only if two signs agree.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import combinations
from typing import Literal
from zlib import crc32

__all__ = [
    "ENOUGH",
    "MARKS",
    "ArticleTraits",
    "Candidate",
    "IdentityVerdict",
    "announces_more",
    "count_words",
    "judge",
    "list_text_marks",
    "mark",
    "sketch",
    "split_words",
    "text_key",
]

ENOUGH = 25
"""The number of words that a text needs to identify its article; different articles share shorter texts."""

MARKS = 8
"""The number of smallest hashes by which texts that are similar to a text are looked up. Texts that are 80 %
alike have about four of these in common.
"""

_RUN = 4  # The number of words in each run of words that a text's sketch hashes.
# The most hashes in a text's sketch. With 64 hashes, the likeness of two texts is estimated to some 5 %.
_KEPT = 64
# The least number of hashes in a sketch that identifies its text by itself. A text of 40 words has 37 runs of
# four words, and so 37 hashes.
_LONG = 37
_HASH = 8  # The number of hexadecimal digits of one hash in a text's sketch (its list of hashes).
# The scripts without spaces between words, in which every character counts as a word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_HIDDEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")

# This pattern matches a sign at the end of a text by which the text announces something: a colon of any
# script, Hindi's visarga typed for a colon, or an arrow down.
_ANNOUNCES = re.compile(
    "(?:[:\uff1a\ufe55\ufe13\ufe30\u2236\u1365\u1366\u1804][-\u2010-\u2015.\u06d4\u0964\u3002]*|\u0903"
    "|[\u2193\u2935\u25bc\u25be\u2b07\U0001f447][\ufe0f\U0001f3fb-\U0001f3ff]*)[\\s\"'\u201d\u2019\u00bb*_]*$"
)
# The number of characters at the end of a text among which newsbot searches for a colon or arrow that
# announces a list.
_ENDING = 20


def announces_more(text: str) -> bool:
    """Return whether a text only announces what follows, like "The main points are:", so that it means little
    without it.
    """
    return _ANNOUNCES.search(_HIDDEN.sub("", text[-_ENDING:])) is not None


def split_words(text: str) -> list[str]:
    """Split a text into case-folded words without punctuation, soft hyphens and direction marks."""
    return _WORD.findall(_HIDDEN.sub("", unicodedata.normalize("NFKC", text)).casefold())


def count_words(words: list[str]) -> int:
    """Count words as a reader would: two characters of a script without spaces count as one word."""
    # A single character counts as a word of a script without spaces only from U+0E00 on, where the Thai block
    # begins: no such script has a lower character.
    single = sum(1 for word in words if len(word) == 1 and ord(word) >= 0x0E00)  # noqa: PLR2004  The block of Thai characters begins there.
    return len(words) - single // 2


def text_key(words: list[str]) -> str | None:
    """Return a hash of 128 bits by which texts of the same words are found; None for a text without words."""
    text = "\n".join(("text", *words)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=16).hexdigest() if words else None


def sketch(words: list[str]) -> str | None:
    """Return the sketch of a text (its smallest hashes in hexadecimal, ascending); None without words."""
    if not words:
        return None
    runs = (" ".join(words[n : n + _RUN]) for n in range(max(1, len(words) - _RUN + 1)))
    hashes = {crc32(run.encode("utf-8", "replace")) for run in runs}
    return "".join(f"{number:08x}" for number in sorted(hashes)[:_KEPT])


def _estimate_likeness(one: str | None, other: str | None) -> float:
    """Estimate, from the sketches (hashes) of two texts, which share of their runs of words is in both texts;
    return 0 to 1.
    """
    mine, others = _split_hashes(one), _split_hashes(other)
    if not mine or not others:
        return 0.0
    union = sorted(mine | others)[:_KEPT]
    return sum(number in mine and number in others for number in union) / len(union)


def _is_contained(one: str | None, other: str | None) -> bool:
    """Return whether one of two texts contains nearly all of the other, as an article does its teaser.

    ``one`` and ``other`` are the sketches (hashes) of the two texts.
    """
    mine, others = sorted((_split_hashes(one), _split_hashes(other)), key=len)
    if not mine:
        return False
    highest = max(others) if len(others) == _KEPT else "f" * _HASH
    known = [number for number in mine if number <= highest]
    return bool(known) and sum(number in others for number in known) >= 0.8 * len(known)


def _is_long_enough(sketched: str | None) -> bool:
    """Return whether a text is long enough (40 words) to be identified by its sketch (its hashes)."""
    return len(sketched or "") >= _LONG * _HASH


def list_text_marks(sketched: str | None) -> list[int]:
    """Return the smallest hashes of a text's sketch as numbers, by which similar texts are looked up.

    Return [] for the sketch of a text that is too short (under 40 words).
    """
    if sketched is None or not _is_long_enough(sketched):
        return []
    return [int(sketched[start : start + _HASH], 16) for start in range(0, MARKS * _HASH, _HASH)]


def mark(kind: str, *of: str) -> int:
    """Return a number by which a title, a guid or another text of the kind ``kind`` is looked up in the
    ledger.

    The number has more than 32 bits, unlike the hashes of a sketch, so that the two are never equal.
    """
    digest = blake2b("\n".join((kind, *of)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest) >> 2) | 1 << 61


def _split_hashes(sketched: str | None) -> set[str]:
    text = sketched or ""
    return {text[start : start + _HASH] for start in range(0, len(text), _HASH)}


# If two similar articles are at least 20 hours apart, they do not count as the same, because the later
# article may be the next issue of a column.
_DAY_APART = timedelta(hours=20)
# Equal headlines are a sign of the same article only within 12 hours, because a column has the same headline
# every day.
_TITLED_WITHIN = timedelta(hours=12)
# Equal texts count as the same article only within 60 days, because later a site may publish the same text
# again on purpose, like season's greetings.
_NEWS_FOR = timedelta(days=60)
# The least number of words with which equal titles are a sign of the same article, because shorter titles
# recur, like "Interview" or "In brief".
_TITLE = 4
# The least number of letters with which a word that two titles share counts, because titles of different
# articles often share shorter words.
_TELLING = 4
_CHARACTERS = 3
# The least number of words with which a text says anything about which article it is. A shorter text may
# stand in any article, like "Read on at our site."
_SAYS_LITTLE = 8
# Two texts count as alike if they share at least 80 % of their runs of words.
_ALIKE = 0.8
_ALIKE_AT_ONE_ADDRESS = 0.5
_AKIN_AT_ONE_ADDRESS = 0.3
# A text is boilerplate if articles with four different titles and four different addresses have it.
_REUSED = 4


@dataclass(frozen=True, slots=True)
class ArticleTraits:
    """The traits of an article by which newsbot compares it with other articles.

    ``address`` is the key of the normalized address; None if the article has no address of its own. ``text``
    is the text's key, and ``words`` its number of words. ``found_at`` is the poll's time, equal for all
    articles of one poll.
    """

    source: str
    address: str | None
    title: tuple[str, ...]
    text: str | None
    words: int
    sketch: str | None
    found_at: datetime
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article in the ledger with which a new article is compared.

    ``root`` is the number of the article that has the posts. ``own`` says that the new article's source has
    listed the root article before. ``same_guid`` says that both articles have the same globally unique guid.
    ``recorded`` says that the candidate was recorded at its source's first poll and never posted.
    """

    number: int
    root: int
    traits: ArticleTraits
    own: bool = False
    same_guid: bool = False
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class IdentityVerdict:
    """A verdict: a new article and an article of the ledger (the candidate) are the ``same``, or only
    ``alike``.

    Of several verdicts, the one with the highest ``weight`` counts.
    """

    what: Literal["same", "alike"]
    candidate: Candidate
    weight: float


def judge(new: ArticleTraits, candidates: Sequence[Candidate], *, enough: int) -> IdentityVerdict | None:
    """Return the weightiest verdict that a new article is the same as an article of the ledger, or like it.

    Returns None if it is like none. The ``candidates`` are the articles of the ledger to compare. ``enough``
    is the number of words that a text needs to identify its article without other signs.
    """
    live = [each for each in candidates if not each.recorded]
    with_text = [each for each in candidates if new.text and each.traits.text == new.text]
    reused = _is_reused([each.traits for each in with_text])
    shared = len({each.root for each in live if _has_same_address(new, each.traits)}) > 1
    found = [
        verdict
        for each in candidates
        if (verdict := _weigh_candidate(new, each, enough=enough, reused=reused, shared=shared))
    ]
    for what in ("same", "alike"):
        if these := [verdict for verdict in found if verdict.what == what]:
            return max(these, key=lambda verdict: (verdict.weight, -verdict.candidate.root))
    return None


def _weigh_candidate(
    new: ArticleTraits, each: Candidate, *, enough: int, reused: bool, shared: bool
) -> IdentityVerdict | None:
    other = each.traits
    if each.recorded:
        return _compare_recorded(new, each)
    signs = [
        _compare_text(new, each, enough=enough, reused=reused),
        _compare_address(new, each, shared=shared),
        _compare_likeness(new, each),
    ]
    if each.same_guid and not each.own:
        signs.append(IdentityVerdict("same", each, 4))
    if new.source == other.source and _has_same_long_title(new, other):
        signs.append(IdentityVerdict("alike", each, 0))
    found = [sign for sign in signs if sign]
    return max(found, key=lambda sign: (sign.what == "same", sign.weight), default=None)


def _compare_recorded(new: ArticleTraits, each: Candidate) -> IdentityVerdict | None:
    """Compare a new article with one that was recorded at the first poll of its source and never posted.

    Two signs must agree, because a wrong verdict would lose the new article. Return None if they do not
    agree.
    """
    other = each.traits
    if new.source != other.source or not new.text or new.text != other.text:
        return None
    agree = _has_same_title(new, other) or _has_same_address(new, other)
    return IdentityVerdict("same", each, 6) if agree else None


def _compare_text(
    new: ArticleTraits, each: Candidate, *, enough: int, reused: bool
) -> IdentityVerdict | None:
    """Compare a new article with an article of the ledger that has the same text; return a verdict.

    Returns None if they are two articles.
    """
    other = each.traits
    if new.text is None or new.text != other.text:
        return None
    address, title = _has_same_address(new, other), _has_same_title(new, other)
    if new.words < enough:
        return _compare_short_text(new, each, address=address, title=title)
    if not (address or title) and (reused or _is_side_by_side(new, other)):
        return None
    weight = 3 + 2 * address + title
    known = address or title or new.source != other.source or _has_common_word(new, other)
    return IdentityVerdict("same" if known and _may_return(new, other) else "alike", each, weight)


def _compare_short_text(
    new: ArticleTraits, each: Candidate, *, address: bool, title: bool
) -> IdentityVerdict | None:
    """Compare a new article with an article of the ledger that has the same short text; return a verdict.

    Different articles may share a short text, so the title or the address must agree too. Returns None if
    they are two articles.
    """
    other = each.traits
    apart = _find_gap(new, other) >= _DAY_APART
    if address:
        if not title and _is_side_by_side(new, other, anywhere=True):
            return None
        sure = title or new.words >= _SAYS_LITTLE
        known = sure and not (apart and new.words < _SAYS_LITTLE)
        return IdentityVerdict("same" if known else "alike", each, 4)
    if not title:
        return None
    if new.address and other.address:
        telling = new.words >= _SAYS_LITTLE and not each.own and not apart
        return IdentityVerdict("same", each, 2) if telling else None
    return IdentityVerdict("alike" if apart else "same", each, 3)


def _compare_address(new: ArticleTraits, each: Candidate, *, shared: bool) -> IdentityVerdict | None:
    """Compare a new article with an article of the ledger that has another text at the same address.

    The new text may be an edit, another source's version, or a new article. If the new article's source has
    listed the ledger's article (or the article that it duplicates) before, a new guid means a new article,
    unless the texts are similar. ``shared`` says that several articles have that address already, so that it
    identifies none of them. Returns None if they are two articles.
    """
    other = each.traits
    if not _has_same_address(new, other) or new.text == other.text:
        return None
    share = _estimate_likeness(new.sketch, other.sketch)
    inside = _is_contained(new.sketch, other.sketch)
    apart = _find_gap(new, other) >= _DAY_APART
    if not each.own:
        known = inside or each.same_guid or (_has_same_title(new, other) and not apart)
        if share >= _ALIKE_AT_ONE_ADDRESS or known:
            return IdentityVerdict("same", each, 3 + share)
        return None if shared or apart else IdentityVerdict("alike", each, share)
    if _is_side_by_side(new, other, anywhere=True):
        return IdentityVerdict("alike", each, share) if share >= _ALIKE else None
    if share >= _ALIKE_AT_ONE_ADDRESS or inside:
        return IdentityVerdict("alike" if apart else "same", each, 3 + share)
    return IdentityVerdict("alike", each, share) if share >= _AKIN_AT_ONE_ADDRESS else None


def _compare_likeness(new: ArticleTraits, each: Candidate) -> IdentityVerdict | None:
    """Compare two long texts, like an agency's report in two papers; None if they are not similar enough."""
    other = each.traits
    if new.text == other.text or not (_is_long_enough(new.sketch) and _is_long_enough(other.sketch)):
        return None
    share = _estimate_likeness(new.sketch, other.sketch)
    if share < _ALIKE or _is_side_by_side(new, other):
        return None
    if each.own or _find_gap(new, other) >= _DAY_APART:
        return IdentityVerdict("alike", each, share)
    return IdentityVerdict("same", each, 2 + share)


def _may_return(new: ArticleTraits, other: ArticleTraits) -> bool:
    """Return whether two articles with the same text were published or found near enough in time to be the
    same article.
    """
    if new.published_at and other.published_at and abs(new.published_at - other.published_at) < _DAY_APART:
        return True
    return abs(new.found_at - other.found_at) < _NEWS_FOR


def _find_gap(new: ArticleTraits, other: ArticleTraits) -> timedelta:
    if new.published_at and other.published_at:
        return abs(new.published_at - other.published_at)
    return abs(new.found_at - other.found_at)


def _has_same_address(new: ArticleTraits, other: ArticleTraits) -> bool:
    return new.address is not None and new.address == other.address


def _has_same_title(new: ArticleTraits, other: ArticleTraits) -> bool:
    return bool(new.title) and new.title == other.title


def _has_common_word(new: ArticleTraits, other: ArticleTraits) -> bool:
    """Return whether two titles have a word in common, so that one title may be an edit of the other.

    The result is True if one of the titles is missing. In scripts without spaces, where each character counts
    as a word, three common characters are enough.
    """
    if not (new.title and other.title):
        return True
    common = set(new.title) & set(other.title)
    single = sum(1 for word in common if len(word) == 1 and not word.isascii())
    return single >= _CHARACTERS or any(len(word) >= _TELLING for word in common)


def _has_same_long_title(new: ArticleTraits, other: ArticleTraits) -> bool:
    lately = abs(new.found_at - other.found_at) < _TITLED_WITHIN
    return lately and len(new.title) >= _TITLE and new.title == other.title


def _is_side_by_side(new: ArticleTraits, other: ArticleTraits, *, anywhere: bool = False) -> bool:
    """Return whether one poll of a source found both articles, with different titles and addresses, so that
    they are surely two articles.

    With ``anywhere``, the articles may have the same address or none.
    """
    at_two = bool(new.address and other.address and new.address != other.address)
    same_poll = new.source == other.source and new.found_at == other.found_at
    return same_poll and (at_two or anywhere) and new.title != other.title


def _is_reused(those: Sequence[ArticleTraits]) -> bool:
    """Return whether several different articles have one text, so that the text is boilerplate."""
    titles, addresses = {each.title for each in those}, {each.address for each in those}
    if min(len(titles), len(addresses)) >= _REUSED:
        return True
    return any(_is_side_by_side(one, other) for one, other in combinations(those[:8], 2))
