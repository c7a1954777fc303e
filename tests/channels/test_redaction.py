"""Words of others on one line, without secrets."""

import subprocess
import sys

import pytest

from newsbot.channels import KINDS
from newsbot.channels.redaction import format_one_line, redact_secret_shapes
from newsbot.channels.settings import is_loopback


def test_secrets_are_taken_out() -> None:
    assert format_one_line("key=s3cret&more=s3cret", ["s3cret", ""]) == "key=[secret]&more=[secret]"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("POST /bot123456789:AAE-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/getMe", "POST /bot[secret]/getMe"),
        ("/bot123456789%3AAAE-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/x", "/bot[secret]/x"),
        ('OAuth oauth_token="42-at", oauth_signature="a%2Bb%3D"', None),
        ("Authorization: Bearer AAAA%2FBBBB1234", "Authorization: Bearer [secret]"),
        ("Authorization: Basic YW5hOnBhc3M=", "Authorization: Basic [secret]"),
        ("postgresql://ana:pa:ss@db.example.org/news", "postgresql://[secret]@db.example.org/news"),
    ],
)
def test_what_has_the_shape_of_a_secret_is_taken_out(text: str, left: str | None) -> None:
    assert redact_secret_shapes(text) == (left or 'OAuth oauth_token="[secret]", oauth_signature="[secret]"')


@pytest.mark.parametrize(
    "text",
    [
        "basic understanding of the bearer of bad news, at 12:30",
        "https://t.me/@example and https://example.org/a?mail=a@example.org",
        "2026-11-22T20:37:39 1790000000:ok",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact_secret_shapes(text) == text


def test_what_a_platform_says_becomes_one_printable_line() -> None:
    assert format_one_line("a\r\nb\x1b[31m\tc  d\u202e") == "a b [31m c d"


def test_a_long_answer_is_cut() -> None:
    assert len(format_one_line("x" * 5000)) == 300


@pytest.mark.parametrize(
    ("api", "local"),
    [
        ("http://127.0.0.1:8081", True),
        ("http://[::1]:8081", True),
        ("http://localhost/x", True),
        ("https://api.telegram.org", False),
        ("http://192.168.1.5", False),
        ("https://localhost.example.org", False),
    ],
)
def test_what_is_on_this_machine(api: str, local: bool) -> None:  # noqa: FBT001  a table's column
    assert is_loopback(api) is local


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_known_without_its_vendor(kind: str) -> None:
    """`check`, `schema` and `preview` need what a kind declares, and no library that calls platforms."""
    code = (
        f"import sys, newsbot.channels as c; c.channel_class({kind!r});"
        "print([m for m in ('telegram', 'tweepy', 'httpx', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
