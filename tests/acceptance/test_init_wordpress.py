"""`init --site` says what it sees: where the site is a WordPress, its database is the better source."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from newsbot.config import load

from .newsroom import Newsroom

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title>{generator}
<item><title>The ferry sails again</title><link>{url}/ferry</link>
<description>It sails from Monday.</description></item>
</channel></rss>"""
PAGE = """<!doctype html><html><head><title>Site</title>{head}
<link rel="alternate" type="application/rss+xml" href="/feed/"></head><body><p>News</p></body></html>"""
GENERATOR = "<generator>https://wordpress.org/?v=6.8</generator>"
STYLE = '<link rel="stylesheet" href="/wp-content/themes/ours/style.css">'


@asynccontextmanager
async def a_site(head: str, generator: str, link: str) -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        url = f"http://{request.host}"
        if request.path == "/feed/":
            feed = FEED.format(url=url, generator=generator)
            return web.Response(text=feed, content_type="application/rss+xml")
        headers = {"Link": link} if link else {}
        return web.Response(text=PAGE.format(head=head), content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("head", "generator", "link"),
    [
        (STYLE, "", ""),
        ('<meta name="generator" content="WordPress 6.8.1">', "", ""),
        ("", GENERATOR, ""),
        ("", "", '</wp-json/>; rel="https://api.w.org/"'),
    ],
)
async def test_a_wordpress_is_told_of_its_database(
    newsroom: Newsroom, head: str, generator: str, link: str
) -> None:
    async with a_site(head, generator, link) as url:
        ran = await newsroom.run("init", "new", "--site", url, "--allow-private")
    assert ran.status == 0, ran.err
    assert "The site is a WordPress" in ran.out
    assert "docs/wordpress.md" in ran.out
    path = newsroom.folder / "new" / "config.yaml"
    written = path.read_text()
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+)\}", written), "a")
    secrets |= {"TELEGRAM_TOKEN": "1:a", "CMS_URL": "mysql://newsbot:word@127.0.0.1/wordpress"}
    assert [source.kind for source in load(path, environ=secrets).sources.values()] == ["feed"]
    recipe = re.sub(r"^  # (?=cms:|  \w)", "  ", written, flags=re.MULTILINE)
    path.write_text(recipe)
    assert [source.kind for source in load(path, environ=secrets).sources.values()] == ["feed", "database"]


async def test_another_site_is_not(newsroom: Newsroom) -> None:
    head = '<meta name="generator" content="Ghost 5.1"><meta name="description" content="We left WordPress">'
    async with a_site(head, "<generator>Ghost</generator>", "") as url:
        ran = await newsroom.run("init", "new", "--site", url, "--allow-private")
    assert ran.status == 0, ran.err
    assert "WordPress" not in ran.out
    assert "cms:" not in (newsroom.folder / "new" / "config.yaml").read_text()
