"""What parts say of themselves is in the log once when it begins, and once when it is over."""

import pytest
from structlog.testing import capture_logs

from newsbot.delivery.reports import Reports
from newsbot.errors import LedgerError, LedgerGone
from newsbot.reasons import Code, LedgerCode

AWAY = LedgerError(Code.TEXT(words="the database can't be reached"))


def test_an_outage_is_one_line_and_its_end_another_however_many_parts_wait() -> None:
    now = 100.0
    reports = Reports(monotonic=lambda: now)
    with capture_logs() as logs:
        for _ in range(3):
            for part in ("polling a", "polling b", "sending"):
                reports.waits(part, AWAY)
        now = 160.0
        assert reports.seconds_away == 60.0
        reports.report_success("polling a")
        reports.report_success("sending")
        assert len(logs) == 1
        reports.report_success("polling b")
        reports.report_success("polling b")
    assert [line["event"] for line in logs] == [
        "the database is away: newsbot waits and tries again by itself",
        "the database is back",
    ]
    assert logs[1]["away_for"] == "60 s"
    assert reports.seconds_away == 0.0


def test_each_cause_of_an_outage_is_told_once() -> None:
    reports, full = Reports(), LedgerError(LedgerCode.TOO_MANY_CONNECTIONS(name="a database"))
    with capture_logs() as logs:
        for _ in range(2):
            for error in (AWAY, full):
                reports.waits("sending", error)
        reports.report_success("sending")
        reports.waits("sending", full)
    assert [line["event"].partition(":")[0] for line in logs] == [
        "the database is away",
        "the database is still away",
        "the database is back",
        "the database is away",
    ]


def test_the_database_is_back_once_it_has_answered_whatever_a_part_has_left_to_do() -> None:
    reports = Reports()
    reports.report_failure("the desk's cards", ValueError("x"))
    reports.waits("the desk's cards", AWAY)
    reports.report_contact("the desk's cards")
    assert reports.seconds_away == 0.0
    assert [part.name for part in reports.failed_parts] == ["the desk's cards"]


def test_the_database_is_away_since_the_first_call_that_failed_began() -> None:
    now = 118.0
    reports = Reports(monotonic=lambda: now)
    reports.waits("sending", AWAY, since=100.0)
    reports.waits("polling a", AWAY, since=90.0)
    assert reports.seconds_away == 18.0


def test_a_database_is_gone_where_one_part_meets_nothing_else_for_long() -> None:
    now = 100.0
    reports, damaged = Reports(monotonic=lambda: now), LedgerGone(Code.TEXT(words="the database is damaged"))
    reports.waits("sending", damaged)
    reports.waits("polling a", damaged)
    now = 108.0
    reports.waits("polling a", damaged)
    reports.report_contact("polling a")
    now = 111.0
    reports.waits("polling a", damaged)
    assert reports.find_gone(10.0) is None, "sending has not tried again"
    reports.waits("sending", damaged)
    assert reports.find_gone(10.0) is damaged


def test_a_failure_is_said_again_only_where_it_is_another_one() -> None:
    reports, changes = Reports(), list[int]()
    reports.changed = lambda: changes.append(1)
    with capture_logs() as logs:
        for error in (ValueError("x"), ValueError("x"), KeyError("x")):
            reports.report_failure("polling a", error)
        reports.report_success("polling a")
        reports.report_success("polling b")
    assert len(logs) == 3
    assert len(changes) == 3
    assert reports.failed_parts == []


def test_one_that_is_quiet_leaves_outages_to_its_caller() -> None:
    reports = Reports(quiet=True)
    with capture_logs() as logs:
        reports.waits("sending", AWAY)
        reports.report_success("sending")
    assert logs == []


@pytest.mark.parametrize(
    "error", [LedgerError(Code.TEXT(words="token at the end")), ValueError("123:secret")]
)
def test_of_a_strangers_message_only_its_type_is_kept(error: Exception) -> None:
    reports = Reports()
    reports.report_failure("the desk", error)
    assert "secret" not in reports.say_failed()[0]
