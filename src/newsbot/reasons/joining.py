"""The joining of several reasons (codes with parameters) to one reason."""

from collections.abc import Iterable

from newsbot.reasons.codes import Code
from newsbot.reasons.reason import Reason

__all__ = ["join_reasons", "join_sentences", "list_names"]


def join_reasons(reasons: Iterable[Reason | None]) -> Reason:
    """Return one reason that lists the given reasons with commas; each None is left out.

    At least one of ``reasons`` must be a reason.
    """
    found = [inner for each in reasons if each for inner in _flatten(each)]
    return found[0] if len(found) == 1 else Code.LIST(reasons=tuple(found))


def join_sentences(reasons: Iterable[Reason | None]) -> Reason | None:
    """Return one reason that has the given reasons as its sentences; each None is left out.

    Returns None if all of ``reasons`` are None.
    """
    found = tuple(each for each in reasons if each)
    if len(found) <= 1:
        return found[0] if found else None
    return Code.SENTENCES(sentences=found)


def list_names(names: Iterable[str]) -> tuple[Reason, ...]:
    """Return each name as a reason, so that a list of names can be a reason's parameter."""
    return tuple(Code.TEXT(words=name) for name in names)


def _flatten(reason: Reason) -> Iterable[Reason]:
    inner = reason.params["reasons"] if reason.code is Code.LIST else (reason,)
    assert isinstance(inner, tuple)  # noqa: S101  `Reason` has checked the type of this parameter.
    return inner
