"""What the bytes are, whatever stands before it and however it is encoded."""

import json

import pytest

from newsbot.sources.parsing import parse_bytes
from tests.sources.samples import atom, one, rss

COMMENT = "<!-- cached copy of <html> and <body> -->" * 300
FEEDS = {
    "rss": rss("<title>Quay</title><link>/1</link>").decode(),
    "atom": atom('<title>Quay</title><id>1</id><link href="/1"/>').decode(),
}
JSON = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "url": "/1", "title": "Quay"}]}
PAGE = "<!doctype html><html><head><meta charset='{}'></head><body><p>Zürich</p></body></html>"


@pytest.mark.parametrize(
    "front", ["", "\n \t", "\ufeff", COMMENT, f"\n{COMMENT}\n<!---->\n", f"\ufeff {COMMENT}"]
)
@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_a_feed_is_one_whatever_stands_before_it(feed: str, front: str) -> None:
    assert one((front + feed).encode()).title == "Quay"


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_a_long_comment_behind_the_declaration_hides_no_feed(feed: str) -> None:
    assert one(feed.replace("?>", f"?>{COMMENT}", 1).encode()).title == "Quay"


def test_a_page_behind_a_long_comment_is_a_page() -> None:
    assert parse_bytes((COMMENT + PAGE.format("utf-8")).encode(), "http://paper.example/x").page


@pytest.mark.parametrize("front", ["", "\ufeff", "\n\ufeff", "  "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_json_feed_with_a_byte_order_mark_is_read(front: str, encoding: str) -> None:
    assert one((front + json.dumps(JSON)).encode(encoding)).title == "Quay"


@pytest.mark.parametrize(
    ("addresses", "url"),
    [
        ({"url": "/own", "external_url": "http://other.example/x"}, "http://paper.example/own"),
        ({"external_url": "http://other.example/x"}, "http://other.example/x"),
        ({"url": "", "external_url": "http://other.example/x"}, "http://other.example/x"),
        ({}, None),
    ],
)
def test_a_json_item_that_points_elsewhere_has_that_address(
    addresses: dict[str, str], url: str | None
) -> None:
    feed = {**JSON, "items": [{"id": "1", "title": "Quay", **addresses}]}
    assert one(json.dumps(feed).encode()).url == url


@pytest.mark.parametrize("label", ["ISO-8859-1", "latin1", "us-ascii", "windows-1252"])
def test_quotes_and_dashes_of_windows_1252_stay(label: str) -> None:
    feed = FEEDS["rss"].replace("utf-8", label).replace("Quay", "The mayor’s “boat” – lost")
    assert one(feed.encode("cp1252")).title == "The mayor’s “boat” – lost"


@pytest.mark.parametrize("charset", ["utf-8", None, "iso-8859-1"])
@pytest.mark.parametrize("place", ["title", "link", "comment"])
def test_one_bad_byte_costs_one_character_of_the_feed(place: str, charset: str | None) -> None:
    feed = FEEDS["rss"].replace("Quay", "Café # geöffnet" if place == "title" else "Café geöffnet")
    feed = feed.replace("/1<", "/1#<" if place == "link" else "/1<").replace(
        "<item>", "<!-- # --><item>" if place == "comment" else "<item>"
    )
    (item,) = parse_bytes(feed.encode().replace(b"#", b"\xff"), "http://paper.example/", charset).items
    assert item.title == ("Café \ufffd geöffnet" if place == "title" else "Café geöffnet")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("http://paper.example/photo one.html", "http://paper.example/photo%20one.html"),
        ("\n  http://paper.example/a b\n  ", "http://paper.example/a%20b"),
        ("http://paper.example/a-long-\n    way", "http://paper.example/a-long-way"),
        ("http://paper.example/?p=1&amp;amp;q=2", "http://paper.example/?p=1&q=2"),
    ],
)
@pytest.mark.parametrize("cdata", [False, True], ids=["text", "cdata"])
def test_what_a_link_can_not_hold_is_escaped(link: str, url: str, *, cdata: bool) -> None:
    written = f"<![CDATA[{link.replace('&amp;amp;', '&amp;')}]]>" if cdata else link
    assert one(rss(f"<title>T</title><link>{written}</link>")).url == url
