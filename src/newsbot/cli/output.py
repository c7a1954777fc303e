"""How answers leave: JSON for programs, lines and tables for people, and a progress line."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
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
    "counted",
    "describe_with_option",
    "is_terminal",
    "say",
    "screen",
    "show_progress",
    "shown",
    "write_json",
]


def write_json(value: Any, *, line: bool = False) -> None:
    """Standard output, indented, or on one ``line``."""
    print(json.dumps(value, ensure_ascii=False, indent=None if line else 2), flush=True)


def complain(problem: object) -> None:
    """One line on standard error."""
    print(f"newsbot: {problem}", file=sys.stderr, flush=True)


def say(words: str) -> None:
    """One line on standard output."""
    print(words, flush=True)


def describe_with_option(failure: object) -> str:
    """What went wrong, for commands that have the option that lets private addresses pass."""
    return (
        f"{failure}, or add --allow-private" if "set network.allow_private" in str(failure) else str(failure)
    )


def ask(words: str) -> None:
    """One line of a question, on standard error: standard output is the answer's."""
    print(words, file=sys.stderr, flush=True)


def ask_yes_no(question: str) -> bool:
    """Ask a person at the terminal; all but a yes is a no. (click would write on standard output too.)"""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def can_ask() -> bool:
    """Can a question be seen and answered?"""
    return sys.stdin.isatty() and sys.stderr.isatty()


def is_terminal() -> bool:
    """Is standard output a terminal?"""
    return sys.stdout.isatty()


def screen() -> "Console":
    """Standard output: coloured on a terminal (NO_COLOR is heeded), plain and as wide as needed elsewhere."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, width=None if is_terminal() else 10_000)


def shown(text: str, style: str = "") -> "Text":
    """Words that came from outside, on one line, with nothing in them that would steer a terminal."""
    from rich.text import Text

    return Text(clean_line(text), style)


T = TypeVar("T")

_EVERY = 0.5  # seconds


@contextmanager
def show_progress(words: str) -> Iterator[Callable[[str], None]]:
    """On standard error, until the block ends; what is yielded changes the words."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(words)) as status:
        yield lambda now: status.update(Text(now))


async def counted(app: "App", work: Awaitable[T], tell: Callable[[str], None]) -> T:
    """How many posts are out and how many wait, told again and again while ``work`` is done."""
    import asyncio

    begun = app.clock.now()

    async def count() -> None:
        while True:
            await asyncio.sleep(_EVERY)
            with suppress(LedgerError):
                if said := _format_counts(await app.on_ledger(app.ledger.channels.count_posts, since=begun)):
                    tell(said)

    counting = asyncio.create_task(count()) if sys.stderr.isatty() else None
    try:
        return await work
    finally:
        if counting:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)


def _format_counts(counts: Mapping[tuple[str, PostState], int]) -> str:
    sent = sum(n for (_, state), n in counts.items() if state is PostState.SENT)
    waiting = sum(n for (_, state), n in counts.items() if state in READY | {PostState.SENDING})
    return f"{sent} sent, {waiting} waiting ..." if sent or waiting else ""
