"""The names that stand around a headline: the site's, its sections', its writers'; and titles without them.

A site says its name in ``og:site_name``, JSON-LD, its address, its logo, the titles of its feeds and its
copyright line. What is its name for certain is taken off either end of a title. What only looks like it (a
logo, the copyright's holder, a name with the address in it) is taken off too, unless a heading of the page
has it beside the rest.
"""

# ruff: noqa: RUF001  punctuation of other scripts is meant

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from newsbot.identity import texts
from newsbot.reading.boilerplate import is_date_like
from newsbot.reading.clean import clean_line
from newsbot.reading.linked_data import LinkedData, as_list
from newsbot.reading.walls import text_weight

__all__ = [
    "COLON",
    "SEPARATOR",
    "SiteNames",
    "contains_words",
    "is_link_elsewhere",
    "is_machine_name",
    "read_names",
    "words_of",
]

SEPARATOR = re.compile(
    r"(\s+[|\-–—·•»«›‹:/~]+\s+|\s*[|｜»›]+\s*|:\s+|\s*：\s*|(?<=[\u3040-\u9fff])[-_]+(?=[\u3040-\u9fff]))"
)
COLON = re.compile(r"\s*[:：]\s*")
_STRONG = re.compile(r"[|｜»›]")
_NAVIGATION = (
    "//nav//a | //header//a | //*[contains(@class, 'breadcrumb') or contains(@class, 'menu')]//a"
    " | //a[contains(@rel, 'category') or contains(@rel, 'author')]"
)
_FEEDS = "//link[@title][contains(@type, 'rss+xml') or contains(@type, 'atom+xml')]/@title"
_FEED = re.compile(r"\s+»\s+.*|\s+[-–]?\s*(?:RSS|Atom|Feed)\b.*", re.IGNORECASE)
_NOTICES = (
    "//*[text()[contains(., '©') or contains(., 'opyright')]]"
    "[not(self::script or self::style or ancestor::figure)]"
)
_SLASHES = 3  # of a home page's address; most links have more, and are told by that
_QUERY = re.compile(r"[?#]")
_NOTICE = re.compile(r"(?:©|\(c\)|copyright)[\s\d/,–-]*(?:by )?", re.IGNORECASE)
_ADDRESS = re.compile(r"www\.\S+", re.IGNORECASE)
_MACHINE = re.compile(
    r"[a-z0-9]+(?:[-_][a-z0-9]+){2,}(?:\.[a-z]+)?|(?i:[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})"
)
_DOMAIN = re.compile(r"^www\.|\.[a-z]{2,4}$", re.IGNORECASE)
_BY = re.compile(r"^(?i:by|von|por|par|di)\s+")
_PERSON = re.compile(r"(?:[^\W\d_a-z][\w.'’-]*(?:,? (?:and|und|y|et|e)\b)?(?: |$)){2,4}")
_IN_BRACKETS = re.compile(r"\s*[(（\[【]([^()（）\[\]【】]+)[)）\]】]$")
_NEAR = 0.8  # share of a heading's characters: then all of it is the link
_WORDS = 3  # that a headline has at least
_LABEL_WORDS = 4  # a label has no more
_NAME_WORDS = 6  # nor a site's name
_MONTH = 3  # characters of its name: shorter words of a date are "de" and "am"
_HOST = 4  # characters of a site's name that has to be looked for in its address
_COUNTRY = 2  # characters behind a site's name in its address: ``theparadigmng``
_LONGEST_NAME = 60  # characters of a site's name: a longer one is a headline
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_FILLERS = frozenset({"the", "of", "and", "news", "online"})


