"""Splitting of a text into sentences and words; white space is collapsed.

The library sentencex proposes the boundaries of sentences. newsbot then joins pieces that sentencex cut
wrongly, and cuts where sentencex missed a boundary. A post with a missed boundary shows two sentences instead
of one; with a false boundary, it shows half a sentence. So a doubtful boundary is no boundary. sentencex
knows English best, so English has rules of its own. The cases were found in news texts of the languages below
(``tests/summarizers``).

The words that the rules need are in ``sentences.toml``.
"""

# ruff: noqa: RUF001  The patterns have letters and punctuation of other scripts on purpose.

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import regex
import sentencex

from newsbot.files import load_toml
from newsbot.summarizers.datelines import is_dateline

__all__ = [
    "collapse_spaces",
    "drop_headings",
    "is_finished",
    "iterate_sentences",
    "split",
    "words",
]

_DATA = load_toml(__package__, "sentences.toml")

# ---------------------------------------------------------------- splitting a sentence into words

# The words of this many sentences are cached, because an article's sentences are split into words repeatedly.
RECENT = 300
# The table translates cp1252 bytes: letters to small letters, and bytes that are in no word to spaces.
WESTERN = "".join(
    char if char.isalnum() or char in "_'’" else " "
    for char in bytes(range(256)).decode("cp1252", "replace").lower()
).encode("cp1252")
# The pattern matches a single quotation mark, but not an apostrophe in a word.
LONE = re.compile(r"['’](?:(?<!\w['’])|(?!\w))")
# The pattern matches letters of scripts other than Latin, but not curly quotation marks and dashes.
BEYOND_LATIN = re.compile("[\u0300-\u1fff\u2070-\U0010ffff]")
PLAIN = re.compile(r"\w+(?:['’]\w+)*")
WORD = regex.compile(r"\w+(?:['’]\w+)*")
UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+|[^\W_]+"
)
# The pattern matches characters of scripts that may have no spaces: from Thai to Khmer, and from Han on.
MAYBE_UNSPACED = re.compile("[\u0e00-\u1dff\u2e80-\U0010ffff]")


@lru_cache(maxsize=RECENT)
def words(sentence: str) -> tuple[str, ...]:
    """Return the words of a sentence in lower case.

    In scripts that don't separate words, or that attach particles to words, each pair of neighbouring
    characters is returned as a word.
    """
    if sentence.isascii() or not BEYOND_LATIN.search(sentence):
        return tuple(_latin_words(sentence))
    found = tuple(WORD.findall(sentence.lower()))
    if not MAYBE_UNSPACED.search(sentence):
        return found
    return tuple(
        part for word in found for part in (_character_pairs(word) if MAYBE_UNSPACED.search(word) else [word])
    )


def _latin_words(sentence: str) -> list[str]:
    """Return the words of a sentence in Latin letters.

    In the languages of Western Europe, this takes a third of the time that the pattern `PLAIN` would take.
    """
    encoding = "ascii" if sentence.isascii() else "cp1252"
    unquoted = LONE.sub(" ", sentence) if "'" in sentence or "’" in sentence else sentence
    try:
        return unquoted.encode(encoding).translate(WESTERN).decode(encoding).split()
    except UnicodeEncodeError:
        return PLAIN.findall(sentence.lower())


def _character_pairs(word: str) -> list[str]:
    runs: list[str] = UNSPACED.findall(word)
    return [run[i : i + 2] for run in runs for i in range(max(1, len(run) - 1))]


# ---------------------------------------------------------------- splitting a text into sentences


class _Abbreviations(NamedTuple):
    """The abbreviations of one language after which a sentence may go on; ``sentences.toml`` explains the
    lists.
    """

    titles: frozenset[str]
    ends: frozenset[str]
    starters: frozenset[str]


