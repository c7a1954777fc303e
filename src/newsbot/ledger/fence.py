"""The fence: is this ledger as far on as what it has sent?

A service writes down outside the database how far the ledger has come before a call leaves (`marks`). When it
starts, and with each claim, it holds the ledger against that. A ledger that is behind was restored from a
backup: `fencing` says what follows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from sqlalchemy import Connection, literal_column, select, text, update

from newsbot.ledger import budget
from newsbot.ledger import schema as tables
from newsbot.ledger.database import Database
from newsbot.ledger.progress_marks import Mark, Marks, Seen
from newsbot.ledger.restored_posts import LostLedger, fence_ledger, new_identity
from newsbot.ports import Claim

__all__ = ["Behind", "Fence", "Known", "find_fault"]

_FOLLOW = 1.0  # seconds between two looks at what other services have sent
_ROW, _CALL = tables.fence.c, tables.attempt.c
_IDENTITY = select(_ROW.identity).scalar_subquery().label("identity")
_LAST = select(_CALL.id, _IDENTITY).order_by(_CALL.id.desc()).limit(1)
# With the table that the row is in, whose number is another when the database was made from a dump.
_LAST_MADE = _LAST.add_columns(literal_column("attempt.tableoid::bigint").label("made"))
_TABLES = text(
    "SELECT concat_ws('/', (SELECT oid FROM pg_database WHERE datname = current_database()), "
    "'attempt'::regclass::oid)"
)
_MAY_ASK = text("SELECT has_function_privilege('pg_control_system()', 'execute')")
_SERVER = text("SELECT system_identifier FROM pg_control_system()")
_WORDS = {True: "call was made that is", False: "calls were made that are"}


class Behind(Exception):  # noqa: N818  never leaves the ledger
    """The ledger is older than what it has sent; says how that was noticed."""


class Known(NamedTuple):
    """What a ledger says of itself.

    ``copied``: PostgreSQL's tables are not those that the ledger was made with. ``empty``: it has no post and
    has looked at no source.
    """

    identity: str
    ancestors: Sequence[str]
    marked: bool
    calls: int
    copied: bool
    empty: bool


def find_fault(  # noqa: PLR0911  one a fault
    known: Known, seen: Sequence[Seen], *, needs_mark: bool
) -> str | None:
    """Why the ledger is not what it was when its last call left; None where nothing says so.

    ``needs_mark``: nothing but a mark can tell, so that a ledger whose mark is gone is in doubt.
    """
    marks = [each.mark for each in seen]
    if any(known.identity in mark.ancestors for mark in marks):
        return "it is from before an earlier restore"
    calls = max((mark.calls for mark in marks if mark.identity == known.identity), default=None)
    if calls is not None and calls > known.calls:
        return f"{calls - known.calls} {_WORDS[calls - known.calls == 1]} not in it"
    lines = {known.identity, *known.ancestors}
    strange = [each.mark for each in seen if each.beside and each.mark.identity not in lines]
    if any(mark.calls for mark in strange):
        return "the mark beside it is of another ledger, which had sent something"
    if known.empty:
        return None
    if strange:
        return "the mark beside it is of another ledger"
    if known.copied and calls != known.calls:
        return "its tables were made from a dump"
    if needs_mark and known.marked and not marks:
        return "the mark of what it has sent is gone"
    return None


class Fence:
    """One process's. Until it is `raised`, as for commands that send nothing, it writes no mark."""

    def __init__(self, database: Database, marks: Marks) -> None:
        self._database = database
        self._marks = marks
        self._mark: Mark | None = None
        self._follow_at = 0.0
        self._made: int | None = None  # PostgreSQL's number of the table of calls

    def raise_(self, now: datetime) -> None:
        """Hold the ledger against its marks, and act where it is behind; from now on calls are marked."""
        with self._database.write(notify=False) as tx:
            seen, known = self._marks.read(), self.known(tx)  # no other service does this meanwhile
            if fault := self.fault(known, seen):
                self._act(tx, fault, _of_its_line(known, seen), known, now)
            else:
                tx.execute(update(tables.fence).values(marked=True, birthmark=self._birthmark(tx)))
                self._adopt(tx, [each.mark for each in seen if each.mark.identity == known.identity])
        self._write()

    def fault(self, known: Known, seen: Sequence[Seen]) -> str | None:
        """As `find_fault`."""
        return find_fault(known, seen, needs_mark=self._database.sqlite)

    def peek(self) -> str | None:
        """Why the ledger is behind, for a process that changes nothing.

        Not to be asked within a transaction that has begun: it may be of before what the mark has.
        """
        seen = self._marks.read()  # before the ledger, which a service that runs is never behind
        with self._database.read() as tx:
            if tx.execute(select(_ROW.id)).first() is None:
                return None
            return self.fault(self.known(tx, locks=False), seen)

    def known(self, tx: Connection, *, locks: bool = True) -> Known:
        """What the ledger says of itself; it is given an identity where it has none."""
        found = select(tables.fence)
        row = tx.execute(found.with_for_update() if locks else found).first()
        if row is None:
            first = {"id": 1, "identity": new_identity(), "ancestors": [], "marked": False}
            self._database.ensure(tx, tables.fence, **first)
            row = tx.execute(found).one()
        copied = row.birthmark is not None and row.birthmark != self._birthmark(tx)
        empty = tx.execute(select(tables.post.c.id).limit(1)).first() is None
        polled = select(tables.source.c.name).where(tables.source.c.first_poll_at.is_not(None)).limit(1)
        empty = empty and tx.execute(polled).first() is None
        calls: int = tx.execute(_LAST).scalar() or 0
        return Known(row.identity, row.ancestors, row.marked, calls, copied, empty)

    def pass_calls(self, tx: Connection, made: Sequence[object], now: datetime) -> Mark | None:
        """What is to be marked before the calls of ``made`` leave; to be called before their commit.

        Raises:
            Behind: the ledger was restored while this process ran.
        """
        claims = [each for each in made if isinstance(each, Claim)]
        if self._mark is None or not claims:
            return None
        before, last = self._mark.calls, self._last(tx)
        if last <= before:
            raise Behind("it gives numbers to calls that it had given before")
        spent: Mapping[str, int] = self._mark.spent
        if any(claim.post.cost_usd for claim in claims):
            spent = budget.micros_spent(tx, now=now)
        return replace(self._mark, calls=last, spent=spent)

    def mark(self, mark: Mark) -> None:
        """Write it down, so that it outlives a crash of the machine.

        Raises:
            LedgerError: it could not be: nothing may leave.
        """
        self._marks.write(mark)
        self._mark = mark

    def follow(self, tx: Connection, now: datetime) -> None:
        """Learn how far other services have brought a ledger that is shared.

        Raises:
            Behind: it was restored.
        """
        if self._mark is None or self._database.sqlite or monotonic() < self._follow_at:
            return
        self._follow_at = monotonic() + _FOLLOW
        before, last = self._mark.calls, self._last(tx)
        if last < before:
            raise Behind("calls are missing that were in it")
        if last > before:
            self._mark = replace(self._mark, calls=last, spent=budget.micros_spent(tx, now=now))
            self._marks.write(self._mark, to_disk=False)

    def note_update(self, bot_id: int, update_id: int) -> None:
        """The desk was told this, and has stored it."""
        if self._mark is not None and self._mark.updates.get(str(bot_id), -1) < update_id:
            self._mark = replace(self._mark, updates={**self._mark.updates, str(bot_id): update_id})
            self._marks.write(self._mark, to_disk=False)

    def act(self, tx: Connection, fault: str, now: datetime) -> None:
        """Fence a ledger that was restored while this process ran; `write` has to follow."""
        known = self.known(tx)
        marks = [*_of_its_line(known, self._marks.read()), *filter(None, [self._mark])]
        self._act(tx, fault, marks, known, now)

    def write(self) -> None:
        """After `act`, once that is committed."""
        self._write()

    def close(self) -> None:
        self._mark = None
        self._marks.close()

    def _act(self, tx: Connection, fault: str, marks: Sequence[Mark], known: Known, now: datetime) -> None:
        spent, updates = _greatest(mark.spent for mark in marks), _greatest(mark.updates for mark in marks)
        lost = max((mark.calls - known.calls for mark in marks), default=0)
        gone = LostLedger(fault, spent, updates, max(0, lost), counted=bool(marks))
        fence_ledger(self._database, tx, gone, now=now)
        tx.execute(update(tables.fence).values(birthmark=self._birthmark(tx)))
        self._adopt(tx, [Mark("", 0, (), spent, updates)])

    def _adopt(self, tx: Connection, marks: Sequence[Mark]) -> None:
        """Go on from where the ledger is."""
        row = tx.execute(select(tables.fence)).one()
        self._made = self._mark = None
        calls = self._last(tx)
        spent, updates = _greatest(mark.spent for mark in marks), _greatest(mark.updates for mark in marks)
        self._mark = Mark(row.identity, calls, tuple(row.ancestors), spent, updates)

    def _write(self) -> None:
        if self._mark is not None:
            self._marks.write(self._mark)

    def _last(self, tx: Connection) -> int:
        """The number of the last call, 0 before the first.

        Raises:
            Behind: it is another ledger than it was.
        """
        row = tx.execute(_LAST if self._database.sqlite else _LAST_MADE).first()
        if row is None:
            return 0
        made = None if self._database.sqlite else row.made
        if self._made not in {None, made}:
            raise Behind("its tables were made from a dump while newsbot ran")
        self._made = made
        if self._mark is not None and self._mark.identity != row.identity:
            self._follow_restore(tx, self._mark)
        return int(row.id)

    def _follow_restore(self, tx: Connection, mine: Mark) -> None:
        """Another service has noticed a restore, and done what has to be done."""
        row = tx.execute(select(tables.fence)).first()
        if row is None or mine.identity not in row.ancestors:
            raise Behind("it is another ledger than it was")
        self._mark = replace(mine, identity=row.identity, ancestors=tuple(row.ancestors), calls=0)

    def _birthmark(self, tx: Connection) -> str | None:
        """What tells PostgreSQL's tables from those that a dump makes; SQLite has nothing like it."""
        if self._database.sqlite:
            return None
        made = str(tx.execute(_TABLES).scalar_one())
        return f"{tx.execute(_SERVER).scalar_one()}/{made}" if tx.execute(_MAY_ASK).scalar_one() else made


def _of_its_line(known: Known, seen: Sequence[Seen]) -> list[Mark]:
    """The marks of this ledger, of what it was and of what it had become."""
    lines = {known.identity, *known.ancestors}
    marks = (each for each in seen if each.beside or lines & {each.mark.identity, *each.mark.ancestors})
    return [each.mark for each in marks]


def _greatest(some: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in some:
        found |= {key: max(value, found.get(key, value)) for key, value in each.items()}
    return found
