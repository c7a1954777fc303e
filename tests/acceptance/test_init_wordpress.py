"""`init --site` says what it sees: where the site is a WordPress, its database is the better source."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from newsbot.config import load

from .newsroom import Newsroom, Ran

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title>{generator}
<item><title>The ferry sails again</title><link>{url}/ferry</link>
<description>It sails from Monday.</description></item>
</channel></rss>"""
PAGE = """<!doctype html><html><head><title>Site</title>{head}
<link rel="alternate" type="application/rss+xml" href="/feed/"></head><body><p>News</p></body></html>"""
GENERATOR = "<generator>https://wordpress.org/?v=6.8</generator>"
STYLE = '<link rel="stylesheet" href="/wp-content/themes/ours/style.css">'


@asynccontextmanager
async def a_site(head: str, generator: str, link: str, index: str = "") -> AsyncIterator[str]:
    """``index`` is what a WordPress's REST index says, which the site has at /api/."""

    async def answer(request: web.Request) -> web.Response:
        url = f"http://{request.host}"
        if request.path == "/api/":
            return web.Response(text=index, content_type="application/json")
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


INDEX = '{"name":"Site","gmt_offset":"5","timezone_string":"Asia\\/Karachi","routes":{}}'
REST_TAG = '<link rel="https://api.w.org/" href="/api/">'


async def run_init_in(zone: str, newsroom: Newsroom, *options: str) -> Ran:
    """On a machine in that zone: a process of its own, as one that is forked keeps its parent's zone."""
    newsroom.environ["TZ"] = zone
    process = await newsroom.start("init", "new", *options)
    out, err = await process.communicate()
    return Ran(process.returncode or 0, out.decode(), err.decode())


@pytest.mark.parametrize(("head", "link"), [(REST_TAG, ""), ("", '</api/>; rel="https://api.w.org/"')])
async def test_a_wordpress_tells_the_time_zone(newsroom: Newsroom, head: str, link: str) -> None:
    async with a_site(head, "", link, INDEX) as url:
        ran = await run_init_in("Europe/Berlin", newsroom, "--site", url, "--allow-private")
    assert ran.status == 0, ran.err
    assert "timezone: Asia/Karachi, from the site's WordPress settings\n" in ran.out
    written = (newsroom.folder / "new" / "config.yaml").read_text()
    assert re.search(
        r"^timezone: Asia/Karachi +# .*from the site's WordPress settings$", written, re.MULTILINE
    )


async def test_without_a_word_of_the_site_it_is_the_machines(newsroom: Newsroom) -> None:
    async with a_site(STYLE, "", "") as url:
        ran = await run_init_in("Europe/Berlin", newsroom, "--site", url, "--allow-private")
    assert "timezone: Europe/Berlin, from this machine's TZ\n" in ran.out
    assert "\ntimezone: Europe/Berlin " in (newsroom.folder / "new" / "config.yaml").read_text()


async def test_where_nothing_tells_a_zone_the_answer_says_to_change_it(newsroom: Newsroom) -> None:
    ran = await run_init_in("UTC", newsroom)
    assert "timezone: UTC, as this machine does not tell a zone: change it in config.yaml" in ran.out
    assert re.search(
        r"\ntimezone: UTC +# set your own", (newsroom.folder / "new" / "config.yaml").read_text()
    )
    again = await run_init_in("UTC", newsroom)
    assert "timezone" not in again.out, "config.yaml was kept"
