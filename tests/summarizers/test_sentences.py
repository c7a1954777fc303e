import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.summarizers.sentences import is_finished, split, without_headings

CASES = {
    "abbreviations": (
        "en",
        "(CNN)Mr. Smith of the U.S. Senate paid 3.5 percent. The govt. of India agreed.",
        ["(CNN)Mr. Smith of the U.S. Senate paid 3.5 percent.", "The govt. of India agreed."],
    ),
    "a name that ends with a mark": (
        "en",
        "He is unhappy, said a report by E! News. He left Yahoo! Inc. last year.",
        ["He is unhappy, said a report by E! News.", "He left Yahoo! Inc. last year."],
    ),
    "a dateline stays with its sentence": (
        "en",
        "KARACHI: Rain fell on Monday. Roads were closed.",
        ["KARACHI: Rain fell on Monday.", "Roads were closed."],
    ),
    "one sentence a line": ("en", "First one.\nSecond one\nThird.", ["First one.", "Second one", "Third."]),
    "a blank line ends a sentence": ("en", "No stop\n\nHere. There", ["No stop", "Here.", "There"]),
    "lines wrapped at a width are one sentence": (
        "en",
        (
            "The council of the town said late on Monday that the bridge over\n"
            "the river Wye would be closed for two weeks from next Saturday.\nIt is old."
        ),
        [
            (
                "The council of the town said late on Monday that the bridge over"
                " the river Wye would be closed for two weeks from next Saturday."
            ),
            "It is old.",
        ],
    ),
    "a closing mark stays with what it closes": (
        "ur",
        "وزیر نے کہا کہ ’’یہ درست ہے۔ ہم جائیں گے۔‘‘ جلسہ ختم ہوا۔",
        ["وزیر نے کہا کہ ’’یہ درست ہے۔", "ہم جائیں گے۔‘‘", "جلسہ ختم ہوا۔"],
    ),
    "a mark standing alone, too": ("en", '"We left. " Rain fell.', ['"We left. "', "Rain fell."]),
    "Japanese": (
        "ja",
        "「行く。」と彼は言った。東京で会議があった。",
        ["「行く。」と彼は言った。", "東京で会議があった。"],
    ),
    "Chinese": ("zh", "北京开会。上海下雨！", ["北京开会。", "上海下雨！"]),
    "Korean": ("ko", '그는 "간다. 정말이다."라고 말했다. 끝.', ['그는 "간다. 정말이다."라고 말했다.', "끝."]),
    "Arabic": ("ar", "وصل د. أحمد اليوم؟ نعم!", ["وصل د. أحمد اليوم؟", "نعم!"]),
    "Hindi": ("hi", "डॉ. शर्मा आए। बारिश हुई।", ["डॉ. शर्मा आए।", "बारिश हुई।"]),
    "Spanish": (
        "es",
        "El Sr. Pérez llegó a EE. UU. el lunes. ¿Y?",
        ["El Sr. Pérez llegó a EE. UU. el lunes.", "¿Y?"],
    ),
}

