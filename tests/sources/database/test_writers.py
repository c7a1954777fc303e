"""Four writers at once, with clocks that differ and late commits: no row is missed, none is doubled."""

import asyncio
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.sources.database.cms import Cms, Watch, ago

WRITERS = 4


class Step(NamedTuple):
    """``clock`` is by how many seconds the writer's clock is off, ``age`` how old the row says that it is."""

    what: Literal["insert", "edit", "unpublish", "commit", "poll"]
    writer: int = 0
    clock: int = 0
    age: int = 0
    row: int = 0


TIMES = st.sampled_from([0, 0, 1, 60, 1500])
STEPS = st.builds(
    Step,
    st.sampled_from(["insert", "insert", "insert", "edit", "unpublish", "commit", "commit", "poll", "poll"]),
    st.integers(0, WRITERS - 1),
    st.sampled_from([-1500, -60, 0, 0, 60, 3000, 90000]),
    TIMES,
    st.integers(0, 30),
)


class Office:
    """The writers, and what they committed. SQLite lets one write at a time: there, each step commits."""

    def __init__(self, cms: Cms) -> None:
        self.cms = cms
        self.alone = cms.kind == "sqlite"
        self.connections: dict[int, Any] = {}
        self.pending: dict[int, list[tuple[str, str]]] = {}
        self.owner: dict[str, int] = {}  # rows of transactions that are open: others would wait for them
        self.published: dict[str, bool] = {}
        self.numbers = 0
        self.edits = 0

    def step(self, step: Step) -> None:
        if step.what == "insert":
            self.numbers += 1
            self.write(step, str(self.numbers), "insert")
        elif step.what in {"edit", "unpublish"} and self.numbers:
            self.write(step, str(1 + step.row % self.numbers), step.what)
        if step.what == "commit" or self.alone:
            self.commit(step.writer)

    def write(self, step: Step, guid: str, what: str) -> None:
        if self.owner.get(guid, step.writer) != step.writer:
            return
        on = self.connections.setdefault(step.writer, None) or self.cms.writer()
        self.connections[step.writer] = on
        at = ago(seconds=step.age - step.clock)
        if what == "insert":
            self.cms.insert(int(guid), on=on, changed=at, published=at)
        elif what == "unpublish":
            self.update(on, guid, at, "state = 'draft'")
        else:
            self.edits += 1
            self.update(on, guid, at, f"headline = 'Edit {self.edits}', state = 'published'")
        self.owner[guid] = step.writer
        self.pending.setdefault(step.writer, []).append((guid, what))

    def update(self, on: Any, guid: str, at: Any, what: str) -> None:
        values = self.cms.values({"at": at, "id": int(guid)})
        on.execute(text(f"UPDATE articles SET {what}, changed = :at WHERE id = :id"), values)

    def commit(self, writer: int) -> None:
        if connection := self.connections.pop(writer, None):
            connection.commit()
            connection.close()
        for guid, what in self.pending.pop(writer, []):
            self.published[guid] = what != "unpublish"
        self.owner = {guid: other for guid, other in self.owner.items() if other != writer}

    def close(self) -> None:
        for writer in list(self.connections):
            self.commit(writer)


def test_each_row_is_noticed_once_as_it_is(cms: Cms) -> None:
    # Nothing is made smaller: each try asks a server, and the steps that failed are few.
    @settings(max_examples=15 if cms.kind == "sqlite" else 8, phases=[Phase.reuse, Phase.generate])
    @given(st.lists(STEPS, min_size=5, max_size=40))
    def one(steps: list[Step]) -> None:
        cms.run("DELETE FROM articles")
        asyncio.run(watched(cms, steps))

    one()


async def watched(cms: Cms, steps: list[Step]) -> None:
    """What the source said of each row, last, is what the row is, and nothing was said twice."""
    office, watch = Office(cms), Watch(cms.url, {"overlap": "1h"})
    said: dict[str, list[object]] = {}

    async def poll() -> None:
        before = len(watch.gone)
        for guid in await watch.poll():
            said.setdefault(guid, []).append(watch.items[guid].title)
        for guid in watch.gone[before:]:
            said.setdefault(guid, []).append(None)

    try:
        await poll()
        for step in steps:
            office.step(step)
            if step.what == "poll":
                await poll()
        office.close()
        await poll()
        await poll()
    finally:
        office.close()
        await watch.close()
    for guid, published in office.published.items():
        told = said.get(guid, [None])
        assert (told[-1] is not None) == published, (guid, told)
        assert all(one is None or one != other for one, other in pairwise(told)), (guid, told)
