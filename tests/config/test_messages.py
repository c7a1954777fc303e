"""Each data/NAME.yaml is wrong, and data/NAME.txt is all that newsbot says about it."""

import shutil
from pathlib import Path

import pytest

from newsbot.config import load
from newsbot.errors import ConfigError

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("name", sorted(each.stem for each in DATA.glob("*.yaml")))
def test_every_mistake_is_said_at_once_with_line_key_and_mend(
    name: str, tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(Path(f"{name}.yaml"), environ=environ)
    assert str(caught.value) + "\n" == (DATA / f"{name}.txt").read_text("utf-8")


def test_the_mistakes_stand_in_the_order_of_the_file(environ: dict[str, str]) -> None:
    for each in DATA.glob("*.yaml"):
        with pytest.raises(ConfigError) as caught:
            load(each, environ=environ)
        lines = [mistake.line or 0 for mistake in caught.value.mistakes]
        assert lines == sorted(lines), each.name
