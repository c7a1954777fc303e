"""The check of an article's published page: what readers and platforms get at the article's address.

Telegram and X make their link previews of the page's ``og:title`` and ``og:image`` (or ``twitter:title`` and
``twitter:image``), so the check fetches the image too. Faults that may pass, such as a status 503, are tried
again before they count.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit
from weakref import WeakValueDictionary

from newsbot.errors import FetchError, ForbiddenAddress, ParseError
from newsbot.fetching.addresses import find_link_refusal, redact_url
from newsbot.fetching.decoding import decode, has_password_form
from newsbot.fetching.fetcher import Fetcher, HttpResponse
from newsbot.fetching.workers import Workers
from newsbot.files import load_toml
from newsbot.identity.addresses import is_front_page, normalize_address
from newsbot.model import Article, PostWarning
from newsbot.reading.blocks import parse_markup
from newsbot.reading.clean import clean_line
from newsbot.reading.linked_data import read_linked_data
from newsbot.reading.parse import ArticleHint, parse_article_page
from newsbot.reading.walls import asks_login, is_same_headline, text_weight
from newsbot.reasons import Reason, SourceCode, WarningCode

__all__ = ["PageChecker", "PageFacts", "read_page_facts"]

_DEADLINE = 5.0  # Seconds for one attempt to fetch a page or an image.
_PAUSES = (1.0, 2.0)  # Seconds before the second and the third attempt to fetch a page or an image.
# The most bytes of a page and of an image that are read; X shows no image over 5 MB in a link preview.
_PAGE_BYTES, _IMAGE_BYTES = 8_000_000, 5_000_000
# An image with fewer pixels than this in width or height is an icon, which is no image for a link preview.
_SMALLEST = 100
_AT_ONCE, _EACH_HOST = 8, 2  # The most checks at the same time: in this process, and of pages of one host.
_TEASER = 2000
_READABLE = ("text/", "application/xhtml", "application/xml")
_NOTICE = 80  # A line with more characters than this is no notice that a page is a draft.
_LINES = 500  # The notice that a page is a draft is looked for in this many lines at the page's beginning.
_LOGIN_STATUSES = {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED}
_PHRASES = {
    name: re.compile("|".join(lines.split("\n")).strip("|"), re.IGNORECASE)
    for name, lines in load_toml(__package__, "page_check.toml").items()
}
_DRAFT_PARAMETERS = frozenset({"preview", "preview_id", "preview_nonce", "draft", "_preview"})
_DRAFT_HOSTS = frozenset({"preview", "draft", "drafts", "staging"})
_DRAFT_FOLDERS = frozenset({"preview", "draft", "drafts"})
_CANONICAL = "//link[contains(concat(' ', translate(@rel, 'CANOIL', 'canoil'), ' '), ' canonical ')]/@href"
_TITLE_KEYS = ("og:title", "twitter:title")
_IMAGE_KEYS = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page says about itself, read in a worker process.

    ``shows_article`` says that the page has the article's text or headline, and ``asks_login`` that it asks
    readers to log in or to pay instead. ``draft`` are the words by which the page is a draft.
    """

    shows_article: bool = True
    asks_login: bool = False
    card_title: str | None = None
    card_image: str | None = None
    canonical: str | None = None
    draft: str | None = None
    is_listed: bool = True


def read_page_facts(
    html: bytes, url: str, charset: str | None, hint: str | None, about: ArticleHint
) -> PageFacts:
    """Return what the page at ``url`` says about itself; ``about`` is the article that it should show."""
    tree = parse_markup(decode(html, charset))
    if tree is None:
        return PageFacts(shows_article=False)
    meta = _read_meta(tree)
    title = clean_line(tree.findtext(".//title") or "")
    page = parse_article_page(html, url, charset, hint, about)
    lines = _list_lines(tree)
    has_headline = any(
        is_same_headline(about.title, each) for each in (meta.get("og:title", ""), title, page.title or "")
    )
    shows = not (page.wall or page.protected) or (has_headline and not page.text)
    asks = has_password_form(html) or bool(tree.xpath("//input[@type='password']"))
    is_cut = text_weight(page.text) < text_weight(about.teaser) / 2
    asks = (page.wall or is_cut) and (asks or any(map(asks_login, lines)))
    asks = asks or page.protected or _is_paid(tree, url)
    image = next((meta[key] for key in _IMAGE_KEYS if key in meta), None)
    canonical = next(iter(tree.xpath(_CANONICAL)), None) or meta.get("og:url")
    robots = f"{meta.get('robots', '')},{meta.get('googlebot', '')}".casefold()
    return PageFacts(
        shows_article=shows,
        asks_login=asks,
        card_title=next((meta[key] for key in _TITLE_KEYS if key in meta), None),
        card_image=_join(url, image),
        canonical=_join(url, canonical),
        draft=_find_draft_words(url, title, lines, about.title),
        is_listed="noindex" not in robots and "none" not in robots.split(","),
    )


