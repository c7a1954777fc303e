# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.
"""Checks whether a line is fit as an article's standfirst, which an editor writes under the headline.

A standfirst has to be complete, to be more than a copy of the headline, and to be about the article. Some
sites set the first words of a standfirst or lead in capitals ("NIGHT buses will run ..."). These belong to
the page's layout, and look like a mistake in a post.
"""

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

import regex

from newsbot.identity.texts import announces_more
from newsbot.reasons import Reason, WarningCode
from newsbot.summarizers.anaphora import find_tables
from newsbot.summarizers.cohesion import (
    find_cohesion,
    is_damaged,
    is_dangling,
    is_first_person,
    is_fragment,
    is_question,
    is_row,
    is_said_by_pronoun,
    is_scrap,
    is_speech_without_speaker,
)
from newsbot.summarizers.datelines import drop_byline, drop_dateline, drop_headline
from newsbot.summarizers.references import (
    has_unknown_first_name,
    has_unknown_reference,
    is_addressed_to_person,
    is_background,
    is_opened_by_reference,
)
from newsbot.summarizers.sentences import (
    collapse_spaces,
    is_finished,
    split,
    words,
)

__all__ = ["JudgedStandfirst", "is_about_site", "judge_standfirst", "restore_opening"]

# A standfirst has at least the first number of weighted characters (CJK: 3 each) and at most the second
# number of characters: a shorter line says nothing, and a longer line is a paragraph.
_LEAST, _MOST = 30, 400
_LEAST_WORDS = 5
# A standfirst is about the article if the article or its headline has at least this share and at least this
# number of the standfirst's significant words.
_ABOUT, _SHARED = 0.15, 2
# A significant word has at least the first number of letters; the second number of first letters count as the
# word's stem.
_TELLING, _STEM = 4, 5
_TOPIC_WORDS = 3  # A headline of fewer significant words than this only names a topic.
_DATED = re.compile(r"[^\W\d_]+\.?,? (?:19|20)\d\d\b|\d+")
_SAME = 0.85  # Two texts with at least this share of common words say the same.
# In scripts from this character on, each pair of neighbouring characters counts as a word.
_KANA, _KANA_ENDS = "\u3040", "\u3100"
# An article's text of fewer characters than the first number may be only the beginning that a site shows. At
# most the second number of characters at an article's beginning are compared with its standfirst.
_OPENING, _HEAD = 800, 4_000
# A line is a copy of a sentence among the first number of characters of an article if it has the same first
# words, as many as the second number, and at most a share of its words, the third number, is changed.
_COPIED, _BEGIN, _CHANGED = 1_500, 3, 1 / 8
# A line that a CMS filled in usually has one of these faults; editors get no warning about these faults.
_USUAL = (WarningCode.CUT_OFF, WarningCode.HEADLINE_AGAIN)
_CUT = re.compile(r"(?:…|\.\.\.|\[[….]+\]|[,:;–—-])[\"'”’)\]]*$")
_LOOSE = re.compile(
    r"\b(?:a|an|the|of|to|in|on|at|by|for|from|with|and|or|but|that|which|who|as|than|is|are|was|were|has|have"
    r"|his|her|their|its|de|la|el|los|las|del|en|que|y|con|para|por|un|una|der|die|das|und|des|le|les|et)$",
    re.IGNORECASE,
)
# The pattern matches phrases of websites (not of articles) in a line in small letters.
_FURNITURE = re.compile(
    r"^(?:[\w-]+(?:\.[a-z]{2,7})+ "
    r"|(?:(?:an?|the|my|our|ein|der|mein|unser|une?|le|mon|el|mi|il|o|um|meu) )?(?:[\w-]+ )?[\w-]*blogg?"
    r" (?:about|on|for|über|rund um|mit|für|sur|sobre|su|per|over|om|о|про|для)\b"
    r"|(?:match|full-?time) report\b"
    r"|(?:regulatory news|(?:stock exchange|press|news) release|for immediate release)\b"
    r"|(?:ad[ -]hoc|börsen|presse|kurs)-?mitteilung\b|zur sofortigen veröffentlichung\b"
    r"|communiqué de presse\b|pour diffusion immédiate\b|comunicato stampa\b"
    r"|(?:nota|comunicado) de (?:prensa|imprensa)\b|pressmeddelande\b|пресс-релиз\b"
    r"|プレスリリース|보도 ?자료|新聞稿|新闻稿"
    r"|(?:learn|aprend[ea]|conoce|conheça|impara|apprenez|lernen sie)\b"
    r"|(?:subscribe|sign up|follow|read|get|find|visit|click|watch|listen|download|share|discover|join)\b"
    r"|stay (?:up[ -]to[ -]date|tuned|informed|connected)\b|[\w.'’-]+ [\w.'’-]+ reports (?:on|from)\b"
    r"|(?:posted|published|(?:last )?updated|created)\b[^.]{0,20}\d"
    r"|(?:buy|shop|see)\b|\d+ min|(?:photos?|image|picture|credit|by|tested by|rrp|tags?)\s*:"
    r"|(?:fotos?|bild|imagen|imagem|immagine|фото|摄影|攝影|图源?|圖|撮影|写真|사진)\s*[:：])"
    r"|\b(?:(?:everything|what|all) (?:(?:you|we) (?:need to |should |have to )?|to )know\b"
    r"|todo lo que (?:debes|tienes que|hay que|necesitas) saber\b"
    r"|tudo (?:o )?que (?:você )?precisa saber\b|tout ce qu['’]il faut savoir\b"
    r"|alles,? was (?:sie|man) (?:dazu )?wissen\b|tutto quello che c['’]è da sapere\b"
    r"|(?:und vieles|and (?:so )?much|y mucho|e muito|et bien plus|e molto) "
    r"(?:más|mais|mehr|more|encore|altro)\W*$"
    r"|official (?:web)?site\b|offizielle (?:webs|internet)|sit(?:io(?: web)?|e) offici"
    r"|our newsletter\b|read more\b|all rights\b|mins? read\b"
    r"|(?:latest|breaking)\b[^.]{0,40}\b(?:news|headlines|stories|reviews)\b"
    r"|(?:this|the) (?:article|post|story|page|blog|video|website)\b|in this (?:article|post|issue)\b"
    r"|(?:erfahren|lesen|sehen|finden) sie\b|mehr erfahren\b|haz clic\b|lee también\b|descubre\b"
    r"|cliquez\b|(?:découvrez|retrouvez)\b|(?:saiba mais|confira|clique|leia)\b|(?:scopri|clicca|leggi)\b"
    r"|(?:читайте|узнайте|смотрите)\b)"
    r"|[|»©]|https?://|www\.|[@#]\w|مزید پڑھ|اقرأ|للمزيد|और पढ़|続きを読む|こちら"
)
# The pattern matches a firm's appeal to its customers: "Protect your network now."
_APPEAL = re.compile(
    r"(?:boost|check|contact|defend|get|grow|improve|prevent|protect|request|safeguard|save|schedule|secure|start|try)\b"
    r"[^.]{0,60}\b(?:your\b[^.]*\b(?:now|today)|free trial|demo)\W*$"
    r"|(?:schützen|sichern|testen|steigern|sparen|vereinbaren) sie\b[^.]{0,60}\b(?:jetzt|heute|kostenlos)\W*$"
    r"|(?:protégez|sécurisez|essayez|demandez|améliorez)\b[^.]{0,60}"
    r"\b(?:(?:dès )?maintenant|dès aujourd['’]hui|gratuit\w*)\W*$"
    r"|(?:protege|proteja|mejora|mejore|prueba|pruebe|solicit[ae])\b[^.]{0,60}"
    r"\b(?:ahora|hoy(?: mismo)?|gratis)\W*$",
    re.IGNORECASE,
)
# The pattern matches an agency's label at a line's start, as in "UPDATE 2-Storm", or a byline there.
_LABELLED = regex.compile(r"\p{Lu}{3,}(?: \d)?-\p{Lu}|By (?:\p{Lu}[\p{L}.'’-]+ ){2,3}\p{Lu}\p{Ll}")
# The pattern matches the credit of a picture at a line's end.
_CREDIT = re.compile(
    r"\s*\((?:photo|foto|image|imagen|imagem|immagine|bild|picture|credit|crédit|getty)\b[^()]*\)$",
    re.IGNORECASE,
)
_ENDING_NUMBER = re.compile(r"\s(\d{1,3})\.$")
_KEYWORDS = 4  # A list of keywords has at least this many words or comma-separated entries.
_MONTH = re.compile(
    r"\b(?:January|February|April|June|July|August|September|October|November|December)\b"
)  # The months "March" and "May" are missing, because they are ordinary words too.


