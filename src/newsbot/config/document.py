"""Parse config.yaml: turn its YAML text into plain values, and remember their line numbers.

Plain scalars follow the core schema of YAML 1.2, not PyYAML's 1.1: ``no``, ``off`` and ``12:30`` are text,
neither false nor a number. A key that occurs twice is a mistake. Aliases and ``<<`` work, but the number of
values in the file, with every repetition, is limited.

``${NAME}`` and ``file:PATH`` are replaced inside single strings after the YAML was parsed, so that nothing in
the environment can change the structure of the configuration. The values that replace them are remembered, so
that no message shows them.

In a file that is not YAML, an open quote may cause an error anywhere further down. So newsbot parses each
top-level section by itself and, if a section is wrong, each entry in the section. PyYAML's messages may quote
the file (an alias, a tag), and the quoted text may be a secret, so newsbot shows none of these messages.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

import yaml
from pydantic import BaseModel
from yaml.composer import ComposerError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from newsbot.errors import ConfigError, Mistake
from newsbot.files import load_toml, read_file_bytes

__all__ = ["Document", "Location", "Substitution", "parse"]

# These definitions turn the text of config.yaml into Python values.

# Inside { } and [ ], a plain YAML scalar ends at a brace. So, before the YAML is parsed, each brace of ${...}
# is replaced by one private-use character, by which columns in the parser's error messages stay right.
_OPEN, _CLOSE = "\uf8f0", "\uf8f1"
_BRACED = re.compile(r"\$\{(\w*(?::-[^{}\n\"']*)?)\}")
_SHIELDED = re.compile(rf"\${_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")

_REFERENCE = re.compile(
    rf"\$(?:(?P<dollar>\$)|[{{{_OPEN}](?P<inside>[^{{}}{_OPEN}{_CLOSE}]*)[}}{_CLOSE}]|(?P<open>[{{{_OPEN}]))"
)
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<has>:-)(?P<default>.*))?", re.DOTALL)
_LARGEST_FILE = 65_536
# The fewest characters of a value (from the environment or a file) that newsbot hides in messages. If it hid
# shorter values, ordinary words of a message would become unreadable.
_SHORTEST_SECRET = 4


def _restore_references(text: str) -> str:
    """Return a text of config.yaml in which the private-use characters that replaced braces are braces
    again.
    """
    return _SHIELDED.sub(r"${\1}", text)


@dataclass(slots=True)
class Substitution:
    """The replacement of ``${NAME}`` and ``file:PATH`` in the strings of config.yaml.

    Relative paths start at ``folder``. ``seen`` maps each value that came from the environment or a file to
    the text in config.yaml that stands for the value.
    """

    folder: Path
    environ: Mapping[str, str]
    seen: dict[str, str] = field(default_factory=dict)

    def __call__(self, text: str) -> str:
        """Return the value that a string of config.yaml stands for, with ``${NAME}`` and ``file:PATH``
        replaced.

        Raises:
            ValueError: the value is not available; the error's arguments say what is wrong and how to
                correct it.
        """
        value = _restore_references(_REFERENCE.sub(self._resolve_reference, text))
        # A text that starts with file:// is left as it is: it is not the path of a secret's file but an
        # address, which the kind of source accepts or refuses.
        if text.startswith("file:") and not text.startswith("file://"):
            return self._record_value(self._read_file(value.removeprefix("file:")), value)
        return value

    def redact(self, message: str) -> str:
        """Replace, in a message, each value that came from the environment or a file by the text in
        config.yaml that stands for it.
        """
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
            # The `~` of a home folder in a path is replaced by os.path.expanduser, because Path.expanduser
            # would raise an error for an unknown user.
            path = self.folder / os.path.expanduser(name)  # noqa: PTH111
            value = read_file_bytes(path, _LARGEST_FILE).decode().rstrip("\r\n")
        except OSError as error:
            raise ValueError(
                f"the file {name!r} can't be read: {error.strerror}.",
                "Paths are from config.yaml's folder; see that newsbot may read it.",
            ) from None
        # A ValueError means that the file that file:PATH names is not UTF-8, or that its path contains a NUL.
        except ValueError:
            raise ValueError(f"the file {name!r} is not text.", "Save it as UTF-8.") from None
        if len(value) > _LARGEST_FILE:
            raise ValueError(f"the file {name!r} is too large for a value.", "Name the right one.")
        if not value:
            raise ValueError(f"the file {name!r} is empty.", "Put the value into it.")
        return value


Location: TypeAlias = tuple[str | int, ...]
"""The place of a value in config.yaml: the keys and list positions from the top of the file to the value."""

_ABSENT = "0:absent"
"""The placeholder for a secret that is missing in the environment and not needed for the present command.

