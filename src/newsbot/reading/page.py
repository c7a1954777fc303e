"""Conversion of an article's page into text, after newsbot has removed boilerplate from the page.

The library trafilatura then finds the article's text. What surrounds an article in its page (bylines, tags,
cards of other articles, comments, forms) is recognized by its shape, because themes differ in names and
languages. An element with a date, an author, a tag or a pager and without a sentence is a line about the
article. A heading that is a link is the heading of another article's card, and the block around it is removed
too if it has no sentence before the heading. Class names are trusted only for elements with less than half of
the page's sentences.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import dropwhile
from typing import Any, NamedTuple

from newsbot.fetching.decoding import decode
from newsbot.imports import IMPORT_LOCK
from newsbot.model import Image
from newsbot.reading.blocks import (
    HEADINGS,
    INLINE,
    PARAGRAPHS,
    drop_element,
    drop_repeats,
    extract_lines,
    get_class_and_id,
    is_sentence_text,
    kind_of,
    mark_paragraphs,
    own_texts,
    parse_markup,
    select_running_text,
    sentence_size,
    text_size,
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
from newsbot.reading.walls import distinctive_words, is_wall_line, text_weight

__all__ = ["Page", "RemainingContent", "extract"]

_DIALOGS = "//dialog | //*[@role='dialog' or @role='alertdialog' or @aria-modal='true']"
_LEAVES = "//div[a][not(div or p or ul or ol or table or section or article or h1 or h2 or h3)]"
_IN_SENTENCE = "count(.//a) > 1 and .//img"
_CARDS = f"//p//span[{_IN_SENTENCE}][not(.//span[{_IN_SENTENCE}])] | //a[@href and .//p and not(.//h1)]"
# If a page's sentences have fewer characters than this, the library trafilatura would return the text of the
# whole page, its legal notice included.
_BRIEF = 750
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
    left = _drop_surroundings(tree, about.title)
    drop_boxes(tree)
    document = _extract_content(tree, url, brief=left.said < _BRIEF)
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


def _content_lines(document: Any, tree: Any, left: "RemainingContent", declared: str | None) -> list[Line]:
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
        if left.said < _BRIEF and left.most is not None:
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
        text_weight(about.title) <= _LABEL
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


# ---------------------------------------------------------------- removal of what surrounds the article

_ROOTS = frozenset({"html", "body", "main", "table", "tbody", "tr"})
_SILENT = tuple(
    "script style noscript template svg button select option textarea label".split()  # noqa: SIM905  This form is easier to read.
)
# An element that shows the article's authors, date, categories or tags has at most this many characters.
_MOST = 400
_LABEL = 60  # A label between the headline and the article's text has at most this many characters.
_BOX = 700  # A box about the article's author has at most this many characters.
# An element of a page is about the article if it has at least this many of the headline's words; fewer may be
# chance.
_TELLING = 2
_ASKING = frozenset({"aside", "div", "form", "section"})
_HOMES = frozenset({"article", "main"})
# newsbot removes an element of a page by its class name only if it has at most this share of the page's
# sentences.
_HALF = 0.5

_MARKS = (
    "//time | //abbr[@title and @itemprop] | //*[@itemprop='author' or @itemprop='datePublished']"
    " | //a[@rel and (contains(@rel, 'tag') or contains(@rel, 'author') or contains(@rel, 'prev')"
    " or contains(@rel, 'next') or contains(@rel, 'bookmark'))]"
)
_NAMED = "//*[@class or @id][not(self::html or self::body)]"
_ABOUT = re.compile(
    r"(?:^|[-_\s])(?:by-?line|author|posted|date|dates|pub-?date|published|timestamp|meta|info|tags?|labels?|"
    r"categor\w+|taxonom\w+|terms|breadcrumbs?|shar\w+|social|follow|read\w*-?time|pag(?:er|ination)|nav\w*|ufi|hits)(?:$|[-_\s])",
    re.IGNORECASE,
)
_APART = re.compile(
    r"(?:^|[-_\s])(?:comments?|respond|responses|discussion|disqus\w*|newsletter|subscri\w+|sign-?up|regwall|paywall|cta|"
    r"related\w*|recommend\w*|read-more|promo\w*)(?:$|[-_\s])",
    re.IGNORECASE,
)
_BIO = re.compile(r"(?:^|[-_\s])(?:author|bio|profile|about)(?:$|[-_\s])", re.IGNORECASE)


class RemainingContent(NamedTuple):
    """The content of a page after the surroundings of its article were removed.

    ``said`` is the number of characters in the page's sentences, ``most`` is the block with most of these
    characters, and ``first`` is the first block with at least half as many as ``most``.
    """

    said: int
    most: Any
    first: Any


def _drop_surroundings(tree: Any, title: str | None) -> RemainingContent:
    """Remove what surrounds the article with the headline ``title`` from a page; return the rest."""
    asking = dict.fromkeys(button.getparent() for button in tree.iter("button"))
    for element in list(tree.iter(*_SILENT)):
        drop_element(element)
    surroundings = _Surroundings(tree, title)
    for element in list(surroundings.find_button_boxes(asking)):
        drop_element(element)
    for rule in (
        surroundings.find_separate_boxes,
        surroundings.cards,
        surroundings.lines_about,
        surroundings.boxes,
        surroundings.find_labels,
    ):
        for element in list(rule()):
            drop_element(element)
    sizes = {each: size for each in surroundings.below_heading() if (size := sentence_size(each))}
    for element in list(_find_unrelated_elements(sizes, surroundings.heading, title)):
        del sizes[element]
        drop_element(element)
    said: Counter[Any] = Counter()
    for element, size in sizes.items():
        said[element.getparent() if element.tag in PARAGRAPHS else element] += size
    most = max(said, key=said.__getitem__, default=None)
    first = next((block for block, size in said.items() if size >= _HALF * said[most]), None)
    return RemainingContent(said.total(), most, first)


def _find_unrelated_elements(speakers: Iterable[Any], heading: Any, title: str | None) -> Iterator[Any]:
    """Yield elements unrelated to the headline ``title``, such as a legal notice, on a page with little text.

    ``speakers`` are the elements below the page's ``heading`` that have a sentence. An element is not yielded
    if another element, which shares words with the headline, is in a block with the same tag, class and
    depth.
    """
    if heading is None or title is None:
        return
    speakers = list(speakers)
    if sum(text_weight("".join(filter(is_sentence_text, own_texts(each)))) for each in speakers) >= _BRIEF:
        return
    home = next((each for each in heading.iterancestors() if each.tag in _HOMES), None)
    if home is not None and any(home in each.iterancestors() for each in speakers):
        yield from (each for each in speakers if home not in each.iterancestors())
        return
    shared = {each: _count_shared_words(each, title, heading) for each in speakers}
    most = min(_TELLING, max(shared.values(), default=0)) or 1
    own = {kind_of(each.getparent()) for each, words in shared.items() if words >= most}
    yield from (each for each in speakers if kind_of(each.getparent()) not in own)


def _count_shared_words(element: Any, title: str, heading: Any) -> int:
    """Return how many of the headline's words are in an element or its siblings.

    Return 2 if the element is a sibling of the heading, because it then belongs to the article.
    """
    parent = element.getparent()
    if parent is None or parent is heading.getparent():
        return _TELLING
    around = element if parent.tag in {"body", "html"} else parent
    return len(distinctive_words(title) & distinctive_words(" ".join(around.itertext())))


class _Surroundings:
    """The elements of a page that surround its article, found by the sentences and links in each element.

    The attribute ``_kept`` has the article's heading and its ancestors, which are never removed.
    """

    def __init__(self, tree: Any, title: str | None) -> None:
        self._tree = tree
        self._kept: set[Any] = set()
        self.heading: Any = None
        # The number of characters of the sentences inside each element of the page.
        self._said: dict[Any, int] = {}
        # The number of elements with a sentence inside each element of the page.
        self._said_in: Counter[Any] = Counter()
        # The number of headings that are links to other articles inside each element of the page.
        self._points_in: Counter[Any] = Counter()
        self._speaks: set[Any] = set()  # The elements of the page whose own text has a sentence.
        self._order: dict[Any, int] = {}
        self._sentences: list[int] = []  # The positions of the page's sentences among its elements, in order.
        if title:
            self._find_article_heading(title)
        self._measure_elements()

    def _find_article_heading(self, title: str) -> None:
        """Find the article's heading in the page and remove labels (child elements) from the heading."""
        headings = [(each, "".join(each.itertext())) for each in self._tree.iter(*HEADINGS)]
        own: Any = next((each for each, text in headings if has_same_words(text, title)), None)
        longer: Any = next((each for each, text in headings if title in text), None)
        if own is None and longer is not None:
            own = longer
            for child in list(own):
                own.remove(child)
            own.text = title
        if own is not None:
            self.heading = own
            self._kept = {own, *own.iterancestors()}

    def _measure_elements(self) -> None:
        for number, element in enumerate(self._tree.iter()):
            self._order[element] = number
            if not isinstance(element.tag, str):
                continue
            if element.tag in HEADINGS and _is_pointer(element):
                self._points_in.update(element.iterancestors())
            said = sentence_size(element)
            if said and not _is_link(element):
                self._speaks.add(element)
                self._sentences.append(number)
                self._said_in.update((element, *element.iterancestors()))
                for around in (element, *element.iterancestors()):
                    self._said[around] = self._said.get(around, 0) + said

    def below_heading(self) -> Iterator[Any]:
        """Return the page's elements from the article's heading on, or all elements if the page has no
        heading.
        """
        elements: Iterator[Any] = self._tree.iter()
        if self.heading is not None and self.heading.getparent() is not None:
            elements = dropwhile(lambda element: element is not self.heading, elements)
        return elements

    def find_button_boxes(self, asking: Iterable[Any]) -> Iterator[Any]:
        """Yield boxes that ask readers to press a button; ``asking`` are the elements that had a button."""
        for element in asking:
            brief = element.tag in _ASKING and element in self._said and text_size(element) <= _MOST
            if brief and self._is_lesser(element):
                yield element

    def find_separate_boxes(self) -> Iterator[Any]:
        """Yield readers' comments, boxes with other articles and sign-up forms, which are recognized by class
        names.
        """
        for element in self._tree.xpath(_NAMED):
            if self._is_lesser(element) and _APART.search(get_class_and_id(element)):
                yield element

    def cards(self) -> Iterator[Any]:
        """Yield cards of other articles: lists of links, and blocks around a heading that is a link."""
        for element in self._tree.iter(*HEADINGS, "ul", "ol"):
            if element not in self._kept and _is_pointer(element):
                block = self._widest(element, self._begins_with(element))
                if block is not element or element.tag not in HEADINGS:
                    yield block

    def lines_about(self) -> Iterator[Any]:
        """Yield elements without a sentence that describe the article: its date, author, section or pager."""
        named = (each for each in self._tree.xpath(_NAMED) if _ABOUT.search(get_class_and_id(each)))
        for element in (*self._tree.xpath(_MARKS), *named):
            if element in self._said or element in self._kept or element.getparent() is None:
                continue
            block = self._widest(element, self._is_silent)
            if block.tag not in INLINE or block.getparent() not in self._speaks:
                yield block

    def boxes(self) -> Iterator[Any]:
        """Yield boxes about the article's author, and forms."""
        for element in self._tree.xpath(_NAMED):
            if (
                self._is_lesser(element)
                and _BIO.search(get_class_and_id(element))
                and text_size(element) <= _BOX
            ):
                yield element
        for form in self._tree.iter("form"):
            if form not in self._kept and self._is_lesser(form):
                yield form

    def find_labels(self) -> Iterator[Any]:
        """Yield short elements between the headline and the first sentence: labels, numbers and buttons."""
        if self.heading is None:
            return
        start = self._order[self.heading]
        first = next((number for number in self._sentences if number > start), None)
        for element in self._tree.iter():
            number = self._order[element]
            if first is None or number >= first:
                return
            inside = self.heading in set(element.iterancestors())
            if number > start and not inside and element not in self._said and self._is_short(element):
                yield element

    def _is_short(self, element: Any) -> bool:
        return text_size(element) <= _LABEL and not any(
            True for _ in element.iter("img", "picture", "ul", "ol", "table")
        )

    def _widest(self, element: Any, test: Any) -> Any:
        """Return the outermost ancestor of ``element`` for which ``test`` is still true.

        ``test`` must be true for all elements between ``element`` and this ancestor too. Return ``element``
        itself if ``test`` is false for its parent. Stop at ancestors that must not be removed.
        """
        for around in element.iterancestors():
            if around in self._kept or around.tag in _ROOTS or not test(around):
                break
            element = around
        return element

    def _begins_with(self, start: Any) -> Any:
        """Return a function that tests whether a block of the page has only cards (teasers of other
        articles), and no sentence before the element ``start``.
        """
        position = self._order[start]

        def test(element: Any) -> bool:
            before = bisect_left(self._sentences, self._order[element]) < bisect_left(
                self._sentences, position
            )
            cards = self._said_in[element] <= 2 * self._points_in[element] + 1
            return cards and not before and self._is_lesser(element)

        return test

    def _is_silent(self, element: Any) -> bool:
        return element not in self._said and text_size(element) <= _MOST

    def _is_lesser(self, element: Any) -> bool:
        whole = self._said.get(self._tree, 0)
        return element not in self._kept and self._said.get(element, 0) <= _HALF * whole


def _is_link(element: Any) -> bool:
    return any(around.tag == "a" for around in element.iterancestors())


def _is_pointer(element: Any) -> bool:
    """Return whether an element is a heading that is a link, or a list of only links."""
    if element.tag in HEADINGS:
        return _is_link(element) or _is_linked(element)
    entries = element.findall("li")
    return len(entries) > 1 and (all(map(_is_linked, entries)) or all(map(_is_card, entries)))


def _is_card(entry: Any) -> bool:
    """Return whether a list's entry is a link with a paragraph below it, like the teaser of an article."""
    first = next((each for each in entry.iter() if each is not entry and (each.text or "").strip()), None)
    return (
        first is not None
        and first.tag == "a"
        and entry.find(".//p") is not None
        and not (entry.text or "").strip()
    )


def _is_linked(element: Any) -> bool:
    text = sum(map(len, " ".join(element.itertext()).split()))
    linked = sum(len(word) for link in element.iter("a") for word in " ".join(link.itertext()).split())
    return bool(linked) and linked >= 0.8 * text
