"""Blocking work in threads of their own.

The loop's own few threads can all be held by look-ups of names that hang (30 s each); what a channel needs
must not wait behind them, nor hold one itself. The threads are daemons, so that one that hangs can't keep a
stopped newsbot from ending.
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
    """What ``call`` gives or raises, run in a thread of its own; a cancelled wait leaves the thread alone."""
    loop = asyncio.get_running_loop()
    ending: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if ending.done():
            return
        if error:
            ending.set_exception(error)
        else:
            ending.set_result(result)  # type: ignore[arg-type]  # without an error it is call's

    def work() -> None:
        result = error = None
        try:
            result = call()
        except Exception as raised:  # noqa: BLE001  it belongs to whoever waits
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    Thread(target=work, name="newsbot-aside", daemon=True).start()
    return await ending


class Resolver(AbstractResolver):
    """The system's look-up, aside."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
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
        """Nothing is held."""
