"""The component that fetches the photos of posts before the posts are due, so that a slow image host delays
no channel.

If a post's photo has not arrived when the post is due, the service passes over the post for a few seconds, so
that the other posts of its channel go first. After that the post is sent without the photo. If the photo's
host fails at once, as a site does while it is restarted, the photo is requested again, and the post waits for
up to 90 seconds instead.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from newsbot.errors import FetchError, SourceError
from newsbot.ports import IllustratedPost
from newsbot.reasons import PlatformCode
from newsbot.tasks import cancel_tasks

__all__ = ["FetchImage", "PhotoPrefetcher"]

FetchImage = Callable[[str], Awaitable[bytes]]

# The seconds that a post waits for its photo after its due time, before it is sent without the photo.
_PATIENCE = 3.0
# Seconds that a post, unless it is breaking news, waits after its due time while the host of its photo fails.
_LONGEST = 90.0
_PAUSES = (5.0, 10.0, 20.0, 40.0)  # Seconds before the second, third, ... attempt to fetch a photo.
_BREAKING = 1.0  # Seconds that a post of breaking news waits for its photo after the post's due time.
# The seconds that the sending of a post waits for a photo that newsbot had not begun to fetch before.
_UNFORESEEN = 1.0
_AT_ONCE = 12  # The most photos that this process fetches at the same time.
_EACH_HOST = 4  # The most photos that this process fetches from one host at the same time.
# The most bytes of photos in memory; beyond them, newsbot fetches a photo only when its post is sent.
_MOST_BYTES = 64_000_000
_IDLE = 120.0  # The seconds without use after which a photo is removed from memory.
# The seconds after which a photo is removed from memory in any case, so that a newer version of the image is
# fetched.
_OLD = 600.0
# The seconds after which a photo that could not be fetched may be requested again.
_RETRY = 30.0


@dataclass(eq=False, repr=False)
class _Fetch:
    """A running or ended fetch of one photo; the result of ``task`` is the photo's bytes.

    ``began`` is the time when the fetch started, ``asked`` the time when the photo was last used; both are
    times of the event loop, in seconds.
    """

    task: "asyncio.Task[bytes]"
    began: float
    asked: float

    @property
    def size(self) -> int:
        """Return the number of bytes of the photo in memory; 0 if the photo has not arrived."""
        done = self.task.done() and not self.task.cancelled() and self.task.exception() is None
        return len(self.task.result()) if done else 0

    def is_over(self, time: float) -> bool:
        """Return whether the photo, or the failure to fetch it, may be removed from memory at the time
        ``time`` of the event loop.
        """
        if not self.task.done():
            return False
        failed = self.task.cancelled() or self.task.exception() is not None
        return time - self.asked > _IDLE or time - self.began > (_RETRY if failed else _OLD)


@dataclass(frozen=True, slots=True)
class _PhotoWait:
    """A due post that waits for its photos until the time ``until`` of the event loop.

    If the host of one of its photos fails, the post waits until ``longest`` instead.
    """

    channel: str
    urls: tuple[str, ...]
    until: float
    longest: float


class PhotoPrefetcher:
    """The fetcher of posts' photos, which fetches each photo once for all channels that show it.

    ``fetch`` returns an image's bytes by its address and raises NewsbotError. ``ready`` is called with a
    channel when a post of the channel need not wait for its photo any longer.
    """

    def __init__(self, fetch: FetchImage) -> None:
        self._fetch = fetch
        self._fetches: dict[str, _Fetch] = {}
        self._waits: dict[str, _PhotoWait] = {}
        # The last failure to fetch each photo that newsbot will request once more, by the photo's address.
        self._failures: dict[str, FetchError] = {}
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self.ready: Callable[[str], object] = lambda _channel: None

    def expect(self, posts: Iterable[IllustratedPost], *, now: datetime) -> None:
        """Start fetching the photos of ``posts``, which are due now or within a minute; the posts come in the
        order of their due times.
        """
        loop = asyncio.get_running_loop()
        self._drop_old(loop.time())
        for post in posts:
            for url in post.urls:
                if url in self._fetches or sum(fetch.size for fetch in self._fetches.values()) < _MOST_BYTES:
                    self._start_fetch(url)
            if post.due_at <= now and post.id not in self._waits and not self._has_all(post.urls):
                until = loop.time() + (_BREAKING if post.breaking else _PATIENCE)
                longest = until if post.breaking else loop.time() + _LONGEST
                self._waits[post.id] = _PhotoWait(post.channel, post.urls, until, longest)
                for end in {until, longest}:
                    loop.call_at(end, self._report_ready, post.channel)

    def list_waiting_posts(self) -> frozenset[str]:
        """Return the ids of the due posts that wait for their photos, so that other posts are sent first."""
        time = asyncio.get_running_loop().time() if self._waits else 0.0
        return frozenset(
            number
            for number, wait in self._waits.items()
            if time < self._find_end(wait) and not self._has_all(wait.urls)
        )

    async def get(self, url: str) -> bytes:
        """Return the bytes of the photo at ``url``, without a wait if it was fetched ahead.

        Raises:
            NewsbotError: the photo could not be fetched, or did not arrive in time.
        """
        fetch = self._start_fetch(url)
        if not fetch.task.done() and url in self._failures:
            raise self._failures[url]
        left = fetch.began + _UNFORESEEN - fetch.asked
        if not fetch.task.done() and left > 0:
            await asyncio.wait({fetch.task}, timeout=left)
        if not fetch.task.done():
            raise SourceError(PlatformCode.PHOTO_NOT_THERE(url=url))
        return fetch.task.result()

    async def close(self) -> None:
        """Cancel all fetches of photos that are in progress."""
        self.ready = lambda _channel: None
        tasks = [fetch.task for fetch in self._fetches.values()]
        self._fetches.clear()
        self._waits.clear()
        await cancel_tasks(tasks)

    def _start_fetch(self, url: str) -> _Fetch:
        time = asyncio.get_running_loop().time()
        if url not in self._fetches:
            task = asyncio.create_task(self._fetch_bytes(url), name="photo")
            task.add_done_callback(self._handle_arrival)
            self._fetches[url] = _Fetch(task, time, time)
        self._fetches[url].asked = time
        return self._fetches[url]

    async def _fetch_bytes(self, url: str) -> bytes:
        try:
            for pause in _PAUSES:
                try:
                    return await self._fetch_once(url)
                except FetchError as error:
                    if not error.temporary:
                        raise
                    self._failures[url] = error
                await asyncio.sleep(pause)
            return await self._fetch_once(url)
        finally:
            self._failures.pop(url, None)

    async def _fetch_once(self, url: str) -> bytes:
        host = self._hosts.setdefault(urlsplit(url).netloc, asyncio.Semaphore(_EACH_HOST))
        # A limit per host and a limit for all hosts apply to the fetches that run at once, so that a slow
        # host can't delay the photos of other hosts.
        async with host, self._at_once:
            return await self._fetch(url)

    def _find_end(self, wait: _PhotoWait) -> float:
        """Return the time of the event loop until which a post waits for its photos; the wait is longer while
        the host of one of these photos fails.
        """
        return wait.longest if any(url in self._failures for url in wait.urls) else wait.until

    def _handle_arrival(self, task: "asyncio.Task[bytes]") -> None:
        if not task.cancelled():
            # The task's error is read here, because asyncio logs an error that nobody reads. The method `get`
            # raises the same error to its callers.
            task.exception()
        for channel in {wait.channel for wait in self._waits.values() if self._has_all(wait.urls)}:
            self._report_ready(channel)

    def _report_ready(self, channel: str) -> None:
        # The function in the attribute ``ready`` is looked up at each call, because the method `close`
        # replaces it by a function that does nothing.
        self.ready(channel)

    def _has_all(self, urls: Iterable[str]) -> bool:
        """Return whether each photo of a post has arrived, or could not be fetched."""
        return all(url not in self._fetches or self._fetches[url].task.done() for url in urls)

    def _drop_old(self, time: float) -> None:
        self._fetches = {url: fetch for url, fetch in self._fetches.items() if not fetch.is_over(time)}
        self._waits = {
            number: wait for number, wait in self._waits.items() if time - self._find_end(wait) < _IDLE
        }
