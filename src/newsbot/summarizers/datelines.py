"""Removal of what stands before an article's first words: datelines, dates, bylines and the headline.

A dateline ("KARACHI: ", "LONDON (Reuters) - ", "Lima (EFE).- ") names the place of an article before its
first words. If a speaker ("Khan: ...") were taken for a dateline and removed, the speaker's words would
become the newsroom's. So only forms that no other text has are accepted.
"""

# ruff: noqa: RUF001  The patterns have letters and punctuation of other scripts on purpose.

import re

import regex

from newsbot.files import load_toml
from newsbot.identity.texts import split_words

__all__ = ["drop_byline", "drop_dateline", "drop_headline", "is_dateline"]

# A dateline has one of these signs among a sentence's first characters; only the form "VALDEMORA. " has none.
_DATELINE_SIGN = re.compile(r"[:：(\[（［【/\d–—−]|-(?<=[\s.)\]]-)")
_OPENING_LENGTH = 200
_HEAD = re.compile(
    r"""
    (?P<place>(?:[A-Z][a-z]{1,2}\.[ ]|[A-Z]{2}\.[ ])?[^\W\d_][^:()\[\]!?."“”«»–—]{1,40}?)
    (?P<more>,[^:()\[\]!?"“”«»–—]{1,40}?)?
    (?:\s*(?P<by>[(\[][^()\[\]]{1,40}[)\]]))?
    (?:(?P<colon>\s?[:：])\s+|(?P<glued>—)(?=\S)
    |(?:(?<=[)\]])\s*|\s+|(?P<stop>\.)\s?)(?P<dash>-{1,2}|[–—−])(?(stop)\s*|\s+))
    """,
    re.VERBOSE,
)
_BRACKETS = re.compile(
    r"(?:[(\[（［][^()\[\]（）［］]{2,40}[)\]）］]\s*[-–—−－ー]{1,2}|【[^【】]{2,40}】)\s*"
)
_KOREAN = re.compile(r"^\[[^\[\]=]{2,40}=[^\[\]=]{2,40}\]\s*(?=\w)")
# The pattern matches an agency without a place: "(Reuters) - ", or before a word without space, "(CNN)The".
_AGENCY = regex.compile(
    r"\((?:[^()]{2,25}\)(?:\s*[-–—]{1,2}\s*|(?=\S))|\p{Lu}{2,8}\)\s+)(?=[\p{Lu}\d\"“‘])"
    r"|\p{Lu}[\p{L} .,'’/-]{1,40} \(\p{Lu}[\p{Lu}/]{1,10}\)(?=\p{Lu})"
)
_URDU = re.compile(
    r"[^\W\d_][^:()\[\]!?.۔،\"“”«»–—]{1,40}?\s*\("
    r"[^()]*(?:نامہ نگار|رپورٹر|نمائند[ہے]|ڈیسک|اے پی پی|این این آئی|آن لائن)[^()]*\)(?:\s*[-–—:])?\s*+"
    # Words that follow a person's name, so that the text before them is no place of a dateline.
    r"(?!(?:نے|کا|کی|کے|کو|سے|ہے|ہیں|میں|پر)\s)"
)  # The pattern matches "لاہور (نامہ نگار) صوبائی حکومت نے", a dateline without a dash after it.
_CAPITALIZED_WORD = r"[\p{Lu}\p{Lo}][\p{L}\p{M}.'’-]*"
_PLACE = rf"{_CAPITALIZED_WORD}(?:[ /]{_CAPITALIZED_WORD}|[ ]\p{{Ll}}{{1,3}}(?=[ ])){{0,3}}"
_DATE = r"(?:\d{1,2}\.?(?:[ ]de)?[ ]\p{L}{3,10}\.?|\p{L}{3,10}\.?[ ]\d{1,2})(?:,?[ ]\d{4})?"
_BY = r"(?:[(\[（［][^()\[\]（）［］]{2,40}[)\]）］]|/\p{Lu}[\p{Lu} .-]{1,20}/)"
# The pattern matches datelines with a full stop: "MOSCOW, Dec. 1 (TASS). ", "Madrid, 3 nov (EFE).- ".
_STOPPED = regex.compile(
    rf"(?:{_PLACE}(?:,[ ]{_PLACE})?[,.]?[ ]?)?(?:{_DATE}[.,]?\s*(?:[-–—]\s*)?)?{_BY}\s*\.?\s*[-–—_]*\s*"
    rf"|{_PLACE}(?:,[ ]{_PLACE})?[,.][ ]{_DATE}\.?\s*(?:[-–—]\s*(?:{_CAPITALIZED_WORD}[ ]?){{0,3}}\.?\s*)?"
)
# The pattern matches a dateline with a date before a sentence: "TOWN, 19 Nov - AGENCY. ".
_DATED_OPENING = regex.compile(rf"(?:{_STOPPED.pattern})(?<=[.–—_-]\s*)(?=\S)")
# The pattern matches a dateline with a date and an agency in capitals: "Taipei, Nov. 17 (CNA) The".
_DATED_AGENCY = regex.compile(
    rf"{_PLACE}(?:,[ ]{_PLACE})?,[ ]{_DATE}[ ][(（]\p{{Lu}}[\p{{Lu}} -]{{1,15}}[)）]\s+(?=\p{{Lu}}|[\"“«])"
)
_PLACE_ALONE = regex.compile(rf"(?:dpa[ ])?{_PLACE}\.\s*")
# The pattern matches a few words with a full stop, like the dateline "VALDEMORA. " before "— El pleno".
_FEW_WORDS = regex.compile(r"(?:\S+\s+){0,7}\S+\.\s*")
# The pattern matches the dash after a dateline, perhaps with an agency before the dash: "(AP) — ".
_DASH = regex.compile(r"(?:\([^()]{2,30}\)\s*)?[-–—−]{1,2}\s*(?=[\w¿¡\"“«])")
# The pattern matches what separates a headline from the text after it: a dash, a bar, a colon or a full stop.
_AFTER_HEADLINE = re.compile(r"(?:\s*[-–—|•·»:：]+|[.!?。！？…]+[\"”’»]?)\s*(?=\S)")
# The pattern matches a sentence's first words: an article like "the", and a word in small letters ("The
# ferry").
_SENTENCE_BEGIN = regex.compile(
    r"(?:The|An?|This|El|La|Lo|L[eo]s|Las|Una?|Le|Une|Il|Gli|Os?|As|Uma?|De|Het|Een)\s\p{Ll}"
    r"|(?:Der|Die|Das|Eine?)\s\p{L}"
)
_CLOSED = ".!?。！？… "
_HINDI = regex.compile(
    r"[^।:]{0,30}(?:संवाददाता|संवाद (?:सूत्र|सहयोगी)|ब्यूरो)।\s*"
    r"|[^।:,]{2,20},\s*(?:संवाद|न्यूज|डेस्क|एजेंसी|वार्ता|प्रतिनिधि)।\s*"
)
_DATED = regex.compile(rf"{_DATE}\.")
_MONTH_NAME, _DAY = r"[\p{L}\p{M}]{3,12}\.?", r"\d{1,2}(?:\.|st|nd|rd|th|º)?"
_FULL_DATE = (
    rf"(?:[\p{{L}}\p{{M}}]{{2,12}}\.?,?[ ])?(?:{_DAY}[ ](?:de[ ])?{_MONTH_NAME},?[ ](?:de[ ])?\d{{4}}"
    rf"|{_MONTH_NAME}[ ]{_DAY},?[ ]\d{{4}}|\d{{1,4}}(?:\.\d{{1,2}}\.|/\d{{1,2}}/|-\d{{1,2}}-)\d{{2,4}}"
    r"|\d{4}[年년][ ]?\d{1,2}[月월][ ]?\d{1,2}[日일])(?:[ ]г)?\.?"
)
# The pattern matches a date before an article's first words: "(18.01.2018) ", "Feb. 23, 2015 -- ".
_DATE_STAMP = regex.compile(
    rf"[(\[（]\s?{_FULL_DATE}\s?[)\]）]\s*(?:[-–—|:]{{1,2}}\s+)?|{_FULL_DATE}\s?[-–—|:]{{1,2}}\s+"
)
# The first figure of such a date is among this many characters.
_FIGURE, _FIRST_FIGURE = re.compile(r"\d"), 40
_LONGEST_DATELINE = 80  # A dateline has at most this many characters.
_QUOTES = tuple("\"'“”„«»‘’「『")
_LEAST = 25  # The sentence after a dateline has at least this many characters.
# A name of at most this many capitals before a colon ("EU: ", "UN: ") is a speaker, not a place.
_ACRONYM = 3
# Sentences in Chinese and Japanese, whose characters are in this range, have no spaces between words.
_KANA, _KANA_ENDS = "\u3000", "\ua000"
_WORDS = 4  # The name of a place in a dateline has at most this many words.
_KNOWN = frozenset(
    " ".join(name.split()) for name in load_toml(__package__, "sentences.toml")["places"].split(",")
)


