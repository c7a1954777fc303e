"""Schema, files and what is wrong with them: each with one clear line."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, create_engine, make_url, text

from newsbot.errors import LedgerBusy, LedgerError, LedgerTaken, LedgerTooNew, UsageError
from newsbot.ledger import indices, migrations, open_ledger
from newsbot.ledger.backups import _format_address
from newsbot.ledger.database import get_shown_name, parse_url
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.schema import metadata
from newsbot.reasons import Code
from tests.conftest import create_temporary_database
from tests.ledger.conftest import delete_rows
from tests.ledger.making import NOW, add, new_post
from tests.ledger.test_same_article import at_revision, insert


def one_line(refused: pytest.ExceptionInfo[LedgerError]) -> str:
    line = str(refused.value)
    assert "\n" not in line
    return line


# ---------------------------------------------------------------- versions


def test_the_newest_revision_is_the_constant() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


skips_expressions = pytest.mark.filterwarnings("ignore:.*expression-based index")
"""Alembic can't compare those; the database's own words about them are compared below."""


def differences(tx: Connection) -> list[Any]:
    """Between the database and the tables as they are declared."""
    named = {
        index.name
        for index in indices.INDICES
        if not all(isinstance(expression, Column) for expression in index.expressions)
    }
    opts = {"compare_type": True, "include_object": lambda _object, name, *_: name not in named}
    return list(compare_metadata(MigrationContext.configure(tx, opts=opts), metadata))


def migrated(url: str) -> Ledger:
    """A new ledger, made by every revision one after the other and not at once."""
    ledger = open_ledger(url)
    with ledger._database.write() as tx:
        migrations._upgrade(tx)
    return ledger


@skips_expressions
def test_the_migrations_make_exactly_the_tables(bare_url: str) -> None:
    ledger = migrated(bare_url)
    with ledger._database.read() as tx:
        assert differences(tx) == []
        assert migrations.version(tx) == migrations.HEAD
    ledger.close()


def test_an_upgrade_adds_up_what_an_accounts_channels_have_spent(bare_url: str) -> None:
    ledger = at_revision(bare_url, "0013")
    for name, target in (("x-en", "x:42"), ("x-ur", "x:42"), ("x-new", None)):
        insert(ledger, "channel", name=name, state="active", probes=0, target=target)
        insert(ledger, "month", channel=name, month="2026-11", amount_usd=1_500_000)
        insert(ledger, "paid_read", channel=name, day="2026-11-22", remote_id="7")
    ledger.prepare(upgrade=True)
    assert ledger.channels.list_spending(now=NOW) == {
        "x-en": ("x:42", Decimal(3)),
        "x-ur": ("x:42", Decimal(3)),
        "x-new": ("x-new", Decimal("1.5")),
    }
    with ledger._database.read() as tx:
        assert tx.execute(text("SELECT account FROM paid_read ORDER BY account")).scalars().all() == [
            "x-new",
            "x:42",
        ]
    ledger.close()


@skips_expressions
def test_a_new_database_is_at_the_newest_revision(ledger: Ledger) -> None:
    with ledger._database.read() as tx:
        assert differences(tx) == []
        assert migrations.version(tx) == migrations.HEAD


def test_the_migrations_make_exactly_the_indices_on_sqlite(tmp_path: Path) -> None:
    """Alembic does not compare an index's WHERE, so the databases' own words are compared."""
    ledger = migrated(f"sqlite:///{tmp_path}/migrated.db")
    created = create_engine(f"sqlite:///{tmp_path}/created.db")
    metadata.create_all(created)
    assert indices.INDICES
    statement = text(
        "SELECT name, sql FROM sqlite_master "
        "WHERE name NOT LIKE '%alembic%' AND name NOT LIKE 'sqlite%' ORDER BY name"
    )
    with created.connect() as here, ledger._database.read() as there:
        assert _said(there.execute(statement).all()) == _said(here.execute(statement).all())
    created.dispose()
    ledger.close()


def _said(statements: Sequence[Any]) -> list[tuple[str, list[str]]]:
    """A column that was added stands at the end, after the constraints: the order is no difference."""
    pieces = {row.name: re.split(r",(?![^()]*\))", row.sql.removesuffix(")")) for row in statements}
    return [(name, sorted(piece.strip() for piece in some)) for name, some in pieces.items()]


def test_the_migrations_make_exactly_the_indices_on_postgresql(postgres: str) -> None:
    statement = (
        "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
    )
    found = []
    for by_revisions in (True, False):
        with create_temporary_database(postgres) as url:
            if by_revisions:
                migrated(url).close()
            else:
                engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
                metadata.create_all(engine)
                engine.dispose()
            with psycopg.connect(url) as connection:
                found.append(connection.execute(statement).fetchall())
    assert found[0] == found[1]
    assert found[0]


def test_preparing_again_changes_nothing(opened: Callable[[], Ledger]) -> None:
    [post] = add(opened())
    assert opened().posts.get_post(post.id) == post


def set_version(ledger: Ledger, version: str, oldest: str) -> None:
    statement = text("UPDATE alembic_version SET version_num = :version, oldest = :oldest")
    with ledger._database.write() as tx:
        tx.execute(statement, {"version": version, "oldest": oldest})


def test_a_database_from_a_newer_version_is_refused_once_it_is_too_far(bare_url: str) -> None:
    ledger = prepared(bare_url)
    set_version(ledger, "9999", migrations.HEAD)
    for upgrade in (False, True):
        ledger.prepare(upgrade=upgrade)
    ledger.check()
    set_version(ledger, "9999", "9998")
    for upgrade in (False, True):
        with pytest.raises(LedgerTooNew, match="newer newsbot") as refused:
            ledger.prepare(upgrade=upgrade)
        assert "9999" in one_line(refused)
    ledger.close()


def test_an_older_database_is_refused_unless_it_may_be_upgraded(
    bare_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a later revision at hand, as a later newsbot has it."""
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "r9998_next.py").write_text(
        f"from alembic import op\nrevision = '9998'\ndown_revision = '{migrations.HEAD}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE later (id INTEGER)')\n"
    )
    ledger = prepared(bare_url)
    [post] = add(ledger)
    monkeypatch.setattr(migrations, "HEAD", "9998")
    monkeypatch.setattr(migrations, "VERSIONS", (*migrations.VERSIONS, versions))
    with pytest.raises(LedgerError, match="newsbot db upgrade"):
        ledger.prepare(upgrade=False)
    ledger.prepare(upgrade=True)
    with ledger._database.read() as tx:
        assert migrations.version(tx) == "9998"
        assert tx.execute(text("SELECT count(*) FROM later")).scalar() == 0
    assert ledger.posts.get_post(post.id) == post
    ledger.close()