class JudgedStandfirst(NamedTuple):
    """The verdict on a line as the article's standfirst.

    ``text`` is the part of the line that a post may show, or None if the line was refused. ``why`` is the
    reason to show to an editor, or None if a warning would be useless.
    """

    text: str | None
    why: Reason | None = None


def judge_standfirst(
    line: str | None, title: str | None, text: str, language: str | None
) -> JudgedStandfirst:
    """Return the part of ``line`` that a post may show as standfirst, or the reason why it may show none.

    ``line`` is a description of the article from a CMS or page. If only the line's end is cut off, the
    complete sentences before it are kept.
    """
    line = _CREDIT.sub("", " ".join((line or "").replace("\ufeff", " ").split()))
    line = drop_dateline(drop_byline(drop_headline(line, title)))
    if not line:
        return JudgedStandfirst(None)
    sentences = split(line, language)
    head = _make_head(text)
    whole = [each for each in sentences if is_finished(each) and not _is_broken_off(each, head)]
    # Some newsrooms write a standfirst of one sentence without its full stop. A last sentence without a full
    # stop after others is mostly cut off, or a link's text.
    if len(sentences) == 1 and not is_finished(line) and not _is_cut(line, text):
        whole.append(line)
    found, end, taken = "", 0, 0
    for sentence in sentences:
        start = line.index(sentence, end)
        after = start + len(sentence)
        if sentence not in whole or after > _MOST:
            break
        if end and (_is_unfit_after_another(sentence, language) or sentence.rstrip(".") in found):
            break
        # A sentence that follows without a space ("The pier broke.The ferry stopped.") gets a space before
        # it, because some CMSs join paragraphs without one.
        glued = found and start == end and sentence[0].isupper()
        found += f" {sentence}" if glued else line[end:after]
        end, taken = after, taken + 1
    fault = _find_fault(found, sentences[:taken], title, text, language)
    if fault is None:
        return JudgedStandfirst(restore_opening(found, f"{title or ''} {text}"))
    return JudgedStandfirst(None, None if fault in _USUAL else fault())


