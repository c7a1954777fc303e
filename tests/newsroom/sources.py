"""A newsroom whose sources bring feeds, files and rows, as the real parsers read them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import ParamSpec, TypeVar

from newsbot.channels.console import ConsoleChannel, ConsoleSettings
from newsbot.composing.compose import Composer
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Item, Post, PostState
from newsbot.newsroom.changes import Changes
from newsbot.newsroom.composition import ChannelTerms, Composition
from newsbot.newsroom.intake import Intake, ReadTerms
from newsbot.newsroom.polling import SourcePoller, SourceTerms
from newsbot.ports import Poll
from newsbot.reading.page import Page
from newsbot.reading.parse import parse_item
from newsbot.reading.reader import _make_article
from newsbot.reasons import Reason
from newsbot.scheduling.rules import Rules
from newsbot.sources.folder import parse_document
from newsbot.sources.parsing import parse_bytes
from newsbot.summarizers.extract import ExtractSummarizer

__all__ = ["Entry", "Newsroom", "body", "document", "each_edited", "feed", "files", "rows"]

P = ParamSpec("P")
T = TypeVar("T")
BEGAN = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SYLLABLES = ("ka", "lo", "mi", "ru", "te", "so", "ban", "del", "fir", "gan", "hol", "jun", "pek", "ster")


def body(seed: int, sentences: int = 6) -> str:
    """A text whose words are its own; some 13 words a sentence."""
    said = []
    for number in range(sentences):
        name, place, thing = (_word(seed, number, part) for part in range(3))
        said.append(
            f"The {name} council of {place} agreed on {_word(seed, number, 3)} that the {thing} would change."
        )
    return " ".join(said)


def _word(*of: int) -> str:
    number = sum((each + 1) * 7919 ** (place + 1) for place, each in enumerate(of))
    return "".join(SYLLABLES[(number // 14**place) % 14] for place in range(4))


@dataclass(frozen=True)
class Entry:
    """One article as a source shows it; what is None is left out."""

    title: str = "Council of Harbour decides on the quay"
    text: str = field(default_factory=lambda: body(1))
    link: str | None = "https://news.example/harbour/quay-1"
    guid: str | None = "g1"
    at: datetime | None = BEGAN
    image: str | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    name: str = "quay.txt"  # as a file


def feed(*entries: Entry) -> tuple[Item, ...]:
    """As RSS, through the real parser."""
    return parse_bytes(document(*entries).encode(), "https://news.example/feed.xml").items


def document(*entries: Entry) -> str:
    """As RSS."""
    items = "".join(
        "<item>"
        f"<title>{escape(each.title)}</title>"
        + (f"<link>{escape(each.link)}</link>" if each.link else "")
        + (f"<guid isPermaLink='false'>{escape(each.guid)}</guid>" if each.guid else "")
        + (f"<pubDate>{format_datetime(each.at)}</pubDate>" if each.at else "")
        + (f"<author>{escape(each.author)}</author>" if each.author else "")
        + "".join(f"<category>{escape(tag)}</category>" for tag in each.tags)
        + (f"<media:content url='{each.image}' medium='image'/>" if each.image else "")
        + f"<content:encoded>{escape(_markup(each.text))}</content:encoded>"
        + "</item>"
        for each in entries
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?>"
        "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>Site</title>"
        f"<link>https://news.example/</link>{items}</channel></rss>"
    )


def _markup(text: str) -> str:
    return text if "<" in text else f"<p>{text}</p>"


def files(*entries: Entry) -> tuple[Item, ...]:
    """As text files of a folder, whose guids are their names."""
    texts = [(each.name, f"{each.title}\n\n{each.text}\n") for each in entries]
    return tuple(parse_document(text.encode(), name, Path(name).suffix, name) for name, text in texts)


def rows(*entries: Entry) -> tuple[Item, ...]:
    """As a query over a CMS's tables gives them."""
    return tuple(
        Item(str(each.guid), each.link, each.title, html=f"<p>{each.text}</p>", published_at=each.at)
        for each in entries
    )


@dataclass
class Shown:
    """A source: what it shows now."""

    items: Sequence[Item] = ()

    async def poll(self, cursor: dict[str, object]) -> Poll:
        del cursor
        return Poll(tuple(self.items), {})


