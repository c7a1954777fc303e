"""The base class of the tables of reasons' codes, each code with its English text.

The text names the parameters of the code in braces; a parameter's name decides its type
(`reason.PARAMETERS`). The English text is also the key of its translations (desk/locale). The text names
commands of the chat. If the command line has other commands, the code has a second text, which names those.
"""

from enum import StrEnum
from string import Formatter
from typing import Self, TypeVar

from newsbot.reasons.reason import Parameter, ParameterType, Reason, find_parameter_type

__all__ = ["N_", "ReasonCode"]

Text = TypeVar("Text", bound=str)


def N_(text: Text) -> Text:  # noqa: N802  gettext itself has this name.
    """Mark a text for translation; the text is translated later, when the reader's language is known."""
    return text


class ReasonCode(StrEnum):
    """A code of a reason; call it with the parameters that its text names to get the reason.

    The values are unique over all tables (`storage` finds a code by its value alone).
    """

    text: str
    command_line_text: str
    parameters: tuple[str, ...]
    # The name of the only parameter if the code's text consists of that parameter alone; None for other
    # texts.
    whole: str | None

    def __new__(cls, value: str, text: str, command_line_text: str | None = None) -> Self:
        """Make a code; ``value`` is what the ledger stores and programs see, ``text`` what people see.

        ``command_line_text`` is the text for the command line, if it names other commands than the chat's
        text.
        """
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        member.command_line_text = command_line_text or text
        names = (name for _, name, _, _ in Formatter().parse(text) if name)
        member.parameters = tuple(dict.fromkeys(names))
        member.whole = next((name for name in member.parameters if text == f"{{{name}}}"), None)
        return member

    def __call__(self, **params: object) -> Reason:
        """Return the reason with this code and these parameters; convert values of text parameters to text.

        Raises:
            TypeError: a parameter is missing, unknown or not of the type that its name stands for.
        """
        return Reason(self, {name: _convert(name, value) for name, value in params.items()})


def _convert(name: str, value: object) -> Parameter:
    if find_parameter_type(name) is ParameterType.TEXT:
        return str(value)
    return value  # type: ignore[return-value]  # The class Reason checks the type.
