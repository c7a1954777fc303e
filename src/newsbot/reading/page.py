"""Conversion of an article's page into text.

newsbot removes dialogs, cards of other articles and the article's surroundings from the page. The library
trafilatura then finds the article's text, from which newsbot removes boilerplate.
"""

from configparser import ConfigParser
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from newsbot.fetching.decoding import decode
from newsbot.imports import IMPORT_LOCK
from newsbot.model import Image
from newsbot.reading.blocks import (
    drop_element,
    drop_repeats,
    extract_lines,
    mark_paragraphs,
    parse_markup,
    select_running_text,
    total_length,
)
from newsbot.reading.boilerplate import (
    Line,
    has_only_notices,
    has_same_words,
    is_button,
    is_sentence,
    strip_boilerplate,
)
from newsbot.reading.boxes import drop_boxes
from newsbot.reading.clean import clean_paragraphs
from newsbot.reading.language import recognise
from newsbot.reading.metadata import PageMetadata, read_metadata
from newsbot.reading.standfirsts import choose_standfirst
from newsbot.reading.surroundings import BRIEF, RemainingContent, drop_surroundings
from newsbot.reading.walls import is_wall_line, text_weight

__all__ = ["Page", "extract"]

_DIALOGS = "//dialog | //*[@role='dialog' or @role='alertdialog' or @aria-modal='true']"
_LEAVES = "//div[a][not(div or p or ul or ol or table or section or article or h1 or h2 or h3)]"
_IN_SENTENCE = "count(.//a) > 1 and .//img"
_CARDS = f"//p//span[{_IN_SENTENCE}][not(.//span[{_IN_SENTENCE}])] | //a[@href and .//p and not(.//h1)]"
_LEAST = 20  # A text with fewer characters than this is no article; the shortest news items are this short.
_PARAGRAPH = 100  # A paragraph of a page with at least this many characters is long.
# A page with fewer long paragraphs than this may have its whole article in links, so its paragraphs of links
# are kept.
_ENOUGH = 3
_FEW = 8  # If the library trafilatura finds more lines than this in a page, it has found the article.
# If the library trafilatura finds fewer characters than this, the text in a page's JSON-LD may be longer.
_SPARSE = 250
_MENU = 150  # A page with at most this many characters of text and without a sentence has no article.
# A paragraph that is a link points to another article if it has at least this many characters; a shorter one
# is a label.
_TEASER = 25
_HEADING = 60  # A headline of more weighted characters (CJK: 3 each) is no menu entry.
_BRIEF_WORDS = 3  # A headline of more words is no menu entry ("About us").
_LINKED = 0.8  # A paragraph with at least this share of its characters in links points to another article.


@dataclass(frozen=True, slots=True)
class Page:
    """The article that a page contains.

    ``text`` has blank lines between paragraphs, and is "" if the page has no article. ``aside`` has the
    lists, tables and quoted blocks that ``text`` leaves out. ``wall`` says that the site showed something
    else in the article's place (a consent, a login, an error), and ``gone`` that the page could not be
    fetched. ``protected`` says that the page asks for a password. ``description`` is the line that the page
    shows under its headline or declares, which may be an editor's standfirst. ``language_sure`` says that the
    text leaves no doubt about its language. ``declared`` says that the page declares itself an article, or
    has the headline in its address.
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
    protected: bool = False
    description: str | None = None
    declared: bool = False

    @property
    def is_headline_only(self) -> bool:
        """Return whether the page is an article's page with hardly any text, such as the page of a video."""
        known = self.description or self.published_at or self.declared
        return bool(self.title and not self.text and not self.wall and known)


def extract(html: bytes, url: str | None = None, *, charset: str | None = None, embeds: bool = True) -> Page:
    """Extract the article from a page's HTML. Raise no error: values that can't be read are left out.

    ``url`` is the page's address, ``charset`` the encoding that the HTTP response declared. Without
    ``embeds`` the text has only the article's own words: no posts of social networks, tables, lists of
    sentences or quoted blocks.
    """
    try:
        return _extract_page(html, url, charset, embeds=embeds)
    except Exception:  # noqa: BLE001  Any parser can fail on any bytes; the page then counts as empty.
        return Page(url=url)


