"""What sites put around and inside an article: none of it is text, and all of the text stays."""

# ruff: noqa: E501  paragraphs are one line

import re

import pytest

from newsbot.model import Item
from newsbot.reading.page import extract
from newsbot.reading.parse import parse_item
from tests.reading.furniture_pages import SYSTEMS, page_of
from tests.reading.furniture_words import TEXTS, Text

URL = "https://coastpost.example/news/ferry"
ENGLISH = TEXTS[0]


def _read(markup: str, *, embeds: bool = False) -> list[str]:
    """The lines of an article whose text is ``markup``."""
    html = f"<html><body><article><h1>{ENGLISH.title}</h1><div>{markup}</div></article></body></html>"
    return extract(html.encode(), URL, embeds=embeds).text.split("\n\n")


def _p(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.language)
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_text_is_whole_and_clean(system: str, text: Text) -> None:
    page = extract(page_of(system, text).encode(), URL, embeds=False)
    assert (page.title, page.text.split("\n\n")) == (text.title, list(text.body))


def test_nine_of_ten_are_right_where_nothing_has_a_name() -> None:
    """Sites that nobody has seen name their parts otherwise: the rules are about shape."""
    wrong = []
    for system in SYSTEMS:
        html = re.sub(r' (?:class|id|itemprop)="[^"]*"', "", page_of(system, ENGLISH))
        if extract(html.encode(), URL, embeds=False).text.split("\n\n") != list(ENGLISH.body):
            wrong.append(system)
    assert len(wrong) <= len(SYSTEMS) / 10, wrong


@pytest.mark.parametrize(
    "note",
    [
        "<p><em>Zorp glimmed a brack of fints by the old weir, and quill it so.</em></p>",
        "<p><strong>Zorp glimmed the fints. <a href='/z'>Quill</a> it so.</strong></p>",
        "<p><small>Zorp glimmed a brack of fints by the old weir.</small></p>",
        "<hr><p>Zorp glimmed a brack of fints by the old weir.</p>",
        "<p>* * *</p><p>Zorp glimmed a brack of fints by the old weir.</p><p>Quill it so, he said.</p>",
        "<div><h4>Zorp</h4><p>Glimmed a brack of fints by the old weir.</p><a href='/z'>Quill</a></div>",
        "<div><p>Zorp glimmed a brack of fints by the old weir.</p><input type='email'></div>",
        "<div>Zorp glimmed 142 fints</div>",
    ],
)
def test_a_note_behind_the_text_is_known_by_its_shape(note: str) -> None:
    """Its words are none that exist."""
    assert _read(_p(*ENGLISH.body) + note) == list(ENGLISH.body)


@pytest.mark.parametrize(
    "box",
    [
        "<div><h3>Zorp glimmed a brack of fints</h3><form><input></form><p>Quill it so.</p></div>",
        "<div><span>Zorp</span></div>",
        "<div>Zorp glimmed <a href='/z'>a brack of fints by the old weir</a></div>",
        "<p><strong>Zorp glimmed: <a href='/z'>a brack of fints</a></strong></p>",
        "<div><img src='/z.jpg'><div>Zorp glimmed a brack of fints by the old weir.</div></div>",
        "<p><img src='/z.jpg'></p><p><em>Zorp glimmed a brack of fints by the old weir.</em></p>",
    ],
)
def test_a_box_inside_the_text_is_known_by_its_shape(box: str) -> None:
    assert _read(_p(*ENGLISH.body[:3]) + box + _p(*ENGLISH.body[3:])) == list(ENGLISH.body)


