"""What `check --online` finds out about sources."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import psycopg
import yaml

from newsbot.app.checking import check_online, list_lone_admins, list_shared_budgets, list_shared_targets
from newsbot.app.container import App
from newsbot.config import load
from newsbot.ports.desk import DeskPerson
from tests.conftest import create_temporary_database

QUERY = "SELECT id AS guid, title, body, url, id AS at FROM news"
BODY = "<p>The ferry between the old harbour and the island sailed on Monday for the first time.</p>"


async def remarks(folder: Path, *, private: bool, **homes: str) -> tuple[list[str], list[str]]:
    """Of a database with one article for each of ``homes``, by its name."""
    sources = {}
    for name, home in homes.items():
        with sqlite3.connect(folder / f"{name}.db") as cms:
            cms.execute("CREATE TABLE news (id INTEGER, title, body, url)")
            cms.execute("INSERT INTO news VALUES (1, 'Ferry', ?, ?)", (BODY, f"{home}/ferry"))
        url = f"sqlite:///{folder / f'{name}.db'}"
        sources[name] = {"kind": "database", "url": url, "query": QUERY, "cursor": "at"}
    config = {
        "sources": sources,
        "channels": {"out": {"kind": "console"}},
        "network": {"allow_private": private},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    app = App(load(folder / "config.yaml", environ={}))
    try:
        return await check_online(app)
    finally:
        await app.close()


async def test_a_database_whose_links_readers_cannot_open_is_told(tmp_path: Path) -> None:
    homes = {
        "own": "http://127.0.0.1:8080",
        "inner": "http://wordpress",
        "public": "https://news.example.org",
    }
    fine, problems = await remarks(tmp_path, private=False, **homes)
    assert "own: 1 article there now" in fine
    inner, own = sorted(problems)
    assert own.startswith(
        "own: posts would be held, as readers can't open their links: 127.0.0.1 is a private"
    )
    assert "network: {allow_private: true}" in own
    assert inner.startswith(
        "inner: posts would be held, as readers can't open their links: wordpress is a name"
    )
    assert "allow_private" not in inner, "that would not help"


async def test_a_site_on_this_machine_may_be_tried(tmp_path: Path) -> None:
    homes = {"own": "http://127.0.0.1:8080", "inner": "http://10.0.0.5"}
    _, problems = await remarks(tmp_path, private=True, **homes)
    assert [problem.partition(":")[0] for problem in problems] == ["inner"]


def test_channels_of_one_account_have_its_smallest_budget(tmp_path: Path) -> None:
    keys = {"consumer_key": "k", "consumer_secret": "s", "access_token_secret": "t", "approval": "none"}
    channels = {
        "en": {"kind": "x", "access_token": "111-a", "budget": {"month_usd": 50}, **keys},
        "ur": {"kind": "x", "access_token": "111-a", "budget": {"month_usd": 20}, **keys},
        "ja": {"kind": "x", "access_token": "111-a", **keys},
        "other": {"kind": "x", "access_token": "222-a", "budget": {"month_usd": 50}, **keys},
        "free": {"kind": "x", "access_token": "222-a", **keys},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"channels": channels}))
    app = App(load(tmp_path / "config.yaml", environ={}))
    told = "post to one account: together they may spend"
    assert list_shared_budgets(app) == [
        f"en, ja, ur: these channels {told} $20 a month, the smallest of their budgets",
        f"free, other: these channels {told} $50 a month, the smallest of their budgets",
    ]
    limits = {name: app.budgets[name] for name in ("en", "ur", "ja", "other", "free")}
    assert limits == {"en": 20, "ur": 20, "ja": 20, "other": 50, "free": 50}


def test_channels_that_post_to_the_same_place_are_named(tmp_path: Path) -> None:
    telegram = {"kind": "telegram", "token": "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
    channels = {
        "en": {**telegram, "chat": "@day"},
        "ur": {**telegram, "chat": "@day"},
        "other": {**telegram, "chat": "@night"},
        "one": {"kind": "console"},
        "two": {"kind": "console"},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"channels": channels}))
    app = App(load(tmp_path / "config.yaml", environ={}))
    assert list_shared_targets(app) == ["en, ur: these channels post to one place, @day: is that meant?"]


def test_a_newsroom_with_one_admin_is_told_to_have_a_second(tmp_path: Path) -> None:
    token = "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    desk = {"token": token, "people": {111: "admin", 222: "editor"}}
    config = {"channels": {"one": {"kind": "console"}}, "desk": desk}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    app = App(load(tmp_path / "config.yaml", environ={}))
    [hint] = list_lone_admins(app)
    assert hint.startswith("The desk has one admin, 111: ")
    app = App(load(tmp_path / "config.yaml", environ={}))
    app.ledger.prepare(upgrade=True)
    now = app.clock.now()
    app.ledger.desk.invite("key", "admin", by="tg:111", now=now, expires_at=now + timedelta(days=1))
    app.ledger.desk.join("key", DeskPerson(333, "Cy"), now=now)
    assert list_lone_admins(app) == []


async def test_a_database_that_may_lose_commits_is_told(tmp_path: Path, postgres: str) -> None:
    with create_temporary_database(postgres) as url:
        config = {"database": url, "channels": {"out": {"kind": "console"}}}
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
        for setting, words in (("off", "no commit waits for the server's disk"), ("on", "it answers")):
            with psycopg.connect(url, autocommit=True) as session:
                name = session.info.dbname
                session.execute(f"ALTER DATABASE {name} SET synchronous_commit = {setting}".encode())
            app = App(load(tmp_path / "config.yaml", environ={}))
            told, problems = await check_online(app)
            await app.close()
            assert any(line.startswith(f"database: {words}") for line in told)
            assert problems == []
