"""The ledger's part for the desk, on both databases."""

from dataclasses import replace

import pytest

from newsbot.errors import CommandTaken, InvalidTransition
from newsbot.ledger.ledger import Ledger
from newsbot.model import PostEvent, PostState
from newsbot.ports.desk import DeskPerson, DeskUpdate

from .conftest import Open
from .making import HOUR, NOW, add, new_post

TOLD = DeskUpdate(1, 7, NOW, -100, 222, "/cancel x")


def test_an_update_is_taken_once(ledger: Ledger) -> None:
    assert ledger.desk.store_update(TOLD)
    assert not ledger.desk.store_update(TOLD)
    assert ledger.desk.list_open_updates(1) == [TOLD]
    assert ledger.desk.list_open_updates(2) == []
    ledger.desk.finish_update(TOLD, "done")
    assert ledger.desk.list_open_updates(1) == []


def test_an_effect_is_committed_with_its_outcome_and_names_its_cause(ledger: Ledger, opened: Open) -> None:
    (post,) = add(ledger, new_post())
    ledger.desk.store_update(TOLD)
    with ledger.desk.begin_command(TOLD, "cancelled") as done:
        ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="tg:222", now=NOW)
        done.outcome = "it is cancelled"
    other = opened()
    assert other.posts.get_post(post.id).state is PostState.CANCELLED
    assert [each.outcome for each in other.desk.list_open_updates(1)] == ["it is cancelled"]


def test_what_ends_in_an_error_leaves_nothing(ledger: Ledger, opened: Open) -> None:
    one, other = add(ledger, new_post(), guid="g1") + add(ledger, new_post(), guid="g2")
    ledger.desk.store_update(TOLD)

    def both() -> None:
        with ledger.desk.begin_command(TOLD, "cancelled"):
            ledger.posts.apply_event(one.id, PostEvent.CANCEL, by="tg:222", now=NOW)
            ledger.posts.apply_event(other.id, PostEvent.RETRY, by="tg:222", now=NOW)

    with pytest.raises(InvalidTransition):
        both()
    assert opened().posts.get_post(one.id).state is PostState.SCHEDULED
    assert ledger.desk.list_open_updates(1) == [TOLD]


def test_a_refused_step_inside_takes_only_itself_back(ledger: Ledger) -> None:
    one, other = add(ledger, new_post(), guid="g1") + add(ledger, new_post(), guid="g2")
    ledger.desk.store_update(TOLD)
    with ledger.desk.begin_command(TOLD, "cancelled"):
        ledger.posts.apply_event(one.id, PostEvent.CANCEL, by="tg:222", now=NOW)
        with pytest.raises(InvalidTransition):
            ledger.posts.apply_event(other.id, PostEvent.RETRY, by="tg:222", now=NOW)
    assert ledger.posts.get_post(one.id).state is PostState.CANCELLED
    assert ledger.posts.get_post(other.id).state is PostState.SCHEDULED


def test_a_question_has_one_answer_also_before_it_is_finished(ledger: Ledger) -> None:
    ledger.desk.store_update(TOLD)
    assert not ledger.desk.consume_question(TOLD, "1:8")
    ledger.desk.mark_as_question(TOLD)
    (asked,) = ledger.desk.list_open_updates(1)
    assert asked.asked
    assert asked.outcome is None
    assert ledger.desk.consume_question(TOLD, "1:8")
    assert not ledger.desk.consume_question(TOLD, "1:9")
    ledger.desk.finish_update(TOLD)
    kept = ledger.desk.get_update(1, 7)
    assert kept is not None
    assert kept.outcome == "1:8"


def test_an_invitation_is_taken_up_once_and_in_time(ledger: Ledger) -> None:
    for key in ("one", "late"):
        ledger.desk.invite(key, "editor", by="tg:111", now=NOW, expires_at=NOW + HOUR)
    joined = ledger.desk.join("one", DeskPerson(5, "Eve"), now=NOW)
    assert joined == DeskPerson(5, "Eve", "editor", None, "tg:111")
    assert ledger.desk.join("one", DeskPerson(6, "Fay"), now=NOW) is None
    assert ledger.desk.join("late", DeskPerson(6, "Fay"), now=NOW + 2 * HOUR) is None
    assert ledger.desk.join("none", DeskPerson(6, "Fay"), now=NOW) is None
    ledger.desk.save_person(DeskPerson(5, "Eva"), now=NOW)
    ledger.desk.save_language(5, "ur")
    assert ledger.desk.list_people() == [DeskPerson(5, "Eva", "editor", "ur", "tg:111")]


def test_a_card_is_open_until_it_is_closed(ledger: Ledger) -> None:
    card = ledger.desk.add_card(-100, "article", "a-xxxx", now=NOW)
    ledger.desk.update_card(card.id, message_id=5, shown="d", closed_at=None)
    assert [each.message_id for each in ledger.desk.list_cards()] == [5]
    ledger.desk.update_card(card.id, message_id=5, shown="e", closed_at=NOW)
    assert ledger.desk.list_cards() == []
    found = ledger.desk.find_card(-100, 5)
    assert found is not None
    assert found.subject == "a-xxxx"


def test_a_command_has_one_outcome_whichever_service_brings_it_about(ledger: Ledger, opened: Open) -> None:
    """Another has become the desk: it asks whether to do the command, or hears that it is done."""
    (post,) = add(ledger, new_post())
    ledger.desk.store_update(TOLD)
    other = opened()
    assert other.desk.mark_as_question(TOLD)

    def cancel() -> None:
        with ledger.desk.begin_command(TOLD, "cancelled"):
            ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="tg:222", now=NOW)

    with pytest.raises(CommandTaken):
        cancel()
    assert other.posts.get_post(post.id).state is PostState.SCHEDULED
    later = replace(TOLD, update_id=8)
    ledger.desk.store_update(later)
    with ledger.desk.begin_command(later, "cancelled"):
        ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="tg:222", now=NOW)
    assert not other.desk.mark_as_question(later)
