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
    "de": ("dieser Woche", "diesem kalten Winter", "dieser Hafenstadt", "Begleitung dieser Zeitung"),
    "fr": ("ce jeudi", "cette semaine", "dans ce port"),
    "es": (
        "este lunes",
        "esta misma noche",
        "al este de Selby",
        "tal vez",
        "con este ferry",
        "sin semejantes a bordo",
    ),
    "pt": ("nesta segunda", "deste ano", "neste porto", "talvez"),
    "it": ("questa mattina", "quest'anno", "con quel traghetto", "tale e quale"),
    "nl": ("deze week", "dit jaar", "met deze veerboot"),
    "pl": ("w tym tygodniu", "tego dnia", "z ludźmi, w tym dziećmi,"),
    "hu": ("ezen a héten", "ebben az évben"),
    "bg": ("тази седмица", "този път", "с този ферибот", "и при това вчера", "без такива като Петров"),
    "ru": ("на этой неделе", "в этот раз", "на этом пароме", "и при этом вчера", "таким образом лишь"),
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


INTERVIEWS = {
    "de": (
        ("Herr Krause, am Hafen warten 400 Menschen auf die Fähre.", "Jetzt haben Sie eine neue bestellt."),
        ("Frau Hafenmeisterin, nach zwei Jahren fährt Ihre Fähre am Hafen wieder.",),
        ("Herr Krause, die Fähre am Hafen fährt wieder.", "Darauf haben Sie zwei Jahre gewartet."),
        ("HAFENZEITUNG: Herr Krause, Sie lassen die Fähre am Hafen nach zwei Jahren wieder fahren.",),
    ),
    "fr": (
        ("Monsieur le maire, le ferry du port repart.", "Vous avez attendu deux ans."),
        ("M. Morel, votre ferry a quitté le port ce lundi avec 400 personnes à bord.",),
    ),
    "es": (
        ("Señora Ruiz, el ferry del puerto vuelve a salir.", "Usted ha esperado dos años."),
        ("Don Julio, su ferry sale del puerto con 400 personas y con la bandera que usted cosió.",),
    ),
    "pt": (("Senhor Costa, a balsa do porto volta a sair.", "O que o senhor fez em dois anos foi muito."),),
    "it": (("Signor Russo, il traghetto del porto riparte.", "Da due anni Lei aspetta questo giorno."),),
    "en": (("Mr Reid, the harbour ferry sails again.", "You have waited for two years."),),
    "nl": (("Meneer Visser, de veerboot van de haven vaart weer.", "Daar hebt u twee jaar op gewacht."),),
    "pl": (("Panie Marku, prom z portu znów pływa.", "Czekał pan na to dwa lata."),),
    "hu": (("Kovács úr, újra jár a kikötő kompja.", "Ön két évig várt erre."),),
    "bg": (("Господин Петров, фериботът от пристанището отново пътува.", "Вие чакахте две години."),),
    "ru": (("Павел Андреевич, паром из порта снова ходит.", "Вы ждали этого два года."),),
}
EXPLAINED = {
    "de": "Herr Krause, der den Hafen seit zwei Jahren leitet, nahm 400 Menschen auf der Fähre mit.",
    "fr": "M. Morel, qui dirige le port depuis deux ans, a salué les 400 passagers du ferry.",
    "en": "Mr Reid, who has run the harbour for two years, says that the ferry takes 400 people if you ask.",
    "es": "Doña Julia, 62 años y capitana, salió del puerto en el ferry y pidió que usted suba a bordo.",
    "ru": "Павел Андреевич, который два года управлял портом, встретил паром и 400 пассажиров.",
}


@pytest.mark.parametrize(
    ("language", "lines"), [(language, each) for language, some in INTERVIEWS.items() for each in some]
)
def test_an_interviewers_address_is_no_lead_and_no_standfirst(language: str, lines: tuple[str, ...]) -> None:
    title = "Harbour ferry sails again after two years" if language == "en" else FERRY[language][0]
    assert first_shown(title, " ".join(lines), language) is None
    assert judge_standfirst(" ".join(lines), title, " ".join(lines), language).text is None


@pytest.mark.parametrize("language", EXPLAINED)
def test_a_person_whom_the_sentence_explains_is_not_addressed(language: str) -> None:
    title = "Harbour ferry sails again after two years" if language == "en" else FERRY[language][0]
    more = {"de": "Nehmen Sie den Bus.", "fr": "Vous pouvez prendre le bus.", "ru": "Вам помогут."}
    lead = EXPLAINED[language]
    assert first_shown(title, f"{lead} {more.get(language, '')}", language) == lead


