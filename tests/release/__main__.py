"""Build what is released, and try it in an environment of its own. Nothing is published.

The wheel is built from the sdist, so that this is known to be whole. In a fresh environment with the locked
libraries the wheel says its version, plays the demo to its end, and checks the demo's configuration.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from newsbot import __version__
from tests.release.changelog import find_disagreement

__all__ = ["build", "find_obstacles", "install", "main", "try_out"]

ROOT = Path(__file__).parents[2]
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def find_obstacles(root: Path, version: str) -> list[str]:
    """Say what stands in the way of a release of the checkout at ``root``."""
    status = ("git", "status", "--porcelain")
    changed = subprocess.run(status, cwd=root, text=True, capture_output=True, check=True).stdout
    found = [f"not committed:\n{changed.rstrip()}"] if changed else []
    disagreement = find_disagreement((root / "CHANGELOG.md").read_text("utf-8"), version)
    return [*found, disagreement] if disagreement else found


def build(root: Path, into: Path) -> tuple[Path, Path]:
    """Build the sdist of ``root``, and from that the wheel."""
    for old in (*into.glob("*.tar.gz"), *into.glob("*.whl")):
        old.unlink()
    _run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", into, cwd=root)
    (sdist,) = into.glob("*.tar.gz")
    options = ("-q", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", into)
    _run(*_PIP, "wheel", *options, sdist, cwd=into)
    (wheel,) = into.glob("*.whl")
    return sdist, wheel


def install(wheel: Path, fresh: Path) -> Path:
    """Install the wheel and the locked libraries into a new environment; return its commands' folder."""
    _run(sys.executable, "-m", "venv", "--without-pip", fresh, cwd=wheel.parent)
    commands = fresh / "bin"
    pip = (*_PIP, "--python", commands / "python", "install", "-q")
    _run(*pip, "--require-hashes", "-r", ROOT / "requirements" / "run.txt", cwd=wheel.parent)
    _run(*pip, "--no-deps", wheel, cwd=wheel.parent)
    return commands


def try_out(commands: Path, folder: Path, version: str) -> None:
    """Run the installed command in ``folder``: its version, the demo, a check of the demo's configuration.

    Raises:
        SystemExit: one of them failed.
    """
    newsbot = commands / "newsbot"
    if (said := _run(newsbot, "--version", cwd=folder).strip()) != f"newsbot {version}":
        sys.exit(f"release: the wheel says {said!r}")
    _run(newsbot, "demo", "--once", "--dir", folder / "demo", cwd=folder)
    _run(newsbot, "--config", folder / "demo" / "config.yaml", "check", cwd=folder)


def _run(*command: str | Path, cwd: Path) -> str:
    """Run it with nothing of this environment's Python or newsbot, and return what it printed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NEWSBOT"))}
    done = subprocess.run(command, cwd=cwd, env=plain, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"release: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument(
        "--rehearse", action="store_true", help="go on with changes that are not committed or not dated"
    )
    asked = parser.parse_args()
    obstacles = find_obstacles(ROOT, __version__)
    for obstacle in obstacles:
        print(f"release: {obstacle}", file=sys.stderr)
    if obstacles and not asked.rehearse:
        sys.exit(1)
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    sdist, wheel = build(ROOT, dist)
    with tempfile.TemporaryDirectory(prefix="newsbot-release-") as name:
        try_out(install(wheel, Path(name, "fresh")), Path(name), __version__)
    print(f"{sdist.name} and {wheel.name} in {dist.name}/ are built and tried; nothing is published")


if __name__ == "__main__":
    main()
