"""A ledger whose database is away, answers no more or is slow: each wait ends, and what comes after works."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import psutil
import psycopg
import pytest
from sqlalchemy import make_url, text

from newsbot.errors import LedgerBusy, LedgerError, LedgerGone
from newsbot.ledger import instances, open_ledger, postgres
from newsbot.ledger.database import _BROKEN_CODES, _invalidate_sqlite
from newsbot.ledger.instances import PostgresInstances
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.postgres import SessionLimits
from newsbot.model import PostState
from newsbot.reasons import LedgerCode
from tests.chaos.proxy import Proxy
from tests.chaos.server import SKIPPED, Server, binaries
from tests.ledger.conftest import delete_rows
from tests.ledger.making import NOW, add, claimed

SHORT = SessionLimits(lock=0.4, statement=0.8, idle=30.0, answer=1.2)
IN_TIME = 10.0  # seconds, on a machine that does other things too


@pytest.fixture
def proxy(postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    delete_rows(postgres_database)
    monkeypatch.setattr(SessionLimits, "from_busy_timeout", classmethod(lambda _cls, _busy: SHORT))
    monkeypatch.setattr(instances, "_ANSWER", 0.6)
    monkeypatch.setattr(instances, "_BEAT", 0.05)
    monkeypatch.setitem(postgres._CLIENT_TCP, "connect_timeout", 2)
    with Proxy(postgres_database) as proxy:
        yield proxy


@pytest.fixture
def ledger(proxy: Proxy) -> Iterator[Ledger]:
    ledger = open_ledger(proxy.url)
    ledger.prepare(upgrade=True)
    yield ledger
    ledger.close()


def refused(call: object) -> float:
    """It raises LedgerError; after how many seconds."""
    began = monotonic()
    with pytest.raises(LedgerError):
        call()  # type: ignore[operator]
    return monotonic() - began


def again(ledger: Ledger) -> None:
    """A connection that took long to fail is not tried again for a second."""
    end = monotonic() + IN_TIME
    while True:
        try:
            ledger.channels.get_channel("tg")
        except LedgerError:
            assert monotonic() < end
            sleep(0.05)
        else:
            return


def test_a_call_on_a_half_open_connection_fails_and_the_next_one_works(proxy: Proxy, ledger: Ledger) -> None:
    add(ledger)
    proxy.half_open()
    assert refused(lambda: ledger.channels.get_channel("tg")) < IN_TIME
    assert (
        refused(lambda: ledger.channels.get_channel("tg")) < IN_TIME
    )  # a new connection gets no answer either
    proxy.resume()
    again(ledger)


@pytest.mark.parametrize("fault", ["cut", "refuse", "half-open"])
def test_a_transaction_that_loses_its_connection_is_undone_at_once(
    proxy: Proxy, ledger: Ledger, fault: str
) -> None:
    """The server may not know that we are gone, and has our locks."""
    add(ledger)

    def write() -> None:
        with ledger._database.write() as tx:
            tx.execute(text("UPDATE post SET attempts = 7"))
            if fault == "half-open":
                proxy.half_open(new="forward")
            else:
                proxy.cut(new="refuse" if fault == "refuse" else "forward")

    assert refused(write) < IN_TIME
    if fault == "refuse":
        assert refused(lambda: ledger.channels.get_channel("tg")) < IN_TIME
    proxy.new = "forward"
    again(ledger)
    [post] = ledger.posts.list_posts(limit=None)
    assert post.attempts == 0
    with ledger._database.write() as tx:  # and nobody has its lock
        tx.execute(text("UPDATE post SET attempts = 1"))


def test_a_commit_that_is_late_changes_nothing_after_the_connection_was_given_up(
    proxy: Proxy, ledger: Ledger
) -> None:
    add(ledger)

    def write() -> None:
        with ledger._database.write() as tx:
            tx.execute(text("UPDATE post SET attempts = 7"))
            proxy.half_open(new="forward")  # COMMIT stays in the proxy

    refused(write)
    again(ledger)
    proxy.resume()  # and goes on, to a session that is not there any more
    sleep(0.2)
    assert [post.attempts for post in ledger.posts.list_posts(limit=None)] == [0]


def read_until(database: str, table: str) -> int:
    """The newest time in the column `until`."""
    with psycopg.connect(database) as other:
        row = other.execute(f"SELECT max(until) FROM {table}".encode()).fetchone()
    return int(row[0]) if row else 0


def wait_until(seen: Callable[[], object]) -> None:
    end = monotonic() + IN_TIME
    while not seen():
        assert monotonic() < end
        sleep(0.01)


def says_that_it_is_lost(ledger: Ledger) -> bool:
    try:
        ledger.has_changed()
    except LedgerError:
        return True
    return False


def hears(ledger: Ledger) -> bool:
    instances = ledger.instances
    assert isinstance(instances, PostgresInstances)
    return instances._hears


@pytest.mark.parametrize("fault", ["cut", "half-open"])
def test_a_service_whose_session_is_lost_counts_as_running_and_opens_another(
    proxy: Proxy, ledger: Ledger, postgres_database: str, fault: str
) -> None:
    ledger.acquire_instance_lock()
    assert not ledger.has_changed()
    add(ledger)
    claimed(ledger)
    if fault == "cut":
        proxy.cut()
    else:
        proxy.half_open(new="forward")
    wait_until(lambda: says_that_it_is_lost(ledger))
    with closing(open_ledger(postgres_database)) as other:
        wait_until(lambda: hears(ledger))
        assert ledger.has_changed()  # Something may have been missed.
        assert other.delivery.recover_posts(now=NOW) == []
        add(other, guid="g2")
        wait_until(ledger.has_changed)


def test_a_service_that_is_cut_off_counts_as_ended_once_its_time_is_over(
    proxy: Proxy, ledger: Ledger, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "INSTANCE_LEASE", 1.0)
    ledger.acquire_instance_lock()
    add(ledger)
    claimed(ledger)
    with closing(open_ledger(postgres_database)) as other:
        before = read_until(postgres_database, "instance")
        wait_until(lambda: read_until(postgres_database, "instance") > before)
        proxy.half_open()
        wait_until(lambda: other.delivery.recover_posts(now=NOW))
        assert [post.state for post in other.posts.list_posts()] == [PostState.UNKNOWN]
        assert other.list_running_services() == []
        proxy.resume()
        wait_until(other.list_running_services)
        again(ledger)
        assert ledger.delivery.recover_posts(now=NOW) == []


async def test_no_service_counts_as_ended_right_after_the_server_was_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No service could prolong its time; each needs a moment to come back."""
    if (programs := binaries()) is None:
        pytest.skip(SKIPPED[0].what)
    monkeypatch.setattr(instances, "INSTANCE_LEASE", 4.0)
    async with Server(programs) as server:
        with Proxy(server.url) as proxy, closing(open_ledger(proxy.url)) as ledger:
            ledger.prepare(upgrade=True)
            ledger.acquire_instance_lock()
            add(ledger)
            claimed(ledger)
            proxy.cut(new="refuse")
            await server.kill()
            await asyncio.sleep(4.5)
            await server.start()
            with closing(open_ledger(server.url)) as other:
                found = other.delivery.recover_posts(now=NOW)
                looked = other.get_time()
                assert looked is not None
                if looked[0] < read_start(server.url) + timedelta(seconds=4):  # else the machine is too busy
                    assert found == []
                wait_until(lambda: found or other.delivery.recover_posts(now=NOW))


