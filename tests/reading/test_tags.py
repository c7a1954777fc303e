"""The category of what nobody put into one is no tag."""

import pytest

from newsbot.reading.metadata import is_default_category


@pytest.mark.parametrize(
    "name",
    [
        *("Uncategorized", "#uncategorised", "Allgemein", "allgemein", "Non classé", "NON CLASSÉ"),
        *("non-classe", "Sin categoría", "sin-categoria", "Sem categoria", "غير مصنف", "غير-مصنف"),
        *("未分類", "未分类", "미분류"),
        *("Без рубрики", "Ukategorisert", "دسته\u200cبندی نشده", "Geen categorie", " Okategoriserade "),
    ],
)
def test_a_default_category_is_known_in_any_language(name: str) -> None:
    assert is_default_category(name)


@pytest.mark.parametrize(
    "name", ["News", "General", "Category", "Allgemeinmedizin", "کراچی", "分類", "", "Sin", "Class"]
)
def test_a_newsrooms_own_is_a_tag(name: str) -> None:
    assert not is_default_category(name)
