"""Answer people whom the desk does not know, admit those who have an invitation, and set the menus of
commands in Telegram.

newsbot sends a person whom the desk does not know a text only for /start in a private chat. All tasks for
such people run in one slow queue.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from time import monotonic
from typing import Any

import structlog

from newsbot.desk.bot import ApiError, BotApi
from newsbot.desk.command_parser import parse_line
from newsbot.desk.commands import COMMANDS
from newsbot.desk.context import DeskContext
from newsbot.desk.i18n import LANGUAGES, Translator, choose_language
from newsbot.desk.messenger import Messenger
from newsbot.desk.replies import Answer
from newsbot.desk.updates import UserInput
from newsbot.newsroom.people import GROUP_ROLE, Person, Role, allows
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskPerson

__all__ = ["LogLimiter", "Onboarding", "StrangerQueue", "set_group_commands", "set_member_commands"]

_AT_ONCE = 2
_WAITING = 50
# The seconds between the starts of two tasks for people whom the desk does not know, and the number of such
# tasks that may start without this delay.
_EVERY, _BURST = 0.1, 30
_MINUTE = 60.0
_LINES = 10  # The most log lines of one kind that newsbot writes per minute.

log = structlog.get_logger(__name__)


@dataclass(eq=False, repr=False)
class LogLimiter:
    """A counter that limits how many log lines of one kind newsbot writes per minute, for lines that people
    unknown to the desk can cause.
    """

    lines: int = _LINES
    now: Callable[[], float] = monotonic
    _since: float = -_MINUTE
    _said: int = 0

    def allow_line(self) -> bool:
        """Count another log line, and return whether the limit for this minute allows newsbot to write it."""
        if self.now() - self._since >= _MINUTE:
            self._since, self._said = self.now(), 0
        self._said += 1
        return self._said <= self.lines


@dataclass(eq=False, repr=False)
class Onboarding:
    """The component of the desk that answers messages and button presses of people whom the desk does not
    know.
    """

    room: DeskContext
    on_ledger: LedgerRunner
    voice: Messenger
    _sparing: LogLimiter = field(default_factory=LogLimiter)

    def is_answered(self, heard: UserInput) -> bool:
        """Return whether newsbot answers a message or button press of a person unknown to the desk.

        newsbot answers /start in a private chat, and every button press.
        """
        if heard.query_id:
            return True
        line = parse_line(heard.text)
        if line is None:
            return False
        if heard.private and line.name == "start":
            return True
        self.note(heard.user_id, chat=heard.chat_id)
        return False

    def note(self, user_id: int, **more: object) -> None:
        """Log that a command of a person unknown to the desk was ignored, at most ten times a minute."""
        if self._sparing.allow_line():
            log.info("a stranger's command was passed over", user=user_id, **more)

    async def answer_stranger(self, heard: UserInput) -> None:
        """Answer the /start or button press of a person unknown to the desk (the editors' chat).

        A /start with a valid invitation makes the person a user of the desk.
        """
        if heard.query_id:
            await self.voice.api.answer(heard.query_id)
            log.info("a stranger's press was passed over", user=heard.user_id)
            return
        say = Translator(choose_language(heard.language, self.voice.language), self.room.zone)
        line = parse_line(heard.text)
        joined = await self._join(heard, line.rest.strip()) if line and line.rest else None
        log.info("a stranger typed /start", user=heard.user_id, joined=joined is not None)
        text = (
            say("Welcome, {name}. You are {role} here. /help lists what you can do.", name=heard.name,
                role=say.translate(joined.role or ""))
            if joined
            else say("This is a newsroom's desk. Ask one of its admins for an invitation; your id is {id}.",
                     id=heard.user_id)
        )  # fmt: skip
        await self.voice.say(heard.chat_id, Answer(text))

    async def _join(self, heard: UserInput, secret: str) -> DeskPerson | None:
        known = DeskPerson(heard.user_id, heard.name)
        joined = await self.on_ledger(self.room.invitations.accept, secret, known)
        if joined:
            self.room.people.replace_known(await self.on_ledger(self.room.ledger.desk.list_people))
            await self.welcome(heard.user_id)
        return joined

    async def welcome(self, user_id: int) -> None:
        """Set the menu of commands in the private chat of a new user of the desk.

        Telegram allows this once the person has written to the bot.
        """
        person = self.room.people.find(user_id)
        try:
            await set_member_commands(self.voice.api, [person] if person else [], self.room.zone)
        except ApiError as error:
            log.warning("a menu could not be set", user=user_id, error=str(error))


class StrangerQueue:
    """A queue of tasks for messages and button presses of people whom the desk does not know.

    The queue starts tasks slowly, runs two at once, and drops new tasks while 50 tasks wait or run, so that
    many messages of strangers do not slow the desk.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._next_at = 0.0
        self._overflow_count = 0
        self._sparing = LogLimiter(1, now)

    @property
    def tasks(self) -> list["asyncio.Task[None]"]:
        """Return the tasks of this queue that run or wait."""
        return list(self._tasks.values())

    def add_task(self, key: int, work: Callable[[], Awaitable[None]]) -> None:
        """Add a task that runs ``work`` to the queue; drop ``work`` if the queue is full or has a task with
        the same ``key``.
        """
        if key in self._tasks or len(self._tasks) >= _WAITING:
            self._log_overflow()
            return
        task = asyncio.create_task(self._run(work))
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._at_once:
            self._next_at = max(self._next_at, self._now()) + _EVERY
            await asyncio.sleep(max(self._next_at - self._now() - _BURST * _EVERY, 0))
            try:
                await work()
            # A failed task for a person whom the desk does not know must not stop the queue, so its failure
            # is only logged.
            except Exception as error:  # noqa: BLE001
                log.warning("a stranger could not be answered", error=type(error).__name__)

    def _log_overflow(self) -> None:
        self._overflow_count += 1
        if self._sparing.allow_line():
            log.warning("strangers write more than the desk answers", passed_over=self._overflow_count)
            self._overflow_count = 0


async def set_group_commands(api: BotApi, zone: tzinfo) -> None:
    """Set the bot's menu of commands for all groups, in each of the desk's languages."""
    await _set_commands(api, GROUP_ROLE, {"type": "all_group_chats"}, zone)


async def set_member_commands(api: BotApi, people: Sequence[Person], zone: tzinfo) -> None:
    """Set the bot's menu of commands in the private chat of each person, by the person's role.

    The menu is set in each of the desk's languages.
    """
    for person in people:
        try:
            await _set_commands(api, person.role, {"type": "chat", "chat_id": person.id}, zone)
        except ApiError as error:
            if error.is_unavailable or error.retry_after:
                raise
            log.debug("has no menu until they write to the bot", user=person.id, why=str(error))


async def _set_commands(api: BotApi, role: Role, scope: dict[str, Any], zone: tzinfo) -> None:
    mine = [command for command in COMMANDS.values() if allows(role, command.name) and not command.hidden]
    for language in LANGUAGES:
        say = Translator(language, zone)
        rows = [(command.name, say.translate(command.about)) for command in mine]
        # Telegram shows a menu without a language code in all languages that have no menu of their own, so
        # the English menu has no code.
        await api.commands(rows, scope, language if language != "en" else None)
