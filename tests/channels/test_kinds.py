"""Nothing outside of a kind's own file asks which kind it is, and no kind imports another."""

import ast
import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import permutations
from pathlib import Path

import grimp
import pytest

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


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("newsbot", cache_dir=None)


def list_own_modules(kind: str, imports: grimp.ImportGraph) -> set[str]:
    """The module in the registry, and those whose names begin with its name, like ``x_session`` for ``x``."""
    own = re.compile(rf"{KINDS[kind].partition(':')[0]}([_.]\w+)*")
    return {module for module in imports.modules if own.fullmatch(module)}


def find_chains(one: str, other: str, imports: grimp.ImportGraph) -> list[tuple[str, ...]]:
    chains = (
        imports.find_shortest_chain(importer, imported)
        for importer in list_own_modules(one, imports)
        for imported in list_own_modules(other, imports)
    )
    return [chain for chain in chains if chain]


@pytest.mark.parametrize(("one", "other"), list(permutations(KINDS, 2)))
def test_no_kind_imports_another_one(one: str, other: str, imports: grimp.ImportGraph) -> None:
    """Neither itself nor by a module that it imports."""
    assert list_own_modules(one, imports)
    assert find_chains(one, other, imports) == []


def test_an_import_by_a_shared_module_would_be_found(imports: grimp.ImportGraph) -> None:
    wrong = deepcopy(imports)
    wrong.add_import(importer="newsbot.channels.images", imported="newsbot.channels.x_connection")
    chain = ("newsbot.channels.telegram", "newsbot.channels.images", "newsbot.channels.x_connection")
    assert find_chains("telegram", "x", wrong) == [chain]
