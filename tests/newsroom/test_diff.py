"""What an editor is shown of a change: both sides, and the place where they differ."""

import pytest

from newsbot.newsroom.history import list_changes

URL = "http://news.example/" + "a-very-long-name-" * 8


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        (f"Police said so {URL}", f"Police said so {URL} Corrected 14:31", "Corrected 14:31"),
        (f"It cost 4.2 million {URL} {URL}", f"It cost 2.4 million {URL} {URL}", "2.4"),
        (f"{URL}one", f"{URL}two", "two"),
        (URL, f"{URL}x", "x"),
        ("word " * 60, "word " * 60 + "end", "end"),
    ],
)
def test_what_differs_is_shown_however_long_the_words_around_it_are(
    before: str, after: str, seen: str
) -> None:
    ((old, new),) = list_changes(before, after)
    assert old != new
    assert seen in new
    assert max(len(old), len(new)) < 130


def test_a_short_change_is_shown_with_three_words_on_each_side() -> None:
    places = list_changes(
        "one two three four 4.2 six seven eight nine", "one two three four 2.4 six seven eight nine"
    )
    assert places == [("…two three four 4.2 six seven eight…", "…two three four 2.4 six seven eight…")]