@pytest.mark.parametrize(
    "inside",
    [
        "<h2>What the farmers say</h2>",
        "<div><h2>What the farmers say</h2></div>",
        "<ul><li>Two decks</li><li>Forty cars more</li></ul>",
        "<p><em>So it was decided.</em></p>",
        "<p><strong>The farmers waited for an hour in the hall.</strong></p>",
        "<div><p>The farmers waited for an hour in the hall before anybody spoke to them at all.</p></div>",
        "<p>The farmers waited, <a href='/x'>as they always do</a>, for an hour in the hall.</p>",
    ],
)
def test_what_belongs_to_the_text_stays(inside: str) -> None:
    lines = _read(_p(*ENGLISH.body[:3]) + inside + _p(*ENGLISH.body[3:]))
    own = [line for line in lines if line not in ENGLISH.body]
    assert " ".join(own) == " ".join(re.sub(r"<[^>]+>", " ", inside).split()).replace(" ,", ",")
    assert [line for line in lines if line in ENGLISH.body] == list(ENGLISH.body)


def test_the_lead_beside_a_photo_and_parts_between_rules_stay() -> None:
    first, *others = ENGLISH.body
    assert _read(f"<div><img src='/x.jpg'><p>{first}</p></div>" + _p(*others)) == list(ENGLISH.body)
    parts = "<hr>".join(_p(*ENGLISH.body[start : start + 2]) for start in (0, 2, 4))
    assert _read(parts) == list(ENGLISH.body)


def test_tables_lists_of_sentences_and_blocks_of_anothers_words_are_no_running_text() -> None:
    first, last = _p(*ENGLISH.body[:3]), _p(*ENGLISH.body[3:])
    table = "<table><tr><td>Selby</td><td>They won.</td></tr></table>"
    steps = "<ol><li>Cut the fish.</li><li>Cook it for ten minutes.</li></ol>"
    quote = "<blockquote><p>We never wanted a second deck on that boat.</p></blockquote>"
    for apart in (table, steps, quote):
        assert _read(first + apart + last) == list(ENGLISH.body)
        assert _read(f"{first}{last}<h3>Results</h3>{apart}<h3>How they played</h3>{apart}") == list(
            ENGLISH.body
        )
        assert len(_read(first + apart + last, embeds=True)) > len(ENGLISH.body)


def test_a_quoted_block_stays_where_the_line_before_says_whose_it_is() -> None:
    said = "In a letter to the board, the farmers of the outer islands wrote on Monday morning:"
    words = "“We never wanted a second deck, we wanted a boat of our own.”"
    lines = _read(
        _p(*ENGLISH.body[:3], said) + f"<blockquote><p>{words}</p></blockquote>" + _p(*ENGLISH.body[3:])
    )
    assert lines == [*ENGLISH.body[:3], said, words, *ENGLISH.body[3:]]


def test_an_article_that_is_a_list_is_its_list() -> None:
    items = "".join(f"<li>{line}</li>" for line in ENGLISH.body)
    assert _read(f"<p>Five things about the ferry to know this week.</p><ol>{items}</ol>")[1:] == list(
        ENGLISH.body
    )


@pytest.mark.parametrize("embeds", [False, True])
def test_what_is_said_twice_is_said_once(*, embeds: bool) -> None:
    again = f"<p>{ENGLISH.quoted}</p><p>“{ENGLISH.quoted}.” Click to post</p><p>{ENGLISH.body[3]}</p>"
    lines = _read(_p(*ENGLISH.body[:4]) + again + _p(*ENGLISH.body[4:]), embeds=embeds)
    assert lines == list(ENGLISH.body)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.language)
def test_a_feeds_text_has_its_notes_and_boxes_no_more(text: Text) -> None:
    html = (
        f"{_p(*text.body[:3])}<div><h4>{text.sign_up}</h4><a href='/n'>OK</a></div>{_p(*text.body[3:])}"
        f"<hr><p><em>{text.disclaimer}</em></p><p><em>{text.affiliate}</em></p>"
    )
    own = parse_item(Item("g", URL, text.title, html=html))
    assert own.page.text.split("\n\n") == list(text.body)


