"""The headline of a page, by shapes that publishing systems give it; all words are made up."""

# ruff: noqa: E501  markup is one line

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from newsbot.reading.page import extract

SITE = "The Harbour Post"
HEADLINE = "Winter pier stays shut until spring"
BODY = (
    "The winter pier stays shut until spring, because divers found its piles eaten away below the water line.",
    "Boats to the outer bay leave from the fish quay instead, every forty minutes from six in the morning.",
    "The town pays 310,000 for new piles, the port said on Friday, and has asked the province for half of it.",
)


@dataclass(frozen=True)
class Shape:
    """A page by what its head says and what stands above its text; ``title`` is its headline."""

    name: str
    heading: str = ""
    title: str = HEADLINE
    document: str = ""
    og: str = ""
    data: str = ""
    head: str = ""
    above: str = ""  # in front of the article
    below: str = ""  # behind it
    site: str = SITE
    url: str = "https://www.harbourpost.example/news/2026/winter-pier-shut"

    @property
    def html(self) -> bytes:
        og = f'<meta property="og:title" content="{self.og}">' if self.og else ""
        site = f'<meta property="og:site_name" content="{self.site}">' if self.site else ""
        data = f'<script type="application/ld+json">{self.data}</script>' if self.data else ""
        document = f"<title>{self.document}</title>" if self.document else ""
        paragraphs = "".join(f"<p>{text}</p>" for text in BODY)
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">{document}{og}{site}{data}{self.head}</head><body>'
            f"{self.above}<article>{self.heading}{paragraphs}</article>{self.below}</body></html>"
        ).encode()


H1 = f"<h1>{HEADLINE}</h1>"


def _guillemets() -> Iterator[Shape]:
    """Quotation marks that other sites put between the headline and their name."""
    for quoted in (
        "Pilar Soto: «El muelle no puede esperar»",
        "«El muelle no puede esperar», avisa Soto",
        "Le maire répète « pas avant le printemps » au conseil",
        "Bürgermeister sagt »nicht vor dem Frühling« im Rat",
    ):
        heading = f"<h1>{quoted}</h1>"
        yield Shape(f"guillemets: {quoted}", heading, title=quoted, document=quoted, og=quoted)
        yield Shape(
            f"guillemets and site: {quoted}",
            heading,
            title=quoted,
            document=f"{quoted} » {SITE}",
            og=f"{quoted} » {SITE}",
        )
    yield Shape("site behind a guillemet", H1, document=f"{HEADLINE} » {SITE}", og=f"{HEADLINE} » {SITE}")
    yield Shape("guillemet behind nothing", H1, document=f"{HEADLINE} »", og=f"{HEADLINE} »")


def _surroundings() -> Iterator[Shape]:
    """The site's and the section's name."""
    yield Shape("site behind a bar", H1, document=f"{HEADLINE} | {SITE}", og=f"{HEADLINE} | {SITE}")
    yield Shape(
        "site and section behind dashes",
        document=f"{HEADLINE} - Town - {SITE}",
        above='<nav><a href="/town">Town</a></nav>',
    )
    yield Shape(
        "site and sections behind bars, as in the address",
        document=f"{HEADLINE} | Coast News | News | {SITE}",
        url="https://www.harbourpost.example/news/coast-news/winter-pier-shut-spring",
    )
    yield Shape("site in front", document=f"{SITE}: {HEADLINE}", og=f"{SITE} : {HEADLINE}")
    yield Shape("site in front with an arrow", document=f"{SITE} » {HEADLINE}")
    yield Shape("site named only by its address", document=f"{HEADLINE} - Harbour Post", site="")
    yield Shape(
        "site's address by beginnings",
        document=f"{HEADLINE} – The New Harbour Times",
        site="",
        url="https://nharbourtimes.example/a/winter-pier",
    )
    yield Shape(
        "site's name by a linked logo",
        document=f"{HEADLINE} - Seagull",
        site="",
        above='<header><a href="/"><span>Seagull</span></a></header>',
    )
    yield Shape(
        "site's name by its publisher",
        document=f"{HEADLINE} - Seagull Media",
        site="",
        data='{"@type": "NewsArticle", "datePublished": "2026-11-28", "publisher": {"@type": "Organization", "name": "Seagull Media"}}',
    )
    yield Shape(
        "site and its motto", document=f"{HEADLINE} - {SITE} - News of the coast since 1904", og=HEADLINE
    )
    yield Shape(
        "the site's name has a bar",
        document=f"{HEADLINE} | Seagull | News of the coast",
        site="Seagull | News of the coast",
    )
    yield Shape(
        "section in front of the headline",
        H1,
        document=f"Opinion | {HEADLINE} - {SITE}",
        og=f"Opinion | {HEADLINE}",
    )
    yield Shape(
        "editorial behind the headline",
        H1,
        document=f"{HEADLINE} | Editorial | {SITE}",
        og=f"{HEADLINE} | Editorial",
    )
    yield Shape(
        "the writer behind the headline",
        document=f"{HEADLINE} | by Nadia Velasquez | {SITE}",
        head='<meta name="author" content="Nadia Velasquez">',
    )
    yield Shape("the date behind the headline", document=f"{HEADLINE} | November 28, 2026 | {SITE}")
    yield Shape(
        "the site's name in the heading", f"<h1>{HEADLINE} | {SITE}</h1>", document=f"{HEADLINE} | {SITE}"
    )


