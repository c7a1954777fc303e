"""What has to be true of every run, held between what arrived and what the ledger says."""

import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from newsbot.channels.settings import ScheduleSettings
from newsbot.ledger import ids
from newsbot.ledger.serialization import fingerprint
from tests.simulation.platform import Call

if TYPE_CHECKING:
    from tests.simulation.world import World

__all__ = ["Judgement", "judge"]

_OVER = {"sent", "failed", "cancelled", "unknown", "withdrawn"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Judgement:
    wrong: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Post:
    number: int
    article: int
    channel: str
    state: str
    texts: tuple[str, ...]
    receipts: frozenset[int]
    error: str | None
    story: tuple[str, ...]


def judge(world: "World") -> Judgement:
    """Everything that is wrong with a run that has come to rest."""
    with sqlite3.connect(world.config.database.removeprefix("sqlite:///")) as ledger:
        posts = _posts(ledger)
        found = Judgement()
        found.figures.update(f"posts {post.state}" for post in posts)
        found.figures["arrived"] = len(world.platform.arrivals)
        found.figures["days"] = round(world.plan.days)
        found.figures["zones whose clocks changed"] = len(_changes(world))
        for check in (_once, _ended, _quiet, _gaps, _within_budget):
            found.wrong += check(world, posts)
        found.wrong += _none_dropped(world, ledger, posts) + _closed(ledger)
        return found


def _posts(ledger: sqlite3.Connection) -> list[_Post]:
    receipts: dict[int, set[int]] = defaultdict(set)
    stories: dict[int, list[str]] = defaultdict(list)
    for number, part in ledger.execute("SELECT post_id, part FROM receipt"):
        receipts[number].add(part)
    for number, event, detail in ledger.execute("SELECT post_id, event, detail FROM event ORDER BY id"):
        stories[number].append(f"{event}: {detail}")
    rows = ledger.execute("SELECT id, article_id, channel, state, parts, error FROM post")
    return [
        _Post(
            row[0],
            row[1],
            row[2],
            row[3],
            tuple(part["text"] for part in json.loads(row[4])),
            frozenset(receipts[row[0]]),
            row[5],
            tuple(stories[row[0]]),
        )
        for row in rows
    ]


def _name(post: _Post) -> str:
    return f"{ids.post_id(post.number)} (row {post.number}, {post.channel}, {post.state}; {post.story})"


def _once(world: "World", posts: list[_Post]) -> list[str]:
    """Nothing arrived twice, nothing that has no post, nothing of a post that never was sent."""
    arrived = Counter((arrival.channel, arrival.text) for arrival in world.platform.arrivals)
    known = {(post.channel, text): post for post in posts for text in post.texts}
    wrong = [f"nobody's: {key}" for key in arrived if key not in known]
    wrong += [f"{n} times: {_name(known[key])}" for key, n in arrived.items() if n > 1 and key in known]
    for post in posts:
        out = {n for n, text in enumerate(post.texts) if arrived[post.channel, text]}
        if not post.receipts <= out:
            wrong.append(f"a receipt for what never arrived: {_name(post)}")
        skipped = any(line.startswith("skipped") for line in post.story)
        if out - post.receipts and post.state != "unknown" and not skipped:
            wrong.append(f"out, and the ledger doesn't know: {_name(post)}")
    return wrong


def _ended(_: "World", posts: list[_Post]) -> list[str]:
    """Sent whole, or over with a reason, or listed as unknown."""
    wrong = [f"never ended: {_name(post)}" for post in posts if post.state not in _OVER]
    wrong += [
        f"sent in part: {_name(p)}" for p in posts if p.state == "sent" and len(p.receipts) != len(p.texts)
    ]
    wrong += [f"no reason: {_name(post)}" for post in posts if post.state == "failed" and not post.error]
    ends = ("cancelled", "expired", "skipped")
    return wrong + [
        f"no reason: {_name(p)}" for p in posts if p.state == "cancelled" and not p.story[-1].startswith(ends)
    ]


def _quiet(world: "World", posts: list[_Post]) -> list[str]:
    """Nothing leaves in its channel's quiet hours but what a person gave that time, and threads begun."""
    wrong = []
    for call in world.platform.calls:
        firm = ids.post_id(call.post) in world.editor.firm
        if not firm and call.part == 0 and _is_quiet(world.config.channels[call.channel].schedule, call.wall):
            post = next(post for post in posts if post.number == call.post)
            wrong.append(f"left in quiet hours, at {call.wall}: {_name(post)}")
    return wrong


def _is_quiet(schedule: ScheduleSettings, at: datetime) -> bool:
    """What a clock on the wall says, and nothing of how the service plans."""
    if schedule.quiet is None:
        return False
    (start, end), clock = schedule.quiet, at.astimezone(schedule.timezone).time()
    return start <= clock < end if start < end else clock >= start or clock < end


def _changes(world: "World") -> set[str]:
    """The zones with quiet hours whose clocks have changed since the run began."""
    since, now = world.clock.since, world.clock.true()
    zones = {c.schedule.timezone for c in world.config.channels.values() if c.schedule.quiet}
    return {
        str(zone)
        for zone in zones
        if zone and since.astimezone(zone).utcoffset() != now.astimezone(zone).utcoffset()
    }


def _gaps(world: "World", posts: list[_Post]) -> list[str]:
    """From one post's last arrival to the next post's first call, where no clock jumped in between."""
    last: dict[int, float] = {}
    for arrival in world.platform.arrivals:
        last[arrival.call.post] = max(last.get(arrival.call.post, 0.0), arrival.call.at)
    calls: dict[str, list[Call]] = defaultdict(list)
    for call in world.platform.calls:
        calls[call.channel].append(call)
    named = {post.number: post for post in posts}
    wrong = []
    for name, made in calls.items():
        gap = world.config.channels[name].schedule.gap.total_seconds()
        for one, other in pairwise(made):
            out = last.get(one.post)
            if out is None or one.post == other.post or one.offset != other.offset:
                continue
            if out <= other.at < out + gap:
                soon = f"{other.at - out:.0f} s after {_name(named[one.post])}"
                wrong.append(f"{soon}: {_name(named[other.post])}")
    return wrong


def _within_budget(world: "World", _: list[_Post]) -> list[str]:
    """By the platform's own bill, of the month in which the service thought it was."""
    spent: Counter[tuple[str, str]] = Counter()
    for arrival in world.platform.arrivals:
        budget = getattr(world.config.channels[arrival.channel], "budget", None)
        if budget:
            key = (arrival.channel, f"{arrival.call.wall:%Y-%m}")
            spent[key] += int(budget.post_usd * 1000)
    return [
        f"{name} spent ${Decimal(thousandths) / 1000} in {month}"
        for (name, month), thousandths in spent.items()
        if thousandths > int(world.config.channels[name].budget.month_usd * 1000)  # type: ignore[attr-defined]  # it has one
    ]


def _none_dropped(world: "World", ledger: sqlite3.Connection, posts: list[_Post]) -> list[str]:
    """Every story since its site's first sight has a post on each of its channels, or a word why not."""
    rows = ledger.execute("SELECT id, source, guid_key, state, note, error FROM article").fetchall()
    wrong = [f"article {row[0]} is still {row[3]}" for row in rows if row[3] in {"found", "leased"}]
    there = {row[2]: row for row in rows}
    channels: dict[int, set[str]] = defaultdict(set)
    for post in posts:
        channels[post.article].add(post.channel)
    for site, stories in world.stories.items():
        wanted = set(world.config.sources[site].channels)
        began = ledger.execute("SELECT first_poll_at FROM source WHERE name = ?", (site,)).fetchone()[0]
        for story in stories:
            row = there.get(fingerprint(story.guid))
            seen = _EPOCH + timedelta(microseconds=began)
            if row is None and world.clock.true() > seen:
                wrong += [f"never seen: {story.guid}"] if _after(world, story.at, seen) else []
            elif row and row[3] == "ready" and channels[row[0]] != wanted and not row[4]:
                wrong.append(f"{story.guid} has posts on {channels[row[0]]} of {wanted}, and no word why")
            elif row and row[3] == "failed" and not row[5]:
                wrong.append(f"{story.guid} failed without a word")
    return wrong


def _after(world: "World", at: float, seen: datetime) -> bool:
    return world.clock.true() - timedelta(seconds=world.platform.elapsed() - at) > seen


def _closed(ledger: sqlite3.Connection) -> list[str]:
    """No call is in flight for ever."""
    still = ledger.execute("SELECT post_id FROM attempt WHERE ended_at IS NULL").fetchall()
    return [f"an attempt of post row {number} never ended" for (number,) in still]
