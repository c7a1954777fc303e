"""Which services run, and what of them does not work: as another process sees it, on both databases."""

from collections.abc import Callable
from time import monotonic, sleep

from newsbot.ledger.ledger import Ledger
from tests.ledger.making import NOW

FAILED = [{"name": "the desk", "error": "ValueError", "since": "2026-11-22T12:00:00Z"}]


def test_a_service_is_seen_while_it_runs_with_what_does_not_work(opened: Callable[[], Ledger]) -> None:
    service, other = opened(), opened()
    assert other.list_running_services() == []
    service.acquire_instance_lock()
    [found] = other.list_running_services()
    assert (found.failed, found.pid > 0) == ((), True)
    service.report_failed_parts(FAILED, now=NOW)
    assert other.list_running_services()[0].failed == tuple(FAILED)
    assert service.list_running_services() == other.list_running_services()
    service.report_failed_parts([], now=NOW)
    assert other.list_running_services()[0].failed == ()
    service.close()
    assert soon(
        lambda: other.list_running_services() == []
    )  # PostgreSQL gives a lock back when it gets to it


def soon(what: Callable[[], bool]) -> bool:
    end = monotonic() + 10
    while not what():
        if monotonic() > end:
            return False
        sleep(0.01)
    return True


def test_what_a_dead_service_said_is_forgotten_with_it(opened: Callable[[], Ledger]) -> None:
    dead = opened()
    dead.acquire_instance_lock()
    dead.report_failed_parts(FAILED, now=NOW)
    dead.close()
    alive = opened()
    assert soon(lambda: alive.list_running_services() == [])
    alive.acquire_instance_lock()
    assert [one.failed for one in alive.list_running_services()] == [()]
    alive.report_failed_parts([], now=NOW)
    assert len(alive.alerts.list_notices("service")) == 1


def test_who_is_no_service_says_nothing(opened: Callable[[], Ledger]) -> None:
    command = opened()
    command.report_failed_parts(FAILED, now=NOW)
    assert command.alerts.list_notices("service") == []
