"""What a day asks of the people at the desk: few messages, and one question where much is wrong."""

import asyncio
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from newsbot.desk.card_sync import CardSync
from newsbot.model import PostState, Receipt
from newsbot.ports import Claim, ClaimTerms, NewPost
from tests.desk.stand import EDITOR, GROUP, Stand, standing
from tests.ledger.exchanges import claim_next, store_part
from tests.ledger.making import LEASE, add, new_post, part

from .desk import Desk, labels
from .newsroom import Newsroom
from .test_desk import begun, posts
from .test_service import story, until

CHANNELS = ("en", "ur", "ar", "es", "ja", "x")


@pytest.mark.slow
async def test_a_source_whose_ids_all_change_asks_one_question_and_nothing_goes_out(
    newsroom: Newsroom,
) -> None:
    desk = Desk(newsroom)
    del newsroom.config["channels"]["x"]
    newsroom.config["sources"]["site"] |= {"backfill": 0, "full_text": "feed"}
    newsroom.site.stories = [story(n) for n in range(300)]
    await begun(newsroom, desk)
    await until(lambda: newsroom.site.polls() > 1)
    before = len(desk.chat())
    for n, each in enumerate(newsroom.site.stories):
        each.slug = f"other-{n}"
    question = await desk.reads("suddenly had 300 new articles", within=60)
    await until(lambda: len(posts(newsroom)) == 300, within=90)
    await asyncio.sleep(3)
    assert {post.state for post in posts(newsroom)} == {PostState.HELD}
    assert [m.text for m in desk.chat()[before:]] == [question.text]
    assert newsroom.sandbox.telegram.chats[-1001000000001].messages == []
    assert labels(question) == ["Look", "Post them", "Drop them"]
    desk.press(question, "Drop them")
    await desk.reads("Dropped, nothing of them went out")
    assert {post.state for post in posts(newsroom)} == {PostState.CANCELLED}
    assert newsroom.sandbox.telegram.chats[-1001000000001].messages == []


@pytest.mark.slow
async def test_sixty_articles_on_six_channels_are_a_message_each_and_the_brief(tmp_path: Path) -> None:
    async with standing(tmp_path, channels=CHANNELS, brief="07:00") as stand:
        follower = CardSync(stand.desk, brief_at=time(7))
        await follower.update_all()
        begin = len(stand.sandbox.telegram.chats[GROUP].messages)
        for n in range(60):
            await one_article(stand, follower, n)
        stand.clock.at += timedelta(hours=6)
        await follower.update_all()
        written = stand.sandbox.telegram.chats[GROUP].messages[begin:]
    assert len(written) == 60 + 1
    assert "The brief" in written[-1].text
    assert all(message.text.count("out ") == 6 for message in written[:-1])


def _waiting(channel: str, n: int, now: datetime) -> NewPost:
    until = now + timedelta(days=1)
    return new_post(channel, due_at=now, expires_at=until, held_for="approval", parts=(part(f"Story {n}"),))


async def one_article(stand: Stand, follower: CardSync, n: int) -> None:
    """It comes in, is approved by one press, and goes out everywhere."""
    now = stand.clock.now()
    made = [_waiting(name, n, now) for name in CHANNELS]
    add(stand.ledger, *made, guid=f"story-{n}", now=now)
    await follower.update_all()
    buttons = stand.buttons()
    (said,) = await stand.presses(EDITOR, buttons["Approve all (6)"])
    assert "Approved." in said
    for name in CHANNELS:
        claim = claim_next(stand.ledger.delivery, name, ClaimTerms(), now=stand.clock.now(), lease=LEASE)
        assert isinstance(claim, Claim)
        receipt = Receipt(0, f"{n}", f"https://t.me/{name}/{n}")
        store_part(
            stand.ledger.delivery, claim.post.id, receipt, ClaimTerms(), now=stand.clock.now(), lease=LEASE
        )
    await follower.update_all()
    stand.clock.at += timedelta(minutes=14)