def is_about_site(line: str) -> bool:
    """Return whether a line has a phrase of a website, such as "the latest news" or "our newsletter"."""
    return _FURNITURE.search(line.lower()) is not None


def _is_unfit_after_another(sentence: str, language: str | None) -> bool:
    """Return whether a standfirst (the line under a headline) should end before ``sentence``, which is not
    the standfirst's first sentence.
    """
    return bool(
        is_about_site(sentence)
        or _APPEAL.match(sentence)
        or is_row(sentence)
        or is_scrap(sentence)
        or is_question(sentence)
        or is_damaged(sentence)
        or is_first_person(sentence, language)
        or is_speech_without_speaker(sentence)
    )


def _is_broken_off(sentence: str, head: str) -> bool:
    return (
        _CUT.search(sentence) is not None
        or announces_more(sentence)
        or _is_continued_in_text(sentence, head)
        or _lacks_words(sentence, head)
    )


def _is_continued_in_text(sentence: str, head: str) -> bool:
    """Return whether a sentence breaks off inside a word or number of the article, like "5." of "5.2".

    It probably does too if it ends with a short number that the beginning of the article does not have.
    """
    if any(
        (place := head.find(words)) >= 0 and head[place + len(words) :][:1].isalnum()
        for words in (sentence, sentence.rstrip("."))
    ):
        return True
    number = _ENDING_NUMBER.search(sentence)
    return number is not None and not re.search(rf"(?<![\d.,]){number[1]}(?!\d|[.,]\d)", head)


def _lacks_words(sentence: str, head: str) -> bool:
    """Return whether a sentence is one of the article with a few words missing in its middle.

    A CMS that removes links and bold type from a description often removes their words too.
    """
    copy = _compare_with_text(sentence, head)
    return copy is not None and copy.skipped > 0 and not copy.changed


@lru_cache(maxsize=1)
def _make_head(text: str) -> str:
    """Return the beginning of an article's text on one line."""
    return collapse_spaces(text[:_HEAD].replace("\n\n", " "))


