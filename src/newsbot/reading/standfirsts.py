"""The standfirst of an article: the line that an editor wrote below the headline.

A page shows or declares several lines that may be its standfirst. A line that a CMS filled in is the
article's beginning, cut off. A line about the site is the same on all of its pages. A line that an editor
wrote is whole, belongs to this article, and does not repeat its text.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import urlsplit

from newsbot.identity.texts import split_words
from newsbot.reading.blocks import BLOCK_INSIDE, HEADINGS, get_class_and_id
from newsbot.reading.boilerplate import (
    has_same_words,
    is_date_like,
    is_label,
    is_note_to_readers,
    is_sentence,
    is_teaser_end,
)
from newsbot.reading.clean import clean_line, markup_to_line, remove_stray_spaces
from newsbot.reading.linked_data import LinkedData
from newsbot.reading.walls import distinctive_words, text_weight

__all__ = ["SiteLineRegistry", "choose_standfirst", "find_standfirsts"]

_DECLARED_STANDFIRSTS = (
    "og:description",
    "twitter:description",
    "description",
    "dc.description",
    "sailthru.description",
)
_NAMED = re.compile(
    r"(?:^|[-_\s])(?:stand-?first|dek|deck|sub-?(?:title|head\w*)|summary|lead|lede|intro\w*|excerpt|abstract|teaser|chapo|"
    r"chapeau|vorspann|entradilla|bajada|copete|sumario|sottotitolo|occhiello|gancho|linha-?fina)(?:$|[-_\s\d])",
    re.IGNORECASE,
)
_CAPTION = re.compile(r"(?:^|[-_\s])(?:caption|cutline|credit)s?(?:$|[-_\s\d])", re.IGNORECASE)
_PROPERTIES = frozenset({"description", "alternativeHeadline", "alternateName", "abstract"})
_BELOW = "following::*[self::p or self::div or self::h2 or self::h3 or self::span or self::strong]"
_MOST_BELOW = 60  # At most this many elements of a page below its headline are examined to find a standfirst.
_NO_STANDFIRST_IN = (
    "ancestor::nav or ancestor::aside or ancestor::footer or ancestor::figure or ancestor::a or ancestor::li"
    " or ancestor::form or .//script or .//style or .//time or .//img or .//picture"
)
# The pattern matches the last word of a cut-off description, which may be half a word, and its ellipsis.
_CUT_END = re.compile(r"\s*\S*\s*[(\[]?(?:…|\.{3})[)\]]?\W*$")
_COMPARED = 20  # The first text of an element is compared with a description by this many characters.
_SITE_BEGIN = re.compile(r"([^-–—|•·]{2,60}?)\s+[-–—|•·]\s+(?=\S)")
_SITE_END = re.compile(r"\s+[-–—|•·]\s+([^-–—|•·]{2,60})$")
_STRANGE = re.compile(r"\||»|©|https?://|www\.|@\w|#\w")
_FIRST_SENTENCE = re.compile(r".{30,}?[.!?؟۔।。！？](?:\s|$)", re.DOTALL)
# A standfirst (an editor's line below the headline) has at least the first and at most the second number of
# weighted characters (CJK: 3 each).
_LEAST, _MOST = 30, 400
_STANDFIRST_WORDS = 5
# Sibling elements of a page are the article's paragraphs if at least three have 100 weighted characters (CJK:
# 3 each).
_PARAGRAPHS, _LONG = 3, 100
# A description line is about the site, not the article, if the article has fewer of the line's words than the
# first number, or a smaller share of them than the second.
_SHARED, _ABOUT = 2, 0.15
# A description line is compared with the article only if the article has this many weighted characters (CJK:
# 3 each).
_JUDGED = 600
# A line under the headline repeats it if at least this share of the line's words is in the headline.
_HEADLINE = 0.85
_REMEMBERED = 5000  # At most this many description lines, of all sites together, are kept in memory.
_HEAD = 4000  # A description line is compared with this many characters at the beginning of the article.


class SiteLineRegistry:
    """A record of the description lines of pages, to recognize lines that a site repeats on its pages.

    The record has the 5000 newest lines, in memory only. A line that is not recorded yet counts as the
    article's own.
    """

    def __init__(self) -> None:
        # This dict has the address of the first page that showed a description line, by the site's host and
        # the line.
        self._first: dict[tuple[str, str], str] = {}

    def is_shared(self, line: str, url: str) -> bool:
        """Record a page's description line, and return whether another page of the site had the same line
        before.

        ``url`` is the address of the page; the site is the host in it.
        """
        key = (urlsplit(url).netloc, line)
        first = self._first.setdefault(key, url)
        if len(self._first) > _REMEMBERED:
            del self._first[next(iter(self._first))]
        return first != url


def find_standfirsts(
    tree: Any, meta: dict[str, str], linked: LinkedData, title: str | None, url: str | None
) -> tuple[str, ...]:
    """Return the lines that may be the standfirst of the page at ``url``.

    These are a line under the headline and the declared descriptions.
    """
    declared = [meta.get(name) for name in _DECLARED_STANDFIRSTS[:2]]
    declared += [linked.article.get("description"), linked.article.get("abstract")]
    declared += [meta.get(name) for name in _DECLARED_STANDFIRSTS[2:]]
    document = "".join(tree.xpath("//title[not(ancestor::svg)]//text()"))
    titled = _SITE_END.search(f"{document.rstrip()}")
    names = (*linked.names, meta.get("og:site_name"), titled and titled[1])
    sites = {name.casefold() for name in names if name}
    lines = [_drop_site(markup_to_line(each), sites) for each in declared if isinstance(each, str)]
    lines = [line for line in lines if not _is_promotion(line, title, url)]
    shown = (
        [line for line in _find_shown_lines(tree, title) if _LEAST <= text_weight(line) <= _MOST]
        if title
        else []
    )
    whole = [_find_whole_line(tree, line) for line in dict.fromkeys(lines) if line and not is_sentence(line)]
    return tuple(dict.fromkeys(line for line in (*shown[:1], *lines, *whole) if line))


def _find_whole_line(tree: Any, line: str) -> str | None:
    """Return the text of the page's element that continues a description without a full stop; None without
    one.
    """
    begin = _CUT_END.sub("", line)
    found = []
    for element in tree.iter("p", "h2", "h3", "div"):
        first = next((line for text in element.itertext() if (line := clean_line(text[:_LONG]))), "")
        if (
            first
            and begin.startswith(first[:_COMPARED])
            and (text := _element_text(element)).startswith(begin)
            and not element.xpath(".//p | .//div | .//h2 | .//h3")
        ):
            found.append(text)
    return min((text for text in found if text_weight(text) <= 2 * _MOST), key=len, default=None)


def _is_promotion(line: str, title: str | None, url: str | None) -> bool:
    """Return whether a description ends with the site's address and tells nothing of the headline."""
    host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    if not host or not line.rstrip(" .!").casefold().endswith(host):
        return False
    return len(distinctive_words(line) & distinctive_words(title or "")) < _SHARED


