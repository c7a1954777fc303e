"""The headline of a page: its own heading, held against everything that the page calls itself.

A page names its article in its first heading, in ``og:title``, in JSON-LD and in ``<title>``. None of them is
right by itself: a heading may be a logo, a section or another article's, and what stands in the head may have
the site's name at its end, words for search engines, or be cut. The headline is what most of them agree on.
"""

# ruff: noqa: RUF001  punctuation of other scripts is meant

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from newsbot.identity import texts
from newsbot.reading.clean import clean_line, plain_line
from newsbot.reading.furniture import looks_like_date
from newsbot.reading.linked_data import LinkedData, listed
from newsbot.reading.walls import weight

__all__ = ["find_title"]

_DECLARED = ("twitter:title", "parsely-title", "sailthru.title", "dc.title", "title")
_BETWEEN = re.compile(r"(\s+[|\-–—·•»«›:/~]+\s+|\s*[|｜»›]+\s*|[:：]\s+)")
_STRONG = re.compile(r"[|｜»›]")
_COLON = re.compile(r"\s*[:：]\s*")
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
_AROUND = "ancestor::nav or ancestor::aside or ancestor::footer or ancestor::dialog"
_NAVIGATION = (
    "//nav//a | //header//a | //*[contains(@class, 'breadcrumb') or contains(@class, 'menu')]//a"
    " | //a[contains(@rel, 'category') or contains(@rel, 'author')]"
)
_MARK = re.compile(r"\s*(?:¶|#|\[edit\])$")
_CUT = re.compile(r"\s*(?:…|\.\.\.|\[…\])$")
_GLUED = re.compile(r"[^\W\d_]$")
_CAPITALIZED = re.compile(r"[A-ZÀ-ÞА-Я]")
_SAME, _NEAR, _HALF, _ALIKE = 0.99, 0.8, 0.5, 0.2  # shares of words that two titles have in common
_WORDS = 3  # of a heading: fewer may be a section's name
_LABEL_WORDS = 4  # a label has no more
_RUNS = 8  # pieces of a heading that are tried
_HOST = 4  # characters of a site's name that has to be looked for in its address
_COUNTRY = 2  # characters behind a site's name in its address: ``theparadigmng``
_LONGEST_NAME = 60  # characters of a site's name: a longer one is a headline
_SLUG = 1.0  # how much the words of the address count, against 1 of og:title


class _Names(NamedTuple):
    """What stands around a headline: names of the site, labels such as its sections; both squashed."""

    site: frozenset[str]
    labels: frozenset[str]
    host: str


class _Heading(NamedTuple):
    """A heading of the page, by its pieces. ``first``: it is an ``h1``; ``placed``: in no menu or box."""

    runs: tuple[tuple[str, bool], ...]  # text, and whether it is called a label
    first: bool
    placed: bool

    @property
    def text(self) -> str:
        return _joined(self.runs)


def find_title(tree: Any, meta: dict[str, str], linked: LinkedData, url: str | None) -> str | None:
    """Return the headline without the site's name; None where the page has none."""
    names = _names(tree, meta, linked, url)
    claims = _claims(tree, meta, linked.article, names)
    slug = _slug(url)
    headings = [each for each in _headings(tree, url) if not _is_site(each.text, names)]
    rated = [(_support(each, claims, slug), -place, each) for place, each in enumerate(headings)]
    best = max(rated, default=None)
    if best is not None and (title := _from_heading(best[2], claims, names)):
        return title
    return _whole(claims[0], claims) if claims else None


# ---------------------------------------------------------------- what the page calls itself


def _claims(tree: Any, meta: dict[str, str], article: dict[str, Any], names: _Names) -> list[str]:
    """Titles that the head declares, the surest first, without the site's name."""
    declared = [meta.get("og:title"), article.get("headline"), *(meta.get(name) for name in _DECLARED)]
    lines = [plain_line(each) for each in declared if isinstance(each, str)]
    document = next(iter(tree.xpath("//title[not(ancestor::svg)]")), None)
    if document is not None:
        lines.append(_line("".join(document.itertext())))
    found = [_strip(line, names) for line in lines if line]
    return [line for line in dict.fromkeys(found) if not _is_site(line, names)]


def _strip(title: str, names: _Names, *, labels: bool = True) -> str:
    """Take the site's name off either end, and labels that stand beside it; a headline's own parts stay."""
    pieces = _BETWEEN.split(title)
    parts, between = pieces[::2], pieces[1::2]
    site = next((index for index, part in enumerate(parts) if index and _is_site(part, names)), len(parts))
    if site < len(parts) and _COLON.fullmatch(between[site - 1]):
        site = len(parts)
    end = site
    while labels and end > 1 and _is_label(parts[end - 1], names) and not _COLON.fullmatch(between[end - 2]):
        end -= 1
    label = labels and end > 1 and bool(_STRONG.search(between[0])) and _is_label(parts[0], names)
    begin = int(end > 1 and (label or _is_site(parts[0], names)))
    kept = "".join(pieces[2 * begin : 2 * end - 1]).strip()
    return kept if len(_words(kept)) > 1 or weight(kept) >= weight(title) / 2 else title


