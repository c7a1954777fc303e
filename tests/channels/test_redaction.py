"""Words of others on one line, without secrets."""

import subprocess
import sys

import pytest

from newsbot.channels import KINDS
from newsbot.channels.addresses import is_loopback
from newsbot.channels.redaction import one_line


def test_secrets_are_taken_out() -> None:
    assert one_line("key=s3cret&more=s3cret", ["s3cret", ""]) == "key=[secret]&more=[secret]"


def test_what_a_platform_says_becomes_one_printable_line() -> None:
    assert one_line("a\r\nb\x1b[31m\tc  d\u202e") == "a b [31m c d"


def test_a_long_answer_is_cut() -> None:
    assert len(one_line("x" * 5000)) == 300


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
