"""The stand-ins of the platforms: one file a kind, of the kind's name, with a class `View`.

A stand-in takes its limits from the platform's own documents and never from the kind's declaration, so that
the conformance suite finds a declaration that is wrong.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any, Literal, NamedTuple, Protocol

import pytest

from newsbot.channels import KINDS as REGISTERED
from newsbot.sandbox import Sandbox, StandIn

__all__ = ["KINDS", "REMOTE_KINDS", "PlatformView", "ShownMessage", "view_class"]

KINDS = {
    **REGISTERED,
    "toy": "tests.channels.toy.channel:ToyChannel",
}
"""The kinds that the tests run over: the registered ones, and a kind that exists in the tests alone."""


class ShownMessage(NamedTuple):
    """A message as readers see it. ``photos`` are their bytes, each with its text for who can't see it."""

    text: str
    remote_id: str
    reply_to: str | None = None
    silent: bool = False
    photos: tuple[tuple[bytes, str | None], ...] = ()
    links: tuple[str, ...] = ()


class PlatformView(Protocol):
    """What the tests ask of a stand-in.

    ``calls`` are the platform's methods by what they do, as the sandbox's faults name them; it is empty for a
    kind that calls no platform. ``keys`` are those of a channel for this stand-in, without ``api``. ``api``
    makes the platform's HTTP API, None where the sandbox always has it; the sandbox then has it in
    ``stand_ins``. ``printed`` is what the test prints, for a kind that prints.
    """

    calls: Mapping[Literal["send", "edit", "delete"], str]
    keys: Mapping[str, Any]
    api: Callable[[], StandIn] | None = None

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str] | None = None) -> None: ...

    @abstractmethod
    def messages(self) -> list[ShownMessage]:
        """Return the messages that are there, oldest first."""


def view_class(kind: str) -> type[PlatformView]:
    """Return the class by which the suite sees a kind's stand-in."""
    found: type[PlatformView] = resolve_name(f"{__name__}.{kind}:View")
    return found


REMOTE_KINDS = [kind for kind in KINDS if view_class(kind).calls]
"""The kinds that call a platform."""
