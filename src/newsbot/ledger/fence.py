"""The fence: the detection of a ledger that was restored from a backup and so lacks calls that were made.

Before a call is made, a service writes the number of the ledger's last call to a file outside the database,
the progress mark (`progress_marks`). At its start and with each claim of a post, it compares the ledger with
the mark. If the ledger lacks calls which the mark counts, the ledger was restored from a backup;
`restored_posts` says what happens then.
"""

from collections.abc import Mapping, Sequence
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
from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.moved_file import find_past_move
from newsbot.ledger.progress_marks import FoundMark, ProgressMark, ProgressMarks, merge_maxima
from newsbot.ledger.restored_posts import (
    LostLedger,
    ReplacedPosts,
    fence_ledger,
    generate_identity,
    load_replaced_posts,
)
from newsbot.ports import Claim
from newsbot.reasons import Reason, UsageCode

__all__ = ["Fence", "LedgerBehind", "LedgerFacts", "find_lag"]

# Seconds between two look-ups of the last call that other services made from the same ledger. The look-up
# keeps this service's progress mark (count of calls) complete.
_FOLLOW_INTERVAL = 1.0
_ROW, _CALL = tables.fence.c, tables.attempt.c
_IDENTITY = select(_ROW.identity).scalar_subquery().label("identity")
# Whatever may ever delete old calls from the ledger has to keep the last one, because the progress marks
# (files outside the database) name it.
_SELECT_LAST_CALL = select(_CALL.id, _IDENTITY).order_by(_CALL.id.desc()).limit(1)
# On PostgreSQL, the query also selects the oid (PostgreSQL's internal number) of the table of calls. The oid
# changes if the table is created again from a dump.
_SELECT_LAST_CALL_AND_TABLE = _SELECT_LAST_CALL.add_columns(
    literal_column("attempt.tableoid::bigint").label("made"),
    select(_ROW.birthmark).scalar_subquery().label("birthmark"),
)
# A service that finds that the ledger lacks calls stores this text as its birthmark at once. While the posts
# are made unknown, which may take long, no service claims one, even if the service that found it ends.
_IN_DOUBT = "lacks calls"
_SELECT_TABLES = text(
    "SELECT concat_ws('/', (SELECT oid FROM pg_database WHERE datname = current_database()), "
    "'attempt'::regclass::oid)"
)
_HAS_PRIVILEGE = text("SELECT has_function_privilege('pg_control_system()', 'execute')")
_SELECT_SERVER = text("SELECT system_identifier FROM pg_control_system()")


