"""Which first sentence or standfirst is shown below a headline, and which gives way to the headline alone."""

import pytest

from newsbot.model import Article, Summary
from newsbot.summarizers.datelines import drop_dateline, drop_headline
from newsbot.summarizers.extract import ExtractSummarizer
from newsbot.summarizers.standfirst import judge_standfirst, restore_opening

TITLE = "Harbour ferry sails again after two years"
LEAD = "The ferry between the old harbour and Wight Island sailed on Monday for the first time since 2024."
MORE = (
    "About 400 people stood on the quay when it left at nine in the morning.",
    "The port authority had stopped the line after a storm broke the pier.",
    "A new pier costs 4 million, of which the island pays a third.",
)


def tell(
    *paragraphs: str, standfirst: str | None = None, title: str = TITLE, language: str = "en"
) -> Summary:
    text = "\n\n".join(paragraphs)
    return ExtractSummarizer().summarize(
        Article("guid", text, title=title, summary=standfirst, language=language)
    )


def stories(summary: Summary) -> list[list[str]]:
    return [[sentence.text for sentence in story] for story in summary.stories or ()]


# ---------------------------------------------------------------- the standfirst


@pytest.mark.parametrize(
    ("line", "shown", "language"),
    [
        (
            "The harbour ferry carries bread and post again. Come and meet us at our stand on the quay.",
            "The harbour ferry carries bread and post again.",
            "en",
        ),
        (
            "Die Fähre im Hafen bringt wieder Brot und Post auf die Insel. Besuchen Sie uns an Stand 7.",
            "Die Fähre im Hafen bringt wieder Brot und Post auf die Insel.",
            "de",
        ),
        (
            "The harbour ferry carries bread and post again. “It was high time for all of this.”",
            "The harbour ferry carries bread and post again.",
            "en",
        ),
    ],
)
def test_a_standfirst_ends_before_a_sentence_that_does_not_stand_alone(
    line: str, shown: str, language: str
) -> None:
    text = f"{LEAD} Fähre, Hafen, Insel, Brot, Post, bringt."
    assert judge_standfirst(line, TITLE, text, language).text == shown


@pytest.mark.parametrize(
    ("line", "title", "language", "shown"),
    [
        (
            "We host an open thread to answer readers' questions on the ferry.",
            "May 2026 open thread",
            "en",
            True,
        ),
        (
            "Jeden Monat beantworten wir hier die Fragen unserer Leser zur Fähre.",
            "Leserfragen Mai 2026",
            "de",
            True,
        ),
        (
            "Cada mes respondemos en nuestra página a las preguntas de los lectores.",
            "Preguntas de mayo",
            "es",
            True,
        ),
        (
            "I host an open thread to answer readers' questions on the ferry.",
            "May 2026 open thread",
            "en",
            False,
        ),
        ("We went to the harbour to see the ferry sail again at last.", TITLE, "en", False),
    ],
)
def test_below_a_headline_that_only_names_a_topic_a_standfirst_may_say_we(
    line: str,
    title: str,
    language: str,
    shown: bool,  # noqa: FBT001
) -> None:
    text = f"{LEAD} Open thread, host, readers, questions. Fragen, Leser, Fähre. Preguntas, lectores, página."
    assert judge_standfirst(line, title, text, language).text == (line if shown else None)


def test_a_newsroom_may_write_its_standfirst_without_its_full_stop() -> None:
    line = "The ferry sails again, and the island now waits for its harbour and for a pier that lasts"
    assert judge_standfirst(line, TITLE, LEAD, "en").text == line


@pytest.mark.parametrize(
    "end",
    [
        "About 400 people stood on the quay when it left",  # This is how the article goes on.
        "The island now waits for its harbour, and for the",
        "The island now waits for its harbour and Mrs. B",
        "The island now waits …",
        "And so it",
        "The island now waits for a pier that lasts, and for all of the four million that the port owes",
    ],
)
def test_of_a_standfirst_that_is_cut_off_only_whole_sentences_are_shown(end: str) -> None:
    first = "The harbour ferry sails again to the island."
    assert judge_standfirst(f"{first} {end}", TITLE, " ".join((LEAD, *MORE)), "en").text == first


