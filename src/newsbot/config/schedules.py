"""What in a channel's schedule speaks against itself."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from newsbot.channels.settings import ChannelSettings, ScheduleSettings
from newsbot.config.document import Document, Location
from newsbot.scheduling.rules import shows_quiet

__all__ = ["check_schedules"]


def check_schedules(document: Document, channels: Mapping[str, ChannelSettings]) -> None:
    """Note each mistake with its place."""
    for name, settings in channels.items():
        schedule = getattr(settings, "schedule", None)
        if schedule is not None:
            _check_slots(document, schedule, ("channels", name, "schedule", "slots"))
            _check_evergreen(document, settings, ("channels", name, "evergreen"))


def _check_slots(document: Document, schedule: ScheduleSettings, where: Location) -> None:
    seen = set[time]()
    for n, slot in enumerate(schedule.slots):
        if slot in seen:
            document.note((*where, n), "stands there twice.", "Take one out.")
        seen.add(slot)
        if schedule.quiet and shows_quiet(schedule.quiet, slot):
            mend = "Take a time outside of them, or change quiet."
            document.note((*where, n), f"is in the quiet hours {schedule.quiet}, when nothing goes.", mend)
    for before, slot in pairwise(sorted(seen)):
        if _between(before, slot) < schedule.gap:
            place = (*where, schedule.slots.index(slot))
            message = f"is nearer to {before:%H:%M} than gap lets posts be: one of the two is never used."
            document.note(place, message, "Move it, or make gap shorter.")


def _check_evergreen(document: Document, settings: ChannelSettings, where: Location) -> None:
    if settings.evergreen and not settings.schedule.slots:
        message = "has no slots to repeat articles in."
        document.note(where, message, 'Add some: schedule: {slots: ["08:00"]}.')


def _between(before: time, slot: time) -> timedelta:
    day = date(2000, 1, 1)
    return datetime.combine(day, slot, UTC) - datetime.combine(day, before, UTC)
