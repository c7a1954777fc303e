"""A ledger that was put back to an earlier state is recognized, and nothing of it goes out a second time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copyfile, copytree, rmtree

import pytest

from newsbot.errors import InvalidTransition, LedgerError
from newsbot.ledger import restored_posts
from newsbot.ledger.fence import LedgerFacts, find_lag
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.progress_marks import FoundMark, MarkFile, ProgressMark
from newsbot.model import Failure, Item, Post, PostEvent, PostState, Receipt
from newsbot.newsroom.history import HistoryReader
from newsbot.ports import PollResult
from newsbot.ports.desk import DeskUpdate
from newsbot.reasons import Code
from tests.ledger.exchanges import claim_next, record_poll, store_part

from .making import (
    HOUR,
    LEASE,
    NOW,
    SECOND,
    TERMS,
    add,
    article,
    claimed,
    new_post,
    part,
    poll,
    receipt,
    sent,
)
from .restoring import Place

LATER = NOW + HOUR


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Iterator[Place]:
    """On SQLite alone: for what has nothing to do with how a database is put back, which takes long."""
    copyfile(sqlite_template, tmp_path / "ledger.db")
    found = Place(f"sqlite:///{tmp_path}/ledger.db", tmp_path)
    yield found
    found.close()


@pytest.fixture
def place(url: str, tmp_path: Path) -> Iterator[Place]:
    found = Place(url, tmp_path)
    yield found
    found.close()


def posts(ledger: Ledger, *states: PostState) -> list[Post]:
    return ledger.posts.list_posts(states=states, limit=None)


def sent_after_a_backup(place: Place, count: int = 3) -> tuple[Path, list[Post]]:
    """A backup with ``count`` posts that wait; then all of them went out."""
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    made = [add(ledger, guid=f"g{n}")[0] for n in range(count)]
    path = place.backup()
    for _ in made:
        sent(ledger)
    place.close()
    return path, made


def test_what_waited_at_the_backup_is_unknown_after_a_restore(place: Place) -> None:
    path, made = sent_after_a_backup(place)
    place.restore(path)
    ledger = place.open()
    told = ledger.alerts.get_pending_restore()
    assert told
    assert not told.handled  # a command that only looks says it too
    assert posts(ledger, PostState.SCHEDULED)
    ledger.acquire_instance_lock(now=LATER)
    assert {post.id for post in posts(ledger, PostState.UNKNOWN)} == {post.id for post in made}
    assert claim_next(ledger.delivery, "tg", TERMS, now=LATER, lease=LEASE) is None
    told = ledger.alerts.get_pending_restore()
    assert told
    assert (told.handled, told.waiting, told.until) == (True, 3, LATER)
    with pytest.raises(InvalidTransition):
        ledger.posts.apply_event(made[0].id, PostEvent.APPROVE, by="cli:ana", now=LATER)


def test_nothing_is_taken_for_a_restore_that_is_none(place: Place) -> None:
    """A backup that is made, days off, a clock that goes back, a crash in mid-call."""
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger, new_post(), new_post("x"))
    sent(ledger)
    place.backup()
    add(ledger, guid="g2")
    place.close()
    for now in (NOW + timedelta(days=4), NOW - timedelta(days=4)):
        ledger = place.open()
        ledger.acquire_instance_lock(now=now)
        assert ledger.alerts.get_pending_restore() is None
        place.close()
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    claimed(ledger, "x")  # and a crash in mid-call
    place.close()
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    assert ledger.alerts.get_pending_restore() is None
    assert [post.state for post in ledger.delivery.recover_posts(now=LATER)] == [PostState.UNKNOWN]
    assert posts(ledger, PostState.SCHEDULED)


def test_a_restore_is_recognized_once_and_the_same_backup_again(place: Place) -> None:
    path, _ = sent_after_a_backup(place)
    for _ in range(2):
        place.restore(path)
        ledger = place.open()
        ledger.acquire_instance_lock(now=LATER)
        assert len(posts(ledger, PostState.UNKNOWN)) == 3
        add(ledger, guid="new", now=LATER)
        place.close()
        again = place.open()
        again.acquire_instance_lock(now=LATER + HOUR)
        assert len(posts(again, PostState.UNKNOWN)) == 3
        assert sent(again, now=LATER + HOUR).state is PostState.SENT
        place.close()


def test_a_running_service_notices_it_with_its_next_claim(place: Place) -> None:
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    made = [add(ledger, guid=f"g{n}")[0] for n in range(3)]
    path = place.backup()
    for _ in made:
        sent(ledger)
    if place.is_file:
        with ledger._database.open_raw_connection() as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger._database.close()
    place.restore(path)
    assert claim_next(ledger.delivery, "tg", TERMS, now=LATER, lease=LEASE) is None
    assert len(posts(ledger, PostState.UNKNOWN)) == 3


def test_a_service_that_has_sent_nothing_itself_notices_a_dump(place: Place, tmp_path: Path) -> None:
    """On PostgreSQL its own mark says nothing; the tables are not those that they were."""
    if place.is_file:
        pytest.skip("one service")
    (tmp_path / "elsewhere").mkdir()
    path, made = sent_after_a_backup(place)
    place.restore(path)
    other = place.open(folder=tmp_path / "elsewhere")
    other.acquire_instance_lock(now=LATER)
    assert len(posts(other, PostState.UNKNOWN)) == len(made)
    first = place.open()  # whose mark is of before the restore that the other has noticed
    add(other, guid="new", now=LATER)
    first.acquire_instance_lock(now=LATER + HOUR)
    assert len(posts(first, PostState.UNKNOWN)) == len(made)
    assert sent(first, now=LATER + HOUR).state is PostState.SENT


def test_a_second_service_on_a_machine_of_its_own_is_no_restore(place: Place, tmp_path: Path) -> None:
    if place.is_file:
        pytest.skip("one service")
    (tmp_path / "elsewhere").mkdir()
    first = place.open()
    first.acquire_instance_lock(now=NOW)
    add(first, new_post(), new_post("x"))
    sent(first)
    other = place.open(folder=tmp_path / "elsewhere")
    other.acquire_instance_lock(now=NOW)
    assert other.alerts.get_pending_restore() is None
    assert sent(other, "x").state is PostState.SENT


def test_a_database_that_moves_whole_is_no_restore(place: Place, tmp_path: Path) -> None:
    """With its mark, or as a dump that lacks nothing."""
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger, new_post(), new_post("x"))
    sent(ledger)
    place.close()
    if place.is_file:
        copytree(tmp_path, tmp_path.with_name("moved"))
        moved = Place(f"sqlite:///{tmp_path.with_name('moved')}/ledger.db", tmp_path.with_name("moved"))
    else:
        moved = place
        place.restore(place.backup())
    ledger = moved.open()
    ledger.acquire_instance_lock(now=LATER)
    assert ledger.alerts.get_pending_restore() is None
    assert posts(ledger, PostState.SCHEDULED)
    moved.close()


def test_a_mark_that_is_restored_with_its_folder_is_known_to_the_machine(
    place: Place, tmp_path: Path
) -> None:
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    made = [add(ledger, guid=f"g{n}")[0] for n in range(3)]
    sent(ledger)
    ledger.close()
    copies = tmp_path.with_name(f"{tmp_path.name}-copies")
    path = place.backup() if not place.is_file else None
    copytree(tmp_path, copies)
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    sent(ledger)
    sent(ledger)
    place.close()
    rmtree(tmp_path)
    copytree(copies, tmp_path)
    rmtree(copies)
    if path:
        place.restore(path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    assert len(posts(ledger, PostState.UNKNOWN)) == len(made) - 1


def test_without_its_mark_a_file_is_in_doubt(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL's tables tell")
    place = Place(url, tmp_path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger)
    place.close()
    [mark] = place.marks
    mark.unlink()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    assert [post.state for post in posts(ledger)] == [PostState.UNKNOWN]
    place.close()


def test_no_call_leaves_that_the_mark_does_not_know(tmp_path: Path, sqlite_template: Path) -> None:
    copyfile(sqlite_template, tmp_path / "ledger.db")
    place = Place(f"sqlite:///{tmp_path}/ledger.db", tmp_path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    [post] = add(ledger)
    [mark] = place.marks
    mark.unlink()
    mark.mkdir()
    with pytest.raises(LedgerError, match="nothing is sent"):
        claim_next(ledger.delivery, "tg", TERMS, now=NOW, lease=LEASE)
    assert ledger.posts.get_post(post.id).state is PostState.RETRYING
    mark.rmdir()
    assert sent(ledger).id == post.id
    place.close()
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    assert ledger.alerts.get_pending_restore() is None
    place.close()


# ---------------------------------------------------------------- what each post becomes


def restored_with(place: Place, *new: object) -> tuple[Ledger, list[Post]]:
    """A ledger that was restored to when these waited, while another post went out."""
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    made = add(ledger, *new)  # type: ignore[arg-type]
    path = place.backup()
    add(ledger, new_post("other"), guid="other")
    sent(ledger, "other")
    place.close()
    place.restore(path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    return ledger, made


def test_what_was_held_is_held_again_where_it_is_not_out(file: Place) -> None:
    ledger, [asked, ruled] = restored_with(
        file,
        new_post(held_for="approval", approval=1),
        new_post("x", held_for="20 articles at once"),
    )
    for was in (asked, ruled):
        assert ledger.posts.get_post(was.id).state is PostState.UNKNOWN
        found = ledger.posts.apply_event(was.id, PostEvent.MISS, by="cli:ana", now=LATER)
        assert (found.state, found.held_for) == (PostState.HELD, was.held_for)
        assert claim_next(ledger.delivery, was.channel, TERMS, now=LATER, lease=LEASE) is None


def test_no_call_and_no_time_is_invented_for_what_a_lost_ledger_may_have_sent(file: Place) -> None:
    ledger, [post] = restored_with(file, new_post())
    story = [f"{line.event}: {line.detail}" for line in HistoryReader(ledger).get_history(post.id).lines]
    assert not any(line.startswith("call") for line in story)
    assert "restored: the ledger was restored from a backup: it may have gone out between" in story[-1]
    found = ledger.posts.apply_event(post.id, PostEvent.FIND, by="cli:ana", now=LATER)
    assert found.is_time_uncertain
    assert str(found.reason).startswith("some time from 2026-11-22 12:00")
    [again] = add(ledger, guid="new", now=LATER)
    assert not sent(ledger, now=LATER).is_time_uncertain
    assert [call.outcome for call in ledger.posts.list_calls(again.id)] == ["sent"]


def test_what_is_due_later_keeps_its_time(file: Place) -> None:
    ledger, [post] = restored_with(file, new_post(due_at=LATER + HOUR))
    found = ledger.posts.apply_event(post.id, PostEvent.MISS, by="cli:ana", now=LATER)
    assert (found.state, found.due_at) == (PostState.RETRYING, LATER + HOUR)


def test_each_part_of_a_thread_is_in_doubt(place: Place) -> None:
    """That the first part is out says nothing of the second."""
    ledger, _ = restored_with(place, new_post(parts=(part("1"), part("2"), part("3"))))
    for number in (0, 1):
        [doubt] = ledger.delivery.list_unknown_posts()
        assert doubt.post.next_part == number
        assert doubt.until == LATER
        found = ledger.delivery.settle_found(
            doubt, [Receipt(0, f"id-{number}", None)], sent_at=NOW + SECOND, now=LATER
        )
        assert found
        assert found.state is PostState.UNKNOWN
    [doubt] = ledger.delivery.list_unknown_posts()
    absent = ledger.delivery.settle_absent(doubt, now=LATER, detail=Code.TEXT(words="not there"))
    assert absent
    assert absent.state is PostState.RETRYING
    assert claimed(ledger, now=LATER).part == 2


def test_a_person_who_saw_one_part_is_asked_about_the_next(file: Place) -> None:
    ledger, [post] = restored_with(file, new_post(parts=(part("1"), part("2"))))
    found = ledger.posts.apply_event(post.id, PostEvent.MISS, by="cli:ana", now=LATER, receipts=[receipt(0)])
    assert (found.state, found.next_part) == (PostState.UNKNOWN, 1)


def test_an_unknown_of_before_may_have_been_sent_since(file: Place) -> None:
    ledger = file.open()
    ledger.acquire_instance_lock(now=NOW)
    [post] = add(ledger)
    claimed(ledger)
    path = file.backup()  # in mid-call
    store_part(ledger.delivery, post.id, receipt(), TERMS, now=NOW + SECOND, lease=LEASE)
    add(ledger, new_post("other"), guid="other")
    sent(ledger, "other")
    file.close()
    file.restore(path)
    ledger = file.open()
    ledger.acquire_instance_lock(now=LATER)
    [doubt] = ledger.delivery.list_unknown_posts()
    assert (doubt.post.state, doubt.until) == (PostState.UNKNOWN, LATER)


def test_money_that_was_spent_stays_spent(place: Place) -> None:
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger, *(new_post(name, cost="0.20") for name in ("a", "b", "c")))
    path = place.backup()
    for name in ("a", "b"):
        sent(ledger, name)
    spent = {name: ledger.channels.get_spending(name, now=NOW) for name in ("a", "b")}
    assert all(spent.values())
    place.close()
    place.restore(path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    assert {name: ledger.channels.get_spending(name, now=LATER) for name in ("a", "b")} == spent


def test_a_command_that_the_desk_obeyed_is_not_obeyed_again(place: Place) -> None:
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger)
    path = place.backup()
    told = DeskUpdate(7, 1001, NOW, 1, 2, "/post https://example.org/a")
    assert ledger.desk.store_update(told)
    sent(ledger)
    place.close()
    place.restore(path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    assert not ledger.desk.store_update(told)
    assert ledger.desk.store_update(replace(told, update_id=1002))


def test_no_new_post_gets_the_id_of_one_that_is_lost(place: Place) -> None:
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    add(ledger)
    path = place.backup()
    [lost] = add(ledger, guid="lost")
    sent(ledger)
    place.close()
    place.restore(path)
    ledger = place.open()
    ledger.acquire_instance_lock(now=LATER)
    [new] = add(ledger, guid="new", now=LATER)
    assert new.id != lost.id
    assert new.article_id != lost.article_id


# ---------------------------------------------------------------- what is found after it


def lose_a_send(place: Place, ledger: Ledger) -> Ledger:
    """Restore a backup that was made before another post was sent; the ledger after it, noticed at LATER."""
    add(ledger, new_post("other"), guid="other")
    path = place.backup()
    sent(ledger, "other")
    place.close()
    place.restore(path)
    restored = place.open()
    restored.acquire_instance_lock(now=LATER)
    return restored


def found_after(place: Place) -> Ledger:
    """A source was looked at before a restore, which was noticed at LATER."""
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    poll(ledger, "old")
    return lose_a_send(place, ledger)


def take_in(ledger: Ledger, guid: str, **values: object) -> PostState:
    """An article of the site, polled, read and composed for a channel; where its post is then."""
    now = values.pop("now", LATER + SECOND)
    [article_id] = poll(ledger, guid, now=now)  # type: ignore[arg-type]
    [post] = ledger.articles.store_read_article(article_id, article(guid, **values), [new_post()], now=now)  # type: ignore[arg-type]
    return post.state


def test_what_the_first_poll_finds_may_be_out(place: Place) -> None:
    ledger = found_after(place)
    assert take_in(ledger, "undated") is PostState.UNKNOWN
    assert take_in(ledger, "the next poll's") is PostState.SCHEDULED


def test_a_date_says_whether_it_can_be_out(file: Place) -> None:
    ledger = found_after(file)
    surely_later = LATER + 2 * restored_posts._MAX_CLOCK_DIFFERENCE
    assert take_in(ledger, "new", published_at=surely_later) is PostState.SCHEDULED
    assert take_in(ledger, "late", published_at=NOW + HOUR / 2) is PostState.UNKNOWN
    long_after = LATER + timedelta(days=3)
    assert take_in(ledger, "dated long ago", published_at=NOW, now=long_after) is PostState.SCHEDULED


def test_what_was_not_read_at_the_backup_may_be_out(file: Place) -> None:
    ledger = file.open()
    ledger.acquire_instance_lock(now=NOW)
    [article_id] = poll(ledger, "unread")
    ledger = lose_a_send(file, ledger)
    [post] = ledger.articles.store_read_article(article_id, article("unread"), [new_post()], now=LATER)
    assert post.state is PostState.UNKNOWN


def test_a_failed_poll_is_no_first_look(file: Place) -> None:
    ledger = found_after(file)
    failed = PollResult(LATER + HOUR, error=Failure("fetch", Code.TEXT(words="no answer")))
    record_poll(ledger.sources, "site", failed, now=LATER)
    assert take_in(ledger, "undated") is PostState.UNKNOWN


def test_only_seeing_it_or_a_person_settles_what_is_found_after(file: Place) -> None:
    """Its words may have been others when it went out."""
    ledger = found_after(file)
    take_in(ledger, "undated")
    [doubt] = [
        one for one in ledger.delivery.list_unknown_posts() if one.post.article_title == "Title" and one.looks
    ]
    assert doubt.absent_since == restored_posts._NEVER


def test_an_article_from_before_the_backup_that_a_person_posts_may_be_out(place: Place) -> None:
    """The lost ledger may have posted it by a person's wish after its posts were stopped."""
    ledger = place.open()
    ledger.acquire_instance_lock(now=NOW)
    [old] = add(ledger, guid="long ago", now=NOW - timedelta(days=60))
    [stopped] = add(ledger, guid="stopped")
    for post in (old, stopped):
        ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=NOW)
    ledger = lose_a_send(place, ledger)
    asked = [(each.article_id, [new_post()]) for each in (stopped, old)]
    made = [ledger.posts.queue_posts(*each, now=LATER, again=False)[0].state for each in asked]
    assert made == [PostState.UNKNOWN, PostState.SCHEDULED]
    correction = new_post(role="correction")
    [said] = ledger.posts.queue_posts(stopped.article_id, [correction], now=LATER, again=True)
    assert said.state is PostState.SCHEDULED


