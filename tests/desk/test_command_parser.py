"""What people type, however they type it."""

import pytest

from newsbot.desk.command_parser import (
    find_nearest_command,
    is_article,
    is_post_id,
    normalize_text,
    parse_line,
)
from newsbot.ledger.ids import article_id, post_id

POST, ARTICLE = post_id(77), article_id(77)


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ("/approve k7mq", "approve", ["k7mq"]),
        ("  /Approve@Sandbox_bot [K7MQ],", "approve", ["K7MQ"]),
        ("/move (k7mq), ۱۸:۳۰", "move", ["k7mq", "18:30"]),
        ("/move\u200f k7mq\u00a0٢٠:١٥", "move", ["k7mq", "20:15"]),
        ("/show <https://t.me/a/5>", "show", ["https://t.me/a/5"]),
        ("/queue", "queue", []),
    ],
)
def test_a_line_is_read_with_patience(typed: str, name: str, words: list[str]) -> None:
    line = parse_line(normalize_text(typed))
    assert line is not None
    assert (line.name, line.words) == (name, words)


@pytest.mark.parametrize("typed", ["approve k7mq", "/", "//x", "", "hello /queue"])
def test_what_is_no_command_is_none(typed: str) -> None:
    assert parse_line(typed) is None


def test_ids_are_known_by_their_check_character() -> None:
    assert is_post_id(POST.upper())
    assert is_article(ARTICLE)
    assert not is_article(POST)
    assert not is_post_id(ARTICLE)
    assert not is_post_id("zzzz" if POST != "zzzz" else "yyyy")


def test_a_slip_in_a_command_is_near_to_what_was_meant() -> None:
    assert find_nearest_command("aprove", ("approve", "queue")) == "approve"
    assert find_nearest_command("xyz", ("approve", "queue")) is None


def test_what_is_typed_keeps_its_invisible_characters_and_its_rest_does_not() -> None:
    line = parse_line("\u200f/edit\u200e k7m4 \U0001f468\u200d\U0001f467 #\u200bSpam می\u200cروم")
    assert line is not None
    assert line.typed == "k7m4 \U0001f468\u200d\U0001f467 #\u200bSpam می\u200cروم"
    assert line.rest == "k7m4 \U0001f468\U0001f467 #Spam میروم"
