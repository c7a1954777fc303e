"""What a CMS calls the category of an article that nobody put into one: no tag of the article.

The names are WordPress's own translations of "Uncategorized" (translate.wordpress.org, the default category
that an installation in that language has), and the spellings that older releases had.
"""

import unicodedata

__all__ = ["is_default_category"]

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


def _folded(name: str) -> str:
    """Without case, accents, invisible joiners, and what stands for a space in a slug."""
    plain = unicodedata.normalize("NFKD", name.casefold().strip().lstrip("#"))
    letters = "".join(" " if each in "-_" else each for each in plain if not unicodedata.combining(each))
    return " ".join(letters.replace("\u200c", " ").split())


_KNOWN = frozenset(_folded(name) for line in _NAMES.strip().splitlines() for name in line.split(","))


def is_default_category(name: str) -> bool:
    """Tell whether a tag's name only says that the article has no category."""
    return _folded(name) in _KNOWN
