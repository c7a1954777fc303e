"""None, one or two people: whose yes counts, for what, and what voids it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from newsbot.config.models import PersonSettings
from newsbot.errors import InvalidTransition, VoteRefused
from newsbot.ledger import ids, schema
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.serialization import encode_item, encode_part, find_post
from newsbot.ledger.transitions import void_approval
from newsbot.model import Draft, Image, Part, Post, PostEvent, PostState
from newsbot.newsroom.approvals import Approvals
from newsbot.newsroom.people import People, Permissions
from newsbot.newsroom.wording import say_reason
from newsbot.ports import ArticleChange
from newsbot.reasons import Code
from tests.ledger.exchanges import claim_next
from tests.ledger.making import add, new_post
from tests.newsroom.desk import ARTICLE, Desk, story
from tests.newsroom.desk import desk as made_desk

PEOPLE = People(
    {
        111: PersonSettings(role="admin", name="ana", cli="ana"),
        222: PersonSettings(role="editor"),
        333: PersonSettings(role="editor"),
    }
)


def approvals(desk: Desk) -> Approvals:
    app = desk.app
    return Approvals(
        app.ledger,
        app.composition,
        desk.clock,
        permissions=Permissions(PEOPLE),
    )


def test_none_one_and_two_people(three: Desk) -> None:
    none, one, two = three.bring()
    assert [post.state for post in (none, one, two)] == [PostState.SCHEDULED, PostState.HELD, PostState.HELD]
    once = approvals(three).approve(one.id, "cli:ana")
    assert (once.post.state, once.by_whom, once.needed) == (PostState.SCHEDULED, ["cli:ana"], 0)
    assert once.post.approved == once.post.content == one.content
    first = approvals(three).approve(two.id, "cli:ana", two.content)
    assert (first.post.state, first.by_whom, first.needed) == (PostState.HELD, ["cli:ana"], 1)
    assert first.post.approved is None
    second = approvals(three).approve(two.id, "tg:222", two.content)
    assert (second.post.state, second.by_whom, second.needed) == (
        PostState.SCHEDULED,
        ["cli:ana", "tg:222"],
        0,
    )
    assert second.post.approved == two.content
    assert story(three, two)[1:] == [
        "approval by cli:ana: 1 of 2",
        "approved by tg:222: 2 of 2; at once, as no rule delays it",
    ]


@pytest.mark.parametrize("again", ["cli:ana", "tg:111"], ids=["the same name", "in the chat"])
def test_a_person_counts_once_under_every_name(three: Desk, again: str) -> None:
    [two] = three.bring("two")
    approvals(three).approve(two.id, "cli:ana")
    with pytest.raises(VoteRefused, match=r"^ana approved post \w+ already at .*: another person") as no:
        approvals(three).approve(two.id, again)
    assert (no.value.why, no.value.by) == ("again", ("cli:ana",))
    assert "already at Mon 23 Nov 2026 08:00 UTC" in say_reason(no.value.reason, three.app.config.timezone)
    assert three.app.ledger.posts.get_post(two.id).state is PostState.HELD
    assert len(three.app.ledger.posts.list_votes(two.id)) == 1


def test_the_second_presser_reads_who_was_first(three: Desk) -> None:
    [one] = three.bring("one")
    approvals(three).approve(one.id, "cli:ada", one.content)
    three.later(minutes=14)
    before = story(three, one)
    with pytest.raises(VoteRefused, match="was approved already by ada at") as no:
        approvals(three).approve(one.id, "tg:222", one.content)
    assert (no.value.why, no.value.by) == ("done", ("cli:ada",))
    assert story(three, one) == before


def test_a_button_of_an_older_revision_is_refused(three: Desk) -> None:
    [one] = three.bring("one")
    three.app.editing.edit(one.id, "Another text.", "cli:ana")
    with pytest.raises(VoteRefused, match="changed since") as no:
        approvals(three).approve(one.id, "tg:222", one.content)
    assert no.value.why == "changed"
    assert three.app.ledger.posts.get_post(one.id).state is PostState.HELD


def test_nobody_approves_their_own_edit_where_two_are_asked(three: Desk) -> None:
    one, two = three.bring("one", "two")
    for post in (one, two):
        three.app.editing.edit(post.id, "Words of Ana.", "cli:ana")
    assert approvals(three).approve(one.id, "cli:ana").post.state is PostState.SCHEDULED
    for name in ("cli:ana", "tg:111"):
        with pytest.raises(VoteRefused, match="your own") as no:
            approvals(three).approve(two.id, name)
        assert no.value.why == "own edit"
    assert approvals(three).approve(two.id, "tg:222").needed == 1
    assert approvals(three).approve(two.id, "tg:333").post.state is PostState.SCHEDULED


def test_a_refusal_is_kept_with_its_reason(three: Desk) -> None:
    [one] = three.bring("one")
    refused = approvals(three).refuse(one.id, "tg:222", "not  confirmed")
    assert refused.state is PostState.CANCELLED
    assert refused.error
    assert (refused.error.code, refused.error.message) == ("not-approved", "refused: not confirmed")
    assert story(three, one)[-1] == "cancelled by tg:222: refused: not confirmed"
    with pytest.raises(InvalidTransition):
        approvals(three).approve(one.id, "cli:ana")


def test_votes_before_a_failure_count_no_more_after_it(three: Desk) -> None:
    [two] = three.bring("two")
    approvals(three).approve(two.id, "cli:ana")
    approvals(three).approve(two.id, "tg:222")
    ledger, now = three.app.ledger, three.clock.now()
    claim_next(ledger.delivery, "two", three.app.terms("two"), now=now, lease=timedelta(minutes=1))
    ledger.posts.apply_event(two.id, PostEvent.REFUSE, by="sender", now=now)
    again = three.app.posts.retry(two.id, by="cli:ana")
    assert (again.state, again.approved) == (PostState.HELD, None)
    assert approvals(three).approve(two.id, "tg:222").needed == 1


def test_what_is_edited_and_edited_back_needs_new_approvals(three: Desk) -> None:
    [two] = three.bring("two")
    words = three.app.editing.words(two.id)
    approvals(three).approve(two.id, "tg:222")
    three.app.editing.edit(two.id, f"{words} Again.", "cli:ana")
    back = three.app.editing.edit(two.id, words, "cli:ana").after
    assert back.parts == two.parts
    assert three.app.ledger.posts.list_votes(two.id) == []
    assert story(three, two)[-3:] == [
        f"edited by cli:ana: {three.app.ledger.posts.list_events(two.id)[-3].detail}",
        "approval void by cli:ana: its words were edited",
        f"edited by cli:ana: {three.app.ledger.posts.list_events(two.id)[-1].detail}",
    ]


# ---------------------------------------------------------------- any change voids


def other_byte(draw: Callable[[Any], Any], text: str) -> str:
    """The same but for one character."""
    place = draw(st.integers(0, len(text) - 1))
    letter: str = draw(st.sampled_from("abcdefghij0123456789").filter(lambda each: each != text[place]))
    return text[:place] + letter + text[place + 1 :]


@st.composite
def changed(draw: Any, parts: tuple[Part, ...], what: str) -> tuple[Part, ...]:
    """Parts of which one byte of the text or of the photo is another."""
    [part] = parts
    if what == "text":
        return (replace(part, text=other_byte(draw, part.text)),)
    images = part.media or (Image("https://example.org/a.jpg", "a"),)
    key = draw(st.sampled_from(["url", "alt"]))
    value = other_byte(draw, getattr(images[0], key) or "a")
    photo = replace(images[0], url=value) if key == "url" else replace(images[0], alt=value)
    return (replace(part, media=(photo,)),)


def approved(desk: Desk, name: str) -> Post:
    [post] = desk.bring(name)
    for by in ("cli:ana", "tg:222")[: post.approval]:
        approvals(desk).approve(post.id, by)
    done = desk.app.ledger.posts.get_post(post.id)
    assert (done.state, done.approved) == (PostState.SCHEDULED, done.content)
    return done


def in_the_row(desk: Desk, post: Post, **values: Any) -> None:
    """Behind the back of every use case."""
    ledger = desk.app.ledger
    assert isinstance(ledger, Ledger)
    with ledger._database.write() as tx:
        mine = schema.post.c.id == ids.post_number(post.id)
        tx.execute(update(schema.post).where(mine).values(**values))


def is_void(desk: Desk, was: Post) -> None:
    """It waits for all its approvals again, and its story says so."""
    post = desk.app.ledger.posts.get_post(was.id)
    assert (post.state, post.approved) == (PostState.HELD, None)
    assert str(post.held_for).startswith("approval is void: ")
    assert post.content != was.content
    assert desk.app.ledger.posts.list_votes(post.id) == []
    assert story(desk, post)[-1].endswith(str(post.held_for))
    assert approvals(desk).approve(post.id, "tg:333").needed == was.approval - 1


EVERY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@EVERY
@given(st.data())
def test_one_byte_more_or_less_voids_an_approval_through_an_edit(three: Desk, data: st.DataObject) -> None:
    was = approved(three, data.draw(st.sampled_from(["one", "two"])))
    words = three.app.editing.words(was.id)
    three.app.editing.edit(was.id, other_byte(data.draw, words), "cli:ana")
    post = three.app.ledger.posts.get_post(was.id)
    assert (post.state, post.approved) == (PostState.HELD, None)
    is_void(three, was)


@EVERY
@given(st.data())
def test_one_byte_of_text_or_media_voids_it_through_a_recompose(three: Desk, data: st.DataObject) -> None:
    was = approved(three, data.draw(st.sampled_from(["one", "two"])))
    parts = data.draw(changed(was.parts, data.draw(st.sampled_from(["text", "media"]))))
    ledger, now = three.app.ledger, three.later(minutes=1)
    change = ArticleChange(was.article_id, "site", "edited", None, ARTICLE, now, 0, None)
    pending(three, change)
    draft = Draft(was.channel, was.kind, parts, was.cost_usd)
    ledger.changes.settle_edit(change, ARTICLE, {was.id: draft}, {was.id: Code.TEXT(words="edited")}, now=now)
    assert three.app.ledger.posts.get_post(was.id).parts == parts
    is_void(three, was)


def pending(desk: Desk, change: ArticleChange) -> None:
    """The source's change waits, as a poll leaves it."""
    ledger = desk.app.ledger
    assert isinstance(ledger, Ledger)
    row: dict[str, Any] = {"article_id": ids.article_number(change.article_id), "what": "edited", "tries": 0}
    row["item"] = encode_item(change.item) if change.item else None
    with ledger._database.write() as tx:
        tx.execute(schema.change.insert().values(**row, found_at=change.found_at, wake_at=change.found_at))


