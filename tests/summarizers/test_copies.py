"""Descriptions that a program copied from the article and damaged, and sentences that trail off."""

import pytest

from newsbot.summarizers.standfirst import judge_standfirst
from tests.summarizers.test_leads import LEAD, MORE, TITLE, stories, tell

# A headline, an article's first sentence, and the words that a program left out or cut off, by language.
COPIES = {
    "en": (
        "Harbour ferry sails again",
        "The harbour ferry sails again since Monday, the port authority of Wight Island said at noon.",
        " of Wight Island",
        " said at noon.",
    ),
    "hu": (
        "Újra jár a komp a kikötőben",
        "Hétfő óta újra közlekedik a komp a régi kikötő és a sziget között – közölte délben a helyi lap.",
        " és a sziget",
        " a helyi lap.",
    ),
    "ar": (
        "العبارة تبحر من جديد بعد عامين",
        "أعلنت هيئة الميناء أن العبارة عادت تبحر من الميناء القديم إلى الجزيرة بعد عامين من التوقف.",
        " من الميناء القديم",
        " من التوقف.",
    ),
    "ru": (
        "Паром снова вышел из порта",
        "Паром между портом и островом снова вышел в рейс в понедельник, сообщила утром газета «Берег».",
        " и островом",
        " газета «Берег».",
    ),
    "es": (
        "El ferry vuelve a zarpar del puerto",
        "El ferry entre el puerto viejo y la isla volvió a zarpar el lunes, informó el diario de la isla.",
        " viejo y la isla",
        " el diario de la isla.",
    ),
}


@pytest.mark.parametrize("language", COPIES)
def test_a_line_that_lacks_words_of_the_articles_sentence_gives_way_to_the_sentence(language: str) -> None:
    title, lead, missing, _ = COPIES[language]
    assert judge_standfirst(lead.replace(missing, ""), title, lead, language).text is None
    found = stories(tell(lead, standfirst=lead.replace(missing, ""), title=title, language=language))
    assert found[0] == [lead]


@pytest.mark.parametrize("language", COPIES)
@pytest.mark.parametrize("changed", [("", ""), (", ", " "), ("–", "-"), (" ", "  ")])
def test_a_line_without_its_last_words_and_stop_is_cut_off(language: str, changed: tuple[str, str]) -> None:
    title, lead, _, end = COPIES[language]
    line = lead.removesuffix(end)
    assert judge_standfirst(line.replace(*changed), title, lead, language).text is None
    some = line.split(" ")
    article = " ".join([*some[:6], "Zorp", *some[7:]]) + end
    assert judge_standfirst(line, title, article, language).text is None


def test_a_line_of_fewer_words_than_the_article_has_is_whole() -> None:
    text = "The harbour ferry, whose pier broke in a storm two winters ago, sails again since Monday."
    line = "The harbour ferry sails again since Monday from the new pier."
    assert judge_standfirst(line, TITLE, text, "en").text == line
    shorter = "About 400 people stood on the quay when it left at nine"
    article = f"About 400 people stood on the cold quay when it left at nine. {LEAD}"
    assert judge_standfirst(shorter, TITLE, article, "en").text == shorter


@pytest.mark.parametrize(
    "line",
    [
        "The ferry in the harbour The ferry in the harbour sails again since Monday to the island.",
        "Festnahme von Anna Reid Anna Reid leitete die Fähre im Hafen und wurde am Montag gefasst.",
        "Detenida en la isla Ana Ríos Ana Ríos dirigía el ferry del puerto y fue detenida el lunes.",
        "Задержана Анна Рид Анна Рид руководила паромом в порту и была задержана в понедельник.",
        "وصول العبارة إلى الجزيرة العبارة إلى الجزيرة تبحر من الميناء يوم الاثنين بعد عامين.",
        "बंदरगाह की नाव बंदरगाह की नाव सोमवार को दो साल बाद फिर द्वीप के लिए रवाना हुई।",
    ],
)
def test_a_phrase_twice_in_a_row_joins_two_lines(line: str) -> None:
    shared = f"{line} {LEAD}"
    assert judge_standfirst(line, "Ferry", shared, None).text is None
    assert all(line not in story for story in stories(tell(line, *MORE, title="Ferry", language="de")))


@pytest.mark.parametrize(
    "line",
    [
        "The ferry has to be ready, and it has to be ready soon, the port authority of the harbour said.",
        "Boutros Boutros Ghali came to see the harbour ferry sail again, again and again.",
        "The ferry sails day by day by day to the harbour of the island.",
    ],
)
def test_a_word_twice_in_a_row_or_a_phrase_twice_in_a_sentence_joins_none(line: str) -> None:
    assert judge_standfirst(line, TITLE, f"{LEAD} {line}", "en").text == line


@pytest.mark.parametrize("end", [" ...", "…", " […]", " (...)"])
def test_a_lead_that_trails_off_gives_way_to_the_headline(end: str) -> None:
    trailing = f"{LEAD[:-1]}{end}"
    assert stories(tell(trailing, *MORE)) == []
    assert tell(trailing, *MORE).lead is None
    said = f"{LEAD[:-1]}, and a boy said: “I waited for so long...”"
    assert stories(tell(said, *MORE))[0][0] == said