def test_two_processes_may_create_it_at_once(bare_url: str) -> None:
    script = (
        "import sys; from newsbot.ledger import open_ledger\n"
        "ledger = open_ledger(sys.argv[1]); ledger.prepare(upgrade=True); ledger.close()"
    )
    processes = [subprocess.Popen([sys.executable, "-W", "error", "-c", script, bare_url]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4


def test_an_existing_database_needs_no_alembic(url: str, ledger: Ledger) -> None:
    ledger.channels.get_channel("tg")
    script = (
        "import sys; from newsbot.ledger import open_ledger\n"
        "ledger = open_ledger(sys.argv[1]); ledger.prepare(upgrade=True); ledger.close()\n"
        "assert 'alembic' not in sys.modules\n"
        "assert ('psycopg' in sys.modules) == sys.argv[1].startswith('postgresql')"
    )
    subprocess.run([sys.executable, "-c", script, url], check=True)


# ---------------------------------------------------------------- URLs


def test_a_relative_file_is_from_the_base_and_an_absolute_one_is_not(tmp_path: Path) -> None:
    assert parse_url("sqlite:///a/b.db", tmp_path).database == f"{tmp_path}/a/b.db"
    assert parse_url("sqlite:////tmp/b.db", tmp_path).database == "/tmp/b.db"
    assert parse_url("postgresql://u@h/d", None).drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    "url", ["", "newsbot.db", "sqlite://", "sqlite:///:memory:", "mysql://h/d", "http://x"]
)
def test_another_kind_of_database_is_refused_with_the_forms_that_work(url: str) -> None:
    with pytest.raises(LedgerError, match=r"sqlite:///newsbot\.db or postgresql://") as refused:
        open_ledger(url)
    one_line(refused)


# ---------------------------------------------------------------- what is wrong with a database


def prepared(url: str, busy: float = 20.0) -> Ledger:
    ledger = open_ledger(url, busy=busy)
    try:
        ledger.prepare(upgrade=True)
    except LedgerError:
        ledger.close()
        raise
    return ledger


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=f"no folder {tmp_path}/none; create it") as refused:
        prepared(f"sqlite:///{tmp_path}/none/a.db")
    one_line(refused)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="is a folder; name a file"):
        prepared(f"sqlite:///{tmp_path}")


