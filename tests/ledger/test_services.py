"""Which services run, and what of them does not work: as another process sees it, on both databases."""

from collections.abc import Callable
from time import monotonic, sleep

from newsbot.ledger.sql import SqlLedger
from tests.ledger.making import NOW

FAILED = [{"name": "the desk", "error": "ValueError", "since": "2026-11-22T12:00:00Z"}]


def test_a_service_is_seen_while_it_runs_with_what_does_not_work(opened: Callable[[], SqlLedger]) -> None:
    service, other = opened(), opened()
    assert other.services() == []
    service.acquire_instance_lock()
    [found] = other.services()
    assert (found.failed, found.pid > 0) == ((), True)
    service.report_failed_parts(FAILED, now=NOW)
    assert other.services()[0].failed == tuple(FAILED)
    assert service.services() == other.services()
    service.report_failed_parts([], now=NOW)
    assert other.services()[0].failed == ()
    service.close()
    assert soon(lambda: other.services() == [])  # PostgreSQL gives a lock back when it gets to it


def soon(what: Callable[[], bool]) -> bool:
    end = monotonic() + 10
    while not what():
        if monotonic() > end:
            return False
        sleep(0.01)
    return True


def test_what_a_dead_service_said_is_forgotten_with_it(opened: Callable[[], SqlLedger]) -> None:
    dead = opened()
    dead.acquire_instance_lock()
    dead.report_failed_parts(FAILED, now=NOW)
    dead.close()
    alive = opened()
    assert soon(lambda: alive.services() == [])
    alive.acquire_instance_lock()
    assert [one.failed for one in alive.services()] == [()]
    alive.report_failed_parts([], now=NOW)
    assert len(alive.notices("service")) == 1


def test_who_is_no_service_says_nothing(opened: Callable[[], SqlLedger]) -> None:
    command = opened()
    command.report_failed_parts(FAILED, now=NOW)
    assert command.notices("service") == []
