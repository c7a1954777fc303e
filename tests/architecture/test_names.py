"""Functions of src are named by verb and object, and no class name stands for two things."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "newsbot"

PRONOUNS_AND_ADVERBS = frozenset(
    """
    about above after again ahead all alike alone along also always among anew another any apart around
    as aside at away back because before behind below beside besides between beyond both by each
    elsewhere ever every from here hers his how in inside instead into it its less me mine more most
    near never next none not of off on once one only onto other others otherwise ours out outside over
    past rest same self since so some still such that their theirs them then there these they this those
    through to together too under until up us we when where whether which while who whole whom whose why
    with within without yet you yours
    """.split()  # noqa: SIM905  This form is easier to read.
)
IRREGULAR_PARTICIPLES = frozenset(
    """
    been begun bound broken brought built bought caught chosen come done drawn driven eaten fallen felt
    fled flown forgotten fought found given gone grown heard held hidden kept known laid led left lent
    lost made meant met paid proven risen said seen sent shown slept sold sought spent spoken stood
    struck sworn taken taught thought thrown told torn understood withdrawn won worn written
    """.split()  # noqa: SIM905  This form is easier to read.
)
VERBS_THAT_LOOK_LIKE_PARTICIPLES = frozenset(
    {"bring", "embed", "feed", "need", "ping", "proceed", "seed", "string"}
)
"""Standard one-word names that end like a participle; each of them is a verb or a noun of the field."""


def is_lone_participle_or_pronoun(name: str) -> bool:
    word = name.strip("_")
    if word in VERBS_THAT_LOOK_LIKE_PARTICIPLES:
        return False
    return word in PRONOUNS_AND_ADVERBS | IRREGULAR_PARTICIPLES or bool(
        re.fullmatch(r"[a-z]{2,}(?:ed|ing)", word)
    )


def definitions() -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}", node


def is_attribute(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function reads as an attribute: a property may say what something is."""
    return any(ast.unparse(each).rpartition(".")[2].endswith("property") for each in node.decorator_list)


def test_no_function_is_named_by_a_lone_participle_or_pronoun() -> None:
    assert [
        place
        for place, node in definitions()
        if not isinstance(node, ast.ClassDef)
        and not is_attribute(node)
        and is_lone_participle_or_pronoun(node.name)
    ] == []


def test_no_class_name_stands_for_two_things() -> None:
    places = defaultdict(list)
    for place, node in definitions():
        if (
            isinstance(node, ast.ClassDef) and node.name != "Settings"
        ):  # Each kind has its own, by the same contract.
            places[node.name.strip("_").lower()].append(place)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", ["told", "_kept", "flagged", "_without", "instead", "one", "sending"])
def test_such_names_are_found(name: str) -> None:
    assert is_lone_participle_or_pronoun(name)


@pytest.mark.parametrize("name", ["send", "read", "put", "need", "feed", "get_kept_posts", "__init__"])
def test_verbs_are_not_taken_for_them(name: str) -> None:
    assert not is_lone_participle_or_pronoun(name)
