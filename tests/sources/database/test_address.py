"""One article of a database, asked for by its address."""

# ruff: noqa: E501  a statement stands in as few lines as it has parts

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from newsbot.reading.clean import markup_to_line
from newsbot.sources.database.source import DatabaseSettings, DatabaseSource
from tests.sources.database.cms import QUERY, Cms, ago
from tests.sources.database.conftest import create_mariadb_cms

HOME = "https://news.example.org"
URDU = "%da%a9%d8%b1%d8%a7%da%86%db%8c"  # as WordPress keeps a name that is not Latin

TABLES = """
CREATE TABLE wp_posts (ID BIGINT PRIMARY KEY AUTO_INCREMENT, post_author BIGINT DEFAULT 1, post_date DATETIME,
  post_date_gmt DATETIME, post_content LONGTEXT, post_title TEXT, post_excerpt TEXT, post_status VARCHAR(20) DEFAULT 'publish',
  post_password VARCHAR(255) DEFAULT '', post_name VARCHAR(200), post_modified_gmt DATETIME, post_parent BIGINT DEFAULT 0,
  guid VARCHAR(255) DEFAULT '', post_type VARCHAR(20) DEFAULT 'post');
CREATE TABLE wp_postmeta (meta_id BIGINT PRIMARY KEY AUTO_INCREMENT, post_id BIGINT, meta_key VARCHAR(255), meta_value LONGTEXT);
CREATE TABLE wp_users (ID BIGINT PRIMARY KEY, display_name VARCHAR(250), user_nicename VARCHAR(50));
CREATE TABLE wp_options (option_name VARCHAR(191), option_value LONGTEXT);
CREATE TABLE wp_terms (term_id BIGINT PRIMARY KEY, name VARCHAR(200), slug VARCHAR(200));
CREATE TABLE wp_term_taxonomy (term_taxonomy_id BIGINT PRIMARY KEY, term_id BIGINT, taxonomy VARCHAR(32), parent BIGINT DEFAULT 0);
CREATE TABLE wp_term_relationships (object_id BIGINT, term_taxonomy_id BIGINT);
INSERT INTO wp_users VALUES (1, 'Ana Ayub', 'ana');
INSERT INTO wp_terms VALUES (1, 'Uncategorized', 'uncategorized'), (2, 'Harbour', 'harbour');
INSERT INTO wp_term_taxonomy VALUES (1, 1, 'category', 0), (2, 2, 'post_tag', 0)
"""


@pytest.fixture
def wordpress(mariadb: str) -> Iterator[Cms]:
    """As WordPress lays its tables, with as much as is read of them."""
    for cms in create_mariadb_cms(mariadb):
        for statement in TABLES.split(";\n"):
            cms.run(statement)
        yield cms


def structured(cms: Cms, structure: str) -> None:
    cms.run("DELETE FROM wp_options")
    for name, value in (
        ("home", HOME),
        ("siteurl", HOME),
        ("permalink_structure", structure),
        ("default_category", "1"),
    ):
        cms.run("INSERT INTO wp_options VALUES (:name, :value)", name=name, value=value)


def published(cms: Cms, number: int, name: str, status: str = "publish") -> None:
    all_published(cms, {number: name}, status)


def all_published(cms: Cms, names: dict[int, str], status: str = "publish") -> None:
    """Posts by their numbers, in one transaction."""
    long_ago = ago(days=900)
    post = text(
        "INSERT INTO wp_posts (ID, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_name, "
        "post_modified_gmt, guid, post_status) VALUES (:number, '2024-03-05 10:00:00', :at, '<p>Body.</p>', :title, '', "
        ":name, :at, :guid, :status)"
    )
    term = text("INSERT INTO wp_term_relationships VALUES (:number, :term)")
    with cms.writer() as connection:
        for number, name in names.items():
            guid, title = f"{HOME}/?p={number}", f"Title {number}"
            row = {
                "number": number,
                "at": long_ago,
                "title": title,
                "name": name,
                "guid": guid,
                "status": status,
            }
            connection.execute(post, row)
            connection.execute(term, [{"number": number, "term": each} for each in (1, 2)])
        connection.commit()


async def found(cms: Cms, url: str, **keys: Any) -> tuple[str | None, tuple[str, ...], str | None] | None:
    source = DatabaseSource(
        "cms", DatabaseSettings(kind="database", url=SecretStr(cms.url), **keys), None, None
    )
    try:
        assert source.may_have_article(url)
        item = await source.find(url)
    finally:
        await source.close()
    return (item.title, item.tags, item.author) if item else None


