"""Reasons made of several reasons."""

from collections.abc import Iterable

from newsbot.reasons.codes import Code
from newsbot.reasons.reason import Reason

__all__ = ["join_reasons", "join_sentences", "list_names"]


def join_reasons(reasons: Iterable[Reason | None]) -> Reason:
    """Return one reason that lists the given ones; there must be at least one. None is left out."""
    found = [inner for each in reasons if each for inner in _flatten(each)]
    return found[0] if len(found) == 1 else Code.LIST(reasons=tuple(found))


def join_sentences(reasons: Iterable[Reason | None]) -> Reason | None:
    """Return one reason with the given ones as its sentences; None for none."""
    found = tuple(each for each in reasons if each)
    if len(found) <= 1:
        return found[0] if found else None
    return Code.SENTENCES(sentences=found)


def list_names(names: Iterable[str]) -> tuple[Reason, ...]:
    """Return names as a list that a reason says with the commas of its reader's language."""
    return tuple(Code.TEXT(words=name) for name in names)


def _flatten(reason: Reason) -> Iterable[Reason]:
    inner = reason.params["reasons"] if reason.code is Code.LIST else (reason,)
    assert isinstance(inner, tuple)  # noqa: S101  A list's parameter is checked to be one.
    return inner
