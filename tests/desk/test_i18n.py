"""The desk's languages: nothing is left out, and every place for a value is there."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

from newsbot.channels.telegram import TELEGRAM_HTML
from newsbot.desk.i18n import LANGUAGES, Translator, choose_language
from newsbot.ledger.restored_posts import LostPeriod, _build_failure

SRC = Path(__file__).parents[2] / "src" / "newsbot"
DESK = SRC / "desk"
FSI, PDI = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
LRI = "\N{LEFT-TO-RIGHT ISOLATE}"
OTHERS = sorted(set(LANGUAGES) - {"en"})
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "tg, x"), ("es", "tg, x"), ("ur", "tg، x"), ("ar", "tg، x"), ("ja", "tg、x")],
)
def test_a_list_has_the_comma_of_its_language(language: str, said: str) -> None:
    assert Translator(language, UTC).format_list(["tg", "x"]) == said


def test_no_list_of_the_desk_has_a_comma_of_its_own() -> None:
    """A person reads every list that the desk joins, so each has the comma of the person's language."""
    joined = [
        path.name for path in DESK.rglob("*.py") if re.search(r'"[,;،؛] "\.join', path.read_text("utf-8"))
    ]
    assert joined == []


@pytest.mark.parametrize(("language", "said"), [("en", "3 hours"), ("es", "3 horas"), ("ja", "3 時間")])
def test_a_duration_is_said_in_the_language(language: str, said: str) -> None:
    assert Translator(language, UTC).format_duration(timedelta(hours=3)) == said


def texts() -> Iterator[str]:
    """All that the code says."""
    keywords = {"say": None, "label": None, "button": None, "N_": None}
    for folder in (DESK, SRC / "reasons", SRC / "newsroom", SRC / "scheduling"):
        for _file, _line, text, _comments, _context in extract_from_dir(folder, keywords=keywords):
            if text:
                yield str(text)
    for _line, text, _comments, _context in extract_from_file("python", SRC / "model.py", keywords=keywords):
        yield str(text)


def catalogue(language: str) -> Catalog:
    with (DESK / "locale" / language / "LC_MESSAGES" / "desk.po").open("rb") as file:
        return read_po(file, locale=language)


