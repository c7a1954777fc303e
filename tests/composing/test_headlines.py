"""A quotation that somebody unknown says is no part of a headline."""

import pytest

from newsbot.composing.headlines import drop_quotation

REST = "Harbour bridge falls into the sea"


@pytest.mark.parametrize(
    "title",
    [
        f"‘We didn’t hear a bang’: {REST}",
        f"'We didn't hear a bang': {REST}",
        f"“We heard a bang”: {REST}",
        f'"We heard a bang" - {REST}',
        f"{REST} – ‘we heard a bang’",
        f"{REST}: „wir hörten einen Knall“",
        f"{REST} | «se oyó un golpe»",
    ],
)
def test_the_rest_is_the_headline(title: str) -> None:
    assert drop_quotation(title) == REST


def test_the_rest_begins_with_a_capital() -> None:
    assert drop_quotation(f"‘We heard a bang’: {REST.lower()}") == REST


def test_a_headline_without_spaces_is_long_by_its_characters() -> None:
    assert drop_quotation("「音が聞こえた」：港の橋が海に落ちる事故") == "港の橋が海に落ちる事故"
    assert drop_quotation("「音が聞こえた」：橋の事故") == "「音が聞こえた」：橋の事故"


@pytest.mark.parametrize(
    "title",
    [
        REST,
        f"{REST} 'in a bang'",
        "‘Enough is enough’ – Reid",
        "‘Bang’ harbour bridge: the sea is empty again",
        "Anna Reid: ‘We heard a bang’ and more of it",
    ],
)
def test_every_other_headline_stays(title: str) -> None:
    assert drop_quotation(title) == title