@EVERY
@given(st.data())
def test_one_byte_in_the_row_is_no_content_that_was_approved(three: Desk, data: st.DataObject) -> None:
    """The claim reads it; and whoever writes such a change calls `void_approval` in the same transaction."""
    was = approved(three, data.draw(st.sampled_from(["one", "two"])))
    what = data.draw(st.sampled_from(["text", "media", "channel", "set time"]))
    values: dict[str, Any] = {"channel": other_byte(data.draw, was.channel)}
    if what in {"text", "media"}:
        values = {"parts": [encode_part(part) for part in data.draw(changed(was.parts, what))]}
    elif what == "set time":
        values = {"set_at": was.due_at + timedelta(microseconds=data.draw(st.integers(1, 10**12)))}
    in_the_row(three, was, **values)
    post = three.app.ledger.posts.get_post(was.id)
    assert post.approved == was.content != post.content
    assert three.app.ledger.posts.list_votes(post.id) == []
    ledger = three.app.ledger
    assert isinstance(ledger, Ledger)
    with ledger._database.write() as tx:
        void_approval(tx, was, Code.TEXT(words="cli:ana moved it"), by="cli:ana", now=three.clock.now())
    if what != "channel":
        is_void(three, was)


@EVERY
@given(st.data())
def test_another_set_time_voids_it_through_a_move(three: Desk, data: st.DataObject) -> None:
    was = approved(three, data.draw(st.sampled_from(["one", "two"])))
    at = was.due_at + timedelta(microseconds=data.draw(st.integers(1, 10**12)))
    three.app.posts.move(was.id, at, by="cli:ana")
    assert three.app.ledger.posts.get_post(was.id).set_at == at
    is_void(three, was)


