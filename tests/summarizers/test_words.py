import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.summarizers.sentences import PLAIN, words


@given(st.text(st.characters(max_codepoint=127)) | st.text("aB1_' -'", max_size=12))
def test_ascii_takes_a_short_cut_to_the_same_words(sentence: str) -> None:
    assert words(sentence) == tuple(PLAIN.findall(sentence.lower()))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The players' union isn't 'in'.", ["the", "players", "union", "isn't", "in"]),
        ("Le café d'été", ["le", "café", "d'été"]),
        ("اُردو میں", ["اُردو", "میں"]),
        ("東京で会議", ["東京", "京で", "で会", "会議"]),
    ],
)
def test_words_of_any_script(sentence: str, expected: list[str]) -> None:
    assert words(sentence) == tuple(expected)
