"""The results of stages: how long they are kept, and what a call to a summarizer costs."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from newsbot.ledger import schema as tables
from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure
from newsbot.ports import CallPrice, StageInput
from newsbot.reasons import Code, UsageCode
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


# ---------------------------------------------------------------- what calls cost

PRICE = CallPrice("summarizer:llm", Decimal("0.40"), Decimal("1.00"))


def spent(ledger: Ledger) -> Decimal:
    found = ledger.channels.list_spending(now=NOW).get("summarizer:llm")
    return found.usd if found else Decimal(0)


def call(ledger: Ledger, key: str, after: timedelta = timedelta(0)) -> Failure | None:
    begun = ledger.stages.begin_call(
        StageInput("summarize", key, key), now=NOW + after, lease=LEASE, again=HOUR, price=PRICE
    )
    return begun.failure


def end(ledger: Ledger, key: str, cost: Decimal | None) -> None:
    failed = Failure("summarizer", Code.SUMMARIZER_SILENT())
    ledger.stages.end_call(StageInput("summarize", key, key), failed, now=NOW, cost_usd=cost)


def test_the_most_that_a_call_may_cost_is_reserved_and_its_cost_takes_that_place_once(ledger: Ledger) -> None:
    assert call(ledger, "a") is None
    assert spent(ledger) == Decimal("0.40")
    for _ in range(2):  # The answer to the first end may be lost.
        end(ledger, "a", Decimal("0.05"))
        assert spent(ledger) == Decimal("0.05")


def test_a_call_of_unknown_cost_stays_reserved(ledger: Ledger) -> None:
    call(ledger, "a")
    end(ledger, "a", None)
    assert spent(ledger) == Decimal("0.40")


def test_a_call_that_could_exceed_the_limit_is_refused_with_what_is_spent(ledger: Ledger) -> None:
    assert [call(ledger, key) for key in "ab"] == [None, None]
    refused = call(ledger, "c")
    assert refused
    assert str(refused.reason) == "budget: $0.80 of $1.00 are spent in 2026-11, and this costs $0.40"
    assert spent(ledger) == Decimal("0.80")
    end(ledger, "a", Decimal("0.10"))
    assert call(ledger, "d") is None


def test_a_call_that_failed_is_reserved_anew_when_it_is_made_again(ledger: Ledger) -> None:
    call(ledger, "a")
    end(ledger, "a", Decimal(0))
    assert call(ledger, "a", HOUR / 2)  # A failure stands for an hour.
    assert spent(ledger) == 0
    assert call(ledger, "a", 2 * HOUR) is None
    assert spent(ledger) == Decimal("0.40")


def test_a_call_that_may_have_been_paid_for_and_lost_is_never_made_again(ledger: Ledger) -> None:
    call(ledger, "a")
    lost = call(ledger, "a", 72 * HOUR)
    assert lost
    assert lost.reason == UsageCode.SUMMARY_LOST()
    assert spent(ledger) == Decimal("0.40")
