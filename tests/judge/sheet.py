"""The sheet: posts with room for a vote on each, and the votes of one that was filled."""

import re
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from tests.judge.posts import CHANNELS, Posts

__all__ = ["QUESTION", "Filled", "SheetError", "Vote", "read_sheet", "write_sheet"]

QUESTION = Path(__file__).with_name("question.txt").read_text("utf-8").strip()
_HOW = """\
Each number below is one page, with its post on Telegram and its post on X. Write yes or no behind each colon,
and after a no a word why. A link stands as its platform shows it; the platform adds the page's card or the
article's photo. Change nothing else."""
_RULE = "=" * 40
_KEY = f"{_RULE} For the count: leave the lines below as they are"

_VOTE = re.compile(rf"({'|'.join(CHANNELS)})\s+(\d+)\s*[:：]\s*(.*)")
_WORD = re.compile(r"(yes|y|no|n)\b[\W_]*(.*)", re.IGNORECASE)
_ENTRY = re.compile(r"(\d+) ([0-9a-f]{8}) ([0-9a-f]{8})")


class SheetError(Exception):
    """What a sheet lacks, in one line."""


class Vote(NamedTuple):
    publishable: bool
    why: str


class Filled(NamedTuple):
    """A filled sheet: by page id, what its posts were (a digest), and a vote for each of CHANNELS."""

    name: str
    posts: dict[str, str]
    votes: dict[str, dict[str, Vote]]


def write_sheet(pages: Sequence[Posts]) -> str:
    """Write the sheet with ``pages`` numbered in this order."""
    entries = [_entry(number, each) for number, each in enumerate(pages, 1)]
    key = [f"{number} {each.id} {_digest(each)}" for number, each in enumerate(pages, 1)]
    return "\n\n".join([QUESTION, _HOW, *entries, "\n".join([_KEY, *key])]) + "\n"


def _entry(number: int, page: Posts) -> str:
    posts = [
        f"{channel}\n\n{_indented(text)}\n\n{channel} {number}: "
        for channel, text in zip(CHANNELS, page.texts, strict=True)
    ]
    return "\n\n".join([f"{_RULE} {number}", *posts])


def _indented(text: str) -> str:
    """No line of a post can be read as a vote then."""
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _digest(page: Posts) -> str:
    return sha256("\0".join(page.texts).encode()).hexdigest()[:8]


def read_sheet(name: str, text: str) -> Filled:
    """Read the votes of a filled sheet.

    Raises:
        SheetError: votes are missing or can't be read; names each.
    """
    body, _, tail = text.removeprefix("\ufeff").partition(_KEY)
    key = {int(number): (page, digest) for number, page, digest in _ENTRY.findall(tail)}
    if not key:
        raise SheetError(f"{name}: the lines for the count at its end are missing")
    written = _written(body)
    votes: dict[str, dict[str, Vote]] = {page: {} for page, _ in key.values()}
    faults: dict[str, list[str]] = defaultdict(list)
    for number, (page, _) in key.items():
        for channel in CHANNELS:
            try:
                votes[page][channel] = _vote(written.get((channel, number), []))
            except ValueError as fault:
                faults[str(fault)].append(f"{channel} {number}")
    if faults:
        told = "; ".join(f"{fault} on {', '.join(posts)}" for fault, posts in faults.items())
        raise SheetError(f"{name}: {told}")
    return Filled(name, dict(key.values()), votes)


def _written(body: str) -> dict[tuple[str, int], list[str]]:
    """What stands behind the colons of each post: once, unless the sheet was changed."""
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for line in body.splitlines():
        if match := _VOTE.fullmatch(line):
            found[match[1], int(match[2])].append(match[3].strip())
    return found


def _vote(written: Sequence[str]) -> Vote:
    """Read the one vote. Raises ValueError: there is none, or not one."""
    if not any(written):
        raise ValueError("no vote")
    if len(written) > 1:
        raise ValueError("more than one vote")
    match = _WORD.fullmatch(written[0])
    if match is None:
        raise ValueError(f"neither yes nor no ({written[0]})")
    return Vote(match[1].casefold().startswith("y"), match[2])
