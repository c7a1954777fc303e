"""A component's repr is short: a traceback that shows local variables calls it, and may be logged."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "newsbot"


def test_a_component_that_is_a_dataclass_has_no_repr_of_its_fields() -> None:
    """The fields of a component are other components, and at last the whole configuration with its secrets.

    A dataclass is a component if it compares by identity (``eq=False``).
    """
    found = 0
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ClassDef):
                continue
            for call in node.decorator_list:
                if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "dataclass"):
                    continue
                options = {each.arg: ast.unparse(each.value) for each in call.keywords}
                if options.get("eq") == "False":
                    found += 1
                    assert options.get("repr") == "False", f"{path.relative_to(SOURCE)}: {node.name}"
    assert found > 10, "or the test does not see them"
