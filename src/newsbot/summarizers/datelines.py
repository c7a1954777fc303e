"""Detection and removal of datelines: "KARACHI: ", "LONDON (Reuters) - ", "Lima (EFE).- ".

A dateline names the place of an article before its first words. If a speaker ("Khan: ...") were taken for a
dateline and removed, his words would become the newsroom's. So only forms that nothing else has are accepted.
"""

# ruff: noqa: RUF001  The data are letters and punctuation of other scripts.

import re

import regex

__all__ = ["drop_byline", "drop_dateline", "is_dateline"]

_HEAD = re.compile(
    r"""
    (?P<place>(?:[A-Z][a-z]{1,2}\.[ ]|[A-Z]{2}\.[ ])?[^\W\d_][^:()\[\]!?."“”«»–—]{1,40}?)
    (?P<more>,[^:()\[\]!?"“”«»–—]{1,40}?)?
    (?:\s*(?P<by>[(\[][^()\[\]]{1,40}[)\]]))?
    (?:(?P<colon>\s?[:：])\s+|(?:(?<=[)\]])\s*|\s+|(?P<stop>\.)\s?)(?P<dash>-{1,2}|[–—−])(?(stop)\s*|\s+))
    """,
    re.VERBOSE,
)
_BRACKETS = re.compile(
    r"(?:[(\[（［][^()\[\]（）［］]{2,40}[)\]）］]\s*[-–—−－ー]{1,2}|【[^【】]{2,40}】)\s*"
)
_KOREAN = re.compile(r"^\[[^\[\]=]{2,40}=[^\[\]=]{2,40}\]\s*(?=\w)")
_URDU = re.compile(
    r"[^\W\d_][^:()\[\]!?.۔،\"“”«»–—]{1,40}?\s*\("
    r"[^()]*(?:نامہ نگار|رپورٹر|نمائند[ہے]|ڈیسک|اے پی پی|این این آئی|آن لائن)[^()]*\)(?:\s*[-–—:])?\s*+"
    r"(?!(?:نے|کا|کی|کے|کو|سے|ہے|ہیں|میں|پر)\s)"  # After a person's name, one of these would follow.
)  # "لاہور (نامہ نگار) صوبائی حکومت نے": there is no dash after it.
_WORD = r"[\p{Lu}\p{Lo}][\p{L}\p{M}.'’-]*"
_PLACE = rf"{_WORD}(?:[ /]{_WORD}|[ ]\p{{Ll}}{{1,3}}(?=[ ])){{0,3}}"
_DATE = r"(?:\d{1,2}\.?(?:[ ]de)?[ ]\p{L}{3,10}\.?|\p{L}{3,10}\.?[ ]\d{1,2})(?:,?[ ]\d{4})?"
_BY = r"(?:[(\[（［][^()\[\]（）［］]{2,40}[)\]）］]|/\p{Lu}[\p{Lu} .-]{1,20}/)"
_STOPPED = regex.compile(  # datelines with a stop: "MOSCOW, Dec. 1 (TASS). ", "Madrid, 3 nov (EFE).- "
    rf"(?:{_PLACE}(?:,[ ]{_PLACE})?[,.]?[ ]?)?(?:{_DATE}[.,]?\s*(?:[-–—]\s*)?)?{_BY}\s*\.?\s*[-–—_]*\s*"
    rf"|{_PLACE}(?:,[ ]{_PLACE})?[,.][ ]{_DATE}\.?\s*(?:[-–—]\s*(?:{_WORD}[ ]?){{0,3}}\.?\s*)?"
)
_TOWN = regex.compile(rf"(?:dpa[ ])?{_PLACE}\.\s*")
_FEW_WORDS = regex.compile(r"(?:\S+\s+){0,7}\S+\.\s*")  # "VALDEMORA. " before "— El pleno"
_DASH = regex.compile(r"[-–—−]{1,2}\s*(?=[\w¿¡\"“«])")
_DATED = regex.compile(rf"{_DATE}\.")
_LONGEST = 80  # characters of the longest dateline
_QUOTES = tuple("\"'“”„«»‘’「『")
_LEAST = 25  # characters after the dateline: fewer are no complete sentence
_ACRONYM = 3  # letters: "EU: " and "UN: " name a speaker, not a place
_WORDS = 4  # the most words of a place's name
_PLACES = """
کراچی, لاہور, اسلام آباد, راولپنڈی, پشاور, کوئٹہ, ملتان, فیصل آباد, حیدرآباد, سیالکوٹ, گوجرانوالہ,
سرگودھا, بہاولپور, سکھر, لاڑکانہ, مظفر آباد, مظفرآباد, گلگت, گوادر, ایبٹ آباد, سوات, نئی دہلی, دہلی,
ممبئی, سری نگر, سرینگر, ڈھاکا, ڈھاکہ, کابل, تہران, بیجنگ, ماسکو, واشنگٹن, نیویارک, لندن, پیرس, برلن,
دبئی, ابوظہبی, ریاض, جدہ, دوحہ, انقرہ, استنبول, قاہرہ, غزہ, یروشلم, القاهرة, بيروت, دمشق, بغداد,
الرياض, جدة, عمّان, عمان, رام الله, غزة, القدس, الدوحة, دبي, أبوظبي, الكويت, المنامة, مسقط, صنعاء,
عدن, الخرطوم, تونس, الجزائر, الرباط, طرابلس, نواكشوط, واشنطن, نيويورك, لندن, باريس, برلين, موسكو,
بكين, طهران, أنقرة, إسطنبول, Karachi, Lahore, Islamabad, Rawalpindi, Peshawar, Quetta, New Delhi,
Mumbai, Kolkata, Chennai, Bengaluru, Hyderabad, Srinagar, Lucknow, Ahmedabad, Dhaka, Kathmandu,
Colombo, Kabul
"""  # Places in datelines of news agencies that are not written in capitals.
_KNOWN = frozenset(" ".join(name.split()) for name in _PLACES.split(","))


def drop_byline(sentence: str) -> str:
    """Return an article's first sentence without a Korean byline, "[paper=reporter]"."""
    return _KOREAN.sub("", sentence, count=1)


def drop_dateline(sentence: str) -> str:
    """Return an article's first sentence without its dateline; unchanged if it has no certain one."""
    found = _BRACKETS.match(sentence) or _URDU.match(sentence) or _HEAD.match(sentence)
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
    """Say whether a line consists of a dateline only.

    A few words count as one before a dash. A town alone counts before a date and, if the line ``opens`` the
    article, before its first sentence.
    """
    if len(line) > _LONGEST:
        return False
    if _STOPPED.fullmatch(line) or _is_dashed(line, following):
        return True
    begins = _DATED.match(following) is not None or (opens and len(following.split()) > _WORDS)
    return begins and _TOWN.fullmatch(line) is not None


def _is_dashed(line: str, following: str) -> bool:
    """Say whether ``line`` is a dateline that is separated by a dash from ``following``.

    A dash after a space and directly before a word begins a speech instead.
    """
    dash = _DASH.match(following)
    if dash is None or (line[-1:].isspace() and not dash[0][-1].isspace()):
        return False
    return _FEW_WORDS.fullmatch(line) is not None
