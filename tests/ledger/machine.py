"""A newsroom that does anything in any order: services that die, late answers, editors who err."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from newsbot.errors import InvalidTransition
from newsbot.ledger import open_ledger, schema
from newsbot.ledger.sql import SqlLedger
from newsbot.model import Failure, Post, PostEvent, PostState, Receipt, target
from newsbot.ports import Claim, Rate, Terms
from tests.ledger.making import NOW, article, new_post, part

__all__ = ["Newsroom"]

LEASE = timedelta(seconds=30)
LIMIT = Decimal("1.00")
TERMS = Terms((Rate("chat", 1, 1.0, spread=True),), limit_usd=LIMIT)
CHANNELS = ("tg", "x")
ENDS = (PostEvent.NOT_SENT, PostEvent.REFUSE, PostEvent.LOSE)
EDITS = tuple(event for event in PostEvent if event is not PostEvent.CLAIM)
WORDS = {str(event): event for event in PostEvent}
PICK = st.integers(0, 50)


class Newsroom(RuleBasedStateMachine):
    """Two services on one database where it takes two.

    ``platform`` counts what really went out, by post and part. ``calls`` are in flight; ``lost`` those whose
    answer is late. ``doubted`` are the posts of which an editor said "not sent" while that was not so, or a
    call was still under way: only those may go out twice. ``edges`` are those seen, over all runs.
    """

    edges: ClassVar[set[tuple[PostState, PostEvent]]] = set()
    services = 1

    def url(self) -> str:
        self.folder = TemporaryDirectory()
        return f"sqlite:///{Path(self.folder.name)}/ledger.db"

    @initialize()
    def begin(self) -> None:
        self.database = self.url()
        self.ledgers = [self._open() for _ in range(self.services)]
        self.now: datetime = NOW
        self.platform: dict[tuple[str, int], int] = {}
        self.calls: list[tuple[int, Claim]] = []
        self.lost: list[Claim] = []
        self.doubted: set[str] = set()
        self.count = 0
        self.queue("tg", 2, held=False, cost="0.15")
        self.queue("x", 1, held=True, cost=None)

    def _open(self) -> SqlLedger:
        ledger = open_ledger(self.database)
        ledger.prepare(upgrade=True)
        if ledger._database.sqlite:
            with ledger._database.outside() as raw:
                raw.execute("PRAGMA synchronous = OFF")  # this test is not about the disk
        ledger.hold()
        return ledger

    def teardown(self) -> None:
        for ledger in getattr(self, "ledgers", []):
            ledger.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @property
    def ledger(self) -> SqlLedger:
        return self.ledgers[0]

    # ---- articles and time

    @rule(
        channel=st.sampled_from(CHANNELS),
        parts=st.integers(1, 3),
        held=st.booleans(),
        cost=st.sampled_from([None, "0.15", "0.30"]),
    )
    def queue(self, channel: str, parts: int, *, held: bool, cost: str | None) -> None:
        self.count += 1
        found = self.ledger.add_article("cli", article(f"g{self.count}"), now=self.now)
        post = new_post(
            channel,
            due_at=self.now,
            expires_at=self.now + timedelta(minutes=5),
            held_for="approval" if held else None,
            parts=tuple(part(str(number)) for number in range(parts)),
            cost=cost,
        )
        self.ledger.queue(found, [post], now=self.now, again=False)

    @rule(seconds=st.sampled_from([1, 10, 40, 200, -20]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    # ---- services

    @rule(service=st.integers(0, 1), channel=st.sampled_from(CHANNELS))
    def claim(self, service: int, channel: str) -> None:
        at = service % self.services
        claim = self.ledgers[at].claim(channel, TERMS, now=self.now, lease=LEASE)
        if isinstance(claim, Claim):
            assert claim.post.due_at <= self.now
            self.calls.append((at, claim))

    def _goes_out(self, claim: Claim) -> Receipt:
        """A call is only made on a claim that holds."""
        key = (claim.post.id, claim.part)
        self.platform[key] = self.platform.get(key, 0) + 1
        return Receipt(claim.part, f"{claim.post.id}/{claim.part}")

    @precondition(lambda self: self.calls)
    @rule(pick=PICK)
    def accepted(self, pick: int) -> None:
        at, claim = self.calls.pop(pick % len(self.calls))
        receipt = self._goes_out(claim)
        after = self.ledgers[at].next_part(claim.post.id, receipt, TERMS, now=self.now, lease=LEASE)
        if after:
            self.calls.append((at, after))

    @precondition(lambda self: self.calls)
    @rule(event=st.sampled_from(ENDS), went_out=st.booleans(), pick=PICK)
    def ended(self, event: PostEvent, pick: int, *, went_out: bool) -> None:
        at, claim = self.calls.pop(pick % len(self.calls))
        if went_out and event is PostEvent.LOSE:
            self._goes_out(claim)
        self.ledgers[at].settle(claim.post.id, event, Failure("code", "why"), now=self.now)

    @precondition(lambda self: self.calls)
    @rule(pick=PICK, rescuer=st.integers(0, 1), went_out=st.booleans())
    def overrun(self, pick: int, rescuer: int, *, went_out: bool) -> None:
        """A process is stopped past its leases: its answers are late, and another rescues."""
        _, claim = self.calls.pop(pick % len(self.calls))
        if went_out:
            self._goes_out(claim)
            self.lost.append(claim)
        self.now = max(self.now, claim.lease_until)
        self._rescue(rescuer)

    def _rescue(self, service: int) -> None:
        """Whatever else was over its lease is lost with it, and never answered."""
        rescued = {post.id for post in self.ledgers[service % self.services].rescue(now=self.now)}
        self.calls = [(at, claim) for at, claim in self.calls if claim.post.id not in rescued]

    @rule(service=st.integers(0, 1), went_out=st.booleans())
    def die(self, service: int, *, went_out: bool) -> None:
        """A process ends with its calls in flight, another takes its place: nobody answers for them."""
        at = service % self.services
        for _, claim in [call for call in self.calls if call[0] == at and went_out]:
            self._goes_out(claim)
        self.ledgers[at].close()
        self.ledgers[at] = self._open()
        self._rescue(at)
        assert not [call for call in self.calls if call[0] == at]

    @precondition(lambda self: self.lost)
    @rule(pick=PICK)
    def late_answer(self, pick: int) -> None:
        claim = self.lost.pop(pick % len(self.lost))
        if claim.post.id in self.doubted:
            return  # an editor spoke in its place
        receipt = Receipt(claim.part, f"{claim.post.id}/{claim.part}")
        assert self.ledger.next_part(claim.post.id, receipt, TERMS, now=self.now, lease=LEASE) is None

    @rule()
    def expire(self) -> None:
        self.ledger.expire(now=self.now)

    # ---- people, and the reconciler

    @precondition(lambda self: self.count)
    @rule(event=st.sampled_from(EDITS), pick=PICK)
    def edit(self, event: PostEvent, pick: int) -> None:
        """Any event on any post that is not in flight: it goes along an edge, or is refused."""
        posts = [post for post in self.ledger.posts(limit=None) if post.state is not PostState.SENDING]
        if not posts:
            return
        post = posts[pick % len(posts)]
        if event is PostEvent.MISS and post.state is PostState.UNKNOWN:
            self.doubted.add(post.id)
        receipts = self._missing(post) if event is PostEvent.FIND else ()
        if event is PostEvent.FIND and not all((post.id, r.part) in self.platform for r in receipts):
            return  # whoever says it is out has seen it
        allowed = target(post.state, event) is not None
        try:
            self.ledger.move(post.id, event, by="cli:ana", now=self.now, receipts=receipts)
        except InvalidTransition:
            assert not allowed or event is PostEvent.WITHDRAW

    def _missing(self, post: Post) -> tuple[Receipt, ...]:
        has = {receipt.part for receipt in post.receipts}
        return tuple(Receipt(n, f"{post.id}/{n}") for n in range(len(post.parts)) if n not in has)

    @precondition(lambda self: self.count)
    @rule(pick=PICK)
    def look(self, pick: int) -> None:
        """Somebody looks for an unknown's part, sees what is so, and says it."""
        unknown = self.ledger.posts(states=[PostState.UNKNOWN], limit=None)
        if not unknown:
            return
        post = unknown[pick % len(unknown)]
        at = post.next_part
        out, last = (post.id, at) in self.platform, at == len(post.parts) - 1
        event = PostEvent.FIND if out and last else PostEvent.MISS
        receipts = [Receipt(at, f"{post.id}/{at}")] if out else []
        self.ledger.move(post.id, event, by="reconciler", now=self.now, receipts=receipts, due_at=self.now)

    @precondition(lambda self: self.count)
    @rule(pick=PICK)
    def approve(self, pick: int) -> None:
        held = self.ledger.posts(states=[PostState.HELD], limit=None)
        if held:
            post = held[pick % len(held)]
            self.ledger.approve(post.id, by="cli:ana", now=self.now, due_at=self.now, reason="approved")

    @rule(channel=st.sampled_from(CHANNELS))
    def pause(self, channel: str) -> None:
        self.ledger.pause(channel, by="cli:ana", reason="a break", now=self.now)
        assert not isinstance(self.ledger.claim(channel, TERMS, now=self.now, lease=LEASE), Claim)

    @rule(channel=st.sampled_from(CHANNELS))
    def resume(self, channel: str) -> None:
        self.ledger.resume(channel, by="cli:ana", now=self.now)

    # ---- what always holds

    @invariant()
    def nothing_went_out_twice_but_by_an_editors_wrong_word(self) -> None:
        doubled = {post for (post, _), times in self.platform.items() if times > 1}
        assert doubled <= self.doubted

    @invariant()
    def every_story_follows_the_table_and_ends_in_its_posts_state(self) -> None:
        for post in self.ledger.posts(limit=None):
            first, *story = self.ledger.timeline(post.id)
            assert first.event == "composed"
            state = PostState.HELD if first.detail.startswith("held") else PostState.SCHEDULED
            for event in (WORDS[line.event] for line in story if line.event in WORDS):
                self.edges.add((state, event))
                after = target(state, event)
                assert after, (state, event, story)
                state = after
            assert state is post.state

    @invariant()
    def what_is_sent_is_out_whole_and_what_failed_says_why(self) -> None:
        for post in self.ledger.posts(limit=None):
            if post.state is PostState.SENT:
                assert all((post.id, number) in self.platform for number in range(len(post.parts)))
            assert post.state is not PostState.FAILED or post.error

    @invariant()
    def one_call_a_channel_is_in_flight_and_each_has_its_claim(self) -> None:
        sending = self.ledger.posts(states=[PostState.SENDING], limit=None)
        assert sorted(post.id for post in sending) == sorted(claim.post.id for _, claim in self.calls)
        assert len({post.channel for post in sending}) == len(sending)

    @invariant()
    def the_months_sum_is_of_its_reservations_and_within_the_limit(self) -> None:
        reservation = schema.reservation.c
        total = select(func.sum(reservation.amount_usd, type_=reservation.amount_usd.type))
        for channel in CHANNELS:
            with self.ledger._database.read() as tx:
                reserved = tx.execute(total.where(reservation.channel == channel)).scalar() or Decimal(0)
            assert self.ledger.spent(channel, now=self.now) == reserved <= LIMIT
