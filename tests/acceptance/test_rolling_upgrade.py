"""Services of two versions on one PostgreSQL ledger, while one after the other is upgraded."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from newsbot import __version__
from newsbot.ledger import migrations, open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import PostState

from .newsroom import Newsroom
from .test_cluster import CHANNELS, arrived, check, cluster, queue, running, settled
from .test_service import until
from .versions import Version, export_previous, make_next

__all__ = ["cluster"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # Each starts up to eight processes.


@contextmanager
def opened(newsroom: Newsroom) -> Iterator[Ledger]:
    ledger = open_ledger(newsroom.config["database"])
    yield ledger
    ledger.close()


def versions(ledger: Ledger) -> list[Any]:
    return sorted(str(service.version) for service in ledger.list_running_services())


def revision(newsroom: Newsroom) -> Any:
    """The schema's revision and how many services there are; None while there is no schema."""
    query = "SELECT (SELECT version_num FROM alembic_version), count(*) FROM instance"
    with psycopg.connect(newsroom.config["database"]) as tx, suppress(psycopg.errors.UndefinedTable):
        return tx.execute(query).fetchone()
    return None


@dataclass
class Sending:
    """What two services send beside each other: each post once, and in order."""

    newsroom: Newsroom
    ledger: Ledger
    in_order: bool = True
    wanted: set[tuple[str, str]] = field(default_factory=set)

    async def send(self, stopping: Any = None) -> None:
        """Queue posts, and stop a service in the middle of them."""
        before = sum(map(len, arrived(self.newsroom).values()))
        self.wanted |= queue(self.newsroom, self.ledger, len(self.wanted) // CHANNELS)
        if stopping is not None:
            await until(lambda: sum(map(len, arrived(self.newsroom).values())) > before + CHANNELS)
            ran = await self.newsroom.stop(stopping)
            assert ran.status == 0, ran.err
        await until(lambda: settled(self.ledger) == {PostState.SENT: len(self.wanted)})
        there = [(chat, text) for chat, texts in arrived(self.newsroom).items() for text in texts]
        assert len(there) == len(set(there)) == len(self.wanted)
        if self.in_order:
            await check(self.newsroom, self.ledger, self.wanted)


@pytest.mark.parametrize("engine", ["local", "cluster"])
async def test_the_version_before_sends_beside_this_one(
    cluster: Newsroom, tmp_path: Path, engine: str
) -> None:
    """The old one starts first; each sends beside the other, goes in mid-work, and sends alone."""
    cluster.config["engine"] = engine
    before = Version(cluster, export_previous(tmp_path))
    if before.head < migrations.OLDEST:
        pytest.skip(f"the version before, of schema {before.head}, is one that can't work beside this one")
    old = await before.start("run")
    with opened(cluster) as ledger:
        await until(lambda: revision(cluster) == (before.head, 1))
        new = await cluster.start("run")
        await until(lambda: revision(cluster) == (migrations.HEAD, 2))
        # The versions of schema 0019 lose the order when one stops in mid-work.
        sending = Sending(cluster, ledger, in_order=before.head > "0019")
        await sending.send(new)
        await sending.send()
        new = await cluster.start("run")
        await until(lambda: running(ledger) == 2)
        if before.head > "0019":  # The versions before refuse any schema but their own when they start.
            assert (await cluster.stop(old)).status == 0
            old = await before.start("run")
            await until(lambda: running(ledger) == 2)
        await sending.send(old)
        await sending.send()


async def test_this_version_works_on_a_schema_that_is_one_step_ahead(
    cluster: Newsroom, tmp_path: Path
) -> None:
    source = make_next(tmp_path, "9000", "op.add_column('post', sa.Column('next', sa.String()))")
    schema = source / "newsbot" / "ledger" / "schema.py"
    schema.write_text(f"{schema.read_text()}\npost.append_column(Column('next', String))\n")
    following = Version(cluster, source)
    old = await cluster.start("run")
    with opened(cluster) as ledger:
        await until(lambda: running(ledger) == 1)
        sending = Sending(cluster, ledger)
        new = await following.start("run")
        while revision(cluster) != ("9000", 2):
            await sending.send()  # The schema is migrated while the old one sends.
        assert (await cluster.stop(old)).status == 0
        old = await cluster.start("run")
        await until(lambda: versions(ledger) == [__version__, "9000"])
        await sending.send(new)
        await sending.send()
    for version in (cluster, following):
        status = await version.run("status", "--json")
        assert [one["version"] for one in status.json["services"]] == [__version__]
    assert (await cluster.stop(old)).status == 0


async def test_a_version_that_this_one_can_not_work_beside_waits_until_this_one_is_gone(
    cluster: Newsroom, tmp_path: Path
) -> None:
    first = make_next(tmp_path, "9000", "op.create_table('old', sa.Column('id', sa.Integer()))")
    middle = Version(cluster, first)
    last = Version(cluster, make_next(tmp_path, "9001", "op.drop_table('old')", of=first, oldest="9000"))
    service = await cluster.start("run")
    with opened(cluster) as ledger:
        await until(lambda: running(ledger) == 1)
        between = await middle.start("run")
        await until(lambda: running(ledger) == 2)
        ran = await last.run("run")
        assert ran.status == 1
        assert "a service of an older newsbot (process" in ran.err
        assert len(ran.err.strip().splitlines()) == 1
        assert revision(cluster) == ("9000", 2)
        assert (await cluster.stop(service)).status == 0
        upgraded = await last.start("run")
        await until(lambda: versions(ledger) == ["9000", "9001"])
        assert revision(cluster) == ("9001", 2)
        await Sending(cluster, ledger).send(between)
    for command in ("run", "queue"):
        ran = await cluster.run(command)
        assert ran.status == 1
        assert "was written by a newer newsbot" in ran.err
        assert len(ran.err.strip().splitlines()) == 1
    assert (await cluster.stop(upgraded)).status == 0
