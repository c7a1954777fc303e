"""The ledger: newsbot's database of articles, of their posts, and of the calls that send the posts.

All SQL on newsbot's own database is in this package.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger
    from newsbot.ports import JobQueue

__all__ = ["open_ledger"]


def open_ledger(
    url: str, *, base: Path | None = None, busy: float | None = None, job_queue: "JobQueue | None" = None
) -> "Ledger":
    """Return the `Ledger` (newsbot's database) at ``url``, to which it does not connect yet.

    ``url`` is ``sqlite:///file``, where a relative path starts at the folder ``base``, or
    ``postgresql://...``. ``busy`` is how many seconds a call waits for a lock of another process.
    ``job_queue`` is the queue in which transactions store jobs, if the engine works by jobs.

    Raises:
        LedgerError: ``url`` is no URL of one of these two forms.
    """
    from newsbot.ledger.database import parse_url  # noqa: PLC0415  SQLAlchemy is only imported if a ledger is opened.
    from newsbot.ledger.ledger import Ledger  # noqa: PLC0415

    return Ledger(parse_url(url, base), folder=base, busy=busy, job_queue=job_queue)