def _other_names() -> Iterator[Shape]:
    """The site's name in other words than ``og:site_name`` has, or named elsewhere on the page alone."""
    quay = "https://www.quay-choir.example/news/moved-concert"
    yield Shape(
        "one word and a long name", "<h1>Piles</h1>", "Piles", og=f"Piles - {SITE} Ltd", site=f"{SITE} Ltd"
    )
    yield Shape(
        "a name with its legal form behind a link to this page",
        title="Our boats",
        document="Our boats | Boats for our Quay e.V.",
        above='<nav><a href="/our-boats/">Our boats</a></nav>',
        site="Boats for our Quay",
        url="https://www.boats-for-our-quay.example/our-boats/",
    )
    yield Shape(
        "the address in another form of its words",
        document=f"Choir at the Old Quayside - {HEADLINE}",
        site="",
        url=quay,
    )
    yield Shape(
        "the address and more in front",
        document=f"Nadia Quay's Digital Shed | {HEADLINE}",
        site="",
        url="https://nadiaquay.example/pier",
    )
    yield Shape("the address as a name in front", document=f"www.tides.example - {HEADLINE}", site="")
    yield Shape("the name with its domain", document=f"{HEADLINE} | SEAGULL.net", site="Seagull")
    yield Shape(
        "the holder of the copyright",
        document=f"{HEADLINE} - Tidewater Trust - Foundation of Boats",
        below="<footer>Copyright © 2019–2026 by Foundation of Boats, Inc.</footer><p>© Tidewater Trust</p>",
        site="",
    )
    yield Shape(
        "the feed's title",
        document=f"{HEADLINE} ‹ Salt and Rope",
        head='<link rel="alternate" type="application/rss+xml" title="Salt and Rope » Feed" href="/feed/">',
        site="",
    )
    yield Shape(
        "the logo is a picture",
        document=f"{HEADLINE} · Salt and Rope",
        above='<a href="/"><img src="/l.png" alt="Salt and Rope"></a>',
        site="",
    )
    yield Shape(
        "a heading that links up",
        "<h2>Moved</h2>",
        "Moved",
        document="The Rope Gang » Archive of the Blog » Moved",
        above='<h1><a href="/rope/">The Rope Gang</a></h1>',
        site="",
        url="https://blogs.harbour.example/rope/2026/02/08/moved/",
    )
    yield Shape(
        "a motto behind the name in og:title",
        og=f"{HEADLINE} » TideLogs - Blogs of the sea",
        site="The Mooring",
        url="https://tidelogs.harbour.example/mooring/winter-pier-stays-shut-until-spring/",
    )
    yield Shape(
        "the address without its marks",
        document=f"{HEADLINE} – La Mer Préférée de Jürgen",
        site="",
        url="https://mer-preferee-juergen.example/a",
    )
    yield Shape(
        "a name of parts",
        "",
        document=f"{HEADLINE} - Nadia Berg - Rope 50plus",
        site="Nadia Berg - Rope 50plus",
    )
    yield Shape(
        "a name that nothing tells behind a short heading",
        "<h1>Homo portuensis</h1>",
        "Homo portuensis",
        document="Homo portuensis | Provincial Centre for Civic Education",
        site="",
        url="https://province.example/people/homo-portuensis",
    )
    yield Shape(
        "sections and a name that nothing tells",
        H1,
        document=f"{HEADLINE} - Your Boats Today - Your Life - TBN Lifestyle",
        site="",
        url="https://tbn.example/?id=7",
    )
    yield Shape(
        "a subtitle and the writer behind the heading",
        "<h1>12 ways to a good pier</h1>",
        "12 ways to a good pier",
        document="12 ways to a good pier - oak, steel, at sea or on a lake? All kinds tried - Nadia Velasquez | QUAY",
        site="",
        url="https://quay.example/books/37219-12_ways_to_a_good_pier.html",
    )
    yield Shape(
        "capitals, and a name with the address",
        f"<h1>{HEADLINE.upper()}</h1>",
        og=f"{HEADLINE} | Office Velasquez",
        site="",
        url="https://velasquez.example/winter-pier",
    )
    yield Shape(
        "section and day behind the headline",
        document="Letters - 26 October 2026 - Blog - Pictures and Rope!",
        title="Letters",
        site="",
        url="https://rope.example/blog/letters/2026-10-26",
    )


