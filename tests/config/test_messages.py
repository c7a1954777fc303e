"""Each data/NAME.yaml is wrong, and data/NAME.txt is all that newsbot says about it.

A text in braces stands for kinds of channel, which the registry lists.
"""

import shutil
from pathlib import Path

import pytest

from newsbot import channels
from newsbot.config import load
from newsbot.errors import ConfigError

DATA = Path(__file__).parent / "data"
CASES = sorted(each.stem for each in DATA.glob("*.yaml"))
NAMES = list(channels.KINDS)
LATER = next(kind for kind in ("slack", "discord", "bluesky", "mastodon") if kind not in NAMES)
KINDS = {
    "{kinds of channel}": ", ".join(NAMES),
    "{one of the kinds of channel}": f"{', '.join(NAMES[:-1])} or {NAMES[-1]}",
    "{a kind of a later version}": LATER,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cases, with the kinds of channel in place; it is the current folder."""
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    for file in (*tmp_path.glob("*.yaml"), *tmp_path.glob("*.txt")):
        text = file.read_text("utf-8")
        for place, names in KINDS.items():
            text = text.replace(place, names)
        file.write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_every_mistake_is_said_at_once_with_line_key_and_mend(
    name: str, folder: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(Path(f"{name}.yaml"), environ=environ)
    assert str(caught.value) + "\n" == (folder / f"{name}.txt").read_text("utf-8")


def test_the_mistakes_stand_in_the_order_of_the_file(folder: Path, environ: dict[str, str]) -> None:
    for name in CASES:
        with pytest.raises(ConfigError) as caught:
            load(folder / f"{name}.yaml", environ=environ)
        lines = [mistake.line or 0 for mistake in caught.value.mistakes]
        assert lines == sorted(lines), name


def test_a_kind_of_a_later_version_is_known_once_it_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"channels: {{main: {{kind: {LATER}}}}}\n")
    with pytest.raises(ConfigError, match=f"{LATER} is not in this version"):
        load(config, environ={})
    monkeypatch.setitem(channels.KINDS, LATER, channels.KINDS["console"])
    assert load(config, environ={}).channels["main"].kind == LATER
