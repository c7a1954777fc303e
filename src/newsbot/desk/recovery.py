"""Tell people what became of their interrupted chat commands, once the ledger and Telegram work again.

A command that was interrupted by a failure of the ledger or by the end of the process either took effect, and
its answer is in the ledger, or it did not. Then newsbot asks the person who sent the command whether to run
it now.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from markupsafe import Markup

from newsbot.desk.bot import ApiError
from newsbot.desk.command_text import format_stored_command, list_confirmed_updates
from newsbot.desk.context import DeskContext
from newsbot.desk.dispatcher import ask
from newsbot.desk.messenger import Messenger
from newsbot.desk.replies import Answer
from newsbot.desk.updates import UserInput
from newsbot.errors import LedgerError
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskUpdate

__all__ = ["Recovery"]

# The most delayed answers, and the most delayed reports, that newsbot keeps in memory. It sends further ones
# only after the next start of the service.
_MOST = 1000

T = TypeVar("T")
Begin = Callable[[int, int, Awaitable[None]], None]

log = structlog.get_logger(__name__)


class Recovery:
    """The component of the desk that sends delayed answers, and reports about interrupted commands.

    ``begin`` is a function that starts a task; its arguments are the chat's id, the update's id and the task.
    """

    def __init__(self, room: DeskContext, on_ledger: LedgerRunner, voice: Messenger, begin: Begin) -> None:
        self._room = room
        self._on_ledger = on_ledger
        self._voice = voice
        self._begin = begin
        self._unsaid: deque[tuple[DeskUpdate, UserInput, Answer]] = deque(maxlen=_MOST)
        self._unfinished: deque[tuple[DeskUpdate, str | None]] = deque(maxlen=_MOST)
        self._cut_off: deque[DeskUpdate] = deque(maxlen=_MOST)

    async def deliver(self, told: DeskUpdate, heard: UserInput, answer: Answer) -> None:
        """Send the answer to a command now or, if Telegram can't be reached, once it can; then mark the
        command's update as finished.

        Raises:
            ApiError: Telegram refuses the answer.
            LedgerError: the answer could not be sent because the ledger can't be used.
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
        """Mark an update as finished in the ledger now; if the ledger fails, do so once the ledger works
        again.
        """
        try:
            await self._on_ledger(self._room.ledger.desk.finish_update, told, outcome)
        except LedgerError as error:
            log.warning("that a command was answered waits for the ledger", error=str(error))
            self._unfinished.append((told, outcome))

    def postpone(self, told: DeskUpdate) -> None:
        """Arrange that the next call of `catch_up` tells the person who sent an interrupted command whether
        the command took effect.
        """
        self._cut_off.append(told)

    def catch_up(self) -> None:
        """Start tasks that send all answers and reports which could not be sent before."""
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
        """Start the task that tells the person who sent an interrupted command whether the command took
        effect.
        """
        self._begin(told.chat_id, told.update_id, self._report_outcome(told))

    async def fail(self, told: DeskUpdate, heard: UserInput) -> None:
        """Tell the person who sent a command that newsbot met an unforeseen error, and mark the command's
        update as finished.
        """
        try:
            found = await self._on_ledger(self._room.ledger.desk.get_update, told.bot_id, told.update_id)
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
        """Tell the person who sent an interrupted command whether the command took effect, as the ledger
        says.

        ``told`` is the command's update, which the ledger may have in a newer state.
        """
        try:
            about = (told.bot_id, told.update_id)
            found = await self._on_ledger(list_confirmed_updates, self._room.ledger.desk, *about) or [told]
            await self._send_outcome(found[0], format_stored_command(found[-1].said))
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
        answer = ask(text, say.label("Yes, do it now"), told.update_id)
        await self._on_ledger(ledger.desk.mark_as_question, told)
        await self._voice.say(told.chat_id, answer)
        await self._finish_update(told)


def _drain_queue(waiting: deque[T]) -> list[T]:
    found = list(waiting)
    waiting.clear()
    return found
