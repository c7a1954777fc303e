"""Days of a newsroom in virtual time: each post out once or reported, whatever goes wrong.

The long form is `python -m tests.chaos --only simulation`.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from newsbot.delivery import sender
from newsbot.delivery.outcomes import classify
from newsbot.model import PostEvent
from newsbot.ports import CallFailure
from tests.simulation import Plan, platform, simulate


@pytest.mark.parametrize("seed", [1, 2])
def test_every_post_is_out_once_or_reported(seed: int) -> None:
    outcome = simulate(Plan(seed, days=1.5, channels=4))
    assert not outcome.wrong, (outcome.plan, outcome.wrong)
    assert outcome.figures["killed"]
    assert outcome.figures["arrived"]


@pytest.mark.slow
def test_a_seed_replays_exactly() -> None:
    plan = Plan(7, days=2, channels=6)
    assert simulate(plan).figures == simulate(plan).figures


def test_a_sender_that_tries_again_after_a_lost_answer_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What shows nothing when the promise is broken would show nothing at all."""

    def careless(error: Exception, *, now: datetime, **known: Any) -> CallFailure:
        proved = classify(error, now=now, **known)
        lost = proved.event is PostEvent.LOSE
        return CallFailure(PostEvent.NOT_SENT, proved.failure, now + timedelta(seconds=5)) if lost else proved

    monkeypatch.setattr(sender, "classify", careless)
    monkeypatch.setitem(platform.FATES, "lost on the way back", 200)
    outcome = simulate(Plan(1, days=0.7, channels=3))
    assert any("times:" in line for line in outcome.wrong), outcome
