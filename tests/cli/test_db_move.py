"""`newsbot db move URL` on the command line: what it prints, how it ends, and what it hides."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.conftest import create_temporary_database

from .conftest import CONFIG, Desk, Run, build_in_process_runner

PASSWORD = "sekret-word"
ARTICLE = "Ferry line opens again\n\nThe ferry sails from noon on Monday, after four winters.\n"


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (desk.folder / "article.txt").write_text(ARTICLE)
    desk.environ["PGPASS"] = PASSWORD
    return build_in_process_runner(desk, monkeypatch, capsys)


@pytest.fixture
def target(postgres: str) -> Iterator[str]:
    """An empty database's address, with a password."""
    with create_temporary_database(postgres) as url:
        yield make_url(url).set(password=PASSWORD).render_as_string(hide_password=False)


def read_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_it_prints_each_table_and_then_what_to_change(run: Run, desk: Desk, target: str) -> None:
    [post] = desk.held(1)
    secret = target.replace(PASSWORD, "${PGPASS}")
    code, said, wrong = run("db", "move", secret)
    assert (code, wrong) == (0, "")
    lines = said.splitlines()
    assert "copied post: 1 row in " in said
    assert "compared all tables: " in lines[-3]
    shown = target.replace(f":{PASSWORD}", "")
    assert lines[-2].startswith(f"The ledger is at {shown} now. ")
    assert lines[-1] == f"In config.yaml, write `database: {secret}`, then start newsbot."
    again = run("db", "move", target)
    assert again[0] == 0
    assert (
        again[1].splitlines()[-1].startswith(f"In config.yaml, write `database: {shown.split('@')[0]}:***@")
    )
    (desk.folder / "config.yaml").write_text(f"database: {secret}\n{CONFIG}")
    assert run("approve", post.id)[0] == 0
    assert [each["state"] for each in json.loads(run("queue", "--json")[1])] == ["scheduled"]
    assert PASSWORD.encode() not in read_files(desk.folder)


def test_the_moved_ledger_is_shown_with_a_line_and_takes_no_command(
    run: Run, desk: Desk, target: str
) -> None:
    [post] = desk.held(1)
    run("db", "move", target)
    for command in (("status",), ("queue", "--json"), ("show", post.id), ("db", "check")):
        code, said, wrong = run(*command)
        assert code == 0
        assert said
        assert wrong.startswith("newsbot: this is the ledger as it was before it was moved to postgresql://")
        assert wrong.count("\n") == 1
    commands = (
        ("approve", post.id),
        ("cancel", post.id),
        ("post", "article.txt"),
        ("pause", "telegram-main"),
        ("run", "--once"),
        ("run",),
    )
    for command in commands:
        code, said, wrong = run(*command)
        assert (code, said) == (1, ""), command
        assert " was moved to postgresql://" in wrong
        assert wrong.endswith(": write that address as `database` in config.yaml\n")
        assert wrong.count("\n") == 1
    assert [each["state"] for each in json.loads(run("queue", "--json")[1])] == ["held"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/db", "a ledger is moved to PostgreSQL"),
        ("newsbot", "a ledger is moved to PostgreSQL"),
        ("sqlite:///other.db", "a ledger is moved to PostgreSQL"),
        ("postgresql://u:${NOT_THERE}@host/db", "the environment variable NOT_THERE is not set"),
        ("file:secret.txt", "the file 'secret.txt' can't be read"),
        (f"postgresql://u:{PASSWORD}@host:port/db", "a ledger is moved to PostgreSQL"),
    ],
)
def test_what_is_no_address_is_wrong_usage(run: Run, desk: Desk, url: str, words: str) -> None:
    desk.held(1)
    code, said, wrong = run("db", "move", url)
    assert (code, said) == (2, "")
    assert words in wrong
    assert PASSWORD not in wrong


def test_a_server_that_is_not_there_is_one_line_without_the_password(run: Run, desk: Desk) -> None:
    desk.held(1)
    code, said, wrong = run("db", "move", f"postgresql://newsbot:{PASSWORD}@127.0.0.1:1/newsbot")
    assert (code, said) == (1, "")
    assert "can't be reached" in wrong
    assert wrong.count("\n") == 1
    assert PASSWORD not in wrong
    assert run("queue")[0] == 0
    assert run("pause", "telegram-main")[0] == 0


def test_an_address_in_a_file(run: Run, desk: Desk, target: str) -> None:
    desk.held(1)
    (desk.folder / "url.txt").write_text(f"{target}\n")
    code, said, _ = run("db", "move", "file:url.txt")
    assert code == 0
    assert said.splitlines()[-1] == "In config.yaml, write `database: file:url.txt`, then start newsbot."