def _is_cut(line: str, text: str) -> bool:
    """Return whether a line without a full stop is cut off, by its last word or by the article's text."""
    if _CUT.search(line) or announces_more(line) or _LOOSE.search(line):
        return True
    head = _make_head(text)
    if line.rstrip(" .…") in head:
        return True
    # If the article's own sentence ends with the line's last words, the line is not cut off, but only lacks
    # its full stop.
    tail = " ".join(line.split()[-2:])
    place = head.find(tail)
    ends = place >= 0 and is_finished(head[place : place + len(tail) + 1])
    return not ends and _compare_with_text(line, head) is not None


class _Copy(NamedTuple):
    """How a line differs from the words of the article that it copies.

    The line lacks ``skipped`` words of the article, and ``changed`` words of the line are not in the article.
    """

    skipped: int
    changed: int


def _compare_with_text(line: str, head: str) -> _Copy | None:
    """Return how a line differs from a sentence at the article's beginning; None if it is no copy of one.

    A copy begins with the same words, and has most words in the same order. Punctuation does not count.
    """
    mine, theirs = words(line), words(head[:_COPIED])
    if len(mine) < 2 * _BEGIN:
        return None
    joined = f" {' '.join(theirs)} "
    place = joined.find(f" {' '.join(mine[:_BEGIN])} ")
    if place < 0:
        return None
    start = joined.count(" ", 0, place)
    theirs = theirs[start : start + len(mine) * 5 // 4]
    blocks = SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in blocks)
    *_, last, _ = blocks
    copy = _Copy(skipped=last.b + last.size - same, changed=len(mine) - same)
    return copy if copy.changed <= len(mine) * _CHANGED else None


def _find_fault(
    line: str, sentences: Sequence[str], title: str | None, text: str, language: str | None
) -> WarningCode | None:
    """Return the reason why ``line``, which consists of ``sentences``, can't be the article's standfirst;
    None if it can.
    """
    found, table = words(line), find_tables(language, text)
    faults: dict[WarningCode, Callable[[], bool]] = {
        WarningCode.CUT_OFF: lambda: (
            _text_weight(line) < _LEAST
            or all(len(words(sentence)) < _LEAST_WORDS for sentence in sentences)
            or any(is_fragment(sentence, language) for sentence in sentences)
        ),
        WarningCode.HEADLINE_AGAIN: lambda: bool(title) and _repeats_headline(line, title or ""),
        WarningCode.ABOUT_THE_SITE: lambda: (
            is_about_site(line)
            or _LABELLED.match(line) is not None
            or is_row(line)
            or is_damaged(line)
            or _is_keywords(line)
        ),
        WarningCode.NOT_ARTICLES_WORDS: lambda: not _is_about(found, title or "", text),
        WarningCode.UNSHOWN_CONTEXT: lambda: (
            is_dangling(line, table)
            or is_opened_by_reference(line, language)
            or has_unknown_reference(line, title or "", language)
            or is_addressed_to_person(sentences, language)
            or has_unknown_first_name(line, title or "", text[:_HEAD], table)
            or (
                is_first_person(line, language)
                and is_first_person(line, language, house=_is_topic(title or ""))
            )
        ),
        WarningCode.OTHER_MONTH: lambda: _has_other_months(line, title or ""),
        WarningCode.A_QUESTION: lambda: is_question(line),
        WarningCode.QUOTES_NOBODY: lambda: (
            is_speech_without_speaker(line)
            or is_said_by_pronoun(line, language)
            or find_cohesion(sentences, table)[0].previous
        ),
        WarningCode.BACKGROUND: lambda: is_background(line, title or "", language),
    }
    return next((fault for fault, applies in faults.items() if applies()), None)


def _text_weight(line: str) -> int:
    return len(line) * (3 if line[:1] >= _KANA else 1)


def _repeats_headline(line: str, title: str) -> bool:
    """Return whether a line says only what the headline says, perhaps with a few words like "see photos"."""
    longer = line.casefold().startswith(title.casefold()) and len(line) - len(title) < _LEAST
    return longer or _shared_part(words(line), words(title)) >= _SAME


def _is_keywords(line: str) -> bool:
    """Return whether a line is a list of keywords, not a sentence: "storm, power, snow, schools"."""
    if is_finished(line):
        return False
    entries, separate = line.split(","), line.split()
    listed = len(entries) >= _KEYWORDS and all(len(entry.split()) <= _KEYWORDS - 1 for entry in entries)
    named = len(separate) > _KEYWORDS and all(word[0].isupper() for word in separate)
    return listed or named


