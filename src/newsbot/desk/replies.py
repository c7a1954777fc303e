"""The answers to chat commands: HTML texts with buttons, split into messages that Telegram accepts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import TypeAlias

from markupsafe import Markup, escape

__all__ = [
    "Answer",
    "Button",
    "ButtonRows",
    "Refusal",
    "build_button_data",
    "fit_one_message",
    "join_lines",
    "pieces",
]

# The most bytes of a button's data: https://core.telegram.org/bots/api#inlinekeyboardbutton
_LONGEST_CALLBACK = 64


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a message of the desk.

    ``data`` is ``verb:argument:content``: a command, its argument, and a hash of the posts' content for which
    the button was made.
    """

    label: str
    data: str


ButtonRows: TypeAlias = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a chat command: HTML ``text`` with rows of ``buttons``.

    The ledger stores ``kept`` as the command's outcome in place of a text that must not be stored (an
    invitation's secret). ``card`` is the id of the card whose message this answer becomes. ``pop`` says that
    the answer is a pop-up for the person who pressed the button; with ``alert``, the pop-up stays until the
    person closes it. ``asks`` says that the answer is a question that one button press may answer.
    ``replaces`` says that the answer replaces the message with the pressed button, ``keyboard`` that it
    replaces only that message's buttons.
    """

    text: str
    buttons: ButtonRows = ()
    kept: str | None = None
    card: int | None = None
    pop: bool = False
    asks: bool = False
    replaces: bool = False
    keyboard: bool = False
    alert: bool = False


class Refusal(Exception):  # noqa: N818  The name says what was decided, so it does not end in "Error".
    """The error by which the desk refuses a chat command; its ``answer`` tells the person why, and what to do
    instead.
    """

    def __init__(self, answer: Answer | str, *, pop: bool = False) -> None:
        self.answer = answer if isinstance(answer, Answer) else Answer(answer, pop=pop)
        super().__init__(self.answer.text)


def build_button_data(verb: str, argument: str = "", content: str = "") -> str:
    """Return the data of a button that calls a command with an argument; ``content`` is a hash of the posts'
    content.

    Raises:
        ValueError: the data is longer than the 64 bytes that Telegram accepts.
    """
    data = f"{verb}:{argument}:{content}".rstrip(":")
    if len(data.encode()) > _LONGEST_CALLBACK:
        raise ValueError(f"a button can't carry {len(data.encode())} bytes")
    return data


# The most characters that Telegram accepts in one message: https://core.telegram.org/bots/api#sendmessage
_LONGEST_MESSAGE = 4096
_ELEMENTS = 100  # The most HTML elements in one message. Observed: Telegram refuses a message with more.
_TAG = re.compile(r"<(/?)[^<>]*>")
_MORE = "\n…"


def join_lines(rows: Iterable[str]) -> Markup:
    """Join HTML texts to one text with a line for each; plain texts among them are escaped."""
    return Markup("\n").join(rows)


def pieces(text: str, longest: int = _LONGEST_MESSAGE) -> list[Markup]:
    """Split HTML into as few Telegram messages as possible, between lines where no HTML element is open."""
    found = [""]
    for block in _split_blocks(text):
        joined = f"{found[-1]}\n{block}" if found[-1] else block
        if _is_within_limits(joined, longest):
            found[-1] = joined
        else:
            found.append(block if _is_within_limits(block, longest) else _truncate_plain(block, longest))
    return [Markup(piece) for piece in found if piece]


def fit_one_message(text: str) -> Markup:
    """Cut HTML to the length of one Telegram message; if something was cut off, the result ends with an
    ellipsis.
    """
    first, *more = pieces(text, _LONGEST_MESSAGE - len(_MORE)) or [Markup("")]
    return first + _MORE if more else first


def _split_blocks(text: str) -> list[str]:
    """Split HTML into lines; lines that share an open HTML element stay together."""
    found, depth = [""], 0
    for number, line in enumerate(text.split("\n")):
        if number and not depth:
            found.append(line)
        else:
            found[-1] += ("\n" if number else "") + line
        depth += sum(-1 if closes else 1 for closes in _TAG.findall(line))
    return found


def _strip_tags(html: str) -> str:
    return unescape(_TAG.sub("", html))


def _is_within_limits(html: str, longest: int) -> bool:
    elements = sum(not closes for closes in _TAG.findall(html))
    return elements <= _ELEMENTS and len(_strip_tags(html).encode("utf-16-le")) // 2 <= longest


def _truncate_plain(html: str, longest: int) -> str:
    """Remove the markup from HTML and cut the text to ``longest`` UTF-16 units; the markup is removed because
    the cut may be inside an element.
    """
    units = _strip_tags(html).encode("utf-16-le")[: 2 * (longest - 1)]
    return str(escape(units.decode("utf-16-le", "ignore").rstrip() + "…"))