# Sentences of each language, each whole: joined they come apart at the same places.
TOGETHER = [
    ("en", ["The polls open at 9 a.m. ET on Tuesday.", "Results come at 2 p.m. Monday.", "Doors close."]),
    ("en", ["He left at 9 a.m.", "The train had gone."]),
    ("en", ["The U.S. Embassy in Nairobi closed.", "It reopens on Aug. 23 at noon."]),
    ("en", ["He moved to the U.S.", "His brother stayed."]),
    (
        "en",
        ["The song reached No. 5 in Britain.", "Asked whether he knew, he said no.", "Nobody believed him."],
    ),
    ("en", ["J. K. Rowling and George R. R. Martin met in St. Louis.", "They spoke for an hour."]),
    ("en", ["The host of Jeopardy! Ken Jennings spoke.", "Yahoo! said on Monday it would cut jobs."]),
    ("en", ["Three people work at the firm.", "iPhone revenue fell by a tenth.", "eBay said nothing."]),
    ("en", ["“We are leaving!” the minister said.", "“Why not?” asked the mayor.", "Nobody answered."]),
    ("en", ["WASHINGTON, D.C. (AP) — The Senate voted on Monday.", "It was close."]),
    ("en", ["He waited... and then left.", "He waited…", "Then he left."]),
    ("en", ["Lt. Col. Ann Lee, Ph.D., of the U.N. Security Council spoke.", "Sens. Jones and Day listened."]),
    ("en", ["Rep. David Day, R-W. Va., went to the border.", "He came back."]),
    ("en", ["(He was 50.)", "The club mourned (as it had said.)", "Nobody came."]),
    ("en", ["1. Rabbit Beach, Lampedusa.", "2. Grace Bay, Turks and Caicos."]),
    ("es", ["El Gral. Ruiz y el Pdte. Soto hablaron.", "La Dra. Gómez llegó a las 9 a. m. del lunes."]),
    (
        "es",
        ["La Av. 9 de Julio se cerró.", "El art. 5 del código lo permite.", "Vive en EE. UU. desde 2010."],
    ),
    ("es", ["Madrid, 23 nov (EFE).- El alcalde dimitió el lunes.", "Nadie lo esperaba."]),
    ("es", ["VALDEMORA. — El pleno aprobó el tranvía.", "Costará 37 millones."]),
    ("pt", ["Montevidéu, 12 jul (EFE).-Os países decidiram nesta sexta-feira.", "Foi unânime."]),
    ("es", ["El alcalde llegó tarde.", "—No sé por qué —dijo."]),
    ("en", ["The mayor, who had promised to come to the opening, left.", "- She stayed."]),
    ("es", ["—No iremos —dijo el ministro—.", "Nadie respondió.", "¡Goool!", "¿Quién fue?"]),
    ("pt", ["O Sr. Silva vive na Av. Paulista.", "O Gov. Dias e o Pres. Lima falaram.", "O n.º 3 caiu."]),
    ("ru", ["В 2020 г. население города составило 5 тыс. человек.", "Его построили в 1950 г.", "Это мало."]),
    ("ru", ["А. С. Пушкин родился в Москве.", "Проф. Иванов приехал в г. Тверь.", "Его ждали."]),
    ("ru", ["«Мы уходим!» — сказал министр.", "Ущерб составил 3 млрд руб.", "Виновных ищут."]),
    ("ur", ["پی۔ ٹی۔ آئی کے رہنما نے کہا۔", "قیمت 3.5 روپے ہوگئی۔", "کیا وہ آئے؟", "نہیں!"]),
    ("ar", ["وصل د. أحمد و أ. د. علي اليوم.", "ولد عام 1950 م. في القاهرة.", "بلغ السعر 3.5 دولار."]),
    ("hi", ["डॉ. शर्मा और प्रो. गुप्ता आए।", "बी.जे.पी. के नेता श्री. मोदी ने कहा।", "कीमत रु. 500 हुई।"]),
    ("ja", ["「なぜ？」と記者が聞いた。", "売上は3.5億円だった。", "Yahoo!ニュースが伝えた。"]),
]


@pytest.mark.parametrize(("language", "sentences"), TOGETHER)
def test_each_sentence_stays_whole_and_apart(language: str, sentences: list[str]) -> None:
    assert split(("" if language == "ja" else " ").join(sentences), language) == sentences


def test_a_text_of_lower_case_tokens_has_sentences() -> None:
    text = "the town was quiet . the mayor spoke at noon . nobody came ."
    assert split(text, "en") == ["the town was quiet .", "the mayor spoke at noon .", "nobody came ."]


@pytest.mark.parametrize("name", CASES)
def test_splits(name: str) -> None:
    language, text, expected = CASES[name]
    assert split(text, language) == expected


@pytest.mark.parametrize("finished", ["Yes.", 'He said "no."', "はい。」", "ہے۔‘‘", "क्या?", "وصل؟", "Wait…"])
def test_a_full_stop_of_any_script_finishes(finished: str) -> None:
    assert is_finished(finished)


@pytest.mark.parametrize("heading", ["Recent Posts", "March 14, 2026", "A list:", ""])
def test_a_line_without_full_stop_is_not_finished(heading: str) -> None:
    assert not is_finished(heading)


def test_headings_go_but_not_where_nothing_is_finished() -> None:
    assert without_headings(["News", "It rains.", "***."]) == ["It rains."]
    assert without_headings(["ฝนตกหนัก", "น้ำท่วม"]) == ["ฝนตกหนัก", "น้ำท่วม"]


@given(
    st.text(alphabet=st.sampled_from("aB.!? \n\t\"'“”‘’«»「」()。۔।éか中:-"), max_size=300),
    st.sampled_from(["en", "ja", "ur", "xx", None]),
)
def test_sentences_are_the_text_in_order_and_nothing_is_lost(text: str, language: str | None) -> None:
    assert "".join("".join(split(text, language)).split()) == "".join(text.split())