def _forms_of_the_name() -> Iterator[Shape]:
    """The site's name longer or shorter than declared, behind other signs, or only where titles agree."""
    for name, end, declared in (
        ("its legal form", " – Seagull GmbH & Co. KG", "Seagull"),
        ("a part of the site", " | Seagull Politics", "Seagull"),
        ("a shorter name", " - Seagull", "Seagull News Network"),
        ("brackets", f" [{SITE}]", SITE),
        ("a colon with spaces", f" : {SITE}", SITE),
    ):
        yield Shape(
            f"in the head alone: {name}",
            document=f"{HEADLINE}{end}",
            site=declared,
            url="https://x.example/a",
        )
    ja, ur = "冬の桟橋、春まで閉鎖", "بندرگاہ کا گھاٹ بہار تک بند رہے گا"
    yield Shape("japanese, an underscore", "", ja, document=f"{ja}_港新聞", site="港新聞")
    yield Shape("japanese, a dash without spaces", "", ja, document=f"{ja}-港新聞", site="港新聞")
    yield Shape("japanese, a colon without spaces", "", ja, document=f"{ja}：港新聞", site="港新聞")
    yield Shape("urdu, a longer name", "", ur, document=f"{ur} - بندرگاہ پوسٹ اردو", site="بندرگاہ پوسٹ")
    yield Shape(
        "what two titles end with",
        title="Pier shut until spring",
        og="Pier shut until spring | Salt and Rope",
        document=f"{HEADLINE} | Salt and Rope",
        site="",
    )
    yield Shape(
        "a section's name in the head",
        H1,
        og="Town",
        document=f"Town | {SITE}",
        above='<nav><a href="/town">Town</a></nav>',
    )
    yield Shape(
        "the site's name as a heading without a link",
        f"<h2>{HEADLINE}</h2>",
        document=f"Salt and Rope » {HEADLINE}",
        above="<h1>Salt and Rope</h1>",
        site="",
        url="https://x.example/?p=7",
    )


def _not_words() -> Iterator[Shape]:
    """A file, a host, a page's title in the wrong place."""
    yield Shape("a file's name in og:title", og="hp-winter-pier-2026", document=f"{HEADLINE} | {SITE}")
    yield Shape(
        "a host in dc.title",
        head='<meta name="dc.title" content="quay.example">',
        document=f"{HEADLINE} - {SITE}",
        url="https://www.harbourpost.example/",
    )
    yield Shape(
        "the page's title as the site's name",
        og="Our yearly report of 2026",
        title="Our yearly report of 2026",
        site="Our yearly report of 2026",
        document="Harbour in 2026 - Yearly Report",
        above='<nav><a href="/a">Yearly Report</a></nav>',
    )
    yield Shape(
        "a site's name alone in the title",
        f"<h2>{HEADLINE}</h2>",
        document=SITE,
        url="https://www.harbourpost.example/winter-pier-stays-shut-until-spring/",
    )


def _separators() -> Iterator[Shape]:
    """Parts of the headline itself."""
    for title in (
        "Pier shut - boats leave from the fish quay",
        "Q&amp;A: why the winter pier stays shut",
        "Winter pier | What we know so far",
        "Harbour: the long winter of a pier",
        "Piles, oak – and no money",
        "Pier 9 3/4 / A winter tale",
        "‘No boats’: anger at the port",
        "Review: Berg - Law, 5th edition 2014",
        "Take care - the Harbour Post at the boat show",
        "Site update - chapter 14 / part 121",
        "Live: winter pier stays shut",
        "BREAKING: winter pier stays shut",
    ):
        plain = title.replace("&amp;", "&")
        yield Shape(
            f"headline of its own: {plain}",
            f"<h1>{title}</h1>",
            plain,
            document=f"{title} | {SITE}",
            og=title,
        )
        yield Shape(f"in the head alone: {plain}", "", plain, document=f"{title} | {SITE}", site=SITE)


