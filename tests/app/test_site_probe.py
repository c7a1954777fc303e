"""What `init --site` sees of a site: its name, and the languages of its articles."""

from html import escape

import pytest
from aiohttp import web

from newsbot.app.container import App, build_preview_config
from newsbot.app.site_probe import find_name, probe_site
from tests.fetching.servers import http

ENGLISH = "The ferry between the old harbour and the island sailed on Monday for the first time in two years."
URDU = "کراچی میں پیر کو شدید بارش ہوئی اور شہر کی بڑی سڑکوں پر پانی جمع ہو گیا۔"


def feed(title: str, *bodies: str) -> str:
    items = "".join(
        f"<item><title>{n}</title><guid>{n}</guid><description>{escape(f'<p>{body}</p>')}</description></item>"
        for n, body in enumerate(bodies)
    )
    return f"<rss version='2.0'><channel>{title}{items}</channel></rss>"


async def test_a_site_in_two_languages_has_both() -> None:
    text = feed("<title>Test newsroom</title>", URDU, ENGLISH, ENGLISH)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/rss+xml")

    app = App(build_preview_config(None, allow_private=True))
    async with http(answer) as url:
        found = await probe_site(app, f"{url}/feed")
    await app.close()
    assert (found.languages, found.name) == (("en", "ur"), "Test newsroom")


@pytest.mark.parametrize(
    ("title", "head", "name"),
    [
        ("<title>Test &amp; newsroom</title>", "", "Test & newsroom"),
        ("<title><![CDATA[Städte]]></title>", "", "Städte"),
        ("<title>News</title>", '<meta property="og:site_name" content="The Daily\'s">', "The Daily's"),
        ("<title>News</title>", "<meta content='The Daily' property='og:site_name'>", "The Daily"),
        ("<title>All the news there is about the harbour, the ferry and its island</title>", "", ""),
        ("<title>کراچی</title>", "", ""),
        ("", "", ""),
    ],
)
def test_it_is_called_by_its_title_and_never_by_a_number(title: str, head: str, name: str) -> None:
    bodies = [f"<html><head>{head}</head></html>".encode(), feed(title, ENGLISH).encode()]
    for url in ("http://127.0.0.1:8080/", "http://[::1]/", "http://localhost:8080/"):
        assert find_name(bodies, url) == name
    assert find_name(bodies, "https://www.example.org/news") == (name or "example.org")
