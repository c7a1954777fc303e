"""The same date is the same time out of each format and parser, and an article without a date is there."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsbot.model import Item
from newsbot.sources.parsing import parse_bytes
from tests.sources.samples import atom, broken, one, rss
from tests.timestamps.forms import FORMS

TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)
URL = "http://paper.example/feed"


def as_rss(date: str) -> bytes:
    return rss(f"<title>T</title><link>/1</link><pubDate>{date}</pubDate>")


def as_atom(date: str) -> bytes:
    return atom(f"<title>T</title><id>1</id><published>{date}</published>")


def as_json(date: str) -> bytes:
    item = {"id": "1", "title": "T", "date_published": date}
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}).encode()


def as_dublin_core(date: str) -> bytes:
    return rss(f"<title>T</title><link>/1</link><dc:date>{date}</dc:date>")


@pytest.mark.parametrize(("date", "expected"), FORMS.items())
def test_a_date_is_the_same_from_every_format_and_parser(date: str, expected: str | None) -> None:
    feeds = [make(date) for make in (as_rss, as_atom, as_dublin_core, as_json)]
    feeds += [broken(feed) for feed in feeds[:3]]
    found = {one(feed).published_at for feed in feeds}
    assert found == {datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None}


@pytest.mark.parametrize("spoil", [bytes, broken], ids=["well-formed", "broken"])
def test_another_item_of_the_feed_tells_which_one_is_the_month(spoil: type[bytes]) -> None:
    def dates(*given: str) -> list[datetime | None]:
        each = [
            f"<title>{n}</title><guid>{n}</guid><pubDate>{date}</pubDate>" for n, date in enumerate(given)
        ]
        items = parse_bytes(spoil(rss(*each)), URL).items
        return [item.published_at for item in sorted(items, key=lambda item: item.guid)]

    assert dates("05/11/2026", "22/11/2026")[0] == datetime(2026, 11, 5, tzinfo=UTC)
    assert dates("05/11/2026", "11/22/2026")[0] == datetime(2026, 5, 11, tzinfo=UTC)
    assert dates("05/11/2026", "06/11/2026") == [None, None]


def test_a_time_without_a_zone_is_by_the_configured_one() -> None:
    zone = ZoneInfo("Asia/Karachi")

    def read(feed: bytes) -> Item:
        (item,) = parse_bytes(feed, URL, zone=zone).items
        return item

    assert read(as_rss("2026-11-22 15:00")).published_at == TEN
    assert read(as_json("2026-11-22 15:00")).published_at == TEN
    assert read(as_rss("Sun, 22 Nov 2026 10:00:00 GMT")).published_at == datetime(
        2026, 11, 22, 10, tzinfo=UTC
    )


def test_a_date_in_the_future_is_none() -> None:
    """Beyond a day, which a clock in the wrong zone never is."""

    def read(ahead: timedelta) -> datetime | None:
        (item,) = parse_bytes(as_rss((TEN + ahead).isoformat()), URL, now=TEN).items
        return item.published_at

    assert read(timedelta(hours=14)) == TEN + timedelta(hours=14)
    assert read(timedelta(hours=25)) is None
    assert read(timedelta(days=-3650)) == TEN - timedelta(days=3650)


def test_a_good_date_stands_in_for_a_bad_one() -> None:
    feed = rss("<title>T</title><pubDate>12:30</pubDate><dc:date>2026-11-22T10:00:00Z</dc:date>")
    assert one(feed).published_at == TEN