def _parts_that_stay() -> Iterator[Shape]:
    """Parts of the headline that look like an addition."""
    yield Shape(
        "a subtitle that another source leaves out",
        "<h1>Winter pier – why it stays shut</h1>",
        "Winter pier – why it stays shut",
        og="Winter pier – why it stays shut",
        document=f"Winter pier | {SITE}",
    )
    yield Shape(
        "the begin of a photo's credit",
        "",
        "Pier shut – Winter storms",
        og="Pier shut – Winter storms",
        below="<figure><figcaption>© Winter storms agency</figcaption></figure>",
    )
    yield Shape(
        "an ellipsis of its own",
        "<h1>It was warm... it was fine...</h1>",
        "It was warm... it was fine...",
        document="It was warm... it was fine... - Sailing Club of the Quay",
        site="",
    )


def _other_headings() -> Iterator[Shape]:
    """Headings that are none of the article."""
    yield Shape(
        "the heading is the section's",
        "<h2>Winter pier stays shut until spring</h2>",
        document=f"Reviews - {SITE}",
        above="<h1>Reviews</h1>",
        og=HEADLINE,
    )
    yield Shape(
        "the section's heading stands in the title",
        H1,
        document=f"Reviews: {HEADLINE} | {SITE}",
        above="<header><h1>Reviews</h1></header>",
    )
    yield Shape(
        "the heading is a logo",
        "<h2>Winter pier stays shut until spring</h2>",
        document=f"{HEADLINE} | {SITE}",
        above=f'<h1 class="logo"><a href="/">{SITE}</a></h1>',
    )
    yield Shape(
        "the logo links the whole address",
        "",
        document=HEADLINE,
        above='<h1><a href="https://www.harbourpost.example/">Home of the news</a></h1>',
    )
    yield Shape(
        "each teaser has a heading of the first level",
        H1,
        og=HEADLINE,
        below='<section><h1><a href="/a">Bakers win a prize</a></h1></section><section><h1>Choir sings in the hall</h1></section>',
    )
    yield Shape(
        "another article's heading is the only one",
        "",
        og=HEADLINE,
        document=f"{HEADLINE} - {SITE}",
        above='<div><h1 itemprop="headline"><a href="https://else.example/choir">Choir sings of winter</a></h1></div>',
    )
    yield Shape(
        "a menu of headings",
        H1,
        document=f"{HEADLINE} - {SITE}",
        above="<nav><h1>Games</h1><h1>Winter</h1></nav>",
    )
    yield Shape("an empty heading first", f"<h1></h1><h1>{HEADLINE}</h1>", document=SITE)
    yield Shape(
        "a heading that links to itself",
        f'<h1><a href="/news/2026/winter-pier-shut/">{HEADLINE}</a></h1>',
        document=f"Pier - {SITE}",
    )
    yield Shape("the headline of the second level", f"<h2>{HEADLINE}</h2>", document=f"{HEADLINE} | {SITE}")


def _declared() -> Iterator[Shape]:
    """What differs for search engines and networks."""
    yield Shape(
        "words for search engines in the title",
        H1,
        document="Harbour winter pier closed: when will it open? | The Harbour Post",
    )
    yield Shape(
        "words for search engines in og:title",
        H1,
        og="Pier closed for winter: what you need to know",
        document=f"Pier closed | {SITE}",
        data=f'{{"@type": "NewsArticle", "headline": "{HEADLINE}"}}',
    )
    yield Shape("shown twice", f"<h1>{HEADLINE} {HEADLINE}</h1>", document=f"{HEADLINE} {HEADLINE} | {SITE}")
    for words in (
        "See photos &amp; video",
        "WATCH LIVE",
        "Mira el vídeo",
        "Regardez la vidéo",
        "Смотрите фото",
    ):
        yield Shape(f"{words}: before it", f"<h1>{words}: {HEADLINE}</h1>", document=f"{words}: {HEADLINE}")
    shut = "Watch: the pier is shut again"
    yield Shape(
        "an invitation before a small letter", f"<h1>{shut}</h1>", "The pier is shut again", document=shut
    )
    yield Shape("an invitation before two words", "<h1>Watch: pier shut</h1>", "Watch: pier shut")
    full = "Tugs of Mayor Ada Quill shut the winter pier"
    for short in ("Tugs of Quill shut the winter pier", "Tugs of Mayor Quill shut the winter pier"):
        yield Shape(f"full names in og:title: {short}", f"<h1>{short}</h1>", full, og=full)
    for other in ("Tugs of Quill shut the old winter pier", "BREAKING Tugs of Quill shut the winter pier"):
        short = "Tugs of Quill shut the winter pier"
        yield Shape(f"other words in og:title: {other}", f"<h1>{short}</h1>", short, og=other)
    short, other = "Tugs of Quill Shut the Winter Pier", "Tugs of Quill Shut the Old Winter Pier"
    yield Shape("other words in og:title, with capitals", f"<h1>{short}</h1>", short, og=other)
    wrong = f"{HEADLINE} | {SITE}"
    yield Shape(
        "the name of the application is the title",
        H1,
        og=wrong,
        document=wrong,
        head=f'<meta name="application-name" content="{wrong}">',
    )
    yield Shape("og:title is the site's", H1, og=SITE, document=f"{HEADLINE} | {SITE}")
    yield Shape("og:title is cut", "", og="Winter pier stays shut un…", document=f"{HEADLINE} | {SITE}")
    yield Shape(
        "og:title is cut, and the heading whole",
        H1,
        og="Winter pier stays ...",
        document="Winter pier stays ...",
    )
    yield Shape("the heading is cut", "<h1>Winter pier stays shut…</h1>", og=HEADLINE)
    yield Shape(
        "the topic is the only heading",
        "<h1>Winter pier latest</h1>",
        "Winter pier latest: divers find eaten piles and ask for spring boats",
        og="Winter pier latest: divers find eaten piles and ask for spring boats",
    )
    yield Shape(
        "an addition that only og:title has",
        "",
        og=f"{HEADLINE} - Boards",
        data=f'{{"@type": "NewsArticle", "headline": "{HEADLINE}"}}',
    )
    yield Shape(
        "a heading that only begins the headline",
        "<h1>Winter pier</h1><h2>Boats leave elsewhere</h2>",
        "Winter pier: divers find its piles eaten away",
        og="Winter pier: divers find its piles eaten away",
    )


