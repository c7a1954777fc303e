"""The page's templates."""

from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["Templates"]

_COLOURS = 6


class Templates:
    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("newsbot.sandbox.page"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._environment.filters |= {"colour": _colour, "initial": _initial, "clock": _clock, "day": _day}

    def render(self, name: str, /, **values: Any) -> str:
        return self._environment.get_template(name).render(**values)


def _colour(text: object) -> int:
    """One of the avatar colours, always the same for the same name."""
    return sum(map(ord, str(text))) % _COLOURS


def _initial(name: str) -> str:
    return name.strip()[:1].upper() or "?"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def _day(at: datetime) -> str:
    return f"{at:%b} {at.day}"