_ABBREVIATIONS = {
    code: _Abbreviations(**{column: frozenset(words.split()) for column, words in columns.items()})
    for code, columns in _DATA["abbreviations"].items()
}
_TAIL = 30  # The last two words of a text are searched for in this many characters at its end.

_PARTS = regex.compile(r"['’-]")
_MILLIONS = regex.compile(r"\d\s*M\.$")
_WORD = regex.compile(r"\w+")
_OPENING = "(«„“\"'‘’[–—-"
_INITIAL = regex.compile(r"(?:^|(?P<before>\S+)\s|[(«„“\"'’-])\p{Lu}\.$")
# The pattern matches the Russian abbreviations for "that is", "so-called" and "as".
_PHRASE = regex.compile(r"(?<!\p{L})т\.\s?[енк]\.$")
_ORDINAL = regex.compile(r"(?:^|(?P<before>\S+)\s)(?:\d{1,3}|[IVX]+)\.$")
_GOVERNORS = frozenset(_DATA["governors"].split())
_COUNTED = regex.compile(
    r"(?:Jan(?:uar|\.)|Feb(?:ruar|\.)|Jänner|März|Apr(?:il|\.)|Mai|Juni?|Juli?|Aug(?:ust|\.)|Sept?(?:ember|\.)"
    r"|Okt(?:ober|\.)|Nov(?:ember|\.)|Dez(?:ember|\.)|Jahrhundert|Jahrtausend|Quartal|Platz|Runde|Halbzeit|Weltkrieg"
    r"|(?:Bundes|Regional|Kreis|Landes|Ober)?[Ll]iga|Stock|Obergeschoss|Klasse|Advent|Geburtstag|Spieltag|Minute"
    r"|Lebensjahr|Etage|Auflage|Stelle)"
)


def _is_stop_inside(end: str, piece: str, language: str) -> bool:
    """Return whether the full stop at the end of ``end`` is inside a sentence that continues with ``piece``.

    ``end`` and ``piece`` are neighbouring texts. ``language`` is an ISO 639-1 code. Return False for a
    language whose abbreviations are not in ``sentences.toml``.
    """
    table = _ABBREVIATIONS.get(language)
    if table is None or end[-1] != "." or not piece[0].isalnum():
        return False
    tail = end[-_TAIL:]
    word = tail.rsplit(maxsplit=1)[-1].lstrip(_OPENING).rstrip(".")
    forms = {word, word[:1].lower() + word[1:], *_PARTS.split(word)[-1:]}
    if not table.titles.isdisjoint(forms):
        # After a number, as in "5 M.", the "M." means millions and is no abbreviated first name.
        return not (word == "M" and _MILLIONS.search(tail))
    starts = _WORD.match(piece)[0].lower() in table.starters
    if not table.ends.isdisjoint(forms):
        return not starts
    initial = _INITIAL.search(tail)
    if initial and piece[0].isupper():
        before = initial["before"] or ""
        return not (starts and before[:1].islower())
    if language == "ru":
        return _PHRASE.search(tail) is not None
    return language == "de" and not starts and piece[0].isupper() and _is_ordinal(tail, piece)


def _is_ordinal(tail: str, piece: str) -> bool:
    """Return whether a German number with a stop is an ordinal: "der 2. Weltkrieg", "Bis 13. September"."""
    found = _ORDINAL.search(tail)
    if not found:
        return False
    return (found["before"] or "").lower() in _GOVERNORS or _COUNTED.match(piece) is not None


_CLOSERS = "\"'”’»«“‘)]}」』）】》〉›"
_STRAY_CLOSERS = re.compile(r"[”’‘»)\]」』）】]+(?=\s|$)")
_STRAIGHT = re.compile(r'"(?=\s|$)')
_QUOTATIVES = ("と", "って", "라고", "이라고", "라며", "이라며", "고 ", "며 ")

