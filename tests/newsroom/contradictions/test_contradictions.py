"""What an article contradicts within itself is found; what only looks like a contradiction is not."""

from datetime import UTC, datetime

import pytest

from newsbot.model import Article
from newsbot.newsroom.contradictions import find_contradictions

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)


def kinds(
    text: str, language: str = "en", title: str | None = None, published: datetime | None = TUESDAY
) -> list[str]:
    article = Article("a", text, title=title, language=language, published_at=published)
    return [each.kind for each in find_contradictions(article, NOW)]


@pytest.mark.parametrize(
    ("kind", "language", "text"),
    [
        ("sum", "en", "The ferry carried 12 people, 7 men and 4 women."),
        ("sum", "en", "Twelve people were hurt in the blast. Seven were women and four were men."),
        ("sum", "en", "The storm killed 15 people - 7 in Rosport and 4 in Dalby."),
        ("sum", "es", "Viajaban 12 personas: 7 hombres y 4 mujeres."),
        ("sum", "de", "Verletzt wurden 12 Menschen (7 Frauen, 2 Männer und 4 Kinder)."),
        ("sum", "ur", "کشتی میں 12 مسافر سوار تھے: 7 مرد اور 4 خواتین۔"),
        ("sum", "ar", "كان على متن القارب 12 شخصا: 7 رجال و4 نساء."),
        ("sum", "ja", "乗客は12人(男性7人、女性4人)だった。"),
        ("shares", "en", "In the vote 55% were in favour, 42% were against and 12% abstained."),
        ("shares", "ja", "調査では賛成が55%、反対が42%、分からないとの回答が12%だった。"),
        ("birth", "en", "Ana Petrova, who was born in 1950, is 60 years old."),
        ("birth", "en", "Ana Petrova was born in 1950. The 60-year-old still paints."),
        ("birth", "es", "Ana Petrova, de 60 años, nació en 1950."),
        ("birth", "de", "Ana Petrova (60) wurde 1950 in Dalby geboren."),
        ("birth", "ur", "60 سالہ نسیم اختر 1950 میں پیدا ہوئے۔"),
        ("birth", "ar", "ولد سامي حداد عام 1950 وعمره 60 عاما."),
        ("birth", "ja", "中村光さんは1950年に生まれ、現在60歳だ。"),
        ("ages", "en", "Ana Petrova, 34, runs the shop. The 43-year-old Petrova sells tea."),
        ("ages", "es", "Ana Petrova, de 34 años, dirige la tienda. Ana Petrova, de 43 años, vende té."),
        ("weekday", "en", "The council met on Monday, 3 March 2026."),
        ("weekday", "es", "El consejo se reunió el lunes 3 de marzo de 2026."),
        ("weekday", "de", "Der Rat tagte am Montag, dem 3. März 2026."),
        ("weekday", "ur", "اجلاس پیر 3 مارچ 2026 کو ہوا۔"),
        ("weekday", "ar", "عقد الاجتماع يوم الاثنين 3 مارس 2026."),
        ("weekday", "ja", "会議は2026年3月3日(月)に開かれた。"),
        ("not_yet", "en", "The bridge collapsed on 5 March 2031 and blocked the river."),
        ("not_yet", "es", "El puente se derrumbó el 5 de marzo de 2031."),
        ("not_yet", "de", "Die Brücke stürzte am 5. März 2031 ein."),
        ("not_yet", "ur", "پل 5 مارچ 2031 کو گر گیا تھا۔"),
        ("not_yet", "ja", "橋は2031年3月5日に崩れた。"),
        ("reversed", "en", "The mill worked from 1995 to 1990."),
        ("reversed", "en", "She was born in 1950 and died in 1940."),
        ("reversed", "ar", "كان رئيسا من 1995 إلى 1990."),
        ("duration", "en", "The siege lasted 5 years, from 1939 to 1949."),
        ("duration", "en", "The mill closed 40 years ago, in 1956."),
        ("launch", "en", "A small satellite flew aboard Chang'e-6 and reached lunar orbit in May 2022."),
        ("launch", "ur", "چندریان 3 اگست 2021 میں چاند پر اترا تھا۔"),
        ("event", "en", "The fall of the Berlin Wall in 1987 changed the town."),
        ("event", "de", "Der Fall der Berliner Mauer 1987 veränderte die Stadt."),
        (
            "values",
            "en",
            "The fire destroyed 12 houses in Dalby. In Dalby, 15 houses were destroyed by the fire.",
        ),
        ("values", "en", "The crash injured 12 people. All 15 people injured in the crash went home."),
        ("values", "en", "The flood killed 12 people. Officials confirmed that 15 people died."),
        ("values", "es", "El fuego destruyó 12 casas en Dalby. El fuego destruyó en Dalby 15 casas."),
    ],
)
def test_a_contradiction_is_found(kind: str, language: str, text: str) -> None:
    assert kinds(text, language) == [kind]


