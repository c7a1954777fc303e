"""Stories: texts for a post below its headline, made of the article's standfirst and first sentences.

A sentence keeps its meaning after the sentence that precedes it in the article, but seldom in another place.
So a story has consecutive sentences of the article, and ends before the first sentence that a post can't
show.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import accumulate, chain, islice
from typing import NamedTuple, overload

import regex

from newsbot.model import Sentence
from newsbot.summarizers.anaphora import AnaphoraTable
from newsbot.summarizers.cohesion import (
    Cohesion,
    is_addressed_to_reader,
    is_announcement,
    is_damaged,
    is_dangling,
    is_field,
    is_first_person,
    is_fragment,
    is_listed,
    is_mostly_speech,
    is_numbered,
    is_question,
    is_row,
    is_said_by_pronoun,
    is_scrap,
    is_speech_without_speaker,
)
from newsbot.summarizers.datelines import drop_byline, drop_dateline, drop_headline
from newsbot.summarizers.numbers import WORDS, find_numerals, tokenize
from newsbot.summarizers.references import (
    continues_earlier_text,
    count_full_names,
    has_demonstrative,
    has_name,
    has_unknown_first_name,
    has_unknown_reference,
    has_unknown_speaker,
    is_addressed_to_person,
    is_background,
    is_opened_by_contrast,
    is_opened_by_known_name,
    is_opened_by_known_thing,
    is_opened_by_pronoun,
    is_opened_by_reference,
    is_reversed,
)
from newsbot.summarizers.sentences import is_finished, words
from newsbot.summarizers.standfirst import is_about_site, restore_opening

__all__ = ["ArticleText", "tell_stories"]

# An article's lead (its first sentence of news) must be among this many lines at the article's beginning.
_FIRST_LINES = 6
# A lead (an article's first sentence of news) repeats the headline and the standfirst if these two have at
# least this share of the lead's words.
_REPEATS = 0.5
# A lead (an article's first sentence of news) is on the headline's subject if it has at least this share of
# the headline's words.
_ABOUT = 0.3
_AGAIN = 0.85  # A sentence is a repetition if the post already shows at least this share of its words.
_GREETING = 40  # A closing or greeting like "That is all for today." has at most this many characters.
# A standfirst is copied even if it has further words, such as a byline, with at most this share of the
# standfirst's letters.
_BYLINE = 0.5
_NO_LETTERS = re.compile(r"[\W_]+")
_RECENT = 100  # The results for this many sentences are cached, because each sentence is checked repeatedly.
_FEW = 8  # An article of fewer sentences than this is short.
# A list has at least the first number of numbered lines; a headline ("10 tips") announces a list of at most
# the second number of entries.
_ENTRIES, _MOST_ENTRIES = 2, 100
_LIST_WORDS = 8  # A lead (first sentence of news) above a list has at least this many words.
# If this many of an article's first lines are long and have no full stop, the article's lead (first sentence
# of news) counts as unknown.
_UNSTOPPED = 2
_NEAR = 2  # The next field of a notice (like "When: ...") is at most this many lines after a field.
_LONGEST_FIELD = 100  # A field of a notice, like "When: ...", has at most this many characters.
# A lead (first sentence of news) is not shown if it has fewer words than this and shares no word with the
# headline, because it says nothing.
_BRIEF = 12
# The word "you", which shows that an article is an interview, is looked for in this many sentences, from the
# one with the interviewed person's name on.
_ADDRESS = 3
_NEXT = 2  # The lead may be the first sentence of news or one of this many sentences after it.
_REACH = 5  # In a language other than English, only this many first sentences may tell the news alone.
# In an article of fewer sentences than this, a short lead (first sentence of news) may tell all the news.
_IN_BRIEF = 4
# In an article of few sentences, a lead (first sentence of news) below a headline that only names a topic has
# at least this many words.
_LEAST_WORDS = 6
_TOPIC_WORDS = 3  # A headline of fewer significant words than this only names a topic.
_LONGEST = 8  # A story (a post's text) has at most this many sentences; no post shows more.
# A sentence tells the headline's news if it has at least this share and at least this number of the
# headline's words.
_NEWS, _SHARED = 0.5, 2
_LONG = 4  # A significant word has at least this many letters.
_STEM = 5  # Two words count as the same if this many of their first letters are the same.
# In scripts from this character on, each pair of neighbouring characters counts as a word.
_UNSPACED = "\u2e80"
# A lead (first sentence of news) of at least this many characters or words may be shown even without a word
# of the headline.
_TELLING, _TELLING_WORDS = 80, 16
_UNVOWELLED = regex.compile(r"[\p{Arabic}\p{Hebrew}]")
# In scripts like Arabic, which don't write short vowels, a lead (first sentence of news) of at least this
# many characters is long.
_TELLING_UNVOWELLED = 64
_ABBREVIATION = regex.compile(r"\b\p{Lu}[\p{Lu}\d]+\b")
# The pattern matches the quantity of a recipe's ingredient. A recipe has at least this many ingredients.
_QUANTITY = re.compile(
    r"[\d½¼¾]\s?(?:k?g|[mcd]?l|EL|TL|Msp|Prisen?|Pck|Päckchen|Stück|Bund|Zehen?|oz|lbs?|cups?|tbsps?|tsps?"
    r"|tablespoons?|teaspoons?|cloves?|pinch|cuill\w+|c\. à \w|pincées?|gousses?|cucharad\w+|cdas?|tazas?"
    r"|colher\w*|xícaras?|cucchia\w+|spicchi\w?|кг|гр|мл|ст\.|ч\.|шт|کپ|چمچ|कप|चम्मच|كوب|ملعقة)(?!\w)|[大小]さじ\s?\d",  # noqa: RUF001
    re.IGNORECASE,
)
_INGREDIENTS = 3
_NAME = regex.compile(r"(?<=\s)\p{Lu}[\p{L}'’-]{3,}")  # noqa: RUF001


class ArticleText(NamedTuple):
    """An article as the summarizer reads it, split into sentences.

    ``bonds`` says for each sentence which neighbouring sentences it needs to be understood. ``tables`` has
    the words of the article's language that refer to other sentences. ``beginning`` is the part of the
    article's text in which full names are looked up.
    """

    title: str
    sentences: Sequence[str]
    bonds: Sequence[Cohesion]
    tables: tuple[AnaphoraTable, ...]
    language: str | None
    beginning: str

    @property
    def is_short(self) -> bool:
        """Return whether the article counts as short: it has fewer than eight sentences."""
        return len(self.sentences) < _FEW

    @property
    def reach(self) -> int:
        """Return how many of the first sentences may be shown without the article's first sentence.

        Outside of English, fewer of the words that refer to another sentence are known, so later sentences
        can't be checked well enough.
        """
        checked = (self.language or "en")[:2].lower() == "en"
        return len(self.sentences) if checked else min(len(self.sentences), _REACH)

    @property
    def is_list(self) -> bool:
        """Return whether the article is a list: its entries are numbered, or the headline tells their
        number.
        """
        if sum(map(is_numbered, self.sentences)) >= _ENTRIES:
            return True
        counts = find_numerals(tokenize(self.title), WORDS.get(self.language or "en", {}))
        if not any(_ENTRIES < value <= _MOST_ENTRIES for each in counts for value in each.values):
            return False
        return sum(not is_finished(line) for line in self.sentences) > _ENTRIES


class _Story(Sequence[Sentence]):
    """The sentences of a story, which are chosen when they are first used: most posts show one or two."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        self._coming = iter(sentences)
        self._chosen: list[Sentence] = []

    def __len__(self) -> int:
        self._chosen += self._coming
        return len(self._chosen)

    @overload
    def __getitem__(self, index: int) -> Sentence: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Sentence, ...]: ...
    def __getitem__(self, index: int | slice) -> Sentence | tuple[Sentence, ...]:
        last = index.stop - 1 if isinstance(index, slice) and index.stop is not None else index
        if isinstance(last, slice) or last < 0:
            self._chosen += self._coming
        else:
            self._chosen += islice(self._coming, max(0, last + 1 - len(self._chosen)))
        return tuple(self._chosen[index]) if isinstance(index, slice) else self._chosen[index]


