"""Tags, mentions and addresses that a person typed go out as such, on both platforms and later too.

What a feed or a page brings is broken by U+200B, also beside them.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsbot.app.container import App
from newsbot.composing.measures import count_weighted
from newsbot.composing.safety import BREAK
from newsbot.model import Article, Item, Part
from newsbot.newsroom.fixes import fix_article
from newsbot.newsroom.submission import Submission, compose_drafts
from newsbot.reasons import Code
from newsbot.sources.submission_target import load_items
from tests.newsroom.outroom import Room, opened
from tests.newsroom.test_corrections import changed, found_and_sent

TYPED = "Boats left for the flooded quarter at noon, and #Karachi @rescue1122 takes calls before dark."
CHANNELS = ("tg-en", "x-main")
OWN = Article(
    "g1",
    "Boats left for the flooded quarter at noon, says @outsider. The road is closed until Tuesday morning.",
    "https://example.org/flood",
    "Flood in the #Outside quarter",
    language="en",
)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path, tg_en={"on_edit": "edit"}, x_main={"link": "never"}) as room:
        yield room


def waiting(room: Room) -> str:
    """The article's id; its posts wait."""
    for name in CHANNELS:
        room.app.ledger.channels.pause(name, by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    posts = room.app.posts.queue(OWN, CHANNELS, by="cli:ana")
    return posts[0].article_id


def texts(room: Room, article: str) -> list[str]:
    return ["\n".join(part.text for part in post.parts) for post in room.posts(article).values()]


def lengths(parts: tuple[Part, ...]) -> list[int]:
    return [count_weighted(part.text) for part in parts]


async def test_an_edit_goes_out_as_it_was_typed(room: Room) -> None:
    article = waiting(room)
    assert all(f"#{BREAK}Outside" in text for text in texts(room, article)), "the feed's own is broken"
    for post in room.posts(article).values():
        room.app.editing.edit(post.id, TYPED, "cli:ana")
    for name in CHANNELS:
        room.app.ledger.channels.resume(name, by="cli:ana", now=room.clock.now())
    await room.run()
    assert [room.public()[name] for name in CHANNELS] == [[TYPED], [TYPED]]
    tags = [each["tag"] for each in room.sandbox.x.tweets[0].entities["hashtags"]]
    assert tags == ["Karachi"]
    tweet = room.posts(article)["x-main"]
    assert [part.length for part in tweet.parts] == lengths(tweet.parts)


async def test_a_fix_puts_a_tag_into_posts_and_into_what_is_composed_later(room: Room) -> None:
    article = waiting(room)
    room.app.corrections.fix(article, "noon", "noon (#Karachi @rescue1122)", by="cli:ana")
    for text in texts(room, article):
        assert "#Karachi @rescue1122" in text
        assert f"@{BREAK}outsider" in text or "outsider" not in text
    kept = room.app.ledger.articles.get_article(article).article
    assert kept
    assert kept.live == ("#Karachi", "@rescue1122")
    for draft in compose_drafts(room.app.composition, kept, CHANNELS):
        text = "\n".join(part.text for part in draft.parts)
        assert "#Karachi @rescue1122" in text
        assert f"#{BREAK}Outside" in text
        assert [part.length for part in draft.parts if draft.kind == "x"] == (
            lengths(draft.parts) if draft.kind == "x" else []
        )


async def test_a_fix_that_a_person_typed_into_an_edited_text_is_as_live(room: Room) -> None:
    article = waiting(room)
    post = room.posts(article)["tg-en"]
    room.app.editing.edit(post.id, TYPED, "cli:ana")
    room.app.corrections.fix(article, "@rescue1122", "@edhi115", by="cli:ana")
    assert room.posts(article)["tg-en"].parts[0].text == TYPED.replace("@rescue1122", "@edhi115")


async def test_a_correction_is_live_and_the_sources_own_text_is_not(room: Room) -> None:
    article = waiting(room)
    room.app.corrections.correct(article, TYPED, by="cli:ana")
    assert all("#Karachi @rescue1122" in text for text in texts(room, article))
    known = room.app.ledger.articles.get_article(article).article
    assert known
    newer = replace(known, text=TYPED.replace("1122", "115"), live=())
    room.app.corrections.replace(article, newer, by="cli:ana")
    assert all(f"#Karachi @{BREAK}rescue115" in text for text in texts(room, article))


async def test_an_edit_at_the_source_keeps_what_a_fix_typed_and_breaks_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path, tg_en={"on_edit": "edit"}) as room:
        article = await found_and_sent(room, "tg-en")
        room.app.corrections.fix(article, "Monday", "Monday #Sib", by="cli:ana")
        await room.run()
        await changed(
            room,
            "The council met on Monday and approved the new tram line for 4.2 million. Call #June @spam.",
        )
        kept = room.app.ledger.articles.get_article(article).article
        assert kept
        assert kept.live == ("#Sib",)
        [draft] = compose_drafts(room.app.composition, kept, ["tg-en"])
        text = draft.parts[0].text
        assert "Monday #Sib" in text
        assert f"#{BREAK}June @{BREAK}spam" in text


async def test_a_file_that_a_person_posts_is_theirs_and_a_page_is_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        for suffix, live in ((".txt", ("#Karachi", "@rescue1122")), (".html", ())):
            path = tmp_path / f"flood{suffix}"
            title = "Flood in the old quarter"
            body = f"<h1>{title}</h1><p>{TYPED}</p>" if suffix == ".html" else f"{title}\n\n{TYPED}"
            path.write_text(body, encoding="utf-8")
            article = await submission(room.app).article(str(path))
            assert article.live == live
            for draft in compose_drafts(room.app.composition, article, CHANNELS):
                shown = "\n".join(part.text for part in draft.parts)
                assert (BREAK in shown) is not bool(live), (suffix, shown)


def submission(app: App) -> Submission:
    return Submission(lambda target: load_items(target, app.fetcher, app.workers), app.reader)


async def test_an_article_of_a_feed_has_nothing_live(room: Room) -> None:
    read = await room.app.reader.read(Item("g", OWN.url, OWN.title, text=OWN.text))
    assert read.live == ()
    later = fix_article(replace(read, published_at=room.clock.now() - timedelta(1)), "noon", "12:00")
    assert later.live == ()