It has the form of a bot's token, but gives no access.
"""

# The most values that config.yaml may have, where a value that aliases repeat counts each time. A file with
# ten thousand sources has fewer values.
_MOST_VALUES = 100_000
_MOST_LEVELS = 50
_TAG = "tag:yaml.org,2002:"
_TAGGED = ("has a tag.", "Tags (!name) mean nothing here: take it out.")
_NO_NUMBER = {
    "int": ("is no whole number.", "Write it in digits, or in quotes if it is a name."),
    "float": ("is no number.", "Write it like 0.015."),
}
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, in which plain scalars follow the core schema of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML declares this type.


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
    """A parsed config.yaml: ``value`` has its values, and ``lines`` has the line number (from 1) of each key
    and list entry.

    ``broken`` has the places without a usable value; their mistakes are noted, and their value is None.
    ``absent`` has those broken places whose value is missing but not needed, each with its mistake: these
    mistakes are not noted, and the value is a placeholder. ``partial`` has the valid keys of each mapping
    that has mistakes, for checks that compare several mappings. ``unread`` says that some lines of the file
    are not YAML, so that a missing key may be in those lines. ``hide`` is a function that removes secrets
    from a message.
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
        """Return the line of a place in config.yaml, or of the nearest mapping or list around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where)

    def note(self, where: Location, message: str, mend: str = "", *, line: int | None = None) -> None:
        """Record a mistake at the place ``where`` in config.yaml; ``mend`` is the text that says how to
        correct the mistake.

        ``line`` is the line of the mistake, by default that of the place.
        """
        self.mistakes.append(self.make_mistake(where, message, mend, line=line))

    def make_mistake(
        self, where: Location, message: str, mend: str = "", *, line: int | None = None
    ) -> Mistake:
        """Return a mistake at the place ``where`` in config.yaml, without recording it."""
        return Mistake(self.file, line or self.line(where), _format_location(where), message, mend)

    def find(self, *where: str | int) -> Any:
        """Return the value at a place below mappings of config.yaml; None if the place does not exist."""
        value = self.value
        for step in where:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def entries(self, *where: str) -> dict[str, Any]:
        """Return the mapping at a place in config.yaml; an empty mapping if no mapping is there."""
        value = self.find(*where)
        return value if isinstance(value, dict) else {}

    def is_broken(self, where: Location) -> bool:
        """Return whether the value at ``where``, a value inside it, or a mapping or list that contains it has
        no usable value.
        """
        return any(where[: len(bad)] == bad or bad[: len(where)] == where for bad in self.broken)


def _format_location(where: Location) -> str:
    """Return a place in config.yaml as text like ``channels.x-main.languages[0]``, with odd keys quoted."""
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
    """Parse the text of a whole config.yaml and return a document with the values and the mistakes found in
    them.

    In the ``dispensable`` sections (named by top-level keys), a ``${NAME}`` or ``file:PATH`` may be without a
    value.

    Raises:
        ConfigError: the file is not YAML, and its valid sections can't be separated from the others.
    """
    try:
        root, broken = _compose(text, file)
    # The exception is caught because PyYAML raises ValueError for escapes like "\UFFFFFFFF".
    except (RecursionError, ValueError):
        raise ConfigError(
            [Mistake(file, None, "", "is nested too deeply or holds a broken escape.")]
        ) from None
    document = Document(file, mistakes=list(broken.values()), hide=substitution.redact)
    if root is not None:
        document.value = _ValueBuilder(document, substitution, dispensable).value(root, (), ())
    document.broken.update(broken)
    document.unread = bool(broken)
    return document


def _compose(text: str, file: str) -> tuple[Node | None, dict[Location, Mistake]]:
    """Return the YAML nodes of the valid sections of config.yaml, and the mistake in each other section or
    entry by its place.

    Raises:
        ConfigError: the invalid parts can't be separated from the valid ones.
    """
    shielded = _BRACED.sub(rf"${_OPEN}\1{_CLOSE}", text)
    if _find_yaml_mistake(shielded, file) is None:
        return yaml.compose(shielded, Loader=_Loader), {}
    rest, found = _remove_broken_blocks(
        shielded, file, lambda part: _find_yaml_mistake(part, file, alone=True)
    )
    if last := _find_yaml_mistake(rest, file):
        raise ConfigError([*found.values(), last])
    return yaml.compose(rest, Loader=_Loader), found


def _find_yaml_mistake(text: str, file: str, *, alone: bool = False) -> Mistake | None:
    """Return the mistake because of which a text is not YAML; None if the text is YAML.

    With ``alone``, the text is only one section of config.yaml, which may refer to anchors in other sections.
    """
    try:
        yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        alias = isinstance(error, ComposerError) and "undefined alias" in str(error.problem)
        return None if alone and alias else _build_syntax_mistake(error, text, file)
    return None


# The name of this exception does not end in "Error", because the module always catches it and users never see
# it.
class _InvalidNode(Exception):  # noqa: N818
    """The error that a YAML node can't become a value of the configuration.

    Its arguments say what is wrong and how to correct it.
    """


@dataclass(slots=True)
class _ValueBuilder:
    """The builder of values from YAML nodes, which counts the values; each repetition by an alias counts as
    another value.
    """

    document: Document
    substitution: Substitution
    dispensable: Collection[str] = ()
    count: int = 0

    def value(self, node: Node, where: Location, inside: tuple[Node, ...]) -> Any:
        """Return the value of a YAML node; if the node has no valid value, note the mistake and return None.

        ``where`` is the node's place in config.yaml, and ``inside`` are the nodes that contain the node.
        """
        self.document.lines.setdefault(where, node.start_mark.line + 1)
        try:
            return self._build_value(node, where, inside)
        except _InvalidNode as fault:
            self.document.note(where, *fault.args)
        # This ValueError says that ``${NAME}`` or ``file:PATH`` could not be replaced. Its two arguments are
        # what is wrong, and how to correct it.
        except ValueError as fault:
            said = [self.substitution.redact(str(word)) for word in fault.args[:2]]
            if where and where[0] in self.dispensable:
                self.document.broken.add(where)
                self.document.absent[where] = self.document.make_mistake(where, *said)
                return _ABSENT
            self.document.note(where, *said)
        self.document.broken.add(where)
        return None

    def _build_value(self, node: Node, where: Location, inside: tuple[Node, ...]) -> Any:
        self.count += 1
        if self.count > _MOST_VALUES:
            line, mend = node.start_mark.line + 1, f"{_MOST_VALUES} are the most."
            last = Mistake(self.document.file, line, "", "unfolds to too many values.", mend)
            raise ConfigError([*self.document.mistakes, last])
        if len(inside) > _MOST_LEVELS or node in inside:
            raise _InvalidNode("is nested too deeply.", "An alias may not name what it stands in.")
        if isinstance(node, ScalarNode):
            return self._parse_scalar(node)
        if node.tag not in {_TAG + "seq", _TAG + "map"}:
            raise _InvalidNode(*_TAGGED)
        if isinstance(node, SequenceNode):
            return [self.value(each, (*where, n), (*inside, node)) for n, each in enumerate(node.value)]
        return self._build_mapping(node, where, (*inside, node))

    def _build_mapping(self, node: Node, where: Location, inside: tuple[Node, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self._list_pairs(node, where):
            name = _restore_references(key.value)
            place = (*where, name)
            self.document.lines[place] = key.start_mark.line + 1
            found[name] = self.value(value, place, inside)
        return found

    def _list_pairs(self, node: Node, where: Location) -> list[tuple[ScalarNode, Node]]:
        """Return the keys and values of a mapping, with those that ``<<`` adds for keys that it lacks."""
        own: dict[str, tuple[ScalarNode, Node]] = {}
        merged: list[Node] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise _InvalidNode("has a list or a mapping as a key.", "Keys are words.")
            if key.tag == _TAG + "merge":
                merged.append(value)
            elif key.value in own:
                first, line = own[key.value][0].start_mark.line + 1, key.start_mark.line + 1
                message = f"stands here a second time; the first is in line {first}."
                self.document.note((*where, key.value), message, "Keep one of them.", line=line)
            else:
                own[key.value] = (key, value)
        for key, value in self._list_merged_pairs(merged, 0):
            own.setdefault(key.value, (key, value))
        return list(own.values())

    def _list_merged_pairs(self, nodes: list[Node], depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        for node in nodes:
            if isinstance(node, SequenceNode) and not depth:
                yield from self._list_merged_pairs(node.value, 1)
            elif isinstance(node, MappingNode) and all(
                isinstance(key, ScalarNode) and key.tag != _TAG + "merge" for key, _ in node.value
            ):
                yield from node.value
            else:
                raise _InvalidNode("merges (<<) what is no plain mapping.", "Write the keys out.")

    def _parse_scalar(self, node: ScalarNode) -> Any:
        text, kind = node.value, node.tag.removeprefix(_TAG)
        if kind in {"str", "merge"}:
            return self.substitution(text)
        if kind in {"bool", "null"} and text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if kind not in _NO_NUMBER:
            raise _InvalidNode(*_TAGGED)
        try:
            return WrittenFloat(text) if kind == "float" else int(text, 0 if text[:2] in {"0x", "0o"} else 10)
        # A whole number may still be invalid, for which int() raises a ValueError: it has more digits than
        # Python converts, or it is a word to which config.yaml gives YAML's tag for integers.
        except ValueError:
            raise _InvalidNode(*_NO_NUMBER[kind]) from None


class WrittenFloat(float):
    """A float that is printed as config.yaml has it: 12.30, by which a person may mean a time, is not printed
    as 12.3.
    """

    text: str

    def __new__(cls, text: str) -> Self:
        """Return the number that the text of a YAML scalar (a single value) means.

        Raises:
            ValueError: the text is no number.
        """
        made = super().__new__(cls, text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


# These definitions find the mistakes of a file that is not YAML.

_NO_COLON = ("a key has no ': ' behind it.", "Write `key: value`.")
_EXPLANATIONS = load_toml(__package__, "document.toml")["yaml"]


def _build_syntax_mistake(error: yaml.YAMLError, text: str, file: str) -> Mistake:
    """Describe an error of PyYAML about config.yaml as a mistake, in plain words."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Mistake(file, line, "", "there is a control character in the line.", "Delete it.")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Mistake(file, None, "", _EXPLANATIONS[-1]["what"], _EXPLANATIONS[-1]["how"])
    said = " ".join(words for words in (error.context, error.problem) if words)
    if error.problem_mark and _COLON_BELOW.search(said):
        without_colon = _find_line_without_colon(text.split("\n"), error.problem_mark.line)
        if without_colon:
            return Mistake(file, without_colon, "", *_NO_COLON)
    meant = next(each for each in _EXPLANATIONS if re.search(each["sign"], said))
    # A mistake in an open quote or bracket is shown at the line where the quote or bracket begins.
    opened = any(sign in said for sign in _OPENED)
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    return Mistake(file, mark.line + 1 if mark else None, "", meant["what"], meant["how"])


