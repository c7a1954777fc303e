"""Every command with what is not there, is over, or fits two: it says so in a line, and does nothing."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from newsbot.cli import app as commands
from newsbot.ledger import open_ledger
from newsbot.model import PostState
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock

from .conftest import CONFIG, Desk, Run, build_in_process_runner

MISSING_POST, MISSING_ARTICLE = "aah3", "a-aawp"
"""Ids with their right check characters, of an empty ledger."""

POSTS = {
    "show": (),
    "approve": (),
    "cancel": (),
    "edit": ("--text", "Other words"),
    "now": (),
    "move": ("+1h",),
    "retry": (),
    "skip": (),
    "resolve": ("sent",),
    "withdraw": (),
    "embargo": ("+1h",),
}
ARTICLES = {
    "fix": ("4.2", "2.4"),
    "correct": ("--text", "Another text"),
    "takedown": (),
    "embargo": ("+1h",),
    "show": (),
}
CHANNELS = {
    "posts": ("--channel", "{}"),
    "pause": ("{}",),
    "resume": ("{}",),
    "post": ("article.txt", "--channel", "{}"),
    "preview": ("article.txt", "--channel", "{}"),
}
SOURCES = ("block", "unblock")
OTHERS = {"run", "init", "check", "schema", "db", "fetch", "queue", "status", "demo", "sandbox"}


@pytest.fixture
def newsroom(tmp_path: Path) -> Desk:
    more = "  telegram-ur: {kind: console}\n  x-main: {kind: console}\n"
    sources = "  drop: {kind: folder, path: articles/}\n  drop-ur: {kind: folder, path: articles/}\n"
    text = CONFIG.replace("  drop: {kind: folder, path: articles/}\n", sources) + more
    (tmp_path / "config.yaml").write_text(text)
    (tmp_path / "articles").mkdir()
    (tmp_path / "article.txt").write_text("Ferry line opens again\n\nThe ferry sails from noon.\n")
    return Desk(tmp_path)


@pytest.fixture
def run(newsroom: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return build_in_process_runner(newsroom, monkeypatch, capsys)


def test_the_table_has_every_command() -> None:
    group = get_command(commands)
    assert isinstance(group, TyperGroup)
    known = set(group.commands)
    assert known == {*POSTS, *ARTICLES, *CHANNELS, *SOURCES, *OTHERS}


@pytest.mark.parametrize("ref", [MISSING_POST, "nothing", "zzzz"])
@pytest.mark.parametrize("name", POSTS)
def test_a_post_that_is_not_there(run: Run, name: str, ref: str) -> None:
    code, said, wrong = run(name, ref, *POSTS[name])
    assert (code, said) == (1, "")
    assert f"there is no post '{ref}'" in wrong
    assert wrong.count("\n") == 1


@pytest.mark.parametrize("ref", [MISSING_ARTICLE, "a-zzzz"])
@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_that_is_not_there(run: Run, name: str, ref: str) -> None:
    code, said, wrong = run(name, ref, *ARTICLES[name])
    assert (code, said) == (1, "")
    assert "there is no article" in wrong
    assert ref in wrong
    assert wrong.count("\n") == 1


@pytest.mark.parametrize("name", [name for name in POSTS if name != "show"])
def test_a_post_that_is_over(run: Run, newsroom: Desk, name: str) -> None:
    [post] = newsroom.held(1)
    ledger = open_ledger(f"sqlite:///{newsroom.folder / 'newsbot.db'}")
    ledger.prepare(upgrade=True)
    ledger.posts.cancel_all([post.id], by="cli:ana", now=SystemClock().now(), detail=Code.TEXT(words=""))
    code, _, wrong = run(name, post.id, *POSTS[name])
    assert ledger.posts.get_post(post.id).state is PostState.CANCELLED
    ledger.close()
    if name == "embargo":  # it is the article's, and holds whatever is queued later
        assert code == 0
        return
    assert code == 1
    assert post.id in wrong
    assert "cancelled" in wrong


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channels_part(run: Run, name: str) -> None:
    code, said, wrong = run(name, *(each.format("telegram") for each in CHANNELS[name]))
    assert (code, said) == (2, "")
    flat = " ".join(wrong.replace("│", " ").split())
    assert "'telegram' fits telegram-main, telegram-ur: write more of the channel's name" in flat
    code, _, wrong = run(name, *(each.format("nowhere") for each in CHANNELS[name]))
    assert code == 2
    assert "there is no channel 'nowhere'" in wrong
    code, said, wrong = run(name, *(each.format("x") for each in CHANNELS[name]))
    assert code == 0, wrong
    assert "x-main" in said or name == "posts"


def test_a_post_moves_to_a_part_of_a_channels_name(run: Run, newsroom: Desk) -> None:
    code, said, _ = run("post", "article.txt", "--channel", "x")
    assert code == 0
    ledger = open_ledger(f"sqlite:///{newsroom.folder / 'newsbot.db'}")
    [post] = ledger.posts.list_posts()
    for part, wrong in (("telegram", "fits telegram-main, telegram-ur"), ("nowhere", "there is no channel")):
        code, said, complained = run("move", post.id, "--channel", part)
        assert (code, said) == (1, "")
        assert wrong in complained
    code, said, _ = run("move", post.id, "--channel", "ur")
    assert code == 0
    assert "on telegram-ur is held, due " in said
    ledger.close()


@pytest.mark.parametrize("name", SOURCES)
def test_a_sources_part(run: Run, name: str) -> None:
    code, _, wrong = run(name, "dro")
    assert code == 1
    assert "'dro' fits drop, drop-ur: write more of the source's name" in wrong
    code, _, wrong = run(name, "nowhere")
    assert code == 1
    assert "there is no source 'nowhere'" in wrong


PRIVATE = "http://127.0.0.1:9/article"


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("post", PRIVATE), []),
        (("fetch", PRIVATE), ["--allow-private"]),
        (("preview", PRIVATE), ["--allow-private"]),
        (("init", "new", "--site", PRIVATE), ["--allow-private"]),
    ],
)
def test_a_private_address_is_refused_with_what_this_command_can_do(
    run: Run, arguments: tuple[str, ...], options: list[str]
) -> None:
    code, _, wrong = run(*arguments)
    assert code == 1
    assert "set network.allow_private: true" in wrong
    assert re.findall(r"--[a-z-]+", wrong) == options
