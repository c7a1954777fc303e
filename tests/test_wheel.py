"""The wheel by itself, as `pip install` puts it into an environment of its own."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIG = """
sources: {drop: {kind: folder, path: articles/}}
channels:
  screen: {kind: console}
  telegram-main: {kind: telegram, token: "1:a", chat: "@example", approval: none}
"""


def run(*command: str | Path, cwd: Path) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NEWSBOT"))}
    done = subprocess.run(command, cwd=cwd, env=plain, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def bin_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; what it depends on is this environment's."""
    folder = tmp_path_factory.mktemp("wheel")
    quiet = ("-qq", "--disable-pip-version-check", "--no-deps", "--no-index")
    pip = (sys.executable, "-m", "pip")
    run(*pip, "wheel", *quiet, "--no-build-isolation", "--wheel-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.startswith("newsbot_newsroom-")
    run(sys.executable, "-m", "venv", "--without-pip", "fresh", cwd=folder)
    fresh = folder / "fresh" / "bin"
    run(*pip, "--python", fresh / "python", "install", *quiet, wheel, cwd=folder)
    library = run(
        fresh / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    )
    Path(library.strip(), "others.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    return fresh


def test_the_command_and_the_package_are_newsbot_and_come_out_of_the_wheel(
    bin_: Path, tmp_path: Path
) -> None:
    assert run(bin_ / "newsbot", "--version", cwd=tmp_path).startswith("newsbot ")
    where = run(bin_ / "python", "-c", "import newsbot; print(newsbot.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(bin_.parent)


def test_templates_and_starter_come_out_of_the_wheel(bin_: Path, tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "config.yaml").write_text(CONFIG, "utf-8")
    shown = run(bin_ / "newsbot", "check", cwd=tmp_path)
    assert "<b>" in shown  # Telegram's own template
    run(bin_ / "newsbot", "init", "started", cwd=tmp_path)
    assert (tmp_path / "started" / "config.yaml").read_text("utf-8")
    assert {file.name for file in (tmp_path / "started" / "templates").iterdir()} >= {
        "telegram.html.j2",
        "x.txt.j2",
    }


def test_the_files_of_words_come_out_of_the_wheel(bin_: Path, tmp_path: Path) -> None:
    modules = "reading.boilerplate, newsbot.summarizers.sentences, newsbot.timestamps.parse"
    run(bin_ / "python", "-c", f"import newsbot.{modules}", cwd=tmp_path)
    tables = "from newsbot.summarizers.anaphora import load_tables; print(*load_tables())"
    assert "ur" in run(bin_ / "python", "-c", tables, cwd=tmp_path).split()
