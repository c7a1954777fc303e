"""What several services of one newsroom tell: each its own counts, and all the same of the ledger."""

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from newsbot import __version__
from newsbot.ledger import open_ledger
from newsbot.model import PostState
from tests.forkserver import ForkedProcess

from .newsroom import Newsroom
from .test_cluster import CHANNELS, EACH, cluster, queue, running, settled
from .test_health import address, get
from .test_service import until

__all__ = ["cluster"]

ROLES = ("poll,work,send,web", "send,web")


async def figures(url: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families((await get(f"{url}/metrics"))[1])
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def shared(found: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """What is read from the ledger, but for what changes from one moment to the next."""
    names = ("newsbot_ledger_i", "newsbot_ledger_lease", "newsbot_queue_depth", "newsbot_channel_paused")
    return {name: value for name, value in found.items() if name[0].startswith(names)}


async def test_each_service_counts_what_it_did_and_all_tell_the_same_of_the_ledger(cluster: Newsroom) -> None:
    cluster.config["web"] = {"listen": "127.0.0.1:0"}
    workers: list[ForkedProcess] = [await cluster.start("run", "--roles", roles) for roles in ROLES]
    urls = [await address(worker) for worker in workers]
    ledger = open_ledger(cluster.config["database"])
    await until(lambda: running(ledger) == 2)
    before = [await figures(url) for url in urls]
    assert [each["newsbot_ledger_instances", "send", __version__] for each in before] == [2, 2]
    queue(cluster, ledger)
    await until(lambda: settled(ledger) == {PostState.SENT: CHANNELS * EACH})
    async with asyncio.timeout(60):  # Each caches for a while what it reads from the ledger.
        while True:
            found = [await figures(url) for url in urls]
            leased = any(name[0] == "newsbot_ledger_lease" for name in found[0])
            waits = ("newsbot_queue_depth", "tg0", "sent") in found[0]
            if shared(found[0]) == shared(found[1]) and leased and not waits:
                break
            await asyncio.sleep(0.2)
    assert (
        sum(v for each in found for k, v in each.items() if k[0] == "newsbot_posts_total") == CHANNELS * EACH
    )
    assert [each["newsbot_ledger_instances", "poll", __version__] for each in found] == [1, 1]
    holders = {name[-2] for each in found for name in each if name[0] == "newsbot_ledger_lease"}
    assert len(holders) == 1
    status = (await cluster.run("status", "--json")).json
    # Either service may be the first to write that it runs.
    assert sorted(service["roles"] for service in status["services"]) == sorted(
        sorted(each.split(",")) for each in ROLES
    )
    shown = (await cluster.run("status")).out
    assert "poll, send, web, work" in shown
    ledger.close()
