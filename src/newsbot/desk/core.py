"""The desk itself: from an update to an answer, with every effect in one transaction with its outcome.

An update is stored before anything is done, so what comes twice does nothing; its effects and its outcome
are committed together, so what was cut off either took effect, with its answer kept, or did not.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from markupsafe import Markup

from newsbot.desk.answers import Answer, Button, Refusal, data_of
from newsbot.desk.bot import Api, ApiError
from newsbot.desk.commands import COMMANDS
from newsbot.desk.commands.own import key_of
from newsbot.desk.pacing import Pace
from newsbot.desk.people import Person, Role
from newsbot.desk.phrases import choose, listed
from newsbot.desk.reading import Line, nearest_command, parse_line
from newsbot.desk.room import Call, Command, Room
from newsbot.desk.safety import Heard, Ignored, Rejected, classify, is_stale
from newsbot.desk.words import Words, language_of
from newsbot.errors import LedgerError, NewsbotError
from newsbot.model import WAITING
from newsbot.ports import OnLedger
from newsbot.ports.desk import ASKED, Known, Told

__all__ = ["Desk"]

Json = dict[str, Any]

_AT_ONCE = 8  # updates that are worked on
_QUESTION_LASTS = timedelta(hours=1)
_PREPARE = 30.0  # seconds that fetching an article may take
_KEPT = timedelta(days=30)
_NEWEST = 60  # posts that a bare command lists of those that are over
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
        woken: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
    ) -> None:
        self.room = room
        self.on_ledger = on_ledger
        self.api = api
        self.chats = chats
        self.language = language_of(language, "en")
        self.pace = pace or Pace()
        self._woken = woken
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._lanes: dict[int, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pressed: deque[str] = deque(maxlen=_PRESSES)

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
        say = self._words(person, given.chat_id)
        await self.say(given.chat_id, Answer(say.say(given.word or "")), reply_to=given.reply_to)

    async def _hear(self, heard: Heard) -> None:
        person = self.room.people.find(heard.user_id)
        if heard.kind == "said" and not heard.private and heard.chat_id not in self.chats:
            if person is not None and parse_line(heard.text):
                log.info("a command in a chat that is none of the desk's", chat=heard.chat_id)
            return
        if person is None:
            self._begin(heard.chat_id, self._strange(heard))
            return
        if heard.query_id in self._pressed:
            log.info("a press came twice", user=heard.user_id)
            return
        if heard.query_id:
            self._pressed.append(heard.query_id)
        said = await self._meant(heard, person)
        if said is None:
            return
        told = self._told(heard, said)
        if await self.on_ledger(self.room.ledger.take_update, told):
            self._begin(heard.chat_id, self._work(told, heard, person))

    def _told(self, heard: Heard, said: str) -> Told:
        now = self.room.clock.now()
        return Told(self.api.bot_id, heard.update_id, now, heard.chat_id, heard.user_id, said)

    async def _meant(self, heard: Heard, person: Person) -> str | None:
        """The command line that this amounts to, to be read again after a crash; None for talk."""
        if heard.kind == "pressed":
            return f"[{heard.text}]"
        if heard.origin:
            chat, message = heard.origin
            place = chat if isinstance(chat, str) else f"c/{str(chat).removeprefix('-100')}"
            return f"/why https://t.me/{place}/{message}"
        line = parse_line(heard.text)
        if line is None:
            return await self._reply(heard, person)
        return None if self._is_anothers(line) else await self._typed(heard, line)

    def _is_anothers(self, line: Line) -> bool:
        mine = self.room.bot.casefold()
        return bool(line.bot and mine and line.bot.casefold() != mine)

    async def _typed(self, heard: Heard, line: Line) -> str:
        if line.name == "start":
            return "/start"  # what stands behind it may be an invitation's secret
        about = None if line.rest else await self._about(heard)
        return f"/{line.name} {about}" if about else heard.text.strip()

    async def _reply(self, heard: Heard, person: Person) -> str | None:
        """Words that answer a card are the post's new ones, from who may say so."""
        about = await self._about(heard) if person.role >= Role.EDITOR else None
        return f"/edit {about} {heard.text}" if about and heard.text.strip() else None

    async def _about(self, heard: Heard) -> str | None:
        """The article whose card this replies to."""
        if heard.reply_to is None:
            return None
        card = await self.on_ledger(self.room.ledger.card_at, heard.chat_id, heard.reply_to)
        return card.subject if card and card.kind == "article" else None

    # ------------------------------------------------------------ strangers

    async def _strange(self, heard: Heard) -> None:
        """Met with silence, but for who takes up an invitation or types /start in private."""
        if heard.query_id:
            await self.api.answer(heard.query_id)
            log.info("a stranger's press was passed over", user=heard.user_id)
            return
        line = parse_line(heard.text)
        if line is None:
            return
        if not heard.private or line.name != "start":
            log.info("a stranger's command was passed over", user=heard.user_id, chat=heard.chat_id)
            return
        say = Words(language_of(heard.language, self.language), self.room.zone)
        joined = await self._join(heard, line) if line.rest else None
        log.info("a stranger typed /start", user=heard.user_id, joined=joined is not None)
        text = (
            say("Welcome, {name}. You are {role} here. /help lists what you can do.", name=heard.name,
                role=say.known(joined.role or ""))
            if joined
            else say("This is a newsroom's desk. Ask one of its admins for an invitation; your id is {id}.",
                     id=heard.user_id)
        )  # fmt: skip
        await self.say(heard.chat_id, Answer(text))

    async def _join(self, heard: Heard, line: Line) -> Known | None:
        known = Known(heard.user_id, heard.name)
        joined = await self.on_ledger(
            self.room.ledger.join, key_of(line.rest.strip()), known, now=self.room.clock.now()
        )
        if joined:
            await self.learn()
        return joined

    async def learn(self) -> None:
        """Whom the ledger knows."""
        self.room.people.learn(await self.on_ledger(self.room.ledger.people))

    # ------------------------------------------------------------ at work

    async def _work(self, told: Told, heard: Heard, person: Person) -> None:
        await self._meet(heard, person)
        say = self._words(person, heard.chat_id)
        answer = await self._answer(told, heard, person, say)
        await self._deliver(told, heard, answer)

    async def _meet(self, heard: Heard, person: Person) -> None:
        """Names are as Telegram tells them now."""
        if self.room.people.known_as(person.id) != heard.name:
            known = Known(person.id, heard.name)
            await self.on_ledger(self.room.ledger.meet, known, now=self.room.clock.now())
            await self.learn()

    async def _answer(self, told: Told, heard: Heard, person: Person, say: Words) -> Answer:
        """What became of it; every failure is an answer too."""
        try:
            return await self._act(told, heard, person, say)
        except Refusal as refusal:
            return refusal.answer
        except LedgerError as error:
            log.warning("a command waits for the ledger", error=str(error))
            return Answer(say("The database can't be used now, nothing was done: try again in a moment."))
        except NewsbotError as error:
            return Answer(say("Nothing was done: {why}", why=str(error)))
        except TimeoutError:
            return Answer(say("Nothing was done: it took too long. Try again."))
        except Exception:
            log.exception("a command failed", command=told.said.partition(" ")[0])
            return Answer(say("Something broke here, and nothing was done. The log says what."))

    async def _act(self, told: Told, heard: Heard, person: Person, say: Words) -> Answer:
        line, content = _read(told.said)
        if line.name == "yes":
            return await self._confirmed(told, line, heard, person, say)
        command, call = self._called(line, content, heard, person, say, told.at)
        call = replace(call, update=told.update_id)
        if question := self._question(command, call, heard, told, say):
            return question
        return await self._do(told, command, call)

    async def _confirmed(self, told: Told, line: Line, heard: Heard, person: Person, say: Words) -> Answer:
        """A question's one answer, by the one who was asked: the command that it was about."""
        asked = await self._asked(line, person, say, told.at)
        again, content = _read(asked.said)
        command, call = self._called(again, content, heard, person, say, told.at)
        call = replace(call, confirmed=True, update=asked.update_id)
        return await self._do(told, command, call, question=asked)

    async def _asked(self, line: Line, person: Person, say: Words, now: datetime) -> Told:
        number = int(line.rest) if line.rest.isdecimal() else 0
        asked = await self.on_ledger(self.room.ledger.update, self.api.bot_id, number)
        if asked is None or now - asked.at > _QUESTION_LASTS:
            raise Refusal(Answer(say.label("That was too long ago: type it anew."), pop=True))
        if asked.user_id != person.id:
            who = self.room.people.name(f"tg:{asked.user_id}")
            raise Refusal(Answer(say.label("Only {who} can answer that.", who=who), pop=True))
        return asked

    def _called(
        self, line: Line, content: str | None, heard: Heard, person: Person, say: Words, now: datetime
    ) -> tuple[Command, Call]:
        """Which command it is, and may this person?"""
        offset, name, rest = 0, line.name, line.rest
        if name == "page":
            name, _, at = rest.partition(" ")
            offset, rest = int(at) if at.isdecimal() else 0, ""
        command = COMMANDS.get(name)
        if command is None:
            raise Refusal(self._unknown(name, person, say))
        if person.role < command.role:
            role = say.known(command.role.name.lower())
            raise Refusal(Answer(
                say.label("/{name} is for: {role}. You are: {mine}.", name=name, role=role,
                          mine=say.known(person.role.name.lower())),
                pop=heard.kind == "pressed",
            ))  # fmt: skip
        call = Call(
            person,
            say,
            name,
            rest,
            now,
            heard.chat_id,
            heard.private,
            content,
            heard.kind == "pressed",
            offset,
        )
        return command, call

    @staticmethod
    def _unknown(name: str, person: Person, say: Words) -> Answer:
        mine = [each.name for each in COMMANDS.values() if each.role <= person.role and not each.hidden]
        near = nearest_command(name, mine)
        if near:
            return Answer(say("There is no /{name}. Did you mean /{near}?", name=name, near=Markup(near)))
        return Answer(say("There is no /{name}. /help lists what there is.", name=name))

    def _question(self, command: Command, call: Call, heard: Heard, told: Told, say: Words) -> Answer | None:
        """What is asked back before it is done: an old command, one that destroys."""
        if not call.rest and (command.lists or command.confirms):
            return None  # it only lists
        now, label = self.room.clock.now(), say.label
        if is_stale(heard, now) and not command.stops:
            minutes = int((now - heard.at).total_seconds() // 60)
            text = say("Asked {age} ago: {what}\nStill?", age=_age(minutes, say), what=told.said[:300])
            return _ask(text, label("Yes, do it now"), told)
        if command.confirms:
            text = say("{what}: this can't be taken back. Sure?", what=f"/{call.verb} {call.rest}"[:300])
            return _ask(text, label(command.confirms), told)
        return None

    async def _do(self, told: Told, command: Command, call: Call, *, question: Told | None = None) -> Answer:
        if not call.rest and command.lists:
            return await self.on_ledger(self._choices, command, call)
        if command.prepare and call.rest:
            async with asyncio.timeout(_PREPARE):
                call = replace(call, prepared=await command.prepare(self.room, call))
        elif command.prepare:
            return Answer(call.say("/{name} needs {what} behind it.", name=Markup(command.name),
                                   what=call.say.known(command.usage)))  # fmt: skip
        if not command.writes and question is None:
            return await self.on_ledger(command.act, self.room, call)
        answer = await self.on_ledger(self._undertaken, told, command, call, question)
        if command.name == "lang":
            await self.learn()
        self._woken()
        return answer

    def _choices(self, command: Command, call: Call) -> Answer:
        """What the command could be done to."""
        if WAITING.issuperset(command.lists):
            posts = listed(self.room, call, command.lists)
        else:
            found = self.room.ledger.posts(states=command.lists, limit=_NEWEST)
            posts = [post for post in found if call.who.sees(post)]
        question = call.say("/{name}: which one?", name=Markup(command.name))
        none = call.say("Nothing here for /{name}.", name=Markup(command.name))
        return choose(call, posts, verb=command.name, question=question, none=none)

    def _undertaken(self, told: Told, command: Command, call: Call, question: Told | None) -> Answer:
        """On the ledger's thread: the effect, and what became of the update, in one transaction."""
        ledger = self.room.ledger
        with ledger.undertake(told, command.name) as done:
            if question and not ledger.consume_question(question, told.cause):
                raise Refusal(Answer(call.say.label("You answered that already."), pop=True))
            answer = command.act(self.room, call)
            done.outcome = ASKED if answer.asks else answer.kept or str(answer.text)
        return answer

    # ------------------------------------------------------------ going out

    async def _deliver(self, told: Told, heard: Heard, answer: Answer) -> None:
        """Say it where it was asked; then nothing more is to be said of the update."""
        ledger = self.room.ledger
        if heard.query_id:
            await self._answer_press(heard, answer)
        if answer.asks:
            await self.on_ledger(ledger.ask_again, told)
        if not heard.query_id or not (answer.pop or answer.keyboard or answer.replaces):
            await self._show(heard, answer)
        kept = None if answer.asks else answer.kept or str(answer.text)
        await self.on_ledger(ledger.finish_update, told, kept)

    async def _answer_press(self, heard: Heard, answer: Answer) -> None:
        query = heard.query_id or ""
        plain = Markup(answer.text).striptags() if answer.pop else ""
        try:
            await self.api.answer(query, plain, alert=len(plain) > 60)  # noqa: PLR2004  a toast is gone in 2 s
        except ApiError as error:
            log.debug("a press could not be answered", error=str(error))  # too old: nothing is lost by it
        if answer.keyboard:
            await self.api.edit_buttons(heard.chat_id, heard.message_id, answer.buttons)
        elif answer.replaces:
            await self.api.edit(heard.chat_id, heard.message_id, answer.text, answer.buttons)

    async def _show(self, heard: Heard, answer: Answer) -> None:
        message = await self.say(
            heard.chat_id,
            answer,
            reply_to=None if heard.private else heard.message_id,
            thread_id=heard.thread_id,
        )
        if answer.article and message:
            await self.on_ledger(self._adopt, heard.chat_id, answer.article, message)

    def _adopt(self, chat_id: int, article: str, message: int) -> None:
        """The answer is the article's card in this chat, unless it has one."""
        ledger, now = self.room.ledger, self.room.clock.now()
        if not any(card.chat_id == chat_id and card.subject == article for card in ledger.cards()):
            card = ledger.open_card(chat_id, "article", article, now=now)
            ledger.show_card(card.id, message_id=message, shown="", closed_at=None)

    async def say(
        self,
        chat_id: int,
        answer: Answer,
        *,
        reply_to: int | None = None,
        thread_id: int | None = None,
        urgent: bool = True,
        silent: bool = False,
    ) -> int:
        """One message, at the chat's pace; a 429 is waited out. Returns its id."""
        while True:
            async with self.pace.turn(chat_id, urgent=urgent):
                try:
                    return await self.api.send(
                        chat_id,
                        answer.text,
                        answer.buttons,
                        reply_to=reply_to,
                        thread_id=thread_id,
                        silent=silent,
                    )
                except ApiError as error:
                    if not error.retry_after:
                        raise
                    self.pace.hold(chat_id, error.retry_after)

    def _words(self, person: Person | None, chat_id: int) -> Words:
        """In a group the newsroom's language, in private the person's."""
        own = person.language if person and chat_id > 0 else None
        return Words(language_of(own, self.language), self.room.zone)

    # ------------------------------------------------------------ after a restart

    async def recover(self) -> None:
        """Say of each command that was cut off whether it took effect."""
        now = self.room.clock.now()
        await self.on_ledger(self.room.ledger.forget_updates, before=now - _KEPT)
        for told in await self.on_ledger(self.room.ledger.open_updates, self.api.bot_id):
            self._begin(told.chat_id, self._recovered(told))

    async def _recovered(self, told: Told) -> None:
        ledger, person = self.room.ledger, self.room.people.find(told.user_id)
        if person is None:
            await self.on_ledger(ledger.finish_update, told, "its person is gone")
            return
        say = self._words(person, told.chat_id)
        what = _shown(told.said)
        if told.outcome is not None:
            text = say("Done, though I was interrupted before I could say so: {what}", what=what)
            await self.say(told.chat_id, Answer(text + "\n" + Markup(told.outcome)))
            await self.on_ledger(ledger.finish_update, told, told.outcome)
            return
        text = say("I was interrupted before doing this, so nothing was done: {what}\nAgain?", what=what)
        answer = _ask(text, say.label("Yes, do it now"), told)
        await self.on_ledger(ledger.ask_again, told)
        await self.say(told.chat_id, answer)
        await self.on_ledger(ledger.finish_update, told)


def _read(said: str) -> tuple[Line, str | None]:
    """A stored line: typed, or (in brackets) a button's data, with what it is bound to."""
    if said.startswith("[") and said.endswith("]"):
        verb, _, rest = said[1:-1].partition(":")
        argument, _, content = rest.partition(":")
        return Line(verb, None, argument), content or None
    return parse_line(said) or Line("", None, said), None


def _shown(said: str) -> str:
    line, _ = _read(said)
    return f"/{line.name} {line.rest}".strip()[:300]


def _ask(text: str, label: str, told: Told) -> Answer:
    return Answer(text, ((Button(label, data_of("yes", str(told.update_id))),),), asks=True)


def _age(minutes: int, say: Words) -> str:
    if minutes < 120:  # noqa: PLR2004  longer is said in hours, and from two days on in days
        return say.label("{n} min", n=minutes)
    hours = minutes // 60
    return say.label("{n} h", n=hours) if hours < 48 else say.label("{n} days", n=hours // 24)  # noqa: PLR2004
