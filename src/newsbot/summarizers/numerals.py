"""Finding of numbers in a text: digits of any script, number words, and magnitudes ("2.5 million").

In an article's text the number words of all languages count: a word that means something else there can only
suppress a warning, which does no harm. In a headline only the words of its own language count.
"""

# ruff: noqa: RUF001 The data are letters and separators of other scripts.
from collections.abc import Mapping, Sequence
from itertools import chain, product
from math import inf, log10, prod
from typing import NamedTuple

import regex

__all__ = [
    "ALL_WORDS",
    "DIGITS_OF_HAN",
    "JOINING",
    "POWERS_OF_HAN",
    "SCALES",
    "WORDS",
    "Numeral",
    "Tokens",
    "find_numerals",
    "tokenize",
]


def _number_words(words: str, start: int = 0, step: int = 1) -> dict[str, float]:
    """Map number words to their values, counting from ``start``; a slash separates forms of one number."""
    return {
        form: start + step * place for place, forms in enumerate(words.split()) for form in forms.split("/")
    }


_ENGLISH = (
    _number_words(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen"""
    )
    | _number_words("twenty thirty forty/fourty fifty sixty seventy eighty ninety", 20, 10)
    | _number_words(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth", 1
    )
    | {"once": 1, "twice": 2, "both": 2, "pair": 2, "couple": 2, "double": 2, "twin": 2, "twins": 2, "duo": 2}
    | {"thrice": 3, "trio": 3, "triple": 3, "quartet": 4, "decade": 10, "dozen": 12, "century": 100}
)
_SPANISH = (
    _number_words(
        "cero un/uno/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis diecisiete dieciocho diecinueve veinte veintiuno/veintiún/veintiuna veintidós veintitrés "
        "veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
    )
    | _number_words("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10)
    | _number_words(
        "cien/ciento doscientos/doscientas trescientos/trescientas cuatrocientos quinientos", 100, 100
    )
    | {"docena": 12, "década": 10, "siglo": 100, "ambos": 2, "ambas": 2}
)
_PORTUGUESE = (
    _number_words(
        "zero um/uma dois/duas três quatro cinco seis sete oito nove dez onze doze treze catorze/quatorze "
        "quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove"
    )
    | _number_words("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", 20, 10)
    | _number_words("cem/cento duzentos/duzentas trezentos/trezentas quatrocentos quinhentos", 100, 100)
    | {"dúzia": 12, "ambos": 2, "ambas": 2}
)
_FRENCH = (
    _number_words(
        "zéro un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
        "dix-sept dix-huit dix-neuf"
    )
    | _number_words("vingt/vingts trente quarante cinquante soixante", 20, 10)
    | {"septante": 70, "huitante": 80, "nonante": 90, "soixante-dix": 70, "quatre-vingt": 80}
    | {"quatre-vingts": 80, "quatre-vingt-dix": 90, "cent": 100, "cents": 100}
    | _number_words("soixante-et-onze soixante-douze soixante-treize soixante-quatorze soixante-quinze", 71)
    | {"dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "centaine": 100}
)
_ITALIAN_UNITS = ["uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"]
_ITALIAN_TENS = ["venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"]
_ITALIAN = (
    _number_words(
        "zero un/uno/una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
        "quindici sedici diciassette diciotto diciannove"
    )
    | _number_words(" ".join(_ITALIAN_TENS), 20, 10)
    | {
        (ten[:-1] if unit[0] in "uo" else ten) + unit.replace("tre", "tré"): 20 + 10 * t + u + 1
        for (t, ten), (u, unit) in product(enumerate(_ITALIAN_TENS), enumerate(_ITALIAN_UNITS))
    }
    | {"cento": 100, "duecento": 200, "trecento": 300, "cinquecento": 500, "decina": 10, "dozzina": 12}
)
_GERMAN_UNITS = ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
_GERMAN_TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
_GERMAN = (
    _number_words(
        """null ein/eins/eine/einen/einer/einem zwei/beide/beiden drei vier fünf sechs sieben acht neun
        zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"""
    )
    | _number_words(" ".join(_GERMAN_TENS), 20, 10)
    | {
        f"{unit}und{ten}": 20 + 10 * t + u + 1
        for (t, ten), (u, unit) in product(enumerate(_GERMAN_TENS), enumerate(_GERMAN_UNITS))
    }
    | {f"{unit}hundert": 100 * (u + 1) for u, unit in enumerate(_GERMAN_UNITS)}
    | {f"{unit}tausend": 1000 * (u + 1) for u, unit in enumerate(_GERMAN_UNITS)}
    | {"dutzend": 12, "jahrzehnt": 10}
)
_DUTCH = _number_words(
    "nul een/één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
    "zeventien achttien negentien"
) | _number_words("twintig dertig veertig vijftig zestig zeventig tachtig negentig", 20, 10)
_RUSSIAN = (
    _number_words(
        """ноль один/одна/одного/одной/одному два/две/двух/двое/двоих/двум
        три/трех/трёх/трое/троих/трем/трём четыре/четырех/четырёх/четверо/четверых
        пять/пяти/пятеро/пятерых шесть/шести/шестеро семь/семи/семеро восемь/восьми девять/девяти
        десять/десяти одиннадцать/одиннадцати двенадцать/двенадцати тринадцать/тринадцати
        четырнадцать/четырнадцати пятнадцать/пятнадцати шестнадцать/шестнадцати
        семнадцать/семнадцати восемнадцать/восемнадцати девятнадцать/девятнадцати"""
    )
    | _number_words(
        "двадцать/двадцати тридцать/тридцати сорок/сорока пятьдесят/пятидесяти шестьдесят/шестидесяти "
        "семьдесят/семидесяти восемьдесят/восьмидесяти девяносто",
        20,
        10,
    )
    | _number_words("сто/ста двести/двухсот триста/трехсот четыреста пятьсот/пятисот", 100, 100)
    | {"оба": 2, "обе": 2, "дюжина": 12}
)
_URDU = (
    _number_words(
        """صفر ایک دو تین چار پانچ چھ/چھے/چھہ سات آٹھ نو دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ
        انیس بیس اکیس بائیس تئیس/تیئیس چوبیس پچیس چھبیس ستائیس اٹھائیس انتیس تیس اکتیس بتیس تینتیس
        چونتیس پینتیس چھتیس سینتیس اڑتیس انتالیس چالیس اکتالیس بیالیس تینتالیس چوالیس پینتالیس
        چھیالیس سینتالیس اڑتالیس انچاس پچاس"""
    )
    | {"ساٹھ": 60, "ستر": 70, "نوے": 90}
    | {
        "سو": 100,
        "ڈیڑھ": 1.5,
        "ڈھائی": 2.5,
        "دونوں": 2,
        "تینوں": 3,
        "چاروں": 4,
        "درجن": 12,
        "پہلا": 1,
        "دوسرا": 2,
    }
)
_HINDI = (
    _number_words(
        """शून्य एक दो तीन चार पांच/पाँच छह/छः सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह/पन्द्रह सोलह
        सत्रह अठारह उन्नीस बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस"""
    )
    | _number_words("चालीस पचास साठ सत्तर अस्सी नब्बे", 40, 10)
    | {"सौ": 100, "डेढ़": 1.5, "ढाई": 2.5, "दोनों": 2, "तीनों": 3, "दर्जन": 12}
)
_ARABIC_PLAIN = (
    _number_words(
        "صفر واحد/واحدة/أحد اثنان/اثنين/اثنتين/اثنتان ثلاثة/ثلاث أربعة/أربع خمسة/خمس ستة/ست سبعة/سبع "
        "ثمانية/ثمان/ثماني تسعة/تسع عشرة/عشر"
    )
    | _number_words(
        "عشرون/عشرين ثلاثون/ثلاثين أربعون/أربعين خمسون/خمسين ستون/ستين سبعون/سبعين ثمانون/ثمانين", 20, 10
    )
    | {"تسعون": 90, "تسعين": 90, "مئة": 100, "مائة": 100, "مئتان": 200, "مئتين": 200, "مئتي": 200}
    | {"شخصان": 2, "شخصين": 2, "قتيلان": 2, "قتيلين": 2, "جنديان": 2, "جنديين": 2, "يومين": 2, "عامين": 2}
)
_ARABIC = _ARABIC_PLAIN | {f"و{word}": value for word, value in _ARABIC_PLAIN.items()}

WORDS: dict[str, Mapping[str, float]] = {
    "nl": _DUTCH,
    "pt": _PORTUGUESE,
    "it": _ITALIAN,
    "fr": _FRENCH,
    "es": _SPANISH,
    "de": _GERMAN,
    "en": _ENGLISH,
    "ru": _RUSSIAN,
    "hi": _HINDI,
    "ur": _URDU,
    "ar": _ARABIC,
}
"""Number words and their values, by language."""

ALL_WORDS: dict[str, float] = dict(chain.from_iterable(table.items() for table in WORDS.values()))
"""The number words of all languages; if two share a word ("six", "once"), the later in `WORDS` counts."""

SCALES: dict[str, int] = {
    form: value
    for value, forms in {
        100: "hundred hundreds سو सौ",
        10**3: """thousand thousands k mil mille mila tausend duizend тыс тысяч тысячи тысяча ہزار हजार हज़ार
        ألف آلاف ألفا ألفاً هزار tsd ribu bin""",
        10**5: "lakh lakhs lac لاکھ लाख",
        10**6: """million millions mln mn m mio millionen millón millones milhão milhões milione milioni
        miljoen млн миллион миллиона миллионов ملین مليون ملايين ميليون میلیون मिलियन juta milyon""",
        10**7: "crore crores کروڑ करोड़",
        10**9: """billion billions bn b mrd milliarde milliarden milliard milliards miliardo miliardi miljard
        bilhão bilhões млрд миллиард миллиарда миллиардов ارب अरब مليار مليارات میلیارد بلین miliar
        milyar""",
        10**12: """trillion trillions tn billionen billones трлн триллион триллионов کھرب تريليون triliun
        trilyon""",
    }.items()
    for form in forms.split()
}
JOINING = frozenset(["and", "a", "y", "e", "et", "und", "و"])
"""Words that may stand between the words of one number ("two hundred and fifty")."""

DIGITS_OF_HAN = {char: place for place, char in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "两": 2,
    "兩": 2,
}
POWERS_OF_HAN = {
    "十": 10,
    "百": 100,
    "千": 10**3,
    "万": 10**4,
    "萬": 10**4,
    "億": 10**8,
    "亿": 10**8,
    "兆": 10**12,
}


_TOKEN = regex.compile(
    r"(?P<digits>\d{1,3}(?:[\u00a0\u202f '’]\d{3})+(?!\d)|\d+(?:[.,٬٫،]\d+)*)"
    r"(?P<sign>\s?(?:%|٪|％|(?:percent|per\scent|pct|Prozent|por\sciento)\b|فیصد|في\sالمئة|प्रतिशत|फीसदी))?"
    r"|(?P<han>[〇一二三四五六七八九十百千万萬億亿兆零两兩]+)|(?P<word>[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*)"
    r"|(?P<stop>[.,;:!?،؛۔।。、](?=\s|$))"
)
_SPACES = regex.compile(r"[\s'’\u00a0\u202f]")
_GROUPS = regex.compile(r"\d{1,3}(?:[.,٬]\d{3})+$|\d{1,3}(?:,\d{2})*,\d{3}$")  # second form: lakhs (India)
_APART = regex.compile(r"\d{1,2}(?:\.\d\d|,\d{4})")  # "9.30 a.m.", "April 23,1616"
_HAN = DIGITS_OF_HAN.keys() | POWERS_OF_HAN.keys()
_HUNDRED, _THOUSAND = 100, 1000
_HALF_MORE = frozenset(["ساڑھے", "साढ़े"])
"""Words before a number that add a half to it, before any magnitude: "sarhe 3 lakh" is 350,000."""
_AMBIGUOUS = frozenset(["m", "b", "k"])  # "m" may mean metres.
_AND = JOINING - {"a"}  # In Spanish and Portuguese, "3 millones a 400 mil" is two numbers.
_BARE_DIGITS = 3  # digits of a number that may follow "thousand" without a magnitude of its own


class Numeral(NamedTuple):
    """A number in a text.

    ``values`` are its possible readings. It takes the tokens from index ``first`` up to, not including,
    ``after``.
    """

    values: frozenset[float]
    first: int
    after: int


class Tokens(NamedTuple):
    """The tokens of a text: ``found`` are digits, words and stops; ``words`` are the same in lower case."""

    found: list[regex.Match[str]]
    words: list[str]


def tokenize(text: str) -> Tokens:
    """Split a text into the tokens that finding numbers needs."""
    found = list(_TOKEN.finditer(text))
    return Tokens(found, [token[0].lower() for token in found])


def find_numerals(tokens: Tokens, table: Mapping[str, float]) -> list[Numeral]:
    """Return the numbers among the tokens; ``table`` maps number words to their values."""
    numbers: list[Numeral] = []
    place = 0
    while place < len(tokens.found):
        word = tokens.words[place]
        known = word in table or word in SCALES or word in _HALF_MORE
        if not known and word.isalpha() and word[0] not in _HAN:
            place += 1  # This skips most words at a tenth of the cost.
            continue
        values, after = _read_values(tokens, place, table)
        if values:
            numbers.append(Numeral(frozenset(values), place, after))
        place = after
    return numbers


def _read_values(tokens: Tokens, place: int, table: Mapping[str, float]) -> tuple[set[float], int]:
    """Read the number that begins at ``place``: parts with their magnitudes, as in "3 lakh 40 thousand".

    A larger magnitude after a smaller one is that of both parts: "3 mil 400 millones" is 3,400 million.
    Returns the possible values, none if there is no number, and the index after the last token.
    """
    if tokens.found[place]["han"]:
        return {_read_han_number(tokens.words[place])}, place + 1
    part, after = _read_part(tokens, place, table)
    if not part and SCALES.get(tokens.words[place], 0) >= _THOUSAND:
        part, after = {1.0}, place
    total, least = {0.0}, inf
    while part:
        while scale := _read_scale(tokens, after):
            scaled = {round(value * scale, 6) for value in (_add(total, part) if scale > least else part)}
            total = scaled if scale > least else _add(total, scaled)
            if tokens.words[after] in _AMBIGUOUS:
                return total | part, after + 1
            part, least, after = {0.0}, scale, after + 1
        more, following = _read_next_part(tokens, place, after, table, least)
        if not more:
            break
        part, after = more, following
    return _add(total, part), after


def _read_part(tokens: Tokens, place: int, table: Mapping[str, float]) -> tuple[set[float], int]:
    """Read digits, or number words below a thousand; "hundred" after them is included."""
    word = tokens.words[place]
    if word in _HALF_MORE and place + 1 < len(tokens.words):
        values, after = _read_part(tokens, place + 1, table)
        return {value + 0.5 for value in values}, after
    if digits := tokens.found[place]["digits"]:
        values, after = _digit_readings(digits), place + 1
        if after < len(tokens.words) and SCALES.get(tokens.words[after]) == _HUNDRED:
            return {value * _HUNDRED for value in values}, after + 1
        return values, after
    if (value := _word_value(word, table)) is None:
        return set(), place + 1
    spelled, after = _read_spelled_number(value, tokens.words, place + 1, table)
    return {spelled}, after


def _digit_readings(digits: str) -> set[float]:
    """Return the possible values of digits with separators ("1.234"), in any script."""
    plain = _SPACES.sub("", digits)
    found: set[float] = set()
    if _GROUPS.fullmatch(plain) or plain.isdecimal():
        found.add(float(int(regex.sub(r"\D", "", plain))))
    parts = regex.split(r"[.,٫،]", plain)
    if len(parts) == 2:  # noqa: PLR2004
        found.add(float(f"{int(parts[0])}.{''.join(str(int(char)) for char in parts[1])}"))
    if not found or _APART.fullmatch(plain):
        found |= {float(int(part)) for part in parts if part.isdecimal()}
    return found


def _read_scale(tokens: Tokens, place: int) -> int:
    """Return the magnitude at ``place``, a thousand and more or in Chinese characters; 0 if there is none."""
    if place >= len(tokens.words):
        return 0
    han, scale = tokens.found[place]["han"], SCALES.get(tokens.words[place], 0)
    if han and POWERS_OF_HAN.keys() >= set(han):
        return prod(map(POWERS_OF_HAN.__getitem__, han))
    return scale if scale >= _THOUSAND else 0


def _read_next_part(
    tokens: Tokens, first: int, after: int, table: Mapping[str, float], least: float
) -> tuple[set[float], int]:
    """Read the part at index ``after`` of the number that begins at ``first``; nothing if there is none.

    ``least`` is the magnitude before it, infinite if there was none yet. A part has a magnitude of its own,
    or is attached to the characters before it ("2万5000"), or has three digits or "hundred" after "thousand",
    or is spelled, as the first part is.
    """
    place = after + (after + 1 < len(tokens.words) and tokens.words[after] in _AND)
    if least == inf or place >= len(tokens.words) or not _is_adjacent(tokens, after):
        return set(), after
    values, following = _read_part(tokens, place, table)
    if not values or max(values) >= least:
        return set(), after
    if scale := _read_scale(tokens, following):
        return (values, following) if scale < least or least == _THOUSAND else (set(), after)
    digits, before = tokens.found[place]["digits"], tokens.found[after - 1]
    if digits:
        attached = before["han"] and before.end() == tokens.found[place].start()
        bare = least == _THOUSAND and place == after and digits.isdecimal() and len(digits) == _BARE_DIGITS
        follows = attached or bare or following > place + 1
    else:
        follows = not tokens.found[first]["digits"]
    return (values, following) if follows else (set(), after)


def _is_adjacent(tokens: Tokens, place: int) -> bool:
    """Say whether only white space separates the token at ``place`` from the one before it."""
    before, token = tokens.found[place - 1], tokens.found[place]
    return not token.string[before.end() : token.start()].strip()


def _add(some: set[float], others: set[float]) -> set[float]:
    return {round(one + other, 6) for one in some for other in others}


def _word_value(word: str, table: Mapping[str, float]) -> float | None:
    """Return the value of a number word, hyphenated ones included ("twenty-five"); None if it is none."""
    if word in table:
        return table[word]
    parts = word.split("-")
    for count in range(len(parts), 0, -1):
        value = table.get("-".join(parts[:count]))
        if value is not None:  # "quatre-vingt-douze" is 92; of "four-seat" only the 4 is read.
            more = table.get("-".join(parts[count:]), 0)
            return value + more if more < _following_limit(value) else value
    return None


def _following_limit(value: float) -> float:
    """Return the bound below which a number may follow ``value``: 10 after "twenty", 20 after "soixante"."""
    return 20 if value in (60, 80) else 10 ** int(log10(value)) if value else 0


def _read_spelled_number(
    value: float, words: Sequence[str], after: int, table: Mapping[str, float]
) -> tuple[float, int]:
    """Read the rest of a number in words, up to a magnitude ("two hundred and fifty" before "thousand").

    ``value`` is the value of its first word, ``after`` the index of the next word. Returns the whole value
    and the index after the last word.
    """
    while after < len(words):
        step = after + (words[after] in JOINING and after + 1 < len(words))
        more = _word_value(words[step], table)
        if SCALES.get(words[step]) == _HUNDRED:
            value *= _HUNDRED
        elif more and (more < _following_limit(value) or _is_arabic_unit(words[step], value, more)):
            value += more
        else:
            break
        after = step + 1
    return value, after


def _is_arabic_unit(word: str, unit: float, more: float) -> bool:
    """Say whether ``word`` is the tens after a unit, as Arabic writes them: "five ten", "five and twenty"."""
    return unit < 10 <= more < 100 and word.startswith(("عشر", "و"))  # noqa: PLR2004


def _read_han_number(text: str) -> float:
    """Return the value of a number in Chinese characters: 二千三百, 一万二千 or 二〇二四."""
    if all(char in DIGITS_OF_HAN for char in text):
        return float("".join(str(DIGITS_OF_HAN[char]) for char in text))
    total = part = digit = 0
    for char in text:
        if char in DIGITS_OF_HAN:
            digit = DIGITS_OF_HAN[char]
        elif (power := POWERS_OF_HAN[char]) >= 10**4:
            total += (part + digit or 1) * power
            part = digit = 0
        else:
            part += (digit or 1) * power
            digit = 0
    return float(total + part + digit)
