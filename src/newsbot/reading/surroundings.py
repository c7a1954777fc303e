"""Removal of what surrounds an article in its page: bylines, tags, cards of other articles, comments, forms.

These are recognized by their shape, because themes differ in names and languages. An element with a date, an
author, a tag or a pager and without a sentence is a line about the article. A heading that is a link is the
heading of another article's card, and the block around it is removed too if it has no sentence before the
heading. Class names are trusted only for elements with less than half of the page's sentences.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import dropwhile
from typing import Any, NamedTuple

from newsbot.reading.blocks import (
    HEADINGS,
    INLINE,
    PARAGRAPHS,
    drop_element,
    get_class_and_id,
    is_sentence_text,
    kind_of,
    own_texts,
    sentence_size,
    text_size,
)
from newsbot.reading.boilerplate import has_same_words
from newsbot.reading.walls import distinctive_words, text_weight

__all__ = ["BRIEF", "RemainingContent", "drop_surroundings"]

BRIEF = 750
"""If a page's sentences have fewer characters than this, the library trafilatura would return the text of the
whole page, its legal notice included.
"""

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


def drop_surroundings(tree: Any, title: str | None) -> RemainingContent:
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
    if sum(text_weight("".join(filter(is_sentence_text, own_texts(each)))) for each in speakers) >= BRIEF:
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
