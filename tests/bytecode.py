"""Byte code of the tests, written once before the workers of a run need it.

Each worker imports every test module. Without byte code, all of them compile the same modules and rewrite the
same asserts at the same time: in a fresh checkout that takes each 8 s of CPU.
"""

import compileall
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

__all__ = ["write_bytecode"]

ROOT = Path(__file__).parents[1]


def write_bytecode(config: pytest.Config) -> None:
    """Write what is missing or older than its source, in one process a processor."""
    if sys.dont_write_bytecode:
        return
    stale = [path for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py") if _is_stale(path)]
    count = os.cpu_count() or 1
    children = [_write_in_child(stale[number::count], config) for number in range(min(count, len(stale)))]
    for child in children:
        os.waitpid(child, 0)


def _is_rewritten(source: Path) -> bool:
    return source.match("test_*.py") or source.name == "conftest.py"


def _find_bytecode(source: Path) -> Path:
    tail = rewrite.PYC_TAIL if _is_rewritten(source) else f".{sys.implementation.cache_tag}.pyc"
    return rewrite.get_cache_dir(source) / f"{source.stem}{tail}"


def _is_stale(source: Path) -> bool:
    try:
        return _find_bytecode(source).stat().st_mtime < source.stat().st_mtime
    except OSError:
        return True


def _write_in_child(sources: list[Path], config: pytest.Config) -> int:
    child = os.fork()
    if child:
        return child
    try:
        for source in sources:
            with suppress(Exception):  # The test that imports it reports the error.
                _write(source, config)
    finally:
        os._exit(0)


def _write(source: Path, config: pytest.Config) -> None:
    if not _is_rewritten(source):
        compileall.compile_file(source, quiet=2)
        return
    bytecode = _find_bytecode(source)
    bytecode.parent.mkdir(exist_ok=True)
    source_hash, code = rewrite._rewrite_test(source, config)
    rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, source_hash, bytecode)
