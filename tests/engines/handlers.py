"""Handlers that both engines call: due times in memory, and a record of every call."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from newsbot.ports import DueWork, Job

__all__ = ["EVERY", "MemoryHandlers"]

EVERY = timedelta(seconds=0.5)


@dataclass
class MemoryHandlers:
    """A service in memory: ``due`` are its channels' posts, ``found`` the articles that wait, by source."""

    sources: tuple[str, ...] = ()
    due: dict[str, datetime] = field(default_factory=dict)
    found: Counter[str] = field(default_factory=Counter)
    polls: list[str] = field(default_factory=list)
    processed: list[str] = field(default_factory=list)
    sent: dict[str, datetime] = field(default_factory=dict)
    tended: int = 0
    amended: list[str] = field(default_factory=list)
    searched: list[str] = field(default_factory=list)
    committed: bool = False
    finds: int = 0  # articles that each poll finds
    slow: set[str] = field(default_factory=set)  # sources whose polls take half a minute
    broken: str = ""  # the name of the handler that fails
    leases: dict[str, object] = field(default_factory=dict)
    next_polls: dict[str, datetime] = field(default_factory=dict)

    def _fail(self, name: str) -> None:
        if self.broken == name:
            raise ZeroDivisionError

    async def poll(self, source: str) -> datetime:
        self._fail("poll")
        self.polls.append(source)
        again = self.next_polls[source] = datetime.now(UTC) + EVERY
        if source in self.slow:
            await asyncio.sleep(30)
        self.found[source] += self.finds
        return again

    async def process(self, source: str) -> None:
        self._fail("process")
        if self.found.pop(source, 0):
            self.processed.append(source)

    async def find_work(self) -> list[str]:
        return [source for source, count in self.found.items() if count]

    async def drain(self) -> datetime | None:
        self._fail("send")
        now = datetime.now(UTC)
        for channel, due in list(self.due.items()):
            if due <= now:
                self.sent[channel] = now
                del self.due[channel]
        return min(self.due.values(), default=None)

    async def has_changed(self) -> bool:
        self._fail("has_changed")
        changed, self.committed = self.committed, False
        return changed

    async def find_due_work(self) -> DueWork:
        now = datetime.now(UTC)
        times = {name: self.next_polls.get(name) for name in self.sources}
        polls = [Job("poll", name, due=at) for name, at in times.items() if at is None or at <= now]
        works = [Job("work", name) for name, count in self.found.items() if count]
        drains = [Job("drain", name) for name, due in self.due.items() if due <= now]
        later = [at for at in (*self.next_polls.values(), *self.due.values()) if at > now]
        return DueWork((*polls, *works, *drains), min(later, default=None))

    async def process_some(self, source: str) -> None:
        await self.process(source)

    async def send(self, channel: str, due: datetime | None) -> None:
        self._fail("send")
        assert due is None or due.tzinfo
        if channel in self.due and self.due[channel] <= datetime.now(UTC):
            self.sent[channel] = datetime.now(UTC)
            del self.due[channel]

    async def amend(self, channel: str) -> None:
        self.amended.append(channel)

    async def reconcile(self, channel: str) -> None:
        self.searched.append(channel)

    async def maintain_process(self) -> None:
        self._fail("maintain_process")

    async def maintain_ledger(self) -> None:
        self._fail("send")
        self.tended += 1

    async def hold_lease(self, name: str, length: timedelta) -> bool:
        assert length
        return self.leases.setdefault(name, self) is self

    async def release_lease(self, name: str) -> None:
        if self.leases.get(name) is self:
            del self.leases[name]
