"""The running of blocking work in threads of its own.

The loop has only a few threads, and name look-ups that hang (30 s each) can take all of them. A channel's
work must neither wait for these threads nor take one. The new threads are daemons, so that one that hangs
can't keep newsbot from stopping.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeVar

from aiohttp.abc import AbstractResolver, ResolveResult

__all__ = ["Resolver", "run_in_thread"]

T = TypeVar("T")


async def run_in_thread(call: Callable[[], T]) -> T:
    """Run ``call`` in a new thread; return its result or raise its error.

    If the waiting task is cancelled, the thread goes on.
    """
    loop = asyncio.get_running_loop()
    ending: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if ending.done():
            return
        if error:
            ending.set_exception(error)
        else:
            ending.set_result(result)  # type: ignore[arg-type]  # Without an error, this is the result.

    def work() -> None:
        result = error = None
        try:
            result = call()
        except Exception as raised:  # noqa: BLE001  the waiting task raises it
            error = raised
        with suppress(RuntimeError):  # The loop is closed, so no task waits.
            loop.call_soon_threadsafe(settle, result, error)

    Thread(target=work, name="newsbot-aside", daemon=True).start()
    return await ending


class Resolver(AbstractResolver):
    """The system's name look-up, run in threads of its own."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of ``host``."""
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=found,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found, _, protocol, _, address in await run_in_thread(ask)
        ]

    async def close(self) -> None:
        """Do nothing: the resolver holds no resources."""
