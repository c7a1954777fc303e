"""How answers leave: JSON for programs, lines and tables for people."""

import json
import sys
from typing import TYPE_CHECKING, Any

from newsbot.composing.safety import clean_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["complain", "person_looks", "say", "screen", "shown", "write_json"]


def write_json(value: Any, *, line: bool = False) -> None:
    """Standard output, indented, or on one ``line``."""
    print(json.dumps(value, ensure_ascii=False, indent=None if line else 2), flush=True)


def complain(problem: object) -> None:
    """One line on standard error."""
    print(f"newsbot: {problem}", file=sys.stderr, flush=True)


def say(words: str) -> None:
    """One line on standard output."""
    print(words, flush=True)


def person_looks() -> bool:
    """Is standard output a terminal?"""
    return sys.stdout.isatty()


def screen() -> "Console":
    """Standard output: coloured on a terminal (NO_COLOR is heeded), plain and as wide as needed elsewhere."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, width=None if person_looks() else 10_000)


def shown(text: str, style: str = "") -> "Text":
    """Words that came from outside, on one line, with nothing in them that would steer a terminal."""
    from rich.text import Text

    return Text(clean_line(text), style)
