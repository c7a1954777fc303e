"""Items into articles: the feed's own text where it is whole, else the article's page."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from newsbot.errors import FetchError, ParseError, ReadError
from newsbot.fetching.addresses import link_refusal
from newsbot.fetching.fetcher import Fetcher
from newsbot.fetching.pictures import first_large, is_small, photo
from newsbot.fetching.urls import shown
from newsbot.fetching.workers import Workers
from newsbot.identity.addresses import is_front_page
from newsbot.identity.texts import split_words
from newsbot.model import Article, Image, Item, Warning_
from newsbot.reading.boilerplate import is_sentence
from newsbot.reading.clean import clean_line, plain_line
from newsbot.reading.links import clean_url
from newsbot.reading.page import Page
from newsbot.reading.parse import About, Own, parse_item, parse_page
from newsbot.reading.standfirsts import SiteLines, best_standfirst
from newsbot.reading.tags import is_default_category

__all__ = ["FullText", "Reader"]

FullText = Literal["feed", "page", "auto"]

_PAGE_BYTES = 8_000_000
_READABLE = ("text/", "application/xhtml", "application/xml")
_MOST_TAGS = 20
_MOST_LINES = 200  # of a page that are looked at: one with more has more than any feed's teaser
_TEASER = 2000  # characters of the feed's text that the page's is held against
_WALL = Warning_(
    "wall",
    "The page has another text than the article (a consent, a login, an error): what the feed has is shown.",
)
_GONE = Warning_("page_status", "The article's page could not be read: what the feed has is shown.")


class Reader:
    """All parsing happens in ``workers``. ``language`` is the newsroom's, a hint of last resort."""

    def __init__(self, fetcher: Fetcher, workers: Workers, *, language: str | None = None) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._language = language
        self._site_lines = SiteLines()

    async def read(self, item: Item, *, full_text: FullText = "auto") -> Article:
        """The article: its text from where ``full_text`` says, what the item leaves open from its page.

        With ``auto`` the page is fetched where the feed has only a teaser or no photo. A page that can't be
        had is no failure then, as long as the feed has a whole sentence. A page with another text than the
        article's (a consent, a login, "not found") is never read: what the feed has is the article then, its
        headline at least, and the article's warnings say so.

        Raises:
            ReadError: there is no body anywhere.
            FetchError: the page could not be had; try again later.
            ParseError: reading took too long or too much memory.
        """
        own = await self._workers.run(parse_item, item, self._language, what=f"the item {_name(item)}")
        page = await self._page(item, own, full_text)
        if page.description and page.url and self._site_lines.is_shared(page.description, page.url):
            page = replace(page, description=None)
        return _article(item, own, page, full_text)

    async def warm(self) -> None:
        """Start what parsing needs, before there is something to parse: it takes most of a second.

        Raises:
            ParseError: it did not start.
        """
        item = Item(guid="", title="", html="<p>Ready.</p>")
        await self._workers.run(parse_item, item, self._language, what="nothing yet")

    async def _page(self, item: Item, own: Own, full_text: FullText) -> Page:
        """The item's page, an empty one where it is not needed or can be done without."""
        if not item.url or not _wants_page(item, own, full_text):
            return Page()
        try:
            return await self._fetch(item, item.url, own)
        except (FetchError, ParseError):
            if full_text == "page" or not own.sentences:
                raise
            return Page(gone=True)

    async def _fetch(self, item: Item, url: str, own: Own) -> Page:
        fetched = await self._fetcher.get(url, max_bytes=_PAGE_BYTES)
        if fetched.content_type and not fetched.content_type.startswith(_READABLE):
            return Page()
        if is_front_page(fetched.url) and not is_front_page(url):
            return Page(wall=True)
        hint, what = item.language or self._language, f"the page at {shown(url)}"
        about = About(own.page.title or "", f"{own.page.text[:_TEASER]}\n{own.summary or ''}".strip())
        return await self._workers.run(
            parse_page, fetched.body, fetched.url, fetched.charset, hint, about, what=what
        )


def _wants_page(item: Item, own: Own, full_text: FullText) -> bool:
    found = first_large([_given(item), own.page.image])
    return _wants_text(own, full_text) or (full_text == "auto" and (found is None or is_small(found)))


def _wants_text(own: Own, full_text: FullText) -> bool:
    return full_text == "page" or (full_text == "auto" and not own.whole)


