"""Detection of quotations, which may run over several sentences, and of who speaks in them."""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import regex

from newsbot.files import load_toml
from newsbot.summarizers.anaphora import AnaphoraTable
from newsbot.summarizers.sentences import words

__all__ = ["Quotations", "find_in", "find_quotations", "quotation_stretches", "speakers"]

# The quotations found in this many texts are cached, because an article's texts are used repeatedly.
RECENT = 300
# A quotation may close up to this many sentences after the sentence in which it opens. If it does not, its
# opening mark counts as a mark that never closes.
REACH = 12
# A quotation in single marks must close at most this many sentences after the sentence in which it opens.
SINGLE_REACH = 4

# The pattern matches a quotation mark; two single marks count as a double one, and an apostrophe between
# letters does not match. The pattern begins with a character class, because `re` searches for that fast.
MARKS = re.compile(r"[\"“”„«»「」『』‹›'’‘`](?!(?<=[^\W_]['’‘`])[^\W_])(?:(?<=')'|(?<=’)’|(?<=‘)‘|(?<=`)`)?")
OPENING = frozenset("“„«「『‹‘")
CLOSING = frozenset("”»」』›’")
# The families of quotation marks: marks of one family close each other, as in “this”, „this“ and »this«.
FAMILIES = {
    **dict.fromkeys("'‘’`", "single"),
    **dict.fromkeys("「」", "corner"),
    **dict.fromkeys("『』", "white corner"),
}


class _Mark(NamedTuple):
    """A quotation mark in a text: the index of its sentence, and its place in the sentence.

    ``opens`` is None if the text around the mark does not show whether the mark opens or closes.
    """

    sentence: int
    start: int
    end: int
    opens: bool | None


class Quotations(NamedTuple):
    """The quotations in an article's sentences, by the sentences' indices.

    ``spans`` are the quoted parts (start, end) of each sentence. ``joined`` are the sentences whose quotation
    continues in the next sentence. ``strays`` are the sentences in which a quotation opens that never closes.
    """

    spans: dict[int, list[tuple[int, int]]]
    joined: set[int]
    strays: set[int]

    def remove_quotations(self, index: int, sentence: str) -> str:
        """Return the text of ``sentence`` (the article's sentence number ``index``) without quoted words."""
        kept, at = [], 0
        for start, end in sorted(self.spans.get(index, ())):
            kept.append(sentence[at:start])
            at = max(at, end)
        return " ".join([*kept, sentence[at:]])


def find_quotations(sentences: Sequence[str]) -> Quotations:
    """Find the quotations in an article's sentences by pairing opening and closing quotation marks.

    The returned object is cached, so callers must not change it.
    """
    return _find_quotations(tuple(sentences))


@lru_cache(maxsize=RECENT)
def _find_quotations(sentences: tuple[str, ...]) -> Quotations:
    families: defaultdict[str, list[_Mark]] = defaultdict(list)
    for index, sentence in enumerate(sentences):
        for found in MARKS.finditer(sentence):
            mark, (start, end) = found[0], found.span()
            opens = _mark_direction(mark, sentence[start - 1 : start], sentence[end : end + 1])
            families[FAMILIES.get(mark, "double")].append(_Mark(index, start, end, opens))
    quotations = Quotations({}, set(), set())
    for family, marks in families.items():
        reach = SINGLE_REACH if family == "single" else REACH
        for opening, closing in _match_marks(marks, reach):
            if closing is not None:
                _add_span(quotations, sentences, opening, closing)
            elif family != "single":
                quotations.strays.add(opening.sentence)
    return quotations


def find_in(sentence: str) -> Quotations:
    """Return the quotations in a single sentence; a quotation that closes only in another sentence counts as
    never closed.
    """
    return _find_quotations((sentence,))


