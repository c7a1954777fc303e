"""The facts of a text that an editor checks are taken whole, as they are written."""

import pytest

from newsbot.newsroom.facts import find_facts, is_fact_in_text


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("سیلاب سے 3 لاکھ 40 ہزار افراد متاثر، 45٪ علاقہ زیر آب۔", ["3 لاکھ 40 ہزار", "45٪"]),
        ("۲ ارب ۵۰ کروڑ روپے", ["۲ ارب ۵۰ کروڑ"]),
        ("बाढ़ से 3 लाख 40 हजार लोग", ["3 लाख 40 हजार"]),
        ("تضرر 3 ملايين و400 ألف شخص", ["3 ملايين و400 ألف"]),
        ("3万4000人が避難し、1億2000万円の損害。5％増", ["3万4000", "1億2000万", "5％"]),
        ("son 3 mil 400 millones de euros el 3 de mayo", ["3 mil 400 millones", "3"]),
        ("it costs $12 million, 4.5 % more, says Ana Ruiz", ["$12 million", "4.5 %", "Ana Ruiz"]),
        ("at 20:30 on 12.05.2026, 5 km away, 5kmart", ["20:30", "12.05.2026", "5 km", "5"]),
        ("3 million, 40 thousand of them new", ["3 million", "40 thousand"]),
    ],
)
def test_a_figure_is_taken_whole(text: str, facts: list[str]) -> None:
    assert find_facts(text) == facts


def test_a_part_of_a_longer_number_or_word_is_another_fact() -> None:
    assert is_fact_in_text("3万4000", "約3万4000人が避難した。")
    assert not is_fact_in_text("40", "400 people")
    assert not is_fact_in_text("Ruiz", "Ruizes")