def _article(item: Item, own: Own, page: Page, full_text: FullText) -> Article:
    """The item's own word before its page's; of two texts the one that ``full_text`` asks for.

    Raises:
        ReadError: neither has a text.
    """
    text, source = _choice(own, page, full_text)
    walled = page.wall and source is own.page and not own.page.wall and bool(text or own.page.title)
    teaser = full_text != "feed" and source is own.page and not (own.whole or own.sentences)
    bare = own.page.is_headline_only or page.is_headline_only
    if not (walled or bare) and (teaser or _says_nothing(text, own.page.title or page.title)):
        raise ReadError(_no_body(item, full_text))
    spoken = next((each for each in (source, own.page, page) if each.language), source)
    return Article(
        guid=clean_line(item.guid),
        text=text,
        url=_address(item, own, page),
        title=own.page.title or page.title,
        summary=_summary(own, page, source, text),
        published_at=_utc(item.published_at or own.page.published_at or page.published_at),
        updated_at=_utc(item.updated_at or own.page.updated_at or page.updated_at),
        author=plain_line(item.author or "") or own.page.author or page.author,
        language=spoken.language,
        language_sure=spoken.language_sure,
        image=_image(item, own, page),
        tags=_first_named(item.tags, own.page.tags, page.tags),
        categories=_first_named(item.categories, own.page.categories, page.categories),
        embargo_until=_utc(item.embargo_until),
        aside=source.aside,
        warnings=_page_warnings(page, walled=walled) if _wants_text(own, full_text) else (),
    )


def _page_warnings(page: Page, *, walled: bool) -> tuple[Warning_, ...]:
    """Say why the text is the feed's although the page's was wanted."""
    return (_WALL,) if walled else (_GONE,) if page.gone else ()


def _summary(own: Own, page: Page, source: Page, text: str) -> str | None:
    """Return what the feed or the page says the article is about: an editor's line first."""
    teaser = own.page.text if source is page else None
    shown = page.text or page.is_headline_only
    lines = (own.summary, teaser, own.page.description, page.description if shown else None)
    best = best_standfirst(lines, own.page.title or page.title, text)
    return best or next(filter(None, lines), None)


def _says_nothing(text: str, title: str | None) -> bool:
    """No letter, or only the headline again: a page whose body is drawn by a script looks so."""
    return not any(map(str.isalpha, text)) or (title is not None and clean_line(text) == title)


def _address(item: Item, own: Own, page: Page) -> str | None:
    """The page's word for it counts only where the page is the article's: not a login or an error."""
    told = page.url if page.text else own.page.url
    given = told or (clean_url(item.url) if item.url else None)
    internal = given and link_refusal(given, allow_loopback=True)
    return _public_guid(item, given) if given and internal else given


def _public_guid(item: Item, internal: str) -> str:
    """Return the item's guid where it is the same page's public address, as in a feed that names its CMS."""
    found = clean_url(item.guid)
    if not found or link_refusal(found):
        return internal
    parts, inner = urlsplit(found), urlsplit(internal)
    same = (parts.path, parts.query) == (inner.path, inner.query) and len(parts.path) > 1
    return found if same else internal


def _choice(own: Own, page: Page, full_text: FullText) -> tuple[str, Page]:
    """The text, and where it is from: the page only where it has more of the article than the feed."""
    if page.text and (full_text == "page" or (full_text == "auto" and not own.whole and _adds(page, own))):
        return page.text, page
    return own.page.text, own.page


def _adds(page: Page, own: Own) -> bool:
    """Whether the page has a sentence that the feed's text has not; a label or a name is nothing more."""
    if len(page.text) <= len(own.page.text):
        return False
    known = _words(own.page.text)
    lines = page.text.split("\n\n")
    return len(lines) > _MOST_LINES or any(is_sentence(line) and _words(line) not in known for line in lines)


def _words(text: str) -> str:
    return f" {' '.join(split_words(text))} "


def _image(item: Item, own: Own, page: Page) -> Image | None:
    """The item's photo, else the page's, else the first in the text, and of thumbnails the widest.

    Its alternative text is taken from the first of them that has one.
    """
    found = first_large([_given(item), page.image, own.page.image])
    if found is None:
        return None
    same = (image.alt for image in (page.image, own.page.image) if image and image.url == found.url)
    return Image(found.url, found.alt or next(filter(None, same), None))


def _given(item: Item) -> Image | None:
    if item.image is None:
        return None
    alt = plain_line(item.image.alt or "") or None
    return photo(item.image.url, item.url, alt=alt, width=item.image.width)


def _first_named(*origins: tuple[str, ...]) -> tuple[str, ...]:
    """The tags or categories of the first that has any: the item itself, its text, its page."""
    for names in origins:
        plain = dict.fromkeys(map(plain_line, names))
        if kept := [name for name in plain if name and not is_default_category(name)]:
            return tuple(kept[:_MOST_TAGS])
    return ()


def _utc(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _name(item: Item) -> str:
    return shown(item.url or item.guid)


def _no_body(item: Item, full_text: FullText) -> str:
    if not item.url:
        return f"{_name(item)} has no body: write the article under its title"
    if full_text == "feed":
        return (
            f"the feed has no text for {_name(item)}: set full_text to auto or page, so that its page is read"
        )
    return f"no article at {_name(item)}: check that its page shows the text without JavaScript or a login"
