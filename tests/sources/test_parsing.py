"""Bytes into items; each case by both of feedparser's parsers: a slip in a feed must not change its items."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsbot.errors import ParseError
from newsbot.fetching.workers import Workers
from newsbot.model import Image
from newsbot.sources.parsing import parse_bytes
from tests.sources.samples import atom, broken, items, one, rss

both = pytest.mark.parametrize("spoil", [bytes, broken], ids=["well-formed", "broken"])
EIGHT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@both
def test_every_field_of_an_rss_item(spoil: type[bytes]) -> None:
    item = one(
        spoil(
            rss(
                """<title>AT&amp;T &lt;b&gt;x&lt;/b&gt; &amp;amp; Y</title><link>/story?a=1&amp;b=2</link>
                <guid isPermaLink="false">g-1</guid><pubDate>Sun, 22 Nov 2026 10:00:00 +0200</pubDate>
                <description>A teaser.</description><dc:creator>Ann Lee</dc:creator>
                <content:encoded><![CDATA[<p>The <a href="/x">whole</a> story &amp; more.</p>]]>
                </content:encoded>
                <category>Politics</category><category domain="http://paper.example/category/news">World</category>
                <category domain="tag">Ferry</category><category>Politics</category>
                <media:content url="/a.jpg" medium="image"/>"""
            )
        )
    )
    assert item.guid == "g-1"
    assert item.url == "http://paper.example/story?a=1&b=2"
    assert item.title == "AT&T <b>x</b> &amp; Y"
    assert item.html == '<p>The <a href="/x">whole</a> story &amp; more.</p>'
    assert item.summary == "A teaser."
    assert (item.published_at, item.updated_at) == (EIGHT, None)
    assert item.author == "Ann Lee"
    assert item.language == "en-GB"
    assert item.image == Image("http://paper.example/a.jpg")
    assert item.tags == ("Politics", "World", "Ferry")
    assert item.categories == ("World",)


@both
def test_every_field_of_an_atom_entry(spoil: type[bytes]) -> None:
    item = one(
        spoil(
            atom(
                """<title type="html">AT&amp;amp;T &lt;b&gt;x&lt;/b&gt;</title><id>urn:1</id>
                <link rel="self" href="http://paper.example/self"/><link rel="edit" href="http://paper.example/edit"/>
                <link href="story"/><link rel="enclosure" type="image/png" href="/a.png"/>
                <published>2026-11-22T13:00:00+05:00</published><updated>2026-11-22T09:00:00Z</updated>
                <author><name>Ann Lee</name></author><category term="pol" label="Politics" scheme="section"/>
                <content type="html">&lt;p&gt;Story&lt;/p&gt;</content>"""
            )
        )
    )
    assert (item.guid, item.url) == ("urn:1", "http://paper.example/story")
    assert item.title == "AT&amp;T <b>x</b>"
    assert (item.html, item.summary) == ("<p>Story</p>", None)
    assert (item.published_at, item.updated_at) == (EIGHT, datetime(2026, 11, 22, 9, tzinfo=UTC))
    assert (item.author, item.language, item.tags) == ("Ann Lee", "ur", ("Politics",))
    assert item.categories == item.tags
    assert item.image == Image("http://paper.example/a.png")


@both
def test_an_xhtml_title_and_body_are_kept(spoil: type[bytes]) -> None:
    item = one(
        spoil(
            atom(
                """<id>urn:1</id><title type="xhtml">
                <div xmlns="http://www.w3.org/1999/xhtml">An <i>odd</i> one</div></title>
                <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Story</p></div></content>"""
            )
        )
    )
    assert item.title
    assert "odd" in item.title
    assert item.html
    assert "<p>Story</p>" in item.html


@both
def test_xml_base_is_where_links_start(spoil: type[bytes]) -> None:
    feed = rss("<title>T</title><link>story</link>").replace(
        b"<channel>", b'<channel xml:base="http://b.example/x/">'
    )
    assert one(spoil(feed)).url == "http://b.example/x/story"


@both
@pytest.mark.parametrize(
    ("item", "guid"),
    [
        ("<guid>http://paper.example/1</guid>", "http://paper.example/1"),
        ("<title>T</title><link>/2</link>", "http://paper.example/2"),
        ("<guid>3</guid><link>http://paper.example/3</link>", "3"),
    ],
)
def test_the_guid_is_the_id_else_the_address(spoil: type[bytes], item: str, guid: str) -> None:
    assert one(spoil(rss(item))).guid == guid


@both
@pytest.mark.parametrize(
    "links", ["", '<link rel="self" href="/feed/1"/>', '<link rel="related" href="/2"/>']
)
def test_an_id_is_the_guid_where_there_is_no_address(spoil: type[bytes], links: str) -> None:
    item = one(spoil(atom(f"<id>urn:1</id><title>T</title>{links}")))
    assert (item.guid, item.url) == ("urn:1", None)


def test_without_id_and_address_the_guid_is_made_of_what_stays() -> None:
    plain = one(rss("<title>T</title><description>first</description>"))
    edited = one(broken(rss("<title>T</title><description>second</description>")))
    other = one(rss("<title>U</title><description>first</description>"))
    assert plain.guid == edited.guid != other.guid


@both
def test_an_item_with_nothing_in_it_is_left_out(spoil: type[bytes]) -> None:
    found = items(
        spoil(rss("", "<guid>1</guid>", "<pubDate>now</pubDate>", "<description>Body</description>"))
    )
    assert [item.html for item in found] == ["Body"]


@both
def test_newest_first_with_undated_ones_where_the_feed_has_them(spoil: type[bytes]) -> None:
    def at(guid: str, hour: int) -> str:
        return f"<title>{guid}</title><guid>{guid}</guid><pubDate>Sun, 22 Nov 2026 {hour}:00:00 GMT</pubDate>"

    dated = spoil(rss(at("a", 10), "<title>b</title><guid>b</guid>", at("c", 12), at("d", 11)))
    assert [item.guid for item in items(dated)] == ["c", "d", "a", "b"]
    undated = spoil(rss(*(f"<title>{n}</title><guid>{n}</guid>" for n in range(5))))
    assert [item.guid for item in items(undated)] == list("01234")


@both
@pytest.mark.parametrize("date", ["", "<pubDate/>", "<pubDate>yesterday</pubDate>", "<!-- 2026 -->"])
def test_no_date_is_made_up(spoil: type[bytes], date: str) -> None:
    """Not out of a number in the guid, nor out of the day of the poll."""
    assert one(spoil(rss(f"<title>T</title><guid>2024</guid>{date}"))).published_at is None


@both
def test_a_guid_counts_once(spoil: type[bytes]) -> None:
    """Also where an edited title stands beside the old one, or the address differs by a parameter."""
    edited = [f"<title>{title}</title><guid>1</guid><link>/1</link>" for title in ("new", "old")]
    tracked = [f"<title>new</title><guid>1</guid><link>/1{query}</link>" for query in ("", "?from=rss")]
    assert [item.title for item in items(spoil(rss(*edited)))] == ["new"]
    assert [item.title for item in items(spoil(rss(*tracked)))] == ["new"]


@both
@pytest.mark.parametrize(
    "guid", [f"<guid>{each}</guid>" for each in ("N/A", "7", "http://paper.example/", "")]
)
@pytest.mark.parametrize("link", ["<link>/{n}</link>", "<link>/</link>", ""])
def test_a_guid_that_the_poll_disproves_is_not_used(spoil: type[bytes], guid: str, link: str) -> None:
    """Neither one guid for all, nor one address for all, makes one article of many."""
    feed = spoil(rss(*(f"<title>T{n}</title>{guid}{link.format(n=n)}" for n in range(4))))
    found = items(feed)
    assert [item.title for item in found] == ["T0", "T1", "T2", "T3"]
    assert len({item.guid for item in found}) == 4
    assert [item.guid for item in items(feed)] == [item.guid for item in found]


@both
@pytest.mark.parametrize(
    "date", ["", "soon?", "Sun, 99 Foo 2026 99:99:99 GMT", "0001-01-01T00:00:00Z", "9999-12-31"]
)
def test_a_date_that_can_not_be_is_none(spoil: type[bytes], date: str) -> None:
    assert one(spoil(rss(f"<title>T</title><pubDate>{date}</pubDate>"))).published_at is None


@both
@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http://", "mailto:a@b"]
)
def test_an_address_that_is_not_of_the_web_is_none(spoil: type[bytes], link: str) -> None:
    item = one(spoil(rss(f'<title>T</title><link>{link}</link><media:content medium="image" url="{link}"/>')))
    assert (item.url, item.image) == (None, None)


@both
@pytest.mark.parametrize(
    ("author", "name"),
    [("ann@paper.example (Ann Lee)", "Ann Lee"), ("ann@paper.example", None), ("Ann Lee", "Ann Lee")],
)
def test_an_author_is_a_name_not_a_mail_address(spoil: type[bytes], author: str, name: str | None) -> None:
    assert one(spoil(rss(f"<title>T</title><author>{author}</author>"))).author == name


@both
@pytest.mark.parametrize("teaser", ["The story is long", "<p>The story is […]</p>", "The story is …"])
def test_a_teaser_that_is_the_start_of_the_body_is_none(spoil: type[bytes], teaser: str) -> None:
    item = one(
        spoil(
            rss(
                f"<title>T</title><description><![CDATA[{teaser}]]></description>"
                "<content:encoded><![CDATA[<p>The <b>story</b> is long.</p>]]></content:encoded>"
            )
        )
    )
    assert item.summary is None


def test_an_image_has_its_words() -> None:
    words = "<media:description>A dog</media:description>"
    media = f'<media:content url="/a.jpg" medium="image">{words}</media:content>'
    dated = "<title>T</title><pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate>"
    assert one(rss(dated + media)).image == Image("http://paper.example/a.jpg", "A dog")


@both
@pytest.mark.parametrize(
    ("media", "url"),
    [
        ('<media:thumbnail url="/t.jpg"/>', "http://paper.example/t.jpg"),
        ('<enclosure url="/e.webp" type="image/webp" length="1"/>', "http://paper.example/e.webp"),
        ('<enclosure url="/e.mp3" type="audio/mpeg" length="1"/>', None),
        ('<media:content url="/v.mp4" type="video/mp4"/>', None),
        (
            '<media:group><media:content url="/g.jpg" type="image/jpeg"/></media:group>',
            "http://paper.example/g.jpg",
        ),
    ],
)
def test_an_image_is_found_wherever_feeds_put_it(spoil: type[bytes], media: str, url: str | None) -> None:
    image = one(spoil(rss(f"<title>T</title>{media}"))).image
    assert (image.url if image else None) == url


@both
def test_an_empty_feed_is_fine(spoil: type[bytes]) -> None:
    assert items(spoil(rss())) == ()
    assert items(spoil(atom())) == ()


def test_a_json_feed_is_read() -> None:
    feed = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "P", "items": [{"id": "1",
        "url": "/story", "title": "T", "content_html": "<p>x</p>",
        "date_published": "2026-11-22T08:00:00Z"}]}"""
    item = one(feed)
    assert (item.guid, item.url, item.title, item.html) == (
        "1",
        "http://paper.example/story",
        "T",
        "<p>x</p>",
    )
    assert item.published_at == EIGHT


