"""YAML text into plain values that know their lines.

Scalars follow YAML 1.2's core schema, not PyYAML's 1.1: ``no`` is Norwegian and ``off`` a word, ``12:30`` is
no number. Duplicate keys are mistakes. Aliases and ``<<`` work, up to a bound on what they unfold to.

Substitution happens in single strings, after YAML was read, so that nothing in the environment can change
the shape of the configuration. What came from elsewhere is remembered, so that no message ever shows it.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from pydantic import BaseModel
from yaml.composer import ComposerError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from newsbot.config.yaml_errors import Place, build_syntax_mistake, remove_broken_blocks
from newsbot.errors import ConfigError, Mistake
from newsbot.files import read_file_bytes

__all__ = ["ABSENT", "Document", "Location", "Substitution", "parse", "restore_references", "shield"]

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


def restore_references(text: str) -> str:
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
        value = restore_references(_REFERENCE.sub(self._resolve_reference, text))
        # file://... is an address that somebody means as one; the source's kind will say what it takes
        if text.startswith("file:") and not text.startswith("file://"):
            return self._record_value(self._read_file(value.removeprefix("file:")), value)
        return value

    def redact(self, message: str) -> str:
        """The message with everything that came from elsewhere shown as it was written."""
        for value in sorted(self.seen, key=len, reverse=True):
            message = message.replace(value, self.seen[value])
            message = message.replace(repr(value)[1:-1], self.seen[value])
        return message

    def _resolve_reference(self, found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        inside = _INSIDE.fullmatch(found["inside"] or "")
        if not inside:
            raise ValueError(
                "has a ${ that can't be read.", "Write ${NAME} or ${NAME:-default}; $$ for a dollar."
            )
        name, value = inside["name"], self.environ.get(inside["name"], "")
        if value:
            return self._record_value(value, f"${{{name}}}")
        if inside["has"]:
            return inside["default"]
        raise ValueError(
            f"the environment variable {name} is {'empty' if name in self.environ else 'not set'}.",
            f"Set {name} in the environment, or put the value in a file and write file:PATH.",
        )

    def _record_value(self, value: str, written: str) -> str:
        if len(value) >= _SHORTEST_SECRET:
            self.seen[value] = written
        return value

    def _read_file(self, name: str) -> str:
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


Location: TypeAlias = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

ABSENT = "0:absent"
"""What stands for a value that could not be had and is not needed: text, shaped like a key, opens nothing."""

_MOST_VALUES = 100_000  # ten thousand sources have fewer; what aliases unfold to counts
_MOST_LEVELS = 50
_TAG = "tag:yaml.org,2002:"
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class _Loader(yaml.SafeLoader):
    """PyYAML's safe one, resolving plain scalars by YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's type


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(_TAG + _tag, re.compile(rf"^(?:{_pattern})$"), _first)


