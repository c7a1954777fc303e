"""Real feeds, and feeds that broke other programs: test data beside the repository."""

import re
import xml.sax
from calendar import timegm
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import pytest

from newsbot.errors import ParseError
from newsbot.fetching.decoding import decode
from newsbot.fetching.workers import Workers
from newsbot.model import Item
from newsbot.reading.clean import markup_to_line
from newsbot.reading.parse import parse_fragment_lines
from newsbot.sources import feed_formats
from newsbot.sources.feed_formats import parse_xml
from newsbot.sources.parsing import FeedContext, map_entries, parse_bytes

Entry = Mapping[str, Any]

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
        return parse_bytes(path.read_bytes(), URL).items
    except (ParseError, xml.sax.SAXException):
        return None


def refuse(*_: object, **__: object) -> None:
    raise xml.sax.SAXException("the other parser's turn")


def test_both_parsers_give_the_same_items(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All fields of all items of all feeds that are well-formed."""
    compared = 0
    for path in files(shared):
        with monkeypatch.context() as patch:
            patch.setattr(feed_formats, "_LooseFeed", refuse)
            strict = looked_at(path)
        if strict is None:
            continue
        with monkeypatch.context() as patch:
            patch.setattr(feed_formats, "_parse_strictly", refuse)
            assert looked_at(path) == strict, path
        compared += len(strict)
    assert compared > 2000


@dataclass(frozen=True)
class Values:
    """What is compared: text as the reader takes it out of the markup, an address, a time in UTC."""

    title: str
    link: str | None
    date: datetime | None
    body: str


def of_feedparser(entry: Entry) -> Values:
    """What feedparser alone says; its ``link`` and its parsed times, the published one first."""
    parsed = dict(entry).get("published_parsed") or dict(entry).get("updated_parsed")
    content = max((each.get("value", "") for each in entry.get("content", ())), key=len, default="")
    return Values(
        title=markup_to_line(entry.get("title", "")),
        link=entry.get("link") or None,
        date=datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None,
        body=shown(content or entry.get("summary", "")),
    )


def of_item(item: Item) -> Values:
    return Values(markup_to_line(item.title or ""), item.url, item.published_at, shown(item.html or ""))


def shown(markup: str) -> str:
    return " ".join(" ".join(line.text for line in parse_fragment_lines(markup)).split())


def link_reason(entry: Entry, theirs: str | None, ours: str | None) -> str | None:
    """Why another address than feedparser's is right; None if nothing says so."""
    links = [link.get("href") for link in entry.get("links", ())]
    if theirs and not theirs.startswith(("http://", "https://")):
        return "an identifier, a mailbox or a file server is no page"
    if theirs and not ours and theirs not in links:
        return "a guid that is not written as an address is none"
    if ours and not theirs and ours == entry.get("id"):
        return "a guid that is a page's address is one, whatever isPermaLink says"
    if ours in links and theirs in links:
        return "of several alternates the first page is the article, feedparser takes the last"
    return None


def date_reason(entry: Entry, theirs: datetime | None, ours: datetime | None) -> str | None:
    """Why another date than feedparser's is right."""
    texts = [text for key in ("published", "updated") if (text := dict(entry).get(key))]
    if theirs is None and ours:
        return "a date with tabs or blanks in it is one"
    if theirs and not 1990 <= theirs.year <= 2100:
        return "before the web and after us there are no dates"
    if theirs == datetime(2000, 1, 1, tzinfo=UTC):
        return "what stands for no date is none"
    if re.fullmatch(r"\d{4}(-\d\d)?", texts[0]):
        return "a month or a year is no day"
    if re.search(r" [A-Y]$", texts[0]):
        return "a letter as a zone means nothing certain (RFC 5322, 4.3)"
    return None


def body_reason(entry: Entry, theirs: str, ours: str) -> str | None:
    """Why another body than feedparser's is right."""
    if any(str(part.get("type")).startswith("image/") for part in entry.get("content", ())):
        return "a picture is no text"
    modules = [entry.get(name) for name in ("dc_description", "itunes_summary", "media_description")]
    modules += [medium.get("description") for medium in entry.get("media_content", ())]
    if ours and theirs in {shown(text) for text in modules if text}:
        return "a module's description, of a photo or a podcast, is not the item's"
    return None


def test_items_are_those_of_feedparser(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries, titles, links, dates and bodies of feeds that are well-formed; a difference has its reason."""
    monkeypatch.setattr(feed_formats, "_LooseFeed", refuse)
    compared, differ = 0, Counter[str]()
    for path in files(shared):
        text = decode(path.read_bytes())
        try:
            entries = parse_xml(text).entries
        except xml.sax.SAXException:
            continue
        plain = feedparser.parse(
            BytesIO(text.encode()),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": URL},
        )
        context = FeedContext(URL, is_atom=plain.version.startswith("atom"))
        for entry, theirs in zip(entries, map(of_feedparser, plain.entries), strict=True):
            compared += 1
            items = map_entries([entry], context)
            if not items:
                assert (theirs.title, theirs.body) == ("", ""), path  # it says nothing
                continue
            ours = of_item(items[0])
            assert ours.title == theirs.title, path
            for name, reason in (("link", link_reason), ("date", date_reason), ("body", body_reason)):
                values = getattr(theirs, name), getattr(ours, name)
                if values[0] != values[1]:
                    assert reason(entry, *values), (path, *values)
                    differ[name] += 1
    assert compared > 2000
    assert all(count <= 0.015 * compared for count in differ.values()), differ


async def test_nothing_that_broke_other_programs_breaks_this(shared: Path, workers: Workers) -> None:
    seen, lines = 0, []
    for path in sorted((shared / "bad-inputs").rglob("*")):
        if not path.is_file() or "lists" in path.parts:
            continue
        try:
            await workers.run(parse_bytes, path.read_bytes(), "http://paper.example/", None)
        except ParseError as error:
            lines.append(str(error))
        seen += 1
    assert seen > 1500
    assert not [line for line in lines if "\n" in line or "crashed" in line or "could not be parsed" in line]
