"""What a page says that its article is about: its sections, and its own tags, never the site's."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from newsbot.reading.clean import plain_line
from newsbot.reading.linked_data import is_of_article, listed

__all__ = ["PageTags", "read_tags"]

_SECTIONS = frozenset({"article:section", "articlesection", "parsely-section"})
_TAGS = frozenset({"article:tag", "news_keywords"})
_KEYWORDS = frozenset({"keywords"})  # many sites have the same on each page: only where there are no others
_SEPARATORS = re.compile(r"[,;،、]")
_LONGEST = 60  # characters: longer is a sentence
_MOST = 20


class PageTags(NamedTuple):
    """``tags`` begins with the ``sections``, as a feed's categories come before its tags."""

    tags: tuple[str, ...]
    sections: tuple[str, ...]


def read_tags(tree: Any, data: dict[str, Any]) -> PageTags:
    """Read them from ``<meta>``, each of a name, and from the article's JSON-LD ``data``."""
    about = data if is_of_article(data) else {}
    sections = _cleaned([*_strings(about.get("articleSection")), *_contents(tree, _SECTIONS)])
    own = [*_split(_strings(about.get("keywords"))), *_split(_contents(tree, _TAGS))]
    tags = _cleaned(own) or _cleaned(_split(_contents(tree, _KEYWORDS)))
    return PageTags(_cleaned([*sections, *tags]), sections)


def _strings(value: Any) -> list[str]:
    """The names in a JSON-LD value, which may be texts, or things that have a name."""
    names = (each.get("name") if isinstance(each, dict) else each for each in listed(value))
    return [name for name in names if isinstance(name, str)]


def _contents(tree: Any, names: frozenset[str]) -> Iterator[str]:
    for element in tree.iter("meta"):
        given = {(element.get(key) or "").strip().lower() for key in ("property", "name", "itemprop")}
        if not given.isdisjoint(names):
            yield element.get("content") or ""


def _split(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _SEPARATORS.split(text)


def _cleaned(names: Iterable[str]) -> tuple[str, ...]:
    """On one line each, every name once however it is capitalized, without programs' marks and sentences."""
    found: dict[str, str] = {}
    for name in map(plain_line, names):
        if name and len(name) <= _LONGEST and not name.lower().startswith(("tag:", "type:")):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:_MOST]