def tell_stories(text: ArticleText, standfirst: str | None) -> tuple[Sequence[Sentence], ...]:
    """Return the stories (possible texts of a post below the headline) of an article, the best first.

    The first story begins with the standfirst, the second with the lead, and the third with the shortest
    sentence that says the same as the headline. A story that can't be shown is left out. If all are left out,
    the only story is a sentence near the article's start. If the words that refer to other sentences are not
    known for the article's language, each story has only one sentence, and only the first two are told.
    """
    language_known = len(text.tables) == 1
    first = _find_first_sentence(text)
    found: list[Sequence[Sentence]] = []
    if standfirst and not _is_copy_from_article(text, standfirst, first):
        opening = Sentence(standfirst, standfirst, -1, 0)
        found.append(_Story(chain([opening], _sentences_after_standfirst(text, standfirst, first))))
    if first is not None and (lead := _find_lead(text, first, standfirst)) is not None:
        found.append(_Story(_sentences_in_order(text, lead, text.title)))
        if standfirst and len(found) > 1:
            if _is_label(text, standfirst, lead):
                del found[0]
            elif _names_more(text, text.sentences[lead], standfirst):
                found.reverse()
    if not language_known:
        return tuple(story[:1] for story in found)
    by_length = sorted(range(text.reach), key=lambda index: len(text.sentences[index]))
    news = next((index for index in by_length if _is_news(text, index)), None)
    if news is None and not found and first is not None:
        news = _find_stand_in(text, first)
    if news is not None:
        found.append((_make_sentence(text, news, opens=news == first),))
    return tuple(found)


