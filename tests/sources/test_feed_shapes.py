"""Shapes that other readers of feeds get wrong, each by both of feedparser's parsers."""

import base64

import pytest

from newsbot.model import Image, Item
from newsbot.sources.parsing import parse_bytes
from tests.sources.samples import atom, broken, items, one, rss

REGISTERED = "http://www.iana.org/assignments/relation"
both = pytest.mark.parametrize("spoil", [bytes, broken], ids=["well-formed", "broken"])


def words(html: str | None) -> str:
    return " ".join((html or "").split())


@both
@pytest.mark.parametrize(
    ("item", "html"),
    [
        (
            "<description>The council <b>voted</b> on it, <i>at last</i>.</description>",
            "The council <b>voted</b> on it, <i>at last</i>.",
        ),
        (
            "<content:encoded><p>One</p><p>Two &amp; three</p></content:encoded>",
            "<p>One</p><p>Two &amp; three</p>",
        ),
        (
            "<description>It &lt;b&gt;voted&lt;/b&gt; &amp;amp; left.</description>",
            "It <b>voted</b> &amp; left.",
        ),
    ],
)
def test_text_is_not_cut_at_markup(spoil: type[bytes], item: str, html: str) -> None:
    assert words(one(spoil(rss(f"<title>T</title>{item}"))).html) == html


@both
@pytest.mark.parametrize(
    "form",
    [
        '<form action="https://a.example/wp-login.php?action=postpass" method="post"><p>پاس ورڈ:</p></form>',
        "<form method=post action=/login><input name=post_password type=password></form>",
    ],
)
def test_a_password_protected_post_is_no_item(spoil: type[bytes], form: str) -> None:
    """WordPress lists such a post, under a title and with an excerpt in the site's language."""
    text = f"<description>D</description><content:encoded><![CDATA[{form}]]></content:encoded>"
    post = f"<title>T</title><link>/1</link><guid>g1</guid>{text}"
    assert items(spoil(rss(post))) == ()
    assert parse_bytes(spoil(rss(post)), "http://paper.example/feed").protected == ("g1",)


@both
def test_a_title_is_not_cut_at_markup(spoil: type[bytes]) -> None:
    assert one(spoil(rss("<title>The <i>Rose</i> sank</title>"))).title == "The <i>Rose</i> sank"


@both
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    "foreign",
    [
        "<media:description>A dog on the quay.</media:description>",
        '<media:content url="/a.jpg"><media:description>A dog.</media:description></media:content>',
        "<media:group><media:description>A dog.</media:description></media:group>",
        '<itunes:summary xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">Pod.</itunes:summary>',
        "<dc:description>Of the library.</dc:description>",
        '<x:description xmlns:x="http://x.example/">Of nobody.</x:description>',
        '<x:content xmlns:x="http://x.example/">Of nobody.</x:content>',
    ],
)
def test_a_foreign_description_is_not_the_items(spoil: type[bytes], foreign: str, order: int) -> None:
    """Whichever comes first, and whether or not there is a whole text."""
    own = "<description>The council voted.</description>"
    item = one(spoil(rss("<title>T</title>" + "".join([own, foreign][::order]))))
    assert (item.html, item.summary) == ("The council voted.", None)
    whole = own + "<content:encoded>&lt;p&gt;It was close.&lt;/p&gt;</content:encoded>"
    item = one(spoil(rss("<title>T</title>" + "".join([whole, foreign][::order]))))
    assert (item.html, item.summary) == ("<p>It was close.</p>", "The council voted.")


@both
def test_a_foreign_description_is_better_than_none(spoil: type[bytes]) -> None:
    """As in the feeds of video sites."""
    group = "<m:group><m:title>A</m:title><m:description>The film.</m:description></m:group>"
    entry = f"<id>1</id><title>T</title>{group}"
    feed = atom(entry).replace(b"<feed ", b'<feed xmlns:m="http://search.yahoo.com/mrss/" ')
    item = one(spoil(feed))
    assert (item.title, item.html) == ("T", "The film.")


@both
@pytest.mark.parametrize("order", [1, -1])
def test_a_photos_title_is_not_the_items(spoil: type[bytes], order: int) -> None:
    photo = '<media:content url="/a.jpg" medium="image"><media:title>A dog</media:title></media:content>'
    item = one(spoil(rss("".join(["<title>T</title>", photo, "<link>/1</link>"][::order]))))
    assert (item.title, item.image) == ("T", Image("http://paper.example/a.jpg", "A dog"))