def _is_topic(title: str) -> bool:
    """Return whether a headline only names a topic or an issue ("September 2026 open thread").

    Below such a headline, an editor's line is shown even if it says "we".
    """
    named = _DATED.sub(" ", title)
    return " " in title and len(_word_stems(words(named))) < _TOPIC_WORDS


def _has_other_months(line: str, title: str) -> bool:
    """Return whether the standfirst ``line`` and the headline ``title`` name different months; only English
    names are checked.
    """
    ours, theirs = set(_MONTH.findall(line)), set(_MONTH.findall(title))
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)


def _is_about(some: Sequence[str], title: str, text: str) -> bool:
    stems = _word_stems(some)
    if len(text) < _OPENING and text.endswith(("…", "...")):
        # A short text that is cut off, as sites show it that sell their articles, has too few words to be
        # compared. So the standfirst counts as being about the article.
        return True
    # If the article has no text, a single word in common with its headline is enough, because a headline has
    # few words.
    least = max(_SHARED, _ABOUT * len(stems)) if text else 1
    # For most lines, a comparison with the shorter of the two beginnings of the article's text is enough;
    # `_compare_with_text` needs the same words, which are split only once.
    named, head = _word_stems(words(title)), _make_head(text)
    heads = (head[:_COPIED], head)
    return any(len(stems & (named | _word_stems(words(each)))) >= least for each in heads)


def _word_stems(some: Sequence[str]) -> set[str]:
    """Return the stems (first five letters) of the significant words among ``some``, the words of a text.

    In scripts without spaces, each pair of characters is a word, and pairs of Japanese kana are not
    significant.
    """
    return {word[:_STEM] for word in some if len(word) >= _TELLING or (word >= _KANA_ENDS and len(word) > 1)}


def _shared_part(some: Sequence[str], others: Sequence[str]) -> float:
    known = set(others)
    return sum(word in known for word in some) / max(1, len(some))


# ---------------------------------------------------------------- a line's first words in capitals

# The pattern matches words in capitals at a sentence's start, before a word in small letters.
_CAPITALS = regex.compile(
    r"(?P<words>\p{Lu}[\p{Lu}'’-]*(?: \p{Lu}[\p{Lu}'’-]*){0,4})(?=(?:['’]s)? \p{L}\p{Ll})"
)
_SPELLED = regex.compile(r"\p{L}[\p{L}'’-]*")
# Words in capitals at a sentence's start are changed only if one has at least this many letters, because a
# shorter word like "UN" is an abbreviation.
_LEAST_CAPITALS = 4
# Abbreviations that are also ordinary words ("us", "who"); a text in capitals does not tell which is meant.
_AMBIGUOUS = frozenset({"AIDS", "IT", "US", "WHO"})


def restore_opening(sentence: str, article: str) -> str:
    """Return a sentence with its first words, which are in capitals, as ``article`` spells them elsewhere.

    Return the sentence unchanged if the article has one of the words in no other spelling, or if it has one
    of them in capitals elsewhere too, as it has NATO.
    """
    found = _CAPITALS.match(sentence)
    if found is None or not any(len(word) >= _LEAST_CAPITALS for word in found["words"].split()):
        return sentence
    spellings = _count_spellings(article)
    restored = []
    for index, word in enumerate(found["words"].split()):
        plain = _restore_word(word, spellings)
        if plain is None:
            return sentence
        restored.append(plain if index else plain[:1].upper() + plain[1:])
    return " ".join(restored) + sentence[found.end() :]


def _restore_word(word: str, spellings: dict[str, dict[str, int]]) -> str | None:
    """Return a word that is in capitals in small letters or, for a name, as the article mostly spells the
    name. Return None if the article does not show the right spelling.
    """
    if len(word) == 1:
        return word.lower()
    known = spellings.get(word.lower(), {})
    others = {spelling: count for spelling, count in known.items() if spelling != word}
    if not others or known.get(word, 0) > 1 or word in _AMBIGUOUS:
        return None
    return word.lower() if word.lower() in others else max(others, key=lambda spelling: others[spelling])


@lru_cache(maxsize=1)
def _count_spellings(article: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for word in _SPELLED.findall(article):
        known = found.setdefault(word.lower(), {})
        known[word] = known.get(word, 0) + 1
    return found
