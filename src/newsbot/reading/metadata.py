"""Metadata of an article from its page: the article's address, times, author, picture, language and tags.

A date is never read from prose, a footer, an archive link or an address, because such a date may have nothing
to do with the article. If a wrong date makes an article too old, its post is not sent, and nobody sees the
news.

An article's tags are those that its page declares, without the CMS's default category. The names of the
default category are WordPress's translations of "Uncategorized" (translate.wordpress.org, the default
category of an installation in each language), and the spellings of older releases.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from newsbot.fetching.addresses import escape_address, find_link_refusal
from newsbot.fetching.pictures import choose_first_large, make_photo, parse_length
from newsbot.files import load_toml
from newsbot.identity.addresses import is_tracking
from newsbot.model import Image
from newsbot.reading.clean import clean_line, markup_to_line
from newsbot.reading.language import parse_language_code
from newsbot.reading.linked_data import as_list, is_of_article, read_linked_data
from newsbot.reading.photos import find_best_photo, image_sources
from newsbot.reading.standfirsts import find_standfirsts
from newsbot.reading.titles import find_title, is_in_address
from newsbot.timestamps import parse_timestamp

__all__ = [
    "PageMetadata",
    "PageTags",
    "clean_url",
    "is_default_category",
    "read_metadata",
]

# ---------------------------------------------------------------- the article's own address

_CANONICAL = "//link[contains(concat(' ', translate(@rel, 'CANOIL', 'canoil'), ' '), ' canonical ')]/@href"
_DATA = load_toml(__package__, "metadata.toml")
_SECOND_LEVEL = frozenset(_DATA["second_level"].split())


def _find_canonical_url(tree: Any, url: str | None) -> str | None:
    """Return the article's address that the page declares, if the address is plausible; None if not.

    The address must be http(s), on the same site, and not the front page. A page that was fetched from an
    internal address may declare its public address on another site.
    """
    links = tree.xpath(_CANONICAL) + tree.xpath("//meta[@property='og:url']/@content")
    return next((found for link in links if (found := _check_canonical_address(str(link), url))), None)


def _check_canonical_address(link: str, url: str | None) -> str | None:
    try:
        address = urljoin(url or "", escape_address(link))
        parts, known = urlsplit(address), urlsplit(url or "")
        same = not url or _registrable_domain(parts.hostname or "") == _registrable_domain(
            known.hostname or ""
        )
        same = same or bool(
            find_link_refusal(url or "", allow_loopback=True) and not find_link_refusal(address)
        )
    except ValueError:
        return None
    front = parts.path in {"", "/"} and not parts.query and known.path not in {"", "/"}
    return clean_url(address) if same and not front else None


def clean_url(url: str) -> str | None:
    """Return a URL without password, fragment and tracking parameters; None if the URL is not http(s)."""
    try:
        parts = urlsplit(clean_line(escape_address(url)))
        if parts.scheme not in {"http", "https"} or not parts.hostname or " " in parts.netloc:
            return None
    except ValueError:
        return None
    query = parts.query
    if any(is_tracking(name, value) for name, value in parse_qsl(query, keep_blank_values=True)):
        query = "&".join(pair for pair in query.split("&") if not is_tracking(*pair.partition("=")[::2]))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", query, ""))


def _registrable_domain(host: str) -> str:
    """Return the registrable domain of a host name, approximately.

    The registrable domain is the last two labels of the host name, or the last three under ``co.uk`` and
    similar domains.
    """
    labels = host.lower().rstrip(".").split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:  # noqa: PLR2004  Country codes have two letters.
        return ".".join(labels[-3:])
    return ".".join(labels[-2:])


# ---------------------------------------------------------------- the article's tags and sections


def _fold_name(name: str) -> str:
    """Return a tag's name for comparisons: in lower case, without accents, with a space for each hyphen."""
    plain = unicodedata.normalize("NFKD", name.casefold().strip().lstrip("#"))
    letters = "".join(" " if each in "-_" else each for each in plain if not unicodedata.combining(each))
    return " ".join(letters.replace("\u200c", " ").split())


_KNOWN = frozenset(map(_fold_name, _DATA["default_categories"].split(",")))


def is_default_category(name: str) -> bool:
    """Return whether a tag only says that the article has no category ("Uncategorized" in some language)."""
    return _fold_name(name) in _KNOWN


