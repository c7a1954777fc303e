"""What is wrong with a file that is not YAML, in a newsroom's words.

PyYAML's own words can quote the file (an alias, a tag), which may be a secret: none of them is passed on.
"""

import re
from collections.abc import Iterator

from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from newsbot.errors import Mistake

__all__ = ["no_colon", "syntax_mistake"]

_NO_COLON = ("a key has no ': ' behind it.", "Write `key: value`.")
_WORDS: tuple[tuple[str, str, str], ...] = (
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


def no_colon(file: str, line: int) -> Mistake:
    """A line where a key should be, which is none."""
    return Mistake(file, line, "", *_NO_COLON)


def syntax_mistake(error: YAMLError, text: str, file: str) -> Mistake:
    """The one mistake that keeps a file from being read."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Mistake(file, line, "", "there is a control character in the line.", "Delete it.")
    said = " ".join(_describe(error))
    message, mend = next(((what, how) for sign, what, how in _WORDS if re.search(sign, said)), _OTHER)
    return Mistake(file, _line(error, said), "", message, mend)


def _describe(error: YAMLError) -> Iterator[str]:
    if isinstance(error, MarkedYAMLError):
        yield from (words for words in (error.context, error.problem) if words)


def _line(error: YAMLError, said: str) -> int | None:
    """Where to look: for something never closed or ended, that is where it began."""
    if not isinstance(error, MarkedYAMLError):
        return None
    signs = ("quoted scalar", "expected ',' or", "could not find expected ':'")
    opened = any(sign in said for sign in signs)
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    return mark.line + 1 if mark else None
