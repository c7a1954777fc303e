import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.errors import LedgerError, UsageError
from newsbot.ledger import ids

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
NUMBERS = st.integers(1, 31**3 + 31**4 + 31**5)


@given(NUMBERS)
def test_an_id_gives_its_number_back(number: int) -> None:
    assert ids.post_number(ids.post_id(number)) == number
    assert ids.article_number(ids.article_id(number)) == number


@given(NUMBERS)
def test_ids_are_four_to_six_characters_without_look_alikes(number: int) -> None:
    bare = ids.article_id(number).removeprefix("a-")
    for found in (ids.post_id(number), bare):
        assert 4 <= len(found) <= 6
        assert set(found) <= set(ALPHABET)


def test_no_two_numbers_share_an_id() -> None:
    numbers = range(1, 40_000)
    assert len({ids.post_id(number) for number in numbers}) == len(numbers)


@given(NUMBERS)
def test_every_single_wrong_character_is_refused(number: int) -> None:
    right = ids.post_id(number)
    for at in range(len(right)):
        for character in set(ALPHABET) - {right[at]}:
            with pytest.raises(UsageError):
                ids.post_number(right[:at] + character + right[at + 1 :])


@given(NUMBERS)
def test_every_swap_of_neighbours_is_refused(number: int) -> None:
    right = ids.post_id(number)
    for at in range(len(right) - 1):
        swapped = right[:at] + right[at + 1] + right[at] + right[at + 2 :]
        if swapped != right:
            with pytest.raises(UsageError):
                ids.post_number(swapped)


@given(NUMBERS)
def test_an_articles_id_is_no_posts(number: int) -> None:
    with pytest.raises(UsageError):
        ids.post_number(ids.article_id(number).removeprefix("a-"))
    with pytest.raises(UsageError):
        ids.article_number(ids.post_id(number))


def test_case_and_spaces_around_do_not_matter() -> None:
    assert ids.post_number(f" {ids.post_id(77).upper()} ") == 77
    assert ids.article_number(ids.article_id(77).upper()) == 77


@pytest.mark.parametrize("text", ["", "a", "0000", "ilo1", "abcdefghij", "é́́a", "a-", "a-a-aaaa"])
def test_what_is_no_id_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        ids.post_number(text)
    assert repr(text) in str(refused.value)


def test_the_last_id_is_followed_by_a_clear_end() -> None:
    with pytest.raises(LedgerError, match="begin a new database"):
        ids.post_id(31**3 + 31**4 + 31**5 + 1)
