"""A later sentence that goes on from what was told before it is not shown in place of the lead."""

import pytest

from newsbot.summarizers.references import continues_earlier_text
from newsbot.summarizers.standfirst import judge_standfirst
from tests.summarizers.test_leads import LEAD, MORE, TITLE, stories, tell

NEWS = "Harbour ferry sails again to Wight Island after two years of silence."

CONTINUED = [
    ("en", "In the decades since, the harbour ferry has sailed again and again."),
    ("en", "Within hours, the harbour ferry had sailed again after two years."),
    ("en", "In the statement, the port says that the harbour ferry sails again after two years."),
    ("en", "Luckily for them, the harbour ferry sails again after two years."),
    ("en", "The harbour ferry has since sailed again after two years of repairs."),
    ("en", "The harbour ferry sails again after two years, the ministry said."),
    ("de", "Innerhalb weniger Stunden fuhr die Hafenfähre wieder."),
    ("de", "In dem Schreiben heißt es, die Hafenfähre fahre nach zwei Jahren wieder."),
    ("de", "Die Hafenfähre fährt seither wieder jeden Tag zur Insel."),
    ("de", "Die Hafenfähre fahre nach zwei Jahren wieder, teilte das Ministerium mit."),
    ("fr", "En quelques heures, le ferry du port était reparti vers l’île."),
    ("fr", "Dans le communiqué, le port dit que le ferry repart vers l’île."),
    ("fr", "Le ferry du port repart vers l’île, a indiqué le ministère."),
    ("es", "En pocas horas el ferri del puerto zarpó de nuevo hacia la isla."),
    ("es", "En el comunicado, el puerto dice que el ferri zarpa hacia la isla."),
    ("es", "Desde entonces el ferri del puerto zarpa cada día hacia la isla."),
    ("es", "El ferri del puerto zarpa de nuevo hacia la isla, según el ministerio."),
    ("pt", "Em poucas horas a balsa do porto voltou a sair para a ilha."),
    ("pt", "A balsa do porto volta a sair para a ilha, informou o ministério."),
    ("it", "Nel giro di poche ore il traghetto del porto era ripartito."),
    ("it", "Il traghetto del porto riparte per l'isola, ha spiegato il ministero."),
    ("ru", "Через несколько часов паром из порта снова вышел в море."),
    ("ru", "Паром из порта снова ходит после двух лет, сообщили в министерстве."),
]
WHOLE = [
    ("en", "The harbour ferry has since 2024 not sailed to the island."),
    ("en", "In the harbour, the ferry waits for its first guests."),
    ("en", "The harbour ferry sails again, the Ministry of Ports said."),
    ("de", "In dem Hafen wartet die Fähre auf ihre ersten Gäste."),
    ("fr", "Dans le port, le ferry attend ses premiers passagers."),
    ("es", "En el puerto, el ferri espera a sus primeros pasajeros."),
    ("it", "Nel porto il traghetto aspetta i primi passeggeri."),
    ("ru", "В порту паром ждёт первых пассажиров."),
]


@pytest.mark.parametrize(("language", "sentence"), CONTINUED)
def test_a_sentence_goes_on_from_an_earlier_one(language: str, sentence: str) -> None:
    assert continues_earlier_text(sentence, "", language)


@pytest.mark.parametrize(("language", "sentence"), WHOLE)
def test_a_sentence_that_only_looks_like_one_does_not(language: str, sentence: str) -> None:
    assert not continues_earlier_text(sentence, "", language)


def test_an_authority_that_the_headline_names_is_known() -> None:
    said = "The harbour ferry sails again after two years, the ministry said."
    assert not continues_earlier_text(said, "Ministry of Ports lets ferry sail again", "en")


@pytest.mark.parametrize("sentence", [sentence for language, sentence in CONTINUED if language == "en"])
def test_it_does_not_stand_in_for_the_lead(sentence: str) -> None:
    lost = "We were on the quay and we sang."
    assert stories(tell(lost, sentence, *MORE)) == []
    assert stories(tell(lost, NEWS.replace("Harbour", "The harbour"), *MORE)) != []


def test_a_sentence_with_also_in_its_first_words_adds_to_another() -> None:
    lost = "We were on the quay and we sang."
    assert stories(tell(lost, "The harbour ferry also sails again after two years of silence.", *MORE)) == []


@pytest.mark.parametrize(
    ("language", "before", "now"),
    [
        ("en", "The ferry used to bring the harbour only bread and post.", "But now it carries cars too."),
        ("de", "Die Hafenfähre brachte früher nur Brot und Post.", "Doch heute bringt sie auch Autos."),
        ("fr", "Le ferry du port portait jadis du pain seul.", "Mais il porte maintenant des autos."),
        ("es", "El ferri del puerto antes llevaba solo pan.", "Pero hoy lleva también autos."),
        ("pt", "A balsa do porto antes levava só pão.", "Mas hoje leva também carros."),
        ("it", "Il traghetto del porto un tempo portava solo pane.", "Ma oggi porta anche auto."),
        ("ru", "Паром из порта раньше возил только хлеб.", "Но теперь он возит и машины."),
    ],
)
def test_what_was_so_before_needs_what_is_so_now(language: str, before: str, now: str) -> None:
    title = " ".join(before.split()[:4])
    for text, bound in ((f"{before} {now}", True), (before, False)):
        summary = tell(text, title=title, language=language)
        assert [story[0].text for story in summary.stories or ()][:1] == [before]
        assert [story[0].needs_next for story in summary.stories or ()][:1] == [bound]


