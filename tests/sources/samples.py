"""Feeds written out, and how the tests look at them."""

from newsbot.model import Item
from newsbot.sources.parsing import parse_bytes

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Paper</title><link>http://paper.example/</link><language>en-GB</language>{head}
{items}
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ur"><title>Paper</title><id>urn:paper</id>
<updated>2026-11-22T10:00:00Z</updated>
{items}
</feed>"""


def rss(*items: str, head: str = "") -> bytes:
    return RSS.format(head=head, items="\n".join(f"<item>{item}</item>" for item in items)).encode()


def atom(*items: str) -> bytes:
    return ATOM.format(items="\n".join(f"<entry>{item}</entry>" for item in items)).encode()


def broken(feed: bytes) -> bytes:
    """The same feed, not well-formed any more in its tags, so that the other parser reads it."""
    return feed.replace(b"<title>Paper</title>", b"<title x=y>Paper</title>", 1)


def items(feed: bytes, url: str = "http://paper.example/feed") -> tuple[Item, ...]:
    return parse_bytes(feed, url).items


def one(feed: bytes) -> Item:
    (item,) = items(feed)
    return item
