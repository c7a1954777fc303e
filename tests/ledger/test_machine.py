"""Any order of what services, editors, crashes and the clock do keeps the promise."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from newsbot.model import PostEvent
from tests.ledger.conftest import delete_rows
from tests.ledger.machine import Newsroom

SHORT = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_any_order_of_events_on_sqlite() -> None:
    run_state_machine_as_test(Newsroom, settings=SHORT)


def test_any_order_of_events_with_two_services_on_postgresql(postgres_database: str) -> None:
    class TwoServices(Newsroom):
        services = 2

        def url(self) -> str:
            delete_rows(postgres_database)
            return postgres_database

    run_state_machine_as_test(TwoServices, settings=settings(SHORT, max_examples=4, stateful_step_count=20))


def test_an_unknown_that_is_sent_again_by_itself_is_found_out() -> None:
    """What shows nothing when the promise is broken would show nothing at all."""
    machine = Newsroom()
    machine.begin([])
    try:
        machine.claim(0, "tg")
        [(_, claim)] = machine.calls
        machine.overrun(0, 0, went_out=True)
        machine.ledger.posts.apply_event(
            claim.post.id, PostEvent.MISS, by="a careless timer", now=machine.now
        )
        machine.claim(0, "tg")
        machine.accepted(0)
        with pytest.raises(AssertionError):
            machine.nothing_went_out_twice_but_by_an_editors_wrong_word()
    finally:
        machine.teardown()
