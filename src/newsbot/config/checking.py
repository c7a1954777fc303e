"""Check one section or entry of config.yaml against the Settings class (a pydantic model) that declares its
keys, and describe pydantic's errors in plain words.

No text shows a wrong value, as the value may be a secret. The file ``checking.toml`` lists words with the
meaning of a key or value of config.yaml; keys and values of a similar spelling are found without the list.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from newsbot.channels.settings import ChannelSettings
from newsbot.config.document import Document, Location
from newsbot.files import load_toml
from newsbot.scheduling.rules import is_quiet_time

__all__ = ["check", "check_schedules", "find_near_name", "match_case", "resolve_paths", "suggest_nearest"]

# These functions check a mapping of config.yaml (a section or an entry) by its pydantic model.

Words: TypeAlias = tuple[str, str]
"""Two texts about a mistake in config.yaml: what is wrong, and how to correct it (which may be empty)."""

_WRONG_FORM = "is not of the right form."
_ELSEWHERE = "Write it as ${NAME} or file:PATH."
_EMPTY = ("is empty.", _ELSEWHERE)

SettingsT = TypeVar("SettingsT", bound=BaseModel)


def check(document: Document, settings: type[SettingsT], given: Any, where: Location) -> SettingsT | None:
    """Check a mapping of config.yaml by the pydantic model ``settings`` and return the checked values.

    If the mapping has mistakes, note every mistake and return None. If a mistake was already noted for a
    place in the file, note no second one for that place.
    """
    if not isinstance(given, dict):
        if not document.is_broken(where):
            document.note(where, *_describe({"type": "dict_type", "input": given}))
        return None
    try:
        checked = _validate(settings, given)
    except ValidationError as error:
        _note_all(document, settings, error, where, given)
        if partial := _validate_without_faults(settings, given, error):
            document.partial[where] = partial
        return None
    except Exception as error:  # noqa: BLE001  A class of another package may raise any exception.
        document.note(where, f"could not be checked ({type(error).__name__}).", "Mend the kind's Settings.")
        return None
    empty = list(_find_empty_secrets(checked, where))
    for place in empty:
        document.note(place, *_EMPTY)
    return None if empty else checked


def _validate(settings: type[SettingsT], given: dict[str, Any]) -> SettingsT:
    """Return the checked values of the mapping ``given``.

    Where a value must be one of several fixed words and differs only in upper and lower case, correct the
    value in ``given`` first.

    Raises:
        ValidationError: the values have other mistakes.
    """
    try:
        return settings.model_validate(given)
    except ValidationError as error:
        right = [_correct_case(given, entry) for entry in error.errors(include_url=False)]
        if not any(right):
            raise
    return settings.model_validate(given)


def _correct_case(given: Any, entry: Any) -> bool:
    """Correct the upper and lower case of the word in ``given`` about which pydantic reported an error.

    Return whether the word was corrected; a word that is wrong in another way is not corrected.
    """
    word = entry["input"]
    if entry["type"] not in {"literal_error", "enum"} or not isinstance(word, str):
        return False
    *around, last = _locate(entry["loc"], given, entry["type"])
    for step in around:
        given = given[step]
    right = match_case(word, _list_choices(entry))
    if given[last] != word or right == word:
        return False
    given[last] = right
    return True


def _validate_without_faults(
    settings: type[SettingsT], given: dict[str, Any], error: ValidationError
) -> SettingsT | None:
    """Return the checked values of a mapping of config.yaml after removing its wrong keys; None if the
    remaining keys alone are not valid.
    """
    wrong = {str(entry["loc"][0]) for entry in error.errors(include_url=False) if entry["loc"]}
    try:
        return settings.model_validate({key: value for key, value in given.items() if key not in wrong})
    except Exception:  # noqa: BLE001  The function `check` has already noted the mistakes of this mapping.
        return None


def resolve_paths(settings: SettingsT, folder: Path) -> SettingsT:
    """Return the settings with relative paths made absolute; relative paths start at ``folder``.

    If the Settings class of a kind has a method `resolve_paths`, call that method first; it may make further
    values absolute.
    """
    if resolve := getattr(settings, "resolve_paths", None):
        settings = resolve(folder)
    paths = {
        # The `~` of a home folder in a path is replaced by os.path.expanduser, because Path.expanduser would
        # raise an error for an unknown user.
        name: folder / os.path.expanduser(value)  # noqa: PTH111
        for name, value in settings
        if isinstance(value, Path)
    }
    return settings.model_copy(update=paths) if paths else settings


def check_schedules(document: Document, channels: Mapping[str, ChannelSettings]) -> None:
    """Check the slots (times to post) and the evergreen settings of every channel; note each mistake with its
    place in config.yaml.
    """
    for name, settings in channels.items():
        schedule, where = settings.schedule, ("channels", name, "schedule", "slots")
        seen = set[time]()
        for n, slot in enumerate(schedule.slots):
            if slot in seen:
                document.note((*where, n), "is in the list twice.", "Remove one.")
            seen.add(slot)
            if schedule.quiet and is_quiet_time(schedule.quiet, slot):
                mend = "Take a time outside of them, or change quiet."
                document.note(
                    (*where, n), f"is in the quiet hours {schedule.quiet}, when nothing is sent.", mend
                )
        for before, slot in pairwise(sorted(seen)):
            day = date(2000, 1, 1)
            if datetime.combine(day, slot, UTC) - datetime.combine(day, before, UTC) < schedule.gap:
                place = (*where, schedule.slots.index(slot))
                message = f"is nearer to {before:%H:%M} than gap allows: one of the two is never used."
                document.note(place, message, "Move it, or make gap shorter.")
        if settings.evergreen and not schedule.slots:
            message = "has no slots to repeat articles in."
            document.note(("channels", name, "evergreen"), message, 'Add some: schedule: {slots: ["08:00"]}.')


def _note_all(
    document: Document, settings: type[BaseModel], error: ValidationError, where: Location, given: Any
) -> None:
    """Note the mistakes that pydantic found in a mapping of config.yaml, one mistake for each place in the
    file.

    If pydantic reports several mistakes about one place, because the value may be of several types, join them
    to one text.
    """
    found: dict[Location, list[Words]] = {}
    for entry in error.errors(include_url=False):
        within = _locate(entry["loc"], given, entry["type"])
        if not document.is_broken((*where, *within)):
            found.setdefault(within, []).append(_describe_error(document, settings, entry, within))
    for within, said in found.items():
        document.note((*where, *within), *_join_descriptions(said))


def _locate(loc: Sequence[str | int], given: Any, kind: str) -> Location:
    """Return the place in config.yaml that pydantic's ``loc`` means.

    pydantic's own entries, for the types of a union and for validators, are left out.
    """
    place: list[str | int] = []
    for step in loc:
        inside = range(len(given)) if isinstance(given, list) else given if isinstance(given, dict) else ()
        if step in inside:
            given = given[step]
        elif kind != "missing" or step != loc[-1]:
            continue
        place.append(step)
    return tuple(place)


def _describe_error(document: Document, settings: type[BaseModel], entry: Any, within: Location) -> Words:
    holder = _find_model(settings, within[:-1])
    fields = holder.model_fields if holder else {}
    if entry["type"] == "extra_forbidden":
        known = {field.alias or name for name, field in fields.items()}
        return "is no key here.", suggest_nearest(
            within[-1], known, lambda names: f"There are {', '.join(names)}."
        )
    message, mend = _describe(entry)
    field = fields.get(str(within[-1])) if within else None
    if field and SecretStr in set(_iterate_types(field.annotation)):
        return _describe_secret_error(entry, (message, mend))
    return document.hide(message), mend


def _describe_secret_error(entry: Any, said: Words) -> Words:
    """Describe the error of a wrong secret in a text without the secret, even if the validator's own message
    quotes the secret.
    """
    given = str(entry["input"])
    if entry["type"] == "missing":
        return said[0], _ELSEWHERE.replace("Write", "Add")
    if not given.strip():
        return _EMPTY
    return (_WRONG_FORM, _ELSEWHERE) if given in " ".join(said) else said


def _find_model(settings: type[BaseModel], path: Location) -> type[BaseModel] | None:
    """Return the pydantic model that checks the place ``path`` inside the model ``settings``; None if no
    model checks that place.
    """
    for step in path:
        if isinstance(step, int):
            continue
        field = settings.model_fields.get(step)
        types = _iterate_types(field.annotation if field else None)
        inner = next((each for each in types if isinstance(each, type) and issubclass(each, BaseModel)), None)
        if not inner:
            return None
        settings = inner
    return settings


def _iterate_types(annotation: Any) -> Iterator[Any]:
    """Yield a type annotation and its inner types, such as ``X`` in ``X | None`` or ``dict[str, X]``, to find
    the pydantic model among them.
    """
    yield annotation
    for each in get_args(annotation):
        yield from _iterate_types(each)


def _join_descriptions(said: Sequence[Words]) -> Words:
    """Join several descriptions of mistakes in one place to one: ``must be a whole number or text.``"""
    messages = list(dict.fromkeys(message for message, _ in said))
    rest = [message.removeprefix("must be ") for message in messages[1:]]
    message = " or ".join([each.rstrip(".") for each in [messages[0], *rest]]) + "."
    return message, next((mend for _, mend in said if mend), "")


def _find_empty_secrets(settings: BaseModel, where: Location) -> Iterator[Location]:
    for name, value in settings:
        if isinstance(value, SecretStr) and not value.get_secret_value().strip():
            yield (*where, name)
        elif isinstance(value, BaseModel):
            yield from _find_empty_secrets(value, (*where, name))


# These functions describe pydantic's errors in plain words.

_BY_WORD: dict[str, list[str]] = {}
for _meaning, _words in load_toml(__package__, "checking.toml")["meanings"].items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_meaning)


_NUMBER = ("must be a number.", "")
_LIST = ("must be a list.", "Write it in brackets, with commas between: [one, two]")
_KEYS = ("must hold keys of its own.", "Write them below it, indented, as `key: value`.")

_DURATION = ("must be a duration.", "Write it like 90s, 5m, 24h or 7d.")
_URL = ("must be a full address.", "Write it like https://example.org/.")

_BY_TYPE: Mapping[str, Words] = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), ("must be a whole number.", "")),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("decimal_type", "decimal_parsing"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), ("must be true or false.", "")),
    **dict.fromkeys(("list_type", "tuple_type", "set_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _KEYS),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), _DURATION),
    **dict.fromkeys(("url_parsing", "url_type"), _URL),
    "missing": ("is missing.", "Add it."),
    "string_unicode": ("contains an invalid character.", "Write the text again."),
    "int_parsing_size": ("must be a whole number.", "Take a smaller one."),
    "url_scheme": ("must be an address of the web.", "Begin it with https:// or http://."),
}


_SEPARATORS = re.compile(r"[-_. ]+")
_LONG = 4  # The fewest letters of a word that newsbot may take for a misspelled word.


def suggest_nearest(name: Any, known: Collection[str], say: Callable[[list[str]], str]) -> str:
    """Return a text like ``Did you mean chat?`` if a known word is similar to ``name``.

    If no known word is similar, return the text that ``say`` makes of all known words.
    """
    meant = find_meant(name, known)
    return f"Did you mean {meant}?" if meant else say(sorted(known))


def find_meant(given: Any, known: Collection[str]) -> str | None:
    """Return the known word that a person probably meant by ``given``; None if no known word is similar.

    A word of very similar spelling takes precedence over a word of the same meaning, and that over a word of
    similar spelling.
    """
    word = str(given).lower()
    folded = word.strip()
    meanings = _BY_WORD.get(folded) or _BY_WORD.get(folded.replace("-", "_").replace(" ", "_"), [])
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    very_near = get_close_matches(word, sorted(known), n=1, cutoff=0.8)
    other = [each for each in meanings if each in known]
    return next(iter([*very_near, *other, *near]), None)


def find_near_name(given: str, known: Collection[str]) -> str | None:
    """Return the name of a channel or source that ``given`` misspells; None if no name, or more than one, is
    similar enough.

    Names may differ in a few letters that mean another audience, like ``telegram-en`` and ``telegram-ur``. So
    a name counts as misspelled only if each of its words is nearly the same.
    """
    asked = _SEPARATORS.split(given.strip().lower())
    near = []
    for name in known:
        words = _SEPARATORS.split(name.lower())
        alike = len(asked) == len(words) and all(map(_is_misspelled, asked, words))
        if alike or "".join(asked) == "".join(words):
            near.append(name)
    return near[0] if len(near) == 1 else None


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


def _list_choices(error: Mapping[str, Any]) -> list[str]:
    """Return the words that config.yaml may have in the place about which pydantic reports a
    ``literal_error`` or ``enum`` error.
    """
    expected = str(error["ctx"]["expected"])
    return [option.strip(" '") for option in expected.replace(" or ", ",").split(",")]


def _describe(error: Mapping[str, Any]) -> Words:
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
    bounds = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
    return f"must be {bounds[name]} {bound}.", ""


def _describe_no_text(error: Mapping[str, Any]) -> Words:
    return "must be text.", "" if isinstance(error["input"], dict | list) else "Put it in quotes."


def _describe_value_error(error: Mapping[str, Any]) -> Words:
    """Split the message of a pydantic validator, ``what is wrong: how to correct it``, into two sentences."""
    message = " ".join(str(error["ctx"]["error"]).split())[:300] or "is not right"
    # newsbot splits the message at its last colon, because a quoted value in the message may contain a colon.
    what, colon, how = message.rpartition(": ")
    return (
        (_end_sentence(what), _end_sentence(how[:1].upper() + how[1:])) if colon else (_end_sentence(how), "")
    )


def _end_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _describe_choice(error: Mapping[str, Any]) -> Words:
    """Return two texts about a word that is not allowed: one lists the allowed words, like ``must be none or
    one.``

    The second text asks whether the person meant the allowed word that is most similar; it is "" if none is
    similar.
    """
    options = _list_choices(error)
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