def read_start(url: str) -> datetime:
    with psycopg.connect(url) as session:
        row = session.execute("SELECT pg_postmaster_start_time()").fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def test_a_service_of_this_machine_that_was_killed_counts_as_ended_at_once(
    ledger: Ledger, postgres_database: str
) -> None:
    script = f"""
from time import sleep
from newsbot.ledger import open_ledger
ledger = open_ledger({postgres_database!r})
ledger.acquire_instance_lock()
print(ledger.instances.me, flush=True)
sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        service.stdout.readline()
        assert [found.pid for found in ledger.list_running_services()] == [service.pid]
        service.kill()
        service.stdout.read()
        assert ledger.list_running_services() == []  # though nobody has asked for its exit status yet


def test_a_session_that_cant_be_opened_is_tried_now_and_then_and_changes_are_looked_for(
    proxy: Proxy, ledger: Ledger
) -> None:
    ledger.acquire_instance_lock()
    proxy.cut(new="refuse")
    tries, looks, end = 0, 0, monotonic() + 1.8
    while monotonic() < end:
        try:
            looks += ledger.has_changed()
        except LedgerError:
            tries += 1
        sleep(0.01)
    assert 2 <= tries <= 4
    assert 1 <= looks <= 2


def test_another_services_session_is_left_alone(proxy: Proxy, ledger: Ledger, postgres_database: str) -> None:
    with closing(open_ledger(postgres_database)) as other:
        other.acquire_instance_lock()
        ledger.acquire_instance_lock()
        proxy.half_open(new="forward")
        wait_until(lambda: says_that_it_is_lost(ledger))
        wait_until(lambda: hears(ledger))
        assert not says_that_it_is_lost(other)
        assert len(other.list_running_services()) == 2


def test_a_lease_of_a_service_that_is_cut_off_is_taken_by_another_and_none_believes_to_have_it_longer(
    proxy: Proxy, ledger: Ledger, postgres_database: str
) -> None:
    length = timedelta(seconds=3)
    with closing(open_ledger(postgres_database)) as other:
        ledger.acquire_instance_lock()
        other.acquire_instance_lock()
        wait_until(lambda: ledger.instances.hold("desk", length))
        before = read_until(postgres_database, "lease")
        wait_until(lambda: read_until(postgres_database, "lease") > before)
        assert not other.instances.hold("desk", length)
        assert ledger.instances.hold("desk", length)
        proxy.half_open()
        wait_until(lambda: other.instances.hold("desk", length))
        assert not ledger.instances.hold("desk", length)
        assert not ledger.instances.has_lost("desk")  # It can't know.
        proxy.resume()
        wait_until(lambda: ledger.instances.has_lost("desk"))
        assert other.instances.hold("desk", length)


def test_a_statement_that_waits_for_another_process_ends_in_time(
    ledger: Ledger, postgres_database: str
) -> None:
    add(ledger)
    with psycopg.connect(postgres_database) as other:
        other.execute("UPDATE post SET attempts = attempts")

        def write() -> None:
            with ledger._database.write() as tx:
                tx.execute(text("UPDATE post SET attempts = 1"))

        began = monotonic()
        with pytest.raises(LedgerBusy):
            write()
        assert monotonic() - began < IN_TIME


def test_a_statement_that_works_for_too_long_is_ended_but_not_a_migrations(ledger: Ledger) -> None:
    nap = text("SELECT pg_sleep(1.5)")
    with pytest.raises(LedgerBusy, match="took too long"), ledger._database.read() as tx:
        tx.execute(nap)
    with ledger._database.write() as tx, ledger._database.lift_time_limits(tx):
        tx.execute(nap)
    with pytest.raises(LedgerBusy, match="took too long"), ledger._database.read() as tx:
        tx.execute(nap)


def test_a_slow_network_is_only_slow(proxy: Proxy, ledger: Ledger) -> None:
    proxy.slow(0.05)
    post = add(ledger)[0]
    assert ledger.posts.get_post(post.id).state is PostState.SCHEDULED


def test_what_the_operator_wrote_in_the_url_counts(proxy: Proxy) -> None:
    ledger = open_ledger(f"{proxy.url}?application_name=press&keepalives_idle=77")
    with ledger._database.read() as tx:
        shown = str(tx.execute(text("SELECT current_setting('application_name')")).scalar())
        raw = tx.connection.driver_connection
        assert raw is not None
        given = raw.info.get_parameters()
    assert shown.startswith("press newsbot ")
    assert given["keepalives_idle"] == "77"
    assert given["tcp_user_timeout"] == "15000"
    ledger.close()


# ---------------------------------------------------------------- SQLite


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "news.db"


@pytest.fixture
def sqlite(file: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{file}", busy=0.2)
    ledger.prepare(upgrade=True)
    ledger.acquire_instance_lock()
    yield ledger
    ledger.close()


def test_nothing_is_written_into_a_file_that_was_taken_away(sqlite: Ledger, file: Path) -> None:
    add(sqlite)
    moved = file.with_name("moved.db")
    file.rename(moved)
    for call in (lambda: claimed(sqlite), lambda: sqlite.channels.get_channel("tg"), sqlite.has_changed):
        with pytest.raises(LedgerGone, match="is gone"):
            call()
    moved.rename(file)
    assert claimed(sqlite).post.state is PostState.SENDING


def test_nothing_is_written_where_another_file_is_in_its_place(sqlite: Ledger, file: Path) -> None:
    add(sqlite)
    sqlite.backup(str(file.with_name("backup.db")))
    file.with_name("backup.db").replace(file)
    with pytest.raises(LedgerGone, match="was replaced"):
        claimed(sqlite)


def test_a_file_that_is_locked_is_waited_for_no_longer_than_it_may(sqlite: Ledger, file: Path) -> None:
    add(sqlite)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy):
        claimed(sqlite)
    other.execute("COMMIT")
    other.close()
    assert claimed(sqlite).post.state is PostState.SENDING


def test_after_the_disk_failed_the_file_is_opened_again(sqlite: Ledger, file: Path) -> None:
    """As after an I/O error: what a connection has open may be of no use."""

    class Context:
        original_exception = sqlite3.OperationalError("disk I/O error")
        is_disconnect = False
        execution_context = None

    Context.original_exception.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    context = Context()
    _invalidate_sqlite(context)  # type: ignore[arg-type]  # what it looks at, and no more
    assert context.is_disconnect
    assert sqlite3.SQLITE_BUSY not in _BROKEN_CODES
    assert file.exists()
    assert sqlite.channels.get_channel("tg").state == "active"


def test_a_connection_that_failed_leaves_nothing_open(sqlite: Ledger, file: Path) -> None:
    """Else it shares a file that was opened while it could only be read with all that come after it."""
    with sqlite._database.open_raw_connection() as raw:
        raw.execute("PRAGMA query_only = ON")
    with pytest.raises(LedgerError, match="can't be written"):
        add(sqlite)
    assert [opened.path for opened in psutil.Process().open_files() if opened.path == str(file)] == []
    assert add(sqlite)


def test_a_damaged_file_is_as_one_that_is_gone(sqlite: Ledger, file: Path) -> None:
    """No waiting mends it: a service that meets nothing else ends."""
    add(sqlite)
    sqlite.close()
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"damage! " * ((file.stat().st_size - 4096) // 8))
    with pytest.raises(LedgerGone, match="is damaged"):
        claimed(sqlite)


def test_a_session_that_only_reads_is_made_again(postgres_database: str) -> None:
    """A failover leaves them behind: the server that writes is found by a new one."""
    delete_rows(postgres_database)
    ledger = open_ledger(postgres_database)
    ledger.prepare(upgrade=True)
    add(ledger)
    name = make_url(postgres_database).database
    with psycopg.connect(postgres_database, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        ledger.close()  # the next session has it
        with pytest.raises(LedgerError, match="is read-only"):
            claimed(ledger)
        other.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
    assert claimed(ledger).post.state is PostState.SENDING
    ledger.close()


def test_a_server_that_takes_no_more_connections_is_named_so(postgres: str) -> None:
    role = f"newsbot_test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as session:
        session.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 0".encode())
        try:
            url = make_url(postgres).set(username=role).render_as_string(hide_password=False)
            with closing(open_ledger(url)) as ledger, pytest.raises(LedgerError) as raised:
                ledger.get_time()
        finally:
            session.execute(f"DROP ROLE {role}".encode())
    assert raised.value.reason.code is LedgerCode.TOO_MANY_CONNECTIONS
