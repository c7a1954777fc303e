"""The desk, by which editors work in Telegram chats: it stores each Telegram update,
runs its command, and answers.

An update (a message or button press) is stored before newsbot acts on it, so an update that arrives twice has
one effect. The effects of a command and its outcome are committed in one transaction, so an interrupted
command either took effect, with its answer stored, or did not. An update that can't be used is logged,
answered if that is possible, and stored as finished.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from weakref import WeakValueDictionary

import structlog

from newsbot.desk.bot import ApiError, BotApi
from newsbot.desk.command_parser import CommandReader, parse_line, parse_stored_command
from newsbot.desk.context import DeskContext
from newsbot.desk.dispatcher import Dispatcher, Recovery
from newsbot.desk.messenger import Kind, Messenger
from newsbot.desk.onboarding import Onboarding, StrangerQueue
from newsbot.desk.updates import (
    Addressee,
    IgnoredUpdate,
    MalformedUpdate,
    RejectedUpdate,
    UnreadableUpdate,
    UserInput,
    classify,
    find_addressee,
    get_update_id,
)
from newsbot.errors import CommandTaken, LedgerBusy, LedgerError
from newsbot.newsroom.people import Person
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskPerson, DeskUpdate

__all__ = ["Desk"]

_AT_ONCE = 8  # The most Telegram updates that the desk (the editors' chat) processes at the same time.
_CATCH_UP_EVERY = 3.0  # Seconds between two attempts to send those answers that could not be sent before.
_KEPT = timedelta(days=30)
_PRUNED_EVERY = timedelta(hours=1)
_PRUNED = 500  # The most old updates that newsbot deletes from the ledger in one transaction.
# The most ids of button presses that the desk (the editors' chat) keeps in memory, to recognize a press that
# arrives twice. The ledger stores only the ids of updates.
_PRESSES = 1000
# Once the ledger has refused the same update this many times, newsbot writes a test value to find out whether
# the ledger works.
_REFUSED_OFTEN = 3
# The most ids of updates in memory that the ledger refused; also the most ids of updates of which newsbot
# does not know whether the ledger stored them.
_REMEMBERED = 100
_APOLOGIES = 5  # The most error messages that the desk sends to one chat per minute.
_MINUTE = 60.0

log = structlog.get_logger(__name__)


class Desk:
    """The desk (the editors' chat) of one bot; this class stores Telegram's updates and runs the commands in
    them.

    It calls the function ``woken`` after each command that may have made a post due.
    """

    def __init__(
        self,
        room: DeskContext,
        on_ledger: LedgerRunner,
        api: BotApi,
        *,
        chats: tuple[int, ...],
        language: str,
        sounds: Collection[Kind],
        woken: Callable[[], None] = lambda: None,
    ) -> None:
        self.room = room
        self.on_ledger = on_ledger
        self.api = api
        self.chats = chats
        self.voice = Messenger(room, on_ledger, api, language=language, sounds=sounds)
        self._command_reader = CommandReader(room, on_ledger)
        self._dispatcher = Dispatcher(room, on_ledger, api.bot_id, woken)
        self._strangers = Onboarding(room, on_ledger, self.voice)
        self._recovery = Recovery(room, on_ledger, self.voice, self._start_in_turn)
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        # A lock for each chat whose updates wait or are processed, by which a chat's updates are processed
        # one after another; a chat without updates needs no memory.
        self._locks = WeakValueDictionary[int, asyncio.Lock]()
        self._gate = StrangerQueue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pressed: deque[str] = deque(maxlen=_PRESSES)
        self._refused: Counter[int] = Counter()
        # The ids of the updates for which the ledger failed while it stored them: when such an update arrives
        # again, the ledger may already have it.
        self._unsure: deque[int] = deque(maxlen=_REMEMBERED)
        self._apologies: Counter[int] = Counter()
        self._apologies_since = 0.0
        self._prune_at = room.clock.now()

    async def load_people(self) -> None:
        """Load the people whom the ledger knows as users of the desk (the editors' chat) into memory."""
        self.room.people.replace_known(await self.on_ledger(self.room.ledger.desk.list_people))

    def list_chats(self) -> list[int]:
        """Return the ids of the chats that get cards (messages about articles) and alerts: the desk's groups,
        or without groups everybody's private chat.
        """
        return list(self.chats) or [person.id for person in self.room.people.list_people()]

    async def take(self, update: object) -> None:
        """Store one Telegram update and start to process it; an update that can't be used is only stored as
        ignored.

        Raises:
            LedgerError: the update could not be stored, so Telegram has to deliver it again.
        """
        if not await self.use(update):
            await self.skip_updates([update])

    async def use(self, update: object) -> bool:
        """Store one Telegram update and start to process it; return False if the update can't be used.

        Raises:
            LedgerError: the update could not be stored, so Telegram has to deliver it again.
        """
        number = get_update_id(update)
        try:
            await self._store_update(update, number)
        except LedgerError:
            raise
        except MalformedUpdate as error:
            log.warning("an update that makes no sense", update=number, why=str(error))
            return False
        except Exception:
            log.exception("the desk failed with one update", update=number)
            return False
        return True

    async def _store_update(self, update: object, number: int | None) -> None:
        """Store one Telegram update and start to process it; raise different errors for an update that can't
        be used and for a ledger that does not work.

        Raises:
            LedgerError: The ledger could not store the update, perhaps because the ledger does not work.
            MalformedUpdate: The update can't be read, or the ledger refuses it while it accepts other
                writes.
        """
        try:
            await self._receive(update)
        except LedgerBusy:
            raise
        except LedgerError:
            if not self._is_refused_often(number):
                raise
            await self._check_ledger_writable()
            try:
                await self._receive(update)
            except LedgerError as error:
                await self._check_ledger_writable()
                raise MalformedUpdate("a field that the ledger refuses", update) from error

    def _is_refused_often(self, number: int | None) -> bool:
        if len(self._refused) >= _REMEMBERED:
            self._refused.clear()
        self._refused[number or 0] += 1
        return self._refused[number or 0] >= _REFUSED_OFTEN

    async def _check_ledger_writable(self) -> None:
        """Write a test value to the ledger, to find out whether the ledger works.

        Raises:
            LedgerError: The ledger refuses the test value too.
        """
        now = self.room.clock.now()
        await self.on_ledger(lambda: self.room.ledger.desk.save_memo("desk: probe", "", now=now))

    async def _receive(self, update: object) -> None:
        if isinstance(update, UnreadableUpdate):
            raise MalformedUpdate("JSON", update)
        heard = classify(update, chats=self.chats)
        if isinstance(heard, IgnoredUpdate):
            log.debug("passed over", update=heard.update_id, why=heard.why)
        elif isinstance(heard, RejectedUpdate):
            self._refuse(heard)
        else:
            await self._handle_input(heard)

    async def skip_updates(self, updates: Sequence[object]) -> None:
        """Store as ignored the given updates, which can't be used, and send an error message to those who
        sent them and whom the desk knows.

        All are stored in one transaction.

        Raises:
            LedgerError: nothing was stored, so Telegram has to deliver all of these updates again.
        """
        senders = {get_update_id(update): find_addressee(update, chats=self.chats) for update in updates}
        now, told = self.room.clock.now(), list[DeskUpdate]()
        for number, whom in senders.items():
            if number is not None:
                who, where = (whom.user_id, whom.chat_id) if whom else (0, 0)
                told.append(DeskUpdate(self.api.bot_id, number, now, where, who, "?"))
        with self._track_unsure_updates([each.update_id for each in told]) as unsure:
            store = self.room.ledger.desk.store_ignored_updates
            new = await self.on_ledger(store, told, "passed over") if told else set()
        for number, whom in senders.items():
            if whom and (number is None or number in new | unsure):
                self._apologize_if_known(whom, number or 0)

    def _apologize_if_known(self, whom: Addressee, number: int) -> None:
        if self.room.people.find(whom.user_id) and self._may_apologize(whom.chat_id):
            say = self.voice.words(whom.chat_id)
            text = say("Something broke here, and nothing was done. The log says what.")
            work = self.voice.send_reply(whom.chat_id, text, query_id=whom.query_id)
            self._start_in_turn(whom.chat_id, number, work)

    def _may_apologize(self, chat_id: int) -> bool:
        """Count an error message to a chat, and return whether the limit of error messages per minute allows
        it.

        Without a limit, the desk would send an error message for each update if Telegram changed a field so
        that every update fails.
        """
        now = asyncio.get_running_loop().time()
        if now - self._apologies_since >= _MINUTE:
            self._apologies_since = now
            self._apologies.clear()
        self._apologies[chat_id] += 1
        return self._apologies[chat_id] <= _APOLOGIES

    async def settle(self, within: float) -> None:
        """Wait up to ``within`` seconds until the running tasks of the desk (the editors' chat) have ended,
        then cancel those that still run.
        """
        tasks = {*self._tasks, *self._gate.tasks}
        if tasks:
            await asyncio.wait(tasks, timeout=within)
        for task in tasks:
            task.cancel()

    async def finish_when_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the coroutine ``work`` as a task and wait for its end.

        If the caller is cancelled meanwhile, the task runs on until the method `settle` cancels it.
        """
        await asyncio.shield(self._start_task(work))

    def _start_task(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _start_in_turn(self, chat_id: int, number: int, work: Awaitable[None]) -> None:
        """Start ``work`` (processing an update) once the earlier updates of the same chat are processed;
        updates of other chats run at the same time.
        """

        async def in_turn() -> None:
            async with self._locks.setdefault(chat_id, asyncio.Lock()), self._at_once:
                try:
                    await work
                except ApiError as error:
                    log.warning("the desk could not answer", update=number, error=str(error))
                except LedgerError as error:
                    log.warning("the desk waits for the ledger", update=number, error=str(error))
                except Exception:
                    log.exception("the desk failed with one update", update=number)

        self._start_task(in_turn())

    def _refuse(self, given: RejectedUpdate) -> None:
        person = self.room.people.find(given.user_id)
        if person is not None:
            self._start_in_turn(given.chat_id, given.update_id, self._send_refusal(given))
        # Telegram hides which person sent this update. The desk answers it, because it may be one of the
        # desk's people.
        elif given.why in {"anonymous admin", "channel-signed"}:
            self._gate.add_task(given.chat_id, lambda: self._send_refusal(given))
        else:
            self._strangers.note(given.user_id, why=given.why)

    async def _send_refusal(self, given: RejectedUpdate) -> None:
        log.info("refused", user=given.user_id, why=given.why)
        text = self.voice.words(given.chat_id)(given.word)
        await self.voice.send_reply(given.chat_id, text, query_id=given.query_id, reply_to=given.reply_to)

    async def _handle_input(self, heard: UserInput) -> None:
        person = self.room.people.find(heard.user_id)
        if heard.kind == "said" and not heard.private and heard.chat_id not in self.chats:
            if person is not None and parse_line(heard.text):
                log.info("a command in a chat that is none of the desk's", chat=heard.chat_id)
            return
        if person is None:
            if self._strangers.is_answered(heard):
                self._gate.add_task(heard.user_id, lambda: self._strangers.answer_stranger(heard))
            return
        if heard.query_id in self._pressed:
            log.info("a press came twice", user=heard.user_id)
            return
        said = await self._command_reader.get_command_line(heard, person)
        if said is None:
            self._answer_plain_words(heard)
            return
        now = self.room.clock.now()
        told = DeskUpdate(self.api.bot_id, heard.update_id, now, heard.chat_id, heard.user_id, said)
        with self._track_unsure_updates([told.update_id]) as unsure:
            taken = await self.on_ledger(self.room.ledger.desk.store_update, told)
        if heard.query_id:
            # newsbot remembers the button press only after its update is stored. If storing fails, Telegram
            # delivers the press again, and newsbot must not ignore it then.
            self._pressed.append(heard.query_id)
        if taken or unsure:
            self._start_in_turn(heard.chat_id, told.update_id, self._run_command(told, heard, person))

    def _answer_plain_words(self, heard: UserInput) -> None:
        """Answer a private message that contains no command: say that the desk understands only commands."""
        words = heard.kind == "said" and heard.private and heard.text.strip() and not parse_line(heard.text)
        if words and self._may_apologize(heard.chat_id):
            say = self.voice.words(heard.chat_id)
            text = say("I understand only commands: /help lists them. A reply to a card is its new text.")
            self._start_in_turn(heard.chat_id, heard.update_id, self.voice.send_reply(heard.chat_id, text))

    @contextmanager
    def _track_unsure_updates(self, numbers: Collection[int]) -> Iterator[set[int]]:
        """Remember the ids of the updates that the ``with`` block fails to store; yield those ids in
        ``numbers`` that were remembered before.

        A remembered update may already be in the ledger when it arrives again. For any other update, that
        would mean that another process answers it; a remembered update must be answered by this process.
        """
        unsure = {number for number in numbers if number in self._unsure}
        try:
            yield unsure
        except LedgerError:
            self._unsure.extend(number for number in numbers if number not in unsure)
            raise
        for number in unsure:
            self._unsure.remove(number)

    async def _run_command(self, told: DeskUpdate, heard: UserInput, person: Person) -> None:
        try:
            await self._execute(told, heard, person)
        except CommandTaken as error:
            log.info("a command is left alone", update=told.update_id, why=str(error))
        except LedgerError as error:
            log.warning("a command waits for the ledger", update=told.update_id, error=str(error))
            self._recovery.postpone(told)
            say = self.voice.words(heard.chat_id)
            text = say("The database can't be used now. As soon as it can, I say here what became of this.")
            await self.voice.send_reply(heard.chat_id, text, query_id=heard.query_id)
        except ApiError as error:
            log.warning("the desk could not answer", update=told.update_id, error=str(error))
            await self._recovery.fail(told, heard)
        except Exception:
            log.exception("the desk failed with one update", update=told.update_id)
            await self._recovery.fail(told, heard)

    async def _execute(self, told: DeskUpdate, heard: UserInput, person: Person) -> None:
        known = DeskPerson(person.id, heard.name)
        if self.room.people.get_stored_name(person.id) != heard.name:
            await self.on_ledger(self.room.ledger.desk.save_person, known, now=self.room.clock.now())
            await self.load_people()
        answer = await self._dispatcher.answer(told, heard, person, self.voice.words(heard.chat_id))
        if parse_stored_command(told.said)[0].name in {"lang", "yes"}:
            await self.load_people()
        if told.said == "/start" and heard.private:
            await self._strangers.welcome(person.id)
        await self._recovery.deliver(told, heard, answer)

    async def recover(self) -> None:
        """Tell each person whose command an earlier process left unfinished whether
        the command took effect.
        """
        for told in await self.on_ledger(self.room.ledger.desk.list_open_updates, self.api.bot_id):
            self._recovery.begin(told)

    async def catch_up(self) -> None:
        """Send the answers that could not be sent before, and delete old updates from the ledger, every three
        seconds until cancelled.
        """
        while True:
            await asyncio.sleep(_CATCH_UP_EVERY)
            self._recovery.catch_up()
            try:
                await self.prune()
            except LedgerError as error:
                log.debug("old updates wait for the ledger", error=str(error))
            except Exception:
                log.exception("old updates could not be forgotten")
                self._prune_at = self.room.clock.now() + _PRUNED_EVERY

    async def prune(self) -> None:
        """Delete at most 500 updates that are older than thirty days from the ledger.

        If more such updates are left, the next call deletes them. In all other cases, calls in the next hour
        do nothing.
        """
        now = self.room.clock.now()
        if now < self._prune_at <= now + _PRUNED_EVERY:
            return
        before = now - _KEPT
        delete = self.room.ledger.desk.delete_old_updates
        gone = await self.on_ledger(lambda: delete(before=before, limit=_PRUNED))
        self._prune_at = now if gone >= _PRUNED else now + _PRUNED_EVERY
