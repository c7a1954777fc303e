"""What a revision changes in the schema, and the rules of docs/adr/0036 that it breaks."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, event

from newsbot.ledger import migrations, open_ledger
from newsbot.ledger.schema import metadata

__all__ = ["FIRST", "Step", "compute_oldest", "find_breaches", "list_steps"]

FIRST = "0019"
"""The last revision before the rules: each later one is a step that declares what it is."""

_USED = {
    *metadata.tables,
    *(f"{one.table.name}.{one.name}" for each in metadata.tables.values() for one in each.c),
}

Schema = dict[tuple[str, ...], tuple[Any, ...]]


@dataclass(frozen=True)
class Step:
    """A revision: ``unused`` are the ``TABLE`` and ``TABLE.COLUMN`` that newsbot uses no longer since it.

    ``oldest`` is the oldest revision whose newsbot works beside that of this one, if no table tells that.
    """

    revision: str
    kind: str | None
    unused: tuple[str, ...]
    oldest: str


def _script(folders: Collection[Path]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("version_locations", "\n".join(map(str, folders)))
    config.set_main_option("path_separator", "newline")
    return config


def list_steps(folders: Collection[Path] = migrations.VERSIONS) -> list[Step]:
    """All revisions after the first one, the oldest first."""
    found: list[Script] = list(ScriptDirectory.from_config(_script(folders)).walk_revisions())
    return [
        Step(
            one.revision,
            getattr(one.module, "step", None),
            getattr(one.module, "unused", ()),
            getattr(one.module, "oldest", FIRST),
        )
        for one in reversed(found)
        if one.revision > FIRST
    ]


def compute_oldest(steps: Collection[Step], dropped: dict[str, set[str]]) -> str:
    """The oldest revision whose newsbot uses nothing of what was dropped, ``dropped`` by revision."""
    since = {name: step.revision for step in steps for name in step.unused}
    declared = [step.oldest for step in steps]
    return max([FIRST, *declared, *(since[name] for names in dropped.values() for name in names)])


_COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable = 'NO', column_default
    FROM information_schema.columns WHERE table_schema = 'public'
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
"""
_INDICES = """
    SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisunique
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace
"""
_TRIGGERS = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"


def _read(url: str) -> Schema:
    with psycopg.connect(url) as tx:
        found: Schema = {}
        for kind, query, key in (
            ("column", _COLUMNS, 2),
            ("constraint", _CONSTRAINTS, 2),
            ("index", _INDICES, 2),
            ("trigger", _TRIGGERS, 2),
        ):
            for row in tx.execute(query.encode()):
                found[kind, *row[:key]] = row[key:]
        return found | {("table", name[1]): () for name in found if name[0] == "column"}


def find_breaches(url: str, folders: Collection[Path] = migrations.VERSIONS) -> list[str]:
    """Run each step on the empty database at ``url``; return a line for each rule that one of them breaks."""
    steps, unused = list_steps(folders), set[str]()
    dropped: dict[str, set[str]] = {}
    breaches = []
    before, _ = _migrate(url, folders, FIRST)
    for step in steps:
        after, statements = _migrate(url, folders, step.revision)
        gone = _list_gone(before, after)
        if step.kind == "expand":
            found = [*_check_expansion(before, after), *_check_rows(before, statements)]
        elif step.kind == "contract":
            dropped[step.revision] = gone
            found = [f"drops {name}, which no earlier revision declares unused" for name in gone - unused]
            found += [] if gone else ["is a contract that drops nothing"]
        else:
            found = ["declares no step: expand or contract"]
        found += [
            f"calls {name} unused, which must be filled in" for name in _list_needed(after, step.unused)
        ]
        found += [f"calls {name} unused, which schema.py has" for name in _USED & {*step.unused}]
        breaches += [f"{step.revision} {line}" for line in sorted(found)]
        unused |= set(step.unused)
        before = after
    if not breaches and (oldest := compute_oldest(steps, dropped)) != migrations.OLDEST:
        breaches.append(f"OLDEST is {oldest}")
    return breaches


def _migrate(url: str, folders: Collection[Path], revision: str) -> tuple[Schema, list[str]]:
    statements: list[str] = []

    def note(_tx: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    ledger, config = open_ledger(url), _script(folders)
    with ledger._database.write(notify=False) as tx:
        event.listen(tx, "before_cursor_execute", note)
        config.attributes["connection"] = tx
        command.upgrade(config, revision)
    ledger.close()
    return _read(url), statements


def _list_gone(before: Schema, after: Schema) -> set[str]:
    """The tables and columns that are there no longer; a table stands for its columns."""
    tables = {name[1] for name in before.keys() - after.keys() if name[0] == "table"}
    columns = {name for name in before.keys() - after.keys() if name[0] == "column" and name[1] not in tables}
    return tables | {f"{table}.{column}" for _, table, column in columns}


def _list_needed(after: Schema, unused: Collection[str]) -> Iterator[str]:
    """Those of the columns that a row can't be without, so that who no longer uses them can't add a row."""
    for name in unused:
        table, _, column = name.partition(".")
        _, _, needed, default = after.get(("column", table, column), (None, None, False, None))
        if needed and default is None:
            yield name


def _check_expansion(before: Schema, after: Schema) -> Iterator[str]:
    for name in before.keys() - after.keys():
        yield f"drops the {name[0]} {'.'.join(name[1:])}"
    for name in before.keys() & after.keys():
        if name[0] == "column":
            yield from (f"{what} {name[1]}.{name[2]}" for what in _compare(before[name], after[name]))
        elif before[name] != after[name]:
            yield f"changes the {name[0]} {'.'.join(name[1:])}"
    for name in after.keys() - before.keys():
        if name[0] == "table" or ("table", name[1]) not in before:
            continue
        match name[0], after[name]:
            case "column", (_, _, True, None):
                yield f"adds {name[1]}.{name[2]}, which an older version does not fill in"
            case ("constraint" | "trigger", _) | ("index", (_, True)):
                yield f"adds the {name[0]} {name[2]}, which an older version may break"


def _compare(then: tuple[Any, ...], now: tuple[Any, ...]) -> Iterator[str]:
    if then[0] != now[0] or (now[1] is not None and (then[1] is None or now[1] < then[1])):
        yield "changes the type of"
    if now[2] and not then[2]:
        yield "forbids NULL in"
    if then[3] is not None and then[3] != now[3]:
        yield "changes the default of"


_CHANGE = re.compile(
    r'\s*(?:UPDATE|DELETE FROM|TRUNCATE(?: TABLE)?) "?(\w+)"?(.*)', re.IGNORECASE | re.DOTALL
)
_SET = re.compile(r'(?:SET|,) *"?(\w+)"? *=')


def _check_rows(before: Schema, statements: Collection[str]) -> Iterator[str]:
    """A column that is new may be filled in; what an older version reads stays as it wrote it."""
    for statement in statements:
        if (found := _CHANGE.match(statement)) and found[1] != "alembic_version":
            old = {name[2] for name in before if name[:2] == ("column", found[1])}
            head = re.split(r"\bWHERE\b", found[2], maxsplit=1, flags=re.IGNORECASE)[0]
            written = set(_SET.findall(head)) or old
            if old & written:
                yield f"rewrites rows of {found[1]}"
