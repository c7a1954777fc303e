"""The page's contents as lists of small pieces, and their changes as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Piece", "stream_changes"]

_POLL_SECONDS = 0.05
"""The seconds between two checks, which compare marks; only changed pieces are rendered."""

_KEEPALIVE_SECONDS = 15.0
"""The seconds after which a line is sent in any case, so that a closed page is noticed."""


class Piece(NamedTuple):
    """One bubble, card or row; ``key`` is its id on the page, and ``mark`` changes with its appearance."""

    key: str
    mark: Hashable
    html: Callable[[], str]


Lists = Callable[[], Mapping[str, Sequence[Piece]]]


async def stream_changes(lists: Lists) -> AsyncIterator[str]:
    """Yield server-sent events without end: first everything, then each list that has changed.

    An event is ``{list, pieces: [{key, html?}]}`` with all keys in their order, and HTML for new or changed
    pieces.
    """
    known: dict[str, list[tuple[str, Hashable]]] = {}
    quiet = 0.0
    while True:
        found = lists()
        for name, pieces in found.items():
            marks = [(piece.key, piece.mark) for piece in pieces]
            if known.get(name) != marks:
                yield _build_event(name, pieces, dict(known.get(name, ())))
                known[name] = marks
                quiet = 0.0
        if quiet >= _KEEPALIVE_SECONDS:
            yield ": still here\n\n"
            quiet = 0.0
        await asyncio.sleep(_POLL_SECONDS)
        quiet += _POLL_SECONDS


def _build_event(name: str, pieces: Sequence[Piece], known: dict[str, Hashable]) -> str:
    out: list[dict[str, Any]] = []
    for piece in pieces:
        fresh = piece.key not in known or known[piece.key] != piece.mark
        out.append({"key": piece.key} | ({"html": piece.html()} if fresh else {}))
    return f"data: {json.dumps({'list': name, 'pieces': out}, ensure_ascii=False)}\n\n"
