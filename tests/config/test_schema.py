"""The JSON Schema says what `load` says, as far as a schema can."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsbot.channels import KINDS as CHANNELS
from newsbot.channels import channel_class
from newsbot.config.schema import json_schema
from newsbot.config.starter import starter_config
from newsbot.sources import KINDS as SOURCES
from newsbot.sources import source_class

from .jsonschema import faults

SCHEMA = json_schema()
WORDS = """
    $schema $defs $ref title description default examples format writeOnly type enum const pattern anyOf allOf
    if then properties additionalProperties propertyNames required minProperties items minItems maxItems
    minimum minLength maxLength
"""
KEYWORDS = set(WORDS.split())


def config(source: str = "", channel: str = "", top: str = "") -> Any:
    return yaml.safe_load(
        f"sources:\n  s: {{kind: feed, url: 'https://example.org/'{source}}}\n"
        f"channels:\n  c: {{kind: telegram, token: '1:a', chat: '@example'{channel}}}\n{top}\n"
    )


def test_the_starter_is_valid() -> None:
    assert faults(SCHEMA, yaml.safe_load(starter_config()), SCHEMA) == []


@pytest.mark.parametrize(
    "value",
    [
        config(),
        config(", every: 5m, backfill: 3, rules: [], channels: [c]", ", approval: none, languages: [en, ur]"),
        config(
            ", rules: [{keep: {language: [en, ur], older: 2d}}, {tag: {category: sport}, as: sports}]",
            ", approval: two, rules: [{hold: {text: [dead, '/kill(ed)?/']}, because: checked}]",
        ),
        config(", backfill: '${N:-3}'", ", approval: '${A}', chat: -100123, topic: 5"),
        config("", ", schedule: {gap: 5m, quiet: '23:00-06:30', timezone: UTC}, pace: {overall: 30/s}"),
        config(
            "", "", "network: {allow_private: '${P}'}\ntimezone: Asia/Karachi\nsummarizer: {kind: extract}"
        ),
        {key: value for key, value in config().items() if key != "sources"},
        {**config(), "sources": {}},
        {**config(), "sources": None},
        {"sources": {"s": {"kind": "their.module:Source", "any": 1}}, "channels": {"c": {"kind": "${KIND}"}}},
    ],
)
def test_what_is_right_is_valid(value: Any) -> None:
    assert faults(SCHEMA, value, SCHEMA) == []


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({}, ".channels"),
        ({"sources": {}, "channels": {}}, ".channels"),
        (config(top="databse: x"), ".databse"),
        (config(top="language: english"), ".language"),
        (config(top="desk: {}"), ".desk"),
        (config(top="network: {allow_private: 5}"), ".network.allow_private"),
        (config(top="summarizer: {kind: lmm}"), ".summarizer.kind"),
        (config(", evry: 5m"), ".sources.s.evry"),
        (config(", every: soon"), ".sources.s.every"),
        (config(", every: 300"), ".sources.s.every"),
        (config(", backfill: -1"), ".sources.s.backfill"),
        (config(", rules: [{drop: x}]"), ".sources.s.rules[0].drop"),
        (config(", rules: [{drop: {titel: x}}]"), ".sources.s.rules[0].drop"),
        (config("", ", rules: [{hold: {older: soon}}]"), ".channels.c.rules[0].hold"),
        (config(", channels: []"), ".sources.s.channels"),
        (config("", ", approval: three"), ".channels.c.approval"),
        (config("", ", schedule: {slots: 8}"), ".channels.c.schedule.slots"),
        (config("", ", schedule: {per_day: 0}"), ".channels.c.schedule.per_day"),
        (config("", ", consumer_key: a"), ".channels.c.consumer_key"),
        ({**config(), "sources": {"Bad Name": {"kind": "folder", "path": "x"}}}, ".sources.Bad Name"),
        ({**config(), "channels": {"c": {"kind": "telegram", "chat": "@example"}}}, ".channels.c.token"),
        ({**config(), "channels": {"c": {"kind": "fax"}}}, ".channels.c.kind"),
    ],
)
def test_what_is_wrong_is_not(value: Any, where: str) -> None:
    assert where in {fault.partition(":")[0] for fault in faults(SCHEMA, value, SCHEMA)}


def test_every_kind_has_its_keys_in_it() -> None:
    text = json.dumps(SCHEMA)
    for find, kinds in ((source_class, SOURCES), (channel_class, CHANNELS)):
        for kind in kinds:
            for key in find(kind).Settings.model_fields:
                assert f'"{key}":' in text, (kind, key)


def test_it_is_plain_json_and_every_reference_leads_somewhere() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    for schema in walk(SCHEMA):
        if "$ref" in schema:
            assert schema["$ref"].removeprefix("#/$defs/") in SCHEMA["$defs"]
        assert set(schema) <= KEYWORDS, "the test's own validator does not know it"


def test_secrets_are_marked_for_editors() -> None:
    telegram = next(each for each in walk(SCHEMA) if "token" in each.get("properties", {}))
    assert telegram["properties"]["token"]["format"] == "password"


def walk(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and all in it."""
    if not isinstance(schema, dict):
        return
    yield schema
    inner = [schema.get(word) for word in ("if", "then", "items", "additionalProperties", "propertyNames")]
    inner += [each for word in ("anyOf", "allOf") for each in schema.get(word, [])]
    inner += [each for word in ("properties", "$defs") for each in schema.get(word, {}).values()]
    for each in inner:
        yield from walk(each)


def test_it_names_every_key_that_the_documentation_explains() -> None:
    documentation = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    keys = {key for each in walk(SCHEMA) for key in each.get("properties", {})}
    assert {key for key in keys if f"`{key}`" not in documentation} == set()
