"""What tests of every layer find: a PostgreSQL server, and databases of their own on it."""

import gc
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url, text

from newsbot.app.container import App
from newsbot.composing.templates import CompiledTemplate, TemplateLoader
from newsbot.ledger import database, migrations
from tests.bytecode import write_bytecode
from tests.forkserver import set_server, start_server
from tests.workers import SharedWorkers

__all__ = ["SERVER", "SLOWDOWN", "build_minimal_environment", "create_temporary_database"]

# How long an example takes says more about a shared machine than about the code. CI tries the same examples
# each time; people's runs go on looking for new ones.
settings.register_profile(
    "newsbot",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("newsbot")

# At Python's own threshold, 700, collections take a sixth of a run and find little.
gc.set_threshold(20_000, 10, 10)

# Ledgers wait for the disk at each commit, which takes tests a third of their time: where memory can hold
# their folders, it does.
_MEMORY = Path("/dev/shm")
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# Ledgers leave a mark on the machine; those of tests are none of its owner's.
os.environ["XDG_STATE_HOME"] = f"{gettempdir()}/newsbot-tests-{os.getuid()}"

SLOWDOWN = 4 if sys.gettrace() else 1
"""How many times the CPU that the code needs alone a test may take: coverage traces each line."""

_ACCEPTANCE = f"{Path(__file__).parent}/acceptance/"

SERVER = os.environ.get("NEWSBOT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


# A process needs these besides PATH and HOME to have the same clock as the test (see tests/dates).
_CLOCK = ("FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC", "LD_PRELOAD", "PYTHONPATH", "TZ")


def build_minimal_environment() -> dict[str, str]:
    """The few variables that any process gets, without what a developer's shell may hold besides."""
    return {name: os.environ[name] for name in ("PATH", "HOME", *_CLOCK) if name in os.environ}


@pytest.fixture(scope="session")
def postgres() -> str:
    """The server's URL; without one the test skips, and fails under CI=true."""
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.Error as error:
        why = f"no PostgreSQL answers at NEWSBOT_TEST_POSTGRES ({str(error).splitlines()[0]})"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return SERVER


@contextmanager
def create_temporary_database(server: str) -> Iterator[str]:
    """The URL of a new database, which is dropped at the end."""
    name = f"newsbot_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        # No test ends the server: nothing is lost though commits don't wait for the disk.
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class _SharedStatementCache(dict[Any, Any]):
    """What SQLAlchemy has compiled, by all of its key but the dialect: each engine has one of its own."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._without_dialect(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self._without_dialect(key), value)

    @staticmethod
    def _without_dialect(key: Any) -> Any:
        dialect, *rest = key
        assert isinstance(dialect, Dialect)
        return tuple(rest)


@pytest.fixture(scope="session", autouse=True)
def _share_compiled_statements() -> Iterator[None]:
    """Let all ledgers of a kind share compiled statements: else these take each test a fifth of its time."""
    compiled: dict[str, _SharedStatementCache] = {}

    def create(url: URL, **options: Any) -> Engine:
        shared = compiled.setdefault(url.drivername, _SharedStatementCache())
        return create_engine(url, execution_options={"compiled_cache": shared}, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", create)
        yield


@pytest.fixture(scope="session", autouse=True)
def _share_schema_statements() -> Iterator[None]:
    """Let SQLAlchemy say once for each kind of database how the schema is made: it takes 20 ms a ledger."""
    create_schema, statements = migrations._create, dict[str, list[tuple[str, Any]]]()
    tables = {
        "sqlite": text("SELECT count(*) FROM sqlite_master"),
        "postgresql": text("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"),
    }

    def create(tx: Connection) -> None:
        kind = tx.dialect.name
        if tx.execute(tables[kind]).scalar():
            create_schema(tx)  # it leaves the tables alone that are there
        elif kind in statements:
            with closing(tx.connection.cursor()) as cursor:
                for statement, parameters in statements[kind]:
                    cursor.execute(statement, parameters)
        else:
            with _record_changes(tx) as statements[kind]:
                create_schema(tx)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "_create", create)
        yield


@contextmanager
def _record_changes(tx: Connection) -> Iterator[list[tuple[str, Any]]]:
    """The statements that change something, with their parameters, as the driver is given them."""
    recorded: list[tuple[str, Any]] = []

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.split(maxsplit=1)[0] in {"CREATE", "INSERT"}:
            recorded.append((statement, parameters))

    event.listen(tx, "before_cursor_execute", record)
    yield recorded
    event.remove(tx, "before_cursor_execute", record)


@pytest.fixture(scope="session", autouse=True)
def _share_compiled_templates() -> Iterator[None]:
    """Compile a template once in a run: those of the package take each newsroom 7 ms of CPU."""
    compile_template, compiled = TemplateLoader._compile, dict[tuple[str, str], CompiledTemplate]()

    def compile_once(loader: TemplateLoader, name: str, source: str) -> CompiledTemplate:
        if (name, source) not in compiled:
            compiled[name, source] = compile_template(loader, name, source)
        return compiled[name, source]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TemplateLoader, "_compile", compile_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _share_workers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "workers", property(lambda _app: SharedWorkers()))
        yield


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    write_bytecode(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let all workers fork the commands that they run from one process, which has imported newsbot once."""
    node.workerinput["forkserver"] = start_server()


def pytest_configure(config: pytest.Config) -> None:
    if worker := getattr(config, "workerinput", None):
        set_server(worker["forkserver"])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Six more than there are processors: tests wait half of their time, on clocks and for processes."""
    return (os.cpu_count() or 1) + 6


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every worker begin with its share of the long tests, so that none is left over at the end.

    ``--dist worksteal`` cuts the list into one part for each worker, and lets those that are done steal from
    the ends of the others' parts.
    """
    long, short = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        (long if _is_long(item) else short).append(item)
    long.sort(key=lambda item: item.get_closest_marker("slow") is None)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    total = len(items)
    items.clear()
    for worker in range(workers):
        items += long[worker::workers]
        upto = total * (worker + 1) // workers - len(items)
        items += short[:upto]
        del short[:upto]


def pytest_collection_finish() -> None:
    """Take what a whole run needs out of what the garbage collector visits; that of the tests comes later."""
    gc.freeze()


def _is_long(item: pytest.Item) -> bool:
    """Return whether the test takes long: it is marked so, or it waits for processes of newsbot."""
    return item.get_closest_marker("slow") is not None or str(item.path).startswith(_ACCEPTANCE)