def test_a_label_is_no_standfirst_where_the_lead_has_the_news() -> None:
    label = "The second of the island's two old boats"
    lead = "The harbour ferry sails again two years after a storm broke the old boats' pier on the island."
    assert stories(tell(lead, *MORE, standfirst=label))[0][0] == lead
    assert label not in str(stories(tell(lead, *MORE, standfirst=label)))


def test_a_detail_without_a_full_stop_is_no_standfirst_where_the_lead_has_the_news() -> None:
    detail = "About 400 people had laid out bread and hot tea on the quay and stood there until nine"
    lead = "The harbour ferry sails again to Wight Island, two years after a storm broke its pier."
    assert stories(tell(lead, *MORE, standfirst=detail))[0][0] == lead
    assert stories(tell(lead, *MORE, standfirst=f"{detail}."))[0][0] == f"{detail}."
    other = "Two boats and a barge will be built by the yard in Selby, which has had no orders since spring."
    assert stories(tell(other, *MORE, standfirst=detail))[0][0] == detail


def test_a_standfirst_without_a_full_stop_stays_where_the_lead_has_other_news() -> None:
    line = "The second of the island's two old boats"
    scene = "A cold fog lay on the island when the first of its old boats left on Monday."
    assert stories(tell(scene, *MORE, standfirst=line))[0][0] == line


@pytest.mark.parametrize(
    "line",
    [
        "Match report as the harbour rowers win again after two years on the ferry's route",
        "Everything you need to know ahead of the harbour ferry's first trip after two years.",
        "Todo lo que debes saber antes de que la harbour ferry sails again.",
        "Learn how the harbour ferry sails to the island again after two years.",
    ],
)
def test_a_line_that_only_announces_the_article_is_no_standfirst(line: str) -> None:
    assert judge_standfirst(line, TITLE, LEAD, "en").text is None


# ---------------------------------------------------------------- the lead


def test_the_lead_is_unknown_where_the_author_writes_no_full_stops() -> None:
    unstopped = [line.rstrip(".") for line in (LEAD, MORE[0])]
    assert stories(tell(*unstopped, MORE[1], MORE[2])) == []
    assert stories(tell(unstopped[0], *MORE)) != [], "one such line is a standfirst"


def test_a_few_words_that_share_nothing_with_the_headline_are_no_lead() -> None:
    rest = ("It was quiet too.", "It was good.", "Then it was over.")
    assert stories(tell("Life used to be so simple.", *rest)) == []
    assert stories(tell("The ferry is back.", *rest))[0][0] == "The ferry is back."
    greeting = ("寒くなってきましたね。", "お元気ですか。", "港は静かです。", "また春が来ます。")
    assert stories(tell(*greeting, title="フェリー、二年ぶりに再開", language="ja")) == []


def test_news_of_two_sentences_may_begin_with_a_few_words_of_its_own() -> None:
    assert stories(tell("Two are dead.", "It was a storm."))[0][0] == "Two are dead."


def test_below_a_topic_a_lead_of_some_words_may_share_none_with_it() -> None:
    rest = ("It was quiet too.", "It was good.", "Then it was over.")
    said = "Islanders crossed the bay for the first time in years."
    assert stories(tell(said, *rest, title="Ferry days"))[0][0] == said
    assert stories(tell("Woke up late.", *rest, title="Ferry days")) == []


@pytest.mark.parametrize(
    ("lead", "shown"),
    [
        (
            "In October a senator visited the border town and spoke about the port, its police and money.",
            False,
        ),
        (
            "The pier in the harbour costs 4 million, the port authority said on Tuesday after a long delay.",
            True,
        ),
    ],
)
def test_below_a_question_the_lead_has_to_be_about_it(lead: str, shown: bool) -> None:  # noqa: FBT001
    found = stories(tell(lead, *MORE[:2], title="Does the harbour pier cost 4 million?"))
    assert (lead in str(found)) is shown


def test_a_quotation_that_shares_nothing_with_the_headline_is_no_lead() -> None:
    quoted = "“I never thought I would make it past the first hill,” says Hanna Moss, her boots still wet."
    walked = "Moss, 58, walked 300 miles along the coast to raise 41,000 for a new school roof."
    title = "Teacher walks 300 miles for new school roof"
    assert stories(tell(quoted, walked, title=title)) == [], "and a surname alone tells nobody who she is"
    assert stories(tell(quoted, walked, title="Hanna Moss walks 300 miles"))[0][0] == quoted


