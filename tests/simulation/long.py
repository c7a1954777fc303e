"""The long forms, for `python -m tests.chaos`: rows of figures, and each failure with what replays it."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from time import monotonic

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from newsbot.model import TRANSITIONS
from tests.bench.rows import Row
from tests.conftest import SERVER, create_temporary_database
from tests.ledger.conftest import delete_rows
from tests.ledger.machine import Newsroom
from tests.newsroom.test_rules_hold import Newsroom as Rules
from tests.simulation.world import Outcome, Plan, simulate

__all__ = ["machine", "rules", "simulation"]

_RUNS = 2000
_RUNS_ON_POSTGRESQL = 200
_RUNS_OF_RULES = 500


def simulation(seeds: Sequence[int], days: int = 90, channels: int = 20) -> list[Row]:
    """Some months of a newsroom, once a seed."""
    began = monotonic()
    plans = [Plan(seed, days, channels, sites=6, stories=1.5) for seed in seeds]
    with ProcessPoolExecutor(min(len(plans), os.cpu_count() or 1)) as pool:
        outcomes = list(pool.map(simulate, plans))
    rows = [row for outcome in outcomes for row in _told(outcome)]
    return [*rows, Row("seconds a seed", f"{(monotonic() - began) / len(plans):.0f}")]


def _told(outcome: Outcome) -> list[Row]:
    plan, figures = outcome.plan, outcome.figures
    for line in outcome.wrong:
        sys.stderr.write(f"{plan}: {line}\n")
    ends = Counter({key: n for key, n in figures.items() if key.startswith("posts ")})
    jumps = {kind: figures[kind] for kind in ("+1h", "-1h", "+1d", "-1d")}
    zones = figures["zones whose clocks changed"]
    return [
        Row(f"seed {plan.seed}: posts sent", f"{ends['posts sent']} of {ends.total()}"),
        Row(f"seed {plan.seed}: killed", f"{figures['killed']}"),
        Row(f"seed {plan.seed}: the clock jumps", _listed(jumps), "each way", all(jumps.values())),
        Row(f"seed {plan.seed}: zones whose clocks change", f"{zones}", "4", zones == 4),
        Row(f"seed {plan.seed}: found wrong", f"{len(outcome.wrong)}", "0", not outcome.wrong),
    ]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} x {what}" for what, n in counts.items())


def machine(runs: int = _RUNS, on_postgresql: int = _RUNS_ON_POSTGRESQL) -> list[Row]:
    """Any order of events over the whole table of states."""
    with create_temporary_database(SERVER) as url:

        class TwoServices(Newsroom):
            services = 2

            def url(self) -> str:
                delete_rows(url)
                return url

        rows = [_ran(Newsroom, "SQLite", runs), _ran(TwoServices, "PostgreSQL, two services", on_postgresql)]
    seen, every = len(Newsroom.edges), len({(edge.start, edge.event) for edge in TRANSITIONS})
    return [*rows, Row("edges of the table taken", f"{seen}", f"{every}", seen == every)]


def rules(runs: int = _RUNS_OF_RULES) -> list[Row]:
    """What editors may do in any order, and what holds all the same: embargo, holds, pause, quiet, caps."""
    return [_ran(Rules, "SQLite, by the use cases", runs)]


def _ran(kind: type[RuleBasedStateMachine], name: str, runs: int) -> Row:
    """Hypothesis prints the steps that lead to a failure."""
    long = settings(
        max_examples=runs,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(kind, settings=long)
    except Exception as error:  # noqa: BLE001  whatever it is, it was found
        return Row(f"{name}: {runs} runs", type(error).__name__, "nothing found", met=False)
    return Row(f"{name}: {runs} runs", "nothing found", "nothing found", met=True)