def places(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_said_in_every_language_with_every_value(language: str) -> None:
    said = catalogue(language)
    missing = [text for text in texts() if not (found := said.get(text)) or not found.string]
    assert missing == []
    wrong = [m.id for m in said if m.id and places(str(m.id)) != places(str(m.string))]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_kept_that_the_code_does_not_say_any_more(language: str) -> None:
    assert {str(m.id) for m in catalogue(language) if m.id} - set(texts()) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_html_in_english_is_html_in_every_language(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            assert TELEGRAM_HTML.find_fault(re.sub(r"\{\w+\}", "x", str(message.string))) is None
            assert re.findall("<.*?>", str(message.id)) == re.findall("<.*?>", str(message.string))


SEVERAL = {
    "{n} days",  # two and more
    "{n} looks did not settle it: a person has to (/resolve)",  # the search ends after several
    "{n} h",
    "{time}, needs {n} approvals",
    "digest of {n} articles",  # one has a text of its own
    "and {n} more places",
    "its text has {n} characters (usually {least} to {most}): was it read right?",
    "{name} suddenly had {n} new articles (usually {usual}): are they really new?",
    'a sentence stands in {n} summaries: "{words}": was it read right?',
    "{n} posts are due there and would go out at once. It stays paused until you choose.",  # over three
    "it has {n} characters: no channel takes so many",
    "{path} holds over {n} articles; move old ones elsewhere",
    "the query has over {n} rows: let it leave out what is older than needed",
    "over {n} rows have no {name}: name another by COALESCE(...) AS ...",
    "{url} redirects more than {n} times; use the address that it should lead to",
    "{url} is {size}, over {n} pixels in width plus height",
    "{n} calls were made that are not in it",
}
"""Texts whose number is never one."""
PLURALS = {
    "es": "posts|publicaciones|artículos|frases|partes|caracteres|sitios|publicad[ao]s|ocupados|descartados|"
    "espaciados|días|aprobaciones|resúmenes|filas|veces|píxeles",
    "ur": "پوسٹیں|پوسٹوں|مضامین|خبریں|جملے|حصے|حروف|جگہیں|گھنٹے|منظوریاں|خلاصوں|چھوڑ دی گئیں|پھیلائی گئیں",
}
"""What stands behind a number of several only."""
COUNTED = (
    r"\{(?:n|count|most|sent|late)\} "
    r"(?!(?:[يسدث]|من|في|على|خلال|غيرها)(?![\u0620-\u064a]))[\u0620-\u064a]"  # units and prepositions
)
"""A number with an Arabic noun behind it, whose form goes by the number: one, two, up to ten, up to 99."""
NO_NOUN = {"part {n} of {count} is out"}


@pytest.mark.parametrize("language", ["es", "ur"])
def test_one_is_not_said_like_several(language: str) -> None:
    said = {str(m.id): str(m.string) for m in catalogue(language) if m.id and str(m.id) not in SEVERAL}
    several = rf"\{{(?:n|count|most|sent|queued)\}} (?:\w+ )?(?:{PLURALS[language]})\b"
    assert {text: words for text, words in said.items() if re.search(several, words)} == {}


def test_no_number_stands_before_an_arabic_noun_whose_form_goes_by_it() -> None:
    fixed = NO_NOUN | {text for text in SEVERAL if "over {n}" in text or "more than {n}" in text}
    said = {str(m.id): str(m.string) for m in catalogue("ar") if m.id and str(m.id) not in fixed}
    assert {text: words for text, words in said.items() if re.search(COUNTED, words)} == {}


def test_english_counts_one_as_one() -> None:
    found = [text for text in texts() if re.search(r"\{(?:n|count)\} (?:\w+ )?[a-z]{3,}s\b", text)]
    assert set(found) - SEVERAL == set()


def test_values_are_isolated_where_a_text_runs_from_right_to_left() -> None:
    said = Translator("ur", UTC).say("{channel} is paused.", channel="telegram-main")
    assert f"{FSI}telegram-main{PDI}" in said


def test_a_command_is_isolated_with_its_arguments_where_a_text_runs_from_right_to_left() -> None:
    said = Translator("ur", UTC).say("/resume {channel} lets it send again.", channel="tg")
    assert f"{LRI}/resume {FSI}tg{PDI}{PDI} " in said
    said = Translator("ar", UTC).say("Write it like /fix {id} 4.2 > 2.4", id="a-k7mq")
    assert f"{LRI}/fix {FSI}a-k7mq{PDI} 4.2 > 2.4{PDI}" in said
    said = Translator("ur", UTC).say("{text} has no unit. Write it like +90m or +2h", text="5")
    assert f"{LRI}+90m{PDI}" in said
    assert LRI not in Translator("ja", UTC).say("/resume {channel} lets it send again.", channel="tg")


def test_help_isolates_each_command_and_what_stands_behind_it() -> None:
    row = Translator("ur", UTC).command("move", "ID TIME|CHANNEL")
    assert row == f"{LRI}/move {FSI}آئی\u00a0ڈی{PDI} {FSI}وقت|چینل{PDI}{PDI}"
    assert Translator("ar", UTC).command("queue") == f"{LRI}/queue{PDI}"
    assert Translator("es", UTC).command("fix", "ARTICLE-ID OLD > NEW") == "/fix ID-ARTÍCULO VIEJO &gt; NUEVO"


def test_a_headline_from_right_to_left_is_isolated_in_one_that_does_not() -> None:
    words = Translator("en", UTC)
    assert FSI in words.say("{channel} is paused.", channel="خبریں")
    assert FSI not in words.say("{channel} is paused.", channel="tg")


def test_values_are_escaped() -> None:
    assert (
        Translator("es", UTC).say("{channel} is paused.", channel="<b>&") == "&lt;b&gt;&amp; está en pausa."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_are_said_in_each_language(language: str) -> None:
    words = Translator(language, UTC)
    today = words.time(NOW, NOW)
    assert today == ("12:00 بجے" if language == "ur" else "12:00")
    assert "12:00" in words.time(NOW + timedelta(days=2), NOW)
    assert "12:00" in words.time(NOW + timedelta(days=30), NOW)


def test_urdu_says_a_time_with_its_postpositions_once() -> None:
    words = Translator("ur", UTC)
    assert words.time(NOW + timedelta(days=1), NOW) == "جمعرات کو 12:00 بجے"
    assert words.time(NOW + timedelta(days=30), NOW) == "25 دسمبر کو 12:00 بجے"
    doubled = re.compile(r"\{(?:time|at|since|until)\} (?:پر|کو|بجے)")
    clock = {"slot {time}", "slot {time} on {day}", "Yes, at {time} on {day}"}
    clock |= {str(m.id) for m in catalogue("ur") if m.id and "slot {time}" in str(m.id)}
    wrong = [m.id for m in catalogue("ur") if doubled.search(str(m.string)) and str(m.id) not in clock]
    assert wrong == []


def test_a_language_that_the_desk_does_not_speak_becomes_the_newsrooms() -> None:
    assert choose_language("pt-BR", "es") == "es"
    assert choose_language("ur-PK", "en") == "ur"
    assert choose_language(None, "fi") == "en"


@pytest.mark.parametrize("language", ["ar", "ur"])
def test_a_text_that_is_nothing_but_values_has_the_languages_own_comma(language: str) -> None:
    say = Translator(language, UTC)
    for text in ("{channel}: {state}, {time} · <code>{id}</code>", "{time}, {why}"):
        assert "،" in say.translate(text)
        assert "," not in say.translate(text)


@pytest.mark.parametrize("language", ["ar", "ja", "ur"])
def test_what_a_restore_says_of_a_post_is_said_in_each_language(language: str) -> None:
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    reason = _build_failure(LostPeriod(since=now, until=now)).reason
    said = Translator(language, UTC, now=now).explain(reason)
    assert "ledger" not in said
    assert "between" not in said
    assert "/resolve" in said
