"""Check one section or entry of config.yaml against the Settings class (a pydantic model) that declares its
keys.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from newsbot.channels.settings import ChannelSettings, ScheduleSettings
from newsbot.config.document import Document, Location
from newsbot.config.error_text import Words, choices, match_case, nearest, words
from newsbot.scheduling.rules import is_quiet_time

__all__ = ["check", "check_schedules", "resolve_paths"]


def check_schedules(document: Document, channels: Mapping[str, ChannelSettings]) -> None:
    """Check the slots (times to post) and the evergreen settings of every channel; note each mistake with its
    place in config.yaml.
    """
    for name, settings in channels.items():
        schedule = getattr(settings, "schedule", None)
        if schedule is not None:
            _check_slots(document, schedule, ("channels", name, "schedule", "slots"))
            _check_evergreen(document, settings, ("channels", name, "evergreen"))


def _check_slots(document: Document, schedule: ScheduleSettings, where: Location) -> None:
    seen = set[time]()
    for n, slot in enumerate(schedule.slots):
        if slot in seen:
            document.note((*where, n), "stands there twice.", "Take one out.")
        seen.add(slot)
        if schedule.quiet and is_quiet_time(schedule.quiet, slot):
            mend = "Take a time outside of them, or change quiet."
            document.note((*where, n), f"is in the quiet hours {schedule.quiet}, when nothing goes.", mend)
    for before, slot in pairwise(sorted(seen)):
        if _measure_gap(before, slot) < schedule.gap:
            place = (*where, schedule.slots.index(slot))
            message = f"is nearer to {before:%H:%M} than gap lets posts be: one of the two is never used."
            document.note(place, message, "Move it, or make gap shorter.")


def _check_evergreen(document: Document, settings: ChannelSettings, where: Location) -> None:
    if settings.evergreen and not settings.schedule.slots:
        message = "has no slots to repeat articles in."
        document.note(where, message, 'Add some: schedule: {slots: ["08:00"]}.')


def _measure_gap(before: time, slot: time) -> timedelta:
    day = date(2000, 1, 1)
    return datetime.combine(day, slot, UTC) - datetime.combine(day, before, UTC)


_WRONG_FORM = "is not of the right form."
_ELSEWHERE = "Write it as ${NAME} or file:PATH."

SettingsT = TypeVar("SettingsT", bound=BaseModel)


def check(document: Document, settings: type[SettingsT], given: Any, where: Location) -> SettingsT | None:
    """Check a mapping of config.yaml by the pydantic model ``settings`` and return the checked values.

    If the mapping has mistakes, note every mistake and return None. If a mistake was already noted for a
    place in the file, note no second one for that place.
    """
    if not isinstance(given, dict):
        _note_missing_mapping(document, given, where)
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
        if not document.is_broken(place):
            document.note(place, "is empty.", _ELSEWHERE)
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
    right = match_case(word, choices(entry))
    if given[last] != word or right == word:
        return False
    given[last] = right
    return True


def _validate_without_faults(
    settings: type[SettingsT], given: dict[str, Any], error: ValidationError
) -> SettingsT | None:
    """Return the checked values of a mapping after removing its wrong keys; None if the remaining keys alone
    are not valid.
    """
    wrong = {str(entry["loc"][0]) for entry in error.errors(include_url=False) if entry["loc"]}
    try:
        return settings.model_validate({key: value for key, value in given.items() if key not in wrong})
    except Exception:  # noqa: BLE001  `check` has already noted the mistakes of this mapping.
        return None


def resolve_paths(settings: SettingsT, folder: Path) -> SettingsT:
    """Return the settings with relative paths made absolute; relative paths start at ``folder``.

    If the Settings class of a kind has a method `resolve_paths`, call that method first; it may make further
    values absolute.
    """
    if resolve := getattr(settings, "resolve_paths", None):
        settings = resolve(folder)
    paths = {
        # os.path.expanduser is used because Path.expanduser would raise an error for an unknown user.
        name: folder / os.path.expanduser(value)  # noqa: PTH111
        for name, value in settings
        if isinstance(value, Path)
    }
    return settings.model_copy(update=paths) if paths else settings


def _note_missing_mapping(document: Document, given: Any, where: Location) -> None:
    if document.is_broken(where):
        return
    document.note(where, *words({"type": "dict_type", "input": given}))


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
        if _has_key(given, step):
            given = given[step]
        elif kind != "missing" or step != loc[-1]:
            continue
        place.append(step)
    return tuple(place)


def _has_key(given: Any, step: str | int) -> bool:
    if isinstance(given, list):
        return isinstance(step, int) and step < len(given)
    return isinstance(given, dict) and step in given


def _describe_error(document: Document, settings: type[BaseModel], entry: Any, within: Location) -> Words:
    holder = _find_model(settings, within[:-1])
    fields = holder.model_fields if holder else {}
    if entry["type"] == "extra_forbidden":
        known = {field.alias or name for name, field in fields.items()}
        return "is no key here.", nearest(within[-1], known, lambda names: f"There are {', '.join(names)}.")
    message, mend = words(entry)
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
        return "is empty.", _ELSEWHERE
    return (_WRONG_FORM, _ELSEWHERE) if given in " ".join(said) else said


def _find_model(settings: type[BaseModel], path: Location) -> type[BaseModel] | None:
    """Return the pydantic model that checks the place ``path`` inside the model ``settings``; None if no
    model checks that place.
    """
    for step in path:
        if isinstance(step, int):
            continue
        field = settings.model_fields.get(step)
        inner = [each for each in _iterate_types(field.annotation if field else None) if _is_model(each)]
        if not inner:
            return None
        settings = inner[0]
    return settings


def _iterate_types(annotation: Any) -> Iterator[Any]:
    """Yield a type annotation and its inner types, such as ``X`` in ``X | None`` or ``dict[str, X]``."""
    yield annotation
    for each in get_args(annotation):
        yield from _iterate_types(each)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


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
