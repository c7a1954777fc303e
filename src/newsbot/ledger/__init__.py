"""The ledger: the database of articles, posts and deliveries.

All SQL for newsbot's own state is in this package.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["open_ledger"]


def open_ledger(url: str, *, base: Path | None = None, busy: float | None = None) -> "Ledger":
    """Return the ledger at ``sqlite:///file`` (from ``base``) or ``postgresql://...``, not yet connected.

    Raises:
        LedgerError: ``url`` is no URL of one of these two forms.
    """
    from newsbot.ledger.database import parse_url  # noqa: PLC0415  SQLAlchemy is only loaded if there is a ledger.
    from newsbot.ledger.ledger import Ledger  # noqa: PLC0415

    return Ledger(parse_url(url, base), folder=base, busy=busy)
