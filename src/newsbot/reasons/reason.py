"""A reason: why something was done or refused, as a code with parameters; and the wording of reasons as text.

A table of codes (a subclass of `ReasonCode`) has the English text of each code. The text names the parameters
of the code in braces, and a parameter's name decides its type (`PARAMETERS`). The English text is also the
key of its translations (desk/locale).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from string import Formatter
from typing import Self, TypeVar, Union

__all__ = [
    "COMMA",
    "N_",
    "PARAMETERS",
    "Parameter",
    "ParameterType",
    "Reason",
    "ReasonCode",
    "Wording",
    "find_parameter_type",
    "render",
]

Parameter = Union[str, int, float, datetime, date, "Reason", tuple["Reason", ...]]
Text = TypeVar("Text", bound=str)


def N_(text: Text) -> Text:  # noqa: N802  The library gettext uses this name.
    """Mark a text for translation; the text is translated later, when the reader's language is known."""
    return text


class ParameterType(Enum):
    """The type of a parameter in a reason (a code with parameters, from which a message is made).

    The type decides how it is checked, stored and put into words.
    """

    TEXT = "text"  # A parameter of this type is a text, like an id, a name or a platform's own message.
    WORD = "word"  # A parameter of this type is a word of newsbot, such as a post's state, and is translated.
    NUMBER = "number"
    TIME = "time"  # A parameter of this type is a point in time, a datetime with a time zone.
    DAY = "day"
    REASON = "reason"
    REASONS = "reasons"  # A parameter of this type is several reasons, which the message lists with commas.
    SENTENCES = (
        "sentences"  # A parameter of this type is several reasons, which the message lists with semicolons.
    )
    CHOICES = "choices"  # A parameter of this type is several reasons, which the message lists with "or".


PARAMETERS: Mapping[str, ParameterType] = {
    **dict.fromkeys(("action", "examples", "field", "own_role", "role", "state", "verb"), ParameterType.WORD),
    **dict.fromkeys(("count", "least", "most", "n", "usual"), ParameterType.NUMBER),
    **dict.fromkeys(("at", "first", "second", "since", "until"), ParameterType.TIME),
    "day": ParameterType.DAY,
    **dict.fromkeys(("mend", "what", "why"), ParameterType.REASON),
    "reasons": ParameterType.REASONS,
    "sentences": ParameterType.SENTENCES,
    "choices": ParameterType.CHOICES,
}
"""The types of reasons' parameters by their names; a parameter with any other name is a text."""

_PEOPLE = frozenset({"by", "who"})
"""The names of the parameters whose text may be a person in the form that the ledger stores, like ``tg:111``.
Readers see the person's name instead.
"""

COMMA = N_(", ")
"""The separator of listed reasons; it is translated, because other scripts have their own marks."""
_SEPARATORS = {
    ParameterType.REASONS: COMMA,
    ParameterType.SENTENCES: N_("; "),
    ParameterType.CHOICES: N_(" or "),
}


def find_parameter_type(name: str) -> ParameterType:
    """Return the type of the parameter ``name`` of a reason; in all reasons, it has the same type."""
    return PARAMETERS.get(name, ParameterType.TEXT)


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
        case ParameterType.TEXT | ParameterType.WORD:
            return isinstance(value, str)
    return isinstance(value, tuple) and all(isinstance(each, Reason) for each in value)


