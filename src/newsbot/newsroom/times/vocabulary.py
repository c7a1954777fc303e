"""The words of the grammar in the desk's five languages, by meaning.

Each table names a kind of token, and lists the words of each meaning. They are written as people write them:
`fold` removes case, accents and variants of letters before a lookup. A word with two meanings (Spanish
"mar", a month and a weekday) is in both tables, and the grammar keeps each reading that fits.
"""

import re
import unicodedata
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

__all__ = ["DAY", "HOUR", "MINUTE", "SECOND", "WEEK", "DayName", "DayPart", "Reading", "fold", "load_lexicon"]


class Reading(NamedTuple):
    """One meaning of a token: its kind in the grammar, and its value."""

    kind: str
    value: Any = None


class DayPart(NamedTuple):
    """A part of the day: the hours ``first`` to ``last``. ``twelve``: 12 o'clock can be said with it."""

    first: int
    last: int
    twelve: bool = True


class DayName(NamedTuple):
    """A day counted from today, with the part of the day that the word includes, such as "tonight"."""

    days: int
    part: DayPart | None = None


SECOND, MINUTE, HOUR, DAY, WEEK = "second", "minute", "hour", "day", "week"

_AM, _PM = DayPart(0, 11), DayPart(12, 23)
_GOZEN, _GOGO = (
    DayPart(0, 11, twelve=False),
    DayPart(12, 23, twelve=False),
)  # 午後12時 is noon to some people and midnight to others.
_DAWN, _MORNING, _MIDDAY, _AFTERNOON = DayPart(0, 6), DayPart(1, 11), DayPart(11, 15), DayPart(12, 20)
_EVENING, _NIGHT = DayPart(16, 23), DayPart(18, 23)

