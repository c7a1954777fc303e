"""The supervisor over parts that fail, end or hang: none of it goes unseen."""

import asyncio
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from newsbot.app.supervisor import PartEnded, Supervisor, run_critical
from newsbot.delivery.reports import Reports
from newsbot.errors import LedgerError
from newsbot.reasons import Code


async def fails() -> None:
    raise LedgerError(Code.TEXT(words="the disk is gone"))


async def forever() -> None:
    await asyncio.Event().wait()


def supervisor(reports: Reports, *, fine: float = 60.0) -> Supervisor:
    return Supervisor(reports, shortest=0.01, longest=0.04, fine=fine)


async def test_a_critical_part_that_fails_ends_the_others_and_says_why() -> None:
    reports, said = Reports(), list[str]()

    async def engine() -> None:
        try:
            await forever()
        finally:
            said.append("the engine is cancelled")

    parts = {"the engine": engine(), "the reconciler": fails()}
    with pytest.raises(PartEnded, match=r"the reconciler failed \(the disk is gone\)") as ended:
        await asyncio.wait_for(
            run_critical(parts, asyncio.Event(), reports, lambda: said.append("it failed")), 10
        )
    assert isinstance(ended.value.__cause__, LedgerError)
    assert said == ["it failed", "the engine is cancelled"]
    assert [part.name for part in reports.failed_parts] == ["the reconciler"]


async def test_a_failure_while_the_service_stops_is_not_swallowed() -> None:
    stop = asyncio.Event()
    stop.set()
    with pytest.raises(PartEnded, match="the reconciler"):
        await asyncio.wait_for(run_critical({"the reconciler": fails()}, stop, Reports()), 10)


async def test_a_second_failure_is_reported_too() -> None:
    reports = Reports()

    async def fails_when_cancelled() -> None:
        try:
            await forever()
        finally:
            raise ValueError("broken too")

    parts = {"the engine": fails_when_cancelled(), "the reconciler": fails()}
    with pytest.raises(PartEnded):
        await asyncio.wait_for(run_critical(parts, asyncio.Event(), reports), 10)
    assert {part.name for part in reports.failed_parts} == {"the engine", "the reconciler"}


async def test_a_critical_part_that_just_ends_ends_the_service_unless_it_was_asked_to() -> None:
    asked = asyncio.Event()
    with pytest.raises(PartEnded, match="the engine"):
        await asyncio.wait_for(run_critical({"the engine": asyncio.sleep(0)}, asked, Reports()), 10)
    asked.set()
    parts = {"the engine": asyncio.sleep(0), "the reconciler": forever()}
    await asyncio.wait_for(run_critical(parts, asked, Reports()), 10)


async def test_any_other_part_starts_again_is_reported_meanwhile_and_ends_nothing() -> None:
    reports, starts = Reports(), list[float]()

    async def part() -> None:
        starts.append(asyncio.get_running_loop().time())
        if len(starts) < 4:
            raise ValueError("a secret")
        await forever()

    parts = supervisor(reports, fine=0.05)
    with capture_logs() as logs:
        parts.start("the desk", part)
        while len(starts) < 4:
            await asyncio.sleep(0.001)
        [failed] = reports.failed_parts
        while reports.failed_parts:
            await asyncio.sleep(0.001)
    assert failed.name == "the desk"
    assert "secret" not in str(failed.why)
    assert failed.times == 3
    pauses = [after - before for before, after in pairwise(starts)]
    assert pauses[0] >= 0.01
    assert pauses[1] >= 0.02
    assert [line["event"] for line in logs] == ["a part failed", "a part works again"]
    await parts.end()


async def test_a_part_that_ends_without_a_word_starts_again_too() -> None:
    starts = list[int]()

    async def part() -> None:
        starts.append(1)

    parts = supervisor(Reports())
    parts.start("the desk", part)
    while len(starts) < 3:
        await asyncio.sleep(0.001)
    await parts.end()


async def test_parts_that_are_ended_are_not_started_again() -> None:
    parts, starts = supervisor(Reports()), list[int]()

    async def part() -> None:
        starts.append(1)
        await forever()

    parts.start("the desk", part)
    while not starts:
        await asyncio.sleep(0.001)
    await parts.end()
    await asyncio.sleep(0.05)
    assert starts == [1]
