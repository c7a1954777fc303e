"""Checks of whether a sentence refers to a person or thing that a post does not show.

A post may not begin with "these accusations", "Graham" or "The proposal" if only the article says what these
accusations are, who Graham is, and what was proposed.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import regex

from newsbot.files import compile_patterns, load_toml
from newsbot.summarizers.anaphora import AnaphoraTable
from newsbot.summarizers.cohesion import RECENT, is_addressed_to_reader
from newsbot.summarizers.quotations import find_in
from newsbot.summarizers.sentences import words

__all__ = [
    "continues_earlier_text",
    "count_full_names",
    "has_demonstrative",
    "has_name",
    "has_unknown_first_name",
    "has_unknown_reference",
    "has_unknown_speaker",
    "is_addressed_to_person",
    "is_background",
    "is_opened_by_contrast",
    "is_opened_by_known_name",
    "is_opened_by_known_thing",
    "is_opened_by_pronoun",
    "is_opened_by_reference",
    "is_reversed",
]

_PATTERNS = compile_patterns(load_toml(__package__, "references.toml"))
_SURNAME = regex.compile(r"(?:(?:Mr|Mrs|Ms|Dr)\.? )?(\p{Lu}[\p{L}'’-]{2,}),? (?!\p{Lu})")
# The pattern matches a speaker with one name: "..., Lopez said".
_SAYING = regex.compile(
    r"(?:^|[,;:”\"’'] )(\p{Lu}[\p{L}’'-]{2,}) (?:said|says|told|added|adds|wrote|writes|tweeted)\b"
)
# The pattern matches the words before a sentence's first comma, perhaps after a newspaper's name ("Times:
# Mr Reid, ..."). It does not match if a relative clause, an age or a title between two commas comes next.
_ADDRESSED = re.compile(
    r"(?:[^:,]{2,30}:\s+)?[\"“„«–—-]*\s*(?P<name>[^,:;!?]{2,60}),\s+(?!\d|(?:who(?:m|se)?|the|an?|der|die|das|dem|den|dessen|deren|seit"
    r"|qui|que|dont|quien|cuy[oa]|che|cui|kt[óo]r\w+|aki\w*|който|която|чи[ий]то|котор\w+"
    r"|einer?|l['’]|le|la|une?|el|un[ao]|uma?|o|il|lo|de|het|een|az)\b[^,.]*,)"
)
_THE = re.compile(r"[\"“‘']?The\s+([a-z’'-]+(?:\s+[\w’'-]+){0,2})")
_ENGLISH_REFERENCES = ("this", "these", "those ", "such ", "both")
_BARE = re.compile(r"\b(?:this|these)(?=[,.;]| (?:and|or|but)\b)")
_BOTH = re.compile(r"\bboth\b")
# The pattern begins with a character class, because `re` searches for that fast.
_PRONOUN = re.compile(
    r"[HhSs](?<!\w.)(?:(?<=[Hh])(?:e|is|ers?|im|imself|erself)|(?<=[Ss])he)\b", re.IGNORECASE
)
_NAME = regex.compile(r"\p{Lu}[\p{L}'’.-]+")
_NAME_INSIDE = regex.compile(r"(?<=[\p{Ll},;:–—-][ ’'\"“«„]+)\p{Lu}[\p{L}\d]+|\w[ -]\p{Lu}\p{Lu}")
_ABBREVIATION = regex.compile(r"\b\p{Lu}{2,}\b")
_SHORT = 2  # A word of more letters than this is no grammatical article ("the") or pronoun.
_LONGEST_NAME = 30  # A surname and the mark after it have at most this many characters.
_TRIM = " .,;:!?…()[]«»“”„\"'‘’–—-"
# The words that may stand before the name of a thing or place (grammatical articles and prepositions), and
# those before and after the name of a person.
_ARTICLES = re.compile("the|an?|d(?:er|ie|as|en|em)|l(?:e|a|es)|el|l[oa]s|il|gli|het")
_PREPOSITIONS = re.compile("in|at|from|of|im|aus|von|bei|à|en|d[eiua]|we?|z|v|[ув]|из|на|от")
_BEFORE_PERSONS = re.compile("m(?:r|rs|s|me)|dr|herr|frau|sra?|señora?|don|doña|signora?|г-жа|г-н")
_AFTER_PERSONS = ("who", "whose", "quien")
_TITLE_NAME = regex.compile(r"(?<=\s)\p{Lu}[\p{L}'’-]{3,}")
_NAME_GOES_ON = regex.compile(r"\p{L}| \p{Lu}")
# The ranks that stand before a surname as a first name does.
_RANKS = re.compile(
    r"(?:president|minister|chancellor|secretary|sen|senator|rep|gov|governor|mayor|judge|justice|pope|king|queen|prince"
    r"|princess|gen|general|coach|präsident(?:in)?|ministerin|kanzler(?:in)?|papst|présidente?|ministre|presidenta?"
    r"|presidente|ministr[ao]|papa|президент|министр)\.?"
)
_FEW = 3  # Only a noun with more letters than this counts as known from the headline.
_STEM = 5  # Two words count as the same if this many of their first letters are the same.
# A reference to another sentence is looked for in this many characters at a sentence's start.
_EARLY = 60


def has_unknown_reference(sentence: str, shown: str, language: str | None, *, anywhere: bool = False) -> bool:
    """Return whether a sentence refers near its start to a thing that the text ``shown`` does not mention.

    ``shown`` is the text that a post shows before the sentence. References are phrases like "these
    accusations" and "such a car", and in English also "both". Times ("this week") don't count, because they
    refer to the day of reading. Later in a sentence, these words mostly refer to the sentence's own
    beginning, so references there count only with ``anywhere``.
    """
    code = (language or "en")[:2].lower()
    pattern = _PATTERNS["references"].get(code)
    if pattern is None or (code == "en" and not any(word in sentence for word in _ENGLISH_REFERENCES)):
        return False
    outside = find_in(sentence).remove_quotations(0, sentence)
    if code == "en" and _BARE.search(outside):
        return True
    for found in pattern.finditer(outside):
        if found.start() >= _EARLY and not anywhere:
            break
        if found.start() and found[0][0].isupper():
            # A reference with a capital after the text's beginning is not checked: it opens a second
            # sentence, and may refer to the first one.
            continue
        phrase = found[found.lastindex] if found.lastindex else ""
        known = f"{shown} {outside[: found.start()]}".lower()
        if not _PATTERNS["times"][code].search(phrase) and not any(
            word[:_STEM] in known for word in words(phrase) if len(word) > _SHORT
        ):
            return True
    both = _BOTH.search(outside if anywhere else outside[:_EARLY]) if code == "en" else None
    return both is not None and " and " not in outside and " and " not in shown


def has_demonstrative(sentence: str, language: str | None) -> bool:
    """Return whether a sentence that is not English has a word like "these" or "he" near its start.

    The word may refer to another sentence. `has_unknown_reference` and `is_opened_by_pronoun` check English.
    """
    words = _PATTERNS["demonstratives"].get((language or "en")[:2].lower())
    outside = find_in(sentence).remove_quotations(0, sentence)
    return words is not None and words.search(outside[:_EARLY]) is not None


def is_opened_by_known_thing(sentence: str, shown: str, language: str | None) -> bool:
    """Return whether a sentence opens with "The" and a noun ("The proposal") that ``shown`` does not have.

    ``shown`` is the text that a post shows before the sentence.
    """
    code = (language or "en")[:2].lower()
    if code == "en":
        found = _THE.match(sentence)
        known = words(shown)
        return found is not None and not any(len(word) > _SHORT and word in known for word in words(found[1]))
    opened = _PATTERNS["definite"][code].match(sentence) if code in _PATTERNS["definite"] else None
    nouns = sentence[opened.end() :].split()[:2] if opened else []
    # A name after "the" says which thing is meant. A German noun has a capital without being a name, so only
    # the word after it is checked.
    named = any(noun[0].isupper() for noun in (nouns[1:] if code == "de" else nouns))
    return (
        bool(nouns)
        and not named
        and not any(len(noun) > _FEW and noun.lower()[:_STEM] in shown.lower() for noun in nouns)
    )


def is_opened_by_contrast(sentence: str, language: str | None) -> bool:
    """Return whether a sentence's first words set it against the one before it ("The bank, however,")."""
    contrasts = _PATTERNS["contrasts"].get((language or "en")[:2].lower())
    return contrasts is not None and contrasts.match(sentence) is not None


