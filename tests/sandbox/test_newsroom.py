"""What the page says of newsbot's cut post: what really happened, by the ledger."""

import asyncio
from pathlib import Path

import pytest

from newsbot.ledger import open_ledger
from newsbot.model import Failure, PostEvent
from newsbot.reasons import Code
from newsbot.sandbox.page.panel import LedgerView
from tests.ledger.exchanges import settle_call
from tests.ledger.making import NOW, add, claimed, new_post, part, receipt


@pytest.mark.parametrize(
    ("event", "by", "said"),
    [
        (None, "", "newsbot looks for it by itself"),
        (PostEvent.FIND, "reconciler", "newsbot looked by itself and found it"),
        (PostEvent.FIND, "cli:ana", "An editor saw that it is out"),
        (PostEvent.MISS, "cli:ana", "An editor said that it was not out"),
    ],
)
async def test_the_last_word_on_a_lost_call_is_told(
    tmp_path: Path, event: PostEvent | None, by: str, said: str
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    ledger = open_ledger(url)
    ledger.prepare(upgrade=True)
    [post] = add(ledger, new_post(parts=(part("The ferry is back."),)))
    claimed(ledger)
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, Failure("unknown", Code.TEXT(words="cut")), now=NOW)
    if event:
        ledger.posts.apply_event(
            post.id, event, by=by, now=NOW, receipts=[receipt()] if event is PostEvent.FIND else []
        )
    ledger.close()
    newsroom = LedgerView(url)
    await newsroom.start()
    try:
        async with asyncio.timeout(60):
            while said not in newsroom.outcome_text("The ferry is back."):
                await asyncio.sleep(0.02)
        assert newsroom.outcome_text("Words that nobody posted.") == ""
    finally:
        await newsroom.stop()
