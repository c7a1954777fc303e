"""Conversion of items into articles: with the feed's own text if it is complete, else the page's text."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from newsbot.errors import FetchError, ParseError, ReadError
from newsbot.fetching.addresses import find_link_refusal, redact_url
from newsbot.fetching.decoding import has_password_form
from newsbot.fetching.fetcher import Fetcher
from newsbot.fetching.pictures import choose_first_large, is_small, make_photo
from newsbot.fetching.workers import Workers
from newsbot.identity.addresses import is_front_page
from newsbot.identity.texts import split_words
from newsbot.model import Article, Image, Item, PostWarning
from newsbot.reading.boilerplate import is_sentence
from newsbot.reading.clean import clean_line, markup_to_line
from newsbot.reading.metadata import clean_url, is_default_category
from newsbot.reading.page import Page
from newsbot.reading.parse import ArticleHint, ItemContent, parse_article_page, parse_item
from newsbot.reading.standfirsts import SiteLineRegistry, choose_standfirst
from newsbot.reading.walls import is_protected
from newsbot.reasons import Reason, SourceCode, WarningCode

__all__ = ["ArticleReader", "FullText"]

FullText = Literal["feed", "page", "auto", "row"]

_PAGE_BYTES = 8_000_000
_READABLE = ("text/", "application/xhtml", "application/xml")
_MOST_TAGS = 20
_MOST_LINES = 200  # A page whose article has more lines than this has more text than any feed's teaser.
# The article's page is compared with this many characters at the beginning of the feed's text.
_TEASER = 2000
_WALL = PostWarning("wall", WarningCode.PAGE_OF_OTHER_TEXT())
_GONE = PostWarning("page_status", WarningCode.PAGE_UNREADABLE())


class ArticleReader:
    """The reader that turns a source's items into articles, and fetches an article's page if needed.

    All parsing runs in the processes of ``workers``. ``language`` is the newsroom's language, which is used
    if neither the text nor the feed tells the language.
    """

    def __init__(self, fetcher: Fetcher, workers: Workers, *, language: str | None = None) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._language = language
        self._site_lines = SiteLineRegistry()

    async def read(self, item: Item, *, full_text: FullText = "auto") -> Article:
        """Return the item's article, with its text from the feed or the page, as the source's setting
        ``full_text`` chooses.

        With the value ``row``, the item comes from a CMS's database and has the whole article, so an article
        without text consists of its headline. With the value ``auto``, the page is fetched if the feed has
        only a teaser or no photo. If the page can't be fetched with ``auto``, the feed's text is used,
        provided that it has a whole sentence. The text of a page that shows something else (a consent, a
        login, "not found") is never used: the article then has what the feed gave, at least the headline, and
        a warning.

        Raises:
            ReadError: Neither the feed nor the page has a text, or readers need a password for it.
            FetchError: The page could not be fetched; try again later.
            ParseError: Reading took too long or too much memory.
        """
        own = await self._workers.run(
            parse_item, item, self._language, what=SourceCode.ITEM(name=_item_name(item))
        )
        page = await self._load_page(item, own, full_text)
        if page.description and page.url and self._site_lines.is_shared(page.description, page.url):
            page = replace(page, description=None)
        return _make_article(item, own, page, full_text)

    async def start_worker(self) -> None:
        """Start a parser process before the first item arrives, because that takes most of a second.

        Raises:
            ParseError: The process did not start.
        """
        item = Item(guid="", title="", html="<p>Ready.</p>")
        await self._workers.run(parse_item, item, self._language, what=_describe_item(item))

    async def _load_page(self, item: Item, own: ItemContent, full_text: FullText) -> Page:
        """Fetch and return the page of the item's article.

        Return an empty page if the page's text is not needed, or if the page can't be fetched and the item's
        own text suffices.
        """
        if not item.url or not _needs_page(item, own, full_text):
            return Page()
        try:
            return await self._fetch_page(item, item.url, own)
        except (FetchError, ParseError):
            if full_text == "page" or not own.sentences:
                raise
            return Page(gone=True)

    async def _fetch_page(self, item: Item, url: str, own: ItemContent) -> Page:
        fetched = await self._fetcher.get(url, max_bytes=_PAGE_BYTES)
        if fetched.content_type and not fetched.content_type.startswith(_READABLE):
            return Page()
        if is_front_page(fetched.url) and not is_front_page(url):
            return Page(wall=True)
        hint, what = item.language or self._language, SourceCode.PAGE(url=redact_url(url))
        about = ArticleHint(own.page.title or "", f"{own.page.text[:_TEASER]}\n{own.summary or ''}".strip())
        return await self._workers.run(
            parse_article_page, fetched.body, fetched.url, fetched.charset, hint, about, what=what
        )


def _needs_page(item: Item, own: ItemContent, full_text: FullText) -> bool:
    found = choose_first_large([_item_image(item), own.page.image])
    return _needs_page_text(own, full_text) or (full_text == "auto" and (found is None or is_small(found)))


def _needs_page_text(own: ItemContent, full_text: FullText) -> bool:
    return full_text == "page" or (full_text == "auto" and not own.whole)


def _make_article(item: Item, own: ItemContent, page: Page, full_text: FullText) -> Article:
    """Build the article from the item and its page.

    The item's own values come before the page's. The source's setting ``full_text`` decides whether the
    article's text is the item's or the page's.

    Raises:
        ReadError: Neither the item nor the page has a text, or readers need a password for it.
    """
    if page.protected or is_protected(own.page.text) or has_password_form(item.html or ""):
        raise ReadError(SourceCode.PASSWORD_PROTECTED(name=_item_name(item)))
    text, source = _choose_text(own, page, full_text)
    walled = page.wall and source is own.page and not own.page.wall and bool(text or own.page.title)
    teaser = full_text in {"page", "auto"} and source is own.page and not (own.whole or own.sentences)
    # A row of a CMS's database has the whole article, so an article without text (a video, a news flash)
    # consists of its headline.
    bare = (
        own.page.is_headline_only
        or page.is_headline_only
        or (full_text == "row" and bool(own.page.title) and bool(item.url))
    )
    if not (walled or bare) and (teaser or _is_without_content(text, own.page.title or page.title)):
        raise ReadError(_explain_missing_body(item, full_text))
    spoken = next((each for each in (source, own.page, page) if each.language), source)
    return Article(
        guid=clean_line(item.guid),
        text=text,
        url=_choose_address(item, own, page),
        title=own.page.title or page.title,
        summary=_choose_summary(own, page, source, text),
        published_at=_to_utc(item.published_at or own.page.published_at or page.published_at),
        updated_at=_to_utc(item.updated_at or own.page.updated_at or page.updated_at),
        author=markup_to_line(item.author or "") or own.page.author or page.author,
        language=spoken.language,
        language_sure=spoken.language_sure,
        image=_choose_image(item, own, page),
        tags=_first_nonempty(item.tags, own.page.tags, page.tags),
        categories=_first_nonempty(item.categories, own.page.categories, page.categories),
        embargo_until=_to_utc(item.embargo_until),
        aside=source.aside,
        warnings=_find_page_warnings(page, walled=walled) if _needs_page_text(own, full_text) else (),
    )


def _find_page_warnings(page: Page, *, walled: bool) -> tuple[PostWarning, ...]:
    """Return the warning that the article has the feed's text because its page could not be used; () if no
    warning applies.
    """
    return (_WALL,) if walled else (_GONE,) if page.gone else ()


def _choose_summary(own: ItemContent, page: Page, source: Page, text: str) -> str | None:
    """Return the feed's or the page's summary of the article, preferably a line that an editor wrote."""
    teaser = own.page.text if source is page else None
    shown = page.text or page.is_headline_only
    lines = (own.summary, teaser, own.page.description, page.description if shown else None)
    best = choose_standfirst(lines, own.page.title or page.title, text)
    return best or next(filter(None, lines), None)


def _is_without_content(text: str, title: str | None) -> bool:
    """Return whether an article's text has no letters or only repeats its headline.

    A page has such a text if a script loads the article later.
    """
    return not any(map(str.isalpha, text)) or (title is not None and clean_line(text) == title)


def _choose_address(item: Item, own: ItemContent, page: Page) -> str | None:
    """Return the article's address: the page's own if the page has the article's text, else the item's."""
    told = page.url if page.text else own.page.url
    given = told or (clean_url(item.url) if item.url else None)
    internal = given and find_link_refusal(given, allow_loopback=True)
    return _public_guid(item, given) if given and internal else given


def _public_guid(item: Item, internal: str) -> str:
    """Return an item's guid if it is the public address of the page at ``internal``, else ``internal``.

    Some feeds link to an internal address of the CMS (``internal``) and give the public address as guid.
    """
    found = clean_url(item.guid)
    if not found or find_link_refusal(found):
        return internal
    parts, inner = urlsplit(found), urlsplit(internal)
    same = (parts.path, parts.query) == (inner.path, inner.query) and len(parts.path) > 1
    return found if same else internal


def _choose_text(own: ItemContent, page: Page, full_text: FullText) -> tuple[str, Page]:
    """Return the article's text, and the page or item content that has this text.

    With ``full_text`` "auto", the page's text is returned only if it has a sentence that the feed's text
    lacks.
    """
    if page.text and (
        full_text == "page" or (full_text == "auto" and not own.whole and _has_more_text(page, own))
    ):
        return page.text, page
    return own.page.text, own.page


def _has_more_text(page: Page, own: ItemContent) -> bool:
    """Return whether the page has a whole sentence that the feed's text lacks."""
    if len(page.text) <= len(own.page.text):
        return False
    known = _comparable_text(own.page.text)
    lines = page.text.split("\n\n")
    return len(lines) > _MOST_LINES or any(
        is_sentence(line) and _comparable_text(line) not in known for line in lines
    )


