"""A first sentence that only sets a scene, and one that tells the news in other words than the headline's."""

import pytest

from newsbot.model import Article
from newsbot.summarizers.extract import ExtractSummarizer

SCENES = {
    "en": (
        "Council buys a second night ferry",
        "Everybody knows the feeling of standing in the cold and waiting for what never comes.",
    ),
    "de": (
        "Rat kauft eine zweite Nachtfähre",
        "Jeder kennt das Gefühl, in der Kälte zu stehen und auf etwas zu warten, das am Ende niemals kommt.",
    ),
    "fr": (
        "Le conseil achète un second bac de nuit",
        "Tout le monde connaît le froid du petit matin et l’attente interminable au bord de l’eau.",
    ),
    "es": (
        "El concejo compra otro barco nocturno",
        "Todo el mundo sabe lo que se siente de madrugada cuando hace frío y nadie viene.",
    ),
    "ru": (
        "Совет покупает второй ночной паром",
        "Каждый знает, как холодно бывает стоять у воды и никого не дождаться до самого утра.",
    ),
}
REST = ("On the quay everybody, jeder, tout, todo, каждый waits for boats.",) * 9


def lead_of(sentence: str, language: str) -> str | None:
    text = "\n\n".join([sentence, *REST])
    article = Article("guid", text, title=SCENES[language][0], language=language)
    return ExtractSummarizer().summarize(article).lead


@pytest.mark.parametrize("language", SCENES)
def test_a_scene_without_name_figure_or_word_of_the_headline_is_no_lead(language: str) -> None:
    assert lead_of(SCENES[language][1], language) is None


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Everybody in Port Wight knows the feeling of standing in the cold and waiting for nothing."),
        ("en", "Everybody knows the feeling of standing in the cold for 45 minutes and waiting for nothing."),
        ("en", "Boatyards know the feeling of standing in the cold and waiting for what never comes at all."),
        ("de", "Jeder kennt das Gefühl, zwanzig Minuten in der Kälte zu stehen und auf nichts zu warten."),
        (
            "de",
            "Die EZB kennt das Gefühl, in der Kälte zu stehen und auf etwas zu warten, das niemals kommt.",
        ),
        ("fr", "Tout le monde à Port-Wight connaît le froid du petit matin et l’attente au bord de l’eau."),
        ("ru", "Каждый в Порт-Уайте знает, как холодно бывает стоять у воды и никого не дождаться."),
    ],
)
def test_a_lead_with_a_name_or_figure_needs_no_word_of_the_headline(language: str, sentence: str) -> None:
    assert lead_of(sentence, language) == sentence
