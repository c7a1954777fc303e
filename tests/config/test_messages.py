"""Each data/NAME.yaml is wrong, and data/NAME.txt is all that newsbot says about it.

A text in braces stands for the kinds of channel, which the registry lists.
"""

import shutil
from pathlib import Path

import pytest

from newsbot import channels
from newsbot.config import load
from newsbot.errors import ConfigError

DATA = Path(__file__).parent / "data"
NAMES = list(channels.KINDS)
LISTS = {
    "{kinds of channel}": ", ".join(NAMES),
    "{one of the kinds of channel}": f"{', '.join(NAMES[:-1])} or {NAMES[-1]}",
    "{kinds of channel that edit}": ", ".join(
        kind.kind for kind in channels.list_kinds() if kind.capabilities.edits
    ),
}


def read_messages(name: str) -> str:
    text = (DATA / f"{name}.txt").read_text("utf-8")
    for place, names in LISTS.items():
        text = text.replace(place, names)
    return text


@pytest.mark.parametrize("name", sorted(each.stem for each in DATA.glob("*.yaml")))
def test_every_mistake_is_said_at_once_with_line_key_and_mend(
    name: str, tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(Path(f"{name}.yaml"), environ=environ)
    assert str(caught.value) + "\n" == read_messages(name)


def test_the_mistakes_stand_in_the_order_of_the_file(environ: dict[str, str]) -> None:
    for each in DATA.glob("*.yaml"):
        with pytest.raises(ConfigError) as caught:
            load(each, environ=environ)
        lines = [mistake.line or 0 for mistake in caught.value.mistakes]
        assert lines == sorted(lines), each.name


def test_a_kind_of_a_later_version_is_known_once_it_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("channels: {main: {kind: mastodon}}\n")
    with pytest.raises(ConfigError, match="mastodon is not in this version"):
        load(config, environ={})
    monkeypatch.setitem(channels.KINDS, "mastodon", channels.KINDS["console"])
    assert load(config, environ={}).channels["main"].kind == "mastodon"
