"""Parsers of durations and rates in config.yaml: ``90s``, ``5m``, ``24h``, ``7d``, ``20/min``."""

import re
from datetime import timedelta
from typing import NamedTuple

__all__ = ["RateText", "parse_duration", "parse_rate"]

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "day": 86400}
_DURATION = re.compile(r"(\d{1,8}(?:\.\d{1,6})?)\s*(s|min|m|h|d)")
_RATE = re.compile(r"(\d{1,8})\s*/\s*(\d{0,8})\s*(s|min|m|h|day|d)")


class RateText(NamedTuple):
    """A rate limit from config.yaml: at most ``calls`` calls in ``seconds`` seconds."""

    calls: int
    seconds: float


def parse_duration(text: str) -> timedelta:
    """Parse a duration like ``5m`` or ``24h`` from config.yaml.

    Raises:
        ValueError: the text has another form; the message shows the right ones.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(f"{text!r} is not a duration: write it like 90s, 5m, 24h or 7d")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def parse_rate(text: str) -> RateText:
    """Parse a rate from config.yaml: ``100/15min`` becomes (100, 900.0).

    Raises:
        ValueError: the text has another form; the message shows the right ones.
    """
    found = _RATE.fullmatch(text.strip().lower())
    if not found or not int(found[1]) or not int(found[2] or 1):
        raise ValueError(f"{text!r} is not a rate: write it like 30/s, 20/min, 100/15min or 10000/day")
    return RateText(int(found[1]), float(int(found[2] or 1) * _UNITS[found[3]]))
