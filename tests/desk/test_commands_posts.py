"""What is done to posts that wait, failed or may be out, and to channels and sources, by chat."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from newsbot.desk.replies import Answer
from newsbot.ledger import schema
from newsbot.model import Article, Post, PostState, Sentence
from newsbot.ports import PollResult
from newsbot.reasons import Code
from newsbot.sandbox.calls import FaultKind
from tests.ledger.exchanges import claim_poll, get_source, record_poll
from tests.ledger.making import add, new_post

from .outdesk import OutDesk, desked
from .stand import ADMIN, EDITOR, GROUP, Stand, standing

PAGE = """<html><head><title>Bridge closed</title></head><body><article><h1>Bridge closed after the storm</h1>
<p>The old bridge over the river was closed on Monday after the storm, the city said in the evening.</p>
<p>Engineers will look at its pillars on Tuesday, and buses take the long way round until then.</p>
</article></body></html>"""


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        yield made


@pytest.fixture
async def out(tmp_path: Path) -> AsyncIterator[OutDesk]:
    async with desked(tmp_path, tg_en={"schedule": {"quiet": "00:00-23:59"}}) as made:
        yield made


@asynccontextmanager
async def site() -> AsyncIterator[str]:
    """One page; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = PAGE.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bridge"


def now_of(stand: Stand, post: Post) -> Post:
    return stand.ledger.posts.get_post(post.id)


# ---------------------------------------------------------------- what waits


async def test_move_says_the_new_time_and_offers_the_way_back(stand: Stand) -> None:
    post = stand.post(held=False)
    (said,) = await stand.says(EDITOR, f"/move {post.id} 18:30")
    assert now_of(stand, post).due_at == stand.clock.now().replace(hour=18, minute=30)
    assert said.startswith("Moved.")
    assert "tg: goes out 18:30, the time that was set" in said
    assert list(stand.buttons()) == ["Time", "Drop"]


async def test_another_time_or_channel_says_that_the_approval_is_void(stand: Stand) -> None:
    post = stand.post(held=True)
    (said,) = await stand.says(EDITOR, f"/move {post.id} 18:00")
    assert "void" not in said, "there is none yet"
    stand.desk.room.approvals.approve(post.id, f"tg:{EDITOR}")
    (said,) = await stand.says(EDITOR, f"/move {post.id} 18:30")
    void = "The approval that it had is void, as it was for another time or channel: /approve"
    assert f"{void} {post.id}" in said
    stand.desk.room.approvals.approve(post.id, f"tg:{EDITOR}")
    (said,) = await stand.says(EDITOR, f"/move {post.id} x")
    [moved] = [each for each in stand.ledger.posts.list_posts() if each.channel == "x"]
    assert f"{void} {moved.id}" in said


async def test_move_takes_a_post_to_another_channel(stand: Stand) -> None:
    post = stand.post(held=False)
    (said,) = await stand.says(EDITOR, f"/move {post.id} x")
    assert said.startswith("Moved.")
    assert "x: 12:00, held for approval" in said
    assert now_of(stand, post).state is PostState.CANCELLED
    [moved] = [each for each in stand.ledger.posts.list_posts() if each.channel == "x"]
    assert (moved.article_id, moved.state) == (post.article_id, PostState.HELD)


async def test_status_says_what_waits_for_a_channel_that_is_gone(stand: Stand) -> None:
    post = stand.post(held=False, channel="gone")
    (said,) = await stand.says(EDITOR, "/status")
    assert "config.yaml has no channel gone any more. Posts that go nowhere by themselves: 1." in said
    (refused,) = await stand.says(EDITOR, f"/now {post.id}")
    assert f"/move {post.id} NAME, or /cancel {post.id}" in refused


async def test_now_lets_it_go_and_says_so(stand: Stand) -> None:
    post = stand.post(held=False)
    (said,) = await stand.says(EDITOR, f"/now {post.id}")
    assert now_of(stand, post).due_at == stand.clock.now()
    assert said.startswith("At once.")
    assert "tg: goes out now" in said


