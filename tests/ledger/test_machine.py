"""Any order of what senders, editors, crashes and the clock do keeps the promise."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from newsbot.errors import InvalidTransition
from newsbot.ledger import open_ledger, schema
from newsbot.model import Failure, PostEvent, PostState, Receipt, target
from newsbot.ports import Claim, Rate, Terms
from tests.ledger.making import NOW, article, new_post, part

LEASE = timedelta(seconds=30)
TERMS = Terms((Rate("chat", 1, 1.0, spread=True),), limit_usd=Decimal("1.00"))
ENDS = (PostEvent.NOT_SENT, PostEvent.REFUSE, PostEvent.LOSE)
EDITS = (
    PostEvent.HOLD,
    PostEvent.CANCEL,
    PostEvent.SKIP,
    PostEvent.RETRY,
    PostEvent.WITHDRAW,
    PostEvent.MISS,
    PostEvent.APPROVE,
)


class Newsroom(RuleBasedStateMachine):
    """``platform`` is what really went out, by post and part; ``lost`` the calls whose answer is late."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.ledger = open_ledger(f"sqlite:///{Path(self.folder.name)}/ledger.db")
        self.ledger.prepare(upgrade=True)
        with self.ledger._database.outside() as raw:
            raw.execute("PRAGMA synchronous = OFF")  # this test is not about the disk
        self.now: datetime = NOW
        self.platform: dict[tuple[str, int], int] = {}
        self.calls: list[Claim] = []
        self.lost: list[Claim] = []
        self.word_of_absence: set[str] = set()
        self.count = 0

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    @rule(parts=st.integers(1, 3), held=st.booleans(), cost=st.sampled_from([None, "0.15", "0.30"]))
    def queue(self, parts: int, *, held: bool, cost: str | None) -> None:
        self.count += 1
        found = self.ledger.add_article("cli", article(f"g{self.count}"), now=self.now)
        post = new_post(
            due_at=self.now,
            expires_at=self.now + timedelta(minutes=5),
            held_for="approval" if held else None,
            parts=tuple(part(str(number)) for number in range(parts)),
            cost=cost,
        )
        self.ledger.queue(found, [post], now=self.now, again=False)

    @rule(seconds=st.sampled_from([1, 10, 40, 200]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def claim(self) -> None:
        claim = self.ledger.claim("tg", TERMS, now=self.now, lease=LEASE)
        if isinstance(claim, Claim):
            self.calls.append(claim)

    def _goes_out(self, claim: Claim) -> Receipt:
        key = (claim.post.id, claim.part)
        self.platform[key] = self.platform.get(key, 0) + 1
        return Receipt(claim.part, f"{claim.post.id}/{claim.part}")

    @precondition(lambda self: self.calls)
    @rule()
    def accepted(self) -> None:
        claim = self.calls.pop()
        after = self.ledger.next_part(claim.post.id, self._goes_out(claim), TERMS, now=self.now, lease=LEASE)
        if after:
            self.calls.append(after)

    @precondition(lambda self: self.calls)
    @rule(event=st.sampled_from(ENDS), went_out=st.booleans())
    def ended(self, event: PostEvent, *, went_out: bool) -> None:
        claim = self.calls.pop()
        if went_out and event is PostEvent.LOSE:
            self._goes_out(claim)
        self.ledger.settle(claim.post.id, event, Failure("code", "why"), now=self.now)

    @precondition(lambda self: self.calls)
    @rule()
    def crash(self) -> None:
        """The answer is late: the lease runs out first."""
        claim = self.calls.pop()
        self._goes_out(claim)
        self.lost.append(claim)
        self.now = max(self.now, claim.lease_until)
        self.ledger.rescue(now=self.now)

    @precondition(lambda self: self.lost)
    @rule()
    def late_answer(self) -> None:
        claim = self.lost.pop()
        receipt = Receipt(claim.part, f"{claim.post.id}/{claim.part}")
        assert self.ledger.next_part(claim.post.id, receipt, TERMS, now=self.now, lease=LEASE) is None

    @rule()
    def expire(self) -> None:
        self.ledger.expire(now=self.now)

    @precondition(lambda self: self.count)
    @rule(event=st.sampled_from(EDITS), pick=st.integers(0, 50))
    def edit(self, event: PostEvent, pick: int) -> None:
        posts = [post for post in self.ledger.posts(limit=None) if post.state is not PostState.SENDING]
        if not posts:
            return
        post = posts[pick % len(posts)]
        if event is PostEvent.MISS and post.state is PostState.UNKNOWN:
            self.word_of_absence.add(post.id)
            self.lost = [claim for claim in self.lost if claim.post.id != post.id]
        allowed = target(post.state, event) is not None
        try:
            self.ledger.move(post.id, event, by="cli:ana", now=self.now)
        except InvalidTransition:
            assert not allowed or event is PostEvent.WITHDRAW

    @invariant()
    def nothing_went_out_twice_but_by_an_editors_wrong_word(self) -> None:
        doubled = {post for (post, _), times in self.platform.items() if times > 1}
        assert doubled <= self.word_of_absence

    @invariant()
    def what_is_sent_is_out_and_each_story_ends_in_its_state(self) -> None:
        for post in self.ledger.posts(limit=None):
            if post.state is PostState.SENT:
                assert all((post.id, number) in self.platform for number in range(len(post.parts)))
            words = [event.event for event in self.ledger.timeline(post.id)]
            assert words[0] == "composed"
            assert post.state is not PostState.FAILED or post.error

    @invariant()
    def one_call_is_in_flight_at_most(self) -> None:
        assert len(self.ledger.posts(states=[PostState.SENDING])) == len(self.calls) <= 1

    @invariant()
    def the_months_sum_is_of_its_reservations_and_within_the_limit(self) -> None:
        amount = schema.reservation.c.amount_usd
        with self.ledger._database.read() as tx:
            reserved = tx.execute(select(func.sum(amount, type_=amount.type))).scalar() or Decimal(0)
        assert self.ledger.spent("tg", now=self.now) == reserved <= Decimal("1.00")


Newsroom.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestNewsroom = Newsroom.TestCase
