"""Conversion of a page into an article: trafilatura selects the content, newsbot removes boilerplate."""

from configparser import ConfigParser
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from newsbot.model import Image
from newsbot.reading.markup import drop_element

__all__ = ["Page", "extract"]

_DIALOGS = "//dialog | //*[@role='dialog' or @role='alertdialog' or @aria-modal='true']"
_LEAVES = "//div[a][not(div or p or ul or ol or table or section or article or h1 or h2 or h3)]"
_IN_SENTENCE = "count(.//a) > 1 and .//img"
_CARDS = f"//p//span[{_IN_SENTENCE}][not(.//span[{_IN_SENTENCE}])] | //a[@href and .//p and not(.//h1)]"
_BRIEF = 750  # characters of a page's sentences; with fewer, trafilatura would take all its text
_LEAST = 20  # minimum characters of an article; news in brief are short
_PARAGRAPH = 100  # minimum characters of a body paragraph
_ENOUGH = 3  # minimum body paragraphs; with fewer, links may be the whole content
_FEW = 8  # paragraphs; with more, trafilatura recognised the article itself
_SPARSE = 250  # characters; a page with less text may have more in its JSON-LD
_MENU = 150  # maximum characters of a page that has no sentence
_TEASER = 25  # minimum characters of a paragraph that is only a link; shorter ones are labels
_LINKED = 0.8  # share of characters inside links from which a paragraph points elsewhere


@dataclass(frozen=True, slots=True)
class Page:
    """The article that a page contains; ``text`` is "" if there is none, with blank lines between paragraphs.

    ``aside`` has the lists, tables and quoted blocks that ``text`` leaves out. ``wall``: another page (a
    consent, a login, an error) stood in the article's place. ``gone``: the page could not be fetched at all.
    ``description`` is the line that the page shows under its headline or declares: an editor's standfirst, or
    anything else. ``language_sure``: the text itself leaves no doubt about its language.
    """

    title: str | None = None
    text: str = field(default="", repr=False)
    aside: str = field(default="", repr=False)
    author: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    image: Image | None = None
    url: str | None = None
    language: str | None = None
    language_sure: bool = False
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    wall: bool = False
    gone: bool = False
    description: str | None = None

    @property
    def is_headline_only(self) -> bool:
        """Whether this is an article's page with hardly any text, such as a video's."""
        return bool(
            self.title and not self.text and not self.wall and (self.description or self.published_at)
        )


def extract(html: bytes, url: str | None = None, *, charset: str | None = None, embeds: bool = True) -> Page:
    """Read a page. Never raises: what cannot be read is left out.

    ``url`` is the page's address, ``charset`` the one that the HTTP response declared. Without ``embeds`` the
    text has only the article's own words: no posts of social networks, tables, lists of sentences or quoted
    blocks.
    """
    try:
        return _extract_page(html, url, charset, embeds=embeds)
    except Exception:  # noqa: BLE001  Any parser can fail on any bytes; the page then counts as empty.
        return Page(url=url)


def _extract_page(html: bytes, url: str | None, charset: str | None, *, embeds: bool) -> Page:
    from newsbot.fetching.decoding import decode  # noqa: PLC0415
    from newsbot.reading.blocks import (  # noqa: PLC0415
        drop_repeats,
        parse_markup,
        select_running_text,
    )
    from newsbot.reading.boilerplate import has_only_notices, strip_boilerplate  # noqa: PLC0415
    from newsbot.reading.boxes import drop_boxes  # noqa: PLC0415
    from newsbot.reading.clean import clean_paragraphs  # noqa: PLC0415  lxml and trafilatura load slowly.
    from newsbot.reading.language import recognise  # noqa: PLC0415
    from newsbot.reading.markup import mark_paragraphs  # noqa: PLC0415
    from newsbot.reading.metadata import read_metadata  # noqa: PLC0415
    from newsbot.reading.standfirsts import choose_standfirst  # noqa: PLC0415
    from newsbot.reading.surroundings import drop_surroundings  # noqa: PLC0415
    from newsbot.reading.wordpress_markup import drop_widgets  # noqa: PLC0415

    tree = parse_markup(decode(html, charset))
    if tree is None:
        return Page(url=url)
    about = read_metadata(tree, url)
    if not embeds:
        drop_widgets(tree)
    mark_paragraphs(tree)
    _prune_tree(tree)
    left = drop_surroundings(tree, about.title)
    drop_boxes(tree)
    document = _extract_content(tree, url, brief=left.said < _BRIEF)
    lines = _content_lines(document, tree, left, about.body)
    wall = has_only_notices(lines, about.title)
    body = [] if wall else strip_boilerplate(lines, title=about.title, author=about.author)
    body = drop_repeats(body)
    every = [] if not embeds and _is_menu(body) else body
    body = every if embeds else select_running_text(every)
    text = clean_paragraphs(line.text for line in body)
    language = recognise(text, about.language)
    own = set(map(id, body))
    return Page(
        title=about.title,
        text=text,
        aside=clean_paragraphs(line.text for line in every if id(line) not in own),
        author=about.author,
        published_at=about.published_at,
        updated_at=about.updated_at,
        image=about.image,
        url=about.url,
        language=language.code,
        language_sure=language.sure,
        tags=about.tags,
        categories=about.sections,
        description=choose_standfirst(about.descriptions, about.title, text),
        wall=wall,
    )


