"""The desk over the sandbox, with newsbot as a process: what an editor does by chat, and what they read."""

from newsbot.ledger import open_ledger
from newsbot.model import Post, PostState
from tests.forkserver import ForkedProcess

from .desk import EDITOR, GROUP, Desk, labels
from .newsroom import Newsroom
from .test_service import story, until


def posts(newsroom: Newsroom) -> list[Post]:
    ledger = open_ledger(newsroom.config.get("database", "sqlite:///newsbot.db"), base=newsroom.folder)
    try:
        return ledger.posts.list_posts(limit=None)
    finally:
        ledger.close()


async def begun(newsroom: Newsroom, desk: Desk) -> ForkedProcess:
    """A service whose desk answers."""
    service = await newsroom.start("run")
    await desk.asks("/help", "what waits", within=60)
    return service


async def test_an_article_is_one_card_and_approving_it_is_one_press(newsroom: Newsroom) -> None:
    desk = Desk(newsroom)
    for channel in newsroom.config["channels"].values():
        channel["approval"] = "one"
    newsroom.config["sources"]["site"]["backfill"] = 0
    await begun(newsroom, desk)
    before = len(desk.chat())
    newsroom.site.stories = [story(7)]
    card = await desk.reads("Council 7 approves its ferry")
    assert labels(card)[0] == "Approve all (2)"
    said = await desk.tells(desk.press(card, "Approve all"))
    assert "Approved." in said
    await until(lambda: len(newsroom.tweets) == 1 and {p.state for p in posts(newsroom)} == {PostState.SENT})
    await until(lambda: "out" in desk.chat()[-1].text and "https://x.com" in desk.chat()[-1].text)
    assert len(desk.chat()) == before + 1
    late = await desk.asks("/why https://x.com/i/status/" + newsroom.tweets[0].id, "Council 7")
    assert "Bo" in late.text


async def test_an_address_is_posted_moved_and_dropped(newsroom: Newsroom) -> None:
    desk = Desk(newsroom)
    newsroom.config["sources"]["site"] |= {"backfill": 0, "every": "1h"}
    await begun(newsroom, desk)
    newsroom.site.stories = [story(1)]
    card = await desk.asks(f"/post {newsroom.site.url}/story-1 t at ۲۳:۵۹", "Queued, nothing is out yet")
    (post,) = posts(newsroom)
    assert post.channel == "tg"
    assert post.state is PostState.SCHEDULED
    moved = await desk.asks(f"/move [{post.id.upper()}], tomorrow 9am", "Moved")
    assert "tg: goes out" in moved.text
    listed = await desk.asks("/cancel", "which one")
    query = desk.press(listed, "tg", by=EDITOR, chat=GROUP)
    await desk.tells(query)
    await until(lambda: posts(newsroom)[0].state is PostState.CANCELLED)
    assert newsroom.messages[0] is not None
    await until(lambda: "dropped" in (desk.telegram.chats[GROUP].message(card.message_id) or card).text)
