"""Times on the command line: read back, refused with 2 and one line, taken with --yes where they ask."""

from datetime import datetime

import pytest

from newsbot.ledger import open_ledger
from tests.cli.conftest import Desk


@pytest.fixture
def post(desk: Desk) -> str:
    (post,) = desk.held(1)
    return post.id


def due(desk: Desk, post: str) -> datetime:
    ledger = open_ledger(f"sqlite:///{desk.folder / 'newsbot.db'}")
    try:
        return ledger.posts.get_post(post).due_at
    finally:
        ledger.close()


def test_move_reads_the_new_time_back(desk: Desk, post: str) -> None:
    done = desk.run("move", post, "+90m")
    assert done.returncode == 0, done.stderr
    assert ", due " in done.stdout
    assert " UTC: " in done.stdout


REFUSED = {
    "9999-12-31 23:59": "'9999-12-31 23:59' is over a hundred years ahead",
    "in 1 minute": "which is two minutes away or less: add --yes if that is right",
    "+800d": ", over a year ahead: add --yes if that is right",
}


def test_what_is_no_time_or_asks_changes_nothing_and_yes_takes_what_asks(desk: Desk, post: str) -> None:
    before = due(desk, post)
    for time, words in REFUSED.items():
        refused = desk.run("move", post, time)
        assert refused.returncode == 2
        assert words in refused.stderr
        assert refused.stderr.startswith("newsbot: ")
        assert refused.stderr.count("\n") == 1
    assert desk.run("move", post, "9999-12-31 23:59", "--yes").returncode == 2
    assert due(desk, post) == before
    assert desk.run("move", post, "+800d", "--yes").returncode == 0
    assert due(desk, post) > before


def test_an_embargo_asks_too(desk: Desk, post: str) -> None:
    assert desk.run("embargo", post, "+800d").returncode == 2
    done = desk.run("embargo", post, "+800d", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Nothing of it goes out before " in done.stdout


def test_post_asks_before_it_looks_at_the_article(desk: Desk) -> None:
    refused = desk.run("post", "nowhere.md", "--at", "in 1 minute")
    assert refused.returncode == 2
    assert "add --yes if that is right; now and +1m need none" in refused.stderr
    (desk.folder / "ferry.md").write_text("# The ferry\n\nIt runs again on Monday, said the mayor.\n")
    done = desk.run("post", "ferry.md", "--at", "in 1 minute", "--yes")
    assert done.returncode == 0, done.stderr
    assert "The time that was set: " in done.stdout