_COLON_BELOW = re.compile(r"mapping values are not allowed|<block end>")
_OPENED = ("quoted scalar", "expected ',' or", "could not find expected ':'")


def _find_line_without_colon(lines: Sequence[str], wrong: int) -> int | None:
    """Return the 1-based line above the index ``wrong`` that should be a key and has no colon, if any.

    YAML takes such a line for the beginning of a long value, and finds the mistake in the key below it.
    """
    found, key = None, _KEY.match(lines[wrong])
    if not key:
        return None
    for number in range(wrong - 1, -1, -1):
        line = lines[number]
        if _has_content(line):
            beside = line.startswith(key["indent"] + line.strip())
            if _KEY.match(line) or line.lstrip()[0] in "-[]{}" or not beside:
                break
            found = number + 1
    return found


_KEY = re.compile(r"(?P<indent>\s*)(?P<key>[^\s#:\-\[\]{}][^:#\n]*?)[ \t]*:(?:\s|$)")


class _Block(NamedTuple):
    """The lines of one key and its value in config.yaml: from line ``start`` to the line before ``end``,
    counted from 0.

    ``key`` is the line of the parent key, or None for a top-level block.
    """

    place: Location
    start: int
    end: int
    key: int | None = None

    def isolate(self, lines: Sequence[str]) -> str:
        """Return the text of config.yaml with all lines blanked except those of this block (a key and its
        value) and the line of its parent key.

        The lines are blanked and not removed, so that line numbers stay the same.
        """
        return "\n".join(
            line if n == self.key or n >= self.start else "" for n, line in enumerate(lines[: self.end])
        )


