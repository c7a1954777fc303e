"""A line that moves on a terminal while something takes long; nothing where no person looks."""

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from newsbot.errors import LedgerError
from newsbot.model import PostState

if TYPE_CHECKING:
    from newsbot.app import App

__all__ = ["counted", "working"]

T = TypeVar("T")

_FLYING = (PostState.SCHEDULED, PostState.RETRYING, PostState.SENDING)
_EVERY = 0.5  # seconds


@contextmanager
def working(words: str) -> Iterator[Callable[[str], None]]:
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
                if said := _counts(await app.on_ledger(app.ledger.counts, since=begun)):
                    tell(said)

    counting = asyncio.create_task(count()) if sys.stderr.isatty() else None
    try:
        return await work
    finally:
        if counting:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)


def _counts(counts: Mapping[tuple[str, PostState], int]) -> str:
    sent = sum(n for (_, state), n in counts.items() if state is PostState.SENT)
    waiting = sum(n for (_, state), n in counts.items() if state in _FLYING)
    return f"{sent} sent, {waiting} waiting ..." if sent or waiting else ""