def test_a_place_before_a_comma_is_not_addressed() -> None:
    lead = "On Wight Island, you can take the harbour ferry again after two years of waiting."
    assert first_shown("Harbour ferry sails again after two years", lead, "en") == lead


UNNAMED = {
    "de": ("„Die Fähre am Hafen fährt nach zwei Jahren wieder“, sagte sie am Montag.",),
    "fr": (
        "« Le ferry du port repart après deux ans », a-t-il déclaré lundi.",
        "Selon elle, le ferry du port repart après deux ans.",
    ),
    "es": (
        "«El ferry del puerto vuelve a salir tras dos años», dijo el lunes.",
        "Según él, el ferry del puerto vuelve a salir tras dos años.",
    ),
    "it": ("«Il traghetto del porto riparte dopo due anni», ha detto lunedì.",),
    "pt": ("“A balsa do porto volta a sair depois de dois anos”, disse ontem.",),
    "nl": ("Volgens hem vaart de veerboot van de haven na twee jaar weer.",),
    "pl": ("Jego zdaniem prom z portu znów pływa po dwóch latach.",),
    "hu": ("Szerinte két év után újra jár a kikötő kompja.",),
    "bg": ("По думите му фериботът от пристанището отново пътува след две години.",),
    "ru": ("«Паром из порта снова ходит после двух лет», — сказала она.",),
}
NAMED = {
    "de": "„Die Fähre am Hafen fährt nach zwei Jahren wieder“, sagte Julia Krause am Montag.",
    "fr": "« Le ferry du port repart après deux ans », a déclaré lundi le maire.",
    "es": "«El ferry del puerto vuelve a salir tras dos años», dijo el alcalde.",
    "it": "«Il traghetto del porto riparte dopo due anni», ha detto la sindaca.",
    "pt": "“A balsa do porto volta a sair depois de dois anos”, disse o prefeito.",
    "ru": "«Паром из порта снова ходит после двух лет», — сказала капитан Петрова.",
}


@pytest.mark.parametrize(("language", "line"), cases(UNNAMED))
def test_a_quotation_by_a_pronoun_is_no_lead_and_no_standfirst(language: str, line: str) -> None:
    assert first_shown(FERRY[language][0], line, language) is None
    assert judge_standfirst(line, FERRY[language][0], line, language).text is None


@pytest.mark.parametrize("language", NAMED)
def test_a_quotation_with_its_speaker_may_lead(language: str) -> None:
    assert first_shown(FERRY[language][0], NAMED[language], language) == NAMED[language]


FIRST_NAMES = {
    "en": (
        "Harbour ferry sails again after two years",
        "On Monday, after two years of waiting, Edwina steered the ferry out of the harbour with 400 people.",
        "Edwina Hartley",
        "“I counted every day of it in my kitchen,” Hartley said.",
    ),
    "de": (
        "Hafenfähre fährt nach zwei Jahren wieder",
        "Am Montag steuerte Edwina die Fähre nach zwei Jahren mit 400 Menschen aus dem Hafen.",
        "Edwina Hartmann",
        "„Darauf haben alle in meiner Straße gewartet“, sagte Hartmann.",
    ),
    "fr": (
        "Le ferry du port repart après deux ans",
        "Lundi, Edwige a conduit le ferry hors du port avec 400 personnes à bord.",
        "Edwige Morel",
        "« Toute la rue attendait ce jour », a dit Morel.",
    ),
    "es": (
        "El ferry del puerto vuelve a salir tras dos años",
        "Al mediodía, Eduvigis sacó el ferry del puerto con 400 personas a bordo.",
        "Eduvigis Morales",
        "«Toda la calle esperaba este día», dijo Morales.",
    ),
    "ru": (
        "Паром из порта снова ходит после двух лет",
        "В понедельник Эдвина вывела паром из порта с 400 пассажирами на борту.",
        "Эдвина Морева",
        "«Этого дня ждала вся улица», сказала Морева.",
    ),
}


@pytest.mark.parametrize("language", FIRST_NAMES)
def test_a_first_name_whose_surname_only_the_article_has_opens_no_post(language: str) -> None:
    title, lead, name, said = FIRST_NAMES[language]
    text = f"{lead}\n\n{name}. {said}"
    assert first_shown(title, text, language) != lead
    assert judge_standfirst(lead, title, text, language).text is None
    known = lead.replace(name.split()[0], name)
    assert first_shown(title, text.replace(lead, known), language) == known
    assert first_shown(f"{title}: {name.split()[0]}", text, language) == lead
    assert first_shown(f"{title}: {name.split()[1]}", text, language) == lead


