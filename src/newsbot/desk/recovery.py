"""What became of a command that was cut off: said once the ledger and Telegram are there again.

A command that met a ledger that was away, or whose service ended, either took effect, with its answer in the
ledger, or did not: then its person is asked whether to do it now.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from markupsafe import Markup

from newsbot.desk.bot import ApiError
from newsbot.desk.command_text import list_confirmed_updates, shown
from newsbot.desk.context import DeskContext
from newsbot.desk.dispatcher import ask
from newsbot.desk.messenger import Messenger
from newsbot.desk.replies import Answer
from newsbot.desk.update_filter import UserInput
from newsbot.errors import LedgerError
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskUpdate

__all__ = ["Recovery"]

_MOST = 1000  # of each kind; what is above that the next start says

T = TypeVar("T")
Begin = Callable[[int, int, Awaitable[None]], None]

log = structlog.get_logger(__name__)


class Recovery:
    """One desk's. ``begin`` starts work in a chat's turn, for an update's number."""

    def __init__(self, room: DeskContext, on_ledger: LedgerRunner, voice: Messenger, begin: Begin) -> None:
        self._room = room
        self._on_ledger = on_ledger
        self._voice = voice
        self._begin = begin
        self._unsaid: deque[tuple[DeskUpdate, UserInput, Answer]] = deque(maxlen=_MOST)
        self._unfinished: deque[tuple[DeskUpdate, str | None]] = deque(maxlen=_MOST)
        self._cut_off: deque[DeskUpdate] = deque(maxlen=_MOST)

    async def deliver(self, told: DeskUpdate, heard: UserInput, answer: Answer) -> None:
        """Say an answer now, or once Telegram is back; then nothing more is to be said of the update.

        Raises:
            ApiError: Telegram refuses it.
            LedgerError: it could not be said, as the ledger is away.
        """
        try:
            await self._voice.deliver(told, heard, answer)
        except ApiError as error:
            if not error.away:
                raise
            log.warning("an answer waits for Telegram", update=told.update_id, error=str(error))
            self._unsaid.append((told, heard, answer))
            return
        await self._finish_update(told, None if answer.asks else answer.kept or str(answer.text))

    async def _finish_update(self, told: DeskUpdate, outcome: str | None = None) -> None:
        """Now, or once the ledger is back."""
        try:
            await self._on_ledger(self._room.ledger.finish_update, told, outcome)
        except LedgerError as error:
            log.warning("that a command was answered waits for the ledger", error=str(error))
            self._unfinished.append((told, outcome))

    def postpone(self, told: DeskUpdate) -> None:
        """Say later what became of it."""
        self._cut_off.append(told)

    def catch_up(self) -> None:
        """Begin with all that could not be said before."""
        unsaid, unfinished, cut_off = (
            _drain_queue(each) for each in (self._unsaid, self._unfinished, self._cut_off)
        )
        for told, outcome in unfinished:
            self._begin(told.chat_id, told.update_id, self._finish_update(told, outcome))
        for told, heard, answer in unsaid:
            self._begin(told.chat_id, told.update_id, self._deliver_late(told, heard, answer))
        for told in cut_off:
            self.begin(told)

    def begin(self, told: DeskUpdate) -> None:
        """Say of a command that was cut off whether it took effect."""
        self._begin(told.chat_id, told.update_id, self._report_outcome(told))

    async def fail(self, told: DeskUpdate, heard: UserInput) -> None:
        """Answer for a command that met an unforeseen error, and close it; the log says what happened."""
        try:
            found = await self._on_ledger(self._room.ledger.update, told.bot_id, told.update_id)
            done = found.outcome if found else None
            await self._send_failure(heard, done)
            await self._finish_update(told, done or "failed")
        except LedgerError:
            self.postpone(told)

    async def _send_failure(self, heard: UserInput, done: str | None) -> None:
        say = self._voice.words(heard.chat_id)
        text = say("Something broke here, and nothing was done. The log says what.")
        if done is not None:
            text = say("It is done, but the answer could not be shown: /queue and /why say how it is.")
        try:
            await self._voice.say(heard.chat_id, Answer(text))
        except ApiError as error:
            log.warning("a failed command could not be answered", update=heard.update_id, error=str(error))

    async def _deliver_late(self, told: DeskUpdate, heard: UserInput, answer: Answer) -> None:
        try:
            await self.deliver(told, heard, answer)
        except LedgerError:
            self.postpone(told)
        except Exception:
            log.exception("an answer could not be said", update=told.update_id)
            await self.fail(told, heard)

    async def _report_outcome(self, told: DeskUpdate) -> None:
        """As the ledger has it now, which may be newer than ``told``."""
        try:
            about = (told.bot_id, told.update_id)
            found = await self._on_ledger(list_confirmed_updates, self._room.ledger, *about) or [told]
            await self._send_outcome(found[0], shown(found[-1].said))
        except LedgerError as error:
            log.warning("what became of a command waits for the ledger", error=str(error))
            self.postpone(told)
        except ApiError as error:
            log.warning("what became of a command could not be said", error=str(error), again=error.away)
            if error.away:
                self.postpone(told)
            else:
                await self._finish_update(told)
        except Exception:
            log.exception("what became of a command could not be said", update=told.update_id)
            await self._finish_update(told)

    async def _send_outcome(self, told: DeskUpdate, what: str) -> None:
        ledger = self._room.ledger
        if self._room.people.find(told.user_id) is None:
            await self._finish_update(told, "its person is gone")
            return
        say = self._voice.words(told.chat_id)
        if told.outcome is not None:
            text = say("Done, though I was interrupted before I could say so: {what}", what=what)
            await self._voice.say(told.chat_id, Answer(text + "\n" + Markup(told.outcome)))
            await self._finish_update(told, told.outcome)
            return
        text = say("I was interrupted before doing this, so nothing was done: {what}\nAgain?", what=what)
        answer = ask(text, say.label("Yes, do it now"), told)
        await self._on_ledger(ledger.mark_as_question, told)
        await self._voice.say(told.chat_id, answer)
        await self._finish_update(told)


def _drain_queue(waiting: deque[T]) -> list[T]:
    found = list(waiting)
    waiting.clear()
    return found
