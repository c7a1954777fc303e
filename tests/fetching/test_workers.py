import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import psutil
import pytest

from newsbot.errors import FetchError, ParseError
from newsbot.fetching.workers import Workers
from newsbot.model import Image, Item
from newsbot.reasons import Code
from tests.fetching import jobs


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    some = Workers()
    yield some
    await some.close()


def children() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it may end while it is looked at
            if "newsbot.fetching.worker" in " ".join(child.cmdline()):
                found.append(child)
    return found


async def test_a_function_runs_in_another_process(workers: Workers) -> None:
    assert await workers.run(jobs.process_id) != os.getpid()


async def test_the_process_is_kept_for_the_next_call(workers: Workers) -> None:
    assert await workers.run(jobs.process_id) == await workers.run(jobs.process_id)


async def test_values_of_the_model_come_back_as_they_are(workers: Workers) -> None:
    item = Item("g", title="Zürich 🏔", image=Image("http://x/"), published_at=jobs.MOMENT, tags=("a", "b"))
    assert await workers.run(jobs.same, item) == item


async def test_what_the_function_raises_of_ours_comes_back(workers: Workers) -> None:
    with pytest.raises(FetchError, match="gone") as caught:
        await workers.run(jobs.refuse)
    assert caught.value.status == 410


async def test_any_other_error_is_about_the_input_in_one_line(workers: Workers) -> None:
    with pytest.raises(ParseError, match=r"^the feed could not be parsed \(ValueError: no way\)$"):
        await workers.run(jobs.fail, what=Code.TEXT(words="the feed"))
    with pytest.raises(ParseError, match=r"^the input of fail could not"):
        await workers.run(jobs.fail)


async def test_a_hanging_call_is_ended_at_its_deadline_and_the_next_one_works(workers: Workers) -> None:
    start = time.monotonic()
    with pytest.raises(ParseError, match="was not parsed within"):
        await workers.run(jobs.hang, deadline=0.3)
    assert time.monotonic() - start < 30  # It hangs for ever without its deadline.
    assert await workers.run(jobs.same, 1) == 1


async def test_too_much_memory_is_an_error_and_the_next_call_works() -> None:
    workers = Workers(memory_mb=200)
    with pytest.raises(ParseError, match="too much memory"):
        await workers.run(jobs.eat, 1_000_000_000)
    assert await workers.run(jobs.eat, 1_000_000) == 1_000_000
    await workers.close()


async def test_a_crash_is_an_error_and_the_next_call_works(workers: Workers) -> None:
    with pytest.raises(ParseError, match="crashed its parser"):
        await workers.run(jobs.crash)
    assert await workers.run(jobs.same, 1) == 1


async def test_a_worker_ended_from_outside_is_replaced_unnoticed(workers: Workers) -> None:
    first = await workers.run(jobs.process_id)
    psutil.Process(first).kill()
    await asyncio.sleep(0.2)  # its end is the loop's to see: who else waits for it takes that away
    assert await workers.run(jobs.process_id) != first


async def test_a_cancelled_call_leaves_nothing_for_the_next(workers: Workers) -> None:
    call = asyncio.ensure_future(workers.run(jobs.slowly, "old", 0.3))
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await workers.run(jobs.same, "new") == "new"


async def test_calls_wait_their_turn_and_each_gets_its_own_answer(workers: Workers) -> None:
    before = children()  # other tests share workers
    answers = await asyncio.gather(*(workers.run(jobs.slowly, n, 0.01) for n in range(20)))
    assert answers == list(range(20))
    assert len(set(children()) - set(before)) == 1


async def test_the_event_loop_is_not_blocked(workers: Workers) -> None:
    call = asyncio.ensure_future(workers.run(jobs.busy, 1.0))
    longest, last = 0.0, time.monotonic()
    while not call.done():
        await asyncio.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 0.6


async def test_a_worker_ends_after_a_while_unused() -> None:
    workers = Workers(idle=0.1)
    process = psutil.Process(await workers.run(jobs.process_id))
    for _ in range(100):
        if not process.is_running():
            break
        await asyncio.sleep(0.05)
    assert not process.is_running()
    assert await workers.run(jobs.same, 1) == 1
    await workers.close()


async def test_no_secret_reaches_a_worker(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "s3cret")
    seen = await workers.run(jobs.environment)
    assert "PATH" in seen
    assert not [name for name, value in seen.items() if "s3cret" in name + value or "TOKEN" in name]
    assert not [word for child in children() for word in child.cmdline() if "s3cret" in word]


async def test_a_worker_ends_with_its_parent(workers: Workers) -> None:
    """The parent, a worker itself here, is killed without a chance to tidy up."""
    parent, child = await workers.run(jobs.has_a_worker, deadline=30)
    process = psutil.Process(child)
    psutil.Process(parent).kill()
    for _ in range(100):
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            break
        await asyncio.sleep(0.05)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("job", [jobs.hostile, jobs.hostile_by_name, jobs.function_as_value])
async def test_an_answer_can_not_make_the_service_run_anything(
    workers: Workers, job: Callable[[], object], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ParseError, match="not a plain value"):
        await workers.run(job)
    assert "owned" not in capfd.readouterr().out


async def test_what_a_library_prints_is_no_answer(workers: Workers) -> None:
    assert await workers.run(jobs.chatty) == "value"


async def test_closing_ends_every_process() -> None:
    workers = Workers(count=2)
    ids = await asyncio.gather(*(workers.run(jobs.process_id_slowly, 0.2) for _ in range(2)))
    assert len(set(ids)) == 2
    await workers.close()
    assert not [process for process in ids if psutil.pid_exists(process)]


async def test_a_call_has_its_time_on_a_busy_machine_too(workers: Workers) -> None:
    """Others that have the CPU don't make a page "far too large, broken or hostile"."""
    pid = await workers.run(jobs.process_id)
    os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))})
    core = min(os.sched_getaffinity(0))
    spin = f"import os; os.sched_setaffinity(0, {{{core}}}); print('spinning', flush=True)\nwhile True: pass"
    others = [subprocess.Popen([sys.executable, "-c", spin], stdout=subprocess.PIPE) for _ in range(3)]  # noqa: ASYNC220
    try:
        for other in others:
            assert other.stdout
            await asyncio.to_thread(other.stdout.readline)
        start = time.monotonic()
        # In a group of its own, a process gets half of a core at least (sched_autogroup_enabled).
        await workers.run(jobs.use_cpu, 0.8, deadline=1.0)
        assert time.monotonic() - start > 1.0, "or the machine was not busy"
        with pytest.raises(ParseError, match="was not parsed within"):
            await workers.run(jobs.use_cpu, 60.0, deadline=1.0)
    finally:
        for other in others:
            with other:
                other.kill()
