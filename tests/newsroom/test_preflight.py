"""Posts are checked again shortly before they are sent; what a person approved knowingly goes out."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsbot.app.container import App
from newsbot.config import load
from newsbot.model import Article, Post, PostState, PostWarning
from newsbot.reasons import WarningCode
from tests.newsroom.desk import ARTICLE, Desk, desk, story

GONE = PostWarning("page_status", WarningCode.PAGE_STATUS(status="404 Not Found"))
LOGIN = PostWarning("wall", WarningCode.PAGE_ASKS_LOGIN())
SLOW = PostWarning("page_status", WarningCode.PAGE_SLOW(n=5))
CARD = PostWarning("no_card_image", WarningCode.CARD_WITHOUT_IMAGE(name="og:image"))


class Pages:
    """The PageChecks port over one page, which has the warnings ``found`` and counts who asks."""

    def __init__(self, *found: PostWarning) -> None:
        self.found = found
        self.asked = 0
        self.seconds = 0.0

    async def check(self, article: Article) -> tuple[PostWarning, ...]:
        assert article.url
        self.asked += 1
        await asyncio.sleep(self.seconds)
        return self.found


def open_desk(folder: Path, url: str, pages: Pages, *hold: str) -> Desk:
    def more(settings: dict[str, Any]) -> None:
        settings["preflight"] = {"hold": list(hold)}

    room = desk(folder, url, more)
    room.app.page_checker = pages
    return room


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def room(tmp_path: Path, url: str, pages: Pages) -> Any:
    """A newsroom where a page's status and a login hold posts."""
    found = open_desk(tmp_path, url, pages, "page_status", "wall")
    yield found
    found.app.ledger.close()


def get(room: Desk, post: Post) -> Post:
    return room.app.ledger.posts.get_post(post.id)


async def look(room: Desk) -> None:
    await room.app.preflight.check_due_posts()


def in_ten_minutes(room: Desk) -> datetime:
    return room.clock.now() + timedelta(minutes=10)


async def test_what_was_found_before_holds_the_post_when_it_is_queued(room: Desk, pages: Pages) -> None:
    pages.found = (GONE, CARD)
    await room.app.submission.prepare(ARTICLE, ())
    [post] = room.bring("none")
    assert (post.state, post.approval) == (PostState.HELD, 1)
    assert (
        str(post.held_for)
        == "the warning page_status: The article's page answers with the status 404 Not Found."
    )
    assert set(post.warnings) >= {GONE, CARD}


async def test_a_page_that_was_taken_down_in_between_holds_the_post(room: Desk, pages: Pages) -> None:
    await room.app.submission.prepare(ARTICLE, ())
    [post] = room.bring("none", at=in_ten_minutes(room))
    pages.found = (GONE,)
    await look(room)
    assert (get(room, post).state, pages.asked) == (PostState.SCHEDULED, 1)
    room.later(minutes=8, seconds=1)
    await look(room)
    assert (get(room, post).state, pages.asked) == (PostState.HELD, 2)
    assert story(room, post)[-1].startswith(
        "held by system: the warning page_status: The article's page answers with"
    )


async def test_a_person_who_knows_the_warning_lets_the_post_go(room: Desk, pages: Pages) -> None:
    pages.found = (GONE,)
    await room.app.submission.prepare(ARTICLE, ())
    [post] = room.bring("none", at=in_ten_minutes(room))
    room.app.approvals.approve(post.id, "cli:ana")
    for _ in range(5):
        room.later(minutes=2)
        await look(room)
        assert get(room, post).state is PostState.SCHEDULED
    assert pages.asked > 1
    pages.found = (GONE, LOGIN)
    room.later(minutes=1)
    await look(room)
    assert str(get(room, post).held_for) == f"the warning wall: {LOGIN.message}"


async def test_what_no_rule_holds_is_only_noted(tmp_path: Path, url: str, pages: Pages) -> None:
    room = open_desk(tmp_path, url, pages, "canonical")
    pages.found = (GONE,)
    [post] = room.bring("none", at=in_ten_minutes(room))
    room.later(minutes=8, seconds=30)
    await look(room)
    assert (get(room, post).state, GONE in get(room, post).warnings) == (PostState.SCHEDULED, True)
    assert story(room, post)[-1] == f"checked by system: {GONE.message}"
    pages.found = ()
    room.later(minutes=1)
    await look(room)
    assert get(room, post).warnings == post.warnings
    assert story(room, post)[-1] == "checked by system: nothing to warn of any more"
    room.app.ledger.close()


async def test_a_slow_page_holds_nothing(room: Desk, pages: Pages) -> None:
    pages.found = (SLOW,)
    [post] = room.bring("none", at=in_ten_minutes(room))
    room.later(minutes=9)
    await look(room)
    assert (get(room, post).state, SLOW in get(room, post).warnings) == (PostState.SCHEDULED, True)


async def test_one_look_serves_all_posts_of_an_article(room: Desk, pages: Pages) -> None:
    pages.found = (CARD,)
    await room.app.submission.prepare(ARTICLE, ())
    posts = room.bring(at=in_ten_minutes(room))
    assert all(CARD in post.warnings for post in posts)
    room.later(minutes=9)
    await look(room)
    await look(room)
    assert pages.asked == 2


async def test_a_restart_does_not_ask_again(room: Desk, pages: Pages, tmp_path: Path) -> None:
    pages.found = (GONE,)
    await room.app.submission.prepare(ARTICLE, ())
    [post] = room.bring("none")
    later = App(load(tmp_path / "config.yaml", environ={}), clock=room.clock)
    later.page_checker = pages
    await later.preflight.check_due_posts()
    assert pages.asked == 1
    assert later.preflight.find_warnings(ARTICLE) == (GONE,)
    assert get(room, post).state is PostState.HELD
    later.ledger.close()


async def test_two_processes_do_not_ask_at_the_same_time(room: Desk, pages: Pages, tmp_path: Path) -> None:
    pages.seconds = 0.2
    room.bring("none")
    other = App(load(tmp_path / "config.yaml", environ={}), clock=room.clock)
    other.page_checker = pages
    await asyncio.gather(look(room), other.preflight.check_due_posts())
    assert pages.asked == 1
    other.ledger.close()


async def test_a_day_that_passes_while_the_post_waits_is_named(room: Desk) -> None:
    article = replace(
        ARTICLE,
        text="The council votes tomorrow on the tram line, the mayor of the town said in the evening.",
        published_at=room.clock.now(),
    )
    [post] = room.bring("none", article=article, at=room.clock.now() + timedelta(hours=1))
    assert "stale_date" not in {warning.code for warning in post.warnings}
    room.app.posts.move(post.id, room.clock.now() + timedelta(days=1), "cli:ana")
    room.later(hours=23, minutes=59)
    await look(room)
    [warning] = [each for each in get(room, post).warnings if each.code == "stale_date"]
    assert (
        warning.message == 'The article is of Mon 23 Nov: "tomorrow" means another day when the post is sent.'
    )


async def test_a_post_that_was_sent_is_not_touched_by_the_second_look(room: Desk, pages: Pages) -> None:
    [post] = room.bring("none")
    room.app.ledger.posts.cancel_all([post.id], by="cli:ana", now=room.clock.now(), detail=GONE.reason)
    await look(room)
    assert (get(room, post).state, pages.asked) == (PostState.CANCELLED, 0)


async def test_an_article_without_an_address_asks_nothing(room: Desk, pages: Pages) -> None:
    article = replace(ARTICLE, url=None)
    await room.app.submission.prepare(article, ())
    room.bring("none", article=article)
    await look(room)
    assert pages.asked == 0
