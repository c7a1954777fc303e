"""Posts that were published or edited a moment ago: when they are handed over."""

from datetime import UTC, datetime, timedelta

import pytest

from newsbot.model import Image, Item
from newsbot.sources.database.cursor import Memory
from newsbot.sources.database.row_source import Key, Progress
from newsbot.sources.database.scan import Verdict, judge

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BARE = Item(guid="g", title="Tram")
TAGGED = Item(guid="g", title="Tram", tags=("city",))
PHOTO = Item(guid="g", title="Tram", tags=("city",), image=Image("https://example.org/p.jpg", None))


class Desk:
    """One row, read again and again."""

    def __init__(self, *, every: float = 1.0, marked: bool = True) -> None:
        self.memory = Memory(marked=marked)
        self.key = Key(7, "g", "m", live=True, at=(None,), fresh=AT)
        self.every = timedelta(seconds=every)

    def read(self, seconds: float, item: Item, progress: Progress) -> Verdict:
        """Some seconds after it was seen first."""
        now = AT + timedelta(seconds=seconds)
        return judge(self.memory, self.key, item, progress, now=now, every=self.every)


def test_what_has_its_terms_and_its_photo_is_whole_at_once() -> None:
    assert Desk().read(0, PHOTO, Progress.DONE) is Verdict.WHOLE


def test_what_is_on_its_way_is_waited_for() -> None:
    desk = Desk()
    assert desk.read(0, BARE, Progress.UNKNOWN) is Verdict.COMING
    assert desk.read(2, TAGGED, Progress.TERMS) is Verdict.COMING
    assert desk.read(2.3, TAGGED, Progress.COMING) is Verdict.COMING
    assert desk.read(4, PHOTO, Progress.DONE) is Verdict.WHOLE


def test_a_slow_site_has_longer_to_begin_with_the_photo() -> None:
    quick, slow = Desk(), Desk()
    quick.read(0, TAGGED, Progress.TERMS)
    assert quick.read(0.5, TAGGED, Progress.TERMS) is Verdict.WHOLE
    slow.read(0, BARE, Progress.UNKNOWN)
    slow.read(4, TAGGED, Progress.TERMS)
    assert slow.read(5.5, TAGGED, Progress.TERMS) is Verdict.COMING
    assert slow.read(6, TAGGED, Progress.TERMS) is Verdict.WHOLE


def test_what_a_mark_told_holds_when_it_is_taken_off() -> None:
    desk, photo = Desk(), Desk()
    desk.read(0, TAGGED, Progress.TERMS)
    assert desk.read(0.5, TAGGED, Progress.UNKNOWN) is Verdict.WHOLE
    photo.read(0, TAGGED, Progress.COMING)
    assert photo.read(0.5, PHOTO, Progress.UNKNOWN) is Verdict.WHOLE


def test_a_mark_that_was_never_seen_is_not_waited_for_long() -> None:
    desk = Desk()
    desk.read(0, BARE, Progress.UNKNOWN)
    desk.read(1, TAGGED, Progress.UNKNOWN)
    assert desk.read(3.9, TAGGED, Progress.UNKNOWN) is Verdict.COMING
    assert desk.read(4, TAGGED, Progress.UNKNOWN) is Verdict.WHOLE


def test_nothing_is_waited_for_without_end() -> None:
    desk = Desk()
    desk.read(0, TAGGED, Progress.COMING)
    assert desk.read(19.9, TAGGED, Progress.COMING) is Verdict.COMING
    assert desk.read(20, TAGGED, Progress.COMING) is Verdict.WHOLE


@pytest.mark.parametrize(("every", "whole"), [(1, 1.75), (2, 2.75), (60, 3)])
def test_a_site_that_leaves_no_marks_is_known_after_one_post(every: float, whole: float) -> None:
    """Then a post has to be calm, for as long as the interval leaves room."""
    desk = Desk(every=every)
    desk.read(0, TAGGED, Progress.UNKNOWN)
    assert desk.read(10, TAGGED, Progress.UNKNOWN) is Verdict.WHOLE
    assert not desk.memory.marked
    desk = Desk(every=every, marked=False)
    desk.read(0, TAGGED, Progress.UNKNOWN)
    assert desk.read(whole - 0.01, TAGGED, Progress.UNKNOWN) is Verdict.COMING
    assert desk.read(whole, TAGGED, Progress.UNKNOWN) is Verdict.WHOLE


def test_what_was_handed_over_is_so_again_only_where_it_is_otherwise_and_calm() -> None:
    desk = Desk()
    desk.read(0, PHOTO, Progress.DONE)
    assert desk.read(1, PHOTO, Progress.DONE) is Verdict.SAME
    edited = Item(guid="g", title="Trams")
    assert desk.read(2, edited, Progress.DONE) is Verdict.COMING
    assert desk.read(3, PHOTO, Progress.DONE) is Verdict.SAME
    assert desk.read(4, edited, Progress.DONE) is Verdict.COMING
    assert desk.read(6, edited, Progress.DONE) is Verdict.WHOLE
    assert desk.read(7, edited, Progress.DONE) is Verdict.SAME
    assert desk.read(30, BARE, Progress.DONE) is Verdict.COMING
    assert desk.read(32, BARE, Progress.DONE) is Verdict.WHOLE


def test_the_memory_survives_being_stored() -> None:
    desk = Desk()
    desk.read(0, BARE, Progress.UNKNOWN)
    desk.read(1, PHOTO, Progress.DONE)
    assert Memory.load(desk.memory.dump()) == desk.memory
