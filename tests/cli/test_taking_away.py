"""What is taken away is shown, a person at a terminal answers first, and it is public until it is gone."""

import json
import os
import pty
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Post, PostState
from newsbot.ports import PollResult
from newsbot.scheduling.clock import SystemClock
from tests.ledger.exchanges import record_poll
from tests.ledger.making import add, new_post, sent

from .conftest import Desk, Run, build_in_process_runner

LINK = "https://t.me/example/0"


@dataclass
class Newsroom:
    """``type_in`` runs a command on a terminal where that is typed; what the terminal shows, and the rest."""

    desk: Desk
    run: Run
    type_in: Callable[..., tuple[int, str, str]]

    def sent(self) -> Post:
        """A post that is out."""
        ledger, now = self.ledger(), SystemClock().now()
        [post] = add(
            ledger, new_post("telegram-main", due_at=now), guid=f"g{len(ledger.posts.list_posts())}", now=now
        )
        sent(ledger, "telegram-main", now=now)
        record_poll(ledger.sources, "drop", PollResult(now), now=now)
        ledger.close()
        return post

    def ledger(self) -> Ledger:
        ledger = open_ledger(f"sqlite:///{self.desk.folder / 'newsbot.db'}")
        assert isinstance(ledger, Ledger)
        ledger.prepare(upgrade=True)
        return ledger

    def state(self, post: Post) -> PostState:
        ledger = self.ledger()
        state = ledger.posts.get_post(post.id).state
        ledger.close()
        return state


@pytest.fixture
def newsroom(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Newsroom:
    run = build_in_process_runner(desk, monkeypatch, capsys)

    def type_in(typed: str, *arguments: str) -> tuple[int, str, str]:
        mine, theirs = pty.openpty()
        os.write(mine, typed.encode())
        with monkeypatch.context() as terminal:
            terminal.setattr(sys, "stdin", os.fdopen(theirs, encoding="utf-8", closefd=False))
            terminal.setattr(sys, "stderr", os.fdopen(os.dup(theirs), "w", encoding="utf-8"))
            code, said, _ = run(*arguments)
            sys.stderr.close()
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # Linux says so where the other end is closed
            while some := os.read(mine, 65536):
                shown += some
        os.close(mine)
        return code, said, shown.decode().removeprefix(typed.replace("\n", "\r\n"))

    return Newsroom(desk, run, type_in)


def asked(name: str, post: Post) -> tuple[str, str]:
    """The command, and what it is about."""
    return name, {"takedown": post.article_id, "withdraw": post.id, "block": "drop"}[name]


@pytest.mark.parametrize("name", ["takedown", "withdraw"])
def test_a_person_sees_what_goes_and_answers_first(newsroom: Newsroom, name: str) -> None:
    post = newsroom.sent()
    code, said, shown = newsroom.type_in("n\n", *asked(name, post))
    assert (code, said) == (1, "")
    assert f"{post.id} on telegram-main is sent: Title" in shown
    assert LINK in shown
    assert "nothing was changed" in shown
    assert newsroom.state(post) is PostState.SENT
    code, said, shown = newsroom.type_in("y\n", *asked(name, post))
    assert code == 0
    assert "waits to be taken away" in said
    assert newsroom.state(post) is PostState.WITHDRAWN


def test_a_fix_names_the_article_and_each_post_that_it_changes(newsroom: Newsroom) -> None:
    post = newsroom.sent()
    for options in (("--dry-run",), ()):
        code, said, wrong = newsroom.run("fix", post.article_id, "text", "words", *options)
        assert (code, wrong) == (0, "")
        assert said.startswith(f"Title ({post.article_id})\n{post.id} on telegram-main ")


def test_a_source_is_blocked_after_its_posts_were_shown(newsroom: Newsroom) -> None:
    newsroom.sent()
    code, said, shown = newsroom.type_in("n\n", "block", "drop")
    assert (code, said) == (1, "")
    assert "drop would be polled no more. Posts that wait and would be cancelled: 0." in shown
    assert "is polled no more" in newsroom.type_in("y\n", "block", "drop")[1]


@pytest.mark.parametrize("name", ["takedown", "withdraw", "block"])
def test_a_dry_run_shows_what_goes_and_changes_nothing(newsroom: Newsroom, name: str) -> None:
    post = newsroom.sent()
    code, said, wrong = newsroom.run(*asked(name, post), "--dry-run")
    assert (code, wrong) == (0, "")
    assert "would be" in said
    assert (LINK in said) is (name != "block")
    code, said, wrong = newsroom.run(*asked(name, post), "--dry-run", "--json")
    assert (code, wrong) == (0, "")
    assert [each["id"] for each in json.loads(said)] == ([post.id] if name != "block" else [])
    assert newsroom.state(post) is PostState.SENT
    assert newsroom.run("unblock", "drop")[0] == 1, "it was not blocked"


@pytest.mark.parametrize("name", ["takedown", "withdraw", "block"])
def test_a_script_is_not_asked_nor_is_who_says_yes(newsroom: Newsroom, name: str) -> None:
    post = newsroom.sent()
    assert newsroom.type_in("", *asked(name, post), "--yes")[2] == ""
    assert (newsroom.state(post) is PostState.WITHDRAWN) is (name != "block")
    other = newsroom.sent()
    assert newsroom.run(*asked(name, other))[0] == 0
    assert (newsroom.state(other) is PostState.WITHDRAWN) is (name != "block")


def test_what_is_done_already_is_reported_without_a_question(newsroom: Newsroom) -> None:
    post = newsroom.sent()
    assert newsroom.run("takedown", post.article_id)[0] == 0
    code, said, shown = newsroom.type_in("", "takedown", post.article_id)
    assert (code, shown) == (0, "")
    assert "waits to be taken away" in said


def test_who_takes_it_away_is_said_as_it_is(newsroom: Newsroom) -> None:
    post = newsroom.sent()
    assert "No service runs now: newsbot run takes away what waits" in newsroom.run("withdraw", post.id)[1]
    fixed = newsroom.sent()
    assert (
        "No service runs now: newsbot run makes the calls"
        in newsroom.run("fix", fixed.article_id, "text", "words")[1]
    )
    service = newsroom.ledger()
    service.acquire_instance_lock()
    assert "The running service takes away what waits" in newsroom.run("takedown", post.article_id)[1]
    service.close()


def test_an_address_that_was_never_posted_says_so(newsroom: Newsroom) -> None:
    code, said, _ = newsroom.run("takedown", "https://example.org/never", "--dry-run")
    assert code == 0
    assert "We never posted https://example.org/never" in said


def test_until_it_is_gone_it_is_said_to_be_public(newsroom: Newsroom) -> None:
    post = newsroom.sent()
    assert newsroom.run("takedown", post.article_id)[0] == 0
    _, said, _ = newsroom.run("show", post.id)
    assert f"is still public at {LINK}: its deletion was asked for at" in said
    assert "No service runs now: newsbot run does it" in said
    [pending] = json.loads(newsroom.run("show", post.id, "--json")[1])["pending"]
    assert (pending["what"], pending["state"], pending["url"]) == ("delete", "due", LINK)
    assert f"{post.id}: its deletion was asked for, and it is still public" in newsroom.run("posts")[1]

    assert newsroom.run("withdraw", post.id, "--by-hand")[0] == 0
    assert "still public" not in newsroom.run("show", post.id)[1]
    assert json.loads(newsroom.run("show", post.id, "--json")[1])["pending"] == []
    assert "still public" not in newsroom.run("posts")[1]
