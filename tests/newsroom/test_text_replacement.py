"""One number or word for another, in whichever script the text writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.newsroom.fixes import Replacement

CASES = [
    ("4.2", "2.4", None, "4.2% and 4.2bn, $4.2, Rs4.2.", "2.4% and 2.4bn, $2.4, Rs2.4."),
    ("4.2", "2.4", None, "14.2, 4.25, v4.2.1, G4.2 and 34.2", "14.2, 4.25, v4.2.1, G4.2 and 34.2"),
    ("4.2", "2.4", "ur", "۴٫۲ ۱۴٫۲ ۴٫۲۵ ٤٫٢ 4.2", "۲٫۴ ۱۴٫۲ ۴٫۲۵ ٢٫٤ 2.4"),
    ("4.2", "2.4", "ar", "بين ٤٫٢ و٤٫٢", "بين ٢٫٤ و٢٫٤"),
    ("4.2", "2.4", "ja", "前年比４．２倍", "前年比２．４倍"),
    ("4.2", "2.4", "es", "subió 4,2 %; 14,2; 4,200", "subió 2,4 %; 14,2; 4,200"),
    ("4.2", "1,200", "fa", "۴٫۲", "۱٬۲۰۰"),
    ("4,200", "5,100", None, "4,200, 4200, ۴٬۲۰۰ and 14,200", "5,100, 5,100, ۵٬۱۰۰ and 14,200"),
    ("4200", "12,500", None, "4,200,000 and 4,200", "4,200,000 and 12,500"),
    ("4.200", "5.100", "es", "4.200 y 4200", "5.100 y 5.100"),
    ("1,234.5", "6,789.25", None, "1,234.5 ۱٬۲۳۴٫۵", "6,789.25 ۶٬۷۸۹٫۲۵"),
    ("3", "5", None, "3,000 people, 3 people, 3. Then", "3,000 people, 5 people, 5. Then"),
    ("12 dead", "14 dead", None, "12  dead, 112 dead, 12 deadly", "14 dead, 112 dead, 12 deadly"),
    ("Smith", "Smyth", None, "Smith's Smithson Blacksmith Smith", "Smyth's Smithson Blacksmith Smyth"),
    ("市長", "知事", "ja", "前市長は", "前知事は"),
    ("لاہور", "کراچی", "ur", "لاہور میں، لاہوری نہیں", "کراچی میں، لاہوری نہیں"),
    ("2019", "2020", None, "2019 https://example.org/2019/a", "2020 https://example.org/2019/a"),
    ("and/or", "or", None, "this and/\u200bor that", "this or that"),
]


@pytest.mark.parametrize(("old", "new", "language", "text", "right"), CASES)
def test_every_way_of_writing_it_is_replaced_as_the_place_writes(
    old: str, new: str, language: str | None, text: str, right: str
) -> None:
    assert Replacement(old, new, language).fix_text(text) == right


def test_tags_and_addresses_of_html_stay() -> None:
    html = '<a href="https://example.org/4.2">4.2 &amp; up</a> https://example.org/4.2'
    right = '<a href="https://example.org/4.2">2.4 &amp; up</a> https://example.org/4.2'
    assert Replacement("4.2", "2.4").fix_html(html) == right
    assert Replacement("A & B", "C < D").fix_html("<b>A &amp; B</b>") == "<b>C &lt; D</b>"


_SCRIPTS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９")
_POINTS = (".", "٫", "٫", "．")


@given(st.integers(1, 999), st.integers(0, 99), st.integers(1, 999), st.integers(0, 3), st.integers(0, 9))
def test_a_number_is_found_in_each_script_and_never_in_a_longer_one(
    whole: int, part: int, other: int, script: int, digit: int
) -> None:
    table = str.maketrans("0123456789.", _SCRIPTS[script] + _POINTS[script])
    old, new = f"{whole}.{part}", f"{other}.5"
    there = old.translate(table)
    more = str(digit).translate(table)
    change = Replacement(old, new)
    assert change.fix_text(f"x {there} y") == f"x {new.translate(table)} y"
    for longer in (f"x {more}{there} y", f"x {there}{more} y", f"x {there}{_POINTS[script]}{more} y"):
        assert change.fix_text(longer) == longer


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_makes_it_fail_or_runs_away(text: str, old: str) -> None:
    if old.strip():
        Replacement(old, "new").fix_text(text)
        Replacement(old, "new").fix_html(text)
