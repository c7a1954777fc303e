"""A replica that lacks the last transactions becomes the primary: nothing of what is out goes out again."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from newsbot.errors import LedgerError
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import PostState
from newsbot.ports import Claim
from tests.chaos.server import Server, binaries
from tests.ledger.exchanges import claim_next, store_part

from .making import LEASE, NOW, TERMS, add, claimed, new_post, receipt, sent

pytestmark = pytest.mark.slow


class Pair:
    """A primary server, its replica, and services with a folder each that name both."""

    def __init__(self, primary: Server, replica: Server, folder: Path) -> None:
        self.primary, self.replica, self.folder = primary, replica, folder
        servers = f"127.0.0.1:{primary.port},127.0.0.1:{replica.port}"
        self.url = f"postgresql://postgres@{servers}/postgres?target_session_attrs=read-write"
        self.opened: list[Ledger] = []

    def open(self, name: str) -> Ledger:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        ledger = open_ledger(self.url, base=folder)
        self.opened.append(ledger)
        ledger.prepare(upgrade=True)
        ledger.acquire_instance_lock(now=NOW)
        return ledger

    async def fail_over(self) -> None:
        await self.primary.kill()
        self.replica.promote()


@pytest.fixture
async def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    if (programs := binaries()) is None:
        pytest.skip("PostgreSQL's own programs are not here")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    async with Server(programs) as primary, AsyncExitStack() as stack:
        replica = Server(programs)
        stack.push_async_exit(replica)
        await replica.copy(primary, waits=False)
        made = Pair(primary, replica, tmp_path)
        yield made
        for ledger in made.opened:
            ledger.close()


def states(ledger: Ledger) -> dict[str, PostState]:
    return {post.id: post.state for post in ledger.posts.list_posts(limit=None)}


def look(ledger: Ledger) -> None:
    """What each service does four times a second."""
    with suppress(LedgerError):
        ledger.has_changed()


def wait_until(what: Callable[[], bool]) -> None:
    ends = monotonic() + 30
    while not what():
        assert monotonic() < ends
        sleep(0.05)


async def test_posts_whose_calls_are_lost_are_unknown_though_new_calls_have_higher_numbers(
    pair: Pair,
) -> None:
    ledger = pair.open("one")
    for number in range(4):
        add(ledger, guid=f"g{number}")
    sent(ledger)
    pair.replica.lag(pair.primary)
    lost = [sent(ledger).id for _ in range(2)]
    await pair.fail_over()
    assert claim_next(ledger.delivery, "tg", TERMS, now=NOW, lease=LEASE) is None
    assert all(states(ledger)[post] is PostState.UNKNOWN for post in lost)


async def test_a_post_whose_outcome_is_lost_is_not_given_back_as_never_called(pair: Pair) -> None:
    ledger = pair.open("one")
    add(ledger)
    claim = claimed(ledger)
    pair.replica.lag(pair.primary)
    store_part(ledger.delivery, claim.post.id, receipt(), TERMS, now=NOW, lease=LEASE)
    await pair.fail_over()
    assert ledger.delivery.return_lost_claims({}, now=NOW) == []
    assert states(ledger) == {claim.post.id: PostState.UNKNOWN}


async def test_no_service_claims_what_another_may_have_sent_before_that_one_has_checked(pair: Pair) -> None:
    one, other = pair.open("one"), pair.open("other")
    add(one, new_post("tg"), new_post("x"))
    sent(other, "x")  # so that both have made calls
    pair.replica.lag(pair.primary)
    lost = sent(one).id
    await pair.fail_over()
    wait = claim_next(other.delivery, "tg", TERMS, now=NOW, lease=LEASE)
    assert "check the ledger" in str(wait)

    def is_known() -> bool:
        look(one)
        return states(one)[lost] is PostState.UNKNOWN

    wait_until(is_known)
    wait_until(lambda: claim_next(other.delivery, "tg", TERMS, now=NOW, lease=LEASE) is None)
    assert states(other)[lost] is PostState.UNKNOWN


async def test_a_replica_for_which_no_commit_waits_is_told(pair: Pair) -> None:
    ledger = pair.open("one")
    assert ledger.find_commit_risk() == "failover"
    pair.primary.set_synchronous("*")
    wait_until(lambda: ledger.find_commit_risk() is None)


async def test_where_nothing_is_lost_all_goes_on_once_each_service_has_checked(pair: Pair) -> None:
    one, other = pair.open("one"), pair.open("other")
    add(one, new_post("tg"), new_post("x"), new_post("y"))
    sent(other, "x")
    claim = claimed(one, "y")
    pair.replica.lag(pair.primary)
    await pair.fail_over()

    def may_claim() -> bool:
        look(one)
        look(other)
        return isinstance(claim_next(other.delivery, "tg", TERMS, now=NOW, lease=LEASE), Claim)

    wait_until(may_claim)
    assert one.delivery.return_lost_claims({claim.post.id: 1}, now=NOW) == []
    assert store_part(one.delivery, claim.post.id, receipt(), TERMS, now=NOW, lease=LEASE) is None
    assert PostState.UNKNOWN not in states(one).values()
    assert one.alerts.get_pending_restore() is None


async def test_a_service_that_starts_later_misses_the_call_that_its_mark_names(pair: Pair) -> None:
    one = pair.open("one")
    for number in range(4):
        add(one, guid=f"g{number}")
    sent(one)
    pair.replica.lag(pair.primary)
    lost = [sent(one).id for _ in range(2)]
    await pair.fail_over()
    one._instances.close()  # as if it had been killed
    other = pair.open("other")
    doubled = sent(other).id  # it can't know of the calls of a service that is gone
    assert doubled in lost
    one = pair.open("one")
    assert states(one)[lost[1]] is PostState.UNKNOWN
    assert one.alerts.get_pending_restore() is not None


async def test_what_one_service_found_keeps_the_others_from_sending_though_it_ends(pair: Pair) -> None:
    """Making posts unknown takes long for many of them: the finding is stored first."""
    one, other = pair.open("one"), pair.open("other")
    add(one, new_post("tg"), new_post("x"))
    sent(other, "x")
    pair.replica.lag(pair.primary)
    lost = sent(one).id
    await pair.fail_over()
    wait_until(lambda: store_doubt(one))
    one.close()  # before it has made the post unknown
    wait_until(lambda: claim_next(other.delivery, "tg", TERMS, now=NOW, lease=LEASE) is None)
    assert states(other)[lost] is PostState.UNKNOWN


def store_doubt(ledger: Ledger) -> bool:
    with suppress(LedgerError), ledger._database.write() as tx:
        ledger._fence.store_doubt(tx)
        return True
    return False
