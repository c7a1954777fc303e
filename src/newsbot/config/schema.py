"""Build the JSON Schema of config.yaml, by which text editors complete and check the file.

The schema is built from the same Settings classes with which `load` checks config.yaml, so the two always
agree about keys and types.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import CoreSchema

from newsbot.config.loading import PARTS
from newsbot.config.models import Outline

__all__ = ["json_schema"]

_REFERENCE = "#/$defs/elsewhere"
_ELSEWHERE = {
    "description": "${NAME} or ${NAME:-default} from the environment, or file:PATH.",
    "type": "string",
    "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^{}]*)?\}|^file:",
}
_NARROW = {"enum", "const", "pattern", "minimum", "exclusiveMinimum"}
_NAME = {"pattern": "^[a-z0-9][a-z0-9_-]*$"}
_OWN_KIND = {"pattern": "^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*$"}


class _SchemaGenerator(GenerateJsonSchema):
    """A generator of JSON Schema that writes default values as people write them in config.yaml, and allows
    any value where pydantic's type has no JSON Schema.
    """

    # The parameters are unused, but pydantic passes them to handle_invalid_for_json_schema.
    def handle_invalid_for_json_schema(self, schema: CoreSchema, error_info: str) -> JsonSchemaValue:  # noqa: ARG002
        return {}

    # The parameter is unused, but pydantic passes it to field_title_should_be_set.
    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        default = _format_default(schema.get("default"))
        return inner if default is None else {**inner, "default": default}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of config.yaml; it allows ``${NAME}`` and ``file:PATH`` in place of
    every value.
    """
    settings = {name: {kind: part.find(kind).Settings for kind in part.kinds} for name, part in PARTS.items()}
    models: list[type[BaseModel]] = [
        Outline,
        *(each for kinds in settings.values() for each in kinds.values()),
    ]
    references, generated = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)],
        ref_template="#/$defs/{model}",
        schema_generator=_SchemaGenerator,
    )
    definitions = {name: _allow_references(each) for name, each in generated["$defs"].items()}
    outline = definitions.pop(_get_reference_name(references[Outline, "validation"]))
    for part, models_by_kind in settings.items():
        kinds = {kind: references[model, "validation"] for kind, model in models_by_kind.items()}
        for reference in kinds.values():
            properties = definitions[_get_reference_name(reference)]["properties"]
            # The schema of a kind's settings allows any ``kind``, because the schema of the whole entry
            # restricts ``kind`` already.
            properties["kind"] = {}
            if part == "sources":
                properties["channels"]["minItems"] = 1
        outline["properties"][part] = {
            "description": outline["properties"][part]["description"],
            **_build_part_schema(part, _build_entry_schema(part, kinds)),
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **outline,
        "title": "newsbot's config.yaml",
        "description": "The sources that newsbot reads, and the channels to which it posts.",
        "required": ["channels"],
        "$defs": _select_used_definitions({**definitions, "elsewhere": _ELSEWHERE}, outline),
    }


def _get_reference_name(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _build_part_schema(part: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a section of config.yaml (sources, channels or summarizer) whose entries have
    the schema ``entry``.

    The file has one summarizer, any number of named sources, and at least one named channel.
    """
    if part == "summarizer":
        return entry
    named = {"propertyNames": _NAME, "additionalProperties": entry}
    if part == "sources":
        return {"type": ["object", "null"], **named}
    return {"type": "object", "minProperties": 1, **named}


def _build_entry_schema(part: str, kinds: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of an entry of a section; the entry's kind decides which keys the entry may
    have.
    """
    kind = {
        "description": f"The kind of {PARTS[part].noun}, or your own as package.module:Class.",
        "anyOf": [{"enum": list(kinds)}, _OWN_KIND, {"$ref": _REFERENCE}],
    }
    choices = [
        {"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": reference}
        for name, reference in kinds.items()
    ]
    return {"type": "object", "required": ["kind"], "properties": {"kind": kind}, "allOf": choices}


def _allow_references(schema: Any) -> Any:
    """Return a copy of a JSON Schema that also allows ``${NAME}`` wherever ``schema`` wants a number, a
    boolean or a restricted text.
    """
    if isinstance(schema, list):
        return [_allow_references(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        key: {name: _allow_references(each) for name, each in value.items()}
        if key == "properties"
        else _allow_references(value)
        if key in {"items", "prefixItems", "anyOf", "allOf", "oneOf", "additionalProperties"}
        else value
        for key, value in schema.items()
    }
    if schema.get("type") not in {"integer", "number", "boolean"} and not _NARROW & schema.keys():
        return inner
    about = {key: inner.pop(key) for key in ("description", "default") if key in inner}
    return {**about, "anyOf": [inner, {"$ref": _REFERENCE}]}


def _select_used_definitions(definitions: dict[str, Any], start: Any) -> dict[str, Any]:
    """Return those definitions of a JSON Schema to which the schema ``start`` refers, directly or through
    other definitions.
    """
    found: dict[str, Any] = {}
    waiting = list(_iterate_references(start))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definitions[name]
            waiting += _iterate_references(definitions[name])
    return dict(sorted(found.items()))


def _iterate_references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict) and "$ref" in schema:
        yield _get_reference_name(schema)
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for value in inner:
        yield from _iterate_references(value)


def _format_default(default: Any) -> Any:
    """Return the default value of a setting as people would write it in config.yaml; None if the value has no
    short form.
    """
    if isinstance(default, timedelta):
        return f"{default // timedelta(seconds=1)}s"
    if isinstance(default, Decimal):
        return float(default)
    return default if isinstance(default, str | int | float) else None
