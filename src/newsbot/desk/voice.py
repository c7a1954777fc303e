"""What the desk writes: at each chat's pace, in its language, with a sound where that is wanted."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from html import unescape
from typing import Any, TypeAlias

import structlog
from markupsafe import Markup

from newsbot.config.desk import SoundName
from newsbot.desk.answers import Answer, Button
from newsbot.desk.bot import Api, ApiError
from newsbot.desk.lengths import pieces
from newsbot.desk.pacing import Pace, Rank
from newsbot.desk.people import Person
from newsbot.desk.room import Room
from newsbot.desk.safety import Heard
from newsbot.desk.words import Words, language_of
from newsbot.ports import OnLedger
from newsbot.ports.desk import Told

__all__ = ["Kind", "Voice"]

Kind: TypeAlias = SoundName

_POPPED = 200  # characters: https://core.telegram.org/bots/api#answercallbackquery
_GLANCED = 60  # characters that are read before a toast is gone, within two seconds

log = structlog.get_logger(__name__)


class Voice:
    """One desk's. ``sounds`` are the kinds of messages that make one."""

    def __init__(
        self, room: Room, on_ledger: OnLedger, api: Api, *, language: str, sounds: Collection[Kind]
    ) -> None:
        self.api = api
        self.language = language_of(language, "en")
        self.pace = Pace()
        self._room = room
        self._on_ledger = on_ledger
        self._sounds = frozenset(sounds)

    def words(self, chat_id: int) -> Words:
        """In a group the newsroom's language, in private the person's."""
        person: Person | None = self._room.people.find(chat_id) if chat_id > 0 else None
        own = person.language if person else None
        return Words(language_of(own, self.language), self._room.zone)

    async def deliver(self, told: Told, heard: Heard, answer: Answer) -> None:
        """Say it where it was asked. Raises ApiError, LedgerError."""
        if answer.asks:
            await self._on_ledger(self._room.ledger.ask_again, told)
        if heard.query_id is None:
            await self._show(heard, answer)
        elif heard.message_id:
            await self._answer_press(heard, heard.query_id, answer)
        else:
            await self._answer_without_message(heard, heard.query_id, answer)

    async def pop(self, query_id: str, text: str) -> bool:
        """Answer a press by what pops up: False where it is too old, or was answered before."""
        plain = unescape(Markup(text).striptags())
        shown = plain if len(plain) <= _POPPED else plain[: _POPPED - 1] + "…"
        try:
            await self.api.answer(query_id, shown, alert=len(shown) > _GLANCED)
        except ApiError as error:
            log.debug("a press could not be answered", error=str(error))
            return False
        return bool(shown)

    async def _answer_press(self, heard: Heard, query_id: str, answer: Answer) -> None:
        """Pop up what pops up; put what replaces the message in its place; else write a message."""
        popped = await self.pop(query_id, answer.text if answer.pop else "")
        if (answer.keyboard or answer.replaces) and await self._replaced(heard, answer):
            return
        if not popped:
            await self._show(heard, self._standing_alone(heard, answer))

    async def _answer_without_message(self, heard: Heard, query_id: str, answer: Answer) -> None:
        """The chat is unknown, so an answer with buttons, or a long one, goes to the presser's own."""
        if (answer.keyboard or answer.replaces) and heard.inline_id and await self._replaced(heard, answer):
            await self.pop(query_id, "")
            return
        text = unescape(Markup(answer.text).striptags())
        if text and len(text) <= _POPPED and not answer.buttons and await self.pop(query_id, answer.text):
            return
        alone = self._standing_alone(heard, answer)
        try:
            await self._show(heard, alone)
        except ApiError as error:
            if error.away:
                raise
            log.info("an answer could not reach its own chat", user=heard.user_id, error=str(error))
            say = self.words(heard.chat_id)
            hint = say.label("Open a chat with me and press Start there, then press this button again.")
            await self.pop(query_id, hint if answer.buttons else alone.text)
            return
        await self.pop(query_id, alone.text)

    async def _replaced(self, heard: Heard, answer: Answer) -> bool:
        """False where its message can't be changed any more."""
        where = (heard.chat_id, heard.message_id)
        inline = None if heard.message_id else heard.inline_id
        try:
            if answer.keyboard:
                await self.api.edit_buttons(*where, answer.buttons, inline_id=inline)
            else:
                await self.api.edit(*where, answer.text, answer.buttons, inline_id=inline)
        except ApiError as error:
            if error.away or error.retry_after:
                raise
            log.info("a message could not be edited, so it is sent again", error=str(error))
            return False
        return True

    def _standing_alone(self, heard: Heard, answer: Answer) -> Answer:
        """As a message of its own: where only buttons were to change, they get a line above them."""
        if answer.text.strip():
            return answer
        say = self.words(heard.chat_id)
        return replace(answer, text=say("Choose:"))

    async def _show(self, heard: Heard, answer: Answer) -> None:
        message = await self.say(
            heard.chat_id,
            answer,
            reply_to=None if heard.private else heard.message_id,
            thread_id=heard.thread_id,
        )
        if answer.card and message:
            await self._on_ledger(self._opened, answer.card, message)

    def _opened(self, card: int, message: int) -> None:
        """The card's message is out; what it shows by now is for the follower to see."""
        self._room.ledger.show_card(card, message_id=message, shown="", closed_at=None)

    async def say(
        self,
        chat_id: int,
        answer: Answer,
        *,
        reply_to: int | None = None,
        thread_id: int | None = None,
        kind: Kind = "answer",
        rank: Rank = "answer",
    ) -> int:
        """One message, or as many as hold it, the buttons with the last. Returns the last one's id."""
        *before, last = pieces(answer.text) or [Markup("")]
        how = {"thread_id": thread_id, "silent": kind not in self._sounds}
        for text in before:
            await self._say(chat_id, text, (), rank, reply_to=reply_to, **how)
        return await self._say(chat_id, last, answer.buttons, rank, reply_to=reply_to, **how)

    async def _say(
        self, chat_id: int, text: str, buttons: Sequence[Sequence[Button]], rank: Rank, **how: Any
    ) -> int:
        """At the chat's pace, by its rank; a 429 is waited out."""
        while True:
            async with self.pace.turn(chat_id, rank):
                try:
                    return await self.api.send(chat_id, text, buttons, **how)
                except ApiError as error:
                    if not error.retry_after:
                        raise
                    self.pace.hold(chat_id, error.retry_after)
