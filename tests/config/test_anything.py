"""Whatever stands in the file: a Config, or a ConfigError in printable lines that leak nothing."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsbot.config import load
from newsbot.errors import ConfigError, Mistake

SECRET = "hunter2-hunter2"
SOME_KEYS = """
    sources channels summarizer network database timezone language site main kind url path every backfill
    rules token chat topic template approval languages schedule gap quiet expire slots pace overall api link
    consumer_key consumer_secret access_token access_token_secret budget month_usd desk web <<
"""
SOME_WORDS = """
    feed folder telegram x console extract one none ${SECRET} ${SECRET ${ $$ file:secret file:none 5m
    99999999d 30/s 1/0s 23:00-06:30 ../.. en UTC sqlite:///a http://[ https://example.org:99999/ @ab -
"""
SOME_SIGNS = "sources kind : - { } [ ] , \" ' # &a *a << !t !!int | > ? @ ` \\ ${A} ${ x 1"
KEYS = st.sampled_from(SOME_KEYS.split())
WORDS = st.sampled_from([*SOME_WORDS.split(), "9" * 400 + "d", "\x00", "\ud800", "sqlite:///\ud800", "a\nb"])
SCALARS = st.one_of(WORDS, st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=5)
    ),
)
ENTRIES = st.dictionaries(KEYS, VALUES, max_size=6)
NEWSROOMS = st.fixed_dictionaries(
    {"sources": st.dictionaries(KEYS, ENTRIES | VALUES, max_size=3)},
    optional={
        "channels": st.dictionaries(KEYS, ENTRIES | VALUES, max_size=3),
        "summarizer": ENTRIES | VALUES,
    },
)
GAPS = [": ", "- ", "\n", "\n  ", "\n    ", "\t", "&a ", "!t ", "---\n", "...\n", "%YAML 1.2\n"]
PIECES = st.sampled_from([*SOME_SIGNS.split(), *GAPS])


def outcome(folder: Path, text: str) -> None:
    path = folder / "config.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    (folder / "secret").write_text(SECRET)
    try:
        load(path, environ={"SECRET": SECRET})
        mistakes = []
    except ConfigError as error:
        mistakes = error.mistakes or [Mistake("", 0, "", "an error without a mistake")]
    for mistake in mistakes:
        line = str(mistake)
        assert len(line.splitlines()) == 1
        assert line.isprintable()
        assert "hunter2" not in line
        assert (
            mistake.line is None or 1 <= mistake.line <= len(re.findall(r"[\r\n\x85\u2028\u2029]", text)) + 1
        )


many = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@many
@given(st.text())
def test_any_text(tmp_path: Path, text: str) -> None:
    outcome(tmp_path, text)


@many
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_shape_of_yaml(tmp_path: Path, text: str) -> None:
    outcome(tmp_path, text)


@many
@given(NEWSROOMS)
@example({"sources": {"site": {"channels": ["file:secret", "\uffd8"]}}})
def test_any_values_under_the_known_keys(tmp_path: Path, newsroom: Any) -> None:
    outcome(tmp_path, yaml.safe_dump(newsroom, allow_unicode=True))
    outcome(tmp_path, json.dumps(newsroom))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"a: \xf0", b"\xef\xbb\xbf", b"a: \x80"])
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(ConfigError):
        load(tmp_path / "config.yaml", environ={})
