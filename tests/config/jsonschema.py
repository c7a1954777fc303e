"""As much of JSON Schema 2020-12 as the schema of config.yaml uses; any other keyword is an error."""

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["faults"]

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
SILENT = {"$schema", "$defs", "title", "description", "default", "examples", "format", "writeOnly", "then"}


def faults(schema: Any, value: Any, root: Any, where: str = "") -> list[str]:
    """What is wrong with a value; empty where it is valid."""
    if isinstance(schema, bool):
        return [] if schema else [f"{where}: nothing may stand here"]
    return [
        fault for word, rule in schema.items() for fault in _faults(word, rule, schema, value, root, where)
    ]


def _faults(word: str, rule: Any, schema: Any, value: Any, root: Any, where: str) -> Iterator[str]:
    if word in SILENT:
        return
    if word in {"$ref", "anyOf", "allOf", "if"}:
        yield from _combined(word, rule, schema, value, root, where)
    elif word in {"type", "enum", "const"}:
        yield from _chosen(word, rule, value, where)
    elif isinstance(value, str):
        yield from _string(word, rule, value, where)
    elif isinstance(value, dict):
        yield from _object(word, rule, schema, value, root, where)
    elif isinstance(value, list):
        yield from _array(word, rule, value, root, where)
    elif word == "minimum" and value < rule:
        yield f"{where}: less than {rule}"


def _combined(word: str, rule: Any, schema: Any, value: Any, root: Any, where: str) -> Iterator[str]:
    match word:
        case "$ref":
            yield from faults(root["$defs"][rule.removeprefix("#/$defs/")], value, root, where)
        case "anyOf" if all(faults(each, value, root, where) for each in rule):
            yield f"{where}: none of anyOf"
        case "allOf":
            for each in rule:
                yield from faults(each, value, root, where)
        case "if" if not faults(rule, value, root, where):
            yield from faults(schema["then"], value, root, where)


def _chosen(word: str, rule: Any, value: Any, where: str) -> Iterator[str]:
    if word == "type":
        right = any(_is_of(value, each) for each in ([rule] if isinstance(rule, str) else rule))
    else:
        right = value in (rule if word == "enum" else [rule])
    if not right:
        yield f"{where}: not {rule}"


def _is_of(value: Any, type_: str) -> bool:
    return isinstance(value, TYPES[type_]) and (type_ == "boolean" or not isinstance(value, bool))


def _string(word: str, rule: Any, value: str, where: str) -> Iterator[str]:
    if word == "pattern" and not re.search(rule, value):
        yield f"{where}: does not match"
    if word == "minLength" and len(value) < rule:
        yield f"{where}: too short"
    if word == "maxLength" and len(value) > rule:
        yield f"{where}: too long"


def _object(word: str, rule: Any, schema: Any, value: dict[str, Any], root: Any, where: str) -> Iterator[str]:
    match word:
        case "properties":
            for name in rule.keys() & value.keys():
                yield from faults(rule[name], value[name], root, f"{where}.{name}")
        case "additionalProperties":
            for name in value.keys() - schema.get("properties", {}).keys():
                yield from faults(rule, value[name], root, f"{where}.{name}")
        case "propertyNames":
            for name in value:
                yield from faults(rule, name, root, f"{where}.{name}")
        case "required":
            yield from (f"{where}.{name}: missing" for name in rule if name not in value)
        case "minProperties" if len(value) < rule:
            yield f"{where}: too few"


def _array(word: str, rule: Any, value: list[Any], root: Any, where: str) -> Iterator[str]:
    match word:
        case "items":
            for n, each in enumerate(value):
                yield from faults(rule, each, root, f"{where}[{n}]")
        case "minItems" if len(value) < rule:
            yield f"{where}: too few"
        case "maxItems" if len(value) > rule:
            yield f"{where}: too many"