def _labels() -> Iterator[Shape]:
    """Labels and other things inside the heading."""
    yield Shape(
        "a label in its element",
        f'<h1><span class="kicker">OPINION</span>{HEADLINE}</h1>',
        document=f"{HEADLINE} | {SITE}",
    )
    yield Shape(
        "a label that nothing names", f"<h1><span>Harbour</span><span>{HEADLINE}</span></h1>", og=HEADLINE
    )
    yield Shape(
        "a label in a hashed class, a bar in the head",
        f'<h1><span class="css-1x">Harbour</span> <span class="css-2y">{HEADLINE}</span></h1>',
        og=f"Harbour | {HEADLINE}",
    )
    yield Shape(
        "a label that belongs to it",
        f'<h1><span class="headline__kicker">Port</span> <span>{HEADLINE}</span></h1>',
        f"Port: {HEADLINE}",
        og=f"Port: {HEADLINE}",
    )
    yield Shape(
        "a live label", f'<h1><span class="badge badge-live">LIVE</span> {HEADLINE}</h1>', document=SITE
    )
    yield Shape(
        "the reading time", f'<h1>{HEADLINE} <span class="read-time">3 min read</span></h1>', og=HEADLINE
    )
    yield Shape("the writer inside", f"<h1>{HEADLINE}<small>by Nadia Velasquez</small></h1>", document=SITE)
    yield Shape(
        "the date inside",
        f"<h1>{HEADLINE} <time>28 November 2026</time></h1>",
        document=f"{HEADLINE} - {SITE}",
    )
    yield Shape(
        "words for screen readers",
        f'<h1><span class="visually-hidden">Article title:</span> {HEADLINE} <button>Save</button></h1>',
        document=SITE,
    )
    yield Shape(
        "a permanent link", f'<h1>{HEADLINE}<a class="headerlink" href="#pier">¶</a></h1>', document=HEADLINE
    )
    yield Shape(
        "an icon with a title",
        f"<h1><svg><title>Lock</title></svg>{HEADLINE}</h1>",
        document=f"{HEADLINE} | {SITE}",
    )
    yield Shape("an icon before the title of a page without one", H1, above="<svg><title>Menu</title></svg>")
    yield Shape(
        "the writer on a line of its own, a credit in the head",
        f"<h1><span>{HEADLINE}</span>\n<span></span>\n<br>\n<span>Senior writer N. Velasquez</span>\n</h1>",
        og=f"{HEADLINE} (photo: Seagull)",
    )
    yield Shape(
        "the writer as the page names her",
        f"<h1>{HEADLINE}<br><span>By Nadia Velasquez</span></h1>",
        head='<meta name="author" content="Nadia Velasquez">',
        document=SITE,
    )
    yield Shape(
        "a writer whom the page does not name",
        f"<h1>{HEADLINE}<br><span>By Nadia Velasquez and Tom Reed</span></h1>",
        document=SITE,
    )
    yield Shape("two lines", "<h1>Winter pier stays<br>shut until spring</h1>", document=SITE)
    yield Shape(
        "lines in blocks", "<h1><div>Winter pier stays</div><div>shut until spring</div></h1>", document=SITE
    )
    yield Shape(
        "a first letter of its own",
        '<h1><span class="x">W</span>inter pier stays shut until spring</h1>',
        document=SITE,
    )
    yield Shape(
        "words in italics", "<h1>Winter <em>pier</em> stays shut until spring</h1>", og=f"{HEADLINE} | {SITE}"
    )


