# ruff: noqa: RUF001  punctuation of other scripts is the data
"""Who speaks in the direct speech of a text, as far as the words beside it tell."""

import re
from collections.abc import Iterator, Sequence

import regex

from newsbot.summarizers.openers import Openers
from newsbot.summarizers.quotations import Quotations, find, stretches
from newsbot.summarizers.words import words

__all__ = ["speakers"]

_LEAST = 4  # words; fewer are a title or a phrase, not speech
_LONG = 4  # letters of a word that a title of a work writes with a capital
_LONGEST = 60  # characters of a speaker's name
_MOST = 6  # words of one
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_CLAUSE = re.compile(r"\s*(?:[,;:!?()\[\]—–،؛۔।、，；：]|\s-\s|\.(?=\s|$)(?<![A-Z]\.)(?<!\bM\.))\s*")
_TRIM = " .,;:!?،۔।\"'“”‘’«»„()[]—–-"
_HELPERS = frozenset(
    """has have had also later then was is a ont hat haben hatte habe ha han había hanno avait to نے کا
    کی کے یہ ने का की""".split()  # noqa: SIM905  reads as the list it is
)
_ENDS = frozenset(
    """in on at during after before when while that who as from by with for about he she they it that am
    im beim zum auf nach vor bei gegenüber en al durante ante que sur dans lors à au devant che dass
    في خلال إن أن что в на во про gestern heute ayer hoy hier oggi ieri yesterday today monday tuesday
    wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag
    sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes
    sábado domingo lunedì martedì mercoledì giovedì venerdì segunda terça quarta quinta sexta""".split()  # noqa: SIM905  reads as the list it is
)
_ARTICLES = frozenset(["el", "le", "la", "il", "na", "nesta"])
_NAMED = regex.compile(
    r"[\s,]*((?:(?:Mr|Mrs|Ms|Dr)\.\s)?\p{Lu}[\p{L}'’-]{2,}(?:\s\p{Lu}[\p{L}'’-]+){0,3})\s\p{Ll}"
)
_JA = regex.compile(r"(?:^|[、。，,\s])([^、。「」，,\s]{1,25}?)(?:は|が|も)(?:、|[^はがも「」]{0,20}$)")
_JA_BEHIND = regex.compile(r"^と、?([^、。「」はが]{1,25}?)(?:は|が)")
_ZH = regex.compile(
    r"(?:^|[，。,；])([^，。,；：“”]{1,25}?)(?:说|說|表示|指出|称|稱|强调|強調|认为|認為|告诉|告訴|回应|回應)"
)


def speakers(title: str | None, sentences: Sequence[str], tables: Sequence[Openers]) -> dict[str, str]:
    """Return who speaks, by the headline or sentence with direct speech in it; "" where that is not clear."""
    found = _speakers([title], tables) if title else {}
    return found | _speakers(sentences, tables)


def _speakers(sentences: Sequence[str], tables: Sequence[Openers]) -> dict[str, str]:
    quotations = find(sentences)
    found: dict[str, str] = {}
    for first, last in stretches(quotations):
        run = range(first, last + 1)
        if not any(_is_speech(each) for each in _quoted(quotations, sentences, run)):
            continue
        beside = _beside(quotations, sentences, run)
        named = (_named(text, tables, behind=behind) for text, behind in beside)
        who = next((name for name in named if name is not None), "")
        found.update({sentences[index]: who for index in run})
    return found


def _quoted(quotations: Quotations, sentences: Sequence[str], run: range) -> Iterator[str]:
    for index in run:
        for start, end in quotations.spans.get(index, ()):
            yield sentences[index][start:end].strip(_TRIM)


def _is_speech(quoted: str) -> bool:
    """Say whether it is more than a phrase, and no title of a work ("Dancing with the Stars")."""
    if len(words(quoted)) < _LEAST:
        return False
    spoken = quoted.split()
    capitals = [word for word in spoken if word[0].isupper()]
    plain = spoken[0][0].islower() or spoken[-1][0].islower()
    return plain or len(capitals) * 2 < len(spoken)


def _beside(quotations: Quotations, sentences: Sequence[str], run: range) -> Iterator[tuple[str, bool]]:
    """Yield what stands outside of the quotations, the nearest first, and whether it stands behind them."""
    for index in reversed(run):
        pieces = _pieces(sentences[index], quotations.spans.get(index, []))
        yield from ((piece, True) for piece in pieces[1:] if piece.strip(_TRIM))
        yield from ((piece, False) for piece in pieces[:1] if piece.strip(_TRIM))
    following = run[-1] + 1
    quoted = following in quotations.spans
    if following < len(sentences) and not quoted and len(sentences[following].split()) <= _MOST:
        yield sentences[following], True
    if run[0] and sentences[run[0] - 1].endswith((":", "：")):
        yield sentences[run[0] - 1], False


def _pieces(sentence: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    pieces, at = [], 0
    for start, end in sorted(spans):
        pieces.append(sentence[at:start])
        at = max(at, end)
    return [*pieces, sentence[at:]]


def _named(text: str, tables: Sequence[Openers], *, behind: bool) -> str | None:
    """Return whom a text beside a quotation names as its speaker; "" for a pronoun, None for nobody."""
    if not tables[0].spaced:
        found = _JA_BEHIND.search(text.strip()) or _JA.search(text.strip()) or _ZH.search(text)
        name = found[1].strip() if found else None
        return "" if name in tables[0].pronouns else name
    clauses = [clause for clause in _CLAUSE.split(text) if clause]
    for clause in clauses if behind else reversed(clauses):
        subject = _subject(clause, tables)
        if subject is not None:
            return _without_pronoun(subject or _first_name(clauses, clause), tables)
    if text.rstrip().endswith(":") and clauses and len(clauses[-1].split()) < _MOST:
        return _without_pronoun(clauses[-1].split(), tables)
    found = _NAMED.match(text) if behind else None
    return found[1] if found else None


def _first_name(clauses: Sequence[str], verb: str) -> list[str]:
    """Return the subject of a verb that stands in another clause: "Anna Reid, who ..., said"."""
    for clause in clauses:
        spoken = clause.split()
        named = any(word[0].isupper() for word in spoken) and spoken[0].lower() not in _ENDS
        if clause != verb and named and len(spoken) <= _MOST:
            return spoken
    return []


def _subject(clause: str, tables: Sequence[Openers]) -> list[str] | None:
    """Return the words for who "said" in a clause; None where nobody says anything in it."""
    spoken = clause.split()
    plain = [word.strip(_TRIM).lower() for word in spoken]
    verbs = [i for i, word in enumerate(plain) if any(word in table.said for table in tables)]
    if not verbs:
        return None
    before = spoken[: verbs[0]]
    while before and before[-1].lower().strip(_TRIM) in _HELPERS:
        before.pop()
    if before and plain[verbs[0]] != "according":
        return before[: _MOST - 1]
    behind: list[str] = []
    for word, said in zip(spoken[verbs[-1] + 1 :], plain[verbs[-1] + 1 :], strict=True):
        if said in _ENDS or len(behind) == _MOST:
            break
        if behind or said not in _HELPERS - {"a"}:
            behind.append(word)
    while behind and behind[-1].lower() in _ARTICLES:
        behind.pop()
    return behind


def _without_pronoun(name: Sequence[str], tables: Sequence[Openers]) -> str:
    plain = [word.strip(_TRIM).lower() for word in name]
    if any(word in table.pronouns for table in tables for word in plain[:2]):
        return ""
    return " ".join(name).strip(_TRIM)[:_LONGEST]
