"""An article that is brought by another address than its source has: localhost, a proxy, a short link."""

from dataclasses import dataclass, field, replace

import pytest

from newsbot.identity.addresses import find_nearest
from newsbot.model import Article, Item
from newsbot.newsroom.intake import FullText
from newsbot.newsroom.submission import Submission
from newsbot.ports import Poll
from newsbot.sources.feed import FeedSettings, FeedSource

BODY = "The ferry between the old harbour and Wight Island sailed on Monday for the first time since 2024."
OTHER = "The council refused the budget after a debate of nine hours, and will vote again in December."
OWN = Item("77", url="http://127.0.0.1:8080/ferry/", title="Ferry sails again", text=BODY, tags=("Harbour",))


@dataclass
class Cms:
    """A source that has these items, whatever site is asked for."""

    items: tuple[Item, ...] = (OWN,)
    asked: list[str] = field(default_factory=list)

    async def poll(self, cursor: dict[str, object]) -> Poll:
        return Poll(self.items, cursor)

    def may_have_article(self, _url: str) -> bool:
        return True

    async def find(self, url: str) -> Item | None:
        self.asked.append(url)
        return find_nearest(url, self.items)


class Reader:
    """Takes an item for its article; ``canonical`` is what the page says its address is."""

    def __init__(self, canonical: str | None = None) -> None:
        self._canonical = canonical

    async def read(self, item: Item, *, full_text: FullText = "auto") -> Article:
        del full_text
        url = (self._canonical or item.url) if item.html else item.url
        return Article(item.guid, item.html or item.text or "", url=url, title=item.title, tags=item.tags)


async def read_with_source(
    target: str, *, body: str = BODY, title: str = "Ferry sails again", landed: str = "", canonical: str = ""
) -> tuple[tuple[str, ...], str | None, list[str]]:
    """Bring ``target``, whose page is at ``landed``: its tags, its source, and what that was asked for."""
    cms = Cms()

    async def find(address: str) -> tuple[Item, ...]:
        return (Item(address, url=landed or address, title=title, html=body),)

    article, source = await Submission(find, Reader(canonical or None), {"cms": cms}).read_with_source(target)
    return article.tags, source, cms.asked


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:8080/ferry/",
        "https://news.example.org/ferry",
        "http://10.0.0.5/wordpress/ferry/?utm_source=x",
    ],
)
async def test_its_source_tells_it_by_whatever_host_its_page_is_asked(target: str) -> None:
    assert (await read_with_source(target))[:2] == (("Harbour",), "cms")


async def test_a_redirect_or_the_pages_canonical_link_leads_to_it() -> None:
    short = "https://news.example.org/s/12"
    assert (await read_with_source(short, landed="https://news.example.org/ferry"))[:2] == (
        ("Harbour",),
        "cms",
    )
    tags, source, asked = await read_with_source(short, canonical="http://127.0.0.1:8080/ferry/")
    assert (tags, source) == (("Harbour",), "cms")
    assert asked == [short, "http://127.0.0.1:8080/ferry/"]


async def test_another_sites_page_at_the_same_path_is_its_own_article() -> None:
    told = await read_with_source("https://other.example/ferry", body=OTHER, title="Budget refused")
    assert told[:2] == ((), None)


async def test_the_sources_own_address_needs_no_page() -> None:
    async def find(_address: str) -> tuple[Item, ...]:
        raise AssertionError("the page was asked for")

    cms = Cms((replace(OWN, guid="http://127.0.0.1:8080/?p=77"),))
    submission = Submission(find, Reader(), {"cms": cms})
    for address in (OWN.url or "", "http://127.0.0.1:8080/?p=77", "https://127.0.0.1:8080/ferry?fbclid=1"):
        assert (await submission.read_with_source(address))[1] == "cms"


def test_a_feed_on_an_internal_address_may_have_any_sites_article() -> None:
    def serves(feed: str, url: str) -> bool:
        source = FeedSource("site", FeedSettings(kind="feed", url=feed), None, None)  # type: ignore[arg-type]  # asks nobody
        return source.may_have_article(url)

    assert serves("http://localhost:8080/feed/", "http://127.0.0.1:8080/ferry/")
    assert serves("http://editor:word@wordpress:80/feed/", "https://news.example.org/ferry/")
    assert serves("https://www.example.org/feed/", "http://example.org/ferry/")
    assert not serves("https://editor:word@example.org/feed/", "https://example.com/ferry/")
