"""Ninety days of schedules over zones and both changes of their clocks: no slot is doubled, none skipped
without a word. Held against a slow reading of the rules: minute by minute, by what the wall shows.
"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbot.ports import ChannelCalendar
from newsbot.reasons import Code, join_reasons
from newsbot.scheduling.rules import (
    FREE,
    Plan,
    Rules,
    add_plan,
    find_day_interval,
    find_slot_interval,
    find_time_on_day,
    iterate_slots,
    parse_quiet,
    parse_slot,
    plan,
    spread,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = {  # each with the days on which its clock is put forward and back
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-10-04", "2026-04-05"),
    "America/Santiago": ("2026-09-06", "2026-04-05"),
}
SLOTS = ("00:00", "00:30", "01:45", "02:10", "02:15", "02:40", "08:00", "12:30", "23:50")
SEASONS = [(zone, which) for zone in ZONES for which in (0, 1)]


def clocks(*texts: str) -> tuple[time, ...]:
    return tuple(map(parse_slot, texts))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def walked(zone: ZoneInfo, slots: tuple[time, ...], start: datetime, days: int) -> dict[datetime, list[time]]:
    """By a walk along the wall: each day's first showing of each slot; what is jumped over, at the jump."""
    found: dict[datetime, list[time]] = {}
    done: set[tuple[date, time]] = set()
    before = (start - MINUTE).astimezone(zone).replace(tzinfo=None)
    at = start
    while at < start + days * DAY:
        shown = at.astimezone(zone).replace(tzinfo=None)
        for slot in slots:
            wanted = datetime.combine(shown.date(), slot)
            if before < wanted <= shown and (shown.date(), slot) not in done:
                done.add((shown.date(), slot))
                found.setdefault(at, []).append(slot)
        before, at = shown, at + MINUTE
    return found


@pytest.mark.parametrize(("name", "which"), SEASONS)
def test_ninety_days_around_each_change_have_every_slot_once(name: str, which: int) -> None:
    zone = ZoneInfo(name)
    change = date.fromisoformat(ZONES[name][which])
    start = midnight(change - 45 * DAY, zone)
    rules = Rules(zone=zone, slots=clocks(*SLOTS))
    expected = walked(zone, rules.slots, start, 90)
    found = {}
    for slot in iterate_slots(rules, start):
        if slot.at >= start + 90 * DAY:
            break
        found[slot.at] = slot
    assert {at: list(slot.clocks) for at, slot in found.items()} == expected
    named = Counter(
        (at.astimezone(zone).date(), clock) for at, slot in found.items() for clock in slot.clocks
    )
    assert set(named.values()) == {1}
    for at, slot in found.items():
        shown = at.astimezone(zone).time()
        assert slot.skipped == (shown not in slot.clocks)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SEASONS),
    st.sets(st.sampled_from(SLOTS), min_size=1, max_size=5),
    st.sampled_from([None, "23:00-06:30", "02:00-02:30", "12:00-13:00"]),
    st.sampled_from([0, 20, 120]),
    st.sampled_from([None, 1, 2, 3]),
    st.lists(st.integers(0, 2 * 24 * 60), min_size=1, max_size=60),
)
def test_ninety_days_of_posts_take_each_slot_once_and_every_one_that_stays_free_has_a_reason(
    season: tuple[str, int],
    slots: set[str],
    quiet: str | None,
    gap: int,
    per_day: int | None,
    arrivals: list[int],
) -> None:
    zone = ZoneInfo(season[0])
    start = midnight(date.fromisoformat(ZONES[season[0]][season[1]]) - 45 * DAY, zone)
    usable = {slot for slot in slots if quiet is None or not shows(quiet, parse_slot(slot))} or {"08:00"}
    rules = Rules(
        gap * MINUTE,
        parse_quiet(quiet) if quiet else None,
        zone,
        clocks(*sorted(usable)),
        per_day,
    )
    there = sorted(walked_slots(rules, start, 400))
    taken, now, plans = FREE, start, list[tuple[datetime, Plan]]()
    for after in arrivals:
        now += after * MINUTE
        found = plan(rules, now, taken=taken)
        expected = next(at for at in there if at >= now and why_not(rules, at, taken) is None)
        assert found.due_at == found.slot_at == expected
        passed = Counter(why_not(rules, at, taken) for at in there if now <= at < expected)
        for why, count in passed.items():
            assert f"{count} {why}" in str(found.reason), (found, passed)
        assert passed or "before it" not in str(found.reason)
        plans.append((now, found))
        taken = add_plan(taken, found)
    dues = [found.due_at for _, found in plans]
    assert len(set(dues)) == len(dues)


def shows(quiet: str, slot: time) -> bool:
    start, end = parse_quiet(quiet)
    return start <= slot < end if start < end else slot >= start or slot < end


def walked_slots(rules: Rules, start: datetime, days: int) -> set[datetime]:
    """As `walked`, a day at a time."""
    found = set[datetime]()
    for at in (slot.at for slot in iterate_slots(rules, start)):  # whose times the walk above has proved
        if at > start + days * DAY:
            return found
        found.add(at)
    return found


