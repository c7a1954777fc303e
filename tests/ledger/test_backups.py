"""`db backup` and `db restore`, on both databases."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from sqlalchemy import text

from newsbot.errors import LedgerTaken, LedgerTooNew, NewsbotError, UsageError
from newsbot.ledger.backups import write_backup
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.migrations import HEAD
from newsbot.model import Failure, Post, PostEvent, PostState
from newsbot.reasons import Code

from .exchanges import settle_call, store_part
from .making import HOUR, LEASE, NOW, TERMS, add, claimed, end_call, new_post, part, receipt, sent
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


def waited_past_a_backup(place: Place, backup: Path) -> dict[str, Post]:
    """Posts that waited at a backup; after it some were sent, cancelled or approved, and others were not."""
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    held: dict[str, Any] = {"held_for": "approval", "approval": 1}
    made = {
        "held": add(ledger, new_post(**held), guid="held")[0],
        "later": add(ledger, new_post(due_at=LATER + HOUR), guid="later")[0],
        "cancelled": add(ledger, new_post(due_at=LATER + HOUR), guid="cancelled")[0],
        "approved": add(ledger, new_post(**held), guid="approved")[0],
        "paused": add(ledger, new_post("x", due_at=LATER + HOUR), guid="paused")[0],
    }
    ledger.backup(str(backup))
    ledger.posts.apply_event(made["cancelled"].id, PostEvent.CANCEL, by="cli:ana", now=NOW)
    ledger.channels.pause("x", by="cli:ana", reason=Code.TEXT(words="a doubt"), now=NOW)
    vote: dict[str, Any] = {"due_at": NOW, "reason": Code.AS_SOON_AS_THERE(), "slot_at": None}
    ledger.posts.approve(made["approved"].id, by="cli:ana", now=NOW, **vote)
    assert sent(ledger).id == made["approved"].id
    place.close()
    return made


def test_what_the_replaced_ledger_had_not_sent_is_never_unknown(place: Place, tmp_path: Path) -> None:
    """A post that was paused or cancelled since the backup is held, as that decision is lost."""
    made = waited_past_a_backup(place, tmp_path / "saved")
    ledger = place.open()
    ledger.restore(str(tmp_path / "saved"), now=LATER)
    states = {name: ledger.posts.get_post(post.id).state for name, post in made.items()}
    held = dict.fromkeys(("held", "cancelled", "paused"), PostState.HELD)
    kept = held | {"later": PostState.SCHEDULED} if place.is_file else {}
    assert states == dict.fromkeys(made, PostState.UNKNOWN) | kept
    if place.is_file:
        assert ledger.posts.get_post(made["paused"].id).held_for == Code.DECISION_LOST()


def test_what_the_replaced_ledger_may_have_sent_in_part_is_unknown(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Two calls had unknown outcomes, of which a person skipped one; one thread had its first part out."""
    place, backup = file_place(sqlite_template, tmp_path), tmp_path / "saved"
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    names = ("lost", "skipped", "thread", "not-sent")
    made = {name: add(ledger, new_post(name, parts=(part("1"), part("2"))), guid=name)[0] for name in names}
    ledger.backup(str(backup))
    end_call(ledger, "lost", PostEvent.LOSE)
    ledger.posts.apply_event(
        end_call(ledger, "skipped", PostEvent.LOSE), PostEvent.SKIP, by="cli:ana", now=NOW
    )
    end_call(ledger, "not-sent", PostEvent.NOT_SENT)
    claim = claimed(ledger, "thread")
    assert store_part(ledger.delivery, claim.post.id, receipt(), TERMS, now=NOW, lease=LEASE)
    failure = Failure("why", Code.TEXT(words="refused"))
    settle_call(ledger.delivery, claim.post.id, PostEvent.NOT_SENT, failure, now=NOW)
    before = {name: ledger.posts.get_post(post.id).state for name, post in made.items()}
    retrying = dict.fromkeys(("thread", "not-sent"), PostState.RETRYING)
    assert before == {"lost": PostState.UNKNOWN, "skipped": PostState.CANCELLED} | retrying
    place.close()
    ledger = place.open()
    ledger.restore(str(backup), now=LATER)
    after = {name: ledger.posts.get_post(post.id).state for name, post in made.items()}
    place.close()
    unknown = dict.fromkeys(("lost", "skipped", "thread"), PostState.UNKNOWN)
    assert after == unknown | {"not-sent": PostState.HELD}