@pytest.mark.parametrize(
    "fields",
    [
        ("When: Saturday, November 28, 10 a.m. to 4 p.m.", "Where: the old quay, 3 River Street."),
        ("Cuándo: sábado 28 de noviembre, de diez a cuatro.", "Dónde: en el muelle viejo, calle del Río."),
        ("日時：１１月２８日午前１０時から。", "場所：古い岸壁の前の広場。"),
        ("Monday, 8:14 a.m.: A bicycle was stolen.", "Monday, 10:02 p.m.: A goat was returned."),
        ("Step 1: Open the ferry's page and choose a day.",),
        ("Paso 1: Abra la página y elija un día.",),
        ("Goals: Adeyemi 12, 67, Holm 80; Brandt 44.",),
        ("1 - Castro: Vidal; Ruiz, Mora, Peña y Gil.",),
        ("Goles: 1-0, m.",),
    ],
)
def test_the_fields_of_a_notice_are_no_lead(fields: tuple[str, ...]) -> None:
    assert stories(tell(*fields, LEAD, *MORE))[0][0] == LEAD


def test_behind_the_fields_of_a_notice_only_news_about_the_headline_is_shown() -> None:
    log = ("Monday, 8:14 a.m.: A bicycle was stolen.", "Monday, 10:02 p.m.: Noise on Mill Road.")
    assert stories(tell(*log, "Officers found a party of two people and a very small goat there.")) == []
    guide = ("8 p.m., Bay 1: Harbor Lights.", "Nina misses the boat.", "9 p.m., Bay 2: The Salt Road.")
    assert stories(tell(*guide, *MORE)) == []


@pytest.mark.parametrize(
    ("greeting", "language"),
    [
        ("Good morning, dear readers of the ferry.", "en"),
        ("WHITLOCK: Good evening, harbour.", "en"),
        ("¡Hola, vecinos del ferry del puerto!", "es"),
        ("Доброе утро, паром в порту.", "ru"),
        ("नमस्ते, फेरी फिर चली।", "hi"),
        ("Thank you to the crew of the ferry in the old harbour.", "en"),
        ("Muchas gracias a la tripulación del ferry del puerto.", "es"),
        ("Спасибо всем, кто ждал паром в порту.", "ru"),
    ],
)
def test_a_greeting_is_no_lead(greeting: str, language: str) -> None:
    title = {"es": "El ferry del puerto", "ru": "Паром в порту", "hi": "फेरी फिर चली"}.get(language, TITLE)
    assert stories(tell(greeting, title=title, language=language)) == []


@pytest.mark.parametrize(
    ("fragment", "language"),
    [
        ("Because the harbour ferry to Wight Island sails again after two years of repairs.", "en"),
        ("Obwohl die harbour ferry nach zwei Jahren wieder zur Insel sails again und Post bringt.", "de"),
        ("Aunque el harbour ferry sails again a la isla con pan y correo desde el lunes pasado.", "es"),
        ("Хотя harbour ferry sails again и снова возит на остров хлеб и почту с понедельника.", "ru"),
        ("Sebelum harbour ferry sails again ke pulau itu karena badai di tahun 2024 Masehi.", "id"),
    ],
)
def test_a_clause_without_its_main_clause_is_shown_nowhere(fragment: str, language: str) -> None:
    assert all(fragment not in story for story in stories(tell(fragment, *MORE, language=language)))
    assert tell(*MORE, standfirst=fragment, language=language).standfirst is None


@pytest.mark.parametrize(
    "lead",
    [
        "Because the pier is new, the harbour ferry to Wight Island sails again after two years.",
        "Because of a new pier the harbour ferry to Wight Island sails again after two years.",
        "The harbour ferry to Wight Island sails again because a new pier was built in two years.",
    ],
)
def test_a_sentence_with_a_main_clause_is_no_fragment(lead: str) -> None:
    assert [lead] == stories(tell(lead, *MORE))[0][:1]


@pytest.mark.parametrize(("language", "shown"), [("id", False), ("en", True)])
def test_a_later_sentence_is_the_news_only_in_a_language_whose_references_are_known(
    language: str,
    shown: bool,  # noqa: FBT001
) -> None:
    fragment = {"id": "Sebelum pelabuhan itu dibangun lagi.", "en": "Because the pier was new again."}[
        language
    ]
    news = "The harbour ferry sails again after two years."
    told = stories(tell(fragment, *MORE, news, title="Harbour ferry sails after years", language=language))
    assert told == ([[news]] if shown else [])


