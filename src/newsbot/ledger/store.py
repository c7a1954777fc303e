"""The base class of all parts of the ledger."""

from newsbot.ledger.database import Database
from newsbot.ledger.disk_reserve import DiskReserve
from newsbot.ledger.fence import Fence
from newsbot.ledger.instances import Instances

__all__ = ["LedgerStore"]


class LedgerStore:
    """A part of the Ledger port: each public method is one transaction."""

    _database: Database
    _presence: Instances
    _ballast: DiskReserve
    _fence: Fence