class ReasonCode(Enum):
    """The code of a reason (why something was done or refused), which stands for an English text with
    parameters.

    Each table of codes is an enum, and each of its members is a code. The ledger stores the member's name in
    small letters with hyphens, which is also ``str(code)``; so a member is never renamed, and its name is
    unique over all tables. The text names commands of the chat like ``/show``, for which people at the
    command line read ``newsbot show``. If the command line needs another text, the member's value is a pair
    of texts, the second one for the command line.
    """

    def __new__(cls, *_texts: str) -> Self:
        """Give each code a number of its own as the enum's value, because an enum takes two members with the
        same value for one member.
        """
        member = object.__new__(cls)
        member._value_ = len(cls.__members__)
        return member

    def __init__(self, text: str, command_line_text: str | None = None) -> None:
        self.text = text
        self.command_line_text = command_line_text or f" {text}".replace(" /", " newsbot ")[1:]
        self.parameters = tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(text) if name))

    def __str__(self) -> str:
        return self.name.lower().replace("_", "-")

    def __call__(self, **params: object) -> "Reason":
        """Make a reason (why something was done or refused) of this code and these parameters.

        The values of text parameters are converted to text.

        Raises:
            TypeError: a parameter is missing, unknown or not of the type that its name stands for.
        """
        texts = {name for name in params if find_parameter_type(name) is ParameterType.TEXT}
        return Reason(self, {name: str(value) if name in texts else value for name, value in params.items()})  # type: ignore[misc]  # The class Reason checks the types.


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was done, held, refused or went wrong: a code with its parameters.

    ``str(reason)`` is its English text with times in UTC.

    Raises:
        TypeError: a parameter is missing, unknown or not of the type that its name stands for.
    """

    code: ReasonCode
    params: Mapping[str, Parameter]

    def __post_init__(self) -> None:
        if self.params.keys() != set(self.code.parameters):
            raise TypeError(f"{self.code!r} takes {self.code.parameters}, not {tuple(self.params)}")
        for name, value in self.params.items():
            if not _is_of_type(value, find_parameter_type(name)):
                raise TypeError(f"{name}={value!r} of {self.code!r} is no {find_parameter_type(name).value}")

    def __hash__(self) -> int:
        return hash((self.code, frozenset(self.params.items())))

    def __str__(self) -> str:
        return render(self, Wording())

    def find(self, *codes: ReasonCode) -> "Reason | None":
        """Return this reason if it has one of the ``codes``, or else the first such reason in its parameters.

        Returns None if no reason has one of the codes.
        """
        return next((each for each in self.walk() if each.code in codes), None)

    def walk(self) -> Iterator["Reason"]:
        """Yield this reason and all reasons that it contains as parameters, at any depth."""
        yield self
        for value in self.params.values():
            for inner in value if isinstance(value, tuple) else (value,):
                if isinstance(inner, Reason):
                    yield from inner.walk()

    def map_texts(self, change: Callable[[str], str]) -> "Reason":
        """Return a copy of the reason in which each text parameter, such as a quotation, is replaced by the
        result of ``change``.
        """
        return Reason(
            self.code, {name: _map_value(name, value, change) for name, value in self.params.items()}
        )


def _map_value(name: str, value: Parameter, change: Callable[[str], str]) -> Parameter:
    if isinstance(value, Reason):
        return value.map_texts(change)
    if isinstance(value, tuple):
        return tuple(each.map_texts(change) for each in value)
    if isinstance(value, str) and find_parameter_type(name) is ParameterType.TEXT:
        return change(value)
    return value


def _format_utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


class Wording:
    """The wording of reasons for one kind of reader: in this class in English, with the commands of the
    command line.

    ``say_time`` formats times; without it, times are in UTC. ``name`` returns a person's name; without it,
    people are named as the ledger stores them. A subclass words reasons in another language.
    """

    def __init__(
        self, say_time: Callable[[datetime], str] = _format_utc, name: Callable[[str], str] = str
    ) -> None:
        self._say_time = say_time
        self._name = name

    def fill(self, code: ReasonCode, values: Mapping[str, str]) -> str:
        """Return the message for people that a reason's ``code`` stands for, with ``values`` as its
        parameters.
        """
        return code.command_line_text.format(**values)

    def word(self, text: str) -> str:
        """Translate one of newsbot's own words (such as a state), or a separator of listed reasons.

        ``text`` is the word or the separator in English.
        """
        return text

    def time(self, at: datetime) -> str:
        """Return a point in time in the form and time zone of the message's reader."""
        return self._say_time(at)

    def day(self, day: date) -> str:
        """Return a day in the form of the language of the message's reader, in English ``Tue 3 Nov``."""
        return f"{day:%a} {day.day} {day:%b}"

    def person(self, by: str) -> str:
        """Return the name of the person whom the ledger stores as ``by``, or ``by`` if it is no person."""
        return self._name(by)


def render(reason: Reason, wording: Wording) -> str:
    """Return the message for people that a reason stands for, in the language and form of ``wording``.

    No other function turns reasons into words.
    """
    values = {name: _render_value(name, value, wording) for name, value in reason.params.items()}
    for name, value in values.items():
        if reason.code.text == f"{{{name}}}":  # A message that is only a parameter needs no translation.
            return value
    return wording.fill(reason.code, values)


def _render_value(name: str, value: Parameter, wording: Wording) -> str:
    kind = find_parameter_type(name)
    if isinstance(value, Reason):
        return render(value, wording)
    if isinstance(value, tuple):
        return wording.word(_SEPARATORS[kind]).join(render(each, wording) for each in value)
    if isinstance(value, date):
        return wording.time(value) if isinstance(value, datetime) else wording.day(value)
    if name in _PEOPLE:
        return wording.person(str(value))
    if kind is ParameterType.WORD:
        return wording.word(str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