def test_thanks_to_a_thing_is_no_greeting() -> None:
    lead = "Thanks to a new pier, the harbour ferry sails again after two years."
    assert stories(tell(lead, *MORE))[0][0] == lead


def test_a_name_that_begins_like_a_greeting_is_none() -> None:
    lead = "Hello Harbour Island Line, the ferry's owner, sails again after two years in a very dry dock."
    assert stories(tell(lead, *MORE))[0][0] == lead


def test_a_dateline_and_a_speakers_name_are_no_fields() -> None:
    said = f"Anna Reid: {LEAD}"
    assert stories(tell(said, *MORE))[0][0] == said
    dated = f"HARBOUR TOWN: {LEAD}"
    assert stories(tell(dated, *MORE))[0][0] == LEAD


@pytest.mark.parametrize(
    ("lead", "shown"),
    [
        (f"(CNN){LEAD}", LEAD),
        (f"(Reuters) - {LEAD}", LEAD),
        (f"(The Island Reporter){LEAD}", LEAD),
        (f"Port Elm, Wight (CNN){LEAD}", LEAD),
        (f"(AP) {LEAD}", LEAD),
        (f"(Nearly) Every islander knows: {LEAD}", f"(Nearly) Every islander knows: {LEAD}"),
        (f"Anna Reid (SPD) said: {LEAD}", f"Anna Reid (SPD) said: {LEAD}"),
    ],
)
def test_an_agency_that_has_no_place_or_touches_the_lead_is_not_shown(lead: str, shown: str) -> None:
    assert stories(tell(lead, *MORE))[0][0] == shown


def test_a_sentence_that_stands_in_has_no_half_of_a_name_and_no_this_of_the_article() -> None:
    scene = "I saw Anna Reid and Tom Hale on the quay."
    for sentence in (
        "Anna sailed on the harbour ferry again on Monday, two years after the storm broke its pier.",
        "Everybody knows that the harbour ferry, after two years of waiting, faced just this problem.",
    ):
        assert stories(tell(scene, sentence)) == []
    right = "Islanders sailed on the harbour ferry again on Monday, two years after the storm broke its pier."
    assert stories(tell(scene, right)) == [[right]]


@pytest.mark.parametrize(
    ("sentence", "rest"),
    [
        (
            "ЗАРЕЧНЫЙ, 19 ноя — РИА Берег. Паром вышел из порта в понедельник.",
            "Паром вышел из порта в понедельник.",
        ),
        (
            "PORT ELM, Nov. 18, 2026 /IslandWire/ -- The ferry sails again on Monday.",
            "The ferry sails again on Monday.",
        ),
        ("Valdemora, 19 nov (EFE).- El barco zarpa de nuevo el lunes.", "El barco zarpa de nuevo el lunes."),
        (
            "Anna Reid (Labour) said that the ferry sails again.",
            "Anna Reid (Labour) said that the ferry sails again.",
        ),
        (
            "On May 3 Anna Reid (SPD) - a baker - took the ferry.",
            "On May 3 Anna Reid (SPD) - a baker - took the ferry.",
        ),
    ],
)
def test_a_dateline_with_its_date_ends_with_a_stop_or_a_dash(sentence: str, rest: str) -> None:
    assert drop_dateline(sentence) == rest


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Llevo cuarenta años en la isla y nunca vi el barco del puerto tan lleno de gente.", "es"),
        ("Hoy os cuento cómo llegar a la isla en el barco del puerto sin pagar más de tres euros.", "es"),
        ("Сегодня расскажу, как доехать до острова на пароме в порту и не заплатить лишнего.", "ru"),
        ("Moro há quarenta anos na ilha e nunca vi o barco do porto tão cheio de gente.", "pt"),
        ("أعيش في الجزيرة منذ أربعين عاما ولم أر العبارة في الميناء ممتلئة بالناس إلى هذا الحد.", "ar"),
        ("За сорок лет на острове мне не случалось видеть паром в порту таким полным.", "ru"),
        ("今日は港のフェリーで味わえる温かいスープの作り方をみなさんにご紹介します！", "ja"),
    ],
)
def test_an_author_who_says_i_by_the_verb_gives_way_to_the_headline(sentence: str, language: str) -> None:
    titles = {
        "es": "El barco del puerto",
        "pt": "O barco do porto",
        "ru": "Паром в порту",
        "ja": "港のフェリー",
        "ar": "العبارة في الميناء",
    }
    assert stories(tell(sentence, title=titles[language], language=language)) == []


