"""Who is asked when, and that a held post never dies without a word."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsbot.model import Post
from newsbot.newsroom.notices import Reminder, Reminders
from newsbot.scheduling.duty import DutyRoster, parse_shift
from tests.newsroom.desk import ARTICLE, Desk

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("shift", "on", "off"),
    [
        ("mon-fri 08:00-16:00", "2026-11-23T08:00+01:00", "2026-11-23T16:00+01:00"),
        ("mon-fri 08:00-16:00", "2026-11-27T15:59+01:00", "2026-11-28T12:00+01:00"),
        ("Sat, Sun 22:00 - 06:00", "2026-11-30T05:59+01:00", "2026-11-28T05:59+01:00"),
        ("fri-mon 09:00-10:00", "2026-11-29T09:30+01:00", "2026-11-26T09:30+01:00"),
        ("22:00-06:00", "2026-11-24T23:00+01:00", "2026-11-24T21:00+01:00"),
        ("00:00-00:00", "2026-11-24T12:00+01:00", None),
        # clocks go forward on 29 March 2026 at 2:00, and back on 25 October at 3:00
        ("02:00-04:00", "2026-03-29T03:00+02:00", "2026-03-29T01:59+01:00"),
        ("02:00-03:00", "2026-10-25T02:59+02:00", "2026-10-25T03:00+01:00"),
        ("02:00-03:00", "2026-10-25T02:00+01:00", "2026-10-25T01:59+02:00"),
    ],
)
def test_a_shift_is_by_the_clock_on_the_wall(shift: str, on: str, off: str | None) -> None:
    duty = DutyRoster([parse_shift(1, shift)], BERLIN)
    assert duty.list_on_duty(at(on)) == [1]
    assert off is None or duty.list_on_duty(at(off)) == []


def test_an_hour_of_duty_lasts_as_long_as_the_wall_says() -> None:
    duty = DutyRoster([parse_shift(1, "00:00-12:00")], BERLIN)
    for day, hours in (("2026-03-29", 11), ("2026-10-25", 13), ("2026-11-23", 12)):
        start = at(f"{day}T00:00+00:00") - timedelta(hours=3)
        on = sum(
            bool(duty.list_on_duty(start + timedelta(minutes=n)))
            for n in range(28 * 60)
            if ((start + timedelta(minutes=n)).astimezone(BERLIN).date().isoformat() == day)
        )
        assert on == hours * 60


@pytest.mark.parametrize(
    "text", ["", "mon", "mon 8-16", "mon-tue-wed 08:00-16:00", "xyz 08:00-16:00", "08:00-25:00"]
)
def test_what_is_no_shift_is_refused_with_a_mend(text: str) -> None:
    with pytest.raises(ValueError, match=": write it like mon-fri 08:00-16:00"):
        parse_shift(1, text)


def test_the_next_person_is_whose_shift_begins_first() -> None:
    shifts = ((1, "mon-fri 08:00-16:00"), (2, "sat,sun 08:00-16:00"), (3, "mon-fri 16:00-22:00"))
    duty = DutyRoster([parse_shift(who, when) for who, when in shifts], BERLIN)
    assert duty.list_in_order(at("2026-11-23T09:00+01:00")) == [1, 3, 2]
    assert duty.list_in_order(at("2026-11-27T23:00+01:00")) == [2, 1, 3]
    assert DutyRoster().list_in_order(at("2026-11-23T09:00+01:00")) == []


ROSTER = DutyRoster(
    [parse_shift(1, "08:00-16:00"), parse_shift(2, "16:00-23:00"), parse_shift(3, "23:00-08:00")]
)


def held(desk: Desk, hours: int) -> tuple[Reminders, Post]:
    app = desk.app
    [post] = desk.bring("one", article=ARTICLE, at=desk.clock.now() + timedelta(hours=hours))
    return Reminders(app.ledger, desk.clock, duty=ROSTER), post


def told(reminders: Reminders) -> list[tuple[str, list[int]]]:
    """What has to be said now; and it is."""
    found = reminders.list_due()
    reminders.record_sent(found)
    return [(each.stage, each.who) for each in found]


def test_a_held_post_asks_one_then_two_then_everybody_each_once(three: Desk) -> None:
    reminders, post = held(three, hours=2)
    seen: list[tuple[str, str, list[int]]] = []
    while three.app.ledger.posts.get_post(post.id).expires_at > three.clock.now():  # type: ignore[operator]  # it has one
        minute = f"{three.clock.now():%a %H:%M}"
        seen += [(minute, *each) for each in told(reminders)]
        three.later(minutes=5)
    assert seen == [
        ("Mon 09:30", "soon", [1]),
        ("Mon 10:00", "due", [1, 2]),
        ("Tue 09:00", "dying", [1, 2, 3]),
    ]


def test_what_has_just_come_needs_no_reminder(three: Desk) -> None:
    [post] = three.bring("one")
    reminders = Reminders(three.app.ledger, three.clock, duty=ROSTER)
    assert reminders.list_due() == []
    three.later(minutes=15)
    [due] = reminders.list_due()
    assert (due.post, due.stage) == (post, "due")


def test_a_reminder_that_could_not_be_said_comes_again(three: Desk) -> None:
    reminders, _ = held(three, hours=2)
    three.later(minutes=100)
    assert reminders.list_due() == reminders.list_due() != []
    assert told(reminders) == [("soon", [1])]
    assert told(reminders) == []


def test_only_who_could_answer_is_asked(three: Desk) -> None:
    app = three.app
    three.bring("one", at=three.clock.now() + timedelta(hours=2))
    reminders = Reminders(app.ledger, three.clock, duty=ROSTER, may=lambda who, post: who != 1 and bool(post))
    three.later(minutes=100)
    assert told(reminders) == [("soon", [2])]


def test_what_is_held_again_reminds_again_and_what_is_not_held_never(three: Desk) -> None:
    reminders, post = held(three, hours=2)
    three.later(minutes=100)
    assert told(reminders) == [("soon", [1])]
    three.app.approvals.approve(post.id, "cli:ana")
    three.later(minutes=5)
    assert reminders.list_due() == []
    three.app.editing.edit(post.id, "Other words.", "cli:ana")
    assert told(reminders) == [("soon", [1])]
    three.app.approvals.refuse(post.id, "cli:ana", "no")
    three.later(hours=12)
    assert reminders.list_due() == []


def test_a_reminder_goes_to_the_next_people_where_nobody_got_it(three: Desk) -> None:
    [post] = three.bring("one")
    groups, approvers = [-1], [1, 2, 3]
    assert Reminder(post, "soon", [1]).list_audiences(groups, approvers) == [[-1], [1], [1, 2, 3]]
    due = Reminder(post, "due", [1, 2])
    assert (due.mentioned, due.list_audiences(groups, approvers)) == ([2], [[2], [-1], [1, 2, 3]])
    dying = Reminder(post, "dying", [1, 2, 3])
    assert (dying.mentioned, dying.list_audiences(groups, approvers)) == ([1, 2, 3], [[-1, 1, 2, 3]])
    assert Reminder(post, "dead", []).list_audiences(groups, approvers) == [[-1], [1, 2, 3]]
