"""The keys of the summarizer `llm`: each one, in one example, and what is said of a wrong one."""

import json
from pathlib import Path

import pytest

from newsbot.config import load
from newsbot.config.schema import json_schema
from newsbot.errors import ConfigError
from newsbot.summarizers import llm_client
from newsbot.summarizers.llm import CheckerSettings, LlmSettings, TokenBudget

EVERY_KEY = """\
channels:
  out:
    kind: console
    approval: none
    summary: {prompt: short.prompt.j2, language: ur, tone: warm, rules: [No adjectives.], length: 200}
summarizer:
  kind: llm
  base_url: https://api.example/v1
  model: small-news
  api_key: ${LLM_KEY}
  deadline: 15s
  max_tokens: 500
  budget: {month_usd: 20, input_usd_per_mtok: 0.5, output_usd_per_mtok: 2.0}
  ground: warn
  prompt: summary.prompt.j2
  language: en
  tone: plain
  rules: [Write numbers up to twelve as words.]
  length: 300
  checker:
    base_url: https://other.example/v1
    model: judge
    api_key: ${LLM_KEY}
    input_usd_per_mtok: 1
    output_usd_per_mtok: 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "short.prompt.j2").write_text("Write in {{ language }}.\n")
    (tmp_path / "config.yaml").write_text(EVERY_KEY)
    return tmp_path


def test_an_example_with_every_key_is_right(folder: Path) -> None:
    config = load(folder / "config.yaml", environ={"LLM_KEY": "sk-1"}, places=True)
    own = config.summarizer
    assert isinstance(own, LlmSettings)
    for model in (own, own.budget, own.checker, config.channels["out"].summary):
        assert model is not None
        assert model.model_fields_set == set(type(model).model_fields)


def test_the_schema_knows_every_key() -> None:
    text = json.dumps(json_schema())
    for model in (LlmSettings, TokenBudget, CheckerSettings):
        for name in model.model_fields:
            assert f'"{name}"' in text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("model: small-news", "modle: small-news", "modle"),
        ("https://api.example/v1", "api.example/v1", "is no address of an API"),
        ("deadline: 15s", "deadline: 0s", "must be from"),
        ("ground: warn", "ground: maybe", "ground"),
        ("input_usd_per_mtok: 0.5, ", "", "input_usd_per_mtok"),
        ("month_usd: 20", "month_usd: -1", "month_usd"),
        ("language: ur", "language: Urdu", "Did you mean ur?"),
        ("length: 200", "length: 3", "length"),
        ("short.prompt.j2", "shrot.prompt.j2", "there is no such prompt"),
        ("short.prompt.j2", "x.txt.j2", "is no prompt's name"),
    ],
)
def test_a_wrong_key_is_one_clear_line(folder: Path, old: str, new: str, told: str) -> None:
    (folder / "config.yaml").write_text(EVERY_KEY.replace(old, new))
    with pytest.raises(ConfigError) as raised:
        load(folder / "config.yaml", environ={"LLM_KEY": "sk-1"}, places=True)
    mistake = next(each for each in raised.value.mistakes if told in str(each))
    assert mistake.line


def test_a_missing_package_is_a_line_that_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm_client, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pip install 'newsbot-newsroom\[llm\]'"):
        load(folder / "config.yaml", environ={"LLM_KEY": "sk-1"})


def test_a_missing_key_stops_only_what_asks_the_model(folder: Path) -> None:
    with pytest.raises(ConfigError, match="LLM_KEY"):
        load(folder / "config.yaml", environ={})
    config = load(folder / "config.yaml", environ={}, secrets=False)
    with pytest.raises(ConfigError, match="LLM_KEY"):
        config.need_part("summarizer")