class SiteNames(NamedTuple):
    """All squashed to letters and digits, but the words of the address, of declared names and of notices."""

    site: frozenset[str]
    signs: frozenset[str]  # a logo, a heading that links up, the first feed's title
    labels: frozenset[str]
    authors: frozenset[str]
    hosts: tuple[tuple[str, ...], ...]
    declared: tuple[tuple[str, ...], ...]
    notices: tuple[tuple[str, ...], ...]

    def is_site(self, text: str) -> bool:
        """Whether this is the site's name or an address."""
        squashed, bare = _squash_text(text), _squash_text(_DOMAIN.sub("", text))
        if not squashed or _ADDRESS.fullmatch(text) or {squashed, bare, f"the{squashed}"} & self.site:
            return True
        short = len(text.split()) <= _LABEL_WORDS + 1
        return short and any(_is_spelled_by(words_of(_to_latin(text)), "".join(host)) for host in self.hosts)

    def is_similar_to_site(self, text: str) -> bool:
        """Whether this may be its name: a logo, the copyright's holder, a name with the address in it."""
        if _squash_text(text) in self.signs or self.is_holder(text):
            return True
        words = words_of(text)
        if len(words) > _NAME_WORDS:
            return False
        begins = any(name[: len(words)] == words for name in self.declared)
        return begins or any(
            _is_host_name_of(_to_latin(text).split(), name) for name in (*self.hosts, *self.declared)
        )

    def is_holder(self, text: str) -> bool:
        """Whether a copyright notice begins with this."""
        words = words_of(text)
        return any(notice[: len(words)] == words for notice in self.notices)

    def is_label(self, text: str) -> bool:
        """Whether this is a section's or writer's name or a date."""
        return _squash_text(text) in self.labels or self.is_author(text) or _is_date(text)

    def is_author(self, text: str) -> bool:
        """Whether this is a writer's name."""
        name = _BY.sub("", text.strip())
        return _squash_text(name) in self.authors or (name != text.strip() and bool(_PERSON.fullmatch(name)))

    def strip(self, title: str, headings: Iterable[str]) -> str:
        """Take the site's name and labels off either end; what ``headings`` have beside the rest stays."""
        pieces = SEPARATOR.split(title)
        count = len(pieces) // 2 + 1

        def run(begin: int, end: int) -> str:
            return "".join(pieces[2 * begin : 2 * end - 1]).strip()

        def ends(index: int) -> bool:
            return not COLON.fullmatch(pieces[2 * index - 1])

        if (match := _IN_BRACKETS.search(title)) and self.is_site(match[1]):
            return self.strip(title[: match.start()], headings)
        end = next(
            (i for i in range(1, count) if self._has_site_name_at(run, i, count, colon=not ends(i))), count
        )
        begin = max((i for i in range(1, end) if self.is_site(run(0, i))), default=0)
        while end - 1 > begin and ends(end - 1) and not _is_in_headings(run(end - 2, end), headings):
            part, rest = run(end - 1, end), run(begin, end - 1)
            label = _is_date(part) or (self.is_label(part) and not self.is_label(rest))
            if not (label or self.is_similar_to_site(part)):
                break
            end -= 1
        if not begin and end > 1 and ends(1) and not _is_in_headings(run(0, 2), headings):
            whole = len(words_of(run(1, end))) >= _WORDS
            label = bool(_STRONG.search(pieces[1])) and self.is_label(run(0, 1))
            begin = int(label or (whole and self.is_similar_to_site(run(0, 1))))
        return run(begin, end) or title

    def _has_site_name_at(self, run: Any, begin: int, count: int, *, colon: bool) -> bool:
        """Whether the site's name begins at a part of a title; behind a colon it has to be all the rest."""
        if colon:
            return _squash_text(run(begin, count)) in self.site
        return any(self.is_site(run(begin, end)) for end in range(begin + 1, count + 1))

    def add_common_ends(self, titles: Iterable[str]) -> "SiteNames":
        """Add what titles of different words end with."""
        lines = {words_of(title): title for title in titles}.values()
        ends = Counter(SEPARATOR.split(line)[-1] for line in lines if SEPARATOR.search(line))
        return self._replace(
            signs=self.signs | _squash_names(end for end, times in ends.items() if times > 1)
        )


def read_names(tree: Any, meta: dict[str, str], linked: LinkedData, url: str | None) -> SiteNames:
    """Read what the page at ``url`` says of its site, sections and writers."""
    address = urlsplit(url or "")
    host = (address.hostname or "").removeprefix("www.").removeprefix("m.")
    hosts = [part for part in host.split(".")[:-1] or [host] if len(part) >= _HOST - 1]
    declared = [_site_name(meta, tree), meta.get("application-name", ""), *linked.names]
    declared.append(meta.get("apple-mobile-web-app-title", ""))
    home = [link for link in tree.xpath("//a[@href]") if _is_home_link(link, url)]
    site = [*declared, meta.get("twitter:site", ""), host, *hosts, *map(_element_text, home)]
    site += [part for name in declared for part in re.split(r"\s+[|\-–—:]\s+", name)]
    signs = [
        _element_text(heading) for heading in tree.iter("h1") if is_link_elsewhere(heading, url, above=True)
    ]
    signs += [_FEED.sub("", feed) for feed in tree.xpath(_FEEDS)[:1]]
    signs += [alt for link in home for alt in link.xpath(".//img/@alt")][:1]
    sections = [meta.get("article:section", ""), *as_list(linked.article.get("articleSection"))]
    authors = [
        meta.get("author", ""),
        *(_author_name(each) for each in as_list(linked.article.get("author"))),
    ]
    path = [part for part in address.path.split("/") if part][:-1]
    path = [part for part in path if len(words_of(part)) <= _LABEL_WORDS]
    links = [
        text
        for link in tree.xpath(_NAVIGATION)
        if len((text := _element_text(link)).split()) <= _LABEL_WORDS and not _is_link_to_page(link, url)
    ]
    notices = [meta.get("copyright", ""), *map(_element_text, tree.xpath(_NOTICES))]
    return SiteNames(
        _squash_names(name for name in site if text_weight(name) <= _LONGEST_NAME),
        _squash_names(signs),
        _squash_names([*sections, *path, *links]),
        _squash_names(authors),
        tuple(tuple(part.split("-")) for part in hosts),
        tuple(words_of(_to_latin(name)) for name in declared if name),
        tuple(words_of(_NOTICE.split(line)[-1][:_LONGEST_NAME]) for line in notices if line),
    )