@pytest.mark.parametrize(
    "note",
    [
        "Sponsored content from Harbour Beds. We may earn a commission if you buy through links here.",
        "This post contains affiliate links, so the island's shops may pay for it.",
        "Disclosure: the writer was a guest of the ferry company.",
        "Contenido patrocinado por Camas del Puerto.",
        "Dieser Beitrag enthält Werbung für die Fähre.",
        "Партнёрский материал компании «Паром».",
        "【PR】港のベッド株式会社",
        "प्रायोजित लेख: बंदरगाह के बिस्तर।",
        "Anna Reid is a professor at Harbour College. The views expressed here are her own.",
        "Ana Ruiz es profesora en el puerto. Las opiniones expresadas en este texto son suyas.",
        "انا ریڈ استاد ہیں۔ مصنف کی رائے سے ادارے کا متفق ہونا ضروری نہیں۔",
    ],
)
def test_a_note_on_who_paid_or_who_thinks_so_is_no_text(note: str) -> None:
    assert _read(_p(f"<em>{note}</em>", *ENGLISH.body)) == list(ENGLISH.body)


@pytest.mark.parametrize(
    "lead",
    [
        "This article of the harbour act, which nobody sponsored, lets the port close the pier in a storm.",
        "Sponsored swimmers raised 12,000 for the new pier on Sunday, although the bay was cold and rough.",
        "Paid parking comes to the harbour in March, the council decided on Tuesday after a long evening.",
    ],
)
def test_news_about_sponsors_and_payment_stays(lead: str) -> None:
    assert _read(_p(lead, *ENGLISH.body)) == [lead, *ENGLISH.body]


def test_what_a_pages_script_did_not_fill_in_is_no_text() -> None:
    empty = "{{ desk.item.status === 'out' ? 'Out' : 'Draft' }} {{desk.item.time | date}}"
    assert _read(_p(empty, *ENGLISH.body)) == list(ENGLISH.body)
    page = "<html><head><title>{{ desk.item.title }}</title></head><body>{{ desk.item.body }}</body></html>"
    assert extract(page.encode(), URL, embeds=False).title is None


@pytest.mark.parametrize(
    "line",
    [
        "The post {0} first appeared on Coast Post.",
        "Artykuł {0} pochodzi z serwisu Coast Post.",
        "Příspěvek {0} se nejdříve objevil na Coast Post.",
        "Inlägget {0} dök först upp på Coast Post.",
        "投稿 {0} は Coast Post に最初に表示されました。",
    ],
)
def test_the_line_after_a_feeds_item_that_names_its_site_is_no_text(line: str) -> None:
    """Each CMS says it in the site's language."""
    source = line.format(ENGLISH.title)
    item = Item("g", URL, title=ENGLISH.title, html=_p(*ENGLISH.body, source))
    assert parse_item(item).page.text.split("\n\n") == list(ENGLISH.body)
    assert parse_item(Item("g", URL, title=ENGLISH.title, html=_p(source))).page.text == ""


def test_a_page_in_a_file_may_begin_with_a_script() -> None:
    html = f"<script>let a = 1;</script><html><body><h1>{ENGLISH.title}</h1>{_p(*ENGLISH.body)}</body></html>"
    assert parse_item(Item("g", html=html)).page.title == ENGLISH.title


def test_a_box_with_a_button_before_the_text_is_no_text() -> None:
    box = f"<section>{_p('Zorp?', 'Quill the fints to glim them.')}<button>Glim</button></section>"
    assert _read(box + _p(*ENGLISH.body)) == list(ENGLISH.body)
    shared = f"<div>{_p(*ENGLISH.body[:2])}<button>Share</button></div>"
    assert _read(shared) == list(ENGLISH.body[:2])


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("A boat with two decks lies at the quay in Selby on Friday. (Ann Lee/Coast News)", False),
        ("A boat with two decks lies at the quay in Selby on Friday (Ann Lee | Coast News)", False),
        ("Nine of ten islanders want a boat with two decks, a poll says (Coast Post/Selby College).", True),
        ("Nine of ten want one here. The poll has 900 answers. (Coast Post/Selby College)", True),
    ],
)
def test_a_caption_with_photographer_and_agency_is_no_text(line: str, kept: bool) -> None:  # noqa: FBT001
    assert (line in _read(_p(line, *ENGLISH.body))) is kept


