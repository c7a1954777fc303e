"""The headline and the standfirst of an article's page.

A page names its article in its first heading, in ``og:title``, in JSON-LD and in ``<title>``. None of these
is reliable alone: a heading may be a logo, a section's name or another article's, and a declared title may
end with the site's name, have words for search engines, or be cut off. The headline is the text on which most
of them agree.

A page shows or declares several lines that may be its standfirst. A line that a CMS filled in is the
article's beginning, cut off. A line about the site is the same on all of its pages. A line that an editor
wrote is whole, belongs to this article, and does not repeat its text.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple
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
from newsbot.reading.site_names import (
    COLON,
    STRONG,
    SiteNames,
    contains_words,
    is_link_elsewhere,
    is_machine_name,
    is_path,
    read_names,
    split_parts,
    words_of,
)
from newsbot.reading.walls import distinctive_words, text_weight

__all__ = ["SiteLineRegistry", "choose_standfirst", "find_standfirsts", "find_title", "is_in_address"]

# ---------------------------------------------------------------- the headline

_DECLARED_TITLES = ("twitter:title", "parsely-title", "sailthru.title", "dc.title", "title")
_SILENT = frozenset(
    {"button", "iframe", "img", "input", "noscript", "script", "select", "style", "svg", "template", "time"}
)
_BLOCKS = frozenset({"br", "div", "p", "section", "header", "ul", "li"})
_HIDDEN = re.compile(
    r"\b(?:sr-only|visually-?hidden|screen-reader\w*|mw-editsection|header-?link)\b", re.IGNORECASE
)
_LABEL = re.compile(
    r"(?:^|[-_\s])(?:kicker|eyebrow|label|category|cat|tags?|badge|flag|section|overline|supertitle|prefix|topic|byline|"
    r"author|date|time|read\w*-?time|meta|sub-?title|sub-?head\w*|deck|dek|standfirst|counts?|shar\w+|live|premium|plus|"
    r"paid|abo|icon)(?:$|[-_\s\d])",
    re.IGNORECASE,
)
_NO_HEADLINE_IN = "ancestor::nav or ancestor::aside or ancestor::footer or ancestor::dialog"
_BRACKETS = re.compile(r"\s*[(（\[【].*[)）\]】]$")
_MARK = re.compile(r"\s*(?:¶|#|\[edit\])$")
_CUT = re.compile(r"\s*(?:…|\.\.\.|\[…\])$")
_GLUED = re.compile(r"[^\W\d_]$")
_CAPITALIZED = re.compile(r"[A-ZÀ-ÞА-Я]")
# Two titles with at least the first share of their words in common are the same title, with the second partly
# the same, and with the third similar.
_NEAR, _HALF, _ALIKE = 0.8, 0.5, 0.2
_HEADLINE_WORDS = 3  # A headline has at least this many words; a heading with fewer may be a section's name.
_LABEL_WORDS = 4  # A label at a title's end, such as the site's name, has at most this many words.
_SECTION_WORDS = 2  # The name of a section has at most this many words.
_TRIED = 2  # At most this many of a page's headings, the best rated first, are tried as the page's headline.
_RUNS = 8  # In a heading of at most this many pieces, every run of pieces is compared with the page's titles.
# The pattern matches what separates a headline from the site's name: a dash or bar between spaces; next to
# Chinese or Japanese also without spaces.
_BEFORE_TAIL = re.compile(
    r"\s+[-–—|·•«»_]+\s|\s*[|｜丨＿]|(?:(?<=[\u3040-\u9fff])|(?=.*[\u3040-\u9fff]))[-_]+"
)
_LINES = ("h4", "h5", "div", "p", "td", "b", "strong", "span", "font", "big", "dt")
_TWO_PARTS = 3  # The function `split_parts` returns two parts of a title and their separator.
_LONGEST = 400  # A line of a page with more characters is no headline.
# In a heading's rating, the words in the page's address have this weight; each title that the page declares
# has the weight 1.
_SLUG = 1.0


class _Heading(NamedTuple):
    """A heading of a page, as pieces of text that each come from one of its elements.

    ``first`` says that the heading is an ``h1``, ``placed`` that the heading is not in a menu, a footer or a
    box.
    """

    # The heading's pieces, each as its text and whether the class name of its element calls it a label.
    runs: tuple[tuple[str, bool], ...]
    first: bool
    placed: bool

    @property
    def text(self) -> str:
        return _join_runs(self.runs)


def find_title(tree: Any, meta: dict[str, str], linked: LinkedData, url: str | None) -> str | None:
    """Return a page's headline without the site's name and labels; None if the page has no headline."""
    names = read_names(tree, meta, linked, url)
    headings = [
        each for each in _find_headings(tree, url) if not (names.is_site(each.text) or is_path(each.text))
    ]
    claims = _declared_titles(tree, meta, linked.article, names, [each.text for each in headings])
    slug = _address_words(url)
    telling = [
        claim
        for claim in claims
        if not names.is_label(claim)
        or any(
            contains_words(claim, each.text) and words_of(claim) != words_of(each.text) for each in headings
        )
    ]
    rated = sorted(headings, key=lambda each: _heading_support(each, telling, slug), reverse=True)
    for heading in rated[:_TRIED]:
        if title := _title_from_heading(heading, telling, names, slug):
            return title
    title = next(
        (_remove_addition(_complete_title(claim, claims), claims) for claim in (*telling, *claims)), None
    )
    return _drop_sections(_find_shown_part(tree, title), slug) if title else None


def _find_shown_part(tree: Any, title: str) -> str:
    """Return the beginning of a title that a line of the page shows alone; the title if no line shows it.

    A separator stands between the line's text and the rest of the title, the site's name.
    """
    if not (ends := [found.start() for found in _BEFORE_TAIL.finditer(title)]):
        return title
    parts = {title[:end] for end in ends if text_weight(title[:end]) > text_weight(title[end:])}
    parts = {part for part in parts if len(words_of(part)) >= _HEADLINE_WORDS}
    lines = (clean_line(each.text) for each in tree.iter(*_LINES) if each.text and len(each.text) < _LONGEST)
    return max(parts.intersection(lines), key=len, default=title)


# ---------------------------------------------------------------- titles that the page's head declares


def _declared_titles(
    tree: Any, meta: dict[str, str], article: dict[str, Any], names: SiteNames, headings: Sequence[str]
) -> list[str]:
    """Return the titles that a page declares, the most reliable first, without the site's name."""
    declared = [meta.get("og:title"), article.get("headline"), *(meta.get(name) for name in _DECLARED_TITLES)]
    lines = [markup_to_line(each) for each in declared if isinstance(each, str)]
    document = next(iter(tree.xpath("//title[not(ancestor::svg)]")), None)
    if document is not None:
        lines.append(_clean_title_line("".join(document.itertext())))
    names = names.add_common_ends(lines)
    found = [names.strip(line, headings) for line in lines if line]
    foreign = [line for line in found if names.is_holder(line) and line not in headings]
    # A title of a section's and the site's name only is the same on all pages of the section.
    foreign += [
        bare
        for bare, line in zip(found, filter(None, lines), strict=True)
        if names.is_section(bare) and len(split_parts(line)) == _TWO_PARTS and bare not in headings
    ]
    return [
        line
        for line in dict.fromkeys(found)
        if not (line in foreign or names.is_site(line) or is_machine_name(line))
    ]


