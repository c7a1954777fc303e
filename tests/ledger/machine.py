"""A newsroom that does anything in any order: services that die, late answers, editors who err."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine

from newsbot.errors import InvalidTransition
from newsbot.ledger import ids, open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, Post, PostEvent, PostState, Receipt, target
from newsbot.ports import Claim, ClaimTerms, Rate
from newsbot.reasons import Code, UsageCode
from newsbot.reasons.storage import decode_reason
from tests.ledger.exchanges import claim_next, settle_call, store_part
from tests.ledger.making import NOW, article, new_post, part
from tests.ledger.witness import Witness

__all__ = ["Newsroom"]

LEASE = timedelta(seconds=30)
LIMIT = Decimal("1.00")
TERMS = ClaimTerms((Rate("chat", 1, 1.0, precise=True),), limit_usd=LIMIT)
CHANNELS = ("tg", "x")
ENDS = (PostEvent.NOT_SENT, PostEvent.REFUSE, PostEvent.LOSE)
EDITS = tuple(event for event in PostEvent if event not in {PostEvent.CLAIM, PostEvent.FENCE})
WORDS = {str(event): event for event in PostEvent}
PICK = st.integers(0, 50)
_NEWS = "SELECT id, post_id, event, detail FROM event WHERE id > {} ORDER BY id"
_POSTS = "SELECT id, state, channel, error FROM post ORDER BY id"
_MONEY = (
    "SELECT account, sum(amount_usd) FROM reservation GROUP BY account",
    "SELECT account, sum(amount_usd) FROM month GROUP BY account",
)

_MEMORY = Path("/dev/shm")
_LIVES = {
    "failed": (PostEvent.REFUSE,),
    "failed in part": (PostEvent.ACCEPT, PostEvent.REFUSE),
    "retrying": (PostEvent.NOT_SENT,),
    "sent": (PostEvent.ACCEPT, PostEvent.ACCEPT),
    "unknown": (PostEvent.LOSE,),
}
"""How the calls ended that posts have behind them when a run begins."""

_engines: dict[str, Engine] = {}


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)


@cache
def _template() -> bytes:
    """An empty ledger: making the schema takes as long as some steps."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        ledger = open_ledger(f"sqlite:///{path}")
        ledger.prepare(upgrade=True)
        ledger.close()
        return path.read_bytes()


