"""A config file in a folder of its own, and what stands in its environment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from newsbot.config import Config, load
from newsbot.errors import ConfigError, Mistake


@pytest.fixture
def environ() -> dict[str, str]:
    """What ``${NAME}`` can name; NOT_A_NUMBER is as good as a password."""
    return {
        "TOKEN": "123456789:AAE-this-is-the-token",
        "SHORT": "5m",
        "EMPTY": "",
        "NOT_A_NUMBER": "hunter2-hunter2",
    }


@pytest.fixture
def read(tmp_path: Path, environ: dict[str, str]) -> Callable[[str], Config]:
    """Load a text as config.yaml."""

    def load_text(text: str) -> Config:
        (tmp_path / "config.yaml").write_text(text, "utf-8")
        return load(tmp_path / "config.yaml", environ=environ)

    return load_text


@pytest.fixture
def mistakes(read: Callable[[str], Config]) -> Callable[[str], list[Mistake]]:
    """The mistakes in a text."""

    def find(text: str) -> list[Mistake]:
        with pytest.raises(ConfigError) as caught:
            read(text)
        return caught.value.mistakes

    return find
