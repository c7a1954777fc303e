"""The preset wordpress, on a real one; the long form is `make bench ARGS="--only cms"`."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsbot.sources.database.connection import DatabaseConnection
from newsbot.sources.database.scan import CursorState, RowId
from newsbot.sources.database.source import DatabaseSettings
from newsbot.sources.database.wordpress import Site, WordPressCategory, WordPressRowSource, permalink
from tests.sources.database.cms import Watch
from tests.sources.database.wp import Site as WordPress
from tests.sources.database.wp import missing, site


@pytest.fixture(scope="module")
def wordpress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    if why := missing():
        pytest.skip(why)
    with site(tmp_path_factory.mktemp("wordpress")) as one:
        yield one


async def news(watch: Watch) -> list[str]:
    """What was not handed over before as it is now: what is fresh is read once more some seconds later."""
    before = dict(watch.items)
    return [guid for guid in await watch.poll() if before.get(guid) != watch.items[guid]]


@pytest.mark.slow
async def test_each_act_is_noticed_once_as_what_it_was(wordpress: WordPress) -> None:
    """In threads, as the tool and its PHP take their time."""
    soon = datetime.now(UTC) + timedelta(hours=2)
    old, later = await asyncio.to_thread(
        wordpress.publish,
        {"title": "Old", "content": "Before newsbot came."},
        {"title": "Later", "content": "x", "status": "future", "date_gmt": f"{soon:%Y-%m-%dT%H:%M:%SZ}"},
    )
    watch = Watch(wordpress.database, {"preset": "wordpress"})
    await watch.poll()
    assert watch.given == [old["guid"]]

    whole, second, backdated = await asyncio.to_thread(
        wordpress.publish,
        {
            "title": "Town & country",
            "content": "<!-- wp:paragraph --><p>Hello.</p><!-- /wp:paragraph -->",
            "excerpt": "In short",
            "author": "Ana Ayub",
            "categories": ["News & views"],
            "tags": ["tram"],
            "image_alt": "A tram",
        },
        {"title": "In the same second", "content": "y", "direct": True},
        {"title": "Backdated", "content": "z", "date_gmt": "2026-01-02T03:04:05Z"},
    )
    second["guid"] += f"#{second['id']}"  # by its slug, which another may have had
    assert sorted(await news(watch)) == sorted(post["guid"] for post in (whole, second, backdated))
    item = watch.items[whole["guid"]]
    assert (item.title, item.url, item.author) == ("Town & country", whole["permalink"], "Ana Ayub")
    assert item.image is not None
    assert (item.image.alt, item.image.url.startswith(wordpress.url)) == ("A tram", True)
    assert (item.tags, item.categories, item.summary) == (
        ("News & views", "tram"),
        ("News & views",),
        "In short",
    )
    assert watch.items[backdated["guid"]].published_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert await news(watch) == []

    due = "UPDATE wp_posts SET post_date = :local, post_date_gmt = :gmt WHERE ID = :id"
    now = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=5)
    wordpress.sql.run(due, local=now + timedelta(hours=5), gmt=now, id=later["id"])
    wordpress.sql.run("UPDATE wp_posts SET post_status = 'publish' WHERE ID = :id", id=later["id"])
    assert await news(watch) == [later["guid"]]

    await asyncio.to_thread(wordpress.edit, whole["id"], title="Town and country")
    await asyncio.to_thread(wordpress.edit, second["id"], status="draft")
    await asyncio.to_thread(wordpress.trash, backdated["id"])
    assert await news(watch) == [whole["guid"]]
    assert set(watch.gone) - {later["guid"]} == {second["guid"], backdated["guid"]}  # it waited, once
    await asyncio.to_thread(wordpress.edit, old["id"], content="Mended.")
    assert old["guid"] in await watch.poll()
    await watch.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE wp_posts SET post_content = CONCAT(post_content, '.') WHERE ID = :id",
        "INSERT INTO wp_term_relationships (object_id, term_taxonomy_id) VALUES (:id, 4711)",
        "INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (:id, '_thumbnail_id', '4711')",
    ],
)
def test_what_comes_in_the_same_second_is_seen(wordpress: WordPress, change: str) -> None:
    """No column of the row tells it; and what does not change is not read again."""
    (post,) = wordpress.publish({"title": "Twice", "content": "x", "direct": True})
    settings = {"kind": "database", "url": wordpress.database, "preset": "wordpress"}
    rows = WordPressRowSource(DatabaseSettings.model_validate(settings))
    link, memory = DatabaseConnection(wordpress.database, patience=5), CursorState()

    def marks() -> dict[RowId, str]:
        with link.view() as ask:
            low = ask.now().replace(tzinfo=None) - timedelta(hours=1)
            return {key.id: key.mark for key in rows.find_moved(ask, memory, [low]).keys}

    with link.view() as ask:
        rows.begin(ask, memory, newest=1)
    wordpress.sql.run("UPDATE wp_posts SET post_modified_gmt = UTC_TIMESTAMP() WHERE ID = :id", id=post["id"])
    before = marks()[post["id"]]
    assert marks()[post["id"]] == before
    assert post["id"] not in marks()
    wordpress.sql.run(change, id=post["id"])
    assert marks()[post["id"]] != before
    link.close()


@pytest.mark.slow
async def test_a_post_that_is_inserted_with_an_old_date_is_noticed_whole(wordpress: WordPress) -> None:
    """Its time of modification is as old."""
    watch = Watch(wordpress.database, {"preset": "wordpress"})
    await watch.poll()
    old = {"title": "Long ago", "content": "z", "date_gmt": "2026-01-02T03:04:05Z", "direct": True}
    with wordpress.editor() as editor:
        post = {**old, "tags": ["tram"], "image_alt": "A tram"}
        publishing = asyncio.create_task(asyncio.to_thread(editor.publish, post))
        async with asyncio.timeout(60):
            while not (now := [item for item in watch.items.values() if item.title == "Long ago"]):
                await watch.poll()
        told = await publishing
    (item,) = now
    assert item.guid == f"{told['guid']}#{told['id']}"
    assert (item.image and item.image.alt, "tram" in item.tags) == ("A tram", True)
    await watch.checked()
    assert watch.given.count(item.guid) == 1
    await watch.close()


@pytest.mark.slow
async def test_a_scheduled_post_is_handed_over_by_the_first_poll_after_its_time(wordpress: WordPress) -> None:
    """It was whole before, so that nothing is waited for."""
    watch = Watch(wordpress.database, {"preset": "wordpress"})
    with wordpress.editor() as editor:
        await asyncio.to_thread(editor.publish, {"title": "PHP is ready", "content": "x"})
        await watch.poll()
        at = datetime.now(UTC) + timedelta(hours=2)
        post = {
            "title": "In time",
            "content": "z",
            "status": "future",
            "date_gmt": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        }
        told = await asyncio.to_thread(editor.publish, post)
        assert told["status"] == "future"
        assert told["guid"] not in await watch.poll()
        wordpress.fall_due(told["id"])
        await asyncio.to_thread(editor.due, told["id"])
    poll = await watch.source.poll(watch.cursor)
    assert told["guid"] in {item.guid for item in poll.items}
    await watch.close()


@pytest.mark.slow
async def test_without_an_index_an_edit_of_an_old_post_is_found_some_polls_later(
    wordpress: WordPress,
) -> None:
    wordpress.bulk(16_000)
    watch = Watch(wordpress.database, {"preset": "wordpress", "every": "10s"})
    await watch.poll()
    first = min(wordpress.sql.column("SELECT ID FROM wp_posts WHERE post_name LIKE 'bulk-%'"))
    edit = "UPDATE wp_posts SET post_title = 'Mended', post_modified_gmt = UTC_TIMESTAMP() WHERE ID = :id"
    await watch.poll()
    for number in (first, first + 10_500, first + 15_900):
        wordpress.sql.run(edit, id=number)
    polls = 0
    while sum(item.title == "Mended" for item in watch.items.values()) < 3:
        polls += 1
        assert polls < 5
        await watch.poll()
    assert await news(watch) == []
    await watch.close()


POST: dict[str, Any] = {
    "ID": 7,
    "post_type": "post",
    "post_name": "tram",
    "post_date": datetime(2026, 3, 4, 5, 6, 7),  # noqa: DTZ001  as WordPress keeps it
    "user_nicename": "ana",
}
CATEGORIES = {3: WordPressCategory(3, 0, "news", "News"), 5: WordPressCategory(5, 3, "city", "City")}


@pytest.mark.parametrize(
    ("structure", "changes", "address"),
    [
        ("", {}, "/?p=7"),
        ("/%postname%/", {}, "/tram/"),
        ("/%year%/%monthnum%/%day%/%post_id%", {}, "/2026/03/04/7"),
        ("/%category%/%postname%/", {}, "/news/city/tram/"),
        ("/index.php/%author%/%hour%%minute%%second%/", {}, "/index.php/ana/050607/"),
        ("/%postname%/", {"post_type": "page"}, "/about/us/tram/"),
        ("", {"post_type": "page"}, "/?page_id=7"),
        ("/%postname%/", {"post_type": "event"}, "/?post_type=event&p=7"),
    ],
)
def test_addresses_follow_the_sites_own_structure(
    structure: str, changes: dict[str, Any], address: str
) -> None:
    one = Site("https://example.org", structure, "https://example.org/u", 3, CATEGORIES)
    assert permalink(one, {**POST, **changes}, [5], ["about", "us"]) == f"https://example.org{address}"


@pytest.mark.slow
async def test_what_was_in_the_trash_at_first_sight_comes_when_it_is_published(wordpress: WordPress) -> None:
    """By whatever way, and also where WordPress leaves the trash's name on it."""
    with wordpress.editor() as editor:
        edited, restored, plain = (
            editor.publish({"title": title, "content": "x", "status": "draft"})
            for title in ("Edited", "Restored", "Written by SQL")
        )
        for post in (edited, restored, plain):
            editor.trash(post["id"])
        watch = Watch(wordpress.database, {"preset": "wordpress"})
        await watch.poll()
        editor.edit(edited["id"], status="publish")
        editor.untrash(restored["id"])
        given = await news(watch)
        editor.edit(restored["id"], status="publish")
    own = "post_status = 'publish', post_modified_gmt = UTC_TIMESTAMP(), post_name = 'by-sql'"
    wordpress.sql.run(f"UPDATE wp_posts SET {own} WHERE ID = :id", id=plain["id"])
    wordpress.sql.run("DELETE FROM wp_postmeta WHERE post_id = :id", id=plain["id"])
    given += await news(watch)
    assert sorted(str(watch.items[guid].title) for guid in given) == ["Edited", "Restored", "Written by SQL"]
    assert "__trashed" in str(watch.items[restored["guid"]].url), "this WordPress keeps the name"
    unpublished = set(watch.cursor["own"]["before"])
    assert unpublished >= {edited["id"], restored["id"], plain["id"]}, "so they are news"
    soon = int(datetime.now(UTC).timestamp()) + 1  # WordPress notes it just before it takes the post away.
    columns, values = "(post_id, meta_key, meta_value)", "(:id, '_wp_trash_meta_time', :at)"
    wordpress.sql.run(f"INSERT INTO wp_postmeta {columns} VALUES {values}", id=edited["id"], at=soon)
    wordpress.sql.run("UPDATE wp_posts SET post_excerpt = 'x' WHERE ID = :id", id=edited["id"])
    assert await news(watch) == []
    assert edited["guid"] in watch.gone
    await watch.close()
