# ruff: noqa: RUF001  punctuation of other scripts is the data
"""Corrections over sentencex: boundaries that it sets inside a sentence, and boundaries that it misses.

A missed boundary shows two sentences where one was meant; a false one shows half a sentence. So in doubt the
text stays together. The cases were found in news texts of the languages below (``tests/summarizers``).
"""

import re
from collections.abc import Iterable

import regex

from newsbot.summarizers.abbreviations import stops_inside
from newsbot.summarizers.datelines import is_dateline

__all__ = ["divide", "join_pieces"]

_CLOSERS = "\"'”’»«“‘)]}」』）】》〉›"
_STRAY_CLOSERS = re.compile(r"[”’‘»)\]」』）】]+(?=\s|$)")
_STRAIGHT = re.compile(r'"(?=\s|$)')
_QUOTATIVES = ("と", "って", "라고", "이라고", "라며", "이라며", "고 ", "며 ")

# Always followed by a name or a number, so never the end of a sentence.
_TITLES = re.compile(
    r"(?:(?<![\w.])(?:"
    r"Mr|Mrs|Ms|Mx|Messrs|Drs?|Profs?|Sens?|Reps?|Govs?|Gens?|Lts?|Sgts?|Capts?|Cols?|Cmdr|Cpl|Pvt|Maj|Adm|Hon"
    r"|Rev|Supt|Det|Insp|Pres|Amb|Sec|Msgr|Mme|Mlle|St|Ste|Mt|Ft|vs|Figs?|i\.e|e\.g|cf"  # English, French
    r"|Sra?s?|Srtas?|Dras?|Gral|Cnel|Cmdte|Pdte|Pdta|Lic|Ing|Av(?:da)?|art|núm|Fco|Ma|Ntra"  # Spanish
    r"|Profa|Exm[oa]|Eng|Desemb|Dep|Min|Cel"  # Portuguese
    r"|ул|пр|просп|пер|пл|проф|акад|доц|св|ст|рис|стр|см|ср|напр"  # Russian
    r"|श्री|श्रीमती|सुश्री|डॉ|प्रो|पं|मो|रु|नं|जस्टिस"  # Hindi
    r")|(?<!\w)[\u0600-\u06ff]|(?<!\S)[\u0900-\u0dff]{1,3})\.$"
)
_LONGEST = 14  # characters from the start of any of these to its stop, and one before it
_TOWN = re.compile(r"(?<!\d\s)(?<!\d)\bг\.$")  # Russian: a town; behind a number, a year
_IN_YEAR = re.compile(  # Russian: "in the year 2020", with which a sentence begins
    r"(?:^|[,;:—–-]\s+(?:(?:а|и|но|что)\s+)?)(?:в|с|со|к|до|после|около|по|на|летом|осенью|зимой|весной)\s"
    r"(?:[^\s,.]+\s){0,4}[\d–-]*\d\s?гг?\.\s*$",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?:\W|^)\w\.[^\W\d_]|\.-[^\W\d_]")  # no space between: "a.C.", "J.-P.", "Dipl.-Ing."
