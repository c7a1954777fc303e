"""Single rules of the checks, in English."""

import pytest

from newsbot.summarizers.grounding import Finding, FindingKind, find_ungrounded


def test_a_finding_names_the_words_and_their_source() -> None:
    assert find_ungrounded(
        "Costs at Nordmetall fell to $40 billion.", (), "Costs at Nordmetall fell to $40 million.", "en"
    ) == (Finding(FindingKind.NUMBER, "40 billion", "40 million"),)


def test_a_sentence_of_the_article_is_carried_whatever_it_says() -> None:
    text = "It is not true.  He said:\n“Nobody may come” on 31 February."
    for sentence in ("It is not true.", "He said: “Nobody may come” on 31 February."):
        assert find_ungrounded(sentence, (), text, "en") == ()


@pytest.mark.parametrize("sentence", ["", "   ", "…", "12", "“”", "“", "A" * 5_000, "和", "\u200f"])
@pytest.mark.parametrize("text", ["", "\n", "One sentence.", "。", "1" * 5_000])
@pytest.mark.parametrize("language", ["en", "ja", "xx", "en-GB", None])
def test_odd_input_is_no_error(sentence: str, text: str, language: str | None) -> None:
    find_ungrounded(sentence, ("", "One sentence."), text, language)


def test_an_author_before_a_colon_is_no_new_name_in_an_article_in_the_first_person() -> None:
    text = "I have seen many mines. My view is that our law fails the miners."
    assert find_ungrounded("Ann Lee: The law fails the miners", (), text, "en") == ()
    text = "The minister has seen many mines. The law fails the miners."
    found = find_ungrounded("Ann Lee: The law fails the miners", (), text, "en")
    assert [finding.kind for finding in found] == [FindingKind.NAME]


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("About 2,400,000 people came.", "Some 2.4 million people came to the fair."),
        ("About 2.5 million people came.", "The fair counted 2,512,345 people."),
        ("Twenty-four people came.", "To the fair came 24 people."),
        ("More than 20 people came.", "To the fair came 24 people."),
        ("Nearly 2,500 people came.", "To the fair came 2,471 people."),
    ],
)
def test_a_number_in_another_form_or_rounded_is_carried(sentence: str, text: str) -> None:
    assert find_ungrounded(sentence, (), text, "en") == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "About 2.6 million people came.",
        "Nearly 2,500,000,000 people came.",
        "More than 3 million people came.",
    ],
)
def test_a_wrong_rounding_is_found(sentence: str) -> None:
    found = find_ungrounded(sentence, (), "The fair counted 2,512,345 people.", "en")
    assert [finding.kind for finding in found] == [FindingKind.NUMBER]
