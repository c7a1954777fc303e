"""Kinds of channels and of sources don't import each other: what several need is a module of their folder."""

import re
from copy import deepcopy
from itertools import permutations

import grimp
import pytest

from newsbot import channels, sources

MODULES = {
    kind: ".".join(path.partition(":")[0].split(".")[:3])
    for registry in (channels.KINDS, sources.KINDS)
    for kind, path in registry.items()
}
PAIRS = [*permutations(channels.KINDS, 2), *permutations(sources.KINDS, 2)]


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("newsbot", cache_dir=None)


def list_own_modules(kind: str, imports: grimp.ImportGraph) -> set[str]:
    """The module in the registry, and those whose names begin with its name, like ``x_client`` for ``x``."""
    own = re.compile(rf"{MODULES[kind]}([_.]\w+)*")
    return {module for module in imports.modules if own.fullmatch(module)}


def find_chains(one: str, other: str, imports: grimp.ImportGraph) -> list[tuple[str, ...]]:
    chains = (
        imports.find_shortest_chain(importer, imported)
        for importer in list_own_modules(one, imports)
        for imported in list_own_modules(other, imports)
    )
    return [chain for chain in chains if chain]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_kind_imports_another_one(one: str, other: str, imports: grimp.ImportGraph) -> None:
    """Neither itself nor by a module that it imports."""
    assert list_own_modules(one, imports)
    assert find_chains(one, other, imports) == []


def test_an_import_by_a_shared_module_would_be_found(imports: grimp.ImportGraph) -> None:
    wrong = deepcopy(imports)
    wrong.add_import(importer="newsbot.channels.images", imported="newsbot.channels.x_client")
    chain = ("newsbot.channels.telegram", "newsbot.channels.images", "newsbot.channels.x_client")
    assert find_chains("telegram", "x", wrong) == [chain]
