"""Which item an address is of, by whatever host its site is asked."""

import pytest

from newsbot.identity.addresses import find_nearest, is_at
from newsbot.model import Item

HOME = "http://127.0.0.1:8080"
FERRY = Item(f"{HOME}/?p=77", url=f"{HOME}/2026/11/29/ferry/")
NIGHT = Item(f"{HOME}/?p=78#79", url=f"{HOME}/night-buses")
PLAIN = Item("80", url=f"{HOME}/?p=80")
ITEMS = (NIGHT, FERRY, PLAIN, Item("81"))


@pytest.mark.parametrize(
    ("url", "item"),
    [
        (FERRY.url, FERRY),
        (FERRY.guid, FERRY),
        ("http://localhost:8080/2026/11/29/ferry?utm_source=x", FERRY),
        ("https://www.news.example.org/2026/11/29/ferry/amp/", FERRY),
        ("https://news.example.org/blog/2026/11/29/night-buses/", NIGHT),
        ("http://localhost:8080/?p=80", PLAIN),
        ("http://localhost:8080/?p=77", FERRY),
        (NIGHT.guid.partition("#")[0], None),
        ("http://localhost:8080/", None),
        ("https://news.example.org/2026/11/29/", None),
        ("https://news.example.org/2026/11/29/other/", None),
    ],
)
def test_an_address_leads_to_its_item(url: str, item: Item | None) -> None:
    assert find_nearest(url, ITEMS) is item


def test_only_its_own_address_and_guid_are_the_items() -> None:
    assert is_at(FERRY, "http://127.0.0.1:8080/2026/11/29/ferry")
    assert is_at(FERRY, FERRY.guid)
    assert not is_at(FERRY, "http://localhost:8080/2026/11/29/ferry/")
    assert not is_at(Item("81"), "")
