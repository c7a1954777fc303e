"""The rendering of reasons (codes with parameters) as words, for command line, desk, pages and log.

No other module turns reasons into words.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Protocol

from newsbot.reasons.reason import PEOPLE, Parameter, ParameterType, Reason, find_parameter_type
from newsbot.reasons.table import N_, ReasonCode

__all__ = ["COMMA", "EnglishWording", "Wording", "render"]


COMMA, _SEMICOLON = N_(", "), N_("; ")
"""The separators of lists of reasons; they are translated, because other scripts have their own marks."""


class Wording(Protocol):
    """How reasons are worded in one language for one kind of reader, such as the command line's users."""

    def fill(self, code: ReasonCode, values: Mapping[str, str]) -> str:
        """Return the text of a reason by its ``code``, with ``values`` in place of its parameters."""
        ...

    def word(self, text: str) -> str:
        """Translate one of newsbot's own words (such as a state), or a separator of listed reasons.

        ``text`` is the word or the separator in English.
        """
        ...

    def time(self, at: datetime) -> str:
        """Return a point in time in the form and time zone of this reader."""
        ...

    def day(self, day: date) -> str:
        """Return a day in the form of this reader's language."""
        ...

    def person(self, by: str) -> str:
        """Return the name of the person whom the ledger stores as ``by``, or ``by`` if it is no person."""
        ...


def render(reason: Reason, wording: Wording) -> str:
    """Return the text of a reason, and of the reasons in its parameters, as ``wording`` words them."""
    values = {name: _render_value(name, value, wording) for name, value in reason.params.items()}
    return values[reason.code.whole] if reason.code.whole else wording.fill(reason.code, values)


def _render_value(name: str, value: Parameter, wording: Wording) -> str:
    if isinstance(value, Reason):
        return render(value, wording)
    if isinstance(value, tuple):
        joint = COMMA if find_parameter_type(name) is ParameterType.REASONS else _SEMICOLON
        return wording.word(joint).join(render(each, wording) for each in value)
    if isinstance(value, datetime):
        return wording.time(value)
    if isinstance(value, date):
        return wording.day(value)
    if isinstance(value, str):
        return _render_text(name, value, wording)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _render_text(name: str, value: str, wording: Wording) -> str:
    if name in PEOPLE:
        return wording.person(value)
    return wording.word(value) if find_parameter_type(name) is ParameterType.WORD else value


def _format_utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


class EnglishWording:
    """Words reasons in English, with the commands of the command line.

    ``say_time`` formats times; without it, times are in UTC. ``name`` returns a person's name; without it,
    people are named as the ledger stores them.
    """

    def __init__(
        self, say_time: Callable[[datetime], str] = _format_utc, name: Callable[[str], str] = str
    ) -> None:
        self._say_time = say_time
        self._name = name

    def fill(self, code: ReasonCode, values: Mapping[str, str]) -> str:
        """Return the English text of a reason by its ``code``, with ``values`` in place of its parameters."""
        return code.command_line_text.format(**values)

    def word(self, text: str) -> str:
        """Return ``text`` itself, because newsbot's own words are English."""
        return text

    def time(self, at: datetime) -> str:
        """Return a point in time as ``say_time`` formats it."""
        return self._say_time(at)

    def day(self, day: date) -> str:
        """Return a day in the form ``Tue 3 Nov``."""
        return f"{day:%a} {day.day} {day:%b}"

    def person(self, by: str) -> str:
        """Return the name of the person whom the ledger stores as ``by``."""
        return self._name(by)