_SECTIONS = frozenset({"article:section", "articlesection", "parsely-section"})
_TAGS = frozenset({"article:tag", "news_keywords"})
# The names of a page's keywords. A page's keywords count only if the page has no other tags, because many
# keywords describe the whole site.
_KEYWORDS = frozenset({"keywords"})
_SEPARATORS = re.compile(r"[,;،、]")
_LONGEST = 60  # A tag of an article has at most this many characters; a longer text is a sentence.
_MOST = 20


class PageTags(NamedTuple):
    """The tags and sections of an article's page.

    ``tags`` begins with the ``sections``, as the tags of a feed's item do.
    """

    tags: tuple[str, ...]
    sections: tuple[str, ...]


def _read_tags(tree: Any, data: dict[str, Any]) -> PageTags:
    """Return the article's tags from the page's ``<meta>`` elements and from its JSON-LD ``data``."""
    about = data if is_of_article(data) else {}
    sections = _clean_names([*_names_in(about.get("articleSection")), *_meta_contents(tree, _SECTIONS)])
    own = [*_split_names(_names_in(about.get("keywords"))), *_split_names(_meta_contents(tree, _TAGS))]
    tags = _clean_names(own) or _clean_names(_split_names(_meta_contents(tree, _KEYWORDS)))
    return PageTags(_clean_names([*sections, *tags]), sections)


def _names_in(value: Any) -> list[str]:
    """Return the names in a JSON-LD value, which may be a text, an object with a name, or a list of these."""
    names = (each.get("name") if isinstance(each, dict) else each for each in as_list(value))
    return [name for name in names if isinstance(name, str)]


def _meta_contents(tree: Any, names: frozenset[str]) -> Iterator[str]:
    for element in tree.iter("meta"):
        given = {(element.get(key) or "").strip().lower() for key in ("property", "name", "itemprop")}
        if not given.isdisjoint(names):
            yield element.get("content") or ""


