"""Print the output of commands: JSON for programs, lines for people, questions, and a progress line."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from newsbot.composing.safety import clean_line
from newsbot.errors import LedgerError
from newsbot.model import READY, PostState
from newsbot.reasons import Reason, SourceCode, UsageCode

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from newsbot.app import App

__all__ = [
    "add_option",
    "ask",
    "ask_yes_no",
    "can_ask",
    "complain",
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
    """Print ``value`` as JSON on standard output: indented, or on one line if ``line`` is true."""
    print(json.dumps(value, ensure_ascii=False, indent=None if line else 2), flush=True)


def complain(problem: object) -> None:
    """Print a problem as one line on standard error, which begins with `newsbot:`."""
    print(f"newsbot: {problem}", file=sys.stderr, flush=True)


def say(words: str) -> None:
    """Print a text and a line end on standard output."""
    print(words, flush=True)


def add_option(reason: Reason) -> Reason:
    """Return the reason of an error; if the command's option to allow private addresses would help, the
    reason names this option.

    Only commands that have this option may call this function.
    """
    helps = reason.find(SourceCode.PRIVATE_ADDRESS_ALLOWABLE)
    return UsageCode.OR_ALLOW_PRIVATE(why=reason) if helps else reason


def ask(words: str) -> None:
    """Print a line of a question to the person on standard error, because standard output is for results
    only.
    """
    print(words, file=sys.stderr, flush=True)


def ask_yes_no(question: str) -> bool:
    """Ask the person at the terminal a question; return whether the answer is `y` or `yes`.

    click's own prompt is not used, because it also writes to standard output, which is for results only.
    """
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def can_ask() -> bool:
    """Return whether standard input and standard error are a terminal,
    so that a person can answer questions.
    """
    return sys.stdin.isatty() and sys.stderr.isatty()


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def screen() -> "Console":
    """Return a console of the library Rich for standard output.

    On a terminal the text has colours, unless NO_COLOR is set. If the output goes elsewhere, such as into a
    pipe, the text is plain and its lines are not folded.
    """
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, width=None if is_terminal() else 10_000)


def sanitize(text: str, style: str = "") -> "Text":
    """Return a text that may come from outside as one line, without characters that control a terminal."""
    from rich.text import Text

    return Text(clean_line(text), style)


def print_line(text: str, style: str = "") -> None:
    """Print a text that may come from outside as one line; a narrow terminal folds the line."""
    screen().print(sanitize(text, style), soft_wrap=True)


T = TypeVar("T")

_EVERY = 0.5  # Seconds between two updates of the progress line on standard error.


@contextmanager
def show_progress(words: str) -> Iterator[Callable[[str], None]]:
    """Show a progress line on standard error until the ``with`` block ends, if standard error is a terminal.

    The block gets a function that replaces the line's text.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(words)) as status:
        yield lambda now: status.update(Text(now))


async def run_with_progress(app: "App", work: Awaitable[T], tell: Callable[[str], None]) -> T:
    """Wait for ``work`` and return its result; every half second, call ``tell`` with how many posts were sent
    and how many wait.
    """
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