@pytest.mark.parametrize(
    "lead",
    [
        "The harbour board of Selby has closed the old quay to cars, and the ferry to the islands now leaves from the fishing port.",
        "أغلقت هيئة ميناء سلبي الرصيف القديم أمام السيارات، وأصبحت العبارة إلى الجزر تغادر من ميناء الصيد ابتداء من صباح الاثنين المقبل.",
        "Die Hafenbehörde von Selbitz hat den alten Kai für Autos gesperrt, und die Fähre zu den Inseln legt nun im Fischereihafen ab.",
        "瀬良の港湾局は古い岸壁を車両通行止めにし、島へのフェリーは来週月曜日の朝から漁港を出発することになったと発表した。",
    ],
)
def test_a_long_sentence_in_bold_after_a_photo_is_the_lead(lead: str) -> None:
    photo, rest = "<div><img src='/ferry.jpg' width='640' height='360'></div>", _p(*ENGLISH.body)
    assert _read(f"{photo}<p><b>{lead}</b></p>{rest}") == [lead, *ENGLISH.body]
    assert _read(f"{photo}<p><b>The old quay in Selby last week.</b></p>{rest}") == list(ENGLISH.body)
    assert _read(f"{photo}<p><i>{lead}</i></p>{rest}") == list(ENGLISH.body)


@pytest.mark.parametrize(
    "line",
    [
        "Lire aussi Marie Roe, « Le port ferme », La Côte, juin 2026.",
        "Also read Ann Lee, The Coast, June 2026.",
        "Lesen Sie auch Wie der Hafen schließt.",
        "Lea también El puerto cierra sus puertas.",
        "Читайте также Порт закрыт до весны.",
        "یہ بھی پڑھیں بندرگاہ بہار تک بند رہے گی۔",
    ],
)
def test_a_pointer_needs_no_mark_before_the_other_title(line: str) -> None:
    assert _read(_p(line, *ENGLISH.body)) == list(ENGLISH.body)
    assert _read(_p(ENGLISH.body[0], line, *ENGLISH.body[1:])) == list(ENGLISH.body)


def test_a_sentence_about_reading_stays() -> None:
    line = "Read also means understood, the teachers of the harbour school of Selby said on Monday."
    assert _read(_p(*ENGLISH.body[:2], f"They also read: {line}", *ENGLISH.body[2:]))[2].endswith(line)


@pytest.mark.parametrize(
    "note",
    [
        "（原标题：单项奖金100万，渡轮(组图)重新开航？）",
        "(原題：船、再び出航)",
        "[Original title: Ferry sails, island cheers]",
        "(Titre original : Le bateau repart)",
        "(Título original: La barca vuelve)",
        "(Originaltitel: Die Fähre fährt)",
        "(العنوان الأصلي: العبارة تبحر من جديد)",
        "(원제: 배 다시 떠난다)",
    ],
)
@pytest.mark.parametrize("between", ["", " ", "</p><p>"])
def test_a_note_on_the_original_title_is_no_text(note: str, between: str) -> None:
    assert _read(_p(f"{note}{between}{ENGLISH.body[0]}", *ENGLISH.body[1:])) == list(ENGLISH.body)


def test_a_line_with_the_original_title_alone_is_no_text() -> None:
    assert _read(_p("Original headline: The ferry sails, and the island cheers.", *ENGLISH.body)) == list(
        ENGLISH.body
    )


