"""Names in a sentence that the article does not have, or that it spells or combines in another way."""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import pairwise

import regex
from babel import Locale
from babel.core import UnknownLocaleError

from newsbot.files import load_toml
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.text import Passage, SourceText, Word, fold
from newsbot.timestamps.parse import find_month, is_weekday

__all__ = ["check_names", "find_names"]

_DATA = load_toml(__package__, "names.toml")
_PLAIN = frozenset(map(fold, _DATA["plain"].split()))
_JOINING = frozenset(_DATA["joining"].split())
_SAME: dict[str, set[str]] = {
    word: set(line.split()) for line in _DATA["same"].strip().splitlines() for word in line.split()
}
_VERBS = frozenset(_DATA["verbs"].split())
# A grammatical case replaces at most two letters of a name, and its ending has at most four letters.
_CASE, _ENDING = 2, 4
_FEW = 3  # At most two words in small letters, such as "de la", stand between two words of one name.
_STEM = 4  # Two forms of a name share at least this many letters: "Iraq" and "Iraqi".


def find_names(passage: Passage) -> list[list[Word]]:
    """Return the names of a sentence, each as its words; a sentence's first word counts only with others."""
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
        if joined and at - last <= _FEW and not regex.search(r"['’,;:()\"“”]", between):
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
def _index_names(article: SourceText) -> "NameIndex":
    return NameIndex(article)


class NameIndex:
    """An index of the names in an article, by each word of a name."""

    def __init__(self, article: SourceText) -> None:
        self.keys = article.keys
        self.parts = frozenset(part for key in article.keys for part in regex.split("[-'’.]", key))
        self.prefixes = frozenset(key[:_STEM] for key in self.parts if len(key) >= _STEM)
        self.names: dict[str, list[list[str]]] = defaultdict(list)
        self.written: dict[str, str] = {}
        for passage in article.passages:
            for name in find_names(passage):
                keys = [word.key for word in name]
                self.written |= {word.key: word.text for word in name}
                for key in keys:
                    self.names[key].append(keys)
        self.initials = frozenset(
            "".join(key[0] for key in name) for names in self.names.values() for name in names
        )

    def knows(self, key: str) -> bool:
        """Return whether the article has a word of a name, in one of its forms."""
        if key in self.keys or key in self.parts or key.rstrip("s") in self.keys or key in self.initials:
            return True
        key = key.rstrip(".")
        parts = [part for part in regex.split("[-'’.]", key) if part]
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

    def find_nearest(self, key: str) -> str | None:
        """Return the name of the article whose spelling is nearest to a word, or None."""
        near = get_close_matches(key, list(self.written), n=1, cutoff=0.7)
        return self.written[near[0]] if near else None


def _is_form(key: str, other: str) -> bool:
    """Return whether two words are forms of one name, like "Iraq" and "Iraqi", or "Москва" and "Москве"."""
    short, long = sorted((key, other), key=len)
    shared = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if key.isascii():
        return shared == len(short) and len(long) - len(short) <= _ENDING
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
    return frozenset(fold(name) for name in names if name)


def check_names(sentence: Passage, article: SourceText) -> Iterator[Finding]:
    """Yield the names of a sentence that the article does not have."""
    index = _index_names(article)
    for name in find_names(sentence):
        unknown = [word for word in name if not index.knows(word.key)]
        if name[0] is sentence.words[0] and unknown == name[:1] and not _opens_with_name(sentence):
            continue
        if unknown:
            text = sentence.text[name[0].start : name[-1].end]
            place = fold(text) in _load_places(article.language)
            kind = FindingKind.PLACE if place else FindingKind.NAME
            yield Finding(kind, text, index.find_nearest(unknown[0].key))
        elif other := _find_other_combination(name, index):
            yield Finding(FindingKind.NAME, sentence.text[name[0].start : name[-1].end], other)


def _opens_with_name(sentence: Passage) -> bool:
    """Return whether a sentence's first word is a name: a capital or a verb in the third person follows."""
    first, *others = sentence.words
    if not others or first.key.endswith(("ing", "ly")):
        return False
    following = others[0]
    if following.has_capital and not sentence.text[first.end : following.start].strip():
        return True
    return not first.key.endswith(("s", "ed")) and (
        following.key in _VERBS
        or following.key.endswith("ed")
        or sentence.text[first.end :].startswith((":", "'s", "’s", ","))
    )


def _find_other_combination(name: Sequence[Word], index: NameIndex) -> str | None:
    """Return another name in the article with the same surname, if the article has the sentence's first name
    and surname, but never together.
    """
    for first, second in pairwise(name):
        with_first = [keys for keys in index.names.get(first.key, []) if keys[-1] != first.key]
        with_second = [keys for keys in index.names.get(second.key, []) if keys[0] != second.key]
        if not with_first or not with_second or any(second.key in keys for keys in with_first):
            continue
        return " ".join(index.written.get(key, key) for key in with_second[0])
    return None
