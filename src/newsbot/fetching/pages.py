"""The reading of public pages: they are fetched with limits, and parsed in a worker process."""

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from newsbot.fetching.fetcher import Fetcher
from newsbot.fetching.urls import parse_http_url, shown
from newsbot.fetching.workers import Workers

__all__ = ["Reader"]

T = TypeVar("T")

_SECONDS = 15.0
_BYTES = 4_000_000


class Reader:
    """The Pages port. One fetcher gets the guarded pages, another one those that the operator named."""

    def __init__(self, guarded: Fetcher, named: Fetcher, workers: Workers) -> None:
        self._guarded = guarded
        self._named = named
        self._workers = workers

    async def __call__(
        self, url: str, parse: Callable[[bytes], T], *, guarded: bool
    ) -> tuple[T, datetime | None]:
        """Fetch a page and parse it in a worker; return the result and the time in the page's Date header."""
        fetcher = self._guarded if guarded else self._named
        page = await fetcher.get(url, deadline=_SECONDS, max_bytes=_BYTES)
        found = await self._workers.run(parse, page.body, what=f"the page at {shown(parse_http_url(url))}")
        return found, _parse_date(page.headers.get("date"))


def _parse_date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
