"""What a post says below its headline: standfirst or lead, then the article in its own order."""

import pytest

from newsbot.model import Article, PostWarning, Summary
from newsbot.reasons import WarningCode
from newsbot.summarizers.extract import ExtractSummarizer
from newsbot.summarizers.standfirst import judge_standfirst

TITLE = "Harbour ferry sails again after two years"
BODY = (
    "The ferry between the old harbour and Wight Island sailed on Monday for the first time since 2024.",
    "About 400 people stood on the quay when it left at nine in the morning.",
    "“We waited two years for this,” said Anna Reid, who runs a bakery on the island.",
    "The port authority had stopped the line after a storm broke the pier.",
)
STANDFIRST = "Islanders have their boat back: the harbour ferry carries people, bread and post again."


def tell(
    *paragraphs: str, standfirst: str | None = None, title: str = TITLE, language: str = "en"
) -> Summary:
    text = "\n\n".join(paragraphs)
    article = Article("guid", text, title=title, summary=standfirst, language=language)
    return ExtractSummarizer().summarize(article)


def texts(summary: Summary) -> list[list[str]]:
    return [[sentence.text for sentence in story] for story in summary.stories or ()]


def test_the_lead_and_what_follows_it_in_the_articles_order() -> None:
    summary = tell(*BODY)
    assert texts(summary)[0] == list(BODY)
    assert summary.lead == BODY[0]
    assert summary.standfirst is None


def test_a_story_is_read_as_far_as_it_is_asked_for_in_any_order() -> None:
    (story, *_) = tell(*BODY).stories or ()
    assert [each.text for each in story[:2]] == list(BODY[:2])
    assert (story[0].text, story[2].text, story[-1].text) == (BODY[0], BODY[2], BODY[3])
    assert (len(story), story[5:], story[1:][0].text) == (4, (), BODY[1])
    with pytest.raises(IndexError):
        story[4]


def test_the_standfirst_comes_first_and_the_lead_after_it() -> None:
    assert texts(tell(*BODY, standfirst=STANDFIRST))[:2] == [[STANDFIRST, *BODY], list(BODY)]


def test_behind_a_standfirst_no_scene_is_set() -> None:
    scene = "A song about a boat was the first thing that anybody heard on this foggy morning in the bay."
    assert texts(tell(scene, *BODY, standfirst=STANDFIRST))[0] == [STANDFIRST]


def test_behind_a_standfirst_that_says_what_the_lead_says_nothing_is_shown() -> None:
    """What follows the lead may lean on it."""
    said = "For the first time since 2024, the ferry between the harbour and Wight Island sailed on Monday."
    assert texts(tell(*BODY, standfirst=said))[0] == [said]


def test_a_standfirst_that_is_only_how_the_article_begins_is_not_said_twice() -> None:
    assert texts(tell(*BODY, standfirst=f"{BODY[0]} {BODY[1]}"))[0] == list(BODY)


@pytest.mark.parametrize(
    "line",
    [
        "Photo: the ferry at the quay on Monday",
        "1. Where the ferry goes.",
        "Read more: all about the harbour ferry.",
        "Subscribe to our morning letter now.",
        "| 679 | 0 | 0 |",
        "WHAT HAPPENS NEXT",
        "What happens next?",
        "We think that was overdue.",
        "“It was overdue.”",
        "This article first appeared in the Island Post.",
        "(Corrects the second paragraph to show that the pier is the port authority's.)",
        "1 ferry, 2 quays, 400 people.",
        "6A: Anna Reid of the island school came first.",
        "VISIT the harbour fair, Oct. 11, at the old pier; www.harbour.example.",
        "Welcome to the Island Post's Daily Ferry, your source for boats.",
        "You can download the timetable of the ferry here.",
        "For more ideas on how to spend a day there, check out the island's guide.",
        "The authority said it would … and the mayor did not answer.",
        "The authority said that,what nobody knew,the pier is old.",
        "Here is what the port authority's decision means for the island:۔",
    ],
)
def test_a_story_ends_before_what_is_no_sentence_of_the_news(line: str) -> None:
    assert texts(tell(*BODY[:2], line, *BODY[2:]))[0] == list(BODY[:2])


