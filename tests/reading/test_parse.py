"""Scraped text: the headline and the body stay, whatever stands around them."""

# ruff: noqa: E501  a paragraph of the input is one line

from pathlib import Path

import pytest

from newsbot.reading.parse import read_text

ENGLISH = (
    "Council approves new bus lanes after two years of debate",
    "The city council voted on Tuesday to build bus lanes along the two busiest roads, ending a long debate.",
    "“We have waited for this for too long,” said Maria Lopez, who chairs the transport committee.",
    "Work is to begin in May and should be finished before the end of next year, the council said.",
)
URDU = (
    "حکومت نے نئی تعلیمی پالیسی کا اعلان کر دیا",
    "وفاقی حکومت نے منگل کے روز نئی تعلیمی پالیسی کا اعلان کیا جس کے تحت ملک بھر میں نئے اسکول قائم کیے جائیں گے۔",
    "وزیر تعلیم نے کہا کہ اس پالیسی سے دیہی علاقوں کے لاکھوں بچوں کو فائدہ پہنچے گا اور اساتذہ کی تربیت بھی کی جائے گی۔",
    "حزب اختلاف نے پالیسی پر تنقید کرتے ہوئے کہا کہ اس کے لیے بجٹ میں کافی رقم مختص نہیں کی گئی۔",
)
ARABIC = (
    "الحكومة تعلن خطة جديدة لتطوير النقل العام",
    "أعلنت الحكومة يوم الثلاثاء خطة جديدة لتطوير شبكة النقل العام في العاصمة تشمل خطوطا جديدة للحافلات.",
    "وقال وزير النقل إن العمل سيبدأ في مايو المقبل وسينتهي قبل نهاية العام القادم.",
    "وأضاف أن الخطة ستوفر آلاف فرص العمل للشباب في العاصمة والمدن المجاورة لها.",
)
HINDI = (
    "दिल्ली में नई बस सेवा की शुरुआत, यात्रियों को राहत",
    "दिल्ली सरकार ने मंगलवार को नई बस सेवा की शुरुआत की, जिससे हज़ारों यात्रियों को राहत मिलने की उम्मीद है।",
    "परिवहन मंत्री ने कहा कि पहले चरण में सौ बसें चलाई जाएंगी और अगले साल तक उनकी संख्या दोगुनी होगी।",
    "यात्रियों ने इस फैसले का स्वागत किया, लेकिन किराए को लेकर कुछ सवाल भी उठाए हैं।",
)
SPANISH = (
    "El Congreso aprueba la reforma de la ley de transporte",
    "El Congreso aprobó este martes la reforma de la ley de transporte, tras dos años de negociaciones entre los grupos.",
    "«Es un paso histórico para las ciudades», afirmó la ministra al término de la votación en la cámara.",
    "La norma entrará en vigor en enero y obligará a los ayuntamientos a presentar planes de movilidad.",
)
GERMAN = (
    "Stadtrat beschließt neue Busspuren nach langem Streit",
    "Der Stadtrat hat am Dienstag nach zwei Jahren Streit den Bau neuer Busspuren auf zwei Hauptstraßen beschlossen.",
    "„Darauf haben wir lange gewartet“, sagte die Vorsitzende des Verkehrsausschusses nach der Abstimmung im Rathaus.",
    "Die Arbeiten sollen im Mai beginnen und vor dem Ende des kommenden Jahres abgeschlossen sein.",
)
FRENCH = (
    "Le conseil municipal adopte les nouvelles voies de bus",
    "Le conseil municipal a adopté mardi la construction de nouvelles voies de bus, après deux ans de débats animés.",
    "« Nous attendions cela depuis trop longtemps », a déclaré la présidente de la commission des transports.",
    "Les travaux commenceront en mai et devraient s'achever avant la fin de l'année prochaine, selon la mairie.",
)
JAPANESE = (
    "市議会、新しいバス専用レーンの整備を可決",
    "市議会は火曜日、市内の主要な二つの道路に新しいバス専用レーンを整備する計画を賛成多数で可決した。",
    "交通委員会の委員長は「長い間この日を待っていた」と述べ、住民の理解に感謝の意を示した。",
    "工事は来年五月に始まり、その年の終わりまでに完了する見通しだと市の担当者は説明している。",
)