def _find_first_sentence(text: ArticleText) -> int | None:
    """Return the index of the article's first sentence, after bylines, notes and repeated headlines.

    Return None if there is no sentence, or if the article begins with a list, a table or the ingredients of
    a recipe, after which no lead comes. Return None too if several long lines without a full stop come first,
    or if the sentence after the fields of a notice has no word of the headline.
    """
    unstopped, fields = 0, 0
    headed = " ".join(line for line in text.sentences[:_FIRST_LINES] if not is_finished(line))
    if len(_QUANTITY.findall(headed)) >= _INGREDIENTS:
        return None
    for index, line in enumerate(text.sentences[:_FIRST_LINES]):
        if is_listed(line) and is_finished(line) and len(line) >= _TELLING:
            return None
        field = _is_among_fields(text, index)
        fields += field
        if field or is_row(line) or _is_repetition(line, text.title):
            continue
        if is_finished(line):
            named = not fields or _shared_part(text.title, line) > 0
            return index if named and unstopped < _UNSTOPPED else None
        unstopped += _count_words(line) >= _LIST_WORDS
    return None


def _is_among_fields(text: ArticleText, index: int) -> bool:
    """Return whether a line and another near it are fields of a notice, as "When: ..." and "Where: ..."."""
    near = text.sentences[max(0, index - _NEAR) : index + _NEAR + 1]
    line = text.sentences[index]
    return (
        is_field(line)
        and len(line) <= _LONGEST_FIELD
        and sum(is_field(each) and len(each) <= _LONGEST_FIELD for each in near) > 1
    )


def _names_more(text: ArticleText, lead: str, standfirst: str) -> bool:
    """Return whether the lead has more full names of persons whom the headline calls by their surnames."""
    mine, others = (count_full_names(text.title, each, text.beginning) for each in (lead, standfirst))
    return mine > others


def _is_label(text: ArticleText, standfirst: str, first: int) -> bool:
    """Return whether a standfirst is a phrase without a full stop, while the lead has the headline's news.

    The phrase may be a mere label ("The third in a series of four"), or a detail that shares no word with the
    headline.
    """
    if is_finished(standfirst):
        return False
    lead, named = text.sentences[first], _shared_part(text.title, standfirst)
    news = _shared_part(text.title, lead) >= max(_NEWS, 2 * named)
    return news and (not named or not _is_long(standfirst))


def _sentences_after_standfirst(text: ArticleText, standfirst: str, first: int | None) -> Iterator[Sentence]:
    """Yield the lead (first sentence of news) without its dateline and the sentences after it, if the lead
    adds to the standfirst.

    If the lead repeats the standfirst or only sets a scene, yield nothing: the sentences after the lead may
    refer to the lead, so they can't be shown without it.
    """
    if first is None:
        return
    shown = f"{text.title} {standfirst}"
    said = text.sentences[first]
    title, lead = _word_stems(text.title), _word_stems(said)
    about = (
        len(title & lead) >= _ABOUT * len(title) or len(lead & (title | _word_stems(standfirst))) > _SHARED
    )
    if not about or _shared_part(said, shown) >= _REPEATS or _shared_part(standfirst, said) >= _REPEATS:
        return
    yield from _sentences_in_order(text, first, shown)