def _writing() -> Iterator[Shape]:
    """How it is written."""
    yield Shape(
        "escaped twice",
        "<h1>Salt &amp;amp; tar: winter pier stays shut</h1>",
        "Salt & tar: winter pier stays shut",
        og="Salt &amp;amp; tar: winter pier stays shut",
    )
    yield Shape(
        "escaped quotation marks",
        "",
        "“No boats” until spring",
        og="&amp;#8220;No boats&amp;#8221; until spring",
    )
    yield Shape("capitals", f"<h1>{HEADLINE.upper()}</h1>", og=HEADLINE)
    yield Shape(
        "two lines, a dash in the head",
        "<h2>Winter pier<br>Why it stays shut</h2>",
        "Winter pier - Why it stays shut",
        document="Winter pier - Why it stays shut | Rope . Tar . Schools",
    )
    yield Shape("capitals only", f"<h1>{HEADLINE.upper()}</h1>", HEADLINE.upper(), document=HEADLINE.upper())
    yield Shape(
        "a tag that the headline speaks of",
        "<h1>How &lt;video&gt; works on a pier</h1>",
        "How <video> works on a pier",
        document="How &lt;video&gt; works on a pier",
    )


def _linked_data() -> Iterator[Shape]:
    """JSON-LD of other things."""
    yield Shape(
        "data of the site",
        "",
        document=f"{HEADLINE} | {SITE}",
        data=f'{{"@graph": [{{"@type": "WebSite", "name": "{SITE}"}}, {{"@type": "WebPage", "name": "x"}}]}}',
    )
    yield Shape(
        "data of a film",
        "",
        document=f"{HEADLINE} | {SITE}",
        data='{"@type": "VideoObject", "name": "Divers at work", "headline": "Divers at work"}',
        og=HEADLINE,
    )
    yield Shape(
        "data of several articles", "", document=SITE,
        data=f'[{{"@type": "NewsArticle", "headline": "Choir sings", "author": "x", "datePublished": "2026-01-01", "url": "/news/choir"}},'
        f'{{"@type": "NewsArticle", "headline": "{HEADLINE}", "url": "https://www.harbourpost.example/news/2026/winter-pier-shut"}}]',
    )  # fmt: skip
    yield Shape(
        "data of a list",
        H1,
        document=f"{HEADLINE} | {SITE}",
        data='{"@type": "ItemList", "itemListElement": [{"@type": "NewsArticle", "headline": "Choir sings"}]}',
    )


def _scripts() -> Iterator[Shape]:
    """Other scripts."""
    ur, ja, es, de = (
        "بندرگاہ کا گھاٹ بہار تک بند رہے گا",
        "冬の桟橋、春まで閉鎖 港湾局が発表",
        "El muelle de invierno sigue cerrado",
        "Winterpier bleibt bis zum Frühling zu",
    )
    yield Shape("urdu", f"<h1>{ur}</h1>", ur, document=f"{ur} - بندرگاہ پوسٹ", site="بندرگاہ پوسٹ")
    yield Shape("urdu, in the head alone", "", ur, document=f"{ur} - بندرگاہ پوسٹ", site="بندرگاہ پوسٹ")
    yield Shape("japanese", f"<h1>{ja}</h1>", ja, document=f"{ja}｜港新聞", og=f"{ja}｜港新聞", site="港新聞")
    yield Shape(
        "japanese, in the head alone", "", ja, document=f"{ja}：港新聞", og=f"{ja}｜港新聞", site="港新聞"
    )
    yield Shape("spanish", f"<h1>{es}</h1>", es, document=f"{es} | Sociedad | EL PUERTO", site="EL PUERTO")
    yield Shape(
        "german, with its label",
        f'<h1><span class="kicker">Hafen</span><span>: </span><span>{de}</span></h1>',
        f"Hafen: {de}",
        document=f"Hafen: {de} - DER HAFEN",
        site="DER HAFEN",
    )