def _extract_content(tree: Any, url: str | None, *, brief: bool) -> Any:
    """Return trafilatura's document, or None if it finds no content; the tree stays unchanged.

    It does not look for metadata, because it would guess dates from prose, footers or links.
    """
    from trafilatura import bare_extraction  # noqa: PLC0415
    from trafilatura.settings import DEFAULT_CONFIG  # noqa: PLC0415

    config = _brief_config() if brief else None
    return bare_extraction(tree, url=url, fast=True, include_comments=False, config=config or DEFAULT_CONFIG)


@cache
def _brief_config() -> ConfigParser:
    """Return trafilatura's settings with a lower minimum size.

    Below that size trafilatura would return all of a page's text as one paragraph.
    """
    from trafilatura.settings import use_config  # noqa: PLC0415

    config = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(_LEAST))
    return config


def _content_lines(document: Any, tree: Any, left: Any, declared: str | None) -> list[Any]:
    """Return the content's lines, or those of the JSON-LD if the page itself holds hardly any text.

    If trafilatura finds little, it returns a whole block as one paragraph, or lines out of order. The page's
    own lines found in that text are then used as paragraphs, in the page's order. On a page with little text,
    trafilatura may choose the least useful block; then the first block with much text is the article.
    """
    from newsbot.reading.blocks import extract_lines  # noqa: PLC0415
    from newsbot.reading.parse import parse_fragment_lines  # noqa: PLC0415

    lines = extract_lines(document.body) if document is not None and document.body is not None else []
    if len(lines) <= _FEW:
        found = " ".join(line.text for line in lines)
        own = [line for line in extract_lines(tree) if line.text in found]
        same = sum(len(line.text) for line in own) >= sum(len(line.text) for line in lines) - len(own)
        lines = own if same else lines
        if left.said < _BRIEF and left.most is not None:
            many = [*extract_lines(left.first), *extract_lines(left.most)]
            lines = lines if any(line.text in found for line in many) else extract_lines(left.first)
    size = sum(len(line.text) for line in lines)
    if size < _SPARSE and declared:
        other = parse_fragment_lines(declared)
        if sum(len(line.text) for line in other) > 2 * size:
            return other
    return lines


def _is_menu(lines: list[Any]) -> bool:
    """Return whether a page's text is a few words without a sentence, as around a video or a picture."""
    from newsbot.reading.boilerplate import is_sentence  # noqa: PLC0415

    return sum(len(line.text) for line in lines) <= _MENU and not any(
        is_sentence(line.text) for line in lines
    )


# ---------------------------------------------------------------- removal by markup


def _prune_tree(tree: Any) -> None:
    """Remove what only the markup reveals: dialogs, cards, and paragraphs and lists that are only links."""
    for dialog in tree.xpath(_DIALOGS):
        if dialog.find(".//h1") is None:
            drop_element(dialog)
    paragraphs = list(tree.iter("p"))
    plain = sum(len("".join(paragraph.itertext())) > _PARAGRAPH for paragraph in paragraphs)
    if plain >= _ENOUGH:
        for element in [*paragraphs, *tree.xpath(_LEAVES)]:
            if _is_pointer_elsewhere(element):
                drop_element(element)
        for items in tree.iter("ul", "ol"):
            entries = items.findall("li")
            if len(entries) > 1 and all(map(_is_pointer_elsewhere, entries)):
                drop_element(items)
    for card in tree.xpath(_CARDS):
        drop_element(card)


def _is_pointer_elsewhere(paragraph: Any) -> bool:
    text = " ".join("".join(paragraph.itertext()).split())
    if len(text) < _TEASER or len(text) > 10 * _TEASER or len(text.split()) < 4 or "://" in text:  # noqa: PLR2004  words
        return False
    linked = sum(len(" ".join("".join(link.itertext()).split())) for link in paragraph.iter("a"))
    return linked >= _LINKED * len(text)