def _comparable_text(text: str) -> str:
    return f" {' '.join(split_words(text))} "


def _choose_image(item: Item, own: ItemContent, page: Page) -> Image | None:
    """Return the first photo of the item, its page or its text that is not a thumbnail; None without a photo.

    If all are thumbnails, return the widest. A photo without alternative text gets the text that another
    place gives for the same photo.
    """
    found = choose_first_large([_item_image(item), page.image, own.page.image])
    if found is None:
        return None
    same = (image.alt for image in (page.image, own.page.image) if image and image.url == found.url)
    return Image(found.url, found.alt or next(filter(None, same), None))


def _item_image(item: Item) -> Image | None:
    if item.image is None:
        return None
    alt = markup_to_line(item.image.alt or "") or None
    return make_photo(item.image.url, item.url, alt=alt, width=item.image.width)


def _first_nonempty(*origins: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags or categories of the item, or else of its content, or else of its page."""
    for names in origins:
        plain = dict.fromkeys(map(markup_to_line, names))
        if kept := [name for name in plain if name and not is_default_category(name)]:
            return tuple(kept[:_MOST_TAGS])
    return ()


def _to_utc(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _describe_item(item: Item) -> Reason:
    return SourceCode.ITEM(name=_item_name(item))


def _item_name(item: Item) -> str:
    return redact_url(item.url or item.guid)


def _explain_missing_body(item: Item, full_text: FullText) -> Reason:
    name = _item_name(item)
    if not item.url:
        return SourceCode.NO_BODY_IN_FILE(name=name)
    if full_text == "row":
        return SourceCode.NO_TEXT_IN_ROW(name=name)
    if full_text == "feed":
        return SourceCode.NO_TEXT_IN_FEED(name=name)
    return SourceCode.NO_ARTICLE_ON_PAGE(name=name)
