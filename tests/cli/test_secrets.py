"""Commands need only the secrets that they use."""

import json

import pytest

from newsbot.ledger import open_ledger
from newsbot.model import Article, Draft, Part, PostState
from newsbot.ports import NewPost
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock

from .conftest import Desk, Run, build_in_process_runner

CONFIG = """\
sources:
  drop: {kind: folder, path: articles/}
  cms: {kind: database, url: "${CMS_URL}", preset: wordpress}
channels:
  telegram-main: {kind: telegram, token: "${TELEGRAM_TOKEN}", chat: "@example", approval: two}
  x-main:
    kind: x
    consumer_key: ${X_KEY}
    consumer_secret: ${X_KEY}
    access_token: ${X_KEY}
    access_token_secret: ${X_KEY}
desk:
  token: ${DESK_TOKEN}
  people: {111: admin}
"""
ARTICLE = "Ferry line opens again\n\nThe ferry sails from noon on Monday, after four winters.\n"


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """In a shell that has no secret at all."""
    (desk.folder / "config.yaml").write_text(CONFIG)
    (desk.folder / "article.txt").write_text(ARTICLE)
    desk.environ.clear()
    for name in ("CMS_URL", "TELEGRAM_TOKEN", "X_KEY", "DESK_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return build_in_process_runner(desk, monkeypatch, capsys)


def state(desk: Desk, post_id: str) -> PostState:
    ledger = open_ledger(f"sqlite:///{desk.folder / 'newsbot.db'}")
    ledger.prepare(upgrade=True)
    found = ledger.posts.get_post(post_id).state
    ledger.close()
    return found


def test_looking_and_what_an_editor_does_in_the_ledger_need_none(desk: Desk, run: Run) -> None:
    posts = desk.held(3, approval=2)
    article = posts[0].article_id
    for arguments in (
        ("status",),
        ("queue",),
        ("show", posts[0].id),
        ("approve", posts[0].id),
        ("move", posts[0].id, "+2h"),
        ("now", posts[0].id),
        ("edit", posts[1].id, "--text", "Other words"),
        ("cancel", posts[2].id),
        ("embargo", article, "+3h"),
        ("pause", "telegram-main"),
        ("resume", "all"),
        ("fix", article, "Text", "Words", "--dry-run"),
        ("block", "cms", "--dry-run"),
        ("takedown", article),
    ):
        code, said, wrong = run(*arguments)
        assert (code, wrong) == (0, ""), arguments
        assert said
    assert [state(desk, post.id) for post in posts] == [
        PostState.CANCELLED,
        PostState.HELD,
        PostState.CANCELLED,
    ]


def test_how_many_approve_a_post_is_known_without_its_channels_token(desk: Desk, run: Run) -> None:
    [post] = desk.held(1, approval=2)
    _, said, _ = run("approve", post.id)
    assert "1 more person has to approve it" in said
    assert state(desk, post.id) is PostState.HELD


def test_a_post_is_composed_with_the_secrets_of_its_channels_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, wrong = run("post", "article.txt", "--channel", "telegram-main")
    assert code == 2
    assert "TELEGRAM_TOKEN is not set" in wrong
    assert wrong.count("\n") == 1, wrong
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:secret-token")
    code, said, wrong = run("post", "article.txt", "--channel", "telegram-main", "--json")
    assert (code, wrong) == (0, "")
    [post] = json.loads(said)
    code, _, wrong = run("move", post["id"], "--channel", "x-main")
    assert code == 2
    assert "X_KEY is not set" in wrong


def test_a_source_is_asked_for_its_own_secret_where_it_is_read(
    desk: Desk, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:secret-token")
    monkeypatch.setenv("X_KEY", "1-secret-key")
    (desk.folder / "articles" / "ferry.txt").write_text(ARTICLE)
    code, said, wrong = run("fetch", "drop")
    assert (code, wrong) == (0, "")
    assert "Ferry line opens again" in said
    code, _, wrong = run("fetch", "cms")
    assert code == 1
    assert "CMS_URL is not set" in wrong
    code, _, wrong = run("preview", "http://127.0.0.1:9/article")
    assert "cms is not asked for it, as the environment variable CMS_URL is not set" in wrong
    ledger, now = open_ledger(f"sqlite:///{desk.folder / 'newsbot.db'}"), SystemClock().now()
    ledger.prepare(upgrade=True)
    ledger.articles.add_article("cms", Article("7", "Text.", "http://127.0.0.1:9/article"), now=now)
    ledger.close()
    code, _, wrong = run("post", "http://127.0.0.1:9/article")
    assert code == 2
    assert "sources.cms.url: the environment variable CMS_URL is not set" in wrong


def test_a_service_and_check_name_every_secret_that_is_missing(run: Run) -> None:
    for arguments in (("run", "--once"), ("check",)):
        code, _, wrong = run(*arguments)
        assert code == 2
        assert {name for name in ("CMS_URL", "TELEGRAM_TOKEN", "X_KEY", "DESK_TOKEN") if name in wrong} == {
            "CMS_URL", "TELEGRAM_TOKEN", "X_KEY", "DESK_TOKEN"
        }  # fmt: skip


def test_a_channel_whose_chat_is_unknown_is_asked_for_it_where_that_counts(desk: Desk, run: Run) -> None:
    config = desk.folder / "config.yaml"
    config.write_text(CONFIG.replace('chat: "@example"', 'chat: "${CHAT}"'))
    [post] = desk.held(1, approval=2)
    assert run("queue")[0] == 0
    code, _, wrong = run("edit", post.id, "--text", "Other words")
    assert code == 2
    assert "CHAT is not set" in wrong
    assert state(desk, post.id) is PostState.HELD


def test_where_a_post_goes_is_not_in_doubt_without_its_channels_secrets(desk: Desk, run: Run) -> None:
    """X's account is told by its token alone."""
    ledger, now = open_ledger(f"sqlite:///{desk.folder / 'newsbot.db'}"), SystemClock().now()
    ledger.prepare(upgrade=True)
    draft = Draft("x-main", "x", (Part("text", 4, 280),), target="x:123")
    article = ledger.articles.add_article("cli", Article("g", "Text.", title="Ferry"), now=now)
    [post] = ledger.posts.queue_posts(
        article, [NewPost(draft, now, None, None, 1, Code.APPROVAL())], now=now, again=False
    )
    ledger.close()
    _, said, wrong = run("status")
    assert f"{post.id} on x-main waits for an approval" in said
    assert (wrong, "posts to" in said) == ("", False)
    assert run("approve", post.id)[0] == 0
    assert state(desk, post.id) is PostState.SCHEDULED
