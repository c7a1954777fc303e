"""Reasons out of the ledger in a person's language; English is the same but for times."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsbot.desk.i18n import LANGUAGES, Translator, choose_wording
from newsbot.newsroom.anomalies import describe_flood, describe_likeness, describe_redesign
from newsbot.newsroom.json_views import serialize_reason
from newsbot.ports import ChannelCalendar, ShownArticle
from newsbot.reasons import Code, Reason, UsageCode, join_reasons
from newsbot.scheduling.rules import Rules, parse_quiet, plan
from tests.newsroom.test_anomalies import BANNER

NOW = datetime(2026, 12, 30, 12, tzinfo=UTC)
OUT = datetime(2026, 12, 30, 8, 2, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
HOURS = tuple(datetime(2026, 12, 30, hour).time() for hour in (8, 12, 18))  # noqa: DTZ001  times of day


def reasons() -> Iterator[Reason | None]:
    """As those say them who give them."""
    slots, quiet = Rules(slots=HOURS, zone=ZONE), Rules(quiet=parse_quiet("23:00-06:30"), zone=ZONE)
    taken = ChannelCalendar((NOW,), frozenset({NOW.replace(hour=17)}))
    yield plan(slots, NOW).reason
    yield plan(slots, NOW, taken=taken).reason
    yield plan(quiet, NOW.replace(hour=23)).reason
    gap = plan(Rules(gap=timedelta(minutes=20), zone=ZONE), NOW, taken=taken).reason
    yield join_reasons([Code.BREAKING(), gap])
    yield plan(Rules(per_day=1, zone=ZONE), NOW, taken=taken).reason
    passed = Code.SLOT_PASSED(time="12:00", day=NOW.date())
    yield Code.TITLED(what=Code.SPREAD_AT_RESUME(), why=join_reasons([plan(slots, NOW).reason, passed]))
    yield Code.TITLED(what=Code.APPROVAL_VOID(), why=Code.OTHER_TIME())
    yield describe_flood("site", 30, 2)
    yield describe_redesign([BANNER], BANNER, [ShownArticle("a-1", frozenset({BANNER}), 10)] * 2)
    yield describe_redesign(["One."], "x" * 999, [ShownArticle("a-1", frozenset({"Two."}), 10)] * 8)
    yield describe_likeness("a-k7mq", "Tram, at last: approved", OUT)
    yield describe_likeness("a-k7mq", None, OUT)
    yield describe_likeness("a-k7mq", "Tram", None)


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_nothing_of_a_reason_stays_english(language: str) -> None:
    say = Translator(language, ZONE, now=NOW)
    for reason in filter(None, reasons()):
        said = say.explain(reason)
        assert not any(
            word in said for word in ("slot", "taken", "after", "looks", "usually", "void", "Dec")
        ), said


def test_english_is_the_same_at_the_desk_but_for_its_times() -> None:
    say = Translator("en", ZONE, now=NOW)
    for reason in filter(None, reasons()):
        assert say.explain(reason) == str(reason).replace("2026-12-30 08:02:00Z", "09:02")


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_in_reasons_are_the_newsrooms_in_every_language(language: str) -> None:
    say = Translator(language, ZONE, now=NOW)
    for reason in (Code.TITLED(what=Code.AT(at=OUT), why=Code.TIME_SET()), Code.PUBLISHED(at=OUT)):
        said = say.explain(reason)
        assert "09:02" in said
        assert "08:02" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_in_a_reason_is_called_by_name(language: str) -> None:
    say = Translator(language, ZONE, {"tg:111": "Ada", "tg:222": "Bo"}.__getitem__, NOW)
    reason = Code.EMBARGO_LIFTED_BY(by="tg:111", who="tg:222")
    said = say.explain(Code.TITLED(what=reason, why=Code.CORRECTION_UNDONE(by="tg:222")))
    assert "Ada" in said
    assert said.count("Bo") == 2
    assert "tg:" not in said


def test_slots_that_were_passed_over_are_said_in_a_whole_sentence() -> None:
    passed = (Code.SLOTS_ON_FULL_DAY(n=3, most=2), Code.SLOTS_TAKEN(n=1))
    reason = Code.SLOT_AFTER_OTHERS(what=Code.SLOT_ON_DAY(time="20:20", day=NOW.date()), reasons=passed)
    assert Translator("en", ZONE, now=NOW).explain(reason) == (
        "slot 20:20 on Wed 30 Dec (earlier slots can't be used: "
        "3 on a day with no more room (2 a day), 1 taken by another post)"
    )


def test_a_program_reads_a_reason_in_the_newsrooms_language_with_whole_times() -> None:
    reason = UsageCode.RESTORED(since=OUT, until=NOW)
    in_spanish = choose_wording("es", ZONE)(reason)
    assert in_spanish.startswith("la base de datos se restauró")
    assert "mié 30 de diciembre de 2026, 09:02" in in_spanish
    view = serialize_reason(reason, choose_wording("es", ZONE))
    assert view
    assert view["text"] == in_spanish
    assert (view["code"], view["params"]["since"]) == ("restored", "2026-12-30T08:02:00Z")


def test_a_language_that_the_desk_has_not_is_english_with_the_command_lines_commands() -> None:
    text = choose_wording("de", ZONE)(UsageCode.RESTORED(since=OUT, until=NOW))
    assert "between Wed 30 Dec 2026 09:02 CET and Wed 30 Dec 2026 13:00 CET" in text
    assert "newsbot resolve ID" in text
