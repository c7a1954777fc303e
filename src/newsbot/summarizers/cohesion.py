"""Checks of whether a post may show a sentence of an article without the sentences around it.

A post may not show a sentence alone if the sentence's opening refers to another sentence, if the sentence is
a quotation whose speaker it does not name, or if the sentence is a row of a table, a label or a note.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import Literal, NamedTuple

import regex

from newsbot.files import compile_patterns, load_toml
from newsbot.identity.texts import announces_more
from newsbot.summarizers.anaphora import AnaphoraTable
from newsbot.summarizers.datelines import drop_dateline, is_dateline
from newsbot.summarizers.quotations import Quotations, find_in, find_quotations, quotation_stretches
from newsbot.summarizers.sentences import words

__all__ = [
    "Cohesion",
    "find_cohesion",
    "find_quoted_cohesion",
    "is_addressed_to_reader",
    "is_announcement",
    "is_damaged",
    "is_dangling",
    "is_field",
    "is_first_person",
    "is_fragment",
    "is_listed",
    "is_mostly_speech",
    "is_numbered",
    "is_question",
    "is_row",
    "is_said_by_pronoun",
    "is_scrap",
    "is_speech_without_speaker",
    "sentence_ranges",
]

# ---------------------------------------------------------------- sentences that a post can't show

_QUESTION = re.compile(
    r"(?:[?？؟;]|(?:か|[かの]な|かしら)。|(?:[인는은한던]가|[가-힣](?<!니)까|는지)\.)[\"'”’)\]」』]*$"
)
# The pattern `_FIRST` begins with a character class, because `re` searches for that fast.
_FIRST = re.compile(
    r"[ILMOWlmouw](?<![\w’'.].)(?:(?<=I)(?:['’](?:m|ve|d|ll))?|(?<=[Mm])(?:e|y(?:self)?)|(?<=m)ine"
    r"|(?<=[Ww])e(?:['’](?:re|ve|d|ll))?|(?<=u)s|(?<=[Oo])ur(?:s|selves)?|(?<=[Ll])et['’]s)(?![\w’'])"
)
_PATTERNS = compile_patterns(load_toml(__package__, "cohesion.toml"))
_FIRST_OTHERS, _WE = _PATTERNS["first_person"], _PATTERNS["we"]
_FIELD = regex.compile(r"[^\W_](?:[^:：!?。।۔\n]|(?<=\d):(?=\d)){0,30}+\s?[:：](?!(?<=\d.)\d)\s*\S")
# The pattern matches a name of one to three words before a colon, perhaps with the name's place in a table.
_NAME_BEFORE = regex.compile(r"(?:\d+\s?[-–.]\s?)?[\p{L}\p{M}]+(?: [\p{L}\p{M}]+){0,2}\s?[:：]\s*\S")
# The pattern matches the start of a line that is no sentence: an entry of a list, a figure, a copyright line.
_ROW = regex.compile(
    r"[(\[]?(?:\d{1,3}|[a-z])[.)\]۔]\s|[•·▪●–—*-]\s|\W*\d[\d\s.,:%/–-]*\W*$"
    # In the pattern of lines without news, this part matches a copyright line or a note in parentheses.
    r"|©|\([^()]*\)\W*$"
    # In the pattern of lines without news, this part matches "6A: ...", "Step 1: ..." and "1 sack, 2 hits".
    r"|(?:\w+: ?)?[\w-]*\d[\w-]*: |[\p{L}\p{M}]+ \d{1,3}\s?[:：]\s|\d+ [^\s,]+(?:, \d+ [^\s,]+)+\W*$"
)
# The pattern matches two or more words, none of which begins with three small letters.
_VALUE = regex.compile(r"(?:(?!\p{Ll}{3})[^\s\p{Lo}]+(?:\s+|$)){2,}")
_NUMBERED = regex.compile(r"\W*(?:\d{1,2}\s?(?:[.)\]۔-](?=\s|$)|[．、](?!\d))|[①-⑳])")
_FIGURES = re.compile(r"\d\s+(?:\d\s+){3}")
_ADDRESS = regex.compile(r"https?://|www\.\w|[\w.-]+@[\w-]+\.\w")
_DIGIT = re.compile(r"\d")
_LABEL = re.compile(
    r"^(?:photos?|image|picture|credit|video|watch|related|read|see also|more|source|note|editor['’]s note)\b"
    r"[^.!?]{0,60}(?::|\b(?:here|our|us|below|now)\b)"
    r"|^(?:updated?|updates|correction|advertisement|tags?|topics?|share|contact|copyright|click|subscribe"
    r"|sign up|follow|download|listen|join|visit|register|book|buy|rsvp)\b"
    r"[^.!?]{0,60}(?::|\b(?:here|our|us|below|now)\b)|^welcome to\b"
    r"|^(?:like|follow|join|find|folgen sie|folgt|síguenos|sigue a|siga|suivez|rejoignez|seguici|следите)\b"
    r"[^.!?]{0,60}\b(?:on|auf|bei|en|no|sur|su|на) (?:facebook|twitter|instagram|youtube|telegram|whatsapp)\b"
    r"|^(?:pictured|above|below|left|right|summary|highlights|key (?:points|takeaways)|in brief|tl;?dr)\s?:",
    re.IGNORECASE,
)
# A space is put before a text that is compared with this pattern, because `re` searches fast for the
# character class with which the pattern begins.
_ABOUT_PAGE = re.compile(
    r"\W(?:in this (?:article|post|guide|video|episode|issue)|click here|newsletter|getty images|file photo"
    r"|this (?:article|post|story|content|video|page) (?:is|was|has|describes|contains|first|originally)"
    r"|below,? (?:we|you|is|are)|use (?:the )?(?:promo )?code|promo code|terms and conditions|privacy policy"
    r"|all times local|contributed to this report|thanks for (?:signing|reading)|sign(?:ed)? up for"
    r"|(?:we|i) may (?:earn|receive)|affiliate links?|check out|click through|scroll down"
    r"|see (?:the|our|my) [\w' ]{1,40}(?:here|below|above|document|page)"
    r"|(?:read|watch|listen|download|find|learn|see) [\w', ]{0,40}\b(?:here|above|below)(?=\W*$)"
    r"|for more (?:ideas|information|details|on|about))\b"
)
# A sentence with one of these phrases and a word for "only" is a note on what a site's members can see, and
# no news.
_MEMBERS = (
    *("logged-in", "logged in", "registered users", "registered members", "registered readers", "eingeloggt"),
    *(
        "angemeldete nutzer",
        "angemeldeten nutzer",
        "registrierte nutzer",
        "registrierten nutzer",
        "angemeldete benutzer",
    ),
    *("utilisateurs inscrits", "membres inscrits", "utilisateurs connectés", "membres connectés"),
    *("usuarios registrados", "lectores registrados", "usuários registrados", "usuários cadastrados"),
    *("utenti registrati", "зарегистрированные пользов", "зарегистрированным пользов", "المستخدمين المسجلين"),
    *("رجسٹرڈ صارف", "पंजीकृत उपयोगकर्ता", "ログインユーザー", "登録会員", "ログインした"),
)
_ONLY = re.compile(
    r"\b(?:only|nur|seuls?|uniquement|sólo|solo|apenas|somente|soltanto|только)\b|فقط|صرف|केवल|सिर्फ|のみ|限定|だけ"
)
_GLUED_COMMA = regex.compile(r",(?:(?<=\p{Latin}{2},)\p{Latin}{2}|(?<=\p{Cyrillic}{2},)\p{Cyrillic}{2})")
# The pattern matches a capital inside a word. It begins a name that is joined to the word before it
# ("andAnnie") if that is one of the next words.
_INNER_CAPITAL = re.compile(r"[a-zа-я][A-ZÀ-ÖØ-ÞА-Я][a-zß-öø-ÿа-я]{2}")
_GLUED_WORDS = frozenset(
    """
    and con das der des die een for from het las les los mit och per por que that und von with для или что
    """.split()  # noqa: SIM905  This form is easier to read.
)
_COMMA = re.compile(r",[^\W\d_]")
_AFTER_CLAUSE = re.compile(r"[,،;:–—]")  # The pattern matches the punctuation mark after a dependent clause.
# A word of these that stands twice in a row does so by mistake.
_TWICE = frozenset(
    "the a an of with and for from by und mit für von le les des el los del con il di e y".split(),  # noqa: SIM905  A list would have a line for each word.
)
# The wrong English article before a number with a hyphen: "a 8-year-old", "an 7-hour".
_WRONG_ARTICLE = re.compile(r"\b(?:[Aa] (?:8\d?|1[18])|[Aa]n (?:[2-79]\d?|1[02-79]))-[a-z]{3}")
_TRAILING = re.compile(r"(?:…|\.\.\.)[)\]]*$")
_ELIDED = regex.compile(r"\w\)? (?:\.\.\.|…) \p{Ll}")
RECENT = 300  # The results for this many sentences are cached, because each sentence is checked repeatedly.
_SAID = 2  # A speaker is named by at least this many words outside of the quotation: a name and a verb.
_LEAST_WORDS = 4
_CAPITALS = 10  # A sentence counts as written in capitals only if it has more capital letters than this.
# The name of an agency in a dateline ends within this many characters of the sentence's start.
_AGENCY_REACH = 60
_ENDING = 12  # A question mark is searched for in this many characters at a sentence's end.


def is_question(sentence: str) -> bool:
    """Return whether a sentence ends with a question mark or with a Japanese or Korean word for one."""
    return _QUESTION.search(sentence, max(0, len(sentence) - _ENDING)) is not None


def is_listed(sentence: str) -> bool:
    """Return whether a sentence is a row of a table or list, or contains a web or mail address."""
    if "|" in sentence or "\t" in sentence or _ROW.match(sentence):
        return True
    if _FIGURES.search(sentence):
        return True
    marked = "@" in sentence or "://" in sentence or "www." in sentence
    return marked and _ADDRESS.search(sentence) is not None


def is_numbered(sentence: str) -> bool:
    """Return whether a sentence begins with its number in a list: "3. Wear light clothes", or a bare "3."."""
    return _NUMBERED.match(sentence) is not None


def is_field(line: str) -> bool:
    """Return whether a line may be a field of a notice or log: a few words or a time, a colon and a value.

    Direct speech ("Khan: ...") has the same form, so a line is certainly a field only if the next or the
    previous line has this form too.
    """
    return _has_colon(line) and _FIELD.match(line) is not None


def _has_colon(line: str) -> bool:
    return ":" in line or "：" in line


def is_announcement(sentence: str, language: str | None) -> bool:
    """Return whether a sentence announces the next one ("Here is what you need to know.") or is a greeting.

    A speaker's name may stand before a greeting ("Khan: Good morning.").
    """
    code = (language or "en")[:2].lower()
    opening, greeting = _PATTERNS["announcements"].get(code), _PATTERNS["greetings"].get(code)
    if opening is not None and opening.match(sentence):
        return True
    named = _NAME_BEFORE.match(sentence) if _has_colon(sentence) else None
    start = named.end() - 1 if named else 0
    return greeting is not None and greeting.match(sentence, start) is not None


def _has_only_names(line: str) -> bool:
    """Return whether a line is a name, a colon and only names or figures, like a team or list of scorers."""
    field = _NAME_BEFORE.match(line) if _has_colon(line) else None
    return field is not None and _VALUE.fullmatch(line, field.end() - 1) is not None


@lru_cache(maxsize=RECENT)
def is_row(sentence: str) -> bool:
    """Return whether a line of an article is no sentence that tells news.

    A line without news is a row of a table, a number, a label, a dateline alone, or a note about the page.
    """
    lower = f" {sentence.lower()}"
    if (
        is_dateline(sentence)
        or is_listed(sentence)
        or _has_only_names(sentence)
        or _LABEL.match(sentence)
        or _ABOUT_PAGE.search(lower)
        or (any(phrase in lower for phrase in _MEMBERS) and _ONLY.search(lower))
    ):
        return True
    return _is_capitals(sentence) or len(_DIGIT.findall(sentence)) > 0.3 * len(sentence)


def _is_capitals(sentence: str) -> bool:
    """Return whether a sentence has many letters and most of them are capitals."""
    if sum(map(str.isupper, sentence)) <= _CAPITALS:
        # The capitals are counted first, in a fifth of the time of counting the letters, because most
        # sentences have few capitals.
        return False
    letters = [char for char in sentence if char.isalpha()]
    return len(letters) > 2 * _CAPITALS and sum(map(str.isupper, letters)) > 0.5 * len(letters)


def is_scrap(sentence: str) -> bool:
    """Return whether a sentence has fewer than four words, which tell no news."""
    return len(words(sentence)) < _LEAST_WORDS


def is_first_person(sentence: str, language: str | None, *, house: bool = False) -> bool:
    """Return whether a sentence has "I" or "we" outside of quotations; a post doesn't show who that is.

    "Our planet" and the like don't count, because they are everyone's.

    With ``house``, "we" does not count, because it means the newsroom that sends the post.
    """
    outside = find_in(sentence).remove_quotations(0, sentence)
    code = (language or "en")[:2].lower()
    if house and code in _WE:
        outside = _WE[code].sub(" ", outside)
    first = _FIRST_OTHERS.get(code, _FIRST)
    if first.search(outside) is None:
        return False
    everyone = _PATTERNS["everyone"].get(code)
    return everyone is None or first.search(everyone.sub(" ", outside)) is not None


def is_addressed_to_reader(sentence: str, language: str | None) -> bool:
    """Return whether a sentence says "you" outside of quotations, to the reader or an interviewed person."""
    you = _PATTERNS["you"].get((language or "en")[:2].lower())
    return (
        you is not None
        and you.search(sentence) is not None
        and you.search(find_in(sentence).remove_quotations(0, sentence)) is not None
    )


def is_mostly_speech(sentence: str) -> bool:
    """Return whether more than half of a sentence is within quotation marks."""
    sentence = _drop_agency(sentence)
    spans = find_in(sentence).spans.get(0, ())
    return sum(end - start for start, end in spans) > 0.5 * len(sentence)


def is_speech_without_speaker(sentence: str) -> bool:
    """Return whether a sentence has an unclosed quotation, or is mostly speech without its speaker."""
    sentence = _drop_agency(sentence)
    quotations = find_in(sentence)
    if quotations.strays:
        return True
    return is_mostly_speech(sentence) and len(words(quotations.remove_quotations(0, sentence))) < _SAID


def is_said_by_pronoun(sentence: str, language: str | None) -> bool:
    """Return whether a sentence is a quotation whose speaker is only a pronoun ("a-t-il dit"), or is left out
    ("dijo el lunes"), or opens with words like "in his view".
    """
    pattern = _PATTERNS["unnamed_speakers"].get((language or "en")[:2].lower())
    outside = find_in(sentence).remove_quotations(0, sentence) if pattern is not None else ""
    found = pattern.search(outside) if pattern is not None else None
    return found is not None and len(words(outside[: found.start()])) < _SAID


def is_fragment(sentence: str, language: str | None) -> bool:
    """Return whether a sentence is a clause without its main clause ("Because the river rose again.")."""
    opening = _PATTERNS["dependent_clauses"].get((language or "en")[:2].lower())
    return opening is not None and bool(opening.match(sentence)) and not _AFTER_CLAUSE.search(sentence)


def is_damaged(sentence: str) -> bool:
    """Return whether a sentence is damaged: it trails off, lacks words or spaces, or is two lines joined.

    Signs are commas without a space after them, an ellipsis outside of quotations, a repeated phrase, a short
    word that stands twice, a wrong English article before a number, and a placeholder that a page's script
    should have filled in ("{{ item.title }}").
    """
    if (_COMMA.search(sentence) and _GLUED_COMMA.search(sentence)) or _has_glued_name(sentence):
        return True
    if "{{" in sentence or _TRAILING.search(sentence):
        return True
    if _repeats_phrase(sentence) or _WRONG_ARTICLE.search(sentence):
        return True
    if " …" not in sentence and " ..." not in sentence:
        return False
    return _ELIDED.search(find_in(sentence).remove_quotations(0, sentence)) is not None


def _has_glued_name(sentence: str) -> bool:
    """Return whether a word like "and" is joined to the name after it, "andAnnie"."""
    return any(
        sentence[: found.start() + 1].rsplit(maxsplit=1)[-1].strip(TRIM) in _GLUED_WORDS
        for found in _INNER_CAPITAL.finditer(sentence)
    )


def _repeats_phrase(sentence: str) -> bool:
    """Return whether a sentence has the same phrase twice in a row, as a caption and a sentence joined by a
    program have: "Jane Roe in Rome Jane Roe was elected". A phrase without a capital letter has three words,
    or is one word like "with".
    """
    some = sentence.split()
    last: dict[str, int] = {}
    for index, word in enumerate(some):
        size = index - last.get(word, index)
        last[word] = index
        if size == 1 and word in _TWICE:
            return True
        if size > 1 and some[index - size : index] == (phrase := some[index : index + size]):
            return size > _SAID or any(each != each.lower() for each in phrase)
    return False


# ---------------------------------------------------------------- sentences that need a neighbour

# At most this many sentences are shown together because they need each other; a quotation of more sentences
# is not shown.
LONGEST = 8

# The pattern matches a dateline before an article's first words: "KARACHI: ", "Mogadishu, Somalia (CNN)".
DATELINE = re.compile(
    r"(?:[^\W\d_][\w.,' ]{0,40})?[(\[][^()\[\]]{1,30}[)\]]\s*[-–—:]*|[^\W\d_a-z][^:.!?\"“”]{1,25}:(?=\s)"
)
_AGENCY = re.compile(r"(?:[^\W\d_][\w.,' ]{0,40})?\([^()]{1,30}\)\s*[-–—:]*")
MARKED = re.compile(r"[(\[:—–]| --? |【")
MARKS_FIRST = re.compile(r"[^\w]*")
TRIM = " .,;:!?…،؛؟۔।、。()[]«»“”\"'‘’–—-"
PHRASE = 4  # The longest phrase in an `AnaphoraTable` has this many words.
SAYS = 12  # An attribution ("Smith said") is looked for in this many words at a sentence's start.
# The first letter of a word may be a conjunction (Arabic "and") only if the word has more letters than this.
SHORTEST = 3
SHORT = 6  # A sentence of at most this many words ("Smith said.") says nothing without its quotation.


class Cohesion(NamedTuple):
    """The neighbouring sentences of the article that a sentence needs to be understood.

    ``previous`` says that the sentence needs the sentence before it, ``next`` that it needs the sentence
    after it. ``stray`` says that the sentence opens a quotation that never closes.
    """

    previous: bool = False
    next: bool = False
    stray: bool = False


FREE = Cohesion()


def find_cohesion(sentences: Sequence[str], tables: tuple[AnaphoraTable, ...]) -> list[Cohesion]:
    """Return which neighbours each sentence of an article needs to be understood.

    If ``previous`` is true for the article's first sentence, that sentence can't be shown, because no
    sentence comes before it.
    """
    quoted = find_quoted_cohesion(sentences, tables)
    return [
        bond._replace(previous=True) if is_dangling(sentence, tables) else bond
        for sentence, bond in zip(sentences, quoted, strict=True)
    ]


def find_quoted_cohesion(sentences: Sequence[str], tables: tuple[AnaphoraTable, ...]) -> list[Cohesion]:
    """Return which neighbours each sentence of an article needs because of a quotation, or because it
    announces the next sentence.

    The sentences' openings are not checked (see `is_dangling`).
    """
    quotations = find_quotations(sentences)
    previous = {i + 1 for i in quotations.joined}
    following = quotations.joined | {i for i, s in enumerate(sentences) if announces_more(s)}
    for first, last in quotation_stretches(quotations):
        side = _locate_speaker(sentences, tables, quotations, first, last)
        if side == "before" or (
            side == "after" and (last + 1 in previous or is_dangling(sentences[last + 1], tables))
        ):
            previous.add(first)
        if side == "after":
            following.add(last)
        if side == "after" and _is_short(sentences[last + 1]):
            previous.add(last + 1)
    bound = previous | following | quotations.strays
    return [
        Cohesion(i in previous, i in following, i in quotations.strays) if i in bound else FREE
        for i in range(len(sentences))
    ]


def _locate_speaker(
    sentences: Sequence[str], tables: Sequence[AnaphoraTable], quotations: Quotations, first: int, last: int
) -> Literal["before", "after"] | None:
    """Return "before" or "after" if the speaker of a quotation is named in the sentence before or after the
    quotation's sentences.

    ``first`` and ``last`` are the indices of the quotation's first and last sentence. Return None if the
    quotation's own sentences name the speaker.
    """
    start = min(start for start, _ in quotations.spans[first])
    if start and any(map(str.isalnum, _drop_dateline_prefix(sentences[first][:start]))):
        return None
    outside = " ".join(quotations.remove_quotations(i, sentences[i]) for i in range(first, last + 1))
    outside = _drop_agency(outside)
    if _has_speaker(outside, tables):
        return None
    after = sentences[last + 1] if last + 1 < len(sentences) else ""
    if after and last + 1 not in quotations.spans and _has_attribution(after, tables):
        return "after" if first == 0 or not _has_attribution(sentences[first - 1], tables) else "before"
    return "before"


@lru_cache(maxsize=RECENT)
def is_dangling(sentence: str, tables: tuple[AnaphoraTable, ...]) -> bool:
    """Return whether a sentence opens with a pronoun or connective, after any dateline or quotation mark."""
    opening = sentence[:200]
    if _is_dangling_opening(opening, tables):
        return True
    undated = _drop_dateline_prefix(opening)
    return len(undated) < len(opening) and _is_dangling_opening(undated, tables)


def _is_dangling_opening(opening: str, tables: Sequence[AnaphoraTable]) -> bool:
    if not opening[:1].isalnum():
        opening = MARKS_FIRST.sub("", opening, count=1)
    if not opening:
        return False
    heads = _opening_heads(opening)
    for table in tables:
        if not table.heads.isdisjoint(heads) and _is_anaphoric_opening(opening, table):
            return True
    return False


def _opening_heads(opening: str) -> tuple[str, ...]:
    """Return all forms of a sentence's first words in which `AnaphoraTable.heads` may list the opening."""
    first, _, second = _first_words(opening, 2).partition(" ")
    first, second = first.strip(TRIM), second.strip(TRIM)
    return first, first.partition("'")[0], f"{first} {second}", f"* {second}", first[:1]