def why_not(rules: Rules, at: datetime, taken: ChannelCalendar) -> str | None:
    if at in taken.slots:
        return "taken by another post"
    today = [t for t in taken.times if t.astimezone(rules.zone).date() == at.astimezone(rules.zone).date()]
    if rules.per_day is not None and len(today) >= rules.per_day:
        return f"on a day with no more room ({rules.per_day} a day)"
    if rules.quiet and shows(str(rules.quiet), at.astimezone(rules.zone).time()):
        return "in quiet hours"
    if any(abs(at - t) < rules.gap for t in taken.times):
        return f"too close to another post (under {rules.gap / MINUTE:g} min)"
    return None


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SEASONS),
    st.integers(-3000, 3000),
    st.sampled_from([None, "23:00-06:30", "02:00-02:30"]),
    st.sampled_from([0, 7, 90]),
    st.sampled_from([None, 1, 3]),
    st.lists(st.integers(-2000, 4000), max_size=12),
)
def test_without_slots_a_time_is_the_first_minute_that_gap_quiet_hours_and_cap_allow(
    season: tuple[str, int],
    before: int,
    quiet: str | None,
    gap: int,
    per_day: int | None,
    others: list[int],
) -> None:
    zone = ZoneInfo(season[0])
    wanted = midnight(date.fromisoformat(ZONES[season[0]][season[1]]), zone) + before * MINUTE
    rules = Rules(gap * MINUTE, parse_quiet(quiet) if quiet else None, zone, per_day=per_day)
    taken = ChannelCalendar(tuple(sorted(wanted + n * MINUTE for n in others)))
    at = wanted
    while why_not(rules, at, taken) is not None:
        at += MINUTE
    found = plan(rules, wanted, taken=taken)
    assert (found.due_at, found.slot_at) == (at, None)
    assert (found.reason == Code.AS_SOON_AS_THERE()) == (at == wanted)


def test_a_slot_that_the_clock_skips_is_at_the_change_and_says_so() -> None:
    rules = Rules(zone=ZoneInfo("Europe/Berlin"), slots=clocks("02:10", "02:40", "08:00"))
    found = plan(rules, utc("2026-03-29 00:30"))
    why = join_reasons([Code.SLOT(time="02:10, 02:40"), Code.CLOCK_SKIPS_IT()])
    assert found == Plan(utc("2026-03-29 01:00"), why, found.due_at)
    assert str(why) == "slot 02:10, 02:40, which the clock skips that day"
    assert plan(rules, utc("2026-03-29 01:01")).reason == Code.SLOT(time="08:00")


def test_a_slot_that_the_clock_shows_twice_is_there_once() -> None:
    rules = Rules(zone=ZoneInfo("Europe/Berlin"), slots=clocks("02:30"))
    assert plan(rules, utc("2026-10-24 23:00")).due_at == utc("2026-10-25 00:30")
    later = plan(rules, utc("2026-10-25 00:31"))
    assert later == Plan(
        utc("2026-10-26 01:30"),
        Code.SLOT_ON_DAY(time="02:30", day=date(2026, 10, 26)),
        utc("2026-10-26 01:30"),
    )


def test_what_is_passed_over_is_counted_by_why() -> None:
    rules = Rules(slots=clocks("08:00", "12:30", "18:00"), per_day=2)
    taken = ChannelCalendar(
        (utc("2026-11-22 08:00"), utc("2026-11-22 12:30")),
        frozenset({utc("2026-11-22 08:00"), utc("2026-11-22 12:30")}),
    )
    found = plan(rules, utc("2026-11-22 07:00"), taken=taken)
    assert str(found.reason) == (
        "slot 08:00 on Mon 23 Nov (earlier slots can't be used: 2 taken by another post, "
        "1 on a day with no more room (2 a day))"
    )


def test_posts_that_are_spread_go_ten_minutes_apart_and_never_in_quiet_hours() -> None:
    rules, taken = spread(Rules(quiet=parse_quiet("23:00-06:30"))), FREE
    dues = []
    for _ in range(4):
        found = plan(rules, utc("2026-11-22 22:45"), taken=taken)
        taken = add_plan(taken, found)
        dues.append(f"{found.due_at:%d %H:%M}")
    assert dues == ["22 22:45", "22 22:55", "23 06:30", "23 06:40"]


@given(st.sampled_from(SEASONS), st.integers(-2000, 2000))
def test_a_day_lasts_from_midnight_to_midnight_whatever_the_clock_does(
    season: tuple[str, int], before: int
) -> None:
    zone = ZoneInfo(season[0])
    at = midnight(date.fromisoformat(ZONES[season[0]][season[1]]), zone) + before * MINUTE
    span = find_day_interval(at, zone)
    assert span.since <= at < span.until
    day = at.astimezone(zone).date()
    assert (span.since - MINUTE).astimezone(zone).date() == day - DAY
    assert span.until.astimezone(zone).date() == day + DAY
    assert (span.until - MINUTE).astimezone(zone).date() == day


@given(st.sampled_from(SEASONS), st.integers(-3000, 3000), st.sets(st.sampled_from(SLOTS), min_size=1))
def test_the_time_of_a_slot_lasts_until_the_next(
    season: tuple[str, int], before: int, slots: set[str]
) -> None:
    zone = ZoneInfo(season[0])
    at = midnight(date.fromisoformat(ZONES[season[0]][season[1]]), zone) + before * MINUTE
    rules = Rules(zone=zone, slots=clocks(*slots))
    there = sorted(walked_slots(rules, at - 3 * DAY, 8))
    span = find_slot_interval(rules, at)
    assert span == (max(s for s in there if s <= at), min(s for s in there if s > at))
    assert find_slot_interval(Rules(), at) is None


def test_midnight_that_a_day_skips_is_at_the_change() -> None:
    santiago = ZoneInfo("America/Santiago")
    assert find_time_on_day(date(2026, 9, 6), time(0), santiago) == utc("2026-09-06 04:00")


@pytest.mark.parametrize("text", ["8", "25:00", "08:60", "x:y", "", "08:00:00", "-1:00"])
def test_what_is_no_slot_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 08:00"):
        parse_slot(text)
