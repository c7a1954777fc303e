"""Values that stand elsewhere: ``${NAME}``, ``${NAME:-default}`` and ``file:PATH``.

Substitution happens in single strings, after YAML was read, so that nothing in the environment can change
the shape of the configuration. What came from elsewhere is remembered, so that no message ever shows it.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from newsbot.files import read_file_bytes

__all__ = ["Substitution", "shield", "unshield"]

# Inside { } and [ ] a plain YAML scalar ends at a brace. The braces of ${...} are therefore exchanged for
# private characters before YAML is read, one for one, so that marks keep their columns.
_OPEN, _CLOSE = "\uf8f0", "\uf8f1"
_BRACED = re.compile(r"\$\{(\w*(?::-[^{}\n\"']*)?)\}")
_SHOWN = str.maketrans({_OPEN: "{", _CLOSE: "}"})

_REFERENCE = re.compile(
    rf"\$(?:(?P<dollar>\$)|[{{{_OPEN}](?P<inside>[^{{}}{_OPEN}{_CLOSE}]*)[}}{_CLOSE}]|(?P<open>[{{{_OPEN}]))"
)
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<has>:-)(?P<default>.*))?", re.DOTALL)
_LARGEST_FILE = 65_536
_SHORTEST_SECRET = 4  # a shorter one would be found in any sentence


def shield(text: str) -> str:
    """The text of a config file with its ``${...}`` safe for YAML."""
    return _BRACED.sub(rf"${_OPEN}\1{_CLOSE}", text)


def unshield(text: str) -> str:
    """A shielded text as it was written."""
    return text.translate(_SHOWN)


@dataclass(slots=True)
class Substitution:
    """``folder`` is where relative paths start; ``seen`` what came from elsewhere, to how it was written."""

    folder: Path
    environ: Mapping[str, str]
    seen: dict[str, str] = field(default_factory=dict)

    def __call__(self, text: str) -> str:
        """What a string of the file stands for.

        Raises:
            ValueError: with what is wrong and how to mend it.
        """
        value = unshield(_REFERENCE.sub(self._reference, text))
        # file://... is an address that somebody means as one; the source's kind will say what it takes
        if text.startswith("file:") and not text.startswith("file://"):
            return self._remember(self._read(value.removeprefix("file:")), value)
        return value

    def redact(self, message: str) -> str:
        """The message with everything that came from elsewhere shown as it was written."""
        for value in sorted(self.seen, key=len, reverse=True):
            message = message.replace(value, self.seen[value])
            message = message.replace(repr(value)[1:-1], self.seen[value])
        return message

    def _reference(self, found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        inside = _INSIDE.fullmatch(found["inside"] or "")
        if not inside:
            raise ValueError(
                "has a ${ that can't be read.", "Write ${NAME} or ${NAME:-default}; $$ for a dollar."
            )
        name, value = inside["name"], self.environ.get(inside["name"], "")
        if value:
            return self._remember(value, f"${{{name}}}")
        if inside["has"]:
            return inside["default"]
        raise ValueError(
            f"the environment variable {name} is {'empty' if name in self.environ else 'not set'}.",
            f"Set {name} in the environment, or put the value in a file and write file:PATH.",
        )

    def _remember(self, value: str, written: str) -> str:
        if len(value) >= _SHORTEST_SECRET:
            self.seen[value] = written
        return value

    def _read(self, name: str) -> str:
        try:
            path = self.folder / os.path.expanduser(name)  # noqa: PTH111  never raises
            value = read_file_bytes(path, _LARGEST_FILE).decode().rstrip("\r\n")
        except OSError as error:
            raise ValueError(
                f"the file {name!r} can't be read: {error.strerror}.",
                "Paths are from config.yaml's folder; see that newsbot may read it.",
            ) from None
        except ValueError:  # not UTF-8, or a NUL in the path
            raise ValueError(f"the file {name!r} is not text.", "Save it as UTF-8.") from None
        if len(value) > _LARGEST_FILE:
            raise ValueError(f"the file {name!r} is too large for a value.", "Name the right one.")
        if not value:
            raise ValueError(f"the file {name!r} is empty.", "Put the value into it.")
        return value