def _remove_broken_blocks(
    text: str, file: str, fault: Callable[[str], Mistake | None]
) -> tuple[str, dict[Location, Mistake]]:
    """Blank those blocks (a key and its value) of config.yaml that are not YAML; return the remaining text
    and the blocks' mistakes.

    The keys of these blocks stay, without a value, and all line numbers stay the same. ``fault`` is a
    function that returns the mistake of a text, or None.
    """
    lines = text.split("\n")
    found: dict[Location, Mistake] = {}

    def remove_block(block: _Block) -> None:
        mistake, key = fault(block.isolate(lines)), _KEY.match(lines[block.start])
        if _has_content(lines[block.start]) and not key:
            mistake = mistake or Mistake(file, block.start + 1, "", *_NO_COLON)
        if mistake:
            behind = mistake.line is None or not any(map(_has_content, lines[mistake.line - 1 : block.end]))
            found[block.place] = replace(mistake, line=block.start + 1) if behind else mistake
            lines[block.start : block.end] = [""] * (block.end - block.start)
            lines[block.start] = f"{key['indent']}{key['key']}:" if key else ""
            # If the line of the key is not YAML even without its value, the key itself is wrong, and this
            # line is blanked too.
            if fault(block.isolate(lines)):
                lines[block.start] = ""

    for section in _split_blocks(lines, _Block((), 0, len(lines)), 0):
        if fault(section.isolate(lines)):
            inner = section._replace(start=section.start + 1, key=section.start)
            indents = map(_measure_indent, filter(_has_content, lines[inner.start : inner.end]))
            if indent := next(indents, 0):
                for entry in _split_blocks(lines, inner, indent):
                    remove_block(entry)
        remove_block(section)
    return "\n".join(lines), found


def _split_blocks(lines: Sequence[str], around: _Block, indent: int) -> list[_Block]:
    """Split the lines of a block into inner blocks, each of which begins with a key at the indentation
    ``indent``.

    A line that should be a key begins a block too.
    """
    begin = [
        n
        for n in range(around.start, around.end)
        if _has_content(lines[n])
        and _measure_indent(lines[n]) <= indent
        and lines[n].lstrip()[0] not in "-]}"
    ]
    blocks = []
    for n, until in zip(begin, [*begin[1:], around.end], strict=True):
        key = _KEY.match(lines[n])
        name = key["key"].strip("\"'") if key else lines[n]
        blocks.append(_Block((*around.place, name), n, until, around.key))
    return blocks


def _measure_indent(line: str) -> int:
    return len(line.expandtabs()) - len(line.expandtabs().lstrip())


def _has_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