def _names(tree: Any, meta: dict[str, str], linked: LinkedData, url: str | None) -> _Names:
    host = (urlsplit(url or "").hostname or "").removeprefix("www.").removeprefix("m.")
    label = max(host.split("."), key=len) if host else ""
    declared = [
        meta.get(name, "") for name in ("og:site_name", "application-name", "apple-mobile-web-app-title")
    ]
    home = tree.xpath("//a[@rel='home' or @href='/']")
    site = [*declared, *linked.names, meta.get("twitter:site", ""), host, label, *map(_text, home)]
    site += [part for name in site[:4] for part in re.split(r"\s+[|\-–—:]\s+", name)]
    sections = [meta.get("article:section", ""), *listed(linked.article.get("articleSection"))]
    authors = [meta.get("author", ""), *(_name(each) for each in listed(linked.article.get("author")))]
    path = urlsplit(url or "").path.split("/")[1:-1]
    links = [text for link in tree.xpath(_NAVIGATION) if len((text := _text(link)).split()) <= _LABEL_WORDS]
    found = [*sections, *authors, *path, *links]
    return _Names(
        frozenset(filter(None, (_squash(name) for name in site if weight(name) <= _LONGEST_NAME))),
        frozenset(filter(None, (_squash(each) for each in found if isinstance(each, str)))),
        _squash(label),
    )


def _name(author: Any) -> Any:
    return author.get("name") if isinstance(author, dict) else author


def _is_site(part: str, names: _Names) -> bool:
    squashed = _squash(part)
    if not squashed or squashed in names.site or f"the{squashed}" in names.site:
        return True
    return len(part.split()) <= _LABEL_WORDS + 1 and _spells(_words(part), names.host)


def _spells(words: Sequence[str], host: str) -> bool:
    """Whether an address's name is made of the beginnings of these words, as ``nytimes`` and ``wsj`` are."""
    whole = "".join(words)
    if len(host) < _HOST - 1 or not words:
        return False
    if host.startswith(whole) and len(whole) >= max(_HOST, len(host) - _COUNTRY):
        return True
    rests = {host}
    for word in words:
        ends = {
            rest[size:] for rest in rests for size in range(1, len(word) + 1) if rest.startswith(word[:size])
        }
        rests = ends | (rests if word in {"the", "of", "and", "news", "online"} else set())
    return "" in rests


def _is_label(part: str, names: _Names) -> bool:
    by = re.sub(r"^(?:by|von|por|par|di)\s+", "", part, flags=re.IGNORECASE)
    return _squash(by) in names.labels or (len(part.split()) <= _LABEL_WORDS and looks_like_date(part))


def _slug(url: str | None) -> str:
    """Return the words of a page's address, "" where there are too few to tell."""
    last = next((part for part in reversed(urlsplit(url or "").path.split("/")) if part), "")
    words = re.sub(r"\.\w{2,5}$", "", last).replace("_", "-").split("-")
    return " ".join(words) if len(words) > _WORDS else ""


# ---------------------------------------------------------------- headings


def _headings(tree: Any, url: str | None) -> Iterator[_Heading]:
    for element in tree.xpath("//h1 | //h2 | //h3 | //*[@itemprop='headline'][not(self::meta)]"):
        runs = tuple(_runs(element))
        if _joined(runs) and not _leads_elsewhere(element, url):
            yield _Heading(runs, element.tag == "h1", not element.xpath(_AROUND))


def _leads_elsewhere(element: Any, url: str | None) -> bool:
    """Whether all of a heading is a link to another page: a logo, or another article's headline."""
    links = [*element.iterancestors("a"), *element.iter("a")][:1]
    href = links[0].get("href") if links else None
    if not href or len(_text(links[0])) < _NEAR * len(_text(element)):
        return False
    try:
        target, page = urlsplit(urljoin(url or "", href)), urlsplit(url or "")
    except ValueError:
        return False
    if "home" in (links[0].get("rel") or "") or target.path in {"", "/"}:
        return not href.startswith("#")
    return bool(url) and target.path.rstrip("/") != page.path.rstrip("/")


def _runs(element: Any, *, label: bool = False) -> Iterator[tuple[str, bool]]:
    """The pieces of a heading: what its elements say each, a space where a line ends."""
    if element.text:
        yield element.text, label
    for child in element:
        if not isinstance(child.tag, str):
            pass
        elif child.tag in _BLOCKS:
            yield " ", label
            yield from _runs(child, label=label or _is_named_label(child))
            yield " ", label
        elif not _is_silent(child):
            yield from _runs(child, label=label or _is_named_label(child))
        if child.tail:
            yield child.tail, label