@both
@pytest.mark.parametrize(
    "author",
    [
        "<atom:author><atom:name>Ann Lee</atom:name></atom:author>",
        "<dc:creator>Ann Lee</dc:creator>",
        "<author>ann@paper.example (Ann Lee)</author>",
        "<author>ann@paper.online (Ann Lee)</author>",
        "<author>Ann Lee &lt;ann@paper.example&gt;</author>",
        "<author>ann@paper.example</author><dc:creator>Ann Lee</dc:creator>",
        "<dc:creator>Ann Lee</dc:creator><author>ann@paper.example</author>",
        "<dc:creator>Ann Lee</dc:creator><author>Ann Lee</author>",
    ],
)
def test_an_author_is_found_in_every_vocabulary(spoil: type[bytes], author: str) -> None:
    assert one(spoil(rss(f"<title>T</title>{author}"))).author == "Ann Lee"


@both
def test_all_authors_are_named(spoil: type[bytes]) -> None:
    names = ("Ann Lee", "Bo Ek", "Al &amp; Co")
    people = "".join(f"<dc:creator>{name}</dc:creator>" for name in names)
    assert one(spoil(rss(f"<title>T</title>{people}"))).author == "Ann Lee, Bo Ek, Al & Co"
    people = "".join(f"<author><name>{name}</name><email>a@b.example</email></author>" for name in names)
    assert one(spoil(atom(f"<id>1</id><title>T</title>{people}"))).author == "Ann Lee, Bo Ek, Al & Co"


@both
def test_atoms_content_and_times_inside_rss(spoil: type[bytes]) -> None:
    item = one(
        spoil(
            rss(
                "<title>T</title><description>Teaser.</description>"
                '<atom:content type="html">&lt;p&gt;Whole.&lt;/p&gt;</atom:content>'
                "<atom:published>2026-11-22T10:00:00Z</atom:published>"
                '<atom:link rel="self" href="/self"/><link>/1</link>'
            )
        )
    )
    assert (item.html, item.summary, item.url) == ("<p>Whole.</p>", "Teaser.", "http://paper.example/1")
    assert item.published_at


@both
@pytest.mark.parametrize(
    "links",
    [
        '<link rel="alternate" type="application/pdf" href="/1.pdf"/><link href="/1"/>',
        '<link href="/1"/><link rel="alternate" type="application/pdf" href="/1.pdf"/>',
        '<link type="application/json" href="/1.json"/><link type="text/html" href="/1"/>',
        f'<link rel="self" href="/s"/><link rel="{REGISTERED}/alternate" href="/1"/>',
        '<link href="/1" hreflang="en"/><link href="/de/1" hreflang="de"/>',
        '<link rel="replies" href="/r"/><link rel="alternate" href="/1"/><link rel="edit" href="/e"/>',
    ],
)
def test_the_link_is_the_articles_page(spoil: type[bytes], links: str) -> None:
    assert one(spoil(atom(f"<id>urn:1</id><title>T</title>{links}"))).url == "http://paper.example/1"


@both
def test_the_articles_own_address_is_better_than_one_that_counts_readers(spoil: type[bytes]) -> None:
    links = (
        "<title>T</title><link>https://counter.example/1</link>"
        '<feedburner:origLink xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">'
        "https://example.org/1</feedburner:origLink>"
    )
    assert one(spoil(rss(links))).url == "https://example.org/1"


@both
def test_a_pdf_is_better_than_no_link_and_a_feed_is_none(spoil: type[bytes]) -> None:
    def url(kind: str) -> str | None:
        entry = f'<id>urn:1</id><title>T</title><link type="{kind}" href="/1.x"/>'
        return one(spoil(atom(entry))).url

    assert url("application/pdf") == "http://paper.example/1.x"
    assert url("application/atom+xml") is None


@both
@pytest.mark.parametrize("kind", ['mode="base64" type="text/html"', 'type="application/octet-stream"'])
def test_base64_is_read(spoil: type[bytes], kind: str) -> None:
    body = base64.encodebytes("<p>Ferries stay in port — all of them.</p>".encode()).decode()
    item = one(spoil(atom(f"<id>1</id><title>T</title><content {kind}>{body}</content>")))
    assert item.html == "<p>Ferries stay in port — all of them.</p>"


@both
@pytest.mark.parametrize("kind", ["image/png", "audio/mpeg", "application/octet-stream"])
def test_a_picture_in_base64_is_no_text(spoil: type[bytes], kind: str) -> None:
    body = base64.encodebytes(bytes(range(256)) * 2).decode()
    item = one(
        spoil(
            atom(f'<id>1</id><title>T</title><summary>Own.</summary><content type="{kind}">{body}</content>')
        )
    )
    assert item.html == "Own."


