"""Addresses as feeds and pages write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.fetching.addresses import escape_address, make_web_address

BASE = "http://paper.example/feed/"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://paper.example/photo one.html", "http://paper.example/photo%20one.html"),
        ("http://paper.example/photo%20one.html", "http://paper.example/photo%20one.html"),
        ("http://paper.example/a  b?c=d e#f g", "http://paper.example/a%20%20b?c=d%20e#f%20g"),
        ("  \n http://paper.example/x \r\n", "http://paper.example/x"),
        ("\ufeffhttp://paper.example/x\u00a0", "http://paper.example/x"),
        ("http://paper.example/a-long-\n      way", "http://paper.example/a-long-way"),
        ("http://paper.example/a-long-\r\n\tway", "http://paper.example/a-long-way"),
        ("http://paper.exa\nmple/x", "http://paper.example/x"),
        ("http://paper.example/\tx", "http://paper.example/x"),
        ("http:// paper.example /x y", "http://paper.example/x%20y"),
        ('http://paper.example/"x"<y>', "http://paper.example/%22x%22%3Cy%3E"),
        ("http://paper.example/{x}|y^z`", "http://paper.example/%7Bx%7D%7Cy%5Ez%60"),
        ("http://paper.example/100%", "http://paper.example/100%"),
        ("http://paper.example/a(b)[c]'d'!$,;:@~*", "http://paper.example/a(b)[c]'d'!$,;:@~*"),
        ("http:\\\\paper.example\\x?y=a\\b", "http://paper.example/x?y=a%5Cb"),
        ("/story\\1", "http://paper.example/story/1"),
        ("http://paper.example/?p=1&amp;q=2&#038;r=3&#x26;s", "http://paper.example/?p=1&q=2&r=3&s"),
        ("http://paper.example/?p=1&amp;amp;q", "http://paper.example/?p=1&q"),
        ("http://paper.example/?p=1&amplitude=2", "http://paper.example/?p=1&amplitude=2"),
        ("http://paper.example/خبر/ساحل", "http://paper.example/خبر/ساحل"),
        ("http://zürich.example/café?ü=é", "http://zürich.example/café?ü=é"),
        ("http://paper.example/a\u00a0b\u3000c", "http://paper.example/a%C2%A0b%E3%80%80c"),
        ("photo one.jpg", "http://paper.example/feed/photo%20one.jpg"),
        ("../x y", "http://paper.example/x%20y"),
        ("//cdn.example/a b", "http://cdn.example/a%20b"),
        ("?p=1 2", "http://paper.example/feed/?p=1%202"),
    ],
)
def test_an_address_is_read_as_browsers_read_it(written: str, address: str) -> None:
    assert make_web_address(written, BASE) == address


@pytest.mark.parametrize(
    "written",
    [
        "",
        " \n",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:image/gif;base64,R0",
        "mailto:a@b.example",
        "ftp://x.example/a",
        "http://",
        "http:///x",
        "https:x",
        "http://[::1",
        "file:///etc/passwd",
        "tag:a,2026:1",
    ],
)
def test_what_is_not_of_the_web_is_none(written: str) -> None:
    assert make_web_address(written, BASE) is None


@given(st.text(max_size=60))
def test_escaping_twice_is_escaping_once(written: str) -> None:
    once = escape_address(written)
    assert escape_address(once) == once


@given(st.text(max_size=60))
def test_no_address_holds_white_space_or_markup(written: str) -> None:
    address = make_web_address(f"http://paper.example/{written}", BASE)
    assert address is None or not set(address) & set(' \t\r\n"<>\\^`{|}')
