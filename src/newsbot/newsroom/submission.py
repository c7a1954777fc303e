"""Read the articles that an editor submits by address or file, and compose their posts for a preview."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import structlog

from newsbot.errors import ComposeError, NewsbotError, SourceError, UsageError
from newsbot.identity.addresses import get_site, is_at, normalize_address
from newsbot.model import Article, Draft, Item
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.fixes import add_live_marks
from newsbot.newsroom.intake import FullText, ItemReader
from newsbot.newsroom.preflight import Preflight
from newsbot.newsroom.summaries import SummarizerLine
from newsbot.ports import SearchableSource, Source
from newsbot.reading.walls import is_of_article
from newsbot.reasons import Code, UsageCode

if TYPE_CHECKING:
    from newsbot.ledger.articles import ArticlesStore

__all__ = ["ChannelChoice", "ReadArticles", "Submission", "compose_drafts", "find_source"]

_TYPED = (".txt", ".md", ".markdown")
"""The endings of files that count as written by an editor for a post, so that platforms may link their
hashtags, mentions and addresses; the text of any other file comes from outside.
"""

# newsbot recognizes that a page shows an article by this many characters from the beginning of the article's
# text.
_COMPARED = 2000

FindItems = Callable[[str], Awaitable[tuple[Item, ...]]]

log = structlog.get_logger(__name__)


class ReadArticles(NamedTuple):
    """The articles at an address or in a file that could be read, and the errors of those that could not."""

    articles: list[Article]
    failures: list[NewsbotError]


class ChannelChoice(NamedTuple):
    """The names of the channels that newsbot proposes for a submitted article.

    ``sources`` are the sources whose articles are posted to these channels. ``sources`` is () if no source of
    the article is known; then all channels are proposed.
    """

    names: list[str]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """The component that reads the articles that an editor submits by a ``target`` (an address or a file's
    path).

    It stores no article.

    ``sources`` are the newsroom's own sources, each with its ``full_text`` setting. If one of them has the
    article, the article is read from that source, whatever the address of its page, with the tags, photo and
    author that the service would post. ``find_source_of_url`` returns the source that found an address
    before; ``posts_to`` has the channels of each source, and ``sites`` the site of each source whose address
    shows it. ``line`` are the summarizers whose answers take time, and ``preflight`` checks articles' pages.
    """

    find: FindItems
    reader: ItemReader
    sources: Mapping[str, Source] = field(default_factory=dict)
    full_text: Mapping[str, FullText] = field(default_factory=dict)
    find_source_of_url: Callable[[str], str | None] = lambda _url: None
    posts_to: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)
    line: SummarizerLine | None = None
    preflight: Preflight | None = None

    async def check_page(self, article: Article) -> None:
        """Check the page of an article, so that the article's posts and previews have the warnings."""
        if self.preflight is not None:
            await self.preflight.check(article)

    async def prepare(self, article: Article, channels: Iterable[str]) -> None:
        """Have an article summarized for ``channels`` and its page checked, and both results stored, before
        its posts are queued.

        The posts are queued in a transaction, which can't wait for a summarizer's answer. `Posts.queue` does
        the rest.
        """
        line = self.line if self.line is not None and self.line.waits else None
        asked = [line.ask_for(article, channels)] if line else []
        await asyncio.gather(self.check_page(article), *asked)

    def choose_channels(self, source: str | None, address: str | None, known: Sequence[str]) -> ChannelChoice:
        """Choose among the ``known`` channels for an article for which the editor named no channel.

        The choice is the channels of the article's ``source``; if the source is not known, the channels of
        the sources on the site of its ``address``; if there are none, all channels. A preview and a post get
        the same choice.
        """
        owners = [source] if source and source in self.posts_to else []
        if not owners and (site := get_site(address) if address and "://" in address else ""):
            owners = [name for name, own in self.sites.items() if own == site and name in self.posts_to]
        own = {name for owner in owners for name in self.posts_to[owner]}
        names = [name for name in known if name in own]
        return ChannelChoice(names, tuple(owners)) if names else ChannelChoice(list(known))

    async def articles(self, target: str, *, full_text: FullText = "auto") -> ReadArticles:
        """Read all articles that are at ``target`` now, the newest first;
        an article that can't be read becomes an error.

        Raises:
            SourceError: ``target`` can't be read.
        """
        found = ReadArticles([], [])
        for item in await self.find(target):
            try:
                found.articles.append(await self.reader.read(item, full_text=full_text))
            except NewsbotError as error:
                found.failures.append(error)
        return found

    async def article(self, target: str) -> Article:
        """Return the article at ``target`` (an address or file); if ``target`` is a feed,
        return its newest article.

        Raises:
            SourceError, ReadError: the article could not be fetched or read.
            UsageError: there is no article at ``target``.
        """
        return (await self.read_with_source(target))[0]

    async def read_with_source(self, target: str) -> tuple[Article, str | None]:
        """Return the article at ``target``, as `article` does,
        with the name of the source that has the article.

        The name is None if none of the newsroom's sources has it.
        """
        near = await self._find_items_at(target)
        for name, item in near:
            if is_at(item, target):
                return await self._read_item(name, item), name
        items = await self.find(target)
        if not items:
            raise UsageError(UsageCode.NO_ARTICLE_IN(link=target))
        page = await self.reader.read(items[0])
        if "://" not in target:
            typed = (page.title or "", page.summary or "", page.text)
            return (add_live_marks(page, *typed) if target.casefold().endswith(_TYPED) else page), None
        known = {normalize_address(target)}
        for address in filter(None, (items[0].url, page.url)):
            if normalize_address(address) not in known:
                known.add(normalize_address(address))
                near += await self._find_items_at(address)
        # A site may be reached at another address than config.yaml names (localhost, a proxy, a short link),
        # and other sites have pages at the same path. So, of the sources' items at that path, the article is
        # the one whose text the page shows.
        for name, item in near:
            article = await self._read_item(name, item)
            if is_of_article(page.text, article.title or "", article.text[:_COMPARED], page.title or ""):
                return article, name
        return page, None

    async def _read_item(self, name: str, item: Item) -> Article:
        return await self.reader.read(item, full_text=self.full_text.get(name, "auto"))

    async def _find_items_at(self, address: str) -> list[tuple[str, Item]]:
        """Return the items that the sources have at an address, or at the same path on the source's own site.

        Each item comes with its source's name; the source that found the address before comes first.
        """
        before, found = self.find_source_of_url(address), list[tuple[str, Item]]()
        searchable = {n: each for n, each in self.sources.items() if isinstance(each, SearchableSource)}
        serving = [name for name, source in searchable.items() if source.may_have_article(address)]
        for name in [before, *serving] if before and before in searchable else serving:
            try:
                item = await searchable[name].find(address)
            # If a source can't be read, the article is read from the page at the address,
            # and not from the source.
            except SourceError as error:
                log.warning("the article's source could not be asked", source=name, error=str(error))
            else:
                found += [(name, item)] if item else []
        return found


def compose_drafts(
    composition: Composition, article: Article, names: Sequence[str], *, source: str | None = None
) -> list[Draft]:
    """Compose the posts of ``article`` on the channels ``names`` as they would be sent now, for a preview.

    ``source`` is the name of the source that has the article, or None.

    Raises:
        ComposeError: a template failed, or no text fits the platform's limit; the message names the
            channel.
    """
    summaries = composition.summarize(article)
    made = []
    for name in names:
        try:
            made.append(composition.draft(name, article, summaries, source=source))
        except ComposeError as error:
            raise ComposeError(Code.TITLED(what=Code.TEXT(words=name), why=error.reason)) from None
    return made


def find_source(store: "ArticlesStore", article: Article) -> str | None:
    """Return the source that found the submitted article before,
    whose review rules apply to its new posts too.

    Return None if no source found the article.
    """
    known = store.find_article(url=article.url) if article.url else None
    return store.get_article(known[0]).source if known else None
