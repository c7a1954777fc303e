"""Contradictions that are planted in articles, and how many of them newsbot finds; alarms on clean articles.

The articles are the texts of ``texts`` and ``pages``. In a language of which there are too few, the sentences
are planted in a short article made of sentences that contradict nothing (``FILLING``). Each planted article
has one contradiction. It is found if newsbot tells a contradiction that it did not tell of the same article
before.

The planter knows nothing of the finder's words: its sentences (``planted.toml``) are written as newsrooms
write. The figures depend on them all the same, so `measure` takes another file of that form.
"""

import gzip
import json
import random
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple

from newsbot.model import Article
from newsbot.newsroom.contradictions import find_contradictions
from tests.bench.rows import Row

__all__ = ["Planted", "load_articles", "measure", "plant"]

SENTENCES = Path(__file__).parent / "planted.toml"
LANGUAGES = ("en", "es", "de", "ur", "ar", "fr", "ja")
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PUBLISHED = datetime(2026, 11, 24, 9, tzinfo=UTC)

WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "ur": "پیر منگل بدھ جمعرات جمعہ ہفتہ اتوار",
    "ar": "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
    "ja": "月 火 水 木 金 土 日",
}
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "ur": "جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "ja": " ".join(f"{number}月" for number in range(1, 13)),
}
FORMS = {"es": "{d} de {m} de {y}", "de": "{d}. {m} {y}", "ja": "{y}年{m}{d}日"}

FILLING = {
    "en": "The mayor thanked everyone who helped. Work on the site goes on. Many residents came to watch.",
    "es": "El alcalde agradeció la ayuda. Las obras continúan. Muchos vecinos acudieron a mirar.",
    "de": "Der Bürgermeister dankte allen Helfern. Die Arbeiten gehen weiter. Viele Anwohner sahen zu.",
    "fr": "Le maire a remercié les habitants. Les travaux continuent. De nombreux passants ont regardé.",
    "ur": "میئر نے مدد کرنے والوں کا شکریہ ادا کیا۔ جگہ پر کام جاری ہے۔ بہت سے لوگ دیکھنے آئے۔",
    "ar": "شكر رئيس البلدية كل من ساعد. العمل مستمر في الموقع. جاء كثير من السكان للمشاهدة.",
    "ja": "市長は協力した人々に感謝した。現場での作業は続いている。多くの住民が見に来た。",
}


class Planted(NamedTuple):
    """An article before and after a contradiction was planted in it."""

    kind: str
    language: str
    before: Article
    after: Article


def load_articles(texts: Path, pages: Path) -> list[Article]:
    """Return the articles of ``*.jsonl`` and of saved pages, as they are: nothing is planted in them.

    The first line of a person's summary is the headline of a text that has none.
    """
    from newsbot.reading import extract

    found = []
    for path in sorted(texts.glob("*.jsonl")):
        language = "ur" if path.name.startswith("urdu") else "en"
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            title = row["summary"].split("\n")[0] if language == "en" else None
            found.append(Article(row.get("id", ""), row["text"], title=title, language=language))
    for path in sorted((pages / "html").glob("*.html.gz")):
        page = extract(gzip.decompress(path.read_bytes()))
        if page.text:
            found.append(
                Article(
                    path.stem,
                    page.text,
                    title=page.title,
                    language=page.language,
                    published_at=page.published_at,
                )
            )
    return found


def measure(texts: Path, pages: Path, sentences: Path = SENTENCES) -> list[Row]:
    """Found of what is planted, by kind and language; alarms on the articles as they are."""
    clean = load_articles(texts, pages)
    times, alarms = [], 0
    for article in clean:
        start = process_time()
        alarms += bool(find_contradictions(article, NOW))
        times.append(process_time() - start)
    planted = list(plant(clean, sentences))
    found, every = Counter[str](), Counter[str]()
    for each in planted:
        told = is_found(each)
        for key in ("all", each.kind, each.language):
            every[key] += 1
            found[key] += told
    share = found["all"] / every["all"]
    rows = [
        Row(f"found of {every['all']} planted", f"{share:.3f}", ">= 0.85", share >= 0.85),
        *(
            Row(f"  {key}, of {every[key]}", f"{found[key] / every[key]:.2f}")
            for key in sorted(every)
            if key != "all"
        ),
    ]
    if clean:
        rate = alarms / len(clean)
        rows += [
            Row(f"alarms on {len(clean)} clean articles", f"{alarms} ({rate:.1%})", "<= 4 %", rate <= 0.04),
            Row(
                "an article's check, median, largest",
                f"{median(times) * 1000:.2f}, {max(times) * 1000:.0f} ms",
            ),
        ]
    return rows


def is_found(planted: Planted) -> bool:
    """Return whether newsbot tells a contradiction that the article did not have before."""
    known = {each.first for each in find_contradictions(planted.before, NOW)}
    return any(each.first not in known for each in find_contradictions(planted.after, NOW))