def _asian_tails() -> Iterator[Shape]:
    """Names of sites and sections that only ``<title>`` has, in Chinese, Japanese and Korean."""
    zh, ja, ko = (
        "冬季码头关闭至明年春天 渡轮改从鱼市出发",
        "冬の桟橋、春まで閉鎖 港湾局が発表",
        "겨울 부두 봄까지 닫는다, 항만청 발표",
    )
    for title, document in (
        (zh, f"{zh}_海港网"),
        (zh, f"{zh}＿滨海市人民政府"),
        (zh, f"{zh}_国内_海港日报"),
        (zh, f"{zh}|码头|渡轮_社会_海港新闻"),
        (zh, f"{zh}--社会--海港在线"),
        (zh, f"{zh}-海港网"),
        (zh, f"{zh}＿海港网"),
        ("码头招标价3.2亿”", "码头招标价3.2亿”＿A1海港"),
        (zh, f"{zh} - 海港晚报"),
        (zh, f"{zh}丨海港早报"),
        (f"{zh}”", f"{zh}”_海港频道"),
        ("渡轮联赛第十轮前瞻：海港队-滨海", "渡轮联赛第十轮前瞻：海港队-滨海_海港网"),
        ("冬季码头为何关闭|市长答问", "冬季码头为何关闭|市长答问_海港网"),
        ("码头招标价3.2亿GPU", "码头招标价3.2亿GPU_海港网"),
        (ja, f"{ja}｜みなとニュース"),
        (ja, f"{ja} - みなと新聞"),
        (ko, f"{ko} - 항구일보"),
        (ko, f"{ko} | 항구닷컴"),
    ):
        yield Shape(f"site's name by its form: {document}", "", title, document=document, site="", url="")
    for title in (
        "冬季码头 - 关闭至明年春天",
        "渡轮联赛第十轮前瞻：海港-滨海",
        "冬季码头为何关闭 - 工业互联网",
        "冬季码头今年第二次关闭：记者看新闻",
        "冬季码头今年第二次关闭至明年春天渡轮改从鱼市出发_滨海市人民代表大会常务委员会办公厅秘书处",
        "专访-海港日报",
        "码头工程师谈水下检查：见《海港-水下的墙》",
        "桟橋はいつ開くのか - 港湾局に聞く",
        "부두는 언제 여나 - 항만청장",
        "Winter pier stays shut _ boats leave",
        "Spider-Man swings over the harbour",
        "Covid-19: what the harbour knows",
        "Real Harbour - Quay United",
    ):
        yield Shape(f"no name of a site: {title}", "", title, document=title, site="", url="")
    shown = f"{zh}_海港网"
    yield Shape("a heading shows the name", f"<h1>{shown}</h1>", shown, document=shown, site="", url="")
    listed = "海港网,专题报道,东区办事处"
    for name, description, title in (
        ("a section in keywords", listed, zh),
        ("a keyword that is no section", "渡轮改从鱼市出发。", f"{zh} 东区办事处"),
    ):
        meta = f'<meta name="keywords" content="{listed}"><meta name="description" content="{description}">'
        yield Shape(name, "", title, document=f"{zh} 东区办事处_海港网", head=meta, site="", url="")


def _shown_parts() -> Iterator[Shape]:
    """A line of the page that shows the headline without the tail of ``<title>``."""
    zh, ur = "港口发布最强起重机，一台顶十台GPU", "بندرگاہ کا گھاٹ بہار تک بند رہے گا"
    for title, tail in (
        (HEADLINE, " - Quay.com - Coast Capital"),
        (HEADLINE, " | Society | The Quay"),
        (HEADLINE, " « The Quay"),
        ("El muelle sigue cerrado", " · La Ría"),
        ("Причал закрыт до самой весны", " — Вечерняя гавань"),
        (ur, " - نوائے ساحل"),
        (zh, "-EDN 电子设计"),
        ("冬の桟橋、春まで閉鎖", "＿みなと通信"),
        ("冬の桟橋、春まで閉鎖", "丨みなと通信"),
        ("Quay cranes: 3 new GPU", "＿EDN 港口"),
    ):
        for line in (f"<h4>{title}</h4>", f'<div class="t">{title}<span>10:30</span></div>'):
            yield Shape(f"shown alone: {line}{tail}", line, title, document=title + tail, site="", url="")
    whole = "Pier stays shut - boats leave from the fish quay and the old lock"
    for name, title, above in (
        ("a link shows a part", f"{HEADLINE} - pier closed", f'<p><a href="/x">{HEADLINE}</a></p>'),
        ("the shorter part is shown", whole, "<p>Pier stays shut</p>"),
        ("a label is shown", "Harbour football - Quay one", "<p>Harbour football</p>"),
        ("a hyphen is no separator", f"{HEADLINE}-Quay", f"<p>{HEADLINE}</p>"),
        ("a colon is no separator", "The harbour football club: a crane", "<p>The harbour football club</p>"),
    ):
        yield Shape(name, "", title, document=title, above=above, site="", url="")
    head = '<meta name="copyright" content="www.HarbourQuay.com">'
    document = f"{HEADLINE} - HarbourQuay.com - Coast Capital"
    yield Shape("an address in the copyright", document=document, head=head, site="", url="")