def test_another_kind_of_file_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("Dear diary, " * 1000)
    with pytest.raises(LedgerError, match="is not an SQLite database") as refused:
        prepared(f"sqlite:///{tmp_path}/a.db")
    assert f"{tmp_path}/a.db" in one_line(refused)


READ_ONLY = """
import os, sys
from newsbot.errors import LedgerError
import newsbot.ledger.ledger
from newsbot.ledger import open_ledger
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)  # root may write everything
try:
    open_ledger(sys.argv[1]).prepare(upgrade=True)
except LedgerError as error:
    print(error)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter; each session of pytest closes that of all sessions to them."""
    with TemporaryDirectory(prefix="newsbot-ledger-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_may_not_be_written_is_named(open_folder: Path, closed: str) -> None:
    home = open_folder / "home"
    home.mkdir()
    path = home / "a.db"
    prepared(f"sqlite:///{path}").close()
    home.chmod(0o777 if closed == "file" else 0o555)
    path.chmod(0o444 if closed == "file" else 0o666)
    said = subprocess.run(
        [sys.executable, "-c", READ_ONLY, f"sqlite:///{path}"], capture_output=True, text=True, check=True
    ).stdout
    assert said.count("\n") == 1
    assert f"may not write {path if closed == 'file' else home}; change its rights" in said


def test_a_locked_sqlite_file_is_busy_and_nothing_is_lost(tmp_path: Path) -> None:
    ledger = prepared(f"sqlite:///{tmp_path}/a.db", busy=0.2)
    [post] = add(ledger)
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy, match="locked by another process") as refused:
        add(ledger, guid="g2")
    assert f"{tmp_path}/a.db" in one_line(refused)
    assert ledger.posts.list_posts() == [post]  # reading needs no lock
    other.execute("ROLLBACK")
    other.close()
    add(ledger, guid="g2")
    ledger.close()


def test_a_new_file_that_is_locked_is_busy(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy, match="locked by another process"):
        prepared(f"sqlite:///{tmp_path}/a.db", busy=0.2)
    other.close()


def test_a_locked_postgresql_row_is_busy(postgres_database: str) -> None:
    ledger = prepared(postgres_database, busy=0.2)
    with psycopg.connect(postgres_database) as other:
        add(ledger, new_post("locked"), guid="locked")
        other.execute("SELECT * FROM channel FOR UPDATE")
        with pytest.raises(LedgerBusy, match="locked by another process"):
            ledger.channels.pause("locked", by="cli:ana", reason=Code.TEXT(words=""), now=NOW)
    ledger.close()


def fill(ledger: Ledger) -> None:
    for number in range(1000):
        add(ledger, guid=f"full{number}")


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    ledger = prepared(f"sqlite:///{tmp_path}/a.db")
    [post] = add(ledger)
    with ledger._database.open_raw_connection() as raw:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerError, match="disk is full") as refused:
        fill(ledger)
    one_line(refused)
    assert ledger.posts.get_post(post.id) == post
    ledger.close()


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    with pytest.raises(LedgerError, match="can't be reached") as refused:
        prepared("postgresql://ana:hunter2@127.0.0.1:1/news")
    assert "hunter2" not in one_line(refused)
    assert "127.0.0.1:1/news" in one_line(refused)


