"""Nothing outside of a kind's own file asks which kind it is: its declaration says what it can do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import newsbot
from newsbot.channels import KINDS

SOURCE = Path(newsbot.__file__).parent
OWN = ("channels", "sandbox", "desk", "app/demo.py", "cli/demo.py")
"""The kinds, their stand-ins, and the desk, which is a Telegram bot whatever the channels are."""


def compared(tree: ast.AST) -> Iterator[ast.expr]:
    """What is compared, matched or asked for by name."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                yield from (node.left, *node.comparators)
            case ast.MatchValue():
                yield node.value
            case ast.Call(func=ast.Name(id="channel_class")):
                yield from node.args


def branches(path: Path) -> list[str]:
    found = compared(ast.parse(path.read_text("utf-8")))
    constants = [each for one in found for each in ast.walk(one) if isinstance(each, ast.Constant)]
    return [f"{path.relative_to(SOURCE)}:{each.lineno}" for each in constants if each.value in KINDS]


def test_no_code_outside_of_a_kind_tests_for_it() -> None:
    files = [
        path
        for path in SOURCE.rglob("*.py")
        if not str(path.relative_to(SOURCE)).startswith(OWN) and "migrations" not in path.parts
    ]
    assert [place for path in files for place in branches(path)] == []


def test_a_branch_on_a_kind_would_be_found() -> None:
    lines = ["if kind == 'telegram': pass", "match kind:", "    case 'x': pass", "channel_class('console')"]
    found = compared(ast.parse("\n".join(lines)))
    names = [each.value for one in found for each in ast.walk(one) if isinstance(each, ast.Constant)]
    assert set(names) == {"telegram", "x", "console"}


def test_settings_are_told_apart_by_their_types() -> None:
    """An attribute that some kinds have is never asked for by its name."""
    keys = ("link", "budget", "on_correct", "on_edit", "target")
    asked = [
        f"{path.relative_to(SOURCE)}: {key}"
        for path in SOURCE.rglob("*.py")
        for key in keys
        if f'getattr(settings, "{key}"' in path.read_text("utf-8")
    ]
    assert asked == []