class Newsroom(RuleBasedStateMachine):
    """Two services on one database where it takes two.

    ``platform`` counts what really went out, by post and part. ``calls`` are in flight; ``lost`` those whose
    answer is late. ``doubted`` are the posts of which an editor said "not sent" while that was not so, or a
    call was still under way: only those may go out twice. ``edges`` are those seen, over all runs.
    """

    edges: ClassVar[set[tuple[PostState, PostEvent]]] = set()
    services = 1

    def url(self) -> str:
        """A file that has the schema, in memory where the machine can: this test is not about the disk."""
        path = Path(_folder().name) / "ledger.db"
        for beside in ("-wal", "-shm", ".fence"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        path.write_bytes(_template())
        return f"sqlite:///{path}"

    @initialize(before=st.lists(st.sampled_from(sorted(_LIVES)), max_size=3))
    def begin(self, before: Sequence[str]) -> None:
        self.database = self.url()
        self.witness = Witness(self.database)
        self.ledgers = [self._open() for _ in range(self.services)]
        self.now: datetime = NOW
        self.platform: dict[tuple[str, int], int] = {}
        self.calls: list[tuple[int, Claim]] = []
        self.lost: list[Claim] = []
        self.doubted: set[str] = set()
        self.count = 0
        self.was_restored = False
        self.heard = self.read = 0
        self.told: dict[str, PostState] = {}
        self.parts: dict[str, int] = {}
        for life in before:
            self._lives(*_LIVES[life])
        self.queue("tg", 2, held=False, cost="0.15")
        self.queue("x", 1, held=True, cost=None)

    def _lives(self, *ends: PostEvent) -> None:
        """A post that has seen something when the run begins: from there every edge is near."""
        self.queue("x", 2, held=False, cost=None)
        for end in ends:
            self.wait(1)
            if not self.calls:
                self.claim(0, "x")
            if not self.calls:
                return  # another life keeps the channel
            if end is PostEvent.ACCEPT:
                self.accepted(0)
            else:
                self.ended(end, 0, went_out=False)

    def _open(self) -> Ledger:
        ledger = open_ledger(self.database)
        if ledger._database.sqlite:
            # What the last one has compiled is of use to the next: else that is a third of the time.
            ledger._database._engine = _engines.setdefault(self.database, ledger._database._engine)
        ledger.prepare(upgrade=True)
        if ledger._database.sqlite:
            with ledger._database.open_raw_connection() as raw:
                raw.execute("PRAGMA synchronous = OFF")
        ledger.acquire_instance_lock()
        return ledger

    def teardown(self) -> None:
        for ledger in getattr(self, "ledgers", []):
            ledger.close()
        if hasattr(self, "witness"):
            self.witness.close()

    @property
    def ledger(self) -> Ledger:
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
        found = self.ledger.articles.add_article("cli", article(f"g{self.count}"), now=self.now)
        post = new_post(
            channel,
            due_at=self.now,
            expires_at=self.now + timedelta(minutes=5),
            held_for="approval" if held else None,
            parts=tuple(part(str(number)) for number in range(parts)),
            cost=cost,
        )
        [queued] = self.ledger.posts.queue_posts(found, [post], now=self.now, again=False)
        self.parts[queued.id] = parts

    @rule(seconds=st.sampled_from([1, 10, 40, 200, -20]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    # ---- services

    @rule(service=st.integers(0, 1), channel=st.sampled_from(CHANNELS))
    def claim(self, service: int, channel: str) -> None:
        at = service % self.services
        claim = claim_next(self.ledgers[at].delivery, channel, TERMS, now=self.now, lease=LEASE)
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
        after = store_part(
            self.ledgers[at].delivery, claim.post.id, receipt, TERMS, now=self.now, lease=LEASE
        )
        if after:
            self.calls.append((at, after))

    @precondition(lambda self: self.calls)
    @rule(event=st.sampled_from(ENDS), went_out=st.booleans(), pick=PICK)
    def ended(self, event: PostEvent, pick: int, *, went_out: bool) -> None:
        at, claim = self.calls.pop(pick % len(self.calls))
        if went_out and event is PostEvent.LOSE:
            self._goes_out(claim)
        settle_call(
            self.ledgers[at].delivery,
            claim.post.id,
            event,
            Failure("code", Code.TEXT(words="why")),
            now=self.now,
        )

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
        rescued = {
            post.id for post in self.ledgers[service % self.services].delivery.recover_posts(now=self.now)
        }
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

    @rule(service=st.integers(0, 1), went_out=st.booleans())
    def restored(self, service: int, *, went_out: bool) -> None:
        """The ledger is taken for one that was restored, with calls in flight."""
        for _, claim in self.calls:
            if went_out:
                self._goes_out(claim)
                self.lost.append(claim)
        self.calls.clear()
        self.was_restored = True
        ledger = self.ledgers[service % self.services]
        with ledger._database.write() as tx:
            ledger._fence.mark_posts_unknown(tx, UsageCode.OTHER_LEDGER(), self.now)
        ledger._fence.write()
        assert not self._in(PostState.SCHEDULED) + self._in(PostState.RETRYING) + self._in(PostState.HELD)

    @precondition(lambda self: self.lost)
    @rule(pick=PICK)
    def late_answer(self, pick: int) -> None:
        claim = self.lost.pop(pick % len(self.lost))
        if claim.post.id in self.doubted:
            return  # an editor spoke in its place
        receipt = Receipt(claim.part, f"{claim.post.id}/{claim.part}")
        assert (
            store_part(self.ledger.delivery, claim.post.id, receipt, TERMS, now=self.now, lease=LEASE) is None
        )

    @rule()
    def expire(self) -> None:
        self.ledger.posts.expire_posts(now=self.now)

    # ---- people, and the reconciler

    @precondition(lambda self: self.count)
    @rule(event=st.sampled_from(EDITS), pick=PICK)
    def edit(self, event: PostEvent, pick: int) -> None:
        """Any event on any post that is not in flight: it goes along an edge, or is refused."""
        if still := self._still():
            self._edit(still[pick % len(still)][0], event)

    @precondition(lambda self: self.count)
    @rule(pick=st.integers(0, 500))
    def go(self, pick: int) -> None:
        """One of the edges that are open to one of the posts, each as likely as any other."""
        ways = [(post, event) for post, state in self._still() for event in EDITS if target(state, event)]
        if ways:
            self._edit(*ways[pick % len(ways)])

    def _still(self) -> list[tuple[str, PostState]]:
        rows = [(post, PostState(state)) for post, state, *_ in self._rows()]
        return [(post, state) for post, state in rows if state is not PostState.SENDING]

    def _edit(self, number: str, event: PostEvent) -> None:
        post = self.ledger.posts.get_post(number)
        if event is PostEvent.MISS and post.state is PostState.UNKNOWN:
            self.doubted.add(post.id)
        receipts = self._missing(post) if event is PostEvent.FIND else ()
        if event is PostEvent.FIND and not all((post.id, r.part) in self.platform for r in receipts):
            return  # whoever says it is out has seen it
        allowed = target(post.state, event) is not None
        try:
            self.ledger.posts.apply_event(post.id, event, by="cli:ana", now=self.now, receipts=receipts)
        except InvalidTransition:
            assert not allowed or event is PostEvent.WITHDRAW

    def _missing(self, post: Post) -> tuple[Receipt, ...]:
        has = {receipt.part for receipt in post.receipts}
        return tuple(Receipt(n, f"{post.id}/{n}") for n in range(len(post.parts)) if n not in has)

    @precondition(lambda self: self.count)
    @rule(pick=PICK)
    def look(self, pick: int) -> None:
        """Somebody looks for an unknown's part, sees what is so, and says it."""
        unknown = self._in(PostState.UNKNOWN)
        if not unknown:
            return
        post = self.ledger.posts.get_post(unknown[pick % len(unknown)])
        at = post.next_part
        out, last = (post.id, at) in self.platform, at == len(post.parts) - 1
        event = PostEvent.FIND if out and last else PostEvent.MISS
        receipts = [Receipt(at, f"{post.id}/{at}")] if out else []
        self.ledger.posts.apply_event(
            post.id, event, by="reconciler", now=self.now, receipts=receipts, due_at=self.now
        )

    @precondition(lambda self: self.count)
    @rule(pick=PICK)
    def approve(self, pick: int) -> None:
        held = self._in(PostState.HELD)
        if held:
            post = held[pick % len(held)]
            self.ledger.posts.approve(
                post, by="cli:ana", now=self.now, due_at=self.now, reason=Code.TIME_SET()
            )

    def _in(self, state: PostState) -> list[str]:
        return [post for post, found, *_ in self._rows() if found == state]

    @rule(channel=st.sampled_from(CHANNELS))
    def pause(self, channel: str) -> None:
        self.ledger.channels.pause(channel, by="cli:ana", reason=Code.TEXT(words="a break"), now=self.now)
        assert not isinstance(
            claim_next(self.ledger.delivery, channel, TERMS, now=self.now, lease=LEASE), Claim
        )

    @rule(channel=st.sampled_from(CHANNELS))
    def resume(self, channel: str) -> None:
        self.ledger.channels.resume(channel, by="cli:ana", now=self.now)

    # ---- what always holds

    @invariant()
    def nothing_went_out_twice_but_by_an_editors_wrong_word(self) -> None:
        doubled = {post for (post, _), times in self.platform.items() if times > 1}
        assert doubled <= self.doubted

    @invariant()
    def every_story_follows_the_table_and_ends_in_its_posts_state(self) -> None:
        """What is told already stays as it is told: ``an_editor_reads_it_all`` holds the ledger to that."""
        for number, post, event, detail in self.witness.rows(_NEWS.format(self.heard)):
            self.heard = number
            self._hears(ids.post_id(post), event, str(decode_reason(detail)))
        assert {post: state for post, state, *_ in self._rows()} == self.told

    def _rows(self) -> list[tuple[str, str, str, str | None]]:
        """Each post's id, state, channel and error, as stored."""
        return [(ids.post_id(number), *row) for number, *row in self.witness.rows(_POSTS)]

    def _hears(self, post: str, event: str, detail: str) -> None:
        before = self.told.get(post)
        self.told[post] = _follows(before, event, detail)
        if before and event in WORDS:
            self.edges.add((before, WORDS[event]))

    @invariant()
    def what_is_sent_is_out_whole_and_what_failed_says_why(self) -> None:
        for post, state, _, error in self._rows():
            if state == PostState.SENT:
                assert all((post, number) in self.platform for number in range(self.parts[post]))
            assert state != PostState.FAILED or error

    @invariant()
    def one_call_a_channel_is_in_flight_and_each_has_its_claim(self) -> None:
        sending = [(post, channel) for post, state, channel, _ in self._rows() if state == PostState.SENDING]
        assert sorted(post for post, _ in sending) == sorted(claim.post.id for _, claim in self.calls)
        assert len({channel for _, channel in sending}) == len(sending)

    @invariant()
    def the_months_sum_is_of_its_reservations_and_within_the_limit(self) -> None:
        """After a restore it is what it had been before, of which nobody knows the reservations."""
        reserved, sums = (dict(self.witness.rows(query)) for query in _MONEY)
        for channel in {*reserved, *sums}:
            assert reserved.get(channel, 0) <= sums.get(channel, 0) <= LIMIT * 1_000_000
            assert self.was_restored or reserved.get(channel, 0) == sums.get(channel, 0)

    @precondition(lambda self: self.heard >= self.read + 15)
    @rule()
    def an_editor_reads_it_all(self) -> None:
        """By the ledger's own words, from the first one on; now and then, as it takes long."""
        self.read = self.heard
        for post in self.ledger.posts.list_posts(limit=None):
            state = None
            for line in self.ledger.posts.list_events(post.id):
                state = _follows(state, line.event, str(line.detail))
            assert state is post.state is self.told[post.id]
        money = dict(self.witness.rows(_MONEY[1]))
        for channel in CHANNELS:
            assert self.ledger.channels.get_spending(channel, now=self.now) * 1_000_000 == money.get(
                channel, 0
            )


def _follows(state: PostState | None, event: str, detail: str) -> PostState:
    """The state after one more line of a story."""
    if state is None:
        assert event == "composed"
        return PostState.HELD if detail.startswith("held") else PostState.SCHEDULED
    after = target(state, WORDS[event]) if event in WORDS else state
    assert after, (state, event)
    return after