def drop_byline(sentence: str) -> str:
    """Return an article's first sentence without a date, an agency or a Korean byline at its beginning.

    The date or agency stands without a place, "(Reuters) - "; a Korean byline is "[paper=reporter]".
    """
    figured = _FIGURE.search(sentence, 0, _FIRST_FIGURE)  # Most sentences have none, and finding out is fast.
    dated = _DATE_STAMP.match(sentence[:_LONGEST_DATELINE]) if figured else None
    rest = sentence[dated.end() :] if dated else ""
    if len(rest) >= _LEAST and not rest[0].islower():
        return rest
    found = _AGENCY.match(sentence) if sentence[:1] == "(" or ")" in sentence[:60] else None
    if found and len(sentence) - found.end() >= _LEAST:
        return sentence[found.end() :]
    return _KOREAN.sub("", sentence, count=1)


def drop_headline(line: str, title: str | None) -> str:
    """Return a line without the article's headline at its start; unchanged if it goes on in mid-sentence.

    CMSs write such lines: "Ferry sails again --- The ferry ...", "Ferry sails again. The ferry ...", and
    without any mark "Ferry sails again TOWN (AP) - The ferry ...".
    """
    named = (title or "").rstrip(_CLOSED).casefold()
    start, rest = line[: len(named)], line[len(named) :]
    if not named or start.casefold() != named:
        return line
    if (after := _AFTER_HEADLINE.match(rest)) and not rest[after.end() :][:1].islower():
        return rest[after.end() :]
    said = rest.lstrip()
    return said if said != rest and _begins_sentence(said, named) else line


