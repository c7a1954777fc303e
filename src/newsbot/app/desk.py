"""Make and run the desk (the editors' Telegram chat) in a service, and receive updates by its webhook.

The desk has its own ledger connection and thread, so that it does not delay the sending of posts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog

from newsbot.app.container import App
from newsbot.errors import LedgerError
from newsbot.reasons import UsageCode

if TYPE_CHECKING:
    from newsbot.config.models import DeskSettings
    from newsbot.delivery.reports import Reports
    from newsbot.desk.desk import Desk
    from newsbot.web.server import Hook

__all__ = ["Desks", "make_desk"]

_STOP_WITHIN = 3.0  # Seconds that chat commands in progress get to end when the service stops.
_AGAIN = 5.0  # Seconds between two attempts to use a database that failed.
# If the service that is the bot's desk ends without releasing that lease, another service becomes the desk
# after this time.
_LEASE = timedelta(seconds=5)
_LOOK = 0.5  # Seconds between two checks whether this service is the bot's desk.
_PART = "opening the desk"
_HEADER = "X-Telegram-Bot-Api-Secret-Token"

log = structlog.get_logger(__name__)


class _LeaseLost(Exception):  # noqa: N818  This exception reports no error, but ends the desk's tasks.
    """The exception that another service has become the desk (the part that answers editors in the chat) of
    the Telegram bot.
    """


class Desks:
    """The component of a service that runs the desk (the editors' chat), if config.yaml has one."""

    def __init__(self, app: App, *, woken: Callable[[], None]) -> None:
        self._app = app
        self._woken = woken
        self._desk: Desk | None = None

    def hooks(self) -> "list[Hook]":
        """Return the webhook by which Telegram delivers the desk's updates;
        [] if config.yaml has no webhook.
        """
        from newsbot.web.server import Hook

        settings = self._app.config.desk
        if settings is None or settings.webhook is None:
            return []
        path = urlsplit(settings.webhook.url).path or "/"
        return [Hook(path, _HEADER, settings.webhook.secret.get_secret_value(), self._pass_update)]

    async def _pass_update(self, update: dict[str, Any]) -> None:
        """Store an update that Telegram delivered by the webhook, and let the desk process the update.

        Raises:
            LedgerError: the update could not be stored, or the desk is not ready.
        """
        if self._desk is None:
            raise LedgerError(UsageCode.DESK_NOT_READY())
        await self._desk.take(update)

    @property
    def is_wanted(self) -> bool:
        """Return whether config.yaml has a desk (the editors' chat), so that the service has to run this
        component.
        """
        return self._app.config.desk is not None

    async def run(self) -> None:
        """Run the desk until this call is cancelled or one of the desk's tasks fails.

        When the call is cancelled, chat commands that still run get three seconds to end.
        """
        settings = self._app.config.desk
        while settings is not None:
            try:
                await self._run_desk(settings)
            except ExceptionGroup as ended:
                # The TaskGroup raises the failures of all the desk's tasks; only the first one is reported.
                _, failed = ended.split(_LeaseLost)
                if failed is not None:
                    raise failed.exceptions[0] from failed
                log.warning("another service has become this bot's desk: this one stands by")

    async def _run_desk(self, settings: "DeskSettings") -> None:
        from newsbot.desk.card_sync import CardSync
        from newsbot.desk.transport import UpdatePoller

        beside = self._app.open_sibling()
        brief_at = time.fromisoformat(settings.brief) if settings.brief else None
        desk = make_desk(beside, settings, woken=self._woken)

        instances, lease = self._app.ledger.instances, f"desk of {desk.api.bot_id}"

        def hold() -> bool:
            return instances.hold(lease, _LEASE)

        async def watch_lease() -> None:
            while not instances.has_lost(lease):  # noqa: ASYNC110  No event tells that the lease is lost.
                await asyncio.sleep(_LOOK)
            raise _LeaseLost

        try:
            # This service checks repeatedly whether it is the bot's desk, because another newsbot service may
            # be the desk now, and no event tells when that service ends.
            while not hold():  # noqa: ASYNC110
                await asyncio.sleep(_LOOK)
            await _retry_while_away(desk.load_people, self._app.reports)
            await _retry_while_away(desk.recover, self._app.reports)
            self._desk = desk
            desk.voice.pace.hold_all()
            async with asyncio.TaskGroup() as group:
                cards = CardSync(desk, brief_at=brief_at, reports=self._app.reports, hold=hold)
                group.create_task(cards.run())
                group.create_task(desk.catch_up())
                group.create_task(_set_up_bot(desk, settings))
                group.create_task(watch_lease())
                if settings.webhook is None:
                    group.create_task(UpdatePoller(desk, hold).run())
        finally:
            self._desk = None
            await desk.settle(_STOP_WITHIN)
            instances.release(lease)
            await desk.api.close()
            await beside.close()


def make_desk(app: App, settings: "DeskSettings", *, woken: Callable[[], None]) -> "Desk":
    """Return a new desk (editors' chat) with the given settings; after that, only the desk may use the ledger
    connection of ``app``.
    """
    from newsbot.desk.bot import BotApi
    from newsbot.desk.context import DeskContext
    from newsbot.desk.desk import Desk
    from newsbot.newsroom.alerts import AlertFinder
    from newsbot.newsroom.history import HistoryReader
    from newsbot.newsroom.people import Invitations

    web = app.config.web
    api = BotApi(settings.api, settings.token.get_secret_value())
    room = DeskContext(
        ledger=app.ledger,
        clock=app.clock,
        zone=app.config.timezone,
        posts=app.posts,
        approvals=app.approvals,
        composition=app.composition,
        submission=app.submission,
        stories=HistoryReader(app.ledger),
        troubles=AlertFinder(
            app.ledger,
            app.clock,
            sources=app.config.sources,
            channels=app.config.channels,
            budgets=app.budgets,
            targets=app.targets,
        ),
        questions=app.questions,
        editing=app.editing,
        corrections=app.corrections,
        withdrawals=app.withdrawals,
        blocks=app.blocks,
        embargoes=app.embargoes,
        channels={name: each.kind for name, each in app.config.channels.items()},
        sources=tuple(app.config.sources),
        budgets=app.budgets,
        people=app.people,
        permissions=app.permissions,
        invitations=Invitations(app.ledger, app.clock, permissions=app.permissions),
        reminders=app.reminders,
        database=app.printable_database_url,
        web=f"http://{web.listen.host}:{web.listen.port}/" if web else None,
        bot_id=api.bot_id,
    )
    return Desk(
        room,
        app.on_ledger,
        api,
        chats=settings.chats,
        language=app.config.language,
        sounds=settings.sounds,
        woken=woken,
    )


async def _set_up_bot(desk: "Desk", settings: "DeskSettings") -> None:
    """Read the bot's name from Telegram, and set its webhook and its menus of commands.

    If Telegram fails, try again after 30 seconds or more, until it succeeds.
    """
    from newsbot.desk.bot import ApiError
    from newsbot.desk.onboarding import set_group_commands, set_member_commands

    while True:
        try:
            me = await desk.api.get_me()
            desk.room.bot = me.name
            log.info(
                "the desk is open",
                bot=me.name,
                chats=list(desk.chats),
                people=len(desk.room.people.list_people()),
            )
            if settings.webhook:
                secret = settings.webhook.secret.get_secret_value()
                await desk.api.set_webhook(settings.webhook.url, secret)
            await set_group_commands(desk.api, desk.room.zone)
            await set_member_commands(desk.api, desk.room.people.list_people(), desk.room.zone)
        except ApiError as error:
            log.warning("the desk could not introduce itself", error=str(error))
            await asyncio.sleep(max(error.retry_after, 30.0))
        else:
            return


async def _retry_while_away(work: Callable[[], Awaitable[Any]], reports: "Reports") -> Any:
    """Call ``work`` and return its result; if the database can't be used, call ``work`` again every five
    seconds.
    """
    while True:
        try:
            result = await work()
        except LedgerError as error:
            reports.waits(_PART, error)
            await asyncio.sleep(_AGAIN)
        else:
            reports.report_success(_PART)
            return result
