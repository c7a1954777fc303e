"""What a post's own text says wrong before it goes out: leftovers of markup, days that have passed, photos
without words.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsbot.composing.preflight import (
    check_parts,
    find_leftovers,
    find_stale_words,
    recheck_parts,
    warn_of_stale_words,
)
from newsbot.files import load_toml
from newsbot.model import Image, Part
from newsbot.summarizers.anaphora import load_tables

MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)


def part(text: str, *media: Image, html: bool = False) -> Part:
    return Part(text, len(text), 280, parse_mode="HTML" if html else None, media=media)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Council {{ title }} votes", "{{ title }}"),
        ("Rates &amp;amp; taxes", "&amp;amp;"),
        ("Rates &amp; taxes", "&amp;"),
        ("It&#8217;s over", "&#8217;"),
        ('[caption id="a" width="3"]A tram', '[caption id="a" width="3"]'),
        ("Trams run [/caption]", "[/caption]"),
        ("[vc_row]Trams run", "[vc_row]"),
        ("<p>Trams run</p>", "<p>"),
        ("Trams run<br/>again", "<br/>"),
        ("Written by undefined", "undefined"),
        ("undefined approves the plan", "undefined"),
        ("{% if a %}Trams", "{% if a %}"),
        ("Dear ${name}, trams run", "${name}"),
        ("[object Object] runs", "[object Object]"),
    ],
)
def test_a_leftover_is_named(text: str, left: str) -> None:
    assert next(find_leftovers(text)) == left


@pytest.mark.parametrize(
    "text",
    [
        "Johnson & Johnson pays 3 < 5 and 7 > 2",
        "The rules were left undefined by the council",
        "An undefined number of people",
        "The minister [sic] said [the plan] was ready",
        "See https://example.org/a?x=1&amp=2&copy;=3",
        "He wrote {x} to AT&T, then left",
        "Il a dit «oui» [...] et «non»",
    ],
)
def test_what_people_write_is_no_leftover(text: str) -> None:
    assert list(find_leftovers(text)) == []


def test_the_escapes_of_a_post_in_html_are_no_leftovers() -> None:
    assert not list(check_parts([part("<b>Rates &amp; taxes</b> &lt;3", html=True)]))
    [warning] = check_parts([part("<b>Rates &amp;amp; taxes</b>", html=True)])
    assert (warning.code, warning.reason.params["words"]) == ("markup", "&amp;")


def test_a_photo_without_words_is_named() -> None:
    photo = Image("https://example.org/a.jpg", " ")
    assert [warning.code for warning in check_parts([part("A tram", photo)])] == ["no_alt"]
    assert not list(check_parts([part("A tram", replace(photo, alt="A tram in the rain"))]))


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "The council votes tomorrow on the plan.", ["tomorrow"]),
        ("en", "Today, the council votes; tonight it ends.", ["Today", "tonight"]),
        ("es", "El consejo vota mañana y ayer no votó.", ["mañana", "ayer"]),
        ("fr", "Le conseil vote aujourd’hui.", ["aujourd’hui"]),
        ("de", "Der Rat stimmt heute Abend ab, morgen folgt das Ergebnis.", ["heute", "morgen"]),
        ("pt", "O conselho vota amanhã.", ["amanhã"]),
        ("it", "Il consiglio vota domani.", ["domani"]),
        ("ru", "Совет голосует завтра.", ["завтра"]),
        ("ur", "کونسل آج ووٹ دے گی۔", ["آج"]),
        ("fa", "شورا فردا رأی می‌دهد.", ["فردا"]),
        ("ar", "يصوت المجلس اليوم على الخطة، وغدا ينتهي.", ["اليوم"]),
        ("hi", "परिषद आज मतदान करेगी।", ["आज"]),
        ("ko", "의회는 내일 투표한다.", ["내일"]),
        ("ja", "議会は明日投票する。", ["明日"]),
        ("zh", "议会明天投票。", ["明天"]),
    ],
)
def test_a_word_for_a_day_is_wrong_on_every_later_day(language: str, text: str, words: list[str]) -> None:
    assert find_stale_words(text, language, MONDAY, MONDAY) == []
    assert find_stale_words(text, language, MONDAY, MONDAY + DAY) == words


def test_each_language_of_the_summarizer_has_words() -> None:
    table = load_toml("newsbot.composing", "preflight.toml")
    assert load_tables().keys() <= table.keys()
    assert all(len(words["weekdays"].split(";")) == len("MTWTFSS") for words in table.values())


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The paper USA Today and the film Tomorrow Never Dies were quoted."),
        ("es", "Llegó por la mañana, a las nueve de la mañana."),
        ("de", "Am Morgen fiel der Strom aus."),
        ("ar", "وصل في اليوم التالي."),
        ("ur", "کل 40 افراد پہنچے۔"),
        ("en", "The council approved the plan on Monday."),
        ("xx", "The council votes tomorrow."),
    ],
)
def test_what_names_no_day_of_its_own_is_not_stale(language: str, text: str) -> None:
    assert find_stale_words(text, language, MONDAY, MONDAY + 9 * DAY) == []


@pytest.mark.parametrize(
    ("language", "text", "word"),
    [
        ("en", "The council will vote on Wednesday.", "Wednesday"),
        ("es", "El consejo votará el miércoles.", "miércoles"),
        ("fr", "Le conseil votera mercredi.", "mercredi"),
        ("de", "Der Rat wird am Mittwoch abstimmen.", "Mittwoch"),
        ("pt", "O conselho votará na quarta-feira.", "quarta-feira"),
        ("it", "Il consiglio voterà mercoledì.", "mercoledì"),
        ("ru", "Совет будет голосовать в среду.", "среду"),
        ("ur", "کونسل بدھ کو ووٹ دے گی۔", "بدھ"),
        ("ar", "سوف يصوت المجلس الأربعاء.", "الأربعاء"),
        ("hi", "परिषद बुधवार को मतदान करेगी।", "बुधवार"),
        ("fa", "شورا چهارشنبه رأی خواهد داد.", "چهارشنبه"),
        ("ko", "의회는 수요일 투표할 예정이다.", "수요일"),
        ("ja", "議会は水曜に投票する予定。", "水曜"),
        ("zh", "议会将在周三投票。", "周三"),
    ],
)
def test_a_weekday_that_was_to_come_is_wrong_once_it_has_passed(language: str, text: str, word: str) -> None:
    assert find_stale_words(text, language, MONDAY, MONDAY + 2 * DAY) == []
    assert find_stale_words(text, language, MONDAY, MONDAY + 3 * DAY) == [word]


def test_days_are_those_of_the_newsrooms_zone() -> None:
    said = [part("The council votes tomorrow.")]
    published, sent = datetime(2026, 3, 2, 20, tzinfo=UTC), datetime(2026, 3, 3, 6, tzinfo=UTC)
    assert warn_of_stale_words(said, "en", published, sent, UTC)
    assert warn_of_stale_words(said, "en", published, sent, ZoneInfo("Asia/Karachi")) is None
    found = warn_of_stale_words(said, "en", published, sent + DAY, ZoneInfo("Asia/Karachi"))
    assert found
    assert (found.code, found.reason.params) == ("stale_date", {"words": "tomorrow", "day": date(2026, 3, 3)})
    assert warn_of_stale_words(said, "en", None, sent, UTC) is None


def test_the_words_of_another_text_are_judged_again() -> None:
    said = [part("The {{ council }} votes tomorrow.")]
    stale = warn_of_stale_words(
        said, "en", datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC), UTC
    )
    assert stale
    before = [stale, *check_parts(said)]
    after = recheck_parts(before, [part("The council votes tomorrow.")])
    assert [each.code for each in after] == ["stale_date"]
    assert list(recheck_parts(before, [part("The council votes on Tuesday.")])) == []
