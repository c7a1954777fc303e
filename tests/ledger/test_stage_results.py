"""The results of stages: how long they are kept."""

from datetime import timedelta

from sqlalchemy import select

from newsbot.ledger import schema as tables
from newsbot.ledger.ledger import Ledger
from newsbot.ports import StageInput
from tests.ledger.making import HOUR, LEASE, NOW, article

MONTH = timedelta(days=30)


def keys(ledger: Ledger) -> list[str]:
    with ledger._database.read() as tx:
        return sorted(tx.execute(select(tables.stage_result.c.key)).scalars())


def begin(ledger: Ledger, key: str, after: timedelta) -> None:
    given = StageInput("summarize", key, key)
    assert ledger.stages.begin_call(given, now=NOW + after, lease=LEASE, again=HOUR).until is None


def test_results_of_a_month_ago_run_out_as_new_ones_come(ledger: Ledger) -> None:
    for number in range(3):
        begin(ledger, f"old{number}", number * HOUR)
    begin(ledger, "new0", MONTH)
    assert keys(ledger) == ["new0", "old0", "old1", "old2"]
    begin(ledger, "new1", MONTH + 4 * HOUR)
    assert keys(ledger) == ["new0", "new1", "old2"]
    ledger.stages.store_read(StageInput("read", "new2", "g"), article("g"), now=NOW + MONTH + 4 * HOUR)
    assert keys(ledger) == ["new0", "new1", "new2"]