@pytest.mark.parametrize(
    ("kind", "language", "title", "text"),
    [
        ("headline", "en", "Fire in Dalby kills 12", "Nine people were killed in a fire in Dalby."),
        ("headline", "es", "Un incendio deja 12 muertos", "Nueve personas murieron en un incendio."),
        (
            "headline",
            "de",
            "Brand: 12 Tote in Dalby",
            "Neun Menschen wurden bei einem Brand in Dalby getötet.",
        ),
        ("headline", "ur", "آگ سے 12 افراد ہلاک", "فیکٹری میں آگ لگنے سے 9 افراد ہلاک ہو گئے۔"),
        ("headline", "ja", "火災で12人死亡", "工場で火災があり、9人が死亡した。"),
        ("headline", "en", "Council votes on Monday", "The council will vote on Tuesday, the mayor said."),
        (
            "headline",
            "en",
            "New hospital opens in Rosport",
            "A new hospital has opened in Dalby after years of delays, and its first patients have come.",
        ),
        ("headline", "en", "Man, 34, held", "The 43-year-old was arrested at home."),
        ("direction", "en", "House prices rise in Dalby", "House prices in Dalby fell last month."),
        ("direction", "ar", "ارتفاع أسعار المنازل", "انخفضت أسعار المنازل الشهر الماضي."),
    ],
)
def test_a_headline_that_its_text_contradicts_is_found(
    kind: str, language: str, title: str, text: str
) -> None:
    assert kind in kinds(text, language, title)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The ferry carried 12 people, 8 men and 4 women."),
        ("en", "The ferry carried 12 people, including 7 men and 4 women."),
        ("en", "The ferry carried about 12 people, 7 men and 4 women."),
        ("en", "Turnout was 55%, up from 52% last year, and 12% of the votes were postal."),
        ("en", "60% of men and 70% of women voted for the plan."),
        ("en", "Ana Petrova, who was born in 1950, was 60 when she moved."),
        ("en", "Ana Petrova, 76, was born in 1950. Her brother Ivan Petrov, 60, lives in Dalby."),
        ("en", "Ana Petrova, 34, runs the shop with Maria Petrova, 62."),
        ("en", "The council met on Tuesday, 3 March 2026, and on Monday, 23 November."),
        ("en", "The bridge will open on 5 March 2031."),
        ("en", "The firm said the bridge was planned for March 2031."),
        ("en", "On Monday 12 houses burned in Dalby, by Tuesday 14 houses had burned in Dalby."),
        ("en", " ".join(f"Step {n} of the plan is the dredging of the new harbour." for n in (2, 3, 4))),
        ("en", "The toll rose to 15 people. Earlier, officials said 12 people had died."),
        ("en", "Between 12 and 15 people died. Officials said at least 10 people died."),
        ("en", "Police said 12 protesters were hurt. According to the union, 20 protesters were hurt."),
        ("en", "Arsenal scored 2 goals in the match. Chelsea scored 3 goals in the match."),
        ("en", "Chang'e-6 was announced in 2022 and planned for two years."),
        ("en", "The fall of the Berlin Wall in 1989 changed the town."),
        ("en", "She lived in Dalby from 1990 to 1995 for 5 years."),
        ("es", "Viajaban 12 personas: 8 hombres y 4 mujeres."),
        ("de", "Die Brücke soll am 5. März 2031 eröffnet werden."),
        ("ur", "پل 5 مارچ 2031 کو کھولا جائے گا۔"),
        ("ar", "سيفتتح الجسر في 5 مارس 2031."),
        ("ja", "橋は2031年3月5日に開通する予定だ。"),
    ],
)
def test_what_is_no_contradiction_is_not_found(language: str, text: str) -> None:
    assert kinds(text, language) == []


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Fire kills 11", "The fire killed eight boys and three girls."),
        ("Plane with 150 aboard crashes", "The pilot and 149 others died when the plane crashed."),
        ("House prices rise in Dalby", "House prices rose in Dalby. In Rosport they fell."),
        ("Fans arrive in France", "French police welcomed the fans with music on the squares of the towns."),
    ],
)
def test_a_headline_that_fits_its_text_is_none(title: str, text: str) -> None:
    assert kinds(text, title=title) == []


def test_an_article_without_a_date_is_judged_by_what_it_says_of_its_time() -> None:
    """Born in 1950 and aged 60: written in 2010 or 2011, unless the text tells of a later year."""
    told = "Ana Petrova, who was born in 1950, is 60 years old."
    assert kinds(told, published=None) == []
    assert kinds(f"The mill closed in 2021. {told}", published=None) == ["birth"]


def test_a_date_without_a_year_counts_only_near_the_articles_own_date() -> None:
    assert kinds("The council met on Monday, 17 November.") == ["weekday"]
    assert kinds("The council met on Monday, 17 November.", published=None) == []
    assert kinds("The council met on Monday, 17 May.") == []


def test_both_places_are_quoted() -> None:
    article = Article(
        "a", "Nine people were killed in Dalby.", title="Fire kills 12", language="en", published_at=TUESDAY
    )
    (found,) = find_contradictions(article, NOW)
    assert (found.first, found.second) == ("Fire kills 12", "Nine people were killed in Dalby.")


def test_a_long_sentence_is_quoted_around_its_number() -> None:
    long = "word " * 60
    (found,) = find_contradictions(
        Article("a", f"{long}the mill worked from 1995 to 1990 {long}.", language="en"), NOW
    )
    assert "from 1995 to 1990" in found.first
    assert len(found.first) < 200
    assert found.first.startswith("…")
    assert found.first.endswith("…")
