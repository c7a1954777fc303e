"""Other versions of newsbot: the one before from git, and a next one that is made of this one."""

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from newsbot.ledger import migrations

from .newsroom import Newsroom, Ran

__all__ = ["Version", "export_previous", "make_next"]

ROOT = Path(__file__).parents[2]
_MIGRATIONS = "src/newsbot/ledger/migrations/__init__.py"


class Version:
    """The code in ``src``, run as processes beside those of this version."""

    def __init__(self, newsroom: Newsroom, src: Path) -> None:
        self._newsroom = newsroom
        self._src = src

    @property
    def head(self) -> str:
        return _find_head((self._src.parent / _MIGRATIONS).read_text())

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        environ = self._newsroom._environ() | {"PYTHONPATH": str(self._src)}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)  # Only the first process compiles the code.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "newsbot", *arguments),
            cwd=self._newsroom.folder,
            env=environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._newsroom._processes.append(process)
        return process

    async def run(self, *arguments: str) -> Ran:
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())


def _find_head(code: str) -> str:
    return str(re.findall(r'^HEAD = "(\w+)"', code, re.MULTILINE)[0])


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def export_previous(folder: Path) -> Path:
    """The source of the release before, or where no release is tagged, of the commit before the newest
    revision of the schema came.
    """
    try:
        if not Path(_git("rev-parse", "--show-toplevel")).samefile(ROOT):
            pytest.skip("this folder is no git checkout of newsbot: no earlier version is at hand")
        tags = _git("tag", "--merged", "HEAD^", "--sort=-creatordate").splitlines()
        came = _git("log", "--format=%H", f'-SHEAD = "{migrations.HEAD}"', "--", _MIGRATIONS).splitlines()
        previous = tags[0] if tags else f"{came[-1]}^" if came else "HEAD"
        commit = _git("rev-parse", "--verify", f"{previous}^{{commit}}")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git's history ends too early here: no earlier version is at hand")
    archive = folder / "previous.tar"
    _git("archive", "--output", str(archive), commit, "src", "templates")
    shutil.unpack_archive(archive, folder / "previous", filter="data")
    return folder / "previous" / "src"


def make_next(folder: Path, revision: str, work: str, *, of: Path = ROOT / "src", oldest: str = "") -> Path:
    """The source of a version like that ``of`` a folder, with one more revision of the schema."""
    src = folder / revision / "src"
    shutil.copytree(of, src)
    shutil.copytree(ROOT / "templates", src.parent / "templates")
    code = src.parent / _MIGRATIONS
    text = code.read_text()
    head = _find_head(text)
    text = text.replace(f'HEAD = "{head}"', f'HEAD = "{revision}"')
    if oldest:
        text = re.sub(r'^OLDEST = "\w+"', f'OLDEST = "{oldest}"', text, flags=re.MULTILINE)
    code.write_text(text)
    (code.parent / "versions" / f"r{revision}.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = '{revision}'\ndown_revision = '{head}'\ndef upgrade():\n    {work}\n"
    )
    (src / "newsbot" / "__init__.py").write_text(f'__version__ = "{revision}"\n')
    return src