def _sentences_in_order(text: ArticleText, first: int, shown: str) -> Iterator[Sentence]:
    """Yield an article's sentences from the index ``first`` on until a sentence can't be shown.

    Sentences that repeat the text ``shown``, which the post shows before, are left out.
    """
    said = set(words(shown))
    for index in range(first, min(len(text.sentences), first + _LONGEST)):
        sentence = text.sentences[index]
        if index > first and _known_part(sentence, said) >= _AGAIN:
            continue
        if _is_unfit(text, index, shown, contiguous=index > first):
            return
        yield _make_sentence(text, index, opens=index == first)
        said.update(words(sentence))
        shown = f"{shown} {sentence}"


def _is_repetition(sentence: str, shown: str) -> bool:
    return _shared_part(sentence, shown) >= _AGAIN


def _is_copy_from_article(text: ArticleText, standfirst: str, first: int | None) -> bool:
    """Return whether the standfirst is copied from the article and no better than the lead (first sentence of
    news).

    A copied standfirst is the article's beginning, with or without a byline before it, or a later sentence
    that has no more of the headline's words than the lead.
    """
    line, opening = (
        _plain_words(standfirst),
        [_plain_words(sentence) for sentence in text.sentences[:_FIRST_LINES]],
    )
    if "".join(opening).startswith(line) or "".join(opening[first:]).startswith(line):
        return True
    if first is not None:
        undated = _plain_words(drop_dateline(text.sentences[first]))
        if line in accumulate([undated, *opening[first + 1 :]]):
            return True
    rest = line
    for sentence in opening:
        rest = rest.replace(sentence, "")
    if any(sentence in line for sentence in opening[:1]) and len(rest) <= _BYLINE * len(line):
        return True
    if first is None or all(line not in sentence for sentence in opening[first + 1 :]):
        return False
    return _shared_part(text.title, standfirst) <= _shared_part(text.title, text.sentences[first])


def _plain_words(text: str) -> str:
    return _NO_LETTERS.sub("", text).lower()


def _find_lead(text: ArticleText, first: int, standfirst: str | None) -> int | None:
    """Return the index of the sentence to show as the article's lead, or None if there is none.

    The lead is the article's first sentence of news, unless that shares at most one word with the headline
    and one of the next sentences shares more and can be shown alone: then the first sets a scene or tells the
    background. It stays the lead if an editor has put it before other sentences into the standfirst.
    """
    sentence = text.sentences[first]
    shared = _count_shared(text.title, sentence)
    edited = bool(standfirst) and (standfirst or "").startswith(sentence) and standfirst != sentence
    if shared <= 1 and not edited and not _is_unfit(text, first, text.title, contiguous=False):
        for index in range(first + 1, min(first + _NEXT + 1, text.reach)):
            nearer = _count_shared(text.title, text.sentences[index]) >= _SHARED * (shared + 1)
            if nearer and _stands_alone(text, index) and _is_lead(text, index):
                return index
    return first if _is_lead(text, first) else None


def _count_shared(title: str, sentence: str) -> int:
    """Return how many significant words and abbreviations a headline and a sentence share."""
    abbreviations = set(_ABBREVIATION.findall(title)) & set(_ABBREVIATION.findall(sentence))
    return len(_word_stems(title) & _word_stems(sentence)) + len(abbreviations)


