"""The health pages of a running service, over a ledger and a thread of their own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from newsbot.app.logs import Redactor, secrets_of
from newsbot.app.watch import Watch
from newsbot.app.wiring import App

if TYPE_CHECKING:
    from newsbot.web.hooks import Hook

__all__ = ["pages"]

_BUSY = 1.0  # seconds that a page waits for another's lock

log = structlog.get_logger(__name__)


@asynccontextmanager
async def pages(app: App, watch: Watch, hooks: "Sequence[Hook]" = ()) -> AsyncIterator[None]:
    """Health, metrics and ``hooks`` until the block ends, where config.yaml wants them.

    Raises:
        ListenError: the address can't be listened on.
    """
    if app.config.web is None or app.metrics is None:
        yield
        return
    from newsbot.ledger import open_ledger
    from newsbot.ledger.thread import LedgerThread
    from newsbot.web.health import Facts, Health
    from newsbot.web.server import Server

    ledger, on_ledger = open_ledger(app.config.database, base=app.config.folder, busy=_BUSY), LedgerThread()
    facts = Facts(lambda: watch.trouble, lambda: watch.silent)
    health = Health(ledger, on_ledger, app.clock, facts, channels=app.config.channels, budgets=app.budgets)
    server = Server(health, app.metrics, clean=Redactor(secrets_of(app.config)).clean, hooks=hooks)
    try:
        log.info("health and metrics", address=await server.start(*app.config.web.listen))
        yield
    finally:
        await server.stop()
        ledger.close()
        on_ledger.close()