# ---------------------------------------------------------------- what needs no explanation


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "This November, the harbour ferry will sail again after two years at the pier."),
        ("en", "This week's harbour fair shows the ferry that sails again after two years."),
        ("es", "Este noviembre el ferry del puerto vuelve a salir hacia la isla tras dos años."),
        ("de", "Diesen November fährt die Hafenfähre nach zwei Jahren wieder zur Insel."),
        ("pt", "Neste verão a balsa do porto volta a sair para a ilha depois de dois anos."),
        ("it", "Quest'estate il traghetto del porto riparte per l'isola dopo due anni."),
        ("ru", "Этим летом паром из порта снова ходит на остров после двух лет."),
    ],
)
def test_a_month_or_season_after_this_is_a_time(language: str, line: str) -> None:
    assert judge_standfirst(line, None, f"{line} {line}", language).text == line


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "The telescope shows how our galaxy got the ring of old stars around its core."),
        ("en", "A probe left our solar system on Monday with a picture of the harbour on board."),
        ("de", "Das Teleskop zeigt, wie unsere Galaxie zu ihrem Ring aus alten Sternen kam."),
        ("fr", "Le télescope montre comment notre galaxie a reçu son anneau de vieilles étoiles."),
        ("es", "El telescopio muestra cómo nuestra galaxia recibió su anillo de estrellas viejas."),
        ("it", "Il telescopio mostra come la nostra galassia ha avuto il suo anello di stelle."),
        ("pt", "O telescópio mostra como nossa galáxia ganhou o seu anel de estrelas velhas."),
        ("ru", "Телескоп показал, как наша галактика получила кольцо из старых звёзд."),
    ],
)
def test_our_galaxy_is_everybodys(language: str, line: str) -> None:
    title = line[:20]
    assert judge_standfirst(line, title, f"{line} {line}", language).text == line


def test_a_former_captain_is_known() -> None:
    line = "The former captain of the harbour ferry steers it again after two years at the pier."
    assert judge_standfirst(line, TITLE, LEAD, "en").text == line
    line = line.replace(
        "former captain of the harbour ferry steers it", "former has the harbour ferry steered"
    )
    assert judge_standfirst(line, TITLE, LEAD, "en").text is None


def test_our_readers_galaxy_is_not() -> None:
    line = "The telescope shows our readers how the galaxy got its ring of old stars."
    assert judge_standfirst(line, "Old stars ring the core of a galaxy", f"{line} {line}", "en").text is None


def test_a_firms_sign_at_the_exchange_is_no_dateline() -> None:
    lead = "Harbour Corp. (HRBR, 6752.TO) and its ferry line have agreed to sail again after two years."
    assert stories(tell(lead, *MORE))[0][0] == lead


# ---------------------------------------------------------------- whose surname the headline has


SURNAME = "Marlow wins the harbour race"
TOLD = "Lena Marlow won the harbour race on Sunday with two boat lengths to spare."
AFTER = ("Marlow had trained in the outer bay all summer.", "Nobody else came close to the pier in time.")
UNNAMED = "The best sailor of the island had trained for the race all summer."


def test_a_lead_with_the_full_name_goes_before_a_standfirst_without_it() -> None:
    found = stories(tell(TOLD, *AFTER, standfirst=UNNAMED, title=SURNAME))
    assert [story[0] for story in found[:2]] == [TOLD, UNNAMED]


def test_a_standfirst_with_the_full_name_stays_first() -> None:
    named = UNNAMED.replace("The best sailor of the island", "Islander Lena Marlow")
    assert stories(tell(TOLD, *AFTER, standfirst=named, title=SURNAME))[0][0] == named


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Marlow had", "The Marlow had"),
        ("Marlow had", "She had"),
        ("Lena", "President"),
        ("race on", "Cup on"),
    ],
)
def test_a_team_a_rank_and_a_longer_name_are_no_full_name(old: str, new: str) -> None:
    title = SURNAME if new != "Cup on" else "Marlow Island wins the harbour race"
    text = " ".join([TOLD, *AFTER]).replace(old, new)
    text = text.replace("Lena Marlow", "Lena Marlow Island") if new == "Cup on" else text
    assert stories(tell(text, standfirst=UNNAMED, title=title))[0][0] == UNNAMED


# ---------------------------------------------------------------- lines of the page around a standfirst


def test_a_standfirst_is_shown_without_its_dateline() -> None:
    line = "CAPE HARBOUR, Wight — Islanders have their ferry back after two years of waiting at the pier."
    shown = "Islanders have their ferry back after two years of waiting at the pier."
    assert judge_standfirst(line, TITLE, LEAD, "en").text == shown


