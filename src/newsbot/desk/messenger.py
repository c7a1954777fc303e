"""Send the desk's messages at each chat's rate, in its language, with a sound where one is wanted.

Answers go first, then alerts, then cards.

Shared by nothing: the desk's chats are its own, and there is one desk a bot.
"""

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from html import unescape
from time import monotonic
from typing import Any, Literal, TypeAlias

import structlog
from markupsafe import Markup

from newsbot.config.models import SoundName
from newsbot.desk.bot import ApiError, BotApi
from newsbot.desk.context import DeskContext
from newsbot.desk.i18n import Translator, choose_language
from newsbot.desk.people import Person
from newsbot.desk.replies import Answer, Button, pieces
from newsbot.desk.update_filter import UserInput
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskUpdate

__all__ = ["ChatRateLimiter", "Kind", "Messenger", "Rank"]

Rank: TypeAlias = Literal["answer", "alert", "card"]
"""What a call is, the most urgent first."""

_BETWEEN = 1.01  # seconds from one call's end to the next in a chat
_WINDOW = 60.0
_GROUP: Mapping[Rank, int] = {
    "answer": 20,
    "alert": 17,
    "card": 14,
}  # in a window, calls of all ranks counted
_MANY = 100  # chats; above it those are forgotten that nothing waits for


@dataclass(slots=True)
class _ChatPace:
    """One chat. ``free_at`` is when the next call may leave."""

    busy: bool = False
    free_at: float = 0.0
    waiting: Counter[Rank] = field(default_factory=Counter)
    users: int = 0
    ended: deque[float] = field(default_factory=deque)


class ChatRateLimiter:
    """Turns in a chat. A group's id is below 0."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._lanes: dict[int, _ChatPace] = {}
        """Of the chats that were written to lately."""
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def turn(self, chat_id: int, rank: Rank) -> AsyncIterator[None]:
        """The block is one call; it begins when the chat has room for it."""
        self._forget_idle()
        lane = self.lane(chat_id)
        lane.users += 1
        try:
            await self._wait_for_turn(lane, chat_id, rank)
            try:
                yield
            finally:
                lane.busy = False
                lane.free_at = max(lane.free_at, self._now() + _BETWEEN)
                if chat_id < 0:
                    lane.ended.append(self._now())
                async with self._changed:
                    self._changed.notify_all()
        finally:
            lane.users -= 1

    def _forget_idle(self) -> None:
        """A chat whose pace allows everything is as good as one that was never written to."""
        if len(self._lanes) <= _MANY:
            return
        now = self._now()
        for chat_id, lane in list(self._lanes.items()):
            recent = lane.ended and lane.ended[-1] > now - _WINDOW
            if not lane.users and lane.free_at <= now and not recent:
                del self._lanes[chat_id]

    def __len__(self) -> int:
        return len(self._lanes)

    def hold(self, chat_id: int, seconds: float) -> None:
        """Telegram asked for it, by a 429."""
        lane = self.lane(chat_id)
        lane.free_at = max(lane.free_at, self._now() + seconds)

    async def _wait_for_turn(self, lane: _ChatPace, chat_id: int, rank: Rank) -> None:
        lane.waiting[rank] += 1
        try:
            while True:
                wait = self.until(chat_id, rank)
                if wait <= 0:
                    lane.busy = True
                    return
                async with self._changed:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):  # not wait_for, which may forget a stop
                            await self._changed.wait()
        finally:
            lane.waiting[rank] -= 1

    def lane(self, chat_id: int) -> _ChatPace:
        """What is known of a chat."""
        return self._lanes.setdefault(chat_id, _ChatPace())

    def until(self, chat_id: int, rank: Rank) -> float:
        """Seconds until it may be somebody's turn there."""
        lane = self.lane(chat_id)
        before = itertools.takewhile(lambda other: other != rank, _GROUP)
        if lane.busy or any(lane.waiting[other] for other in before):  # told when that changes
            return _WINDOW
        now = self._now()
        while lane.ended and lane.ended[0] <= now - _WINDOW:
            lane.ended.popleft()
        most = _GROUP[rank]
        full = lane.ended[-most] + _WINDOW + 0.05 - now if chat_id < 0 and len(lane.ended) >= most else 0.0
        return max(lane.free_at - now, full)


Kind: TypeAlias = SoundName

_LONGEST_POPUP = 200  # characters: https://core.telegram.org/bots/api#answercallbackquery
_LONGEST_TOAST = 60  # characters that are read before a toast is gone, within two seconds