AROUND = {
    "english, author, related, newsletter, cookies": (
        ENGLISH,
        ("By Jane Smith", "March 14, 2026", "5 min read"),
        (
            "About the author",
            "Jane Smith is a staff writer who covers transport. Follow her on Twitter @janesmith.",
            "Related Articles",
            "Ten cities that banned cars",
            "Why trams are coming back to Europe after decades",
            "Sign up for our newsletter",
            "Get the day's news in your inbox every morning.",
            "We use cookies to improve your experience.",
            "Accept",
        ),
    ),
    "english, desk's notes and rights": (
        ENGLISH,
        ("Advertisement",),
        (
            "(Reporting by John Doe in London; Editing by Mary Major)",
            "Share this:",
            "Facebook",
            "Twitter",
            "WhatsApp",
            "Tags: transport, council, buses",
            "Leave a Reply",
            "Your email address will not be published. Required fields are marked *",
            "Great news for everybody who lives there. I have waited years for that to happen here.",
            "© 2026 The Daily Paper. All rights reserved.",
        ),
    ),
    "english, initials and a list with dates": (
        ENGLISH,
        (),
        (
            "jk/rs",
            "Latest News",
            "Storm warning issued for the whole coast",
            "Forecasters expect heavy rain and strong winds along the coast from Friday morning on, they said today.",
            "April 2, 2026",
            "Museum opens its doors after the long renovation",
            "The museum has been renovated for four years and shows two hundred pictures never seen before.",
            "April 1, 2026",
        ),
    ),
    "english, consent, a form and comments with dates": (
        ENGLISH,
        ("Home » News » Transport", "Share on Facebook"),
        (
            "We value your privacy",
            "We and our partners store information on a device, such as cookies, and process personal data.",
            "Newsletter",
            "Get the best stories every morning.",
            "Your email address",
            "3 Comments",
            "Ali Raza",
            "March 14, 2026 at 10:11 am",
            "This is a very good step by the council. I hope that it will be put into practice soon.",
            "Reply",
        ),
    ),
    "urdu": (
        URDU,
        ("ویب ڈیسک", "14 مارچ 2026"),
        (
            "یہ بھی پڑھیں: ملک میں تعلیم کا بحران",
            "شیئر کریں",
            "متعلقہ خبریں",
            "بجٹ میں تعلیم کے لیے رقم میں اضافہ",
            "اساتذہ کا احتجاج تیسرے روز بھی جاری",
            "تبصرے",
            "بہت اچھی خبر ہے، ہم اس فیصلے کا خیر مقدم کرتے ہیں اور امید کرتے ہیں کہ اس پر عمل بھی ہوگا۔",
            "جملہ حقوق محفوظ ہیں",
        ),
    ),
    "arabic": (
        ARABIC,
        (),
        (
            "المصدر: وكالات",
            "شارك المقال",
            "اقرأ أيضا: خطة لتطوير المطار",
            "مقالات ذات صلة",
            "افتتاح محطة جديدة للقطارات",
            "ارتفاع أسعار الوقود في العاصمة",
            "اترك تعليقا",
            "لن يتم نشر عنوان بريدك الإلكتروني.",
            "جميع الحقوق محفوظة © 2026",
        ),
    ),
    "hindi": (
        HINDI,
        (),
        (
            "यह भी पढ़ें: मेट्रो का किराया बढ़ा",
            "शेयर करें",
            "संबंधित खबरें",
            "मेट्रो का नया रूट खुला",
            "सड़क सुरक्षा पर नया अभियान",
            "टिप्पणी करें",
            "सर्वाधिकार सुरक्षित",
        ),
    ),
    "spanish": (
        SPANISH,
        ("Publicidad",),
        (
            "Te puede interesar: Las ciudades más verdes de Europa",
            "Suscríbete a nuestro boletín",
            "Noticias relacionadas",
            "Madrid amplía su red de metro",
            "El precio del billete subirá en enero",
            "Este sitio web utiliza cookies para mejorar su experiencia.",
            "Todos los derechos reservados",
        ),
    ),
    "german": (
        GERMAN,
        ("Anzeige",),
        (
            "dpa",
            "Lesen Sie auch: Wo in Europa die meisten Busse fahren",
            "Das könnte Sie auch interessieren",
            "Bahn erhöht die Preise",
            "Neue Brücke eröffnet",
            "Newsletter abonnieren",
            "Kommentare",
            "Alle Rechte vorbehalten",
            "Diese Website verwendet Cookies.",
        ),
    ),
    "french": (
        FRENCH,
        (),
        (
            "Lire aussi : Les villes qui ont banni la voiture",
            "Abonnez-vous à notre newsletter",
            "Articles similaires",
            "Le tramway revient en Europe",
            "Le prix du ticket augmente",
            "Laisser un commentaire",
            "Tous droits réservés",
        ),
    ),
    "japanese": (
        JAPANESE,
        (),
        (
            "（山田太郎記者）",
            "関連記事",
            "新しい駅が来春に開業",
            "バス料金の値上げを発表",
            "この記事をシェアする",
            "コメントする",
            "無断転載を禁じます",
            "続きを読む",
        ),
    ),
}


@pytest.mark.parametrize("case", AROUND)
def test_only_headline_and_body_are_left(case: str) -> None:
    (title, *body), head, tail = AROUND[case]
    read = read_text("\n\n".join([title, *head, *body, *tail]))
    assert read.title == title
    assert read.body.split("\n\n") == body


