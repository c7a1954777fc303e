"""Votes of several at once, each through a connection of its own."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from newsbot.errors import InvalidTransition, VoteRefused
from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, PostState
from newsbot.ports import NewPost
from newsbot.reasons import Code
from tests.ledger.conftest import Open
from tests.ledger.making import NOW, add, new_post, part


def asks(people: int) -> NewPost:
    new = new_post(held_for="approval")
    return NewPost(new.draft, new.due_at, None, new.reason, approval=people, held_for=Code.APPROVAL())


def vote(ledger: Ledger, post_id: str, by: str, content: str) -> str:
    try:
        ledger.posts.approve(post_id, by=by, now=NOW, due_at=NOW, reason=Code.TIME_SET(), content=content)
    except VoteRefused as refused:
        return refused.why
    return "counts"


def test_of_four_that_press_at_once_as_many_count_as_are_asked(opened: Open) -> None:
    ledgers = [opened() for _ in range(4)]
    for round_ in range(10):
        people = 1 + round_ % 2
        [post] = add(ledgers[0], asks(people), guid=f"g{round_}")
        with ThreadPoolExecutor(4) as pool:
            said = list(
                pool.map(vote, ledgers, [post.id] * 4, [f"tg:{n}" for n in range(4)], [post.content] * 4)
            )
        assert sorted(said) == ["counts"] * people + ["done"] * (4 - people)
        assert len(ledgers[0].posts.list_votes(post.id)) == people
        assert ledgers[0].posts.get_post(post.id).state is PostState.SCHEDULED


def test_an_edit_and_a_vote_at_once_never_let_out_what_was_not_seen(opened: Open) -> None:
    one, two = opened(), opened()
    for round_ in range(10):
        [post] = add(one, asks(1), guid=f"g{round_}")

        def edit(post_id: str = post.id, content: str = post.content) -> None:
            one.posts.edit(
                post_id,
                [part("other")],
                cost_usd=None,
                content=content,
                by="tg:1",
                now=NOW,
                detail=Code.FORM_ONLY(),
            )

        with ThreadPoolExecutor(2) as pool:
            voted = pool.submit(vote, two, post.id, "tg:2", post.content)
            pool.submit(edit).result()
        assert voted.result() in {"counts", "changed"}
        now = one.posts.get_post(post.id)
        assert (now.state, now.approved, now.parts) == (PostState.HELD, None, (part("other"),))
        assert one.posts.list_votes(post.id) == []


def test_what_is_held_for_a_flood_is_approved_by_one_and_void_after_a_change(opened: Open) -> None:
    """It asked nobody before."""
    ledger = opened()
    [post] = add(ledger, new_post(held_for="many at once"))
    done = ledger.posts.approve(post.id, by="tg:1", now=NOW, due_at=NOW, reason=Code.TIME_SET())
    assert (done.state, done.approved) == (PostState.SCHEDULED, post.content)
    again = ledger.posts.edit(
        post.id,
        [part("other")],
        cost_usd=None,
        content=post.content,
        by="tg:1",
        now=NOW,
        detail=Code.FORM_ONLY(),
    )
    assert (again.state, str(again.held_for)) == (PostState.HELD, "approval is void: its words were edited")


def test_a_refusal_of_what_is_over_is_none(opened: Open) -> None:
    ledger = opened()
    [post] = add(ledger, asks(1))
    assert ledger.posts.refuse(post.id, by="tg:1", why="", now=NOW).error == Failure(
        "not-approved", Code.REFUSED()
    )
    with pytest.raises(InvalidTransition, match="cancelled"):
        ledger.posts.refuse(post.id, by="tg:2", why="", now=NOW)
