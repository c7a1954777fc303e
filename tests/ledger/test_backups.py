"""`db backup` and `db restore`, on both databases."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbot.errors import LedgerTaken, LedgerTooNew, NewsbotError, UsageError
from newsbot.ledger.migrations import HEAD
from newsbot.model import PostState

from .making import HOUR, NOW, add, sent
from .restoring import Place

LATER = NOW + HOUR


@pytest.fixture
def place(url: str, tmp_path: Path) -> Iterator[Place]:
    found = Place(url, tmp_path)
    yield found
    found.close()


def test_a_restore_brings_back_what_was_and_keeps_what_is(place: Place, tmp_path: Path) -> None:
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger)
    backup = tmp_path / "saved"
    ledger.backup(str(backup))
    sent(ledger)
    add(ledger, guid="g2")
    place.close()
    ledger = place.open()
    aside = ledger.restore(str(backup), now=LATER)
    assert [post.state for post in ledger.posts.list_posts()] == [PostState.UNKNOWN]
    told = ledger.alerts.get_pending_restore()
    assert told
    assert told.handled
    place.close()
    assert aside
    assert aside.exists()
    ledger = place.open()
    ledger.restore(str(aside), now=LATER)
    assert len(ledger.posts.list_posts()) == 2


def test_a_running_service_keeps_its_ledger(place: Place, tmp_path: Path) -> None:
    service = place.open()
    service.acquire_instance_lock(now=NOW)
    add(service)
    backup = tmp_path / "saved"
    service.backup(str(backup))
    add(service, guid="g2")
    with pytest.raises(LedgerTaken):
        place.open().restore(str(backup), now=LATER)
    assert len(service.posts.list_posts()) == 2


@pytest.mark.parametrize("what", ["missing", "text", "another database", "damaged", "newer"])
def test_what_is_no_backup_changes_nothing(place: Place, tmp_path: Path, what: str) -> None:
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger)
    backup = tmp_path / "saved"
    if what == "newer":
        with ledger._database.write() as tx:
            tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    ledger.backup(str(backup))
    if what == "newer":
        with ledger._database.write() as tx:
            tx.exec_driver_sql("DELETE FROM alembic_version")
            tx.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{HEAD}')")
    elif what == "missing":
        backup.unlink()
    elif what == "text":
        backup.write_text("no database at all\n" * 300)
    elif what == "another database":
        backup.unlink()
        with sqlite3.connect(backup) as other:
            other.execute("CREATE TABLE post (id INTEGER)")
    else:
        data = bytearray(backup.read_bytes())
        data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
        backup.write_bytes(data)
    place.close()
    ledger = place.open()
    with pytest.raises(NewsbotError) as refused:
        ledger.restore(str(backup), now=LATER)
    assert (refused.type is LedgerTooNew) == (what == "newer")
    assert "\n" not in str(refused.value)
    place.close()
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    assert [post.state for post in ledger.posts.list_posts()] == [PostState.SCHEDULED]
    assert ledger.alerts.get_pending_restore() is None


def test_what_stands_in_the_old_files_log_is_not_read_into_the_new_one(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """A service that was killed leaves SQLite's log of writes behind."""
    (tmp_path / "ledger.db").write_bytes(sqlite_template.read_bytes())
    place = Place(f"sqlite:///{tmp_path}/ledger.db", tmp_path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger)
    ledger.backup(str(tmp_path / "saved"))
    add(ledger, guid="g2")
    sent(ledger)
    log = (tmp_path / "ledger.db-wal").read_bytes()
    assert log
    file = place.file.read_bytes()
    place.close()
    place.file.write_bytes(file)
    (tmp_path / "ledger.db-wal").write_bytes(log)
    ledger = place.open()
    ledger.restore(str(tmp_path / "saved"), now=LATER)
    assert [post.state for post in ledger.posts.list_posts()] == [PostState.UNKNOWN]
    place.close()


def test_a_backup_says_where_pg_dump_is_missing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite needs no other program")
    place = Place(url, tmp_path)
    ledger = place.open()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="pg_dump is not here"):
        ledger.backup(str(tmp_path / "saved"))
    place.close()
