"""The check for names in a model's sentence that the article does not have, or spells or combines in another
way.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import available_timezones

from babel import Locale
from babel.core import UnknownLocaleError

from newsbot.files import load_toml
from newsbot.summarizers.anaphora import find_tables
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.placement import score_place
from newsbot.summarizers.grounding.text import Passage, SourceText, Word, fold
from newsbot.timestamps.parse import find_month, is_weekday

__all__ = ["check_names", "find_names", "index_names", "is_place"]

_DATA = load_toml(__package__, "names.toml")
_PLAIN = frozenset(map(fold, _DATA["plain"].split()))
_JOINING = frozenset(_DATA["joining"].split())
_SAME: dict[str, set[str]] = {
    word: set(line.split()) for line in _DATA["same"].strip().splitlines() for word in line.split()
}
_IMPERSONAL = frozenset(_DATA["impersonal"].split())
_VERBS = frozenset(_DATA["verbs"].split())
# A grammatical case replaces at most two letters of a name, and its ending has at most four letters.
_CASE, _ENDING = 2, 4
_FEW = 3  # At most two words in small letters, such as "de la", stand between two words of one name.
# A name in a model's sentence counts as wrong if the words around it fit the words around another name of the
# article better, by this factor and this margin, than those around the same name.
_AHEAD, _MARGIN = 2.5, 0.4
_STORY = 6  # An article with at least this many words of the first person is the author's own story.
_FIRST_PERSON = frozenset(_DATA["first_person"].split())
_DEMONYMS = tuple(_DATA["demonyms"].split())
_PLURALS = frozenset(["s", "es", "'s"])
_OPENERS = frozenset(_DATA["openers"].split())
_LONG_NAME = re.compile(r"[A-Z]\w+(?: (?:(?:of|the|and|for|in|de|del|la|di|du|des|der) ){0,2}[A-Z]\w+)+")
_BREAK = re.compile(r"['’,;:()\"“”]")
_SPLIT = re.compile(r"[-'’.]")
_OPENING_MARKS = tuple(':"“«„‘–—')
_HEADLINE = 5  # Only a sentence with more long words than this can count as a headline.
_TITLE_CASE = 0.8  # If more than this share of a sentence's longer words have capitals, it is a headline.
_STEM = 4  # Two forms of a name share at least this many letters: "Iraq" and "Iraqi".


def find_names(passage: Passage) -> list[list[Word]]:
    """Return the names in a sentence, each as its words; the sentence's first word counts as a name only
    together with others.
    """
    names: list[list[Word]] = []
    last = -1
    for at, word in enumerate(passage.words):
        if not _is_capitalized(word):
            continue
        joined = (
            names
            and not names[-1][-1].text.endswith(("'s", "’s"))
            and last >= 0
            and all(each.key in _JOINING for each in passage.words[last + 1 : at])
        )
        between = passage.text[passage.words[last].end : word.start] if joined else ""
        if joined and at - last <= _FEW and not _BREAK.search(between):
            names[-1].append(word)
        else:
            names.append([word])
        last = at
    return names


def _is_capitalized(word: Word) -> bool:
    if not word.has_capital or word.key in _PLAIN or len(word.key) == 1:
        return False
    return not (is_weekday(word.key) or find_month(word.key) is not None)


@lru_cache(maxsize=16)
def index_names(article: SourceText) -> "NameIndex":
    """Return the index of all names of people, places and the like in an article.

    The index is cached, so callers must not change it.
    """
    return NameIndex(article)


class NameIndex:
    """An index of the names in an article, by each word of a name."""

    def __init__(self, article: SourceText) -> None:
        self.keys = article.keys
        self.parts = frozenset(part for key in article.keys for part in _SPLIT.split(key))
        self.names: dict[str, list[list[str]]] = defaultdict(list)
        self.written: dict[str, str] = {}
        self.mentions: dict[str, list[tuple[int, int]]] = defaultdict(list)
        before: list[list[Word]] = []
        for index, passage in enumerate(article.passages):
            names = find_names(passage)
            for name in names:
                keys = [word.key for word in name]
                self.written |= {word.key: word.text for word in name}
                for key in keys:
                    self.names[key].append(keys)
            self._add_mentions(index, passage, names, before, article)
            before = names or before
        self.initials = frozenset(
            "".join(word[0] for word in found[0].split() if word[0].isupper()).lower()
            for found in _LONG_NAME.finditer(article.text)
        )
        full = [name for names in self.names.values() for name in names if len(name) > 1]
        self.surnames = {name[-1] for name in full if _IMPERSONAL.isdisjoint(name)}
        alone = {name[0] for names in self.names.values() for name in names if len(name) == 1}
        self.persons = self.surnames & alone  # A surname that also stands alone is a person's.
        self.inner = {
            word.key for passage in article.passages for word in passage.words[1:] if word.has_capital
        }

    def _add_mentions(
        self,
        index: int,
        passage: Passage,
        names: list[list[Word]],
        before: list[list[Word]],
        article: SourceText,
    ) -> None:
        """Add to the index where a sentence of the article mentions names.

        A pronoun in the sentence counts as a mention of the names ``before`` the sentence.
        """
        for name in names:
            at = passage.find_index(name[-1].start)
            for word in name:
                self.mentions[word.key].append((index, at))
        pronouns = find_tables(article.language, article.text)[0].pronouns
        for at, word in enumerate(passage.words):
            if word.key in pronouns:
                for name in before:
                    for each in name:
                        self.mentions[each.key].append((index, at))
                break

    def knows(self, key: str) -> bool:
        """Return whether the article has ``key``, a word of a name in a model's sentence, in one of its
        forms.
        """
        if (
            key in self.keys
            or key in self.parts
            or key.rstrip("s") in self.keys
            or key.replace(".", "") in self.initials
        ):
            return True
        key = key.rstrip(".")
        parts = [part for part in _SPLIT.split(key) if part]
        if len(parts) > 1 and all(part in self.parts for part in parts):
            return True
        same = _SAME.get(key)
        if same and not same.isdisjoint(self.keys):
            return True
        return any(
            other[:_STEM] == key[:_STEM] and _is_form(key, other)
            for other in self.parts
            if len(other) >= _STEM
        )

    def are_same(self, key: str, other: str) -> bool:
        """Return whether two words may be the same name: "USC" for "University", "UK" and "Britain"."""
        same = other in _SAME.get(key, ()) or key[:_STEM] == other[:_STEM]
        return same or key in self.initials or other in self.initials or _is_form(key, other)

    def find_nearest(self, key: str) -> str | None:
        """Return the name in the article whose spelling is nearest to a word of a model's sentence; None if
        none is similar.
        """
        near = get_close_matches(key, list(self.written), n=1, cutoff=0.7)
        return self.written[near[0]] if near else None


def _is_form(key: str, other: str) -> bool:
    """Return whether two words are forms of one name, like "Iraq" and "Iraqi", or "Москва" and "Москве"."""
    short, long = sorted((key, other), key=len)
    shared = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if key.isascii():
        derived = long.endswith(_DEMONYMS) and shared >= max(_STEM, len(short) - _CASE)
        return derived or (shared == len(short) and long[shared:] in _PLURALS)
    return shared >= max(_STEM - 1, len(short) - _CASE) and len(long) - shared <= _ENDING


@cache
def _load_places(language: str) -> frozenset[str]:
    """Return the words of the names of all countries, and of the cities of time zones, in a language."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return frozenset()
    names = [name for code, name in locale.territories.items() if code.isalpha()]
    names += [zone.get("city", "") for zone in locale.time_zones.values()]
    names += [zone.rpartition("/")[2].replace("_", " ") for zone in available_timezones()]
    return frozenset(fold(name) for name in names if name)