@pytest.mark.parametrize(
    ("lead", "announced", "language"),
    [
        ("The ferry's new timetable begins on Monday.", "Here is what you need to know.", "en"),
        ("El nuevo horario del barco empieza el lunes.", "Esto es lo que hay que saber.", "es"),
        ("O novo horário do barco começa na segunda.", "Veja o que muda no porto.", "pt"),
        ("Новое расписание парома начнется в понедельник.", "Рассказываем, что изменится в порту.", "ru"),
        ("फेरी की नई समय सारिणी सोमवार से शुरू होगी।", "आइए जानते हैं क्या बदलेगा।", "hi"),
        ("فیری کا نیا نظام الاوقات پیر سے شروع ہو گا۔", "آئیے جانتے ہیں کیا بدلے گا۔", "ur"),
        ("يبدأ الجدول الجديد للعبارة يوم الاثنين المقبل.", "إليكم ما سيتغير في الميناء.", "ar"),
    ],
)
def test_a_story_ends_before_a_sentence_that_announces_the_next(
    lead: str, announced: str, language: str
) -> None:
    title = " ".join(lead.split()[:5])
    assert stories(tell(lead, announced, lead, title=title, language=language))[0] == [lead]


def test_russian_cold_announces_nothing() -> None:
    lead = "Ниже нуля опустилась температура в порту, и паром в понедельник остался у причала на весь день."
    assert stories(tell(lead, title="Паром в порту", language="ru"))[0] == [lead]


def test_a_sentence_about_here_announces_nothing() -> None:
    there = "People here take the ferry to work, and the port counts on them."
    assert stories(tell(LEAD, there))[0] == [LEAD, there]


# ---------------------------------------------------------------- first words in capitals


@pytest.mark.parametrize(
    ("sentence", "article", "shown"),
    [
        ("NIGHT buses will run from May.", "Council backs night buses", "Night buses will run from May."),
        ("A THIRD boat has sunk.", "The third boat sank. Third boat sinks", "A third boat has sunk."),
        ("CHINA's ferries sail again.", "Ferries in China", "China's ferries sail again."),
        ("PORT ELM's ferries sail again.", "Port Elm: ferries sail", "Port Elm's ferries sail again."),
        ("LA LLUVIA vuelve el lunes.", "Vuelve la lluvia", "La lluvia vuelve el lunes."),
        ("НОЧНЫЕ автобусы пойдут с мая.", "Совет за ночные автобусы", "Ночные автобусы пойдут с мая."),
        ("NATO ships sail again.", "NATO ships, Nato said", "NATO ships sail again."),
        ("NATO ships sail again.", "Ships of the alliance", "NATO ships sail again."),
        ("LONDON (Wire) - Ferries sail again.", "Ferries in London", "LONDON (Wire) - Ferries sail again."),
        ("HANOI, Vietnam: ferries sail.", "Hanoi has ferries", "HANOI, Vietnam: ferries sail."),
        ("US ships sail again.", "They took us by ship", "US ships sail again."),
        ("WHO doctors sail again.", "Doctors who sail", "WHO doctors sail again."),
        ("IT WAS a long night.", "was it a night", "IT WAS a long night."),
        ("The FERRY sails.", "a ferry", "The FERRY sails."),
    ],
)
def test_first_words_in_capitals_are_written_as_the_article_writes_them(
    sentence: str, article: str, shown: str
) -> None:
    assert restore_opening(sentence, f"{sentence} {article}") == shown


def test_standfirst_and_lead_are_shown_without_the_pages_capitals() -> None:
    lead = "FERRY passengers crossed to Wight Island on Monday for the first time since 2024, the port said."
    assert stories(tell(lead, "A ferry costs money."))[0][0] == f"Ferry{lead[5:]}"
    line = "ISLANDERS have their boat back, and the harbour its ferry"
    text = f"{LEAD} Most islanders live from it."
    assert judge_standfirst(line, TITLE, text, "en").text == f"Islanders{line[9:]}"