def _is_paid(tree: Any, url: str) -> bool:
    """Return whether a page declares in its JSON-LD that only some readers may read its article."""
    free = read_linked_data(tree, url).article.get("isAccessibleForFree")
    return str(free).casefold() == "false"


def _join(url: str, link: object) -> str | None:
    try:
        return urljoin(url, str(link).strip()) if link else None
    except ValueError:
        return str(link)


def _read_meta(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = (element.get("content") or "").strip()
        for key in (element.get("property"), element.get("name")):
            if key and content:
                found.setdefault(key.strip().lower(), content)
    return found


def _list_lines(tree: Any) -> list[str]:
    """Return the first pieces of text of a page's body, without scripts and styles."""
    texts = tree.xpath("//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]")
    return [line for text in texts[: 4 * _LINES] if (line := clean_line(str(text)))][:_LINES]


def _find_draft_words(url: str, title: str, lines: list[str], headline: str) -> str | None:
    """Return the words or the part of the address by which a page is a draft or a preview, or None.

    A word of the article's own headline proves nothing: sports pages have previews and drafts.
    """
    parts, known = urlsplit(url), headline.casefold()
    query = {
        name.lower() for name, values in parse_qs(parts.query).items() if values[0] not in {"0", "false"}
    }
    folder, host = parts.path.strip("/").split("/")[0].lower(), (parts.hostname or "").split(".")[0].lower()
    found = [
        *sorted(query & _DRAFT_PARAMETERS),
        *({folder} & _DRAFT_FOLDERS if folder.rstrip("s") not in known else ()),
        *({host} & _DRAFT_HOSTS),
    ]
    if (match := _PHRASES["titles"].match(title)) and not _PHRASES["titles"].match(headline):
        found.append(match[0].strip())
    found += [
        line
        for line in lines
        if len(line) <= _NOTICE and _PHRASES["notices"].fullmatch(line.strip("[]() .!"))
    ]
    return found[0] if found else None


class PageChecker:
    """The component that checks articles' pages over HTTP, a few at a time.

    ``measure`` returns the width and height of an image by its bytes, or None. Pages at addresses that
    readers can't open are not fetched; localhost counts as open only with ``allow_loopback``. ``language`` is
    the newsroom's.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        workers: Workers,
        measure: Callable[[bytes], tuple[int, int] | None],
        *,
        language: str | None = None,
        allow_loopback: bool = False,
    ) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._measure = measure
        self._language = language
        self._allow_loopback = allow_loopback
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def check(self, article: Article) -> tuple[PostWarning, ...]:
        """Return the warnings about an article's page; () if the page is fine or can't be checked."""
        if not article.url or find_link_refusal(article.url, allow_loopback=self._allow_loopback):
            return ()
        host = self._hosts.setdefault(urlsplit(article.url).netloc, asyncio.Semaphore(_EACH_HOST))
        async with host, self._at_once:
            return tuple([warning async for warning in self._check(article, article.url)])

    async def _check(self, article: Article, url: str) -> AsyncIterator[PostWarning]:
        try:
            response = await self._fetch(url, _PAGE_BYTES)
        except FetchError as error:
            if warning := _judge_failure(error):
                yield warning
            return
        if response.content_type and not response.content_type.startswith(_READABLE):
            return
        try:
            facts = await self._read_facts(article, response, url)
        except ParseError:
            return
        for warning in _judge_page(article, url, response.url, facts):
            yield warning
        if facts.shows_article:
            for warning in await self._judge_card(facts):
                yield warning

    async def _fetch(self, url: str, max_bytes: int) -> HttpResponse:
        """Fetch a page or an image; try again if the fault may pass.

        Raises:
            FetchError: The last attempt failed too.
        """
        for pause in _PAUSES:
            try:
                return await self._fetcher.get(url, max_bytes=max_bytes, deadline=_DEADLINE)
            except FetchError as error:
                if not (error.temporary or error.reason.code is SourceCode.ANSWER_TOO_SLOW):
                    raise
            await asyncio.sleep(pause)
        return await self._fetcher.get(url, max_bytes=max_bytes, deadline=_DEADLINE)

    async def _read_facts(self, article: Article, response: HttpResponse, url: str) -> PageFacts:
        teaser = f"{article.text[:_TEASER]}\n{article.summary or ''}".strip()
        about, hint = ArticleHint(article.title or "", teaser), article.language or self._language
        what = SourceCode.PAGE(url=redact_url(url))
        return await self._workers.run(
            read_page_facts, response.body, response.url, response.charset, hint, about, what=what
        )

    async def _judge_card(self, facts: PageFacts) -> list[PostWarning]:
        found = []
        if not facts.card_title:
            found.append(PostWarning("no_card_title", WarningCode.CARD_WITHOUT_TITLE(name="og:title")))
        if facts.card_image is None:
            why: Reason | None = WarningCode.CARD_WITHOUT_IMAGE(name="og:image")
        else:
            why = await self._judge_image(facts.card_image)
        return [*found, PostWarning("no_card_image", why)] if why else found

    async def _judge_image(self, url: str) -> Reason | None:
        """Return why the image at ``url`` can't be the image of a link preview; None if it can."""
        shown = redact_url(url)
        try:
            response = await self._fetch(url, _IMAGE_BYTES)
        except FetchError as error:
            return WarningCode.CARD_IMAGE_NOT_HAD(why=error.reason)
        size, kind = self._measure(response.body), response.content_type or ""
        if size is None:
            is_image = kind.startswith("image/") and "svg" not in kind
            return None if is_image else WarningCode.CARD_IMAGE_NO_IMAGE(url=shown)
        if min(size) < _SMALLEST:
            return WarningCode.CARD_IMAGE_SMALL(url=shown, size=f"{size[0]} x {size[1]}")
        return None


def _judge_failure(error: FetchError) -> PostWarning | None:
    """Return the warning that a page can't be fetched.

    Return None if newsbot may not fetch it, was asked for fewer requests, or can't read so large a page: then
    nothing is known about the page.
    """
    unknown = (SourceCode.ANSWER_TOO_LARGE, SourceCode.BROKEN_ANSWER)
    if isinstance(error, ForbiddenAddress) or error.reason.code in unknown:
        return None
    if error.status in _LOGIN_STATUSES:
        return PostWarning("wall", WarningCode.PAGE_ASKS_LOGIN())
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return None
    if error.status is not None:
        return PostWarning("page_status", WarningCode.PAGE_STATUS(status=_name_status(error.status)))
    if error.reason.code is SourceCode.ANSWER_TOO_SLOW:
        return PostWarning("page_status", WarningCode.PAGE_SLOW(n=_DEADLINE))
    return PostWarning("page_status", WarningCode.PAGE_NOT_REACHED(why=error.reason))


def _name_status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)


