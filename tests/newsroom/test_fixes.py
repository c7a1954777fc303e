"""Fixes of an article that its source edits later: only the sentences that were fixed are fixed again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsbot.model import Article, Image, Item, PostState
from newsbot.newsroom.alerts import AlertFinder
from newsbot.newsroom.composition import PostRequest
from newsbot.newsroom.fixes import FixedVersion, find_fixed_sentences, fix_article, reapply_fixes
from newsbot.newsroom.status import list_needs
from newsbot.ports import Action, PollResult
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from tests.ledger.exchanges import record_poll
from tests.newsroom.outroom import Room, opened

LEAD = "A bus left the road near the harbour on Monday."
DEAD = "3 people died in the crash."
END = "The road was closed until noon."
TEXT = f"{LEAD} {DEAD} {END}"


def later(first: Article, second: Article, *fixes: tuple[str, str]) -> FixedVersion:
    """``second``, a version of ``first``, after ``fixes`` of that."""
    actions, has = [], first
    for n, (old, new) in enumerate(fixes):
        fixed = find_fixed_sentences(has, old, new)
        actions.append(
            Action(n, "fix", "a-1", "cli:ana", SystemClock().now(), Code.FIX(old=old, new=new), fixed)
        )
        has = fix_article(has, old, new)
    return reapply_fixes(second, actions, has)


def text(before: str, after: str, *fixes: tuple[str, str], language: str = "en") -> FixedVersion:
    article = Article("g", before, language=language)
    return later(article, replace(article, text=after), *(fixes or (("3", "2"),)))


APPLIED = {
    "another sentence edited": (TEXT.replace("noon", "one"), "2 people died"),
    "the sentence before edited": (TEXT.replace("Monday", "Tuesday"), "2 people died"),
    "one put before": (f"Police confirmed it. {TEXT}", "2 people died"),
    "its paragraph moved": (f"It rained all day.\n\n{DEAD} {END}\n\n{LEAD}", "2 people died"),
    "in lines of its own": (TEXT.replace("died in", "died\nin"), "2 people died"),
    "the text is that sentence alone": (DEAD, "2 people died"),
}


@pytest.mark.parametrize(("after", "shown"), APPLIED.values(), ids=APPLIED)
def test_the_very_sentence_is_fixed_again(after: str, shown: str) -> None:
    before = DEAD if after == DEAD else TEXT
    found = text(before, after)
    assert found.questions == ()
    assert shown in found.article.text
    assert "3" not in found.article.text


ASKED = {
    "others are counted": TEXT.replace(DEAD, "3 people were injured."),
    "others besides": f"{TEXT} 3 people were injured.",
    "reworded": TEXT.replace(DEAD, "At least 3 people died in the crash."),
    "moved between others": f"{LEAD} {END} A second bus was involved. {DEAD} Nobody else was hurt.",
    "there twice, once elsewhere": f"{TEXT} A second bus burned out. {DEAD} It was empty.",
    "in another script": TEXT.replace(DEAD, "۳ people were injured."),
}


@pytest.mark.parametrize("after", ASKED.values(), ids=ASKED)
def test_what_else_has_the_words_is_left_and_asked_about(after: str) -> None:
    found = text(TEXT, after)
    assert len(found.questions) == 1
    assert "the fix 3 > 2" in str(found.questions[0])
    assert found.fresh == found.questions
    assert found.article.text in {after, after.replace(DEAD, "2 people died in the crash.", 1)}


QUIET = {
    "the source corrected it": TEXT.replace("3 people", "2 people"),
    "the source took it out": f"{LEAD} {END}",
    "a longer number": f"{LEAD} {END} 13 people saw it, 1,300 shared it and 3.5 million read it.",
    "an address": f"{LEAD} {END} See https://example.org/3",
}


@pytest.mark.parametrize("after", QUIET.values(), ids=QUIET)
def test_what_needs_no_fix_is_not_asked_about(after: str) -> None:
    found = text(TEXT, after)
    assert (found.questions, found.article.text) == ((), after)


def test_a_sentence_that_stood_there_twice_is_fixed_twice() -> None:
    twice = f"{TEXT}\n\nIn short: {DEAD} {END}"
    found = text(twice, twice.replace("Monday", "Tuesday"))
    assert found.article.text == twice.replace("Monday", "Tuesday").replace("3", "2")
    assert found.questions == ()


def test_fixes_follow_each_other() -> None:
    edited = TEXT.replace("noon", "one")
    chain = text(TEXT, edited, ("3", "2"), ("2", "4"))
    assert chain == FixedVersion(Article("g", edited.replace("3", "4"), language="en"))
    back = text(TEXT, edited, ("3", "2"), ("2", "3"))
    assert back == FixedVersion(Article("g", edited, language="en"))
    two = text(TEXT, edited, ("3", "2"), ("Monday", "Sunday"))
    assert two.article.text == edited.replace("3", "2").replace("Monday", "Sunday")


def test_a_number_is_fixed_in_the_script_that_it_is_written_in() -> None:
    before = "حادثہ پیر کو ہوا۔ حادثے میں ۳ افراد ہلاک ہوئے۔ سڑک بند رہی۔"
    found = text(before, before.replace("پیر", "منگل"), ("3", "2"), language="ur")
    assert (found.questions, found.article.text) == ((), before.replace("پیر", "منگل").replace("۳", "۲"))


def test_headline_and_text_are_each_their_own() -> None:
    first = Article("g", TEXT, title="Bus crash: 3 dead", image=Image("https://example.org/i", "3 buses"))
    found = later(first, replace(first, title="Bus crash: 3 hurt"), ("3", "2"))
    assert (found.article.title, found.article.text) == ("Bus crash: 3 hurt", TEXT.replace("3", "2"))
    assert found.article.image == Image("https://example.org/i", "2 buses")
    assert len(found.questions) == 1
    assert '"Bus crash: 3 hurt"' in str(found.questions[0])
    assert '"Bus crash: 3 dead"' in str(found.questions[0])
    body = replace(first, title="Bus crash")
    found = later(body, replace(body, title="Bus crash: 3 dead"), ("3", "2"))
    assert found.article.title == "Bus crash: 3 dead"
    assert len(found.questions) == 1


def test_a_figure_in_a_table_is_known_by_what_stands_beside_it() -> None:
    before = "Dead:\n\n3\n\nHurt:\n\n5"
    assert text(before, "Dead:\n\n3\n\nHurt:\n\n6").article.text == "Dead:\n\n2\n\nHurt:\n\n6"
    swapped = text(before, "Killed:\n\n2\n\nInjured:\n\n3")
    assert (swapped.article.text, len(swapped.questions)) == ("Killed:\n\n2\n\nInjured:\n\n3", 1)


def test_a_fix_over_a_full_stop_is_kept_by_its_paragraph() -> None:
    fix = ("crash. The road", "fire. The street")
    edited = f"{TEXT}\n\nIt was opened again at one."
    assert text(TEXT, edited, fix).article.text == edited.replace(*fix)


def test_what_was_asked_before_is_not_fresh() -> None:
    first = Article("g", TEXT)
    second = replace(first, text=f"{TEXT} 3 people were injured.")
    stored = later(first, second, ("3", "2")).article
    action = Action(
        1,
        "fix",
        "a",
        "ana",
        SystemClock().now(),
        Code.FIX(old="3", new="2"),
        find_fixed_sentences(first, "3", "2"),
    )
    again = reapply_fixes(replace(second, text=second.text.replace("noon", "one")), [action], stored)
    assert len(again.questions) == 1
    assert again.fresh == ()


def test_a_fix_of_an_older_version_without_its_sentences_is_asked_about() -> None:
    action = Action(1, "fix", "a", "ana", SystemClock().now(), Code.FIX(old="3", new="2"), None)
    found = reapply_fixes(Article("g", TEXT), [action])
    assert (found.article.text, len(found.questions)) == (TEXT, 1)


# ---------------------------------------------------------------- in a newsroom


@pytest.fixture
async def room(tmp_path: Path, url: str) -> AsyncIterator[Room]:
    edits = {"on_edit": "edit"}
    async with opened(tmp_path, url, tg_en=edits, tg_photo=edits) as room:
        yield room


async def taken_in(room: Room, *channels: str) -> str:
    now = room.clock.now()
    record_poll(room.app.ledger.sources, "drop", PollResult(now, {}, (item(TEXT),)), now=now)
    [found] = room.app.ledger.articles.claim_found("drop", now=now, lease=timedelta(minutes=1))
    article = await room.app.reader.read(found.item)
    planned = room.app.composition.plan(article, PostRequest(channels)).posts
    room.app.ledger.articles.store_read_article(found.article_id, article, planned, now=now)
    return found.article_id


def item(words: str, title: str = "Bus crash") -> Item:
    return Item("g1", "https://example.org/bus", title, text=words)


async def edited(room: Room, words: str, **more: str) -> None:
    now = room.clock.now()
    record_poll(room.app.ledger.sources, "drop", PollResult(now, {}, changed=(item(words, **more),)), now=now)
    await room.app.changes.process_changes("drop")
    await room.run()


async def test_nothing_that_readers_see_changes_while_a_fix_is_in_question(room: Room) -> None:
    room.app.ledger.channels.pause("tg-photo", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    article_id = await taken_in(room, "tg-en", "tg-photo")
    await room.run()
    room.app.corrections.fix(article_id, "3", "2", by="cli:ana")
    await room.run()
    [public] = room.public()["tg-en"]
    assert "2 people died" in public
    await edited(room, TEXT.replace(DEAD, "3 people were injured."))
    assert room.public()["tg-en"] == [public]
    posts = room.posts(article_id)
    waits, out = posts["tg-photo"], posts["tg-en"]
    assert waits.state is PostState.HELD
    assert waits.held_for
    assert '"3 people were injured."' in str(waits.held_for)
    assert "3 people were injured" in str(waits.parts)
    assert '"3 people were injured."' in room.story(out)[-1]
    said = list_needs(room.app.ledger, room.clock, sources=(), channels=("tg-en", "tg-photo"))
    assert [line.split()[0] for line in said if "where the fix 3 > 2 changed" in line] == [
        waits.id,
        out.id,
    ]
    troubles = AlertFinder(room.app.ledger, room.clock, sources=(), channels=room.app.channels, budgets={})
    [asked] = [each for each in troubles.now() if each.kind == "refix"]
    assert (asked.post_ids, '"3 people were injured."' in str(asked.why)) == ((out.id,), True)
    # A later edit elsewhere changes nothing in public either: the question is still open.
    await edited(room, TEXT.replace(DEAD, "3 people were injured.").replace("noon", "one"))
    assert room.public()["tg-en"] == [public]
    room.app.corrections.fix(article_id, "3", "4", by="cli:ana")
    await edited(room, TEXT.replace(DEAD, "3 people were injured.").replace("noon", "two"))
    assert "4 people were injured" in room.public()["tg-en"][0]


async def test_an_article_that_was_gone_is_back_with_its_fix_or_asks(room: Room) -> None:
    room.app.ledger.channels.pause("tg-en", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    article_id = await taken_in(room, "tg-en")
    room.app.corrections.fix(article_id, "3", "2", by="cli:ana")
    await gone(room)
    await edited(room, TEXT)
    back = room.posts(article_id)["tg-en"]
    assert (back.state, back.revision) == (PostState.SCHEDULED, 2)
    assert "2 people died" in str(back.parts)
    await gone(room)
    await edited(room, TEXT.replace(DEAD, "3 people were injured."))
    asks = room.posts(article_id)["tg-en"]
    assert (asks.state, asks.revision) == (PostState.HELD, 3)
    assert "3 people were injured" in str(asks.parts)


async def gone(room: Room) -> None:
    now = room.clock.now()
    record_poll(room.app.ledger.sources, "drop", PollResult(now, {}, gone=("g1",)), now=now)
    await room.app.changes.process_changes("drop")


async def test_a_text_that_a_person_corrected_is_never_edited_over_in_public(room: Room) -> None:
    article_id = await taken_in(room, "tg-en")
    await room.run()
    room.app.corrections.correct(article_id, "Nobody died. The bus was empty.", by="cli:ana")
    await room.run()
    public = room.public()["tg-en"]
    assert "Nobody died" in public[0]
    await edited(room, TEXT.replace("noon", "one"))
    assert room.public()["tg-en"] == public
    assert "whose text cli:ana had corrected" in room.story(room.posts(article_id)["tg-en"])[-1]


async def test_a_fixed_article_that_a_person_brings_again_keeps_its_fix(room: Room) -> None:
    article_id = await taken_in(room, "tg-en")
    room.app.corrections.fix(article_id, "3", "2", by="cli:ana")
    await room.run()
    fresh = await room.app.reader.read(item(TEXT))
    app = room.app
    [post] = app.posts.queue(fresh, ["tg-en"], by="cli:ana", again=True)
    assert (post.state, "2 people died" in str(post.parts)) == (PostState.SCHEDULED, True)
    kept = app.ledger.articles.get_article(article_id).article
    assert kept
    assert "2 people died" in kept.text


async def test_a_fix_holds_for_the_same_article_in_another_source(room: Room) -> None:
    article_id = await taken_in(room, "tg-en")
    now = room.clock.now()
    record_poll(room.app.ledger.sources, "other", PollResult(now, {}, (item(TEXT),)), now=now)
    [found] = room.app.ledger.articles.claim_found("other", now=now, lease=timedelta(minutes=1))
    article = await room.app.reader.read(found.item)
    planned = room.app.composition.plan(article, PostRequest(["tg-photo"])).posts
    room.app.ledger.channels.pause("tg-photo", by="cli:ana", reason=Code.TEXT(words=""), now=now)
    room.app.ledger.articles.store_read_article(found.article_id, article, planned, now=now)
    room.app.corrections.fix(article_id, "3", "2", by="cli:ana")
    changed = item(TEXT.replace("noon", "one"))
    record_poll(room.app.ledger.sources, "other", PollResult(now, {}, changed=(changed,)), now=now)
    await room.app.changes.process_changes("other")
    [post] = room.app.ledger.posts.list_posts(article_id=found.article_id)
    assert "2 people died" in str(post.parts)
    assert post.state is PostState.SCHEDULED
