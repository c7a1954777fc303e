"""The base classes of the components that call the platforms (to send, edit, delete or look for messages),
and the objects that all of these components share.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsbot.delivery.reports import Reports
from newsbot.errors import LedgerError
from newsbot.ports import Channel, ChannelTargets, Clock, LedgerRunner
from newsbot.tasks import wait_for_event

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["GRACE", "ChannelTasks", "ClaimingTasks", "DeliveryContext"]

GRACE = 1.0
"""The seconds by which a call may exceed the deadline of its channel before newsbot cancels the call."""

# The seconds for which a stopping component waits until its cancelled tasks have stored that the outcomes of
# their calls are unknown.
_MARKED = 1.5


@dataclass(frozen=True, eq=False, repr=False)
class DeliveryContext:
    """The objects that all components which call the platforms share in one process.

    ``targets`` are the places (chats or accounts) that the channels post to. ``given`` has, by post, the
    number of the call that a sender of this process has the right to make.
    """

    ledger: "Ledger"
    on_ledger: LedgerRunner
    channels: Mapping[str, Channel]
    clock: Clock
    targets: ChannelTargets = field(default_factory=dict)
    reports: Reports = field(default_factory=Reports)
    given: dict[str, int] = field(default_factory=dict)


class ChannelTasks:
    """The base of a component that calls the platforms, which works on each channel in a task of its own."""

    def __init__(self, context: DeliveryContext) -> None:
        self._ledger = context.ledger
        self._on_ledger = context.on_ledger
        self._channels = context.channels
        self._clock = context.clock
        self._targets = context.targets
        self._reports = context.reports
        self._tasks: dict[str, asyncio.Task[None]] = {}


class ClaimingTasks(ChannelTasks):
    """The base of a component whose tasks make the calls to the platforms that they can claim in the ledger.

    A claim is the right to make one call. A subclass defines `_process_claims`. ``patience`` is the most
    seconds that the tasks wait for rate limits (None: without end).
    """

    work: str
    """The component's work, as reports about it name the work, like ``sending``."""
    preposition: str
    """The word between ``work`` and the name of a channel in reports: "on" in "sending on NAME"."""
    pause: float
    """The seconds until a channel's task asks the ledger again for the right to make a call after the ledger
    failed.
    """

    def __init__(self, context: DeliveryContext, patience: float | None) -> None:
        super().__init__(context)
        self._patience = patience
        # The last error of the ledger that ended the task of a channel; the method `finish` raises the error.
        self._refused: LedgerError | None = None
        self._stopping = asyncio.Event()

    async def finish(self) -> None:
        """Wait until the task of every channel has ended.

        Raises:
            LedgerError: the database failed, and this component was told to wait only for a limited time.
        """
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))
        if self._refused is not None and self._patience is not None:
            raise self._refused

    async def stop(self, within: float) -> None:
        """Start no new call to a platform, and cancel the calls that have not ended after ``within`` seconds.

        If the outcome of a cancelled call could not be recorded, the next service that starts records it as
        unknown.
        """
        self._stopping.set()
        if tasks := tuple(self._tasks.values()):
            _, late = await asyncio.wait(tasks, timeout=within)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=_MARKED)

    def _start_task(self, name: str) -> None:
        """Start the task that makes the calls of the channel ``name``.

        Nothing happens if the task runs, if newsbot stops, or if config.yaml has no such channel.
        """
        if name in self._channels and name not in self._tasks and not self._stopping.is_set():
            task = asyncio.create_task(self._work_on_channel(name), name=f"{self.work} {name}")
            self._tasks[name] = task

    async def _work_on_channel(self, name: str) -> None:
        part = f"{self.work} {self.preposition} {name}"
        try:
            while not await self._try_claims(name):
                await wait_for_event(self._stopping, self.pause)
        except Exception as error:  # noqa: BLE001  The error is reported, and the task asks the ledger again for work of the channel.
            self._reports.report_failure(part, error)
        else:
            self._reports.report_success(part)
        finally:
            del self._tasks[name]

    async def _try_claims(self, name: str) -> bool:
        """Make the calls of a channel for which the ledger grants claims (the right to make a call); return
        False to be called again after a pause.

        A channel's task must not end after a failure of the database, because nothing else would start the
        task for up to 30 seconds.
        """
        try:
            await self._process_claims(name)
        except LedgerError as error:
            self._refused = error
            self._reports.waits(self.work, error)
            return self._patience is not None or self._stopping.is_set()
        return True

    async def _process_claims(self, name: str) -> None:
        raise NotImplementedError