_MONTH = re.compile(r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Nos?|pp?|ch|vol)\.$", re.IGNORECASE)
_HOUR = re.compile(r"\b[ap]\.\s?m\.$", re.IGNORECASE)
_OF_HOUR = re.compile(
    r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b|(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug"
    r"|Sep|Oct|Nov|Dec)\w*\b|(?:[ECMPA][SDK]?T|GMT|UTC|BST|CES?T|EES?T|IST|PKT|JST|KST|SGT|HKT|AE[SD]T|NZ[SD]T|HST"
    r"|AK[SD]T|WIB|MSK|EAT|WAT|SAST|GST)\b|Eastern|Pacific|Central|Mountain|Greenwich|Local)"
)
_COUNTRY = re.compile(r"\b(?:U\.\s?S|U\.\s?K|U\.\s?N|E\.\s?U|U\.\s?A\.\s?E|EE\.\s?UU|D\.\s?C)\.$")
_EXCLAIMED = re.compile(
    r"\b(?:E|Yahoo|Yum|Jeopardy|Joomla|Wham|Panic|Guess|Oklahoma|Airplane|Chips Ahoy)[!?]$"
)
_STARTERS = frozenset(
    word
    for words in (
        "a an the this that these those he she it they we i you his her its their our my your there",
        "here who what when where why how which if in on at by for from with after before since until",
        "while as though although despite during under over about but and or so yet nor still then now",
        "today yesterday meanwhile however some many most all both each every several no not only one",
        "two three four five officials police critics asked according last next earlier later",
        "el la los las un una en su sus pero",
    )
    for word in words.split()
)
_LETTER = re.compile(
    r"(?<!\S)(?:اے|بی|سی|ڈی|ای|ایف|جی|ایچ|آئی|جے|کے|ایل|ایم|این|او|پی|کیو|آر|ایس|ٹی|یو|وی|ڈبلیو|ایکس|وائی|زیڈ)[۔.]$"
)
_LETTERS = re.compile(
    r"(?:اے|بی|سی|ڈی|ای|ایف|جی|ایچ|آئی|جے|کے|ایل|ایم|این|او|پی|کیو|آر|ایس|ٹی|یو|وی|ڈبلیو|ایکس|وائی|زیڈ)(?=[۔.\s])"
)
_BRAND = regex.compile(r"\p{Ll}{1,2}\p{Lu}")  # iPhone, eBay, xAI
_DASHED = regex.compile(r"[—–-]\s*\p{Ll}")
_STATE = re.compile(r"[A-Z][a-z]{0,4}\.,")  # the rest of "R-W. Va.,"
_NUMBER = re.compile(r"(?:\w{1,4}\s)?[(\[]?\d{1,3}[.)\]]+$")  # of a list, or "Am 12." before "Bis 13. Mai"

_MISSED = regex.compile(
    r"(?<=\b[Nn]o\.)\s+(?=\p{Lu}\p{Ll})"  # the answer, not a number
    r"|(?<=\p{L}…|\p{L}\.\.\.)\s+(?=\p{Lu}\p{Ll})"
    r"|(?<=\p{Ll}{2}[.!?][\p{Pf})\]\"])\s+(?=\p{Lu}\p{Ll})"
    r"|(?<=\d[.!?]\))\s+(?=\p{Lu}\p{Ll})"
    r"|(?<=\d\s?(?:г|гг|руб|км|кг|чел|долл)\.)\s+(?=[А-ЯЁ][а-яё])"
    r"|(?<=(?:тыс|млн|млрд|трлн)\.?\s(?:руб|чел|долл|евро)\.)\s+(?=[А-ЯЁ][а-яё])"
    r"|(?<=\bи\sт\.\s?[дп]\.)\s+(?=[А-ЯЁ][а-яё])"
    r"|(?<=\b(?:usw|etc|ecc|enz|EE\. UU)\.)\s+(?=(?:D(?:ie|er|as)|L[ea]s?|Los|El|Il|En|Het|De|Os?|As?)\s)"
    r"|(?<=[\p{Ll}]{2}[.!?])\s+(?=\p{Ll}{1,2}\p{Lu})"  # before iPhone
    r"|(?<=\s\p{Ll}{3,}[.!?])(?=\p{Lu}\p{Ll}+\s)"  # no space between two sentences
)
_INSIDE = re.compile(
    r"[.!?…][\"”’»)\]]?(?P<gap>\s+|(?=[^\W\d_]))(?=\w)"
)  # what all of these have; `re` finds it fast
_TOKENIZED = re.compile(r"(?<=\s[.!?])\s+")
_FEW = 2


def divide(line: str) -> list[str]:
    """Return the pieces of a line of which every stop stands alone (``the mayor spoke . nobody came .``).

    Corpora and some feeds come in tokens like that; sentencex finds no boundary in them where they are in
    lower case. Any other line is one piece.
    """
    if " ." not in line:
        return [line]
    alone = len(_TOKENIZED.findall(line)) + line.endswith((" .", " !", " ?"))
    glued = len(re.findall(r"\w[.!?](?=\s|$)", line))
    return [piece for piece in _TOKENIZED.split(line) if piece] if alone >= _FEW and alone > glued else [line]


def join_pieces(pieces: Iterable[str], language: str = "en", *, opens: bool = False) -> list[str]:
    """Return the sentences of a line, stripped: join what sentencex cut, and cut what it missed.

    ``opens``: it is the article's first, where a town may stand alone before its news ("Hamburg. ...").
    """
    joined: list[str] = []
    for piece in pieces:
        if not joined:
            joined.append(piece)
            continue
        stray = None if piece[:1].isalnum() else _stray(joined[-1], piece)
        dated = len(joined) == 1 and is_dateline(joined[0], piece, opens=opens)
        if stray or dated or _continues(joined[-1], piece, language):
            end = stray.end() if stray else len(piece)
            joined[-1] += piece[:end]
            piece = piece[end:]  # noqa: PLW2901  the rest is the sentence
        if piece.strip():
            joined.append(piece)
    parts = (
        part for piece in joined for part in (_cut(piece, language) if _INSIDE.search(piece) else [piece])
    )
    return [stripped for part in parts if (stripped := part.strip())]


def _cut(piece: str, language: str) -> list[str]:
    """Return the sentences of a piece that sentencex took for one."""
    gaps = (inside.start("gap") for inside in _INSIDE.finditer(piece))
    missed = [found.span() for gap in gaps if (found := _MISSED.match(piece, gap))]
    ends = [start for start, _ in missed] + [len(piece)]
    parts = [piece[start:end] for start, end in zip([0, *(end for _, end in missed)], ends, strict=True)]
    cut: list[str] = []
    for part in parts:
        if language == "ru" and cut and _IN_YEAR.search(cut[-1]):
            cut[-1] += f" {part}"
        else:
            cut.append(part)
    return cut


def _stray(sentence: str, piece: str) -> re.Match[str] | None:
    """Match closing marks on their own; a straight one closes if the sentence before opened it."""
    return _STRAY_CLOSERS.match(piece) or (_STRAIGHT.match(piece) if sentence.count('"') % 2 else None)


def _continues(sentence: str, piece: str, language: str) -> bool:
    """Say whether ``piece`` goes on with ``sentence``: its beginning or an abbreviation shows it."""
    end = sentence.rstrip()
    if not end or not piece:
        return False
    if len(end) <= _LONGEST and (not any(map(str.isalnum, end)) or _NUMBER.fullmatch(end)):
        return True  # dots or a list's number, and its text behind them
    if piece[0].islower():
        return not _BRAND.match(piece)
    glued = end == sentence and _GLUED.search(end[-3:] + piece[:2])
    if glued or (end[-1] in _CLOSERS and (piece.startswith(_QUOTATIVES) or _DASHED.match(piece))):
        return True
    return end[-1] in ".۔!?" and _is_inside(end, piece, language)


def _is_inside(end: str, piece: str, language: str) -> bool:
    """Say whether the stop at ``end`` stands inside a sentence."""
    return (
        _STATE.match(piece) is not None
        or stops_inside(end, piece, language)
        or (language == "ru" and _IN_YEAR.search(end) is not None)
        or _abbreviates(end, piece)
    )


def _abbreviates(end: str, piece: str) -> bool:
    """Say whether the stop at ``end`` is an abbreviation's or a name's, with ``piece`` behind it."""
    tail = end[-_LONGEST:]
    if tail[-7:-1].isalpha() and tail.isascii() and end[-1] == ".":
        return False  # a word longer than any abbreviation
    if _HOUR.search(tail):
        return _OF_HOUR.match(piece) is not None
    if _COUNTRY.search(tail) or _EXCLAIMED.search(tail):
        first = piece.split(maxsplit=1)[0].strip(_CLOSERS + ",;:.").lower()
        return first not in _STARTERS and piece[0].isalpha()
    if _MONTH.search(tail):
        return piece[0].isdigit()
    if _LETTER.search(tail):
        return _LETTERS.match(piece) is not None
    return _TITLES.search(tail) is not None or _TOWN.search(tail) is not None
