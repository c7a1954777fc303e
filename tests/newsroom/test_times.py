"""Times that people write: read as they are meant or refused; never guessed, past, or at once unasked."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.newsroom.times.reading import REFUSALS, TimeRefused, parse_time
from newsbot.newsroom.times.words import load_lexicon, tokenize
from newsbot.newsroom.wording import say_time, write_exactly
from tests.conftest import SLOWDOWN

ROOT = Path(__file__).parents[2]
TABLE = (Path(__file__).parent / "data" / "times.txt").read_text("utf-8")
KARACHI = ZoneInfo("Asia/Karachi")
NOW = datetime(2026, 11, 29, 10, 0, tzinfo=KARACHI)  # a Sunday
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    "Asia/Karachi", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Chatham",
    "UTC",
)  # fmt: skip


def rows() -> list[tuple[str, str]]:
    lines = (line for line in TABLE.splitlines() if line and not line.startswith("#"))
    return [(phrase, meant) for phrase, _, meant in (line.partition(" -> ") for line in lines)]


def outcome(text: str, now: datetime = NOW, zone: ZoneInfo = KARACHI) -> str:
    """As the table writes it."""
    try:
        return say_time(parse_time(text, zone=zone, now=now), zone).rpartition(" ")[0]
    except TimeRefused as refused:
        return f"{'asks' if refused.asks else 'refused'}, {refused.why}"


def read(text: str, now: datetime, zone: ZoneInfo) -> str:
    """The time with its distance from UTC, or why not."""
    try:
        return parse_time(text, zone=zone, now=now).astimezone(zone).isoformat(timespec="minutes")
    except TimeRefused as refused:
        return refused.why


@pytest.mark.parametrize(("phrase", "meant"), rows())
def test_a_phrase_is_read_as_it_is_meant_or_refused(phrase: str, meant: str) -> None:
    assert outcome(phrase) == meant


def test_the_table_has_each_phrase_once_and_each_reason() -> None:
    phrases = [phrase for phrase, _ in rows()]
    assert len(phrases) == len(set(phrases)) > 300
    reasons = {meant.partition(", ")[2] for _, meant in rows()}
    elsewhere = {"left out", "zone"}  # where clocks are put forward, below
    assert set(REFUSALS) - elsewhere <= reasons


# ---------------------------------------------------------------- what the documents say


def documented() -> list[str]:
    """Every time that the README, the documents and --help name as one."""
    from typer import Context
    from typer.main import get_command

    from newsbot.cli import app

    texts = [path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))]
    found = re.findall(r'(?:--at|newsbot (?:move|embargo) \S+) "([^"\n]+)"', "\n".join(texts))
    found += re.findall(r"^newsbot move \S+ (\+\S+)", "\n".join(texts), re.MULTILINE)
    found += re.findall(r"`/(?:move|embargo) ID ([^`\n]+)`|`/post [^`\n]* at ([^`\n]+)`", "\n".join(texts))
    table = (ROOT / "docs/desk.md").read_text("utf-8").split("## Times\n")[1].split("\n## ")[0]
    cells = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    found += [phrase for cell in cells for phrase in re.findall(r"`([^`]+)`", cell)]
    helps = [
        parameter.get_help_record(Context(command))[1]
        for name in ("post", "move", "embargo")
        for command in [get_command(app).commands[name]]  # type: ignore[attr-defined]
        for parameter in command.params
        if getattr(parameter, "help", None) and parameter.name in {"at", "time"}
    ]
    found += [each for text in helps for each in re.findall(r"\d\d:\d\d|\+\d+\w|tomorrow \w+", text)]
    flat = [each if isinstance(each, str) else "".join(each) for each in found]
    return sorted({each for each in flat if each not in {"TIME", "TIME]", "lift", "TIME|lift", "CHANNEL"}})


def test_every_time_in_the_documents_is_one() -> None:
    phrases = documented()
    assert len(phrases) > 30
    assert {each for each in phrases if outcome(each).startswith("refused")} == set()


def test_what_the_documents_say_is_refused_is() -> None:
    refused = (ROOT / "docs/desk.md").read_text("utf-8").split("it does not accept")[1].split("\n\n")[0]
    phrases = re.findall(r"`([^`]+)`", refused)
    assert len(phrases) > 5
    assert {each for each in phrases if not outcome(each).startswith("refused")} == set()


# ---------------------------------------------------------------- clocks that are put forward and back


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tomorrow 02:30", "left out"),
        ("02:30", "left out"),
        ("2026-03-29 02:30", "left out"),
        ("tomorrow 03:30", "2026-03-29T03:30+02:00"),
        ("tomorrow 01:30", "2026-03-29T01:30+01:00"),
        ("+4h", "2026-03-29T03:00+02:00"),
        ("+1d", "2026-03-29T22:00+02:00"),
        ("29 March 02:30 UTC", "2026-03-29T04:30+02:00"),
        ("tomorrow 04:00 CET", "2026-03-29T05:00+02:00"),
    ],
)
def test_an_hour_that_is_left_out_is_refused(text: str, meant: str) -> None:
    now = datetime(2026, 3, 28, 22, 0, tzinfo=BERLIN)
    assert read(text, now, BERLIN) == meant


def test_what_is_left_out_is_shown_as_the_clock_shows_it_then() -> None:
    with pytest.raises(TimeRefused, match="write it like 2026-03-29 03:30"):
        parse_time("tomorrow 02:30", zone=BERLIN, now=datetime(2026, 3, 28, 22, 0, tzinfo=BERLIN))


def test_an_hour_that_was_left_out_a_moment_ago_is_the_next_days() -> None:
    now = datetime(2026, 3, 29, 3, 10, tzinfo=BERLIN)
    assert read("02:30", now, BERLIN) == "2026-03-30T02:30+02:00"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tomorrow 02:30", "two"),
        ("02:30", "two"),
        ("02:30 CEST", "2026-10-25T02:30+02:00"),
        ("02:30 CET", "2026-10-25T02:30+01:00"),
        ("2026-10-25T02:30+01:00", "2026-10-25T02:30+01:00"),
        ("02:30 +02:00", "2026-10-25T02:30+02:00"),
        ("tomorrow 03:30", "2026-10-25T03:30+01:00"),
    ],
)
def test_an_hour_that_comes_twice_is_asked_for(text: str, meant: str) -> None:
    now = datetime(2026, 10, 24, 22, 0, tzinfo=BERLIN)
    assert read(text, now, BERLIN) == meant


def test_within_an_hour_that_comes_twice_the_next_is_the_one_ahead() -> None:
    now = datetime(2026, 10, 25, 2, 45, tzinfo=BERLIN)
    assert read("02:30", now, BERLIN) == "2026-10-25T02:30+01:00"


@pytest.mark.parametrize(
    ("zone", "now", "text", "meant"),
    [
        ("Asia/Kathmandu", "2026-12-31 23:50", "00:15", "2027-01-01T00:15+05:45"),
        ("Asia/Kathmandu", "2026-12-31 23:50", "today 00:15", "past"),
        ("Pacific/Kiritimati", "2026-12-31 23:50", "tomorrow 9", "2027-01-01T09:00+14:00"),
        ("Pacific/Kiritimati", "2026-12-31 23:59", "midnight", "near"),
        ("Australia/Lord_Howe", "2026-10-03 22:00", "02:15", "left out"),
        ("Australia/Lord_Howe", "2026-10-03 22:00", "02:45", "2026-10-04T02:45+11:00"),
        ("Europe/Berlin", "2028-02-28 10:00", "tomorrow 9", "2028-02-29T09:00+01:00"),
        ("Europe/Berlin", "2028-02-28 10:00", "29 February 9:00", "2028-02-29T09:00+01:00"),
        ("Europe/Berlin", "2027-02-28 10:00", "29 February 2027 9:00", "no day"),
        ("Europe/Berlin", "2028-02-29 10:00", "29 February 2029 9:00", "no day"),
        ("Europe/Berlin", "2028-02-29 10:00", "28 February 2029 9:00", "2029-02-28T09:00+01:00"),
        ("Europe/Berlin", "2028-02-29 10:00", "2 March 2029 9:00", "far"),
        ("Europe/Berlin", "2026-12-31 23:00", "1 January 0:30", "2027-01-01T00:30+01:00"),
        ("America/New_York", "2026-05-01 10:00", "1 July 9:00 EST", "zone"),
        ("America/New_York", "2026-05-01 10:00", "1 July 9:00 EDT", "2026-07-01T09:00-04:00"),
        ("America/Sao_Paulo", "2026-12-01 10:00", "18:30 -03", "2026-12-01T18:30-03:00"),
        ("Asia/Karachi", "2026-11-29 01:00", "tomorrow 9:00 Europe/Berlin", "two"),  # it is Saturday there
        ("Asia/Karachi", "2026-11-29 01:00", "30 November 9:00 Europe/Berlin", "2026-11-30T13:00+05:00"),
    ],
)
def test_days_are_the_zones(zone: str, now: str, text: str, meant: str) -> None:
    place = ZoneInfo(zone)
    assert read(text, datetime.fromisoformat(now).replace(tzinfo=place), place) == meant


# ---------------------------------------------------------------- what is asked about


@pytest.mark.parametrize(
    "text", ["10:01", "today 10:02", "in 2 minutes", "2026-11-29 10:00", "1 December 2027 9:00"]
)
def test_what_asks_is_taken_once_it_is_confirmed(text: str) -> None:
    with pytest.raises(TimeRefused) as refused:
        parse_time(text, zone=KARACHI, now=NOW)
    assert refused.value.asks
    assert parse_time(text, zone=KARACHI, now=NOW, confirmed=True) == refused.value.times[0]


@pytest.mark.parametrize(
    "text", ["today 6", "05/11 18:00", "9999-12-31 23:59", "+90", "soon", "in 2 days UTC"]
)
def test_no_confirmation_makes_a_time_of_what_is_none(text: str) -> None:
    with pytest.raises(TimeRefused) as refused:
        parse_time(text, zone=KARACHI, now=NOW, confirmed=True)
    assert not refused.value.asks


def test_words_mean_what_they_meant_when_they_were_said() -> None:
    later = NOW + timedelta(hours=3)
    assert outcome("12", now=later) == "Mon 30 Nov 2026 12:00"
    with pytest.raises(TimeRefused, match="which is past"):
        parse_time("12", zone=KARACHI, now=later, said_at=NOW)
    at = parse_time("18:30", zone=KARACHI, now=later, said_at=NOW)
    assert at == datetime(2026, 11, 29, 18, 30, tzinfo=KARACHI)
    assert parse_time("+20m", zone=KARACHI, now=later, said_at=NOW) == later + timedelta(minutes=20)


# ---------------------------------------------------------------- anything at all

PIECES = st.one_of(
    st.sampled_from(sorted(load_lexicon())),
    st.from_regex(r"[0-9]{1,4}([:./][0-9]{1,2}){0,2}", fullmatch=True),
    st.sampled_from(["+", "-", "+20m", "tomorrow", "today", "9am", "18:30", "2026-12-01", "/", ".", ",", "h",
                     "Z", "UTC", "PKT", "٩", "۹", "９", "décembre", "lundi", "+05:00"]),
)  # fmt: skip
DAYS = st.sampled_from(
    ["", "today", "tomorrow", "mañana", "غدا", "کل", "明日", "Sunday", "next Friday", "mar", "1 mar", "05/11",
     "29 February", "25/12", "2027-03-28", "1 December 2027", "in 2 days", "tonight", "esta noche", "12月1日"]
)  # fmt: skip
CLOCKS = st.one_of(
    st.builds("{:d}:{:02d}".format, st.integers(0, 24), st.integers(0, 60)),
    st.builds(
        "{:d}{}".format, st.integers(0, 25), st.sampled_from(["", "h", "am", "pm", "時", " بجے", " ص", " م"])
    ),
    st.sampled_from(
        ["noon", "midnight", "half past 2", "2 y media", "午後2時半", "now", "+90m", "in 1 minute"]
    ),
)
PLACES = st.sampled_from(["", "UTC", "PKT", "CET", "+05:45", "Europe/Berlin", "please"])
SENTENCES = st.builds("{} {} {}".format, DAYS, CLOCKS, PLACES)
PHRASES = SENTENCES | st.builds(
    str.join, st.sampled_from([" ", "", ", "]), st.lists(PIECES, min_size=1, max_size=6)
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(text=PHRASES | st.text(max_size=40), now=INSTANTS, zone=st.sampled_from(ZONES))
def test_what_is_read_is_ahead_and_not_at_once_unless_it_says_so(text: str, now: datetime, zone: str) -> None:
    place = ZoneInfo(zone)
    try:
        at = parse_time(text, zone=place, now=now)
    except TimeRefused:
        return
    assert at >= now
    assert at - now <= timedelta(days=366)
    soon = at - now <= timedelta(minutes=2)
    assert not soon or "+" in text or "＋" in text or _says_now(text)


def _says_now(text: str) -> bool:
    return any(reading.kind == "now" for token in tokenize(text, ()) for reading in token)


@given(text=PHRASES, now=INSTANTS, zone=st.sampled_from(ZONES))
def test_an_answer_that_is_written_again_means_the_same(text: str, now: datetime, zone: str) -> None:
    place = ZoneInfo(zone)
    try:
        at = parse_time(text, zone=place, now=now)
    except TimeRefused:
        return
    _is_read_back(at, now, place)


@given(minutes=st.integers(3, 366 * 24 * 60 - 1), now=INSTANTS, zone=st.sampled_from(ZONES))
def test_every_time_that_is_read_back_can_be_written(minutes: int, now: datetime, zone: str) -> None:
    _is_read_back(now + timedelta(minutes=minutes), now, ZoneInfo(zone))


def _is_read_back(at: datetime, now: datetime, zone: ZoneInfo) -> None:
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    if minute - now <= timedelta(minutes=2):
        return  # it would be asked about, or is past
    for text in (say_time(at, zone), write_exactly(at, zone)):
        assert parse_time(text, zone=zone, now=now, confirmed=True) == minute


@pytest.mark.parametrize(
    "text",
    ["9" * 10_000, "tomorrow " * 2_000, "+" * 10_000, "1/" * 50, "am " * 33, "la " * 33, "\x00", "18:30\x07",
     "", " ", "9\n9", "كل " * 200_000, "\N{RIGHT-TO-LEFT OVERRIDE}", "ﷺ" * 100, "+" + "9" * 90 + "h",
     "²" * 20, "a.m." * 25, "de la " * 16],
)  # fmt: skip
def test_anything_is_refused_in_one_line_and_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(TimeRefused) as refused:
        parse_time(text, zone=KARACHI, now=NOW)
    assert time.process_time() - began < 0.5 * SLOWDOWN
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "word", [word for word in load_lexicon() if word.isascii() and word.isalpha() and len(word) > 3]
)
def test_a_word_within_a_word_is_none(word: str) -> None:
    assert outcome(f"{word}ish 18:30").startswith("refused")


def test_every_word_of_the_calendar_in_each_language_is_known() -> None:
    from babel import Locale

    for language in ("en", "ur", "ar", "es", "ja"):
        locale = Locale(language)
        for width in ("wide", "abbreviated"):
            for month, name in locale.months["format"][width].items():
                assert (
                    outcome(f"1 {name} 2027 9:00").endswith(f"{_MONTHS[month - 1]} 2027 09:00") or month == 12
                )
            for day, name in locale.days["format"][width].items():
                found = datetime(2026, 11, 30, 9, 0) + timedelta(days=day)  # noqa: DTZ001  days from Monday
                assert outcome(f"{name} 9:00") == f"{found:%a} {found.day} {found:%b %Y %H:%M}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
