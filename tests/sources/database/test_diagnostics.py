"""What `check --online` says of indices is so, whatever the planner does with a table of two rows."""

import pytest

from tests.sources.database.cms import QUERY, Cms, Watch
from tests.sources.database.test_address import published, structured, wordpress

__all__ = ["wordpress"]


async def told(cms: Cms, **keys: object) -> list[str]:
    watch = Watch(cms.url, dict(keys))
    try:
        lines, wrong = await watch.source.examine()
    finally:
        await watch.close()
    assert wrong == []
    return lines


async def test_a_small_table_without_an_index_has_none(cms: Cms) -> None:
    for number in (1, 2):
        cms.insert(number)
    lines = await told(cms)
    few = "no index of articles serves updated_at; for its few rows it needs none, for more: "
    assert f"{few}CREATE INDEX newsbot_changed ON articles (changed)" in lines
    assert "an index serves guid" in lines  # the primary key
    cms.run("CREATE INDEX newsbot_changed ON articles (changed)")
    assert "an index serves updated_at" in await told(cms)


async def test_an_index_that_has_the_column_behind_another_serves_nothing(cms: Cms) -> None:
    cms.insert(1)
    cms.run("CREATE INDEX behind ON articles (published, changed)")
    assert any("no index of articles serves updated_at" in line for line in await told(cms))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (QUERY.replace("articles", "articles AS a").replace("changed", "a.changed"), "an index serves"),
        (QUERY.replace("changed AS", "COALESCE(changed, published) AS"), "polls by updated_at read few rows"),
    ],
)
async def test_a_value_that_the_query_makes_has_no_index(cms: Cms, query: str, said: str) -> None:
    cms.insert(1)
    cms.run("CREATE INDEX newsbot_changed ON articles (changed)")
    assert any(said in line for line in await told(cms, query=query))


async def test_a_wordpress_of_two_posts_has_no_index_for_edits(wordpress: Cms) -> None:
    structured(wordpress, "/%postname%/")
    for number in (1, 2):
        published(wordpress, number, f"post-{number}")
    none = "no index of wp_posts serves post_modified_gmt"
    assert any(none in line for line in await told(wordpress, preset="wordpress"))
    wordpress.run("CREATE INDEX newsbot ON wp_posts (post_modified_gmt)")
    assert "an index serves post_modified_gmt" in await told(wordpress, preset="wordpress")
