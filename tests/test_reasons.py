"""No code of ours reads a sentence of ours: what is stored is a code with parameters."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbot import errors
from newsbot.reasons import TABLES

SRC = Path(__file__).parents[1] / "src" / "newsbot"
REASONS = frozenset({"detail", "held_for", "hold", "message", "note", "reason", "why"})
"""The attributes that say why something is so."""
SEARCHES = ("find", "findall", "finditer", "fullmatch", "index", "match", "rfind", "search", "sub")
CUTS = ("partition", "removeprefix", "removesuffix", "rpartition", "rsplit", "split")
READERS = frozenset({"endswith", "startswith", *SEARCHES, *CUTS})
CODES = frozenset({"refusal.why == 'unknown'", "_TELLING.index(wrong.why)"})
"""Why a time is refused is one of a few words that code knows, and no sentence."""
OLD_WAY = frozenset({"ledger/migrations/prose.py", "ledger/migrations/messages.py"})
"""The migrations are the one place that reads our sentences."""
MAKERS = frozenset({"describe", "explain", "explain_in_full", "render", "say_reason"})
"""The functions that turn a reason into words."""
ERRORS = frozenset(
    name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)
)


def list_readers() -> Iterator[str]:
    """Where a text that says why is searched, taken apart or compared with words."""
    for path in sorted(SRC.rglob("*.py")):
        inside = str(path.relative_to(SRC))
        if inside in OLD_WAY or inside.startswith("sandbox"):
            continue
        for found in list_readers_in(ast.parse(path.read_text("utf-8"))):
            if ast.unparse(found) not in CODES:
                yield f"{inside}:{getattr(found, 'lineno', 0)}: {ast.unparse(found)}"


def list_readers_in(module: ast.AST) -> Iterator[ast.AST]:
    """The expressions that read a reason's text, also one that a name of the same function stands for."""
    yield from (node for node in ast.walk(module) if reads_reason(node, frozenset()))
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            names = frozenset(list_names(function))
            yield from (
                node
                for node in ast.walk(function)
                if reads_reason(node, names) and not reads_reason(node, frozenset())
            )


def list_names(function: ast.AST) -> Iterator[str]:
    """The names that stand for a reason's text or for an error of ours in a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.ExceptHandler) and node.name and node.type:
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if all(getattr(each, "id", "") in ERRORS for each in caught):
                yield node.name
        if isinstance(node, ast.Assign) and makes_words(node.value, frozenset()):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def reads_reason(node: ast.AST, names: frozenset[str]) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
        return any(is_reason(each, names) for each in (node.func.value, *node.args))
    if isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
        if any(isinstance(each, ast.In | ast.NotIn) for each in node.ops):
            return any(makes_words(each, names) for each in node.comparators) or compares(parts, names)
        return compares(parts, names)
    return False


def compares(parts: list[ast.expr], names: frozenset[str]) -> bool:
    """Whether a reason is compared with words that stand in the code."""
    words = any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in parts)
    return words and any(is_reason(each, names) for each in parts)


def is_reason(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether it is an attribute that says why, or the words of one."""
    if isinstance(node, ast.BoolOp):
        return any(is_reason(each, names) for each in node.values)
    return makes_words(node, names) or (isinstance(node, ast.Attribute) and node.attr in REASONS)


def makes_words(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether it is the text of a reason or of an error of ours."""
    if isinstance(node, ast.Name):
        return node.id in names
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if name == "str" and node.args:
        inner = node.args[0]
        own = isinstance(inner, ast.Attribute) and inner.attr in REASONS | {"reason"}
        return own or (isinstance(inner, ast.Name) and inner.id in names)
    return name in MAKERS


def test_no_sentence_of_ours_is_read_again() -> None:
    assert list(list_readers()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        'post.held_for.startswith("it looks")',
        'PATTERN.match(post.held_for or "")',
        'str(told.detail).endswith("or leave it")',
        'post.held_for == "approval"',
        '"leave it" in told.detail',
        '"set network.allow_private" in str(failure.reason)',
        "any(words in say_reason(each, zone) for words in KNOWN)",
        "PATTERN.search(render(reason, wording))",
        """
def act():
    try:
        send()
    except (NotSent, Refused) as error:
        return "too long" in str(error)
""",
        """
def act(post):
    said = explain(post.held_for, say, now)
    return said.partition(": ")
""",
    ],
)
def test_what_reads_a_sentence_is_found(wrong: str) -> None:
    assert list(list_readers_in(ast.parse(wrong)))


@pytest.mark.parametrize(
    "right",
    [
        "post.held_for == Code.APPROVAL()",
        "explain(post.reason)",
        'name.startswith("a-")',
        """
def act():
    try:
        query()
    except SQLAlchemyError as error:
        return "uq_post_slot" in str(error)
""",
    ],
)
def test_what_reads_something_else_is_not_found(right: str) -> None:
    assert list(list_readers_in(ast.parse(right))) == []


def test_no_code_that_a_ledger_may_have_stored_is_renamed() -> None:
    """A new code is added to the list; a code is never taken from it, as old rows would lose their text."""
    listed = Path(__file__).with_name("stored_codes.txt").read_text("utf-8").split()
    assert sorted(str(code) for table in TABLES for code in table) == listed