def is_place(key: str, language: str) -> bool:
    """Return whether a word, in small letters and one spelling, is the name of a country or large city."""
    return key in _load_places(language)


def check_names(sentence: Passage, article: SourceText) -> Iterator[Finding]:
    """Yield the names in a model's sentence that the article does not have."""
    index = index_names(article)
    yield from _find_new_places(sentence, article)
    if _is_title_case(sentence):
        return
    for name in find_names(sentence):
        unknown = [word for word in name if not index.knows(_drop_plain_parts(word))]
        if unknown == name[:1] and _is_ordinary_opening(sentence, name, index):
            continue
        if unknown and _is_author(sentence, name, article):
            continue
        if unknown:
            text = sentence.text[name[0].start : name[-1].end]
            place = fold(text) in _load_places(article.language)
            kind = FindingKind.PLACE if place else FindingKind.NAME
            yield Finding(kind, text, index.find_nearest(unknown[0].key))
        elif other := _find_other_combination(name, index):
            yield Finding(FindingKind.NAME, sentence.text[name[0].start : name[-1].end], other)
        elif rival := _find_rival(sentence, name, index, article):
            yield Finding(FindingKind.NAME, sentence.text[name[0].start : name[-1].end], rival)


def _is_author(sentence: Passage, name: Sequence[Word], article: SourceText) -> bool:
    """Return whether a name is that of the article's author, as in "Ann Lee: We all pay" or "Lee says", about
    an article in the first person.

    The text of an article does not have its author's name.
    """
    first_person = _count_first_person(article)
    start, end = sentence.find_index(name[0].start), sentence.find_index(name[-1].start)
    if start == 0 and sentence.text[name[-1].end :].lstrip().startswith(":"):
        return first_person > 0
    said = find_tables(article.language, article.text)[0].said
    beside = (*sentence.words[max(0, start - 1) : start], *sentence.words[end + 1 : end + 2])
    return first_person >= _STORY and any(word.key in said for word in beside)


