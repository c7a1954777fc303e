"""An article's subjects: its page's own tags and sections, without the CMS's default category.

The names of that category are WordPress's translations of "Uncategorized" (translate.wordpress.org, the
default category of an installation in that language), and the spellings of older releases.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from newsbot.reading.clean import markup_to_line
from newsbot.reading.linked_data import as_list, is_of_article

__all__ = ["PageTags", "is_default_category", "read_tags"]

_NAMES = """
Uncategorized, Uncategorised, Unclassified, No category
Allgemein, Nicht kategorisiert, Unkategorisiert
Non classé, Non classée, Non catégorisé, Sans catégorie
Sin categoría, Sin categorizar, Sin clasificar
Sem categoria, Não categorizado
Senza categoria, Non categorizzato
Geen categorie, Niet gecategoriseerd, Ongecategoriseerd
Okategoriserade, Okategoriserad, Ukategorisert, Ukategoriseret, Ikke-kategoriseret, Ikke kategoriseret
Luokittelematon, Óflokkað, Määratlemata, Bez kategorijas, Be kategorijos
Bez kategorii, Nezařazené, Nezaradené, Egyéb kategória, Kategorizálatlan, Fără categorie, Necategorisite
Nekategorizirano, Nerazvrščeno, Некатегоризовано, Неразврстано, Некатегоризирано
Без рубрики, Без категории, Без категорії, Без категория
Χωρίς κατηγορία, Μη κατηγοριοποιημένο, Pa kategori, Kategorilenmemiş
Sense categoria, Sen categoría, Sen clasificar, Sailkatu gabea, Heb gategori
غير مصنف, بدون تصنيف, دسته‌بندی نشده, بدون دسته, غیر زمرہ بند, غیر درجہ بند, ללא קטגוריה, לא מסווג
अवर्गीकृत, श्रेणी रहित, অশ্রেণীভুক্ত, ไม่มีหมวดหมู่, Chưa phân loại, Chưa được phân loại
Tak Berkategori, Tidak dikategorikan, უკატეგორიო
未分類, 未分类, 미분류, 분류되지 않음
"""


def _fold_name(name: str) -> str:
    """Return a name without case, accents, invisible joiners, and with the separators of a slug as spaces."""
    plain = unicodedata.normalize("NFKD", name.casefold().strip().lstrip("#"))
    letters = "".join(" " if each in "-_" else each for each in plain if not unicodedata.combining(each))
    return " ".join(letters.replace("\u200c", " ").split())


_KNOWN = frozenset(_fold_name(name) for line in _NAMES.strip().splitlines() for name in line.split(","))


def is_default_category(name: str) -> bool:
    """Return whether a tag only says that the article has no category."""
    return _fold_name(name) in _KNOWN


_SECTIONS = frozenset({"article:section", "articlesection", "parsely-section"})
_TAGS = frozenset({"article:tag", "news_keywords"})
_KEYWORDS = frozenset({"keywords"})  # Many sites repeat these on each page: they are a fallback.
_SEPARATORS = re.compile(r"[,;،、]")
_LONGEST = 60  # maximum characters of a tag; a longer text is a sentence
_MOST = 20


class PageTags(NamedTuple):
    """The tags and sections of a page. ``tags`` begins with the ``sections``, as in a feed."""

    tags: tuple[str, ...]
    sections: tuple[str, ...]


def read_tags(tree: Any, data: dict[str, Any]) -> PageTags:
    """Read tags from ``<meta>`` elements with one name each, and from the article's JSON-LD ``data``."""
    about = data if is_of_article(data) else {}
    sections = _clean_names([*_names_in(about.get("articleSection")), *_meta_contents(tree, _SECTIONS)])
    own = [*_split_names(_names_in(about.get("keywords"))), *_split_names(_meta_contents(tree, _TAGS))]
    tags = _clean_names(own) or _clean_names(_split_names(_meta_contents(tree, _KEYWORDS)))
    return PageTags(_clean_names([*sections, *tags]), sections)


def _names_in(value: Any) -> list[str]:
    """Return the names in a JSON-LD value, which holds texts or objects with a name."""
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
    """Clean names to one line each; drop repeats in other case, machine-made marks and whole sentences."""
    found: dict[str, str] = {}
    for name in map(markup_to_line, names):
        if name and len(name) <= _LONGEST and not name.lower().startswith(("tag:", "type:")):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:_MOST]
