"""Filled sheets into counts: a post is publishable where every judge says yes."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from tests.judge.posts import CHANNELS
from tests.judge.sheet import Filled, SheetError

__all__ = ["Count", "count", "record", "say"]

_HEAD = ("date", "pages", "judges", *CHANNELS, "both", "not publishable")


class Count(NamedTuple):
    """``refused``: for each of CHANNELS, the ids of the pages whose post is not publishable, and why."""

    pages: Sequence[str]
    judges: int
    refused: Mapping[str, Mapping[str, str]]

    def publishable(self, *channels: str) -> int:
        """Count the pages whose posts are publishable on all of ``channels``."""
        return len([page for page in self.pages if not any(page in self.refused[each] for each in channels)])


def count(sheets: Sequence[Filled]) -> Count:
    """Count the votes; where judges differ, it is no.

    Raises:
        SheetError: the sheets are not about the same posts.
    """
    first = sheets[0]
    for other in sheets[1:]:
        if odd := dict(first.posts.items() ^ other.posts.items()):
            raise SheetError(
                f"{first.name} and {other.name} are not about the same posts: {', '.join(sorted(odd))}"
            )
    refused: dict[str, dict[str, str]] = {channel: {} for channel in CHANNELS}
    for channel in CHANNELS:
        for page in sorted(first.posts):
            votes = [sheet.votes[page][channel] for sheet in sheets]
            if not all(vote.publishable for vote in votes):
                refused[channel][page] = "; ".join(v.why for v in votes if v.why and not v.publishable)
    return Count(sorted(first.posts), len(sheets), refused)


def say(found: Count) -> str:
    """Say the counts and each no, in lines."""
    of = len(found.pages)
    lines = [f"{each} {found.publishable(each)} of {of}" for each in CHANNELS]
    lines.append(f"both {found.publishable(*CHANNELS)} of {of}")
    for channel, pages in found.refused.items():
        for page, why in pages.items():
            lines.append(f"no on {channel}: {page}{f' ({why})' if why else ''}")
    return "\n".join(lines)


def record(table: Path, found: Count, on: date) -> None:
    """Append the counts and ids to ``table``; the judges' reasons, which may quote a page, stay out."""
    refused = "; ".join(f"{each}: {', '.join(pages)}" for each, pages in found.refused.items() if pages)
    counts = [found.publishable(each) for each in CHANNELS]
    cells = (on, len(found.pages), found.judges, *counts, found.publishable(*CHANNELS), refused or "none")
    text = table.read_text("utf-8").rstrip("\n")
    table.write_text(f"{text}\n| {' | '.join(map(str, cells))} |\n", encoding="utf-8")
