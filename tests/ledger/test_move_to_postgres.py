"""`db move`: a ledger goes from SQLite to PostgreSQL whole, once, and nothing of it is sent twice."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import psycopg
import pytest
from sqlalchemy import Table, insert, make_url

from newsbot.errors import LedgerBusy, LedgerError, LedgerGone, LedgerTaken, UsageError
from newsbot.ledger import open_ledger
from newsbot.ledger import schema as tables
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.move import MoveEvent
from newsbot.ledger.progress_marks import MarkFile, ProgressMark, list_mark_paths
from newsbot.ledger.schema import metadata
from newsbot.model import PostEvent, PostState
from newsbot.ports import Claim
from newsbot.reasons import Code
from tests.bench import move as bench
from tests.conftest import SERVER, create_temporary_database

from .exchanges import claim_next
from .history import fill
from .making import HOUR, LEASE, NOW, TERMS, add, claimed, end_call, new_post, sent
from .moving import kill_move, move_to, read_rows

LATER = NOW + HOUR
PASSWORD = "sekret-password"


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> str:
    copyfile(sqlite_template, tmp_path / "ledger.db")
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def target(postgres: str) -> Iterator[str]:
    """A database of this test's own, which has no table."""
    with create_temporary_database(postgres) as url:
        yield url


Open = Callable[..., Ledger]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    ledgers: list[Ledger] = []

    def open_one(url: str, *, busy: float | None = None, folder: Path = tmp_path) -> Ledger:
        ledgers.append(open_ledger(url, base=folder, busy=busy))
        return ledgers[-1]

    yield open_one
    for ledger in ledgers:
        ledger.close()


def fill_every_table(ledger: Ledger) -> None:
    """A newsroom with a history, posts in every state, and rows that are hard to copy."""
    ledger.acquire_instance_lock(now=NOW)
    fill(ledger, 100)
    add(ledger, new_post("wire"), guid="not sent")
    end_call(ledger, "wire", PostEvent.NOT_SENT)
    add(ledger, new_post("paid", cost="0.015"), guid="sending")
    claimed(ledger, "paid")
    old = datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    exact = datetime(2026, 11, 22, 12, 0, 0, 123457, tzinfo=UTC)
    odd = "Übergrößenträger اردو 日本語 🗞\n\t\\N \\. \"'\x01\x7f\u2028"
    rows: dict[Table, dict[str, Any]] = {
        tables.person: {"user_id": 2**62, "name": odd, "joined_at": old, "sounds": ["\0", "\ud800", odd]},
        tables.invite: {"key": "k", "role": "", "by": odd, "at": old, "expires_at": exact},
        tables.lifting: {"article_id": 1, "by": "cli:ana", "at": exact, "embargo_until": old},
        tables.lease: {"name": "timer", "holder": 1, "until": old},
        tables.pace: {"key": odd, "not_before": exact},
        tables.paid_read: {"account": "x", "day": "2026-11-22", "remote_id": "9" * 19},
        tables.stage_result: {
            "stage": "read",
            "key": "k",
            "guid_key": "g",
            "begun_at": old,
            "result": {"text": odd * 200_000},
        },
        tables.desk_update: {"bot_id": 2**40, "update_id": -5, "at": exact, "said": "", "state": "done"},
    }
    with ledger._database.write() as tx:
        for table, values in rows.items():
            tx.execute(insert(table).values(**values))
        tx.exec_driver_sql("UPDATE source SET usual_new = 0.1 + 0.2")
        tx.exec_driver_sql('UPDATE article SET item = \'{"a": 1.0,   "b":"x"}\' WHERE id = 1')
        tx.exec_driver_sql("INSERT INTO change VALUES (7, 'gone', NULL, 1, 2, 4294967296, 3)")
    ledger.close()


def compare(before: dict[str, list[tuple[object, ...]]], url: str) -> None:
    """Every row is the same, but for the services that run and the ledger's identity."""
    after = read_rows(url)
    for name in set(before) - {"instance", "fence"}:
        assert after[name] == before[name], name


# ---------------------------------------------------------------- what is moved


def test_a_ledger_with_every_state_moves_whole(file: str, target: str, opened: Open) -> None:
    ledger = opened(file)
    fill_every_table(ledger)
    before = read_rows(file)
    assert [name for name, rows in before.items() if not rows] == []
    states = {state for state, *_ in _query(file, "SELECT DISTINCT state FROM post")}
    assert states == {str(state) for state in PostState}
    events = move_to(file, target)
    compare(before, target)
    copied = {event.table: event.rows for event in events if event.what == "copied"}
    assert copied == {name: len(rows) for name, rows in before.items()}
    moved = opened(target)
    moved.check()
    moved.acquire_instance_lock(now=LATER)
    assert moved.alerts.get_pending_restore() is None
    compare(before, target)


