"""One set of posts per article is the database's own rule, and an upgrade brings what is there under it."""

import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from newsbot.ledger import ids, migrations, open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.serialization import encode_article, fingerprint, legacy_address_key
from newsbot.model import Article, Item, PostEvent
from newsbot.ports import NewAction, PollResult
from tests.ledger.exchanges import record_poll
from tests.ledger.making import HOUR, LEASE, NOW, new_post
from tests.newsroom.sources import body

WORDS = body(1)


def taken_in(ledger: Ledger, guid: str, source: str, *, url: str | None = None, words: str = WORDS) -> str:
    item = Item(guid, url, "Title", text=words)
    record_poll(ledger.sources, source, PollResult(NOW + HOUR, take=(item,)), now=NOW)
    [found] = ledger.articles.claim_found(source, now=NOW, lease=LEASE)
    read = Article(guid, words, url, "Title")
    ledger.articles.store_read_article(found.article_id, read, [new_post("tg"), new_post("x")], now=NOW)
    return found.article_id


def test_the_database_refuses_a_second_set_of_posts(ledger: Ledger) -> None:
    first, twin = taken_in(ledger, "a", "one"), taken_in(ledger, "b", "two")
    assert [post.article_id for post in ledger.posts.list_posts()] == [first, first]
    root, number = ids.article_number(first), ids.article_number(twin)
    columns = (
        "channel, kind, revision, state, parts, warnings, due_at, created_at, approval, reason, attempts"
    )
    again = f"INSERT INTO post (article_id, root, {columns}) SELECT {{}}, {columns} FROM post WHERE id = 1"
    for article, whose in ((number, root), (root, "NULL"), (root, root)):
        with pytest.raises(IntegrityError), ledger._database._engine.begin() as tx:
            tx.execute(text(again.format(f"{article}, {whose}")))
    assert len(ledger.posts.list_posts()) == 2


def test_a_person_repeats_an_article_from_whatever_source_as_a_later_revision(ledger: Ledger) -> None:
    first, twin = taken_in(ledger, "a", "one"), taken_in(ledger, "b", "two")
    [again] = ledger.posts.queue_posts(twin, [new_post("tg")], now=NOW, again=True)
    assert (again.article_id, again.revision) == (twin, 2)
    by_hand = ledger.articles.add_article(
        "by hand", Article("c", WORDS, "https://x.example/c", "Other"), now=NOW
    )
    with pytest.raises(Exception, match=f"post {ledger.posts.list_posts(article_id=first)[0].id}"):
        ledger.posts.queue_posts(by_hand, [new_post("x")], now=NOW, again=False)


def test_what_is_composed_late_of_a_twin_is_not_posted_again(ledger: Ledger) -> None:
    taken_in(ledger, "a", "one")
    twin = taken_in(ledger, "b", "two")
    assert (
        ledger.articles.add_posts(twin, [new_post("tg"), new_post("third")], now=NOW, failure=None)[0].channel
        == "third"
    )
    assert len(ledger.posts.list_posts(channel="tg")) == 1


def test_a_taken_down_article_does_not_come_back_under_another_name(ledger: Ledger) -> None:
    first = taken_in(ledger, "a", "one", url="https://news.example/a?id=1")
    for post in ledger.posts.list_posts():
        ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=NOW)
    down = NewAction("takedown", first, by="cli:ana", block=True, seen=ledger.posts.list_posts())
    ledger.actions.perform_action(down, now=NOW)
    before = len(ledger.posts.list_posts())
    for guid, url in (
        ("b", "http://www.news.example/a/amp?id=1&utm_source=x"),
        ("c", "https://else.example/"),
    ):
        kept = ledger.articles.get_article(taken_in(ledger, guid, "two", url=url))
        assert kept.state == "recorded"
        assert "taken down" in str(kept.note)
        assert kept.title is None
    assert len(ledger.posts.list_posts()) == before


# ---------------------------------------------------------------- an upgrade


def at_revision(url: str, revision: str) -> Ledger:
    """A database as an older newsbot made it."""
    ledger = open_ledger(url)
    with ledger._database.write() as tx:
        config = Config(attributes={"connection": tx})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        command.upgrade(config, revision)
    return ledger


def insert(ledger: Ledger, table: str, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f":{name}" for name in values)
    with ledger._database.write(notify=False) as tx:
        tx.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def old_article(ledger: Ledger, number: int, url: str, same_as: int | None, words: str) -> None:
    article = Article(f"g{number}", words, url, "Title", published_at=NOW)
    at = int(NOW.timestamp()) * 10**6
    given: dict[str, Any] = {"source": f"s{number}", "guid_key": fingerprint(f"g{number}"), "url": url}
    given |= {"url_key": legacy_address_key(url), "state": "ready", "title": "Title", "same_as": same_as}
    given |= {"article": json.dumps(encode_article(article))}
    insert(ledger, "article", **given, first_sight=False, found_at=at, wake_at=at, tries=1)


def old_post(ledger: Ledger, article: int) -> None:
    at = int(NOW.timestamp()) * 10**6
    given = {"article_id": article, "channel": "tg", "kind": "console", "revision": 1, "state": "sent"}
    given |= {"parts": "[]", "warnings": "[]", "due_at": at, "created_at": at, "sent_at": at}
    insert(ledger, "post", **given, approval=0, reason="at once", attempts=1)


def test_an_upgrade_makes_chains_one_article_and_no_old_one_new(bare_url: str) -> None:
    """Three in a chain, two of them posted: what the mistake that this mends has left."""
    ledger = at_revision(bare_url, "0008")
    for number, same_as in ((1, None), (2, 1), (3, 2)):
        old_article(ledger, number, f"https://News.example/{number}/?utm_source=rss", same_as, WORDS)
    for article in (1, 1 + 2, 2):
        old_post(ledger, article)
    old_article(ledger, 4, "https://news.example/4?b=1&a=2", None, body(4))
    insert(ledger, "channel", name="tg", state="active", probes=0)
    insert(
        ledger,
        "blocked",
        url_key=legacy_address_key("https://news.example/4?b=1&a=2"),
        article_id=4,
        by="cli:ana",
        at=0,
    )
    ledger.prepare(upgrade=True)
    assert [(post.article_id, post.revision) for post in ledger.posts.list_posts(oldest_first=True)] == [
        (ids.article_id(1), 1),
        (ids.article_id(3), 2),
        (ids.article_id(2), 3),
    ]
    with ledger._database.read() as tx:
        assert tx.execute(text("SELECT same_as FROM article ORDER BY id")).scalars().all() == [
            None,
            1,
            1,
            None,
        ]
    assert ledger.articles.find_article(url="http://www.news.example/1")
    assert ledger.actions.is_blocked(url="http://www.news.example/4?a=2&b=1")
    assert ledger.actions.is_blocked(url="https://news.example/4?b=1&a=2")
    for guid, url in (("n1", "https://news.example/1"), ("n2", "https://new-name.example/quay")):
        taken_in(ledger, guid, f"source {guid}", url=url)
    assert [post.channel for post in ledger.posts.list_posts() if post.state != "sent"] == ["x"], (
        "it never was on x"
    )
    ledger.close()


def test_an_empty_ledger_is_upgraded_too(bare_url: str) -> None:
    ledger = at_revision(bare_url, "0008")
    ledger.prepare(upgrade=True)
    taken_in(ledger, "a", "one")
    assert len(ledger.posts.list_posts()) == 2
    ledger.close()