def _first_words(opening: str, words: int) -> str:
    """Return the first ``words`` words of the text ``opening``, in lower case."""
    return " ".join(opening.split(maxsplit=words)[:words]).lower().replace("’", "'")


def _is_anaphoric_opening(opening: str, table: AnaphoraTable) -> bool:
    """Return whether a sentence opens with a phrase that refers back, like "this", but not "this week"."""
    if not table.spaced:
        opening = opening.lower()
        return opening.startswith(tuple(table.dangling)) and not opening.startswith(tuple(table.fine))
    first, *others = [word.strip(TRIM) for word in _first_words(opening, PHRASE).split(" ")]
    phrases = [first.partition("'")[0], *accumulate([first, *others], "{} {}".format)]
    phrases += [phrases[2].removesuffix("'s")] if others else []
    if not table.fine.isdisjoint(phrases):
        return False
    if not table.dangling.isdisjoint(phrases):
        return True
    wild = accumulate(["*", *others], "{} {}".format)
    conjoined = table.conjunction and first.startswith(table.conjunction) and len(first) > SHORTEST
    return bool(conjoined) or not table.dangling.isdisjoint(wild)


def _drop_dateline_prefix(text: str) -> str:
    if not MARKED.search(text):
        return text
    dateline = DATELINE.match(text)
    if dateline is None:
        return drop_dateline(text)
    rest = text[dateline.end() :]
    # Before a small letter, the words are no dateline, but a company's name with its sign at the exchange in
    # brackets, after which the sentence goes on.
    return text if rest.lstrip()[:1].islower() else rest