# The pattern matches abbreviations that never end a sentence, because a name or number always follows.
_TITLES = re.compile(
    r"(?:(?<![\w.])(?:"
    r"Mr|Mrs|Ms|Mx|Messrs|Drs?|Profs?|Sens?|Reps?|Govs?|Gens?|Lts?|Sgts?|Capts?|Cols?|Cmdr|Cpl|Pvt|Maj|Adm|Hon"
    r"|Rev|Supt|Det|Insp|Pres|Amb|Sec|Msgr|Mme|Mlle|St|Ste|Mt|Ft|vs|Figs?|i\.e|e\.g|cf"
    # The abbreviations before this comment are English and French, those after it Spanish.
    r"|Sra?s?|Srtas?|Dras?|Gral|Cnel|Cmdte|Pdte|Pdta|Lic|Ing|Av(?:da)?|art|núm|Fco|Ma|Ntra"
    r"|Profa|Exm[oa]|Eng|Desemb|Dep|Min|Cel"  # Abbreviations of Portuguese after which a sentence goes on.
    # Abbreviations of Russian after which a sentence goes on.
    r"|ул|пр|просп|пер|пл|проф|акад|доц|св|ст|рис|стр|см|ср|напр"
    # Abbreviations of Hindi after which a sentence goes on.
    r"|श्री|श्रीमती|सुश्री|डॉ|प्रो|पं|मो|रु|नं|जस्टिस"
    r")|(?<!\w)[\u0600-\u06ff]|(?<!\S)[\u0900-\u0dff]{1,3})\.$"
)
_LONGEST_ABBREVIATION = (
    # The number of characters of the longest abbreviation in `_TITLES`, with its full stop and the character
    # before the abbreviation.
    14
)
# The pattern matches the Russian abbreviation for "town"; after a number, the same letter means "year".
_RUSSIAN_TOWN = re.compile(r"(?<!\d\s)(?<!\d)\bг\.$")
_IN_YEAR = re.compile(  # The pattern matches "in the year 2020" at the start of a Russian sentence.
    r"(?:^|[,;:—–-]\s+(?:(?:а|и|но|что)\s+)?)(?:в|с|со|к|до|после|около|по|на|летом|осенью|зимой|весной)\s"
    r"(?:[^\s,.]+\s){0,4}[\d–-]*\d\s?гг?\.\s*$",
    re.IGNORECASE,
)
# The pattern matches where a sentence can't end: inside abbreviations like "a.C." and "J.-P.".
_GLUED = re.compile(r"(?:\W|^)\w\.[^\W\d_]|\.-[^\W\d_]")
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
_STARTERS = frozenset(_DATA["starters"].split())
# The names of the Latin letters in Urdu, by which abbreviations that are written with them are recognized.
_LETTER_NAMES = (
    r"(?:اے|بی|سی|ڈی|ای|ایف|جی|ایچ|آئی|جے|کے|ایل"
    r"|ایم|این|او|پی|کیو|آر|ایس|ٹی|یو|وی|ڈبلیو|ایکس|وائی|زیڈ)"
)
_LETTER = re.compile(rf"(?<!\S){_LETTER_NAMES}[۔.]$")
_LETTERS = re.compile(rf"{_LETTER_NAMES}(?=[۔.\s])")
# The pattern matches a full stop after a Thai or Lao letter, which ends an abbreviation and no sentence.
_UNSTOPPED = re.compile("[\u0e00-\u0eff]\\.$")
# The pattern matches the start of names like iPhone, eBay and xAI.
_BRAND = regex.compile(r"\p{Ll}{1,2}\p{Lu}")
# The patterns match the words before and after a full stop inside a dotted name: "java.util." and "List",
# "contextlib." and "ExitStack", "ASP." and "NET", "Amazon." and "Com".
_DOTTED = re.compile(r"\b\w{2,}\.\w{2,}\.$")
_NAME_PART = regex.compile(r"(?!Mc|Mac)\p{Lu}\p{Ll}+\p{Lu}|(?:Com|Org|Net)\b|(?<=\b\p{Lu}{2,}\.)\p{Lu}{2,}\b")
_DASHED = regex.compile(r"[—–-]\s*\p{Ll}")
# The pattern matches the state in a senator's party and state: "Va.," in "R-W. Va.,".
_STATE = re.compile(r"[A-Z][a-z]{0,4}\.,")
# The pattern matches the number of a list item, or a short word and a number, like "Am 12.".
_NUMBER = re.compile(r"(?:\w{1,4}\s)?[(\[]?\d{1,3}[.)\]]+$")