@lru_cache(maxsize=16)
def _count_first_person(article: SourceText) -> int:
    """Return how many words of the first person an article has outside quotations."""
    return sum(
        word.key in _FIRST_PERSON and not passage.is_quoted(word.start)
        for passage in article.passages
        for word in passage.words
    )


def _find_rival(sentence: Passage, name: Sequence[Word], index: NameIndex, article: SourceText) -> str | None:
    """Return the name that the article has in the place where the sentence has ``name``; None if ``name``
    fits that place best.
    """
    at = sentence.find_index(name[-1].start)
    own = {word.key for word in name}
    places = _load_places(article.language)
    if name[-1].key not in index.persons or not own.isdisjoint(places):
        return None
    without = {word.stem for word in name}
    mine = _score_best(sentence, at, own, index, article, without)
    rivals = index.persons.difference(sentence.keys, places, own)
    best, rival = max(
        ((_score_best(sentence, at, {each}, index, article, without), each) for each in rivals),
        default=(0.0, ""),
    )
    return index.written[rival] if best > _AHEAD * mine + _MARGIN else None


def _score_best(
    sentence: Passage,
    at: int,
    keys: Iterable[str],
    index: NameIndex,
    article: SourceText,
    without: Iterable[str],
) -> float:
    return max(
        (
            score_place(sentence, at, article.passages[passage], place, article, without)
            for key in keys
            for passage, place in index.mentions.get(key, ())
        ),
        default=0.0,
    )


def _drop_plain_parts(word: Word) -> str:
    """Return a name in one spelling, without parts that the text has in small letters: "isis" for
    "ISIS-affiliated".
    """
    parts = zip(word.text.split("-"), word.key.split("-"), strict=False)
    return "-".join(key for text, key in parts if text[:1].isupper())


def _is_title_case(sentence: Passage) -> bool:
    """Return whether nearly all words of a sentence have capitals, as in some headlines; then capitals show
    no names.
    """
    long = [word for word in sentence.words if len(word.key) >= _STEM]
    return len(long) > _HEADLINE and sum(word.has_capital for word in long) > _TITLE_CASE * len(long)


def _find_new_places(sentence: Passage, article: SourceText) -> Iterator[Finding]:
    """Yield the places (countries, cities) in a model's sentence, in a script without capitals, that the
    article does not have.
    """
    for word in sentence.words:
        new = word.text.upper() == word.text.lower() and word.stem not in article.counts
        if new and is_place(word.key, article.language):
            yield Finding(FindingKind.PLACE, word.text)


def _is_ordinary_opening(sentence: Passage, name: Sequence[Word], index: NameIndex) -> bool:
    """Return whether a name's first word has its capital only because it opens a sentence, or what follows a
    colon or quotation mark.
    """
    first, at = name[0], sentence.find_index(name[0].start)
    opens = at == 0 or sentence.text[: first.start].rstrip()[-1:] in _OPENING_MARKS
    return opens and (_is_noun(name, index) or not _is_followed_as_name(sentence, at))


def _is_noun(name: Sequence[Word], index: NameIndex) -> bool:
    """Return whether the word that opens a sentence is a noun or the like: "Actor Depp", "Photo of".

    Such a word has a capital, but is no part of a name. A first word is a first name only if a surname that
    the article has follows it.
    """
    return name[0].key in _OPENERS or (len(name) > 1 and name[1].key not in index.surnames)


def _is_followed_as_name(sentence: Passage, at: int) -> bool:
    """Return whether the words after the word with the index ``at`` show that it is a name: a capital, a verb
    in the third person or the like.
    """
    first, following = sentence.words[at], sentence.words[at + 1 : at + 2]
    if not following or first.key.endswith(("ing", "ly")):
        return False
    if following[0].has_capital and not sentence.text[first.end : following[0].start].strip():
        return True
    key = following[0].key
    marked = sentence.text[first.end :].startswith((":", "'s", "’s", ","))
    return not first.key.endswith(("s", "ed")) and (key in _VERBS or key.endswith("ed") or marked)


def _find_other_combination(name: Sequence[Word], index: NameIndex) -> str | None:
    """Return another name in the article with the same surname, if the article has the sentence's first name
    and surname, but never together.
    """
    for first, second in pairwise(name):
        both = [keys for keys in index.names.get(first.key, []) if second.key in keys]
        if both and all(keys.index(second.key) < keys.index(first.key) for keys in both):
            return " ".join(index.written[key] for key in both[0])
        with_first = [keys for keys in index.names.get(first.key, []) if keys[-1] != first.key]
        with_second = [keys for keys in index.names.get(second.key, []) if keys[0] != second.key]
        if not with_first or not with_second or any(second.key in keys for keys in with_first):
            continue
        return " ".join(index.written.get(key, key) for key in with_second[0])
    return None
