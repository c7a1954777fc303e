"""What each hot call on the ledger costs with years behind it, beside the same one in a young ledger."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter, process_time

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Item
from newsbot.newsroom.alerts import AlertFinder
from newsbot.ports import PollResult
from tests.bench.rows import Row
from tests.bench.stand import database
from tests.ledger.exchanges import claim_poll, compare_items, record_poll
from tests.ledger.history import Live, fill, gather_figures
from tests.ledger.hot import BUDGETS, CHANNELS, SOURCES, WORKS, FixedClock
from tests.ledger.making import LEASE, NOW

__all__ = ["measure"]

Call = Callable[[], object]
Timed = Callable[[], float]

_YOUNG = 1000  # articles
_CALLS = 25
_MOST = 3.0  # milliseconds
_BOUND = (
    "unfinished",
    "claim found articles",
    "claim found articles of a source without",
    "claim changes",
    "claim changes of a source without",
    "likeness",
    "shown lately",
    "troubles each second",
)
_DEARER = 1.3  # times a poll of a young ledger


def measure(count: int) -> list[Row]:
    """``count`` articles, posts, attempts, events, cards ..., three quarters of them of one source."""
    return [row for kind in ("sqlite", "postgresql") for row in _of(kind, count)]


def _of(kind: str, count: int) -> list[Row]:
    with _filled(kind, _YOUNG) as young, _filled(kind, count) as old:
        before, after = _calls(*young), _calls(*old)
        return [_row(kind, name, *_times(before[name], after[name])) for name in after]


@contextmanager
def _filled(kind: str, count: int) -> Iterator[tuple[Ledger, Live]]:
    with database(kind) as url:
        ledger = open_ledger(url)
        try:
            ledger.prepare(upgrade=True)
            ledger.acquire_instance_lock()
            live = fill(ledger, count)
            if not ledger._database.sqlite:  # SQLite plans without figures, as nobody asks it to gather any
                gather_figures(ledger)
            yield ledger, live
        finally:
            ledger.close()


def _row(kind: str, name: str, before: float, took: float) -> Row:
    what, figure = f"{kind}: {name}", f"{took:.2f} ms; young {before:.2f}"
    if name.startswith("a poll"):
        ratio = took / before
        return Row(what, f"{figure}: {ratio:.2f} x", f"<= {_DEARER} x", ratio <= _DEARER)
    if name in _BOUND:
        return Row(what, figure, f"<= {_MOST} ms", took <= _MOST)
    return Row(what, figure)


def _calls(ledger: Ledger, live: Live) -> dict[str, Timed]:
    """Each gives the seconds that it took."""
    troubles = AlertFinder(ledger, FixedClock(), sources=SOURCES, channels=CHANNELS, budgets=BUDGETS)
    clock = process_time if ledger._database.sqlite else perf_counter  # a server's time is not our process's
    known = [Item(f"guid{number}") for number in range(4, 84, 4)]
    # Polls first, as a service remembers what it has claimed, also where a transaction is undone.
    calls: dict[str, Timed] = {
        "a poll with nothing new": partial(_took, partial(_poll, ledger, ()), clock),
        "a poll of 20 articles that are known": partial(_took, partial(_poll, ledger, known), clock),
        "troubles each second": partial(_took, troubles.now, clock),
    }
    for name, work in WORKS.items():
        calls[name] = partial(_undone, ledger, partial(work, ledger, live), clock)
    return calls


def _times(young: Timed, old: Timed) -> tuple[float, float]:
    """In milliseconds: the least of many, in turns, as other processes take their share of the machine."""
    both = [(young(), old()) for _ in range(_CALLS)]
    return min(took for took, _ in both) * 1000, min(took for _, took in both) * 1000


def _took(call: Call, clock: Callable[[], float]) -> float:
    began = clock()
    call()
    return clock() - began


def _undone(ledger: Ledger, call: Call, clock: Callable[[], float]) -> float:
    """Without its commit, as nothing of it stays: the next call finds what this one found."""
    mark = ledger._fence._mark  # a ledger that is behind what it has sent would be a restored one
    with ledger._database.share_transaction():
        undone = ledger._database._shared_connection.begin_nested()  # type: ignore[union-attr]  # it is open
        took = _took(call, clock)
        undone.rollback()
    ledger._fence._mark = mark
    return took


def _poll(ledger: Ledger, items: Sequence[Item]) -> None:
    """As a service polls a site: without ``items`` it answers 304."""
    assert claim_poll(ledger.sources, "other1", now=NOW, lease=LEASE)
    if items:
        compare_items(ledger.sources, "other1", items)
    record_poll(ledger.sources, "other1", PollResult(NOW, {"etag": "e"}), now=NOW)
