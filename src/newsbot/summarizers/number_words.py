# ruff: noqa: RUF001  letters of other scripts are the data
"""Numbers as words, and what multiplies a number, by language.

In a text, the words of all languages count: one that means something else there does no harm, as it only
keeps somebody from being asked. In a headline those of its own language count.
"""

from itertools import chain, product

__all__ = ["ALL_WORDS", "DIGITS_OF_HAN", "JOINING", "POWERS_OF_HAN", "SCALES", "WORDS"]


def _counted(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    """Count words from ``start`` on; a slash separates several words for one number."""
    return {
        form: start + step * place for place, forms in enumerate(words.split()) for form in forms.split("/")
    }


_ENGLISH = (
    _counted(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen"""
    )
    | _counted("twenty thirty forty/fourty fifty sixty seventy eighty ninety", 20, 10)
    | _counted(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth", 1
    )
    | {"once": 1, "twice": 2, "both": 2, "pair": 2, "couple": 2, "double": 2, "twin": 2, "twins": 2, "duo": 2}
    | {"thrice": 3, "trio": 3, "triple": 3, "quartet": 4, "decade": 10, "dozen": 12, "century": 100}
)
_SPANISH = (
    _counted(
        "cero un/uno/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis diecisiete dieciocho diecinueve veinte veintiuno/veintiún/veintiuna veintidós veintitrés "
        "veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
    )
    | _counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10)
    | _counted("cien/ciento doscientos/doscientas trescientos/trescientas cuatrocientos quinientos", 100, 100)
    | {"docena": 12, "década": 10, "siglo": 100, "ambos": 2, "ambas": 2}
)
_PORTUGUESE = (
    _counted(
        "zero um/uma dois/duas três quatro cinco seis sete oito nove dez onze doze treze catorze/quatorze "
        "quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove"
    )
    | _counted("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", 20, 10)
    | _counted("cem/cento duzentos/duzentas trezentos/trezentas quatrocentos quinhentos", 100, 100)
    | {"dúzia": 12, "ambos": 2, "ambas": 2}
)
_FRENCH = (
    _counted(
        "zéro un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
        "dix-sept dix-huit dix-neuf"
    )
    | _counted("vingt/vingts trente quarante cinquante soixante", 20, 10)
    | {"septante": 70, "huitante": 80, "nonante": 90, "soixante-dix": 70, "quatre-vingt": 80}
    | {"quatre-vingts": 80, "quatre-vingt-dix": 90, "cent": 100, "cents": 100}
    | _counted("soixante-et-onze soixante-douze soixante-treize soixante-quatorze soixante-quinze", 71)
    | {"dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "centaine": 100}
)
_ITALIAN_UNITS = ["uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"]
_ITALIAN_TENS = ["venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"]
_ITALIAN = (
    _counted(
        "zero un/uno/una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
        "quindici sedici diciassette diciotto diciannove"
    )
    | _counted(" ".join(_ITALIAN_TENS), 20, 10)
    | {
        (ten[:-1] if unit[0] in "uo" else ten) + unit.replace("tre", "tré"): 20 + 10 * t + u + 1
        for (t, ten), (u, unit) in product(enumerate(_ITALIAN_TENS), enumerate(_ITALIAN_UNITS))
    }
    | {"cento": 100, "duecento": 200, "trecento": 300, "cinquecento": 500, "decina": 10, "dozzina": 12}
)
_GERMAN_UNITS = ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
_GERMAN_TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
_GERMAN = (
    _counted(
        """null ein/eins/eine/einen/einer/einem zwei/beide/beiden drei vier fünf sechs sieben acht neun
        zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"""
    )
    | _counted(" ".join(_GERMAN_TENS), 20, 10)
    | {
        f"{unit}und{ten}": 20 + 10 * t + u + 1
        for (t, ten), (u, unit) in product(enumerate(_GERMAN_TENS), enumerate(_GERMAN_UNITS))
    }
    | {f"{unit}hundert": 100 * (u + 1) for u, unit in enumerate(_GERMAN_UNITS)}
    | {f"{unit}tausend": 1000 * (u + 1) for u, unit in enumerate(_GERMAN_UNITS)}
    | {"dutzend": 12, "jahrzehnt": 10}
)
_DUTCH = _counted(
    "nul een/één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
    "zeventien achttien negentien"
) | _counted("twintig dertig veertig vijftig zestig zeventig tachtig negentig", 20, 10)
_RUSSIAN = (
    _counted(
        """ноль один/одна/одного/одной/одному два/две/двух/двое/двоих/двум
        три/трех/трёх/трое/троих/трем/трём четыре/четырех/четырёх/четверо/четверых
        пять/пяти/пятеро/пятерых шесть/шести/шестеро семь/семи/семеро восемь/восьми девять/девяти
        десять/десяти одиннадцать/одиннадцати двенадцать/двенадцати тринадцать/тринадцати
        четырнадцать/четырнадцати пятнадцать/пятнадцати шестнадцать/шестнадцати
        семнадцать/семнадцати восемнадцать/восемнадцати девятнадцать/девятнадцати"""
    )
    | _counted(
        "двадцать/двадцати тридцать/тридцати сорок/сорока пятьдесят/пятидесяти шестьдесят/шестидесяти "
        "семьдесят/семидесяти восемьдесят/восьмидесяти девяносто",
        20,
        10,
    )
    | _counted("сто/ста двести/двухсот триста/трехсот четыреста пятьсот/пятисот", 100, 100)
    | {"оба": 2, "обе": 2, "дюжина": 12}
)
_URDU = (
    _counted(
        """صفر ایک دو تین چار پانچ چھ/چھے/چھہ سات آٹھ نو دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ
        انیس بیس اکیس بائیس تئیس/تیئیس چوبیس پچیس چھبیس ستائیس اٹھائیس انتیس تیس اکتیس بتیس تینتیس
        چونتیس پینتیس چھتیس سینتیس اڑتیس انتالیس چالیس اکتالیس بیالیس تینتالیس چوالیس پینتالیس
        چھیالیس سینتالیس اڑتالیس انچاس پچاس"""
    )
    | {"ساٹھ": 60, "ستر": 70, "نوے": 90}
    | {
        "سو": 100,
        "ڈیڑھ": 1,
        "ڈھائی": 2,
        "دونوں": 2,
        "تینوں": 3,
        "چاروں": 4,
        "درجن": 12,
        "پہلا": 1,
        "دوسرا": 2,
    }
)
_HINDI = (
    _counted(
        """शून्य एक दो तीन चार पांच/पाँच छह/छः सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह/पन्द्रह सोलह
        सत्रह अठारह उन्नीस बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस"""
    )
    | _counted("चालीस पचास साठ सत्तर अस्सी नब्बे", 40, 10)
    | {"सौ": 100, "दोनों": 2, "तीनों": 3, "दर्जन": 12}
)
_ARABIC_PLAIN = (
    _counted(
        "صفر واحد/واحدة/أحد اثنان/اثنين/اثنتين/اثنتان ثلاثة/ثلاث أربعة/أربع خمسة/خمس ستة/ست سبعة/سبع "
        "ثمانية/ثمان/ثماني تسعة/تسع عشرة/عشر"
    )
    | _counted(
        "عشرون/عشرين ثلاثون/ثلاثين أربعون/أربعين خمسون/خمسين ستون/ستين سبعون/سبعين ثمانون/ثمانين", 20, 10
    )
    | {"تسعون": 90, "تسعين": 90, "مئة": 100, "مائة": 100, "مئتان": 200, "مئتين": 200, "مئتي": 200}
    | {"شخصان": 2, "شخصين": 2, "قتيلان": 2, "قتيلين": 2, "جنديان": 2, "جنديين": 2, "يومين": 2, "عامين": 2}
)
_ARABIC = _ARABIC_PLAIN | {f"و{word}": value for word, value in _ARABIC_PLAIN.items()}

WORDS: dict[str, dict[str, int]] = {
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
"""By language."""

ALL_WORDS: dict[str, int] = dict(chain.from_iterable(table.items() for table in WORDS.values()))
"""Of two languages that share a word ("six", "once"), the later one counts."""

SCALES: dict[str, int] = {
    form: value
    for value, forms in {
        100: "hundred hundreds",
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
"""What may stand between the words of one number."""

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