@pytest.mark.parametrize(
    "lead",
    [
        "She had waited for two years, as many islanders had, and cried when the boat came in.",
        "But the ferry between the harbour and the island sails again, to the joy of everybody there.",
        "Is this the end of a long wait for all who live on the island and work in the town?",
        "I was among the first who crossed to the island on the ferry, and I did not regret it at all.",
        "“At last the ferry is back, and all of the island is on its feet to see it come in.”",
    ],
)
def test_a_lead_that_does_not_stand_by_itself_gives_way_to_the_headline(lead: str) -> None:
    summary = tell(lead, "It was late.")
    assert summary.stories == ()
    assert [warning.code for warning in summary.warnings] == ["thin"]


@pytest.mark.parametrize(
    ("lead", "leans"),
    [
        ("The man behind this well-timed service is Tom Hale, a baker's son from the island.", True),
        ("Both are glad that the ferry between the harbour and the island sails.", True),
        ("The owners of such a boat have waited for two years to see it sail.", True),
        ("The man behind this ferry is Tom Hale, a baker's son from the island.", False),
        ("Thousands came to the quay this week, where the pier broke two years ago.", False),
        (
            "The breaking of harbours and of ferries for a port that nobody needs threatens this and more.",
            True,
        ),
        ("Those who live on the island have waited for two years to see a boat come in.", False),
        ("Anna Reid and Tom Hale, both bakers on the island, sailed on the first boat on Monday.", False),
        ("Imagine you have a boat, and the only quay that is near enough for it is closed for years.", True),
        (
            "You can take the harbour ferry to the island again, two years after a storm broke its pier.",
            False,
        ),
        ("Earlier this month, the port authority mended the pier that a storm had broken.", False),
    ],
)
def test_a_lead_does_not_lean_on_what_only_the_article_explains(lead: str, leans: bool) -> None:  # noqa: FBT001
    assert (tell(lead, "It was late.").lead is None) is leans


def test_no_sentence_repeats_what_is_shown() -> None:
    again = BODY[1].replace("nine", "nine o'clock")
    assert texts(tell(*BODY[:2], again, *BODY[2:]))[0] == list(BODY)


def test_a_lead_that_is_the_headline_again_is_passed_over() -> None:
    assert texts(tell(f"{TITLE}!", *BODY))[0] == list(BODY)


def test_no_lead_is_taken_from_behind_a_row() -> None:
    row = "Summary: 5-1A: Anna Reid won the swim from the harbour to the island with 409 points on Monday."
    assert tell(row, "Tom Hale added to his titles on Monday and won the swim back as well.").stories == ()


def test_a_description_that_copies_the_article_with_its_byline_is_no_standfirst() -> None:
    assert texts(tell(*BODY, standfirst=f"Staff Reports {BODY[0]} {BODY[1]}"))[0] == list(BODY)


def test_a_description_from_further_down_leads_where_it_is_nearer_to_the_headline() -> None:
    scene = "The quay was full of people, flags and dogs when the sun rose over the bay on Monday morning."
    news = "The harbour ferry sailed again after two years in which a storm kept it from the island."
    assert texts(tell(scene, news, *BODY[1:], standfirst=news))[0][0] == news
    later = "The port authority has a new pier, which cost four million and took a year to build."
    assert texts(tell(BODY[0], later, *BODY[1:], standfirst=later))[0][0] == BODY[0]


def test_a_sentence_that_has_one_word_of_the_headline_is_not_the_news() -> None:
    pier = "A ferry is a boat that carries people, the port authority said."
    assert tell("She cried when it came in.", pier, *BODY[1:], title="Ferry. Again.").stories == ()


def test_a_sentence_about_something_that_is_not_shown_is_not_the_news() -> None:
    news = "The proposal of the mayor was that a harbour ferry sails again after two years."
    assert tell("She cried when it came in.", news, *BODY[1:]).stories == ()


def test_a_korean_byline_is_no_part_of_the_post() -> None:
    lead = "항구의 연락선이 2년 만에 월요일부터 다시 운항한다."
    (story, *_) = (
        tell(
            f"[항구신문=김철수의 바다] {lead}", title="항구 연락선 2년 만에 운항 재개", language="ko"
        ).stories
        or ()
    )
    assert story[0].text == lead
    assert story[0].source.startswith("["), "the sentence that it rests on is the article's own"


def test_of_a_language_without_rules_one_sentence_is_shown() -> None:
    body = (
        "Kapal feri antara pelabuhan lama dan Pulau Wight berlayar lagi pada hari Senin.",
        "Sekitar 400 orang berdiri di dermaga ketika kapal itu berangkat.",
    )
    told = texts(tell(*body, title="Feri pelabuhan berlayar lagi setelah dua tahun", language="id"))
    assert told[0] == [body[0]]