def _drop_agency(text: str) -> str:
    """Return a text without a dateline that names an agency: "Leicester, England (CNN)"."""
    dateline = _AGENCY.match(text) if text.find(")", 0, _AGENCY_REACH) > 0 else None
    return text[dateline.end() :] if dateline else text


def _has_speaker(outside: str, tables: Sequence[AnaphoraTable]) -> bool:
    """Return whether the words ``outside`` a quotation name its speaker, and not only by a pronoun."""
    if not all(table.spaced for table in tables[:1]):
        return _has_speaker_unspaced(outside.strip(TRIM), tables[0])
    words = list(islice(filter(None, (word.strip(TRIM) for word in outside.lower().split())), 2))
    return len(words) > 1 and all(table.pronouns.isdisjoint(words) for table in tables)


def _has_speaker_unspaced(outside: str, table: AnaphoraTable) -> bool:
    return (
        len(outside) > SHORT
        and not any(pronoun in outside[:SAYS] for pronoun in table.pronouns)
        and not outside.startswith(tuple(table.dangling))
    )


def _has_attribution(sentence: str, tables: Sequence[AnaphoraTable]) -> bool:
    """Return whether a sentence has a word of attribution ("said") near its start."""
    words = [word.strip(TRIM) for word in sentence.lower().split(maxsplit=SAYS)[:SAYS]]
    return any(
        not table.said.isdisjoint(words)
        if table.spaced
        else any(said in sentence[:40] for said in table.said)
        for table in tables
    )


def _is_short(sentence: str) -> bool:
    return len(sentence.split()) <= SHORT and len(sentence) <= SHORT * 8


def sentence_ranges(bound: Sequence[Cohesion]) -> list[range | None]:
    """Return for each sentence of an article the indices of the sentences to show together, itself included.

    A sentence's entry is None if a post can't show it, because a sentence that it needs is missing.
    """
    return [_sentence_range(bound, index) for index in range(len(bound))]


def _sentence_range(bound: Sequence[Cohesion], index: int) -> range | None:
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
