"""Send the desk's messages to Telegram, within each chat's rate limit and in the chat's language.

Answers to commands are sent first, then alerts, then cards (messages about articles). The calls of each chat
are counted in memory, because only one process at a time serves a bot's desk and writes to its chats.
"""

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field, replace
from html import unescape
from time import monotonic
from typing import Any, Literal, TypeAlias

import structlog
from markupsafe import Markup

from newsbot.config.models import SoundName
from newsbot.desk.bot import ApiError, BotApi
from newsbot.desk.context import DeskContext
from newsbot.desk.i18n import Translator, choose_language
from newsbot.desk.replies import Answer, Button, pieces
from newsbot.desk.updates import UserInput
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskUpdate

__all__ = ["ChatRateLimiter", "Kind", "Messenger", "Rank"]

Rank: TypeAlias = Literal["answer", "alert", "card"]
"""The kinds of calls of the Bot API that share a chat's rate limit, the most urgent kind first."""

# Seconds from the end of a call of the Bot API that sends to a chat until the next such call for that chat.
_BETWEEN = 1.01
_WINDOW = 60.0
# The limits of calls of the Bot API for one group per minute, by the urgency (rank) of the call. A call
# starts only if the group has had fewer calls of any rank in the last minute than the number for the call's
# rank.
_GROUP: Mapping[Rank, int] = {"answer": 20, "alert": 17, "card": 14}
_TURN = 15.0
# If more chats than this number have a rate limit in memory, newsbot deletes the rate limits of idle chats.
_MANY = 100


@dataclass(slots=True)
class _ChatPace:
    """The state of one chat's rate limit.

    The next call of the Bot API for the chat may start from the time ``free_at`` (monotonic seconds) on.
    """

    busy: bool = False
    free_at: float = 0.0
    waiting: Counter[Rank] = field(default_factory=Counter)
    users: int = 0
    ended: deque[float] = field(default_factory=deque)


class ChatRateLimiter:
    """The rate limits of calls of the Bot API for all chats to which the desk sends; a chat with a negative
    id is a group.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._lanes: dict[int, _ChatPace] = {}
        """The states of the rate limits, by chat id, of the chats that recently received a message."""
        self._changed = asyncio.Condition()
        self._all_free_at = 0.0

    @asynccontextmanager
    async def wait_for_turn(self, chat_id: int, rank: Rank) -> AsyncIterator[None]:
        """Wait until the rate limit of a chat allows a call of the Bot API with this rank (urgency).

        The ``async with`` block then makes the call.
        """
        self._forget_idle()
        lane = self.get_pace(chat_id)
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
        """If memory has many rate limits, delete those of chats without recent calls; a new rate limit for
        such a chat would be the same.
        """
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
        """Let no call of the Bot API for the chat start for the given ``seconds``, which Telegram demanded by
        a response with status 429.
        """
        lane = self.get_pace(chat_id)
        lane.free_at = max(lane.free_at, self._now() + seconds)

    def hold_all(self) -> None:
        """Let no call of the Bot API for any chat start within the next second.

        A service calls this method when it starts, because the service before it may have just sent a message
        to the same chat.
        """
        self._all_free_at = self._now() + _BETWEEN

    async def _wait_for_turn(self, lane: _ChatPace, chat_id: int, rank: Rank) -> None:
        lane.waiting[rank] += 1
        try:
            while True:
                wait = self.get_wait(chat_id, rank)
                if wait <= 0:
                    lane.busy = True
                    return
                async with self._changed:
                    with suppress(TimeoutError):
                        # asyncio.wait_for is not used here, because it may swallow the cancellation of the
                        # task that waits.
                        async with asyncio.timeout(wait):
                            await self._changed.wait()
        finally:
            lane.waiting[rank] -= 1

    def get_pace(self, chat_id: int) -> _ChatPace:
        """Return the state of a chat's rate limit; if the chat has none yet, make one."""
        return self._lanes.setdefault(chat_id, _ChatPace())

    def get_wait(self, chat_id: int, rank: Rank) -> float:
        """Return the seconds until a call of this rank (urgency) may start for the chat; for 0 or less, the
        call may start now.
        """
        lane = self.get_pace(chat_id)
        before = itertools.takewhile(lambda other: other != rank, _GROUP)
        # A call of the Bot API that waits for another call of the same chat can't know when that call ends.
        # So it waits up to a minute, and the end of each call wakes all waiting calls.
        if lane.busy or any(lane.waiting[other] for other in before):
            return _WINDOW
        now = self._now()
        while lane.ended and lane.ended[0] <= now - _WINDOW:
            lane.ended.popleft()
        most = _GROUP[rank]
        full = lane.ended[-most] + _WINDOW + 0.05 - now if chat_id < 0 and len(lane.ended) >= most else 0.0
        return max(lane.free_at - now, self._all_free_at - now, full)