def _query(file: str, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file.removeprefix("sqlite:///"))) as connection, connection:
        return list(connection.execute(statement))


def test_what_was_queued_goes_out_once_and_what_was_in_mid_call_is_unknown(
    file: str, target: str, opened: Open
) -> None:
    ledger = opened(file)
    ledger.acquire_instance_lock(now=NOW)
    queued = [add(ledger, guid=f"g{n}")[0].id for n in range(3)]
    out = sent(ledger).id
    add(ledger, new_post("x"), guid="in mid-call")
    lost = claimed(ledger, "x").post.id
    ledger.close()
    move_to(file, target)
    moved = opened(target)
    moved.acquire_instance_lock(now=LATER)
    assert [post.id for post in moved.delivery.recover_posts(now=LATER)] == [lost]
    found = [sent(moved, now=LATER).id for _ in range(2)]
    assert sorted([out, *found]) == sorted(queued)
    assert claim_next(moved.delivery, "tg", TERMS, now=LATER, lease=LEASE) is None
    assert moved.posts.get_post(lost).state is PostState.UNKNOWN
    assert moved.alerts.get_pending_restore() is None


def test_no_number_is_given_again(file: str, target: str, opened: Open) -> None:
    """Not that of a row that was deleted, either."""
    ledger = opened(file)
    add(ledger, guid="first")
    add(ledger, guid="last")
    with ledger._database.write() as tx:
        for table in ("event", "post", "article_mark", "article"):
            tx.exec_driver_sql(f"DELETE FROM {table} WHERE {'article_id' if 'mark' in table else 'id'} = 2")
    ledger.close()
    move_to(file, target)
    [post] = add(opened(target), guid="new")
    with psycopg.connect(target) as there:
        assert there.execute("SELECT id, article_id FROM post ORDER BY id DESC").fetchone() == (3, 3)
        assert there.execute("SELECT max(id) FROM event").fetchone() == (2,)
    assert post.state is PostState.SCHEDULED


def test_nul_characters_are_replaced_and_counted(file: str, target: str, opened: Open) -> None:
    """PostgreSQL can't store them, and newsbot stores none itself."""
    add(opened(file))
    _query(file, "UPDATE post SET target = 'a' || char(0) || 'b' || char(0)")
    events = move_to(file, target)
    assert [(e.table, e.rows) for e in events if e.what == "replaced"] == [("post", 2)]
    assert opened(target).posts.list_posts()[0].target == "a\ufffdb\ufffd"


@pytest.mark.parametrize(
    ("statement", "table", "key"),
    [
        ("UPDATE post SET attempts = 3000000000 WHERE id = 2", "post", "2"),
        ("UPDATE post SET revision = 'many' WHERE id = 1", "post", "1"),
        ("INSERT INTO month VALUES ('x' || char(0), '2026-11', 1)", "month", r"x\x00, 2026-11"),
        ("UPDATE article SET version = printf('%.40c', 'v') WHERE id = 2", "article", "2"),
        ("UPDATE post SET language = x'c3a4' WHERE id = 2", "post", "2"),  # no text, though SQLite takes it
    ],
)
def test_a_row_that_postgresql_does_not_take_is_named(
    file: str, target: str, opened: Open, statement: str, table: str, key: str
) -> None:
    ledger = opened(file)
    add(ledger, guid="first")
    add(ledger, guid="second")
    _query(file, statement)
    with pytest.raises(LedgerError) as refused:
        move_to(file, target)
    assert f"row {key} of the table {table} " in str(refused.value)
    assert "the ledger stays where it is" in str(refused.value)
    assert sent(ledger).state is PostState.SENT


# ---------------------------------------------------------------- cut off


