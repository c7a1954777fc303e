"""Where an article was written, before its first words: "KARACHI: ", "LONDON (Reuters) - ", "Lima (EFE).- ".

It stands at the head of a text. A dateline that is recognized by mistake could be a speaker ("Khan: ..."),
and his words would be the newsroom's without him: so only forms that nothing else has are recognized.
"""

# ruff: noqa: RUF001  letters and punctuation of other scripts are the data

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
    r"(?!(?:نے|کا|کی|کے|کو|سے|ہے|ہیں|میں|پر)\s)"  # a person goes on like that
)  # "لاہور (نامہ نگار) صوبائی حکومت نے": no dash behind it
_WORD = r"[\p{Lu}\p{Lo}][\p{L}\p{M}.'’-]*"
_PLACE = rf"{_WORD}(?:[ /]{_WORD}|[ ]\p{{Ll}}{{1,3}}(?=[ ])){{0,3}}"
_DATE = r"(?:\d{1,2}\.?(?:[ ]de)?[ ]\p{L}{3,10}\.?|\p{L}{3,10}\.?[ ]\d{1,2})(?:,?[ ]\d{4})?"
_BY = r"(?:[(\[（［][^()\[\]（）［］]{2,40}[)\]）］]|/\p{Lu}[\p{Lu} .-]{1,20}/)"
_STOPPED = regex.compile(  # with a stop in it: "MOSCOW, Dec. 1 (TASS). ", "Madrid, 3 nov (EFE).- "
    rf"(?:{_PLACE}(?:,[ ]{_PLACE})?[,.]?[ ]?)?(?:{_DATE}[.,]?\s*(?:[-–—]\s*)?)?{_BY}\s*\.?\s*[-–—_]*\s*"
    rf"|{_PLACE}(?:,[ ]{_PLACE})?[,.][ ]{_DATE}\.?\s*(?:[-–—]\s*(?:{_WORD}[ ]?){{0,3}}\.?\s*)?"
)
_TOWN = regex.compile(rf"(?:dpa[ ])?{_PLACE}\.\s*")
_FEW_WORDS = regex.compile(r"(?:\S+\s+){0,7}\S+\.\s*")  # "VALDEMORA. " before "— El pleno"
_DASH = regex.compile(r"[-–—−]{1,2}\s*(?=[\w¿¡\"“«])")
_DATED = regex.compile(rf"{_DATE}\.")
_LONGEST = 80  # characters of a dateline
_QUOTES = tuple("\"'“”„«»‘’「『")
_LEAST = 25  # characters behind it: fewer are no sentence of their own
_ACRONYM = 3  # letters: "EU: " and "UN: " are whose words follow
_WORDS = 4  # of a place's name
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
"""  # that news agencies date from, where no capitals show a dateline
_KNOWN = frozenset(" ".join(name.split()) for name in _PLACES.split(","))


def drop_byline(sentence: str) -> str:
    """Return an article's first sentence without a Korean byline, "[paper=reporter]"."""
    return _KOREAN.sub("", sentence, count=1)


def drop_dateline(sentence: str) -> str:
    """Return an article's first sentence without its dateline; as it is where it surely has none."""
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
    """Say whether a line is a dateline alone.

    A few words are one before a dash, a bare town before a date and, where an article ``opens``, before its
    first sentence.
    """
    if len(line) > _LONGEST:
        return False
    if _STOPPED.fullmatch(line) or _is_dashed(line, following):
        return True
    begins = _DATED.match(following) is not None or (opens and len(following.split()) > _WORDS)
    return begins and _TOWN.fullmatch(line) is not None


def _is_dashed(line: str, following: str) -> bool:
    """Say whether a dash belongs to a dateline: right before its word, behind a space, it begins a speech."""
    dash = _DASH.match(following)
    if dash is None or (line[-1:].isspace() and not dash[0][-1].isspace()):
        return False
    return _FEW_WORDS.fullmatch(line) is not None