def test_a_page_without_a_date_that_a_person_submits_may_be_out_for_a_day(file: Place) -> None:
    ledger = found_after(file)
    for guid, now, state in (
        ("soon", LATER, PostState.UNKNOWN),
        ("late", LATER + timedelta(days=2), PostState.SCHEDULED),
    ):
        found = ledger.articles.add_article("cli", article(guid), now=now)
        [post] = ledger.posts.queue_posts(found, [new_post()], now=now, again=False)
        assert post.state is state


def test_a_person_who_asks_again_is_obeyed(file: Place) -> None:
    ledger = found_after(file)
    found = ledger.articles.add_article("cli", article("mine", published_at=NOW), now=LATER)
    [post] = ledger.posts.queue_posts(found, [new_post()], now=LATER, again=False)
    assert post.state is PostState.UNKNOWN
    [post] = ledger.posts.queue_posts(found, [new_post()], now=LATER, again=True)
    assert post.state is PostState.SCHEDULED


def test_a_source_that_is_new_is_not_doubted_for_ever(file: Place) -> None:
    ledger = found_after(file)
    for name, now, state in (("one", LATER, "unknown"), ("other", LATER + timedelta(days=2), "scheduled")):
        items = (Item(f"{name} item", url=f"https://example.org/{name}"),)
        [number] = record_poll(
            ledger.sources, name, PollResult(now + HOUR, {}, items, first_sight=True), now=now
        )
        [post] = ledger.articles.store_read_article(number, article(f"{name} item"), [new_post()], now=now)
        assert post.state == state