@pytest.mark.parametrize(
    ("what", "table", "count"),
    [
        ("copying", "", 1),
        ("copying", "event", 2),
        ("copied", "receipt", 1),
        ("copied", "instance", 1),
        ("comparing", "post", 1),
        ("equal", "", 1),
        ("frozen", "", 1),
        ("marked", "", 1),
        ("complete", "", 1),
    ],
)
def test_a_move_that_was_killed_goes_on(
    file: str, target: str, opened: Open, what: str, table: str, count: int
) -> None:
    fill_every_table(opened(file))
    before = read_rows(file)
    kill_move(file, target, what, table, count)
    if what != "complete":
        with pytest.raises(LedgerError, match="only a part of a ledger"):
            opened(target).prepare(upgrade=True)
    if what in {"frozen", "marked", "complete"}:
        refused = opened(file)
        with pytest.raises(LedgerGone, match="was moved to"):
            refused.acquire_instance_lock(now=LATER)
        refused.close()
    events = move_to(file, target)
    told = [event.what for event in events]
    assert "restarted" not in told
    assert ("resumed" in told) == (what != "complete")
    copied = sum(event.rows for event in events if event.what == "resumed")
    assert 0 < copied < sum(map(len, before.values())) or what == "complete"
    compare(before, target)
    moved = opened(target)
    moved.acquire_instance_lock(now=LATER)
    assert moved.alerts.get_pending_restore() is None
    assert [event.what for event in move_to(file, target)] == ["complete"]


def test_a_move_that_was_killed_leaves_the_ledger_as_it_was(file: str, target: str, opened: Open) -> None:
    """Its service may go on, and the next attempt begins with what has changed since."""
    ledger = opened(file)
    ledger.acquire_instance_lock(now=NOW)
    made = [add(ledger, guid=f"g{n}")[0] for n in range(30)]
    ledger.close()
    kill_move(file, target, "copied", "post")
    ledger = opened(file)
    ledger.acquire_instance_lock(now=NOW)
    assert sent(ledger).state is PostState.SENT
    ledger.close()
    before = read_rows(file)
    assert "restarted" in [event.what for event in move_to(file, target)]
    compare(before, target)
    moved = opened(target)
    moved.acquire_instance_lock(now=LATER)
    assert {sent(moved, now=LATER).id for _ in range(29)} < {post.id for post in made}
    assert claim_next(moved.delivery, "tg", TERMS, now=LATER, lease=LEASE) is None


def test_a_move_that_another_version_began_begins_again(file: str, target: str, opened: Open) -> None:
    add(opened(file))
    kill_move(file, target, "copied", "post")
    with psycopg.connect(target) as there:
        there.execute("UPDATE ledger_move SET revision = '0015'")
        there.execute("ALTER TABLE post DROP COLUMN target")
    before = read_rows(file)
    move_to(file, target)
    compare(before, target)


@pytest.mark.parametrize("how", ["changed", "deleted", "added"])
def test_a_row_that_is_not_the_same_there_is_found(file: str, target: str, opened: Open, how: str) -> None:
    ledger = opened(file)
    for n in range(3):
        add(ledger, guid=f"g{n}")
    statement = {
        "changed": "UPDATE event SET at = at + 1 WHERE id = 2",
        "deleted": "DELETE FROM event WHERE id = 3",
        "added": "INSERT INTO event SELECT 4, post_id, at, event, by, detail FROM event WHERE id = 1",
    }[how]

    def spoil(event: MoveEvent) -> None:
        if (event.what, event.table) == ("copied", "instance"):
            with psycopg.connect(target, autocommit=True) as there:
                there.execute(statement)

    key = {"changed": 2, "deleted": 3, "added": 4}[how]
    with pytest.raises(LedgerError, match=f"the row {key} of the table event is not the same"):
        ledger.move(target, now=NOW, tell=spoil)
    ledger.close()
    assert sent(opened(file)).state is PostState.SENT
    before = read_rows(file)
    assert "restarted" in [event.what for event in move_to(file, target)]
    compare(before, target)


# ---------------------------------------------------------------- refused


def test_it_is_refused_while_a_service_runs(file: str, target: str, opened: Open) -> None:
    service = opened(file)
    service.acquire_instance_lock(now=NOW)
    with pytest.raises(LedgerTaken, match="another newsbot service"):
        move_to(file, target)
    service.close()
    service = opened(target)
    service.prepare(upgrade=True)
    service.acquire_instance_lock(now=NOW)
    with pytest.raises(LedgerTaken, match="a newsbot service runs"):
        move_to(file, target)


def test_it_is_refused_onto_a_database_that_is_not_empty(file: str, target: str, opened: Open) -> None:
    add(opened(file))
    other = opened(target)
    other.prepare(upgrade=True)
    add(other, guid="another newsroom's")
    other.close()
    with pytest.raises(UsageError, match=r"is not empty \(there is a table article\)"):
        move_to(file, target)
    assert len(opened(target).posts.list_posts()) == 1
    assert sent(opened(file)).state is PostState.SENT


