"""A file that is not YAML: which of its parts are not, so that the rest can be checked all the same.

A quote that is not closed makes YAML stumble anywhere further down. So each part of the top is looked at by
itself, and where one is wrong, each entry in it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from newsbot.config.syntax import no_colon
from newsbot.errors import Mistake

__all__ = ["Place", "broken_blocks"]

Place = tuple[str, ...]
"""A key of the top, or such a key and one below it."""

_KEY = re.compile(r"(?P<indent>\s*)(?P<key>[^\s#:\-\[\]{}][^:#\n]*?)[ \t]*:(?:\s|$)")


class _Block(NamedTuple):
    """The lines from ``start`` to before ``end``, from 0; the first has the key."""

    place: Place
    start: int
    end: int


def broken_blocks(
    text: str, file: str, fault: Callable[[str], Mistake | None]
) -> tuple[str, dict[Place, Mistake]]:
    """The text without what is no YAML by itself, and what is wrong there.

    The keys stay, with nothing behind them, and so do the numbers of all lines. ``fault`` says what is wrong
    with a text, if something is.
    """
    lines = text.split("\n")
    found: dict[Place, Mistake] = {}

    def take_out(block: _Block, below: _Block | None = None) -> None:
        mistake = fault(_alone(lines, block, below))
        if _says(lines[block.start]) and not _KEY.match(lines[block.start]):
            mistake = mistake or no_colon(file, block.start + 1)
        if mistake:
            behind = mistake.line is None or not any(map(_says, lines[mistake.line - 1 : block.end]))
            found[block.place] = replace(mistake, line=block.start + 1) if behind else mistake
            key = _KEY.match(lines[block.start])
            lines[block.start : block.end] = [""] * (block.end - block.start)
            lines[block.start] = f"{key['indent']}{key['key']}:" if key else ""
            if fault(_alone(lines, block, below)):  # the key itself is wrong
                lines[block.start] = ""

    for section in _blocks(lines, (), 0, len(lines), 0):
        for entry in _entries(lines, section) if fault(_alone(lines, section)) else ():
            take_out(entry, section)
        take_out(section)
    return "\n".join(lines), found


def _entries(lines: Sequence[str], section: _Block) -> Iterator[_Block]:
    inner = (each for each in lines[section.start + 1 : section.end] if _says(each))
    if indent := next(map(_indent, inner), 0):
        yield from _blocks(lines, section.place, section.start + 1, section.end, indent)


def _blocks(lines: Sequence[str], above: Place, start: int, end: int, indent: int) -> list[_Block]:
    """What begins at that indentation, or before it: a key, or a line that should have been one."""
    begin = [
        n
        for n in range(start, end)
        if _says(lines[n]) and _indent(lines[n]) <= indent and lines[n].lstrip()[0] not in "-]}"
    ]
    ends = [*begin[1:], end]
    return [_Block((*above, _name(lines[n])), n, until) for n, until in zip(begin, ends, strict=True)]


def _alone(lines: Sequence[str], block: _Block, below: _Block | None = None) -> str:
    """The text with nothing but the block, and the key that it stands ``below``."""
    kept = {below.start} if below else set[int]()
    return "\n".join(lines[n] if n in kept or n >= block.start else "" for n in range(block.end))


def _name(line: str) -> str:
    key = _KEY.match(line)
    return key["key"].strip("\"'") if key else line


def _indent(line: str) -> int:
    return len(line.expandtabs()) - len(line.expandtabs().lstrip())


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