@dataclass(slots=True)
class Document:
    """``value`` is what the file says; ``lines`` the 1-based line of each key and list entry.

    ``broken`` are places whose value could not be had; a mistake is noted already, and ``None`` stands there.
    ``absent`` are those of them that nobody asked for, each with the mistake that it would be: none is noted,
    and ``ABSENT`` stands there.
    ``partial`` is what is right in a mapping that has mistakes, for checks that go beyond it.
    ``unread``: a part of the file is not YAML, so that a key that is missing may stand there.
    ``hide`` takes out of a message what must not be shown.
    """

    file: str
    value: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    broken: set[Location] = field(default_factory=set)
    absent: dict[Location, Mistake] = field(default_factory=dict)
    partial: dict[Location, BaseModel] = field(default_factory=dict)
    unread: bool = False
    hide: Callable[[str], str] = str

    def line(self, where: Location) -> int | None:
        """The line of the place, or of what it would stand in."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where)

    def note(self, where: Location, message: str, mend: str = "") -> None:
        """Add a mistake about a place."""
        self.mistakes.append(Mistake(self.file, self.line(where), dotted(where), message, mend))

    def is_broken(self, where: Location) -> bool:
        """Is the place, something in it or something around it broken already?"""
        return any(where[: len(bad)] == bad or bad[: len(where)] == where for bad in self.broken)


def dotted(where: Location) -> str:
    """``channels.x-main.languages[0]``; a key of unusual characters is quoted, so that it stays one line."""
    path = ""
    for step in where:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += ("." if path else "") + (
                step if re.fullmatch(r"[\w@/:-]{1,60}", step) else ascii(step[:60])
            )
    return path


def parse(text: str, file: str, substitution: Substitution, *, dispensable: Collection[str] = ()) -> Document:
    """Read the whole of a config file; mistakes inside values are collected in the document.

    In the ``dispensable`` parts (keys of the top) a value that stands elsewhere need not be there.

    Raises:
        ConfigError: it is not YAML, and no part of it is.
    """
    try:
        root, broken = _compose(text, file)
    except (RecursionError, ValueError):  # ValueError: PyYAML on escapes like "\UFFFFFFFF"
        raise ConfigError(
            [Mistake(file, None, "", "is nested too deeply or holds a broken escape.")]
        ) from None
    document = Document(file, mistakes=list(broken.values()), hide=substitution.redact)
    if root is not None:
        document.value = _ValueBuilder(document, substitution, dispensable).value(root, (), ())
    document.broken.update(broken)
    document.unread = bool(broken)
    return document


def _compose(text: str, file: str) -> tuple[Node | None, dict[Place, Mistake]]:
    """The file's nodes, without what is not YAML; and what is wrong there, by its place.

    Raises:
        ConfigError: what is not YAML can't be told from the rest.
    """
    shielded = shield(text)
    if _find_yaml_mistake(shielded, file) is None:
        return yaml.compose(shielded, Loader=_Loader), {}
    rest, found = remove_broken_blocks(
        shielded, file, lambda part: _find_yaml_mistake(part, file, alone=True)
    )
    if last := _find_yaml_mistake(rest, file):
        raise ConfigError([*found.values(), last])
    return yaml.compose(rest, Loader=_Loader), found


def _find_yaml_mistake(text: str, file: str, *, alone: bool = False) -> Mistake | None:
    """What keeps a text from being YAML. The anchors of one that stands ``alone`` may be elsewhere."""
    try:
        yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        alias = isinstance(error, ComposerError) and "undefined alias" in str(error.problem)
        return None if alone and alias else build_syntax_mistake(error, text, file)
    return None


class _InvalidNode(Exception):  # noqa: N818  never leaves this module
    """One place that has no value."""


@dataclass(slots=True)
class _ValueBuilder:
    """Nodes into values; every value counts against the bound, however often an alias repeats it."""

    document: Document
    substitution: Substitution
    dispensable: Collection[str] = ()
    count: int = 0

    def value(self, node: Node, where: Location, inside: tuple[Node, ...]) -> Any:
        """The value of a node; None with a mistake noted where it has none."""
        self.document.lines.setdefault(where, node.start_mark.line + 1)
        try:
            return self._build_value(node, where, inside)
        except _InvalidNode as fault:
            self.document.note(where, *fault.args)
        except ValueError as fault:  # from the substitution: what is wrong, how to mend it
            said = [self.substitution.redact(str(word)) for word in fault.args[:2]]
            if where and where[0] in self.dispensable:
                line = self.document.line(where)
                self.document.broken.add(where)
                self.document.absent[where] = Mistake(self.document.file, line, dotted(where), *said)
                return ABSENT
            self.document.note(where, *said)
        self.document.broken.add(where)
        return None

    def _build_value(self, node: Node, where: Location, inside: tuple[Node, ...]) -> Any:
        self.count += 1
        if self.count > _MOST_VALUES:
            self._fail(node, "unfolds to too many values.", f"{_MOST_VALUES} are the most.")
        if len(inside) > _MOST_LEVELS or node in inside:
            raise _InvalidNode("is nested too deeply.", "An alias may not name what it stands in.")
        if isinstance(node, ScalarNode):
            return self._parse_scalar(node)
        if node.tag not in {_TAG + "seq", _TAG + "map"}:
            raise _InvalidNode("has a tag.", "Tags (!name) mean nothing here: take it out.")
        if isinstance(node, SequenceNode):
            return [self.value(each, (*where, n), (*inside, node)) for n, each in enumerate(node.value)]
        return self._build_mapping(node, where, (*inside, node))

    def _build_mapping(self, node: Node, where: Location, inside: tuple[Node, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self._list_pairs(node, where):
            name = restore_references(key.value)
            place = (*where, name)
            self.document.lines[place] = key.start_mark.line + 1
            found[name] = self.value(value, place, inside)
        return found

    def _list_pairs(self, node: Node, where: Location) -> list[tuple[ScalarNode, Node]]:
        """A mapping's own pairs, then those that ``<<`` brings and it does not have."""
        own: dict[str, tuple[ScalarNode, Node]] = {}
        merged: list[Node] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise _InvalidNode("has a list or a mapping as a key.", "Keys are words.")
            if key.tag == _TAG + "merge":
                merged.append(value)
            elif key.value in own:
                self._note_duplicate(where, key, own[key.value][0])
            else:
                own[key.value] = (key, value)
        for key, value in self._list_merged_pairs(merged, 0):
            own.setdefault(key.value, (key, value))
        return list(own.values())

    def _list_merged_pairs(self, nodes: list[Node], depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        for node in nodes:
            if isinstance(node, SequenceNode) and not depth:
                yield from self._list_merged_pairs(node.value, 1)
            elif isinstance(node, MappingNode) and all(_is_plain_key(key) for key, _ in node.value):
                yield from node.value
            else:
                raise _InvalidNode("merges (<<) what is no plain mapping.", "Write the keys out.")

    def _note_duplicate(self, where: Location, key: ScalarNode, first: ScalarNode) -> None:
        message = f"stands here a second time; the first is in line {first.start_mark.line + 1}."
        place = dotted((*where, key.value))
        self.document.mistakes.append(
            Mistake(self.document.file, key.start_mark.line + 1, place, message, "Keep one of them.")
        )

    def _parse_scalar(self, node: ScalarNode) -> Any:
        match node.tag.removeprefix(_TAG):
            case "str" | "merge":
                return self.substitution(node.value)
            case "int":
                return _parse_integer(node.value)
            case "float":
                return _parse_float(node.value)
            case "bool" | "null" if node.value.lower() in _WORDS:
                return _WORDS[node.value.lower()]
        raise _InvalidNode("has a tag.", "Tags (!name) mean nothing here: take it out.")

    def _fail(self, node: Node, message: str, mend: str) -> None:
        file, line = self.document.file, node.start_mark.line + 1
        raise ConfigError([*self.document.mistakes, Mistake(file, line, "", message, mend)])


def _is_plain_key(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.tag != _TAG + "merge"


def _parse_float(text: str) -> float:
    try:
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        raise _InvalidNode("is no number.", "Write it like 0.015.") from None


def _parse_integer(text: str) -> int:
    try:
        return int(text, 0 if text[:2] in {"0x", "0o"} else 10)
    except ValueError:  # longer than Python converts, or a tag on a word
        raise _InvalidNode(
            "is no whole number.", "Write it in digits, or in quotes if it is a name."
        ) from None
