import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.summarizers.sentences import is_finished, split, without_headings

CASES = {
    "abbreviations": (
        "en",
        "(CNN)Mr. Smith of the U.S. Senate paid 3.5 percent. The govt. of India agreed.",
        ["(CNN)Mr. Smith of the U.S. Senate paid 3.5 percent.", "The govt. of India agreed."],
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
    assert without_headings(["News", "It rains.", "***."]) == ["It rains."]
    assert without_headings(["ฝนตกหนัก", "น้ำท่วม"]) == ["ฝนตกหนัก", "น้ำท่วม"]


@given(
    st.text(alphabet=st.sampled_from("aB.!? \n\t\"'“”‘’«»「」()。۔।éか中:-"), max_size=300),
    st.sampled_from(["en", "ja", "ur", "xx", None]),
)
def test_sentences_are_the_text_in_order_and_nothing_is_lost(text: str, language: str | None) -> None:
    assert "".join("".join(split(text, language)).split()) == "".join(text.split())
