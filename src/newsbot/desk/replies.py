"""What a command answers: a text and buttons, split into messages that Telegram accepts."""

import re
from dataclasses import dataclass
from html import unescape

from markupsafe import Markup, escape

__all__ = ["Answer", "Button", "Refusal", "data_of", "fit_one_message", "pieces"]

_LONGEST_CALLBACK = 64  # bytes of a button's data: https://core.telegram.org/bots/api#inlinekeyboardbutton


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
    if len(data.encode()) > _LONGEST_CALLBACK:
        raise ValueError(f"a button can't carry {len(data.encode())} bytes")
    return data


_LONGEST_MESSAGE = 4096  # https://core.telegram.org/bots/api#sendmessage
_ELEMENTS = 100  # more are refused: PLATFORMS, Telegram
_TAG = re.compile(r"<(/?)[^<>]*>")
_MORE = "\n…"


def pieces(text: str, longest: int = _LONGEST_MESSAGE) -> list[Markup]:
    """HTML in as few messages as hold it, parted where a line ends and no element is open."""
    found = [""]
    for block in _split_blocks(text):
        joined = f"{found[-1]}\n{block}" if found[-1] else block
        if _is_within_limits(joined, longest):
            found[-1] = joined
        else:
            found.append(block if _is_within_limits(block, longest) else _truncate_plain(block, longest))
    return [Markup(piece) for piece in found if piece]


def fit_one_message(text: str) -> Markup:
    """HTML, without its end where that is too much for one message."""
    first, *more = pieces(text, _LONGEST_MESSAGE - len(_MORE)) or [Markup("")]
    return first + _MORE if more else first


def _split_blocks(text: str) -> list[str]:
    """Lines, but those that an element holds together are one."""
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
    """Without its markup, as an element may be open where it ends."""
    units = _strip_tags(html).encode("utf-16-le")[: 2 * (longest - 1)]
    return str(escape(units.decode("utf-16-le", "ignore").rstrip() + "…"))
