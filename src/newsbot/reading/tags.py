"""What an article is about: its page's own tags and sections, never the CMS's default category.

The names are WordPress's own translations of "Uncategorized" (translate.wordpress.org, the default category
that an installation in that language has), and the spellings that older releases had.
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
    """Without case, accents, invisible joiners, and what stands for a space in a slug."""
    plain = unicodedata.normalize("NFKD", name.casefold().strip().lstrip("#"))
    letters = "".join(" " if each in "-_" else each for each in plain if not unicodedata.combining(each))
    return " ".join(letters.replace("\u200c", " ").split())


_KNOWN = frozenset(_fold_name(name) for line in _NAMES.strip().splitlines() for name in line.split(","))


def is_default_category(name: str) -> bool:
    """Tell whether a tag's name only says that the article has no category."""
    return _fold_name(name) in _KNOWN


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
    sections = _clean_names([*_names_in(about.get("articleSection")), *_meta_contents(tree, _SECTIONS)])
    own = [*_split_names(_names_in(about.get("keywords"))), *_split_names(_meta_contents(tree, _TAGS))]
    tags = _clean_names(own) or _clean_names(_split_names(_meta_contents(tree, _KEYWORDS)))
    return PageTags(_clean_names([*sections, *tags]), sections)


def _names_in(value: Any) -> list[str]:
    """The names in a JSON-LD value, which may be texts, or things that have a name."""
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
    """On one line each, every name once however it is capitalized, without programs' marks and sentences."""
    found: dict[str, str] = {}
    for name in map(markup_to_line, names):
        if name and len(name) <= _LONGEST and not name.lower().startswith(("tag:", "type:")):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:_MOST]