def continues_earlier_text(sentence: str, shown: str, language: str | None) -> bool:
    """Return whether a sentence goes on from an earlier one: "Within hours, ...", "..., the ministry said."

    An authority is known if the text ``shown``, which a post shows before the sentence, has it too.
    """
    continuations = _PATTERNS["continuations"].get((language or "en")[:2].lower())
    found = continuations.search(sentence) if continuations is not None else None
    if found is None:
        return False
    authority = (found["said"] or "").lower()
    return not authority or authority not in f"{shown} {sentence[: found.start()]}".lower()


def is_opened_by_reference(sentence: str, language: str | None) -> bool:
    """Return whether a sentence opens with a word like "He" or "But", in a language without an
    `AnaphoraTable`, or with "Last winter, he" in Chinese, Japanese or Korean.
    """
    code = (language or "en")[:2].lower()
    late, openings = _PATTERNS["late_pronouns"].get(code), _PATTERNS["openings"].get(code)
    if late is not None and late.match(sentence):
        return True
    opening = openings.match(sentence.lstrip(_TRIM)) if openings is not None else None
    return opening is not None and not sentence.lstrip(_TRIM)[opening.end() :][:1].isalnum()


def has_name(sentence: str, article: str, language: str | None) -> bool:
    """Return whether a sentence has a capital inside, or opens with a word that ``article`` never writes in
    small letters.

    Return True for a sentence in a script without capitals, in which names can't be told. In German, all
    nouns have capitals, so only the capitals of whole words ("EZB") count.
    """
    if sentence.lower() == sentence.upper():
        return True
    german = (language or "en")[:2].lower() == "de"
    if (_ABBREVIATION if german else _NAME_INSIDE).search(sentence):
        return True
    first = next(iter(sentence.split()), "").strip(_TRIM)
    return not german and re.search(rf"\b{re.escape(first.lower())}\b", article) is None


