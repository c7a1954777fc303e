"""The move of a ledger from SQLite to PostgreSQL: newsbot copies all rows, compares each with its copy, and
only then uses the copy.

The whole move happens in one write transaction on the SQLite file, so that no other process can write there
meanwhile; what other processes have committed before the move is copied. A move that was cut off leaves the
SQLite ledger as it was. The next attempt to move it compares the copied rows with the ledger, and goes on, or
begins again if they differ.

At the end the SQLite file is frozen (it refuses writes) before newsbot may use the copy, so that newsbot
never sends from both databases.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from newsbot.errors import LedgerError, LedgerGone, UsageError
from newsbot.ledger import migrations
from newsbot.ledger import schema as tables
from newsbot.ledger.database import get_shown_name
from newsbot.ledger.move_target import MoveTarget, format_key
from newsbot.ledger.moved_file import PastMove, find_past_move, freeze_file, get_place, note_mover
from newsbot.ledger.store import LedgerParts
from newsbot.ledger.stored_rows import Row, StoredTable, find_difference, list_stored_tables
from newsbot.reasons import LedgerCode

__all__ = ["MoveEvent", "MoveStep", "move_ledger"]

# A batch of copied rows, which is one transaction on PostgreSQL, has at most about this many rows and
# characters.
_MAX_ROWS, _MAX_SIZE = 5000, 4_000_000


class MoveEvent(NamedTuple):
    """One step of the move of a ledger from SQLite to PostgreSQL, for the operator to see: ``what`` was done
    to ``rows`` rows of ``table``, in ``seconds``.

    ``what`` is resumed, restarted, copying (a batch), replaced (``rows`` is the number of NUL characters),
    copied, comparing (a batch), equal (all tables), frozen, marked or complete.
    """

    what: str
    table: str = ""
    rows: int = 0
    seconds: float = 0.0


MoveStep = Callable[[MoveEvent], None]


def move_ledger(source: LedgerParts, target: LedgerParts, *, now: datetime, tell: MoveStep) -> str:
    """Move the SQLite ledger ``source`` to the PostgreSQL database ``target``; return its new address.

    Raises:
        UsageError: there is no SQLite ledger, or the target is not empty.
        LedgerGone: the ledger was moved to another database before.
        LedgerTaken: a service runs on one of the databases.
        LedgerError: a database fails, or a row of the copy differs.
    """
    file = _check_source(source)
    source.instances.refuse_others()
    note_mover(file)
    migrations.prepare(source.database, source.instances.list_living, upgrade=True)
    with source.database.read() as tx:
        past = find_past_move(tx)
    if past is None:
        # This process becomes a service of the ledger for a moment: if the ledger is older than its progress
        # mark (its record of the last call), it is treated as a restored backup, as at each start of a
        # service.
        source.instances.acquire_instance_lock()
        source.fence.raise_(now)
    with source.database.read() as tx:
        identity = str(tx.execute(select(tables.fence.c.identity)).scalar_one())
    place = MoveTarget(target, identity)
    if past is None or not place.is_complete(past.successor):
        try:
            place.lock()
            _Move(source, place, now=now, tell=tell).run(past)
        finally:
            place.close()
    tell(MoveEvent("complete"))
    return get_place(target.database.url)


def _check_source(source: LedgerParts) -> Path:
    url = source.database.url
    if not source.database.sqlite:
        raise UsageError(LedgerCode.ONLY_SQLITE_MOVES(name=get_shown_name(url)))
    if not (file := Path(str(url.database))).exists():
        raise UsageError(LedgerCode.NO_FILE(path=file))
    return file


class _Move:
    def __init__(self, source: LedgerParts, target: MoveTarget, *, now: datetime, tell: MoveStep) -> None:
        self._source = source
        self._target = target
        self._now = now
        self._tell = tell
        self._tables = list_stored_tables()

    def run(self, past: PastMove | None) -> None:
        """Move the ledger to PostgreSQL, without the steps that an earlier attempt at this has completed.

        ``past`` is the move by an earlier attempt that has frozen the SQLite file already; None if there was
        none.
        """
        resumed = self._target.open() if past is None else self._open_again(past)
        with self._source.database.write(notify=False) as tx:
            self._copy_tables(tx, resumed=resumed)
            self._compare_tables(tx)
            numbers = dict(self._list_last_numbers(tx))
            if past is None:
                place = get_place(self._target.database.url)
                freeze_file(tx, PastMove(place, self._target.successor), self._now)
        self._tell(MoveEvent("frozen"))
        self._hand_over(numbers)

    def _open_again(self, past: PastMove) -> bool:
        """Load the progress of a move for which the SQLite file was frozen (made to refuse writes) already.

        Raises:
            LedgerGone: the ledger was moved to another database.
        """
        if self._target.is_begun(past.successor):
            return self._target.open()
        name = get_shown_name(self._source.database.url)
        raise LedgerGone(LedgerCode.LEDGER_MOVED(name=name, place=past.place))

    # ---- copying the ledger's rows to PostgreSQL

    def _copy_tables(self, tx: Connection, *, resumed: bool) -> None:
        if resumed:
            self._target.forget(self._tables[-1])
            if self._has_changed(tx):
                self._target.start_again()
                self._tell(MoveEvent("restarted"))
            else:
                self._tell(MoveEvent("resumed", rows=sum(count for count, _ in self._target.copied.values())))
        for stored in self._tables:
            self._copy_table(tx, stored)

    def _has_changed(self, tx: Connection) -> bool:
        """Return whether the rows that an earlier attempt to move the ledger has copied to PostgreSQL have
        changed in the SQLite ledger since.
        """
        with self._target.database.read() as there:
            for stored in self._tables:
                count, _ = self._target.copied.get(stored.name, (0, ()))
                copied = stored.read(there)
                if any(find_difference(stored, stored.read(tx, limit=count), copied)):
                    return True
        return False

    def _copy_table(self, tx: Connection, stored: StoredTable) -> None:
        began, replaced = monotonic(), 0
        copied, last = self._target.copied.get(stored.name, (0, ()))
        for rows in _join_batches(stored.read(tx, after=last)):
            if stored.find_nul(rows):
                cleaned = [stored.replace_nul(row) for row in rows]
                rows, replaced = [row for row, _ in cleaned], replaced + sum(count for _, count in cleaned)  # noqa: PLW2901  The variable has the same rows, without NUL characters.
            self._target.copy(stored, rows)
            copied += len(rows)
            self._tell(MoveEvent("copying", stored.name, copied))
        if replaced:
            self._tell(MoveEvent("replaced", stored.name, replaced))
        self._tell(MoveEvent("copied", stored.name, copied, monotonic() - began))

    # ---- comparing the copied rows with the SQLite ledger

    def _compare_tables(self, tx: Connection) -> None:
        began, total = monotonic(), 0
        for stored in self._tables:
            with self._target.database.read() as copy:
                self._compare_table(tx, copy, stored)
            total += stored.count(tx)
        self._tell(MoveEvent("equal", rows=total, seconds=monotonic() - began))

    def _compare_table(self, tx: Connection, copy: Connection, stored: StoredTable) -> None:
        for key in find_difference(stored, stored.read(tx), stored.read(copy)):
            if key is not None:
                name = self._target.name
                raise LedgerError(LedgerCode.ROW_DIFFERS(name=name, table=stored.name, id=format_key(key)))
            self._tell(MoveEvent("comparing", stored.name))

    # ---- switching the newsroom from the SQLite ledger to its copy in PostgreSQL

    def _list_last_numbers(self, tx: Connection) -> Iterator[tuple[str, int]]:
        """Yield each table whose rows SQLite numbers, with the last number that SQLite has assigned in it, so
        that PostgreSQL can go on from it.

        SQLite remembers the numbers of deleted rows in a table of its own.
        """
        given = dict(map(tuple, tx.execute(text("SELECT name, seq FROM sqlite_sequence"))))
        for stored in self._tables:
            if stored.numbered:
                last = max(stored.find_last_number(tx), given.get(stored.name, 0))
                if last:
                    yield stored.name, last

    def _hand_over(self, numbers: dict[str, int]) -> None:
        """Make the copy in PostgreSQL the newsroom's ledger, after the SQLite file was made to refuse writes.

        The copy gets a new identity (unique id), which is also written into the progress marks (records of
        the last call) beside the SQLite file. So a service that later starts on an older copy of that file
        notices that the ledger is not the newest.
        """
        with self._source.database.read() as tx:
            mark = self._source.fence.build_successor_mark(tx, self._target.successor)
        self._target.gather_figures()
        self._source.fence.mark(mark)
        self._target.mark(mark)
        self._tell(MoveEvent("marked"))
        self._target.complete(mark, numbers)


def _join_batches(lists: Iterator[list[Row]]) -> Iterator[list[Row]]:
    """Join short lists of copied rows to batches of about the size that one transaction takes."""
    batch: list[Row] = []
    size = 0
    for rows in lists:
        batch += rows
        size += sum(_estimate_size(row) for row in rows)
        if len(batch) >= _MAX_ROWS or size >= _MAX_SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _estimate_size(row: Row) -> int:
    return sum(len(value) for value in row if isinstance(value, (str, bytes)))
