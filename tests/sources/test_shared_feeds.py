"""Real feeds, and feeds that broke other programs: test data beside the repository."""

import xml.sax
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbot.errors import ParseError
from newsbot.fetching.workers import Workers
from newsbot.model import Item
from newsbot.sources import xml_feed
from newsbot.sources.parsing import look

FOLDERS = (
    "texts/feeds",
    "bad-inputs/feedparser",
    "bad-inputs/feedparser-wellformed",
    "bad-inputs/feedvalidator",
)
URL = "http://paper.example/feed"


def files(shared: Path) -> Iterator[Path]:
    return (path for folder in FOLDERS for path in sorted((shared / folder).rglob("*")) if path.is_file())


def looked_at(path: Path) -> tuple[Item, ...] | None:
    """The items of a feed that is well-formed; None for anything else."""
    try:
        return look(path.read_bytes(), URL).items
    except (ParseError, xml.sax.SAXException):
        return None


def refuse(*_: object, **__: object) -> None:
    raise xml.sax.SAXException("the other parser's turn")


def test_both_parsers_give_the_same_items(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All fields of all items of all feeds that are well-formed."""
    compared = 0
    for path in files(shared):
        with monkeypatch.context() as patch:
            patch.setattr(xml_feed, "_Loose", refuse)
            strict = looked_at(path)
        if strict is None:
            continue
        with monkeypatch.context() as patch:
            patch.setattr(xml_feed, "_parse_strictly", refuse)
            assert looked_at(path) == strict, path
        compared += len(strict)
    assert compared > 2000


async def test_nothing_that_broke_other_programs_breaks_this(shared: Path, workers: Workers) -> None:
    seen, lines = 0, []
    for path in sorted((shared / "bad-inputs").rglob("*")):
        if not path.is_file() or "lists" in path.parts:
            continue
        try:
            await workers.run(look, path.read_bytes(), "http://paper.example/", None, what="it")
        except ParseError as error:
            lines.append(str(error))
        seen += 1
    assert seen > 1500
    assert not [line for line in lines if "\n" in line or "crashed" in line or "could not be parsed" in line]