def test_rdf_is_read_with_its_whole_text() -> None:
    feed = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel rdf:about="x"><title>P</title></channel><item rdf:about="http://paper.example/1"><title>T</title>
        <link>http://paper.example/1</link><description>teaser</description><dc:date>2026-11-22T08:00:00Z</dc:date>
        <content:encoded><![CDATA[<p>whole</p>]]></content:encoded></item></rdf:RDF>"""
    item = one(feed)
    assert (item.url, item.html, item.summary) == ("http://paper.example/1", "<p>whole</p>", "teaser")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_declared_encoding_is_used(encoding: str) -> None:
    feed = rss("<title>Zürich</title>").decode().replace('encoding="utf-8"', f'encoding="{encoding}"')
    assert one(feed.encode(encoding)).title == "Zürich"


def test_the_encoding_of_the_answer_is_used_where_the_feed_names_none() -> None:
    feed = rss("<title>Привет</title>").decode().replace(' encoding="utf-8"', "")
    (item,) = parse_bytes(feed.encode("koi8-r"), "http://paper.example/", "koi8-r").items
    assert item.title == "Привет"


@pytest.mark.parametrize(
    "junk", [b"\xef\xbb\xbf", b"\n\n  ", b"<br />Warning: in x.php\n", b"<!-- <html> -->"]
)
def test_what_stands_before_a_feed_is_passed_over(junk: bytes) -> None:
    assert one(junk + rss("<title>T</title>")).title == "T"


@both
def test_the_ttl_is_in_minutes_and_bounded(spoil: type[bytes]) -> None:
    def ttl(text: str) -> int | None:
        return parse_bytes(
            spoil(rss("<title>T</title>", head=f"<ttl>{text}</ttl>")), "http://paper.example/"
        ).ttl

    assert [ttl("15"), ttl("10080"), ttl("soon"), ttl("-5")] == [15, 60, None, None]


# ---------------------------------------------------------------- what is no feed, and what means harm


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b" \n ", "it is empty"),
        (b"Service unavailable", "neither XML nor JSON"),
        (b"<?xml version='1.0'?><urlset xmlns='x'></urlset>", "an XML document <urlset>"),
        (b'{"error": "no such feed"}', "no JSON Feed"),
        (b'[{"title": "A", "content_html": "<p>B</p>"}]', "no JSON Feed"),
        (b"{" * 10_000, "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": 5}', "no JSON Feed"),
        (bytes(range(256)) * 4, "neither XML nor JSON"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        parse_bytes(data, "http://paper.example/")


@both
def test_entities_of_files_and_hosts_stay_unread(spoil: type[bytes], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    feed = spoil(rss("<title>T &file; &host;</title><description>&file;</description>")).replace(
        b"<rss",
        f'<!DOCTYPE rss [<!ENTITY file SYSTEM "file://{secret}"><!ENTITY host SYSTEM "http://127.0.0.1:9/">]><rss'.encode(),
    )
    assert "s3cret" not in repr(items(feed))


@both
def test_entities_in_entities_do_not_explode(spoil: type[bytes]) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    feed = spoil(rss("<title>&e11;</title>")).replace(
        b"<rss", f'<!DOCTYPE rss [<!ENTITY e0 "ha">{levels}]><rss'.encode()
    )
    start = time.process_time()
    assert all(len(item.title or "") < 10_000 for item in items(feed))
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "bomb",
    [
        b"<rss><channel><item " + b" ".join(b"a%d='x'" % n for n in range(200_000)) + b"/></channel></rss>",
        b"<rss><channel>" + b"<item>" * 200_000,
        b"<rss><channel><item><title>" + b"<b>" * 500_000,
        b"<rss><channel><item><description>" + b"&lt;" * 1_500_000,
        b"<rss>" + b"<!--" * 1_000_000,
        b"<rss>" + b"<![CDATA[" * 800_000,
        b"<html>" + b"<div>" * 500_000,
    ],
    ids=["attributes", "open items", "deep title", "escapes", "open comments", "open CDATA", "deep page"],
)
async def test_a_feed_built_to_exhaust_ends_within_the_limits(workers: Workers, bomb: bytes) -> None:
    async with asyncio.timeout(60):  # The slowest machine needs less, and without limits it takes hours.
        with suppress(ParseError):
            await workers.run(parse_bytes, bomb, "http://paper.example/", None, deadline=1)
    assert (await workers.run(parse_bytes, rss("<title>T</title>"), "http://paper.example/", None)).items
