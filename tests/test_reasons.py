"""No code of ours reads a sentence of ours: what is stored is a code with parameters."""

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).parents[1] / "src" / "newsbot"
REASONS = frozenset({"detail", "held_for", "hold", "message", "note", "reason", "why"})
"""The attributes that say why something is so."""
SEARCHES = ("find", "findall", "finditer", "fullmatch", "index", "match", "rfind", "search", "sub")
CUTS = ("partition", "removeprefix", "removesuffix", "rpartition", "rsplit", "split")
READERS = frozenset({"endswith", "startswith", *SEARCHES, *CUTS})
CODES = frozenset({"refusal.why == 'unknown'", "_TELLING.index(wrong.why)"})
"""Why a time is refused is one of a few words that code knows, and no sentence."""
OLD_WAY = frozenset({"ledger/migrations/prose.py"})
"""The migration is the one place that reads our sentences."""


def list_readers() -> Iterator[str]:
    """Where a text that says why is searched, taken apart or compared with words."""
    for path in sorted(SRC.rglob("*.py")):
        inside = str(path.relative_to(SRC))
        if inside in OLD_WAY or inside.startswith("sandbox"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if reads_reason(node) and ast.unparse(node) not in CODES:
                yield f"{inside}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}"


def reads_reason(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
        return any(is_reason(each) for each in (node.func.value, *node.args))
    if isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
        words = any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in parts)
        return words and any(is_reason(each) for each in parts)
    return False


def is_reason(node: ast.AST) -> bool:
    """Whether it is such an attribute, as it is or as its text."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "str" and node.args:
        return is_reason(node.args[0])
    if isinstance(node, ast.BoolOp):
        return any(is_reason(each) for each in node.values)
    return isinstance(node, ast.Attribute) and node.attr in REASONS


def test_no_sentence_of_ours_is_read_again() -> None:
    assert list(list_readers()) == []


def test_what_reads_a_sentence_is_found() -> None:
    for wrong in (
        'post.held_for.startswith("it looks")',
        'PATTERN.match(post.held_for or "")',
        'str(told.detail).endswith("or leave it")',
        'post.held_for == "approval"',
        '"leave it" in told.detail',
    ):
        assert any(map(reads_reason, ast.walk(ast.parse(wrong)))), wrong
    for right in ("post.held_for == Code.APPROVAL()", "explain(post.reason)", 'name.startswith("a-")'):
        assert not any(map(reads_reason, ast.walk(ast.parse(right)))), right