def test_a_url_may_name_several_servers_of_which_one_answers(postgres_database: str) -> None:
    given = make_url(postgres_database)
    servers = f"127.0.0.1:1,{given.host}:{given.port or 5432}"
    asked = f"postgresql://{given.username}@{servers}/{given.database}?target_session_attrs=read-write"
    url = parse_url(asked, None)
    assert get_shown_name(url) == asked.replace("postgresql:", "postgresql+psycopg:").partition("?")[0]
    assert _format_address(url) == asked
    ledger = prepared(asked)
    assert ledger.channels.get_channel("tg").state == "active"
    ledger.close()


def look_until_refused(ledger: Ledger) -> None:
    """The server ends a session when it gets to it."""
    while True:
        ledger.has_changed()


def test_a_connection_that_was_lost_is_said_once_and_made_again(postgres_database: str) -> None:
    ledger = prepared(postgres_database)
    delete_rows(postgres_database)
    ledger.acquire_instance_lock()
    with psycopg.connect(postgres_database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(LedgerError) as refused:
        look_until_refused(ledger)
    one_line(refused)
    assert ledger.has_changed()  # something may have been missed
    assert not ledger.has_changed()
    assert ledger.channels.get_channel("tg").state == "active"
    ledger.close()


# ---------------------------------------------------------------- one service, and what others commit


def test_a_second_service_on_one_sqlite_file_is_refused_with_the_firsts_number(tmp_path: Path) -> None:
    first, second = (prepared(f"sqlite:///{tmp_path}/a.db") for _ in range(2))
    first.acquire_instance_lock()
    first.acquire_instance_lock()
    with pytest.raises(LedgerTaken, match=f"process {os.getpid()}") as refused:
        second.acquire_instance_lock()
    assert f"{tmp_path}/a.db.lock" in one_line(refused)
    add(second)  # a command beside the service
    first.close()
    second.acquire_instance_lock()
    second.close()


def test_postgresql_takes_several_services(postgres_database: str) -> None:
    ledgers = [prepared(postgres_database) for _ in range(2)]
    for ledger in ledgers:
        ledger.acquire_instance_lock()
    for ledger in ledgers:
        ledger.close()


def test_what_another_process_commits_is_noticed_and_our_own_is_not(opened: Callable[[], Ledger]) -> None:
    here, there = opened(), opened()
    here.acquire_instance_lock()
    assert not here.has_changed()
    add(here)
    assert not here.has_changed()
    add(there, guid="g2")
    assert noticed(here)
    assert not here.has_changed()
    there.channels.pause("tg", by="cli:ana", reason=Code.TEXT(words=""), now=NOW)
    assert noticed(here)


def noticed(ledger: Ledger) -> bool:
    """PostgreSQL delivers a notice some milliseconds after the commit, and one for each transaction."""
    end = monotonic() + 1
    while not ledger.has_changed():
        if monotonic() > end:
            return False
    sleep(0.2)
    ledger.has_changed()
    return True


# ---------------------------------------------------------------- backup

WRITER = """
import sys
from newsbot.ledger import open_ledger
from tests.ledger.making import add
ledger = open_ledger(sys.argv[1])
number = 0
while True:
    add(ledger, guid=f"w{number}")
    number += 1
    if number == 20:
        print("writing", flush=True)
"""


def test_a_backup_is_whole_while_another_process_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    ledger = prepared(url)
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        writer.stdout.readline()
        ledger.backup(str(tmp_path / "copy.db"))
        writer.kill()
    copy = prepared(f"sqlite:///{tmp_path}/copy.db")
    posts = copy.posts.list_posts(limit=None)
    assert len(posts) >= 20
    with copy._database.read() as tx:
        assert tx.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert tx.execute(text("SELECT count(*) FROM event")).scalar() == len(posts)
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db", "copy.db-shm", "copy.db-wal"]
    copy.close()
    ledger.close()


def test_a_backup_overwrites_nothing_and_names_what_is_wrong(tmp_path: Path) -> None:
    ledger = prepared(f"sqlite:///{tmp_path}/a.db")
    with pytest.raises(UsageError, match="exists already"):
        ledger.backup(str(tmp_path / "a.db"))
    with pytest.raises(LedgerError, match=r"none/copy\.db"):
        ledger.backup(str(tmp_path / "none" / "copy.db"))
    ledger.close()
