"""What the desk writes: at each chat's pace, in its language, with a sound where that is wanted."""

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import structlog
from markupsafe import Markup

from newsbot.config.desk import SoundName
from newsbot.desk.answers import Answer, Button
from newsbot.desk.bot import Api, ApiError
from newsbot.desk.lengths import pieces
from newsbot.desk.pacing import Pace
from newsbot.desk.people import Person
from newsbot.desk.room import Room
from newsbot.desk.safety import Heard
from newsbot.desk.words import Words, language_of
from newsbot.ports import OnLedger
from newsbot.ports.desk import Told

__all__ = ["Kind", "Voice"]

Kind: TypeAlias = SoundName

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
        """Say it where it was asked; then nothing more is to be said of the update."""
        ledger = self._room.ledger
        popped = await self._answer_press(heard, answer) if heard.query_id else False
        if answer.asks:
            await self._on_ledger(ledger.ask_again, told)
        if not popped and not (heard.query_id and (answer.keyboard or answer.replaces)):
            await self._show(heard, answer)
        kept = None if answer.asks else answer.kept or str(answer.text)
        await self._on_ledger(ledger.finish_update, told, kept)

    async def _answer_press(self, heard: Heard, answer: Answer) -> bool:
        """Whether the answer popped up: a query that is too old or unheard takes none."""
        query = heard.query_id or ""
        plain = Markup(answer.text).striptags() if answer.pop else ""
        try:
            await self.api.answer(query, plain, alert=len(plain) > 60)  # noqa: PLR2004  a toast is gone in 2 s
        except ApiError as error:
            log.debug("a press could not be answered", error=str(error))
            plain = ""
        if answer.keyboard:
            await self.api.edit_buttons(heard.chat_id, heard.message_id, answer.buttons)
        elif answer.replaces:
            await self.api.edit(heard.chat_id, heard.message_id, answer.text, answer.buttons)
        return bool(plain)

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
    ) -> int:
        """One message, or as many as hold it, the buttons with the last. Returns the last one's id."""
        *before, last = pieces(answer.text) or [Markup("")]
        how = {"thread_id": thread_id, "silent": kind not in self._sounds}
        for text in before:
            await self._say(chat_id, text, (), kind, reply_to=reply_to, **how)
        return await self._say(chat_id, last, answer.buttons, kind, reply_to=reply_to, **how)

    async def _say(
        self, chat_id: int, text: str, buttons: Sequence[Sequence[Button]], kind: Kind, **how: Any
    ) -> int:
        """At the chat's pace, answers first; a 429 is waited out."""
        while True:
            async with self.pace.turn(chat_id, urgent=kind == "answer"):
                try:
                    return await self.api.send(chat_id, text, buttons, **how)
                except ApiError as error:
                    if not error.retry_after:
                        raise
                    self.pace.hold(chat_id, error.retry_after)