@pytest.mark.parametrize(
    ("language", "title", "lead", "ours"),
    [
        (
            "de",
            "Hafenfähre fährt nach zwei Jahren wieder",
            "Die Fähre zwischen dem Hafen und der Insel fuhr am Montag zum ersten Mal seit 2024.",
            "Das war mir nach zwei Jahren wichtig, und dem Hafenmeister auch.",
        ),
        (
            "fr",
            "Le ferry du port repart après deux ans",
            "Le ferry entre le port et l'île est reparti lundi pour la première fois depuis 2024.",
            "Le capitaine m'a montré le pont, et moi la ville.",
        ),
    ],
)
def test_what_the_writer_says_of_himself_is_not_shown(
    language: str, title: str, lead: str, ours: str
) -> None:
    assert texts(tell(lead, ours, title=title, language=language))[0] == [lead]


@pytest.mark.parametrize("line", ["MOSCOW, December 1. /TASS/.", "Madrid, 3 nov (EFE).", "PARIS, Sept. 5."])
def test_a_dateline_on_a_line_of_its_own_is_no_lead(line: str) -> None:
    assert texts(tell(line, *BODY))[0] == list(BODY)


def test_where_no_lead_can_be_shown_the_sentence_that_is_the_news_is() -> None:
    news = "The harbour ferry sails again after two years, the port authority said."
    assert texts(tell("She cried when it came in.", news, *BODY[1:])) == [[news]]