class LedgerBehind(Exception):  # noqa: N818  Only the ledger raises and catches this exception.
    """The error that the ledger was restored from a backup and so lacks calls that were made from it.

    ``reason`` says by what newsbot noticed the restore.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class LedgerFacts(NamedTuple):
    """The facts that a ledger stores about itself, which are compared with its progress marks (counts of its
    calls).

    ``identity`` is the ledger's unique id, ``ancestors`` are the identities that it had before restores.
    ``marked`` says that a progress mark was written for the ledger. ``calls`` is the number of the last call
    to a platform. ``copied`` says that PostgreSQL's tables are not those with which the ledger was made.
    ``empty`` says that the ledger has no post and has polled no source. ``amendments`` is the number of the
    last amendment (an edit or delete of a published message) whose call was made. ``lacks_marked_call`` says
    that a call is missing that a progress mark of this identity names as the last.
    """

    identity: str
    ancestors: Sequence[str]
    marked: bool
    calls: int
    copied: bool
    empty: bool
    amendments: int = 0
    lacks_marked_call: bool = False


def find_lag(  # noqa: PLR0911  Each sign of an older ledger has its own return.
    known: LedgerFacts, seen: Sequence[FoundMark], *, needs_mark: bool
) -> Reason | None:
    """Return the reason to believe that a ledger lacks calls that were made from it; None if there is no such
    reason.

    ``known`` are the facts that the ledger stores about itself. ``seen`` are the progress marks (counts of
    calls) that were found. ``needs_mark`` says that only a progress mark can prove that the ledger is
    complete, so that a ledger whose mark is missing counts as incomplete.
    """
    marks = [each.mark for each in seen]
    if any(known.identity in mark.ancestors for mark in marks):
        return UsageCode.RESTORED_BEFORE()
    calls = max((mark.calls for mark in marks if mark.identity == known.identity), default=None)
    if calls is not None and calls > known.calls:
        missing = calls - known.calls
        return UsageCode.CALL_MISSING() if missing == 1 else UsageCode.CALLS_MISSING(n=missing)
    if known.lacks_marked_call:
        return UsageCode.EARLIER_CALLS_MISSING()
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


class Fence:
    """The check, by one process, that its ledger is not older than the calls that were made from it.

    The process writes progress marks (files that count its calls) only after its call of `raise_`. Commands
    that send nothing don't call `raise_`.
    """

    def __init__(self, database: Database, marks: ProgressMarks) -> None:
        self._database = database
        self._marks = marks
        self._mark: ProgressMark | None = None
        self._follow_at = 0.0
        # The oid that PostgreSQL gave to the table of calls when this process last read it. If it changes,
        # the table was created again from a dump.
        self._made: int | None = None
        # The ledger that a backup is about to replace: its unique id, the number of its last call, its posts.
        self._replaced: tuple[str, int, ReplacedPosts] | None = None
        self.is_marking_posts = False
        """Whether this process makes posts unknown now, which takes seconds for each thousand."""

    @property
    def current_mark(self) -> ProgressMark | None:
        """Return the progress mark (count of calls) of this process; None if it writes none."""
        return self._mark

    def raise_(self, now: datetime) -> None:
        """Compare the ledger with its progress marks, and from now on count every call in the progress mark.

        If the ledger lacks calls that the progress marks count, it was restored from a backup; then its posts
        that may be published without its knowledge are made `unknown`.
        """
        with self._database.write(notify=False) as tx:
            # The method `_read_facts` locks a row of the database, so that no other service compares the
            # ledger with its progress marks (files that count the calls) at the same time.
            seen = self._marks.read()
            known = self._read_facts(tx, seen)
            if fault := find_lag(known, seen, needs_mark=self._database.sqlite):
                self._fence_if_behind(tx, fault, _filter_related_marks(known, seen), known, now)
            else:
                tx.execute(update(tables.fence).values(marked=True, birthmark=self._read_server_identity(tx)))
                self._adopt_ledger(tx, [each.mark for each in seen if each.mark.identity == known.identity])
        self.write()

    def find_restore(self) -> Reason | None:
        """Return why the ledger seems to lack calls that its progress marks count; None if it lacks none.

        Nothing is written. Don't call this method inside an open transaction: what that transaction sees of
        the ledger may be older than the progress marks.
        """
        # The progress marks (files that count the calls to platforms) are read before the ledger. A call that
        # a running service makes between the two reads is then missing in the marks, and not in the ledger.
        seen = self._marks.read()
        with self._database.read() as tx:
            if tx.execute(select(_ROW.id)).first() is None:
                return None
            fault = find_lag(self._read_facts(tx, seen, locks=False), seen, needs_mark=self._database.sqlite)
            # In the old file of a ledger that was moved to another database, missing calls are no sign of a
            # restore, because the progress marks beside the file count the calls of the moved ledger.
            is_moved = fault is not None and self._database.sqlite and find_past_move(tx) is not None
            return None if is_moved else fault

    def note_replaced(self) -> None:
        """Load the posts of the ledger that a backup is about to replace, if that ledger lacks no call.

        On SQLite, one progress mark counts all calls, so the ledger is complete if it is not behind the mark.
        On PostgreSQL, and from a ledger that can't be read, nothing is loaded.
        """
        self._replaced = None
        if not self._database.sqlite or not Path(str(self._database.url.database)).exists():
            return
        with suppress(LedgerError):
            if self.find_restore() is None:
                with self._database.read() as tx:
                    known = self._read_facts(tx, locks=False)
                    self._replaced = (known.identity, known.calls, load_replaced_posts(tx))
        self._database.close()

    def _read_facts(
        self, tx: Connection, seen: Sequence[FoundMark] = (), *, locks: bool = True
    ) -> LedgerFacts:
        """Return the facts that a ledger stores about itself; give the ledger an identity (unique id) if it
        has none. ``seen`` are the progress marks that were found.
        """
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
        # After a failover, PostgreSQL skips up to 32 numbers, so that newer calls may have higher numbers
        # than those that are lost.
        last = {each.mark.calls for each in seen if each.mark.identity == row.identity} - {0}
        there = tx.execute(select(func.count()).where(_CALL.id.in_(last))).scalar_one()
        lacks = there < len(last) or row.birthmark == _IN_DOUBT
        return LedgerFacts(row.identity, row.ancestors, row.marked, calls, copied, empty, amendments, lacks)

    def pass_calls(self, tx: Connection, made: Sequence[object], now: datetime) -> ProgressMark | None:
        """Return the progress mark (count of calls) to write before newsbot makes the calls for which the
        claims among ``made`` (rights to make one call) were granted.

        Call this method before the commit of the claims. Returns None if there are no claims, or if this
        process writes no progress marks.

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
        """Write the progress mark (the file that counts calls) before the call of the amendment ``number``
        (an edit or delete) is made.

        Call this after the commit by which this process has claimed the amendment.

        Raises:
            LedgerError: the mark could not be written, so the call may not be made.
        """
        if self._mark is not None and self._mark.amendments < number:
            self.mark(replace(self._mark, amendments=number))

    def mark(self, mark: ProgressMark) -> None:
        """Write a progress mark (the number of the ledger's last call) to disk, so that the mark survives a
        crash of the machine.

        Raises:
            LedgerError: the mark could not be written, so no call may be made.
        """
        self._marks.write(mark)
        self._mark = mark

    def add_other_calls(self, tx: Connection, now: datetime) -> None:
        """Add the calls that other services made from the same ledger to this process's progress mark (count
        of calls).

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
        """Store in the progress mark (a file outside the database) that the desk got the update ``update_id``
        of its bot ``bot_id``.
        """
        if self._mark is not None and self._mark.updates.get(str(bot_id), -1) < update_id:
            self._mark = replace(self._mark, updates={**self._mark.updates, str(bot_id): update_id})
            self._marks.write(self._mark, to_disk=False)

    def mark_posts_unknown(self, tx: Connection, fault: Reason, now: datetime) -> None:
        """Make the posts that may be published `unknown`, as the ledger was restored while this process ran.

        After the commit, the caller calls `Fence.write`, which writes the new progress mark (count of calls)
        to its file.
        """
        known = self._read_facts(tx)
        if self._mark is not None and self._mark.identity in known.ancestors:
            self._follow_other_restore(tx, self._mark)
            return
        marks = [*_filter_related_marks(known, self._marks.read()), *filter(None, [self._mark])]
        self._fence_if_behind(tx, fault, marks, known, now)

    def store_doubt(self, tx: Connection) -> None:
        """Store that this PostgreSQL ledger lacks calls; after the commit no service claims posts."""
        if self._mark is not None and not self._database.sqlite:
            mine = update(tables.fence).where(_ROW.identity == self._mark.identity)
            tx.execute(mine.values(birthmark=_IN_DOUBT))

    def build_successor_mark(self, tx: Connection, identity: str) -> ProgressMark:
        """Return the first progress mark (count of calls) of the ledger that replaces this one in another
        database.

        ``identity`` is the unique id that the ledger gets there.
        """
        known = self._read_facts(tx, locks=False)
        marks = _filter_related_marks(known, self._marks.read())
        return ProgressMark(
            identity,
            known.calls,
            (*known.ancestors, known.identity),
            merge_maxima(mark.spent for mark in marks),
            merge_maxima(mark.updates for mark in marks),
            amendments=known.amendments,
        )

    def adopt_successor(self, tx: Connection, mark: ProgressMark) -> None:
        """Give the copy of a ledger in this database its new identity, so that newsbot does not take it for a
        restored backup.
        """
        made = self._read_server_identity(tx)
        values = {"identity": mark.identity, "ancestors": list(mark.ancestors), "birthmark": made}
        tx.execute(update(tables.fence).values(**values, marked=True))

    def close(self) -> None:
        """Close the files of the progress marks (files outside the database that hold the number of the
        ledger's last call), and write no more calls to them.
        """
        self._mark = None
        self._marks.close()

    def _fence_if_behind(
        self, tx: Connection, fault: Reason, marks: Sequence[ProgressMark], known: LedgerFacts, now: datetime
    ) -> None:
        spent = merge_maxima(mark.spent for mark in marks)
        updates = merge_maxima(mark.updates for mark in marks)
        lost = max((mark.calls - known.calls for mark in marks), default=0)
        gone = LostLedger(fault, spent, updates, max(0, lost), counted=bool(marks))
        fence_ledger(tx, gone, now=now, replaced=self._get_replaced_posts(marks, known))
        tx.execute(update(tables.fence).values(birthmark=self._read_server_identity(tx)))
        self._adopt_ledger(tx, [ProgressMark("", 0, (), spent, updates)])

    def _get_replaced_posts(self, marks: Sequence[ProgressMark], known: LedgerFacts) -> ReplacedPosts | None:
        """Return the posts of the ledger that a backup replaced when it was restored by this process.

        Returns None if no posts of a replaced ledger were loaded, if the replaced ledger has another identity
        than the restored one, or if a call was made after the posts were loaded.
        """
        last = max((mark.calls for mark in marks if mark.identity == known.identity), default=None)
        if self._replaced is None or self._replaced[:2] != (known.identity, last):
            return None
        return self._replaced[2]

    def _adopt_ledger(self, tx: Connection, marks: Sequence[ProgressMark]) -> None:
        """Replace the progress mark (count of calls) in memory with one of the ledger's present state.

        The new mark gets the highest spending and the highest numbers of Telegram updates among ``marks``.
        """
        row = tx.execute(select(tables.fence)).one()
        self._made = self._mark = None
        self._mark = ProgressMark(
            row.identity,
            self._load_last_call(tx),
            tuple(row.ancestors),
            merge_maxima(mark.spent for mark in marks),
            merge_maxima(mark.updates for mark in marks),
            amendments=_load_last_amendment(tx),
        )

    def write(self) -> None:
        """Write the new progress mark (the number of the last call) to its files.

        If the mark belongs to changes of the database, such as those of `mark_posts_unknown`, call this after
        their commit.
        """
        if self._mark is not None:
            self._marks.write(self._mark)

    def _load_last_call(self, tx: Connection) -> int:
        """Load the number of the ledger's last call; 0 before the first call.

        Raises:
            LedgerBehind: the database has another ledger than before.
        """
        row = tx.execute(_SELECT_LAST_CALL if self._database.sqlite else _SELECT_LAST_CALL_AND_TABLE).first()
        if row is None:
            return 0
        made = None if self._database.sqlite else row.made
        if self._made not in {None, made}:
            raise LedgerBehind(UsageCode.MADE_FROM_DUMP_MEANWHILE())
        self._made = made
        if not self._database.sqlite and row.birthmark == _IN_DOUBT:
            raise LedgerBehind(UsageCode.EARLIER_CALLS_MISSING())
        if self._mark is not None and self._mark.identity != row.identity:
            self._follow_other_restore(tx, self._mark)
        return int(row.id)

    def _follow_other_restore(self, tx: Connection, mine: ProgressMark) -> None:
        """Adopt the identity that the ledger got when another service noticed that the ledger was restored.

        That service has made the posts that may be published `unknown` already.

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
        """Read the numbers by which PostgreSQL's tables differ from tables made from a dump; None on SQLite.

        They are the object ids of the database and of the table of calls and, if newsbot may read it, the
        server's system identifier.
        """
        if self._database.sqlite:
            return None
        made = str(tx.execute(_SELECT_TABLES).scalar_one())
        if not tx.execute(_HAS_PRIVILEGE).scalar_one():
            return made
        return f"{tx.execute(_SELECT_SERVER).scalar_one()}/{made}"


def _load_last_amendment(tx: Connection) -> int:
    """Load the number of the last amendment (edit or delete) whose call was made; 0 before the first one."""
    made = tables.amendment.c
    return tx.execute(select(func.max(made.id)).where(made.attempts > 0)).scalar() or 0


def _filter_related_marks(known: LedgerFacts, seen: Sequence[FoundMark]) -> list[ProgressMark]:
    """Return those progress marks (counts of calls) that belong to this ledger, to its ancestors or to its
    descendants.

    An ancestor is a ledger under an identity from before a restore. A progress mark whose file is beside the
    ledger's database always counts.
    """
    lines = {known.identity, *known.ancestors}
    marks = (each for each in seen if each.beside or lines & {each.mark.identity, *each.mark.ancestors})
    return [each.mark for each in marks]
