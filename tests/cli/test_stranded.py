"""A channel that is gone while a post waits on it: said by each command, and mended by move or by a start."""

import json
from pathlib import Path

import pytest

from .conftest import Desk

CONFIG = """\
sources:
  drop: {kind: folder, path: articles/}
channels:
  first: {kind: console, approval: none, schedule: {slots: ["03:33"]}}
"""
RENAMED = CONFIG.replace("first:", "second:")
REPLACED = f"{RENAMED.replace('approval: none', 'approval: one')}  third: {{kind: console, approval: none}}\n"
ARTICLE = "Night ferry returns\n\nThe night ferry sails again from Monday, after four winters.\n"


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, str]:
    """A newsroom whose channel was replaced by two while a post waited on it, and that post's id."""
    return change(tmp_path_factory.mktemp("replaced"), REPLACED)


def change(folder: Path, config: str) -> tuple[Desk, str]:
    """Queue a post, and then configure the newsroom by ``config``."""
    (folder / "articles").mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "ferry.txt").write_text(ARTICLE)
    desk = Desk(folder)
    ran = desk.run("post", "ferry.txt", "--json")
    assert ran.returncode == 0, ran.stderr
    posts = json.loads(desk.run("queue", "--json").stdout)
    (folder / "config.yaml").write_text(config)
    return desk, posts[0]["id"]


def test_every_command_that_looks_says_what_is_stranded(moved: tuple[Desk, str]) -> None:
    desk, post = moved
    line = f"config.yaml has no channel first any more: 1 post waits ({post}): newsbot move ID --channel"
    checked = desk.run("check")
    assert checked.returncode == 1
    assert line in checked.stderr
    assert "is fine" not in checked.stdout
    assert json.loads(desk.run("check", "--json").stdout)["stranded"][0].startswith(line)
    once = desk.run("run", "--once")
    assert once.returncode == 0, once.stderr
    assert line in once.stderr
    assert line in " ".join(desk.run("queue").stdout.split())
    status = desk.run("status")
    assert line in " ".join(status.stdout.split())
    [stranded] = json.loads(desk.run("status", "--json").stdout)["stranded"]
    assert (stranded["channel"], stranded["waiting"]) == ("first", [post])


def test_move_takes_it_to_another_channel(moved: tuple[Desk, str]) -> None:
    desk, post = moved
    refused = desk.run("now", post)
    assert refused.returncode == 1
    assert f"newsbot move {post} --channel NAME, or newsbot cancel {post}" in refused.stderr
    assert desk.run("move", post).returncode == 2
    assert desk.run("move", post, "+1h", "--channel", "second").returncode == 2
    unknown = desk.run("move", post, "--channel", "fourth")
    assert unknown.returncode == 1
    assert "there is no channel 'fourth'" in unknown.stderr
    ran = desk.run("move", post, "--channel", "second", "--json")
    assert ran.returncode == 0, ran.stderr
    new = json.loads(ran.stdout)
    assert (new["channel"], new["state"]) == ("second", "held")
    assert json.loads(desk.run("show", post, "--json").stdout)["state"] == "cancelled"
    checked = desk.run("check")
    assert checked.returncode == 0, checked.stderr
    assert "is fine" in checked.stdout


def test_a_post_follows_a_renamed_channel_when_newsbot_starts(tmp_path: Path) -> None:
    desk, post = change(tmp_path, RENAMED)
    why = "first is called second now, and its posts follow when newsbot starts again"
    line = f"{why}: 1 post waits ({post})"
    checked = desk.run("check")
    assert checked.returncode == 0, checked.stderr
    assert line in checked.stdout
    for command in ("queue", "status"):
        assert line in " ".join(desk.run(command).stdout.split())
    refused = desk.run("now", post)
    assert refused.returncode == 1
    assert why in refused.stderr
    for _ in range(2):
        once = desk.run("run", "--once")
        assert once.returncode == 0, once.stderr
    shown = json.loads(desk.run("show", post, "--json").stdout)
    assert shown["channel"] == "second"
    assert [event["event"] for event in shown["timeline"]].count("channel renamed") == 1
    assert "first" not in desk.run("status").stdout
    assert desk.run("now", post).returncode == 0