# ---------------------------------------------------------------- the marks


KNOWN = LedgerFacts("me", ("mother",), marked=True, calls=10, copied=False, empty=False)


@pytest.mark.parametrize(
    ("mark", "beside", "says"),
    [
        (ProgressMark("me", 10), True, None),
        (ProgressMark("me", 9), True, None),
        (ProgressMark("me", 12), True, "2 calls were made that are not in it"),
        (ProgressMark("me", 11), False, "1 call was made that is not in it"),
        (ProgressMark("mother", 99), True, None),
        (ProgressMark("child", 3, ("me",)), False, "an earlier restore"),
        (ProgressMark("stranger", 3), True, "another ledger"),
        (ProgressMark("stranger", 3), False, None),
    ],
)
def test_what_a_mark_says_of_a_ledger(mark: ProgressMark, *, beside: bool, says: str | None) -> None:
    found = find_lag(KNOWN, [FoundMark(mark, beside)], needs_mark=False)
    assert (found is None) == (says is None)
    assert (says or "") in str(found or "")


def test_a_new_ledger_beside_the_mark_of_one_that_had_sent_is_in_doubt() -> None:
    new = KNOWN._replace(empty=True, calls=0, marked=False)
    assert find_lag(new, [FoundMark(ProgressMark("stranger", 3), beside=True)], needs_mark=True)
    assert not find_lag(new, [FoundMark(ProgressMark("stranger", 0), beside=True)], needs_mark=True)


