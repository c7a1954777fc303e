"""The ledger's store for the desk, newsbot's chat interface for editors: updates, people and cards.

An update is a message or a button press that Telegram passes to the desk's bot. It is stored before the desk
acts on it. A card is a message of the desk which newsbot edits when an article's state changes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, tuple_, update

from newsbot.errors import CommandTaken
from newsbot.ledger import ids
from newsbot.ledger.dialects import build_insert, insert_new, put_row
from newsbot.ledger.schema import TAKEN, card, desk_update, event, invite, notice, person, post
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import set_event_cause
from newsbot.ports.desk import ASKED_OUTCOME, Card, DeskPerson, DeskUpdate, RunningCommand
from newsbot.reasons import LedgerCode

__all__ = ["DeskStore"]

# The most events (changes in the history of posts) that one call of `list_changed_articles` reads.
_EVENTS_AT_ONCE = 500
_UPDATE_FIELDS = ("bot_id", "update_id", "at", "chat_id", "user_id", "said")


class DeskStore(LedgerStore):
    """The ledger's store for the desk (the editors' chat): Telegram updates, people, invitations, cards
    (messages that show an article's state) and stored values.
    """

    def store_update(self, told: DeskUpdate) -> bool:
        """Store a Telegram update before the desk acts on it; return False if it was stored before."""
        return bool(self._store_updates([told], "taken", None))

    def store_ignored_updates(self, every: Sequence[DeskUpdate], why: str) -> set[int]:
        """Store Telegram updates on which the desk does not act, in the state of finished updates.

        ``why`` is stored as their outcome. All updates are of one bot. Returns the numbers of those updates
        that were not stored before.
        """
        return self._store_updates(every, "done", why)

    @contextmanager
    def begin_command(self, told: DeskUpdate, outcome: str) -> Iterator[RunningCommand]:
        """Run the block, which carries out a person's command to the desk, in one transaction.

        The same transaction stores the outcome of the command. Every event that this thread writes in the
        block names the Telegram update with the command as its cause.

        Raises:
            CommandTaken: the command has an outcome already, because another service has become the bot's
                desk.
        """
        done = RunningCommand(outcome)
        with self._database.share_transaction(), set_event_cause(told.cause):
            yield done
            with self._database.write() as tx:
                mine = _update_for(told).where(desk_update.c.outcome.is_(None))
                if not tx.execute(mine.values(outcome=done.outcome)).rowcount:
                    raise CommandTaken(LedgerCode.COMMAND_TAKEN_OVER())

    def finish_update(self, told: DeskUpdate, outcome: str | None = None) -> None:
        """Mark a Telegram update as answered, and store its ``outcome``; None keeps the stored outcome."""
        values = {"state": "done"} | ({} if outcome is None else {"outcome": outcome})
        self._write(_update_for(told).values(**values))

    def list_open_updates(self, bot_id: int) -> list[DeskUpdate]:
        """Return the updates of the bot that were stored but not answered, oldest first.

        A service that ended unexpectedly leaves such updates.
        """
        found = select(desk_update).where(TAKEN, desk_update.c.bot_id == bot_id)
        return [_build_desk_update(row) for row in self._fetch(found.order_by(desk_update.c.update_id))]

    def get_update(self, bot_id: int, update_id: int) -> DeskUpdate | None:
        """Return the stored Telegram update with this number; None if it is not stored."""
        column = desk_update.c
        found = select(desk_update).where(column.bot_id == bot_id, column.update_id == update_id)
        row = self._fetch_first(found)
        return _build_desk_update(row) if row else None

    def mark_as_question(self, told: DeskUpdate) -> bool:
        """Record that the desk (the editors' chat) answers a Telegram update with a question, which a person
        may answer once.

        The caller marks the update as answered (`finish_update`) once the question was sent. Returns False,
        and stores nothing, if the update has an outcome already.
        """
        mine = _update_for(told).where(desk_update.c.outcome.is_(None))
        return bool(self._write(mine.values(outcome=ASKED_OUTCOME)))

    def consume_question(self, told: DeskUpdate, answer: str) -> bool:
        """Store a person's answer to the question that the desk (the editors' chat) asked about an earlier
        Telegram update.

        Returns False, and stores nothing, if the question is answered already, or if no question was asked.
        """
        mine = _update_for(told).where(desk_update.c.outcome == ASKED_OUTCOME)
        return bool(self._write(mine.values(outcome=answer)))

    def delete_old_updates(self, *, before: datetime, limit: int) -> int:
        """Delete answered Telegram updates from before the time ``before``, at most ``limit`` of them; return
        how many were deleted.
        """
        column = desk_update.c
        old = select(column.bot_id, column.update_id).where(column.at < before, column.state == "done")
        these = tuple_(column.bot_id, column.update_id).in_(old.limit(limit))
        return self._write(delete(desk_update).where(these))

    def list_people(self) -> list[DeskPerson]:
        """Return every person whom the desk (the editors' chat) knows."""
        return [_build_person(row) for row in self._fetch(select(person))]

    def save_person(self, known: DeskPerson, *, now: datetime) -> None:
        """Store a user of the desk (the editors' chat); of a user who is stored already, change only the
        name.
        """
        values = {"user_id": known.user_id, "name": known.name, "joined_at": now}
        with self._database.write(notify=False) as tx:
            new = build_insert(tx, person).values(**values)
            tx.execute(new.on_conflict_do_update(index_elements=["user_id"], set_={"name": known.name}))

    def save_language(self, user_id: int, language: str) -> None:
        """Store the language in which a person wants the answers of the desk (the editors' chat)."""
        self._write(update(person).where(person.c.user_id == user_id).values(language=language))

    def invite(self, key: str, role: str, *, by: str, now: datetime, expires_at: datetime) -> None:
        """Store an invitation to the desk (the editors' chat) under the hash of its secret; the secret itself
        is not stored.
        """
        self._write(insert(invite).values(key=key, role=role, by=by, at=now, expires_at=expires_at))

    def join(self, key: str, known: DeskPerson, *, now: datetime) -> DeskPerson | None:
        """Use up an invitation, and store the person ``known`` with the invitation's role; return the person.

        An invitation works once, and only before it expires. Returns None if no invitation with this key can
        be used.
        """
        column = invite.c
        with self._database.write(notify=False) as tx:
            mine = update(invite).where(column.key == key, column.used_by.is_(None), column.expires_at > now)
            mine = mine.values(used_by=known.user_id)
            taken = tx.execute(mine.returning(column.role, column.by)).first()
            if taken is None:
                return None
            values = {"name": known.name, "role": taken.role, "invited_by": taken.by, "joined_at": now}
            put_row(tx, person, "user_id", user_id=known.user_id, **values)
            return _build_person(tx.execute(select(person).where(person.c.user_id == known.user_id)).one())

    def list_cards(self) -> list[Card]:
        """Return all open cards (chat messages of the desk that follow an article's state), oldest first."""
        found = select(card).where(card.c.closed_at.is_(None)).order_by(card.c.id)
        return [_build_card(row) for row in self._fetch(found)]

    def list_cards_of(self, subject: str) -> list[Card]:
        """Return the cards (chat messages about an article) with this subject: open ones, and closed ones
        that still exist.
        """
        mine = card.c.closed_at.is_(None) | card.c.message_id.is_not(None)
        found = select(card).where(card.c.subject == subject, mine).order_by(card.c.id)
        return [_build_card(row) for row in self._fetch(found)]

    def find_card(self, chat_id: int, message_id: int) -> Card | None:
        """Return the newest card whose message is ``message_id`` in the chat ``chat_id``; None if it is no
        card.
        """
        found = select(card).where(card.c.chat_id == chat_id, card.c.message_id == message_id)
        row = self._fetch_first(found.order_by(card.c.id.desc()).limit(1))
        return _build_card(row) if row else None

    def add_card(self, chat_id: int, kind: str, subject: str, *, now: datetime) -> Card:
        """Store a card before newsbot sends its chat message, so that the message is sent only once.

        Returns the stored card.
        """
        values = {"chat_id": chat_id, "kind": kind, "subject": subject, "at": now}
        with self._database.write(notify=False) as tx:
            number = tx.execute(insert(card).values(**values).returning(card.c.id)).scalar_one()
        return Card(number, chat_id, None, kind, subject, None, now)

    def update_card(self, card_id: int, *, message_id: int, shown: str, closed_at: datetime | None) -> None:
        """Store a card's chat message, and a hash of what the message shows.

        The card is closed (edited only when something happens to its article) if ``closed_at`` is set.
        """
        values = {"message_id": message_id, "shown": shown, "closed_at": closed_at}
        self._write(update(card).where(card.c.id == card_id).values(**values))

    def close_card(self, card_id: int, *, now: datetime) -> None:
        """Close a card whose chat message was deleted or refused by the platform, and forget the message."""
        self._write(update(card).where(card.c.id == card_id).values(closed_at=now, message_id=None))

    def list_changed_articles(self, *, after: int) -> tuple[int, list[str]]:
        """Return the number of the last event read, and the ids of the articles whose posts have new events.

        Events up to the number ``after`` count as old. At most 500 events are read.
        """
        some = select(event.c.id, post.c.article_id).join(post, post.c.id == event.c.post_id)
        rows = self._fetch(some.where(event.c.id > after).order_by(event.c.id).limit(_EVENTS_AT_ONCE))
        articles = dict.fromkeys(ids.article_id(row.article_id) for row in rows)
        return (rows[-1].id if rows else after), list(articles)

    def get_last_event_number(self) -> int:
        """Return the number of the newest event in the history of any post; 0 if there is no event."""
        [[newest]] = self._fetch(select(func.max(event.c.id)))
        return newest or 0

    def save_memo(self, key: str, detail: str, *, now: datetime) -> None:
        """Store a value that the desk (the editors' chat) has to remember, such as the number of the last
        event that its messages show.

        ``key`` names the value; an earlier value under the same key is replaced.
        """
        with self._database.write(notify=False) as tx:
            put_row(tx, notice, "key", key=key, at=now, detail=detail, over_at=None)

    def get_memo(self, key: str) -> str | None:
        """Return the value that the desk (the editors' chat) stored under the name ``key``; None if no value
        has that name.
        """
        row = self._fetch_first(select(notice.c.detail).where(notice.c.key == key))
        return row.detail if row else None

    def _store_updates(self, every: Sequence[DeskUpdate], state: str, outcome: str | None) -> set[int]:
        rows = [
            {name: getattr(told, name) for name in _UPDATE_FIELDS} | {"state": state, "outcome": outcome}
            for told in every
        ]
        with self._database.write(notify=False) as tx:
            stored = {row.update_id for row in insert_new(tx, desk_update, rows, desk_update.c.update_id)}
        for bot_id in {told.bot_id for told in every}:
            self._fence.note_update(bot_id, max(told.update_id for told in every))
        return stored


def _update_for(told: DeskUpdate) -> Any:
    column = desk_update.c
    return update(desk_update).where(column.bot_id == told.bot_id, column.update_id == told.update_id)


def _build_desk_update(row: Row[Any]) -> DeskUpdate:
    asked = row.outcome == ASKED_OUTCOME
    outcome = None if asked else row.outcome
    return DeskUpdate(row.bot_id, row.update_id, row.at, row.chat_id, row.user_id, row.said, outcome, asked)


def _build_person(row: Row[Any]) -> DeskPerson:
    return DeskPerson(row.user_id, row.name, row.role, row.language, row.invited_by)


def _build_card(row: Row[Any]) -> Card:
    what = (row.kind, row.subject, row.shown, row.at)
    return Card(row.id, row.chat_id, row.message_id, *what, row.closed_at is not None)