def _split_names(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _SEPARATORS.split(text)


def _clean_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return cleaned tag names, without repetitions, tags that a program made, and whole sentences."""
    found: dict[str, str] = {}
    for name in map(markup_to_line, names):
        if name and len(name) <= _LONGEST and not name.lower().startswith(("tag:", "type:")):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:_MOST]


# ---------------------------------------------------------------- the article's times, authors and photo

_TIME_NAMES = tuple(
    "date pubdate publishdate dc.date.issued dcterms.issued dc.date parsely-pub-date sailthru.date".split()  # noqa: SIM905  This form is easier to read.
)
_CLASS = "contains(concat(' ', normalize-space(@class), ' '), ' {} ')"
# XPaths of elements with a publication time: microdata, HTML's `pubdate`, hAtom and h-entry classes.
_PUBLISHED = (
    "//*[@itemprop='datePublished']",
    "//time[@pubdate]",
    f"//time[{_CLASS.format('published')} or {_CLASS.format('dt-published')}]",
)
_UPDATED = ("//*[@itemprop='dateModified']", f"//time[{_CLASS.format('dt-updated')}]")
_OWNERS = "ancestor::*[self::article or @itemscope]"
_OWNER = f"{_OWNERS}[1]"


def _find_published_time(tree: Any, meta: Mapping[str, str], data: Mapping[str, Any]) -> datetime | None:
    """Return when the article was published, in UTC; None if its page has no machine-readable time.

    ``meta`` are the values of the page's ``<meta>`` elements by lower-case name, ``data`` is the JSON-LD
    object of its article.
    """
    return _parse_first_time(
        meta.get("article:published_time"),
        data.get("datePublished"),
        *_find_marked_times(tree, _PUBLISHED),
        *map(meta.get, _TIME_NAMES),
    )


def _find_updated_time(tree: Any, meta: Mapping[str, str], data: Mapping[str, Any]) -> datetime | None:
    """Return when the article was last changed, in UTC; None if its page has no machine-readable time."""
    return _parse_first_time(
        meta.get("article:modified_time"),
        data.get("dateModified"),
        meta.get("og:updated_time"),
        *_find_marked_times(tree, _UPDATED),
        meta.get("lastmod"),
    )


def _find_marked_times(tree: Any, paths: tuple[str, ...]) -> list[str]:
    """Return the publication times in a page's elements that match the XPaths ``paths`` and belong to the
    page's article.

    Cards (teasers) of other articles have times too. So an element counts only if it is outside of HTML's
    ``article`` elements, or in the ``article`` element with the page's heading. If the heading is in no
    ``article`` element, all times have to be in the same ``article`` element.
    """
    found = [element for path in paths for element in tree.xpath(path)]
    owners = [next(iter(element.xpath(_OWNER)), None) for element in found]
    heading = next(iter(tree.xpath("//h1")), None)
    mine = [] if heading is None else heading.xpath(_OWNERS)
    if not mine and len({id(owner) for owner in owners if owner is not None}) == 1:
        mine = [owner for owner in owners if owner is not None]
    right = [element for element, owner in zip(found, owners, strict=True) if owner is None or owner in mine]
    return [value for element in right if (value := element.get("datetime") or element.get("content"))]


def _parse_first_time(*values: Any) -> datetime | None:
    return next((time for value in values if (time := parse_timestamp(value))), None)


_BY = re.compile(r"^(?:by|von|par|por|da)\s+", re.IGNORECASE)
_NOBODY = frozenset({"admin", "administrator", "editor", "staff", "author", "null", "undefined"})
_AUTHOR_NAMES = tuple(
    "author article:author parsely-author sailthru.author dc.creator byl twitter:creator".split()  # noqa: SIM905  This form is easier to read.
)
_NAME = 100  # An author's name has at most this many characters; a longer text is a sentence.
_IMAGE_NAMES = ("twitter:image", "twitter:image:src", "image")
# WordPress gives the class `wp-post-image` to an article's main photo, also where a theme shows the photo
# above the article, so a photo with this class is looked for there.
_FEATURED = (
    "//*[img[contains(concat(' ', @class, ' '), ' wp-post-image ')]]"
    "[not(self::a or ancestor::a or ancestor::aside)]"
)
_BODIES = (
    "//article | //*[contains(concat(' ', @itemprop, ' '), ' articleBody ')]",
    "//main | //*[@role='main']",
)


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """The metadata of an article's page; None or () where the page does not declare a value.

    Strings are clean and on one line, and times are in UTC. ``declared`` says that the page declares itself
    an article, or has the headline in its address. ``claims`` are other people's statements that the article
    checks.
    """

    url: str | None = None
    title: str | None = None
    descriptions: tuple[str, ...] = ()
    author: str | None = None
    site: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    image: Image | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    declared: bool = False
    claims: tuple[str, ...] = ()
    # This attribute has the article's plain text that the page's JSON-LD contains, or None.
    body: str | None = field(default=None, repr=False)


def read_metadata(tree: Any, url: str | None = None) -> PageMetadata:
    """Return the metadata in a page's ``<meta>``, ``<link>`` and ``<time>`` elements and in its JSON-LD.

    If these places differ, the value of the most reliable place is returned.
    """
    meta = _read_meta_tags(tree)
    canonical = _find_canonical_url(tree, url) or (clean_url(url) if url else None)
    linked = read_linked_data(tree, canonical)
    data = linked.article
    body = data.get("articleBody")
    about = _read_tags(tree, data)
    title = find_title(tree, meta, linked, canonical)
    return PageMetadata(
        url=canonical,
        title=title,
        descriptions=find_standfirsts(tree, meta, linked, title, canonical),
        author=_find_author(meta, data),
        site=markup_to_line(meta.get("og:site_name") or "") or None,
        published_at=_find_published_time(tree, meta, data),
        updated_at=_find_updated_time(tree, meta, data),
        image=_find_image(tree, meta, data, canonical or url),
        language=_find_language(tree, meta, data),
        tags=about.tags,
        sections=about.sections,
        declared=meta.get("og:type") == "article" or bool(title and is_in_address(title, canonical)),
        claims=linked.claims,
        body=body if isinstance(body, str) else None,
    )


def _read_meta_tags(tree: Any) -> dict[str, str]:
    """Return the values of a page's ``<meta>`` elements by name or property in lower case; of several
    elements with one name, the first counts.
    """
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = (element.get("content") or "").strip()
        for key in (element.get("property"), element.get("name"), element.get("itemprop")):
            if key and content:
                found.setdefault(key.strip().lower(), content)
    return found


# ---------------------------------------------------------------- authors' names and the page's language


def _find_author(meta: dict[str, str], data: dict[str, Any]) -> str | None:
    names = [
        author.get("name") if isinstance(author, dict) else author for author in as_list(data.get("author"))
    ]
    people = list(
        dict.fromkeys(filter(None, (_clean_person_name(name) for each in names for name in as_list(each))))
    )
    declared = map(_clean_person_name, map(meta.get, _AUTHOR_NAMES))
    return ", ".join(people) or next(filter(None, declared), None)


def _clean_person_name(name: Any) -> str | None:
    """Return an author's cleaned name; None if the text is an address, a handle or a whole sentence."""
    line = _BY.sub("", markup_to_line(name)) if isinstance(name, str) else ""
    wrong = len(line) > _NAME or "://" in line or line.startswith("@") or "/" in line or line.isdigit()
    return None if not line or wrong or line.lower() in _NOBODY else line


def _find_language(tree: Any, meta: dict[str, str], data: dict[str, Any]) -> str | None:
    root = next(tree.iter("html"), tree)
    language = data.get("inLanguage")
    claims = (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        root.get("xml:lang"),
        language if isinstance(language, str) else None,
        meta.get("og:locale"),
        meta.get("content-language"),
    )
    return next((code for claim in claims if (code := parse_language_code(claim))), None)


# ---------------------------------------------------------------- the article's picture


def _find_image(tree: Any, meta: dict[str, str], data: dict[str, Any], base: str | None) -> Image | None:
    """Return the picture that a page declares, else the first photo of its article, or None without both.

    The picture's alternative text may be from any place of the page that has the same picture.
    """
    claimed = [*_open_graph_images(tree, base), *(make_photo(meta.get(key), base) for key in _IMAGE_NAMES)]
    claimed += [make_photo(url, base, width=width) for url, width in _linked_images(data.get("image"))]
    bodies: list[Any] = next(filter(None, map(tree.xpath, _BODIES)), [])
    body = max(bodies, key=lambda element: len(element.text_content()), default=None)
    shown = [*([] if body is None else [body]), *tree.xpath(_FEATURED)]
    image = choose_first_large([*claimed, *(find_best_photo(element, base) for element in shown)])
    if image is None or image.alt:
        return image
    return replace(
        image, alt=markup_to_line(meta.get("twitter:image:alt") or "") or _find_alt_text(tree, image.url)
    )


def _open_graph_images(tree: Any, base: str | None) -> Iterator[Image | None]:
    """Yield each picture that a page declares with ``og:image``, with its width and alt text
    (https://ogp.me/#structured).
    """
    found: list[dict[str, str]] = []
    for element in tree.iter("meta"):
        key = (element.get("property") or element.get("name") or "").lower()
        if key == "og:image" or (key in {"og:image:url", "og:image:secure_url"} and not found):
            found.append({"og:image": element.get("content") or ""})
        elif key.startswith("og:image:") and found:
            found[-1].setdefault(key, element.get("content") or "")
    for each in found:
        sides = {side: parse_length(each.get(f"og:image:{side}")) for side in ("width", "height")}
        alt = markup_to_line(each.get("og:image:alt") or "") or None
        yield make_photo(each.get("og:image:secure_url") or each["og:image"], base, alt=alt, **sides)


def _linked_images(value: Any) -> Iterator[tuple[Any, int | None]]:
    """Yield the address and width of each picture in a JSON-LD value: a text or an object with ``url``."""
    for image in as_list(value):
        if isinstance(image, dict):
            for url in as_list(image.get("url") or image.get("contentUrl")):
                yield url, parse_length(image.get("width"))
        else:
            yield image, None


def _find_alt_text(tree: Any, address: str) -> str | None:
    """Return the alternative text that a page has for a picture in any of its sizes, or None."""
    name = _picture_file_name(address)
    for image in tree.iter("img"):
        alt = markup_to_line(image.get("alt") or "")
        if alt and any(source and _picture_file_name(source) == name for source in image_sources(image)):
            return alt
    return None


def _picture_file_name(address: str) -> str:
    """Return a picture's file name without the size that a CMS adds to file names (``-1024x683``)."""
    name = re.split(r"[?#]", address, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
    return re.sub(r"-\d{2,4}x\d{2,4}(?=\.\w+$)", "", name)
