"""Answers that are longer than a message."""

from html import unescape
from re import sub

from hypothesis import given
from hypothesis import strategies as st

from newsbot.desk.replies import fit_one_message, pieces


def visible(html: str) -> int:
    return len(unescape(sub(r"<[^<>]*>", "", html)).encode("utf-16-le")) // 2


LINES = st.lists(
    st.sampled_from(
        ["<b>Bridge &amp; river</b>", "🌉 bridge", "plain", "", "<blockquote>one\ntwo</blockquote>", "x" * 70]
    ),
    max_size=40,
)


@given(LINES, st.integers(20, 200))
def test_each_piece_fits_and_no_element_is_left_open(lines: list[str], longest: int) -> None:
    text = "\n".join(lines)
    found = pieces(text, longest)
    assert all(visible(piece) <= longest and piece.count("<b>") == piece.count("</b>") for piece in found)
    assert all(piece.count("<blockquote>") == piece.count("</blockquote>") for piece in found)
    if visible(text) <= longest:
        assert len(found) <= 1
    if longest >= 70:
        assert [line for piece in found for line in piece.split("\n") if line] == [
            line for line in text.split("\n") if line
        ]


def test_a_message_that_is_too_long_says_that_there_was_more() -> None:
    assert fit_one_message("<b>short</b>") == "<b>short</b>"
    long = fit_one_message("\n".join(["line"] * 2000))
    assert long.endswith("line\n…")
    assert 4000 < visible(long) <= 4096
    word = fit_one_message("🌉" * 5000)
    assert visible(word) <= 4096
    assert word.rstrip("\n…") == "🌉" * 2046