def _drop_site(line: str, sites: AbstractSet[str]) -> str:
    """Return a description without the site's name at its beginning or end, next to a dash or bar."""
    begin = _SITE_BEGIN.match(line)
    line = line[begin.end() :] if begin and begin[1].casefold() in sites else line
    found = _SITE_END.search(line)
    return line[: found.start()] if found and found[1].casefold() in sites else line


def choose_standfirst(lines: Sequence[str | None], title: str | None, text: str) -> str | None:
    """Return the line that an editor most likely wrote as the article's standfirst.

    Return the first of equally good lines. Return None if all are labels, repeat the headline or are about
    the site.
    """
    rated = [(_standfirst_fitness(line, title, text), line) for line in lines if line]
    best, line = max(rated, key=lambda pair: pair[0], default=(-1.0, ""))
    return line if best > -1 else None


def _standfirst_fitness(line: str, title: str | None, text: str) -> float:
    """Return a rating of a line of a page as the article's standfirst.

    The rating is 2 for a whole line that is not in the article's text, less for a line that is cut off or
    copied from the text, and -1 or less for an unsuitable line.
    """
    head = " ".join(text[:_HEAD].split())
    words, named = split_words(line), set(split_words(title or ""))
    telling = distinctive_words(line)
    own = telling & distinctive_words(f"{title or ''} {head}")
    wrong = (
        not _LEAST <= text_weight(line) <= 2 * _MOST or len(words) < _STANDFIRST_WORDS,
        bool(named) and sum(word in named for word in words) >= _HEADLINE * len(words),
        bool(_STRANGE.search(line)) or is_note_to_readers(line) or is_label(line),
        text_weight(head) >= _JUDGED and len(own) < max(_SHARED, _ABOUT * len(telling)),
    )
    return _completeness(line, head) - 0.5 * (line.rstrip(" .…") in head) - 3.0 * sum(wrong)


def _completeness(line: str, head: str) -> float:
    if not is_teaser_end(line) and is_sentence(line):
        return 2.0
    if not is_teaser_end(line) and line[-1:] not in ",;:-–—" and line not in head:
        return 1.5
    return 1.0 if _FIRST_SENTENCE.match(line) else 0.0


# ---------------------------------------------------------------- the page's lines under the headline


def _find_shown_lines(tree: Any, title: str | None) -> Iterator[str]:
    """Yield lines under the headline that a class name calls a standfirst, then the line right below it."""
    heading = next(
        (each for each in tree.iter(*HEADINGS) if has_same_words(_element_text(each), title or "")), None
    )
    if heading is None:
        return
    for element in heading.xpath(_BELOW)[:_MOST_BELOW]:
        if element.tag == "p" and _is_paragraph(element):
            break
        called = element.get("itemprop") in _PROPERTIES or _NAMED.search(get_class_and_id(element))
        if called and _is_line(element):
            yield _element_text(element)
    parent = heading.getparent()
    beside = heading.getnext() if heading.getnext() is not None or parent is None else parent.getnext()
    if beside is not None and beside.tag in {"p", "h2", "h3", "div"} and _is_line(beside):
        text = _element_text(beside)
        if is_sentence(text) or (beside.tag == "h2" and not is_date_like(text)):
            yield text


def _is_line(element: Any) -> bool:
    """Return whether an element has one line of text that is no label and no paragraph of the article."""
    text = _element_text(element)
    if (
        len(split_words(text)) < _STANDFIRST_WORDS
        or is_label(text)
        or _CAPTION.search(get_class_and_id(element))
        or element.xpath(BLOCK_INSIDE)
        or element.xpath(_NO_STANDFIRST_IN)
    ):
        return False
    return not (element.tag in {"p", "div"} and _is_paragraph(element))


def _is_paragraph(element: Any) -> bool:
    """Return whether an element and its siblings include three long paragraphs, as an article's text does."""
    beside = [] if element.getparent() is None else element.getparent().findall(element.tag)
    return sum(text_weight(_element_text(each)) >= _LONG for each in beside) >= _PARAGRAPHS


def _element_text(element: Any) -> str:
    return remove_stray_spaces(clean_line("".join(element.itertext())))