Kind: TypeAlias = SoundName

# The most characters of the pop-up that Telegram shows after a button press:
# https://core.telegram.org/bots/api#answercallbackquery
_LONGEST_POPUP = 200
# The most characters that a person can read while Telegram shows a short pop-up, which is two seconds.
_LONGEST_TOAST = 60

log = structlog.get_logger(__name__)


@dataclass(eq=False, repr=False)
class Messenger:
    """The component of the desk that sends messages to its chats.

    Messages of the kinds ``sounds`` make a sound at the receiver's phone; all other messages are silent.
    """

    room: DeskContext
    on_ledger: LedgerRunner
    api: BotApi
    _: KW_ONLY
    language: str
    sounds: Collection[Kind]
    pace: ChatRateLimiter = field(init=False)
    undelivered_cards: set[int] = field(default_factory=set)
    """The ids of cards (messages about articles) that are sent as the answer to a command, now or once
    Telegram can be reached.
    """
    card_messages: dict[int, int] = field(default_factory=dict)
    """By the id of a card (message about an article), the id of its Telegram message, if the ledger does not
    have it yet.
    """

    def __post_init__(self) -> None:
        self.language = choose_language(self.language, "en")
        self.pace = ChatRateLimiter()

    def words(self, chat_id: int) -> Translator:
        """Return the translator for a chat: into the person's own language in a private chat, into the
        newsroom's language in a group.
        """
        person = self.room.people.find(chat_id) if chat_id > 0 else None
        own = person.language if person else None
        language, room = choose_language(own, self.language), self.room
        return Translator(language, room.zone, room.people.name, room.clock.now())

    async def deliver(self, told: DeskUpdate, heard: UserInput, answer: Answer) -> None:
        """Send a command's answer to the chat where the command was typed or the button was pressed.

        Raises:
            ApiError: Telegram refused the answer or can't be reached.
            LedgerError: the ledger could not record that the answer is a question, or that it is an article's
                card.
        """
        if answer.card:
            self.undelivered_cards.add(answer.card)
        is_sent_later = False
        try:
            await self._deliver_answer(told, heard, answer)
        except ApiError as error:
            is_sent_later = error.is_unavailable
            raise
        finally:
            if answer.card and not is_sent_later:
                self.undelivered_cards.discard(answer.card)

    async def _deliver_answer(self, told: DeskUpdate, heard: UserInput, answer: Answer) -> None:
        if answer.asks:
            await self.on_ledger(self.room.ledger.desk.mark_as_question, told)
        if heard.query_id is None:
            await self._send_answer(heard, answer)
        elif heard.message_id:
            await self._answer_press(heard, heard.query_id, answer)
        else:
            await self._answer_detached_press(heard, heard.query_id, answer)

    async def pop(self, query_id: str, text: str, *, alert: bool = False) -> bool:
        """Answer a button press with a pop-up; return whether the person was shown a text.

        With ``alert``, and if the text is long, the pop-up stays until the person closes it. Return False
        also if Telegram refuses the answer, as it does for a press that is too old or was answered before.
        """
        plain = unescape(Markup(text).striptags())
        shown = plain if len(plain) <= _LONGEST_POPUP else plain[: _LONGEST_POPUP - 1] + "…"
        try:
            await self.api.answer(
                query_id, shown, alert=bool(shown) and (alert or len(shown) > _LONGEST_TOAST)
            )
        except ApiError as error:
            log.debug("a press could not be answered", error=str(error))
            return False
        return bool(shown)

    async def _answer_press(self, heard: UserInput, query_id: str, answer: Answer) -> None:
        """Answer a button press in one of three ways: by a pop-up, by replacing the message with the button,
        or by a new message.
        """
        popped = await self.pop(query_id, answer.text if answer.pop else "", alert=answer.alert)
        if (answer.keyboard or answer.replaces) and await self._replace_message(heard, answer):
            return
        if not popped:
            await self._send_answer(heard, self._make_standalone(heard, answer))

    async def _answer_detached_press(self, heard: UserInput, query_id: str, answer: Answer) -> None:
        """Answer a button press that Telegram reported without the button's message.

        If the answer is long, send it to the private chat of the person who pressed the button.
        """
        may_replace = (answer.keyboard or answer.replaces) and heard.inline_id
        if may_replace and await self._replace_message(heard, answer):
            await self.pop(query_id, "")
            return
        is_short = len(unescape(Markup(answer.text).striptags())) <= _LONGEST_POPUP
        if is_short and not answer.buttons and await self.pop(query_id, answer.text, alert=answer.alert):
            return
        alone = self._make_standalone(heard, answer)
        try:
            await self._send_answer(heard, alone)
        except ApiError as error:
            if error.is_unavailable:
                raise
            log.info("an answer could not reach its own chat", user=heard.user_id, error=str(error))
            say = self.words(heard.chat_id)
            hint = say.label("Open a chat with me and press Start there, then press this button again.")
            await self.pop(query_id, hint if answer.buttons else alone.text)
            return
        await self.pop(query_id, alone.text)

    async def _replace_message(self, heard: UserInput, answer: Answer) -> bool:
        """Replace the text and buttons of the message with the pressed button, or only the message's buttons.

        Return False if Telegram refuses that.
        """
        text, inline = None if answer.keyboard else answer.text, None if heard.message_id else heard.inline_id
        try:
            await self.api.edit(heard.chat_id, heard.message_id, text, answer.buttons, inline_id=inline)
        except ApiError as error:
            if error.is_unavailable or error.retry_after:
                raise
            log.info("a message could not be edited, so it is sent again", error=str(error))
            return False
        return True

    def _make_standalone(self, heard: UserInput, answer: Answer) -> Answer:
        """Return the answer in a form that can be sent as a new message: an answer without a text gets the
        text "Choose:".
        """
        say = self.words(heard.chat_id)
        return answer if answer.text.strip() else replace(answer, text=say("Choose:"))

    async def _send_answer(self, heard: UserInput, answer: Answer) -> None:
        message = await self.say(
            heard.chat_id,
            answer,
            reply_to=None if heard.private else heard.message_id,
            thread_id=heard.thread_id,
        )
        if answer.card and message:
            self.card_messages[answer.card] = message
            await self.on_ledger(self._record_card_message, answer.card, message)

    def _record_card_message(self, card: int, message: int) -> None:
        """Record in the ledger the message id of an article's card, without a hash of its content, so that
        `card_sync` edits it.
        """
        self.room.ledger.desk.update_card(card, message_id=message, shown="", closed_at=None)
        self.card_messages.pop(card, None)

    async def send_reply(
        self, chat_id: int, text: str, *, query_id: str | None = None, reply_to: int | None = None
    ) -> None:
        """Send a text to a chat; if it answers the button press ``query_id``, show it as a pop-up if Telegram
        allows that.
        """
        if not (query_id and await self.pop(query_id, text)):
            await self.say(chat_id, Answer(text), reply_to=reply_to)

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
        """Send an answer to a chat, split into as few messages as Telegram's limits of length allow.

        Return the id of the last message, which has the answer's buttons.
        """
        *before, last = pieces(answer.text) or [Markup("")]
        how = {"thread_id": thread_id, "silent": kind not in self.sounds}
        for text in before:
            await self._send_message(chat_id, text, (), rank, reply_to=reply_to, **how)
        return await self._send_message(chat_id, last, answer.buttons, rank, reply_to=reply_to, **how)

    async def _send_message(
        self, chat_id: int, text: str, buttons: Sequence[Sequence[Button]], rank: Rank, **how: Any
    ) -> int:
        """Send one message within the chat's rate limit, and return the message's id.

        If Telegram responds with status 429, wait as long as it demands and try again.
        """
        while True:
            call = self.api.send(chat_id, text, buttons, **how)
            try:
                return await self._call_in_turn(chat_id, rank, call)
            except ApiError as error:
                if not error.retry_after:
                    raise

    async def _call_in_turn(self, chat_id: int, rank: Rank, work: Coroutine[Any, Any, int]) -> int:
        """Make a call of the Bot API within the chat's rate limit and return the call's result.

        If the call takes longer than 15 seconds, the next call for the chat may start before it ends.
        """
        call: asyncio.Task[int] | None = None
        try:
            async with self.pace.wait_for_turn(chat_id, rank):
                call = asyncio.create_task(work)
                await asyncio.wait({call}, timeout=_TURN)
                error = call.exception() if call.done() else None
                if isinstance(error, ApiError) and error.retry_after:
                    self.pace.hold(chat_id, error.retry_after)
            return await call
        finally:
            if call is None:
                work.close()
            else:
                call.cancel()
