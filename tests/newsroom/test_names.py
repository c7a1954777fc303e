"""Names whole or in part: the one that fits is meant, several are named, and where none fits it says so."""

import pytest

from newsbot.config.checking import find_near_name
from newsbot.newsroom.names import UnknownName, find_name, find_names

KNOWN = ("telegram-main", "telegram-ur", "x-main", "next")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("telegram-ur", "telegram-ur"),
        ("Telegram-UR", "telegram-ur"),
        ("X", "x-main"),
        ("telegram-u", "telegram-ur"),
        ("ur", "telegram-ur"),
        ("nex", "next"),
        ("ext", "next"),
    ],
)
def test_a_part_that_fits_one_is_it(text: str, found: str) -> None:
    assert find_name(text, KNOWN) == found
    assert find_names(text, KNOWN) == [found]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("telegram", ("telegram-main", "telegram-ur")),
        ("main", ("telegram-main", "x-main")),
        ("gram", ("telegram-main", "telegram-ur")),
    ],
)
def test_a_part_that_fits_two_says_which_two(text: str, fits: tuple[str, ...]) -> None:
    with pytest.raises(UnknownName, match=f"'{text}' fits {', '.join(fits)}: write more") as refused:
        find_name(text, KNOWN)
    assert refused.value.fits == fits


def test_what_fits_none_says_what_there_is_or_what_is_near() -> None:
    with pytest.raises(UnknownName, match=r"there is no channel 'telegrm-ur'. Did you mean telegram-ur\?"):
        find_name("telegrm-ur", KNOWN)
    with pytest.raises(UnknownName, match=r"there is no source 'qqq'. There are next, telegram-main"):
        find_name("qqq", KNOWN, "source")
    with pytest.raises(UnknownName, match=r"There is none\."):
        find_name("", ())
    assert find_names(None, KNOWN) == find_names("all", KNOWN) == list(KNOWN)


def test_a_whole_name_goes_before_one_that_has_it_in_it() -> None:
    assert find_name("tg", ("tg-ur", "tg")) == "tg"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("telegrm-ur", "telegram-ur"),
        ("telegram_en", "telegram-en"),
        ("telegarm-en", "telegram-en"),
        ("telegram-fr", None),
        ("telegram", None),
        ("x-wset", "x-west"),
        ("x-test", None),
    ],
)
def test_only_a_misspelled_name_is_suggested(typed: str, meant: str | None) -> None:
    """Another channel of the same kind is for other readers."""
    assert find_near_name(typed, ["telegram-en", "telegram-ur", "x-east", "x-west"]) == meant