def quotation_stretches(quotations: Quotations) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each run of sentences that one quotation joins."""
    last = -1
    for first in sorted(quotations.spans):
        if first <= last:
            continue
        last = first
        while last in quotations.joined:
            last += 1
        yield first, last


def _mark_direction(mark: str, before: str, after: str) -> bool | None:
    """Return True if a quotation mark opens, False if it closes, and None if its neighbours don't tell.

    The mark alone does not decide: “ may close (German), ” may open (Swedish), and " does both. ``before``
    and ``after`` are the characters next to the mark.
    """
    if mark in "「『」』":
        return mark in OPENING
    glued_before = bool(before) and not before.isspace() and before not in "([{-–—:¡¿"
    glued_after = bool(after) and not after.isspace() and after not in ".,;:!?)]}-–—…،؛؟۔।"
    if glued_before != glued_after:
        return glued_after
    return mark in OPENING if mark in OPENING or mark in CLOSING else None


def _match_marks(marks: Sequence[_Mark], reach: int) -> Iterator[tuple[_Mark, _Mark | None]]:
    """Yield each opening quotation mark with the mark that closes it, or with None if no mark does.

    A quotation of several paragraphs has an opening mark in each paragraph and closes once. So a second
    opening mark at the start of a sentence continues the first quotation. Elsewhere a second opening mark
    shows that the first one has no closing mark.
    """
    opened: _Mark | None = None
    for mark in marks:
        if opened is not None and mark.sentence - opened.sentence > reach:
            yield opened, None
            opened = None
        opens = opened is None if mark.opens is None else mark.opens
        if opened is not None and not opens:
            yield opened, mark
            opened = None
        elif opened is None and opens:
            opened = mark
        elif opened is not None and (mark.start > 0 or mark.sentence == opened.sentence):
            yield opened, None
            opened = mark
    if opened is not None:
        yield opened, None


def _add_span(quotations: Quotations, sentences: Sequence[str], opening: _Mark, closing: _Mark) -> None:
    for index in range(opening.sentence, closing.sentence + 1):
        start = opening.start if index == opening.sentence else 0
        end = closing.end if index == closing.sentence else len(sentences[index])
        quotations.spans.setdefault(index, []).append((start, end))
    quotations.joined.update(range(opening.sentence, closing.sentence))


_LEAST = 4  # A quoted text of fewer words than this is a title or a phrase, not speech.
_LONG = 4  # A word of at least this many letters has a capital in the title of a book or film.
_LONGEST = 60  # A speaker's name has at most this many characters.
_MOST = 6  # A speaker's name has at most this many words.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_CLAUSE = re.compile(r"\s*(?:[,;:!?()\[\]—–،؛۔।、，；：]|\s-\s|\.(?=\s|$)(?<![A-Z]\.)(?<!\bM\.))\s*")
_TRIM = " .,;:!?،۔।\"'“”‘’«»„()[]—–-"
_DATA = load_toml(__package__, "quotations.toml")
_HELPERS = frozenset(_DATA["helpers"].split())
_ENDS = frozenset(_DATA["ends"].split())
_ARTICLES = frozenset(_DATA["articles"].split())
_NAMED = regex.compile(
    r"[\s,]*((?:(?:Mr|Mrs|Ms|Dr)\.\s)?\p{Lu}[\p{L}'’-]{2,}(?:\s\p{Lu}[\p{L}'’-]+){0,3})\s\p{Ll}"
)
_JA = regex.compile(r"(?:^|[、。，,\s])([^、。「」，,\s]{1,25}?)(?:は|が|も)(?:、|[^はがも「」]{0,20}$)")
_JA_BEHIND = regex.compile(r"^と、?([^、。「」はが]{1,25}?)(?:は|が)")
_ZH = regex.compile(
    r"(?:^|[，。,；])([^，。,；：“”]{1,25}?)(?:说|說|表示|指出|称|稱|强调|強調|认为|認為|告诉|告訴|回应|回應)"
)


def speakers(title: str | None, sentences: Sequence[str], tables: Sequence[AnaphoraTable]) -> dict[str, str]:
    """Return the speaker of each sentence of an article (and of its headline) that has direct speech.

    The keys are the sentences' texts. The speaker is "" if the article does not clearly name one.
    """
    found = _find_text_speakers([title], tables) if title else {}
    return found | _find_text_speakers(sentences, tables)


def _find_text_speakers(sentences: Sequence[str], tables: Sequence[AnaphoraTable]) -> dict[str, str]:
    quotations = find_quotations(sentences)
    found: dict[str, str] = {}
    for first, last in quotation_stretches(quotations):
        run = range(first, last + 1)
        if not any(_is_speech(each) for each in _quoted_texts(quotations, sentences, run)):
            continue
        beside = _texts_beside_quotation(quotations, sentences, run)
        named = (_find_named_speaker(text, tables, behind=behind) for text, behind in beside)
        who = next((name for name in named if name is not None), "")
        found.update({sentences[index]: who for index in run})
    return found


def _quoted_texts(quotations: Quotations, sentences: Sequence[str], run: range) -> Iterator[str]:
    for index in run:
        for start, end in quotations.spans.get(index, ()):
            yield sentences[index][start:end].strip(_TRIM)


def _is_speech(quoted: str) -> bool:
    """Return whether a quoted text is what somebody said, and not a mere phrase or a title ("Gone with the
    Wind").
    """
    if len(words(quoted)) < _LEAST:
        return False
    spoken = quoted.split()
    capitals = [word for word in spoken if word[0].isupper()]
    plain = spoken[0][0].islower() or spoken[-1][0].islower()
    return plain or len(capitals) * 2 < len(spoken)


def _texts_beside_quotation(
    quotations: Quotations, sentences: Sequence[str], run: range
) -> Iterator[tuple[str, bool]]:
    """Yield the texts beside the quotations in a run of sentences, each with True if the text follows a
    quotation, else with False.
    """
    for index in reversed(run):
        pieces = _unquoted_pieces(sentences[index], quotations.spans.get(index, []))
        yield from ((piece, True) for piece in pieces[1:] if piece.strip(_TRIM))
        yield from ((piece, False) for piece in pieces[:1] if piece.strip(_TRIM))
    following = run[-1] + 1
    quoted = following in quotations.spans
    if following < len(sentences) and not quoted and len(sentences[following].split()) <= _MOST:
        yield sentences[following], True
    if run[0] and sentences[run[0] - 1].endswith((":", "：")):
        yield sentences[run[0] - 1], False


def _unquoted_pieces(sentence: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    pieces, at = [], 0
    for start, end in sorted(spans):
        pieces.append(sentence[at:start])
        at = max(at, end)
    return [*pieces, sentence[at:]]


def _find_named_speaker(text: str, tables: Sequence[AnaphoraTable], *, behind: bool) -> str | None:
    """Return the speaker that a text next to a quotation names.

    Return "" if the text names the speaker only by a pronoun, and None if the text has no speaker. ``behind``
    says that the text comes after the quotation.
    """
    if not tables[0].spaced:
        found = _JA_BEHIND.search(text.strip()) or _JA.search(text.strip()) or _ZH.search(text)
        name = found[1].strip() if found else None
        return "" if name in tables[0].pronouns else name
    clauses = [clause for clause in _CLAUSE.split(text) if clause]
    for clause in clauses if behind else reversed(clauses):
        subject = _find_subject(clause, tables)
        if subject is not None:
            return _drop_pronoun(subject or _first_name(clauses, clause), tables)
    if text.rstrip().endswith(":") and clauses and len(clauses[-1].split()) < _MOST:
        return _drop_pronoun(clauses[-1].split(), tables)
    found = _NAMED.match(text) if behind else None
    return found[1] if found else None


def _first_name(clauses: Sequence[str], verb: str) -> list[str]:
    """Return a speaker's name from a clause other than that of the verb "said", as in "Anna Reid, who ...,
    said".

    ``verb`` is the clause with the verb "said". Return [] if no clause has a name.
    """
    for clause in clauses:
        spoken = clause.split()
        named = any(word[0].isupper() for word in spoken) and spoken[0].lower() not in _ENDS
        if clause != verb and named and len(spoken) <= _MOST:
            return spoken
    return []


def _find_subject(clause: str, tables: Sequence[AnaphoraTable]) -> list[str] | None:
    """Return the words that name the speaker in a clause with a verb like "said".

    Return [] if the clause consists of the verb alone, and None if the clause has no verb like "said".
    """
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


def _drop_pronoun(name: Sequence[str], tables: Sequence[AnaphoraTable]) -> str:
    plain = [word.strip(_TRIM).lower() for word in name]
    if any(word in table.pronouns for table in tables for word in plain[:2]):
        return ""
    return " ".join(name).strip(_TRIM)[:_LONGEST]
