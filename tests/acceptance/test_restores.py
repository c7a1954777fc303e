"""A backup that is restored, with the service and the commands as processes: none doubled, none lost."""

import json
import subprocess
from collections import Counter
from pathlib import Path
from shutil import copyfile, which

import psycopg
import pytest
from sqlalchemy import make_url

from tests.conftest import SERVER

from .newsroom import Newsroom
from .test_service import story, until

STORIES = 4


def by_hand(newsroom: Newsroom, backup: Path) -> None:
    """As people do it: with cp, or by dropping the database and making it from the dump."""
    url = newsroom.config.get("database")
    if url is None:
        copyfile(backup, newsroom.folder / "newsbot.db")
        return
    name = make_url(url).database
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
    done = subprocess.run(
        ["pg_restore", "--no-owner", f"--dbname={url}", str(backup)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def gaps(newsroom: Newsroom, gap: str) -> None:
    for channel in newsroom.config["channels"].values():
        channel["schedule"] = {"gap": gap}


def doubled(newsroom: Newsroom) -> list[str]:
    texts = [f"tg {m.text}" for m in newsroom.messages] + [f"x {t.text}" for t in newsroom.tweets]
    return [text for text, times in Counter(texts).items() if times > 1]


@pytest.fixture
def stored(kind: str, request: pytest.FixtureRequest, newsroom: Newsroom) -> Newsroom:
    """A newsroom that posts once an hour on each channel; X can be read back, the chat can't."""
    if kind == "postgresql":
        if which("pg_restore") is None:
            pytest.skip("PostgreSQL's own programs are not here")
        newsroom.config["database"] = request.getfixturevalue("postgres_url")
    gaps(newsroom, "1h")
    newsroom.config["channels"]["tg"]["read_back"] = "off"
    newsroom.site.stories = [story(n) for n in range(STORIES)]
    return newsroom


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "how"), [("sqlite", "by hand"), ("postgresql", "db restore")])
async def test_a_restored_backup_doubles_and_loses_nothing(stored: Newsroom, how: str) -> None:
    """The other two, and a hundred posts, are in `make chaos ARGS="--only restore"`."""
    newsroom, backup = stored, stored.folder / "saved"
    assert (await newsroom.run("run", "--once")).status == 0
    assert len(newsroom.messages) == len(newsroom.tweets) == 1  # the gap keeps the others
    assert (await newsroom.run("db", "backup", str(backup))).status == 0
    waiting = [post["id"] for post in (await newsroom.run("queue", "--json")).json]
    gaps(newsroom, "0s")
    assert (await newsroom.run("now", *waiting)).status == 0  # a person hurries what was due later
    service = await newsroom.start("run")
    await until(lambda: len(newsroom.messages) == len(newsroom.tweets) == STORIES)
    if how == "db restore":
        refused = await newsroom.run("db", "restore", str(backup))
        assert refused.status == 1
        assert "stop" in refused.err
    await newsroom.stop(service)
    newsroom.site.stories.append(story(7))  # while nothing runs
    if how == "by hand":
        by_hand(newsroom, backup)
        checked = await newsroom.run("db", "check")
        assert "restored from a backup" in checked.err
    else:
        restored = await newsroom.run("db", "restore", str(backup))
        assert restored.status == 0, restored.err
        assert "may be out already" in restored.err

    service = await newsroom.start("run")
    listed = await settled(newsroom)
    shown = await newsroom.run("status")
    ended = await newsroom.stop(service)
    assert "was restored from a backup" in ended.err
    assert "was restored from a backup" in shown.out
    assert doubled(newsroom) == []
    # X is looked at, and its posts are found; the chat's wait for a person, and so does the article that was
    # published while nothing ran: the lost ledger may have posted it.
    assert {state for (channel, state) in listed if channel == "x"} <= {"sent", "unknown"}
    assert listed["x", "sent"] == STORIES
    assert listed["x", "unknown"] == 1
    assert listed["tg", "sent"] + listed["tg", "unknown"] == STORIES + 1
    assert listed["tg", "unknown"] >= 1
    assert len(newsroom.messages) == len(newsroom.tweets) == STORIES


async def settled(newsroom: Newsroom) -> Counter[tuple[str, str]]:
    """How many posts of each channel are in which state, once all of X's but the newest are found."""
    listed: Counter[tuple[str, str]] = Counter()
    for _ in range(40):
        posts = json.loads((await newsroom.run("posts", "--json")).out)
        listed = Counter((post["channel"], post["state"]) for post in posts)
        if listed["x", "sent"] == STORIES and listed["x", "unknown"]:
            break
    return listed


async def test_a_new_article_goes_out_after_a_restore_and_a_person_settles_the_rest(
    newsroom: Newsroom,
) -> None:
    newsroom.config["channels"]["tg"]["read_back"] = "off"
    del newsroom.config["channels"]["x"]
    newsroom.site.stories = [story(1)]
    newsroom.config["channels"]["tg"]["approval"] = "one"
    assert (await newsroom.run("run", "--once")).status == 0
    backup = newsroom.folder / "saved"
    assert (await newsroom.run("db", "backup", str(backup))).status == 0
    [held] = (await newsroom.run("queue", "--json")).json
    assert (await newsroom.run("approve", held["id"])).status == 0
    assert (await newsroom.run("run", "--once")).status == 0
    assert len(newsroom.messages) == 1

    by_hand(newsroom, backup)
    again = await newsroom.run("run", "--once")
    assert again.status == 0
    assert "may be out already" in again.err
    refused = await newsroom.run("approve", held["id"])
    assert refused.status == 1
    assert (await newsroom.run("status", "--json")).json["restored"]["waiting"] == 1
    newsroom.config["channels"]["tg"]["approval"] = "none"
    newsroom.site.stories.append(story(2))
    assert (await newsroom.run("run", "--once")).status == 0
    assert len(newsroom.messages) == 2
    assert (await newsroom.run("resolve", held["id"], "sent")).status == 0
    assert "restored" not in (await newsroom.run("status", "--json")).json
    assert len(newsroom.messages) == 2