REFUSED = {
    "cut in mid-sentence": "The ferry between the old harbour and Wight Island sailed on Mon…",
    "cut without a mark": "The ferry between the old harbour and Wight Island sailed on Monday for the",
    "cut in a number": "The port authority had stopped the line after a storm of force 9.",
    "cut in a word, with a stop": "The ferry between the old harbour and Wight Isl.",
    "the article's beginning, cut": "The ferry between the old harbour and Wight Island sailed on Monday",
    "the headline again": "Harbour ferry sails again after two years.",
    "the site's motto": "All the news, weather and sport from around the region, every single day.",
    "the site's own line": "islandpost.example features the latest ferry reviews and harbour news.",
    "the site's own line, official": "The official website of the harbour has the ferry's times and news.",
    "about the page": "Read this article about the harbour ferry and the old pier on Wight Island.",
    "a menu": "Harbour | Ferry | Wight Island | Pier | Port authority",
    "a question": "Will the ferry between the old harbour and Wight Island sail again on Monday?",
    "leaning on what is not shown": "It sailed on Monday for the first time since a storm broke the pier.",
    "whose words": "We stood on the quay when the ferry to the island left at nine.",
    "another month": "The ferry from the harbour to Wight Island and its pier in September.",
    "a list": "Harbour Pro. Ferry Move. Island Note 10.",
    "a call to click": "Click through to find out more about the ferry between the harbour and the island.",
    "what announces more": "The harbour ferry sails to Wight Island again, and here is what that means 👇",
    "what announces more, right to left": "The ferry to Wight Island sails by three new rules:\u200f",
    "words left out": "Brace yourself: the ferry may not sail (as it did) ... and the pier is old.",
    "a quote of nobody": "“The ferry sailed on Monday for the first time, and the island is glad.”",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_line_that_no_editor_wrote_for_this_place_is_no_standfirst(name: str) -> None:
    title = f"{TITLE} in October" if name == "another month" else TITLE
    text = "\n\n".join(
        (*BODY, "The port authority had stopped the line after a storm of force 9.5 on its own scale.")
    )
    assert judge_standfirst(REFUSED[name], title, text, "en").text is None


TAKEN = {
    "whole": (STANDFIRST, STANDFIRST),
    "without a stop": (
        "Islanders have their boat back after a storm broke the pier",
        "Islanders have their boat back after a storm broke the pier",
    ),
    "whole sentences before a call to click": (f"{STANDFIRST} Check out how it sails.", STANDFIRST),
    "whole sentences before a question": (f"{STANDFIRST} And how do islanders get a seat?", STANDFIRST),
    "whole sentences before a cut": (f"{STANDFIRST} The line was stop...", STANDFIRST),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_whole_line_about_this_article_is_its_standfirst(name: str) -> None:
    line, shown = TAKEN[name]
    assert judge_standfirst(line, TITLE, "\n\n".join(BODY), "en").text == shown


@pytest.mark.parametrize(
    ("language", "title", "body", "standfirst"),
    [
        (
            "ur",
            "کراچی میں فیری سروس دو سال بعد بحال",
            "کراچی کی بندرگاہ سے منوڑہ جانے والی فیری پیر کو دو سال بعد روانہ ہوئی۔ چار سو افراد موجود تھے۔",
            "طوفان کے بعد بند ہونے والی فیری اب ہر روز کراچی کی بندرگاہ سے منوڑہ جائے گی۔",
        ),
        (
            "ja",
            "旧港の連絡船が二年ぶりに再開",
            "旧港と島を結ぶ連絡船が月曜日、二年ぶりに運航を再開した。約四百人が岸壁で見送った。",
            "嵐で桟橋が壊れて止まっていた旧港の連絡船が、島の人々を再び運び始めた。",
        ),
        (
            "ja",
            "旧港の連絡船が二年ぶりに再開",
            "旧港と島を結ぶ連絡船が月曜日、二年ぶりに運航を再開した。約四百人が岸壁で見送った。",
            "嵐で桟橋が壊れて止まっていた旧港の連絡船。島の人々を再び運び始めた。",
        ),
        (
            "es",
            "El ferry del puerto viejo vuelve tras dos años",
            "El ferry entre el puerto viejo y la isla zarpó el lunes. Unas 400 personas lo despidieron.",
            "La isla recupera su barco después de que una tormenta rompiera el muelle del puerto.",
        ),
    ],
)
def test_other_languages_have_standfirsts_too(language: str, title: str, body: str, standfirst: str) -> None:
    summary = tell(body, title=title, standfirst=standfirst, language=language)
    assert texts(summary)[0][0] == standfirst


def test_a_refused_standfirst_is_said_to_the_editor() -> None:
    motto = "All the news, weather and sport from around the region, every single day."
    (warning,) = tell(*BODY, standfirst=motto).warnings
    assert warning.code == "standfirst_refused"
    assert "words are not the article's" in warning.message


@pytest.mark.parametrize(
    ("standfirst", "body", "said"),
    [
        (
            "About 430,000 passengers used the ferry to Wight Island before the storm.",
            "Some 340,000 passengers used the ferry each year.",
            "The standfirst says 430,000, the text says 340,000.",
        ),
        (
            "The ferry's 84 islanders on the quay saw the boat leave the old harbour again.",
            "On the quay, 83 of them waved.",
            "The standfirst says 84, which the text does not.",
        ),
    ],
)
def test_a_standfirst_with_another_number_than_the_text_is_said(
    standfirst: str, body: str, said: str
) -> None:
    (warning,) = tell(*BODY, body, standfirst=standfirst).warnings
    assert (warning.code, warning.message) == ("number", said)


def test_a_standfirst_whose_numbers_the_text_has_is_not_warned_of() -> None:
    standfirst = "About 340,000 passengers used the ferry to Wight Island before the storm."
    assert tell(*BODY, "Some 340,000 people took it each year.", standfirst=standfirst).warnings == ()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("The first boat with two decks reached the island of Hale on Friday.", True),
        ("All the news, weather and sport from around the region, every single day.", False),
    ],
)
def test_a_headline_alone_has_its_standfirst(line: str, *, shown: bool) -> None:
    """A page with a film has no text: one word of the headline is enough there."""
    summary = tell("", title="Ferry arrives at Hale", standfirst=line)
    assert summary.standfirst == (line if shown else None)


def test_no_story_has_a_dateline() -> None:
    dated = f"WIGHT ISLAND: {BODY[0]}"
    summary = tell(dated, *BODY[1:], standfirst=STANDFIRST)
    assert texts(summary)[:2] == [[STANDFIRST, *BODY], [*BODY]]
    assert summary.stories
    assert summary.stories[0][1].source == dated, "the sentence that it rests on is the article's own"
    assert summary.lead == BODY[0]


def test_a_headlines_number_that_the_article_does_not_have_is_said_to_the_editor() -> None:
    (warning,) = tell(*BODY, title="Harbour ferry sails again: 500 people see it leave").warnings
    assert (warning.code, warning.message) == ("number", "The headline says 500, the text says 400.")
    assert tell(*BODY, title="Harbour ferry sails again: 400 people see it leave").warnings == ()
    nothing = tell(*BODY, title="Harbour ferry sails again after 17 months").warnings
    assert [each.message for each in nothing] == ["The headline says 17, which the text does not."]


