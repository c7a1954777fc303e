"""What is out asks a person once its source edits its article, until post and article say the same again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from newsbot.app.container import App
from newsbot.config import load
from newsbot.model import PostState
from newsbot.newsroom.alerts import AlertFinder
from newsbot.newsroom.status import list_needs
from newsbot.ports import PollResult
from tests.ledger.exchanges import record_poll
from tests.newsroom.outroom import Room, opened
from tests.newsroom.test_corrections import TRAM, changed, found_and_sent

TUESDAY = TRAM.replace("Monday", "Tuesday")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as room:
        yield room


def asked(room: Room) -> dict[str, str]:
    """What status says of articles that changed after their posts went out, by channel."""
    lines = list_needs(room.app.ledger, room.clock, sources=(), channels=("tg-en", "tg-photo", "x-main"))
    return {line.split()[2]: line for line in lines if " is out, " in line}


async def fix(room: Room, article_id: str, old: str, new: str) -> None:
    room.app.corrections.fix(article_id, old, new, by="cli:ana")
    await room.run()


async def test_a_fix_of_another_word_leaves_the_question_and_a_new_post_asks_it_too(room: Room) -> None:
    article_id = await found_and_sent(room, "tg-en", "x-main")
    old = room.posts(article_id)["x-main"]
    await changed(room, TUESDAY)
    await fix(room, article_id, "4.2", "2.4")
    new = room.posts(article_id)["x-main"]
    assert (new.state, new.role, new.id != old.id) == (PostState.SENT, "correction", True)
    assert asked(room).keys() == {"tg-en", "x-main"}
    assert asked(room)["x-main"].startswith(f"{new.id} on x-main is out, article edited since: text: ")


async def test_a_fix_that_makes_post_and_article_say_the_same_answers_it(room: Room) -> None:
    article_id = await found_and_sent(room, "tg-en", "x-main")
    await changed(room, TUESDAY)
    assert asked(room).keys() == {"tg-en", "x-main"}
    await fix(room, article_id, "Monday", "Tuesday")
    assert asked(room) == {}
    assert "matches its article: " in room.story(room.posts(article_id)["tg-en"])
    await changed(room, TRAM.replace("Monday", "Wednesday"))
    assert asked(room).keys() == {"tg-en", "x-main"}, "a later edit asks again"


async def test_a_fix_of_the_article_alone_answers_it_too(room: Room) -> None:
    """The source's edit was wrong: what is out was right all along."""
    article_id = await found_and_sent(room, "tg-en")
    await changed(room, TUESDAY)
    await fix(room, article_id, "Tuesday", "Monday")
    assert asked(room) == {}


async def test_a_new_text_answers_it(room: Room) -> None:
    article_id = await found_and_sent(room, "tg-en")
    await changed(room, TUESDAY)
    room.app.corrections.correct(article_id, "The council has met, and approved the tram line.", by="cli:ana")
    await room.run()
    assert asked(room) == {}


async def test_an_edit_that_its_source_takes_back_answers_itself(room: Room) -> None:
    await found_and_sent(room, "tg-en")
    await changed(room, TUESDAY)
    await changed(room, TRAM)
    assert asked(room) == {}


async def test_an_edit_that_its_channel_follows_answers_what_was_asked_before(tmp_path: Path) -> None:
    async with opened(tmp_path, tg_en={"on_edit": "edit"}) as room:
        article_id = await found_and_sent(room, "tg-en")
        await fix(room, article_id, "4.2", "2.4")
        await changed(room, f"{TRAM} The loan is 4.2 million.")
        assert "fix it again or leave it" in asked(room)["tg-en"]
        await changed(room, TRAM.replace("May", "June"))
        assert "in June" in room.public()["tg-en"][0]
        assert asked(room) == {}


async def test_edits_of_what_is_in_no_post_go_on_asking(room: Room) -> None:
    await found_and_sent(room, "tg-en")
    [public] = room.public()["tg-en"]
    for years in ("five", "six"):
        later = f"The line is to be opened to all passengers within {years} years."
        await changed(room, f"{TRAM} {later}")
        assert later not in public
        assert asked(room).keys() == {"tg-en"}, years


async def test_it_asks_again_where_the_platform_refuses_the_fix(room: Room) -> None:
    article_id = await found_and_sent(room, "tg-en")
    await changed(room, TUESDAY)
    room.sandbox.telegram.chat("@sandbox").messages.clear()
    await fix(room, article_id, "Monday", "Tuesday")
    assert asked(room)["tg-en"].endswith("leaves it as it is")


async def test_a_fix_in_question_is_answered_by_no_other_fix(room: Room) -> None:
    article_id = await found_and_sent(room, "tg-en")
    await fix(room, article_id, "4.2", "2.4")
    await changed(room, f"{TRAM} The loan is 4.2 million.")
    await fix(room, article_id, "May", "June")
    assert "fix it again or leave it" in asked(room)["tg-en"]
    await fix(room, article_id, "The loan is 4.2", "The loan is 3.1")
    assert asked(room) == {}


async def test_a_fix_does_not_bring_back_an_article_that_is_gone(room: Room) -> None:
    article_id = await found_and_sent(room, "tg-en")
    now = room.clock.now()
    record_poll(
        room.app.ledger.sources, "drop", PollResult(now + timedelta(seconds=1), {}, gone=("g1",)), now=now
    )
    await room.app.changes.process_changes("drop")
    await fix(room, article_id, "4.2", "2.4")
    post = room.posts(article_id)["tg-en"]
    assert asked(room)["tg-en"] == (
        f"{post.id} on tg-en is out, and its article is not published at its source any more: "
        f"newsbot takedown {article_id} takes it away everywhere, newsbot skip {post.id} leaves it up"
    )


