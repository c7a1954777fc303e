"""What a person reads where a post can't be moved."""

import pytest

from newsbot.errors import InvalidTransition
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.transitions import refusal
from newsbot.model import PostEvent, PostState
from tests.ledger.test_moves import brought


@pytest.mark.parametrize("state", list(PostState))
def test_a_refused_cancel_says_how_the_post_stands_and_what_to_do(ledger: Ledger, state: PostState) -> None:
    post = brought(ledger, state)
    said = str(refusal(post, PostEvent.CANCEL))
    assert said.startswith(f"post {post.id} is {state} and can't be cancelled: ")
    assert "\n" not in said
    assert "{id}" not in said


def test_a_post_that_is_out_is_refused_with_its_link(ledger: Ledger) -> None:
    post = brought(ledger, PostState.SENT)
    with pytest.raises(InvalidTransition, match=r"out already \(https://t.me/example/0\)"):
        ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=post.created_at)


@pytest.mark.parametrize("event", [PostEvent.RETRY, PostEvent.HOLD])
def test_a_retry_of_an_unknown_says_to_look_first_whatever_it_would_come_to(
    ledger: Ledger, event: PostEvent
) -> None:
    post = brought(ledger, PostState.UNKNOWN)
    with pytest.raises(InvalidTransition, match=r"can't be retried: it may be out: look first"):
        ledger.posts.apply_event(post.id, event, by="cli:ana", now=post.created_at)
