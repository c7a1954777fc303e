"""Embargo, holds, pause, quiet hours and caps over random commands in virtual time: never broken, and each
post's time explained. Judged by the calls that leave and by the commands given, not by any rule's own code.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from newsbot.app.container import App
from newsbot.channels.console import ConsoleSettings
from newsbot.config.models import Config
from newsbot.errors import InvalidTransition, UsageError
from newsbot.model import Article, Post, PostEvent, PostState, Receipt
from newsbot.ports import Claim
from newsbot.sources.folder import FolderSettings
from newsbot.summarizers.extract import ExtractSummarizer
from tests.ledger.exchanges import claim_next, store_part

BERLIN = ZoneInfo("Europe/Berlin")
QUIET = (time(23), time(6, 30))
CHANNELS = {
    "plain": {"approval": "none", "schedule": {"quiet": "23:00-06:30", "gap": "20m", "per_day": 6}},
    "slots": {
        "approval": "none",
        "schedule": {"quiet": "23:00-06:30", "slots": ["08:00", "12:30", "18:00", "22:00"], "per_day": 3},
    },
    "asks": {"approval": "one", "schedule": {"quiet": "23:00-06:30"}},
}
PER_DAY = {"plain": 6, "slots": 3}
STARTS = ("2026-03-27T20:00", "2026-10-23T20:00", "2026-11-22T12:00")
PICK = st.integers(0, 30)
PEOPLE = st.sampled_from(["cli:ana", "cli:ben"])
LEASE = timedelta(minutes=5)


@dataclass
class Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass
class Told:
    """What people said of an article or post, as the oracle remembers it."""

    embargo: dict[str, datetime] = field(default_factory=dict)
    wish: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    given: dict[str, datetime] = field(default_factory=dict)  # a person's time
    approved: dict[str, str] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    breaking: set[str] = field(default_factory=set)


def is_quiet(at: datetime) -> bool:
    shown = at.astimezone(BERLIN).time()
    return shown >= QUIET[0] or shown < QUIET[1]


def quiet_began(at: datetime) -> datetime:
    local = at.astimezone(BERLIN)
    day = local.date() if local.time() >= QUIET[0] else local.date() - timedelta(days=1)
    return datetime.combine(day, QUIET[0], BERLIN).astimezone(UTC)


class Newsroom(RuleBasedStateMachine):
    """The use cases on a real ledger; every call that leaves is written down."""

    @initialize(start=st.sampled_from(STARTS))
    def begin(self, start: str) -> None:
        self.folder = TemporaryDirectory()
        place = Path(self.folder.name)
        self.clock = Clock(datetime.fromisoformat(start).replace(tzinfo=UTC))
        config = Config(
            database=f"sqlite:///{place}/ledger.db",
            timezone=BERLIN,
            sources={"drop": FolderSettings(kind="folder", path=place)},
            channels={
                name: ConsoleSettings.model_validate({"kind": "console", **keys})
                for name, keys in CHANNELS.items()
            },
            summarizer=ExtractSummarizer.Settings(),
            folder=place,
        )
        self.app = App(config, clock=self.clock)
        self.app.ledger.prepare(upgrade=True)
        with self.app.ledger._database.open_raw_connection() as raw:
            raw.execute("PRAGMA synchronous = OFF")  # this test is not about the disk
        self.told = Told()
        self.out: list[tuple[datetime, Post]] = []
        self.count = 0

    def teardown(self) -> None:
        if hasattr(self, "app"):
            self.app.ledger.close()
            self.folder.cleanup()

    # ---- what people do

    @rule(
        names=st.sets(st.sampled_from(sorted(CHANNELS)), min_size=1),
        breaking=st.booleans(),
        minutes=st.none() | st.integers(0, 1500),
        by=PEOPLE,
    )
    def post(self, names: set[str], minutes: int | None, by: str, *, breaking: bool) -> None:
        self.count += 1
        article = Article(
            f"g{self.count}", f"Words of {self.count}.", f"https://example.org/{self.count}", "T"
        )
        at = None if minutes is None or breaking else self.clock.at + timedelta(minutes=minutes)
        app = self.app
        posts = app.posts.queue(article, sorted(names), by=by, at=at, breaking=breaking)
        for post in posts:
            if at:
                self.told.given[post.id] = at
            if breaking:
                self.told.breaking.add(post.id)

    def pick(self, number: int) -> Post | None:
        waiting = (PostState.HELD, PostState.SCHEDULED, PostState.RETRYING)
        posts = self.app.ledger.posts.list_posts(states=waiting, limit=None)
        return posts[number % len(posts)] if posts else None

    @rule(pick=PICK, minutes=st.integers(0, 2000), by=PEOPLE)
    def move(self, pick: int, minutes: int, by: str) -> None:
        if post := self.pick(pick):
            at = self.clock.at + timedelta(minutes=minutes)
            self.app.posts.move(post.id, at, by=by)
            self.told.given[post.id] = at

    @rule(pick=PICK, by=PEOPLE)
    def break_it(self, pick: int, by: str) -> None:
        """What waits already is taken into the breaking lane, and no post is added."""
        if not (post := self.pick(pick)):
            return
        app, article = self.app, self.app.ledger.articles.get_article(post.article_id).article
        assert article
        [same] = app.posts.queue(article, [post.channel], by=by, breaking=True)
        assert same.id == post.id
        self.told.breaking.add(post.id)

    @rule(pick=PICK, by=PEOPLE)
    def now(self, pick: int, by: str) -> None:
        if not (post := self.pick(pick)):
            return
        embargoed = self.told.embargo.get(post.article_id, self.clock.at) > self.clock.at
        try:
            self.app.posts.send_now(post.id, by=by)
        except InvalidTransition:
            assert embargoed
        else:
            assert not embargoed
            self.told.given[post.id] = self.clock.at

    @rule(pick=PICK, by=PEOPLE)
    def approve(self, pick: int, by: str) -> None:
        post = self.pick(pick)
        if post and post.state is PostState.HELD:
            self.app.approvals.approve(post.id, by)
            self.told.approved[post.id] = post.content

    @rule(pick=PICK, minutes=st.integers(1, 3000), by=PEOPLE)
    def embargo(self, pick: int, minutes: int, by: str) -> None:
        if not (post := self.pick(pick)):
            return
        until, article = self.clock.at + timedelta(minutes=minutes), post.article_id
        holds = self.told.embargo.get(article)
        try:
            self.app.embargoes.set(post.id, until, by)
        except UsageError:
            assert (holds or until) > until
        else:
            assert not holds or holds <= max(until, self.clock.at)
            self.told.embargo[article] = until

    @rule(pick=PICK, by=PEOPLE)
    def lift(self, pick: int, by: str) -> None:
        if not (post := self.pick(pick)):
            return
        article = post.article_id
        until = self.told.embargo.get(article)
        try:
            lifted = self.app.embargoes.request_lift(post.id, by)
        except UsageError:
            assert not until or until <= self.clock.at
            return
        assert (until or self.clock.at) > self.clock.at
        first = self.told.wish.get(article)
        second = first is not None and first[1] == until and first[0] != by
        assert lifted.done == second
        if second:
            del self.told.embargo[article], self.told.wish[article]
        elif until and (first is None or first[1] != until):
            self.told.wish[article] = (by, until)

    @rule(channel=st.sampled_from(sorted(CHANNELS)), by=PEOPLE)
    def pause(self, channel: str, by: str) -> None:
        self.app.posts.pause(channel, by=by)
        self.told.paused.add(channel)

    @rule(
        channel=st.sampled_from(sorted(CHANNELS)),
        how=st.sampled_from(["at once", "spread", "drop"]),
        by=PEOPLE,
    )
    def resume(self, channel: str, how: str, by: str) -> None:
        # What waits on a channel that sends goes by its pace, whatever is asked.
        late = self.app.posts.list_due_posts(channel) if channel in self.told.paused else []
        self.app.posts.resume(channel, by, how)  # type: ignore[arg-type]
        self.told.paused.discard(channel)
        after = [self.app.ledger.posts.get_post(post.id) for post in late]
        if how == "drop":
            assert all(post.state is PostState.CANCELLED for post in after)
        elif how == "spread":
            rules = [post for post in after if post.id not in self.told.breaking]
            assert not any(is_quiet(post.due_at) for post in rules)
            assert len({post.due_at for post in rules}) == len(rules)

    # ---- time, and the service

    @rule(minutes=st.sampled_from([1, 15, 60, 240, 600]))
    def wait(self, minutes: int) -> None:
        """The service works on; where more than an hour passes, it had been away."""
        self.clock.at += timedelta(minutes=minutes)
        self.work()

    def work(self) -> None:
        self.app.ledger.posts.expire_posts(now=self.clock.at)
        self.app.composition.planner.replan_missed()
        for name in CHANNELS:
            while isinstance(claim := self.claim(name), Claim):
                self.leaves(claim)

    def claim(self, name: str) -> object:
        return claim_next(
            self.app.ledger.delivery, name, self.app.terms(name), now=self.clock.at, lease=LEASE
        )

    def leaves(self, claim: Claim) -> None:
        post, now = claim.post, self.clock.at
        self.judge(post, now)
        self.out.append((now, post))
        receipt = Receipt(0, post.id)
        assert (
            store_part(
                self.app.ledger.delivery, post.id, receipt, self.app.terms(post.channel), now=now, lease=LEASE
            )
            is None
        )

    def judge(self, post: Post, now: datetime) -> None:
        told, name = self.told, post.channel
        breaking = post.id in told.breaking
        embargo = told.embargo.get(post.article_id)
        assert not embargo or embargo <= now, "embargo"
        assert name not in told.paused, "pause"
        if name == "asks":
            assert told.approved.get(post.id) == post.content, "a hold"
        before = [(at, other) for at, other in self.out if other.channel == name]
        if not breaking:
            given = told.given.get(post.id)
            assert not is_quiet(now) or (given and given >= quiet_began(now)), "quiet hours"
            today = [at for at, _ in before if at.astimezone(BERLIN).date() == now.astimezone(BERLIN).date()]
            assert len(today) < PER_DAY.get(name, 1000), "cap"
            if name == "plain":
                assert all(now - at >= timedelta(minutes=20) for at, _ in before), "gap"
        if post.slot_at and not breaking:
            slots = [time.fromisoformat(text) for text in CHANNELS["slots"]["schedule"]["slots"]]  # type: ignore[index]
            local = now.astimezone(BERLIN)
            last = max((slot for slot in slots if slot <= local.time()), default=None)
            same = [
                other
                for at, other in before
                if other.slot_at
                and at.astimezone(BERLIN).date() == local.date()
                and (last is None or at.astimezone(BERLIN).time() >= last)
            ]
            assert not same, "one post a slot"
        assert post.silent == (breaking and is_quiet(now))

    @rule()
    def run(self) -> None:
        self.work()

    # ---- what always holds

    @invariant()
    def every_time_has_a_reason_and_no_slot_has_two(self) -> None:
        if not hasattr(self, "app"):
            return
        posts = self.app.ledger.posts.list_posts(limit=None)
        for post in posts:
            assert post.reason, post
            if post.state in {PostState.CANCELLED, PostState.FAILED}:
                assert self.app.ledger.posts.list_events(post.id)[-1].event in {"cancelled", "expired"}
        over = {PostState.CANCELLED, PostState.FAILED, PostState.WITHDRAWN}
        slots = [(post.channel, post.slot_at) for post in posts if post.slot_at and post.state not in over]
        assert len(set(slots)) == len(slots)
        for post in posts:
            embargo = self.told.embargo.get(post.article_id)
            waits = post.state in {PostState.HELD, PostState.SCHEDULED}
            assert not (waits and embargo and embargo > self.clock.at) or post.due_at >= embargo

    @invariant()
    def a_void_approval_is_never_sent(self) -> None:
        sent = [post for _, post in getattr(self, "out", []) if post.approval]
        assert all(post.approved == post.content for post in sent)


Newsroom.TestCase.settings = settings(
    max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
test_the_rules_hold = pytest.mark.timeout(600)(pytest.mark.slow(Newsroom.TestCase))


def test_a_call_that_nobody_approved_is_held_again(tmp_path: Path) -> None:
    """The claim's own guard, behind all that the use cases do."""
    from newsbot.ledger import open_ledger
    from tests.ledger.making import NOW, TERMS, add, new_post

    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.prepare(upgrade=True)
    [post] = add(ledger, new_post(approval=1))
    assert claim_next(ledger.delivery, "tg", TERMS, now=NOW, lease=LEASE) is None
    held = ledger.posts.get_post(post.id)
    assert (held.state, str(held.held_for)) == (PostState.HELD, "approval is void: its content changed")
    assert ledger.posts.list_events(post.id)[-1].event == PostEvent.HOLD
    ledger.close()
