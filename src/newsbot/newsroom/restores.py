"""What is said of a ledger that was restored from a backup."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from newsbot.newsroom.times import say_briefly
from newsbot.newsroom.views import stamp
from newsbot.ports import Ledger, Restored

__all__ = ["restore_lines", "restore_view"]


def restore_lines(ledger: Ledger, now: datetime, zone: tzinfo = UTC) -> Iterator[str]:
    """One line where the ledger was restored and something of that waits; times in ``zone``."""
    if (found := ledger.restored()) is not None:
        yield _line(found, now, zone)


def _line(found: Restored, now: datetime, zone: tzinfo) -> str:
    if not found.handled or found.since is None or found.until is None:
        return (
            f"the ledger is older than what was sent from it ({found.why}): it was restored from a backup. "
            "With the next newsbot run all that may be out waits for evidence, and none of it is sent again"
        )
    since, until = (say_briefly(at, zone, now) for at in (found.since, found.until))
    posts = "1 post" if found.waiting == 1 else f"{found.waiting} posts"
    return (
        f"the ledger was restored from a backup ({found.why}): what happened from {since} to {until} is not "
        f"in it, pauses and takedowns of that time neither. {posts} may be out already: look there, then "
        "newsbot resolve ID sent|not-sent, or newsbot skip ID (newsbot posts --state unknown lists them)"
    )


def restore_view(found: Restored) -> dict[str, Any]:
    """For JSON."""
    return {
        "why": found.why,
        "since": stamp(found.since),
        "until": stamp(found.until),
        "waiting": found.waiting,
        "handled": found.handled,
    }
