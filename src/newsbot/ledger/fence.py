"""The fence: the detection of a ledger that was restored from a backup and so lacks calls that were made.

Before a call is made, a service writes the number of the ledger's last call to a file outside the database,
the mark (`progress_marks`). At its start and with each claim, it compares the ledger with the mark. A ledger
that lacks calls which the mark counts was restored from a backup; `restored_posts` says what happens then.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from sqlalchemy import Connection, func, literal_column, select, text, update

from newsbot.errors import LedgerError
from newsbot.ledger import budget
from newsbot.ledger import schema as tables
from newsbot.ledger.database import Database
from newsbot.ledger.progress_marks import FoundMark, ProgressMark, ProgressMarks
from newsbot.ledger.restored_posts import (
    LostLedger,
    ReplacedPosts,
    fence_ledger,
    generate_identity,
    load_replaced_posts,
)
from newsbot.ledger.statements import ensure_row
from newsbot.ports import Claim
from newsbot.reasons import Reason, UsageCode

__all__ = ["Fence", "LedgerBehind", "LedgerFacts", "find_lag"]

_FOLLOW_INTERVAL = 1.0  # Seconds between two look-ups of the calls of other instances.
_ROW, _CALL = tables.fence.c, tables.attempt.c
_IDENTITY = select(_ROW.identity).scalar_subquery().label("identity")
_SELECT_LAST_CALL = select(_CALL.id, _IDENTITY).order_by(_CALL.id.desc()).limit(1)
# On PostgreSQL, the oid of the table is selected too: it differs if the database was made from a dump.
_SELECT_LAST_CALL_AND_TABLE = _SELECT_LAST_CALL.add_columns(
    literal_column("attempt.tableoid::bigint").label("made")
)
_SELECT_TABLES = text(
    "SELECT concat_ws('/', (SELECT oid FROM pg_database WHERE datname = current_database()), "
    "'attempt'::regclass::oid)"
)
_HAS_PRIVILEGE = text("SELECT has_function_privilege('pg_control_system()', 'execute')")
_SELECT_SERVER = text("SELECT system_identifier FROM pg_control_system()")


class LedgerBehind(Exception):  # noqa: N818  This error never leaves the ledger.
    """The error that the ledger is older than the calls made from it; ``reason`` says how newsbot noticed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class LedgerFacts(NamedTuple):
    """The facts that a ledger stores about itself.

    ``identity`` is its unique id, ``ancestors`` are the identities that it had before restores. ``marked``
    says that a mark was written for it. ``calls`` is the number of the last call. ``copied`` says that
    PostgreSQL's tables are not those with which the ledger was made. ``empty`` says that the ledger has no
    post and has polled no source. ``amendments`` is the number of the last amendment whose call was made.
    """

    identity: str
    ancestors: Sequence[str]
    marked: bool
    calls: int
    copied: bool
    empty: bool
    amendments: int = 0


def find_lag(  # noqa: PLR0911  Each fault has its own return.
    known: LedgerFacts, seen: Sequence[FoundMark], *, needs_mark: bool
) -> Reason | None:
    """Return why the ledger is older than its last call, or None if no mark indicates that.

    ``needs_mark`` says that only a mark can prove that the ledger is complete, so that a ledger whose mark is
    missing is in doubt.
    """
    marks = [each.mark for each in seen]
    if any(known.identity in mark.ancestors for mark in marks):
        return UsageCode.RESTORED_BEFORE()
    calls = max((mark.calls for mark in marks if mark.identity == known.identity), default=None)
    if calls is not None and calls > known.calls:
        missing = calls - known.calls
        return UsageCode.CALL_MISSING() if missing == 1 else UsageCode.CALLS_MISSING(n=missing)
    own = [mark for mark in marks if mark.identity == known.identity]
    if any(mark.amendments > known.amendments for mark in own):
        return UsageCode.AMENDMENT_MISSING()
    lines = {known.identity, *known.ancestors}
    strange = [each.mark for each in seen if each.beside and each.mark.identity not in lines]
    if any(mark.calls for mark in strange):
        return UsageCode.OTHER_MARK_WITH_CALLS()
    if known.empty:
        return None
    if strange:
        return UsageCode.OTHER_MARK()
    if known.copied and calls != known.calls:
        return UsageCode.MADE_FROM_DUMP()
    if needs_mark and known.marked and not marks:
        return UsageCode.MARK_GONE()
    return None


