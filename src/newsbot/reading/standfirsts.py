"""Standfirsts: the lines that a page shows or declares as one, and the choice of the best.

A line that a CMS fills in is the beginning of the article, cut off. A line about the site is the same on all
of its pages. A line that an editor wrote is whole, belongs to this article, and does not repeat its text.
"""

# ruff: noqa: RUF001  punctuation of other scripts is meant

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from newsbot.identity.texts import split_words
from newsbot.reading.boilerplate import has_same_words, is_date_like, is_label, is_sentence, is_teaser_end
from newsbot.reading.clean import clean_line, markup_to_line
from newsbot.reading.linked_data import LinkedData
from newsbot.reading.markup import BLOCK_INSIDE, HEADINGS, names_of
from newsbot.reading.walls import distinctive_words, text_weight

__all__ = ["SiteLineRegistry", "choose_standfirst", "find_standfirsts"]

_DECLARED = ("og:description", "twitter:description", "description", "dc.description", "sailthru.description")
_NAMED = re.compile(
    r"(?:^|[-_\s])(?:stand-?first|dek|deck|sub-?(?:title|head\w*)|summary|lead|lede|intro\w*|excerpt|abstract|teaser|chapo|"
    r"chapeau|vorspann|entradilla|bajada|copete|sumario|sottotitolo|occhiello|gancho|linha-?fina)(?:$|[-_\s\d])",
    re.IGNORECASE,
)
_PROPERTIES = frozenset({"description", "alternativeHeadline", "alternateName", "abstract"})
_BELOW = "following::*[self::p or self::div or self::h2 or self::h3 or self::span or self::strong]"
_NEAR = 60  # elements below the headline that are examined
_AROUND = (
    "ancestor::nav or ancestor::aside or ancestor::footer or ancestor::figure or ancestor::a or ancestor::li"
    " or ancestor::form or .//script or .//style or .//time"
)
_STRANGE = re.compile(r"\||»|©|https?://|www\.|@\w|#\w")
_FIRST_SENTENCE = re.compile(r".{30,}?[.!?؟۔।。！？](?:\s|$)", re.DOTALL)
_LEAST, _MOST = 30, 400  # minimum and maximum characters (of an alphabet) of a line
_WORDS = 5
_PARAGRAPHS, _LONG = 3, 100  # So many paragraphs of that length side by side are the text.
_SHARED, _ABOUT = (
    2,
    0.15,
)  # number and share of distinctive words found in the article; a site's own line has fewer
_JUDGED = 600  # minimum characters of a text for that judgment
_HEADLINE = 0.85  # share of the headline's words from which a line repeats the headline
_REMEMBERED = 5000  # maximum remembered lines of all sites
_HEAD = 4000  # characters at the text's beginning with which a line is compared


class SiteLineRegistry:
    """The lines that a site repeats on its pages, to distinguish them from an article's own.

    It remembers the most recent lines while the process runs. A line not seen before counts as an article's.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], str] = {}  # maps a site and a line to the first page that had it

    def is_shared(self, line: str, url: str) -> bool:
        """Return whether another page of the site at ``url`` had this line before."""
        key = (urlsplit(url).netloc, line)
        first = self._first.setdefault(key, url)
        if len(self._first) > _REMEMBERED:
            del self._first[next(iter(self._first))]
        return first != url


def find_standfirsts(
    tree: Any, meta: dict[str, str], linked: LinkedData, title: str | None
) -> tuple[str, ...]:
    """Return the plain lines that the page shows under its headline or declares, without repeats."""
    declared = [meta.get(name) for name in _DECLARED[:2]]
    declared += [linked.article.get("description"), linked.article.get("abstract")]
    declared += [meta.get(name) for name in _DECLARED[2:]]
    lines = [markup_to_line(each) for each in declared if isinstance(each, str)]
    shown = (
        [line for line in _find_shown_lines(tree, title) if _LEAST <= text_weight(line) <= _MOST]
        if title
        else []
    )
    return tuple(dict.fromkeys(line for line in (*shown[:1], *lines) if line))


def choose_standfirst(lines: Sequence[str | None], title: str | None, text: str) -> str | None:
    """Return the line that is most likely an editor's; of equally good ones, the first.

    Returns None if none can be: a label, the headline repeated, a site's own line.
    """
    rated = [(_standfirst_fitness(line, title, text), line) for line in lines if line]
    best, line = max(rated, key=lambda pair: pair[0], default=(-1.0, ""))
    return line if best > -1 else None


def _standfirst_fitness(line: str, title: str | None, text: str) -> float:
    """Rate a line: 2 if it is whole and original, less if cut or copied, -1 or less if unsuitable."""
    head = " ".join(text[:_HEAD].split())
    words, named = split_words(line), set(split_words(title or ""))
    telling = distinctive_words(line)
    own = telling & distinctive_words(f"{title or ''} {head}")
    wrong = (
        not _LEAST <= text_weight(line) <= 2 * _MOST or len(words) < _WORDS,
        bool(named) and sum(word in named for word in words) >= _HEADLINE * len(words),
        bool(_STRANGE.search(line)),
        text_weight(head) >= _JUDGED and len(own) < max(_SHARED, _ABOUT * len(telling)),
    )
    return _completeness(line, head) - 0.5 * (line.rstrip(" .…") in head) - 3.0 * sum(wrong)


def _completeness(line: str, head: str) -> float:
    if not is_teaser_end(line) and is_sentence(line):
        return 2.0
    if not is_teaser_end(line) and line[-1:] not in ",;:-–—" and line not in head:
        return 1.5
    return 1.0 if _FIRST_SENTENCE.match(line) else 0.0


# ---------------------------------------------------------------- lines on the page


def _find_shown_lines(tree: Any, title: str | None) -> Iterator[str]:
    """Yield lines under the headline whose class calls them a standfirst, then the line right below it."""
    heading = next(
        (each for each in tree.iter(*HEADINGS) if has_same_words(_element_text(each), title or "")), None
    )
    if heading is None:
        return
    for element in heading.xpath(_BELOW)[:_NEAR]:
        if element.tag == "p" and _is_paragraph(element):
            break
        called = element.get("itemprop") in _PROPERTIES or _NAMED.search(names_of(element))
        if called and _is_line(element):
            yield _element_text(element)
    parent = heading.getparent()
    beside = heading.getnext() if heading.getnext() is not None or parent is None else parent.getnext()
    if beside is not None and beside.tag in {"p", "h2", "h3", "div"} and _is_line(beside):
        text = _element_text(beside)
        if is_sentence(text) or (beside.tag == "h2" and not is_date_like(text)):
            yield text


def _is_line(element: Any) -> bool:
    """Return whether an element is a single line, not a label and not one of the text's paragraphs."""
    text = _element_text(element)
    if (
        len(split_words(text)) < _WORDS
        or is_label(text)
        or element.xpath(BLOCK_INSIDE)
        or element.xpath(_AROUND)
    ):
        return False
    return not (element.tag in {"p", "div"} and _is_paragraph(element))


def _is_paragraph(element: Any) -> bool:
    """Return whether an element stands among long ones of its kind, and so in the text."""
    beside = [] if element.getparent() is None else element.getparent().findall(element.tag)
    return sum(text_weight(_element_text(each)) >= _LONG for each in beside) >= _PARAGRAPHS


def _element_text(element: Any) -> str:
    return clean_line("".join(element.itertext()))