# ---------------------------------------------------------------- sentences from further down


@pytest.mark.parametrize(
    ("language", "title", "first", "news", "shown"),
    [
        ("en", TITLE, "She wept.", "The harbour ferry, however, sails again after two years.", False),
        ("en", TITLE, "She wept.", "The two “hope that the harbour ferry sails again” for years.", False),
        (
            "de",
            "Hafenfähre fährt wieder zur Insel",
            "Sie weinte.",
            "Statt aber zur Insel zu schwimmen, fährt man wieder mit der Hafenfähre hin.",
            False,
        ),
        (
            "de",
            "Hafenfähre fährt wieder zur Insel",
            "Sie weinte.",
            "Der Andrang war so groß, dass die Hafenfähre wieder leer zur Insel fährt.",
            False,
        ),
        (
            "de",
            "Hafenfähre fährt wieder zur Insel",
            "Sie weinte.",
            "Die Reederei Nordlicht fährt mit der Hafenfähre wieder täglich zur Insel.",
            True,
        ),
        (
            "fr",
            "Le ferry du port repart vers l’île",
            "Elle pleurait.",
            "L’équipage espère que le ferry du port repart bientôt vers l’île voisine.",
            False,
        ),
        (
            "es",
            "El ferri del puerto zarpa hacia la isla",
            "Ella lloraba.",
            "El capitán espera que el ferri del puerto zarpe hacia la isla cada día.",
            False,
        ),
        (
            "es",
            "El ferri del puerto zarpa hacia la isla",
            "Ella lloraba.",
            "La naviera Luz espera que el ferri del puerto zarpe hacia la isla cada día.",
            True,
        ),
    ],
)
def test_the_news_from_further_down_names_what_it_is_about(
    language: str,
    title: str,
    first: str,
    news: str,
    shown: bool,  # noqa: FBT001
) -> None:
    more = "9876543210 " * 3
    assert bool(tell(first, news, more, title=title, language=language).stories) is shown


def test_in_other_languages_than_english_the_news_is_near_the_beginning() -> None:
    """Fewer words that refer to another sentence are known of them."""
    title, news = "Hafenfähre fährt wieder zur Insel", "Wieder fährt die Hafenfähre täglich zur Insel."
    lines = [f"Sie {verb}." for verb in ("weinte", "lachte", "sang", "sprang", "rief", "winkte")]
    assert stories(tell(*lines[:3], news, title=title, language="de")) == [[news]]
    assert stories(tell(*lines, news, title=title, language="de")) == []


def test_a_lead_whose_first_words_are_lost_is_not_shown() -> None:
    lead = "harbour and the island saw the ferry sail again on Monday, two years after the storm."
    assert tell(lead, *MORE).lead is None
    brand = "iFerry sails again between the harbour and the island, two years after the storm."
    assert tell(brand, *MORE).lead == brand
    named = "boatly sails again between the harbour and the island, two years after the storm."
    assert tell(named, *MORE, title="boatly sails again").lead == named


@pytest.mark.parametrize(
    ("question", "title", "language"),
    [
        ("항구와 섬을 잇는 배가 이 년 만에 다시 떠날 수 있을까.", "항구와 섬을 잇는 배 다시 떠난다", "ko"),
        ("항구와 섬을 잇는 배는 과연 누구를 위한 배인가.", "항구와 섬을 잇는 배 다시 떠난다", "ko"),
        ("港と島を結ぶ船は二年ぶりに再び出航できるのだろうか。", "港と島を結ぶ船が再び出航", "ja"),
        ("港と島を結ぶ船はなぜ二年間も止まったのか。", "港と島を結ぶ船が再び出航", "ja"),
    ],
)
def test_a_question_without_its_mark_is_no_lead(question: str, title: str, language: str) -> None:
    told = f"{question[:-3]}だ。" if language == "ja" else f"{question[:-3]} 있다."
    assert tell(question, title=title, language=language).lead is None
    assert tell(told, title=title, language=language).lead == told


def test_a_korean_reason_is_no_question() -> None:
    said = "항구와 섬을 잇는 배가 다시 떠난 것은 부두를 고쳤으니까."
    assert tell(said, title="항구와 섬을 잇는 배 다시 떠난다", language="ko").lead == said