def test_a_torn_record_leaves_the_one_before(tmp_path: Path) -> None:
    file = MarkFile(tmp_path / "mark")
    for calls in (1, 2, 3):
        file.write(ProgressMark("me", calls), to_disk=True)
    data = bytearray(file.path.read_bytes())
    newest = 16 * 1024 * (3 % 2)
    data[newest + 20 : newest + 40] = bytes(20)
    file.path.write_bytes(data)
    found = file.read()
    assert found
    assert found.calls == 2
    file.close()


def test_two_services_share_a_mark_and_none_takes_it_back(tmp_path: Path) -> None:
    one, other = MarkFile(tmp_path / "mark"), MarkFile(tmp_path / "mark")
    one.write(ProgressMark("me", 7, updates={"1": 5}), to_disk=False)
    other.write(ProgressMark("me", 6, spent={"x 2026-11": 3}), to_disk=False)
    found = one.read()
    assert found
    assert (found.calls, found.updates, found.spent) == (7, {"1": 5}, {"x 2026-11": 3})
    one.write(ProgressMark("child", 2, ("me",)), to_disk=False)
    other.write(ProgressMark("me", 8), to_disk=False)  # it has not heard of the restore
    found = one.read()
    assert found
    assert (found.identity, found.calls) == ("child", 8)
    one.close()
    other.close()
