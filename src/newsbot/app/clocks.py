"""Choose the time zone for a new config.yaml: the one of the site's WordPress settings, or this machine's."""

import os
import re
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal

from newsbot.config.starter import ZoneChoice
from newsbot.scheduling.rules import parse_zone

__all__ = ["SiteClock", "choose_zone", "find_machine_zone", "read_site_clock"]

_ZONE = re.compile(rb'"timezone_string"\s*:\s*"([^"]{1,80})"')
_OFFSET = re.compile(rb'"gmt_offset"\s*:\s*"?(-?\d{1,2}(?:\.\d{1,2})?)\b')
_HEAD = 50_000  # Bytes at the start of the index of a site's REST API in which its time zone is searched.
_DEFAULTS = {"UTC", "UCT", "Universal", "Zulu", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich"}
_FROM_SITE = "from the site's WordPress settings"


class SiteClock(NamedTuple):
    """The time zone that a site states: its IANA ``name``,
    or only by how many ``hours`` it is ahead of UTC today.

    Both are None if the site states no time zone.
    """

    name: str | None = None
    hours: float | None = None


def read_site_clock(index: bytes) -> SiteClock:
    """Read a site's time zone (``timezone_string`` and ``gmt_offset``) from the
    index of its WordPress REST API.

    A WordPress for which nobody chose a zone has an empty zone and the offset 0; so an empty zone, the offset
    0 and UTC count as unknown.
    """
    zone, offset = _ZONE.search(index, 0, _HEAD), _OFFSET.search(index, 0, _HEAD)
    name = zone[1].decode("utf-8", "replace").replace("\\/", "/") if zone else ""
    return SiteClock(_find_zone_name(name), float(offset[1]) or None if offset else None)


def find_machine_zone() -> ZoneChoice | None:
    """Return this machine's time zone; None if the zone is uncertain, or UTC,
    to which most servers are set.
    """
    try:
        name = _find_zone_name(tzlocal.get_localzone_name() or "")
    # Python raises these errors if the machine's settings of the time zone contradict one another.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    if name is None or _get_hours_ahead(name) != _get_hours_ahead(None):
        return None
    return ZoneChoice(name, f"from this machine's {'TZ' if os.environ.get('TZ') else 'settings'}")


def choose_zone(site: SiteClock, machine: ZoneChoice | None) -> ZoneChoice | None:
    """Return the newsroom's time zone: the site's, else the machine's if the site's is unknown; None if both
    are unknown.

    If the site states only an offset from UTC, which does not say when clocks change, newsbot prefers the
    machine's zone if that zone has the same offset.
    """
    if site.name:
        return ZoneChoice(site.name, _FROM_SITE)
    if site.hours is None or (machine and _get_hours_ahead(machine.name) == site.hours):
        return machine
    if float(site.hours).is_integer() and (fixed := _find_zone_name(f"Etc/GMT{-site.hours:+.0f}")):
        return ZoneChoice(fixed, f"{_FROM_SITE}, which name no place: UTC{site.hours:+.0f}")
    return machine


def _find_zone_name(name: str) -> str | None:
    """Return the IANA name of the time zone ``name``; None if it is no time zone,
    or a default such as UTC.
    """
    try:
        key = parse_zone(name).key
    except ValueError:
        return None
    return None if key.removeprefix("Etc/") in _DEFAULTS else key


def _get_hours_ahead(name: str | None) -> float:
    """Return by how many hours the clocks of a time zone (None: this machine) are ahead of UTC today."""
    offset = datetime.now(UTC).astimezone(ZoneInfo(name) if name else None).utcoffset()
    return offset.total_seconds() / 3600 if offset else 0.0