def _site_name(meta: dict[str, str], tree: Any) -> str:
    """``og:site_name``, unless a site has its page's title there: then no title ends with it."""
    name = meta.get("og:site_name", "")
    document = "".join(tree.xpath("//title[not(ancestor::svg)]//text()")).strip()
    site = document.endswith(name) and document != name
    return "" if name == meta.get("og:title") and len(words_of(name)) > _WORDS and not site else name


def is_link_elsewhere(element: Any, url: str | None, *, above: bool = False) -> bool:
    """Whether all of a heading is a link to another page: a logo, or another article's headline.

    ``above``: whether it leads to a page that this one's address is below, as a logo does.
    """
    links = [*element.iterancestors("a"), *element.iter("a")][:1]
    href = links[0].get("href") if links else None
    if not href or len(_element_text(links[0])) < _NEAR * len(_element_text(element)):
        return False
    if _is_home_link(links[0], url):
        return True
    return bool(url) and not _is_link_to_page(links[0], url) and (not above or _is_link_above(links[0], url))


def _is_home_link(link: Any, url: str | None) -> bool:
    href = link.get("href") or "#"
    if href.startswith("#") or (href.count("/") > _SLASHES and not href.startswith(".")):
        return False
    return link.get("rel") == "home" or _same_site_path(href, url) == ""


def _is_link_to_page(link: Any, url: str | None) -> bool:
    return bool(url) and _same_site_path(link.get("href") or "", url) == _same_site_path("", url)


def _is_link_above(link: Any, url: str | None) -> bool:
    return f"{_same_site_path('', url)}/".startswith(f"{_same_site_path(link.get('href') or '', url)}/")


@lru_cache(4096)
def _same_site_path(href: str, url: str | None) -> str | None:
    """Return the path of a link of the page at ``url``, None where it leads to another site."""
    if href.startswith("/") and not href.startswith("//"):
        return _QUERY.split(href, maxsplit=1)[0].rstrip("/")  # in a tenth of `urljoin`'s time
    try:
        target, page = urlsplit(urljoin(url or "", href)), urlsplit(url or "")
    except ValueError:
        return None
    return target.path.rstrip("/") if target.netloc == page.netloc else None


def is_machine_name(text: str) -> bool:
    """Whether this is a file's or host's name instead of words."""
    return bool(_MACHINE.fullmatch(text))


def _author_name(author: Any) -> Any:
    return author.get("name") if isinstance(author, dict) else author


def _is_spelled_by(words: Sequence[str], host: str) -> bool:
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
        rests = ends | (rests if word in _FILLERS else set())
    return "" in rests


def _is_host_name_of(name: Sequence[str], host: tuple[str, ...]) -> bool:
    """Whether words of a name spell an address or begin as its words do, and the others are capitalized."""
    if len("".join(host)) < _HOST or any(
        word.isalpha() and word[0].islower() and len(word) >= _HOST and not word.startswith(host)
        for word in name
    ):
        return False
    words = words_of(" ".join(name))
    runs = {"".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    return "".join(host) in runs or all(any(word.startswith(part) for word in words) for part in host)


def _to_latin(text: str) -> str:
    """Write letters as addresses do: ü as ue, é as e."""
    marked = unicodedata.normalize("NFKD", text.translate(_GERMAN))
    return "".join(char for char in marked if not unicodedata.combining(char))


def _is_date(text: str) -> bool:
    """Whether this is a date and nothing else: two numbers or more, and one longer word at most."""
    words = words_of(text)
    names = sum(word.isalpha() and len(word) >= _MONTH for word in words)
    return is_date_like(text) and sum(map(str.isdigit, words)) > 1 >= names


def _is_in_headings(text: str, headings: Iterable[str]) -> bool:
    return any(contains_words(text, heading) for heading in headings)


def contains_words(part: str, text: str) -> bool:
    """Whether the words of ``part`` stand in ``text`` side by side."""
    return f" {' '.join(words_of(part))} " in f" {' '.join(words_of(text))} "


@lru_cache(4096)
def words_of(text: str) -> tuple[str, ...]:
    """Split into words, without case and punctuation."""
    return tuple(texts.split_words(text))


def _squash_text(text: str) -> str:
    return "".join(words_of(text.lstrip("@")))


def _squash_names(names: Iterable[Any]) -> frozenset[str]:
    return frozenset(filter(None, (_squash_text(name) for name in names if isinstance(name, str))))


def _element_text(element: Any) -> str:
    return clean_line("".join(element.itertext()))