_WORDS: dict[str, dict[Any, str]] = {  # kind: {value: words, separated by bars}
    "now": {None: "now | right now | ahora | ahora mismo | ya | الآن | حالا | ابھی | فورا | 今 | 今すぐ"},
    "day": {
        DayName(0): "today | hoy | اليوم | آج | 今日 | きょう | 本日",
        DayName(1): "tomorrow | tmrw | mañana | غدا | غد | الغد | بكرة | بكرا | کل | 明日 | あした | あす",
        DayName(2): "day after tomorrow | pasado mañana | بعد غد | بعد الغد | پرسوں | 明後日 | あさって",
        DayName(0, _MORNING): "this morning | esta mañana | صباح اليوم | هذا الصباح | آج صبح | 今朝 | けさ",
        DayName(0, _AFTERNOON): "this afternoon | esta tarde | بعد ظهر اليوم | 今日の午後",
        DayName(0, _EVENING): "this evening | مساء اليوم | هذا المساء | آج شام",
        DayName(0, _NIGHT): "tonight | esta noche | الليلة | آج رات | 今夜 | 今晩 | こんばん",
        DayName(1, _MORNING): "صباح الغد | صباح غد | 明朝",
        DayName(1, _EVENING): "مساء الغد | مساء غد",
        DayName(1, _NIGHT): "明晩",
    },
    "weekday": {
        0: "monday | mon | lunes | lun | الاثنين | الإثنين | اثنين | پیر | سوموار | 月曜日 | 月曜 | 月",
        1: "tuesday | tue | tues | martes | mar | الثلاثاء | ثلاثاء | منگل | 火曜日 | 火曜 | 火",
        2: "wednesday | wed | miércoles | mié | الأربعاء | أربعاء | بدھ | 水曜日 | 水曜 | 水",
        3: "thursday | thu | thur | thurs | jueves | jue | الخميس | خميس | جمعرات | 木曜日 | 木曜 | 木",
        4: "friday | fri | viernes | vie | الجمعة | جمعة | جمعہ | 金曜日 | 金曜 | 金",
        5: "saturday | sat | sábado | sáb | السبت | سبت | ہفتہ | ہفتے | سنیچر | 土曜日 | 土曜 | 土",
        6: "sunday | sun | domingo | dom | الأحد | أحد | اتوار | 日曜日 | 日曜 | 日",
    },
    "which": {  # the number of weeks from this one
        0: "this | este | esta | هذا | اس | 今週",
        1: "next | próximo | que viene | siguiente | القادم | المقبل | اگلے | اگلا | آئندہ | 来週",
    },
    "month": {
        1: "january | jan | enero | ene | يناير | كانون الثاني | جنوری | 一月",
        2: "february | feb | febrero | فبراير | شباط | فروری | 二月",
        3: "march | mar | marzo | مارس | آذار | مارچ | 三月",
        4: "april | apr | abril | abr | أبريل | إبريل | نيسان | اپریل | 四月",
        5: "may | mayo | مايو | أيار | مئی | 五月",
        6: "june | jun | junio | يونيو | حزيران | جون | 六月",
        7: "july | jul | julio | يوليو | تموز | جولائی | 七月",
        8: "august | aug | agosto | ago | أغسطس | آب | اگست | 八月",
        9: "september | sep | sept | septiembre | setiembre | سبتمبر | أيلول | ستمبر | 九月",
        10: "october | oct | octubre | أكتوبر | تشرين الأول | اکتوبر | 十月",
        11: "november | nov | noviembre | نوفمبر | تشرين الثاني | نومبر | 十一月",
        12: "december | dec | diciembre | dic | ديسمبر | كانون الأول | دسمبر | 十二月",
    },
    "part": {
        _AM: "am | a.m. | a.m | a. m. | a. m | ص | ق.ظ | قبل الظهر | قبل دوپہر",
        _PM: "pm | p.m. | p.m | p. m. | p. m | م | بعد الظهر | بعد ظهر | بعد دوپہر",
        _GOZEN: "午前",
        _GOGO: "午後",
        _DAWN: "de la madrugada | فجرا | الفجر | 早朝 | 未明",
        _MORNING: "morning | in the morning | de la mañana | por la mañana | en la mañana | صباحا | الصباح | "
        "صباح | في الصباح | صبح | 朝",
        _MIDDAY: "del mediodía | ظهرا | الظهر | دوپہر | 昼 | お昼",
        _AFTERNOON: "afternoon | in the afternoon | de la tarde | por la tarde | en la tarde | عصرا | "
        "العصر | سہ پہر",
        _EVENING: "evening | in the evening | مساء | المساء | في المساء | شام | 夕方",
        _NIGHT: "night | at night | de la noche | por la noche | en la noche | ليلا | رات | 夜 | 晩",
    },
    "noon": {None: "noon | midday | mediodía | al mediodía | del mediodía | الظهر | ظهرا | 正午"},
    "midnight": {None: "midnight | medianoche | a medianoche | منتصف الليل | آدھی رات | 真夜中"},
    "hour mark": {
        "h": "h",
        "": "o'clock | o’clock | oclock | hs | hrs | horas | بجے | بجکر | بج کر | 時",
    },
    "minute mark": {None: "min | m | minutos | منٹ | 分 | دقيقة"},
    "at": {None: "at | @ | a las | a la | las | الساعة | عند الساعة | في الساعة"},
    "glue": {  # words without a meaning of their own
        None: "on | the | of | de | del | el | la | los | en punto | في | يوم | من | کو | کے | کی | پر | "
        "دن | の | に | は | と"
    },
    "comma": {None: ", | ، | 、"},
    "lead": {
        None: "to | until | till | hasta | حتى"
    },  # only at the beginning: between two times it would be a range
    "and": {None: "and | y | و | اور"},
    "in": {None: "in | en | dentro de | بعد | خلال"},
    "after": {None: "from now | later | بعد | کے بعد | میں | 後 | 後に"},
    "plus": {None: "+"},
    "unit": {
        SECOND: "s | sec | secs | second | seconds | segundo | segundos | ثانية | ثوان | ثواني | سیکنڈ | 秒",
        MINUTE: "m | min | mins | minute | minutes | minuto | minutos | دقيقة | دقائق | منٹ | 分 | 分間",
        HOUR: "h | hr | hrs | hour | hours | hora | horas | ساعة | ساعات | گھنٹے | گھنٹہ | گھنٹوں | 時間",
        DAY: "d | day | days | día | días | يوم | أيام | يوما | دن | 日",
        WEEK: "w | week | weeks | semana | semanas | أسبوع | أسابيع | ہفتے | ہفتہ | ہفتوں | 週間",
    },
    "span": {  # words that contain both a number and a unit
        (30, MINUTE): "half an hour | half hour | media hora | نصف ساعة | آدھے گھنٹے | آدھا گھنٹہ",
        (15, MINUTE): "quarter of an hour | a quarter of an hour | un cuarto de hora | ربع ساعة",
        (90, MINUTE): "an hour and a half | hora y media | una hora y media | ساعة ونصف | ڈیڑھ گھنٹے",
        (1, MINUTE): "a minute | دقيقة",
        (2, MINUTE): "دقيقتين | دقيقتان",
        (1, HOUR): "an hour | ساعة",
        (2, HOUR): "ساعتين | ساعتان",
        (1, DAY): "a day | يوم",
        (2, DAY): "يومين | يومان",
        (1, WEEK): "a week | أسبوع",
        (2, WEEK): "أسبوعين",
    },
    "past": {  # minutes, written before the hour that they belong to
        30: "half past | ساڑھے",
        15: "quarter past | a quarter past | سوا",
        -15: "quarter to | a quarter to | پونے",
    },
    "past after": {  # minutes, written after it
        30: "y media | والنصف | ونصف | 半",
        15: "y cuarto | والربع | وربع",
        -15: "menos cuarto | إلا ربع | إلا ربعا",
    },
    "ordinal": {None: "st | nd | rd | th | º | ª"},
    "day mark": {None: "日"},
    "number": {
        1: "one | un | una | uno | واحد | الواحدة | ایک | 一",
        2: "two | dos | الثانية | دو | 二",
        3: "three | tres | ثلاث | ثلاثة | الثالثة | تین | 三",
        4: "four | cuatro | أربع | أربعة | الرابعة | چار | 四",
        5: "five | cinco | خمس | خمسة | الخامسة | پانچ | 五",
        6: "six | seis | ست | ستة | السادسة | چھ | چھے | 六",
        7: "seven | siete | سبع | سبعة | السابعة | سات | 七",
        8: "eight | ocho | ثمان | ثماني | ثمانية | الثامنة | آٹھ | 八",
        9: "nine | nueve | تسع | تسعة | التاسعة | نو | 九",
        10: "ten | diez | عشر | عشرة | العاشرة | دس | 十",
        11: "eleven | once | الحادية عشرة | الحادية عشر | گیارہ | 十一",
        12: "twelve | doce | الثانية عشرة | الثانية عشر | بارہ | 十二",
        15: "fifteen | quince | خمس عشرة | پندرہ | 十五",
        20: "twenty | veinte | عشرون | عشرين | بیس | 二十",
        30: "thirty | treinta | ثلاثون | ثلاثين | تیس | 三十",
    },
}

