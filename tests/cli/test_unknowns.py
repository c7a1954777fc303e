"""What a person's word on an unknown is answered with, and what of it the ledger keeps."""

import json
from datetime import timedelta

import pytest

from newsbot.ledger import open_ledger
from newsbot.model import Article, Failure, PostEvent
from newsbot.ports import ClaimTerms
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from tests.ledger.exchanges import claim_next, settle_call

from .conftest import Desk


@pytest.fixture
def unknown(desk: Desk) -> str:
    """The id of a post whose call was cut two hours ago."""
    [post] = desk.held(1)
    ledger, now = open_ledger(f"sqlite:///{desk.folder / 'newsbot.db'}"), SystemClock().now()
    called = now - timedelta(hours=2)
    ledger.posts.approve(post.id, by="cli:ana", now=called, due_at=called, reason=Code.TIME_SET())
    claim_next(ledger.delivery, "telegram-main", ClaimTerms(), now=called, lease=timedelta(minutes=1))
    settle_call(
        ledger.delivery, post.id, PostEvent.LOSE, Failure("unknown", Code.TEXT(words="cut")), now=called
    )
    ledger.close()
    return post.id


def test_what_was_seen_without_its_link_names_the_option_that_keeps_one(desk: Desk, unknown: str) -> None:
    ran = desk.run("resolve", unknown, "sent")
    assert "--remote-id" in ran.stdout, ran.stderr
    shown = json.loads(desk.run("show", unknown, "--json").stdout)
    assert shown["state"] == "sent"
    assert shown["sent_at"] < shown["timeline"][-1]["at"]  # when it was called, not when it was told


def test_what_is_not_out_goes_again_now_or_once_its_channel_sends(desk: Desk, unknown: str) -> None:
    desk.run("pause", "telegram-main")
    assert "newsbot resume telegram-main" in desk.run("resolve", unknown, "not-sent").stdout


def test_a_retry_of_an_unknown_says_to_look_first(desk: Desk, unknown: str) -> None:
    assert f"can't be retried: it may be out: look first, then newsbot resolve {unknown}" in (
        desk.run("retry", unknown).stderr
    )


def test_an_article_is_shown_by_its_address_as_by_its_id(desk: Desk) -> None:
    ledger = open_ledger(f"sqlite:///{desk.folder / 'newsbot.db'}")
    ledger.prepare(upgrade=True)
    article = Article("g", "Text.", title="Ferry", url="https://example.org/ferry")
    article_id = ledger.articles.add_article("cli", article, now=SystemClock().now())
    ledger.close()
    assert desk.run("show", "https://example.org/ferry").stdout == desk.run("show", article_id).stdout != ""
    assert desk.run("show", "https://example.org/bridge").returncode == 1


def test_a_configuration_that_is_not_there_is_the_only_mistake(desk: Desk) -> None:
    (desk.folder / "templates").mkdir()
    (desk.folder / "templates" / "telegram.html.j2").write_text("{{ broken")
    ran = desk.run("--config", "nowhere.yaml", "check")
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1), ran.stderr
