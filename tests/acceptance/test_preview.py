"""A preview is the post: with what the article's source says of it, also where its page does not."""

from typing import Any

from aiohttp import web

from .newsroom import Newsroom, Story

TEMPLATE = """\
{{ title | fit }}{% for tag in tags %} {{ tag | hashtag }}{% endfor %}
by {{ author }} of {{ source }}
{{ link }}
"""
FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Site</title>
<item><title>The ferry sails again</title><link>{url}/story-1?utm_source=rss</link>
<guid isPermaLink="false">1</guid>
<category>Harbour</category><category>Uncategorized</category><dc:creator>Ana Ayub</dc:creator>
<enclosure url="{url}/ferry.jpg" type="image/jpeg" length="9000"/>
<content:encoded>&lt;p&gt;The night ferry sails again from Monday, the port said.&lt;/p&gt;</content:encoded>
</item></channel></rss>"""
BODY = "<p>The night ferry sails again from Monday, the port said.</p>" * 3
STORY = Story("story-1", "The ferry sails again", BODY)


def with_feed(newsroom: Newsroom) -> None:
    """A feed that says more of the article than its page does."""

    async def feed(_request: web.Request) -> web.Response:
        return web.Response(text=FEED.format(url=newsroom.site.url), content_type="application/rss+xml")

    newsroom.site.feed = feed
    newsroom.site.stories = [STORY]
    (newsroom.folder / "templates").mkdir()
    (newsroom.folder / "templates" / "x.txt.j2").write_text(TEMPLATE)


async def previewed(newsroom: Newsroom, *arguments: str) -> dict[str, Any]:
    ran = await newsroom.run("preview", *arguments, "--channel", "x", "--json")
    assert ran.status == 0, ran.err
    [post] = ran.json
    assert isinstance(post, dict)
    return post


async def test_a_preview_has_what_the_feed_says_and_is_what_goes_out(newsroom: Newsroom) -> None:
    with_feed(newsroom)
    url = f"{newsroom.site.url}/story-1"
    [part] = (await previewed(newsroom, url))["parts"]
    assert part["text"].startswith("The ferry sails again #Harbour\nby Ana Ayub of site\n")
    assert "Uncategorized" not in part["text"]
    assert part["media"][0]["url"] == f"{newsroom.site.url}/ferry.jpg"
    assert (await newsroom.run("run", "--once")).status == 0
    [tweet] = newsroom.tweets
    assert tweet.text == part["text"]


async def test_a_posted_address_has_them_too_by_whatever_host_it_is_asked(newsroom: Newsroom) -> None:
    with_feed(newsroom)
    url = newsroom.site.url.replace("127.0.0.1", "localhost")
    posted = await newsroom.run("post", f"{url}/story-1", "--channel", "x", "--json")
    assert posted.status == 0, posted.err
    shown = await newsroom.run("show", posted.json[0]["id"])
    assert "The ferry sails again #Harbour" in shown.out
    assert "by Ana Ayub" in shown.out


async def test_without_its_source_the_page_is_read(newsroom: Newsroom) -> None:
    """The feed names the article no more; then it can't be had."""
    with_feed(newsroom)
    newsroom.site.stories = [*newsroom.site.stories, Story("story-2", "Another story", STORY.html)]
    other = await previewed(newsroom, f"{newsroom.site.url}/story-2")
    assert other["parts"][0]["text"].startswith("Another story\nby")

    async def broken(_request: web.Request) -> web.Response:
        return web.Response(status=500)

    newsroom.site.feed = broken
    ran = await newsroom.run("preview", f"{newsroom.site.url}/story-1", "--channel", "x", "--json")
    assert ran.status == 0
    assert ran.json[0]["parts"][0]["text"].startswith("The ferry sails again\nby")
    assert "source could not be asked" in ran.err


async def test_a_database_tells_its_article(newsroom: Newsroom) -> None:
    import sqlite3

    with_feed(newsroom)
    url = f"{newsroom.site.url}/story-1"
    with sqlite3.connect(newsroom.folder / "cms.db") as cms:
        cms.execute("CREATE TABLE news (guid, title, body, url, tags, author, at)")
        row = ("1", STORY.title, STORY.html, f"{url}/", "Sea, Port", "Ben Cho", "2026-01-01 10:00:00")
        cms.execute("INSERT INTO news VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    query = "SELECT guid, title, body, url, tags, author, at AS updated_at FROM news"
    source = {"kind": "database", "url": f"sqlite:///{newsroom.folder / 'cms.db'}", "query": query}
    newsroom.config["sources"] = {"cms": source | {"cursor": "updated_at"}}
    for address in (url, url.replace("127.0.0.1", "localhost")):
        [part] = (await previewed(newsroom, address))["parts"]
        assert part["text"].startswith("The ferry sails again #Sea #Port\nby Ben Cho of cms\n"), address


async def test_checks_example_has_tags_and_a_photo_in_the_channels_language(newsroom: Newsroom) -> None:
    (newsroom.folder / "templates").mkdir()
    (newsroom.folder / "templates" / "x.txt.j2").write_text(TEMPLATE)
    newsroom.config["language"] = "es"
    newsroom.config["channels"]["tg"]["languages"] = ["ur", "en"]
    checked = await newsroom.run("check", "--json")
    assert checked.status == 0, checked.err
    urdu, spanish = checked.json["examples"]
    assert (urdu["channel"], urdu["language"], spanish["language"]) == ("tg", "ur", "es")
    assert "کونسل" in urdu["parts"][0]["text"]
    assert urdu["parts"][0]["media"][0]["alt"]
    assert "El pleno aprueba" in spanish["parts"][0]["text"]
    assert "#Transporte #Ayuntamiento\nby Una redactora" in spanish["parts"][0]["text"]
    shown = await newsroom.run("check")
    assert "[photo https://example.org/2026/tram.jpg" in shown.out


async def test_an_article_is_shown_on_the_channels_of_its_source_and_on_those_that_are_named(
    newsroom: Newsroom,
) -> None:
    async def shown(*arguments: str) -> list[str]:
        ran = await newsroom.run("preview", *arguments, "--json")
        assert ran.status == 0, ran.err
        return [post["channel"] for post in ran.json]

    with_feed(newsroom)
    every = list(newsroom.config["channels"])
    url = f"{newsroom.site.url}/story-1"
    assert await shown(url) == every
    newsroom.config["sources"]["site"]["channels"] = ["x"]
    assert await shown(url) == ["x"]
    assert await shown(url, "--channel", every[0]) == every[:1]
