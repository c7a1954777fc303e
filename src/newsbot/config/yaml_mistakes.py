"""The mistakes of a config.yaml that is not YAML, and the blocks (keys with their values) that contain them.

In such a file, an open quote may cause an error anywhere further down. So newsbot parses each top-level
section by itself and, if a section is wrong, each entry in the section. PyYAML's messages may quote the file
(an alias, a tag), and the quoted text may be a secret, so newsbot shows none of these messages.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from newsbot.errors import Mistake

__all__ = ["Place", "build_syntax_mistake", "remove_broken_blocks"]

_NO_COLON = ("a key has no ': ' behind it.", "Write `key: value`.")
_EXPLANATIONS: tuple[tuple[str, str, str], ...] = (
    (
        r"found character '\\t'|tab characters",
        "a tab stands where YAML wants spaces.",
        "Indent with spaces.",
    ),
    (
        r"found character '[@`%]'",
        "a value begins with a character that YAML keeps for itself.",
        'Put it in quotes, like "@example".',
    ),
    (
        r"mapping values are not allowed",
        "there is a ': ' too many, or the line is indented too far.",
        "Put text that has ': ' in it in quotes; line the keys up.",
    ),
    (r"could not find expected ':'", *_NO_COLON),
    (
        r"while scanning a (?:quoted scalar|double-quoted|single-quoted)|found unknown escape",
        "the quotes are not closed, or a backslash in them means nothing.",
        "Close them, or take single quotes.",
    ),
    (
        r"expected ',' or '[\]}]'|found '<stream end>'",
        "a bracket is opened and not closed.",
        "Close it, with commas between.",
    ),
    (r"<block end>", "the line does not stand under its neighbours.", "Line the keys up with those above."),
    (
        r"undefined alias",
        "an alias (*name) has no anchor (&name).",
        "Put a value that begins with * in quotes.",
    ),
    (r"duplicate anchor", "an anchor (&name) stands twice.", "Give each its own name."),
    (r"single document", "a second document begins (---).", "Keep one document in the file."),
)
_OTHER = (
    "this is not valid YAML.",
    "Look at the quotes, brackets and indentation here and in the line above.",
)


def _explain_missing_colon(file: str, line: int) -> Mistake:
    """Return a mistake which says that a line of config.yaml has no colon,
    although the line should be a key.
    """
    return Mistake(file, line, "", *_NO_COLON)


def build_syntax_mistake(error: YAMLError, text: str, file: str) -> Mistake:
    """Describe an error of PyYAML about config.yaml as a mistake, in plain words."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Mistake(file, line, "", "there is a control character in the line.", "Delete it.")
    said = ""
    if isinstance(error, MarkedYAMLError):
        said = " ".join(words for words in (error.context, error.problem) if words)
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) and _COLON_BELOW.search(said) else None
    without_colon = _find_line_without_colon(text.split("\n"), mark.line) if mark else None
    if without_colon:
        return _explain_missing_colon(file, without_colon)
    message, mend = next(((what, how) for sign, what, how in _EXPLANATIONS if re.search(sign, said)), _OTHER)
    return Mistake(file, _locate_error(error, said), "", message, mend)


_COLON_BELOW = re.compile(r"mapping values are not allowed|<block end>")


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


def _locate_error(error: YAMLError, said: str) -> int | None:
    """Return the line number (from 1) of an error in config.yaml; None if PyYAML does not report it.

    For an open quote or bracket, return the line where the quote or bracket begins.
    """
    if not isinstance(error, MarkedYAMLError):
        return None
    signs = ("quoted scalar", "expected ',' or", "could not find expected ':'")
    opened = any(sign in said for sign in signs)
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    return mark.line + 1 if mark else None


Place = tuple[str, ...]
"""The place of a block of config.yaml: a top-level key, or a top-level key and a key below it."""

_KEY = re.compile(r"(?P<indent>\s*)(?P<key>[^\s#:\-\[\]{}][^:#\n]*?)[ \t]*:(?:\s|$)")


class _Block(NamedTuple):
    """The lines of one key and its value in config.yaml: from line ``start`` to the line before ``end``,
    counted from 0.
    """

    place: Place
    start: int
    end: int


def remove_broken_blocks(
    text: str, file: str, fault: Callable[[str], Mistake | None]
) -> tuple[str, dict[Place, Mistake]]:
    """Blank those blocks (a key and its value) of config.yaml that are not YAML; return the remaining text
    and the blocks' mistakes.

    The keys of these blocks stay, without a value, and all line numbers stay the same. ``fault`` is a
    function that returns the mistake of a text, or None.
    """
    lines = text.split("\n")
    found: dict[Place, Mistake] = {}

    def remove_block(block: _Block, below: _Block | None = None) -> None:
        mistake = fault(_isolate_block(lines, block, below))
        if _has_content(lines[block.start]) and not _KEY.match(lines[block.start]):
            mistake = mistake or _explain_missing_colon(file, block.start + 1)
        if mistake:
            behind = mistake.line is None or not any(map(_has_content, lines[mistake.line - 1 : block.end]))
            found[block.place] = replace(mistake, line=block.start + 1) if behind else mistake
            key = _KEY.match(lines[block.start])
            lines[block.start : block.end] = [""] * (block.end - block.start)
            lines[block.start] = f"{key['indent']}{key['key']}:" if key else ""
            # If the line of the key is not YAML even without its value, the key itself is wrong, and this
            # line is blanked too.
            if fault(_isolate_block(lines, block, below)):
                lines[block.start] = ""

    for section in _split_blocks(lines, (), 0, len(lines), 0):
        for entry in _iterate_entries(lines, section) if fault(_isolate_block(lines, section)) else ():
            remove_block(entry, section)
        remove_block(section)
    return "\n".join(lines), found


def _iterate_entries(lines: Sequence[str], section: _Block) -> Iterator[_Block]:
    inner = (each for each in lines[section.start + 1 : section.end] if _has_content(each))
    if indent := next(map(_measure_indent, inner), 0):
        yield from _split_blocks(lines, section.place, section.start + 1, section.end, indent)


def _split_blocks(lines: Sequence[str], above: Place, start: int, end: int, indent: int) -> list[_Block]:
    """Split lines of config.yaml into blocks, each of which begins with a key at the indentation ``indent``.

    A line that should be a key begins a block too.
    """
    begin = [
        n
        for n in range(start, end)
        if _has_content(lines[n])
        and _measure_indent(lines[n]) <= indent
        and lines[n].lstrip()[0] not in "-]}"
    ]
    ends = [*begin[1:], end]
    return [_Block((*above, _get_key_name(lines[n])), n, until) for n, until in zip(begin, ends, strict=True)]


def _isolate_block(lines: Sequence[str], block: _Block, below: _Block | None = None) -> str:
    """Return the text of config.yaml with all lines blanked except those of a block and the line of its
    parent key (``below``).

    The lines are blanked and not removed, so that line numbers stay the same.
    """
    kept = {below.start} if below else set[int]()
    return "\n".join(lines[n] if n in kept or n >= block.start else "" for n in range(block.end))


def _get_key_name(line: str) -> str:
    key = _KEY.match(line)
    return key["key"].strip("\"'") if key else line


def _measure_indent(line: str) -> int:
    return len(line.expandtabs()) - len(line.expandtabs().lstrip())


def _has_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
