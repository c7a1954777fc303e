"""A wrong number or text, put right in what waits and in what is out."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsbot.errors import UsageError
from newsbot.model import Item, PostState
from newsbot.newsroom.composition import PostRequest
from newsbot.newsroom.history import HistoryReader, list_versions
from newsbot.newsroom.revisions import CorrectionWording
from newsbot.newsroom.status import list_needs
from newsbot.ports import PollResult
from newsbot.reasons import Code
from tests.ledger.exchanges import record_poll
from tests.newsroom.outroom import CHANNELS, Room, opened


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as room:
        yield room


async def test_a_wrong_number_is_right_everywhere_after_one_command(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    article_id = room.queue()
    await room.run()
    assert {post.state for post in room.posts(article_id).values()} == {PostState.SENT}
    assert set(room.posts(article_id)) == set(CHANNELS)
    capsys.readouterr()
    done = room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    assert {each.post.channel: each.how for each in done.proposed} == {
        "tg-en": "edit",
        "tg-ur": "edit",
        "tg-ar": "edit",
        "tg-photo": "edit",
        "x-main": "repost",
        "printed": "reply",
    }
    await room.run()
    note = f"{room.clock.now().astimezone(room.app.config.timezone):%H:}"
    public = room.public()
    assert [len(texts) for texts in public.values()] == [1, 1, 1, 1, 1]
    [english], [urdu], [arabic], [photo], [tweet] = public.values()
    assert english.startswith(
        "Harbour: 2.4 million visitors\n\nUp from 14.2, it says 2.4\n\nCorrected " + note
    )
    assert urdu.startswith("بندرگاہ پر ۲٫۴ ملین لوگ\n\n۱۴٫۲ نہیں\n\nتصحیح " + note)
    assert arabic.startswith("٢٫٤ مليون زائر و٢٫٤ أخرى\n\n٤٫٢٥\n\nصُحِّح " + note)
    assert photo.startswith("Harbour: 2.4 million visitors\n\nCorrected " + note)
    assert tweet.startswith("Harbour: 2.4 million visitors https://example.org/4.2\n\nCorrected " + note)
    assert "Harbour: 2.4 million visitors\n\nCorrected" in capsys.readouterr().out
    links = room.sandbox.telegram.chat("@sandbox").messages[0].links
    assert links == ["https://example.org/4.2"]
    kept = room.app.ledger.articles.get_article(article_id).article
    assert kept
    assert kept.title == "Harbour: 2.4 million visitors"
    assert (
        kept.text == "The harbour had 2.4 million visitors. The port authority counted 14.2 million tonnes."
    )


async def test_a_post_that_waits_is_changed_in_place_and_its_approval_is_void(room: Room) -> None:
    room.app.ledger.channels.pause("tg-en", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    article_id = room.queue({"tg-en": "4.2 million"})
    waiting = room.posts(article_id)["tg-en"]
    [proposed] = room.app.corrections.propose_fix(article_id, "4.2", "2.4")
    assert (proposed.how, proposed.parts_after[0].text) == ("recompose", "2.4 million")
    assert room.posts(article_id)["tg-en"].parts[0].text == "4.2 million"
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    after = room.posts(article_id)["tg-en"]
    assert (after.id, after.parts[0].text, after.approved) == (waiting.id, "2.4 million", None)
    assert room.story(after)[-1] == "fix: 4.2 > 2.4"


async def test_a_second_correction_replaces_the_first_ones_note(room: Room) -> None:
    article_id = room.queue({"tg-en": "4.2 million"})
    await room.run()
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await room.run()
    room.move(hours=1)
    room.app.corrections.fix(article_id, "2.4", "2.5", by="cli:ana")
    await room.run()
    [text] = room.public()["tg-en"]
    assert text.startswith("2.5 million\n\nCorrected ")
    assert text.count("Corrected") == 1
    post = room.posts(article_id)["tg-en"]
    assert [version.text.text.split("\n")[0] for version in list_versions(room.app.ledger.actions, post)] == [
        "4.2 million",
        "2.4 million",
        "2.5 million",
    ]


async def test_one_that_follows_at_once_builds_on_the_one_before(room: Room) -> None:
    article_id = room.queue({"tg-en": "4.2 million of 9"})
    await room.run()
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    room.app.corrections.fix(article_id, "9", "8", by="cli:ana")
    await room.run()
    assert room.public()["tg-en"][0].startswith("2.4 million of 8\n\nCorrected")


async def test_what_stands_nowhere_is_said(room: Room) -> None:
    article_id = room.queue({"tg-en": "4.2 million"})
    with pytest.raises(UsageError, match="stands neither in article"):
        room.app.corrections.fix(article_id, "7.7", "8", by="cli:ana")


async def test_a_headline_with_no_room_for_the_note_is_cut_as_its_template_does(room: Room) -> None:
    words = "The council of 4.2 million people " + "met and spoke of the tram line " * 6 + "again, again and "
    article_id = await found_and_sent(room, "x-main", text="", title=words + "again")
    assert [text.partition("\n")[0] for text in room.public()["x-main"]] == [words + "again"]
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await room.run()
    [text] = room.public()["x-main"]
    assert text.startswith(words.replace("4.2", "2.4")[:200])
    assert "…\n\nhttps://example.org/tram\n\nCorrected " in text


async def test_a_correction_that_does_not_fit_is_refused_with_by_how_much(room: Room) -> None:
    """Its article never gave these words, so that nothing can stand in their place."""
    article_id = room.queue({"tg-photo": "4.2 " + "x" * 1018, "tg-en": "4.2"})
    await room.run()
    before = room.public()
    with pytest.raises(UsageError, match=r"nothing was changed.* on tg-photo: it is 15 too long"):
        room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await room.run()
    assert room.public() == before


async def test_a_human_text_that_does_not_fit_is_refused(room: Room) -> None:
    article_id = room.queue({"x-main": "4.2 " + "x" * 270})
    await room.run()
    with room.app.ledger._database.write() as tx:
        tx.exec_driver_sql("UPDATE post SET edited_by = 'cli:ana'")
    with pytest.raises(UsageError, match="x-main: it is 11 too long"):
        room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    assert room.app.ledger.articles.get_article(article_id).title == "Harbour: 4.2 million visitors"


async def test_a_post_that_is_unknown_is_corrected_once_it_is_found(room: Room) -> None:
    article_id = room.queue({"tg-en": "4.2 million", "x-main": "4.2 million"})
    room.sandbox.faults.add("telegram", "sendMessage", "reset_after_processing")
    room.sandbox.faults.add("x", "POST /2/tweets", "reset_after_processing")
    await room.run()
    posts = room.posts(article_id)
    assert {post.state for post in posts.values()} == {PostState.UNKNOWN}
    done = room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    assert [each.pending for each in done.proposed] == [True, True]
    await room.run()
    assert room.public()["tg-en"] == ["4.2 million"]
    for name, post in posts.items():
        number = room.sandbox.x.tweets[0].id if name == "x-main" else "1"
        room.app.posts.resolve_sent(post.id, by="cli:ana", remote_id=number)
    await room.run()
    for name in posts:
        [text] = room.public()[name]
        assert text.startswith("2.4 million\n\nCorrected"), name


async def test_a_post_that_is_unknown_goes_out_right_where_it_never_arrived(room: Room) -> None:
    article_id = room.queue({"tg-en": "4.2 million"})
    room.sandbox.faults.add("telegram", "sendMessage", "hang_before_processing")
    room.app.channels["tg-en"].deadline = 0.5
    await room.run()
    room.app.channels["tg-en"].deadline = 10.0
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    room.app.posts.resolve_not_sent(room.posts(article_id)["tg-en"].id, by="cli:ana")
    await room.run()
    assert [text.split("\n")[0] for text in room.public()["tg-en"]] == ["2.4 million"]


async def test_a_correction_that_answers_is_a_reply(tmp_path: Path) -> None:
    async with opened(tmp_path, tg_en={"on_correct": "reply"}) as room:
        article_id = room.queue({"tg-en": "4.2 million"})
        await room.run()
        room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
        await room.run()
        first, second = room.sandbox.telegram.chat("@sandbox").messages
        assert first.text == "4.2 million"
        assert second.text.startswith("2.4 million\n\nCorrected")
        assert second.reply_to == first.message_id
        assert room.posts(article_id)["tg-en"].role == "correction"


async def test_new_text_goes_by_the_template(room: Room) -> None:
    article_id = room.queue({"tg-en": "<b>Old</b>", "x-main": "Old https://example.org/harbour"})
    await room.run()
    room.app.corrections.correct(article_id, "Nobody was hurt in the harbour.", by="cli:ana")
    await room.run()
    for name in ("tg-en", "x-main"):
        [text] = room.public()[name]
        assert "Nobody was hurt in the harbour." in text
        assert "Corrected " in text


async def test_the_channels_own_words_and_zone_are_used(tmp_path: Path) -> None:
    words = {"words": {"corrected": "Right since {time}."}, "schedule": {"timezone": "UTC"}}
    async with opened(tmp_path, tg_en=words) as room:
        article_id = room.queue({"tg-en": "4.2 million"})
        await room.run()
        room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
        await room.run()
        assert room.public()["tg-en"][0].startswith(f"2.4 million\n\nRight since {room.clock.now():%H:}")


async def found_and_sent(room: Room, *channels: str, text: str = "", title: str = "Tram line") -> str:
    """An article of a feed, out on ``channels``."""
    now = room.clock.now()
    item = Item("g1", "https://example.org/tram", title, text=text or TRAM)
    record_poll(room.app.ledger.sources, "drop", PollResult(now, {}, (item,)), now=now)
    [found] = room.app.ledger.articles.claim_found("drop", now=now, lease=timedelta(minutes=1))
    article = await room.app.reader.read(found.item)
    planned = room.app.composition.plan(article, PostRequest(channels)).posts
    room.app.ledger.articles.store_read_article(found.article_id, article, planned, now=now)
    await room.run()
    return found.article_id


async def changed(room: Room, text: str, title: str = "Tram line") -> None:
    """Its source has it otherwise."""
    now = room.clock.now()
    item = Item("g1", "https://example.org/tram", title, text=text)
    record_poll(room.app.ledger.sources, "drop", PollResult(now, {}, changed=(item,)), now=now)
    await room.app.changes.process_changes("drop")
    await room.run()


TRAM = "The council met on Monday and approved the new tram line for 4.2 million. Work begins in May."


async def test_an_edit_at_the_source_edits_what_is_out_where_the_channel_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, tg_en={"on_edit": "edit"}) as room:
        article_id = await found_and_sent(room, "tg-en", "tg-photo")
        await changed(room, TRAM.replace("Monday", "Tuesday"))
        [english], [other] = room.public()["tg-en"], room.public()["tg-photo"]
        assert "Tuesday" in english
        assert "Corrected" not in english
        assert "Monday" in other
        assert [action.what for action in room.app.ledger.actions.list_actions(article_id)] == ["edit"]
        story = room.story(room.posts(article_id)["tg-en"])
        assert any(line.startswith("edit: text: ") for line in story)
        assert not any(line.startswith("article edited") for line in story)
        assert room.story(room.posts(article_id)["tg-photo"])[-1].startswith("article edited: ")


async def test_what_a_person_put_right_stays_right_when_the_source_edits_something_else(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, tg_en={"on_edit": "edit"}) as room:
        article_id = await found_and_sent(room, "tg-en")
        room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
        await room.run()
        await changed(room, TRAM.replace("May", "June"))
        [text] = room.public()["tg-en"]
        assert "2.4 million" in text
        assert "June" in text
        kept = room.app.ledger.articles.get_article(article_id).article
        assert kept
        assert "2.4 million" in kept.text


async def test_a_crash_between_edit_and_change_leaves_nothing_to_do_twice(tmp_path: Path) -> None:
    async with opened(tmp_path, tg_en={"on_edit": "edit"}) as room:
        article_id = await found_and_sent(room, "tg-en")
        article = room.app.ledger.articles.get_article(article_id).article
        assert article
        edited = replace(article, text=TRAM.replace("Monday", "Tuesday"))
        assert len(room.app.corrections.follow_source_edit(article_id, edited, ["tg-en"])) == 1
        assert room.app.corrections.follow_source_edit(article_id, edited, ["tg-en"]) == []


LONG = (
    "The council met on Monday in the grand old town hall beside the river and approved the new tram line to "
    "the far northern and eastern suburbs for 4.2 million crowns, which is far more than any city. "
    "Work begins in May, said the mayor."
)
HEADLINE = "Council approves the new tram line to the north"
EDITED = LONG.replace("Monday", "Tuesday")


async def test_a_fix_brings_none_of_the_sources_edits_into_what_is_out(room: Room) -> None:
    """On X the note leaves no room for the sentence; what stays there is still what was public."""
    article_id = await found_and_sent(room, "tg-en", "tg-photo", "x-main", text=LONG, title=HEADLINE)
    before = {name: texts[0] for name, texts in room.public().items() if texts}
    await changed(room, EDITED, HEADLINE + ", at last")
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await room.run()
    after = room.public()
    for name in ("tg-en", "tg-photo"):
        [text] = after[name]
        assert text.rpartition("\n\n")[0] == before[name].replace("4.2", "2.4"), name
    [tweet] = after["x-main"]
    link = "https://example.org/tram"
    assert before["x-main"] == f"{HEADLINE}\n\n{LONG.partition(' Work')[0]}\n\n{link}"
    assert tweet.rpartition(" ")[0] == f"{HEADLINE}\n\n{link}\n\nCorrected"


async def test_a_post_that_waits_follows_its_article_and_its_fixes_alike(room: Room) -> None:
    room.app.ledger.channels.pause("x-main", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    article_id = await found_and_sent(room, "tg-en", "x-main", text=LONG, title=HEADLINE)
    await changed(room, EDITED, HEADLINE)
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    waits = room.posts(article_id)["x-main"].parts[0].text
    assert "on Tuesday" in waits
    assert "2.4 million" in waits
    assert "Corrected" not in waits
    await room.run()
    [public] = room.public()["tg-en"]
    assert "on Monday" in public
    assert "2.4 million" in public


async def test_a_fix_that_a_platform_refuses_is_told(room: Room) -> None:
    article_id = room.queue({"tg-en": "4.2 million"})
    await room.run()
    room.sandbox.telegram.chat("@sandbox").messages.clear()
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await room.run()
    lines = list_needs(room.app.ledger, room.clock, sources=(), channels=("tg-en",))
    post = room.posts(article_id)["tg-en"]
    assert lines[0].startswith(
        f"{post.id} on tg-en is not corrected (https://t.me/sandbox/1): Telegram answered"
    )
    assert post.parts[0].text == "4.2 million"


async def test_an_edit_is_given_up_after_a_day_and_never_without_a_word(room: Room) -> None:
    article_id = room.queue({"tg-en": "4.2 million"})
    await room.run()
    room.sandbox.faults.add("telegram", "editMessage*", "503", times=1000)
    done = room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    for _ in range(13):
        await room.run()
        [amendment] = room.app.ledger.actions.list_amendments(action_id=done.action.id)
        assert amendment.error
        room.move(hours=2)
    assert amendment.state == "failed"
    assert amendment.error
    assert amendment.error.message.startswith("Telegram answered")
    assert not room.app.ledger.actions.has_amendments_to_make()


async def test_the_old_post_goes_only_once_its_replacement_is_out(room: Room) -> None:
    """A pause holds the new one; what is out must not be gone meanwhile."""
    article_id = room.queue({"x-main": "It was 4.2"})
    await room.run()
    room.app.ledger.channels.pause("x-main", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await room.run()
    assert room.public()["x-main"] == ["It was 4.2"]
    looked = room.app.ledger.actions.get_next_amendment_time(after=room.clock.now())
    assert looked
    room.app.posts.resume("x-main", "cli:ana")
    await room.run()
    assert [text.partition("\n")[0] for text in room.public()["x-main"]] == ["It was 2.4"]
    assert not room.app.ledger.actions.has_amendments_to_make()


async def once(room: Room) -> None:
    """One turn of the service: what has no money stays due."""
    sender, amender = room.app.sender(), room.app.amender()
    await sender.drain()
    await sender.finish()
    await amender.drain()
    await amender.finish()


async def test_where_no_money_is_left_for_the_new_one_the_old_one_stays_and_a_person_is_told(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, x_main={"budget": {"month_usd": "0.02"}}) as room:
        article_id = room.queue({"x-main": "It was 4.2"})
        await room.run()
        room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
        await once(room)
        assert room.public()["x-main"] == ["It was 4.2"]
        new = room.posts(article_id)["x-main"]
        assert new.state in {PostState.SCHEDULED, PostState.RETRYING, PostState.HELD}
        room.app.posts.cancel(new.id, by="cli:ana")
        await room.run()
        assert room.public()["x-main"] == ["It was 4.2"]
        (left,) = room.app.ledger.alerts.list_unsettled_amendments(
            failed_since=room.clock.now() - timedelta(days=1)
        )
        assert left.state == "failed"
        assert left.error
        assert left.error.message == f"its correction, post {new.id}, was dropped"


async def test_a_takedown_does_not_wait_for_a_replacement(room: Room) -> None:
    article_id = room.queue({"x-main": "It was 4.2"})
    await room.run()
    room.app.ledger.channels.pause("x-main", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    report = room.app.withdrawals.takedown(article_id, by="cli:ana")
    await room.run()
    assert room.public()["x-main"] == []
    assert {line.state for line in room.app.withdrawals.report(report.action).lines} == {
        "deleted",
        "cancelled",
    }


@pytest.mark.parametrize(
    ("language", "days", "note"),
    [
        ("en", 0, "Corrected 14:31"),
        ("en", 1, "Corrected Dec 1 14:31"),
        ("es", 1, "Corregido 1 dic 14:31"),
        ("ur", 1, "تصحیح 1 دسمبر 14:31"),
        ("ar", 1, "صُحِّح 1 ديسمبر 14:31"),
        ("ja", 1, "12月1日 14:31 訂正"),
        ("pt-BR", 1, "Corrected Dec 1 14:31"),
        ("xx", 1, "Corrected Dec 1 14:31"),
    ],
)
def test_a_note_names_the_day_of_a_correction_that_comes_later(language: str, days: int, note: str) -> None:
    wording = CorrectionWording(UTC)
    at = datetime(2026, 12, 1, 14, 31, tzinfo=UTC)
    assert wording.say_corrected(language, at, at - timedelta(days=days)) == note
    assert wording.remove_note(f"Ferry sails\n\n{note}", language) == "Ferry sails"
    kept = f"Ferry sails\n\n{note} and more"
    assert wording.remove_note(kept, language) == kept


def test_a_newsrooms_own_note_names_the_day_in_the_posts_language() -> None:
    at = datetime(2026, 12, 1, 14, 31, tzinfo=UTC)
    wording = CorrectionWording(UTC, corrected="Corrigido ({time})")
    assert wording.say_corrected("pt-BR", at, at - timedelta(days=1)) == "Corrigido (1 de dez. 14:31)"
    assert wording.remove_note("Balsa\n\nCorrigido (1 de dez. 14:31)", "pt-BR") == "Balsa"


# ---------------------------------------------------------------- edits on X


@pytest.fixture
async def premium(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path, x_main={"on_correct": "edit"}) as room:
        room.sandbox.x.premium = True
        yield room


async def test_an_edit_on_x_is_a_new_version_and_every_link_to_it_leads_to_the_post(premium: Room) -> None:
    article_id = premium.queue({"x-main": "4.2 million https://example.org/4.2"})
    await premium.run()
    old = premium.posts(article_id)["x-main"].receipts[0]
    done = premium.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    assert [each.how for each in done.proposed] == ["edit"]
    await premium.run()
    post = premium.posts(article_id)["x-main"]
    [tweet] = premium.sandbox.x.tweets
    assert tweet.text.startswith("2.4 million https://example.org/4.2\n\nCorrected")
    assert tweet.history == [old.remote_id, post.receipts[0].remote_id]
    assert premium.story(post)[-1].endswith(f"/{tweet.id}")
    for link in (old.url, post.receipts[0].url):
        assert link
        assert HistoryReader(premium.app.ledger).find(link) == post.id
    assert {call.method for call in premium.sandbox.calls if call.platform == "x"} == {
        "POST /2/tweets",
        "GET /2/tweets/:id",
    }


async def test_an_edit_on_x_whose_answer_is_lost_is_made_once(premium: Room) -> None:
    article_id = premium.queue({"x-main": "4.2 million"})
    await premium.run()
    premium.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    premium.sandbox.faults.add("x", "POST /2/tweets", "reset_after_processing")
    await premium.run()
    premium.move(minutes=1)
    await premium.run()
    [tweet] = premium.sandbox.x.tweets
    assert len(tweet.history) == 2
    assert premium.posts(article_id)["x-main"].receipts[0].remote_id == tweet.id


async def test_a_post_on_x_that_is_too_old_to_edit_is_posted_again(premium: Room) -> None:
    article_id = premium.queue({"x-main": "4.2 million"})
    await premium.run()
    premium.move(minutes=29)
    done = premium.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    assert [each.how for each in done.proposed] == ["repost"]
    await premium.run()
    [tweet] = premium.sandbox.x.tweets
    assert tweet.text.startswith("2.4 million")
    assert len(premium.sandbox.x.deleted) == 1


async def test_an_edit_that_x_refuses_is_a_persons_task(tmp_path: Path) -> None:
    """config.yaml says that the account has X Premium, and it has not."""
    async with opened(tmp_path, x_main={"on_correct": "edit"}) as room:
        article_id = room.queue({"x-main": "4.2 million"})
        await room.run()
        room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
        await room.run()
        assert [tweet.text for tweet in room.sandbox.x.tweets] == ["4.2 million"]
        [edit] = room.app.ledger.actions.list_amendments(post_id=room.posts(article_id)["x-main"].id)
        assert edit.state == "failed"
        assert edit.error
        assert "Premium" in edit.error.message
        [need, *_] = list_needs(room.app.ledger, room.clock, sources=(), channels=("x-main",))
        assert "is not corrected" in need


async def test_a_post_on_x_is_taken_down_after_an_edit(premium: Room) -> None:
    article_id = premium.queue({"x-main": "4.2 million"})
    await premium.run()
    premium.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await premium.run()
    premium.app.withdrawals.takedown(article_id, by="cli:ana")
    await premium.run()
    assert premium.sandbox.x.tweets == []
