"""Lines of a site, of a recipe or to its readers, which no post shows."""

import pytest

from newsbot.summarizers.standfirst import judge_standfirst
from tests.summarizers.test_leads import LEAD, MORE, TITLE, stories, tell


@pytest.mark.parametrize(
    "line",
    [
        "A blog about the harbour, the ferry and all of the islands.",
        "Mein Hafenblog über Fähren, Inseln und Boote auf dem Meer.",
        "Le blog sur le port, le ferry et les îles de la baie.",
        "Un blog sobre el ferry, el puerto y las islas de la bahía.",
        "Harbour ferry tickets, timetables, old pictures and much more.",
        "Fähre, Hafen, Inseln, Bücher, Fahrpläne und vieles mehr.",
        "Ferry, puerto, islas, horarios, fotos y mucho más.",
    ],
)
def test_a_sites_own_line_is_no_standfirst(line: str) -> None:
    assert judge_standfirst(line, TITLE, f"{LEAD} {line} {line}", "en").text is None


@pytest.mark.parametrize(
    "line",
    [
        "A blogger from the harbour has written about the ferry since its first day at sea.",
        "The port authority knows the harbour ferry and much more about boats than the town.",
    ],
)
def test_a_sentence_about_a_blogger_or_much_more_is_one(line: str) -> None:
    assert judge_standfirst(line, TITLE, f"{LEAD} {line}", "en").text == line


@pytest.mark.parametrize(
    ("note", "language"),
    [
        ("As always, only logged-in users can see the pictures of the ferry.", "en"),
        ("Wie immer können die Bilder nur von eingeloggten Usern betrachtet werden.", "de"),
        ("Seuls les utilisateurs inscrits peuvent voir les photos du ferry.", "fr"),
        ("Las fotos del ferry son solo para usuarios registrados de la página.", "es"),
        ("Фотографии парома видны только зарегистрированным пользователям сайта.", "ru"),
        ("فیری کی تصاویر صرف رجسٹرڈ صارفین دیکھ سکتے ہیں۔", "ur"),
        ("写真を見られるのは登録会員だけです。", "ja"),
    ],
)
def test_a_post_ends_before_a_note_to_members(note: str, language: str) -> None:
    assert stories(tell(f"{LEAD} {note} {MORE[1]}", language=language))[0] == [LEAD]


def test_news_about_users_is_no_note() -> None:
    said = "The harbour ferry's new app has 4,000 registered users on Wight Island."
    assert stories(tell(LEAD, said))[0] == [LEAD, said]


@pytest.mark.parametrize(
    ("ingredients", "language"),
    [
        ("300 g flour 1 tsp baking powder 2 cups sugar 1 egg", "en"),
        ("300 g Mehl 1 TL Backpulver 200 g Zucker 1 Prise Salz", "de"),
        ("300 g de farine 2 cuillères de sucre 1 pincée de sel", "fr"),
        ("300 g de harina 2 cucharadas de azúcar 1 taza de leche", "es"),
        ("300 мл молока 2 ст. л. сахара 1 шт яйцо", "ru"),
        ("薄力粉300g 砂糖大さじ2 塩小さじ1", "ja"),
    ],
)
def test_the_first_step_of_a_recipe_is_no_lead(ingredients: str, language: str) -> None:
    assert stories(tell(ingredients, LEAD, *MORE, title="Ferry", language=language)) == []
    lines = ingredients.replace(" 1", "\n\n1").replace(" 2", "\n\n2").replace(" ", "\n\n", language == "ja")
    assert stories(tell(lines, LEAD, *MORE, title="Ferry", language=language)) == []
    assert tell("300 g flour in a bag", LEAD, *MORE, title="Ferry").lead == LEAD
