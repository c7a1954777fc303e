"""The check for roles ("minister") that a model's sentence gives to another person than the article does, and
for pronouns of the other gender.
"""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from newsbot.files import load_toml
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.names import find_names, index_names
from newsbot.summarizers.grounding.text import Passage, SourceText, Word, fold

__all__ = ["check_persons"]

_DATA = load_toml(__package__, "persons.toml")
_PLAIN = frozenset(["the", "a", "an", "he", "she", "it", "but", "in", "on"])
_NEAR = 3  # In a model's sentence, a role belongs to a name at most this many words away.
_AROUND = 6  # In the article, a role belongs to a name at most this many words away.


def _split_roles(lines: str) -> list[list[list[str]]]:
    """Return the names of each role ("minister", "secretary of state"), each name as a list of words.

    Each line of ``lines`` has the names of one role, with commas between them.
    """
    return [[fold(phrase).split() for phrase in line.split(",")] for line in lines.strip().splitlines()]


_ROLES = _split_roles(_DATA["roles"])
_FIRST: dict[str, list[tuple[int, list[str]]]] = {}
for _number, _phrases in enumerate(_ROLES):
    for _phrase in _phrases:
        _FIRST.setdefault(_phrase[0][:3], []).append((_number, _phrase))


@lru_cache(maxsize=4_000)
def _find_roles(passage: Passage) -> tuple[tuple[int, int], ...]:
    """Return the index of each word in a sentence that names a role ("minister"), with the number of the
    role.
    """
    keys = [word.key for word in passage.words]
    return tuple(
        (at + len(phrase) - 1, role)
        for at, key in enumerate(keys)
        for role, phrase in _FIRST.get(key[:3], ())
        if len(keys) - at >= len(phrase) and all(map(_fits, keys[at:], phrase))
    )


def _fits(key: str, pattern: str) -> bool:
    return key.startswith(pattern[:-1]) if pattern.endswith("*") else key == pattern


def check_persons(sentence: Passage, article: SourceText) -> Iterator[Finding]:
    """Yield the roles and pronouns in a model's sentence that the article gives to other persons."""
    yield from _check_roles(sentence, article)
    yield from _check_gender(sentence, article)


def _check_roles(sentence: Passage, article: SourceText) -> Iterator[Finding]:
    roles = _find_roles(sentence)
    if not roles:
        return
    for name in find_names(sentence):
        start, end = sentence.find_index(name[0].start), sentence.find_index(name[-1].start)
        for at, role in roles:
            between = sentence.text[sentence.words[at].end : name[0].start]
            titled = (0 < start - at <= 1 and not between.strip(" .")) or start <= at < end
            explained = (
                0 < at - end <= _NEAR and "," in sentence.text[name[-1].end : sentence.words[at].start]
            )
            if titled or explained:
                key = name[-1].key
                places = _list_places(key, article)
                has_role = any(_has_role(article.passages[index], place, role) for index, place in places)
                if places and not has_role and not _is_role_free(role, article):
                    found = sentence.text[min(sentence.words[at].start, name[0].start) : name[-1].end]
                    yield Finding(FindingKind.ROLE, found, _find_holder(role, article))
                    return


def _list_places(key: str, article: SourceText) -> list[tuple[int, int]]:
    return [
        (index, at)
        for index, passage in enumerate(article.passages)
        for at, word in enumerate(passage.words)
        if word.key == key and word.has_capital
    ]


def _has_role(passage: Passage, place: int, role: int) -> bool:
    return any(each == role and abs(at - place) <= _AROUND for at, each in _find_roles(passage))


def _is_role_free(role: int, article: SourceText) -> bool:
    """Return whether the article has a role, but never near a name: "the singer said"."""
    places = [
        (passage, at) for passage in article.passages for at, each in _find_roles(passage) if each == role
    ]
    return bool(places) and not any(
        word.has_capital and word.key not in _PLAIN
        for passage, at in places
        for word in (*passage.words[max(0, at - _NEAR) : at], *passage.words[at + 1 : at + 2])
    )


def _find_holder(role: int, article: SourceText) -> str | None:
    """Return the article's words around the first mention of a role; None if the article does not mention the
    role.
    """
    for passage in article.passages:
        for at, each in _find_roles(passage):
            if each == role:
                words: Sequence[Word] = passage.words[max(0, at - 2) : at + 4]
                return passage.text[words[0].start : words[-1].end]
    return None


@cache
def _load_genders(language: str) -> tuple[frozenset[str], frozenset[str]]:
    male, _, female = _DATA["gender"].get(language, "|").partition("|")
    return frozenset(map(fold, male.split())), frozenset(map(fold, female.split()))


def _check_gender(sentence: Passage, article: SourceText) -> Iterator[Finding]:
    """Yield a pronoun or noun of one gender if the article has only words of the other near the same person.

    A sentence that names no person, or several, is not checked: "he says" may mean the article's author.
    """
    genders = _load_genders(article.language)
    around = _list_keys_near(sentence, article)
    for mine, other in (genders, genders[::-1]):
        words = [word for word in sentence.words if word.key in mine]
        if words and not sentence.keys & other and not around & mine and around & other:
            yield Finding(FindingKind.GENDER, words[0].text, min(around & other))


def _list_keys_near(sentence: Passage, article: SourceText) -> frozenset[str]:
    """Return the words of the article's sentences that name the person whom a model's sentence names, and of
    the sentences after them.

    Returns an empty set unless the model's sentence names exactly one person.
    """
    full = {name[-1].key for name in find_names(sentence) if len(name) > 1}
    named = full & article.keys or sentence.keys & index_names(article).persons
    if len(named) != 1:
        return frozenset()
    places = [at for at, passage in enumerate(article.passages) if named & passage.keys]
    near = (passage.keys for at in places for passage in article.passages[at : at + 2])
    return frozenset[str]().union(*near)
