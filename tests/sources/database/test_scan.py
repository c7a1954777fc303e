"""Posts that were published or edited a moment ago: when they are handed over."""

from datetime import UTC, datetime, timedelta

import pytest

from newsbot.model import Image, Item
from newsbot.sources.database.scan import CursorState, PublishProgress, RowKey, RowVerdict, judge_row

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BARE = Item(guid="g", title="Tram")
TAGGED = Item(guid="g", title="Tram", tags=("city",))
PHOTO = Item(guid="g", title="Tram", tags=("city",), image=Image("https://example.org/p.jpg", None))


class Desk:
    """One row, read again and again."""

    def __init__(self, *, every: float = 1.0, marked: bool = True) -> None:
        self.memory = CursorState(marked=marked)
        self.key = RowKey(7, "g", "m", live=True, at=(None,), fresh=AT)
        self.every = timedelta(seconds=every)

    def read(self, seconds: float, item: Item, progress: PublishProgress) -> RowVerdict:
        """Some seconds after it was seen first."""
        now = AT + timedelta(seconds=seconds)
        return judge_row(self.memory, self.key, item, progress, now=now, every=self.every)


def test_what_has_its_terms_and_its_photo_is_whole_at_once() -> None:
    assert Desk().read(0, PHOTO, PublishProgress.DONE) is RowVerdict.WHOLE


def test_what_is_on_its_way_is_waited_for() -> None:
    desk = Desk()
    assert desk.read(0, BARE, PublishProgress.UNKNOWN) is RowVerdict.COMING
    assert desk.read(2, TAGGED, PublishProgress.TERMS) is RowVerdict.COMING
    assert desk.read(2.3, TAGGED, PublishProgress.COMING) is RowVerdict.COMING
    assert desk.read(4, PHOTO, PublishProgress.DONE) is RowVerdict.WHOLE


def test_a_slow_site_has_longer_to_begin_with_the_photo() -> None:
    quick, slow = Desk(), Desk()
    quick.read(0, TAGGED, PublishProgress.TERMS)
    assert quick.read(0.5, TAGGED, PublishProgress.TERMS) is RowVerdict.WHOLE
    slow.read(0, BARE, PublishProgress.UNKNOWN)
    slow.read(4, TAGGED, PublishProgress.TERMS)
    assert slow.read(5.5, TAGGED, PublishProgress.TERMS) is RowVerdict.COMING
    assert slow.read(6, TAGGED, PublishProgress.TERMS) is RowVerdict.WHOLE


def test_what_a_mark_told_holds_when_it_is_taken_off() -> None:
    desk, photo = Desk(), Desk()
    desk.read(0, TAGGED, PublishProgress.TERMS)
    assert desk.read(0.5, TAGGED, PublishProgress.UNKNOWN) is RowVerdict.WHOLE
    photo.read(0, TAGGED, PublishProgress.COMING)
    assert photo.read(0.5, PHOTO, PublishProgress.UNKNOWN) is RowVerdict.WHOLE


def test_a_mark_that_was_never_seen_is_not_waited_for_long() -> None:
    desk = Desk()
    desk.read(0, BARE, PublishProgress.UNKNOWN)
    desk.read(1, TAGGED, PublishProgress.UNKNOWN)
    assert desk.read(3.9, TAGGED, PublishProgress.UNKNOWN) is RowVerdict.COMING
    assert desk.read(4, TAGGED, PublishProgress.UNKNOWN) is RowVerdict.WHOLE


def test_nothing_is_waited_for_without_end() -> None:
    desk = Desk()
    desk.read(0, TAGGED, PublishProgress.COMING)
    assert desk.read(19.9, TAGGED, PublishProgress.COMING) is RowVerdict.COMING
    assert desk.read(20, TAGGED, PublishProgress.COMING) is RowVerdict.WHOLE


@pytest.mark.parametrize(("every", "whole"), [(1, 1.75), (2, 2.75), (60, 3)])
def test_a_site_that_leaves_no_marks_is_known_after_one_post(every: float, whole: float) -> None:
    """Then a post has to be calm, for as long as the interval leaves room."""
    desk = Desk(every=every)
    desk.read(0, TAGGED, PublishProgress.UNKNOWN)
    assert desk.read(10, TAGGED, PublishProgress.UNKNOWN) is RowVerdict.WHOLE
    assert not desk.memory.marked
    desk = Desk(every=every, marked=False)
    desk.read(0, TAGGED, PublishProgress.UNKNOWN)
    assert desk.read(whole - 0.01, TAGGED, PublishProgress.UNKNOWN) is RowVerdict.COMING
    assert desk.read(whole, TAGGED, PublishProgress.UNKNOWN) is RowVerdict.WHOLE


def test_what_was_handed_over_is_so_again_only_where_it_is_otherwise_and_calm() -> None:
    desk = Desk()
    desk.read(0, PHOTO, PublishProgress.DONE)
    assert desk.read(1, PHOTO, PublishProgress.DONE) is RowVerdict.SAME
    edited = Item(guid="g", title="Trams")
    assert desk.read(2, edited, PublishProgress.DONE) is RowVerdict.COMING
    assert desk.read(3, PHOTO, PublishProgress.DONE) is RowVerdict.SAME
    assert desk.read(4, edited, PublishProgress.DONE) is RowVerdict.COMING
    assert desk.read(6, edited, PublishProgress.DONE) is RowVerdict.WHOLE
    assert desk.read(7, edited, PublishProgress.DONE) is RowVerdict.SAME
    assert desk.read(30, BARE, PublishProgress.DONE) is RowVerdict.COMING
    assert desk.read(32, BARE, PublishProgress.DONE) is RowVerdict.WHOLE


def test_the_memory_survives_being_stored() -> None:
    desk = Desk()
    desk.read(0, BARE, PublishProgress.UNKNOWN)
    desk.read(1, PHOTO, PublishProgress.DONE)
    assert CursorState.load(desk.memory.dump()) == desk.memory
