"""A query of one's own, on real databases: each row is noticed once, whatever its writers do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsbot.errors import SourceError
from newsbot.sources.database.connection import DatabaseConnection
from tests.sources.database.cms import QUERY, Cms, Watch, ago


@asynccontextmanager
async def watching(cms: Cms, **keys: Any) -> AsyncIterator[Watch]:
    """A source that has had its first sight."""
    watch = Watch(cms.url, keys)
    try:
        await watch.poll()
        yield watch
    finally:
        await watch.close()


async def test_first_sight_knows_every_row_and_reads_the_newest(cms: Cms) -> None:
    for number in range(40):
        cms.insert(number, published=ago(hours=number), changed=ago(hours=number))
    watch = Watch(cms.url)
    poll = await watch.source.poll({})
    await watch.close()
    assert [item.guid for item in poll.items] == [str(number) for number in range(20)]
    assert poll.past == {str(number) for number in range(40)}
    assert poll.new_selection


async def test_a_row_is_handed_over_once_and_again_when_it_changes(cms: Cms) -> None:
    async with watching(cms) as watch:
        cms.insert(1, words="Sport, Politics", address="https://example.org/1")
        assert await watch.poll() == ["1"]
        assert await watch.poll() == []
        item = watch.items["1"]
        assert (item.title, item.html, item.url) == ("Title 1", "<p>Body.</p>", "https://example.org/1")
        assert item.tags == ("Sport", "Politics")
        assert item.published_at is not None
        assert abs(item.published_at - datetime.now(UTC)) < timedelta(minutes=5)
        cms.run("UPDATE articles SET content = 'New.', changed = :at WHERE id = 1", at=ago())
        assert await watch.poll() == ["1"]
        assert watch.items["1"].html == "New."


async def test_categories_have_a_column_of_their_own_and_are_among_the_tags(cms: Cms) -> None:
    query = QUERY.replace(" FROM", ", state AS categories FROM")
    async with watching(cms, query=query) as watch:
        cms.insert(1, words="Sport, Politics", state="live")
        assert await watch.poll() == ["1"]
        item = watch.items["1"]
        assert (item.categories, item.tags) == (("live",), ("live", "Sport", "Politics"))


async def test_equal_times_and_rows_that_come_late_are_seen(cms: Cms) -> None:
    async with watching(cms) as watch:
        at = ago(minutes=1)
        cms.insert(1, changed=at)
        assert await watch.poll() == ["1"]
        cms.insert(2, changed=at)
        cms.insert(3, changed=ago(minutes=50))
        assert sorted(await watch.poll()) == ["2", "3"]
        assert await watch.poll() == []


async def test_one_writer_whose_clock_runs_ahead_hides_no_other(cms: Cms) -> None:
    async with watching(cms) as watch:
        cms.insert(1, changed=ago(hours=-30))
        assert await watch.poll() == ["1"]
        cms.insert(2, changed=ago(minutes=30))
        assert await watch.poll() == ["2"]


async def test_what_leaves_or_is_no_longer_published_is_gone(cms: Cms) -> None:
    async with watching(cms) as watch:
        for number in (1, 2, 3):
            cms.insert(number)
        await watch.poll()
        cms.run("UPDATE articles SET state = 'draft', changed = :at WHERE id = 1", at=ago())
        await watch.poll()
        assert watch.gone == ["1"]
        cms.run("DELETE FROM articles WHERE id = 2")
        await watch.checked()
        assert watch.gone == ["1", "2"]
        cms.run("UPDATE articles SET state = 'published', changed = :at WHERE id = 1", at=ago())
        assert await watch.poll() == ["1"]
        await watch.checked()
        assert watch.gone == ["1", "2"]


async def test_a_draft_is_noticed_when_it_is_published(cms: Cms) -> None:
    async with watching(cms) as watch:
        cms.insert(1, state="draft")
        assert await watch.poll() == []
        cms.run("UPDATE articles SET state = 'Publish', changed = :at WHERE id = 1", at=ago())
        assert await watch.poll() == ["1"]


async def test_an_embargo_is_kept_until_it_is_over(cms: Cms) -> None:
    async with watching(cms) as watch:
        cms.insert(2, embargo=ago(hours=1))
        cms.insert(3, embargo=ago(seconds=-3))
        assert await watch.poll() == ["2"]
        for _ in range(100):
            if await watch.poll():
                break
            await asyncio.sleep(0.2)
        assert watch.given == ["2", "3"]


async def test_values_of_every_oddness_end_no_poll(cms: Cms) -> None:
    async with watching(cms) as watch:
        cms.insert(1, headline=None, content=None, published=None, words=None)
        cms.insert(2, changed=None, published=None)
        cms.insert(
            3, content="<p>Long.</p>" + '<img src="data:image/png;base64,' + 10_000_000 * "A" + '"> End.'
        )
        cms.insert(4, content="word " * 600_000)
        if cms.kind == "mysql":
            with cms.writer() as writer:
                writer.exec_driver_sql("SET SESSION sql_mode = ''")
                cms.insert(5, on=writer, changed="0000-00-00 00:00:00", published="0000-00-00 00:00:00")
                writer.commit()
        elif cms.kind == "sqlite":
            cms.run(
                "INSERT INTO articles (id, headline, changed, state) VALUES (5, CAST(X'FFFE41' AS TEXT), "
                "'2026-11-22 10:00', 'live')"
            )
        else:
            cms.insert(5, published="infinity")
        assert sorted(await watch.poll()) == ["1", "2", "3", "4", "5"]
        assert await watch.poll() == []
        assert watch.items["3"].html == '<p>Long.</p><img src=""> End.'
        assert len(watch.items["4"].html or "") == 2_000_000
        assert watch.items["5"].published_at is None
        assert watch.items["1"].title is None


async def test_guids_may_be_text_and_cursors_numbers(cms: Cms) -> None:
    key = "CAST(id AS CHAR(20))" if cms.kind == "mysql" else "CAST(id AS TEXT)"
    query = f"SELECT {key} AS guid, headline AS title, content AS body, id AS number FROM articles;"
    cms.insert(5)
    async with watching(cms, query=query, cursor="number", overlap=10) as watch:
        cms.insert(12)
        assert await watch.poll() == ["12"]
        cms.insert(3)
        assert await watch.poll() == ["3"]
        cms.run("DELETE FROM articles WHERE id = 12")
        await watch.checked()
        assert watch.gone == ["12"]


async def test_several_cursor_columns_each_count(cms: Cms) -> None:
    query = QUERY.replace("changed AS updated_at", "changed AS updated_at, id AS number")
    async with watching(cms, query=query, cursor=["number", "updated_at"], overlap="10m") as watch:
        cms.insert(5000, changed=None)
        assert await watch.poll() == ["5000"]
        cms.run("UPDATE articles SET headline = 'New', changed = :at WHERE id = 5000", at=ago())
        assert await watch.poll() == ["5000"]


@pytest.mark.parametrize(
    "write", ["INSERT INTO articles (id) VALUES (9)", "DELETE FROM articles", "DROP TABLE articles"]
)
def test_nothing_can_be_written(cms: Cms, write: str) -> None:
    cms.insert(1)
    link = DatabaseConnection(cms.url, patience=5)
    with pytest.raises(SourceError), link.view() as ask:
        ask.fetch_all(write)
    link.close()
    with cms.writer() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM articles").scalar() == 1


async def test_a_changed_schema_is_one_line_and_mended_by_itself(cms: Cms) -> None:
    async with watching(cms) as watch:
        cms.run("ALTER TABLE articles RENAME COLUMN headline TO head")
        with pytest.raises(SourceError, match="headline") as caught:
            await watch.poll()
        assert "\n" not in str(caught.value)
        cms.run("ALTER TABLE articles RENAME COLUMN head TO headline")
        cms.insert(1)
        assert await watch.poll() == ["1"]


async def test_a_query_without_a_needed_column_says_which(cms: Cms) -> None:
    watch = Watch(cms.url, {"query": "SELECT id AS guid, headline FROM articles", "cursor": "guid"})
    with pytest.raises(SourceError, match=r"no column title.*guid, headline"):
        await watch.poll()
    await watch.close()


async def test_a_database_that_is_away_is_one_line_without_the_password() -> None:
    watch = Watch("mysql://ana:hunter2-hunter2@127.0.0.1:9/cms")
    with pytest.raises(SourceError, match=r"127\.0\.0\.1:9/cms: .*connect.*; is it running") as caught:
        await watch.poll()
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_slow_query_is_ended_in_time_and_holds_nobody(postgres: str) -> None:
    slow = "SELECT 1 AS guid, 'x' AS title, CAST(pg_sleep(30) AS TEXT) AS body, 1 AS n"
    watch = Watch(postgres, {"query": slow, "cursor": "n", "timeout": "1s"})
    began, beats = asyncio.get_running_loop().time(), 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    beating = asyncio.create_task(beat())
    with pytest.raises(SourceError, match="took over 1 s"):
        await watch.poll()
    beating.cancel()
    await watch.close()
    assert asyncio.get_running_loop().time() - began < 25
    assert beats > 10


async def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    """And the next poll does not pile a second call on the one that hangs."""
    server = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    watch = Watch(f"mysql://ana:secret-word@127.0.0.1:{port}/cms", {"timeout": "1s"})
    hanging = asyncio.create_task(watch.poll())
    await asyncio.sleep(0.2)
    with pytest.raises(SourceError, match="not answered the last poll"):
        await watch.poll()
    server.close()
    with pytest.raises(SourceError, match=r"127\.0\.0\.1"):
        await hanging
