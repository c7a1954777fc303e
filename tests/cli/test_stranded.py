"""A channel that is renamed while a post waits on it: said by each command, and mended by move."""

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
RENAMED = CONFIG.replace("first:", "second:").replace("approval: none", "approval: one")
ARTICLE = "Night ferry returns\n\nThe night ferry sails again from Monday, after four winters.\n"


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, str]:
    """A newsroom whose channel was renamed while a post waited on it, and that post's id."""
    folder: Path = tmp_path_factory.mktemp("renamed")
    (folder / "articles").mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "ferry.txt").write_text(ARTICLE)
    desk = Desk(folder)
    ran = desk.run("post", "ferry.txt", "--json")
    assert ran.returncode == 0, ran.stderr
    posts = json.loads(desk.run("queue", "--json").stdout)
    (folder / "config.yaml").write_text(RENAMED)
    return desk, posts[0]["id"]


def test_every_command_that_looks_says_what_is_stranded(moved: tuple[Desk, str]) -> None:
    desk, post = moved
    line = (
        f"first: config.yaml has no channel first any more: 1 post waits ({post}): newsbot move ID --channel"
    )
    checked = desk.run("check")
    assert checked.returncode == 1
    assert line in checked.stderr
    assert "is fine" not in checked.stdout
    assert json.loads(desk.run("check", "--json").stdout)["stranded"][0].startswith(line)
    once = desk.run("run", "--once")
    assert once.returncode == 0, once.stderr
    assert line in once.stderr
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
    unknown = desk.run("move", post, "--channel", "third")
    assert unknown.returncode == 1
    assert "there is no channel 'third'" in unknown.stderr
    ran = desk.run("move", post, "--channel", "second", "--json")
    assert ran.returncode == 0, ran.stderr
    new = json.loads(ran.stdout)
    assert (new["channel"], new["state"]) == ("second", "held")
    assert json.loads(desk.run("show", post, "--json").stdout)["state"] == "cancelled"
    checked = desk.run("check")
    assert checked.returncode == 0, checked.stderr
    assert "is fine" in checked.stdout
