"""What of an article's lines is its running text."""

import pytest

from newsbot.model import Item
from newsbot.reading.blocks import is_sentence_text, select_running_text
from newsbot.reading.boilerplate import Line
from newsbot.reading.parse import parse_item

LEAD = Line(
    "The ferry between the old harbour and Wight Island sailed on Monday for the first time since 2024."
)
LIST = [Line("It sails at nine.", "item"), Line("A ticket costs four pounds.", "item")]
REST = Line("The port authority had stopped the line after a storm broke the pier and two boats.")


def texts(*lines: Line) -> list[str]:
    return [line.text for line in select_running_text(lines)]


@pytest.mark.parametrize(
    "announcement",
    [
        "Here is what it means:",
        "Here is what it means:-",
        "Here is what it means 👇",
        "The mayor gave Mr. Reid three reasons:",
        "اس کی اہم باتیں یہ ہیں:",
        "اس کی اہم باتیں یہ ہیں:۔",
        "اس کی اہم باتیں یہ ہیں:\u200f",
        "Estos son los puntos principales:",
        "Das sind die wichtigsten Punkte:",
        "主なポイントは次のとおり：",
        "मुख्य बातें इस प्रकार हैं:",
        "मुख्य बातें इस प्रकार हैंः",
        "وفيما يلي أبرز النقاط:",
    ],
)
def test_what_announces_a_list_goes_with_it(announcement: str) -> None:
    told = texts(LEAD, Line(announcement), *LIST, REST)
    if "Mr." in announcement:
        assert told == [LEAD.text, announcement, REST.text], "where the sentence begins is not certain"
    else:
        assert told == [LEAD.text, REST.text]


@pytest.mark.parametrize(
    ("before", "announcement"),
    [
        ("About 400 people stood on the quay on Monday.", " Here is what it means:"),
        ("“It is over,” the mayor said on Monday.”", " Here is what it means:"),
        ("چار سو افراد بندرگاہ پر موجود تھے۔", " اس کی اہم باتیں یہ ہیں:"),
        ("約四百人が岸壁で見送った。", "主なポイントは次のとおり："),
    ],
)
def test_of_a_paragraph_only_the_sentence_that_announces_goes(before: str, announcement: str) -> None:
    assert texts(LEAD, Line(before + announcement), *LIST, REST) == [LEAD.text, before, REST.text]


def test_what_announces_what_is_shown_stays() -> None:
    names = [Line("Anna Reid", "item"), Line("John Hale", "item")]
    announcement = Line("These are the winners:")
    assert texts(LEAD, announcement, *names) == [LEAD.text, announcement.text, "Anna Reid", "John Hale"]
    assert texts(LEAD, announcement, REST) == [LEAD.text, announcement.text, REST.text]


def test_a_text_that_only_announces_stays() -> None:
    long = Line("These are the rules for all who want to sail on the ferry to the island from Monday on:")
    assert texts(Line("Ferry", "heading"), long, *LIST) == ["Ferry", long.text]


def test_rules_can_read_what_a_feeds_body_leaves_out() -> None:
    """As in a page: its lists stand beside its text, with what announces them."""
    points = "".join(f"<li>{line.text}</li>" for line in LIST)
    html = f"<p>{LEAD.text}</p><p>The main points are:</p><ul>{points}</ul><p>{REST.text}</p>"
    page = parse_item(Item("g", title="Ferry", html=html)).page
    assert page.text == f"{LEAD.text}\n\n{REST.text}"
    assert page.aside == "\n\n".join(["The main points are:", *(line.text for line in LIST)])


def test_a_long_text_in_thai_needs_no_full_stop() -> None:
    said = "เรือข้ามฟากระหว่างท่าเรือเก่ากับเกาะกลับมาให้บริการอีกครั้งเมื่อวันจันทร์ เป็นครั้งแรกในรอบ 2 ปี"
    assert is_sentence_text(said)
    assert not is_sentence_text(said[:30])
    assert not is_sentence_text("The ferry between the old harbour and the island sails again on Monday")
