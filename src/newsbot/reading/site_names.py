"""The names around a page's headline (of the site, its sections and writers), and titles without these names.

A site gives its name in ``og:site_name``, JSON-LD, its address, its logo, the titles of its feeds and its
copyright line. A certain name is removed from either end of a title. A probable name (a logo, the copyright's
holder, a name that contains the address) is removed too, unless a heading of the page shows the name together
with the rest of the title.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

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
    "STRONG",
    "SiteNames",
    "contains_words",
    "is_link_elsewhere",
    "is_machine_name",
    "is_path",
    "read_names",
    "split_parts",
    "words_of",
]

_SEPARATOR = re.compile(
    r"(\s+[|\-–—·•»«›‹:/~_＿]+\s+|\s*[|｜丨»›]+\s*|:\s+|\s*：\s*"
    r"|(?<=[\u3000-\u9fff\uff00-\uffef”’])[-_＿]+(?=\w)|(?<=\w)[-_＿]+(?=[\u3040-\u9fff]))"
)
# These patterns separate a site's name from a title in Chinese or Japanese, whose headlines have no
# In a Chinese or Japanese title, what follows a mark that these patterns match is no part of the headline,
# because such headlines have no underscore of their own, and none of the other marks before a site's name.
_UNDERSCORE, _TAIL = re.compile(r"[_＿]"), re.compile(r"[_＿|｜]|--")
# The pattern matches the end of a Chinese, Japanese or Korean site's name: net, news, channel, daily, online.
_SITE_WORD = re.compile(
    r"[\u3040-\u9fff\uac00-\ud7af](?:(?<![联聯电電上])[网網]|网站|網站|新闻|频道|頻道|日报|日報|晚报|晚報|早报|时报|時報|在线|資訊|资讯|门户"
    r"|客户端|电视台|電視台|新聞|ニュース|オンライン|公式サイト|뉴스|신문|일보|닷컴)$"
)
_WEBSITE = re.compile(r"(?<=\w)(?:官方网站|官方網站|官网|官網|网站|網站)$")
_ASIAN = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")
_ASIAN_NAME = 36  # A Chinese, Japanese or Korean site's name has at most this many weighted characters.
COLON = re.compile(r"\s*[:：]\s*")
STRONG = re.compile(r"[|｜»›]")
_GUILLEMETS = re.compile(r"[«»]")
_NAVIGATION = (
    "//nav//a | //header//a | //*[contains(@class, 'breadcrumb') or contains(@class, 'menu')]//a"
    " | //a[contains(@rel, 'category') or contains(@rel, 'author')]"
)
# The pattern matches a path of pages from the home page to a section, "Home > News".
_PATH = re.compile(
    r"\s*(?:home|inicio|início|accueil|start(?:seite)?|главная|首页|首頁|主页|ホーム|トップ|홈)\s*[-–—»›>/|・·]+\s*(\S.*)",
    re.IGNORECASE,
)
_FEEDS = "//link[@title][contains(@type, 'rss+xml') or contains(@type, 'atom+xml')]/@title"
_FEED = re.compile(r"\s+»\s+.*|\s+[-–]?\s*(?:RSS|Atom|Feed)\b.*", re.IGNORECASE)
_NOTICES = (
    "//*[text()[contains(., '©') or contains(., 'opyright')]]"
    "[not(self::script or self::style or ancestor::figure)]"
)
# A home page's address has at most this many slashes; most links have more, so they need no further test.
_SLASHES = 3
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
_SECTION_SHARE = 3  # A headline is at least so many times longer than the section's name after it.
_NEAR = 0.8  # A heading with at least this share of its characters in a link counts as a link.
_WORDS = 3  # A headline has at least this many words.
_LABEL_WORDS = 4  # A label (the name of a section or writer) in a title has at most this many words.
_NAME_WORDS = 6  # A site's name has at most this many words.
# A word in a date is a month's name only if it has this many characters; shorter words are "de", "am" and the
# like.
_MONTH = 3
# A site's name is looked for in the site's address only if the name has at least this many characters.
_HOST = 4
# A host's name may have at most this many characters after the site's name, like ``ng`` in ``theparadigmng``.
_COUNTRY = 2
# A site's name has at most this many weighted characters (CJK: 3 each); a longer text is a headline.
_LONGEST_NAME = 60
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_FILLERS = frozenset({"the", "of", "and", "news", "online"})


class SiteNames(NamedTuple):
    """The names that a page gives for its site, sections and writers.

    ``site`` are the site's certain names, ``labels`` names of sections, ``authors`` names of writers. These
    and ``signs`` are reduced to their letters and digits. ``hosts`` (the labels of the address's host),
    ``declared`` (the site's declared names) and ``notices`` (copyright lines) are tuples of words.
    """

    site: frozenset[str]
    # The site's probable names: texts of a logo, of headings that link to a parent page, and of the first
    # feed.
    signs: frozenset[str]
    labels: frozenset[str]
    authors: frozenset[str]
    hosts: tuple[tuple[str, ...], ...]
    declared: tuple[tuple[str, ...], ...]
    notices: tuple[tuple[str, ...], ...]

    def is_site(self, text: str) -> bool:
        """Return whether a text is a certain name of the page's site, or a web address."""
        squashed, bare = _squash_text(text), _squash_text(_DOMAIN.sub("", text))
        if not squashed or _ADDRESS.fullmatch(text) or {squashed, bare, f"the{squashed}"} & self.site:
            return True
        short = len(text.split()) <= _LABEL_WORDS + 1
        return short and any(_is_spelled_by(words_of(_to_latin(text)), "".join(host)) for host in self.hosts)

    def is_similar_to_site(self, text: str) -> bool:
        """Return whether a text may be the site's name: the text of a logo, a copyright holder, or a name
        like that of the address's host.
        """
        if _squash_text(text) in self.signs or self.is_holder(text):
            return True
        words = words_of(text)
        if len(words) > _NAME_WORDS:
            return False
        begins = any(name[: len(words)] == words for name in self.declared)
        return begins or any(
            _is_host_name_of(_to_latin(text).split(), name) for name in (*self.hosts, *self.declared)
        )

    def _begins_like_site(self, text: str) -> bool:
        """Return whether a text may be the site's name, or begins with the name of a logo or feed."""
        words = words_of(text)
        longer = any("".join(words[:count]) in self.signs for count in range(2, len(words)))
        return longer or self.is_similar_to_site(text)

    def is_holder(self, text: str) -> bool:
        """Return whether a copyright line begins with the words of ``text``, perhaps without "website"."""
        words = words_of(_WEBSITE.sub("", text))
        return any(notice[: len(words)] == words for notice in self.notices)

    def is_label(self, text: str) -> bool:
        """Return whether a text is the name of a section or writer of the site, or a date."""
        return self.is_section(text) or self.is_author(text) or _is_date(text)

    def is_section(self, text: str) -> bool:
        """Return whether a text is the name of a section of the site."""
        return _squash_text(text) in self.labels

    def is_author(self, text: str) -> bool:
        """Return whether a text is the name of a writer of the page's site."""
        name = _BY.sub("", text.strip())
        return _squash_text(name) in self.authors or (name != text.strip() and bool(_PERSON.fullmatch(name)))

    def strip(self, title: str, headings: Iterable[str]) -> str:
        """Return a title without the site's name and labels at its beginning and end.

        A name or label stays if one of the page's ``headings`` shows it next to the rest of the title.
        """
        pieces = split_parts(title)
        count = len(pieces) // 2 + 1

        def run(begin: int, end: int) -> str:
            return "".join(pieces[2 * begin : 2 * end - 1]).strip()

        def ends(index: int) -> bool:
            return not COLON.fullmatch(pieces[2 * index - 1])

        if (match := _IN_BRACKETS.search(title)) and self.is_site(match[1]):
            return self.strip(title[: match.start()], headings)
        end = next(
            (
                i
                for i in range(1, count)
                if self._has_site_name_at(run, i, count, colon=not ends(i))
                # The title is cut before the article's date, too, because the names of the archive and of the
                # site follow the date.
                or (_is_date(run(i, i + 1)) and not _is_in_headings(run(i - 1, i + 1), headings))
            ),
            count,
        )
        begin = max((i for i in range(1, end) if self.is_site(run(0, i))), default=0)
        while end - 1 > begin and ends(end - 1) and not _is_in_headings(run(end - 2, end), headings):
            part, rest = run(end - 1, end), run(begin, end - 1)
            label = _is_date(part) or (self.is_label(part) and not self.is_label(rest))
            tail = _is_asian_tail(pieces[2 * end - 3], part, rest, last=end == count)
            if not (label or tail or self.is_similar_to_site(part)):
                break
            end -= 1
        if not begin and end > 1 and ends(1) and not _is_in_headings(run(0, 2), headings):
            whole = len(words_of(run(1, end))) >= _WORDS
            label = bool(STRONG.search(pieces[1])) and self.is_label(run(0, 1))
            begin = int(label or (whole and self._begins_like_site(run(0, 1))))
        title = run(begin, end) or title
        head, _, last = title.rpartition(" ")
        section = end < count and _UNDERSCORE.search(pieces[2 * end - 1]) and self.is_label(last)
        return head if section and text_weight(head) > text_weight(last) else title

    def _has_site_name_at(self, run: Any, begin: int, count: int, *, colon: bool) -> bool:
        """Return whether the site's name begins at the title's piece with the index ``begin``.

        After a colon, the whole rest of the title must be the site's name.
        """
        if colon:
            return _squash_text(run(begin, count)) in self.site
        return any(self.is_site(run(begin, end)) for end in range(begin + 1, count + 1))

    def add_common_ends(self, titles: Iterable[str]) -> "SiteNames":
        """Return a copy of the page's names with further probable names of the site.

        The further names are the endings (after a dash or bar) that several different ``titles`` of the site
        have in common.
        """
        lines = {words_of(title): title for title in titles}.values()
        ends = Counter(parts[-1] for parts in map(split_parts, lines) if len(parts) > 1)
        return self._replace(
            signs=self.signs | _squash_names(end for end, times in ends.items() if times > 1)
        )


def is_path(text: str) -> bool:
    """Return whether a text is a path of pages from the home page to a section, like ``Home > News``."""
    return bool(_PATH.fullmatch(text))


def _is_asian_tail(separator: str, part: str, rest: str, *, last: bool) -> bool:
    """Return whether the end of a Chinese, Japanese or Korean title is a site's name by its form.

    Such a name is short, and has an underscore before it or a word like "news" at its end. The parts before a
    title's ``last`` are sections if they are much shorter than the headline, ``rest``.
    """
    weight, left = text_weight(part), text_weight(rest) if _ASIAN.search(rest) else 0
    if not last:
        return bool(_TAIL.search(separator)) and _SECTION_SHARE * weight <= left
    formed = _UNDERSCORE.search(separator) or _SITE_WORD.search(part)
    return bool(formed) and weight <= _ASIAN_NAME and weight < left


def split_parts(title: str) -> list[str]:
    """Split a title at its separators, such as dashes and bars.

    In the returned list, pieces of the title have even indices and the separators odd ones. The marks « and »
    are separators too, but not where a pair of them encloses a quotation.
    """
    pieces = _SEPARATOR.split(title)
    if len(_GUILLEMETS.findall(title)) < 2:  # noqa: PLR2004  Two marks make a pair.
        return pieces
    parts, rest = pieces[:1], title[len(pieces[0]) :]
    for separator, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        rest = rest[len(separator) :]
        marks = _GUILLEMETS.findall(separator)
        opens = any(("»" if mark == "«" else "«") in rest for mark in marks)
        if opens or len(_GUILLEMETS.findall(parts[-1])) % 2:
            parts[-1] += separator + piece
        else:
            parts += [separator, piece]
        rest = rest[len(piece) :]
    return parts


def read_names(tree: Any, meta: dict[str, str], linked: LinkedData, url: str | None) -> SiteNames:
    """Collect the names that the page at ``url`` gives for its site, sections and writers."""
    address = urlsplit(url or "")
    host = (address.hostname or "").removeprefix("www.").removeprefix("m.")
    hosts = [part for part in host.split(".")[:-1] or [host] if len(part) >= _HOST - 1]
    declared = [
        name
        for name in (
            meta.get("application-name", ""),
            *linked.names,
            meta.get("apple-mobile-web-app-title", ""),
        )
        # A name that is also the article's declared title is left out if it is long, because some sites
        # wrongly declare the title in the place of the site's name.
        if name != meta.get("og:title") or len(words_of(name)) <= _WORDS
    ]
    declared.insert(0, _site_name(meta, tree))
    home = [link for link in tree.xpath("//a[@href]") if _is_home_link(link, url)]
    site = [*declared, meta.get("twitter:site", ""), host, *hosts, *map(_element_text, home)]
    site += [name.removeprefix("www.") for name in [meta.get("copyright", "")] if is_machine_name(name)]
    site += [part for name in declared for part in re.split(r"\s+[|\-–—:]\s+", name)]
    signs = [
        _element_text(heading) for heading in tree.iter("h1") if is_link_elsewhere(heading, url, above=True)
    ]
    signs += [_FEED.sub("", feed) for feed in tree.xpath(_FEEDS)[:1]]
    signs += [alt for link in home for alt in link.xpath(".//img/@alt")][:1]
    sections = [meta.get("article:section", ""), *as_list(linked.article.get("articleSection"))]
    authors = [
        meta.get("author", ""),
        *(
            each.get("name") if isinstance(each, dict) else each
            for each in as_list(linked.article.get("author"))
        ),
    ]
    path = [part for part in address.path.split("/") if part][:-1]
    path = [part for part in path if len(words_of(part)) <= _LABEL_WORDS]
    # If a page declares the same list as keywords and as its description, the list is taken for the names of
    # sections, because a publishing system writes it so.
    keywords = meta.get("keywords", "")
    path += re.split(r"[,，、;；]", keywords) if keywords == meta.get("description") else []
    links = [
        text
        for link in tree.xpath(_NAVIGATION)
        if len((text := _element_text(link)).split()) <= _LABEL_WORDS and not _is_link_to_page(link, url)
    ]
    paths = (_PATH.fullmatch(_element_text(heading)) for heading in tree.iter("h1", "h2", "h3"))
    links += [found[1] for found in paths if found]
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
    """Return a page's ``og:site_name``, or "" if the site wrongly declares the article's title there."""
    name = meta.get("og:site_name", "")
    document = "".join(tree.xpath("//title[not(ancestor::svg)]//text()")).strip()
    site = document.endswith(name) and document != name
    return "" if name == meta.get("og:title") and len(words_of(name)) > _WORDS and not site else name


def is_link_elsewhere(element: Any, url: str | None, *, above: bool = False) -> bool:
    """Return whether nearly all of a heading is a link to another page: a logo or another article's headline.

    With ``above``, the link must lead to a parent page of the page at ``url``, as a logo does.
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
    """Return the path of a link on the page at ``url``; None if the link leads to another site."""
    if href.startswith("/") and not href.startswith("//"):
        # The function `urljoin` is not called here, because it would take ten times as long.
        return _QUERY.split(href, maxsplit=1)[0].rstrip("/")
    try:
        target, page = urlsplit(urljoin(url or "", href)), urlsplit(url or "")
    except ValueError:
        return None
    return target.path.rstrip("/") if target.netloc == page.netloc else None


def is_machine_name(text: str) -> bool:
    """Return whether a text is the name of a file or host, like ``some-file-name`` or ``example.org``, or has
    a placeholder for a name, like ``{{ page.title }}``.
    """
    return "{{" in text or bool(_MACHINE.fullmatch(text))


def _is_spelled_by(words: Sequence[str], host: str) -> bool:
    """Return whether a host's name consists of beginnings of ``words``, like ``nytimes`` or ``wsj``."""
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
    """Return whether a site's name has all words of its host's name and no other long lower-case word."""
    if len("".join(host)) < _HOST or any(
        word.isalpha() and word[0].islower() and len(word) >= _HOST and not word.startswith(host)
        for word in name
    ):
        return False
    words = words_of(" ".join(name))
    runs = {"".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    return "".join(host) in runs or all(any(word.startswith(part) for word in words) for part in host)


def _to_latin(text: str) -> str:
    """Return a text with its letters written as in web addresses: ü becomes ue, é becomes e."""
    marked = unicodedata.normalize("NFKD", text.translate(_GERMAN))
    return "".join(char for char in marked if not unicodedata.combining(char))


def _is_date(text: str) -> bool:
    """Return whether a text is only a date: it has at least two numbers and at most one word, a month."""
    words = words_of(text)
    names = sum(word.isalpha() and len(word) >= _MONTH for word in words)
    return is_date_like(text) and sum(map(str.isdigit, words)) > 1 >= names


def _is_in_headings(text: str, headings: Iterable[str]) -> bool:
    return any(contains_words(text, heading) for heading in headings)


def contains_words(part: str, text: str) -> bool:
    """Return whether the words of the text ``part`` follow each other in ``text``, whatever their case and
    punctuation.
    """
    return f" {' '.join(words_of(part))} " in f" {' '.join(words_of(text))} "


@lru_cache(4096)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without punctuation."""
    return tuple(texts.split_words(text))


def _squash_text(text: str) -> str:
    return "".join(words_of(text.lstrip("@")))


def _squash_names(names: Iterable[Any]) -> frozenset[str]:
    return frozenset(filter(None, (_squash_text(name) for name in names if isinstance(name, str))))


def _element_text(element: Any) -> str:
    return clean_line("".join(element.itertext()))
