"""Corrupted sentences: what a model gets wrong, made from sentences that people wrote.

The corrupter has regular expressions and lists of its own, and shares nothing with what it measures.
"""

# ruff: noqa: ARG001  Each corruption takes the same arguments.

import re
from collections.abc import Callable, Iterator
from random import Random

__all__ = ["KINDS", "Corruption", "corrupt", "list_persons"]

Corruption = Callable[[str, str, list[str], Random], str | None]
"""Takes a sentence, its article's text, names of other articles and a source of chance; None if it can't."""

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
NUMBER_WORDS = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "fifteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
]
UR_NUMBERS = [
    "دو",
    "تین",
    "چار",
    "پانچ",
    "سات",
    "آٹھ",
    "نو",
    "دس",
    "بارہ",
    "پندرہ",
    "بیس",
    "تیس",
    "چالیس",
    "پچاس",
]
UR_DAYS = ["پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ", "اتوار"]
UR_MONTHS = [
    "جنوری",
    "فروری",
    "مارچ",
    "اپریل",
    "مئی",
    "جون",
    "جولائی",
    "اگست",
    "ستمبر",
    "اکتوبر",
    "نومبر",
    "دسمبر",
]
UR_NAMES = ("عمران خان", "نواز شریف", "آصف زرداری", "بلاول بھٹو", "شہباز شریف", "پرویز مشرف", "الطاف حسین")
UR_PLACES = [
    "لاہور",
    "کراچی",
    "پشاور",
    "کوئٹہ",
    "ملتان",
    "بھارت",
    "ایران",
    "افغانستان",
    "چین",
    "امریکہ",
    "پاکستان",
    "اسلام",
    "آباد",
    "پنجاب",
    "سندھ",
    "بلوچستان",
]
ROLES = [
    "president",
    "prime-minister",
    "minister",
    "mayor",
    "governor",
    "senator",
    "coach",
    "captain",
    "director",
    "ambassador",
    "spokesman",
    "chairman",
    "general",
    "judge",
    "sheriff",
    "secretary",
    "lawyer",
    "attorney",
    "doctor",
    "professor",
    "singer",
    "actor",
    "actress",
    "manager",
    "king",
    "queen",
    "prince",
    "pope",
    "commander",
    "CEO",
    "founder",
    "editor",
    "host",
]
NO_NAMES = (
    "The|This|That|A|In|On|At|But|And|He|She|It|They|CNN|U\\.S|After|As|If|Like|From|Despite|Although|Follow|Following"
    "|Former|Save|Sack"
)
NAME = re.compile(rf"\b(?!(?:{NO_NAMES})\b)[A-Z][a-z]+(?: [A-Z][a-z]+)+\b")
SURNAME = re.compile(rf"(?<=[a-z,] )(?!(?:{'|'.join(MONTHS + DAYS)})\b)[A-Z][a-z]{{3,}}\b")
SAID = r"(?:said|says|told|tells|adds|added|wrote|writes)"
OPPOSITES = [
    "more/less",
    "increase/decrease",
    "increased/decreased",
    "rise/fall",
    "rises/falls",
    "rose/fell",
    "higher/lower",
    "highest/lowest",
    "most/least",
    "largest/smallest",
    "bigger/smaller",
    "up/down",
    "before/after",
    "first/last",
    "wins/loses",
    "won/lost",
    "win/lose",
    "better/worse",
    "best/worst",
    "older/younger",
    "oldest/youngest",
    "above/below",
    "north/south",
    "northern/southern",
    "eastern/western",
    "gained/lost",
    "raised/cut",
]
MODAL = [
    (r"\b(?:may|might|could) (?=[a-z])", "will "),
    (r"\b(?:may|might|could) have ", "has "),
    (r"\ballegedly ", ""),
    (r"\balleged ", ""),
    (r"\breportedly ", ""),
    (r"\bsuspected ", ""),
    (r"\b(?:is|are|was|were) accused of ", "is guilty of "),
    (r"\bplans? to ", "has decided to "),
    (r"\b(?:plans?|hopes?|wants?|aims?|intends?|seeks?) to ", "will "),
    (r"\b(?:is|are) expected to ", "will "),
    (r"\b(?:plans?|hopes?|wants?|aims?|intends?) to be ", "is "),
    (r"\b(?:possibly|probably|apparently|perhaps|likely) ", ""),
    (r"\b(?:denies|denied|denying) ", "admitted "),
    (r"\bis considering ", "has approved "),
    (r"\bproposed ", "approved "),
]
UR_MODAL = [
    ("سکتا ہے", "تا ہے"),
    ("سکتے ہیں", "تے ہیں"),
    ("سکتی ہے", "تی ہے"),
    ("مبینہ طور پر ", ""),
    ("مبینہ ", ""),
    ("شاید ", ""),
    ("کا الزام ہے", "ثابت ہو گیا ہے"),
    ("ممکن ہے کہ ", ""),
    ("کا امکان ہے", "ہے"),
    ("کرنا چاہتے ہیں", "کر چکے ہیں"),
    ("کی کوشش کی", "لیا"),
]
UNITS = [
    (r"\bmillions?\b", "billion"),
    (r"\bbillions?\b", "million"),
    (r"\bthousand\b", "million"),
    (r"\$(?=\d)", "£"),
    (r"£(?=\d)", "$"),
    (r"€(?=\d)", "$"),
    (r"(?<=\d)%", " people"),
    (r"(?<=\d) percent\b", " million"),
    (r"(?<=\d )miles?\b", "kilometers"),
    (r"(?<=\d )(?:kilometers|km)\b", "miles"),
    (r"(?<=\d )feet\b", "meters"),
    (r"(?<=\d )pounds\b", "tons"),
    (r"(?<=\d )years\b", "months"),
    (r"(?<=\d )days\b", "weeks"),
    (r"(?<=\d )hours\b", "days"),
    (r"(?<=\d )minutes\b", "hours"),
    (r"(?<=\d )months\b", "years"),
    (r"لاکھ", "کروڑ"),
    (r"کروڑ", "ارب"),
    (r"ارب", "کروڑ"),
    (r"روپے", "ڈالر"),
    (r"فیصد", "لاکھ"),
]
QUOTES = [
    '"We had no choice but to act,"',
    '"This is a dark day for all of us,"',
    '"I have never seen anything like it,"',
    '"The decision was long overdue,"',
]


