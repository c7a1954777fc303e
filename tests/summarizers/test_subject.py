"""Below the headline stands the news that it announces, and no scene and no background before the news."""

import pytest

from newsbot.model import Article
from newsbot.reasons import WarningCode
from newsbot.summarizers.extract import ExtractSummarizer
from newsbot.summarizers.standfirst import judge_standfirst

TITLES = {
    "en": "Harbour ferry sails again after two years",
    "de": "Hafenfähre fährt nach zwei Jahren wieder",
    "fr": "Le ferry du port repart avec 400 passagers",
    "es": "El ferry del puerto zarpa con 400 pasajeros",
    "pt": "A balsa do porto parte com 400 passageiros",
    "it": "Il traghetto del porto riparte con 400 passeggeri",
    "nl": "De veerboot vaart opnieuw uit de haven",
    "pl": "Prom znów wypływa z portu",
    "hu": "Újra elhagyja a kikötőt a komp",
    "bg": "Фериботът отново напуска пристанището",
    "ru": "Паром снова вышел из порта",
}
SCENES = {
    "en": (
        "Not everyone on the coast likes to wait for good weather, but most people have learned to do it.",
        "The ferry left the old harbour on Monday for the first time after two years.",
    ),
    "de": (
        "Wer an der Küste wohnt, hat gelernt, auf gutes Wetter zu warten, und packt Koffer für den Sturm.",
        "Am Montag fährt die Hafenfähre zum ersten Mal nach zwei Jahren mit 400 Menschen zur Insel.",
    ),
    "fr": (
        "Sur la côte, tout le monde a appris à attendre le beau temps, et personne ne sort sans son manteau.",
        "Lundi, le ferry a quitté le port avec 400 passagers pour la première fois.",
    ),
    "es": (
        "En la costa todo el mundo ha aprendido a esperar el buen tiempo, y nadie sale de casa sin abrigo.",
        "Con 400 pasajeros, el ferry salió del puerto el lunes por primera vez.",
    ),
}
BACKGROUND = {
    "en": "For more than a decade people on the coast have waited for good weather to visit Wight Island.",
    "de": "Seit vielen Jahren warten die Menschen an der Küste auf gutes Wetter, um die Insel zu besuchen.",
    "fr": "Depuis des années, les habitants de la côte attendent le beau temps pour aller sur l'île voisine.",
    "es": "Desde hace varios años, la gente de la costa espera el buen tiempo para visitar la isla vecina.",
    "pt": "Há muitos anos, os moradores da costa esperam o bom tempo para visitar a ilha vizinha de carro.",
    "it": "Da molti anni gli abitanti della costa aspettano il bel tempo per visitare l'isola vicina.",
    "nl": "Al jaren wachten de mensen aan de kust op goed weer om het eiland te kunnen bezoeken.",
    "pl": "Od wielu lat mieszkańcy wybrzeża czekają na dobrą pogodę, żeby odwiedzić sąsiednią wyspę.",
    "hu": "Évek óta várják a part lakói a jó időt, hogy meglátogathassák a szomszédos szigetet.",
    "bg": "От години хората по крайбрежието чакат хубаво време, за да посетят съседния остров.",
    "ru": "Долгое время жители побережья ждали хорошей погоды, чтобы попасть на соседний остров.",
}


def stories(title: str, text: str, language: str, standfirst: str | None = None) -> list[str]:
    """Return the first sentence of each story of an article."""
    article = Article("guid", text, title=title, summary=standfirst, language=language)
    return [story[0].text for story in ExtractSummarizer().summarize(article).stories or ()]


@pytest.mark.parametrize("language", SCENES)
def test_a_sentence_nearer_to_the_headline_leads_instead_of_a_scene(language: str) -> None:
    scene, news = SCENES[language]
    assert stories(TITLES[language], f"{scene} {news}", language)[0] == news


def test_a_lead_with_two_words_of_the_headline_stays() -> None:
    title = "Harbour ferry sails again after storm broke island pier"
    news = "Two years after a storm broke a pier of the harbour, the ferry left for Wight Island on Monday."
    lead = "People on Wight Island sang when they saw the ferry, and brought bread and tea to the quay."
    assert stories(title, f"{lead} {news}", "en")[0] == lead
    assert stories(title, f"{lead.replace('ferry', 'boat')} {news}", "en")[0] == news


def test_a_lead_with_one_word_of_the_headline_gives_way_only_to_the_news() -> None:
    scene, news = SCENES["en"]
    lead = scene.replace("good weather", "a ferry")
    near = "About 400 people stood in the old harbour who had not seen a ferry for a long time."
    assert stories(TITLES["en"], f"{lead} {near}", "en")[0] == lead
    assert stories(TITLES["en"], f"{lead} {news}", "en")[0] == news