# ---------------------------------------------------------------- a line that begins with the headline


@pytest.mark.parametrize("mark", [" - ", " --- ", ": ", ". ", " | ", "! "])
def test_a_line_that_begins_with_the_headline_is_shown_without_it(mark: str) -> None:
    line = "Islanders have their boat back: it carries people, bread and post."
    assert judge_standfirst(f"{TITLE}{mark}{line}", TITLE, " ".join(MORE), "en").text == line


@pytest.mark.parametrize("mark", [" - ", " --- ", ": "])
def test_a_lead_that_begins_with_the_headline_is_shown_without_it(mark: str) -> None:
    assert stories(tell(f"{TITLE}{mark}{LEAD}", *MORE))[0][0] == LEAD


SAYS = "The ferry to the island carries bread and post."


@pytest.mark.parametrize(
    ("title", "after", "rest"),
    [
        (TITLE, " Port Reid, Nov. 17 (CNA) ", "The Port Authority (PA) paid for the boat."),
        (TITLE, " PORT REID, Nov 17 (Reuters) - ", SAYS),
        (TITLE, " KARACHI: ", SAYS),
        (TITLE, " ", SAYS),
        ("La barca vuelve a la isla", " ", "El muelle ya está abierto para todos."),
        ("Le bateau repart vers l’île", " ", "Une seconde traversée est prévue lundi."),
        ("Die Fähre fährt wieder zur Insel", " ", "Der Hafen hat sie zwei Jahre repariert."),
        ("渡輪再次啟航：乘客歡呼", " ", "經過兩年維修，往返海港和島嶼的渡輪星期一重新開航。"),
        ("港と島を結ぶ船が再び出航", "　", "港と島を結ぶ船が月曜日、二年ぶりに再び出航したと発表した。"),
    ],
)
def test_a_headline_without_a_mark_goes_before_a_dateline_or_a_sentence(
    title: str, after: str, rest: str
) -> None:
    assert drop_dateline(drop_headline(f"{title}{after}{rest}", title)) == rest


@pytest.mark.parametrize(
    ("title", "rest"),
    [
        (TITLE, " Monday after two years in the dock."),
        (TITLE, " La Paz and its two old harbours."),
        (TITLE, "s KARACHI: The ferry carries bread and post."),
        (TITLE, " The boat."),
        ("Port Reid", " The ferry to the island carries bread."),
        ("海港", " 渡輪星期一經過兩年維修重新開航，往返海港和島嶼，乘客歡呼。"),
        ("항구와 섬을 잇는 배 다시 떠난다", " 월요일 항만청이 부두를 고친 뒤 발표했다고 전했다."),
        ("渡輪再次啟航：乘客歡呼", "聲中，經過兩年維修的渡輪星期一離開海港，前往島嶼。"),
        ("渡輪再次啟航：乘客歡呼", " Ferry sails again between the harbour and the island."),
        ("Ferry sails again to 渡輪 island", " 經過兩年維修，往返海港和島嶼的渡輪星期一重新開航。"),
    ],
)
def test_a_headline_that_a_sentence_continues_without_a_mark_stays(title: str, rest: str) -> None:
    assert drop_headline(title + rest, title) == title + rest


@pytest.mark.parametrize(
    "furniture",
    [
        "摄影：",
        "撮影: ",
        "Foto: ",
        "사진 : ",
        "Regulatory News: Stock exchange release. ",
        "PRESS RELEASE ",
        "For immediate release: ",
        "Ad-hoc-Mitteilung: ",
        "Pressemitteilung: ",
        "Communiqué de presse – ",
        "Nota de prensa. ",
        "Comunicato stampa: ",
        "Пресс-релиз: ",
        "プレスリリース ",
        "보도자료 ",
        "新闻稿：",
    ],
)
def test_a_line_with_a_releases_or_photos_furniture_is_no_standfirst(furniture: str) -> None:
    line = "Islanders have their boat back: it carries people, bread and post."
    assert judge_standfirst(furniture + line, TITLE, " ".join(MORE), "en").text is None


