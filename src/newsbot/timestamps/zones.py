"""Names and offsets of time zones as feeds write them."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["OFFSET", "find_zone", "is_abbreviation"]

OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?(?::?00)?")
"""Hours ahead of Greenwich, with minutes or without: ``+5``, ``-0330``, ``+05:30``."""

_MOST = timedelta(hours=14)  # of any place
_HOUR = 60  # minutes
_IANA = re.compile(r"[A-Za-z][A-Za-z_]+(?:/[A-Za-z][A-Za-z0-9_+-]+){1,2}")

# Abbreviations with one meaning in use, or with one by RFC 5322 (the American ones), by hours ahead. Those
# with several (IST, AST, SST, AMT, GST, ECT) count only where the configured zone has them.
_HOURS = {
    name: hours
    for hours, names in {
        -10: ("HST",),
        -9: ("AKST",),
        -8: ("PST", "AKDT"),
        -7: ("MST", "PDT"),
        -6: ("CST", "MDT"),
        -5: ("EST", "CDT", "PET", "COT"),
        -4: ("EDT", "CLT", "VET"),
        -3.5: ("NST",),
        -3: ("BRT", "ART", "UYT", "CLST"),
        -2.5: ("NDT",),
        0: ("Z", "UT", "UTC", "UCT", "GMT", "WET"),
        1: ("BST", "WEST", "CET", "MET", "MEZ", "WAT"),
        2: ("CEST", "MEST", "MESZ", "EET", "CAT", "SAST"),
        3: ("EEST", "MSK", "TRT", "EAT"),
        3.5: ("IRST",),
        4.5: ("AFT",),
        5: ("PKT", "UZT"),
        5.75: ("NPT",),
        7: ("ICT", "WIB"),
        8: ("HKT", "SGT", "MYT", "PHT", "WITA", "AWST"),
        9: ("JST", "KST", "WIT"),
        9.5: ("ACST",),
        10: ("AEST",),
        10.5: ("ACDT",),
        11: ("AEDT",),
        12: ("NZST",),
        13: ("NZDT",),
    }.items()
    for name in names
}
_PLACES = {
    short: place
    for shorts, place in (
        (("ET", "EASTERN", "EASTERN TIME"), "America/New_York"),
        (("CT", "CENTRAL", "CENTRAL TIME"), "America/Chicago"),
        (("MT", "MOUNTAIN", "MOUNTAIN TIME"), "America/Denver"),
        (("PT", "PACIFIC", "PACIFIC TIME"), "America/Los_Angeles"),
    )
    for short in shorts
}
_SPELLED = {
    "GREENWICH MEAN TIME": "GMT",
    "COORDINATED UNIVERSAL TIME": "UTC",
    "CENTRAL EUROPEAN TIME": "CET",
    "CENTRAL EUROPEAN STANDARD TIME": "CET",
    "CENTRAL EUROPEAN SUMMER TIME": "CEST",
    "EASTERN EUROPEAN TIME": "EET",
    "EASTERN EUROPEAN STANDARD TIME": "EET",
    "EASTERN EUROPEAN SUMMER TIME": "EEST",
    "BRITISH SUMMER TIME": "BST",
    "MOSCOW STANDARD TIME": "MSK",
    "PAKISTAN STANDARD TIME": "PKT",
    "JAPAN STANDARD TIME": "JST",
    "KOREAN STANDARD TIME": "KST",
    "SINGAPORE STANDARD TIME": "SGT",
    "HONG KONG STANDARD TIME": "HKT",
    **{
        f"{name.upper()} {kind.upper()} TIME": f"{name[0]}{kind[0]}T"
        for name in ("Eastern", "Central", "Mountain", "Pacific")
        for kind in ("Standard", "Daylight")
    },
}


def is_abbreviation(word: str) -> bool:
    """Whether it is a zone's, in the capitals that these have."""
    return word.isupper() and (word in _HOURS or word in _PLACES)


def find_zone(name: str, offset: str | None, local: datetime, configured: tzinfo | None) -> tzinfo | None:
    """The zone of ``name`` and ``offset`` at ``local`` (a naive time); None if that is not certain.

    Either may be missing, both missing is the ``configured`` zone (UTC without it). Where both are there the
    name must not contradict, except that ``GMT+5`` is five hours ahead of Greenwich.
    """
    if offset is None:
        return _named(name, local, configured) if name else configured or UTC
    fixed = _fixed(offset)
    if fixed is None or name.upper() in {"", "GMT", "UTC", "UT"}:
        return fixed
    named = _named(name, local, configured)
    return fixed if named is None or named.utcoffset(local) == fixed.utcoffset(local) else None


def _fixed(offset: str) -> tzinfo | None:
    match = OFFSET.fullmatch(offset)
    if not match or int(match[3] or 0) >= _HOUR:
        return None
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-ahead if match[1] == "-" else ahead) if ahead <= _MOST else None


def _named(name: str, local: datetime, configured: tzinfo | None) -> tzinfo | None:
    upper = _SPELLED.get(name.upper(), name.upper())
    if upper in _HOURS:
        return timezone(timedelta(hours=_HOURS[upper]))
    if place := _PLACES.get(upper) or (name if _IANA.fullmatch(name) else None):
        try:
            return ZoneInfo(place)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None
    own = configured is not None and local.replace(tzinfo=configured).tzname() == upper
    return configured if own else None
