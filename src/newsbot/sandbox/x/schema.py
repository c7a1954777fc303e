"""Checks of JSON bodies against a schema, with X's own errors."""

from typing import Any

from newsbot.sandbox.journal import PlatformError

__all__ = ["POST_TWEET", "Schema", "check_body", "invalid_request"]

Json = dict[str, Any]
Schema = dict[str, Any]
"""A schema by name: a type, a list with its items' type, or a dict; ``!`` ends a required name."""

POST_TWEET: Schema = {
    "text": str,
    "media": {"media_ids!": [str], "tagged_user_ids": [str]},
    "reply": {
        "in_reply_to_tweet_id!": str,
        "exclude_reply_user_ids": [str],
        "auto_populate_reply_metadata": bool,
    },
    "reply_settings": str,
    "nullcast": bool,
    "made_with_ai": bool,
    "paid_partnership": bool,
}


def check_body(body: Any, schema: Schema, where: str = "$") -> Json:
    """Return ``body`` if it fits the schema.

    Raises:
        PlatformError: 400 with every error, a violation: an unknown or missing name, a wrong type.
    """
    if errors := list(_find_errors(body, schema, where)):
        raise invalid_request(*errors)
    return dict(body)


def invalid_request(*messages: str) -> PlatformError:
    """Build X's error 400 "Invalid Request"."""
    extra = {
        "errors": [{"parameters": {}, "message": message} for message in messages],
        "title": "Invalid Request",
        "type": "https://api.twitter.com/2/problems/invalid-request",
    }
    detail = "One or more parameters to your request was invalid."
    return PlatformError(400, detail, violation=True, extra=extra)


def _find_errors(value: Any, kind: Any, where: str) -> list[str]:
    if isinstance(kind, dict):
        return _find_object_errors(value, kind, where)
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{where}: {type(value).__name__} found, array expected"]
        return [
            error for n, item in enumerate(value) for error in _find_errors(item, kind[0], f"{where}[{n}]")
        ]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return [f"{where}: {type(value).__name__} found, {kind.__name__} expected"]
    return []


def _find_object_errors(value: Any, schema: Schema, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {type(value).__name__} found, object expected"]
    known = {name.rstrip("!"): kind for name, kind in schema.items()}
    missing = [name[:-1] for name in schema if name.endswith("!") and name[:-1] not in value]
    extra = "is not defined in the schema and the schema does not allow additional properties"
    found = [f"{where}.{name}: is missing but it is required" for name in missing]
    found += [f"{where}.{name}: {extra}" for name in value if name not in known]
    for name in value.keys() & known.keys():
        found += _find_errors(value[name], known[name], f"{where}.{name}")
    return found