async def see_gone(room: Room) -> None:
    now = room.clock.now()
    record_poll(
        room.app.ledger.sources, "drop", PollResult(now + timedelta(seconds=1), {}, gone=("g1",)), now=now
    )
    await room.app.changes.process_changes("drop")


async def test_an_article_that_gets_a_password_is_asked_about_once_with_the_reason(room: Room) -> None:
    article_id = await found_and_sent(room, "tg-en")
    for _ in range(2):
        now = room.clock.now()
        result = PollResult(now + timedelta(seconds=1), {}, protected=("g1", "unknown"))
        record_poll(room.app.ledger.sources, "drop", result, now=now)
        await room.app.changes.process_changes("drop")
    post = room.posts(article_id)["tg-en"]
    assert asked(room)["tg-en"].startswith(
        f"{post.id} on tg-en is out, and its article asks readers for a password at its source now: "
    )
    said = "the source asks readers of the article for a password now: should this be withdrawn?"
    assert room.story(post).count(f"article gone: {said}") == 1
    await changed(room, TRAM)
    assert asked(room) == {}, "the password was removed"


async def test_an_article_that_is_back_at_its_source_is_asked_about_no_more(room: Room) -> None:
    article_id = await found_and_sent(room, "tg-en")
    await see_gone(room)
    assert asked(room).keys() == {"tg-en"}
    await changed(room, TRAM)
    assert asked(room) == {}
    assert "article back: " in room.story(room.posts(article_id)["tg-en"])
    await see_gone(room)
    assert "not published at its source any more" in asked(room)["tg-en"], "it goes once more"


async def test_an_article_that_comes_back_edited_is_asked_about_as_edited(room: Room) -> None:
    await found_and_sent(room, "tg-en")
    await see_gone(room)
    await changed(room, TUESDAY)
    assert ", article edited since: text: " in asked(room)["tg-en"]


async def test_an_edit_that_was_asked_about_before_the_article_went_is_asked_about_again(room: Room) -> None:
    await found_and_sent(room, "tg-en")
    await changed(room, TUESDAY)
    before = asked(room)
    await see_gone(room)
    assert asked(room) != before
    await changed(room, TUESDAY)
    assert asked(room) == before


@asynccontextmanager
async def restored(room: Room, folder: Path) -> AsyncIterator[Room]:
    """A service on the ledger as ``backup`` has it."""
    room.move(minutes=1)
    room.app.ledger.close()
    for rest in folder.glob("ledger.db-*"):
        rest.unlink()
    copyfile(folder / "backup", folder / "ledger.db")
    app = App(load(folder / "config.yaml", environ={}), clock=room.clock)
    app.ledger.prepare(upgrade=True)
    app.ledger.acquire_instance_lock(now=room.clock.now())
    yield Room(app, room.sandbox, room.clock)
    await app.close()


async def test_after_a_restore_an_edit_at_the_source_asks_before_it_touches_what_was_corrected(
    tmp_path: Path,
) -> None:
    """The correction is in the lost ledger alone; to follow the source would put the wrong number back."""
    async with opened(tmp_path, tg_en={"on_edit": "edit"}) as room:
        article_id = await found_and_sent(room, "tg-en")
        room.app.ledger.backup(str(tmp_path / "backup"))
        await fix(room, article_id, "4.2", "2.4")
        [corrected] = room.public()["tg-en"]
        assert "2.4" in corrected
        async with restored(room, tmp_path) as later:
            later.move(minutes=1)
            await changed(later, TRAM.replace("May", "June"))
            assert later.public()["tg-en"] == [corrected]
            post = later.posts(article_id)["tg-en"]
            assert asked(later)["tg-en"].count("may have been corrected since") == 1
            found = AlertFinder(
                later.app.ledger, later.clock, sources=["drop"], channels=["tg-en"], budgets={}
            ).now()
            assert [one.post_ids for one in found if one.kind == "refix"] == [(post.id,)]
            await fix(later, article_id, "4.2", "2.4")
            await changed(later, TRAM.replace("May", "July"))
            [text] = later.public()["tg-en"]
            assert "July" in text, "a person has put it right, so the ledger knows it again"
            assert "2.4" in text


async def test_after_a_restore_an_older_edit_that_waited_is_left_to_a_person(tmp_path: Path) -> None:
    async with opened(tmp_path, tg_en={"on_edit": "edit"}) as room:
        article_id = await found_and_sent(room, "tg-en")
        room.app.corrections.fix(article_id, "4.2", "3.3", by="cli:ana")  # its call is not made yet
        room.app.ledger.backup(str(tmp_path / "backup"))
        await fix(room, article_id, "3.3", "2.4")
        [corrected] = room.public()["tg-en"]
        async with restored(room, tmp_path) as later:
            await later.run()
            assert later.public()["tg-en"] == [corrected]
            [edit] = later.app.ledger.actions.list_amendments(post_id=later.posts(article_id)["tg-en"].id)
            assert edit.state == "failed"
            assert edit.error
            assert "may have been corrected since" in edit.error.message


async def test_after_a_restore_a_takedown_that_waited_is_made(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        article_id = await found_and_sent(room, "tg-en")
        room.app.withdrawals.takedown(article_id, by="cli:ana")
        room.app.ledger.backup(str(tmp_path / "backup"))
        room.queue({"tg-ur": "Another"}, url="https://example.org/other", title="Another")
        await room.run()
        async with restored(room, tmp_path) as later:
            await later.run()
            assert later.public()["tg-en"] == []
