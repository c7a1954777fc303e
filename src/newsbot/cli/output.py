"""How answers leave: JSON for programs, lines and tables for people, and a progress line."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from newsbot.composing.safety import clean_line
from newsbot.errors import LedgerError
from newsbot.model import READY, PostState

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from newsbot.app import App

__all__ = [
    "ask",
    "ask_yes_no",
    "can_ask",
    "complain",
    "describe_with_option",
    "is_terminal",
    "print_line",
    "run_with_progress",
    "sanitize",
    "say",
    "screen",
    "show_progress",
    "write_json",
]


def write_json(value: Any, *, line: bool = False) -> None:
    """Standard output, indented, or on one ``line``."""
    print(json.dumps(value, ensure_ascii=False, indent=None if line else 2), flush=True)


def complain(problem: object) -> None:
    """Print one line on standard error."""
    print(f"newsbot: {problem}", file=sys.stderr, flush=True)


def say(words: str) -> None:
    """Print one line on standard output."""
    print(words, flush=True)


def describe_with_option(failure: object) -> str:
    """Describe an error, for commands that have the option to allow private addresses."""
    return (
        f"{failure}, or add --allow-private" if "set network.allow_private" in str(failure) else str(failure)
    )


def ask(words: str) -> None:
    """Print a question on standard error, because standard output is for the answer."""
    print(words, file=sys.stderr, flush=True)


def ask_yes_no(question: str) -> bool:
    """Ask a person at the terminal; all but a yes is a no. (click would write on standard output too.)"""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def can_ask() -> bool:
    """Return whether a person can see a question and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def screen() -> "Console":
    """Standard output: coloured on a terminal (NO_COLOR is heeded), plain and as wide as needed elsewhere."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, width=None if is_terminal() else 10_000)


def sanitize(text: str, style: str = "") -> "Text":
    """Return a text from outside on one line, without characters that control a terminal."""
    from rich.text import Text

    return Text(clean_line(text), style)


def print_line(text: str, style: str = "") -> None:
    """Print a text from outside as one line, which a narrow terminal folds."""
    screen().print(sanitize(text, style), soft_wrap=True)


T = TypeVar("T")

_EVERY = 0.5  # seconds


@contextmanager
def show_progress(words: str) -> Iterator[Callable[[str], None]]:
    """Show progress on standard error until the block ends; call the yielded function to change the text."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(words)) as status:
        yield lambda now: status.update(Text(now))


async def run_with_progress(app: "App", work: Awaitable[T], tell: Callable[[str], None]) -> T:
    """Run ``work``, and report meanwhile how many posts were sent and how many wait."""
    import asyncio

    begun = app.clock.now()

    async def count() -> None:
        while True:
            await asyncio.sleep(_EVERY)
            with suppress(LedgerError):
                counts = await app.on_ledger(app.ledger.channels.count_posts, since=begun)
                sent = sum(n for (_, state), n in counts.items() if state is PostState.SENT)
                waiting = sum(n for (_, state), n in counts.items() if state in READY | {PostState.SENDING})
                if sent or waiting:
                    tell(f"{sent} sent, {waiting} waiting ...")

    counting = asyncio.create_task(count()) if sys.stderr.isatty() else None
    try:
        return await work
    finally:
        if counting:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