def is_background(sentence: str, title: str, language: str | None) -> bool:
    """Return whether a sentence begins with the time before the news, and shares no word with a headline of
    several words.

    Such a sentence begins with words like "For more than a decade", or its first clause has "years ago".
    """
    background = _PATTERNS["background"].get((language or "en")[:2].lower())
    opening = background.match(sentence) if background is not None else None
    if opening is None:
        past = _PATTERNS["past"].get((language or "en")[:2].lower())
        opening = past.search(sentence.partition(",")[0]) if past is not None else None
    if opening is None:
        return False
    rest = sentence[: opening.start()] + sentence[opening.end() :]
    told, named = ({word[:_STEM] for word in words(text) if len(word) > _FEW} for text in (rest, title))
    return len(named) > 1 and told.isdisjoint(named)


def is_reversed(sentence: str, following: str, language: str | None) -> bool:
    """Return whether a sentence tells how things were before, and the next sentence ``following`` tells that
    they changed: it opens with "But" or "Now".
    """
    code = (language or "en")[:2].lower()
    before, now = _PATTERNS["former_states"].get(code), _PATTERNS["reversals"].get(code)
    return (
        before is not None
        and now is not None
        and now.match(following) is not None
        and before.search(sentence) is not None
    )


def is_opened_by_pronoun(sentence: str, shown: str) -> bool:
    """Return whether a sentence has "he" or "she" before any name, and the text ``shown`` has no name.

    ``shown`` is the text that a post shows before the sentence.
    """
    found = _PRONOUN.search(sentence)
    if found is None:
        return False
    return _NAME.search(f"{shown} {sentence[: found.start()]}") is None


def is_opened_by_known_name(sentence: str, shown: str, before: str) -> bool:
    """Return whether a sentence opens with a surname that a reader of the post can't know.

    The full name is in ``before``, the article's text before the sentence, but the post's text ``shown`` does
    not have the surname.
    """
    found = _SURNAME.match(sentence)
    if found is None or found[1] in shown or found[1] not in before:
        return False
    name = regex.escape(found[1])
    return regex.search(rf"\p{{Lu}}[\p{{L}}.'’-]+ {name}\b|\b{name} \p{{Lu}}\p{{Ll}}", before) is not None


def has_unknown_speaker(sentence: str, shown: str, article: str) -> bool:
    """Return whether a sentence gives a speaker's surname only, while ``article`` has the full name.

    ``shown`` is the text that a post shows before the sentence. Only English is checked.
    """
    found = _SAYING.search(sentence)
    if found is None or found[1] in shown or sentence.count(found[1]) > 1 or found[1] not in article:
        return False
    return regex.search(rf"\p{{Lu}}[\p{{L}}.'’-]+ {found[1]}\b", article) is not None