def test_a_copy_of_the_lead_without_the_dateline_is_a_copy() -> None:
    text = (f"CAPE HARBOUR — {LEAD}", *MORE)
    assert stories(tell(*text, standfirst=f"CAPE HARBOUR — {LEAD}"))[0] == [LEAD, *MORE]


@pytest.mark.parametrize("stop", [".", ""])
def test_a_standfirst_says_nothing_twice(stop: str) -> None:
    line = "The harbour ferry carries bread and post to the island again"
    assert judge_standfirst(f"{line}. {line}{stop}", TITLE, LEAD, "en").text == f"{line}."


def test_a_standfirst_that_breaks_off_in_a_number_is_not_shown() -> None:
    line = "The harbour ferry has set another record between pier and island, reaching 44."
    assert judge_standfirst(line, TITLE, f"{LEAD} It reached 44.15 knots.", "en").text is None
    assert judge_standfirst(line, TITLE, LEAD, "en").text is None
    assert judge_standfirst(line, TITLE, f"{LEAD} Its 44 knots are new.", "en").text == line


@pytest.mark.parametrize("link", ["Tricks of the old captain", "All about the old pier"])
def test_a_links_words_after_a_standfirst_are_not_shown(link: str) -> None:
    line = "The harbour ferry carries bread and post again."
    assert judge_standfirst(f"{line} {link}", TITLE, LEAD, "en").text == line


@pytest.mark.parametrize(
    ("language", "line", "appeal"),
    [
        ("en", "The harbour ferry carries bread and post again.", "Protect your boat now."),
        ("de", "Die Fähre im Hafen bringt wieder Brot und Post.", "Schützen Sie Ihr Boot jetzt."),
        (
            "fr",
            "Le ferry du port porte de nouveau le pain et le courrier.",
            "Protégez votre bateau maintenant.",
        ),
        ("es", "El ferry del puerto lleva otra vez pan y correo.", "Proteja su barco hoy mismo."),
    ],
)
def test_an_appeal_to_customers_is_not_shown(language: str, line: str, appeal: str) -> None:
    assert judge_standfirst(f"{line} {appeal}", None, f"{line} {line}", language).text == line


@pytest.mark.parametrize(
    ("language", "invitation"),
    [
        ("en", "Like the harbour desk on Facebook."),
        ("en", "Follow the ferry of the harbour on Twitter."),
        ("de", "Folgen Sie der Hafenredaktion auf Facebook."),
        ("es", "Síguenos desde el puerto en Twitter."),
        ("fr", "Suivez le ferry du port sur Facebook."),
        ("it", "Seguici dal porto su Instagram."),
    ],
)
def test_an_invitation_to_a_network_is_not_shown(language: str, invitation: str) -> None:
    assert stories(tell(invitation, title="Facebook", language=language)) == []
    assert judge_standfirst(invitation, None, invitation, language).text is None


@pytest.mark.parametrize("twice", ["with with the", "of of the", "and and the"])
def test_a_sentence_with_a_word_twice_by_mistake_is_not_shown(twice: str) -> None:
    line = f"The harbour ferry sails again {twice} post and the bread of the island."
    assert judge_standfirst(line, TITLE, LEAD, "en").text is None
    assert stories(tell(line)) == []


@pytest.mark.parametrize("wrong", ["a 8-year-old", "a 11-hour", "a 85-metre", "an 7-year-old", "an 12-point"])
def test_a_sentence_with_the_wrong_article_before_a_number_is_not_shown(wrong: str) -> None:
    line = f"The harbour ferry sails again after {wrong} wait on the island of Wight."
    assert judge_standfirst(line, TITLE, LEAD, "en").text is None
    assert stories(tell(line)) == []


@pytest.mark.parametrize(
    "right", ["an 8-year-old", "an 11-hour", "an 80-metre", "a 7-year-old", "a 110-metre"]
)
def test_the_right_article_before_a_number_is_shown(right: str) -> None:
    line = f"The harbour ferry sails again after {right} wait on the island of Wight."
    assert judge_standfirst(line, TITLE, LEAD, "en").text == line


def test_a_word_that_may_stand_twice_may_be_shown() -> None:
    line = "The harbour ferry had had 400 guests on an a-la-carte tour, and that that was new nobody knew."
    assert judge_standfirst(line, TITLE, LEAD, "en").text == line


def test_an_exclamation_needs_the_next_sentence() -> None:
    summary = tell("The old harbour sings of its ferry again!", LEAD)
    assert [sentence.needs_next for sentence in (summary.stories or ())[0][:2]] == [True, False]
    long = "The ferry between the old harbour and Wight Island sailed on Monday for the first time!"
    assert not (tell(long, MORE[0]).stories or ())[0][0].needs_next


def test_a_sites_words_about_itself_are_no_lead() -> None:
    site = "Baywatch Online is home to all the latest, up to the minute news from the islands of the bay."
    assert stories(tell(site)) == []