def test_a_lead_that_an_editor_puts_before_the_news_stays() -> None:
    scene, news = SCENES["en"]
    assert stories(TITLES["en"], f"{scene} {news}", "en", f"{scene} {news}")[0] == scene


def test_a_sentence_that_leans_on_the_scene_does_not_lead() -> None:
    scene, _ = SCENES["en"]
    for opening in ("They cheered on Monday when", "The mayor cheered on Monday when", "You could see how"):
        news = f"{opening} the ferry left the old harbour for the first time after two years."
        assert stories(TITLES["en"], f"{scene} {news}", "en")[0] == scene, opening


def test_below_a_question_a_sentence_with_two_of_its_words_does_not_lead() -> None:
    title = "How does a harbour ferry carry 400 people without engine or sail?"
    assert stories(title, " ".join(SCENES["en"]), "en") == []


def test_a_lead_that_names_the_headlines_abbreviation_is_about_it() -> None:
    lead = "The people of Wight Island sang on Monday when ZBK and the mayor came to the quay with bread."
    news = "One ferry has not left the pier for a year, and the harbour has no other."
    assert stories("ZBK: no ferry, no pier", f"{lead} {news}", "en")[0] == lead


@pytest.mark.parametrize("language", BACKGROUND)
def test_background_without_a_word_of_the_headline_is_not_shown(language: str) -> None:
    title, line = TITLES[language], BACKGROUND[language]
    assert stories(title, line, language) == []
    refused = judge_standfirst(line, title, line, language)
    assert refused.text is None
    assert refused.why is not None
    assert refused.why.code == WarningCode.BACKGROUND


@pytest.mark.parametrize(
    ("language", "title", "line"),
    [
        (
            "en",
            "Good weather ahead",
            "The firm Nordic built 3 boats two summers ago, with a bar and 40 beds each.",
        ),
        (
            "de",
            "Endlich gutes Wetter",
            "Die Reederei Nordlicht baute vor zwei Jahren 3 Boote mit Bar und 40 Betten.",
        ),
        (
            "fr",
            "La côte au soleil",
            "La compagnie Nord a construit il y a deux ans 3 bateaux avec bar et 40 lits.",
        ),
        (
            "es",
            "Por fin buen tiempo",
            "La naviera Lucero construyó hace dos años 3 barcos con bar y 40 camas.",
        ),
        (
            "it",
            "Finalmente bel tempo",
            "La compagnia Luce ha costruito due anni fa 3 barche con bar e 40 letti.",
        ),
        ("pt", "Enfim tempo bom", "A empresa Luzia construiu há dois anos 3 barcos com bar e 40 camas."),
        (
            "ru",
            "Наконец хорошая погода",
            "Компания Северный берег два года назад построила 3 судна с баром и 40 каютами.",
        ),
    ],
)
def test_what_happened_years_ago_is_background(language: str, title: str, line: str) -> None:
    refused = judge_standfirst(line, title, line, language)
    assert refused.why is not None
    assert refused.why.code == WarningCode.BACKGROUND
    named = f"{title}: {line.split()[2]}"
    assert judge_standfirst(line, named, line, language).text == line


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Good weather ahead"),
        ("de", "Endlich gutes Wetter"),
        ("fr", "La côte au soleil"),
        ("ru", "Наш остров"),
    ],
)
def test_background_of_what_the_headline_names_may_lead(language: str, title: str) -> None:
    assert stories(title, BACKGROUND[language], language)[0] == BACKGROUND[language]


ADDITIONS = {
    "en": ("I went there.", "Beyond", "After"),
    "de": ("Ich war dort.", "Neben", "Nach"),
    "fr": ("J'y suis allé.", "Outre", "Après"),
    "es": ("Yo estuve allí.", "Además de", "Tras"),
}
"""By language a sentence of the author, a preposition that adds to something, and one that does not."""
RESTS = {
    "en": "a new coat of paint, the pier has 9 new posts and a roof of the best red slate.",
    "de": "viel roter Farbe bekam der Steg 9 neue Pfosten, zwei Lampen und ein Dach aus Schiefer.",
    "fr": "la peinture rouge, on a mis 9 nouveaux poteaux, deux lampes et un toit en ardoise.",
    "es": "la pintura roja, un vecino puso 9 postes nuevos, dos faroles y un techo de pizarra.",
}


@pytest.mark.parametrize("language", ADDITIONS)
def test_a_sentence_that_adds_to_another_does_not_stand_in_for_the_first(language: str) -> None:
    own, addition, plain = ADDITIONS[language]
    assert stories(TITLES[language], f"{own} {addition} {RESTS[language]}", language) == []
    shown = f"{plain} {RESTS[language]}"
    assert stories(TITLES[language], f"{own} {shown}", language) == [shown]
