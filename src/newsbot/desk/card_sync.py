"""Send and update the cards in the desk's chats (a card is the message about an article and its posts).

Once a second, newsbot reads the new events of the ledger; several events of an article in that second cause
one edit of its card. The ledger stores the number of the last processed event, so that a restart of newsbot
neither misses an article nor shows an article twice.

An article has one card in each chat. newsbot edits the card whenever anything happens to the article, even
after all its posts are published. It sends a second card only if the first card was deleted.

The task that sends cards also sends alerts, the daily brief and reminders.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta

import structlog

from newsbot.delivery.reports import Reports
from newsbot.desk.bot import ApiError
from newsbot.desk.cards import Shown, render_card, render_report
from newsbot.desk.desk import Desk
from newsbot.desk.notices import AlertMessages, ReminderMessages
from newsbot.desk.replies import Answer
from newsbot.errors import LedgerError
from newsbot.model import FINAL, Post
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.notices import REPORT_CARD, is_asked_once
from newsbot.ports.desk import Card
from newsbot.reasons import Reason

__all__ = ["CardSync"]

_EVERY = 1.0
_PART = "the desk's cards"
# A card (the message about an article) that is sent as the answer to a command counts as lost after this
# time, if nothing in this process is sending it. Sending may take long, because Telegram accepts only 20
# messages a minute in a group.
_LONGEST_SEND = timedelta(minutes=2)
_CURSOR_KEY = "desk: followed"
# Seconds between two checks of all open cards (messages about articles). The checks are needed because a
# card's words for dates, such as "today", change with time.
_RECHECK_EVERY = 600.0
_RETRY_AFTER = 5.0  # Seconds until newsbot sends a message again after an attempt to send it failed.
_GONE = ("message to edit not found", "chat not found", "message can't be edited", "group chat was upgraded")
# The ledger stores this value in place of the hash of a card's content (a card is the message about an
# article) if the message may still show a text that was redacted (deleted from the ledger).
_OUTDATED = ""
# Telegram responds with this HTTP status if the bot was removed from a chat, was blocked, or may no longer
# write in the chat.
_FORBIDDEN = 403

log = structlog.get_logger(__name__)


class CardSync:
    """The task that sends and updates the desk's cards (messages about articles) in all of the desk's chats.

    ``hold`` is a function that returns whether this process is still the one that serves the bot; None means
    that this process always is.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        brief_at: time | None = None,
        reports: Reports | None = None,
        hold: Callable[[], bool] | None = None,
    ) -> None:
        self._parts = reports or Reports()
        self._hold = hold
        self._desk = desk
        self._room = desk.room
        self._alerts = AlertMessages(desk, brief_at)
        self._reminders = ReminderMessages(desk)
        self._paused: dict[str, Reason | None] | None = None
        # The ids of the articles whose cards (the chat messages about them) newsbot has to check.
        self._waiting: dict[str, None] = {}
        self._cursor: int | None = None
        self._reports_due = True
        # The ids of cards (messages about articles) that newsbot could not send, because of a restart or a
        # failure.
        self._unsent_cards: set[int] = set()
        self._next_recheck_at = 0.0

    async def run(self) -> None:
        """Update the cards (messages about articles) and send alerts once a second until cancelled; log a
        failure and continue.
        """
        while True:
            try:
                if self._hold is None or self._hold():
                    await self.update_all()
                else:
                    # Another process updates the chat messages about articles now, so this process forgets
                    # the number of the ledger's event that it processed last, and reads the number again
                    # later.
                    self._cursor = None
            except LedgerError as error:
                self._parts.waits(_PART, error)
            # CardSync reports the failure to the service's record of failing components, and tries again in a
            # second.
            except Exception as error:  # noqa: BLE001
                self._parts.report_failure(_PART, error)
            else:
                self._parts.report_success(_PART)
            await asyncio.sleep(_EVERY)

    async def update_all(self) -> None:
        """Update all cards (messages about articles) to the ledger's newest events, and send alerts and
        reminders.

        Updating many cards can take minutes, because Telegram limits how many messages a bot may send. Alerts
        and reminders are sent during that time.
        """
        cards = asyncio.create_task(self._sync_cards(), name=_PART)
        try:
            while not (await asyncio.wait({cards}, timeout=_EVERY))[0]:
                # A LedgerError is ignored here, because the task that updates the chat messages about
                # articles raises the same error if the ledger can't be used.
                with suppress(LedgerError):
                    await self._alerts.send_due()
                    await self._reminders.send_due()
        finally:
            cards.cancel()
            await asyncio.wait({cards})
        cards.result()
        await self._alerts.send_due()

    async def _sync_cards(self) -> None:
        """Update the cards (messages) of all articles with new events, and the reports on takedowns (removals
        of articles), to the ledger's state.
        """
        ledger, on_ledger = self._room.ledger, self._desk.on_ledger
        if self._cursor is None:
            self._cursor = await on_ledger(self._load_cursor)
        after, changed = await on_ledger(lambda: ledger.desk.list_changed_articles(after=self._cursor or 0))
        # Sending messages to Telegram may take minutes. Before that, CardSync reports that its ledger works,
        # so that the service does not report this component as failed.
        self._parts.report_contact(_PART)
        self._waiting |= dict.fromkeys([*changed, *await self._list_articles_to_recheck()])
        for article in list(self._waiting):
            if await self._refresh_cards(article, fresh=article in changed):
                del self._waiting[article]
        await self._reminders.send_due(changed)
        if after != self._cursor or self._reports_due:
            await self._sync_reports()
        if after != self._cursor:
            self._cursor = after
            now = self._room.clock.now()
            await on_ledger(lambda: ledger.desk.save_memo(_CURSOR_KEY, str(after), now=now))

    def _load_cursor(self) -> int:
        """Return the number of the last event in the ledger to which the cards (messages about articles) were
        updated. On a new desk (editors' chat), return the number of the ledger's newest event.
        """
        desk = self._room.ledger.desk
        self._unsent_cards = {card.id for card in desk.list_cards() if card.message_id is None}
        kept = desk.get_memo(_CURSOR_KEY)
        if kept is not None:
            return int(kept)
        newest = desk.get_last_event_number()
        desk.save_memo(_CURSOR_KEY, str(newest), now=self._room.clock.now())
        return newest

    async def _list_articles_to_recheck(self) -> list[str]:
        """Return the ids of all articles with open cards (messages that newsbot still edits) if ten minutes
        have passed since the last check of these cards, or if a channel was paused or resumed since then.

        Return [] in all other cases.
        """
        paused = await self._desk.on_ledger(self._list_paused_channels)
        clock = asyncio.get_running_loop().time()
        if paused == self._paused and clock < self._next_recheck_at:
            return []
        self._paused, self._next_recheck_at, self._reports_due = paused, clock + _RECHECK_EVERY, True
        cards = await self._desk.on_ledger(self._room.ledger.desk.list_cards)
        return [card.subject for card in cards if card.kind == "article"]

    def _list_paused_channels(self) -> dict[str, Reason | None]:
        found = self._room.ledger.channels.list_channels().items()
        paused = {name: one.reason for name, one in found if one.state == "paused"}
        return {name: why for name, why in paused.items() if name in self._room.channels}

    async def _refresh_cards(self, article: str, *, fresh: bool) -> bool:
        """Update the cards of an article (the desk's messages with its posts and buttons) in all chats.

        Return False if a card is still being sent, so that the caller tries again later.
        """
        posts, cards = await self._desk.on_ledger(self._read_posts_and_cards, article)
        if not posts:
            return True
        for chat_id in dict.fromkeys([*self._desk.list_chats(), *(card.chat_id for card in cards)]):
            if mine := self._select_visible(posts, chat_id):
                here = [card for card in cards if card.chat_id == chat_id]
                await self._refresh_cards_in_chat(mine, chat_id, here, fresh=fresh)
        return not any(map(self._is_being_sent, cards))

    async def _refresh_cards_in_chat(
        self, posts: list[Post], chat_id: int, cards: Sequence[Card], *, fresh: bool
    ) -> None:
        """Update the newest card (message) about an article in one chat, and those older cards of it that may
        show a redacted text.

        If the chat has no card of the article yet, send a card.
        """
        if not cards:
            if fresh and self._has_no_card_yet(posts):
                await self._show_card(posts, chat_id, None)
            return
        *older, newest = cards
        for card in (each for each in older if each.shown == _OUTDATED and not self._is_being_sent(each)):
            await self._show_card(posts, chat_id, card, final=True)
        if (fresh or not newest.closed) and not self._is_being_sent(newest):
            await self._show_card(posts, chat_id, newest)

    def _is_being_sent(self, card: Card) -> bool:
        """Return whether a card (the message about an article) is still being sent as the answer to a
        command.

        If nothing in this process is sending the message two minutes after the card was made, the message
        counts as lost, and the result is False.
        """
        if self._get_message(card) is not None or card.id in self._unsent_cards:
            return False
        young = abs(self._room.clock.now() - card.at) < _LONGEST_SEND
        return young or card.id in self._desk.voice.undelivered_cards

    def _get_message(self, card: Card) -> int | None:
        """Return the message id of a card (the message about an article) from the ledger, or from this
        process's memory if the ledger does not have the id yet.

        Return None if the message was not sent.
        """
        return card.message_id or self._desk.voice.card_messages.get(card.id)

    async def _sync_reports(self) -> None:
        """Update the chat message about each takedown (removal of an article) that is not complete yet."""
        ledger, on_ledger = self._room.ledger, self._desk.on_ledger
        cards = [card for card in await on_ledger(ledger.desk.list_cards) if card.kind == REPORT_CARD]
        waits = [card for card in cards if self._is_being_sent(card)]
        self._reports_due = bool(waits)
        for card in cards:
            if card not in waits:
                action = await on_ledger(ledger.actions.get_action, int(card.subject))
                report = await on_ledger(self._room.withdrawals.report, action)
                shown = render_report(report, self._desk.voice.words(card.chat_id))
                await self._show(shown, card.kind, card.subject, card.chat_id, card)

    def _read_posts_and_cards(self, article: str) -> tuple[list[Post], list[Card]]:
        ledger = self._room.ledger
        cards = ledger.desk.list_cards_of(article)
        return ledger.posts.list_posts(article_id=article, limit=None)[::-1], cards

    def _select_visible(self, posts: list[Post], chat_id: int) -> list[Post]:
        person = self._room.people.find(chat_id) if chat_id > 0 else None
        return [post for post in posts if person.may_see(post)] if person else posts

    @staticmethod
    def _has_no_card_yet(posts: list[Post]) -> bool:
        """Return whether an article without a card (message about it) needs one, because one of its posts is
        unfinished.

        Posts that wait for an editor because of a flood of articles or a redesign of a site need no card: one
        question to editors covers all of them.
        """
        live = [post for post in posts if post.state not in FINAL]
        return any(not is_asked_once(find_anomaly_kind(post.held_for)) for post in live)

    async def _show_card(
        self, posts: list[Post], chat_id: int, card: Card | None, *, final: bool = False
    ) -> None:
        """Send an article's card (the message about it) or edit the message if the message does not show the
        posts' present state.

        With ``final``, close the card too, so that newsbot does not edit it any more.
        """
        say = self._desk.voice.words(chat_id)
        shown = await self._desk.on_ledger(render_card, self._room, posts, say)
        shown = replace(shown, over=shown.over or final)
        await self._show(shown, "article", posts[0].article_id, chat_id, card)

    async def _show(self, shown: Shown, kind: str, subject: str, chat_id: int, card: Card | None) -> None:
        """Send a message that shows the content ``shown``, or edit the card's message if it shows another
        content.

        If ``card`` is None, the message is the first one for a new card.
        """
        if card is not None and card.shown == shown.digest:
            return
        if card is not None and (message := self._get_message(card)) is not None:
            await self._edit_card(card, message, shown)
            return
        desk, now = self._room.ledger.desk, self._room.clock.now()
        if card is None:
            card = await self._desk.on_ledger(lambda: desk.add_card(chat_id, kind, subject, now=now))
        # If the service stops while it sends a card (message about an article) to Telegram, it still records
        # in the ledger that the message was sent, so that no card is sent twice.
        await self._desk.finish_when_stopped(self._send_and_record(card, shown))

    async def _send_and_record(self, card: Card, shown: Shown) -> None:
        ledger, on_ledger, chat_id = self._room.ledger, self._desk.on_ledger, card.chat_id
        answer = Answer(shown.text, shown.buttons)
        try:
            message = await self._desk.voice.say(chat_id, answer, kind=shown.needs or "card", rank="card")
        except ApiError as error:
            log.warning("a card could not be shown", chat=chat_id, article=card.subject, error=str(error))
            if error.is_unavailable:
                self._unsent_cards.add(card.id)
                self._schedule_recheck()
            else:
                await on_ledger(ledger.desk.close_card, card.id, now=self._room.clock.now())
            return
        self._desk.voice.card_messages[card.id] = message
        await on_ledger(self._record_card, card.id, message, shown)

    async def _edit_card(self, card: Card, message_id: int, shown: Shown) -> None:
        chat_id = card.chat_id
        try:
            async with self._desk.voice.pace.wait_for_turn(chat_id, "card"):
                await self._desk.api.edit(chat_id, message_id, shown.text, shown.buttons)
        except ApiError as error:
            log.warning("a card could not be kept", chat=chat_id, article=card.subject, error=str(error))
            if error.retry_after:
                self._desk.voice.pace.hold(chat_id, error.retry_after)
            if error.status == _FORBIDDEN or any(words in str(error) for words in _GONE):
                await self._replace_lost_card(card, shown)
            else:
                self._schedule_recheck()
            return
        await self._desk.on_ledger(self._record_card, card.id, message_id, shown)
        if card.closed and shown.needs == "approval":
            await self._point_to_card(card, message_id)

    async def _replace_lost_card(self, card: Card, shown: Shown) -> None:
        """Close a card (a message about an article that newsbot edits) that was deleted in the chat.

        If the card was already complete and its article's posts now need a person again, send a new card at
        once. In all other cases, newsbot sends a new card at the article's next event.
        """
        await self._desk.on_ledger(self._room.ledger.desk.close_card, card.id, now=self._room.clock.now())
        if card.closed and shown.needs:
            await self._show(shown, card.kind, card.subject, card.chat_id, None)

    async def _point_to_card(self, card: Card, message_id: int) -> None:
        """Reply to an old message about an article whose posts need an approval again, because Telegram
        notifies nobody when the bot edits a message.
        """
        say = self._desk.voice.words(card.chat_id)
        text = say("It waits for an approval again: <code>{id}</code>", id=card.subject)
        try:
            await self._desk.voice.say(
                card.chat_id, Answer(text), reply_to=message_id, kind="approval", rank="card"
            )
        except ApiError as error:
            log.warning("an old card could not be pointed to", chat=card.chat_id, error=str(error))

    def _schedule_recheck(self) -> None:
        self._next_recheck_at = min(self._next_recheck_at, asyncio.get_running_loop().time() + _RETRY_AFTER)

    def _record_card(self, card_id: int, message_id: int, shown: Shown) -> None:
        self._unsent_cards.discard(card_id)
        closed_at = self._room.clock.now() if shown.over else None
        self._room.ledger.desk.update_card(
            card_id, message_id=message_id, shown=shown.digest, closed_at=closed_at
        )
        self._desk.voice.card_messages.pop(card_id, None)