def test_a_line_that_goes_on_from_the_headline_keeps_it() -> None:
    for line in (
        f"{TITLE}, the port authority said when the boat came in with its load of bread.",
        f"{TITLE} - and nobody on the island believed it before the boat came in.",
    ):
        assert drop_headline(line, TITLE) == line
    assert drop_headline("渡輪再次啟航---港務局星期一表示", "渡輪再次啟航") == "港務局星期一表示"
    assert drop_headline("Who pays? The island pays a third.", "Who pays?") == "The island pays a third."


def test_of_an_article_that_is_for_sale_the_standfirst_needs_no_words_of_its_beginning() -> None:
    line = "Courts have seldom punished shipowners. A prosecutor would hardly succeed."
    begun = "It was heard round the bay. In the last minute of last week’s race, a boat hit another"
    for end, shown in ((" and sank....", True), (" and sank …", True), (" and sank.", False)):
        assert (judge_standfirst(line, "Is a storm a crime?", begun + end, "en").text == line) is shown


@pytest.mark.parametrize("dateline", ["", "Selby, England (AP) — ", "Selby, England (AP)", "(AP) "])
def test_a_dateline_is_no_speaker_of_the_quotation_after_it(dateline: str) -> None:
    said = "“The harbour ferry sails again, and we are on board!”"
    assert tell(f"{dateline}{said}", *MORE).lead is None
    named = f"{dateline}{said[:-2]},” Anna Reid said."
    assert tell(named, *MORE).lead is not None


# ---------------------------------------------------------------- descriptions that programs and desks write


@pytest.mark.parametrize(
    "line",
    [
        "ferry, harbour, island, boats, storm, pier",
        "Ferry Harbour Island Boats Storm Pier",
        "transbordador, puerto, isla, barcos, harbour ferry",
        "UPDATE 2-Harbour ferry sails to the island again after two years of repairs.",
        "By Anna Reid The harbour ferry sails to the island again after two years.",
        "Anna Reid reports on the harbour ferry, which sails to the island again.",
        "Posted: Nov 19, 2026 / 08:14 PM EST - The harbour ferry sails to the island again.",
        "Stay up to date on the harbour ferry, which sails to the island again.",
        "What you need to know about the harbour ferry that sails to the island again",
        f"{TITLE} - see photos",
        f"{TITLE} (video)",
    ],
)
def test_a_line_for_search_engines_or_for_a_show_is_no_standfirst(line: str) -> None:
    assert judge_standfirst(line, TITLE, " ".join((LEAD, *MORE)), "en").text is None


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("{} Here's what we know.", "{}"),
        ("{} And more.", "{}"),
        ("(AP) — {}", "{}"),
        ("{} (Photo: Anna Reid)", "{}"),
        ("{} (Foto: dpa)", "{}"),
        ("{}A new pier costs 4 million.", "{} A new pier costs 4 million."),
        ("{} A new pier costs 4 million.", "{} A new pier costs 4 million."),
    ],
)
def test_a_standfirst_is_shown_without_what_is_joined_to_it(line: str, shown: str) -> None:
    said = "The harbour ferry sails to the island again."
    judged = judge_standfirst(line.format(said), TITLE, " ".join((LEAD, *MORE)), "en")
    assert judged.text == shown.format(said)


def test_two_japanese_sentences_need_no_space_between_them() -> None:
    line = "港と島を結ぶ船が再び出航した。新しい桟橋は四億円かかる。"
    assert (
        judge_standfirst(line, "港と島を結ぶ船、二年ぶり", "港と島を結ぶ船が月曜日に出航した。", "ja").text
        == line
    )


def test_a_speaker_whose_full_name_only_the_article_has_is_not_shown_by_the_surname() -> None:
    said = "The harbour ferry sails again to the island, Reid said on Monday at the quay."
    assert tell(said, *MORE, "Anna Reid runs a bakery on the island.").lead is None
    assert (
        tell(said, *MORE, "Anna Reid runs a bakery.", title="Ferry sails again, Anna Reid says").lead == said
    )
    agency = "The harbour ferry sails again to the island, Interfax said on Monday at the quay."
    assert tell(agency, *MORE, "Anna Reid runs a bakery on the island.").lead == agency


@pytest.mark.parametrize("label", ["Pictured", "Above", "SUMMARY", "Key points", "TL;DR"])
def test_a_labelled_line_is_no_lead(label: str) -> None:
    assert stories(tell(f"{label}: {LEAD}", LEAD, *MORE))[0][0] == LEAD
