"""Loading of articles that a person submits by hand: a file, an article's address, or a feed's address."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.errors import ParseError, SourceError
from newsbot.model import Item
from newsbot.reasons import SourceCode
from newsbot.sources.feed import FEED_BYTES, FEED_HEADERS, find_feed, parse_answer
from newsbot.sources.folder import KINDS, read_bounded, read_file
from newsbot.sources.parsing import parse_bytes

if TYPE_CHECKING:
    from newsbot.fetching.fetcher import Fetcher
    from newsbot.fetching.workers import Workers

__all__ = ["load_items"]


async def load_items(target: str, fetcher: "Fetcher", workers: "Workers") -> tuple[Item, ...]:
    """Load the articles that a person submitted, newest first: the one article of a file or page, or all
    articles of a feed.

    ``target`` is a path or a web address. If a page is no article (a site's front page), the feed that the
    page names is loaded.

    Raises:
        SourceError: The target could not be fetched or read, or is neither an article nor a feed.
    """
    if not target.lower().startswith(("http://", "https://")):
        path = _target_path(target)
        if path.suffix.lower() not in KINDS:
            return await _load_feed_file(path, workers)
        return (await read_file(path, str(path), workers),)
    answer = await fetcher.get(target, headers=FEED_HEADERS)
    looked = await parse_answer(answer, workers)
    if looked.page and looked.html is None:
        _, looked = await find_feed(
            answer.url,
            looked,
            lambda url: fetcher.get(url, headers=FEED_HEADERS, max_bytes=FEED_BYTES),
            workers,
        )
    if looked.page:
        return (Item(answer.url, url=answer.url, html=looked.html),)
    return looked.items


async def _load_feed_file(path: Path, workers: "Workers") -> tuple[Item, ...]:
    """Load the articles of a feed in a file.

    Relative addresses in the feed are dropped, because a file has no address of its own.
    """
    data = await asyncio.to_thread(read_bounded, path, FEED_BYTES)
    try:
        looked = await workers.run(
            parse_bytes, data, "", None, None, datetime.now(UTC), what=SourceCode.CONTENT()
        )
    except ParseError as error:
        raise SourceError(SourceCode.FILE_IS_NO_FEED(path=path, why=error.reason)) from None
    return (Item(str(path), html=looked.html),) if looked.page else looked.items


def _target_path(target: str) -> Path:
    if "://" in target:
        raise SourceError(SourceCode.UNFETCHABLE_TARGET(link=target))
    return Path(target).expanduser().absolute()
