"""The faults that the page offers as switches, each for the next post to one platform."""

from dataclasses import dataclass, field
from typing import Any

from newsbot.sandbox.faults import Fault, Faults, Kind

__all__ = ["SWITCHES", "Switch", "Switchboard"]

_SENDS = {"telegram": "send*", "x": "POST /2/tweets"}
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Switch:
    """``hint`` says what the platform does then; ``fault`` what `Faults.add` takes."""

    name: str
    label: str
    hint: str
    kind: Kind
    fault: dict[str, Any] = field(default_factory=dict)


SWITCHES = (
    Switch("429", "429 Too Many Requests", "asks to wait 5 seconds", "429", {"retry_after": 5}),
    Switch("502", "502 Bad Gateway", "an answer that proves nothing", "502"),
    Switch("lost", "Answer lost", "the post is out, the line breaks", "reset_after_processing"),
    Switch("400", "Post refused", "for good: 400 Bad Request", "400"),
    Switch("down", "Platform down", "refuses connections for a minute", "refused", {"seconds": _MINUTE}),
)


class Switchboard:
    """Switches over a sandbox's faults. One goes off by itself once its fault has hit a call."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._on: dict[tuple[str, str], Fault] = {}

    def is_on(self, platform: str, name: str) -> bool:
        fault = self._on.get((platform, name))
        return any(fault is waiting for waiting in self._faults.waiting)

    def set(self, platform: str, name: str, *, on: bool) -> None:
        """Raises KeyError for a platform or switch that is not there."""
        switch, match = {each.name: each for each in SWITCHES}[name], _SENDS[platform]
        if on == self.is_on(platform, name):
            return
        if on:
            self._on[platform, name] = self._faults.add(platform, match, switch.kind, **switch.fault)
        else:
            self._faults.remove(self._on.pop((platform, name)))