@pytest.mark.parametrize(
    "more", ["Edwina Hartley, 42, waved.", "Ms Hartley waved.", "Edwina Hartley, who waved."]
)
def test_an_age_a_title_and_who_show_that_a_name_is_a_persons(more: str) -> None:
    title, lead, *_ = FIRST_NAMES["en"]
    assert first_shown(title, f"{lead} Edwina Hartley smiled. {more}", "en") is None


@pytest.mark.parametrize("language", FIRST_NAMES)
def test_a_name_that_the_article_does_not_explain_may_be_all_that_the_person_uses(language: str) -> None:
    title, lead, name, said = FIRST_NAMES[language]
    text = f"{lead} {said.replace(name.split()[1], name.split()[0])}"
    assert first_shown(title, text, language) == lead


@pytest.mark.parametrize(
    ("place", "more"),
    [
        ("On Monday, Selby saw", "Selby Shipping said that Selby is happy."),
        ("On Monday, people in Selby saw", "Selby Hartley, 42, waved."),
        ("On Monday, Selby saw", "Then the Selby Times wept, and “so late” is what Times says."),
        ("On Monday, Selby saw", "Selby Mill wept, and so did Harwick Mill. Mill said that it is late."),
        ("On Monday, Selby saw", "Selby Pier wept. Pier said that it is late, as a pier does."),
        ("On Monday, Old Selby saw", "Selby Hartley, 42, waved."),
        ("SELBY (Times) On Monday, Selby (the town) saw", "Selby Hartley, 42, waved."),
        ("On Monday, Selby saw", "Selby Hartley, 42, waved. Selby Morel, 43, wept."),
    ],
)
def test_a_firm_or_a_place_is_no_person_with_a_first_name(place: str, more: str) -> None:
    lead = f"{place} the harbour ferry sail again after two years."
    assert first_shown("Harbour ferry sails again after two years", f"{lead} {more}", "en") is not None


OPENINGS = {
    "nl": ("Hij voer maandag met de veerboot uit de haven, na twee jaar wachten op de wal.", "De kapitein"),
    "pl": ("On wypłynął promem z portu w poniedziałek po dwóch latach czekania na nabrzeżu.", "Kapitan"),
    "hu": ("Ő vitte ki a kompot a kikötőből hétfőn, két év várakozás után, négyszáz emberrel.", "A kapitány"),
    "bg": ("Тя изведе ферибота от пристанището в понеделник, след две години чакане.", "Капитанката"),
    "cs": ("Ona vyplula v pondělí s trajektem z přístavu, po dvou letech čekání na břehu.", "Kapitánka"),
    "uk": ("Вона вивела пором із порту в понеділок, після двох років чекання на березі.", "Капітанка"),
    "sv": ("Hon körde färjan ut ur hamnen i måndags, efter två års väntan på kajen.", "Kaptenen"),
    "da": ("Hun sejlede færgen ud af havnen i mandags efter to års ventetid på kajen.", "Kaptajnen"),
    "nb": ("Hun kjørte ferjen ut av havnen på mandag etter to års venting på kaien.", "Kapteinen"),
    "fi": ("Hän ajoi lautan ulos satamasta maanantaina kahden vuoden odotuksen jälkeen.", "Kapteeni"),
    "ro": ("Ea a scos feribotul din port luni, după doi ani de așteptare pe chei.", "Maria"),
    "tr": ("O, feribotu pazartesi günü limandan çıkardı ve iki yıllık bekleyiş sona erdi.", "Kaptan"),
    "id": ("Dia membawa feri keluar dari pelabuhan pada Senin setelah dua tahun menunggu.", "Nakhoda"),
    "el": ("Αυτή έβγαλε το φέρι από το λιμάνι τη Δευτέρα, μετά από δύο χρόνια αναμονής.", "Η καπετάνισσα"),
}


@pytest.mark.parametrize("language", OPENINGS)
def test_without_a_table_of_a_language_a_lead_still_names_whom_it_is_about(language: str) -> None:
    leaning, person = OPENINGS[language]
    title, standing = "Feri 2026", leaning.replace(leaning.split()[0], person, 1)
    assert first_shown(title, leaning, language) is None
    assert first_shown(title, standing, language) == standing
    assert judge_standfirst(leaning, title, leaning, language).text is None


@pytest.mark.parametrize(
    ("language", "time"), [("sv", "Denna vecka"), ("tr", "Bu hafta"), ("cs", "Tento rok"), ("uk", "Цей рік")]
)
def test_a_time_opens_a_lead_in_these_languages_too(language: str, time: str) -> None:
    rest = OPENINGS[language][0].split(" ", 1)[1]
    assert first_shown("Feri 2026", f"{time} {rest}", language) is not None