@pytest.mark.parametrize(
    ("structure", "url"),
    [
        ("/%year%/%monthnum%/%day%/%postname%/", f"{HOME}/2024/03/05/ferry/"),
        ("/%year%/%monthnum%/%postname%/", "http://www.news.example.org/2024/03/ferry?utm_source=x#comments"),
        ("/%postname%/", f"{HOME}/ferry/amp/"),
        ("/archives/%post_id%", f"{HOME}/archives/77"),
        ("/%category%/%postname%/", f"{HOME}/uncategorized/ferry/"),
        ("", f"{HOME}/?p=77"),
    ],
)
async def test_an_old_wordpress_post_is_found_by_its_address(
    wordpress: Cms, structure: str, url: str
) -> None:
    """Far below the newest, which is all that a first poll brings."""
    structured(wordpress, structure)
    published(wordpress, 77, "ferry")
    all_published(wordpress, {number: f"other-{number}" for number in range(100, 140)})
    assert await found(wordpress, url, preset="wordpress") == ("Title 77", ("Harbour",), "Ana Ayub")
    assert await found(wordpress, f"{HOME}/2024/03/05/no-such-ferry/", preset="wordpress") is None
    elsewhere = f"http://localhost:8080{url.partition('example.org')[2]}"
    assert (await found(wordpress, elsewhere, preset="wordpress") or ())[:1] == ("Title 77",)


@pytest.mark.parametrize("path", ["کراچی", URDU, URDU.upper()])
async def test_a_name_that_is_not_latin_is_found_however_it_is_escaped(wordpress: Cms, path: str) -> None:
    structured(wordpress, "/%postname%/")
    published(wordpress, 5, URDU)
    told = await found(wordpress, f"{HOME}/{path}/", preset="wordpress")
    assert told is not None
    assert told[0] == "Title 5"


async def test_a_title_is_what_its_page_and_feed_show(wordpress: Cms) -> None:
    """A tag that somebody typed is shown nowhere; what was typed and escaped is text."""
    structured(wordpress, "/%postname%/")
    published(wordpress, 5, "ferry")
    for kept, shown in (
        ("Council <draft> approves", "Council approves"),
        ("Council &lt;draft&gt; approves", "Council <draft> approves"),
        ("Write to <info@example.org> now", "Write to now"),
        ("The <em>Elbe</em> &amp; AT&T", "The Elbe & AT&T"),
        ("Profit 3 < 5 and <5% of it", "Profit 3 < 5 and <5% of it"),
    ):
        wordpress.run("UPDATE wp_posts SET post_title = :kept", kept=kept)
        told = await found(wordpress, f"{HOME}/ferry/", preset="wordpress")
        assert told is not None
        assert markup_to_line(told[0] or "") == shown


@pytest.mark.parametrize("status", ["draft", "future", "private", "trash"])
async def test_what_is_not_published_is_not_found(wordpress: Cms, status: str) -> None:
    structured(wordpress, "/%postname%/")
    published(wordpress, 5, "ferry", status)
    assert await found(wordpress, f"{HOME}/ferry/", preset="wordpress") is None


async def test_a_row_of_a_query_is_found_by_its_address(cms: Cms) -> None:
    cms.insert(1, address=f"{HOME}/ferry/", words="Sea, Harbour")
    cms.insert(2, address=f"{HOME}/night", embargo=ago(hours=-2))
    cms.insert(3, address=f"{HOME}/draft", state="draft")
    own = {"query": QUERY, "cursor": ("updated_at",), "timezone": "UTC"}
    told = await found(cms, f"{HOME}/ferry", **own)
    assert told is not None
    assert told[0] == "Title 1"
    assert await found(cms, f"{HOME.replace('https', 'http')}/night", **own) is None, "its embargo holds"
    assert await found(cms, f"{HOME}/draft", **own) is None
    assert await found(cms, f"{HOME}/ferry/2", **own) is None


async def test_a_row_is_found_by_whatever_host_and_escapes_its_address_has(cms: Cms) -> None:
    cms.insert(1, address=f"{HOME}/{URDU}/")
    cms.insert(2, address=f"{HOME.replace('//', '//www.')}/a_b%2Fc")
    cms.insert(3, address=f"{HOME}/axb%2Fc")
    cms.insert(4, address=f"{HOME}/story?id=4")
    own = {"query": QUERY, "cursor": ("updated_at",), "timezone": "UTC"}
    for address, title in (
        ("http://localhost:8080/کراچی", "Title 1"),
        (f"https://news.example.com/{URDU.upper()}?utm_source=x", "Title 1"),
        (f"{HOME}/a_b%2Fc", "Title 2"),
        ("http://10.0.0.5/story?id=4", "Title 4"),
    ):
        assert (await found(cms, address, **own) or ())[:1] == (title,), address
    assert await found(cms, "http://localhost:8080/", **own) is None
