"""The headline of an article's page.

A page names its article in its first heading, in ``og:title``, in JSON-LD and in ``<title>``. None of these
is reliable alone: a heading may be a logo, a section's name or another article's, and a declared title may
end with the site's name, have words for search engines, or be cut off. The headline is the text on which most
of them agree.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from newsbot.reading.clean import clean_line, markup_to_line
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
from newsbot.reading.walls import text_weight

__all__ = ["find_title", "is_in_address"]

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
_TAG = re.compile(r"[\[【［](?P<tag>[^\[\]【】［］]{1,30})[\]】］]\s*(?=\w.{8})")
_MARK = re.compile(r"\s*(?:¶|#|\[edit\])$")
_CUT = re.compile(r"\s*(?:…|\.\.\.|\[…\])$")
_GLUED = re.compile(r"[^\W\d_]$")
_CAPITALIZED = re.compile(r"[A-ZÀ-ÞА-Я]")
# Two titles with at least the first share of their words in common are the same title, with the second partly
# the same, and with the third similar.
_NEAR, _HALF, _ALIKE = 0.8, 0.5, 0.2
_HEADLINE_WORDS = 3  # A headline has at least this many words; a heading with fewer may be a section's name.
_LABEL_WORDS = 4  # A label at a title's end, such as the site's name, has at most this many words.
_LONG_WORD = 5  # In a headline with capitals everywhere, a word of so many letters has one too.
_SECTION_WORDS = 2  # The name of a section has at most this many words.
_TRIED = 2  # At most this many of a page's headings, the best rated first, are tried as the page's headline.
_RUNS = 8  # In a heading of at most this many pieces, every run of pieces is compared with the page's titles.
# The pattern matches what separates a headline from the site's name: a dash or bar between spaces; next to
# Chinese or Japanese also without spaces.
_BEFORE_TAIL = re.compile(
    r"\s+[-–—|·•«»_]+\s|\s*[|｜丨＿]|(?:(?<=[\u3040-\u9fff])|(?=.*[\u3040-\u9fff]))[-_]+"
)
_INVITATION = re.compile(
    r"(?:see|watch|view|listen|seht|schaut|hört|regardez|voir|écoutez|mira|mire|vea|escucha|veja|assista|ouça"
    r"|guarda|ascolta|смотрите|слушайте)(?:[ ,]+(?:live|here|now|the|this|hier|jetzt|ici|la|le|les|el|los|las"
    r"|aquí|aqui|[oa]s?|ao vivo|qui|il|i|photos?|pictures?|pics|images|videos?|vidéos?|vídeos?|fotos?|bilder"
    r"|audio|фото|видео|&|and|und|et|y|e|и))*\s?:\s+",
    re.IGNORECASE,
)
_SMALL = frozenset({"of", "de", "del", "di", "da", "von", "van"})  # These words may stand before a name.
_LINES = ("h4", "h5", "div", "p", "td", "b", "strong", "span", "font", "big", "dt")
# The number of pieces that `split_parts` makes of a title with one separator: two parts, and the separator.
_TWO_PARTS = 3
_LONGEST = 400  # A line of a page with more characters is no headline.
# The rating of a heading as the page's headline counts the words that it shares with each title that the page
# declares, with the weight 1, and with the page's address, with this weight.
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
    title = _choose_title(tree, meta, linked, url)
    return _drop_invitation(_drop_repetition(title)) if title else None


def _drop_repetition(title: str) -> str:
    """Return a headline that a page shows twice in one line, such as "Pier shut Pier shut", only once."""
    pieces = title.split()
    half = len(pieces) // 2
    twice = half >= _HEADLINE_WORDS and words_of(" ".join(pieces[:half])) == words_of(" ".join(pieces[half:]))
    return " ".join(pieces[:half]) if twice else title


def _drop_invitation(title: str) -> str:
    """Return a headline without the words before it that invite to look at the page: "Watch the video: "."""
    invitation = _INVITATION.match(title)
    rest = title[invitation.end() :] if invitation else ""
    return rest[0].upper() + rest[1:] if len(words_of(rest)) >= _HEADLINE_WORDS else title


def _choose_title(tree: Any, meta: dict[str, str], linked: LinkedData, url: str | None) -> str | None:
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
            return _write_names_out(_drop_tag(title, claims, names), claims)
    title = next(
        (_remove_addition(_complete_title(claim, claims), claims) for claim in (*telling, *claims)), None
    )
    return _drop_tag(_drop_sections(_find_shown_part(tree, title), slug), claims, names) if title else None


def _write_names_out(title: str, claims: Sequence[str]) -> str:
    """Return the declared title that is the same with full names ("Anna Reid" for "Reid"), else the title.

    A title of which every longer word has a capital does not show which words are names, so it stays.
    """
    if not any(word.islower() and len(word) >= _LONG_WORD for word in title.split()):
        return title
    return next((claim for claim in claims if _has_fuller_names(claim, title)), title)


def _has_fuller_names(claim: str, title: str) -> bool:
    """Return whether a declared title differs from the headline only by words that are added before names.

    The added words have capitals, like the names, but are not in capitals, as "BREAKING" is.
    """
    left, added = title.split(), False
    for word in claim.split():
        if left and words_of(word) == words_of(left[0]):
            if added and not left[0][:1].isupper():
                return False
            del left[0]
            added = False
        elif (word.isalpha() and word.istitle()) or (word in _SMALL and left):
            added = True
        else:
            return False
    return not left and not added and words_of(claim) != words_of(title)


def _drop_tag(title: str, claims: Sequence[str], names: SiteNames) -> str:
    """Return a title without a label in brackets at its start ("[Harbour] Ferry sails again").

    The label is removed if it is the name of the site or of one of its sections, or if another declared title
    lacks it. Any other label stays, because it may say what readers must know ("[Advertisement]").
    """
    found = _TAG.match(title)
    if not found:
        return title
    rest = title[found.end() :]
    known = names.is_site(found["tag"]) or names.is_section(found["tag"])
    return rest if known or any(words_of(rest) == words_of(claim) for claim in claims) else title


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
    # A title with only the names of a section and of the site is left out, because it is the same on all
    # pages of the section.
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

    HTML's entities and tags are resolved, except in a title that mentions an HTML tag.
    """
    return clean_line(text) if "<" in text else markup_to_line(text)