@dataclass
class Newsroom:
    """One service, or one of several, over a ledger; its sources show what the test says."""

    ledger: Ledger
    folder: Path
    names: tuple[str, ...] = ("site",)
    asks: bool = False
    on_edit: str = "flag"
    channels: tuple[str, ...] = ("c", "d")
    at: datetime = BEGAN

    def __post_init__(self) -> None:
        made = {
            name: ConsoleChannel(name, ConsoleSettings(kind="console"), _no_image) for name in self.channels
        }
        terms = {
            name: ChannelTerms("console.txt.j2", Rules(), timedelta(days=400), approval=0) for name in made
        }
        self.composition = Composition(
            self.ledger, made, terms, ExtractSummarizer(), Composer(self.folder), self
        )
        self.shown = {name: Shown() for name in self.names}
        polls = dict.fromkeys(self.names, SourceTerms(MINUTE, 0))
        reads = {name: ReadTerms(self.channels) for name in self.names}
        self.detector = SourcePoller(self.ledger.sources, self.on_ledger, self.shown, polls, self)
        self.intake = Intake(self.ledger, self.on_ledger, self, self.composition, reads, self, asks=self.asks)
        edits = dict.fromkeys(self.channels, self.on_edit)
        self.changes = Changes(
            self.ledger,
            self.on_ledger,
            self,
            self.composition,
            reads,
            self,
            edits,
            self._follow,
            self._matches,
        )
        self.followed: list[str] = []

    def now(self) -> datetime:
        return self.at

    async def on_ledger(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    async def read(self, item: Item, *, full_text: str = "auto") -> Article:
        del full_text
        return _make_article(item, parse_item(item, "en"), Page(), "feed")

    def _follow(
        self, article_id: str, article: Article, channels: Sequence[str], detail: Reason | None = None
    ) -> list[str]:
        del channels, detail
        self.followed.append(f"{article_id}: {article.title}")
        return []

    def _matches(self, post: Post, article: Article) -> bool:
        del post, article
        return False

    def show(self, *items: Item, source: str = "site") -> None:
        """The source shows ``items``, and is polled; a minute goes by."""
        self.shown[source].items = items
        self.poll(source)

    def poll(self, source: str = "site") -> None:
        asyncio.run(self._poll(source))

    async def _poll(self, source: str) -> None:
        await self._detect(source)
        await self._take_in(source)

    def detect(self, source: str) -> None:
        """Store what the source shows, and read nothing of it yet."""
        asyncio.run(self._detect(source))

    def follow(self, source: str) -> None:
        """Read what was stored, and follow what changed."""
        asyncio.run(self._take_in(source))

    async def _detect(self, source: str) -> None:
        self.at += MINUTE
        await self.detector.poll(source, least=timedelta(0))

    async def _take_in(self, source: str) -> None:
        await self.changes.process_changes(source)
        await self.intake.process_items(source)
        await self.changes.process_changes(source)

    def begin(self) -> None:
        """First sight of every source, with nothing in it."""
        for name in self.names:
            self.show(source=name)

    def send(self) -> None:
        """All that is due goes out."""
        for post in self.posts():
            if post.state is PostState.SCHEDULED:
                self._send(post.channel)

    def _send(self, channel: str) -> None:
        from tests.ledger.making import sent

        sent(self.ledger, channel, now=self.at)

    def posts(self) -> list[Post]:
        return self.ledger.posts.list_posts(limit=None, oldest_first=True)

    def sets(self) -> dict[str, list[str]]:
        """By channel, the titles of the posts that go, and not those that are held."""
        posts = [post for post in self.posts() if post.state is not PostState.HELD]
        return {
            name: [str(post.article_title) for post in posts if post.channel == name]
            for name in self.channels
        }

    def count(self) -> int:
        """How many posts each channel has: all have as many."""
        [count] = {len(titles) for titles in self.sets().values()}
        return count

    def held(self) -> list[Reason | None]:
        return [post.held_for for post in self.posts() if post.state is PostState.HELD]


async def _no_image(url: str) -> bytes:
    raise NotImplementedError(url)


def each_edited(entry: Entry) -> Iterator[Entry]:
    """Versions of one article as its site edits it."""
    words = entry.text.split()
    yield entry
    yield replace(entry, title=f"{entry.title} again")
    yield replace(entry, text=" ".join([*words[:10], "twelve", *words[11:]]))
    yield replace(entry, text=f"{entry.text} This was added later.")
