"""Describe pydantic's errors about config.yaml in plain words. No text shows the wrong value,
as it may be a secret.

The file ``error_text.toml`` lists words with the meaning of a key or value of config.yaml; keys and values of
a similar spelling are found without the list.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from newsbot.files import load_toml

__all__ = ["Words", "choices", "find_meant", "find_near_name", "match_case", "nearest", "words"]

_BY_WORD: dict[str, list[str]] = {}
for _meaning, _words in load_toml(__package__, "error_text.toml")["meanings"].items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_meaning)


def _list_meanings(word: str) -> list[str]:
    """Return the keys and values of config.yaml that a person may mean by a word, the likeliest first; [] if
    newsbot knows none.
    """
    folded = word.strip().lower()
    return _BY_WORD.get(folded) or _BY_WORD.get(folded.replace("-", "_").replace(" ", "_"), [])


Words = tuple[str, str]
"""Two texts about a mistake: what is wrong, and how to correct it (which may be empty)."""

_NUMBER = "must be a number."
_WHOLE = "must be a whole number."
_TRUTH = "must be true or false."
_LIST = ("must be a list.", "Write it in brackets, with commas between: [one, two]")
_KEYS = ("must hold keys of its own.", "Write them below it, indented, as `key: value`.")

_BY_TYPE: Mapping[str, Words] = {
    "missing": ("is missing.", "Add it."),
    "string_unicode": ("holds a character that is none.", "Write the text again."),
    "int_type": (_WHOLE, ""),
    "int_parsing": (_WHOLE, ""),
    "int_parsing_size": (_WHOLE, "Take a smaller one."),
    "int_from_float": (_WHOLE, ""),
    "float_type": (_NUMBER, ""),
    "float_parsing": (_NUMBER, ""),
    "finite_number": (_NUMBER, ""),
    "decimal_type": (_NUMBER, ""),
    "decimal_parsing": (_NUMBER, ""),
    "bool_type": (_TRUTH, ""),
    "bool_parsing": (_TRUTH, ""),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "dict_type": _KEYS,
    "mapping_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "time_delta_type": ("must be a duration.", "Write it like 90s, 5m, 24h or 7d."),
    "time_delta_parsing": ("must be a duration.", "Write it like 90s, 5m, 24h or 7d."),
    "url_parsing": ("must be a full address.", "Write it like https://example.org/."),
    "url_type": ("must be a full address.", "Write it like https://example.org/."),
    "url_scheme": ("must be an address of the web.", "Begin it with https:// or http://."),
}


_SEPARATORS = re.compile(r"[-_. ]+")
_LONG = 4  # The fewest letters of a word that newsbot may take for a misspelled word.


def nearest(name: Any, known: Collection[str], say: Callable[[list[str]], str]) -> str:
    """Return a text like ``Did you mean chat?`` if a known word is similar to ``name``.

    In all other cases, call ``say`` with all known words and return the result.
    """
    meant = find_meant(name, known)
    return f"Did you mean {meant}?" if meant else say(sorted(known))


def find_meant(given: Any, known: Collection[str]) -> str | None:
    """Return the known word that a person probably meant by ``given``; None if no known word is similar.

    A word of very similar spelling takes precedence over a word of the same meaning, and that over a word of
    similar spelling.
    """
    word = str(given).lower()
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    very_near = get_close_matches(word, sorted(known), n=1, cutoff=0.8)
    other = (each for each in _list_meanings(word) if each in known)
    return next(iter(very_near), None) or next(other, None) or next(iter(near), None)


def find_near_name(given: str, known: Collection[str]) -> str | None:
    """Return the name of a channel or source that ``given`` misspells; None if no name, or more than one, is
    similar enough.

    Names may differ in a few letters that mean another audience, like ``telegram-en`` and ``telegram-ur``. So
    a name counts as misspelled only if each of its words is nearly the same.
    """
    asked = _SEPARATORS.split(given.strip().lower())
    near = [name for name in known if _is_near(asked, _SEPARATORS.split(name.lower()))]
    return near[0] if len(near) == 1 else None


def _is_near(asked: list[str], words: list[str]) -> bool:
    if "".join(asked) == "".join(words):
        return True
    return len(asked) == len(words) and all(map(_is_misspelled, asked, words))


def _is_misspelled(one: str, other: str) -> bool:
    """Return whether two words are equal, or one may be a misspelling of the other with swapped, missing or
    added letters.

    Only a long word may also have a wrong letter: ``east`` and ``west`` are two words.
    """
    if one == other or (sorted(one) == sorted(other) and len(one) >= _LONG):
        return True
    least = _LONG if len(one) != len(other) else 2 * _LONG
    return max(len(one), len(other)) >= least and bool(get_close_matches(one, [other], cutoff=0.8))


def match_case(given: str, known: Collection[str]) -> str:
    """Return the known word that differs from ``given`` only in upper and lower case;
    else ``given`` itself.
    """
    return next((word for word in known if word.lower() == given.strip().lower()), given)


def choices(error: Mapping[str, Any]) -> list[str]:
    """Return the words that config.yaml may have in the place about which pydantic reports a
    ``literal_error`` or ``enum`` error.
    """
    expected = str(error["ctx"]["expected"])
    return [option.strip(" '") for option in expected.replace(" or ", ",").split(",")]


def words(error: Mapping[str, Any]) -> Words:
    """Describe one error of pydantic's ``ValidationError.errors()``: what is wrong, and how to correct it."""
    kind = error["type"]
    if error.get("input") is None and kind != "missing":
        return "has no value.", "Write one behind the colon."
    if kind in _BY_CONTEXT:
        return _BY_CONTEXT[kind](error)
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    message = str(error["msg"]).replace("Input should be", "must be").replace("String should", "must")
    return f"{message}.", ""


def _describe_bound(error: Mapping[str, Any]) -> Words:
    name, bound = next(iter(error["ctx"].items()))
    if isinstance(bound, timedelta):
        bound = f"{bound.days}d" if bound.days else f"{bound.total_seconds():g}s"
    return f"must be {_BOUNDS[name]} {bound}.", ""


_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def _describe_no_text(error: Mapping[str, Any]) -> Words:
    return "must be text.", "" if isinstance(error["input"], dict | list) else "Put it in quotes."


def _describe_value_error(error: Mapping[str, Any]) -> Words:
    """Split a validator's message ``what is wrong: how to correct it`` into two sentences."""
    message = " ".join(str(error["ctx"]["error"]).split())[:300] or "is not right"
    # newsbot splits the message at its last colon, because a quoted value in the message may contain a colon.
    what, colon, how = message.rpartition(": ")
    if not colon:
        return _end_sentence(message), ""
    return _end_sentence(what), _end_sentence(how[:1].upper() + how[1:])


def _end_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _describe_choice(error: Mapping[str, Any]) -> Words:
    """Return two texts about a word that is not allowed: one lists the allowed words, like ``must be none or
    one.``

    The second text asks whether the person meant the allowed word that is most similar; it is "" if none is
    similar.
    """
    options = choices(error)
    meant = find_meant(error["input"], options)
    message = "must be " + " or ".join(filter(None, [", ".join(options[:-1]), options[-1]])) + "."
    return message, f"Did you mean {meant}?" if meant else ""


_BY_CONTEXT: Mapping[str, Callable[[Mapping[str, Any]], Words]] = {
    "value_error": _describe_value_error,
    "literal_error": _describe_choice,
    "enum": _describe_choice,
    "string_type": _describe_no_text,
    "greater_than": _describe_bound,
    "greater_than_equal": _describe_bound,
    "less_than": _describe_bound,
    "less_than_equal": _describe_bound,
}