def corrupt(sentence: str, text: str, foreign: list[str], chance: Random) -> Iterator[tuple[str, str]]:
    """Yield each kind of error that the sentence has room for, with the sentence that has this error."""
    for kind, makers in KINDS.items():
        for make in makers:
            found = make(sentence, text, foreign, chance)
            if found is not None and found != sentence and found not in text:
                yield kind, found


def _replace(found: re.Match[str] | None, sentence: str, put: str) -> str | None:
    return sentence[: found.start()] + put + sentence[found.end() :] if found else None


def _pick(pattern: str | re.Pattern[str], sentence: str, chance: Random) -> re.Match[str] | None:
    found = list(re.finditer(pattern, sentence))
    return chance.choice(found) if found else None


def _other(options: list[str] | tuple[str, ...], but: str, chance: Random) -> str:
    return chance.choice([each for each in options if each.lower() != but.lower()])


def change_digits(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = _pick(r"(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w])", sentence, chance)
    if not found or re.fullmatch(r"(?:19|20)\d\d", found[0]):
        return None
    value = found[0]
    plain = float(value.replace(",", ""))
    options = [
        plain * 10,
        plain + chance.choice([1, 2, 3, 5]),
        max(2.0, plain - chance.choice([1, 2, 3])),
        plain * 2,
    ]
    digits = value.replace(",", "")
    if len(digits) > 1 and digits.isdigit() and digits[0] != digits[1]:
        options.append(float(digits[1] + digits[0] + digits[2:]))
    put = chance.choice([each for each in options if each != plain])
    written = f"{put:,.0f}" if put == int(put) else f"{put:.1f}"
    if re.search(rf"(?<!\d){re.escape(written)}(?!\d)", text):
        return None
    return _replace(found, sentence, written)


def change_number_word(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = _pick(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b", sentence, chance)
    return _replace(found, sentence, _other(NUMBER_WORDS, found[0], chance)) if found else None


def change_urdu_number(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = _pick(rf"(?<!\S)(?:{'|'.join(UR_NUMBERS)})(?!\S)", sentence, chance)
    return _replace(found, sentence, _other(UR_NUMBERS, found[0], chance)) if found else None


def swap_numbers(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    """Put another number of the article, or exchange two numbers of the sentence."""
    mine = list(re.finditer(r"(?<![\w.,$£-])\d+(?:,\d{3})*(?![\w.,-]\d|\w)", sentence))
    mine = [each for each in mine if not re.fullmatch(r"(?:19|20)\d\d", each[0])]
    if len(mine) >= 2 and mine[0][0] != mine[1][0]:
        a, b = mine[:2]
        return sentence[: a.start()] + b[0] + sentence[a.end() : b.start()] + a[0] + sentence[b.end() :]
    others = [
        n
        for n in re.findall(r"(?<![\w.,$£-])\d+(?:,\d{3})*(?![\w.,-]\d|\w)", text)
        if not re.fullmatch(r"(?:19|20)\d\d", n)
    ]
    if not mine or not set(others) - {mine[0][0]}:
        return None
    return _replace(mine[0], sentence, _other(sorted(set(others)), mine[0][0], chance))


def change_unit(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    fitting = [(found, put) for pattern, put in UNITS if (found := re.search(pattern, sentence))]
    if not fitting:
        return None
    found, put = chance.choice(fitting)
    return _replace(found, sentence, put)


def drop_bound(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    return _replace(
        re.search(r"(?i)\b(?:at least|more than|at most|less than|fewer than|up to) (?=[\d$£])", sentence),
        sentence,
        "",
    )


def change_direction(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = re.search(r"\b(?:by|to) (?=\$?\d[\d.,]* ?(?:%|percent|million|billion))", sentence)
    return _replace(found, sentence, "to " if found[0] == "by " else "by ") if found else None


def _change_listed(names: list[str], pattern: str) -> Corruption:
    def change(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
        found = _pick(pattern, sentence, chance)
        return _replace(found, sentence, _other(names, found[0], chance)) if found else None

    return change


def change_year(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = _pick(r"(?<![\w$£,-])(?:19|20)\d\d(?![\w,-])", sentence, chance)
    return (
        _replace(found, sentence, str(int(found[0]) + chance.choice([-2, -1, 1, 2, 10]))) if found else None
    )


def change_day(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = _pick(rf"\b(?:{'|'.join(MONTHS)}) (\d{{1,2}})\b", sentence, chance)
    if not found:
        return None
    day = str(int(found[1]) % 28 + chance.choice([1, 2]))
    return sentence[: found.start(1)] + day + sentence[found.end(1) :] if day != found[1] else None


def change_relative_day(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = _pick(
        r"\b(?:yesterday|today|tomorrow|(?:last|this|next) (?:week|month|year))\b", sentence, chance
    )
    if not found:
        return None
    family = (
        ["yesterday", "today", "tomorrow"]
        if " " not in found[0]
        else [f"{each} {found[0].split()[1]}" for each in ("last", "this", "next")]
    )
    return _replace(found, sentence, _other(family, found[0], chance))


def list_persons(text: str) -> list[str]:
    """Return the names of persons: those whose surname stands alone too, or behind a title."""
    found = set(NAME.findall(text))
    dated = set(MONTHS + DAYS + ["Last", "Next", "New", "North", "South", "United", "White", "House"])
    return sorted(
        each
        for each in found
        if not dated & set(each.split())
        and re.search(
            rf"(?<![A-Z][a-z.] )(?<![a-z] [A-Z])(?:^|[^\w ]|\b[a-z]+) {each.split()[-1]}\b(?! [A-Z])", text
        )
    )


def put_foreign_name(sentence: str, text: str, foreign: list[str], chance: Random) -> str | None:
    found = _pick(NAME, sentence, chance)
    if not found:
        return None
    other = chance.choice([each for each in foreign if not set(each.split()) & set(text.split())])
    return _replace(found, sentence, other)


def put_foreign_surname(sentence: str, text: str, foreign: list[str], chance: Random) -> str | None:
    found = _pick(SURNAME, sentence, chance) or re.match(
        r"[A-Z][a-z]{3,}(?= (?:said|says|was|has|is|denied|told))", sentence
    )
    if not found or NAME.match(found[0]):
        return None
    other = chance.choice([each for each in foreign if not set(each.split()) & set(text.split())])
    return _replace(found, sentence, other.split()[-1])


def put_other_first_name(sentence: str, text: str, foreign: list[str], chance: Random) -> str | None:
    found = _pick(NAME, sentence, chance)
    if not found:
        return None
    other = chance.choice(foreign).split()[0]
    return None if other in text else _replace(found, sentence, " ".join([other, *found[0].split()[1:]]))


def misspell_name(sentence: str, text: str, foreign: list[str], chance: Random) -> str | None:
    found = _pick(NAME, sentence, chance)
    if not found:
        return None
    words = found[0].split()
    last = words[-1]
    if len(last) < 5:
        return None
    at = chance.randrange(1, len(last) - 2)
    swapped = last[:at] + last[at + 1] + last[at] + last[at + 2 :]
    changed = last[:at] + chance.choice("aeiou") + last[at + 1 :]
    put = chance.choice([swapped, changed])
    return _replace(found, sentence, " ".join([*words[:-1], put])) if put != last else None


def swap_persons(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    """Put another name of the same article in the place of a name."""
    found = _pick(NAME, sentence, chance)
    others = [each for each in list_persons(text) if found and not set(each.split()) & set(sentence.split())]
    return _replace(found, sentence, chance.choice(others)) if found and others else None


def change_place(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    places = [
        "France",
        "Brazil",
        "Kenya",
        "Canada",
        "Norway",
        "Chile",
        "Vietnam",
        "Boston",
        "Denver",
        "Lagos",
        "Madrid",
    ]
    found = re.search(r"\b(?:in|from|to) ([A-Z][a-z]{3,})\b(?! [A-Z])", sentence)
    if not found or found[1] in MONTHS + DAYS:
        return None
    put = chance.choice([each for each in places if each not in text])
    return sentence[: found.start(1)] + put + sentence[found.end(1) :]


def swap_role_holder(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    """Give a role to another person of the article."""
    roles = "|".join(each.replace("-", " ") for each in ROLES)
    found = re.search(rf"(?i:\b(?:{roles})) ((?:[A-Z][a-z'-]+ ?){{1,3}})", sentence)
    if not found:
        return None
    name = found[1].strip()
    others = [each for each in list_persons(text) if not set(each.split()) & set(sentence.split())]
    if not others:
        return None
    return sentence[: found.start(1)] + chance.choice(others) + sentence[found.start(1) + len(name) :]


def change_role(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    roles = "|".join(each.replace("-", " ") for each in ROLES)
    found = re.search(rf"(?i:\b(?:{roles}))(?= [A-Z][a-z]+)|(?<=[a-z], )(?:{roles})\b", sentence)
    if not found:
        return None
    others = [each.replace("-", " ") for each in ROLES if each.replace("-", " ") not in text.lower()]
    put = chance.choice(others)
    return _replace(found, sentence, put.capitalize() if found[0][0].isupper() else put)


def alter_quote(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    pairs = list(re.finditer(r"[\"“]([^\"”]+)[\"”]", sentence)) if sentence.count('"') % 2 == 0 else []
    fitting = [each for each in pairs if len(each[1]) >= 12]
    if not fitting:
        return None
    found = chance.choice(fitting)
    words = found[1].split()
    at = chance.randrange(len(words))
    return (
        sentence[: found.start(1)]
        + " ".join([*words[:at], "really", *words[at + 1 :]])
        + sentence[found.end(1) :]
    )


def invent_quote(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    names = list_persons(sentence)
    return f"{chance.choice(QUOTES)} {names[0]} said." if names else None


def quote_paraphrase(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    """Put the words of a sentence after "says" into quotation marks."""
    found = re.search(rf"\b{SAID} (?:that )?((?:\w+ ){{4,}}\w+)", sentence)
    if not found or '"' in sentence or found[1] in text:
        return None
    return f'{sentence[: found.start(1)]}"{found[1]}"{sentence[found.end(1) :]}'


def give_quote_to_other(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = re.search(rf"([A-Z][a-z]+(?: [A-Z][a-z]+)?) {SAID}\b", sentence)
    if not found or '"' not in sentence:
        return None
    others = [each for each in list_persons(text) if not set(each.split()) & set(found[1].split())]
    return sentence[: found.start(1)] + chance.choice(others) + sentence[found.end(1) :] if others else None


def drop_negation(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    for pattern, put in (
        (r"\b(do|does|did)(?:n't| not) ", ""),
        (r"\bcannot\b|\bcan't\b", "can"),
        (r"\bwon't\b", "will"),
        (r"(?<=s|d|e)n't\b", ""),
        (r"\b(?:not|never) ", ""),
        (r"\bno (?=[a-z])(?!longer|more|one)", ""),
        (r"\bno longer ", "still "),
        (r" نہیں(?= )", ""),
    ):
        if found := re.search(pattern, sentence):
            return _replace(found, sentence, put)
    return None


def add_negation(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = re.search(
        r"\b(?:is|are|was|were|has|have|had|will|would|can|could|should) (?!not|no\b|never)(?=[a-z])",
        sentence,
    )
    if found and not re.search(r"n't\b|\bnot\b|\bno\b|\bnever\b", sentence):
        return _replace(found, sentence, f"{found[0]}not ")
    found = re.search(r" (?=(?:ہے|ہیں|تھا|تھے) ۔)", sentence)
    return _replace(found, sentence, " نہیں ") if found and "نہ" not in sentence else None


def deny_verb(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    found = re.search(
        r"(?<=[a-z] )(?:says|said|wants|won|lost|took|made|found|died|called|killed) ", sentence
    )
    bases = {
        "says": "say",
        "said": "say",
        "wants": "want",
        "won": "win",
        "lost": "lose",
        "took": "take",
        "made": "make",
    }
    bases |= {"found": "find", "died": "die", "called": "call", "killed": "kill"}
    if not found or re.search(r"n't\b|\bnot\b|\bno\b|\bnever\b", sentence):
        return None
    return _replace(found, sentence, f"did not {bases[found[0].strip()]} ")


def strengthen(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    fitting = [(found, put) for pattern, put in MODAL if (found := re.search(pattern, sentence))]
    fitting += [(found, put) for pattern, put in UR_MODAL if (found := re.search(pattern, sentence))]
    if not fitting:
        return None
    found, put = chance.choice(fitting)
    made = _replace(found, sentence, put) or ""
    return made[0].upper() + made[1:]


def reverse_comparison(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    pairs = {a: b for each in OPPOSITES for a, b in (each.split("/"), each.split("/")[::-1])}
    found = _pick(rf"\b(?:{'|'.join(pairs)})\b", sentence, chance)
    return _replace(found, sentence, pairs[found[0]]) if found else None


def change_gender(sentence: str, text: str, _: list[str], chance: Random) -> str | None:
    pairs = {"he": "she", "she": "he", "his": "her", "He": "She", "She": "He", "His": "Her", "him": "her"}
    found = _pick(rf"\b(?:{'|'.join(pairs)})\b", sentence, chance)
    return _replace(found, sentence, pairs[found[0]]) if found else None


KINDS: dict[str, list[Corruption]] = {
    "number": [change_digits, change_number_word, change_urdu_number],
    "number: another of the article": [swap_numbers],
    "number: bound, by/to": [drop_bound, change_direction],
    "unit": [change_unit],
    "date": [
        _change_listed(MONTHS, rf"\b(?:{'|'.join(MONTHS)})\b"),
        _change_listed(DAYS, rf"\b(?:{'|'.join(DAYS)})\b"),
        _change_listed(UR_MONTHS, rf"(?<!\S)(?:{'|'.join(UR_MONTHS)})(?!\S)"),
        change_year,
        change_day,
        change_relative_day,
    ],
    "name: new": [put_foreign_name, put_foreign_surname, put_other_first_name,
                  _change_listed(list(UR_NAMES), "|".join(UR_NAMES))],
    "name: misspelled": [misspell_name],
    "name: another of the article": [swap_persons],
    "place": [change_place, _change_listed(UR_PLACES, rf"(?<!\S)(?:{'|'.join(UR_PLACES)})(?!\S)")],
    "role": [swap_role_holder, change_role],
    "quote": [alter_quote, invent_quote, quote_paraphrase],
    "quote: another speaker": [give_quote_to_other],
    "negation: dropped": [drop_negation],
    "negation: added": [add_negation, deny_verb],
    "modality": [strengthen],
    "comparison": [reverse_comparison],
    "gender": [change_gender],
}  # fmt: skip
