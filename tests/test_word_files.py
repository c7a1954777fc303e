"""The files of words and phrases: what a person who edits one can get wrong without a line of Python."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from newsbot.summarizers.anaphora import load_tables

SOURCE = Path(__file__).parents[1] / "src" / "newsbot"
FILES = sorted(SOURCE.rglob("*.toml"))
PHRASES = [SOURCE / "reading" / "boilerplate.toml", SOURCE / "reading" / "walls.toml"]


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    return [str(value)]


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_word_file_is_read_by_the_module_of_its_name(path: Path) -> None:
    assert texts(read(path))
    assert f'load_toml(__package__, "{path.name}")' in path.with_suffix(".py").read_text("utf-8")


@pytest.mark.parametrize("path", PHRASES, ids=lambda path: path.name)
def test_each_line_of_phrases_is_an_expression_without_groups_that_needs_a_character(path: Path) -> None:
    lines = [line for text in texts(read(path)) for line in text.splitlines()]
    assert lines
    for line in lines:
        phrase = re.compile(line)
        assert (phrase.groups, phrase.fullmatch("")) == (0, None), line


def test_each_language_has_openings_and_words_of_attribution() -> None:
    for code, table in load_tables().items():
        assert all([table.dangling, table.pronouns, table.said]), code
        assert all(phrase == phrase.lower() for phrase in table.dangling), code
