"""What a command answers: a text, and buttons that are commands themselves."""

from dataclasses import dataclass

__all__ = ["Answer", "Button", "Refusal", "data_of"]

_LONGEST = 64  # bytes of a button's data: https://core.telegram.org/bots/api#inlinekeyboardbutton


@dataclass(frozen=True, slots=True)
class Button:
    """``data`` is ``verb:argument:content``: the command that it is, and to what content it is bound."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Answer:
    """HTML ``text`` with rows of ``buttons``.

    ``kept`` is stored as what became of the command, where the text holds what shall not be (an
    invitation's secret). ``card``: it is the message of that card, which is open already. ``pop``: a short
    word to who pressed, in place of a message. ``asks``: a question that one press of a button may answer.
    ``replaces``: the message whose button was pressed becomes this; ``keyboard``: only its buttons do.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    kept: str | None = None
    card: int | None = None
    pop: bool = False
    asks: bool = False
    replaces: bool = False
    keyboard: bool = False


class Refusal(Exception):  # noqa: N818  a decision, not a fault
    """The command can't be done; the text says why and what to do instead."""

    def __init__(self, answer: Answer | str) -> None:
        self.answer = answer if isinstance(answer, Answer) else Answer(answer)
        super().__init__(self.answer.text)


def data_of(verb: str, argument: str = "", content: str = "") -> str:
    """A button's data; raises ValueError where it is longer than Telegram takes."""
    data = f"{verb}:{argument}:{content}".rstrip(":")
    if len(data.encode()) > _LONGEST:
        raise ValueError(f"a button can't carry {len(data.encode())} bytes")
    return data