@lru_cache(maxsize=RECENT)
def has_unknown_first_name(
    sentence: str, shown: str, article: str, tables: tuple[AnaphoraTable, ...]
) -> bool:
    """Return whether a sentence calls a person by the first name only, although ``article`` has the surname
    too.

    ``shown`` is the text that a post shows before the sentence.
    """
    spoken = sentence.split()
    for before, word, behind in zip(["", *spoken], spoken, [*spoken[1:], ""], strict=False):
        # This check comes first, because it is the cheapest, and because most words begin with a small
        # letter.
        if not word[:1].isupper() or behind.istitle() or behind.startswith("("):
            continue
        name = _trim_name(word)
        longer = before.istitle() and before[-1].isalpha() and before != spoken[0]
        if longer or len(name) <= _SHORT or name in shown or _PREPOSITIONS.fullmatch(before.lower()):
            continue
        following = (piece[:_LONGEST_NAME].split(" ", 1)[0] for piece in article.split(f"{name} ")[1:])
        surnames = {_trim_name(each) for each in following if each.istitle()}
        surname = surnames.pop() if len(surnames) == 1 else None
        if surname is None or surname in f"{shown} {sentence}":
            continue
        if _is_person(name, surname, article, tables):
            return True
    return False


def _trim_name(word: str) -> str:
    return word.strip(_TRIM).removesuffix("'s").removesuffix("’s")


def _is_person(name: str, surname: str, article: str, tables: tuple[AnaphoraTable, ...]) -> bool:
    """Return whether the article's text ``article`` uses a name as that of a person.

    It does if a verb of saying stands next to the surname alone, or if a title, an age or "who" stands beside
    the name. A word like "the" or another name before it shows that it is no person's name.
    """
    found = False
    for before, behind in pairwise(article.split(surname)):
        words_before = before[-_LONGEST_NAME:].split()
        previous = next((word for word in reversed(words_before) if word != name), "")
        following = _trim_name((behind[:_LONGEST_NAME].strip(_TRIM).split() or [""])[0])
        title = _BEFORE_PERSONS.fullmatch(previous.lower().rstrip("."))
        if behind[:1].isalpha() or _ARTICLES.fullmatch(previous.lower()):
            return False
        if previous.istitle() and previous[-1].isalpha() and not title:
            return False
        alone = words_before[-1:] != [name]
        says = alone and any(following in table.said or previous in table.said for table in tables)
        aged = following.isdigit() and len(following) == _SHORT
        found |= says or aged or title is not None or following in _AFTER_PERSONS
    return found and len(surname) > _SHORT and f" {surname.lower()} " not in article


def count_full_names(title: str, shown: str, article: str) -> int:
    """Return for how many surnames in a headline the text ``shown`` has the first name too."""
    return sum(
        any(
            name.istitle() and name not in title and _is_first_name(name, surname, article)
            for before, behind in pairwise(shown.split(f" {surname}"))
            if (name := before.rpartition(" ")[2]) and not _NAME_GOES_ON.match(behind)
        )
        for surname in _TITLE_NAME.findall(f" {title}")
        if surname in shown
    )


def _is_first_name(name: str, surname: str, article: str) -> bool:
    """Return whether two words are a person's name: ``article`` has the surname alone too.

    A surname never stands after "the" or in small letters. A rank ("President") is no first name.
    """
    if _RANKS.fullmatch(name.lower()) or _BEFORE_PERSONS.fullmatch(name.lower().rstrip(".")):
        return False
    others = (f"the {surname}", f"The {surname}", f" {surname.lower()}")
    alone = article.count(surname) > article.count(f"{name} {surname}")
    return alone and not any(map(article.__contains__, others))


def is_addressed_to_person(sentences: Sequence[str], language: str | None) -> bool:
    """Return whether the first of some sentences opens an interview by addressing the interviewed person.

    It begins with a title, a name and a comma ("Mr Reid, the island has waited for two years."), and one of
    the sentences says "you". A name that a relative clause or an apposition explains is not addressed.
    """
    titles = _PATTERNS["titles"].get((language or "en")[:2].lower())
    found = _ADDRESSED.match(sentences[0])
    return (
        titles is not None
        and found is not None
        and titles.match(found["name"]) is not None
        and any(is_addressed_to_reader(sentence, language) for sentence in sentences)
    )
