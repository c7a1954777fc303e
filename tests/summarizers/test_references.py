"""A sentence that a post shows first refers to no person or thing that only the article explains."""

from collections.abc import Mapping, Sequence

import pytest

from newsbot.model import Article
from newsbot.summarizers.extract import ExtractSummarizer
from newsbot.summarizers.standfirst import judge_standfirst

FERRY = {
    "de": (
        "Hafenfähre fährt nach zwei Jahren wieder",
        "Am Hafen standen in {} rund 400 Menschen und sahen zu, wie die Fähre zur Insel ablegte.",
    ),
    "fr": (
        "Le ferry du port repart après deux ans",
        "Le ferry du port était plein {} quand il a quitté le quai, et 400 personnes regardaient.",
    ),
    "es": (
        "El ferry del puerto vuelve a salir tras dos años",
        "El ferry salió del puerto {} con 400 personas a bordo y un día de retraso.",
    ),
    "pt": (
        "A balsa do porto volta a sair depois de dois anos",
        "A balsa saiu do porto {} com 400 pessoas a bordo e uma hora de atraso.",
    ),
    "it": (
        "Il traghetto del porto riparte dopo due anni",
        "Il traghetto è partito dal porto {} con 400 persone a bordo e un'ora di ritardo.",
    ),
    "nl": (
        "De veerboot van de haven vaart weer na twee jaar",
        "De veerboot verliet de haven {} met 400 mensen aan boord en een uur vertraging.",
    ),
    "pl": (
        "Prom z portu znów pływa po dwóch latach",
        "Prom wypłynął z portu {} z 400 osobami na pokładzie i z godzinnym opóźnieniem.",
    ),
    "hu": (
        "Két év után újra jár a kikötő kompja",
        "A komp elhagyta a kikötőt {} 400 emberrel a fedélzetén és egy óra késéssel.",
    ),
    "bg": (
        "Фериботът от пристанището отново пътува след две години",
        "Фериботът напусна пристанището {} с 400 души на борда и с един час закъснение.",
    ),
    "ru": (
        "Паром из порта снова ходит после двух лет",
        "Паром вышел из порта {} с 400 пассажирами на борту и с опозданием на час.",
    ),
}
"""A headline and a lead by language; the lead has room for words that refer to something."""
LEANING = {
    "de": ("solchen Momenten", "derartiger Kälte", "dieser Kälte"),
    "fr": ("malgré une telle tempête", "malgré cette panne", "pour ce procès"),
    "es": ("pese a semejante tormenta", "pese a esas averías", "por tal motivo"),
    "pt": ("apesar dessas avarias", "apesar daquela tempestade", "por tal motivo"),
    "it": ("nonostante tale tempesta", "nonostante quelle avarie", "per questo motivo"),
    "nl": ("ondanks zulke storm", "ondanks dergelijke stormen", "ondanks deze storm"),
    "pl": ("mimo takiej burzy", "mimo tych burz", "mimo tej awarii"),
    "hu": ("ebben a viharban", "ilyen viharban", "ez után a vihar után"),
    "bg": ("въпреки такава буря", "въпреки тези бури", "въпреки тази авария"),
    "ru": ("несмотря на такую бурю", "несмотря на эти бури", "несмотря на подобные аварии"),
}
STANDING = {
    "de": ("dieser Woche", "diesem kalten Winter", "dieser Hafenstadt"),
    "fr": ("ce jeudi", "cette semaine", "dans ce port"),
    "es": ("este lunes", "esta misma noche", "al este de Selby", "tal vez", "con este ferry"),
    "pt": ("nesta segunda", "deste ano", "neste porto", "talvez"),
    "it": ("questa mattina", "quest'anno", "con quel traghetto", "tale e quale"),
    "nl": ("deze week", "dit jaar", "met deze veerboot"),
    "pl": ("w tym tygodniu", "tego dnia"),
    "hu": ("ezen a héten", "ebben az évben"),
    "bg": ("тази седмица", "този път", "с този ферибот"),
    "ru": ("на этой неделе", "в этот раз", "на этом пароме"),
}


def first_shown(title: str, text: str, language: str) -> str | None:
    """Return the first sentence of the best story of an article, or None if only the headline is shown."""
    summary = ExtractSummarizer().summarize(Article("guid", text, title=title, language=language))
    return summary.stories[0][0].text if summary.stories else None


def cases(words: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(language, each) for language, some in words.items() for each in some]


@pytest.mark.parametrize(("language", "words"), cases(LEANING))
def test_a_lead_names_what_this_and_such_refer_to(language: str, words: str) -> None:
    title, lead = FERRY[language]
    assert first_shown(title, lead.format(words), language) is None


@pytest.mark.parametrize(("language", "words"), cases(STANDING))
def test_a_time_and_what_the_headline_names_need_no_explanation(language: str, words: str) -> None:
    title, lead = FERRY[language]
    assert first_shown(title, lead.format(words), language) == lead.format(words)


def test_a_standfirst_in_another_language_names_what_it_refers_to() -> None:
    title, lead = FERRY["de"]
    refused = judge_standfirst(lead.format("solchen Momenten"), title, lead, "de")
    assert refused.text is None
    assert refused.why is not None
    line = "Die Fähre fährt wieder zur Insel. Diese Nachricht feierten am Hafen 400 Menschen."
    assert judge_standfirst(line, title, lead, "de").text == line


def test_a_language_without_rules_is_not_taken_for_its_neighbour() -> None:
    title, lead = FERRY["bg"]
    text = f"{lead.format('днес')} Билетът струва четири лева и важи за един месец."
    summary = ExtractSummarizer().summarize(Article("guid", text, title=title, language="bg"))
    assert [len(story) for story in summary.stories or ()] == [1]