_MISSED = regex.compile(
    # In the pattern of sentence ends, this part matches after the answer "No.", but not after "no." for
    # number.
    r"(?<=\b[Nn]o\.)\s+(?=\p{Lu}\p{Ll})"
    r"|(?<=\p{L}…|\p{L}\.\.\.)\s+(?=\p{Lu}\p{Ll})"
    r"|(?<=\p{Ll}{2}[.!?][\p{Pf})\]\"])\s+(?=\p{Lu}\p{Ll})"
    r"|(?<=\d[.!?]\))\s+(?=\p{Lu}\p{Ll})"
    r"|(?<=\d\s?(?:г|гг|руб|км|кг|чел|долл)\.)\s+(?=[А-ЯЁ][а-яё])"
    r"|(?<=(?:тыс|млн|млрд|трлн)\.?\s(?:руб|чел|долл|евро)\.)\s+(?=[А-ЯЁ][а-яё])"
    r"|(?<=\bи\sт\.\s?[дп]\.)\s+(?=[А-ЯЁ][а-яё])"
    r"|(?<=\b(?:usw|etc|ecc|enz|EE\. UU)\.)\s+(?=(?:D(?:ie|er|as)|L[ea]s?|Los|El|Il|En|Het|De|Os?|As?)\s)"
    # In the pattern of sentence ends, this part matches before a name like iPhone.
    r"|(?<=[\p{Ll}]{2}[.!?])\s+(?=\p{Ll}{1,2}\p{Lu})"
    # In the pattern of sentence ends, this part matches where no space separates two sentences.
    r"|(?<=\s\p{Ll}{3,}[.!?])(?=\p{Lu}\p{Ll}+\s)"
)
# This fast pattern matches every place inside a piece of text where a sentence may end.
_INSIDE = re.compile(r"[.!?…][\"”’»)\]]?(?P<gap>\s+|(?=[^\W\d_]))(?=\w)")
_TOKENIZED = re.compile(r"(?<=\s[.!?])\s+")
_FEW = 2


def _split_spaced_stops(line: str) -> list[str]:
    """Split a line at full stops that have a space before them (``the mayor spoke . nobody came .``).

    Text corpora and some feeds have lines like that, and the library sentencex finds no boundaries in such
    lines in lower case. Any other line is returned as one piece.
    """
    if " ." not in line:
        return [line]
    alone = len(_TOKENIZED.findall(line)) + line.endswith((" .", " !", " ?"))
    glued = len(re.findall(r"\w[.!?](?=\s|$)", line))
    return [piece for piece in _TOKENIZED.split(line) if piece] if alone >= _FEW and alone > glued else [line]


def _join_pieces(pieces: Iterable[str], language: str = "en", *, opens: bool = False) -> list[str]:
    """Return the sentences of a line: join pieces that were cut wrongly, and cut at missed boundaries.

    ``pieces`` are the line's sentences as the library sentencex found them. ``opens`` says that the line is
    the article's first, in which the name of a town may come before the first sentence ("Hamburg. ...").
    """
    joined: list[str] = []
    for piece in pieces:
        if not joined:
            joined.append(piece)
            continue
        stray = None if piece[:1].isalnum() else _match_stray_marks(joined[-1], piece)
        dated = len(joined) == 1 and is_dateline(joined[0], piece, opens=opens)
        if stray or dated or _is_continuation(joined[-1], piece, language):
            end = stray.end() if stray else len(piece)
            joined[-1] += piece[:end]
            piece = piece[end:]  # noqa: PLW2901  The rest of the piece is the next piece.
        if piece.strip():
            joined.append(piece)
    parts = (
        part
        for piece in joined
        for part in (_split_piece(piece, language) if _INSIDE.search(piece) else [piece])
    )
    return [stripped for part in parts if (stripped := part.strip())]


