"""Several processes on one ledger, and processes that are killed."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import PostState
from newsbot.ports import Claim, ClaimTerms, Rate
from tests.ledger.exchanges import claim_next, claim_poll, store_part
from tests.ledger.making import LEASE, NOW, SECOND, add, claimed, new_post, poll, receipt

CHANNELS = ("a", "b", "c", "d")

CLAIMER = """
import json, sys
from newsbot.ledger import open_ledger
from newsbot.ports import Claim
from tests.ledger.exchanges import claim_next, store_part
from tests.ledger.making import LEASE, NOW, TERMS, receipt
ledger = open_ledger(sys.argv[1])
sent = []
print("ready", flush=True); sys.stdin.readline()
idle = 0
while idle < 3:
    idle += 1
    for channel in sys.argv[2:]:
        claim = claim_next(ledger.delivery, channel, TERMS, now=NOW, lease=LEASE)
        if isinstance(claim, Claim):
            sent.append(claim.post.id); idle = 0
            store_part(ledger.delivery, claim.post.id, receipt(), TERMS, now=NOW, lease=LEASE)
        elif claim is not None:
            idle = 0
print(json.dumps(sent))
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A process that waits for a line before it goes on."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_processes_never_claim_a_post_twice_and_leave_none(ledger: Ledger, url: str) -> None:
    posts = [post for n in range(8) for post in add(ledger, *map(new_post, CHANNELS), guid=f"g{n}")]
    processes = [start(CLAIMER, url, *CHANNELS) for _ in range(3)]
    sent: list[str] = []
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        said, _ = process.communicate(timeout=60)
        sent += json.loads(said)
        assert process.returncode == 0
    assert Counter(sent) == Counter(post.id for post in posts)
    assert {post.state for post in ledger.posts.list_posts(limit=None)} == {PostState.SENT}
    assert {post.attempts for post in ledger.posts.list_posts(limit=None)} == {1}


def together(count: int, url: str, work: Callable[[Ledger], Any]) -> list[Any]:
    """``work`` on as many ledgers at once; each result, or what it raised."""
    results: list[Any] = []
    gate = threading.Barrier(count)

    def one() -> None:
        ledger = open_ledger(url)
        gate.wait()
        try:
            results.append(work(ledger))
        except Exception as error:  # noqa: BLE001  the assertions look at it
            results.append(error)
        ledger.close()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_the_budget_holds_when_many_claim_at_once(ledger: Ledger, url: str) -> None:
    for number in range(12):
        add(ledger, new_post("x", cost="0.20"), guid=f"g{number}")
    terms = ClaimTerms(limit_usd=Decimal("1.00"))

    def drain(mine: Ledger) -> int:
        sent = 0
        while (claim := claim_next(mine.delivery, "x", terms, now=NOW, lease=LEASE)) and (
            isinstance(claim, Claim) or claim.until is not None
        ):
            if isinstance(claim, Claim):
                store_part(mine.delivery, claim.post.id, receipt(), terms, now=NOW, lease=LEASE)
                sent += 1
        return sent

    assert sum(together(4, url, drain)) == 5
    assert ledger.channels.get_spending("x", now=NOW) == Decimal("1.00")


def test_slots_of_a_shared_key_never_collide_when_many_claim_at_once(ledger: Ledger, url: str) -> None:
    channels = [f"c{number}" for number in range(8)]
    add(ledger, *map(new_post, channels))
    terms = ClaimTerms((Rate("bot", 1, 1.0, precise=True),))
    names = iter(channels)
    slots = sorted(
        claim.send_at
        for claim in together(
            8, url, lambda mine: claim_next(mine.delivery, next(names), terms, now=NOW, lease=LEASE * 2)
        )
    )
    assert all(later - earlier >= SECOND for earlier, later in pairwise(slots))
    assert len(slots) == 8


def test_one_of_many_gets_a_poll_and_each_item_goes_to_one_reader(ledger: Ledger, url: str) -> None:
    polls = together(6, url, lambda mine: claim_poll(mine.sources, "site", now=NOW, lease=LEASE))
    assert sum(state is not None for state in polls) == 1
    found = poll(ledger, *(f"g{number}" for number in range(20)))
    reads = together(4, url, lambda mine: mine.articles.claim_found("site", now=NOW, lease=LEASE, limit=5))
    assert Counter(one.article_id for read in reads for one in read) == Counter(found)


HOLDER = """
import sys, time
from newsbot.ledger import open_ledger
from tests.ledger.exchanges import claim_poll
from tests.ledger.making import LEASE, NOW, claimed
ledger = open_ledger(sys.argv[1])
ledger.acquire_instance_lock()
claimed(ledger)
claim_poll(ledger.sources, "site", now=NOW, lease=LEASE)
ledger.articles.claim_found("site", now=NOW, lease=LEASE)
print("ready", flush=True)
time.sleep(60)
"""


def test_a_killed_sender_leaves_an_unknown_at_once(ledger: Ledger, url: str) -> None:
    [post] = add(ledger)
    poll(ledger, "a")
    sender = start(HOLDER, url)
    assert ledger.posts.get_post(post.id).state is PostState.SENDING
    os.kill(sender.pid, signal.SIGKILL)
    sender.communicate()
    ledger.acquire_instance_lock()
    [rescued] = wait_for_rescue(ledger)
    assert (rescued.id, rescued.state) == (post.id, PostState.UNKNOWN)
    assert rescued.error
    assert "look there" in rescued.error.message
    assert claim_poll(ledger.sources, "site", now=NOW, lease=LEASE, least=LEASE * 0) is not None
    assert len(ledger.articles.claim_found("site", now=NOW, lease=LEASE)) == 1


def wait_for_rescue(ledger: Ledger) -> list[Any]:
    """PostgreSQL notices an ended session when it reads from it."""
    for _ in range(100):
        if rescued := ledger.delivery.recover_posts(now=NOW):
            return rescued
        threading.Event().wait(0.02)
    pytest.fail("the killed sender's post was never rescued")


def test_a_living_senders_post_is_left_alone(postgres_database: str) -> None:
    here, there = open_ledger(postgres_database), open_ledger(postgres_database)
    for ledger in (here, there):
        ledger.prepare(upgrade=True)
        ledger.acquire_instance_lock()
    add(here, new_post("living"), guid="living")
    claimed(here, "living")
    assert there.delivery.recover_posts(now=NOW) == []
    here.close()
    assert [post.channel for post in wait_for_rescue(there)] == ["living"]
    there.close()


def test_a_command_beside_the_service_rescues_nothing_before_the_lease_is_over(
    opened: Callable[[], Ledger],
) -> None:
    service, command = opened(), opened()
    service.acquire_instance_lock()
    add(service)
    claimed(service)
    assert command.delivery.recover_posts(now=NOW) == []
    assert len(command.delivery.recover_posts(now=NOW + LEASE)) == 1
