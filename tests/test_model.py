"""The sets of states, and what a post's state allows."""

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsbot import model
from newsbot.model import FINAL, IN_FLIGHT, PENDING, READY, WAITING, Post, PostEvent, PostState, Receipt

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
SOURCE = Path(model.__file__).parent


def make_post(state: PostState, *, receipts: int = 0) -> Post:
    bare = Post("k7mq", "a-k7mq", None, None, "tg", "telegram", 1, state, (), NOW, None, NOW)
    return replace(bare, receipts=tuple(Receipt(n, str(n)) for n in range(receipts)))


def test_each_state_is_waiting_final_or_for_an_editor_to_end() -> None:
    others = set(PostState) - WAITING - FINAL
    assert others == {PostState.SENT, PostState.FAILED}
    assert not WAITING & FINAL
    assert READY | {PostState.HELD} == PENDING
    assert WAITING == PENDING | IN_FLIGHT


def test_no_event_ends_a_final_state_and_some_event_ends_every_other() -> None:
    ends = {edge.start for edge in model.TRANSITIONS}
    assert ends == set(PostState) - FINAL


def test_pending_posts_are_those_that_can_be_cancelled() -> None:
    assert set(model.list_start_states(PostEvent.CANCEL)) == PENDING
    assert set(model.list_start_states(PostEvent.CLAIM)) == READY


@pytest.mark.parametrize("state", list(PostState))
def test_what_may_be_withdrawn_is_what_the_table_lets_be_withdrawn(state: PostState) -> None:
    allowed = state in model.list_start_states(PostEvent.WITHDRAW)
    assert make_post(state, receipts=1).may_be_withdrawn is allowed


@pytest.mark.parametrize(
    ("state", "receipts", "out"),
    [
        (PostState.SCHEDULED, 0, False),
        (PostState.RETRYING, 1, True),  # the first part of a thread is published
        (PostState.FAILED, 0, False),
        (PostState.FAILED, 1, True),
        (PostState.SENDING, 0, True),
        (PostState.UNKNOWN, 0, True),
        (PostState.SENT, 0, True),  # an editor said so, and knew no id
        (PostState.CANCELLED, 0, False),
        (PostState.CANCELLED, 1, True),  # its later parts were cancelled
        (PostState.WITHDRAWN, 1, False),
    ],
)
def test_a_post_is_out_where_readers_see_it_or_may_see_it(
    state: PostState, receipts: int, *, out: bool
) -> None:
    assert make_post(state, receipts=receipts).is_out is out


def test_a_text_may_be_changed_until_a_part_of_it_is_out() -> None:
    changeable = {state for state in PostState if make_post(state).may_be_changed}
    assert changeable == PENDING
    assert not any(make_post(state, receipts=1).may_be_changed for state in PostState)


def test_no_other_module_names_a_set_of_states_that_the_model_has() -> None:
    known = [READY, PENDING, IN_FLIGHT, WAITING, FINAL]
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name == "model.py" or "ledger" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            states = _get_states(node) if isinstance(node, ast.Set | ast.Tuple | ast.List) else None
            if states in known and len(states) > 1:
                found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")  # type: ignore[attr-defined]
    assert not found


def _get_states(node: ast.Set | ast.Tuple | ast.List) -> frozenset[PostState]:
    names = [
        element.attr
        for element in node.elts
        if isinstance(element, ast.Attribute)
        and isinstance(element.value, ast.Name)
        and element.value.id == "PostState"
    ]
    whole = bool(names) and len(names) == len(node.elts)
    return frozenset(PostState[name] for name in names) if whole else frozenset()
