"""The desk itself: from an update to an answer, with every effect in one transaction with its outcome.

An update is stored before anything is done, so what comes twice does nothing; its effects and its outcome
are committed together, so what was cut off either took effect, with its answer kept, or did not.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

import structlog
from markupsafe import Markup

from newsbot.desk.acting import Acting, ask
from newsbot.desk.answers import Answer
from newsbot.desk.bot import Api, ApiError
from newsbot.desk.meaning import Meaning, read_said, shown
from newsbot.desk.people import Person
from newsbot.desk.reading import parse_line
from newsbot.desk.room import Room
from newsbot.desk.safety import Heard, Ignored, Rejected, classify
from newsbot.desk.strangers import Strangers
from newsbot.desk.voice import Kind, Voice
from newsbot.errors import LedgerError
from newsbot.ports import OnLedger
from newsbot.ports.desk import Known, Told

__all__ = ["Desk"]

Json = dict[str, Any]

_AT_ONCE = 8  # updates that are worked on
_AGAIN = 3.0  # seconds
_KEPT = timedelta(days=30)
_PRESSES = 1000  # that are remembered by their own id, besides every update by its

log = structlog.get_logger(__name__)


class Desk:
    """One bot's desk. ``woken`` is called after what may have made something due."""

    def __init__(
        self,
        room: Room,
        on_ledger: OnLedger,
        api: Api,
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
        self.voice = Voice(room, on_ledger, api, language=language, sounds=sounds)
        self._meaning = Meaning(room, on_ledger)
        self._acting = Acting(room, on_ledger, api.bot_id, woken)
        self._strangers = Strangers(room, on_ledger, self.voice)
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._lanes: dict[int, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pressed: deque[str] = deque(maxlen=_PRESSES)
        self._owed: list[tuple[Told, Heard, Answer]] = []
        self._cut_off: list[Told] = []  # of which it could not be said whether they took effect

    async def learn(self) -> None:
        """Whom the ledger knows."""
        self.room.people.learn(await self.on_ledger(self.room.ledger.people))

    # ------------------------------------------------------------ coming in

    async def take(self, update: Json) -> None:
        """Store one update and begin with it; returns as soon as it is stored.

        Raises:
            LedgerError: it could not be stored: it has to be taken again.
        """
        try:
            heard = classify(update, chats=self.chats)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            log.warning("an update that makes no sense", update=update.get("update_id"), why=repr(error))
            return
        if isinstance(heard, Ignored):
            log.debug("passed over", update=heard.update_id, why=heard.why)
        elif isinstance(heard, Rejected):
            self._begin(heard.chat_id, self._reject(heard))
        else:
            await self._hear(heard)

    async def settle(self, within: float) -> None:
        """Let what has begun come to its end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
        for task in self._tasks:
            task.cancel()

    def _begin(self, chat_id: int, work: Any) -> None:
        """In the order in which a chat's updates came; chats don't wait for each other."""
        lane = self._lanes.setdefault(chat_id, asyncio.Lock())

        async def in_turn() -> None:
            async with lane, self._at_once:
                try:
                    await work
                except ApiError as error:
                    log.warning("the desk could not answer", error=str(error))
                except LedgerError as error:
                    log.warning("the desk waits for the ledger", error=str(error))
                except Exception:
                    log.exception("the desk failed with one update")

        task = asyncio.create_task(in_turn())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reject(self, given: Rejected) -> None:
        stands_for = given.why in {"anonymous admin", "channel-signed"}
        person = self.room.people.find(given.user_id)
        if person is None and not stands_for:
            log.info("a stranger's command was passed over", user=given.user_id, why=given.why)
            return
        log.info("refused", user=given.user_id, why=given.why)
        say = self.voice.words(given.chat_id)
        await self.voice.say(given.chat_id, Answer(say.say(given.word or "")), reply_to=given.reply_to)

    async def _hear(self, heard: Heard) -> None:
        person = self.room.people.find(heard.user_id)
        if heard.kind == "said" and not heard.private and heard.chat_id not in self.chats:
            if person is not None and parse_line(heard.text):
                log.info("a command in a chat that is none of the desk's", chat=heard.chat_id)
            return
        if person is None:
            self._begin(heard.chat_id, self._strangers.met(heard))
            return
        if heard.query_id in self._pressed:
            log.info("a press came twice", user=heard.user_id)
            return
        said = await self._meaning.of(heard, person)
        if said is None:
            return
        told = self._told(heard, said)
        taken = await self.on_ledger(self.room.ledger.take_update, told)
        if heard.query_id:
            self._pressed.append(heard.query_id)  # not before: what was not stored comes again
        if taken:
            self._begin(heard.chat_id, self._work(told, heard, person))

    def _told(self, heard: Heard, said: str) -> Told:
        now = self.room.clock.now()
        return Told(self.api.bot_id, heard.update_id, now, heard.chat_id, heard.user_id, said)

    # ------------------------------------------------------------ at work

    async def _work(self, told: Told, heard: Heard, person: Person) -> None:
        await self._meet(heard, person)
        answer = await self._acting.answer(told, heard, person, self.voice.words(heard.chat_id))
        if read_said(told.said)[0].name in {"lang", "yes"}:
            await self.learn()
        if told.said == "/start" and heard.private:
            await self._strangers.welcome(person.id)
        await self._deliver(told, heard, answer)

    async def _deliver(self, told: Told, heard: Heard, answer: Answer) -> None:
        """Now, or once Telegram is back; should the service end before that, the next one says it."""
        try:
            await self.voice.deliver(told, heard, answer)
        except ApiError as error:
            if not error.away:
                raise
            log.warning("an answer waits for Telegram", error=str(error))
            self._owed.append((told, heard, answer))

    async def catch_up(self) -> None:
        """For ever: say what could not be said before."""
        while True:
            await asyncio.sleep(_AGAIN)
            owed, self._owed = self._owed, []
            for told, heard, answer in owed:
                self._begin(heard.chat_id, self._deliver(told, heard, answer))
            cut_off, self._cut_off = self._cut_off, []
            for told in cut_off:
                self._begin(told.chat_id, self._recovered(told))

    async def _meet(self, heard: Heard, person: Person) -> None:
        """Names are as Telegram tells them now."""
        if self.room.people.known_as(person.id) != heard.name:
            known = Known(person.id, heard.name)
            await self.on_ledger(self.room.ledger.meet, known, now=self.room.clock.now())
            await self.learn()

    # ------------------------------------------------------------ after a restart

    async def recover(self) -> None:
        """Say of each command that was cut off whether it took effect."""
        now = self.room.clock.now()
        await self.on_ledger(self.room.ledger.forget_updates, before=now - _KEPT)
        for told in await self.on_ledger(self.room.ledger.open_updates, self.api.bot_id):
            self._begin(told.chat_id, self._recovered(told))

    async def _recovered(self, told: Told) -> None:
        try:
            await self._tell_recovered(told)
        except ApiError as error:
            if not error.away:
                raise
            log.warning("what became of a command waits for Telegram", error=str(error))
            self._cut_off.append(told)

    async def _tell_recovered(self, told: Told) -> None:
        ledger, person = self.room.ledger, self.room.people.find(told.user_id)
        if person is None:
            await self.on_ledger(ledger.finish_update, told, "its person is gone")
            return
        say = self.voice.words(told.chat_id)
        what = shown(told.said)
        if told.outcome is not None:
            text = say("Done, though I was interrupted before I could say so: {what}", what=what)
            await self.voice.say(told.chat_id, Answer(text + "\n" + Markup(told.outcome)))
            await self.on_ledger(ledger.finish_update, told, told.outcome)
            return
        text = say("I was interrupted before doing this, so nothing was done: {what}\nAgain?", what=what)
        answer = ask(text, say.label("Yes, do it now"), told)
        await self.on_ledger(ledger.ask_again, told)
        await self.voice.say(told.chat_id, answer)
        await self.on_ledger(ledger.finish_update, told)
