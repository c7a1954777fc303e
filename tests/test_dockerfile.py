"""The Dockerfile's own steps, run as far as a machine without a Docker engine can.

The build stage runs in a folder that stands for the image's root; then only what the final stage copies is
kept, and its commands run as its user would: another uid, the root read-only, no variables but its own.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

from tests.forkserver import LIBRARIES, MODULES

ROOT = Path(__file__).parents[1]
UID = 10001
NO_NETWORK = re.compile(r"NewConnectionError|NameResolution|ConnectTimeout|Network is unreachable|ProxyError")

CONFIG = """\
sources: {drop: {kind: folder, path: articles/, backfill: 1}}
channels: {terminal: {kind: console, approval: none}}
"""
ARTICLE = (
    "Harbour ferry approved\n\nThe council approved the ferry on Tuesday. The first ship sails in March.\n"
)


@dataclass
class Stage:
    """A stage's instructions in order: each a word and the rest of its line."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def only(self, word: str) -> str:
        """The one such instruction; the last where there are several, as Docker takes it."""
        return [rest for step, rest in self.steps if step == word][-1]

    @property
    def variables(self) -> dict[str, str]:
        pairs = [shlex.split(rest) for step, rest in self.steps if step == "ENV"]
        return dict(pair.split("=", 1) for line in pairs for pair in line)


def stages() -> list[Stage]:
    """Comments out, continued lines joined: Dockerfile reference, "Format"."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    found: list[Stage] = []
    for line in filter(None, "\n".join(lines).replace("\\\n", " ").splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base, name))
        else:
            found[-1].steps.append((word, " ".join(rest.split())))
    return found


def ignored(path: PurePosixPath) -> bool:
    """By .dockerignore, for the forms that it uses: names at the top, and ``**/`` for anywhere."""
    for pattern in filter(None, (ROOT / ".dockerignore").read_text().splitlines()):
        names = path.parts if pattern.startswith("**/") else path.parts[:1]
        if any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
            return True
    return False


def test_the_image_has_two_stages_and_runs_without_root() -> None:
    build, final = stages()
    assert build.base == final.base
    assert re.fullmatch(r"python:3\.1[1-9]-slim", final.base)
    assert final.only("USER") == "newsbot"
    assert f"--uid {UID} " in final.only("RUN")
    assert [rest for step, rest in final.steps if step == "COPY"] == [
        f"--from={build.name} /opt/newsbot /opt/newsbot"
    ]
    assert json.loads(final.only("ENTRYPOINT")) == ["newsbot"]
    assert json.loads(final.only("CMD")) == ["run"]
    assert final.only("STOPSIGNAL") == "SIGTERM"
    assert final.only("VOLUME") == final.only("WORKDIR") == "/data"


def test_what_is_copied_is_there_and_nothing_that_holds_secrets_or_state() -> None:
    sources = [source for step, rest in stages()[0].steps if step == "COPY" for source in rest.split()[:-1]]
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not ignored(PurePosixPath(source)), source
    for kept_out in (".env", ".git", "newsbot.db", "newsbot.db-wal", ".venv", "src/newsbot/__pycache__"):
        assert ignored(PurePosixPath(kept_out)), kept_out


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that another uid may enter, as pytest's own may not be."""
    with tempfile.TemporaryDirectory(prefix="newsbot-image-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder


@dataclass
class Image:
    """``root`` stands for the image's own root, so that its absolute paths are found below it."""

    root: Path
    tools: Path

    def within(self, text: str) -> str:
        """The same with the image's paths below ``root``."""
        return re.sub(r"(?<![\w./-])/(opt|build|data)\b", rf"{self.root}/\1", text)

    def build(self, stage: Stage) -> None:
        """Each RUN and COPY of the build stage, in order."""
        folder = self.root
        for step, rest in stage.steps:
            if step == "WORKDIR":
                folder = Path(self.within(rest))
                folder.mkdir(parents=True)
            elif step == "COPY":
                *sources, target = rest.split()
                self._copy(sources, folder / target)
            elif step == "RUN":
                self._run(self.within(rest), folder, stage.variables)
            elif step == "ENV":
                continue  # seen by every RUN
            else:
                pytest.fail(f"this test does not know {step}")

    def _copy(self, sources: list[str], target: Path) -> None:
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, target, ignore=_ignored_in)
            else:
                shutil.copy(ROOT / source, target)

    def _run(self, command: str, folder: Path, variables: dict[str, str]) -> None:
        environ = {**os.environ, **variables, "PATH": f"{self.tools}:{os.environ['PATH']}"}
        environ |= {"PIP_COMPILE": "0", "PIP_RETRIES": "1"}  # see compile_imported
        done = subprocess.run(
            ["sh", "-c", command], cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode and NO_NETWORK.search(done.stderr) and os.environ.get("CI") != "true":
            pytest.skip("the package index can't be reached")
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"

    def compile_imported(self, python: str) -> None:
        """Store the byte code of the modules that commands import.

        pip compiles all modules of all libraries, which takes long. Without byte code, each command on the
        read-only root compiles again what it imports.
        """
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        imports = "\n".join(f"import {name}" for name in (*LIBRARIES, *MODULES, "newsbot.reading.parse"))
        subprocess.run([self.within(python), "-c", imports], cwd=self.root, env=environ, check=True)

    def keep(self, copied: str) -> None:
        """What the final stage has: nothing but ``copied``, and an empty /data of its user's."""
        built = self.root.rename(self.root.with_name("built"))
        for below in (copied.removeprefix("/"), "data"):
            (self.root / below).parent.mkdir(parents=True, exist_ok=True)
        (built / copied.removeprefix("/")).rename(self.root / copied.removeprefix("/"))
        shutil.rmtree(built)
        (self.root / "data").mkdir()
        if os.geteuid() == 0:
            os.chown(self.root / "data", UID, UID)


def _ignored_in(folder: str, names: list[str]) -> set[str]:
    below = Path(folder).relative_to(ROOT)
    return {name for name in names if ignored(PurePosixPath(below, name))}


READ_ONLY = """
set -e
mount --bind "$IMAGE_DATA" "$IMAGE_DATA"
mount --bind "$IMAGE_TMP" "$IMAGE_TMP"
awk '{print $2}' /proc/self/mounts | while read -r at; do
    case "$at" in "$IMAGE_DATA"|"$IMAGE_TMP"|/proc*|/sys*|/dev*) ;; *) mount -o remount,bind,ro "$at" ;; esac
done
exec "$@"
"""
"""``docker run --read-only --tmpfs /tmp -v ...:/data``, in a mount namespace of its own."""


@dataclass
class Container:
    """The final stage's commands as its user, with its variables and no others."""

    image: Image
    stage: Stage

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        data, temporary = self.image.root / "data", self.image.root.with_name("tmp")
        temporary.mkdir(exist_ok=True)
        temporary.chmod(0o1777)
        own = {name: self.image.within(value) for name, value in self.stage.variables.items()}
        own["PATH"] = own["PATH"].replace("$PATH", f"{self.image.tools}:/usr/bin:/bin")
        environ = {**own, "HOME": str(data), "TMPDIR": str(temporary)}
        environ |= {"IMAGE_DATA": str(data), "IMAGE_TMP": str(temporary)}
        return subprocess.run(
            [*self._around(), *command],
            cwd=data,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )

    def _around(self) -> list[str]:
        """As root: a read-only view, then the image's uid (which may read the interpreter wherever it is)."""
        if os.geteuid() != 0:
            return []
        caps = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        user = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", *caps, "--no-new-privs"]
        return [*(["unshare", "--mount", "sh", "-c", READ_ONLY, "sh"] if read_only() else []), *user]


def read_only() -> bool:
    """Can this machine show a process a read-only root?"""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-o", "remount,bind,ro", "/"], capture_output=True, check=False
    )
    return tried.returncode == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_its_steps_build_and_its_commands_run_as_its_user_on_a_read_only_root(place: Path) -> None:
    build, final = stages()
    (place / "tools").mkdir()
    (place / "root").mkdir()
    python = place / "tools" / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    image = Image(place / "root", place / "tools")
    image.build(build)
    image.compile_imported("/opt/newsbot/bin/python")
    image.keep("/opt/newsbot")
    unreadable = [
        path
        for path in (image.root / "opt").rglob("*")
        if not path.is_symlink() and not path.stat().st_mode & 4
    ]
    assert unreadable == []
    container = Container(image, final)
    _answers(container)
    _tells_its_health(container)
    _sends(container)
    if not read_only():
        pytest.skip("all but the read-only root was seen: this machine can't make one (root and unshare)")
    refused = container.run("sh", "-c", f"touch {image.root}/opt/newsbot/x || touch {place}/x")
    assert refused.stderr.count("Read-only file system") == 2, refused.stderr