def plant(articles: Sequence[Article], sentences: Path = SENTENCES) -> Iterator[Planted]:
    """Yield articles with one contradiction each: every sentence of the file once or twice, and numbers of
    the articles themselves changed.
    """
    table = tomllib.loads(sentences.read_text(encoding="utf-8"))
    chance = random.Random(18)
    hosts = _choose_hosts(articles)
    for kind, by_language in table.items():
        if kind in {"names", "places"}:
            continue
        for language in LANGUAGES:
            for form in by_language.get(language, ()):
                host = next(hosts[language])
                values = _choose_values(kind, language, table, chance, host.published_at or PUBLISHED)
                yield _plant_sentence(kind, language, host, form, values, chance)
    yield from _change_numbers(articles, chance)


def _choose_hosts(articles: Sequence[Article]) -> dict[str, "cycle[Article]"]:
    """Return for each language articles without end in which a sentence is planted."""
    own = defaultdict[str, list[Article]](list)
    for article in articles:
        if article.language in LANGUAGES:
            own[article.language].append(replace(article, published_at=article.published_at or PUBLISHED))
    for language in LANGUAGES:
        if len(own[language]) < 10:
            text = FILLING[language]
            own[language].append(
                Article(f"filling-{language}", text, language=language, published_at=PUBLISHED)
            )
    return {language: cycle(some) for language, some in own.items()}


def _choose_values(
    kind: str, language: str, table: Any, chance: random.Random, published: datetime
) -> dict[str, Any]:
    """Return what the braces of a kind's sentences stand for."""
    name = chance.choice(table["names"][language])
    place, other = chance.sample(table["places"][language], 2)
    values: dict[str, Any] = {"name": name, "last": name.split()[-1], "place": place, "other": other}
    b, c = chance.randint(4, 9), chance.randint(3, 8)
    d = chance.randint(2, 5)
    year = published.year
    match kind:
        case "sum":
            values |= {"b": b, "c": c, "d": d}
        case "shares":
            b = chance.randint(48, 56)
            values |= {"b": b, "c": 100 - b - chance.randint(1, 6), "d": chance.randint(12, 20)}
        case "birth":
            born = chance.randint(year - 75, year - 35)
            values |= {"y": born, "a": year - born - chance.choice([-12, -8, 4, 7, 11])}
        case "two_ages":
            a = chance.randint(24, 60)
            values |= {"a": a, "b": a + chance.choice([-6, 3, 9])}
        case "weekday" | "headline_day":
            day = date(year, 1, 1) - timedelta(days=chance.randint(20, 900))
            wrong = (day.weekday() + chance.randint(1, 6)) % 7
            names = WEEKDAYS[language].split()
            values |= {"day": _write_date(day, language), "w": names[wrong], "v": names[day.weekday()]}
        case "not_yet":
            day = published.date() + timedelta(days=chance.randint(60, 900))
            values |= {"day": _write_date(day, language)}
        case "reversed":
            z = chance.randint(1950, 2000)
            values |= {"z": z, "y": z + chance.randint(3, 14)}
        case "duration":
            y = chance.randint(1950, 1990)
            values |= {"y": y, "a": chance.randint(4, 7), "z": y + chance.randint(10, 15)}
        case _:
            a = chance.randint(11, 60)
            values |= {"a": a, "b": a + chance.choice([-7, -4, 5, 13])}
    return values


def _write_date(day: date, language: str) -> str:
    month = MONTHS[language].split()[day.month - 1]
    return FORMS.get(language, "{d} {m} {y}").format(d=day.day, m=month, y=day.year)


def _plant_sentence(
    kind: str, language: str, host: Article, form: Any, values: dict[str, Any], chance: random.Random
) -> Planted:
    if kind == "sum":
        parts = [values["b"], values["c"], *([values["d"]] if "{d}" in form else [])]
        values["a"] = sum(parts) + chance.choice([-2, -1, 1, 2, 3])
    join = "" if language == "ja" else " "
    if kind.startswith("headline") or kind == "direction":
        title, first = (part.format(**values) for part in form)
        text = FILLING[language]
        honest = Article(host.guid, f"{first}{join}{text}", language=language, published_at=host.published_at)
        return Planted(kind, language, honest, replace(honest, title=title))
    sentences = host.text.split("\n\n")
    added = [form] if isinstance(form, str) else form
    for sentence in added:
        sentences.insert(chance.randint(1, len(sentences)), sentence.format(**values))
    if len(added) > 1:
        # The first of two sentences stands before the second.
        first, second = (sentences.index(each.format(**values)) for each in added)
        if first > second:
            sentences[first], sentences[second] = sentences[second], sentences[first]
    return Planted(kind, language, host, replace(host, text="\n\n".join(sentences)))


def _change_numbers(articles: Sequence[Article], chance: random.Random) -> Iterator[Planted]:
    """Yield articles whose headline has another number than before, one that the text confirmed."""
    for article in articles:
        found = re.search(r"(?<![\d.,$£€-])\b(\d{1,3})\b(?= [a-z]{4})", article.title or "")
        if not found or not re.search(rf"(?<![\d.,-])\b{found[1]}\b(?= [a-z]{{4}})", article.text):
            continue
        number = int(found[1]) + chance.choice([2, 3, 5])
        title = f"{article.title}"[: found.start()] + str(number) + f"{article.title}"[found.end() :]
        if not re.search(rf"\b{number}\b", article.text):
            yield Planted(
                "changed_headline", article.language or "en", article, replace(article, title=title)
            )
