"""One answer for all posts that are held for the same suspicion."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from newsbot.model import PostState
from newsbot.newsroom.anomalies import describe_flood
from newsbot.newsroom.approvals import Questions
from newsbot.newsroom.composition import PostRequest
from newsbot.newsroom.history import SOURCE
from newsbot.reasons import Code
from tests.newsroom.desk import ARTICLE, desk


def test_each_goes_in_its_turn_by_its_channels_rules(tmp_path: Path, url: str) -> None:
    def rules(settings: dict[str, Any]) -> None:
        settings["channels"]["none"]["schedule"] = {"slots": ["09:00", "12:00", "18:00"]}
        settings["channels"]["aside"] = {
            "kind": "console",
            "approval": "none",
            "schedule": {"gap": "20m"},
        }

    room = desk(tmp_path, url, rules)
    ledger, composition = room.app.ledger, room.app.composition
    for number in range(3):
        article = replace(ARTICLE, guid=f"g{number}", url=f"https://example.org/{number}")
        plan = composition.plan(
            article, PostRequest(["none", "one", "aside"], hold=describe_flood("site", 30, 2))
        )
        found = ledger.articles.add_article(SOURCE, article, now=room.clock.at)
        ledger.posts.queue_posts(found, plan.posts, now=room.clock.at, again=False)
    room.later(hours=2)
    questions = Questions(ledger, composition, room.clock)
    held = questions.list_similar_posts(ledger.posts.list_posts()[0].id)
    assert len(held) == 9
    done = questions.post(held, by="cli:ana")
    slots = [post for post in done if post.channel == "none"]
    assert [post.due_at.hour for post in slots] == [12, 18, 9]
    assert all(post.slot_at == post.due_at for post in slots)
    assert all(post.expires_at == post.due_at + timedelta(hours=24) for post in slots)
    apart = [post.due_at - room.clock.at for post in done if post.channel == "aside"]
    assert apart == [timedelta(minutes=20 * n) for n in range(3)]
    asked = [(post.state, post.held_for) for post in done if post.channel == "one"]
    assert asked == [(PostState.HELD, Code.APPROVAL())] * 3
    ledger.close()
