"""A wrong prefix of a WordPress's tables is answered with those that are there."""

import uuid
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from newsbot.errors import SourceError
from newsbot.sources.database.source import DatabaseSettings, DatabaseSource
from tests.sources.database.cms import Cms
from tests.sources.database.conftest import create_mariadb_cms
from tests.sources.database.test_address import TABLES, published, structured, wordpress

__all__ = ["wordpress"]

GRANTED = ("postmeta", "terms", "term_taxonomy", "term_relationships")


async def say_failure(url: str, prefix: str) -> str:
    settings = DatabaseSettings(kind="database", url=SecretStr(url), preset="wordpress", prefix=prefix)
    source = DatabaseSource("cms", settings, None, None)
    try:
        with pytest.raises(SourceError) as caught:
            await source.poll({})
        with pytest.raises(SourceError):
            await source.examine()
    finally:
        await source.close()
    return str(caught.value)


async def test_a_wrong_prefix_is_answered_with_the_right_ones(wordpress: Cms) -> None:
    for statement in TABLES.split(";\n"):
        wordpress.run(statement.replace("wp_", "blog_2_"))
    wordpress.run("CREATE TABLE shop_posts (ID BIGINT)")
    for prefix in ("press_", "wp"):
        said = await say_failure(wordpress.url, prefix)
        assert f"begin with {prefix}; those of a WordPress begin with blog_2_, wp_: set prefix" in said


async def test_a_database_without_a_wordpress_says_so(mariadb: str) -> None:
    for cms in create_mariadb_cms(mariadb):
        said = await say_failure(cms.url, "wp_")
        assert "sees no tables of a WordPress, whether with wp_ or not" in said


@pytest.fixture
def reader(wordpress: Cms) -> Iterator[str]:
    """The address for an account with the grants of docs/wordpress.md."""
    name = f"newsbot_{uuid.uuid4().hex[:10]}"
    url = make_url(wordpress.url)
    wordpress.run(f"CREATE USER '{name}'@'127.0.0.1' IDENTIFIED BY 'word'")
    for grant in (
        "SELECT ON {}.wp_posts",
        *(f"SELECT ON {{}}.wp_{table}" for table in GRANTED),
        "SELECT (ID, display_name, user_nicename) ON {}.wp_users",
        "SELECT (option_name, option_value) ON {}.wp_options",
    ):
        wordpress.run(f"GRANT {grant.format(url.database)} TO '{name}'@'127.0.0.1'")
    yield url.set(username=name, password="word").render_as_string(hide_password=False)
    wordpress.run(f"DROP USER '{name}'@'127.0.0.1'")


async def test_an_account_that_sees_few_tables_is_told_the_prefix_too(wordpress: Cms, reader: str) -> None:
    assert "those of a WordPress begin with wp_" in await say_failure(reader, "press_")
    structured(wordpress, "/%postname%/")
    published(wordpress, 1, "ferry")
    settings = DatabaseSettings(kind="database", url=SecretStr(reader), preset="wordpress")
    source = DatabaseSource("cms", settings, None, None)
    assert len((await source.poll({})).items) == 1
    await source.close()