def _answers(container: Container) -> None:
    (entry,) = json.loads(container.stage.only("ENTRYPOINT"))
    version = container.run(entry, "--version")
    assert re.fullmatch(r"newsbot \d+\.\d+\.\d+\S*\n", version.stdout), version.stderr
    assert "approve" in container.run(entry, "--help").stdout
    unconfigured = container.run(entry, *json.loads(container.stage.only("CMD")))
    assert unconfigured.returncode == 2
    assert "config.yaml" in unconfigured.stderr
    if os.geteuid() == 0:
        assert container.run("id", "-u").stdout.strip() == str(UID)


def _tells_its_health(container: Container) -> None:
    command = json.loads(container.stage.only("HEALTHCHECK").partition(" CMD ")[2])
    data = container.image.root / "data"
    assert container.run(*command).returncode != 0  # nothing is configured yet
    (data / "config.yaml").write_text(CONFIG + "database: sqlite:////data/not-there/newsbot.db\n")
    unusable = container.run(*command)
    assert (unusable.returncode, unusable.stderr.count("\n")) == (1, 1), unusable.stderr
    (data / "config.yaml").write_text(CONFIG)
    healthy = container.run(*command)
    assert healthy.returncode == 0, healthy.stderr


def _sends(container: Container) -> None:
    data = container.image.root / "data"
    (data / "articles").mkdir()
    (data / "articles" / "ferry.txt").write_text(ARTICLE)
    (entry,) = json.loads(container.stage.only("ENTRYPOINT"))
    ran = container.run(entry, "run", "--once")
    assert ran.returncode == 0, ran.stderr
    assert "Harbour ferry approved" in ran.stdout
    assert (data / "newsbot.db").exists()
