"""The search for an article's photo among the pictures of a page or of an item's markup."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from newsbot.fetching.pictures import choose_first_large, choose_widest, is_icon, make_photo, parse_length
from newsbot.model import Image
from newsbot.reading.clean import markup_to_line

__all__ = ["find_best_photo", "image_sources"]

_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-original-src",
    "data-lazy",
    "data-url",
    "data-image",
)
_ORIGINAL = ("data-orig-file", "data-full-url", "data-full-src", "data-large-file", "data-hi-res-src")
_ADDRESS = re.compile(r"\s*\S+\.(?:jpe?g|png|webp)(?:[?#]\S*)?\s*", re.IGNORECASE)
# The pattern matches an entry of an image's srcset: an address, and a width ("600w") or density ("2x").
_ENTRY = re.compile(r"([^\s,]\S*+)(?:\s++(\d{1,5}(?:\.\d{1,3})?)([wx])(?:\s+\d+h)?)?")
# Media types of images that no platform accepts as photos.
_UNSHOWN_TYPES = ("image/avif", "image/svg", "image/heic", "image/jxl")
_SHOWN = 600  # The assumed width in pixels of a picture whose srcset has only densities (2x).
_WORD = re.compile(r"[a-z]+")
_OWN_WORDS = frozenset(
    """
    ad ads advert advertisement avatar badge emoji emoticon favicon gravatar icon logo pixel smiley
    spacer sponsor sprite tracker tracking
    """.split()  # noqa: SIM905  This form is easier to read.
)
_AROUND_WORDS = frozenset(
    """
    ad ads advert advertisement author avatar byline gravatar logo newsletter related relatedposts share
    sharedaddy sharing social sponsor sponsored
    """.split()  # noqa: SIM905
)
# Class names with these prefixes describe the layout of a whole page, and do not show whether a picture is an
# ad or an icon.
_LAYOUT = re.compile(r"(?:has|no|with|without|is|hide|show)[-_]")
_ARTICLE = frozenset({"article", "main", "section", "body", "html"})
# The class names of this many elements around a picture are read to see whether the picture is an ad or icon.
_LEVELS = 4
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:^|;|\s)(?:width|height)\s*:\s*[0-4]?\dpx", re.IGNORECASE
)


def find_best_photo(tree: Any, base: str | None) -> Image | None:
    """Return the first photo in a tree of HTML that is not a thumbnail.

    If all are thumbnails, return the widest; if there are none, None. ``base`` is the article's address.
    """
    return choose_first_large(
        found for image in tree.iter("img", "amp-img") if (found := _make_photo(image, base))
    )


def image_sources(image: Any) -> list[str]:
    """Return all addresses that an ``<img>`` gives for its picture, as they are written."""
    sized = [url for url, _ in _srcset_entries(image, None)]
    return [*sized, *_original_addresses(image), *_lazy_sources(image), image.get("src") or ""]


def _make_photo(image: Any, base: str | None) -> Image | None:
    """Return the picture of an ``<img>`` with the address of its widest version; None if it is no photo."""
    words, width = image.get("alt") or "", parse_length(image.get("width"))
    if is_icon(width, parse_length(image.get("height"))) or _is_decoration(image, words):
        return None
    alt = markup_to_line(words) or None
    forms = [make_photo(url, base, alt=alt, width=told) for url, told in _srcset_entries(image, width)]
    forms += [make_photo(url, base, alt=alt) for url in _original_addresses(image)]
    lazy = [make_photo(url, base, alt=alt) for url in _lazy_sources(image)]
    shown = (
        lazy if any(lazy) else [make_photo(image.get("src"), base, alt=alt)]
    )  # If a script loads the picture later, the attribute `src` has only a placeholder.
    forms += [replace(form, width=form.width or width) for form in shown if form]
    return choose_widest(forms)


def _srcset_entries(image: Any, width: int | None) -> Iterator[tuple[str, int | None]]:
    """Yield the addresses in the srcset of an image and its ``<picture>``, with their widths in pixels."""
    around = next(image.iterancestors("picture"), None)
    # The HTML parser may nest `source` elements, so all of them inside the `picture` are read.
    beside = around.iter("source") if around is not None else ()
    for element in (*beside, image):
        if (element.get("type") or "").startswith(_UNSHOWN_TYPES):
            continue
        for name, value in element.items():
            for match in _ENTRY.finditer(value if name.endswith("srcset") else ""):
                yield match[1].rstrip(","), _entry_width(match, width)


def _entry_width(match: re.Match[str], width: int | None) -> int | None:
    if match[3] is None:
        return None
    return int(float(match[2]) * (1 if match[3] == "w" else width or _SHOWN))


def _original_addresses(image: Any) -> list[str]:
    """Return the addresses of a picture's original upload, from the CMS's attributes or a link around it."""
    around = [
        element for _, element in zip(range(2), image.iterancestors(), strict=False) if element.tag == "a"
    ]
    linked = [link for element in around if _ADDRESS.fullmatch(link := element.get("href") or "")]
    return [*filter(None, map(image.get, _ORIGINAL)), *linked]


def _lazy_sources(image: Any) -> list[str]:
    """Return the addresses that a page's script puts into an image's ``src`` when a reader scrolls."""
    others = (
        value
        for name, value in image.items()
        if name.startswith("data-") and not name.endswith("srcset") and name not in {*_LAZY, *_ORIGINAL}
    )
    return [*filter(None, map(image.get, _LAZY)), *filter(_ADDRESS.fullmatch, others)]


def _is_decoration(image: Any, words: str) -> bool:
    """Return whether a picture's class names, place or alt text show that it is an icon, an ad or hidden."""
    if (
        _class_words(image) & _OWN_WORDS
        or image.get("hidden") is not None
        or _HIDDEN.search(image.get("style") or "")
    ):
        return True
    if words.strip() and not any(map(str.isalnum, words)) and any(char > "\u2000" for char in words):
        return True
    element = image.getparent()
    for _ in range(_LEVELS):
        if element is None or element.tag in _ARTICLE:
            return False
        sponsored = element.tag == "a" and "sponsored" in (element.get("rel") or "").lower().split()
        if sponsored or element.tag in {"nav", "aside", "footer"} or _class_words(element) & _AROUND_WORDS:
            return True
        element = element.getparent()
    return False


def _class_words(element: Any) -> set[str]:
    names = f"{element.get('class') or ''} {element.get('id') or ''}".lower().split()
    return {word for name in names if not _LAYOUT.match(name) for word in _WORD.findall(name)}