def _is_lead(text: ArticleText, first: int) -> bool:
    """Return whether a post may show the article's first sentence as the lead.

    A short sentence must share two words or a name with the headline. In a short article, a short sentence
    needs only one word of the headline or a few words more; in an article of very few sentences, it needs no
    word of the headline. A sentence that addresses the reader must share two words, because it may only set a
    scene. Below a headline that asks a question it must have half of the headline's words, because
    explanations begin with the background; one that begins with years ago or has no name and figure, one.
    """
    sentence, title = text.sentences[first], _word_stems(text.title)
    if not text.title:
        return not _is_unfit(text, first, "", contiguous=False)
    shared = len(_word_stems(sentence) & title)
    if is_question(text.title) and shared < _NEWS * len(title):
        return False
    if is_background(sentence, text.title, text.language) or (not shared and is_about_site(sentence)):
        return False
    vague = not shared and len(title) >= _TOPIC_WORDS and not _has_figure(sentence, text.language)
    if vague and not has_name(sentence, text.beginning, text.language):
        return False
    about = shared >= _SHARED
    if not about and not is_addressed_to_reader(sentence, text.language):
        named = any(name.lower()[:_STEM] in title for name in _NAME.findall(sentence))
        count = _count_words(sentence)
        brief = text.is_list and count >= _LIST_WORDS
        topic = len(title) < _TOPIC_WORDS and count >= _LEAST_WORDS
        telling = shared > 0 or topic or count >= _BRIEF
        brief |= text.is_short and (telling or len(text.sentences) < _IN_BRIEF)
        about = named or ((brief or _is_long(sentence)) and (shared > 0 or not is_mostly_speech(sentence)))
    return about and not _is_unfit(text, first, text.title, contiguous=False)


def _find_stand_in(text: ArticleText, first: int) -> int | None:
    """Return the index of a sentence to show if author or newsroom speak in the article's first sentence.

    An opinion piece begins with "I", a live blog with "we" and a welcome. The news is in the next sentence
    that can be shown alone and shares two words with the headline, or in a long sentence right after the
    first that shares one word or has a figure. Return None if no sentence is suitable, if a list begins
    before it, or if a sentence before it can't be shown for another reason, because it may refer to that
    sentence.
    """
    if not _is_word_to_reader(text, first):
        return None
    only_words = True
    for index in range(first + 1, min(first + _FIRST_LINES, len(text.sentences))):
        sentence = text.sentences[index]
        if is_numbered(sentence):
            return None
        fits, shared = _stands_alone(text, index), len(_word_stems(sentence) & _word_stems(text.title))
        telling = only_words and _is_long(sentence) and (shared > 0 or _has_figure(sentence, text.language))
        if fits and (shared >= _SHARED or telling):
            return index
        spoken = _is_word_to_reader(text, index)
        if not (fits or spoken):
            return None
        only_words = only_words and spoken
    return None


def _has_figure(sentence: str, language: str | None) -> bool:
    """Return whether a sentence has a number above one, in digits or in words."""
    numerals = find_numerals(tokenize(sentence), WORDS.get(language or "en", {}))
    return any(max(each.values) > 1 for each in numerals)


def _is_word_to_reader(text: ArticleText, index: int) -> bool:
    """Return whether a sentence tells no news: the author speaks, or it is a greeting or a heading."""
    sentence = text.sentences[index]
    if is_first_person(sentence, text.language) or is_row(sentence) or is_scrap(sentence):
        return True
    short = len(sentence) <= _GREETING and not _has_reference(text, index, text.title)
    return short or not is_finished(sentence)


def _stands_alone(text: ArticleText, index: int) -> bool:
    """Return whether a later sentence of an article can be shown right after the headline."""
    sentence = text.sentences[index]
    return (
        _count_words(sentence) >= _LEAST_WORDS
        and not _is_repetition(sentence, text.title)
        and not is_addressed_to_reader(sentence, text.language)
        and not _refers_to_article(text, index)
        and not has_demonstrative(sentence, text.language)
        and not _is_unfit(text, index, text.title, contiguous=False)
    )


def _is_long(sentence: str) -> bool:
    least = _TELLING_UNVOWELLED if _UNVOWELLED.search(sentence) else _TELLING
    return len(sentence) >= least or len(words(sentence)) >= _TELLING_WORDS


def _count_words(sentence: str) -> int:
    """Return a sentence's number of words; in scripts without spaces, four characters are two words."""
    found = words(sentence)
    pairs = sum(word[0] >= _UNSPACED for word in found)
    return len(found) - pairs // 2


def _is_news(text: ArticleText, index: int) -> bool:
    sentence = text.sentences[index]
    named = _distinctive_words(text.title)
    least = max(_SHARED, _NEWS * len(named))
    # This check takes little time and comes first, because most sentences don't contain the headline's words.
    if sum(map(sentence.lower().__contains__, named)) < least:
        return False
    if len(named & _distinctive_words(sentence)) < least:
        return False
    return (
        not _is_repetition(sentence, text.title)
        and not _refers_to_article(text, index)
        and not _is_unfit(text, index, text.title, contiguous=False)
    )


