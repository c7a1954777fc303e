"""Revisions are steps that the version before survives: docs/adr/0036."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, text

from newsbot.errors import LedgerBusy, LedgerTaken, LedgerTooNew
from newsbot.ledger import migrations, open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.schema import instance
from newsbot.ports import ServiceRole
from tests.ledger.conftest import drop_tables
from tests.ledger.migration_steps import FIRST, find_breaches, list_steps

OLDEST = migrations.OLDEST


@pytest.fixture
def revise(tmp_path: Path) -> Callable[..., tuple[Path, ...]]:
    """Add a revision; return the folders of all revisions."""

    def add(
        work: str, *, step: str | None = "expand", unused: tuple[str, ...] = (), oldest: str = FIRST
    ) -> tuple[Path, ...]:
        count = len([*tmp_path.glob("r*.py")])
        before = f"{9000 + count - 1}" if count else migrations.HEAD
        lines = [
            "import sqlalchemy as sa",
            "from alembic import op",
            f"revision = '{9000 + count}'",
            f"down_revision = '{before}'",
            f"step = {step!r}",
            f"unused = {unused!r}",
            f"oldest = {oldest!r}",
            "def upgrade():",
            f"    {work}",
        ]
        (tmp_path / f"r{9000 + count}.py").write_text("\n".join(lines))
        return (*migrations.VERSIONS, tmp_path)

    return add


Revise = Callable[..., tuple[Path, ...]]


@pytest.fixture
def bare_postgres(postgres_database: str) -> Iterator[str]:
    drop_tables(postgres_database)
    yield postgres_database
    drop_tables(postgres_database)


def test_every_revision_is_a_step_that_keeps_the_rules(bare_postgres: str) -> None:
    assert list_steps()
    assert find_breaches(bare_postgres) == []


@pytest.mark.parametrize(
    ("work", "line"),
    [
        ("op.drop_column('post', 'error')", "drops the column post.error"),
        ("op.drop_table('lease')", "drops the table lease"),
        ("op.drop_index('ix_stage_result_begun')", "drops the index stage_result.ix_stage_result_begun"),
        ("op.alter_column('source', 'error', nullable=False)", "forbids NULL in source.error"),
        (
            "op.alter_column('stage_result', 'stage', type_=sa.String(8))",
            "changes the type of stage_result.stage",
        ),
        (
            "op.add_column('post', sa.Column('next', sa.Integer(), nullable=False))",
            "adds post.next, which an older version does not fill in",
        ),
        (
            "op.create_index('uq_new', 'post', ['channel'], unique=True)",
            "adds the index uq_new, which an older version may break",
        ),
        (
            "op.create_check_constraint('ck_new', 'post', 'id > 0')",
            "adds the constraint ck_new, which an older version may break",
        ),
        ("op.execute(\"UPDATE post SET error = '1' WHERE id = 1\")", "rewrites rows of post"),
        ("op.execute('DELETE FROM lease')", "rewrites rows of lease"),
    ],
)
def test_an_expand_step_takes_nothing_from_the_version_before(
    bare_postgres: str, revise: Revise, work: str, line: str
) -> None:
    assert f"9000 {line}" in find_breaches(bare_postgres, revise(work))


@pytest.mark.parametrize(
    "work",
    [
        "op.add_column('post', sa.Column('next', sa.Integer(), nullable=False, server_default='0'))",
        "op.add_column('post', sa.Column('next', sa.Text())); op.execute(\"UPDATE post SET next = error\")",
        "op.create_index('ix_new', 'post', ['created_at'])",
        "op.create_table('next', sa.Column('id', sa.Integer(), primary_key=True))",
        "op.alter_column('stage_result', 'stage', type_=sa.String(40))",
    ],
)
def test_an_expand_step_may_add(bare_postgres: str, revise: Revise, work: str) -> None:
    assert find_breaches(bare_postgres, revise(work)) == []


def test_a_revision_says_which_step_it_is(bare_postgres: str, revise: Revise) -> None:
    breaches = find_breaches(bare_postgres, revise("pass", step=None))
    assert breaches == ["9000 declares no step: expand or contract"]


OLD = "op.create_table('old', sa.Column('id', sa.Integer(), nullable=False), sa.Column('error', sa.Text()))"


def test_a_contract_step_drops_what_an_earlier_version_stopped_using(
    bare_postgres: str, revise: Revise
) -> None:
    revise(OLD)
    revise("pass", unused=("old.error",))
    folders = revise("op.drop_column('old', 'error')", step="contract")
    assert find_breaches(bare_postgres, folders) == ["OLDEST is 9001"]


def test_a_contract_step_drops_nothing_that_the_version_before_uses(
    bare_postgres: str, revise: Revise
) -> None:
    revise(OLD)
    folders = revise("op.drop_column('old', 'error')", step="contract", unused=("old.error",))
    breaches = find_breaches(bare_postgres, folders)
    assert breaches == ["9001 drops old.error, which no earlier revision declares unused"]


def test_a_step_may_say_that_older_versions_can_not_work_beside_it(
    bare_postgres: str, revise: Revise
) -> None:
    assert find_breaches(bare_postgres, revise("pass", oldest="9000")) == ["OLDEST is 9000"]


def test_a_contract_step_drops_something(bare_postgres: str, revise: Revise) -> None:
    folders = revise("pass", step="contract")
    assert find_breaches(bare_postgres, folders) == ["9000 is a contract that drops nothing"]


@pytest.mark.parametrize(("name", "why"), [("old.id", "must be filled in"), ("post.error", "schema.py has")])
def test_what_is_needed_or_used_is_not_unused(
    bare_postgres: str, revise: Revise, name: str, why: str
) -> None:
    breaches = find_breaches(bare_postgres, revise(OLD, unused=(name,)))
    assert breaches == [f"9000 calls {name} unused, which {why}"]


# ---------------------------------------------------------------- services of several versions


@pytest.fixture
def running(bare_url: str) -> Ledger:
    """A ledger with a running service of this version."""
    ledger = open_ledger(bare_url)
    ledger.prepare(upgrade=True)
    ledger.acquire_instance_lock(roles=[ServiceRole.SEND])
    return ledger


def pretend(monkeypatch: pytest.MonkeyPatch, folders: tuple[Path, ...], head: str, oldest: str) -> None:
    """Become a later version of newsbot."""
    monkeypatch.setattr(migrations, "HEAD", head)
    monkeypatch.setattr(migrations, "OLDEST", oldest)
    monkeypatch.setattr(migrations, "VERSIONS", folders)


def test_a_later_version_expands_the_schema_under_a_service_and_does_not_contract_it(
    running: Ledger, bare_url: str, revise: Revise, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, before = migrations.HEAD, migrations.VERSIONS
    later = open_ledger(bare_url)
    folders = revise("op.add_column('lease', sa.Column('why', sa.Text()))")
    pretend(monkeypatch, folders, "9000", now)
    later.prepare(upgrade=True)
    pretend(monkeypatch, before, now, OLDEST)
    running.check()
    folders = revise("op.drop_column('lease', 'why')", step="contract")
    pretend(monkeypatch, folders, "9001", "9000")
    with pytest.raises(LedgerTaken, match="a service of an older newsbot") as refused:
        later.prepare(upgrade=True)
    assert "\n" not in str(refused.value)
    running.close()
    later.prepare(upgrade=True)
    later.close()
    pretend(monkeypatch, before, now, OLDEST)
    old = open_ledger(bare_url)
    with pytest.raises(LedgerTooNew):
        old.prepare(upgrade=True)
    with pytest.raises(LedgerTooNew):
        old.acquire_instance_lock()
    old.close()


def test_a_service_that_tells_no_revision_is_of_the_last_version_that_told_none(
    running: Ledger, bare_url: str, revise: Revise, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running._database.write(notify=False) as tx:
        tx.execute(text("UPDATE instance SET revision = NULL"))
    later = open_ledger(bare_url)
    folders = revise("pass")
    pretend(monkeypatch, folders, "9000", migrations.HEAD)
    with pytest.raises(LedgerTaken):
        later.prepare(upgrade=True)
    pretend(monkeypatch, folders, "9000", OLDEST)
    later.prepare(upgrade=True)
    later.close()
    running.close()


def test_a_service_that_is_gone_stops_no_upgrade(
    running: Ledger, bare_url: str, revise: Revise, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.close()
    later = open_ledger(bare_url)
    with later._database.write(notify=False) as tx:
        tx.execute(insert(instance).values(id=10**6, host="gone", pid=1, revision=OLDEST))
    pretend(monkeypatch, revise("pass"), "9000", "9000")
    later.prepare(upgrade=True)
    later.close()


def test_no_service_starts_while_another_process_migrates_the_schema(postgres_database: str) -> None:
    drop_tables(postgres_database)
    ledger = open_ledger(postgres_database, busy=0.2)
    ledger.prepare(upgrade=True)
    with psycopg.connect(postgres_database) as migrating:
        migrating.execute("SELECT pg_advisory_xact_lock(%s)", (migrations._LOCK,))
        with pytest.raises(LedgerBusy):
            ledger.acquire_instance_lock()
    assert ledger.list_running_services() == []
    ledger.close()
    drop_tables(postgres_database)