def _judge_page(article: Article, url: str, final: str, facts: PageFacts) -> Iterator[PostWarning]:
    """Yield the warnings about a page that answered; ``final`` is its address after redirects."""
    asked, got = normalize_address(url), normalize_address(final)
    if asked != got and is_front_page(final):
        yield PostWarning("page_status", WarningCode.PAGE_IS_FRONT_PAGE())
        return
    if asked != got and not _is_login(url) and _is_login(final):
        yield PostWarning("wall", WarningCode.PAGE_ASKS_LOGIN())
        return
    if facts.asks_login:
        yield PostWarning("wall", WarningCode.PAGE_ASKS_LOGIN())
        return
    draft = facts.draft or _find_draft_words(url, "", [], article.title or "")
    if draft:
        yield PostWarning("page_status", WarningCode.PAGE_IS_DRAFT(words=draft))
    elif not facts.shows_article:
        yield PostWarning("page_status", WarningCode.PAGE_SHOWS_OTHER_TEXT(url=redact_url(final)))
    elif not facts.is_listed:
        yield PostWarning("page_status", WarningCode.PAGE_NOT_LISTED(name="noindex"))
    if facts.canonical and normalize_address(facts.canonical) not in {asked, got}:
        yield PostWarning("canonical", WarningCode.CANONICAL_ELSEWHERE(url=redact_url(facts.canonical)))


def _is_login(url: str) -> bool:
    return any(
        map(_PHRASES["login_paths"].fullmatch, re.split(r"[/._]", urlsplit(url).path.removesuffix(".php")))
    )
