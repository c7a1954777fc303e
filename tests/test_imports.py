"""Libraries that functions import: threads may come to them at once, and none finds one half loaded."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from textwrap import dedent

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "newsbot"
ONE_THREAD = {
    "cli": "a command imports on the main thread, before there is another",
    "ledger": "the engine is made under the lock, and that loads the driver and the dialect",
}
ENTRIES = {
    "tweepy": """
        import asyncio
        from newsbot.channels import x
        keys = dict.fromkeys(["consumer_key", "consumer_secret", "access_token", "access_token_secret"], "1")
        settings = x.XSettings(kind="x", approval="none", api="http://127.0.0.1:9", **keys)
        def enter():
            asyncio.run(x.XChannel("x", settings, None).open())
        """,
    "telegram": """
        from newsbot.channels.http_api import load_route
        def enter():
            load_route("http://127.0.0.1:9", "telegram")
        """,
    "chardet": """
        from newsbot.fetching import decoding
        def enter():
            decoding._guess_encoding("çà et là".encode("latin-1"))
        """,
    "markdown_it": """
        from newsbot.sources import folder
        def enter():
            folder._parse_markdown("# A title", "a")
        """,
    "a database's driver": """
        from newsbot.sources.database.connection import DatabaseConnection
        def enter():
            for kind in ("mysql", "postgresql"):
                DatabaseConnection(f"{kind}://u@127.0.0.1:9/d", patience=1)._open_engine()
        """,
}
WATCH = """
import sys
from importlib.abc import MetaPathFinder
from graphlib import TopologicalSorter
from pathlib import Path
from threading import Barrier, Thread, current_thread, main_thread

from newsbot.imports import IMPORT_LOCK

bad, good = set(), set()
class Watcher(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if current_thread() is not main_thread():
            library = name.partition(".")[0] not in {*sys.stdlib_module_names, "newsbot"}
            if library:
                (good if IMPORT_LOCK._is_owned() else bad).add(name)
        return None
"""
RUN = """
sys.meta_path.insert(0, Watcher())
failures, gate = [], Barrier(8)
def work():
    gate.wait()
    try:
        enter()
    except BaseException as error:
        failures.append(repr(error))
threads = [Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(good), sorted(bad), failures)
"""


def list_library_imports(path: Path) -> "list[tuple[int, bool]]":
    """Return the line of each import of a library inside a function, and whether the lock is held there."""
    found = []

    def visit(node: ast.AST, *, inside: bool, locked: bool) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside, locked = True, False
        if isinstance(node, ast.With):
            locked = locked or any(ast.unparse(item.context_expr) == "IMPORT_LOCK" for item in node.items)
        if inside and isinstance(node, ast.Import | ast.ImportFrom):
            name = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            if (name or "").partition(".")[0] not in {*sys.stdlib_module_names, "newsbot"}:
                found.append((node.lineno, locked))
        if inside and isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
            found.append((node.lineno, locked))
        for child in ast.iter_child_nodes(node):
            visit(child, inside=inside, locked=locked)

    visit(ast.parse(path.read_text(encoding="utf-8")), inside=False, locked=False)
    return found


def test_a_function_imports_a_library_under_the_lock() -> None:
    """Else two threads that come to a library at once may find it half loaded, which ends a part."""
    files = [path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] not in ONE_THREAD]
    imports = {
        f"{path.relative_to(SOURCE)}:{line}": held
        for path in files
        for line, held in list_library_imports(path)
    }
    assert len(imports) > 15
    assert [place for place, held in imports.items() if not held] == []


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_threads_come_to_a_library_at_once(entry: str) -> None:
    """In a fresh process, eight threads use a library for the first time: each import is under the lock."""
    script = WATCH + dedent(entry) + RUN
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    loaded, rest = ran.stdout.strip().split(" ", 1)
    assert rest == "[] []"
    assert int(loaded) > 0


def list_newsbot_imports(modules: dict[str, Path], module: str) -> set[str]:
    """Return the modules of newsbot that ``module`` imports when it is imported itself."""
    found: set[str] = set()
    nodes: list[ast.AST] = [ast.parse(modules[module].read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
            found.add(node.module or "")
        nodes.extend(ast.iter_child_nodes(node))
    return {name for name in found if name in modules and not module.startswith(f"{name}.")} - {module}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """So each module can be imported first, and a command works whatever was imported before it."""
    modules = {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in SOURCE.rglob("*.py")
    }
    imports = {module: list_newsbot_imports(modules, module) for module in modules}
    assert len(imports["newsbot.cli"]) > 5
    assert list(TopologicalSorter(imports).static_order())  # raises CycleError