def _split_piece(piece: str, language: str) -> list[str]:
    """Split a text that the library sentencex took for one sentence at the boundaries that it missed."""
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


def _match_stray_marks(sentence: str, piece: str) -> re.Match[str] | None:
    """Match closing quotation marks or brackets at the start of ``piece`` that belong to ``sentence``.

    ``piece`` is the text after ``sentence``. A straight quotation mark belongs to ``sentence`` only if that
    has an unclosed quotation mark. Return None if nothing matches.
    """
    return _STRAY_CLOSERS.match(piece) or (_STRAIGHT.match(piece) if sentence.count('"') % 2 else None)


def _is_continuation(sentence: str, piece: str, language: str) -> bool:
    """Return whether ``piece`` continues the sentence ``sentence``, so that sentencex split them wrongly."""
    end = sentence.rstrip()
    if not end or not piece:
        return False
    if len(end) <= _LONGEST_ABBREVIATION and (not any(map(str.isalnum, end)) or _NUMBER.fullmatch(end)):
        return True  # A sentence of only dots, or of a list item's number, belongs to the text after it.
    if piece[0].islower():
        return not _BRAND.match(piece)
    if _UNSTOPPED.search(end):
        return True
    glued = end == sentence and (_GLUED.search(end[-3:] + piece[:2]) or _is_dotted_name(end, piece))
    if glued or (end[-1] in _CLOSERS and (piece.startswith(_QUOTATIVES) or _DASHED.match(piece))):
        return True
    return end[-1] in ".۔!?" and _is_inside(end, piece, language)


def _is_dotted_name(end: str, piece: str) -> bool:
    """Return whether the full stop at the end of ``end``, which ``piece`` follows at once, is in a name."""
    if end[-1] != ".":
        return False
    if end[-2:-1].isspace():
        return True  # After a space, the full stop is the beginning of a name, like ".NET".
    tail = end[-_LONGEST_ABBREVIATION:]
    return bool(_DOTTED.search(tail)) or _NAME_PART.match(tail + piece, len(tail)) is not None


def _is_inside(end: str, piece: str, language: str) -> bool:
    """Return whether the full stop at the end of ``end`` is inside a sentence that ``piece`` continues."""
    return (
        _STATE.match(piece) is not None
        or _is_stop_inside(end, piece, language)
        or (language == "ru" and _IN_YEAR.search(end) is not None)
        or _is_abbreviation_stop(end, piece)
    )


def _is_abbreviation_stop(end: str, piece: str) -> bool:
    """Return whether the full stop at the end of ``end`` belongs to an abbreviation or a name.

    ``piece`` is the text after ``end``.
    """
    tail = end[-_LONGEST_ABBREVIATION:]
    if tail[-7:-1].isalpha() and tail.isascii() and end[-1] == ".":
        # If the last word before the full stop is longer than any abbreviation, the full stop ends a
        # sentence.
        return False
    if _HOUR.search(tail):
        return _OF_HOUR.match(piece) is not None
    if _COUNTRY.search(tail) or _EXCLAIMED.search(tail):
        first = piece.split(maxsplit=1)[0].strip(_CLOSERS + ",;:.").lower()
        return first not in _STARTERS and piece[0].isalpha()
    if _MONTH.search(tail):
        return piece[0].isdigit()
    if _LETTER.search(tail):
        return _LETTERS.match(piece) is not None
    return _TITLES.search(tail) is not None or _RUSSIAN_TOWN.search(tail) is not None