def _begins_sentence(text: str, named: str) -> bool:
    """Return whether a text after the headline ``named`` and a space begins a sentence of its own.

    Such a text begins with a dateline or with a word like "the". Sentences in Chinese and Japanese have no
    spaces, so a space after a headline of several words ends the headline.
    """
    if len(text) < _LEAST or len(split_words(named)) < _WORDS:
        return False
    spaceless = all(_KANA <= char < _KANA_ENDS for char in (named[-1], text[0]))
    return spaceless or bool(_SENTENCE_BEGIN.match(text)) or drop_dateline(text) != text


def drop_dateline(sentence: str) -> str:
    """Return an article's first sentence without its dateline; unchanged if it has no certain dateline."""
    found = _DATELINE_SIGN.search(sentence, 0, _OPENING_LENGTH) and (
        _BRACKETS.match(sentence)
        or _URDU.match(sentence)
        or _DATED_OPENING.match(sentence)
        or _DATED_AGENCY.match(sentence)
        or _HEAD.match(sentence)
    )
    if not found:
        return sentence
    rest = sentence[found.end() :]
    whole = len(rest) >= _LEAST and not rest[0].islower() and not rest.startswith(_QUOTES)
    return rest if whole and (found.re is not _HEAD or _is_place(found)) else sentence


def _is_place(found: re.Match[str]) -> bool:
    place = found["place"].strip()
    capitals = place.isupper() and len(place) > _ACRONYM and not any(map(str.isdigit, place))
    agency = found["by"] and found["dash"] and not place[0].islower() and len(place.split()) <= _WORDS
    return capitals or place in _KNOWN or bool(agency)


def is_dateline(line: str, following: str = "", *, opens: bool = False) -> bool:
    """Return whether a line of an article consists of a dateline only; ``following`` is the text after it.

    A few words are a dateline if a dash follows. The name of a town alone is a dateline if a date follows.
    With ``opens``, the line is the article's first, and the town is a dateline if a sentence follows too.
    """
    if len(line) > _LONGEST_DATELINE:
        return False
    if (
        (_DATELINE_SIGN.search(line) and _STOPPED.fullmatch(line))
        or ("।" in line and _HINDI.fullmatch(line))
        or _is_dashed(line, following)
    ):
        return True
    begins = _DATED.match(following) is not None or (opens and len(following.split()) > _WORDS)
    return begins and _PLACE_ALONE.fullmatch(line) is not None


def _is_dashed(line: str, following: str) -> bool:
    """Return whether ``line`` is a dateline that a dash separates from ``following``, the text after it.

    A dash that has a space before it but none after it begins direct speech.
    """
    dash = _DASH.match(following)
    if dash is None or (line[-1:].isspace() and not dash[0][-1].isspace()):
        return False
    return _FEW_WORDS.fullmatch(line) is not None