log = structlog.get_logger(__name__)


class Messenger:
    """One desk's. ``sounds`` are the kinds of messages that make one."""

    def __init__(
        self,
        room: DeskContext,
        on_ledger: LedgerRunner,
        api: BotApi,
        *,
        language: str,
        sounds: Collection[Kind],
    ) -> None:
        self.api = api
        self.language = choose_language(language, "en")
        self.pace = ChatRateLimiter()
        self._room = room
        self._on_ledger = on_ledger
        self._sounds = frozenset(sounds)

    def words(self, chat_id: int) -> Translator:
        """In a group the newsroom's language, in private the person's."""
        person: Person | None = self._room.people.find(chat_id) if chat_id > 0 else None
        own = person.language if person else None
        return Translator(choose_language(own, self.language), self._room.zone)

    async def deliver(self, told: DeskUpdate, heard: UserInput, answer: Answer) -> None:
        """Say it where it was asked. Raises ApiError, LedgerError."""
        if answer.asks:
            await self._on_ledger(self._room.ledger.mark_as_question, told)
        if heard.query_id is None:
            await self._send_answer(heard, answer)
        elif heard.message_id:
            await self._answer_press(heard, heard.query_id, answer)
        else:
            await self._answer_detached_press(heard, heard.query_id, answer)

    async def pop(self, query_id: str, text: str) -> bool:
        """Answer a press by what pops up: False where it is too old, or was answered before."""
        plain = unescape(Markup(text).striptags())
        shown = plain if len(plain) <= _LONGEST_POPUP else plain[: _LONGEST_POPUP - 1] + "…"
        try:
            await self.api.answer(query_id, shown, alert=len(shown) > _LONGEST_TOAST)
        except ApiError as error:
            log.debug("a press could not be answered", error=str(error))
            return False
        return bool(shown)

    async def _answer_press(self, heard: UserInput, query_id: str, answer: Answer) -> None:
        """Pop up what pops up; put what replaces the message in its place; else write a message."""
        popped = await self.pop(query_id, answer.text if answer.pop else "")
        if (answer.keyboard or answer.replaces) and await self._replace_message(heard, answer):
            return
        if not popped:
            await self._send_answer(heard, self._make_standalone(heard, answer))

    async def _answer_detached_press(self, heard: UserInput, query_id: str, answer: Answer) -> None:
        """The chat is unknown, so an answer with buttons, or a long one, goes to the presser's own."""
        if (
            (answer.keyboard or answer.replaces)
            and heard.inline_id
            and await self._replace_message(heard, answer)
        ):
            await self.pop(query_id, "")
            return
        text = unescape(Markup(answer.text).striptags())
        if (
            text
            and len(text) <= _LONGEST_POPUP
            and not answer.buttons
            and await self.pop(query_id, answer.text)
        ):
            return
        alone = self._make_standalone(heard, answer)
        try:
            await self._send_answer(heard, alone)
        except ApiError as error:
            if error.away:
                raise
            log.info("an answer could not reach its own chat", user=heard.user_id, error=str(error))
            say = self.words(heard.chat_id)
            hint = say.label("Open a chat with me and press Start there, then press this button again.")
            await self.pop(query_id, hint if answer.buttons else alone.text)
            return
        await self.pop(query_id, alone.text)

    async def _replace_message(self, heard: UserInput, answer: Answer) -> bool:
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

    def _make_standalone(self, heard: UserInput, answer: Answer) -> Answer:
        """As a message of its own: where only buttons were to change, they get a line above them."""
        if answer.text.strip():
            return answer
        say = self.words(heard.chat_id)
        return replace(answer, text=say("Choose:"))

    async def _send_answer(self, heard: UserInput, answer: Answer) -> None:
        message = await self.say(
            heard.chat_id,
            answer,
            reply_to=None if heard.private else heard.message_id,
            thread_id=heard.thread_id,
        )
        if answer.card and message:
            await self._on_ledger(self._record_card_message, answer.card, message)

    def _record_card_message(self, card: int, message: int) -> None:
        """The card's message is out; what it shows by now is for the follower to see."""
        self._room.ledger.update_card(card, message_id=message, shown="", closed_at=None)

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
            await self._send_message(chat_id, text, (), rank, reply_to=reply_to, **how)
        return await self._send_message(chat_id, last, answer.buttons, rank, reply_to=reply_to, **how)

    async def _send_message(
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