@pytest.mark.parametrize(
    "line",
    [
        "The original title: nobody at the harbour of Selby remembers it, the mayor said on Monday.",
        f"Original title: nobody knows it, the mayor said, {'and nobody at the harbour of Selby asks, ' * 4}she said.",
        "(The harbour of Selby, original title of the ferry: none) opened on Monday, the mayor said.",
    ],
)
def test_a_sentence_about_an_original_title_stays(line: str) -> None:
    assert _read(_p(line, *ENGLISH.body))[0] == line


@pytest.mark.parametrize("form", ["{}/4 ", "({}/4) ", "{} / 4 ", "[{}／4] "])
def test_a_slides_counter_is_no_text(form: str) -> None:
    lines = [form.format(index) + line for index, line in enumerate(ENGLISH.body, 1)]
    assert len(lines) > 1
    assert _read(_p(*lines)) == list(ENGLISH.body)


def test_the_first_slides_counter_before_chinese_is_no_text() -> None:
    said = "海港和島嶼之間的渡輪經過兩年維修，星期一重新開航，港務局說約有四百人在碼頭迎接。"
    assert _read(_p(f"1/10 {said}", said.replace("星期一", "星期二")))[0] == said


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1/3 cup", "2/3 cup"),
        ("1/4 cup", "3/4 cup"),
        ("1/10 of them", "One"),
        ("24/7 shops", "One"),
    ],
)
def test_a_fraction_stays(first: str, second: str) -> None:
    lines = [
        f"{each} of the island's sugar went to the harbour of Selby on Monday, the mayor said again."
        for each in (first, second)
    ]
    assert _read(_p(*lines)) == lines


def test_a_fraction_of_chinese_stays() -> None:
    for share in ("1/10的", "3/10 的", "1/3 的"):
        said = f"{share}島民星期一在碼頭迎接渡輪，港務局說這是兩年來的第一次，船上有麵包和信件。"
        assert _read(_p(said, *ENGLISH.body))[0] == said


@pytest.mark.parametrize(
    "line",
    [
        "뉴스홈 |",
        "정치 | 경제 | 사회 |",
        "| 首页 | 新闻",
        "Home | News | Sport | Weather",
        "最新｜国内｜国际",
        "Inicio | Política | Deportes",
        "الرئيسية | أخبار | رياضة",
    ],
)
def test_entries_of_a_menu_between_bars_are_no_text(line: str) -> None:
    body = ENGLISH.body
    assert _read(_p(line, *body)) == list(body)
    assert _read(_p(line, line, line, line, *body)) == list(body)


@pytest.mark.parametrize(
    "line",
    [
        "The choice was simple: stay | go. The crew stayed on board all night.",
        "Crew of the year | Tom Hale, who has steered the ferry since the storm of 2019",
    ],
)
def test_a_bar_in_a_line_of_text_makes_no_menu(line: str) -> None:
    assert line in _read(_p(ENGLISH.body[0], line, *ENGLISH.body[1:]))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Tom Hale and<a href='/a'>Annie Reid</a> sailed.", "Tom Hale and Annie Reid sailed."),
        ("Der Hafen und<b>Anna Reid</b> warten.", "Der Hafen und Anna Reid warten."),
        ("Лодка <i>для</i>Анны готова.", "Лодка для Анны готова."),
        ("The <b>harbour</b>Master waits.", "The harbour Master waits."),
        ("Watch it on <b>You</b>Tube or i<b>Tunes</b>.", "Watch it on YouTube or iTunes."),
        ("The Mac<b>Donalds</b> of the isle came.", "The MacDonalds of the isle came."),
        ("Ask for <code>get<b>Value</b></code> there.", "Ask for getValue there."),
        (
            "<a href='/a'>Merkel</a>s boat and l'<a href='/b'>Amiral</a> left.",
            "Merkels boat and l'Amiral left.",
        ),
    ],
)
def test_a_word_and_a_name_that_a_link_joins_are_two_words(markup: str, text: str) -> None:
    assert text in _read(f"<p>{ENGLISH.body[0]}</p><p>{markup}</p>" + _p(*ENGLISH.body[1:]))
