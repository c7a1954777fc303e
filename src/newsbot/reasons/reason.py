"""A reason: why something was done or refused, as a code with parameters, whose names decide their types."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from newsbot.reasons.table import ReasonCode

__all__ = ["PARAMETERS", "PEOPLE", "Parameter", "ParameterType", "Reason", "find_parameter_type"]

Parameter = Union[str, int, float, datetime, date, "Reason", tuple["Reason", ...]]


class ParameterType(Enum):
    """The type of a reason's parameter, which decides how it is checked, stored and put into words."""

    TEXT = "text"  # The parameter is a text, like an id, a name or a platform's own message.
    WORD = "word"  # The parameter is one of newsbot's own words, such as a state, which is translated.
    NUMBER = "number"
    TIME = "time"  # The parameter is an aware datetime.
    DAY = "day"
    REASON = "reason"
    REASONS = "reasons"  # The parameter is a tuple of reasons, listed with commas.
    SENTENCES = "sentences"  # The parameter is a tuple of reasons, listed with semicolons.


PARAMETERS: Mapping[str, ParameterType] = {
    **dict.fromkeys(("action", "examples", "own_role", "role", "state", "verb"), ParameterType.WORD),
    **dict.fromkeys(("count", "least", "most", "n", "usual"), ParameterType.NUMBER),
    **dict.fromkeys(("at", "first", "second", "since", "until"), ParameterType.TIME),
    "day": ParameterType.DAY,
    **dict.fromkeys(("mend", "what", "why"), ParameterType.REASON),
    "reasons": ParameterType.REASONS,
    "sentences": ParameterType.SENTENCES,
}
"""The types of reasons' parameters by their names; a parameter with any other name is a text."""

PEOPLE = frozenset({"by", "who"})
"""The names of texts that may be a person as the ledger stores one, like ``tg:111``; people read the name."""


def find_parameter_type(name: str) -> ParameterType:
    """Return the type that a parameter with this name has in every reason."""
    return PARAMETERS.get(name, ParameterType.TEXT)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was done, held, refused or went wrong: a code with its parameters.

    ``str(reason)`` is its English text with times in UTC.

    Raises:
        TypeError: a parameter is missing, unknown or not of the type that its name stands for.
    """

    code: "ReasonCode"
    params: Mapping[str, Parameter]

    def __post_init__(self) -> None:
        if self.params.keys() != set(self.code.parameters):
            raise TypeError(f"{self.code!r} takes {self.code.parameters}, not {tuple(self.params)}")
        for name, value in self.params.items():
            if not _is_of_type(value, find_parameter_type(name)):
                raise TypeError(f"{name}={value!r} of {self.code!r} is no {find_parameter_type(name).value}")

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.params.items(), key=_get_name))))

    def __str__(self) -> str:
        from newsbot.reasons.rendering import EnglishWording, render  # noqa: PLC0415  The module `rendering` imports this module.

        return render(self, EnglishWording())

    def find(self, *codes: "ReasonCode") -> "Reason | None":
        """Return the first reason with one of the codes, among this reason and the reasons in its parameters.

        Returns None if no reason has one of the codes.
        """
        return next((each for each in self.walk() if each.code in codes), None)

    def walk(self) -> Iterator["Reason"]:
        """Yield this reason and every reason in its parameters."""
        yield self
        for value in self.params.values():
            for inner in value if isinstance(value, tuple) else (value,):
                if isinstance(inner, Reason):
                    yield from inner.walk()

    def map_texts(self, change: Callable[[str], str]) -> "Reason":
        """Return a copy of the reason in which ``change`` is applied to each text, such as a quotation."""
        return Reason(
            self.code, {name: _map_value(name, value, change) for name, value in self.params.items()}
        )


def _get_name(item: tuple[str, Parameter]) -> str:
    return item[0]


def _map_value(name: str, value: Parameter, change: Callable[[str], str]) -> Parameter:
    if isinstance(value, Reason):
        return value.map_texts(change)
    if isinstance(value, tuple):
        return tuple(each.map_texts(change) for each in value)
    if isinstance(value, str) and find_parameter_type(name) is ParameterType.TEXT:
        return change(value)
    return value


def _is_of_type(value: Parameter, wanted: ParameterType) -> bool:
    match wanted:
        case ParameterType.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ParameterType.TIME:
            return isinstance(value, datetime) and value.tzinfo is not None
        case ParameterType.DAY:
            return isinstance(value, date) and not isinstance(value, datetime)
        case ParameterType.REASON:
            return isinstance(value, Reason)
        case ParameterType.REASONS | ParameterType.SENTENCES:
            return isinstance(value, tuple) and all(isinstance(each, Reason) for each in value)
    return isinstance(value, str)
