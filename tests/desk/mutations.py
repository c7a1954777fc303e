"""Updates as they should not be: each field with each JSON type, and seeded random damage."""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

__all__ = ["VALUES", "damaged", "each_field", "paths"]

Json = dict[str, Any]
Path = tuple[str | int, ...]

VALUES: tuple[Any, ...] = (None, True, 7, 7.5, "x", [], {})
"""One of each JSON type."""

_ODD: tuple[Any, ...] = (
    *VALUES, False, 0, -1, 2**31, 2**53, 2**63, 10**30, 1e308, float("inf"), float("nan"), "", "\x00",
    "\ud800",
    "a\x00b\udfff", "/queue", "/approve", "private", "222", "\u202e/pause tg", "x" * 5000, [[]], [None], [1],
    {"id": {}}, {"": None}, [{"id": 222, "is_bot": False, "first_name": "Bo"}],
)  # fmt: skip


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Where there is something, from the outside in; without the update itself."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*here, name)
        yield from paths(inner, (*here, name))


def each_field(update: Json) -> Iterator[tuple[Path, Any, Json]]:
    """The update with one field replaced, for every field but its number and every JSON type."""
    for path in list(paths(update)):
        if path == ("update_id",):
            continue
        for value in VALUES:
            yield path, value, _changed(update, path, partial(_put, value))


def damaged(update: Json, random: Random) -> Json:
    """The update with one to three places damaged: another value, a field gone, renamed or wrapped."""
    found = update
    for _ in range(random.randint(1, 3)):
        places = [path for path in paths(found) if path != ("update_id",)]
        if not places:
            break
        found = _changed(found, random.choice(places), random.choice(_WAYS(random)))
    return found


def _WAYS(random: Random) -> tuple[Callable[[Any, Any], None], ...]:  # noqa: N802  a table that needs the seed
    def put(holder: Any, name: Any) -> None:
        holder[name] = copy.deepcopy(random.choice(_ODD))

    def remove(holder: Any, name: Any) -> None:
        del holder[name]

    def wrap(holder: Any, name: Any) -> None:
        holder[name] = random.choice(([holder[name]], {"value": holder[name]}, str(holder[name])))

    def rename(holder: Any, name: Any) -> None:
        value = holder[name]
        del holder[name]
        if isinstance(holder, dict):
            holder[f"{name}_"] = value

    def nest(holder: Any, name: Any) -> None:
        for _ in range(random.choice((10, 100))):
            holder[name] = [holder[name]]

    return put, put, put, remove, wrap, rename, nest


def _put(value: Any, holder: Any, name: Any) -> None:
    holder[name] = copy.deepcopy(value)


def _changed(update: Json, path: Path, change: Callable[[Any, Any], None]) -> Json:
    made: Any = copy.deepcopy(update)
    holder = made
    for name in path[:-1]:
        holder = holder[name]
    change(holder, path[-1])
    found: Json = made
    return found
