"""What the tests have workers do."""

import asyncio
import os
import time
from datetime import UTC, datetime
from typing import Any, NoReturn

from newsbot.errors import FetchError
from newsbot.fetching.workers import Workers

MOMENT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def same(value: Any) -> Any:
    return value


def slowly(value: Any, seconds: float) -> Any:
    time.sleep(seconds)
    return value


def process_id() -> int:
    return os.getpid()


def process_id_slowly(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def environment() -> dict[str, str]:
    return dict(os.environ)


def refuse() -> NoReturn:
    raise FetchError("gone", status=410)


def fail() -> NoReturn:
    raise ValueError("no\nway")


def hang() -> NoReturn:
    while True:
        pass


def busy(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def eat(size: int) -> int:
    return len(bytearray(size))


def crash() -> NoReturn:
    os.abort()


def chatty() -> str:
    os.write(1, b"a library's greeting")
    return "value"


class _Hostile:
    def __init__(self, *call: Any) -> None:
        self._call = call

    def __reduce__(self) -> Any:
        return self._call


def hostile() -> Any:
    return _Hostile(os.system, ("echo owned",))


def hostile_by_name() -> Any:
    return _Hostile(eval, ("__import__('os').system('echo owned')",))


def function_as_value() -> Any:
    return same


def has_a_worker() -> tuple[int, int]:
    """This process, and a worker of its own, left running."""

    async def start() -> int:
        return await Workers().run(process_id)

    loop = asyncio.new_event_loop()
    return os.getpid(), loop.run_until_complete(start())


def use_cpu(seconds: float) -> None:
    """Use as much CPU time, besides what the process has used before."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
