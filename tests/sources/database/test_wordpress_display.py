"""Titles as WordPress 6.1's own feed gives them, recorded from one in English."""

import pytest

from newsbot.sources.database.wordpress import format_title


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ('It\'s "now" or never -- says the mayor', "It’s “now” or never — says the mayor"),
        ("'Tis 5' 6\" tall", "‘Tis 5’ 6″ tall"),
        ("\"42\" is '42' in '99 and the '90s", "“42” is ’42’ in ’99 and the ’90s"),
        ("He said \"it's 'fine'\"", "He said “it’s ‘fine'”"),
        ('("in brackets") - and a dash', "(“in brackets”) – and a dash"),
        ("Wait... what?", "Wait… what?"),
        ("2--1 win", "2–1 win"),
        ("A---B", "A—B"),
        ("10x20 grid 0x9999", "10×20 grid 0x9999"),
        ("The brothers' boat", "The brothers’ boat"),
        ('"He paid 5"', "“He paid 5”"),
        ('5" of rain', "5″ of rain"),
        ("L'Aquila: d'Artagnan's", "L’Aquila: d’Artagnan’s"),
        ("state-of-the-art", "state-of-the-art"),
        ("\"Nested 'one'\" ends", "“Nested ‘one'” ends"),
        ("Sales up 5%-10% - again", "Sales up 5%-10% – again"),
        ('"I won\'t," he said', "“I won’t,” he said"),
        ('کراچی میں "بارش" - خبر', "کراچی میں “بارش” – خبر"),
    ],
)
def test_a_title_is_the_feeds(typed: str, shown: str) -> None:
    assert format_title(typed, english=True) == shown
    if not {"'", '"'} & set(shown):
        assert format_title(shown, english=True) == shown, "what is right already stays"


def test_another_languages_marks_are_its_sites_own() -> None:
    assert (
        format_title('"Ja", sagt\'s Rathaus -- heute...', english=False) == '"Ja", sagt\'s Rathaus — heute…'
    )
