"""Who has an account at the command line and one in the chat is one person, wherever two are asked."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsbot.errors import VoteRefused
from newsbot.model import PostState
from tests.newsroom.desk import Desk, desk

PEOPLE = {111: {"role": "admin", "name": "Ana", "cli": "ana"}, 222: "admin"}


@pytest.fixture
def both(tmp_path: Path, url: str) -> Iterator[Desk]:
    """Ana is ``cli:ana`` and ``tg:111``, by config.yaml."""
    found = desk(
        tmp_path, url, lambda given: given.update(desk={"token": "1:a", "people": dict(PEOPLE), "chats": []})
    )
    yield found
    found.app.ledger.close()


@pytest.mark.parametrize("names", [("cli:ana", "tg:111"), ("tg:111", "cli:ana")])
def test_two_approvals_are_two_peoples(both: Desk, names: tuple[str, str]) -> None:
    [two] = both.bring("two")
    assert both.app.approvals.approve(two.id, names[0]).post.state is PostState.HELD
    with pytest.raises(VoteRefused, match="Ana approved post") as no:
        both.app.approvals.approve(two.id, names[1])
    assert no.value.why == "again"
    assert both.app.ledger.posts.get_post(two.id).state is PostState.HELD
    assert both.app.approvals.approve(two.id, "tg:222").post.state is PostState.SCHEDULED


def test_words_of_ones_own_are_ones_own_under_both_names(both: Desk) -> None:
    [two] = both.bring("two")
    both.app.editing.edit(two.id, "Words of Ana.", "cli:ana")
    with pytest.raises(VoteRefused, match="your own"):
        both.app.approvals.approve(two.id, "tg:111")


def test_an_embargo_is_lifted_by_two_people(both: Desk) -> None:
    [one] = both.bring("one")
    both.app.embargoes.set(one.id, both.clock.now() + timedelta(hours=5), "cli:ana")
    assert not both.app.embargoes.request_lift(one.id, "cli:ana").done
    assert not both.app.embargoes.request_lift(one.id, "tg:111").done
    assert both.app.embargoes.request_lift(one.id, "tg:222").done