@pytest.mark.parametrize("case", AROUND)
def test_lines_without_blank_ones_between_them_read_the_same(case: str) -> None:
    (title, *body), head, tail = AROUND[case]
    read = read_text("\n".join([title, *head, *body, *tail]))
    assert (read.title, read.body.split("\n\n")) == (title, body)


@pytest.mark.parametrize("article", [ENGLISH, URDU, ARABIC, HINDI, SPANISH, GERMAN, FRENCH, JAPANESE])
def test_an_untitled_article_gets_no_title(article: tuple[str, ...]) -> None:
    read = read_text("\n\n".join(article[1:]))
    assert read.title is None
    assert read.body.split("\n\n") == list(article[1:])


def test_a_list_in_the_middle_does_not_end_the_body() -> None:
    title, *body = ENGLISH
    related = ["Related stories", "Ten cities that banned cars", "Why trams are coming back"]
    read = read_text("\n\n".join([title, body[0], *related, *body[1:]]))
    assert read.body.split("\n\n") == body


def test_the_last_paragraph_behind_a_list_stays() -> None:
    title, *body = ENGLISH
    related = ["Also read:", "More stories", "Ten cities that banned cars", "Why trams are coming back"]
    read = read_text("\n\n".join([title, *body[:2], *related, body[2]]))
    assert read.body.split("\n\n") == body


def test_a_conclusion_under_its_heading_is_body() -> None:
    title, *body = ENGLISH
    end = [
        "Conclusion",
        "In the end the council got what it wanted, and the people of the city will have their buses.",
    ]
    read = read_text("\n\n".join([title, *body, *end]))
    assert read.body.split("\n\n") == [*body, *end]


def test_a_writer_who_speaks_as_i_behind_the_body_is_no_body() -> None:
    title, *body = ENGLISH
    bio = "As a journalist I have always believed that my work is to give a voice to those who have none."
    assert read_text("\n\n".join([title, *body, bio])).body.split("\n\n") == body
    own = ["I have ridden these buses for years, and I know every stop.", *body, bio]
    assert read_text("\n\n".join([title, *own])).body.split("\n\n") == own


def test_a_live_blog_is_not_taken_for_a_list() -> None:
    updates = [
        line for hour in range(10, 20) for line in (f"{hour}:30", f"{ENGLISH[1]} That was at {hour} o'clock.")
    ]
    read = read_text("\n\n".join([ENGLISH[0], ENGLISH[2], "Latest news", *updates]))
    assert all(f"at {hour} o'clock" in read.body for hour in range(10, 20))


def test_a_counter_of_comments_under_the_headline_ends_nothing() -> None:
    title, *body = ENGLISH
    read = read_text("\n\n".join([title, body[0], "3 Comments", "Share", *body[1:]]))
    assert read.body.split("\n\n") == body


def test_what_only_resembles_furniture_is_body() -> None:
    body = [
        "Advertisement revenue fell by a tenth last year, and publishers blame the large platforms for it.",
        "Subscribe numbers matter less than they did, she said, as readers come through search and social media.",
        "Read more books, the minister told the pupils, and share what you have learned with your friends.",
        "Related diseases were found in forty patients, and more on the study is to be published in May.",
        "Follow the money, the old saying goes, and that is what the auditors on the case have done.",
        "The journalist was released on Friday after two years in prison, her lawyer told the agency.",
    ]
    read = read_text("\n\n".join(["What the week brought", *body]))
    assert read.body.split("\n\n") == body


def test_hard_wrapped_paragraphs_are_joined() -> None:
    text = (
        "A title of its own\n\n"
        "This paragraph was wrapped to a width by the program that saved\n"
        "it, so that its lines have no meaning and are joined again to\n"
        "one paragraph.\n\n"
        "The second paragraph."
    )
    assert (
        read_text(text)
        .body.split("\n\n")[0]
        .endswith("saved it, so that its lines have no meaning and are joined again to one paragraph.")
    )


def test_questions_and_initials_are_titles_and_a_headline_may_be_long() -> None:
    body = ENGLISH[1]
    for title in (
        "Who will pay for the buses?",
        "What it means for the U.S.",
        "Why " + "very " * 55 + "long",
        "“A new era”",
    ):
        assert read_text(f"{title}\n\n{body}") == (title, body)


def test_one_paragraph_alone_is_a_body() -> None:
    assert read_text("Just one line") == (None, "Just one line")
    assert read_text("") == (None, "")
    assert read_text(" \n\n \n") == (None, "")


def test_the_sample_article(shared: Path) -> None:
    read = read_text((shared / "data" / "000_0e4fa50010040a0a.txt").read_text(encoding="utf-8"))
    paragraphs = read.body.split("\n\n")
    assert read.title == "Pakistan is Ready to Leave its Mark on the Moon in Partnership with China"
    assert len(paragraphs) == 7
    assert paragraphs[0].startswith("It seems Pakistan is all set")
    assert paragraphs[-1].endswith("back to Earth in June.")
    assert not any(
        word in read.body for word in ("RDA", "Recent Posts", "cookies", "Read More", "journalist")
    )
