"""The PostgreSQL database to which a ledger is moved, with the stored progress of the move.

Until the move is complete, the database has the word `migrations.MOVING` in place of its schema's revision,
so that no version of newsbot uses the incomplete ledger. The progress is written in the same transaction as
the copied rows, so that after a crash no row is missing or copied twice.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    delete,
    insert,
    literal,
    select,
    table,
    text,
    update,
)
from sqlalchemy import Row as SqlRow

from newsbot.errors import LedgerError, LedgerTaken, UsageError
from newsbot.ledger import migrations
from newsbot.ledger import schema as tables
from newsbot.ledger.database import explain, get_shown_name
from newsbot.ledger.dialects import JsonText
from newsbot.ledger.progress_marks import ProgressMark
from newsbot.ledger.restored_posts import generate_identity
from newsbot.ledger.store import LedgerParts
from newsbot.ledger.stored_rows import Row, StoredTable
from newsbot.reasons import LedgerCode

if TYPE_CHECKING:
    from newsbot.ledger.postgres import TimedConnection

__all__ = ["MoveTarget"]

# The key of the PostgreSQL advisory lock under which one process moves a ledger to the database.
_LOCK = 0x6E65776D
# While a ledger is moved to PostgreSQL, one session holds a lock. It waits this many seconds for an answer of
# the server.
_ANSWER = 10.0
# The table with the progress of a ledger's move to this database. It has one row, and is dropped when the
# move is complete.
_PROGRESS = Table(
    "ledger_move",
    MetaData(),
    Column("identity", String, nullable=False),
    Column("successor", String, nullable=False),
    Column("revision", String, nullable=False),
    # For each table of which rows were copied to this database: their number, and the key of the last one.
    Column("copied", JsonText, nullable=False),
)
_NAMES = (_PROGRESS.name, "alembic_version", *tables.metadata.tables)
_LINE = re.compile(r"\bline (\d+)")


class MoveTarget:
    """The PostgreSQL database to which a ledger is moved; ``identity`` is the ledger's unique id.

    ``successor`` is the unique id that the ledger gets in this database. ``copied`` has for each table of
    which rows were copied their number and the key of the last copied row.
    """

    def __init__(self, parts: LedgerParts, identity: str) -> None:
        self.database = parts.database
        self.name = get_shown_name(parts.database.url)
        self.successor = ""
        self.copied: dict[str, tuple[int, Row]] = {}
        self._parts = parts
        self._identity = identity
        self._session: TimedConnection | None = None

    def lock(self) -> None:
        """Keep other processes from moving a ledger to this database until `close`.

        Raises:
            LedgerTaken: another process moves a ledger to the database, or a service runs on it.
        """
        self._session = self.database.connect("move", answer=_ANSWER)
        taken = self._session.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        if not taken or not taken[0]:
            raise LedgerTaken(LedgerCode.OTHER_MOVE_RUNS(name=self.name))
        self._parts.instances.refuse_others()

    def close(self) -> None:
        """Release the lock, so that other processes may move a ledger to this database."""
        if self._session is not None:
            self._session.close()

    def is_complete(self, successor: str) -> bool:
        """Return whether an earlier attempt has moved the whole ledger to this database.

        ``successor`` is the identity (unique id) that it gave to the copy; the copy may have a newer one.
        """
        with self.database.read() as tx:
            if migrations.version(tx) != migrations.HEAD:
                return False
            row = tx.execute(select(tables.fence.c.identity, tables.fence.c.ancestors)).first()
        return row is not None and successor in {row.identity, *row.ancestors}

    def is_begun(self, successor: str) -> bool:
        """Return whether an earlier attempt has moved a part of the ledger to this database.

        ``successor`` is the identity (unique id) that the copy was to get.
        """
        with self.database.read() as tx:
            row = self._load_progress(tx)
        return row is not None and row.successor == successor

    def open(self) -> bool:
        """Begin to move the ledger to this database, or load how far an earlier attempt got; return whether
        there was an earlier attempt.

        Raises:
            UsageError: the database has rows, other tables or a part of another ledger, or can't store every
                text.
        """
        with self.database.read() as tx:
            encoding = str(tx.execute(text("SHOW server_encoding")).scalar_one())
            row = self._load_progress(tx)
        if encoding != "UTF8":
            raise UsageError(LedgerCode.DATABASE_NOT_UTF8(name=self.name, words=encoding))
        if row is None:
            with self.database.share_transaction():
                self._begin()
            return False
        if row.identity != self._identity:
            raise UsageError(LedgerCode.PART_OF_OTHER_LEDGER(name=self.name))
        self.successor = row.successor
        self.copied = {name: (count, key) for name, (count, key) in row.copied.items()}
        if row.revision != migrations.HEAD:
            self.start_again()
            return False
        return True

    def _load_progress(self, tx: Connection) -> SqlRow[Any] | None:
        if migrations.version(tx) != migrations.MOVING:
            return None
        return tx.execute(select(_PROGRESS)).one()

    def start_again(self) -> None:
        """Delete the ledger's rows copied so far, and begin again to copy the ledger to this database."""
        with self.database.share_transaction(), self.database.write() as tx:
            tx.exec_driver_sql(f"DROP TABLE IF EXISTS {', '.join(_NAMES)} CASCADE")
            self._begin()
        self.copied = {}

    def _begin(self) -> None:
        """Create the ledger's tables in one transaction, and mark the database as one to which a ledger is
        moved.
        """
        with self.database.write() as tx:
            self._refuse_filled(tx)
            migrations.prepare(self.database, self._parts.instances.list_living, upgrade=True)
            self.successor = self.successor or generate_identity()
            _PROGRESS.create(tx)
            first = {"identity": self._identity, "successor": self.successor, "revision": migrations.HEAD}
            tx.execute(insert(_PROGRESS).values(**first, copied={}))
            tx.execute(text("UPDATE alembic_version SET version_num = :word"), {"word": migrations.MOVING})

    def _refuse_filled(self, tx: Connection) -> None:
        """Check that the tables with these names are empty tables of a ledger.

        Raises:
            UsageError: a table has rows, or is not a ledger's.
        """
        here = "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false))"
        revision = migrations.version(tx)
        there = {*tx.execute(text(here)).scalars()} & set(_NAMES) - {"alembic_version"}
        for name in sorted(there):
            any_row = select(literal(1)).select_from(table(name)).limit(1)
            if revision is None or tx.execute(any_row).first():
                raise UsageError(LedgerCode.DATABASE_NOT_EMPTY(name=self.name, table=name))

    # ---- copying the ledger's rows into this PostgreSQL database

    def copy(self, stored: StoredTable, rows: Sequence[Row]) -> None:
        """Insert the SQLite ledger's ``rows`` into a table of this database; store how far the copying has
        got.

        Raises:
            LedgerError: PostgreSQL does not take one of the rows.
        """
        count, _ = self.copied.get(stored.name, (0, ()))
        copied = {**self.copied, stored.name: (count + len(rows), stored.get_key(rows[-1]))}
        with self.database.write(notify=False) as tx:
            self._insert(tx, stored, rows)
            tx.execute(update(_PROGRESS).values(copied=copied))
        self.copied = copied

    def _insert(self, tx: Connection, stored: StoredTable, rows: Sequence[Row]) -> None:
        raw: Any = tx.connection.driver_connection
        names = ", ".join(f'"{name}"' for name in stored.columns)
        row: Row = ()
        try:
            with raw.cursor() as cursor, cursor.copy(f"COPY {stored.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            # This code finds the row that could not be copied, to name it in the error. If PostgreSQL refuses
            # a row, its error has the row's line in the input. If the driver can't encode a row, it is the
            # last row that was written.
            if context := _LINE.search(error.diag.context or ""):
                row = rows[int(context[1]) - 1]
            elif error.sqlstate or not isinstance(error, psycopg.DataError):
                raise explain(error, self.database.url) from error
            words = error.diag.message_primary or str(error)
            where = {"table": stored.name, "id": format_key(stored.get_key(row))}
            raise LedgerError(LedgerCode.ROW_NOT_TAKEN(name=self.name, **where, words=words)) from error

    def forget(self, stored: StoredTable) -> None:
        """Delete the rows that were copied into a table here, so that the table is copied again."""
        copied = {name: each for name, each in self.copied.items() if name != stored.name}
        with self.database.write(notify=False) as tx:
            tx.execute(delete(tables.metadata.tables[stored.name]))
            tx.execute(update(_PROGRESS).values(copied=copied))
        self.copied = copied

    # ---- completing the move of the ledger to this database

    def mark(self, mark: ProgressMark) -> None:
        """Store the progress mark (the number of the ledger's last call) of this database's ledger.

        An earlier ledger's mark is replaced.
        """
        self._parts.fence.mark(mark)

    def complete(self, mark: ProgressMark, numbers: dict[str, int]) -> None:
        """Make the copied tables a ledger: store its new identity, its schema's revision, and its last row
        numbers.

        ``mark`` is the progress mark (the number of the last call) of the ledger in this database.
        ``numbers`` has, by table, the last number that SQLite assigned to a row; PostgreSQL goes on from it.
        """
        self._parts.instances.refuse_others()
        with self.database.write() as tx:
            for name, last in numbers.items():
                there = {"name": name, "last": last}
                tx.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), there)
            self._parts.fence.adopt_successor(tx, mark)
            tx.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": migrations.HEAD})
            _PROGRESS.drop(tx)

    def gather_figures(self) -> None:
        """Update PostgreSQL's statistics about the copied tables, by which it plans queries."""
        with self.database.write(notify=False) as tx:
            tx.exec_driver_sql(f"ANALYZE {', '.join(tables.metadata.tables)}")


def format_key(key: Row) -> str:
    """Return the primary key of a row as text, for an error message."""
    return ", ".join(value if value.isprintable() else ascii(value)[1:-1] for value in map(str, key))
