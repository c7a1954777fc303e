"""What the rules of sources and channels do to an article's posts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsbot.errors import UsageError
from newsbot.model import Article, Item, PostState
from newsbot.newsroom.composition import PostRequest
from newsbot.newsroom.intake import FullText
from newsbot.ports import ArticleChange, PollResult
from newsbot.reasons import Code
from tests.ledger.exchanges import record_poll
from tests.newsroom.desk import ARTICLE, Desk, desk, story
from tests.newsroom.test_approvals import pending

HOLD = {"hold": {"text": "/dead|killed/"}, "because": "numbers of dead are checked"}
DEADLY = replace(ARTICLE, text="Two are dead. The council met on Monday.")


@pytest.fixture
def ruled(tmp_path: Path, url: str) -> Any:
    """Makes a newsroom with these rules."""
    made: list[Desk] = []

    def make(source: list[Any], channel: list[Any] | None = None) -> Desk:
        def more(settings: dict[str, Any]) -> None:
            settings["sources"]["site"]["rules"] = source
            settings["channels"]["none"]["rules"] = channel or []

        made.append(desk(tmp_path, url, more))
        return made[-1]

    yield make
    for each in made:
        each.app.ledger.close()


class Reads:
    """A reader that knows the article already."""

    def __init__(self, article: Article) -> None:
        self._article = article

    async def read(self, item: Item, *, full_text: FullText = "auto") -> Article:
        del full_text
        return replace(self._article, guid=item.guid)


async def take_in(desk: Desk, article: Article) -> str:
    """As found by a poll of the source ``site``."""
    ledger, now = desk.app.ledger, desk.clock.now()
    item = Item(article.guid, url=article.url)
    [name] = record_poll(
        ledger.sources, "site", PollResult(now + timedelta(hours=1), {}, take=(item,)), now=now
    )
    desk.app.__dict__["reader"] = Reads(article)
    await desk.app.intake(lambda: None).process_items("site")
    return name


Make = Callable[..., Desk]


async def test_a_dropped_article_is_kept_with_its_note(ruled: Make) -> None:
    room = ruled([{"drop": {"title": "sponsored"}}])
    name = await take_in(room, replace(ARTICLE, title="Sponsored: a tram"))
    kept = room.app.ledger.articles.get_article(name)
    assert (kept.state, str(kept.note)) == ("ready", "rule 1 of site: drop, title sponsored")
    assert room.app.ledger.posts.list_posts() == []


async def test_a_hold_asks_even_where_nobody_is_asked(ruled: Make) -> None:
    room = ruled([HOLD])
    name = await take_in(room, DEADLY)
    posts = {post.channel: post for post in room.app.ledger.posts.list_posts(article_id=name)}
    assert {channel: (post.state, post.approval) for channel, post in posts.items()} == {
        "none": (PostState.HELD, 1),
        "one": (PostState.HELD, 1),
        "two": (PostState.HELD, 2),
    }
    for post in posts.values():
        assert str(post.held_for) == "numbers of dead are checked (rule 1 of site)"
        assert story(room, post)[1] == (
            "rule by system: rule 1 of site: hold, text /dead|killed/ (numbers of dead are checked)"
        )
    done = room.app.approvals.approve(posts["none"].id, "cli:ana").post
    assert (done.state, done.approved) == (PostState.SCHEDULED, done.content)


async def test_a_channel_has_rules_of_its_own(ruled: Make) -> None:
    room = ruled([], [{"drop": {"language": "ur"}}, HOLD])
    name = await take_in(room, replace(ARTICLE, language="ur"))
    assert {post.channel for post in room.app.ledger.posts.list_posts(article_id=name)} == {"one", "two"}
    assert str(room.app.ledger.articles.get_article(name).note) == "rule 1 of none: drop, language ur"
    [post] = room.bring("none", article=replace(DEADLY, guid="g2", url="https://example.org/2"))
    assert (post.state, str(post.held_for)) == (
        PostState.HELD,
        "numbers of dead are checked (rule 2 of none)",
    )


def test_the_breaking_lane_and_a_repeat_pass_no_hold(ruled: Make) -> None:
    room = ruled([], [HOLD])
    composition = room.app.composition
    [breaking] = composition.plan(DEADLY, PostRequest(["none"], breaking=True)).posts
    repeat = composition.repeat("none", DEADLY)
    for new in (breaking, repeat):
        assert str(new.held_for) == "numbers of dead are checked (rule 1 of none)"
        assert new.approval == 1


async def test_a_tag_is_the_articles_in_its_post(ruled: Make) -> None:
    room = ruled([{"tag": {"category": "football"}, "as": "sports"}, {"hold": {"category": "sports"}}])
    name = await take_in(room, replace(ARTICLE, tags=("Football",)))
    [post] = room.app.ledger.posts.list_posts(article_id=name)[:1]
    assert str(post.held_for) == "rule 2 of site: hold, category sports"


async def test_what_a_person_brings_of_a_source_is_held_by_its_rules(ruled: Make) -> None:
    room = ruled([{"drop": {"title": "tram"}}])
    assert await take_in(room, ARTICLE)
    [post] = room.bring("none")
    assert (post.state, post.approval) == (PostState.HELD, 1)
    assert str(post.held_for) == "rule 1 of site: drop, title tram"


def test_what_no_channel_takes_says_which_rule(ruled: Make) -> None:
    room = ruled([], [{"drop": {"title": "tram"}}])
    with pytest.raises(UsageError, match="rule 1 of none: drop, title tram"):
        room.bring("none")


async def test_an_edit_at_the_source_that_a_rule_asks_about_holds_what_waits(ruled: Make) -> None:
    room = ruled([HOLD])
    name = await take_in(room, ARTICLE)
    posts = {post.channel: post for post in room.app.ledger.posts.list_posts(article_id=name)}
    assert posts["none"].state is PostState.SCHEDULED
    now = room.later(minutes=1)
    change = ArticleChange(name, "site", "edited", Item(ARTICLE.guid), ARTICLE, now, 0, None)
    pending(room, change)
    room.app.__dict__["reader"] = Reads(DEADLY)
    assert await room.app.changes.process_changes("site") == 3
    for post in room.app.ledger.posts.list_posts(article_id=name):
        assert "dead" in post.parts[0].text
        assert str(post.held_for) == "numbers of dead are checked (rule 1 of site)"
        assert post.approval >= 1
    assert any(line.startswith("rule by system: numbers of dead") for line in story(room, posts["none"]))


def test_a_preview_says_what_a_rule_would_do(ruled: Make) -> None:
    room = ruled([], [HOLD])
    composition = room.app.trial
    draft = composition.draft("none", DEADLY, composition.summarize(DEADLY))
    assert (
        "held",
        "It would be held: numbers of dead are checked (rule 1 of none).",
    ) in {(warning.code, warning.message) for warning in draft.warnings}


def test_an_article_that_begins_with_a_note_on_an_embargo_is_held(ruled: Callable[..., Desk]) -> None:
    """Also on a channel that needs no approval."""
    told = replace(ARTICLE, text=f"EMBARGOED until 22:00 on Monday\n\n{ARTICLE.text}")
    [post] = ruled([]).bring("none", article=told)
    assert post.state is PostState.HELD
    assert post.held_for == Code.EMBARGO_NOTE(words="EMBARGOED until 22:00 on Monday")
    assert "embargo-note" in {warning.code for warning in post.warnings}
