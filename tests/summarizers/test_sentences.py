import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.summarizers.sentences import drop_headings, is_finished, split

CASES = {
    "abbreviations": (
        "en",
        "(CNN)Mr. Smith of the U.S. Senate paid 3.5 percent. The govt. of India agreed.",
        ["(CNN)Mr. Smith of the U.S. Senate paid 3.5 percent.", "The govt. of India agreed."],
    ),
    "a day alone is no sentence": (
        "de",
        "Am 12. Bis 13. September startet die Messe. Sie ist in Köln.",
        ["Am 12. Bis 13. September startet die Messe.", "Sie ist in Köln."],
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
    ("en", ["PORT ELM, Mass. (AP) — A man was pulled from the harbor.", "He is well."]),
    ("en", ["He lives in Boston, Mass.", "(It is a city.)", "He is well."]),
    ("hi", ["इंदौर, जागरण संवाददाता। अदालत ने सजा सुनाई।", "जज ने कहा।"]),
    ("hi", ["भोपाल, एजेंसी। अदालत ने सजा सुनाई।", "जज ने कहा।"]),
    ("hi", ["यह सरकार का संवाद।", "वह गए।"]),
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
    ("de", ["Bis 13. September gilt das.", "Am 3. Oktober ruht der 2. Weltkrieg.", "Haus Nr. 5 brannte."]),
    ("de", ["Die 1. Mannschaft spielt zum 100. Geburtstag in der 2. Liga.", "Im 3. Quartal endet das."]),
    ("de", ["Städte, z. B. Bonn, und u. a. Vereine klagten.", "Das sagte Dr. Weber bzw. Prof. Maier."]),
    ("de", ["Die Zahl stieg auf 15.", "Zeugen gab es keine.", "Bayern ist auf Platz 3.", "Köln verlor."]),
    ("de", ["Es kostet 5 Mio. Euro gem. Art. 5 Abs. 2.", "Auch Dipl.-Ing. Vogel von der Fa. Müller kam."]),
    (
        "de",
        ["Er kam am 3.", "Die Polizei ging.", "Sie wurde 30.", "Im Jahr 1999.", "Vereine usw.", "Die Stadt."],
    ),
    ("fr", ["M. Macron et Mme Borne sont là.", "Le n° 5 et l'art. 3 aussi.", "Le 1er mai, M. Petit vient."]),
    (
        "fr",
        ["« C'est fini ! » a lancé M. Petit.", "J.-P. Martin et A. Camus sont nés en 70 av. J.-C. à Rome."],
    ),
    (
        "fr",
        ["C'est le plan B.", "Le maire a payé 5 M.", "Le juge, Mgr. Roux, etc.", "La Cie. Générale ferme."],
    ),
    (
        "it",
        ["Il dott. Verdi e l'on. Gallo a S. Maria.", "Nel 50 a.C. Cesare vinse.", "L'art. 5, n. 3, è nullo."],
    ),
    (
        "nl",
        [
            "Dhr. Jansen en mevr. De Vries kwamen.",
            "Huis nr. 5, o.a. Frans, bleef.",
            "De N.V. Philips groeit.",
        ],
    ),
    ("pt", ["O Sr. Silva mora na R. Augusta, n. 100.", "Em 44 a.C. César morreu.", "O art. 5.º vale."]),
    ("es", ["D. Juan y Dña. Ana viven en EE. UU.", "El lunes ganó el n.º 5.", "Mons. Romero rezó."]),
    (
        "ru",
        [
            "В 2020 г. Москва росла.",
            "Его построили в 1950 г.",
            "Город вырос.",
            "Дом на ул. Ленина, т. е. Иванова.",
        ],
    ),
    ("ru", ["В 1999–2005 гг. Петров служил.", "С 1 янв. Россия ждёт.", "Он помог им.", "Потом ушёл."]),
]
DATELINES = [
    ("en", "PARIS (Reuters) - "),
    ("en", "LONDON, Nov. 3 (AFP) — "),
    ("en", "MOSCOW, December 1. /TASS/. "),
    ("en", "MOSCOW, Dec. 1 (TASS). "),
    ("en", "JERUSALEM, Sept. 5. — "),
    ("en", "By JANE DOE, AP — "),
    ("en", "NEW YORK — "),
    ("en", "FORT WORTH, Texas -- "),
    ("de", "Berlin (dpa/bb) - "),
    ("de", "(dpa) - "),
    ("de", "Frankfurt a. M. (dpa) - "),
    ("de", "BERLIN, 3. Oktober (AFP) - "),
    ("de", "Hamburg. "),
    ("es", "Madrid, 3 nov (EFE).- "),
    ("es", "Bogotá, 5 de nov. (EFE). - "),
    ("it", "Milano, 3 nov. - (Adnkronos) - "),
    ("fr", "Paris, 3 nov. 2024 (AFP) - "),
    ("pt", "São Paulo, 3 nov. (EFE).- "),
    ("ru", "МОСКВА, 3 ноя — РИА Новости. "),
    ("ru", "Москва. 3 ноября. ИНТЕРФАКС - "),
    ("ar", "القاهرة (أ.ف.ب) - "),
    ("ur", "اسلام آباد (اے پی پی) "),
    ("ur", "کراچی: "),
]
NEWS = {
    "ar": ["قال الوزير إنه سيزور الصين.", "وصل أمس."],
    "de": ["Der Rat tagt am Montag im Rathaus.", "Es eilt."],
    "en": ["The minister resigned on Monday.", "Nobody knew."],
    "es": ["El Gobierno aprobó el lunes la ley.", "Nadie votó."],
    "fr": ["M. Petit a démissionné lundi.", "Personne ne dit rien."],
    "it": ["Il governo ha approvato la legge.", "Nessuno parla."],
    "pt": ["O ministro saiu na segunda.", "Ninguém falou."],
    "ru": ["Министр ушёл в отставку.", "Все молчат."],
    "ur": ["وزیراعظم نے استعفیٰ دے دیا۔", "کوئی نہیں بولا۔"],
}


@pytest.mark.parametrize(("language", "dateline"), DATELINES)
def test_a_dateline_ends_no_sentence(language: str, dateline: str) -> None:
    first, second = NEWS[language]
    assert split(f"{dateline}{first} {second}", language) == [f"{dateline}{first}", second]


@pytest.mark.parametrize(("language", "sentences"), TOGETHER)
def test_each_sentence_stays_whole_and_apart(language: str, sentences: list[str]) -> None:
    assert split(("" if language == "ja" else " ").join(sentences), language) == sentences


@pytest.mark.parametrize(
    "name",
    ["contextlib.ExitStack", "ASP.NET", "Amazon.Com", "java.util.List", "de.example.Reader", "Debian.Org"],
)
def test_a_full_stop_in_a_name_ends_no_sentence(name: str) -> None:
    sentences = [f"The ferry's tickets are now sold by {name} on the quay.", "Nobody knew."]
    assert split(" ".join(sentences), "en") == sentences


@pytest.mark.parametrize("name", [".Harbour", ".NET"])
def test_a_full_stop_before_a_name_ends_no_sentence(name: str) -> None:
    sentence = f"The town asked for the {name} domain on Monday."
    assert split(f"{sentence} Nobody knew.", "en") == [sentence, "Nobody knew."]


@pytest.mark.parametrize(("end", "start"), [("pier.", "The"), ("ferry.", "McDonald"), ("2024.", "Nobody")])
def test_sentences_without_a_space_between_them_are_split(end: str, start: str) -> None:
    assert split(f"They built a new {end}{start} saw it.", "en") == [
        f"They built a new {end}",
        f"{start} saw it.",
    ]


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
    assert drop_headings(["News", "It rains.", "***."]) == ["It rains."]
    assert drop_headings(["ฝนตกหนัก", "น้ำท่วม"]) == ["ฝนตกหนัก", "น้ำท่วม"]


@given(
    st.text(alphabet=st.sampled_from("aB.!? \n\t\"'“”‘’«»「」()。۔।éか中:-"), max_size=300),
    st.sampled_from(["en", "ja", "ur", "xx", None]),
)
def test_sentences_are_the_text_in_order_and_nothing_is_lost(text: str, language: str | None) -> None:
    assert "".join("".join(split(text, language)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ผู้สื่อข่าวได้รับแจ้งจากนาย ต. ว่าเรือจอดที่ท่า อ.เมือง จ.ระยอง เวลา 12.00 น. วันที่ 5 ม.ค. 2561 แล้ว", "th"),
        ("ทีมข่าวพบ น.ส. ดวงใจ ที่ท่าเรือ", None),
        ("ທ່ານ ນ. ສົມໄດ້ກ່າວທີ່ທ່າເຮືອ ໃນວັນທີ 5 ມ. ນີ້", "lo"),
    ],
)
def test_a_thai_or_lao_stop_ends_an_abbreviation_and_no_sentence(text: str, language: str | None) -> None:
    assert split(text, language) == [text]