@both
def test_plain_text_of_atom_is_not_read_as_markup(spoil: type[bytes]) -> None:
    entry = '<id>1</id><title>T</title><content type="text">If a &lt; b &amp;amp; c:\nthen.</content>'
    assert one(spoil(atom(entry))).html == "If a &lt; b &amp;amp; c:<br>\nthen."


@both
def test_an_entry_alone_is_a_feed(spoil: type[bytes]) -> None:
    feed = (
        b"<?xml version='1.0'?><entry xmlns='http://www.w3.org/2005/Atom'><title>T</title><id>urn:1</id>"
        b"<source><title>Paper</title></source>"
        b"<link href='/1'/><updated>2026-11-22T10:00:00Z</updated><content>Text.</content></entry>"
    )
    item = one(spoil(feed))
    assert (item.guid, item.url, item.html) == ("urn:1", "http://paper.example/1", "Text.")


@both
def test_rss_1_is_read(spoil: type[bytes]) -> None:
    def item(number: int) -> str:
        return (
            f'<item rdf:about="http://paper.example/{number}"><title>T{number}</title>'
            f"<link>http://paper.example/{number}</link><dc:creator>Ann Lee</dc:creator>"
            f"<dc:date>2026-11-22T1{number}:00:00+01:00</dc:date><description>D.</description></item>"
        )

    feed = (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="http://paper.example/"><title>Paper</title><dc:language>de</dc:language></channel>'
        f"{item(1)}{item(2)}</rdf:RDF>"
    ).encode()

    def told(one: Item) -> tuple[str, str | None, str | None, str | None, str | None, int]:
        assert one.published_at
        return one.guid, one.url, one.title, one.author, one.language, one.published_at.hour

    address = "http://paper.example/"
    assert [told(each) for each in items(spoil(feed))] == [
        (f"{address}2", f"{address}2", "T2", "Ann Lee", "de", 11),
        (f"{address}1", f"{address}1", "T1", "Ann Lee", "de", 10),
    ]


@both
@pytest.mark.parametrize(
    ("item", "title", "url", "html"),
    [
        ("<title>AT&T & co</title><link>/1?a=1&b=2&copy=3</link>", "AT&T & co", "/1?a=1&b=2&copy=3", None),
        ("<title>A&nbsp;B&eacute;</title><description>x&hellip;</description>", "A\xa0Bé", None, "x…"),
        ("<title>A &nonsense; B</title>", "A &nonsense; B", None, None),
        ("<title>A\x0bB\0&#0;&#x1F;C&#xFFFFFFF;</title>", "ABC", None, None),
        ("<title><![CDATA[A & <b>B</b> &amp; \x01C]]></title>", "A & <b>B</b> &amp; C", None, None),
        (
            "<title>T</title><description>1 < 2 <br> and <p>so</description>",
            "T",
            None,
            "1 < 2 <br> and <p>so",
        ),
    ],
)
def test_a_slip_in_characters_or_tags_costs_nothing_else(
    spoil: type[bytes], item: str, title: str, url: str | None, html: str | None
) -> None:
    after = "<title>Next</title><guid>next</guid><description>Whole.</description>"
    first, second = items(spoil(rss(item, after)))
    assert (first.title, first.html) == (title, html)
    assert first.url == (f"http://paper.example{url}" if url else None)
    assert (second.title, second.guid, second.html) == ("Next", "next", "Whole.")


@both
def test_an_item_that_the_connection_cut_off_does_not_cost_the_others(spoil: type[bytes]) -> None:
    feed = spoil(
        rss("<title>One</title><description>Whole.</description>", "<title>Two</title><link>/2</link>")
    )
    assert [item.title for item in items(feed[: feed.index(b"/2</link>")])] == ["One", "Two"]


@both
def test_addresses_in_a_body_start_at_its_base(spoil: type[bytes]) -> None:
    feed = atom(
        '<id>1</id><title>T</title><link href="http://paper.example/1"/>'
        '<content type="html" xml:base="/photos/">&lt;p&gt;Ferry&lt;/p&gt;&lt;img src="a.jpg"&gt;</content>'
    ).replace(b"<feed ", b'<feed xml:base="http://cdn.example/x" ')
    html = one(spoil(feed)).html
    assert html
    assert 'src="http://cdn.example/photos/a.jpg"' in html
