"""Run stored chat commands, and make sure that each command is answered.

The dispatcher checks the role of the person who sent a command, asks for a confirmation, and acts. A
command's effects and its outcome are stored in one transaction. So a command that was interrupted by a
failure of the ledger or by the end of the process either took effect, and its answer is in the ledger, or it
did not. Then newsbot asks the person who sent the command whether to run it now.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeAlias

import structlog
from markupsafe import Markup

from newsbot.desk.bot import ApiError
from newsbot.desk.command_parser import (
    find_nearest_command,
    format_stored_command,
    list_confirmed_updates,
    parse_stored_command,
)
from newsbot.desk.commands import COMMANDS
from newsbot.desk.context import (
    Command,
    CommandCall,
    DeskContext,
    Prepare,
    Preview,
    decode_command_time,
    decode_timestamp,
    encode_command_time,
    is_fingerprint,
)
from newsbot.desk.i18n import Translator
from newsbot.desk.messenger import Messenger
from newsbot.desk.post_lines import choose, list_visible_posts
from newsbot.desk.replies import Answer, Button, Refusal, build_button_data, join_lines
from newsbot.desk.updates import UserInput, is_stale
from newsbot.errors import LedgerError, NewsbotError, SlotTaken
from newsbot.model import WAITING
from newsbot.newsroom.people import Person, allows
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import ASKED_OUTCOME, DeskUpdate

__all__ = ["Dispatcher", "Recovery", "ask"]

_QUESTION_LASTS = timedelta(hours=1)
# The most seconds that newsbot may take to fetch an article for a command, even on a busy machine.
_PREPARE = 60.0
_OTHER_NAMES = {
    "delete": ("takedown", "withdraw"),
    "drop": ("cancel", "stop"),
    "hold": ("stop", "pause"),
    "publish": ("post", "approve"),
    "remove": ("takedown", "withdraw"),
    "schedule": ("move",),
    "send": ("now", "approve"),
    "unhold": ("resume",),
    "unpublish": ("takedown", "withdraw"),
}
"""Names of commands that people try although the desk does not have them,
with the commands for the same purpose.
"""
# newsbot searches only this many of the newest finished posts for those that it offers to a command without
# arguments.
_NEWEST = 60

log = structlog.get_logger(__name__)


@dataclass(eq=False, repr=False)
class Dispatcher:
    """The component of the desk that runs the chat commands of one desk.

    It calls the function ``woken`` after a command that may have made a post due.
    """

    room: DeskContext
    on_ledger: LedgerRunner
    bot_id: int
    woken: Callable[[], None]

    async def answer(self, told: DeskUpdate, heard: UserInput, person: Person, say: Translator) -> Answer:
        """Run a stored chat command and return its answer; if the command fails, the answer says why.

        Raises:
            LedgerError: the ledger can't be used, and it is unknown whether the command took effect.
        """
        try:
            return await self._run_command(told, heard, person, say)
        except Refusal as refusal:
            return replace(refusal.answer, alert=True)
        except NewsbotError as error:
            # The command is refused after a SlotTaken error, because that does not mean that the ledger
            # failed: another post already has the time that the command names.
            if isinstance(error, LedgerError) and not isinstance(error, SlotTaken):
                raise
            why = say.explain(error.reason)
            return Answer(say("Nothing was done: {why}", why=why))
        except Exception:
            log.exception("a command failed", update=told.update_id, command=told.said.partition(" ")[0][:40])
            return Answer(say("Something broke here, and nothing was done. The log says what."))

    async def _run_command(
        self, told: DeskUpdate, heard: UserInput, person: Person, say: Translator
    ) -> Answer:
        line, content = parse_stored_command(told.said)
        pressed = heard.kind == "pressed"
        said_at = told.at if pressed else min(heard.at, told.at)
        call = CommandCall(
            person, say, line.name, line.rest, told.at, heard.chat_id, heard.private, content, pressed,
            update=told.update_id, said_at=said_at, typed=line.typed or line.rest,
        )  # fmt: skip
        if line.name == "yes":
            return await self._run_confirmed(told, call)
        command, call = self._resolve_command(call)
        if question := await self._build_question_if_needed(command, call, heard, told):
            return question
        return await self._execute(told, command, call)

    async def _run_confirmed(self, told: DeskUpdate, call: CommandCall) -> Answer:
        """Run the command that a person has confirmed by the button Yes; return the command's answer.

        Raises:
            Refusal: newsbot asked another person, the question is over an hour old, or it was answered
                before.
        """
        *yeses, asked = await self._find_confirmed_updates(call)
        carriers = [call.content, *(parse_stored_command(yes.said)[1] for yes in yeses)]
        carried = next((each for each in carriers if each), None)
        line, content = parse_stored_command(asked.said)
        command, call = self._resolve_command(
            replace(
                call,
                verb=line.name,
                rest=line.rest,
                typed=line.typed or line.rest,
                content=content,
                confirmed=True,
                update=asked.update_id,
                said_at=decode_command_time(carried) or asked.at,
                agreed=decode_timestamp(carried),
                shown=next((each for each in carriers if each and is_fingerprint(each)), None),
            )
        )
        return await self._execute(told, command, call, question=asked)

    async def _find_confirmed_updates(self, call: CommandCall) -> list[DeskUpdate]:
        """Return the stored presses of the button Yes that confirm a command, the newest first, and then the
        command itself.

        Raises:
            Refusal: newsbot asked another person, or the question is over an hour old.
        """
        number = int(call.rest) if call.rest.isdecimal() else 0
        asked = await self.on_ledger(list_confirmed_updates, self.room.ledger.desk, self.bot_id, number)
        if not asked or call.now - asked[0].at > _QUESTION_LASTS:
            raise Refusal(call.say.label("That was too long ago: type it again."), pop=True)
        for each in asked:
            if each.user_id != call.who.id:
                who = self.room.people.name(f"tg:{each.user_id}")
                raise Refusal(call.say.label("Only {who} can answer that.", who=who), pop=True)
        return asked

    def _resolve_command(self, call: CommandCall) -> tuple[Command, CommandCall]:
        """Return the command that a call names; for a press of a button to another page of a list, the call
        gets the list's command and the page's offset.

        Raises:
            Refusal: The desk has no such command, or the role of the person who sent it is too low.
        """
        if call.verb == "page":
            name, _, at = call.rest.partition(" ")
            call = replace(call, verb=name, rest="", typed="", offset=int(at) if at.isdecimal() else 0)
        command, person, say = COMMANDS.get(call.verb), call.who, call.say
        is_typed_alone = not call.pressed and not call.rest
        # A command that /help does not list may be called only by buttons.
        if command is None or (command.hidden and command.name != "start" and is_typed_alone):
            raise Refusal(self._answer_unknown_command(call.verb, person, say))
        if not allows(person.role, command.name):
            role, mine = (say.translate(each.name.lower()) for each in (command.role, person.role))
            text = say.label("/{name} is for: {role}. You are: {mine}.", name=call.verb, role=role, mine=mine)
            raise Refusal(text, pop=True)
        return command, call

    @staticmethod
    def _answer_unknown_command(name: str, person: Person, say: Translator) -> Answer:
        mine = [each.name for each in COMMANDS.values() if allows(person.role, each.name) and not each.hidden]
        if meant := [each for each in _OTHER_NAMES.get(name, ()) if each in mine]:
            rows = [say("There is no /{name}. Is it one of these?", name=name)]
            for each in meant:
                about = say.translate(COMMANDS[each].about)
                rows.append(say("/{name}: {about}", name=Markup(each), about=about))
            return Answer(join_lines(rows))
        if near := find_nearest_command(name, mine):
            return Answer(say("There is no /{name}. Did you mean /{near}?", name=name, near=Markup(near)))
        return Answer(say("There is no /{name}. /help lists what there is.", name=name))

    async def _build_question_if_needed(
        self, command: Command, call: CommandCall, heard: UserInput, told: DeskUpdate
    ) -> Answer | None:
        """Return the question that newsbot asks before it runs an old or destructive command; None if the
        command needs no question.

        Raises:
            Refusal: The posts that the command would delete do not exist.
        """
        if not call.rest and (command.lists or command.confirms):
            # A command without arguments that acts on posts or needs a confirmation only offers buttons, and
            # changes nothing.
            return None
        now, say = self.room.clock.now(), call.say
        preview = await self.on_ledger(command.shows, self.room, call) if command.shows else None
        if is_stale(heard, now) and not command.stops:
            # A command's age in minutes counts as 0 if it is negative, because Telegram's clock may be ahead
            # of this machine's clock.
            minutes = max(int((now - heard.at).total_seconds() // 60), 0)
            text = say("Asked {age} ago: {what}\nStill?", age=_format_age(minutes, say), what=told.said[:300])
            label = say.label("Yes, do it now")
            if preview is None:
                return ask(text, label, told.update_id, encode_command_time(heard.at))
            return ask(join_lines([preview.text, Markup(), text]), label, told.update_id,
                       preview.fingerprint)  # fmt: skip
        return _ask_to_confirm(command, call, preview) if preview else None

    async def _execute(
        self, told: DeskUpdate, command: Command, call: CommandCall, *, question: DeskUpdate | None = None
    ) -> Answer:
        if not call.rest and command.lists:
            return await self.on_ledger(self._offer_choices, command, call)
        if command.prepare and call.rest:
            call = replace(call, prepared=await self._prepare(command.prepare, call))
        elif command.prepare:
            return Answer(call.say("/{name} needs {what} behind it.", name=Markup(command.name),
                                   what=call.say.translate(command.usage)))  # fmt: skip
        if not command.writes and question is None:
            return await self.on_ledger(command.act, self.room, call)
        answer = await self.on_ledger(self._execute_in_transaction, told, command, call, question)
        self.woken()
        return answer

    async def _prepare(self, prepare: Prepare, call: CommandCall) -> Any:
        """Run the function ``prepare`` of a command, which fetches an article, before the command's ledger
        transaction begins.

        Raises:
            Refusal: Fetching took longer than a minute, so the command was not run.
        """
        try:
            async with asyncio.timeout(_PREPARE):
                return await prepare(self.room, call)
        except TimeoutError:
            text = call.say(
                "Nothing was done: the article could not be read in time. Send it again: nothing goes "
                "out twice."
            )
            raise Refusal(text) from None

    def _offer_choices(self, command: Command, call: CommandCall) -> Answer:
        """Return an answer that offers the posts on which the command can act, with a button for each."""
        if WAITING.issuperset(command.lists):
            posts = list_visible_posts(self.room, call, command.lists)
        else:
            found = self.room.ledger.posts.list_posts(states=command.lists, limit=_NEWEST)
            posts = [post for post in found if call.who.may_see(post)]
        question = call.say("/{name}: which one?", name=Markup(command.name))
        none = call.say("Nothing here for /{name}.", name=Markup(command.name))
        return choose(call, posts, verb=command.name, question=question, none=none)

    def _execute_in_transaction(
        self, told: DeskUpdate, command: Command, call: CommandCall, question: DeskUpdate | None
    ) -> Answer:
        """Run a command and store its outcome in one ledger transaction; return its answer.

        Call this method on the thread of the ledger's transactions.
        """
        ledger = self.room.ledger
        with ledger.desk.begin_command(told, command.name) as done:
            if question and not ledger.desk.consume_question(question, told.cause):
                raise Refusal(call.say.label("You answered that already."), pop=True)
            preview = command.shows(self.room, call) if question and command.shows else None
            if preview and preview.fingerprint != call.shown:
                raise Refusal(_ask_to_confirm(command, call, preview))
            answer = command.act(self.room, call)
            done.outcome = ASKED_OUTCOME if answer.asks else answer.kept or str(answer.text)
        return answer


def ask(text: str, label: str, update_id: int, content: str = "") -> Answer:
    """Return an answer that asks a question about the command in the update ``update_id``, with a button Yes.

    ``content`` is what the button's data contains besides: the time when the command was written, or a hash
    of what the question shows.
    """
    return Answer(text, ((Button(label, build_button_data("yes", str(update_id), content)),),), asks=True)


def _ask_to_confirm(command: Command, call: CommandCall, preview: Preview) -> Answer:
    """Return the question whether to run a destructive command; it shows the preview of what the command
    would do.

    If the person has confirmed an earlier question about the command, the new question says that something
    has changed since.
    """
    text = join_lines([preview.text, Markup(), call.say(command.warns)])
    if call.shown:
        head = call.say(
            "Nothing was done, as something has changed since you were asked. This is how it is now:"
        )
        text = head + "\n\n" + text
    return ask(text, call.say.label(command.confirms), call.update, preview.fingerprint)


def _format_age(minutes: int, say: Translator) -> str:
    # newsbot shows the age of a command in minutes up to two hours, then in hours up to two days, then in
    # days.
    if minutes < 120:  # noqa: PLR2004
        return say.label("{n} min", n=minutes)
    hours = minutes // 60
    return say.label("{n} h", n=hours) if hours < 48 else say.label("{n} days", n=hours // 24)  # noqa: PLR2004


# The most delayed answers and reports that newsbot keeps in memory. It sends further ones only after the next
# start of the service.
_MOST = 3000

_Delayed: TypeAlias = tuple[DeskUpdate, Callable[[], Awaitable[None]]]


@dataclass(eq=False, repr=False)
class Recovery:
    """The component of the desk that sends delayed answers, and reports about interrupted commands.

    ``start`` is a function that starts a task; its arguments are the chat's id, the update's id and the task.
    """

    room: DeskContext
    on_ledger: LedgerRunner
    voice: Messenger
    start: Callable[[int, int, Awaitable[None]], None]
    # The updates that wait for Telegram or for the ledger, each with the work that is left to do for it.
    _delayed: deque[_Delayed] = field(default_factory=lambda: deque(maxlen=_MOST))

    async def deliver(self, told: DeskUpdate, heard: UserInput, answer: Answer) -> None:
        """Send the answer to a command now or, if Telegram can't be reached, once it can; then mark the
        command's update as finished.

        Raises:
            ApiError: Telegram refuses the answer.
            LedgerError: the answer could not be sent because the ledger can't be used.
        """
        try:
            await self.voice.deliver(told, heard, answer)
        except ApiError as error:
            if not error.is_unavailable:
                raise
            log.warning("an answer waits for Telegram", update=told.update_id, error=str(error))
            self._delayed.append((told, lambda: self._deliver_late(told, heard, answer)))
            return
        await self._finish_update(told, None if answer.asks else answer.kept or str(answer.text))

    async def _finish_update(self, told: DeskUpdate, outcome: str | None = None) -> None:
        """Mark an update as finished in the ledger now; if the ledger fails, do so once the ledger works
        again.
        """
        try:
            await self.on_ledger(self.room.ledger.desk.finish_update, told, outcome)
        except LedgerError as error:
            log.warning("that a command was answered waits for the ledger", error=str(error))
            self._delayed.append((told, lambda: self._finish_update(told, outcome)))

    def postpone(self, told: DeskUpdate) -> None:
        """Arrange that the next call of `catch_up` tells the person who sent an interrupted command whether
        the command took effect.
        """
        self._delayed.append((told, lambda: self._report_outcome(told)))

    def catch_up(self) -> None:
        """Start tasks that send all answers and reports which could not be sent before."""
        for _ in range(len(self._delayed)):
            told, work = self._delayed.popleft()
            self.start(told.chat_id, told.update_id, work())

    def begin(self, told: DeskUpdate) -> None:
        """Start the task that tells the person who sent an interrupted command whether the command took
        effect.
        """
        self.start(told.chat_id, told.update_id, self._report_outcome(told))

    async def fail(self, told: DeskUpdate, heard: UserInput) -> None:
        """Tell the person who sent a command that newsbot met an unforeseen error, and mark the command's
        update as finished.
        """
        try:
            found = await self.on_ledger(self.room.ledger.desk.get_update, told.bot_id, told.update_id)
            done = found.outcome if found else None
            say = self.voice.words(heard.chat_id)
            text = say("Something broke here, and nothing was done. The log says what.")
            if done is not None:
                text = say("It is done, but the answer could not be shown: /queue and /why say how it is.")
            await self.voice.send_reply(heard.chat_id, text)
        except LedgerError:
            self.postpone(told)
            return
        except ApiError as error:
            log.warning("a failed command could not be answered", update=told.update_id, error=str(error))
        await self._finish_update(told, done or "failed")

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
            found = await self.on_ledger(list_confirmed_updates, self.room.ledger.desk, *about) or [told]
            await self._send_outcome(found[0], format_stored_command(found[-1].said))
        except LedgerError as error:
            log.warning("what became of a command waits for the ledger", error=str(error))
            self.postpone(told)
        except ApiError as error:
            log.warning(
                "what became of a command could not be said", error=str(error), again=error.is_unavailable
            )
            if error.is_unavailable:
                self.postpone(told)
            else:
                await self._finish_update(told)
        except Exception:
            log.exception("what became of a command could not be said", update=told.update_id)
            await self._finish_update(told)

    async def _send_outcome(self, told: DeskUpdate, what: str) -> None:
        ledger = self.room.ledger
        if self.room.people.find(told.user_id) is None:
            await self._finish_update(told, "its person is gone")
            return
        say = self.voice.words(told.chat_id)
        if told.outcome is not None:
            text = say("Done, though I was interrupted before I could say so: {what}", what=what)
            await self.voice.say(told.chat_id, Answer(text + "\n" + Markup(told.outcome)))
            await self._finish_update(told, told.outcome)
            return
        text = say("I was interrupted before doing this, so nothing was done: {what}\nAgain?", what=what)
        answer = ask(text, say.label("Yes, do it now"), told.update_id)
        if not await self.on_ledger(ledger.desk.mark_as_question, told) and not told.asked:
            # If the command's update has an outcome now, the service that was this bot's desk before has
            # carried out the command after all.
            self.postpone(told)
            return
        await self.voice.say(told.chat_id, answer)
        await self._finish_update(told)