@pytest.mark.parametrize("what", ["edited", "approved", "of a paused channel"])
def test_a_post_that_was_held_at_the_backup_stays_held_if_it_was_not_sent(
    sqlite_template: Path, tmp_path: Path, what: str
) -> None:
    place, backup = file_place(sqlite_template, tmp_path), tmp_path / "saved"
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    [post] = add(ledger, new_post(held_for="approval", approval=1))
    add(ledger, new_post("x"), guid="x")
    ledger.backup(str(backup))
    sent(ledger, "x")
    if what == "edited":
        detail, was = Code.TEXT(words="other words"), post.content
        parts = (part("other words"),)
        ledger.posts.edit(post.id, parts, cost_usd=None, content=was, by="cli:ana", now=NOW, detail=detail)
    elif what == "approved":
        vote: dict[str, Any] = {"due_at": LATER, "reason": Code.AS_SOON_AS_THERE(), "slot_at": None}
        ledger.posts.approve(post.id, by="cli:ana", now=NOW, **vote)
    else:
        ledger.channels.pause("tg", by="cli:ana", reason=Code.TEXT(words="a doubt"), now=NOW)
    place.close()
    ledger = place.open()
    ledger.restore(str(backup), now=LATER)
    assert ledger.posts.get_post(post.id).state is PostState.HELD
    place.close()


def test_a_second_restore_keeps_the_answers_that_people_gave_after_the_first(
    sqlite_template: Path, tmp_path: Path
) -> None:
    place = file_place(sqlite_template, tmp_path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    held: dict[str, Any] = {"held_for": "approval", "approval": 1}
    posts = [add(ledger, new_post(**held), guid=f"g{n}")[0].id for n in range(3)]
    ledger.backup(str(tmp_path / "first"))
    add(ledger, guid="other")
    sent(ledger)
    place.close()
    copyfile(tmp_path / "first", place.file)
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    assert {ledger.posts.get_post(post).state for post in posts} == {PostState.UNKNOWN}
    ledger.posts.apply_event(posts[0], PostEvent.MISS, by="cli:ana", now=LATER)
    ledger.backup(str(tmp_path / "second"))
    ledger.posts.apply_event(posts[1], PostEvent.MISS, by="cli:ana", now=LATER)
    add(ledger, guid="one more", now=LATER)
    sent(ledger, now=LATER)
    events = len(ledger.posts.list_events(posts[2]))
    place.close()
    ledger = place.open()
    ledger.restore(str(tmp_path / "second"), now=LATER + HOUR)
    states = [ledger.posts.get_post(post).state for post in posts]
    assert states == [PostState.HELD, PostState.HELD, PostState.UNKNOWN]
    assert len(ledger.posts.list_events(posts[2])) == events
    place.close()


def test_a_replaced_ledger_says_which_articles_it_posted_by_a_persons_wish(
    sqlite_template: Path, tmp_path: Path
) -> None:
    place = file_place(sqlite_template, tmp_path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    stopped = {guid: add(ledger, guid=guid)[0] for guid in ("posted again", "stopped for good")}
    for post in stopped.values():
        ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=NOW)
    ledger.backup(str(tmp_path / "saved"))
    add(ledger, guid="posted again")
    sent(ledger)
    place.close()
    ledger = place.open()
    ledger.restore(str(tmp_path / "saved"), now=LATER)
    states = [ask_for(ledger, post.article_id) for post in stopped.values()]
    assert states == [PostState.UNKNOWN, PostState.SCHEDULED]
    place.close()


def ask_for(ledger: Ledger, article_id: str) -> PostState:
    [post] = ledger.posts.queue_posts(article_id, [new_post()], now=LATER, again=False)
    return post.state


def file_place(sqlite_template: Path, tmp_path: Path) -> Place:
    """Only on SQLite is the replaced ledger known to be complete."""
    copyfile(sqlite_template, tmp_path / "ledger.db")
    return Place(f"sqlite:///{tmp_path}/ledger.db", tmp_path)


def test_a_call_made_while_a_backup_is_put_back_leaves_nothing_as_it_was(
    sqlite_template: Path, tmp_path: Path
) -> None:
    place = file_place(sqlite_template, tmp_path)
    made = waited_past_a_backup(place, tmp_path / "saved")
    ledger, service = place.open(), place.open()
    ledger._fence.note_replaced()
    service.acquire_instance_lock(now=NOW)
    add(service, guid="new")
    sent(service)
    service.close()
    copyfile(tmp_path / "saved", tmp_path / "ledger.db")
    for log in tmp_path.glob("ledger.db-*"):
        log.unlink()
    ledger._database.take_new_file()
    ledger.acquire_instance_lock(now=LATER)
    assert {ledger.posts.get_post(post.id).state for post in made.values()} == {PostState.UNKNOWN}
    place.close()


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
            tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999', oldest = '9999'")
    write_backup(ledger._database.url, backup)  # as the newer version would
    if what == "newer":
        with ledger._database.write() as tx:
            tx.exec_driver_sql("DELETE FROM alembic_version")
            tx.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{HEAD}', '{HEAD}')")
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


def test_a_dump_that_would_lack_the_tables_of_a_newer_version_is_refused(
    ledger: Ledger, tmp_path: Path
) -> None:
    """A file of SQLite is copied whole, whatever is in it."""
    with ledger._database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999', oldest = '0001'"))
    path = tmp_path / "backup"
    try:
        if ledger._database.sqlite:
            ledger.backup(str(path))
        else:
            with pytest.raises(LedgerTooNew, match="9999"):
                ledger.backup(str(path))
    finally:
        with ledger._database.write() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})
    assert path.exists() == ledger._database.sqlite