def _extract_page(html: bytes, url: str | None, charset: str | None, *, embeds: bool) -> Page:
    from newsbot.reading.parse import drop_widgets  # noqa: PLC0415  That module imports this one.

    tree = parse_markup(decode(html, charset))
    if tree is None:
        return Page(url=url)
    # This list keeps lxml's objects for the page's elements in use, so that lxml need not make new ones each
    # time the elements are looked at.
    _elements = list(tree.iter())
    about = read_metadata(tree, url)
    if not embeds:
        drop_widgets(tree)
    mark_paragraphs(tree)
    _prune_tree(tree)
    left = drop_surroundings(tree, about.title)
    drop_boxes(tree)
    document = _extract_content(tree, url, brief=left.said < BRIEF)
    lines = _content_lines(document, tree, left, about.body)
    wall = has_only_notices(lines, about.title) or _is_named_otherwise(about)
    body = [] if wall else strip_boilerplate(lines, title=about.title, author=about.author)
    every = drop_repeats(body)
    if not embeds and _is_menu(every):
        every = []
    body = every if embeds else _drop_claims(select_running_text(every), about.claims)
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
        declared=about.declared,
        wall=wall,
    )


def _extract_content(tree: Any, url: str | None, *, brief: bool) -> Any:
    """Return the content that trafilatura finds in a page, or None if it finds none; keep the tree unchanged.

    trafilatura must not look for metadata, because it would guess dates from prose, footers or links.
    """
    with IMPORT_LOCK:
        from trafilatura import bare_extraction  # noqa: PLC0415
        from trafilatura.settings import DEFAULT_CONFIG  # noqa: PLC0415

    config = _brief_config() if brief else None
    return bare_extraction(tree, url=url, fast=True, include_comments=False, config=config or DEFAULT_CONFIG)


@cache
def _brief_config() -> ConfigParser:
    """Return trafilatura's settings with a lower minimum size of an article.

    If it finds less text than its minimum size, trafilatura returns all of a page's text as one paragraph.
    """
    with IMPORT_LOCK:
        from trafilatura.settings import use_config  # noqa: PLC0415

    config = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(_LEAST))
    return config


def _content_lines(document: Any, tree: Any, left: RemainingContent, declared: str | None) -> list[Line]:
    """Return the lines of a page's article, or those in its JSON-LD if the page shows hardly any text.

    ``document`` is trafilatura's result, ``tree`` the page without boilerplate, ``declared`` the JSON-LD's
    text. If trafilatura finds little, it returns a whole block as one paragraph, or lines out of order. Then
    the lines of ``tree`` that are in its result are returned, in the page's order. On a page with little
    text, trafilatura may choose a legal notice; then the lines of the first block with much text are
    returned.
    """
    from newsbot.reading.parse import parse_fragment_lines  # noqa: PLC0415  That module imports this one.

    lines = extract_lines(document.body) if document is not None and document.body is not None else []
    if len(lines) <= _FEW:
        found = " ".join(line.text for line in lines)
        own = [line for line in extract_lines(tree) if line.text in found]
        lines = own if total_length(own) >= total_length(lines) - len(own) else lines
        if left.said < BRIEF and left.most is not None:
            many = [*extract_lines(left.first), *extract_lines(left.most)]
            lines = lines if any(line.text in found for line in many) else extract_lines(left.first)
    size = total_length(lines)
    if size < _SPARSE and declared:
        other = parse_fragment_lines(declared)
        if total_length(other) > 2 * size:
            return other
    return lines


def _is_named_otherwise(about: PageMetadata) -> bool:
    """Return whether a page's headline says that the page is no article ("Subscribe", "Page not found").

    A page that declares itself an article, or has a date, may have such a headline.
    """
    if not about.title or about.declared or about.published_at:
        return False
    return is_wall_line(about.title) or (
        text_weight(about.title) <= _HEADING
        and len(about.title.split()) <= _BRIEF_WORDS
        and is_button(about.title)
    )


def _drop_claims(lines: list[Line], claims: tuple[str, ...]) -> list[Line]:
    """Return the lines of a fact check without the statement that it checks, which is not the site's own."""
    return [line for line in lines if not any(has_same_words(line.text, claim) for claim in claims)]


def _is_menu(lines: list[Line]) -> bool:
    """Return whether a page has only a few words without a sentence, as the page of a video has."""
    return total_length(lines) <= _MENU and not any(is_sentence(line.text) for line in lines)


# ---------------------------------------------------------------- removal of dialogs and teasers


def _prune_tree(tree: Any) -> None:
    """Remove dialogs and cards of other articles from a page's tree.

    In a page with several long paragraphs, remove paragraphs and lists of only links too.
    """
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
    if len(text) < _TEASER or len(text) > 10 * _TEASER or len(text.split()) < 4 or "://" in text:  # noqa: PLR2004  The teaser of another article has at least four words.
        return False
    linked = sum(len(" ".join("".join(link.itertext()).split())) for link in paragraph.iter("a"))
    return linked >= _LINKED * len(text)