def test_an_article_that_was_not_read_in_full_says_nothing_of_numbers() -> None:
    teaser = Article(
        "guid",
        BODY[0],
        title="Ferry sails after 17 months",
        language="en",
        warnings=(PostWarning("wall", WarningCode.PAGE_OF_OTHER_TEXT()),),
    )
    assert ExtractSummarizer().summarize(teaser).warnings == ()


def test_whose_direct_speech_an_article_has() -> None:
    assert tell(*BODY).speakers == {BODY[2]: "Anna Reid"}


def test_speech_further_down_is_known_once_it_may_be_shown() -> None:
    """A template that asks for the best sentences of the whole article shows some of them."""
    filler = [f"Ship number {n} of the harbour sailed to the island on Monday." for n in range(30)]
    summary = tell(*BODY, *filler, "“We have never seen such a day,” said Tom Hale.")
    assert any("Tom Hale" in sentence.text for sentence in summary.sentences)
    assert "Tom Hale" in summary.speakers.values()


LIVE = {
    "en": (
        "Storm Berta live: harbour closed and 40,000 homes without power",
        ("That's all from us for today.", "Thank you for reading.", "Harbour", "14:05"),
        "The harbour of Westmere stays closed until Tuesday because of Storm Berta, the port authority said.",
    ),
    "ur": (
        "طوفان لائیو: بندرگاہ بند، 40 ہزار گھروں کی بجلی منقطع",
        ("طوفان سے متعلق ہماری لائیو کوریج میں خوش آمدید۔", "ہم آپ کو تازہ خبریں دیتے رہیں گے۔", "بندرگاہ"),
        "بندرگاہ کے حکام نے بتایا ہے کہ طوفان کے باعث بندرگاہ منگل کی صبح تک بند رہے گی۔",
    ),
    "ar": (
        "العاصفة مباشر: إغلاق الميناء وانقطاع الكهرباء عن 40 ألف منزل",
        ("نحن ننهي هنا تغطيتنا المباشرة لهذا اليوم.", "شكرا لمتابعتكم.", "الكهرباء"),
        "قالت شركة الكهرباء إن المهندسين أعادوا التيار إلى 12 ألف منزل في المناطق الشمالية.",
    ),
    "es": (
        "La borrasca Berta, en directo: el puerto cerrado y 40.000 hogares sin luz",
        ("Bienvenidos a nuestra cobertura de la borrasca.", "Les contamos todo.", "13:20", "Vuelve la luz"),
        "La eléctrica Nordvolt ha devuelto la luz a 12.000 hogares de los distritos del norte.",
    ),
    "ja": (
        "台風中継:港が閉鎖、4万世帯が停電",
        ("本日の中継はここまでです。", "私たちの中継をご覧いただきありがとうございました。", "港は閉鎖"),
        "港湾当局は、台風のため西海港を火曜日の朝まで閉鎖すると発表した。",
    ),
}
OPINION = {
    "en": (
        "Our cities need fewer car parks, not more",
        ("I cycle to work every day, and I pass nine car parks that stand half empty.",),
        "Westmere gives a third of its centre to parked cars, and pays 4 million a year to keep it so.",
        "My neighbours would walk if the pavements were wider.",
    ),
    "ur": (
        "شہروں کو مزید پارکنگ نہیں، کم پارکنگ چاہیے",
        ("میں ہر روز سائیکل پر دفتر جاتی ہوں اور نو آدھی خالی پارکنگز کے پاس سے گزرتی ہوں۔",),
        "لاہور کے مرکز کا ایک تہائی حصہ کھڑی گاڑیوں کے لیے ہے اور شہر ہر سال چار کروڑ روپے خرچ کرتا ہے۔",
        "مجھے یقین ہے کہ فٹ پاتھ چوڑے ہوں تو لوگ پیدل چلیں گے۔",
    ),
    "ar": (
        "مدننا تحتاج إلى مواقف أقل لا أكثر",
        ("أنا أذهب إلى عملي على الدراجة كل يوم وأمر بتسعة مواقف نصف فارغة.",),
        "تخفض كوبنهاغن مواقفها بنسبة ثلاثة في المئة كل عام، وزادت مبيعات متاجرها عما كانت عليه.",
        "علينا أن نفعل مثلها.",
    ),
    "es": (
        "Nuestras ciudades necesitan menos aparcamientos, no más",
        ("Cada vez que voy en bici al trabajo paso junto a nueve aparcamientos medio vacíos.",),
        "Westmere dedica un tercio de su centro a coches aparcados y paga cuatro millones al año por ello.",
        "Mis vecinos irían a pie si las aceras fueran más anchas.",
    ),
    "ja": (
        "都市に必要なのは駐車場を増やすことではない",
        ("私は自転車で通勤するたびに、半分空いた駐車場を九つ通り過ぎる。",),
        "コペンハーゲンは毎年、駐車場を3%ずつ減らし、商店の売り上げは以前より伸びた。",
        "われわれも同じことができる。",
    ),
}
LIST = {
    "en": (
        "Five easy ways to keep cool",
        "Temperatures have passed 45 degrees in most of the country.",
        "1. ",
    ),
    "ur": ("گرمی سے بچنے کے پانچ طریقے", "ملک کے بیشتر علاقوں میں درجہ حرارت 45 ڈگری سے بڑھ گیا ہے۔", "۱۔ "),
    "ar": ("خمس طرق للوقاية من الحر", "تجاوزت درجات الحرارة 45 درجة في معظم أنحاء البلاد.", "١- "),
    "es": (
        "Cinco formas de no pasar calor",
        "Las temperaturas han superado los 45 grados en el país.",
        "1) ",
    ),
    "ja": ("暑さを乗り切る五つの方法", "国内の大半の地域で気温が45度を超えた。", "1、"),
}
ENTRY = {
    "en": "An adult should drink three litres of water.",
    "ur": "ایک بالغ شخص کو روزانہ تین لیٹر پانی پینا چاہیے۔",
    "ar": "على البالغ أن يشرب ثلاثة لترات من الماء يوميا.",
    "es": "Un adulto debe beber tres litros de agua al día.",
    "ja": "大人は1日3リットルの水を飲む必要がある。",
}
FILLER = {language: [sentence] * 8 for language, sentence in ENTRY.items()}
"""Sentences that make an article of ordinary length, in which not each may matter."""
DIGITS = {"ur": "۱۲۳۴", "ar": "١٢٣٤"} | dict.fromkeys(("en", "es", "ja"), "1234")


