"""A full disk: nothing is sent whose result could not be stored; what waited goes out once there is room."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.stage import Stage, until

__all__ = ["full"]


@contextmanager
def _two_megabytes(folder: Path) -> Iterator[bool]:
    """A disk of 2 MB, four times an empty ledger; False where we may not make one."""
    if os.geteuid() != 0:
        yield False
        return
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "newsbot", str(folder)], check=False, capture_output=True
    )
    try:
        yield made.returncode == 0
    finally:
        if made.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)


async def full(quiet: float = 8.0) -> list[Row]:
    """SQLite on 2 MB, filled to the last byte in mid-run; ``quiet`` seconds later it grows."""
    with (
        TemporaryDirectory() as folder,
        TemporaryDirectory() as small,
        _two_megabytes(Path(small)) as is_small,
    ):
        if not is_small:
            return [Row("skipped: only root can mount a disk of 2 MB", "")]
        database = f"sqlite:///{small}/newsbot.db"
        async with Stage(Path(folder), database, feed=False) as stage:
            return await _filled(stage, Path(small), quiet)


async def _filled(stage: Stage, disk: Path, quiet: float) -> list[Row]:
    stage.queue(8)
    ballast = disk / "ballast"
    service = await stage.start()
    await until(lambda: stage.calls >= 10 or not service.alive, 40, 0.001)
    _fill(ballast)
    before = stage.waiting()
    came_to_rest = await _rest(stage)
    began, calls = len(stage.log.splitlines()), stage.calls
    await asyncio.sleep(quiet)
    lines, sent_on_full = stage.log.splitlines()[began:], stage.calls - calls
    asked = await stage.run("pause", "tg")
    _enlarge(disk)
    ballast.unlink()
    await stage.run("resume", "all")
    done = await until(lambda: not stage.waiting() or not service.alive, 240, 0.2)
    service.signal(signal.SIGTERM)
    ended = await service.ended()
    verdict = await audit(stage)
    said = (asked.err.strip().splitlines() or ["nothing"])[-1][:100]
    clear = asked.status == 0 or len(asked.err.strip().splitlines()) == 1  # a few bytes may fit still
    rate = len(lines) / quiet
    return [
        Row("posts under way when the disk was full", str(before), "> 0", before > 0),
        Row("calls stop", "yes" if came_to_rest else "no", "yes", came_to_rest),
        Row(f"calls within {quiet:g} s on the full disk", str(sent_on_full), "0", sent_on_full == 0),
        Row(f"a command meanwhile: {said}", f"status {asked.status}", "0, or one line", clear),
        Row("log lines a second meanwhile", f"{rate:.1f}", "<= 2", rate <= 2),
        Row("goes on by itself once there is room", "yes" if done else "no", "yes", done and ended == 0),
        Row("unknowns", str(len(verdict.unknown)), "0", not verdict.unknown),
        *verdict.rows(),
    ]


def _enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)


def _fill(path: Path) -> None:
    """To the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


async def _rest(stage: Stage) -> bool:
    """Until no call came for two seconds."""
    for _ in range(20):
        seen = stage.calls
        await asyncio.sleep(2)
        if stage.calls == seen:
            return True
    return False