def _refers_to_article(text: ArticleText, index: int) -> bool:
    """Return whether a sentence mentions a thing or name that only the article's earlier text explains."""
    sentence, before = text.sentences[index], " ".join(text.sentences[:index])
    return (
        is_opened_by_contrast(sentence, text.language)
        or is_opened_by_known_thing(sentence, text.title, text.language)
        or is_opened_by_known_name(sentence, text.title, before)
        or has_unknown_reference(sentence, text.title, text.language, anywhere=True)
        or continues_earlier_text(sentence, text.title, text.language)
    )


def _is_unfit(text: ArticleText, index: int, shown: str, *, contiguous: bool) -> bool:
    """Return whether the sentence at ``index`` can't be shown after the text ``shown``.

    ``contiguous`` says that the post also shows the article's previous sentence, to which this sentence may
    refer.
    """
    sentence, bond = text.sentences[index], text.bonds[index]
    return (
        bond.stray
        or bond.next
        or not _can_be_shown(sentence, text.language)
        or _lacks_beginning(text, index)
        or is_addressed_to_person(text.sentences[index : index + _ADDRESS], text.language)
        or (is_scrap(sentence) and not text.is_short)
        or (not contiguous and _has_reference(text, index, shown))
        or is_opened_by_pronoun(sentence, shown)
        or has_unknown_speaker(sentence, shown, text.beginning)
    )


@lru_cache(maxsize=_RECENT)
def _can_be_shown(sentence: str, language: str | None) -> bool:
    """Return whether a sentence may be shown in a post after the article's previous sentence."""
    return is_finished(sentence) and not (
        is_row(sentence)
        or is_question(sentence)
        or is_announcement(sentence, language)
        or is_damaged(sentence)
        or is_fragment(sentence, language)
        or is_first_person(sentence, language)
        or is_speech_without_speaker(sentence)
    )


def _lacks_beginning(text: ArticleText, index: int) -> bool:
    """Return whether a sentence begins in mid-sentence, because the page has its first words elsewhere.

    Unlike other sentences of the article, it opens with a small letter, and its first word is no name.
    """
    sentence = text.sentences[index]
    if not sentence[:1].islower():
        return False
    first = sentence.split(maxsplit=1)[0].strip(",;:.!?")
    named = not first.isalpha() or not first.islower() or first in text.title.split()
    return not named and any(line[:1].isupper() for line in text.sentences)


def _has_reference(text: ArticleText, index: int, shown: str) -> bool:
    sentence = text.sentences[index]
    return (
        text.bonds[index].previous
        or is_dangling(sentence, text.tables)
        or is_opened_by_reference(sentence, text.language)
        or has_unknown_reference(sentence, shown, text.language)
        or is_said_by_pronoun(sentence, text.language)
        or has_unknown_first_name(sentence, shown, text.beginning, text.tables)
    )


def _make_sentence(text: ArticleText, index: int, *, opens: bool) -> Sentence:
    """Return the sentence at ``index`` as a post shows it.

    The post shows no byline, headline or capitals of the page's layout at the sentence's start, and no
    dateline if the sentence ``opens`` the article.
    """
    source = text.sentences[index]
    shown = drop_headline(drop_byline(source), text.title)
    shown = drop_dateline(shown) if opens else shown
    if shown[1:2].isupper():
        shown = restore_opening(shown, " ".join([text.title, *text.sentences]))
    following = text.sentences[index + 1] if index + 1 < len(text.sentences) else ""
    # A few words with an exclamation mark only lead to the next sentence.
    exclaimed = bool(following) and source.endswith("!") and _count_words(source) < _BRIEF
    needs_next = exclaimed or is_reversed(source, following, text.language)
    return Sentence(shown, source, index, index, needs_next=needs_next)


def _shared_part(some: str, others: str) -> float:
    return _known_part(some, _distinctive_words(others))


def _known_part(some: str, known: AbstractSet[str]) -> float:
    """Return which share (0 to 1) of a text's significant words is in the set ``known``."""
    telling = _distinctive_words(some)
    return len(telling & known) / max(1, len(telling))


def _word_stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _distinctive_words(text)}


@lru_cache(maxsize=_RECENT)
def _distinctive_words(text: str) -> frozenset[str]:
    return frozenset([word for word in words(text) if len(word) >= _LONG or word[0] >= _UNSPACED])
