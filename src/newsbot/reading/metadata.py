"""Metadata of an article from its page: canonical address, times, people, picture, language.

A date is never taken from prose, a footer, an archive link or an address, as it may be of anything. A post
that a wrong date makes too old is news that nobody sees.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from newsbot.fetching.pictures import choose_first_large, make_photo, parse_length
from newsbot.model import Image
from newsbot.reading.clean import markup_to_line
from newsbot.reading.language import parse_language_code
from newsbot.reading.linked_data import as_list, read_linked_data
from newsbot.reading.links import clean_url, find_canonical_url
from newsbot.reading.photos import find_best_photo, image_sources
from newsbot.reading.standfirsts import find_standfirsts
from newsbot.reading.tags import read_tags
from newsbot.reading.titles import find_title
from newsbot.timestamps import parse_timestamp

__all__ = ["PageMetadata", "find_published_time", "find_updated_time", "read_metadata"]

_NAMES = (
    "date",
    "pubdate",
    "publishdate",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "parsely-pub-date",
    "sailthru.date",
)
_CLASS = "contains(concat(' ', normalize-space(@class), ' '), ' {} ')"
# The markup of a publication time: schema.org's microdata, HTML's `pubdate`, hAtom and h-entry classes.
_PUBLISHED = (
    "//*[@itemprop='datePublished']",
    "//time[@pubdate]",
    f"//time[{_CLASS.format('published')} or {_CLASS.format('dt-published')}]",
)
_UPDATED = ("//*[@itemprop='dateModified']", f"//time[{_CLASS.format('dt-updated')}]")
_OWNERS = "ancestor::*[self::article or @itemscope]"
_OWNER = f"{_OWNERS}[1]"


def find_published_time(tree: Any, meta: Mapping[str, str], data: Mapping[str, Any]) -> datetime | None:
    """Return when the article was published, in UTC; None if the page does not say so for machines.

    ``meta`` are the page's named values by lower-case name, ``data`` is its article's JSON-LD.
    """
    return _parse_first_time(
        meta.get("article:published_time"),
        data.get("datePublished"),
        *_find_marked_times(tree, _PUBLISHED),
        *map(meta.get, _NAMES),
    )


def find_updated_time(tree: Any, meta: Mapping[str, str], data: Mapping[str, Any]) -> datetime | None:
    """Return when the article was last changed, in UTC; None if the page does not say so for machines."""
    return _parse_first_time(
        meta.get("article:modified_time"),
        data.get("dateModified"),
        meta.get("og:updated_time"),
        *_find_marked_times(tree, _UPDATED),
        meta.get("lastmod"),
    )


def _find_marked_times(tree: Any, paths: tuple[str, ...]) -> list[str]:
    """Return the times with which elements of the page's one article are marked.

    Cards of other articles carry such marks too. A mark counts if it is in no article element, or in the one
    with the page's heading. If the heading is in no article element, all marks have to be in the same one.
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
_NAME = 100  # maximum characters of a name; a longer one is a sentence
_IMAGE_NAMES = ("twitter:image", "twitter:image:src", "image")
# WordPress gives a post's photo this class, also where a theme shows it above the article.
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
    """The metadata of a page. All fields are optional; strings are clean and on one line, times in UTC."""

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
    body: str | None = field(default=None, repr=False)  # plain text from the page's JSON-LD


def read_metadata(tree: Any, url: str | None = None) -> PageMetadata:
    """Read ``<meta>``, ``<link>``, JSON-LD and ``<time>``; the most reliable source comes first."""
    meta = _read_meta_tags(tree)
    canonical = find_canonical_url(tree, url) or (clean_url(url) if url else None)
    linked = read_linked_data(tree, canonical)
    data = linked.article
    body = data.get("articleBody")
    about = read_tags(tree, data)
    title = find_title(tree, meta, linked, canonical)
    return PageMetadata(
        url=canonical,
        title=title,
        descriptions=find_standfirsts(tree, meta, linked, title),
        author=_find_author(meta, data),
        site=markup_to_line(meta.get("og:site_name") or "") or None,
        published_at=find_published_time(tree, meta, data),
        updated_at=find_updated_time(tree, meta, data),
        image=_find_image(tree, meta, data, canonical or url),
        language=_find_language(tree, meta, data),
        tags=about.tags,
        sections=about.sections,
        body=body if isinstance(body, str) else None,
    )


def _read_meta_tags(tree: Any) -> dict[str, str]:
    """Return the first value of each name or property; keys are lower case."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = (element.get("content") or "").strip()
        for key in (element.get("property"), element.get("name"), element.get("itemprop")):
            if key and content:
                found.setdefault(key.strip().lower(), content)
    return found


# ---------------------------------------------------------------- names and language


def _find_author(meta: dict[str, str], data: dict[str, Any]) -> str | None:
    names = [
        author.get("name") if isinstance(author, dict) else author for author in as_list(data.get("author"))
    ]
    people = list(
        dict.fromkeys(filter(None, (_clean_person_name(name) for each in names for name in as_list(each))))
    )
    for key in (
        "author",
        "article:author",
        "parsely-author",
        "sailthru.author",
        "dc.creator",
        "byl",
        "twitter:creator",
    ):
        if people:
            break
        people = list(filter(None, [_clean_person_name(meta.get(key))]))
    return ", ".join(people) or None


def _clean_person_name(name: Any) -> str | None:
    """Return a cleaned name; None for addresses, handles and whole sentences."""
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


# ---------------------------------------------------------------- the picture


def _find_image(tree: Any, meta: dict[str, str], data: dict[str, Any], base: str | None) -> Image | None:
    """Return the image that the page declares, else the first photo in its article.

    The alternative text is taken from wherever the page has it.
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
    """Yield each ``og:image`` with the width, height and alt text after it, https://ogp.me/#structured."""
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
    """Yield the address and width of each ``image`` in JSON-LD, which is a string or an ImageObject."""
    for image in as_list(value):
        if isinstance(image, dict):
            for url in as_list(image.get("url") or image.get("contentUrl")):
                yield url, parse_length(image.get("width"))
        else:
            yield image, None


def _find_alt_text(tree: Any, address: str) -> str | None:
    """Return the alternative text of the same picture in the page: the same file in any size."""
    name = _picture_file_name(address)
    for image in tree.iter("img"):
        alt = markup_to_line(image.get("alt") or "")
        if alt and any(source and _picture_file_name(source) == name for source in image_sources(image)):
            return alt
    return None


def _picture_file_name(address: str) -> str:
    """Return a picture's file name without the size that a CMS adds (``-1024x683``)."""
    name = re.split(r"[?#]", address, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
    return re.sub(r"-\d{2,4}x\d{2,4}(?=\.\w+$)", "", name)