def _address_words(url: str | None) -> str:
    """Return the words in the last segment of a page's URL path, without a file name's extension."""
    last = next((part for part in reversed(urlsplit(url or "").path.split("/")) if part), "")
    return re.sub(r"[-_+]+", " ", re.sub(r"\.\w{2,5}$", "", last))


def is_in_address(title: str, url: str | None) -> bool:
    """Return whether the address of a page ends with the words of the page's headline."""
    slug = _address_words(url)
    return len(slug.split()) >= _HEADLINE_WORDS and _word_overlap(title, slug) >= _HALF


# ---------------------------------------------------------------- headings of the page


def _find_headings(tree: Any, url: str | None) -> Iterator[_Heading]:
    for element in tree.xpath("//h1 | //h2 | //h3 | //*[@itemprop='headline'][not(self::meta)]"):
        runs = tuple(_text_runs(element))
        if _join_runs(runs) and not is_link_elsewhere(element, url):
            yield _Heading(runs, element.tag == "h1", not element.xpath(_NO_HEADLINE_IN))


def _text_runs(element: Any, *, label: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a heading's text, each with True if the piece is a label, else with False.

    A line break or a block element becomes a space.
    """
    if element.text:
        yield element.text, label
    for child in element:
        if not isinstance(child.tag, str):
            pass
        elif child.tag in _BLOCKS:
            yield " ", label
            yield from _text_runs(child, label=label or _is_named_label(child))
            yield " ", label
        elif not _is_silent(child):
            yield from _text_runs(child, label=label or _is_named_label(child))
        if child.tail:
            yield child.tail, label


def _is_silent(element: Any) -> bool:
    hidden = "hidden" in element.attrib or element.get("aria-hidden") == "true"
    return element.tag in _SILENT or hidden or bool(_HIDDEN.search(element.get("class") or ""))


def _is_named_label(element: Any) -> bool:
    return element.tag == "small" or bool(_LABEL.search(element.get("class") or ""))


def _join_runs(runs: Iterable[tuple[str, bool]]) -> str:
    """Join the pieces of a heading into one line.

    A space is put between pieces whose words would run together (``OPINIONMore``).
    """
    text = ""
    for piece, _ in runs:
        glued = (
            _GLUED.search(text) and _CAPITALIZED.match(piece) and not text[-2:-1].isspace() and len(text) > 1
        )
        text += f" {piece}" if glued else piece
    return _MARK.sub("", _clean_title_line(text))


# ---------------------------------------------------------------- the choice of the headline


def _heading_support(heading: _Heading, claims: list[str], slug: str) -> float:
    """Return a rating of a heading as the page's headline, by how many of its words are in the declared
    titles and the page's address.
    """
    text = heading.text
    said = sum(_word_overlap(text, claim) for claim in claims)
    said += _SLUG * _word_overlap(text, slug) if len(slug.split()) >= _HEADLINE_WORDS else 0.0
    return said + 0.3 * heading.first + 0.3 * heading.placed


def _title_from_heading(heading: _Heading, claims: list[str], names: SiteNames, slug: str) -> str | None:
    """Return a heading without labels as the headline; None if the declared titles are more reliable."""
    text = _remove_labels(heading, claims, names)
    if not claims:
        return text if heading.placed and (heading.first or _word_overlap(text, slug) >= _NEAR) else None
    likeness = max(_word_overlap(text, claim) for claim in claims)
    parts = [part for claim in claims for part in _main_title_parts(claim, text, slug)]
    if likeness < _NEAR and not parts and not _is_headline(heading, text, claims, likeness):
        return None
    same = [*(claim for claim in claims if words_of(claim) == words_of(text)), *parts]
    if same and (text.isupper() or len(heading.runs) > 1):
        text = next((claim for claim in same if not claim.isupper()), same[0])
    return _complete_title(text, claims) if same else _remove_addition(_complete_title(text, claims), claims)


def _main_title_parts(claim: str, heading: str, slug: str) -> Iterator[str]:
    """Yield the piece of a declared title that has the heading's words, if this piece is the title's main
    piece.

    Dashes and bars separate the pieces. A piece is the main piece if more of its words than of all other
    pieces' words are in the page's address (``slug``) or, if equally many are, if the piece is long enough.
    """
    pieces, known = split_parts(claim), set(words_of(slug))
    for begin in range(0, len(pieces), 2):
        for end in range(begin + 1, len(pieces) + 1, 2):
            part, rest = "".join(pieces[begin:end]), " ".join([*pieces[:begin], *pieces[end:]])
            around = (*pieces[begin - 1 : begin], *pieces[end : end + 1])
            if not around or words_of(part) != words_of(heading) or any(map(COLON.fullmatch, around)):
                continue
            mine, others = (len(known.intersection(words_of(each))) for each in (part, rest))
            long_enough = text_weight(part) >= text_weight(rest) * (1 if begin else _HALF)
            if mine > others or (mine == others and long_enough):
                yield part


def _is_headline(heading: _Heading, text: str, claims: list[str], likeness: float) -> bool:
    """Return whether a heading is the page's headline although it differs from all declared titles."""
    if any(contains_words(claim, text) for claim in claims):
        return heading.first
    if parts := [claim for claim in claims if not Counter(words_of(text)) - Counter(words_of(claim))]:
        return any(text_weight(text) >= _HALF * text_weight(claim) for claim in parts)
    return heading.first and heading.placed and len(words_of(text)) >= _HEADLINE_WORDS and likeness >= _ALIKE


def _remove_labels(heading: _Heading, claims: list[str], names: SiteNames) -> str:
    """Return a heading's text without its labels.

    A label is a piece that the declared titles leave out, or whose element's class name calls it a label.
    """
    runs = [run for run in heading.runs if run[0].strip() or run[0] == " "]
    targets = [words_of(claim) for claim in claims]
    targets += [words_of(part) for claim in claims for part in STRONG.split(claim)[1:]]
    targets += [words_of(bare) for claim in claims if (bare := _BRACKETS.sub("", claim))]
    whole = heading.text
    agreed = any(words_of(whole) == words_of(claim) and not STRONG.search(claim) for claim in claims)
    if not agreed and 1 < len(runs) <= _RUNS:
        spans = (
            (end - begin, begin, end) for begin in range(len(runs)) for end in range(begin + 1, len(runs) + 1)
        )
        for _, begin, end in sorted(spans, reverse=True):
            text = _join_runs(runs[begin:end])
            rest = _join_runs([*runs[:begin], (" ", False), *runs[end:]])
            if words_of(text) in targets and 0 < text_weight(rest) < text_weight(text):
                return text
        whole = _join_runs(run for run in runs if not (run[1] or names.is_author(run[0]))) or whole
    return names.strip(whole, [whole])


def _complete_title(title: str, claims: list[str]) -> str:
    """Return a cut-off title as the declared title that continues it; return any other title unchanged."""
    if not _CUT.search(title) or any(claim.startswith(title) and claim != title for claim in claims):
        return title
    begin = words_of(_CUT.sub("", title))
    return next((claim for claim in claims if _is_continuation(begin, claim)), title)


def _remove_addition(title: str, claims: list[str]) -> str:
    """Return a title without its last piece (after a dash or bar) if a declared title is the same without
    this piece, else the title unchanged.
    """
    pieces = split_parts(title)
    bare = "".join(pieces[:-2]).strip()
    added = len(pieces) > 1 and len(pieces[-1].split()) <= _LABEL_WORDS and not COLON.fullmatch(pieces[-2])
    return bare if added and bare in claims else title


def _drop_sections(title: str, slug: str) -> str:
    """Return a title without the names of sections at its ends, of which the page's address has no word.

    Dashes and bars separate the names from the headline. The title stays unchanged if the page's address has
    fewer than three of its words, because then it may have been made of other words.
    """
    pieces, known = split_parts(title), set(words_of(slug))
    if len(known.intersection(words_of(title))) < _HEADLINE_WORDS:
        return title
    while len(pieces) > 1 and _is_section(pieces[-1], pieces[-2], known):
        del pieces[-2:]
    while len(pieces) > 1 and _is_section(pieces[0], pieces[1], known):
        del pieces[:2]
    return "".join(pieces).strip()


def _is_section(piece: str, separator: str, known: set[str]) -> bool:
    words = words_of(piece)
    return len(words) <= _SECTION_WORDS and known.isdisjoint(words) and not COLON.fullmatch(separator)


def _is_continuation(begin: Sequence[str], claim: str) -> bool:
    """Return whether the title ``claim`` begins with the words ``begin``; the last word may be cut off."""
    words, last = words_of(claim), len(begin) - 1
    whole = last > 0 and len(words) > last and not _CUT.search(claim)
    return whole and words[:last] == begin[:last] and words[last].startswith(begin[last])


def _word_overlap(one: str, other: str) -> float:
    """Return the share of words that two titles have in common, from 0 to 1."""
    some, others = words_of(one), words_of(other)
    shared = (Counter(some) & Counter(others)).total()
    return 2 * shared / (len(some) + len(others)) if shared else 0.0


def _clean_title_line(text: str) -> str:
    """Return a title as one clean line of text.

    Entities and tags are resolved, except in a title that mentions an HTML tag.
    """
    return clean_line(text) if "<" in text else markup_to_line(text)


# ---------------------------------------------------------------- the editor's line below the headline

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
    sites = {name.casefold() for name in (*linked.names, meta.get("og:site_name")) if name}
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
    """Return a description without the site's name at its end, after a dash or bar."""
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


# ---------------------------------------------------------------- lines under the headline


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
