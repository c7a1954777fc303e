"""The time zone of a new config.yaml: what the site tells of itself, else this machine's, never a guess."""

import time
from collections.abc import Callable, Iterator

import pytest

from newsbot.app.site_probe import SiteClock, choose_zone, find_machine_zone, read_site_clock
from newsbot.config.starter import ZoneChoice

SITE = "from the site's WordPress settings"
KARACHI = ZoneChoice("Asia/Karachi", "from this machine's TZ")


@pytest.fixture
def machine_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setattr("tzlocal.unix._cache_tz_name", None)
        time.tzset()

    return move


@pytest.fixture(autouse=True)
def _clock_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("index", "clock"),
    [
        (b'{"name":"A","gmt_offset":"5","timezone_string":"Asia\\/Karachi"}', SiteClock("Asia/Karachi", 5)),
        (b'{"gmt_offset": -3.5, "timezone_string": ""}', SiteClock(None, -3.5)),
        (b'{"gmt_offset":0,"timezone_string":""}', SiteClock()),
        (b'{"gmt_offset":"0","timezone_string":"UTC"}', SiteClock()),
        (b'{"gmt_offset":"0","timezone_string":"Nowhere\\/Else"}', SiteClock()),
        (b'{"gmt_offset":"0","timezone_string":"..\\/..\\/etc\\/passwd"}', SiteClock()),
        (b"<!doctype html><p>No such page", SiteClock()),
        (b" " * 60_000 + b'"timezone_string":"Asia/Karachi"', SiteClock()),
    ],
)
def test_a_wordpress_tells_its_zone_in_its_rest_index(index: bytes, clock: SiteClock) -> None:
    assert read_site_clock(index) == clock


@pytest.mark.parametrize(
    ("site", "machine", "zone"),
    [
        (SiteClock("Europe/Berlin", 1), KARACHI, ZoneChoice("Europe/Berlin", SITE)),
        (SiteClock(None, 5), KARACHI, KARACHI),
        (SiteClock(None, 5), None, ZoneChoice("Etc/GMT-5", f"{SITE}, which name no place: UTC+5")),
        (SiteClock(None, -4), KARACHI, ZoneChoice("Etc/GMT+4", f"{SITE}, which name no place: UTC-4")),
        (SiteClock(None, 5.5), None, None),
        (SiteClock(None, 44), None, None),
        (SiteClock(), KARACHI, KARACHI),
        (SiteClock(), None, None),
    ],
)
def test_the_site_is_asked_before_the_machine(
    site: SiteClock, machine: ZoneChoice | None, zone: ZoneChoice | None
) -> None:
    assert choose_zone(site, machine) == zone


@pytest.mark.parametrize("written", ["Asia/Karachi", ":Asia/Karachi"])
def test_the_machines_zone_is_its_own(machine_in: Callable[[str], None], written: str) -> None:
    machine_in(written)
    assert find_machine_zone() == KARACHI


@pytest.mark.parametrize("written", ["UTC", "Etc/UTC", "Nowhere/Else", "CET-1CEST"])
def test_what_names_no_place_is_not_taken(machine_in: Callable[[str], None], written: str) -> None:
    machine_in(written)
    assert find_machine_zone() is None
