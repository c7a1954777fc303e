"""The facts of a text that an editor checks are taken whole, as they are written."""

import pytest

from newsbot.newsroom.facts import find_facts, is_fact_in_text


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("سیلاب سے 3 لاکھ 40 ہزار افراد متاثر، 45٪ علاقہ زیر آب۔", ["3 لاکھ 40 ہزار", "45٪"]),
        ("۲ ارب ۵۰ کروڑ روپے", ["۲ ارب ۵۰ کروڑ روپے"]),
        ("बाढ़ से 3 लाख 40 हजार लोग", ["3 लाख 40 हजार"]),
        ("تضرر 3 ملايين و400 ألف شخص", ["3 ملايين و400 ألف"]),
        ("3万4000人が避難し、1億2000万円の損害。5％増", ["3万4000", "1億2000万円", "5％"]),
        ("son 3 mil 400 millones de euros el 3 de mayo", ["3 mil 400 millones de euros", "3 de mayo"]),
        ("it costs $12 million, 4.5 % more, says Ana Ruiz", ["$12 million", "4.5 %", "Ana Ruiz"]),
        ("at 20:30 on 12.05.2026, 5 km away, 5kmart", ["20:30", "12.05.2026", "5 km", "5"]),
        ("3 million, 40 thousand of them new", ["3 million", "40 thousand"]),
        (
            "it grew to Rs62.5bn on Monday, 12pc more, with 41 votes to 36",
            ["Rs62.5bn", "12pc", "41", "36", "Monday"],
        ),
        (
            "PKR 5m, Rs 1,200 crore, US$3.4 billion, 40 €, 300MW, 12 per cent, 5°C, 2-1",
            ["PKR 5m", "Rs 1,200 crore", "US$3.4 billion", "40 €", "300MW", "12 per cent", "5°C", "2-1"],
        ),
        ("5 روپے فی کلو، 45 فیصد", ["5 روپے", "45 فیصد"]),
    ],
)
def test_a_figure_is_taken_whole(text: str, facts: list[str]) -> None:
    assert find_facts(text) == facts


def test_a_part_of_a_longer_number_or_word_is_another_fact() -> None:
    assert is_fact_in_text("3万4000", "約3万4000人が避難した。")
    assert not is_fact_in_text("40", "400 people")
    assert not is_fact_in_text("Ruiz", "Ruizes")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("it opens on 1 December at 2 a.m.", ["1 December", "2 a.m."]),
        ("from Tuesday, December 1, 2026, until 3pm", ["Tuesday, December 1, 2026", "3pm"]),
        ("the 2nd of May 2027, and 3 may come", ["2nd of May 2027", "3"]),
        ("پیر 30 نومبر کو", ["پیر 30 نومبر"]),
        ("2026年12月1日午後3時に", ["2026年12月1日", "午後3時"]),
        ("el martes 1 de diciembre de 2026", ["martes 1 de diciembre de 2026"]),
        ("يوم الثلاثاء 1 ديسمبر 2026", ["الثلاثاء 1 ديسمبر 2026"]),
        ("12 out of 20 on 2026-12-01", ["12", "20", "2026-12-01"]),
    ],
)
def test_a_date_is_taken_whole(text: str, facts: list[str]) -> None:
    assert find_facts(text) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("The tribunal rules on Karachi's PS-114 on Tuesday.", ["Karachi", "PS-114", "Tuesday"]),
        ("“It is closed,” he said. “The port stays so.” The mayor agreed on Monday.", ["Monday"]),
        ("the State Bank of Pakistan met; the Bank said so", ["State Bank of Pakistan"]),
        ("Prime Minister Ana Ruiz said that Ruiz's plan stays.", ["Prime Minister Ana Ruiz"]),
        ("Port opens\nThe mayor\nLyari, Malir and G20 wait", ["Malir", "G20"]),
        ("Seven Things To Know About Ports\nall of it", []),
    ],
)
def test_a_name_is_whole_and_no_first_word_of_a_sentence(text: str, facts: list[str]) -> None:
    assert find_facts(text) == facts