@pytest.mark.parametrize("language", LIVE)
def test_the_news_of_a_live_blog_is_shown_and_not_its_greeting(language: str) -> None:
    title, greeting, news = LIVE[language]
    assert texts(tell(*greeting, news, *FILLER[language], title=title, language=language)) == [[news]]


@pytest.mark.parametrize("language", OPINION)
def test_of_an_opinion_piece_a_sentence_is_shown_that_does_not_say_i(language: str) -> None:
    title, first, fact, last = OPINION[language]
    assert texts(tell(*first, fact, last, title=title, language=language)) == [[fact]]
    assert texts(tell(*first, last, title=title, language=language)) == []


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("language", LIST)
def test_the_lead_of_a_list_needs_no_words_of_its_headline_and_no_entry_is_shown(
    language: str,
    numbered: bool,  # noqa: FBT001  given by name
) -> None:
    title, lead, mark = LIST[language]
    marks = [mark.replace(mark[0], each) if numbered else "" for each in DIGITS[language]]
    heads = [each + ENTRY[language][:8] for each in marks]
    entries = [line for head in heads for line in (head, ENTRY[language])]
    assert texts(tell(lead, *entries, title=title, language=language)) == [[lead]]


def test_nothing_stands_in_for_a_first_sentence_that_refers_to_another_or_asks_or_quotes() -> None:
    news = "Some 400 people stood on the quay and sang when the ferry came into the harbour at nine."
    for first in (
        "They had waited for this for two years, and few of them believed it.",
        "Who still remembers the years when nobody had to wait for a boat to the island?",
        "“We waited for two years, and then it was there,” she said with a smile.",
    ):
        assert texts(tell(first, news, title="A day on Wight Island", language="en")) == [], first


def test_what_stands_in_refers_to_nothing() -> None:
    title, first, _, _ = OPINION["ur"]
    leaning = "اس کے باوجود شہر کی انتظامیہ ہر سال پارکنگ پر چار کروڑ روپے سے زیادہ خرچ کر دیتی ہے۔"
    assert texts(tell(*first, leaning, title=title, language="ur")) == []
