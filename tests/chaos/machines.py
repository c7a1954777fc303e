"""A network namespace stands for a machine; it reaches the database by one link, the platforms by another."""

import asyncio
import os
import random
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

__all__ = ["Machine", "can_make_machines", "relay"]


def can_make_machines() -> bool:
    """Only root may, and not in every container."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"newsbot-{os.getpid()}"
    made = subprocess.run(("ip", "netns", "add", name), capture_output=True, check=False)
    if made.returncode == 0:
        _ip("netns", "delete", name)
    return made.returncode == 0


class Machine:
    """``database`` and ``platforms`` are the addresses at which it finds this one."""

    def __init__(self) -> None:
        number = random.randrange(256)
        self.name = f"newsbot-{os.getpid()}-{number}"
        self.database, self.platforms = f"10.231.{number}.1", f"10.232.{number}.1"
        self._links = {f"nb{number}d": self.database, f"nb{number}p": self.platforms}

    @property
    def prefix(self) -> tuple[str, ...]:
        """What runs a command there."""
        return ("ip", "netns", "exec", self.name)

    def __enter__(self) -> Self:
        _ip("netns", "add", self.name)
        _ip("-n", self.name, "link", "set", "lo", "up")
        for link, address in self._links.items():
            _ip("link", "add", link, "type", "veth", "peer", "name", f"{link}0", "netns", self.name)
            _ip("address", "add", f"{address}/30", "dev", link)
            _ip("-n", self.name, "address", "add", f"{address[:-1]}2/30", "dev", f"{link}0")
            _ip("link", "set", link, "up")
            _ip("-n", self.name, "link", "set", f"{link}0", "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for link in self._links:
            with suppress(subprocess.CalledProcessError):
                _ip("link", "delete", link)
        _ip("netns", "delete", self.name)

    def cut(self) -> None:
        """Take the link to the database down: what is sent is lost, and nobody is told."""
        _ip("link", "set", next(iter(self._links)), "down")

    def resume(self) -> None:
        _ip("link", "set", next(iter(self._links)), "up")


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True)


@asynccontextmanager
async def relay(host: str, url: str) -> AsyncIterator[str]:
    """The URL, at ``host``, of what listens at ``url`` on loopback."""
    target = urlsplit(url)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(_pour(reader, back), _pour(there, writer))

    server = await asyncio.start_server(forward, host, 0)
    async with server:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}{target.path}"


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