_ALIKE = str.maketrans("يىئةہۃھأإآٱك", "یییههههااااک")
_EVERY = re.compile(r"(?<!\w)كل(?!\w)")  # Arabic "every"; in Urdu's letters it would mean "tomorrow".
_KANA_MARKS = "\u3099\u309a"


@cache
def load_lexicon() -> dict[str, tuple[Reading, ...]]:
    """Return every folded word with all its meanings."""
    found: dict[str, list[Reading]] = {}
    for kind, meanings in _WORDS.items():
        for value, words in meanings.items():
            for word in words.split(" | "):
                readings = found.setdefault(fold(word), [])
                readings += [each for each in _make_readings(kind, value) if each not in readings]
    return {word: tuple(readings) for word, readings in found.items()}


def _make_readings(kind: str, value: Any) -> list[Reading]:
    """Return the reading, and for a number word also its reading as an amount of units."""
    amounts = [Reading("amount", Fraction(value))] if kind == "number" else []
    return [Reading(kind, value), *amounts]


def fold(text: str) -> str:
    """Remove what does not change the meaning of a text.

    That is case, accents, width, direction marks, the script of digits, variants of letters and extra spaces.
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace("ـ", "")
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not _is_mark(c))
    text = "".join(_fold_character(c) for c in unicodedata.normalize("NFC", text))
    every = {found.start() for found in _EVERY.finditer(text)}
    folded = text.translate(_ALIKE)
    for at in every:
        folded = folded[:at] + "ك" + folded[at + 1 :]
    return " ".join(folded.split())


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Cf"} and character not in _KANA_MARKS


def _fold_character(character: str) -> str:
    if character == "٫":  # the Arabic decimal sign
        return ","
    is_digit = unicodedata.category(character) == "Nd"
    return str(unicodedata.digit(character)) if is_digit else character
