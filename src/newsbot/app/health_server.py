"""Run the web server of a service's health pages, which has its own ledger connection and thread."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import structlog

from newsbot.app.container import App
from newsbot.app.logs import Redactor, list_secrets
from newsbot.app.supervisor import ClockMonitor
from newsbot.engines import make_job_queue
from newsbot.errors import ListenError
from newsbot.reasons import UsageCode

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger
    from newsbot.threads import SerialThread
    from newsbot.web.server import Hook, Server

__all__ = ["HealthServer"]

_BUSY = 1.0  # Seconds that a health page waits while another process holds the database locked.
_LOOK = 2.0  # Seconds between two checks whether the web server still accepts requests.

log = structlog.get_logger(__name__)


class HealthServer:
    """The component of a service that runs the web server, if config.yaml has one.

    The web server serves health pages, metrics and the webhooks ``hooks``.
    """

    def __init__(self, app: App, watch: ClockMonitor, hooks: "Sequence[Hook]" = ()) -> None:
        self._app = app
        self._watch = watch
        self._hooks = hooks
        self._server: Server | None = None
        # The web server and its ledger connection, which the method `close` closes.
        self._opened = AsyncExitStack()

    async def open(self) -> None:
        """Start the web server, unless it already runs or config.yaml has none.

        Raises:
            ListenError: the server can't listen on the address in config.yaml.
        """
        web, metrics = self._app.config.web, self._app.metrics
        if web is None or metrics is None or self._server is not None:
            return
        from newsbot.ledger import open_ledger
        from newsbot.threads import SerialThread
        from newsbot.web.health import Facts, Health
        from newsbot.web.server import Server

        app, watch = self._app, self._watch
        config, jobs = app.config, make_job_queue(app.config.engine)
        ledger = open_ledger(config.database, base=config.folder, busy=_BUSY, job_queue=jobs)
        on_ledger = SerialThread("ledger")
        facts = Facts(lambda: watch.trouble, lambda: watch.silent, app.reports.say_failed)
        health = Health(
            ledger,
            on_ledger,
            app.clock,
            facts,
            sources=config.sources,
            channels=config.channels,
            budgets=app.budgets,
        )
        clean = Redactor(list_secrets(app.config)).clean
        server = Server(health, metrics, clean=clean, hooks=self._hooks)
        async with AsyncExitStack() as opened:
            opened.push_async_callback(_close_ledger, on_ledger, ledger)
            opened.push_async_callback(server.stop)
            log.info("health and metrics", address=await server.start(*web.listen))
            self._server, self._opened = server, opened.pop_all()

    async def run(self) -> None:
        """Run the web server until cancelled.

        Raises:
            ListenError: the server can't listen on the address in config.yaml, or no longer accepts
                requests.
        """
        try:
            await self.open()
            # The web server's state is checked repeatedly, because no event tells that the web server stopped
            # listening.
            while self._server is not None and self._server.is_listening:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK)
            raise ListenError(UsageCode.NO_MORE_REQUESTS())
        finally:
            await self.close()

    async def close(self) -> None:
        """Stop the web server, and close its ledger connection and thread."""
        self._server = None
        await self._opened.aclose()


async def _close_ledger(on_ledger: "SerialThread", ledger: "Ledger") -> None:
    if await asyncio.to_thread(on_ledger.close):
        ledger.close()