MAX_CHARS = 100_000  # At most this many characters of a text are read; no news article is longer.
# The library sentencex gets at most this many characters at once, because its time grows quadratically with
# unclosed quotations.
CHUNK = 4_000

PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
STOP = ".!?…。！？｡．؟۔।॥։።᙮"
STOPS = frozenset(STOP)
CLOSERS = "\"'”’»«“‘)]}」』）】》〉›"
FINISHED = re.compile(rf"[{re.escape(STOP)}][{re.escape(CLOSERS)}\s]*$")
CHUNK_END = re.compile(rf"[{re.escape(STOP)}](?=\s)|[。！？]")
# A paragraph counts as wrapped at a fixed width, as in mail and plain text files, if its longest row has so
# many columns.
WRAPPED = range(40, 120)


def split(text: str, language: str | None = None) -> list[str]:
    """Return all sentences of a text in order; headings, captions and other lines without a stop count too.

    A blank line always ends a sentence. A single newline ends a sentence too, unless the paragraph was
    wrapped at a fixed width.
    """
    return list(iterate_sentences(text, language))


def iterate_sentences(text: str, language: str | None = None) -> Iterator[str]:
    """Yield the sentences of a text in order, by the same rules as `split`."""
    code = (language or "en").replace("_", "-").partition("-")[0].lower()
    opens, found = True, []
    for line in _split_lines(text[:MAX_CHARS].replace("\ufeff", " ")):
        for part in _split_spaced_stops(line):
            pieces = (
                piece for chunk in _split_chunks(part) for piece in sentencex.segment(language or "en", chunk)
            )
            found = _join_pieces(pieces, code, opens=opens)
            yield from found
        # A heading may come before the article's first sentence, so the article's opening may be a later line
        # than the first.
        opens = opens and not (found and is_finished(found[-1]))


def is_finished(sentence: str) -> bool:
    """Return whether a sentence ends with a full stop or the like, unlike a heading or a list item."""
    return sentence[-1:] in STOPS or FINISHED.search(sentence, max(0, len(sentence) - 12)) is not None


def drop_headings(sentences: list[str]) -> list[str]:
    """Return only the sentences with a full stop, or all sentences if most of them have none."""
    finished = [s for s in sentences if is_finished(s)]
    some = finished if len(finished) * 2 >= len(sentences) else sentences
    return [s for s in some if any(map(str.isalnum, s))]


def collapse_spaces(text: str) -> str:
    """Return a text on one line, with white space collapsed."""
    # Whether a text has white space to collapse is found out first, in a tenth of the time of collapsing it,
    # because most texts have none.
    return text.strip() if text.isprintable() and "  " not in text else " ".join(text.split())


def _split_lines(text: str) -> Iterator[str]:
    for paragraph in PARAGRAPH.split(
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n\n")
    ):
        rows = list(map(collapse_spaces, paragraph.split("\n")))
        yield from filter(None, _join_wrapped_rows(rows) if len(rows) > 1 else rows)


def _join_wrapped_rows(rows: list[str]) -> Iterator[str]:
    """Yield the lines of a paragraph; join rows of text that was wrapped at a fixed width into one line.

    A row was wrapped if it is nearly as long as the longest row and its sentence continues in the next row.
    """
    width = max(map(len, rows))
    held = ""
    for row in rows:
        held = f"{held} {row}".strip() if held else row
        full = width in WRAPPED and len(row) > 0.75 * width
        if not full or is_finished(row):
            yield held
            held = ""
    yield held


def _split_chunks(line: str) -> Iterator[str]:
    start = 0
    while len(line) - start > CHUNK:
        window = line[start : start + CHUNK]
        stop = max((m.end() for m in CHUNK_END.finditer(window, CHUNK // 2)), default=0)
        end = stop or window.rfind(" ") + 1 or CHUNK
        yield line[start : start + end]
        start += end
    yield line[start:]