async def test_now_does_not_pass_an_approval(stand: Stand) -> None:
    post = stand.post()
    (said,) = await stand.says(EDITOR, f"/now {post.id}")
    assert now_of(stand, post).state is PostState.HELD
    assert f"It still needs an approval: /approve {post.id}" in said


async def test_stop_drops_what_waits_and_says_how_it_comes_back(stand: Stand) -> None:
    post = stand.post(held=False)
    (said,) = await stand.says(EDITOR, f"/stop {post.article_id}")
    assert now_of(stand, post).state is PostState.CANCELLED
    assert said.startswith("Stopped.")
    assert stand.ledger.posts.list_events(post.id)[-1].by == "tg:222"


async def test_stop_of_what_is_out_names_what_takes_it_down(out: OutDesk) -> None:
    article = out.room.queue({"tg-ur": "Harbour"})
    await out.room.run()
    said = await out.asks(EDITOR, f"/stop {article}")
    assert f"/takedown {article} takes them down." in said
    assert out.posts(article)["tg-ur"].state is PostState.SENT


async def test_an_article_that_takes_too_long_to_read_is_said_to_be_safe_to_send_again(
    out: OutDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.desk.dispatcher._PREPARE", 0.3)
    async with await asyncio.start_server(lambda *_: asyncio.sleep(5), "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/slow"
        said = await out.asks(EDITOR, f"/breaking {url}")
    assert said.startswith("Nothing was done: the article could not be read in time")
    assert "nothing goes out twice" in said
    assert out.stand.ledger.posts.list_posts() == []


async def test_breaking_passes_quiet_hours_and_what_comes_after_it_does_not(out: OutDesk) -> None:
    async with site() as url:
        said = await out.asks(EDITOR, f"/breaking {url} tg-en")
        assert said.startswith("Queued, nothing is out yet.")
        (post,) = out.stand.ledger.posts.list_posts()
        assert post.breaking
        assert post.due_at <= out.room.clock.now()
        await out.room.run()
        assert "Bridge closed" in out.room.public()["tg-en"][0]
        again = await out.asks(EDITOR, f"/breaking {url} tg-en")
        head, known, more = again.splitlines()
        assert head == "The article has posts already:"
        assert known.startswith("tg-en: out, ")
        assert known.endswith(f" · {post.id}")
        assert more == f"To post it once more: /post {url} again"
        later = await out.asks(EDITOR, f"/post {url} tg-en again")
        assert later.startswith("Queued")
        assert out.posts(post.article_id)["tg-en"].due_at > out.room.clock.now()


async def test_what_is_posted_has_one_card_also_where_the_desk_looks_before_it_is_said(
    out: OutDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = out.stand.desk.voice
    say = voice.say

    async def late(chat_id: int, answer: Answer, **more: Any) -> int:
        monkeypatch.setattr(voice, "say", say)
        await out.follower.update_all()
        return await say(chat_id, answer, **more)

    async with site() as url:
        monkeypatch.setattr(voice, "say", late)
        assert (await out.asks(EDITOR, f"/post {url} tg-en")).startswith("Queued")
    card = out.newest
    (post,) = out.stand.ledger.posts.list_posts()
    await out.stand.says(EDITOR, f"/cancel {post.id}")
    await out.follower.update_all()
    assert "dropped" in card.text


async def test_a_card_that_its_answer_never_became_is_shown_in_the_end(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "Harbour"})
    out.stand.ledger.desk.add_card(GROUP, "article", article, now=out.room.clock.now())
    await out.follower.update_all()
    assert not any("Harbour" in message.text for message in out.stand.sandbox.telegram.chats[GROUP].messages)
    out.room.move(seconds=130)
    await out.follower.update_all()
    assert "Harbour" in out.newest.text


@pytest.mark.parametrize("kind", ["refused", "502"])
async def test_a_card_that_telegram_did_not_take_is_said_again_soon(out: OutDesk, kind: FaultKind) -> None:
    out.stand.sandbox.faults.add("telegram", "sendMessage", kind)
    out.room.queue({"tg-en": "Harbour"})
    await out.follower.update_all()
    out.stand.sandbox.faults.clear()
    messages = out.stand.sandbox.telegram.chats[GROUP].messages
    async with asyncio.timeout(60):
        while not any("Harbour" in message.text for message in messages):
            await asyncio.sleep(0.5)
            await out.follower.update_all()
    await out.follower.update_all()
    assert sum("Harbour" in message.text for message in messages) == 1


# ---------------------------------------------------------------- what failed, what nobody knows


async def test_retry_takes_a_failed_post_up_again(out: OutDesk) -> None:
    out.room.sandbox.faults.add("telegram", "sendMessage", "400")
    article = out.room.queue({"tg-ur": "Harbour"})
    await out.room.run()
    post = out.posts(article)["tg-ur"]
    assert post.state is PostState.FAILED
    said = await out.asks(EDITOR, f"/retry {post.id}")
    assert said.startswith("It is tried again.")
    assert "tg-ur: goes out now" in said
    await out.room.run()
    assert out.room.public()["tg-ur"] == ["Harbour"]


@pytest.fixture
async def unknown(out: OutDesk) -> Post:
    """It is out, though its answer never came."""
    out.room.sandbox.faults.add("telegram", "sendMessage", "reset_after_processing")
    article = out.room.queue({"tg-ur": "Harbour"})
    await out.room.run()
    post = out.posts(article)["tg-ur"]
    assert post.state is PostState.UNKNOWN
    return post


async def test_resolve_asks_and_a_press_says_that_it_is_there(out: OutDesk, unknown: Post) -> None:
    asked = await out.asks(EDITOR, f"/resolve {unknown.id}")
    assert asked.startswith("Did it land? ")
    assert list(out.stand.buttons()) == [
        "It's there: tg-ur",
        "Skip: tg-ur",
        "I looked, it's not: send to tg-ur",
    ]
    (said,) = await out.presses(EDITOR, "It's there")
    assert said.startswith("Noted: it is out.")
    assert now_of(out.stand, unknown).state is PostState.SENT
    (late,) = await out.stand.presses(ADMIN, f"resolve:{unknown.id} sent")
    assert late.startswith("Bo was first")


async def test_a_button_about_one_that_was_held_says_that_it_is_held_again(stand: Stand) -> None:
    """The ledger was restored when it was held, so that it may be out."""
    posts = [stand.post(channel="tg"), stand.post(channel="x")]
    with stand.ledger._database.write() as tx:
        tx.execute(update(schema.post).values(state="unknown"))
    for post in posts:
        await stand.says(EDITOR, f"/resolve {post.id}")
        label = f"I looked, it's not: hold it again for {post.channel}"
        assert list(stand.buttons()) == [f"It's there: {post.channel}", f"Skip: {post.channel}", label]
        (said,) = await stand.presses(EDITOR, stand.buttons()[label])
        assert said.startswith("Noted: it is not there, and is held again.")
        assert now_of(stand, post).state is PostState.HELD


async def test_resolve_with_its_link_keeps_the_link(out: OutDesk, unknown: Post) -> None:
    await out.asks(EDITOR, f"/resolve {unknown.id} sent https://t.me/urdu/1")
    (receipt,) = now_of(out.stand, unknown).receipts
    assert (receipt.remote_id, receipt.url) == ("1", "https://t.me/urdu/1")


async def test_resolve_not_sent_sends_it(out: OutDesk, unknown: Post) -> None:
    said = await out.asks(EDITOR, f"/resolve {unknown.id} not sent")
    assert said.startswith("Noted: it is not there, and goes out again.")
    await out.room.run()
    assert out.room.public()["tg-ur"] == ["Harbour", "Harbour"]  # as the editor was mistaken


async def test_skip_leaves_it_for_good(out: OutDesk, unknown: Post) -> None:
    said = await out.asks(EDITOR, f"/skip {unknown.id}")
    assert said.startswith("Left as it is: it is never sent again.")
    assert now_of(out.stand, unknown).state is PostState.CANCELLED
    await out.room.run()
    assert out.room.public()["tg-ur"] == ["Harbour"]


# ---------------------------------------------------------------- /resume


async def late(stand: Stand) -> list[Post]:
    posts = [stand.post(held=False) for _ in range(4)]
    await stand.says(EDITOR, "/pause tg")
    stand.clock.at += timedelta(hours=2)
    (said,) = await stand.says(EDITOR, "/resume t")
    assert "4 posts are due there" in said
    assert list(stand.buttons()) == ["Spread out", "Review", "Drop them", "All at once"]
    return posts


async def test_resume_spreads_out(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        posts = await late(stand)
        (said,) = await stand.presses(EDITOR, stand.buttons()["Spread out"])
        assert said.startswith("tg sends again: 4 waiting. 4 spread out.")
        assert "/pause t holds it again." in said
        assert stand.ledger.channels.get_channel("tg").state == "active"
        assert all(str(now_of(stand, post).reason).startswith("spread out at resume") for post in posts)


async def test_resume_reviews_and_stays_paused(stand: Stand) -> None:
    posts = await late(stand)
    (said,) = await stand.presses(EDITOR, stand.buttons()["Review"])
    assert all(post.id in said for post in posts)
    assert stand.ledger.channels.get_channel("tg").state == "paused"
    await stand.says(EDITOR, f"/cancel {posts[0].id}")
    (few,) = await stand.says(EDITOR, "/resume tg")
    assert few.startswith("tg sends again: 3 waiting.")


async def test_resume_lets_all_go_where_that_is_wished(stand: Stand) -> None:
    await late(stand)
    (said,) = await stand.presses(EDITOR, stand.buttons()["All at once"])
    assert said.startswith("tg sends again: 4 waiting.")
    assert len(stand.ledger.posts.list_posts(states=(PostState.SCHEDULED,))) == 4


# ---------------------------------------------------------------- /block


async def test_a_blocked_source_drops_what_waits_and_comes_back(stand: Stand) -> None:
    now = stand.clock.now()
    claim_poll(stand.ledger.sources, "drop", now=now, lease=timedelta(minutes=1))
    record_poll(stand.ledger.sources, "drop", PollResult(now + timedelta(hours=1), {}, ()), now=now)
    (bare,) = await stand.says(ADMIN, "/block")
    assert bare == "Which source?"
    assert stand.buttons() == {"drop": "block:drop"}
    await stand.presses(ADMIN, stand.buttons()["drop"])
    (said,) = await stand.presses(ADMIN, stand.buttons()["Yes, block it"])
    assert said == "drop is blocked. Dropped: 0\n/unblock drop takes it in again."
    assert get_source(stand.ledger.sources, "drop").state == "blocked"
    (free,) = await stand.says(ADMIN, "/unblock drop")
    assert free == "drop is polled again. /block drop ends that."
    assert get_source(stand.ledger.sources, "drop").state == "ok"
    (again,) = await stand.says(ADMIN, "/unblock drop")
    assert again == "drop was not blocked."
    (none,) = await stand.says(ADMIN, "/unblock nowhere")
    assert none == "nowhere is no source: there are drop."


async def test_a_preview_names_the_posts_that_the_article_has(out: OutDesk) -> None:
    async with site() as url:
        assert "posts already" not in await out.asks(EDITOR, f"/preview {url}")
        await out.asks(EDITOR, f"/post {url} tg-en")
        (post,) = out.stand.ledger.posts.list_posts()
        said = await out.asks(EDITOR, f"/preview {url}")
        assert said.startswith("A preview queues nothing: this is how it would look.")
        assert "The article has posts already:\ntg-en: scheduled, " in said
        assert said.endswith(f" · {post.id}")


async def test_who_dropped_an_article_is_said_when_it_is_posted_again(out: OutDesk) -> None:
    async with site() as url:
        await out.asks(EDITOR, f"/post {url} tg-en")
        (post,) = out.stand.ledger.posts.list_posts()
        await out.asks(EDITOR, f"/cancel {post.id}")
        said = await out.asks(EDITOR, f"/breaking {url} tg-en")
        assert "⚠ Bo had dropped it" in said
        assert " · breaking" in said


@pytest.mark.parametrize("time", ["+2h", "18:30"])
async def test_a_time_without_at_is_not_taken_for_a_channel(out: OutDesk, time: str) -> None:
    async with site() as url:
        said = await out.asks(EDITOR, f"/post {url} {time}")
        assert said == f"{time} is no channel. If it is a time, write /post {url} at {time}"
        assert out.stand.ledger.posts.list_posts() == []


async def test_show_of_an_article_says_how_to_see_a_text(out: OutDesk) -> None:
    article = out.room.queue({"tg-ur": "Harbour", "tg-en": "Harbour"})
    said = await out.asks(EDITOR, f"/show {article}")
    assert said.splitlines()[-1] == f"/show {out.posts(article)['tg-en'].id} shows what a post says."
    assert "shows what a post says" not in await out.asks(EDITOR, f"/show {out.posts(article)['tg-en'].id}")


async def test_a_preview_is_on_the_channels_of_the_articles_source(out: OutDesk) -> None:
    room = out.stand.desk.room
    room.submission = replace(room.submission, posts_to={"drop": ("tg-en", "printed")})
    async with site() as url:
        said = await out.asks(EDITOR, f"/preview {url}")
        assert all(name in said for name in room.channels), "nobody knows whose it is"
        room.ledger.articles.add_article("drop", Article("g", "Words.", url, "Bridge"), now=room.clock.now())
        said = await out.asks(EDITOR, f"/preview {url}")
        assert {name for name in room.channels if name in said} == {"tg-en", "printed"}


async def test_a_post_in_another_language_than_its_channels_has_a_note_wherever_it_is_shown(
    tmp_path: Path,
) -> None:
    async with desked(tmp_path, tg_en={"languages": ["ur"]}) as out, site() as url:
        note = "⚠ The article is in en, and tg-en takes ur."
        assert (await out.asks(EDITOR, f"/preview {url}")).count(note) == 1
        assert note in await out.asks(EDITOR, f"/post {url} tg-en")
        (post,) = out.stand.ledger.posts.list_posts()
        assert note in await out.asks(EDITOR, f"/show {post.id}")
        await out.room.run()
        assert note not in await out.asks(EDITOR, f"/show {post.id}")


async def test_why_shows_what_a_model_wrote_beside_what_it_rests_on_and_who_wrote_it(stand: Stand) -> None:
    new = new_post("tg")
    written = Sentence(
        "The bridge closed after a storm.", "The old bridge closed on Monday after a storm.", 0, 0
    )
    quoted = Sentence("Buses go round.", "Buses go round.", 1, 1)
    by = Code.SUMMARY_WRITTEN(name="small-news", words="summary.prompt.j2", n=2, count=2)
    draft = replace(new.draft, summary=(written, quoted), notes=(by,))
    [post] = add(stand.ledger, replace(new, draft=draft), now=stand.clock.now())
    [said] = await stand.says(EDITOR, f"/why {post.id}")
    assert (
        "▸ The bridge closed after a storm.\nRests on: The old bridge closed on Monday after a storm." in said
    )
    assert "▸ Buses" not in said
    assert "written by small-news, prompt summary.prompt.j2; sentences that passed the checks: 2 of 2" in said
