"""What ``make coverage`` measures besides pytest's own process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coverage import Coverage, CoverageData

ROOT = Path(__file__).parents[2]
PATCH = Path("tests/coverage/patch/sitecustomize.py")
SCRIPT = """
import asyncio, os, sys
from pathlib import Path
from newsbot.fetching.workers import Workers
from tests.conftest import build_minimal_environment
from tests.forkserver import run_forked
from tests.workers import SharedWorkers
assert asyncio.run(SharedWorkers().run(os.getpid)) != os.getpid()
assert run_forked(["--version"], Path.cwd(), build_minimal_environment(), timeout=100).returncode == 0
"""


@pytest.mark.skipif(not sys.gettrace(), reason="nothing is measured: make coverage runs it")
def test_workers_and_forked_commands_are_measured(tmp_path: Path) -> None:
    (tmp_path / PATCH).parent.mkdir(parents=True)
    shutil.copy(ROOT / PATCH, tmp_path / PATCH)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    environ = {**os.environ, "PYTHONPATH": str((tmp_path / PATCH).parent)}
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=environ, check=True, timeout=100)
    measured = data_of(tmp_path)
    assert lines_run(measured, "fetching/worker.py", "def main") > 3
    assert lines_run(measured, "cli/__init__.py", "def main") > 3


def data_of(folder: Path) -> CoverageData:
    """Return what all processes stored in ``folder``."""
    together = Coverage(data_file=folder / ".coverage", config_file=ROOT / "pyproject.toml")
    together.combine([str(folder)])
    return together.get_data()


def lines_run(measured: CoverageData, file: str, head: str) -> int:
    """Count the lines that ran inside the function that begins with ``head``."""
    path = ROOT / "src/newsbot" / file
    lines = path.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines, 1) if line.startswith(head))
    heads = (number for number, line in enumerate(lines, 1) if number > start and line[:1].strip())
    end = next(heads, len(lines) + 1)
    return sum(start < number < end for number in measured.lines(str(path)) or ())