def test_what_changes_nothing_voids_nothing(three: Desk) -> None:
    was = approved(three, "two")
    ledger = three.app.ledger
    assert isinstance(ledger, Ledger)
    with ledger._database.write() as tx:
        assert (
            void_approval(
                tx, find_post(tx, was.id, lock=True), Code.OTHER_TIME(), by="cli:ana", now=was.due_at
            )
            == was
        )
    assert three.app.editing.edit(was.id, three.app.editing.words(was.id), "cli:ana").after == was


def test_a_post_that_nobody_has_to_approve_stays_where_it_is(three: Desk) -> None:
    [none] = three.bring("none")
    after = three.app.editing.edit(none.id, "Other words.", "cli:ana").after
    assert (after.state, after.edited_by) == (PostState.SCHEDULED, "cli:ana")


def test_a_fix_of_what_waits_forgets_its_votes(three: Desk) -> None:
    """Even where the words become again what they were."""
    [two] = three.bring("two")
    approvals(three).approve(two.id, "tg:222")
    fixes = three.app.corrections
    fixes.fix(two.article_id, "Monday", "Tuesday", "cli:ana")
    fixes.fix(two.article_id, "Tuesday", "Monday", "cli:ana")
    assert three.app.ledger.posts.get_post(two.id).parts == two.parts
    assert three.app.ledger.posts.list_votes(two.id) == []
    done = approved(three, "two")
    fixes.fix(done.article_id, "Monday", "Tuesday", "cli:ana")
    is_void(three, done)