class _ReplacedLedger(NamedTuple):
    """The ledger that a backup replaced: its identity, the number of its last call, and its posts."""

    identity: str
    calls: int
    posts: ReplacedPosts


class Fence:
    """The check of one process that its ledger is not older than the calls made from it.

    It writes no progress marks before `raise_` is called. Commands that send nothing don't call `raise_`.
    """

    def __init__(self, database: Database, marks: ProgressMarks) -> None:
        self._database = database
        self._marks = marks
        self._mark: ProgressMark | None = None
        self._follow_at = 0.0
        self._made: int | None = None  # The oid that PostgreSQL gave to the table of calls.
        self._replaced: _ReplacedLedger | None = None

    def raise_(self, now: datetime) -> None:
        """Compare the ledger with its progress marks, and from now on mark every call.

        If the ledger lacks calls that the marks count, make its posts that may be out `unknown`.
        """
        with self._database.write(notify=False) as tx:
            # The row lock that `_read_facts` takes keeps other instances from raising the fence at the same
            # time.
            seen, known = self._marks.read(), self._read_facts(tx)
            if fault := find_lag(known, seen, needs_mark=self._database.sqlite):
                self._fence_if_behind(tx, fault, _filter_related_marks(known, seen), known, now)
            else:
                tx.execute(update(tables.fence).values(marked=True, birthmark=self._read_server_identity(tx)))
                self._adopt_ledger(tx, [each.mark for each in seen if each.mark.identity == known.identity])
        self.write()

    def peek(self) -> Reason | None:
        """Return why the ledger seems to lack calls that its progress marks count; None if it lacks none.

        This changes nothing. Don't call it inside an open transaction: its view of the ledger may be older
        than the mark.
        """
        # The marks are read before the ledger: the ledger is never behind the mark of a running instance.
        seen = self._marks.read()
        with self._database.read() as tx:
            if tx.execute(select(_ROW.id)).first() is None:
                return None
            return find_lag(self._read_facts(tx, locks=False), seen, needs_mark=self._database.sqlite)

    def note_replaced(self) -> None:
        """Load the posts of the ledger that a backup is about to replace, if the ledger surely is complete.

        It is complete if it lacks no call. That is sure on SQLite, where one mark counts all calls, if the
        ledger is not behind its mark. A ledger that can't be read proves nothing, so nothing is loaded from
        it.
        """
        self._replaced = None
        if not self._database.sqlite or not Path(str(self._database.url.database)).exists():
            return
        with suppress(LedgerError):
            if self.peek() is None:
                with self._database.read() as tx:
                    known = self._read_facts(tx, locks=False)
                    self._replaced = _ReplacedLedger(known.identity, known.calls, load_replaced_posts(tx))
        self._database.close()

    def _read_facts(self, tx: Connection, *, locks: bool = True) -> LedgerFacts:
        """Read the facts that the ledger stores about itself; give the ledger an identity if it has none."""
        found = select(tables.fence)
        row = tx.execute(found.with_for_update() if locks else found).first()
        if row is None:
            first = {"id": 1, "identity": generate_identity(), "ancestors": [], "marked": False}
            ensure_row(tx, tables.fence, **first)
            row = tx.execute(found).one()
        copied = row.birthmark is not None and row.birthmark != self._read_server_identity(tx)
        empty = tx.execute(select(tables.post.c.id).limit(1)).first() is None
        polled = select(tables.source.c.name).where(tables.source.c.first_poll_at.is_not(None)).limit(1)
        empty = empty and tx.execute(polled).first() is None
        calls: int = tx.execute(_SELECT_LAST_CALL).scalar() or 0
        amendments = _load_last_amendment(tx)
        return LedgerFacts(row.identity, row.ancestors, row.marked, calls, copied, empty, amendments)

    def pass_calls(self, tx: Connection, made: Sequence[object], now: datetime) -> ProgressMark | None:
        """Return the progress mark to write before the calls of the claims in ``made`` leave.

        Call this before the commit of the claims. Returns None if there are no claims, or if this process
        marks no calls.

        Raises:
            LedgerBehind: the ledger was restored while this process ran.
        """
        claims = [each for each in made if isinstance(each, Claim)]
        if self._mark is None or not claims:
            return None
        before, last = self._mark.calls, self._load_last_call(tx)
        if last <= before:
            raise LedgerBehind(UsageCode.CALL_NUMBERS_REPEATED())
        spent: Mapping[str, int] = self._mark.spent
        if any(claim.post.cost_usd for claim in claims):
            spent = budget.get_micros_spent(tx, now=now)
        return replace(self._mark, calls=last, spent=spent)

    def pass_amendment(self, number: int) -> None:
        """Write the progress mark before the call of the amendment ``number`` leaves.

        Call this after the commit of the amendment's claim.

        Raises:
            LedgerError: the mark could not be written, so the call may not be made.
        """
        if self._mark is not None and self._mark.amendments < number:
            self.mark(replace(self._mark, amendments=number))

    def mark(self, mark: ProgressMark) -> None:
        """Write the progress mark to disk, so that it survives a crash of the machine.

        Raises:
            LedgerError: the mark could not be written, so no call may be made.
        """
        self._marks.write(mark)
        self._mark = mark

    def follow(self, tx: Connection, now: datetime) -> None:
        """Add the calls of other instances on a shared ledger to this process's progress mark.

        Raises:
            LedgerBehind: the ledger was restored.
        """
        if self._mark is None or self._database.sqlite or monotonic() < self._follow_at:
            return
        self._follow_at = monotonic() + _FOLLOW_INTERVAL
        before, last = self._mark.calls, self._load_last_call(tx)
        if last < before:
            raise LedgerBehind(UsageCode.EARLIER_CALLS_MISSING())
        if last > before:
            self._mark = replace(self._mark, calls=last, spent=budget.get_micros_spent(tx, now=now))
            self._marks.write(self._mark, to_disk=False)

    def note_update(self, bot_id: int, update_id: int) -> None:
        """Note in the progress mark that the desk has stored the update ``update_id`` of its bot."""
        if self._mark is not None and self._mark.updates.get(str(bot_id), -1) < update_id:
            self._mark = replace(self._mark, updates={**self._mark.updates, str(bot_id): update_id})
            self._marks.write(self._mark, to_disk=False)

    def act(self, tx: Connection, fault: Reason, now: datetime) -> None:
        """Make the posts that may be out `unknown` in a ledger that was restored while this process ran.

        Call `Fence.write` after the commit, which writes the new progress mark.
        """
        known = self._read_facts(tx)
        marks = [*_filter_related_marks(known, self._marks.read()), *filter(None, [self._mark])]
        self._fence_if_behind(tx, fault, marks, known, now)

    def close(self) -> None:
        """Stop marking calls and close the mark files."""
        self._mark = None
        self._marks.close()

    def _fence_if_behind(
        self, tx: Connection, fault: Reason, marks: Sequence[ProgressMark], known: LedgerFacts, now: datetime
    ) -> None:
        spent = _merge_maxima(mark.spent for mark in marks)
        updates = _merge_maxima(mark.updates for mark in marks)
        lost = max((mark.calls - known.calls for mark in marks), default=0)
        gone = LostLedger(fault, spent, updates, max(0, lost), counted=bool(marks))
        fence_ledger(tx, gone, now=now, replaced=self._get_replaced_posts(marks, known))
        tx.execute(update(tables.fence).values(birthmark=self._read_server_identity(tx)))
        self._adopt_ledger(tx, [ProgressMark("", 0, (), spent, updates)])

    def _get_replaced_posts(self, marks: Sequence[ProgressMark], known: LedgerFacts) -> ReplacedPosts | None:
        """Return the posts of the ledger that the backup replaced.

        Returns None if no replaced ledger was read, if that was another ledger, or if a call was made
        afterwards.
        """
        there = self._replaced
        last = max((mark.calls for mark in marks if mark.identity == known.identity), default=None)
        if there is None or there.identity != known.identity or last != there.calls:
            return None
        return there.posts

    def _adopt_ledger(self, tx: Connection, marks: Sequence[ProgressMark]) -> None:
        """Make a progress mark of the ledger's present state, with the maxima of ``marks``."""
        row = tx.execute(select(tables.fence)).one()
        self._made = self._mark = None
        calls = self._load_last_call(tx)
        spent = _merge_maxima(mark.spent for mark in marks)
        updates = _merge_maxima(mark.updates for mark in marks)
        made = {"calls": calls, "amendments": _load_last_amendment(tx)}
        self._mark = ProgressMark(
            row.identity, ancestors=tuple(row.ancestors), spent=spent, updates=updates, **made
        )

    def write(self) -> None:
        """Write the progress mark; call this after the transaction of `act` is committed."""
        if self._mark is not None:
            self._marks.write(self._mark)

    def _load_last_call(self, tx: Connection) -> int:
        """Load the number of the last call; 0 before the first call.

        Raises:
            LedgerBehind: the database holds another ledger than before.
        """
        row = tx.execute(_SELECT_LAST_CALL if self._database.sqlite else _SELECT_LAST_CALL_AND_TABLE).first()
        if row is None:
            return 0
        made = None if self._database.sqlite else row.made
        if self._made not in {None, made}:
            raise LedgerBehind(UsageCode.MADE_FROM_DUMP_MEANWHILE())
        self._made = made
        if self._mark is not None and self._mark.identity != row.identity:
            self._follow_other_restore(tx, self._mark)
        return int(row.id)

    def _follow_other_restore(self, tx: Connection, mine: ProgressMark) -> None:
        """Adopt the ledger's new identity after another instance has noticed a restore and fenced the ledger.

        Raises:
            LedgerBehind: the new ledger does not descend from the ledger that this process opened.
        """
        row = tx.execute(select(tables.fence)).first()
        if row is None or mine.identity not in row.ancestors:
            raise LedgerBehind(UsageCode.OTHER_LEDGER())
        self._mark = replace(
            mine, identity=row.identity, ancestors=tuple(row.ancestors), calls=0, amendments=0
        )

    def _read_server_identity(self, tx: Connection) -> str | None:
        """Read what distinguishes PostgreSQL's original tables from those of a dump; None on SQLite."""
        if self._database.sqlite:
            return None
        made = str(tx.execute(_SELECT_TABLES).scalar_one())
        return (
            f"{tx.execute(_SELECT_SERVER).scalar_one()}/{made}"
            if tx.execute(_HAS_PRIVILEGE).scalar_one()
            else made
        )


def _load_last_amendment(tx: Connection) -> int:
    """Load the number of the last amendment whose call was made; 0 before the first one."""
    made = tables.amendment.c
    return tx.execute(select(func.max(made.id)).where(made.attempts > 0)).scalar() or 0


def _filter_related_marks(known: LedgerFacts, seen: Sequence[FoundMark]) -> list[ProgressMark]:
    """Return the progress marks of this ledger, of its ancestors and of its descendants."""
    lines = {known.identity, *known.ancestors}
    marks = (each for each in seen if each.beside or lines & {each.mark.identity, *each.mark.ancestors})
    return [each.mark for each in marks]


def _merge_maxima(some: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in some:
        found |= {key: max(value, found.get(key, value)) for key, value in each.items()}
    return found