def _is_silent(element: Any) -> bool:
    hidden = "hidden" in element.attrib or element.get("aria-hidden") == "true"
    return element.tag in _SILENT or hidden or bool(_HIDDEN.search(element.get("class") or ""))


def _is_named_label(element: Any) -> bool:
    return element.tag == "small" or bool(_LABEL.search(element.get("class") or ""))


def _joined(runs: Iterable[tuple[str, bool]]) -> str:
    """The pieces as one line; two that would run into each other (``OPINIONMore``) are two words."""
    text = ""
    for piece, _ in runs:
        glued = (
            _GLUED.search(text) and _CAPITALIZED.match(piece) and not text[-2:-1].isspace() and len(text) > 1
        )
        text += f" {piece}" if glued else piece
    return _MARK.sub("", _line(text))


# ---------------------------------------------------------------- which of them


def _support(heading: _Heading, claims: list[str], slug: str) -> float:
    """How much of what the page calls itself speaks for a heading."""
    text = heading.text
    said = sum(_likeness(text, claim) for claim in claims) + (_SLUG * _likeness(text, slug) if slug else 0.0)
    return said + 0.3 * heading.first + 0.3 * heading.placed


def _from_heading(heading: _Heading, claims: list[str], names: _Names) -> str | None:
    """The headline as the heading has it, None where the head is to be believed instead."""
    text = _cleared(heading, claims, names)
    if not claims:
        return text if heading.first and heading.placed else None
    likeness = max(_likeness(text, claim) for claim in claims)
    if likeness < _NEAR and not _is_headline(heading, text, claims, likeness):
        return None
    same = [claim for claim in claims if _words(claim) == _words(text)]
    if same and (text.isupper() or len(heading.runs) > 1):
        text = next((claim for claim in same if not claim.isupper()), same[0])
    return _whole(text, claims)


def _is_headline(heading: _Heading, text: str, claims: list[str], likeness: float) -> bool:
    """Whether a heading that differs from what the head says is the headline all the same."""
    if any(_within(claim, text) for claim in claims):
        return heading.first
    if parts := [claim for claim in claims if not Counter(_words(text)) - Counter(_words(claim))]:
        return any(weight(text) >= _HALF * weight(claim) for claim in parts)
    return heading.first and heading.placed and len(_words(text)) >= _WORDS and likeness >= _ALIKE


def _cleared(heading: _Heading, claims: list[str], names: _Names) -> str:
    """A heading without the labels that stand in it: what the head leaves out, or what is called a label."""
    runs = list(heading.runs)
    targets = [_words(claim) for claim in claims]
    targets += [_words(part) for claim in claims for part in _STRONG.split(claim)[1:]]
    whole = heading.text
    agreed = any(_words(whole) == _words(claim) and not _STRONG.search(claim) for claim in claims)
    if not agreed and 1 < len(heading.runs) <= _RUNS:
        spans = (
            (end - begin, begin, end) for begin in range(len(runs)) for end in range(begin + 1, len(runs) + 1)
        )
        for _, begin, end in sorted(spans, reverse=True):
            text = _joined(runs[begin:end])
            rest = _joined([*runs[:begin], (" ", False), *runs[end:]])
            if _words(text) in targets and 0 < weight(rest) < weight(text):
                return text
        whole = _joined(run for run in heading.runs if not run[1]) or whole
    return _strip(whole, names, labels=False)


def _whole(title: str, claims: list[str]) -> str:
    """The title, or of one that breaks off the whole that another source has, or without an addition."""
    if _CUT.search(title):
        begin = _words(_CUT.sub("", title))
        return next((claim for claim in claims if _continues(begin, claim)), title)
    pieces = _BETWEEN.split(title)
    bare = "".join(pieces[:-2]).strip()
    added = len(pieces) > 1 and len(pieces[-1].split()) <= _LABEL_WORDS and not _COLON.fullmatch(pieces[-2])
    return bare if added and bare in claims else title


def _continues(begin: Sequence[str], claim: str) -> bool:
    """Whether a title goes on from these words, of which the last may be cut too."""
    words, last = _words(claim), len(begin) - 1
    whole = last > 0 and len(words) > last and not _CUT.search(claim)
    return whole and words[:last] == begin[:last] and words[last].startswith(begin[last])


def _likeness(one: str, other: str) -> float:
    """Share of words that two titles have in common, 0 to 1."""
    some, others = _words(one), _words(other)
    shared = (Counter(some) & Counter(others)).total()
    return 2 * shared / (len(some) + len(others)) if shared else 0.0


def _within(part: str, text: str) -> bool:
    return f" {' '.join(_words(part))} " in f" {' '.join(_words(text))} "


@lru_cache(4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(texts.split_words(text))


def _squash(text: str) -> str:
    return "".join(_words(text.lstrip("@")))


def _text(element: Any) -> str:
    return clean_line("".join(element.itertext()))


def _line(text: str) -> str:
    """One line; what was escaped twice is unescaped, but a heading may be about a tag."""
    return clean_line(text) if "<" in text else plain_line(text)