def test_a_database_with_an_empty_ledger_is_taken(file: str, target: str, opened: Open) -> None:
    """As it is where a command was given with the new address already."""
    add(opened(file))
    opened(target).prepare(upgrade=True)
    move_to(file, target)
    assert len(opened(target).posts.list_posts()) == 1


def test_tables_of_another_program_are_not_taken_for_newsbots(file: str, target: str) -> None:
    with psycopg.connect(target) as there:
        there.execute("CREATE TABLE post (id INT)")
    with pytest.raises(UsageError, match="there is a table post"):
        move_to(file, target)


def test_part_of_another_ledger_is_left_alone(file: str, target: str, opened: Open, tmp_path: Path) -> None:
    add(opened(file))
    kill_move(file, target, "copied", "post")
    (tmp_path / "other").mkdir()
    other = f"sqlite:///{tmp_path}/other/ledger.db"
    opened(other, folder=tmp_path / "other").prepare(upgrade=True)
    with pytest.raises(UsageError, match="a part of another ledger"):
        move_to(other, target)


def test_only_sqlite_moves_and_only_what_is_there(target: str, opened: Open, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only a ledger on SQLite"):
        opened(target).move(target, now=NOW, tell=print)
    with pytest.raises(UsageError, match="there is no file"):
        opened(f"sqlite:///{tmp_path}/nothing.db").move(target, now=NOW, tell=print)
    assert not (tmp_path / "nothing.db").exists()


def test_a_database_that_lacks_characters_is_refused(file: str, postgres: str) -> None:
    name = "newsbot_test_latin1"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(
            f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        try:
            with pytest.raises(UsageError, match="stores texts as LATIN1"):
                move_to(file, make_url(postgres).set(database=name).render_as_string(hide_password=False))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


# ---------------------------------------------------------------- other processes meanwhile, and afterwards


def test_what_others_write_meanwhile_is_refused_with_a_line(file: str, target: str, opened: Open) -> None:
    ledger, editor, service = opened(file), opened(file, busy=0.2), opened(file)
    add(editor, guid="before")
    said = []

    def write(event: MoveEvent) -> None:
        if (event.what, event.table) in {("copied", "article"), ("comparing", "post")}:
            with pytest.raises(LedgerBusy, match="is being moved to another database by process"):
                add(editor, guid="meanwhile")
            with pytest.raises(LedgerTaken, match="is being moved to another database by process"):
                service.acquire_instance_lock(now=NOW)
            assert len(editor.posts.list_posts()) == 1
            said.append(event)

    ledger.move(target, now=NOW, tell=write)
    ledger.close()
    assert len(said) == 2
    with pytest.raises(LedgerGone, match="was moved to"):
        add(editor, guid="after")
    assert len(opened(target).posts.list_posts()) == 1


def test_two_moves_at_once(file: str, target: str, opened: Open, tmp_path: Path) -> None:
    ledger = opened(file)
    copyfile(tmp_path / "ledger.db", tmp_path / "copy.db")
    raised: list[str] = []

    def move_too(event: MoveEvent) -> None:
        if event.what == "copied" and not raised:
            for other in (file, f"sqlite:///{tmp_path}/copy.db"):
                with pytest.raises(LedgerTaken) as refused:
                    move_to(other, target)
                raised.append(str(refused.value))

    ledger.move(target, now=NOW, tell=move_too)
    assert "is being moved" in raised[0]
    assert "another process moves a ledger" in raised[1]


def test_the_moved_file_is_read_and_never_written(file: str, target: str, opened: Open) -> None:
    ledger = opened(file)
    [post] = add(ledger)
    ledger.close()
    move_to(file, target)
    old = opened(file)
    old.prepare(upgrade=True)
    assert old.posts.get_post(post.id).state is PostState.SCHEDULED
    assert old.find_new_place() == make_url(target).render_as_string()
    assert old.alerts.get_pending_restore() is None
    words = f"was moved to {old.find_new_place()}: write that address as `database`"
    for write in (
        lambda: add(old, guid="g2"),
        lambda: old.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=NOW),
        lambda: old.channels.pause("tg", by="cli:ana", reason=Code.TEXT(words="a doubt"), now=NOW),
        lambda: old.acquire_instance_lock(now=NOW),
    ):
        with pytest.raises(LedgerGone) as refused:
            write()
        assert words in str(refused.value)
    for table in metadata.tables:
        with pytest.raises(sqlite3.IntegrityError, match="this ledger was moved to"):
            _query(file, f"INSERT INTO {table} DEFAULT VALUES")


def test_a_moved_ledger_does_not_move_a_second_time(
    file: str, target: str, postgres: str, opened: Open
) -> None:
    """Not even to where a first attempt had begun."""
    add(opened(file))
    with create_temporary_database(postgres) as begun, create_temporary_database(postgres) as empty:
        kill_move(file, begun, "copied", "post")
        move_to(file, target)
        for url in (begun, empty):
            with pytest.raises(LedgerGone, match="was moved to"):
                move_to(file, url)


@pytest.mark.parametrize("how", ["an older copy", "thawed by hand", "db restore"])
def test_the_old_file_sends_nothing_again(
    file: str, target: str, opened: Open, tmp_path: Path, how: str
) -> None:
    """A copy of it may be put back, or the moved file itself."""
    ledger = opened(file)
    ledger.acquire_instance_lock(now=NOW)
    [post] = add(ledger)
    ledger.backup(str(tmp_path / "saved"))
    ledger.close()
    move_to(file, target)
    moved = opened(target)
    moved.acquire_instance_lock(now=NOW)
    assert sent(moved).id == post.id
    if how == "an older copy":
        copyfile(tmp_path / "saved", tmp_path / "ledger.db")
    elif how == "thawed by hand":
        for (name,) in _query(file, "SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            _query(file, f"DROP TRIGGER {name}")
    else:
        opened(file).backup(str(tmp_path / "kept"))
        old = opened(file)
        old.restore(str(tmp_path / "kept"), now=LATER)
        old.close()
    old = opened(file)
    old.acquire_instance_lock(now=LATER)
    assert old.posts.get_post(post.id).state is PostState.UNKNOWN
    assert claim_next(old.delivery, "tg", TERMS, now=LATER, lease=LEASE) is None


# ---------------------------------------------------------------- the marks of what was sent


def test_a_mark_of_an_earlier_ledger_there_makes_nothing_unknown(
    file: str, target: str, opened: Open, tmp_path: Path
) -> None:
    [beside, _] = list_mark_paths(make_url(target), tmp_path)
    assert beside
    mark = MarkFile(beside)
    mark.write(ProgressMark("another", 500), to_disk=False)
    mark.close()
    add(opened(file))
    move_to(file, target)
    moved = opened(target)
    moved.acquire_instance_lock(now=LATER)
    assert isinstance(claim_next(moved.delivery, "tg", TERMS, now=LATER, lease=LEASE), Claim)


def test_a_dump_from_before_is_known_by_the_mark_of_the_moved_ledger(
    file: str, target: str, opened: Open
) -> None:
    """The mark knows the ledger's calls from before the move too."""
    ledger = opened(file)
    ledger.acquire_instance_lock(now=NOW)
    add(ledger, guid="g1")
    sent(ledger)
    [post] = add(ledger, guid="g2")
    ledger.close()
    move_to(file, target)
    with psycopg.connect(target) as there:
        there.execute("DELETE FROM attempt")
    moved = opened(target)
    moved.acquire_instance_lock(now=LATER)
    assert moved.posts.get_post(post.id).state is PostState.UNKNOWN


def test_a_restored_file_is_known_as_such_by_its_move(
    file: str, target: str, opened: Open, tmp_path: Path
) -> None:
    ledger = opened(file)
    ledger.acquire_instance_lock(now=NOW)
    [post] = add(ledger)
    ledger.backup(str(tmp_path / "saved"))
    sent(ledger)
    ledger.close()
    copyfile(tmp_path / "saved", tmp_path / "ledger.db")
    for log in tmp_path.glob("ledger.db-*"):
        log.unlink()
    move_to(file, target, now=LATER)
    moved = opened(target)
    moved.acquire_instance_lock(now=LATER + timedelta(minutes=1))
    assert moved.posts.get_post(post.id).state is PostState.UNKNOWN
    told = moved.alerts.get_pending_restore()
    assert told
    assert told.until == LATER


def test_no_password_is_stored_or_said(file: str, target: str, opened: Open, tmp_path: Path) -> None:
    add(opened(file))
    url = make_url(target).set(password=PASSWORD)
    move_to(file, url.render_as_string(hide_password=False))
    with suppress(LedgerError):
        move_to(file, url.set(port=1).render_as_string(hide_password=False))
    with pytest.raises(LedgerGone) as refused:
        add(opened(file), guid="g2")
    assert PASSWORD not in str(refused.value)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert PASSWORD.encode() not in stored
    assert PASSWORD not in str(read_rows(target))


def test_the_short_form_of_the_bench(postgres: str) -> None:
    assert postgres == SERVER
    missed = [row for row in bench.measure(20_000) if row.met is False]
    assert missed == []
