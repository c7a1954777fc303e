"""`fetch` shows what is there: of an address, of a file on disk, and whatever else fails."""

import json
from pathlib import Path

from aiohttp import web

from .newsroom import Newsroom, Story

BODY = "".join(
    f"<p>Paragraph {n} says what the harbour office told reporters on Sunday.</p>" for n in range(12)
)
GOOD = Story("good", "A good story on boats", BODY)
BAD = Story("moved", "A story whose page is gone", "")


def publish(newsroom: Newsroom) -> None:
    """Name both stories in the feed, the second by an address that is gone."""
    site = newsroom.site
    site.stories = [GOOD, BAD]

    async def feed(_: web.Request) -> web.Response:
        text = site._feed().replace("/moved<", "/gone<")
        return web.Response(text=text, content_type="application/rss+xml")

    site.feed = feed


async def test_one_items_failure_keeps_no_other_back(newsroom: Newsroom) -> None:
    publish(newsroom)
    feed = f"{newsroom.site.url}/feed.xml"
    ran = await newsroom.run("fetch", feed, "--json", "--allow-private")
    assert [article["title"] for article in ran.json] == ["A good story on boats"]
    assert ran.status == 1
    (line,) = ran.err.splitlines()
    assert f"{newsroom.site.url}/gone" in line

    shown = await newsroom.run("fetch", feed, "--allow-private")
    assert "A good story on boats" in shown.out
    assert (shown.status, shown.err) == (1, ran.err)


async def test_several_inputs_name_their_failures_each(newsroom: Newsroom) -> None:
    publish(newsroom)
    feed = f"{newsroom.site.url}/feed.xml"
    ran = await newsroom.run("fetch", feed, f"{newsroom.site.url}/good", "--json", "--allow-private")
    first, second = map(json.loads, ran.out.splitlines())
    assert (len(first["articles"]), len(second["articles"]), second["error"]) == (1, 1, None)
    assert "/gone" in first["error"]["message"]
    assert ran.status == 1


async def test_a_feed_on_disk_is_read(newsroom: Newsroom, tmp_path: Path) -> None:
    path = tmp_path / "saved.xml"
    path.write_text(
        '<rss version="2.0"><channel><title>Paper</title><item><title>Quay closed</title>'
        f"<link>http://paper.example/1</link><description><![CDATA[{BODY}]]></description></item></channel></rss>"
    )
    (article,) = (await newsroom.run("fetch", str(path), "--json")).json
    assert (article["title"], article["url"]) == ("Quay closed", "http://paper.example/1")