def _tags() -> Iterator[Shape]:
    """A tag in brackets in front of the headline."""
    menu = "<nav><a href='/harbour'>Harbour &amp;</a><a href='/%s'>%s</a></nav>"
    for tag, title in (
        ("[Harbour &amp;]", HEADLINE),
        ("[Harbour&amp;]", HEADLINE),
        (f"[{SITE}]", HEADLINE),
        ("[항만]", "겨울 부두, 봄까지 문 닫는다"),
        ("【港口】", "冬季码头关闭至明年春天"),
        ("［港］", "冬の桟橋、春まで閉鎖"),
    ):
        name = tag.strip("[]【】［］")
        yield Shape(
            f"{tag} is a section",
            f"<h1>{tag} {title}</h1>",
            title,
            document=f"{tag}{title}",
            above=menu % (name, name),
        )
    yield Shape("[Photos] in the heading only", f"<h1>[Photos] {HEADLINE}</h1>", og=HEADLINE)
    for tag in ("[Anzeige]", "[단독]", "【速報】", "[sic]"):
        title = f"{tag} {HEADLINE}"
        yield Shape(f"{tag} stays", f"<h1>{title}</h1>", title, og=title, document=f"{title} | {SITE}")
    yield Shape("only a tag", "<h1>[Harbour] Quay</h1>", "[Harbour] Quay", above=menu % ("h", "Harbour"))


def _bare() -> Iterator[Shape]:
    """No headline."""
    yield Shape(
        "an old page of tables", "<table><tr><td><b>Winter pier</b></td></tr></table>", document=HEADLINE
    )
    yield Shape("the heading alone", H1)
    slug = "https://www.harbourpost.example/a/winter-pier-stays-shut-until-spring.html"
    for document in (f"{HEADLINE} | Coast | {SITE}", f"{SITE} » Coast » {HEADLINE}", f"Coast - {HEADLINE}"):
        yield Shape(f"{document}, in the head alone", document=document, url=slug)
    feed = '<link rel="alternate" type="application/rss+xml" title="Harbour Party" href="/rss.xml">'
    for document in (
        f"Harbour Party in the Town Council - {HEADLINE}",
        f"{HEADLINE} - 26 October 2026 - Blog - Pictures, tales and bows!",
        f"{HEADLINE} | 26. Oktober 2026 | Archiv | Bilder und mehr",
    ):
        yield Shape(f"{document}, without a site", document=document, head=feed, site="", url="")
    dated = f"{HEADLINE} - 26 October 2026"
    yield Shape("a date in the heading", f"<h1>{dated}</h1>", dated, document=f"{dated} | Minutes | {SITE}")
    for title in (f"26 October 2026: {HEADLINE}", f"{HEADLINE} - 26 of 2026 boats leave - a town waits"):
        yield Shape(f"{title}, without a site", title=title, document=title, head=feed, site="", url="")
    for title in (f"{HEADLINE} - a town waits", f"Council: {HEADLINE}", f"{HEADLINE} - pier closed"):
        yield Shape(f"{title}, in the head alone", title=title, document=f"{title} | {SITE}", url=slug)


SHAPES = [
    *_surroundings(),
    *_other_names(),
    *_forms_of_the_name(),
    *_not_words(),
    *_separators(),
    *_guillemets(),
    *_parts_that_stay(),
    *_other_headings(),
    *_declared(),
    *_labels(),
    *_writing(),
    *_linked_data(),
    *_scripts(),
    *_asian_tails(),
    *_shown_parts(),
    *_tags(),
    *_bare(),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_headline_is_the_pages_own(shape: Shape) -> None:
    assert extract(shape.html, shape.url).title == shape.title


@pytest.mark.parametrize(
    ("section", "site", "heading"),
    [
        ("新闻动态", "--海港学会官网", "首页 - 新闻动态"),
        ("ニュース", " - 港湾学会", "ホーム » ニュース"),
        ("Nachrichten", " | Verein der Häfen", "Start > Nachrichten"),
        ("Noticias", " - Puerto", "Inicio / Noticias"),
    ],
)
def test_a_page_that_names_only_its_section_and_site_has_no_headline(
    section: str, site: str, heading: str
) -> None:
    menu = f"<h1>{heading}</h1>"
    notice = f"<p>版权所有：© 2001-2012 {site.strip(' |-').removesuffix('官网')} 地址</p>"
    html = Shape("no headline", document=section + site, above=menu, below=notice, site="").html
    assert extract(html, None).title is None


def test_a_page_that_names_only_its_site_has_no_headline() -> None:
    html = Shape("no headline", document=SITE, above=f'<h1><a href="/">{SITE}</a></h1>').html
    assert extract(html, "https://www.harbourpost.example/a").title is None