def test_a_post_that_is_approved_after_its_slot_takes_the_next_and_no_other_post_does(
    tmp_path: Path, url: str
) -> None:
    def slots(settings: dict[str, Any]) -> None:
        settings["channels"] = {
            "slotted": {
                "kind": "console",
                "approval": "one",
                "schedule": {"slots": ["09:00", "12:30", "18:00"]},
            }
        }

    desk = made_desk(tmp_path, url, slots)
    [first] = desk.bring()
    desk.later(hours=3)
    late = approvals(desk).approve(first.id, "cli:ana").post
    assert late.slot_at == late.due_at == desk.clock.at.replace(hour=12, minute=30)
    [second] = desk.bring(article=replace(ARTICLE, guid="g2", url="https://example.org/2", title="Another"))
    assert second.slot_at == desk.clock.at.replace(hour=18, minute=0)
    desk.app.ledger.close()


def test_an_approval_in_time_leaves_the_slot_as_it_is(tmp_path: Path, url: str) -> None:
    def slots(settings: dict[str, Any]) -> None:
        settings["channels"] = {
            "slotted": {"kind": "console", "approval": "one", "schedule": {"slots": ["09:00"]}}
        }

    desk = made_desk(tmp_path, url, slots)
    [post] = desk.bring()
    after = approvals(desk).approve(post.id, "cli:ana").post
    assert (after.slot_at, after.due_at) == (post.slot_at, post.due_at)
    assert after.slot_at
    desk.app.ledger.close()


@pytest.mark.parametrize(("breaking", "hour"), [(True, 2), (False, 6)])
def test_breaking_passes_quiet_hours_after_its_approval_too(
    tmp_path: Path, url: str, *, breaking: bool, hour: int
) -> None:
    """It was due when it came, so its approval plans its time again."""
    schedule = {"quiet": "23:00-06:00"}
    night = made_desk(tmp_path, url, lambda keys: keys["channels"]["one"].update(schedule=schedule))
    night.later(hours=18)
    [post] = night.bring("one", breaking=breaking)
    night.later(minutes=5)
    approved = approvals(night).approve(post.id, "cli:ana").post
    assert approved.due_at.hour == hour
    night.app.ledger.close()


def test_two_posts_that_were_held_for_one_time_keep_their_channels_gap(tmp_path: Path, url: str) -> None:
    """While they are held, neither takes the time."""

    def with_gap(settings: dict[str, Any]) -> None:
        settings["channels"]["one"]["schedule"] = {"gap": "3m"}

    room = made_desk(tmp_path, url, with_gap)
    due = room.clock.now() + timedelta(minutes=3)
    held: dict[str, Any] = {"due_at": due, "held_for": "approval", "approval": 1}
    first, second = (
        add(room.app.ledger, new_post("one", **held), guid=guid, now=room.clock.now())[0] for guid in "ab"
    )
    times = [room.app.approvals.approve(post.id, "cli:ana").post.due_at for post in (first, second)]
    assert times == [due, due + timedelta(minutes=3)]
    room.app.ledger.close()
