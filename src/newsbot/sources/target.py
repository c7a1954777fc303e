"""What a person names by hand: a file, an article's address, or a feed's."""

from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.errors import SourceError
from newsbot.model import Item
from newsbot.sources.discovery import FEED_BYTES, FEED_HEADERS, find_feed, parse
from newsbot.sources.folder import read_file

if TYPE_CHECKING:  # as in discovery
    from newsbot.fetching.fetcher import Fetcher
    from newsbot.fetching.workers import Workers

__all__ = ["items_from"]


async def items_from(target: str, fetcher: "Fetcher", workers: "Workers") -> tuple[Item, ...]:
    """The items that are there now, newest first: one for a file or an article's page, a feed's for the rest.

    A page that is no article (a site's front page) stands for the feed that it names.

    Raises:
        SourceError: it could not be had, or holds nothing of the kind.
    """
    if not target.lower().startswith(("http://", "https://")):
        path = _path(target)
        return (await read_file(path, str(path), workers),)
    answer = await fetcher.get(target, headers=FEED_HEADERS)
    looked = await parse(answer, workers)
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


def _path(target: str) -> Path:
    if "://" in target:
        raise SourceError(f"{target} can't be fetched: only http://, https:// and files can")
    return Path(target).expanduser().absolute()
