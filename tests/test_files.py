"""What is read from the disk is a file: a pipe, device, socket or folder is refused at once, in words."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbot.cli.session import CommandRun
from newsbot.composing.templates import TemplateLoader, TemplateMistake
from newsbot.config.loading import load
from newsbot.errors import ConfigError, SourceError
from newsbot.files import read_file_bytes
from newsbot.sources.folder import read_file

SPECIAL = {
    "pipe": "it is a named pipe, not a file",
    "socket": "it is a socket, not a file",
    "device": "it is a device, not a file",
    "folder": "it is a folder, not a file",
}
CONFIG = """\
sources: {drop: {kind: folder, path: articles/}}
channels: {out: {kind: console, template: telegram.html.j2}}
"""

pytestmark = pytest.mark.timeout(20)


@pytest.fixture(params=SPECIAL)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Maker"]:
    monkeypatch.chdir(tmp_path)  # a socket's path may only be short
    with socket.socket(socket.AF_UNIX) as listening:
        yield Maker(kind, listening)


class Maker:
    def __init__(self, kind: str, listening: socket.socket) -> None:
        self.kind = kind
        self.listening = listening

    def __call__(self, name: str) -> Path:
        path = Path(name)
        match self.kind:
            case "pipe":
                os.mkfifo(path)
            case "socket":
                self.listening.bind(name)
            case "device":
                path.symlink_to("/dev/zero")
            case "folder":
                path.mkdir()
        return path


def test_a_special_file_is_refused_in_words(make: Maker, kind: str) -> None:
    with pytest.raises(OSError, match=SPECIAL[kind]):
        read_file_bytes(make("special"), 100)


def test_one_byte_more_than_the_limit_says_that_a_file_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert len(read_file_bytes(path, 100)) == 100
    assert len(read_file_bytes(path, 98)) == 99


def test_a_configuration_is_a_file(make: Maker, kind: str) -> None:
    with pytest.raises(ConfigError, match=SPECIAL[kind]):
        load(make("config.yaml"), environ={})


def test_a_secret_is_a_file(make: Maker, kind: str) -> None:
    make("token")
    Path("config.yaml").write_text(CONFIG + "database: file:token\n")
    with pytest.raises(ConfigError, match=SPECIAL[kind]):
        load(Path("config.yaml"), environ={})


def test_a_template_is_a_file(make: Maker, kind: str, tmp_path: Path) -> None:
    make("own.j2")
    with pytest.raises(TemplateMistake, match=SPECIAL[kind]):
        TemplateLoader(tmp_path).page("own.j2")


def test_a_template_is_read_no_further_than_its_largest_size(tmp_path: Path) -> None:
    (tmp_path / "long.j2").write_text("é" * 300_000)
    with pytest.raises(TemplateMistake, match="is over 65536 characters"):
        TemplateLoader(tmp_path).page("long.j2")


async def test_an_article_is_a_file(make: Maker, kind: str) -> None:
    path = make("article.txt")
    with pytest.raises(SourceError, match=SPECIAL[kind]):
        await read_file(path, "article", None)  # type: ignore[arg-type]  # no worker is reached


def test_a_preview_beside_a_special_configuration_does_not_wait(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    make("config.yaml")
    CommandRun(None).open_preview_app()
    assert "the defaults are used" in capsys.readouterr().err


def test_the_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "newsbot", "check"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "config.yaml: can't be read: it is a named pipe, not a file. Name a file with --config PATH.\n"
    )
