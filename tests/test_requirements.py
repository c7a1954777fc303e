"""The locks hold what pyproject.toml declares, by version and hash, and no address of an index."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


EXTRAS = {"openai"}  # The image has the extra llm too.


def names(declared: list[str]) -> set[str]:
    """Return the distributions' names, normalized as PEP 503 says."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", each)[0]).lower() for each in declared}


def group(name: str) -> set[str]:
    """Return the names of a dependency group and of the groups that it includes."""
    found: set[str] = set()
    for each in DECLARED["dependency-groups"][name]:
        found |= group(each["include-group"]) if isinstance(each, dict) else names([each])
    return found


def locked(file: str) -> dict[str, str]:
    """Return what is pinned, by name, with its hashes."""
    text = (ROOT / "requirements" / file).read_text("utf-8").replace("\\\n", " ")
    return {re.split("==", line)[0]: line for line in text.splitlines()}


@pytest.mark.parametrize(
    ("file", "declared"),
    [
        ("run.txt", names(DECLARED["project"]["dependencies"]) | EXTRAS),
        ("dev.txt", names(DECLARED["project"]["dependencies"]) | group("dev")),
        ("build.txt", group("build")),
    ],
)
def test_a_lock_has_all_that_is_declared_and_no_other_source_than_hashes(
    file: str, declared: set[str]
) -> None:
    pinned = locked(file)
    assert declared - {re.sub(r"\[.*", "", name) for name in pinned} == set()
    for name, line in pinned.items():
        assert re.search(r"==[\w.!+]+( ; [^\\]+?)? +--hash=sha256:[0-9a-f]{64}", line), name
        assert "://" not in line, name
        assert re.findall(r"--(?!hash=)[\w-]+", line) == [], name
