"""What `make release` does before the network is asked for anything."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.release.__main__ import build, find_obstacles, try_out
from tests.release.test_changelog import GOOD

ROOT = Path(__file__).parents[2]


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_tree_with_changes_is_an_obstacle_and_so_is_another_version(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "CHANGELOG.md").write_text(GOOD)
    (not_committed,) = find_obstacles(tmp_path, "0.2.0")
    assert "CHANGELOG.md" in not_committed
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "all")
    assert find_obstacles(tmp_path, "0.2.0") == []
    assert len(find_obstacles(tmp_path, "0.3.0")) == 1


def test_the_wheel_is_built_from_an_sdist_that_is_whole(tmp_path: Path) -> None:
    (tmp_path / "newsbot_newsroom-0.0.1.tar.gz").touch()  # of an older release
    sdist, wheel = build(ROOT, tmp_path)
    with tarfile.open(sdist) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert names >= {"LICENSE", "CHANGELOG.md", "src/newsbot/__init__.py", "requirements/run.txt"}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= {"newsbot/templates/x.txt.j2", "newsbot/starter/config.yaml", "newsbot/cli/__init__.py"}


def test_a_wheel_of_another_version_is_not_released(tmp_path: Path) -> None:
    (tmp_path / "newsbot").write_text("#!/bin/sh\necho newsbot 0.2.0\n")
    (tmp_path / "newsbot").chmod(0o755)
    with pytest.raises(SystemExit, match=r"the wheel says 'newsbot 0\.2\.0'"):
        try_out(tmp_path, tmp_path, "0.3.0")
